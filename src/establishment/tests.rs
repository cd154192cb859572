//! The room's stories: posts take free headcount, and the announcement promises them.

use std::thread;

use super::rules::{Headcount, HeadcountKind, Requirements};
use super::service::{self, Approval, NewOrganisation, NewPost};
use crate::access::{Actor, Role};
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::regulation::service::{self as regulation, NewExamination, Sitting};
use crate::regulation::{Phase, Track};
use crate::store::Store;

/// The morning of 1 March 2026.
const NOW: Instant = Instant::from_micros(1_772_326_800_000_000);
const DAY: i64 = 86_400;
const KIND: HeadcountKind = HeadcountKind::Administrative;

/// A store with one organisation that has a few free slots, and one draft examination.
struct House {
    store: Store,
    organisation: Id,
    examination: Id,
}

fn somebody(role: Role) -> Actor {
    Actor {
        account: Id::new(NOW),
        session: Id::new(NOW),
        roles: vec![role],
    }
}

impl House {
    fn new(track: Track, free: i32) -> Self {
        let store = Store::scratch(Clock::manual(NOW));
        let organisation = organisation(&store, free);
        let examination = open(&store, track);
        Self {
            store,
            organisation,
            examination,
        }
    }

    fn post(&self, code: &str, quota: i32) -> NewPost {
        NewPost {
            organisation: self.organisation,
            code: code.to_owned(),
            title_zh: "综合管理".to_owned(),
            title_en: String::new(),
            headcount_kind: KIND,
            quota,
            requirements: Requirements::default(),
        }
    }

    fn add_as(&self, role: Role, new: NewPost) -> Result<Id, Problem> {
        let (actor, examination) = (somebody(role), self.examination);
        self.store
            .write_blocking(move |tx| service::add_post(tx, &actor, examination, &new))
    }

    fn add(&self, code: &str, quota: i32) -> Result<Id, Problem> {
        self.add_as(Role::Hr, self.post(code, quota))
    }

    fn remove(&self, id: Id) -> Result<(), Problem> {
        let actor = somebody(Role::Organiser);
        self.store
            .write_blocking(move |tx| service::remove_post(tx, &actor, id))
    }

    fn schedule_all(&self) {
        let (organiser, id) = (somebody(Role::Organiser), self.examination);
        let act = move |tx: &mut crate::store::Tx<'_>| {
            for component in ["xingce", "shenlun"] {
                let sitting = Sitting {
                    component: component.to_owned(),
                    opens_at: NOW.plus_seconds(20 * DAY),
                    closes_at: NOW.plus_seconds(20 * DAY + 7200),
                };
                regulation::schedule(tx, &organiser, id, &sitting)?;
            }
            Ok(())
        };
        self.store.write_blocking(act).unwrap();
    }

    fn announce_as(&self, role: Role) -> Result<(), Problem> {
        let (actor, examination) = (somebody(role), self.examination);
        self.store
            .write_blocking(move |tx| service::announce(tx, &actor, examination))
    }

    fn headcount(&self) -> Headcount {
        let view = self
            .store
            .read_blocking(|view| service::organisation(view, self.organisation));
        view.unwrap().headcount[0]
    }
}

fn organisation(store: &Store, free: i32) -> Id {
    let hr = somebody(Role::Hr);
    let new = NewOrganisation {
        code: "RSJ".to_owned(),
        name_zh: "人事局".to_owned(),
        name_en: String::new(),
    };
    let approval = Approval {
        approved: 30 + free,
        occupied: 30,
        reason: "编办〔2026〕1号".to_owned(),
    };
    let act = move |tx: &mut crate::store::Tx<'_>| {
        let id = service::add_organisation(tx, &hr, &new)?;
        service::approve_headcount(tx, &hr, id, KIND, &approval)?;
        Ok(id)
    };
    store.write_blocking(act).unwrap()
}

fn open(store: &Store, track: Track) -> Id {
    let organiser = somebody(Role::Organiser);
    let new = NewExamination {
        code: "2026-1".to_owned(),
        year: 2026,
        track,
        title_zh: "招考".to_owned(),
        title_en: String::new(),
        registration_opens: NOW.plus_seconds(DAY),
        registration_closes: NOW.plus_seconds(8 * DAY),
    };
    store
        .write_blocking(move |tx| regulation::open(tx, &organiser, &new))
        .unwrap()
}

#[test]
fn a_post_takes_its_slots_and_gives_them_back_when_removed() {
    let house = House::new(Track::CivilService, 5);
    let id = house.add("001", 3).unwrap();
    assert_eq!(
        (house.headcount().planned, house.headcount().free()),
        (3, 2)
    );
    let post = house
        .store
        .read_blocking(|view| service::post(view, id))
        .unwrap();
    assert_eq!((&*post.code, &*post.organisation_zh), ("001", "人事局"));
    house.remove(id).unwrap();
    assert_eq!(house.headcount().free(), 5);
    assert_eq!(house.remove(id).unwrap_err().code, "not-found");
}

#[test]
fn a_plan_beyond_the_free_headcount_is_refused_with_what_is_left() {
    let house = House::new(Track::CivilService, 2);
    let refused = house.add("001", 3).unwrap_err();
    assert_eq!(refused.code, "headcount-exhausted");
    assert!(refused.args.contains(&("free", "2".to_owned())));
    let other_kind = NewPost {
        headcount_kind: HeadcountKind::Support,
        ..house.post("002", 1)
    };
    let refused = house.add_as(Role::Hr, other_kind).unwrap_err();
    assert!(refused.args.contains(&("free", "0".to_owned())));
}

/// Two plans want the last slot at the same moment: one gets it, the other is told.
#[test]
fn the_last_slot_goes_to_one_of_two_plans() {
    let house = House::new(Track::CivilService, 1);
    let answers = thread::scope(|scope| {
        let racers = ["001", "002"].map(|code| {
            let house = &house;
            scope.spawn(move || house.add(code, 1))
        });
        racers.map(|racer| racer.join().unwrap())
    });
    let refused: Vec<_> = answers.iter().filter_map(|a| a.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code, "headcount-exhausted");
    assert_eq!(
        (house.headcount().planned, house.headcount().free()),
        (1, 0)
    );
}

#[test]
fn a_refused_post_leaves_no_slot_taken() {
    let house = House::new(Track::CivilService, 5);
    house.add("001", 1).unwrap();
    assert_eq!(house.add("001", 1).unwrap_err().code, "code-taken");
    assert_eq!(house.headcount().planned, 1);
}

#[test]
fn those_in_service_are_promoted_on_the_slots_they_have() {
    let house = House::new(Track::Promotion, 0);
    let id = house.add("001", 2).unwrap();
    assert_eq!(house.headcount().planned, 0);
    house.remove(id).unwrap();
    assert_eq!(house.headcount().planned, 0);
}

#[test]
fn every_wrong_field_of_a_post_is_named() {
    let house = House::new(Track::CivilService, 5);
    let wrong = NewPost {
        organisation: Id::new(NOW),
        title_zh: String::new(),
        requirements: Requirements {
            age_min: Some(40),
            age_max: Some(30),
            majors: vec![String::new()],
            ..Requirements::default()
        },
        ..house.post("一号", 0)
    };
    let faults = house.add_as(Role::Hr, wrong).unwrap_err().faults;
    let places: Vec<_> = faults.iter().map(|fault| &*fault.place).collect();
    assert_eq!(
        places,
        [
            "code",
            "title_zh",
            "quota",
            "requirements.age_max",
            "requirements.majors[0]",
            "organisation"
        ]
    );
}

#[test]
fn posts_are_added_by_hr_or_an_organiser_only() {
    let house = House::new(Track::CivilService, 5);
    for role in [Role::Candidate, Role::Supervisor, Role::Marker] {
        let refused = house.add_as(role, house.post("001", 1)).unwrap_err();
        assert_eq!(refused.code, "forbidden");
    }
    house.add_as(Role::Organiser, house.post("001", 1)).unwrap();
}

#[test]
fn an_announced_examination_keeps_its_posts() {
    let house = House::new(Track::CivilService, 5);
    let post = house.add("001", 1).unwrap();
    house.schedule_all();
    assert_eq!(house.announce_as(Role::Hr).unwrap_err().code, "forbidden");
    house.announce_as(Role::Organiser).unwrap();
    let examination = house
        .store
        .read_blocking(|view| regulation::load(view, house.examination))
        .unwrap();
    assert_eq!(examination.phase, Phase::Announced);
    assert_eq!(house.add("002", 1).unwrap_err().code, "rules-frozen");
    assert_eq!(house.remove(post).unwrap_err().code, "rules-frozen");
    let again = house.announce_as(Role::Organiser).unwrap_err();
    assert_eq!(again.code, "stage-out-of-order");
}

#[test]
fn an_announcement_without_posts_is_refused() {
    let house = House::new(Track::CivilService, 5);
    house.schedule_all();
    let refused = house.announce_as(Role::Organiser).unwrap_err();
    assert_eq!(refused.faults[0].code, "announcement-without-posts");
}

/// The rules may be narrowed after a post was entered; then the post no longer fits them.
#[test]
fn an_announcement_checks_the_posts_against_the_rules_as_they_are_now() {
    let house = House::new(Track::CivilService, 5);
    let mut post = house.post("001", 1);
    post.requirements.age_max = Some(35);
    house.add_as(Role::Hr, post).unwrap();
    house.schedule_all();
    let (organiser, id) = (somebody(Role::Organiser), house.examination);
    let younger = "[registration]\nage_max = 30\n";
    house
        .store
        .write_blocking(move |tx| {
            regulation::override_profile(tx, &organiser, id, younger, "公告要求")
        })
        .unwrap();
    let refused = house.announce_as(Role::Organiser).unwrap_err();
    assert_eq!(refused.faults[0].place, "posts.001.requirements.age_max");
    assert_eq!(refused.faults[0].code, "wider-than-the-rules");
}

#[test]
fn posts_of_a_draft_are_for_staff_and_then_for_everybody() {
    let house = House::new(Track::CivilService, 5);
    let post = house.add("002", 1).unwrap();
    house.add("001", 1).unwrap();
    let codes = |actor: Option<Actor>, after: Option<&str>| {
        house.store.read_blocking(|view| {
            let actor = actor.as_ref();
            let posts = service::visible_posts(view, actor, house.examination, after, 10)?;
            Ok(posts.into_iter().map(|post| post.code).collect::<Vec<_>>())
        })
    };
    assert_eq!(codes(None, None).unwrap_err().code, "not-found");
    let one = house
        .store
        .read_blocking(|view| service::visible_post(view, None, post));
    assert_eq!(one.unwrap_err().code, "not-found");
    let hr = Some(somebody(Role::Hr));
    assert_eq!(codes(hr, None).unwrap(), ["001", "002"]);
    house.schedule_all();
    house.announce_as(Role::Organiser).unwrap();
    assert_eq!(codes(None, Some("001")).unwrap(), ["002"]);
}
