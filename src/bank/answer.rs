//! Whether an answer is one that its item can have. Right or wrong is not asked here.

use super::item::{Answer, Body};
use crate::kernel::Fault;

/// Most characters of a filled-in blank.
pub const FILL_IN_MAX: usize = 200;

/// Whether the candidate has taken the answer back: no option chosen, or a text of nothing but
/// whitespace. Such an answer is kept as none.
pub fn is_blank(answer: &Answer) -> bool {
    match answer {
        Answer::Options { chosen } => chosen.is_empty(),
        Answer::Judgement { .. } => false,
        Answer::Places { chosen } => chosen.iter().all(Option::is_none),
        Answer::Text { text } => text.trim().is_empty(),
    }
}

/// Whether `answer` is of the item's kind, names options that there are, and is not too long. An
/// essay's length is counted in characters without whitespace, a blank's in all characters.
pub fn accepts(body: &Body, answer: &Answer) -> Result<(), Fault> {
    match (body, answer) {
        (Body::SingleChoice { options, .. }, Answer::Options { chosen }) => {
            check_options(options.len(), chosen)?;
            require(chosen.len() == 1, "not-one-option")
        }
        (Body::MultipleChoice { options, .. }, Answer::Options { chosen }) => {
            check_options(options.len(), chosen)?;
            require(!chosen.is_empty(), "no-option")
        }
        (Body::TrueFalse { .. }, Answer::Judgement { .. }) => Ok(()),
        (Body::Matching { .. } | Body::Ordering { .. }, Answer::Places { chosen }) => {
            let known = |option: &u8| usize::from(*option) < body.options().len();
            require(chosen.iter().flatten().all(known), "no-such-option")?;
            require(chosen.len() == body.rows(), "not-every-place")
        }
        (Body::FillIn { .. } | Body::Numeric { .. }, Answer::Text { text }) => {
            check_length(text.chars().count(), FILL_IN_MAX)
        }
        (Body::Essay { words_max, .. }, Answer::Text { text }) => {
            let written = text.chars().filter(|c| !c.is_whitespace()).count();
            check_length(written, usize::try_from(*words_max).unwrap_or(usize::MAX))
        }
        _ => Err(fault("other-kind")),
    }
}

fn check_options(count: usize, chosen: &[u8]) -> Result<(), Fault> {
    let known = chosen.iter().all(|&option| usize::from(option) < count);
    require(known, "no-such-option")?;
    require(chosen.is_sorted_by(|a, b| a < b), "options-not-ascending")
}

fn check_length(length: usize, max: usize) -> Result<(), Fault> {
    if length <= max {
        return Ok(());
    }
    Err(fault("too-long").with("length", length).with("max", max))
}

fn require(holds: bool, code: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault(code)) }
}

fn fault(code: &'static str) -> Fault {
    Fault::new("answer", code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Score;

    fn options() -> Vec<String> {
        ["甲", "乙", "丙", "丁"].map(str::to_owned).to_vec()
    }

    fn single() -> Body {
        Body::SingleChoice {
            options: options(),
            key: 0,
        }
    }

    fn multiple() -> Body {
        Body::MultipleChoice {
            options: options(),
            key: vec![0, 1],
        }
    }

    fn essay(words_max: u32) -> Body {
        Body::Essay {
            rubric: vec![],
            marks: Score::whole(20),
            words_max,
            reference: String::new(),
        }
    }

    fn chosen(chosen: &[u8]) -> Answer {
        Answer::Options {
            chosen: chosen.to_vec(),
        }
    }

    fn text(text: &str) -> Answer {
        Answer::Text {
            text: text.to_owned(),
        }
    }

    fn refusal(body: &Body, answer: &Answer) -> &'static str {
        accepts(body, answer).unwrap_err().code
    }

    #[test]
    fn a_single_choice_takes_exactly_one_option_that_there_is() {
        assert_eq!(accepts(&single(), &chosen(&[3])), Ok(()));
        assert_eq!(refusal(&single(), &chosen(&[4])), "no-such-option");
        assert_eq!(refusal(&single(), &chosen(&[0, 1])), "not-one-option");
        assert_eq!(refusal(&single(), &chosen(&[])), "not-one-option");
    }

    #[test]
    fn a_multiple_choice_takes_options_in_ascending_order_each_once() {
        assert_eq!(accepts(&multiple(), &chosen(&[0, 2, 3])), Ok(()));
        for wrong in [[2, 0], [1, 1]] {
            assert_eq!(
                refusal(&multiple(), &chosen(&wrong)),
                "options-not-ascending"
            );
        }
        assert_eq!(refusal(&multiple(), &chosen(&[])), "no-option");
    }

    #[test]
    fn a_matching_and_an_ordering_take_an_option_or_nothing_for_each_place() {
        let matching = Body::Matching {
            left: options()[..2].to_vec(),
            right: options(),
            key: vec![0, 1],
        };
        let ordering = Body::Ordering { parts: options() };
        let places = |chosen: &[Option<u8>]| Answer::Places {
            chosen: chosen.to_vec(),
        };
        // Two entries may belong to one option, and an answer may be half given.
        assert_eq!(accepts(&matching, &places(&[Some(3), Some(3)])), Ok(()));
        assert_eq!(accepts(&matching, &places(&[None, Some(0)])), Ok(()));
        assert_eq!(
            refusal(&matching, &places(&[Some(4), None])),
            "no-such-option"
        );
        assert_eq!(refusal(&matching, &places(&[Some(1)])), "not-every-place");
        assert_eq!(
            refusal(&ordering, &places(&[Some(0); 3])),
            "not-every-place"
        );
        assert_eq!(refusal(&single(), &places(&[Some(0)])), "other-kind");
        assert!(is_blank(&places(&[None, None])));
        assert!(!is_blank(&places(&[None, Some(0)])));
    }

    #[test]
    fn an_answer_of_another_kind_is_refused() {
        let judgement = Answer::Judgement { holds: true };
        assert_eq!(accepts(&Body::TrueFalse { key: false }, &judgement), Ok(()));
        assert_eq!(refusal(&single(), &judgement), "other-kind");
        assert_eq!(refusal(&essay(10), &chosen(&[0])), "other-kind");
    }

    #[test]
    fn an_essay_may_have_its_full_length_however_it_is_spaced() {
        assert_eq!(accepts(&essay(4), &text("  凡进\n\n必考　")), Ok(()));
        let fault = accepts(&essay(4), &text("凡进必考。")).unwrap_err();
        let args = [("length", "5".to_owned()), ("max", "4".to_owned())];
        assert_eq!((fault.code, fault.args), ("too-long", args.to_vec()));
    }

    #[test]
    fn a_blank_takes_two_hundred_characters() {
        let body = Body::FillIn { accepted: vec![] };
        assert_eq!(accepts(&body, &text(&"长".repeat(200))), Ok(()));
        assert_eq!(refusal(&body, &text(&"长".repeat(201))), "too-long");
    }

    #[test]
    fn an_answer_taken_back_is_blank() {
        assert!(is_blank(&chosen(&[])));
        assert!(is_blank(&text(" \u{3000}\n")));
        assert!(!is_blank(&text("0")));
        assert!(!is_blank(&Answer::Judgement { holds: false }));
    }
}
