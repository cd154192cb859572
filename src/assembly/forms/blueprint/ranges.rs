//! Cells with ranges: how many units each takes, and why they cannot be made up.

use super::super::range::{Range, settle};
use super::{CellSpec, FormBlueprint, Shortage};

impl CellSpec {
    /// Units that a paper takes of it at most.
    pub(super) fn needs_at_most(&self) -> usize {
        let most = self.stimuli_max.or(self.count_max);
        most.unwrap_or_else(|| self.needs())
    }

    /// The range, with so many units, the smallest of so many items.
    fn range(&self, units: usize, smallest: usize) -> Range {
        Range {
            least: self.needs(),
            most: self.needs_at_most(),
            units,
            apart: units,
            step: self.items_per_stimulus.unwrap_or(1),
            smallest,
        }
    }
}

impl FormBlueprint {
    /// What is wrong with the ranges, whatever the bank.
    pub(super) fn range_faults(&self) -> Vec<Shortage> {
        let mut faults = Vec::new();
        for (number, cell) in (1..).zip(&self.cells) {
            let misplaced = cell.count_max.is_some() && cell.count.is_none()
                || cell.stimuli_max.is_some() && cell.stimuli.is_none();
            if misplaced || cell.needs_at_most() < cell.needs() {
                faults.push(cell.fault(
                    number,
                    "`count_max` belongs to `count`, `stimuli_max` to `stimuli`, and is not less",
                ));
            }
        }
        let ranged = |cell: &CellSpec| cell.count_max.is_some() || cell.stimuli_max.is_some();
        let cells: Vec<Range> = self.cells.iter().map(|c| c.range(usize::MAX, 1)).collect();
        let why = match self.items {
            None if self.cells.iter().any(ranged) => {
                Some("where a cell has a range, `items` must say how many items a paper has")
            }
            Some(items) if settle(&cells, items).is_none() => {
                Some("no numbers within the ranges of its cells make up `items`")
            }
            _ => None,
        };
        faults.extend(why.map(|why| Shortage {
            cell: 0,
            name: String::new(),
            why: why.to_owned(),
        }));
        faults
    }

    /// How many units of each cell a paper takes, from these; or the cells that have too few.
    pub(super) fn settled(&self, groups: &[Vec<Vec<usize>>]) -> Result<Vec<usize>, Vec<Shortage>> {
        let Some(items) = self.items else {
            return Ok(self.cells.iter().map(CellSpec::needs).collect());
        };
        let smallest = |units: &Vec<Vec<usize>>| units.iter().map(Vec::len).min().unwrap_or(1);
        let cells = self.cells.iter().zip(groups);
        let ranges = cells.map(|(spec, own)| spec.range(own.len(), smallest(own)));
        let ranges: Vec<Range> = ranges.collect();
        settle(&ranges, items).ok_or_else(|| {
            let cells = (1..).zip(self.cells.iter().zip(&ranges));
            let limited = cells.filter(|(_, (_, range))| range.is_limited());
            limited
                .map(|(number, (spec, range))| {
                    let why = format!(
                        "the cells together do not make up {items} items: this one may take {} units, and there are {}",
                        range.most, range.units
                    );
                    spec.fault(number, &why)
                })
                .collect()
        })
    }
}
