//! A paper (试卷), and what anyone can check about it without the seed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::blueprint::{Blueprint, Section};
use super::pool::{Pool, PoolItem};
use super::sorted::SortedSection;
use super::unscored;
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

/// An item in its place on a paper. Its fields and those around it stand in the order of their names:
/// see [`paper_json`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacedItem {
    /// The item's row.
    pub item_id: Id,
    /// What the place is worth: nothing where the item is on trial, and something everywhere else.
    pub marks: Score,
    /// The author's options, numbered from zero, in the order shown; empty without options.
    pub option_order: Vec<u8>,
    /// Number on the paper, from one, running on over the sections.
    pub position: u32,
    /// The version that was frozen.
    pub version: i32,
}

/// The canonical JSON (RFC 8785) of a paper. As its fields stand in the order of their names and it
/// holds only texts and whole numbers, plain JSON is canonical already, and takes a tenth of the time:
/// an examination has many papers.
pub fn paper_json(paper: &Paper) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(paper)
}

/// The hash of a paper: SHA-256 of its canonical JSON.
pub fn paper_hash(paper: &Paper) -> Result<Hash, serde_json::Error> {
    Ok(Sha256::digest(paper_json(paper)?).into())
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

    /// Checks from the paper alone that it meets the blueprint: every cell has exactly its items and
    /// every section as many on trial as it says, none stands twice, the items of a stimulus stand
    /// together, and enemies do not meet.
    pub fn verify(&self, blueprint: &Blueprint, pool: &Pool) -> Result<(), Vec<Fault>> {
        let asked = blueprint.sections.iter().map(|section| &section.code);
        if !asked.eq(self.sections.iter().map(|section| &section.code)) {
            return Err(vec![Fault::new("sections", "sections-differ")]);
        }
        let by_id = pool.items().iter().map(|item| (item.item_id, item));
        let by_id: BTreeMap<Id, &PoolItem> = by_id.collect();
        let mut faults = self.order_faults();
        let placed: BTreeSet<Id> = self.places().map(|place| place.item_id).collect();
        for (section, mine) in blueprint.sections.iter().zip(&self.sections) {
            faults.extend(mine.faults(section, &by_id));
            faults.extend(mine.trial_faults(section, pool));
            faults.extend(unfilled_cells(section, pool, &placed));
        }
        faults.extend(self.enemy_faults(&by_id));
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// Places whose item has an enemy before it. Items of one stimulus are asked together and are
    /// nobody's enemies.
    fn enemy_faults(&self, pool: &BTreeMap<Id, &PoolItem>) -> Vec<Fault> {
        let mut holders: BTreeMap<&str, &str> = BTreeMap::new();
        let mut faults = Vec::new();
        for place in self.places() {
            let Some(item) = pool.get(&place.item_id) else {
                continue;
            };
            let unit = item.stimulus.as_deref().unwrap_or(&item.code);
            let mut met = false;
            for set in item.enemy_sets() {
                met |= *holders.entry(set).or_insert(unit) != unit;
            }
            if met {
                faults.push(place.fault("enemies-meet"));
            }
        }
        faults
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

/// Cells of the section that have fewer units than they need on a paper of these items.
fn unfilled_cells(section: &Section, pool: &Pool, placed: &BTreeSet<Id>) -> Vec<Fault> {
    let sorted = SortedSection::new(section, pool);
    let cells = sorted.cells.iter().enumerate();
    let unfilled = cells.filter_map(|(index, filled)| {
        let (cell, units) = (filled.cell, &filled.units);
        let on_paper = |at: &&usize| placed.contains(&pool.items()[**at].item_id);
        let whole = units
            .iter()
            .filter(|unit| unit.items.iter().filter(on_paper).count() == cell.items_per_unit());
        let (needed, available) = (filled.needs(), whole.count());
        let code = match cell.stimuli {
            None => "too-few-items",
            Some(_) => "too-few-stimuli",
        };
        let fault = Fault::new(section.place(&format!("cells.{index}")), code);
        let fault = fault.with("needed", needed).with("available", available);
        (available < needed).then_some(fault)
    });
    unfilled.collect()
}

impl PaperSection {
    /// The places that count.
    fn counting(&self) -> impl Iterator<Item = &PlacedItem> {
        self.places.iter().filter(|place| !place.is_on_trial())
    }

    /// Whether other items than the section may have stand there on trial, or another number.
    fn trial_faults(&self, section: &Section, pool: &Pool) -> Vec<Fault> {
        let may_stand = unscored::eligible(section, pool).into_iter();
        let may_stand: BTreeSet<Id> = may_stand.map(|at| pool.items()[at].item_id).collect();
        let own = self.places.iter().filter(|place| place.is_on_trial());
        let (fit, others): (Vec<_>, Vec<_>) =
            own.partition(|place| may_stand.contains(&place.item_id));
        let mut faults: Vec<Fault> = others
            .iter()
            .map(|place| place.fault("other-marks"))
            .collect();
        let (needed, available) = (section.trial_count(), fit.len());
        if available > needed {
            faults.push(Fault::new(section.place("trial"), "too-many-items"));
        }
        if available < needed {
            let fault = Fault::new(section.place("trial"), "too-few-on-trial");
            let fault = fault.with("section", &section.code);
            faults.push(fault.with("needed", needed).with("available", available));
        }
        faults
    }

    fn faults(&self, section: &Section, pool: &BTreeMap<Id, &PoolItem>) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.counting().count() > section.item_count() {
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
    /// Whether its item is on trial and the place counts for nothing.
    pub fn is_on_trial(&self) -> bool {
        self.marks == Score::ZERO
    }

    /// What is wrong with the item in this place.
    fn item_faults(&self, section: &Section, item: &PoolItem) -> impl Iterator<Item = Fault> {
        let mut options = self.option_order.clone();
        options.sort_unstable();
        [
            (self.version != item.version, "other-version"),
            (section.marks_at(item) != Some(self.marks), "other-marks"),
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
