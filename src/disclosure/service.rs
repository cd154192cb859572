//! What is open: published results to everybody, the log's leaves to everybody, the decisions
//! behind them to supervisors.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Actor, Role};
use crate::appointment::service::{ObjectionCounts, counts};
use crate::establishment::service::{PostView, standing_posts};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::{self, Checkpoint, Leaf, Log, LogEntry, PublicEntry};
use crate::ranking::RankedList;
use crate::ranking::results::{Distribution, RankedView, distributions};
use crate::ranking::service::list;
use crate::regulation::Phase;
use crate::regulation::service::{Examination, visible};
use crate::store::View;

/// The published results of an examination, as the public sees them: ticket numbers and no names.
#[derive(Debug, Clone)]
pub struct PublishedResults {
    /// The examination.
    pub examination: Examination,
    /// All its posts.
    pub posts: Vec<PostView>,
    /// The post whose lists are shown.
    pub shown: Option<PostView>,
    /// Its written results.
    pub written: Vec<RankedView>,
    /// Its merit list.
    pub merit: Vec<RankedView>,
    /// The distribution of each written component over the whole examination.
    pub distributions: Vec<Distribution>,
    /// How many objections there were, from the merit list on.
    pub objections: Option<ObjectionCounts>,
}

/// What is published of an examination; of one post the lists, by default of the first.
pub fn published(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    examination: Id,
    post: Option<Id>,
) -> Result<PublishedResults, Problem> {
    let examination = visible(view, actor, examination)?;
    let mut results = PublishedResults {
        posts: Vec::new(),
        shown: None,
        written: Vec::new(),
        merit: Vec::new(),
        distributions: Vec::new(),
        objections: None,
        examination,
    };
    if results.examination.phase < Phase::WrittenPublished {
        return Ok(results);
    }
    let id = results.examination.id;
    results.posts = standing_posts(view, id)?;
    let wanted = |candidate: &&PostView| post.is_none_or(|post| candidate.id == post);
    results.shown = results.posts.iter().find(wanted).cloned();
    if post.is_some() && results.shown.is_none() {
        return Err(Problem::not_found());
    }
    if let Some(shown) = &results.shown {
        results.written = list(view, id, shown.id, RankedList::Written)?;
        results.merit = list(view, id, shown.id, RankedList::Final)?;
    }
    results.distributions = distributions(view, &results.examination)?;
    if results.examination.phase == Phase::Published {
        results.objections = Some(counts(view, id)?);
    }
    Ok(results)
}

/// A public entry of the log. It names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogLine {
    /// Its place in the log.
    pub index: i64,
    /// SHA-256 of 0x00 and the leaf (RFC 6962), hexadecimal.
    pub leaf_hash: String,
    /// The leaf: canonical JSON with kind, examination, second and commitment.
    pub leaf: String,
    /// What was decided.
    pub kind: String,
    /// The second in which it was decided.
    pub at: Instant,
}

impl From<PublicEntry> for LogLine {
    fn from(entry: PublicEntry) -> Self {
        // A leaf that somebody altered may be anything: the log is shown all the same.
        let leaf: Option<Leaf> = serde_json::from_str(&entry.leaf).ok();
        let second = leaf.as_ref().map_or(0, |leaf| leaf.t);
        Self {
            index: entry.index,
            leaf_hash: entry.leaf_hash,
            leaf: entry.leaf,
            kind: leaf.map_or_else(|| "entry.unreadable".to_owned(), |leaf| leaf.kind),
            at: Instant::from_micros(0).plus_seconds(second),
        }
    }
}

/// Every log that has a key, and what it signed last. Open to everybody.
pub fn logs(view: &mut View<'_>) -> Result<Vec<(Log, Option<Checkpoint>)>, Problem> {
    let logs = ledger::logs(view)?.into_iter();
    logs.map(|log| {
        let last = ledger::last_checkpoint(view, log.year)?;
        Ok((log, last))
    })
    .collect()
}

/// The log that a visitor asks for; without a wish, the newest. None if nothing is logged there.
pub fn log_year(view: &mut View<'_>, wanted: Option<i32>) -> Result<Option<i32>, Problem> {
    let years = ledger::years(view)?;
    let chosen = wanted.or_else(|| years.last().copied());
    Ok(chosen.filter(|year| years.contains(year)))
}

/// Public entries of a year from index `from`, in order. Open to everybody.
pub fn log_from(
    view: &mut View<'_>,
    year: i32,
    from: i64,
    limit: i64,
) -> Result<Vec<LogLine>, Problem> {
    let entries = ledger::public_from(view, year, from, limit)?;
    Ok(entries.into_iter().map(LogLine::from).collect())
}

/// The newest public entries of a year before index `before`, newest first. Open to everybody.
pub fn log_newest(
    view: &mut View<'_>,
    year: i32,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<LogLine>, Problem> {
    let entries = ledger::public_newest(view, year, before, limit)?;
    Ok(entries.into_iter().map(LogLine::from).collect())
}

/// Decisions as they were taken, newest first: of one year, and of one examination if given. For
/// supervisors and the audit administrator.
pub fn decisions(
    view: &mut View<'_>,
    actor: &Actor,
    year: i32,
    examination: Option<Id>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<LogEntry>, Problem> {
    actor.acting_as(&[Role::Supervisor, Role::AuditAdmin])?;
    ledger::recent(view, year, examination, before, limit)
}
