//! Eligibility review (资格审查): a person decides, with the screening as advice.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::applications::{
    Course, READERS, StepKind, age, application_view, hold_application, readable, replace,
};
use super::candidates::{PhotoContent, photo_must_fit, photo_of, resident_of};
use super::{ApplicationView, Facts, seal, unseal};
use crate::access::service as access;
use crate::access::{Actor, Role, mail};
use crate::establishment::service as establishment;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::registration::rules::{self, ApplicationState};
use crate::registration::store::{self, ApplicationRow};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View, sha256};

/// The decision on an application.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether it is approved.
    pub approve: bool,
    /// Why; needed for a refusal and for a decision against the screening.
    #[serde(default)]
    pub reason: String,
    /// `seen` of the review that was read: post, facts or photograph changed since are not
    /// decided on unread.
    pub seen: String,
}

/// Approves or refuses an application. Decided once, while applications are taken and reviewed;
/// the candidate is told by mail that there is a decision, and reads it after signing in.
pub fn review(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    verdict: &Verdict,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    let (examination, mut row) = hold_application(tx, application)?;
    store::hold_candidate(tx, row.account_id)?;
    examination.phase.must_be(&[Phase::Announced])?;
    if row.account_id == acting.account {
        return Err(Problem::conflict("not-for-oneself"));
    }
    if row.state != ApplicationState::Submitted {
        return Err(Problem::conflict("already-decided"));
    }
    if verdict.seen != seen(tx, &row)? {
        return Err(Problem::conflict("application-changed-meanwhile"));
    }
    if verdict.approve {
        let asked = examination.profile.registration.photo;
        photo_must_fit(tx, row.account_id, asked)?;
    }
    let mut course: Course = unseal(tx.vault, &row.screening_sealed)?;
    rules::check_reason(verdict.approve, &course.findings, &verdict.reason)?;
    let reason = Some(verdict.reason.trim()).filter(|reason| !reason.is_empty());
    let (state, kind) = outcome(verdict.approve);
    course.step(tx.now, kind, reason);
    row.state = state;
    row.screening_sealed = seal(tx.vault, &course)?;
    row.reviewed_at = Some(tx.now);
    row.reviewed_by = Some(acting.account);
    row.reason_sealed = reason.map(|reason| tx.vault.seal(reason)).transpose()?;
    replace(tx, &row, ApplicationState::Submitted)?;
    notify(tx, &examination, row.account_id)?;
    let post = establishment::post(tx, row.post_id)?.code;
    let inputs = json!({
        "application": row.id, "post": post, "screening": course.cited(), "seen": verdict.seen,
    });
    let mut entry = examination
        .decision(acting, "application.reviewed")
        .about(row.id)
        .on(inputs)
        .outcome(state.as_str());
    if let Some(reason) = reason {
        entry = entry.because(reason);
    }
    ledger::record(tx, &entry)?;
    Ok(())
}

const fn outcome(approve: bool) -> (ApplicationState, StepKind) {
    if approve {
        (ApplicationState::Approved, StepKind::Approved)
    } else {
        (ApplicationState::Refused, StepKind::Refused)
    }
}

/// A digest of what a review rests on: SHA-256 over the post, the facts as submitted and the
/// SHA-256 of the photograph.
fn seen(view: &mut View<'_>, row: &ApplicationRow) -> Result<String, Problem> {
    let photo = store::photo(view.db, row.account_id)?;
    let photo = photo.map(|photo| view.vault.open_bytes(&photo.content_sealed));
    let photo = photo.transpose()?.map(|photo| hex::encode(sha256(photo)));
    let facts: Facts = unseal(view.vault, &row.facts_sealed)?;
    let parts = json!({ "post": row.post_id, "facts": facts, "photo": photo });
    Ok(hex::encode(sha256(parts.to_string())))
}

/// Tells a candidate that something was decided about an application.
///
/// Mail is read by others on the way: it names the examination and neither the person, the post
/// nor the decision.
pub(super) fn notify(
    tx: &mut Tx<'_>,
    examination: &Examination,
    account: Id,
) -> Result<(), Problem> {
    let to = access::email_of(tx, account)?;
    let (zh, en) = (&examination.title_zh, &examination.title_en);
    let en = if en.is_empty() { zh } else { en };
    mail::queue(
        tx,
        &to,
        "科举：您的报名有新的决定 · Keju: a decision on your application",
        &format!(
            "您在“{zh}”中的报名有新的决定，请登录后在“我的报名”中查看结果、理由和您可以做什么。\n\n\
             There is a decision on your application in “{en}”. Please sign in and see it, its \
             reason and what you can do under “My applications”.\n"
        ),
    )
}

/// A line of the list of applications. The resident ID number is masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApplicationLine {
    /// Id.
    pub id: Id,
    /// The candidate's name.
    pub name: String,
    /// Resident ID number, masked.
    pub resident_id: String,
    /// Code of the post.
    pub post_code: String,
    /// Title of the post in Chinese.
    pub post_zh: String,
    /// Title of the post in English.
    pub post_en: String,
    /// Where the application stands.
    pub state: ApplicationState,
    /// Whether the screening found every condition met.
    pub fits: bool,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// Ticket number, once issued.
    pub ticket_no: Option<String>,
}

/// The applications of an examination after `after`, oldest first; in one state if given.
pub fn applications(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
    state: Option<ApplicationState>,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<ApplicationLine>, Problem> {
    actor.acting_as(READERS)?;
    let examination = regulation::load(view, examination)?;
    let rows = store::applications_in(view.db, examination.id, state, after, limit)?;
    rows.into_iter().map(|row| line(view, row)).collect()
}

fn line(view: &mut View<'_>, row: ApplicationRow) -> Result<ApplicationLine, Problem> {
    let post = establishment::post(view, row.post_id)?;
    let course: Course = unseal(view.vault, &row.screening_sealed)?;
    Ok(ApplicationLine {
        id: row.id,
        name: access::name_of(view, row.account_id)?,
        resident_id: resident_of(view, row.account_id)?.to_string(),
        post_code: post.code,
        post_zh: post.title_zh,
        post_en: post.title_en,
        state: row.state,
        fits: rules::all_met(&course.findings),
        submitted_at: row.submitted_at,
        ticket_no: row.ticket_no,
    })
}

/// How many applications stand in each state, in the order of [`ApplicationState::ALL`].
pub type Counts = Vec<(ApplicationState, i64)>;

/// Counts the applications of an examination by state.
pub fn counts(view: &mut View<'_>, actor: &Actor, examination: Id) -> Result<Counts, Problem> {
    actor.acting_as(READERS)?;
    ApplicationState::ALL
        .into_iter()
        .map(|state| Ok((state, store::count(view.db, examination, state)?)))
        .collect()
}

/// The person behind an application, as far as a review needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Applicant {
    /// Name.
    pub name: String,
    /// Resident ID number, masked.
    pub resident_id: String,
    /// Age by the rule of the examination.
    pub age: i16,
    /// The facts as they were when submitted.
    pub facts: Facts,
    /// Whether there is a photograph.
    pub has_photo: bool,
}

/// An application with all that a review looks at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// The application.
    pub application: ApplicationView,
    /// The person.
    pub applicant: Applicant,
    /// A digest of all this, to be sent with the decision.
    pub seen: String,
}

/// One application, for its review.
pub fn review_view(
    view: &mut View<'_>,
    actor: &Actor,
    application: Id,
) -> Result<ReviewView, Problem> {
    actor.acting_as(READERS)?;
    let row = store::application(view.db, application)?;
    let examination = regulation::load(view, row.examination_id)?;
    let account = row.account_id;
    let applicant = Applicant {
        name: access::name_of(view, account)?,
        resident_id: resident_of(view, account)?.to_string(),
        age: age(view, account, &examination)?,
        facts: unseal(view.vault, &row.facts_sealed)?,
        has_photo: store::photo(view.db, account)?.is_some(),
    };
    Ok(ReviewView {
        seen: seen(view, &row)?,
        application: application_view(view, row)?,
        applicant,
    })
}

/// The photograph to an application: for its candidate, and for those who review and organise.
pub fn applicant_photo(
    view: &mut View<'_>,
    actor: &Actor,
    application: Id,
) -> Result<PhotoContent, Problem> {
    let row = readable(view, actor, application)?;
    photo_of(view, row.account_id)
}
