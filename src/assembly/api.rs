//! REST.

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the room's operations.
pub fn operations(_config: &mut ServiceConfig<'_>) {}
