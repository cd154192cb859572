//! Work that goes on beside requests: giving decisions their places, publishing the log, closing
//! attempts whose time is over, keeping the search of items up to date, delivering mail, forgetting
//! what is no longer needed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web;

use super::operations::Metrics;
use crate::access::{LinkLimit, SignInLimit, mail, service as access};
use crate::bank::search::ItemSearch;
use crate::config::Settings;
use jiff::civil::Date;

use crate::kernel::{Instant, Problem, zone};
use crate::ledger;
use crate::ledger::publish::{Logs, Publisher};
use crate::registration::service as registration;
use crate::sitting::service as sitting;
use crate::store::Store;
use crate::verification::service as verification;

/// How often each round runs.
const PERIOD: Duration = Duration::from_millis(500);
/// Rounds between two in which stale things are forgotten: about ten minutes.
const TIDY_ROUNDS: u32 = 1200;

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
        limits: &Limits,
        logs: &Logs,
        search: &ItemSearch,
    ) -> Result<Self, Problem> {
        let stopping = Arc::new(AtomicBool::new(false));
        let carrier = settings.mail.carrier(&settings.data)?;
        let from = settings.mail.from.clone();
        let places = (store.clone(), metrics.clone());
        let publisher = Mutex::new(Publisher::new(logs.clone()));
        let log = (store.clone(), logs.clone(), metrics.clone());
        let audits = Audits::new(store.clone(), logs.clone(), metrics.clone());
        let rooms = store.clone();
        let shelf = (store.clone(), search.clone());
        let post = store.clone();
        let house = (store.clone(), limits.clone());
        let threads = vec![
            rounds("keju-places", &stopping, move || {
                give_places(&places.0, &places.1)
            })?,
            rounds("keju-log", &stopping, move || {
                let mut publisher = publisher.lock().unwrap_or_else(PoisonError::into_inner);
                publish(&log.0, &log.1, &log.2, &mut publisher)
            })?,
            rounds("keju-audit", &stopping, move || audits.round())?,
            rounds("keju-rooms", &stopping, move || {
                rooms.write_blocking(sitting::close_round).map(drop)
            })?,
            rounds("keju-search", &stopping, move || {
                shelf.1.catch_up_blocking(&shelf.0)
            })?,
            rounds("keju-mail", &stopping, move || {
                mail::deliver(&post, &carrier, &from).map(drop)
            })?,
            rounds(
                "keju-tidy",
                &stopping,
                now_and_then(move || tidy(&house.0, &house.1)),
            )?,
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
            // A round that stumbles over its own mistake must not end all rounds.
            match catch_unwind(AssertUnwindSafe(&round)) {
                Ok(Ok(())) => {}
                Ok(Err(problem)) => {
                    tracing::warn!(%problem, "a background round failed; it will be tried again");
                }
                Err(_) => tracing::error!("a background round panicked; it will be tried again"),
            }
            std::thread::sleep(PERIOD);
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(Problem::internal)
}

/// The limits that remember logins.
#[derive(Clone)]
pub(super) struct Limits {
    pub sign_in: web::Data<SignInLimit>,
    pub links: web::Data<LinkLimit>,
}

/// Runs `work` in the first round and then in one of many.
fn now_and_then(work: impl Fn() -> Result<(), Problem>) -> impl Fn() -> Result<(), Problem> {
    let round = AtomicU32::new(0);
    move || match round.fetch_add(1, Ordering::Relaxed) % TIDY_ROUNDS {
        0 => work(),
        _ => Ok(()),
    }
}

/// Forgets what nobody needs any longer: failures and links of yesterday, sign-ups never verified.
fn tidy(store: &Store, limits: &Limits) -> Result<(), Problem> {
    limits.sign_in.tidy();
    limits.links.tidy();
    store.write_blocking(access::tidy)?;
    store.write_blocking(registration::tidy)
}

/// On PostgreSQL, gives committed decisions their places.
fn give_places(store: &Store, metrics: &Metrics) -> Result<(), Problem> {
    store.write_blocking(ledger::sequence)?;
    let waiting = store.read_blocking(ledger::waiting)?;
    metrics.log_waiting.set(waiting);
    Ok(())
}

/// Publishes what has its place. Hashing and writing files go on beside the writer, and only what
/// is new is read.
fn publish(
    store: &Store,
    logs: &Logs,
    metrics: &Metrics,
    publisher: &mut Publisher,
) -> Result<(), Problem> {
    let round = publisher.round(store);
    let halted = i64::try_from(logs.halted().len()).unwrap_or(i64::MAX);
    metrics.log_halted.set(halted);
    metrics.log_size.set(round?);
    Ok(())
}

/// The audit of every night: all that `keju audit` looks at.
struct Audits {
    store: Store,
    logs: Logs,
    metrics: Metrics,
    /// The night that was audited last, as the day on which it ended.
    last: Mutex<Option<Date>>,
}

impl Audits {
    fn new(store: Store, logs: Logs, metrics: Metrics) -> Self {
        Self {
            store,
            logs,
            metrics,
            last: Mutex::new(None),
        }
    }

    /// Audits once in each night.
    fn round(&self) -> Result<(), Problem> {
        let Some(night) = night(self.store.clock().now()) else {
            return Ok(());
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == Some(night) {
            return Ok(());
        }
        // One that ends in an error is not tried again and again: the gauge of its time stays behind.
        *last = Some(night);
        let outcomes = verification::audit(&self.store, &self.logs)?;
        let failed = outcomes.iter().filter(|one| one.failure.is_some());
        for one in failed.clone() {
            tracing::error!(check = %one, "the nightly audit found a difference");
        }
        let failed = i64::try_from(failed.count()).unwrap_or(i64::MAX);
        tracing::info!(failed, "the nightly audit is done");
        self.metrics.audit_failed.set(failed);
        self.metrics
            .audit_at
            .set(self.store.clock().now().seconds());
        self.logs.note_audit(self.store.clock().now(), failed == 0);
        Ok(())
    }
}

/// The day on which the present night ends, from three to five in the morning.
fn night(now: Instant) -> Option<Date> {
    let local = now.in_zone(&zone());
    (3..5).contains(&local.hour()).then(|| local.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_from_three_to_five_in_china() {
        let at = |text: &str| night(serde_json::from_str(&format!("\"{text}\"")).unwrap());
        assert_eq!(at("2026-03-01T18:59:59Z"), None);
        let night = at("2026-03-01T19:00:00Z").unwrap();
        assert_eq!(night.to_string(), "2026-03-02");
        assert_eq!(at("2026-03-01T20:59:59Z"), Some(night));
        assert_eq!(at("2026-03-01T21:00:00Z"), None);
    }
}
