//! Walk-in papers (随到随考): one paper at a time, when its candidate comes, from the candidate's own
//! seed, as equal as papers that are dealt and traded all at once. A cap on exposure holds at every
//! moment: nobody knows how many candidates are still to come.
//!
//! Items in numbers, cells, units, cards, target, tolerances and enemies are those of
//! [the parent module](super). What follows is the rest of the definition, in whole numbers and
//! EXAM-DRAW-1 ([`crate::draw`]).
//!
//! # The state
//!
//! Papers are made one after another, in the order in which candidates come. The state is how often
//! each unit has been given, `used`, at first 0; so it follows from the papers that were issued. A
//! refused candidate leaves it as it was. Paper `n`, from 1, is the one made after `n − 1` others.
//!
//! # Who is eligible
//!
//! The cap is `r = ⌊10⁶ · exposure_max + ½⌋` millionths. For paper `n` it allows each item
//! `A(n) = max(10, ⌊r · n / 10⁶⌋)` papers. A unit of which the paper takes `m` of its `s` items (for
//! an item by itself `m = s = 1`) is eligible if `(used + 1) · m ≤ A(n) · s`. Without a cap every unit
//! is. Windows go round a stimulus, so its items have been given `⌊used · m / s⌋` times or once more,
//! and no item is ever in more than `A(n)` of the first `n` papers: the cap holds for every item at
//! every moment after the first `⌈10⁷ / r⌉` papers, and during those no item is given more than ten
//! times. This is the item eligibility of van der Linden and Veldkamp (2004,
//! doi 10.3102/10769986029003273) without its lottery: an item that has reached its cap is ineligible
//! for certain, and eligible again when enough papers have gone by.
//!
//! With `E(c)` the eligible units of cell `c`, in their order, a candidate is refused if some cell that
//! needs `k` has fewer than `k` of them. So that a blueprint does not come to that by counting alone,
//! each cell must have `r · Σ ⌊a · s / m⌋ ≥ k · (a + 1) · 10⁶` (the sum over its units) for every `a`
//! from 10 to `9 + m`, or it is refused before anybody comes: while the cap allows `a` papers, fewer than
//! `(a + 1) · 10⁶ / r` are made, and from `a + m` on everything repeats itself. For items by themselves
//! that is a cap of 1.1 times their even share.
//!
//! # A paper
//!
//! All words come from the stream of `key = sub(seed, "walk-in/" ‖ code)`, with the candidate's code in
//! UTF-8.
//!
//! 1. *Draw.* For each cell in order: `v = E(c)`; for `i = 0 … k−1`, with one word `w` and `l = |v| − i`,
//!    the places `x = i + ⌊⌊w / 2³²⌋ · l / 2³²⌋` and `y = i + ⌊(w mod 2³²) · l / 2³²⌋`, and `x` again
//!    in place of `y` unless `used` of `v[y]` is below that of `v[x]`: swap `v[i]` and `v[y]`. The first `k`
//!    are its units, each as the card that its window, from place `(m · used) mod s` on, makes.
//! 2. *Replace.* The penalty of a paper is the sum over its numbers of `min(2²⁰, ⌊e · ⌊2³⁰ / t⌋ / 2²⁰⌋)²`
//!    with the tolerance `t` and the excess `e = max(0, |deviation| − ⌊7 t / 10⌋)`, and a million
//!    million for each pair of enemies. While it is not zero, at most 600 offers are made. An offer takes
//!    one word `w`: the slot is `⌊⌊w / 2⁴⁸⌋ · slots / 2¹⁶⌋` (slots in the order of cells and, within a
//!    cell, of drawing). Of `E(c)` of the slot's cell, of size `l`, the unit at
//!    `⌊(⌊w / 2²⁴⌋ mod 2²⁴) · l / 2²⁴⌋` is offered, or that at `⌊(w mod 2²⁴) · l / 2²⁴⌋` if its `used`
//!    is lower. It takes the place of the unit in the slot if it is not on the paper and the penalty
//!    falls.
//! 3. The paper is issued if it has no enemies and every number with a tolerance is within it. If not,
//!    it is drawn again, on the same stream, at most 50 times in all; then the candidate is refused.
//!
//! Of two units that are drawn the one that was given less often is taken: so units of a cell are used
//! nearly alike (Azar, Broder, Karlin and Upfal 1999, doi 10.1137/S0097539795288490), and a cap
//! little above the least possible is enough.
//!
//! The paper shows its units in the order `perm(sub(key, "order"), slots)`, the items of a stimulus
//! together. Its line is the candidate's code and the ids of its items, with commas between.
//! `tests/independent/walk_in.py` makes the same papers from this text.

use super::blueprint::{FormBlueprint, Shortage};
use super::issue::Assembly;
use super::items::FormItem;
use super::limits::Limits;
use super::table::{Card, Table};
use super::{NUMBERS, Numbers};
use crate::draw::{Seed, Stream};

/// How often an item may be given before its share is asked for.
const FREE: u64 = 10;
/// A whole, in the parts in which the cap is counted.
const WHOLE: u64 = 1_000_000;
const OFFERS: usize = 600;
const DRAWS: usize = 50;

/// Why a candidate gets no paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too many units of a cell have reached the cap on exposure.
    #[error(
        "cell {cell} ({name}) needs {needs}, and {left} are below the cap on exposure; raise the cap or add items"
    )]
    Capped {
        /// The cell, from one.
        cell: usize,
        /// Its name.
        name: String,
        /// Units that a paper takes.
        needs: usize,
        /// Units that are eligible.
        left: usize,
    },
    /// No paper was found within all limits.
    #[error(
        "none of {DRAWS} drawn papers came within all limits; widen the tolerances or add items"
    )]
    Limits,
}

/// A paper for one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkInPaper {
    /// The places of its items, from zero, in the order in which they stand on it.
    pub items: Vec<u32>,
    /// How often it was drawn.
    pub draws: usize,
    /// Offers that were made on the last draw.
    pub offers: usize,
}

/// A unit as walk-in papers see it.
struct Unit {
    /// The cards as which it is given in turn.
    cards: Vec<u32>,
    /// Its items.
    size: u64,
    /// How many of them a paper takes.
    window: u64,
    /// How often it has been given.
    used: u64,
}

/// The making of walk-in papers, and its state.
pub struct WalkIn {
    table: Table,
    names: Vec<String>,
    seed: Seed,
    limits: Limits,
    /// Millionths of the papers in which an item may be.
    cap: Option<u64>,
    units: Vec<Unit>,
    /// Uses of each item, by its place among the items.
    exposure: Vec<u32>,
    issued: u64,
    /// The cell of each slot.
    cell_of: Vec<usize>,
    work: Work,
}

/// The paper in work, and room for it: nothing is allocated while papers are made.
struct Work {
    /// Eligible units of each cell.
    eligible: Vec<Vec<u32>>,
    /// The same while units are drawn from them.
    urn: Vec<u32>,
    /// The unit in each slot.
    slots: Vec<u32>,
    /// Whether a unit is on the paper.
    taken: Vec<bool>,
    sums: Numbers,
    /// Pairs of enemies.
    enemies: i64,
    penalty: i64,
    /// The sums of the paper as it was first drawn.
    drawn: Numbers,
    /// The cards of the paper as it was issued.
    cards: Vec<u32>,
}

/// Papers for many candidates, one after another.
pub struct WalkInRun {
    /// The papers, as a report looks at them.
    pub assembly: Assembly,
    /// The line of each paper: the candidate's code and the ids of the items.
    pub lines: Vec<String>,
    /// The candidates who got none, and why.
    pub refused: Vec<(String, Refusal)>,
    /// The papers after which the cap on exposure holds at every moment; none without a cap.
    pub warm_up: Option<u64>,
}

/// Makes a paper for each code, in order; or says why the blueprint cannot be met.
pub fn walk_in<'a>(
    blueprint: &FormBlueprint,
    items: &[FormItem],
    codes: impl Iterator<Item = &'a str>,
    seed: &Seed,
) -> Result<WalkInRun, Vec<Shortage>> {
    let mut making = WalkIn::new(blueprint, items, seed)?;
    let (mut cards, mut sums, mut dealt_sums) = (Vec::new(), Vec::new(), Vec::new());
    let (mut lines, mut refused) = (Vec::new(), Vec::new());
    for code in codes {
        match making.paper(code) {
            Ok(paper) => {
                cards.extend_from_slice(&making.work.cards);
                sums.push(making.work.sums);
                dealt_sums.push(making.work.drawn);
                lines.push(paper.line(code, items));
            }
            Err(refusal) => refused.push((code.to_owned(), refusal)),
        }
    }
    Ok(WalkInRun {
        warm_up: making.warm_up(),
        assembly: Assembly {
            made: sums.len(),
            table: making.table,
            cards,
            sums,
            dealt_sums,
            dropped: Vec::new(),
            exposure: making.exposure,
            seed: *seed,
        },
        lines,
        refused,
    })
}

impl WalkInPaper {
    /// The line that stands for the paper: the candidate's code and the ids of its items, in order.
    pub fn line(&self, code: &str, items: &[FormItem]) -> String {
        let mut line = code.to_owned();
        for item in &self.items {
            line.push(',');
            line.push_str(&items[index(*item)].id);
        }
        line
    }
}

impl WalkIn {
    /// Makes ready; or says why the blueprint cannot be met.
    pub fn new(
        blueprint: &FormBlueprint,
        items: &[FormItem],
        seed: &Seed,
    ) -> Result<Self, Vec<Shortage>> {
        let table = blueprint.table(items)?;
        let names: Vec<String> = blueprint.cells.iter().map(super::CellSpec::name).collect();
        let units = units(&table);
        let cap = blueprint.exposure_max.map(millionths);
        let tight = cap.and_then(|cap| too_tight(&table, &names, &units, cap));
        if let Some(shortage) = tight {
            return Err(vec![shortage]);
        }
        let cells = table.cells.iter().enumerate();
        let cell_of = cells.flat_map(|(number, cell)| std::iter::repeat_n(number, cell.needs));
        Ok(Self {
            names,
            seed: *seed,
            limits: Limits::new(&table),
            cap,
            exposure: vec![0; items.len()],
            issued: 0,
            cell_of: cell_of.collect(),
            work: Work::new(&table, units.len()),
            units,
            table,
        })
    }

    /// The next paper, for the candidate of this code. A code is for one paper: the same again would
    /// draw on the same words.
    pub fn paper(&mut self, code: &str) -> Result<WalkInPaper, Refusal> {
        let key = self.seed.sub(format!("walk-in/{code}"));
        self.find_eligible()?;
        let mut stream = key.stream();
        for draws in 1..=DRAWS {
            self.draw(&mut stream);
            if draws == 1 {
                self.work.drawn = self.work.sums;
            }
            let offers = self.replace(&mut stream);
            if self.is_sound() {
                let items = self.shown(&key);
                self.count();
                return Ok(WalkInPaper {
                    items,
                    draws,
                    offers,
                });
            }
        }
        Err(Refusal::Limits)
    }

    /// Papers issued so far.
    pub const fn issued(&self) -> u64 {
        self.issued
    }

    /// How often each item has been given, by its place among the items.
    pub fn exposure(&self) -> &[u32] {
        &self.exposure
    }

    /// How many papers the next one may share an item with, itself among them; none without a cap.
    pub fn allowed(&self) -> Option<u64> {
        let next = self.issued + 1;
        self.cap.map(|cap| (cap * next / WHOLE).max(FREE))
    }

    /// The papers after which the cap holds at every moment; none without a cap.
    pub fn warm_up(&self) -> Option<u64> {
        self.cap.map(|cap| (FREE * WHOLE).div_ceil(cap))
    }

    /// Who may be drawn for the next paper.
    fn find_eligible(&mut self) -> Result<(), Refusal> {
        let Some(allowed) = self.allowed() else {
            return Ok(());
        };
        let cells = self.table.cells.iter().zip(&mut self.work.eligible);
        for (number, (cell, eligible)) in cells.enumerate() {
            eligible.clear();
            let own = first_of(cell, &self.table)..first_of(cell, &self.table) + length(cell);
            eligible.extend(own.filter(|unit| self.units[index(*unit)].may_be_in(allowed)));
            if eligible.len() < cell.needs {
                return Err(Refusal::Capped {
                    cell: number + 1,
                    name: self.names.get(number).cloned().unwrap_or_default(),
                    needs: cell.needs,
                    left: eligible.len(),
                });
            }
        }
        Ok(())
    }

    /// Fills every slot by lot.
    fn draw(&mut self, stream: &mut Stream) {
        let Self {
            table, units, work, ..
        } = self;
        for unit in work.slots.drain(..) {
            work.taken[index(unit)] = false;
        }
        for (cell, eligible) in table.cells.iter().zip(&work.eligible) {
            work.urn.clone_from(eligible);
            for at in 0..cell.needs {
                let (word, left) = (stream.word(), eligible.len() - at);
                let one = at + scaled(word >> 32, left, 32);
                let other = at + scaled(word & 0xffff_ffff, left, 32);
                let less = fewer_uses(units, work.urn[one], work.urn[other]);
                work.urn.swap(at, if less { other } else { one });
            }
            work.slots.extend_from_slice(&work.urn[..cell.needs]);
        }
        work.sums = [0; NUMBERS];
        work.enemies = 0;
        for unit in &work.slots {
            let card = units[index(*unit)].card(table);
            for (sum, number) in work.sums.iter_mut().zip(&card.numbers) {
                *sum += number;
            }
            // Only those before it are marked yet: each pair counts once.
            work.enemies += work.beside(card);
            work.taken[index(*unit)] = true;
        }
        work.penalty = self.limits.penalty(&work.sums, work.enemies);
    }

    /// Makes offers until nothing is wrong; gives how many.
    fn replace(&mut self, stream: &mut Stream) -> usize {
        for offers in 0..OFFERS {
            if self.work.penalty == 0 {
                return offers;
            }
            self.offer(stream.word());
        }
        OFFERS
    }

    /// Puts another unit into a slot if the paper is the better for it.
    fn offer(&mut self, word: u64) {
        let Self {
            table,
            units,
            work,
            limits,
            cell_of,
            ..
        } = self;
        let slot = scaled(word >> 48, cell_of.len(), 16);
        let eligible = &work.eligible[cell_of[slot]];
        let one = eligible[scaled((word >> 24) & 0xff_ffff, eligible.len(), 24)];
        let other = eligible[scaled(word & 0xff_ffff, eligible.len(), 24)];
        let less = fewer_uses(units, one, other);
        let offered = if less { other } else { one };
        if work.taken[index(offered)] {
            return;
        }
        let old = work.slots[slot];
        let give = units[index(old)].card(table);
        let take = units[index(offered)].card(table);
        let mut sums = work.sums;
        let change = take.numbers.iter().zip(&give.numbers);
        for (sum, (take, give)) in sums.iter_mut().zip(change) {
            *sum += take - give;
        }
        let between = i64::from(take.enemies.contains(&old));
        let enemies = work.enemies - work.beside(give) + work.beside(take) - between;
        let penalty = limits.penalty(&sums, enemies);
        if penalty < work.penalty {
            work.slots[slot] = offered;
            work.taken[index(old)] = false;
            work.taken[index(offered)] = true;
            (work.sums, work.enemies, work.penalty) = (sums, enemies, penalty);
        }
    }

    /// Whether the paper is within every limit.
    fn is_sound(&self) -> bool {
        let (work, table) = (&self.work, &self.table);
        let within = |at: usize| {
            let deviation = (work.sums[at] - table.target[at]).abs();
            table.tolerance[at].is_none_or(|tolerance| deviation <= tolerance)
        };
        work.enemies == 0 && (0..NUMBERS).all(within)
    }

    /// The items of the paper, in the order in which they stand on it.
    fn shown(&self, key: &Seed) -> Vec<u32> {
        let slots = &self.work.slots;
        let order = key.sub("order").permutation(slots.len());
        let units = order.into_iter().map(|place| index(slots[place]));
        units
            .flat_map(|unit| &self.units[unit].card(&self.table).items)
            .copied()
            .collect()
    }

    /// Takes the paper into the state.
    fn count(&mut self) {
        self.work.cards.clear();
        for unit in &self.work.slots {
            let unit = &mut self.units[index(*unit)];
            let card = unit.next();
            for item in &self.table.cards[index(card)].items {
                self.exposure[index(*item)] += 1;
            }
            self.work.cards.push(card);
            unit.used += 1;
        }
        self.issued += 1;
    }
}

impl Unit {
    /// As which card it is given next.
    fn next(&self) -> u32 {
        match self.cards[..] {
            [only] => only,
            _ => self.cards[usize::try_from(self.used).unwrap_or_default() % self.cards.len()],
        }
    }

    fn card<'a>(&self, table: &'a Table) -> &'a Card {
        &table.cards[index(self.next())]
    }

    fn may_be_in(&self, allowed: u64) -> bool {
        (self.used + 1) * self.window <= allowed * self.size
    }
}

impl Work {
    fn new(table: &Table, units: usize) -> Self {
        let own = |cell: &super::table::Cell| {
            let first = first_of(cell, table);
            (first..first + length(cell)).collect()
        };
        Self {
            eligible: table.cells.iter().map(own).collect(),
            urn: Vec::with_capacity(units),
            slots: Vec::with_capacity(table.slots),
            taken: vec![false; units],
            sums: [0; NUMBERS],
            enemies: 0,
            penalty: 0,
            drawn: [0; NUMBERS],
            cards: Vec::with_capacity(table.slots),
        }
    }

    /// Enemies of the card that are on the paper.
    fn beside(&self, card: &Card) -> i64 {
        let found = card.enemies.iter().filter(|unit| self.taken[index(**unit)]);
        i64::try_from(found.count()).unwrap_or(i64::MAX)
    }
}

/// The units of the table, in their order.
fn units(table: &Table) -> Vec<Unit> {
    let cells = table.cells.iter().flat_map(|cell| &cell.units);
    let unit = |cards: &Vec<u32>| {
        let cards_of = |card: &u32| table.cards[index(*card)].items.iter().copied();
        let mut items: Vec<u32> = cards.iter().flat_map(cards_of).collect();
        let window = items.len() / cards.len().max(1);
        items.sort_unstable();
        items.dedup();
        Unit {
            cards: cards.clone(),
            size: long(items.len()),
            window: long(window),
            used: 0,
        }
    };
    cells.map(unit).collect()
}

/// The first cell whose units would reach the cap all at once, however they are drawn.
fn too_tight(table: &Table, names: &[String], units: &[Unit], cap: u64) -> Option<Shortage> {
    let mut rest = units;
    for (number, cell) in table.cells.iter().enumerate() {
        let own;
        (own, rest) = rest.split_at(cell.units.len());
        let least = least_cap(own, long(cell.needs));
        if cap < least {
            return Some(Shortage {
                cell: number + 1,
                name: names.get(number).cloned().unwrap_or_default(),
                why: format!(
                    "walk-in papers need a cap on exposure of {}.{:04} % at least; raise `exposure_max` or add items",
                    least / 10_000,
                    least % 10_000
                ),
            });
        }
    }
    None
}

/// The least cap, in millionths, under which `needs` of the units are always left.
fn least_cap(units: &[Unit], needs: u64) -> u64 {
    let window = units.first().map_or(1, |unit| unit.window);
    let least = |allowed: u64| {
        let times = units.iter().map(|unit| allowed * unit.size / unit.window);
        (needs * (allowed + 1) * WHOLE).div_ceil(times.sum::<u64>().max(1))
    };
    (FREE..FREE + window).map(least).max().unwrap_or(WHOLE)
}

/// The first unit of a cell.
fn first_of(cell: &super::table::Cell, table: &Table) -> u32 {
    let card = cell.units.first().and_then(|cards| cards.first());
    card.map_or(0, |card| table.cards[index(*card)].unit)
}

fn length(cell: &super::table::Cell) -> u32 {
    u32::try_from(cell.units.len()).unwrap_or(u32::MAX)
}

/// `⌊10⁶ x + ½⌋`, one at least.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share above 0 and at most 1"
)]
fn millionths(share: f64) -> u64 {
    ((share * 1e6).round() as u64).max(1)
}

fn long(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Whether the other has been given less often.
fn fewer_uses(units: &[Unit], one: u32, other: u32) -> bool {
    units[index(other)].used < units[index(one)].used
}

/// `⌊part · size / 2^bits⌋`
fn scaled(part: u64, size: usize, bits: u32) -> usize {
    usize::try_from((part * long(size)) >> bits).unwrap_or_default()
}

#[cfg(test)]
mod tests;
