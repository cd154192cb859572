//! Work that goes on beside requests: sequencing the log, fixing checkpoints, closing attempts
//! whose time is over, delivering mail, forgetting what is no longer needed.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web;

use super::operations::Metrics;
use crate::access::{LinkLimit, SignInLimit, mail, service as access};
use crate::config::Settings;
use crate::kernel::Problem;
use crate::ledger;
use crate::registration::service as registration;
use crate::sitting::service as sitting;
use crate::store::Store;

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
    ) -> Result<Self, Problem> {
        let stopping = Arc::new(AtomicBool::new(false));
        let carrier = settings.mail.carrier(&settings.data)?;
        let from = settings.mail.from.clone();
        let log = (store.clone(), metrics.clone());
        let tree = Arc::new(Mutex::new(ledger::Tree::default()));
        let rooms = store.clone();
        let post = store.clone();
        let house = (store.clone(), limits.clone());
        let threads = vec![
            rounds("keju-log", &stopping, move || {
                keep_log(&log.0, &log.1, &tree)
            })?,
            rounds("keju-rooms", &stopping, move || {
                rooms.write_blocking(sitting::close_round).map(drop)
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

/// Gives decisions their places and fixes the tree's root. Reading and hashing go on beside the
/// writer, and only what is new is read.
fn keep_log(
    store: &Store,
    metrics: &Metrics,
    tree: &Arc<Mutex<ledger::Tree>>,
) -> Result<(), Problem> {
    store.write_blocking(ledger::sequence)?;
    let held = || tree.lock().unwrap_or_else(PoisonError::into_inner);
    let due = store.read_blocking(|view| held().catch_up(view))?;
    metrics.log_size.set(held().size()?);
    if due {
        let tree = tree.clone();
        store.write_blocking(move |tx| {
            let tree = tree.lock().unwrap_or_else(PoisonError::into_inner);
            tree.checkpoint(tx)
        })?;
    }
    metrics
        .log_waiting
        .set(store.read_blocking(ledger::waiting)?);
    Ok(())
}
