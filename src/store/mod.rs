//! The database: connections to SQLite or PostgreSQL, the write path, the vault for personal
//! data, and the schema. Queries themselves live in the rooms' `store.rs`.
//!
//! A room sees two words: a [`View`], in which it reads, and a [`Tx`], in which it reads and
//! writes. A `Tx` is one all-or-nothing act; an `Ok` reaches the caller only after it is durable.

mod conn;
mod copy;
mod installation;
mod migrate;
pub mod schema;
mod snapshot;
mod types;
mod vault;
mod writer;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::oneshot;

pub use conn::{AnyConn, Both, Target};
pub use copy::fill;
pub use types::{parse_text, sha256};
pub(crate) use types::{stored_as, text_enum};

/// The first row of a query, held while this act lasts: with `for_share` nobody may change it
/// meanwhile, with `for_no_key_update` nobody else may hold it either. What an act has checked
/// then still stands when it commits. PostgreSQL locks the row; on SQLite the one writer sees to it.
macro_rules! first_held {
    ($tx:expr, $query:expr, $lock:ident) => {
        match &mut *$tx.db {
            $crate::store::AnyConn::Postgres(db) => $query.$lock().first(db),
            $crate::store::AnyConn::Sqlite(db) => $query.first(db),
        }
    };
}
pub(crate) use first_held;
pub use vault::{Sealed, Vault};

use crate::kernel::error::Kind;
use crate::kernel::{Clock, Instant, Problem};
use conn::Pool;
use snapshot::Snapshot;
use writer::Writer;

/// A consistent place to read from.
pub struct View<'a> {
    /// The connection.
    pub db: &'a mut AnyConn,
    /// The time of this act.
    pub now: Instant,
    /// Opens and seals personal data.
    pub vault: &'a Vault,
}

impl View<'_> {
    /// Whether the database answers at all.
    pub fn answers(&mut self) -> Result<(), Problem> {
        use diesel::connection::SimpleConnection as _;
        Ok(self.db.batch_execute("SELECT 1")?)
    }
}

/// A place to read and write: one act, one transaction.
pub struct Tx<'a>(View<'a>);

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;
    fn deref(&self) -> &View<'a> {
        &self.0
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut View<'a> {
        &mut self.0
    }
}

/// The store. Cloning shares it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    target: Target,
    pool: Pool,
    /// On SQLite, the one writer; on PostgreSQL each act takes a connection of the pool.
    writer: Option<Writer>,
    clock: Clock,
    vault: Vault,
    /// Removed with the store.
    #[cfg(test)]
    scratch: Option<tempfile::TempDir>,
}

impl Store {
    /// Opens the database, brings its schema up to date under a lock, and starts the write path.
    pub fn open(target: Target, clock: Clock, vault: Vault) -> Result<Self, Problem> {
        migrate::run(&target)?;
        installation::check_key(&mut conn::connect(&target)?, &vault)?;
        let pool = conn::pool(&target)?;
        let writer = match &target {
            Target::Sqlite(_) => Some(Writer::start(
                conn::connect(&target)?,
                clock.clone(),
                vault.clone(),
            )?),
            Target::Postgres(_) => None,
        };
        Ok(Self(Arc::new(Inner {
            target,
            pool,
            writer,
            clock,
            vault,
            #[cfg(test)]
            scratch: None,
        })))
    }

    /// Opens the SQLite database in the data directory `data`.
    pub fn open_embedded(data: &Path, clock: Clock) -> Result<Self, Problem> {
        let vault = Vault::open(data)?;
        Self::open(Target::Sqlite(data.join("keju.db")), clock, vault)
    }

    /// A new store on an embedded database of its own, which goes with it.
    #[cfg(test)]
    pub(crate) fn scratch(clock: Clock) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Self::open_embedded(dir.path(), clock).unwrap();
        Arc::get_mut(&mut store.0).unwrap().scratch = Some(dir);
        store
    }

    /// The clock everything reads.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The vault for personal data.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Which database this is.
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// Runs `read` on a connection of the pool, off the caller's thread.
    pub async fn read<T, F>(&self, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read_blocking(read))
            .await
            .map_err(Problem::internal)?
    }

    /// Runs `act` as one transaction. The answer comes after the commit, and only then is `Ok`.
    pub async fn write<T, F>(&self, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        match &self.0.writer {
            Some(writer) => writer.submit(act)?.await.map_err(Problem::internal)?,
            None => {
                let store = self.clone();
                tokio::task::spawn_blocking(move || store.write_here(act))
                    .await
                    .map_err(Problem::internal)?
            }
        }
    }

    /// As [`Store::read`], on this thread: for commands and tests.
    pub fn read_blocking<T>(
        &self,
        read: impl FnOnce(&mut View<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut conn = self.connection()?;
        let now = self.0.clock.now();
        read(&mut View {
            db: &mut conn,
            now,
            vault: &self.0.vault,
        })
    }

    /// As [`Store::read_blocking`], seeing one state of the database however long it takes and
    /// whoever writes meanwhile: for reads that are compared with each other.
    pub fn snapshot_blocking<T>(
        &self,
        read: impl FnOnce(&mut View<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut snapshot = Snapshot::begin(self.connection()?)?;
        read(&mut View {
            db: snapshot.db(),
            now: self.0.clock.now(),
            vault: &self.0.vault,
        })
    }

    /// Writes one state of the whole database as an SQLite database into `file`, which is new or
    /// empty; others may write meanwhile.
    pub fn copy_to(&self, file: &Path) -> Result<(), Problem> {
        match &self.0.target {
            Target::Sqlite(_) => copy::vacuum_into(&self.0.target, file),
            Target::Postgres(_) => self.snapshot_blocking(|view| copy::into_file(view.db, file)),
        }
    }

    /// As [`Store::write`], waiting on this thread: for commands and tests.
    pub fn write_blocking<T, F>(&self, act: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    {
        match &self.0.writer {
            Some(writer) => wait(writer.submit(act)?),
            None => self.write_here(act),
        }
    }

    /// Refuses further writes, lets those accepted finish, and returns when they are durable.
    pub fn close(&self) {
        if let Some(writer) = &self.0.writer {
            writer.close();
        }
    }

    /// One act in a transaction of its own on a pooled connection (PostgreSQL).
    fn write_here<T>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        use diesel::Connection as _;
        let mut conn = self.connection()?;
        let now = self.0.clock.now();
        let vault = &self.0.vault;
        conn.transaction(|db| act(&mut Tx(View { db, now, vault })))
    }

    fn connection(&self) -> Result<conn::Pooled, Problem> {
        self.0
            .pool
            .get()
            .map_err(|_| Problem::new(Kind::Unavailable, "busy"))
    }
}

/// Reads in the SQLite database `file`, which nobody else uses, and leaves it as it is.
pub fn read_file<T>(
    file: &Path,
    now: Instant,
    vault: &Vault,
    read: impl FnOnce(&mut View<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut conn = conn::open_file(file)?;
    let db = &mut conn;
    read(&mut View { db, now, vault })
}

fn wait<T>(answer: oneshot::Receiver<Result<T, Problem>>) -> Result<T, Problem> {
    answer.blocking_recv().map_err(Problem::internal)?
}

/// A database error is nobody's fault but ours, except for a missing row.
impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::Error;
        match error {
            Error::NotFound => Self::not_found(),
            Error::DatabaseError(_, said) if is_contention(said.message()) => {
                Self::new(Kind::Unavailable, "busy")
            }
            other => Self::internal(other),
        }
    }
}

/// Whether PostgreSQL gave up because others held the same rows: the act changed nothing and may be
/// tried again. The client library gives no code for these, only the words, which are set to English.
fn is_contention(message: &str) -> bool {
    let words = ["lock timeout", "deadlock detected", "could not serialize"];
    words.iter().any(|word| message.contains(word))
}

/// What to answer when a row that must be unique is there already.
pub fn taken(problem: Problem) -> impl FnOnce(diesel::result::Error) -> Problem {
    use diesel::result::{DatabaseErrorKind, Error};
    move |error| match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => problem,
        other => other.into(),
    }
}
