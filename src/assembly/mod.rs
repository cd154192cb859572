//! Assembly (组卷): from a blueprint and a pool to one paper per candidate.
//!
//! A paper is a pure function of four published things: the [`Blueprint`], the [`Pool`] of items
//! frozen before the draw, the seed of the draw, and the candidate's code. What follows defines
//! that function completely, in the words of EXAM-DRAW-1 (see [`crate::draw`]), so that anyone can
//! repeat it in any language; `tests/independent/assemble.py` is one such repetition.
//!
//! # The draw
//!
//! All orders of codes are orders of their UTF-8 bytes. Cells are numbered from zero within their
//! section. Labels are UTF-8 texts; `⟨…⟩` stands for a code or a decimal number. `c` is the
//! candidate's seed:
//!
//! ```text
//! c = sub(seed, "paper/⟨candidate code⟩")
//! ```
//!
//! **Units.** A draw takes whole *units*. In a section, each item without a stimulus is a unit, and
//! so is each stimulus. Only items of the section count: those with its section code and, if the
//! section states `marks_each`, without marks of their own, else (a *written* section) with them.
//!
//! **Who may serve a cell.** An item *matches* a cell if the cell's difficulty is absent or equal,
//! and the cell's topic is absent, equal to the item's, or followed by a full stop a prefix of it
//! (`vb` matches `vb.cloze` but not `vbx`). A cell without `stimuli` is served by single items that
//! match. A cell with `stimuli = n` is served by stimuli that have at least `m = count / n` matching
//! items. The cell needs `count` units, or `n`. A unit serves one cell of a paper at most.
//!
//! **Choosing.** Cell by cell, in the blueprint's order: let `u` be all units that may serve cell
//! `i`, in order of their codes (of the item, or of the stimulus). Walk through
//! `perm(sub(c, "cell/⟨section⟩/⟨i⟩"), len u)` and take the unit at each place named, until the cell
//! has what it needs; but pass over a unit that an earlier cell took, and over a unit after whose
//! taking the needs that this cell and all later ones still have could no longer be met together
//! from the units not yet taken. (Where cells do not overlap, nothing is ever passed over, and this
//! is `pick`.)
//!
//! **Items of a stimulus.** Let `v` be the stimulus's items that match the cell, in order of their
//! codes. The paper gets `pick(sub(c, "stimulus/⟨section⟩/⟨stimulus⟩"), len v, m)` of them, in order
//! of selection.
//!
//! **Order.** The chosen units of a section stand in the order of the cells, and within a cell in
//! order of selection; call this list `w`. The section of the paper is `w[p]` for each `p` of
//! `perm(sub(c, "order/⟨section⟩"), len w)`, so a stimulus keeps its items together. In a written
//! section nothing is shuffled: its units stand in the order of the cells, within a cell in order of
//! their codes, and the items of a stimulus in order of their codes.
//!
//! **Options.** The `k`-th option shown for an item is the author's option
//! `perm(sub(c, "options/⟨item⟩"), number of options)[k]`; items without options have an empty list.
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
mod fit;
mod paper;
mod plan;
mod pool;
mod shipped;
mod store;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod tests;

pub use blueprint::{Blueprint, Cell, Section};
pub use paper::{Paper, PaperSection, PlacedItem, paper_hash, papers_root};
pub use plan::{CellShortage, CellStock, Counted, Plan, assemble, feasible, stock, unequal_totals};
pub use pool::{DuplicateCode, Pool, PoolItem, pool_root};
pub use shipped::{SHIPPED, Shipped, shipped};
