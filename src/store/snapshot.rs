//! One state of the database, for reads that belong together.

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};

use super::conn::{AnyConn, PATIENT, Pooled};
use crate::kernel::Problem;

/// A connection that sees one state of the database until it is dropped, while others write.
pub(super) struct Snapshot(Pooled);

impl Snapshot {
    /// Begins on `conn`. On SQLite the first read fixes the state.
    pub(super) fn begin(mut conn: Pooled) -> Result<Self, Problem> {
        match &mut *conn {
            AnyConn::Sqlite(sqlite) => {
                AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN")?;
            }
            AnyConn::Postgres(pg) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                AnsiTransactionManager::begin_transaction_sql(pg, begin)?;
            }
        }
        let mut snapshot = Self(conn);
        if let AnyConn::Postgres(pg) = snapshot.db() {
            pg.batch_execute(PATIENT)?;
        }
        Ok(snapshot)
    }

    /// The connection.
    pub(super) fn db(&mut self) -> &mut AnyConn {
        &mut self.0
    }
}

/// However the reading ended, the connection goes back to the pool without a transaction. The pool
/// throws away a connection whose transaction could not be ended.
impl Drop for Snapshot {
    fn drop(&mut self) {
        type Manager = <AnyConn as Connection>::TransactionManager;
        if let Err(error) = Manager::rollback_transaction(self.db()) {
            tracing::warn!(%error, "a snapshot could not be ended");
        }
    }
}
