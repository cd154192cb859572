//! Reports of leaks (泄题): an item that is known outside is withdrawn at once, and whoever answers
//! for the examinations learns what else it touches.

use serde::Serialize;
use utoipa::ToSchema;

use super::{advance, check_bank, check_reason};
use crate::access::{Actor, Role};
use crate::bank::item::Item;
use crate::bank::life::{ItemAct, ItemState};
use crate::bank::reach::Reach;
use crate::bank::reading::reason_of;
use crate::bank::records;
use crate::bank::store::{self, ItemRow, LockRow, Narrow};
use crate::kernel::{Id, Instant, Problem};
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

/// An examination whose papers are locked and may hold a leaked item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LockedPapers {
    /// The examination.
    pub examination: Id,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
    /// The component, such as `aptitude`.
    pub component: String,
    /// Chinese title of the component.
    pub component_zh: String,
    /// English title of the component.
    pub component_en: String,
    /// When the papers were locked.
    pub locked_at: Instant,
    /// When they are opened.
    pub opens_at: Instant,
    /// When the room closes.
    pub closes_at: Instant,
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
    /// Examinations whose locked papers may hold it: their lock draws from this bank and came after
    /// the item was written. Papers are sealed until they are opened, so no more can be said.
    pub locked: Vec<LockedPapers>,
}

/// Withdraws the item of a bank that has this code, at once and for good, because it is known
/// outside. Whoever may not see an item is told that there is none.
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
    let row = store::item_by_code(tx.db, bank, code)?;
    let row = row.filter(|row| knows(actor, &reach, row));
    let row = row.ok_or_else(|| Problem::field("code", "item-unknown"))?;
    let entry = acting.decides("item.leaked").because(reason.trim());
    advance(tx, &row, ItemAct::ReportLeak, row.reviewer_id, entry)?;
    let row = store::item(tx.db, row.id)?;
    leak(tx, actor, &reach, row)
}

/// The leaked items that the actor may know of, the latest report first.
pub fn leaks(view: &mut View<'_>, actor: &Actor) -> Result<Vec<LeakView>, Problem> {
    actor.acting_as(&ROLES)?;
    let reach = Reach::of(view, actor)?;
    let rows = store::leaked(view.db)?;
    let rows = rows.into_iter().filter(|row| knows(actor, &reach, row));
    rows.map(|row| leak(view, actor, &reach, row)).collect()
}

/// Whether the actor may know that there is this item: those who answer for examinations know of
/// all.
fn knows(actor: &Actor, reach: &Reach, row: &ItemRow) -> bool {
    actor.is(Role::Organiser) || actor.is(Role::Supervisor) || reach.shows(row)
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
    let written = store::version(view.db, row.id, 1)?.created_at;
    let locked = store::locked_papers(view.db, &row.bank, written)?;
    let locked = locked.into_iter().filter_map(locked_papers).collect();
    Ok(LeakView {
        item: row.id,
        bank: row.bank,
        code: row.code,
        reported_at: row.updated_at,
        reason: reason.unwrap_or_default(),
        suspects: suspects.into_iter().map(|(_, suspect)| suspect).collect(),
        locked,
    })
}

fn locked_papers(row: LockRow) -> Option<LockedPapers> {
    let (locked_at, opens_at, closes_at) = row.times;
    let (examination, title_zh, title_en) = row.examination;
    let (component, component_zh, component_en) = row.component;
    Some(LockedPapers {
        examination,
        title_zh,
        title_en,
        component,
        component_zh,
        component_en,
        locked_at: locked_at?,
        opens_at,
        closes_at,
    })
}

/// The other items of the bank that share an enemy set with `row`. Contents are sealed, so that all
/// of the bank are opened.
fn suspects(view: &mut View<'_>, row: &ItemRow) -> Result<Vec<(ItemRow, Suspect)>, Problem> {
    let present = store::version(view.db, row.id, row.version)?;
    let item: Item = records::open(view.vault, &present.content_sealed)?;
    if item.enemies.is_empty() {
        return Ok(Vec::new());
    }
    let narrow = Narrow {
        bank: Some(row.bank.clone()),
        ..Narrow::default()
    };
    let mut suspects = Vec::new();
    for (other, content) in store::items(view.db, &narrow, None, i64::MAX)? {
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
