//! What answers an item, and what answer is right.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use crate::bank::item::Body;
use crate::bank::rules::tidy;
use crate::kernel::{Fault, Score};

use super::super::bodies::{Choice, FULL, accepted, choice, has_case, place};
use super::super::decimal::{self, Decimal};
use super::super::draft::clip;
use super::super::foreign::{Found, Trouble};
use super::super::markup::content;
use super::super::words;
use super::text::{attribute, children, is, name, page, within};

/// What `responseDeclaration` says.
#[derive(Debug, Default)]
pub(super) struct Response {
    single: bool,
    base: String,
    correct: Vec<String>,
    /// What each answer is worth.
    mapping: Vec<(String, Score)>,
    /// What any other answer is worth.
    otherwise: Score,
    /// Whether large and small letters are told apart.
    cased: bool,
}

impl Response {
    /// The declaration that `interaction` names.
    pub(super) fn of(item: Node<'_, '_>, interaction: Node<'_, '_>) -> Self {
        let wanted = attribute(interaction, "responseidentifier");
        let mut declared = children(item, "responsedeclaration");
        declared
            .find(|node| attribute(*node, "identifier") == wanted)
            .map_or(Self::default(), Self::declared)
    }

    fn declared(node: Node<'_, '_>) -> Self {
        let correct = children(node, "correctresponse").flat_map(|node| children(node, "value"));
        let mapping = children(node, "mapping").next();
        let entries = || {
            mapping
                .into_iter()
                .flat_map(|node| children(node, "mapentry"))
        };
        let cased = |entry| attribute(entry, "casesensitive") == Some("true");
        let otherwise = mapping.and_then(|node| attribute(node, "defaultvalue"));
        let entry = |entry| {
            let key = attribute(entry, "mapkey")?;
            let value = decimal::read(attribute(entry, "mappedvalue")?)?;
            Some((key.to_owned(), value.value))
        };
        Self {
            single: attribute(node, "cardinality") == Some("single"),
            base: attribute(node, "basetype").unwrap_or_default().to_owned(),
            correct: correct.map(content).collect(),
            cased: entries().any(cased),
            mapping: entries().filter_map(entry).collect(),
            otherwise: otherwise
                .and_then(decimal::read)
                .map_or(Score::ZERO, |read| read.value),
        }
    }

    /// Whether a number is asked for.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.base.as_str(), "integer" | "float")
    }

    /// The right answers without blanks around: identifiers, or pairs of them.
    fn right(&self) -> Vec<&str> {
        let right: Vec<&str> = self.correct.iter().map(|value| value.trim()).collect();
        if !right.is_empty() {
            return right;
        }
        let worth = self
            .mapping
            .iter()
            .filter(|(_, value)| *value > Score::ZERO);
        worth.map(|(key, _)| key.trim()).collect()
    }

    /// Whether some right answers are worth more than others, or wrong ones less than nothing.
    fn is_uneven(&self) -> bool {
        let worth = || self.mapping.iter().map(|(_, value)| *value);
        let right = || worth().filter(|value| *value > Score::ZERO);
        let punishes = worth().any(|value| value < Score::ZERO) || self.otherwise < Score::ZERO;
        punishes || right().min() != right().max()
    }

    /// The answers that earn most, of those that the mapping has.
    fn best(&self) -> Vec<&str> {
        let most = self.mapping.iter().map(|(_, value)| *value).max();
        let best = self
            .mapping
            .iter()
            .filter(|(_, value)| Some(*value) == most);
        best.map(|(key, _)| key.trim()).collect()
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        let right = self.right().into_iter();
        let pairs = right.filter_map(|value| value.split_once(char::is_whitespace));
        pairs.map(|(left, right)| (left, right.trim())).collect()
    }
}

/// The choices of an interaction: identifiers and texts.
fn options(node: Node<'_, '_>, kind: &'static str, found: &mut Found) -> Vec<(String, String)> {
    let mut options = Vec::new();
    for option in within(node, kind) {
        let page = page(option, false, &found.known);
        let text = found.said(&page);
        let feedback = option
            .descendants()
            .any(|inner| name(inner).starts_with("feedback"));
        found.lose_if(feedback, "feedback");
        let id = attribute(option, "identifier").unwrap_or_default();
        options.push((id.to_owned(), tidy(&text)));
    }
    options
}

/// Identifiers and where they stand.
fn places(options: &[(String, String)]) -> HashMap<&str, usize> {
    let ids = options.iter().enumerate();
    ids.map(|(at, (id, _))| (id.as_str(), at)).collect()
}

fn texts(options: Vec<(String, String)>) -> Vec<String> {
    options.into_iter().map(|(_, text)| text).collect()
}

pub(super) fn choices(
    node: Node<'_, '_>,
    kind: &'static str,
    response: &Response,
    found: &mut Found,
) -> Result<Body, Trouble> {
    let mut options = options(node, kind, found);
    found.lose_if(response.is_uneven(), "weights");
    let fixed = within(node, kind).any(|option| attribute(option, "fixed") == Some("true"));
    found.lose_if(fixed, "fixed-order");
    let right: HashSet<&str> = response.right().into_iter().collect();
    let known = places(&options);
    if let Some(stray) = right.iter().find(|id| !known.contains_key(*id)) {
        return Err(Fault::new("key", "key-unknown")
            .with("key", clip(stray))
            .into());
    }
    let keys: Vec<bool> = options
        .iter()
        .map(|(id, _)| right.contains(id.as_str()))
        .collect();
    judge(&mut options);
    let weigh = |((_, text), right): ((String, String), bool)| Choice {
        text,
        weight: if right { FULL } else { Score::ZERO },
    };
    let choices: Vec<Choice> = options.into_iter().zip(keys).map(weigh).collect();
    choice(&choices, response.single).map(|(body, _)| body)
}

/// Two options whose identifiers say true and false, say so.
fn judge(options: &mut [(String, String)]) {
    let [(first, a), (second, b)] = options else {
        return;
    };
    if words::judgement(first).is_some() && words::judgement(second).is_some() {
        a.clone_from(first);
        b.clone_from(second);
    }
}

pub(super) fn blank(response: &Response, found: &mut Found) -> Body {
    let most = response.mapping.iter().map(|(_, value)| *value).max();
    let weigh = |(key, value): &(String, Score)| Choice {
        text: key.clone(),
        weight: if Some(*value) == most && *value > Score::ZERO {
            FULL
        } else {
            Score::ZERO
        },
    };
    let mapped = response.mapping.iter().map(weigh);
    let correct = response.correct.iter().map(|value| Choice {
        text: value.clone(),
        weight: FULL,
    });
    // The mapping has all that are right; without one there is only the correct response.
    let (body, lost) = if response.mapping.is_empty() {
        accepted(correct.collect())
    } else {
        accepted(mapped.chain(correct).collect())
    };
    found.lose_if(lost || response.is_uneven(), "weights");
    let cased =
        matches!(&body, Body::FillIn { accepted } if accepted.iter().any(|form| has_case(form)));
    found.lose_if(response.cased && cased, "case");
    body
}

pub(super) fn numeric(
    item: Node<'_, '_>,
    response: &Response,
    unit: String,
    found: &mut Found,
) -> Result<Body, Trouble> {
    if response.best().len() > 1 {
        return Err(Trouble::Skip("several-right"));
    }
    found.lose_if(response.is_uneven(), "weights");
    let equal = within(item, "equal").next();
    let stated = equal
        .and_then(|equal| children(equal, "basevalue").next())
        .map(content);
    let mapped = || response.best().first().map(|best| (*best).to_owned());
    let text = response.correct.first().cloned().or(stated).or_else(mapped);
    let text = text.ok_or(Trouble::Skip("no-key"))?;
    let unreadable =
        |field, text: &str| Fault::new(field, "not-a-number").with("found", clip(text));
    let read = decimal::read(&text).ok_or_else(|| unreadable("key", &text))?;
    let (value, tolerance) = match equal {
        Some(equal) => within_tolerance(read.value, equal, found)
            .ok_or_else(|| unreadable("tolerance", attribute(equal, "tolerance").unwrap_or("")))?,
        None => (read.value, Score::ZERO),
    };
    found.lose_if(read.rounded, "rounded");
    Ok(Body::Numeric {
        value,
        tolerance,
        unit,
    })
}

/// The value and tolerance that `equal` means: the same on both sides, or none.
fn within_tolerance(
    value: Score,
    equal: Node<'_, '_>,
    found: &mut Found,
) -> Option<(Score, Score)> {
    let mode = attribute(equal, "tolerancemode").unwrap_or("exact");
    if mode == "exact" {
        return Some((value, Score::ZERO));
    }
    let stated = attribute(equal, "tolerance").unwrap_or("0").trim();
    let (low, high) = stated
        .split_once(char::is_whitespace)
        .unwrap_or((stated, stated));
    let side = |text: &str| -> Option<Decimal> {
        let read = decimal::read(text)?;
        match mode {
            "relative" => decimal::percent_of(value, read.value),
            _ => Some(read),
        }
    };
    let (low, high) = (side(low)?, side(high)?);
    let open = |name| attribute(equal, name) == Some("false");
    found.lose_if(
        open("includelowerbound") || open("includeupperbound"),
        "bounds",
    );
    found.lose_if(low.rounded || high.rounded, "rounded");
    if low.value == high.value {
        return Some((value, low.value));
    }
    let down = Score::from_micros(low.value.micros().checked_neg()?);
    let ends = (
        decimal::shifted(value, down)?,
        decimal::shifted(value, high.value)?,
    );
    let (middle, tolerance) = decimal::middle(ends.0, ends.1)?;
    found.lose_if(middle.rounded, "rounded");
    Some((middle.value, tolerance))
}

/// Two sets of which one is matched to the other.
pub(super) fn matching(
    node: Node<'_, '_>,
    response: &Response,
    found: &mut Found,
) -> Result<Body, Trouble> {
    found.lose_if(response.is_uneven(), "weights");
    let mut sets = children(node, "simplematchset");
    let (Some(first), Some(second)) = (sets.next(), sets.next()) else {
        return Err(Fault::new("options", "required").into());
    };
    let first = options(first, "simpleassociablechoice", found);
    let second = options(second, "simpleassociablechoice", found);
    let pairs = response.pairs();
    let turned: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
    if let Some(key) = partners(&first, &second, &pairs) {
        return Ok(matched(first, second, key));
    }
    match partners(&second, &first, &turned) {
        Some(key) => Ok(matched(second, first, key)),
        None => Err(Trouble::Skip("several-partners")),
    }
}

fn matched(left: Vec<(String, String)>, right: Vec<(String, String)>, key: Vec<u8>) -> Body {
    Body::Matching {
        left: texts(left),
        right: texts(right),
        key,
    }
}

/// The partner of each entry on the left, if each has exactly one.
fn partners(
    left: &[(String, String)],
    right: &[(String, String)],
    pairs: &[(&str, &str)],
) -> Option<Vec<u8>> {
    let (lefts, rights) = (places(left), places(right));
    let mut key = vec![None; left.len()];
    for (a, b) in pairs {
        let slot = key.get_mut(*lefts.get(a)?)?;
        if slot.replace(place(*rights.get(b)?)).is_some() {
            return None;
        }
    }
    key.into_iter().collect()
}

/// One set whose entries are paired: the first of each pair goes to the left, all else right.
pub(super) fn associated(
    node: Node<'_, '_>,
    response: &Response,
    found: &mut Found,
) -> Result<Body, Trouble> {
    found.lose_if(response.is_uneven(), "weights");
    let options = options(node, "simpleassociablechoice", found);
    let pairs = response.pairs();
    let firsts: HashMap<&str, usize> = pairs.iter().zip(0..).map(|((a, _), at)| (*a, at)).collect();
    let is_left = |(id, _): &(String, String)| firsts.contains_key(id.as_str());
    let (left, right): (Vec<_>, Vec<_>) = options.into_iter().partition(is_left);
    let key = partners(&left, &right, &pairs).ok_or(Trouble::Skip("several-partners"))?;
    Ok(matched(left, right, key))
}

/// Choices in the order that is right.
pub(super) fn ordering(
    node: Node<'_, '_>,
    response: &Response,
    found: &mut Found,
) -> Result<Body, Trouble> {
    let options = options(node, "simplechoice", found);
    let known = places(&options);
    let mut order = Vec::new();
    for id in response.right() {
        let Some(at) = known.get(id) else {
            return Err(Fault::new("key", "key-unknown")
                .with("key", clip(id))
                .into());
        };
        order.push(*at);
    }
    if order.len() != options.len() {
        return Err(Trouble::Skip("partial-order"));
    }
    let parts = order.iter().map(|at| options[*at].1.clone()).collect();
    Ok(Body::Ordering { parts })
}

/// Elements of a response processing that says no more than right or wrong.
const PLAIN: [&str; 14] = [
    "responseprocessing",
    "responsecondition",
    "responseif",
    "responseelseif",
    "responseelse",
    "match",
    "equal",
    "variable",
    "correct",
    "basevalue",
    "setoutcomevalue",
    "mapresponse",
    "isnull",
    "not",
];

/// Whether marks are given by rules that the bank does not keep: for more than right or wrong, or not
/// all at once.
pub(super) fn has_rules(item: Node<'_, '_>) -> bool {
    let processing = || children(item, "responseprocessing");
    let mut inner = processing().flat_map(|node| node.descendants());
    let known = |node: Node<'_, '_>| PLAIN.iter().any(|plain| is(node, plain));
    if inner.any(|node| node.is_element() && !known(node)) {
        return true;
    }
    let set = processing().flat_map(|node| within(node, "setoutcomevalue"));
    let score = set.filter(|node| attribute(*node, "identifier") == Some("SCORE"));
    let values = score
        .flat_map(|node| children(node, "basevalue"))
        .map(content);
    let marks = values.filter_map(|text| Some(decimal::read(&text)?.value));
    let earned: HashSet<Score> = marks.filter(|marks| *marks != Score::ZERO).collect();
    earned.len() > 1
}
