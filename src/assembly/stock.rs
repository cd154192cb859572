//! What a pool has for a blueprint, cell by cell, and what stands against drawing from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, Cell, Section};
use super::cells::{apart, sets_of};
use super::pool::{ABILITIES, Pool};
use super::sorted::{Filled, Sorted, SortedSection, share_of};
use super::unscored::eligible;
use crate::kernel::{Fault, Score};

/// What a cell counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Single items.
    Items,
    /// Stimuli with enough items.
    Stimuli,
}

impl Counted {
    /// What `cell` counts.
    const fn of(cell: &Cell) -> Self {
        match cell.stimuli {
            None => Self::Items,
            Some(_) => Self::Stimuli,
        }
    }

    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Stimuli => "stimuli",
        }
    }
}

/// A cell that the pool cannot fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellShortage {
    /// The section's code.
    pub section: String,
    /// The cell's number in its section, from zero.
    pub cell: usize,
    /// What is counted.
    pub counted: Counted,
    /// How many the cell needs.
    pub needed: usize,
    /// How many belong to it.
    pub available: usize,
    /// Whether it is one of those of a section that together have too few for its ranges; then
    /// `needed` is the most that it may have.
    pub ranged: bool,
}

/// What a pool holds for a cell.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CellStock {
    /// The section's code.
    pub section: String,
    /// The cell's number in its section, from zero.
    pub cell: usize,
    /// What is counted.
    pub counted: Counted,
    /// How many the cell needs; where it has a range, how many it was given.
    pub needed: usize,
    /// Whether the section cannot be made up from the ranges of its cells, of which this is one that
    /// has less than it may take; then `needed` is the most that it may.
    pub ranged: bool,
    /// How many belong to it.
    pub available: usize,
    /// How many of these are set aside, so that papers are as hard as the target says.
    pub aside: usize,
    /// Whether there are too few.
    pub short: bool,
    /// The share of papers in which each item of it must be at least, from 0 to 1; none where the
    /// cell is empty.
    pub exposure: Option<f64>,
}

impl From<&CellShortage> for Fault {
    fn from(shortage: &CellShortage) -> Self {
        let code = match shortage.counted {
            _ if shortage.ranged => "too-few-for-range",
            Counted::Items => "too-few-items",
            Counted::Stimuli => "too-few-stimuli",
        };
        let place = format!("sections.{}.cells.{}", shortage.section, shortage.cell);
        Self::new(place, code)
            .with("needed", shortage.needed)
            .with("available", shortage.available)
    }
}

/// What papers can be expected to bring at one ability, as a share of the full mark.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Reach {
    /// The ability.
    pub ability: f64,
    /// What the blueprint states; none if it leaves that to the bank.
    pub target: Option<f64>,
    /// The mean of the bank's items for these cells.
    pub bank: f64,
    /// The mean of those that are left when some are set aside for the target.
    pub kept: f64,
    /// The least that could be reached at this ability, whatever happened at the others.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

/// How long a section takes.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SectionTime {
    /// The section's code.
    pub section: String,
    /// The minutes that candidates are advised to spend on it, if they are.
    pub minutes: Option<u32>,
    /// The minutes that its items are expected to take on average.
    pub expected: f64,
}

/// Sections, and the paper, whose items are expected to take longer than there is time: no reason to
/// refuse the blueprint, but one to look at it again.
pub(super) fn hurried(blueprint: &Blueprint, times: &[SectionTime]) -> Vec<Fault> {
    let short = |place: String, minutes: u32, expected: f64| {
        let fault = Fault::new(place, "time-short")
            .with("minutes", minutes)
            .with("expected", format!("{expected:.0}"));
        (expected > f64::from(minutes) + 0.01).then_some(fault)
    };
    let sections = times.iter().filter_map(|time| {
        let place = format!("sections.{}.minutes", time.section);
        short(place, time.minutes?, time.expected)
    });
    let whole = times.iter().map(|time| time.expected).sum();
    let whole = short("minutes".to_owned(), blueprint.minutes, whole);
    sections.chain(whole).collect()
}

/// What the pool holds for each cell, in order.
pub fn stock(blueprint: &Blueprint, pool: &Pool) -> Vec<CellStock> {
    Sorted::new(blueprint, pool).stock()
}

/// The cells that the pool cannot fill; none if every paper can be drawn.
pub fn feasible(blueprint: &Blueprint, pool: &Pool) -> Vec<CellShortage> {
    Sorted::new(blueprint, pool).shortages()
}

/// Why the target cannot be met: the abilities at which the nearest that the pool allows is too far
/// from it, and at the farthest the cells that have nothing left to set aside.
pub fn off_target(blueprint: &Blueprint, pool: &Pool) -> Vec<Fault> {
    Sorted::new(blueprint, pool).off_target()
}

/// Cells whose items must be in more papers than the blueprint allows.
pub fn overexposed(blueprint: &Blueprint, pool: &Pool) -> Vec<Fault> {
    let Some(cap) = blueprint.exposure_max() else {
        return Vec::new();
    };
    let over = |cell: &CellStock| cell.exposure.is_some_and(|least| least > cap + 1e-9);
    let fault = |cell: CellStock| {
        let place = format!("sections.{}.cells.{}", cell.section, cell.cell);
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        Fault::new(place, "overexposed")
            .with("least", percent(cell.exposure.unwrap_or_default()))
            .with("cap", percent(cap))
            .with("available", cell.available)
            .with("needed", cell.needed)
    };
    let cells = stock(blueprint, pool).into_iter();
    cells.filter(over).map(fault).collect()
}

/// Sets of enemies that cannot be kept apart: two of them share a stimulus, whose items are asked
/// together; or, as items are used alike, theirs would be in more papers than there are. `units` is
/// how many there are of the set, `share` what they add up to.
pub fn crowded(blueprint: &Blueprint, pool: &Pool) -> Vec<Fault> {
    let mut shares: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    let mut faults = Vec::new();
    for filled in Sorted::new(blueprint, pool).cells() {
        for unit in &filled.units {
            for set in sets_of(unit, pool) {
                let (count, share) = shares.entry(set).or_default();
                *count += 1;
                *share += filled.unit_share();
            }
            faults.extend(unit.enemies_within(filled.cell, pool));
        }
    }
    let crowded = shares
        .into_iter()
        .filter(|(_, (_, share))| *share > 1.0 + 1e-9);
    let fault = |(set, (units, share)): (&str, (usize, f64))| {
        Fault::new(format!("enemies.{set}"), "enemies-crowded")
            .with("set", set)
            .with("units", units)
            .with("percent", format!("{:.0}", share * 100.0))
    };
    faults.extend(crowded.map(fault));
    faults
}

/// Cells of written sections whose items may be worth more or less from paper to paper, so that
/// candidates would sit papers of different totals.
pub fn unequal_totals(blueprint: &Blueprint, pool: &Pool) -> Vec<Fault> {
    let sorted = Sorted::new(blueprint, pool);
    let written = sorted.sections.iter().filter(|s| s.section.is_written());
    written.flat_map(|s| unequal_cells(s, pool)).collect()
}

fn unequal_cells(sorted: &SortedSection<'_>, pool: &Pool) -> Vec<Fault> {
    let is_unequal = |filled: &Filled<'_>| {
        let units = filled.units.iter();
        let mut worths = units.map(|unit| unit.worth(filled.cell, pool));
        let first = worths.next().flatten();
        first.is_none() || worths.any(|worth| worth != first)
    };
    let cells = sorted.cells.iter().enumerate();
    cells
        .filter(|(_, filled)| !filled.units.is_empty() && is_unequal(filled))
        .map(|(index, _)| {
            let place = sorted.section.cell_place(index, "count");
            Fault::new(place, "unequal-marks")
        })
        .collect()
}

impl Sorted<'_> {
    /// How long each section takes.
    pub fn times(&self) -> Vec<SectionTime> {
        let time = |one: &SortedSection<'_>| {
            let seconds = one.cells.iter().map(|filled| filled.seconds(self.pool()));
            let seconds = seconds.chain([self.trial_seconds(one.section)]);
            SectionTime {
                section: one.section.code.clone(),
                minutes: one.section.minutes,
                expected: seconds.sum::<f64>() / 60.0,
            }
        };
        self.sections.iter().map(time).collect()
    }

    /// Seconds that the items on trial of a section are expected to take on average.
    fn trial_seconds(&self, section: &Section) -> f64 {
        let items = eligible(section, self.pool()).into_iter();
        let items: Vec<u32> = items.map(|at| self.pool().items()[at].seconds).collect();
        let all: f64 = items.iter().copied().map(f64::from).sum();
        all * share_of(section.trial_count(), items.len().max(1))
    }

    /// What the pool holds for each cell, in order.
    pub fn stock(&self) -> Vec<CellStock> {
        let of_section = |sorted: &SortedSection<'_>| {
            let cells = sorted.cells.iter().enumerate();
            let stock = |(cell, filled): (usize, &Filled<'_>)| {
                let apart = apart(&filled.units, self.pool());
                let ranged = !sorted.settled && apart < filled.cell.units_max();
                let needed = match ranged && apart >= filled.needs() {
                    true => filled.cell.units_max(),
                    false => filled.needs(),
                };
                CellStock {
                    section: sorted.section.code.clone(),
                    cell,
                    counted: Counted::of(filled.cell),
                    ranged: needed > filled.needs(),
                    needed,
                    available: apart + filled.aside,
                    aside: filled.aside,
                    short: apart < needed,
                    exposure: filled.exposure(),
                }
            };
            cells.map(stock).collect::<Vec<_>>()
        };
        self.sections.iter().flat_map(of_section).collect()
    }

    /// The cells that the pool cannot fill.
    pub fn shortages(&self) -> Vec<CellShortage> {
        let short = self.stock().into_iter().filter(|cell| cell.short);
        let shortage = |cell: CellStock| CellShortage {
            section: cell.section,
            cell: cell.cell,
            counted: cell.counted,
            needed: cell.needed,
            available: cell.available,
            ranged: cell.ranged,
        };
        short.map(shortage).collect()
    }

    /// What papers can be expected to bring at each ability; nothing while a cell is short.
    pub fn reach_by_ability(&self) -> Vec<Reach> {
        let cells = &self.reach;
        let (target, full) = (self.target(), real(self.total_marks().micros()));
        let abilities = ABILITIES.into_iter().enumerate();
        let reach = |(at, ability)| {
            let share = |marks: i64| real(marks) / full;
            Reach {
                ability,
                target: target.get(at).map(|marks| share(i64::from(*marks))),
                bank: share(cells.iter().map(|cell| cell.all[at]).sum()),
                kept: share(cells.iter().map(|cell| cell.kept[at]).sum()),
                least: share(cells.iter().map(|cell| cell.least[at]).sum()),
                greatest: share(cells.iter().map(|cell| cell.greatest[at]).sum()),
            }
        };
        let known = !cells.is_empty() && full > 0.0;
        abilities.filter(|_| known).map(reach).collect()
    }

    /// Where the nearest that the pool allows is farther from the target than papers may be.
    fn off_target(&self) -> Vec<Fault> {
        let (cells, Some(tolerance)) = (&self.reach, self.tolerance()) else {
            return Vec::new();
        };
        if cells.is_empty() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        let mut farthest = None;
        for (at, target) in self.target().into_iter().enumerate() {
            let sum = |of: fn(&super::forms::CellReach) -> &Vec<i64>| -> i64 {
                cells.iter().map(|cell| of(cell)[at]).sum()
            };
            let reached = sum(|cell| &cell.kept);
            let off = (reached - i64::from(target)).abs();
            if off <= tolerance {
                continue;
            }
            if farthest.is_none_or(|(most, _)| off > most) {
                farthest = Some((off, at));
            }
            let fault = Fault::new(format!("equal.target.{at}"), "target-out-of-reach")
                .with("ability", ABILITIES[at])
                .with("target", marks(i64::from(target)))
                .with("reached", marks(reached))
                .with("bank", marks(sum(|cell| &cell.all)))
                .with("least", marks(sum(|cell| &cell.least)))
                .with("greatest", marks(sum(|cell| &cell.greatest)));
            faults.push(fault);
        }
        faults.extend(
            farthest
                .into_iter()
                .flat_map(|(_, at)| self.spent_cells(at)),
        );
        faults
    }

    /// The cells that have nothing left to set aside, and what they give at an ability.
    fn spent_cells(&self, at: usize) -> Vec<Fault> {
        let places = self.sections.iter().flat_map(|sorted| {
            let cells = sorted.cells.iter().enumerate();
            cells.map(|(index, filled)| (sorted.section.place(&format!("cells.{index}")), filled))
        });
        let spent = places.zip(&self.reach);
        spent
            .filter(|(_, reach)| reach.spent)
            .map(|((place, filled), reach)| {
                Fault::new(place, "target-cell-spent")
                    .with("units", filled.units.len() + filled.aside)
                    .with("kept", filled.units.len())
                    .with("ability", ABILITIES[at])
                    .with("reached", marks(reach.kept[at]))
                    .with("bank", marks(reach.all[at]))
            })
            .collect()
    }
}

/// Two decimals, as for people.
fn marks(micros: i64) -> String {
    let hundredths = (micros + 5_000).div_euclid(10_000) * 10_000;
    Score::from_micros(hundredths).to_string()
}

#[expect(clippy::cast_precision_loss, reason = "marks for people")]
fn real(micros: i64) -> f64 {
    micros as f64
}
