//! REST: the public log, and decisions for supervisors.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, LogLine};
use crate::access::Actor;
use crate::access::api::Paging;
use crate::http::{Answer, Listing, Params, ProblemBody};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::{self, LogEntry};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(log_entries)
        .service(log_checkpoint)
        .service(list_decisions);
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

/// Entries of the public decision log in order; the cursor is an index. Open to everybody.
#[utoipa::path(tag = "disclosure", params(Paging), responses((status = 200, body = Listing<LogLine>)))]
#[get("/log/entries")]
pub async fn log_entries(
    store: web::Data<Store>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<LogLine>>> {
    let (from, fetch) = (index(paging.cursor.as_ref())?.unwrap_or(0), paging.fetch());
    let lines = store
        .read(move |view| service::log_from(view, from, fetch))
        .await?;
    Ok(web::Json(Listing::new(lines, paging.size(), |line| {
        line.index.saturating_add(1).to_string()
    })))
}

/// A size of the log and its RFC 6962 root.
#[derive(Serialize, ToSchema)]
pub struct CheckpointBody {
    /// Number of entries.
    size: i64,
    /// Root, hexadecimal.
    root: String,
    /// When it was fixed.
    at: Instant,
}

/// The last fixed size and root of the decision log. Open to everybody.
#[utoipa::path(tag = "disclosure", responses((status = 200, body = CheckpointBody), (status = 404, body = ProblemBody)))]
#[get("/log/checkpoint")]
pub async fn log_checkpoint(store: web::Data<Store>) -> Answer<web::Json<CheckpointBody>> {
    let last = store.read(ledger::last_checkpoint).await?;
    let last = last.ok_or_else(Problem::not_found)?;
    Ok(web::Json(CheckpointBody {
        size: last.size,
        root: last.root,
        at: last.at,
    }))
}

/// Which decisions, and where to go on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DecisionParams {
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
    /// Its place in the log.
    index: i64,
    /// Leaf hash, hexadecimal.
    leaf_hash: String,
    /// The decision: kind, role, inputs, outcome and reason.
    #[schema(value_type = Object)]
    decision: ledger::Payload,
}

impl From<LogEntry> for DecisionBody {
    fn from(entry: LogEntry) -> Self {
        Self {
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
    let examination = params.examination;
    let entries = store
        .read(move |view| {
            service::decisions(view, &actor, examination, before, i64::from(size) + 1)
        })
        .await?;
    let decisions = entries.into_iter().map(DecisionBody::from).collect();
    Ok(web::Json(Listing::new(
        decisions,
        usize::from(size),
        |decision: &DecisionBody| decision.index.to_string(),
    )))
}
