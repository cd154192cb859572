//! A leak of an item that locked papers hold: who learns what of it, and what can be done.

use keju::access::Role;
use keju::app::demo::{House, SEED, Sitter, prepare_sitting, small_course};
use keju::assembly::{Paper, records};
use keju::kernel::Id;
use keju::ledger;
use serde_json::{Value, json};

use crate::support::{TestApp, on_both};

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
    let organiser = case.app.acting(case.house.the(Role::Organiser).unwrap());
    let supervisor = case.app.acting(case.house.the(Role::Supervisor).unwrap());
    let (drawn, free) = case.drawn("xingce", BANK);
    let (code, papers) = drawn.into_iter().min_by_key(|(_, papers)| *papers).unwrap();
    let path = format!("/banks/{BANK}/leaks");
    let report = |code: &str| organiser.post(&path, &json!({ "code": code, "reason": "网上出现原题" }));
    // One of the bank, in use and on no paper, touches nothing.
    let untouched = report(&free).json;
    assert_eq!(untouched["locked"], json!([]), "{untouched}");
    let leak = report(&code).json;
    let locked = leak["locked"].as_array().unwrap();
    assert_eq!(locked.len(), 1, "{leak}");
    let of = |key: &str| locked[0][key].clone();
    assert_eq!(of("examination"), json!(case.examination));
    assert_eq!((of("component"), of("phase")), (json!("xingce"), json!("locked")));
    assert_eq!((of("papers"), of("of")), (json!(papers), json!(case.sitters.len())));
    assert_eq!(of("sitting"), "ahead");
    // Who may write or review learns nothing of what is still to be asked.
    let reviewer = case.app.signed_in("reviewer", &[Role::Reviewer]);
    let of_code = |list: Value| {
        let list = list.as_array().unwrap().clone();
        list.into_iter().find(|one| one["code"] == code.as_str()).unwrap()
    };
    assert_eq!(of_code(reviewer.get("/leaks").json)["locked"], json!([]));
    assert_eq!(of_code(supervisor.get("/leaks").json)["locked"][0]["papers"], json!(papers));
    // The examination has it in its own log, once, and the leak that touched nothing is not there.
    let kinds = case.kinds();
    let own = kinds.iter().filter(|(kind, _)| kind == "papers.leaked");
    assert_eq!(own.map(|(_, of)| *of).collect::<Vec<_>>(), [Some(case.examination)]);
    let opens = case.sitting("xingce")["opens_at"].clone();
    case.app.clock.set(serde_json::from_value(opens).unwrap());
    let supervisor = case.app.acting(case.house.the(Role::Supervisor).unwrap());
    assert_eq!(of_code(supervisor.get("/leaks").json)["locked"][0]["sitting"], "under_way");
}}
