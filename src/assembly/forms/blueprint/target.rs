//! A stated target, and why it cannot be met.

use super::super::aim::{CellReach, Goal};
use super::super::micro;
use super::super::table::Table;
use super::{FormBlueprint, Shortage};

impl FormBlueprint {
    /// What all papers are to come to.
    pub(in crate::assembly::forms) fn goal(&self, table: &Table) -> Goal {
        let items: usize = table
            .cells
            .iter()
            .map(|cell| cell.items(&table.cards))
            .sum();
        let items = i32::try_from(items).unwrap_or(i32::MAX);
        let shares = self.target.iter().flatten();
        Goal {
            target: shares.map(|share| micro(*share) * items).collect(),
            tolerance: micro(self.score_tolerance),
            cap: self.exposure_max.map(|cap| i64::from(micro(cap)).max(1)),
        }
    }

    /// Where the nearest that the bank allows is farther from the target than papers may be, and at
    /// the farthest ability the cells that have nothing left to set aside.
    pub(super) fn missed(&self, goal: &Goal, reach: &[CellReach]) -> Vec<Shortage> {
        let mut missed = Vec::new();
        let mut farthest = None;
        for (at, target) in goal.target.iter().enumerate() {
            let sum = |of: fn(&CellReach) -> &Vec<i64>| reach.iter().map(|r| of(r)[at]).sum();
            let kept: i64 = sum(|cell| &cell.kept);
            let off = (kept - i64::from(*target)).abs();
            if off <= i64::from(goal.tolerance) {
                continue;
            }
            if farthest.is_none_or(|(most, _)| off > most) {
                farthest = Some((off, at));
            }
            missed.push(Shortage {
                cell: 0,
                name: String::new(),
                why: format!(
                    "at ability {} the target is {} marks; the bank gives {} on average, the nearest that can be reached is {}, and by itself this ability could have {} to {}",
                    self.abilities[at],
                    marks(i64::from(*target)),
                    marks(sum(|cell| &cell.all)),
                    marks(kept),
                    marks(sum(|cell| &cell.least)),
                    marks(sum(|cell| &cell.greatest)),
                ),
            });
        }
        missed.extend(
            farthest
                .into_iter()
                .flat_map(|(_, at)| self.spent(at, reach)),
        );
        missed
    }

    fn spent(&self, at: usize, reach: &[CellReach]) -> Vec<Shortage> {
        let cells = (1..).zip(&self.cells).zip(reach);
        cells
            .filter(|(_, reach)| reach.spent)
            .map(|((number, spec), reach)| Shortage {
                cell: number,
                name: spec.name(),
                why: format!(
                    "it has no more units to set aside for the target: {} of {} are left, which give {} marks at ability {} where all give {}",
                    reach.stays.len() - reach.aside(),
                    reach.stays.len(),
                    marks(reach.kept[at]),
                    self.abilities[at],
                    marks(reach.all[at]),
                ),
            })
            .collect()
    }
}

/// Marks for people.
#[expect(clippy::cast_precision_loss, reason = "marks for people")]
fn marks(micros: i64) -> String {
    format!("{:.2}", micros as f64 / 1e6)
}
