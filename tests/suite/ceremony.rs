//! Draws by lot as people hold them: in a browser, each custodian on a machine of her own, and with a
//! witness between the commitment and the beacon.

use std::time::{Duration, Instant};

use keju::access::Role;
use keju::draw::ceremony::secret_commitment;
use keju::kernel::Clock;
use serde_json::{Value, json};

use crate::pages::two_short_posts;
use crate::public_log::file;
use crate::support::{Chrome, Database, TestApp};
use crate::witness::{Office, Watching};

const ROLLED: &str = "0123456789012345678901234567890123456789";

/// The organiser's examination, and the staff who keep secrets besides: a supervisor and an officer.
fn staffed(app: &TestApp) -> (String, [(String, String); 3]) {
    let (examination, _) = two_short_posts(app);
    app.person("inspector", &[Role::Supervisor]);
    for number in 1..=3 {
        app.person(&format!("marker{number}"), &[Role::Marker]);
    }
    let organiser = app.token_for("organiser@example.org");
    let people = organiser.get("/custodians").json;
    let account = |name: &str| {
        let people = people.as_array().unwrap().iter();
        let mut found = people.filter(|one| one["name"] == name);
        found.next().unwrap()["account"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let custodians = ["organiser", "inspector", "planner"];
    let custodians = custodians.map(|name| (name.to_owned(), account(name)));
    (examination, custodians)
}

#[test]
fn three_custodians_draw_markers_in_a_browser_and_everybody_can_check_it() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (examination, custodians) = staffed(&app);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let sign_out = || chrome.click(".who form button");

    chrome.sign_in("organiser@example.org");
    chrome.go(&format!("/examinations/{examination}/draws"));
    chrome.sees("p.warning", "演练设置");
    chrome.run("document.querySelector('#purpose').value = 'markers'");
    chrome.click("#source-dice");
    chrome.run("document.querySelector('#beacon_at').value = '2026-03-08T20:00'");
    for (number, (name, account)) in (1..).zip(&custodians) {
        chrome.run(&format!(
            "document.querySelector('#account-{number}').value = '{account}'"
        ));
        chrome.fill(&format!("#office-{number}"), &format!("{name} 所在单位"));
    }
    chrome.picture("draw-open");
    chrome.click("main form.card button:not([type=button])");
    chrome.sees(".notice", "抽签已开始");
    chrome.picture("draw-commit");
    let page = chrome.path().split('?').next().unwrap().to_owned();
    sign_out();

    let mut secrets = Vec::new();
    for (name, _) in &custodians {
        chrome.sign_in(&format!("{name}@example.org"));
        chrome.go("/draws");
        chrome.click("main li.card a");
        chrome.click("[data-make]");
        let secret = chrome.text("[data-text]");
        assert_eq!(secret.len(), 64, "{secret}");
        let file = chrome.run("return document.querySelector('[data-file]').download");
        assert!(
            file.as_str().unwrap().starts_with("2026-sy-markers-1-"),
            "{file}"
        );
        chrome.click("form[data-secret] .actions:last-child button");
        chrome.accept();
        chrome.sees(".notice", "承诺已记录");
        secrets.push(secret);
        sign_out();
    }

    chrome.sign_in("organiser@example.org");
    chrome.go(&page);
    chrome.fill("#count", "2");
    chrome.picture("draw-fix");
    chrome.click("form[action$='/pool/markers'] button");
    chrome.accept();
    chrome.sees(".notice", "抽签范围已固定");
    chrome.sees("main", "见证方尚未签名");
    chrome.picture("draw-beacon");
    app.clock
        .set(serde_json::from_value(json!("2026-03-08T12:00:00Z")).unwrap());
    chrome.go(&page);
    chrome.sees(".problem", "演练抽签");
    chrome.fill("#value", "0123");
    chrome.click("form[action$='/beacon'] button");
    chrome.sees("#value + .fault", "写法");
    chrome.fill("#value", ROLLED);
    chrome.click("form[action$='/beacon'] button");
    chrome.sees(".notice", "数值已核验");
    sign_out();

    for ((name, _), secret) in custodians.iter().zip(&secrets) {
        chrome.sign_in(&format!("{name}@example.org"));
        chrome.go(&page);
        chrome.fill("#secret", &"0".repeat(64));
        chrome.click("form[action$='/secret'] button");
        chrome.sees("#secret + .fault", "承诺过的");
        chrome.fill("#secret", secret);
        chrome.click("form[action$='/secret'] button");
        chrome.sees(".notice", "已出示");
        sign_out();
    }

    chrome.sign_in("organiser@example.org");
    chrome.go(&page);
    chrome.click("form[action$='/result'] button");
    chrome.sees(".notice", "抽签已完成");
    chrome.sees("table:has(form) caption", "抽签结果");
    chrome.picture("draw-done");
    chrome.click("td:has(form) details summary");
    chrome.click("form[action$='/substitutions'] button");
    chrome.accept();
    chrome.sees(".notice", "已由候补接替");
    chrome.picture("draw-substituted");
    sign_out();

    // Everybody reads how it came about, and no name.
    chrome.size(390, 844);
    chrome.go(&page);
    chrome.sees("main", ROLLED);
    let text = chrome.text("main");
    assert!(!text.contains("marker1"), "{text}");
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("draw-public-phone");
    // What was refused on purpose is all that went wrong.
    let errors = chrome.errors();
    assert!(
        errors.iter().all(|error| error.contains("status of 422")),
        "{errors:?}"
    );
}

/// Opens a draw of markers whose beacon is ten minutes and a second away, and commits three secrets.
fn committed(app: &TestApp, examination: &str, custodians: &[(String, String); 3]) -> String {
    let organiser = app.token_for("organiser@example.org");
    let at = app.clock.now().plus_seconds(620);
    let custodian =
        |(_, account): &(String, String)| json!({ "account": account, "office": "某单位" });
    let new = json!({
        "purpose": "markers", "beacon": { "source": "dice", "rolls": 40 }, "beacon_at": at,
        "custodians": custodians.iter().map(custodian).collect::<Vec<_>>(),
    });
    let id = organiser
        .post(&format!("/examinations/{examination}/draws"), &new)
        .id();
    let draw = format!("/draws/{id}");
    let code = organiser.get(&draw).json["code"]
        .as_str()
        .unwrap()
        .to_owned();
    for (number, (name, _)) in (1_u8..).zip(custodians) {
        let commitment = secret_commitment(&code, u64::from(number), &[number; 32]);
        let body = json!({ "commitment": hex::encode(commitment) });
        let custodian = app.token_for(&format!("{name}@example.org"));
        assert_eq!(
            custodian.post(&format!("{draw}/commitment"), &body).status,
            204
        );
    }
    let fixed = organiser.post(&format!("{draw}/pool/markers"), &json!({ "count": 2 }));
    assert_eq!(fixed.status, 204, "{fixed:?}");
    draw
}

fn until_published(app: &TestApp) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let note = file(app, "2026/checkpoint").text;
        let size: Option<u64> = note.lines().nth(1).and_then(|line| line.parse().ok());
        let all = app
            .store
            .read_blocking(|view| keju::ledger::tree(view, 2026))
            .unwrap()
            .0;
        if size == u64::try_from(all).ok() {
            return;
        }
        assert!(Instant::now() < until, "the witness does not sign");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn no_beacon_is_believed_before_a_witness_has_signed_what_it_decides() {
    let office = Office::new();
    let watching = Watching::start(&office, "127.0.0.1:0");
    let app = office.serve(&watching.url);
    let (examination, custodians) = staffed(&app);
    // The witness has a clock of its own, which is the one that counts.
    app.clock.set(Clock::system().now());
    let draw = committed(&app, &examination, &custodians);
    until_published(&app);
    let beacon = |app: &TestApp, draw: &str| {
        let organiser = app.token_for("organiser@example.org");
        organiser.post(&format!("{draw}/beacon"), &json!({ "value": ROLLED }))
    };
    beacon(&app, &draw).refused(409, "beacon-not-yet");
    app.clock.set(app.clock.now().plus_seconds(621));
    assert_eq!(beacon(&app, &draw).status, 204);
    let shown = app.anybody().get(&draw).json;
    assert!(shown["witnessed"].is_u64(), "{shown}");

    // The next one is fixed while the witness is away: it comes back, and that is too late.
    let organiser = app.token_for("organiser@example.org");
    let reason = json!({ "reason": "保管人未到场" });
    assert_eq!(organiser.post(&format!("{draw}/void"), &reason).status, 204);
    drop(watching);
    app.clock.set(Clock::system().now().plus_seconds(-3600));
    let draw = committed(&app, &examination, &custodians);
    assert!(draw.len() > 8);
    app.clock.set(app.clock.now().plus_seconds(700));
    beacon(&app, &draw).refused(409, "draw-not-witnessed");
    let shown: Value = app.anybody().get(&draw).json;
    assert_eq!(
        (&shown["number"], &shown["beacon_value"]),
        (&json!(2), &Value::Null)
    );
}
