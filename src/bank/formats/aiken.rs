//! Aiken: single choices in plain text, as described by the Moodle documentation
//! (<https://docs.moodle.org/en/Aiken_format>).
//!
//! ```text
//! 下列句子中没有语病的一项是：
//! A) 甲
//! B) 乙
//! C) 丙
//! ANSWER: B
//! ```
//!
//! Read more widely than Moodle does: `A.`, `A、` and `Ａ）`, `答案：B`, questions of several lines,
//! several letters in a key (a multiple choice), and 对 and 错 as the two options of a judgement.
//! Nothing but the question, its options and its key can be said.

use crate::bank::item::{Body, Item, option_letter};
use crate::kernel::Fault;

use super::Batch;
use super::bodies::{Choice, FULL, choice};
use super::draft::clip;
use super::foreign::{Defaults, Finds, Found, Loss, Reading, check_size};
use super::leaving::{Leaving, is_rich, pictures_of, stimulus_of, stimulus_text};
use super::words::{self, narrow};
use crate::kernel::Score;

/// A line of the file.
enum Line<'a> {
    Option(usize, &'a str),
    Answer(&'a str),
    Text(&'a str),
}

/// A question as its lines add up.
#[derive(Default)]
struct Question {
    line: usize,
    stem: Vec<String>,
    options: Vec<String>,
}

/// Reads a file.
pub fn read(text: &str, defaults: &Defaults) -> Reading {
    check_size(text.len())?;
    let mut finds = Finds::default();
    let mut question = Question::default();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if line.is_empty() {
            continue;
        }
        if finds.is_full() {
            break;
        }
        if let Err(fault) = question.take(at + 1, classify(line), &mut finds) {
            finds.fault(fault);
        }
    }
    if question.line > 0 {
        finds.fault(at_line(question.line, "answer-missing"));
    }
    finds.finish(defaults)
}

fn at_line(line: usize, code: &'static str) -> Fault {
    Fault::new(format!("line {line}"), code)
}

/// What a line is: an option begins with a letter and `)`, `.` or `、`; a key with `ANSWER:`.
fn classify(line: &str) -> Line<'_> {
    if let Some(key) = key(line) {
        return Line::Answer(key);
    }
    let mut chars = line.chars();
    let letter = chars.next().map(narrow).filter(char::is_ascii_uppercase);
    let mark = chars.next().map(narrow);
    let rest = chars.as_str();
    match (letter.and_then(|c| u8::try_from(c).ok()), mark) {
        (Some(letter), Some(')' | '、')) => Line::Option(place(letter), rest.trim()),
        // `A.` begins an option, `A.B` a text.
        (Some(letter), Some('.')) if opens(rest) => Line::Option(place(letter), rest.trim()),
        _ => Line::Text(line),
    }
}

fn opens(rest: &str) -> bool {
    rest.chars()
        .next()
        .is_none_or(|c| c.is_whitespace() || !c.is_ascii())
}

fn place(letter: u8) -> usize {
    usize::from(letter.saturating_sub(b'A'))
}

/// What stands behind `ANSWER:` or `答案：`.
fn key(line: &str) -> Option<&str> {
    let (word, key) = line.split_once([':', '：'])?;
    let word: String = word.trim().chars().map(narrow).collect();
    (word.eq_ignore_ascii_case("answer") || word == "答案").then(|| key.trim())
}

impl Question {
    fn take(&mut self, number: usize, line: Line<'_>, finds: &mut Finds) -> Result<(), Fault> {
        match line {
            Line::Text(text) if self.options.is_empty() => {
                if self.line == 0 {
                    self.line = number;
                }
                self.stem.push(text.to_owned());
                Ok(())
            }
            Line::Text(text) => Err(at_line(number, "stray-line").with("found", clip(text))),
            Line::Option(place, text) => self.option(number, place, text),
            Line::Answer(key) => {
                let question = std::mem::take(self);
                if question.options.is_empty() {
                    return Err(at_line(number, "stray-answer"));
                }
                finds.push(question.found(number, key)?);
                Ok(())
            }
        }
    }

    fn option(&mut self, number: usize, place: usize, text: &str) -> Result<(), Fault> {
        let expected = self.options.len();
        self.options.push(text.to_owned());
        if self.line == 0 {
            self.line = number;
            return Err(at_line(number, "stray-line").with("found", clip(text)));
        }
        if place == expected {
            return Ok(());
        }
        let fault = at_line(number, "option-letter").with("found", option_letter(place));
        Err(fault.with("expected", option_letter(expected)))
    }

    fn found(self, number: usize, key: &str) -> Result<Found, Fault> {
        let unknown = || at_line(number, "unknown-word").with("found", clip(key));
        let letters = words::letters(key).ok_or_else(unknown)?;
        if letters
            .iter()
            .any(|at| usize::from(*at) >= self.options.len())
        {
            let fault = at_line(number, "key-out-of-range").with("key", clip(key));
            return Err(fault.with("options", self.options.len()));
        }
        let mut found = Found::at(format!("line {}", self.line));
        found.stem = self.stem.join("\n");
        let weigh = |(at, text): (usize, String)| Choice {
            weight: if letters.contains(&super::bodies::place(at)) {
                FULL
            } else {
                Score::ZERO
            },
            text,
        };
        let choices: Vec<Choice> = self.options.into_iter().enumerate().map(weigh).collect();
        found.settle(choice(&choices, letters.len() == 1).map(|(body, _)| body));
        Ok(found)
    }
}

/// Writes a file, with what it cannot say.
pub fn write(batch: &Batch) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::new();
    if !batch.items.is_empty() {
        losses.push(Loss::new("file", "metadata"));
    }
    for item in &batch.items {
        let mut leaving = Leaving::of(item, &mut losses);
        match question(item, batch, &mut leaving) {
            Some(question) => text.push_str(&question),
            None => leaving.lose("item"),
        }
    }
    (text, losses)
}

/// The lines of one question; none if Aiken has no such kind, or would take its first line for
/// something else.
fn question(item: &Item, batch: &Batch, leaving: &mut Leaving<'_>) -> Option<String> {
    let judgement = ["对".to_owned(), "错".to_owned()];
    let words = |text: &String| item.markup.words(text).into_owned();
    let (options, key) = match &item.body {
        Body::SingleChoice { options, key } => {
            (options.iter().map(words).collect(), usize::from(*key))
        }
        Body::TrueFalse { key } => (judgement.to_vec(), usize::from(!*key)),
        _ => return None,
    };
    let stimulus = stimulus_of(item, batch);
    leaving.lose_if(is_rich(item, stimulus), "formatting");
    leaving.lose_if(!pictures_of(item, stimulus).is_empty(), "image");
    let shared = stimulus.map(stimulus_text);
    let stem = [shared.as_deref().unwrap_or(""), &words(&item.stem)].join("\n");
    let stem = one_line(stem.trim());
    if !matches!(classify(&stem), Line::Text(_)) {
        return None;
    }
    let broken = |text: &String| text.contains('\n');
    leaving.lose_if(item.stimulus.is_some(), "stimulus");
    leaving.lose_if(!item.explanation.is_empty(), "explanation");
    leaving.lose_if(
        broken(&item.stem) || options.iter().any(broken),
        "line-ends",
    );
    let lines = options.iter().enumerate();
    let lines = lines.map(|(at, text)| format!("{}) {}\n", option_letter(at), one_line(text)));
    let lines: String = lines.collect();
    Some(format!("{stem}\n{lines}ANSWER: {}\n\n", option_letter(key)))
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::samples::{batches, defaults, kinds, sounds_lost};
    use crate::bank::formats::testing::said;
    use crate::bank::item::ItemKind;
    use proptest::prelude::*;

    const SAMPLE: &str = "下列属于直辖市的是：
A) 重庆
B) 南京
C) 苏州
ANSWER: A

水在标准大气压下的沸点是100摄氏度。
Ａ、对
Ｂ、错
答案：Ａ

下列属于公民基本权利的有：
A. 选举权
B. 受教育权
C. 劳动权
D. 依法纳税
ANSWER: A, B,C
";

    fn refused(text: &str) -> Vec<String> {
        said(&read(text, &defaults()).unwrap_err())
    }

    #[test]
    fn a_file_of_three_kinds_in_two_scripts() {
        let (batch, losses) = read(SAMPLE, &defaults()).unwrap();
        assert_eq!(losses, []);
        let codes: Vec<&str> = batch.items.iter().map(|item| item.code.as_str()).collect();
        assert_eq!(codes, ["im-001", "im-002", "im-003"]);
        assert_eq!(batch.items[0].body.options(), ["重庆", "南京", "苏州"]);
        assert_eq!(batch.items[1].body, Body::TrueFalse { key: true });
        let Body::MultipleChoice { key, .. } = &batch.items[2].body else {
            panic!("several letters make a multiple choice");
        };
        assert_eq!(key, &[0, 1, 2]);
    }

    #[test]
    fn windows_line_ends_and_a_mark_change_nothing() {
        let other = format!("\u{feff}{}", SAMPLE.replace('\n', "\r\n"));
        assert_eq!(read(&other, &defaults()), read(SAMPLE, &defaults()));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        assert_eq!(
            refused("题\nA) 甲\nB) 乙\nC) 丙\n"),
            ["line 1: answer-missing"]
        );
        assert_eq!(
            refused("题\nA) 甲\nC) 丙\nC) 丁\nANSWER: A"),
            ["line 3: option-letter"]
        );
        assert_eq!(
            refused("题\nA) 甲\nB) 乙\nC) 丙\nANSWER: D"),
            ["line 5: key-out-of-range"]
        );
        assert_eq!(
            refused("题\nA) 甲\nB) 乙\nC) 丙\nANSWER: ?"),
            ["line 5: unknown-word"]
        );
        assert_eq!(refused("ANSWER: A"), ["line 1: stray-answer"]);
        assert_eq!(
            refused("题\nA) 甲\n多余\nB) 乙\nC) 丙\nANSWER: A"),
            ["line 3: stray-line"]
        );
        assert_eq!(refused(""), ["file: no-items"]);
    }

    #[test]
    fn a_question_the_bank_does_not_take_is_named() {
        let nine: String = ('A'..='I')
            .map(|letter| format!("{letter}) 选项{letter}\n"))
            .collect();
        assert_eq!(
            refused(&format!("\n题\n{nine}ANSWER: A")),
            ["file: no-items", "line 2: option-count"]
        );
    }

    #[test]
    fn other_kinds_are_left_out_and_named() {
        let batch = kinds();
        let (text, losses) = write(&batch);
        let left_out = losses.iter().filter(|loss| loss.code == "item").count();
        assert_eq!(left_out, batch.items.len() - 2);
        assert_eq!(read(&text, &defaults()).unwrap().0.items.len(), 2);
    }

    #[test]
    fn a_stem_that_looks_like_an_option_is_not_written() {
        let mut batch = kinds();
        batch.items.truncate(1);
        batch.items[0].stem = "A) 题".to_owned();
        let (text, losses) = write(&batch);
        assert_eq!(text, "");
        assert!(sounds_lost(&losses, "item"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(batch in batches(false)) {
            let (text, losses) = write(&batch);
            let written = |item: &&Item| {
                let lost = Loss::new(format!("item {}", item.code), "item");
                !losses.contains(&lost)
            };
            let kept: Vec<&Item> = batch.items.iter().filter(written).collect();
            let Ok((back, reading)) = read(&text, &defaults()) else {
                prop_assert!(kept.is_empty());
                return Ok(());
            };
            prop_assert_eq!(reading, []);
            prop_assert_eq!(back.items.len(), kept.len());
            for (back, item) in back.items.iter().zip(kept) {
                prop_assert_eq!(&back.stem, &one_line(&item.stem));
                prop_assert_eq!(back.body.kind(), item.body.kind());
                let options: Vec<String> = item.body.options().iter().map(|o| one_line(o)).collect();
                prop_assert_eq!(back.body.options(), options.as_slice());
                if item.body.kind() == ItemKind::TrueFalse || !item.body.options().iter().any(|o| o.contains('\n')) {
                    prop_assert_eq!(&back.body, &item.body);
                }
            }
        }

        #[test]
        fn no_text_is_too_strange(text in "[A-C甲).、:：ANSWER\n ]{0,80}") {
            let _ = read(&text, &defaults());
        }
    }
}
