//! Trading cards until papers are equally hard.

use super::limits::Limits;
use super::table::{Card, Table, index};
use super::{NUMBERS, Numbers};
use crate::draw::Seed;

/// Papers of a block.
pub(super) const BLOCK: usize = 2_000;
const ROUNDS: usize = 200;
const OFFERS: usize = 32;

/// Trades within each block, blocks side by side.
pub(super) fn trade(table: &Table, dealt: &mut [u32], seed: &Seed) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut blocks: Vec<(usize, &mut [u32])> =
        dealt.chunks_mut(BLOCK * table.slots).enumerate().collect();
    let size = blocks.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        while !blocks.is_empty() {
            let own: Vec<_> = blocks.drain(..size.min(blocks.len())).collect();
            scope.spawn(move || {
                for (number, papers) in own {
                    Block::new(table, papers).trade(&seed.sub(format!("trade/{number}")));
                }
            });
        }
    });
}

/// How a paper stands.
#[derive(Clone, Copy)]
struct Standing {
    sums: Numbers,
    /// Pairs of enemies on it.
    enemies: i64,
    penalty: i64,
}

impl Standing {
    fn of(limits: &Limits, sums: Numbers, enemies: i64) -> Self {
        Self {
            sums,
            enemies,
            penalty: limits.penalty(&sums, enemies),
        }
    }
}

struct Block<'a> {
    table: &'a Table,
    cards: &'a mut [u32],
    papers: Vec<Standing>,
    /// The unit of each card of the table.
    unit_of: Vec<u32>,
    /// The cell of each slot.
    cell_of: Vec<usize>,
    limits: Limits,
}

impl<'a> Block<'a> {
    fn new(table: &'a Table, cards: &'a mut [u32]) -> Self {
        let limits = Limits::new(table);
        let standing = |paper: &[u32]| {
            let (sums, enemies) = (sum(table, paper), conflicts(table, paper));
            Standing::of(&limits, sums, enemies)
        };
        let cells = table.cells.iter().enumerate();
        let slots = cells.flat_map(|(number, cell)| std::iter::repeat_n(number, cell.needs));
        Self {
            papers: cards.chunks(table.slots).map(standing).collect(),
            unit_of: table.cards.iter().map(|card| card.unit).collect(),
            cell_of: slots.collect(),
            limits,
            table,
            cards,
        }
    }

    fn trade(&mut self, seed: &Seed) {
        let mut stream = seed.stream();
        let mut open: Vec<usize> = Vec::new();
        for _ in 0..ROUNDS {
            // A paper that was sound may have been made worse for the sake of another.
            open.clear();
            open.extend((0..self.papers.len()).filter(|paper| self.papers[*paper].penalty > 0));
            if open.is_empty() {
                return;
            }
            for paper in &open {
                for _ in 0..OFFERS {
                    if self.papers[*paper].penalty == 0 {
                        break;
                    }
                    self.offer(*paper, stream.word());
                }
            }
        }
    }

    /// Changes two cards if both papers together are the better for it.
    fn offer(&mut self, paper: usize, word: u64) {
        let slots = self.table.slots;
        let partner = scaled(word >> 32, self.papers.len(), 32);
        let slot = scaled((word >> 16) & 0xffff, slots, 16);
        let cell = &self.table.cells[self.cell_of[slot]];
        let other = cell.first + scaled(word & 0xffff, cell.needs, 16);
        if partner == paper {
            return;
        }
        let given = self.cards[paper * slots + slot];
        let taken = self.cards[partner * slots + other];
        if given == taken || self.twice(paper, slot, taken) || self.twice(partner, other, given) {
            return;
        }
        let before = self.papers[paper].penalty + self.papers[partner].penalty;
        let left = self.changed(paper, slot, taken);
        if left.penalty >= before {
            return;
        }
        let right = self.changed(partner, other, given);
        if left.penalty + right.penalty >= before {
            return;
        }
        self.cards[paper * slots + slot] = taken;
        self.cards[partner * slots + other] = given;
        self.papers[paper] = left;
        self.papers[partner] = right;
    }

    /// Whether the paper has the card's unit in another slot of the cell already.
    fn twice(&self, paper: usize, slot: usize, card: u32) -> bool {
        let cell = &self.table.cells[self.cell_of[slot]];
        let first = paper * self.table.slots;
        let unit = self.unit_of[index(card)];
        (cell.first..cell.first + cell.needs)
            .any(|other| other != slot && self.unit_of[index(self.cards[first + other])] == unit)
    }

    /// How the paper would stand with another card in a slot.
    fn changed(&self, paper: usize, slot: usize, card: u32) -> Standing {
        let table = self.table;
        let own = &self.cards[paper * table.slots..(paper + 1) * table.slots];
        let (give, take) = (&table.cards[index(own[slot])], &table.cards[index(card)]);
        let Standing {
            mut sums, enemies, ..
        } = self.papers[paper];
        let change = take.numbers.iter().zip(&give.numbers);
        for (sum, (take, give)) in sums.iter_mut().zip(change) {
            *sum += take - give;
        }
        let beside = |card: &Card| {
            if card.enemies.is_empty() {
                return 0;
            }
            let others = own.iter().enumerate().filter(|(at, _)| *at != slot);
            let found = others.filter(|(_, one)| card.is_enemy(self.unit_of[index(**one)]));
            count(found)
        };
        let enemies = enemies - beside(give) + beside(take);
        Standing::of(&self.limits, sums, enemies)
    }
}

fn count(found: impl Iterator) -> i64 {
    i64::try_from(found.count()).unwrap_or(i64::MAX)
}

/// `⌊part · size / 2^bits⌋`
fn scaled(part: u64, size: usize, bits: u32) -> usize {
    let size = u64::try_from(size).unwrap_or_default();
    usize::try_from((part * size) >> bits).unwrap_or_default()
}

/// What the cards of a paper add up to.
pub(super) fn sum(table: &Table, paper: &[u32]) -> Numbers {
    let mut sums = [0; NUMBERS];
    for card in paper {
        for (sum, number) in sums.iter_mut().zip(table.cards[index(*card)].numbers) {
            *sum += number;
        }
    }
    sums
}

/// Pairs of enemies on a paper.
pub(super) fn conflicts(table: &Table, paper: &[u32]) -> i64 {
    let pairs = paper.iter().enumerate().map(|(slot, one)| {
        let card = &table.cards[index(*one)];
        let later = paper[slot + 1..]
            .iter()
            .filter(|_| !card.enemies.is_empty());
        count(later.filter(|other| card.is_enemy(table.cards[index(**other)].unit)))
    });
    pairs.sum()
}
