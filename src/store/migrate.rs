//! Bringing the schema up to date at start, one process at a time. Migrations only go forward.

use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl as _};
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
    if let AnyConn::Postgres(pg) = &mut conn
        && owns_nothing(pg)?
    {
        return must_be_current(pg);
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

/// Whether somebody else owns the tables that are there: a login that cannot remove their guards,
/// and cannot migrate either.
fn owns_nothing(pg: &mut PgConnection) -> Result<bool, Problem> {
    let foreign = diesel::sql_query(
        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass('decision') \
         AND NOT pg_has_role(current_user, relowner, 'USAGE')) AS holds",
    );
    let foreign: Holds = foreign.get_result(pg).map_err(Problem::internal)?;
    Ok(foreign.holds)
}

#[derive(QueryableByName)]
struct Holds {
    #[diesel(sql_type = Bool)]
    holds: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Refuses a schema that is older than this program.
fn must_be_current(pg: &mut PgConnection) -> Result<(), Problem> {
    let applied =
        diesel::sql_query("SELECT version::text AS version FROM __diesel_schema_migrations");
    let applied: Vec<Applied> = applied.load(pg).map_err(Problem::internal)?;
    let known = MigrationSource::<Pg>::migrations(&POSTGRES).map_err(Problem::internal)?;
    let missing = known.iter().find(|migration| {
        let version = migration.name().version().to_string();
        !applied.iter().any(|one| one.version == version)
    });
    match missing {
        None => Ok(()),
        Some(_) => Err(Problem::internal(
            "the database is older than this program: run `keju migrate` as its owner first",
        )),
    }
}
