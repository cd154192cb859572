//! Writes GIFT.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bank::item::{Body, Item};
use crate::bank::picture;
use crate::bank::rich::{self, Markup};
use crate::bank::rules;
use crate::kernel::merkle::Hash;

use super::super::Batch;
use super::super::bodies::{MARKS_DEFAULT, Weights, is_plain_rubric, pairs};
use super::super::foreign::Loss;
use super::super::leaving::{
    Leaving, is_rich, lacks_picture, pictures_of, relinked, stimulus_html, stimulus_of,
    stimulus_text, tags,
};
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

/// Writes texts in the markup of an item.
struct Texts<'a> {
    markup: Markup,
    batch: &'a Batch,
}

impl Texts<'_> {
    /// A text that is no marker. Pictures stand in the text itself (RFC 2397).
    fn text(&self, text: &str) -> String {
        let Markup::Html = self.markup else {
            return self::text(text);
        };
        let data = |picture: &Hash| {
            let bytes = self.batch.pictures.get(picture)?;
            let media = picture::read(bytes).ok()?.format.media_type();
            Some(format!("data:{media};base64,{}", STANDARD.encode(bytes)))
        };
        let escaped = escape(&relinked(text, data));
        match escaped.starts_with(['%', '[']) {
            true => format!("[html]{escaped}"),
            false => escaped,
        }
    }

    /// A text that can only be plain, and whether something is lost.
    fn words(&self, text: &str) -> (String, bool) {
        let words = self.markup.words(text).into_owned();
        let lost = !self.markup.is_plain() && rich::escape(&words) != text;
        (words, lost)
    }

    fn all_words(&self, texts: &[String], leaving: &mut Leaving<'_>) -> Vec<String> {
        let (words, lost): (Vec<String>, Vec<bool>) =
            texts.iter().map(|text| self.words(text)).unzip();
        leaving.lose_if(lost.contains(&true), "formatting");
        words
    }
}

fn question(item: &Item, batch: &Batch, leaving: &mut Leaving<'_>) -> String {
    let stimulus = stimulus_of(item, batch);
    // What stands before a rich text is rich too.
    let markup = if is_rich(item, stimulus) {
        Markup::Html
    } else {
        Markup::Plain
    };
    leaving.lose_if(lacks_picture(&pictures_of(item, stimulus), batch), "image");
    if markup != item.markup {
        return question(&as_html(item), batch, leaving);
    }
    let texts = Texts { markup, batch };
    let tags: String = tags(item)
        .iter()
        .map(|tag| format!(" [tag:{tag}]"))
        .collect();
    let code = &item.code;
    leaving.lose_if(item.stimulus.is_some(), "stimulus");
    let stem = match (stimulus, markup) {
        (Some(shared), Markup::Plain) => format!("{}\n\n{}", stimulus_text(shared), item.stem),
        (Some(shared), Markup::Html) => {
            let title = rich::escape(&shared.title);
            format!(
                "<p>{title}</p>{}<p>{}</p>",
                stimulus_html(shared),
                item.stem
            )
        }
        (None, _) => item.stem.clone(),
    };
    let general = match item.explanation.as_str() {
        "" => String::new(),
        explanation => format!("\t####{}\n", texts.text(explanation)),
    };
    let answers = texts.answers(&item.body, leaving);
    let (stem, name) = (texts.text(&stem), escape(code));
    let marker = match markup {
        Markup::Plain => "[plain]",
        Markup::Html => "[html]",
    };
    format!("// [id:{code}]{tags}\n::{name}::{marker}{stem}{{{answers}{general}}}\n\n")
}

/// A plain item as a rich one that looks the same.
fn as_html(item: &Item) -> Item {
    let html = |text: &String| rich::escape(text).replace('\n', "<br>");
    let all = |texts: &Vec<String>| texts.iter().map(html).collect();
    let body = match &item.body {
        Body::SingleChoice { options, key } => Body::SingleChoice {
            options: all(options),
            key: *key,
        },
        Body::MultipleChoice { options, key } => Body::MultipleChoice {
            options: all(options),
            key: key.clone(),
        },
        Body::Matching { left, right, key } => Body::Matching {
            left: all(left),
            right: all(right),
            key: key.clone(),
        },
        Body::Ordering { parts } => Body::Ordering { parts: all(parts) },
        other => other.clone(),
    };
    let rich = Item {
        stem: html(&item.stem),
        explanation: html(&item.explanation),
        markup: Markup::Html,
        body,
        ..item.clone()
    };
    rules::tidied(&rich)
}

impl Texts<'_> {
    fn answers(&self, body: &Body, leaving: &mut Leaving<'_>) -> String {
        match body {
            Body::SingleChoice { options, key } => {
                let mark = |at: usize| if at == usize::from(*key) { "=" } else { "~" };
                lines(
                    options
                        .iter()
                        .enumerate()
                        .map(|(at, option)| mark(at).to_owned() + &self.text(option)),
                )
            }
            Body::MultipleChoice { options, key } => {
                let weights = Weights::of(key);
                lines(
                    options
                        .iter()
                        .enumerate()
                        .map(|(at, option)| format!("~%{}%{}", weights.at(at), self.text(option))),
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
            Body::Matching { left, right, key } => self.matching((left, right, key), leaving),
            Body::Ordering { parts } => {
                let parts = self.all_words(parts, leaving);
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

    fn matching(
        &self,
        (left, right, key): (&[String], &[String], &[u8]),
        leaving: &mut Leaving<'_>,
    ) -> String {
        let right = self.all_words(right, leaving);
        let (pairs, moved) = pairs(left, &right, key);
        leaving.lose_if(moved, "right-order");
        // The first arrow is the one that counts.
        let plain = |entry: &str| entry.replace("->", "→");
        let _ = without_arrows(left, leaving);
        lines(pairs.into_iter().map(|(entry, partner)| match entry {
            "" => format!("= -> {}", escape(partner)),
            entry => format!("={} -> {}", self.text(&plain(entry)), escape(partner)),
        }))
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

fn essay(body: &Body, leaving: &mut Leaving<'_>) {
    let Body::Essay {
        rubric,
        marks,
        reference,
        ..
    } = body
    else {
        return;
    };
    let plain = is_plain_rubric(rubric) && *marks == MARKS_DEFAULT;
    leaving.lose_if(!plain, "rubric");
    leaving.lose_if(!reference.is_empty(), "reference");
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
