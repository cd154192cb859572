//! Work that goes on beside requests: sequencing the log, fixing checkpoints, closing attempts
//! whose time is over, delivering mail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::operations::Metrics;
use crate::access::mail;
use crate::config::Settings;
use crate::kernel::Problem;
use crate::ledger;
use crate::sitting::service as sitting;
use crate::store::Store;

/// How often each round runs.
const PERIOD: Duration = Duration::from_millis(500);

/// The threads that work beside the server.
pub(super) struct Background {
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start(
        store: &Store,
        settings: &Settings,
        metrics: &Metrics,
    ) -> Result<Self, Problem> {
        let stopping = Arc::new(AtomicBool::new(false));
        let carrier = settings.mail.carrier(&settings.data)?;
        let from = settings.mail.from.clone();
        let log = (store.clone(), metrics.clone());
        let rooms = store.clone();
        let post = store.clone();
        let threads = vec![
            rounds("keju-log", &stopping, move || keep_log(&log.0, &log.1))?,
            rounds("keju-rooms", &stopping, move || {
                rooms.write_blocking(sitting::close_round).map(drop)
            })?,
            rounds("keju-mail", &stopping, move || {
                mail::deliver(&post, &carrier, &from).map(drop)
            })?,
        ];
        Ok(Self { stopping, threads })
    }

    pub(super) fn stop(self) {
        self.stopping.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

fn rounds(
    name: &str,
    stopping: &Arc<AtomicBool>,
    round: impl Fn() -> Result<(), Problem> + Send + 'static,
) -> Result<JoinHandle<()>, Problem> {
    let stopping = stopping.clone();
    let work = move || {
        while !stopping.load(Ordering::SeqCst) {
            if let Err(problem) = round() {
                tracing::warn!(%problem, "a background round failed; it will be tried again");
            }
            std::thread::sleep(PERIOD);
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(Problem::internal)
}

/// Gives decisions their places and fixes the tree's root.
fn keep_log(store: &Store, metrics: &Metrics) -> Result<(), Problem> {
    store.write_blocking(ledger::sequence)?;
    let checkpoint = store.write_blocking(ledger::checkpoint)?;
    if let Some(checkpoint) = checkpoint {
        metrics.log_size.set(checkpoint.size);
    }
    metrics
        .log_waiting
        .set(store.read_blocking(ledger::waiting)?);
    Ok(())
}
