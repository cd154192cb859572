//! Queries on component marks and rankings.

use diesel::prelude::*;

use super::words::{MarkState, RankedList, Standing};
use crate::kernel::{Id, Instant, Problem, Score};
use crate::store::schema::{application, component_mark, ranking};
use crate::store::{AnyConn, Both, Tx, text_enum};

text_enum!(RankedList);
text_enum!(Standing);
text_enum!(MarkState);

#[derive(Queryable, Insertable)]
#[diesel(table_name = ranking)]
pub(super) struct RankingRow {
    pub application_id: Id,
    pub phase: RankedList,
    pub post_id: Id,
    pub total: Option<Score>,
    pub rank: Option<i32>,
    pub outcome: Standing,
    pub decided_at: Instant,
}

#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = component_mark)]
pub(super) struct ComponentMarkRow {
    pub application_id: Id,
    pub component: String,
    pub state: MarkState,
    pub mark: Option<Score>,
    pub decided_at: Instant,
}

/// An application, as far as ranking needs it.
#[derive(Queryable)]
pub(super) struct ApplicationRow {
    pub id: Id,
    pub post_id: Id,
    pub ticket_no: Option<String>,
}

pub(super) fn insert_ranking(tx: &mut Tx<'_>, row: &RankingRow) -> Result<(), Problem> {
    diesel::insert_into(ranking::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// Keeps what was decided of a component; says whether that is new. What is decided stays.
pub(super) fn keep_component_mark(
    tx: &mut Tx<'_>,
    row: &ComponentMarkRow,
) -> Result<bool, Problem> {
    let insert = diesel::insert_into(component_mark::table)
        .values(row)
        .on_conflict((component_mark::application_id, component_mark::component))
        .do_nothing();
    Ok(Both(insert).execute(tx.db)? == 1)
}

/// The lines of a post's list with their ticket numbers: ranked ones first, by rank, those of one
/// rank by the bytes of their ticket numbers; then the others.
pub(super) fn listed(
    db: &mut AnyConn,
    post: Id,
    list: RankedList,
) -> Result<Vec<(RankingRow, String)>, Problem> {
    let rows: Vec<(RankingRow, Option<String>)> = ranking::table
        .inner_join(application::table)
        .filter(ranking::post_id.eq(post))
        .filter(ranking::phase.eq(list))
        .select((ranking::all_columns, application::ticket_no))
        .load(db)?;
    let mut lines: Vec<_> = rows
        .into_iter()
        .map(|(row, ticket)| (row, ticket.unwrap_or_default()))
        .collect();
    // Sorted here: databases put nulls and texts in orders of their own.
    lines.sort_by(|(a, one), (b, other)| {
        let key = |row: &RankingRow| row.rank.unwrap_or(i32::MAX);
        (key(a), one.as_bytes()).cmp(&(key(b), other.as_bytes()))
    });
    Ok(lines)
}

pub(super) fn line(
    db: &mut AnyConn,
    application: Id,
    list: RankedList,
) -> Result<Option<RankingRow>, Problem> {
    Ok(ranking::table
        .find((application, list))
        .first(db)
        .optional()?)
}

pub(super) fn competitors(db: &mut AnyConn, post: Id, list: RankedList) -> Result<i64, Problem> {
    Ok(ranking::table
        .filter(ranking::post_id.eq(post))
        .filter(ranking::phase.eq(list))
        .count()
        .get_result(db)?)
}

pub(super) fn marks_of_post(db: &mut AnyConn, post: Id) -> Result<Vec<ComponentMarkRow>, Problem> {
    Ok(component_mark::table
        .inner_join(application::table)
        .filter(application::post_id.eq(post))
        .select(component_mark::all_columns)
        .load(db)?)
}

pub(super) fn marks_of_examination(
    db: &mut AnyConn,
    examination: Id,
) -> Result<Vec<ComponentMarkRow>, Problem> {
    Ok(component_mark::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .select(component_mark::all_columns)
        .load(db)?)
}

pub(super) fn marks_of(
    db: &mut AnyConn,
    application: Id,
) -> Result<Vec<ComponentMarkRow>, Problem> {
    Ok(component_mark::table
        .filter(component_mark::application_id.eq(application))
        .load(db)?)
}

/// The applications whose list entries let them go on.
pub(super) fn entered(db: &mut AnyConn, examination: Id) -> Result<Vec<Id>, Problem> {
    let standings = Standing::ALL.into_iter().filter(|s| s.entered());
    Ok(ranking::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .filter(ranking::phase.eq(RankedList::Written))
        .filter(ranking::outcome.eq_any(standings.collect::<Vec<_>>()))
        .select(ranking::application_id)
        .load(db)?)
}

const APPLICATION: (
    application::id,
    application::post_id,
    application::ticket_no,
) = (
    application::id,
    application::post_id,
    application::ticket_no,
);

/// The application with which an account sat the examination.
pub(super) fn application_of(
    db: &mut AnyConn,
    account: Id,
    examination: Id,
) -> Result<ApplicationRow, Problem> {
    Ok(application::table
        .filter(application::account_id.eq(account))
        .filter(application::examination_id.eq(examination))
        .filter(application::ticket_no.is_not_null())
        .select(APPLICATION)
        .first(db)?)
}
