//! The acts of a ceremony, from the opening of a draw to its result.

mod lists;
mod recall;
mod record;
mod seed;
mod view;

pub use lists::{MarkerPool, draw_list, fix_markers, fix_panels, not_drawn_to_mark, substitute};
pub use recall::{InForce, papers_in_force, recall_papers};
pub use record::{DrawRecord, MemberRecord, drawn_candidates, record};
pub use seed::{Candidates, Fixing, Ready, begin_fixing, conclude, fix, fix_list, ready, seed_of};
pub use view::{
    CustodianView, DrawView, Duty, MemberView, PersonView, Seen, draw, draws, duties, people,
    seed_is_open,
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Gate;
use super::rules::{
    BeaconWish, DrawState, NewCustodian, Purpose, Step, contribution_faults, custodian_faults,
};
use super::store::{self, CustodianRow, DrawRow};
use crate::access::{Actor, Role, service as access};
use crate::draw::beacon::Beacon;
use crate::draw::ceremony::secret_commitment;
use crate::kernel::{Fault, Id, Instant, Problem, secret};
use crate::ledger;
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View};

/// Who may keep a secret of a draw.
pub const CUSTODIANS: &[Role] = &[
    Role::Organiser,
    Role::Hr,
    Role::Supervisor,
    Role::AuditAdmin,
];
/// Most characters of a reason.
const REASON_MAX: usize = 1000;

/// A draw to open.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraw {
    /// What it decides.
    pub purpose: Purpose,
    /// Where the beacon's value will come from.
    pub beacon: BeaconWish,
    /// When the value will be there.
    pub beacon_at: Instant,
    /// Who keep the secrets: three at least, one of them a supervisor.
    pub custodians: Vec<NewCustodian>,
}

/// Opens a draw: from now on its custodians commit to their secrets.
pub fn open(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    examination: Id,
    new: &NewDraw,
) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = regulation::hold(tx, examination)?;
    if examination.phase == Phase::Published {
        return Err(Problem::conflict("draw-too-late"));
    }
    gate.must_be_possible()?;
    Problem::unless_valid(custodian_faults(&new.custodians))?;
    must_be_staff(tx, &new.custodians)?;
    let (beacon, beacon_at) = new.beacon.announced(new.beacon_at)?;
    if beacon_at <= tx.now {
        return Err(Problem::field("beacon_at", "in-the-past"));
    }
    if new.purpose == Purpose::Seats && beacon_at <= examination.registration_closes {
        // Nobody's seat can be drawn who may still apply: such a draw could only be given up.
        return Err(Problem::field("beacon_at", "before-the-close"));
    }
    let row = new_row(tx, &examination, new.purpose, &beacon, beacon_at)?;
    store::insert(tx, &row)?;
    let custodians: Vec<CustodianRow> = (1..)
        .zip(&new.custodians)
        .map(|(number, one)| CustodianRow {
            draw_id: row.id,
            number,
            account_id: one.account,
            office: one.office.trim().to_owned(),
            commitment: None,
            secret_sealed: None,
        })
        .collect();
    store::insert_custodians(tx, &custodians)?;
    let inputs = json!({
        "draw": row.code, "purpose": row.purpose, "number": row.number, "beacon": beacon,
        "beacon_at": beacon_at, "custodians": new.custodians,
    });
    let entry = examination.decision(acting, "draw.opened").on(inputs);
    ledger::record(tx, &entry.outcome("opened"))?;
    Ok(row.id)
}

fn new_row(
    tx: &mut Tx<'_>,
    examination: &Examination,
    purpose: Purpose,
    beacon: &Beacon,
    beacon_at: Instant,
) -> Result<DrawRow, Problem> {
    let before = store::count(tx.db, examination.id, purpose)?;
    let number = i32::try_from(before + 1).map_err(Problem::internal)?;
    Ok(DrawRow {
        id: Id::new(tx.now),
        examination_id: examination.id,
        code: format!("{}/{}/{number}", examination.code, purpose.as_str()),
        purpose,
        number,
        state: DrawState::Open,
        beacon: serde_json::to_string(beacon).map_err(Problem::internal)?,
        beacon_at,
        member_key_sealed: tx.vault.seal(secret::random::<32>())?,
        params: "null".to_owned(),
        pool_root: None,
        pool_count: 0,
        committed_by: None,
        witnessed_size: None,
        contributions: "[]".to_owned(),
        beacon_value: None,
        result_hash: None,
        void_reason: None,
        created_at: tx.now,
    })
}

/// Custodians are people of this house who may, and one of them looks on for others.
fn must_be_staff(view: &mut View<'_>, custodians: &[NewCustodian]) -> Result<(), Problem> {
    let staff = access::staff_with(view, CUSTODIANS)?;
    let roles = |one: &NewCustodian| {
        let found = staff.iter().find(|(account, ..)| *account == one.account);
        found.map(|(_, _, roles)| roles)
    };
    let unknown = custodians.iter().enumerate();
    let unknown = unknown
        .filter(|(_, one)| roles(one).is_none())
        .map(|(at, _)| Fault::new(format!("custodians.{at}.account"), "no-such-custodian"));
    let mut faults: Vec<Fault> = unknown.collect();
    let looks_on = |one| roles(one).is_some_and(|roles| roles.contains(&Role::Supervisor));
    if faults.is_empty() && !custodians.iter().any(looks_on) {
        faults.push(Fault::new("custodians", "custodians-without-supervisor"));
    }
    Problem::unless_valid(faults)
}

/// A draw with its custodians, held for an act in it.
struct Held {
    examination: Examination,
    row: DrawRow,
    custodians: Vec<CustodianRow>,
}

impl Held {
    fn take(tx: &mut Tx<'_>, draw: Id) -> Result<Self, Problem> {
        let examination = store::find(tx.db, draw)?.examination_id;
        let examination = regulation::hold(tx, examination)?;
        Self::of(tx, examination, draw)
    }

    /// As [`Held::take`], keeping the whole examination to itself.
    fn take_alone(tx: &mut Tx<'_>, draw: Id) -> Result<Self, Problem> {
        let examination = store::find(tx.db, draw)?.examination_id;
        let examination = regulation::hold_alone(tx, examination)?;
        Self::of(tx, examination, draw)
    }

    fn of(tx: &mut Tx<'_>, examination: Examination, draw: Id) -> Result<Self, Problem> {
        Ok(Self {
            examination,
            row: store::held(tx, draw)?,
            custodians: store::custodians(tx.db, draw)?,
        })
    }

    fn must_be_at(&self, step: Step) -> Result<(), Problem> {
        let now = step_of(&self.row, &self.custodians);
        if now == step {
            return Ok(());
        }
        let problem = Problem::conflict("draw-other-step");
        Err(problem.with("step", now.as_str()))
    }

    /// The part of the person who acts.
    fn own(&self, actor: &Actor) -> Result<&CustodianRow, Problem> {
        let mut custodians = self.custodians.iter();
        let own = custodians.find(|one| one.account_id == actor.account);
        own.ok_or_else(Problem::not_found)
    }
}

/// What is to be done next.
fn step_of(row: &DrawRow, custodians: &[CustodianRow]) -> Step {
    let all = |there: fn(&CustodianRow) -> bool| custodians.iter().all(there);
    Step::next(
        row.state,
        all(|one| one.commitment.is_some()),
        row.beacon_value.is_some(),
        all(|one| one.secret_sealed.is_some()),
    )
}

/// A custodian commits to a secret, which stays with her or him: 32 bytes, hexadecimal.
pub fn commit_secret(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draw: Id,
    commitment: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(CUSTODIANS)?;
    let held = Held::take(tx, draw)?;
    let own = held.own(actor)?;
    held.must_be_at(Step::Commit)?;
    if own.commitment.is_some() {
        return Err(Problem::conflict("secret-committed"));
    }
    let bytes = thirty_two("commitment", commitment)?;
    let taken = |one: &CustodianRow| one.commitment.as_deref() == Some(bytes.as_slice());
    if held.custodians.iter().any(taken) {
        return Err(Problem::field("commitment", "commitment-of-another"));
    }
    store::set_commitment(tx, (draw, own.number), &bytes)?;
    let inputs = json!({
        "draw": held.row.code, "custodian": own.number, "commitment": hex::encode(bytes),
    });
    let entry = held.examination.decision(acting, "draw.secret_committed");
    ledger::record(tx, &entry.on(inputs).outcome("committed"))?;
    Ok(())
}

fn thirty_two(place: &str, text: &str) -> Result<[u8; 32], Problem> {
    let bytes = hex::decode(text.trim()).ok();
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Problem::field(place, "not-32-bytes"))
}

/// Takes in what candidates contribute to the seed, in the order in which they did, before the
/// beacon has its value.
pub fn contribute(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draw: Id,
    given: &[String],
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take(tx, draw)?;
    held.must_be_at(Step::Beacon)?;
    if held.row.purpose != Purpose::Interviews {
        return Err(Problem::conflict("draw-without-contributions"));
    }
    if held.row.contributions != "[]" {
        return Err(Problem::conflict("contributions-taken"));
    }
    if given.is_empty() || given.len() > usize::try_from(held.row.pool_count).unwrap_or_default() {
        return Err(Problem::field("contributions", "contributions-number"));
    }
    Problem::unless_valid(contribution_faults(given))?;
    let text = serde_json::to_string(given).map_err(Problem::internal)?;
    store::set_contributions(tx, draw, &text)?;
    let inputs = json!({ "draw": held.row.code, "contributions": given });
    let entry = held.examination.decision(acting, "draw.contributed");
    ledger::record(tx, &entry.on(inputs).outcome("contributed"))?;
    Ok(())
}

/// Enters the beacon's value, once its time has come and the commitment was witnessed before.
pub fn enter_beacon(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
    value: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take(tx, draw)?;
    held.must_be_at(Step::Beacon)?;
    if tx.now < held.row.beacon_at {
        return Err(Problem::conflict("beacon-not-yet").with("at", held.row.beacon_at));
    }
    let witnessed = view::witnessed(tx, gate, &held.row)?;
    if witnessed.is_none() && !gate.rehearsal {
        return Err(Problem::conflict("draw-not-witnessed"));
    }
    let beacon: Beacon = parse(&held.row.beacon)?;
    let value = pasted(&beacon, value);
    beacon
        .value(&value)
        .map_err(|why| Problem::field("value", beacon_fault(why)))?;
    store::set_beacon(tx, draw, &value, witnessed)?;
    let inputs = json!({ "draw": held.row.code, "value": value, "witnessed": witnessed });
    let entry = held.examination.decision(acting, "draw.beacon").on(inputs);
    ledger::record(tx, &entry.outcome("entered"))?;
    Ok(())
}

/// Of a round of drand, the signature, also when the whole answer of a server was pasted.
fn pasted(beacon: &Beacon, text: &str) -> String {
    #[derive(Deserialize)]
    struct Round {
        signature: String,
    }
    let round = matches!(beacon, Beacon::Drand { .. })
        .then(|| serde_json::from_str::<Round>(text).ok())
        .flatten();
    round.map_or_else(|| text.trim().to_owned(), |round| round.signature)
}

const fn beacon_fault(why: crate::draw::beacon::BeaconError) -> &'static str {
    use crate::draw::beacon::BeaconError;
    match why {
        BeaconError::Signature => "beacon-of-another-round",
        BeaconError::Form | BeaconError::Announcement => "beacon-form",
    }
}

/// A custodian shows the secret, once the beacon has its value.
pub fn reveal_secret(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draw: Id,
    secret: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(CUSTODIANS)?;
    let held = Held::take(tx, draw)?;
    let own = held.own(actor)?;
    held.must_be_at(Step::Reveal)?;
    if own.secret_sealed.is_some() {
        return Err(Problem::conflict("secret-revealed"));
    }
    let secret = thirty_two("secret", secret)?;
    let number = u64::try_from(own.number).map_err(Problem::internal)?;
    let commitment = secret_commitment(&held.row.code, number, &secret);
    if own.commitment.as_deref() != Some(commitment.as_slice()) {
        return Err(Problem::field("secret", "not-the-committed-secret"));
    }
    store::set_secret(tx, (draw, own.number), &tx.vault.seal(secret)?)?;
    let inputs = json!({ "draw": held.row.code, "custodian": own.number });
    let entry = held.examination.decision(acting, "draw.secret_revealed");
    ledger::record(tx, &entry.on(inputs).outcome("revealed"))?;
    Ok(())
}

/// Gives a draw up before its result, for a reason that everybody reads. The next one for the same
/// purpose gets the next number, so that everybody counts how often it was tried.
pub fn void(tx: &mut Tx<'_>, actor: &Actor, draw: Id, reason: &str) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take(tx, draw)?;
    if held.row.state.has_result() || held.row.state == DrawState::Void {
        return Err(Problem::conflict("draw-is-over"));
    }
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    if reason.chars().count() > REASON_MAX {
        let fault = Fault::new("reason", "too-long").with("max", REASON_MAX);
        return Err(Problem::invalid(vec![fault]));
    }
    store::set_void(tx, draw, reason)?;
    let step = step_of(&held.row, &held.custodians);
    let inputs = json!({
        "draw": held.row.code, "purpose": held.row.purpose, "number": held.row.number,
        "step": step,
    });
    let entry = held.examination.decision(acting, "draw.void").on(inputs);
    ledger::record(tx, &entry.outcome("void").because(reason))?;
    Ok(())
}

/// The examination that a draw belongs to.
pub fn examination_of(view: &mut View<'_>, draw: Id) -> Result<Id, Problem> {
    Ok(store::find(view.db, draw)?.examination_id)
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(Problem::internal)
}

/// Canonical JSON (RFC 8785).
fn canonical(value: &impl Serialize) -> Result<String, Problem> {
    serde_json_canonicalizer::to_string(value).map_err(Problem::internal)
}
