//! Reviews by the checklist, comments, and versions beside each other.

use super::*;
use crate::bank::checklist::CHECKLIST;

fn review(checked: &[&str], approve: bool) -> Review {
    Review {
        approve,
        trial: false,
        reason: "题干有歧义".to_owned(),
        version: 1,
        checked: checked.iter().map(ToString::to_string).collect(),
    }
}

fn reviewed(house: &House, id: Id, review: Review) -> Result<(), Problem> {
    house.act(&house.reviewer, move |tx, actor| {
        service::review(tx, actor, id, &review)
    })
}

#[test]
fn an_item_is_let_in_when_every_point_was_checked() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.submit(id).unwrap();
    let refused = reviewed(&house, id, review(&CHECKLIST[..5], true)).unwrap_err();
    assert_eq!(said(&refused), ["checked: checklist-incomplete"]);
    let refused = reviewed(&house, id, review(&["luck"], false)).unwrap_err();
    assert_eq!(said(&refused), ["checked: checklist-unknown"]);
    assert_eq!(house.state(id), ItemState::InReview);
    let mut backwards = CHECKLIST.to_vec();
    backwards.reverse();
    reviewed(&house, id, review(&backwards, true)).unwrap();
    let decision = house.decisions().pop().unwrap();
    assert_eq!(decision.inputs["checked"], serde_json::json!(CHECKLIST));
    assert_eq!(decision.inputs.get("unchecked"), None);
}

#[test]
fn an_item_is_returned_with_the_points_that_hold() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.submit(id).unwrap();
    reviewed(&house, id, review(&["topic", "key"], false)).unwrap();
    let decision = house.decisions().pop().unwrap();
    assert_eq!(decision.outcome, "returned");
    assert_eq!(
        decision.inputs["checked"],
        serde_json::json!(["key", "topic"])
    );
}

#[test]
fn a_section_approved_at_once_says_that_no_points_were_checked() {
    let house = House::new();
    house.import(batch(&["a"])).unwrap();
    let approved = house.act(&house.reviewer, |tx, actor| {
        let seen = service::waiting_seen(tx, actor, "civics", "common_knowledge")?;
        service::approve_section(tx, actor, "civics", "common_knowledge", &seen)
    });
    assert_eq!(approved.unwrap(), 1);
    let decision = house.decisions().pop().unwrap();
    assert_eq!(decision.inputs["unchecked"], true);
    assert_eq!(decision.inputs.get("checked"), None);
}

#[test]
fn author_and_reviewers_talk_about_an_item_and_nobody_else() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    let say = |actor: &Actor, text: &'static str| {
        house.act(actor, move |tx, actor| {
            service::comment(tx, actor, id, text)
        })
    };
    say(&house.reviewer, "选项B与题干重复。").unwrap();
    house
        .edit(
            id,
            Item {
                stem: "改过的题干。".to_owned(),
                ..item("a")
            },
        )
        .unwrap();
    say(&house.author, "  已修改。\r\n").unwrap();
    let stranger = say(&house.other_author, "看看").unwrap_err();
    assert_eq!(stranger.kind, Kind::NotFound);
    assert_eq!(
        say(&house.organiser, "看看").unwrap_err().kind,
        Kind::Forbidden
    );
    assert_eq!(
        said(&say(&house.author, " ").unwrap_err()),
        ["text: required"]
    );
    let shown = house.look(|view| service::item(view, &house.author, id));
    let heard: Vec<(&str, i32, &str)> = shown
        .comments
        .iter()
        .map(|one| (one.name.as_str(), one.version, one.text.as_str()))
        .collect();
    assert_eq!(
        heard,
        [
            ("reviewer", 1, "选项B与题干重复。"),
            ("author", 2, "已修改。")
        ]
    );
    // The log names the comment, and does not hold it.
    let decision = house.decisions().pop().unwrap();
    assert_eq!(decision.kind, "item.commented");
    assert!(!decision.inputs.to_string().contains("已修改"));
}

#[test]
fn a_version_is_shown_beside_the_one_before_it() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    let other = Item {
        stem: "改过的题干。".to_owned(),
        ..item("a")
    };
    house.edit(id, other.clone()).unwrap();
    let edited = house.look(|view| service::edited(view, &house.reviewer, id, 2));
    assert_eq!((edited.before, edited.after), (item("a"), other));
    for (actor, version) in [
        (&house.reviewer, 1),
        (&house.reviewer, 3),
        (&house.reviewer, i32::MIN),
        (&house.other_author, 2),
    ] {
        let refused = house
            .store
            .read_blocking(|view| service::edited(view, actor, id, version));
        assert_eq!(refused.unwrap_err().kind, Kind::NotFound);
    }
}
