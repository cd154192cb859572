//! `keju verify` on a finished examination: it passes, and after any one thing is altered by hand
//! in the database it fails at the right check and names the place.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection};
use keju::app::demo::small_season;
use keju::kernel::Clock;
use keju::store::{Store, Vault};
use keju::verification::rules::Outcome;
use keju::verification::service::verify;

use crate::support::{fresh_dir, morning, on_both};

on_both! {
fn a_finished_examination_is_derived_again_whole(app: TestApp) {
    small_season(&app.store, &app.clock).unwrap();
    app.settle_log();
    app.store.write_blocking(keju::ledger::checkpoint).unwrap();
    let outcomes = app.store.read_blocking(verify).unwrap();
    for outcome in &outcomes {
        assert_eq!(outcome.failure, None, "V{} {}", outcome.number, outcome.name);
        assert!(outcome.applicable && outcome.checked > 0, "V{} looked at nothing", outcome.number);
    }
    assert_eq!(outcomes.len(), 11);
}}

/// One finished examination for all the tests that alter it; each works on a copy.
fn finished() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let (data, clock) = (fresh_dir(), Clock::manual(morning()));
        let store = Store::open_embedded(&data, clock.clone()).unwrap();
        small_season(&store, &clock).unwrap();
        store.write_blocking(keju::ledger::checkpoint).unwrap();
        store.close();
        data
    })
}

/// A copy of the data, in the hands of somebody who can write the file.
struct Altered {
    data: PathBuf,
    file: SqliteConnection,
}

#[derive(QueryableByName)]
struct Blob {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    content: Vec<u8>,
}

impl Altered {
    fn new() -> Self {
        let data = fresh_dir();
        for name in ["keju.db", "keju.db-wal", "vault.key"] {
            let from = finished().join(name);
            if from.exists() {
                std::fs::copy(from, data.join(name)).unwrap();
            }
        }
        let file = SqliteConnection::establish(data.join("keju.db").to_str().unwrap()).unwrap();
        Self { data, file }
    }

    fn sql(mut self, sql: &str) -> Self {
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
        let outcomes = store.read_blocking(verify).unwrap();
        store.close();
        let _ = std::fs::remove_dir_all(&self.data);
        outcomes
    }

    /// Asserts that this check, and none before it, fails and says all of `words`.
    #[track_caller]
    fn must_be_found_by(self, number: u8, words: &[&str]) {
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
