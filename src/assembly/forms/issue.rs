//! Making papers and checking them once more, from their cards alone.

use std::collections::BTreeMap;

use super::blueprint::{FormBlueprint, Shortage};
use super::deal::deal;
use super::items::FormItem;
use super::table::{Table, index};
use super::trade::{conflicts, sum, trade};
use super::{NUMBERS, Numbers};
use crate::draw::Seed;

/// Issued papers.
pub struct Assembly {
    pub(in crate::assembly) table: Table,
    /// Cards of the issued papers, paper after paper.
    pub(super) cards: Vec<u32>,
    /// Sums of each issued paper.
    pub(in crate::assembly) sums: Vec<Numbers>,
    /// Sums of the papers as they were dealt, before any trade.
    pub(super) dealt_sums: Vec<Numbers>,
    /// Papers that were made and dropped, by what they failed.
    pub dropped: Vec<(Failure, usize)>,
    /// Papers that were made.
    pub made: usize,
    /// Uses of each item, by its place among the items.
    pub exposure: Vec<u32>,
    pub(super) seed: Seed,
}

/// What a paper fails.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A unit stands twice, or a cell has another count.
    Counts,
    /// Enemies stand together.
    Enemies,
    /// The expected score is beyond the tolerance at some ability.
    Score,
    /// The time is.
    Seconds,
    /// None: it was a spare.
    Spare,
}

impl Failure {
    /// As in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Enemies => "enemies",
            Self::Score => "score",
            Self::Seconds => "seconds",
            Self::Spare => "spare",
        }
    }
}

/// Makes `papers` papers; or says why the blueprint cannot be met.
pub fn assemble(
    blueprint: &FormBlueprint,
    items: &[FormItem],
    papers: usize,
    seed: &Seed,
) -> Result<Assembly, Vec<Shortage>> {
    let table = blueprint.table(items)?;
    Ok(make(table, items.len(), papers, spares(papers), seed))
}

/// How many papers are made beyond those asked for.
pub(in crate::assembly) const fn spares(papers: usize) -> usize {
    let share = papers / 500;
    if share > 2 { share } else { 2 }
}

/// Makes `papers` papers, and `spares` besides, from a table over so many `items`.
pub(in crate::assembly) fn make(
    table: Table,
    items: usize,
    papers: usize,
    spares: usize,
    seed: &Seed,
) -> Assembly {
    let made = papers + spares;
    let mut cards = deal(&table, made, seed);
    let dealt_sums = cards
        .chunks(table.slots)
        .map(|paper| sum(&table, paper))
        .collect();
    trade(&table, &mut cards, seed);
    let mut assembly = Assembly {
        cards: Vec::with_capacity(papers * table.slots),
        sums: Vec::with_capacity(papers),
        dealt_sums,
        dropped: Vec::new(),
        made,
        exposure: vec![0; items],
        seed: *seed,
        table,
    };
    assembly.issue(&cards, papers);
    assembly
}

impl Assembly {
    /// Takes the first papers that meet every limit.
    fn issue(&mut self, cards: &[u32], wanted: usize) {
        for paper in cards.chunks(self.table.slots) {
            let sums = sum(&self.table, paper);
            let failure = match failure(&self.table, paper, &sums) {
                None if self.sums.len() < wanted => {
                    for card in paper {
                        let card = &self.table.cards[index(*card)];
                        for item in &card.items {
                            self.exposure[index(*item)] += 1;
                        }
                    }
                    self.cards.extend_from_slice(paper);
                    self.sums.push(sums);
                    continue;
                }
                None => Failure::Spare,
                Some(failure) => failure,
            };
            match self.dropped.iter_mut().find(|(known, _)| *known == failure) {
                Some((_, count)) => *count += 1,
                None => self.dropped.push((failure, 1)),
            }
        }
        self.dropped.sort_unstable();
    }

    /// How many papers were issued.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// The places of the items of a paper, from zero, in the order in which they stand on it.
    pub fn paper(&self, number: usize) -> Vec<u32> {
        let paper = self.cards(number);
        let order = self
            .seed
            .sub(format!("order/{}", number + 1))
            .permutation(paper.len());
        let cards = order.into_iter().filter_map(|place| paper.get(place));
        cards
            .flat_map(|card| &self.table.cards[index(*card)].items)
            .copied()
            .collect()
    }

    /// The cards of a paper, cell after cell.
    pub(in crate::assembly) fn cards(&self, number: usize) -> &[u32] {
        let slots = self.table.slots;
        let own = self.cards.get(number * slots..(number + 1) * slots);
        own.unwrap_or_default()
    }

    /// The farthest that one of the first `numbers` of any issued paper lies from its target.
    pub(in crate::assembly) fn deviation(&self, numbers: usize) -> i32 {
        let of_paper = |sums: &Numbers| {
            let pairs = sums.iter().zip(&self.table.target).take(numbers);
            pairs.map(|(sum, target)| (sum - target).abs()).max()
        };
        self.sums
            .iter()
            .filter_map(of_paper)
            .max()
            .unwrap_or_default()
    }

    /// The items of a paper, in no order.
    pub(in crate::assembly) fn unordered(&self, number: usize) -> Vec<u32> {
        let items = self
            .cards(number)
            .iter()
            .flat_map(|card| &self.table.cards[index(*card)].items);
        items.copied().collect()
    }

    /// The line that stands for a paper: its number from one and the ids of its items, in order.
    pub fn line(&self, number: usize, items: &[FormItem]) -> String {
        let mut line = (number + 1).to_string();
        for item in self.paper(number) {
            line.push(',');
            line.push_str(&items[index(item)].id);
        }
        line
    }

    /// The numbers of every item of the cells, by id: with the seed and the blueprint, all from
    /// which a stranger makes the papers again.
    pub fn numbers(
        &self,
        blueprint: &FormBlueprint,
        items: &[FormItem],
    ) -> BTreeMap<String, Vec<i32>> {
        let mut numbers = BTreeMap::new();
        // Those that are set aside too: a stranger finds out for themselves which they are.
        let whole = blueprint.whole_table(items);
        let cards = whole
            .as_ref()
            .map_or(&self.table.cards, |table| &table.cards);
        for card in cards {
            for item in &card.items {
                let item = &items[index(*item)];
                numbers.insert(item.id.clone(), blueprint.used_numbers(item));
            }
        }
        numbers
    }
}

/// What a paper fails first, if anything.
fn failure(table: &Table, paper: &[u32], sums: &Numbers) -> Option<Failure> {
    let card = |card: &u32| &table.cards[index(*card)];
    let mut units: Vec<u32> = paper.iter().map(|one| card(one).unit).collect();
    units.sort_unstable();
    units.dedup();
    let in_cells = table.cells.iter().enumerate().all(|(number, cell)| {
        let own = paper.get(cell.first..cell.first + cell.needs);
        own.is_some_and(|own| own.iter().all(|one| card(one).cell == number))
    });
    if units.len() != table.slots || !in_cells {
        return Some(Failure::Counts);
    }
    if conflicts(table, paper) > 0 {
        return Some(Failure::Enemies);
    }
    let beyond = |at: usize| {
        let deviation = (sums[at] - table.target[at]).abs();
        table.tolerance[at].is_some_and(|tolerance| deviation > tolerance)
    };
    if (0..NUMBERS - 1).any(beyond) {
        return Some(Failure::Score);
    }
    beyond(NUMBERS - 1).then_some(Failure::Seconds)
}
