//! Rich texts, stimuli and pictures: written by an author, seen by those who may.

use keju::access::Role;
use serde_json::{Value, json};

use crate::support::{Chrome, Client, Database, TestApp, on_both};

/// A picture of that many pixels, told apart by its last byte.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0\0\0\0\0\0\0\0\0IEND\xaeB`\x82");
    bytes
}

fn send_picture(author: &Client, bank: &str, bytes: Vec<u8>) -> String {
    let path = format!("/banks/{bank}/pictures");
    let added = author.send("POST", &path, &[("content-type", "image/png")], bytes);
    assert_eq!(added.status, 201, "{added:?}");
    added.json["source"].as_str().unwrap().to_owned()
}

fn address(source: &str) -> String {
    source.replace("image:", "/pictures/")
}

fn item(code: &str, stem: &str, stimulus: Option<&str>) -> Value {
    json!({
        "code": code, "section": "law", "topic": "law.state", "difficulty": "easy",
        "stimulus": stimulus, "stem": stem, "markup": "html",
        "body": { "kind": "true_false", "key": true }, "explanation": "",
    })
}

fn stimulus(text: &str) -> Value {
    json!({ "code": "s1", "title": "材料", "text": text, "table": [], "markup": "html" })
}

on_both! {
fn rich_texts_are_kept_clean_and_their_pictures_seen_by_the_bank_alone(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let reviewer = app.signed_in("reviewer", &[Role::Reviewer]);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let source = send_picture(&author, "art", png(40, 30));
    assert_eq!(send_picture(&author, "art", png(40, 30)), source);
    let not_one = author.send("POST", "/banks/art/pictures", &[], b"<svg onload='x'/>".to_vec());
    not_one.fault("picture", "picture-unknown");

    let stem = format!("<p>如图 <img src=\"{source}\" alt=\"柱形图\"></p><p><em>加点</em></p>");
    let id = author.post("/banks/art/items", &item("a", &stem, None)).id();
    let shown = reviewer.get(&format!("/items/{id}"));
    assert_eq!(shown.json["item"]["stem"], stem.as_str(), "{shown:?}");
    let seen = reviewer.get(&address(&source));
    assert_eq!((seen.status, seen.bytes), (200, png(40, 30)));
    assert_eq!(seen.content_type, "image/png");
    organiser.get(&address(&source)).refused(403, "forbidden");
    reviewer.get(&format!("/pictures/{}", "0".repeat(64))).refused(404, "not-found");
    reviewer.get("/pictures/zz").refused(404, "not-found");

    let refused = |stem: &str| author.post("/banks/art/items", &item("b", stem, None));
    refused("甲<script>alert(1)</script>").fault("stem", "markup-not-allowed");
    refused("<p onclick=\"alert(1)\">甲</p>").fault("stem", "markup-not-allowed");
    refused("<img src=\"https://a.example/b.png\">").fault("stem", "image-source");
    let unknown = format!("<img src=\"image:{}\" alt=\"\">甲", "0".repeat(64));
    refused(&unknown).fault("stem", "image-unknown");
    // A bank shows its own pictures only.
    let elsewhere = author.post("/banks/music/items", &item("a", &stem, None));
    elsewhere.fault("stem", "image-unknown");
}
}

on_both! {
fn a_stimulus_is_its_authors_until_somebody_builds_on_it(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let other = app.signed_in("other", &[Role::Author]);
    let reviewer = app.signed_in("reviewer", &[Role::Reviewer]);
    let path = "/banks/art/stimuli";
    let written = author.post(path, &stimulus("<p>甲</p><ul><li>乙</li></ul>"));
    assert_eq!(written.status, 204, "{written:?}");
    author.post(path, &stimulus("丙")).refused(409, "code-taken");
    author.post(path, &stimulus("<b onclick='x'>丙</b>")).fault("text", "markup-not-allowed");
    let count = |client: &Client| client.get(path).json.as_array().unwrap().len();
    assert_eq!((count(&author), count(&other), count(&reviewer)), (1, 0, 1));
    let edited = author.put(path, &stimulus("<b>丙</b>"));
    assert_eq!(edited.status, 204, "{edited:?}");
    other.put(path, &stimulus("丁")).refused(404, "not-found");

    let id = author.post("/banks/art/items", &item("a", "问", Some("s1"))).id();
    let shown = author.get(path).json;
    assert_eq!((&shown[0]["items"], &shown[0]["may_edit"]), (&json!(["a"]), &json!(true)));
    let handed_in = author.post(&format!("/items/{id}/submission"), &json!({}));
    assert_eq!(handed_in.status, 204, "{handed_in:?}");
    author.put(path, &stimulus("戊")).refused(409, "stimulus-in-use");
    assert_eq!(author.get(path).json[0]["stimulus"]["text"], "<b>丙</b>");
}
}

on_both! {
fn a_file_brings_its_pictures_along(app: TestApp) {
    let (_, email) = app.person("author", &[Role::Author]);
    let author = app.token_for(&email);
    let picture = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(png(64, 48))
    };
    let stem = "&lt;p&gt;如图&lt;img src=\"@@PLUGINFILE@@/a.png\" alt=\"图\"&gt;&lt;b&gt;粗&lt;/b&gt;&lt;/p&gt;";
    let file = format!(
        "<quiz><question type=\"truefalse\"><name><text>q1</text></name><questiontext format=\"html\">\
         <text>{stem}</text><file name=\"a.png\" path=\"/\" encoding=\"base64\">{picture}</file></questiontext>\
         <answer fraction=\"100\"><text>true</text></answer><answer fraction=\"0\"><text>false</text></answer>\
         </question></quiz>"
    );
    let headers = [("content-type", "application/xml")];
    let imported = author.send("POST", "/banks/art/imports?file_name=a.xml", &headers, file.into_bytes());
    assert_eq!(imported.status, 201, "{imported:?}");
    let id = author.get("/items?bank=art").json["items"][0]["id"].as_str().unwrap().to_owned();
    let item = author.get(&format!("/items/{id}")).json;
    let stem = item["item"]["stem"].as_str().unwrap();
    let source = stem.split('"').find(|part| part.starts_with("image:")).unwrap();
    assert_eq!(author.get(&address(source)).bytes, png(64, 48));
    let browser = app.browser();
    browser.sign_in(&email);
    let page = browser.get(&format!("/bank/items/{id}"));
    assert!(page.text.contains("<b>粗</b>"), "{}", page.text);
    assert!(page.text.contains(&source.replace("image:", "src=\"/bank/pictures/")));
}
}

/// A real picture: Chromium draws nothing of one that is only a header.
const DRAWN: &str = "const c = document.createElement('canvas'); c.width = 240; c.height = 120; \
    const d = c.getContext('2d'); d.fillStyle = '#8c1d18'; d.fillRect(20, 40, 60, 80); d.fillRect(120, 10, 60, 110); \
    const bytes = Uint8Array.from(atob(c.toDataURL('image/png').split(',')[1]), x => x.charCodeAt(0)); \
    const data = new DataTransfer(); data.items.add(new File([bytes], 'chart.png', { type: 'image/png' })); \
    const field = document.querySelector('[data-picture]'); field.files = data.files; \
    field.dispatchEvent(new Event('change', { bubbles: true }));";

#[test]
fn an_author_writes_a_rich_stimulus_and_an_item_about_it_in_a_browser() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let (_, email) = app.person("author", &[Role::Author]);
    chrome.sign_in(&email);
    chrome.go("/bank/art/stimuli/new");
    chrome.fill("#code", "s1");
    chrome.fill("#title", "某市用水量");
    assert_eq!(
        chrome.run("return document.querySelector('[data-rich-tools]').hidden"),
        true
    );
    chrome.run(
        "const m = document.querySelector('#markup'); m.value = 'html'; \
         m.dispatchEvent(new Event('change', { bubbles: true }))",
    );
    chrome.run("document.querySelector('#text').focus()");
    chrome.click("[data-insert*=mfrac]");
    chrome.run(DRAWN);
    chrome.sees("[data-rich-status]", "图片已插入");
    chrome.picture("stimulus-form");
    chrome.click("form[data-rich] .actions button");
    chrome.sees("main", "材料已保存");
    chrome.go("/bank/art/stimuli/s1");
    assert_eq!(
        chrome.run("return document.querySelector('.rich img').naturalWidth"),
        240
    );
    assert_eq!(
        chrome.run("return document.querySelectorAll('.rich mfrac').length"),
        1
    );
    chrome.picture("stimulus");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("stimulus-phone");

    chrome.go("/bank/items/new?kind=single_choice&bank=art");
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("item-form-phone");
    assert_eq!(chrome.errors(), Vec::<String>::new());
}

#[test]
fn an_item_is_looked_at_while_it_is_written_and_nothing_is_kept() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let (_, email) = app.person("author", &[Role::Author]);
    let author = app.sign_in(&email);
    let kept = || author.get("/items?bank=art").json["total"].clone();
    chrome.sign_in(&email);
    chrome.go("/bank/items/new?kind=single_choice&bank=art");
    chrome.sees("#live-item", "什么都不会保存");
    chrome.fill("#stem", "下列属于 <em>行政处罚</em> 的是");
    chrome.fill("#options", "罚款\n通报表扬\n招标\n采购");
    chrome.sees("#live-item .options", "通报表扬");
    chrome.sees("#live-item", "还缺什么");
    // As plain text, a tag is text like any other; and there is no key before one is written.
    chrome.sees("#live-item .prose", "<em>行政处罚</em>");
    assert_eq!(
        chrome.run("return document.querySelectorAll('#live-item h2').length"),
        2
    );
    chrome.run(
        "const m = document.querySelector('#markup'); m.value = 'html'; \
         m.dispatchEvent(new Event('input', { bubbles: true }))",
    );
    chrome.sees("#live-item .rich em", "行政处罚");
    for (field, text) in [
        ("#code", "x1"),
        ("#section", "law"),
        ("#topic", "law.state"),
        ("#key", "A"),
    ] {
        chrome.fill(field, text);
    }
    chrome.sees("#live-item", "填写完整，可以保存");
    chrome.picture("item-preview");
    assert_eq!(kept(), 0);

    chrome.click("form[data-rich] .actions button");
    chrome.sees("main", "试题已经保存");
    assert_eq!(kept(), 1);
    assert_eq!(chrome.errors(), Vec::<String>::new());
}

on_both! {
fn a_preview_is_for_authors_of_the_bank_alone(app: TestApp) {
    let (_, email) = app.person("organiser", &[Role::Organiser]);
    let organiser = app.browser();
    organiser.sign_in(&email);
    let fields = [("bank", "art"), ("kind", "true_false"), ("stem", "x"), ("key", "true")];
    let refused = organiser.submit("/account", "/bank/items/preview", &fields);
    assert_eq!(refused.status, 403, "{}", refused.text);

    let (_, email) = app.person("author", &[Role::Author]);
    let author = app.browser();
    author.sign_in(&email);
    let shown = author.submit("/account", "/bank/items/preview", &fields);
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("还缺什么"), "{}", shown.text);
    // As soon as others are admitted to the bank and she is not, it tells her nothing.
    let (member, _) = app.person("member", &[Role::Author]);
    let security = app.signed_in("security", &[Role::SecurityAdmin]);
    let admit = json!({ "account": member, "reason": "命题组成员" });
    assert_eq!(security.post("/banks/art/access", &admit).status, 204);
    let refused = author.submit("/account", "/bank/items/preview", &fields);
    assert_eq!(refused.status, 403, "{}", refused.text);
}
}
