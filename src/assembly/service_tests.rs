//! Stories of organisers: what they may set, draw and lock, and when.

use std::collections::BTreeMap;

use super::fixture::{BLUEPRINT, House, OPENS, actor};
use super::*;
use crate::access::Role;
use crate::draw::Seed;
use crate::kernel::Id;
use crate::regulation::phase::Phase;
use crate::regulation::service as regulation;

#[test]
fn only_organisers_set_blueprints_draw_and_lock() {
    let house = House::new(1);
    let (subject, examination) = (house.subject, house.examination);
    let author = actor(Role::Author);
    let someone = author.clone();
    let set =
        house.write(move |tx| service::set_blueprint(tx, &someone, subject, "demo", BLUEPRINT));
    assert_eq!(set.unwrap_err().code, "forbidden");
    let seen = house.read(|view| service::check(view, &author, subject));
    assert_eq!(seen.unwrap_err().code, "forbidden");
    let drawn = house.read(|view| service::prepare(view, &author, examination).map(drop));
    assert_eq!(drawn.unwrap_err().code, "forbidden");
    house.set_blueprint(BLUEPRINT).unwrap();
    let prepared = house.prepare().unwrap();
    let locked = house.write(move |tx| service::lock_papers(tx, &author, prepared));
    assert_eq!(locked.unwrap_err().code, "forbidden");
}

#[test]
fn a_blueprint_that_cannot_be_drawn_is_refused_with_its_places() {
    let house = House::new(1);
    let refusal = |blueprint: &str| {
        let blueprint: &'static str = blueprint.to_owned().leak();
        let problem = house.set_blueprint(blueprint).unwrap_err();
        let fault = &problem.faults[0];
        (fault.place.clone(), fault.code)
    };
    let at = |place: &str, code| (place.to_owned(), code);
    assert_eq!(refusal("title = "), at("line 1", "blueprint-unreadable"));
    assert_eq!(
        refusal(&BLUEPRINT.replace(r#""t.blank", count = 1"#, r#""t.blank", count = 3"#)),
        at("sections.general.cells.3", "too-few-items")
    );
    assert_eq!(
        refusal(&BLUEPRINT.replace(r#"marks_each = "20""#, r#"marks_each = "10""#)),
        at("sections", "paper-total")
    );
    let (organiser, subject) = (house.organiser.clone(), house.subject);
    let empty =
        house.write(move |tx| service::set_blueprint(tx, &organiser, subject, "none", BLUEPRINT));
    assert_eq!(empty.unwrap_err().faults[0].code, "bank-without-items");
}

#[test]
fn the_check_says_what_the_bank_holds_for_each_cell() {
    let house = House::new(1);
    house.set_blueprint(BLUEPRINT).unwrap();
    let check = house
        .read(|view| service::check(view, &house.organiser, house.subject))
        .unwrap();
    let cells: Vec<_> = check
        .cells
        .iter()
        .map(|cell| (cell.needed, cell.available, cell.short))
        .collect();
    assert_eq!(cells, [(1, 2, false); 5]);
    assert!(check.lock.is_none());
}

#[test]
fn papers_are_not_drawn_without_blueprint_or_candidates() {
    let house = House::new(1);
    let problem = house.prepare().err().unwrap();
    assert_eq!(problem.faults[0].code, "blueprint-missing");
    assert_eq!(problem.faults[0].place, "exam");
    let house = House::new(0);
    house.set_blueprint(BLUEPRINT).unwrap();
    assert_eq!(house.prepare().err().unwrap().code, "nobody-has-a-ticket");
}

/// The decision commits to everything from which a stranger, once the seed is opened, makes each
/// paper anew.
#[test]
fn locked_papers_follow_from_what_the_decision_commits_to() {
    let house = House::locked(3);
    let (subject, examination) = (house.subject, house.examination);
    let [inputs] = <[_; 1]>::try_from(house.decisions("papers.locked")).unwrap();
    house
        .read(|view| {
            assert_eq!(regulation::load(view, examination)?.phase, Phase::Locked);
            let setup = store::setup(view.db, subject)?;
            let pool: Pool = serde_json::from_str(&setup.pool.unwrap()).unwrap();
            let seed = view.vault.open_bytes(&setup.seed_sealed.unwrap())?;
            let commitment = hex::encode(crate::store::sha256(&seed));
            assert_eq!(inputs["seed_commitment"], commitment);
            assert_eq!(inputs["pool_root"], hex::encode(pool_root(&pool).unwrap()));
            assert_eq!(inputs["count"], 3);
            let (_, blueprint) = service::source(view, subject)?.unwrap();
            let plan = Plan::new(&blueprint, &pool).unwrap();
            let seed = Seed::from_slice(&seed).unwrap();
            let tickets = store::tickets(view.db, examination)?;
            let seats: Vec<Seated<'_>> = tickets.iter().map(store::Ticket::seated).collect();
            let drawn = plan.draw(&seed, &seats).unwrap();
            assert_eq!(inputs["deviation"], drawn.deviation());
            let mut hashes = BTreeMap::new();
            for (at, ticket) in tickets.iter().enumerate() {
                let paper = plan.paper(&drawn, at);
                let (_, stored) = records::paper(view, subject, ticket.application)?.unwrap();
                assert_eq!(stored, paper);
                hashes.insert(ticket.number.clone(), paper_hash(&paper).unwrap());
            }
            assert_eq!(inputs["papers_root"], hex::encode(papers_root(&hashes)));
            Ok(())
        })
        .unwrap();
}

#[test]
fn papers_are_locked_once_and_then_nothing_of_them_changes() {
    let house = House::new(2);
    house.set_blueprint(BLUEPRINT).unwrap();
    let (first, second) = (house.prepare().unwrap(), house.prepare().unwrap());
    house.lock(first).unwrap();
    assert_eq!(house.lock(second).unwrap_err().code, "stage-out-of-order");
    let again = house.set_blueprint(BLUEPRINT);
    assert_eq!(again.unwrap_err().code, "stage-out-of-order");
    assert_eq!(house.decisions("papers.locked").len(), 1);
}

#[test]
fn papers_are_not_locked_once_a_sitting_has_opened() {
    let house = House::new(1);
    house.set_blueprint(BLUEPRINT).unwrap();
    let prepared = house.prepare().unwrap();
    house.clock.set(OPENS);
    assert_eq!(house.lock(prepared).unwrap_err().code, "too-late-to-lock");
}

#[test]
fn papers_drawn_before_a_change_are_outdated() {
    use crate::store::schema::application;
    use diesel::prelude::*;

    let house = House::new(2);
    house.set_blueprint(BLUEPRINT).unwrap();
    let before_blueprint = house.prepare().unwrap();
    house
        .set_blueprint(BLUEPRINT.replace("= 120", "= 90").leak())
        .unwrap();
    let code = house.lock(before_blueprint).unwrap_err().code;
    assert_eq!(code, "papers-outdated");
    // What the draw was fixed with counts, and nothing that came after the beacon.
    assert_eq!(house.prepare().err().unwrap().code, "pool-changed");
    house.set_blueprint(BLUEPRINT).unwrap();

    let before_withdrawal = house.prepare().unwrap();
    let gone: Id = house.candidates[0].1;
    house
        .write(move |tx| {
            diesel::update(application::table.find(gone))
                .set(application::ticket_no.eq(None::<String>))
                .execute(tx.db)?;
            Ok(())
        })
        .unwrap();
    let code = house.lock(before_withdrawal).unwrap_err().code;
    assert_eq!(code, "papers-outdated");
}

/// A leak that is reported between the draw and the lock is not met in the papers any more.
#[test]
fn papers_with_an_item_that_leaked_meanwhile_are_not_locked() {
    use crate::store::schema::item;
    use diesel::prelude::*;

    let house = House::new(2);
    house.set_blueprint(BLUEPRINT).unwrap();
    let prepared = house.prepare().unwrap();
    house
        .write(|tx| {
            let all = diesel::update(item::table);
            all.set(item::state.eq("leaked")).execute(tx.db)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(house.lock(prepared).unwrap_err().code, "papers-outdated");
}
