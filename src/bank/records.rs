//! What later rooms read of the banks.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::item::{Item, Stimulus};
use super::life::ItemState;
use super::material::{self, PictureContent};
use crate::kernel::merkle::{self, Hash};
use crate::kernel::{Id, Problem};
use crate::store::schema::{item, item_figure, item_version, stimulus};
use crate::store::{AnyConn, Tx, Vault, View, sha256};

/// An item in use: its id, its version and its content.
pub type Approved = (Id, i32, Item);

/// The approved items of a bank, each in its present version, by code in byte order.
pub fn approved(view: &mut View<'_>, bank: &str) -> Result<Vec<Approved>, Problem> {
    in_state(view, bank, ItemState::Approved)
}

/// The items of a bank that are on trial, each in its present version, by code in byte order.
pub fn on_trial(view: &mut View<'_>, bank: &str) -> Result<Vec<Approved>, Problem> {
    in_state(view, bank, ItemState::Trial)
}

fn in_state(view: &mut View<'_>, bank: &str, state: ItemState) -> Result<Vec<Approved>, Problem> {
    let rows: Vec<(Id, i32, Vec<u8>)> = item::table
        .inner_join(item_version::table)
        .filter(item::bank.eq(bank))
        .filter(item::state.eq(state.as_str()))
        .filter(item_version::version.eq(item::version))
        .select((item::id, item::version, item_version::content_sealed))
        .load(view.db)?;
    let mut items = Vec::with_capacity(rows.len());
    for (id, version, content) in rows {
        items.push((id, version, open(view.vault, &content)?));
    }
    items.sort_by(|a: &Approved, b| a.2.code.as_bytes().cmp(b.2.code.as_bytes()));
    Ok(items)
}

/// Of these items those that leaked. Until this act ends no leak of any of them can be reported, so
/// that papers are never locked beside a report of what they hold.
pub fn leaked_of(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<Id>, Problem> {
    let mut leaked = Vec::new();
    for part in ids.chunks(500) {
        let rows = item::table
            .filter(item::id.eq_any(part.to_vec()))
            .order(item::id)
            .select((item::id, item::state));
        let rows: Vec<(Id, String)> = match &mut *tx.db {
            AnyConn::Postgres(db) => rows.for_share().load(db)?,
            AnyConn::Sqlite(db) => rows.load(db)?,
        };
        let gone = rows.into_iter().filter(|row| row.1 == "leaked");
        leaked.extend(gone.map(|row| row.0));
    }
    Ok(leaked)
}

/// At which version these items stand now, and in which state.
pub fn states(view: &mut View<'_>, ids: &[Id]) -> Result<BTreeMap<Id, (i32, ItemState)>, Problem> {
    let mut states = BTreeMap::new();
    for part in ids.chunks(500) {
        let rows: Vec<(Id, i32, String)> = item::table
            .filter(item::id.eq_any(part.to_vec()))
            .select((item::id, item::version, item::state))
            .load(view.db)?;
        let known = rows.into_iter();
        states.extend(
            known.filter_map(|(id, version, state)| {
                Some((id, (version, ItemState::parse(&state)?)))
            }),
        );
    }
    Ok(states)
}

/// The contents of these versions of items.
pub fn item_versions(
    view: &mut View<'_>,
    wanted: &[(Id, i32)],
) -> Result<BTreeMap<(Id, i32), Item>, Problem> {
    let mut contents = BTreeMap::new();
    let ids: Vec<Id> = wanted.iter().map(|(id, _)| *id).collect();
    for part in ids.chunks(500) {
        let rows: Vec<(Id, i32, Vec<u8>)> = item_version::table
            .filter(item_version::item_id.eq_any(part.to_vec()))
            .select((
                item_version::item_id,
                item_version::version,
                item_version::content_sealed,
            ))
            .load(view.db)?;
        for (id, version, content) in rows {
            if wanted.contains(&(id, version)) {
                contents.insert((id, version), open(view.vault, &content)?);
            }
        }
    }
    Ok(contents)
}

/// Every stimulus of a bank, by code.
pub fn stimuli(view: &mut View<'_>, bank: &str) -> Result<BTreeMap<String, Stimulus>, Problem> {
    let rows: Vec<(String, Vec<u8>)> = stimulus::table
        .filter(stimulus::bank.eq(bank))
        .select((stimulus::code, stimulus::content_sealed))
        .load(view.db)?;
    rows.into_iter()
        .map(|(code, content)| Ok((code, open(view.vault, &content)?)))
        .collect()
}

/// A picture, for a room that found that its visitor sees what shows it.
pub fn picture(view: &mut View<'_>, hash: &Hash) -> Result<PictureContent, Problem> {
    material::content(view, hash)
}

/// Figures of an item from answers: shares in millionths, parameters and their standard errors in
/// thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The version that was answered; the item still stands at it.
    pub version: i32,
    /// How many answered it.
    pub answered: i32,
    /// The share that answered rightly.
    pub facility_ppm: i32,
    /// How well it tells candidates apart.
    pub discrimination_ppm: Option<i32>,
    /// Discrimination of the response model.
    pub a_milli: i32,
    /// Difficulty of the response model.
    pub b_milli: i32,
    /// Guessing of the response model.
    pub c_milli: i32,
    /// Standard error of `a`.
    pub se_a_milli: Option<i32>,
    /// Standard error of `b`.
    pub se_b_milli: Option<i32>,
    /// Standard error of `c`.
    pub se_c_milli: Option<i32>,
}

/// The newest figures of each item of a bank whose response model has parameters. Figures of an
/// earlier version do not count: an edit may have made another question of it.
pub fn figures(view: &mut View<'_>, bank: &str) -> Result<BTreeMap<Id, Figures>, Problem> {
    let with_parameters = |figure: NewestFigure| {
        Some(Figures {
            version: figure.version,
            answered: figure.answered,
            facility_ppm: figure.facility_ppm,
            discrimination_ppm: figure.discrimination_ppm,
            a_milli: figure.a_milli?,
            b_milli: figure.b_milli?,
            c_milli: figure.c_milli?,
            se_a_milli: figure.se_a_milli,
            se_b_milli: figure.se_b_milli,
            se_c_milli: figure.se_c_milli,
        })
    };
    let newest = newest_figures(view, bank)?.into_iter();
    let figures = newest.filter_map(|(id, figure)| Some((id, with_parameters(figure)?)));
    Ok(figures.collect())
}

/// Figures as they stand in the database.
#[derive(Queryable)]
pub(super) struct NewestFigure {
    id: Id,
    version: i32,
    answered: i32,
    pub(super) facility_ppm: i32,
    discrimination_ppm: Option<i32>,
    a_milli: Option<i32>,
    b_milli: Option<i32>,
    c_milli: Option<i32>,
    se_a_milli: Option<i32>,
    se_b_milli: Option<i32>,
    se_c_milli: Option<i32>,
}

/// The newest figures of the present version of each item of a bank.
pub(super) fn newest_figures(
    view: &mut View<'_>,
    bank: &str,
) -> Result<BTreeMap<Id, NewestFigure>, Problem> {
    let rows: Vec<NewestFigure> = item_figure::table
        .inner_join(item::table)
        .filter(item::bank.eq(bank))
        .filter(item_figure::version.eq(item::version))
        .select((
            item_figure::item_id,
            item_figure::version,
            item_figure::answered,
            item_figure::facility_ppm,
            item_figure::discrimination_ppm,
            item_figure::a_milli,
            item_figure::b_milli,
            item_figure::c_milli,
            item_figure::se_a_milli,
            item_figure::se_b_milli,
            item_figure::se_c_milli,
        ))
        .order((item_figure::recorded_at, item_figure::id))
        .load(view.db)?;
    // The last of an item stays.
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Code, version and content hash of every item of a bank in one of these states, by code in byte
/// order: what the lock of papers commits to, so that a key changed afterwards is noticed.
pub fn content_hashes(
    view: &mut View<'_>,
    bank: &str,
    states: &[ItemState],
) -> Result<Vec<(String, i32, Vec<u8>)>, Problem> {
    let states = states.iter().map(|state| state.as_str());
    let mut rows: Vec<(String, i32, Vec<u8>)> = item::table
        .inner_join(item_version::table)
        .filter(item::bank.eq(bank))
        .filter(item::state.eq_any(states.collect::<Vec<_>>()))
        .filter(item_version::version.eq(item::version))
        .select((item::code, item::version, item_version::content_hash))
        .load(view.db)?;
    rows.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    Ok(rows)
}

/// What an item's content is known by: SHA-256 of its canonical JSON (RFC 8785).
pub fn content_hash(item: &Item) -> Result<Hash, Problem> {
    let canonical = serde_json_canonicalizer::to_vec(item).map_err(Problem::internal)?;
    Ok(sha256(canonical))
}

/// What stands for a set of items in the decision log: the root over `leaf(code ‖ 0 ‖ content hash)`
/// of each, by code in byte order.
pub fn content_root<'a>(items: impl IntoIterator<Item = (&'a str, Hash)>) -> Hash {
    let sorted: BTreeMap<&str, Hash> = items.into_iter().collect();
    let leaf = |(code, hash): (&str, Hash)| {
        merkle::leaf_hash(&[code.as_bytes(), &[0], hash.as_slice()].concat())
    };
    let leaves: Vec<Hash> = sorted.into_iter().map(leaf).collect();
    merkle::root(&leaves)
}

pub(super) fn open<T: serde::de::DeserializeOwned>(
    vault: &Vault,
    sealed: &[u8],
) -> Result<T, Problem> {
    serde_json::from_slice(&vault.open_bytes(sealed)?).map_err(Problem::internal)
}
