//! Item banks (题库): items, shared stimuli, versions and review.

pub mod answer;
pub mod formats;
pub mod item;
pub mod rules;
