//! Registration (报名): candidates, applications, eligibility review, admission tickets.

pub mod api;
pub mod pages;
pub mod records;
pub mod service;
