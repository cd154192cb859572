//! Writes a package: one file an item, one a stimulus, and the manifest.
//!
//! Elements are named as QTI 2.2 names them; [`Form`] renames them for 3.0.

use std::collections::BTreeMap;

use crate::bank::item::{Body, Item, Stimulus};
use crate::bank::rich::Markup;
use crate::kernel::Score;
use crate::kernel::merkle::Hash;

use super::super::Batch;
use super::super::draft::clip;
use super::super::foreign::Loss;
use super::super::leaving::{
    Leaving, file_of, is_sayable_item, lacks_picture, pictures_of, relinked, stimulus_of,
};
use super::super::markup;
use super::super::plain::{self, RICH, table, xhtml};
use super::Version;
use super::ask::{Asked, Marking};
use super::package::{MANIFEST, pack};

/// Attributes of an element.
type Attributes<'a> = &'a [(&'a str, &'a str)];

/// Writes a package, with what it cannot say.
pub fn write(batch: &Batch, version: Version) -> (Vec<u8>, Vec<Loss>) {
    let mut losses = Vec::new();
    let form = Form {
        version,
        markup: Markup::Plain,
        pictures: &batch.pictures,
    };
    let mut files = vec![(MANIFEST.to_owned(), form.manifest(batch).into_bytes())];
    for item in &batch.items {
        let mut leaving = Leaving::of(item, &mut losses);
        let stimulus = stimulus_of(item, batch);
        let sayable = is_sayable_item(item, stimulus) && !is_spaced_unit(&item.body);
        leaving.lose_if(!sayable, "character");
        leaving.lose_if(lacks_picture(&pictures_of(item, stimulus), batch), "image");
        let text = form.in_markup(item.markup).item(item, stimulus);
        files.push((item_path(&item.code), text.into_bytes()));
    }
    for stimulus in &batch.stimuli {
        let path = stimulus_path(&stimulus.code);
        let text = form.in_markup(stimulus.markup).stimulus(stimulus);
        files.push((path, text.into_bytes()));
    }
    for (picture, bytes) in &batch.pictures {
        files.push((picture_path(picture, bytes), bytes.clone()));
    }
    let bytes = pack(&files).unwrap_or_else(|| {
        losses.push(Loss::new("file", "package"));
        Vec::new()
    });
    (bytes, losses)
}

/// Whether a unit has spaces that cannot stand within a line.
fn is_spaced_unit(body: &Body) -> bool {
    matches!(body, Body::Numeric { unit, .. } if unit.contains(['\t', '\u{a0}']))
}

pub(super) fn item_path(code: &str) -> String {
    format!("items/{code}.xml")
}

pub(super) fn stimulus_path(code: &str) -> String {
    format!("stimuli/{code}.xml")
}

pub(super) fn picture_path(picture: &Hash, bytes: &[u8]) -> String {
    format!("images/{}", file_of(picture, bytes))
}

/// An XML element.
pub(super) fn element(name: &str, attributes: Attributes<'_>, inner: &str) -> String {
    let attributes: String = attributes
        .iter()
        .map(|(name, value)| format!(" {name}=\"{}\"", markup::attribute(value)))
        .collect();
    match inner {
        "" => format!("<{name}{attributes}/>"),
        inner => format!("<{name}{attributes}>{inner}</{name}>"),
    }
}

pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const XSI: (&str, &str) = ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");

/// How a version is written, and the texts of an item in it.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) version: Version,
    markup: Markup,
    pictures: &'a BTreeMap<Hash, Vec<u8>>,
}

impl Form<'_> {
    /// The same for texts in another markup.
    fn in_markup(self, markup: Markup) -> Self {
        Self { markup, ..self }
    }

    /// A text as XHTML blocks.
    pub(super) fn blocks(self, text: &str) -> String {
        let Markup::Html = self.markup else {
            return xhtml(text);
        };
        let file = |picture: &Hash| {
            let bytes = self.pictures.get(picture)?;
            Some(format!("../{}", picture_path(picture, bytes)))
        };
        format!(
            "<div class=\"{RICH}\">{}</div>",
            plain::xml(&relinked(text, file))
        )
    }

    /// An element of QTI under its name in this version.
    pub(super) fn el(self, name: &str, attributes: Attributes<'_>, inner: &str) -> String {
        if self.version == Version::V2p2 {
            return element(name, attributes, inner);
        }
        let named: Vec<(String, &str)> = attributes
            .iter()
            .map(|(name, value)| (kebab(name), *value))
            .collect();
        let named: Vec<(&str, &str)> = named.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        element(&format!("qti-{}", kebab(name)), &named, inner)
    }

    /// A root element.
    fn root(self, name: &str, attributes: Attributes<'_>, inner: &str) -> String {
        let (space, location) = match self.version {
            Version::V2p2 => (
                "http://www.imsglobal.org/xsd/imsqti_v2p2",
                "http://www.imsglobal.org/xsd/imsqti_v2p2 \
                 http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2p2.xsd",
            ),
            Version::V3p0 => (
                "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
                "http://www.imsglobal.org/xsd/imsqtiasi_v3p0 \
                 https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
            ),
        };
        let spaces = [("xmlns", space), XSI, ("xsi:schemaLocation", location)];
        let all = [&spaces, attributes].concat();
        DECLARATION.to_owned() + &self.el(name, &all, inner) + "\n"
    }

    /// Blocks in an element that 3.0 wants wrapped.
    pub(super) fn wrapped(self, blocks: &str) -> String {
        match self.version {
            Version::V2p2 => blocks.to_owned(),
            Version::V3p0 => self.el("contentBody", &[], blocks),
        }
    }

    fn item(self, item: &Item, stimulus: Option<&Stimulus>) -> String {
        let explained = !item.explanation.is_empty();
        let asked = self.asked(&item.body);
        let body = self.blocks(&item.stem) + &asked.interaction;
        let shared = stimulus.map_or(String::new(), |stimulus| self.shared(stimulus));
        let parts = [
            asked.declaration.clone(),
            self.outcomes(&item.body, explained),
            shared,
            self.el("itemBody", &[], &body),
            self.processing(&asked, explained),
            self.explanation(&item.explanation),
        ];
        let attributes = [
            ("identifier", item.code.as_str()),
            ("title", &clip(&item.markup.words(&item.stem))),
            ("adaptive", "false"),
            ("timeDependent", "false"),
        ];
        self.root("assessmentItem", &attributes, &parts.concat())
    }

    fn shared(self, stimulus: &Stimulus) -> String {
        let href = format!("../{}", stimulus_path(&stimulus.code));
        let id = identifier("s", &stimulus.code);
        let attributes = [("identifier", id.as_str()), ("href", &href)];
        self.el("assessmentStimulusRef", &attributes, "")
    }

    fn outcomes(self, body: &Body, explained: bool) -> String {
        let marks = match body {
            Body::Essay { marks, .. } => *marks,
            _ => Score::whole(1),
        };
        let marks = marks.to_string();
        let score = [
            ("identifier", "SCORE"),
            ("cardinality", "single"),
            ("baseType", "float"),
            ("normalMaximum", &marks),
        ];
        let zero = self.el("defaultValue", &[], &self.el("value", &[], "0"));
        let score = self.el("outcomeDeclaration", &score, &zero);
        let feedback = [
            ("identifier", "FEEDBACK"),
            ("cardinality", "single"),
            ("baseType", "identifier"),
        ];
        match explained {
            true => score + &self.el("outcomeDeclaration", &feedback, ""),
            false => score,
        }
    }

    fn explanation(self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let attributes = [
            ("outcomeIdentifier", "FEEDBACK"),
            ("identifier", "explanation"),
            ("showHide", "show"),
        ];
        self.el(
            "modalFeedback",
            &attributes,
            &self.wrapped(&self.blocks(text)),
        )
    }

    fn processing(self, asked: &Asked, explained: bool) -> String {
        if !explained {
            return match asked.marking.template() {
                Some(template) => {
                    let address = self.template(template);
                    self.el("responseProcessing", &[("template", &address)], "")
                }
                None => self.el_filled("responseProcessing", &self.marked(&asked.marking)),
            };
        }
        let named = self.value("identifier", "explanation");
        let shown = self.el("setOutcomeValue", &[("identifier", "FEEDBACK")], &named);
        let rules = self.marked(&asked.marking) + &shown;
        self.el("responseProcessing", &[], &rules)
    }

    /// An element that is left out if there is nothing in it.
    pub(super) fn el_filled(self, name: &str, inner: &str) -> String {
        match inner {
            "" => String::new(),
            inner => self.el(name, &[], inner),
        }
    }

    fn template(self, name: &str) -> String {
        match self.version {
            Version::V2p2 => {
                format!("http://www.imsglobal.org/question/qti_v2p2/rptemplates/{name}")
            }
            Version::V3p0 => {
                format!("https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/{name}.xml")
            }
        }
    }

    fn value(self, base: &str, text: &str) -> String {
        self.el("baseValue", &[("baseType", base)], &markup::escape(text))
    }

    /// The rules by which marks are given.
    fn marked(self, marking: &Marking) -> String {
        let response = [("identifier", "RESPONSE")];
        let operands = self.el("variable", &response, "") + &self.el("correct", &response, "");
        let scored = |inner: &str| self.el("setOutcomeValue", &[("identifier", "SCORE")], inner);
        let condition = match marking {
            Marking::None => return String::new(),
            Marking::Mapped => return scored(&self.el("mapResponse", &response, "")),
            Marking::Matched => self.el("match", &[], &operands),
            Marking::Within(tolerance) => {
                let both = format!("{tolerance} {tolerance}");
                let mode = [("toleranceMode", "absolute"), ("tolerance", both.as_str())];
                self.el("equal", &mode, &operands)
            }
        };
        let right = condition + &scored(&self.value("float", "1"));
        let rules = self.el("responseIf", &[], &right)
            + &self.el("responseElse", &[], &scored(&self.value("float", "0")));
        self.el("responseCondition", &[], &rules)
    }

    fn stimulus(self, stimulus: &Stimulus) -> String {
        let blocks = self.blocks(&stimulus.text) + &table(&stimulus.table, "");
        let attributes = [
            ("identifier", stimulus.code.as_str()),
            ("title", &stimulus.title),
        ];
        let body = self.el("stimulusBody", &[], &blocks);
        self.root("assessmentStimulus", &attributes, &body)
    }
}

/// `choiceInteraction` as 3.0 has it: `choice-interaction`. Names with a prefix stay.
fn kebab(name: &str) -> String {
    if name.contains(':') {
        return name.to_owned();
    }
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// A name that XML takes for an identifier, whatever the code begins with.
pub(super) fn identifier(prefix: &str, code: &str) -> String {
    format!("{prefix}-{code}")
}
