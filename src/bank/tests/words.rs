//! What pages and answers say of items.

use super::*;
use crate::bank::formats::LOSSES;

/// What pages and answers say of items exists in both languages.
#[test]
fn every_word_and_every_fault_has_its_sentence_in_both_languages() {
    let words = |prefix: &str, codes: &[&str]| {
        let key = |code: &&str| format!("{prefix}-{}", code.replace('_', "-"));
        codes.iter().map(key).collect::<Vec<_>>()
    };
    let keys = [
        words("item-kind", &ItemKind::ALL.map(ItemKind::as_str)),
        words("item-state", &ItemState::ALL.map(ItemState::as_str)),
        words("difficulty", &Difficulty::ALL.map(Difficulty::as_str)),
        words("item-act", &ItemAct::ALL.map(ItemAct::as_str)),
        words("item-key", &["true", "false"]),
        words("fault", &FAULTS),
        words("loss", &LOSSES),
    ];
    for key in keys.concat() {
        for lang in [Lang::Zh, Lang::En] {
            let sentence = lang.message_with(&key, PARAMETERS.map(|name| (name, "1")));
            assert!(!sentence.contains('‹'), "{key} in {}", lang.tag());
        }
    }
}

/// The parameters of those sentences.
const PARAMETERS: [&str; 19] = [
    "expected",
    "count",
    "tries",
    "character",
    "extension",
    "first",
    "found",
    "header",
    "key",
    "marks",
    "max",
    "min",
    "option",
    "options",
    "other",
    "reason",
    "section",
    "stimulus",
    "sum",
];

/// The codes of faults of this room.
const FAULTS: [&str; 92] = [
    "answer-missing",
    "arrow-missing",
    "brace-unmatched",
    "file-unwritable",
    "key-unknown",
    "more-faults",
    "no-items",
    "not-a-manifest",
    "not-a-stimulus",
    "not-an-item",
    "not-moodle-xml",
    "option-letter",
    "qti-version",
    "sections-differ",
    "stray-answer",
    "stray-line",
    "template-distractors",
    "template-empty",
    "template-expression",
    "template-few",
    "template-inexact",
    "template-name",
    "template-options",
    "template-range",
    "too-many-files",
    "too-many-items",
    "xml-syntax",
    "xml-too-many-attributes",
    "xml-too-deep",
    "xml-dtd",
    "zip-damaged",
    "zip-duplicate",
    "zip-path",
    "zip-ratio",
    "entry-count",
    "key-entry",
    "key-incomplete",
    "number-range",
    "bad-code",
    "code-fixed",
    "cell-date",
    "cell-error",
    "cell-format",
    "cell-formula",
    "column-without-header",
    "control-character",
    "duplicate-code",
    "duplicate-column",
    "duplicate-stem",
    "file-missing",
    "file-too-large",
    "file-unreadable",
    "key-order",
    "key-out-of-range",
    "key-repeated",
    "key-too-few",
    "key-too-many",
    "marks-range",
    "missing-column",
    "no-option",
    "no-rows",
    "no-such-option",
    "not-a-number",
    "not-for-kind",
    "not-one-option",
    "not-text",
    "old-or-locked-excel",
    "option-count",
    "option-repeated",
    "options-not-ascending",
    "other-kind",
    "quote-misplaced",
    "quote-unclosed",
    "rubric-line",
    "rubric-sum",
    "section-differs",
    "stimulus-differs",
    "stimulus-section",
    "stimulus-unknown",
    "table-ragged",
    "toml-syntax",
    "too-many-columns",
    "too-many-rows",
    "unknown-column",
    "unknown-field",
    "unknown-format",
    "unknown-word",
    "words-range",
    "wrong-type",
    "xlsx-damaged",
    "required",
    "too-long",
];
