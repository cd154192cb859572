//! `keju verify` on a finished examination: it passes, and after any one thing is altered by hand
//! in the database it fails at the right check and names the place.

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

const ONE_MARK: &str = "(SELECT rowid FROM objective_mark WHERE outcome = 'wrong' LIMIT 1)";

#[test]
fn an_altered_objective_mark() {
    Altered::new()
        .sql(&format!(
            "UPDATE objective_mark SET awarded = 1600000 WHERE rowid = {ONE_MARK}"
        ))
        .must_be_found_by(7, &["2026-small", "xingce", "position"]);
}

#[test]
fn an_altered_essay_mark() {
    Altered::new()
        .sql("UPDATE script_mark SET mark = mark + 500000 WHERE rowid = (SELECT min(rowid) FROM script_mark)")
        .must_be_found_by(8, &["2026-small"]);
}

#[test]
fn an_altered_interview_mark() {
    Altered::new()
        .sql("UPDATE panel_mark SET mark = mark + 1000000 WHERE rowid = (SELECT min(rowid) FROM panel_mark)")
        .must_be_found_by(9, &["2026-small", "interview"]);
}

#[test]
fn an_altered_answer() {
    Altered::new()
        .sql(
            "UPDATE response SET answer = '{\"kind\":\"options\",\"chosen\":[3]}' WHERE rowid = \
             (SELECT rowid FROM response WHERE answer = '{\"kind\":\"options\",\"chosen\":[0]}' LIMIT 1)",
        )
        .must_be_found_by(6, &["2026-small", "xingce"]);
}

#[test]
fn an_altered_rank() {
    Altered::new()
        .sql(
            "UPDATE ranking SET rank = 1 WHERE rowid = \
             (SELECT rowid FROM ranking WHERE phase = 'final' AND rank = 2 LIMIT 1)",
        )
        .must_be_found_by(10, &["2026-small"]);
}

#[test]
fn an_altered_key() {
    let mut altered = Altered::new();
    let which = format!(
        "item_id = x'{}' AND version = 1",
        altered.single_choice_on_a_paper()
    );
    altered
        .reseal(
            &format!("SELECT content_sealed AS content FROM item_version WHERE {which}"),
            &format!("UPDATE item_version SET content_sealed = ? WHERE {which}"),
            |text| {
                let mut item: serde_json::Value = serde_json::from_str(text).unwrap();
                let key = item["body"]["key"].as_u64().unwrap();
                item["body"]["key"] = ((key + 1) % 4).into();
                item.to_string()
            },
        )
        .must_be_found_by(4, &["2026-small", "xingce", "vb-"]);
}

#[test]
fn an_altered_paper() {
    Altered::new()
        .reseal(
            "SELECT content_sealed AS content FROM paper ORDER BY rowid LIMIT 1",
            "UPDATE paper SET content_sealed = ? WHERE rowid = (SELECT min(rowid) FROM paper)",
            |text| {
                let mut paper: serde_json::Value = serde_json::from_str(text).unwrap();
                let order = &mut paper["sections"][1]["places"][0]["option_order"];
                order.as_array_mut().unwrap().reverse();
                paper.to_string()
            },
        )
        .must_be_found_by(5, &["2026-small"]);
}

#[test]
fn an_altered_rule() {
    Altered::new()
        .sql("UPDATE examination SET profile = replace(profile, '\"weight\":\"0.4\"', '\"weight\":\"0.5\"')")
        .must_be_found_by(2, &["2026-small"]);
}

#[test]
fn a_post_with_more_places_than_were_announced() {
    Altered::new()
        .sql("UPDATE post SET quota = quota + 1 WHERE code = (SELECT min(code) FROM post)")
        .must_be_found_by(2, &["post", "places", "the log offers"]);
}

#[test]
fn a_post_that_asks_for_more_than_was_announced() {
    Altered::new()
        .sql("UPDATE post SET requirements = json_set(requirements, '$.years_min', 40) WHERE code = (SELECT min(code) FROM post)")
        .must_be_found_by(2, &["post", "the log offers"]);
}

#[test]
fn an_altered_row_of_the_log() {
    Altered::new()
        .sql(
            "DROP TRIGGER decision_no_update; \
             UPDATE decision SET at = at + 86400000000 WHERE id = \
             (SELECT decision_id FROM ledger WHERE idx = 100)",
        )
        .must_be_found_by(1, &["entry 100"]);
}

#[test]
fn a_log_that_was_cut() {
    Altered::new()
        .sql("DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE idx > 300")
        .must_be_found_by(1, &["checkpoint"]);
}

#[test]
fn a_swapped_seat() {
    Altered::new()
        .sql(
            "UPDATE application SET seat = 99 WHERE rowid = \
             (SELECT rowid FROM application WHERE seat = 1 LIMIT 1)",
        )
        .must_be_found_by(3, &["2026-small"]);
}

#[test]
fn a_candidate_who_disappeared_from_the_ranking() {
    Altered::new()
        .sql(
            "DELETE FROM ranking WHERE rowid = \
             (SELECT rowid FROM ranking WHERE phase = 'written' ORDER BY rank DESC LIMIT 1)",
        )
        .must_be_found_by(10, &["2026-small"]);
}

#[test]
fn a_tie_rule_changed_after_publication() {
    Altered::new()
        .sql(
            "UPDATE examination SET profile = json_set(profile, '$.ties', \
             json('[\"component:xingce\",\"total\"]'))",
        )
        .must_be_found_by(2, &["2026-small", "profile"]);
}

/// Everything of one candidate is removed, as thoroughly as a database allows: only the log, and
/// what was counted, still know.
#[test]
fn a_candidate_dropped_with_all_that_is_hers() {
    let her = "(SELECT min(application_id) FROM ranking)";
    let attempts = format!("(SELECT id FROM attempt WHERE application_id = {her})");
    let scripts = format!("(SELECT id FROM script WHERE attempt_id IN {attempts})");
    Altered::new()
        .sql(&format!(
            "CREATE TABLE gone AS SELECT {her} AS id; \
             DELETE FROM script_mark WHERE script_id IN {scripts}; \
             DELETE FROM script WHERE attempt_id IN {attempts}; \
             DELETE FROM objective_mark WHERE attempt_id IN {attempts}; \
             DELETE FROM response WHERE attempt_id IN {attempts}; \
             DELETE FROM panel_mark WHERE application_id = {her}; \
             DELETE FROM component_mark WHERE application_id = {her}; \
             DELETE FROM paper WHERE application_id = {her}; \
             DELETE FROM attempt WHERE application_id = {her}; \
             DELETE FROM ranking WHERE application_id = (SELECT id FROM gone); \
             DELETE FROM application WHERE id = (SELECT id FROM gone);"
        ))
        .must_be_found_by(3, &["tickets", "the log issued"]);
}

#[test]
fn an_application_that_nobody_submitted() {
    Altered::new()
        .sql(
            "INSERT INTO application SELECT zeroblob(16), examination_id, post_id, zeroblob(16), \
             'refused', facts_sealed, screening_sealed, submitted_at, reviewed_at, reviewed_by, \
             reason_sealed, NULL, NULL, NULL FROM application LIMIT 1",
        )
        .must_be_found_by(11, &["applications that are refused", "marking began with"]);
}

#[test]
fn a_candidate_added_with_a_ticket_and_a_rank() {
    Altered::new()
        .sql(
            "INSERT INTO application SELECT zeroblob(16), examination_id, post_id, zeroblob(16), state, \
             facts_sealed, screening_sealed, submitted_at, reviewed_at, reviewed_by, reason_sealed, \
             '20261099999', room, 40 FROM application WHERE ticket_no IS NOT NULL LIMIT 1; \
             INSERT INTO ranking SELECT zeroblob(16), phase, post_id, total, rank, outcome, decided_at \
             FROM ranking WHERE phase = 'written' LIMIT 1",
        )
        .must_be_found_by(3, &["tickets", "the log issued"]);
}

#[test]
fn two_scripts_that_changed_places() {
    Altered::new()
        .sql(
            "CREATE TABLE pair AS SELECT id, attempt_id, row_number() OVER (ORDER BY id) AS n \
                 FROM script WHERE position = (SELECT min(position) FROM script) LIMIT 2; \
             UPDATE script SET attempt_id = zeroblob(16) WHERE id = (SELECT id FROM pair WHERE n = 1); \
             UPDATE script SET attempt_id = (SELECT attempt_id FROM pair WHERE n = 1) \
                 WHERE id = (SELECT id FROM pair WHERE n = 2); \
             UPDATE script SET attempt_id = (SELECT attempt_id FROM pair WHERE n = 2) \
                 WHERE id = (SELECT id FROM pair WHERE n = 1)",
        )
        .must_be_found_by(8, &["2026-small", "script"]);
}

/// The papers are drawn again with another seed, which is put in the place of the first.
#[test]
fn papers_drawn_again_in_silence() {
    let mut altered = Altered::new();
    let vault = Vault::open(&altered.data).unwrap();
    let sealed = vault.seal([9; 32]).unwrap();
    let changed = diesel::sql_query(
        "UPDATE subject SET seed_sealed = ? WHERE id = (SELECT min(id) FROM subject)",
    )
    .bind::<diesel::sql_types::Binary, _>(sealed)
    .execute(&mut altered.file)
    .unwrap();
    assert_eq!(changed, 1);
    altered.must_be_found_by(5, &["stored seed 0909", "the draw gives"]);
}

#[test]
fn a_decision_moved_back_in_time_with_its_leaf() {
    let mut altered = Altered::new();
    let vault = Vault::open(&altered.data).unwrap();
    let one = "FROM decision WHERE id = (SELECT decision_id FROM ledger WHERE idx = 100)";
    let sealed: Blob = diesel::sql_query(format!("SELECT payload_sealed AS content {one}"))
        .get_result(&mut altered.file)
        .unwrap();
    let nonce: Blob = diesel::sql_query(format!("SELECT nonce AS content {one}"))
        .get_result(&mut altered.file)
        .unwrap();
    let text = vault.open_text(&sealed.content).unwrap();
    let mut payload: keju::ledger::Payload = serde_json::from_str(&text).unwrap();
    payload.at = payload.at.plus_seconds(-86_400);
    let leaf = payload.leaf(&nonce.content.try_into().unwrap()).unwrap();
    let hash = keju::kernel::merkle::leaf_hash(&leaf);
    let sealed = vault
        .seal(serde_json_canonicalizer::to_vec(&payload).unwrap())
        .unwrap();
    altered
        .file
        .batch_execute("DROP TRIGGER decision_no_update; DROP TRIGGER ledger_no_update")
        .unwrap();
    diesel::sql_query(
        "UPDATE decision SET at = at - 86400000000, payload_sealed = ?, leaf = ?, leaf_hash = ? \
         WHERE id = (SELECT decision_id FROM ledger WHERE idx = 100)",
    )
    .bind::<diesel::sql_types::Binary, _>(sealed)
    .bind::<diesel::sql_types::Binary, _>(leaf)
    .bind::<diesel::sql_types::Binary, _>(hash.to_vec())
    .execute(&mut altered.file)
    .unwrap();
    diesel::sql_query("UPDATE ledger SET leaf_hash = ? WHERE idx = 100")
        .bind::<diesel::sql_types::Binary, _>(hash.to_vec())
        .execute(&mut altered.file)
        .unwrap();
    // The row is whole in itself: only the root that was signed tells.
    altered.must_be_found_by(1, &["checkpoint", "does not fit"]);
}

#[test]
fn a_mark_credited_to_another_marker() {
    Altered::new()
        .sql(
            "UPDATE script_mark SET marker_id = \
             (SELECT account_id FROM account_role WHERE role = 'marker' AND account_id NOT IN \
                 (SELECT o.marker_id FROM script_mark o WHERE o.script_id = script_mark.script_id) \
              LIMIT 1) \
             WHERE rowid = (SELECT min(rowid) FROM script_mark)",
        )
        .must_be_found_by(8, &["2026-small", "marker"]);
}

#[test]
fn a_profile_changed_together_with_its_hash() {
    let mut altered = Altered::new();
    let stored: Blob =
        diesel::sql_query("SELECT CAST(profile AS BLOB) AS content FROM examination")
            .get_result(&mut altered.file)
            .unwrap();
    let before = String::from_utf8(stored.content).unwrap();
    let after = before.replace("\"weight\":\"0.4\"", "\"weight\":\"0.5\"");
    assert_ne!(before, after, "nothing was changed");
    let value: serde_json::Value = serde_json::from_str(&after).unwrap();
    let hash = sha256(serde_json_canonicalizer::to_vec(&value).unwrap());
    diesel::sql_query("UPDATE examination SET profile = ?, profile_hash = ?")
        .bind::<diesel::sql_types::Text, _>(after)
        .bind::<diesel::sql_types::Binary, _>(hash.to_vec())
        .execute(&mut altered.file)
        .unwrap();
    altered.must_be_found_by(2, &["2026-small", "the announcement published"]);
}

/// Papers that nobody found to hold a leaked item, drawn again until they pleased.
#[test]
fn papers_recalled_without_a_leak() {
    let altered = Altered::new().sql("UPDATE draw SET state = 'recalled' WHERE purpose = 'papers'");
    let outcomes = altered.outcomes();
    let failures = outcomes
        .iter()
        .filter_map(|one| Some((one.number, one.failure.as_deref()?)));
    let failures: Vec<(u8, &str)> = failures.collect();
    assert_eq!(
        failures.iter().map(|one| one.0).collect::<Vec<_>>(),
        [5, 13],
        "{failures:?}"
    );
    assert!(failures[0].1.contains("no recall"), "{failures:?}");
    assert!(
        failures[1]
            .1
            .contains("draws recalled 1, the log recalled 0"),
        "{failures:?}"
    );
}

#[test]
fn a_stage_turned_back() {
    Altered::new()
        .sql("UPDATE examination SET stage = 'marking'")
        .must_be_found_by(
            11,
            &["2026-small", "stage marking", "the log reached published"],
        );
}

#[test]
fn the_end_of_a_log_that_no_checkpoint_held_yet() {
    Altered::new()
        .sql(
            "DROP TRIGGER checkpoint_no_delete; DELETE FROM checkpoint; \
             DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE idx > 300",
        )
        .must_be_found_by(1, &["have no place"]);
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
