//! V3 and V5: tickets, seats and papers follow from their draws.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::draws::{drawn, hash, must_ascend};
use super::public::Public;
use crate::assembly::{Blueprint, Pool, Seated, paper_hash, papers_root};
use crate::ceremony::Purpose;
use crate::disclosure::record::{Source, Ticket};
use crate::draw::Seed;
use crate::draw::ceremony::{pool_order, pool_root};
use crate::draw::lists::member_commitment;
use crate::kernel::merkle::Hash;
use crate::ledger::LogEntry;
use crate::registration::seating;
use crate::regulation::ComponentKind;
use crate::store::sha256;
use crate::verification::checks::draws::{plan_of, same_making};
use crate::verification::decisions::{PapersLocked, inputs};
use crate::verification::rules::{At as _, Difference, same};

/// V3: numbers, rooms and seats follow from the draw of seats.
pub(super) fn tickets(public: &Public) -> Result<usize, Difference> {
    #[derive(Deserialize)]
    struct Issued {
        draw: String,
        seed: String,
        count: usize,
        root: String,
    }
    let at = public.place();
    let issued: Issued = public.decisions.only(&at, "tickets.issued")?;
    let (lot, seed) = drawn(public, Purpose::Seats)?;
    same(
        &at,
        "draw of the tickets",
        &issued.draw,
        "drawn was",
        &lot.draw.code,
    )?;
    same(
        &at,
        "seed of the tickets",
        &issued.seed,
        "the draw gives",
        &hex::encode(seed.bytes()),
    )?;
    must_ascend(
        "tickets",
        public.tickets.iter().map(|one| one.ticket.as_bytes()),
    )?;
    let mut members: Vec<(Hash, &Ticket)> = Vec::with_capacity(public.tickets.len());
    for one in &public.tickets {
        let salt = hash(&one.salt, &at)?;
        let content = one.application.bytes();
        members.push((member_commitment(&lot.draw.code, "", &salt, content), one));
    }
    members.sort_by_key(|(member, _)| *member);
    let all = members.iter().map(|(member, _)| *member).collect();
    let pool = hex::encode(pool_root(&pool_order(all)));
    same(
        &at,
        "pool of the seats",
        &lot.committed()?.pool.root,
        "the tickets give",
        &pool,
    )?;
    let places = seating::draw(&seed, members.len(), public.about.year, public.about.track);
    for ((_, one), place) in members.iter().zip(&places) {
        let at = format!("application {}", one.application);
        same(
            &at,
            "ticket",
            &one.ticket,
            "the seed gives",
            &place.ticket_no,
        )?;
        same(&at, "room", &one.room, "the seed gives", &place.room)?;
        same(&at, "seat", &one.seat, "the seed gives", &place.seat)?;
    }
    let pairs = places
        .iter()
        .zip(members.iter().map(|(_, one)| one.application));
    let root = hex::encode(seating::root(pairs));
    same(
        &at,
        "root of the tickets",
        &issued.root,
        "the tickets give",
        &root,
    )?;
    same(&at, "tickets", &members.len(), "issued were", &issued.count)?;
    Ok(members.len())
}

/// V5: every paper follows from the draw of papers.
pub(super) fn papers(public: &Public) -> Result<usize, Difference> {
    let at = public.place();
    let (lot, seed) = drawn(public, Purpose::Papers)?;
    let written = public
        .profile()?
        .components_of(ComponentKind::Written)
        .count();
    same(
        &at,
        "subjects",
        &public.subjects.len(),
        "written components are",
        &written,
    )?;
    must_ascend(
        "subjects",
        public.subjects.iter().map(|one| one.component.as_bytes()),
    )?;
    let fixed = lot.committed()?;
    let lines = fixed.params["subjects"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let members = lines.iter().map(|line| {
        let text = serde_json_canonicalizer::to_vec(line).at(&at)?;
        Ok(sha256(text))
    });
    let members: Vec<Hash> = members.collect::<Result<_, Difference>>()?;
    let pool = hex::encode(pool_root(&pool_order(members)));
    same(
        &at,
        "pool of the papers",
        &fixed.pool.root,
        "its subjects give",
        &pool,
    )?;
    same(
        &at,
        "subjects fixed",
        &lines.len(),
        "written components are",
        &written,
    )?;
    same(
        &at,
        "size of the pool",
        &fixed.pool.count,
        "its subjects are",
        &lines.len(),
    )?;
    let mut count = 0;
    for subject in &public.subjects {
        count += papers_of(public, subject, &lines, &seed)?;
    }
    Ok(count)
}

fn papers_of(
    public: &Public,
    subject: &Source,
    lines: &[Value],
    seed: &Seed,
) -> Result<usize, Difference> {
    let at = format!("subject {}", subject.component);
    let lock = lock(public, subject, &at)?;
    let hashed = |value: &Value| -> Result<String, Difference> {
        let text = serde_json_canonicalizer::to_vec(value).at(&at)?;
        Ok(hex::encode(sha256(text)))
    };
    same(
        &at,
        "blueprint",
        &lock.blueprint_hash,
        "the record gives",
        &hashed(&subject.blueprint)?,
    )?;
    same(
        &at,
        "pool",
        &lock.pool_root,
        "the record gives",
        &hashed(&subject.pool)?,
    )?;
    let mut own = lines
        .iter()
        .filter(|line| line["component"] == subject.component.as_str());
    let (Some(line), None) = (own.next(), own.next()) else {
        return Err(Difference::new(&at, "the draw did not fix it once"));
    };
    let locked = json!([lock.blueprint_hash, lock.pool_root, lock.keys_root]);
    let fixed = json!([line["blueprint_hash"], line["pool_root"], line["keys_root"]]);
    same(&at, "lock", &locked, "the draw fixed", &fixed)?;
    let seed = seed.sub(format!("papers/{}", subject.component));
    let commitment = hex::encode(sha256(seed.bytes()));
    same(
        &at,
        "seed commitment",
        &lock.seed_commitment,
        "the draw gives",
        &commitment,
    )?;
    let blueprint: Blueprint = serde_json::from_value(subject.blueprint.clone()).at(&at)?;
    let pool: Pool = serde_json::from_value(subject.pool.clone()).at(&at)?;
    let plan = plan_of(&blueprint, &pool, &at)?;
    let seats: Vec<Seated<'_>> = public.tickets.iter().map(seated).collect();
    let drawn = plan.draw(&seed, &seats).at(&at)?;
    same_making(&at, &lock, &drawn)?;
    let mut hashes = BTreeMap::new();
    for (number, one) in public.tickets.iter().enumerate() {
        let paper = plan.paper(&drawn, number);
        hashes.insert(one.ticket.clone(), paper_hash(&paper).at(&at)?);
    }
    let root = hex::encode(papers_root(&hashes));
    same(&at, "papers", &lock.papers_root, "the draw gives", &root)?;
    same(
        &at,
        "number of papers",
        &lock.count,
        "tickets are",
        &hashes.len(),
    )?;
    Ok(hashes.len())
}

fn seated(one: &Ticket) -> Seated<'_> {
    Seated {
        room: &one.room,
        seat: one.seat,
        code: &one.ticket,
    }
}

/// The one lock of a component's papers.
fn lock(public: &Public, subject: &Source, at: &str) -> Result<PapersLocked, Difference> {
    let own = |entry: &&LogEntry| entry.payload.inputs["component"] == subject.component.as_str();
    let mut locks = public.decisions.of(&["papers.locked"]).filter(own);
    match (locks.next(), locks.next()) {
        (Some(lock), None) => inputs(lock),
        _ => Err(Difference::new(at, "its papers were not locked once")),
    }
}
