//! `keju log`: what is carried to a witness without a network, and what comes back; and publishing
//! without a server.

use std::path::Path;

use super::{files, lock_data, open_store};
use crate::config::Settings;
use crate::kernel::{Clock, Problem};
use crate::ledger::publish::Publisher;
use crate::ledger::{self, Log, witness};
use crate::store::Store;

fn log(store: &Store, year: i32) -> Result<Log, Problem> {
    let logs = store.read_blocking(ledger::logs)?;
    let found = logs.into_iter().find(|log| log.year == year);
    found.ok_or_else(|| Problem::internal(format!("there is no log of {year}")))
}

/// The request to a witness, for the newest checkpoint of the log of a year.
pub fn log_request(
    settings: &Settings,
    year: i32,
    witness: &str,
    old: Option<u64>,
) -> Result<String, Problem> {
    let store = open_store(settings, Clock::system())?;
    let (log, logs) = (log(&store, year)?, settings.logs());
    let request = store.read_blocking(|view| {
        witness::request(view, logs.policy(), &log, &logs.disk(year), witness, old)
    })?;
    store.close();
    Ok(request.text())
}

/// Takes in the signatures that came back; says whose, over how many entries.
pub fn log_cosign(
    settings: &Settings,
    year: i32,
    lines: &Path,
) -> Result<Vec<(String, i64)>, Problem> {
    let text = files::read(lines)?;
    let store = open_store(settings, Clock::system())?;
    let (log, policy) = (log(&store, year)?, settings.log_policy.clone());
    let taken = store.write_blocking(move |tx| witness::import(tx, &policy, &log, &text))?;
    store.close();
    if taken.is_empty() {
        return Err(Problem::internal(
            "no witness of the policy has signed any checkpoint there",
        ));
    }
    Ok(taken)
}

/// Publishes what is decided, once, as a server does all the time. Gives the number of entries.
/// Beside a server it is refused: that publishes by itself, and under its own policy.
pub fn log_publish(settings: &Settings, trust_database: bool) -> Result<i64, Problem> {
    let _lock = lock_data(&settings.data)?;
    let store = open_store(settings, Clock::system())?;
    store.write_blocking(ledger::sequence)?;
    let logs = settings.logs();
    let publisher = Publisher::new(logs.clone());
    let mut publisher = if trust_database {
        publisher.trusting_database()
    } else {
        publisher
    };
    let entries = publisher.round(&store)?;
    store.close();
    match logs.halted().into_iter().next() {
        None => Ok(entries),
        Some((year, why)) => Err(Problem::internal(format!(
            "the log of {year} signs nothing any more: {why}"
        ))),
    }
}
