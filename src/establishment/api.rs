//! REST: organisations, headcount, posts, and the announcement that offers them.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::HeadcountKind;
use super::service::{self, Approval, NewOrganisation, NewPost, OrganisationView, PostView};
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
        .service(approve_headcount)
        .service(add_post)
        .service(list_posts)
        .service(show_post)
        .service(remove_post)
        .service(announce);
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

/// Adds a post to a draft examination. Role: HR officer, organiser.
#[utoipa::path(tag = "establishment", request_body = NewPost, responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/posts")]
pub async fn add_post(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewPost>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let asked = (id.into_inner(), new);
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &asked, |tx| {
                Ok(Created {
                    id: service::add_post(tx, &actor, asked.0, &asked.1)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// The posts of an examination, by code. Open to everybody; those of a draft to staff.
#[utoipa::path(tag = "establishment", params(Paging), responses((status = 200, body = Listing<PostView>), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}/posts")]
pub async fn list_posts(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<PostView>>> {
    let (id, fetch, size) = (id.into_inner(), paging.fetch(), paging.size());
    let posts = store
        .read(move |view| {
            service::visible_posts(view, actor.as_ref(), id, paging.cursor.as_deref(), fetch)
        })
        .await?;
    Ok(web::Json(Listing::new(posts, size, |post| {
        post.code.clone()
    })))
}

/// One post. Open to everybody; that of a draft to staff.
#[utoipa::path(tag = "establishment", responses((status = 200, body = PostView), (status = 404, body = ProblemBody)))]
#[get("/posts/{id}")]
pub async fn show_post(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<web::Json<PostView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::visible_post(view, actor.as_ref(), id))
        .await
        .map(web::Json)
}

/// Removes a post from a draft examination and gives its headcount back. Role: HR officer,
/// organiser.
#[utoipa::path(tag = "establishment", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[delete("/posts/{id}")]
pub async fn remove_post(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::remove_post(tx, &actor, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Publishes the announcement of a draft examination and freezes its rules. Role: organiser.
#[utoipa::path(tag = "establishment", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/announcement")]
pub async fn announce(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::announce(tx, &actor, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
