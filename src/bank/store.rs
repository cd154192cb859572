//! Queries on items, their versions and stimuli.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::item::{Difficulty, ItemKind};
use super::life::ItemState;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{
    bank_access, examination, item, item_comment, item_figure, item_use, item_version, key_view,
    paper, stimulus, subject,
};
use crate::store::{AnyConn, Tx, taken, text_enum};

text_enum!(Difficulty);
text_enum!(ItemKind);
text_enum!(ItemState);

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = item)]
pub(super) struct ItemRow {
    pub id: Id,
    pub bank: String,
    pub code: String,
    pub section: String,
    pub topic: String,
    pub difficulty: Difficulty,
    pub kind: ItemKind,
    pub stimulus_id: Option<Id>,
    pub state: ItemState,
    pub version: i32,
    pub author_id: Id,
    pub reviewer_id: Option<Id>,
    pub updated_at: Instant,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = item_version)]
pub(super) struct VersionRow {
    pub item_id: Id,
    pub version: i32,
    pub content_sealed: Vec<u8>,
    pub content_hash: Vec<u8>,
    pub author_id: Id,
    pub created_at: Instant,
}

/// Somebody's access to a bank.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = bank_access)]
pub(super) struct AccessRow {
    pub bank: String,
    pub account_id: Id,
    pub granted_by: Id,
    pub granted_at: Instant,
    /// Until when, if it was taken back.
    pub revoked_at: Option<Instant>,
}

/// Somebody's look at an item with its key.
#[derive(Queryable, Insertable)]
#[diesel(table_name = key_view)]
pub(super) struct KeyViewRow {
    pub id: Id,
    pub item_id: Id,
    pub version: i32,
    pub account_id: Id,
    pub viewed_at: Instant,
}

/// Figures of an item.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = item_figure)]
pub(super) struct FigureRow {
    pub id: Id,
    pub item_id: Id,
    pub version: i32,
    pub answered: i32,
    pub facility_ppm: i32,
    pub discrimination_ppm: Option<i32>,
    pub a_milli: Option<i32>,
    pub b_milli: Option<i32>,
    pub c_milli: Option<i32>,
    pub se_a_milli: Option<i32>,
    pub se_b_milli: Option<i32>,
    pub se_c_milli: Option<i32>,
    pub source: String,
    pub recorded_by: Id,
    pub recorded_at: Instant,
}

pub(super) fn insert_figure(tx: &mut Tx<'_>, row: &FigureRow) -> Result<(), Problem> {
    diesel::insert_into(item_figure::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// The newest figures of an item.
pub(super) fn newest_figure(db: &mut AnyConn, item: Id) -> Result<Option<FigureRow>, Problem> {
    Ok(item_figure::table
        .filter(item_figure::item_id.eq(item))
        .order((item_figure::recorded_at.desc(), item_figure::id.desc()))
        .first(db)
        .optional()?)
}

/// Ids, codes and versions of all items of a bank.
pub(super) fn ids_of_codes(
    db: &mut AnyConn,
    bank: &str,
) -> Result<Vec<(String, Id, i32)>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .select((item::code, item::id, item::version))
        .load(db)?)
}

/// An item in use, its topic and its difficulty.
pub(super) type InUse = (Id, String, Difficulty);

/// The items of a bank in use, by topic.
pub(super) fn in_use(db: &mut AnyConn, bank: &str) -> Result<Vec<InUse>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .filter(item::state.eq(ItemState::Approved))
        .select((item::id, item::topic, item::difficulty))
        .order((item::topic, item::code))
        .load(db)?)
}

/// What somebody said of an item.
#[derive(Queryable, Insertable)]
#[diesel(table_name = item_comment)]
pub(super) struct CommentRow {
    pub id: Id,
    pub item_id: Id,
    pub version: i32,
    pub account_id: Id,
    pub text_sealed: Vec<u8>,
    pub written_at: Instant,
}

pub(super) fn insert_comment(tx: &mut Tx<'_>, row: &CommentRow) -> Result<(), Problem> {
    diesel::insert_into(item_comment::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// What was said of an item, in order.
pub(super) fn comments(db: &mut AnyConn, item: Id) -> Result<Vec<CommentRow>, Problem> {
    Ok(item_comment::table
        .filter(item_comment::item_id.eq(item))
        .order((item_comment::written_at, item_comment::id))
        .load(db)?)
}

/// All access to all banks that there is or was, by bank.
pub(super) fn access(db: &mut AnyConn) -> Result<Vec<AccessRow>, Problem> {
    Ok(bank_access::table
        .order((bank_access::bank, bank_access::granted_at))
        .load(db)?)
}

/// Gives access to a bank; access that was taken back is given anew.
pub(super) fn put_access(tx: &mut Tx<'_>, row: &AccessRow) -> Result<(), Problem> {
    let renewed = diesel::update(bank_access::table.find((&row.bank, row.account_id)))
        .set((
            bank_access::granted_by.eq(row.granted_by),
            bank_access::granted_at.eq(row.granted_at),
            bank_access::revoked_at.eq(None::<Instant>),
        ))
        .execute(tx.db)?;
    if renewed == 0 {
        diesel::insert_into(bank_access::table)
            .values(row)
            .execute(tx.db)
            .map_err(taken(Problem::conflict("bank-access-there")))?;
    }
    Ok(())
}

/// Takes access to a bank back; how many had it.
pub(super) fn revoke_access(tx: &mut Tx<'_>, bank: &str, account: Id) -> Result<usize, Problem> {
    let live = bank_access::table
        .find((bank, account))
        .filter(bank_access::revoked_at.is_null());
    Ok(diesel::update(live)
        .set(bank_access::revoked_at.eq(Some(tx.now)))
        .execute(tx.db)?)
}

/// The codes of all banks with items, and how many they have.
pub(super) fn bank_sizes(db: &mut AnyConn) -> Result<Vec<(String, i64)>, Problem> {
    Ok(item::table
        .group_by(item::bank)
        .select((item::bank, count_star()))
        .load(db)?)
}

pub(super) fn insert_key_view(tx: &mut Tx<'_>, row: &KeyViewRow) -> Result<(), Problem> {
    diesel::insert_into(key_view::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// Who looked at an item, the latest first, from before the look `before`.
pub(super) fn key_views(
    db: &mut AnyConn,
    item: Id,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<KeyViewRow>, Problem> {
    let mut query = key_view::table
        .filter(key_view::item_id.eq(item))
        .order(key_view::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(key_view::id.lt(before));
    }
    Ok(query.load(db)?)
}

pub(super) fn insert_item(tx: &mut Tx<'_>, row: &ItemRow) -> Result<(), Problem> {
    diesel::insert_into(item::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("code-taken")))?;
    Ok(())
}

pub(super) fn insert_version(tx: &mut Tx<'_>, row: &VersionRow) -> Result<(), Problem> {
    diesel::insert_into(item_version::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("item-changed")))?;
    Ok(())
}

/// Writes everything about an item that its life or a new version of it may change, if it still is
/// the version and in the state that `before` says.
pub(super) fn update_item(
    tx: &mut Tx<'_>,
    before: &ItemRow,
    after: &ItemRow,
) -> Result<(), Problem> {
    let unchanged = item::table
        .find(before.id)
        .filter(item::version.eq(before.version))
        .filter(item::state.eq(before.state));
    let updated = diesel::update(unchanged)
        .set((
            item::section.eq(&after.section),
            item::topic.eq(&after.topic),
            item::difficulty.eq(after.difficulty),
            item::kind.eq(after.kind),
            item::stimulus_id.eq(after.stimulus_id),
            item::state.eq(after.state),
            item::version.eq(after.version),
            item::reviewer_id.eq(after.reviewer_id),
            item::updated_at.eq(after.updated_at),
        ))
        .execute(tx.db)?;
    if updated == 1 {
        Ok(())
    } else {
        Err(Problem::conflict("item-changed"))
    }
}

pub(super) fn item(db: &mut AnyConn, id: Id) -> Result<ItemRow, Problem> {
    Ok(item::table.find(id).first(db)?)
}

/// The item of a bank with this code.
pub(super) fn item_by_code(
    db: &mut AnyConn,
    bank: &str,
    code: &str,
) -> Result<Option<ItemRow>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .filter(item::code.eq(code))
        .first(db)
        .optional()?)
}

/// Every leaked item, the latest report first.
pub(super) fn leaked(db: &mut AnyConn) -> Result<Vec<ItemRow>, Problem> {
    Ok(item::table
        .filter(item::state.eq(ItemState::Leaked))
        .order((item::updated_at.desc(), item::id))
        .load(db)?)
}

/// An item in the papers of a subject.
#[derive(Queryable)]
pub(super) struct UseRow {
    /// Titles of the examination.
    pub examination: (String, String),
    /// The subject with its titles.
    pub subject: (Id, String, String),
    /// The version that was drawn.
    pub version: i32,
    /// In how many papers.
    pub papers: i32,
}

/// In which sittings that were over at `now` an item was drawn, the last first.
pub(super) fn uses(db: &mut AnyConn, item: Id, now: Instant) -> Result<Vec<UseRow>, Problem> {
    Ok(item_use::table
        .inner_join(subject::table.inner_join(examination::table))
        .filter(item_use::item_id.eq(item))
        .filter(subject::closes_at.le(now))
        .select((
            (examination::title_zh, examination::title_en),
            (subject::id, subject::title_zh, subject::title_en),
            item_use::version,
            item_use::papers,
        ))
        .order((subject::closes_at.desc(), subject::id))
        .load(db)?)
}

/// How many papers a subject has.
pub(super) fn papers_of(db: &mut AnyConn, subject: Id) -> Result<i64, Problem> {
    let papers = paper::table.filter(paper::subject_id.eq(subject));
    Ok(papers.count().get_result(db)?)
}

/// Codes of all items of a bank.
pub(super) fn codes(db: &mut AnyConn, bank: &str) -> Result<Vec<String>, Problem> {
    let own = item::table.filter(item::bank.eq(bank));
    Ok(own.select(item::code).load(db)?)
}

/// The versions of an item, oldest first.
pub(super) fn versions(db: &mut AnyConn, item: Id) -> Result<Vec<VersionRow>, Problem> {
    Ok(item_version::table
        .filter(item_version::item_id.eq(item))
        .order(item_version::version)
        .load(db)?)
}

/// One version of an item.
pub(super) fn version(db: &mut AnyConn, item: Id, version: i32) -> Result<VersionRow, Problem> {
    Ok(item_version::table.find((item, version)).first(db)?)
}

/// Which item has which section and stimulus, for the items of a bank that have one.
pub(super) fn stimulus_uses(
    db: &mut AnyConn,
    bank: &str,
) -> Result<Vec<(Id, String, String)>, Problem> {
    Ok(item::table
        .inner_join(stimulus::table)
        .filter(item::bank.eq(bank))
        .select((item::id, item::section, stimulus::code))
        .load(db)?)
}

/// Items and the sealed content of their present versions.
type Contents = Vec<(ItemRow, Vec<u8>)>;

/// The items of a bank, or those of it that `author` wrote, with the sealed content of their present
/// versions, by code.
pub(super) fn items(db: &mut AnyConn, bank: &str, author: Option<Id>) -> Result<Contents, Problem> {
    let mut query = item::table
        .inner_join(item_version::table)
        .filter(item_version::version.eq(item::version))
        .filter(item::bank.eq(bank))
        .select((item::all_columns, item_version::content_sealed))
        .order(item::code)
        .into_boxed();
    if let Some(author) = author {
        query = query.filter(item::author_id.eq(author));
    }
    Ok(query.load(db)?)
}

/// These items with the sealed content of their present versions, in any order.
pub(super) fn items_of(db: &mut AnyConn, ids: &[Id]) -> Result<Contents, Problem> {
    Ok(item::table
        .inner_join(item_version::table)
        .filter(item_version::version.eq(item::version))
        .filter(item::id.eq_any(ids.to_vec()))
        .select((item::all_columns, item_version::content_sealed))
        .load(db)?)
}

/// Items in review that `reviewer` did not write, longest waiting first, with the sealed content of
/// their present versions; none of the banks `hidden`.
pub(super) fn queue(
    db: &mut AnyConn,
    reviewer: Id,
    hidden: &[String],
    limit: i64,
) -> Result<Vec<(ItemRow, Vec<u8>)>, Problem> {
    Ok(item::table
        .inner_join(item_version::table)
        .filter(item_version::version.eq(item::version))
        .filter(item::state.eq(ItemState::InReview))
        .filter(item::author_id.ne(reviewer))
        .filter(item::bank.ne_all(hidden))
        .select((item::all_columns, item_version::content_sealed))
        .order((item::updated_at, item::bank, item::code))
        .limit(limit)
        .load(db)?)
}

/// How many items in review `reviewer` did not write, but for those of the banks `hidden`.
pub(super) fn queue_length(
    db: &mut AnyConn,
    reviewer: Id,
    hidden: &[String],
) -> Result<i64, Problem> {
    Ok(item::table
        .filter(item::state.eq(ItemState::InReview))
        .filter(item::author_id.ne(reviewer))
        .filter(item::bank.ne_all(hidden))
        .count()
        .get_result(db)?)
}

/// The item that waits next after `row` in the queue of `reviewer`.
pub(super) fn next_in_queue(
    db: &mut AnyConn,
    reviewer: Id,
    hidden: &[String],
    row: &ItemRow,
) -> Result<Option<Id>, Problem> {
    let behind_in_bank = item::bank
        .gt(&row.bank)
        .or(item::bank.eq(&row.bank).and(item::code.gt(&row.code)));
    let behind = item::updated_at
        .gt(row.updated_at)
        .or(item::updated_at.eq(row.updated_at).and(behind_in_bank));
    Ok(item::table
        .filter(item::state.eq(ItemState::InReview))
        .filter(item::author_id.ne(reviewer))
        .filter(item::bank.ne_all(hidden))
        .filter(behind)
        .select(item::id)
        .order((item::updated_at, item::bank, item::code))
        .first(db)
        .optional()?)
}

/// The items of a section that wait for review and that `reviewer` did not write, by code.
pub(super) fn waiting(
    db: &mut AnyConn,
    reviewer: Id,
    bank: &str,
    section: &str,
) -> Result<Vec<ItemRow>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .filter(item::section.eq(section))
        .filter(item::state.eq(ItemState::InReview))
        .filter(item::author_id.ne(reviewer))
        .order(item::code)
        .load(db)?)
}

/// How many items there are of each bank, section, state and difficulty.
pub(super) type Count = (String, String, ItemState, Difficulty, i64);

pub(super) fn counts(db: &mut AnyConn) -> Result<Vec<Count>, Problem> {
    Ok(item::table
        .group_by((item::bank, item::section, item::state, item::difficulty))
        .select((
            item::bank,
            item::section,
            item::state,
            item::difficulty,
            count_star(),
        ))
        .load(db)?)
}
