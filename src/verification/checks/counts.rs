//! V11: nothing and nobody is missing.

use std::collections::BTreeMap;

use crate::registration::rules::ApplicationState;
use crate::regulation::Phase;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::{CountsFixed, MarkingBegun, TicketsIssued};
use crate::verification::rules::{Difference, same};
use crate::verification::store;

/// The stage is the one that the decisions reached, and from stage to stage the numbers of people,
/// papers, attempts, scripts and lines tie.
pub(super) fn completeness(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let at = case.place();
    let (stored, logged) = (case.examination.phase, case.decisions.phase());
    if stored < logged {
        same(
            &at,
            "stage",
            &stored.as_str(),
            "the log reached",
            &logged.as_str(),
        )?;
    }
    let mut counts = Counts { at, checked: 1 };
    if case.reached() >= Phase::Ticketed {
        let issued: TicketsIssued = case.decisions.only(&counts.at, "tickets.issued")?;
        counts.tie(
            "tickets",
            case.tickets.len(),
            "the log issued",
            issued.count,
        )?;
    }
    if case.reached() >= Phase::Locked {
        papers(view, case, &mut counts)?;
    }
    if case.reached() >= Phase::Marking {
        applications(view, case, &mut counts)?;
        sittings(view, case, &mut counts)?;
    }
    if case.reached() >= Phase::WrittenPublished {
        lines(view, case, &mut counts)?;
    }
    Ok(counts.checked)
}

/// Counts that tied so far.
struct Counts {
    at: String,
    checked: usize,
}

impl Counts {
    fn tie(
        &mut self,
        what: &str,
        stored: usize,
        source: &str,
        follows: usize,
    ) -> Result<(), Difference> {
        same(&self.at, what, &stored, source, &follows)?;
        self.checked += 1;
        Ok(())
    }

    /// What was found of a sitting: sat, absent, objective marks and scripts, against the counts.
    fn tie_sitting(
        &mut self,
        fixed: &CountsFixed,
        component: &str,
        found: [usize; 4],
    ) -> Result<(), Difference> {
        let sitting = fixed.sittings.iter().find(|one| one.component == component);
        let sitting = sitting.ok_or_else(|| {
            Difference::new(&self.at, format!("nothing of {component} was counted"))
        })?;
        let counted = [
            sitting.sat,
            sitting.absent,
            sitting.objective,
            sitting.scripts,
        ];
        let words = ["attempts", "absences", "objective marks", "scripts"];
        for ((word, found), counted) in words.into_iter().zip(found).zip(counted) {
            let what = format!("{word} of {component}");
            self.tie(&what, found, "marking began with", counted)?;
        }
        Ok(())
    }
}

/// Everybody who applied is still there, in the state in which they were counted, and those approved
/// have a ticket.
fn applications(view: &mut View<'_>, case: &Case, counts: &mut Counts) -> Result<(), Difference> {
    let fixed: CountsFixed = case.decisions.only(&counts.at, "counts.fixed")?;
    let stored = store::applications(view.db, case.examination.id)?;
    let number = |of: &BTreeMap<String, i64>, state: &str| {
        let count = of.get(state).copied().unwrap_or_default();
        usize::try_from(count).unwrap_or_default()
    };
    for state in ApplicationState::ALL {
        let (state, counted) = (state.as_str(), number(&fixed.applications, state.as_str()));
        let what = format!("applications that are {state}");
        counts.tie(&what, number(&stored, state), "marking began with", counted)?;
    }
    let submitted = case.decisions.of(&["application.submitted"]).count();
    let all = fixed.applications.values().sum::<i64>();
    let all = usize::try_from(all).unwrap_or_default();
    counts.tie("applications", all, "the log has submitted", submitted)?;
    let approved = number(&fixed.applications, ApplicationState::Approved.as_str());
    counts.tie("tickets counted", fixed.ticketed, "approved were", approved)?;
    counts.tie(
        "tickets",
        case.tickets.len(),
        "marking began with",
        fixed.ticketed,
    )?;
    counts.tie(
        "lines counted",
        fixed.ranking_rows,
        "tickets were",
        fixed.ticketed,
    )
}

/// One paper in each subject for everybody with a ticket.
fn papers(view: &mut View<'_>, case: &Case, counts: &mut Counts) -> Result<(), Difference> {
    for subject in &case.subjects {
        let papers = store::papers(view.db, subject.id)?.len();
        let what = format!("papers of {}", subject.component);
        counts.tie(&what, papers, "the tickets ask for", case.tickets.len())?;
    }
    Ok(())
}

/// Everybody with a ticket sat or was absent, and what was sat was marked.
fn sittings(view: &mut View<'_>, case: &Case, counts: &mut Counts) -> Result<(), Difference> {
    let (mut attempts, mut scripts) = (0, 0);
    let fixed: CountsFixed = case.decisions.only(&counts.at, "counts.fixed")?;
    for subject in &case.subjects {
        let (mut sat, mut essays, mut objective) = (0, 0, 0);
        for attempt in store::attempts(view.db, subject.id)? {
            if attempt.state != "closed" {
                let at = case.sitting_place(subject, attempt.application_id);
                return Err(Difference::new(
                    at,
                    "marking began, and the attempt is open",
                ));
            }
            sat += 1;
            essays += store::scripts(view.db, attempt.id)?.len();
            objective += store::objective_marks(view.db, attempt.id)?.len();
        }
        let found = [
            sat,
            case.tickets.len().saturating_sub(sat),
            objective,
            essays,
        ];
        counts.tie_sitting(&fixed, &subject.component, found)?;
        attempts += sat;
        scripts += essays;
    }
    let begun: MarkingBegun = case.decisions.only(&counts.at, "marking.begun")?;
    counts.tie("attempts", attempts, "marking began with", begun.attempts)?;
    counts.tie("scripts", scripts, "marking began with", begun.scripts)?;
    let places = case.tickets.len() * case.subjects.len();
    counts.tie(
        "places",
        places,
        "attempts and absences make",
        attempts + begun.absences,
    )?;
    let marked = case.decisions.of(&["objective.marked"]).count();
    counts.tie("attempts", attempts, "the log marked", marked)
}

/// Everybody with a ticket has a line on the written list, and those who went on another one.
fn lines(view: &mut View<'_>, case: &Case, counts: &mut Counts) -> Result<(), Difference> {
    const GOES_ON: [&str; 2] = ["entered", "entered_by_tie"];
    let rows = store::rankings(view.db, case.examination.id)?;
    let on = |list: &'static str| rows.iter().filter(move |row| row.phase == list);
    let tickets = case.tickets.len();
    counts.tie(
        "lines of the written list",
        on("written").count(),
        "the tickets ask for",
        tickets,
    )?;
    if case.reached() == Phase::Published {
        let entered = on("written").filter(|row| GOES_ON.contains(&row.outcome.as_str()));
        let entered = entered.count();
        counts.tie(
            "lines of the merit list",
            on("final").count(),
            "the shortlist has",
            entered,
        )?;
    }
    Ok(())
}
