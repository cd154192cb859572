//! Queries for what a search keeps in memory.

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::bank::item::{Difficulty, ItemKind};
use crate::bank::life::ItemState;
use crate::kernel::{Id, Instant, Problem};
use crate::store::AnyConn;
use crate::store::schema::{item, item_change, item_use, item_version, subject};

/// An item with the sealed content of its present version.
#[derive(Queryable)]
pub(super) struct Row {
    pub id: Id,
    pub bank: String,
    pub code: String,
    pub section: String,
    pub topic: String,
    pub difficulty: Difficulty,
    pub kind: ItemKind,
    pub state: ItemState,
    pub version: i32,
    pub author: Id,
    pub content_sealed: Vec<u8>,
}

/// From which mark on changes may not be seen yet by whoever reads after this. On SQLite the next
/// one: they are written in the order of their marks. On PostgreSQL the oldest transaction that is
/// open: all before it are over, and what they changed is seen.
pub(super) fn next_mark(db: &mut AnyConn) -> Result<i64, Problem> {
    match db {
        AnyConn::Sqlite(db) => {
            let last: Option<i64> = item_change::table
                .select(max(item_change::mark))
                .first(db)?;
            Ok(last.map_or(0, |last| last + 1))
        }
        AnyConn::Postgres(db) => {
            let oldest = sql::<BigInt>("pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
            Ok(diesel::select(oldest).get_result(db)?)
        }
    }
}

/// The items that were changed by `mark` or later.
pub(super) fn changed(db: &mut AnyConn, mark: i64) -> Result<Vec<Id>, Problem> {
    let changed = item_change::table
        .filter(item_change::mark.ge(mark))
        .select(item_change::item_id)
        .distinct();
    Ok(match db {
        AnyConn::Sqlite(db) => changed.load(db)?,
        // Marks that no transaction has had yet came with the rows of another installation.
        AnyConn::Postgres(db) => changed
            .filter(sql::<Bool>(
                "mark < pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
            ))
            .load(db)?,
    })
}

/// These items.
pub(super) fn rows(db: &mut AnyConn, ids: &[Id]) -> Result<Vec<Row>, Problem> {
    let rows = item::table
        .inner_join(item_version::table)
        .filter(item_version::version.eq(item::version))
        .filter(item::id.eq_any(ids.to_vec()));
    Ok(rows.select(columns()).load(db)?)
}

/// All items by their ids, up to `limit`, from after `after`.
pub(super) fn rows_after(
    db: &mut AnyConn,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<Row>, Problem> {
    let mut query = item::table
        .inner_join(item_version::table)
        .filter(item_version::version.eq(item::version))
        .select(columns())
        .order(item::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(item::id.gt(after));
    }
    Ok(query.load(db)?)
}

type Columns = (
    item::id,
    item::bank,
    item::code,
    item::section,
    item::topic,
    item::difficulty,
    item::kind,
    item::state,
    item::version,
    item::author_id,
    item_version::content_sealed,
);

const fn columns() -> Columns {
    (
        item::id,
        item::bank,
        item::code,
        item::section,
        item::topic,
        item::difficulty,
        item::kind,
        item::state,
        item::version,
        item::author_id,
        item_version::content_sealed,
    )
}

/// The subjects with papers that were over at `now`.
pub(super) fn over(db: &mut AnyConn, now: Instant) -> Result<Vec<Id>, Problem> {
    Ok(subject::table
        .filter(subject::locked_at.is_not_null())
        .filter(subject::closes_at.le(now))
        .select(subject::id)
        .load(db)?)
}

/// The items in the papers of a subject.
pub(super) fn used(db: &mut AnyConn, subject: Id) -> Result<Vec<Id>, Problem> {
    Ok(item_use::table
        .filter(item_use::subject_id.eq(subject))
        .select(item_use::item_id)
        .load(db)?)
}
