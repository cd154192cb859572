//! Sitting (考试): the exam room, answers, hand-in.

pub mod api;
pub mod pages;
pub mod records;
pub mod service;
