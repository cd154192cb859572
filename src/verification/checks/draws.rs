//! V3 and V5: what was drawn follows from its seed.

use std::collections::BTreeMap;

use super::lots;
use crate::assembly::{Blueprint, Drawn, Paper, Plan, Pool, Seated, paper_hash, papers_root};
use crate::ceremony::Purpose;
use crate::draw::Seed;
use crate::draw::ceremony::{pool_order, pool_root};
use crate::kernel::Id;
use crate::kernel::merkle::Hash;
use crate::registration::records::Ticketed;
use crate::registration::seating::{self, Place};
use crate::store::{View, sha256};
use crate::verification::case::Case;
use crate::verification::decisions::{PapersLocked, TicketsIssued};
use crate::verification::rules::{At as _, Difference, same, same_hash};
use crate::verification::store::{self, DrawRow, Hashed, SubjectRow};

/// Ticket numbers, rooms and seats follow from the published seed and the applications admitted.
pub(super) fn tickets(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let at = case.place();
    let issued: TicketsIssued = case.decisions.only(&at, "tickets.issued")?;
    same(
        &at,
        "tickets",
        &case.tickets.len(),
        "the log issued",
        &issued.count,
    )?;
    let seed = Seed::from_hex(&issued.seed)
        .ok_or_else(|| Difference::new(&at, "the seed of the tickets is not 32 bytes"))?;
    let (drawn_seed, draw) = lots::seed(view, case, Purpose::Seats)?;
    same_hash(
        &at,
        "seed of the tickets",
        seed.bytes(),
        "the draw gives",
        drawn_seed.bytes(),
    )?;
    let admitted = in_pool_order(view, case, &draw)?;
    let members = admitted.iter().map(|(member, _)| *member).collect();
    let pool = pool_root(&pool_order(members));
    let fixed = draw.pool_root.as_deref().unwrap_or_default();
    same_hash(&at, "pool of the seats", fixed, "the tickets give", pool)?;
    let admitted: Vec<&Ticketed> = admitted.into_iter().map(|(_, one)| one).collect();
    let examination = &case.examination;
    let drawn = seating::draw(&seed, admitted.len(), examination.year, examination.track);
    for (stored, drawn) in admitted.iter().zip(&drawn) {
        same_place(&at, stored, drawn)?;
    }
    let pairs = drawn.iter().zip(admitted.iter().map(|one| one.application));
    let root = hex::encode(seating::root(pairs));
    same(
        &at,
        "root of the tickets",
        &root,
        "the log has",
        &issued.root,
    )?;
    Ok(drawn.len())
}

/// Everybody with a ticket, in the order of the pool from which seats were drawn.
fn in_pool_order<'a>(
    view: &View<'_>,
    case: &'a Case,
    draw: &DrawRow,
) -> Result<Vec<(Hash, &'a Ticketed)>, Difference> {
    let member = |one: &'a Ticketed| {
        let id = one.application;
        let member = lots::commitment(view, draw, "", (id, id.bytes()))?;
        Ok((member, one))
    };
    let members = case.tickets.iter().map(member);
    let mut members = members.collect::<Result<Vec<_>, Difference>>()?;
    members.sort_unstable_by_key(|(member, _)| *member);
    Ok(members)
}

fn same_place(at: &str, stored: &Ticketed, drawn: &Place) -> Result<(), Difference> {
    let (at, source) = (
        format!("{at}, application {}", stored.application),
        "the seed gives",
    );
    same(&at, "ticket", &stored.ticket_no, source, &drawn.ticket_no)?;
    let at = format!("{at}, ticket {}", stored.ticket_no);
    same(&at, "room", &stored.room, source, &drawn.room)?;
    same(&at, "seat", &stored.seat, source, &drawn.seat)
}

/// Every paper follows from the blueprint, the pool and the seed that were committed to before the
/// first sitting.
pub(super) fn papers(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let mut count = 0;
    for subject in &case.subjects {
        count += papers_of(view, case, subject)?;
    }
    Ok(count)
}

fn papers_of(view: &mut View<'_>, case: &Case, subject: &SubjectRow) -> Result<usize, Difference> {
    let at = case.subject_place(subject);
    let lock = case.lock(subject)?;
    let committed = |what: &str, hash: Hash, lock: &str| {
        same(
            &at,
            what,
            &hex::encode(hash).as_str(),
            "the lock has",
            &lock,
        )
    };
    committed(
        "blueprint_hash",
        sha256(&subject.blueprint),
        &lock.blueprint_hash,
    )?;
    let pool_text = subject.pool.as_deref().unwrap_or_default();
    committed("pool_root", sha256(pool_text), &lock.pool_root)?;
    let seed = opened_seed(view, subject, &at)?;
    committed(
        "seed_commitment",
        sha256(seed.bytes()),
        &lock.seed_commitment,
    )?;
    let (drawn, _) = lots::seed(view, case, Purpose::Papers)?;
    let drawn = drawn.sub(format!("papers/{}", subject.component));
    same_hash(&at, "seed", seed.bytes(), "the draw gives", drawn.bytes())?;
    let blueprint: Blueprint = serde_json::from_str(&subject.blueprint).at(&at)?;
    let pool: Pool = case.pool(subject)?;
    let plan = plan_of(&blueprint, &pool, &at)?;
    let seats: Vec<Seated<'_>> = case.tickets.iter().map(seated).collect();
    let drawn = plan.draw(&seed, &seats).at(&at)?;
    same_making(&at, &lock, &drawn)?;

    let stored = store::papers(view.db, subject.id)?;
    let mut hashes = BTreeMap::new();
    for (number, one) in case.tickets.iter().enumerate() {
        let at = case.sitting_place(subject, one.application);
        let paper = plan.paper(&drawn, number);
        let hash = same_paper(view, &at, stored.get(&one.application), &paper)?;
        hashes.insert(one.ticket_no.clone(), hash);
    }
    let strangers: Vec<&Id> = stored
        .keys()
        .filter(|id| !hashes.contains_key(case.ticket(**id)))
        .collect();
    if let Some(stranger) = strangers.first() {
        let what = format!("a paper for application {stranger}, which has no ticket");
        return Err(Difference::new(&at, what));
    }
    let root = papers_root(&hashes);
    committed("papers_root", root, &lock.papers_root)?;
    let stored_root = hex::encode(subject.papers_root.as_deref().unwrap_or_default());
    same(
        &at,
        "papers_root",
        &stored_root,
        "the papers give",
        &hex::encode(root),
    )?;
    same(&at, "papers", &stored.len(), "the lock counts", &lock.count)?;
    Ok(stored.len())
}

/// What the papers are made from. The numbers of the pool's items are those of their responses.
pub(in crate::verification) fn plan_of<'a>(
    blueprint: &'a Blueprint,
    pool: &'a Pool,
    at: &str,
) -> Result<Plan<'a>, Difference> {
    if !pool.is_numbered(blueprint) {
        let what = "the numbers of the pool are not those of its items";
        return Err(Difference::new(at, what));
    }
    Plan::new(blueprint, pool)
        .map_err(|_| Difference::new(at, "the pool does not fill the blueprint"))
}

/// The lock says truly how the papers were made.
pub(in crate::verification) fn same_making(
    at: &str,
    lock: &PapersLocked,
    drawn: &Drawn,
) -> Result<(), Difference> {
    let source = "the draw gives";
    same(at, "attempt", &lock.attempt, source, &drawn.attempt)?;
    same(at, "papers made", &lock.made, source, &drawn.made())?;
    let deviation = drawn.deviation();
    same(at, "deviation", &lock.deviation, source, &deviation)
}

fn seated(one: &Ticketed) -> Seated<'_> {
    Seated {
        room: &one.room,
        seat: one.seat,
        code: &one.ticket_no,
    }
}

fn opened_seed(view: &View<'_>, subject: &SubjectRow, at: &str) -> Result<Seed, Difference> {
    let sealed = subject.seed_sealed.as_deref().unwrap_or_default();
    let bytes = view.vault.open_bytes(sealed).at(format!("{at}: seed"))?;
    Seed::from_slice(&bytes).ok_or_else(|| Difference::new(at, "the seed is not 32 bytes"))
}

/// The stored paper is the drawn one, and so is its hash.
fn same_paper(
    view: &View<'_>,
    at: &str,
    stored: Option<&Hashed>,
    drawn: &Paper,
) -> Result<Hash, Difference> {
    let stored = stored.ok_or_else(|| Difference::new(at, "no paper is stored"))?;
    let bytes = view
        .vault
        .open_bytes(&stored.sealed)
        .at(format!("{at}: paper"))?;
    let paper: Paper = serde_json::from_slice(&bytes).at(format!("{at}: paper"))?;
    if let Some(what) = first_other_place(&paper, drawn) {
        return Err(Difference::new(at, what));
    }
    let hash = paper_hash(drawn).at(at)?;
    let (stored, follows) = (hex::encode(&stored.hash), hex::encode(hash));
    same(at, "paper hash", &stored, "the paper gives", &follows)?;
    Ok(hash)
}

fn first_other_place(stored: &Paper, drawn: &Paper) -> Option<String> {
    if stored == drawn {
        return None;
    }
    let pairs = stored.places().zip(drawn.places());
    let other = pairs.into_iter().find(|(stored, drawn)| stored != drawn);
    Some(match other {
        None => "the stored paper has another shape than the seed gives".to_owned(),
        Some((stored, drawn)) => format!(
            "position {}: stored item {} version {}, the seed gives item {} version {}{}",
            drawn.position,
            stored.item_id,
            stored.version,
            drawn.item_id,
            drawn.version,
            if stored.item_id == drawn.item_id {
                ", in another form"
            } else {
                ""
            },
        ),
    })
}
