//! Queries on stimuli and pictures.

use diesel::prelude::*;

use crate::bank::life::ItemState;
use crate::bank::picture::Format;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{bank_picture, item, picture, stimulus};
use crate::store::{AnyConn, Tx, taken};

/// A stimulus.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = stimulus)]
pub(in crate::bank) struct StimulusRow {
    pub id: Id,
    pub bank: String,
    pub code: String,
    pub content_sealed: Vec<u8>,
    pub created_at: Instant,
    /// Who wrote it; of old ones nobody knows.
    pub author_id: Option<Id>,
}

pub(in crate::bank) fn insert(tx: &mut Tx<'_>, row: &StimulusRow) -> Result<(), Problem> {
    diesel::insert_into(stimulus::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("code-taken")))?;
    Ok(())
}

/// Writes a stimulus anew.
pub(super) fn rewrite(tx: &mut Tx<'_>, id: Id, content_sealed: Vec<u8>) -> Result<(), Problem> {
    diesel::update(stimulus::table.find(id))
        .set(stimulus::content_sealed.eq(content_sealed))
        .execute(tx.db)?;
    Ok(())
}

pub(in crate::bank) fn all(db: &mut AnyConn, bank: &str) -> Result<Vec<StimulusRow>, Problem> {
    Ok(stimulus::table
        .filter(stimulus::bank.eq(bank))
        .order(stimulus::code)
        .load(db)?)
}

pub(in crate::bank) fn one(db: &mut AnyConn, id: Id) -> Result<StimulusRow, Problem> {
    Ok(stimulus::table.find(id).first(db)?)
}

/// An item about a stimulus: whose it is, and where it stands in its life.
#[derive(Debug, Clone, Queryable)]
pub(super) struct About {
    pub stimulus_id: Option<Id>,
    pub code: String,
    pub author_id: Id,
    pub state: ItemState,
}

/// The items of a bank that have a stimulus.
pub(super) fn about(db: &mut AnyConn, bank: &str) -> Result<Vec<About>, Problem> {
    Ok(item::table
        .filter(item::bank.eq(bank))
        .filter(item::stimulus_id.is_not_null())
        .select((item::stimulus_id, item::code, item::author_id, item::state))
        .order(item::code)
        .load(db)?)
}

/// The pictures of a bank.
pub(in crate::bank) fn pictures(db: &mut AnyConn, bank: &str) -> Result<Vec<Vec<u8>>, Problem> {
    Ok(bank_picture::table
        .filter(bank_picture::bank.eq(bank))
        .select(bank_picture::hash)
        .load(db)?)
}

/// The banks that have a picture.
pub(super) fn banks_of(db: &mut AnyConn, hash: &[u8]) -> Result<Vec<String>, Problem> {
    Ok(bank_picture::table
        .filter(bank_picture::hash.eq(hash))
        .select(bank_picture::bank)
        .load(db)?)
}

/// What a picture is and holds.
pub(in crate::bank) fn picture(
    db: &mut AnyConn,
    hash: &[u8],
) -> Result<Option<(String, Vec<u8>)>, Problem> {
    Ok(picture::table
        .find(hash)
        .select((picture::media, picture::content_sealed))
        .first(db)
        .optional()?)
}

/// Adds a picture to a bank. One that is there already stays as it is.
pub(super) fn add_picture(
    tx: &mut Tx<'_>,
    bank: &str,
    hash: &[u8],
    (format, content): (Format, &[u8]),
    by: Id,
) -> Result<(), Problem> {
    let raced = || Problem::conflict("picture-being-added");
    if picture(tx.db, hash)?.is_none() {
        diesel::insert_into(picture::table)
            .values((
                picture::hash.eq(hash),
                picture::media.eq(format.media_type()),
                picture::content_sealed.eq(tx.vault.seal(content)?),
            ))
            .execute(tx.db)
            .map_err(taken(raced()))?;
    }
    if banks_of(tx.db, hash)?.iter().any(|known| known == bank) {
        return Ok(());
    }
    diesel::insert_into(bank_picture::table)
        .values((
            bank_picture::bank.eq(bank),
            bank_picture::hash.eq(hash),
            bank_picture::added_by.eq(by),
            bank_picture::added_at.eq(tx.now),
        ))
        .execute(tx.db)
        .map_err(taken(raced()))?;
    Ok(())
}
