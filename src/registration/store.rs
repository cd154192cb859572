//! Queries on candidates, photographs and applications.

use diesel::prelude::*;

use super::rules::ApplicationState;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{application, attempt, candidate, photo, sign_up};
use crate::store::{AnyConn, Both, Tx, first_held, taken, text_enum};

text_enum!(ApplicationState);

#[derive(Queryable, Insertable)]
#[diesel(table_name = candidate)]
pub(super) struct CandidateRow {
    pub account_id: Id,
    pub resident_index: Vec<u8>,
    pub resident_sealed: Vec<u8>,
    /// Sealed JSON of the facts, `null` until they are stated.
    pub facts_sealed: Vec<u8>,
    pub updated_at: Instant,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = photo)]
pub(super) struct PhotoRow {
    pub account_id: Id,
    pub media_type: String,
    pub width: i32,
    pub height: i32,
    pub content_sealed: Vec<u8>,
    pub uploaded_at: Instant,
}

#[derive(Queryable, Insertable, Identifiable, AsChangeset, Clone)]
#[diesel(table_name = application, treat_none_as_null = true)]
pub(super) struct ApplicationRow {
    pub id: Id,
    pub examination_id: Id,
    pub post_id: Id,
    pub account_id: Id,
    pub state: ApplicationState,
    /// Sealed JSON of the facts as they were when submitted.
    pub facts_sealed: Vec<u8>,
    /// Sealed JSON of the screening and of what has happened since.
    pub screening_sealed: Vec<u8>,
    pub submitted_at: Instant,
    pub reviewed_at: Option<Instant>,
    pub reviewed_by: Option<Id>,
    pub reason_sealed: Option<Vec<u8>>,
    pub ticket_no: Option<String>,
    pub room: Option<String>,
    pub seat: Option<i32>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sign_up)]
pub(super) struct SignUpRow {
    pub token_hash: Vec<u8>,
    pub login_sealed: Vec<u8>,
    pub name_sealed: Vec<u8>,
    pub resident_sealed: Vec<u8>,
    pub expires_at: Instant,
}

pub(super) fn insert_sign_up(tx: &mut Tx<'_>, row: &SignUpRow) -> Result<(), Problem> {
    diesel::insert_into(sign_up::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// The sign-up of a link that is still good.
pub(super) fn sign_up(
    db: &mut AnyConn,
    hash: &[u8],
    now: Instant,
) -> Result<Option<SignUpRow>, Problem> {
    let good = sign_up::table
        .find(hash)
        .filter(sign_up::expires_at.gt(now));
    Ok(good.first(db).optional()?)
}

/// Uses a link up; says whether it was still there.
pub(super) fn use_sign_up(tx: &mut Tx<'_>, hash: &[u8]) -> Result<bool, Problem> {
    Ok(diesel::delete(sign_up::table.find(hash)).execute(tx.db)? == 1)
}

pub(super) fn delete_stale_sign_ups(tx: &mut Tx<'_>) -> Result<(), Problem> {
    let now = tx.now;
    diesel::delete(sign_up::table.filter(sign_up::expires_at.le(now))).execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_candidate(tx: &mut Tx<'_>, row: &CandidateRow) -> Result<(), Problem> {
    diesel::insert_into(candidate::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("resident-id-registered")))?;
    Ok(())
}

/// The account that holds a resident ID number, by its index.
pub(super) fn holder(db: &mut AnyConn, index: &[u8]) -> Result<Option<Id>, Problem> {
    Ok(candidate::table
        .filter(candidate::resident_index.eq(index))
        .select(candidate::account_id)
        .first(db)
        .optional()?)
}

pub(super) fn candidate(db: &mut AnyConn, account: Id) -> Result<CandidateRow, Problem> {
    Ok(candidate::table.find(account).first(db)?)
}

/// The candidate, whose photograph nobody changes while this act lasts: whoever changes it and
/// whoever decides by it takes this row first.
pub(super) fn hold_candidate(tx: &mut Tx<'_>, account: Id) -> Result<CandidateRow, Problem> {
    Ok(first_held!(
        tx,
        candidate::table.find(account),
        for_no_key_update
    )?)
}

pub(super) fn set_facts(tx: &mut Tx<'_>, account: Id, sealed: &[u8]) -> Result<(), Problem> {
    let now = tx.now;
    diesel::update(candidate::table.find(account))
        .set((
            candidate::facts_sealed.eq(sealed),
            candidate::updated_at.eq(now),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn photo(db: &mut AnyConn, account: Id) -> Result<Option<PhotoRow>, Problem> {
    Ok(photo::table.find(account).first(db).optional()?)
}

pub(super) fn put_photo(tx: &mut Tx<'_>, row: &PhotoRow) -> Result<(), Problem> {
    let insert = diesel::insert_into(photo::table).values(row);
    let upsert = insert.on_conflict(photo::account_id).do_update().set((
        photo::media_type.eq(&row.media_type),
        photo::width.eq(row.width),
        photo::height.eq(row.height),
        photo::content_sealed.eq(&row.content_sealed),
        photo::uploaded_at.eq(row.uploaded_at),
    ));
    Both(upsert).execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_application(tx: &mut Tx<'_>, row: &ApplicationRow) -> Result<(), Problem> {
    diesel::insert_into(application::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("already-applied")))?;
    Ok(())
}

/// Writes an application back if it still stands in `from`: of two acts at the same moment only
/// one succeeds.
pub(super) fn replace_application(
    tx: &mut Tx<'_>,
    row: &ApplicationRow,
    from: ApplicationState,
) -> Result<bool, Problem> {
    let unchanged = application::table
        .find(row.id)
        .filter(application::state.eq(from));
    let replaced = diesel::update(unchanged).set(row).execute(tx.db)?;
    Ok(replaced == 1)
}

pub(super) fn application(db: &mut AnyConn, id: Id) -> Result<ApplicationRow, Problem> {
    Ok(application::table.find(id).first(db)?)
}

/// The application, which nobody else changes while this act lasts.
pub(super) fn hold_application(tx: &mut Tx<'_>, id: Id) -> Result<ApplicationRow, Problem> {
    Ok(first_held!(
        tx,
        application::table.find(id),
        for_no_key_update
    )?)
}

/// The application of an account in an examination that has not been withdrawn.
pub(super) fn live_application(
    db: &mut AnyConn,
    account: Id,
    examination: Id,
) -> Result<Option<ApplicationRow>, Problem> {
    Ok(application::table
        .filter(application::account_id.eq(account))
        .filter(application::examination_id.eq(examination))
        .filter(application::state.ne(ApplicationState::Withdrawn))
        .first(db)
        .optional()?)
}

/// The applications of an account before `before`, newest first.
pub(super) fn applications_of(
    db: &mut AnyConn,
    account: Id,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<ApplicationRow>, Problem> {
    let mut query = application::table
        .filter(application::account_id.eq(account))
        .order(application::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(application::id.lt(before));
    }
    Ok(query.load(db)?)
}

/// The applications of an examination after `after`, oldest first; in one state if given.
pub(super) fn applications_in(
    db: &mut AnyConn,
    examination: Id,
    state: Option<ApplicationState>,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<ApplicationRow>, Problem> {
    let mut query = application::table
        .filter(application::examination_id.eq(examination))
        .order(application::id)
        .limit(limit)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(application::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(application::id.gt(after));
    }
    Ok(query.load(db)?)
}

pub(super) fn count(
    db: &mut AnyConn,
    examination: Id,
    state: ApplicationState,
) -> Result<i64, Problem> {
    Ok(application::table
        .filter(application::examination_id.eq(examination))
        .filter(application::state.eq(state))
        .count()
        .get_result(db)?)
}

/// The post of each application in this state.
pub(super) fn posts_applied_for(
    db: &mut AnyConn,
    examination: Id,
    state: ApplicationState,
) -> Result<Vec<Id>, Problem> {
    Ok(application::table
        .filter(application::examination_id.eq(examination))
        .filter(application::state.eq(state))
        .select(application::post_id)
        .load(db)?)
}

/// The approved applications of an examination, in the byte order of their ids.
pub(super) fn approved(db: &mut AnyConn, examination: Id) -> Result<Vec<ApplicationRow>, Problem> {
    Ok(application::table
        .filter(application::examination_id.eq(examination))
        .filter(application::state.eq(ApplicationState::Approved))
        .order(application::id)
        .load(db)?)
}

/// The subjects that this application has handed in, or that were closed for it. Attempts are the
/// sitting room's, further down; a candidate's own pages only ask which of them are over.
pub(super) fn subjects_closed(db: &mut AnyConn, application: Id) -> Result<Vec<Id>, Problem> {
    Ok(attempt::table
        .filter(attempt::application_id.eq(application))
        .filter(attempt::state.eq("closed"))
        .select(attempt::subject_id)
        .load(db)?)
}

/// The examinations in which an account is approved.
pub(super) fn examinations_approving(db: &mut AnyConn, account: Id) -> Result<Vec<Id>, Problem> {
    Ok(application::table
        .filter(application::account_id.eq(account))
        .filter(application::state.eq(ApplicationState::Approved))
        .select(application::examination_id)
        .load(db)?)
}
