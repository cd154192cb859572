//! Pages in a real browser: they work with their keyboard and their languages, on a desk and on a
//! phone, and report no error.

use keju::access::Role;

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
