//! Receipts: what a candidate takes home, and what it proves wherever it is checked.

use std::time::{Duration, Instant};

use keju::ledger::proof::Proof;
use keju::store::View;
use serde_json::{Value, json};

use crate::pages::two_short_posts;
use crate::public_log::vkey;
use crate::support::{Chrome, Client, Database, TestApp, on_both};

/// The receipts of a candidate's only application, and its id.
fn receipts(candidate: &Client) -> (String, Vec<Value>) {
    let own = candidate.get("/applications").json;
    let id = own["items"][0]["id"].as_str().unwrap().to_owned();
    let list = candidate.get(&format!("/applications/{id}/receipts"));
    assert_eq!(list.status, 200, "{list:?}");
    (id, list.json.as_array().unwrap().clone())
}

/// A receipt's file, as soon as the log has published it.
fn file(candidate: &Client, application: &str, line: &Value) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let path = format!(
            "/applications/{application}/receipts/{}",
            line["id"].as_str().unwrap()
        );
        let reply = candidate.get(&path);
        if reply.status == 200 {
            assert!(
                reply.header("content-disposition").contains(".tlog-proof"),
                "{reply:?}"
            );
            return reply.text;
        }
        reply.refused(409, "receipt-soon");
        assert!(Instant::now() < until, "no receipt");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Checks a receipt as anybody can; gives the decision to which it opens.
fn opened(text: &str, vkey: &str) -> Value {
    let proof = Proof::parse(text).unwrap();
    let opening = proof.opening.clone().unwrap();
    proof.check(&opening.leaf().unwrap(), vkey).unwrap();
    serde_json::from_str(&opening.payload).unwrap()
}

on_both! {
fn a_candidate_has_a_receipt_of_each_decision_about_her_and_nobody_else_has(app: TestApp) {
    let (_, email) = two_short_posts(&app);
    let candidate = app.token_for(&email);
    let (application, lines) = receipts(&candidate);
    // Of two decisions at the same moment, either may come first.
    let mut kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["application.reviewed", "application.submitted"]);
    for line in &lines {
        let decision = opened(&file(&candidate, &application, line), &vkey(&app));
        assert_eq!((&decision["kind"], &decision["id"]), (&line["kind"], &line["id"]));
        assert_eq!(decision["inputs"]["application"], json!(application));
    }
    let path = format!("/applications/{application}/receipts");
    let one = format!("{path}/{}", lines[0]["id"].as_str().unwrap());
    let other = app.signed_in("other", &[keju::access::Role::Candidate]);
    let hr = app.token_for("planner@example.org");
    for path in [&path, &one] {
        assert_eq!(other.get(path).status, 404);
        assert_eq!(hr.get(path).status, 403);
        assert_eq!(app.anybody().get(path).status, 401);
    }
    // A decision about somebody else is not reached through one's own application.
    let strange = app.store.read_blocking(|view: &mut View<'_>| keju::ledger::entries(view, 2026, 0, 1));
    let strange = format!("{path}/{}", strange.unwrap()[0].payload.id);
    assert_eq!(candidate.get(&strange).status, 404);
}}

/// After the results there are receipts of answers, marks and rank.
pub fn of_answers_marks_and_rank(app: &TestApp) {
    let email = keju::app::demo::cast::candidate(&keju::app::demo::SEED, "small", 0).email;
    let candidate = app.token_for(&email);
    let (application, lines) = receipts(&candidate);
    let of = |kind: &str| {
        lines
            .iter()
            .filter(|line| line["kind"] == kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("script.closed").len(), 2);
    let own = candidate.get(&format!("/applications/{application}")).json;
    let mut marks = 0;
    for line in of("component.decided") {
        let decision = opened(&file(&candidate, &application, line), &vkey(app));
        assert_eq!(
            decision["inputs"]["ticket_no"], own["ticket_no"],
            "{decision}"
        );
        marks += 1;
    }
    assert!(marks >= 2);
    let list = of("written.published")[0];
    let decision = opened(&file(&candidate, &application, list), &vkey(app));
    let rows = decision["inputs"]["rows"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row[0] == own["ticket_no"]),
        "her rank is on the list"
    );
    let closed = opened(
        &file(&candidate, &application, of("script.closed")[0]),
        &vkey(app),
    );
    assert_eq!(closed["inputs"]["digest"].as_str().unwrap().len(), 64);
    // No decision that names a marker or another candidate is among them.
    for line in &lines {
        let kind = line["kind"].as_str().unwrap();
        assert!(
            !kind.starts_with("script.marked") && !kind.starts_with("panel"),
            "{kind}"
        );
    }
}

#[test]
fn a_receipt_is_checked_in_the_browser_and_an_altered_one_is_refused() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let (_, email) = two_short_posts(&app);
    let Some(chrome) = Chrome::open(&app.base) else {
        return;
    };
    let candidate = app.token_for(&email);
    let (application, lines) = receipts(&candidate);
    let reviewed = lines
        .iter()
        .find(|line| line["kind"] == "application.reviewed")
        .unwrap();
    file(&candidate, &application, reviewed);
    chrome.sign_in(&email);
    chrome.go("/my");
    chrome.click(&format!("a[href='/my/receipts/{application}']"));
    chrome.sees("h1", "决定凭证");
    chrome.picture("receipts");
    chrome.click(&format!("a[href$='{}']", reviewed["id"].as_str().unwrap()));
    chrome.sees("h1", "资格审查");
    assert!(chrome.run("return document.querySelector('.qr svg path') !== null") == true);
    chrome.picture("receipt");
    chrome.click("a.button.secondary");
    chrome.sees("[data-step=all]", "凭证有效");
    for step in ["form", "tree", "key", "witnesses"] {
        let good = format!("return document.querySelector('[data-step={step}]').innerText");
        assert!(!chrome.run(&good).as_str().unwrap().contains('✗'), "{step}");
    }
    chrome.sees("[data-decision]", "资格审查");
    chrome.sees("[data-decision]", "通过");
    chrome.picture("check-good");
    assert_eq!(chrome.errors(), [""; 0]);

    // Anything in it altered: the index, a hash of the proof, the checkpoint, the decision.
    let whole = chrome.run("return document.querySelector('textarea').value");
    let whole = whole.as_str().unwrap().to_owned();
    let proof = Proof::parse(&whole).unwrap();
    let mut opening = proof.opening.clone().unwrap();
    opening.payload = opening.payload.replace("approved", "refused");
    let mut hashes = proof.hashes.clone();
    hashes[0][0] ^= 1;
    let altered = [
        Proof {
            opening: Some(opening),
            ..proof.clone()
        },
        Proof {
            index: proof.index - 1,
            ..proof.clone()
        },
        Proof {
            hashes,
            ..proof.clone()
        },
        Proof {
            note: proof.note.replacen(
                &format!("\n{}", size(&proof)),
                &format!("\n{}", size(&proof) + 1),
                1,
            ),
            ..proof.clone()
        },
    ];
    for (number, altered) in altered.iter().enumerate() {
        check(&chrome, &altered.text());
        chrome.sees("[data-step=all]", "凭证无效");
        assert!(chrome.text("[data-outcome]").contains('✗'), "{number}");
    }
    check(&chrome, "");
    chrome.sees("[data-step=given]", "请先选择");
    check(&chrome, "hello");
    chrome.sees("[data-step=form]", "这不是一份凭证");
    check(
        &chrome,
        &Proof {
            opening: None,
            ..proof
        }
        .text(),
    );
    chrome.sees("[data-step=all]", "只核验了日志的签名");
    chrome.size(390, 844);
    check(&chrome, &whole);
    chrome.sees("[data-step=all]", "凭证有效");
    assert_eq!(chrome.overflow(), 0);
    chrome.picture("check-phone");
}

fn size(proof: &Proof) -> u64 {
    proof.note.lines().nth(1).unwrap().parse().unwrap()
}

fn check(chrome: &Chrome, receipt: &str) {
    let set = format!(
        "document.querySelector('textarea').value = {}",
        json!(receipt)
    );
    chrome.run(&set);
    chrome.click("[data-check] form button");
}
