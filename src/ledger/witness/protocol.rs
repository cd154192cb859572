//! The body of a request to a witness, which is also the file that is carried to one that has no
//! network. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kernel::merkle::Hash;

/// Most hashes of a consistency proof.
const PROOF_MAX: usize = 63;

/// A checkpoint, and the proof that it continues one that the witness has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Size of the checkpoint that the witness signed last; zero if none.
    pub old: u64,
    /// RFC 6962 consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

impl Request {
    /// As it is sent.
    pub fn text(&self) -> String {
        let hashes = self.proof.iter().map(|hash| STANDARD.encode(hash) + "\n");
        format!(
            "old {}\n{}\n{}",
            self.old,
            hashes.collect::<String>(),
            self.note
        )
    }

    /// Reads what was sent; none if it is no request.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(body).ok()?;
        let (before, note) = body.split_once("\n\n")?;
        let mut lines = before.split('\n');
        let old = lines.next()?.strip_prefix("old ")?;
        let size: u64 = old.parse().ok()?;
        let proof = lines
            .map(|line| STANDARD.decode(line).ok()?.try_into().ok())
            .collect::<Option<Vec<Hash>>>()?;
        let exact = size.to_string() == old && proof.len() <= PROOF_MAX;
        exact.then(|| Self {
            old: size,
            proof,
            note: note.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(hashes: u8) -> Request {
        Request {
            old: 20_852_014,
            proof: (0..hashes).map(|n| [n; 32]).collect(),
            note: "example.com/log\n7\nAAAA\n\n— example.com/log BBBB\n".into(),
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        for hashes in [0, 1, 63] {
            let request = request(hashes);
            assert_eq!(Request::parse(request.text().as_bytes()), Some(request));
        }
    }

    #[test]
    fn anything_else_is_no_request() {
        let text = request(2).text();
        for wrong in [
            request(64).text(),
            text.replace("old 2", "old 02"),
            text.replace("old ", "new "),
            text.replace("old 20852014", "old -1"),
            text.replace("AAECA", "!!!!!"),
            text.split_once("\n\n").unwrap().0.to_owned(),
            String::new(),
        ] {
            if wrong != text {
                assert_eq!(Request::parse(wrong.as_bytes()), None, "{wrong}");
            }
        }
    }
}
