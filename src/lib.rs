//! Keju (科举): merit-based examination and recruitment.
//!
//! The rooms stand in the order in which an examination passes through them; each imports only
//! rooms above it (held by `tests/architecture.rs`). A request runs one way: route → `api` or
//! `pages` → `service` → `rules`, `store` and `ledger`.

pub mod kernel;

pub mod store;

pub mod ledger;

pub mod draw;

pub mod psychometrics;

pub mod http;

pub mod access;

pub mod regulation;

pub mod establishment;

pub mod ceremony;

pub mod registration;

pub mod bank;

pub mod assembly;

pub mod sitting;

pub mod marking;

pub mod ranking;

pub mod appointment;

pub mod report;

pub mod disclosure;

pub mod verification;

pub mod config;

pub mod app;
