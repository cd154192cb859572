//! V3 and V5: tickets, seats and papers follow from their draws.

use serde::Deserialize;
use serde_json::{Value, json};

use super::draws::{Lot, drawn, hash, must_ascend, results};
use super::public::Public;
use crate::assembly::{Blueprint, Pool, Seated};
use crate::ceremony::{DrawState, Purpose};
use crate::disclosure::record::Ticket;
use crate::draw::Seed;
use crate::draw::ceremony::{pool_order, pool_root};
use crate::draw::lists::member_commitment;
use crate::kernel::merkle::Hash;
use crate::registration::seating;
use crate::regulation::ComponentKind;
use crate::store::sha256;
use crate::verification::checks::draws::plan_of;
use crate::verification::decisions::PapersLocked;
use crate::verification::recalls::{self, Cause, Drawing};
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

/// V5: every paper follows from the draw of papers, and so did those that were recalled.
pub(super) fn papers(public: &Public) -> Result<usize, Difference> {
    let results = results(public)?;
    let written = public
        .profile()?
        .components_of(ComponentKind::Written)
        .count();
    let kept = written.saturating_mul(results.len().saturating_sub(1));
    let recalled = public.recalled.len();
    same(
        public.place(),
        "recalled subjects",
        &recalled,
        "draws are for",
        &kept,
    )?;
    let (mut causes, mut count): (Vec<Cause>, _) = (Vec::new(), 0);
    for (number, (lot, seed)) in results.iter().enumerate() {
        let stands = number + 1 == results.len();
        let sources = Sources {
            lines: lines(lot, written)?,
            subjects: subjects(public, lot, stands, written)?,
            seed,
            place: (number, results.len()),
        };
        let cause = (lot.draw.state == DrawState::Recalled)
            .then(|| Cause::of(&public.decisions, &lot.draw.code))
            .transpose()?;
        count += sources.papers(public, &causes, cause.as_ref())?;
        causes.extend(cause);
    }
    Ok(count)
}

/// What the papers of a draw were drawn from: component, blueprint and pool of each subject, each
/// subject once.
fn subjects<'a>(
    public: &'a Public,
    lot: &Lot<'_>,
    stands: bool,
    written: usize,
) -> Result<Vec<(&'a str, &'a Value, &'a Value)>, Difference> {
    let subjects: Vec<(&str, &Value, &Value)> = if stands {
        let all = public.subjects.iter();
        all.map(|one| (one.component.as_str(), &one.blueprint, &one.pool))
            .collect()
    } else {
        let all = public.recalled.iter();
        all.filter(|one| one.draw == lot.draw.code)
            .map(|one| (one.component.as_str(), &one.blueprint, &one.pool))
            .collect()
    };
    let at = &lot.draw.code;
    same(
        at,
        "subjects",
        &subjects.len(),
        "written components are",
        &written,
    )?;
    must_ascend(at, subjects.iter().map(|one| one.0.as_bytes()))?;
    Ok(subjects)
}

/// The lines that a draw of papers fixed, of which its pool is made.
fn lines(lot: &Lot<'_>, written: usize) -> Result<Vec<Value>, Difference> {
    let at = &lot.draw.code;
    let fixed = lot.committed()?;
    let lines = fixed.params["subjects"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let members = lines.iter().map(|line| {
        let text = serde_json_canonicalizer::to_vec(line).at(at)?;
        Ok(sha256(text))
    });
    let members: Vec<Hash> = members.collect::<Result<_, Difference>>()?;
    let pool = hex::encode(pool_root(&pool_order(members)));
    let source = "its subjects give";
    same(at, "pool of the papers", &fixed.pool.root, source, &pool)?;
    let source = "written components are";
    same(at, "subjects fixed", &lines.len(), source, &written)?;
    let source = "its subjects are";
    same(
        at,
        "size of the pool",
        &fixed.pool.count,
        source,
        &lines.len(),
    )?;
    Ok(lines)
}

/// What the papers of one draw follow from.
struct Sources<'a> {
    lines: Vec<Value>,
    subjects: Vec<(&'a str, &'a Value, &'a Value)>,
    seed: &'a Seed,
    /// Which it is of how many draws that have a result.
    place: (usize, usize),
}

impl Sources<'_> {
    /// The number of its papers, if they follow, held what they were recalled for, and nothing for
    /// which others were recalled before.
    fn papers(
        &self,
        public: &Public,
        before: &[Cause],
        cause: Option<&Cause>,
    ) -> Result<usize, Difference> {
        let seats: Vec<Seated<'_>> = public.tickets.iter().map(seated).collect();
        let mut count = 0;
        for (component, blueprint, pool) in &self.subjects {
            let at = format!("subject {component}");
            let lock = self.lock(public, component, &at)?;
            let hashed = |value: &Value| -> Result<String, Difference> {
                let text = serde_json_canonicalizer::to_vec(value).at(&at)?;
                Ok(hex::encode(sha256(text)))
            };
            let source = "the record gives";
            same(
                &at,
                "blueprint",
                &lock.blueprint_hash,
                source,
                &hashed(blueprint)?,
            )?;
            same(&at, "pool", &lock.pool_root, source, &hashed(pool)?)?;
            let blueprint: Blueprint = serde_json::from_value((*blueprint).clone()).at(&at)?;
            let pool: Pool = serde_json::from_value((*pool).clone()).at(&at)?;
            let drawing = Drawing {
                component,
                plan: &plan_of(&blueprint, &pool, &at)?,
                pool: &pool,
                seed: &self.seed.sub(format!("papers/{component}")),
                lock: &lock,
                at,
            };
            let papers = drawing.papers(&seats, public.profile()?)?;
            for one in before {
                one.is_gone(&drawing)?;
            }
            if let Some(cause) = cause {
                cause.was_on(&drawing, &papers)?;
            }
            count += papers.len();
        }
        Ok(count)
    }

    /// The lock of a component's papers, if the draw fixed what it says.
    fn lock(&self, public: &Public, component: &str, at: &str) -> Result<PapersLocked, Difference> {
        let (place, results) = self.place;
        let lock = recalls::locks(&public.decisions, component, results, at)?
            .into_iter()
            .nth(place)
            .ok_or_else(|| Difference::new(at, "its papers were not locked"))?;
        let mut own = self
            .lines
            .iter()
            .filter(|line| line["component"] == component);
        let (Some(line), None) = (own.next(), own.next()) else {
            return Err(Difference::new(at, "the draw did not fix it once"));
        };
        let locked = json!([
            lock.bank,
            lock.blueprint_hash,
            lock.pool_root,
            lock.keys_root
        ]);
        let fixed = ["bank", "blueprint_hash", "pool_root", "keys_root"].map(|name| &line[name]);
        same(at, "lock", &locked, "the draw fixed", &json!(fixed))?;
        Ok(lock)
    }
}

fn seated(one: &Ticket) -> Seated<'_> {
    Seated {
        room: &one.room,
        seat: one.seat,
        code: &one.ticket,
    }
}
