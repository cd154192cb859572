//! Runs the checks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::case::Case;
use super::checks::CHECKS;
use super::decisions::{self, Decisions};
use super::published;
use super::rules::{Difference, Outcome};
use super::store;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::ledger::publish::Logs;
use crate::store::{Store, View};

/// How long the decisions that wait for a place when a verification begins are given to get one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks the log and every examination as they are at one moment, and says what each check found.
/// The server may go on meanwhile. Decisions that wait get their places, as from the server; nothing
/// else is changed.
pub fn verify(store: &Store) -> Result<Vec<Outcome>, Problem> {
    let stuck = ledger::settle(store, PATIENCE)?;
    store.snapshot_blocking(|view| run(view, &stuck))
}

/// As [`verify`], and compares the published files with the rows: for whoever holds the machine.
pub fn audit(store: &Store, logs: &Logs) -> Result<Vec<Outcome>, Problem> {
    // Read first: what is published while the checks run is in no state that they look at.
    let heads = published::heads(store, logs);
    let stuck = ledger::settle(store, PATIENCE)?;
    store.snapshot_blocking(|view| {
        let mut outcomes = run(view, &stuck)?;
        let files = heads.and_then(|heads| published::published(view, logs, &heads));
        outcomes.push(Outcome::new(12, "published log").and(files));
        Ok(outcomes)
    })
}

/// Runs all checks. `stuck` are decisions that had time enough to get a place and got none.
fn run(view: &mut View<'_>, stuck: &BTreeSet<Id>) -> Result<Vec<Outcome>, Problem> {
    let log = Outcome::new(1, "log").and(log(view, stuck));
    let mut outcomes: Vec<Outcome> = CHECKS
        .iter()
        .map(|check| Outcome::new(check.number, check.name))
        .collect();
    match decisions::read(view) {
        Ok(decisions) => examinations(view, decisions, &mut outcomes)?,
        Err(problem) => {
            let unread = Difference::new("the log cannot be read", problem);
            add_to_all(&mut outcomes, &unread);
        }
    }
    outcomes.insert(0, log);
    Ok(outcomes)
}

/// V1: every leaf follows from its decision, places have no gaps, checkpoints fit the leaves, and
/// no decision stays without a place. One that was just taken may still wait for it.
fn log(view: &mut View<'_>, stuck: &BTreeSet<Id>) -> Result<usize, Difference> {
    let entries = ledger::check(view)?.map_err(|found| Difference::new("log", found))?;
    match ledger::without_place(view)?.intersection(stuck).count() {
        0 => Ok(usize::try_from(entries).unwrap_or_default()),
        count => {
            let what = format!("{count} decisions have no place and get none");
            Err(Difference::new("log", what))
        }
    }
}

fn examinations(
    view: &mut View<'_>,
    mut decisions: BTreeMap<Id, Decisions>,
    outcomes: &mut [Outcome],
) -> Result<(), Problem> {
    for row in store::examinations(view.db)? {
        let own = decisions.remove(&row.id).unwrap_or_default();
        match Case::read(view, &row, own) {
            Ok(case) => examination(view, &case, outcomes),
            Err(problem) => {
                let at = format!("examination {}", row.code);
                add_to_all(outcomes, &Difference::new(at, problem));
            }
        }
    }
    if let Some(lost) = decisions.into_keys().next() {
        let what = "the log decides on it, and it is not stored";
        add_to_all(
            outcomes,
            &Difference::new(format!("examination {lost}"), what),
        );
    }
    Ok(())
}

/// Runs the checks for which the examination has come far enough.
fn examination(view: &mut View<'_>, case: &Case, outcomes: &mut [Outcome]) {
    for (check, outcome) in CHECKS.iter().zip(outcomes) {
        if case.reached() >= check.since {
            let found = (check.run)(view, case);
            *outcome = outcome.clone().and(found);
        }
    }
}

fn add_to_all(outcomes: &mut [Outcome], difference: &Difference) {
    for outcome in outcomes {
        *outcome = outcome.clone().and(Err(difference.clone()));
    }
}
