//! Draws that put people in order: who examines, who marks, who is interviewed when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::seed::{begin_fixing, commitment_of, conclude, fix_list, ready};
use super::{Held, canonical, parse};
use crate::access::{Actor, Role, service as access};
use crate::ceremony::Gate;
use crate::ceremony::rules::{ListParams, PanelPool, Purpose, StandsBack, Step, list_result};
use crate::ceremony::store::{self, MemberRow, MemberState};
use crate::draw::Seed;
use crate::draw::lists::order;
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Id, Problem};
use crate::ledger;
use crate::regulation::Phase;
use crate::store::{Tx, View};

/// The stratum of all markers.
const MARKERS: &str = "markers";

/// How many markers are drawn.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkerPool {
    /// How many of those who may mark.
    pub count: usize,
}

/// Fixes the examiners that interview panels are drawn from. `posts` are the codes of the posts
/// with an interview.
pub fn fix_panels(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
    pool: &PanelPool,
    posts: &[String],
) -> Result<(), Problem> {
    let fixing = begin_fixing(tx, actor, gate, draw, Purpose::Panels)?;
    Problem::unless_valid(pool.faults())?;
    let mut members = Vec::with_capacity(pool.examiners.len());
    for one in &pool.examiners {
        let content = canonical(&json!({ "name": one.name.trim(), "unit": one.unit.trim() }))?;
        members.push((one.stratum.clone(), Id::new(tx.now), content.into_bytes()));
    }
    let chosen = pool.needs.iter();
    let chosen = chosen.map(|need| (need.stratum.clone(), need.count * pool.panels));
    let params = json!({
        "panels": pool.panels, "needs": pool.needs, "posts": posts,
        "chosen": chosen.collect::<BTreeMap<_, _>>(),
    });
    fix_list(tx, &fixing, members, &params)
}

/// Fixes the markers that are drawn from: everybody who may mark at this moment.
pub fn fix_markers(
    tx: &mut Tx<'_>,
    actor: &Actor,
    gate: &Gate,
    draw: Id,
    pool: MarkerPool,
) -> Result<(), Problem> {
    let fixing = begin_fixing(tx, actor, gate, draw, Purpose::Markers)?;
    if fixing.examination.phase >= Phase::Marking {
        return Err(Problem::conflict("draw-too-late"));
    }
    let markers = access::staff_with(tx, &[Role::Marker])?;
    if !(1..=markers.len()).contains(&pool.count) {
        let fault = Fault::new("count", "out-of-range").with("min", 1);
        return Err(Problem::invalid(vec![fault.with("max", markers.len())]));
    }
    let member = |(account, _, _): &(Id, String, Vec<Role>)| {
        (MARKERS.to_owned(), *account, account.bytes().to_vec())
    };
    let members = markers.iter().map(member).collect();
    let params = json!({ "chosen": { MARKERS: pool.count } });
    fix_list(tx, &fixing, members, &params)
}

/// Draws the order of a list.
pub fn draw_list(tx: &mut Tx<'_>, actor: &Actor, draw: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take(tx, draw)?;
    if !held.row.purpose.is_list() {
        return Err(Problem::conflict("draw-not-a-list"));
    }
    held.must_be_at(Step::Draw)?;
    let ready = ready(tx, &held.examination, held.row.purpose)?;
    let members = store::members(tx.db, draw)?;
    let commitments: Vec<Hash> = members
        .iter()
        .map(commitment_of)
        .collect::<Result<_, _>>()?;
    ready.must_be_drawn_from(commitments.clone())?;
    let strata = members.iter().map(|row| row.stratum.as_str());
    let drawn = order(&ready.seed, strata.zip(commitments));
    let params: ListParams = parse(&held.row.params)?;
    place(tx, &members, &drawn, &params)?;
    let result = list_result(&ready.seed, &drawn, &params);
    conclude(tx, acting, &held.examination, &ready, &result)
}

/// What is decided: the order of each stratum, and the panel of each post.
pub(super) fn result_of(
    seed: &Seed,
    members: &[MemberRow],
    params: &str,
) -> Result<Value, Problem> {
    let commitments: Vec<Hash> = members
        .iter()
        .map(commitment_of)
        .collect::<Result<_, _>>()?;
    let strata = members.iter().map(|row| row.stratum.as_str());
    let drawn = order(seed, strata.zip(commitments));
    Ok(list_result(seed, &drawn, &parse(params)?))
}

/// Writes the places down; those behind the last that is needed are the reserve, in their order.
fn place(
    tx: &mut Tx<'_>,
    members: &[MemberRow],
    drawn: &BTreeMap<String, Vec<Hash>>,
    params: &ListParams,
) -> Result<(), Problem> {
    let by_commitment: BTreeMap<&[u8], &MemberRow> = members
        .iter()
        .map(|row| (row.commitment.as_slice(), row))
        .collect();
    for (stratum, order) in drawn {
        let chosen = params.chosen_of(stratum, order.len());
        for (at, commitment) in order.iter().enumerate() {
            let Some(row) = by_commitment.get(commitment.as_slice()) else {
                continue;
            };
            let state = if at < chosen {
                MemberState::Chosen
            } else {
                MemberState::Reserve
            };
            let place = i32::try_from(at + 1).map_err(Problem::internal)?;
            store::place_member(tx, (row.draw_id, row.id), state, place)?;
        }
    }
    Ok(())
}

/// Puts the first of the reserve in the place of somebody who stands back. Nobody chooses who.
pub fn substitute(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draw: Id,
    member: Id,
    why: StandsBack,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let held = Held::take(tx, draw)?;
    held.must_be_at(Step::Done)?;
    if held.examination.phase == Phase::Published {
        return Err(Problem::conflict("draw-too-late"));
    }
    if held.row.purpose == Purpose::Interviews {
        return Err(Problem::conflict("draw-without-reserve"));
    }
    let members = store::members(tx.db, draw)?;
    let out = members.iter().find(|row| row.id == member);
    let out = out.ok_or_else(Problem::not_found)?;
    if out.state != MemberState::Chosen {
        return Err(Problem::conflict("member-without-place"));
    }
    let next = members
        .iter()
        .filter(|row| row.stratum == out.stratum && row.state == MemberState::Reserve)
        .min_by_key(|row| row.place);
    let next = next.ok_or_else(|| Problem::conflict("reserve-empty"))?;
    store::set_member(tx, (draw, out.id), MemberState::Replaced, out.replaces)?;
    store::set_member(tx, (draw, next.id), MemberState::Chosen, Some(out.id))?;
    let inputs = json!({
        "draw": held.row.code, "stratum": out.stratum, "out": hex::encode(&out.commitment),
        "in": hex::encode(&next.commitment),
    });
    let entry = held.examination.decision(acting, "draw.substituted");
    ledger::record(tx, &entry.on(inputs).outcome(why.as_str()))?;
    Ok(())
}

/// The examinations in which an account may not mark: where markers are drawn by lot, only those
/// who were may.
pub fn not_drawn_to_mark(view: &mut View<'_>, account: Id) -> Result<Vec<Id>, Problem> {
    let mut closed = Vec::new();
    for row in store::of_markers(view.db)? {
        if store::member_state(view.db, row.id, account)? != Some(MemberState::Chosen) {
            closed.push(row.examination_id);
        }
    }
    Ok(closed)
}
