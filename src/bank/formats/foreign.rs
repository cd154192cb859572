//! What the formats of other programs have in common.
//!
//! Such a format says less than a bank needs to know (a section, a topic, a difficulty), and some
//! things that a bank cannot keep (images, feedback on single answers, weights). What is lacking
//! comes from [`Defaults`]; what is left behind is a [`Loss`], reported and no error. What would
//! make an unsound item is a fault, and then nothing is read.

mod labels;
mod loss;
mod said;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bank::collection::{Member, asked_twice, faults_between};
use crate::bank::item::{Body, Difficulty, Item, Stimulus};
use crate::bank::rich::Markup;
use crate::bank::rules;
use crate::kernel::Fault;
use crate::kernel::merkle::Hash;

use super::draft::clip;
use super::names::Names;
use super::plain::Pictures;
use super::{BYTES_MAX, Batch};
pub(super) use labels::Labels;
pub use loss::{LOSSES, Loss};

/// Most questions of a file.
pub const ITEMS_MAX: usize = 50_000;
/// Most faults that are told one by one.
pub const FAULTS_MAX: usize = 1_000;
/// The title of a stimulus that has none.
pub const TITLE_DEFAULT: &str = "材料";

/// What every reader gives: all of a file with what was left behind, or what is wrong with it.
pub type Reading = Result<(Batch, Vec<Loss>), Vec<Fault>>;

/// What the formats of other programs do not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The section of items that name none.
    pub section: String,
    /// Their topic.
    pub topic: String,
    /// Their difficulty.
    pub difficulty: Difficulty,
    /// How the codes of items without one begin: `prefix-001`.
    pub prefix: String,
}

/// Refuses what is too large to be read.
pub(super) fn check_size(bytes: usize) -> Result<(), Vec<Fault>> {
    if bytes > BYTES_MAX {
        let fault = Fault::new("file", "file-too-large");
        return Err(vec![fault.with("max", BYTES_MAX >> 20)]);
    }
    Ok(())
}

/// One question as found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) place: String,
    pub(super) code: Option<String>,
    pub(super) labels: Labels,
    /// Place in the stimuli found.
    pub(super) stimulus: Option<usize>,
    pub(super) stem: String,
    /// None for a question that cannot be kept.
    pub(super) body: Option<Body>,
    pub(super) explanation: String,
    /// How the texts are being read.
    pub(super) markup: Markup,
    /// The pictures at hand, by the sources that name them.
    pub(super) known: Pictures,
    /// What they hold.
    pictures: BTreeMap<Hash, Vec<u8>>,
    /// Whether plain texts would lose what rich ones keep.
    poor: bool,
    losses: Vec<Loss>,
    faults: Vec<Fault>,
}

impl Found {
    pub(super) fn at(place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            ..Self::default()
        }
    }

    /// Notes a loss, once a question.
    pub(super) fn lose(&mut self, code: &'static str) {
        if self.losses.iter().all(|loss| loss.code != code) {
            self.losses.push(Loss::new(&self.place, code));
        }
    }

    /// Notes a loss, once a question, with all that was found.
    pub(super) fn lose_found(&mut self, code: &'static str, found: &str) {
        let Some(known) = self.losses.iter_mut().find(|loss| loss.code == code) else {
            let loss = Loss::new(&self.place, code);
            return self.losses.push(loss.with("found", clip(found)));
        };
        for (_, text) in known.args.iter_mut().filter(|(name, _)| *name == "found") {
            if !text.split(", ").any(|one| one == found) {
                *text = clip(&format!("{text}, {found}"));
            }
        }
    }

    pub(super) fn lose_if(&mut self, lost: bool, code: &'static str) {
        if lost {
            self.lose(code);
        }
    }

    /// Notes that the question is of a kind the bank does not have, and is left out.
    pub(super) fn skip(&mut self, kind: &str) {
        self.lose_found("question-type", kind);
    }

    /// Notes a fault at a field.
    pub(super) fn fault(&mut self, fault: Fault) {
        let place = format!("{}: {}", self.place, fault.place);
        self.faults.push(Fault { place, ..fault });
    }

    /// Takes in what became of a body. One of more or fewer options than a bank keeps is left out.
    pub(super) fn settle(&mut self, body: Result<Body, Trouble>) {
        match body {
            Ok(body) => match rules::check_count(&body) {
                None => self.body = Some(body),
                Some(Fault { args, .. }) => {
                    let loss = Loss::new(&self.place, "option-count");
                    self.losses.push(Loss { args, ..loss });
                }
            },
            Err(Trouble::Skip(code)) => self.lose(code),
            Err(Trouble::Fault(fault)) => self.fault(fault),
        }
    }

    /// The item, once its code and its stimulus's are known.
    fn item(&self, body: Body, code: String, stimuli: &[Stimulus], defaults: &Defaults) -> Item {
        let labels = self.labels.clone();
        let stimulus = self.stimulus.and_then(|at| stimuli.get(at));
        let stimulus = stimulus.map(|stimulus| stimulus.code.clone());
        rules::tidied(&Item {
            code,
            section: labels.section.unwrap_or_else(|| defaults.section.clone()),
            topic: labels.topic.unwrap_or_else(|| defaults.topic.clone()),
            difficulty: labels.difficulty.unwrap_or(defaults.difficulty),
            stimulus,
            stem: self.stem.clone(),
            body,
            explanation: self.explanation.clone(),
            enemies: labels.enemies,
            seconds: labels.seconds,
            markup: self.markup,
        })
    }
}

/// Why a question has no body.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot be kept, which is a loss of this code.
    Skip(&'static str),
    /// It is wrong.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The questions and stimuli of a file as found.
#[derive(Debug, Default)]
pub(super) struct Finds {
    found: Vec<Found>,
    stimuli: Vec<(String, Stimulus)>,
    pictures: BTreeMap<Hash, Vec<u8>>,
    /// Where each stimulus stands.
    known: HashMap<String, usize>,
    losses: Vec<Loss>,
    faults: Vec<Fault>,
}

impl Finds {
    pub(super) fn push(&mut self, found: Found) {
        self.found.push(found);
    }

    /// Whether no more questions are taken.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() > ITEMS_MAX || self.faults.len() > FAULTS_MAX
    }

    pub(super) fn lose(&mut self, loss: Loss) {
        self.losses.push(loss);
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// The place of a stimulus among those found; one found before is found again.
    pub(super) fn stimulus(&mut self, place: &str, stimulus: Stimulus) -> usize {
        let next = self.stimuli.len();
        let at = *self.known.entry(format!("{stimulus:?}")).or_insert(next);
        if at == next {
            self.stimuli.push((place.to_owned(), stimulus));
        }
        at
    }

    /// All of the file, or what is wrong with it.
    pub(super) fn finish(mut self, defaults: &Defaults) -> Reading {
        if self.found.len() > ITEMS_MAX {
            let fault = Fault::new("file", "too-many-items").with("max", ITEMS_MAX);
            return Err(vec![fault]);
        }
        for found in &mut self.found {
            self.losses.append(&mut found.losses);
            self.pictures.append(&mut found.pictures);
            self.faults.append(&mut found.faults);
        }
        let stimuli = self.name_stimuli(defaults);
        let (places, items) = self.name_items(&stimuli, defaults);
        let mut faults = std::mem::take(&mut self.faults);
        faults.extend(check(&places, &items, &self.stimuli, &stimuli));
        if faults.is_empty() && items.is_empty() {
            faults.push(Fault::new("file", "no-items"));
            faults.extend(self.losses.drain(..).filter_map(Loss::of_a_question));
        }
        if faults.is_empty() {
            let shown = items.iter().flat_map(Item::pictures);
            let shown = shown.chain(stimuli.iter().flat_map(Stimulus::pictures));
            let shown: BTreeSet<Hash> = shown.collect();
            self.pictures.retain(|hash, _| shown.contains(hash));
            let pictures = self.pictures;
            let batch = Batch {
                items,
                stimuli,
                pictures,
            };
            Ok((batch, self.losses))
        } else {
            Err(the_first(faults))
        }
    }

    fn name_stimuli(&mut self, defaults: &Defaults) -> Vec<Stimulus> {
        let given = self.stimuli.iter().map(|(_, found)| found.code.as_str());
        let mut names = Names::new(given, format!("{}-s", defaults.prefix), 2);
        let named = self.stimuli.iter().enumerate().map(|(at, (place, found))| {
            let code = names.name(at, Some(&found.code), place, &mut self.losses);
            rules::tidied_stimulus(&Stimulus {
                code,
                ..found.clone()
            })
        });
        named.collect()
    }

    fn name_items(
        &mut self,
        stimuli: &[Stimulus],
        defaults: &Defaults,
    ) -> (Vec<String>, Vec<Item>) {
        let kept = without_twins(&self.found, stimuli, defaults, &mut self.losses);
        let given = kept.iter().filter_map(|found| found.code.as_deref());
        let mut names = Names::new(given, format!("{}-", defaults.prefix), 3);
        let mut read = (Vec::new(), Vec::new());
        for (at, found) in kept.into_iter().enumerate() {
            let Some(body) = found.body.clone() else {
                continue;
            };
            let code = names.name(at, found.code.as_deref(), &found.place, &mut self.losses);
            read.0.push(found.place.clone());
            read.1.push(found.item(body, code, stimuli, defaults));
        }
        read
    }
}

/// The questions that have a body, each once; that another is left out is noted.
fn without_twins<'f>(
    found: &'f [Found],
    stimuli: &[Stimulus],
    defaults: &Defaults,
    losses: &mut Vec<Loss>,
) -> Vec<&'f Found> {
    let bodies = found
        .iter()
        .filter_map(|found| Some((found, found.body.clone()?)));
    let (kept, items): (Vec<&Found>, Vec<Item>) = bodies
        .map(|(found, body)| {
            let item = found.item(body, String::new(), stimuli, defaults);
            (found, item)
        })
        .unzip();
    let twins: BTreeMap<usize, usize> = asked_twice(&items).into_iter().collect();
    for (later, first) in &twins {
        let loss = Loss::new(&kept[*later].place, "duplicate-question");
        losses.push(loss.with("other", &kept[*first].place));
    }
    let kept = kept.into_iter().enumerate();
    let once = kept.filter(|(at, _)| !twins.contains_key(at));
    once.map(|(_, found)| found).collect()
}

/// The first faults, and how many there are besides.
fn the_first(mut faults: Vec<Fault>) -> Vec<Fault> {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    faults.truncate(FAULTS_MAX);
    faults.extend((more > 0).then(|| Fault::new("file", "more-faults").with("count", more)));
    faults
}

fn check(
    places: &[String],
    items: &[Item],
    found: &[(String, Stimulus)],
    stimuli: &[Stimulus],
) -> Vec<Fault> {
    let under = |place: &str, fault: Fault| Fault {
        place: format!("{place}: {}", fault.place),
        ..fault
    };
    let own = items.iter().zip(places).flat_map(|(item, place)| {
        let faults = rules::check_item(item).into_iter();
        faults.map(move |fault| under(place, fault))
    });
    let shared = stimuli
        .iter()
        .zip(found)
        .flat_map(|(stimulus, (place, _))| {
            let faults = rules::check_stimulus(stimulus).into_iter();
            faults.map(move |fault| under(place, fault))
        });
    let between = faults_between(items, stimuli);
    let between = between.into_iter().map(|(member, fault)| match member {
        Member::Item(at) => under(&places[at], fault),
        Member::Stimulus(at) => under(&found[at].0, fault),
    });
    own.chain(shared).chain(between).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::samples::{defaults, lost};
    use crate::bank::formats::testing::said;

    /// A judgement with that code.
    fn judgement(place: &str, code: &str) -> Found {
        Found {
            code: (!code.is_empty()).then(|| code.to_owned()),
            stem: format!("题 {place}"),
            body: Some(Body::TrueFalse { key: true }),
            ..Found::at(place)
        }
    }

    fn finds(found: Vec<Found>) -> Finds {
        Finds {
            found,
            ..Finds::default()
        }
    }

    #[test]
    fn a_code_is_kept_if_it_can_be_one_and_is_free() {
        let found = [
            ("1", "im-002"),
            ("2", ""),
            ("3", "im-002"),
            ("4", "题四"),
            ("5", "Q5"),
        ];
        let found = found.map(|(place, code)| judgement(place, code)).into();
        let (batch, losses) = finds(found).finish(&defaults()).unwrap();
        let codes: Vec<&str> = batch.items.iter().map(|item| item.code.as_str()).collect();
        assert_eq!(codes, ["im-002", "im-003", "im-004", "im-005", "Q5"]);
        assert_eq!(lost(&losses), ["3: identifier", "4: identifier"]);
    }

    #[test]
    fn one_fault_and_nothing_is_read() {
        let mut wrong = judgement("2", "b");
        wrong.fault(Fault::new("key", "required"));
        let mut empty = judgement("3", "c");
        empty.stem.clear();
        let faults = finds(vec![judgement("1", "a"), wrong, empty]).finish(&defaults());
        assert_eq!(
            said(&faults.unwrap_err()),
            ["2: key: required", "3: stem: required"]
        );
    }

    #[test]
    fn very_many_faults_are_counted() {
        let mut finds = Finds::default();
        while !finds.is_full() {
            finds.fault(Fault::new("line 1", "stray-line"));
        }
        let faults = finds.finish(&defaults()).unwrap_err();
        assert_eq!(faults.len(), FAULTS_MAX + 1);
        assert_eq!(faults[FAULTS_MAX].args, [("count", "1".to_owned())]);
    }

    #[test]
    fn the_same_question_twice_is_read_once() {
        let mut twice = judgement("1", "a");
        twice.place = "9".to_owned();
        let found = vec![judgement("1", "a"), twice, judgement("10", "c")];
        let (batch, losses) = finds(found).finish(&defaults()).unwrap();
        assert_eq!(batch.items.len(), 2);
        assert_eq!(lost(&losses), ["9: duplicate-question"]);
        assert_eq!(losses[0].args, [("other", "1".to_owned())]);
    }

    #[test]
    fn where_nothing_can_be_kept_it_is_said_why() {
        let mut cloze = Found::at("question 1");
        cloze.skip("cloze");
        let mut long = Found::at("question 2");
        let options = (1..=9).map(|number| number.to_string()).collect();
        long.settle(Ok(Body::SingleChoice { options, key: 0 }));
        let faults = finds(vec![cloze, long]).finish(&defaults()).unwrap_err();
        assert_eq!(
            said(&faults),
            [
                "file: no-items",
                "question 1: question-type",
                "question 2: option-count"
            ]
        );
        assert_eq!(faults[2].args[2], ("found", "9".to_owned()));
    }

    #[test]
    fn all_tags_that_are_lost_are_named() {
        let mut found = judgement("1", "a");
        for tag in ["甲", "乙", "甲"] {
            found.lose_found("tag", tag);
        }
        assert_eq!(found.losses[0].args, [("found", "甲, 乙".to_owned())]);
    }
}
