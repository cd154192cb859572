//! Queries of the decision log.

use diesel::prelude::*;

use super::note::Head;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{checkpoint, cosignature, decision, ledger, log};
use crate::store::{AnyConn, Tx};

/// A stored decision.
#[derive(Queryable, Insertable)]
#[diesel(table_name = decision)]
pub(super) struct DecisionRow {
    pub id: Id,
    pub at: Instant,
    pub kind: String,
    pub examination_id: Option<Id>,
    pub nonce: Vec<u8>,
    pub payload_sealed: Vec<u8>,
    pub leaf: Vec<u8>,
    pub leaf_hash: Vec<u8>,
    /// The log it belongs to.
    pub year: i32,
    /// The application it is about, if it is about one.
    pub subject_id: Option<Id>,
}

/// A stored checkpoint.
#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = checkpoint)]
pub(super) struct CheckpointRow {
    pub year: i32,
    pub size: i64,
    pub root: Vec<u8>,
    pub at: Instant,
    /// The log's own signature line; empty if it was fixed before there was a key.
    pub signature: String,
}

impl CheckpointRow {
    /// What was signed, under the log's name.
    pub fn head(&self, origin: &str) -> Result<Head, Problem> {
        let root = self.root.as_slice().try_into();
        Ok(Head {
            origin: origin.to_owned(),
            size: u64::try_from(self.size).map_err(Problem::internal)?,
            root: root.map_err(|_| Problem::internal("a root has not 32 bytes"))?,
        })
    }
}

/// A log: its name and its key.
#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = log)]
pub(super) struct LogRow {
    pub year: i32,
    pub origin: String,
    pub vkey: String,
    pub key_sealed: Vec<u8>,
    pub opened_at: Instant,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &DecisionRow) -> Result<(), Problem> {
    diesel::insert_into(decision::table)
        .values(row)
        .execute(tx.db)?;
    // On PostgreSQL the sequencer gives the index once no older transaction can still commit.
    if matches!(tx.db, AnyConn::Sqlite(_)) {
        let idx = size(tx.db, row.year)?;
        diesel::insert_into(ledger::table)
            .values((
                ledger::year.eq(row.year),
                ledger::idx.eq(idx),
                ledger::decision_id.eq(row.id),
                ledger::leaf_hash.eq(&row.leaf_hash),
            ))
            .execute(tx.db)?;
    }
    Ok(())
}

/// Gives indexes to decisions of committed transactions, in the order of their transactions.
/// Only rows below the oldest transaction still open are taken, so none can be skipped.
pub(super) fn sequence(tx: &mut Tx<'_>) -> Result<usize, Problem> {
    let AnyConn::Postgres(pg) = &mut *tx.db else {
        return Ok(0);
    };
    let locked: bool = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(
        "pg_try_advisory_xact_lock(1802856565)",
    ))
    .get_result(pg)?;
    if !locked {
        return Ok(0);
    }
    Ok(diesel::sql_query(
        "INSERT INTO ledger (year, idx, decision_id, leaf_hash) \
         SELECT d.year, COALESCE((SELECT MAX(idx) FROM ledger WHERE year = d.year), -1) \
                + row_number() OVER (PARTITION BY d.year ORDER BY d.xid, d.seq), d.id, d.leaf_hash \
         FROM (SELECT id, year, leaf_hash, xid, seq FROM decision \
               WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) \
                 AND (NOT EXISTS (SELECT 1 FROM ledger) OR (xid, seq) > \
                      (SELECT l.xid, l.seq FROM decision l JOIN ledger ON ledger.decision_id = l.id \
                       ORDER BY l.xid DESC, l.seq DESC LIMIT 1)) \
               ORDER BY xid, seq LIMIT 5000) d \
         ORDER BY d.xid, d.seq",
    )
    .execute(pg)?)
}

/// Number of entries in the log of a year.
pub(super) fn size(db: &mut AnyConn, year: i32) -> Result<i64, Problem> {
    let last: Option<i64> = ledger::table
        .filter(ledger::year.eq(year))
        .select(diesel::dsl::max(ledger::idx))
        .first(db)?;
    Ok(last.map_or(0, |idx| idx + 1))
}

/// Sealed payloads of the decisions of `kind` taken at `at`.
pub(super) fn payloads_at(
    db: &mut AnyConn,
    kind: &str,
    at: Instant,
) -> Result<Vec<Vec<u8>>, Problem> {
    Ok(decision::table
        .filter(decision::kind.eq(kind))
        .filter(decision::at.eq(at))
        .select(decision::payload_sealed)
        .load(db)?)
}

/// The years that have a log, in order.
pub(super) fn years(db: &mut AnyConn) -> Result<Vec<i32>, Problem> {
    Ok(ledger::table
        .select(ledger::year)
        .distinct()
        .order(ledger::year)
        .load(db)?)
}

/// Up to `limit` entries of a year from index `from`, in order.
pub(super) fn range(
    db: &mut AnyConn,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>, DecisionRow)>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::year.eq(year))
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::all_columns))
        .load(db)?)
}

/// What everybody may see of an entry: its index, its leaf hash and its leaf.
pub(super) type PublicRow = (i64, Vec<u8>, Vec<u8>);

/// Up to `limit` public rows of a year from index `from`, in order.
pub(super) fn public_range(
    db: &mut AnyConn,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<PublicRow>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::year.eq(year))
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::leaf))
        .load(db)?)
}

/// The newest public rows of a year before index `before`.
pub(super) fn public_newest(
    db: &mut AnyConn,
    year: i32,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<PublicRow>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::year.eq(year))
        .filter(ledger::idx.lt(before.unwrap_or(i64::MAX)))
        .order(ledger::idx.desc())
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::leaf))
        .load(db)?)
}

/// The newest entries of a year, optionally of one examination, before index `before`.
pub(super) fn newest(
    db: &mut AnyConn,
    year: i32,
    examination: Option<Id>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>, DecisionRow)>, Problem> {
    let mut query = ledger::table
        .inner_join(decision::table)
        .filter(ledger::year.eq(year))
        .select((ledger::idx, ledger::leaf_hash, decision::all_columns))
        .order(ledger::idx.desc())
        .limit(limit)
        .into_boxed();
    if let Some(id) = examination {
        query = query.filter(decision::examination_id.eq(id));
    }
    if let Some(before) = before {
        query = query.filter(ledger::idx.lt(before));
    }
    Ok(query.load(db)?)
}

/// A decision about somebody, with its place if it has one.
pub(super) type AboutRow = (Id, String, Instant, i32, Option<i64>);

/// The decisions about any of these, in the order in which they were taken.
pub(super) fn about(db: &mut AnyConn, subjects: &[Id]) -> Result<Vec<AboutRow>, Problem> {
    Ok(decision::table
        .left_join(ledger::table)
        .filter(decision::subject_id.eq_any(subjects))
        // Two decisions of one moment stand in the order of the log.
        .order((decision::at, ledger::idx, decision::id))
        .select((
            decision::id,
            decision::kind,
            decision::at,
            decision::year,
            ledger::idx.nullable(),
        ))
        .load(db)?)
}

/// The first and the last place of an examination's decisions in the log of a year.
pub(super) fn span(
    db: &mut AnyConn,
    year: i32,
    examination: Id,
) -> Result<Option<(i64, i64)>, Problem> {
    let own = || {
        ledger::table
            .inner_join(decision::table)
            .filter(ledger::year.eq(year))
            .filter(decision::examination_id.eq(examination))
    };
    let first: Option<i64> = own().select(diesel::dsl::min(ledger::idx)).first(db)?;
    let last: Option<i64> = own().select(diesel::dsl::max(ledger::idx)).first(db)?;
    Ok(first.zip(last))
}

/// How many decisions of an examination have no place yet.
pub(super) fn unplaced_of(db: &mut AnyConn, examination: Id) -> Result<i64, Problem> {
    Ok(decision::table
        .left_join(ledger::table)
        .filter(decision::examination_id.eq(examination))
        .filter(ledger::idx.is_null())
        .count()
        .get_result(db)?)
}

/// The leaf hash of a decision.
pub(super) fn leaf_hash(db: &mut AnyConn, id: Id) -> Result<Vec<u8>, Problem> {
    let row = decision::table.find(id);
    Ok(row.select(decision::leaf_hash).first(db)?)
}

/// Where a decision stands: the year and the place.
pub(super) fn place(db: &mut AnyConn, id: Id) -> Result<Option<(i32, i64)>, Problem> {
    Ok(ledger::table
        .filter(ledger::decision_id.eq(id))
        .select((ledger::year, ledger::idx))
        .first(db)
        .optional()?)
}

/// The first signed checkpoints of a year that hold the entry at `index` and that somebody has
/// cosigned, smallest first.
pub(super) fn cosigned_with(
    db: &mut AnyConn,
    year: i32,
    index: i64,
) -> Result<Vec<CheckpointRow>, Problem> {
    const MOST: i64 = 200;
    let sizes = cosignature::table
        .filter(cosignature::year.eq(year))
        .select(cosignature::size);
    Ok(checkpoint::table
        .filter(checkpoint::year.eq(year))
        .filter(checkpoint::size.gt(index))
        .filter(checkpoint::size.eq_any(sizes))
        .order(checkpoint::size)
        .limit(MOST)
        .load(db)?)
}

/// The nonce and the sealed payload of a decision.
pub(super) fn opening(db: &mut AnyConn, id: Id) -> Result<(Vec<u8>, Vec<u8>), Problem> {
    Ok(decision::table
        .find(id)
        .select((decision::nonce, decision::payload_sealed))
        .first(db)?)
}

/// A leaf as it was stored, with its place and its hash in both tables.
#[derive(Queryable)]
pub(super) struct LeafRow {
    pub idx: i64,
    pub in_ledger: Vec<u8>,
    pub in_decision: Vec<u8>,
    pub leaf: Vec<u8>,
}

/// Up to `limit` leaves of a year from index `from`, in order.
pub(super) fn leaves(
    db: &mut AnyConn,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<LeafRow>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::year.eq(year))
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select((
            ledger::idx,
            ledger::leaf_hash,
            decision::leaf_hash,
            decision::leaf,
        ))
        .load(db)?)
}

/// Up to `limit` leaf hashes of a year from index `from`, in order.
pub(super) fn leaf_hashes(
    db: &mut AnyConn,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<Vec<u8>>, Problem> {
    Ok(ledger::table
        .filter(ledger::year.eq(year))
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select(ledger::leaf_hash)
        .load(db)?)
}

/// How many decisions have no index yet (none on SQLite). Only those after the last one that has
/// are looked at.
pub(super) fn unsequenced(db: &mut AnyConn) -> Result<i64, Problem> {
    let AnyConn::Postgres(pg) = db else {
        return Ok(0);
    };
    let waiting: Waiting = diesel::sql_query(
        "SELECT COUNT(*) AS count FROM decision d \
         WHERE NOT EXISTS (SELECT 1 FROM ledger) OR (d.xid, d.seq) > \
               (SELECT l.xid, l.seq FROM decision l JOIN ledger ON ledger.decision_id = l.id \
                ORDER BY l.xid DESC, l.seq DESC LIMIT 1)",
    )
    .get_result(pg)?;
    Ok(waiting.count)
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// The decisions that have no place, in the order in which they will get theirs.
pub(super) fn unplaced(db: &mut AnyConn) -> Result<Vec<DecisionRow>, Problem> {
    let order = match db {
        AnyConn::Postgres(_) => "xid, seq",
        AnyConn::Sqlite(_) => "decision.rowid",
    };
    Ok(decision::table
        .left_join(ledger::table)
        .filter(ledger::idx.is_null())
        .order(diesel::dsl::sql::<diesel::sql_types::Bool>(order))
        .select(decision::all_columns)
        .load(db)?)
}

/// The ids of the decisions that have no place.
pub(super) fn unplaced_ids(db: &mut AnyConn) -> Result<Vec<Id>, Problem> {
    Ok(decision::table
        .left_join(ledger::table)
        .filter(ledger::idx.is_null())
        .select(decision::id)
        .load(db)?)
}

/// The checkpoints of a year, in order.
pub(super) fn checkpoints(db: &mut AnyConn, year: i32) -> Result<Vec<CheckpointRow>, Problem> {
    Ok(checkpoint::table
        .filter(checkpoint::year.eq(year))
        .order(checkpoint::size)
        .load(db)?)
}

/// The largest checkpoint of a year.
pub(super) fn last_checkpoint(
    db: &mut AnyConn,
    year: i32,
) -> Result<Option<CheckpointRow>, Problem> {
    Ok(checkpoint::table
        .filter(checkpoint::year.eq(year))
        .order(checkpoint::size.desc())
        .first(db)
        .optional()?)
}

/// Adds a checkpoint if it is larger than the last; says whether it was. Nodes take turns.
pub(super) fn add_checkpoint(tx: &mut Tx<'_>, row: &CheckpointRow) -> Result<bool, Problem> {
    if let AnyConn::Postgres(pg) = &mut *tx.db {
        diesel::sql_query("SELECT pg_advisory_xact_lock(1802856566)").execute(pg)?;
    }
    let last = last_checkpoint(tx.db, row.year)?;
    if last.is_some_and(|last| last.size >= row.size) {
        return Ok(false);
    }
    diesel::insert_into(checkpoint::table)
        .values(row)
        .execute(tx.db)?;
    Ok(true)
}

/// The largest signed checkpoints of a year above one size and at most of another, largest first;
/// where witnesses must sign, only those that somebody has signed.
pub(super) fn signed_checkpoints(
    db: &mut AnyConn,
    year: i32,
    after: i64,
    up_to: i64,
    witnessed: bool,
) -> Result<Vec<CheckpointRow>, Problem> {
    const MOST: i64 = 100;
    let mut query = checkpoint::table
        .filter(checkpoint::year.eq(year))
        .filter(checkpoint::size.gt(after))
        .filter(checkpoint::size.le(up_to))
        .filter(checkpoint::signature.ne(""))
        .order(checkpoint::size.desc())
        .limit(MOST)
        .into_boxed();
    if witnessed {
        let sizes = cosignature::table
            .filter(cosignature::year.eq(year))
            .select(cosignature::size);
        query = query.filter(checkpoint::size.eq_any(sizes));
    }
    Ok(query.load(db)?)
}

/// The logs that were opened, by year.
pub(super) fn logs(db: &mut AnyConn) -> Result<Vec<LogRow>, Problem> {
    Ok(log::table.order(log::year).load(db)?)
}

/// Opens a log; another node may have opened it a moment ago.
pub(super) fn insert_log(tx: &mut Tx<'_>, row: &LogRow) -> Result<(), Problem> {
    let insert = diesel::insert_into(log::table).values(row);
    match &mut *tx.db {
        AnyConn::Postgres(pg) => insert.on_conflict_do_nothing().execute(pg)?,
        AnyConn::Sqlite(sqlite) => insert.execute(sqlite)?,
    };
    Ok(())
}

/// The signature lines of witnesses under a checkpoint, by witness.
pub(super) fn cosignatures(db: &mut AnyConn, year: i32, size: i64) -> Result<Vec<String>, Problem> {
    Ok(cosignature::table
        .filter(cosignature::year.eq(year))
        .filter(cosignature::size.eq(size))
        .order(cosignature::witness)
        .select(cosignature::line)
        .load(db)?)
}

/// The size of the largest checkpoint of a year that this witness has signed.
pub(super) fn witnessed_size(
    db: &mut AnyConn,
    year: i32,
    witness: &str,
) -> Result<Option<i64>, Problem> {
    Ok(cosignature::table
        .filter(cosignature::year.eq(year))
        .filter(cosignature::witness.eq(witness))
        .select(diesel::dsl::max(cosignature::size))
        .first(db)?)
}

/// Adds a witness's signature line, unless it is there.
pub(super) fn add_cosignature(
    tx: &mut Tx<'_>,
    (year, size): (i32, i64),
    witness: &str,
    line: &str,
) -> Result<(), Problem> {
    let found: i64 = cosignature::table
        .find((year, size, witness))
        .count()
        .get_result(tx.db)?;
    if found > 0 {
        return Ok(());
    }
    let now = tx.now;
    let insert = diesel::insert_into(cosignature::table).values((
        cosignature::year.eq(year),
        cosignature::size.eq(size),
        cosignature::witness.eq(witness),
        cosignature::line.eq(line),
        cosignature::at.eq(now),
    ));
    match &mut *tx.db {
        AnyConn::Postgres(pg) => insert.on_conflict_do_nothing().execute(pg)?,
        AnyConn::Sqlite(sqlite) => insert.execute(sqlite)?,
    };
    Ok(())
}
