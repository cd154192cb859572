//! REST: draws, step by step.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Gate;
use super::rules::StandsBack;
use super::service::{self, DrawView, MarkerPool, NewDraw, PersonView};
use crate::access::Actor;
use crate::access::api::{Created, idempotency_key};
use crate::access::service::once;
use crate::http::{Answer, Body, ProblemBody};
use crate::kernel::{Id, Problem};
use crate::store::{Store, Tx};

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(open_draw)
        .service(list_draws)
        .service(list_custodians)
        .service(show_draw)
        .service(commit_secret)
        .service(fix_markers)
        .service(contribute)
        .service(enter_beacon)
        .service(reveal_secret)
        .service(draw_list)
        .service(substitute)
        .service(void_draw);
}

/// Opens a draw by lot. Role: organiser.
#[utoipa::path(request_body = NewDraw, tag = "ceremony", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/draws")]
pub async fn open_draw(
    request: HttpRequest,
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewDraw>,
) -> Answer<HttpResponse> {
    let (key, id) = (idempotency_key(&request)?, id.into_inner());
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(id, &new), |tx| {
                let id = service::open(tx, &actor, &gate, id, &new)?;
                Ok(Created { id })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// All draws of an examination, also those that were given up. Open to everybody.
#[utoipa::path(tag = "ceremony", responses((status = 200, body = Vec<DrawView>), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}/draws")]
pub async fn list_draws(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<web::Json<Vec<DrawView>>> {
    let id = id.into_inner();
    store
        .read(move |view| Ok(service::draws(view, actor.as_ref(), id)?.1))
        .await
        .map(web::Json)
}

/// Those who may keep a secret of a draw. Role: organiser.
#[utoipa::path(tag = "ceremony", responses((status = 200, body = Vec<PersonView>), (status = 403, body = ProblemBody)))]
#[get("/custodians")]
pub async fn list_custodians(
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<web::Json<Vec<PersonView>>> {
    store
        .read(move |view| service::people(view, &actor))
        .await
        .map(web::Json)
}

/// One draw. Open to everybody once the examination is announced.
#[utoipa::path(tag = "ceremony", responses((status = 200, body = DrawView), (status = 404, body = ProblemBody)))]
#[get("/draws/{id}")]
pub async fn show_draw(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<web::Json<DrawView>> {
    let id = id.into_inner();
    store
        .read(move |view| Ok(service::draw(view, actor.as_ref(), &gate, id)?.draw))
        .await
        .map(web::Json)
}

/// Runs an act that answers nothing.
async fn act(
    store: &Store,
    act: impl FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static,
) -> Answer<HttpResponse> {
    store.write(act).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A commitment to a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommitment {
    /// SHA-256 of `"draw-secret/1\0" ‖ lp(draw code) ‖ be64(number) ‖ secret`, hexadecimal.
    commitment: String,
}

/// Commits to the caller's secret; the secret itself stays with the caller. Role: a custodian of
/// the draw.
#[utoipa::path(request_body = NewCommitment, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/commitment")]
pub async fn commit_secret(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewCommitment>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::commit_secret(tx, &actor, id, &new.commitment)
    })
    .await
}

/// Fixes the markers that are drawn from: all who may mark now. Role: organiser.
#[utoipa::path(request_body = MarkerPool, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/pool/markers")]
pub async fn fix_markers(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    Body(pool): Body<MarkerPool>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::fix_markers(tx, &actor, &gate, id, pool)
    })
    .await
}

/// What candidates contribute.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContributions {
    /// Digits, one entry for each candidate, in the order in which they gave them.
    contributions: Vec<String>,
}

/// Takes in what candidates contribute to the seed of the order of interviews. Role: organiser.
#[utoipa::path(request_body = NewContributions, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/contributions")]
pub async fn contribute(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewContributions>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::contribute(tx, &actor, id, &new.contributions)
    })
    .await
}

/// The value of a beacon.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBeaconValue {
    /// A drand round as its server answers it, or its signature; the numbers of a lottery, groups
    /// between strokes; or the digits of the dice.
    value: String,
}

/// Enters the beacon's value, once its time has come. Role: organiser.
#[utoipa::path(request_body = NewBeaconValue, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/beacon")]
pub async fn enter_beacon(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewBeaconValue>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::enter_beacon(tx, &actor, &gate, id, &new.value)
    })
    .await
}

/// A secret that was committed to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownSecret {
    /// 32 bytes, hexadecimal.
    secret: String,
}

/// Shows the caller's secret, once the beacon has its value. Role: a custodian of the draw.
#[utoipa::path(request_body = ShownSecret, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/secret")]
pub async fn reveal_secret(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(shown): Body<ShownSecret>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::reveal_secret(tx, &actor, id, &shown.secret)
    })
    .await
}

/// Draws the order of a list: of interviews, of panels or of markers. Role: organiser.
#[utoipa::path(tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/draws/{id}/result")]
pub async fn draw_list(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| service::draw_list(tx, &actor, id)).await
}

/// Somebody who stands back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubstitution {
    /// The member.
    member: Id,
    /// Why.
    reason: StandsBack,
}

/// Puts the first of the reserve in the place of somebody who stands back. Role: organiser.
#[utoipa::path(request_body = NewSubstitution, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/substitutions")]
pub async fn substitute(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewSubstitution>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| {
        service::substitute(tx, &actor, id, new.member, new.reason)
    })
    .await
}

/// Why a draw is given up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoid {
    /// The reason, as everybody reads it.
    reason: String,
}

/// Gives a draw up before its result. Role: organiser.
#[utoipa::path(request_body = NewVoid, tag = "ceremony", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/draws/{id}/void")]
pub async fn void_draw(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(new): Body<NewVoid>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    act(&store, move |tx| service::void(tx, &actor, id, &new.reason)).await
}
