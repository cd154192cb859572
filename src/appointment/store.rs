//! Queries on objections.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{application, objection};
use crate::store::{AnyConn, Sealed, Tx, first_held, taken, text_enum};

/// Where an objection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionState {
    /// Not decided yet.
    Open,
    /// It was right.
    Upheld,
    /// It was not.
    Rejected,
}

impl ObjectionState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Open, Self::Upheld, Self::Rejected];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Upheld => "upheld",
            Self::Rejected => "rejected",
        }
    }
}
text_enum!(ObjectionState);

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = objection)]
pub(super) struct ObjectionRow {
    pub id: Id,
    pub examination_id: Id,
    pub application_id: Id,
    pub number: i32,
    pub text_sealed: Vec<u8>,
    pub filed_at: Instant,
    pub state: ObjectionState,
    pub reason_sealed: Option<Vec<u8>>,
    pub decided_by: Option<Id>,
    pub decided_at: Option<Instant>,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &ObjectionRow) -> Result<(), Problem> {
    diesel::insert_into(objection::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("objection-at-the-same-moment")))?;
    Ok(())
}

/// How many objections there are in an examination.
pub(super) fn count(db: &mut AnyConn, examination: Id) -> Result<i64, Problem> {
    Ok(objection::table
        .filter(objection::examination_id.eq(examination))
        .count()
        .get_result(db)?)
}

/// How many an application has.
pub(super) fn count_of(db: &mut AnyConn, application: Id) -> Result<i64, Problem> {
    Ok(objection::table
        .filter(objection::application_id.eq(application))
        .count()
        .get_result(db)?)
}

/// The examination of an objection.
pub(super) fn examination_of(db: &mut AnyConn, id: Id) -> Result<Id, Problem> {
    let row = objection::table.find(id);
    Ok(row.select(objection::examination_id).first(db)?)
}

/// An objection that nobody else decides while this act lasts.
pub(super) fn held(tx: &mut Tx<'_>, id: Id) -> Result<ObjectionRow, Problem> {
    let row: QueryResult<ObjectionRow> =
        first_held!(tx, objection::table.find(id), for_no_key_update);
    Ok(row?)
}

pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: Id,
    state: ObjectionState,
    reason: &Sealed,
    by: Id,
) -> Result<(), Problem> {
    let now = tx.now;
    diesel::update(objection::table.find(id))
        .set((
            objection::state.eq(state),
            objection::reason_sealed.eq(reason),
            objection::decided_by.eq(by),
            objection::decided_at.eq(now),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// An objection with the ticket number of whoever made it.
pub(super) type WithTicket = (ObjectionRow, Option<String>);

/// The objections of an examination, by number; of one application if given.
pub(super) fn list(
    db: &mut AnyConn,
    examination: Id,
    of: Option<Id>,
) -> Result<Vec<WithTicket>, Problem> {
    let mut query = objection::table
        .inner_join(application::table)
        .filter(objection::examination_id.eq(examination))
        .order(objection::number)
        .select((objection::all_columns, application::ticket_no))
        .into_boxed();
    if let Some(application) = of {
        query = query.filter(objection::application_id.eq(application));
    }
    Ok(query.load(db)?)
}

/// How many objections of an examination stand where.
pub(super) fn states(
    db: &mut AnyConn,
    examination: Id,
) -> Result<Vec<(ObjectionState, i64)>, Problem> {
    Ok(objection::table
        .filter(objection::examination_id.eq(examination))
        .group_by(objection::state)
        .select((objection::state, diesel::dsl::count_star()))
        .load(db)?)
}
