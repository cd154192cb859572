//! Equal papers (等值组卷): many papers from calibrated items, each meeting the blueprint exactly and
//! all equally hard within a stated tolerance. Pure, in whole numbers, and drawn by EXAM-DRAW-1, so
//! that any machine and any language makes the same papers again.
//!
//! # Items in numbers
//!
//! At each ability `θ_k` of the blueprint an item is worth `⌊10⁶ P(θ_k) + ½⌋`, and with two moments
//! also `⌊10⁶ P(θ_k)² + ½⌋`; its seconds are the last number. Only these numbers are used from here
//! on: they are published, and anybody may check them against the parameters.
//!
//! # Cells, units and cards
//!
//! An item belongs to the first cell of the blueprint that it matches: its topic is the cell's or
//! begins with it and a full stop, level and type are equal where the cell states them, and it has a
//! stimulus just where the cell takes stimuli. A *unit* is an item, or a stimulus with at least
//! `m = items_per_stimulus` items in the cell. Units stand in the order of their ids, items of a
//! stimulus too (UTF-8 bytes). A *card* is a unit as it is dealt: an item, or a stimulus with the `m`
//! of its `s` items that stand, going round, from place `(m · u) mod s` on when it is dealt for the
//! `u`-th time, from 0.
//!
//! # Ranges
//!
//! Where a cell has a range, how many units it takes is fixed once, for all papers. From the least on,
//! one unit after another goes to the cell on whose papers its most used item would then be least
//! often, as the fraction `q m / (n s)`: `q` the units that it then takes, `n` those that there are, `m` the
//! items of a card, `s` those of its smallest unit; of equal ones to the earliest. Only cells count that
//! may take another, by their range and their stock, and with which the rest can still be made up.
//!
//! # Deal
//!
//! Papers are numbered from 0. Cell `c` is dealt with the stream of `sub(seed, "deal/" ‖ c)`, cells in
//! decimal from 0. The pack is empty at first. A paper takes as many cards as the cell needs, from
//! the front; when the pack is empty and the paper needs more, a new pack is shuffled from all units
//! of the cell (`v = 0 … n−1; for i = n−1 … 1: swap v[i], v[below(i+1)]`, on that same stream), and
//! the units that the paper has already are passed over and stay at its front, in their order. So every
//! paper meets every cell, and of `N` papers each unit is in `⌊N·k/n⌋` or one more.
//!
//! # Target
//!
//! The target of each number is, for each cell, the count times the mean of its units (rounded, half
//! up; that of a stimulus the mean over its cards, rounded), added up. As the deal uses the units of a
//! cell alike, it is also what papers come to on average.
//!
//! Where a target `T_k` is stated instead, at each ability the share times the items of a paper, it
//! must be what papers come to on average, and so units are set aside, which are in no paper. Let `m_k`
//! be the target as it were without that, and `d = Σ_k (m_k − T_k)²`. While some `|m_k − T_k| > ⌊t/10⌋`,
//! with the tolerance `t`, that unit is set aside by which `d` falls most for what it adds to the exposure of
//! the others: the one with the greatest `(d − d') · n (n − 1) s / (q m)`, of equal ones the first by cell and
//! place; it ends where none makes `d` fall. `d'` is `d` without the unit, `n` the units of its cell so far, `q`
//! the cell's need, `m` the items of a card, `s` those of its smallest unit before any is set aside. Only cells
//! are looked at that have more than `max(q + e, ⌈10⁶ q m / (s · cap)⌉)` units: `e` of them had enemies at
//! first, and `cap`, in millionths, is the greatest share of papers for an item; without one only `q + e`.
//! Targets of squares and of seconds are the means of what is left.
//!
//! # Trade
//!
//! Papers trade within blocks of 2,000 by number, block `b` with the stream of `sub(seed, "trade/" ‖ b)`.
//! The deviation of a paper in each number is its sum less the target.
//! Its penalty is the sum over the numbers of `min(2²⁰, ⌊e · ⌊2³⁰ / t⌋ / 2²⁰⌋)²`, with the
//! tolerance `t` and the excess `e = max(0, |deviation| − ⌊7 t / 10⌋)`, and a million million for each
//! pair of enemies.
//!
//! In each of at most 200 rounds, every paper of the block whose penalty is not zero, in order,
//! makes 32 offers, or fewer once its penalty is zero. An offer takes one word `w`: the partner is paper
//! `⌊⌊w / 2³²⌋ · size / 2³²⌋` of the block, the slot is `⌊(⌊w / 2¹⁶⌋ mod 2¹⁶) · slots / 2¹⁶⌋` (slots
//! in the order of cells and, within a cell, of dealing), and the partner's slot is
//! `⌊(w mod 2¹⁶) · k / 2¹⁶⌋` of the `k` of the same cell. The two cards change places if the papers are
//! not the same, neither would have a unit twice, and the sum of both penalties falls. What a trade
//! cannot change: the counts of a paper and the exposure of a card.
//!
//! # Issue
//!
//! Papers are checked once more from their cards alone. The first `N` that meet every limit are
//! issued, in order, and numbered from 1; the spares and those that fail are dropped. A paper shows
//! its units in the order `perm(sub(seed, "order/" ‖ number), units)`, number in decimal, the items of a
//! stimulus together.

mod aim;
mod blueprint;
mod deal;
#[cfg(feature = "exact")]
mod exact;
mod issue;
mod items;
mod limits;
mod listed;
mod range;
mod report;
mod table;
mod trade;
mod walk_in;

#[cfg(test)]
mod tests;

pub(super) use aim::{CellReach, Goal};
pub use blueprint::{CellSpec, FormBlueprint, Shortage};
#[cfg(feature = "exact")]
pub use exact::{EXACT_FORMS_MAX, ExactError, ExactForms, ExactOrder, ExactRecord, exact};
pub use issue::{Assembly, Failure, assemble};
pub(super) use issue::{make, spares};
pub use items::{FormItem, ItemsError, read_items};
pub use listed::list_items;
pub(super) use range::{Range, settle};
pub use report::{AbilityReport, KeyReport, Report, html, report};
pub(super) use report::{Basis, band, figures, histogram};
pub(super) use table::{Table, index, windows};
pub use walk_in::{Refusal, WalkIn, WalkInPaper, WalkInRun, walk_in};

/// Most numbers of an item: two moments at seven abilities, and the seconds.
pub(super) const NUMBERS: usize = 16;
/// The numbers of an item, a card, or a paper.
pub(super) type Numbers = [i32; NUMBERS];

/// `⌊10⁶ x + ½⌋`
#[expect(
    clippy::cast_possible_truncation,
    reason = "at most a thousand million"
)]
pub(super) fn micro(x: f64) -> i32 {
    (x * 1e6).round() as i32
}
