//! REST: the clock, attempts and answers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, AttemptView, Receipt, Saved};
use crate::access::Actor;
use crate::access::api::{Created, idempotency_key};
use crate::access::service::once;
use crate::bank;
use crate::bank::material;
use crate::http::{Answer, Body, ProblemBody};
use crate::kernel::{Id, Instant};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(clock)
        .service(open_attempt)
        .service(show_attempt)
        .service(show_attempt_picture)
        .service(save_response)
        .service(hand_in);
}

/// The server's time.
#[derive(Serialize, ToSchema)]
pub struct ServerClock {
    /// Now.
    now: Instant,
}

/// The server's time, which alone decides. Open to everybody.
#[utoipa::path(tag = "sitting", responses((status = 200, body = ServerClock)))]
#[get("/clock")]
pub async fn clock(store: web::Data<Store>) -> web::Json<ServerClock> {
    let now = store.clock().now();
    web::Json(ServerClock { now })
}

/// Opens the candidate's attempt at a subject, or gives the one begun before. Role: candidate.
#[utoipa::path(tag = "sitting", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/subjects/{id}/attempt")]
pub async fn open_attempt(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, subject) = (idempotency_key(&request)?, id.into_inner());
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &subject, |tx| {
                Ok(Created {
                    id: service::open(tx, &actor, subject)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// The candidate's own attempt: the paper without keys, what is answered, and the time. Role:
/// candidate.
#[utoipa::path(tag = "sitting", responses((status = 200, body = AttemptView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/attempts/{id}")]
pub async fn show_attempt(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<AttemptView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::attempt_view(view, &actor, id))
        .await
        .map(web::Json)
}

/// A picture that the candidate's own paper shows, while it can be answered. Role: candidate.
#[utoipa::path(tag = "sitting", responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/attempts/{id}/pictures/{hash}")]
pub async fn show_attempt_picture(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String)>,
) -> Answer<HttpResponse> {
    let (id, hash) = path.into_inner();
    store
        .read(move |view| service::picture(view, &actor, id, &hash))
        .await
        .map(material::api::image)
}

/// An answer to save.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResponse {
    /// The answer; none to leave the place blank.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    answer: Option<bank::item::Answer>,
    /// Whether to mark the place for later.
    #[serde(default)]
    flagged: bool,
    /// Counts the changes of this answer from one; of two saves the higher one stands.
    revision: i64,
}

/// Saves an answer and gives what is then stored: this one, or a newer one. Role: candidate.
#[utoipa::path(request_body = NewResponse, tag = "sitting", responses((status = 200, body = Saved), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/attempts/{id}/responses/{position}")]
pub async fn save_response(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, u32)>,
    Body(new): Body<NewResponse>,
) -> Answer<web::Json<Saved>> {
    let (attempt, position) = path.into_inner();
    let NewResponse {
        answer,
        flagged,
        revision,
    } = new;
    store
        .write(move |tx| service::save(tx, &actor, attempt, position, answer, flagged, revision))
        .await
        .map(web::Json)
}

/// Hands in. A second time answers the same. Role: candidate.
#[utoipa::path(tag = "sitting", responses((status = 200, body = Receipt), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[post("/attempts/{id}/hand-in")]
pub async fn hand_in(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Receipt>> {
    let id = id.into_inner();
    store
        .write(move |tx| service::hand_in(tx, &actor, id))
        .await
        .map(web::Json)
}
