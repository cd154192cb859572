//! V1 and V14: the entries are those that were signed, and what is opened is what they commit to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::public::{open_marks, phase_of};
use super::reading::Record;
use crate::disclosure::record::{Entry, is_opened};
use crate::kernel::merkle::{Growing, leaf_hash};
use crate::ledger::note::Head;
use crate::ledger::policy::Policy;
use crate::ledger::{Leaf, Payload, commitment};
use crate::verification::rules::{At as _, Difference, same, same_hash};

const AT: &str = "log";

pub(super) fn log(record: &Record) -> Result<usize, Difference> {
    let note = record.log.checkpoint.as_bytes();
    let head = Head::open(note, &record.log.vkey).at(AT)?;
    same(
        AT,
        "origin",
        &head.origin,
        "the record says",
        &record.log.origin,
    )?;
    let hashed = u64::try_from(record.hashes.len()).at(AT)?;
    same(
        AT,
        "hashes",
        &hashed,
        "before the first entry are",
        &record.log.first,
    )?;
    let mut tree = Growing::default();
    tree.extend(record.hashes.iter().copied());
    tree.extend(
        record
            .entries
            .iter()
            .map(|entry| leaf_hash(entry.leaf.as_bytes())),
    );
    same(AT, "size", &head.size, "the entries are", &tree.size())?;
    same_hash(AT, "root", head.root, "the entries give", tree.root())?;
    let (phase, marks) = (phase_of(record), open_marks(record));
    for (index, entry) in (record.log.first..).zip(&record.entries) {
        let at = format!("log entry {index}");
        let leaf: Leaf = serde_json::from_str(&entry.leaf).at(&at)?;
        same(
            &at,
            "leaf",
            &entry.leaf,
            "its one way to be written is",
            &canonical(&leaf).at(&at)?,
        )?;
        let own = leaf.exam == Some(record.about.id);
        let must = own && is_opened(&leaf.kind, phase, marks);
        match opening(entry).at(&at)? {
            Some((nonce, payload)) if must => opens(&at, &leaf, &nonce, payload)?,
            None if !must => {}
            Some(_) => return Err(Difference::new(&at, "it is opened and must not be")),
            None => return Err(Difference::new(&at, "it is not opened and must be")),
        }
    }
    Ok(record.entries.len())
}

/// Canonical JSON (RFC 8785), which is the only way in which an entry is written.
fn canonical(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

/// Nonce and payload of an entry, if it is opened.
fn opening(entry: &Entry) -> Result<Option<([u8; 32], &str)>, String> {
    match (&entry.nonce, &entry.payload) {
        (None, None) => Ok(None),
        (Some(nonce), Some(payload)) => {
            let nonce = STANDARD.decode(nonce).map_err(|error| error.to_string())?;
            let nonce = nonce.try_into();
            let nonce = nonce.map_err(|_| "its nonce has not 32 bytes".to_owned())?;
            Ok(Some((nonce, payload)))
        }
        _ => Err("it has only half of an opening".to_owned()),
    }
}

/// The leaf is the one that follows from payload and nonce.
fn opens(at: &str, leaf: &Leaf, nonce: &[u8; 32], text: &str) -> Result<(), Difference> {
    let payload: Payload = serde_json::from_str(text).at(at)?;
    same(
        at,
        "payload",
        &text,
        "its one way to be written is",
        &canonical(&payload).at(at)?.as_str(),
    )?;
    let follows = Leaf {
        v: 1,
        kind: payload.kind.clone(),
        exam: payload.examination,
        t: payload.at.seconds(),
        c: STANDARD.encode(commitment(nonce, text.as_bytes())),
    };
    if *leaf == follows {
        return Ok(());
    }
    Err(Difference::new(
        at,
        "its leaf does not commit to its opening",
    ))
}

/// The number of witnesses who signed, if the policy asks for any and they are enough.
pub(super) fn witnesses(record: &Record) -> Result<Option<usize>, Difference> {
    const AT: &str = "witnesses";
    let policy = Policy::parse(&record.log.policy).at(AT)?;
    if !policy.asks_for_witnesses() {
        return Ok(None);
    }
    let note = &record.log.checkpoint;
    let head = Head::open(note.as_bytes(), &record.log.vkey).at(AT)?;
    let signed = policy.witnesses().iter();
    let signed = signed
        .filter(|one| one.key.line(&head, note).is_some())
        .count();
    if policy.is_met(|one| one.key.line(&head, note).is_some()) {
        return Ok(Some(signed));
    }
    let what = format!("{signed} have signed the checkpoint, and that is not enough");
    Err(Difference::new(AT, what))
}
