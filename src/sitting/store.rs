//! Queries on attempts and answers.

use diesel::prelude::*;

use super::rules::{AttemptState, ClosedBy};
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{application, attempt, response, subject};
use crate::store::{AnyConn, Both, Tx, text_enum};

text_enum!(AttemptState);
text_enum!(ClosedBy);

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = attempt)]
pub(super) struct AttemptRow {
    pub id: Id,
    pub subject_id: Id,
    pub application_id: Id,
    pub account_id: Id,
    pub paper_id: Id,
    pub state: AttemptState,
    pub started_at: Instant,
    pub closes_at: Instant,
    pub closed_at: Option<Instant>,
    pub closed_by: Option<ClosedBy>,
    pub digest: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = response)]
pub(super) struct ResponseRow {
    pub attempt_id: Id,
    pub position: i32,
    pub answer: Option<String>,
    pub flagged: bool,
    pub revision: i64,
    pub saved_at: Instant,
}

/// An application that admits its candidate to the rooms of its examination.
#[derive(Debug, Clone, Queryable)]
pub(super) struct AdmittedRow {
    pub application: Id,
    pub examination: Id,
    pub ticket_no: Option<String>,
    pub room: Option<String>,
    pub seat: Option<i32>,
}

/// The ticketed application of an account in an examination.
pub(super) fn admitted(
    db: &mut AnyConn,
    account: Id,
    examination: Id,
) -> Result<Option<AdmittedRow>, Problem> {
    Ok(application::table
        .filter(application::account_id.eq(account))
        .filter(application::examination_id.eq(examination))
        .filter(application::ticket_no.is_not_null())
        .filter(application::state.ne("withdrawn"))
        .select((
            application::id,
            application::examination_id,
            application::ticket_no,
            application::room,
            application::seat,
        ))
        .first(db)
        .optional()?)
}

/// The same, by the application itself.
pub(super) fn own_admission(
    db: &mut AnyConn,
    account: Id,
    id: Id,
) -> Result<Option<AdmittedRow>, Problem> {
    let own = application::table
        .find(id)
        .filter(application::account_id.eq(account));
    let examination: Option<Id> = own
        .select(application::examination_id)
        .first(db)
        .optional()?;
    let Some(examination) = examination else {
        return Ok(None);
    };
    Ok(admitted(db, account, examination)?.filter(|row| row.application == id))
}

pub(super) fn ticket_no(db: &mut AnyConn, id: Id) -> Result<String, Problem> {
    let number = application::table.find(id).select(application::ticket_no);
    Ok(number.first::<Option<String>>(db)?.unwrap_or_default())
}

pub(super) fn attempt_at(
    db: &mut AnyConn,
    subject: Id,
    application: Id,
) -> Result<Option<AttemptRow>, Problem> {
    Ok(attempt::table
        .filter(attempt::subject_id.eq(subject))
        .filter(attempt::application_id.eq(application))
        .first(db)
        .optional()?)
}

/// Inserts the attempt unless there is one; says whether it did.
pub(super) fn insert_attempt(tx: &mut Tx<'_>, row: &AttemptRow) -> Result<bool, Problem> {
    let insert = diesel::insert_into(attempt::table)
        .values(row)
        .on_conflict((attempt::subject_id, attempt::application_id))
        .do_nothing();
    Ok(Both(insert).execute(tx.db)? == 1)
}

pub(super) fn own_attempt(
    db: &mut AnyConn,
    account: Id,
    id: Id,
) -> Result<Option<AttemptRow>, Problem> {
    let own = attempt::table
        .find(id)
        .filter(attempt::account_id.eq(account));
    Ok(own.first(db).optional()?)
}

/// As [`own_attempt`], and keeps it from being closed while this act lasts: an answer is either
/// in the digest of the closed script or was refused. On SQLite the one writer sees to that.
pub(super) fn hold_own_attempt(
    tx: &mut Tx<'_>,
    account: Id,
    id: Id,
) -> Result<Option<AttemptRow>, Problem> {
    let own = attempt::table
        .find(id)
        .filter(attempt::account_id.eq(account));
    let row = match &mut *tx.db {
        AnyConn::Postgres(db) => own.for_share().first(db).optional()?,
        AnyConn::Sqlite(db) => own.first(db).optional()?,
    };
    Ok(row)
}

/// Saves an answer unless the stored one is as new; says whether it did.
pub(super) fn put_response(tx: &mut Tx<'_>, row: &ResponseRow) -> Result<bool, Problem> {
    use diesel::query_dsl::methods::FilterDsl;
    use diesel::upsert::excluded;
    let upsert = diesel::insert_into(response::table)
        .values(row)
        .on_conflict((response::attempt_id, response::position))
        .do_update()
        .set((
            response::answer.eq(excluded(response::answer)),
            response::flagged.eq(excluded(response::flagged)),
            response::revision.eq(excluded(response::revision)),
            response::saved_at.eq(excluded(response::saved_at)),
        ));
    let upsert = FilterDsl::filter(upsert, response::revision.lt(excluded(response::revision)));
    Ok(Both(upsert).execute(tx.db)? == 1)
}

pub(super) fn response(
    db: &mut AnyConn,
    attempt: Id,
    position: i32,
) -> Result<Option<ResponseRow>, Problem> {
    let row = response::table.find((attempt, position));
    Ok(row.first(db).optional()?)
}

pub(super) fn responses(db: &mut AnyConn, attempt: Id) -> Result<Vec<ResponseRow>, Problem> {
    Ok(response::table
        .filter(response::attempt_id.eq(attempt))
        .order(response::position)
        .load(db)?)
}

/// Closes an open attempt; says whether it was open. Waits for saves under way.
pub(super) fn close(tx: &mut Tx<'_>, id: Id, by: ClosedBy) -> Result<bool, Problem> {
    let now = tx.now;
    let open = attempt::table
        .find(id)
        .filter(attempt::state.eq(AttemptState::Open));
    let closed = diesel::update(open)
        .set((
            attempt::state.eq(AttemptState::Closed),
            attempt::closed_at.eq(now),
            attempt::closed_by.eq(by),
        ))
        .execute(tx.db)?;
    Ok(closed == 1)
}

pub(super) fn set_digest(tx: &mut Tx<'_>, id: Id, digest: &[u8]) -> Result<(), Problem> {
    diesel::update(attempt::table.find(id))
        .set(attempt::digest.eq(digest))
        .execute(tx.db)?;
    Ok(())
}

/// Open attempts of an examination whose time is over, up to `limit`.
pub(super) fn overdue(
    tx: &mut Tx<'_>,
    examination: Id,
    limit: i64,
) -> Result<Vec<AttemptRow>, Problem> {
    let now = tx.now;
    Ok(attempt::table
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .filter(attempt::state.eq(AttemptState::Open))
        .filter(attempt::closes_at.lt(now))
        .order(attempt::id)
        .limit(limit)
        .select(attempt::all_columns)
        .load(tx.db)?)
}

/// Examinations that have open attempts whose time is over.
pub(super) fn examinations_overdue(tx: &mut Tx<'_>) -> Result<Vec<Id>, Problem> {
    let now = tx.now;
    Ok(attempt::table
        .inner_join(subject::table)
        .filter(attempt::state.eq(AttemptState::Open))
        .filter(attempt::closes_at.lt(now))
        .select(subject::examination_id)
        .distinct()
        // In one order on every node, or two could wait for each other.
        .order(subject::examination_id)
        .load(tx.db)?)
}
