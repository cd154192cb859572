//! Reports: exports of results as CSV and XLSX.

pub mod api;
pub mod pages;
pub mod service;
