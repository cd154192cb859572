//! Finding items over HTTP: words, the tree of topics, filters that stay while one turns pages, use in
//! sittings that are over; and what other nodes write.

use std::sync::mpsc::channel;

use diesel::RunQueryDsl as _;
use keju::access::{Actor, Role};
use keju::bank::item::{Body, Difficulty, Item};
use keju::bank::search::ItemSearch;
use keju::bank::service::{self, ItemFilter};
use keju::store::Target;
use serde_json::{Value, json};

use crate::support::{Client, Database, TestApp, on_both};

fn judgement(code: &str, topic: &str, stem: &str) -> Value {
    json!({
        "code": code, "section": "law", "topic": topic, "difficulty": "easy",
        "stimulus": null, "stem": stem,
        "body": { "kind": "true_false", "key": true }, "explanation": "只有解析里有",
    })
}

fn codes(reviewer: &Client, query: &str) -> Vec<String> {
    let found = reviewer.get(&format!("/items?{query}"));
    assert_eq!(found.status, 200, "{found:?}");
    let items = found.json["items"].as_array().unwrap();
    assert!(found.json["total"].as_u64().unwrap() >= items.len() as u64);
    let code = |item: &Value| item["code"].as_str().unwrap().to_owned();
    items.iter().map(code).collect()
}

on_both! {
fn items_are_found_by_their_words_topics_and_filters(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let (_, email) = app.person("reviewer", &[Role::Reviewer]);
    let reviewer = app.sign_in(&email);
    let create = |code: &str, topic: &str, stem: &str| {
        author.post("/banks/trial/items", &judgement(code, topic, stem)).id()
    };
    let first = create("a-1", "law.state", "《宪法》（２０１８年修正）规定了国家机构。");
    create("a-2", "law.state.court", "法院独立行使审判权。");
    create("a-3", "law.civil", "国家机构之间的合同。");
    assert_eq!(codes(&reviewer, "text=(2018%20%E5%AE%AA%E6%B3%95"), ["a-1"]);
    assert_eq!(codes(&reviewer, "text=%E5%9B%BD%E5%AE%B6%E6%9C%BA%E6%9E%84"), ["a-1", "a-3"]);
    assert_eq!(codes(&reviewer, "text=A-2"), ["a-2"]);
    assert!(codes(&reviewer, "text=%E8%A7%A3%E6%9E%90").is_empty());
    assert_eq!(codes(&reviewer, "topic=law.state"), ["a-1", "a-2"]);
    assert_eq!(codes(&reviewer, "usage=never&kind=true_false&limit=1"), ["a-1"]);
    assert!(codes(&reviewer, "usage=used").is_empty());
    let found = reviewer.get("/items?topic=law.state&limit=1").json;
    assert_eq!((&found["total"], &found["next_cursor"]), (&json!(2), &json!("trial/a-1")));
    assert_eq!(found["topics"].as_array().unwrap().len(), 3, "{found:?}");
    let long = "%E9%95%BF".repeat(201);
    reviewer.get(&format!("/items?text={long}")).fault("text", "too-long");

    // An edit is found by what it says now.
    let edited = judgement("a-1", "law.state", "另外一个问题。");
    assert_eq!(author.put(&format!("/items/{first}"), &edited).status, 200);
    assert_eq!(codes(&reviewer, "text=%E5%9B%BD%E5%AE%B6%E6%9C%BA%E6%9E%84"), ["a-3"]);

    let browser = app.browser();
    browser.sign_in(&email);
    let page = browser.get("/bank/items?text=%E3%80%82&topic=law.state&state=draft");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(!page.text.contains('‹'), "{page:?}");
    assert!(page.text.contains("第 1–2 道，共 2 道"), "{page:?}");
    assert!(page.text.contains("aria-current=\"true\">law.state：全部</a>"), "{page:?}");
    assert!(page.text.contains("topic=law.state.court&#38;state=draft"), "{page:?}");
}}

on_both! {
fn filters_stay_while_one_turns_pages(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    for number in 0..51 {
        let stem = format!("第 {number} 道判断题。");
        author.post("/banks/trial/items", &judgement(&format!("a-{number:02}"), "law", &stem)).id();
    }
    author.post("/banks/trial/items", &judgement("b", "law", "别的。")).id();
    let browser = app.browser();
    browser.sign_in("author@example.org");
    let page = browser.get("/bank/items?bank=trial&text=%E5%88%A4%E6%96%AD%E9%A2%98");
    assert!(page.text.contains("第 1–50 道，共 51 道"), "{page:?}");
    let query = "text=%E5%88%A4%E6%96%AD%E9%A2%98&#38;bank=trial&#38;cursor=trial%2Fa-49";
    assert!(page.text.contains(query), "{page:?}");
    let next = browser.get(&format!("/bank/items?{}", query.replace("&#38;", "&")));
    assert!(next.text.contains("第 51–51 道，共 51 道"), "{next:?}");
    let back = "rel=\"prev\" href=\"/bank/items?text=%E5%88%A4%E6%96%AD%E9%A2%98&#38;bank=trial\"";
    assert!(next.text.contains(back), "{next:?}");
}}

/// Items of sittings that are over are found as used; while a sitting is not over, nobody learns from
/// a search what is in its papers.
pub fn by_use(app: &TestApp) {
    let reviewer = app.signed_in("finder", &[Role::Reviewer]);
    let total = |usage: &str| {
        let path = format!("/items?bank=administrative_aptitude{usage}");
        reviewer.get(&path).json["total"].as_u64().unwrap()
    };
    let (never, used) = (total("&usage=never"), total("&usage=used"));
    assert!(used > 0);
    assert_eq!(never + used, total(""));
    assert_eq!(total("&usage=once") + total("&usage=several"), used);
    let found = reviewer.get("/items?bank=administrative_aptitude&usage=used&limit=1");
    let item = &found.json["items"][0];
    let shown = reviewer.get(&format!("/items/{}", item["id"].as_str().unwrap()));
    let uses = shown.json["uses"].as_array().unwrap().len();
    assert_eq!(item["sittings"].as_u64().unwrap(), uses as u64);

    let year = 365 * 24 * 3_600 * 1_000_000_i64;
    let close_later_by = |micros: i64| {
        app.store
            .write_blocking(move |tx| {
                let sql = format!("UPDATE subject SET closes_at = closes_at + {micros}");
                Ok(diesel::sql_query(sql).execute(tx.db)?)
            })
            .unwrap()
    };
    close_later_by(year);
    assert_eq!(
        (total("&usage=used"), total("&usage=never")),
        (0, never + used)
    );
    close_later_by(-year);
    assert_eq!(total("&usage=used"), used);
}

/// A transaction that began before another and commits after it is not missed by whoever looked in
/// between.
#[test]
fn what_commits_late_is_found_all_the_same() {
    let Some(app) = TestApp::start(Database::Postgres) else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    assert!(matches!(app.store.target(), Target::Postgres(_)));
    let (account, _) = app.person("author", &[Role::Author]);
    let author = Actor {
        account,
        session: account,
        roles: vec![Role::Author],
    };
    let search = ItemSearch::default();
    let found = || {
        search.catch_up_blocking(&app.store).unwrap();
        let filter = ItemFilter::default();
        let found = app
            .store
            .read_blocking(|view| service::find(view, &search, &author, &filter, None, 10))
            .unwrap();
        let items = found.items.into_iter();
        items.map(|one| one.item.code).collect::<Vec<_>>()
    };
    assert!(found().is_empty());
    let (written, is_written) = channel();
    let (commit, may_commit) = channel::<()>();
    let late = {
        let (store, author) = (app.store.clone(), author.clone());
        std::thread::spawn(move || {
            store.write_blocking(move |tx| {
                service::create(tx, &author, "civics", &item("late"))?;
                written.send(()).unwrap();
                may_commit.recv().unwrap();
                Ok(())
            })
        })
    };
    is_written.recv().unwrap();
    let writer = author.clone();
    app.store
        .write_blocking(move |tx| service::create(tx, &writer, "civics", &item("early")))
        .unwrap();
    assert_eq!(found(), ["early"]);
    commit.send(()).unwrap();
    late.join().unwrap().unwrap();
    assert_eq!(found(), ["early", "late"]);
}

fn item(code: &str) -> Item {
    Item {
        code: code.to_owned(),
        section: "law".to_owned(),
        topic: "law".to_owned(),
        difficulty: Difficulty::Easy,
        stimulus: None,
        stem: "这个说法是正确的。".to_owned(),
        body: Body::TrueFalse { key: true },
        explanation: String::new(),
        enemies: Vec::new(),
        seconds: None,
        markup: keju::bank::rich::Markup::Plain,
    }
}
