//! The logs as anyone's programs fetch them (C2SP tlog-tiles v0.1.0): files of the disk, which any
//! cache may keep, for verifiers in any browser. Without a year, the newest log.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::kernel::Problem;
use crate::ledger::publish::Logs;
use crate::ledger::tile::TileName;
use crate::ledger::{self, Log};
use crate::store::Store;

/// The longest that anything immutable is kept by a cache.
const FOREVER: &str = "public, max-age=604800, immutable";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    for prefix in ["/log/{year:\\d{4}}", "/log"] {
        config
            .route(&format!("{prefix}/checkpoint"), web::get().to(checkpoint))
            .route(&format!("{prefix}/vkey"), web::get().to(vkey))
            .route(&format!("{prefix}/policy"), web::get().to(policy))
            .route(&format!("{prefix}/{{tile:tile/.*}}"), web::get().to(tile));
    }
}

#[derive(Deserialize)]
struct Place {
    year: Option<i32>,
    tile: Option<String>,
}

/// An answer that any page may read, kept by caches only if `cache` says so.
fn answer(kind: &'static str, cache: &'static str, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CACHE_CONTROL, cache))
        .body(body);
    open_to_all(&mut response);
    response
}

fn open_to_all(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

/// What is not there may come: no cache keeps that it was missing.
fn missing() -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::NOT_FOUND)
        .insert_header((header::CONTENT_TYPE, TEXT))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body("not there\n");
    open_to_all(&mut response);
    response
}

const TEXT: &str = "text/plain; charset=utf-8";

/// The log that is asked for, if there is one.
async fn log(store: &Store, year: Option<i32>) -> Result<Option<Log>, Problem> {
    let logs = store.read(ledger::logs).await?;
    Ok(match year {
        Some(year) => logs.into_iter().find(|log| log.year == year),
        None => logs.into_iter().next_back(),
    })
}

/// Reads something of a log's files on a thread that may wait for the disk.
async fn from_disk(
    logs: &Logs,
    year: i32,
    read: impl FnOnce(&ledger::disk::Disk) -> std::io::Result<Option<Vec<u8>>> + Send + 'static,
) -> Result<Option<Vec<u8>>, Problem> {
    let disk = logs.disk(year);
    let found = web::block(move || read(&disk)).await;
    found.map_err(Problem::internal)?.map_err(Problem::internal)
}

async fn checkpoint(
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    place: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let Some(log) = log(&store, place.year).await? else {
        return Ok(missing());
    };
    let note = from_disk(&logs, log.year, ledger::disk::Disk::checkpoint).await?;
    Ok(note.map_or_else(missing, |note| answer(TEXT, "no-store", note)))
}

async fn tile(
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    place: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let name = place.tile.as_deref().and_then(TileName::parse);
    let year = match place.year {
        Some(year) => Some(year),
        None => log(&store, None).await?.map(|log| log.year),
    };
    let Some((name, year)) = name.zip(year) else {
        return Ok(missing());
    };
    let bytes = from_disk(&logs, year, move |disk| disk.tile(name)).await?;
    let kind = "application/octet-stream";
    Ok(bytes.map_or_else(missing, |bytes| answer(kind, FOREVER, bytes)))
}

async fn vkey(store: web::Data<Store>, place: web::Path<Place>) -> Result<HttpResponse, Problem> {
    let log = log(&store, place.year).await?;
    Ok(log.map_or_else(missing, |log| {
        answer(TEXT, "no-store", format!("{}\n", log.vkey).into_bytes())
    }))
}

async fn policy(
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    place: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let log = log(&store, place.year).await?;
    Ok(log.map_or_else(missing, |log| {
        answer(TEXT, "no-store", logs.policy_text(&[log]).into_bytes())
    }))
}
