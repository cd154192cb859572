//! V11: nothing and nobody is missing.

use crate::regulation::Phase;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::{MarkingBegun, TicketsIssued};
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
    for subject in &case.subjects {
        for attempt in store::attempts(view.db, subject.id)? {
            if attempt.state != "closed" {
                let at = case.sitting_place(subject, attempt.application_id);
                return Err(Difference::new(
                    at,
                    "marking began, and the attempt is open",
                ));
            }
            attempts += 1;
            scripts += store::scripts(view.db, attempt.id)?.len();
        }
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
