//! How far a paper is from its limits, as one number: what a trade, or a replacement, makes smaller.

use super::table::Table;
use super::{NUMBERS, Numbers};

/// Most that one number adds to a penalty is the square of this; so sums do not run over.
const SCALED_MAX: i64 = 1 << 20;
/// What a pair of enemies on a paper weighs.
const ENEMIES: i64 = 1_000_000_000_000;

/// What is wrong with sums, in numbers.
pub(super) struct Limits {
    target: Numbers,
    inner: Numbers,
    /// `⌊2³⁰ / t⌋` for each tolerance, zero where there is none.
    weights: [i64; NUMBERS],
}

impl Limits {
    pub(super) fn new(table: &Table) -> Self {
        let weight = |tolerance: Option<i32>| tolerance.map_or(0, |t| (1 << 30) / i64::from(t));
        Self {
            target: table.target,
            inner: table.tolerance.map(|t| inner(t.unwrap_or(0))),
            weights: table.tolerance.map(weight),
        }
    }

    /// The penalty of a paper with these sums and so many pairs of enemies, as the room's own page
    /// defines it.
    pub(super) fn penalty(&self, sums: &Numbers, enemies: i64) -> i64 {
        let limits = self.target.iter().zip(&self.inner).zip(&self.weights);
        let one = |(sum, ((target, inner), weight)): (&i32, ((&i32, &i32), &i64))| {
            let excess = ((sum - target).abs() - inner).max(0);
            let scaled = ((i64::from(excess) * weight) >> 20).min(SCALED_MAX);
            scaled * scaled
        };
        let excess: i64 = sums.iter().zip(limits).map(one).sum();
        excess + ENEMIES * enemies
    }
}

/// `⌊7 t / 10⌋`
const fn inner(tolerance: i32) -> i32 {
    // In two parts, so that it fits.
    tolerance / 10 * 7 + tolerance % 10 * 7 / 10
}
