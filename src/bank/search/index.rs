//! What a search looks at: the columns and the text of each item. Pure.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::texts::{Texts, Words, make_room};
use crate::bank::item::{Difficulty, ItemKind};
use crate::bank::life::ItemState;
use crate::kernel::Id;

/// In how many sittings an item was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// In none.
    Never,
    /// In one or more.
    Used,
    /// In exactly one.
    Once,
    /// In two or more.
    Several,
}

impl Usage {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Never, Self::Used, Self::Once, Self::Several];

    /// As written in addresses and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Used => "used",
            Self::Once => "once",
            Self::Several => "several",
        }
    }

    /// Reads what [`Usage::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.as_str() == text)
    }

    const fn admits(self, sittings: u32) -> bool {
        match self {
            Self::Never => sittings == 0,
            Self::Used => sittings > 0,
            Self::Once => sittings == 1,
            Self::Several => sittings > 1,
        }
    }
}

/// What an account sees of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) enum Sight {
    /// All items.
    All,
    /// The items that this account wrote.
    Of(Id),
    /// Nothing.
    Nothing,
}

/// An item as it is put on the shelf.
#[derive(Debug, Clone)]
pub(super) struct Shelved {
    pub id: Id,
    pub bank: String,
    pub code: String,
    pub section: String,
    pub topic: String,
    pub difficulty: Difficulty,
    pub kind: ItemKind,
    pub state: ItemState,
    pub version: i32,
    pub author: Id,
    /// What it is found by; none if the version is known already.
    pub text: Option<String>,
}

/// What a list of items is narrowed to; an empty filter narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// Bank.
    pub bank: Option<String>,
    /// Section.
    pub section: Option<String>,
    /// Topic: items of it, and of topics below it.
    pub topic: Option<String>,
    /// State.
    pub state: Option<ItemState>,
    /// Kind.
    pub kind: Option<ItemKind>,
    /// Difficulty.
    pub difficulty: Option<Difficulty>,
    /// In how many sittings that are over it was.
    pub usage: Option<Usage>,
    /// Words that all occur in the code, the topic, the question or the options.
    pub text: Option<String>,
}

/// How many items of a topic were found, whatever topic or section was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bank) struct PlaceCount {
    pub bank: String,
    pub section: String,
    pub topic: String,
    pub count: usize,
}

/// A page of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::bank) struct Selection {
    /// The items of the page, each with the number of sittings it was in.
    pub items: Vec<(Id, u32)>,
    /// How many were found in all.
    pub total: usize,
    /// How many of them stand before the page.
    pub before: usize,
    /// After which bank and code the page before this one begins; none within, if at the beginning.
    pub previous: Option<Option<(String, String)>>,
    /// Whether there are more.
    pub more: bool,
    pub places: Vec<PlaceCount>,
    /// The banks of which anything is seen.
    pub banks: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    id: Id,
    author: Id,
    version: i32,
    /// Where in the list of sections and topics.
    place: u32,
    sittings: u32,
    kind: ItemKind,
    difficulty: Difficulty,
    state: ItemState,
    /// Whether it still is the item: an edit puts another entry in its stead.
    live: bool,
}

/// The items of a bank.
#[derive(Debug, Default)]
struct Bank {
    entries: Vec<Entry>,
    codes: Texts,
    texts: Texts,
    places: Vec<(String, String)>,
    place_of: HashMap<(String, String), u32>,
    /// The entries that are live, by code.
    order: Vec<u32>,
    dead: usize,
    /// Whether entries were added that `order` does not know.
    unsettled: bool,
}

/// All items.
#[derive(Debug, Default)]
pub(super) struct Index {
    banks: BTreeMap<String, Bank>,
    /// Where each item is: its bank never changes.
    at: HashMap<Id, u32>,
    /// In how many sittings that are over an item was; those that were in none are left out.
    sittings: HashMap<Id, u32>,
}

impl Index {
    /// Whether this version of an item is on the shelf.
    pub(super) fn knows(&self, bank: &str, id: Id, version: i32) -> bool {
        let place = self.at.get(&id).map(|at| *at as usize);
        let bank = self.banks.get(bank);
        let entry = bank.zip(place).and_then(|(bank, at)| bank.entries.get(at));
        entry.is_some_and(|entry| entry.version == version)
    }

    /// Puts an item on the shelf, in the stead of what was there of it.
    pub(super) fn put(&mut self, item: Shelved) {
        let bank = self.banks.entry(item.bank).or_default();
        let place = bank.place(item.section, item.topic);
        let entry = Entry {
            id: item.id,
            author: item.author,
            version: item.version,
            place,
            sittings: self.sittings.get(&item.id).copied().unwrap_or_default(),
            kind: item.kind,
            difficulty: item.difficulty,
            state: item.state,
            live: true,
        };
        let known = self.at.get(&item.id).copied();
        let Some(text) = item.text else {
            if let Some(known) = known.and_then(|at| bank.entries.get_mut(at as usize)) {
                *known = entry;
            }
            return;
        };
        if let Some(known) = known.and_then(|at| bank.entries.get_mut(at as usize)) {
            known.live = false;
            bank.dead += 1;
        }
        let Ok(at) = u32::try_from(bank.entries.len()) else {
            return;
        };
        make_room(&mut bank.entries, 1);
        bank.entries.push(entry);
        bank.codes.push(item.code.as_bytes());
        bank.texts.push(text.as_bytes());
        bank.unsettled = true;
        self.at.insert(item.id, at);
    }

    /// Says anew in how many sittings items were.
    pub(super) fn count_sittings(&mut self, sittings: HashMap<Id, u32>) {
        self.sittings = sittings;
        for entry in self.banks.values_mut().flat_map(|bank| &mut bank.entries) {
            entry.sittings = self.sittings.get(&entry.id).copied().unwrap_or_default();
        }
    }

    /// Makes good what putting left undone; to be called before the next search.
    pub(super) fn settle(&mut self) {
        for bank in self.banks.values_mut().filter(|bank| bank.unsettled) {
            if bank.dead > 1_000 + bank.entries.len() / 4 {
                bank.compact(&mut self.at);
            }
            bank.sort();
        }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// The bytes of memory it takes, but for what sections and topics take.
    pub(super) fn memory(&self) -> usize {
        let bank = |bank: &Bank| {
            bank.entries.capacity() * size_of::<Entry>()
                + bank.codes.memory()
                + bank.texts.memory()
                + bank.order.capacity() * size_of::<u32>()
        };
        let table = |capacity: usize, entry: usize| capacity * 8 / 7 * (entry + 1);
        let entry = size_of::<(Id, u32)>();
        self.banks.values().map(bank).sum::<usize>()
            + table(self.at.capacity(), entry)
            + table(self.sittings.capacity(), entry)
    }

    /// What is wanted, by bank and code from after `after`, as far as `sight` of each bank reaches.
    pub(super) fn search(
        &self,
        wanted: &ItemFilter,
        words: &Words,
        sight: impl Fn(&str) -> Sight,
        after: Option<&(String, String)>,
        limit: usize,
    ) -> Selection {
        let mut selection = Selection::default();
        let mut found: Vec<(&str, &Bank, u32)> = Vec::new();
        for (name, bank) in &self.banks {
            let sight = sight(name);
            if !bank.shows_anything(sight) {
                continue;
            }
            selection.banks.push(name.clone());
            if wanted.bank.as_ref().is_none_or(|wanted| wanted == name) {
                let (counts, entries) = bank.matching(wanted, words, sight);
                selection.places.extend(bank.counted(name, &counts));
                found.extend(entries.into_iter().map(|at| (name.as_str(), bank, at)));
            }
        }
        let before = after.map_or(0, |(after, code)| {
            let after = (after.as_str(), code.as_bytes());
            found.partition_point(|(name, bank, at)| (*name, bank.code(*at)) <= after)
        });
        let page = &found[before..];
        let page = &page[..limit.min(page.len())];
        let id = |(_, bank, at): &(_, &Bank, u32)| {
            let entry = bank.entry(*at);
            (entry.id, entry.sittings)
        };
        selection.items = page.iter().map(id).collect();
        selection.total = found.len();
        selection.before = before;
        selection.more = before + page.len() < found.len();
        selection.previous = (before > 0).then(|| {
            let last = before.checked_sub(limit + 1)?;
            let (name, bank, at) = found[last];
            let code = String::from_utf8_lossy(bank.code(at)).into_owned();
            Some((name.to_owned(), code))
        });
        selection
    }
}

impl Bank {
    fn entry(&self, at: u32) -> &Entry {
        &self.entries[at as usize]
    }

    fn code(&self, at: u32) -> &[u8] {
        self.codes.get(at as usize)
    }

    /// Where this section and topic stand in the list of them.
    fn place(&mut self, section: String, topic: String) -> u32 {
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let key = (section, topic);
        if let Some(place) = self.place_of.get(&key) {
            return *place;
        }
        self.places.push(key.clone());
        self.place_of.insert(key, next);
        next
    }

    fn shows_anything(&self, sight: Sight) -> bool {
        match sight {
            Sight::All => !self.order.is_empty(),
            Sight::Of(author) => self.entries.iter().any(|entry| entry.author == author),
            Sight::Nothing => false,
        }
    }

    /// How many entries of each place are wanted, whatever place is, and those that are, by code.
    fn matching(&self, wanted: &ItemFilter, words: &Words, sight: Sight) -> (Vec<usize>, Vec<u32>) {
        let texts = self.texts.containing(words);
        let places: Vec<bool> = self
            .places
            .iter()
            .map(|place| wanted.admits_place(place))
            .collect();
        let mut counts = vec![0; self.places.len()];
        let mut found = Vec::new();
        for at in &self.order {
            let entry = self.entry(*at);
            let seen = sight == Sight::All || sight == Sight::Of(entry.author);
            if texts[*at as usize] && seen && wanted.admits(entry) {
                counts[entry.place as usize] += 1;
                if places[entry.place as usize] {
                    found.push(*at);
                }
            }
        }
        (counts, found)
    }

    fn counted(&self, bank: &str, counts: &[usize]) -> Vec<PlaceCount> {
        let places = self.places.iter().zip(counts);
        let mut places: Vec<_> = places.filter(|(_, count)| **count > 0).collect();
        places.sort_unstable();
        let counted = |((section, topic), count): (&(String, String), &usize)| PlaceCount {
            bank: bank.to_owned(),
            section: section.clone(),
            topic: topic.clone(),
            count: *count,
        };
        places.into_iter().map(counted).collect()
    }

    /// Leaves out entries that are no longer live.
    fn compact(&mut self, places: &mut HashMap<Id, u32>) {
        let mut kept = Self {
            places: std::mem::take(&mut self.places),
            place_of: std::mem::take(&mut self.place_of),
            ..Self::default()
        };
        for (at, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            let next = u32::try_from(kept.entries.len());
            if let (true, Ok(next)) = (entry.live, next) {
                places.insert(entry.id, next);
                make_room(&mut kept.entries, 1);
                kept.entries.push(entry);
                kept.codes.push(self.codes.get(at));
                kept.texts.push(self.texts.get(at));
            }
        }
        *self = kept;
    }

    /// Puts the live entries in order. What was in order is merged with what was added.
    fn sort(&mut self) {
        let last = self.order.iter().max().map_or(0, |last| last + 1);
        let end = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let mut order = std::mem::take(&mut self.order);
        order.extend(last..end);
        order.retain(|at| self.entry(*at).live);
        order.sort_by(|a, b| self.code(*a).cmp(self.code(*b)));
        self.order = order;
        self.unsettled = false;
    }
}

impl ItemFilter {
    fn admits(&self, entry: &Entry) -> bool {
        self.state.is_none_or(|state| state == entry.state)
            && self.kind.is_none_or(|kind| kind == entry.kind)
            && self.difficulty.is_none_or(|band| band == entry.difficulty)
            && self.usage.is_none_or(|usage| usage.admits(entry.sittings))
    }

    fn admits_place(&self, (section, topic): &(String, String)) -> bool {
        let under = |wanted: &String| match topic.strip_prefix(wanted.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        self.section.as_ref().is_none_or(|wanted| wanted == section)
            && self.topic.as_ref().is_none_or(under)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Instant;
    use proptest::prelude::*;

    const NOW: Instant = Instant::from_micros(1_772_326_800_000_000);

    fn shelved(id: Id, code: &str, version: i32, text: Option<&str>) -> Shelved {
        Shelved {
            id,
            bank: "b".to_owned(),
            code: code.to_owned(),
            section: "s".to_owned(),
            topic: "s.t".to_owned(),
            difficulty: Difficulty::Easy,
            kind: ItemKind::TrueFalse,
            state: ItemState::Draft,
            version,
            author: id,
            text: text.map(|text| format!("{text}\n")),
        }
    }

    fn found(index: &Index, text: &str) -> Vec<Id> {
        let words = Words::parse(text).unwrap();
        let sight = |_: &str| Sight::All;
        let found = index.search(&ItemFilter::default(), &words, sight, None, 1_000);
        assert_eq!(found.total, found.items.len());
        found.items.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn versions_that_were_superseded_are_thrown_out() {
        let mut index = Index::default();
        let ids = [(); 3].map(|()| Id::new(NOW));
        for (id, code) in ids.iter().zip(["c", "a", "b"]) {
            index.put(shelved(*id, code, 1, Some("一样")));
        }
        index.settle();
        let before = index.memory();
        for version in 2..=3_000 {
            index.put(shelved(ids[0], "c", version, Some("不同")));
            index.settle();
        }
        assert_eq!(found(&index, "一样"), [ids[1], ids[2]]);
        assert_eq!(found(&index, "不同"), [ids[0]]);
        assert_eq!(index.len(), 3);
        assert!(index.memory() < before + 200_000, "{}", index.memory());
        assert!(index.knows("b", ids[0], 3_000) && !index.knows("b", ids[0], 2_999));
    }

    #[test]
    fn sittings_are_known_of_items_that_come_later() {
        let mut index = Index::default();
        let ids = [(); 2].map(|()| Id::new(NOW));
        index.put(shelved(ids[0], "a", 1, Some("题")));
        index.count_sittings(ids.iter().zip([1, 2]).map(|(id, n)| (*id, n)).collect());
        index.put(shelved(ids[1], "b", 1, Some("题")));
        index.settle();
        let used = |usage| {
            let filter = ItemFilter {
                usage: Some(usage),
                ..ItemFilter::default()
            };
            let found = index.search(&filter, &Words::default(), |_| Sight::All, None, 9);
            found.items
        };
        assert_eq!(used(Usage::Used), [(ids[0], 1), (ids[1], 2)]);
        assert_eq!(used(Usage::Once), [(ids[0], 1)]);
        assert_eq!(used(Usage::Several), [(ids[1], 2)]);
        assert_eq!(used(Usage::Never), []);
    }

    proptest! {
        /// However items are written and written again, what is found is what the newest versions say,
        /// by code.
        #[test]
        fn the_newest_versions_are_found_by_code(
            writes in prop::collection::vec((0..12_usize, "[甲乙]{1,3}", any::<bool>()), 0..60),
        ) {
            let mut index = Index::default();
            let ids: Vec<Id> = (0..12).map(|_| Id::new(NOW)).collect();
            let mut newest: BTreeMap<String, (Id, i32, String)> = BTreeMap::new();
            for (item, text, settles) in writes {
                let code = format!("{:02}", item * 7 % 12);
                let version = newest.get(&code).map_or(1, |(_, version, _)| version + 1);
                index.put(shelved(ids[item], &code, version, Some(&text)));
                newest.insert(code, (ids[item], version, text));
                if settles {
                    index.settle();
                }
            }
            index.settle();
            for query in ["甲", "乙甲", ""] {
                let says = newest.values().filter(|(_, _, text)| text.contains(query));
                let expected: Vec<Id> = says.map(|(id, ..)| *id).collect();
                prop_assert_eq!(found(&index, query), expected);
            }
        }
    }
}
