//! Templates as they are written in files, and their instances.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::expression::{Expression, ExpressionError, Number, decimal, is_reserved};
use super::text::{Text, Values, plain};
use crate::bank::item::{Body, Difficulty, Item};
use crate::bank::rich::Markup;
use crate::bank::rules::{check_item, is_code, is_section, is_topic};
use crate::draw::{Seed, Stream};
use crate::kernel::{Fault, Score};

/// Draws after which a template is said to have no instance.
const PATIENCE: usize = 20_000;
/// Options of a single choice.
const OPTIONS: usize = 4;
/// Fewest wrong options to choose from: some will coincide with the key.
const DISTRACTORS_MIN: usize = 5;
/// Most values of a variable.
const VALUES_MAX: usize = 100_000;

/// A template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name.
    pub id: String,
    section: String,
    topic: String,
    difficulty: Difficulty,
    variables: BTreeMap<String, Choices>,
    lets: Vec<(String, Expression)>,
    conditions: Vec<Expression>,
    stem: Text,
    explanation: Text,
    asked: Asked,
}

/// What a variable may be.
#[derive(Debug, Clone)]
enum Choices {
    Numbers(Vec<Number>),
    Texts(Vec<String>),
}

#[derive(Debug, Clone)]
enum Asked {
    Choice {
        key: Text,
        distractors: Vec<Text>,
    },
    Number {
        value: Expression,
        tolerance: Expression,
        unit: String,
    },
}

/// An item that a template gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Which one.
    pub number: u64,
    /// What its variables stand for.
    pub values: Values,
    /// The item; its code is the template's and the number.
    pub item: Item,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    section: String,
    template: Vec<Written>,
}

/// A template as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    topic: String,
    difficulty: Difficulty,
    kind: Kind,
    stem: String,
    explanation: String,
    variables: BTreeMap<String, Range>,
    #[serde(default)]
    lets: Vec<String>,
    #[serde(default, rename = "where")]
    conditions: Vec<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    distractors: Vec<String>,
    #[serde(default)]
    value: String,
    #[serde(default)]
    tolerance: String,
    #[serde(default)]
    unit: String,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    SingleChoice,
    Numeric,
}

/// `"6..30"`, `"0.1..0.9 step 0.1"`, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Range {
    Text(String),
    List(Vec<String>),
}

/// Reads a file of templates. `file` names it in faults.
pub fn read(file: &str, text: &str) -> Result<Vec<Template>, Vec<Fault>> {
    let unreadable = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        let fault = Fault::new(format!("{file}: line {line}"), "toml-syntax");
        vec![fault.with("reason", error.message())]
    };
    let written: File = toml::from_str(text).map_err(unreadable)?;
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    if !is_section(&written.section) {
        faults.push(Fault::new(format!("{file}: section"), "bad-code"));
    }
    let mut templates = Vec::new();
    for one in written.template {
        let place = format!("{file}: template {}", one.id);
        if !known.insert(one.id.clone()) {
            faults.push(Fault::new(format!("{place}: id"), "duplicate-code"));
        }
        match one.read(&written.section) {
            Ok(template) => templates.push(template),
            Err(fault) => faults.push(under(&place, fault)),
        }
    }
    if faults.is_empty() {
        Ok(templates)
    } else {
        Err(faults)
    }
}

fn under(place: &str, fault: Fault) -> Fault {
    Fault {
        place: format!("{place}: {}", fault.place),
        ..fault
    }
}

fn fault(place: &str, error: ExpressionError, text: &str) -> Fault {
    let fault = Fault::new(place, "template-expression");
    fault.with("found", text).with("reason", error)
}

fn expression(place: &str, text: &str) -> Result<Expression, Fault> {
    Expression::parse(text).map_err(|error| fault(place, error, text))
}

fn text(place: &str, text: &str) -> Result<Text, Fault> {
    Text::parse(text).map_err(|error| fault(place, error, text))
}

impl Written {
    fn read(self, section: &str) -> Result<Template, Fault> {
        for (place, sound) in [("id", is_code(&self.id)), ("topic", is_topic(&self.topic))] {
            if !sound {
                return Err(Fault::new(place, "bad-code"));
            }
        }
        let asked = self.asked()?;
        let mut names: BTreeSet<String> = self.variables.keys().cloned().collect();
        let lets = self.lets.iter().map(|line| assignment(line, &mut names));
        let lets = lets.collect::<Result<_, Fault>>()?;
        if let Some(name) = names.iter().find(|name| is_reserved(name)) {
            return Err(Fault::new("variables", "template-name").with("found", name));
        }
        let conditions = self.conditions.iter().map(|text| expression("where", text));
        let variables = self.variables.into_iter().map(|(name, range)| {
            let choices = range.choices();
            let unread = || Fault::new("variables", "template-range").with("found", &name);
            Ok((name.clone(), choices.ok_or_else(unread)?))
        });
        Ok(Template {
            section: section.to_owned(),
            conditions: conditions.collect::<Result<_, Fault>>()?,
            variables: variables.collect::<Result<_, Fault>>()?,
            lets,
            stem: text("stem", &self.stem)?,
            explanation: text("explanation", &self.explanation)?,
            asked,
            id: self.id,
            topic: self.topic,
            difficulty: self.difficulty,
        })
    }

    /// What is asked for; what belongs to the other kind is refused and not dropped.
    fn asked(&self) -> Result<Asked, Fault> {
        let is_choice = self.kind == Kind::SingleChoice;
        let parts = [
            ("key", !self.key.is_empty(), is_choice),
            ("distractors", !self.distractors.is_empty(), is_choice),
            ("value", !self.value.is_empty(), !is_choice),
            ("tolerance", !self.tolerance.is_empty(), !is_choice),
        ];
        for (place, is_there, belongs) in parts {
            match (is_there, belongs) {
                (true, false) => return Err(Fault::new(place, "not-for-kind")),
                (false, true) => return Err(Fault::new(place, "required")),
                _ => {}
            }
        }
        if !is_choice {
            return Ok(Asked::Number {
                value: expression("value", &self.value)?,
                tolerance: expression("tolerance", &self.tolerance)?,
                unit: self.unit.clone(),
            });
        }
        if self.distractors.len() < DISTRACTORS_MIN {
            let few = Fault::new("distractors", "template-distractors");
            return Err(few.with("min", DISTRACTORS_MIN));
        }
        let distractors = self.distractors.iter();
        let distractors = distractors.map(|written| text("distractors", written));
        Ok(Asked::Choice {
            key: text("key", &self.key)?,
            distractors: distractors.collect::<Result<_, Fault>>()?,
        })
    }
}

/// `c = a*b/(a+b)`, with a name that is new.
fn assignment(line: &str, names: &mut BTreeSet<String>) -> Result<(String, Expression), Fault> {
    let unread = || Fault::new("lets", "template-name").with("found", line);
    let (name, value) = line.split_once('=').ok_or_else(unread)?;
    let name = name.trim();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let later = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.starts_with(first) && name.chars().all(later);
    if !is_name || !names.insert(name.to_owned()) {
        return Err(unread());
    }
    Ok((name.to_owned(), expression("lets", value)?))
}

impl Range {
    fn choices(&self) -> Option<Choices> {
        match self {
            Self::Text(text) => span(text).map(Choices::Numbers),
            Self::List(values) if values.is_empty() => None,
            Self::List(values) => {
                let numbers: Option<Vec<Number>> = values.iter().map(|text| signed(text)).collect();
                Some(numbers.map_or_else(|| Choices::Texts(values.clone()), Choices::Numbers))
            }
        }
    }
}

/// A decimal that may be negative.
fn signed(text: &str) -> Option<Number> {
    match text.strip_prefix('-') {
        Some(digits) => decimal(digits).ok().map(|number| -number),
        None => decimal(text).ok(),
    }
}

/// `6..30` or `0.1..0.9 step 0.1`; without a step, whole numbers.
fn span(text: &str) -> Option<Vec<Number>> {
    let (bounds, step) = match text.split_once(" step ") {
        Some((bounds, step)) => (bounds, Some(decimal(step).ok()?)),
        None => (text, None),
    };
    let (low, high) = bounds.split_once("..")?;
    let (low, high) = (decimal(low).ok()?, decimal(high).ok()?);
    let whole = low.is_integer() && high.is_integer();
    let step = step.or_else(|| whole.then(|| Number::from(1)))?;
    if step <= Number::from(0)
        || low >= high
        || (high - low) / step > Number::from(VALUES_MAX as i128)
    {
        return None;
    }
    let mut values = vec![low];
    while let Some(last) = values
        .last()
        .map(|last| *last + step)
        .filter(|next| *next <= high)
    {
        values.push(last);
    }
    Some(values)
}

impl Template {
    /// Its instance of this number.
    pub fn instance(&self, seed: &Seed, number: u64) -> Result<Instance, Fault> {
        let label = format!("instance/{}/{number}", self.id);
        let mut stream = seed.sub(label).stream();
        let values = self.draw(&mut stream)?;
        let item = Item {
            code: format!("{}-{number}", self.id),
            section: self.section.clone(),
            topic: self.topic.clone(),
            difficulty: self.difficulty,
            stimulus: None,
            stem: self.made("stem", &self.stem, &values)?,
            body: self.body(&values, &mut stream)?,
            explanation: self.made("explanation", &self.explanation, &values)?,
            // Two instances of one template never meet on a paper.
            enemies: vec![self.id.clone()],
            seconds: None,
            markup: Markup::Plain,
        };
        match check_item(&item).into_iter().next() {
            Some(unsound) => Err(under(&format!("instance {number}"), unsound)),
            None => Ok(Instance {
                number,
                values,
                item,
            }),
        }
    }

    /// Values that meet every condition.
    fn draw(&self, stream: &mut Stream) -> Result<Values, Fault> {
        for _ in 0..PATIENCE {
            let mut values = Values::default();
            for (name, choices) in &self.variables {
                choices.draw(name, stream, &mut values);
            }
            if self.is_met(&mut values)? {
                return Ok(values);
            }
        }
        Err(Fault::new("where", "template-empty").with("tries", PATIENCE))
    }

    fn is_met(&self, values: &mut Values) -> Result<bool, Fault> {
        let at = |place: &'static str| move |error| fault(place, error, &self.id);
        for (name, expression) in &self.lets {
            let number = expression.number(&values.numbers).map_err(at("lets"))?;
            values.numbers.insert(name.clone(), number);
        }
        for condition in &self.conditions {
            if !condition.holds(&values.numbers).map_err(at("where"))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn made(&self, place: &str, text: &Text, values: &Values) -> Result<String, Fault> {
        text.of(values)
            .map_err(|error| fault(place, error, &self.id))
    }

    fn body(&self, values: &Values, stream: &mut Stream) -> Result<Body, Fault> {
        match &self.asked {
            Asked::Choice { key, distractors } => self.choice(key, distractors, values, stream),
            Asked::Number {
                value,
                tolerance,
                unit,
            } => Ok(Body::Numeric {
                value: self.exact("value", value, values)?,
                tolerance: self.exact("tolerance", tolerance, values)?,
                unit: unit.clone(),
            }),
        }
    }

    fn exact(&self, place: &str, of: &Expression, values: &Values) -> Result<Score, Fault> {
        let number = of.number(&values.numbers).and_then(plain);
        let text = number.map_err(|error| fault(place, error, &self.id))?;
        let inexact = || Fault::new(place, "template-inexact").with("found", &text);
        text.parse().map_err(|_| inexact())
    }

    /// The key and the first wrong options that say something else and do not look wrong at once.
    fn choice(
        &self,
        key: &Text,
        distractors: &[Text],
        values: &Values,
        stream: &mut Stream,
    ) -> Result<Body, Fault> {
        let key = self.made("key", key, values)?;
        let mut options: Vec<String> = Vec::with_capacity(OPTIONS);
        for distractor in distractors {
            let text = self.made("distractors", distractor, values)?;
            if options.len() + 1 < OPTIONS
                && text != key
                && !options.contains(&text)
                && is_like(&text, &key)
            {
                options.push(text);
            }
        }
        if options.len() + 1 < OPTIONS {
            return Err(Fault::new("distractors", "template-options").with("found", options.len()));
        }
        let place = stream.below(OPTIONS);
        options.insert(place, key);
        Ok(Body::SingleChoice {
            options,
            key: u8::try_from(place).unwrap_or_default(),
        })
    }
}

impl Choices {
    fn draw(&self, name: &str, stream: &mut Stream, values: &mut Values) {
        match self {
            Self::Numbers(numbers) => {
                if let Some(number) = numbers.get(stream.below(numbers.len())) {
                    values.numbers.insert(name.to_owned(), *number);
                }
            }
            Self::Texts(texts) => {
                if let Some(text) = texts.get(stream.below(texts.len())) {
                    values.texts.insert(name.to_owned(), text.clone());
                }
            }
        }
    }
}

/// Whether a wrong option has no negative number and no fraction where the key has none.
fn is_like(text: &str, key: &str) -> bool {
    (has_fraction(key) || !has_fraction(text)) && (has_negative(key) || !has_negative(text))
}

fn has_fraction(text: &str) -> bool {
    let bytes = text.as_bytes();
    let around =
        |three: &[u8]| three[0].is_ascii_digit() && three[1] == b'/' && three[2].is_ascii_digit();
    bytes.windows(3).any(around)
}

/// A minus before a digit that takes nothing away from what stands before it.
fn has_negative(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let takes_away = |c: &char| c.is_ascii_alphanumeric() || [')', '）', '%'].contains(c);
    let minus = |at: usize| {
        chars[at] == '-'
            && chars.get(at + 1).is_some_and(char::is_ascii_digit)
            && !(at > 0 && takes_away(&chars[at - 1]))
    };
    (0..chars.len()).any(minus)
}

/// So many instances of a template that differ in their questions, by number.
pub fn instances(template: &Template, seed: &Seed, count: usize) -> Result<Vec<Instance>, Fault> {
    let mut stems = BTreeSet::new();
    let mut made = Vec::with_capacity(count.min(1000));
    let tries = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(50);
    for number in 1..=tries {
        if made.len() == count {
            break;
        }
        let instance = template.instance(seed, number)?;
        if stems.insert(instance.item.stem.clone()) {
            made.push(instance);
        }
    }
    if made.len() < count {
        let fault = Fault::new(format!("template {}", template.id), "template-few");
        return Err(fault.with("found", made.len()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests;
