//! A bank with two authors and a reviewer.

use super::*;
use crate::bank::rich::Markup;

/// The morning of 1 March 2026.
pub(super) const NOW: Instant = Instant::from_micros(1_772_326_800_000_000);

/// A bank with two authors and a reviewer.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) author: Actor,
    pub(super) other_author: Actor,
    pub(super) reviewer: Actor,
    pub(super) other_reviewer: Actor,
    pub(super) organiser: Actor,
    pub(super) security: Actor,
    pub(super) search: ItemSearch,
}

pub(super) fn item(code: &str) -> Item {
    Item {
        code: code.to_owned(),
        section: "common_knowledge".to_owned(),
        topic: "ck.law".to_owned(),
        difficulty: Difficulty::Easy,
        stimulus: None,
        stem: format!("第 {code} 题的说法是正确的。"),
        body: Body::TrueFalse { key: true },
        explanation: String::new(),
        enemies: Vec::new(),
        seconds: None,
        markup: Markup::Plain,
    }
}

pub(super) fn batch(codes: &[&str]) -> Batch {
    Batch {
        items: codes.iter().map(|code| item(code)).collect(),
        ..Batch::default()
    }
}

pub(super) fn stimulus(text: &str) -> Stimulus {
    Stimulus {
        code: "s1".to_owned(),
        title: "材料".to_owned(),
        text: text.to_owned(),
        table: Vec::new(),
        markup: Markup::Plain,
    }
}

/// `place: code` of each fault.
pub(super) fn said(problem: &Problem) -> Vec<String> {
    let said = |fault: &crate::kernel::Fault| format!("{}: {}", fault.place, fault.code);
    problem.faults.iter().map(said).collect()
}

impl House {
    pub(super) fn new() -> Self {
        let store = Store::scratch(Clock::manual(NOW));
        let account = |name: &str, role| {
            let new = NewAccount {
                email: format!("{name}@example.org"),
                name: name.to_owned(),
                password_hash: String::new(),
                must_change_password: false,
            };
            let account = store.write_blocking(move |tx| open_account(tx, new, role, None));
            Actor {
                account: account.unwrap(),
                session: Id::new(NOW),
                roles: vec![role],
            }
        };
        Self {
            author: account("author", Role::Author),
            other_author: account("other", Role::Author),
            reviewer: account("reviewer", Role::Reviewer),
            other_reviewer: account("second", Role::Reviewer),
            organiser: account("organiser", Role::Organiser),
            security: account("security", Role::SecurityAdmin),
            search: ItemSearch::default(),
            store,
        }
    }

    pub(super) fn act<T: Send + 'static>(
        &self,
        actor: &Actor,
        act: impl FnOnce(&mut Tx<'_>, &Actor) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let actor = actor.clone();
        self.store
            .clock()
            .advance(jiff::SignedDuration::from_secs(1));
        self.store.write_blocking(move |tx| act(tx, &actor))
    }

    pub(super) fn look<T>(&self, read: impl FnOnce(&mut View<'_>) -> Result<T, Problem>) -> T {
        self.store.read_blocking(read).unwrap()
    }

    /// What the actor finds.
    pub(super) fn find(
        &self,
        actor: &Actor,
        filter: &ItemFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> service::Found {
        self.search.catch_up_blocking(&self.store).unwrap();
        self.look(|view| service::find(view, &self.search, actor, filter, cursor, limit))
    }

    /// The codes of what the actor finds.
    pub(super) fn codes(&self, actor: &Actor, filter: &ItemFilter) -> Vec<String> {
        let found = self.find(actor, filter, None, 100);
        found.items.into_iter().map(|one| one.item.code).collect()
    }

    pub(super) fn import(&self, batch: Batch) -> Result<Imported, Problem> {
        self.act(&self.author, move |tx, actor| {
            service::import(tx, actor, "civics", &batch)
        })
    }

    pub(super) fn create(&self, item: Item) -> Result<Id, Problem> {
        self.act(&self.author, move |tx, actor| {
            service::create(tx, actor, "civics", &item)
        })
    }

    pub(super) fn edit(&self, id: Id, item: Item) -> Result<i32, Problem> {
        self.act(&self.author, move |tx, actor| {
            service::edit(tx, actor, id, &item)
        })
    }

    pub(super) fn submit(&self, id: Id) -> Result<(), Problem> {
        self.act(&self.author, move |tx, actor| {
            service::submit(tx, actor, id)
        })
    }

    pub(super) fn approve(&self, id: Id) -> Result<(), Problem> {
        self.act(&self.reviewer, move |tx, actor| {
            service::approve(tx, actor, id)
        })
    }

    /// An item in the state after review: on trial or in use.
    pub(super) fn reviewed_item(&self, item: Item, trial: bool) -> Id {
        let id = self.create(item).unwrap();
        self.submit(id).unwrap();
        let review = Review {
            approve: true,
            trial,
            reason: String::new(),
            version: 1,
            checked: crate::bank::checklist::CHECKLIST
                .map(str::to_owned)
                .to_vec(),
        };
        let reviewed = self.act(&self.reviewer, move |tx, actor| {
            service::review(tx, actor, id, &review)
        });
        reviewed.unwrap();
        id
    }

    pub(super) fn approved_item(&self, code: &str) -> Id {
        let id = self.create(item(code)).unwrap();
        self.submit(id).unwrap();
        self.approve(id).unwrap();
        id
    }

    /// The first item the author would see with this code.
    pub(super) fn id_of(&self, code: &str) -> Id {
        let filter = ItemFilter {
            text: Some(code.to_owned()),
            ..ItemFilter::default()
        };
        self.find(&self.author, &filter, None, 10).items[0].item.id
    }

    pub(super) fn state(&self, id: Id) -> ItemState {
        self.look(|view| service::item(view, &self.author, id))
            .state
    }

    /// Codes and versions of what papers may draw.
    pub(super) fn pool(&self) -> Vec<(String, i32)> {
        self.look(|view| records::content_hashes(view, "civics", &[ItemState::Approved]))
            .into_iter()
            .map(|(code, version, _)| (code, version))
            .collect()
    }

    pub(super) fn decisions(&self) -> Vec<Payload> {
        self.look(|view| ledger::entries(view, 2026, 0, 10_000))
            .into_iter()
            .map(|entry| entry.payload)
            .collect()
    }
}
