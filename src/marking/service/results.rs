//! What later rooms read of marking: the mark of each candidate in each component, and what is
//! still out.

use std::collections::{BTreeMap, BTreeSet};

use super::panels::{complete, entered};
use super::{candidates, store};
use crate::kernel::{Id, Problem, Score};
use crate::marking::panel::{Panel, ResultMark, seats};
use crate::registration::records::{Ticketed, ticketed};
use crate::regulation::Phase;
use crate::regulation::service::{Examination, Subject, load, subjects};
use crate::sitting::records::closed;
use crate::store::View;

/// What every candidate with a ticket has in each component. A component whose marks are not
/// complete yet is left out; one that was not sat is [`ResultMark::Absent`].
pub fn component_marks(
    view: &mut View<'_>,
    examination: Id,
) -> Result<BTreeMap<Id, BTreeMap<String, ResultMark>>, Problem> {
    let examination = load(view, examination)?;
    let all = ticketed(view, examination.id)?;
    let mut marks: BTreeMap<Id, BTreeMap<String, ResultMark>> = all
        .iter()
        .map(|one| (one.application, BTreeMap::new()))
        .collect();
    if examination.phase < Phase::Marking {
        return Ok(marks);
    }
    for subject in subjects(view, examination.id)? {
        for (application, mark) in written_marks(view, &subject, &all)? {
            let mine = marks.entry(application).or_default();
            mine.insert(subject.component.clone(), mark);
        }
    }
    for ((application, component), mark) in panel_marks(view, &examination)? {
        marks
            .entry(application)
            .or_default()
            .insert(component, mark);
    }
    Ok(marks)
}

/// The marks of a written subject, where they are complete.
fn written_marks(
    view: &mut View<'_>,
    subject: &Subject,
    all: &[Ticketed],
) -> Result<Vec<(Id, ResultMark)>, Problem> {
    let attempts: BTreeMap<Id, Id> = closed(view, subject.id)?
        .into_iter()
        .map(|one| (one.application, one.attempt))
        .collect();
    let totals = totals(view, subject)?;
    let mark = |one: &Ticketed| match attempts.get(&one.application) {
        None => Some((one.application, ResultMark::Absent)),
        Some(attempt) => match totals.get(attempt) {
            None => Some((one.application, ResultMark::Mark(Score::ZERO))),
            Some(total) => total.map(|total| (one.application, ResultMark::Mark(total))),
        },
    };
    Ok(all.iter().filter_map(mark).collect())
}

/// Objective and final marks added up by attempt; none where a script is still out.
pub(super) fn totals(
    view: &mut View<'_>,
    subject: &Subject,
) -> Result<BTreeMap<Id, Option<Score>>, Problem> {
    let objective = store::objective_marks(view.db, subject.id)?;
    let objective = objective.into_iter().map(|(id, mark)| (id, Some(mark)));
    let written = store::final_marks(view.db, subject.id)?;
    let mut totals: BTreeMap<Id, Option<Score>> = BTreeMap::new();
    for (attempt, mark) in objective.chain(written) {
        let total = totals.entry(attempt).or_insert(Some(Score::ZERO));
        *total = total.zip(mark).map(|(total, mark)| total + mark);
    }
    Ok(totals)
}

/// What panels, assessors and voters gave, where it is complete.
fn panel_marks(
    view: &mut View<'_>,
    examination: &Examination,
) -> Result<BTreeMap<(Id, String), ResultMark>, Problem> {
    let panels = store::panels(view.db, examination.id)?;
    let mark = |(key, panel): ((Id, String), Panel)| {
        let component = examination.profile.component(&key.1)?;
        let seats = seats(&examination.profile, component);
        Some((key, panel.result(component.kind, seats)?))
    };
    Ok(panels.into_iter().filter_map(mark).collect())
}

/// What is still out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// Scripts that need another mark.
    pub scripts_waiting: usize,
    /// Sheets of panels, assessments and votes that are not complete. None before the written
    /// results are published, for until then nobody knows who takes part.
    pub panels_incomplete: usize,
}

/// What is still out in an examination.
pub fn unfinished(view: &mut View<'_>, examination: Id) -> Result<Unfinished, Problem> {
    let examination = load(view, examination)?;
    let mut scripts_waiting = 0;
    for subject in subjects(view, examination.id)? {
        let marks = store::final_marks(view.db, subject.id)?;
        scripts_waiting += marks.iter().filter(|(_, mark)| mark.is_none()).count();
    }
    let panels_incomplete = if examination.phase < Phase::WrittenPublished {
        0
    } else {
        panels_incomplete(view, &examination)?
    };
    Ok(Unfinished {
        scripts_waiting,
        panels_incomplete,
    })
}

fn panels_incomplete(view: &mut View<'_>, examination: &Examination) -> Result<usize, Problem> {
    let panels = store::panels(view.db, examination.id)?;
    let asked = entered(examination).count();
    let people: BTreeSet<Id> = candidates(view, examination)?
        .into_iter()
        .map(|one| one.application)
        .collect();
    let missing = people
        .iter()
        .map(|one| asked - complete(examination, &panels, *one));
    Ok(missing.sum())
}
