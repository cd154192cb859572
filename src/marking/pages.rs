//! Pages: the marker's desk, and the organiser's view of marking, panels and votes.

mod lots;
mod tried;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::BallotCount;
use super::service::{self, Desk, PanelPost, PanelSheet, Progress, ScriptView};
use crate::access::{Actor, Role};
use crate::bank::material;
use crate::bank::rich::Markup;
use crate::http::{Answer, NoFields, Page, PageForm, html, see_other};
use crate::kernel::{Fault, Id, Problem, Score};
use crate::regulation::service::{Examination, load};
use crate::regulation::{ComponentKind, Phase};
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/marking", web::get().to(desk))
        .route("/marking/next", web::get().to(next))
        .configure(lots::routes)
        .configure(tried::routes)
        .route(
            "/marking/script/{id}/pictures/{hash}",
            web::get().to(picture),
        )
        .service(
            web::resource("/marking/script/{id}")
                .get(script)
                .post(mark_script),
        )
        .service(
            web::resource("/manage/examinations/{id}/marking")
                .get(overview)
                .post(begin),
        )
        .service(
            web::scope("/manage/examinations/{id}/marking/posts/{post}")
                .route("", web::get().to(sheet))
                .route("/marks", web::post().to(enter_marks))
                .route("/absence", web::post().to(enter_absence))
                .route("/ballot", web::post().to(enter_ballot)),
        );
}

#[derive(Template)]
#[template(path = "marking/templates/desk.html")]
struct DeskPage {
    page: Page,
    desk: Desk,
}

async fn desk(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let desk = store.read(move |view| service::desk(view, &actor)).await?;
    html(&DeskPage { page, desk })
}

async fn next(store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    go_on(&store, actor, None).await
}

/// Sends a marker to her next script, or back to her desk.
async fn go_on(store: &Store, actor: Actor, done: Option<&str>) -> Answer<HttpResponse> {
    let next = store
        .read(move |view| service::next_script(view, &actor))
        .await?;
    let done = done.map_or_else(String::new, |key| format!("?done={key}"));
    Ok(see_other(&match next {
        Some(script) => format!("/marking/script/{}{done}", script.id),
        None => "/marking?done=nothing-to-mark".to_owned(),
    }))
}

#[derive(Template)]
#[template(path = "marking/templates/script.html")]
struct ScriptPage {
    page: Page,
    script: ScriptView,
}

async fn script(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let script = store
        .read(move |view| service::script(view, &actor, id))
        .await?;
    html(&ScriptPage { page, script })
}

async fn picture(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String)>,
) -> Answer<HttpResponse> {
    let (script, hash) = path.into_inner();
    store
        .read(move |view| service::picture(view, &actor, script, &hash))
        .await
        .map(material::api::image)
}

impl ScriptPage {
    /// A text of the script for the page.
    fn shown(&self, markup: &Markup, text: &str) -> String {
        markup.html(
            text,
            &format!("/marking/script/{}/pictures/", self.script.id),
        )
    }
}

#[derive(Deserialize)]
struct MarkFields {
    mark: Score,
    #[serde(default)]
    comment: String,
}

async fn mark_script(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<MarkFields>,
) -> Answer<HttpResponse> {
    let (id, by) = (id.into_inner(), actor.clone());
    store
        .write(move |tx| service::mark_script(tx, &by, id, form.mark, &form.comment))
        .await?;
    go_on(&store, actor, Some("script-marked")).await
}

#[derive(Template)]
#[template(path = "marking/templates/overview.html")]
struct OverviewPage {
    page: Page,
    examination: Examination,
    progress: Progress,
    posts: Vec<PanelPost>,
    may_begin: bool,
}

async fn overview(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let organiser = actor.is(Role::Organiser);
    let (examination, progress, posts) = store
        .read(move |view| {
            let posts = service::panel_posts(view, &actor, id)?;
            let progress = service::progress(view, &actor, id)?;
            Ok((load(view, id)?, progress, posts))
        })
        .await?;
    html(&OverviewPage {
        page,
        may_begin: organiser && examination.phase == Phase::Locked,
        examination,
        progress,
        posts,
    })
}

async fn begin(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    super::api::begin(&store, actor, id).await?;
    let to = format!("/manage/examinations/{id}/marking?done=marking-begun");
    Ok(see_other(&to))
}

#[derive(Template)]
#[template(path = "marking/templates/sheet.html")]
struct SheetPage {
    page: Page,
    examination: Examination,
    sheet: PanelSheet,
}

async fn sheet(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
) -> Answer<HttpResponse> {
    let (id, post) = path.into_inner();
    let (examination, sheet) = store
        .read(move |view| {
            let sheet = service::panel_sheet(view, &actor, id, post)?;
            Ok((load(view, id)?, sheet))
        })
        .await?;
    html(&SheetPage {
        page,
        examination,
        sheet,
    })
}

fn back_to_sheet(path: (Id, Id), done: &str) -> HttpResponse {
    let (id, post) = path;
    see_other(&format!(
        "/manage/examinations/{id}/marking/posts/{post}?done={done}"
    ))
}

/// One candidate's marks: a field for each examiner, empty where there is none yet.
#[derive(Deserialize)]
struct PanelFields {
    application: Id,
    component: String,
    #[serde(default)]
    mark: Vec<String>,
    #[serde(default)]
    reason: String,
}

impl PanelFields {
    /// The marks that were filled in, by examiner.
    fn marks(&self) -> Result<BTreeMap<u8, Score>, Problem> {
        let filled = (1u8..).zip(&self.mark);
        filled
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(examiner, text)| {
                let mark = text.trim().parse::<Score>();
                let wrong = || Fault::new(format!("marks.{examiner}"), "not-a-mark");
                Ok((examiner, mark.map_err(|_| Problem::invalid(vec![wrong()]))?))
            })
            .collect()
    }
}

async fn enter_marks(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
    PageForm(form): PageForm<PanelFields>,
) -> Answer<HttpResponse> {
    let marks = form.marks()?;
    store
        .write(move |tx| {
            let (of, component) = (form.application, &form.component);
            service::enter_panel_marks(tx, &actor, of, component, &marks, Some(&form.reason))
        })
        .await?;
    Ok(back_to_sheet(path.into_inner(), "panel-entered"))
}

#[derive(Deserialize)]
struct AbsenceFields {
    application: Id,
    component: String,
    reason: String,
}

async fn enter_absence(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
    PageForm(form): PageForm<AbsenceFields>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| {
            let (of, component) = (form.application, &form.component);
            service::enter_absence(tx, &actor, of, component, &form.reason)
        })
        .await?;
    Ok(back_to_sheet(path.into_inner(), "absence-entered"))
}

#[derive(Deserialize)]
struct BallotFields {
    application: Id,
    component: String,
    yes: u32,
    attending: u32,
    members: u32,
    #[serde(default)]
    reason: String,
}

async fn enter_ballot(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
    PageForm(form): PageForm<BallotFields>,
) -> Answer<HttpResponse> {
    let count = BallotCount {
        yes: form.yes,
        attending: form.attending,
        members: form.members,
    };
    store
        .write(move |tx| {
            let (of, component) = (form.application, &form.component);
            service::enter_ballot(tx, &actor, of, component, count, Some(&form.reason))
        })
        .await?;
    Ok(back_to_sheet(path.into_inner(), "ballot-entered"))
}
