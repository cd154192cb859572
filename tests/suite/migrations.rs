//! Migrations on data that older versions have left.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use keju::kernel::Clock;
use keju::ledger::{self, Entry};
use keju::store::{Store, Target, Vault};

use crate::support::{Database, fresh_dir, fresh_target, morning};

/// A database as version 0001 left it, with two accounts: one verified, one that never was.
const LEFT: &str = "
    INSERT INTO account VALUES
        (X'01', X'A1', X'SEALED', X'00', 'hash', 'active', FALSE, 3, 99, 1),
        (X'02', X'A2', X'SEALED', X'00', 'hash', 'unverified', FALSE, 0, NULL, 1);
    INSERT INTO account_role VALUES (X'01', 'candidate', NULL, 1), (X'02', 'candidate', NULL, 1);
    INSERT INTO candidate VALUES
        (X'01', X'B1', X'00', X'00', 1), (X'02', X'B2', X'00', X'00', 1);
    INSERT INTO email_token VALUES (X'C2', X'02', 'verify', 99, NULL);
    INSERT INTO session VALUES (X'D1', X'01', 'browser', X'D2', 1, 1, 99, NULL);
";

enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    fn open(target: &Target) -> Self {
        match target {
            Target::Sqlite(path) => {
                Self::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            }
            Target::Postgres(url) => Self::Postgres(PgConnection::establish(url.reveal()).unwrap()),
        }
    }

    fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap();
    }

    fn try_run(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Sqlite(db) => db.batch_execute(sql),
            // A byte string is written otherwise there.
            Self::Postgres(db) => db.batch_execute(&bytes_for_postgres(sql)),
        }
    }

    fn count(&mut self, of: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let sql = format!("SELECT COUNT(*) AS count FROM {of}");
        let counted: Count = match self {
            Self::Sqlite(db) => diesel::sql_query(sql).get_result(db).unwrap(),
            Self::Postgres(db) => diesel::sql_query(sql).get_result(db).unwrap(),
        };
        counted.count
    }
}

/// `X'A1'` as `'\\xA1'`.
fn bytes_for_postgres(sql: &str) -> String {
    sql.replace("X'", "'\\x")
}

/// Three decisions with their places and a checkpoint, as version 0001 kept them: the first taken
/// in the last hours of 2025 by universal time, which is 2026 in China.
fn decided_before_there_were_years() -> String {
    let second = |n: i64| (1_767_220_000 + n * 40_000_000) * 1_000_000;
    let hash = "0".repeat(64);
    let decisions = (0..3).map(|n| {
        format!(
            "INSERT INTO decision (id, at, kind, nonce, payload_sealed, leaf, leaf_hash) \
             VALUES (X'E{n}', {}, 'old.act', X'{hash}', X'00', X'00', X'{hash}'); \
             INSERT INTO ledger VALUES ({n}, X'E{n}', X'{hash}');",
            second(n)
        )
    });
    let decisions: String = decisions.collect();
    format!("{decisions} INSERT INTO checkpoint VALUES (2, X'{hash}', 7);")
}

/// What stood in one log stays in one log, in its order, and the guards stand again.
fn the_log_stays_whole(raw: &mut Raw, store: &Store) {
    assert_eq!(raw.count("ledger WHERE year = 2026"), 3);
    assert_eq!(raw.count("decision WHERE year = 2026"), 3);
    assert_eq!(raw.count("checkpoint WHERE year = 2026 AND size = 2"), 1);
    for altered in [
        "UPDATE decision SET kind = 'x'",
        "UPDATE ledger SET idx = 9",
        "DELETE FROM ledger",
        "UPDATE checkpoint SET size = 9",
        "INSERT INTO checkpoint VALUES (2026, 1, X'00', 1, '')",
    ] {
        assert!(raw.try_run(altered).is_err(), "{altered}");
    }
    store
        .write_blocking(|tx| ledger::record(tx, &Entry::new("test.act", None, "system")))
        .unwrap();
    store.write_blocking(ledger::sequence).unwrap();
    assert_eq!(raw.count("ledger WHERE year = 2026 AND idx = 3"), 1);
}

fn sign_ups_wait_for_their_address_and_nobody_verified_is_lost(database: Database) {
    let data = fresh_dir();
    let Some(target) = fresh_target(database, &data) else {
        eprintln!("not run: PostgreSQL is not installed");
        return;
    };
    let vault = Vault::from_master(&[7; 32]);
    let spine = match database {
        Database::Sqlite => include_str!("../../migrations/sqlite/0001_spine/up.sql"),
        Database::Postgres => include_str!("../../migrations/postgres/0001_spine/up.sql"),
    };
    let mut raw = Raw::open(&target);
    match &mut raw {
        Raw::Sqlite(db) => db.batch_execute(spine).unwrap(),
        Raw::Postgres(db) => db.batch_execute(spine).unwrap(),
    }
    raw.run(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO __diesel_schema_migrations (version) VALUES ('0001');",
    );
    raw.run(&decided_before_there_were_years());
    let sealed = vault.seal("lisi@example.org").unwrap();
    raw.run(&LEFT.replace("SEALED", &hex::encode(sealed)));

    // Another key opens none of it, and is not noted as the right one.
    let wrong = Vault::from_master(&[9; 32]);
    assert!(Store::open(target.clone(), Clock::manual(morning()), wrong).is_err());
    let store = Store::open(target.clone(), Clock::manual(morning()), vault.clone()).unwrap();
    let mut raw = Raw::open(&target);
    for table in ["account", "candidate", "account_role", "session"] {
        assert_eq!(raw.count(table), 1, "{table}");
    }
    assert_eq!(raw.count("account WHERE state = 'active'"), 1);
    the_log_stays_whole(&mut raw, &store);
    store.close();
    drop(store);

    // The database knows its key: another one would seal what nobody can open again.
    Store::open(target.clone(), Clock::manual(morning()), vault)
        .unwrap()
        .close();
    let other = Vault::from_master(&[8; 32]);
    let refused = Store::open(target, Clock::manual(morning()), other);
    let refused = refused.err().expect("another key was taken").to_string();
    assert!(refused.contains("vault.key"), "{refused}");
}

#[test]
fn access_sqlite() {
    sign_ups_wait_for_their_address_and_nobody_verified_is_lost(Database::Sqlite);
}

#[test]
fn access_postgres() {
    sign_ups_wait_for_their_address_and_nobody_verified_is_lost(Database::Postgres);
}
