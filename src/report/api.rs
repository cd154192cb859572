//! REST: exports.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, FileKind};
use crate::access::Actor;
use crate::http::{Answer, Lang, Page, ProblemBody};
use crate::kernel::Id;
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config.service(results_as_csv).service(results_as_xlsx);
}

/// Published results with names and ID numbers, as CSV; the export is recorded. Role: HR officer.
#[utoipa::path(tag = "report", responses((status = 200, content_type = "text/csv"), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/examinations/{id}/results.csv")]
pub async fn results_as_csv(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    export(&store, actor, id.into_inner(), FileKind::Csv, page.lang).await
}

/// Published results with names and ID numbers, as a workbook; the export is recorded. Role: HR
/// officer.
#[utoipa::path(tag = "report", responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/examinations/{id}/results.xlsx")]
pub async fn results_as_xlsx(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    export(&store, actor, id.into_inner(), FileKind::Xlsx, page.lang).await
}

/// Makes the file first, then records it, and gives it out only when the record is durable.
async fn export(
    store: &Store,
    actor: Actor,
    id: Id,
    kind: FileKind,
    lang: Lang,
) -> Answer<HttpResponse> {
    let by = actor.clone();
    let file = store
        .read(move |view| service::results(view, &by, id, kind, lang))
        .await?;
    let (rows, hash) = (file.rows, file.hash());
    store
        .write(move |tx| service::record_export(tx, &actor, id, kind, rows, hash))
        .await?;
    let disposition = format!("attachment; filename=\"{}\"", file.name);
    Ok(HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(file.content))
}
