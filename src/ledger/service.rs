//! Recording decisions, giving them their places, and checking that nothing was altered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Stopwatch};

use serde::{Deserialize, Serialize};

use super::entry::canonical;
use super::store::{self, DecisionRow};
use super::{Entry, Payload};
use crate::kernel::{Id, Instant, Problem, merkle, secret};
use crate::store::{Store, Target, Tx, View};

/// Records a decision in the transaction of the act it belongs to.
pub fn record(tx: &mut Tx<'_>, entry: &Entry) -> Result<Id, Problem> {
    let id = Id::new(tx.now);
    let payload = Payload::new(id, tx.now, entry);
    let nonce: [u8; 32] = secret::random();
    let leaf = payload.leaf(&nonce)?;
    let row = DecisionRow {
        id,
        at: tx.now,
        kind: payload.kind.clone(),
        examination_id: payload.examination,
        nonce: nonce.to_vec(),
        payload_sealed: tx.vault.seal(canonical(&payload)?)?,
        leaf_hash: merkle::leaf_hash(&leaf).to_vec(),
        leaf,
        year: entry
            .examination
            .map_or_else(|| tx.now.year(), |(_, year)| year),
        subject_id: entry.subject,
    };
    store::insert(tx, &row)?;
    Ok(id)
}

/// On PostgreSQL, gives committed decisions their indexes; returns how many.
pub fn sequence(tx: &mut Tx<'_>) -> Result<usize, Problem> {
    store::sequence(tx)
}

/// Gives places, for at most `patience`, until every decision that has none now has got one;
/// returns those that have not. It does what a running server does, so it needs none and minds
/// none. On SQLite there is nothing to wait for: a decision is written with its place.
pub fn settle(store: &Store, patience: Duration) -> Result<BTreeSet<Id>, Problem> {
    const PAUSE: Duration = Duration::from_millis(100);
    let begun = Stopwatch::now();
    let mut left = store.read_blocking(without_place)?;
    if let Target::Sqlite(_) = store.target() {
        return Ok(left);
    }
    while !left.is_empty() && begun.elapsed() < patience {
        if store.write_blocking(sequence)? == 0 {
            std::thread::sleep(PAUSE);
        }
        let waiting = store.read_blocking(without_place)?;
        left.retain(|decision| waiting.contains(decision));
    }
    Ok(left)
}

/// The decisions that have no place.
pub fn without_place(view: &mut View<'_>) -> Result<BTreeSet<Id>, Problem> {
    Ok(store::unplaced_ids(view.db)?.into_iter().collect())
}

/// A size of a log and its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The log's year.
    pub year: i32,
    /// Number of leaves.
    pub size: i64,
    /// RFC 6962 root, hexadecimal.
    pub root: String,
    /// When it was fixed.
    pub at: Instant,
}

impl From<store::CheckpointRow> for Checkpoint {
    fn from(row: store::CheckpointRow) -> Self {
        Self {
            year: row.year,
            size: row.size,
            root: hex::encode(row.root),
            at: row.at,
        }
    }
}

/// The tree of one log as far as it was read. Whoever keeps one reads only what is new.
#[derive(Debug)]
pub struct Tree {
    year: i32,
    grown: merkle::Growing,
}

impl Tree {
    /// The tree of a year, of which nothing is read yet.
    pub fn of(year: i32) -> Self {
        Self {
            year,
            grown: merkle::Growing::default(),
        }
    }

    /// Takes in the entries that have come since.
    pub fn catch_up(&mut self, view: &mut View<'_>) -> Result<(), Problem> {
        const PAGE: i64 = 10_000;
        loop {
            let page = store::leaf_hashes(view.db, self.year, self.size()?, PAGE)?;
            if page.is_empty() {
                return Ok(());
            }
            for hash in page {
                self.grown.push(leaf(hash)?);
            }
        }
    }

    /// Takes in the entries up to the first `size`, of which it must not have read more; the root
    /// over them.
    pub fn root_at(&mut self, view: &mut View<'_>, size: u64) -> Result<merkle::Hash, Problem> {
        const PAGE: u64 = 10_000;
        while self.grown.size() < size {
            let missing = size - self.grown.size();
            let limit = i64::try_from(missing.min(PAGE)).map_err(Problem::internal)?;
            let page = store::leaf_hashes(view.db, self.year, self.size()?, limit)?;
            if page.is_empty() {
                return Err(Problem::internal("the log is shorter than it was"));
            }
            for hash in page {
                self.grown.push(leaf(hash)?);
            }
        }
        Ok(self.root())
    }

    /// Number of leaves.
    pub fn size(&self) -> Result<i64, Problem> {
        i64::try_from(self.grown.size()).map_err(Problem::internal)
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> merkle::Hash {
        self.grown.root()
    }
}

/// The years that have a log, in order.
pub fn years(view: &mut View<'_>) -> Result<Vec<i32>, Problem> {
    store::years(view.db)
}

/// The last size and root of a year that were fixed, if any.
pub fn last_checkpoint(view: &mut View<'_>, year: i32) -> Result<Option<Checkpoint>, Problem> {
    Ok(store::last_checkpoint(view.db, year)?.map(Checkpoint::from))
}

/// The present size and root of a year.
pub fn tree(view: &mut View<'_>, year: i32) -> Result<(i64, merkle::Hash), Problem> {
    let mut tree = Tree::of(year);
    tree.catch_up(view)?;
    Ok((tree.size()?, tree.root()))
}

/// A log as it stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The year.
    pub year: i32,
    /// Number of leaves.
    pub size: i64,
    /// RFC 6962 root, hexadecimal.
    pub root: String,
}

/// Every log as it stands.
pub fn standing(view: &mut View<'_>) -> Result<Vec<Standing>, Problem> {
    let years = store::years(view.db)?.into_iter();
    years
        .map(|year| {
            let (size, root) = tree(view, year)?;
            Ok(Standing {
                year,
                size,
                root: hex::encode(root),
            })
        })
        .collect()
}

/// One entry of the log, opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// The year of its log.
    pub year: i32,
    /// Its place there.
    pub index: i64,
    /// Leaf hash, hexadecimal.
    pub leaf_hash: String,
    /// The public leaf.
    pub leaf: String,
    /// The decision.
    pub payload: Payload,
}

/// What everybody may see of an entry. Nothing is opened for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicEntry {
    /// Its place in the log.
    pub index: i64,
    /// Leaf hash, hexadecimal.
    pub leaf_hash: String,
    /// The public leaf.
    pub leaf: String,
}

impl From<store::PublicRow> for PublicEntry {
    fn from((index, hash, leaf): store::PublicRow) -> Self {
        Self {
            index,
            leaf_hash: hex::encode(hash),
            leaf: String::from_utf8_lossy(&leaf).into_owned(),
        }
    }
}

/// Up to `limit` public entries of a year from index `from`, in order.
pub fn public_from(
    view: &mut View<'_>,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<PublicEntry>, Problem> {
    let rows = store::public_range(view.db, year, from, limit)?;
    Ok(rows.into_iter().map(PublicEntry::from).collect())
}

/// The newest public entries of a year before index `before`, newest first.
pub fn public_newest(
    view: &mut View<'_>,
    year: i32,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<PublicEntry>, Problem> {
    let rows = store::public_newest(view.db, year, before, limit)?;
    Ok(rows.into_iter().map(PublicEntry::from).collect())
}

/// The newest entries of a year before index `before`, newest first; of one examination if given.
pub fn recent(
    view: &mut View<'_>,
    year: i32,
    examination: Option<Id>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<LogEntry>, Problem> {
    let rows = store::newest(view.db, year, examination, before, limit)?;
    rows.into_iter()
        .map(|(index, _, row)| opened(view, index, &row))
        .collect()
}

/// A decision about somebody or something, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The decision.
    pub id: Id,
    /// What was decided.
    pub kind: String,
    /// When.
    pub at: Instant,
    /// The year of its log.
    pub year: i32,
    /// Its place there; none for a moment after it was taken (PostgreSQL).
    pub index: Option<i64>,
}

/// The decisions about any of these subjects, in the order in which they were taken. Whoever shows
/// them has asked whose they are.
pub fn about(view: &mut View<'_>, subjects: &[Id]) -> Result<Vec<Placed>, Problem> {
    let rows = store::about(view.db, subjects)?.into_iter();
    let placed = rows.map(|(id, kind, at, year, index)| Placed {
        id,
        kind,
        at,
        year,
        index,
    });
    Ok(placed.collect())
}

/// The first and the last place of an examination's decisions in the log of a year, once all that
/// were taken have one.
pub fn span(
    view: &mut View<'_>,
    year: i32,
    examination: Id,
) -> Result<Option<(i64, i64)>, Problem> {
    if store::unplaced_of(view.db, examination)? > 0 {
        return Ok(None);
    }
    store::span(view.db, year, examination)
}

/// Up to `limit` leaf hashes of a year from index `from`, in order.
pub fn leaf_hashes(
    view: &mut View<'_>,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<merkle::Hash>, Problem> {
    let hashes = store::leaf_hashes(view.db, year, from, limit)?;
    hashes.into_iter().map(leaf).collect()
}

/// An entry as it is published, opened or not.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The leaf.
    pub leaf: String,
    /// Nonce and payload, where it is opened.
    pub opening: Option<(Vec<u8>, String)>,
}

/// Up to `limit` entries of a year from index `from`, in order; opened are those for which `opens`
/// says so, by their kind and their examination. Whoever asks has the right to open them.
pub fn shown(
    view: &mut View<'_>,
    year: i32,
    (from, limit): (i64, i64),
    opens: impl Fn(&str, Option<Id>) -> bool,
) -> Result<Vec<Shown>, Problem> {
    let rows = store::range(view.db, year, from, limit)?.into_iter();
    rows.map(|(_, _, row)| {
        let opening = if opens(&row.kind, row.examination_id) {
            let payload = view.vault.open_text(&row.payload_sealed)?;
            Some((row.nonce, payload))
        } else {
            None
        };
        let leaf = String::from_utf8(row.leaf).map_err(Problem::internal)?;
        Ok(Shown { leaf, opening })
    })
    .collect()
}

/// The leaf hash of a decision.
pub fn leaf_hash(view: &mut View<'_>, decision: Id) -> Result<merkle::Hash, Problem> {
    leaf(store::leaf_hash(view.db, decision)?)
}

/// The nonce and the payload, as canonical JSON, to which the leaf of a decision opens.
pub fn opening(view: &mut View<'_>, decision: Id) -> Result<(Vec<u8>, Vec<u8>), Problem> {
    let (nonce, sealed) = store::opening(view.db, decision)?;
    Ok((nonce, view.vault.open_bytes(&sealed)?))
}

/// What was decided of `kind` at the instant `at`: how an act finds the reason of the decision that
/// it belongs to.
pub fn decided_at(view: &mut View<'_>, kind: &str, at: Instant) -> Result<Vec<Payload>, Problem> {
    let sealed = store::payloads_at(view.db, kind, at)?;
    let open = |payload: Vec<u8>| {
        let payload = view.vault.open_bytes(&payload)?;
        serde_json::from_slice(&payload).map_err(Problem::internal)
    };
    sealed.into_iter().map(open).collect()
}

/// Up to `limit` entries of a year from index `from`, in order.
pub fn entries(
    view: &mut View<'_>,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<LogEntry>, Problem> {
    let rows = store::range(view.db, year, from, limit)?;
    rows.into_iter()
        .map(|(index, _, row)| opened(view, index, &row))
        .collect()
}

/// The decisions that have no place yet, under the indexes that they will get if nothing comes
/// between.
pub fn coming(view: &mut View<'_>) -> Result<Vec<LogEntry>, Problem> {
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    let mut coming = Vec::new();
    for row in store::unplaced(view.db)? {
        let index = match next.get(&row.year) {
            Some(index) => *index,
            None => store::size(view.db, row.year)?,
        };
        next.insert(row.year, index + 1);
        coming.push(opened(view, index, &row)?);
    }
    Ok(coming)
}

/// The first thing in the log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// A gap, or entries out of order.
    #[error("the log has no entry {expected}; the next one is {found}")]
    Gap {
        /// The index that should come next.
        expected: i64,
        /// The index found.
        found: i64,
    },
    /// A decision that cannot be opened, or whose leaf does not commit to it.
    #[error("entry {index} ({kind}) was altered: {what}")]
    Altered {
        /// The index.
        index: i64,
        /// Its kind, as far as it can be believed.
        kind: String,
        /// What does not fit.
        what: &'static str,
    },
    /// A stored checkpoint does not fit the leaves.
    #[error("checkpoint {size} does not fit: its root is {stored}, the leaves give {computed}")]
    Root {
        /// The checkpoint's size.
        size: i64,
        /// The root as stored.
        stored: String,
        /// The root as computed.
        computed: String,
    },
    /// A checkpoint is larger than the log: entries were cut off.
    #[error("checkpoint {size} is larger than the log, which has {found} entries")]
    Short {
        /// The checkpoint's size.
        size: i64,
        /// Entries found.
        found: i64,
    },
}

/// Recomputes every leaf from its payload and every checkpoint from the leaves; returns the number
/// of entries, or the first discrepancy.
pub fn check(view: &mut View<'_>) -> Result<Result<i64, Discrepancy>, Problem> {
    let mut entries = 0;
    for year in store::years(view.db)? {
        match check_year(view, year)? {
            Ok(count) => entries += count,
            Err(found) => return Ok(Err(found)),
        }
    }
    Ok(Ok(entries))
}

fn check_year(view: &mut View<'_>, year: i32) -> Result<Result<i64, Discrepancy>, Problem> {
    const PAGE: i64 = 1000;
    let mut leaves = Vec::new();
    let mut next = 0;
    loop {
        let page = store::range(view.db, year, next, PAGE)?;
        if page.is_empty() {
            break;
        }
        for (index, leaf_hash, row) in page {
            if index != next {
                return Ok(Err(Discrepancy::Gap {
                    expected: next,
                    found: index,
                }));
            }
            match recomputed_leaf(view, &leaf_hash, &row) {
                Ok(hash) => leaves.push(hash),
                Err(what) => {
                    let kind = row.kind;
                    return Ok(Err(Discrepancy::Altered { index, kind, what }));
                }
            }
            next += 1;
        }
    }
    let (mut tree, mut leaves) = (merkle::Growing::default(), leaves.into_iter());
    for store::CheckpointRow {
        size, root: stored, ..
    } in store::checkpoints(view.db, year)?
    {
        if size > next {
            return Ok(Err(Discrepancy::Short { size, found: next }));
        }
        // They come in order: the tree grows from one to the next.
        while i64::try_from(tree.size()).is_ok_and(|grown| grown < size) {
            tree.extend(leaves.next());
        }
        let computed = tree.root();
        if stored != computed {
            let (stored, computed) = (hex::encode(stored), hex::encode(computed));
            return Ok(Err(Discrepancy::Root {
                size,
                stored,
                computed,
            }));
        }
    }
    Ok(Ok(next))
}

/// The leaf hash that follows from the payload and nonce of `row`, if everything stored agrees.
fn recomputed_leaf(
    view: &View<'_>,
    leaf_hash: &[u8],
    row: &DecisionRow,
) -> Result<[u8; 32], &'static str> {
    let sealed = view.vault.open_bytes(&row.payload_sealed);
    let payload: Payload = sealed
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or("its payload cannot be opened")?;
    let nonce = row
        .nonce
        .as_slice()
        .try_into()
        .map_err(|_| "its nonce is not 32 bytes")?;
    let leaf = payload
        .leaf(nonce)
        .map_err(|_| "its payload cannot be written")?;
    let columns = (payload.id, payload.at, &payload.kind, payload.examination);
    if columns != (row.id, row.at, &row.kind, row.examination_id) {
        return Err("its columns do not agree with its payload");
    }
    let text = canonical(&payload).map_err(|_| "its payload cannot be written")?;
    let about = row.subject_id.map(|subject| subject.to_string());
    if about.is_some_and(|about| !String::from_utf8_lossy(&text).contains(&about)) {
        return Err("it is filed under somebody whom it does not name");
    }
    if leaf != row.leaf {
        return Err("its leaf does not commit to its payload");
    }
    let hash = merkle::leaf_hash(&leaf);
    if row.leaf_hash != hash || leaf_hash != hash {
        return Err("its hash is not the hash of its leaf");
    }
    Ok(hash)
}

/// How many decisions still wait for their place (PostgreSQL).
pub fn waiting(view: &mut View<'_>) -> Result<i64, Problem> {
    store::unsequenced(view.db)
}

fn opened(view: &View<'_>, index: i64, row: &DecisionRow) -> Result<LogEntry, Problem> {
    let payload = view.vault.open_bytes(&row.payload_sealed)?;
    Ok(LogEntry {
        year: row.year,
        index,
        leaf_hash: hex::encode(&row.leaf_hash),
        leaf: String::from_utf8_lossy(&row.leaf).into_owned(),
        payload: serde_json::from_slice(&payload).map_err(Problem::internal)?,
    })
}

fn leaf(hash: Vec<u8>) -> Result<merkle::Hash, Problem> {
    let wrong = |_| Problem::internal("a leaf hash has not 32 bytes");
    hash.try_into().map_err(wrong)
}
