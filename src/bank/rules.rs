//! Rules of a bank: what a sound item is, and what sound items are together. Pure.

use std::ops::RangeInclusive;

use crate::kernel::{Fault, Score};

use super::collection::repeats;
use super::item::{Body, Item, RubricPoint, Stimulus, option_letter};
use super::rich::{self, Markup};

/// Most characters of a code, a section or a topic.
pub const CODE_MAX: usize = 64;
/// Most characters of a stem.
pub const STEM_MAX: usize = 4_000;
/// Most characters of one option.
pub const OPTION_MAX: usize = 1_000;
/// Most characters of one accepted form of a blank.
pub const ACCEPTED_MAX: usize = 200;
/// Most characters of an explanation.
pub const EXPLANATION_MAX: usize = 4_000;
/// Most characters of one line of a rubric.
pub const POINT_MAX: usize = 1_000;
/// Most characters of a model answer.
pub const REFERENCE_MAX: usize = 20_000;
/// Most characters of a stimulus.
pub const STIMULUS_MAX: usize = 40_000;
/// Most characters of a title or of one cell of a stimulus's table.
pub const TITLE_MAX: usize = 200;
/// How many options a single choice has.
pub const SINGLE_OPTIONS: RangeInclusive<usize> = 2..=8;
/// How many options a multiple choice has.
pub const MULTIPLE_OPTIONS: RangeInclusive<usize> = 3..=8;
/// How many entries a matching has.
pub const MATCHING_ENTRIES: RangeInclusive<usize> = 2..=12;
/// How many options a matching has.
pub const MATCHING_OPTIONS: RangeInclusive<usize> = 2..=12;
/// How many parts an ordering has.
pub const ORDERING_PARTS: RangeInclusive<usize> = 2..=12;
/// The largest number, either side of zero, that may be asked for.
pub const NUMBER_MAX: Score = Score::whole(1_000_000_000);
/// Most characters of a unit.
pub const UNIT_MAX: usize = 32;
/// What the longest permitted answer of an essay may be set to.
pub const WORDS_MAX: RangeInclusive<u32> = 50..=5_000;
/// The most an essay or one line of its rubric may be worth.
pub const MARKS_MAX: Score = Score::whole(1_000);

/// Most characters of one text with its markup.
pub const MARKUP_MAX: usize = 100_000;

/// In how many enemy sets an item may stand.
pub const ENEMIES_MAX: usize = 8;
/// How many seconds an item may be expected to take.
pub const SECONDS: RangeInclusive<u32> = 1..=7_200;

/// Everything wrong with one item by itself. Places are field names: `stem`, `options`, `key` …
pub fn check_item(item: &Item) -> Vec<Fault> {
    let said = |text| item.markup.words(text);
    let mut faults: Vec<Fault> = [
        check_code("code", &item.code, is_code),
        check_code("section", &item.section, is_section),
        check_code("topic", &item.topic, is_topic),
        check_text("stem", &said(&item.stem), STEM_MAX),
        check_optional_text("explanation", &said(&item.explanation), EXPLANATION_MAX),
    ]
    .into_iter()
    .flatten()
    .collect();
    let stimulus = item.stimulus.as_deref();
    faults.extend(stimulus.and_then(|code| check_code("stimulus", code, is_code)));
    faults.extend(check_body(&item.body, item.markup));
    faults.extend(check_markup(item.markup, &item.marked_up()));
    faults.extend(check_enemies(&item.enemies));
    faults.extend(item.seconds.and_then(check_seconds));
    faults
}

/// Texts with a markup are as they are kept, not too long with it, and every image shows a picture.
fn check_markup(markup: Markup, texts: &[(&'static str, &str)]) -> Vec<Fault> {
    if markup.is_plain() {
        return Vec::new();
    }
    let check = |(place, text): &(&'static str, &str)| {
        let length = text.chars().count();
        if length > MARKUP_MAX {
            let fault = Fault::new(*place, "too-long").with("max", MARKUP_MAX);
            return Some(fault.with("found", length));
        }
        if rich::has_blank_image(text) {
            return Some(Fault::new(*place, "image-source"));
        }
        (rich::clean(text) != *text).then(|| Fault::new(*place, "markup-unclean"))
    };
    texts.iter().filter_map(check).collect()
}

/// What an author marked up and the bank does not keep. To be asked before the texts are tidied.
pub fn strays(markup: Markup, texts: &[(&'static str, &str)]) -> Vec<Fault> {
    if markup.is_plain() {
        return Vec::new();
    }
    let stray = |(place, text): &(&'static str, &str)| {
        let found = rich::stray(text)?;
        Some(Fault::new(*place, "markup-not-allowed").with("found", found))
    };
    texts.iter().filter_map(stray).collect()
}

/// Names like codes, not too many, ascending and so without repeats.
fn check_enemies(enemies: &[String]) -> Vec<Fault> {
    let many = (enemies.len() > ENEMIES_MAX).then(|| {
        let fault = Fault::new("enemies", "enemies-count").with("max", ENEMIES_MAX);
        fault.with("found", enemies.len())
    });
    let order = enemies
        .windows(2)
        .any(|pair| pair[0] >= pair[1])
        .then(|| Fault::new("enemies", "enemies-order"));
    let unsound = enemies.iter().filter_map(|name| {
        let fault = check_code("enemies", name, is_code)?;
        Some(fault.with("found", name))
    });
    many.into_iter().chain(order).chain(unsound).collect()
}

fn check_seconds(seconds: u32) -> Option<Fault> {
    (!SECONDS.contains(&seconds)).then(|| {
        Fault::new("seconds", "seconds-range")
            .with("min", SECONDS.start())
            .with("max", SECONDS.end())
            .with("found", seconds)
    })
}

/// Everything wrong with one stimulus by itself. Places are field names.
pub fn check_stimulus(stimulus: &Stimulus) -> Vec<Fault> {
    let width = stimulus.table.first().map_or(0, Vec::len);
    let ragged = stimulus.table.iter().any(|row| row.len() != width);
    let cells = stimulus.table.iter().flatten();
    [
        check_code("code", &stimulus.code, is_code),
        check_text("title", &stimulus.title, TITLE_MAX),
        check_text("text", &stimulus.markup.words(&stimulus.text), STIMULUS_MAX),
        ragged.then(|| Fault::new("table", "table-ragged")),
    ]
    .into_iter()
    .flatten()
    .chain(cells.filter_map(|cell| check_optional_text("table", cell, TITLE_MAX)))
    .chain(check_markup(stimulus.markup, &[("text", &stimulus.text)]))
    .collect()
}

fn check_body(body: &Body, markup: Markup) -> Vec<Fault> {
    match body {
        Body::SingleChoice { options, key } => {
            let mut faults = check_options(options, SINGLE_OPTIONS, markup);
            faults.extend(check_range(*key, options));
            faults
        }
        Body::MultipleChoice { options, key } => {
            let mut faults = check_options(options, MULTIPLE_OPTIONS, markup);
            faults.extend(check_keys(key, options));
            faults
        }
        Body::TrueFalse { .. } => Vec::new(),
        Body::FillIn { accepted } => check_accepted(accepted),
        Body::Numeric {
            value,
            tolerance,
            unit,
        } => [
            check_number("key", *value, Score::ZERO - NUMBER_MAX),
            check_number("tolerance", *tolerance, Score::ZERO),
            check_optional_text("unit", unit, UNIT_MAX),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Body::Matching { left, right, key } => {
            let mut faults = check_options(right, MATCHING_OPTIONS, markup);
            faults.extend(check_entries(left, markup));
            faults.extend(key.iter().filter_map(|key| check_range(*key, right)));
            faults.extend((key.len() != left.len()).then(|| Fault::new("key", "key-incomplete")));
            faults
        }
        Body::Ordering { parts } => check_options(parts, ORDERING_PARTS, markup),
        Body::Essay {
            rubric,
            marks,
            words_max,
            reference,
        } => {
            let mut faults = check_rubric(rubric, *marks);
            faults.extend(check_words_max(*words_max));
            faults.extend(check_optional_text(
                "reference",
                &markup.words(reference),
                REFERENCE_MAX,
            ));
            faults
        }
    }
}

/// What is wrong with how many options, entries or parts there are.
pub fn check_count(body: &Body) -> Option<Fault> {
    match body {
        Body::SingleChoice { options, .. } => count_fault(options, SINGLE_OPTIONS),
        Body::MultipleChoice { options, .. } => count_fault(options, MULTIPLE_OPTIONS),
        Body::Matching { left, right, .. } => {
            count_fault(right, MATCHING_OPTIONS).or_else(|| count_fault(left, MATCHING_ENTRIES))
        }
        Body::Ordering { parts } => count_fault(parts, ORDERING_PARTS),
        Body::TrueFalse { .. }
        | Body::FillIn { .. }
        | Body::Numeric { .. }
        | Body::Essay { .. } => None,
    }
}

fn count_fault(options: &[String], allowed: RangeInclusive<usize>) -> Option<Fault> {
    (!allowed.contains(&options.len())).then(|| {
        Fault::new("options", "option-count")
            .with("min", allowed.start())
            .with("max", allowed.end())
            .with("found", options.len())
    })
}

fn check_options(options: &[String], allowed: RangeInclusive<usize>, markup: Markup) -> Vec<Fault> {
    let at = |place: usize, fault: Fault| fault.with("option", option_letter(place));
    let count = count_fault(options, allowed);
    let unsound = options.iter().enumerate().filter_map(|(place, option)| {
        check_text("options", &markup.words(option), OPTION_MAX).map(|fault| at(place, fault))
    });
    let filled = |place: usize| !options[place].trim().is_empty();
    let repeated = repeats(options.iter().map(|option| option.trim()))
        .into_iter()
        .filter(|(later, _)| filled(*later))
        .map(|(later, first)| {
            let fault = Fault::new("options", "option-repeated");
            at(later, fault).with("first", option_letter(first))
        });
    count.into_iter().chain(unsound).chain(repeated).collect()
}

fn check_number(place: &str, number: Score, least: Score) -> Option<Fault> {
    (number < least || number > NUMBER_MAX).then(|| {
        Fault::new(place, "number-range")
            .with("min", least)
            .with("max", NUMBER_MAX)
            .with("found", number)
    })
}

/// The entries of a matching.
fn check_entries(left: &[String], markup: Markup) -> Vec<Fault> {
    let count = (!MATCHING_ENTRIES.contains(&left.len())).then(|| {
        Fault::new("key", "entry-count")
            .with("min", MATCHING_ENTRIES.start())
            .with("max", MATCHING_ENTRIES.end())
            .with("found", left.len())
    });
    let unsound = left
        .iter()
        .filter_map(|entry| check_text("key", &markup.words(entry), OPTION_MAX));
    let repeated = repeats(left.iter().map(|entry| entry.trim()))
        .into_iter()
        .map(|(later, _)| Fault::new("key", "key-repeated").with("key", &left[later]));
    count.into_iter().chain(unsound).chain(repeated).collect()
}

/// The key names an option that is there.
fn check_range(key: u8, options: &[String]) -> Option<Fault> {
    (usize::from(key) >= options.len()).then(|| {
        Fault::new("key", "key-out-of-range")
            .with("key", option_letter(usize::from(key)))
            .with("options", options.len())
    })
}

/// Two or more options, ascending; all of them may be right.
fn check_keys(key: &[u8], options: &[String]) -> Vec<Fault> {
    let few = (key.len() < 2).then(|| Fault::new("key", "key-too-few"));
    let order = key
        .windows(2)
        .any(|pair| pair[0] >= pair[1])
        .then(|| Fault::new("key", "key-order"));
    let range = key.iter().filter_map(|key| check_range(*key, options));
    few.into_iter().chain(order).chain(range).collect()
}

fn check_accepted(accepted: &[String]) -> Vec<Fault> {
    if accepted.is_empty() {
        return vec![Fault::new("key", "required")];
    }
    let unsound = accepted
        .iter()
        .filter_map(|form| check_text("key", form, ACCEPTED_MAX));
    let repeated = repeats(accepted.iter().map(|form| form.trim()))
        .into_iter()
        .map(|(later, _)| Fault::new("key", "key-repeated").with("key", &accepted[later]));
    unsound.chain(repeated).collect()
}

fn check_rubric(rubric: &[RubricPoint], marks: Score) -> Vec<Fault> {
    if rubric.is_empty() {
        return vec![Fault::new("rubric", "required")];
    }
    let mut faults: Vec<Fault> = check_marks("marks", marks).into_iter().collect();
    for line in rubric {
        faults.extend(check_text("rubric", &line.point, POINT_MAX));
        faults.extend(check_marks("rubric", line.marks));
    }
    // Beyond the range a sum might overflow, and says nothing.
    if faults.iter().any(|fault| fault.code == "marks-range") {
        return faults;
    }
    let sum: Score = rubric.iter().map(|line| line.marks).sum();
    faults.extend((sum != marks).then(|| {
        Fault::new("rubric", "rubric-sum")
            .with("sum", sum)
            .with("marks", marks)
    }));
    faults
}

fn check_marks(place: &str, marks: Score) -> Option<Fault> {
    (marks <= Score::ZERO || marks > MARKS_MAX).then(|| {
        Fault::new(place, "marks-range")
            .with("max", MARKS_MAX)
            .with("found", marks)
    })
}

fn check_words_max(words_max: u32) -> Option<Fault> {
    (!WORDS_MAX.contains(&words_max)).then(|| {
        Fault::new("words_max", "words-range")
            .with("min", WORDS_MAX.start())
            .with("max", WORDS_MAX.end())
            .with("found", words_max)
    })
}

/// A text that must be there, is not too long, and holds no control character but tabs and line
/// feeds.
fn check_text(place: &str, text: &str, max: usize) -> Option<Fault> {
    if text.trim().is_empty() {
        return Some(Fault::new(place, "required"));
    }
    check_optional_text(place, text, max)
}

fn check_optional_text(place: &str, text: &str, max: usize) -> Option<Fault> {
    let length = text.chars().count();
    if length > max {
        let fault = Fault::new(place, "too-long");
        return Some(fault.with("max", max).with("found", length));
    }
    Fault::of_control(place, text, &['\n', '\t'])
}

fn check_code(place: &str, text: &str, allowed: fn(&str) -> bool) -> Option<Fault> {
    if text.is_empty() {
        return Some(Fault::new(place, "required"));
    }
    (text.len() > CODE_MAX || !allowed(text)).then(|| Fault::new(place, "bad-code"))
}

/// A text as the bank keeps it: one kind of line end, nothing blank around it. Forms and files pass
/// their texts through here before they are checked.
pub fn tidy(text: &str) -> String {
    text.trim().replace("\r\n", "\n").replace('\r', "\n")
}

/// `item` with every text as the bank keeps it.
#[must_use]
pub fn tidied(item: &Item) -> Item {
    let rich = |text: &str| item.markup.tidy(text);
    let plain = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| tidy(text)).collect() };
    let all = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| rich(text)).collect() };
    let body = match &item.body {
        Body::SingleChoice { options, key } => Body::SingleChoice {
            options: all(options),
            key: *key,
        },
        Body::MultipleChoice { options, key } => Body::MultipleChoice {
            options: all(options),
            key: key.clone(),
        },
        Body::TrueFalse { key } => Body::TrueFalse { key: *key },
        Body::FillIn { accepted } => Body::FillIn {
            accepted: plain(accepted).into_iter().map(in_one_line).collect(),
        },
        Body::Numeric {
            value,
            tolerance,
            unit,
        } => Body::Numeric {
            value: *value,
            tolerance: *tolerance,
            unit: tidy(unit),
        },
        Body::Matching { left, right, key } => Body::Matching {
            left: all(left).into_iter().map(in_one_line).collect(),
            right: all(right),
            key: key.clone(),
        },
        Body::Ordering { parts } => Body::Ordering { parts: all(parts) },
        Body::Essay {
            rubric,
            marks,
            words_max,
            reference,
        } => Body::Essay {
            rubric: rubric.iter().map(tidied_point).collect(),
            marks: *marks,
            words_max: *words_max,
            reference: rich(reference),
        },
    };
    Item {
        code: tidy(&item.code),
        section: tidy(&item.section),
        topic: tidy(&item.topic),
        difficulty: item.difficulty,
        stimulus: item.stimulus.as_deref().map(tidy),
        stem: rich(&item.stem),
        body,
        explanation: rich(&item.explanation),
        enemies: tidied_names(&item.enemies),
        seconds: item.seconds,
        markup: item.markup,
    }
}

/// `stimulus` with every text as the bank keeps it.
#[must_use]
pub fn tidied_stimulus(stimulus: &Stimulus) -> Stimulus {
    let row = |row: &Vec<String>| row.iter().map(|cell| tidy(cell)).collect();
    Stimulus {
        code: tidy(&stimulus.code),
        title: tidy(&stimulus.title),
        text: stimulus.markup.tidy(&stimulus.text),
        table: stimulus.table.iter().map(row).collect(),
        markup: stimulus.markup,
    }
}

/// Names as the bank keeps them: ascending, each once.
pub fn tidied_names(names: &[String]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| tidy(name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a form and a table have one a line: a line break in it would make two of it there.
fn in_one_line(text: String) -> String {
    text.replace('\n', " ")
}

fn tidied_point(line: &RubricPoint) -> RubricPoint {
    RubricPoint {
        point: in_one_line(tidy(&line.point)),
        marks: line.marks,
    }
}

/// Whether `text` can name an item or a stimulus: ASCII letters, digits, `-`, `_` and `.`.
pub fn is_code(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(allowed)
}

/// Whether `text` can name a section: lower-case ASCII letters, digits and `_`.
pub fn is_section(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    !text.is_empty() && text.bytes().all(allowed)
}

/// Whether `text` can name a topic: parts like a section's name, joined by dots.
pub fn is_topic(text: &str) -> bool {
    text.split('.').all(is_section)
}

#[cfg(test)]
mod tests;
