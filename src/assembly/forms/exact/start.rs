//! Good forms for the solver to begin with, by local search: dealt, then changed unit by unit while
//! the tolerance is drawn in.

use std::collections::BTreeSet;

use super::super::deal::deal;
use super::super::table::{Card, Table};
use super::super::trade::{conflicts, sum};
use super::super::{NUMBERS, Numbers};
use super::{Bank, ExactOrder, index};
use crate::draw::Seed;

/// Offers for each form.
const OFFERS: usize = 400_000;
/// Offers without success after which some units are changed at random.
const PATIENCE: usize = 4_000;
const KICKS: usize = 2;
/// The tolerance in the parts by which it is drawn in.
const PARTS: i64 = 1024;
/// Most that one number adds to a penalty is the square of this.
const SCALED_MAX: i64 = 1 << 20;
/// What a pair of enemies weighs.
const ENEMIES: i64 = 1_000_000_000_000;

/// The items of good forms; none if no forms without enemies were found.
pub(super) fn start(
    table: &Table,
    bank: &Bank,
    order: &ExactOrder,
    seed: &Seed,
) -> Vec<BTreeSet<u32>> {
    let mut search = Search::new(table, bank, order, seed);
    search.run(seed);
    let items = |form: &Vec<u32>| {
        let cards = form.iter().map(|card| &table.cards[index(*card)]);
        cards.flat_map(|card| card.items.iter().copied()).collect()
    };
    search.best.iter().map(items).collect()
}

/// A form as it stands.
#[derive(Clone, Copy)]
struct Standing {
    sums: Numbers,
    penalty: i64,
}

struct Search<'a> {
    table: &'a Table,
    /// The cards of each form, in its slots.
    forms: Vec<Vec<u32>>,
    standing: Vec<Standing>,
    /// The forms on which a unit is.
    on: Vec<Vec<usize>>,
    /// Most of them.
    uses: usize,
    /// The cell of each slot.
    cell_of: Vec<usize>,
    /// The cards of each cell.
    cards_of: Vec<Vec<u32>>,
    /// Whether enemies stand on a card.
    torn: Vec<bool>,
    /// Parts of the tolerance within which nothing is wrong.
    within: i64,
    /// The forms that were best.
    best: Vec<Vec<u32>>,
}

impl<'a> Search<'a> {
    fn new(table: &'a Table, bank: &Bank, order: &ExactOrder, seed: &Seed) -> Self {
        let dealt = deal(table, order.forms, &seed.sub("exact/deal"));
        let cells = table.cells.iter().enumerate();
        let cell_of = cells.flat_map(|(number, cell)| std::iter::repeat_n(number, cell.needs));
        let units = table.cells.iter().map(|cell| cell.units.len()).sum();
        let mut search = Self {
            table,
            forms: dealt.chunks(table.slots).map(<[u32]>::to_vec).collect(),
            standing: Vec::new(),
            on: vec![Vec::new(); units],
            uses: order.uses,
            cell_of: cell_of.collect(),
            cards_of: table.cells.iter().map(|cell| cell.units.concat()).collect(),
            torn: table.cards.iter().map(|card| is_torn(card, bank)).collect(),
            within: PARTS,
            best: Vec::new(),
        };
        for (number, form) in search.forms.iter().enumerate() {
            for card in form {
                search.on[unit(table, *card)].push(number);
            }
        }
        search.stand();
        search
    }

    fn run(&mut self, seed: &Seed) {
        let mut stream = seed.sub("exact/start").stream();
        let mut idle = 0;
        for _ in 0..OFFERS * self.forms.len() {
            idle = if self.offer(stream.word(), false) {
                0
            } else {
                idle + 1
            };
            if self.penalty() == 0 {
                self.draw_in();
                if self.within == 0 {
                    return;
                }
                idle = 0;
            }
            if idle == PATIENCE {
                for _ in 0..KICKS {
                    self.offer(stream.word(), true);
                }
                idle = 0;
            }
        }
    }

    /// Keeps the forms, which have nothing wrong, and asks for better ones.
    fn draw_in(&mut self) {
        self.best.clone_from(&self.forms);
        let worst = self.standing.iter().map(|form| self.parts(&form.sums));
        self.within = worst.max().unwrap_or_default() * 4 / 5;
        self.stand();
    }

    /// The greatest deviation in parts of the tolerance, rounded up.
    fn parts(&self, sums: &Numbers) -> i64 {
        let limits = self.table.tolerance.iter().zip(&self.table.target);
        let parts = sums.iter().zip(limits).map(|(sum, (tolerance, target))| {
            let off = i64::from((sum - target).abs()) * PARTS;
            tolerance.map_or(0, |tolerance| {
                (off + i64::from(tolerance) - 1) / i64::from(tolerance)
            })
        });
        parts.max().unwrap_or_default()
    }

    fn stand(&mut self) {
        let forms = self.forms.iter();
        self.standing = forms
            .map(|form| self.judged(form, sum(self.table, form)))
            .collect();
    }

    fn penalty(&self) -> i64 {
        self.standing.iter().map(|form| form.penalty).sum()
    }

    fn judged(&self, form: &[u32], sums: Numbers) -> Standing {
        let excess = (0..NUMBERS).filter_map(|at| {
            let tolerance = i64::from(self.table.tolerance[at]?);
            let off = i64::from((sums[at] - self.table.target[at]).abs());
            let excess = (off * PARTS - self.within * tolerance).max(0);
            let scaled = (excess / tolerance).min(SCALED_MAX);
            // What is beyond by less than a part is beyond all the same.
            Some(scaled * scaled + i64::from(excess > 0))
        });
        let torn = form.iter().filter(|card| self.torn[index(**card)]);
        let enemies = torn.fold(conflicts(self.table, form), |pairs, _| pairs + 1);
        Standing {
            sums,
            penalty: excess.sum::<i64>() + ENEMIES * enemies,
        }
    }

    /// Puts another card into a slot, from another form if it is there, unless forms are the worse for
    /// it; says whether they are the better.
    fn offer(&mut self, word: u64, anyway: bool) -> bool {
        let form = scaled(word >> 48, self.forms.len(), 16);
        let slot = scaled((word >> 32) & 0xffff, self.cell_of.len(), 16);
        let cards = &self.cards_of[self.cell_of[slot]];
        let card = cards[scaled(word & 0xffff_ffff, cards.len(), 32)];
        let old = self.forms[form][slot];
        let (unit, before) = (unit(self.table, card), self::unit(self.table, old));
        if card == old || (unit != before && self.on[unit].contains(&form)) {
            return false;
        }
        let other = match self.on[unit].first() {
            Some(other) if unit != before && self.on[unit].len() >= self.uses => *other,
            _ => return self.change(&[(form, slot, card)], anyway),
        };
        // It is used up: the other form gets what this one gives.
        let there = self.forms[other]
            .iter()
            .position(|one| self::unit(self.table, *one) == unit);
        match there {
            Some(there) if !self.on[before].contains(&other) => {
                self.change(&[(form, slot, card), (other, there, old)], anyway)
            }
            _ => false,
        }
    }

    fn change(&mut self, changes: &[(usize, usize, u32)], anyway: bool) -> bool {
        let mut gain = 0;
        let mut made = [None; 2];
        for ((form, slot, card), made) in changes.iter().zip(&mut made) {
            let old = std::mem::replace(&mut self.forms[*form][*slot], *card);
            let (take, give) = (self.card(*card), self.card(old));
            let mut sums = self.standing[*form].sums;
            let numbers = take.numbers.iter().zip(&give.numbers);
            for (sum, (take, give)) in sums.iter_mut().zip(numbers) {
                *sum += take - give;
            }
            let standing = self.judged(&self.forms[*form], sums);
            gain += self.standing[*form].penalty - standing.penalty;
            *made = Some((old, standing));
        }
        let kept = gain >= 0 || anyway;
        for ((form, slot, card), made) in changes.iter().zip(made) {
            let Some((old, standing)) = made else {
                continue;
            };
            if kept {
                self.standing[*form] = standing;
                let (before, after) = (unit(self.table, old), unit(self.table, *card));
                self.on[before].retain(|one| one != form);
                self.on[after].push(*form);
            } else {
                self.forms[*form][*slot] = old;
            }
        }
        gain > 0
    }

    fn card(&self, card: u32) -> &'a Card {
        &self.table.cards[index(card)]
    }
}

/// Whether two items of a stimulus are enemies, and on the same card.
fn is_torn(card: &Card, bank: &Bank) -> bool {
    let both = |(one, other): &(u32, u32)| card.items.contains(one) && card.items.contains(other);
    card.items.len() > 1 && bank.enemies.iter().any(both)
}

fn unit(table: &Table, card: u32) -> usize {
    index(table.cards[index(card)].unit)
}

/// `⌊part · size / 2^bits⌋`
fn scaled(part: u64, size: usize, bits: u32) -> usize {
    let size = u64::try_from(size).unwrap_or_default();
    usize::try_from((part * size) >> bits).unwrap_or_default()
}
