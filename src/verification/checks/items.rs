//! V4: items and keys are those that the lock committed to.

use crate::assembly::PoolItem;
use crate::bank::item::Item;
use crate::bank::records::content_hash;
use crate::kernel::merkle::{self, Hash};
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::rules::{At as _, Difference, same, same_hash};
use crate::verification::store::{self, SubjectRow};

/// The content of every item in a pool has the hash stored with it, and the root over all of them
/// is the one in the log.
pub(super) fn items(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let mut count = 0;
    for subject in &case.subjects {
        count += items_of(view, case, subject)?;
    }
    Ok(count)
}

fn items_of(view: &mut View<'_>, case: &Case, subject: &SubjectRow) -> Result<usize, Difference> {
    let at = case.subject_place(subject);
    let pool = case.pool(subject)?;
    let mut leaves = Vec::with_capacity(pool.items().len());
    for pooled in pool.items() {
        let at = format!("{at}, item {} version {}", pooled.code, pooled.version);
        leaves.push(leaf(pooled, &content(view, pooled, &at)?));
    }
    let root = hex::encode(merkle::root(&leaves));
    let lock = case.lock(subject)?;
    same(
        &at,
        "items have keys_root",
        &root,
        "the lock has",
        &lock.keys_root,
    )?;
    Ok(leaves.len())
}

/// The hash of an item's content, if it is the one stored with it and the pool describes it.
fn content(view: &mut View<'_>, pooled: &PoolItem, at: &str) -> Result<Hash, Difference> {
    let stored = store::content(view.db, pooled.item_id, pooled.version).at(at)?;
    let stored = stored.ok_or_else(|| Difference::new(at, "is not stored"))?;
    let bytes = view.vault.open_bytes(&stored.sealed).at(at)?;
    let item: Item = serde_json::from_slice(&bytes).at(at)?;
    let hash = content_hash(&item).at(at)?;
    same_hash(at, "content_hash", &stored.hash, "the content gives", hash)?;
    if !pooled.is_of(&item) {
        return Err(Difference::new(at, "the pool describes another item"));
    }
    Ok(hash)
}

/// As `assembly` locks keys: `code ‖ 0 ‖ version ‖ 0 ‖ content hash`.
fn leaf(pooled: &PoolItem, hash: &Hash) -> Hash {
    let version = pooled.version.to_string();
    let parts: [&[u8]; 5] = [pooled.code.as_bytes(), &[0], version.as_bytes(), &[0], hash];
    merkle::leaf_hash(&parts.concat())
}
