//! Pages in a real browser: they work with their keyboard and their languages, on a desk and on a
//! phone, and report no error.

use keju::access::Role;
use keju::access::service::NewAccount;
use keju::app::demo::{SEED, cast};
use keju::kernel::resident_id::ResidentId;
use keju::registration::service::register;
use serde_json::json;

use crate::support::{Chrome, Database, TestApp};

#[test]
fn an_officer_signs_in_adds_an_organisation_and_changes_the_language() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (_, email) = app.person("hr", &[Role::Hr]);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    chrome.go("/manage/organisations");
    assert_eq!(chrome.path(), "/sign-in?next=/manage/organisations");
    chrome.fill("#email", &email);
    chrome.fill("#password", crate::support::PASSWORD);
    chrome.click("form.stack button");
    chrome.fill("#code", "BZ-RSJ");
    chrome.fill("#name_zh", "市人力资源和社会保障局");
    chrome.fill("#name_en", "Personnel Bureau");
    chrome.click("form.stack.card button");
    chrome.sees(".notice", "单位已经添加");
    chrome.sees("section.card h2", "市人力资源和社会保障局");
    chrome.click(".who a[lang=en]");
    chrome.sees("section.card h2", "Personnel Bureau");
    assert_eq!(chrome.errors(), [""; 0]);
}

#[test]
fn a_form_that_is_refused_stays_as_it_was_typed_with_the_fault_beside_its_field() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (_, email) = app.person("hr", &[Role::Hr]);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    chrome.sign_in(&email);
    chrome.go("/manage/organisations");
    chrome.fill("#code", "BZ-RSJ");
    chrome.fill("#name_zh", "市人力资源和社会保障局");
    chrome.click("form.stack.card button");
    chrome.click("section.card details summary");
    // The browser would not send such a number; a program, or an old browser, would.
    chrome.run("for (const form of document.forms) form.noValidate = true");
    chrome.fill("#approved-BZ-RSJ", "2");
    chrome.fill("#occupied-BZ-RSJ", "5");
    chrome.fill("#reason-BZ-RSJ", "编办〔2026〕1号");
    chrome.click("form:has(#reason-BZ-RSJ) button");
    chrome.sees("form:has(#reason-BZ-RSJ) [role=alert]", "");
    chrome.sees("#occupied-BZ-RSJ + .fault, #approved-BZ-RSJ + .fault", "");
    let state = chrome.run(
        "const field = document.querySelector('[aria-invalid=true]'); \
         const said = document.getElementById(field.getAttribute('aria-describedby')); \
         return { focused: document.activeElement === field, said: said.textContent.length > 3, \
                  kept: document.querySelector('#reason-BZ-RSJ').value }",
    );
    assert_eq!(state["focused"], true, "{state}");
    assert_eq!(state["said"], true, "{state}");
    assert_eq!(state["kept"], "编办〔2026〕1号");
    chrome.picture("refused-form");
    chrome.errors();
    // Mended, it goes through; nothing of the refusal stays.
    chrome.fill("#approved-BZ-RSJ", "9");
    chrome.click("form:has(#reason-BZ-RSJ) button");
    chrome.sees(".notice", "");
    assert_eq!(
        chrome.run("return document.querySelectorAll('[data-refusal]').length"),
        0
    );
    // A question is a refusal without a field: it stands above the form.
    chrome.fill("#code", "BZ-RSJ");
    chrome.fill("#name_zh", "另一个局");
    chrome.click("form.stack.card:has(#code) button");
    chrome.sees("form:has(#code) [role=alert]", "已");
    assert_eq!(chrome.run("return document.activeElement.role"), "alert");
}

#[test]
fn without_scripts_a_refusal_is_a_page_of_its_own() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (_, email) = app.person("hr", &[Role::Hr]);
    let browser = app.browser();
    browser.sign_in(&email);
    let fields = [("code", "!"), ("name_zh", "甲")];
    let refused = browser.submit("/manage/organisations", "/manage/organisations", &fields);
    assert_eq!(refused.status, 422);
    assert!(refused.content_type.starts_with("text/html"), "{refused:?}");
}

/// An examination whose registration is over, with two posts that drew one applicant each; gives
/// its id and the first applicant's e-mail.
pub fn two_short_posts(app: &TestApp) -> (String, String) {
    let hr = app.signed_in("planner", &[Role::Hr]);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let office = json!({ "code": "WSY", "name_zh": "市卫生院", "name_en": "Health Centre" });
    let office = hr.post("/organisations", &office).id();
    let slots = json!({ "approved": 9, "occupied": 0, "reason": "编办2号" });
    let path = format!("/organisations/{office}/headcount/institutional");
    assert_eq!(hr.put(&path, &slots).status, 204);
    let examination = organiser.post("/examinations", &json!({
        "code": "2026-sy", "year": 2026, "track": "institution", "title_zh": "事业单位公开招聘",
        "title_en": "Public institutions",
        "registration_opens": "2026-03-03T01:00:00Z", "registration_closes": "2026-03-08T10:00:00Z",
    }));
    let examination = examination.id();
    let of = |what: &str| format!("/examinations/{examination}/{what}");
    let posts =
        [("01", "护理岗", "Nurse"), ("02", "检验岗", "Laboratory")].map(|(code, zh, en)| {
            hr.post(
                &of("posts"),
                &json!({
                    "organisation": office, "code": code, "title_zh": zh, "title_en": en,
                    "headcount_kind": "institutional", "quota": 1,
                }),
            )
            .id()
        });
    let sitting = json!({
        "component": "knowledge",
        "opens_at": "2026-03-15T01:00:00Z", "closes_at": "2026-03-15T03:00:00Z",
    });
    assert!(organiser.put(&of("sittings"), &sitting).status < 300);
    assert!(organiser.post(&of("announcement"), &json!({})).status < 300);
    let at = |time: &str| app.clock.set(serde_json::from_value(json!(time)).unwrap());
    at("2026-03-04T01:00:00Z");
    let applicants = posts
        .each_ref()
        .map(|post| applicant(app, &of("applications"), post));
    at("2026-03-08T11:00:00Z");
    (examination, applicants[0].clone())
}

/// A candidate whose application for this post was approved.
fn applicant(app: &TestApp, path: &str, post: &str) -> String {
    let person = cast::candidate(&SEED, post, 1);
    let resident = ResidentId::parse(&person.resident_id).unwrap();
    let new = NewAccount {
        email: person.email.clone(),
        name: person.name.clone(),
        password_hash: crate::support::PASSWORD_HASH.clone(),
        must_change_password: false,
    };
    app.store
        .write_blocking(move |tx| register(tx, new, &resident))
        .unwrap();
    let candidate = app.token_for(&person.email);
    let facts = json!({ "education": "bachelor", "major": "护理学" });
    assert_eq!(candidate.put("/candidates/me", &facts).status, 204);
    let portrait = include_bytes!("../../src/app/demo/portrait_one.png").to_vec();
    let png = [("content-type", "image/png")];
    let photo = candidate.send("PUT", "/candidates/me/photo", &png, portrait);
    assert_eq!(photo.status, 204);
    let application = candidate.post(path, &json!({ "post": post })).id();
    let review = format!("/applications/{application}/review");
    let hr = app.token_for("planner@example.org");
    let seen = &hr.get(&review).json["seen"];
    let verdict = json!({ "approve": true, "seen": seen });
    assert_eq!(hr.post(&review, &verdict).status, 204);
    person.email
}

#[test]
fn a_post_without_applicants_enough_is_cancelled_and_its_applicant_moves_on_a_phone() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (examination, candidate) = two_short_posts(&app);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    chrome.sign_in("planner@example.org");
    chrome.go(&format!("/manage/examinations/{examination}/applications"));
    chrome.sees(".warning", "2 个职位未达到开考比例");
    chrome.picture("short-applications");
    chrome.click(".warning a");
    chrome.picture("short-posts");
    chrome.click("#post-02 ~ details:last-of-type summary");
    chrome.fill("#approval-02", "人社函〔2026〕8号");
    chrome.fill("#keep-reason-02", "艰苦边远地区");
    chrome.click("form:has(#approval-02) button");
    chrome.sees(".notice", "决定已经记录");
    chrome.click("details:has(#until-01) summary");
    // A time that is no time for it is refused beside the field, and the reason stays.
    chrome.run("document.querySelector('#until-01').value = '2026-03-20T18:00'");
    chrome.fill("#cancel-reason-01", "报名人数不足");
    chrome.picture("short-cancel");
    chrome.click("form:has(#until-01) button");
    chrome.accept();
    chrome.sees("#until-01 + .fault", "第一场考试");
    chrome.run("document.querySelector('#until-01').value = '2026-03-10T18:00'");
    chrome.click("form:has(#until-01) button");
    chrome.accept();
    chrome.sees(".notice", "决定已经记录");

    chrome.click(".who form button");
    chrome.size(390, 844);
    chrome.sign_in(&candidate);
    chrome.go("/my");
    chrome.sees("article.card", "您可以在 2026");
    chrome.picture("displaced-phone");
    assert_eq!(chrome.overflow(), 0);
    chrome.click("article.card .actions a[href$='/post']");
    chrome.sees("h1", "选择职位");
    chrome.picture("displaced-move-phone");
    chrome.click("main form input[type=radio]");
    chrome.click("main form button");
    chrome.accept();
    chrome.sees("article.card .tag", "待审查");
}
