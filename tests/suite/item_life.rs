//! The life of an item over HTTP: tried out, taken in use, withdrawn when it leaks; banks that are
//! open to those who were admitted to them.

use keju::access::Role;
use serde_json::{Value, json};

use crate::support::{Chrome, Client, Database, TestApp, on_both};

/// A judgement in two enemy sets.
fn judgement(code: &str) -> Value {
    json!({
        "code": code, "section": "law", "topic": "law.state", "difficulty": "easy",
        "stimulus": null, "stem": format!("第 {code} 题的说法是正确的。"),
        "body": { "kind": "true_false", "key": true }, "explanation": "",
        "enemies": ["pair", "law"], "seconds": 30,
    })
}

fn in_review(author: &Client, code: &str) -> String {
    let id = author.post("/banks/trial/items", &judgement(code)).id();
    let handed_in = author.post(&format!("/items/{id}/submission"), &json!({}));
    assert_eq!(handed_in.status, 204, "{handed_in:?}");
    id
}

fn approve(reviewer: &Client, id: &str, trial: bool) {
    let path = format!("/items/{id}/review");
    let review = json!({ "approve": true, "trial": trial, "version": 1 });
    reviewer
        .post(&path, &review)
        .fault("checked", "checklist-incomplete");
    let checked = json!(["key", "stem", "options", "clue", "topic", "fairness"]);
    let review = json!({ "approve": true, "trial": trial, "version": 1, "checked": checked });
    let approved = reviewer.post(&path, &review);
    assert_eq!(approved.status, 204, "{approved:?}");
}

fn pages_open(app: &TestApp, email: &str, paths: &[&str]) {
    let browser = app.browser();
    browser.sign_in(email);
    for path in paths {
        let page = browser.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        assert!(!page.text.contains('‹'), "{path} lacks a text");
    }
}

on_both! {
fn an_item_is_tried_out_taken_in_use_and_withdrawn_when_it_leaks(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let (_, email) = app.person("reviewer", &[Role::Reviewer]);
    let reviewer = app.sign_in(&email);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let supervisor = app.signed_in("supervisor", &[Role::Supervisor]);
    let (one, two) = (in_review(&author, "a"), in_review(&author, "b"));
    approve(&reviewer, &one, true);
    approve(&reviewer, &two, false);
    let shown = reviewer.get(&format!("/items/{one}"));
    assert_eq!(shown.json["state"], "trial", "{shown:?}");
    assert_eq!(shown.json["item"]["enemies"], json!(["law", "pair"]));
    assert_eq!(shown.json["item"]["seconds"], 30);
    let adopted = reviewer.post(&format!("/items/{one}/adoption"), &json!({ "version": 1 }));
    assert_eq!(adopted.status, 204, "{adopted:?}");
    // The look on trial was noted, for supervisors to see; the author's in use is noted as well.
    author.get(&format!("/items/{one}"));
    let views = supervisor.get(&format!("/items/{one}/views")).json;
    let names: Vec<&str> = views["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|view| view["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{views:?}");
    pages_open(&app, &email, &[
        &format!("/bank/items/{one}"), "/bank", "/bank/review", "/bank/leaks",
    ]);

    let report = json!({ "code": "a", "reason": "网上出现原题" });
    let leak = organiser.post("/banks/trial/leaks", &report);
    assert_eq!(leak.status, 200, "{leak:?}");
    assert_eq!(leak.json["suspects"][0]["code"], "b");
    assert_eq!(leak.json["suspects"][0]["sets"], json!(["law", "pair"]));
    assert_eq!(leak.json["locked"], json!([]));
    assert!(!leak.text.contains("说法"), "a report shows the question");
    organiser.post("/banks/trial/leaks", &report).refused(409, "item-state");
    let unknown = json!({ "code": "z", "reason": "网上出现原题" });
    organiser.post("/banks/trial/leaks", &unknown).fault("code", "item-unknown");
    assert_eq!(supervisor.get("/leaks").json[0]["reason"], "网上出现原题");
    assert_eq!(reviewer.get(&format!("/items/{one}")).json["state"], "leaked");
    pages_open(&app, &email, &[&format!("/bank/items/{one}"), "/bank/leaks"]);
}}

on_both! {
fn a_bank_is_open_to_those_who_were_admitted_to_it(app: TestApp) {
    let (account, email) = app.person("author", &[Role::Author]);
    let author = app.sign_in(&email);
    let reviewer = app.signed_in("reviewer", &[Role::Reviewer]);
    let (_, security_email) = app.person("security", &[Role::SecurityAdmin]);
    let security = app.sign_in(&security_email);
    let id = in_review(&author, "a");
    assert_eq!(reviewer.get(&format!("/items/{id}")).status, 200);
    let admit = json!({ "account": account, "reason": "命题组成员" });
    assert_eq!(security.post("/banks/trial/access", &admit).status, 204);
    security.post("/banks/trial/access", &admit).refused(409, "bank-access-there");
    assert_eq!(reviewer.get(&format!("/items/{id}")).status, 404);
    assert_eq!(reviewer.get("/items?bank=trial").json["items"], json!([]));
    assert_eq!(reviewer.get("/banks").json, json!([]));
    assert_eq!(author.get(&format!("/items/{id}")).status, 200);
    let access = security.get("/banks/access").json;
    assert_eq!((&access[0]["bank"], &access[0]["open"]), (&json!("trial"), &json!(false)));
    assert_eq!(access[0]["admitted"][0]["account"], json!(account));
    pages_open(&app, &security_email, &["/bank/access"]);
    // Nobody is admitted because she or he stands first.
    let browser = app.browser();
    browser.sign_in(&security_email);
    let form = browser.get("/bank/access").text;
    assert!(form.contains("name=\"account\" required><option value=\"\"></option>"), "{form}");
    let dismiss = json!({ "account": account, "reason": "离开命题组" });
    assert_eq!(security.delete("/banks/trial/access", &dismiss).status, 204);
    author.post("/banks/trial/items", &judgement("b")).refused(403, "bank-closed");
}}

on_both! {
fn author_and_reviewer_talk_about_an_item_and_see_what_an_edit_changed(app: TestApp) {
    let (_, email) = app.person("author", &[Role::Author]);
    let author = app.sign_in(&email);
    let reviewer = app.signed_in("reviewer", &[Role::Reviewer]);
    let id = in_review(&author, "a");
    let path = format!("/items/{id}/comments");
    reviewer.post(&path, &json!({ "text": "题干请写明依据。" })).id();
    reviewer.post(&path, &json!({ "text": "" })).fault("text", "required");
    app.clock.advance(jiff::SignedDuration::from_secs(1));
    let back = json!({ "approve": false, "reason": "题干不明确", "version": 1, "checked": ["key"] });
    assert_eq!(reviewer.post(&format!("/items/{id}/review"), &back).status, 204);
    let mut better = judgement("a");
    better["stem"] = json!("第 a 题的说法是错误的。");
    assert_eq!(author.put(&format!("/items/{id}"), &better).json["version"], 2);
    app.clock.advance(jiff::SignedDuration::from_secs(1));
    author.post(&path, &json!({ "text": "已修改。" })).id();
    let shown = reviewer.get(&format!("/items/{id}"));
    // The reason of the return stands among what was said, for whoever looks at the item next.
    let said = shown.json["comments"].as_array().unwrap().iter();
    let said: Vec<_> = said.map(|comment| &comment["text"]).collect();
    assert_eq!(said, ["题干请写明依据。", "题干不明确", "已修改。"], "{shown:?}");
    let browser = app.browser();
    browser.sign_in(&email);
    let page = browser.get(&format!("/bank/items/{id}/versions/2"));
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("<del>正确</del>") && page.text.contains("<ins>错误</ins>"), "{page:?}");
    assert_eq!(browser.get(&format!("/bank/items/{id}/versions/1")).status, 404);
    let item = browser.get(&format!("/bank/items/{id}"));
    assert!(item.text.contains("题干请写明依据。"), "{item:?}");
}}

#[test]
fn a_comment_leaves_a_half_written_review_as_it_stands() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let author = app.signed_in("author", &[Role::Author]);
    let (_, email) = app.person("reviewer", &[Role::Reviewer]);
    let id = in_review(&author, "a");
    chrome.sign_in(&email);
    chrome.go(&format!("/bank/items/{id}"));
    chrome.click("[name=checked][value=key]");
    chrome.fill("#reason", "题干没有说明依据");
    chrome.fill("#text", "依据是哪一条？");
    chrome.click("#comments button");
    chrome.sees("#comments [role=status]", "已");
    chrome.sees("#comments ol", "依据是哪一条？");
    let stands = "const value = css => document.querySelector(css); \
         return [value('#reason').value, value('[name=checked][value=key]').checked, value('#text').value]";
    assert_eq!(chrome.run(stands), json!(["题干没有说明依据", true, ""]));
    // A comment that is refused says so beside its field, and the next one is sent all the same.
    chrome.run("document.querySelector('#text').removeAttribute('required')");
    chrome.click("#comments button");
    chrome.sees("#comments [role=alert]", "");
    chrome.fill("#text", "并请注明年份。");
    chrome.click("#comments button");
    chrome.sees("#comments ol", "并请注明年份。");
    let said = author.get(&format!("/items/{id}")).json["comments"].clone();
    assert_eq!(said.as_array().unwrap().len(), 2);
}

on_both! {
fn figures_of_items_are_recorded_and_shown(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let (_, email) = app.person("reviewer", &[Role::Reviewer]);
    let reviewer = app.sign_in(&email);
    let id = in_review(&author, "a");
    approve(&reviewer, &id, false);
    let send = |table: &str| {
        let path = "/banks/trial/figures?source=spring";
        let table = format!("code,answered,facility,a,b\n{table}\n");
        reviewer.send("POST", path, &[("content-type", "text/csv")], table.into_bytes())
    };
    let refused = send("a,10,1.5,1,0");
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json["errors"][0]["place"], "row 2, column C");
    let recorded = send("a,1200,0.735,1.25,-0.5");
    assert_eq!((recorded.status, &recorded.json["items"]), (201, &json!(1)), "{recorded:?}");
    let shown = reviewer.get(&format!("/items/{id}")).json;
    assert_eq!((&shown["figures"]["a"], &shown["figures"]["facility"]), (&json!("1.250"), &json!("0.735")));
    let health = reviewer.get("/banks/trial/health").json;
    assert_eq!(health["facility"][7], 1, "{health:?}");
    pages_open(&app, &email, &["/bank/trial/health", &format!("/bank/items/{id}"), "/bank"]);
    let browser = app.browser();
    browser.sign_in(&email);
    let table = "code,answered,facility\nb,10,0.5";
    let fields = [("source", "spring"), ("table", table)];
    let refused = browser.submit("/bank/trial/health", "/bank/trial/health", &fields);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("第 2 行 A 列"), "{refused:?}");
}}
