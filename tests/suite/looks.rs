//! Every role's pages in a real browser, in both languages, on a desk and on a phone: they report
//! no error, lack no message, have one heading, and nothing runs off the side.

use keju::access::{Role, service as access};
use keju::app::demo::{
    House, PASSWORD, SEED, SmallSeason, cast, leave_in_marking, small_course, small_season,
};
use keju::establishment::service as establishment;
use serde_json::json;

use crate::support::{Chrome, Database, TestApp};

/// Everything that is wrong with the page as it stands.
fn faults(chrome: &Chrome, path: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let seen = chrome.run(
        "return { headings: document.querySelectorAll('h1').length, \
                  text: document.body.innerText, \
                  unlabelled: [...document.querySelectorAll('input:not([type=hidden]), select, textarea')] \
                      .filter((field) => !field.labels?.length && !field.ariaLabel).map((field) => field.name) }",
    );
    if seen["headings"] != 1 {
        faults.push(format!("{path}: {} h1", seen["headings"]));
    }
    let text = seen["text"].as_str().unwrap_or_default();
    if let Some(at) = text.find('‹') {
        let around: String = text[at..].chars().take(40).collect();
        faults.push(format!("{path}: a message is missing: {around}"));
    }
    if seen["unlabelled"] != json!([]) {
        faults.push(format!(
            "{path}: fields without a label: {}",
            seen["unlabelled"]
        ));
    }
    let overflow = chrome.overflow();
    if overflow > 0 {
        faults.push(format!("{path}: {overflow} px run off the side"));
    }
    faults.extend(
        chrome
            .errors()
            .into_iter()
            .map(|error| format!("{path}: {error}")),
    );
    faults
}

fn walk(app: &TestApp, who: &str, email: Option<&str>, paths: &[String]) -> Vec<String> {
    let chrome = Chrome::open(&app.base).unwrap();
    if let Some(email) = email {
        chrome.sign_in_with(email, PASSWORD);
    }
    let mut found = Vec::new();
    for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
        chrome.go(&format!("/language/{tag}"));
        for (width, height) in [(1280, 900), (390, 844)] {
            chrome.size(width, height);
            for path in paths {
                chrome.go(path);
                let place = format!("{who} {language} {width} {path}");
                found.extend(faults(&chrome, &place));
                let name: String = path
                    .chars()
                    .map(|c| if c.is_alphanumeric() { c } else { '-' })
                    .collect();
                let short: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
                chrome.picture(&format!("{who}{short}-{language}-{width}"));
            }
        }
    }
    found
}

/// The pages of each role on a finished examination.
fn pages(app: &TestApp, season: &SmallSeason) -> Vec<(&'static str, Option<String>, Vec<String>)> {
    let examination = season.examination;
    let of = |role: Role| {
        season
            .house
            .staff
            .iter()
            .find(|p| p.role == role)
            .map(|p| p.email.clone())
    };
    let manage = |part: &str| format!("/manage/examinations/{examination}{part}");
    let paths = |all: &[&str]| {
        all.iter()
            .map(|path| (*path).to_owned())
            .collect::<Vec<_>>()
    };
    let post = app
        .store
        .read_blocking(|v| establishment::posts(v, examination))
        .unwrap()[0]
        .id;
    let candidate = cast::candidate(&SEED, "small", 0).email;
    let index = app.store.vault().index("login", &candidate);
    let account = app
        .store
        .read_blocking(|v| access::account_by_login_index(v, &index))
        .unwrap();
    let application = app
        .store
        .read_blocking(|v| keju::registration::service::own_application(v, account, examination))
        .unwrap()
        .unwrap()
        .id;
    let mut public = paths(&[
        "/",
        "/examinations",
        "/log",
        "/sign-in",
        "/sign-up",
        "/api/docs",
    ]);
    for part in ["", "/rules", "/results", "/draws"] {
        public.push(format!("/examinations/{examination}{part}"));
    }
    let shown = app.anybody().get(&format!("/examinations/{examination}"));
    let subject = shown.json["sittings"][0]["id"].as_str().unwrap().to_owned();
    let report = format!("/subjects/{subject}/assembly-report");
    let draws = app.store.read_blocking(|view| {
        let (_, draws) = keju::ceremony::service::draws(view, None, examination)?;
        Ok(draws
            .iter()
            .map(|draw| format!("/draws/{}", draw.id))
            .collect::<Vec<_>>())
    });
    let draws = draws.unwrap();
    public.extend(draws.first().cloned());
    let mut own = paths(&["/my", "/my/profile", "/account"]);
    own.push(format!("/my/results/{examination}"));
    own.push(format!("/my/room/{application}"));
    own.push(format!("/my/applications/{application}/ticket"));
    own.push(format!("/my/applications/{application}/objections"));
    let managed = |parts: &[&str]| parts.iter().map(|part| manage(part)).collect::<Vec<_>>();
    let mut hr = paths(&[
        "/manage/examinations",
        "/manage/organisations",
        "/manage/calendars",
    ]);
    hr.extend(managed(&[
        "",
        "/posts",
        "/applications",
        "/marking",
        "/results",
        "/objections",
    ]));
    hr.push(format!("/manage/applications/{application}"));
    hr.push(manage(&format!("/marking/posts/{post}")));
    vec![
        ("public", None, public),
        ("candidate", Some(candidate), own),
        ("hr", of(Role::Hr), hr),
        (
            "organiser",
            of(Role::Organiser),
            [
                managed(&["", "/papers", "/marking", "/applications"]),
                vec![
                    format!("/manage/subjects/{subject}/blueprint/editor"),
                    report.clone(),
                ],
                draws.clone(),
                paths(&["/draws"]),
            ]
            .concat(),
        ),
        (
            "author",
            of(Role::Author),
            paths(&["/bank", "/bank/items", "/bank/items/new"]),
        ),
        (
            "reviewer",
            of(Role::Reviewer),
            paths(&[
                "/bank",
                "/bank/review",
                "/bank/items",
                "/bank/items?bank=administrative_aptitude&section=verbal&topic=vb.cloze&usage=used",
                "/bank/leaks",
                "/bank/administrative_aptitude/health",
            ]),
        ),
        ("marker", of(Role::Marker), paths(&["/marking"])),
        (
            "supervisor",
            of(Role::Supervisor),
            [
                paths(&["/decisions", "/manage/examinations"]),
                managed(&["", "/posts"]),
                vec![report],
                draws,
            ]
            .concat(),
        ),
        (
            "audit",
            of(Role::AuditAdmin),
            paths(&["/decisions", "/log"]),
        ),
        ("system", of(Role::SystemAdmin), paths(&["/accounts"])),
        (
            "security",
            of(Role::SecurityAdmin),
            paths(&["/accounts", "/bank/access"]),
        ),
    ]
}

#[test]
fn every_page_of_every_role_is_whole_in_both_languages_and_widths() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    if Chrome::open(&app.base).is_none() {
        return;
    }
    let season = small_season(&app.store, &app.clock).unwrap();
    let mut found = Vec::new();
    for (who, email, paths) in pages(&app, &season) {
        found.extend(walk(&app, who, email.as_deref(), &paths));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn while_essays_are_marked_the_desk_and_the_progress_are_whole() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    if Chrome::open(&app.base).is_none() {
        return;
    }
    let house = House::build(&app.store, &|_| {}).unwrap();
    let (store, clock) = (&app.store, &app.clock);
    let examination =
        leave_in_marking(store, clock, &house, &SEED, &small_course(), &|_| {}).unwrap();
    let email = |role: Role| {
        let person = house.staff.iter().find(|person| person.role == role);
        person.unwrap().email.clone()
    };
    let marking = format!("/manage/examinations/{examination}/marking");
    let progress = app.acting(house.the(Role::Organiser).unwrap());
    let progress = progress.get(&format!("/marking/progress?examination={examination}"));
    let [scripts, settled] = ["scripts", "settled"].map(|what| {
        let subjects = progress.json["subjects"].as_array().unwrap().iter();
        subjects
            .filter_map(|subject| subject[what].as_u64())
            .sum::<u64>()
    });
    assert!(scripts > settled, "{progress:?}");
    let paths = ["/marking", "/marking/next"].map(str::to_owned);
    let mut found = walk(&app, "marking", Some(&email(Role::Marker)), &paths);
    found.extend(walk(
        &app,
        "marking",
        Some(&email(Role::Organiser)),
        &[marking],
    ));
    assert!(found.is_empty(), "{}", found.join("\n"));
    // There is a script to mark, not a desk that says nothing waits.
    let chrome = Chrome::open(&app.base).unwrap();
    chrome.sign_in_with(&email(Role::Marker), PASSWORD);
    chrome.go("/marking/next");
    chrome.fill("#mark", "1");
    chrome.click("main form.card button");
    chrome.sees("[role=status]", "评分已经保存，请看下一份答卷。");
}
