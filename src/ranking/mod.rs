//! Ranking (排名): composites, ties, cut lines, shortlists, merit lists.
//!
//! Everything here is a pure function of a regulation profile and published marks, so that anyone
//! can compute it again.

pub mod api;
pub mod pages;
pub mod service;

pub mod composite;
pub mod lists;
pub mod order;

pub use composite::*;
pub use lists::*;
pub use order::*;
