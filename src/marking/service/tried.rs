//! What the answers say of items on trial, once marks stand: for the reviewers of their bank, who
//! record it as the items' figures.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::results::totals;
use crate::access::{Actor, Role};
use crate::assembly::Pool;
use crate::assembly::records::paper;
use crate::assembly::service::{frozen, source};
use crate::bank::formats::figures::FigureLine;
use crate::bank::life::ItemState;
use crate::bank::records::states;
use crate::bank::service::{is_admitted, record_figures};
use crate::kernel::{Id, Problem, Score};
use crate::marking::objective::Outcome;
use crate::marking::store::{self, TriedSubject};
use crate::psychometrics::classical::correlation;
use crate::regulation::Phase;
use crate::regulation::service::{Subject, load, subject};
use crate::sitting::records::closed;
use crate::store::{Tx, View};

/// The items on trial of a subject, with what its answers say of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tried {
    /// The subject.
    pub subject: Subject,
    /// Its examination in Chinese.
    pub examination_zh: String,
    /// Its examination in English.
    pub examination_en: String,
    /// The bank.
    pub bank: String,
    /// Where the figures come from, as it is kept beside them: examination and component.
    pub source: String,
    /// The items, by code.
    pub items: Vec<TriedItem>,
}

/// An item on trial, with what answers say of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TriedItem {
    /// The item.
    pub item: Id,
    /// Its code.
    pub code: String,
    /// The version that was asked.
    pub version: i32,
    /// Where it stands now.
    pub state: ItemState,
    /// Whether it still stands at that version, so that the figures are its own.
    pub current: bool,
    /// Candidates who sat a paper with it.
    pub asked: usize,
    /// How many of them left it blank.
    pub blank: usize,
    /// The share of them who answered rightly; none if nobody was asked.
    pub facility: Option<f64>,
    /// Correlation with the candidate's mark in the subject, in which it does not count; none where
    /// one of them does not vary.
    pub discrimination: Option<f64>,
}

/// Answers to one item: whether right, and the mark of who gave it.
#[derive(Default)]
struct Answers {
    right: Vec<f64>,
    marks: Vec<f64>,
    blank: usize,
}

impl TriedItem {
    /// The figures as they are recorded; none where they would be of another version, or of nobody.
    fn line(&self) -> Option<FigureLine> {
        let facility = self.facility.filter(|_| self.current)?;
        Some(FigureLine {
            place: self.code.clone(),
            code: self.code.clone(),
            answered: i32::try_from(self.asked).unwrap_or(i32::MAX),
            facility_ppm: ppm(facility),
            discrimination_ppm: self.discrimination.map(ppm),
            parameters: None,
        })
    }

    /// Whether its figures can be recorded.
    pub fn can_be_recorded(&self) -> bool {
        self.line().is_some()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from −1 to 1")]
fn ppm(share: f64) -> i32 {
    (share * 1e6).round() as i32
}

/// What answers say of the items on trial of a subject, for a reviewer of its bank, once the written
/// results are published. No key is shown.
pub fn tried(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<Tried, Problem> {
    actor.acting_as(&[Role::Reviewer])?;
    let subject = subject(view, id)?;
    let (bank, _) = source(view, id)?.ok_or_else(Problem::not_found)?;
    if !is_admitted(view, actor, &bank)? {
        return Err(Problem::not_found());
    }
    let examination = load(view, subject.examination)?;
    if examination.phase < Phase::WrittenPublished {
        return Err(Problem::conflict("results-not-published"));
    }
    let (_, pool) = frozen(view, id)?.ok_or_else(Problem::not_found)?;
    let pool: Pool = serde_json::from_value(pool).map_err(Problem::internal)?;
    let answers = answers(view, &subject)?;
    let on_trial: Vec<_> = pool.items().iter().filter(|item| item.trial).collect();
    let ids: Vec<Id> = on_trial.iter().map(|item| item.item_id).collect();
    let now = states(view, &ids)?;
    let none = Answers::default();
    let item = |item: &&crate::assembly::PoolItem| {
        let (version, state) = *now.get(&item.item_id)?;
        let own = answers.get(&item.item_id).unwrap_or(&none);
        Some(TriedItem {
            item: item.item_id,
            code: item.code.clone(),
            version: item.version,
            state,
            current: version == item.version,
            asked: own.right.len(),
            blank: own.blank,
            facility: share(&own.right),
            discrimination: correlation(&own.right, &own.marks),
        })
    };
    Ok(Tried {
        items: on_trial.iter().filter_map(item).collect(),
        source: format!("{} {}", examination.code, subject.component),
        examination_zh: examination.title_zh,
        examination_en: examination.title_en,
        bank,
        subject,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of candidates are small"
)]
fn share(right: &[f64]) -> Option<f64> {
    let all = right.len();
    (all > 0).then(|| right.iter().sum::<f64>() / all as f64)
}

/// The answers of everybody who sat a subject to each item on trial.
fn answers(view: &mut View<'_>, subject: &Subject) -> Result<BTreeMap<Id, Answers>, Problem> {
    let totals = totals(view, subject)?;
    let mut found: BTreeMap<Id, Answers> = BTreeMap::new();
    for one in closed(view, subject.id)? {
        let paper = paper(view, subject.id, one.application)?;
        let (_, paper) = paper.ok_or_else(Problem::not_found)?;
        let mark = totals.get(&one.attempt).copied().flatten();
        let places = paper.places().filter(|place| place.is_on_trial());
        let places = places.map(|place| {
            let position = i32::try_from(place.position).map_err(Problem::internal)?;
            Ok((position, place.item_id))
        });
        let places: BTreeMap<i32, Id> = places.collect::<Result<_, Problem>>()?;
        let positions: Vec<i32> = places.keys().copied().collect();
        for (position, outcome) in store::outcomes(view.db, one.attempt, &positions)? {
            let Some(item) = places.get(&position) else {
                continue;
            };
            let own = found.entry(*item).or_default();
            let is_right = outcome == Outcome::Right;
            own.right.push(f64::from(u8::from(is_right)));
            own.marks.push(real(mark.unwrap_or_default()));
            own.blank += usize::from(outcome == Outcome::Blank);
        }
    }
    Ok(found)
}

#[expect(clippy::cast_precision_loss, reason = "a mark, for a correlation")]
fn real(mark: Score) -> f64 {
    mark.micros() as f64 / 1e6
}

/// Records what answers said of items on trial as their figures, of those that still stand at the
/// version that was asked; returns how many.
pub fn record_tried(tx: &mut Tx<'_>, actor: &Actor, tried: &Tried) -> Result<usize, Problem> {
    actor.acting_as(&[Role::Reviewer])?;
    let ids: Vec<Id> = tried.items.iter().map(|one| one.item).collect();
    let now = states(tx, &ids)?;
    let as_asked = |one: &&TriedItem| now.get(&one.item).is_some_and(|now| now.0 == one.version);
    let items = tried.items.iter().filter(as_asked);
    let lines: Vec<FigureLine> = items.filter_map(TriedItem::line).collect();
    if lines.is_empty() {
        return Err(Problem::conflict("nothing-was-tried"));
    }
    record_figures(tx, actor, &tried.bank, &lines, &tried.source)
}

/// The subjects whose papers held items on trial of banks that this reviewer may see, the latest
/// first; once their written results are published.
pub fn tried_subjects(view: &mut View<'_>, actor: &Actor) -> Result<Vec<TriedSubject>, Problem> {
    actor.acting_as(&[Role::Reviewer])?;
    let all = store::tried_subjects(view.db)?;
    let banks: BTreeSet<&str> = all.iter().map(|one| one.bank.as_str()).collect();
    let mut mine = BTreeSet::new();
    for bank in banks {
        if is_admitted(view, actor, bank)? {
            mine.insert(bank.to_owned());
        }
    }
    let own = all.into_iter().filter(|one| mine.contains(&one.bank));
    Ok(own.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Instant;

    #[test]
    fn figures_are_those_of_whoever_was_asked_the_version_that_stands() {
        let item = TriedItem {
            item: Id::new(Instant::from_micros(0)),
            code: "new-1".to_owned(),
            version: 2,
            state: ItemState::Trial,
            current: true,
            asked: 3,
            blank: 1,
            facility: share(&[1.0, 0.0, 1.0]),
            discrimination: correlation(&[1.0, 0.0, 1.0], &[80.0, 50.0, 60.0]),
        };
        let line = item.line().unwrap();
        assert_eq!((line.answered, line.facility_ppm), (3, 666_667));
        assert_eq!(line.discrimination_ppm, Some(755_929));
        let edited = TriedItem {
            current: false,
            ..item.clone()
        };
        assert_eq!(edited.line(), None);
        let nobody = TriedItem {
            asked: 0,
            facility: share(&[]),
            ..item
        };
        assert!(!nobody.can_be_recorded());
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(correlation(&[], &[]), None);
    }
}
