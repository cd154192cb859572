//! Setting units aside, so that the papers made of the rest are as hard as was asked for.
//!
//! The deal uses the units of a cell alike, and no trade changes how often a unit is used: over all
//! papers the mean of a number is the mean over the units. So papers can only be as hard as a stated
//! target where that mean is; the parent module's page says how units are chosen that stay out.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Card, Cell, Table, index, rounded, whole};

/// What all papers are to come to.
pub(in crate::assembly) struct Goal {
    /// For each of the first numbers.
    pub target: Vec<i32>,
    /// How far papers may be from it.
    pub tolerance: i32,
    /// The share of papers in which an item may be at most, in millionths.
    pub cap: Option<i64>,
}

/// What the units of a cell can give at each of the first numbers, for a whole paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::assembly) struct CellReach {
    /// Whether each unit stays, in order.
    pub stays: Vec<bool>,
    /// Least, with as few units as may stay.
    pub least: Vec<i64>,
    /// With all units.
    pub all: Vec<i64>,
    /// With those that stay.
    pub kept: Vec<i64>,
    /// Greatest.
    pub greatest: Vec<i64>,
    /// Whether it has no unit left that could be set aside.
    pub spent: bool,
}

impl CellReach {
    /// How many units do not stay.
    pub fn aside(&self) -> usize {
        self.stays.iter().filter(|stays| !**stays).count()
    }
}

/// The units of a cell, in numbers.
struct Stock {
    needs: i64,
    /// So many units stay at least.
    floor: usize,
    /// Items of a card, and of the smallest unit.
    window: i64,
    smallest: i64,
    /// The mean of each unit over its cards.
    units: Vec<Vec<i64>>,
    stays: Vec<bool>,
    count: i64,
    sums: Vec<i64>,
}

impl Table {
    /// Sets units aside until the mean of the rest is within a tenth of the tolerance, or comes no
    /// nearer; says of every cell what stays. Enemies are set. Without a target all units stay.
    pub(in crate::assembly) fn aim(&self, goal: &Goal, numbers: usize) -> Vec<CellReach> {
        let cells = self.cells.iter();
        let mut stocks: Vec<Stock> = cells
            .map(|cell| Stock::new(self, cell, goal.cap, numbers))
            .collect();
        if !goal.target.is_empty() {
            set_aside(&mut stocks, &goal.target, i64::from(goal.tolerance / 10));
        }
        stocks.into_iter().map(Stock::reach).collect()
    }

    /// The table of the units that stay, with the target that was stated.
    pub(in crate::assembly) fn aimed(&self, goal: &Goal, reach: &[CellReach]) -> Self {
        let mut kept = Self::new(self.tolerance);
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for (cell, reach) in self.cells.iter().zip(reach) {
            let units = cell.units.iter().zip(&reach.stays);
            let mut own = Vec::new();
            for (cards, _) in units.filter(|(_, stays)| **stays) {
                let unit = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let mut copies = Vec::new();
                for card in cards.iter().map(|card| &self.cards[index(*card)]) {
                    numbers.insert(card.unit, unit);
                    copies.push(u32::try_from(kept.cards.len()).unwrap_or(u32::MAX));
                    kept.cards.push(Card {
                        unit,
                        ..card.clone()
                    });
                }
                own.push(copies);
            }
            kept.push_cell(cell.needs, own);
        }
        for card in &mut kept.cards {
            let enemies = card.enemies.iter();
            card.enemies = enemies
                .filter_map(|unit| numbers.get(unit).copied())
                .collect();
        }
        kept.bank = self.bank;
        kept.aside = reach.iter().map(CellReach::aside).collect();
        for (target, stated) in kept.target.iter_mut().zip(&goal.target) {
            *target = *stated;
        }
        kept
    }
}

fn set_aside(stocks: &mut [Stock], target: &[i32], near: i64) {
    let mut means: Vec<Vec<i64>> = stocks.iter().map(Stock::mean).collect();
    loop {
        let off: Vec<i64> = (0..target.len())
            .map(|at| means.iter().map(|mean| mean[at]).sum::<i64>() - i64::from(target[at]))
            .collect();
        if off.iter().all(|off| off.abs() <= near) {
            return;
        }
        let before = squares(off.iter().copied());
        let (mut best, mut found) = ((0, 1), None);
        let spare = stocks.iter().enumerate().filter(|(_, one)| one.has_spare());
        for (cell, stock) in spare {
            let rest: Vec<i64> = off.iter().zip(&means[cell]).map(|(o, m)| o - m).collect();
            let (papers, uses) = stock.rarity();
            for unit in (0..stock.units.len()).filter(|unit| stock.stays[*unit]) {
                let without = rest.iter().zip(stock.mean_without(unit));
                let fall = before - squares(without.map(|(rest, mean)| rest + mean));
                if fall > 0 && fall * papers * best.1 > best.0 * uses {
                    (best, found) = ((fall * papers, uses), Some((cell, unit)));
                }
            }
        }
        let Some((cell, unit)) = found else {
            return;
        };
        stocks[cell].drop(unit);
        means[cell] = stocks[cell].mean();
    }
}

fn squares(off: impl Iterator<Item = i64>) -> i128 {
    off.map(|off| i128::from(off) * i128::from(off)).sum()
}

impl Stock {
    fn new(table: &Table, cell: &Cell, cap: Option<i64>, numbers: usize) -> Self {
        let of_unit = |cards: &Vec<u32>| {
            let mean = table.mean_of(cards.iter().map(|card| index(*card)));
            mean[..numbers].to_vec()
        };
        let units: Vec<Vec<i64>> = cell.units.iter().map(of_unit).collect();
        let sum = |at: usize| units.iter().map(|unit| unit[at]).sum();
        Self {
            needs: whole(cell.needs),
            floor: floor(table, cell, cap),
            window: window(table, cell),
            smallest: smallest(table, cell),
            stays: vec![true; units.len()],
            count: whole(units.len()),
            sums: (0..numbers).map(sum).collect(),
            units,
        }
    }

    fn has_spare(&self) -> bool {
        self.count > whole(self.floor)
    }

    /// What one unit less adds to the share of papers in which its items are, upside down, as a
    /// fraction.
    fn rarity(&self) -> (i128, i128) {
        let papers = i128::from(self.count) * i128::from(self.count - 1);
        let uses = i128::from(self.needs) * i128::from(self.window);
        (papers * i128::from(self.smallest), uses.max(1))
    }

    /// What its units that stay add to a paper.
    fn mean(&self) -> Vec<i64> {
        let sums = self.sums.iter();
        sums.map(|sum| rounded(sum * self.needs, self.count))
            .collect()
    }

    fn mean_without(&self, unit: usize) -> impl Iterator<Item = i64> {
        let pairs = self.sums.iter().zip(&self.units[unit]);
        pairs.map(|(sum, own)| rounded((sum - own) * self.needs, self.count - 1))
    }

    fn drop(&mut self, unit: usize) {
        self.stays[unit] = false;
        self.count -= 1;
        for (sum, own) in self.sums.iter_mut().zip(&self.units[unit]) {
            *sum -= own;
        }
    }

    fn reach(self) -> CellReach {
        let few = self.floor.clamp(1, self.units.len().max(1));
        let (mut least, mut all, mut greatest) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..self.sums.len() {
            let mut own: Vec<i64> = self.units.iter().map(|unit| unit[at]).collect();
            own.sort_unstable();
            let share =
                |some: &[i64]| rounded(some.iter().sum::<i64>() * self.needs, whole(some.len()));
            let few = few.min(own.len());
            least.push(share(&own[..few]));
            all.push(share(&own));
            greatest.push(share(&own[own.len() - few..]));
        }
        CellReach {
            kept: self.mean(),
            spent: !self.has_spare(),
            stays: self.stays,
            least,
            all,
            greatest,
        }
    }
}

/// So many units of the cell stay at least: its need and one for each that has enemies, and as many
/// as keep within the cap.
fn floor(table: &Table, cell: &Cell, cap: Option<i64>) -> usize {
    let card = |card: &u32| &table.cards[index(*card)];
    let first = |cards: &Vec<u32>| cards.first().map(card);
    let quarrelsome = cell.units.iter().filter_map(first);
    let quarrelsome = quarrelsome.filter(|card| !card.enemies.is_empty()).count();
    let within = cap.map_or(0, |cap| {
        let uses = whole(cell.needs) * window(table, cell) * 1_000_000;
        let papers = (smallest(table, cell) * cap).max(1);
        usize::try_from((uses + papers - 1) / papers).unwrap_or(usize::MAX)
    });
    within.max(cell.needs + quarrelsome)
}

/// Items of a card.
fn window(table: &Table, cell: &Cell) -> i64 {
    let first = cell.units.first().and_then(|cards| cards.first());
    first.map_or(1, |card| whole(table.cards[index(*card)].items.len()))
}

/// Items of the smallest unit.
fn smallest(table: &Table, cell: &Cell) -> i64 {
    let size = |cards: &Vec<u32>| {
        let items = cards
            .iter()
            .flat_map(|card| &table.cards[index(*card)].items);
        items.collect::<BTreeSet<_>>().len()
    };
    let sizes = cell.units.iter().map(size);
    whole(sizes.min().unwrap_or(1).max(1))
}
