//! What the rooms that follow have of a draw: fixing what is drawn from, and the seed.

use serde_json::{Value, json};

use super::{Held, canonical, parse, step_of};
use crate::access::{Acting, Actor, Role};
use crate::ceremony::Gate;
use crate::ceremony::rules::{LEAD_SECONDS, Purpose, Step};
use crate::ceremony::store::{self, CustodianRow, DrawRow, MemberRow, MemberState};
use crate::draw::Seed;
use crate::draw::beacon::Beacon;
use crate::draw::ceremony::{Revealed, pool_order, pool_root};
use crate::draw::lists::{member_commitment, member_salt};
use crate::kernel::merkle::Hash;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::regulation::service::Examination;
use crate::store::{Tx, View, sha256};

/// The members of a draw under its name and its secret key.
#[derive(Clone)]
pub struct Candidates {
    code: String,
    key: [u8; 32],
}

impl std::fmt::Debug for Candidates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidates({})", self.code)
    }
}

impl Candidates {
    pub(super) fn of(view: &View<'_>, row: &DrawRow) -> Result<Self, Problem> {
        let key = view.vault.open_bytes(&row.member_key_sealed)?;
        let key = key.try_into();
        Ok(Self {
            code: row.code.clone(),
            key: key.map_err(|_| Problem::internal("the key of a draw has not 32 bytes"))?,
        })
    }

    /// What salts the commitment to a member.
    pub fn salt(&self, member: Id) -> [u8; 32] {
        member_salt(&self.key, member.bytes())
    }

    /// The commitment to a member.
    pub fn commitment(&self, stratum: &str, member: Id, content: &[u8]) -> Hash {
        member_commitment(&self.code, stratum, &self.salt(member), content)
    }
}

/// A draw whose pool is about to be fixed.
pub struct Fixing {
    /// Who fixes it.
    pub acting: Acting,
    /// The examination, held alone.
    pub examination: Examination,
    /// How members are committed to.
    pub candidates: Candidates,
    draw: DrawRow,
    custodians: Vec<CustodianRow>,
    rehearsal: bool,
}

/// Begins to fix what a draw of this purpose is drawn from: all custodians have committed, and the
/// beacon is far enough away.
pub fn begin_fixing(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
    purpose: Purpose,
) -> Result<Fixing, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take_alone(tx, draw)?;
    if held.row.purpose != purpose {
        return Err(Problem::not_found());
    }
    held.must_be_at(Step::Fix)?;
    gate.must_be_possible()?;
    let lead = if gate.rehearsal { 0 } else { LEAD_SECONDS };
    if held.row.beacon_at < tx.now.plus_seconds(lead) {
        let problem = Problem::conflict("beacon-too-near");
        return Err(problem.with("at", held.row.beacon_at));
    }
    Ok(Fixing {
        acting,
        candidates: Candidates::of(tx, &held.row)?,
        examination: held.examination,
        draw: held.row,
        custodians: held.custodians,
        rehearsal: gate.rehearsal,
    })
}

/// Fixes what is drawn from: the members' commitments and the parameters. The leaf of this decision
/// goes into the seed.
pub fn fix(
    tx: &mut Tx<'_>,
    fixing: &Fixing,
    members: Vec<Hash>,
    params: &Value,
) -> Result<(), Problem> {
    if members.is_empty() {
        return Err(Problem::conflict("pool-empty"));
    }
    let count = i32::try_from(members.len()).map_err(Problem::internal)?;
    let root = pool_root(&pool_order(members));
    let draw = &fixing.draw;
    let custodians = fixing.custodians.iter().map(|one| {
        let commitment = one.commitment.as_deref().unwrap_or_default();
        json!({
            "number": one.number, "office": one.office, "commitment": hex::encode(commitment),
        })
    });
    let beacon: Value = parse(&draw.beacon)?;
    let inputs = json!({
        "draw": draw.code, "purpose": draw.purpose, "number": draw.number, "beacon": beacon,
        "beacon_at": draw.beacon_at, "custodians": custodians.collect::<Vec<_>>(),
        "pool": { "root": hex::encode(root), "count": count }, "params": params,
        "rehearsal": fixing.rehearsal,
    });
    let entry = fixing
        .examination
        .decision(fixing.acting, "draw.committed")
        .on(inputs);
    let decision = ledger::record(tx, &entry.outcome("committed"))?;
    store::set_committed(tx, draw.id, decision, (&root, count), &canonical(params)?)
}

/// Fixes a list of people: for each the stratum, the key by which the room knows her or him, and
/// what is committed to.
pub fn fix_list(
    tx: &mut Tx<'_>,
    fixing: &Fixing,
    members: Vec<(String, Id, Vec<u8>)>,
    params: &Value,
) -> Result<(), Problem> {
    let mut rows = Vec::with_capacity(members.len());
    for (stratum, id, content) in members {
        let commitment = fixing.candidates.commitment(&stratum, id, &content);
        rows.push(MemberRow {
            draw_id: fixing.draw.id,
            id,
            stratum,
            commitment: commitment.to_vec(),
            content_sealed: tx.vault.seal(content)?,
            state: MemberState::Pool,
            place: None,
            replaces: None,
        });
    }
    store::insert_members(tx, &rows)?;
    let commitments = rows.iter().map(commitment_of).collect::<Result<_, _>>()?;
    fix(tx, fixing, commitments, params)
}

pub(super) fn commitment_of(row: &MemberRow) -> Result<Hash, Problem> {
    let wrong = |_| Problem::internal("a member's commitment has not 32 bytes");
    row.commitment.as_slice().try_into().map_err(wrong)
}

/// A draw whose seed is there and whose result is not.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The draw.
    pub draw: Id,
    /// Its name.
    pub code: String,
    /// Its seed: secret until the result may be known.
    pub seed: Seed,
    /// How members are committed to.
    pub candidates: Candidates,
    /// The parameters that were fixed.
    pub params: Value,
    pool_root: Vec<u8>,
}

impl Ready {
    /// Refuses to draw from another pool than was fixed.
    pub fn must_be_drawn_from(&self, members: Vec<Hash>) -> Result<(), Problem> {
        if pool_root(&pool_order(members)) == self.pool_root.as_slice() {
            return Ok(());
        }
        Err(Problem::conflict("pool-changed").with("draw", &self.code))
    }
}

/// The seed for a purpose, once all its secrets are shown.
pub fn ready(
    view: &mut View<'_>,
    examination: &Examination,
    purpose: Purpose,
) -> Result<Ready, Problem> {
    let missing = || Problem::conflict("draw-missing").with("purpose", purpose.as_str());
    let row = store::standing(view.db, examination.id, purpose)?.ok_or_else(missing)?;
    let custodians = store::custodians(view.db, row.id)?;
    let step = step_of(&row, &custodians);
    if step != Step::Draw {
        let problem = Problem::conflict("draw-not-ready").with("draw", &row.code);
        return Err(problem.with("step", step.as_str()));
    }
    Ok(Ready {
        draw: row.id,
        seed: seed(view, &row, &custodians)?,
        candidates: Candidates::of(view, &row)?,
        params: parse(&row.params)?,
        pool_root: row.pool_root.unwrap_or_default(),
        code: row.code,
    })
}

/// Records what was drawn, in the act that draws it.
pub fn conclude(
    tx: &mut Tx<'_>,
    acting: Acting,
    examination: &Examination,
    ready: &Ready,
    result: &Value,
) -> Result<(), Problem> {
    let row = store::held(tx, ready.draw)?;
    let custodians = store::custodians(tx.db, ready.draw)?;
    // Another act may have given it up, or drawn it, since the seed was read.
    if step_of(&row, &custodians) != Step::Draw {
        return Err(Problem::conflict("draw-not-ready").with("draw", &row.code));
    }
    let hash = sha256(canonical(result)?);
    store::set_drawn(tx, row.id, &hash)?;
    let inputs = json!({
        "draw": row.code, "seed_commitment": hex::encode(sha256(ready.seed.bytes())),
        "result": hex::encode(hash),
    });
    let entry = examination.decision(acting, "draw.result").on(inputs);
    ledger::record(tx, &entry.outcome("drawn"))?;
    Ok(())
}

/// The seed of a draw, derived again from everything that leads to it; none before all of it is
/// there.
pub fn seed_of(view: &mut View<'_>, draw: Id) -> Result<Option<Seed>, Problem> {
    let row = store::find(view.db, draw)?;
    let custodians = store::custodians(view.db, draw)?;
    let there = row.beacon_value.is_some() && custodians.iter().all(|c| c.secret_sealed.is_some());
    there.then(|| seed(view, &row, &custodians)).transpose()
}

fn seed(view: &mut View<'_>, row: &DrawRow, custodians: &[CustodianRow]) -> Result<Seed, Problem> {
    let decision = row.committed_by;
    let decision = decision.ok_or_else(|| Problem::internal("a draw without a commitment"))?;
    let commit_leaf = ledger::leaf_hash(view, decision)?;
    let beacon: Beacon = parse(&row.beacon)?;
    let value = row.beacon_value.as_deref().unwrap_or_default();
    let beacon = beacon.value(value).map_err(Problem::internal)?;
    let given: Vec<String> = parse(&row.contributions)?;
    let contributions: Vec<Vec<u8>> = given.into_iter().map(String::into_bytes).collect();
    let (mut secrets, mut commitments) = (Vec::new(), Vec::new());
    for one in custodians {
        let secret = one.secret_sealed.as_deref().unwrap_or_default();
        secrets.push(thirty_two(view.vault.open_bytes(secret)?)?);
        commitments.push(thirty_two(one.commitment.clone().unwrap_or_default())?);
    }
    let revealed = Revealed {
        draw: &row.code,
        commit_leaf: &commit_leaf,
        beacon: &beacon,
        secrets: &secrets,
        contributions: &contributions,
    };
    revealed.seed(&commitments).map_err(Problem::internal)
}

fn thirty_two(bytes: Vec<u8>) -> Result<[u8; 32], Problem> {
    let wrong = |_| Problem::internal("a secret or a commitment has not 32 bytes");
    bytes.try_into().map_err(wrong)
}
