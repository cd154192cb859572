//! Queries on locked papers that hold an item.

use diesel::prelude::*;

use crate::kernel::{Id, Instant, Problem};
use crate::regulation::Phase;
use crate::store::schema::{examination, item_use, paper_leak, subject};
use crate::store::{AnyConn, Tx};

/// A subject whose locked papers hold an item.
#[derive(Queryable)]
pub(super) struct HoldingRow {
    /// The subject, and the version and the number of papers that it holds.
    pub holding: (Id, i32, i32),
    /// The examination: id, titles and phase.
    pub examination: (Id, String, String, Phase),
    /// The component with its titles.
    pub component: (String, String, String),
    /// When it was locked, opens and closes.
    pub times: (Option<Instant>, Instant, Instant),
}

/// The subjects whose locked papers hold an item, the last to open first.
pub(super) fn holding(db: &mut AnyConn, item: Id) -> Result<Vec<HoldingRow>, Problem> {
    Ok(item_use::table
        .inner_join(subject::table.inner_join(examination::table))
        .filter(item_use::item_id.eq(item))
        .select((
            (subject::id, item_use::version, item_use::papers),
            (
                examination::id,
                examination::title_zh,
                examination::title_en,
                examination::stage,
            ),
            (subject::component, subject::title_zh, subject::title_en),
            (subject::locked_at, subject::opens_at, subject::closes_at),
        ))
        .order((subject::opens_at.desc(), subject::id))
        .load(db)?)
}

/// Notes by which decision an examination knows that its papers hold a leaked item.
pub(super) fn insert_paper_leak(
    tx: &mut Tx<'_>,
    decision: Id,
    (examination, item): (Id, Id),
) -> Result<(), Problem> {
    diesel::insert_into(paper_leak::table)
        .values((
            paper_leak::decision_id.eq(decision),
            paper_leak::examination_id.eq(examination),
            paper_leak::item_id.eq(item),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// The examinations whose papers were found to hold a leaked item, with their titles.
pub(super) fn touched(db: &mut AnyConn, item: Id) -> Result<Vec<(Id, String, String)>, Problem> {
    Ok(paper_leak::table
        .inner_join(examination::table)
        .filter(paper_leak::item_id.eq(item))
        .order(paper_leak::decision_id)
        .select((
            examination::id,
            examination::title_zh,
            examination::title_en,
        ))
        .load(db)?)
}
