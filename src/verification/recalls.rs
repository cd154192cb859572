//! Recalled papers: whether each recall rests on a leak that was found on these very papers, before
//! anybody could open one. Without that, papers could be drawn again until they please. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::decisions::{Decisions, PapersLocked, inputs};
use super::rules::{At as _, Difference, same};
use crate::assembly::{Drawn, Paper, Plan, Pool, Seated, paper_hash, papers_root};
use crate::ceremony::Purpose;
use crate::draw::Seed;
use crate::kernel::{Id, Instant};
use crate::ledger::LogEntry;
use crate::regulation::Profile;
use crate::store::sha256;

/// The decision that papers are drawn again.
const RECALLED: &str = "papers.recalled";
/// The decision that they hold a leaked item.
pub(super) const LEAKED: &str = "papers.leaked";

/// `papers.recalled`
#[derive(Deserialize)]
struct Recalled {
    draw: String,
    leaks: Vec<String>,
    papers_roots: BTreeMap<String, String>,
}

/// `papers.leaked`
#[derive(Deserialize)]
struct Leaked {
    bank: String,
    code: String,
    subjects: Vec<Holding>,
}

#[derive(Deserialize)]
struct Holding {
    component: String,
    papers: usize,
}

/// A draw of papers that has a result.
pub(super) struct Came<'a> {
    /// Its name.
    pub code: &'a str,
    /// Its number.
    pub number: i64,
    /// Whether its papers were recalled.
    pub recalled: bool,
}

/// A leak that an examination was told of: its place in the log and its leaf hash.
pub(super) type Told = (i64, String);

/// The leaks that these decisions tell of.
pub(super) fn told(decisions: &Decisions) -> Vec<Told> {
    let told = |entry: &LogEntry| (entry.index, entry.leaf_hash.clone());
    decisions.of(&[LEAKED]).map(told).collect()
}

/// V13: each recall names the draw of the papers that stood, and leaks that were found on them since
/// they were drawn; the next draw was opened afterwards; and all was done before the first paper could
/// be opened.
pub(super) fn justified(
    decisions: &Decisions,
    told: &[Told],
    results: &[Came<'_>],
    at: &str,
) -> Result<(), Difference> {
    let first = first_opening(decisions)?;
    let recalls: Vec<&LogEntry> = decisions.of(&[RECALLED]).collect();
    let recalled: Vec<&Came<'_>> = results.iter().filter(|one| one.recalled).collect();
    let source = "the log recalled";
    same(
        at,
        "draws recalled",
        &recalled.len(),
        source,
        &recalls.len(),
    )?;
    for (draw, entry) in recalled.iter().zip(recalls) {
        let recall: Recalled = inputs(entry)?;
        same(
            at,
            "draw recalled",
            &draw.code,
            source,
            &recall.draw.as_str(),
        )?;
        let drawn = of_draw(decisions, "draw.result", draw.code);
        let drawn = drawn.map_or(i64::MAX, |entry| entry.index);
        let between = |leaf: &String| {
            let mut told = told.iter();
            told.any(|(index, hash)| hash == leaf && drawn < *index && *index < entry.index)
        };
        if recall.leaks.is_empty() || !recall.leaks.iter().all(between) {
            let what = format!("{} was recalled without a leak on its papers", draw.code);
            return Err(Difference::new(at, what));
        }
        let next = opened(decisions, draw.number + 1);
        if next.is_some_and(|next| next.index < entry.index) {
            let what = format!("the draw behind {} was opened before its recall", draw.code);
            return Err(Difference::new(at, what));
        }
        must_be_before(entry, first, at)?;
    }
    for draw in results {
        if let Some(entry) = of_draw(decisions, "draw.result", draw.code) {
            must_be_before(entry, first, at)?;
        }
    }
    Ok(())
}

fn of_draw<'a>(decisions: &'a Decisions, kind: &'a str, code: &str) -> Option<&'a LogEntry> {
    decisions.first_of(kind, |entry| entry.payload.inputs["draw"] == code)
}

fn opened(decisions: &Decisions, number: i64) -> Option<&LogEntry> {
    decisions.first_of("draw.opened", |entry| {
        let inputs = &entry.payload.inputs;
        inputs["purpose"] == Purpose::Papers.as_str() && inputs["number"] == number
    })
}

/// When the first paper of the examination could be opened.
fn first_opening(decisions: &Decisions) -> Result<Option<Instant>, Difference> {
    #[derive(Deserialize)]
    struct Scheduled {
        opens_at: Instant,
    }
    let scheduled: Vec<Scheduled> = decisions.inputs("sitting.scheduled")?;
    Ok(scheduled.into_iter().map(|one| one.opens_at).min())
}

fn must_be_before(entry: &LogEntry, first: Option<Instant>, at: &str) -> Result<(), Difference> {
    if first.is_some_and(|first| entry.payload.at >= first) {
        let what = format!("`{}` after papers could be opened", entry.payload.kind);
        return Err(Difference::new(at, what));
    }
    Ok(())
}

/// The locks of a component, one for each draw of papers that has a result, in their order.
pub(super) fn locks(
    decisions: &Decisions,
    component: &str,
    results: usize,
    at: &str,
) -> Result<Vec<PapersLocked>, Difference> {
    let all: Vec<PapersLocked> = decisions.inputs("papers.locked")?;
    let own = all.into_iter().filter(|lock| lock.component == component);
    let own: Vec<PapersLocked> = own.collect();
    same(at, "locks", &own.len(), "its draws are", &results)?;
    for pair in own.windows(2) {
        if let [before, after] = pair {
            let replaces = after.replaces.as_deref().unwrap_or_default();
            let root = before.papers_root.as_str();
            same(at, "papers replaced", &replaces, "locked were", &root)?;
        }
    }
    Ok(own)
}

/// What papers of a subject are drawn from.
pub(super) struct Drawing<'a> {
    pub at: String,
    pub component: &'a str,
    pub plan: &'a Plan<'a>,
    pub pool: &'a Pool,
    pub seed: &'a Seed,
    pub lock: &'a PapersLocked,
}

impl Drawing<'_> {
    /// The papers of these seats, in their order, if they are those that the lock commits to, and
    /// what counts on them makes the full mark of the component.
    pub(super) fn papers(
        &self,
        seats: &[Seated<'_>],
        profile: &Profile,
    ) -> Result<Vec<Paper>, Difference> {
        let (at, lock) = (&self.at, self.lock);
        let component = profile.component(self.component);
        let max = component.map(|component| component.max).unwrap_or_default();
        let total = self.plan.total_marks();
        same(at, "marks of a paper", &total, "the rules have", &max)?;
        let seed = hex::encode(sha256(self.seed.bytes()));
        same(
            at,
            "seed commitment",
            &lock.seed_commitment,
            "the draw gives",
            &seed,
        )?;
        let drawn = self.plan.draw(self.seed, seats).at(at)?;
        same_making(at, lock, &drawn)?;
        let papers: Vec<Paper> = (0..seats.len())
            .map(|number| self.plan.paper(&drawn, number))
            .collect();
        let mut hashes = BTreeMap::new();
        for (seat, paper) in seats.iter().zip(&papers) {
            hashes.insert(seat.code.to_owned(), paper_hash(paper).at(at)?);
        }
        let root = hex::encode(papers_root(&hashes));
        same(
            at,
            "papers_root",
            &lock.papers_root,
            "the draw gives",
            &root,
        )?;
        same(
            at,
            "number of papers",
            &lock.count,
            "tickets are",
            &hashes.len(),
        )?;
        Ok(papers)
    }
}

/// The lock says truly how the papers were made.
fn same_making(at: &str, lock: &PapersLocked, drawn: &Drawn) -> Result<(), Difference> {
    let source = "the draw gives";
    same(at, "attempt", &lock.attempt, source, &drawn.attempt)?;
    same(at, "papers made", &lock.made, source, &drawn.made())?;
    let deviation = drawn.deviation();
    same(at, "deviation", &lock.deviation, source, &deviation)
}

/// The leaks for which the papers of a draw were recalled, and what these papers were.
pub(super) struct Cause {
    leaks: Vec<Leaked>,
    recall: Recalled,
}

impl Cause {
    /// For what the papers of this draw were recalled.
    pub(super) fn of(decisions: &Decisions, draw: &str) -> Result<Self, Difference> {
        let recall = of_draw(decisions, RECALLED, draw);
        let recall = recall.ok_or_else(|| Difference::new(draw, "the log has no recall of it"))?;
        let recall: Recalled = inputs(recall)?;
        let cited = |entry: &&LogEntry| recall.leaks.contains(&entry.leaf_hash);
        let leaks: Vec<Leaked> = decisions
            .of(&[LEAKED])
            .filter(cited)
            .map(inputs)
            .collect::<Result<_, _>>()?;
        for leak in &leaks {
            if leak.subjects.iter().all(|one| one.papers == 0) {
                let what = format!("item {} was on none of its papers", leak.code);
                return Err(Difference::new(draw, what));
            }
        }
        same(
            draw,
            "leaks",
            &leaks.len(),
            "cited are",
            &recall.leaks.len(),
        )?;
        Ok(Self { leaks, recall })
    }

    /// The recalled papers of a component hold each leaked item as often as the log says.
    pub(super) fn was_on(&self, drawing: &Drawing<'_>, papers: &[Paper]) -> Result<(), Difference> {
        let (at, lock) = (&drawing.at, drawing.lock);
        let named = self.recall.papers_roots.get(drawing.component);
        let named = named.map(String::as_str).unwrap_or_default();
        same(
            at,
            "papers recalled",
            &named,
            "locked were",
            &lock.papers_root.as_str(),
        )?;
        for leak in &self.leaks {
            let said = leak
                .subjects
                .iter()
                .find(|one| one.component == drawing.component);
            let said = said.map_or(0, |one| one.papers);
            let item = self.item(leak, drawing);
            let holds = |paper: &&Paper| paper.places().any(|place| Some(place.item_id) == item);
            let held = papers.iter().filter(holds).count();
            let what = format!("papers with item {}", leak.code);
            same(at, &what, &said, "the draw gives", &held)?;
        }
        Ok(())
    }

    /// Nothing of what leaked can be on papers that came after.
    pub(super) fn is_gone(&self, drawing: &Drawing<'_>) -> Result<(), Difference> {
        for leak in &self.leaks {
            if self.item(leak, drawing).is_some() {
                let what = format!("the leaked item {} could be drawn again", leak.code);
                return Err(Difference::new(&drawing.at, what));
            }
        }
        Ok(())
    }

    fn item(&self, leak: &Leaked, drawing: &Drawing<'_>) -> Option<Id> {
        let mut items = drawing.pool.items().iter();
        let item = items.find(|item| item.code == leak.code);
        item.filter(|_| drawing.lock.bank == leak.bank)
            .map(|item| item.item_id)
    }
}
