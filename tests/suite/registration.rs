//! From signing up to the first sign-in: the address is verified by the mail that was really sent.

use keju::access::Role;
use keju::app::demo::{SEED, cast};
use serde_json::json;

use crate::support::{PASSWORD, on_both};

on_both! {
fn a_candidate_signs_up_verifies_the_address_and_signs_in(app: TestApp) {
    let person = cast::candidate(&SEED, "signup", 1);
    let body = |id: &str| json!({
        "name": person.name, "resident_id": id, "email": person.email,
    });
    let nobody = app.anybody();
    nobody.post("/candidates", &body("110105194912310021")).fault("resident_id", "resident-id-check");
    assert_eq!(nobody.post("/candidates", &body(&person.resident_id)).status, 202);
    let sign_in = || {
        nobody.post("/sessions", &json!({ "email": person.email, "password": PASSWORD }))
    };
    // There is no account before the address is verified, and opening the link is not enough:
    // mail servers open links, too.
    sign_in().refused(401, "sign-in-refused");
    let link = app.mailed_link(&person.email, "verify-email");
    let browser = app.browser();
    let page = browser.get(&link);
    assert!(page.text.contains(&person.name) && !page.text.contains(&person.resident_id));
    sign_in().refused(401, "sign-in-refused");
    let token = link.split_once("token=").unwrap().1;
    let short = browser.submit(&link, "/verify-email", &[("token", token), ("password", "short")]);
    assert_eq!(short.status, 422);
    let fields = [("token", token), ("password", PASSWORD)];
    let reply = browser.submit(&link, "/verify-email", &fields);
    assert_eq!(reply.location.as_deref(), Some("/sign-in?done=address-verified"), "{reply:?}");
    assert_eq!(sign_in().status, 200);
    // The link worked once.
    assert_eq!(app.browser().get(&link).status, 409);
    // The same number under another address: the answer is the same, and the account is not opened.
    let mut again = body(&person.resident_id);
    again["email"] = json!("other@example.org");
    assert_eq!(nobody.post("/candidates", &again).status, 202);
    let link = app.mailed_link("other@example.org", "verify-email");
    let token = json!({ "token": link.split_once("token=").unwrap().1, "password": PASSWORD });
    nobody.post("/candidates/verifications", &token).refused(409, "resident-id-registered");
}}

on_both! {
fn a_photo_must_be_one_and_facts_are_kept(app: TestApp) {
    let person = cast::candidate(&SEED, "signup", 2);
    let body = json!({
        "name": person.name, "resident_id": person.resident_id, "email": person.email,
    });
    assert_eq!(app.anybody().post("/candidates", &body).status, 202);
    let link = app.mailed_link(&person.email, "verify-email");
    let token = json!({ "token": link.split_once("token=").unwrap().1, "password": PASSWORD });
    app.anybody().post("/candidates/verifications", &token).id();
    let candidate = app.token_for(&person.email);
    let png = [("content-type", "image/png")];
    let put = |bytes: &[u8]| candidate.send("PUT", "/candidates/me/photo", &png, bytes.to_vec());
    assert_eq!(put(b"<svg onload=alert(1)>").status, 422);
    assert_eq!(put(&[0x89, b'P', b'N', b'G']).status, 422);
    let portrait = include_bytes!("../../src/app/demo/portrait_one.png");
    assert_eq!(put(portrait).status, 204);
    let facts = json!({ "education": "bachelor", "degree": true, "major": "法学", "years": 2 });
    assert_eq!(candidate.put("/candidates/me", &facts).status, 204);
    let shown = candidate.get("/candidates/me");
    assert_eq!(shown.json["facts"]["major"], "法学");
    assert!(!shown.text.contains(&person.resident_id), "the whole number is shown");
}}

on_both! {
fn a_bank_file_with_faults_loads_nothing_and_names_the_cells(app: TestApp) {
    let author = app.signed_in("author", &[Role::Author]);
    let reviewer = app.signed_in("reviewer", &[Role::Reviewer]);
    let header = "编号,题型,部分,考点,难度,题干,选项A,选项B,选项C,答案,解析\r\n";
    let right = "x-1,单选题,general,gk.law,易,题干甲,一,二,三,B,因为\r\n";
    let wrong = "x-2,单选题,general,gk.law,难,题干乙,一,二,三,D,因为\r\n";
    let send = |text: &str| {
        // Chinese Excel saves GBK.
        let (bytes, _, _) = encoding_rs::GB18030.encode(text);
        let path = "/banks/trial/imports?file_name=items.csv";
        author.send("POST", path, &[("content-type", "text/csv")], bytes.into_owned())
    };
    let refused = send(&format!("{header}{right}{wrong}"));
    assert_eq!(refused.status, 422, "{refused:?}");
    let fault = &refused.json["errors"][0];
    assert_eq!(fault["place"], "row 3, column J", "{refused:?}");
    assert_eq!(author.get("/items?bank=trial").json["items"], json!([]));
    let taken = send(&format!("{header}{right}"));
    assert_eq!(taken.json["items"], 1, "{taken:?}");
    // Another person reviews.
    let listed = author.get("/items?bank=trial");
    let item = listed.json["items"][0]["id"].as_str().unwrap().to_owned();
    let checked = json!(["key", "stem", "options", "clue", "topic", "fairness"]);
    let review = json!({ "approve": true, "reason": "", "version": 1, "checked": checked });
    author.post(&format!("/items/{item}/review"), &review).refused(403, "forbidden");
    let approved = reviewer.post(&format!("/items/{item}/review"), &review);
    assert!(approved.status < 300, "{approved:?}");
}}
