//! Admission tickets (准考证): numbers, rooms and seats, drawn once for everybody approved.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::applications::{Course, StepKind, readable, replace};
use super::candidates::resident_of;
use super::shortfall::must_be_settled;
use super::{seal, unseal};
use crate::access::service as access;
use crate::access::{Actor, Role};
use crate::ceremony::service::{self as ceremony, Candidates};
use crate::ceremony::{Gate, Purpose};
use crate::establishment::service as establishment;
use crate::kernel::merkle::Hash;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::registration::rules::ApplicationState;
use crate::registration::seating::{self, Place};
use crate::registration::store::{self, ApplicationRow};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::{Tx, View};

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Issued {
    /// Tickets.
    pub count: usize,
    /// The seed, hexadecimal.
    pub seed: String,
    /// The root over all tickets, hexadecimal.
    pub root: String,
}

/// Fixes whom the draw of seats is for: everybody approved, once nothing is undecided.
pub fn fix_seats(tx: &mut Tx<'_>, actor: &Actor, gate: &Gate, draw: Id) -> Result<(), Problem> {
    let fixing = ceremony::begin_fixing(tx, actor, gate, draw, Purpose::Seats)?;
    let admitted = admitted(tx, &fixing.examination)?;
    let members = in_pool_order(&fixing.candidates, admitted);
    let members = members.into_iter().map(|(member, _)| member).collect();
    ceremony::fix(tx, &fixing, members, &json!({ "rule": seating::RULE }))
}

/// Everybody who gets a ticket.
fn admitted(tx: &mut Tx<'_>, examination: &Examination) -> Result<Vec<ApplicationRow>, Problem> {
    examination.phase.must_be(&[Phase::Announced])?;
    must_be_decided(tx, examination)?;
    let admitted = store::approved(tx.db, examination.id)?;
    if admitted.is_empty() {
        return Err(Problem::conflict("nobody-admitted"));
    }
    must_be_settled(tx, examination)?;
    Ok(admitted)
}

/// The candidates in the order in which they stand in the pool.
fn in_pool_order(
    candidates: &Candidates,
    admitted: Vec<ApplicationRow>,
) -> Vec<(Hash, ApplicationRow)> {
    let member = |row: &ApplicationRow| candidates.commitment("", row.id, row.id.bytes());
    let mut members: Vec<_> = admitted
        .into_iter()
        .map(|row| (member(&row), row))
        .collect();
    members.sort_unstable_by_key(|(member, _)| *member);
    members
}

/// Issues the tickets of everybody approved, as they were drawn by lot, and closes the stage of
/// registration.
pub fn issue_tickets(tx: &mut Tx<'_>, actor: &Actor, examination: Id) -> Result<Issued, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = regulation::hold_alone(tx, examination)?;
    let admitted = admitted(tx, &examination)?;
    let ready = ceremony::ready(tx, &examination, Purpose::Seats)?;
    let pool = in_pool_order(&ready.candidates, admitted);
    ready.must_be_drawn_from(pool.iter().map(|(member, _)| *member).collect())?;
    let admitted: Vec<ApplicationRow> = pool.into_iter().map(|(_, row)| row).collect();

    let seed = ready.seed;
    let places = seating::draw(&seed, admitted.len(), examination.year, examination.track);
    let root = seating::root(places.iter().zip(admitted.iter().map(|row| row.id)));
    let result = json!({ "tickets_root": hex::encode(root) });
    ceremony::conclude(tx, acting, &examination, &ready, &result)?;
    for (row, place) in admitted.into_iter().zip(&places) {
        hand_out(tx, row, place)?;
    }
    regulation::advance(tx, &examination, Phase::Ticketed)?;

    let issued = Issued {
        count: places.len(),
        seed: hex::encode(seed.bytes()),
        root: hex::encode(root),
    };
    let inputs = json!({
        "draw": ready.code, "seed": issued.seed, "count": issued.count,
        "order": seating::RULE, "root": issued.root,
    });
    let entry = examination.decision(acting, "tickets.issued").on(inputs);
    ledger::record(tx, &entry.outcome("issued"))?;
    Ok(issued)
}

/// Registration is closed by the clock and every application is decided.
fn must_be_decided(view: &mut View<'_>, examination: &Examination) -> Result<(), Problem> {
    if view.now < examination.registration_closes {
        return Err(Problem::conflict("registration-still-open"));
    }
    let undecided = store::count(view.db, examination.id, ApplicationState::Submitted)?;
    if undecided > 0 {
        return Err(Problem::conflict("applications-undecided").with("count", undecided));
    }
    Ok(())
}

fn hand_out(tx: &mut Tx<'_>, mut row: ApplicationRow, place: &Place) -> Result<(), Problem> {
    let mut course: Course = unseal(tx.vault, &row.screening_sealed)?;
    course.step(tx.now, StepKind::Ticketed, None);
    row.screening_sealed = seal(tx.vault, &course)?;
    row.ticket_no = Some(place.ticket_no.clone());
    row.room = Some(place.room.clone());
    row.seat = Some(place.seat);
    replace(tx, &row, ApplicationState::Approved)
}

/// An admission ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketView {
    /// The application.
    pub application: Id,
    /// Ticket number.
    pub ticket_no: String,
    /// Room.
    pub room: String,
    /// Seat.
    pub seat: i32,
    /// The candidate's name.
    pub name: String,
    /// Resident ID number, masked.
    pub resident_id: String,
    /// Code of the examination.
    pub examination_code: String,
    /// Title of the examination in Chinese.
    pub examination_zh: String,
    /// Title of the examination in English.
    pub examination_en: String,
    /// Code of the post.
    pub post_code: String,
    /// Title of the post in Chinese.
    pub post_zh: String,
    /// Title of the post in English.
    pub post_en: String,
    /// The organisation, in Chinese.
    pub organisation_zh: String,
    /// The organisation, in English.
    pub organisation_en: String,
    /// What is sat, and when.
    pub subjects: Vec<Subject>,
}

/// The ticket of an application: for its candidate, and for those who review and organise.
pub fn ticket(view: &mut View<'_>, actor: &Actor, application: Id) -> Result<TicketView, Problem> {
    let row = readable(view, actor, application)?;
    let (Some(ticket_no), Some(room), Some(seat)) = (row.ticket_no, row.room, row.seat) else {
        return Err(Problem::conflict("ticket-not-issued"));
    };
    let examination = regulation::load(view, row.examination_id)?;
    let post = establishment::post(view, row.post_id)?;
    Ok(TicketView {
        application: row.id,
        ticket_no,
        room,
        seat,
        name: access::name_of(view, row.account_id)?,
        resident_id: resident_of(view, row.account_id)?.to_string(),
        examination_code: examination.code,
        examination_zh: examination.title_zh,
        examination_en: examination.title_en,
        post_code: post.code,
        post_zh: post.title_zh,
        post_en: post.title_en,
        organisation_zh: post.organisation_zh,
        organisation_en: post.organisation_en,
        subjects: regulation::subjects(view, examination.id)?,
    })
}
