//! From the merit list to the appointment. So far: objections in the publicity period (异议).

pub mod api;
pub mod pages;
pub mod service;
mod store;

pub use store::ObjectionState;
