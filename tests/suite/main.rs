//! The product over real HTTP, on both databases.
//!
//! Each test that touches data runs twice, as `…::sqlite` and `…::postgres`. Without a PostgreSQL
//! installation the second says "not run" and passes, unless `KEJU_TEST_REQUIRE=all` makes that a
//! failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop where it fails"
)]

mod access;
mod attacks;
mod authorisation;
mod backup;
mod bad_input;
mod blueprints;
mod ceremony;
mod crash;
mod desk;
mod establishment;
mod examinations;
mod faults;
mod find;
mod finished;
mod forms;
mod imports;
mod item_life;
mod leaks;
mod ledger;
mod logs;
mod looks;
mod material;
mod migrations;
mod objections;
mod pages;
mod public_log;
mod races;
mod receipts;
mod record;
mod registration;
mod room;
mod snapshot;
mod support;
mod trial;
mod verification;
mod walk;
mod witness;
