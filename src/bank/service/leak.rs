//! Reports of leaks (泄题): an item that is known outside is withdrawn at once, and whoever answers
//! for the examinations learns what else it touches.

mod store;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::store::HoldingRow;
use super::{advance_on, check_bank, check_reason};
use crate::access::{Acting, Actor, Role};
use crate::bank::item::Item;
use crate::bank::life::{ItemAct, ItemState};
use crate::bank::reach::Reach;
use crate::bank::reading::reason_of;
use crate::bank::records;
use crate::bank::store::{self as bank, ItemRow};
use crate::ceremony::service as ceremony;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::regulation::Phase;
use crate::regulation::service::{self as regulation, Examination};
use crate::store::{Tx, View};

/// Who may report a leak and see what it touches: reviewers, and those who answer for
/// examinations; an author for items of their own.
const ROLES: [Role; 4] = [
    Role::Organiser,
    Role::Supervisor,
    Role::Reviewer,
    Role::Author,
];

/// An item of an enemy set of a leaked one: who knows that one may know this one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suspect {
    /// Id.
    pub id: Id,
    /// Code.
    pub code: String,
    /// State.
    pub state: ItemState,
    /// The sets that both are in.
    pub sets: Vec<String>,
}

/// Where a sitting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SittingState {
    /// No paper is opened yet.
    Ahead,
    /// Papers may be open.
    UnderWay,
    /// Everybody who sat has handed in.
    Over,
}

impl SittingState {
    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::UnderWay => "under_way",
            Self::Over => "over",
        }
    }

    fn at(now: Instant, (opens_at, closes_at): (Instant, Instant)) -> Self {
        if now < opens_at {
            Self::Ahead
        } else if now < closes_at {
            Self::UnderWay
        } else {
            Self::Over
        }
    }
}

/// Locked papers of a subject, some of which hold a leaked item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LockedPapers {
    /// The examination.
    pub examination: Id,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
    /// How far it has come.
    pub phase: Phase,
    /// The subject.
    pub subject: Id,
    /// The component, such as `aptitude`.
    pub component: String,
    /// Chinese title of the component.
    pub component_zh: String,
    /// English title of the component.
    pub component_en: String,
    /// The version that was drawn.
    pub version: i32,
    /// How many papers hold it.
    pub papers: i32,
    /// Of how many.
    pub of: i64,
    /// When the papers were locked.
    pub locked_at: Instant,
    /// When they are opened.
    pub opens_at: Instant,
    /// When the room closes.
    pub closes_at: Instant,
    /// Where the sitting stands.
    pub sitting: SittingState,
    /// Whether the papers are recalled: they stand until others, without the item, are locked.
    pub recalled: bool,
}

/// An examination whose papers held a leaked item, and were drawn again without it before anybody sat
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Redrawn {
    /// The examination.
    pub examination: Id,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
}

/// A leaked item and what it touches. It shows nothing of the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeakView {
    /// The item.
    pub item: Id,
    /// Its bank.
    pub bank: String,
    /// Its code.
    pub code: String,
    /// When the leak was reported.
    pub reported_at: Instant,
    /// What was reported.
    pub reason: String,
    /// Items of its enemy sets; only those that the reader may know of.
    pub suspects: Vec<Suspect>,
    /// The locked papers that hold it. Authors and reviewers read of sittings that are over alone:
    /// what is still to be asked is for those to know who answer for the examinations.
    pub locked: Vec<LockedPapers>,
    /// Examinations whose papers held it and were drawn again.
    pub redrawn: Vec<Redrawn>,
}

impl LeakView {
    /// The examinations whose papers can be recalled: nobody has opened one yet. One line for each.
    pub fn to_recall(&self) -> Vec<&LockedPapers> {
        let begun = |id: Id| {
            let mut own = self.locked.iter().filter(|one| one.examination == id);
            own.any(|one| one.recalled || one.sitting != SittingState::Ahead)
        };
        let mut found: Vec<&LockedPapers> = Vec::new();
        for one in &self.locked {
            let listed = found
                .iter()
                .any(|other| other.examination == one.examination);
            if !listed && !begun(one.examination) {
                found.push(one);
            }
        }
        found
    }
}

/// Withdraws the item of a bank that has this code, at once and for good, because it is known
/// outside. Every examination whose locked papers hold it has that in its own log. Whoever may not
/// see an item is told that there is none.
pub fn report_leak(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    code: &str,
    reason: &str,
) -> Result<LeakView, Problem> {
    let acting = actor.acting_as(&ROLES)?;
    check_bank(bank)?;
    check_reason(reason)?;
    let reach = Reach::of(tx, actor)?;
    let row = bank::item_by_code(tx.db, bank, code)?;
    let row = row.filter(|row| knows(actor, &reach, row));
    let row = row.ok_or_else(|| Problem::field("code", "item-unknown"))?;
    // Held first, as by whoever locks papers, so that neither waits for the other for ever.
    let touched = examinations(&store::holding(tx.db, row.id)?);
    let touched = touched.into_iter().map(|id| regulation::hold(tx, id));
    let touched: Vec<Examination> = touched.collect::<Result<_, _>>()?;
    withdraw(tx, acting, (&row, &touched), reason.trim())?;
    let row = bank::item(tx.db, row.id)?;
    leak(tx, actor, &reach, row)
}

fn examinations(holding: &[HoldingRow]) -> BTreeSet<Id> {
    holding.iter().map(|row| row.examination.0).collect()
}

/// Withdraws an item, and says in the log of every examination whose papers hold it that they do.
fn withdraw(
    tx: &mut Tx<'_>,
    acting: Acting,
    (row, touched): (&ItemRow, &[Examination]),
    reason: &str,
) -> Result<(), Problem> {
    let ids: BTreeSet<Id> = touched.iter().map(|one| one.id).collect();
    let entry = acting.decides("item.leaked").because(reason);
    let named = [("examinations", json!(ids))];
    let leak = advance_on(tx, row, ItemAct::ReportLeak, row.reviewer_id, entry, named)?;
    // Nobody can lock papers with this item any more, and whoever did meanwhile has done so.
    let holding = store::holding(tx.db, row.id)?;
    if examinations(&holding) != ids {
        return Err(Problem::conflict("leak-beside-a-lock"));
    }
    let leaf = hex::encode(ledger::leaf_hash(tx, leak)?);
    for examination in touched {
        let own = holding
            .iter()
            .filter(|one| one.examination.0 == examination.id);
        let subjects: Vec<Value> = own.map(subject_line).collect();
        let inputs = json!({
            "leak": leak, "leaf": leaf, "item": row.id, "bank": row.bank, "code": row.code,
            "subjects": subjects,
        });
        let entry = examination.decision(acting, "papers.leaked").on(inputs);
        let decision = ledger::record(tx, &entry.outcome("leaked"))?;
        store::insert_paper_leak(tx, decision, (examination.id, row.id))?;
    }
    Ok(())
}

/// What the log of an examination has of the papers of a subject that hold a leaked item.
fn subject_line(row: &HoldingRow) -> Value {
    let (subject, version, papers) = row.holding;
    json!({
        "subject": subject, "component": row.component.0, "version": version, "papers": papers,
    })
}

/// The leaked items that the actor may know of, the latest report first.
pub fn leaks(view: &mut View<'_>, actor: &Actor) -> Result<Vec<LeakView>, Problem> {
    actor.acting_as(&ROLES)?;
    let reach = Reach::of(view, actor)?;
    let rows = bank::leaked(view.db)?;
    let rows = rows.into_iter().filter(|row| knows(actor, &reach, row));
    rows.map(|row| leak(view, actor, &reach, row)).collect()
}

/// Whether the actor may know that there is this item: those who answer for examinations know of
/// all.
fn knows(actor: &Actor, reach: &Reach, row: &ItemRow) -> bool {
    answers(actor) || reach.shows(row)
}

/// Whether the actor answers for examinations.
fn answers(actor: &Actor) -> bool {
    actor.is(Role::Organiser) || actor.is(Role::Supervisor)
}

/// What a leaked item touches, for somebody who may see the item.
pub(in crate::bank) fn leak(
    view: &mut View<'_>,
    actor: &Actor,
    reach: &Reach,
    row: ItemRow,
) -> Result<LeakView, Problem> {
    let mut suspects = suspects(view, &row)?;
    suspects.retain(|(other, _)| knows(actor, reach, other));
    let reason = reason_of(view, &row, "item.leaked")?;
    let mut locked = Vec::new();
    for holding in store::holding(view.db, row.id)? {
        locked.extend(locked_papers(view, holding)?);
    }
    let redrawn = store::touched(view.db, row.id)?.into_iter();
    let redrawn = redrawn
        .filter(|(id, ..)| {
            locked
                .iter()
                .all(|one: &LockedPapers| one.examination != *id)
        })
        .map(|(examination, title_zh, title_en)| Redrawn {
            examination,
            title_zh,
            title_en,
        })
        .collect();
    locked.retain(|papers| answers(actor) || papers.sitting == SittingState::Over);
    Ok(LeakView {
        item: row.id,
        bank: row.bank,
        code: row.code,
        reported_at: row.updated_at,
        reason: reason.unwrap_or_default(),
        suspects: suspects.into_iter().map(|(_, suspect)| suspect).collect(),
        locked,
        redrawn,
    })
}

fn locked_papers(view: &mut View<'_>, row: HoldingRow) -> Result<Option<LockedPapers>, Problem> {
    let (locked_at, opens_at, closes_at) = row.times;
    let (subject, version, papers) = row.holding;
    let (examination, title_zh, title_en, phase) = row.examination;
    let (component, component_zh, component_en) = row.component;
    let of = bank::papers_of(view.db, subject)?;
    let in_force = ceremony::papers_in_force(view, examination)?;
    Ok(locked_at.map(|locked_at| LockedPapers {
        examination,
        title_zh,
        title_en,
        phase,
        subject,
        component,
        component_zh,
        component_en,
        version,
        papers,
        of,
        locked_at,
        opens_at,
        closes_at,
        sitting: SittingState::at(view.now, (opens_at, closes_at)),
        recalled: in_force.is_some_and(|draw| draw.recalled),
    }))
}

/// The other items of the bank that share an enemy set with `row`. Contents are sealed, so that all
/// of the bank are opened.
fn suspects(view: &mut View<'_>, row: &ItemRow) -> Result<Vec<(ItemRow, Suspect)>, Problem> {
    let present = bank::version(view.db, row.id, row.version)?;
    let item: Item = records::open(view.vault, &present.content_sealed)?;
    if item.enemies.is_empty() {
        return Ok(Vec::new());
    }
    let mut suspects = Vec::new();
    for (other, content) in bank::items(view.db, &row.bank, None)? {
        let mut sets = records::open::<Item>(view.vault, &content)?.enemies;
        sets.retain(|name| item.enemies.contains(name));
        if other.id != row.id && !sets.is_empty() {
            let suspect = Suspect {
                id: other.id,
                code: other.code.clone(),
                state: other.state,
                sets,
            };
            suspects.push((other, suspect));
        }
    }
    Ok(suspects)
}
