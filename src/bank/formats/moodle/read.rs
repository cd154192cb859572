//! Reads Moodle XML.

use roxmltree::Node;

use crate::bank::item::Body;
use crate::bank::rules::tidy;
use crate::kernel::{Fault, Score};

use super::super::bodies::{
    self, Choice, FULL, MARKS_DEFAULT, accepted, choice, has_case, matching,
};
use super::super::decimal;
use super::super::draft::clip;
use super::super::foreign::{Defaults, Finds, Found, Labels, Loss, Reading, Trouble, check_size};
use super::super::marked::{self, Markup};
use super::super::markup;
use super::super::names::usable;
use super::super::plain::{Page, REFERENCE, RUBRIC, STIMULUS};
use super::super::wild::without_wildcards;
use super::super::words;

/// Penalties that Moodle gives by itself.
const USUAL_PENALTIES: [&str; 4] = ["0", "0.1", "0.333333", "1"];
/// What Moodle says to an answer by itself.
const USUAL_FEEDBACK: [&str; 6] = [
    "Your answer is correct.",
    "Your answer is partially correct.",
    "Your answer is incorrect.",
    "您的答案是正确的。",
    "您的答案部分正确。",
    "您的答案是错误的。",
];

/// Reads a file.
pub fn read(text: &str, defaults: &Defaults) -> Reading {
    check_size(text.len())?;
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let document = markup::parse("", text).map_err(|fault| vec![fault])?;
    let root = document.root_element();
    if root.tag_name().name() != "quiz" {
        let fault = Fault::new("file", "not-moodle-xml");
        return Err(vec![fault.with("found", clip(root.tag_name().name()))]);
    }
    let mut finds = Finds::default();
    let mut category = Labels::default();
    let mut number = 0;
    for question in children(root, "question") {
        if finds.is_full() {
            break;
        }
        let place = format!("question {}", number + 1);
        if question.attribute("type") == Some("category") {
            category = labels_of(question, &place, &mut finds);
            continue;
        }
        number += 1;
        let mut found = Question::new(question, Found::at(&place)).read(&category, &mut finds);
        if found.is_poor() {
            found = Question::new(question, Found::rich(place)).read(&category, &mut finds);
        }
        finds.push(found);
    }
    finds.finish(defaults)
}

fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.tag_name().name() == name)
}

fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// The text in `<name>` or in the `<text>` in it.
fn text_in(node: Node<'_, '_>, name: &'static str) -> String {
    child(node, name).map_or(String::new(), text_of)
}

fn text_of(node: Node<'_, '_>) -> String {
    let text = child(node, "text").unwrap_or(node);
    markup::content(text).trim().to_owned()
}

fn labels_of(question: Node<'_, '_>, place: &str, finds: &mut Finds) -> Labels {
    let path = text_in(question, "category");
    let (labels, mapped) = Labels::of_category(&path);
    if !mapped {
        finds.lose(Loss::new(place, "category").with("found", clip(&path)));
    }
    labels
}

/// A question while it is read.
struct Question<'a, 'i> {
    node: Node<'a, 'i>,
    found: Found,
}

impl<'a, 'i> Question<'a, 'i> {
    fn new(node: Node<'a, 'i>, found: Found) -> Self {
        Self { node, found }
    }

    fn read(mut self, category: &Labels, finds: &mut Finds) -> Found {
        let kind = self.node.attribute("type").unwrap_or_default();
        self.tags(category);
        let body = match kind {
            "multichoice" => self.choices(),
            "truefalse" => self.judgement(),
            "shortanswer" => self.blank(),
            "numerical" => self.numeric(),
            "matching" => Ok(self.pairs()),
            "ordering" => Ok(self.ordering()),
            "essay" => Ok(self.essay()),
            "description" => {
                self.found.lose("description");
                return self.found;
            }
            _ => {
                self.found.skip(kind);
                return self.found;
            }
        };
        self.stem(finds);
        self.found.explanation = self.text("generalfeedback");
        self.names();
        self.side();
        self.found.settle(body);
        self.found
    }

    /// A text that says what it is written in.
    fn page(&mut self, node: Node<'_, '_>) -> Page {
        let markup = match node.attribute("format") {
            Some("plain_text") => Markup::Plain,
            Some("html") => Markup::Html,
            Some("markdown") => Markup::Markdown,
            _ => Markup::Moodle,
        };
        self.found.known.clear();
        for file in children(node, "file") {
            self.file(file);
        }
        marked::page(&mut self.found, markup, text_of(node))
    }

    /// Takes in a picture that the text beside it shows.
    fn file(&mut self, file: Node<'_, '_>) {
        let name = file.attribute("name").unwrap_or_default();
        let path = file.attribute("path").unwrap_or("/");
        let Some(bytes) = marked::decoded(&markup::content(file)) else {
            return self.found.lose("image");
        };
        for written in [name.to_owned(), percent_encoded(name)] {
            let source = format!("@@PLUGINFILE@@{path}{written}");
            if !self.found.picture(&source, bytes.clone()) {
                return match is_picture(name) {
                    true => self.found.lose("image"),
                    false => self.found.lose_found("media", name),
                };
            }
        }
    }

    /// What stands in a node, in the markup of the question.
    fn said(&mut self, node: Node<'_, '_>) -> String {
        let page = self.page(node);
        self.found.said(&page)
    }

    fn text(&mut self, name: &'static str) -> String {
        let node = child(self.node, name);
        node.map_or(String::new(), |node| self.said(node))
    }

    fn stem(&mut self, finds: &mut Finds) {
        let Some(node) = child(self.node, "questiontext") else {
            return;
        };
        let page = self.page(node);
        if let Some(part) = page.part(STIMULUS) {
            let named = (part.code.as_str(), part.title.as_str());
            let said = (part.text.as_str(), part.html.as_str(), &*part.tables);
            let stimulus = self.found.stimulus(named, &page, said);
            self.found.stimulus = Some(finds.stimulus(&self.found.place, stimulus));
        }
        self.found.stem = self.found.said(&page);
    }

    fn tags(&mut self, category: &Labels) {
        let tags = child(self.node, "tags").into_iter();
        for tag in tags.flat_map(|tags| children(tags, "tag")).map(text_of) {
            if !self.found.labels.take(&tag) {
                self.found.lose_found("tag", &tag);
            }
        }
        self.found.labels = std::mem::take(&mut self.found.labels).or(category);
    }

    fn names(&mut self) {
        let found = &mut self.found;
        let code = text_in(self.node, "idnumber");
        let name = text_in(self.node, "name");
        if !code.is_empty() {
            found.code = Some(code);
        } else if usable(&name) {
            found.code = Some(name.clone());
        }
        // Moodle names a question by its beginning.
        let cut = name.trim_end_matches(['…', '.']);
        let stem = found.markup.words(&found.stem);
        let told = found.code.as_deref() == Some(name.as_str()) || stem.starts_with(cut);
        if !told {
            found.lose_found("title", &name);
        }
    }

    /// What stands beside the question and cannot be kept.
    fn side(&mut self) {
        let penalty = text_in(self.node, "penalty");
        let usual = penalty.is_empty()
            || USUAL_PENALTIES
                .iter()
                .any(|usual| is_about(&penalty, usual));
        self.found.lose_if(!usual, "penalty");
        let essay = self.node.attribute("type") == Some("essay");
        let marks = text_in(self.node, "defaultgrade");
        let one =
            marks.is_empty() || decimal::read(&marks).is_some_and(|m| m.value == MARKS_DEFAULT);
        self.found.lose_if(!essay && !one, "marks");
        let hidden = text_in(self.node, "hidden");
        self.found.lose_if(hidden == "1", "hidden");
        let hints = children(self.node, "hint").map(text_of);
        let hinted = hints.into_iter().any(|hint| !hint.is_empty());
        self.found.lose_if(hinted, "hint");
        // Moodle had one picture a question before 2.0.
        self.found
            .lose_if(!text_in(self.node, "image").is_empty(), "image");
        for name in [
            "correctfeedback",
            "partiallycorrectfeedback",
            "incorrectfeedback",
        ] {
            let said = self.text(name);
            let own = !said.is_empty() && !USUAL_FEEDBACK.contains(&said.trim());
            self.found.lose_if(own, "feedback");
        }
    }

    /// The answers with what each earns.
    fn answers(&mut self) -> Result<Vec<(Node<'a, 'i>, Score)>, Trouble> {
        let mut answers = Vec::new();
        for answer in children(self.node, "answer") {
            let said = text_in(answer, "feedback");
            self.found.lose_if(!said.is_empty(), "feedback");
            let fraction = answer.attribute("fraction").unwrap_or("0");
            let unreadable = || Fault::new("key", "not-a-number").with("found", clip(fraction));
            let weight = decimal::read(fraction).ok_or_else(unreadable)?;
            answers.push((answer, weight.value));
        }
        Ok(answers)
    }

    fn choices(&mut self) -> Result<Body, Trouble> {
        // Moodle takes one answer where a file does not say, and whatever is no word for no.
        let several = child(self.node, "single")
            .is_some_and(|node| matches!(text_of(node).as_str(), "false" | "0" | ""));
        let fixed = text_in(self.node, "shuffleanswers");
        self.found
            .lose_if(matches!(fixed.as_str(), "false" | "0"), "fixed-order");
        let mut choices = Vec::new();
        for (answer, weight) in self.answers()? {
            let text = self.said(answer);
            choices.push(Choice { text, weight });
        }
        let (body, lost) = choice(&choices, !several)?;
        self.found.lose_if(lost, "weights");
        Ok(body)
    }

    fn judgement(&mut self) -> Result<Body, Trouble> {
        let answers = self.answers()?;
        let right = answers.iter().max_by_key(|(_, weight)| *weight);
        let word = right.map_or(String::new(), |(answer, _)| text_of(*answer));
        let unknown = || Fault::new("key", "unknown-word").with("found", clip(&word));
        let key = words::judgement(&word).ok_or_else(unknown)?;
        Ok(Body::TrueFalse { key })
    }

    fn blank(&mut self) -> Result<Body, Trouble> {
        let mut forms = Vec::new();
        for (answer, weight) in self.answers()? {
            let (text, wild) = without_wildcards(&text_of(answer));
            // A lone star catches the wrong answers.
            let catches = wild && text.is_empty() && weight != FULL;
            self.found.lose_if(wild && !catches, "wildcard");
            if !text.is_empty() || !wild {
                forms.push(Choice { text, weight });
            }
        }
        let cased = forms.iter().any(|form| has_case(&form.text));
        self.found
            .lose_if(text_in(self.node, "usecase") == "1" && cased, "case");
        let (body, lost) = accepted(forms);
        self.found.lose_if(lost, "weights");
        Ok(body)
    }

    fn numeric(&mut self) -> Result<Body, Trouble> {
        let mut answers = self.answers()?;
        answers.retain(|(answer, _)| text_of(*answer) != "*");
        self.found.lose_if(answers.len() > 1, "weights");
        let best = answers.iter().rev().max_by_key(|(_, weight)| *weight);
        let Some((answer, most)) = best else {
            return Err(Trouble::Skip("no-key"));
        };
        if answers.iter().filter(|(_, weight)| weight == most).count() > 1 {
            return Err(Trouble::Skip("several-right"));
        }
        let value = self.number("key", &text_of(*answer))?;
        let tolerance = match text_in(*answer, "tolerance").as_str() {
            "" => Score::ZERO,
            tolerance => self.number("tolerance", tolerance)?,
        };
        let unit = self.unit();
        Ok(Body::Numeric {
            value,
            tolerance,
            unit,
        })
    }

    fn number(&mut self, field: &str, text: &str) -> Result<Score, Fault> {
        let unreadable = || Fault::new(field, "not-a-number").with("found", clip(text));
        let decimal = decimal::read(text).ok_or_else(unreadable)?;
        self.found.lose_if(decimal.rounded, "rounded");
        Ok(decimal.value)
    }

    fn unit(&mut self) -> String {
        let units = child(self.node, "units").into_iter();
        let mut units = units.flat_map(|units| children(units, "unit"));
        let unit = units
            .next()
            .map_or(String::new(), |unit| text_in(unit, "unit_name"));
        self.found.lose_if(units.next().is_some(), "unit");
        unit
    }

    fn pairs(&mut self) -> Body {
        let mut pairs = Vec::new();
        for entry in children(self.node, "subquestion") {
            let left = self.said(entry);
            let right = self.found.plainly(&text_in(entry, "answer"));
            pairs.push((left, right));
        }
        matching(pairs)
    }

    fn ordering(&mut self) -> Body {
        let mut parts = Vec::new();
        for part in children(self.node, "answer") {
            parts.push(tidy(&self.said(part)));
        }
        Body::Ordering { parts }
    }

    fn essay(&mut self) -> Body {
        let grade = text_in(self.node, "defaultgrade");
        let marks = decimal::read(&grade).map_or(MARKS_DEFAULT, |grade| grade.value);
        let words_max = self.found.characters(&text_in(self.node, "maxwordlimit"));
        let least = text_in(self.node, "minwordlimit");
        self.found
            .lose_if(!matches!(least.as_str(), "" | "0"), "words-min");
        let files = text_in(self.node, "attachments");
        self.found
            .lose_if(!matches!(files.as_str(), "" | "0"), "attachments");
        let template = text_in(self.node, "responsetemplate");
        self.found
            .lose_if(!template.is_empty(), "response-template");
        let info = child(self.node, "graderinfo").map(|info| self.page(info));
        let info = info.unwrap_or_default();
        let lines = info
            .part(RUBRIC)
            .and_then(|part| bodies::rubric(part.tables.first()?));
        let Some(rubric) = lines else {
            self.found.lose("rubric-assumed");
            let reference = self.found.said(&info);
            return bodies::essay(marks, words_max, reference);
        };
        let reference = self.found.reference(info.part(REFERENCE));
        Body::Essay {
            rubric,
            marks,
            words_max,
            reference,
        }
    }
}

/// Whether a file calls itself a picture.
fn is_picture(name: &str) -> bool {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let end = end.to_ascii_lowercase();
    ["png", "jpg", "jpeg", "gif", "webp", "svg", "bmp"].contains(&end.as_str())
}

/// A name of a file as it stands in an address.
fn percent_encoded(name: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let bytes = name.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Whether two numbers are the same to six places.
fn is_about(text: &str, usual: &str) -> bool {
    let number = |text| decimal::read(text).map(|decimal| decimal.value);
    number(text) == number(usual)
}
