//! The decision log can only be added to, on both databases, and says so when it was altered.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use keju::access::Role;
use keju::kernel::Problem;
use keju::kernel::secret::Secret;
use keju::ledger;
use keju::store::{Store, Target, Vault};
use serde_json::json;

use crate::support::{Database, TestApp, on_both};

/// Runs SQL as the application would, in a transaction of its own.
fn try_sql(app: &TestApp, sql: &'static str) -> Result<(), String> {
    app.store
        .write_blocking(move |tx| tx.db.batch_execute(sql).map_err(Problem::from))
        .map_err(|problem| problem.to_string())
}

fn with_decisions(app: &TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    for number in 0..3 {
        hr.post(
            "/organisations",
            &json!({ "code": format!("U{number}"), "name_zh": "单位" }),
        )
        .id();
    }
    app.settle_log();
}

on_both! {
fn every_decision_has_its_place_and_the_log_checks(app: TestApp) {
    with_decisions(&app);
    app.store.write_blocking(|tx| ledger::fix_all(tx, "http://exam.example")).unwrap();
    assert_eq!(app.store.read_blocking(ledger::check).unwrap(), Ok(3));
    let entries = app.store.read_blocking(|view| ledger::entries(view, 2026, 0, 10)).unwrap();
    let kinds: Vec<_> = entries.iter().map(|e| (e.index, e.payload.kind.as_str())).collect();
    assert_eq!(kinds, [(0, "organisation.added"), (1, "organisation.added"), (2, "organisation.added")]);
    assert_eq!(entries[0].payload.role, "hr");
}}

on_both! {
fn nothing_the_application_can_say_alters_the_log(app: TestApp) {
    with_decisions(&app);
    for sql in [
        "UPDATE decision SET kind = 'x'",
        "DELETE FROM decision",
        "UPDATE ledger SET idx = idx + 10",
        "DELETE FROM ledger WHERE idx = 2",
        "INSERT INTO ledger (year, idx, decision_id, leaf_hash) SELECT 2026, 7, id, leaf_hash FROM decision",
    ] {
        assert!(try_sql(&app, sql).is_err(), "{sql}");
    }
    let own = match app.store.target() {
        keju::store::Target::Sqlite(_) => vec![
            "INSERT OR REPLACE INTO decision SELECT * FROM decision",
            "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
            "REPLACE INTO ledger SELECT year, idx, decision_id, zeroblob(32) FROM ledger WHERE idx = 0",
        ],
        keju::store::Target::Postgres(_) => vec![
            "TRUNCATE decision CASCADE",
            "TRUNCATE ledger",
            "ALTER TABLE ledger DISABLE TRIGGER ALL",
            "INSERT INTO decision (id, at, kind, nonce, payload_sealed, leaf, leaf_hash, seq) \
             OVERRIDING SYSTEM VALUE SELECT '\\x00', at, kind, nonce, payload_sealed, leaf, leaf_hash, -5 \
             FROM decision LIMIT 1",
            "INSERT INTO decision (id, at, kind, nonce, payload_sealed, leaf, leaf_hash, xid) \
             SELECT '\\x00', at, kind, nonce, payload_sealed, leaf, leaf_hash, '1' FROM decision LIMIT 1",
        ],
    };
    for sql in own {
        assert!(try_sql(&app, sql).is_err(), "{sql}");
    }
    assert_eq!(app.store.read_blocking(ledger::check).unwrap(), Ok(3));
}}

on_both! {
fn a_failing_act_leaves_neither_change_nor_decision(app: TestApp) {
    with_decisions(&app);
    let failed = app.store.write_blocking(|tx| {
        ledger::record(tx, &ledger::Entry::new("test.act", None, "system"))?;
        Err::<(), _>(Problem::conflict("no"))
    });
    assert!(failed.is_err());
    app.settle_log();
    assert_eq!(app.store.read_blocking(|view| ledger::tree(view, 2026)).unwrap().0, 3);
}}

on_both! {
fn many_at_once_get_dense_places(app: TestApp) {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    app.store
                        .write_blocking(|tx| {
                            ledger::record(tx, &ledger::Entry::new("test.act", None, "system"))
                        })
                        .unwrap();
                }
            });
        }
    });
    app.settle_log();
    assert_eq!(app.store.read_blocking(ledger::check).unwrap(), Ok(200));
    assert_eq!(app.store.read_blocking(|view| ledger::tree(view, 2026)).unwrap().0, 200);
}}

/// The owner of a PostgreSQL database, or root on a SQLite file, can switch the guards off. Then
/// the log itself tells.
#[test]
fn an_altered_row_is_named() {
    let app = TestApp::start(crate::support::Database::Sqlite).unwrap();
    with_decisions(&app);
    let keju::store::Target::Sqlite(path) = app.store.target().clone() else {
        unreachable!()
    };
    let mut raw =
        <diesel::SqliteConnection as diesel::Connection>::establish(path.to_str().unwrap())
            .unwrap();
    diesel::sql_query("DROP TRIGGER decision_no_update")
        .execute(&mut raw)
        .unwrap();
    diesel::sql_query(
        "UPDATE decision SET leaf = (SELECT leaf FROM decision LIMIT 1) \
         WHERE id = (SELECT decision_id FROM ledger WHERE idx = 1)",
    )
    .execute(&mut raw)
    .unwrap();
    let found = app.store.read_blocking(ledger::check).unwrap().unwrap_err();
    assert_eq!(
        found.to_string(),
        "entry 1 (organisation.added) was altered: its leaf does not commit to its payload"
    );
}

/// On PostgreSQL the server works under a login that owns nothing: it serves, and not even by
/// leaving its role can it take the guards away.
#[test]
fn a_login_that_owns_nothing_serves_and_cannot_remove_the_guards() {
    let Some(owner) = TestApp::start(Database::Postgres) else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    with_decisions(&owner);
    let Target::Postgres(url) = owner.store.target().clone() else {
        panic!("not PostgreSQL");
    };
    let mut pg = PgConnection::establish(url.reveal()).unwrap();
    pg.batch_execute(
        "CREATE ROLE keju_node LOGIN; GRANT keju_app TO keju_node; \
         CREATE ROLE keju_stranger LOGIN; GRANT keju_app TO keju_stranger;",
    )
    .unwrap();
    let node = Target::Postgres(Secret::new(
        url.reveal().replace("user=keju", "user=keju_node"),
    ));
    let node = TestApp::on(node, owner.data.clone(), owner.clock.clone());
    let hr = node.signed_in("hr2", &[Role::Hr]);
    hr.post("/organisations", &json!({ "code": "N", "name_zh": "单位" }))
        .id();
    node.settle_log();
    assert_eq!(node.store.read_blocking(ledger::check).unwrap(), Ok(4));
    for sql in [
        "RESET ROLE; ALTER TABLE ledger DISABLE TRIGGER ALL",
        "RESET ROLE; DROP TRIGGER ledger_guard ON ledger",
        "RESET ROLE; DELETE FROM ledger",
        "RESET ROLE; TRUNCATE ledger",
        "RESET ROLE; SET session_replication_role = replica",
        "RESET ROLE; SET ROLE keju",
        "RESET ROLE; DROP TABLE checkpoint",
    ] {
        assert!(try_sql(&node, sql).is_err(), "{sql}");
    }
    // It does not migrate, and says who does.
    pg.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = '0002'")
        .unwrap();
    let stranger = url.reveal().replace("user=keju", "user=keju_stranger");
    let vault = Vault::open(&owner.data).unwrap();
    let refused = Store::open(
        Target::Postgres(Secret::new(stranger)),
        owner.clock.clone(),
        vault,
    );
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("keju migrate"), "{refused}");
}
