//! V3 and V5: what was drawn follows from its seed.

use super::lots;
use crate::assembly::{Blueprint, Paper, Plan, Pool, Seated, paper_hash};
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
use crate::verification::recalls::{self, Cause, Drawing};
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
/// first sitting, and so did those that were recalled.
pub(super) fn papers(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let results = lots::results(view, case)?;
    let mut count = 0;
    for subject in &case.subjects {
        count += papers_of(view, case, subject, &results)?;
    }
    Ok(count)
}

fn papers_of(
    view: &mut View<'_>,
    case: &Case,
    subject: &SubjectRow,
    results: &[(DrawRow, Seed)],
) -> Result<usize, Difference> {
    let place = case.subject_place(subject);
    let component = subject.component.as_str();
    let locks = recalls::locks(&case.decisions, component, results.len(), &place)?;
    let seats: Vec<Seated<'_>> = case.tickets.iter().map(seated).collect();
    let (mut causes, mut count): (Vec<Cause>, _) = (Vec::new(), 0);
    for (number, ((draw, seed), lock)) in results.iter().zip(&locks).enumerate() {
        let stands = number + 1 == results.len();
        let at = if stands {
            place.clone()
        } else {
            format!("{place}, recalled papers of {}", draw.code)
        };
        let (blueprint, pool) = sources(view, subject, draw, stands, &at)?;
        same_sources(&at, lock, &blueprint, &pool)?;
        let blueprint: Blueprint = serde_json::from_str(&blueprint).at(&at)?;
        let pool: Pool = serde_json::from_str(&pool).at(format!("{at}: pool"))?;
        let drawing = Drawing {
            component,
            plan: &plan_of(&blueprint, &pool, &at)?,
            pool: &pool,
            seed: &seed.sub(format!("papers/{component}")),
            lock,
            at,
        };
        let papers = drawing.papers(&seats, &case.examination.profile)?;
        for cause in &causes {
            cause.is_gone(&drawing)?;
        }
        if draw.state == "recalled" {
            let cause = Cause::of(&case.decisions, &draw.code)?;
            cause.was_on(&drawing, &papers)?;
            causes.push(cause);
        }
        if stands {
            stored(view, case, subject, &drawing, &papers)?;
        }
        count += papers.len();
    }
    Ok(count)
}

/// Blueprint and pool of the papers of a draw, as texts.
fn sources(
    view: &mut View<'_>,
    subject: &SubjectRow,
    draw: &DrawRow,
    stands: bool,
    at: &str,
) -> Result<(String, String), Difference> {
    if stands {
        let pool = subject.pool.clone().unwrap_or_default();
        return Ok((subject.blueprint.clone(), pool));
    }
    let kept = store::recalled(view.db, draw.id, subject.id).at(at)?;
    kept.ok_or_else(|| Difference::new(at, "what they were drawn from is not kept"))
}

fn same_sources(
    at: &str,
    lock: &PapersLocked,
    blueprint: &str,
    pool: &str,
) -> Result<(), Difference> {
    let committed = |what: &str, text: &str, lock: &str| {
        let hash = hex::encode(sha256(text));
        same(at, what, &hash.as_str(), "the lock has", &lock)
    };
    committed("blueprint_hash", blueprint, &lock.blueprint_hash)?;
    committed("pool_root", pool, &lock.pool_root)
}

/// The stored papers are the drawn ones, one for everybody and for nobody else, and so are the stored
/// seed and root.
fn stored(
    view: &mut View<'_>,
    case: &Case,
    subject: &SubjectRow,
    drawing: &Drawing<'_>,
    papers: &[Paper],
) -> Result<(), Difference> {
    let at = &drawing.at;
    let seed = opened_seed(view, subject, at)?;
    let follows = drawing.seed.bytes();
    same_hash(at, "seed", seed.bytes(), "the draw gives", follows)?;
    let stored = store::papers(view.db, subject.id)?;
    for (one, paper) in case.tickets.iter().zip(papers) {
        let at = case.sitting_place(subject, one.application);
        same_paper(view, &at, stored.get(&one.application), paper)?;
    }
    let has_ticket = |id: &Id| case.tickets.iter().any(|one| one.application == *id);
    if stored.len() > case.tickets.len()
        && let Some(stranger) = stored.keys().find(|id| !has_ticket(id))
    {
        let what = format!("a paper for application {stranger}, which has no ticket");
        return Err(Difference::new(at, what));
    }
    let root = hex::encode(subject.papers_root.as_deref().unwrap_or_default());
    let follows = &drawing.lock.papers_root;
    same(at, "papers_root", &root, "the papers give", follows)
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

/// The stored paper is the drawn one, and its hash is that of the drawn one.
fn same_paper(
    view: &View<'_>,
    at: &str,
    stored: Option<&Hashed>,
    drawn: &Paper,
) -> Result<(), Difference> {
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
    same(at, "paper hash", &stored, "the paper gives", &follows)
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
