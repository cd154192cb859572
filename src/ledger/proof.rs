//! Receipts: an entry of the log with the proof that it is there (C2SP tlog-proof v1), and the
//! opening that shows what it commits to. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash as TreeHash, check_record};

use super::entry::{Payload, commitment};
use super::note::Head;
use crate::kernel::merkle::{self, Hash};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// What a receipt proves wrongly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is no receipt.
    #[error("that is no receipt")]
    Malformed,
    /// Its opening gives no leaf.
    #[error("the opening does not belong to a decision")]
    Opening,
    /// The log did not sign its checkpoint.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] super::note::NoteError),
    /// The entry is not in the tree that was signed.
    #[error("the entry is not in the log that was signed")]
    NotIncluded,
}

/// What a leaf commits to, and the nonce: for the person alone whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// 32 random bytes, base64.
    pub nonce: String,
    /// The decision, as canonical JSON.
    pub payload: String,
}

impl Opening {
    /// The public leaf to which this opens.
    pub fn leaf(&self) -> Result<Vec<u8>, ProofError> {
        let nonce = STANDARD
            .decode(&self.nonce)
            .map_err(|_| ProofError::Opening)?;
        let nonce: [u8; 32] = nonce.try_into().map_err(|_| ProofError::Opening)?;
        let payload: Payload =
            serde_json::from_str(&self.payload).map_err(|_| ProofError::Opening)?;
        let leaf = payload.leaf(&nonce).map_err(|_| ProofError::Opening)?;
        // The text itself is what was committed to: written otherwise it is another.
        let committed = STANDARD.encode(commitment(&nonce, self.payload.as_bytes()));
        let leaf_text = String::from_utf8_lossy(&leaf);
        leaf_text
            .contains(&committed)
            .then_some(())
            .ok_or(ProofError::Opening)?;
        Ok(leaf)
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The opening; nothing in the proof depends on it.
    pub opening: Option<Opening>,
    /// The entry's place in the log.
    pub index: u64,
    /// RFC 6962 inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The published checkpoint with all its signatures.
    pub note: String,
}

impl Proof {
    /// As a `.tlog-proof` file.
    pub fn text(&self) -> String {
        let opening = self.opening.as_ref().map(|opening| {
            let opening = serde_json::to_vec(opening).unwrap_or_default();
            format!("extra {}\n", STANDARD.encode(opening))
        });
        let hashes = self.hashes.iter().map(|hash| STANDARD.encode(hash) + "\n");
        format!(
            "{FIRST_LINE}\n{}index {}\n{}\n{}",
            opening.unwrap_or_default(),
            self.index,
            hashes.collect::<String>(),
            self.note
        )
    }

    /// Reads a `.tlog-proof` file.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        Self::read(text).ok_or(ProofError::Malformed)
    }

    fn read(text: &str) -> Option<Self> {
        let (before, note) = text.split_once("\n\n")?;
        let mut lines = before.split('\n').peekable();
        (lines.next()? == FIRST_LINE).then_some(())?;
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let opening = match extra {
            Some(line) => {
                let bytes = STANDARD.decode(line.strip_prefix("extra ")?).ok()?;
                Some(serde_json::from_slice(&bytes).ok()?)
            }
            None => None,
        };
        let index = lines.next()?.strip_prefix("index ")?;
        let number: u64 = index
            .parse()
            .ok()
            .filter(|n: &u64| n.to_string() == index)?;
        let hashes = lines.map(|line| STANDARD.decode(line).ok()?.try_into().ok());
        Some(Self {
            opening,
            index: number,
            hashes: hashes.collect::<Option<_>>()?,
            note: note.to_owned(),
        })
    }

    /// Whether the leaf is in the log with this key; gives the checkpoint that says so.
    pub fn check(&self, leaf: &[u8], vkey: &str) -> Result<Head, ProofError> {
        let head = Head::open(self.note.as_bytes(), vkey)?;
        let hashes = self.hashes.iter().copied().map(TreeHash).collect();
        let leaf = TreeHash(merkle::leaf_hash(leaf));
        if self.index >= head.size {
            return Err(ProofError::NotIncluded);
        }
        check_record(&hashes, head.size, TreeHash(head.root), self.index, leaf)
            .map_err(|_| ProofError::NotIncluded)?;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::log_key;
    use super::*;
    use crate::kernel::{Id, Instant};
    use crate::ledger::Entry;

    /// A log of three entries, the second of which is opened.
    fn receipt() -> (Proof, Vec<u8>, String) {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let entry = Entry::new("script.closed", Some(Id::new(now)), "candidate")
            .on(serde_json::json!({ "ticket_no": "20261000001", "digest": "ab" }));
        let payload = Payload::new(Id::new(now), now, &entry);
        let opening = Opening {
            nonce: STANDARD.encode([5; 32]),
            payload: String::from_utf8(super::super::entry::canonical(&payload).unwrap()).unwrap(),
        };
        let leaf = opening.leaf().unwrap();
        let hashes = [[1; 32], merkle::leaf_hash(&leaf), [3; 32]];
        let origin = "exam.example/log/2026".to_owned();
        let (secret, vkey) = log_key(&origin, &[1; 32]);
        let head = Head {
            origin,
            size: 3,
            root: merkle::root(&hashes),
        };
        let proof = Proof {
            opening: Some(opening),
            index: 1,
            hashes: vec![hashes[0], hashes[2]],
            note: head.note(&[head.sign(&secret).unwrap()]),
        };
        (proof, leaf, vkey)
    }

    #[test]
    fn a_receipt_proves_its_decision_and_is_read_as_it_was_written() {
        let (proof, leaf, vkey) = receipt();
        let read = Proof::parse(&proof.text()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.opening.as_ref().unwrap().leaf().unwrap(), leaf);
        assert_eq!(read.check(&leaf, &vkey).unwrap().size, 3);
        let bare = Proof {
            opening: None,
            ..proof
        };
        assert_eq!(Proof::parse(&bare.text()).unwrap(), bare);
    }

    #[test]
    fn another_decision_another_place_or_another_log_is_not_proved() {
        let (proof, leaf, vkey) = receipt();
        let mut altered = proof.opening.clone().unwrap();
        altered.payload = altered.payload.replace("20261000001", "20261000002");
        let other = altered.leaf().unwrap();
        assert_ne!(other, leaf);
        assert_eq!(proof.check(&other, &vkey), Err(ProofError::NotIncluded));
        for index in [0, 2, 3] {
            let moved = Proof {
                index,
                ..proof.clone()
            };
            assert_eq!(
                moved.check(&leaf, &vkey),
                Err(ProofError::NotIncluded),
                "{index}"
            );
        }
        let (_, stranger) = log_key("exam.example/log/2026", &[2; 32]);
        assert!(matches!(
            proof.check(&leaf, &stranger),
            Err(ProofError::Checkpoint(_))
        ));
    }

    #[test]
    fn an_opening_is_the_very_text_that_was_committed_to() {
        let (proof, ..) = receipt();
        let mut spaced = proof.opening.unwrap();
        spaced.payload = spaced.payload.replacen(':', ": ", 1);
        assert_eq!(spaced.leaf(), Err(ProofError::Opening));
        for text in [
            "",
            "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
            "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        ] {
            assert_eq!(Proof::parse(text), Err(ProofError::Malformed));
        }
    }
}
