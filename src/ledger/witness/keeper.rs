//! A small witness that another office can run: it keeps one checkpoint for each log it watches.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tlog_tiles::{Hash as TreeHash, check_tree};

use super::{Request, log_id};
use crate::kernel::merkle;
use crate::ledger::disk;
use crate::ledger::note::{Cosigner, Head, NoteError, origin_of};
use crate::ledger::policy::Policy;

/// What a witness says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: its signature lines.
    Signed(String),
    /// 400: no request, or an old size larger than the new one.
    Malformed,
    /// 403: the log did not sign it.
    NotSigned,
    /// 404: it does not watch that log.
    UnknownLog,
    /// 409: it has signed another size last, which it says.
    OtherSize(u64),
    /// 422: the checkpoint does not continue the one it has signed.
    NotContinuing,
}

/// The memory of a witness.
#[derive(Debug)]
pub struct Keeper {
    directory: PathBuf,
    cosigner: Cosigner,
    policy: Policy,
    /// Held from the look at what was signed last until the new signature is kept.
    turn: Mutex<()>,
}

impl Keeper {
    /// A witness that keeps what it signs in `directory` and watches the logs of `policy`.
    pub const fn new(directory: PathBuf, cosigner: Cosigner, policy: Policy) -> Self {
        Self {
            directory,
            cosigner,
            policy,
            turn: Mutex::new(()),
        }
    }

    /// Its verifier key.
    pub fn vkey(&self) -> String {
        self.cosigner.witness().vkey()
    }

    /// The last checkpoint it signed of the log with this id.
    pub fn latest(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        let known = self
            .policy
            .logs()
            .iter()
            .any(|log| log_id(&log.origin) == id);
        if !known {
            return Ok(None);
        }
        disk::read(&self.directory.join(id).join("checkpoint"))
    }

    /// Looks at a checkpoint and signs it if it continues what was signed before. What it signs is
    /// kept before it answers.
    pub fn add_checkpoint(&self, body: &[u8], second: u64) -> io::Result<Answer> {
        let Some(request) = Request::parse(body) else {
            return Ok(Answer::Malformed);
        };
        let Ok(origin) = origin_of(request.note.as_bytes()) else {
            return Ok(Answer::Malformed);
        };
        let mut keys = self
            .policy
            .logs()
            .iter()
            .filter(|log| log.origin == origin)
            .peekable();
        if keys.peek().is_none() {
            return Ok(Answer::UnknownLog);
        }
        let opened =
            keys.find_map(
                |log| match Head::open_signed(request.note.as_bytes(), &log.vkey) {
                    Err(NoteError::Signature) => None,
                    other => Some(other),
                },
            );
        match opened {
            None => Ok(Answer::NotSigned),
            Some(Err(_)) => Ok(Answer::Malformed),
            Some(Ok((head, signed))) => self.consider(&request, &head, &signed, second),
        }
    }

    /// `signed` is the log's own line: whatever else came with the checkpoint is not kept, or a
    /// stranger could fill the memory with lines that nobody can read.
    fn consider(
        &self,
        request: &Request,
        head: &Head,
        signed: &str,
        second: u64,
    ) -> io::Result<Answer> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if request.old > head.size {
            return Ok(Answer::Malformed);
        }
        let last = self.last(&head.origin)?;
        let size = last.as_ref().map_or(0, |last| last.size);
        if size != request.old {
            return Ok(Answer::OtherSize(size));
        }
        if !continues(request, head, last.as_ref()) {
            return Ok(Answer::NotContinuing);
        }
        let line = self.cosigner.sign(head, second);
        let note = head.note(&[signed.to_owned(), line.clone()]);
        let place = self.directory.join(log_id(&head.origin)).join("checkpoint");
        disk::replace(&place, note.as_bytes())?;
        Ok(Answer::Signed(line))
    }

    /// The head it signed last. A file that cannot be read is an error: to forget is to fork.
    fn last(&self, origin: &str) -> io::Result<Option<Head>> {
        let place = self.directory.join(log_id(origin)).join("checkpoint");
        let Some(note) = disk::read(&place)? else {
            return Ok(None);
        };
        let text = note.windows(2).position(|pair| pair == b"\n\n");
        let text = text.and_then(|end| note.get(..=end)).unwrap_or_default();
        let head = Head::unsigned(text).map_err(io::Error::other)?;
        Ok(Some(head))
    }
}

fn continues(request: &Request, head: &Head, last: Option<&Head>) -> bool {
    let Some(last) = last.filter(|last| last.size > 0) else {
        let empty = head.size > 0 || head.root == merkle::root(&[]);
        return request.proof.is_empty() && empty;
    };
    if last.size == head.size {
        return request.proof.is_empty() && last.root == head.root;
    }
    let proof = request.proof.iter().copied().map(TreeHash).collect();
    check_tree(
        &proof,
        head.size,
        TreeHash(head.root),
        last.size,
        TreeHash(last.root),
    )
    .is_ok()
}

#[cfg(test)]
mod tests {
    use tlog_tiles::{prove_tree, stored_hashes_for_record_hash};

    use super::*;
    use crate::kernel::merkle::{Hash, leaf_hash};
    use crate::ledger::note::log_key;

    const ORIGIN: &str = "exam.example/log/2026";

    /// A tree in memory, with all its inner hashes.
    struct Stored(Vec<TreeHash>);

    impl tlog_tiles::HashReader for Stored {
        fn read_hashes(&self, at: &[u64]) -> Result<Vec<TreeHash>, tlog_tiles::Error> {
            let hash = |index: &u64| self.0.get(usize::try_from(*index).unwrap()).copied();
            at.iter()
                .map(|index| hash(index).ok_or(tlog_tiles::Error::InvalidTile))
                .collect()
        }
    }

    fn stored(leaves: &[Hash]) -> Stored {
        let mut stored = Stored(Vec::new());
        for (n, leaf) in (0..).zip(leaves) {
            let more = stored_hashes_for_record_hash(n, TreeHash(*leaf), &stored).unwrap();
            stored.0.extend(more);
        }
        stored
    }

    fn leaves(count: u8, salt: u8) -> Vec<Hash> {
        (0..count)
            .map(|n| leaf_hash(&[n, if n < 5 { 0 } else { salt }]))
            .collect()
    }

    struct World {
        keeper: Keeper,
        secret: String,
        _dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (secret, vkey) = log_key(ORIGIN, &[1; 32]);
            let policy = Policy::parse(&format!("log {vkey}\nquorum none\n")).unwrap();
            let cosigner = Cosigner::new("w.example", &[2; 32]).unwrap();
            let keeper = Keeper::new(dir.path().to_owned(), cosigner, policy);
            Self {
                keeper,
                secret,
                _dir: dir,
            }
        }

        fn head(&self, leaves: &[Hash]) -> Head {
            let size = leaves.len() as u64;
            let (origin, root) = (ORIGIN.to_owned(), merkle::root(leaves));
            Head { origin, size, root }
        }

        fn offer(&self, old: u64, leaves: &[Hash]) -> Answer {
            let head = self.head(leaves);
            let proof = match old {
                0 => Vec::new(),
                old if old >= head.size => Vec::new(),
                old => prove_tree(head.size, old, &stored(leaves)).unwrap(),
            };
            let note = head.note(&[head.sign(&self.secret).unwrap()]);
            let proof = proof.into_iter().map(|hash| hash.0).collect();
            self.say(&Request { old, proof, note }.text())
        }

        fn say(&self, body: &str) -> Answer {
            self.keeper
                .add_checkpoint(body.as_bytes(), 1_700_000_000)
                .unwrap()
        }
    }

    #[test]
    fn a_witness_signs_what_continues_and_remembers_it() {
        let world = World::new();
        let Answer::Signed(line) = world.offer(0, &leaves(7, 1)) else {
            panic!("the first checkpoint is signed");
        };
        let head = world.head(&leaves(7, 1));
        assert!(
            world
                .keeper
                .cosigner
                .witness()
                .signed_at(&head, &line)
                .is_some()
        );
        assert!(matches!(world.offer(7, &leaves(9, 1)), Answer::Signed(_)));
        assert_eq!(world.offer(7, &leaves(12, 1)), Answer::OtherSize(9));
        // Nothing new is signed again with a new time.
        assert!(matches!(world.offer(9, &leaves(9, 1)), Answer::Signed(_)));
        let latest = world.keeper.latest(&log_id(ORIGIN)).unwrap().unwrap();
        let latest = String::from_utf8(latest).unwrap();
        assert!(
            latest.starts_with("exam.example/log/2026\n9\n") && latest.contains("— w.example ")
        );
        assert_eq!(world.keeper.latest(&log_id("another")).unwrap(), None);
    }

    #[test]
    fn a_fork_a_rollback_and_a_stranger_are_refused() {
        let world = World::new();
        assert!(matches!(world.offer(0, &leaves(9, 1)), Answer::Signed(_)));
        // The same size with another root, a larger tree with another past, and an older tree.
        assert_eq!(world.offer(9, &leaves(9, 2)), Answer::NotContinuing);
        assert_eq!(world.offer(9, &leaves(12, 2)), Answer::NotContinuing);
        assert_eq!(world.offer(9, &leaves(7, 1)), Answer::Malformed);
        assert_eq!(world.offer(5, &leaves(7, 1)), Answer::OtherSize(9));
        assert_eq!(world.offer(0, &leaves(12, 1)), Answer::OtherSize(9));
        assert_eq!(world.say("hello"), Answer::Malformed);

        let head = world.head(&leaves(12, 1));
        let (stranger, _) = log_key(ORIGIN, &[7; 32]);
        let note = head.note(&[head.sign(&stranger).unwrap()]);
        let request = Request {
            old: 9,
            proof: Vec::new(),
            note,
        };
        assert_eq!(world.say(&request.text()), Answer::NotSigned);
        let other = Head {
            origin: "exam.example/log/2027".into(),
            ..head
        };
        let (secret, _) = log_key(&other.origin, &[1; 32]);
        let note = other.note(&[other.sign(&secret).unwrap()]);
        let request = Request {
            old: 0,
            proof: Vec::new(),
            note,
        };
        assert_eq!(world.say(&request.text()), Answer::UnknownLog);
    }

    #[test]
    fn what_strangers_add_to_a_checkpoint_is_not_kept() {
        let world = World::new();
        let head = world.head(&leaves(7, 1));
        let mut lines = vec![head.sign(&world.secret).unwrap()];
        lines.extend((0..98).map(|n| format!("— stranger{n} AAAAAAA=\n")));
        let request = Request {
            old: 0,
            proof: Vec::new(),
            note: head.note(&lines),
        };
        assert!(matches!(world.say(&request.text()), Answer::Signed(_)));
        let kept = world.keeper.latest(&log_id(ORIGIN)).unwrap().unwrap();
        let (_, vkey) = log_key(ORIGIN, &[1; 32]);
        assert_eq!(Head::open(&kept, &vkey), Ok(head));
        assert!(!String::from_utf8(kept).unwrap().contains("stranger"));
        let more = Head {
            root: [1; 32],
            ..world.head(&leaves(9, 1))
        };
        let spoken = more.text() + "an extension\n";
        let request = Request {
            old: 7,
            proof: Vec::new(),
            note: format!("{spoken}\n{}", more.sign(&world.secret).unwrap()),
        };
        assert!(!matches!(world.say(&request.text()), Answer::Signed(_)));
    }

    #[test]
    fn an_empty_log_has_the_root_of_nothing() {
        let world = World::new();
        let wrong = Head {
            root: [9; 32],
            ..world.head(&[])
        };
        let note = wrong.note(&[wrong.sign(&world.secret).unwrap()]);
        let request = Request {
            old: 0,
            proof: Vec::new(),
            note,
        };
        assert_eq!(world.say(&request.text()), Answer::NotContinuing);
        assert!(matches!(world.offer(0, &[]), Answer::Signed(_)));
    }

    #[test]
    fn what_was_signed_outlives_the_process() {
        let world = World::new();
        assert!(matches!(world.offer(0, &leaves(9, 1)), Answer::Signed(_)));
        let again = Keeper::new(
            world.keeper.directory.clone(),
            Cosigner::new("w.example", &[2; 32]).unwrap(),
            world.keeper.policy.clone(),
        );
        let reborn = World {
            keeper: again,
            secret: world.secret.clone(),
            _dir: tempfile::tempdir().unwrap(),
        };
        assert_eq!(reborn.offer(0, &leaves(12, 2)), Answer::OtherSize(9));
        assert!(matches!(reborn.offer(9, &leaves(12, 1)), Answer::Signed(_)));
    }
}
