//! What later rooms read of registration.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernel::{Id, Problem};
use crate::store::View;
use crate::store::schema::application;

/// What a candidate states about herself and what eligibility is judged by. Kept sealed, and
/// copied into each application as it was when submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Highest education completed.
    #[serde(default)]
    pub education: crate::establishment::rules::Education,
    /// Whether a degree was conferred with it.
    #[serde(default)]
    pub degree: bool,
    /// Major.
    #[serde(default)]
    pub major: String,
    /// Completed years of work.
    #[serde(default)]
    pub years: i16,
    /// Certificates held.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// Categories that rules may favour or reserve posts for, such as `grassroots`.
    #[serde(default)]
    pub categories: BTreeSet<String>,
    /// Telephone number.
    #[serde(default)]
    pub phone: String,
}

/// A candidate admitted to an examination, with ticket and seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticketed {
    /// The application.
    pub application: Id,
    /// The candidate's account.
    pub account: Id,
    /// The post applied for.
    pub post: Id,
    /// Ticket number (准考证号).
    pub ticket_no: String,
    /// Room.
    pub room: String,
    /// Seat in the room, from one.
    pub seat: i32,
    /// Categories of the candidate's facts, which tie rules may name.
    pub categories: BTreeSet<String>,
}

type Row = (
    Id,
    Id,
    Id,
    Option<String>,
    Option<String>,
    Option<i32>,
    Vec<u8>,
);

/// Everybody with a ticket in this examination, by ticket number in byte order.
pub fn ticketed(view: &mut View<'_>, examination: Id) -> Result<Vec<Ticketed>, Problem> {
    let rows: Vec<Row> = application::table
        .filter(application::examination_id.eq(examination))
        .filter(application::ticket_no.is_not_null())
        .select((
            application::id,
            application::account_id,
            application::post_id,
            application::ticket_no,
            application::room,
            application::seat,
            application::facts_sealed,
        ))
        .load(view.db)?;
    let mut ticketed = Vec::with_capacity(rows.len());
    for (application, account, post, ticket_no, room, seat, facts) in rows {
        let facts: Facts =
            serde_json::from_slice(&view.vault.open_bytes(&facts)?).map_err(Problem::internal)?;
        ticketed.push(Ticketed {
            application,
            account,
            post,
            ticket_no: ticket_no.unwrap_or_default(),
            room: room.unwrap_or_default(),
            seat: seat.unwrap_or_default(),
            categories: facts.categories,
        });
    }
    // Databases sort texts by their collation; a draw needs one order everywhere.
    ticketed.sort_by(|a, b| a.ticket_no.as_bytes().cmp(b.ticket_no.as_bytes()));
    Ok(ticketed)
}
