//! Fixing the size and root of a log: its key, and the checkpoints it signs.

use super::note::{Head, is_name, log_key};
use super::policy::{Policy, Witness};
use super::store::{self, CheckpointRow, LogRow};
use super::{Checkpoint, Tree};
use crate::kernel::{Id, Problem, merkle, secret};
use crate::store::{Tx, View};

/// A log as everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The examination year.
    pub year: i32,
    /// Its name: the address without the scheme.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
}

impl From<LogRow> for Log {
    fn from(row: LogRow) -> Self {
        Self {
            year: row.year,
            origin: row.origin,
            vkey: row.vkey,
        }
    }
}

/// The logs that have a key, by year.
pub fn logs(view: &mut View<'_>) -> Result<Vec<Log>, Problem> {
    Ok(store::logs(view.db)?.into_iter().map(Log::from).collect())
}

/// The log of a year; it gets its name and its key the first time it is asked for. `site` is the
/// public address; later changes of it leave the name as it was.
pub fn open_log(tx: &mut Tx<'_>, site: &str, year: i32) -> Result<Log, Problem> {
    if let Some(row) = row(tx, year)? {
        return Ok(row.into());
    }
    let (_, site) = site.split_once("://").unwrap_or(("", site));
    let origin = format!("{}/log/{year}", site.trim_end_matches('/'));
    if !is_name(&origin) {
        let why = format!("`{origin}` cannot name a log: set public_url to a plain address");
        return Err(Problem::internal(why));
    }
    let (secret, vkey) = log_key(&origin, &secret::random());
    let opened = LogRow {
        year,
        origin,
        vkey,
        key_sealed: tx.vault.seal(secret)?,
        opened_at: tx.now,
    };
    store::insert_log(tx, &opened)?;
    // Another node may have been first: its key counts.
    row(tx, year)?.map(Log::from).ok_or_else(Problem::not_found)
}

fn row(view: &mut View<'_>, year: i32) -> Result<Option<LogRow>, Problem> {
    let mut rows = store::logs(view.db)?.into_iter();
    Ok(rows.find(|row| row.year == year))
}

/// Signs a size and root of a log and keeps them, unless it has signed as much already. Whoever
/// calls this has made sure that it follows from what was signed before.
pub fn fix(
    tx: &mut Tx<'_>,
    log: &Log,
    size: i64,
    root: merkle::Hash,
) -> Result<Option<Checkpoint>, Problem> {
    let row = row(tx, log.year)?.ok_or_else(Problem::not_found)?;
    let key = tx.vault.open_text(&row.key_sealed)?;
    let head = Head {
        origin: row.origin,
        size: u64::try_from(size).map_err(Problem::internal)?,
        root,
    };
    let signed = CheckpointRow {
        year: log.year,
        size,
        root: root.to_vec(),
        at: tx.now,
        signature: head.sign(&key).map_err(Problem::internal)?,
    };
    let added = store::add_checkpoint(tx, &signed)?;
    Ok(added.then(|| signed.into()))
}

/// The size of the first checkpoint that holds a decision and that enough witnesses had signed at
/// `second` or before: their clocks say so, not ours. None while there is no such, and where the
/// policy asks for nobody.
pub fn witnessed(
    view: &mut View<'_>,
    policy: &Policy,
    decision: Id,
    second: i64,
) -> Result<Option<i64>, Problem> {
    let Some((year, index)) = store::place(view.db, decision)? else {
        return Ok(None);
    };
    let log = row(view, year)?.filter(|_| policy.asks_for_witnesses());
    let (Some(log), Ok(second)) = (log, u64::try_from(second)) else {
        return Ok(None);
    };
    for checkpoint in store::cosigned_with(view.db, year, index)? {
        let head = checkpoint.head(&log.origin)?;
        let lines = store::cosignatures(view.db, year, checkpoint.size)?;
        let in_time = |line: &String, one: &Witness| {
            let at = one.key.signed_at(&head, line);
            at.is_some_and(|at| at <= second)
        };
        if policy.is_met(|one| lines.iter().any(|line| in_time(line, one))) {
            return Ok(Some(checkpoint.size));
        }
    }
    Ok(None)
}

/// Reads every log whole and signs its present size and root: for programs that work alone on a
/// database. A server lets its publisher do so.
pub fn fix_all(tx: &mut Tx<'_>, site: &str) -> Result<(), Problem> {
    for year in store::years(tx.db)? {
        let mut tree = Tree::of(year);
        tree.catch_up(tx)?;
        let log = open_log(tx, site, year)?;
        fix(tx, &log, tree.size()?, tree.root())?;
    }
    Ok(())
}
