//! Establishment (编制): organisations, their approved headcount, and the posts to be filled.

pub mod api;
pub mod pages;
pub mod rules;
pub mod service;
mod store;

#[cfg(test)]
mod tests;
