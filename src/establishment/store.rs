//! Queries on organisations, headcount and posts.

use diesel::prelude::*;

use super::rules::{HeadcountKind, PostState};
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{headcount, objection, organisation, post};
use crate::store::{AnyConn, Both, Tx, first_held, taken, text_enum};

text_enum!(HeadcountKind);
text_enum!(PostState);

#[derive(Queryable, Insertable)]
#[diesel(table_name = organisation)]
pub(super) struct OrganisationRow {
    pub id: Id,
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub created_at: Instant,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = headcount)]
pub(super) struct HeadcountRow {
    pub organisation_id: Id,
    pub kind: HeadcountKind,
    pub approved: i32,
    pub occupied: i32,
    pub planned: i32,
}

/// How many objections of an examination wait for an answer. They are the appointment room's,
/// further down; the hub only says that there is something to do.
pub(super) fn objections_waiting(db: &mut AnyConn, examination: Id) -> Result<i64, Problem> {
    Ok(objection::table
        .filter(objection::examination_id.eq(examination))
        .filter(objection::state.eq("open"))
        .count()
        .get_result(db)?)
}

pub(super) fn insert_organisation(tx: &mut Tx<'_>, row: &OrganisationRow) -> Result<(), Problem> {
    diesel::insert_into(organisation::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("code-taken")))?;
    Ok(())
}

pub(super) fn organisations(
    db: &mut AnyConn,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<OrganisationRow>, Problem> {
    let mut query = organisation::table
        .order(organisation::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(organisation::id.gt(after));
    }
    Ok(query.load(db)?)
}

pub(super) fn organisation(db: &mut AnyConn, id: Id) -> Result<OrganisationRow, Problem> {
    Ok(organisation::table.find(id).first(db)?)
}

pub(super) fn is_organisation(db: &mut AnyConn, id: Id) -> Result<bool, Problem> {
    let found: i64 = organisation::table.find(id).count().get_result(db)?;
    Ok(found == 1)
}

pub(super) fn headcounts(db: &mut AnyConn, organisation: Id) -> Result<Vec<HeadcountRow>, Problem> {
    Ok(headcount::table
        .filter(headcount::organisation_id.eq(organisation))
        .order(headcount::kind)
        .load(db)?)
}

/// Slots that posts have taken; nobody takes another while this act lasts.
pub(super) fn hold_planned(
    tx: &mut Tx<'_>,
    organisation: Id,
    kind: HeadcountKind,
) -> Result<i32, Problem> {
    let planned = headcount::table
        .find((organisation, kind))
        .select(headcount::planned);
    let row: QueryResult<i32> = first_held!(tx, planned, for_no_key_update);
    Ok(row.optional()?.unwrap_or_default())
}

/// Sets approved and occupied, leaving what is planned as it is.
pub(super) fn put_headcount(
    tx: &mut Tx<'_>,
    organisation: Id,
    kind: HeadcountKind,
    approved: i32,
    occupied: i32,
) -> Result<(), Problem> {
    let row = HeadcountRow {
        organisation_id: organisation,
        kind,
        approved,
        occupied,
        planned: 0,
    };
    let insert = diesel::insert_into(headcount::table).values(&row);
    let upsert = insert
        .on_conflict((headcount::organisation_id, headcount::kind))
        .do_update()
        .set((
            headcount::approved.eq(approved),
            headcount::occupied.eq(occupied),
        ));
    Both(upsert).execute(tx.db)?;
    Ok(())
}

/// Takes `count` free slots for a plan, or none: the database itself refuses the last slot to the
/// second of two plans that ask at the same moment.
pub(super) fn take_slots(
    tx: &mut Tx<'_>,
    organisation: Id,
    kind: HeadcountKind,
    count: i32,
) -> Result<bool, Problem> {
    let room = headcount::table
        .find((organisation, kind))
        .filter((headcount::occupied + headcount::planned + count).le(headcount::approved));
    let taken = diesel::update(room)
        .set(headcount::planned.eq(headcount::planned + count))
        .execute(tx.db)?;
    Ok(taken == 1)
}

/// Gives slots back when a post is cut or cancelled.
pub(super) fn release_slots(
    tx: &mut Tx<'_>,
    organisation: Id,
    kind: HeadcountKind,
    count: i32,
) -> Result<(), Problem> {
    diesel::update(headcount::table.find((organisation, kind)))
        .set(headcount::planned.eq(headcount::planned - count))
        .execute(tx.db)?;
    Ok(())
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = post)]
pub(super) struct PostRow {
    pub id: Id,
    pub examination_id: Id,
    pub organisation_id: Id,
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    pub headcount_kind: HeadcountKind,
    pub quota: i32,
    pub requirements: String,
    pub state: PostState,
    pub created_at: Instant,
    /// The approval under which it is kept in spite of too few applicants.
    pub kept_under: Option<String>,
    /// Until when the applicants of a cancelled post may move to another.
    pub transfer_until: Option<Instant>,
}

pub(super) fn insert_post(tx: &mut Tx<'_>, row: &PostRow) -> Result<(), Problem> {
    diesel::insert_into(post::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("code-taken")))?;
    Ok(())
}

/// Says whether the post was still there: of two who remove it, one gives its slots back.
pub(super) fn delete_post(tx: &mut Tx<'_>, id: Id) -> Result<bool, Problem> {
    Ok(diesel::delete(post::table.find(id)).execute(tx.db)? == 1)
}

/// Cuts a post that stands and still has `from` places; says whether it did.
pub(super) fn cut_post(tx: &mut Tx<'_>, id: Id, from: i32, to: i32) -> Result<bool, Problem> {
    let cut = diesel::update(open_post(id).filter(post::quota.eq(from)))
        .set(post::quota.eq(to))
        .execute(tx.db)?;
    Ok(cut == 1)
}

/// Cancels a post that stands; says whether it did.
pub(super) fn cancel_post(
    tx: &mut Tx<'_>,
    id: Id,
    transfer_until: Option<Instant>,
) -> Result<bool, Problem> {
    let cancelled = diesel::update(open_post(id))
        .set((
            post::state.eq(PostState::Cancelled),
            post::transfer_until.eq(transfer_until),
        ))
        .execute(tx.db)?;
    Ok(cancelled == 1)
}

/// Notes the approval under which a post that stands is kept; says whether it did.
pub(super) fn keep_post(tx: &mut Tx<'_>, id: Id, approval: &str) -> Result<bool, Problem> {
    let kept = diesel::update(open_post(id))
        .set(post::kept_under.eq(approval))
        .execute(tx.db)?;
    Ok(kept == 1)
}

/// The post, if it stands.
#[diesel::dsl::auto_type(no_type_alias)]
fn open_post(id: Id) -> _ {
    let open: PostState = PostState::Open;
    post::table
        .filter(post::id.eq(id))
        .filter(post::state.eq(open))
}

/// The posts of an examination with their organisations, by code, after the code `after`.
pub(super) fn posts(
    db: &mut AnyConn,
    examination: Id,
    after: Option<&str>,
    limit: Option<i64>,
) -> Result<Vec<(PostRow, OrganisationRow)>, Problem> {
    let mut query = post::table
        .inner_join(organisation::table)
        .filter(post::examination_id.eq(examination))
        .order(post::code)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(post::code.gt(after));
    }
    if let Some(limit) = limit {
        query = query.limit(limit);
    }
    Ok(query.load(db)?)
}

pub(super) fn post(db: &mut AnyConn, id: Id) -> Result<(PostRow, OrganisationRow), Problem> {
    Ok(post::table
        .inner_join(organisation::table)
        .filter(post::id.eq(id))
        .first(db)?)
}
