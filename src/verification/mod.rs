//! Verification (核验): everything that can be derived again is derived again from what the log
//! committed to, and compared with what is stored.
//!
//! Each check is one function; together they follow an examination from its frozen rules to its
//! merit list. They use the rooms' own pure functions and never their stored results, change
//! nothing, and name the first thing that differs. `docs/verification.md` says what each proves.

mod case;
mod checks;
mod decisions;
mod published;
mod recalls;
pub mod record;
pub mod rules;
pub mod service;
mod store;

pub use rules::Outcome;
