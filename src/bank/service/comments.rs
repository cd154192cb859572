//! What author and reviewers say to each other about an item, and what an edit of it changed.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::inputs;
use crate::access::service::name_of;
use crate::access::{Actor, Role};
use crate::bank::item::Item;
use crate::bank::life::ItemState;
use crate::bank::reading::seen;
use crate::bank::records;
use crate::bank::rules::tidy;
use crate::bank::store::{self, CommentRow, ItemRow};
use crate::kernel::{Fault, Id, Instant, Problem};
use crate::ledger;
use crate::store::{Tx, View};

/// Most characters of a comment.
pub const COMMENT_MAX: usize = 2_000;

/// What somebody said of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommentView {
    /// Id.
    pub id: Id,
    /// Who.
    pub name: String,
    /// The version that stood then.
    pub version: i32,
    /// What.
    pub text: String,
    /// When.
    pub written_at: Instant,
}

/// Says something of an item: its author, or a reviewer who may see it. The text is sealed like the
/// item; the decision names it and does not hold it.
pub fn comment(tx: &mut Tx<'_>, actor: &Actor, id: Id, text: &str) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer, Role::Author])?;
    let (row, _) = seen(tx, actor, id)?;
    let text = tidy(text);
    Problem::unless_valid(faults(&text).into_iter().collect())?;
    let said = keep(tx, &row, acting.account, &text)?;
    let hash = store::version(tx.db, id, row.version)?.content_hash;
    let mut inputs = inputs(&row, &hash);
    inputs["comment"] = json!(said);
    let entry = acting.decides("item.commented").on(inputs);
    ledger::record(tx, &entry.outcome("written"))?;
    Ok(said)
}

/// Keeps what was said. The reason of a return is kept so as well: the decision holds it, and whoever
/// looks at the next version reads here what the one before was returned for.
pub(super) fn keep(tx: &mut Tx<'_>, row: &ItemRow, account: Id, text: &str) -> Result<Id, Problem> {
    let comment = CommentRow {
        id: Id::new(tx.now),
        item_id: row.id,
        version: row.version,
        account_id: account,
        text_sealed: tx.vault.seal(text)?,
        written_at: tx.now,
    };
    store::insert_comment(tx, &comment)?;
    Ok(comment.id)
}

fn faults(text: &str) -> Option<Fault> {
    let length = text.chars().count();
    if text.is_empty() {
        return Some(Fault::new("text", "required"));
    }
    if length > COMMENT_MAX {
        let fault = Fault::new("text", "too-long").with("max", COMMENT_MAX);
        return Some(fault.with("found", length));
    }
    Fault::of_control("text", text, &['\n', '\t'])
}

/// What was said of an item, in order, for somebody who may see it.
pub(in crate::bank) fn comments(view: &mut View<'_>, id: Id) -> Result<Vec<CommentView>, Problem> {
    let rows = store::comments(view.db, id)?;
    rows.into_iter()
        .map(|row| {
            Ok(CommentView {
                id: row.id,
                name: name_of(view, row.account_id)?,
                version: row.version,
                text: view.vault.open_text(&row.text_sealed)?,
                written_at: row.written_at,
            })
        })
        .collect()
}

/// A version of an item beside the one before it.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The bank.
    pub bank: String,
    /// Where the item stands now.
    pub state: ItemState,
    /// The version before.
    pub before: Item,
    /// The version.
    pub after: Item,
}

/// What became of an item with its version `version`, which is not the first.
pub fn edited(view: &mut View<'_>, actor: &Actor, id: Id, version: i32) -> Result<Edited, Problem> {
    let (row, _) = seen(view, actor, id)?;
    let before = version.checked_sub(1).ok_or_else(Problem::not_found)?;
    let before = store::version(view.db, id, before)?;
    let after = store::version(view.db, id, version)?;
    Ok(Edited {
        bank: row.bank,
        state: row.state,
        before: records::open(view.vault, &before.content_sealed)?,
        after: records::open(view.vault, &after.content_sealed)?,
    })
}
