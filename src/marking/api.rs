//! REST: beginning the marking, marking scripts, entering panels and votes.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::BallotCount;
use super::service::{self, Begun, Marked, Progress, ScriptView, Tried};
use crate::access::api::idempotency_key;
use crate::access::{Actor, service::once};
use crate::bank::material;
use crate::ceremony::Gate;
use crate::ceremony::rules::PanelPool;
use crate::http::{Answer, Body, Params, ProblemBody};
use crate::kernel::{Id, Score};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(begin_marking)
        .service(next_script)
        .service(show_script_picture)
        .service(mark_script)
        .service(marking_progress)
        .service(fix_interviews)
        .service(fix_panels)
        .service(enter_panel_mark)
        .service(enter_absence)
        .service(enter_ballot)
        .service(show_tried)
        .service(record_tried);
}

/// What answers say of a subject's items on trial, once its written results are published. Role:
/// reviewer admitted to the bank.
#[utoipa::path(tag = "marking", responses((status = 200, body = Tried), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/subjects/{id}/trial-figures")]
pub async fn show_tried(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Tried>> {
    let id = id.into_inner();
    store
        .read(move |view| service::tried(view, &actor, id))
        .await
        .map(web::Json)
}

/// How many items have new figures.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RecordedTried {
    items: usize,
}

/// Records what answers say of a subject's items on trial as their figures, with the examination as
/// their source. Role: reviewer admitted to the bank.
#[utoipa::path(tag = "marking", responses((status = 201, body = RecordedTried), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/subjects/{id}/trial-figures")]
pub async fn record_tried(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    let recorded = record(&store, actor, id, key).await?;
    Ok(HttpResponse::Created().json(recorded))
}

/// Reads the answers beside the writer, then records.
pub(super) async fn record(
    store: &Store,
    actor: Actor,
    subject: Id,
    key: Option<String>,
) -> Answer<RecordedTried> {
    let by = actor.clone();
    let tried = store
        .read(move |view| service::tried(view, &by, subject))
        .await?;
    store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &subject, |tx| {
                let items = service::record_tried(tx, &actor, &tried)?;
                Ok(RecordedTried { items })
            })
        })
        .await
}

/// Fixes who is interviewed, for a draw of the order: everybody on the shortlist. Role: organiser.
#[utoipa::path(tag = "marking", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/draws/{id}/pool/interviews")]
pub async fn fix_interviews(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_interviews(tx, &actor, &gate, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Fixes the examiners that interview panels are drawn from. Role: organiser.
#[utoipa::path(request_body = PanelPool, tag = "marking", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/pool/panels")]
pub async fn fix_panels(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    Body(pool): Body<PanelPool>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_panels(tx, &actor, &gate, id, &pool))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Marks all objective items by their keys and makes the written answers into blind scripts, once
/// all sittings are over. Role: organiser.
#[utoipa::path(tag = "marking", responses((status = 201, body = Begun), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/examinations/{id}/marking")]
pub async fn begin_marking(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let begun = begin(&store, actor, id.into_inner()).await?;
    Ok(HttpResponse::Created().json(begun))
}

/// Prepares beside the writer, then begins.
pub(super) async fn begin(store: &Store, actor: Actor, examination: Id) -> Answer<Begun> {
    let by = actor.clone();
    let prepared = store
        .read(move |view| service::prepare(view, &by, examination))
        .await?;
    store
        .write(move |tx| service::begin(tx, &actor, &prepared))
        .await
}

/// A script that needs a mark the caller may give; no content if there is none now. Role: marker.
#[utoipa::path(tag = "marking", responses((status = 200, body = ScriptView), (status = 204), (status = 403, body = ProblemBody)))]
#[get("/marking/next")]
pub async fn next_script(store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let next = store
        .read(move |view| service::next_script(view, &actor))
        .await?;
    Ok(next.map_or_else(
        || HttpResponse::NoContent().finish(),
        |script| HttpResponse::Ok().json(script),
    ))
}

/// A marker's mark.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMark {
    /// The mark: a multiple of the script's step, at most its maximum.
    mark: Score,
    /// A note on the mark; kept sealed.
    #[serde(default)]
    comment: String,
}

/// A picture that a script shows, for a marker who may still mark it. Role: marker.
#[utoipa::path(tag = "marking", responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/scripts/{id}/pictures/{hash}")]
pub async fn show_script_picture(
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

/// Gives the caller's mark to a script. Role: marker.
#[utoipa::path(request_body = NewMark, tag = "marking", responses((status = 201, body = Marked), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/scripts/{id}/marks")]
pub async fn mark_script(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewMark>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let id = id.into_inner();
    let marked = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(id, &new), |tx| {
                service::mark_script(tx, &actor, id, new.mark, &new.comment)
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(marked))
}

/// Which examination.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfExamination {
    /// The examination.
    #[param(value_type = String, format = "uuid")]
    examination: Id,
}

/// How far the marking of an examination is, by subject. Roles: organiser, HR officer, marker.
#[utoipa::path(tag = "marking", params(OfExamination), responses((status = 200, body = Progress), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/marking/progress")]
pub async fn marking_progress(
    store: web::Data<Store>,
    actor: Actor,
    Params(of): Params<OfExamination>,
) -> Answer<web::Json<Progress>> {
    store
        .read(move |view| service::progress(view, &actor, of.examination))
        .await
        .map(web::Json)
}

/// The mark of one examiner of a panel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPanelMark {
    /// The mark, with at most two decimals.
    mark: Score,
    /// Why, if it corrects a mark entered before.
    #[serde(default)]
    reason: Option<String>,
}

/// Enters or corrects an examiner's mark in an interview or assessment. Roles: HR officer,
/// organiser.
#[utoipa::path(request_body = NewPanelMark, tag = "marking", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/applications/{id}/components/{component}/marks/{examiner}")]
pub async fn enter_panel_mark(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String, u8)>,
    Body(new): Body<NewPanelMark>,
) -> Answer<HttpResponse> {
    let (application, component, examiner) = path.into_inner();
    store
        .write(move |tx| {
            let reason = new.reason.as_deref();
            let mark = new.mark;
            service::enter_panel_mark(tx, &actor, application, &component, examiner, mark, reason)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Why a candidate is entered as absent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Why; kept in the decision log.
    reason: String,
}

/// Enters that a candidate did not come to an interview, an assessment or a vote. Roles: HR
/// officer, organiser.
#[utoipa::path(request_body = Absence, tag = "marking", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/applications/{id}/components/{component}/absence")]
pub async fn enter_absence(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String)>,
    Body(absence): Body<Absence>,
) -> Answer<HttpResponse> {
    let (application, component) = path.into_inner();
    store
        .write(move |tx| {
            service::enter_absence(tx, &actor, application, &component, &absence.reason)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The count of a vote, and why if it corrects one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBallot {
    /// Votes that agree.
    yes: u32,
    /// Members who attended.
    attending: u32,
    /// All who should attend.
    members: u32,
    /// Why, if it corrects a count entered before.
    #[serde(default)]
    reason: Option<String>,
}

/// Enters or corrects the count of a vote on a candidate. Roles: HR officer, organiser.
#[utoipa::path(request_body = NewBallot, tag = "marking", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/applications/{id}/components/{component}/ballot")]
pub async fn enter_ballot(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String)>,
    Body(new): Body<NewBallot>,
) -> Answer<HttpResponse> {
    let (application, component) = path.into_inner();
    let count = BallotCount {
        yes: new.yes,
        attending: new.attending,
        members: new.members,
    };
    store
        .write(move |tx| {
            let reason = new.reason.as_deref();
            service::enter_ballot(tx, &actor, application, &component, count, reason)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
