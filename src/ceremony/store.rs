//! Queries on draws, their custodians and their members.

use diesel::prelude::*;

use super::rules::{DrawState, Purpose};
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{draw, draw_custodian, draw_member};
use crate::store::{AnyConn, Tx, first_held, taken, text_enum};

text_enum!(Purpose);
text_enum!(DrawState);

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = draw)]
pub(super) struct DrawRow {
    pub id: Id,
    pub examination_id: Id,
    pub code: String,
    pub purpose: Purpose,
    pub number: i32,
    pub state: DrawState,
    pub beacon: String,
    pub beacon_at: Instant,
    pub member_key_sealed: Vec<u8>,
    pub params: String,
    pub pool_root: Option<Vec<u8>>,
    pub pool_count: i32,
    pub committed_by: Option<Id>,
    pub witnessed_size: Option<i64>,
    pub contributions: String,
    pub beacon_value: Option<String>,
    pub result_hash: Option<Vec<u8>>,
    pub void_reason: Option<String>,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = draw_custodian)]
pub(super) struct CustodianRow {
    pub draw_id: Id,
    pub number: i32,
    pub account_id: Id,
    pub office: String,
    pub commitment: Option<Vec<u8>>,
    pub secret_sealed: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = draw_member)]
pub(super) struct MemberRow {
    pub draw_id: Id,
    pub id: Id,
    pub stratum: String,
    pub commitment: Vec<u8>,
    pub content_sealed: Vec<u8>,
    pub state: MemberState,
    pub place: Option<i32>,
    pub replaces: Option<Id>,
}

/// What became of a member of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberState {
    /// Not drawn yet.
    Pool,
    /// Has a place.
    Chosen,
    /// Stands in the reserve.
    Reserve,
    /// Had a place and stood back.
    Replaced,
}

impl MemberState {
    const ALL: [Self; 4] = [Self::Pool, Self::Chosen, Self::Reserve, Self::Replaced];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Chosen => "chosen",
            Self::Reserve => "reserve",
            Self::Replaced => "replaced",
        }
    }
}
text_enum!(MemberState);

pub(super) fn insert(tx: &mut Tx<'_>, row: &DrawRow) -> Result<(), Problem> {
    diesel::insert_into(draw::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("draw-under-way")))?;
    Ok(())
}

pub(super) fn insert_custodians(tx: &mut Tx<'_>, rows: &[CustodianRow]) -> Result<(), Problem> {
    for row in rows {
        diesel::insert_into(draw_custodian::table)
            .values(row)
            .execute(tx.db)?;
    }
    Ok(())
}

/// How many draws of this purpose there were.
pub(super) fn count(db: &mut AnyConn, examination: Id, purpose: Purpose) -> Result<i64, Problem> {
    Ok(draw::table
        .filter(draw::examination_id.eq(examination))
        .filter(draw::purpose.eq(purpose))
        .count()
        .get_result(db)?)
}

pub(super) fn find(db: &mut AnyConn, id: Id) -> Result<DrawRow, Problem> {
    Ok(draw::table.find(id).first(db)?)
}

/// A draw that nobody else changes while this act lasts.
pub(super) fn held(tx: &mut Tx<'_>, id: Id) -> Result<DrawRow, Problem> {
    let row: QueryResult<DrawRow> = first_held!(tx, draw::table.find(id), for_no_key_update);
    Ok(row?)
}

/// The draw of this purpose that is neither void nor recalled.
pub(super) fn standing(
    db: &mut AnyConn,
    examination: Id,
    purpose: Purpose,
) -> Result<Option<DrawRow>, Problem> {
    Ok(draw::table
        .filter(draw::examination_id.eq(examination))
        .filter(draw::purpose.eq(purpose))
        .filter(draw::state.ne_all([DrawState::Void, DrawState::Recalled]))
        .first(db)
        .optional()?)
}

/// The last draw of this purpose that has a result, be it recalled or not.
pub(super) fn last_result(
    db: &mut AnyConn,
    examination: Id,
    purpose: Purpose,
) -> Result<Option<DrawRow>, Problem> {
    Ok(draw::table
        .filter(draw::examination_id.eq(examination))
        .filter(draw::purpose.eq(purpose))
        .filter(draw::state.eq_any([DrawState::Drawn, DrawState::Recalled]))
        .order(draw::number.desc())
        .first(db)
        .optional()?)
}

pub(super) fn set_recalled(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set(draw::state.eq(DrawState::Recalled))
        .execute(tx.db)?;
    Ok(())
}

/// All draws of an examination, as they were opened.
pub(super) fn of_examination(db: &mut AnyConn, examination: Id) -> Result<Vec<DrawRow>, Problem> {
    Ok(draw::table
        .filter(draw::examination_id.eq(examination))
        .order((draw::created_at, draw::purpose, draw::number))
        .load(db)?)
}

/// The draws of markers whose pool is fixed and that stand, of all examinations.
pub(super) fn of_markers(db: &mut AnyConn) -> Result<Vec<DrawRow>, Problem> {
    Ok(draw::table
        .filter(draw::purpose.eq(Purpose::Markers))
        .filter(draw::state.eq_any([DrawState::Committed, DrawState::Drawn]))
        .load(db)?)
}

/// The draws in which an account keeps a secret, newest first.
pub(super) fn of_custodian(db: &mut AnyConn, account: Id) -> Result<Vec<DrawRow>, Problem> {
    Ok(draw::table
        .inner_join(draw_custodian::table)
        .filter(draw_custodian::account_id.eq(account))
        .order((draw::created_at.desc(), draw::id.desc()))
        .select(draw::all_columns)
        .limit(200)
        .load(db)?)
}

/// The custodians of a draw, by number.
pub(super) fn custodians(db: &mut AnyConn, draw: Id) -> Result<Vec<CustodianRow>, Problem> {
    Ok(draw_custodian::table
        .filter(draw_custodian::draw_id.eq(draw))
        .order(draw_custodian::number)
        .load(db)?)
}

pub(super) fn set_commitment(
    tx: &mut Tx<'_>,
    (draw, number): (Id, i32),
    commitment: &[u8],
) -> Result<(), Problem> {
    diesel::update(draw_custodian::table.find((draw, number)))
        .set(draw_custodian::commitment.eq(commitment))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_secret(
    tx: &mut Tx<'_>,
    (draw, number): (Id, i32),
    sealed: &[u8],
) -> Result<(), Problem> {
    diesel::update(draw_custodian::table.find((draw, number)))
        .set(draw_custodian::secret_sealed.eq(sealed))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_committed(
    tx: &mut Tx<'_>,
    id: Id,
    decision: Id,
    (root, count): (&[u8], i32),
    params: &str,
) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set((
            draw::state.eq(DrawState::Committed),
            draw::committed_by.eq(decision),
            draw::pool_root.eq(root),
            draw::pool_count.eq(count),
            draw::params.eq(params),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_contributions(tx: &mut Tx<'_>, id: Id, given: &str) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set(draw::contributions.eq(given))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_beacon(
    tx: &mut Tx<'_>,
    id: Id,
    value: &str,
    witnessed: Option<i64>,
) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set((
            draw::beacon_value.eq(value),
            draw::witnessed_size.eq(witnessed),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_drawn(tx: &mut Tx<'_>, id: Id, result: &[u8]) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set((
            draw::state.eq(DrawState::Drawn),
            draw::result_hash.eq(result),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_void(tx: &mut Tx<'_>, id: Id, reason: &str) -> Result<(), Problem> {
    diesel::update(draw::table.find(id))
        .set((
            draw::state.eq(DrawState::Void),
            draw::void_reason.eq(reason),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_members(tx: &mut Tx<'_>, rows: &[MemberRow]) -> Result<(), Problem> {
    for row in rows {
        diesel::insert_into(draw_member::table)
            .values(row)
            .execute(tx.db)?;
    }
    Ok(())
}

/// The members of a draw: by stratum and place, those without a place by their commitment.
pub(super) fn members(db: &mut AnyConn, draw: Id) -> Result<Vec<MemberRow>, Problem> {
    let mut rows: Vec<MemberRow> = draw_member::table
        .filter(draw_member::draw_id.eq(draw))
        .load(db)?;
    // Databases order empty places differently.
    rows.sort_by(|a, b| {
        let key = |row: &MemberRow| (row.stratum.clone(), row.place, row.commitment.clone());
        key(a).cmp(&key(b))
    });
    Ok(rows)
}

pub(super) fn place_member(
    tx: &mut Tx<'_>,
    (draw, id): (Id, Id),
    state: MemberState,
    place: i32,
) -> Result<(), Problem> {
    diesel::update(draw_member::table.find((draw, id)))
        .set((draw_member::state.eq(state), draw_member::place.eq(place)))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_member(
    tx: &mut Tx<'_>,
    (draw, id): (Id, Id),
    state: MemberState,
    replaces: Option<Id>,
) -> Result<(), Problem> {
    diesel::update(draw_member::table.find((draw, id)))
        .set((
            draw_member::state.eq(state),
            draw_member::replaces.eq(replaces),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// What became of one member, if it belongs to the draw.
pub(super) fn member_state(
    db: &mut AnyConn,
    draw: Id,
    id: Id,
) -> Result<Option<MemberState>, Problem> {
    Ok(draw_member::table
        .find((draw, id))
        .select(draw_member::state)
        .first(db)
        .optional()?)
}
