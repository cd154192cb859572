//! Who may see which bank, and who has seen which key.

use super::*;

fn admit(house: &House, whom: &Actor, bank: &'static str) -> Result<(), Problem> {
    let account = whom.account;
    house.act(&house.security, move |tx, actor| {
        service::grant_bank(tx, actor, bank, account, "命题组成员")
    })
}

fn dismiss(house: &House, whom: &Actor, bank: &'static str) -> Result<(), Problem> {
    let account = whom.account;
    house.act(&house.security, move |tx, actor| {
        service::revoke_bank(tx, actor, bank, account, "离开命题组")
    })
}

fn sees(house: &House, actor: &Actor, id: Id) -> bool {
    let seen = house
        .store
        .read_blocking(|view| service::item(view, actor, id));
    if let Err(problem) = &seen {
        assert_eq!(problem.kind, Kind::NotFound);
    }
    let found = house.find(actor, &ItemFilter::default(), None, 10);
    assert_eq!(
        found.items.iter().any(|one| one.item.id == id),
        seen.is_ok()
    );
    assert_eq!(found.total, found.items.len());
    seen.is_ok()
}

#[test]
fn the_first_admission_closes_a_bank_to_the_reviewers_who_were_not_admitted() {
    let house = House::new();
    let id = house.create(item("a")).unwrap();
    house.submit(id).unwrap();
    assert!(sees(&house, &house.reviewer, id) && sees(&house, &house.other_reviewer, id));
    assert!(house.look(|view| service::banks(view, &house.reviewer))[0].open);

    admit(&house, &house.reviewer, "civics").unwrap();
    assert_eq!(
        admit(&house, &house.reviewer, "civics").unwrap_err().code,
        "bank-access-there"
    );
    assert!(sees(&house, &house.reviewer, id));
    assert!(!house.look(|view| service::banks(view, &house.reviewer))[0].open);

    // Whoever was not admitted sees nothing of it and does nothing with it.
    let stranger = &house.other_reviewer;
    assert!(!sees(&house, stranger, id));
    assert!(house.look(|view| service::banks(view, stranger)).is_empty());
    let queue = house.look(|view| service::queue(view, stranger, 10));
    assert_eq!((queue.length, queue.items.len()), (0, 0));
    let refused = |act: Result<(), Problem>| assert_eq!(act.unwrap_err().kind, Kind::NotFound);
    refused(house.act(stranger, move |tx, actor| service::approve(tx, actor, id)));
    refused(house.act(stranger, move |tx, actor| {
        service::retire(tx, actor, id, "错误")
    }));
    refused(house.act(stranger, move |tx, actor| service::adopt(tx, actor, id, 1)));
    let section = house.act(stranger, |tx, actor| {
        let seen = service::waiting_seen(tx, actor, "civics", "common_knowledge")?;
        service::approve_section(tx, actor, "civics", "common_knowledge", &seen)
    });
    assert_eq!(section.unwrap(), 0);
    let leak = house.act(stranger, |tx, actor| {
        service::report_leak(tx, actor, "civics", "a", "网上出现原题")
    });
    assert_eq!(said(&leak.unwrap_err()), ["code: item-unknown"]);

    // The author was not admitted either: she sees her own item and writes nothing more.
    assert!(sees(&house, &house.author, id));
    assert_eq!(house.create(item("b")).unwrap_err().code, "bank-closed");
    assert_eq!(house.import(batch(&["b"])).unwrap_err().code, "bank-closed");
    assert_eq!(house.submit(id).unwrap_err().code, "bank-closed");
    assert_eq!(house.edit(id, item("a")).unwrap_err().code, "bank-closed");
    admit(&house, &house.author, "civics").unwrap();
    house.create(item("b")).unwrap();

    // When nobody is left, it is not open again.
    dismiss(&house, &house.reviewer, "civics").unwrap();
    dismiss(&house, &house.author, "civics").unwrap();
    assert!(!sees(&house, &house.reviewer, id));
    assert_eq!(
        dismiss(&house, &house.author, "civics").unwrap_err().kind,
        Kind::NotFound
    );
    admit(&house, &house.reviewer, "civics").unwrap();
    assert!(sees(&house, &house.reviewer, id));
    house.approve(id).unwrap();
    let kinds: Vec<String> = house.decisions().into_iter().map(|d| d.kind).collect();
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!(count("bank.access_granted"), 3);
    assert_eq!(count("bank.access_revoked"), 2);
}

#[test]
fn only_the_security_administrator_admits_and_only_those_who_work_on_items() {
    let house = House::new();
    let account = house.reviewer.account;
    for actor in [&house.author, &house.reviewer, &house.organiser] {
        let refused = house.act(actor, move |tx, actor| {
            service::grant_bank(tx, actor, "civics", account, "自荐")
        });
        assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
        let refused = house
            .store
            .read_blocking(|view| service::bank_access(view, actor));
        assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
    }
    let organiser = admit(&house, &house.organiser, "civics").unwrap_err();
    assert_eq!(said(&organiser), ["account: not-bank-staff"]);
    let silent = house.act(&house.security, move |tx, actor| {
        service::grant_bank(tx, actor, "civics", account, " ")
    });
    assert_eq!(said(&silent.unwrap_err()), ["reason: required"]);
    // A bank may be closed before it has its first item.
    admit(&house, &house.other_author, "civics").unwrap();
    assert_eq!(house.create(item("a")).unwrap_err().code, "bank-closed");
    let access = house.look(|view| service::bank_access(view, &house.security));
    let admitted: Vec<&str> = access[0]
        .admitted
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(
        (access[0].items, access[0].open, admitted),
        (0, false, vec!["other"])
    );
}

#[test]
fn whoever_sees_a_key_that_papers_may_hold_is_noted() {
    let house = House::new();
    let id = house.approved_item("a");
    for actor in [&house.reviewer, &house.author, &house.reviewer] {
        house
            .act(actor, move |tx, actor| service::note_view(tx, actor, id, 1))
            .unwrap();
    }
    let stranger = house.act(&house.other_author, move |tx, actor| {
        service::note_view(tx, actor, id, 1)
    });
    assert_eq!(stranger.unwrap_err().kind, Kind::NotFound);
    let names = |views: &[service::KeyView]| -> Vec<String> {
        views.iter().map(|view| view.name.clone()).collect()
    };
    let shown = house.look(|view| service::item(view, &house.reviewer, id));
    assert_eq!(names(&shown.views), ["reviewer", "author", "reviewer"]);
    // The author is not told who looked.
    let own = house.look(|view| service::item(view, &house.author, id));
    assert!(own.views.is_empty());
    let supervisor = Actor {
        roles: vec![Role::Supervisor],
        ..house.organiser.clone()
    };
    let page = |before| house.look(|v| service::key_views_of(v, &supervisor, id, before, 2));
    let first = page(None);
    assert_eq!(names(&first), ["reviewer", "author"]);
    assert_eq!(names(&page(Some(first[1].id))), ["reviewer"]);
    let refused = house
        .store
        .read_blocking(|view| service::key_views_of(view, &house.organiser, id, None, 2));
    assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
    assert!(!ItemState::InReview.is_watched() && ItemState::Trial.is_watched());
}
