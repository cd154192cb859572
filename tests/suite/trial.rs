//! Items on trial: they stand on papers among the others and count nowhere; nobody who sits can tell
//! them, everybody is told how many there are, and afterwards which they were.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
use keju::access::Role;
use keju::access::service::email_of;
use keju::app::demo::{
    Course, House, PASSWORD, SEED, Sitter, draw_and_lock, hold_on, prepare_sitting, small_course,
};
use keju::assembly::{Paper, paper_hash, paper_json, records};
use keju::bank::records::on_trial;
use keju::kernel::{Id, Problem, Score};
use keju::regulation::service::subjects;
use keju::store::schema::{attempt, item_use, objective_mark, paper};
use keju::store::{Tx, View};
use keju::verification::rules::Outcome;
use keju::verification::service::verify;
use serde_json::{Value, json};

use crate::record::are_derived_again_by_two_programs;
use crate::support::{Chrome, Database, TestApp, on_both};

const BANK: &str = "administrative_aptitude";
const SECTION: &str = "common_knowledge";

/// An examination whose first section holds two items on trial.
pub fn course() -> Course {
    Course {
        trial: 2,
        ..small_course()
    }
}

/// Writes items for the first section and lets a reviewer approve them for trial.
pub fn try_out(app: &TestApp, house: &House, codes: &[&str]) {
    let (author, reviewer) = (
        app.acting(house.the(Role::Author).unwrap()),
        app.acting(house.the(Role::Reviewer).unwrap()),
    );
    for code in codes {
        let item = json!({
            "code": code, "section": SECTION, "topic": "ck.law", "difficulty": "medium",
            "stimulus": null, "stem": format!("第 {code} 号新题的答案是哪一项？"),
            "body": { "kind": "single_choice", "options": ["壹", "贰", "叁", "肆"], "key": 1 },
            "explanation": "",
        });
        let id = author.post(&format!("/banks/{BANK}/items"), &item).id();
        let handed_in = author.post(&format!("/items/{id}/submission"), &json!({}));
        assert_eq!(handed_in.status, 204, "{handed_in:?}");
        let checked = json!(["key", "stem", "options", "clue", "topic", "fairness"]);
        let review = json!({ "approve": true, "trial": true, "version": 1, "checked": checked });
        let approved = reviewer.post(&format!("/items/{id}/review"), &review);
        assert_eq!(approved.status, 204, "{approved:?}");
    }
}

struct Story {
    app: TestApp,
    house: House,
    examination: Id,
    subject: Id,
    sitters: Vec<Sitter>,
    /// Codes of the items on trial.
    waiting: BTreeMap<Id, String>,
}

impl Story {
    fn of(app: TestApp) -> Self {
        let house = House::build(&app.store, &|_| {}).unwrap();
        try_out(&app, &house, &["new-1", "new-2", "new-3", "new-4", "new-5"]);
        let prepared = prepare_sitting(&app.store, &app.clock, &house, &SEED, &course(), &|_| {});
        let (examination, sitters) = prepared.unwrap();
        let shown = app
            .anybody()
            .get(&format!("/examinations/{examination}"))
            .json;
        let subject = shown["sittings"][0]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let waiting = app
            .store
            .read_blocking(|view| on_trial(view, BANK))
            .unwrap();
        let waiting = waiting.into_iter().map(|(id, _, item)| (id, item.code));
        Self {
            waiting: waiting.collect(),
            app,
            house,
            examination,
            subject,
            sitters,
        }
    }

    fn paper(&self, sitter: &Sitter) -> Paper {
        let (subject, application) = (self.subject, sitter.application);
        let read = move |view: &mut View<'_>| records::paper(view, subject, application);
        self.app.store.read_blocking(read).unwrap().unwrap().1
    }

    /// On how many papers each item on trial stands.
    fn uses(&self) -> BTreeMap<String, i32> {
        let mut uses = BTreeMap::new();
        for sitter in &self.sitters {
            for place in self
                .paper(sitter)
                .places()
                .filter(|place| place.is_on_trial())
            {
                *uses
                    .entry(self.waiting[&place.item_id].clone())
                    .or_default() += 1;
            }
        }
        uses
    }

    /// The same as it is noted for leaks.
    fn noted(&self) -> BTreeMap<String, i32> {
        let subject = self.subject;
        let noted = self.app.store.read_blocking(move |view| {
            let rows = item_use::table
                .filter(item_use::subject_id.eq(subject))
                .select((item_use::item_id, item_use::papers));
            Ok(rows.load::<(Id, i32)>(view.db)?)
        });
        let own = noted.unwrap().into_iter();
        own.filter_map(|(id, papers)| Some((self.waiting.get(&id)?.clone(), papers)))
            .collect()
    }

    fn alter(&self, act: impl FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static) {
        self.app.store.write_blocking(act).unwrap();
    }

    fn failing(&self) -> BTreeSet<u8> {
        let failed = |outcome: &Outcome| outcome.failure.is_some().then_some(outcome.number);
        verify(&self.app.store)
            .unwrap()
            .iter()
            .filter_map(failed)
            .collect()
    }

    #[track_caller]
    fn is_sound(&self) {
        self.app.settle_log();
        for outcome in verify(&self.app.store).unwrap() {
            assert_eq!(
                outcome.failure, None,
                "V{} {}",
                outcome.number, outcome.name
            );
        }
    }

    /// Their figures come from these answers, are seen by reviewers of the bank, and become theirs.
    fn figures_are_seen_and_recorded(&self) {
        let path = format!("/subjects/{}/trial-figures", self.subject);
        let reviewer = self.app.acting(self.house.the(Role::Reviewer).unwrap());
        self.app
            .acting(self.house.the(Role::Organiser).unwrap())
            .get(&path)
            .refused(403, "forbidden");
        let seen = reviewer.get(&path);
        let items = seen.json["items"].as_array().unwrap();
        let codes: Vec<&str> = items
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, ["new-1", "new-2", "new-4", "new-5"], "{seen:?}");
        assert!(
            items
                .iter()
                .all(|one| one["asked"] == 6 && one["current"] == true),
            "{seen:?}"
        );
        let shares = items.iter().map(|one| one["facility"].as_f64().unwrap());
        assert!(
            shares.clone().sum::<f64>() > 0.0 && !seen.text.contains("key"),
            "{seen:?}"
        );
        let recorded = reviewer.post(&path, &json!({}));
        assert_eq!(
            (recorded.status, &recorded.json["items"]),
            (201, &json!(4)),
            "{recorded:?}"
        );
        for (one, share) in items.iter().zip(shares) {
            let item = reviewer
                .get(&format!("/items/{}", one["item"].as_str().unwrap()))
                .json;
            assert_eq!(item["state"], "trial");
            let figure = &item["figures"];
            assert_eq!(figure["source"], "2026-small xingce", "{item}");
            assert_eq!(
                (&figure["answered"], figure["facility"].as_str().unwrap()),
                (&json!(6), &*format!("{share:.3}"))
            );
        }
        let adopted = items[0]["item"].as_str().unwrap();
        let adopted = reviewer.post(
            &format!("/items/{adopted}/adoption"),
            &json!({ "version": 1 }),
        );
        assert_eq!(adopted.status, 204, "{adopted:?}");
        let (_, email) = self.app.person("second-reviewer", &[Role::Reviewer]);
        let browser = self.app.browser();
        browser.sign_in(&email);
        for path in ["/bank", "/bank/trial-figures", &path] {
            let page = browser.get(path);
            assert_eq!(page.status, 200, "{path}: {page:?}");
            assert!(!page.text.contains('‹'), "{path} lacks a text");
        }
        assert!(browser.get("/bank/trial-figures").text.contains(&path));

        // Once the bank is closed to them, there is nothing to see and nothing to record.
        let security = self.app.signed_in("bank-keeper", &[Role::SecurityAdmin]);
        let author = self.house.the(Role::Author).unwrap().account;
        let admit = json!({ "account": author, "reason": "命题组成员" });
        let admitted = security.post(&format!("/banks/{BANK}/access"), &admit);
        assert_eq!(admitted.status, 204, "{admitted:?}");
        assert_eq!(reviewer.get(&path).status, 404);
        assert_eq!(reviewer.post(&path, &json!({})).status, 404);
        assert!(!browser.get("/bank/trial-figures").text.contains(&path));
    }

    /// What somebody sees in the room shows how many are on trial, and not which.
    fn nobody_can_tell_in_the_room(&self) {
        let sitter = &self.sitters[0];
        let client = self.app.acting(&sitter.actor);
        let attempt = client
            .post(&format!("/subjects/{}/attempt", self.subject), &json!({}))
            .id();
        let shown = client.get(&format!("/attempts/{attempt}"));
        let section = &shown.json["sections"][0];
        let items = section["items"].as_array().unwrap();
        assert_eq!((&section["trial"], items.len()), (&json!(2), 14));
        assert_eq!(shown.json["subject"]["trial"][0]["count"], 2);
        let own = self.paper(sitter);
        for (item, place) in items.iter().zip(own.places()) {
            let names: BTreeSet<&str> = item
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let first: BTreeSet<&str> = items[0]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(names, first);
            assert_eq!(
                (&item["marks"], &item["position"]),
                (&json!("1"), &json!(place.position))
            );
            assert_eq!(item["stimulus"], Value::Null);
            assert!(!place.is_on_trial() || item["kind"] == "single_choice");
        }
        assert!(
            self.waiting
                .values()
                .all(|code| !shown.text.contains(&format!("\"{code}\"")))
        );
        assert_eq!(
            shown.text.matches("trial").count(),
            2 + shown.json["sections"].as_array().unwrap().len() - 1
        );
    }
}

on_both! {
fn items_on_trial_stand_on_papers_count_nowhere_and_are_told_afterwards(app: TestApp) {
    let mut story = Story::of(app);
    // Openly beforehand: which section, and how many.
    let browser = story.app.browser();
    for (tag, said) in [
        ("zh-CN", "“常识判断”含 2 道试测题"),
        ("en", "“General knowledge” holds 2 questions on trial"),
    ] {
        browser.get(&format!("/language/{tag}"));
        let page = browser.get(&format!("/examinations/{}", story.examination));
        assert!(page.text.contains(said), "{page:?}");
    }
    let shown = story.app.anybody().get(&format!("/examinations/{}", story.examination)).json;
    assert_eq!(shown["sittings"][0]["trial"], json!([{
        "title_zh": "常识判断", "title_en": "General knowledge", "count": 2,
    }]));
    assert_eq!(shown["sittings"][1]["trial"], json!([]));
    // Two on each paper, worth nothing, as even as 24 places of five items can be, and noted.
    let uses = story.uses();
    assert_eq!(uses.values().sum::<i32>(), 24);
    assert!(uses.len() == 5 && uses.values().all(|count| (4..=5).contains(count)), "{uses:?}");
    assert_eq!(story.noted(), uses);
    for sitter in &story.sitters {
        let paper = story.paper(sitter);
        assert_eq!((paper.places().count(), paper.total_marks()), (62, Score::whole(100)));
        let own: Vec<_> = paper.places().filter(|place| place.is_on_trial()).collect();
        assert!(own.len() == 2 && own.iter().all(|place| place.option_order.len() == 4));
    }
    story.is_sound();

    // A leak of one is found on its papers, and they are drawn again without it.
    let organiser = story.app.acting(story.house.the(Role::Organiser).unwrap());
    let report = json!({ "code": "new-3", "reason": "网上出现原题" });
    let leak = organiser.post(&format!("/banks/{BANK}/leaks"), &report).json;
    assert_eq!(leak["locked"][0]["papers"], json!(uses["new-3"]), "{leak}");
    let recall = format!("/examinations/{}/papers/recall", story.examination);
    assert_eq!(organiser.post(&recall, &json!({})).status, 204);
    draw_and_lock(&story.app.store, &story.house, story.examination).unwrap();
    let again = story.uses();
    assert!(!again.contains_key("new-3") && again.values().all(|count| *count == 6), "{again:?}");
    assert_eq!(story.noted(), again);

    let opens = shown["sittings"][0]["opens_at"].clone();
    story.app.clock.set(serde_json::from_value(opens).unwrap());
    story.nobody_can_tell_in_the_room();
    let prepared = (story.examination, std::mem::take(&mut story.sitters));
    hold_on(&story.app.store, &story.app.clock, &story.house, &SEED, &prepared, &|_| {}).unwrap();
    story.sitters = prepared.1;
    story.is_sound();
    are_derived_again_by_two_programs(&story.app, &[story.examination]);

    // Afterwards everybody knows which were on trial on their paper, and that they gave nothing.
    let told = |sitter: &Sitter| {
        let client = story.app.acting(&sitter.actor);
        let result = client.get(&format!("/examinations/{}/my-result", story.examination)).json;
        let of = result["components"].as_array().unwrap().iter().find(|one| one["component"] == "xingce").cloned();
        of.unwrap()["on_trial"].clone()
    };
    let first = &story.sitters[0];
    let own = story.paper(first);
    let places: Vec<u32> = own.places().filter(|p| p.is_on_trial()).map(|p| p.position).collect();
    assert_eq!(told(first), json!(places));
    let (subject, application) = (story.subject, first.application);
    let marks = story.app.store.read_blocking(move |view| {
        let rows = objective_mark::table
            .inner_join(attempt::table)
            .filter(attempt::subject_id.eq(subject))
            .filter(attempt::application_id.eq(application))
            .select((objective_mark::attempt_id, objective_mark::position, objective_mark::awarded, objective_mark::outcome));
        Ok(rows.load::<(Id, i32, Score, String)>(view.db)?)
    });
    let marks = marks.unwrap();
    assert_eq!(marks.len(), 62);
    let on_trial = |position: &i32| places.contains(&u32::try_from(*position).unwrap());
    let tried: Vec<_> = marks.iter().filter(|(_, position, ..)| on_trial(position)).cloned().collect();
    assert!(tried.len() == 2 && tried.iter().all(|(_, _, awarded, _)| *awarded == Score::ZERO), "{tried:?}");

    story.figures_are_seen_and_recorded();

    // One on trial that counts after all is found.
    let (attempt, position, ..) = tried[0].clone();
    let mark = move |awarded: Score| {
        move |tx: &mut Tx<'_>| {
            diesel::update(objective_mark::table.find((attempt, position)))
                .set(objective_mark::awarded.eq(awarded))
                .execute(tx.db)?;
            Ok(())
        }
    };
    story.alter(mark(Score::whole(1)));
    assert!(story.failing().contains(&7));
    story.alter(mark(Score::ZERO));

    // So is a paper on which it is worth something, on which one that counts is declared on trial, or
    // on which another item on trial stands than the seed gives.
    let other = story.waiting.keys().find(|id| own.places().all(|place| place.item_id != **id));
    let other = *other.unwrap();
    let mut counted = own.clone();
    let mut declared = own.clone();
    let mut exchanged = own.clone();
    let at = usize::try_from(places[0]).unwrap() - 1;
    let free = (1..=14).find(|place| !places.contains(place)).unwrap();
    counted.sections[0].places[at].marks = Score::whole(1);
    declared.sections[0].places[usize::try_from(free).unwrap() - 1].marks = Score::ZERO;
    exchanged.sections[0].places[at].item_id = other;
    for (forged, checks) in [(counted, &[5, 7][..]), (declared, &[5, 7]), (exchanged, &[5])] {
        story.alter(stored(subject, application, forged));
        let found = story.failing();
        assert!(checks.iter().all(|number| found.contains(number)), "{found:?}");
    }
    story.alter(stored(subject, application, own));
    story.is_sound();
}}

/// Puts a paper in the place of a candidate's.
fn stored(
    subject: Id,
    application: Id,
    other: Paper,
) -> impl FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static {
    move |tx| {
        let content = tx
            .vault
            .seal(paper_json(&other).map_err(Problem::internal)?)?;
        let hash = paper_hash(&other).map_err(Problem::internal)?;
        let own = paper::table
            .filter(paper::subject_id.eq(subject))
            .filter(paper::application_id.eq(application));
        diesel::update(own)
            .set((
                paper::content_sealed.eq(content),
                paper::hash.eq(hash.to_vec()),
            ))
            .execute(tx.db)?;
        Ok(())
    }
}

on_both! {
fn too_few_on_trial_are_told_before_anything_is_drawn(app: TestApp) {
    let house = House::build(&app.store, &|_| {}).unwrap();
    try_out(&app, &house, &["new-1"]);
    let refused = prepare_sitting(&app.store, &app.clock, &house, &SEED, &course(), &|_| {});
    let refused = refused.err().unwrap();
    let fault = &refused.faults[0];
    assert_eq!((&*fault.place, fault.code), ("sections.common_knowledge.trial", "too-few-on-trial"));
    let said = [("section", SECTION), ("needed", "2"), ("available", "1")];
    assert_eq!(fault.args, said.map(|(name, value)| (name, value.to_owned())));
}}

#[test]
fn what_is_said_of_items_on_trial_is_seen_in_a_browser() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let mut story = Story::of(app);
    let Some(chrome) = Chrome::open(&story.app.base) else {
        return;
    };
    let sitter = &story.sitters[0];
    let (account, room) = (
        sitter.actor.account,
        format!("/my/room/{}", sitter.application),
    );
    let email = story
        .app
        .store
        .read_blocking(|view| email_of(view, account))
        .unwrap();
    let examination = story.examination;
    let sittings = story
        .app
        .store
        .read_blocking(|view| subjects(view, examination))
        .unwrap();
    story.app.clock.set(sittings[0].opens_at.plus_seconds(60));
    chrome.sign_in_with(&email, PASSWORD);
    chrome.go(&room);
    chrome.sees("main", "含 2 道试测题");
    chrome.picture("trial-lobby");
    chrome.click("main form button");
    chrome.sees(".numbers", "含试测题 2 道，不计分");
    let marks = "return [...document.querySelectorAll('.question')].slice(0, 14)\
                 .filter(one => one.textContent.includes('1 分')).length";
    assert_eq!(
        chrome.run(marks),
        14,
        "all of the section seem to be worth the same"
    );
    chrome.picture("trial-room");

    let prepared = (story.examination, std::mem::take(&mut story.sitters));
    let app = &story.app;
    hold_on(
        &app.store,
        &app.clock,
        &story.house,
        &SEED,
        &prepared,
        &|_| {},
    )
    .unwrap();
    chrome.sign_in_with(&email, PASSWORD);
    chrome.go(&format!("/my/results/{}", story.examination));
    chrome.sees("main", "题为试测题，未计分");
    chrome.picture("trial-own-result");

    let (_, reviewer) = app.person("second-reviewer", &[Role::Reviewer]);
    chrome.click("form[action='/sign-out'] button");
    chrome.sign_in(&reviewer);
    chrome.go(&format!("/subjects/{}/trial-figures", story.subject));
    chrome.sees("main", "new-1");
    chrome.picture("trial-figures");
    chrome.size(390, 844);
    assert_eq!(chrome.overflow(), 0);
    chrome.click("main form button");
    chrome.sees("main", "录入");
    assert_eq!(chrome.errors(), [""; 0]);
}
