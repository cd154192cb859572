//! REST: stimuli and pictures.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{PictureContent, StimulusView};
use crate::access::{Actor, Role};
use crate::bank::item::Stimulus;
use crate::bank::picture::BYTES_MAX;
use crate::bank::rich;
use crate::http::{Answer, Body, ProblemBody, read_up_to};
use crate::kernel::merkle::Hash;
use crate::store::Store;

/// Adds the operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(list_stimuli)
        .service(create_stimulus)
        .service(edit_stimulus)
        .service(add_picture)
        .service(show_picture);
}

/// The stimuli of a bank: for authors those that they wrote or write about. Role: author or reviewer.
#[utoipa::path(tag = "bank", responses((status = 200, body = Vec<StimulusView>), (status = 403, body = ProblemBody)))]
#[get("/banks/{bank}/stimuli")]
pub async fn list_stimuli(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
) -> Answer<web::Json<Vec<StimulusView>>> {
    store
        .read(move |view| super::stimuli(view, &actor, &bank))
        .await
        .map(web::Json)
}

/// Writes a new stimulus. Role: author.
#[utoipa::path(request_body = Stimulus, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/stimuli")]
pub async fn create_stimulus(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(stimulus): Body<Stimulus>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| super::create(tx, &actor, &bank, &stimulus))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Writes a stimulus anew, while every item about it is a draft of one's own. Role: author of the
/// stimulus.
#[utoipa::path(request_body = Stimulus, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/banks/{bank}/stimuli")]
pub async fn edit_stimulus(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(stimulus): Body<Stimulus>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| super::edit(tx, &actor, &bank, &stimulus))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A picture that was added.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AddedPicture {
    /// How rich texts name it: `<img src="⟨source⟩" alt="…">`.
    pub source: String,
}

impl AddedPicture {
    pub(super) fn new(hash: &Hash) -> Self {
        Self {
            source: rich::source_of(hash),
        }
    }
}

/// Adds a picture to a bank: PNG, JPEG, GIF or WebP of at most 2 MB, itself as body. Role: author.
#[utoipa::path(request_body(content = Vec<u8>, content_type = "image/png"), tag = "bank", responses((status = 201, body = AddedPicture), (status = 403, body = ProblemBody), (status = 413, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/pictures")]
pub async fn add_picture(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let bytes = read_up_to(&request, payload, BYTES_MAX).await?;
    let hash = store
        .write(move |tx| super::add_picture(tx, &actor, &bank, &bytes))
        .await?;
    Ok(HttpResponse::Created().json(AddedPicture::new(&hash)))
}

/// A picture of a bank that one may see. Role: author or reviewer.
#[utoipa::path(tag = "bank", responses((status = 200, body = Vec<u8>, content_type = "image/png"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/pictures/{hash}")]
pub async fn show_picture(
    store: web::Data<Store>,
    actor: Actor,
    hash: web::Path<String>,
) -> Answer<HttpResponse> {
    store
        .read(move |view| super::picture(view, &actor, &hash))
        .await
        .map(image)
}

/// A picture as an answer. It never changes, and runs nothing whatever it holds.
pub fn image(picture: PictureContent) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(picture.media_type)
        .insert_header((CACHE_CONTROL, "private, max-age=3600, immutable"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(picture.content)
}
