//! REST: who may see which bank, and who has seen which key.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::Actor;
use crate::access::api::Paging;
use crate::bank::service::{self, BankAccess, KeyView};
use crate::http::{Answer, Body, Listing, Params, ProblemBody};
use crate::kernel::Id;
use crate::store::Store;

/// The banks and who may see each. Role: security administrator.
#[utoipa::path(tag = "bank", responses((status = 200, body = Vec<BankAccess>), (status = 403, body = ProblemBody)))]
#[get("/banks/access")]
pub async fn list_bank_access(
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<web::Json<Vec<BankAccess>>> {
    store
        .read(move |view| service::bank_access(view, &actor))
        .await
        .map(web::Json)
}

/// Somebody's access to a bank.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessChange {
    /// The account of an author or a reviewer.
    account: Id,
    /// Why; kept in the decision log.
    reason: String,
}

/// Admits an author or a reviewer to a bank; the first admission closes it to all others. Role:
/// security administrator.
#[utoipa::path(request_body = AccessChange, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/access")]
pub async fn grant_bank_access(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(form): Body<AccessChange>,
) -> Answer<HttpResponse> {
    let bank = bank.into_inner();
    store
        .write(move |tx| service::grant_bank(tx, &actor, &bank, form.account, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes access to a bank back; the bank stays closed. Role: security administrator.
#[utoipa::path(request_body = AccessChange, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[delete("/banks/{bank}/access")]
pub async fn revoke_bank_access(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(form): Body<AccessChange>,
) -> Answer<HttpResponse> {
    let bank = bank.into_inner();
    store
        .write(move |tx| service::revoke_bank(tx, &actor, &bank, form.account, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who has seen an item on trial or in use with its key, the latest first. Role: supervisor, or
/// reviewer who may see the item.
#[utoipa::path(tag = "bank", params(Paging), responses((status = 200, body = Listing<KeyView>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/items/{id}/views")]
pub async fn list_key_views(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<KeyView>>> {
    let id = id.into_inner();
    let (before, fetch) = (paging.after()?, paging.fetch());
    let views = store
        .read(move |view| service::key_views_of(view, &actor, id, before, fetch))
        .await?;
    Ok(web::Json(Listing::new(views, paging.size(), |view| {
        view.id.to_string()
    })))
}
