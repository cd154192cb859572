//! Disclosure (公开): the public log, decisions for supervisors, published results.

pub mod api;
pub mod pages;
pub mod service;
