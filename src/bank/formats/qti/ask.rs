//! Writes what an item asks: its interaction, and the answer that is right.

use crate::bank::item::{Body, RubricPoint, option_letter};
use crate::kernel::Score;

use super::super::markup::escape;
use super::super::plain::{REFERENCE, RUBRIC, UNIT, inline, table};
use super::write::Form;

/// How an answer is marked.
pub(super) enum Marking {
    None,
    Matched,
    Mapped,
    Within(Score),
}

impl Marking {
    /// The template of that name says the same.
    pub(super) const fn template(&self) -> Option<&'static str> {
        match self {
            Self::Matched => Some("match_correct"),
            Self::Mapped => Some("map_response"),
            Self::None | Self::Within(_) => None,
        }
    }
}

/// What is asked for.
pub(super) struct Asked {
    pub(super) declaration: String,
    pub(super) interaction: String,
    pub(super) marking: Marking,
}

impl Form<'_> {
    pub(super) fn asked(self, body: &Body) -> Asked {
        match body {
            Body::SingleChoice { options, key } => self.choices(options, &[*key], "single"),
            Body::MultipleChoice { options, key } => self.choices(options, key, "multiple"),
            Body::TrueFalse { key } => self.judgement(*key),
            Body::FillIn { accepted } => self.blank(accepted),
            Body::Numeric {
                value,
                tolerance,
                unit,
            } => self.numeric(*value, *tolerance, unit),
            Body::Matching { left, right, key } => self.matching(left, right, key),
            Body::Ordering { parts } => self.ordering(parts),
            Body::Essay {
                rubric,
                words_max,
                reference,
                ..
            } => self.essay(rubric, *words_max, reference),
        }
    }

    fn declaration(self, cardinality: &str, base: &str, correct: &[String], more: &str) -> String {
        let values = correct
            .iter()
            .map(|value| self.el("value", &[], &escape(value)));
        let values: String = values.collect();
        let correct = self.el_filled("correctResponse", &values);
        let attributes = [
            ("identifier", "RESPONSE"),
            ("cardinality", cardinality),
            ("baseType", base),
        ];
        self.el("responseDeclaration", &attributes, &(correct + more))
    }

    fn choice(self, identifier: &str, text: &str) -> String {
        self.el(
            "simpleChoice",
            &[("identifier", identifier)],
            &self.blocks(text),
        )
    }

    fn choices(self, options: &[String], key: &[u8], cardinality: &str) -> Asked {
        let letter = |at: usize| option_letter(at).to_string();
        let correct: Vec<String> = key.iter().map(|at| letter(usize::from(*at))).collect();
        let choices = options.iter().enumerate();
        let choices: String = choices
            .map(|(at, text)| self.choice(&letter(at), text))
            .collect();
        let most = if cardinality == "single" { "1" } else { "0" };
        self.chosen(cardinality, &correct, &choices, most)
    }

    fn judgement(self, key: bool) -> Asked {
        let choices = self.choice("true", "对") + &self.choice("false", "错");
        self.chosen("single", &[key.to_string()], &choices, "1")
    }

    fn chosen(self, cardinality: &str, correct: &[String], choices: &str, most: &str) -> Asked {
        let attributes = [
            ("responseIdentifier", "RESPONSE"),
            ("shuffle", "false"),
            ("maxChoices", most),
        ];
        Asked {
            declaration: self.declaration(cardinality, "identifier", correct, ""),
            interaction: self.el("choiceInteraction", &attributes, choices),
            marking: Marking::Matched,
        }
    }

    /// The field, and what stands behind it.
    fn field(self, behind: &str) -> String {
        let field = self.el(
            "textEntryInteraction",
            &[("responseIdentifier", "RESPONSE")],
            "",
        );
        format!("<p>{field}{behind}</p>")
    }

    fn blank(self, accepted: &[String]) -> Asked {
        let entry = |form: &String| {
            let attributes = [
                ("mapKey", form.as_str()),
                ("mappedValue", "1"),
                ("caseSensitive", "false"),
            ];
            self.el("mapEntry", &attributes, "")
        };
        let entries: String = accepted.iter().map(entry).collect();
        let mapping = self.el("mapping", &[("defaultValue", "0")], &entries);
        let first = accepted.get(..1).unwrap_or_default();
        Asked {
            declaration: self.declaration("single", "string", first, &mapping),
            interaction: self.field(""),
            marking: Marking::Mapped,
        }
    }

    fn numeric(self, value: Score, tolerance: Score, unit: &str) -> Asked {
        let behind = match unit {
            "" => String::new(),
            unit => format!(" <span class=\"{UNIT}\">{}</span>", inline(unit)),
        };
        Asked {
            declaration: self.declaration("single", "float", &[value.to_string()], ""),
            interaction: self.field(&behind),
            marking: Marking::Within(tolerance),
        }
    }

    fn set(self, prefix: &str, texts: &[String], most: &str) -> String {
        let numbered = (1..).zip(texts);
        let choices = numbered.map(|(number, text): (u32, &String)| {
            let id = format!("{prefix}{number}");
            let attributes = [("identifier", id.as_str()), ("matchMax", most)];
            self.el("simpleAssociableChoice", &attributes, &self.blocks(text))
        });
        self.el("simpleMatchSet", &[], &choices.collect::<String>())
    }

    fn matching(self, left: &[String], right: &[String], key: &[u8]) -> Asked {
        let pair = |(number, at): (u32, &u8)| format!("L{number} R{}", u32::from(*at) + 1);
        let correct: Vec<String> = (1..).zip(key).map(pair).collect();
        let most = left.len().to_string();
        let attributes = [
            ("responseIdentifier", "RESPONSE"),
            ("shuffle", "true"),
            ("maxAssociations", most.as_str()),
        ];
        let sets = self.set("L", left, "1") + &self.set("R", right, "0");
        Asked {
            declaration: self.declaration("multiple", "directedPair", &correct, ""),
            interaction: self.el("matchInteraction", &attributes, &sets),
            marking: Marking::Matched,
        }
    }

    fn ordering(self, parts: &[String]) -> Asked {
        let ids: Vec<String> = (1..=parts.len())
            .map(|number| format!("P{number}"))
            .collect();
        let choices = ids.iter().zip(parts);
        let choices: String = choices.map(|(id, text)| self.choice(id, text)).collect();
        let attributes = [("responseIdentifier", "RESPONSE"), ("shuffle", "true")];
        Asked {
            declaration: self.declaration("ordered", "identifier", &ids, ""),
            interaction: self.el("orderInteraction", &attributes, &choices),
            marking: Marking::Matched,
        }
    }

    fn essay(self, rubric: &[RubricPoint], words_max: u32, reference: &str) -> Asked {
        let (words, pattern) = (words_max.to_string(), format!(r"^[\s\S]{{0,{words_max}}}$"));
        let attributes = [
            ("responseIdentifier", "RESPONSE"),
            ("expectedLength", words.as_str()),
            ("patternMask", pattern.as_str()),
        ];
        let block = self.wrapped(&self.scorers(rubric, reference));
        let rubric = self.el("rubricBlock", &[("view", "scorer")], &block);
        Asked {
            declaration: self.declaration("single", "string", &[], ""),
            interaction: self.el("extendedTextInteraction", &attributes, "") + &rubric,
            marking: Marking::None,
        }
    }
}

impl Form<'_> {
    /// What scorers see: the rubric as a table, and the model answer.
    fn scorers(self, rubric: &[RubricPoint], reference: &str) -> String {
        let row = |line: &RubricPoint| vec![line.point.clone(), line.marks.to_string()];
        let rows = table(&rubric.iter().map(row).collect::<Vec<_>>(), "");
        let reference = match reference {
            "" => String::new(),
            reference => format!(
                "<div class=\"{REFERENCE}\">{}</div>",
                self.blocks(reference)
            ),
        };
        format!("<div class=\"{RUBRIC}\">{rows}</div>{reference}")
    }
}
