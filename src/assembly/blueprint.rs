//! The blueprint (细目表): what every paper of a subject holds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::forms::{NUMBERS, Range, settle};
use super::pool::{ABILITIES, PoolItem};
use crate::bank::item::{Difficulty, ItemKind};
use crate::kernel::{Fault, Score};

/// What every paper of a subject holds, as examiners write it.
///
/// ```toml
/// title = "行政职业能力测验"
/// minutes = 120
/// equal = { tolerance = "0.3", exposure_max = "0.25" }
///
/// [[sections]]
/// code = "data"
/// title_zh = "资料分析"
/// title_en = "Data interpretation"
/// marks_each = "1"
/// minutes = 25
/// items = 25
/// trial = 2
/// cells = [
///     { topic = "da", count = 15, stimuli = 3 },
///     { topic = "da.text", count = 3, count_max = 6 },
///     { topic = "da.basic", difficulty = "easy", kind = "single_choice", count = 5 },
/// ]
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// Name of the subject (科目).
    pub title: String,
    /// Time allowed, in minutes.
    pub minutes: u32,
    /// How equal the papers are to be. Absent: they are dealt evenly and enemies kept apart, and
    /// the expected score of a paper is what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal: Option<Equal>,
    /// The sections, in the order of the paper.
    pub sections: Vec<Section>,
}

/// How equal papers are to be (等值要求).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equal {
    /// How far the expected score of a paper may lie from the target, in marks, for candidates of
    /// every ability from −3 to 3.
    pub tolerance: Score,
    /// How hard papers are to be (难度目标): the share of the full mark that candidates of the
    /// abilities −3, −2 … 3 are expected to get. Absent: as hard as the bank is on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Vec<Score>>,
    /// Whether scores must also spread alike: the same for the marks times the squares of the
    /// probabilities.
    #[serde(default, skip_serializing_if = "is_false")]
    pub spread: bool,
    /// How far the time of a paper may lie from the target, in seconds. Absent: any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The share of papers in which an item may be at most, from 0 to 1. Absent: any share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_max: Option<Score>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One section of the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The section code that its items carry: ASCII letters, digits, `_` and `-`.
    pub code: String,
    /// Heading in Chinese.
    pub title_zh: String,
    /// Heading in English.
    pub title_en: String,
    /// How many minutes candidates are advised to spend on it (建议用时). Absent: no advice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Marks of every item. Absent for a *written* section: there each item states its own marks
    /// (essays do), and the draw leaves the order of the blueprint as it is.
    #[serde(default)]
    pub marks_each: Option<Score>,
    /// Items of the section, where cells have ranges. Absent: as many as the cells have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u32>,
    /// Items on trial that stand among the others and do not count (试测题). They are none of `items`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trial: u32,
    /// What to draw.
    pub cells: Vec<Cell>,
}

/// One cell (细目): so many items of a topic, a difficulty and a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// A dotted topic code; matches that topic and every topic below it. Absent: any topic.
    #[serde(default)]
    pub topic: Option<String>,
    /// Judged difficulty. Absent: any.
    #[serde(default)]
    pub difficulty: Option<Difficulty>,
    /// Kind (题型). Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ItemKind>,
    /// Items in all; where there is a range, at least.
    pub count: u32,
    /// Items in all at most, where that is left to the stock. Absent: as many as `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_max: Option<u32>,
    /// Over how many stimuli (材料) the items are spread evenly. Absent: items without a stimulus.
    #[serde(default)]
    pub stimuli: Option<u32>,
}

/// Most items of a paper.
const UNITS_MAX: usize = 1000;
/// The finest tolerance: a thousandth of a mark.
const TOLERANCE_MIN: Score = Score::from_micros(1000);
/// The code of a text that is no blueprint.
const UNREADABLE: &str = "blueprint-unreadable";

impl Blueprint {
    /// Reads a blueprint and checks it. What cannot be read is a fault at `line N`; what is read
    /// and wrong is a fault as in [`Blueprint::faults`].
    pub fn from_toml(text: &str) -> Result<Self, Vec<Fault>> {
        let blueprint: Self = toml::from_str(text).map_err(|error| {
            let before = text.bytes().take(error.span().unwrap_or_default().start);
            let line = before.filter(|byte| *byte == b'\n').count() + 1;
            let fault = Fault::new(format!("line {line}"), UNREADABLE);
            vec![fault.with("reason", error.message())]
        })?;
        let faults = blueprint.faults();
        if faults.is_empty() {
            Ok(blueprint)
        } else {
            Err(faults)
        }
    }

    /// What is wrong with the blueprint itself, whatever the pool. Places are dotted paths such as
    /// `sections.verbal.cells.2.count`; cells are numbered from zero.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, place: &str, code| {
            if !holds {
                faults.push(Fault::new(place, code));
            }
        };
        require(!self.title.trim().is_empty(), "title", "required");
        require(self.minutes > 0, "minutes", "not-positive");
        require(!self.sections.is_empty(), "sections", "required");
        for (field, code) in self.equal.iter().flat_map(Equal::faults) {
            require(false, &format!("equal.{field}"), code);
        }
        let slots = self.sections.iter().flat_map(|section| &section.cells);
        let few = slots.map(Cell::units).sum::<usize>() <= UNITS_MAX;
        require(
            few && self.item_count() + self.trial_count() <= UNITS_MAX,
            "sections",
            "paper-too-long",
        );
        let minutes = self.sections.iter().filter_map(|section| section.minutes);
        let minutes: u64 = minutes.map(u64::from).sum();
        if minutes > u64::from(self.minutes) {
            let fault = Fault::new("minutes", "sections-too-long");
            faults.push(
                fault
                    .with("sections", minutes)
                    .with("minutes", self.minutes),
            );
        }
        let mut codes = BTreeSet::new();
        for section in &self.sections {
            if !codes.insert(&section.code) {
                faults.push(Fault::new(section.place("code"), "duplicate-code"));
            }
            faults.extend(section.faults());
        }
        faults
    }

    /// How far a paper may be off in each of an item's numbers.
    pub(super) fn tolerances(&self) -> [Option<i32>; NUMBERS] {
        let mut tolerances = [None; NUMBERS];
        let Some(equal) = &self.equal else {
            return tolerances;
        };
        let moments = if equal.spread { 2 } else { 1 };
        let tolerance = i32::try_from(equal.tolerance.micros()).unwrap_or(i32::MAX);
        tolerances[..moments * ABILITIES.len()].fill(Some(tolerance));
        tolerances[NUMBERS - 1] = equal.seconds.and_then(|seconds| seconds.try_into().ok());
        tolerances
    }

    /// The share of papers in which an item may be at most.
    #[expect(clippy::cast_precision_loss, reason = "a share of at most one")]
    pub(super) fn exposure_max(&self) -> Option<f64> {
        let cap = self.equal.as_ref()?.exposure_max?;
        Some(cap.micros() as f64 / 1e6)
    }

    /// Items on every paper that count.
    pub fn item_count(&self) -> usize {
        self.sections.iter().map(Section::item_count).sum()
    }

    /// Items on trial on every paper, which do not.
    pub fn trial_count(&self) -> usize {
        self.sections.iter().map(Section::trial_count).sum()
    }
}

impl Equal {
    /// Fields that are wrong, with the code of the fault.
    fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let share = |share: Score| share > Score::ZERO && share <= Score::whole(1);
        let too_fine = self.tolerance < TOLERANCE_MIN || self.tolerance > Score::whole(1000);
        let no_share = self.exposure_max.is_some_and(|cap| !share(cap));
        let target = self.target.as_deref();
        let not_seven = target.is_some_and(|shares| shares.len() != ABILITIES.len());
        let in_range = |one: &Score| *one >= Score::ZERO && *one <= Score::whole(1);
        let no_curve =
            target.is_some_and(|shares| !shares.iter().all(in_range) || !shares.is_sorted());
        let no_time = self.seconds.is_some_and(|s| !(1..=36_000).contains(&s));
        [
            (too_fine, ("tolerance", "tolerance-out-of-range")),
            (not_seven, ("target", "target-not-seven")),
            (no_curve && !not_seven, ("target", "target-not-ascending")),
            (no_share, ("exposure_max", "not-a-share")),
            (no_time, ("seconds", "seconds-out-of-range")),
        ]
        .into_iter()
        .filter_map(|(wrong, fault)| wrong.then_some(fault))
    }
}

impl Section {
    /// Items in this section of every paper that count.
    pub fn item_count(&self) -> usize {
        let own = self.cells.iter().map(|cell| whole(cell.count));
        self.items.map_or_else(|| own.sum(), whole)
    }

    /// Items on trial in this section of every paper.
    pub fn trial_count(&self) -> usize {
        whole(self.trial)
    }

    /// What stands against items on trial in this section, whatever the pool: who sits must not be
    /// able to tell them, and answers mostly what counts.
    fn trial_fault(&self) -> Option<Fault> {
        let fault = |code| Some(Fault::new(self.place("trial"), code));
        let most = self.item_count().div_ceil(2);
        match self.trial_count() {
            0 => None,
            _ if self.is_written() => fault("trial-in-written"),
            _ if self.cells.iter().all(|cell| cell.stimuli.is_some()) => {
                fault("trial-among-stimuli")
            }
            count if count > most => {
                fault("trial-too-many").map(|fault| fault.with("count", count).with("most", most))
            }
            _ => None,
        }
    }

    /// Whether the items state their own marks and keep the order of the blueprint.
    pub const fn is_written(&self) -> bool {
        self.marks_each.is_none()
    }

    /// What `item` is worth here; nothing if it is no item of this section, or on trial.
    pub fn worth(&self, item: &PoolItem) -> Option<Score> {
        let here = item.section == self.code && self.is_written() == item.marks.is_some();
        let counts = here && !item.trial;
        counts.then_some(self.marks_each.or(item.marks)).flatten()
    }

    /// The marks at a place of this section where `item` stands: none for an item on trial.
    pub(super) fn marks_at(&self, item: &PoolItem) -> Option<Score> {
        let on_trial = item.trial && item.section == self.code;
        self.worth(item).or(on_trial.then_some(Score::ZERO))
    }

    /// The dotted path of one of this section's fields.
    pub(super) fn place(&self, field: &str) -> String {
        format!("sections.{}.{field}", self.code)
    }

    /// The dotted path of a field of cell `index`.
    pub(super) fn cell_place(&self, index: usize, field: &str) -> String {
        self.place(&format!("cells.{index}.{field}"))
    }

    /// What is wrong with the ranges of the cells, whatever the pool.
    fn range_fault(&self) -> Option<&'static str> {
        let Some(items) = self.items.map(whole) else {
            let ranged = self.cells.iter().any(|cell| cell.count_max.is_some());
            return ranged.then_some("range-without-total");
        };
        let least: usize = self.cells.iter().map(|cell| whole(cell.count)).sum();
        let most: usize = self.cells.iter().map(Cell::items_max).sum();
        let cells: Vec<Range> = self
            .cells
            .iter()
            .map(|cell| cell.range(usize::MAX))
            .collect();
        match items {
            _ if items < least => Some("range-minima"),
            _ if items > most => Some("range-maxima"),
            _ if items <= UNITS_MAX && settle(&cells, items).is_none() => Some("range-uneven"),
            _ => None,
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut faults = Vec::new();
        let mut require = |holds: bool, field: &str, code| {
            if !holds {
                faults.push(Fault::new(self.place(field), code));
            }
        };
        let code_is_plain = !self.code.is_empty() && self.code.chars().all(plain);
        require(code_is_plain, "code", "not-a-code");
        require(!self.title_zh.trim().is_empty(), "title_zh", "required");
        require(!self.title_en.trim().is_empty(), "title_en", "required");
        if let Some(code) = self.range_fault() {
            require(false, "items", code);
        }
        let positive = self.marks_each.is_none_or(|marks| marks > Score::ZERO);
        require(positive, "marks_each", "not-positive");
        require(self.minutes != Some(0), "minutes", "not-positive");
        require(!self.cells.is_empty(), "cells", "required");
        for (index, cell) in self.cells.iter().enumerate() {
            let mut wrong =
                |field, code| faults.push(Fault::new(self.cell_place(index, field), code));
            cell.faults().for_each(|(field, code)| wrong(field, code));
            let never = |kind| (kind == ItemKind::Essay) != self.is_written();
            if cell.kind.is_some_and(never) {
                wrong("kind", "kind-never-here");
            }
        }
        faults.extend(self.trial_fault());
        faults
    }
}

impl Cell {
    /// Whether `item` is of the cell's topic, difficulty and kind.
    pub fn matches(&self, item: &PoolItem) -> bool {
        self.takes_topic(item)
            && self.difficulty.is_none_or(|d| d == item.difficulty)
            && self.kind.is_none_or(|kind| kind == item.kind)
    }

    /// Whether `item` is of the cell's topic.
    pub(super) fn takes_topic(&self, item: &PoolItem) -> bool {
        let topic = self.topic.as_deref();
        topic.is_none_or(|topic| is_within(&item.topic, topic))
    }

    /// Items of the cell at most.
    fn items_max(&self) -> usize {
        whole(self.count_max.unwrap_or(self.count))
    }

    /// How many units the cell draws at most.
    pub(super) fn units_max(&self) -> usize {
        let most = self.items_max().checked_div(self.items_per_unit());
        most.unwrap_or_default().max(self.units())
    }

    /// The cell's range, with so many units that there are.
    pub(super) fn range(&self, units: usize) -> Range {
        Range {
            least: self.units(),
            most: self.units_max(),
            units,
            apart: units,
            step: self.items_per_unit(),
            smallest: 1,
        }
    }

    /// How many units (single items or stimuli) the cell draws; where it has a range, at least.
    pub fn units(&self) -> usize {
        whole(self.stimuli.unwrap_or(self.count))
    }

    /// Items of each unit: one, or the items each stimulus brings.
    pub fn items_per_unit(&self) -> usize {
        self.stimuli
            .map_or(1, |n| whole(self.count.checked_div(n).unwrap_or_default()))
    }

    /// Fields that are wrong, with the code of the fault.
    fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let blank_topic = self.topic.as_ref().is_some_and(|t| t.trim().is_empty());
        let no_stimuli = self.stimuli == Some(0);
        let uneven = self
            .stimuli
            .is_some_and(|n| n > 0 && !self.count.is_multiple_of(n));
        let backwards = self.count_max.is_some_and(|most| most < self.count);
        let per_unit = self.items_per_unit();
        let ragged = per_unit > 0 && !self.items_max().is_multiple_of(per_unit);
        [
            (blank_topic, ("topic", "required")),
            (self.count == 0, ("count", "not-positive")),
            (no_stimuli, ("stimuli", "not-positive")),
            (uneven, ("count", "not-a-multiple-of-stimuli")),
            (backwards, ("count_max", "range-backwards")),
            (
                ragged && !uneven,
                ("count_max", "not-a-multiple-of-stimuli"),
            ),
        ]
        .into_iter()
        .filter_map(|(wrong, fault)| wrong.then_some(fault))
    }
}

/// Whether `topic` is `ancestor` or lies below it.
fn is_within(topic: &str, ancestor: &str) -> bool {
    topic
        .strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A count as an index. `usize` has at least 32 bits wherever this runs.
fn whole(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        title = "行政职业能力测验"
        minutes = 120

        [[sections]]
        code = "verbal"
        title_zh = "言语理解与表达"
        title_en = "Verbal"
        marks_each = "0.8"
        cells = [
            { topic = "vb.cloze", difficulty = "easy", count = 10 },
            { topic = "vb", count = 20 },
            { count = 6, stimuli = 2 },
        ]

        [[sections]]
        code = "essay"
        title_zh = "申论"
        title_en = "Essay"
        cells = [{ count = 4, stimuli = 1 }]
    "#;

    fn blueprint() -> Blueprint {
        toml::from_str(TEXT).unwrap()
    }

    #[test]
    fn a_blueprint_reads_the_same_from_toml_and_json() {
        let read = blueprint();
        assert_eq!(read.faults(), []);
        assert_eq!(read.item_count(), 40);
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Blueprint>(&json).unwrap(), read);
        assert!(!json.contains("trial"), "what is frozen keeps its hash");
    }

    #[test]
    fn items_on_trial_are_few_stand_alone_and_are_no_essays() {
        let with = |section: usize, trial| {
            let mut blueprint = blueprint();
            blueprint.sections[section].trial = trial;
            let faults = blueprint.faults();
            let found = faults.into_iter().map(|f| (f.place, f.code, f.args));
            found.collect::<Vec<_>>()
        };
        assert_eq!(with(0, 18), []);
        let [(place, code, args)] = <[_; 1]>::try_from(with(0, 19)).unwrap();
        assert_eq!((&*place, code), ("sections.verbal.trial", "trial-too-many"));
        assert_eq!(args, [("count", "19".into()), ("most", "18".into())]);
        assert_eq!(with(1, 1)[0].1, "trial-in-written");
        let mut stimuli = blueprint();
        stimuli.sections[0].cells.drain(..2);
        stimuli.sections[0].trial = 1;
        assert_eq!(stimuli.faults()[0].code, "trial-among-stimuli");
        let text = TEXT.replacen("marks_each", "trial = 3\n marks_each", 1);
        let read = Blueprint::from_toml(&text).unwrap();
        assert_eq!((read.item_count(), read.trial_count()), (40, 3));
    }

    #[test]
    fn a_misspelt_field_is_refused_by_name() {
        let wrong = TEXT.replace("difficulty", "dificulty");
        let error = toml::from_str::<Blueprint>(&wrong).unwrap_err();
        assert!(error.to_string().contains("dificulty"), "{error}");
    }

    #[test]
    fn a_text_that_is_no_blueprint_is_refused_at_its_line() {
        let faults = Blueprint::from_toml("title = \"x\"\nminutes = \"long\"\n").unwrap_err();
        assert_eq!(
            (&*faults[0].place, faults[0].code),
            ("line 2", "blueprint-unreadable")
        );
        let faults = Blueprint::from_toml(&TEXT.replace("120", "0")).unwrap_err();
        assert_eq!(faults, [Fault::new("minutes", "not-positive")]);
    }

    #[test]
    fn every_fault_is_named_by_its_place() {
        let mut wrong = blueprint();
        wrong.minutes = 0;
        wrong.sections[0].marks_each = Some(Score::ZERO);
        wrong.sections[0].cells[0].topic = Some(" ".into());
        wrong.sections[0].cells[1].count = 0;
        wrong.sections[0].cells[2].count = 7;
        wrong.sections[1].cells[0].stimuli = Some(0);
        wrong.sections[1].cells[0].kind = Some(ItemKind::Numeric);
        wrong.sections.push(Section {
            code: "verbal".into(),
            title_zh: String::new(),
            title_en: "Again".into(),
            minutes: None,
            items: None,
            trial: 0,
            marks_each: None,
            cells: vec![],
        });
        let found: Vec<_> = wrong
            .faults()
            .into_iter()
            .map(|f| (f.place, f.code))
            .collect();
        let expected = [
            ("minutes", "not-positive"),
            ("sections.verbal.marks_each", "not-positive"),
            ("sections.verbal.cells.0.topic", "required"),
            ("sections.verbal.cells.1.count", "not-positive"),
            ("sections.verbal.cells.2.count", "not-a-multiple-of-stimuli"),
            ("sections.essay.cells.0.stimuli", "not-positive"),
            ("sections.essay.cells.0.kind", "kind-never-here"),
            ("sections.verbal.code", "duplicate-code"),
            ("sections.verbal.title_zh", "required"),
            ("sections.verbal.cells", "required"),
        ];
        assert_eq!(
            found,
            expected.map(|(place, code)| (place.to_owned(), code))
        );
    }

    #[test]
    fn a_topic_holds_the_topics_below_it_and_no_namesakes() {
        assert!(is_within("vb", "vb"));
        assert!(is_within("vb.cloze", "vb"));
        assert!(!is_within("vbx", "vb"));
        assert!(!is_within("vb", "vb.cloze"));
    }
}
