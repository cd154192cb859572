//! The one writer of an embedded database: a bounded queue, groups committed together, each act
//! in a savepoint of its own.
//!
//! One `fsync` then serves many acts, one failing act does not sink its neighbours, and nobody is
//! answered before the commit that holds their act is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection as _;
use tokio::sync::oneshot;

use super::{AnyConn, Tx, Vault, View};
use crate::kernel::error::Kind;
use crate::kernel::{Clock, Problem};

/// Acts that may wait; one more is refused at once, so that a flood is felt as "busy" and not as
/// an ever longer wait.
const QUEUE: usize = 4096;
/// Most acts in one commit.
const GROUP: usize = 256;

/// Tells the caller how the act ended. Called after the group's commit.
type Reply = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// Runs the act; says whether to keep it, and how to answer.
type Job = Box<dyn FnOnce(&mut Tx<'_>) -> (bool, Reply) + Send>;

pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(conn: AnyConn, clock: Clock, vault: Vault) -> Result<Self, Problem> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("keju-writer".to_owned())
            .spawn(move || run(conn, &jobs, &clock, &vault))
            .map_err(Problem::internal)?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues `act`; the receiver gets its result after the commit.
    pub(super) fn submit<T, F>(
        &self,
        act: F,
    ) -> Result<oneshot::Receiver<Result<T, Problem>>, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = catch_unwind(AssertUnwindSafe(|| act(tx)))
                .unwrap_or_else(|_| Err(Problem::internal("an act panicked")));
            let keep = result.is_ok();
            let reply: Reply = Box::new(move |committed| {
                // A caller that has gone away does not mind.
                let _ = answer.send(committed.and(result));
            });
            (keep, reply)
        });
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue
            .as_ref()
            .ok_or_else(|| Problem::new(Kind::Unavailable, "stopping"))?;
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Problem::new(Kind::Unavailable, "busy"),
            TrySendError::Disconnected(_) => Problem::internal("the writer has stopped"),
        })?;
        Ok(receiver)
    }

    pub(super) fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn run(mut conn: AnyConn, jobs: &Receiver<Job>, clock: &Clock, vault: &Vault) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(std::iter::from_fn(|| jobs.try_recv().ok()));
        commit_group(&mut conn, group.take(GROUP), clock, vault);
    }
}

/// Runs a group of acts in one transaction and answers each after the commit.
fn commit_group(
    conn: &mut AnyConn,
    group: impl Iterator<Item = Job>,
    clock: &Clock,
    vault: &Vault,
) {
    let mut replies = Vec::new();
    let committed = conn.batch_execute("BEGIN IMMEDIATE").and_then(|()| {
        for job in group {
            conn.batch_execute("SAVEPOINT act")?;
            let (keep, reply) = job(&mut Tx(View {
                db: &mut *conn,
                now: clock.now(),
                vault,
            }));
            replies.push(reply);
            let end = if keep {
                "RELEASE act"
            } else {
                "ROLLBACK TO act; RELEASE act"
            };
            conn.batch_execute(end)?;
        }
        conn.batch_execute("COMMIT")
    });
    if let Err(error) = &committed {
        tracing::error!(%error, acts = replies.len(), "a group of writes was rolled back");
        // If this fails too there is no open transaction left to roll back.
        let _ = conn.batch_execute("ROLLBACK");
    }
    for reply in replies {
        reply(match &committed {
            Ok(()) => Ok(()),
            Err(error) => Err(Problem::internal(error.to_string())),
        });
    }
}
