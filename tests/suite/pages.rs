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
