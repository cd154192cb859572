//! `keju verify`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use super::{files, open_store};
use crate::config::Settings;
use crate::kernel::{Clock, Problem};
use crate::verification::{Outcome, record, service};

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

/// How long a server may take to begin its answer: it may have to make the record first.
const PATIENCE: Duration = Duration::from_secs(600);

/// Checks a public record, in a file or at an address.
pub fn verify_record(place: &str) -> Result<Vec<Outcome>, Problem> {
    let unreadable = |why: record::Unreadable| Problem::internal(format!("{place}: {why}"));
    record::verify(opened(place)?).map_err(unreadable)
}

fn opened(place: &str) -> Result<Box<dyn BufRead>, Problem> {
    if !(place.starts_with("http://") || place.starts_with("https://")) {
        let path = Path::new(place);
        let file = File::open(path).map_err(|error| files::named(path, &error))?;
        return Ok(Box::new(BufReader::new(file)));
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_recv_response(Some(PATIENCE))
        .build()
        .into();
    let answer = agent.get(place).call();
    let answer = answer.map_err(|error| Problem::internal(format!("{place}: {error}")))?;
    let body = answer.into_body().into_reader();
    Ok(Box::new(BufReader::new(body)))
}

/// The outcomes as JSON text.
pub fn as_json(outcomes: &[Outcome]) -> Result<String, Problem> {
    serde_json::to_string_pretty(outcomes).map_err(Problem::internal)
}
