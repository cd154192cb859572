//! Signing in, staying in, and being kept out.

use keju::access::Role;
use serde_json::json;

use crate::support::{Client, PASSWORD, on_both};

on_both! {
fn tokens_open_the_api_and_end_after_ten_minutes(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    assert_eq!(hr.get("/account").json["roles"], json!(["hr"]));
    app.anybody().get("/account").refused(401, "sign-in-required");
    app.clock.advance(jiff::SignedDuration::from_mins(10));
    hr.get("/account").refused(401, "token-not-valid");
}}

on_both! {
fn a_refresh_token_works_once_and_its_second_use_ends_the_session(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let opened = app.anybody().post("/sessions", &json!({ "email": email, "password": PASSWORD }));
    let refresh = |token: &serde_json::Value| {
        app.anybody().post("/sessions/refresh", &json!({ "refresh_token": token }))
    };
    let first = &opened.json["refresh_token"];
    let second = refresh(first);
    assert_eq!(second.status, 200);
    // Within a few seconds the answer may have been lost: the same token is taken once more.
    assert_eq!(refresh(first).status, 200);
    app.clock.advance(jiff::SignedDuration::from_secs(11));
    refresh(first).refused(401, "token-not-valid");
    // Somebody else has the token: the whole session is over, the newest token too.
    refresh(&second.json["refresh_token"]).refused(401, "token-not-valid");
}}

on_both! {
fn wrong_passwords_close_the_account_for_a_while_and_tell_nothing(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let sign_in = |email: &str, password: &str| {
        app.anybody().post("/sessions", &json!({ "email": email, "password": password }))
    };
    sign_in("nobody@example.org", "wrong").refused(401, "sign-in-refused");
    for _ in 0..5 {
        sign_in(&email, "wrong").refused(401, "sign-in-refused");
    }
    sign_in(&email, PASSWORD).refused(429, "account-locked");
    app.clock.advance(jiff::SignedDuration::from_mins(2));
    assert_eq!(sign_in(&email, PASSWORD).status, 200);
}}

on_both! {
fn administrators_are_kept_apart(app: TestApp) {
    let system = app.signed_in("system", &[Role::SystemAdmin]);
    let staff = |role: &str, email: &str| {
        json!({ "email": email, "name": "某某", "password": "first-pass-word", "role": role })
    };
    let security = system.post("/accounts", &staff("security_admin", "sec@example.org")).id();
    // Only the first one: after that the security administrator appoints.
    let second = system.post("/accounts", &staff("security_admin", "sec2@example.org"));
    second.refused(409, "role-not-given-here");
    let author = system.post("/accounts", &staff("author", "author@example.org")).id();
    let grant = json!({ "role": "reviewer", "reason": "needed" });
    system.post(&format!("/accounts/{author}/roles"), &grant).refused(403, "forbidden");

    let guard = app.signed_in("guard", &[Role::SecurityAdmin]);
    assert_eq!(guard.post(&format!("/accounts/{author}/roles"), &grant).status, 204);
    let audit = json!({ "role": "audit_admin", "reason": "needed" });
    let joined = guard.post(&format!("/accounts/{author}/roles"), &audit);
    joined.refused(409, "roles-kept-apart");
    let joined = guard.post(&format!("/accounts/{security}/roles"), &audit);
    joined.refused(409, "roles-kept-apart");
}}

on_both! {
fn a_first_password_must_be_changed_before_anything_else(app: TestApp) {
    let system = app.signed_in("system", &[Role::SystemAdmin]);
    let body = json!({ "email": "new@example.org", "name": "新人", "password": "first-pass-word", "role": "hr" });
    system.post("/accounts", &body).id();
    let browser = app.browser();
    let fields = [("email", "new@example.org"), ("password", "first-pass-word")];
    let reply = browser.submit("/sign-in", "/sign-in", &fields);
    assert_eq!(reply.location.as_deref(), Some("/account"));
    assert_eq!(browser.get("/manage/organisations").status, 403);
    let fields = [("current", "first-pass-word"), ("password", PASSWORD)];
    assert_eq!(browser.submit("/account", "/account/password", &fields).status, 303);
    assert_eq!(browser.get("/manage/organisations").status, 200);
}}

on_both! {
fn pages_are_safe_from_other_sites(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let browser = app.browser();
    browser.sign_in(&email);
    let fields = [("code", "A"), ("name_zh", "甲")];
    // Without the token of one of our forms: refused.
    assert_eq!(browser.submit_bare("/manage/organisations", &fields).status, 403);
    // From another site, even with everything else right: refused.
    let foreign = Client::new(&app.base).send(
        "POST",
        &format!("{}/sign-in", app.base),
        &[("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")],
        b"email=a@b&password=c".to_vec(),
    );
    assert_eq!(foreign.status, 403);
    assert_eq!(browser.submit("/manage/organisations", "/manage/organisations", &fields).status, 303);
}}

on_both! {
fn a_stranger_is_sent_to_sign_in_and_back(app: TestApp) {
    let reply = app.browser().get("/manage/organisations");
    assert_eq!(reply.location.as_deref(), Some("/sign-in?next=/manage/organisations"));
    // Never to another site.
    let page = app.browser().get("/sign-in?next=//evil.example");
    assert!(page.text.contains(r#"name="next" value="/""#), "{}", page.text);
}}
