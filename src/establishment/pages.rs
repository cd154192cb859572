//! Pages: organisations and headcount for HR, the public announcement, the staff's hub of one
//! examination, and its posts.

mod announcement;
mod hub;
mod posts;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::rules::HeadcountKind;
use super::service::{self, Approval, NewOrganisation, OrganisationView};
use crate::access::{Actor, Role};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/manage/organisations").get(list).post(add))
        .route(
            "/manage/organisations/{id}/headcount",
            web::post().to(approve),
        )
        .route("/examinations/{id}", web::get().to(announcement::show))
        .route("/manage/examinations/{id}", web::get().to(hub::show))
        .route(
            "/manage/examinations/{id}/announcement",
            web::post().to(hub::announce),
        )
        .service(
            web::resource("/manage/examinations/{id}/posts")
                .get(posts::list)
                .post(posts::add),
        )
        .route(
            "/manage/examinations/{id}/posts/{post}/removal",
            web::post().to(posts::remove),
        );
}

#[derive(Template)]
#[template(path = "establishment/templates/organisations.html")]
struct OrganisationsPage {
    page: Page,
    organisations: Vec<OrganisationView>,
    kinds: &'static [HeadcountKind],
    may_change: bool,
}

async fn list(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Hr, Role::Organiser])?;
    let may_change = actor.is(Role::Hr);
    let organisations = store
        .read(|view| service::organisations(view, None, 500))
        .await?;
    html(&OrganisationsPage {
        page,
        organisations,
        kinds: &HeadcountKind::ALL,
        may_change,
    })
}

async fn add(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(new): PageForm<NewOrganisationFields>,
) -> Answer<HttpResponse> {
    let new = NewOrganisation {
        code: new.code,
        name_zh: new.name_zh,
        name_en: new.name_en,
    };
    store
        .write(move |tx| service::add_organisation(tx, &actor, &new))
        .await?;
    Ok(see_other("/manage/organisations?done=organisation-added"))
}

#[derive(Deserialize)]
struct NewOrganisationFields {
    code: String,
    name_zh: String,
    #[serde(default)]
    name_en: String,
}

#[derive(Deserialize)]
struct ApprovalFields {
    kind: HeadcountKind,
    approved: i32,
    occupied: i32,
    reason: String,
}

async fn approve(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<ApprovalFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let ApprovalFields {
        kind,
        approved,
        occupied,
        reason,
    } = form;
    let approval = Approval {
        approved,
        occupied,
        reason,
    };
    store
        .write(move |tx| service::approve_headcount(tx, &actor, id, kind, &approval))
        .await?;
    Ok(see_other("/manage/organisations?done=headcount-approved"))
}
