//! REST: the public log, and decisions for supervisors.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::receipts::{self, ReceiptLine};
use super::service::{self, LogLine};
use crate::access::Actor;
use crate::access::api::Paging;
use crate::http::{Answer, Listing, Params, ProblemBody};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::proof::Proof;
use crate::ledger::publish::Logs;
use crate::ledger::{LogEntry, Payload};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(list_logs)
        .service(log_entries)
        .service(list_decisions)
        .service(list_receipts)
        .service(show_receipt);
}

/// An index of the log, given as a cursor.
fn index(cursor: Option<&String>) -> Result<Option<i64>, Problem> {
    let parse = |text: &String| {
        let index: Option<i64> = text.parse().ok();
        index
            .filter(|index| *index >= 0)
            .ok_or_else(|| Problem::field("cursor", "cursor"))
    };
    cursor.map(parse).transpose()
}

/// Entries of the log of a year in order; the cursor is an index. Open to everybody.
#[utoipa::path(tag = "disclosure", params(Paging), responses((status = 200, body = Listing<LogLine>)))]
#[get("/logs/{year}/entries")]
pub async fn log_entries(
    store: web::Data<Store>,
    year: web::Path<i32>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<LogLine>>> {
    let year = year.into_inner();
    let (from, fetch) = (index(paging.cursor.as_ref())?.unwrap_or(0), paging.fetch());
    let lines = store
        .read(move |view| service::log_from(view, year, from, fetch))
        .await?;
    Ok(web::Json(Listing::new(lines, paging.size(), |line| {
        line.index.saturating_add(1).to_string()
    })))
}

/// A log, its name and key, and what it signed last.
#[derive(Serialize, ToSchema)]
pub struct LogBody {
    /// The examination year.
    year: i32,
    /// Its name, the first line of its checkpoints.
    origin: String,
    /// Its verifier key.
    vkey: String,
    /// Number of entries at the last checkpoint.
    size: i64,
    /// Root there, hexadecimal.
    root: String,
    /// When it was fixed.
    at: Option<Instant>,
}

/// The public logs, one for each examination year. Open to everybody.
#[utoipa::path(tag = "disclosure", responses((status = 200, body = Vec<LogBody>)))]
#[get("/logs")]
pub async fn list_logs(store: web::Data<Store>) -> Answer<web::Json<Vec<LogBody>>> {
    let logs = store.read(service::logs).await?;
    let bodies = logs.into_iter().map(|(log, last)| LogBody {
        year: log.year,
        origin: log.origin,
        vkey: log.vkey,
        size: last.as_ref().map_or(0, |last| last.size),
        root: last
            .as_ref()
            .map(|last| last.root.clone())
            .unwrap_or_default(),
        at: last.map(|last| last.at),
    });
    Ok(web::Json(bodies.collect()))
}

/// Which decisions, and where to go on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DecisionParams {
    /// The year of the log; the newest without it.
    pub year: Option<i32>,
    /// Only those of this examination.
    pub examination: Option<Id>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, at most 200.
    pub limit: Option<u16>,
}

/// A decision as it was taken.
#[derive(Serialize, ToSchema)]
pub struct DecisionBody {
    /// The year of its log.
    year: i32,
    /// Its place there.
    index: i64,
    /// Leaf hash, hexadecimal.
    leaf_hash: String,
    /// The decision: kind, role, inputs, outcome and reason.
    #[schema(value_type = Object)]
    decision: Payload,
}

impl From<LogEntry> for DecisionBody {
    fn from(entry: LogEntry) -> Self {
        Self {
            year: entry.year,
            index: entry.index,
            leaf_hash: entry.leaf_hash,
            decision: entry.payload,
        }
    }
}

/// Decisions as they were taken, newest first. Role: supervisor or audit administrator.
#[utoipa::path(tag = "disclosure", params(DecisionParams), responses((status = 200, body = Listing<DecisionBody>), (status = 403, body = ProblemBody)))]
#[get("/decisions")]
pub async fn list_decisions(
    store: web::Data<Store>,
    actor: Actor,
    Params(params): Params<DecisionParams>,
) -> Answer<web::Json<Listing<DecisionBody>>> {
    let before = index(params.cursor.as_ref())?;
    let size = params.limit.unwrap_or(50).clamp(1, 200);
    let (wanted, examination) = (params.year, params.examination);
    let entries = store
        .read(move |view| {
            let year = service::log_year(view, wanted)?.unwrap_or_default();
            let fetch = i64::from(size) + 1;
            service::decisions(view, &actor, year, examination, before, fetch)
        })
        .await?;
    let decisions = entries.into_iter().map(DecisionBody::from).collect();
    Ok(web::Json(Listing::new(
        decisions,
        usize::from(size),
        |decision: &DecisionBody| decision.index.to_string(),
    )))
}

/// The decisions about an application of which there are receipts. Role: its candidate.
#[utoipa::path(tag = "disclosure", responses((status = 200, body = Vec<ReceiptLine>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/applications/{id}/receipts")]
pub async fn list_receipts(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Vec<ReceiptLine>>> {
    let id = id.into_inner();
    let (_, lines) = store
        .read(move |view| receipts::receipts(view, &actor, id))
        .await?;
    Ok(web::Json(lines))
}

/// A receipt as a `.tlog-proof` file, with what the entry commits to. Role: its candidate.
#[utoipa::path(tag = "disclosure", responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/applications/{id}/receipts/{decision}")]
pub async fn show_receipt(
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
) -> Answer<HttpResponse> {
    let (application, decision) = path.into_inner();
    let receipt = store
        .read(move |view| receipts::receipt(view, &actor, &logs, application, decision))
        .await?;
    Ok(proof_file(&receipt.proof, decision))
}

/// A receipt, to be saved under a name of its own.
pub(super) fn proof_file(proof: &Proof, decision: Id) -> HttpResponse {
    let name = format!("attachment; filename=\"{decision}.tlog-proof\"");
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, name))
        .body(proof.text())
}
