//! The composition root: routes, middleware, background work, start and stop.

mod background;
pub mod commands;
pub mod demo;
mod docs;
mod home;
mod operations;
mod server;

pub use server::{Application, api_document};
