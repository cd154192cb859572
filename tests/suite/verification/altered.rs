//! One thing altered in a finished examination: it is found, and named by its place.

use super::*;

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
