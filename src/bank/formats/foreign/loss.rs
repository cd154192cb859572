//! What a file of another program says and a bank does not keep.

use std::fmt;

use crate::kernel::Fault;
use crate::kernel::error::Arg;

/// The codes of losses.
pub const LOSSES: [&str; 51] = [
    "case",
    "duplicate-question",
    "fixed-order",
    "media",
    "no-key",
    "option-count",
    "words-converted",
    "words-min",
    "partial-order",
    "several-partners",
    "several-right",
    "adaptive",
    "arrow",
    "attachments",
    "bounds",
    "category",
    "character",
    "comment",
    "description",
    "explanation",
    "feedback",
    "formatting",
    "hidden",
    "hint",
    "identifier",
    "image",
    "item",
    "key-separator",
    "line-ends",
    "marks",
    "metadata",
    "package",
    "penalty",
    "question-type",
    "reference",
    "response-template",
    "right-order",
    "rounded",
    "rubric",
    "rubric-assumed",
    "rubric-block",
    "scoring",
    "stimulus",
    "stimulus-table",
    "tag",
    "test",
    "title",
    "unit",
    "weights",
    "wildcard",
    "words-max",
];

/// The losses of whole questions: right in their own form, and nothing that a bank can keep.
const LEFT_OUT: [&str; 8] = [
    "description",
    "duplicate-question",
    "no-key",
    "option-count",
    "partial-order",
    "question-type",
    "several-partners",
    "several-right",
];

/// What a format cannot say, or the bank cannot keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where: `line 12`, `question 3`, `items/q3.xml`; when writing, `item ck-001`.
    pub place: String,
    /// The code; its sentence is `loss-<code>` in the catalogue.
    pub code: &'static str,
    /// Parameters of the sentence.
    pub args: Vec<Arg>,
}

impl Loss {
    /// A loss at `place`.
    pub fn new(place: impl Into<String>, code: &'static str) -> Self {
        debug_assert!(LOSSES.contains(&code), "{code} is no loss that has words");
        Self {
            place: place.into(),
            code,
            args: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Whether a whole question was left out.
    pub fn is_of_a_question(&self) -> bool {
        LEFT_OUT.contains(&self.code)
    }

    /// Why a question was left out, to be told where nothing else was in the file.
    pub(super) fn of_a_question(self) -> Option<Fault> {
        self.is_of_a_question().then(|| Fault {
            args: self.args,
            ..Fault::new(self.place, self.code)
        })
    }
}
