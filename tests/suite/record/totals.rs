//! Examinations whose rules open totals and ranks alone.

use super::forged::{Forged, any};
use super::*;

/// The record of a finished examination whose rules open totals and ranks alone.
fn finished_with_totals() -> &'static Vec<Value> {
    static RECORD: OnceLock<Vec<Value>> = OnceLock::new();
    RECORD.get_or_init(|| {
        let app = TestApp::start(Database::Sqlite).unwrap();
        let house = House::build(&app.store, &|_| {}).unwrap();
        let course = Course {
            overrides: "[min_applicants]\nratio = 1\n[openness]\nmarks = \"totals\"\n",
            ..small_course()
        };
        let examination = hold(&app.store, &app.clock, &house, &SEED, &course, &|_| {}).unwrap();
        nobody_reads_a_component(&app, examination);
        let records = records(&app.store, &fresh_dir());
        let file = records.file(&app.store, None, examination).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    })
}

/// On the pages and in the API.
fn nobody_reads_a_component(app: &TestApp, examination: Id) {
    let visitor = app.anybody();
    let page = visitor
        .bare(&format!("/examinations/{examination}/results"))
        .text;
    assert!(page.contains("公开总成绩和排名"), "{page}");
    assert!(!page.contains("<th scope=\"col\" class=\"number\">申论</th>"));
    let posts = visitor.get(&format!("/examinations/{examination}/posts"));
    let post = posts.json["items"][0]["id"].as_str().unwrap().to_owned();
    for list in ["written", "final"] {
        let at = format!("/examinations/{examination}/posts/{post}/ranking?list={list}");
        let lines = visitor.get(&at).json["items"].as_array().unwrap().clone();
        assert!(lines.iter().any(|line| line["total"].is_string()));
        assert!(lines.iter().all(|line| line["marks"] == json!({})));
    }
}

#[test]
fn where_the_rules_open_totals_alone_the_record_holds_no_component_and_the_order_is_checked() {
    let file = Forged::of(finished_with_totals()).write();
    let verdicts = both(&file).unwrap();
    assert_eq!(failed(&verdicts), BTreeSet::new());
    let silent = verdicts.iter().filter(|(_, word)| word == "not applicable");
    let silent: Vec<u64> = silent.map(|(number, _)| *number).collect();
    assert_eq!(silent, [4, 6, 7, 8, 9, 12, 14]);
    let text = std::fs::read_to_string(&file).unwrap();
    for kind in ["objective.marked", "script.settled", "component.decided"] {
        let opened = format!("\\\"kind\\\":\\\"{kind}\\\"");
        let opens = |line: &&str| line.contains("\"payload\"") && line.contains(&opened);
        assert_eq!(text.lines().filter(opens).count(), 0, "{kind}");
    }
}

#[test]
fn a_total_that_its_rank_contradicts_where_components_are_closed() {
    Forged::of(finished_with_totals())
        .decision("written.published", any, |inputs| {
            inputs["rows"][0][1] = json!("0.5")
        })
        .signed()
        .must_be_found_by(10);
}

#[test]
fn a_standing_that_its_rank_contradicts_where_components_are_closed() {
    let is_ranked = |inputs: &Value| inputs["rows"][0][2] == 1;
    Forged::of(finished_with_totals())
        .decision("merit.published", is_ranked, |inputs| {
            inputs["rows"][0][3] = json!("reserve")
        })
        .signed()
        .must_be_found_by(10);
}

#[test]
fn a_candidate_left_off_a_list_where_components_are_closed() {
    Forged::of(finished_with_totals())
        .decision("written.published", any, |inputs| {
            inputs["rows"].as_array_mut().unwrap().pop();
        })
        .signed()
        .must_be_found_by(10);
}

#[test]
fn rules_that_close_the_components_after_all_of_them_were_opened() {
    Forged::new()
        .decision("announcement.published", any, |inputs| {
            inputs["profile"]["openness"] = json!({"marks": "totals"});
        })
        .signed()
        .must_be_found_by(1);
}
