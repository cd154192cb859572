//! Pages of reviewers: the queue, one review after another, and what becomes of items in use.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{PAGE, titles};
use crate::access::Actor;
use crate::bank::service::{self, Queue, Review};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::store::Store;

/// What the buttons of a review say.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Verdict {
    #[serde(rename = "true")]
    Use,
    #[serde(rename = "trial")]
    Trial,
    #[serde(rename = "false")]
    Return,
}

#[derive(Deserialize)]
pub(super) struct ReviewFields {
    approve: Verdict,
    #[serde(default)]
    reason: String,
    version: i32,
    #[serde(default)]
    checked: Vec<String>,
}

/// After a review the reviewer is led to the item that waits next.
pub(super) async fn review(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<ReviewFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let done = match form.approve {
        Verdict::Use => "item-approved",
        Verdict::Trial => "item-on-trial",
        Verdict::Return => "item-returned",
    };
    let review = Review {
        approve: form.approve != Verdict::Return,
        trial: form.approve == Verdict::Trial,
        reason: form.reason,
        version: form.version,
        checked: form.checked,
    };
    let reviewer = actor.clone();
    // The place in the queue is looked up while the item still has one.
    let next = store
        .read(move |view| service::next_in_review(view, &reviewer, id))
        .await?;
    store
        .write(move |tx| service::review(tx, &actor, id, &review))
        .await?;
    Ok(see_other(&match next {
        Some(next) => format!("/bank/items/{next}?done={done}"),
        None => format!("/bank/review?done={done}"),
    }))
}

pub(super) async fn next(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let next = store
        .read(move |view| service::next_in_review(view, &actor, id))
        .await?;
    Ok(see_other(&match next {
        Some(next) => format!("/bank/items/{next}"),
        None => "/bank/review".to_owned(),
    }))
}

#[derive(Deserialize)]
pub(super) struct RetirementFields {
    reason: String,
}

pub(super) async fn retire(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<RetirementFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::retire(tx, &actor, id, &form.reason))
        .await?;
    Ok(see_other(&format!("/bank/items/{id}?done=item-retired")))
}

#[derive(Deserialize)]
pub(super) struct AdoptionFields {
    version: i32,
}

pub(super) async fn adopt(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<AdoptionFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::adopt(tx, &actor, id, form.version))
        .await?;
    Ok(see_other(&format!("/bank/items/{id}?done=item-adopted")))
}

#[derive(Template)]
#[template(path = "bank/templates/review.html")]
struct ReviewPage {
    page: Page,
    queue: Queue,
}

pub(super) async fn queue(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<HttpResponse> {
    let queue = store
        .read(move |view| service::queue(view, &actor, PAGE))
        .await?;
    html(&ReviewPage { page, queue })
}

#[derive(Deserialize)]
pub(super) struct SectionFields {
    bank: String,
    section: String,
    seen: String,
}

pub(super) async fn approve_section(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<SectionFields>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| {
            let SectionFields {
                bank,
                section,
                seen,
            } = form;
            service::approve_section(tx, &actor, &bank, &section, &seen)
        })
        .await?;
    Ok(see_other("/bank/review?done=section-approved"))
}
