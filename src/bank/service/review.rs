//! The acts of reviewers: letting items into the bank, sending them back, taking them out of use.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{advance, advance_on, check_reason, comments};
use crate::access::{Acting, Actor, Role};
use crate::bank::checklist::{self, CHECKLIST};
use crate::bank::life::{ItemAct, may_review};
use crate::bank::reach::Reach;
use crate::bank::store::{self, ItemRow};
use crate::kernel::{Id, Problem};
use crate::store::{Tx, View};

/// What a reviewer says of an item.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whether the item is found sound; if not, it goes back to its author.
    pub approve: bool,
    /// Whether a sound item is tried out first, and drawn into no paper yet.
    #[serde(default)]
    pub trial: bool,
    /// Why; needed to send it back.
    #[serde(default)]
    pub reason: String,
    /// The version that was read: a later one is not reviewed unread.
    pub version: i32,
    /// The points of the checklist that hold: `key`, `stem`, `options`, `clue`, `topic`, `fairness`.
    /// All of them, to find the item sound.
    #[serde(default)]
    pub checked: Vec<String>,
}

impl Review {
    /// That all points hold of this version.
    fn sound(version: i32) -> Self {
        Self {
            approve: true,
            trial: false,
            reason: String::new(),
            version,
            checked: CHECKLIST.map(str::to_owned).to_vec(),
        }
    }
}

/// Approves an item of somebody else, or sends it back with a reason.
pub fn review(tx: &mut Tx<'_>, actor: &Actor, id: Id, review: &Review) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let row = reviewed(tx, actor, acting, id)?;
    if review.version != row.version {
        return Err(Problem::conflict("item-changed"));
    }
    let faults = match review.approve {
        true => checklist::faults(&review.checked),
        false => checklist::strays(&review.checked).collect(),
    };
    Problem::unless_valid(faults)?;
    let act = match (review.approve, review.trial) {
        (true, true) => ItemAct::Trial,
        (true, false) => ItemAct::Approve,
        (false, _) => {
            check_reason(&review.reason)?;
            comments::keep(tx, &row, acting.account, review.reason.trim())?;
            ItemAct::Return
        }
    };
    let checked = checklist::in_order(&review.checked);
    let checked = ("checked", json!(checked));
    decide(tx, acting, &row, act, &review.reason, checked)
}

/// Takes an item of somebody else that was tried out in use.
pub fn adopt(tx: &mut Tx<'_>, actor: &Actor, id: Id, version: i32) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let row = reviewed(tx, actor, acting, id)?;
    if version != row.version {
        return Err(Problem::conflict("item-changed"));
    }
    let entry = acting.decides("item.adopted");
    advance(tx, &row, ItemAct::Adopt, Some(acting.account), entry)
}

/// Approves an item of somebody else.
pub fn approve(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<(), Problem> {
    let approval = Review::sound(store::item(tx.db, id)?.version);
    review(tx, actor, id, &approval)
}

/// Sends an item back to its author, with the reason.
pub fn return_to_author(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Id,
    reason: &str,
) -> Result<(), Problem> {
    let refusal = Review {
        approve: false,
        trial: false,
        reason: reason.to_owned(),
        version: store::item(tx.db, id)?.version,
        checked: Vec::new(),
    };
    review(tx, actor, id, &refusal)
}

/// Approves everything in a section that waits for review and that others wrote; returns how many
/// items that were. The reviewer answers for having read them; the decisions say that the points of
/// the checklist were not ticked one by one.
pub fn approve_section(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    section: &str,
    seen: &str,
) -> Result<usize, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let waiting = waiting(tx, actor, acting, bank, section)?;
    if digest_of(&waiting) != seen {
        return Err(Problem::conflict("item-changed"));
    }
    for row in &waiting {
        let unchecked = ("unchecked", json!(true));
        decide(tx, acting, row, ItemAct::Approve, "", unchecked)?;
    }
    Ok(waiting.len())
}

/// What waits for a reviewer in a section, as a digest to be sent with [`approve_section`]: what has
/// come or changed since is not approved unread.
pub fn waiting_seen(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
    section: &str,
) -> Result<String, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    Ok(digest_of(&waiting(view, actor, acting, bank, section)?))
}

/// What waits in a section of a bank to which the reviewer is admitted; of another, nothing.
fn waiting(
    view: &mut View<'_>,
    actor: &Actor,
    acting: Acting,
    bank: &str,
    section: &str,
) -> Result<Vec<ItemRow>, Problem> {
    if !Reach::of(view, actor)?.admits(bank) {
        return Ok(Vec::new());
    }
    store::waiting(view.db, acting.account, bank, section)
}

/// An item that the reviewer may review: of a bank to which they are admitted, and of somebody
/// else.
fn reviewed(tx: &mut Tx<'_>, actor: &Actor, acting: Acting, id: Id) -> Result<ItemRow, Problem> {
    let row = store::item(tx.db, id)?;
    let reach = Reach::of(tx, actor)?;
    if !reach.admits(&row.bank) && !reach.owns(&row) {
        return Err(Problem::not_found());
    }
    may_review(row.author_id, acting.account)?;
    Ok(row)
}

/// SHA-256 over id and version of each item, in order.
fn digest_of(rows: &[ItemRow]) -> String {
    let parts = rows
        .iter()
        .map(|row| format!("{} {}\n", row.id, row.version));
    hex::encode(crate::store::sha256(parts.collect::<String>()))
}

/// Takes an item out of use. Papers that hold it keep it.
pub fn retire(tx: &mut Tx<'_>, actor: &Actor, id: Id, reason: &str) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    let row = reviewed(tx, actor, acting, id)?;
    check_reason(reason)?;
    let entry = acting.decides("item.retired").because(reason.trim());
    advance(tx, &row, ItemAct::Retire, Some(acting.account), entry)
}

/// Approves or returns an item that the reviewer may review.
fn decide(
    tx: &mut Tx<'_>,
    acting: Acting,
    row: &ItemRow,
    act: ItemAct,
    reason: &str,
    points: (&str, Value),
) -> Result<(), Problem> {
    let entry = acting.decides("item.reviewed");
    let entry = match reason.trim() {
        "" => entry,
        reason => entry.because(reason),
    };
    advance_on(tx, row, act, Some(acting.account), entry, [points]).map(drop)
}
