//! Posts that drew too few applicants (未达开考比例), and what follows for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::applications::{Course, StepKind, replace};
use super::review::notify;
use super::{seal, unseal};
use crate::access::{Acting, Actor, Role};
use crate::establishment::service::{self as establishment, PostView, Remedy};
use crate::kernel::{Fault, Id, Instant, Problem, merkle};
use crate::ledger;
use crate::registration::rules::ApplicationState;
use crate::registration::store;
use crate::regulation::service::{self as regulation, Examination};
use crate::regulation::{ApplicantBasis, MinApplicants, Phase, ShortfallAct};
use crate::store::{Tx, View};

/// Those who decide about posts.
const PLANNERS: &[Role] = &[Role::Hr, Role::Organiser];
/// The least time in which applicants of a cancelled post may move: a day.
const TRANSFER_SECONDS: i64 = 24 * 3600;
/// Most characters of an approval's number.
const APPROVAL_MAX: usize = 100;

/// A post with fewer approved applicants than the announcement asks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Shortfall {
    /// The post.
    pub post: PostView,
    /// Approved applicants.
    pub applicants: u32,
    /// Applicants needed.
    pub needed: u32,
    /// Applications to it that are not decided yet.
    pub undecided: u32,
    /// The most places that the applicants are enough for.
    pub places: u32,
    /// What the rules allow for it.
    #[schema(value_type = Vec<String>)]
    pub allowed: Vec<ShortfallAct>,
}

impl Shortfall {
    /// Whether something must still be decided about the post.
    pub fn is_open(&self) -> bool {
        !self.post.is_cancelled() && self.post.kept_under.is_none()
    }

    /// Whether the rules allow this for the post.
    pub fn allows(&self, act: ShortfallAct) -> bool {
        self.allowed.contains(&act)
    }

    /// What every decision about it rests on.
    fn inputs(&self) -> Value {
        json!({
            "post": self.post.id, "code": self.post.code, "quota": self.post.quota,
            "applicants": self.applicants, "needed": self.needed,
        })
    }
}

/// The posts that stand and have too few applicants, by code. Where the profile counts those who
/// have paid, those approved are counted: fees are not collected yet. Where it counts those who
/// sat, nothing can be said before the sitting.
pub fn shortfalls(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<Vec<Shortfall>, Problem> {
    actor.acting_as(PLANNERS)?;
    let examination = regulation::load(view, examination)?;
    short(view, &examination)
}

fn rule(examination: &Examination) -> Option<&MinApplicants> {
    let minimum = examination.profile.min_applicants.as_ref();
    minimum.filter(|minimum| minimum.basis != ApplicantBasis::Sat)
}

fn short(view: &mut View<'_>, examination: &Examination) -> Result<Vec<Shortfall>, Problem> {
    let Some(rule) = rule(examination) else {
        return Ok(Vec::new());
    };
    let approved = count(view, examination.id, ApplicationState::Approved)?;
    let undecided = count(view, examination.id, ApplicationState::Submitted)?;
    let of = |counts: &BTreeMap<Id, u32>, post: &PostView| {
        counts.get(&post.id).copied().unwrap_or_default()
    };
    let posts = establishment::standing_posts(view, examination.id)?;
    let short = posts.into_iter().map(|post| {
        let applicants = of(&approved, &post);
        let allowed = ShortfallAct::ALL.iter().copied();
        Shortfall {
            applicants,
            needed: rule.needed(u32::try_from(post.quota).unwrap_or_default()),
            undecided: of(&undecided, &post),
            places: rule.places(applicants),
            allowed: allowed
                .filter(|act| rule.allows(*act, applicants))
                .collect(),
            post,
        }
    });
    Ok(short.filter(|one| one.applicants < one.needed).collect())
}

fn count(
    view: &mut View<'_>,
    examination: Id,
    state: ApplicationState,
) -> Result<BTreeMap<Id, u32>, Problem> {
    let mut counts = BTreeMap::new();
    for post in store::posts_applied_for(view.db, examination, state)? {
        *counts.entry(post).or_default() += 1;
    }
    Ok(counts)
}

/// Tickets wait until something is decided about every post with too few applicants, and until
/// nobody whose post was cancelled can still move to another.
pub(super) fn must_be_settled(
    view: &mut View<'_>,
    examination: &Examination,
) -> Result<(), Problem> {
    let open = short(view, examination)?
        .into_iter()
        .filter(Shortfall::is_open);
    let open: Vec<String> = open
        .map(|one| format!("{} ({}/{})", one.post.code, one.applicants, one.needed))
        .collect();
    if !open.is_empty() {
        return Err(Problem::conflict("too-few-applicants").with("posts", open.join(", ")));
    }
    let waiting = count(view, examination.id, ApplicationState::Displaced)?;
    for post in waiting.into_keys() {
        let until = establishment::post(view, post)?.transfer_until;
        if let Some(until) = until.filter(|until| view.now < *until) {
            return Err(Problem::conflict("transfers-still-open").with("until", until));
        }
    }
    Ok(())
}

/// A post with too few applicants, held together with its whole examination, once every application
/// to it is decided.
struct Held {
    acting: Acting,
    examination: Examination,
    short: Shortfall,
}

/// Fewer places for a post.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reduction {
    /// Places from now on: for no more than its applicants are enough.
    pub places: i32,
    /// Why.
    pub reason: String,
}

/// The cancellation of a post.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Until when its applicants may move to another post; needed if the rules let them.
    #[serde(default)]
    pub transfer_until: Option<Instant>,
    /// Why.
    pub reason: String,
}

/// The retention of a post in spite of too few applicants.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The number of the competent authority's approval.
    pub approval: String,
    /// Why.
    pub reason: String,
}

/// Cuts the places of a post to what its applicants are enough for (调减).
pub fn reduce_post(
    tx: &mut Tx<'_>,
    actor: &Actor,
    post: Id,
    reduction: &Reduction,
) -> Result<(), Problem> {
    let held = hold(tx, actor, post, ShortfallAct::Reduce, &reduction.reason)?;
    let most = i32::try_from(held.short.places).unwrap_or(i32::MAX);
    if !(1..=most).contains(&reduction.places) {
        let fault = Fault::new("places", "out-of-range").with("min", 1);
        return Err(Problem::invalid(vec![fault.with("max", most)]));
    }
    let places = reduction.places;
    establishment::remedy(
        tx,
        &held.examination,
        &held.short.post,
        Remedy::Cut { places },
    )?;
    let mut inputs = held.short.inputs();
    inputs["places"] = json!(places);
    let entry = held
        .examination
        .decision(held.acting, "post.reduced")
        .about(post);
    let entry = entry.on(inputs).outcome("reduced");
    ledger::record(tx, &entry.because(reduction.reason.trim()))?;
    Ok(())
}

/// Cancels a post (取消). Its applicants are told; they may move to another post for as long as it
/// says, if the rules let them.
pub fn cancel_post(
    tx: &mut Tx<'_>,
    actor: &Actor,
    post: Id,
    cancellation: &Cancellation,
) -> Result<(), Problem> {
    let held = hold(tx, actor, post, ShortfallAct::Cancel, &cancellation.reason)?;
    let (examination, post) = (&held.examination, &held.short.post);
    let may_move = held.short.allows(ShortfallAct::Transfer);
    let transfer_until = cancellation.transfer_until.filter(|_| may_move);
    if may_move {
        check_transfer_until(tx, examination, transfer_until)?;
    }
    establishment::remedy(tx, examination, post, Remedy::Cancel { transfer_until })?;
    let displaced = displace(tx, examination, post)?;
    let mut inputs = held.short.inputs();
    // Everybody at the post gets this decision's receipt: it does not name the others.
    let leaves: Vec<_> = displaced
        .iter()
        .map(|id| merkle::leaf_hash(id.bytes()))
        .collect();
    inputs["displaced"] = json!(displaced.len());
    inputs["displaced_root"] = json!(hex::encode(merkle::root(&leaves)));
    inputs["transfer_until"] = json!(transfer_until);
    let entry = examination
        .decision(held.acting, "post.cancelled")
        .about(post.id);
    let entry = entry.on(inputs).outcome("cancelled");
    ledger::record(tx, &entry.because(cancellation.reason.trim()))?;
    Ok(())
}

/// Keeps a post under an approval (经批准保留).
pub fn keep_post(
    tx: &mut Tx<'_>,
    actor: &Actor,
    post: Id,
    retention: &Retention,
) -> Result<(), Problem> {
    let act = ShortfallAct::KeepWithApproval;
    let held = hold(tx, actor, post, act, &retention.reason)?;
    let approval = retention.approval.trim();
    if approval.is_empty() {
        return Err(Problem::field("approval", "required"));
    }
    if approval.chars().count() > APPROVAL_MAX {
        let fault = Fault::new("approval", "too-long").with("max", APPROVAL_MAX);
        return Err(Problem::invalid(vec![fault]));
    }
    establishment::remedy(
        tx,
        &held.examination,
        &held.short.post,
        Remedy::Keep { approval },
    )?;
    let mut inputs = held.short.inputs();
    inputs["approval"] = json!(approval);
    let entry = held
        .examination
        .decision(held.acting, "post.kept")
        .about(post);
    let entry = entry.on(inputs).outcome("kept");
    ledger::record(tx, &entry.because(retention.reason.trim()))?;
    Ok(())
}

/// Everything that must be true before anything is decided about a post. Nobody else acts in the
/// examination until the act commits: no application may come or go under the count.
fn hold(
    tx: &mut Tx<'_>,
    actor: &Actor,
    post: Id,
    act: ShortfallAct,
    reason: &str,
) -> Result<Held, Problem> {
    let acting = actor.acting_as(PLANNERS)?;
    let examination = establishment::post(tx, post)?.examination;
    let examination = regulation::hold_alone(tx, examination)?;
    examination.phase.must_be(&[Phase::Announced])?;
    if tx.now < examination.registration_closes {
        return Err(Problem::conflict("registration-still-open"));
    }
    let short = short(tx, &examination)?;
    let Some(short) = short
        .into_iter()
        .find(|one| one.post.id == post && one.is_open())
    else {
        return Err(Problem::conflict("no-shortfall"));
    };
    if short.undecided > 0 {
        return Err(Problem::conflict("applications-undecided").with("count", short.undecided));
    }
    if !short.allows(act) {
        return Err(Problem::conflict("shortfall-act-not-allowed"));
    }
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    Ok(Held {
        acting,
        examination,
        short,
    })
}

/// There is time to move, and it is over before the first sitting.
fn check_transfer_until(
    view: &mut View<'_>,
    examination: &Examination,
    until: Option<Instant>,
) -> Result<(), Problem> {
    let Some(until) = until else {
        return Err(Problem::field("transfer_until", "required"));
    };
    if until < view.now.plus_seconds(TRANSFER_SECONDS) {
        return Err(Problem::field("transfer_until", "too-little-time-to-move"));
    }
    let subjects = regulation::subjects(view, examination.id)?;
    if subjects.iter().any(|subject| subject.opens_at <= until) {
        return Err(Problem::field("transfer_until", "after-the-first-sitting"));
    }
    Ok(())
}

/// The approved applicants of a cancelled post stand without one.
fn displace(
    tx: &mut Tx<'_>,
    examination: &Examination,
    post: &PostView,
) -> Result<Vec<Id>, Problem> {
    let approved = store::approved(tx.db, examination.id)?;
    let mut displaced = Vec::new();
    for mut row in approved.into_iter().filter(|row| row.post_id == post.id) {
        let mut course: Course = unseal(tx.vault, &row.screening_sealed)?;
        course.step(tx.now, StepKind::Displaced, None);
        row.state = ApplicationState::Displaced;
        row.screening_sealed = seal(tx.vault, &course)?;
        replace(tx, &row, ApplicationState::Approved)?;
        notify(tx, examination, row.account_id)?;
        displaced.push(row.id);
    }
    Ok(displaced)
}
