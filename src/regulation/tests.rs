//! The room's stories: an examination is opened, its rules are changed while it is a draft, and
//! the announcement freezes them.

use super::service::{self, NewExamination, Sitting};
use super::*;
use crate::access::{Actor, Role};
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::store::Store;

/// The morning of 1 March 2026.
const NOW: Instant = Instant::from_micros(1_772_326_800_000_000);
const DAY: i64 = 86_400;

fn store() -> Store {
    Store::scratch(Clock::manual(NOW))
}

fn somebody(role: Role) -> Actor {
    Actor {
        account: Id::new(NOW),
        session: Id::new(NOW),
        roles: vec![role],
    }
}

fn new_examination() -> NewExamination {
    NewExamination {
        code: "2026-gwy".to_owned(),
        year: 2026,
        track: Track::CivilService,
        title_zh: "2026年度考试录用公务员".to_owned(),
        title_en: String::new(),
        registration_opens: NOW.plus_seconds(DAY),
        registration_closes: NOW.plus_seconds(8 * DAY),
    }
}

fn open(store: &Store) -> Id {
    let organiser = somebody(Role::Organiser);
    store
        .write_blocking(move |tx| service::open(tx, &organiser, &new_examination()))
        .unwrap()
}

fn override_profile(store: &Store, id: Id, overrides: &'static str) -> Result<(), Problem> {
    let organiser = somebody(Role::Organiser);
    store.write_blocking(move |tx| {
        service::override_profile(tx, &organiser, id, overrides, "本地惯例")
    })
}

fn schedule(store: &Store, id: Id, component: &str, day: i64) -> Result<Id, Problem> {
    let organiser = somebody(Role::Organiser);
    let sitting = Sitting {
        component: component.to_owned(),
        opens_at: NOW.plus_seconds(day * DAY),
        closes_at: NOW.plus_seconds(day * DAY + 7200),
    };
    store.write_blocking(move |tx| service::schedule(tx, &organiser, id, &sitting))
}

fn announce(store: &Store, id: Id, posts: usize) -> Result<(), Problem> {
    let organiser = somebody(Role::Organiser);
    store.write_blocking(move |tx| service::announce(tx, &organiser, id, posts))
}

/// Places and codes of the faults of a refusal.
fn faults<T: std::fmt::Debug>(answer: Result<T, Problem>) -> Vec<String> {
    let faults = answer.unwrap_err().faults;
    faults
        .iter()
        .map(|fault| format!("{} {}", fault.place, fault.code))
        .collect()
}

#[test]
fn only_an_organiser_opens_an_examination() {
    let store = store();
    for role in [Role::Hr, Role::Supervisor, Role::Candidate] {
        let actor = somebody(role);
        let refused = store.write_blocking(move |tx| service::open(tx, &actor, &new_examination()));
        assert_eq!(refused.unwrap_err().code, "forbidden");
    }
}

#[test]
fn every_wrong_field_of_a_new_examination_is_named() {
    let store = store();
    let organiser = somebody(Role::Organiser);
    let new = NewExamination {
        code: "公 务 员".to_owned(),
        title_zh: " ".to_owned(),
        year: 1026,
        registration_closes: NOW,
        ..new_examination()
    };
    let refused = store.write_blocking(move |tx| service::open(tx, &organiser, &new));
    assert_eq!(
        faults(refused),
        [
            "code not-a-code",
            "title_zh required",
            "year out-of-range",
            "registration_closes ends-before-it-begins"
        ]
    );
}

#[test]
fn a_code_is_used_once() {
    let store = store();
    open(&store);
    let organiser = somebody(Role::Organiser);
    let again = store.write_blocking(move |tx| service::open(tx, &organiser, &new_examination()));
    assert_eq!(again.unwrap_err().code, "code-taken");
}

#[test]
fn overridden_weights_must_still_make_one_whole() {
    let store = store();
    let id = open(&store);
    let ratio = "[shortlist]\nratio = 5\n";
    override_profile(&store, id, ratio).unwrap();
    let weights = "[[components]]\ncode = \"exam\"\nkind = \"written\"\nrole = \"score\"\n\
                   weight = \"0.9\"\ntitle = { zh = \"笔试\", en = \"Examination\" }\n";
    let found = faults(override_profile(&store, id, weights));
    assert!(found.contains(&"components weights-must-sum-to-one".to_owned()));
    let kept = store
        .read_blocking(|view| service::load(view, id))
        .unwrap()
        .profile;
    assert_eq!(kept.shortlist.unwrap().ratio, 5);
    assert_eq!(kept.components.len(), 3);
}

#[test]
fn a_text_that_is_no_toml_is_refused_at_its_line() {
    let store = store();
    let id = open(&store);
    let found = faults(override_profile(&store, id, "[shortlist]\nratio ==\n"));
    assert_eq!(found, ["line 2 profile-unreadable"]);
}

#[test]
fn a_sitting_comes_after_registration_and_belongs_to_a_written_component() {
    let store = store();
    let id = open(&store);
    assert_eq!(
        faults(schedule(&store, id, "xingce", 5)),
        ["opens_at before-registration-closes"]
    );
    assert_eq!(
        faults(schedule(&store, id, "interview", 20)),
        ["component not-a-written-component"]
    );
    schedule(&store, id, "xingce", 20).unwrap();
    let moved = schedule(&store, id, "xingce", 21).unwrap();
    let subjects = store
        .read_blocking(|view| service::subjects(view, id))
        .unwrap();
    assert_eq!(subjects.len(), 1);
    assert_eq!(subjects[0].id, moved);
}

#[test]
fn an_announcement_lists_all_that_is_missing() {
    let store = store();
    let id = open(&store);
    schedule(&store, id, "xingce", 20).unwrap();
    store.clock().set(NOW.plus_seconds(9 * DAY));
    assert_eq!(
        faults(announce(&store, id, 0)),
        [
            "posts announcement-without-posts",
            "sittings.shenlun sitting-not-scheduled",
            "registration_closes in-the-past"
        ]
    );
}

#[test]
fn the_announcement_freezes_rules_and_times_and_is_made_once() {
    let store = store();
    let id = open(&store);
    schedule(&store, id, "xingce", 20).unwrap();
    schedule(&store, id, "shenlun", 21).unwrap();
    announce(&store, id, 1).unwrap();
    let announced = store.read_blocking(|view| service::load(view, id)).unwrap();
    assert_eq!(announced.phase, Phase::Announced);
    let hash = announced.profile.hash().unwrap();
    assert_eq!(announced.profile_hash.as_deref(), Some(&hash[..]));

    let changed = override_profile(&store, id, "[shortlist]\nratio = 5\n");
    assert_eq!(changed.unwrap_err().code, "rules-frozen");
    let moved = schedule(&store, id, "xingce", 22);
    assert_eq!(moved.unwrap_err().code, "rules-frozen");
    let again = announce(&store, id, 1);
    assert_eq!(again.unwrap_err().code, "stage-out-of-order");
}

#[test]
fn the_publicity_period_is_over_after_its_last_day() {
    let clock = Clock::manual(NOW);
    let store = Store::scratch(clock.clone());
    let id = open(&store);
    store
        .write_blocking(move |tx| service::set_publicity_ends(tx, id, "2026-03-02"))
        .unwrap();
    let over = |at| {
        clock.set(at);
        let read = store.read_blocking(move |view| service::load(view, id));
        read.unwrap().publicity_over
    };
    // From nine in the morning of the first to midnight after the second.
    let midnight = NOW.plus_seconds(39 * 3600);
    assert!(!over(NOW));
    assert!(!over(midnight.plus_seconds(-1)));
    assert!(over(midnight));
}

#[test]
fn a_draft_is_nothing_the_public_may_know_of() {
    let store = store();
    let id = open(&store);
    let seen_by = |actor: Option<Actor>| {
        store.read_blocking(move |view| {
            let one = service::visible(view, actor.as_ref(), id).map(|_| ());
            let listed = service::examinations(view, actor.as_ref(), None, 10)?.len();
            Ok((one.map_err(|problem| problem.code), listed))
        })
    };
    let hidden = (Err("not-found"), 0);
    assert_eq!(seen_by(None).unwrap(), hidden);
    assert_eq!(seen_by(Some(somebody(Role::Candidate))).unwrap(), hidden);
    for role in service::STAFF {
        assert_eq!(seen_by(Some(somebody(*role))).unwrap(), (Ok(()), 1));
    }
}

/// Whatever an override may choose has its words; the shipped profiles use only some of them.
#[test]
fn every_word_of_a_profile_is_in_the_catalogue() {
    let words = |prefix: &'static str, words: Vec<&'static str>| {
        let key = move |word: &str| format!("{prefix}-{}", word.replace('_', "-"));
        words.into_iter().map(key).collect::<Vec<_>>()
    };
    macro_rules! all {
        ($($prefix:literal: $type:ty),+) => {
            [$(words($prefix, <$type>::ALL.iter().map(|word| word.as_str()).collect())),+].concat()
        };
    }
    let keys = all!(
        "track": Track, "phase": Phase, "stage": Stage, "component-kind": ComponentKind,
        "component-role": ComponentRole, "rules-basis": ApplicantBasis, "shortfall": ShortfallAct,
        "tie-at-cut": TieAtCut, "resolution": Resolution, "rules-substitution": SubstitutionOrder,
        "rules-change-post": ChangePost, "rules-withdraw": Withdraw, "recheck": RecheckScope
    );
    let known = |key: &String| {
        let langs = [crate::http::Lang::Zh, crate::http::Lang::En];
        langs
            .into_iter()
            .all(|lang| crate::http::has_message(lang, key))
    };
    let missing: Vec<_> = keys.into_iter().filter(|key| !known(key)).collect();
    assert_eq!(missing, [""; 0]);
}
