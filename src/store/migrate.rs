//! Bringing the schema up to date at start, one process at a time. Migrations only go forward.

use diesel::connection::SimpleConnection as _;
use diesel::{PgConnection, QueryResult, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::conn::{AnyConn, Target, connect};
use crate::kernel::Problem;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// An arbitrary number that all nodes agree on ("keju" in ASCII).
const LOCK: i64 = 0x6b65_6a75;

/// Keeps migrations away until the end of the transaction.
pub(super) fn lock(pg: &mut PgConnection) -> QueryResult<usize> {
    diesel::sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(pg)
}

/// Applies what has not been applied yet. On PostgreSQL other nodes wait at an advisory lock; on
/// SQLite the data directory's lock lets only one process come this far.
pub(super) fn run(target: &Target) -> Result<(), Problem> {
    let mut conn = connect(target)?;
    if let AnyConn::Postgres(pg) = &mut conn {
        diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})"))
            .execute(pg)
            .map_err(Problem::internal)?;
    }
    let migrations = match &conn {
        AnyConn::Sqlite(_) => SQLITE,
        AnyConn::Postgres(_) => POSTGRES,
    };
    let applied = conn
        .run_pending_migrations(migrations)
        .map_err(Problem::internal)?;
    for version in &applied {
        tracing::info!(%version, "migration applied");
    }
    if let AnyConn::Postgres(pg) = &mut conn {
        pg.batch_execute("SELECT pg_advisory_unlock_all()")
            .map_err(Problem::internal)?;
    }
    Ok(())
}
