//! Which units belong to which cell of a section.

use std::collections::{BTreeMap, BTreeSet};

use super::blueprint::{Cell, Section};
use super::forms::windows;
use super::pool::{Pool, PoolItem};
use crate::kernel::{Fault, Score};

/// What a draw takes as a whole: an item that stands alone, or a stimulus with its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit<'a> {
    /// Code of the item, or of the stimulus.
    pub code: &'a str,
    /// Whether it is a stimulus.
    pub shared: bool,
    /// Places of its items in the pool, which is in order of their codes.
    pub items: Vec<usize>,
}

/// For each cell of the section the units that belong to it, in order of their codes, each with
/// the items that match the cell. A unit belongs to one cell: units are taken in order of how many
/// cells they may serve, fewest first, then of their codes, and each goes to the one of its cells
/// that has the fewest units for its need by then; of equal ones to the earliest.
pub(super) fn units_by_cell<'a>(section: &Section, pool: &'a Pool) -> Vec<Vec<Unit<'a>>> {
    let units = units_of(section, pool);
    let mut serving: Vec<(Vec<usize>, Unit<'_>)> = units
        .into_iter()
        .map(|unit| (unit.serves(section, pool), unit))
        .collect();
    // Units that serve nothing are of no use; the sort keeps the order of codes.
    serving.retain(|(cells, _)| !cells.is_empty());
    serving.sort_by_key(|(cells, _)| cells.len());
    let mut by_cell: Vec<Vec<Unit<'_>>> = vec![Vec::new(); section.cells.len()];
    for (cells, unit) in serving {
        let scarcest = cells.into_iter().reduce(|best, cell| {
            let (have, need) = (by_cell[cell].len(), section.cells[cell].units());
            let (best_have, best_need) = (by_cell[best].len(), section.cells[best].units());
            if have * best_need < best_have * need {
                cell
            } else {
                best
            }
        });
        if let Some(cell) = scarcest {
            by_cell[cell].push(unit.within(&section.cells[cell], pool));
        }
    }
    for units in &mut by_cell {
        units.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
    }
    by_cell
}

/// The units of a section, in order of their codes.
fn units_of<'a>(section: &Section, pool: &'a Pool) -> Vec<Unit<'a>> {
    let mut units: BTreeMap<(&[u8], bool), Unit<'_>> = BTreeMap::new();
    let own = pool.items().iter().enumerate();
    for (at, item) in own.filter(|(_, item)| section.worth(item).is_some()) {
        let shared = item.stimulus.is_some();
        let code = item.stimulus.as_deref().unwrap_or(&item.code);
        let unit = units.entry((code.as_bytes(), shared)).or_insert(Unit {
            code,
            shared,
            items: Vec::new(),
        });
        unit.items.push(at);
    }
    units.into_values().collect()
}

impl Unit<'_> {
    /// The cells that the unit may serve, ascending.
    fn serves(&self, section: &Section, pool: &Pool) -> Vec<usize> {
        let may_serve = |cell: &Cell| {
            let matching = self.matching(cell, pool).count();
            cell.stimuli.is_some() == self.shared && matching >= cell.items_per_unit()
        };
        let cells = section.cells.iter().enumerate();
        cells
            .filter_map(|(index, cell)| may_serve(cell).then_some(index))
            .collect()
    }

    /// The unit with those of its items that match the cell.
    fn within(self, cell: &Cell, pool: &Pool) -> Self {
        Self {
            items: self.matching(cell, pool).collect(),
            ..self
        }
    }

    fn matching(&self, cell: &Cell, pool: &Pool) -> impl Iterator<Item = usize> {
        let items = self.items.iter().copied();
        items.filter(|at| cell.matches(&pool.items()[*at]))
    }

    /// Sets of which some paper would have two items through this stimulus.
    pub(super) fn enemies_within<'p>(&self, cell: &Cell, pool: &'p Pool) -> Vec<Fault> {
        let mut found = BTreeSet::new();
        for card in windows(self.items.len(), cell.items_per_unit()) {
            let mut sets = BTreeSet::new();
            let items = card
                .into_iter()
                .map(|place| &pool.items()[self.items[place]]);
            let named = items.flat_map(PoolItem::enemy_sets);
            found.extend(named.filter(|set: &&'p str| !sets.insert(*set)));
        }
        let fault = |set: &str| {
            Fault::new(format!("enemies.{set}"), "enemies-in-stimulus")
                .with("set", set)
                .with("stimulus", self.code)
        };
        found.into_iter().map(fault).collect()
    }

    /// What the unit brings to a paper through its cell in a written section; nothing if that
    /// depends on which of its items are drawn.
    pub(super) fn worth(&self, cell: &Cell, pool: &Pool) -> Option<Score> {
        let items = self.items.iter().map(|at| &pool.items()[*at]);
        let mut marks: Vec<Score> = items.filter_map(|item| item.marks).collect();
        marks.sort_unstable();
        let drawn = cell.items_per_unit();
        let certain = marks.len() == drawn || marks.first() == marks.last();
        certain.then(|| marks.into_iter().take(drawn).sum())
    }
}

/// The sets of enemies to which items of the unit belong.
pub(super) fn sets_of<'p>(unit: &Unit<'_>, pool: &'p Pool) -> BTreeSet<&'p str> {
    let items = unit.items.iter().map(|at| &pool.items()[*at]);
    items.flat_map(PoolItem::enemy_sets).collect()
}

/// How many of the units can stand on one paper: of enemies of one set only the first counts.
pub(super) fn apart(units: &[Unit<'_>], pool: &Pool) -> usize {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let free = units.iter().filter(|unit| {
        let own = sets_of(unit, pool);
        let is_free = own.is_disjoint(&taken);
        if is_free {
            taken.extend(own);
        }
        is_free
    });
    free.count()
}
