//! Queries on examinations and their subjects.

use diesel::prelude::*;

use super::phase::Phase;
use super::words::Track;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{examination, subject, working_calendar};
use crate::store::{AnyConn, Both, Tx, first_held, taken, text_enum};

text_enum!(Phase);
text_enum!(Track);

#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = examination)]
pub(super) struct ExaminationRow {
    pub id: Id,
    pub code: String,
    pub year: i32,
    pub track: Track,
    pub title_zh: String,
    pub title_en: String,
    pub stage: Phase,
    pub profile: String,
    pub profile_hash: Option<Vec<u8>>,
    pub registration_opens: Instant,
    pub registration_closes: Instant,
    pub publicity_ends: Option<String>,
    pub created_by: Id,
    pub created_at: Instant,
    pub announced_at: Option<Instant>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = subject)]
pub(super) struct SubjectRow {
    pub id: Id,
    pub examination_id: Id,
    pub component: String,
    pub title_zh: String,
    pub title_en: String,
    pub bank: String,
    pub blueprint: String,
    pub opens_at: Instant,
    pub closes_at: Instant,
    pub seed_sealed: Option<Vec<u8>>,
    pub pool: Option<String>,
    pub papers_root: Option<Vec<u8>>,
    pub locked_at: Option<Instant>,
}

pub(super) fn insert_examination(tx: &mut Tx<'_>, row: &ExaminationRow) -> Result<(), Problem> {
    diesel::insert_into(examination::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("code-taken")))?;
    Ok(())
}

pub(super) fn examination(db: &mut AnyConn, id: Id) -> Result<ExaminationRow, Problem> {
    Ok(examination::table.find(id).first(db)?)
}

pub(super) fn id_of(db: &mut AnyConn, code: &str) -> Result<Id, Problem> {
    let row = examination::table.filter(examination::code.eq(code));
    Ok(row.select(examination::id).first(db)?)
}

/// The examination, whose phase and rules nobody changes while this act lasts.
pub(super) fn hold(tx: &mut Tx<'_>, id: Id) -> Result<ExaminationRow, Problem> {
    Ok(first_held!(tx, examination::table.find(id), for_share)?)
}

/// The examination, in which nobody else acts while this act lasts.
pub(super) fn hold_alone(tx: &mut Tx<'_>, id: Id) -> Result<ExaminationRow, Problem> {
    Ok(first_held!(
        tx,
        examination::table.find(id),
        for_no_key_update
    )?)
}

/// Newest first, before `before`; drafts only if asked for.
pub(super) fn examinations(
    db: &mut AnyConn,
    drafts: bool,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<ExaminationRow>, Problem> {
    let mut query = examination::table
        .order(examination::id.desc())
        .limit(limit)
        .into_boxed();
    if !drafts {
        query = query.filter(examination::stage.ne(Phase::Draft));
    }
    if let Some(before) = before {
        query = query.filter(examination::id.lt(before));
    }
    Ok(query.load(db)?)
}

pub(super) fn set_profile(tx: &mut Tx<'_>, id: Id, profile: &str) -> Result<(), Problem> {
    diesel::update(examination::table.find(id))
        .set(examination::profile.eq(profile))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn freeze(tx: &mut Tx<'_>, id: Id, hash: &[u8]) -> Result<(), Problem> {
    let now = tx.now;
    diesel::update(examination::table.find(id))
        .set((
            examination::profile_hash.eq(hash),
            examination::announced_at.eq(now),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Moves on only from the phase it was seen in, so that of two at the same moment one is refused.
pub(super) fn set_phase(tx: &mut Tx<'_>, id: Id, from: Phase, to: Phase) -> Result<bool, Problem> {
    let seen = examination::table
        .find(id)
        .filter(examination::stage.eq(from));
    Ok(diesel::update(seen)
        .set(examination::stage.eq(to))
        .execute(tx.db)?
        == 1)
}

pub(super) fn set_publicity_ends(tx: &mut Tx<'_>, id: Id, day: &str) -> Result<(), Problem> {
    diesel::update(examination::table.find(id))
        .set(examination::publicity_ends.eq(day))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_subject(tx: &mut Tx<'_>, row: &SubjectRow) -> Result<(), Problem> {
    diesel::insert_into(subject::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn delete_subject(
    tx: &mut Tx<'_>,
    examination: Id,
    component: &str,
) -> Result<(), Problem> {
    let old = subject::table
        .filter(subject::examination_id.eq(examination))
        .filter(subject::component.eq(component));
    diesel::delete(old).execute(tx.db)?;
    Ok(())
}

pub(super) fn subjects(db: &mut AnyConn, examination: Id) -> Result<Vec<SubjectRow>, Problem> {
    Ok(subject::table
        .filter(subject::examination_id.eq(examination))
        .order((subject::opens_at, subject::component))
        .load(db)?)
}

pub(super) fn subject(db: &mut AnyConn, id: Id) -> Result<SubjectRow, Problem> {
    Ok(subject::table.find(id).first(db)?)
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = working_calendar)]
pub(super) struct CalendarRow {
    pub year: i32,
    pub arrangement: String,
    pub entered_by: Id,
    pub entered_at: Instant,
}

pub(super) fn calendars(db: &mut AnyConn) -> Result<Vec<CalendarRow>, Problem> {
    Ok(working_calendar::table
        .order(working_calendar::year)
        .load(db)?)
}

pub(super) fn put_calendar(tx: &mut Tx<'_>, row: &CalendarRow) -> Result<(), Problem> {
    let insert = diesel::insert_into(working_calendar::table).values(row);
    let upsert = insert.on_conflict(working_calendar::year).do_update();
    Both(upsert.set(row)).execute(tx.db)?;
    Ok(())
}
