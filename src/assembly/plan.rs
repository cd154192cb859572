//! The draw itself, as the room's own page defines it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, Cell, Section};
use super::fit::Fit;
use super::paper::{Paper, PaperSection, PlacedItem};
use super::pool::{Pool, PoolItem};
use crate::draw::Seed;
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

/// A cell that the pool cannot fill beside the cells before it.
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
    /// How many it can have, when the cells of its section before it have theirs.
    pub available: usize,
}

/// What a pool holds for a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CellStock {
    /// The section's code.
    pub section: String,
    /// The cell's number in its section, from zero.
    pub cell: usize,
    /// What is counted.
    pub counted: Counted,
    /// How many the cell needs.
    pub needed: usize,
    /// How many may serve it, those that other cells want too included.
    pub available: usize,
    /// Whether the cell cannot be filled beside the cells before it.
    pub short: bool,
}

/// What the pool holds for each cell, in order.
pub fn stock(blueprint: &Blueprint, pool: &Pool) -> Vec<CellStock> {
    let sections = blueprint.sections.iter();
    sections
        .flat_map(|section| SectionPlan::new(section, pool).stock())
        .collect()
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

/// A blueprint that a pool can fill: from here on every paper succeeds. Made once for a draw, it
/// gives the papers of all candidates. The blueprint is one without [`Blueprint::faults`].
#[derive(Debug)]
pub struct Plan<'a>(Vec<SectionPlan<'a>>);

/// A section with the units it may draw.
#[derive(Debug)]
struct SectionPlan<'a> {
    section: &'a Section,
    units: Vec<Unit<'a>>,
    fit: Fit,
    /// For each cell, the units that may serve it, in order of their codes.
    candidates: Vec<Vec<usize>>,
}

/// What a draw takes as a whole.
#[derive(Debug)]
enum Unit<'a> {
    /// An item that stands alone.
    Single(&'a PoolItem),
    /// A stimulus, by its code, with its items in order of their codes.
    Shared(&'a str, Vec<&'a PoolItem>),
}

/// The cells that the pool cannot fill; none if every paper can be drawn.
pub fn feasible(blueprint: &Blueprint, pool: &Pool) -> Vec<CellShortage> {
    Plan::new(blueprint, pool).err().unwrap_or_default()
}

/// The paper of one candidate. For many, make the [`Plan`] once.
pub fn assemble(
    blueprint: &Blueprint,
    pool: &Pool,
    seed: &Seed,
    candidate_code: &str,
) -> Result<Paper, Vec<CellShortage>> {
    Ok(Plan::new(blueprint, pool)?.paper(seed, candidate_code))
}

/// Cells of written sections whose items may be worth more or less from paper to paper, so that
/// candidates would sit papers of different totals.
pub fn unequal_totals(blueprint: &Blueprint, pool: &Pool) -> Vec<Fault> {
    let written = blueprint.sections.iter().filter(|s| s.is_written());
    written
        .map(|section| SectionPlan::new(section, pool))
        .flat_map(|plan| plan.unequal_cells())
        .collect()
}

impl<'a> Plan<'a> {
    /// Checks that the pool can fill every cell, and says of each that it cannot.
    pub fn new(blueprint: &'a Blueprint, pool: &'a Pool) -> Result<Self, Vec<CellShortage>> {
        let sections = blueprint.sections.iter();
        let plans: Vec<_> = sections.map(|s| SectionPlan::new(s, pool)).collect();
        let shortages: Vec<_> = plans.iter().flat_map(SectionPlan::shortages).collect();
        if shortages.is_empty() {
            Ok(Self(plans))
        } else {
            Err(shortages)
        }
    }

    /// The paper of the candidate with this code, under the seed of the draw.
    pub fn paper(&self, seed: &Seed, candidate_code: &str) -> Paper {
        let candidate = seed.sub(format!("paper/{candidate_code}"));
        let mut positions = 1..;
        let section = |plan: &SectionPlan<'_>| {
            let items = plan.items(&candidate).into_iter();
            let places = items
                .zip(&mut positions)
                .filter_map(|(item, position)| plan.place(&candidate, item, position));
            PaperSection {
                code: plan.section.code.clone(),
                places: places.collect(),
            }
        };
        Paper {
            sections: self.0.iter().map(section).collect(),
        }
    }
}

impl<'a> SectionPlan<'a> {
    fn new(section: &'a Section, pool: &'a Pool) -> Self {
        let units = units_of(section, pool);
        let serves = |unit: &Unit<'_>| {
            let cells = section.cells.iter().enumerate();
            cells
                .filter_map(|(index, cell)| unit.may_serve(cell).then_some(index))
                .collect()
        };
        let fit = Fit::new(units.iter().map(serves).collect());
        let candidates = (0..section.cells.len())
            .map(|cell| fit.candidates(cell))
            .collect();
        Self {
            section,
            units,
            fit,
            candidates,
        }
    }

    fn needs(&self) -> Vec<usize> {
        self.section.cells.iter().map(Cell::units).collect()
    }

    fn shortages(&self) -> Vec<CellShortage> {
        let available = self.fit.stock(self.needs()).fillable();
        let cells = self.section.cells.iter().zip(available).enumerate();
        cells
            .filter(|(_, (cell, available))| *available < cell.units())
            .map(|(index, (cell, available))| CellShortage {
                section: self.section.code.clone(),
                cell: index,
                counted: Counted::of(cell),
                needed: cell.units(),
                available,
            })
            .collect()
    }

    fn stock(&self) -> Vec<CellStock> {
        let fillable = self.fit.stock(self.needs()).fillable();
        let cells = self.section.cells.iter().zip(fillable).enumerate();
        cells
            .map(|(index, (cell, fillable))| CellStock {
                section: self.section.code.clone(),
                cell: index,
                counted: Counted::of(cell),
                needed: cell.units(),
                available: self.candidates[index].len(),
                short: fillable < cell.units(),
            })
            .collect()
    }

    /// The items of this section of one paper, in their order.
    fn items(&self, candidate: &Seed) -> Vec<&'a PoolItem> {
        let groups: Vec<Vec<&PoolItem>> = self
            .choose(candidate)
            .into_iter()
            .map(|(cell, unit)| self.items_of(candidate, cell, &self.units[unit]))
            .collect();
        if self.section.is_written() {
            return groups.concat();
        }
        let order = candidate
            .sub(format!("order/{}", self.section.code))
            .permutation(groups.len());
        order
            .into_iter()
            .flat_map(|at| groups[at].clone())
            .collect()
    }

    /// The chosen units, each with the cell it serves: by cell, then in order of selection (in a
    /// written section, of codes).
    fn choose(&self, candidate: &Seed) -> Vec<(&'a Cell, usize)> {
        let mut stock = self.fit.stock(self.needs());
        let mut chosen = Vec::new();
        for (index, cell) in self.section.cells.iter().enumerate() {
            let candidates = &self.candidates[index];
            let key = candidate.sub(format!("cell/{}/{index}", self.section.code));
            let mut units = Vec::with_capacity(stock.need(index));
            for at in key.permutation(candidates.len()) {
                if stock.need(index) == 0 {
                    break;
                }
                if stock.take(candidates[at], index) {
                    units.push(candidates[at]);
                }
            }
            if self.section.is_written() {
                units.sort_unstable();
            }
            chosen.extend(units.into_iter().map(|unit| (cell, unit)));
        }
        chosen
    }

    /// The items that `unit` brings to `cell`, in the order in which they stand on the paper.
    fn items_of(&self, candidate: &Seed, cell: &Cell, unit: &Unit<'a>) -> Vec<&'a PoolItem> {
        match unit {
            Unit::Single(item) => vec![*item],
            Unit::Shared(stimulus, items) => {
                let matching: Vec<_> = items.iter().filter(|i| cell.matches(i)).collect();
                let mut picked = candidate
                    .sub(format!("stimulus/{}/{stimulus}", self.section.code))
                    .pick(matching.len(), cell.items_per_unit());
                if self.section.is_written() {
                    picked.sort_unstable();
                }
                picked.into_iter().map(|at| *matching[at]).collect()
            }
        }
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

    fn unequal_cells(&self) -> Vec<Fault> {
        let is_unequal = |&index: &usize| {
            let cell = &self.section.cells[index];
            let units = self.candidates[index].iter().map(|&unit| &self.units[unit]);
            let mut worths = units.map(|unit| unit.worth(cell));
            let first = worths.next().flatten();
            first.is_none() || worths.any(|worth| worth != first)
        };
        (0..self.section.cells.len())
            .filter(|index| !self.candidates[*index].is_empty())
            .filter(is_unequal)
            .map(|index| Fault::new(self.section.cell_place(index, "count"), "unequal-marks"))
            .collect()
    }
}

impl Unit<'_> {
    fn may_serve(&self, cell: &Cell) -> bool {
        match self {
            Self::Single(item) => cell.stimuli.is_none() && cell.matches(item),
            Self::Shared(_, items) => {
                let matching = items.iter().filter(|item| cell.matches(item)).count();
                cell.stimuli.is_some() && matching >= cell.items_per_unit()
            }
        }
    }

    /// What the unit brings to a paper through `cell` of a written section; nothing if that
    /// depends on which of its items are drawn.
    fn worth(&self, cell: &Cell) -> Option<Score> {
        match self {
            Self::Single(item) => item.marks,
            Self::Shared(_, items) => {
                let matching = items.iter().filter(|item| cell.matches(item));
                let mut marks: Vec<Score> = matching.filter_map(|item| item.marks).collect();
                marks.sort_unstable();
                let drawn = cell.items_per_unit();
                let certain = marks.len() == drawn || marks.first() == marks.last();
                certain.then(|| marks.into_iter().take(drawn).sum())
            }
        }
    }
}

/// The units of a section: single items, then stimuli, each in order of their codes.
fn units_of<'a>(section: &Section, pool: &'a Pool) -> Vec<Unit<'a>> {
    let mut shared: BTreeMap<&str, Vec<&PoolItem>> = BTreeMap::new();
    let mut units = Vec::new();
    let of_section = pool.items().iter().filter(|i| section.worth(i).is_some());
    for item in of_section {
        match &item.stimulus {
            None => units.push(Unit::Single(item)),
            Some(stimulus) => shared.entry(stimulus).or_default().push(item),
        }
    }
    units.extend(
        shared
            .into_iter()
            .map(|(code, items)| Unit::Shared(code, items)),
    );
    units
}
