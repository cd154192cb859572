//! Reports: exports of results as CSV and XLSX.

pub mod api;
mod csv;
pub mod pages;
pub mod service;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod xlsx;
