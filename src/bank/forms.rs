//! The forms of the bank's pages: an item as text fields, and an uploaded file.

use std::future::{Future, ready};
use std::pin::Pin;

use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_multipart::form::{DuplicateField, FieldGroupReader, Limits, MultipartCollect, State};
use actix_multipart::{Field, MultipartError};
use actix_web::HttpRequest;
use serde::Deserialize;

use super::formats::{self, Draft};
use super::item::{Item, ItemKind};

/// An item as its author types it: options, accepted forms and lines of the rubric one a line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ItemFields {
    pub bank: String,
    pub kind: String,
    pub code: String,
    pub section: String,
    pub topic: String,
    pub difficulty: String,
    pub stimulus: String,
    pub stem: String,
    pub options: String,
    pub key: String,
    pub tolerance: String,
    pub unit: String,
    pub explanation: String,
    pub rubric: String,
    pub marks: String,
    pub words_max: String,
    pub reference: String,
    pub enemies: String,
    pub seconds: String,
    pub markup: String,
}

impl ItemFields {
    /// Empty fields for an item of `kind`.
    pub fn empty(kind: ItemKind, bank: String) -> Self {
        Self {
            bank,
            kind: kind.as_str().to_owned(),
            ..Self::default()
        }
    }

    /// The fields of an item that is there.
    pub fn of(bank: String, item: &Item) -> Self {
        let draft = Draft::of(item);
        let rubric = draft.rubric.iter();
        let rubric: Vec<String> = rubric
            .map(|(point, marks)| format!("{point}|{marks}"))
            .collect();
        Self {
            bank,
            kind: draft.kind,
            code: draft.code,
            section: draft.section,
            topic: draft.topic,
            difficulty: draft.difficulty,
            stimulus: draft.stimulus,
            stem: draft.stem,
            options: one_a_line(&draft.options),
            key: one_a_line(&draft.key),
            tolerance: draft.tolerance,
            unit: draft.unit,
            explanation: draft.explanation,
            rubric: one_a_line(&rubric),
            marks: draft.marks,
            words_max: draft.words_max,
            reference: draft.reference,
            enemies: draft.enemies.join(" "),
            seconds: draft.seconds,
            markup: draft.markup,
        }
    }

    /// The fields as the readers of files know them, to be checked exactly as a file is.
    pub fn draft(&self) -> Draft {
        Draft {
            code: self.code.clone(),
            kind: self.kind.clone(),
            section: self.section.clone(),
            topic: self.topic.clone(),
            difficulty: self.difficulty.clone(),
            stimulus: self.stimulus.clone(),
            stem: self.stem.clone(),
            options: lines(&self.options),
            key: lines(&self.key),
            tolerance: self.tolerance.clone(),
            unit: self.unit.clone(),
            explanation: self.explanation.clone(),
            rubric: formats::rubric(&self.rubric),
            marks: self.marks.clone(),
            words_max: self.words_max.clone(),
            reference: self.reference.clone(),
            enemies: formats::names(&self.enemies),
            seconds: self.seconds.clone(),
            markup: self.markup.clone(),
        }
    }

    /// Every field that an edit may change, with its name.
    pub fn texts(self) -> Vec<(&'static str, String)> {
        vec![
            ("kind", self.kind),
            ("section", self.section),
            ("topic", self.topic),
            ("difficulty", self.difficulty),
            ("stimulus", self.stimulus),
            ("stem", self.stem),
            ("options", self.options),
            ("key", self.key),
            ("tolerance", self.tolerance),
            ("unit", self.unit),
            ("explanation", self.explanation),
            ("rubric", self.rubric),
            ("marks", self.marks),
            ("words_max", self.words_max),
            ("reference", self.reference),
            ("enemies", self.enemies),
            ("seconds", self.seconds),
            ("markup", self.markup),
        ]
    }

    /// Whether the item is, or is to be, of the kind written `kind`.
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Whether the kind has options.
    pub fn has_options(&self) -> bool {
        self.is("single_choice") || self.is("multiple_choice")
    }
}

/// Each text on a line of its own.
fn one_a_line(texts: &[String]) -> String {
    let flat: Vec<String> = texts.iter().map(|text| text.replace('\n', " ")).collect();
    flat.join("\n")
}

/// The lines that are not blank.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

/// A file for a bank, as a browser sends it.
pub(super) struct ImportFields {
    pub csrf: String,
    pub bank: String,
    /// What files of other programs do not say of their items; empty if it was not filled in.
    pub section: String,
    pub topic: String,
    pub difficulty: String,
    /// The number of the item with which a preview begins; empty for the first.
    pub from: String,
    pub file: Bytes,
}

type Reading<'t> = Pin<Box<dyn Future<Output = Result<(), MultipartError>> + 't>>;

impl MultipartCollect for ImportFields {
    fn limit(_: &str) -> Option<usize> {
        None
    }

    fn handle_field<'t>(
        request: &'t HttpRequest,
        field: Field,
        limits: &'t mut Limits,
        state: &'t mut State,
    ) -> Reading<'t> {
        let once = DuplicateField::Deny;
        match field.name() {
            Some("_csrf" | "bank" | "section" | "topic" | "difficulty" | "from") => {
                Text::<String>::handle_field(request, field, limits, state, once)
            }
            Some("file") => Bytes::handle_field(request, field, limits, state, once),
            other => {
                let name = other.unwrap_or_default().to_owned();
                Box::pin(ready(Err(MultipartError::UnknownField(name))))
            }
        }
    }

    fn from_state(mut state: State) -> Result<Self, MultipartError> {
        let mut optional = |name| {
            let text = Option::<Text<String>>::from_state(name, &mut state)?;
            Ok::<_, MultipartError>(text.map(Text::into_inner).unwrap_or_default())
        };
        let (section, topic) = (optional("section")?, optional("topic")?);
        let (difficulty, from) = (optional("difficulty")?, optional("from")?);
        Ok(Self {
            from,
            section,
            topic,
            difficulty,
            csrf: Text::<String>::from_state("_csrf", &mut state)?.into_inner(),
            bank: Text::<String>::from_state("bank", &mut state)?.into_inner(),
            file: Bytes::from_state("file", &mut state)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::shipped;

    #[test]
    fn an_item_of_every_kind_survives_its_form() {
        let template = formats::template_csv();
        for item in formats::read("template.csv", &template).unwrap().items {
            let fields = ItemFields::of("b".to_owned(), &item);
            assert_eq!(
                fields.draft().read(),
                (item.clone(), vec![]),
                "{}",
                item.code
            );
        }
    }

    #[test]
    fn every_shipped_item_survives_its_form() {
        for bank in shipped().unwrap() {
            for item in bank.sections.iter().flat_map(|section| &section.items) {
                let fields = ItemFields::of(bank.subject.clone(), item);
                assert_eq!(
                    fields.draft().read(),
                    (item.clone(), vec![]),
                    "{}",
                    item.code
                );
            }
        }
    }
}
