//! What everybody sees of a draw, what its custodians see, and what the organiser sees.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::lists::result_of;
use super::seed::seed_of;
use super::{CUSTODIANS, parse, step_of};
use crate::access::{Actor, Role, service as access};
use crate::ceremony::Gate;
use crate::ceremony::rules::{DrawState, LEAD_SECONDS, Purpose, Step};
use crate::ceremony::store::{self, CustodianRow, DrawRow, MemberRow, MemberState};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::View;

/// A draw, as everybody sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DrawView {
    /// Id.
    pub id: Id,
    /// The examination.
    pub examination: Id,
    /// Its name, which goes into the seed.
    pub code: String,
    /// What it decides.
    pub purpose: Purpose,
    /// How often a draw for this was opened; those before are void.
    pub number: i32,
    /// How far it has come.
    pub state: DrawState,
    /// What is next.
    pub step: Step,
    /// The beacon that was announced.
    #[schema(value_type = Object)]
    pub beacon: Value,
    /// When the beacon has its value.
    pub beacon_at: Instant,
    /// Who keep the secrets.
    pub custodians: Vec<CustodianView>,
    /// Root over the pool, hexadecimal, once it is fixed.
    pub pool_root: Option<String>,
    /// Members of the pool.
    pub pool_count: i32,
    /// With what it was fixed.
    #[schema(value_type = Object)]
    pub params: Value,
    /// Leaf hash of the decision that fixed it, hexadecimal: it goes into the seed.
    pub commit_leaf: Option<String>,
    /// Size of the checkpoint that witnesses had signed in time.
    pub witnessed: Option<i64>,
    /// What candidates contributed, in their order.
    pub contributions: Vec<String>,
    /// The beacon's value, once it is there.
    pub beacon_value: Option<String>,
    /// The seed, hexadecimal, once everybody may know it.
    pub seed: Option<String>,
    /// SHA-256 of the result's canonical JSON, hexadecimal.
    pub result_hash: Option<String>,
    /// The result of a list: commitments in the order of each stratum.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Why it was given up.
    pub void_reason: Option<String>,
}

/// A custodian, as everybody sees her or him.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustodianView {
    /// Number, from one.
    pub number: i32,
    /// The office.
    pub office: String,
    /// The commitment, hexadecimal.
    pub commitment: Option<String>,
    /// Whether the secret was shown.
    pub revealed: bool,
    /// The secret, hexadecimal, once everybody may know it.
    pub secret: Option<String>,
}

/// A member of a list, for those who lead the examination.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberView {
    /// Id.
    pub id: Id,
    /// Stratum.
    pub stratum: String,
    /// Place in the order of the stratum, from one.
    pub place: Option<i32>,
    /// `pool`, `chosen`, `reserve` or `replaced`.
    pub state: &'static str,
    /// Which panel, from one.
    pub panel: Option<usize>,
    /// Name, or ticket number.
    pub name: String,
    /// Where she or he works.
    pub unit: String,
}

/// A draw with what this visitor may do in it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The draw.
    pub draw: DrawView,
    /// The examination.
    pub examination: Examination,
    /// The visitor's number among its custodians.
    pub own: Option<i32>,
    /// Whether the visitor leads it.
    pub leads: bool,
    /// Whether witnesses had signed in time, or still may.
    pub is_witnessed: bool,
    /// Its members; for others than those who lead or look on, none.
    pub members: Vec<MemberView>,
}

/// Somebody who may keep a secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    /// The account.
    pub account: Id,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
}

/// Those who may be made custodians.
pub fn people(view: &mut View<'_>, actor: &Actor) -> Result<Vec<PersonView>, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let staff = access::staff_with(view, CUSTODIANS)?.into_iter();
    let person = |(account, name, roles)| PersonView {
        account,
        name,
        roles,
    };
    Ok(staff.map(person).collect())
}

/// All draws of an examination, void ones too.
pub fn draws(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    examination: Id,
) -> Result<(Examination, Vec<DrawView>), Problem> {
    let examination = regulation::visible(view, actor, examination)?;
    let rows = store::of_examination(view.db, examination.id)?.into_iter();
    let views: Result<Vec<_>, _> = rows.map(|row| shown(view, &examination, row)).collect();
    Ok((examination, views?))
}

/// A draw in which somebody keeps a secret.
#[derive(Debug, Clone)]
pub struct Duty {
    /// The draw.
    pub draw: DrawView,
    /// The examination.
    pub examination: Examination,
    /// Whether it waits for this custodian.
    pub is_due: bool,
}

/// The draws in which the actor keeps a secret: first those that wait for her or him, then the
/// newest.
pub fn duties(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Duty>, Problem> {
    actor.acting_as(CUSTODIANS)?;
    let rows = store::of_custodian(view.db, actor.account)?.into_iter();
    let duties = rows.map(|row| duty(view, actor, row));
    let mut duties: Vec<Duty> = duties.collect::<Result<_, Problem>>()?;
    duties.sort_by_key(|duty| !duty.is_due);
    Ok(duties)
}

fn duty(view: &mut View<'_>, actor: &Actor, row: DrawRow) -> Result<Duty, Problem> {
    let examination = regulation::load(view, row.examination_id)?;
    let custodians = store::custodians(view.db, row.id)?;
    let mut own = custodians
        .iter()
        .filter(|one| one.account_id == actor.account);
    let draw = shown(view, &examination, row)?;
    let is_due = own.any(|one| match draw.step {
        Step::Commit => one.commitment.is_none(),
        Step::Reveal => one.secret_sealed.is_none(),
        _ => false,
    });
    Ok(Duty {
        draw,
        examination,
        is_due,
    })
}

/// One draw, and what the visitor may do in it.
pub fn draw(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    gate: &Gate,
    id: Id,
) -> Result<Seen, Problem> {
    let row = store::find(view.db, id)?;
    let examination = regulation::load(view, row.examination_id)?;
    let custodians = store::custodians(view.db, id)?;
    let own = actor.and_then(|actor| {
        let mut custodians = custodians.iter();
        custodians.find(|one| one.account_id == actor.account)
    });
    if own.is_none() {
        regulation::visible(view, actor, row.examination_id)?;
    }
    let is = |roles: &[Role]| actor.is_some_and(|actor| actor.acting_as(roles).is_ok());
    let leads = is(&[Role::Organiser]);
    let members = if leads || is(&[Role::Supervisor]) {
        members(view, &row)?
    } else {
        Vec::new()
    };
    Ok(Seen {
        own: own.map(|one| one.number),
        is_witnessed: row.witnessed_size.is_some() || witnessed(view, gate, &row)?.is_some(),
        draw: shown(view, &examination, row)?,
        examination,
        leads,
        members,
    })
}

/// The checkpoint that witnesses signed in time before the beacon.
pub(super) fn witnessed(
    view: &mut View<'_>,
    gate: &Gate,
    row: &DrawRow,
) -> Result<Option<i64>, Problem> {
    let Some(decision) = row.committed_by else {
        return Ok(None);
    };
    let until = row.beacon_at.seconds() - LEAD_SECONDS;
    ledger::witnessed(view, &gate.policy, decision, until)
}

/// Whether everybody may know the seed: of papers, once nobody sits any more.
pub fn seed_is_open(purpose: Purpose, state: DrawState, phase: Phase) -> bool {
    state.has_result() && (purpose != Purpose::Papers || phase >= Phase::Marking)
}

fn shown(
    view: &mut View<'_>,
    examination: &Examination,
    row: DrawRow,
) -> Result<DrawView, Problem> {
    let custodians = store::custodians(view.db, row.id)?;
    let open = seed_is_open(row.purpose, row.state, examination.phase);
    let seed = if open { seed_of(view, row.id)? } else { None };
    let result = match &seed {
        Some(seed) if row.purpose.is_list() => {
            let members = store::members(view.db, row.id)?;
            Some(result_of(seed, &members, &row.params)?)
        }
        _ => None,
    };
    let commit_leaf = match row.committed_by {
        Some(decision) => Some(hex::encode(ledger::leaf_hash(view, decision)?)),
        None => None,
    };
    Ok(DrawView {
        id: row.id,
        examination: row.examination_id,
        step: step_of(&row, &custodians),
        purpose: row.purpose,
        number: row.number,
        state: row.state,
        beacon: parse(&row.beacon)?,
        beacon_at: row.beacon_at,
        custodians: custodians
            .into_iter()
            .map(|one| custodian(view, one, open))
            .collect::<Result<_, _>>()?,
        pool_root: row.pool_root.map(hex::encode),
        pool_count: row.pool_count,
        params: parse(&row.params)?,
        commit_leaf,
        witnessed: row.witnessed_size,
        contributions: parse(&row.contributions)?,
        beacon_value: row.beacon_value,
        seed: seed.map(|seed| hex::encode(seed.bytes())),
        result_hash: row.result_hash.map(hex::encode),
        result,
        void_reason: row.void_reason,
        code: row.code,
    })
}

fn custodian(view: &View<'_>, row: CustodianRow, open: bool) -> Result<CustodianView, Problem> {
    let secret = row.secret_sealed.as_deref().filter(|_| open);
    let secret = secret.map(|sealed| view.vault.open_bytes(sealed));
    Ok(CustodianView {
        number: row.number,
        office: row.office,
        commitment: row.commitment.map(hex::encode),
        revealed: row.secret_sealed.is_some(),
        secret: secret.transpose()?.map(hex::encode),
    })
}

/// The members of a list, by stratum and place.
fn members(view: &mut View<'_>, row: &DrawRow) -> Result<Vec<MemberView>, Problem> {
    let params: Value = parse(&row.params)?;
    let rows = store::members(view.db, row.id)?;
    let panel = |one: &MemberRow| panel_of(&params, &rows, one);
    let panels: Vec<Option<usize>> = rows.iter().map(panel).collect();
    let members = rows.iter().zip(panels);
    members
        .map(|(one, panel)| {
            let (name, unit) = who(view, row.purpose, one)?;
            Ok(MemberView {
                id: one.id,
                stratum: one.stratum.clone(),
                place: one.place,
                state: one.state.as_str(),
                panel,
                name,
                unit,
            })
        })
        .collect()
}

/// On which panel somebody sits: that of the place that was drawn, or of whom she or he replaces.
fn panel_of(params: &Value, rows: &[MemberRow], one: &MemberRow) -> Option<usize> {
    if one.state == MemberState::Reserve {
        return None;
    }
    let needs = params.get("needs")?.as_array()?;
    let need = needs
        .iter()
        .find(|need| need["stratum"] == one.stratum.as_str())?;
    let need = usize::try_from(need.get("count")?.as_u64()?).ok()?;
    let mut first = one;
    // Whoever is replaced may have replaced somebody.
    for _ in 0..rows.len() {
        match first.replaces {
            Some(before) => first = rows.iter().find(|row| row.id == before)?,
            None => break,
        }
    }
    let place = usize::try_from(first.place?).ok()?;
    (place.saturating_sub(1)).checked_div(need).map(|at| at + 1)
}

fn who(
    view: &mut View<'_>,
    purpose: Purpose,
    row: &MemberRow,
) -> Result<(String, String), Problem> {
    let content = view.vault.open_bytes(&row.content_sealed)?;
    match purpose {
        Purpose::Markers => Ok((access::name_of(view, row.id)?, String::new())),
        Purpose::Panels => {
            let content: Value = serde_json::from_slice(&content).map_err(Problem::internal)?;
            let text = |key: &str| content[key].as_str().unwrap_or_default().to_owned();
            Ok((text("name"), text("unit")))
        }
        _ => Ok((
            String::from_utf8_lossy(&content).into_owned(),
            String::new(),
        )),
    }
}
