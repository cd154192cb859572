//! What an item (试题) is, and what an answer to one is. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rich::{self, Markup};
use crate::kernel::Score;
use crate::kernel::merkle::Hash;

/// How hard the author and the reviewer take the item to be.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// 易
    Easy,
    /// 中
    Medium,
    /// 难
    Hard,
}

/// The kinds of item.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// 单项选择题
    SingleChoice,
    /// 多项选择题
    MultipleChoice,
    /// 判断题
    TrueFalse,
    /// 填空题
    FillIn,
    /// 数值题
    Numeric,
    /// 匹配题
    Matching,
    /// 排序题
    Ordering,
    /// 主观题
    Essay,
}

/// An item as an author writes it and a bank keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable name, unique in its bank.
    pub code: String,
    /// The section of the paper it belongs to, such as `verbal`.
    pub section: String,
    /// Dotted topic code, such as `vb.cloze`.
    pub topic: String,
    /// Judged difficulty.
    pub difficulty: Difficulty,
    /// Code of the stimulus (材料) shared with other items of the same section.
    pub stimulus: Option<String>,
    /// The question.
    pub stem: String,
    /// What is asked for, with its key.
    pub body: Body,
    /// Why the key is right.
    pub explanation: String,
    /// Names of enemy sets (互斥组), ascending: items that share one never meet on a paper. Left out
    /// where there is none, as is the time, so that contents without them keep their hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enemies: Vec<String>,
    /// How many seconds it is expected to take (预计用时).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// How the stem, the options, entries and parts, the explanation and the model answer are
    /// written. Keys, units and rubrics are always plain.
    #[serde(default, skip_serializing_if = "Markup::is_plain")]
    pub markup: Markup,
}

/// The part of an item that differs by kind. Options are named by their place, from zero, in the
/// order the author wrote them; that identity survives every shuffling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// One option is right.
    SingleChoice {
        /// The options.
        options: Vec<String>,
        /// The right one.
        key: u8,
    },
    /// Two or more options are right.
    MultipleChoice {
        /// The options.
        options: Vec<String>,
        /// The right ones, ascending.
        key: Vec<u8>,
    },
    /// A statement to judge.
    TrueFalse {
        /// Whether it is true.
        key: bool,
    },
    /// A short text or number.
    FillIn {
        /// The accepted forms.
        accepted: Vec<String>,
    },
    /// A number, exact or within a tolerance.
    Numeric {
        /// The number.
        #[schema(value_type = String)]
        value: Score,
        /// How far an answer may lie from it.
        #[schema(value_type = String)]
        tolerance: Score,
        /// What it is counted in, shown behind the field; may be empty.
        unit: String,
    },
    /// Each entry on the left belongs to one option on the right.
    Matching {
        /// The entries.
        left: Vec<String>,
        /// The options; some may belong to no entry.
        right: Vec<String>,
        /// For each entry, the place of its option.
        key: Vec<u8>,
    },
    /// Parts to be put in order.
    Ordering {
        /// The parts, in the right order.
        parts: Vec<String>,
    },
    /// A written answer marked by people.
    Essay {
        /// What earns marks.
        rubric: Vec<RubricPoint>,
        /// The maximum; the rubric adds up to it.
        #[schema(value_type = String)]
        marks: Score,
        /// Most characters the answer may have.
        words_max: u32,
        /// A model answer for markers.
        reference: String,
    },
}

/// One line of a rubric (评分要点).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RubricPoint {
    /// What the answer shows.
    pub point: String,
    /// What it is worth.
    #[schema(value_type = String)]
    pub marks: Score,
}

/// A text or table that several items share (材料).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stimulus {
    /// Stable name, unique in its bank.
    pub code: String,
    /// Heading.
    pub title: String,
    /// Paragraphs, separated by empty lines.
    pub text: String,
    /// An optional table; its first row is the header.
    pub table: Vec<Vec<String>>,
    /// How the text is written; title and table are always plain.
    #[serde(default, skip_serializing_if = "Markup::is_plain")]
    pub markup: Markup,
}

/// What a candidate answered. As kept and marked, options are the author's places; the exam room
/// speaks of the places where they were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Chosen options, ascending; one for a single choice.
    Options {
        /// Places of the chosen options, from zero.
        chosen: Vec<u8>,
    },
    /// A judgement.
    Judgement {
        /// Whether the candidate holds the statement true.
        holds: bool,
    },
    /// An option for each entry of a matching, or for each place of an ordering.
    Places {
        /// Places of the chosen options, from zero; none where nothing was chosen yet.
        chosen: Vec<Option<u8>>,
    },
    /// A text: a filled-in blank, a number or an essay.
    Text {
        /// As typed.
        text: String,
    },
}

impl Item {
    /// The texts that are written in its markup, each with the field it stands in.
    pub fn marked_up(&self) -> Vec<(&'static str, &str)> {
        let own = [
            ("stem", self.stem.as_str()),
            ("explanation", &self.explanation),
        ];
        let entries: &[String] = match &self.body {
            Body::Matching { left, .. } => left,
            _ => &[],
        };
        let options = self
            .body
            .options()
            .iter()
            .map(|text| ("options", text.as_str()));
        let entries = entries.iter().map(|text| ("key", text.as_str()));
        let mut texts: Vec<_> = own.into_iter().chain(options).chain(entries).collect();
        if let Body::Essay { reference, .. } = &self.body {
            texts.push(("reference", reference));
        }
        texts
    }

    /// The pictures it shows.
    pub fn pictures(&self) -> BTreeSet<Hash> {
        match self.markup {
            Markup::Plain => BTreeSet::new(),
            Markup::Html => self
                .marked_up()
                .iter()
                .flat_map(|(_, text)| rich::images(text))
                .collect(),
        }
    }
}

impl Stimulus {
    /// The pictures it shows.
    pub fn pictures(&self) -> BTreeSet<Hash> {
        match self.markup {
            Markup::Plain => BTreeSet::new(),
            Markup::Html => rich::images(&self.text),
        }
    }
}

impl Body {
    /// The kind.
    pub const fn kind(&self) -> ItemKind {
        match self {
            Self::SingleChoice { .. } => ItemKind::SingleChoice,
            Self::MultipleChoice { .. } => ItemKind::MultipleChoice,
            Self::TrueFalse { .. } => ItemKind::TrueFalse,
            Self::FillIn { .. } => ItemKind::FillIn,
            Self::Numeric { .. } => ItemKind::Numeric,
            Self::Matching { .. } => ItemKind::Matching,
            Self::Ordering { .. } => ItemKind::Ordering,
            Self::Essay { .. } => ItemKind::Essay,
        }
    }

    /// The options, if the kind has any: what is shuffled for every candidate.
    pub fn options(&self) -> &[String] {
        match self {
            Self::SingleChoice { options, .. } | Self::MultipleChoice { options, .. } => options,
            Self::Matching { right, .. } => right,
            Self::Ordering { parts } => parts,
            _ => &[],
        }
    }

    /// How many options a [`Answer::Places`] chooses: one for each entry or place.
    pub fn rows(&self) -> usize {
        match self {
            Self::Matching { left, .. } => left.len(),
            Self::Ordering { parts } => parts.len(),
            _ => 0,
        }
    }
}

impl ItemKind {
    /// All kinds, in the order papers have them.
    pub const ALL: [Self; 8] = [
        Self::SingleChoice,
        Self::MultipleChoice,
        Self::TrueFalse,
        Self::FillIn,
        Self::Numeric,
        Self::Matching,
        Self::Ordering,
        Self::Essay,
    ];

    /// As written in files, in the database and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SingleChoice => "single_choice",
            Self::MultipleChoice => "multiple_choice",
            Self::TrueFalse => "true_false",
            Self::FillIn => "fill_in",
            Self::Numeric => "numeric",
            Self::Matching => "matching",
            Self::Ordering => "ordering",
            Self::Essay => "essay",
        }
    }

    /// Reads what [`ItemKind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Difficulty {
    /// All bands, easiest first.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Medium, Self::Hard];

    /// As written in files, in the database and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }

    /// Reads what [`Difficulty::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.as_str() == text)
    }
}

/// The letter an option goes by: A for the first place.
pub fn option_letter(place: usize) -> char {
    ('A'..='Z').nth(place).unwrap_or('?')
}
