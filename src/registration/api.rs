//! REST: candidates, applications, reviews and tickets.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::records::Facts;
use super::rules::ApplicationState;
use super::service::{
    self, ApplicationLine, ApplicationView, Cancellation, CandidateView, Issued, NewCandidate,
    PhotoContent, Reduction, Retention, ReviewView, Shortfall, TicketView, Verdict,
};
use super::upload;
use crate::access::api::{Created, Paging, idempotency_key};
use crate::access::{Actor, LinkLimit, service::once};
use crate::ceremony::Gate;
use crate::http::{Answer, Body, Listing, Params, ProblemBody, PublicUrl};
use crate::kernel::Id;
use crate::kernel::secret::Secret;
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_up)
        .service(verify_address)
        .service(own_candidate)
        .service(put_own_facts)
        .service(put_own_photo)
        .service(show_own_photo)
        .service(submit_application)
        .service(list_own_applications)
        .service(show_application)
        .service(withdraw_application)
        .service(move_application)
        .service(list_applications)
        .service(show_review)
        .service(review_application)
        .service(list_shortfalls)
        .service(reduce_post)
        .service(cancel_post)
        .service(keep_post)
        .service(fix_seats)
        .service(issue_tickets)
        .service(show_ticket);
}

/// Signs up as a candidate; a mail with a link verifies the address, and only then is there an
/// account. The answer is the same for who has one already. Open to everybody.
#[utoipa::path(request_body = NewCandidate, tag = "registration", responses((status = 202), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
#[post("/candidates")]
pub async fn sign_up(
    store: web::Data<Store>,
    limit: web::Data<LinkLimit>,
    site: web::Data<PublicUrl>,
    Body(new): Body<NewCandidate>,
) -> Answer<HttpResponse> {
    service::sign_up(&store, &limit, new, &site.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The token from the link in the mail, and the password of the account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The token.
    #[schema(value_type = String)]
    token: Secret,
    /// The password.
    #[schema(value_type = String)]
    password: Secret,
}

/// Verifies an address and opens the candidate's account. Open to everybody who has the link.
#[utoipa::path(request_body = Verification, tag = "registration", responses((status = 201, body = Created), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/candidates/verifications")]
pub async fn verify_address(
    store: web::Data<Store>,
    Body(link): Body<Verification>,
) -> Answer<HttpResponse> {
    let id = service::verify(&store, &link.token, link.password).await?;
    Ok(HttpResponse::Created().json(Created { id }))
}

/// The candidate of the token, the resident ID number masked. Role: candidate.
#[utoipa::path(tag = "registration", responses((status = 200, body = CandidateView), (status = 403, body = ProblemBody)))]
#[get("/candidates/me")]
pub async fn own_candidate(
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<web::Json<CandidateView>> {
    store
        .read(move |view| service::candidate(view, &actor))
        .await
        .map(web::Json)
}

/// States the facts by which eligibility is judged. Role: candidate.
#[utoipa::path(request_body = Facts, tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/candidates/me")]
pub async fn put_own_facts(
    store: web::Data<Store>,
    actor: Actor,
    Body(facts): Body<Facts>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| service::put_facts(tx, &actor, &facts))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts the photograph: the image itself as body, JPEG or PNG. Role: candidate.
#[utoipa::path(tag = "registration", request_body(content = Vec<u8>, content_type = "image/jpeg"), responses((status = 204), (status = 409, body = ProblemBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/candidates/me/photo")]
pub async fn put_own_photo(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let upload = upload::read_body(&request, payload).await?;
    let declared = upload.declared;
    store
        .write(move |tx| service::put_photo(tx, &actor, &upload.content, declared.as_deref()))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The photograph of the candidate of the token. Role: candidate.
#[utoipa::path(tag = "registration", responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemBody)))]
#[get("/candidates/me/photo")]
pub async fn show_own_photo(store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    store
        .read(move |view| service::own_photo(view, &actor))
        .await
        .map(image)
}

/// A photograph as an answer.
pub(super) fn image(photo: PhotoContent) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(photo.media_type)
        .body(photo.content)
}

/// The post applied for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostChoice {
    /// Its id.
    post: Id,
}

/// Applies for a post of an examination. Role: candidate.
#[utoipa::path(request_body = PostChoice, tag = "registration", responses((status = 201, body = Created), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/applications")]
pub async fn submit_application(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(choice): Body<PostChoice>,
) -> Answer<HttpResponse> {
    let (key, examination) = (idempotency_key(&request)?, id.into_inner());
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(examination, &choice), |tx| {
                let id = service::apply(tx, &actor, examination, choice.post)?;
                Ok(Created { id })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// The applications of the token's candidate, newest first. Role: candidate.
#[utoipa::path(tag = "registration", params(Paging), responses((status = 200, body = Listing<ApplicationView>), (status = 403, body = ProblemBody)))]
#[get("/applications")]
pub async fn list_own_applications(
    store: web::Data<Store>,
    actor: Actor,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<ApplicationView>>> {
    let (before, fetch) = (paging.after()?, paging.fetch());
    let rows = store
        .read(move |view| service::own_applications(view, &actor, before, fetch))
        .await?;
    Ok(web::Json(Listing::new(rows, paging.size(), |row| {
        row.id.to_string()
    })))
}

/// One application with its steps. Role: its candidate, HR officer or organiser.
#[utoipa::path(tag = "registration", responses((status = 200, body = ApplicationView), (status = 404, body = ProblemBody)))]
#[get("/applications/{id}")]
pub async fn show_application(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<ApplicationView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::application(view, &actor, id))
        .await
        .map(web::Json)
}

/// Withdraws an application. Role: its candidate.
#[utoipa::path(tag = "registration", responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/applications/{id}/withdrawal")]
pub async fn withdraw_application(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::withdraw(tx, &actor, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Moves an application to another post of the same examination. Role: its candidate.
#[utoipa::path(request_body = PostChoice, tag = "registration", responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/applications/{id}/post")]
pub async fn move_application(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(choice): Body<PostChoice>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::change_post(tx, &actor, id, choice.post))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which applications to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApplicationQuery {
    /// Only those in this state.
    pub state: Option<ApplicationState>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, at most 200.
    pub limit: Option<u16>,
}

impl ApplicationQuery {
    /// The part that says where to go on.
    pub fn paging(&self) -> Paging {
        Paging {
            cursor: self.cursor.clone(),
            limit: self.limit,
        }
    }
}

/// The applications of an examination, oldest first. Role: HR officer or organiser.
#[utoipa::path(tag = "registration", params(ApplicationQuery), responses((status = 200, body = Listing<ApplicationLine>), (status = 403, body = ProblemBody)))]
#[get("/examinations/{id}/applications")]
pub async fn list_applications(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Params(query): Params<ApplicationQuery>,
) -> Answer<web::Json<Listing<ApplicationLine>>> {
    let (id, paging, state) = (id.into_inner(), query.paging(), query.state);
    let (after, fetch) = (paging.after()?, paging.fetch());
    let rows = store
        .read(move |view| service::applications(view, &actor, id, state, after, fetch))
        .await?;
    Ok(web::Json(Listing::new(rows, paging.size(), |row| {
        row.id.to_string()
    })))
}

/// One application with the person and facts behind it. Role: HR officer or organiser.
#[utoipa::path(tag = "registration", responses((status = 200, body = ReviewView), (status = 403, body = ProblemBody)))]
#[get("/applications/{id}/review")]
pub async fn show_review(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<ReviewView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::review_view(view, &actor, id))
        .await
        .map(web::Json)
}

/// Approves or refuses an application, once. Role: HR officer.
#[utoipa::path(request_body = Verdict, tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/applications/{id}/review")]
pub async fn review_application(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(verdict): Body<Verdict>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::review(tx, &actor, id, &verdict))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The posts with too few applicants, and what the rules allow for each. Role: HR officer or
/// organiser.
#[utoipa::path(tag = "registration", responses((status = 200, body = Vec<Shortfall>), (status = 403, body = ProblemBody)))]
#[get("/examinations/{id}/shortfalls")]
pub async fn list_shortfalls(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<Vec<Shortfall>>> {
    let id = id.into_inner();
    store
        .read(move |view| service::shortfalls(view, &actor, id))
        .await
        .map(web::Json)
}

/// Cuts the places of a post that drew too few applicants. Role: HR officer or organiser.
#[utoipa::path(request_body = Reduction, tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/posts/{id}/reduction")]
pub async fn reduce_post(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(reduction): Body<Reduction>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::reduce_post(tx, &actor, id, &reduction))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Cancels a post that drew too few applicants. Role: HR officer or organiser.
#[utoipa::path(request_body = Cancellation, tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/posts/{id}/cancellation")]
pub async fn cancel_post(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(cancellation): Body<Cancellation>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::cancel_post(tx, &actor, id, &cancellation))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Keeps a post that drew too few applicants, under an approval. Role: HR officer or organiser.
#[utoipa::path(request_body = Retention, tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/posts/{id}/retention")]
pub async fn keep_post(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(retention): Body<Retention>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::keep_post(tx, &actor, id, &retention))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Fixes whom a draw of seats is for: everybody approved. Role: organiser.
#[utoipa::path(tag = "registration", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/draws/{id}/pool/seats")]
pub async fn fix_seats(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_seats(tx, &actor, &gate, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Issues ticket numbers, rooms and seats to everybody approved, by the draw of seats. Role:
/// organiser.
#[utoipa::path(tag = "registration", responses((status = 201, body = Issued), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/examinations/{id}/tickets")]
pub async fn issue_tickets(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (key, examination) = (idempotency_key(&request)?, id.into_inner());
    let issued = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &examination, |tx| {
                service::issue_tickets(tx, &actor, examination)
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(issued))
}

/// The admission ticket of an application. Role: its candidate, HR officer or organiser.
#[utoipa::path(tag = "registration", responses((status = 200, body = TicketView), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[get("/applications/{id}/ticket")]
pub async fn show_ticket(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<TicketView>> {
    let id = id.into_inner();
    store
        .read(move |view| service::ticket(view, &actor, id))
        .await
        .map(web::Json)
}
