//! What an item asks, made of what other formats have: weights, pairs, accepted forms.

use std::collections::{HashMap, HashSet};

use crate::bank::item::{Body, RubricPoint};
use crate::bank::rules::{WORDS_MAX, tidy};
use crate::kernel::Score;

use super::foreign::Trouble;
use super::words;

/// Most characters of an essay in a format that does not say.
pub const WORDS_DEFAULT: u32 = 1_000;
/// What an essay is worth in a format that does not say.
pub const MARKS_DEFAULT: Score = Score::whole(1);
/// The one line of a rubric in a format that has none.
pub const RUBRIC_DEFAULT: &str = "按题目要求与参考答案评分";

/// An option and what choosing it earns: 100 is all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) text: String,
    pub(super) weight: Score,
}

/// All the marks there are, in per cent.
pub(super) const FULL: Score = Score::whole(100);
/// What a wrong option of a multiple choice takes away, in per cent.
const WRONG: Score = Score::whole(-100);

/// The choice among `choices`, and whether weights are left behind: a bank takes nothing away for a
/// wrong option of a single choice, and all for one of a multiple choice. `single` if only one option may
/// be chosen. Two options that say true and false are a judgement.
pub(super) fn choice(choices: &[Choice], single: bool) -> Result<(Body, bool), Trouble> {
    let right: Vec<usize> = (0..choices.len())
        .filter(|at| choices[*at].weight > Score::ZERO)
        .collect();
    let Some(best) = right
        .iter()
        .copied()
        .max_by_key(|at| (choices[*at].weight, usize::MAX - at))
    else {
        return Err(Trouble::Skip("no-key"));
    };
    let punished = |wrong: Score| {
        choices
            .iter()
            .any(|c| c.weight <= Score::ZERO && c.weight != wrong)
    };
    let full = right
        .iter()
        .filter(|at| choices[**at].weight == FULL)
        .count();
    if single && full > 1 {
        return Err(Trouble::Skip("several-right"));
    }
    if single || right.len() == 1 {
        let lost = right.len() > 1 || choices[best].weight != FULL || punished(Score::ZERO);
        return Ok((one_of(choices, best), lost));
    }
    let key = right.iter().map(|at| place(*at)).collect();
    let options = texts(choices);
    let lost = !even(choices, &right) || punished(WRONG);
    Ok((Body::MultipleChoice { options, key }, lost))
}

fn one_of(choices: &[Choice], best: usize) -> Body {
    if let [first, second] = choices {
        let judged = (
            words::judgement(&first.text),
            words::judgement(&second.text),
        );
        if let (Some(holds), Some(other)) = judged
            && holds != other
        {
            return Body::TrueFalse {
                key: (best == 0) == holds,
            };
        }
    }
    Body::SingleChoice {
        options: texts(choices),
        key: place(best),
    }
}

fn texts(choices: &[Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.text.clone()).collect()
}

/// A place as keys have it; beyond what a key can name, the last.
pub(super) fn place(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

/// Whether all right options weigh the same, and all marks together or each.
fn even(choices: &[Choice], right: &[usize]) -> bool {
    let weights: Vec<i64> = right
        .iter()
        .map(|at| choices[*at].weight.micros())
        .collect();
    let (full, slack) = (i128::from(FULL.micros()), 20_000);
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let same = weights.windows(2).all(|pair| pair[0] == pair[1]);
    let each = weights
        .first()
        .is_some_and(|first| i128::from(*first) == full);
    same && (each || (sum - full).abs() <= slack)
}

/// What the options of a multiple choice weigh: the right ones all marks together, each wrong one
/// takes all away.
pub(super) struct Weights<'a> {
    key: &'a [u8],
    share: Score,
}

impl<'a> Weights<'a> {
    pub(super) fn of(key: &'a [u8]) -> Self {
        let count = i64::try_from(key.len()).unwrap_or(1).max(1);
        // Moodle knows its weights to five places: 33.33333.
        let share = Score::from_micros((10_000_000 + count / 2) / count * 10);
        Self { key, share }
    }

    pub(super) fn at(&self, at: usize) -> Score {
        let right = self.key.iter().any(|key| usize::from(*key) == at);
        if right { self.share } else { WRONG }
    }
}

/// The forms that earn most, each once, and whether others were left behind.
pub(super) fn accepted(forms: Vec<Choice>) -> (Body, bool) {
    let most = forms.iter().map(|form| form.weight).max().unwrap_or(FULL);
    let (best, rest): (Vec<Choice>, Vec<Choice>) =
        forms.into_iter().partition(|form| form.weight == most);
    let lost = !rest.is_empty() || (most != FULL && !best.is_empty());
    let mut seen = HashSet::new();
    let accepted = best
        .into_iter()
        .map(|form| tidy(&form.text))
        .filter(|form| seen.insert(form.clone()))
        .collect();
    (Body::FillIn { accepted }, lost)
}

/// Whether a text has letters that are written large and small.
pub(super) fn has_case(text: &str) -> bool {
    text.chars().any(|c| c.is_uppercase() || c.is_lowercase())
}

/// Pairs of left and right; an empty left has a spare right. What is on the right twice is one
/// entry.
pub(super) fn matching(pairs: Vec<(String, String)>) -> Body {
    let (mut left, mut right, mut key) = (Vec::new(), Vec::<String>::new(), Vec::new());
    let mut known: HashMap<String, usize> = HashMap::new();
    for (entry, partner) in pairs {
        let (entry, partner) = (tidy(&entry), tidy(&partner));
        let next = right.len();
        let at = *known.entry(partner.clone()).or_insert(next);
        if at == next {
            right.push(partner);
        }
        if !entry.is_empty() {
            left.push(entry);
            key.push(place(at));
        }
    }
    Body::Matching { left, right, key }
}

/// The pairs that [`matching`] reads back, and whether the order on the right is another then.
pub(super) fn pairs<'a>(
    left: &'a [String],
    right: &'a [String],
    key: &[u8],
) -> (Vec<(&'a str, &'a str)>, bool) {
    let partner = |at: &u8| right.get(usize::from(*at)).map_or("", String::as_str);
    let named: Vec<(&str, &str)> = left
        .iter()
        .map(String::as_str)
        .zip(key.iter().map(partner))
        .collect();
    let used: HashSet<usize> = key.iter().map(|at| usize::from(*at)).collect();
    let spare = (0..right.len()).filter(|at| !used.contains(at));
    let spare = spare.map(|at| ("", right[at].as_str()));
    let pairs: Vec<(&str, &str)> = named.into_iter().chain(spare).collect();
    let mut order: Vec<&str> = Vec::new();
    for (_, partner) in &pairs {
        if !order.contains(partner) {
            order.push(partner);
        }
    }
    let moved = !order.iter().eq(right.iter());
    (pairs, moved)
}

/// An essay of a format without rubrics: one line, worth all.
pub(super) fn essay(marks: Score, words_max: u32, reference: String) -> Body {
    Body::Essay {
        rubric: vec![RubricPoint {
            point: RUBRIC_DEFAULT.to_owned(),
            marks,
        }],
        marks,
        words_max,
        reference,
    }
}

/// The most characters of an essay, if the bank takes so many or so few.
pub(super) fn words_max(text: &str) -> Option<u32> {
    let words = text.trim().parse().ok()?;
    WORDS_MAX.contains(&words).then_some(words)
}

/// The most characters of an essay of so many words. A word of a European language has about five
/// letters; one more leaves room.
pub(super) fn characters(words: u32) -> u32 {
    words
        .saturating_mul(6)
        .clamp(*WORDS_MAX.start(), *WORDS_MAX.end())
}

/// Whether the rubric is the one that [`essay`] makes.
pub(super) fn is_plain_rubric(rubric: &[RubricPoint]) -> bool {
    matches!(rubric, [line] if line.point == RUBRIC_DEFAULT)
}

/// The lines of a rubric from the rows of a table: what earns marks, and how many.
pub(super) fn rubric(rows: &[Vec<String>]) -> Option<Vec<RubricPoint>> {
    let line = |row: &Vec<String>| match row.as_slice() {
        [point, marks] => Some(RubricPoint {
            point: point.clone(),
            marks: marks.trim().parse().ok()?,
        }),
        _ => None,
    };
    let lines: Option<Vec<RubricPoint>> = rows.iter().map(line).collect();
    lines.filter(|lines| !lines.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(weighed: &[(&str, i32)]) -> Vec<Choice> {
        let choice = |(text, weight): &(&str, i32)| Choice {
            text: (*text).to_owned(),
            weight: Score::whole(*weight),
        };
        weighed.iter().map(choice).collect()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn weights_tell_one_right_option_from_several() {
        let one = choices(&[("甲", 0), ("乙", 100), ("丙", 0)]);
        let Ok((Body::SingleChoice { key: 1, .. }, false)) = choice(&one, true) else {
            panic!("a single choice");
        };
        let punished = choices(&[("甲", 0), ("乙", 100), ("丙", -25)]);
        assert!(matches!(choice(&punished, true), Ok((_, true))));
        let half = choices(&[("甲", 50), ("乙", 100), ("丙", 0)]);
        let Ok((Body::SingleChoice { key: 1, .. }, true)) = choice(&half, true) else {
            panic!("a single choice that loses a weight");
        };
        let two = choices(&[("甲", 50), ("乙", 50), ("丙", -100), ("丁", -100)]);
        let Ok((Body::MultipleChoice { key, .. }, false)) = choice(&two, false) else {
            panic!("a multiple choice");
        };
        let lenient = choices(&[("甲", 50), ("乙", 50), ("丙", 0), ("丁", -100)]);
        assert!(matches!(choice(&lenient, false), Ok((_, true))));
        assert_eq!(key, [0, 1]);
        let uneven = choices(&[("甲", 70), ("乙", 30), ("丙", 0), ("丁", 0)]);
        assert!(matches!(choice(&uneven, false), Ok((_, true))));
    }

    #[test]
    fn any_of_several_right_options_is_no_kind_the_bank_has() {
        let either = choices(&[("甲", 100), ("乙", 100), ("丙", 0)]);
        assert!(matches!(
            choice(&either, true),
            Err(Trouble::Skip("several-right"))
        ));
        let none = choices(&[("甲", 0), ("乙", 0)]);
        assert!(matches!(choice(&none, true), Err(Trouble::Skip("no-key"))));
    }

    #[test]
    fn two_options_that_say_true_and_false_are_a_judgement() {
        for (options, holds) in [
            ([("对", 100), ("错", 0)], true),
            ([("False", 100), ("True", 0)], false),
            ([("错误", 0), ("正确", 100)], true),
        ] {
            let (body, _) = choice(&choices(&options), true).unwrap();
            assert_eq!(body, Body::TrueFalse { key: holds });
        }
        let (body, _) = choice(&choices(&[("对", 100), ("正确", 0)]), true).unwrap();
        assert!(matches!(body, Body::SingleChoice { .. }));
    }

    #[test]
    fn pairs_come_back_with_spare_entries_behind() {
        let (left, right) = (texts(&["法国", "德国"]), texts(&["柏林", "巴黎", "罗马"]));
        let (made, moved) = pairs(&left, &right, &[1, 0]);
        assert_eq!(made, [("法国", "巴黎"), ("德国", "柏林"), ("", "罗马")]);
        assert!(moved);
        let owned = made.iter().map(|(l, r)| ((*l).to_owned(), (*r).to_owned()));
        let body = matching(owned.collect());
        let right = texts(&["巴黎", "柏林", "罗马"]);
        let key = vec![0, 1];
        assert_eq!(body, Body::Matching { left, right, key });
    }
}
