//! REST: objections in the publicity period.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, NewObjection, ObjectionCounts, ObjectionView};
use crate::access::Actor;
use crate::access::api::{Created, idempotency_key};
use crate::access::service::once;
use crate::http::{Answer, Body, ProblemBody};
use crate::kernel::Id;
use crate::regulation::service::visible;
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(file_objection)
        .service(own_objections)
        .service(list_objections)
        .service(answer_objection)
        .service(objection_counts);
}

/// Files an objection to the results, in the publicity period. Role: candidate, about an own
/// application with a ticket.
#[utoipa::path(request_body = NewObjection, tag = "appointment", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/applications/{id}/objections")]
pub async fn file_objection(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewObjection>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(id, &new), |tx| {
                let id = service::object(tx, &actor, id, &new)?;
                Ok(Created { id })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// One's own objections and their answers. Role: candidate.
#[utoipa::path(tag = "appointment", responses((status = 200, body = Vec<ObjectionView>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/applications/{id}/objections")]
pub async fn own_objections(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Vec<ObjectionView>>> {
    let id = id.into_inner();
    store
        .read(move |view| Ok(service::own_objections(view, &actor, id)?.1))
        .await
        .map(web::Json)
}

/// The objections of an examination. Roles: HR officer, organiser, supervisor.
#[utoipa::path(tag = "appointment", responses((status = 200, body = Vec<ObjectionView>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}/objections")]
pub async fn list_objections(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Vec<ObjectionView>>> {
    let id = id.into_inner();
    store
        .read(move |view| Ok(service::objections(view, &actor, id)?.1))
        .await
        .map(web::Json)
}

/// Answers an objection. Roles: HR officer, organiser.
#[utoipa::path(request_body = service::Answer, tag = "appointment", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/objections/{id}/answer")]
pub async fn answer_objection(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(answer): Body<service::Answer>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::answer(tx, &actor, id, &answer))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How many objections an examination had, and how they ended. Open to everybody.
#[utoipa::path(tag = "appointment", responses((status = 200, body = ObjectionCounts), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}/objection-counts")]
pub async fn objection_counts(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<web::Json<ObjectionCounts>> {
    let id = id.into_inner();
    store
        .read(move |view| {
            visible(view, actor.as_ref(), id)?;
            service::counts(view, id)
        })
        .await
        .map(web::Json)
}
