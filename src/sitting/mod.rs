//! Sitting (考试): the exam room, answers, hand-in.
//!
//! A candidate's browser counts the changes of each answer and sends every change at once; what
//! reaches the server late, twice or out of order is sorted out by that count. An answer is called
//! saved only once it is durable. When time is over, or she hands in, the script is closed, and the
//! log commits to the digest of its answers.

pub mod api;
pub mod pages;
pub mod records;
pub mod rules;
pub mod service;

mod bodies;
mod store;
mod view;

#[cfg(test)]
mod tests;
