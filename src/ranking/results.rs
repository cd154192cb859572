//! Reading published results. Lists exist only once they are published, and carry no name.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::store::{self, ComponentMarkRow, RankingRow};
use super::words::{MarkState, RankedList, Standing};
use crate::access::{Actor, Role};
use crate::assembly::records::paper;
use crate::establishment::service::{PostView, post};
use crate::kernel::{Id, Problem, Score};
use crate::regulation::service::{Examination, load, subjects, visible};
use crate::regulation::{Component, ComponentKind, OpenMarks, Phase, Track};
use crate::store::View;

/// What was decided of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DecidedMark {
    /// Marked, absent, carried …
    pub state: MarkState,
    /// The mark, if there is one.
    pub mark: Option<Score>,
}

/// One line of a published list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankedView {
    /// The application; for later steps, not for the public.
    #[serde(skip)]
    pub application: Id,
    /// Ticket number.
    pub ticket_no: String,
    /// Rank within the post; equal candidates share it.
    pub rank: Option<i32>,
    /// The written composite.
    pub written: Option<Score>,
    /// What is ranked by: the written composite, or the whole one.
    pub total: Option<Score>,
    /// What follows.
    pub outcome: Standing,
    /// What was decided in each component; empty where the rules open totals alone.
    pub marks: BTreeMap<String, DecidedMark>,
}

impl RankedView {
    /// The message that says what follows.
    pub fn outcome_key(&self, track: Track) -> String {
        outcome_key(self.outcome, track, self.marks.values())
    }
}

/// The message that says what follows: the last step is called otherwise in each track, and whom a
/// vote did not carry is told so.
pub fn outcome_key<'a>(
    outcome: Standing,
    track: Track,
    mut marks: impl Iterator<Item = &'a DecidedMark>,
) -> String {
    let code = match outcome {
        Standing::OutBelowFloor if marks.any(|mark| mark.state == MarkState::NotCarried) => {
            "not_carried".to_owned()
        }
        Standing::Proposed | Standing::ProposedByTie => {
            format!("{}_{}", outcome.as_str(), track.as_str())
        }
        other => other.as_str().to_owned(),
    };
    format!("standing-{}", code.replace('_', "-"))
}

/// A published list of one post: in order of rank, then those who are not ranked. Open to
/// everybody, with as much of the marks as the rules open; empty before it is published.
pub fn list(
    view: &mut View<'_>,
    examination: Id,
    post_id: Id,
    list: RankedList,
) -> Result<Vec<RankedView>, Problem> {
    let examination = visible(view, None, examination)?;
    let mut lines = whole_list(view, &examination, post_id, list)?;
    if examination.profile.openness.marks == OpenMarks::Totals {
        lines.iter_mut().for_each(|line| line.marks.clear());
    }
    Ok(lines)
}

/// A published list with all its marks, for the office; its callers say to whom they show it.
pub fn whole_list(
    view: &mut View<'_>,
    examination: &Examination,
    post_id: Id,
    list: RankedList,
) -> Result<Vec<RankedView>, Problem> {
    if post(view, post_id)?.examination != examination.id {
        return Err(Problem::not_found());
    }
    let written: BTreeMap<Id, Option<Score>> =
        store::listed(view.db, post_id, RankedList::Written)?
            .into_iter()
            .map(|(row, _)| (row.application_id, row.total))
            .collect();
    let mut marks: BTreeMap<Id, BTreeMap<String, DecidedMark>> = BTreeMap::new();
    for row in store::marks_of_post(view.db, post_id)? {
        if published(examination, list, &row) {
            let of = marks.entry(row.application_id).or_default();
            of.insert(row.component.clone(), decided(&row));
        }
    }
    let lines = store::listed(view.db, post_id, list)?;
    Ok(lines
        .into_iter()
        .map(|(row, ticket_no)| RankedView {
            application: row.application_id,
            ticket_no,
            rank: row.rank,
            written: written.get(&row.application_id).copied().flatten(),
            total: row.total,
            outcome: row.outcome,
            marks: marks.remove(&row.application_id).unwrap_or_default(),
        })
        .collect())
}

/// A written mark belongs to both lists, any other to the merit list.
fn published(examination: &Examination, list: RankedList, row: &ComponentMarkRow) -> bool {
    let component = examination.profile.component(&row.component);
    component.is_some_and(|component| super::draft::counts(list, component))
}

fn decided(row: &ComponentMarkRow) -> DecidedMark {
    DecidedMark {
        state: row.state,
        mark: row.mark,
    }
}

/// One component of a candidate's own result.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnComponent {
    /// Code.
    pub component: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Highest mark.
    pub max: Score,
    /// Its share of the composite, in per cent; none for a component that must only be passed.
    pub percent: Option<String>,
    /// Whether it belongs to the written part.
    pub written: bool,
    /// What was decided.
    pub decided: DecidedMark,
    /// The numbers of the questions on her paper that were on trial and did not count.
    pub on_trial: Vec<u32>,
}

/// Where a candidate stands on one list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnLine {
    /// The composite.
    pub total: Option<Score>,
    /// The rank within the post.
    pub rank: Option<i32>,
    /// What follows.
    pub outcome: Standing,
    /// Candidates on the list of the post.
    pub competitors: i64,
}

/// A candidate's own result.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnResult {
    /// The application.
    pub application: Id,
    /// Ticket number.
    pub ticket_no: String,
    /// The post.
    pub post: PostView,
    /// The components that are published.
    pub components: Vec<OwnComponent>,
    /// On the written list.
    pub written: Option<OwnLine>,
    /// On the merit list; none for those who did not go on.
    pub merit: Option<OwnLine>,
}

/// The candidate's own result, once it is published.
pub fn own_result(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<OwnResult, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let examination = load(view, examination)?;
    let application = store::application_of(view.db, acting.account, examination.id)?;
    if examination.phase < Phase::WrittenPublished {
        return Err(Problem::conflict("results-not-published"));
    }
    let list = match examination.phase {
        Phase::Published => RankedList::Final,
        _ => RankedList::Written,
    };
    let marks = store::marks_of(view.db, application.id)?;
    let components = marks
        .iter()
        .filter(|row| published(&examination, list, row));
    let mut own: Vec<(usize, OwnComponent)> = components
        .filter_map(|row| own_component(&examination, row))
        .collect();
    let subjects = subjects(view, examination.id)?.into_iter();
    for subject in subjects.filter(|subject| !subject.trial.is_empty()) {
        let mut written = own.iter_mut().map(|(_, one)| one);
        let sat = written.find(|one| {
            one.component == subject.component && one.decided.state == MarkState::Marked
        });
        if let Some(one) = sat
            && let Some((_, paper)) = paper(view, subject.id, application.id)?
        {
            let places = paper.places().filter(|place| place.is_on_trial());
            one.on_trial = places.map(|place| place.position).collect();
        }
    }
    own.sort_by_key(|(place, _)| *place);
    Ok(OwnResult {
        application: application.id,
        ticket_no: application.ticket_no.unwrap_or_default(),
        post: post(view, application.post_id)?,
        components: own.into_iter().map(|(_, component)| component).collect(),
        written: own_line(view, application.id, RankedList::Written)?,
        merit: own_line(view, application.id, RankedList::Final)?,
    })
}

/// A component with its place in the profile.
fn own_component(
    examination: &Examination,
    row: &ComponentMarkRow,
) -> Option<(usize, OwnComponent)> {
    let mut components = examination.profile.components.iter().enumerate();
    let (place, component) = components.find(|(_, c)| c.code == row.component)?;
    let own = OwnComponent {
        component: component.code.clone(),
        title_zh: component.title.zh.clone(),
        title_en: component.title.en.clone(),
        max: component.max,
        percent: percent(component),
        written: component.kind == ComponentKind::Written,
        decided: decided(row),
        on_trial: Vec::new(),
    };
    Some((place, own))
}

/// `30`, for a component that weighs 0.30.
pub fn percent(component: &Component) -> Option<String> {
    let share = Score::weighted_sum(
        &[(component.weight, Score::whole(100))],
        2,
        crate::kernel::Rounding::HalfUp,
    );
    share
        .ok()
        .filter(|share| *share > Score::ZERO)
        .map(|share| share.to_string())
}

fn own_line(
    view: &mut View<'_>,
    application: Id,
    list: RankedList,
) -> Result<Option<OwnLine>, Problem> {
    let Some(row) = store::line(view.db, application, list)? else {
        return Ok(None);
    };
    let RankingRow {
        total,
        rank,
        outcome,
        post_id,
        ..
    } = row;
    Ok(Some(OwnLine {
        total,
        rank,
        outcome,
        competitors: store::competitors(view.db, post_id, list)?,
    }))
}

/// How many candidates of an examination lie in each band of ten per cent of a written component's
/// highest mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The component.
    pub component: Component,
    /// Counts of the ten bands, lowest first; the last one holds the highest mark too.
    pub bands: [usize; 10],
}

/// The distribution of each written component; empty before the written results are published.
pub fn distributions(
    view: &mut View<'_>,
    examination: &Examination,
) -> Result<Vec<Distribution>, Problem> {
    if examination.phase < Phase::WrittenPublished {
        return Ok(Vec::new());
    }
    let rows = store::marks_of_examination(view.db, examination.id)?;
    let written = examination.profile.components_of(ComponentKind::Written);
    Ok(written
        .map(|component| {
            let marks = rows.iter().filter(|row| row.component == component.code);
            Distribution {
                bands: bands(component.max, marks.filter_map(|row| row.mark)),
                component: component.clone(),
            }
        })
        .collect())
}

fn bands(max: Score, marks: impl Iterator<Item = Score>) -> [usize; 10] {
    let mut bands = [0; 10];
    for mark in marks {
        let tenth = mark.micros().saturating_mul(10) / max.micros().max(1);
        let band = usize::try_from(tenth).unwrap_or_default().min(9);
        bands[band] += 1;
    }
    bands
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_mark_on_the_edge_belongs_to_the_band_it_begins() {
        let marks = ["0", "9.99", "10", "60", "100"].map(|mark| mark.parse().unwrap());
        let bands = bands(Score::whole(100), marks.into_iter());
        assert_eq!(bands, [2, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
    }
}
