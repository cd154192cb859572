//! Disclosure (公开): the public log, decisions for supervisors, published results.

pub mod api;
mod formula;
pub mod pages;
pub mod receipts;
pub mod record;
pub mod service;
#[cfg(test)]
mod tests;
