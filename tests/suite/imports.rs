//! Files of items in the browser: looked at first, and nothing kept until that is confirmed.

use keju::access::Role;
use serde_json::{Value, json};

use crate::support::{Chrome, Database, TestApp, on_both};

/// Two questions that are nearly the same, one of them twice, with something that the bank cannot keep.
const GIFT: &str = "$CATEGORY: top/四月\n\n\
    ::q1::公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力设置。{T#说得对}\n\n\
    ::q2::公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力来设置。{F}\n\n\
    公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力设置。{F}\n";

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

on_both! {
fn templates_come_back_as_they_are_given(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    for (form, media_type) in [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let template = app.anybody().get(&format!("/banks/template.{form}"));
        assert_eq!((template.status, &*template.content_type), (200, media_type));
        let name = format!("items.{form}");
        assert_eq!(template.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        let path = format!("/banks/{form}/imports?file_name={name}");
        let headers = [("content-type", media_type)];
        let taken = author.send("POST", &path, &headers, template.bytes);
        assert_eq!(taken.status, 201, "{taken:?}");
        let kinds: std::collections::BTreeSet<String> = author
            .get(&format!("/items?bank={form}"))
            .json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["kind"].to_string())
            .collect();
        assert_eq!(kinds.len(), 8, "{kinds:?}");
    }
}}

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
    chrome.sees("[data-preview] .warning", "有 1 道题没有收入");
    chrome.sees(
        "[data-preview] tbody tr:first-child",
        "第 7 行 与第 3 行的题相同",
    );
    for wanted in [
        "第 1 行",
        "与第 3 行的题相同，没有收入",
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

#[test]
fn every_item_of_a_long_file_can_be_looked_at_beside_its_stimulus() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let (_, email) = app.person("author", &[Role::Author]);
    chrome.sign_in(&email);
    chrome.go("/bank");
    chrome.fill("#bank", "trial");
    let file = include_str!("../../question_banks/administrative_aptitude/data_analysis.toml");
    choose(&chrome, "data_analysis.toml", file);
    chrome.click("[data-do-preview]");
    chrome.sees("[data-preview]", "这里是第 1 至 100 题");
    let codes = || {
        let cards =
            "document.querySelectorAll('[data-preview] li.card .eyebrow .code:first-of-type')";
        chrome.run(&format!(
            "return [...{cards}].map(code => code.textContent)"
        ))
    };
    let codes_from = |first: usize, last: usize| {
        let code = |number| json!(format!("da-{number:03}"));
        Value::Array((first..=last).map(code).collect())
    };
    assert_eq!(codes(), codes_from(1, 100));
    // A stimulus stands before the first of the items that share it, with its table.
    let titles = chrome.run(
        "return [...document.querySelectorAll('[data-preview] h3')].map(title => title.textContent)",
    );
    let titles = titles.as_array().unwrap();
    let first = titles.iter().filter(|title| *title == "2024 年云澜市工业");
    assert_eq!(first.count(), 1);
    chrome.sees("[data-preview] table", "生物医药");
    chrome.picture("import-preview-long");
    chrome.click("[data-preview-from='101']");
    chrome.sees("[data-preview]", "这里是第 101 至 155 题");
    assert_eq!(codes(), codes_from(101, 155));
    assert!(may_import(&chrome));
    chrome.click("[data-preview-from='1']");
    chrome.sees("[data-preview]", "这里是第 1 至 100 题");
    // Without scripts the number is typed.
    chrome.fill("#from", "150");
    assert!(!may_import(&chrome));
    chrome.click("[data-do-preview]");
    chrome.sees("[data-preview]", "这里是第 150 至 155 题");
    assert_eq!(codes(), codes_from(150, 155));
    assert_eq!(chrome.errors(), Vec::<String>::new());
}
