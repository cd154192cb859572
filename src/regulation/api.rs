//! REST: examinations, their rules and the times of their sittings. The announcement itself needs
//! the posts and stands in the room of establishment.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::calendars::{self, NewArrangement};
use super::phase::Phase;
use super::service::{self, Examination, NewExamination, Sitting, Subject};
use super::words::Track;
use crate::access::api::{Created, Paging, idempotency_key};
use crate::access::{Actor, service::once};
use crate::http::{Answer, Body, Listing, Params, ProblemBody};
use crate::kernel::calendar::Arrangement;
use crate::kernel::{Id, Instant, Problem};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(open_examination)
        .service(list_examinations)
        .service(show_examination)
        .service(override_profile)
        .service(schedule_sitting)
        .service(list_calendars)
        .service(enter_calendar);
}

/// Opens an examination under the shipped rules of its track. Role: organiser.
#[utoipa::path(tag = "regulation", request_body = NewExamination, responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations")]
pub async fn open_examination(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    Body(new): Body<NewExamination>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &new, |tx| {
                Ok(Created {
                    id: service::open(tx, &actor, &new)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// An examination in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExaminationSummary {
    /// Id.
    id: Id,
    /// Code.
    code: String,
    /// Year.
    year: i32,
    /// Track.
    track: Track,
    /// Title in Chinese.
    title_zh: String,
    /// Title in English.
    title_en: String,
    /// Where it stands.
    phase: Phase,
    /// Registration opens.
    registration_opens: Instant,
    /// Registration closes.
    registration_closes: Instant,
    /// When the announcement was published.
    announced_at: Option<Instant>,
    /// Last day of the publicity period, once results are published.
    publicity_ends: Option<String>,
}

impl From<&Examination> for ExaminationSummary {
    fn from(examination: &Examination) -> Self {
        Self {
            id: examination.id,
            code: examination.code.clone(),
            year: examination.year,
            track: examination.track,
            title_zh: examination.title_zh.clone(),
            title_en: examination.title_en.clone(),
            phase: examination.phase,
            registration_opens: examination.registration_opens,
            registration_closes: examination.registration_closes,
            announced_at: examination.announced_at,
            publicity_ends: examination.publicity_ends.clone(),
        }
    }
}

/// An examination with its rules and sittings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExaminationView {
    /// What it is.
    #[serde(flatten)]
    summary: ExaminationSummary,
    /// The rules.
    profile: serde_json::Value,
    /// SHA-256 of the rules as canonical JSON (RFC 8785), in hex, once they are frozen.
    profile_hash: Option<String>,
    /// The written components and when they are sat.
    sittings: Vec<Subject>,
}

impl ExaminationView {
    fn new(examination: &Examination, sittings: Vec<Subject>) -> Result<Self, Problem> {
        Ok(Self {
            summary: examination.into(),
            profile: serde_json::to_value(&examination.profile).map_err(Problem::internal)?,
            profile_hash: examination.profile_hash.as_ref().map(hex::encode),
            sittings,
        })
    }
}

/// Examinations, newest first. Open to everybody; drafts are listed for staff.
#[utoipa::path(tag = "regulation", params(Paging), responses((status = 200, body = Listing<ExaminationSummary>)))]
#[get("/examinations")]
pub async fn list_examinations(
    store: web::Data<Store>,
    actor: Option<Actor>,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<ExaminationSummary>>> {
    let (before, fetch) = (paging.after()?, paging.fetch());
    let examinations = store
        .read(move |view| service::examinations(view, actor.as_ref(), before, fetch))
        .await?;
    let summaries = examinations.iter().map(ExaminationSummary::from).collect();
    Ok(web::Json(Listing::new(summaries, paging.size(), |row| {
        row.id.to_string()
    })))
}

/// One examination with its rules and sittings. Open to everybody; a draft to staff.
#[utoipa::path(tag = "regulation", responses((status = 200, body = ExaminationView), (status = 404, body = ProblemBody)))]
#[get("/examinations/{id}")]
pub async fn show_examination(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<web::Json<ExaminationView>> {
    let id = id.into_inner();
    let view = store
        .read(move |view| {
            let examination = service::visible(view, actor.as_ref(), id)?;
            let sittings = service::subjects(view, id)?;
            ExaminationView::new(&examination, sittings)
        })
        .await?;
    Ok(web::Json(view))
}

/// A change of the rules of one examination.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileOverride {
    /// TOML of the same shape as the profile, with the fields to replace.
    overrides: String,
    /// Why; kept in the decision log.
    reason: String,
}

/// Replaces parts of the rules of a draft examination. Role: organiser.
#[utoipa::path(tag = "regulation", request_body = ProfileOverride, responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/examinations/{id}/profile-overrides")]
pub async fn override_profile(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(change): Body<ProfileOverride>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| {
            service::override_profile(tx, &actor, id, &change.overrides, &change.reason)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets when a written component of a draft examination is sat. Role: organiser.
#[utoipa::path(tag = "regulation", request_body = Sitting, responses((status = 200, body = Created), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/examinations/{id}/sittings")]
pub async fn schedule_sitting(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(sitting): Body<Sitting>,
) -> Answer<web::Json<Created>> {
    let id = id.into_inner();
    let created = store
        .write(move |tx| service::schedule(tx, &actor, id, &sitting))
        .await?;
    Ok(web::Json(Created { id: created }))
}

/// The working-day calendar: every year whose holiday arrangement is known. Open to everybody.
#[utoipa::path(tag = "regulation", responses((status = 200, body = Vec<Arrangement>)))]
#[get("/calendars")]
pub async fn list_calendars(store: web::Data<Store>) -> Answer<web::Json<Vec<Arrangement>>> {
    let calendar = store.read(calendars::calendar).await?;
    Ok(web::Json(calendar.years().cloned().collect()))
}

/// Enters the holiday arrangement of a year, or corrects it. Roles: organiser, HR officer.
#[utoipa::path(request_body = NewArrangement, tag = "regulation", responses((status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/calendars")]
pub async fn enter_calendar(
    store: web::Data<Store>,
    actor: Actor,
    Body(new): Body<NewArrangement>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| calendars::enter(tx, &actor, &new))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
