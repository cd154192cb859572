//! Registration (报名): candidates, applications, eligibility review, admission tickets.

pub mod api;
pub mod pages;
pub mod photo;
pub mod records;
pub mod rules;
pub mod seating;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
mod upload;
