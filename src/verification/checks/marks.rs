//! V7 and V8: written marks follow from the answers, the keys and what the markers gave.

use std::collections::{BTreeMap, BTreeSet};

use super::results::{Given, Items, Sheet, marks_given, rule};
use crate::kernel::{Id, Score};
use crate::marking::{DoubleMarking, MarkerMark, Resolution, resolve};
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::{ObjectiveMarked, ScriptSettled};
use crate::verification::rules::{Difference, same, same_table};
use crate::verification::store::{self, AttemptRow, ScriptRow, SubjectRow};

/// Marks every objective item of every closed attempt by its key again.
pub(super) fn objective(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let decided = decisions(case)?;
    let mut count = 0;
    for subject in &case.subjects {
        let items = Items::read(view, case, subject)?;
        for attempt in closed(view, subject)? {
            let decision = decision(case, subject, &decided, &attempt)?;
            if decision.multiple != case.examination.profile.marking.multiple {
                let at = case.sitting_place(subject, attempt.application_id);
                return Err(Difference::new(
                    at,
                    "marked by another rule than the profile has",
                ));
            }
            let sheet = Sheet::mark(view, case, subject, &items, &attempt, decision.multiple)?;
            count += same_marks(view, case, subject, &attempt, &sheet, decision)?;
        }
    }
    Ok(count)
}

fn decisions(case: &Case) -> Result<BTreeMap<Id, ObjectiveMarked>, Difference> {
    let decided: Vec<ObjectiveMarked> = case.decisions.inputs("objective.marked")?;
    Ok(decided.into_iter().map(|one| (one.attempt, one)).collect())
}

fn decision<'a>(
    case: &Case,
    subject: &SubjectRow,
    decided: &'a BTreeMap<Id, ObjectiveMarked>,
    attempt: &AttemptRow,
) -> Result<&'a ObjectiveMarked, Difference> {
    decided.get(&attempt.id).ok_or_else(|| {
        let at = case.sitting_place(subject, attempt.application_id);
        Difference::new(at, "the log has no decision `objective.marked`")
    })
}

fn closed(view: &mut View<'_>, subject: &SubjectRow) -> Result<Vec<AttemptRow>, Difference> {
    let mut attempts = store::attempts(view.db, subject.id)?;
    attempts.retain(|attempt| attempt.state == "closed");
    Ok(attempts)
}

fn same_marks(
    view: &mut View<'_>,
    case: &Case,
    subject: &SubjectRow,
    attempt: &AttemptRow,
    sheet: &Sheet,
    decision: &ObjectiveMarked,
) -> Result<usize, Difference> {
    let at = case.sitting_place(subject, attempt.application_id);
    let position = |position: &i32| format!("{at}: position {position}");
    let stored = store::objective_marks(view.db, attempt.id)?;
    let marks = stored
        .iter()
        .map(|(place, (mark, _))| (*place, *mark))
        .collect();
    let follow = sheet
        .objective
        .iter()
        .map(|(place, o)| (*place, o.awarded))
        .collect();
    let count = same_table(&marks, &follow, position, "mark", "the key gives")?;
    let outcomes = stored
        .iter()
        .map(|(place, (_, outcome))| (*place, outcome.as_str()))
        .collect();
    let follow = sheet
        .objective
        .iter()
        .map(|(place, o)| (*place, o.outcome.as_str()))
        .collect();
    same_table(&outcomes, &follow, position, "outcome", "the key gives")?;
    same(
        &at,
        "objective total",
        &sheet.objective_total(),
        "the log has",
        &decision.total,
    )?;
    let digest = hex::encode(attempt.digest.as_deref().unwrap_or_default());
    same(&at, "digest", &digest, "the log marked", &decision.digest)?;
    Ok(count)
}

/// Follows every script from the marks that were given to the mark that stands.
pub(super) fn scripts(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let mut desk = Desk::read(case)?;
    let decided = decisions(case)?;
    let mut count = 0;
    for subject in &case.subjects {
        let items = Items::read(view, case, subject)?;
        for attempt in closed(view, subject)? {
            let decision = decision(case, subject, &decided, &attempt)?;
            let sheet = Sheet::mark(view, case, subject, &items, &attempt, decision.multiple)?;
            let at = case.sitting_place(subject, attempt.application_id);
            let scripts = store::scripts(view.db, attempt.id)?;
            same_scripts(&at, &scripts, &sheet, decision)?;
            for script in &scripts {
                desk.same_script(view, &at, script)?;
            }
            count += scripts.len();
        }
    }
    desk.must_be_used_up(case)?;
    Ok(count)
}

/// Every position that people mark has its one script, and every script its position.
fn same_scripts(
    at: &str,
    scripts: &[ScriptRow],
    sheet: &Sheet,
    decision: &ObjectiveMarked,
) -> Result<(), Difference> {
    let position = |position: &i32| format!("{at}: position {position}");
    let stored = scripts
        .iter()
        .map(|script| (script.position, script.max))
        .collect();
    same_table(
        &stored,
        &sheet.essays,
        position,
        "script worth",
        "the paper gives",
    )?;
    let ids = scripts
        .iter()
        .map(|script| (script.position, script.id))
        .collect();
    let logged = decision.scripts.iter().copied().collect();
    same_table(&ids, &logged, position, "script", "the log has")?;
    Ok(())
}

/// What the log says of scripts, taken up piece by piece.
struct Desk {
    rule: DoubleMarking,
    given: BTreeMap<Id, BTreeMap<i32, Given>>,
    settled: BTreeMap<Id, ScriptSettled>,
    known: BTreeSet<Id>,
}

impl Desk {
    fn read(case: &Case) -> Result<Self, Difference> {
        let settled: Vec<ScriptSettled> = case.decisions.inputs("script.settled")?;
        Ok(Self {
            rule: rule(case)?,
            given: marks_given(case)?,
            settled: settled.into_iter().map(|one| (one.script, one)).collect(),
            known: BTreeSet::new(),
        })
    }

    fn same_script(
        &mut self,
        view: &mut View<'_>,
        at: &str,
        script: &ScriptRow,
    ) -> Result<(), Difference> {
        self.known.insert(script.id);
        let at = format!(
            "{at}: script {} (position {})",
            script.blind_code, script.position
        );
        let none = BTreeMap::new();
        let given = self.given.get(&script.id).unwrap_or(&none);
        let stored = store::script_marks(view.db, script.id)?;
        let place = |ordinal: &i32| format!("{at}, mark {ordinal}");
        let marks = stored
            .iter()
            .map(|(ordinal, (_, mark))| (*ordinal, *mark))
            .collect();
        let logged = given
            .iter()
            .map(|(ordinal, one)| (*ordinal, one.mark.mark))
            .collect();
        same_table(&marks, &logged, place, "mark", "the log has")?;
        let markers = stored
            .iter()
            .map(|(ordinal, (marker, _))| (*ordinal, marker.to_string()));
        let logged = given
            .iter()
            .map(|(ordinal, one)| (*ordinal, one.marker.clone()));
        same_table(
            &markers.collect(),
            &logged.collect(),
            place,
            "marker",
            "the log has",
        )?;
        let marks: Vec<MarkerMark> = given.values().map(|one| one.mark).collect();
        let now = resolve(script.max, &marks, &self.rule)
            .map_err(|_| Difference::new(&at, "the rule did not call for these marks"))?;
        self.same_resolution(&at, script, now)
    }

    fn same_resolution(
        &self,
        at: &str,
        script: &ScriptRow,
        now: Resolution,
    ) -> Result<(), Difference> {
        const FOLLOWS: &str = "the marks give";
        same(
            at,
            "state",
            &script.state.as_str(),
            FOLLOWS,
            &now.state().as_str(),
        )?;
        let stands = match now {
            Resolution::Final { mark, by } => Some((mark, by)),
            _ => None,
        };
        let text = |mark: Option<Score>| mark.map_or("none".to_owned(), |mark| mark.to_string());
        let follows = text(stands.map(|(mark, _)| mark));
        same(
            at,
            "final mark",
            &text(script.final_mark),
            FOLLOWS,
            &follows,
        )?;
        let by = script.resolved_by.as_deref().unwrap_or("none");
        let follows = stands.map_or("none", |(_, by)| by.as_str());
        same(at, "way of settling", &by, FOLLOWS, &follows)?;
        let logged = self.settled.get(&script.id);
        let logged = logged.map(|one| (one.mark, one.by));
        if logged == stands {
            return Ok(());
        }
        let logged = text(logged.map(|(mark, _)| mark));
        let what = format!(
            "the log settled it at {logged}, the marks give {}",
            text(script.final_mark)
        );
        Err(Difference::new(at, what))
    }

    /// Nothing in the log belongs to a script that is not there.
    fn must_be_used_up(&self, case: &Case) -> Result<(), Difference> {
        let mut named = self.given.keys().chain(self.settled.keys());
        match named.find(|script| !self.known.contains(script)) {
            None => Ok(()),
            Some(lost) => {
                let what = format!("script {lost}: marked in the log, and not stored");
                Err(Difference::new(case.place(), what))
            }
        }
    }
}
