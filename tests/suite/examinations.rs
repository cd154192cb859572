//! An examination from its draft to the announcement, over the API and in a browser.

use keju::access::Role;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::{Chrome, Client, Database, TestApp, on_both};

/// An organisation with free headcount for three.
fn organisation(app: &TestApp) -> String {
    let hr = app.signed_in("hr-of-organisations", &[Role::Hr]);
    let office = json!({ "code": "RSJ", "name_zh": "市人力资源和社会保障局", "name_en": "Personnel Bureau" });
    let id = hr.post("/organisations", &office).id();
    let approval = json!({ "approved": 34, "occupied": 31, "reason": "编办〔2026〕3号" });
    let path = format!("/organisations/{id}/headcount/administrative");
    assert_eq!(hr.put(&path, &approval).status, 204);
    id
}

fn open(organiser: &Client) -> String {
    let new = json!({
        "code": "2026-gwy", "year": 2026, "track": "civil_service",
        "title_zh": "2026年度考试录用公务员公告", "title_en": "Civil-service recruitment 2026",
        "registration_opens": "2026-03-03T01:00:00Z", "registration_closes": "2026-03-10T10:00:00Z",
    });
    organiser.post("/examinations", &new).id()
}

fn post(organisation: &str, code: &str, quota: i32) -> serde_json::Value {
    json!({
        "organisation": organisation, "code": code, "title_zh": "综合管理职位",
        "headcount_kind": "administrative", "quota": quota,
        "requirements": { "education": "bachelor", "majors": ["法学"], "age_max": 30 },
    })
}

on_both! {
fn an_examination_is_prepared_announced_and_then_stands(app: TestApp) {
    let organisation = organisation(&app);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let exam = format!("/examinations/{}", open(&organiser));
    app.anybody().get(&exam).refused(404, "not-found");
    assert_eq!(app.anybody().get("/examinations").json["items"], json!([]));

    let posts = format!("{exam}/posts");
    let first = organiser.post(&posts, &post(&organisation, "001", 2)).id();
    organiser.post(&posts, &post(&organisation, "002", 2)).refused(409, "headcount-exhausted");
    organiser.post(&posts, &post(&organisation, "001", 1)).refused(409, "code-taken");
    assert_eq!(organiser.delete(&format!("/posts/{first}"), &json!({})).status, 204);
    organiser.post(&posts, &post(&organisation, "002", 3)).id();

    let overrides = format!("{exam}/profile-overrides");
    let change = json!({ "overrides": "[shortlist]\nratio = 5\n", "reason": "公告规定" });
    assert_eq!(organiser.post(&overrides, &change).status, 204);
    let publication = format!("{exam}/announcement");
    organiser.post(&publication, &json!({})).fault("sittings.xingce", "sitting-not-scheduled");
    for (component, hour) in [("xingce", 1), ("shenlun", 6)] {
        let sitting = json!({
            "component": component,
            "opens_at": format!("2026-03-28T{hour:02}:00:00Z"),
            "closes_at": format!("2026-03-28T{:02}:00:00Z", hour + 2),
        });
        assert_eq!(organiser.put(&format!("{exam}/sittings"), &sitting).status, 200);
    }
    assert_eq!(organiser.post(&publication, &json!({})).status, 204);
    organiser.post(&publication, &json!({})).refused(409, "stage-out-of-order");
    organiser.post(&overrides, &change).refused(409, "rules-frozen");

    let shown = app.anybody().get(&exam).json;
    assert_eq!((&shown["phase"], &shown["profile"]["shortlist"]["ratio"]), (&json!("announced"), &json!(5)));
    assert_eq!(shown["sittings"].as_array().unwrap().len(), 2);
    let listed = app.anybody().get(&posts).json;
    assert_eq!(listed["items"][0]["code"], "002");

    let page = app.browser().get(&format!("{exam}/rules.json"));
    assert_eq!(shown["profile_hash"], hex::encode(Sha256::digest(page.text.as_bytes())));
}}

#[test]
fn an_organiser_leads_a_draft_to_its_announcement_in_a_browser() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    organisation(&app);
    let (_, email) = app.person("organiser", &[Role::Organiser]);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    chrome.sign_in(&email);
    chrome.go("/manage/examinations");
    chrome.fill("#title_zh", "2026年度考试录用公务员公告");
    chrome.fill("#title_en", "Civil-service recruitment 2026");
    chrome.fill("#code", "2026-gwy");
    set_time(&chrome, "#registration_opens", "2026-03-02T09:00");
    set_time(&chrome, "#registration_closes", "2026-03-10T18:00");
    chrome.picture("manage-examinations");
    chrome.click("form.stack.card button");
    chrome.sees(".notice", "考试已经新建");
    chrome.sees("section.card p", "先录入要招的职位");

    chrome.click("section.card .button");
    chrome.fill("#code", "001");
    chrome.fill("#title_zh", "综合管理职位");
    chrome.fill("#majors", "法学、会计学");
    chrome.fill("#age_max", "30");
    chrome.picture("posts-empty");
    chrome.click("form.stack.card button");
    chrome.sees(".notice", "职位已经添加");
    chrome.sees("tbody tr", "专业：法学、会计学");
    chrome.click(".eyebrow a:last-child");
    for component in ["xingce", "shenlun"] {
        set_time(&chrome, &format!("#opens-{component}"), "2026-03-28T09:00");
        set_time(&chrome, &format!("#closes-{component}"), "2026-03-28T11:00");
        chrome.click(&format!("form:has(#opens-{component}) button"));
        chrome.sees(".notice", "考试时间已经确定");
    }
    chrome.sees("section.card p", "发布公告");
    chrome.picture("hub-draft");
    chrome.click("form[action$=announcement] button");
    chrome.accept();
    chrome.sees(".notice", "公告已经发布");
    chrome.picture("hub-announced");
    let exam = chrome.path().replace("/manage", "");
    let exam = exam.split('?').next().unwrap().to_owned();
    chrome.go(&format!("{exam}/rules"));
    chrome.sees(".formula", "笔试折合成绩 = 行政职业能力测验 × 30%");
    chrome.picture("rules");
    chrome.go(&exam);
    chrome.sees("[aria-current=step]", "报名与资格审查");
    chrome.picture("announcement");
    chrome.click(".who a[lang=en]");
    chrome.sees("h1", "Civil-service recruitment 2026");
    chrome.size(390, 844);
    let too_wide = "return document.documentElement.scrollWidth > innerWidth";
    for path in [
        exam.clone(),
        format!("{exam}/rules"),
        "/examinations".to_owned(),
        format!("/manage{exam}"),
        format!("/manage{exam}/posts"),
    ] {
        chrome.go(&path);
        assert_eq!(chrome.run(too_wide), false, "{path} is wider than a phone");
        chrome.picture(&format!("phone-{}", path.matches('/').count() + path.len()));
    }
    assert_eq!(chrome.errors(), [""; 0]);
}

/// Sets a date and time, which browsers take in the order of the machine's own locale.
fn set_time(chrome: &Chrome, css: &str, value: &str) {
    chrome.run(&format!(
        "document.querySelector('{css}').value = '{value}'"
    ));
}
