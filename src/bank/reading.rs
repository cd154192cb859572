//! What authors and reviewers may look at. An author sees their own items, a reviewer those of the
//! banks to which they are admitted; the counts of the overview hold no content and are for both.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::item::{Difficulty, Item, ItemKind, Stimulus};
use super::life::{ItemAct, ItemState};
use super::material;
use super::reach::Reach;
use super::records;
use super::service::{self, CommentView, FigureView, KeyView, LeakView};
use super::store::{self, ItemRow};
use crate::access::{Actor, Role, service::name_of};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::store::View;

/// Most characters of a stem that a list shows.
const STEM_START: usize = 60;
/// How many views of its key an item tells.
const VIEWS_SHOWN: i64 = 50;

/// An item in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ItemSummary {
    /// Id.
    pub id: Id,
    /// Bank.
    pub bank: String,
    /// Code, unique in the bank.
    pub code: String,
    /// Section.
    pub section: String,
    /// Topic.
    pub topic: String,
    /// Kind.
    pub kind: ItemKind,
    /// Difficulty.
    pub difficulty: Difficulty,
    /// State.
    pub state: ItemState,
    /// Present version.
    pub version: i32,
    /// The beginning of the stem.
    pub stem_start: String,
    /// When it last changed.
    pub updated_at: Instant,
}

/// One version of an item.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionView {
    /// Its number, from 1.
    pub version: i32,
    /// SHA-256 of the content's canonical JSON, hexadecimal.
    pub content_hash: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub written_at: Instant,
}

/// In how many papers of a sitting an item was.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UseView {
    /// The examination, in Chinese.
    pub examination_zh: String,
    /// The examination, in English.
    pub examination_en: String,
    /// The subject, in Chinese.
    pub title_zh: String,
    /// The subject, in English.
    pub title_en: String,
    /// The version that was drawn.
    pub version: i32,
    /// In how many papers it was.
    pub papers: i32,
    /// Of how many.
    pub of: i64,
}

/// An item with everything about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ItemView {
    /// Id.
    pub id: Id,
    /// Bank.
    pub bank: String,
    /// State.
    pub state: ItemState,
    /// Present version.
    pub version: i32,
    /// Its content.
    pub item: Item,
    /// The stimulus it shares.
    pub stimulus: Option<Stimulus>,
    /// Who wrote it.
    pub author: String,
    /// Who reviewed it last.
    pub reviewer: Option<String>,
    /// When it last changed.
    pub updated_at: Instant,
    /// Its versions, oldest first.
    pub versions: Vec<VersionView>,
    /// Why the reviewer sent it back, until it is edited.
    pub returned_because: Option<String>,
    /// What a leaked item touches.
    pub leak: Option<LeakView>,
    /// For reviewers: who has seen it with its key, the latest first.
    pub views: Vec<KeyView>,
    /// In which sittings it was used so far.
    pub uses: Vec<UseView>,
    /// Its newest figures from answers.
    pub figures: Option<FigureView>,
    /// What author and reviewers said of it, in order.
    pub comments: Vec<CommentView>,
    /// What this account may do with it now.
    pub acts: Vec<ItemAct>,
}

impl ItemView {
    /// Whether this account may do `act` now.
    pub fn may(&self, act: &str) -> bool {
        self.acts.iter().any(|may| may.as_str() == act)
    }
}

/// How many items a section has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SectionView {
    /// Section.
    pub section: String,
    /// Drafts.
    pub draft: i64,
    /// In review.
    pub in_review: i64,
    /// On trial.
    pub trial: i64,
    /// Approved and easy.
    pub approved_easy: i64,
    /// Approved and of medium difficulty.
    pub approved_medium: i64,
    /// Approved and hard.
    pub approved_hard: i64,
    /// Retired.
    pub retired: i64,
    /// Withdrawn because they leaked.
    pub leaked: i64,
}

impl SectionView {
    fn add(&mut self, state: ItemState, difficulty: Difficulty, count: i64) {
        let field = match (state, difficulty) {
            (ItemState::Draft, _) => &mut self.draft,
            (ItemState::InReview, _) => &mut self.in_review,
            (ItemState::Trial, _) => &mut self.trial,
            (ItemState::Leaked, _) => &mut self.leaked,
            (ItemState::Approved, Difficulty::Easy) => &mut self.approved_easy,
            (ItemState::Approved, Difficulty::Medium) => &mut self.approved_medium,
            (ItemState::Approved, Difficulty::Hard) => &mut self.approved_hard,
            (ItemState::Retired, _) => &mut self.retired,
        };
        *field += count;
    }
}

/// A bank and its sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BankView {
    /// Code.
    pub bank: String,
    /// Whether it is open to all authors and reviewers: nobody was ever admitted to it.
    pub open: bool,
    /// Its sections.
    pub sections: Vec<SectionView>,
}

/// What waits for a reviewer.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The longest waiting, oldest first.
    pub items: Vec<ItemSummary>,
    /// How many wait in all.
    pub length: i64,
}

/// The banks of the actor and how many items of each kind of state they have, by section.
pub fn banks(view: &mut View<'_>, actor: &Actor) -> Result<Vec<BankView>, Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    let reach = Reach::of(view, actor)?;
    let mut banks: BTreeMap<String, BTreeMap<String, SectionView>> = BTreeMap::new();
    for (bank, section, state, difficulty, count) in store::counts(view.db)? {
        if !reach.admits(&bank) {
            continue;
        }
        let sections = banks.entry(bank).or_default();
        sections
            .entry(section)
            .or_default()
            .add(state, difficulty, count);
    }
    let named = |(section, counts)| SectionView { section, ..counts };
    let bank = |(bank, sections): (String, BTreeMap<_, _>)| BankView {
        open: reach.is_open(&bank),
        bank,
        sections: sections.into_iter().map(named).collect(),
    };
    Ok(banks.into_iter().map(bank).collect())
}

/// What waits for this reviewer: items of others in review, longest waiting first.
pub fn queue(view: &mut View<'_>, actor: &Actor, limit: i64) -> Result<Queue, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let hidden = Reach::of(view, actor)?.hidden();
    let length = store::queue_length(view.db, acting.account, &hidden)?;
    let mut items = Vec::new();
    for (row, content) in store::queue(view.db, acting.account, &hidden, limit)? {
        let item = records::open(view.vault, &content)?;
        items.push(summary(row, &item));
    }
    Ok(Queue { items, length })
}

/// What waits for this reviewer after the item `id`; the longest waiting, if nothing does.
pub fn next_in_review(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<Option<Id>, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let row = store::item(view.db, id)?;
    let hidden = Reach::of(view, actor)?.hidden();
    if let Some(next) = store::next_in_queue(view.db, acting.account, &hidden, &row)? {
        return Ok(Some(next));
    }
    let first = store::queue(view.db, acting.account, &hidden, 1)?;
    let first = first.into_iter().map(|(row, _)| row.id).next();
    Ok(first.filter(|first| *first != id))
}

/// One item. Somebody else's is nobody's business but that of the bank's reviewers.
pub fn item(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<ItemView, Problem> {
    let (row, reach) = seen(view, actor, id)?;
    let present = store::version(view.db, id, row.version)?;
    let stimulus = match row.stimulus_id {
        Some(id) => {
            let stimulus = material::store::one(view.db, id)?;
            Some(records::open(view.vault, &stimulus.content_sealed)?)
        }
        None => None,
    };
    let reviewer = row.reviewer_id.map(|id| name_of(view, id)).transpose()?;
    let leak = match row.state {
        ItemState::Leaked => Some(service::leak(view, actor, &reach, row.clone())?),
        _ => None,
    };
    let views = if actor.is(Role::Reviewer) {
        service::key_views(view, id, None, VIEWS_SHOWN)?
    } else {
        Vec::new()
    };
    Ok(ItemView {
        id,
        item: records::open(view.vault, &present.content_sealed)?,
        stimulus,
        author: name_of(view, row.author_id)?,
        reviewer,
        versions: versions(view, id)?,
        returned_because: returned_because(view, &row)?,
        leak,
        views,
        comments: service::comments(view, id)?,
        uses: uses(view, id)?,
        figures: service::figure(view, id)?,
        acts: acts(&reach, actor, &row),
        bank: row.bank,
        state: row.state,
        version: row.version,
        updated_at: row.updated_at,
    })
}

/// The sittings that are over in which an item was used. Nobody learns from it what is still to be
/// asked.
fn uses(view: &mut View<'_>, id: Id) -> Result<Vec<UseView>, Problem> {
    let rows = store::uses(view.db, id, view.now)?;
    rows.into_iter()
        .map(|row| {
            let (subject, title_zh, title_en) = row.subject;
            Ok(UseView {
                examination_zh: row.examination.0,
                examination_en: row.examination.1,
                title_zh,
                title_en,
                version: row.version,
                papers: row.papers,
                of: store::papers_of(view.db, subject)?,
            })
        })
        .collect()
}

/// An item that the actor may see.
pub(super) fn seen(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
) -> Result<(ItemRow, Reach), Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    let row = store::item(view.db, id)?;
    let reach = Reach::of(view, actor)?;
    if reach.shows(&row) {
        Ok((row, reach))
    } else {
        Err(Problem::not_found())
    }
}

pub(super) fn summary(row: ItemRow, item: &Item) -> ItemSummary {
    ItemSummary {
        id: row.id,
        bank: row.bank,
        code: row.code,
        section: row.section,
        topic: row.topic,
        kind: row.kind,
        difficulty: row.difficulty,
        state: row.state,
        version: row.version,
        stem_start: start(&item.markup.words(&item.stem)),
        updated_at: row.updated_at,
    }
}

/// The beginning of a stem, on one line.
pub(super) fn start(stem: &str) -> String {
    let mut start: String = stem.chars().take(STEM_START).collect();
    if stem.chars().nth(STEM_START).is_some() {
        start.push('…');
    }
    start.replace(['\n', '\t'], " ")
}

fn versions(view: &mut View<'_>, id: Id) -> Result<Vec<VersionView>, Problem> {
    let rows = store::versions(view.db, id)?;
    rows.into_iter()
        .map(|row| {
            Ok(VersionView {
                version: row.version,
                content_hash: hex::encode(&row.content_hash),
                author: name_of(view, row.author_id)?,
                written_at: row.created_at,
            })
        })
        .collect()
}

/// The reason of the review that made the item a draft again.
fn returned_because(view: &mut View<'_>, row: &ItemRow) -> Result<Option<String>, Problem> {
    if row.state != ItemState::Draft || row.reviewer_id.is_none() {
        return Ok(None);
    }
    reason_of(view, row, "item.reviewed")
}

/// The reason of the decision that brought the item where it stands: it was decided when the item
/// last changed.
pub(super) fn reason_of(
    view: &mut View<'_>,
    row: &ItemRow,
    kind: &str,
) -> Result<Option<String>, Problem> {
    let own = serde_json::json!(row.id);
    let decided = ledger::decided_at(view, kind, row.updated_at)?;
    let decision = decided
        .into_iter()
        .find(|decision| decision.inputs.get("item") == Some(&own));
    Ok(decision.and_then(|decision| decision.reason))
}

fn acts(reach: &Reach, actor: &Actor, row: &ItemRow) -> Vec<ItemAct> {
    let own = row.author_id == actor.account;
    let admitted = reach.admits(&row.bank);
    let may = |act: &ItemAct| match act {
        ItemAct::Edit | ItemAct::Submit => admitted && reach.owns(row),
        ItemAct::ReportLeak => reach.shows(row),
        ItemAct::Approve | ItemAct::Trial | ItemAct::Adopt | ItemAct::Return | ItemAct::Retire => {
            admitted && !own && actor.is(Role::Reviewer)
        }
    };
    let mut acts = ItemAct::ALL.to_vec();
    acts.retain(|act| may(act) && row.state.next(*act).is_ok());
    acts
}
