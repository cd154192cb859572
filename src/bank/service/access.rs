//! Who may see which bank, and who has seen which key.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{check_bank, check_reason};
use crate::access::service::{name_of, staff_with};
use crate::access::{Actor, Role};
use crate::bank::reading::seen;
use crate::bank::store::{self, AccessRow, KeyViewRow};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::store::{Tx, View};

/// Who can be admitted to a bank.
const STAFF: [Role; 2] = [Role::Author, Role::Reviewer];

/// Somebody who is admitted to a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Admitted {
    /// The account.
    pub account: Id,
    /// Their name.
    pub name: String,
    /// Who admitted them.
    pub granted_by: String,
    /// When.
    pub granted_at: Instant,
}

/// A bank and who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BankAccess {
    /// Its code.
    pub bank: String,
    /// How many items it has.
    pub items: i64,
    /// Whether it is open to all authors and reviewers: nobody was ever admitted to it.
    pub open: bool,
    /// Who is admitted.
    pub admitted: Vec<Admitted>,
}

/// Every bank with items or admissions, and who may see it.
pub fn bank_access(view: &mut View<'_>, actor: &Actor) -> Result<Vec<BankAccess>, Problem> {
    actor.acting_as(&[Role::SecurityAdmin])?;
    let empty = |bank: &str, items| BankAccess {
        bank: bank.to_owned(),
        items,
        open: true,
        admitted: Vec::new(),
    };
    let mut banks: BTreeMap<String, BankAccess> = BTreeMap::new();
    for (bank, items) in store::bank_sizes(view.db)? {
        banks.insert(bank.clone(), empty(&bank, items));
    }
    for row in store::access(view.db)? {
        let bank = banks
            .entry(row.bank.clone())
            .or_insert_with(|| empty(&row.bank, 0));
        bank.open = false;
        if row.revoked_at.is_none() {
            bank.admitted.push(Admitted {
                account: row.account_id,
                name: name_of(view, row.account_id)?,
                granted_by: name_of(view, row.granted_by)?,
                granted_at: row.granted_at,
            });
        }
    }
    Ok(banks.into_values().collect())
}

/// Who can be admitted to a bank, by name.
pub fn bank_staff(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(Id, String)>, Problem> {
    actor.acting_as(&[Role::SecurityAdmin])?;
    let staff = staff_with(view, &STAFF)?.into_iter();
    let mut staff: Vec<(Id, String)> = staff.map(|(id, name, _)| (id, name)).collect();
    staff.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(staff)
}

/// Admits an author or a reviewer to a bank. The first admission closes the bank to all others. The
/// bank may have no items yet: then it is closed from the start.
pub fn grant_bank(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    account: Id,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::SecurityAdmin])?;
    check_bank(bank)?;
    check_reason(reason)?;
    let staff = staff_with(tx, &STAFF)?;
    if !staff.iter().any(|(id, ..)| *id == account) {
        return Err(Problem::field("account", "not-bank-staff"));
    }
    let there = store::access(tx.db)?
        .into_iter()
        .any(|row| row.bank == bank && row.account_id == account && row.revoked_at.is_none());
    if there {
        return Err(Problem::conflict("bank-access-there"));
    }
    let row = AccessRow {
        bank: bank.to_owned(),
        account_id: account,
        granted_by: acting.account,
        granted_at: tx.now,
        revoked_at: None,
    };
    store::put_access(tx, &row)?;
    let entry = acting
        .decides("bank.access_granted")
        .on(json!({ "bank": bank, "account": account }))
        .because(reason.trim());
    ledger::record(tx, &entry.outcome("granted"))?;
    Ok(())
}

/// Takes access to a bank back. The bank stays closed, even if nobody is left.
pub fn revoke_bank(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    account: Id,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::SecurityAdmin])?;
    check_reason(reason)?;
    if store::revoke_access(tx, bank, account)? == 0 {
        return Err(Problem::not_found());
    }
    let entry = acting
        .decides("bank.access_revoked")
        .on(json!({ "bank": bank, "account": account }))
        .because(reason.trim());
    ledger::record(tx, &entry.outcome("revoked"))?;
    Ok(())
}

/// Somebody's look at an item that papers may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyView {
    /// Id of the look.
    pub id: Id,
    /// Who.
    pub name: String,
    /// Which version.
    pub version: i32,
    /// When.
    pub viewed_at: Instant,
}

/// Notes that the actor is about to see a version of an item with its key. It decides nothing, so
/// that it stands in no log; the rows are only ever added to.
pub fn note_view(tx: &mut Tx<'_>, actor: &Actor, id: Id, version: i32) -> Result<(), Problem> {
    seen(tx, actor, id)?;
    let row = KeyViewRow {
        id: Id::new(tx.now),
        item_id: id,
        version,
        account_id: actor.account,
        viewed_at: tx.now,
    };
    store::insert_key_view(tx, &row)
}

/// Who has seen an item with its key, the latest first, up to `limit` from before the look
/// `before`. Reviewers ask for items that they may see, supervisors for all.
pub fn key_views_of(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<KeyView>, Problem> {
    let acting = actor.acting_as(&[Role::Supervisor, Role::Reviewer])?;
    if acting.role == Role::Reviewer {
        seen(view, actor, id)?;
    } else {
        store::item(view.db, id)?;
    }
    key_views(view, id, before, limit)
}

/// As [`key_views_of`], for somebody who may know.
pub(in crate::bank) fn key_views(
    view: &mut View<'_>,
    id: Id,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<KeyView>, Problem> {
    let rows = store::key_views(view.db, id, before, limit)?;
    rows.into_iter()
        .map(|row| {
            Ok(KeyView {
                id: row.id,
                name: name_of(view, row.account_id)?,
                version: row.version,
                viewed_at: row.viewed_at,
            })
        })
        .collect()
}
