//! Writes GIFT.

use crate::bank::item::{Body, Item};

use super::super::Batch;
use super::super::bodies::{MARKS_DEFAULT, WORDS_DEFAULT, Weights, is_plain_rubric, pairs};
use super::super::foreign::Loss;
use super::super::leaving::{Leaving, stimulus_of, stimulus_text, tags};
use super::super::wild::with_stars;

/// Writes a file, with what it cannot say.
pub fn write(batch: &Batch) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::new();
    for item in &batch.items {
        let mut leaving = Leaving::of(item, &mut losses);
        text.push_str(&question(item, batch, &mut leaving));
    }
    (text, losses)
}

fn question(item: &Item, batch: &Batch, leaving: &mut Leaving<'_>) -> String {
    let tags: String = tags(item)
        .iter()
        .map(|tag| format!(" [tag:{tag}]"))
        .collect();
    let code = &item.code;
    let shared = stimulus_of(item, batch).map(stimulus_text);
    leaving.lose_if(item.stimulus.is_some(), "stimulus");
    let stem = match shared {
        Some(shared) => format!("{shared}\n\n{}", item.stem),
        None => item.stem.clone(),
    };
    let general = match item.explanation.as_str() {
        "" => String::new(),
        explanation => format!("\t####{}\n", text(explanation)),
    };
    let answers = answers(&item.body, leaving);
    let (stem, name) = (text(&stem), escape(code));
    format!("// [id:{code}]{tags}\n::{name}::[plain]{stem}{{{answers}{general}}}\n\n")
}

fn answers(body: &Body, leaving: &mut Leaving<'_>) -> String {
    match body {
        Body::SingleChoice { options, key } => {
            let mark = |at: usize| if at == usize::from(*key) { "=" } else { "~" };
            lines(
                options
                    .iter()
                    .enumerate()
                    .map(|(at, option)| mark(at).to_owned() + &text(option)),
            )
        }
        Body::MultipleChoice { options, key } => {
            let weights = Weights::of(key);
            lines(
                options
                    .iter()
                    .enumerate()
                    .map(|(at, option)| format!("~%{}%{}", weights.at(at), text(option))),
            )
        }
        Body::TrueFalse { key: true } => "TRUE\n".to_owned(),
        Body::TrueFalse { key: false } => "FALSE\n".to_owned(),
        Body::FillIn { accepted } => {
            let forms = without_arrows(accepted, leaving);
            lines(forms.iter().map(|form| blank(form)))
        }
        Body::Numeric {
            value,
            tolerance,
            unit,
        } => {
            leaving.lose_if(!unit.is_empty(), "unit");
            format!("#{value}:{tolerance}\n")
        }
        Body::Matching { left, right, key } => matching(left, right, key, leaving),
        Body::Ordering { parts } => {
            leaving.lose_if(parts.iter().any(|part| part.starts_with("//")), "comment");
            let head = format!(">{} ALL VERTICAL ALL_OR_NOTHING SHOW\n", parts.len());
            head + &parts.iter().map(|part| part_line(part)).collect::<String>()
        }
        Body::Essay { .. } => {
            essay(body, leaving);
            String::new()
        }
    }
}

fn lines(answers: impl Iterator<Item = String>) -> String {
    let lines: String = answers.map(|answer| format!("\t{answer}\n")).collect();
    format!("\n{lines}")
}

/// Before an accepted form stands its weight, for the form itself may begin with `%`.
fn blank(form: &str) -> String {
    format!("=%100%{}", text(&with_stars(form)))
}

/// An arrow in an answer makes a matching of it, and nothing takes its meaning away.
fn without_arrows(texts: &[String], leaving: &mut Leaving<'_>) -> Vec<String> {
    leaving.lose_if(texts.iter().any(|text| text.contains("->")), "arrow");
    texts.iter().map(|text| text.replace("->", "→")).collect()
}

fn matching(left: &[String], right: &[String], key: &[u8], leaving: &mut Leaving<'_>) -> String {
    let (pairs, moved) = pairs(left, right, key);
    leaving.lose_if(moved, "right-order");
    // The first arrow is the one that counts.
    let plain = |entry: &str| entry.replace("->", "→");
    let _ = without_arrows(left, leaving);
    lines(pairs.into_iter().map(|(entry, partner)| match entry {
        "" => format!("= -> {}", escape(partner)),
        entry => format!("={} -> {}", text(&plain(entry)), escape(partner)),
    }))
}

fn essay(body: &Body, leaving: &mut Leaving<'_>) {
    let Body::Essay {
        rubric,
        marks,
        words_max,
        reference,
    } = body
    else {
        return;
    };
    let plain = is_plain_rubric(rubric) && *marks == MARKS_DEFAULT;
    leaving.lose_if(!plain, "rubric");
    leaving.lose_if(!reference.is_empty(), "reference");
    leaving.lose_if(*words_max != WORDS_DEFAULT, "words-max");
}

/// A text that is no marker. The marker of a question counts for all its texts.
fn text(text: &str) -> String {
    let escaped = escape(text);
    let marker = ["[plain]", "[html]", "[markdown]", "[moodle]"];
    let taken = marker.iter().any(|marker| escaped.starts_with(marker)) || escaped.starts_with('%');
    if taken {
        format!("[plain]{escaped}")
    } else {
        escaped
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\\' | '~' | '=' | '#' | '{' | '}' | ':' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Parts are not unescaped by Moodle's reader, so only what would break the line is escaped. A part
/// that begins like a comment is written in full width.
fn part_line(part: &str) -> String {
    let mut line = String::from("\t");
    let (head, rest) = match part.strip_prefix("//") {
        Some(rest) => ("／／", rest),
        None => ("", part),
    };
    line.push_str(head);
    for c in rest.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\\' | '#' | '{' | '}' => {
                line.push('\\');
                line.push(c);
            }
            c => line.push(c),
        }
    }
    line + "\n"
}
