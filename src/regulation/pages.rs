//! Pages: the list of examinations, their rules in words, and the staff's list with the forms that
//! change a draft. The announcement and the hub show posts and stand in establishment.

mod calendars;
mod wording;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::phase::Phase;
use super::service::{self, Examination, NewExamination, Sitting};
use super::words::Track;
use crate::access::Actor;
use crate::access::api::Paging;
use crate::http::{Answer, Listing, Page, PageForm, Params, html, see_other};
use crate::kernel::{Fault, Id, Instant, Problem, zone};
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/examinations", web::get().to(list))
        .route("/examinations/{id}/rules", web::get().to(wording::show))
        .route("/examinations/{id}/rules.json", web::get().to(rules_json))
        .service(
            web::resource("/manage/examinations")
                .get(manage_list)
                .post(open),
        )
        .service(
            web::resource("/manage/calendars")
                .get(calendars::show)
                .post(calendars::enter),
        )
        .route(
            "/manage/examinations/{id}/profile-overrides",
            web::post().to(override_profile),
        )
        .route(
            "/manage/examinations/{id}/sittings",
            web::post().to(schedule),
        );
}

/// One phase in the row of steps on top of a page.
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// Its class: `done`, `now` or nothing.
    pub class: &'static str,
}

/// The phases that visitors see as steps, with those behind and the one reached.
pub fn steps(reached: Phase, draft: bool) -> Vec<Step> {
    let shown = Phase::ALL
        .into_iter()
        .filter(|p| draft || *p != Phase::Draft);
    let class = |phase: &Phase| match phase.cmp(&reached) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    shown
        .map(|phase| Step {
            phase,
            class: class(&phase),
        })
        .collect()
}

/// What an examination offers its visitors at this moment, as a word of the catalogue.
pub fn offer(examination: &Examination, now: Instant) -> &'static str {
    match examination.phase {
        Phase::Draft => "draft",
        Phase::Announced if now < examination.registration_opens => "soon",
        Phase::Announced if now < examination.registration_closes => "apply",
        Phase::Announced => "review",
        Phase::Ticketed => "ticket",
        Phase::Locked => "sit",
        Phase::Marking => "marking",
        Phase::WrittenPublished => "written",
        Phase::Published if examination.publicity_over => "ended",
        Phase::Published => "final",
    }
}

/// The colour of the tag that shows an offer.
pub fn offer_class(offer: &str) -> &'static str {
    match offer {
        "apply" | "final" | "ended" => "good",
        "draft" | "review" | "marking" => "wait",
        _ => "info",
    }
}

/// An examination in a list, with what it offers now.
struct Line {
    examination: Examination,
    offer: &'static str,
}

impl Line {
    const fn class(&self) -> &'static str {
        match self.examination.phase {
            Phase::Draft => "wait",
            Phase::Published => "good",
            _ => "info",
        }
    }
}

/// A page of the list: examinations, newest first.
async fn lines(
    store: &Store,
    actor: Option<Actor>,
    paging: &Paging,
) -> Result<Listing<Line>, Problem> {
    let (before, fetch) = (paging.after()?, paging.fetch());
    let lines = store
        .read(move |view| {
            let now = view.now;
            let examinations = service::examinations(view, actor.as_ref(), before, fetch)?;
            let line = |examination| Line {
                offer: offer(&examination, now),
                examination,
            };
            Ok(examinations.into_iter().map(line).collect())
        })
        .await?;
    Ok(Listing::new(lines, paging.size(), |line| {
        line.examination.id.to_string()
    }))
}

#[derive(Template)]
#[template(path = "regulation/templates/examinations.html")]
struct ExaminationsPage {
    page: Page,
    lines: Listing<Line>,
}

/// The public list. Drafts stand in the staff's list only.
async fn list(
    page: Page,
    store: web::Data<Store>,
    Params(paging): Params<Paging>,
) -> Answer<HttpResponse> {
    let lines = lines(&store, None, &paging).await?;
    html(&ExaminationsPage { page, lines })
}

#[derive(Template)]
#[template(path = "regulation/templates/manage.html")]
struct ManagePage {
    page: Page,
    lines: Listing<Line>,
    tracks: &'static [Track],
    year: i16,
}

async fn manage_list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    Params(paging): Params<Paging>,
) -> Answer<HttpResponse> {
    actor.acting_as(service::STAFF)?;
    let lines = lines(&store, Some(actor), &paging).await?;
    let year = store.clock().now().date_in(&zone()).year();
    html(&ManagePage {
        page,
        lines,
        tracks: Track::ALL,
        year,
    })
}

/// Reads a `datetime-local` field in the examinations' zone.
pub fn local_time(place: &'static str, text: &str) -> Result<Instant, Fault> {
    Instant::from_local(text, &zone()).ok_or_else(|| Fault::new(place, "not-a-time"))
}

/// Reads the two ends of a span of time, naming each field that is no time.
fn span(
    (from_place, from): (&'static str, &str),
    (to_place, to): (&'static str, &str),
) -> Result<(Instant, Instant), Problem> {
    match (local_time(from_place, from), local_time(to_place, to)) {
        (Ok(from), Ok(to)) => Ok((from, to)),
        (from, to) => Err(Problem::invalid(
            [from.err(), to.err()].into_iter().flatten().collect(),
        )),
    }
}

#[derive(Deserialize)]
struct NewExaminationFields {
    code: String,
    year: i32,
    track: Track,
    title_zh: String,
    #[serde(default)]
    title_en: String,
    registration_opens: String,
    registration_closes: String,
}

async fn open(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<NewExaminationFields>,
) -> Answer<HttpResponse> {
    let (registration_opens, registration_closes) = span(
        ("registration_opens", &form.registration_opens),
        ("registration_closes", &form.registration_closes),
    )?;
    let new = NewExamination {
        code: form.code,
        year: form.year,
        track: form.track,
        title_zh: form.title_zh,
        title_en: form.title_en,
        registration_opens,
        registration_closes,
    };
    let id = store
        .write(move |tx| service::open(tx, &actor, &new))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}?done=examination-opened"
    )))
}

#[derive(Deserialize)]
struct OverrideFields {
    overrides: String,
    reason: String,
}

async fn override_profile(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<OverrideFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::override_profile(tx, &actor, id, &form.overrides, &form.reason))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}?done=rules-changed"
    )))
}

#[derive(Deserialize)]
struct SittingFields {
    component: String,
    opens_at: String,
    closes_at: String,
}

async fn schedule(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<SittingFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (opens_at, closes_at) = span(("opens_at", &form.opens_at), ("closes_at", &form.closes_at))?;
    let sitting = Sitting {
        component: form.component,
        opens_at,
        closes_at,
    };
    store
        .write(move |tx| service::schedule(tx, &actor, id, &sitting))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}?done=sitting-scheduled"
    )))
}

/// The rules as canonical JSON, byte for byte the text whose SHA-256 is frozen.
async fn rules_json(
    store: web::Data<Store>,
    actor: Option<Actor>,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let examination = store
        .read(move |view| service::visible(view, actor.as_ref(), id))
        .await?;
    let name = format!("attachment; filename=\"{}-rules.json\"", examination.code);
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(examination.profile.canonical_json()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_behind_reached_or_ahead() {
        let classes: Vec<_> = steps(Phase::Ticketed, false)
            .iter()
            .map(|step| step.class)
            .collect();
        assert_eq!(classes, ["done", "now", "", "", "", ""]);
        assert_eq!(steps(Phase::Draft, true).len(), Phase::ALL.len());
    }

    #[test]
    fn a_form_names_each_field_that_is_no_time() {
        let read = span(("opens_at", "tomorrow"), ("closes_at", ""));
        let places: Vec<_> = read
            .unwrap_err()
            .faults
            .into_iter()
            .map(|f| f.place)
            .collect();
        assert_eq!(places, ["opens_at", "closes_at"]);
        let (from, to) = span(("a", "2026-03-01T09:00"), ("b", "2026-03-01T11:00")).unwrap();
        assert_eq!(to.seconds() - from.seconds(), 7200);
    }
}
