//! The acts of establishment.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::rules::{self, Headcount, HeadcountKind};
use super::store::{self, OrganisationRow};
use crate::access::{Actor, Role};
use crate::kernel::{Id, Problem};
use crate::ledger;
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
    let planned = store::planned(tx.db, organisation, kind)?;
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

fn organisation_view(
    view: &mut View<'_>,
    row: OrganisationRow,
) -> Result<OrganisationView, Problem> {
    let headcount = store::headcounts(view.db, row.id)?
        .into_iter()
        .map(|h| Headcount {
            kind: h.kind,
            approved: h.approved,
            occupied: h.occupied,
            planned: h.planned,
        })
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

/// A post as later rooms and the public see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PostView {
    /// Id.
    pub id: Id,
    /// The examination.
    pub examination: Id,
    /// The organisation.
    pub organisation: Id,
    /// Its name in Chinese.
    pub organisation_zh: String,
    /// Its name in English.
    pub organisation_en: String,
    /// Code of the post.
    pub code: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Type of headcount.
    pub headcount_kind: HeadcountKind,
    /// Places.
    pub quota: i32,
    /// What it asks of applicants.
    pub requirements: rules::Requirements,
    /// Its state.
    pub state: String,
}

/// The posts of an examination, by code.
pub fn posts(view: &mut View<'_>, examination: Id) -> Result<Vec<PostView>, Problem> {
    let rows = store::posts(view.db, examination)?;
    rows.into_iter().map(post_view).collect()
}

/// One post.
pub fn post(view: &mut View<'_>, id: Id) -> Result<PostView, Problem> {
    store::post(view.db, id).and_then(post_view)
}

fn post_view((row, organisation): (store::PostRow, OrganisationRow)) -> Result<PostView, Problem> {
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
    })
}
