//! A snapshot sees one state however others write, and leaves nothing behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use keju::kernel::Problem;
use keju::ledger::{self, Entry};
use keju::store::{AnyConn, Store, View};

use crate::support::on_both;

fn decide(store: &Store) {
    let entry = Entry::new("test.act", None, "system");
    store
        .write_blocking(move |tx| ledger::record(tx, &entry))
        .unwrap();
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

fn decisions(view: &mut View<'_>) -> Result<i64, Problem> {
    let count: Count =
        diesel::sql_query("SELECT COUNT(*) AS count FROM decision").get_result(view.db)?;
    Ok(count.count)
}

on_both! {
fn others_write_and_a_snapshot_does_not_see_it(app: TestApp) {
    decide(&app.store);
    let store = app.store.clone();
    let seen = app.store.snapshot_blocking(|view| {
        let before = decisions(view)?;
        std::thread::scope(|scope| scope.spawn(|| decide(&store)).join()).unwrap();
        Ok((before, decisions(view)?))
    });
    assert_eq!(seen.unwrap(), (1, 1));
    assert_eq!(app.store.snapshot_blocking(decisions).unwrap(), 2);
}}

on_both! {
fn nothing_can_be_written_in_a_snapshot(app: TestApp) {
    let written = app.store.snapshot_blocking(|view| {
        Ok(view.db.batch_execute("DELETE FROM mail")?)
    });
    assert!(written.is_err());
}}

on_both! {
fn however_a_snapshot_ends_its_connection_is_free_again(app: TestApp) {
    for _ in 0..20 {
        let failed = app.store.snapshot_blocking(|view| {
            decisions(view)?;
            Ok(view.db.batch_execute("SELECT nothing FROM nowhere")?)
        });
        assert!(failed.is_err());
        let stumbled = catch_unwind(AssertUnwindSafe(|| {
            app.store.snapshot_blocking(|view| -> Result<(), Problem> {
                decisions(view)?;
                panic!("on purpose")
            })
        }));
        assert!(stumbled.is_err());
        decide(&app.store);
    }
    // A connection still in its snapshot would not see the last decision.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(app.store.read_blocking(decisions).unwrap(), 20));
        }
    });
    // The server's own rounds may be in a transaction at this moment, but not for long.
    let until = Instant::now() + Duration::from_secs(10);
    while app.store.read_blocking(left_open).unwrap() > 0 {
        assert!(Instant::now() < until, "a transaction was left open");
        std::thread::sleep(Duration::from_millis(50));
    }
}}

/// Connections of others that wait in a transaction.
fn left_open(view: &mut View<'_>) -> Result<i64, Problem> {
    let AnyConn::Postgres(pg) = &mut *view.db else {
        return Ok(0);
    };
    let open: Count = diesel::sql_query(
        "SELECT COUNT(*) AS count FROM pg_stat_activity \
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    )
    .get_result(pg)?;
    Ok(open.count)
}
