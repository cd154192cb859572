//! Words that every room uses: ids, exact scores, instants and the clock, the
//! working-day calendar, and the shape of errors. Nothing here knows of a
//! database, of HTTP or of a rule.

pub mod calendar;
pub mod clock;
pub mod error;
pub mod id;
pub mod merkle;
pub mod resident_id;
pub mod score;
pub mod secret;
pub mod text;

pub use clock::{Clock, Instant, zone};
pub use error::{Fault, Problem};
pub use id::Id;
pub use score::{Rounding, Score, Weight};
