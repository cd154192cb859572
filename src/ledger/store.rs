//! Queries of the decision log.

use diesel::prelude::*;

use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{checkpoint, decision, ledger};
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
}

pub(super) type CheckpointRow = (i64, Vec<u8>, Instant);

pub(super) fn insert(tx: &mut Tx<'_>, row: &DecisionRow) -> Result<(), Problem> {
    diesel::insert_into(decision::table)
        .values(row)
        .execute(tx.db)?;
    // On PostgreSQL the sequencer gives the index once no older transaction can still commit.
    if matches!(tx.db, AnyConn::Sqlite(_)) {
        let idx = size(tx.db)?;
        diesel::insert_into(ledger::table)
            .values((
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
        "INSERT INTO ledger (idx, decision_id, leaf_hash) \
         SELECT COALESCE((SELECT MAX(idx) FROM ledger), -1) \
                + row_number() OVER (ORDER BY d.xid, d.seq), d.id, d.leaf_hash \
         FROM decision d \
         WHERE d.xid < pg_snapshot_xmin(pg_current_snapshot()) \
           AND (NOT EXISTS (SELECT 1 FROM ledger) OR (d.xid, d.seq) > \
                (SELECT l.xid, l.seq FROM decision l JOIN ledger ON ledger.decision_id = l.id \
                 ORDER BY ledger.idx DESC LIMIT 1)) \
         ORDER BY d.xid, d.seq LIMIT 5000",
    )
    .execute(pg)?)
}

pub(super) fn size(db: &mut AnyConn) -> Result<i64, Problem> {
    let last: Option<i64> = ledger::table
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

/// Up to `limit` entries from index `from`, in order.
pub(super) fn range(
    db: &mut AnyConn,
    from: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>, DecisionRow)>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::all_columns))
        .load(db)?)
}

/// What everybody may see of an entry: its index, its leaf hash and its leaf.
pub(super) type PublicRow = (i64, Vec<u8>, Vec<u8>);

/// Up to `limit` public rows from index `from`, in order.
pub(super) fn public_range(
    db: &mut AnyConn,
    from: i64,
    limit: i64,
) -> Result<Vec<PublicRow>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::idx.ge(from))
        .order(ledger::idx)
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::leaf))
        .load(db)?)
}

/// The newest public rows before index `before`.
pub(super) fn public_newest(
    db: &mut AnyConn,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<PublicRow>, Problem> {
    Ok(ledger::table
        .inner_join(decision::table)
        .filter(ledger::idx.lt(before.unwrap_or(i64::MAX)))
        .order(ledger::idx.desc())
        .limit(limit)
        .select((ledger::idx, ledger::leaf_hash, decision::leaf))
        .load(db)?)
}

/// The newest entries, optionally of one examination, before index `before`.
pub(super) fn newest(
    db: &mut AnyConn,
    examination: Option<Id>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>, DecisionRow)>, Problem> {
    let mut query = ledger::table
        .inner_join(decision::table)
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

/// Up to `limit` leaf hashes from index `from`, in order.
pub(super) fn leaf_hashes(
    db: &mut AnyConn,
    from: i64,
    limit: i64,
) -> Result<Vec<Vec<u8>>, Problem> {
    Ok(ledger::table
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
                ORDER BY ledger.idx DESC LIMIT 1)",
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

pub(super) fn checkpoints(db: &mut AnyConn) -> Result<Vec<CheckpointRow>, Problem> {
    Ok(checkpoint::table.order(checkpoint::size).load(db)?)
}

pub(super) fn last_checkpoint(db: &mut AnyConn) -> Result<Option<CheckpointRow>, Problem> {
    Ok(checkpoint::table
        .order(checkpoint::size.desc())
        .first(db)
        .optional()?)
}

/// Adds a checkpoint; another node may have fixed this size a moment ago.
pub(super) fn insert_checkpoint(
    tx: &mut Tx<'_>,
    size: i64,
    root: &[u8; 32],
) -> Result<(), Problem> {
    let now = tx.now;
    let insert = diesel::insert_into(checkpoint::table).values((
        checkpoint::size.eq(size),
        checkpoint::root.eq(root.to_vec()),
        checkpoint::at.eq(now),
    ));
    match &mut *tx.db {
        AnyConn::Postgres(pg) => insert.on_conflict_do_nothing().execute(pg)?,
        AnyConn::Sqlite(sqlite) => insert.execute(sqlite)?,
    };
    Ok(())
}
