//! A leak of an item that locked papers hold: who learns what of it, and what can be done.

use keju::access::Role;
use keju::app::demo::{House, SEED, Sitter, draw_and_lock, hold_on, prepare_sitting, small_course};
use keju::assembly::{Paper, records};
use keju::kernel::Id;
use keju::ledger;
use keju::verification::service::verify;
use serde_json::{Value, json};

use crate::record::are_derived_again_by_two_programs;
use crate::support::{Client, TestApp, on_both};

/// An examination whose papers are locked, and who is to sit them.
struct Ahead {
    app: TestApp,
    house: House,
    examination: Id,
    sitters: Vec<Sitter>,
}

impl Ahead {
    fn of(app: TestApp) -> Self {
        let house = House::build(&app.store, &|_| {}).unwrap();
        let course = small_course();
        let prepared = prepare_sitting(&app.store, &app.clock, &house, &SEED, &course, &|_| {});
        let (examination, sitters) = prepared.unwrap();
        Self {
            app,
            house,
            examination,
            sitters,
        }
    }

    /// The sitting of a component, as everybody sees it.
    fn sitting(&self, component: &str) -> Value {
        let path = format!("/examinations/{}", self.examination);
        let shown = self.app.anybody().get(&path).json;
        let mut sittings = shown["sittings"].as_array().unwrap().iter();
        sittings
            .find(|one| one["component"] == component)
            .unwrap()
            .clone()
    }

    /// The papers of a component as they lie in the vault.
    fn papers(&self, component: &str) -> Vec<Paper> {
        let subject = self.sitting(component)["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let of = |sitter: &Sitter| {
            let application = sitter.application;
            let read =
                move |view: &mut keju::store::View<'_>| records::paper(view, subject, application);
            self.app.store.read_blocking(read).unwrap().unwrap().1
        };
        self.sitters.iter().map(of).collect()
    }

    /// Codes of the items of a bank that some paper of a component holds, each with how many do, and
    /// one that none holds.
    fn drawn(&self, component: &str, bank: &str) -> (Vec<(String, usize)>, String) {
        let papers = self.papers(component);
        let bank = bank.to_owned();
        let items = self
            .app
            .store
            .read_blocking(move |view| keju::bank::records::approved(view, &bank));
        let holds = |id: &Id| papers.iter().filter(|paper| holds(paper, *id)).count();
        let items = items
            .unwrap()
            .into_iter()
            .map(|(id, _, item)| (item.code, holds(&id)));
        let (drawn, free): (Vec<_>, Vec<_>) = items.partition(|(_, papers)| *papers > 0);
        (drawn, free[0].0.clone())
    }

    fn by(&self, role: Role) -> Client {
        self.app.acting(self.house.the(role).unwrap())
    }

    fn leaks(&self, code: &str) -> Value {
        let path = format!("/banks/{BANK}/leaks");
        let report = json!({ "code": code, "reason": "网上出现原题" });
        self.by(Role::Organiser).post(&path, &report).json
    }

    fn recalls(&self) -> crate::support::Reply {
        let path = format!("/examinations/{}/papers/recall", self.examination);
        self.by(Role::Organiser).post(&path, &json!({}))
    }

    /// What the leak page says of an item now.
    fn shown(&self, code: &str) -> Value {
        let all = self.by(Role::Supervisor).get("/leaks").json;
        let mut all = all.as_array().unwrap().iter();
        all.find(|one| one["code"] == code).unwrap().clone()
    }

    #[track_caller]
    fn is_sound(&self) {
        for outcome in verify(&self.app.store).unwrap() {
            assert_eq!(
                outcome.failure, None,
                "V{} {}",
                outcome.number, outcome.name
            );
        }
    }

    fn kinds(&self) -> Vec<(String, Option<Id>)> {
        self.app.settle_log();
        let entries = self
            .app
            .store
            .read_blocking(|view| ledger::entries(view, 2026, 0, 100_000));
        let kind = |entry: keju::ledger::LogEntry| (entry.payload.kind, entry.payload.examination);
        entries.unwrap().into_iter().map(kind).collect()
    }
}

fn holds(paper: &Paper, item: Id) -> bool {
    paper.places().any(|place| place.item_id == item)
}

const BANK: &str = "administrative_aptitude";

on_both! {
fn a_leak_names_the_papers_that_hold_the_item_and_no_others(app: TestApp) {
    let case = Ahead::of(app);
    let (drawn, free) = case.drawn("xingce", BANK);
    let (code, papers) = drawn.into_iter().min_by_key(|(_, papers)| *papers).unwrap();
    // One of the bank, in use and on no paper, touches nothing.
    let untouched = case.leaks(&free);
    assert_eq!(untouched["locked"], json!([]), "{untouched}");
    let leak = case.leaks(&code);
    let locked = leak["locked"].as_array().unwrap();
    assert_eq!(locked.len(), 1, "{leak}");
    let of = |key: &str| locked[0][key].clone();
    assert_eq!(of("examination"), json!(case.examination));
    assert_eq!((of("component"), of("phase")), (json!("xingce"), json!("locked")));
    assert_eq!((of("papers"), of("of")), (json!(papers), json!(case.sitters.len())));
    assert_eq!(of("sitting"), "ahead");
    // Who may write or review learns nothing of what is still to be asked.
    let reviewer = case.app.signed_in("reviewer", &[Role::Reviewer]);
    let seen = reviewer.get("/leaks").json;
    assert!(seen.as_array().unwrap().iter().all(|one| one["locked"] == json!([])), "{seen}");
    assert_eq!(case.shown(&code)["locked"][0]["papers"], json!(papers));
    // The examination has it in its own log, once, and the leak that touched nothing is not there.
    let kinds = case.kinds();
    let own = kinds.iter().filter(|(kind, _)| kind == "papers.leaked");
    assert_eq!(own.map(|(_, of)| *of).collect::<Vec<_>>(), [Some(case.examination)]);
    let opens = case.sitting("xingce")["opens_at"].clone();
    case.app.clock.set(serde_json::from_value(opens).unwrap());
    assert_eq!(case.shown(&code)["locked"][0]["sitting"], "under_way");
    case.recalls().refused(409, "too-late-to-recall");
}}

on_both! {
fn papers_that_hold_a_leaked_item_are_drawn_again_and_both_draws_are_derived_by_everybody(app: TestApp) {
    let case = Ahead::of(app);
    let (drawn, free) = case.drawn("xingce", BANK);
    let (code, _) = drawn.into_iter().max_by_key(|(_, papers)| *papers).unwrap();
    let again = || draw_and_lock(&case.app.store, &case.house, case.examination);
    // Nobody draws again because the papers do not please, nor for a leak that is not on them.
    case.recalls().refused(409, "no-leak-on-papers");
    case.leaks(&free);
    case.recalls().refused(409, "no-leak-on-papers");
    let leak = case.leaks(&code);
    assert_eq!(leak["locked"][0]["recalled"], false, "{leak}");
    assert_eq!(again().unwrap_err().code, "draw-under-way");
    let before = [case.papers("xingce"), case.papers("shenlun")];

    let recalled = case.recalls();
    assert_eq!(recalled.status, 204, "{recalled:?}");
    case.recalls().refused(409, "papers-recalled");
    // Until others are locked, these are the papers.
    assert_eq!(case.papers("xingce"), before[0]);
    assert_eq!(case.shown(&code)["locked"][0]["recalled"], true);
    case.app.settle_log();
    case.is_sound();
    let organiser = case.app.browser();
    let (_, email) = case.app.person("colleague", &[Role::Organiser]);
    organiser.sign_in(&email);
    for path in ["/bank/leaks".to_owned(), format!("/manage/examinations/{}/papers", case.examination)] {
        let page = organiser.get(&path);
        assert!(page.text.contains("收回"), "{path}: {page:?}");
        assert!(!page.text.contains('‹'), "{path} lacks a text");
    }

    again().unwrap();
    let item = case.app.store.read_blocking(|view| {
        let leaked = keju::bank::records::approved(view, BANK)?;
        Ok(leaked.into_iter().map(|(id, ..)| id).collect::<Vec<_>>())
    });
    let in_use = item.unwrap();
    let after = case.papers("xingce");
    assert!(after.iter().all(|paper| paper.places().all(|place| in_use.contains(&place.item_id))));
    assert!(after.iter().zip(&before[0]).all(|(new, old)| new != old), "the same papers again");
    assert_ne!(case.papers("shenlun"), before[1], "all subjects are drawn anew");
    let shown = case.shown(&code);
    assert_eq!(shown["locked"], json!([]), "{shown}");
    assert_eq!(shown["redrawn"][0]["examination"], json!(case.examination));
    case.recalls().refused(409, "no-leak-on-papers");
    case.app.settle_log();
    case.is_sound();
    let draws = case.app.anybody().get(&format!("/examinations/{}/draws", case.examination)).json;
    let states = draws.as_array().unwrap().iter().filter(|one| one["purpose"] == "papers");
    let states: Vec<_> = states.map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["recalled", "drawn"]);

    let prepared = (case.examination, case.sitters.clone());
    hold_on(&case.app.store, &case.app.clock, &case.house, &SEED, &prepared, &|_| {}).unwrap();
    case.app.settle_log();
    case.is_sound();
    are_derived_again_by_two_programs(&case.app, &[case.examination]);
}}
