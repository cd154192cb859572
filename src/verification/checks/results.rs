//! What every candidate has in each component, derived again: written marks from the answers, the
//! keys and the markers' decisions, the others from the decisions of those who entered them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::assembly::Pool;
use crate::assembly::records::paper;
use crate::bank::item::{Body, Item};
use crate::bank::records::item_versions;
use crate::kernel::{Id, Score};
use crate::ledger::LogEntry;
use crate::marking::{
    BallotCount, DoubleMarking, MarkerMark, Objective, Panel, Resolution, ResultMark, Seat,
    mark_objective, resolve, seats,
};
use crate::ranking::columns::Marks;
use crate::regulation::MultipleRule;
use crate::sitting::records::answers;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::{ObjectiveMarked, OfComponent, ScriptMarked, inputs, place};
use crate::verification::rules::{At as _, Difference};
use crate::verification::store::{self, AttemptRow, SubjectRow};

/// The contents of a subject's pool, and which of its items are on trial.
pub(super) struct Items {
    contents: BTreeMap<(Id, i32), Item>,
    on_trial: BTreeSet<Id>,
}

impl Items {
    pub(super) fn read(
        view: &mut View<'_>,
        case: &Case,
        subject: &SubjectRow,
    ) -> Result<Self, Difference> {
        let pool: Pool = case.pool(subject)?;
        let keys: Vec<(Id, i32)> = pool
            .items()
            .iter()
            .map(|i| (i.item_id, i.version))
            .collect();
        let contents = item_versions(view, &keys);
        let on_trial = pool.items().iter().filter(|item| item.trial);
        Ok(Self {
            contents: contents.at(format!("{}: items", case.subject_place(subject)))?,
            on_trial: on_trial.map(|item| item.item_id).collect(),
        })
    }
}

/// A closed attempt, marked again by the keys.
pub(super) struct Sheet {
    /// What each objective position earns.
    pub objective: BTreeMap<i32, Objective>,
    /// What each position that people mark is worth.
    pub essays: BTreeMap<i32, Score>,
}

impl Sheet {
    pub(super) fn mark(
        view: &mut View<'_>,
        case: &Case,
        subject: &SubjectRow,
        items: &Items,
        attempt: &AttemptRow,
        rule: MultipleRule,
    ) -> Result<Self, Difference> {
        let at = case.sitting_place(subject, attempt.application_id);
        let paper = paper(view, subject.id, attempt.application_id).at(format!("{at}: paper"))?;
        let (_, paper) = paper.ok_or_else(|| Difference::new(&at, "no paper is stored"))?;
        let answers = answers(view, attempt.id).at(&at)?;
        let (mut objective, mut essays) = (BTreeMap::new(), BTreeMap::new());
        for placed in paper.places() {
            let at = format!("{at}: position {}", placed.position);
            let position = i32::try_from(placed.position).at(&at)?;
            let item = items.contents.get(&(placed.item_id, placed.version));
            let item = item.ok_or_else(|| Difference::new(&at, "its item is not in the pool"))?;
            if placed.is_on_trial() != items.on_trial.contains(&placed.item_id) {
                let what = match placed.is_on_trial() {
                    true => "worth nothing, though its item is not on trial",
                    false => "counts, though its item is on trial",
                };
                return Err(Difference::new(&at, what));
            }
            if matches!(item.body, Body::Essay { .. }) {
                essays.insert(position, placed.marks);
            } else {
                let answer = answers.get(&placed.position);
                let mark = mark_objective(&item.body, answer, placed.marks, rule).at(&at)?;
                objective.insert(position, mark);
            }
        }
        Ok(Self { objective, essays })
    }

    pub(super) fn objective_total(&self) -> Score {
        self.objective.values().map(|one| one.awarded).sum()
    }
}

/// How scripts are marked.
pub(super) fn rule(case: &Case) -> Result<DoubleMarking, Difference> {
    let rule = DoubleMarking::of(&case.examination.profile.marking);
    rule.ok_or_else(|| Difference::new(case.place(), "the profile does not ask for two markers"))
}

/// A mark as the log has it.
pub(super) struct Given {
    pub mark: MarkerMark,
    pub marker: String,
}

/// The marks of every script, by ordinal, as the log has them.
pub(super) fn marks_given(case: &Case) -> Result<BTreeMap<Id, BTreeMap<i32, Given>>, Difference> {
    let mut given: BTreeMap<Id, BTreeMap<i32, Given>> = BTreeMap::new();
    for entry in case.decisions.of(&["script.marked"]) {
        let ScriptMarked {
            script,
            ordinal,
            mark,
        } = inputs(entry)?;
        let one = Given {
            mark: MarkerMark { ordinal, mark },
            marker: entry
                .payload
                .account
                .map_or("nobody".to_owned(), |id| id.to_string()),
        };
        given
            .entry(script)
            .or_default()
            .insert(i32::from(ordinal), one);
    }
    Ok(given)
}

/// What every candidate has in each component.
pub(super) struct Results {
    pub marks: BTreeMap<Id, Marks>,
    pub panels: BTreeMap<(Id, String), Panel>,
}

impl Results {
    pub(super) fn derive(view: &mut View<'_>, case: &Case) -> Result<Self, Difference> {
        let panels = panels(case)?;
        let mut marks: BTreeMap<Id, Marks> = BTreeMap::new();
        for subject in &case.subjects {
            for (application, mark) in written(view, case, subject)? {
                let own = marks.entry(application).or_default();
                own.insert(subject.component.clone(), mark);
            }
        }
        let profile = &case.examination.profile;
        for ((application, code), panel) in &panels {
            let component = profile.component(code);
            let result = component.and_then(|c| panel.result(c.kind, seats(profile, c)));
            if let Some(result) = result {
                marks
                    .entry(*application)
                    .or_default()
                    .insert(code.clone(), result);
            }
        }
        Ok(Self { marks, panels })
    }
}

/// The mark of everybody with a ticket in a subject.
fn written(
    view: &mut View<'_>,
    case: &Case,
    subject: &SubjectRow,
) -> Result<Vec<(Id, ResultMark)>, Difference> {
    let decided: Vec<ObjectiveMarked> = case.decisions.inputs("objective.marked")?;
    let decided: BTreeMap<Id, ObjectiveMarked> =
        decided.into_iter().map(|one| (one.attempt, one)).collect();
    let (rule, given) = (rule(case)?, marks_given(case)?);
    let items = Items::read(view, case, subject)?;
    let attempts = store::attempts(view.db, subject.id)?.into_iter();
    let closed: BTreeMap<Id, AttemptRow> = attempts
        .filter(|attempt| attempt.state == "closed")
        .map(|attempt| (attempt.application_id, attempt))
        .collect();
    let mut marks = Vec::with_capacity(case.tickets.len());
    for one in &case.tickets {
        let Some(attempt) = closed.get(&one.application) else {
            marks.push((one.application, ResultMark::Absent));
            continue;
        };
        let at = case.sitting_place(subject, one.application);
        let decision = decided.get(&attempt.id);
        let decision = decision
            .ok_or_else(|| Difference::new(&at, "the log has no decision `objective.marked`"))?;
        let sheet = Sheet::mark(view, case, subject, &items, attempt, decision.multiple)?;
        let mut total = sheet.objective_total();
        for (position, script) in &decision.scripts {
            let at = format!("{at}: position {position}");
            let max = sheet.essays.get(position).copied().unwrap_or_default();
            total = total + settled(&at, max, given.get(script), &rule)?;
        }
        marks.push((one.application, ResultMark::Mark(total)));
    }
    Ok(marks)
}

/// The mark that stands after the marks given.
fn settled(
    at: &str,
    max: Score,
    given: Option<&BTreeMap<i32, Given>>,
    rule: &DoubleMarking,
) -> Result<Score, Difference> {
    let marks: Vec<MarkerMark> = given
        .into_iter()
        .flat_map(|g| g.values())
        .map(|g| g.mark)
        .collect();
    match resolve(max, &marks, rule) {
        Ok(Resolution::Final { mark, .. }) => Ok(mark),
        Ok(_) => Err(Difference::new(at, "published before its mark stood")),
        Err(_) => Err(Difference::new(at, "the rule did not call for these marks")),
    }
}

/// The mark of one examiner.
#[derive(Deserialize)]
struct OneMark {
    examiner: u8,
    #[serde(alias = "new")]
    mark: Score,
}

/// The count of a vote.
#[derive(Deserialize)]
struct Ballot {
    #[serde(alias = "new")]
    ballot: BallotCount,
}

/// What was entered of panels, assessments and votes, by replaying the decisions.
fn panels(case: &Case) -> Result<BTreeMap<(Id, String), Panel>, Difference> {
    const KINDS: &[&str] = &[
        "panel.marked",
        "panel.corrected",
        "panel.absent",
        "ballot.entered",
        "ballot.corrected",
    ];
    let mut panels: BTreeMap<(Id, String), Panel> = BTreeMap::new();
    for entry in case.decisions.of(KINDS) {
        let OfComponent {
            ticket_no,
            component,
        } = inputs(entry)?;
        let application = case.application(&ticket_no)?;
        let panel = panels.entry((application, component)).or_default();
        replay(panel, entry)?;
    }
    Ok(panels)
}

fn replay(panel: &mut Panel, entry: &LogEntry) -> Result<(), Difference> {
    let seats = &mut panel.0;
    match entry.payload.kind.as_str() {
        "panel.absent" => drop(seats.insert(Seat::Absence.number(), Score::ZERO)),
        "panel.corrected" if entry.payload.inputs["new"] == "present" => {
            seats.remove(&Seat::Absence.number());
        }
        "panel.marked" | "panel.corrected" => {
            let one: OneMark = inputs(entry)?;
            seats.insert(Seat::Examiner(one.examiner).number(), one.mark);
        }
        "ballot.entered" | "ballot.corrected" => {
            let count: Ballot = inputs(entry)?;
            seats.extend(
                count
                    .ballot
                    .rows()
                    .map(|(seat, votes)| (seat.number(), votes)),
            );
        }
        _ => return Err(Difference::new(place(entry), "says nothing of a panel")),
    }
    Ok(())
}
