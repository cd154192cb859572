//! A blueprint in the browser: what the bank can give stands beside each cell while it is written.

use keju::access::Role;
use keju::app::demo::House;
use serde_json::json;

use crate::support::{Chrome, Database, TestApp};

/// An examination with one sitting, whose papers can be drawn from a bank that is there.
fn subject(app: &TestApp) -> String {
    let organiser = app.signed_in("opener", &[Role::Organiser]);
    let examination = organiser
        .post(
            "/examinations",
            &json!({
                "code": "2026-blueprint", "year": 2026, "track": "civil_service", "title_zh": "公务员招录",
                "registration_opens": "2026-03-03T01:00:00Z", "registration_closes": "2026-03-08T10:00:00Z",
            }),
        )
        .id();
    let sitting = json!({
        "component": "xingce", "opens_at": "2026-03-15T01:00:00Z", "closes_at": "2026-03-15T03:00:00Z",
    });
    let path = format!("/examinations/{examination}/sittings");
    assert_eq!(organiser.put(&path, &sitting).status, 200);
    let shown = app.anybody().get(&format!("/examinations/{examination}"));
    let shown = if shown.status == 200 {
        shown
    } else {
        organiser.get(&format!("/examinations/{examination}"))
    };
    shown.json["sittings"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_blueprint_is_written_cell_by_cell_and_the_bank_answers_at_once() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    House::build(&app.store, &|_| {}).unwrap();
    let subject = subject(&app);
    let (_, email) = app.person("organiser", &[Role::Organiser]);
    chrome.sign_in(&email);
    let editor = format!("/manage/subjects/{subject}/blueprint/editor");

    // The one that ships is sound, and says how equal its papers are.
    chrome.go(&format!("{editor}?shipped=administrative_aptitude"));
    chrome.sees("#live-summary", "可以使用：每卷 60 题，共 100 分");
    chrome.sees("#live-summary", "试制 100 份");
    chrome.picture("blueprint-editor");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("blueprint-editor-phone");
    chrome.size(1280, 900);

    // More than the bank has: it is said beside the cell, before anything is sent.
    let more = "const count = document.querySelectorAll('[name=cell_count]')[2]; \
                count.value = '500'; count.dispatchEvent(new Event('input', { bubbles: true }));";
    chrome.run(more);
    chrome.sees("#live-stock-2", "不足");
    chrome.sees("#live-summary", "这份细目表还不能使用");
    chrome.click("[value=save]");
    chrome.sees("#live-summary", "第 1 部分第 3 格");

    // Buttons change the form on the server, so that they work without scripts too.
    chrome.click("[value='drop-cell 2']");
    chrome.sees("#live-summary", "分");
    assert_eq!(
        chrome.run("return document.querySelectorAll('[name=cell_count]').length"),
        json!(41)
    );
    chrome.click("[value='add-cell 0']");
    chrome.sees("#live-summary", "分");
    assert_eq!(
        chrome.run("return document.querySelectorAll('[name=cell_count]').length"),
        json!(42)
    );
    chrome.go(&format!("{editor}?shipped=administrative_aptitude"));
    chrome.sees("#live-time-0", "试题预计需要 12 分钟");

    // How hard papers are to be: beside it stands what the bank can reach, and why this cannot be.
    let typed = |field: &str, number: usize, text: &str| {
        chrome.run(&format!(
            "const field = document.querySelectorAll('[name={field}]')[{number}]; field.value = '{text}'; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        ));
    };
    typed("target", 0, "0.9 0.91 0.92 0.93 0.94 0.95 0.96");
    chrome.sees("#live-summary", "能力 0 处的目标为 93 分");
    chrome.sees("#live-summary", "难度目标（期望得分率）");
    chrome.sees("#live-reach", "题库均值");
    chrome.picture("blueprint-target");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.size(1280, 900);
    typed("target", 0, "");
    chrome.sees("#live-summary", "可以使用");

    // Items on trial stand on papers besides; the bank that ships has none.
    typed("section_trial", 0, "1");
    chrome.sees("#live-trial-0", "不足");
    chrome.sees("#live-summary", "试测题");
    typed("section_trial", 0, "");
    chrome.sees("#live-summary", "可以使用");

    // A range needs a total, and a kind that the section never has is told.
    typed("cell_count", 0, "1-3");
    chrome.sees("#live-summary", "须写明本部分的总题数");
    typed("section_items", 0, "14");
    chrome.sees("#live-summary", "试卷总分为 102");
    chrome.sees("#live-summary", "整份试卷");
    typed("cell_kind", 0, "essay");
    chrome.sees("#live-summary", "永远抽不到题");

    chrome.go(&format!("{editor}?shipped=administrative_aptitude"));
    chrome.click("[value=save]");
    chrome.sees("main", "细目表已经设置");
    let organiser = app.token_for(&email);
    let kept = organiser
        .get(&format!("/subjects/{subject}/blueprint"))
        .json;
    assert_eq!(kept["bank"], "administrative_aptitude");
    assert_eq!(kept["cells"].as_array().unwrap().len(), 42);
    assert_eq!(chrome.errors(), Vec::<String>::new());
}
