//! Marking by the key.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bank::answer::is_blank;
use crate::bank::item::{Answer, Body};
use crate::kernel::score::ScoreError;
use crate::kernel::text::{ascii_punctuation, half_width};
use crate::kernel::{Rounding, Score};
use crate::regulation::MultipleRule;

/// Decimal places of a part of the marks; further digits are cut off.
const PART_PLACES: u8 = 2;

/// How an answer compares with the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As the key.
    Right,
    /// Some of the right options and no wrong one, where the rule rewards that.
    Partly,
    /// Not as the key.
    Wrong,
    /// No answer.
    Blank,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Right, Self::Partly, Self::Wrong, Self::Blank];

    /// As stored and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Partly => "partly",
            Self::Wrong => "wrong",
            Self::Blank => "blank",
        }
    }
}

/// What an objective item earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// The marks awarded.
    pub awarded: Score,
    /// Why.
    pub outcome: Outcome,
}

/// Why an answer cannot be marked by a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkingError {
    /// The answer is of another kind than the item. It should never have been saved.
    #[error("the answer is of another kind than the item")]
    AnswerKind,
    /// The item has no key: people mark it.
    #[error("the item is marked by people")]
    NoKey,
    /// The marks are beyond what a score can hold.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// Marks an answer by the item's key, for a place worth `marks`.
pub fn mark_objective(
    body: &Body,
    answer: Option<&Answer>,
    marks: Score,
    rule: MultipleRule,
) -> Result<Objective, MarkingError> {
    if matches!(body, Body::Essay { .. }) {
        return Err(MarkingError::NoKey);
    }
    let Some(answer) = answer.filter(|answer| !is_blank(answer)) else {
        return Ok(Objective::of(Outcome::Blank, Score::ZERO));
    };
    let right = match (body, answer) {
        (Body::SingleChoice { key, .. }, Answer::Options { chosen }) => *chosen == [*key],
        (Body::MultipleChoice { key, .. }, Answer::Options { chosen }) => {
            return mark_multiple(key, chosen, marks, rule);
        }
        (Body::TrueFalse { key }, Answer::Judgement { holds }) => holds == key,
        (Body::FillIn { accepted }, Answer::Text { text }) => {
            accepted.iter().any(|form| is_same_text(form, text))
        }
        (
            Body::Numeric {
                value,
                tolerance,
                unit,
            },
            Answer::Text { text },
        ) => number(text, unit).is_some_and(|number| number.distance(*value) <= *tolerance),
        (Body::Matching { key, .. }, Answer::Places { chosen }) => {
            return mark_places(key.iter().copied(), chosen, marks, rule);
        }
        (Body::Ordering { parts }, Answer::Places { chosen }) => {
            return mark_places((0_u8..).take(parts.len()), chosen, marks, rule);
        }
        _ => return Err(MarkingError::AnswerKind),
    };
    Ok(if right {
        Objective::of(Outcome::Right, marks)
    } else {
        Objective::of(Outcome::Wrong, Score::ZERO)
    })
}

impl Objective {
    const fn of(outcome: Outcome, awarded: Score) -> Self {
        Self { awarded, outcome }
    }
}

fn mark_multiple(
    key: &[u8],
    chosen: &[u8],
    marks: Score,
    rule: MultipleRule,
) -> Result<Objective, MarkingError> {
    let key: BTreeSet<u8> = key.iter().copied().collect();
    let chosen: BTreeSet<u8> = chosen.iter().copied().collect();
    if chosen == key {
        return Ok(Objective::of(Outcome::Right, marks));
    }
    let (right, wrong) = (
        chosen.intersection(&key).count(),
        chosen.difference(&key).count(),
    );
    let earns = match rule {
        MultipleRule::AllOrNothing => 0,
        MultipleRule::PartialNoWrong if wrong > 0 => 0,
        MultipleRule::PartialNoWrong => right,
        MultipleRule::RightMinusWrong => right.saturating_sub(wrong),
    };
    part(earns, key.len(), marks)
}

/// So many shares of the marks.
fn part(earned: usize, of: usize, marks: Score) -> Result<Objective, MarkingError> {
    if earned == 0 {
        return Ok(Objective::of(Outcome::Wrong, Score::ZERO));
    }
    let shares = |count: usize| (0..count).map(|_| Score::whole(1)).sum::<Score>();
    let part = shares(earned).rescale(shares(of), marks, PART_PLACES, Rounding::Truncate)?;
    Ok(Objective::of(Outcome::Partly, part))
}

/// A place is right or wrong by itself: with a share for parts, each right one earns its own.
fn mark_places(
    key: impl Iterator<Item = u8>,
    chosen: &[Option<u8>],
    marks: Score,
    rule: MultipleRule,
) -> Result<Objective, MarkingError> {
    let key: Vec<u8> = key.collect();
    let pairs = || key.iter().zip(chosen);
    let right = pairs()
        .filter(|(key, chosen)| **chosen == Some(**key))
        .count();
    if right == key.len() && chosen.len() == key.len() {
        return Ok(Objective::of(Outcome::Right, marks));
    }
    let wrong = pairs().filter(|(_, chosen)| chosen.is_some()).count() - right;
    let earns = match rule {
        MultipleRule::AllOrNothing => 0,
        MultipleRule::PartialNoWrong => right,
        MultipleRule::RightMinusWrong => right.saturating_sub(wrong),
    };
    part(earns, key.len(), marks)
}

/// A number as it was typed: of any width, with separators between thousands, with its unit or
/// without. More than six decimal places are none that the bank can ask for.
fn number(typed: &str, unit: &str) -> Option<Score> {
    let (typed, unit) = (folded(typed), folded(unit));
    let digits = match typed.strip_suffix(&unit) {
        Some(digits) if !unit.is_empty() => digits,
        _ => &typed,
    };
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    digits.replace(',', "").parse().ok()
}

/// Whether two texts are the same filling of a blank: equal numbers, or equal but for what a
/// keyboard decides (see [`folded`]).
fn is_same_text(a: &str, b: &str) -> bool {
    let (a, b) = (folded(a), folded(b));
    match (a.parse::<Score>(), b.parse::<Score>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// `text` without what a keyboard decides and a candidate does not mean: the width of characters,
/// the case of ASCII letters, whitespace, and Chinese or ASCII punctuation.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(half_width)
        .map(ascii_punctuation)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(text: &str) -> Score {
        text.parse().unwrap()
    }

    fn multiple(key: &[u8]) -> Body {
        Body::MultipleChoice {
            options: ["甲", "乙", "丙", "丁", "戊"].map(str::to_owned).to_vec(),
            key: key.to_vec(),
        }
    }

    fn chosen(chosen: &[u8]) -> Answer {
        Answer::Options {
            chosen: chosen.to_vec(),
        }
    }

    fn marked(body: &Body, answer: &Answer, marks: &str, rule: MultipleRule) -> (Outcome, String) {
        let objective = mark_objective(body, Some(answer), score(marks), rule).unwrap();
        (objective.outcome, objective.awarded.to_string())
    }

    fn is_right(accepted: &str, typed: &str) -> bool {
        let body = Body::FillIn {
            accepted: vec![accepted.to_owned()],
        };
        let answer = Answer::Text {
            text: typed.to_owned(),
        };
        marked(&body, &answer, "1", MultipleRule::AllOrNothing).0 == Outcome::Right
    }

    #[test]
    fn the_key_earns_the_marks_and_nothing_else_does() {
        let body = Body::SingleChoice {
            options: vec!["甲".to_owned(), "乙".to_owned()],
            key: 1,
        };
        let rule = MultipleRule::AllOrNothing;
        assert_eq!(
            marked(&body, &chosen(&[1]), "0.8", rule),
            (Outcome::Right, "0.8".into())
        );
        assert_eq!(
            marked(&body, &chosen(&[0]), "0.8", rule),
            (Outcome::Wrong, "0".into())
        );
        let statement = Body::TrueFalse { key: false };
        let denied = Answer::Judgement { holds: false };
        assert_eq!(
            marked(&statement, &denied, "0.5", rule),
            (Outcome::Right, "0.5".into())
        );
    }

    fn numeric(typed: &str) -> Outcome {
        let body = Body::Numeric {
            value: score("1250.5"),
            tolerance: score("0.5"),
            unit: "万元".to_owned(),
        };
        let answer = Answer::Text {
            text: typed.to_owned(),
        };
        marked(&body, &answer, "1", MultipleRule::AllOrNothing).0
    }

    #[test]
    fn a_number_is_right_within_its_tolerance_however_it_is_typed() {
        for right in ["1250.5", "1,251", "１２５０", " 1250.50 万元", "+1250.5"] {
            assert_eq!(numeric(right), Outcome::Right, "{right}");
        }
        for wrong in ["1249.99", "1251.01", "-1250.5", "万元", "1250.5元", "1e3"] {
            assert_eq!(numeric(wrong), Outcome::Wrong, "{wrong}");
        }
    }

    #[test]
    fn places_are_right_one_by_one_or_all_together() {
        let texts = ["甲", "乙", "丙"].map(str::to_owned).to_vec();
        let matching = Body::Matching {
            left: texts.clone(),
            right: texts.clone(),
            key: vec![2, 0, 0],
        };
        let ordering = Body::Ordering { parts: texts };
        let places = |chosen: [Option<u8>; 3]| Answer::Places {
            chosen: chosen.to_vec(),
        };
        let (all, part) = (MultipleRule::AllOrNothing, MultipleRule::PartialNoWrong);
        let whole = [Some(2), Some(0), Some(0)];
        assert_eq!(
            marked(&matching, &places(whole), "3", all),
            (Outcome::Right, "3".into())
        );
        let two = [Some(2), None, Some(0)];
        assert_eq!(
            marked(&matching, &places(two), "3", all),
            (Outcome::Wrong, "0".into())
        );
        assert_eq!(
            marked(&matching, &places(two), "1", part),
            (Outcome::Partly, "0.66".into())
        );
        let less = MultipleRule::RightMinusWrong;
        assert_eq!(
            marked(&matching, &places([Some(2), Some(1), Some(0)]), "3", less),
            (Outcome::Partly, "1".into())
        );
        assert_eq!(
            marked(&matching, &places([Some(2), Some(1), Some(1)]), "3", less),
            (Outcome::Wrong, "0".into())
        );
        let order = [Some(0), Some(2), Some(1)];
        assert_eq!(
            marked(&ordering, &places(order), "3", part),
            (Outcome::Partly, "1".into())
        );
        assert_eq!(
            marked(&ordering, &places([Some(0), Some(1), Some(2)]), "3", all),
            (Outcome::Right, "3".into())
        );
    }

    #[test]
    fn no_answer_earns_nothing_and_is_told_from_a_wrong_one() {
        let blank = Objective::of(Outcome::Blank, Score::ZERO);
        for answer in [None, Some(&chosen(&[]))] {
            let rule = MultipleRule::PartialNoWrong;
            assert_eq!(
                mark_objective(&multiple(&[0, 1]), answer, score("2"), rule),
                Ok(blank)
            );
        }
    }

    #[test]
    fn what_is_wrong_may_take_away_from_what_is_right_and_never_more() {
        let (body, rule) = (multiple(&[0, 2, 3]), MultipleRule::RightMinusWrong);
        let earns = |options: &[u8]| marked(&body, &chosen(options), "3", rule).1;
        assert_eq!(earns(&[0, 2, 3]), "3");
        assert_eq!(earns(&[0, 2]), "2");
        assert_eq!(earns(&[0, 2, 4]), "1");
        assert_eq!(earns(&[0, 1]), "0");
        assert_eq!(earns(&[1, 4]), "0");
    }

    #[test]
    fn all_or_nothing_wants_the_exact_key() {
        let (body, rule) = (multiple(&[0, 2, 3]), MultipleRule::AllOrNothing);
        assert_eq!(
            marked(&body, &chosen(&[0, 2, 3]), "2", rule),
            (Outcome::Right, "2".into())
        );
        assert_eq!(
            marked(&body, &chosen(&[0, 2]), "2", rule),
            (Outcome::Wrong, "0".into())
        );
    }

    #[test]
    fn partial_marks_are_a_share_cut_off_after_two_decimals() {
        let (body, rule) = (multiple(&[0, 2, 3]), MultipleRule::PartialNoWrong);
        assert_eq!(
            marked(&body, &chosen(&[0]), "2", rule),
            (Outcome::Partly, "0.66".into())
        );
        assert_eq!(
            marked(&body, &chosen(&[0, 3]), "2", rule),
            (Outcome::Partly, "1.33".into())
        );
        assert_eq!(
            marked(&body, &chosen(&[0, 1]), "2", rule),
            (Outcome::Wrong, "0".into())
        );
        let all = chosen(&[0, 1, 2, 3, 4]);
        assert_eq!(marked(&body, &all, "2", rule), (Outcome::Wrong, "0".into()));
    }

    #[test]
    fn a_blank_is_compared_as_it_is_meant() {
        assert!(is_right("GB/T 7714", "ｇｂ／ｔ　７７１４"));
        assert!(is_right("公平、公正、公开", " 公平,公正，公开 "));
        assert!(is_right("“四必考”", "\"四必考\""));
        assert!(!is_right("公开", "公平"));
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for typed in ["0.5", "0.50", "00.5", "０．５", " 0.500 "] {
            assert!(is_right("0.5", typed), "{typed}");
        }
        assert!(is_right("-3", "−3.0"));
        assert!(!is_right("0.5", "0.05"));
        assert!(!is_right("0.5", ".5 m"));
    }

    /// An item on trial: a place worth nothing, under every rule. Whether it was right is known.
    #[test]
    fn a_place_that_counts_for_nothing_gives_and_costs_nothing() {
        let rules = [
            MultipleRule::AllOrNothing,
            MultipleRule::PartialNoWrong,
            MultipleRule::RightMinusWrong,
        ];
        for rule in rules {
            for options in [&[0, 2, 3][..], &[0], &[1, 4], &[0, 2, 4], &[]] {
                let answer = chosen(options);
                let (body, none) = (multiple(&[0, 2, 3]), Score::ZERO);
                let trial = mark_objective(&body, Some(&answer), none, rule).unwrap();
                let counted = mark_objective(&body, Some(&answer), score("3"), rule).unwrap();
                assert_eq!((trial.awarded, trial.outcome), (none, counted.outcome));
            }
        }
    }

    #[test]
    fn what_cannot_be_marked_is_an_error_and_no_zero() {
        let rule = MultipleRule::AllOrNothing;
        let judgement = Answer::Judgement { holds: true };
        let other = mark_objective(&multiple(&[0, 1]), Some(&judgement), score("1"), rule);
        assert_eq!(other, Err(MarkingError::AnswerKind));
        let essay = Body::Essay {
            rubric: vec![],
            marks: score("20"),
            words_max: 100,
            reference: String::new(),
        };
        assert_eq!(
            mark_objective(&essay, None, score("20"), rule),
            Err(MarkingError::NoKey)
        );
    }

    fn options() -> impl Strategy<Value = Vec<u8>> {
        prop::sample::subsequence(vec![0u8, 1, 2, 3, 4], 1..=5)
    }

    proptest! {
        #[test]
        fn a_part_is_less_than_the_whole(key in options(), choice in options(), cents in 1i64..1000) {
            let marks = Score::from_micros(cents * 10_000);
            let rule = MultipleRule::PartialNoWrong;
            let got = mark_objective(&multiple(&key), Some(&chosen(&choice)), marks, rule).unwrap();
            prop_assert!(Score::ZERO <= got.awarded && got.awarded <= marks);
            prop_assert_eq!(got.outcome == Outcome::Right, choice == key);
            prop_assert_eq!(got.awarded == marks, choice == key);
        }

        #[test]
        fn one_more_right_option_never_earns_less(key in options(), marks in 1i32..50) {
            let earned = |some: &[u8]| {
                let rule = MultipleRule::PartialNoWrong;
                let answer = chosen(some);
                mark_objective(&multiple(&key), Some(&answer), Score::whole(marks), rule).unwrap()
            };
            for taken in 1..key.len() {
                prop_assert!(earned(&key[..taken]).awarded <= earned(&key[..=taken]).awarded);
            }
        }

        #[test]
        fn every_text_is_the_same_as_itself(text in "\\PC*") {
            prop_assert!(is_same_text(&text, &text));
        }
    }
}
