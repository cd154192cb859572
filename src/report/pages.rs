//! Pages.

use actix_web::web;

/// Adds the room's pages.
pub fn routes(_config: &mut web::ServiceConfig) {}
