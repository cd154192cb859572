//! Finding items: by words, by topic, by use; after edits, and only what one may see.

use super::*;
use crate::bank::service::{TopicCount, Usage};

fn text(text: &str) -> ItemFilter {
    ItemFilter {
        text: Some(text.to_owned()),
        ..ItemFilter::default()
    }
}

fn of_topic(code: &str, topic: &str) -> Item {
    Item {
        topic: topic.to_owned(),
        ..item(code)
    }
}

#[test]
fn an_item_is_found_by_every_part_that_candidates_see_and_by_none_of_the_key() {
    let house = House::new();
    let choice = Item {
        stem: "下列属于行政法规的是：".to_owned(),
        body: Body::SingleChoice {
            options: ["《物业管理条例》", "《立法法》", "《ＧＢ 标准》"]
                .map(str::to_owned)
                .to_vec(),
            key: 0,
        },
        explanation: "国务院制定。".to_owned(),
        ..of_topic("Law-7", "ck.law.kinds")
    };
    let blank = Item {
        stem: "水的沸点是____摄氏度。".to_owned(),
        body: Body::FillIn {
            accepted: vec!["一百".to_owned()],
        },
        ..item("b")
    };
    house
        .import(Batch {
            items: vec![choice, blank],
            ..Batch::default()
        })
        .unwrap();
    let found = |query: &str| house.codes(&house.reviewer, &text(query));
    for query in [
        "law-7",
        "ck.law.kinds",
        "行政法规",
        "物业",
        "gb",
        "标准 属于 law",
    ] {
        assert_eq!(found(query), ["Law-7"], "{query}");
    }
    for query in ["国务院制定", "一百", "法规物业"] {
        assert!(found(query).is_empty(), "{query}");
    }
}

#[test]
fn an_edit_is_found_by_its_new_text_only_and_a_state_by_what_it_is_now() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.create(item("b")).unwrap();
    let found = |query: &str| house.codes(&house.author, &text(query));
    assert_eq!(found("说法"), ["a", "b"]);
    let stem = "另一个问题是正确的。".to_owned();
    house
        .edit(
            id,
            Item {
                stem,
                ..of_topic("a", "ck.economy")
            },
        )
        .unwrap();
    assert_eq!(found("说法"), ["b"]);
    assert_eq!(found("另一个 ck.economy"), ["a"]);
    let drafts = ItemFilter {
        state: Some(ItemState::Draft),
        ..ItemFilter::default()
    };
    assert_eq!(house.codes(&house.author, &drafts), ["a", "b"]);
    house.submit(id).unwrap();
    assert_eq!(house.codes(&house.author, &drafts), ["b"]);
    house.create(item("0")).unwrap();
    assert_eq!(
        house.codes(&house.author, &ItemFilter::default()),
        ["0", "a", "b"]
    );
}

#[test]
fn a_topic_brings_those_below_it_and_all_are_counted_whichever_is_chosen() {
    let house = House::new();
    let topics = [
        ("a", "ck.law"),
        ("b", "ck.law.civil"),
        ("c", "ck.lawless"),
        ("d", "ck.law"),
    ];
    let items = topics.map(|(code, topic)| of_topic(code, topic)).to_vec();
    house
        .import(Batch {
            items,
            ..Batch::default()
        })
        .unwrap();
    let filter = ItemFilter {
        topic: Some("ck.law".to_owned()),
        ..ItemFilter::default()
    };
    assert_eq!(house.codes(&house.reviewer, &filter), ["a", "b", "d"]);
    let found = house.find(&house.reviewer, &filter, None, 2);
    let count = |topic: &str, count| TopicCount {
        bank: "civics".to_owned(),
        section: "common_knowledge".to_owned(),
        topic: topic.to_owned(),
        count,
    };
    let counts = [
        count("ck.law", 2),
        count("ck.law.civil", 1),
        count("ck.lawless", 1),
    ];
    assert_eq!(found.topics, counts);
    let narrowed = ItemFilter {
        text: Some("第 d 题".to_owned()),
        ..filter
    };
    let found = house.find(&house.reviewer, &narrowed, None, 2);
    assert_eq!((found.topics, found.total), (vec![count("ck.law", 1)], 1));
}

#[test]
fn pages_say_where_they_stand_and_lead_both_ways() {
    let house = House::new();
    house.import(batch(&["a", "b", "c", "d", "e"])).unwrap();
    let page = |cursor: Option<&str>| {
        let found = house.find(&house.reviewer, &text("说法"), cursor, 2);
        assert_eq!(found.total, 5);
        let codes = found.items.iter().map(|one| one.item.code.as_str());
        let codes = codes.collect::<String>();
        (
            codes,
            found.before,
            found.previous_cursor,
            found.next_cursor,
        )
    };
    let at = |cursor: &str| Some(cursor.to_owned());
    assert_eq!(page(None), ("ab".to_owned(), 0, None, at("civics/b")));
    assert_eq!(
        page(Some("civics/b")),
        ("cd".to_owned(), 2, at(""), at("civics/d"))
    );
    assert_eq!(
        page(Some("civics/d")),
        ("e".to_owned(), 4, at("civics/b"), None)
    );
}

#[test]
fn nobody_finds_or_counts_what_they_may_not_see() {
    let house = House::new();
    house.create(item("a")).unwrap();
    let (reviewer, account) = (house.reviewer.clone(), house.reviewer.account);
    house
        .act(&house.security, move |tx, actor| {
            service::grant_bank(tx, actor, "civics", account, "命题组成员")
        })
        .unwrap();
    assert_eq!(house.find(&reviewer, &text("说法"), None, 9).total, 1);
    for stranger in [&house.other_reviewer, &house.other_author] {
        let found = house.find(stranger, &text("说法"), None, 9);
        assert_eq!((found.total, found.items.len()), (0, 0));
        assert!(found.topics.is_empty() && found.banks.is_empty());
    }
    // Authors keep what is their own; whoever is both sees just that of a closed bank.
    let both = Actor {
        roles: vec![Role::Author, Role::Reviewer],
        ..house.author.clone()
    };
    assert_eq!(house.codes(&both, &ItemFilter::default()), ["a"]);
    let organiser = house.organiser.clone();
    let refused = house
        .store
        .read_blocking(|view| service::find(view, &house.search, &organiser, &text("a"), None, 9));
    assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn never_used_is_what_was_in_no_sitting() {
    let house = House::new();
    house.import(batch(&["a"])).unwrap();
    let of = |usage| ItemFilter {
        usage: Some(usage),
        ..ItemFilter::default()
    };
    assert_eq!(house.codes(&house.reviewer, &of(Usage::Never)), ["a"]);
    for usage in [Usage::Used, Usage::Once, Usage::Several] {
        assert!(house.codes(&house.reviewer, &of(usage)).is_empty());
    }
}
