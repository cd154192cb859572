//! `keju verify`.

use super::open_store;
use crate::config::Settings;
use crate::kernel::{Clock, Problem};
use crate::verification::{Outcome, service};

/// Checks everything in the settings' store that can be derived again, while the server goes on.
pub fn verify(settings: &Settings) -> Result<Vec<Outcome>, Problem> {
    let store = open_store(settings, Clock::system())?;
    let outcomes = service::verify(&store);
    store.close();
    outcomes
}

/// As [`verify`], and compares the published log with the rows.
pub fn audit(settings: &Settings) -> Result<Vec<Outcome>, Problem> {
    let store = open_store(settings, Clock::system())?;
    let outcomes = service::audit(&store, &settings.logs());
    store.close();
    outcomes
}

/// The outcomes as JSON text.
pub fn as_json(outcomes: &[Outcome]) -> Result<String, Problem> {
    serde_json::to_string_pretty(outcomes).map_err(Problem::internal)
}
