//! The draw itself, as the room's own page defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, Cell, Section};
use super::cells::{Unit, units_by_cell};
use super::forms::{self, Assembly, Basis, Failure, Report, Table, index};
use super::paper::{Paper, PaperSection, PlacedItem};
use super::pool::{ABILITIES, Pool, PoolItem};
use super::seats::{Seated, give};
use crate::draw::Seed;
use crate::kernel::{Fault, Score};

/// How often papers are made anew until enough meet every limit. A small examination needs several
/// attempts now and then, and they cost it nothing.
const ATTEMPTS: u32 = 16;
/// How often the spares are doubled meanwhile. Every spare that is dropped takes the use of items a
/// little further from even, so they stay few.
const DOUBLINGS: u32 = 4;

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
    /// How many the cell needs.
    pub needed: usize,
    /// How many belong to it.
    pub available: usize,
    /// Whether these are too few.
    pub short: bool,
    /// The share of papers in which each item of it must be at least, from 0 to 1; none where the
    /// cell is empty.
    pub exposure: Option<f64>,
}

impl From<&CellShortage> for Fault {
    fn from(shortage: &CellShortage) -> Self {
        let code = match shortage.counted {
            Counted::Items => "too-few-items",
            Counted::Stimuli => "too-few-stimuli",
        };
        let place = format!("sections.{}.cells.{}", shortage.section, shortage.cell);
        Self::new(place, code)
            .with("needed", shortage.needed)
            .with("available", shortage.available)
    }
}

/// A section with the units of its cells.
#[derive(Debug)]
struct SectionPlan<'a> {
    section: &'a Section,
    units: Vec<Vec<Unit<'a>>>,
    /// Its slots on a paper.
    slots: Range<usize>,
}

/// A blueprint that a pool can fill. Made once for a draw, it gives the papers of all candidates.
/// The blueprint is one without [`Blueprint::faults`].
#[derive(Debug)]
pub struct Plan<'a> {
    pool: &'a Pool,
    sections: Vec<SectionPlan<'a>>,
    table: Table,
}

/// Papers for everybody, and which of them is whose.
pub struct Drawn {
    assembly: Assembly,
    /// How many attempts were not enough before.
    pub attempt: u32,
    seed: Seed,
    codes: Vec<String>,
    given: Vec<usize>,
}

/// Not as many papers met every limit as there are candidates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("of {made} papers {issued} meet every limit, and {wanted} are wanted")]
pub struct Unequal {
    /// Papers wanted.
    pub wanted: usize,
    /// Papers made in the last attempt.
    pub made: usize,
    /// Papers that met every limit.
    pub issued: usize,
    /// Papers that did not, by what they failed.
    pub dropped: Vec<(Failure, usize)>,
}

impl Unequal {
    /// How many papers failed by this.
    pub fn failing(&self, failure: Failure) -> usize {
        let counts = self.dropped.iter();
        counts
            .filter_map(|(of, count)| (*of == failure).then_some(*count))
            .sum()
    }
}

/// What the pool holds for each cell, in order.
pub fn stock(blueprint: &Blueprint, pool: &Pool) -> Vec<CellStock> {
    let sections = blueprint.sections.iter();
    sections
        .flat_map(|section| SectionPlan::new(section, pool, 0).stock(pool))
        .collect()
}

/// The cells that the pool cannot fill; none if every paper can be drawn.
pub fn feasible(blueprint: &Blueprint, pool: &Pool) -> Vec<CellShortage> {
    let short = stock(blueprint, pool).into_iter().filter(|cell| cell.short);
    let shortage = |cell: CellStock| CellShortage {
        section: cell.section,
        cell: cell.cell,
        counted: cell.counted,
        needed: cell.needed,
        available: cell.available,
    };
    short.map(shortage).collect()
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
    for section in &blueprint.sections {
        let by_cell = units_by_cell(section, pool);
        for (cell, units) in section.cells.iter().zip(&by_cell) {
            for unit in units {
                let items = unit.items.iter().map(|at| &pool.items()[*at]);
                let sets: BTreeSet<&str> = items.flat_map(PoolItem::enemy_sets).collect();
                for set in sets {
                    let (count, share) = shares.entry(set).or_default();
                    *count += 1;
                    *share += share_of(cell.units(), units.len());
                }
                faults.extend(unit.enemies_within(cell, pool));
            }
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
    let written = blueprint.sections.iter().filter(|s| s.is_written());
    written
        .flat_map(|section| SectionPlan::new(section, pool, 0).unequal_cells(pool))
        .collect()
}

impl<'a> Plan<'a> {
    /// Checks that the pool can fill every cell, and says of each that it cannot. The pool is one
    /// that was [`Pool::numbered`] for the blueprint.
    pub fn new(blueprint: &'a Blueprint, pool: &'a Pool) -> Result<Self, Vec<CellShortage>> {
        let shortages = feasible(blueprint, pool);
        if !shortages.is_empty() {
            return Err(shortages);
        }
        let mut table = Table::new(blueprint.tolerances());
        let mut sections = Vec::new();
        for section in &blueprint.sections {
            let plan = SectionPlan::new(section, pool, table.slots);
            for (cell, units) in section.cells.iter().zip(&plan.units) {
                let groups: Vec<Vec<usize>> = units.iter().map(|unit| unit.items.clone()).collect();
                table.add_cell(cell.units(), cell.items_per_unit(), &groups, |item| {
                    pool.items()[item].numbers()
                });
            }
            sections.push(plan);
        }
        table.set_enemies(pool.enemies());
        Ok(Self {
            pool,
            sections,
            table,
        })
    }

    /// Makes a paper for each of the candidates, all of them equal, and says whose each is.
    pub fn draw(&self, seed: &Seed, candidates: &[Seated<'_>]) -> Result<Drawn, Unequal> {
        let (assembly, attempt) = self.make(candidates.len(), seed)?;
        Ok(Drawn {
            given: give(candidates, |number| assembly.unordered(number)),
            codes: candidates.iter().map(|one| one.code.to_owned()).collect(),
            seed: *seed,
            assembly,
            attempt,
        })
    }

    /// As many papers as wanted, and which attempt gave them.
    pub(super) fn make(&self, wanted: usize, seed: &Seed) -> Result<(Assembly, u32), Unequal> {
        let mut refused = None;
        for attempt in 0..ATTEMPTS {
            let spares = forms::spares(wanted) << attempt.min(DOUBLINGS);
            let own = seed.sub(format!("attempt/{attempt}"));
            let items = self.pool.items().len();
            let made = forms::make(self.table.clone(), items, wanted, spares, &own);
            if made.len() == wanted {
                return Ok((made, attempt));
            }
            refused = Some(Unequal {
                wanted,
                made: made.made,
                issued: made.len(),
                dropped: made.dropped,
            });
        }
        Err(refused.unwrap_or(Unequal {
            wanted,
            made: 0,
            issued: 0,
            dropped: Vec::new(),
        }))
    }

    /// The paper of the candidate at this place of those for whom the papers were drawn.
    pub fn paper(&self, drawn: &Drawn, at: usize) -> Paper {
        let candidate = drawn.seed.sub(format!("paper/{}", drawn.codes[at]));
        let cards = drawn.assembly.cards(drawn.given[at]);
        let mut positions = 1..;
        let section = |plan: &SectionPlan<'_>| {
            let items = self.items(plan, &candidate, cards).into_iter();
            let places = items
                .zip(&mut positions)
                .filter_map(|(item, position)| plan.place(&candidate, item, position));
            PaperSection {
                code: plan.section.code.clone(),
                places: places.collect(),
            }
        };
        Paper {
            sections: self.sections.iter().map(section).collect(),
        }
    }

    /// The items of a section of one paper, in their order.
    fn items(&self, plan: &SectionPlan<'_>, candidate: &Seed, cards: &[u32]) -> Vec<&'a PoolItem> {
        let mut own = cards.get(plan.slots.clone()).unwrap_or_default().to_vec();
        if plan.section.is_written() {
            own.sort_by_key(|card| self.table.cards[index(*card)].unit);
        }
        let groups: Vec<Vec<&PoolItem>> = own
            .iter()
            .map(|card| self.items_of(plan, candidate, *card))
            .collect();
        if plan.section.is_written() {
            return groups.concat();
        }
        let order = candidate
            .sub(format!("order/{}", plan.section.code))
            .permutation(groups.len());
        order
            .into_iter()
            .flat_map(|at| groups[at].clone())
            .collect()
    }

    /// The items of a card, in the order in which they stand on the paper.
    fn items_of(&self, plan: &SectionPlan<'_>, candidate: &Seed, card: u32) -> Vec<&'a PoolItem> {
        let mut places = self.table.cards[index(card)].items.clone();
        places.sort_unstable();
        let items: Vec<&PoolItem> = places
            .into_iter()
            .map(|at| &self.pool.items()[index(at)])
            .collect();
        let stimulus = items.first().and_then(|item| item.stimulus.as_deref());
        match stimulus.filter(|_| !plan.section.is_written()) {
            None => items,
            Some(stimulus) => candidate
                .sub(format!("stimulus/{}/{stimulus}", plan.section.code))
                .permutation(items.len())
                .into_iter()
                .map(|at| items[at])
                .collect(),
        }
    }

    /// What any paper is worth, if totals are equal.
    pub fn total_marks(&self) -> Score {
        let of_section = |plan: &SectionPlan<'_>| -> Score {
            let cells = plan.section.cells.iter().zip(&plan.units);
            let of_cell = |(cell, units): (&Cell, &Vec<Unit<'_>>)| match plan.section.marks_each {
                Some(marks) => (0..cell.units() * cell.items_per_unit())
                    .map(|_| marks)
                    .sum(),
                None => {
                    let worth = units.first().and_then(|unit| unit.worth(cell, self.pool));
                    (0..cell.units()).map(|_| worth.unwrap_or_default()).sum()
                }
            };
            cells.map(of_cell).sum()
        };
        self.sections.iter().map(of_section).sum()
    }

    /// What the committee reads of papers: how equal they are, how often items are used, how much
    /// they have in common.
    pub fn report(&self, title: &str, drawn: &Drawn) -> Report {
        self.figures(title, &drawn.assembly, drawn.codes.len(), &drawn.seed)
    }

    /// The same of papers made on trial, which nobody sits.
    pub fn trial(&self, title: &str, papers: usize) -> Result<Report, Unequal> {
        let seed = Seed::new([0; 32]).sub("trial");
        let (assembly, _) = self.make(papers, &seed)?;
        Ok(self.figures(title, &assembly, papers, &seed))
    }

    fn figures(&self, title: &str, made: &Assembly, asked: usize, seed: &Seed) -> Report {
        let slope = |item: u32, ability: f64| {
            let item = self.pool.items().get(index(item));
            item.map_or(0.0, |item| item.slope(self.worth(item), ability))
        };
        let cells = self.sections.iter().flat_map(|plan| {
            let numbers = 1..=plan.section.cells.len();
            numbers.map(|number| format!("{} {number}", plan.section.code))
        });
        let tolerance = self.table.tolerance[0].map(|micros| f64::from(micros) / 1e6);
        let basis = Basis {
            title: title.to_owned(),
            cells: cells.collect(),
            abilities: &ABILITIES,
            tolerance,
            slope: &slope,
        };
        forms::figures(made, &basis, self.pool.items().len(), asked, seed)
    }

    fn worth(&self, item: &PoolItem) -> Score {
        let mut worths = self.sections.iter().map(|plan| plan.section.worth(item));
        worths.find_map(|worth| worth).unwrap_or_default()
    }

    /// The items that are in some paper, each with in how many.
    pub fn uses(&self, drawn: &Drawn) -> impl Iterator<Item = (&'a PoolItem, u32)> {
        let uses = drawn.assembly.exposure.iter().copied();
        let items = self.pool.items().iter().zip(uses);
        items.filter(|(_, papers)| *papers > 0)
    }
}

impl Drawn {
    /// The papers made, spares included.
    pub const fn made(&self) -> usize {
        self.assembly.made
    }

    /// How far the expected score of any paper lies from the target, at the ability where it is
    /// farthest, in millionths of a mark.
    pub fn deviation(&self) -> i32 {
        self.assembly.deviation(ABILITIES.len())
    }
}

impl<'a> SectionPlan<'a> {
    fn new(section: &'a Section, pool: &'a Pool, first: usize) -> Self {
        let slots: usize = section.cells.iter().map(Cell::units).sum();
        Self {
            units: units_by_cell(section, pool),
            section,
            slots: first..first + slots,
        }
    }

    fn stock(&self, pool: &Pool) -> Vec<CellStock> {
        let cells = self.section.cells.iter().zip(&self.units).enumerate();
        cells
            .map(|(index, (cell, units))| {
                let available = apart(units, pool);
                CellStock {
                    section: self.section.code.clone(),
                    cell: index,
                    counted: Counted::of(cell),
                    needed: cell.units(),
                    available,
                    short: available < cell.units(),
                    exposure: least_exposure(cell, units),
                }
            })
            .collect()
    }

    /// Puts an item on the paper; nothing if it does not belong to the section.
    fn place(&self, candidate: &Seed, item: &PoolItem, position: u32) -> Option<PlacedItem> {
        let order = candidate
            .sub(format!("options/{}", item.code))
            .permutation(usize::from(item.option_count));
        Some(PlacedItem {
            position,
            item_id: item.item_id,
            version: item.version,
            marks: self.section.worth(item)?,
            option_order: order
                .into_iter()
                .filter_map(|o| u8::try_from(o).ok())
                .collect(),
        })
    }

    fn unequal_cells(&self, pool: &Pool) -> Vec<Fault> {
        let is_unequal = |&index: &usize| {
            let cell = &self.section.cells[index];
            let mut worths = self.units[index].iter().map(|unit| unit.worth(cell, pool));
            let first = worths.next().flatten();
            first.is_none() || worths.any(|worth| worth != first)
        };
        (0..self.section.cells.len())
            .filter(|index| !self.units[*index].is_empty())
            .filter(is_unequal)
            .map(|index| Fault::new(self.section.cell_place(index, "count"), "unequal-marks"))
            .collect()
    }
}

/// How many of the units can stand on one paper: of enemies of one set only the first counts.
fn apart(units: &[Unit<'_>], pool: &Pool) -> usize {
    let mut sets: BTreeMap<&str, ()> = BTreeMap::new();
    let free = units.iter().filter(|unit| {
        let items = unit.items.iter().map(|at| &pool.items()[*at]);
        let own: Vec<&str> = items.flat_map(PoolItem::enemy_sets).collect();
        let is_free = own.iter().all(|set| !sets.contains_key(set));
        if is_free {
            sets.extend(own.into_iter().map(|set| (set, ())));
        }
        is_free
    });
    free.count()
}

/// In what share of papers the most used item of a cell is at least.
fn least_exposure(cell: &Cell, units: &[Unit<'_>]) -> Option<f64> {
    let smallest = units.iter().map(|unit| unit.items.len()).min()?;
    Some(share_of(cell.units(), units.len()) * share_of(cell.items_per_unit(), smallest))
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share_of(some: usize, all: usize) -> f64 {
    some as f64 / all as f64
}
