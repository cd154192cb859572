//! What a file or a form would bring to a bank, before anything is kept.

use std::collections::BTreeMap;

use super::shelf::Shelf;
use super::{check_bank, import_refused};
use crate::access::{Actor, Role};
use crate::bank::formats::{Batch, Loss};
use crate::bank::item::{Item, Stimulus};
use crate::bank::reach::Reach;
use crate::bank::reading::start;
use crate::bank::{material, picture, records, rules, similar, store};
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Id, Problem};
use crate::store::View;

/// What a file would bring to a bank.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Its items, as they would be kept.
    pub items: Vec<Item>,
    /// How many stimuli the file brings.
    pub stimuli: usize,
    /// The stimuli that the items name, by code: the file's own, and those of the bank that the author
    /// sees.
    pub shared: BTreeMap<String, Stimulus>,
    /// The pictures that come along, each with its media type.
    pub pictures: BTreeMap<Hash, (&'static str, Vec<u8>)>,
    /// What the bank cannot keep of it.
    pub losses: Vec<Loss>,
    /// Items that ask nearly the same as another of the file, or as one of the author's own.
    pub near: Vec<Twins>,
}

/// An item beside one that asks nearly the same.
#[derive(Debug, Clone)]
pub struct Twins {
    /// Code of the item.
    pub item: String,
    /// The beginning of its question.
    pub item_stem: String,
    /// Code of the one before it.
    pub twin: String,
    /// The beginning of its question.
    pub twin_stem: String,
    /// How much they have in common, in per cent.
    pub percent: usize,
}

/// Looks at what an import would bring, and changes nothing. Beside the file's own items only those
/// are compared that the author wrote: what others have written is not for her to find out.
pub fn preview(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
    (batch, losses): (Batch, Vec<Loss>),
) -> Result<Preview, Problem> {
    let acting = actor.acting_as(&[Role::Author])?;
    check_bank(bank)?;
    Reach::of(view, actor)?.must_admit(bank)?;
    let faults = Shelf::look(view, bank)?.batch_faults(&batch);
    if !faults.is_empty() {
        return Err(import_refused(faults));
    }
    let mut all = own_items(view, acting.account, bank)?;
    let known = all.len();
    all.extend(batch.items.iter().cloned());
    let near = similar::near(&all).into_iter();
    let twins = near.filter(|near| near.second >= known).filter_map(|near| {
        let (item, twin) = (all.get(near.second)?, all.get(near.first)?);
        Some(Twins {
            item: item.code.clone(),
            item_stem: start(&item.markup.words(&item.stem)),
            twin: twin.code.clone(),
            twin_stem: start(&twin.markup.words(&twin.stem)),
            percent: near.percent,
        })
    });
    Ok(Preview {
        near: twins.collect(),
        stimuli: batch.stimuli.len(),
        shared: shared(view, actor, bank, &batch)?,
        pictures: batch.pictures.into_iter().filter_map(typed).collect(),
        items: batch.items,
        losses,
    })
}

/// The stimuli of a file, and those of the bank that its items name and the author sees.
fn shared(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
    batch: &Batch,
) -> Result<BTreeMap<String, Stimulus>, Problem> {
    let with_code = |stimulus: Stimulus| (stimulus.code.clone(), stimulus);
    let mut shared: BTreeMap<_, _> = batch.stimuli.iter().cloned().map(with_code).collect();
    let mut named = batch.items.iter().filter_map(|item| item.stimulus.as_ref());
    if named.any(|code| !shared.contains_key(code)) {
        for seen in material::stimuli(view, actor, bank)? {
            let (code, stimulus) = with_code(seen.stimulus);
            shared.entry(code).or_insert(stimulus);
        }
    }
    Ok(shared)
}

/// A picture with its media type.
fn typed((hash, bytes): (Hash, Vec<u8>)) -> Option<(Hash, (&'static str, Vec<u8>))> {
    let media = picture::read(&bytes).ok()?.format.media_type();
    Some((hash, (media, bytes)))
}

/// The items of a bank that somebody wrote, in their present versions.
fn own_items(view: &mut View<'_>, author: Id, bank: &str) -> Result<Vec<Item>, Problem> {
    let rows = store::items(view.db, bank, Some(author))?;
    rows.into_iter()
        .map(|(_, content)| records::open(view.vault, &content))
        .collect()
}

/// What an item that is being written would be.
#[derive(Debug, Clone)]
pub struct ItemPreview {
    /// The item as it would be kept, as far as it is written.
    pub item: Item,
    /// The stimulus that it names, if the author sees it.
    pub stimulus: Option<Stimulus>,
    /// What keeps it from being kept as it stands.
    pub faults: Vec<Fault>,
}

/// Looks at an item while it is being written, and changes nothing. `faults` is what its fields alone
/// are wrong in; the bank is asked once they are sound. `id` is the item of which this would be a new
/// version. The stimulus is shown to an author who sees it anyway.
pub fn preview_item(
    view: &mut View<'_>,
    actor: &Actor,
    bank: &str,
    id: Option<Id>,
    (item, mut faults): (Item, Vec<Fault>),
) -> Result<ItemPreview, Problem> {
    actor.acting_as(&[Role::Author])?;
    let item = rules::tidied(&item);
    if check_bank(bank).is_err() {
        faults.insert(0, Fault::new("bank", "bad-code"));
        return Ok(ItemPreview {
            item,
            stimulus: None,
            faults,
        });
    }
    let seen = material::stimuli(view, actor, bank)?;
    if faults.is_empty() {
        faults = Shelf::look(view, bank)?.item_faults(&item, id);
    }
    let mut stimuli = seen.into_iter().map(|shown| shown.stimulus);
    Ok(ItemPreview {
        stimulus: stimuli.find(|stimulus| Some(&stimulus.code) == item.stimulus.as_ref()),
        faults,
        item,
    })
}
