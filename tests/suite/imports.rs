//! Files of items in the browser: looked at first, and nothing kept until that is confirmed.

use keju::access::Role;
use serde_json::{Value, json};

use crate::support::{Chrome, Database, TestApp};

/// Two questions that are nearly the same, with something that the bank cannot keep.
const GIFT: &str = "$CATEGORY: top/四月\n\n\
    ::q1::公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力设置。{T#说得对}\n\n\
    ::q2::公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力来设置。{F}\n";

fn choose(chrome: &Chrome, name: &str, text: &str) {
    chrome.run(&format!(
        "const data = new DataTransfer(); data.items.add(new File([{}], {})); \
         const field = document.querySelector('#file'); field.files = data.files; \
         field.dispatchEvent(new Event('input', {{ bubbles: true }}));",
        json!(text),
        json!(name)
    ));
}

fn may_import(chrome: &Chrome) -> bool {
    chrome.run("return !document.querySelector('[data-do-import]').hidden") == true
}

#[test]
fn a_file_is_looked_at_before_anything_of_it_is_kept() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let (_, email) = app.person("author", &[Role::Author]);
    let author = app.token_for(&email);
    let kept = || {
        author.get("/items?bank=trial").json["items"]
            .as_array()
            .map(Vec::len)
    };
    chrome.sign_in(&email);
    chrome.go("/bank");
    chrome.fill("#bank", "trial");
    choose(&chrome, "law.gift", GIFT);
    assert!(!may_import(&chrome));
    chrome.click("[data-do-preview]");
    chrome.sees("[data-preview]", "文件中有 2 道试题");
    for wanted in [
        "第 1 行",
        "分类“top/四月”",
        "对各个答案的反馈",
        "与已有试题相近",
        "q2",
        "判断题",
    ] {
        chrome.sees("[data-preview]", wanted);
    }
    assert_eq!(kept(), Some(0));
    chrome.picture("import-preview");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("import-preview-phone");
    chrome.size(1280, 900);
    // Another file begins again, and one with faults can only be mended.
    choose(&chrome, "law.gift", "::q3::对吗？{T\n");
    assert!(!may_import(&chrome));
    chrome.click("[data-do-preview]");
    chrome.sees("[data-preview]", "大括号不成对");
    assert!(!may_import(&chrome));
    choose(&chrome, "law.gift", GIFT);
    chrome.click("[data-do-preview]");
    chrome.sees("[data-preview]", "文件中有 2 道试题");
    chrome.click("[data-do-import]");
    chrome.sees("main", "trial");
    assert_eq!(kept(), Some(2));
    let items = author.get("/items?bank=trial").json;
    let sections: Vec<&Value> = items["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["section"])
        .collect();
    assert_eq!(sections, ["trial", "trial"]);
    // A refused file is an answer of 422, which Chromium reports as an error of the page.
    let errors = chrome.errors();
    assert!(
        errors.iter().all(|error| error.contains("422")),
        "{errors:?}"
    );
}
