//! Items on trial, and items that leaked.

use diesel::prelude::*;

use super::*;
use crate::bank::service::LeakView;
use crate::bank::service::SittingState;
use crate::regulation::{Profile, Track};
use crate::store::schema::{examination, item_use, subject};

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

/// An examination with locked papers of two subjects: three of the first hold the item, none of the
/// second. They open `ahead` seconds after the morning, for an hour.
fn locked(house: &House, code: &'static str, item: Id, ahead: i64) {
    let profile = Profile::shipped(Track::CivilService).unwrap();
    let profile = serde_json::to_string(&profile).unwrap();
    let written = house.store.write_blocking(move |tx| {
        let id = Id::new(tx.now);
        diesel::insert_into(examination::table)
            .values((
                examination::id.eq(id),
                examination::code.eq(code),
                examination::year.eq(2026),
                examination::track.eq("civil_service"),
                examination::title_zh.eq("春季招录"),
                examination::title_en.eq("Spring"),
                examination::stage.eq("locked"),
                examination::profile.eq(profile),
                examination::registration_opens.eq(NOW),
                examination::registration_closes.eq(NOW),
                examination::created_by.eq(id),
                examination::created_at.eq(NOW),
            ))
            .execute(tx.db)?;
        for component in ["xingce", "shenlun"] {
            let paper = Id::new(tx.now);
            diesel::insert_into(subject::table)
                .values((
                    subject::id.eq(paper),
                    subject::examination_id.eq(id),
                    subject::component.eq(component),
                    subject::title_zh.eq("公共科目"),
                    subject::title_en.eq("Common"),
                    subject::bank.eq("civics"),
                    subject::blueprint.eq("{}"),
                    subject::opens_at.eq(NOW.plus_seconds(ahead)),
                    subject::closes_at.eq(NOW.plus_seconds(ahead + 3600)),
                    subject::locked_at.eq(Some(NOW)),
                ))
                .execute(tx.db)?;
            if component == "xingce" {
                diesel::insert_into(item_use::table)
                    .values((
                        item_use::subject_id.eq(paper),
                        item_use::item_id.eq(item),
                        item_use::version.eq(1),
                        item_use::papers.eq(3),
                    ))
                    .execute(tx.db)?;
            }
        }
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
    locked(&house, "ahead", id, 100);
    locked(&house, "under-way", id, -100);
    locked(&house, "over", id, -7200);

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
    let papers: Vec<(&str, i32, SittingState)> = leak
        .locked
        .iter()
        .map(|one| (one.component.as_str(), one.papers, one.sitting))
        .collect();
    let held = |sitting| ("xingce", 3, sitting);
    let all = [
        SittingState::Ahead,
        SittingState::UnderWay,
        SittingState::Over,
    ]
    .map(held);
    assert_eq!(
        (papers, leak.reason.as_str()),
        (all.to_vec(), "网上出现原题")
    );
    assert_eq!(house.pool(), [("b".to_owned(), 1)]);
    assert_eq!(house.state(id), ItemState::Leaked);
    let decided = house.decisions();
    let [.., report_of, one, two, three] = &decided[..] else {
        unreachable!()
    };
    assert_eq!(
        (report_of.kind.as_str(), report_of.outcome.as_str()),
        ("item.leaked", "leaked")
    );
    // Each examination has it in its own log.
    for (decision, examination) in [one, two, three].into_iter().zip(&named(report_of)) {
        assert_eq!(decision.kind, "papers.leaked");
        assert_eq!(
            decision.examination.map(|id| id.to_string()).as_ref(),
            Some(examination)
        );
        let (leak, subjects) = (&decision.inputs["leak"], &decision.inputs["subjects"]);
        assert_eq!(leak, &serde_json::json!(report_of.id));
        assert_eq!(subjects.as_array().unwrap().len(), 1);
        let named = (&subjects[0]["component"], &subjects[0]["papers"]);
        assert_eq!(named, (&"xingce".into(), &3.into()));
    }
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
    let known = |actor: &Actor| house.look(|view| service::leaks(view, actor));
    assert_eq!((known(&house.organiser).len(), known(&other).len()), (1, 0));
    // What is still to be asked is not for reviewers to know.
    let seen = &known(&house.reviewer)[0].locked;
    assert_eq!(
        seen.iter().map(|one| one.sitting).collect::<Vec<_>>(),
        [SittingState::Over]
    );
}

/// The examinations that a report of a leak names.
fn named(report: &Payload) -> Vec<String> {
    let named = report.inputs["examinations"].as_array().unwrap();
    let text = |id: &serde_json::Value| id.as_str().unwrap().to_owned();
    named.iter().map(text).collect()
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
