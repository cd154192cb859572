//! V6: answers are those with which the scripts were closed.

use std::collections::BTreeMap;

use crate::kernel::Id;
use crate::sitting::records;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::ScriptClosed;
use crate::verification::rules::{At as _, Difference, same};
use crate::verification::store::{self, AttemptRow};

/// The answers of every closed attempt give its digest, which is the one in the log.
pub(super) fn answers(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let closings: Vec<ScriptClosed> = case.decisions.inputs("script.closed")?;
    let mut closings: BTreeMap<Id, ScriptClosed> =
        closings.into_iter().map(|one| (one.attempt, one)).collect();
    let mut count = 0;
    for subject in &case.subjects {
        for attempt in store::attempts(view.db, subject.id)? {
            let at = case.sitting_place(subject, attempt.application_id);
            let closing = closings.remove(&attempt.id);
            match (attempt.state.as_str(), closing) {
                ("closed", Some(closing)) => same_answers(view, &at, &attempt, &closing)?,
                ("closed", None) => {
                    let what = "closed, and the log has no decision `script.closed`";
                    return Err(Difference::new(at, what));
                }
                (_, Some(_)) => return Err(Difference::new(at, "the log closed it; it is open")),
                (_, None) => continue,
            }
            count += 1;
        }
    }
    match closings.into_keys().next() {
        None => Ok(count),
        Some(lost) => {
            let what = format!("attempt {lost}: the log closed it, and it is not stored");
            Err(Difference::new(case.place(), what))
        }
    }
}

fn same_answers(
    view: &mut View<'_>,
    at: &str,
    attempt: &AttemptRow,
    closing: &ScriptClosed,
) -> Result<(), Difference> {
    let answers = records::answers(view, attempt.id).at(at)?;
    let digest = hex::encode(records::digest(&answers).at(at)?);
    let stored = hex::encode(attempt.digest.as_deref().unwrap_or_default());
    same(at, "digest", &stored, "the answers give", &digest)?;
    same(
        at,
        "digest",
        &stored,
        "the log closed it with",
        &closing.digest,
    )?;
    same(
        at,
        "answers",
        &answers.len(),
        "the log counts",
        &closing.answered,
    )
}
