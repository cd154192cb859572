//! Page: the posts that drew too few applicants, and what is decided about them.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Actor;
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::{Id, Instant, Problem};
use crate::registration::service::{
    self, Cancellation, Reduction, Retention, Shortfall, cancel_post, keep_post, reduce_post,
};
use crate::regulation::pages::local_time;
use crate::regulation::service::{self as regulation, Examination};
use crate::regulation::{ApplicantBasis, Phase, ShortfallAct};
use crate::store::{Store, Tx};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/manage/examinations/{id}/shortfalls", web::get().to(list))
        .route(
            "/manage/examinations/{id}/shortfalls/{post}/reduction",
            web::post().to(reduce),
        )
        .route(
            "/manage/examinations/{id}/shortfalls/{post}/cancellation",
            web::post().to(cancel),
        )
        .route(
            "/manage/examinations/{id}/shortfalls/{post}/retention",
            web::post().to(keep),
        );
}

#[derive(Template)]
#[template(path = "registration/templates/shortfalls.html")]
struct ShortfallsPage {
    page: Page,
    examination: Examination,
    lines: Vec<Shortfall>,
    now: Instant,
}

impl ShortfallsPage {
    /// Whether anything can be decided about this post now.
    fn may_decide(&self, line: &Shortfall) -> bool {
        let closed = self.now >= self.examination.registration_closes;
        let phase = self.examination.phase == Phase::Announced;
        closed && phase && line.is_open() && line.undecided == 0
    }

    /// What the counts below are, where they are not what the rule says.
    fn basis_note(&self) -> Option<&'static str> {
        match self.examination.profile.min_applicants.as_ref()?.basis {
            ApplicantBasis::Paid => Some("short-basis-paid"),
            ApplicantBasis::Approved => None,
            ApplicantBasis::Sat => Some("short-basis-sat"),
        }
    }

    fn may_reduce(&self, line: &Shortfall) -> bool {
        line.allows(ShortfallAct::Reduce)
    }

    fn may_cancel(&self, line: &Shortfall) -> bool {
        line.allows(ShortfallAct::Cancel)
    }

    fn may_keep(&self, line: &Shortfall) -> bool {
        line.allows(ShortfallAct::KeepWithApproval)
    }

    fn may_transfer(&self, line: &Shortfall) -> bool {
        line.allows(ShortfallAct::Transfer)
    }
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, lines, now) = store
        .read(move |view| {
            let lines = service::shortfalls(view, &actor, id)?;
            Ok((regulation::load(view, id)?, lines, view.now))
        })
        .await?;
    html(&ShortfallsPage {
        page,
        examination,
        lines,
        now,
    })
}

/// The examination and the post in the address.
type Place = web::Path<(Id, Id)>;

async fn decide(
    store: &Store,
    examination: Id,
    act: impl FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static,
) -> Answer<HttpResponse> {
    store.write(act).await?;
    Ok(see_other(&format!(
        "/manage/examinations/{examination}/shortfalls?done=short-decided"
    )))
}

#[derive(Deserialize)]
struct ReductionFields {
    places: i32,
    #[serde(default)]
    reason: String,
}

async fn reduce(
    store: web::Data<Store>,
    actor: Actor,
    place: Place,
    PageForm(ReductionFields { places, reason }): PageForm<ReductionFields>,
) -> Answer<HttpResponse> {
    let (examination, post) = place.into_inner();
    let reduction = Reduction { places, reason };
    decide(&store, examination, move |tx| {
        reduce_post(tx, &actor, post, &reduction)
    })
    .await
}

#[derive(Deserialize)]
struct CancellationFields {
    #[serde(default)]
    transfer_until: String,
    #[serde(default)]
    reason: String,
}

async fn cancel(
    store: web::Data<Store>,
    actor: Actor,
    place: Place,
    PageForm(fields): PageForm<CancellationFields>,
) -> Answer<HttpResponse> {
    let (examination, post) = place.into_inner();
    let asked = Some(fields.transfer_until).filter(|text| !text.is_empty());
    let transfer_until = asked.map(|text| local_time("transfer_until", &text));
    let cancellation = Cancellation {
        transfer_until: transfer_until
            .transpose()
            .map_err(|fault| Problem::invalid(vec![fault]))?,
        reason: fields.reason,
    };
    decide(&store, examination, move |tx| {
        cancel_post(tx, &actor, post, &cancellation)
    })
    .await
}

#[derive(Deserialize)]
struct RetentionFields {
    #[serde(default)]
    approval: String,
    #[serde(default)]
    reason: String,
}

async fn keep(
    store: web::Data<Store>,
    actor: Actor,
    place: Place,
    PageForm(RetentionFields { approval, reason }): PageForm<RetentionFields>,
) -> Answer<HttpResponse> {
    let (examination, post) = place.into_inner();
    let retention = Retention { approval, reason };
    decide(&store, examination, move |tx| {
        keep_post(tx, &actor, post, &retention)
    })
    .await
}
