//! Pages for reviewers: what answers say of items on trial.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::access::Actor;
use crate::bank::pages::titles;
use crate::http::{Answer, NoFields, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::marking::api;
use crate::marking::service::{self, Tried, TriedItem, TriedSubject};
use crate::store::Store;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/bank/trial-figures", web::get().to(list))
        .service(
            web::resource("/subjects/{id}/trial-figures")
                .get(show)
                .post(record),
        );
}

#[derive(Template)]
#[template(path = "marking/templates/tried_list.html")]
struct ListPage {
    page: Page,
    subjects: Vec<TriedSubject>,
}

async fn list(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let subjects = store
        .read(move |view| service::tried_subjects(view, &actor))
        .await?;
    html(&ListPage { page, subjects })
}

#[derive(Template)]
#[template(path = "marking/templates/tried.html")]
struct TriedPage {
    page: Page,
    tried: Tried,
}

impl TriedPage {
    /// A share with three places, or a dash.
    fn three(&self, share: &Option<f64>) -> String {
        share.map_or_else(|| "–".to_owned(), |share| format!("{share:.3}"))
    }

    fn some_can_be_recorded(&self) -> bool {
        self.tried.items.iter().any(TriedItem::can_be_recorded)
    }
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let tried = store
        .read(move |view| service::tried(view, &actor, id))
        .await?;
    html(&TriedPage { page, tried })
}

async fn record(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    api::record(&store, actor, id, None).await?;
    let to = format!("/subjects/{id}/trial-figures?done=figures-recorded");
    Ok(see_other(&to))
}
