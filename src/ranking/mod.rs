//! Ranking (排名): composites, ties, cut lines, shortlists, merit lists.
//!
//! Composites, order and lists are pure functions of a regulation profile and published marks, so
//! that anyone can compute them again; [`service`] publishes them.

pub mod api;
pub mod pages;
pub mod service;

pub mod columns;
pub mod composite;
mod draft;
#[cfg(test)]
pub(crate) mod fixture;
pub mod lists;
pub mod order;
pub mod results;
mod store;
#[cfg(test)]
mod tests;
pub mod words;

pub use composite::*;
pub use draft::{counts, standings, standings_of};
pub use lists::*;
pub use order::*;
pub use words::*;
