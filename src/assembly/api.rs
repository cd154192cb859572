//! REST: blueprints, and the drawing and locking of papers.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::forms::Report;
use super::service::{self, BlueprintView, NewBlueprint, Tried};
use crate::access::Actor;
use crate::access::api::idempotency_key;
use crate::access::service::once;
use crate::ceremony::Gate;
use crate::http::{Answer, Body, FaultBody, Page, ProblemBody};
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(set_blueprint)
        .service(show_blueprint)
        .service(try_blueprint)
        .service(assembly_report)
        .service(fix_papers)
        .service(lock_papers)
        .service(recall_papers);
}

/// Sets the bank and the blueprint that the papers of a subject are drawn from. Role: organiser.
#[utoipa::path(request_body = NewBlueprint, tag = "assembly", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/subjects/{id}/blueprint")]
pub async fn set_blueprint(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewBlueprint>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::set_blueprint(tx, &actor, id, &new.bank, &new.blueprint))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a subject is drawn from, and what the bank holds for each cell. Role: organiser.
#[utoipa::path(tag = "assembly", responses((status = 200, body = BlueprintView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/subjects/{id}/blueprint")]
pub async fn show_blueprint(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<BlueprintView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::check(view, &actor, id))
        .await
        .map(web::Json)
}

/// A blueprint that is being written, and what a bank gives for it.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Trial {
    /// What it gives.
    #[serde(flatten)]
    tried: Tried,
    /// What stands against it, by place.
    problems: Vec<FaultBody>,
    /// What does not, but should be looked at, by place.
    warnings: Vec<FaultBody>,
}

/// Looks at a blueprint that is being written: what the bank holds for each cell, what exposure that
/// costs, how equal papers made on trial are. Sets nothing. Role: organiser.
#[utoipa::path(request_body = NewBlueprint, tag = "assembly", responses((status = 200, body = Trial), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/subjects/{id}/blueprint/trial")]
pub async fn try_blueprint(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewBlueprint>,
) -> Answer<web::Json<Trial>> {
    let id = id.into_inner();
    let mut tried = store
        .read(move |view| service::try_text(view, &actor, id, &new))
        .await?;
    let faults = Problem::invalid(std::mem::take(&mut tried.faults));
    let warnings = Problem::invalid(std::mem::take(&mut tried.warnings));
    let lang = Page::of(&request).lang;
    Ok(web::Json(Trial {
        problems: ProblemBody::new(&faults, lang).errors,
        warnings: ProblemBody::new(&warnings, lang).errors,
        tried,
    }))
}

/// How equal the locked papers of a subject are, and how often items are used. Role: organiser,
/// supervisor.
#[utoipa::path(tag = "assembly", responses((status = 200, description = "The report, as `keju assemble` writes it."), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/subjects/{id}/assembly-report")]
pub async fn assembly_report(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Report>> {
    let id = id.into_inner();
    let (_, report) = store
        .read(move |view| service::report(view, &actor, id))
        .await?;
    Ok(web::Json(report))
}

/// Fixes what a draw of papers is drawn from. Role: organiser.
#[utoipa::path(tag = "assembly", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/pool/papers")]
pub async fn fix_papers(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_papers(tx, &actor, &gate, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Draws a paper for everybody with a ticket by the draw of papers, and locks them all. Role:
/// organiser.
#[utoipa::path(tag = "assembly", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/papers")]
pub async fn lock_papers(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    let drawing = actor.clone();
    let prepared = store
        .read(move |view| service::prepare(view, &drawing, id))
        .await;
    // A repeated call finds the papers locked; its key still gets the first answer.
    store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &id, |tx| {
                service::lock_papers(tx, &actor, prepared?)
            })
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Recalls the locked papers of an examination because a leaked item is on them: another draw of papers
/// may be opened, and the papers stand until its are locked. Role: organiser.
#[utoipa::path(tag = "assembly", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/examinations/{id}/papers/recall")]
pub async fn recall_papers(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::recall_papers(tx, &actor, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
