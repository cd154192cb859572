//! Marking (阅卷): what an answer earns. Objective items are marked by their key, written ones by
//! two people who do not see each other's marks, a third if they differ, and an arbiter at last.

pub mod api;
pub mod pages;
pub mod service;

mod double;
mod objective;
mod panel;
mod store;

#[cfg(test)]
mod tests;

pub use double::{DoubleMarking, MarkerMark, Resolution, ScriptState, SettledBy, resolve};
pub use objective::{MarkingError, Objective, Outcome, mark_objective};
pub use panel::{BallotCount, Panel, ResultMark, Seat, seats};
