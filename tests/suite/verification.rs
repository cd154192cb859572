//! `keju verify` on a finished examination: it passes, and after any one thing is altered by hand
//! in the database it fails at the right check and names the place.

mod altered;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use keju::app::demo::{House, SEED, prepare_sitting, small_course, small_season, small_seasons};
use keju::kernel::{Clock, Id, Problem};
use keju::ledger::{Entry, record};
use keju::store::{Store, Target, Vault, View, sha256};
use keju::verification::rules::Outcome;
use keju::verification::service::verify;

use crate::record::are_derived_again_by_two_programs;
use crate::support::{Database, TestApp, fresh_dir, morning, on_both};

on_both! {
fn an_examination_of_each_track_is_derived_again_at_every_moment_and_at_the_end_also_from_its_record(app: TestApp) {
    let finished = AtomicBool::new(false);
    let (examinations, rounds) = std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            // Also when it stumbles, so that the test ends.
            let held = catch_unwind(AssertUnwindSafe(|| small_seasons(&app.store, &app.clock)));
            finished.store(true, Ordering::SeqCst);
            held.unwrap().unwrap()
        });
        let mut rounds = 0;
        while !finished.load(Ordering::SeqCst) {
            for outcome in verify(&app.store).unwrap() {
                assert_eq!(outcome.failure, None, "V{} {}", outcome.number, outcome.name);
            }
            rounds += 1;
            std::thread::sleep(Duration::from_secs(2));
        }
        (held.join().unwrap(), rounds)
    });
    println!("{rounds} verifications on the way");
    assert!(rounds > 1);
    app.settle_log();
    app.store.write_blocking(|tx| keju::ledger::fix_all(tx, "http://exam.example")).unwrap();
    let outcomes = verify(&app.store).unwrap();
    for outcome in &outcomes {
        assert_eq!(outcome.failure, None, "V{} {}", outcome.number, outcome.name);
        assert!(outcome.applicable && outcome.checked > 0, "V{} looked at nothing", outcome.number);
    }
    assert_eq!(outcomes.len(), 13);
    // On each list somebody has a rank: the checks followed marks to the end.
    assert_eq!(examinations.len(), 4);
    for examination in &examinations {
        let ranked = app.store.read_blocking(|view| ranked(view, *examination)).unwrap();
        assert!(ranked > 0, "nobody passed {examination}");
    }
    are_derived_again_by_two_programs(&app, &examinations);
}}

/// How many have a rank on the merit list.
fn ranked(view: &mut View<'_>, examination: Id) -> Result<i64, Problem> {
    use diesel::{ExpressionMethods as _, QueryDsl as _};
    use keju::store::schema::{application, ranking};
    Ok(ranking::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .filter(ranking::phase.eq("final"))
        .filter(ranking::rank.is_not_null())
        .count()
        .get_result(view.db)?)
}

#[test]
fn what_an_examination_has_not_reached_is_not_applicable() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let house = House::build(&app.store, &|_| {}).unwrap();
    let applicable = |app: &TestApp| -> Vec<u8> {
        let outcomes = verify(&app.store).unwrap();
        for outcome in &outcomes {
            assert_eq!(
                outcome.failure, None,
                "V{} {}",
                outcome.number, outcome.name
            );
            let said = outcome.to_string().ends_with("not applicable");
            assert_eq!(said, !outcome.applicable, "{outcome}");
        }
        let reached = outcomes.iter().filter(|outcome| outcome.applicable);
        reached.map(|outcome| outcome.number).collect()
    };
    assert_eq!(applicable(&app), [1]);
    prepare_sitting(
        &app.store,
        &app.clock,
        &house,
        &SEED,
        &small_course(),
        &|_| {},
    )
    .unwrap();
    assert_eq!(applicable(&app), [1, 2, 3, 4, 5, 6, 11, 13]);
}

/// A decision that is written and gets no place stays unseen by the public: V1 finds it.
#[test]
fn a_decision_that_gets_no_place_is_found() {
    let Some(app) = TestApp::start(Database::Postgres) else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    let decide = || {
        let entry = Entry::new("test.act", None, "system");
        app.store
            .write_blocking(move |tx| record(tx, &entry))
            .unwrap();
    };
    decide();
    app.settle_log();
    let Target::Postgres(url) = app.store.target().clone() else {
        unreachable!()
    };
    // The sequencer's lock is held by somebody who gives no places.
    let mut holder = PgConnection::establish(url.reveal()).unwrap();
    holder
        .batch_execute("BEGIN; SELECT pg_advisory_xact_lock(1802856565)")
        .unwrap();
    decide();
    let failure = verify(&app.store)
        .unwrap()
        .remove(0)
        .failure
        .unwrap_or_default();
    assert!(failure.contains("1 decisions have no place"), "{failure}");
    holder.batch_execute("ROLLBACK").unwrap();
    let log = verify(&app.store).unwrap().remove(0);
    assert_eq!((log.failure, log.checked), (None, 2));
}

/// One finished examination for all the tests that alter it or bring it elsewhere; each works on a
/// copy.
pub fn finished() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let (data, clock) = (fresh_dir(), Clock::manual(morning()));
        let store = Store::open_embedded(&data, clock.clone()).unwrap();
        small_season(&store, &clock).unwrap();
        store
            .write_blocking(|tx| keju::ledger::fix_all(tx, "http://exam.example"))
            .unwrap();
        store.close();
        data
    })
}

/// A copy of the data, in the hands of somebody who can write the file.
pub struct Altered {
    data: PathBuf,
    file: SqliteConnection,
}

#[derive(QueryableByName)]
struct Blob {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    content: Vec<u8>,
}

impl Altered {
    pub fn new() -> Self {
        let data = fresh_dir();
        for name in ["keju.db", "keju.db-wal", "vault.key"] {
            let from = finished().join(name);
            if from.exists() {
                std::fs::copy(from, data.join(name)).unwrap();
            }
        }
        let path = data.join("keju.db");
        let mut file = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        // Whoever holds the file asks no constraint.
        file.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        Self { data, file }
    }

    pub fn sql(mut self, sql: &str) -> Self {
        self.file.batch_execute(sql).unwrap();
        self
    }

    /// Opens one sealed content, changes its text, and seals it again, as the operator could.
    fn reseal(mut self, select: &str, update: &str, change: impl Fn(&str) -> String) -> Self {
        let vault = Vault::open(&self.data).unwrap();
        let sealed: Blob = diesel::sql_query(select)
            .get_result(&mut self.file)
            .unwrap();
        let before = vault.open_text(&sealed.content).unwrap();
        let after = change(&before);
        assert_ne!(before, after, "nothing was changed");
        let sealed = vault.seal(after).unwrap();
        let changed = diesel::sql_query(update)
            .bind::<diesel::sql_types::Binary, _>(sealed)
            .execute(&mut self.file)
            .unwrap();
        assert_eq!(changed, 1);
        self
    }

    /// The id, in hexadecimal, of the first item of the verbal section of the first paper.
    fn single_choice_on_a_paper(&mut self) -> String {
        let paper = "SELECT content_sealed AS content FROM paper ORDER BY rowid LIMIT 1";
        let sealed: Blob = diesel::sql_query(paper).get_result(&mut self.file).unwrap();
        let text = Vault::open(&self.data)
            .unwrap()
            .open_text(&sealed.content)
            .unwrap();
        let paper: serde_json::Value = serde_json::from_str(&text).unwrap();
        let sections = paper["sections"].as_array().unwrap();
        let verbal = sections
            .iter()
            .find(|section| section["code"] == "verbal")
            .unwrap();
        verbal["places"][0]["item_id"]
            .as_str()
            .unwrap()
            .replace('-', "")
    }

    fn outcomes(self) -> Vec<Outcome> {
        drop(self.file);
        let store = Store::open_embedded(&self.data, Clock::manual(morning())).unwrap();
        let outcomes = verify(&store).unwrap();
        store.close();
        let _ = std::fs::remove_dir_all(&self.data);
        outcomes
    }

    /// Asserts that this check, and none before it, fails and says all of `words`.
    #[track_caller]
    pub fn must_be_found_by(self, number: u8, words: &[&str]) {
        let outcomes = self.outcomes();
        let first = outcomes.iter().find(|outcome| outcome.failure.is_some());
        let found = first.unwrap_or_else(|| panic!("nothing was noticed"));
        let failure = found.failure.as_deref().unwrap_or_default();
        println!("V{} {}: {failure}", found.number, found.name);
        assert_eq!(found.number, number, "{failure}");
        for word in words {
            assert!(failure.contains(word), "{word:?} is not in {failure:?}");
        }
    }
}

/// `keju verify` as it is typed.
fn typed(data: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keju"));
    command.arg("verify").args(flags).arg("--data").arg(data);
    command.output().unwrap()
}

#[test]
fn the_program_says_what_it_found_and_how_it_ended() {
    let whole = Altered::new();
    let passed = typed(&whole.data, &[]);
    assert_eq!(passed.status.code(), Some(0), "{passed:?}");
    let lines = String::from_utf8(passed.stdout).unwrap();
    assert_eq!(lines.lines().count(), 13, "{lines}");
    assert!(
        lines.lines().all(|line| line.starts_with("ok V")),
        "{lines}"
    );

    let altered = Altered::new().sql("UPDATE examination SET stage = 'marking'");
    let failed = typed(&altered.data, &["--json"]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(String::from_utf8_lossy(&failed.stderr).contains("1 of the checks failed"));
    let outcomes: serde_json::Value = serde_json::from_slice(&failed.stdout).unwrap();
    let outcomes = outcomes.as_array().unwrap();
    assert_eq!(outcomes.len(), 13);
    let found: Vec<_> = outcomes
        .iter()
        .filter(|one| !one["failure"].is_null())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["number"], 11);
    assert_eq!(found[0]["name"], "completeness");

    // Where there is nothing to verify, nothing passes.
    let nowhere = typed(&fresh_dir().join("nowhere"), &[]);
    assert_ne!(nowhere.status.code(), Some(0), "{nowhere:?}");
}
