//! Material (材料): what items share, and the pictures that items and stimuli show.
//!
//! A stimulus has no versions. It may be written anew while nobody but its author builds on it: as
//! long as every item about it is a draft of her own. After that a correction is a new stimulus.
//! Pictures never change: they are known by what they hold.

pub mod api;
pub mod pages;
pub(super) mod store;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use self::store::{About, StimulusRow};
use super::item::Stimulus;
use super::life::ItemState;
use super::picture::{self, Format};
use super::reach::Reach;
use super::{records, rules, service};
use crate::access::{Actor, Role};
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Id, Problem};
use crate::ledger;
use crate::store::{Tx, View};

/// A stimulus of a bank.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StimulusView {
    /// Its content.
    pub stimulus: Stimulus,
    /// Codes of the items about it.
    pub items: Vec<String>,
    /// Whether this account may write it anew.
    pub may_edit: bool,
}

/// The stimuli of a bank. An author sees those that she wrote or writes about; a reviewer all.
pub fn stimuli(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
) -> Result<Vec<StimulusView>, Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    Reach::of(view, actor)?.must_admit(bank)?;
    let mut about: BTreeMap<Id, Vec<About>> = BTreeMap::new();
    for item in store::about(view.db, bank)? {
        if let Some(id) = item.stimulus_id {
            about.entry(id).or_default().push(item);
        }
    }
    let mut shown = Vec::new();
    for row in store::all(view.db, bank)? {
        let items = about.remove(&row.id).unwrap_or_default();
        let own = row.author_id == Some(actor.account)
            || items.iter().any(|item| item.author_id == actor.account);
        if !own && !actor.is(Role::Reviewer) {
            continue;
        }
        shown.push(StimulusView {
            stimulus: records::open(view.vault, &row.content_sealed)?,
            may_edit: actor.is(Role::Author) && is_hers(&row, &items, actor.account),
            items: items.into_iter().map(|item| item.code).collect(),
        });
    }
    Ok(shown)
}

/// One stimulus of a bank.
pub fn stimulus(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
    code: &str,
) -> Result<StimulusView, Problem> {
    let mut all = stimuli(view, actor, bank)?.into_iter();
    let found = all.find(|shown| shown.stimulus.code == code);
    found.ok_or_else(Problem::not_found)
}

/// Whether nobody else builds on what she wrote.
fn is_hers(row: &StimulusRow, items: &[About], author: Id) -> bool {
    let draft = |item: &About| item.author_id == author && item.state == ItemState::Draft;
    row.author_id == Some(author) && items.iter().all(draft)
}

/// Writes a new stimulus.
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    stimulus: &Stimulus,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    service::check_bank(bank)?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let stimulus = sound(tx, bank, stimulus)?;
    let row = StimulusRow {
        id: Id::new(tx.now),
        bank: bank.to_owned(),
        code: stimulus.code.clone(),
        content_sealed: sealed(tx, &stimulus)?,
        created_at: tx.now,
        author_id: Some(acting.account),
    };
    store::insert(tx, &row)?;
    let entry = acting
        .decides("stimulus.created")
        .on(inputs(bank, &stimulus)?);
    ledger::record(tx, &entry.outcome("created"))?;
    Ok(())
}

/// Writes a stimulus of one's own anew.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    stimulus: &Stimulus,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let mut rows = store::all(tx.db, bank)?.into_iter();
    let row = rows.find(|row| row.code == stimulus.code && row.author_id == Some(acting.account));
    let row = row.ok_or_else(Problem::not_found)?;
    let mut items = store::about(tx.db, bank)?;
    items.retain(|item| item.stimulus_id == Some(row.id));
    if !is_hers(&row, &items, acting.account) {
        return Err(Problem::conflict("stimulus-in-use"));
    }
    let stimulus = sound(tx, bank, stimulus)?;
    let content = sealed(tx, &stimulus)?;
    store::rewrite(tx, row.id, content)?;
    let entry = acting
        .decides("stimulus.edited")
        .on(inputs(bank, &stimulus)?);
    ledger::record(tx, &entry.outcome("edited"))?;
    Ok(())
}

/// The stimulus as a bank keeps it, if nothing is wrong with it.
fn sound(view: &mut View<'_>, bank: &str, stimulus: &Stimulus) -> Result<Stimulus, Problem> {
    let mut faults = rules::strays(stimulus.markup, &[("text", &stimulus.text)]);
    let stimulus = rules::tidied_stimulus(stimulus);
    faults.extend(rules::check_stimulus(&stimulus));
    let known = store::pictures(view.db, bank)?;
    let unknown = |picture: &Hash| !known.iter().any(|known| known == picture);
    if stimulus.pictures().iter().any(unknown) {
        faults.push(Fault::new("text", "image-unknown"));
    }
    Problem::unless_valid(faults)?;
    Ok(stimulus)
}

fn sealed(view: &View<'_>, stimulus: &Stimulus) -> Result<Vec<u8>, Problem> {
    let content = serde_json::to_vec(stimulus).map_err(Problem::internal)?;
    view.vault.seal(content)
}

/// What a decision on a stimulus is taken on.
fn inputs(bank: &str, stimulus: &Stimulus) -> Result<serde_json::Value, Problem> {
    let canonical = serde_json_canonicalizer::to_vec(stimulus).map_err(Problem::internal)?;
    let hash = hex::encode(crate::store::sha256(canonical));
    Ok(json!({ "bank": bank, "code": stimulus.code, "content_hash": hash }))
}

/// Adds a picture to a bank, to be shown by its items and stimuli.
pub fn add_picture(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    bytes: &[u8],
) -> Result<Hash, Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    service::check_bank(bank)?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let found = picture::read(bytes).map_err(|fault| Problem::invalid(vec![fault]))?;
    store::add_picture(tx, bank, &found.hash, (found.format, bytes), acting.account)?;
    let inputs = json!({ "bank": bank, "picture": hex::encode(found.hash) });
    ledger::record(
        tx,
        &acting.decides("picture.added").on(inputs).outcome("added"),
    )?;
    Ok(found.hash)
}

/// Adds the pictures of a file.
pub(super) fn add_pictures(
    tx: &mut Tx<'_>,
    bank: &str,
    pictures: &BTreeMap<Hash, Vec<u8>>,
    by: Id,
) -> Result<(), Problem> {
    for (hash, bytes) in pictures {
        let found = picture::read(bytes).map_err(|fault| Problem::invalid(vec![fault]))?;
        if found.hash != *hash {
            return Err(Problem::internal("a picture under another's name"));
        }
        store::add_picture(tx, bank, hash, (found.format, bytes), by)?;
    }
    Ok(())
}

/// What a picture holds.
#[derive(Debug, Clone)]
pub struct PictureContent {
    /// Media type.
    pub media_type: &'static str,
    /// The bytes.
    pub content: Vec<u8>,
}

/// A picture of a bank that this account may see; `hash` is what a path names it by.
pub fn picture(view: &mut View<'_>, actor: &Actor, hash: &str) -> Result<PictureContent, Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    let hash = &named(hash)?;
    let reach = Reach::of(view, actor)?;
    let banks = store::banks_of(view.db, hash)?;
    if !banks.iter().any(|bank| reach.admits(bank)) {
        return Err(Problem::not_found());
    }
    content(view, hash)
}

/// A picture, for whoever was found to be allowed to see what shows it.
pub(super) fn content(view: &mut View<'_>, hash: &Hash) -> Result<PictureContent, Problem> {
    let found = store::picture(view.db, hash)?;
    let (media, sealed) = found.ok_or_else(Problem::not_found)?;
    let format = Format::of_media_type(&media);
    let format = format.ok_or_else(|| Problem::internal("a picture of no known form"))?;
    Ok(PictureContent {
        media_type: format.media_type(),
        content: view.vault.open_bytes(&sealed)?.to_vec(),
    })
}

/// The picture that a path names.
pub fn named(text: &str) -> Result<Hash, Problem> {
    let bytes = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(Problem::not_found)
}
