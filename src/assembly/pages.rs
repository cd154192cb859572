//! Pages: blueprints and papers, for organisers; the report of an assembly.

mod editor;
mod report;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::service::{self, BlueprintView};
use super::{CellStock, SHIPPED, Section, Shipped, shipped};
use crate::access::Actor;
use crate::bank::pages::titles;
use crate::ceremony::Gate;
use crate::http::{Answer, NoFields, Page, PageForm, Params, html, see_other};
use crate::kernel::{Id, Problem};
use crate::regulation::phase::Phase;
use crate::regulation::service::Examination;
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/manage/examinations/{id}/papers")
                .get(show)
                .post(lock),
        )
        .route(
            "/manage/examinations/{id}/papers/recall",
            web::post().to(recall),
        )
        .route("/draws/{id}/pool/papers", web::post().to(fix_papers))
        .route(
            "/manage/subjects/{id}/blueprint",
            web::post().to(set_blueprint),
        )
        .service(
            web::resource("/manage/subjects/{id}/blueprint/editor")
                .get(editor::open)
                .post(editor::act),
        )
        .route(
            "/subjects/{id}/assembly-report",
            web::get().to(report::show),
        );
}

#[derive(Template)]
#[template(path = "assembly/templates/papers.html")]
struct PapersPage {
    page: Page,
    examination: Examination,
    subjects: Vec<SubjectSection>,
    banks: Vec<String>,
    shipped: &'static [Shipped],
    may_set: bool,
    may_lock: bool,
    /// Whether the papers are recalled, and others have yet to be locked.
    recalled: bool,
}

impl PapersPage {
    fn bank_title(&self, bank: &str) -> String {
        titles::bank(&self.page, bank)
    }

    /// The least exposure of a cell's items.
    fn share(&self, exposure: &Option<f64>) -> String {
        exposure.map_or_else(|| "–".to_owned(), |share| format!("{:.1}%", share * 100.0))
    }

    /// What the blueprint calls a section.
    fn section_title(&self, check: &BlueprintView, code: &str) -> String {
        match section_of(check, code) {
            Some(section) => {
                let title = self.page.pick(&section.title_zh, &section.title_en);
                title.to_owned()
            }
            None => titles::section(&self.page, &check.bank, code),
        }
    }

    /// Of which topic, difficulty and kind a cell is.
    fn cell_words(&self, check: &BlueprintView, stock: &CellStock) -> String {
        let section = section_of(check, &stock.section);
        let Some(cell) = section.and_then(|section| section.cells.get(stock.cell)) else {
            return String::new();
        };
        let page = &self.page;
        let title = |topic: &String| {
            titles::topic(page, &check.bank, topic).unwrap_or_else(|| topic.clone())
        };
        let difficulty = cell
            .difficulty
            .map(|one| page.word("difficulty", one.as_str()));
        let kind = cell.kind.map(|one| page.word("item-kind", one.as_str()));
        let words = [cell.topic.as_ref().map(title), difficulty, kind];
        let words: Vec<String> = words.into_iter().flatten().collect();
        match words.as_slice() {
            [] => page.t("blueprint-any"),
            words => words.join(" · "),
        }
    }
}

fn section_of<'a>(check: &'a BlueprintView, code: &str) -> Option<&'a Section> {
    let mut sections = check.blueprint.iter().flat_map(|one| &one.sections);
    sections.find(|section| section.code == code)
}

/// A subject with the text that its form begins with.
struct SubjectSection {
    check: BlueprintView,
    bank: String,
    text: String,
}

/// Which shipped blueprint to begin with, for which subject.
#[derive(Deserialize)]
struct Choice {
    subject: Option<Id>,
    shipped: Option<String>,
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Params(choice): Params<Choice>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, checks, banks, recalled) = store
        .read(move |view| {
            let (examination, checks) = service::check_all(view, &actor, id)?;
            let recalled = service::is_recalled(view, &examination)?;
            let banks = service::banks(view, &actor)?;
            Ok((examination, checks, banks, recalled))
        })
        .await?;
    let subjects: Result<Vec<_>, _> = checks
        .into_iter()
        .map(|check| subject_section(check, &choice))
        .collect();
    let subjects = subjects?;
    let phase = examination.phase;
    html(&PapersPage {
        page,
        may_set: phase <= Phase::Ticketed,
        may_lock: recalled
            || phase == Phase::Ticketed && subjects.iter().all(SubjectSection::is_ready),
        recalled,
        examination,
        subjects,
        banks,
        shipped: &SHIPPED,
    })
}

fn subject_section(check: BlueprintView, choice: &Choice) -> Answer<SubjectSection> {
    let chosen = choice
        .shipped
        .as_deref()
        .filter(|_| choice.subject == Some(check.subject.id))
        .and_then(|code| Some((code.to_owned(), shipped(code)?.to_owned())));
    let (bank, text) = match (chosen, &check.blueprint) {
        (Some(chosen), _) => chosen,
        (None, Some(blueprint)) => {
            let text = toml::to_string_pretty(blueprint).map_err(Problem::internal)?;
            (check.bank.clone(), text)
        }
        (None, None) => Default::default(),
    };
    Ok(SubjectSection { check, bank, text })
}

impl SubjectSection {
    /// Whether a shipped blueprint is the one to begin with: the bank's own, or for a subject
    /// without a bank the one of its title.
    fn suggests(&self, shipped: &Shipped) -> bool {
        match self.bank.as_str() {
            "" => titles::is_titled(shipped.code, &self.check.subject.title_zh),
            bank => bank == shipped.code,
        }
    }

    fn is_ready(&self) -> bool {
        let check = &self.check;
        check.blueprint.is_some()
            && check.cells.iter().all(|cell| !cell.short)
            && check.on_trial.iter().all(|one| !one.short)
    }
}

#[derive(Deserialize)]
struct BlueprintFields {
    examination: Id,
    bank: String,
    blueprint: String,
}

async fn set_blueprint(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<BlueprintFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let back = format!(
        "/manage/examinations/{}/papers?done=blueprint-set",
        form.examination
    );
    store
        .write(move |tx| service::set_blueprint(tx, &actor, id, &form.bank, &form.blueprint))
        .await?;
    Ok(see_other(&back))
}

async fn fix_papers(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_papers(tx, &actor, &gate, id))
        .await?;
    Ok(see_other(&format!("/draws/{id}?done=pool-fixed")))
}

async fn lock(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let drawing = actor.clone();
    let prepared = store
        .read(move |view| service::prepare(view, &drawing, id))
        .await?;
    store
        .write(move |tx| service::lock_papers(tx, &actor, prepared))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}/papers?done=papers-locked"
    )))
}

async fn recall(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::recall_papers(tx, &actor, id))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}/papers?done=papers-recalled"
    )))
}
