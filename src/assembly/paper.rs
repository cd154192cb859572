//! A paper (试卷), and what anyone can check about it without the seed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, Section};
use super::plan::feasible;
use super::pool::{Pool, PoolItem, canonical_hash};
use crate::kernel::merkle::{self, Hash};
use crate::kernel::{Fault, Id, Score};

/// The paper of one candidate: which items stand where, and nothing of what they ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// The sections, in the blueprint's order.
    pub sections: Vec<PaperSection>,
}

/// One section of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSection {
    /// The section's code in the blueprint.
    pub code: String,
    /// Its items, in order.
    pub places: Vec<PlacedItem>,
}

/// An item in its place on a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacedItem {
    /// Number on the paper, from one, running on over the sections.
    pub position: u32,
    /// The item's row.
    pub item_id: Id,
    /// The version that was frozen.
    pub version: i32,
    /// What the place is worth.
    pub marks: Score,
    /// The author's options, numbered from zero, in the order shown; empty without options.
    pub option_order: Vec<u8>,
}

/// The hash of a paper: SHA-256 of its canonical JSON.
pub fn paper_hash(paper: &Paper) -> Result<Hash, serde_json::Error> {
    canonical_hash(paper)
}

/// The Merkle root over the hashes of all papers, by candidate code. (A map of texts is in order
/// of their bytes.)
pub fn papers_root(hashes: &BTreeMap<String, Hash>) -> Hash {
    let leaves: Vec<Hash> = hashes
        .values()
        .map(|hash| merkle::leaf_hash(hash))
        .collect();
    merkle::root(&leaves)
}

impl Paper {
    /// All places, in order.
    pub fn places(&self) -> impl Iterator<Item = &PlacedItem> {
        self.sections.iter().flat_map(|section| &section.places)
    }

    /// The full mark of the paper.
    pub fn total_marks(&self) -> Score {
        self.places().map(|place| place.marks).sum()
    }

    /// Checks from the paper alone that it meets the blueprint: every cell has exactly its items,
    /// none stands twice, and the items of a stimulus stand together.
    pub fn verify(&self, blueprint: &Blueprint, pool: &Pool) -> Result<(), Vec<Fault>> {
        let asked = blueprint.sections.iter().map(|section| &section.code);
        if !asked.eq(self.sections.iter().map(|section| &section.code)) {
            return Err(vec![Fault::new("sections", "sections-differ")]);
        }
        let by_id = pool.items().iter().map(|item| (item.item_id, item));
        let by_id: BTreeMap<Id, &PoolItem> = by_id.collect();
        let mut faults = self.order_faults();
        for (section, mine) in blueprint.sections.iter().zip(&self.sections) {
            faults.extend(mine.faults(section, &by_id));
        }
        let placed = self.places().map(|place| place.item_id).collect();
        faults.extend(
            feasible(blueprint, &pool.only(&placed))
                .iter()
                .map(Fault::from),
        );
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// Places that are numbered out of order or repeat an item.
    fn order_faults(&self) -> Vec<Fault> {
        let mut seen = BTreeSet::new();
        let mut faults = Vec::new();
        for (place, position) in self.places().zip(1..) {
            if place.position != position {
                faults.push(place.fault("out-of-order"));
            }
            if !seen.insert(place.item_id) {
                faults.push(place.fault("item-twice"));
            }
        }
        faults
    }
}

impl PaperSection {
    fn faults(&self, section: &Section, pool: &BTreeMap<Id, &PoolItem>) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.places.len() > section.item_count() {
            faults.push(Fault::new(section.place("cells"), "too-many-items"));
        }
        let mut finished = BTreeSet::new();
        let mut current = None;
        for place in &self.places {
            let Some(item) = pool.get(&place.item_id) else {
                faults.push(place.fault("not-in-pool"));
                continue;
            };
            faults.extend(place.item_faults(section, item));
            let stimulus = item.stimulus.as_deref();
            if stimulus != current {
                finished.extend(current);
                current = stimulus;
                if stimulus.is_some_and(|code| finished.contains(code)) {
                    faults.push(place.fault("stimulus-apart"));
                }
            }
        }
        faults
    }
}

impl PlacedItem {
    /// What is wrong with the item in this place.
    fn item_faults(&self, section: &Section, item: &PoolItem) -> impl Iterator<Item = Fault> {
        let mut options = self.option_order.clone();
        options.sort_unstable();
        [
            (self.version != item.version, "other-version"),
            (section.worth(item) != Some(self.marks), "other-marks"),
            (
                !options.into_iter().eq(0..item.option_count),
                "options-differ",
            ),
        ]
        .into_iter()
        .filter(|(wrong, _)| *wrong)
        .map(|(_, code)| self.fault(code))
    }

    fn fault(&self, code: &'static str) -> Fault {
        Fault::new(format!("places.{}", self.position), code)
    }
}
