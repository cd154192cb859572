//! Regulation profiles (规则): the tracks as versioned, frozen data.
//!
//! A [`Profile`] holds every number and choice by which an examination is run: stages, components
//! and their weights, floors, ratios, ties, marking, publicity, approval. It is read from TOML,
//! checked as a whole, and frozen when the announcement is published: from then on its
//! [`hash`](Profile::hash) names it. `docs/regulation.md` explains each field.

pub mod api;
pub mod calendars;
pub mod pages;

pub mod phase;
mod procedure;
pub mod profile;
pub mod read;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
pub mod validate;
pub mod words;

pub use phase::Phase;
pub use profile::*;
pub use words::*;
