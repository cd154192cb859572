//! Writes Moodle XML.

use crate::bank::item::{Body, Item, RubricPoint, Stimulus};
use crate::kernel::Score;

use super::super::Batch;
use super::super::bodies::{Weights, pairs};
use super::super::foreign::Loss;
use super::super::leaving::{Leaving, is_sayable_item, stimulus_of, tags};
use super::super::markup::{attribute, escape};
use super::super::plain::{REFERENCE, RUBRIC, STIMULUS, table, xhtml};
use super::super::wild::with_stars;

/// Writes a file, with what it cannot say.
pub fn write(batch: &Batch) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n");
    for item in &batch.items {
        let mut leaving = Leaving::of(item, &mut losses);
        let stimulus = stimulus_of(item, batch);
        leaving.lose_if(!is_sayable_item(item, stimulus), "character");
        xml.push_str(&question(item, stimulus, &mut leaving));
    }
    (xml + "</quiz>\n", losses)
}

fn question(item: &Item, stimulus: Option<&Stimulus>, leaving: &mut Leaving<'_>) -> String {
    let marks = match &item.body {
        Body::Essay { marks, .. } => *marks,
        _ => Score::whole(1),
    };
    let (kind, body) = body(&item.body, leaving);
    let code = escape(&item.code);
    let stem = stem(item, stimulus);
    let feedback = plain("generalfeedback", "", &item.explanation);
    let tags = tags(item)
        .iter()
        .map(|tag| format!("      <tag><text>{tag}</text></tag>\n"))
        .collect::<String>();
    format!(
        "  <question type=\"{kind}\">\n    <name><text>{code}</text></name>\n{stem}{feedback}    \
         <defaultgrade>{marks}</defaultgrade>\n    <penalty>0</penalty>\n    <hidden>0</hidden>\n    \
         <idnumber>{code}</idnumber>\n{body}    <tags>\n{tags}    </tags>\n  </question>\n"
    )
}

/// A text that Moodle shows as it is.
fn plain(name: &str, attributes: &str, text: &str) -> String {
    let text = escape(text);
    format!("    <{name}{attributes} format=\"plain_text\"><text>{text}</text></{name}>\n")
}

fn html(name: &str, html: &str) -> String {
    let html = escape(html);
    format!("    <{name} format=\"html\"><text>{html}</text></{name}>\n")
}

fn element(name: &str, text: &str) -> String {
    format!("    <{name}>{}</{name}>\n", escape(text))
}

fn stem(item: &Item, stimulus: Option<&Stimulus>) -> String {
    let Some(stimulus) = stimulus else {
        return plain("questiontext", "", &item.stem);
    };
    let (code, title) = (attribute(&stimulus.code), attribute(&stimulus.title));
    let text = xhtml(&stimulus.text) + &table(&stimulus.table, "");
    let stem = xhtml(&item.stem);
    html(
        "questiontext",
        &format!("<div class=\"{STIMULUS}\" id=\"{code}\" title=\"{title}\">{text}</div>{stem}"),
    )
}

fn body(body: &Body, leaving: &mut Leaving<'_>) -> (&'static str, String) {
    match body {
        Body::SingleChoice { options, key } => {
            let right = |at: usize| at == usize::from(*key);
            let weight = |at| {
                if right(at) {
                    Score::whole(100)
                } else {
                    Score::ZERO
                }
            };
            (
                "multichoice",
                element("single", "true") + &choices(options, weight),
            )
        }
        Body::MultipleChoice { options, key } => {
            let weights = Weights::of(key);
            let choices = choices(options, |at| weights.at(at));
            ("multichoice", element("single", "false") + &choices)
        }
        Body::TrueFalse { key } => ("truefalse", judgement(*key)),
        Body::FillIn { accepted } => {
            let forms = accepted
                .iter()
                .map(|form| answer(Score::whole(100), &with_stars(form), ""));
            (
                "shortanswer",
                element("usecase", "0") + &forms.collect::<String>(),
            )
        }
        Body::Numeric {
            value,
            tolerance,
            unit,
        } => ("numerical", numeric(*value, *tolerance, unit)),
        Body::Matching { left, right, key } => ("matching", matching(left, right, key, leaving)),
        Body::Ordering { parts } => ("ordering", ordering(parts)),
        Body::Essay {
            rubric,
            words_max,
            reference,
            ..
        } => ("essay", essay(rubric, *words_max, reference)),
    }
}

fn choices(options: &[String], weight: impl Fn(usize) -> Score) -> String {
    let answers = options.iter().enumerate();
    let answers = answers.map(|(at, option)| answer(weight(at), option, ""));
    let shuffled = element("shuffleanswers", "true") + &element("answernumbering", "ABCD");
    shuffled + &answers.collect::<String>()
}

/// An answer, what it earns, and what else stands in it.
fn answer(weight: Score, text: &str, rest: &str) -> String {
    format!(
        "    <answer fraction=\"{weight}\" format=\"plain_text\"><text>{}</text>\
         <feedback format=\"plain_text\"><text></text></feedback>{rest}</answer>\n",
        escape(text)
    )
}

fn judgement(key: bool) -> String {
    let weight = |right: bool| {
        if right {
            Score::whole(100)
        } else {
            Score::ZERO
        }
    };
    answer(weight(key), "true", "") + &answer(weight(!key), "false", "")
}

fn numeric(value: Score, tolerance: Score, unit: &str) -> String {
    let tolerance = format!("<tolerance>{tolerance}</tolerance>");
    let answer = answer(Score::whole(100), &value.to_string(), &tolerance);
    let shown = if unit.is_empty() { "3" } else { "0" };
    let shown = element("unitgradingtype", "0") + &element("showunits", shown);
    let units = match unit {
        "" => String::new(),
        unit => format!(
            "    <units><unit><multiplier>1</multiplier><unit_name>{}</unit_name></unit></units>\n",
            escape(unit)
        ),
    };
    answer + &shown + &units
}

fn matching(left: &[String], right: &[String], key: &[u8], leaving: &mut Leaving<'_>) -> String {
    let (pairs, moved) = pairs(left, right, key);
    leaving.lose_if(moved, "right-order");
    let pairs = pairs.into_iter().map(|(entry, partner)| {
        format!(
            "    <subquestion format=\"plain_text\"><text>{}</text>\
             <answer><text>{}</text></answer></subquestion>\n",
            escape(entry),
            escape(partner)
        )
    });
    element("shuffleanswers", "true") + &pairs.collect::<String>()
}

fn ordering(parts: &[String]) -> String {
    let settings = [
        ("layouttype", "VERTICAL"),
        ("selecttype", "ALL"),
        ("selectcount", "0"),
        ("gradingtype", "ALL_OR_NOTHING"),
        ("showgrading", "SHOW"),
    ];
    let settings = settings.map(|(name, value)| element(name, value)).concat();
    let numbered = (1..).zip(parts);
    let parts = numbered.map(|(number, part)| answer(Score::whole(number), part, ""));
    settings + &parts.collect::<String>()
}

fn essay(rubric: &[RubricPoint], words_max: u32, reference: &str) -> String {
    let settings = [
        ("responseformat", "plain"),
        ("responserequired", "1"),
        ("responsefieldlines", "15"),
        ("maxwordlimit", &words_max.to_string()),
        ("attachments", "0"),
        ("attachmentsrequired", "0"),
    ];
    let settings = settings.map(|(name, value)| element(name, value)).concat();
    settings + &graders(rubric, reference)
}

/// What graders see: the rubric as a table, and the model answer.
fn graders(rubric: &[RubricPoint], reference: &str) -> String {
    let row = |line: &RubricPoint| vec![line.point.clone(), line.marks.to_string()];
    let rows = table(&rubric.iter().map(row).collect::<Vec<_>>(), "");
    let reference = match reference {
        "" => String::new(),
        reference => format!("<div class=\"{REFERENCE}\">{}</div>", xhtml(reference)),
    };
    html(
        "graderinfo",
        &format!("<div class=\"{RUBRIC}\">{rows}</div>{reference}"),
    )
}
