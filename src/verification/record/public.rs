//! What the checks of a record have in common, and V2.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::reading::Record;
use crate::disclosure::record::{About, Draw, RecalledSource, Source, Ticket};
use crate::kernel::Id;
use crate::kernel::merkle::leaf_hash;
use crate::ledger::{Leaf, LogEntry, Payload};
use crate::regulation::{OpenMarks, Phase, Profile};
use crate::store::sha256;
use crate::verification::decisions::{Decisions, inputs, phase_after, place};
use crate::verification::recalls::{LEAKED, Told};
use crate::verification::rules::{At as _, Difference, same};

/// The decision that freezes and publishes the rules.
const ANNOUNCED: &str = "announcement.published";

/// A record, its opened decisions read.
pub(super) struct Public {
    pub about: About,
    pub phase: Phase,
    pub decisions: Decisions,
    /// How many entries of the examination there are of each kind, opened or not.
    pub kinds: BTreeMap<String, usize>,
    /// The rules, as announced; none before.
    pub profile: Option<Profile>,
    /// What these rules open of marks.
    pub marks: OpenMarks,
    /// Places of the posts that stand, by code.
    pub posts: BTreeMap<String, i32>,
    pub subjects: Vec<Source>,
    pub recalled: Vec<RecalledSource>,
    /// Leaks that the examination was told of, opened or not.
    pub told: Vec<Told>,
    pub tickets: Vec<Ticket>,
    pub draws: Vec<Draw>,
}

/// The leaves of the examination, as far as they can be read, with their places.
fn own_leaves(record: &Record) -> impl Iterator<Item = (u64, Leaf, Option<&String>)> {
    let entries = (record.log.first..).zip(&record.entries);
    entries.filter_map(|(index, entry)| {
        let leaf: Leaf = serde_json::from_str(&entry.leaf).ok()?;
        (leaf.exam == Some(record.about.id)).then_some((index, leaf, entry.payload.as_ref()))
    })
}

/// How far the examination has come, by the kinds of its entries.
pub(super) fn phase_of(record: &Record) -> Phase {
    let reached = own_leaves(record).filter_map(|(_, leaf, _)| phase_after(&leaf.kind));
    reached.max().unwrap_or(Phase::Draft)
}

/// What the announced rules open of marks; everything where nothing else was announced.
pub(super) fn open_marks(record: &Record) -> OpenMarks {
    let announced = own_leaves(record).find(|(_, leaf, _)| leaf.kind == ANNOUNCED);
    let payload = announced.and_then(|(_, _, payload)| payload);
    let payload: Option<Payload> = payload.and_then(|text| serde_json::from_str(text).ok());
    let marks = payload.map(|payload| payload.inputs["profile"]["openness"]["marks"].clone());
    let marks = marks.and_then(|marks| OpenMarks::deserialize(marks).ok());
    marks.unwrap_or_default()
}

impl Public {
    pub(super) fn read(record: &Record) -> Result<Self, Difference> {
        let (mut entries, mut kinds) = (Vec::new(), BTreeMap::new());
        for (index, leaf, payload) in own_leaves(record) {
            *kinds.entry(leaf.kind.clone()).or_default() += 1;
            let Some(payload) = payload else { continue };
            let at = format!("log entry {index}");
            entries.push(opened(record, index, payload).at(at)?);
        }
        let decisions = Decisions::from(entries);
        Ok(Self {
            about: record.about.clone(),
            phase: phase_of(record),
            profile: profile(&decisions)?,
            marks: open_marks(record),
            posts: posts(&decisions)?,
            decisions,
            kinds,
            subjects: record.subjects.clone(),
            recalled: record.recalled.clone(),
            told: told(record)?,
            tickets: record.tickets.clone(),
            draws: record.draws.clone(),
        })
    }

    pub(super) fn place(&self) -> String {
        format!("examination {}", self.about.code)
    }

    pub(super) fn profile(&self) -> Result<&Profile, Difference> {
        let profile = self.profile.as_ref();
        profile.ok_or_else(|| Difference::new(self.place(), "no rules were announced"))
    }

    pub(super) fn count_of(&self, kind: &str) -> usize {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// The ticket of an application.
    pub(super) fn is_ticket_of(&self, ticket: &str, application: Id) -> bool {
        let mut tickets = self.tickets.iter();
        tickets.any(|one| one.ticket == ticket && one.application == application)
    }
}

fn told(record: &Record) -> Result<Vec<Told>, Difference> {
    let leaks = own_leaves(record).filter(|(_, leaf, _)| leaf.kind == LEAKED);
    let told = leaks.map(|(index, ..)| {
        let at = usize::try_from(index - record.log.first).at("log")?;
        let entry = record.entries.get(at);
        let text = entry.map(|entry| entry.leaf.as_str()).unwrap_or_default();
        let hash = hex::encode(leaf_hash(text.as_bytes()));
        Ok((i64::try_from(index).at("log")?, hash))
    });
    told.collect()
}

fn opened(record: &Record, index: u64, payload: &str) -> Result<LogEntry, String> {
    let at = usize::try_from(index - record.log.first).map_err(|e| e.to_string())?;
    let leaf = record.entries.get(at).map(|entry| entry.leaf.clone());
    let leaf = leaf.unwrap_or_default();
    let payload: Payload = serde_json::from_str(payload).map_err(|e| e.to_string())?;
    Ok(LogEntry {
        year: record.about.year,
        index: i64::try_from(index).map_err(|e| e.to_string())?,
        leaf_hash: hex::encode(leaf_hash(leaf.as_bytes())),
        leaf,
        payload,
    })
}

/// The rules as the announcement published them.
fn profile(decisions: &Decisions) -> Result<Option<Profile>, Difference> {
    #[derive(Deserialize)]
    struct Announced {
        profile: Profile,
    }
    let announced = decisions.of(&[ANNOUNCED]).next();
    let announced = announced.map(inputs::<Announced>).transpose()?;
    Ok(announced.map(|one| one.profile))
}

fn posts(decisions: &Decisions) -> Result<BTreeMap<String, i32>, Difference> {
    #[derive(Deserialize)]
    struct OfPost {
        code: String,
        quota: i32,
        #[serde(default)]
        places: Option<i32>,
    }
    const KINDS: &[&str] = &[
        "post.added",
        "post.removed",
        "post.reduced",
        "post.cancelled",
    ];
    let mut posts = BTreeMap::new();
    for entry in decisions.of(KINDS) {
        let post: OfPost = inputs(entry)?;
        match entry.payload.kind.as_str() {
            "post.added" => drop(posts.insert(post.code, post.quota)),
            "post.reduced" => {
                let what = "reduces a post to no number of places";
                let places = post
                    .places
                    .ok_or_else(|| Difference::new(place(entry), what))?;
                posts.insert(post.code, places);
            }
            _ => drop(posts.remove(&post.code)),
        }
    }
    Ok(posts)
}

/// V2: the announced profile is what every decision since cites.
pub(super) fn rules(public: &Public) -> Result<usize, Difference> {
    let announced: Value = public.decisions.only(&public.place(), ANNOUNCED)?;
    let text = serde_json_canonicalizer::to_vec(&announced["profile"]).at(public.place())?;
    let hash = hex::encode(sha256(text));
    let mut cited = 0;
    for entry in public.decisions.since(ANNOUNCED) {
        let cites = entry.payload.profile.as_deref().unwrap_or("none");
        same(
            place(entry),
            "profile",
            &cites,
            "announced was",
            &hash.as_str(),
        )?;
        cited += 1;
    }
    Ok(cited)
}
