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
    refresh(first).refused(401, "token-not-valid");
    // Somebody else has the token: the whole session is over, the newest tokens too.
    refresh(&second.json["refresh_token"]).refused(401, "token-not-valid");
    let access = second.json["access_token"].as_str().unwrap();
    app.anybody().with_token(access).get("/account").refused(401, "token-not-valid");
}}

on_both! {
fn a_token_ends_with_its_session_and_has_the_roles_of_the_moment(app: TestApp) {
    let system = app.signed_in("system", &[Role::SystemAdmin]);
    let security = app.signed_in("security", &[Role::SecurityAdmin]);
    let (account, email) = app.person("hr", &[Role::Hr, Role::Organiser]);
    let hr = app.sign_in(&email);
    let office = json!({ "code": "A", "name_zh": "甲局" });
    // A role that is withdrawn is gone at once, with every session.
    let change = json!({ "role": "hr", "reason": "调离" });
    assert_eq!(security.delete(&format!("/accounts/{account}/roles"), &change).status, 204);
    hr.post("/organisations", &office).refused(401, "token-not-valid");
    app.sign_in(&email).post("/organisations", &office).refused(403, "forbidden");
    // So is a suspended account,
    let again = app.sign_in(&email);
    let closed = json!({ "suspended": true, "reason": "调查" });
    let path = format!("/accounts/{account}/suspension");
    assert_eq!(system.post(&path, &closed).status, 204);
    again.get("/account").refused(401, "token-not-valid");
    // and a session that was signed out.
    assert_eq!(system.delete("/sessions/current", &json!({})).status, 204);
    system.get("/account").refused(401, "token-not-valid");
}}

on_both! {
fn wrong_passwords_close_the_account_for_a_while_and_tell_nothing(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let sign_in = |email: &str, password: &str| {
        app.anybody().post("/sessions", &json!({ "email": email, "password": password }))
    };
    for login in [&email, "nobody@example.org"] {
        for _ in 0..5 {
            sign_in(login, "wrong").refused(401, "sign-in-refused");
        }
        sign_in(login, PASSWORD).refused(429, "sign-in-locked");
    }
    app.clock.advance(jiff::SignedDuration::from_mins(2));
    assert_eq!(sign_in(&email, PASSWORD).status, 200);
}}

on_both! {
fn strangers_who_try_passwords_do_not_lock_out_a_browser_that_has_signed_in_before(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let browser = app.browser();
    browser.sign_in(&email);
    let wrong = json!({ "email": email, "password": "wrong" });
    for _ in 0..5 {
        app.anybody().post("/sessions", &wrong).refused(401, "sign-in-refused");
    }
    app.anybody().post("/sessions", &wrong).refused(429, "sign-in-locked");
    let fields = [("email", email.as_str()), ("password", PASSWORD)];
    // The owner's own browser gets in, and changes her password;
    assert_eq!(browser.submit("/sign-in", "/sign-in", &fields).status, 303);
    let change = [("current", PASSWORD), ("password", "another-long-one")];
    assert_eq!(browser.submit("/account", "/account/password", &change).status, 303);
    // another browser does not, and its mark does not open another login.
    assert_eq!(app.browser().submit("/sign-in", "/sign-in", &fields).status, 429);
}}

on_both! {
fn failures_at_the_same_moment_are_all_counted(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let wrong = json!({ "email": email, "password": "wrong" });
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| app.anybody().post("/sessions", &wrong).refused(401, "sign-in-refused"));
        }
    });
    let right = json!({ "email": email, "password": PASSWORD });
    app.anybody().post("/sessions", &right).refused(429, "sign-in-locked");
}}

on_both! {
fn wrong_present_passwords_are_counted_too(app: TestApp) {
    let hr = app.signed_in("hr", &[Role::Hr]);
    let change = json!({ "current": "wrong", "password": "another-long-one" });
    for _ in 0..5 {
        hr.post("/account/password", &change).fault("current", "password-wrong");
    }
    hr.post("/account/password", &change).refused(429, "sign-in-locked");
}}

on_both! {
fn a_forgotten_password_is_set_anew_by_mail_and_ends_every_session(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let hr = app.sign_in(&email);
    let ask = |email: &str| app.anybody().post("/password-resets", &json!({ "email": email }));
    // The answer is the same whether or not there is such an account.
    assert_eq!(ask("nobody@example.org").status, 202);
    assert_eq!(ask(&email).status, 202);
    let link = app.mailed_link(&email, "reset-password");
    let token = link.split_once("token=").unwrap().1;
    let set = |password: &str| {
        let body = json!({ "token": token, "password": password });
        app.anybody().post("/password-resets/confirmations", &body)
    };
    set("short").fault("password", "password-length");
    assert_eq!(set("a-new-long-password").status, 204);
    hr.get("/account").refused(401, "token-not-valid");
    let body = json!({ "email": email, "password": "a-new-long-password" });
    assert_eq!(app.anybody().post("/sessions", &body).status, 200);
    // The link worked once.
    set("yet-another-password").refused(409, "link-expired");
}}

on_both! {
fn a_link_to_set_a_password_is_good_for_an_hour_and_mails_are_limited(app: TestApp) {
    let (_, email) = app.person("hr", &[Role::Hr]);
    let ask = || app.anybody().post("/password-resets", &json!({ "email": email }));
    for _ in 0..5 {
        assert_eq!(ask().status, 202);
    }
    ask().refused(429, "too-many-mails");
    let link = app.mailed_link(&email, "reset-password");
    let browser = app.browser();
    app.clock.advance(jiff::SignedDuration::from_mins(60));
    let token = link.split_once("token=").unwrap().1;
    let fields = [("token", token), ("password", "a-new-long-password")];
    let late = browser.submit("/sign-in", "/reset-password", &fields);
    assert_eq!(late.status, 409, "{late:?}");
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
    // Public pages stay open; any other leads to where the password is changed.
    assert_eq!(browser.get("/examinations").status, 200);
    let led = browser.get("/manage/organisations");
    assert_eq!(led.location.as_deref(), Some("/account?done=change-password-first"));
    let fields = [("code", "A"), ("name_zh", "甲")];
    assert_eq!(browser.submit("/account", "/manage/organisations", &fields).status, 403);
    // Neither with a token: only the account itself may be seen, and the password changed.
    let body = json!({ "email": "new@example.org", "password": "first-pass-word" });
    let opened = app.anybody().post("/sessions", &body);
    let token = app.anybody().with_token(opened.json["access_token"].as_str().unwrap());
    token.get("/accounts").refused(403, "change-password-first");
    token.post("/organisations", &json!({})).refused(403, "change-password-first");
    assert_eq!(token.get("/account").status, 200);
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
    for elsewhere in ["//evil.example", "/%09/evil.example", "/%5Cevil.example"] {
        let page = app.browser().get(&format!("/sign-in?next={elsewhere}"));
        assert!(page.text.contains(r#"name="next" value="/""#), "{}", page.text);
    }
}}

on_both! {
fn nobody_changes_their_own_roles(app: TestApp) {
    let (account, email) = app.person("security", &[Role::SecurityAdmin]);
    let security = app.sign_in(&email);
    let path = format!("/accounts/{account}/roles");
    let change = json!({ "role": "security_admin", "reason": "算了" });
    security.delete(&path, &change).refused(409, "not-for-oneself");
    security.post(&path, &change).refused(409, "not-for-oneself");
    let (other, _) = app.person("author", &[Role::Author]);
    let silent = json!({ "role": "reviewer", "reason": " " });
    security.post(&format!("/accounts/{other}/roles"), &silent).fault("reason", "required");
}}
