//! Objections in the publicity period: filed by those who sat, answered with a reason, counted in
//! public, and proved by receipts.

use std::time::{Duration, Instant};

use keju::access::Role;
use keju::app::demo::{SEED, SmallSeason, cast};
use keju::ledger::proof::Proof;
use serde_json::{Value, json};

use crate::public_log::vkey;
use crate::support::{Client, TestApp};

/// The one application of a candidate of the small season.
fn application(candidate: &Client) -> String {
    let own = candidate.get("/applications").json;
    own["items"][0]["id"].as_str().unwrap().to_owned()
}

/// The receipt of a decision, as soon as the log has published it.
fn receipt(candidate: &Client, application: &str, kind: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    let list = candidate
        .get(&format!("/applications/{application}/receipts"))
        .json;
    let line = list
        .as_array()
        .unwrap()
        .iter()
        .rfind(|line| line["kind"] == kind)
        .unwrap();
    let id = line["id"].as_str().unwrap();
    loop {
        let reply = candidate.get(&format!("/applications/{application}/receipts/{id}"));
        if reply.status == 200 {
            return reply.text;
        }
        assert!(Instant::now() < until, "no receipt: {reply:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// An objection is filed in time, answered once, and proved to whoever made it. The clock is left
/// behind the publicity period.
pub fn from_filing_to_answer(app: &TestApp, season: &SmallSeason) {
    let examination = season.examination;
    let person = |number| app.token_for(&cast::candidate(&SEED, "small", number).email);
    // Two of the season have objected already, and one has an answer.
    let counts = format!("/examinations/{examination}/objection-counts");
    assert_eq!(
        app.anybody().get(&counts).json,
        json!({ "open": 1, "upheld": 0, "rejected": 1 })
    );

    let candidate = person(5);
    let own = application(&candidate);
    let path = format!("/applications/{own}/objections");
    candidate
        .post(&path, &json!({ "text": " " }))
        .refused(422, "invalid-input");
    let text = "面试成绩与考官评分表不符。";
    let filed = candidate.post(&path, &json!({ "text": text })).id();
    let mine: Value = candidate.get(&path).json;
    assert_eq!(
        (&mine[0]["number"], &mine[0]["state"]),
        (&json!(3), &json!("open"))
    );
    assert_eq!(person(6).get(&path).status, 404);
    assert_eq!(person(6).post(&path, &json!({ "text": text })).status, 404);

    let hr = app.acting(season.house.the(Role::Hr).unwrap());
    let all = hr
        .get(&format!("/examinations/{examination}/objections"))
        .json;
    assert_eq!(
        (all.as_array().unwrap().len(), &all[2]["text"]),
        (3, &json!(text))
    );
    let answer = format!("/objections/{filed}/answer");
    let reason = "经核对，录入有误，已更正。";
    hr.post(&answer, &json!({ "uphold": true, "reason": "" }))
        .refused(422, "invalid-input");
    let upheld = json!({ "uphold": true, "reason": reason });
    assert_eq!(hr.post(&answer, &upheld).status, 204);
    hr.post(&answer, &json!({ "uphold": false, "reason": "再想一想" }))
        .refused(409, "already-decided");
    assert_eq!(candidate.get(&path).json[0]["reason"], reason);
    assert_eq!(
        app.anybody().get(&counts).json,
        json!({ "open": 1, "upheld": 1, "rejected": 1 })
    );

    for (kind, outcome) in [
        ("objection.filed", "filed"),
        ("objection.decided", "upheld"),
    ] {
        let proof = Proof::parse(&receipt(&candidate, &own, kind)).unwrap();
        let opening = proof.opening.clone().unwrap();
        proof.check(&opening.leaf().unwrap(), &vkey(app)).unwrap();
        let decision: Value = serde_json::from_str(&opening.payload).unwrap();
        assert_eq!(
            (&decision["outcome"], &decision["inputs"]["objection"]),
            (&json!(outcome), &json!(filed))
        );
    }

    for _ in 0..4 {
        assert_eq!(candidate.post(&path, &json!({ "text": text })).status, 201);
    }
    candidate
        .post(&path, &json!({ "text": text }))
        .refused(409, "too-many-objections");
    // The last day ends at midnight in China.
    let shown = app
        .anybody()
        .get(&format!("/examinations/{examination}"))
        .json;
    let day = shown["publicity_ends"].as_str().unwrap();
    let at = |time: &str| {
        app.clock
            .set(serde_json::from_value(json!(format!("{day}T{time}Z"))).unwrap());
    };
    at("15:59:59");
    assert_eq!(
        person(7)
            .post(
                &format!("/applications/{}/objections", application(&person(7))),
                &json!({ "text": text })
            )
            .status,
        201
    );
    at("16:00:00");
    let late = format!("/applications/{}/objections", application(&person(8)));
    person(8)
        .post(&late, &json!({ "text": text }))
        .refused(409, "no-objections-now");
}
