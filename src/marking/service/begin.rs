//! The beginning of marking: objective items by their keys, written answers made into blind scripts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::rule;
use crate::access::{Acting, Actor, Role};
use crate::assembly::records::paper;
use crate::assembly::{Paper, PlacedItem};
use crate::bank::item::{Answer, Body, Item};
use crate::bank::records::item_versions;
use crate::kernel::{Id, Problem, Score, secret};
use crate::ledger;
use crate::marking::double::ScriptState;
use crate::marking::objective::{Objective, mark_objective};
use crate::marking::store::{self, ObjectiveRow, ScriptRow};
use crate::registration::records::ticketed;
use crate::registration::service as registration;
use crate::regulation::service::{Examination, Subject, advance, hold_alone, load, subjects};
use crate::regulation::{MultipleRule, Phase};
use crate::sitting::records::{Closed, answers, closed, digest};
use crate::store::{Tx, View};

/// An examination's attempts marked by the key, ready to be written: [`begin`] takes it.
#[derive(Debug)]
pub struct Prepared {
    examination: Id,
    attempts: Vec<MarkedAttempt>,
    absences: usize,
}

#[derive(Debug)]
struct MarkedAttempt {
    attempt: Id,
    ticket_no: String,
    component: String,
    digest: String,
    objective: Vec<(i32, Objective)>,
    essays: Vec<(i32, Score)>,
}

/// What was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Begun {
    /// Attempts marked by the key.
    pub attempts: usize,
    /// Written answers to be marked by people.
    pub scripts: usize,
    /// Places that stayed empty: a candidate counts once for each subject not sat.
    pub absences: usize,
}

/// How many there are of everything that leads to a result, fixed before the first mark is given:
/// whoever is missing on a list later was counted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Applications, by what became of them.
    pub applications: BTreeMap<String, i64>,
    /// Candidates with a ticket.
    pub ticketed: usize,
    /// What was sat, by component.
    pub sittings: Vec<SittingCounts>,
    /// Lines that the written list must have.
    pub ranking_rows: usize,
}

/// What came of one sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SittingCounts {
    /// The component.
    pub component: String,
    /// Attempts handed in or closed by the time.
    pub sat: usize,
    /// Candidates with a ticket who did not come.
    pub absent: usize,
    /// Items to be marked by key.
    pub objective: usize,
    /// Written answers to be marked by people.
    pub scripts: usize,
}

/// Marks every objective item by the key of the version that was frozen into the paper, once all
/// sittings are over. Changes nothing, so it may take its time beside the writer.
pub fn prepare(view: &mut View<'_>, actor: &Actor, examination: Id) -> Result<Prepared, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let examination = load(view, examination)?;
    let subjects = may_begin(view, &examination)?;
    let candidates = ticketed(view, examination.id)?;
    let tickets: BTreeMap<Id, String> = candidates
        .into_iter()
        .map(|one| (one.application, one.ticket_no))
        .collect();
    let mut attempts = Vec::new();
    let rule = examination.profile.marking.multiple;
    for subject in &subjects {
        attempts.extend(mark_subject(view, subject, &tickets, rule)?);
    }
    Ok(Prepared {
        examination: examination.id,
        absences: (tickets.len() * subjects.len()).saturating_sub(attempts.len()),
        attempts,
    })
}

/// The subjects, if all of them are over and every attempt at them is closed.
fn may_begin(view: &mut View<'_>, examination: &Examination) -> Result<Vec<Subject>, Problem> {
    examination.phase.must_be(&[Phase::Locked])?;
    rule(examination)?;
    let subjects = subjects(view, examination.id)?;
    if subjects.iter().any(|subject| view.now < subject.closes_at) {
        return Err(Problem::conflict("sittings-not-over"));
    }
    match store::open_attempts(view.db, examination.id)? {
        0 => Ok(subjects),
        open => Err(Problem::conflict("attempts-still-open").with("count", open)),
    }
}

fn mark_subject(
    view: &mut View<'_>,
    subject: &Subject,
    tickets: &BTreeMap<Id, String>,
    rule: MultipleRule,
) -> Result<Vec<MarkedAttempt>, Problem> {
    let committed = store::digests(view.db, subject.id)?;
    let mut items = Items::default();
    let mut marked = Vec::new();
    for one in closed(view, subject.id)? {
        let ticket_no = tickets
            .get(&one.application)
            .ok_or_else(Problem::not_found)?;
        let answers = answers(view, one.attempt)?;
        let digest = digest(&answers)?;
        let said = committed.get(&one.attempt).and_then(Option::as_deref);
        if said != Some(digest.as_slice()) {
            return Err(Problem::conflict("answers-altered").with("ticket", ticket_no));
        }
        let (objective, essays) = mark_attempt(view, one, &mut items, &answers, rule)?;
        marked.push(MarkedAttempt {
            attempt: one.attempt,
            ticket_no: ticket_no.clone(),
            component: subject.component.clone(),
            digest: hex::encode(digest),
            objective,
            essays,
        });
    }
    Ok(marked)
}

type Marks = (Vec<(i32, Objective)>, Vec<(i32, Score)>);

fn mark_attempt(
    view: &mut View<'_>,
    one: Closed,
    items: &mut Items,
    answers: &BTreeMap<u32, Answer>,
    rule: MultipleRule,
) -> Result<Marks, Problem> {
    let (_, paper) = paper(view, one.subject, one.application)?.ok_or_else(Problem::not_found)?;
    items.load(view, &paper)?;
    let (mut objective, mut essays) = (Vec::new(), Vec::new());
    for place in paper.places() {
        let position = i32::try_from(place.position).map_err(Problem::internal)?;
        let body = &items.of(place)?.body;
        if matches!(body, Body::Essay { .. }) {
            essays.push((position, place.marks));
            continue;
        }
        let answer = answers.get(&place.position);
        let mark = mark_objective(body, answer, place.marks, rule);
        objective.push((position, mark.map_err(Problem::internal)?));
    }
    Ok((objective, essays))
}

/// The frozen versions met so far; each is opened once for all papers.
#[derive(Default)]
struct Items(BTreeMap<(Id, i32), Item>);

impl Items {
    fn load(&mut self, view: &mut View<'_>, paper: &Paper) -> Result<(), Problem> {
        let named = paper.places().map(|place| (place.item_id, place.version));
        let missing: Vec<(Id, i32)> = named.filter(|key| !self.0.contains_key(key)).collect();
        if !missing.is_empty() {
            self.0.extend(item_versions(view, &missing)?);
        }
        Ok(())
    }

    fn of(&self, place: &PlacedItem) -> Result<&Item, Problem> {
        let item = self.0.get(&(place.item_id, place.version));
        item.ok_or_else(|| Problem::internal("a paper names an item version that is not there"))
    }
}

/// Writes what was prepared: objective marks, one blind script for each written answer, a decision
/// for each attempt; and opens the marking.
pub fn begin(tx: &mut Tx<'_>, actor: &Actor, prepared: &Prepared) -> Result<Begun, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = hold_alone(tx, prepared.examination)?;
    let subjects = may_begin(tx, &examination)?;
    prepared.must_be_all_of(tx, &subjects)?;
    advance(tx, &examination, Phase::Marking)?;
    let counts = prepared.counts(tx, actor, &subjects)?;
    let entry = examination.decision(acting, "counts.fixed");
    ledger::record(tx, &entry.on(json!(counts)).outcome("fixed"))?;
    for attempt in &prepared.attempts {
        write_attempt(tx, &examination, acting, attempt)?;
    }
    let begun = Begun {
        attempts: prepared.attempts.len(),
        scripts: prepared.attempts.iter().map(|a| a.essays.len()).sum(),
        absences: prepared.absences,
    };
    let entry = examination.decision(acting, "marking.begun");
    ledger::record(tx, &entry.on(json!(begun)).outcome("begun"))?;
    Ok(begun)
}

impl Prepared {
    fn counts(
        &self,
        view: &mut View<'_>,
        actor: &Actor,
        subjects: &[Subject],
    ) -> Result<Counts, Problem> {
        let states = registration::counts(view, actor, self.examination)?.into_iter();
        let ticketed = ticketed(view, self.examination)?.len();
        let sitting = |subject: &Subject| {
            let of = |one: &&MarkedAttempt| one.component == subject.component;
            let attempts: Vec<&MarkedAttempt> = self.attempts.iter().filter(of).collect();
            SittingCounts {
                component: subject.component.clone(),
                sat: attempts.len(),
                absent: ticketed.saturating_sub(attempts.len()),
                objective: attempts.iter().map(|one| one.objective.len()).sum(),
                scripts: attempts.iter().map(|one| one.essays.len()).sum(),
            }
        };
        Ok(Counts {
            applications: states
                .map(|(state, count)| (state.as_str().to_owned(), count))
                .collect(),
            ticketed,
            sittings: subjects.iter().map(sitting).collect(),
            ranking_rows: ticketed,
        })
    }

    /// Refuses if an attempt was closed after this was prepared.
    fn must_be_all_of(&self, view: &mut View<'_>, subjects: &[Subject]) -> Result<(), Problem> {
        let mut now = BTreeSet::new();
        for subject in subjects {
            now.extend(closed(view, subject.id)?.into_iter().map(|one| one.attempt));
        }
        let then: BTreeSet<Id> = self.attempts.iter().map(|one| one.attempt).collect();
        if then == now {
            return Ok(());
        }
        Err(Problem::conflict("marking-outdated"))
    }
}

fn write_attempt(
    tx: &mut Tx<'_>,
    examination: &Examination,
    acting: Acting,
    marked: &MarkedAttempt,
) -> Result<(), Problem> {
    for (position, objective) in &marked.objective {
        let row = ObjectiveRow {
            attempt_id: marked.attempt,
            position: *position,
            awarded: objective.awarded,
            outcome: objective.outcome,
        };
        store::insert_objective(tx, &row)?;
    }
    let mut scripts = Vec::new();
    for (position, max) in &marked.essays {
        scripts.push((
            *position,
            write_script(tx, marked.attempt, *position, *max)?,
        ));
    }
    let total: Score = marked.objective.iter().map(|(_, o)| o.awarded).sum();
    let inputs = json!({
        "attempt": marked.attempt, "ticket_no": marked.ticket_no, "component": marked.component,
        "digest": marked.digest, "multiple": examination.profile.marking.multiple, "total": total, "scripts": scripts,
    });
    let entry = examination.decision(acting, "objective.marked");
    ledger::record(tx, &entry.on(inputs).outcome(total.to_string()))?;
    Ok(())
}

fn write_script(tx: &mut Tx<'_>, attempt: Id, position: i32, max: Score) -> Result<Id, Problem> {
    let row = ScriptRow {
        id: Id::new(tx.now),
        attempt_id: attempt,
        position,
        blind_code: free_blind_code(tx)?,
        max,
        state: ScriptState::NeedsFirst,
        final_mark: None,
        resolved_by: None,
    };
    store::insert_script(tx, &row)?;
    Ok(row.id)
}

fn free_blind_code(tx: &mut Tx<'_>) -> Result<String, Problem> {
    loop {
        let code = blind_code(u64::from_le_bytes(secret::random()));
        if !store::blind_code_taken(tx.db, &code)? {
            return Ok(code);
        }
    }
}

/// Letters and digits that nobody takes for one another.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Eight characters of chance (密号). It is made of nothing else, so it says nothing of anybody.
fn blind_code(mut random: u64) -> String {
    let base = ALPHABET.len() as u64;
    let mut next = || {
        let place = usize::try_from(random % base).unwrap_or_default();
        random /= base;
        char::from(ALPHABET[place])
    };
    (0..8).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blind_codes_are_eight_characters_without_look_alikes() {
        assert_eq!(blind_code(0), "22222222");
        assert_eq!(blind_code(31 * 31 + 1), "32322222");
        let code = blind_code(u64::MAX);
        assert_eq!(code.len(), 8);
        assert!(!code.contains(['0', 'O', '1', 'I', 'L']));
    }
}
