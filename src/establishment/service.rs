//! The acts of establishment.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::rules::{self, Headcount, HeadcountKind, PostState, Requirements};
use super::store::{self, HeadcountRow, OrganisationRow, PostRow};
use crate::access::{Actor, Role};
use crate::kernel::{Fault, Id, Instant, Problem};
use crate::ledger;
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View};

/// A new organisation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Short code: letters, digits, hyphen, underscore.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default)]
    pub name_en: String,
}

/// An organisation and its headcount.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganisationView {
    /// Id.
    pub id: Id,
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Headcount by type.
    pub headcount: Vec<Headcount>,
}

/// Adds an organisation.
pub fn add_organisation(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewOrganisation,
) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    rules::check_organisation(&new.code, &new.name_zh, &new.name_en)?;
    let row = OrganisationRow {
        id: Id::new(tx.now),
        code: new.code.clone(),
        name_zh: new.name_zh.trim().to_owned(),
        name_en: new.name_en.trim().to_owned(),
        created_at: tx.now,
    };
    store::insert_organisation(tx, &row)?;
    let inputs = json!({ "organisation": row.id, "code": row.code });
    ledger::record(
        tx,
        &acting
            .decides("organisation.added")
            .on(inputs)
            .outcome("added"),
    )?;
    Ok(row.id)
}

/// An approval of headcount.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Approved slots.
    pub approved: i32,
    /// Slots occupied by people in service.
    pub occupied: i32,
    /// The approving document; kept in the decision log.
    pub reason: String,
}

/// Enters the approved and occupied headcount of one type.
pub fn approve_headcount(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organisation: Id,
    kind: HeadcountKind,
    approval: &Approval,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    let organisation = store::organisation(tx.db, organisation)?.id;
    if approval.reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    let planned = store::hold_planned(tx, organisation, kind)?;
    rules::check_approval(approval.approved, approval.occupied, planned)?;
    store::put_headcount(tx, organisation, kind, approval.approved, approval.occupied)?;
    let inputs = json!({
        "organisation": organisation, "kind": kind,
        "approved": approval.approved, "occupied": approval.occupied, "planned": planned,
    });
    let entry = acting
        .decides("headcount.approved")
        .on(inputs)
        .outcome("approved");
    ledger::record(tx, &entry.because(&approval.reason))?;
    Ok(())
}

/// Organisations after `after`, up to `limit`. Headcount is public: anybody may look.
pub fn organisations(
    view: &mut View<'_>,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<OrganisationView>, Problem> {
    let rows = store::organisations(view.db, after, limit)?;
    rows.into_iter()
        .map(|row| organisation_view(view, row))
        .collect()
}

/// One organisation.
pub fn organisation(view: &mut View<'_>, id: Id) -> Result<OrganisationView, Problem> {
    let row = store::organisation(view.db, id)?;
    organisation_view(view, row)
}

impl From<HeadcountRow> for Headcount {
    fn from(row: HeadcountRow) -> Self {
        Self {
            kind: row.kind,
            approved: row.approved,
            occupied: row.occupied,
            planned: row.planned,
        }
    }
}

fn organisation_view(
    view: &mut View<'_>,
    row: OrganisationRow,
) -> Result<OrganisationView, Problem> {
    let headcount = store::headcounts(view.db, row.id)?
        .into_iter()
        .map(Headcount::from)
        .collect();
    let OrganisationRow {
        id,
        code,
        name_zh,
        name_en,
        ..
    } = row;
    Ok(OrganisationView {
        id,
        code,
        name_zh,
        name_en,
        headcount,
    })
}

/// A new post of an examination.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPost {
    /// The organisation that will employ.
    pub organisation: Id,
    /// Code, unique in the examination: letters, digits, hyphen, underscore.
    pub code: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English; may be empty.
    #[serde(default)]
    pub title_en: String,
    /// The type of headcount it is filled on.
    pub headcount_kind: HeadcountKind,
    /// How many people are wanted.
    pub quota: i32,
    /// What applicants must meet.
    #[serde(default)]
    pub requirements: Requirements,
}

/// A post (职位、岗位) with the organisation that offers it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PostView {
    /// Id.
    pub id: Id,
    /// The examination.
    pub examination: Id,
    /// The organisation.
    pub organisation: Id,
    /// The organisation's name in Chinese.
    pub organisation_zh: String,
    /// The organisation's name in English.
    pub organisation_en: String,
    /// Code.
    pub code: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// The type of headcount it is filled on.
    pub headcount_kind: HeadcountKind,
    /// How many people are wanted.
    pub quota: i32,
    /// What applicants must meet.
    pub requirements: Requirements,
    /// Whether it still stands.
    pub state: PostState,
    /// The approval under which it is kept in spite of too few applicants.
    pub kept_under: Option<String>,
    /// Until when the applicants of a cancelled post may move to another.
    pub transfer_until: Option<Instant>,
}

impl PostView {
    /// Whether nobody can apply for it or be ranked on it any more.
    pub fn is_cancelled(&self) -> bool {
        self.state == PostState::Cancelled
    }
}

/// Adds a post to a draft and takes the free headcount it needs.
pub fn add_post(
    tx: &mut Tx<'_>,
    actor: &Actor,
    examination: Id,
    new: &NewPost,
) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Hr, Role::Organiser])?;
    let examination = regulation::hold(tx, examination)?;
    examination.must_be_draft()?;
    check_new_post(tx, &examination, new)?;
    let organisation = new.organisation;
    if rules::takes_headcount(examination.track) {
        take_headcount(tx, organisation, new.headcount_kind, new.quota)?;
    }
    let row = PostRow {
        id: Id::new(tx.now),
        examination_id: examination.id,
        organisation_id: organisation,
        code: new.code.clone(),
        title_zh: new.title_zh.trim().to_owned(),
        title_en: new.title_en.trim().to_owned(),
        headcount_kind: new.headcount_kind,
        quota: new.quota,
        requirements: serde_json::to_string(&new.requirements).map_err(Problem::internal)?,
        state: PostState::Open,
        created_at: tx.now,
        kept_under: None,
        transfer_until: None,
    };
    store::insert_post(tx, &row)?;
    let inputs = json!({
        "post": row.id, "code": row.code, "organisation": organisation,
        "headcount": row.headcount_kind, "quota": row.quota, "requirements": new.requirements,
    });
    let entry = examination.decision(acting, "post.added").on(inputs);
    ledger::record(tx, &entry.outcome("added"))?;
    Ok(row.id)
}

/// Checks every field of a new post.
fn check_new_post(
    tx: &mut Tx<'_>,
    examination: &Examination,
    new: &NewPost,
) -> Result<(), Problem> {
    let titles = (
        ("title_zh", new.title_zh.as_str()),
        ("title_en", new.title_en.as_str()),
    );
    let mut faults = rules::naming_faults(&new.code, titles.0, titles.1);
    let registration = &examination.profile.registration;
    faults.extend(rules::post_faults(
        new.quota,
        &new.requirements,
        registration,
    ));
    if !store::is_organisation(tx.db, new.organisation)? {
        faults.push(Fault::new("organisation", "organisation-unknown"));
    }
    Problem::unless_valid(faults)
}

/// Takes free slots, or says how many there are.
fn take_headcount(
    tx: &mut Tx<'_>,
    organisation: Id,
    kind: HeadcountKind,
    quota: i32,
) -> Result<(), Problem> {
    if store::take_slots(tx, organisation, kind, quota)? {
        return Ok(());
    }
    let headcounts = store::headcounts(tx.db, organisation)?;
    let headcount = headcounts.into_iter().find(|row| row.kind == kind);
    let free = headcount.map_or(0, |row| Headcount::from(row).free());
    Err(Problem::conflict("headcount-exhausted")
        .with("wanted", quota)
        .with("free", free))
}

/// Removes a post from a draft and gives its headcount back.
pub fn remove_post(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr, Role::Organiser])?;
    let post = post(tx, id)?;
    let examination = regulation::hold(tx, post.examination)?;
    examination.must_be_draft()?;
    if !store::delete_post(tx, id)? {
        return Err(Problem::not_found());
    }
    if rules::takes_headcount(examination.track) {
        store::release_slots(tx, post.organisation, post.headcount_kind, post.quota)?;
    }
    let inputs = json!({
        "post": post.id, "code": post.code, "organisation": post.organisation,
        "headcount": post.headcount_kind, "quota": post.quota,
    });
    let entry = examination.decision(acting, "post.removed").on(inputs);
    ledger::record(tx, &entry.outcome("removed"))?;
    Ok(())
}

/// What follows for a post that drew too few applicants. The act that decides it stands in the room
/// that counts applicants, and records it.
#[derive(Debug, Clone, Copy)]
pub enum Remedy<'a> {
    /// Fewer places (调减).
    Cut {
        /// Places from now on.
        places: i32,
    },
    /// No post any more (取消).
    Cancel {
        /// When the time to move is over, if there is one.
        transfer_until: Option<Instant>,
    },
    /// The post stands all the same, under this approval (经批准保留).
    Keep {
        /// Its number.
        approval: &'a str,
    },
}

/// Changes a post as `remedy` says and gives back the headcount it no longer needs.
pub fn remedy(
    tx: &mut Tx<'_>,
    examination: &Examination,
    post: &PostView,
    remedy: Remedy<'_>,
) -> Result<(), Problem> {
    let (done, freed) = match remedy {
        Remedy::Cut { places } => (
            store::cut_post(tx, post.id, post.quota, places)?,
            post.quota - places,
        ),
        Remedy::Cancel { transfer_until } => {
            (store::cancel_post(tx, post.id, transfer_until)?, post.quota)
        }
        Remedy::Keep { approval } => (store::keep_post(tx, post.id, approval)?, 0),
    };
    if !done {
        return Err(Problem::conflict("post-cancelled"));
    }
    if freed > 0 && rules::takes_headcount(examination.track) {
        store::release_slots(tx, post.organisation, post.headcount_kind, freed)?;
    }
    Ok(())
}

/// The posts of an examination, by code, for the rooms that follow.
pub fn posts(view: &mut View<'_>, examination: Id) -> Result<Vec<PostView>, Problem> {
    let rows = store::posts(view.db, examination, None, None)?;
    rows.into_iter().map(post_view).collect()
}

/// How many objections of an examination wait for an answer, for its hub.
pub fn objections_waiting(view: &mut View<'_>, examination: Id) -> Result<i64, Problem> {
    store::objections_waiting(view.db, examination)
}

/// As [`posts`], without those that were cancelled.
pub fn standing_posts(view: &mut View<'_>, examination: Id) -> Result<Vec<PostView>, Problem> {
    let mut standing = posts(view, examination)?;
    standing.retain(|post| !post.is_cancelled());
    Ok(standing)
}

/// One post, for the rooms that follow.
pub fn post(view: &mut View<'_>, id: Id) -> Result<PostView, Problem> {
    post_view(store::post(view.db, id)?)
}

/// The posts of an examination that this visitor may know of, by code, after the code `after`.
pub fn visible_posts(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    examination: Id,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<PostView>, Problem> {
    let examination = regulation::visible(view, actor, examination)?;
    let rows = store::posts(view.db, examination.id, after, Some(limit))?;
    rows.into_iter().map(post_view).collect()
}

/// One post, if this visitor may know of its examination.
pub fn visible_post(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    id: Id,
) -> Result<PostView, Problem> {
    let post = post(view, id)?;
    regulation::visible(view, actor, post.examination)?;
    Ok(post)
}

fn post_view((row, organisation): (PostRow, OrganisationRow)) -> Result<PostView, Problem> {
    Ok(PostView {
        id: row.id,
        examination: row.examination_id,
        organisation: organisation.id,
        organisation_zh: organisation.name_zh,
        organisation_en: organisation.name_en,
        code: row.code,
        title_zh: row.title_zh,
        title_en: row.title_en,
        headcount_kind: row.headcount_kind,
        quota: row.quota,
        requirements: serde_json::from_str(&row.requirements).map_err(Problem::internal)?,
        state: row.state,
        kept_under: row.kept_under,
        transfer_until: row.transfer_until,
    })
}

/// Publishes the announcement with its posts and freezes the rules. The posts are checked once
/// more, because the rules may have been changed since they were entered.
pub fn announce(tx: &mut Tx<'_>, actor: &Actor, examination: Id) -> Result<(), Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let examination = regulation::hold_alone(tx, examination)?;
    examination.phase.must_be(&[Phase::Draft])?;
    let posts = posts(tx, examination.id)?;
    let registration = &examination.profile.registration;
    let faults = posts.iter().flat_map(|post| {
        let faults = rules::post_faults(post.quota, &post.requirements, registration);
        faults.into_iter().map(|fault| Fault {
            place: format!("posts.{}.{}", post.code, fault.place),
            ..fault
        })
    });
    Problem::unless_valid(faults.collect())?;
    regulation::announce(tx, actor, examination.id, posts.len())
}
