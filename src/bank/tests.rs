//! The room's stories: items come in whole files or not at all, nobody reviews their own, and what
//! papers draw from is exactly what a reviewer let in.

mod checked;
mod figures;
mod finding;
mod house;
mod life;
mod reach;
mod words;

use self::house::*;
use super::formats::{self, Batch, Defaults};
use super::item::{Body, Difficulty, Item, ItemKind, Stimulus};
use super::life::{ItemAct, ItemState};
use super::records;
use super::search::ItemSearch;
use super::service::{self, Imported, ItemFilter, Review};
use crate::access::service::{NewAccount, open_account};
use crate::access::{Actor, Role};
use crate::http::Lang;
use crate::kernel::error::Kind;
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::ledger::{self, Payload};
use crate::store::{Store, Tx, View};

#[test]
fn the_shipped_banks_come_in_whole_and_can_be_approved_by_section() {
    let house = House::new();
    let folders = formats::shipped().unwrap();
    for folder in folders {
        let expected: usize = folder.sections.iter().map(|s| s.items.len()).sum();
        let (bank, sections) = (folder.subject.clone(), folder.sections.clone());
        let imported = house.act(&house.author, move |tx, actor| {
            service::import_shipped(tx, actor, &folder)
        });
        assert_eq!(imported.unwrap().items, expected);
        assert_eq!(house.look(|view| records::approved(view, &bank)), []);
        for section in sections {
            let (bank, count) = (bank.clone(), section.items.len());
            let approved = house.act(&house.reviewer, move |tx, actor| {
                let seen = service::waiting_seen(tx, actor, &bank, &section.code)?;
                service::approve_section(tx, actor, &bank, &section.code, &seen)
            });
            assert_eq!(approved.unwrap(), count);
        }
        let stimuli = house.look(|view| records::stimuli(view, &bank));
        let approved = house.look(|view| records::approved(view, &bank));
        let hashes =
            house.look(|view| records::content_hashes(view, &bank, &[ItemState::Approved]));
        assert_eq!((approved.len(), hashes.len()), (expected, expected));
        for ((_, version, item), (code, hashed, hash)) in approved.iter().zip(&hashes) {
            assert_eq!((&item.code, version), (code, hashed));
            assert_eq!(records::content_hash(item).unwrap().as_slice(), hash);
            assert!(item.stimulus.iter().all(|code| stimuli.contains_key(code)));
        }
    }
}

#[test]
fn the_log_commits_to_what_was_imported() {
    let house = House::new();
    house.import(batch(&["b", "a"])).unwrap();
    let hash = |code| records::content_hash(&item(code)).unwrap();
    let decisions = house.decisions();
    let imported = decisions.iter().find(|d| d.kind == "items.imported");
    let root = records::content_root([("a", hash("a")), ("b", hash("b"))]);
    let expected = serde_json::json!({
        "bank": "civics", "count": 2, "root": hex::encode(root),
    });
    assert_eq!(imported.unwrap().inputs, expected);
}

#[test]
fn one_code_that_is_there_already_keeps_the_whole_file_out() {
    let house = House::new();
    house.import(batch(&["a"])).unwrap();
    let mut second = batch(&["b", "a", "c"]);
    second.stimuli.push(stimulus("一段文字。"));
    let refused = house.import(second).unwrap_err();
    assert_eq!(said(&refused), ["item a: code: duplicate-code"]);
    let all = ItemFilter::default();
    assert_eq!(house.codes(&house.author, &all), ["a"]);
    assert!(
        house
            .look(|view| records::stimuli(view, "civics"))
            .is_empty()
    );
    assert_eq!(
        house.import(Batch::default()).unwrap_err().faults[0].code,
        "no-rows"
    );
}

#[test]
fn a_stimulus_that_is_there_already_must_be_the_same_in_the_same_section() {
    let house = House::new();
    let about = |code: &str, section: &str, text: &str| Batch {
        items: vec![Item {
            section: section.to_owned(),
            stimulus: Some("s1".to_owned()),
            ..item(code)
        }],
        stimuli: vec![stimulus(text)],
        ..Batch::default()
    };
    let added = |stimuli| Imported { items: 1, stimuli };
    assert_eq!(house.import(about("a", "law", "甲")).unwrap(), added(1));
    assert_eq!(house.import(about("b", "law", "甲")).unwrap(), added(0));
    let differs = house.import(about("c", "law", "乙")).unwrap_err();
    assert_eq!(said(&differs), ["stimulus s1: text: stimulus-differs"]);
    let moved = house.import(about("c", "civics", "甲")).unwrap_err();
    assert_eq!(said(&moved), ["item c: stimulus: stimulus-section"]);
}

#[test]
fn only_authors_write_and_only_reviewers_review() {
    let house = House::new();
    let by = |actor: &Actor| {
        house.act(actor, |tx, actor| {
            service::import(tx, actor, "civics", &batch(&["a"]))
        })
    };
    assert_eq!(by(&house.reviewer).unwrap_err().kind, Kind::Forbidden);
    by(&house.author).unwrap();
    let id = house.id_of("a");
    let refused = house.act(&house.author, move |tx, actor| {
        service::approve(tx, actor, id)
    });
    assert_eq!(refused.unwrap_err().code, "forbidden");
    let refused = house.act(&house.reviewer, move |tx, actor| {
        service::submit(tx, actor, id)
    });
    assert_eq!(refused.unwrap_err().code, "forbidden");
    let candidate = Actor {
        roles: vec![Role::Candidate],
        ..house.author.clone()
    };
    let looked = house
        .store
        .read_blocking(|view| service::item(view, &candidate, id));
    assert_eq!(looked.unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn nobody_reviews_their_own_item_whatever_roles_they_hold() {
    let house = House::new();
    house.import(batch(&["a"])).unwrap();
    let id = house.id_of("a");
    let both = Actor {
        roles: vec![Role::Author, Role::Reviewer],
        ..house.author.clone()
    };
    let refused = house.act(&both, move |tx, actor| service::approve(tx, actor, id));
    assert_eq!(refused.unwrap_err().code, "reviewer-is-author");
    let refused = house.act(&both, move |tx, actor| {
        service::retire(tx, actor, id, "错误")
    });
    assert_eq!(refused.unwrap_err().code, "reviewer-is-author");
    let none = house.act(&both, |tx, actor| {
        let seen = service::waiting_seen(tx, actor, "civics", "common_knowledge")?;
        service::approve_section(tx, actor, "civics", "common_knowledge", &seen)
    });
    assert_eq!(none.unwrap(), 0);
    assert_eq!(house.look(|view| service::queue(view, &both, 10)).length, 0);
    house.approve(id).unwrap();
    assert_eq!(house.pool(), [("a".to_owned(), 1)]);
}

#[test]
fn an_item_of_another_author_is_not_there() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    let edit = move |tx: &mut Tx<'_>, actor: &Actor| service::edit(tx, actor, id, &item("a"));
    let refused = house.act(&house.other_author, edit).unwrap_err();
    assert_eq!(refused.kind, Kind::NotFound);
    let looked = house
        .store
        .read_blocking(|view| service::item(view, &house.other_author, id));
    assert_eq!(looked.unwrap_err().kind, Kind::NotFound);
    let all = ItemFilter::default();
    assert!(house.codes(&house.other_author, &all).is_empty());
}

#[test]
fn a_returned_item_says_why_and_is_submitted_again() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.submit(id).unwrap();
    assert_eq!(house.submit(id).unwrap_err().code, "item-state");
    let back = |reason: &'static str| {
        house.act(&house.reviewer, move |tx, actor| {
            service::return_to_author(tx, actor, id, reason)
        })
    };
    assert_eq!(said(&back(" ").unwrap_err()), ["reason: required"]);
    back("题干有歧义").unwrap();
    let shown = house.look(|view| service::item(view, &house.author, id));
    assert_eq!(shown.state, ItemState::Draft);
    assert_eq!(shown.returned_because.as_deref(), Some("题干有歧义"));
    // It stays to be read when the item comes back to review.
    let said: Vec<&str> = shown.comments.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(said, ["题干有歧义"]);
    let better = Item {
        stem: "改过的题干。".to_owned(),
        ..item("a")
    };
    assert_eq!(house.edit(id, better).unwrap(), 2);
    house.submit(id).unwrap();
    house.approve(id).unwrap();
    assert_eq!(house.pool(), [("a".to_owned(), 2)]);
    let kinds: Vec<(String, String)> = house
        .decisions()
        .into_iter()
        .map(|d| (d.kind, d.outcome))
        .collect();
    let expected = [
        ("item.created", "draft"),
        ("item.submitted", "in_review"),
        ("item.reviewed", "returned"),
        ("item.edited", "draft"),
        ("item.submitted", "in_review"),
        ("item.reviewed", "approved"),
    ];
    assert_eq!(kinds, expected.map(|(k, o)| (k.to_owned(), o.to_owned())));
}

#[test]
fn an_edited_item_leaves_the_pool_until_its_new_version_is_approved() {
    let house = House::new();
    let id = house.approved_item("a");
    let other_key = Item {
        body: Body::TrueFalse { key: false },
        ..item("a")
    };
    // Saving what is there already is no edit.
    assert_eq!(house.edit(id, item("a")).unwrap(), 1);
    assert_eq!(house.pool(), [("a".to_owned(), 1)]);
    assert_eq!(house.edit(id, other_key.clone()).unwrap(), 2);
    assert_eq!(house.pool(), []);
    // Papers that hold the first version still find it.
    let wanted = [(id, 1), (id, 2)];
    let versions = house.look(|view| records::item_versions(view, &wanted));
    assert_eq!(versions[&(id, 1)], item("a"));
    assert_eq!(versions[&(id, 2)], other_key);
    house.submit(id).unwrap();
    house.approve(id).unwrap();
    assert_eq!(house.pool(), [("a".to_owned(), 2)]);
}

#[test]
fn an_item_in_review_stands_still_and_is_approved_in_the_version_that_was_read() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.submit(id).unwrap();
    let changed = Item {
        explanation: "见第三条。".to_owned(),
        ..item("a")
    };
    assert_eq!(house.edit(id, changed).unwrap_err().code, "item-state");
    let stale = Review {
        approve: true,
        trial: false,
        reason: String::new(),
        version: 2,
        checked: Vec::new(),
    };
    let refused = house.act(&house.reviewer, move |tx, actor| {
        service::review(tx, actor, id, &stale)
    });
    assert_eq!(refused.unwrap_err().code, "item-changed");
    assert_eq!(house.state(id), ItemState::InReview);
}

#[test]
fn a_retired_item_is_drawn_no_more_and_stays_readable() {
    let house = House::new();
    let id = house.approved_item("a");
    let retire = |reason: &'static str| {
        house.act(&house.reviewer, move |tx, actor| {
            service::retire(tx, actor, id, reason)
        })
    };
    assert_eq!(said(&retire("").unwrap_err()), ["reason: required"]);
    retire("已经公开").unwrap();
    assert_eq!(house.pool(), []);
    assert_eq!(house.state(id), ItemState::Retired);
    assert_eq!(retire("再次").unwrap_err().code, "item-state");
    assert_eq!(house.edit(id, item("a")).unwrap_err().code, "item-state");
    let versions = house.look(|view| records::item_versions(view, &[(id, 1)]));
    assert_eq!(versions.len(), 1);
}

#[test]
fn what_an_author_writes_is_checked_and_its_code_stays() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    assert_eq!(
        said(&house.create(item("a")).unwrap_err()),
        ["code: duplicate-code"]
    );
    let broken = Item {
        stem: " \r\n".to_owned(),
        stimulus: Some("s9".to_owned()),
        ..item("b")
    };
    let refused = house.create(broken).unwrap_err();
    assert_eq!(
        said(&refused),
        ["stem: required", "stimulus: stimulus-unknown"]
    );
    assert_eq!(
        said(&house.edit(id, item("b")).unwrap_err()),
        ["code: code-fixed"]
    );
    let refused = house.act(&house.author, |tx, actor| {
        service::create(tx, actor, "../etc", &item("c"))
    });
    assert_eq!(said(&refused.unwrap_err()), ["bank: bad-code"]);
}

#[test]
fn lists_are_narrowed_and_go_on_where_they_stopped() {
    let house = House::new();
    house.import(batch(&["a", "b", "c", "d"])).unwrap();
    let list = |filter: &ItemFilter, cursor: Option<&str>| {
        let found = house.find(&house.reviewer, filter, cursor, 2);
        let items = found.items.into_iter();
        items.map(|one| one.item.code).collect::<Vec<_>>()
    };
    let all = ItemFilter::default();
    assert_eq!(list(&all, None), ["a", "b"]);
    assert_eq!(list(&all, Some("civics/b")), ["c", "d"]);
    assert_eq!(list(&all, Some("civics/d")), Vec::<String>::new());
    let text = ItemFilter {
        text: Some("第 D 题".to_owned()),
        ..ItemFilter::default()
    };
    assert_eq!(list(&text, None), ["d"]);
    let retired = ItemFilter {
        state: Some(ItemState::Retired),
        ..ItemFilter::default()
    };
    assert_eq!(list(&retired, None), Vec::<String>::new());
    let banks = house.look(|view| service::banks(view, &house.author));
    assert_eq!(banks[0].bank, "civics");
    assert_eq!(banks[0].sections[0].in_review, 4);
}

#[test]
fn the_queue_shows_what_has_waited_longest_and_leads_on() {
    let house = House::new();
    house.import(batch(&["b", "c"])).unwrap();
    house.import(batch(&["a"])).unwrap();
    let queue = house.look(|view| service::queue(view, &house.reviewer, 10));
    let codes: Vec<&str> = queue.items.iter().map(|item| item.code.as_str()).collect();
    assert_eq!((codes, queue.length), (vec!["b", "c", "a"], 3));
    let next = |id| house.look(|view| service::next_in_review(view, &house.reviewer, id));
    let ids: Vec<Id> = queue.items.iter().map(|item| item.id).collect();
    assert_eq!(next(ids[0]), Some(ids[1]));
    assert_eq!(next(ids[1]), Some(ids[2]));
    assert_eq!(next(ids[2]), Some(ids[0]));
}

fn defaults() -> Defaults {
    Defaults {
        section: "common_knowledge".to_owned(),
        topic: "ck.law".to_owned(),
        difficulty: Difficulty::Medium,
        prefix: "new".to_owned(),
    }
}

#[test]
fn a_preview_keeps_nothing_and_compares_with_ones_own_items_alone() {
    let house = House::new();
    let stem = |word: &str| Item {
        stem: format!("公务员录用考试采取笔试和面试等方式进行，考试内容根据基本能力{word}。"),
        ..item("x")
    };
    let coded = |code: &str, item: Item| Item {
        code: code.to_owned(),
        ..item
    };
    house.create(coded("own", stem("设置"))).unwrap();
    let bank = "civics".to_owned();
    let file = Batch {
        items: vec![coded("new", stem("来设置"))],
        ..Batch::default()
    };
    let seen_by = |actor: &Actor| {
        let (actor, file) = (actor.clone(), file.clone());
        house.look(|view| service::preview(view, &actor, &bank, (file, Vec::new())))
    };
    let preview = seen_by(&house.author);
    let near: Vec<(&str, &str)> = preview
        .near
        .iter()
        .map(|one| (one.item.as_str(), one.twin.as_str()))
        .collect();
    assert_eq!((near, preview.items.len()), (vec![("new", "own")], 1));
    assert!(seen_by(&house.other_author).near.is_empty());
    let filter = ItemFilter::default();
    assert_eq!(house.codes(&house.author, &filter), ["own"]);
    let reviewer = house.reviewer.clone();
    let refused = house
        .store
        .read_blocking(|view| service::preview(view, &reviewer, &bank, (file.clone(), Vec::new())));
    assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn a_file_with_many_faults_tells_how_many_and_the_first_of_them() {
    let rows = "x,\n".repeat(800);
    let file = format!("编号,题型,部分,考点,难度,题干\n{rows}");
    let refused = service::read_file("items.csv", file.as_bytes(), &defaults()).unwrap_err();
    assert_eq!(refused.code, "import-refused");
    assert_eq!(refused.faults.len(), service::FAULTS_SHOWN);
    let total: usize = refused.args[0].1.parse().unwrap();
    assert!(total > 800);
}
