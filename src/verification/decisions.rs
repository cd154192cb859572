//! The decisions of one examination as the log holds them, opened.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::rules::{At as _, Difference};
use crate::kernel::{Id, Problem, Score};
use crate::ledger::{self, LogEntry};
use crate::marking::SettledBy;
use crate::regulation::MultipleRule;
use crate::regulation::Phase;
use crate::store::View;

/// The decisions of one examination, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Decisions(Vec<LogEntry>);

/// Reads the whole log once and sorts it by examination. Decisions that were just taken and wait
/// for their place belong to it: what they decided is stored already.
pub(super) fn read(view: &mut View<'_>) -> Result<BTreeMap<Id, Decisions>, Problem> {
    const PAGE: i64 = 1000;
    let mut by_examination: BTreeMap<Id, Decisions> = BTreeMap::new();
    for year in ledger::years(view)? {
        let mut next = 0;
        loop {
            let page = ledger::entries(view, year, next, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            next = last.index + 1;
            sort(&mut by_examination, page);
        }
    }
    sort(&mut by_examination, ledger::coming(view)?);
    Ok(by_examination)
}

fn sort(by_examination: &mut BTreeMap<Id, Decisions>, entries: Vec<LogEntry>) {
    for entry in entries {
        if let Some(examination) = entry.payload.examination {
            by_examination.entry(examination).or_default().0.push(entry);
        }
    }
}

/// How far a decision of this kind shows an examination to have come.
pub(super) fn phase_after(kind: &str) -> Option<Phase> {
    Some(match kind {
        "announcement.published" => Phase::Announced,
        "tickets.issued" => Phase::Ticketed,
        "papers.locked" => Phase::Locked,
        "marking.begun" => Phase::Marking,
        "written.published" => Phase::WrittenPublished,
        "merit.published" => Phase::Published,
        _ => return None,
    })
}

impl From<Vec<LogEntry>> for Decisions {
    fn from(entries: Vec<LogEntry>) -> Self {
        Self(entries)
    }
}

impl Decisions {
    /// The decisions of these kinds, in the order of the log.
    pub(super) fn of<'a>(&'a self, kinds: &'a [&str]) -> impl Iterator<Item = &'a LogEntry> {
        let wanted = |entry: &&LogEntry| kinds.contains(&entry.payload.kind.as_str());
        self.0.iter().filter(wanted)
    }

    /// The first decision of a kind that `wanted` is true of.
    pub(super) fn first_of(
        &self,
        kind: &str,
        wanted: impl Fn(&LogEntry) -> bool,
    ) -> Option<&LogEntry> {
        let mut all = self.0.iter();
        all.find(|entry| entry.payload.kind == kind && wanted(entry))
    }

    /// What the decisions of a kind were taken on.
    pub(super) fn inputs<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, Difference> {
        self.of(&[kind]).map(inputs).collect()
    }

    /// What the one decision of a kind was taken on.
    pub(super) fn only<T: DeserializeOwned>(
        &self,
        place: &str,
        kind: &str,
    ) -> Result<T, Difference> {
        let mut found = self.inputs(kind)?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (one, before) => {
                let count = before + usize::from(one.is_some());
                let what = format!("the log has {count} decisions `{kind}` where one belongs");
                Err(Difference::new(place, what))
            }
        }
    }

    /// The decisions from the first of `kind` on.
    pub(super) fn since<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a LogEntry> {
        self.0.iter().skip_while(move |e| e.payload.kind != kind)
    }

    /// How far the examination has come, by its decisions.
    pub(super) fn phase(&self) -> Phase {
        let reached = |entry: &LogEntry| phase_after(&entry.payload.kind);
        self.0
            .iter()
            .filter_map(reached)
            .max()
            .unwrap_or(Phase::Draft)
    }
}

/// What a decision was taken on, in the words of its kind.
pub(super) fn inputs<T: DeserializeOwned>(entry: &LogEntry) -> Result<T, Difference> {
    T::deserialize(&entry.payload.inputs).at(place(entry))
}

/// Where a decision stands.
pub(super) fn place(entry: &LogEntry) -> String {
    format!("log entry {} ({})", entry.index, entry.payload.kind)
}

/// `tickets.issued`
#[derive(Deserialize)]
pub(super) struct TicketsIssued {
    pub seed: String,
    pub count: usize,
    pub root: String,
}

/// `papers.locked`
#[derive(Deserialize)]
pub(super) struct PapersLocked {
    pub subject: Id,
    pub component: String,
    pub bank: String,
    pub blueprint_hash: String,
    pub pool_root: String,
    pub keys_root: String,
    pub seed_commitment: String,
    pub papers_root: String,
    pub count: usize,
    pub attempt: u32,
    pub made: usize,
    pub deviation: i32,
    /// The root over the recalled papers whose place they took.
    #[serde(default)]
    pub replaces: Option<String>,
}

/// `script.closed`
#[derive(Deserialize)]
pub(super) struct ScriptClosed {
    pub attempt: Id,
    pub digest: String,
    pub answered: usize,
}

/// `marking.begun`
#[derive(Deserialize)]
pub(super) struct MarkingBegun {
    pub attempts: usize,
    pub scripts: usize,
    pub absences: usize,
}

/// `counts.fixed`
#[derive(Deserialize)]
pub(super) struct CountsFixed {
    pub applications: BTreeMap<String, i64>,
    pub ticketed: usize,
    pub sittings: Vec<SittingFixed>,
    pub ranking_rows: usize,
}

/// What came of one sitting, in `counts.fixed`.
#[derive(Deserialize)]
pub(super) struct SittingFixed {
    pub component: String,
    pub sat: usize,
    pub absent: usize,
    pub objective: usize,
    pub scripts: usize,
}

/// `objective.marked`
#[derive(Deserialize)]
pub(super) struct ObjectiveMarked {
    pub attempt: Id,
    pub digest: String,
    pub multiple: MultipleRule,
    pub total: Score,
    pub scripts: Vec<(i32, Id)>,
}

/// `script.marked`
#[derive(Deserialize)]
pub(super) struct ScriptMarked {
    pub script: Id,
    pub ordinal: u8,
    pub mark: Score,
}

/// `script.settled`
#[derive(Deserialize)]
pub(super) struct ScriptSettled {
    pub script: Id,
    pub mark: Score,
    pub by: SettledBy,
}

/// `panel.marked`, `panel.corrected`, `panel.absent`, `ballot.entered` and `ballot.corrected`: whose component it is; the rest depends on the kind.
#[derive(Deserialize)]
pub(super) struct OfComponent {
    pub ticket_no: String,
    pub component: String,
}

/// `written.published` and `merit.published`
#[derive(Deserialize)]
pub(super) struct ListPublished {
    pub post: String,
    pub quota: i32,
    pub rows: Vec<serde_json::Value>,
}
