//! Statistics of items and of candidates: classical figures, and item response models fitted by
//! marginal maximum likelihood. Pure, and in binary floats: nothing here ranks a person.
//!
//! A response model says how likely a candidate of ability θ is to answer item j rightly:
//!
//! ```text
//! P_j(θ) = c_j + (1 − c_j) / (1 + exp(−a_j (θ − b_j)))
//! ```
//!
//! with discrimination `a`, difficulty `b` and guessing `c`; in `2pl` c is zero, in `1pl` all items
//! share one `a` besides. Abilities are normal with mean 0 and standard deviation 1.

pub mod ability;
pub mod angoff;
pub mod calibrate;
pub mod classical;
#[cfg(test)]
mod fixture;
mod matrix;
pub mod model;
pub mod reading;

pub use model::{ItemParameters, Model};
pub use reading::Responses;
