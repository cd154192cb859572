//! Pages: objecting, and answering objections.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::ObjectionState;
use super::service::{self, Answer as Reply, NewObjection, ObjectionView};
use crate::access::{Actor, Role};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::regulation::service::Examination;
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/my/applications/{id}/objections")
                .get(own)
                .post(file),
        )
        .route("/manage/examinations/{id}/objections", web::get().to(list))
        .route("/manage/objections/{id}", web::post().to(answer));
}

/// The colour of a state.
fn tag(state: &ObjectionState) -> &'static str {
    match state {
        ObjectionState::Open => "wait",
        ObjectionState::Upheld => "good",
        ObjectionState::Rejected => "bad",
    }
}

#[derive(Template)]
#[template(path = "appointment/templates/own.html")]
struct OwnPage {
    page: Page,
    application: Id,
    examination: Examination,
    objections: Vec<ObjectionView>,
    open: bool,
}

async fn own(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let application = id.into_inner();
    let (examination, objections, open) = store
        .read(move |view| {
            let (examination, own) = service::own_objections(view, &actor, application)?;
            let open = service::takes_objections(&examination, view.now);
            Ok((examination, own, open))
        })
        .await?;
    html(&OwnPage {
        page,
        application,
        examination,
        objections,
        open,
    })
}

#[derive(Deserialize)]
struct ObjectionFields {
    text: String,
}

async fn file(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(ObjectionFields { text }): PageForm<ObjectionFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::object(tx, &actor, id, &NewObjection { text }))
        .await?;
    Ok(see_other(&format!(
        "/my/applications/{id}/objections?done=objection-filed"
    )))
}

#[derive(Template)]
#[template(path = "appointment/templates/objections.html")]
struct ObjectionsPage {
    page: Page,
    examination: Examination,
    objections: Vec<ObjectionView>,
    may_answer: bool,
}

impl ObjectionsPage {
    fn is_open(&self, objection: &ObjectionView) -> bool {
        self.may_answer && objection.state == ObjectionState::Open
    }
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let may_answer = actor.is(Role::Hr) || actor.is(Role::Organiser);
    let (examination, objections) = store
        .read(move |view| service::objections(view, &actor, id))
        .await?;
    html(&ObjectionsPage {
        page,
        examination,
        objections,
        may_answer,
    })
}

#[derive(Deserialize)]
struct AnswerFields {
    examination: Id,
    outcome: String,
    reason: String,
}

async fn answer(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(fields): PageForm<AnswerFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let reply = Reply {
        uphold: fields.outcome == "upheld",
        reason: fields.reason,
    };
    store
        .write(move |tx| service::answer(tx, &actor, id, &reply))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{}/objections?done=objection-answered",
        fields.examination
    )))
}
