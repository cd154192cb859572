//! Publishing the logs: what was committed becomes files that anyone can fetch and check.
//!
//! In this order, so that a crash at any moment leaves a log that is whole: read the leaves again
//! and hash them again; tiles to the disk; the root from the disk must be the root from the
//! database, and must follow from the one signed before; sign, if nobody has signed as much;
//! collect what witnesses sign; only then the checkpoint. A log that is not what it was signed to
//! be, here or at a witness, signs nothing any more until somebody has looked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tlog_tiles::{Hash as TreeHash, check_tree, prove_tree, tree_hash};

use super::disk::{Disk, partial};
use super::head::{self, Log};
use super::note::Head;
use super::policy::{KnownLog, Policy};
use super::tile::{Level, TileName, WIDTH, bundle, grow, hashes_to_bytes};
use super::witness::{Standing, Witnesses};
use super::{Tree, store};
use crate::kernel::merkle::{self, Hash};
use crate::kernel::{Instant, Problem};
use crate::store::{Store, View};

/// Leaves that are taken in at once: bounds the memory.
const STEP: u64 = 64 * WIDTH;

/// Where the logs lie, and what people are told about them.
#[derive(Debug, Clone)]
pub struct Logs {
    directory: PathBuf,
    site: String,
    policy: Policy,
    halted: Arc<Mutex<BTreeMap<i32, String>>>,
    audited: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Logs {
    /// The logs in this directory, under the public address `site`, trusted by this policy.
    pub fn new(directory: PathBuf, site: &str, policy: Policy) -> Self {
        Self {
            directory,
            site: site.trim_end_matches('/').to_owned(),
            policy,
            halted: Arc::default(),
            audited: Arc::default(),
        }
    }

    /// The files of the log of a year.
    pub fn disk(&self, year: i32) -> Disk {
        Disk::at(self.directory.join(year.to_string()))
    }

    /// The policy under which checkpoints are published.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The policy file of these logs.
    pub fn policy_text(&self, logs: &[Log]) -> String {
        let known: Vec<KnownLog> = logs.iter().map(|log| self.known(log)).collect();
        self.policy.text_for(&known)
    }

    fn known(&self, log: &Log) -> KnownLog {
        KnownLog {
            origin: log.origin.clone(),
            vkey: log.vkey.clone(),
            url: Some(format!("{}/log/{}", self.site, log.year)),
        }
    }

    /// Why a log signs nothing any more, by year.
    pub fn halted(&self) -> BTreeMap<i32, String> {
        let halted = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
        halted.clone()
    }

    /// When the database was last compared with the logs by itself, and whether all agreed.
    pub fn audited(&self) -> Option<(Instant, bool)> {
        *self.audited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the outcome of such a comparison.
    pub fn note_audit(&self, at: Instant, good: bool) {
        let mut audited = self.audited.lock().unwrap_or_else(PoisonError::into_inner);
        *audited = Some((at, good));
    }

    fn halt(&self, year: i32, why: String) {
        tracing::error!(year, %why, "the log signs nothing any more");
        let mut halted = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
        halted.insert(year, why);
    }
}

/// Why nothing was published in a round.
enum Stop {
    /// It will be tried again.
    Later(Problem),
    /// The log is not what it was signed to be.
    Halt(String),
}

impl<E: Into<Problem>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Later(error.into())
    }
}

fn disk_failed(error: std::io::Error) -> Stop {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Stop::Halt(format!("the files are of another history: {error}"));
    }
    Stop::Later(Problem::internal(error))
}

fn tree_failed(error: tlog_tiles::Error) -> Stop {
    Stop::Later(Problem::internal(format!(
        "the tiles do not make a tree: {error}"
    )))
}

/// Publishes the logs of one database, as one node of perhaps several.
#[derive(Debug)]
pub struct Publisher {
    /// Whether the database is believed where nobody can be asked who remembers.
    trusting: bool,
    logs: Logs,
    witnesses: Witnesses,
    years: BTreeMap<i32, Course>,
}

/// How far the log of a year has come on this node.
#[derive(Debug)]
struct Course {
    log: Log,
    disk: Disk,
    tree: Tree,
    /// The head whose tiles are on the disk and were checked.
    written: Head,
    /// The size of the checkpoint that is published, and whether it meets the present policy.
    published: u64,
    meets_policy: bool,
    /// The largest checkpoint that the database was seen to have signed.
    signed: Option<(i64, Hash)>,
    /// Whether what others remember of the log was compared with it.
    compared: bool,
    /// Whether files of the log lay on this disk when the work began.
    remembers: bool,
}

impl Publisher {
    /// A publisher that has done nothing yet.
    pub fn new(logs: Logs) -> Self {
        Self {
            trusting: false,
            witnesses: Witnesses::new(logs.policy().clone()),
            logs,
            years: BTreeMap::new(),
        }
    }

    /// Believes the database although witnesses without a network cannot be asked and nothing
    /// published lies on this disk: for an operator who has lost the disk and looked.
    #[must_use]
    pub const fn trusting_database(mut self) -> Self {
        self.trusting = true;
        self
    }

    /// Brings every log up to date; gives the number of entries in all of them. What cannot be
    /// done now is tried again in the next round.
    pub fn round(&mut self, store: &Store) -> Result<i64, Problem> {
        let halted = self.logs.halted();
        let mut entries = 0;
        let mut failed = None;
        for year in store.read_blocking(super::years)? {
            if !halted.contains_key(&year) {
                match self.advance(store, year) {
                    Ok(()) => {}
                    Err(Stop::Halt(why)) => self.logs.halt(year, why),
                    Err(Stop::Later(problem)) => failed = Some(problem),
                }
            }
            entries += store.read_blocking(|view| store::size(view.db, year))?;
        }
        failed.map_or(Ok(entries), Err)
    }

    fn advance(&mut self, store: &Store, year: i32) -> Result<(), Stop> {
        if !self.years.contains_key(&year) {
            let course = Course::begin(&self.logs, store, year)?;
            self.years.insert(year, course);
        }
        let Some(course) = self.years.get_mut(&year) else {
            return Ok(());
        };
        if !course.compared {
            self.witnesses_agree(store, year)?;
        }
        let Some(course) = self.years.get_mut(&year) else {
            return Ok(());
        };
        while course.step(store)? {}
        course.sign(store)?;
        let ahead = self.witnesses.collect(store, &course.log, &course.disk)?;
        course.compared &= !ahead;
        course.publish(store, self.logs.policy())
    }

    /// Compares the log with what its witnesses have signed, before it signs anything itself.
    fn witnesses_agree(&mut self, store: &Store, year: i32) -> Result<(), Stop> {
        let Some(course) = self.years.get_mut(&year) else {
            return Ok(());
        };
        let local = course.remembers || self.trusting;
        match self.witnesses.seen(store, &course.log, local)? {
            Standing::Unknown(why) => Err(Stop::Later(Problem::internal(why))),
            Standing::Seen(heads) => {
                for (who, head) in heads {
                    course.must_contain(store, &head, &format!("witness {who}"))?;
                }
                course.compared = true;
                Ok(())
            }
        }
    }
}

impl Course {
    /// Opens the log and sees how far its files have come.
    fn begin(logs: &Logs, store: &Store, year: i32) -> Result<Self, Stop> {
        let site = logs.site.clone();
        let log = store.write_blocking(move |tx| head::open_log(tx, &site, year))?;
        let disk = logs.disk(year);
        let nothing = Head {
            origin: log.origin.clone(),
            size: 0,
            root: merkle::root(&[]),
        };
        let mut course = Self {
            written: nothing,
            published: 0,
            meets_policy: true,
            signed: None,
            compared: false,
            remembers: disk.remembers(),
            tree: Tree::of(year),
            log,
            disk,
        };
        if let Some(note) = course.disk.checkpoint().map_err(disk_failed)? {
            course.go_on_from(store, &note, logs.policy())?;
        }
        let signed = store.read_blocking(|view| store::last_checkpoint(view.db, year))?;
        if let Some(signed) = signed {
            let head = signed.head(&course.log.origin)?;
            course.must_contain(store, &head, "the database's own checkpoint")?;
        }
        Ok(course)
    }

    /// Takes up the work where the published checkpoint shows it to be.
    fn go_on_from(&mut self, store: &Store, note: &[u8], policy: &Policy) -> Result<(), Stop> {
        let published = Head::open(note, &self.log.vkey)
            .map_err(|why| Stop::Halt(format!("the published checkpoint: {why}")))?;
        self.must_contain(store, &published, "the checkpoint published here")?;
        let lines = String::from_utf8_lossy(note).into_owned();
        // Witnesses may have joined since: the same size is published again with their signatures.
        self.meets_policy = policy.is_met(|one| one.key.line(&published, &lines).is_some());
        self.published = published.size;
        self.written = published;
        Ok(())
    }

    /// The database's log must begin with what somebody has signed.
    fn must_contain(&self, store: &Store, signed: &Head, whose: &str) -> Result<(), Stop> {
        let size = i64::try_from(signed.size).map_err(Problem::internal)?;
        let year = self.log.year;
        let found = store.read_blocking(move |view| root_at(view, year, size))?;
        match found {
            Some(root) if root == signed.root => Ok(()),
            Some(root) => Err(Stop::Halt(format!(
                "{whose} of size {size} has the root {}, and the database gives {}",
                hex::encode(signed.root),
                hex::encode(root)
            ))),
            None => Err(Stop::Halt(format!(
                "{whose} has size {size}, and the database has fewer entries: an older backup?"
            ))),
        }
    }

    /// Brings the files a step closer to the database; says whether there was anything to do.
    fn step(&mut self, store: &Store) -> Result<bool, Stop> {
        let old = self.written.size;
        let year = self.log.year;
        let aim = store.read_blocking(move |view| store::size(view.db, year))?;
        let aim = u64::try_from(aim).map_err(Problem::internal)?;
        if aim < old {
            return Err(Stop::Halt(format!(
                "the database has {aim} entries, and had {old} before: another database?"
            )));
        }
        let new = aim.min(old + STEP);
        if new == old {
            return Ok(false);
        }
        let leaves = read_leaves(store, year, old / WIDTH * WIDTH, new)?;
        self.write_tiles(old, new, &leaves)?;
        let root = store.read_blocking(|view| self.tree.root_at(view, new))?;
        self.check(new, root)?;
        self.written = Head {
            size: new,
            root,
            origin: self.log.origin.clone(),
        };
        Ok(true)
    }

    /// Writes the tiles by which a tree of `new` leaves differs from one of `old`. `leaves` begin
    /// with the tile in which the old ones end.
    fn write_tiles(&self, old: u64, new: u64, leaves: &[Leaf]) -> Result<(), Stop> {
        let width = usize::try_from(WIDTH).map_err(Problem::internal)?;
        for (number, chunk) in (old / WIDTH..).zip(leaves.chunks(width)) {
            let entries: Vec<Vec<u8>> = chunk.iter().map(|(leaf, _)| leaf.clone()).collect();
            let bytes = bundle(&entries).ok_or_else(|| Problem::internal("a leaf is too long"))?;
            self.write(Level::Entries, number, new, &bytes)?;
        }
        let skip = usize::try_from(old % WIDTH).map_err(Problem::internal)?;
        let begun = partial(&self.disk, 0, old).map_err(disk_failed)?;
        let again = leaves.iter().take(skip).map(|(_, hash)| hash);
        if !again.eq(&begun) {
            let why = format!("the entries before {old} are not those that were published");
            return Err(Stop::Halt(why));
        }
        let mut hashes: Vec<Hash> = leaves.iter().skip(skip).map(|(_, hash)| *hash).collect();
        for level in 0.. {
            let before = old.checked_shr(8 * u32::from(level)).unwrap_or_default();
            let partial = partial(&self.disk, level, old).map_err(disk_failed)?;
            let grown = grow(before, partial, &hashes);
            for (number, tile) in grown.tiles {
                let bytes = hashes_to_bytes(&tile);
                self.write(Level::Hashes(level), number, new, &bytes)?;
            }
            hashes = grown.above;
            if hashes.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, level: Level, number: u64, size: u64, bytes: &[u8]) -> Result<(), Stop> {
        let name = TileName::within(level, number, size);
        let name = name.ok_or_else(|| Problem::internal("a tile beyond the tree"))?;
        self.disk.write(name, bytes).map_err(disk_failed)
    }

    /// The files must give the database's root, and the tree before must be a part of it.
    fn check(&self, size: u64, root: Hash) -> Result<(), Stop> {
        let files = self.disk.tree(size);
        let found = tree_hash(size, &files).map_err(tree_failed)?;
        if found.0 != root {
            return Err(Stop::Halt(format!(
                "the files of {size} entries give the root {}, and the database gives {}",
                hex::encode(found.0),
                hex::encode(root)
            )));
        }
        let old = &self.written;
        if old.size == 0 {
            return Ok(());
        }
        let proof = prove_tree(size, old.size, &files).map_err(tree_failed)?;
        let follows = check_tree(&proof, size, found, old.size, TreeHash(old.root));
        follows.map_err(|_| {
            Stop::Halt(format!(
                "{size} entries do not continue the {} before",
                old.size
            ))
        })
    }

    /// Signs what the files hold, unless another node has signed as much.
    fn sign(&mut self, store: &Store) -> Result<(), Stop> {
        let year = self.log.year;
        let signed = store.read_blocking(move |view| store::last_checkpoint(view.db, year))?;
        self.must_be_ours(signed.as_ref())?;
        let size = i64::try_from(self.written.size).map_err(Problem::internal)?;
        // One that was fixed before there was a key is signed now, with the next entry.
        if signed.is_some_and(|signed| signed.size >= size) {
            return Ok(());
        }
        let (log, root) = (self.log.clone(), self.written.root);
        store.write_blocking(move |tx| head::fix(tx, &log, size, root))?;
        self.signed = Some((size, root));
        Ok(())
    }

    /// What the database has signed last must be a beginning of what lies on this disk, and no less
    /// than was seen before: another database may have come into the place of the first.
    fn must_be_ours(&mut self, signed: Option<&store::CheckpointRow>) -> Result<(), Stop> {
        let found = signed.map(|row| (row.size, row.root.clone()));
        if let Some((known, _)) = self.signed
            && found.as_ref().is_none_or(|(size, _)| *size < known)
        {
            let why = format!("the database has forgotten that {known} entries were signed");
            return Err(Stop::Halt(why));
        }
        let Some((size, root)) = found else {
            return Ok(());
        };
        let root: Hash = root
            .try_into()
            .map_err(|_| Problem::internal("a root has not 32 bytes"))?;
        let number = u64::try_from(size).map_err(Problem::internal)?;
        if self.signed == Some((size, root)) || number > self.written.size {
            return Ok(());
        }
        let files = self.disk.tree(self.written.size);
        let ours = tree_hash(number, &files).map_err(tree_failed)?;
        if ours.0 != root {
            let why = format!("the checkpoint of {size} entries in the database is of another log");
            return Err(Stop::Halt(why));
        }
        self.signed = Some((size, root));
        Ok(())
    }

    /// Publishes the largest checkpoint that enough witnesses have signed.
    fn publish(&mut self, store: &Store, policy: &Policy) -> Result<(), Stop> {
        let (year, log) = (self.log.year, self.log.clone());
        let again = u64::from(!self.meets_policy);
        let after = self.published.saturating_sub(again);
        let after = i64::try_from(after).map_err(Problem::internal)?;
        let up_to = i64::try_from(self.written.size).map_err(Problem::internal)?;
        let policy = policy.clone();
        let found =
            store.read_blocking(move |view| newest_good(view, &log, &policy, after, up_to))?;
        let Some((head, note)) = found else {
            return Ok(());
        };
        // What nobody could read is not put in the place of what everybody can.
        Head::open(note.as_bytes(), &self.log.vkey).map_err(Problem::internal)?;
        self.disk.publish(&note).map_err(disk_failed)?;
        self.meets_policy = true;
        let dropped = self.disk.drop_partials(self.published, head.size);
        dropped.map_err(disk_failed)?;
        tracing::debug!(year, size = head.size, "checkpoint published");
        self.published = head.size;
        Ok(())
    }
}

/// The largest signed checkpoint of a log between two sizes that meets the policy, with its note.
fn newest_good(
    view: &mut View<'_>,
    log: &Log,
    policy: &Policy,
    after: i64,
    up_to: i64,
) -> Result<Option<(Head, String)>, Problem> {
    let witnessed = policy.asks_for_witnesses();
    for row in store::signed_checkpoints(view.db, log.year, after, up_to, witnessed)? {
        let head = row.head(&log.origin)?;
        let mut lines = vec![row.signature];
        lines.extend(store::cosignatures(view.db, log.year, row.size)?);
        let signed = |witness: &super::policy::Witness| {
            lines
                .iter()
                .any(|line| witness.key.signed_at(&head, line).is_some())
        };
        if policy.is_met(signed) {
            let note = head.note(&lines);
            return Ok(Some((head, note)));
        }
    }
    Ok(None)
}

/// A leaf and its hash.
type Leaf = (Vec<u8>, Hash);

/// Leaves of a log from an index to just before another, hashed again. What was stored as their
/// hash, twice, must be what they hash to: memory and disks do err.
fn read_leaves(store: &Store, year: i32, from: u64, to: u64) -> Result<Vec<Leaf>, Stop> {
    let first = i64::try_from(from).map_err(Problem::internal)?;
    let count = i64::try_from(to - from).map_err(Problem::internal)?;
    let rows = store.read_blocking(move |view| store::leaves(view.db, year, first, count))?;
    if rows.len() as u64 != to - from {
        return Err(Stop::Halt(format!("entries from {from} to {to} have gaps")));
    }
    let mut leaves = Vec::with_capacity(rows.len());
    for (index, row) in (from..).zip(rows) {
        let store::LeafRow {
            idx,
            in_ledger,
            in_decision,
            leaf,
        } = row;
        let (hash, again) = (merkle::leaf_hash(&leaf), merkle::leaf_hash(&leaf));
        let placed = u64::try_from(idx) == Ok(index);
        if !placed || hash != again || in_ledger != hash || in_decision != hash {
            return Err(Stop::Halt(format!("entry {index} is not what was logged")));
        }
        leaves.push((leaf, hash));
    }
    Ok(leaves)
}

/// The root over the first `size` entries of a log; none if it has fewer.
fn root_at(view: &mut View<'_>, year: i32, size: i64) -> Result<Option<Hash>, Problem> {
    if store::size(view.db, year)? < size {
        return Ok(None);
    }
    let size = u64::try_from(size).map_err(Problem::internal)?;
    Tree::of(year).root_at(view, size).map(Some)
}
