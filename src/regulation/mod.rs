//! Regulation profiles (规则): the tracks as versioned, frozen data.

pub mod rules;
