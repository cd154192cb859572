//! Witnesses (C2SP tlog-witness v1.0.0): others who remember a log's size and root and sign only
//! what continues them. With a quorum of them nobody can show two histories.

mod client;
mod keeper;
mod protocol;

pub use client::{Standing, Witnesses, import, request};
pub use keeper::{Answer, Keeper};
pub use protocol::Request;

use sha2::{Digest as _, Sha256};

/// Under which name a witness keeps and shows what it knows of a log.
pub fn log_id(origin: &str) -> String {
    hex::encode(Sha256::digest(origin))
}
