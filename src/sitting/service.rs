//! The acts of the room: opening an attempt, saving answers, handing in, and closing what is
//! overdue.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::bodies::{self, Asked};
use super::records;
use super::rules::{self, AttemptState, ClosedBy, Window};
use super::store::{self, AdmittedRow, AttemptRow, ResponseRow};
use crate::access::{Actor, Role};
use crate::assembly;
use crate::bank::answer;
use crate::bank::item::Answer;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::{self, Entry};
use crate::regulation::phase::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View};

pub use super::view::{
    AttemptItem, AttemptOption, AttemptSection, AttemptStimulus, AttemptView, RoomState,
    RoomSubject, RoomView, attempt_view, picture, room,
};

/// Opens the candidate's attempt at a subject, or gives the one already begun: reopening, from
/// another computer too, goes on where she was.
pub fn open(tx: &mut Tx<'_>, actor: &Actor, subject: Id) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let subject = regulation::subject(tx, subject)?;
    let admitted = store::admitted(tx.db, acting.account, subject.examination)?;
    let admitted = admitted.ok_or_else(Problem::not_found)?;
    let examination = regulation::hold(tx, subject.examination)?;
    examination.phase.must_be(&[Phase::Locked])?;
    if let Some(begun) = store::attempt_at(tx.db, subject.id, admitted.application)? {
        return Ok(begun.id);
    }
    let ends = match rules::window(subject.opens_at, subject.closes_at, 0, tx.now) {
        Window::Early => {
            return Err(Problem::conflict("too-early").with("opens_at", subject.opens_at));
        }
        Window::Over => return Err(Problem::conflict("too-late")),
        Window::Open { ends } => ends,
    };
    let paper = assembly::records::paper(tx, subject.id, admitted.application)?;
    let (paper_id, paper) = paper.ok_or_else(Problem::not_found)?;
    let row = AttemptRow {
        id: Id::new(tx.now),
        subject_id: subject.id,
        application_id: admitted.application,
        account_id: acting.account,
        paper_id,
        state: AttemptState::Open,
        started_at: tx.now,
        closes_at: ends,
        closed_at: None,
        closed_by: None,
        digest: None,
    };
    if !store::insert_attempt(tx, &row)? {
        // Another node opened it a moment ago.
        let begun = store::attempt_at(tx.db, subject.id, admitted.application)?;
        return begun.map(|row| row.id).ok_or_else(Problem::not_found);
    }
    let hash = assembly::paper_hash(&paper).map_err(Problem::internal)?;
    let entry = examination.decision(acting, "attempt.opened");
    ledger::record(tx, &opened(entry, &row, &admitted, &hash))?;
    Ok(row.id)
}

fn opened(entry: Entry, row: &AttemptRow, admitted: &AdmittedRow, paper_hash: &[u8]) -> Entry {
    let inputs = json!({
        "attempt": row.id, "subject": row.subject_id, "ticket_no": admitted.ticket_no,
        "paper_hash": hex::encode(paper_hash), "closes_at": row.closes_at,
    });
    entry.on(inputs).outcome("opened")
}

/// What is stored at a place of the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Saved {
    /// The answer; none if left blank.
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Answer>,
    /// Whether it is marked for later.
    pub flagged: bool,
    /// Its revision. Higher than the one sent if a newer answer was there already.
    pub revision: i64,
    /// When it was saved.
    pub saved_at: Instant,
}

/// Saves an answer. Answers with what is then stored, be it this one or a newer one: a save that
/// the network repeated, delayed or overtook does no harm.
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    attempt: Id,
    position: u32,
    answer: Option<Answer>,
    flagged: bool,
    revision: i64,
) -> Result<Saved, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let attempt = store::hold_own_attempt(tx, acting.account, attempt)?;
    let attempt = attempt.ok_or_else(Problem::not_found)?;
    let place = i32::try_from(position).map_err(|_| Problem::not_found())?;
    let asked = bodies::asked(tx, &attempt, position)?.ok_or_else(Problem::not_found)?;
    let saved = |row| saved(row, &asked.option_order);
    if let Some(refusal) = rules::refusal(attempt.state, attempt.closes_at, tx.now) {
        // Perhaps it was in time and only the answer to it was lost on the way.
        let stored = store::response(tx.db, attempt.id, place)?;
        let stored = stored.filter(|row| !rules::supersedes(revision, row.revision));
        return stored.map_or(Err(refusal), saved);
    }
    if revision < 1 {
        return Err(Problem::field("revision", "revision-from-one"));
    }
    let answer = answer.filter(|answer| !answer::is_blank(answer));
    let kept = answer.map(|answer| kept(&asked, answer)).transpose()?;
    let text = kept.as_ref().map(serde_json::to_string).transpose();
    let row = ResponseRow {
        attempt_id: attempt.id,
        position: place,
        answer: text.map_err(Problem::internal)?,
        flagged,
        revision,
        saved_at: tx.now,
    };
    if store::put_response(tx, &row)? {
        return saved(row);
    }
    let newer = store::response(tx.db, attempt.id, place)?;
    newer.map_or_else(|| Err(Problem::not_found()), saved)
}

/// The answer as it is kept, if the item can have it.
fn kept(asked: &Asked, answer: Answer) -> Result<Answer, Problem> {
    let refused = |fault| Problem::invalid(vec![fault]);
    answer::accepts(&asked.body, &answer).map_err(refused)?;
    rules::as_kept(answer, &asked.option_order)
        .ok_or_else(|| Problem::field("answer", "no-such-option"))
}

fn saved(row: ResponseRow, option_order: &[u8]) -> Result<Saved, Problem> {
    let answer = row.answer.as_deref().map(serde_json::from_str).transpose();
    let answer: Option<Answer> = answer.map_err(Problem::internal)?;
    Ok(Saved {
        answer: answer.map(|answer| rules::as_shown(answer, option_order)),
        flagged: row.flagged,
        revision: row.revision,
        saved_at: row.saved_at,
    })
}

/// What a candidate holds in hand after her script is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// When it was closed.
    pub closed_at: Instant,
    /// By whom.
    pub closed_by: ClosedBy,
    /// Places answered.
    pub answered: usize,
    /// SHA-256 over the answers, hexadecimal, as the log commits to it.
    pub digest: String,
}

/// Hands in. A second time answers the same.
pub fn hand_in(tx: &mut Tx<'_>, actor: &Actor, attempt: Id) -> Result<Receipt, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let row = store::own_attempt(tx.db, acting.account, attempt)?;
    let row = row.ok_or_else(Problem::not_found)?;
    if row.state == AttemptState::Open {
        let examination = examination_of(tx, &row)?;
        let entry = examination.decision(acting, "script.closed");
        close(tx, entry, &row, ClosedBy::Candidate)?;
    }
    let row = store::own_attempt(tx.db, acting.account, attempt)?;
    row.map_or_else(|| Err(Problem::not_found()), |row| receipt(tx, &row))
}

pub(super) fn receipt(view: &mut View<'_>, row: &AttemptRow) -> Result<Receipt, Problem> {
    let (Some(closed_at), Some(closed_by), Some(digest)) =
        (row.closed_at, row.closed_by, &row.digest)
    else {
        return Err(Problem::internal("a closed attempt without its digest"));
    };
    Ok(Receipt {
        closed_at,
        closed_by,
        answered: records::answers(view, row.id)?.len(),
        digest: hex::encode(digest),
    })
}

/// Closes every attempt of an examination whose time is over; says how many.
pub fn close_overdue(tx: &mut Tx<'_>, examination: Id) -> Result<usize, Problem> {
    close_some(tx, examination, i64::MAX)
}

/// One round of the background: closes some attempts whose time is over, in whatever examination,
/// and says how many. Rounds are short, so that saves of others do not wait for them.
pub fn close_round(tx: &mut Tx<'_>) -> Result<usize, Problem> {
    const ROUND: i64 = 100;
    let mut closed = 0;
    for examination in store::examinations_overdue(tx)? {
        closed += close_some(tx, examination, ROUND)?;
    }
    Ok(closed)
}

fn close_some(tx: &mut Tx<'_>, examination: Id, limit: i64) -> Result<usize, Problem> {
    let overdue = store::overdue(tx, examination, limit)?;
    let examination = regulation::hold(tx, examination)?;
    for row in &overdue {
        let entry = examination.system_decision("script.closed");
        close(tx, entry, row, ClosedBy::Time)?;
    }
    Ok(overdue.len())
}

/// Closes an attempt if it is still open. The state changes first, so that no answer can slip in
/// beside the digest.
fn close(tx: &mut Tx<'_>, entry: Entry, row: &AttemptRow, by: ClosedBy) -> Result<(), Problem> {
    if !store::close(tx, row.id, by)? {
        return Ok(());
    }
    let answers = records::answers(tx, row.id)?;
    let digest = records::digest(&answers)?;
    store::set_digest(tx, row.id, &digest)?;
    let inputs = json!({
        "attempt": row.id, "subject": row.subject_id, "application": row.application_id,
        "ticket_no": store::ticket_no(tx.db, row.application_id)?,
        "digest": hex::encode(digest), "answered": answers.len(), "by": by,
    });
    let entry = entry.on(inputs).about(row.application_id);
    ledger::record(tx, &entry.outcome("closed"))?;
    Ok(())
}

fn examination_of(view: &mut View<'_>, row: &AttemptRow) -> Result<Examination, Problem> {
    let subject = regulation::subject(view, row.subject_id)?;
    regulation::load(view, subject.examination)
}
