//! The draw itself, as the room's own page defines it.

use std::ops::Range;

use super::blueprint::{Blueprint, Section};
use super::forms::{self, Assembly, Basis, Failure, Report, Table, index};
use super::paper::{Paper, PaperSection, PlacedItem};
use super::pool::{ABILITIES, Pool, PoolItem};
use super::seats::{Seated, give};
use super::sorted::{Filled, Sorted};
use super::unscored::{self, Taken};
use crate::draw::Seed;
use crate::kernel::{Fault, Score};

/// How often papers are made anew until enough meet every limit. A small examination needs several
/// attempts now and then, and they cost it nothing.
const ATTEMPTS: u32 = 16;
/// How often the spares are doubled meanwhile. Every spare that is dropped takes the use of items a
/// little further from even, so they stay few.
const DOUBLINGS: u32 = 4;

/// A section and its slots on a paper.
#[derive(Debug)]
struct SectionPlan<'a> {
    section: &'a Section,
    slots: Range<usize>,
}

/// A blueprint that a pool can fill. Made once for a draw, it gives the papers of all candidates.
/// The blueprint is one without [`Blueprint::faults`].
#[derive(Debug)]
pub struct Plan<'a> {
    pool: &'a Pool,
    sections: Vec<SectionPlan<'a>>,
    table: Table,
    total: Score,
}

/// Papers for everybody, and which of them is whose.
pub struct Drawn {
    assembly: Assembly,
    /// How many attempts were not enough before.
    pub attempt: u32,
    seed: Seed,
    codes: Vec<String>,
    given: Vec<usize>,
    taken: Taken,
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

impl<'a> Plan<'a> {
    /// Checks that the pool can fill every cell and has enough on trial, and says of each cell and
    /// section where it has not. The pool is one that was [`Pool::numbered`] for the blueprint.
    pub fn new(blueprint: &'a Blueprint, pool: &'a Pool) -> Result<Self, Vec<Fault>> {
        let sorted = Sorted::new(blueprint, pool);
        let mut faults: Vec<Fault> = sorted.shortages().iter().map(Fault::from).collect();
        faults.extend(unscored::faults(&sorted));
        let Some(table) = sorted.table.as_ref().filter(|_| faults.is_empty()) else {
            return Err(faults);
        };
        let mut first = 0;
        let sections = sorted.sections.iter().map(|one| {
            let slots = first..first + one.cells.iter().map(Filled::needs).sum::<usize>();
            first = slots.end;
            let section = one.section;
            SectionPlan { section, slots }
        });
        Ok(Self {
            pool,
            sections: sections.collect(),
            table: table.clone(),
            total: sorted.total_marks(),
        })
    }

    /// Makes a paper for each of the candidates, all of them equal, and says whose each is.
    pub fn draw(&self, seed: &Seed, candidates: &[Seated<'_>]) -> Result<Drawn, Unequal> {
        let (assembly, attempt) = self.make(candidates.len(), seed)?;
        let sections = self.sections.iter().map(|plan| plan.section);
        let items_of = |number| assembly.unordered(number);
        let taken = Taken::deal(sections, self.pool, candidates.len(), seed, items_of);
        let taken = taken.ok_or_else(|| Unequal {
            wanted: candidates.len(),
            made: assembly.made,
            issued: 0,
            dropped: vec![(Failure::Enemies, candidates.len())],
        })?;
        Ok(Drawn {
            taken,
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
        let number = drawn.given[at];
        let cards = drawn.assembly.cards(number);
        let mut positions = 1..;
        let section = |(index, plan): (usize, &SectionPlan<'_>)| {
            let own = cards.get(plan.slots.clone()).unwrap_or_default();
            let on_trial = drawn.taken.of(index, number);
            let items = self.items(plan, &candidate, own, on_trial).into_iter();
            let places = items
                .zip(&mut positions)
                .filter_map(|(item, position)| plan.place(&candidate, item, position));
            PaperSection {
                code: plan.section.code.clone(),
                places: places.collect(),
            }
        };
        Paper {
            sections: self.sections.iter().enumerate().map(section).collect(),
        }
    }

    /// The items of a section of one paper, in their order.
    fn items(
        &self,
        plan: &SectionPlan<'_>,
        candidate: &Seed,
        cards: &[u32],
        on_trial: &[u32],
    ) -> Vec<&'a PoolItem> {
        let mut own = cards.to_vec();
        if plan.section.is_written() {
            own.sort_by_key(|card| self.table.cards[index(*card)].unit);
        }
        let mut groups: Vec<Vec<&PoolItem>> = own
            .iter()
            .map(|card| self.items_of(plan, candidate, *card))
            .collect();
        groups.extend(
            on_trial
                .iter()
                .map(|at| vec![&self.pool.items()[index(*at)]]),
        );
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
    pub const fn total_marks(&self) -> Score {
        self.total
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
        let counting = self.pool.items().iter().filter(|item| !item.trial);
        let on_trial = self.pool.items().len() - counting.count();
        let figures = forms::figures(made, &basis, self.pool.items().len(), asked, seed);
        Report {
            bank: figures.bank - on_trial,
            unused: figures.unused - on_trial,
            ..figures
        }
    }

    fn worth(&self, item: &PoolItem) -> Score {
        let mut worths = self.sections.iter().map(|plan| plan.section.worth(item));
        worths.find_map(|worth| worth).unwrap_or_default()
    }

    /// The items that are in some paper, those on trial too, each with in how many.
    pub fn uses(&self, drawn: &Drawn) -> impl Iterator<Item = (&'a PoolItem, u32)> {
        let on_trial = drawn.taken.uses(self.pool.items().len());
        let uses = drawn.assembly.exposure.iter().zip(on_trial);
        let uses = uses.map(|(counting, on_trial)| counting + on_trial);
        let uses: Vec<u32> = uses.collect();
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

impl SectionPlan<'_> {
    /// Puts an item on the paper; nothing if it does not belong to the section.
    fn place(&self, candidate: &Seed, item: &PoolItem, position: u32) -> Option<PlacedItem> {
        let order = candidate
            .sub(format!("options/{}", item.code))
            .permutation(usize::from(item.option_count));
        Some(PlacedItem {
            position,
            item_id: item.item_id,
            version: item.version,
            marks: self.section.marks_at(item)?,
            option_order: order
                .into_iter()
                .filter_map(|o| u8::try_from(o).ok())
                .collect(),
        })
    }
}
