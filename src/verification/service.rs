//! Runs the checks.

use std::collections::BTreeMap;

use super::case::Case;
use super::checks::CHECKS;
use super::decisions::{self, Decisions};
use super::rules::{Difference, Outcome};
use super::store;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::store::View;

/// Checks the log and every examination, and says what each check found. Changes nothing.
pub fn verify(view: &mut View<'_>) -> Result<Vec<Outcome>, Problem> {
    let log = Outcome::new(1, "log").and(log(view));
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

/// V1: every leaf follows from its decision, places have no gaps, checkpoints fit the leaves.
fn log(view: &mut View<'_>) -> Result<usize, Difference> {
    let entries = ledger::check(view)?.map_err(|found| Difference::new("log", found))?;
    match ledger::waiting(view)? {
        0 => Ok(usize::try_from(entries).unwrap_or_default()),
        count => {
            let what = format!("{count} decisions have no place yet; the server gives them places");
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
