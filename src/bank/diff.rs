//! What differs between two texts, word by word; of Chinese, character by character. Pure.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Two texts are compared in whole sentences if comparing them word by word might take more steps.
const STEPS_MAX: usize = 16_000_000;

/// Part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whether the other text lacks it.
    pub changed: bool,
    /// The part.
    pub text: String,
}

/// A text as it was and as it is, in pieces that are the same and pieces that are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The field it stands in.
    pub field: &'static str,
    /// As it was.
    pub before: Vec<Piece>,
    /// As it is.
    pub after: Vec<Piece>,
}

/// The fields that differ.
pub(super) fn changes(
    before: &[(&'static str, String)],
    after: &[(&'static str, String)],
) -> Vec<Change> {
    let pairs = before.iter().zip(after);
    let differing = pairs.filter(|(was, is)| was.1 != is.1);
    differing
        .map(|(was, is)| {
            let (before, after) = compare(&was.1, &is.1);
            Change {
                field: was.0,
                before,
                after,
            }
        })
        .collect()
}

/// Both texts in pieces.
fn compare(before: &str, after: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (mut old, mut new) = (words(before), words(after));
    if old.len().saturating_mul(new.len()) > STEPS_MAX {
        (old, new) = (sentences(before), sentences(after));
    }
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let changed = !matches!(op, DiffOp::Equal { .. });
        push(&mut was, changed, &old[op.old_range()]);
        push(&mut is, changed, &new[op.new_range()]);
    }
    (was, is)
}

fn push(pieces: &mut Vec<Piece>, changed: bool, words: &[&str]) {
    if words.is_empty() {
        return;
    }
    match pieces.last_mut().filter(|last| last.changed == changed) {
        Some(last) => last.text.push_str(&words.concat()),
        None => pieces.push(Piece {
            changed,
            text: words.concat(),
        }),
    }
}

/// Letters and digits of ASCII in a row are a word; every other character is one by itself.
fn words(text: &str) -> Vec<&str> {
    split(text, |before, after| {
        !(before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric())
    })
}

fn sentences(text: &str) -> Vec<&str> {
    split(text, |before, _| matches!(before, '。' | '；' | '.' | '\n'))
}

/// `text`, parted wherever `parts` says so of the characters before and behind.
fn split(text: &str, parts: impl Fn(char, char) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let behind = text.char_indices().skip(1);
    for (before, (at, after)) in text.chars().zip(behind) {
        if parts(before, after) {
            pieces.push(&text[start..at]);
            start = at;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Both texts, what changed in brackets.
    fn marked(before: &str, after: &str) -> (String, String) {
        let (was, is) = compare(before, after);
        let said = |pieces: Vec<Piece>| {
            let piece = |one: Piece| match one.changed {
                true => format!("[{}]", one.text),
                false => one.text,
            };
            pieces.into_iter().map(piece).collect::<String>()
        };
        (said(was), said(is))
    }

    #[test]
    fn chinese_is_compared_by_character_and_english_by_word() {
        assert_eq!(
            marked("试用期不得超过一个月。", "试用期不得超过两个月。"),
            (
                "试用期不得超过[一]个月。".to_owned(),
                "试用期不得超过[两]个月。".to_owned()
            )
        );
        assert_eq!(
            marked("the cat sat", "the cart sat down"),
            (
                "the [cat] sat".to_owned(),
                "the [cart] sat[ down]".to_owned()
            )
        );
        // A number is one word: 12 did not become 13 by its last digit.
        assert_eq!(marked("共12米", "共13米").1, "共[13]米");
    }

    #[test]
    fn very_long_texts_are_compared_by_sentence() {
        let long = "甲。".repeat(3_000);
        let (was, is) = marked(&long, &format!("{long}乙。"));
        assert!(!was.contains('[') && is.ends_with("[乙。]"));
    }

    #[test]
    fn fields_that_are_the_same_are_left_out() {
        let before = [("stem", "甲".to_owned()), ("key", "A".to_owned())];
        let after = [("stem", "甲".to_owned()), ("key", "B".to_owned())];
        let changes = changes(&before, &after);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].field, "key");
    }

    proptest! {
        #[test]
        fn no_text_is_lost(before in "[a-c1-3甲乙丙 。\n]{0,40}", after in "[a-c1-3甲乙丙 。\n]{0,40}") {
            let (was, is) = compare(&before, &after);
            let whole = |pieces: &[Piece]| -> String {
                pieces.iter().map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(whole(&was), before);
            prop_assert_eq!(whole(&is), after);
            let same = |pieces: &[Piece]| -> String {
                let same = pieces.iter().filter(|piece| !piece.changed);
                same.map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(same(&was), same(&is));
        }
    }
}
