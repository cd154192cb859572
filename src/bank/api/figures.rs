//! REST: figures of items from answers, and a bank at a glance.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::api::idempotency_key;
use crate::access::{Actor, Role, service::once};
use crate::bank::service::{self, Health};
use crate::http::{Answer, Params, ProblemBody, read_up_to};
use crate::kernel::Problem;
use crate::store::{Store, sha256};

/// Most bytes of a table of figures.
const FIGURES_MAX: usize = 4 << 20;

/// Where figures come from.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FiguresParams {
    /// Which answers, such as `2026 spring, trial`; kept beside the figures.
    source: String,
}

/// What was recorded.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// How many items have new figures.
    items: usize,
}

/// Records figures of items from a CSV table (`code,answered,facility,discrimination,a,b,c,se_a,se_b,
/// se_c`, at most 4 MB, as the body), all of them or none. Role: reviewer.
#[utoipa::path(tag = "bank", params(FiguresParams), request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = Recorded), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/figures")]
pub async fn record_figures(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Params(query): Params<FiguresParams>,
    body: web::Payload,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Reviewer])?;
    let key = idempotency_key(&request)?;
    let bank = bank.into_inner();
    let bytes = read_up_to(&request, body, FIGURES_MAX).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::field("file", "not-text"))?;
    let lines = service::read_figures(text)?;
    let hash = hex::encode(sha256(&bytes));
    let recorded = store
        .write(move |tx| {
            let asked = (&bank, &hash, &query.source);
            once(tx, &actor, key.as_deref(), &asked, |tx| {
                let items = service::record_figures(tx, &actor, &bank, &lines, &query.source)?;
                Ok(Recorded { items })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(recorded))
}

/// A bank at a glance: items by state, items in use by topic, difficulty and facility. Role: author
/// or reviewer of the bank.
#[utoipa::path(tag = "bank", responses((status = 200, body = Health), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/banks/{bank}/health")]
pub async fn bank_health(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
) -> Answer<web::Json<Health>> {
    let bank = bank.into_inner();
    store
        .read(move |view| service::health(view, &actor, &bank))
        .await
        .map(web::Json)
}
