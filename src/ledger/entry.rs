//! Entries, payloads, leaves and the commitment that ties them. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::kernel::{Id, Instant, Problem};

/// A decision about to be recorded.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What was decided, as `room.act`: `application.reviewed`.
    pub kind: &'static str,
    /// The account that acted; none for the system itself.
    pub account: Option<Id>,
    /// The role in which it acted.
    pub role: &'static str,
    /// The examination it belongs to, and its year.
    pub examination: Option<(Id, i32)>,
    /// The application or post it is about: its candidates get a receipt. Not part of the payload.
    pub subject: Option<Id>,
    /// Hash of the regulation profile it was taken under, once frozen.
    pub profile: Option<String>,
    /// What it was decided on.
    pub inputs: serde_json::Value,
    /// What was decided.
    pub outcome: String,
    /// Why, in the words of the person who decided.
    pub reason: Option<String>,
}

impl Entry {
    /// An entry of `kind` by an account acting in `role`.
    pub fn new(kind: &'static str, account: Option<Id>, role: &'static str) -> Self {
        Self {
            kind,
            account,
            role,
            examination: None,
            subject: None,
            profile: None,
            inputs: serde_json::Value::Null,
            outcome: String::new(),
            reason: None,
        }
    }

    /// Belongs to this examination, and so to the log of its year.
    #[must_use]
    pub fn examination(mut self, id: Id, year: i32) -> Self {
        self.examination = Some((id, year));
        self
    }

    /// Is about this application or post.
    #[must_use]
    pub fn about(mut self, subject: Id) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Was taken under the profile with this hash.
    #[must_use]
    pub fn under(mut self, profile_hash: Option<&[u8]>) -> Self {
        self.profile = profile_hash.map(hex::encode);
        self
    }

    /// Was decided on these inputs.
    #[must_use]
    pub fn on(mut self, inputs: serde_json::Value) -> Self {
        self.inputs = inputs;
        self
    }

    /// Had this outcome.
    #[must_use]
    pub fn outcome(mut self, outcome: impl Into<String>) -> Self {
        self.outcome = outcome.into();
        self
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// The whole of a decision, as committed to and kept sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Format version.
    pub v: u8,
    /// The decision's id.
    pub id: Id,
    /// When.
    pub at: Instant,
    /// What was decided.
    pub kind: String,
    /// Who decided.
    pub account: Option<Id>,
    /// In which role.
    pub role: String,
    /// In which examination.
    pub examination: Option<Id>,
    /// Under which frozen profile.
    pub profile: Option<String>,
    /// On which inputs.
    pub inputs: serde_json::Value,
    /// With what outcome.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
}

/// The public part of a decision. It names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Format version.
    pub v: u8,
    /// What was decided.
    pub kind: String,
    /// The examination, if any.
    pub exam: Option<Id>,
    /// Seconds since the epoch.
    pub t: i64,
    /// The commitment, base64.
    pub c: String,
}

impl Payload {
    /// The payload of `entry`, decided at `at`.
    pub fn new(id: Id, at: Instant, entry: &Entry) -> Self {
        Self {
            v: 1,
            id,
            at,
            kind: entry.kind.to_owned(),
            account: entry.account,
            role: entry.role.to_owned(),
            examination: entry.examination.map(|(id, _)| id),
            profile: entry.profile.clone(),
            inputs: entry.inputs.clone(),
            outcome: entry.outcome.clone(),
            reason: entry.reason.clone(),
        }
    }

    /// The leaf that commits to this payload with `nonce`.
    pub fn leaf(&self, nonce: &[u8; 32]) -> Result<Vec<u8>, Problem> {
        canonical(&Leaf {
            v: 1,
            kind: self.kind.clone(),
            exam: self.examination,
            t: self.at.seconds(),
            c: STANDARD.encode(commitment(nonce, &canonical(self)?)),
        })
    }
}

/// `SHA-256("exam-commit/v1\0" ‖ nonce ‖ payload)`, with a nonce of exactly 32 random bytes.
pub fn commitment(nonce: &[u8; 32], payload: &[u8]) -> [u8; 32] {
    let hash = Sha256::new()
        .chain_update(b"exam-commit/v1\0")
        .chain_update(nonce);
    hash.chain_update(payload).finalize().into()
}

/// Canonical JSON (RFC 8785).
pub(super) fn canonical(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json_canonicalizer::to_vec(value).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(reason: &str) -> Payload {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let entry = Entry::new("application.reviewed", Some(Id::new(now)), "hr")
            .on(serde_json::json!({ "ticket": "2026001" }))
            .outcome("approved")
            .because(reason);
        Payload::new(Id::new(now), now, &entry)
    }

    #[test]
    fn a_leaf_is_canonical_and_names_nobody() {
        let payload = payload("meets the conditions");
        let leaf = String::from_utf8(payload.leaf(&[1; 32]).unwrap()).unwrap();
        assert!(leaf.starts_with(r#"{"c":""#), "{leaf}");
        assert!(leaf.contains(r#""kind":"application.reviewed""#));
        assert!(!leaf.contains("2026001") && !leaf.contains("\"hr\"") && !leaf.contains("meets"));
    }

    #[test]
    fn another_reason_or_another_nonce_is_another_leaf() {
        let (one, other) = (payload("meets the conditions"), payload("does not"));
        assert_ne!(one.leaf(&[1; 32]).unwrap(), other.leaf(&[1; 32]).unwrap());
        assert_ne!(one.leaf(&[1; 32]).unwrap(), one.leaf(&[2; 32]).unwrap());
    }
}
