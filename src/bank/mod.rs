//! Item banks (题库): items, shared stimuli, versions and review.

pub mod api;
mod diff;
mod finding;
mod forms;
pub mod pages;
mod reach;
mod reading;
pub mod records;
pub mod search;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub mod answer;
pub mod checklist;
pub mod collection;
pub mod formats;
pub mod item;
pub mod life;
pub mod material;
pub mod parametric;
pub mod picture;
pub mod rich;
pub mod rules;
pub mod similar;
