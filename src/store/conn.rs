//! Connections to either database, and the two hatches through which one query text serves both.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection as _, ConnectionError, QueryResult, RunQueryDsl};
use diesel::{MultiConnection, pg::Pg, sqlite::Sqlite};

use crate::kernel::Problem;
use crate::kernel::secret::Secret;

/// A connection to either database.
#[derive(MultiConnection)]
pub enum AnyConn {
    /// PostgreSQL.
    Postgres(diesel::PgConnection),
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
}

/// Where the data is.
#[derive(Clone)]
pub enum Target {
    /// A file on this machine: the default.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by URL.
    Postgres(Secret),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres:…"),
        }
    }
}

/// A query valid on both databases that the derived connection cannot run by itself, such as an
/// upsert: `Both(query).execute(db)`.
#[derive(Debug, Clone, Copy)]
pub struct Both<Q>(pub Q);

impl<Q> QueryFragment<MultiBackend> for Both<Q>
where
    Q: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: Query> Query for Both<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Both<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> RunQueryDsl<AnyConn> for Both<Q> {}

/// Begins a long transaction on PostgreSQL that nobody else waits for.
pub(super) const PATIENT: &str =
    "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0";

/// The pool of connections.
pub(super) type Pool = diesel::r2d2::Pool<Manager>;
/// A connection on loan.
pub(super) type Pooled = diesel::r2d2::PooledConnection<Manager>;

/// Makes pooled connections to one target. A mistyped URL is an error and never a new file.
#[derive(Debug)]
pub(super) struct Manager(Target);

impl ManageConnection for Manager {
    type Connection = AnyConn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConn, Self::Error> {
        let mut conn = open(&self.0).map_err(diesel::r2d2::Error::ConnectionError)?;
        let setting = match &conn {
            AnyConn::Sqlite(_) => "PRAGMA query_only=ON;",
            // Who waits for a row holds a connection of the pool: not for long.
            AnyConn::Postgres(_) => "SET ROLE keju_app; SET lock_timeout='3s';",
        };
        conn.batch_execute(setting)
            .map_err(diesel::r2d2::Error::QueryError)?;
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut AnyConn) -> Result<(), Self::Error> {
        conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut AnyConn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// Builds the pool.
pub(super) fn pool(target: &Target) -> Result<Pool, Problem> {
    let size = match target {
        Target::Sqlite(_) => 6,
        Target::Postgres(_) => 16,
    };
    diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .test_on_check_out(matches!(target, Target::Postgres(_)))
        .connection_timeout(Duration::from_secs(10))
        .build(Manager(target.clone()))
        .map_err(Problem::internal)
}

/// One connection outside the pool, able to write.
pub(super) fn connect(target: &Target) -> Result<AnyConn, Problem> {
    open(target).map_err(Problem::internal)
}

/// A file as it is: nothing is written into it or left beside it.
pub(super) fn open_file(file: &Path) -> Result<AnyConn, Problem> {
    let mut conn = utf8(file)
        .and_then(diesel::SqliteConnection::establish)
        .map_err(Problem::internal)?;
    conn.batch_execute("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;")?;
    Ok(AnyConn::Sqlite(conn))
}

/// The path as SQLite takes it.
pub(super) fn utf8(path: &Path) -> Result<&str, ConnectionError> {
    let wrong = || ConnectionError::BadConnection("the database path is not UTF-8".to_owned());
    path.to_str().ok_or_else(wrong)
}

fn open(target: &Target) -> Result<AnyConn, ConnectionError> {
    match target {
        Target::Sqlite(path) => {
            let mut conn = diesel::SqliteConnection::establish(utf8(path)?)?;
            // busy_timeout comes first: switching to WAL itself may have to wait.
            // synchronous=FULL: an acknowledged answer survives a power cut.
            // recursive_triggers=ON: INSERT OR REPLACE must not slip past the ledger's guards.
            conn.batch_execute(
                "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                 PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF;",
            )
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(AnyConn::Sqlite(conn))
        }
        Target::Postgres(url) => {
            let mut conn = diesel::PgConnection::establish(url.reveal())?;
            // A long transaction would hold back the ledger's sequencer.
            conn.batch_execute(
                "SET idle_in_transaction_session_timeout='10s'; SET statement_timeout='60s'; \
                 SET synchronous_commit=on; SET client_min_messages=warning;",
            )
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(AnyConn::Postgres(conn))
        }
    }
}
