//! REST: publishing results and reading them.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::results::{OwnResult, RankedView};
use super::service;
use super::words::RankedList;
use crate::access::api::idempotency_key;
use crate::access::{Actor, service::once};
use crate::http::{Answer, Listing, Params, ProblemBody};
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(publish_written_results)
        .service(publish_merit_list)
        .service(show_ranking)
        .service(show_own_result);
}

/// Publishes the written results and the shortlist of every post. Role: HR officer.
#[utoipa::path(tag = "ranking", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/examinations/{id}/written-results")]
pub async fn publish_written_results(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &("written", id), |tx| {
                service::publish_written(tx, &actor, id)
            })
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Publishes the merit list of every post and begins the publicity period. Role: HR officer.
#[utoipa::path(tag = "ranking", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/examinations/{id}/merit-list")]
pub async fn publish_merit_list(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &("merit", id), |tx| {
                service::publish_final(tx, &actor, id)
            })
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which list, and where to go on in it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RankingParams {
    /// `written` or `final`.
    #[param(inline)]
    pub list: RankedList,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, at most 200.
    pub limit: Option<u16>,
}

/// The published ranking of a post, by ticket number, without names. Open to everybody.
#[utoipa::path(tag = "ranking", params(RankingParams), responses((status = 200, body = Listing<RankedView>), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}/posts/{post}/ranking")]
pub async fn show_ranking(
    store: web::Data<Store>,
    path: web::Path<(Id, Id)>,
    Params(params): Params<RankingParams>,
) -> Answer<web::Json<Listing<RankedView>>> {
    let (examination, post) = path.into_inner();
    let list = params.list;
    // A published list never changes, so a place in it is a good cursor.
    let from: usize = match &params.cursor {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Problem::field("cursor", "cursor"))?,
    };
    let lines = store
        .read(move |view| service::list(view, examination, post, list))
        .await?;
    let size = usize::from(params.limit.unwrap_or(50).clamp(1, 200));
    let page: Vec<_> = lines.into_iter().skip(from).take(size + 1).collect();
    Ok(web::Json(Listing::new(page, size, |_| {
        from.saturating_add(size).to_string()
    })))
}

/// The candidate's own marks, composite and rank, once published. Role: candidate.
#[utoipa::path(tag = "ranking", responses((status = 200, body = OwnResult), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/examinations/{id}/my-result")]
pub async fn show_own_result(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<OwnResult>> {
    let id = id.into_inner();
    store
        .read(move |view| service::own_result(view, &actor, id))
        .await
        .map(web::Json)
}
