//! An item as a file words it, before it is known to be one. Every format ends here, so that all
//! of them are as tolerant and as strict as each other.

use std::str::FromStr;

use crate::bank::item::{Body, Difficulty, Item, ItemKind, RubricPoint, option_letter};
use crate::bank::rich::Markup;
use crate::bank::rules;
use crate::kernel::{Fault, Score};

use super::words;

/// Most characters of what was found that a fault shows.
const CLIP: usize = 60;

/// The texts of one item.
#[derive(Debug, Default)]
pub(in crate::bank) struct Draft {
    pub code: String,
    pub kind: String,
    pub section: String,
    pub topic: String,
    pub difficulty: String,
    pub stimulus: String,
    pub stem: String,
    pub options: Vec<String>,
    /// Letters or a judgement, whole or in parts; the accepted forms of a blank; a number; or the
    /// entries of a matching, each with the letter of its option: `京=A`.
    pub key: Vec<String>,
    pub tolerance: String,
    pub unit: String,
    pub explanation: String,
    /// What earns marks, and how many.
    pub rubric: Vec<(String, String)>,
    pub marks: String,
    pub words_max: String,
    pub reference: String,
    /// Names of enemy sets, in any order.
    pub enemies: Vec<String>,
    /// Seconds it is expected to take; empty if nobody says.
    pub seconds: String,
    /// How its texts are written; empty for plain.
    pub markup: String,
}

impl Draft {
    /// The texts of an item that is there: what [`Draft::read`] reads as that item.
    pub(in crate::bank) fn of(item: &Item) -> Self {
        let draft = Self {
            code: item.code.clone(),
            kind: item.body.kind().as_str().to_owned(),
            section: item.section.clone(),
            topic: item.topic.clone(),
            difficulty: item.difficulty.as_str().to_owned(),
            stimulus: item.stimulus.clone().unwrap_or_default(),
            stem: item.stem.clone(),
            options: item.body.options().to_vec(),
            explanation: item.explanation.clone(),
            enemies: item.enemies.clone(),
            seconds: item.seconds.map_or_else(String::new, |s| s.to_string()),
            markup: written(item.markup).to_owned(),
            ..Self::default()
        };
        match &item.body {
            Body::SingleChoice { key, .. } => draft.keyed([letters(&[*key])]),
            Body::MultipleChoice { key, .. } => draft.keyed([letters(key)]),
            Body::TrueFalse { key } => draft.keyed([key.to_string()]),
            Body::FillIn { accepted } => draft.keyed(accepted.iter().cloned()),
            Body::Numeric {
                value,
                tolerance,
                unit,
            } => Self {
                tolerance: tolerance.to_string(),
                unit: unit.clone(),
                ..draft.keyed([value.to_string()])
            },
            Body::Matching { left, key, .. } => draft.keyed(entries(left, key)),
            Body::Ordering { .. } => draft,
            Body::Essay {
                rubric,
                marks,
                words_max,
                reference,
            } => Self {
                rubric: rubric
                    .iter()
                    .map(|line| (line.point.clone(), line.marks.to_string()))
                    .collect(),
                marks: marks.to_string(),
                words_max: words_max.to_string(),
                reference: reference.clone(),
                ..draft
            },
        }
    }

    fn keyed(self, key: impl IntoIterator<Item = String>) -> Self {
        Self {
            key: key.into_iter().collect(),
            ..self
        }
    }

    /// The item and everything wrong with it; places are field names. Where a field cannot be
    /// read, the item holds something harmless in its stead, so that the other fields are still
    /// checked: an item with faults is to be thrown away.
    pub(in crate::bank) fn read(&self) -> (Item, Vec<Fault>) {
        let mut faults = Vec::new();
        let stimulus = self.stimulus.trim();
        let markup = settle(&mut faults, markup(&self.markup), Markup::Plain);
        let item = Item {
            code: self.code.trim().to_owned(),
            section: self.section.trim().to_owned(),
            topic: self.topic.trim().to_owned(),
            difficulty: settle(
                &mut faults,
                word("difficulty", &self.difficulty, words::difficulty),
                Difficulty::Medium,
            ),
            stimulus: (!stimulus.is_empty()).then(|| stimulus.to_owned()),
            stem: self.stem.clone(),
            body: match word("kind", &self.kind, words::kind) {
                Ok(kind) => self.body(kind, &mut faults),
                Err(fault) => {
                    faults.push(fault);
                    Body::TrueFalse { key: true }
                }
            },
            explanation: self.explanation.clone(),
            enemies: self.enemies.clone(),
            seconds: settle(&mut faults, self.seconds(), None),
            markup,
        };
        faults.extend(rules::strays(markup, &item.marked_up()));
        let item = rules::tidied(&item);
        let mut broken = rules::check_item(&item);
        broken.retain(|fault| !follows(fault, &faults));
        faults.extend(broken);
        (item, faults)
    }

    /// Fields that are filled in and mean nothing for this kind. What an author wrote is used or
    /// refused, never dropped.
    fn strays(&self, kind: ItemKind) -> Vec<Fault> {
        let choice = matches!(
            kind,
            ItemKind::SingleChoice
                | ItemKind::MultipleChoice
                | ItemKind::Matching
                | ItemKind::Ordering
        );
        let keyless = matches!(kind, ItemKind::Essay | ItemKind::Ordering);
        let numeric = kind == ItemKind::Numeric;
        let essay = kind == ItemKind::Essay;
        let filled = |text: &String| !text.trim().is_empty();
        [
            ("options", !choice && !self.options.is_empty()),
            ("key", keyless && self.key.iter().any(filled)),
            ("tolerance", !numeric && filled(&self.tolerance)),
            ("unit", !numeric && filled(&self.unit)),
            ("rubric", !essay && !self.rubric.is_empty()),
            ("marks", !essay && filled(&self.marks)),
            ("words_max", !essay && filled(&self.words_max)),
            ("reference", !essay && filled(&self.reference)),
        ]
        .into_iter()
        .filter(|(_, stray)| *stray)
        .map(|(place, _)| Fault::new(place, "not-for-kind").with("kind", kind.as_str()))
        .collect()
    }

    fn body(&self, kind: ItemKind, faults: &mut Vec<Fault>) -> Body {
        faults.extend(self.strays(kind));
        match kind {
            ItemKind::SingleChoice => Body::SingleChoice {
                options: self.options(),
                key: settle(faults, self.one_letter(), 0),
            },
            ItemKind::MultipleChoice => Body::MultipleChoice {
                options: self.options(),
                key: settle(faults, self.letters(), vec![0, 1]),
            },
            ItemKind::TrueFalse => Body::TrueFalse {
                key: settle(
                    faults,
                    word("key", &self.key.concat(), words::judgement),
                    true,
                ),
            },
            ItemKind::FillIn => Body::FillIn {
                accepted: self.key.clone(),
            },
            ItemKind::Numeric => Body::Numeric {
                value: settle(faults, number("key", &self.key.concat()), Score::ZERO),
                tolerance: settle(faults, self.tolerance(), Score::ZERO),
                unit: self.unit.clone(),
            },
            ItemKind::Matching => self.matching(faults),
            ItemKind::Ordering => Body::Ordering {
                parts: self.options(),
            },
            ItemKind::Essay => Body::Essay {
                rubric: self.rubric(faults),
                marks: settle(faults, number("marks", &self.marks), Score::ZERO),
                words_max: settle(faults, number("words_max", &self.words_max), 0),
                reference: self.reference.clone(),
            },
        }
    }

    fn options(&self) -> Vec<String> {
        self.options.clone()
    }

    fn seconds(&self) -> Result<Option<u32>, Fault> {
        if self.seconds.trim().is_empty() {
            return Ok(None);
        }
        number("seconds", &self.seconds).map(Some)
    }

    /// None is exact.
    fn tolerance(&self) -> Result<Score, Fault> {
        if self.tolerance.trim().is_empty() {
            return Ok(Score::ZERO);
        }
        number("tolerance", &self.tolerance)
    }

    fn matching(&self, faults: &mut Vec<Fault>) -> Body {
        let (mut left, mut key) = (Vec::new(), Vec::new());
        for line in &self.key {
            let (entry, letter) = line.rsplit_once(['=', '＝']).unwrap_or((line, ""));
            let option = match words::letters(letter).as_deref() {
                Some([option]) => Ok(*option),
                _ => Err(Fault::new("key", "key-entry").with("found", clip(line))),
            };
            left.push(entry.to_owned());
            key.push(settle(faults, option, 0));
        }
        Body::Matching {
            left,
            right: self.options(),
            key,
        }
    }

    fn letters(&self) -> Result<Vec<u8>, Fault> {
        word("key", &self.key.concat(), words::letters)
    }

    fn one_letter(&self) -> Result<u8, Fault> {
        match self.letters()?.as_slice() {
            [key] => Ok(*key),
            _ => Err(Fault::new("key", "key-too-many").with("found", clip(&self.key.concat()))),
        }
    }

    fn rubric(&self, faults: &mut Vec<Fault>) -> Vec<RubricPoint> {
        self.rubric
            .iter()
            .map(|(point, marks)| RubricPoint {
                point: point.clone(),
                marks: settle(faults, line_marks(point, marks), Score::ZERO),
            })
            .collect()
    }
}

/// A markup as it stands in a file: nothing for plain.
pub(in crate::bank) const fn written(markup: Markup) -> &'static str {
    match markup {
        Markup::Plain => "",
        Markup::Html => Markup::Html.as_str(),
    }
}

/// The markup that a file names.
pub(in crate::bank) fn markup(text: &str) -> Result<Markup, Fault> {
    if text.trim().is_empty() {
        return Ok(Markup::Plain);
    }
    word("markup", text, words::markup)
}

/// The letters of a key: `AC`.
pub(in crate::bank) fn letters(key: &[u8]) -> String {
    let letter = |place: &u8| option_letter(usize::from(*place));
    key.iter().map(letter).collect()
}

/// The entries of a matching, each with the letter of its option: `京=A`.
pub(in crate::bank) fn entries(left: &[String], key: &[u8]) -> Vec<String> {
    let pairs = left.iter().zip(key);
    pairs
        .map(|(entry, option)| format!("{entry}={}", letters(&[*option])))
        .collect()
}

/// The marks of one line of a rubric.
fn line_marks(point: &str, marks: &str) -> Result<Score, Fault> {
    if marks.trim().is_empty() {
        return Err(Fault::new("rubric", "rubric-line").with("found", clip(point)));
    }
    number("rubric", marks)
}

/// What was read, or `stand_in` and one fault more.
fn settle<T>(faults: &mut Vec<Fault>, read: Result<T, Fault>, stand_in: T) -> T {
    read.unwrap_or_else(|fault| {
        faults.push(fault);
        stand_in
    })
}

/// Whether `fault` says nothing new after what could not be read.
fn follows(fault: &Fault, unread: &[Fault]) -> bool {
    let at = |place: &str| unread.iter().any(|earlier| earlier.place == place);
    at(&fault.place) || (fault.code == "rubric-sum" && at("marks"))
}

/// A word out of a small set.
fn word<T>(place: &str, text: &str, read: fn(&str) -> Option<T>) -> Result<T, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new(place, "required"));
    }
    read(text).ok_or_else(|| Fault::new(place, "unknown-word").with("found", clip(text)))
}

/// A number: marks or a count.
fn number<T: FromStr>(place: &str, text: &str) -> Result<T, Fault> {
    let plain: String = text.trim().chars().map(words::narrow).collect();
    if plain.is_empty() {
        return Err(Fault::new(place, "required"));
    }
    plain
        .parse()
        .map_err(|_| Fault::new(place, "not-a-number").with("found", clip(text)))
}

/// The beginning of `text` on one line, to be shown in a fault.
pub(super) fn clip(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut clipped: String = text.chars().take(CLIP).map(shown).collect();
    if text.chars().nth(CLIP).is_some() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing;

    fn said(draft: &Draft) -> Vec<String> {
        testing::said(&draft.read().1)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    fn draft(kind: &str) -> Draft {
        Draft {
            code: "ck-001".to_owned(),
            kind: kind.to_owned(),
            section: "common_knowledge".to_owned(),
            topic: "ck.law".to_owned(),
            difficulty: "易".to_owned(),
            stem: "题干".to_owned(),
            ..Draft::default()
        }
    }

    #[test]
    fn every_field_that_cannot_be_read_is_named_at_once() {
        let broken = Draft {
            difficulty: "很难".to_owned(),
            stem: " ".to_owned(),
            options: texts(&["甲", "乙", "丙"]),
            key: texts(&["AB"]),
            ..draft("单选题")
        };
        assert_eq!(
            said(&broken),
            [
                "difficulty: unknown-word",
                "key: key-too-many",
                "stem: required"
            ]
        );
        assert_eq!(said(&draft("绘图题")), ["kind: unknown-word"]);
        assert_eq!(said(&draft("")), ["kind: required"]);
    }

    #[test]
    fn what_belongs_to_another_kind_is_refused_and_not_dropped() {
        let stray = Draft {
            options: texts(&["对", "错"]),
            key: texts(&["对"]),
            marks: "2".to_owned(),
            ..draft("判断题")
        };
        assert_eq!(
            said(&stray),
            ["options: not-for-kind", "marks: not-for-kind"]
        );
    }

    #[test]
    fn a_matching_says_which_option_belongs_to_each_entry() {
        let matching = Draft {
            options: texts(&["北京", "上海"]),
            key: texts(&["京=A", "沪＝b"]),
            ..draft("连线题")
        };
        let expected = Body::Matching {
            left: texts(&["京", "沪"]),
            right: texts(&["北京", "上海"]),
            key: vec![0, 1],
        };
        assert_eq!(matching.read().0.body, expected);
        let broken = Draft {
            key: texts(&["京", "沪=AB"]),
            ..matching
        };
        assert_eq!(said(&broken), ["key: key-entry", "key: key-entry"]);
    }

    #[test]
    fn a_number_is_exact_without_a_tolerance() {
        let numeric = Draft {
            key: texts(&["３.５"]),
            unit: "米".to_owned(),
            ..draft("数值题")
        };
        let expected = Body::Numeric {
            value: "3.5".parse().unwrap(),
            tolerance: Score::ZERO,
            unit: "米".to_owned(),
        };
        assert_eq!(
            numeric.read(),
            (
                Item {
                    body: expected,
                    ..numeric.read().0
                },
                vec![]
            )
        );
        let ordering = Draft {
            options: texts(&["起草", "审核", "签发"]),
            key: texts(&["ABC"]),
            ..draft("排序题")
        };
        assert_eq!(said(&ordering), ["key: not-for-kind"]);
    }

    #[test]
    fn an_unreadable_number_is_one_fault_and_not_three() {
        let essay = Draft {
            rubric: vec![("观点".to_owned(), "12".to_owned())],
            marks: "二十".to_owned(),
            words_max: "８００".to_owned(),
            ..draft("essay")
        };
        assert_eq!(said(&essay), ["marks: not-a-number"]);
        let unmarked = Draft {
            rubric: vec![("观点".to_owned(), String::new())],
            marks: "20".to_owned(),
            ..essay
        };
        assert_eq!(said(&unmarked), ["rubric: rubric-line"]);
    }

    #[test]
    fn a_fault_shows_the_beginning_of_what_it_found_on_one_line() {
        assert_eq!(clip(" a\nb\0 "), "a b");
        assert_eq!(clip(&"长".repeat(CLIP + 1)).chars().count(), CLIP + 1);
    }
}
