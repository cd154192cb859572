//! What papers are made from, in numbers: cells, units and cards.

use std::collections::{BTreeMap, BTreeSet};

use super::{NUMBERS, Numbers};

/// A unit as it is dealt.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::assembly) struct Card {
    /// Index of its cell.
    pub cell: usize,
    /// Index of the unit among all.
    pub unit: u32,
    /// Indexes of its items.
    pub items: Vec<u32>,
    /// What they add up to.
    pub numbers: Numbers,
    /// Units that must not be beside it, ascending.
    pub enemies: Vec<u32>,
}

impl Card {
    /// Whether the card must not be beside one of this unit.
    pub fn is_enemy(&self, unit: u32) -> bool {
        self.enemies.binary_search(&unit).is_ok()
    }
}

/// A cell with what may be dealt for it.
#[derive(Debug, Clone)]
pub(in crate::assembly) struct Cell {
    /// Units that a paper needs.
    pub needs: usize,
    /// For each unit, the cards as which it is dealt in turn.
    pub units: Vec<Vec<u32>>,
    /// The first of its slots on a paper.
    pub first: usize,
}

impl Cell {
    /// Items that a paper has of it, if each of its cards has as many as the first.
    pub fn items(&self, cards: &[Card]) -> usize {
        let first = self.units.first().and_then(|cards| cards.first());
        self.needs * first.map_or(0, |card| cards[index(*card)].items.len())
    }
}

/// Everything that papers are made from, in numbers.
#[derive(Debug, Clone)]
pub(in crate::assembly) struct Table {
    pub cells: Vec<Cell>,
    pub cards: Vec<Card>,
    pub target: Numbers,
    /// What the units of the bank come to on average, those that are set aside among them.
    pub bank: Numbers,
    /// How many units of each cell are set aside.
    pub aside: Vec<usize>,
    /// Tolerance of each number; none where it is free.
    pub tolerance: [Option<i32>; NUMBERS],
    pub slots: usize,
}

impl Table {
    /// A table without cells.
    pub fn new(tolerance: [Option<i32>; NUMBERS]) -> Self {
        Self {
            cells: Vec::new(),
            cards: Vec::new(),
            target: [0; NUMBERS],
            bank: [0; NUMBERS],
            aside: Vec::new(),
            tolerance,
            slots: 0,
        }
    }

    /// Adds a cell of which every paper takes `needs` units. A unit is a group of items, dealt
    /// `window` at a time; `numbers` are those of an item.
    pub fn add_cell(
        &mut self,
        needs: usize,
        window: usize,
        groups: &[Vec<usize>],
        numbers: impl Fn(usize) -> Numbers,
    ) {
        let units = groups.iter().map(|group| {
            let cards = self.add_unit(group, window, &numbers);
            cards.filter_map(|card| u32::try_from(card).ok()).collect()
        });
        let units = units.collect();
        self.push_cell(needs, units);
        self.bank = self.target;
    }

    /// Adds a cell whose cards are there already.
    pub(super) fn push_cell(&mut self, needs: usize, units: Vec<Vec<u32>>) {
        let mut sum = [0_i64; NUMBERS];
        for cards in &units {
            add(
                &mut sum,
                self.mean_of(cards.iter().map(|card| index(*card))),
            );
        }
        let (needed, count) = (whole(needs), whole(units.len()));
        for (target, sum) in self.target.iter_mut().zip(sum) {
            let own = i32::try_from(rounded(sum * needed, count)).unwrap_or(i32::MAX);
            *target = target.saturating_add(own);
        }
        self.cells.push(Cell {
            needs,
            units,
            first: self.slots,
        });
        self.aside.push(0);
        self.slots += needs;
    }

    /// Adds the cards of a unit of the cell that comes next.
    fn add_unit(
        &mut self,
        group: &[usize],
        window: usize,
        numbers: impl Fn(usize) -> Numbers,
    ) -> std::ops::Range<usize> {
        let (first, cell) = (self.cards.len(), self.cells.len());
        let unit = self.cards.last().map_or(0, |card| card.unit + 1);
        for places in windows(group.len(), window) {
            let steps = places.into_iter().filter_map(|place| group.get(place));
            let chosen: Vec<usize> = steps.copied().collect();
            let mut sums = [0; NUMBERS];
            for item in &chosen {
                for (sum, number) in sums.iter_mut().zip(numbers(*item)) {
                    *sum += number;
                }
            }
            let items = chosen.into_iter();
            self.cards.push(Card {
                cell,
                unit,
                items: items.filter_map(|item| u32::try_from(item).ok()).collect(),
                numbers: sums,
                enemies: Vec::new(),
            });
        }
        first..self.cards.len()
    }

    /// The mean of these cards, each number rounded.
    pub(super) fn mean_of(&self, cards: impl ExactSizeIterator<Item = usize>) -> [i64; NUMBERS] {
        let count = whole(cards.len());
        let mut sums = [0_i64; NUMBERS];
        for card in cards {
            add(&mut sums, self.cards[card].numbers.map(i64::from));
        }
        sums.map(|sum| rounded(sum, count))
    }

    /// Keeps items apart: the units in which the two of a pair may be do not meet on a paper.
    pub fn set_enemies(&mut self, pairs: impl IntoIterator<Item = (usize, usize)>) {
        let mut units: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for card in &self.cards {
            for item in &card.items {
                units.entry(index(*item)).or_default().insert(card.unit);
            }
        }
        let mut enemies: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (one, other) in pairs {
            for a in units.get(&one).into_iter().flatten() {
                for b in units.get(&other).into_iter().flatten().filter(|b| *b != a) {
                    enemies.entry(*a).or_default().insert(*b);
                    enemies.entry(*b).or_default().insert(*a);
                }
            }
        }
        for card in &mut self.cards {
            let own = enemies.get(&card.unit).into_iter().flatten();
            card.enemies = own.copied().collect();
        }
    }
}

fn add(sums: &mut [i64; NUMBERS], numbers: [i64; NUMBERS]) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number;
    }
}

/// Half up; numbers are not negative. The mean of nothing is nothing.
pub(super) fn rounded(sum: i64, count: i64) -> i64 {
    let count = count.max(1);
    (2 * sum + count) / (2 * count)
}

/// Where the windows of a stimulus begin: `0, m, 2m …` going round, until they repeat.
fn starts(size: usize, window: usize) -> Vec<usize> {
    let mut starts = vec![0];
    let mut next = window % size;
    while next != 0 {
        starts.push(next);
        next = (next + window) % size;
    }
    starts
}

/// The places of the items of each card of a unit of so many: windows, going round.
pub(in crate::assembly) fn windows(size: usize, window: usize) -> Vec<Vec<usize>> {
    let places = |start| (0..window).map(|step| (start + step) % size).collect();
    starts(size, window).into_iter().map(places).collect()
}

pub(super) fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A number of a card or an item as an index.
pub(in crate::assembly) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}
