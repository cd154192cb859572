//! Reads GIFT.

use crate::bank::item::Body;
use crate::bank::rules::tidy;
use crate::kernel::{Fault, Score};

use super::super::bodies::{Choice, FULL, MARKS_DEFAULT, accepted, choice, essay, matching};
use super::super::decimal;
use super::super::draft::clip;
use super::super::foreign::{Defaults, Finds, Found, Labels, Loss, Reading, Trouble, check_size};
use super::super::marked::{self, Markup};
use super::super::names::usable;
use super::super::wild::without_wildcards;

/// A character, and whether a backslash took its meaning away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign {
    c: char,
    literal: bool,
}

/// Most bytes of one question with its answers.
const QUESTION_MAX: usize = 4 << 20;

/// The lines of one question.
#[derive(Debug, Default)]
struct Block {
    /// The first line that is no comment.
    line: usize,
    comment: String,
    text: String,
}

/// Reads a file.
pub fn read(text: &str, defaults: &Defaults) -> Reading {
    check_size(text.len())?;
    let mut finds = Finds::default();
    let mut category = Labels::default();
    for block in blocks(text.trim_start_matches('\u{feff}')) {
        if finds.is_full() {
            break;
        }
        block.take(&mut category, &mut finds);
    }
    finds.finish(defaults)
}

/// Questions stand between empty lines; an empty line in braces ends nothing.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        // What stands in front of a line is code that is indented, as often as not.
        let line = line.trim_end();
        if line.trim_start().starts_with("//") {
            block.comment.push_str(line.trim_start());
        } else if !line.is_empty() {
            if block.text.is_empty() {
                block.line = at + 1;
            }
            block.text.push_str(line);
            block.text.push('\n');
            open = still_open(line, open);
        } else if !open {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.text.is_empty());
    blocks
}

/// Whether a brace is open after `line`.
fn still_open(line: &str, open: bool) -> bool {
    let signs = signs(line);
    let last = signs
        .iter()
        .rev()
        .find(|sign| !sign.literal && matches!(sign.c, '{' | '}'));
    last.map_or(open, |sign| sign.c == '{')
}

/// The characters of `text` with its escapes resolved.
fn signs(text: &str) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = match (c, rest.clone().next()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some(next)) if r"\~=#{}:".contains(next) => Some(next),
            _ => None,
        };
        if escaped.is_some() {
            rest.next();
        }
        signs.push(Sign {
            c: escaped.unwrap_or(c),
            literal: escaped.is_some(),
        });
    }
    signs
}

fn string(signs: &[Sign]) -> String {
    signs.iter().map(|sign| sign.c).collect()
}

/// Whether the sign at `at` is `c` and means something.
fn is(signs: &[Sign], at: usize, c: char) -> bool {
    signs
        .get(at)
        .is_some_and(|sign| sign.c == c && !sign.literal)
}

fn find(signs: &[Sign], c: char) -> Option<usize> {
    (0..signs.len()).find(|at| is(signs, *at, c))
}

/// Where a word of meaningful signs begins.
fn find_word(signs: &[Sign], word: &str) -> Option<usize> {
    (0..signs.len()).find(|at| begins(&signs[*at..], word))
}

fn begins(signs: &[Sign], word: &str) -> bool {
    word.chars().enumerate().all(|(at, c)| is(signs, at, c))
}

fn split(signs: &[Sign], c: char) -> impl Iterator<Item = &[Sign]> {
    signs.split(move |sign| sign.c == c && !sign.literal)
}

fn is_blank(sign: &Sign) -> bool {
    sign.c.is_whitespace() && !sign.literal
}

fn trim(signs: &[Sign]) -> &[Sign] {
    let from = signs
        .iter()
        .position(|sign| !is_blank(sign))
        .unwrap_or(signs.len());
    let to = signs
        .iter()
        .rposition(|sign| !is_blank(sign))
        .map_or(from, |at| at + 1);
    &signs[from..to]
}

impl Block {
    fn take(&self, category: &mut Labels, finds: &mut Finds) {
        let mut text = self.text.trim();
        while let Some(rest) = text.strip_prefix("$CATEGORY:") {
            let (path, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let (labels, mapped) = Labels::of_category(path);
            *category = labels;
            if !mapped {
                let loss = Loss::new(format!("line {}", self.line), "category");
                finds.lose(loss.with("found", clip(path)));
            }
            text = after.trim();
        }
        if !text.is_empty() {
            let place = format!("line {}", self.line);
            let found = self.question(Found::at(&place), text, category);
            finds.push(if found.is_poor() {
                self.question(Found::rich(place), text, category)
            } else {
                found
            });
        }
    }

    fn question(&self, mut found: Found, text: &str, category: &Labels) -> Found {
        if text.len() > QUESTION_MAX {
            found.fault(Fault::new("stem", "too-long").with("found", text.len()));
            return found;
        }
        self.comments(&mut found);
        found.labels = std::mem::take(&mut found.labels).or(category);
        let signs = signs(text);
        let (title, signs) = title(&signs);
        match (find(signs, '{'), find(signs, '}')) {
            (None, None) => found.lose("description"),
            (Some(from), Some(to)) if from < to => {
                let (before, answers, after) =
                    (&signs[..from], &signs[from + 1..to], &signs[to + 1..]);
                answered(&mut found, before, trim(answers), after);
            }
            _ => found.fault(Fault::new("key", "brace-unmatched")),
        }
        name(&mut found, title);
        found
    }

    /// `[id:…]` and `[tag:…]` of the comments before a question.
    fn comments(&self, found: &mut Found) {
        for part in self.comment.split('[').skip(1) {
            let Some((inside, _)) = part.split_once(']') else {
                continue;
            };
            if let Some(id) = inside.strip_prefix("id:") {
                found.code = Some(id.trim().to_owned());
            } else if let Some(tag) = inside.strip_prefix("tag:")
                && !found.labels.take(tag)
            {
                found.lose_found("tag", tag);
            }
        }
    }
}

/// The title between `::` and what follows it.
fn title(signs: &[Sign]) -> (Option<String>, &[Sign]) {
    let rest = signs.get(2..).filter(|_| begins(signs, "::"));
    let Some((rest, end)) = rest.and_then(|rest| Some((rest, find_word(rest, "::")?))) else {
        return (None, signs);
    };
    let title = string(trim(&rest[..end]));
    (Some(title), trim(&rest[end + 2..]))
}

/// A title is the code where there is none, if it can be one.
fn name(found: &mut Found, title: Option<String>) {
    let Some(title) = title.filter(|title| !title.is_empty()) else {
        return;
    };
    match &found.code {
        Some(code) if *code == title => {}
        None if usable(&title) => found.code = Some(title),
        _ => {
            let cut = title.trim_end_matches(['…', '.']);
            if !tidy(&found.markup.words(&found.stem)).starts_with(cut) {
                found.lose_found("title", &title);
            }
        }
    }
}

fn answered(found: &mut Found, before: &[Sign], answers: &[Sign], after: &[Sign]) {
    let apart = before.last().is_some_and(is_blank);
    let (markup, before) = markup(before, Markup::Moodle);
    let (answers, general) = match (0..answers.len())
        .rev()
        .find(|at| begins(&answers[*at..], "####"))
    {
        Some(at) => (trim(&answers[..at]), trim(&answers[at + 4..])),
        None => (answers, &answers[..0]),
    };
    let mut stem = before.to_vec();
    if !trim(after).is_empty() {
        // What stands behind the answer is a sentence with a word missing.
        stem.extend(signs(if apart { " _____" } else { "_____" }));
        stem.extend(after);
    }
    found.stem = text(found, &stem, markup);
    found.explanation = text(found, general, markup);
    let body = body(found, answers, markup);
    found.settle(body);
}

/// The marker before a text, if there is one, and the text.
fn markup(signs: &[Sign], otherwise: Markup) -> (Markup, &[Sign]) {
    let signs = trim(signs);
    let known = [
        ("[plain]", Markup::Plain),
        ("[html]", Markup::Html),
        ("[markdown]", Markup::Markdown),
        ("[moodle]", Markup::Moodle),
    ];
    let marked = known.iter().find(|(marker, _)| begins(signs, marker));
    marked.map_or((otherwise, signs), |(marker, markup)| {
        (*markup, &signs[marker.len()..])
    })
}

/// A text in the markup of the question.
fn text(found: &mut Found, signs: &[Sign], otherwise: Markup) -> String {
    let (markup, signs) = markup(signs, otherwise);
    marked::text(found, markup, string(trim(signs)))
}

fn body(found: &mut Found, answers: &[Sign], markup: Markup) -> Result<Body, Trouble> {
    if answers.is_empty() {
        found.lose("rubric-assumed");
        let most = found.characters("");
        return Ok(essay(MARKS_DEFAULT, most, String::new()));
    }
    if is(answers, 0, '#') {
        return numeric(found, &answers[1..]);
    }
    if is(answers, 0, '>') {
        return Ok(ordering(found, answers));
    }
    if find(answers, '~').is_some() {
        return choices(found, answers, markup);
    }
    if find(answers, '=').is_some() && find_word(answers, "->").is_some() {
        return pairs(found, answers, markup);
    }
    if let Some(key) = judgement(found, answers) {
        return Ok(Body::TrueFalse { key });
    }
    blank(found, answers)
}

/// An answer without its feedback.
fn without_feedback<'a>(found: &mut Found, answer: &'a [Sign]) -> &'a [Sign] {
    let Some(at) = find(answer, '#') else {
        return trim(answer);
    };
    let said = answer[at..]
        .iter()
        .any(|sign| sign.literal || (sign.c != '#' && !sign.c.is_whitespace()));
    found.lose_if(said, "feedback");
    trim(&answer[..at])
}

/// An answer without its weight, such as `%50%`.
fn weighed(answer: &[Sign], otherwise: Score) -> (Score, &[Sign]) {
    let answer = trim(answer);
    let rest = answer.get(1..).filter(|_| is(answer, 0, '%'));
    let weight = rest.and_then(|rest| {
        let end = find(rest, '%')?;
        let weight = decimal::read(&string(&rest[..end]))?;
        Some((weight.value, trim(&rest[end + 1..])))
    });
    weight.unwrap_or((otherwise, answer))
}

/// The answers, each with what it begins with.
fn marked(answers: &[Sign]) -> Vec<(char, &[Sign])> {
    let starts: Vec<usize> = (0..answers.len())
        .filter(|at| is(answers, *at, '=') || is(answers, *at, '~'))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([answers.len()]);
    let parts = starts.iter().zip(ends);
    let parts = parts.map(|(start, end)| (answers[*start].c, &answers[start + 1..end]));
    let first = trim(&answers[..starts.first().copied().unwrap_or(answers.len())]);
    let loose = (!first.is_empty()).then_some((' ', first));
    loose.into_iter().chain(parts).collect()
}

fn choices(found: &mut Found, answers: &[Sign], markup: Markup) -> Result<Body, Trouble> {
    let marked = marked(answers);
    let single = marked.iter().any(|(mark, _)| *mark == '=');
    let mut read = Vec::with_capacity(marked.len());
    for (mark, answer) in marked {
        let otherwise = if mark == '=' { FULL } else { Score::ZERO };
        let (weight, answer) = weighed(answer, otherwise);
        let answer = without_feedback(found, answer);
        let text = text(found, answer, markup);
        read.push(Choice { text, weight });
    }
    let (body, lost) = choice(&read, single)?;
    found.lose_if(lost, "weights");
    Ok(body)
}

fn pairs(found: &mut Found, answers: &[Sign], markup: Markup) -> Result<Body, Trouble> {
    let mut read = Vec::new();
    for answer in split(answers, '=')
        .map(trim)
        .filter(|answer| !answer.is_empty())
    {
        let Some(at) = find_word(answer, "->") else {
            let fault = Fault::new("key", "arrow-missing");
            return Err(fault.with("found", clip(&string(answer))).into());
        };
        let left = text(found, &answer[..at], markup);
        let right = found.plainly(&string(trim(&answer[at + 2..])));
        read.push((left, right));
    }
    Ok(matching(read))
}

fn judgement(found: &mut Found, answers: &[Sign]) -> Option<bool> {
    let word = trim(&answers[..find(answers, '#').unwrap_or(answers.len())]);
    let key = match string(word).to_ascii_uppercase().as_str() {
        "T" | "TRUE" => true,
        "F" | "FALSE" => false,
        _ => return None,
    };
    let _ = without_feedback(found, answers);
    Some(key)
}

fn blank(found: &mut Found, answers: &[Sign]) -> Result<Body, Trouble> {
    let mut forms = Vec::new();
    for answer in split(answers, '=')
        .map(trim)
        .filter(|answer| !answer.is_empty())
    {
        let (weight, answer) = weighed(answer, FULL);
        let answer = without_feedback(found, answer);
        let (markup, answer) = self::markup(answer, Markup::Plain);
        let form = marked::page(found, markup, string(trim(answer))).text;
        let (text, wild) = without_wildcards(&form);
        found.lose_if(wild, "wildcard");
        if !text.is_empty() || !wild {
            forms.push(Choice { text, weight });
        }
    }
    let (body, lost) = accepted(forms);
    found.lose_if(lost, "weights");
    Ok(body)
}

/// `3.14:0.01`, `1..5`, or several such behind `=`.
fn numeric(found: &mut Found, answers: &[Sign]) -> Result<Body, Trouble> {
    let right = &answers[..find(answers, '~').unwrap_or(answers.len())];
    found.lose_if(right.len() < answers.len(), "feedback");
    let mut read: Vec<(Score, String)> = Vec::new();
    for answer in split(right, '=')
        .map(trim)
        .filter(|answer| !answer.is_empty())
    {
        let (weight, answer) = weighed(answer, FULL);
        read.push((weight, string(without_feedback(found, answer))));
    }
    found.lose_if(read.len() > 1, "weights");
    let best = read.iter().rev().max_by_key(|(weight, _)| *weight);
    let Some((most, number)) = best else {
        return Err(Trouble::Skip("no-key"));
    };
    if read.iter().filter(|(weight, _)| weight == most).count() > 1 {
        return Err(Trouble::Skip("several-right"));
    }
    let unreadable = || Fault::new("key", "not-a-number").with("found", clip(number));
    let (value, tolerance, rounded) = range(number).ok_or_else(unreadable)?;
    found.lose_if(rounded, "rounded");
    Ok(Body::Numeric {
        value,
        tolerance,
        unit: String::new(),
    })
}

/// A number with its tolerance, and whether digits were rounded away.
fn range(text: &str) -> Option<(Score, Score, bool)> {
    if let Some((low, high)) = text.split_once("..") {
        let (low, high) = (decimal::read(low)?, decimal::read(high)?);
        let (value, tolerance) = decimal::middle(low.value, high.value)?;
        let rounded = low.rounded || high.rounded || value.rounded;
        return Some((value.value, tolerance, rounded));
    }
    let (value, tolerance) = text.split_once(':').unwrap_or((text, "0"));
    let (value, tolerance) = (decimal::read(value)?, decimal::read(tolerance)?);
    Some((
        value.value,
        tolerance.value,
        value.rounded || tolerance.rounded,
    ))
}

/// `>` and settings on the first line, then one part a line.
fn ordering(found: &Found, answers: &[Sign]) -> Body {
    let lines = split(answers, '\n').skip(1);
    let parts = lines.map(|line| found.plainly(&string(trim(line))));
    Body::Ordering {
        parts: parts.filter(|part| !part.is_empty()).collect(),
    }
}
