//! What later rooms read of the banks.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::item::{Item, Stimulus};
use crate::kernel::merkle::{self, Hash};
use crate::kernel::{Id, Problem};
use crate::store::schema::{item, item_version, stimulus};
use crate::store::{Vault, View, sha256};

/// An item in use: its id, its version and its content.
pub type Approved = (Id, i32, Item);

/// The approved items of a bank, each in its present version, by code in byte order.
pub fn approved(view: &mut View<'_>, bank: &str) -> Result<Vec<Approved>, Problem> {
    let rows: Vec<(Id, i32, Vec<u8>)> = item::table
        .inner_join(item_version::table)
        .filter(item::bank.eq(bank))
        .filter(item::state.eq("approved"))
        .filter(item_version::version.eq(item::version))
        .select((item::id, item::version, item_version::content_sealed))
        .load(view.db)?;
    let mut items = Vec::with_capacity(rows.len());
    for (id, version, content) in rows {
        items.push((id, version, open(view.vault, &content)?));
    }
    items.sort_by(|a: &Approved, b| a.2.code.as_bytes().cmp(b.2.code.as_bytes()));
    Ok(items)
}

/// The contents of these versions of items.
pub fn item_versions(
    view: &mut View<'_>,
    wanted: &[(Id, i32)],
) -> Result<BTreeMap<(Id, i32), Item>, Problem> {
    let mut contents = BTreeMap::new();
    let ids: Vec<Id> = wanted.iter().map(|(id, _)| *id).collect();
    for part in ids.chunks(500) {
        let rows: Vec<(Id, i32, Vec<u8>)> = item_version::table
            .filter(item_version::item_id.eq_any(part.to_vec()))
            .select((
                item_version::item_id,
                item_version::version,
                item_version::content_sealed,
            ))
            .load(view.db)?;
        for (id, version, content) in rows {
            if wanted.contains(&(id, version)) {
                contents.insert((id, version), open(view.vault, &content)?);
            }
        }
    }
    Ok(contents)
}

/// Every stimulus of a bank, by code.
pub fn stimuli(view: &mut View<'_>, bank: &str) -> Result<BTreeMap<String, Stimulus>, Problem> {
    let rows: Vec<(String, Vec<u8>)> = stimulus::table
        .filter(stimulus::bank.eq(bank))
        .select((stimulus::code, stimulus::content_sealed))
        .load(view.db)?;
    rows.into_iter()
        .map(|(code, content)| Ok((code, open(view.vault, &content)?)))
        .collect()
}

/// Code, version and content hash of every approved item of a bank, by code in byte order: what
/// the lock of papers commits to, so that a key changed afterwards is noticed.
pub fn content_hashes(
    view: &mut View<'_>,
    bank: &str,
) -> Result<Vec<(String, i32, Vec<u8>)>, Problem> {
    let mut rows: Vec<(String, i32, Vec<u8>)> = item::table
        .inner_join(item_version::table)
        .filter(item::bank.eq(bank))
        .filter(item::state.eq("approved"))
        .filter(item_version::version.eq(item::version))
        .select((item::code, item::version, item_version::content_hash))
        .load(view.db)?;
    rows.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    Ok(rows)
}

/// What an item's content is known by: SHA-256 of its canonical JSON (RFC 8785).
pub fn content_hash(item: &Item) -> Result<Hash, Problem> {
    let canonical = serde_json_canonicalizer::to_vec(item).map_err(Problem::internal)?;
    Ok(sha256(canonical))
}

/// What stands for a set of items in the decision log: the root over `leaf(code ‖ 0 ‖ content hash)`
/// of each, by code in byte order.
pub fn content_root<'a>(items: impl IntoIterator<Item = (&'a str, Hash)>) -> Hash {
    let sorted: BTreeMap<&str, Hash> = items.into_iter().collect();
    let leaf = |(code, hash): (&str, Hash)| {
        merkle::leaf_hash(&[code.as_bytes(), &[0], hash.as_slice()].concat())
    };
    let leaves: Vec<Hash> = sorted.into_iter().map(leaf).collect();
    merkle::root(&leaves)
}

pub(super) fn open<T: serde::de::DeserializeOwned>(
    vault: &Vault,
    sealed: &[u8],
) -> Result<T, Problem> {
    serde_json::from_slice(&vault.open_bytes(sealed)?).map_err(Problem::internal)
}
