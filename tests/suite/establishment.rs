//! Organisations and headcount.

use keju::access::Role;
use serde_json::json;

use crate::support::on_both;

on_both! {
fn headcount_is_entered_with_its_document_and_shown_to_everybody(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let office = json!({ "code": "BZ-RSJ", "name_zh": "市人力资源和社会保障局", "name_en": "Personnel Bureau" });
    let id = hr.post("/organisations", &office).id();
    let approval = json!({ "approved": 40, "occupied": 31, "reason": "巴编办〔2026〕3号" });
    let path = format!("/organisations/{id}/headcount/administrative");
    assert_eq!(hr.put(&path, &approval).status, 204);
    let shown = app.anybody().get(&format!("/organisations/{id}"));
    assert_eq!(shown.json["headcount"][0], json!({
        "kind": "administrative", "approved": 40, "occupied": 31, "planned": 0
    }));
    hr.put(&path, &json!({ "approved": 30, "occupied": 31, "reason": "x" })).fault("approved", "below-use");
    hr.put(&path, &json!({ "approved": 40, "occupied": 31, "reason": " " })).fault("reason", "required");
}}

on_both! {
fn a_repeated_call_with_its_key_adds_one_organisation(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let body = |code: &str| serde_json::to_vec(&json!({ "code": code, "name_zh": "甲" })).unwrap();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let first = hr.send("POST", "/organisations", &headers, body("A"));
    let again = hr.send("POST", "/organisations", &headers, body("A"));
    assert_eq!(first.id(), again.id());
    hr.send("POST", "/organisations", &headers, body("B")).refused(409, "idempotency-key-reused");
    assert_eq!(app.anybody().get("/organisations").json["items"].as_array().unwrap().len(), 1);
    hr.post("/organisations", &json!({ "code": "A", "name_zh": "乙" })).refused(409, "code-taken");
}}

on_both! {
fn a_list_is_read_page_by_page(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    for number in 0..5 {
        hr.post("/organisations", &json!({ "code": format!("U{number}"), "name_zh": "单位" })).id();
        app.clock.advance(jiff::SignedDuration::from_millis(2));
    }
    let mut seen = Vec::new();
    let mut path = "/organisations?limit=2".to_owned();
    loop {
        let page = app.anybody().get(&path);
        seen.extend(page.json["items"].as_array().unwrap().iter().map(|o| o["code"].clone()));
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("/organisations?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["U0", "U1", "U2", "U3", "U4"]);
    app.anybody().get("/organisations?cursor=nonsense").fault("cursor", "cursor");
}}

on_both! {
fn only_hr_may_change_the_establishment(app: TestApp) {
    let office = json!({ "code": "A", "name_zh": "甲" });
    app.anybody().post("/organisations", &office).refused(401, "sign-in-required");
    for role in [Role::Candidate, Role::Organiser, Role::SystemAdmin, Role::Supervisor] {
        let other = app.signed_in(role.as_str(), &[role]);
        other.post("/organisations", &office).refused(403, "forbidden");
    }
}}
