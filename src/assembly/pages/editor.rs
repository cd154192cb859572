//! The blueprint editor: sections and cells as a form that says at once what the bank can give.
//! Every button sends the whole form, so that it works without scripts; with them it is looked at
//! again after each change.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Actor;
use crate::assembly::service::{self, BlueprintView, Tried};
use crate::assembly::{Blueprint, Cell, CellStock, Equal, Reach, Section, TrialStock, shipped};
use crate::bank::item::{Difficulty, ItemKind};
use crate::bank::pages::titles;
use crate::http::{Answer, FaultBody, Page, PageForm, Params, ProblemBody, html, see_other};
use crate::kernel::{Fault, Id, Problem, Score};
use crate::store::Store;

/// What the form says, as it was typed. A section or a cell is one value in each of its lists.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    bank: String,
    title: String,
    minutes: String,
    tolerance: String,
    /// Seven shares with spaces between.
    target: String,
    spread: String,
    seconds: String,
    exposure_max: String,
    section_code: Vec<String>,
    section_zh: Vec<String>,
    section_en: Vec<String>,
    section_marks: Vec<String>,
    section_minutes: Vec<String>,
    section_items: Vec<String>,
    section_trial: Vec<String>,
    /// The number of the section that a cell stands in, from zero.
    cell_section: Vec<usize>,
    cell_topic: Vec<String>,
    cell_difficulty: Vec<String>,
    cell_kind: Vec<String>,
    cell_count: Vec<String>,
    cell_stimuli: Vec<String>,
    /// What the button does: `check`, `save`, `add-section`, `drop-section 1`, `add-cell 1`,
    /// `drop-cell 4`.
    act: String,
}

/// A section as the page shows it.
struct SectionRow {
    number: usize,
    code: String,
    zh: String,
    en: String,
    marks: String,
    minutes: String,
    items: String,
    trial: String,
    /// What the bank has on trial for it, if it asks for that.
    on_trial: Option<TrialStock>,
    /// Minutes that its items are expected to take.
    expected: Option<f64>,
    cells: Vec<CellRow>,
}

/// A cell as the page shows it, with what the bank holds for it.
struct CellRow {
    /// Its number among all cells.
    number: usize,
    topic: String,
    difficulty: String,
    kind: String,
    count: String,
    stimuli: String,
    stock: Option<CellStock>,
}

#[derive(Template)]
#[template(path = "assembly/templates/editor.html")]
struct EditorPage {
    page: Page,
    view: BlueprintView,
    banks: Vec<String>,
    topics: Vec<String>,
    fields: Fields,
    sections: Vec<SectionRow>,
    faults: Vec<FaultBody>,
    warnings: Vec<FaultBody>,
    tried: Option<Tried>,
}

impl EditorPage {
    fn share(&self, stock: &CellStock) -> String {
        let share = stock.exposure.map(|share| format!("{:.1}%", share * 100.0));
        share.unwrap_or_else(|| "–".to_owned())
    }

    /// Where a fault is, in the words of the form: 第 2 部分第 3 格 题数.
    fn place(&self, place: &str) -> String {
        let steps: Vec<&str> = place.split('.').collect();
        let (within, field) = match steps.as_slice() {
            ["sections", code, "cells", cell, rest @ ..] => {
                let cell = cell.parse::<usize>().map_or(0, |cell| cell + 1);
                let (section, cell) = (self.section_number(code), cell.to_string());
                let words = self
                    .page
                    .t2("blueprint-place-cell", "section", section, "cell", cell);
                (words, rest.first())
            }
            ["sections", code, rest @ ..] => {
                let number = self.section_number(code);
                (
                    self.page.t1("blueprint-section-number", "number", number),
                    rest.first(),
                )
            }
            ["sections"] => (self.page.t("blueprint-whole"), None),
            // One of seven shares of the target is within its field.
            ["equal", field, ..] => (String::new(), Some(field)),
            rest => (String::new(), rest.last()),
        };
        let field = field
            .and_then(|field| label(field))
            .map(|key| self.page.t(key));
        match (within.is_empty(), field) {
            (true, None) => place.to_owned(),
            (_, field) => format!("{within} {}", field.unwrap_or_default())
                .trim()
                .to_owned(),
        }
    }

    /// The number of the section that is called so on the form.
    fn section_number(&self, code: &str) -> String {
        let at = self
            .fields
            .section_code
            .iter()
            .position(|known| known.trim() == code);
        at.map_or_else(|| code.to_owned(), |at| (at + 1).to_string())
    }

    fn whole(&self, number: &f64) -> String {
        format!("{number:.0}")
    }

    fn percent(&self, share: &f64) -> String {
        format!("{:.1}%", share * 100.0)
    }

    /// What each ability is expected to get; nothing while a cell is short.
    fn reach(&self) -> &[Reach] {
        self.tried.as_ref().map_or(&[], |tried| &tried.reach)
    }

    fn two(&self, number: &f64) -> String {
        format!("{number:.2}")
    }
}

/// What the form calls a field of a blueprint.
fn label(field: &str) -> Option<&'static str> {
    Some(match field {
        "title" => "blueprint-title",
        "minutes" => "blueprint-minutes",
        "code" => "blueprint-section-code",
        "title_zh" => "blueprint-section-zh",
        "title_en" => "blueprint-section-en",
        "marks_each" => "blueprint-marks-each",
        "items" => "blueprint-section-items",
        "trial" => "blueprint-section-trial",
        "count" | "count_max" => "blueprint-count",
        "stimuli" => "blueprint-stimuli",
        "topic" => "item-topic",
        "tolerance" => "report-tolerance",
        "target" => "blueprint-target",
        "exposure_max" => "blueprint-exposure",
        "seconds" => "blueprint-seconds",
        _ => return None,
    })
}

/// Which shipped blueprint to begin with.
#[derive(Deserialize)]
pub(super) struct Choice {
    shipped: Option<String>,
}

pub(super) async fn open(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Params(choice): Params<Choice>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let opening = actor.clone();
    let view = store
        .read(move |view| service::check(view, &opening, id))
        .await?;
    let chosen = choice
        .shipped
        .and_then(|code| Some((shipped(&code)?, code)));
    let fields = match (chosen, &view.blueprint) {
        (Some((text, bank)), _) => Fields::of(
            &bank,
            &Blueprint::from_toml(text).map_err(Problem::invalid)?,
        ),
        (None, Some(blueprint)) => Fields::of(&view.bank, blueprint),
        (None, None) => Fields::blank(),
    };
    shown(page, store, actor, id, fields).await
}

pub(super) async fn act(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(mut fields): PageForm<Fields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    if fields.act == "save"
        && let Ok(blueprint) = fields.read()
    {
        let text = toml::to_string(&blueprint).map_err(Problem::internal)?;
        let (bank, saving) = (fields.bank.trim().to_owned(), actor.clone());
        let saved = store
            .write(move |tx| {
                service::set_blueprint(tx, &saving, id, &bank, &text)?;
                service::check(tx, &saving, id)
            })
            .await;
        match saved {
            Ok(view) => {
                let examination = view.subject.examination;
                let to = format!("/manage/examinations/{examination}/papers?done=blueprint-set");
                return Ok(see_other(&to));
            }
            // What is wrong with the blueprint is shown beside it.
            Err(problem) if !problem.faults.is_empty() => {}
            Err(problem) => return Err(problem),
        }
    }
    fields.change();
    shown(page, store, actor, id, fields).await
}

/// The editor with this form, looked at.
async fn shown(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: Id,
    fields: Fields,
) -> Answer<HttpResponse> {
    let read = fields.read();
    let (bank, blueprint) = (fields.bank.trim().to_owned(), read.as_ref().ok().cloned());
    let (view, banks, topics, tried) = store
        .read(move |view| {
            let checked = service::check(view, &actor, id)?;
            let tried = blueprint.filter(|_| !bank.is_empty());
            let tried = tried.map(|b| service::try_out(view, &actor, id, &bank, &b));
            let topics = service::topics(view, &actor, &bank)?;
            Ok((
                checked,
                service::banks(view, &actor)?,
                topics,
                tried.transpose()?,
            ))
        })
        .await?;
    let mut faults = read.err().unwrap_or_default();
    faults.extend(tried.iter().flat_map(|tried| tried.faults.clone()));
    let said = ProblemBody::new(&Problem::invalid(faults), page.lang);
    let warnings = tried.iter().flat_map(|tried| tried.warnings.clone());
    let warnings = ProblemBody::new(&Problem::invalid(warnings.collect()), page.lang);
    html(&EditorPage {
        sections: fields.sections(tried.as_ref()),
        warnings: warnings.errors,
        page,
        view,
        banks,
        topics,
        fields,
        faults: said.errors,
        tried,
    })
}

/// The value at a place of a list; empty where the list ends before.
fn at(list: &[String], place: usize) -> &str {
    list.get(place).map_or("", |text| text.trim())
}

impl Fields {
    /// A form to begin with: one section of one cell.
    fn blank() -> Self {
        let mut fields = Self {
            minutes: "120".to_owned(),
            tolerance: "0.5".to_owned(),
            ..Self::default()
        };
        fields.add_section();
        fields
    }

    /// The form of a blueprint.
    fn of(bank: &str, blueprint: &Blueprint) -> Self {
        let equal = blueprint.equal.as_ref();
        let text = |number: Option<u32>| number.map_or_else(String::new, |n| n.to_string());
        let score = |score: Option<Score>| score.map_or_else(String::new, |s| s.to_string());
        let mut fields = Self {
            bank: bank.to_owned(),
            title: blueprint.title.clone(),
            minutes: blueprint.minutes.to_string(),
            tolerance: score(equal.map(|equal| equal.tolerance)),
            target: equal.and_then(|equal| equal.target.as_ref()).map_or_else(
                String::new,
                |shares| {
                    let shares: Vec<String> = shares.iter().map(Score::to_string).collect();
                    shares.join(" ")
                },
            ),
            spread: equal.map_or_else(String::new, |e| if e.spread { "on" } else { "" }.to_owned()),
            seconds: text(equal.and_then(|equal| equal.seconds)),
            exposure_max: score(equal.and_then(|equal| equal.exposure_max)),
            ..Self::default()
        };
        for (number, section) in blueprint.sections.iter().enumerate() {
            fields.section_code.push(section.code.clone());
            fields.section_zh.push(section.title_zh.clone());
            fields.section_en.push(section.title_en.clone());
            fields.section_marks.push(score(section.marks_each));
            fields.section_minutes.push(text(section.minutes));
            fields.section_items.push(text(section.items));
            let trial = Some(section.trial).filter(|count| *count > 0);
            fields.section_trial.push(text(trial));
            for cell in &section.cells {
                let difficulty = cell.difficulty.map_or("", Difficulty::as_str);
                fields.cell_section.push(number);
                fields
                    .cell_topic
                    .push(cell.topic.clone().unwrap_or_default());
                fields.cell_difficulty.push(difficulty.to_owned());
                let kind = cell.kind.map_or("", ItemKind::as_str);
                fields.cell_kind.push(kind.to_owned());
                let range = cell.count_max.map(|most| format!("{}-{most}", cell.count));
                let count = range.unwrap_or_else(|| cell.count.to_string());
                fields.cell_count.push(count);
                fields.cell_stimuli.push(text(cell.stimuli));
            }
        }
        fields
    }

    /// The blueprint that the form says, or what in it is no number. What is wrong with the
    /// blueprint itself is found later.
    fn read(&self) -> Result<Blueprint, Vec<Fault>> {
        let mut faults = Vec::new();
        let minutes = number(&mut faults, "minutes".to_owned(), self.minutes.trim());
        let equal = self.equal(&mut faults);
        let mut sections: Vec<Section> = (0..self.section_code.len())
            .map(|place| self.section(place, &mut faults))
            .collect();
        for (place, section) in self.cell_section.iter().enumerate() {
            let Some(section) = sections.get_mut(*section) else {
                continue;
            };
            let within = format!("sections.{}.cells.{}", section.code, section.cells.len());
            section.cells.push(self.cell(place, &within, &mut faults));
        }
        let blueprint = Blueprint {
            title: self.title.trim().to_owned(),
            minutes: minutes.unwrap_or_default(),
            equal,
            sections,
        };
        if faults.is_empty() {
            Ok(blueprint)
        } else {
            Err(faults)
        }
    }

    fn equal(&self, faults: &mut Vec<Fault>) -> Option<Equal> {
        let tolerance = self.tolerance.trim();
        if tolerance.is_empty() {
            return None;
        }
        let optional = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Some(Equal {
            tolerance: number(faults, "equal.tolerance".to_owned(), tolerance).unwrap_or_default(),
            target: optional(&self.target).map(|text| {
                let shares = text.split([' ', ',', ';', '，', '、', '　']);
                let shares = shares.filter(|share| !share.is_empty());
                shares
                    .map(|share| {
                        number(faults, "equal.target".to_owned(), share).unwrap_or_default()
                    })
                    .collect()
            }),
            spread: !self.spread.is_empty(),
            seconds: optional(&self.seconds)
                .and_then(|text| number(faults, "equal.seconds".to_owned(), &text)),
            exposure_max: optional(&self.exposure_max)
                .and_then(|text| number(faults, "equal.exposure_max".to_owned(), &text)),
        })
    }

    fn section(&self, place: usize, faults: &mut Vec<Fault>) -> Section {
        let code = at(&self.section_code, place).to_owned();
        let marks = at(&self.section_marks, place);
        let field = format!("sections.{code}.marks_each");
        Section {
            marks_each: (!marks.is_empty())
                .then(|| number(faults, field, marks).unwrap_or_default()),
            title_zh: at(&self.section_zh, place).to_owned(),
            title_en: at(&self.section_en, place).to_owned(),
            minutes: optional(faults, &code, "minutes", at(&self.section_minutes, place)),
            items: optional(faults, &code, "items", at(&self.section_items, place)),
            trial: optional(faults, &code, "trial", at(&self.section_trial, place))
                .unwrap_or_default(),
            cells: Vec::new(),
            code,
        }
    }

    fn cell(&self, place: usize, within: &str, faults: &mut Vec<Fault>) -> Cell {
        let topic = at(&self.cell_topic, place);
        let stimuli = at(&self.cell_stimuli, place);
        let count = at(&self.cell_count, place);
        let stimuli = (!stimuli.is_empty())
            .then(|| number(faults, format!("{within}.stimuli"), stimuli).unwrap_or_default());
        // A range is written `10-12`.
        let (count, most) = match count.split_once(['-', '–', '~']) {
            Some((least, most)) => (least.trim(), Some(most.trim())),
            None => (count, None),
        };
        let count_max = most
            .map(|most| number(faults, format!("{within}.count_max"), most).unwrap_or_default());
        Cell {
            count_max,
            topic: (!topic.is_empty()).then(|| topic.to_owned()),
            difficulty: Difficulty::parse(at(&self.cell_difficulty, place)),
            kind: ItemKind::parse(at(&self.cell_kind, place)),
            count: number(faults, format!("{within}.count"), count).unwrap_or_default(),
            stimuli,
        }
    }

    /// Adds or drops what the button says.
    fn change(&mut self) {
        let act = std::mem::take(&mut self.act);
        let (act, place) = act.split_once(' ').unwrap_or((&act, ""));
        let place: usize = place.parse().unwrap_or(usize::MAX);
        match act {
            "add-section" => self.add_section(),
            "drop-section" => self.drop_section(place),
            "add-cell" if place < self.section_code.len() => self.add_cell(place),
            "drop-cell" => self.drop_cell(place),
            _ => {}
        }
    }

    fn add_section(&mut self) {
        let number = self.section_code.len();
        for list in self.section_lists() {
            list.resize(number + 1, String::new());
        }
        self.add_cell(number);
    }

    fn drop_section(&mut self, number: usize) {
        if number >= self.section_code.len() {
            return;
        }
        for list in self.section_lists() {
            if number < list.len() {
                list.remove(number);
            }
        }
        for cell in (0..self.cell_section.len()).rev() {
            match self.cell_section[cell] {
                section if section == number => self.drop_cell(cell),
                section if section > number => self.cell_section[cell] -= 1,
                _ => {}
            }
        }
    }

    fn add_cell(&mut self, section: usize) {
        let number = self.cell_section.len();
        self.cell_section.push(section);
        for list in self.cell_lists() {
            list.resize(number + 1, String::new());
        }
        self.cell_count[number] = "1".to_owned();
    }

    fn drop_cell(&mut self, number: usize) {
        if number >= self.cell_section.len() {
            return;
        }
        self.cell_section.remove(number);
        for list in self.cell_lists() {
            if number < list.len() {
                list.remove(number);
            }
        }
    }

    fn section_lists(&mut self) -> [&mut Vec<String>; 7] {
        [
            &mut self.section_code,
            &mut self.section_zh,
            &mut self.section_en,
            &mut self.section_marks,
            &mut self.section_minutes,
            &mut self.section_items,
            &mut self.section_trial,
        ]
    }

    fn cell_lists(&mut self) -> [&mut Vec<String>; 5] {
        [
            &mut self.cell_topic,
            &mut self.cell_difficulty,
            &mut self.cell_kind,
            &mut self.cell_count,
            &mut self.cell_stimuli,
        ]
    }

    /// The sections as the page shows them, with what was found of them and of their cells.
    fn sections(&self, tried: Option<&Tried>) -> Vec<SectionRow> {
        let mut stock = tried.map_or(&[][..], |tried| &tried.cells).iter();
        let times = tried.map_or(&[][..], |tried| &tried.times);
        let on_trial = |code: &str| {
            let mut stock = tried?.on_trial.iter();
            stock.find(|one| one.section == code).cloned()
        };
        let section = |number: usize| SectionRow {
            number,
            code: at(&self.section_code, number).to_owned(),
            zh: at(&self.section_zh, number).to_owned(),
            en: at(&self.section_en, number).to_owned(),
            marks: at(&self.section_marks, number).to_owned(),
            minutes: at(&self.section_minutes, number).to_owned(),
            items: at(&self.section_items, number).to_owned(),
            trial: at(&self.section_trial, number).to_owned(),
            on_trial: on_trial(at(&self.section_code, number)),
            expected: times.get(number).map(|time| time.expected),
            cells: self.cells(number, &mut stock),
        };
        (0..self.section_code.len()).map(section).collect()
    }

    fn cells<'a>(
        &self,
        section: usize,
        stock: &mut impl Iterator<Item = &'a CellStock>,
    ) -> Vec<CellRow> {
        let cells = self.cell_section.iter().enumerate();
        let own = cells.filter(|(_, of)| **of == section);
        own.map(|(number, _)| CellRow {
            number,
            topic: at(&self.cell_topic, number).to_owned(),
            difficulty: at(&self.cell_difficulty, number).to_owned(),
            kind: at(&self.cell_kind, number).to_owned(),
            count: at(&self.cell_count, number).to_owned(),
            stimuli: at(&self.cell_stimuli, number).to_owned(),
            stock: stock.next().cloned(),
        })
        .collect()
    }
}

/// A number of a section where something stands, or a fault at its place.
fn optional(faults: &mut Vec<Fault>, section: &str, field: &str, text: &str) -> Option<u32> {
    let place = || format!("sections.{section}.{field}");
    (!text.is_empty()).then(|| number(faults, place(), text).unwrap_or_default())
}

/// A number, or a fault at its place.
fn number<T: std::str::FromStr>(faults: &mut Vec<Fault>, place: String, text: &str) -> Option<T> {
    let number = text.parse().ok();
    if number.is_none() {
        faults.push(Fault::new(place, "not-a-number"));
    }
    number
}

#[cfg(test)]
mod tests;
