//! Objections in the publicity period (公示期间的异议; Civil Servant Law, Art. 32): whoever took part
//! may object, the office answers each with a reason, and the public sees how many there were.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::store::{self, ObjectionRow, ObjectionState, WithTicket};
use crate::access::{Actor, Role};
use crate::kernel::{Fault, Id, Instant, Problem, zone};
use crate::ledger;
use crate::registration::service::{self as registration, ApplicationView};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View};

/// Who answers objections, and who else reads them.
const ANSWERERS: &[Role] = &[Role::Hr, Role::Organiser];
const READERS: &[Role] = &[Role::Hr, Role::Organiser, Role::Supervisor];
/// Most characters of an objection, and of the answer.
const TEXT_MAX: usize = 2000;
/// Most objections of one candidate in one examination.
const OBJECTIONS_MAX: i64 = 5;

/// An objection to file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    /// What is objected to, and why.
    pub text: String,
}

/// The answer to an objection.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it was right.
    pub uphold: bool,
    /// Why, as the candidate reads it.
    pub reason: String,
}

/// An objection, for the candidate and for those who answer it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ObjectionView {
    /// Id.
    pub id: Id,
    /// Its number in the examination, from one.
    pub number: i32,
    /// Ticket number of whoever made it.
    pub ticket_no: String,
    /// The objection.
    pub text: String,
    /// When it was filed.
    pub filed_at: Instant,
    /// Where it stands.
    pub state: ObjectionState,
    /// The answer.
    pub reason: Option<String>,
    /// When it was answered.
    pub decided_at: Option<Instant>,
}

/// How many objections there were, as everybody sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ObjectionCounts {
    /// Not answered yet.
    pub open: i64,
    /// Upheld.
    pub upheld: i64,
    /// Rejected.
    pub rejected: i64,
}

/// Whether objections are taken at this moment: from the merit list to the last minute of the last
/// day of the publicity period, in the examination's zone.
pub fn takes_objections(examination: &Examination, now: Instant) -> bool {
    let last = examination.publicity_ends.as_deref();
    let last: Option<Date> = last.and_then(|day| day.parse().ok());
    let open = last.is_some_and(|last| now.date_in(&zone()) <= last);
    examination.phase == Phase::Published && open
}

/// Files an objection. Role: a candidate with a ticket, about the examination that she sat.
pub fn object(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    new: &NewObjection,
) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let own = own(tx, actor, application)?;
    let examination = regulation::hold_alone(tx, own.examination)?;
    if !takes_objections(&examination, tx.now) {
        return Err(Problem::conflict("no-objections-now"));
    }
    let text = checked("text", &new.text)?;
    if store::count_of(tx.db, application)? >= OBJECTIONS_MAX {
        return Err(Problem::conflict("too-many-objections").with("max", OBJECTIONS_MAX));
    }
    let number = store::count(tx.db, examination.id)? + 1;
    let row = ObjectionRow {
        id: Id::new(tx.now),
        examination_id: examination.id,
        application_id: application,
        number: i32::try_from(number).map_err(Problem::internal)?,
        text_sealed: tx.vault.seal(text)?,
        filed_at: tx.now,
        state: ObjectionState::Open,
        reason_sealed: None,
        decided_by: None,
        decided_at: None,
    };
    store::insert(tx, &row)?;
    let inputs = json!({
        "objection": row.id, "number": row.number, "application": application, "text": text,
    });
    let entry = examination.decision(acting, "objection.filed").on(inputs);
    ledger::record(tx, &entry.about(application).outcome("filed"))?;
    Ok(row.id)
}

fn checked<'a>(place: &str, text: &'a str) -> Result<&'a str, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::field(place, "required"));
    }
    if text.chars().count() > TEXT_MAX {
        let fault = Fault::new(place, "too-long").with("max", TEXT_MAX);
        return Err(Problem::invalid(vec![fault]));
    }
    match Fault::of_control(place, text, &['\n', '\r', '\t']) {
        None => Ok(text),
        Some(fault) => Err(Problem::invalid(vec![fault])),
    }
}

/// The application, if it is the actor's own and has a ticket.
fn own(view: &mut View<'_>, actor: &Actor, application: Id) -> Result<ApplicationView, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    let own = registration::application(view, actor, application)?;
    match own.ticket_no {
        Some(_) => Ok(own),
        None => Err(Problem::conflict("ticket-not-issued")),
    }
}

/// Answers an objection. What follows where it is upheld is decided by acts of their own: a mark
/// is corrected, a list is not edited in silence.
pub fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    objection: Id,
    answer: &Answer,
) -> Result<(), Problem> {
    let acting = actor.acting_as(ANSWERERS)?;
    let examination = store::examination_of(tx.db, objection)?;
    let examination = regulation::hold(tx, examination)?;
    let row = store::held(tx, objection)?;
    if row.state != ObjectionState::Open {
        return Err(Problem::conflict("already-decided"));
    }
    let reason = checked("reason", &answer.reason)?;
    let state = if answer.uphold {
        ObjectionState::Upheld
    } else {
        ObjectionState::Rejected
    };
    let sealed = tx.vault.seal(reason)?;
    store::decide(tx, objection, state, &sealed, acting.account)?;
    let inputs = json!({
        "objection": row.id, "number": row.number, "application": row.application_id,
    });
    let entry = examination.decision(acting, "objection.decided").on(inputs);
    let entry = entry.about(row.application_id).because(reason);
    ledger::record(tx, &entry.outcome(state.as_str()))?;
    Ok(())
}

/// The objections of an examination, by number.
pub fn objections(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<(Examination, Vec<ObjectionView>), Problem> {
    actor.acting_as(READERS)?;
    let examination = regulation::load(view, examination)?;
    let rows = store::list(view.db, examination.id, None)?;
    let views: Result<Vec<_>, _> = rows.into_iter().map(|row| shown(view, row)).collect();
    Ok((examination, views?))
}

/// One's own objections, and whether another may be filed now.
pub fn own_objections(
    view: &mut View<'_>,
    actor: &Actor,
    application: Id,
) -> Result<(Examination, Vec<ObjectionView>), Problem> {
    let own = own(view, actor, application)?;
    let examination = regulation::load(view, own.examination)?;
    let rows = store::list(view.db, examination.id, Some(application))?;
    let views: Result<Vec<_>, _> = rows.into_iter().map(|row| shown(view, row)).collect();
    Ok((examination, views?))
}

/// How many objections there were. Open to everybody.
pub fn counts(view: &mut View<'_>, examination: Id) -> Result<ObjectionCounts, Problem> {
    let mut counts = ObjectionCounts::default();
    for (state, count) in store::states(view.db, examination)? {
        match state {
            ObjectionState::Open => counts.open = count,
            ObjectionState::Upheld => counts.upheld = count,
            ObjectionState::Rejected => counts.rejected = count,
        }
    }
    Ok(counts)
}

fn shown(view: &View<'_>, (row, ticket): WithTicket) -> Result<ObjectionView, Problem> {
    let reason = row.reason_sealed.as_deref();
    let reason = reason
        .map(|sealed| view.vault.open_text(sealed))
        .transpose()?;
    Ok(ObjectionView {
        id: row.id,
        number: row.number,
        ticket_no: ticket.unwrap_or_default(),
        text: view.vault.open_text(&row.text_sealed)?,
        filed_at: row.filed_at,
        state: row.state,
        reason,
        decided_at: row.decided_at,
    })
}
