//! Ceremonies (抽签): draws by lot that nobody can steer and anybody can repeat.
//!
//! Custodians of different offices each keep a secret and commit to it; the organiser fixes what is
//! drawn from; witnesses sign that; only then a public beacon has its value, the custodians show
//! their secrets, and the seed follows from all of it ([`crate::draw::ceremony`]). The rooms that
//! follow say what is drawn from, and use the seed.

pub mod api;
pub mod pages;
pub mod rehearsal;
pub mod rules;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use rules::{DrawState, Purpose, Step};

use crate::kernel::Problem;
use crate::ledger::policy::Policy;

/// What stands between a commitment and its beacon: witnesses, or a rehearsal that says so.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The witnesses of the log.
    pub policy: Policy,
    /// Whether draws may go on that nobody has witnessed. Every page of such a draw says so.
    pub rehearsal: bool,
}

impl Gate {
    /// A gate that stands open: for demonstrations, rehearsals and tests.
    pub fn rehearsal() -> Self {
        Self {
            policy: Policy::default(),
            rehearsal: true,
        }
    }

    /// Refuses draws where nobody could witness them.
    fn must_be_possible(&self) -> Result<(), Problem> {
        if self.rehearsal || self.policy.asks_for_witnesses() {
            return Ok(());
        }
        Err(Problem::conflict("draw-without-witnesses"))
    }
}
