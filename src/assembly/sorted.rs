//! A blueprint with the units that a pool has for each of its cells, and which of them stay when
//! papers are to be as hard as a stated target.

use super::blueprint::{Blueprint, Cell, Section};
use super::cells::{Unit, apart, units_by_cell};
use super::forms::{CellReach, Goal, Range, Table, settle};
use super::pool::{ABILITIES, Pool};
use crate::kernel::Score;

/// The sections of a blueprint, with the units of their cells.
#[derive(Debug)]
pub(super) struct Sorted<'a> {
    pub sections: Vec<SortedSection<'a>>,
    /// What the cells can give at each ability, in order; nothing while one of them is short.
    pub reach: Vec<CellReach>,
    /// From what papers are made; none while a cell is short.
    pub table: Option<Table>,
    blueprint: &'a Blueprint,
    pool: &'a Pool,
}

/// A section with the units of its cells.
#[derive(Debug)]
pub(super) struct SortedSection<'a> {
    pub section: &'a Section,
    pub cells: Vec<Filled<'a>>,
    /// Whether the numbers of its cells make up the section.
    pub settled: bool,
}

/// A cell with the units from which papers are made.
#[derive(Debug)]
pub(super) struct Filled<'a> {
    pub cell: &'a Cell,
    pub units: Vec<Unit<'a>>,
    /// Units that a paper takes.
    pub needs: usize,
    /// How many units were set aside.
    pub aside: usize,
}

impl Filled<'_> {
    /// Units that a paper takes.
    pub const fn needs(&self) -> usize {
        self.needs
    }

    /// Its range, and its stock.
    pub fn range(&self, pool: &Pool) -> Range {
        let smallest = self.units.iter().map(|unit| unit.items.len()).min();
        Range {
            apart: apart(&self.units, pool),
            smallest: smallest.unwrap_or(1),
            ..self.cell.range(self.units.len())
        }
    }

    /// The share of papers in which each unit is; and its most used item, at least.
    pub fn exposure(&self) -> Option<f64> {
        let smallest = self.units.iter().map(|unit| unit.items.len()).min()?;
        Some(self.unit_share() * share_of(self.cell.items_per_unit(), smallest))
    }

    /// Seconds that its items are expected to take on a paper, on average.
    pub fn seconds(&self, pool: &Pool) -> f64 {
        let of_unit = |unit: &Unit<'_>| {
            let items = unit
                .items
                .iter()
                .map(|at| f64::from(pool.items()[*at].seconds));
            items.sum::<f64>() * share_of(self.cell.items_per_unit(), unit.items.len())
        };
        let all: f64 = self.units.iter().map(of_unit).sum();
        all * share_of(self.needs(), self.units.len().max(1))
    }

    /// The share of papers in which each unit is.
    pub fn unit_share(&self) -> f64 {
        share_of(self.needs(), self.units.len())
    }
}

impl<'a> SortedSection<'a> {
    /// The units of a section by cell, with nothing set aside.
    pub fn new(section: &'a Section, pool: &'a Pool) -> Self {
        let cells = section.cells.iter().zip(units_by_cell(section, pool));
        let cells = cells.map(|(cell, units)| Filled {
            needs: cell.units(),
            cell,
            units,
            aside: 0,
        });
        let mut sorted = Self {
            section,
            cells: cells.collect(),
            settled: true,
        };
        if section.items.is_some() {
            let ranges = sorted.cells.iter().map(|filled| filled.range(pool));
            match settle(&ranges.collect::<Vec<_>>(), section.item_count()) {
                Some(taken) => {
                    let cells = sorted.cells.iter_mut().zip(taken);
                    cells.for_each(|(filled, taken)| filled.needs = taken);
                }
                None => sorted.settled = false,
            }
        }
        sorted
    }
}

impl<'a> Sorted<'a> {
    /// Sorts the items of the pool, which is one that was [`Pool::numbered`] for the blueprint.
    pub fn new(blueprint: &'a Blueprint, pool: &'a Pool) -> Self {
        let section = |section| SortedSection::new(section, pool);
        let mut sorted = Self {
            sections: blueprint.sections.iter().map(section).collect(),
            reach: Vec::new(),
            table: None,
            blueprint,
            pool,
        };
        sorted.aim();
        sorted
    }

    /// All cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = &Filled<'a>> {
        self.sections.iter().flat_map(|section| &section.cells)
    }

    /// A table of all units.
    fn whole_table(&self) -> Table {
        let mut table = Table::new(self.blueprint.tolerances());
        for filled in self.cells() {
            let groups: Vec<Vec<usize>> = filled.units.iter().map(|u| u.items.clone()).collect();
            table.add_cell(
                filled.needs(),
                filled.cell.items_per_unit(),
                &groups,
                |item| self.pool.items()[item].numbers(),
            );
        }
        table.set_enemies(self.pool.enemies());
        table
    }

    /// The target that the blueprint states, in millionths of a mark at each ability; empty if none.
    pub fn target(&self) -> Vec<i32> {
        let equal = self.blueprint.equal.as_ref();
        let full = self.total_marks().micros();
        let of_share = |share: &Score| {
            let marks = (share.micros() * full + 500_000) / 1_000_000;
            i32::try_from(marks).unwrap_or(i32::MAX)
        };
        let shares = equal.and_then(|equal| equal.target.as_ref());
        shares.into_iter().flatten().map(of_share).collect()
    }

    /// What any paper is worth, if totals are equal.
    pub fn total_marks(&self) -> Score {
        let of_section = |sorted: &SortedSection<'_>| -> Score {
            let of_cell = |filled: &Filled<'_>| -> Score {
                let unit = filled.units.first();
                let own = || unit.and_then(|unit| unit.worth(filled.cell, self.pool));
                let each = match sorted.section.marks_each {
                    Some(marks) => (0..filled.cell.items_per_unit()).map(|_| marks).sum(),
                    None => own().unwrap_or_default(),
                };
                (0..filled.needs()).map(|_| each).sum()
            };
            sorted.cells.iter().map(of_cell).sum()
        };
        self.sections.iter().map(of_section).sum()
    }

    /// Sets units aside, as the target asks.
    fn aim(&mut self) {
        let short = |filled: &Filled<'_>| filled.units.len() < filled.needs();
        if self.cells().any(short) || !self.sections.iter().all(|one| one.settled) {
            return;
        }
        let equal = self.blueprint.equal.as_ref();
        let tolerance = equal.map_or(0, |equal| equal.tolerance.micros());
        let goal = Goal {
            target: self.target(),
            tolerance: i32::try_from(tolerance).unwrap_or(i32::MAX),
            cap: equal
                .and_then(|equal| equal.exposure_max)
                .map(Score::micros),
        };
        let mut table = self.whole_table();
        let reach = table.aim(&goal, ABILITIES.len());
        if !goal.target.is_empty() {
            table = table.aimed(&goal, &reach);
        }
        let cells = self.sections.iter_mut().flat_map(|one| &mut one.cells);
        for (filled, reach) in cells.zip(&reach) {
            let mut stays = reach.stays.iter();
            filled
                .units
                .retain(|_| stays.next().is_none_or(|stays| *stays));
            filled.aside = reach.aside();
        }
        self.reach = reach;
        self.table = Some(table);
    }

    /// How far papers may be from the target, in millionths of a mark; none where they are not
    /// equal.
    pub fn tolerance(&self) -> Option<i64> {
        let equal = self.blueprint.equal.as_ref();
        equal.map(|equal| equal.tolerance.micros())
    }

    /// The pool.
    pub const fn pool(&self) -> &'a Pool {
        self.pool
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(super) fn share_of(some: usize, all: usize) -> f64 {
    some as f64 / all as f64
}
