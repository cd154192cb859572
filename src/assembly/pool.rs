//! The pool (入库试题): the approved items at the freeze, before anything is drawn.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bank::item::{Body, Difficulty, Item};
use crate::kernel::merkle::Hash;
use crate::kernel::{Id, Score};

/// What the draw knows of an item: enough to place it, nothing of what it asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolItem {
    /// The item's row.
    pub item_id: Id,
    /// The approved version, from one.
    pub version: i32,
    /// The item's code, unique in the pool.
    pub code: String,
    /// The section it belongs to.
    pub section: String,
    /// Dotted topic code.
    pub topic: String,
    /// Judged difficulty.
    pub difficulty: Difficulty,
    /// Code of the stimulus it shares with other items of its section.
    pub stimulus: Option<String>,
    /// Options to shuffle; zero for kinds without options.
    pub option_count: u8,
    /// Marks that the item itself states: essays do, other kinds do not.
    pub marks: Option<Score>,
}

impl PoolItem {
    /// The pool's view of version `version` of `item`.
    pub fn of(item_id: Id, version: i32, item: &Item) -> Self {
        Self {
            item_id,
            version,
            code: item.code.clone(),
            section: item.section.clone(),
            topic: item.topic.clone(),
            difficulty: item.difficulty,
            stimulus: item.stimulus.clone(),
            option_count: u8::try_from(item.body.options().len()).unwrap_or(u8::MAX),
            marks: match item.body {
                Body::Essay { marks, .. } => Some(marks),
                _ => None,
            },
        }
    }
}

/// The items a draw may take, in order of their codes' bytes, each code once. Whatever order a
/// database or a file gave them in, the pool is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PoolItem>", into = "Vec<PoolItem>")]
pub struct Pool(Vec<PoolItem>);

/// Two items of a pool have the same code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two items of the pool have the code `{0}`")]
pub struct DuplicateCode(pub String);

impl Pool {
    /// Brings the items into canonical order.
    pub fn new(mut items: Vec<PoolItem>) -> Result<Self, DuplicateCode> {
        items.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
        let twice = items.windows(2).find_map(|pair| match pair {
            [a, b] if a.code == b.code => Some(a.code.clone()),
            _ => None,
        });
        twice.map_or(Ok(Self(items)), |code| Err(DuplicateCode(code)))
    }

    /// The items, in order.
    pub fn items(&self) -> &[PoolItem] {
        &self.0
    }

    /// The pool of those items only that are in `ids`.
    pub(super) fn only(&self, ids: &BTreeSet<Id>) -> Self {
        let kept = self.0.iter().filter(|item| ids.contains(&item.item_id));
        Self(kept.cloned().collect())
    }
}

impl TryFrom<Vec<PoolItem>> for Pool {
    type Error = DuplicateCode;
    fn try_from(items: Vec<PoolItem>) -> Result<Self, DuplicateCode> {
        Self::new(items)
    }
}

impl From<Pool> for Vec<PoolItem> {
    fn from(pool: Pool) -> Self {
        pool.0
    }
}

/// The hash that commits to the pool before the draw: SHA-256 of its canonical JSON.
pub fn pool_root(pool: &Pool) -> Result<Hash, serde_json::Error> {
    canonical_hash(pool)
}

/// SHA-256 of the canonical JSON (RFC 8785) of `value`.
pub(super) fn canonical_hash<T: Serialize>(value: &T) -> Result<Hash, serde_json::Error> {
    let json = serde_json_canonicalizer::to_vec(value)?;
    Ok(Sha256::digest(json).into())
}
