//! The bank's own format: `bank.toml`, the index of a subject, and one file per section
//! (`question_banks/README.md`).
//!
//! The files are read by hand and not into a struct, because a derived reader stops at the first
//! fault and an author wants them all.

mod index;

use toml::{Table, Value};

use crate::bank::collection::{self, Member};
use crate::bank::item::{Item, Stimulus};
use crate::bank::rich::Markup;
use crate::bank::rules::{self, is_section};
use crate::kernel::Fault;

pub use self::index::{Index, Topic, read_index};
use super::Batch;
use super::draft::{self, Draft, clip, written};

/// A section of a subject with its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The section's code.
    pub code: String,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
    /// Its items, in the order written.
    pub items: Vec<Item>,
    /// The stimuli its items share.
    pub stimuli: Vec<Stimulus>,
}

/// Reads the file of a section. `file` names it in faults: `verbal.toml: item vb-003: key`.
pub fn read_section(file: &str, text: &str) -> Result<Section, Vec<Fault>> {
    let mut fields = Fields::new(file, parse(file, text)?);
    let code = fields.section("section");
    let (title_zh, title_en) = (fields.title("title_zh"), fields.title("title_en"));
    let (stimuli, items) = (fields.tables("stimulus"), fields.tables("item"));
    let mut faults = fields.finish();
    let (stimulus_places, stimuli): (Vec<String>, Vec<Stimulus>) = stimuli
        .into_iter()
        .enumerate()
        .map(|(at, table)| {
            let place = place(file, "stimulus", at, &table);
            let stimulus = stimulus(Fields::new(&place, table), &mut faults);
            (place, stimulus)
        })
        .unzip();
    let (item_places, items): (Vec<String>, Vec<Item>) = items
        .into_iter()
        .enumerate()
        .map(|(at, table)| {
            let place = place(file, "item", at, &table);
            let item = item(Fields::new(&place, table), &code, &mut faults);
            (place, item)
        })
        .unzip();
    if items.is_empty() {
        faults.push(Fault::new(format!("{file}: item"), "required"));
    }
    for (member, fault) in collection::faults_between(&items, &stimuli) {
        faults.push(match member {
            Member::Item(at) => under(&item_places[at], fault),
            Member::Stimulus(at) => under(&stimulus_places[at], fault),
        });
    }
    let section = Section {
        code,
        title_zh,
        title_en,
        items,
        stimuli,
    };
    done(section, faults)
}

/// Writes the items of one section as a file of the bank. Titles are the section's code: only a
/// bank's author knows better ones.
pub fn write_section(batch: &Batch) -> Result<String, Fault> {
    let first = batch.items.first();
    let section = first.map(|item| item.section.as_str()).unwrap_or_default();
    if let Some(other) = batch.items.iter().find(|item| item.section != section) {
        let fault = Fault::new(format!("item {}: section", other.code), "sections-differ");
        return Err(fault.with("section", section).with("found", &other.section));
    }
    let stimuli = batch.stimuli.iter().map(written_stimulus);
    let items = batch.items.iter().map(written_item);
    let mut file = Table::new();
    for name in ["section", "title_zh", "title_en"] {
        file.insert(name.to_owned(), section.into());
    }
    for (name, tables) in [("stimulus", stimuli.collect()), ("item", items.collect())] {
        let tables: Vec<Table> = tables;
        if !tables.is_empty() {
            file.insert(name.to_owned(), tables.into());
        }
    }
    ::toml::to_string(&file)
        .map_err(|error| Fault::new("file", "file-unwritable").with("reason", error))
}

/// A table with what is not empty.
fn table<const N: usize>(fields: [(&str, String); N]) -> Table {
    let filled = fields.into_iter().filter(|(_, text)| !text.is_empty());
    filled
        .map(|(name, text)| (name.to_owned(), Value::String(text)))
        .collect()
}

fn written_stimulus(stimulus: &Stimulus) -> Table {
    let mut written = table([
        ("id", stimulus.code.clone()),
        ("title", stimulus.title.clone()),
        ("text", stimulus.text.clone()),
        ("markup", written(stimulus.markup).to_owned()),
    ]);
    if !stimulus.table.is_empty() {
        written.insert("table".to_owned(), Value::from(stimulus.table.clone()));
    }
    written
}

fn written_item(item: &Item) -> Table {
    let draft = Draft::of(item);
    let mut written = table([
        ("id", draft.code),
        ("kind", draft.kind),
        ("topic", draft.topic),
        ("difficulty", draft.difficulty),
        ("stimulus", draft.stimulus),
        ("stem", draft.stem),
        ("explanation", draft.explanation),
        ("tolerance", draft.tolerance),
        ("unit", draft.unit),
        ("marks", draft.marks),
        ("words_max", draft.words_max),
        ("reference", draft.reference),
        ("markup", draft.markup),
    ]);
    let rubric = draft.rubric.into_iter();
    let rubric: Vec<Table> = rubric
        .map(|(point, marks)| table([("point", point), ("marks", marks)]))
        .collect();
    for (name, list) in [
        ("options", Value::from(draft.options)),
        ("key", Value::from(draft.key)),
        ("rubric", Value::from(rubric)),
        ("enemies", Value::from(draft.enemies)),
    ] {
        if list.as_array().is_some_and(|list| !list.is_empty()) {
            written.insert(name.to_owned(), list);
        }
    }
    if let Some(seconds) = item.seconds {
        written.insert("seconds".to_owned(), i64::from(seconds).into());
    }
    written
}

fn done<T>(read: T, faults: Vec<Fault>) -> Result<T, Vec<Fault>> {
    if faults.is_empty() {
        Ok(read)
    } else {
        Err(faults)
    }
}

fn parse(file: &str, text: &str) -> Result<Table, Vec<Fault>> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        let fault = Fault::new(format!("{file}: line {line}"), "toml-syntax");
        vec![fault.with("reason", clip(error.message()))]
    })
}

/// `verbal.toml: item vb-003`, or `verbal.toml: item #3` when it has no name.
fn place(file: &str, what: &str, at: usize, table: &Table) -> String {
    match table.get("id").and_then(Value::as_str) {
        Some(id) if !id.is_empty() => format!("{file}: {what} {}", clip(id)),
        _ => format!("{file}: {what} #{}", at + 1),
    }
}

/// `fault` of a field of what stands at `place`. What is a code elsewhere is an `id` in a file.
fn under(place: &str, fault: Fault) -> Fault {
    let field = match fault.place.as_str() {
        "code" => "id",
        other => other,
    };
    Fault {
        place: format!("{place}: {field}"),
        ..fault
    }
}

fn stimulus(mut fields: Fields, faults: &mut Vec<Fault>) -> Stimulus {
    let markup = draft::markup(&fields.text("markup"));
    let stimulus = Stimulus {
        code: fields.text("id"),
        title: fields.text("title"),
        text: fields.text("text"),
        table: fields.rows("table"),
        markup: *markup.as_ref().unwrap_or(&Markup::Plain),
    };
    fields.check(markup.err().into_iter().collect());
    fields.check(rules::strays(stimulus.markup, &[("text", &stimulus.text)]));
    let stimulus = rules::tidied_stimulus(&stimulus);
    fields.check(rules::check_stimulus(&stimulus));
    faults.extend(fields.finish());
    stimulus
}

fn item(mut fields: Fields, section: &str, faults: &mut Vec<Fault>) -> Item {
    let draft = Draft {
        code: fields.text("id"),
        kind: fields.text("kind"),
        section: section.to_owned(),
        topic: fields.text("topic"),
        difficulty: fields.text("difficulty"),
        stimulus: fields.text("stimulus"),
        stem: fields.text("stem"),
        options: fields.texts("options"),
        key: fields.texts("key"),
        tolerance: fields.text("tolerance"),
        unit: fields.text("unit"),
        explanation: fields.text("explanation"),
        rubric: fields.rubric(),
        marks: fields.text("marks"),
        words_max: fields.text("words_max"),
        reference: fields.text("reference"),
        enemies: fields.texts("enemies"),
        seconds: fields.text("seconds"),
        markup: fields.text("markup"),
    };
    let (item, found) = draft.read();
    // The section is the file's, and has been checked there.
    fields.check(found.into_iter().filter(|f| f.place != "section").collect());
    faults.extend(fields.finish());
    item
}

/// A table being read: each field is taken out once, and what is left over is unknown.
struct Fields {
    place: String,
    table: Table,
    faults: Vec<Fault>,
}

impl Fields {
    fn new(place: &str, table: Table) -> Self {
        Self {
            place: place.to_owned(),
            table,
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, field: &str, code: &'static str) {
        let place = format!("{}: {field}", self.place);
        self.faults.push(Fault::new(place, code));
    }

    fn found(&mut self, field: &str, code: &'static str, found: &str) {
        let place = format!("{}: {field}", self.place);
        self.faults
            .push(Fault::new(place, code).with("found", clip(found)));
    }

    /// Takes over faults of what was read, except of fields that could not be.
    fn check(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            let fault = under(&self.place, fault);
            if !self.faults.iter().any(|known| known.place == fault.place) {
                self.faults.push(fault);
            }
        }
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.table.remove(field)
    }

    /// A text, or a number as it is written; empty when it is not there.
    fn text(&mut self, field: &str) -> String {
        match self.take(field).map(plain) {
            None => String::new(),
            Some(Some(text)) => text,
            Some(None) => {
                self.fault(field, "wrong-type");
                String::new()
            }
        }
    }

    /// A code that may name a section or a subject.
    fn section(&mut self, field: &str) -> String {
        let text = self.text(field);
        if text.is_empty() {
            self.fault(field, "required");
        } else if !is_section(&text) {
            self.found(field, "bad-code", &text);
        }
        text
    }

    fn title(&mut self, field: &str) -> String {
        let text = self.text(field);
        if text.trim().is_empty() {
            self.fault(field, "required");
        }
        text
    }

    /// A list of texts; one text is a list of one.
    fn texts(&mut self, field: &str) -> Vec<String> {
        let values = match self.take(field) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        self.all(field, values.into_iter().map(plain))
    }

    fn rows(&mut self, field: &str) -> Vec<Vec<String>> {
        let row = |value| match value {
            Value::Array(cells) => cells.into_iter().map(plain).collect(),
            _ => None,
        };
        let rows = self.list(field);
        self.all(field, rows.into_iter().map(row))
    }

    fn tables(&mut self, field: &str) -> Vec<Table> {
        let table = |value| match value {
            Value::Table(table) => Some(table),
            _ => None,
        };
        let tables = self.list(field);
        self.all(field, tables.into_iter().map(table))
    }

    fn rubric(&mut self) -> Vec<(String, String)> {
        let line = |mut table: Table| {
            let point = table.remove("point").and_then(plain)?;
            let marks = table.remove("marks").and_then(plain)?;
            table.is_empty().then_some((point, marks))
        };
        let lines = self.tables("rubric");
        self.all("rubric", lines.into_iter().map(line))
    }

    fn list(&mut self, field: &str) -> Vec<Value> {
        match self.take(field) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => {
                self.fault(field, "wrong-type");
                Vec::new()
            }
        }
    }

    /// All values, or one fault.
    fn all<T>(&mut self, field: &str, values: impl Iterator<Item = Option<T>>) -> Vec<T> {
        let all: Option<Vec<T>> = values.collect();
        all.unwrap_or_else(|| {
            self.fault(field, "wrong-type");
            Vec::new()
        })
    }

    /// The faults, with one for each field nobody asked for.
    fn finish(mut self) -> Vec<Fault> {
        let unknown: Vec<String> = self.table.keys().cloned().collect();
        for field in unknown {
            self.fault(&clip(&field), "unknown-field");
        }
        self.faults
    }
}

/// A text, or a number as it is written.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;
    use crate::bank::item::Body;
    use crate::kernel::Score;

    const HEAD: &str = "section = \"verbal\"\ntitle_zh = \"言语\"\ntitle_en = \"Verbal\"\n";

    const ITEM: &str = r#"
[[item]]
id = "vb-001"
kind = "single_choice"
topic = "vb.cloze"
difficulty = "easy"
stem = """
第一行
第二行"""
options = ["甲", "乙", "丙", "丁"]
key = "B"
explanation = "因为。"
enemies = ["vb-b", "vb-a"]
seconds = 60
"#;

    fn section(items: &str) -> Result<Section, Vec<Fault>> {
        read_section("verbal.toml", &format!("{HEAD}{items}"))
    }

    fn refused(items: &str) -> Vec<String> {
        said(&section(items).unwrap_err())
    }

    #[test]
    fn a_section_is_read_with_its_items_and_stimuli() {
        let stimulus = r#"
[[stimulus]]
id = "vb-s01"
title = "材料"
text = """
一段。

又一段。
"""
table = [["指标", "2023"], ["产值", 120.5]]
"#;
        let about = ITEM.replace("kind =", "stimulus = \"vb-s01\"\nkind =");
        let section = section(&format!("{stimulus}{about}")).unwrap();
        assert_eq!(section.items[0].stem, "第一行\n第二行");
        assert_eq!(section.items[0].section, "verbal");
        assert_eq!(section.items[0].enemies, ["vb-a", "vb-b"]);
        assert_eq!(section.items[0].seconds, Some(60));
        assert_eq!(section.stimuli[0].text, "一段。\n\n又一段。");
        assert_eq!(section.stimuli[0].table[1], ["产值", "120.5"]);
    }

    #[test]
    fn every_kind_has_its_own_fields() {
        let kinds = r#"
[[item]]
id = "a"
kind = "fill_in"
topic = "t"
difficulty = "hard"
stem = "填空"
key = ["0.5", "1/2"]
[[item]]
id = "b"
kind = "true_false"
topic = "t"
difficulty = "easy"
stem = "判断"
key = "false"
[[item]]
id = "c"
kind = "essay"
topic = "t"
difficulty = "medium"
stem = "写作"
marks = 20
words_max = 800
reference = "略"
rubric = [{ point = "观点", marks = 12.5 }, { point = "论证", marks = "7.5" }]
"#;
        let bodies: Vec<Body> = section(kinds)
            .unwrap()
            .items
            .into_iter()
            .map(|item| item.body)
            .collect();
        assert!(matches!(&bodies[0], Body::FillIn { accepted } if accepted.len() == 2));
        assert_eq!(bodies[1], Body::TrueFalse { key: false });
        assert!(matches!(
            &bodies[2],
            Body::Essay { marks, words_max: 800, .. } if *marks == Score::whole(20)
        ));
    }

    #[test]
    fn all_faults_are_named_by_file_item_and_field() {
        let second = ITEM
            .replace("key = \"B\"", "key = \"E\"\nauthor = \"某\"")
            .replace("\"easy\"", "3");
        let third = ITEM.replace("id = \"vb-001\"", "").replace("第一行", "");
        assert_eq!(
            refused(&format!("{ITEM}{second}{third}")),
            [
                "verbal.toml: item vb-001: difficulty: unknown-word",
                "verbal.toml: item vb-001: key: key-out-of-range",
                "verbal.toml: item vb-001: author: unknown-field",
                "verbal.toml: item #3: id: required",
                "verbal.toml: item vb-001: id: duplicate-code",
                "verbal.toml: item vb-001: stem: duplicate-stem",
            ]
        );
    }

    #[test]
    fn a_wrong_type_is_one_fault() {
        let item = ITEM.replace("\"甲\"", "[1]").replace("\"B\"", "true");
        assert_eq!(
            refused(&item),
            [
                "verbal.toml: item vb-001: options: wrong-type",
                "verbal.toml: item vb-001: key: wrong-type",
            ]
        );
    }

    #[test]
    fn broken_syntax_is_named_by_its_line() {
        assert_eq!(
            refused("[[item]]\nid = \n"),
            ["verbal.toml: line 5: toml-syntax"]
        );
        assert_eq!(refused(""), ["verbal.toml: item: required"]);
    }
}
