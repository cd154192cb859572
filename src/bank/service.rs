//! The acts of the bank: writing, importing and submitting items; reviewing them is in `review`,
//! reports of leaks in `leak`.

mod access;
mod comments;
mod figures;
mod leak;
mod preview;
mod review;
mod shelf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::shelf::Shelf;
use super::formats::{self, BankFolder, Batch, Defaults, Loss};
use super::item::Item;
use super::life::{ItemAct, ItemState};
use super::reach::Reach;
use super::store::{self, ItemRow, VersionRow};
use super::{material, records, rules};
use crate::access::{Acting, Actor, Role};
use crate::kernel::error::Kind;
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Id, Problem};
use crate::ledger::{self, Entry};
use crate::store::Tx;

pub(in crate::bank) use self::access::key_views;
pub use self::access::{
    Admitted, BankAccess, KeyView, bank_access, bank_staff, grant_bank, key_views_of, note_view,
    revoke_bank,
};
pub(in crate::bank) use self::comments::comments;
pub use self::comments::{COMMENT_MAX, CommentView, Edited, comment, edited};
pub(in crate::bank) use self::figures::figure;
pub use self::figures::{
    FigureView, Health, SOURCE_MAX, StateCount, TopicRow, health, is_admitted, read_figures,
    record_figures,
};
pub(in crate::bank) use self::leak::leak;
pub use self::leak::{LeakView, LockedPapers, Redrawn, SittingState, Suspect, leaks, report_leak};
pub use self::preview::{ItemPreview, Preview, Twins, preview, preview_item};
pub use self::review::{
    Review, adopt, approve, approve_section, retire, return_to_author, review, waiting_seen,
};
pub use super::finding::{Found, FoundItem, ItemFilter, TopicCount, Usage, find};
pub use super::reading::{
    BankView, ItemSummary, ItemView, Queue, SectionView, UseView, VersionView, banks, item,
    next_in_review, queue,
};

/// What an import added to a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Items, all of them now in review.
    pub items: usize,
    /// Stimuli that the bank did not have yet.
    pub stimuli: usize,
}

/// Most faults of a file that are told at once.
pub const FAULTS_SHOWN: usize = 500;

/// Reads the items of a file in any form, and what of it is lost.
pub fn read_file(
    file_name: &str,
    bytes: &[u8],
    defaults: &Defaults,
) -> Result<(Batch, Vec<Loss>), Problem> {
    formats::exchange::read(file_name, bytes, defaults).map_err(import_refused)
}

/// All that is wrong with a file, as far as anybody wants to read on.
fn import_refused(mut faults: Vec<Fault>) -> Problem {
    let total = faults.len();
    faults.truncate(FAULTS_SHOWN);
    let mut problem = Problem::new(Kind::Invalid, "import-refused").with("total", total);
    problem.faults = faults;
    problem
}

/// Adds the items of a file to a bank and hands them to review, all of them or none.
pub fn import(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    batch: &Batch,
) -> Result<Imported, Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    check_bank(bank)?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let mut shelf = Shelf::look(tx, bank)?;
    let faults = shelf.batch_faults(batch);
    if !faults.is_empty() {
        return Err(import_refused(faults));
    }
    material::add_pictures(tx, bank, &batch.pictures, acting.account)?;
    let stimuli = shelf.add_stimuli(tx, acting.account, &batch.stimuli)?;
    let mut hashes = Vec::with_capacity(batch.items.len());
    for item in &batch.items {
        let (_, hash) = add(tx, acting, &shelf, item, ItemState::InReview)?;
        hashes.push((item.code.as_str(), hash));
    }
    let inputs = json!({
        "bank": bank, "count": batch.items.len(), "root": hex::encode(records::content_root(hashes)),
    });
    let entry = acting.decides("items.imported").on(inputs);
    ledger::record(tx, &entry.outcome(ItemState::InReview.as_str()))?;
    Ok(Imported {
        items: batch.items.len(),
        stimuli,
    })
}

/// As [`import`], with a bank from a folder; it is named after its subject.
pub fn import_shipped(
    tx: &mut Tx<'_>,
    actor: &Actor,
    folder: &BankFolder,
) -> Result<Imported, Problem> {
    let sections = folder.sections.iter();
    let batch = Batch {
        items: sections.clone().flat_map(|s| s.items.clone()).collect(),
        stimuli: sections.flat_map(|s| s.stimuli.clone()).collect(),
        ..Batch::default()
    };
    import(tx, actor, &folder.subject, &batch)
}

/// Writes a new item; it begins as a draft.
pub fn create(tx: &mut Tx<'_>, actor: &Actor, bank: &str, item: &Item) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    check_bank(bank)?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let strays = rules::strays(item.markup, &item.marked_up());
    let item = rules::tidied(item);
    let shelf = Shelf::look(tx, bank)?;
    let faults = shelf.item_faults(&item, None);
    Problem::unless_valid(strays.into_iter().chain(faults).collect())?;
    let (row, hash) = add(tx, acting, &shelf, &item, ItemState::Draft)?;
    let entry = acting.decides("item.created").on(inputs(&row, &hash));
    ledger::record(tx, &entry.outcome(row.state.as_str()))?;
    Ok(row.id)
}

/// Writes a new version of one's own item and returns its number. The item is a draft again; the
/// versions before it stay, because papers may hold them. Saving what is there already does nothing.
pub fn edit(tx: &mut Tx<'_>, actor: &Actor, id: Id, item: &Item) -> Result<i32, Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    let row = own(tx, actor, acting, id)?;
    let state = row.state.next(ItemAct::Edit)?;
    let strays = rules::strays(item.markup, &item.marked_up());
    let item = rules::tidied(item);
    let shelf = Shelf::look(tx, &row.bank)?;
    let renamed = (item.code != row.code).then(|| Fault::new("code", "code-fixed"));
    let faults = shelf.item_faults(&item, Some(id));
    let faults = renamed.into_iter().chain(strays).chain(faults);
    Problem::unless_valid(faults.collect())?;
    let hash = records::content_hash(&item)?;
    if present_hash(tx, &row)? == hash {
        return Ok(row.version);
    }
    let after = ItemRow {
        state,
        version: row.version + 1,
        reviewer_id: None,
        ..shelf.row(tx, &row, &item)
    };
    store::update_item(tx, &row, &after)?;
    insert_version(tx, &after, &item, hash)?;
    let entry = acting.decides("item.edited").on(inputs(&after, &hash));
    ledger::record(tx, &entry.outcome(after.state.as_str()))?;
    Ok(after.version)
}

/// Hands one's own item to review.
pub fn submit(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    let row = own(tx, actor, acting, id)?;
    let entry = acting.decides("item.submitted");
    advance(tx, &row, ItemAct::Submit, row.reviewer_id, entry)
}

/// Moves an item on in its life and records the decision on the version it stands at.
fn advance(
    tx: &mut Tx<'_>,
    row: &ItemRow,
    act: ItemAct,
    reviewer: Option<Id>,
    entry: Entry,
) -> Result<(), Problem> {
    advance_on(tx, row, act, reviewer, entry, []).map(drop)
}

/// As [`advance`], with more that the decision was taken on.
fn advance_on<const N: usize>(
    tx: &mut Tx<'_>,
    row: &ItemRow,
    act: ItemAct,
    reviewer: Option<Id>,
    entry: Entry,
    more: [(&str, Value); N],
) -> Result<Id, Problem> {
    let after = ItemRow {
        state: row.state.next(act)?,
        reviewer_id: reviewer,
        updated_at: tx.now,
        ..row.clone()
    };
    store::update_item(tx, row, &after)?;
    let hash = present_hash(tx, row)?;
    let outcome = match act {
        ItemAct::Return => "returned",
        _ => after.state.as_str(),
    };
    let mut inputs = inputs(row, &hash);
    for (name, value) in more {
        inputs[name] = value;
    }
    ledger::record(tx, &entry.on(inputs).outcome(outcome))
}

/// What a decision on an item is taken on.
fn inputs(row: &ItemRow, content_hash: &[u8]) -> Value {
    json!({
        "item": row.id, "bank": row.bank, "code": row.code, "version": row.version,
        "content_hash": hex::encode(content_hash),
    })
}

fn check_reason(reason: &str) -> Result<(), Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    Ok(())
}

/// A bank is named like a section.
pub(in crate::bank) fn check_bank(bank: &str) -> Result<(), Problem> {
    if bank.len() <= rules::CODE_MAX && rules::is_section(bank) {
        return Ok(());
    }
    Err(Problem::field("bank", "bad-code"))
}

/// The author's own item, to write on; somebody else's is nobody's business.
fn own(tx: &mut Tx<'_>, actor: &Actor, acting: Acting, id: Id) -> Result<ItemRow, Problem> {
    let row = store::item(tx.db, id)?;
    if row.author_id != acting.account {
        return Err(Problem::not_found());
    }
    Reach::of(tx, actor)?.must_admit(&row.bank)?;
    Ok(row)
}

fn present_hash(tx: &mut Tx<'_>, row: &ItemRow) -> Result<Vec<u8>, Problem> {
    Ok(store::version(tx.db, row.id, row.version)?.content_hash)
}

/// Adds an item that was found sound.
fn add(
    tx: &mut Tx<'_>,
    acting: Acting,
    shelf: &Shelf,
    item: &Item,
    state: ItemState,
) -> Result<(ItemRow, Hash), Problem> {
    let blank = ItemRow {
        id: Id::new(tx.now),
        bank: shelf.bank.clone(),
        code: item.code.clone(),
        section: String::new(),
        topic: String::new(),
        difficulty: item.difficulty,
        kind: item.body.kind(),
        stimulus_id: None,
        state,
        version: 1,
        author_id: acting.account,
        reviewer_id: None,
        updated_at: tx.now,
    };
    let row = shelf.row(tx, &blank, item);
    let hash = records::content_hash(item)?;
    store::insert_item(tx, &row)?;
    insert_version(tx, &row, item, hash)?;
    Ok((row, hash))
}

/// Seals the content of the version that `row` stands at.
fn insert_version(
    tx: &mut Tx<'_>,
    row: &ItemRow,
    item: &Item,
    content_hash: Hash,
) -> Result<(), Problem> {
    let content = serde_json::to_vec(item).map_err(Problem::internal)?;
    let version = VersionRow {
        item_id: row.id,
        version: row.version,
        content_sealed: tx.vault.seal(content)?,
        content_hash: content_hash.to_vec(),
        author_id: row.author_id,
        created_at: tx.now,
    };
    store::insert_version(tx, &version)
}
