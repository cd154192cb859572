//! Items on trial, and items that leaked.

use diesel::prelude::*;

use super::*;
use crate::bank::service::LeakView;
use crate::store::schema::{examination, subject};

fn in_sets(code: &str, sets: &[&str]) -> Item {
    Item {
        enemies: sets.iter().map(ToString::to_string).collect(),
        ..item(code)
    }
}

fn report(house: &House, actor: &Actor, code: &'static str) -> Result<LeakView, Problem> {
    house.act(actor, move |tx, actor| {
        service::report_leak(tx, actor, "civics", code, "网上出现原题")
    })
}

/// An examination whose papers of `bank` were locked `seconds` after the morning.
fn locked(house: &House, component: &'static str, bank: &'static str, seconds: i64) {
    let written = house.store.write_blocking(move |tx| {
        let id = Id::new(tx.now);
        diesel::insert_into(examination::table)
            .values((
                examination::id.eq(id),
                examination::code.eq(component),
                examination::year.eq(2026),
                examination::track.eq("civil_service"),
                examination::title_zh.eq("春季招录"),
                examination::title_en.eq("Spring"),
                examination::stage.eq("locked"),
                examination::profile.eq("{}"),
                examination::registration_opens.eq(NOW),
                examination::registration_closes.eq(NOW),
                examination::created_by.eq(id),
                examination::created_at.eq(NOW),
            ))
            .execute(tx.db)?;
        diesel::insert_into(subject::table)
            .values((
                subject::id.eq(Id::new(tx.now)),
                subject::examination_id.eq(id),
                subject::component.eq(component),
                subject::title_zh.eq("公共科目"),
                subject::title_en.eq("Common"),
                subject::bank.eq(bank),
                subject::blueprint.eq("{}"),
                subject::opens_at.eq(NOW),
                subject::closes_at.eq(NOW),
                subject::locked_at.eq(Some(NOW.plus_seconds(seconds))),
            ))
            .execute(tx.db)?;
        Ok(())
    });
    written.unwrap();
}

#[test]
fn an_item_on_trial_is_in_no_pool_until_it_is_taken_in_use() {
    let house = House::new();
    let id = house.reviewed_item(item("a"), true);
    assert_eq!(house.state(id), ItemState::Trial);
    assert_eq!(house.pool(), []);
    assert_eq!(house.look(|view| records::approved(view, "civics")), []);
    let adopt = |actor: &Actor, version| {
        house.act(actor, move |tx, actor| {
            service::adopt(tx, actor, id, version)
        })
    };
    assert_eq!(adopt(&house.author, 1).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(adopt(&house.reviewer, 2).unwrap_err().code, "item-changed");
    // Who reviewed it already does not approve it again.
    assert_eq!(house.approve(id).unwrap_err().code, "item-state");
    adopt(&house.reviewer, 1).unwrap();
    assert_eq!(house.pool(), [("a".to_owned(), 1)]);
    assert_eq!(adopt(&house.reviewer, 1).unwrap_err().code, "item-state");
    let said: Vec<(String, String)> = house
        .decisions()
        .into_iter()
        .map(|d| (d.kind, d.outcome))
        .skip(2)
        .collect();
    let expected = [("item.reviewed", "trial"), ("item.adopted", "approved")];
    assert_eq!(said, expected.map(|(k, o)| (k.to_owned(), o.to_owned())));
}

#[test]
fn an_item_on_trial_can_be_returned_with_a_reason() {
    let house = House::new();
    let id = house.reviewed_item(item("a"), true);
    let back = house.act(&house.reviewer, move |tx, actor| {
        service::return_to_author(tx, actor, id, "区分度过低")
    });
    back.unwrap();
    let shown = house.look(|view| service::item(view, &house.author, id));
    assert_eq!(shown.returned_because.as_deref(), Some("区分度过低"));
    assert_eq!(shown.state, ItemState::Draft);
}

#[test]
fn a_leaked_item_is_withdrawn_for_good_and_its_enemies_are_suspects() {
    let house = House::new();
    let id = house.reviewed_item(in_sets("a", &["x", "y"]), false);
    house.reviewed_item(in_sets("b", &["x"]), false);
    house.create(in_sets("c", &["y", "z"])).unwrap();
    house.create(in_sets("d", &["z"])).unwrap();
    let other = house.other_author.clone();
    let foreign = house.act(&other, |tx, actor| {
        service::create(tx, actor, "civics", &in_sets("e", &["x"]))
    });
    foreign.unwrap();
    // Papers of the bank that were locked before and after the item was written, and of another.
    locked(&house, "before", "civics", -100);
    locked(&house, "after", "civics", 100);
    locked(&house, "elsewhere", "law", 100);

    let leak = report(&house, &house.organiser, "a").unwrap();
    let suspects: Vec<(&str, Vec<String>)> = leak
        .suspects
        .iter()
        .map(|one| (one.code.as_str(), one.sets.clone()))
        .collect();
    let sets = |name: &str| vec![name.to_owned()];
    assert_eq!(
        suspects,
        [("b", sets("x")), ("c", sets("y")), ("e", sets("x"))]
    );
    let papers: Vec<&str> = leak
        .locked
        .iter()
        .map(|one| one.component.as_str())
        .collect();
    assert_eq!(
        (papers, leak.reason.as_str()),
        (vec!["after"], "网上出现原题")
    );
    assert_eq!(house.pool(), [("b".to_owned(), 1)]);
    assert_eq!(house.state(id), ItemState::Leaked);
    let decision = house.decisions().pop().unwrap();
    assert_eq!(
        (decision.kind.as_str(), decision.outcome.as_str()),
        ("item.leaked", "leaked")
    );
    // It never comes back, and nobody reports it twice.
    assert_eq!(
        report(&house, &house.reviewer, "a").unwrap_err().code,
        "item-state"
    );
    assert_eq!(house.edit(id, item("a")).unwrap_err().code, "item-state");
    // The author sees suspects of her own only; the reviewer sees all.
    let shown = |actor: &Actor| {
        let leak = house
            .look(|view| service::item(view, actor, id))
            .leak
            .unwrap();
        leak.suspects.len()
    };
    assert_eq!((shown(&house.author), shown(&house.reviewer)), (2, 3));
    let known = |actor: &Actor| house.look(|view| service::leaks(view, actor)).len();
    assert_eq!((known(&house.organiser), known(&other)), (1, 0));
}

#[test]
fn a_leak_is_reported_by_whoever_may_know_the_item_and_with_a_reason() {
    let house = House::new();
    house.create(item("a")).unwrap();
    let unknown = report(&house, &house.other_author, "a").unwrap_err();
    assert_eq!(said(&unknown), ["code: item-unknown"]);
    assert_eq!(
        said(&report(&house, &house.organiser, "z").unwrap_err()),
        ["code: item-unknown"]
    );
    let marker = Actor {
        roles: vec![Role::Marker],
        ..house.organiser.clone()
    };
    assert_eq!(
        report(&house, &marker, "a").unwrap_err().kind,
        Kind::Forbidden
    );
    let silent = house.act(&house.organiser, |tx, actor| {
        service::report_leak(tx, actor, "civics", "a", " ")
    });
    assert_eq!(said(&silent.unwrap_err()), ["reason: required"]);
    report(&house, &house.author, "a").unwrap();
}
