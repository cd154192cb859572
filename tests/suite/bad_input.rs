//! What cannot be understood or may not be done gets a clear refusal, and nothing is half done.

use keju::access::Role;
use keju::app::demo::{House, SmallSeason, prepare_sitting, small_course};
use keju::draw::Seed;
use serde_json::json;

use crate::support::{Database, TestApp, on_both};

on_both! {
fn bodies_that_cannot_be_read_are_refused_by_name(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let json_type = [("content-type", "application/json")];
    let send = |body: &[u8]| hr.send("POST", "/organisations", &json_type, body.to_vec());
    send(b"{\"code\":").refused(400, "malformed-json");
    send(b"[]").refused(422, "invalid-input");
    send(b"{\"code\":7,\"name_zh\":\"x\"}").fault("code", "wrong-shape");
    send(b"{\"code\":\"A\",\"name_zh\":\"x\",\"colour\":1}").fault("colour", "wrong-shape");
    send(b"{\"code\":\"a b\",\"name_zh\":\"\"}").fault("code", "not-a-code");
    send(b"{\"code\":\"a b\",\"name_zh\":\"\"}").fault("name_zh", "required");
    let large = vec![b' '; keju::http::MAX_BODY + 1];
    send(&large).refused(413, "body-too-large");
    assert_eq!(app.anybody().get("/organisations").json["items"], json!([]));
}}

on_both! {
fn what_is_not_there_is_not_found(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    hr.get("/organisations/00000000-0000-7000-8000-000000000000").refused(404, "not-found");
    hr.get("/organisations/not-an-id").refused(404, "not-found");
    hr.get("/nothing/here").refused(404, "not-found");
    hr.delete("/organisations", &json!({})).refused(404, "not-found");
}}

on_both! {
fn no_refusal_tells_how_the_inside_works(app: TestApp) {
    let nobody = app.anybody();
    let hr = app.signed_in("hr", &[Role::Hr]);
    let organiser = app.signed_in("organiser", &[Role::Organiser]);
    let author = app.signed_in("author", &[Role::Author]);

    let missing = "00000000-0000-7000-8000-000000000000";
    let office = |code: &str, name: &str| json!({ "code": code, "name_zh": name });
    let headcount = format!("/organisations/{missing}/headcount/administrative");
    let long = "长".repeat(20_000);
    let refusals = [
        nobody.get("/organisations/'%20OR%201=1"),
        nobody.get("/logs/2026/entries?cursor=%27"),
        nobody.get("/logs/2026/entries?cursor=99999999999999999999"),
        nobody.get("/examinations?limit=-1"),
        nobody.get("/examinations?cursor=%00"),
        author.get("/items?bank=%00"),
        nobody.get("/accounts"),
        nobody.post("/sessions", &json!({ "email": "\u{0}", "password": "x" })),
        hr.post("/organisations", &office("A", "甲\u{0}局")),
        hr.post("/organisations", &office("A", &long)),
        hr.post("/organisations", &json!({ "code": "A", "name_zh": "甲", "name_en": "A\u{0}" })),
        organiser.post("/examinations", &json!({
            "code": "x", "year": 2026, "track": "title", "title_zh": "职称\u{0}评审",
            "registration_opens": "2026-03-03T01:00:00Z",
            "registration_closes": "2026-03-08T10:00:00Z",
        })),
        hr.post("/organisations", &office("'; DROP TABLE account; --", "甲局")),
        hr.put(&headcount, &json!({ "approved": -1, "occupied": 0, "reason": "x" })),
        hr.put(&headcount, &json!({ "approved": 3_000_000_000_i64, "occupied": 0, "reason": "x" })),
        hr.put(&headcount, &json!({ "approved": 3, "occupied": 0, "reason": "x" })),
        hr.post(&format!("/applications/{missing}/review"), &json!({ "approve": true, "seen": "" })),
        organiser.post(&format!("/examinations/{missing}/papers"), &json!({})),
        organiser.post("/examinations", &json!({ "year": "2026" })),
        organiser.send("PATCH", "/examinations", &[], Vec::new()),
    ];
    for reply in refusals {
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert_eq!(reply.content_type, "application/problem+json", "{reply:?}");
        for inside in ["SELECT", "INSERT", "sqlite", "postgres", "diesel", "panicked", "src/"] {
            assert!(!reply.text.contains(inside), "{inside}: {reply:?}");
        }
    }
    assert_eq!(app.anybody().get("/organisations").json["items"], json!([]));
}}

on_both! {
fn acts_out_of_order_and_twice_are_refused(app: TestApp) {
    let house = House::build(&app.store, &|_| {}).unwrap();
    let (seed, course) = (Seed::new([9; 32]), small_course());
    let (examination, sitters) =
        prepare_sitting(&app.store, &app.clock, &house, &seed, &course, &|_| {}).unwrap();
    let organiser = app.acting(house.the(Role::Organiser).unwrap());
    let hr = app.acting(house.the(Role::Hr).unwrap());
    let path = |what: &str| format!("/examinations/{examination}/{what}");
    for act in ["papers", "tickets", "announcement"] {
        let reply = organiser.post(&path(act), &json!({}));
        reply.refused(409, "stage-out-of-order");
    }
    for act in ["written-results", "merit-list"] {
        hr.post(&path(act), &json!({})).refused(409, "stage-out-of-order");
    }
    app.anybody().get(&path("posts?cursor=%00")).fault("cursor", "control-character");
    // Before the end of the sittings nothing is marked.
    organiser.post(&path("marking"), &json!({})).refused(409, "sittings-not-over");
    // An application for the same examination, and somebody else's application.
    let candidate = app.acting(&sitters[0].actor);
    let posts = app.anybody().get(&path("posts"));
    let body = json!({ "post": posts.json["items"][0]["id"] });
    let again = candidate.post(&path("applications"), &body);
    assert_eq!(again.status, 409, "{again:?}");
    let theirs = format!("/applications/{}", sitters[1].application);
    candidate.get(&theirs).refused(404, "not-found");
    candidate.post(&format!("{theirs}/withdrawal"), &json!({})).refused(404, "not-found");
}}

/// A finished examination is public by ticket number and exported with names.
pub fn names_are_for_the_office(app: &TestApp, season: &SmallSeason) {
    let path = |what: &str| format!("/examinations/{}/{what}", season.examination);
    let hr = app.acting(season.house.the(Role::Hr).unwrap());
    let csv = hr.get(&path("results.csv"));
    assert!(csv.text.starts_with('\u{feff}'), "no byte-order mark");
    assert_eq!(
        csv.text.lines().count(),
        13,
        "a header and twelve candidates"
    );
    let name = keju::app::demo::cast::candidate(&keju::app::demo::SEED, "small", 0).name;
    assert!(csv.text.contains(&name));
    let xlsx = hr.get(&path("results.xlsx"));
    assert_eq!(xlsx.status, 200);
    let page = app
        .browser()
        .get(&format!("/examinations/{}/results", season.examination));
    assert_eq!(page.status, 200);
    assert!(
        !page.text.contains(&name),
        "the public page names a candidate"
    );
    hr.post(&path("merit-list"), &json!({}))
        .refused(409, "stage-out-of-order");
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    for path in ["/", "/api/v1/organisations", "/no/such/page", "/health"] {
        let reply = app.browser().get(path);
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'; script-src 'self'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
    let figures = app.browser().get("/metrics");
    assert!(
        figures.text.contains("keju_http_requests_total"),
        "{}",
        figures.text
    );
    // Methods that strangers make up are one series, and figures stay on this machine.
    app.anybody()
        .send("FOOBAR", "/examinations", &[], Vec::new());
    let url = format!("{}/metrics", app.base);
    let figures = app.anybody().send("GET", &url, &[], Vec::new());
    assert!(!figures.text.contains("FOOBAR") && figures.text.contains("method=\"other\""));
    let relayed = app.anybody().send(
        "GET",
        &url,
        &[("x-forwarded-for", "203.0.113.9")],
        Vec::new(),
    );
    assert_eq!(relayed.status, 404);
    assert_eq!(app.browser().get("/ready").status, 200);
}
