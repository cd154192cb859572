//! The list of items: narrowed, searched and counted by topic. An author finds their own items, a
//! reviewer those of the banks to which they are admitted; counts are of these.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::item::Item;
use super::reach::Reach;
use super::reading::{ItemSummary, summary};
pub use super::search::{ItemFilter, Usage};
use super::search::{ItemSearch, PlaceCount};
use super::{records, store};
use crate::access::{Actor, Role};
use crate::kernel::{Id, Problem};
use crate::store::View;

/// An item in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundItem {
    /// The item.
    #[serde(flatten)]
    pub item: ItemSummary,
    /// In how many sittings that are over it was.
    pub sittings: u32,
}

/// How many items of a topic were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicCount {
    /// Bank.
    pub bank: String,
    /// Section.
    pub section: String,
    /// Topic.
    pub topic: String,
    /// Items.
    pub count: usize,
}

/// A page of items, and how many there are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Found {
    /// The items, by bank and code.
    pub items: Vec<FoundItem>,
    /// Give this as `cursor` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many were found in all.
    pub total: usize,
    /// How many of them stand before this page.
    pub before: usize,
    /// For each topic of the banks asked for, how many items are found if section and topic are left
    /// out of the filter.
    pub topics: Vec<TopicCount>,
    /// `cursor` of the page before this one; empty for the first page.
    #[serde(skip)]
    pub previous_cursor: Option<String>,
    /// The banks of which the account sees anything.
    #[serde(skip)]
    pub banks: Vec<String>,
}

/// Items by bank and code, up to `limit`, from after `cursor`. `search` has caught up.
pub fn find(
    view: &mut View<'_>,
    search: &ItemSearch,
    actor: &Actor,
    filter: &ItemFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Found, Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    let reach = Reach::of(view, actor)?;
    let after = cursor.map(parse_cursor).transpose()?;
    let sight = |bank: &str| reach.sight(bank);
    let selection = search.find(filter, sight, after.as_ref(), limit)?;
    let items = shown(view, &selection.items)?;
    let last = items.last().filter(|_| selection.more);
    let previous = |after: Option<(String, String)>| {
        after.map_or_else(String::new, |(bank, code)| cursor_of(&bank, &code))
    };
    Ok(Found {
        next_cursor: last.map(|last| cursor_of(&last.item.bank, &last.item.code)),
        total: selection.total,
        before: selection.before,
        topics: selection.places.into_iter().map(TopicCount::from).collect(),
        previous_cursor: selection.previous.map(previous),
        banks: selection.banks,
        items,
    })
}

/// The items as they stand in the database, in this order.
fn shown(view: &mut View<'_>, selected: &[(Id, u32)]) -> Result<Vec<FoundItem>, Problem> {
    let ids: Vec<Id> = selected.iter().map(|(id, _)| *id).collect();
    let mut rows = HashMap::with_capacity(ids.len());
    for (row, content) in store::items_of(view.db, &ids)? {
        let item: Item = records::open(view.vault, &content)?;
        rows.insert(row.id, summary(row, &item));
    }
    let found = selected.iter().filter_map(|(id, sittings)| {
        let item = rows.remove(id)?;
        let sittings = *sittings;
        Some(FoundItem { item, sittings })
    });
    Ok(found.collect())
}

/// Where a list goes on after an item.
fn cursor_of(bank: &str, code: &str) -> String {
    format!("{bank}/{code}")
}

fn parse_cursor(text: &str) -> Result<(String, String), Problem> {
    let (bank, code) = text
        .split_once('/')
        .ok_or_else(|| Problem::field("cursor", "cursor"))?;
    Ok((bank.to_owned(), code.to_owned()))
}

impl From<PlaceCount> for TopicCount {
    fn from(place: PlaceCount) -> Self {
        Self {
            bank: place.bank,
            section: place.section,
            topic: place.topic,
            count: place.count,
        }
    }
}
