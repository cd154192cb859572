//! Pages: publishing results, for HR.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::service::{self, Preview};
use crate::access::Actor;
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::regulation::Phase;
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    let under = |rest: &str| format!("/manage/examinations/{{id}}/results{rest}");
    config
        .route(&under(""), web::get().to(manage))
        .route(&under("/written"), web::post().to(publish_written))
        .route(&under("/final"), web::post().to(publish_final));
}

#[derive(Template)]
#[template(path = "ranking/templates/manage.html")]
struct ManagePage {
    page: Page,
    preview: Preview,
}

impl ManagePage {
    /// How a step of the way is marked.
    fn step(&self, phase: Phase) -> &'static str {
        let here = self.preview.examination.phase;
        match here.cmp(&phase) {
            std::cmp::Ordering::Less => "",
            std::cmp::Ordering::Equal if here == Phase::Marking => "now",
            _ => "done",
        }
    }

    /// The title of a component.
    fn component(&self, code: &str) -> String {
        let component = self.preview.examination.profile.component(code);
        component.map_or_else(
            || code.to_owned(),
            |c| self.page.pick(&c.title.zh, &c.title.en).to_owned(),
        )
    }

    /// What those before the cut are called.
    fn chosen(&self) -> &'static str {
        match self.preview.examination.phase {
            Phase::Marking => "results-would-enter",
            _ => "results-would-be-proposed",
        }
    }
}

async fn manage(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let preview = store
        .read(move |view| service::preview(view, &actor, id))
        .await?;
    html(&ManagePage { page, preview })
}

/// A form that carries nothing but its token.
#[derive(Deserialize)]
struct Nothing {}

async fn publish_written(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(Nothing {}): PageForm<Nothing>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::publish_written(tx, &actor, id))
        .await?;
    Ok(done(id, "written-published"))
}

async fn publish_final(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(Nothing {}): PageForm<Nothing>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::publish_final(tx, &actor, id))
        .await?;
    Ok(done(id, "merit-published"))
}

fn done(id: Id, what: &str) -> HttpResponse {
    see_other(&format!("/manage/examinations/{id}/results?done={what}"))
}
