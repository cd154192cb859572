//! Ranking (排名): composites, ties, cut lines, shortlists, merit lists.

pub mod rules;
