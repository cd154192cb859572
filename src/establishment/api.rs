//! REST: organisations and headcount.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};

use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::HeadcountKind;
use super::service::{self, Approval, NewOrganisation, OrganisationView};
use crate::access::api::{Created, Paging, idempotency_key};
use crate::access::{Actor, service::once};
use crate::http::{Answer, Body, Listing, Params, ProblemBody};
use crate::kernel::Id;
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(add_organisation)
        .service(list_organisations)
        .service(show_organisation)
        .service(approve_headcount);
}

/// Adds an organisation. Role: HR officer.
#[utoipa::path(request_body = NewOrganisation, tag = "establishment", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/organisations")]
pub async fn add_organisation(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    Body(new): Body<NewOrganisation>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &new, |tx| {
                Ok(Created {
                    id: service::add_organisation(tx, &actor, &new)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// Organisations and their headcount. Open to everybody.
#[utoipa::path(tag = "establishment", params(Paging), responses((status = 200, body = Listing<OrganisationView>)))]
#[get("/organisations")]
pub async fn list_organisations(
    store: web::Data<Store>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<OrganisationView>>> {
    let (after, fetch) = (paging.after()?, paging.fetch());
    let rows = store
        .read(move |view| service::organisations(view, after, fetch))
        .await?;
    Ok(web::Json(Listing::new(rows, paging.size(), |row| {
        row.id.to_string()
    })))
}

/// One organisation. Open to everybody.
#[utoipa::path(tag = "establishment", responses((status = 200, body = OrganisationView), (status = 404, body = ProblemBody)))]
#[get("/organisations/{id}")]
pub async fn show_organisation(
    store: web::Data<Store>,
    id: web::Path<Id>,
) -> Answer<web::Json<OrganisationView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::organisation(view, id))
        .await
        .map(web::Json)
}

/// Enters approved and occupied headcount of one type. Role: HR officer.
#[utoipa::path(request_body = Approval, tag = "establishment", responses((status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/organisations/{id}/headcount/{kind}")]
pub async fn approve_headcount(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, HeadcountKind)>,
    Body(approval): Body<Approval>,
) -> Answer<HttpResponse> {
    let (id, kind) = path.into_inner();
    store
        .write(move |tx| service::approve_headcount(tx, &actor, id, kind, &approval))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
