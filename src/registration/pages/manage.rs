//! Pages: the list and the review of applications, and the issue of tickets.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{categories, findings};
use crate::access::{Actor, Role};
use crate::ceremony::Gate;
use crate::http::{Answer, Listing, NoFields, Page, PageForm, Params, html, see_other};
use crate::kernel::{Id, Instant, Problem};
use crate::registration::api::ApplicationQuery;
use crate::registration::rules::ApplicationState;
use crate::registration::service::{
    self, ApplicationLine, ApplicationView, Counts, ReviewView, Verdict,
};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Store, View};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/manage/examinations/{id}/applications",
            web::get().to(list),
        )
        .route("/manage/examinations/{id}/tickets", web::post().to(issue))
        .route("/draws/{id}/pool/seats", web::post().to(fix_seats))
        .service(
            web::resource("/manage/applications/{id}")
                .get(show)
                .post(review),
        );
}

#[derive(Template)]
#[template(path = "registration/templates/applications.html")]
struct ApplicationsPage {
    page: Page,
    examination: Examination,
    counts: Counts,
    state: Option<ApplicationState>,
    lines: Listing<ApplicationLine>,
    /// Posts with too few applicants about which nothing is decided.
    short: usize,
    now: Instant,
}

impl ApplicationsPage {
    fn total(&self) -> i64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Whether the list is of this state only.
    fn shows(&self, state: &ApplicationState) -> bool {
        self.state.as_ref() == Some(state)
    }

    /// Whether the form that issues tickets is of any use now.
    fn may_issue(&self) -> bool {
        self.page.is("organiser") && self.examination.phase == Phase::Announced
    }

    fn closed(&self) -> bool {
        self.now >= self.examination.registration_closes
    }

    /// The address of the next page, in the same state.
    fn next(&self) -> Option<String> {
        let cursor = self.lines.next_cursor.as_ref()?;
        let state = self.state.map(|state| format!("&state={}", state.as_str()));
        Some(format!("?cursor={cursor}{}", state.unwrap_or_default()))
    }
}

/// The colour of a state; its word always stands beside it.
fn tag(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Submitted => "wait",
        ApplicationState::Approved => "good",
        ApplicationState::Refused | ApplicationState::Displaced => "bad",
        ApplicationState::Withdrawn => "",
    }
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Params(query): Params<ApplicationQuery>,
) -> Answer<HttpResponse> {
    let (id, paging, state) = (id.into_inner(), query.paging(), query.state);
    let (after, fetch) = (paging.after()?, paging.fetch());
    let (examination, counts, rows, short, now) = store
        .read(move |view| {
            let counts = service::counts(view, &actor, id)?;
            let rows = service::applications(view, &actor, id, state, after, fetch)?;
            let short = service::shortfalls(view, &actor, id)?;
            let short = short.iter().filter(|one| one.is_open()).count();
            Ok((regulation::load(view, id)?, counts, rows, short, view.now))
        })
        .await?;
    html(&ApplicationsPage {
        page,
        examination,
        counts,
        state,
        lines: Listing::new(rows, paging.size(), |row| row.id.to_string()),
        short,
        now,
    })
}

async fn fix_seats(
    store: web::Data<Store>,
    gate: web::Data<Gate>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::fix_seats(tx, &actor, &gate, id))
        .await?;
    Ok(see_other(&format!("/draws/{id}?done=pool-fixed")))
}

async fn issue(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::issue_tickets(tx, &actor, id))
        .await?;
    let list = format!("/manage/examinations/{id}/applications?done=tickets-issued");
    Ok(see_other(&list))
}

#[derive(Template)]
#[template(path = "registration/templates/review.html")]
struct ReviewPage {
    page: Page,
    review: ReviewView,
    may_decide: bool,
    /// The application that waits next, for who decides.
    next: Option<Id>,
}

impl ReviewPage {
    fn belongings(&self) -> String {
        let codes = self.review.applicant.facts.categories.iter();
        categories(&self.page, codes.map(String::as_str))
    }

    /// A stated fact; what is not stated reads so, or nobody knows whether it is missing.
    fn or_nothing(&self, text: &str) -> String {
        match text {
            "" => self.page.t("reg-nothing"),
            _ => text.to_owned(),
        }
    }
}

/// The application that waits for its review after `id`; behind the last one, the first.
fn next_waiting(
    view: &mut View<'_>,
    actor: &Actor,
    application: &ApplicationView,
) -> Result<Option<Id>, Problem> {
    let (examination, waiting) = (application.examination, Some(ApplicationState::Submitted));
    for after in [Some(application.id), None] {
        let lines = service::applications(view, actor, examination, waiting, after, 1)?;
        if let Some(line) = lines.first() {
            return Ok(Some(line.id).filter(|id| *id != application.id));
        }
    }
    Ok(None)
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let hr = actor.is(Role::Hr);
    let (review, next) = store
        .read(move |view| {
            let review = service::review_view(view, &actor, id)?;
            let decides = hr && review.application.phase == Phase::Announced;
            let next = match decides {
                true => next_waiting(view, &actor, &review.application)?,
                false => None,
            };
            Ok((review, next))
        })
        .await?;
    let application = &review.application;
    let open = application.phase == Phase::Announced;
    let may_decide = hr && open && application.state == ApplicationState::Submitted;
    html(&ReviewPage {
        page,
        review,
        may_decide,
        next,
    })
}

#[derive(Deserialize)]
struct VerdictFields {
    approve: bool,
    #[serde(default)]
    reason: String,
    seen: String,
}

async fn review(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(fields): PageForm<VerdictFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let verdict = Verdict {
        approve: fields.approve,
        reason: fields.reason,
        seen: fields.seen,
    };
    store
        .write(move |tx| service::review(tx, &actor, id, &verdict))
        .await?;
    Ok(see_other(&format!(
        "/manage/applications/{id}?done=reviewed"
    )))
}
