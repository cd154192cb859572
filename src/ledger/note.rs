//! Checkpoints as signed notes, and the keys that sign them. Pure.
//!
//! A checkpoint is the note `origin\nsize\nroot\n` (C2SP tlog-checkpoint v1.0.0), signed by the log
//! with Ed25519 (C2SP signed-note v1.0.0, type 0x01) and by witnesses with cosignature/v1 (C2SP
//! tlog-cosignature v1.0.1, type 0x04).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use signed_note::{Note, StandardSigner, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::Checkpoint as Text;

use crate::kernel::merkle::Hash;

/// Type byte of an Ed25519 log key.
const ED25519: u8 = 0x01;
/// Type byte of an Ed25519 cosignature/v1 key.
const COSIGNATURE: u8 = 0x04;

/// Why a note or a key is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no key.
    #[error("that is no key of this kind")]
    Key,
    /// It is no checkpoint.
    #[error("that is no checkpoint")]
    Malformed,
    /// Its key did not sign it, or something in it was changed.
    #[error("the signature does not fit")]
    Signature,
    /// It is of another log.
    #[error("it is a checkpoint of another log")]
    Origin,
}

/// A new Ed25519 key under a name: the secret half, as it is kept, and the verifier key.
fn key_pair(kind: u8, name: &str, secret: &[u8; 32]) -> (String, String) {
    let public = SigningKey::from_bytes(secret).verifying_key().to_bytes();
    let public = [&[kind], &public[..]].concat();
    let id = signed_note::key_id(name, &public);
    let encode = |bytes: &[u8]| STANDARD.encode(bytes);
    let secret = encode(&[&[kind], &secret[..]].concat());
    (
        format!("PRIVATE+KEY+{name}+{id:08x}+{secret}"),
        format!("{name}+{id:08x}+{}", encode(&public)),
    )
}

/// A log's key made of 32 random bytes: the secret half, as it is kept sealed, and the vkey.
pub fn log_key(origin: &str, secret: &[u8; 32]) -> (String, String) {
    key_pair(ED25519, origin, secret)
}

/// Whether a text can name a log or a witness (signed-note: no spaces, no plus).
pub fn is_name(text: &str) -> bool {
    signed_note::is_key_name_valid(text) && !text.chars().any(char::is_control)
}

/// A size of a log, its root, and the log it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The log's name.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Hash,
}

impl Head {
    /// What is signed: three lines.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// The log's signature line over it.
    pub fn sign(&self, secret: &str) -> Result<String, NoteError> {
        let signer = StandardSigner::new(secret).map_err(|_| NoteError::Key)?;
        let mut note = Note::new(self.text().as_bytes(), &[]).map_err(|_| NoteError::Malformed)?;
        note.add_sigs(&[&signer])
            .map_err(|_| NoteError::Malformed)?;
        let note = note.to_bytes();
        let lines = note.get(self.text().len() + 1..).unwrap_or_default();
        String::from_utf8(lines.to_vec()).map_err(|_| NoteError::Malformed)
    }

    /// The whole note with these signature lines.
    pub fn note(&self, lines: &[String]) -> String {
        format!("{}\n{}", self.text(), lines.concat())
    }

    /// Reads a checkpoint that the log with this verifier key must have signed. Signatures of
    /// others are left for those who know them.
    pub fn open(note: &[u8], vkey: &str) -> Result<Self, NoteError> {
        Self::open_signed(note, vkey).map(|(head, _)| head)
    }

    /// As [`Head::open`], with the log's own signature line.
    pub fn open_signed(note: &[u8], vkey: &str) -> Result<(Self, String), NoteError> {
        let verifier = StandardVerifier::new(vkey).map_err(|_| NoteError::Key)?;
        let origin = verifier.name().to_owned();
        let known = VerifierList::new(vec![Box::new(verifier)]);
        let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed)?;
        let (signed, _) = note.verify(&known).map_err(|_| NoteError::Signature)?;
        let head = Self::unsigned(note.text())?;
        if head.origin != origin {
            return Err(NoteError::Origin);
        }
        // Lines behind the root would be signed and said nowhere: a checkpoint of ours has none.
        if note.text() != head.text().as_bytes() {
            return Err(NoteError::Malformed);
        }
        let lines = signed.iter().map(line_of).collect();
        Ok((head, lines))
    }

    /// Reads what a note says, whoever signed it.
    pub fn unsigned(text: &[u8]) -> Result<Self, NoteError> {
        let read = Text::from_bytes(text).map_err(|_| NoteError::Malformed)?;
        Ok(Self {
            origin: read.origin().to_owned(),
            size: read.size(),
            root: read.hash().0,
        })
    }
}

/// A signature, written in the one way in which it is written.
fn line_of(signature: &signed_note::Signature) -> String {
    String::from_utf8_lossy(&signature.to_bytes()).into_owned()
}

/// The name that a note states, before anything of it is believed.
pub fn origin_of(note: &[u8]) -> Result<String, NoteError> {
    let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed)?;
    Head::unsigned(note.text()).map(|head| head.origin)
}

/// The verifier key of a witness.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({}+{:08x})", self.name, self.id)
    }
}

impl WitnessKey {
    /// Reads a vkey of type 0x04.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let id = u32::from_str_radix(id, 16).map_err(|_| NoteError::Key)?;
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&COSIGNATURE, public)) = bytes.split_first() else {
            return Err(NoteError::Key);
        };
        if !is_name(name) || id != signed_note::key_id(name, &bytes) {
            return Err(NoteError::Key);
        }
        let public: [u8; 32] = public.try_into().map_err(|_| NoteError::Key)?;
        Ok(Self {
            name: name.to_owned(),
            id,
            key: VerifyingKey::from_bytes(&public).map_err(|_| NoteError::Key)?,
        })
    }

    /// The witness's name in its key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As a vkey.
    pub fn vkey(&self) -> String {
        let key = [&[COSIGNATURE], &self.key.to_bytes()[..]].concat();
        format!("{}+{:08x}+{}", self.name, self.id, STANDARD.encode(key))
    }

    /// Whether two keys are the same key, under whatever names.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// The line of this witness among `lines`, if it signed `head`: written anew, so that nothing
    /// else of what was sent is kept.
    pub fn line(&self, head: &Head, lines: &str) -> Option<String> {
        let mut lines = lines.lines();
        let line = lines.find(|line| self.signed_at(head, line).is_some())?;
        let signature = signed_note::Signature::from_bytes(line.as_bytes()).ok()?;
        Some(line_of(&signature))
    }

    /// The second at which this witness signed `head`, if `line` is its signature over it.
    pub fn signed_at(&self, head: &Head, line: &str) -> Option<u64> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = signed_note::Signature::from_bytes(line.as_bytes()).ok()?;
        if (line.name(), line.id()) != (&self.name, self.id) {
            return None;
        }
        let (time, signature) = line.signature().split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        let signature = Signature::from_slice(signature).ok()?;
        let message = cosigned(head, time);
        self.key
            .verify_strict(message.as_bytes(), &signature)
            .ok()?;
        Some(time)
    }
}

/// What a witness signs.
fn cosigned(head: &Head, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{}", head.text())
}

/// The secret key of a witness.
pub struct Cosigner {
    witness: WitnessKey,
    key: SigningKey,
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({:?})", self.witness)
    }
}

impl Cosigner {
    /// A witness under this name with a key of 32 random bytes.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, NoteError> {
        let (_, vkey) = key_pair(COSIGNATURE, name, secret);
        Ok(Self {
            witness: WitnessKey::parse(&vkey)?,
            key: SigningKey::from_bytes(secret),
        })
    }

    /// The verifier key.
    pub const fn witness(&self) -> &WitnessKey {
        &self.witness
    }

    /// The signature line over a checkpoint at a second.
    pub fn sign(&self, head: &Head, time: u64) -> String {
        let signature = self.key.sign(cosigned(head, time).as_bytes());
        let id = self.witness.id.to_be_bytes();
        let blob = [&id[..], &time.to_be_bytes(), &signature.to_bytes()].concat();
        format!("— {} {}\n", self.witness.name, STANDARD.encode(blob))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            origin: "exam.example/log/2026".into(),
            size: 1000,
            root: [7; 32],
        }
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature_that_only_fits_it() {
        let (secret, vkey) = log_key("exam.example/log/2026", &[1; 32]);
        let head = head();
        let line = head.sign(&secret).unwrap();
        assert!(line.starts_with("— exam.example/log/2026 "), "{line}");
        let note = head.note(&[line]);
        assert_eq!(Head::open(note.as_bytes(), &vkey), Ok(head.clone()));
        let larger = note.replace("\n1000\n", "\n1001\n");
        assert_eq!(
            Head::open(larger.as_bytes(), &vkey),
            Err(NoteError::Signature)
        );
        let (_, other) = log_key("exam.example/log/2026", &[2; 32]);
        assert_eq!(
            Head::open(note.as_bytes(), &other),
            Err(NoteError::Signature)
        );
        let cut = &note.as_bytes()[..note.len() - 30];
        assert!(Head::open(cut, &vkey).is_err());
    }

    #[test]
    fn a_note_of_another_log_is_refused_even_when_signed() {
        let (secret, vkey) = log_key("exam.example/log/2026", &[1; 32]);
        let other = Head {
            origin: "exam.example/log/2027".into(),
            ..head()
        };
        let note = other.note(&[other.sign(&secret).unwrap()]);
        assert_eq!(Head::open(note.as_bytes(), &vkey), Err(NoteError::Origin));
        assert_eq!(origin_of(note.as_bytes()).unwrap(), "exam.example/log/2027");
    }

    #[test]
    fn a_witness_signs_a_time_and_a_checkpoint() {
        let witness = Cosigner::new("notary.example/w1", &[3; 32]).unwrap();
        let key = WitnessKey::parse(&witness.witness().vkey()).unwrap();
        let line = witness.sign(&head(), 1_679_315_147);
        assert_eq!(key.signed_at(&head(), &line), Some(1_679_315_147));
        let other = Head {
            size: 1001,
            ..head()
        };
        assert_eq!(key.signed_at(&other, &line), None);
        // Nothing but the line itself is kept of what a witness sends.
        assert_eq!(
            key.line(&head(), &format!("junk\n{line}more\n")),
            Some(line.clone())
        );
        let spaced = line.replace('\n', "  \n");
        assert_eq!(key.line(&head(), &spaced), None);
        let stranger = Cosigner::new("notary.example/w1", &[4; 32]).unwrap();
        assert_eq!(stranger.witness().signed_at(&head(), &line), None);
        assert_eq!(
            format!("{witness:?}"),
            format!("Cosigner({key:?})"),
            "no secret"
        );
    }

    #[test]
    fn keys_of_the_wrong_kind_or_with_a_wrong_id_are_none() {
        let (_, log) = log_key("exam.example", &[1; 32]);
        assert_eq!(WitnessKey::parse(&log), Err(NoteError::Key));
        let witness = Cosigner::new("w", &[3; 32]).unwrap().witness().vkey();
        assert_eq!(
            WitnessKey::parse(&witness.replacen("w+", "v+", 1)),
            Err(NoteError::Key)
        );
        assert!(Cosigner::new("a b", &[3; 32]).is_err());
        assert!(Cosigner::new("a+b", &[3; 32]).is_err());
    }
}
