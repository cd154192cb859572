//! What ranking reads of marking.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::kernel::{Id, Problem, Score};
use crate::registration::records::ticketed;
use crate::regulation::{self, ComponentKind};
use crate::store::View;
use crate::store::schema::{attempt, objective_mark, panel_mark, script, subject};

/// The count of a secret vote (票决).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BallotCount {
    /// Votes that agree.
    pub yes: u32,
    /// Members who attended.
    pub attending: u32,
    /// All who should attend.
    pub members: u32,
}

/// What a candidate has in one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultMark {
    /// A mark.
    Mark(Score),
    /// The count of a secret vote.
    Ballot(BallotCount),
    /// The marks of a panel, by examiner.
    Panel(Vec<Score>),
    /// Did not sit.
    Absent,
}

/// What is still to be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// Scripts without a final mark.
    pub scripts_waiting: usize,
    /// Panels and ballots that are not complete.
    pub panels_incomplete: usize,
}

/// What each candidate with a ticket has in each component.
pub fn component_marks(
    view: &mut View<'_>,
    examination: Id,
) -> Result<BTreeMap<Id, BTreeMap<String, ResultMark>>, Problem> {
    let mut marks = panel_marks(view, examination)?;
    let written = written_marks(view, examination)?;
    let candidates = ticketed(view, examination)?;
    for subject in regulation::service::subjects(view, examination)? {
        for candidate in &candidates {
            let key = (candidate.application, subject.component.clone());
            let mark = written
                .get(&key)
                .map_or(ResultMark::Absent, |m| ResultMark::Mark(*m));
            marks.entry(key.0).or_default().insert(key.1, mark);
        }
    }
    Ok(marks)
}

/// How much is still to be marked.
pub fn unfinished(view: &mut View<'_>, examination: Id) -> Result<Unfinished, Problem> {
    let scripts: i64 = script::table
        .inner_join(attempt::table.inner_join(subject::table))
        .filter(subject::examination_id.eq(examination))
        .filter(script::final_mark.is_null())
        .count()
        .get_result(view.db)?;
    Ok(Unfinished {
        scripts_waiting: usize::try_from(scripts).map_err(Problem::internal)?,
        panels_incomplete: 0,
    })
}

fn written_marks(
    view: &mut View<'_>,
    examination: Id,
) -> Result<BTreeMap<(Id, String), Score>, Problem> {
    let attempts: Vec<(Id, Id, String)> = attempt::table
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .filter(attempt::state.eq("closed"))
        .select((attempt::id, attempt::application_id, subject::component))
        .load(view.db)?;
    let mut marks = BTreeMap::new();
    for (id, application, component) in attempts {
        let objective: Vec<Score> = objective_mark::table
            .filter(objective_mark::attempt_id.eq(id))
            .select(objective_mark::awarded)
            .load(view.db)?;
        let scripts: Vec<Option<Score>> = script::table
            .filter(script::attempt_id.eq(id))
            .select(script::final_mark)
            .load(view.db)?;
        let total = objective.into_iter().chain(scripts.into_iter().flatten());
        marks.insert((application, component), total.sum());
    }
    Ok(marks)
}

/// Panels by examiner; a vote is kept as the three counts yes, attending and members.
fn panel_marks(
    view: &mut View<'_>,
    examination: Id,
) -> Result<BTreeMap<Id, BTreeMap<String, ResultMark>>, Problem> {
    let profile = regulation::service::load(view, examination)?.profile;
    let mut all: BTreeMap<Id, BTreeMap<String, ResultMark>> = BTreeMap::new();
    for candidate in ticketed(view, examination)? {
        let rows: Vec<(String, Score)> = panel_mark::table
            .filter(panel_mark::application_id.eq(candidate.application))
            .order((panel_mark::component, panel_mark::examiner))
            .select((panel_mark::component, panel_mark::mark))
            .load(view.db)?;
        let mut panels: BTreeMap<String, Vec<Score>> = BTreeMap::new();
        for (component, mark) in rows {
            panels.entry(component).or_default().push(mark);
        }
        for (component, marks) in panels {
            let vote = profile
                .component(&component)
                .is_some_and(|c| c.kind == ComponentKind::Vote);
            let mark = match (vote, marks.as_slice()) {
                (true, [yes, attending, members]) => ResultMark::Ballot(BallotCount {
                    yes: count(*yes)?,
                    attending: count(*attending)?,
                    members: count(*members)?,
                }),
                _ => ResultMark::Panel(marks),
            };
            let of = all.entry(candidate.application).or_default();
            of.insert(component, mark);
        }
    }
    Ok(all)
}

fn count(score: Score) -> Result<u32, Problem> {
    u32::try_from(score.micros() / Score::whole(1).micros()).map_err(Problem::internal)
}
