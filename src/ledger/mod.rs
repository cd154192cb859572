//! The decision log (决定日志): every act that decides something about a person, an item, a paper,
//! a mark, a rule or an access right is one entry, written in the transaction of the act itself.
//!
//! What the public may see of an entry is its *leaf*: a canonical JSON line with the kind of
//! decision, the examination, the second, and a salted commitment to the *payload* (who, under
//! which rule, on which inputs, with what outcome and why). The payload itself is sealed at rest.
//! Leaves form an RFC 6962 tree in the order of the log.

pub mod disk;
mod entry;
mod head;
pub mod note;
pub mod policy;
pub mod proof;
pub mod publish;
mod service;
mod store;
pub mod tile;
pub mod witness;

pub use entry::{Entry, Leaf, Payload, commitment};
pub use head::{Log, fix, fix_all, logs, open_log, witnessed};
pub use service::{
    Checkpoint, Discrepancy, LogEntry, Placed, PublicEntry, Shown, Standing, Tree, about, check,
    coming, decided_at, entries, last_checkpoint, leaf_hash, leaf_hashes, opening, public_from,
    public_newest, recent, record, sequence, settle, shown, span, standing, tree, waiting,
    without_place, years,
};
