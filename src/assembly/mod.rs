//! Assembly (组卷): from a blueprint and a pool to one paper per candidate, every paper different
//! and all equally hard.
//!
//! The papers are a pure function of five published things: the [`Blueprint`], the [`Pool`] of items
//! frozen before the draw, the seed of the draw, the candidates' codes, and where they sit. What
//! follows defines that function completely, in the words of EXAM-DRAW-1 (see [`crate::draw`]) and
//! of deal and trade ([`forms`]), so that anyone can repeat it in any language;
//! `tests/independent/assemble.py` is one such repetition.
//!
//! # The table
//!
//! All orders of codes are orders of their UTF-8 bytes. Cells are numbered from zero, within their
//! section where a section is named, else over the whole blueprint. Labels are UTF-8 texts; `⟨…⟩`
//! stands for a code or a decimal number.
//!
//! **Items in numbers.** An item that is worth `m` marks and has the response `a, b, c` (thousandths)
//! adds to a paper, for each `θ` from −3 to 3, `⌊10⁶ m P(θ) + ½⌋`; for each again
//! `⌊10⁶ m P(θ)² + ½⌋`; and its seconds. These 15 numbers stand in the pool; only they are used. The
//! blueprint's `equal` gives the tolerances: `tolerance` of the first seven, with `spread` of the
//! next seven too, `seconds` of the last. Without `equal` every number is free.
//!
//! **Units.** A draw takes whole *units*. In a section, each item without a stimulus is a unit, and
//! so is each stimulus. Only items of the section count: those with its section code and, if the
//! section states `marks_each`, without marks of their own, else (a *written* section) with them.
//!
//! **Who may serve a cell.** An item *matches* a cell if the cell's difficulty is absent or equal, so
//! is its kind, and the cell's topic is absent, equal to the item's, or followed by a full stop a
//! prefix of it (`vb` matches `vb.cloze` but not `vbx`). A cell without `stimuli` is served by single items that
//! match. A cell with `stimuli = n` is served by stimuli that have at least `m = count / n` matching
//! items. The cell needs `count` units, or `n`.
//!
//! **To which cell a unit belongs.** To one. Units are taken in order of how many cells of their
//! section they may serve, fewest first (none: it is left out), then of their codes; each goes to
//! that of its cells which by then has the fewest units for its need, as a fraction; of equal ones to
//! the earliest. A stimulus brings those of its items that match the cell. In a cell, units stand in
//! order of their codes.
//!
//! **Ranges.** A cell with `count_max` brings from `count` to `count_max` items, in steps of its units, and
//! its section's `items` says how many they are together. Above, a cell's need is its least. Then the
//! numbers are fixed as [`forms`] defines, for each section by itself; a cell may take as many units as
//! can stand on one paper: those that in their order share no enemy set with one that counted before.
//!
//! **Enemies.** Units are enemies if an item of the one and an item of the other name the same enemy
//! set.
//!
//! **Target.** What papers should come to is the mean of the bank, as [`forms`] has it. With
//! `equal.target`, seven shares of the full mark, it is for the first seven numbers
//! `⌊10⁶ s_k f + ½⌋`, with the `k`-th share `s_k` and the full mark `f` of any paper, and units are
//! set aside for it as [`forms`] defines, with `equal.tolerance` and `equal.exposure_max`. The others
//! have the mean of what is left.
//!
//! # The papers
//!
//! With `N` candidates, attempt `e = 0 … 15` deals `N + max(⌊N / 500⌋, 2) · 2^min(e, 4)` papers and trades them as
//! [`forms`] defines, under `sub(seed, "attempt/⟨e⟩")`. The first attempt in which `N` papers meet every
//! limit gives these, numbered from zero; if none does, there are no papers.
//!
//! **Seats.** In order of rooms, seats and codes each candidate gets one of the next 32 papers that
//! nobody has yet (by number): that whose greatest number of items in common with the papers of the
//! up to 12 candidates just before, in the same room, is least; of equal ones the earliest.
//!
//! **Order.** `c` is the candidate's seed:
//!
//! ```text
//! c = sub(seed, "paper/⟨candidate code⟩")
//! ```
//!
//! The units of a section stand in the order of the cells and, within a cell, of dealing; call this
//! list `w`. The section of the paper is `w[p]` for each `p` of `perm(sub(c, "order/⟨section⟩"), len w)`.
//! The items of a stimulus stand together: those of its card in order of their codes, call them `v`,
//! as `v[p]` for each `p` of `perm(sub(c, "stimulus/⟨section⟩/⟨stimulus⟩"), len v)`. In a written section
//! nothing is shuffled: its units stand in the order of the cells, within a cell in order of their
//! codes, and the items of a stimulus in order of their codes.
//!
//! **On trial.** A section with `trial = n` has `n` items more, worth nothing, that are on trial (`trial` in
//! the pool; nothing above looks at those). *May stand* in it those of its code that have neither
//! stimulus nor marks of their own, whose topic a cell without `stimuli` takes, and that have the kind and
//! the number of options of some item that counts in the section, has no stimulus and matches that cell.
//! Papers take them by number, each for its sections in their order. With `s = sub(seed, "trial/⟨section⟩")`
//! it takes `n` times, of those that are not on it and share no enemy set with an item on it, that which so far
//! is on the fewest papers; if these are `u`, of equal ones the first in the order
//! `perm(sub(s, "⟨u⟩"), T)` of the `T` that may stand there, which are numbered by code. They follow in `w` in the order in
//! which they were taken, each a unit, and so are shuffled among the others. A pool that cannot serve
//! every paper so is refused before.
//!
//! **Options.** The `k`-th option shown for an item is the author's option
//! `perm(sub(c, "options/⟨item⟩"), number of options)[k]`; items without options have an empty list.
//!
//! **Keys and letters.** Nothing is balanced by the keys, and nothing here could be: papers follow from
//! what is published, and keys need not be. Whatever orders of options a rule gives that does not know
//! the keys, there are keys for which A is right everywhere. Lots give what can be had: every order is as
//! likely as every other, for each item and candidate by itself, so each of `k` letters is the key with
//! the chance `1/k`, wherever the author put it; of `n` items with `k` options a letter is the key of
//! `n/k` on average, give or take `√(n (k − 1)) / k`. It is also the only balance that tells nothing: who
//! is sure of all answers but one learns nothing about that one, where a rule that made the letters
//! come out even would leave one letter for it. And it is the same for everybody: over the candidates
//! each item's key stands equally often under each letter.
//!
//! # Hashes
//!
//! The pool's root and a paper's hash are SHA-256 of their canonical JSON (RFC 8785). The root over
//! all papers is the Merkle root (RFC 6962, [`crate::kernel::merkle`]) whose leaf data are the paper
//! hashes, 32 bytes each, in order of the candidates' codes.

pub mod api;
pub mod forms;
pub mod pages;
pub mod records;
pub mod service;

mod blueprint;
mod cells;
mod paper;
mod plan;
mod pool;
mod seats;
mod shipped;
mod sorted;
mod stock;
mod store;
mod unscored;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod tests;

pub use blueprint::{Blueprint, Cell, Equal, Section};
pub use paper::{Paper, PaperSection, PlacedItem, paper_hash, paper_json, papers_root};
pub use plan::{Drawn, Plan, Unequal};
pub use pool::{DuplicateCode, Pool, PoolItem, Response, pool_root};
pub use seats::Seated;
pub use shipped::{SHIPPED, Shipped, shipped};
pub use stock::{
    CellShortage, CellStock, Counted, Reach, SectionTime, crowded, feasible, off_target,
    overexposed, stock, unequal_totals,
};
pub use unscored::TrialStock;
