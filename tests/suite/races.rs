//! Acts that happen at the same moment, over HTTP: the last slot, the same announcement, the same
//! answer.

use keju::access::Role;
use keju::app::demo::{House, prepare_sitting, small_course};
use keju::draw::Seed;
use keju::kernel::Id;
use keju::regulation::service as regulation;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, on_both};

/// An organisation with this many free administrative slots, and a draft examination.
fn draft(app: &TestApp, free: i32) -> (Client, Client, String, String) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let office = hr
        .post("/organisations", &json!({ "code": "A", "name_zh": "甲局" }))
        .id();
    let approval = json!({ "approved": free, "occupied": 0, "reason": "编办1号" });
    let path = format!("/organisations/{office}/headcount/administrative");
    assert_eq!(hr.put(&path, &approval).status, 204);
    let examination = organiser.post("/examinations", &json!({
        "code": "2026-gwy", "year": 2026, "track": "civil_service", "title_zh": "公务员招录",
        "registration_opens": "2026-03-03T01:00:00Z", "registration_closes": "2026-03-08T10:00:00Z",
    }));
    (hr, organiser, office, examination.id())
}

fn post(office: &str, number: usize) -> Value {
    json!({
        "organisation": office, "code": format!("P{number}"), "title_zh": "科员",
        "headcount_kind": "administrative", "quota": 1,
    })
}

/// Sets when the two papers are sat.
fn schedule(organiser: &Client, examination: &str) {
    for (component, from, to) in [("xingce", "01", "03"), ("shenlun", "06", "09")] {
        let sitting = json!({
            "component": component,
            "opens_at": format!("2026-03-15T{from}:00:00Z"),
            "closes_at": format!("2026-03-15T{to}:00:00Z"),
        });
        let reply = organiser.put(&format!("/examinations/{examination}/sittings"), &sitting);
        assert!(reply.status < 300, "{reply:?}");
    }
}

on_both! {
fn eight_plans_for_three_slots_get_three(app: TestApp) {
    let (hr, _, office, examination) = draft(&app, 3);
    let path = format!("/examinations/{examination}/posts");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = |number| {
            let (hr, path, office) = (hr.clone(), &path, &office);
            scope.spawn(move || hr.post(path, &post(office, number)).status)
        };
        let asked: Vec<_> = (0..8).map(ask).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
    let shown = app.anybody().get(&format!("/organisations/{office}"));
    assert_eq!(shown.json["headcount"][0]["planned"], 3);
}}

on_both! {
fn of_two_announcements_at_once_one_is_published(app: TestApp) {
    let (hr, organiser, office, examination) = draft(&app, 3);
    hr.post(&format!("/examinations/{examination}/posts"), &post(&office, 1)).id();
    schedule(&organiser, &examination);
    let path = format!("/examinations/{examination}/announcement");
    let replies: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            let (organiser, path) = (organiser.clone(), &path);
            scope.spawn(move || organiser.post(path, &json!({})))
        };
        let asked: Vec<_> = (0..2).map(|_| ask()).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status < 300);
    assert_eq!((won.len(), lost.len()), (1, 1), "{replies:?}");
    assert_eq!(lost[0].json["code"], "stage-out-of-order");
    // Once announced, the rules stand.
    let change = json!({ "overrides": "version = 2", "reason": "late" });
    let path = format!("/examinations/{examination}/profile-overrides");
    organiser.post(&path, &change).refused(409, "rules-frozen");
}}

on_both! {
fn of_many_saves_of_an_answer_the_newest_stays_whatever_the_order(app: TestApp) {
    let house = House::build(&app.store, &|_| {}).unwrap();
    let (seed, course) = (Seed::new([9; 32]), small_course());
    let (examination, sitters) =
        prepare_sitting(&app.store, &app.clock, &house, &seed, &course, &|_| {}).unwrap();
    let subject: Id =
        app.store.read_blocking(|v| regulation::subjects(v, examination)).unwrap()[1].id;
    let opens = app.store.read_blocking(move |v| regulation::subject(v, subject)).unwrap().opens_at;
    app.clock.set(opens.plus_seconds(60));
    let candidate = app.acting(&sitters[0].actor);
    let attempt = candidate.post(&format!("/subjects/{subject}/attempt"), &json!({}));
    let attempt = attempt.json["id"].as_str().unwrap().to_owned();
    let path = format!("/attempts/{attempt}/responses/1");
    let save = |revision: i64| {
        let answer = json!({ "kind": "text", "text": format!("revision {revision}") });
        let body = json!({ "answer": answer, "flagged": false, "revision": revision });
        candidate.put(&path, &body)
    };
    std::thread::scope(|scope| {
        // Every revision from 1 to 20 out of order, and the newest once more.
        for revision in (1..=20).map(|step| step * 8 % 21).chain([20]) {
            scope.spawn(move || assert_eq!(save(revision).status, 200));
        }
    });
    // An old revision is answered with what is stored.
    assert_eq!(save(4).json["revision"], 20);
    let shown = candidate.get(&format!("/attempts/{attempt}"));
    assert_eq!(shown.json["sections"][0]["items"][0]["answer"]["text"], "revision 20");
    assert!(!shown.text.contains("rubric") && !shown.text.contains("reference"), "it leaks");
    // Somebody else's attempt is not there.
    let other = app.acting(&sitters[1].actor);
    other.get(&format!("/attempts/{attempt}")).refused(404, "not-found");
    other.put(&path, &json!({ "answer": null, "flagged": false, "revision": 99 }))
        .refused(404, "not-found");
    // Hand-in twice gives the same receipt; afterwards nothing is taken.
    let hand_in = format!("/attempts/{attempt}/hand-in");
    let first = candidate.post(&hand_in, &json!({}));
    assert_eq!(first.json["digest"], candidate.post(&hand_in, &json!({})).json["digest"]);
    assert_eq!(save(21).status, 409);
}}

on_both! {
fn an_examination_is_not_moved_on_while_an_act_is_in_it(app: TestApp) {
    let (hr, organiser, office, examination) = draft(&app, 3);
    hr.post(&format!("/examinations/{examination}/posts"), &post(&office, 1)).id();
    schedule(&organiser, &examination);
    let id: Id = examination.parse().unwrap();
    let (entered, began) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let act = scope.spawn(|| {
            app.store.write_blocking(move |tx| {
                let before = regulation::hold(tx, id)?.phase;
                entered.send(()).unwrap();
                // Time enough for the announcement to come in between, if it could.
                std::thread::sleep(std::time::Duration::from_millis(400));
                Ok((before, regulation::load(tx, id)?.phase))
            })
        });
        began.recv().unwrap();
        let path = format!("/examinations/{examination}/announcement");
        let announced = organiser.post(&path, &json!({}));
        assert!(announced.status < 300, "{announced:?}");
        let (before, after) = act.join().unwrap().unwrap();
        assert_eq!(before, after, "the examination was announced while an act was in it");
    });
    let shown = app.anybody().get(&format!("/examinations/{examination}"));
    assert_eq!(shown.json["phase"], "announced", "{shown:?}");
}}

on_both! {
fn rules_do_not_change_under_their_frozen_hash(app: TestApp) {
    let (hr, organiser, office, examination) = draft(&app, 3);
    hr.post(&format!("/examinations/{examination}/posts"), &post(&office, 1)).id();
    schedule(&organiser, &examination);
    let announcement = format!("/examinations/{examination}/announcement");
    let overrides = format!("/examinations/{examination}/profile-overrides");
    std::thread::scope(|scope| {
        for version in 2..6 {
            let change = json!({ "overrides": format!("version = {version}"), "reason": "试" });
            let (organiser, overrides) = (organiser.clone(), &overrides);
            scope.spawn(move || organiser.post(overrides, &change));
        }
        scope.spawn(|| organiser.post(&announcement, &json!({})));
    });
    let id: Id = examination.parse().unwrap();
    let frozen = app.store.read_blocking(move |view| regulation::load(view, id)).unwrap();
    let hash = frozen.profile.hash().unwrap();
    assert_eq!(frozen.profile_hash.as_deref(), Some(hash.as_slice()));
}}

on_both! {
fn a_post_that_two_remove_gives_its_slots_back_once(app: TestApp) {
    let (hr, _, office, examination) = draft(&app, 3);
    let path = format!("/examinations/{examination}/posts");
    let doomed = hr.post(&path, &post(&office, 1)).id();
    hr.post(&path, &post(&office, 2)).id();
    let path = format!("/posts/{doomed}");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let remove = || scope.spawn(|| hr.delete(&path, &json!({})).status);
        let removing: Vec<_> = (0..4).map(|_| remove()).collect();
        removing.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    let shown = app.anybody().get(&format!("/organisations/{office}"));
    assert_eq!(shown.json["headcount"][0]["planned"], 1);
}}

on_both! {
fn one_idempotency_key_at_the_same_moment_creates_once(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = json!({ "code": "A", "name_zh": "甲局" }).to_string();
    let ids: Vec<String> = std::thread::scope(|scope| {
        let create = || {
            let (hr, body) = (hr.clone(), body.clone());
            scope.spawn(move || hr.send("POST", "/organisations", &headers, body.into_bytes()).id())
        };
        let creating: Vec<_> = (0..6).map(|_| create()).collect();
        creating.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let listed = app.anybody().get("/organisations");
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}}
