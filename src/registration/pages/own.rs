//! Pages: a candidate's applications, facts, photograph and ticket.

use std::collections::BTreeSet;

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};
use askama::Template;
use qrcode::EcLevel;
use serde::Deserialize;

use super::findings;
use super::upload::{PhotoForm, form_config};
use crate::access::Actor;
use crate::establishment::rules::Education;
use crate::http::{Answer, NoFields, Page, PageForm, html, qr_code, see_other};
use crate::kernel::{Id, Instant, Problem};
use crate::registration::api::image;
use crate::registration::records::Facts;
use crate::registration::rules::ApplicationState;
use crate::registration::service::{self, ApplicationView, CandidateView, Prospect, TicketView};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::Store;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/my", web::get().to(dashboard))
        .service(web::resource("/my/profile").get(profile).post(put_facts))
        .service(
            web::resource("/my/photo")
                .app_data(form_config())
                .get(own_photo)
                .post(put_photo),
        )
        .service(
            web::resource("/my/apply/{examination}")
                .get(choose)
                .post(apply),
        )
        .service(
            web::resource("/my/applications/{id}/post")
                .get(choose_other)
                .post(change_post),
        )
        .route("/my/applications/{id}/withdrawal", web::post().to(withdraw))
        .route("/my/applications/{id}/ticket", web::get().to(ticket))
        .route("/applications/{id}/photo", web::get().to(photo));
}

#[derive(Template)]
#[template(path = "registration/templates/my.html")]
struct DashboardPage {
    page: Page,
    me: CandidateView,
    applications: Vec<ApplicationView>,
}

async fn dashboard(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let (me, applications) = store
        .read(move |view| {
            let me = service::candidate(view, &actor)?;
            let applications = service::own_applications(view, &actor, None, 50)?;
            Ok((me, applications))
        })
        .await?;
    html(&DashboardPage {
        page,
        me,
        applications,
    })
}

/// The stations of an application, each `done`, `now` or still ahead (empty).
fn stations(application: &ApplicationView) -> Vec<(&'static str, &'static str)> {
    use ApplicationState::*;
    let (state, phase) = (application.state, application.phase);
    let mark = |done: bool, now: bool| match (done, now) {
        (true, _) => "done",
        (false, true) => "now",
        (false, false) => "",
    };
    let mut stations = vec![
        ("submitted", "done"),
        ("review", mark(state != Submitted, state == Submitted)),
    ];
    if matches!(state, Submitted | Approved) {
        let ticketed = application.ticket_no.is_some();
        let sat = phase >= Phase::Marking || has_sat(application);
        let out = phase >= Phase::WrittenPublished;
        stations.push(("ticket", mark(ticketed, state == Approved)));
        stations.push(("sitting", mark(sat, ticketed)));
        stations.push(("results", mark(out, sat)));
    }
    stations
}

/// The key of the sentence that says what comes next.
fn coming(application: &ApplicationView) -> &'static str {
    match (application.state, application.phase) {
        (ApplicationState::Submitted, _) => "reg-next-review",
        (ApplicationState::Refused, _) => "reg-next-refused",
        (ApplicationState::Withdrawn, _) => "reg-next-withdrawn",
        (ApplicationState::Displaced, _) if application.may_change_post => "reg-next-transfer",
        (ApplicationState::Displaced, _) => "reg-next-displaced",
        (ApplicationState::Approved, Phase::Draft | Phase::Announced) => "reg-next-ticket",
        (ApplicationState::Approved, Phase::Locked) if has_sat(application) => "reg-next-sat",
        (ApplicationState::Approved, Phase::Ticketed | Phase::Locked) => "reg-next-sitting",
        (ApplicationState::Approved, Phase::Marking) => "reg-next-marking",
        (ApplicationState::Approved, _) => "reg-next-results",
    }
}

/// Whether this candidate has nothing left to sit, while others may still be sitting.
fn has_sat(application: &ApplicationView) -> bool {
    application.phase == Phase::Locked && application.sittings_over
}

fn may_enter_room(application: &ApplicationView) -> bool {
    let ahead = application.phase < Phase::Marking && !application.sittings_over;
    application.ticket_no.is_some() && ahead
}

/// The look of a button: the one that leads to what comes next stands out.
fn look(application: &ApplicationView, button: &str) -> &'static str {
    let next = if has_results(application) {
        "results"
    } else if application.may_sit || has_sat(application) {
        "room"
    } else if application.ticket_no.is_some() && application.phase < Phase::Marking {
        "ticket"
    } else if application.state == ApplicationState::Displaced {
        "post"
    } else {
        ""
    };
    if button == next {
        "button"
    } else {
        "button secondary"
    }
}

fn has_results(application: &ApplicationView) -> bool {
    application.ticket_no.is_some() && application.phase >= Phase::WrittenPublished
}

#[derive(Template)]
#[template(path = "registration/templates/profile.html")]
struct ProfilePage {
    page: Page,
    me: CandidateView,
    facts: Facts,
    levels: &'static [Education],
    belongings: &'static [&'static str],
}

impl ProfilePage {
    fn belongs(&self, category: &str) -> bool {
        self.facts.categories.contains(category)
    }
}

/// Categories that a candidate can tick: those which rules of the four tracks name.
const BELONGINGS: &[&str] = &["grassroots", "veteran", "martyr_child", "disabled"];

async fn profile(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let me = store
        .read(move |view| service::candidate(view, &actor))
        .await?;
    html(&ProfilePage {
        page,
        facts: me.facts.clone().unwrap_or_default(),
        me,
        levels: &Education::ALL,
        belongings: BELONGINGS,
    })
}

#[derive(Deserialize)]
struct FactsFields {
    education: Education,
    degree: Option<String>,
    #[serde(default)]
    major: String,
    #[serde(default)]
    years: i16,
    #[serde(default)]
    certificates: String,
    #[serde(default)]
    categories: BTreeSet<String>,
    #[serde(default)]
    phone: String,
}

impl From<FactsFields> for Facts {
    fn from(fields: FactsFields) -> Self {
        let lines = fields.certificates.lines().map(str::trim);
        Self {
            education: fields.education,
            degree: fields.degree.is_some(),
            major: fields.major.trim().to_owned(),
            years: fields.years,
            certificates: lines.filter(|l| !l.is_empty()).map(str::to_owned).collect(),
            categories: fields.categories,
            phone: fields.phone.trim().to_owned(),
        }
    }
}

async fn put_facts(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(fields): PageForm<FactsFields>,
) -> Answer<HttpResponse> {
    let facts = Facts::from(fields);
    store
        .write(move |tx| service::put_facts(tx, &actor, &facts))
        .await?;
    Ok(see_other("/my/profile?done=facts-saved"))
}

async fn own_photo(store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    store
        .read(move |view| service::own_photo(view, &actor))
        .await
        .map(image)
}

async fn put_photo(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    form: MultipartForm<PhotoForm>,
) -> Answer<HttpResponse> {
    let upload = form.into_inner().upload(&page)?;
    let declared = upload.declared;
    store
        .write(move |tx| service::put_photo(tx, &actor, &upload.content, declared.as_deref()))
        .await?;
    Ok(see_other("/my/profile?done=photo-saved"))
}

async fn photo(store: web::Data<Store>, actor: Actor, id: web::Path<Id>) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .read(move |view| service::applicant_photo(view, &actor, id))
        .await
        .map(image)
}

#[derive(Template)]
#[template(path = "registration/templates/apply.html")]
struct ApplyPage {
    page: Page,
    examination: Examination,
    prospects: Vec<Prospect>,
    /// Where the choice is sent.
    action: String,
    /// The post applied for already, when another is chosen.
    present: Option<Id>,
    /// Until when, if that post was cancelled.
    until: Option<Instant>,
    facts_missing: bool,
    /// Why nobody can apply here now.
    closed: Option<&'static str>,
}

impl ApplyPage {
    fn is_present(&self, post: &Id) -> bool {
        self.present.as_ref() == Some(post)
    }
}

async fn choose(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let action = format!("/my/apply/{id}");
    offer(page, &store, actor, id, action, None).await
}

async fn choose_other(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let (id, reader) = (id.into_inner(), actor.clone());
    let application = store
        .read(move |view| service::application(view, &reader, id))
        .await?;
    let action = format!("/my/applications/{id}/post");
    offer(
        page,
        &store,
        actor,
        application.examination,
        action,
        Some(application),
    )
    .await
}

async fn offer(
    page: Page,
    store: &Store,
    actor: Actor,
    id: Id,
    action: String,
    leaving: Option<ApplicationView>,
) -> Answer<HttpResponse> {
    let present = leaving.as_ref().map(|application| application.post);
    let until = leaving
        .as_ref()
        .and_then(|application| application.transfer_until);
    let (examination, closed, facts_missing, prospects) = store
        .read(move |view| {
            let examination = regulation::visible(view, Some(&actor), id)?;
            let open = match &leaving {
                Some(application) => application.may_change_post,
                None => examination.takes_applications(view.now),
            };
            let applied = service::own_application(view, actor.account, id)?.is_some();
            let closed = match (open, applied) {
                (_, true) if leaving.is_none() => Some("reg-apply-done"),
                (false, _) => Some("reg-apply-closed"),
                (true, _) => None,
            };
            let facts_missing = service::candidate(view, &actor)?.facts.is_none();
            let prospects = if facts_missing {
                Vec::new()
            } else {
                service::prospects(view, &actor, id)?
            };
            Ok((examination, closed, facts_missing, prospects))
        })
        .await?;
    html(&ApplyPage {
        page,
        examination,
        prospects,
        action,
        present,
        until,
        closed,
        facts_missing,
    })
}

#[derive(Deserialize)]
struct ChoiceFields {
    post: Id,
}

async fn apply(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(choice): PageForm<ChoiceFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::apply(tx, &actor, id, choice.post))
        .await?;
    Ok(see_other("/my?done=applied"))
}

async fn change_post(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(choice): PageForm<ChoiceFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::change_post(tx, &actor, id, choice.post))
        .await?;
    Ok(see_other("/my?done=post-changed"))
}

async fn withdraw(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::withdraw(tx, &actor, id))
        .await?;
    Ok(see_other("/my?done=withdrawn"))
}

#[derive(Template)]
#[template(path = "registration/templates/ticket.html")]
struct TicketPage {
    page: Page,
    ticket: TicketView,
    qr: String,
}

async fn ticket(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let ticket = store
        .read(move |view| service::ticket(view, &actor, id))
        .await?;
    let text = format!("KEJU:{}:{}", ticket.examination_code, ticket.ticket_no);
    let qr = qr_code(&text, EcLevel::M).map_err(Problem::internal)?;
    html(&TicketPage { page, ticket, qr })
}
