//! Item banks (题库): items, shared stimuli, versions and review.

pub mod formats;
pub mod item;
pub mod life;
pub mod rules;
