//! Applications: a candidate applies for a post, moves to another, or withdraws.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::candidates::{photo_must_fit, resident_of, stated_facts};
use super::{Facts, seal, unseal};
use crate::access::{Actor, Role};
use crate::establishment::service::{self as establishment, PostView};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::registration::rules::{self, ApplicationState, Finding};
use crate::registration::store::{self, ApplicationRow};
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::{Tx, View, sha256};

/// What has happened to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Submitted.
    Submitted,
    /// Moved to another post, to be reviewed again.
    Moved,
    /// Approved by the eligibility review.
    Approved,
    /// Refused by it.
    Refused,
    /// Withdrawn.
    Withdrawn,
    /// Its post was cancelled.
    Displaced,
    /// Ticket and seat were issued.
    Ticketed,
}

impl StepKind {
    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Moved => "moved",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Displaced => "displaced",
            Self::Ticketed => "ticketed",
        }
    }
}

/// One step of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// What happened.
    pub kind: StepKind,
    /// Why, where somebody had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an application keeps sealed beside its facts: the screening and the steps so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Course {
    pub findings: Vec<Finding>,
    pub steps: Vec<Step>,
}

impl Course {
    pub fn step(&mut self, at: Instant, kind: StepKind, reason: Option<&str>) {
        let reason = reason.map(str::to_owned);
        self.steps.push(Step { at, kind, reason });
    }

    /// The screening as decisions cite it.
    pub fn cited(&self) -> serde_json::Value {
        let pairs = self.findings.iter().map(|f| json!([f.criterion, f.met]));
        pairs.collect()
    }
}

/// An application, as shown to its candidate.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApplicationView {
    /// Id.
    pub id: Id,
    /// The examination.
    pub examination: Id,
    /// Its code.
    pub examination_code: String,
    /// Its title in Chinese.
    pub examination_zh: String,
    /// Its title in English.
    pub examination_en: String,
    /// Where the examination stands.
    pub phase: Phase,
    /// The post.
    pub post: Id,
    /// Its code.
    pub post_code: String,
    /// Its title in Chinese.
    pub post_zh: String,
    /// Its title in English.
    pub post_en: String,
    /// The organisation, in Chinese.
    pub organisation_zh: String,
    /// The organisation, in English.
    pub organisation_en: String,
    /// Where the application stands.
    pub state: ApplicationState,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// What the screening found.
    pub findings: Vec<Finding>,
    /// What has happened, in order.
    pub steps: Vec<Step>,
    /// Ticket number, once issued.
    pub ticket_no: Option<String>,
    /// Room, once issued.
    pub room: Option<String>,
    /// Seat, once issued.
    pub seat: Option<i32>,
    /// Whether everything that this candidate sits is over: handed in, or past its end.
    pub sittings_over: bool,
    /// Whether this candidate may sit something at this moment.
    pub may_sit: bool,
    /// Whether it may be withdrawn now.
    pub may_withdraw: bool,
    /// Whether it may move to another post now.
    pub may_change_post: bool,
    /// Until when, if its post was cancelled.
    pub transfer_until: Option<Instant>,
}

/// A post and how the actor's facts compare with what it asks.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// The post.
    pub post: PostView,
    /// What the screening finds.
    pub findings: Vec<Finding>,
}

impl Prospect {
    /// Whether every condition is met.
    pub fn fits(&self) -> bool {
        rules::all_met(&self.findings)
    }
}

/// Applies for a post. The screening is computed and kept, but it decides nothing: a person does.
pub fn apply(tx: &mut Tx<'_>, actor: &Actor, examination: Id, post: Id) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let examination = regulation::visible(tx, Some(actor), examination)?;
    must_be_open(&examination, tx.now)?;
    let examination = regulation::hold(tx, examination.id)?;
    must_be_open(&examination, tx.now)?;
    let post = post_of(tx, &examination, post)?;
    let claim = claim(tx, actor.account, &examination, &post)?;
    let mut course = claim.course;
    course.step(tx.now, StepKind::Submitted, None);
    let row = ApplicationRow {
        id: Id::new(tx.now),
        examination_id: examination.id,
        post_id: post.id,
        account_id: acting.account,
        state: ApplicationState::Submitted,
        facts_sealed: seal(tx.vault, &claim.facts)?,
        screening_sealed: seal(tx.vault, &course)?,
        submitted_at: tx.now,
        reviewed_at: None,
        reviewed_by: None,
        reason_sealed: None,
        ticket_no: None,
        room: None,
        seat: None,
    };
    if store::live_application(tx.db, acting.account, examination.id)?.is_some() {
        return Err(Problem::conflict("already-applied"));
    }
    store::insert_application(tx, &row)?;
    let inputs = json!({
        "application": row.id, "post": post.code, "facts": claim.digest, "screening": course.cited(),
    });
    let entry = examination
        .decision(acting, "application.submitted")
        .about(row.id);
    ledger::record(tx, &entry.on(inputs).outcome("submitted"))?;
    Ok(row.id)
}

/// Moves an application to another post of the same examination, with the facts as they are now:
/// while registration is open, or, if its post was cancelled, as long as that decision says. It is
/// reviewed afresh.
pub fn change_post(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    post: Id,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let (examination, mut row) = hold_own(tx, actor, application)?;
    let left = establishment::post(tx, row.post_id)?;
    let from = row.state;
    may_move(&examination, from, &left, tx.now)?;
    let post = post_of(tx, &examination, post)?;
    if post.id == row.post_id {
        return Err(Problem::conflict("same-post"));
    }
    let claim = claim(tx, actor.account, &examination, &post)?;
    let mut course: Course = unseal(tx.vault, &row.screening_sealed)?;
    course.findings = claim.course.findings;
    course.step(tx.now, StepKind::Moved, None);
    row.post_id = post.id;
    row.state = ApplicationState::Submitted;
    row.facts_sealed = seal(tx.vault, &claim.facts)?;
    row.screening_sealed = seal(tx.vault, &course)?;
    (row.reviewed_at, row.reviewed_by, row.reason_sealed) = (None, None, None);
    replace(tx, &row, from)?;
    let inputs = json!({
        "application": row.id, "from": left.code, "post": post.code,
        "facts": claim.digest, "screening": course.cited(),
    });
    let entry = examination
        .decision(acting, "application.moved")
        .about(row.id);
    ledger::record(tx, &entry.on(inputs).outcome("submitted"))?;
    Ok(())
}

/// Withdraws an application, as far as the profile allows.
pub fn withdraw(tx: &mut Tx<'_>, actor: &Actor, application: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let (examination, mut row) = hold_own(tx, actor, application)?;
    must_be_open(&examination, tx.now)?;
    let from = row.state;
    rules::may_withdraw(from, examination.profile.registration.withdraw)?;
    let mut course: Course = unseal(tx.vault, &row.screening_sealed)?;
    course.step(tx.now, StepKind::Withdrawn, None);
    row.state = ApplicationState::Withdrawn;
    row.screening_sealed = seal(tx.vault, &course)?;
    replace(tx, &row, from)?;
    let inputs = json!({ "application": row.id, "was": from });
    let entry = examination
        .decision(acting, "application.withdrawn")
        .about(row.id);
    ledger::record(tx, &entry.on(inputs).outcome("withdrawn"))?;
    Ok(())
}

/// Writes an application back, unless somebody else has changed its state meanwhile.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    row: &ApplicationRow,
    from: ApplicationState,
) -> Result<(), Problem> {
    if store::replace_application(tx, row, from)? {
        return Ok(());
    }
    Err(Problem::conflict("application-changed-meanwhile"))
}

fn must_be_open(examination: &Examination, now: Instant) -> Result<(), Problem> {
    examination.phase.must_be(&[Phase::Announced])?;
    rules::must_be_open(
        examination.registration_opens,
        examination.registration_closes,
        now,
    )
}

/// Whether an application that stands so may leave its post now.
fn may_move(
    examination: &Examination,
    state: ApplicationState,
    post: &PostView,
    now: Instant,
) -> Result<(), Problem> {
    if state == ApplicationState::Displaced {
        examination.phase.must_be(&[Phase::Announced])?;
        return rules::may_transfer(post.transfer_until, now);
    }
    must_be_open(examination, now)?;
    rules::may_change_post(state, examination.profile.registration.change_post)
}

/// A post of this examination; any other is no post here.
fn post_of(view: &mut View<'_>, examination: &Examination, post: Id) -> Result<PostView, Problem> {
    let missing = |_| Problem::field("post", "no-such-post");
    let post = establishment::post(view, post).map_err(missing)?;
    if post.examination != examination.id {
        return Err(Problem::field("post", "no-such-post"));
    }
    if post.is_cancelled() {
        return Err(Problem::conflict("post-cancelled"));
    }
    Ok(post)
}

/// What a candidate brings to an application.
struct Claim {
    facts: Facts,
    digest: String,
    course: Course,
}

fn claim(
    view: &mut View<'_>,
    account: Id,
    examination: &Examination,
    post: &PostView,
) -> Result<Claim, Problem> {
    let facts = stated_facts(view, account)?;
    photo_must_fit(view, account, examination.profile.registration.photo)?;
    let age = age(view, account, examination)?;
    let registration = &examination.profile.registration;
    let findings = rules::screen(&facts, age, &post.requirements, registration);
    let bytes = serde_json::to_vec(&facts).map_err(Problem::internal)?;
    Ok(Claim {
        facts,
        digest: hex::encode(sha256(bytes)),
        course: Course {
            findings,
            steps: Vec::new(),
        },
    })
}

/// Age in completed years on the first day of registration, in the examinations' zone.
pub(super) fn age(
    view: &mut View<'_>,
    account: Id,
    examination: &Examination,
) -> Result<i16, Problem> {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").map_err(Problem::internal)?;
    let first = examination.registration_opens;
    Ok(resident_of(view, account)?.age_on(first.date_in(&zone)))
}

/// The posts of an examination with a screening of the actor's facts, to choose from.
pub fn prospects(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<Vec<Prospect>, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    let examination = regulation::visible(view, Some(actor), examination)?;
    let facts = stated_facts(view, actor.account)?;
    let age = age(view, actor.account, &examination)?;
    let registration = &examination.profile.registration;
    let posts = establishment::standing_posts(view, examination.id)?;
    Ok(posts
        .into_iter()
        .map(|post| Prospect {
            findings: rules::screen(&facts, age, &post.requirements, registration),
            post,
        })
        .collect())
}

/// The application, if it is the actor's. Somebody else's is none.
fn own(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<ApplicationRow, Problem> {
    let row = store::application(view.db, id)?;
    if row.account_id != actor.account {
        return Err(Problem::not_found());
    }
    Ok(row)
}

/// As [`own`], held together with its examination, so that what is checked of both still stands
/// when the act commits. The examination always comes first, or two acts could wait for each other.
fn hold_own(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Id,
) -> Result<(Examination, ApplicationRow), Problem> {
    own(tx, actor, id)?;
    hold_application(tx, id)
}

/// An application and its examination, both held.
pub(super) fn hold_application(
    tx: &mut Tx<'_>,
    id: Id,
) -> Result<(Examination, ApplicationRow), Problem> {
    let examination = store::application(tx.db, id)?.examination_id;
    let examination = regulation::hold(tx, examination)?;
    let row = store::hold_application(tx, id)?;
    Ok((examination, row))
}

/// Those who may look at other people's applications.
pub(super) const READERS: &[Role] = &[Role::Hr, Role::Organiser];

/// The application, for its candidate and for those who review and organise.
pub(super) fn readable(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
) -> Result<ApplicationRow, Problem> {
    if actor.acting_as(READERS).is_ok() {
        return store::application(view.db, id);
    }
    own(view, actor, id)
}

/// One application, for its candidate and for those who review and organise.
pub fn application(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<ApplicationView, Problem> {
    let row = readable(view, actor, id)?;
    application_view(view, row)
}

/// The actor's applications before `before`, newest first.
pub fn own_applications(
    view: &mut View<'_>,
    actor: &Actor,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<ApplicationView>, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    let rows = store::applications_of(view.db, actor.account, before, limit)?;
    rows.into_iter()
        .map(|row| application_view(view, row))
        .collect()
}

/// The application of an account in an examination that is not withdrawn, for later rooms.
pub fn own_application(
    view: &mut View<'_>,
    account: Id,
    examination: Id,
) -> Result<Option<ApplicationView>, Problem> {
    let row = store::live_application(view.db, account, examination)?;
    row.map(|row| application_view(view, row)).transpose()
}

pub(super) fn application_view(
    view: &mut View<'_>,
    row: ApplicationRow,
) -> Result<ApplicationView, Problem> {
    let examination = regulation::load(view, row.examination_id)?;
    let post = establishment::post(view, row.post_id)?;
    let course: Course = unseal(view.vault, &row.screening_sealed)?;
    let open = must_be_open(&examination, view.now).is_ok();
    let subjects = regulation::subjects(view, examination.id)?;
    let closed = match row.ticket_no {
        Some(_) => store::subjects_closed(view.db, row.id)?,
        None => Vec::new(),
    };
    let over = |s: &Subject| s.closes_at < view.now || closed.contains(&s.id);
    let sittings_over = subjects.iter().all(over);
    let may_sit = row.ticket_no.is_some()
        && examination.phase == Phase::Locked
        && subjects.iter().any(|s| s.opens_at <= view.now && !over(s));
    let registration = &examination.profile.registration;
    let may_withdraw = open && rules::may_withdraw(row.state, registration.withdraw).is_ok();
    let may_change_post = may_move(&examination, row.state, &post, view.now).is_ok();
    Ok(ApplicationView {
        id: row.id,
        examination: examination.id,
        examination_code: examination.code,
        examination_zh: examination.title_zh,
        examination_en: examination.title_en,
        phase: examination.phase,
        post: post.id,
        post_code: post.code,
        post_zh: post.title_zh,
        post_en: post.title_en,
        organisation_zh: post.organisation_zh,
        organisation_en: post.organisation_en,
        state: row.state,
        submitted_at: row.submitted_at,
        findings: course.findings,
        steps: course.steps,
        ticket_no: row.ticket_no,
        room: row.room,
        seat: row.seat,
        sittings_over,
        may_sit,
        may_withdraw,
        may_change_post,
        transfer_until: post.transfer_until,
    })
}
