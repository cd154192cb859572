//! Writes Moodle XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bank::item::{Body, Item, RubricPoint, Stimulus};
use crate::bank::rich::{self, Markup};
use crate::kernel::Score;
use crate::kernel::merkle::Hash;

use super::super::Batch;
use super::super::bodies::{Weights, pairs};
use super::super::foreign::Loss;
use super::super::leaving::{
    self, Leaving, file_of, is_sayable_item, lacks_picture, pictures_of, relinked, stimulus_html,
    stimulus_of, tags,
};
use super::super::markup::{attribute, escape};
use super::super::plain::{REFERENCE, RUBRIC, STIMULUS, table};
use super::super::wild::with_stars;

/// Writes a file, with what it cannot say.
pub fn write(batch: &Batch) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n");
    for item in &batch.items {
        let mut leaving = Leaving::of(item, &mut losses);
        let stimulus = stimulus_of(item, batch);
        leaving.lose_if(!is_sayable_item(item, stimulus), "character");
        xml.push_str(&question(item, stimulus, batch, &mut leaving));
    }
    (xml + "</quiz>\n", losses)
}

/// Writes texts in the markup of an item.
struct Texts<'a> {
    markup: Markup,
    batch: &'a Batch,
}

impl Texts<'_> {
    /// An element with a text in it, and the pictures that it shows.
    fn element(&self, name: &str, attributes: &str, text: &str) -> String {
        match self.markup {
            Markup::Plain => plain(name, attributes, text),
            Markup::Html => format!("    <{name}{attributes}{}</{name}>\n", self.inside(text)),
        }
    }

    /// What stands in such an element, from its format on.
    fn inside(&self, html: &str) -> String {
        let pictures = rich::images(html);
        let known = |picture: &Hash| self.batch.pictures.get(picture);
        let name = |picture: &Hash| Some(file_of(picture, known(picture)?));
        let source = |picture: &Hash| Some(format!("@@PLUGINFILE@@/{}", name(picture)?));
        let files = pictures.iter().filter_map(|picture| {
            let (name, bytes) = (name(picture)?, STANDARD.encode(known(picture)?));
            Some(format!(
                "<file name=\"{name}\" path=\"/\" encoding=\"base64\">{bytes}</file>"
            ))
        });
        let text = escape(&relinked(html, source));
        format!(
            " format=\"html\"><text>{text}</text>{}",
            files.collect::<String>()
        )
    }
}

fn question(
    item: &Item,
    stimulus: Option<&Stimulus>,
    batch: &Batch,
    leaving: &mut Leaving<'_>,
) -> String {
    let texts = Texts {
        markup: item.markup,
        batch,
    };
    leaving.lose_if(lacks_picture(&pictures_of(item, stimulus), batch), "image");
    let marks = match &item.body {
        Body::Essay { marks, .. } => *marks,
        _ => Score::whole(1),
    };
    let (kind, body) = texts.body(&item.body, leaving);
    let code = escape(&item.code);
    let stem = texts.stem(item, stimulus);
    let feedback = texts.element("generalfeedback", "", &item.explanation);
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

fn element(name: &str, text: &str) -> String {
    format!("    <{name}>{}</{name}>\n", escape(text))
}

impl Texts<'_> {
    fn stem(&self, item: &Item, stimulus: Option<&Stimulus>) -> String {
        let Some(stimulus) = stimulus else {
            return self.element("questiontext", "", &item.stem);
        };
        let (code, title) = (attribute(&stimulus.code), attribute(&stimulus.title));
        let (text, stem) = (
            stimulus_html(stimulus),
            leaving::html(item.markup, &item.stem),
        );
        let html =
            format!("<div class=\"{STIMULUS}\" id=\"{code}\" title=\"{title}\">{text}</div>{stem}");
        format!("    <questiontext{}</questiontext>\n", self.inside(&html))
    }

    fn body(&self, body: &Body, leaving: &mut Leaving<'_>) -> (&'static str, String) {
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
                    element("single", "true") + &self.choices(options, weight),
                )
            }
            Body::MultipleChoice { options, key } => {
                let weights = Weights::of(key);
                let choices = self.choices(options, |at| weights.at(at));
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
            Body::Matching { left, right, key } => {
                ("matching", self.matching((left, right, key), leaving))
            }
            Body::Ordering { parts } => ("ordering", self.ordering(parts)),
            Body::Essay {
                rubric, reference, ..
            } => ("essay", self.essay(rubric, reference)),
        }
    }

    /// An answer, and what it earns.
    fn answer(&self, weight: Score, text: &str) -> String {
        let Markup::Html = self.markup else {
            return answer(weight, text, "");
        };
        format!(
            "    <answer fraction=\"{weight}\"{}<feedback format=\"plain_text\"><text></text></feedback>\
             </answer>\n",
            self.inside(text)
        )
    }

    fn choices(&self, options: &[String], weight: impl Fn(usize) -> Score) -> String {
        let answers = options.iter().enumerate();
        let answers = answers.map(|(at, option)| self.answer(weight(at), option));
        let shuffled = element("shuffleanswers", "true") + &element("answernumbering", "ABCD");
        shuffled + &answers.collect::<String>()
    }

    /// Moodle's partners are plain.
    fn matching(
        &self,
        (left, right, key): (&[String], &[String], &[u8]),
        leaving: &mut Leaving<'_>,
    ) -> String {
        let words: Vec<String> = right
            .iter()
            .map(|text| self.markup.words(text).into_owned())
            .collect();
        let kept = |(text, words): (&String, &String)| match self.markup {
            Markup::Plain => true,
            Markup::Html => rich::escape(words) == *text,
        };
        leaving.lose_if(!right.iter().zip(&words).all(kept), "formatting");
        let (pairs, moved) = pairs(left, &words, key);
        leaving.lose_if(moved, "right-order");
        let pairs = pairs.into_iter().map(|(entry, partner)| {
            let partner = format!("<answer><text>{}</text></answer>", escape(partner));
            match self.markup {
                Markup::Plain => format!(
                    "    <subquestion format=\"plain_text\"><text>{}</text>{partner}</subquestion>\n",
                    escape(entry)
                ),
                Markup::Html => {
                    format!("    <subquestion{}{partner}</subquestion>\n", self.inside(entry))
                }
            }
        });
        element("shuffleanswers", "true") + &pairs.collect::<String>()
    }

    fn ordering(&self, parts: &[String]) -> String {
        let settings = [
            ("layouttype", "VERTICAL"),
            ("selecttype", "ALL"),
            ("selectcount", "0"),
            ("gradingtype", "ALL_OR_NOTHING"),
            ("showgrading", "SHOW"),
        ];
        let settings = settings.map(|(name, value)| element(name, value)).concat();
        let numbered = (1..).zip(parts);
        let parts = numbered.map(|(number, part)| self.answer(Score::whole(number), part));
        settings + &parts.collect::<String>()
    }

    /// Moodle counts words, a bank characters: how many there may be is a tag.
    fn essay(&self, rubric: &[RubricPoint], reference: &str) -> String {
        let settings = [
            ("responseformat", "plain"),
            ("responserequired", "1"),
            ("responsefieldlines", "15"),
            ("attachments", "0"),
            ("attachmentsrequired", "0"),
        ];
        let settings = settings.map(|(name, value)| element(name, value)).concat();
        settings + &self.graders(rubric, reference)
    }

    /// What graders see: the rubric as a table, and the model answer.
    fn graders(&self, rubric: &[RubricPoint], reference: &str) -> String {
        let row = |line: &RubricPoint| vec![line.point.clone(), line.marks.to_string()];
        let rows = table(&rubric.iter().map(row).collect::<Vec<_>>(), "");
        let reference = match reference {
            "" => String::new(),
            reference => {
                let html = leaving::html(self.markup, reference);
                format!("<div class=\"{REFERENCE}\">{html}</div>")
            }
        };
        let html = format!("<div class=\"{RUBRIC}\">{rows}</div>{reference}");
        format!("    <graderinfo{}</graderinfo>\n", self.inside(&html))
    }
}

/// An answer in plain text, what it earns, and what else stands in it.
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
