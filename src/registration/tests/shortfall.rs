//! What follows when a post draws too few applicants.

use super::*;
use crate::registration::service::{Cancellation, Reduction, Retention, Shortfall};

/// Two applicants a place; everything may follow that the rules know of.
fn world(on_fail: &str) -> World {
    let rules = overrides("").replace("ratio = 1", "ratio = 2");
    World::with(&rules.replace("[\"cancel\"]", on_fail))
}

impl World {
    fn set_quota(&self, number: usize, quota: i32) {
        let id = self.posts[number];
        self.act(move |tx| {
            diesel::update(post::table.find(id))
                .set(post::quota.eq(quota))
                .execute(tx.db)?;
            Ok(())
        })
        .unwrap();
    }

    fn short(&self) -> Vec<Shortfall> {
        self.store
            .read_blocking(|view| service::shortfalls(view, &self.hr, self.examination))
            .unwrap()
    }

    fn reduce(&self, number: usize, places: i32) -> Result<(), Problem> {
        let (hr, post) = (self.hr.clone(), self.posts[number]);
        let reason = "too few applicants".to_owned();
        self.act(move |tx| service::reduce_post(tx, &hr, post, &Reduction { places, reason }))
    }

    fn cancel(&self, number: usize, transfer_until: Option<i64>) -> Result<(), Problem> {
        let (hr, post) = (self.hr.clone(), self.posts[number]);
        let cancellation = Cancellation {
            transfer_until: transfer_until.map(|day| self.start.plus_seconds(day * DAY)),
            reason: "nobody to choose from".to_owned(),
        };
        self.act(move |tx| service::cancel_post(tx, &hr, post, &cancellation))
    }

    fn keep(&self, number: usize, approval: &str, reason: &str) -> Result<(), Problem> {
        let (hr, post) = (self.hr.clone(), self.posts[number]);
        let retention = Retention {
            approval: approval.to_owned(),
            reason: reason.to_owned(),
        };
        self.act(move |tx| service::keep_post(tx, &hr, post, &retention))
    }
}

#[test]
fn tickets_wait_until_something_is_decided_about_every_short_post() {
    let world = world(r#"["reduce", "keep_with_approval"]"#);
    world.set_quota(0, 2);
    for (number, post) in [(1, 0), (2, 0), (3, 0), (4, 1)] {
        world.approved(number, post);
    }
    world.on_day(10);
    let refused = world.issue().unwrap_err();
    assert_eq!(refused.code, "too-few-applicants");
    assert_eq!(refused.args, [("posts", "A01 (3/4), A02 (1/2)".to_owned())]);
    world.reduce(0, 1).unwrap();
    assert_eq!(code(world.issue()), "too-few-applicants");
    world.keep(1, "No. 12", "a hard place to live").unwrap();
    assert_eq!(world.last_decision().kind, "post.kept");
    assert_eq!(world.issue().unwrap().count, 4);
}

#[test]
fn a_post_is_cut_to_what_its_applicants_are_enough_for() {
    let world = world(r#"["reduce"]"#);
    world.set_quota(0, 3);
    for number in 1..=5 {
        world.approved(number, 0);
    }
    world.approved(6, 1);
    world.on_day(10);
    let [first, second] = &world.short()[..] else {
        panic!("two are short");
    };
    assert_eq!((first.applicants, first.needed, first.places), (5, 6, 2));
    assert!(second.allowed.is_empty(), "not enough for one place");
    for places in [0, 3, -1] {
        assert_eq!(code(world.reduce(0, places)), "out-of-range");
    }
    world.reduce(0, 2).unwrap();
    let decision = world.last_decision();
    assert_eq!(decision.kind, "post.reduced");
    assert_eq!(decision.reason.as_deref(), Some("too few applicants"));
    assert_eq!(
        (&decision.inputs["quota"], &decision.inputs["places"]),
        (&3.into(), &2.into())
    );
    assert_eq!(code(world.reduce(0, 1)), "no-shortfall");
    assert_eq!(code(world.reduce(1, 1)), "shortfall-act-not-allowed");
}

#[test]
fn applicants_of_a_cancelled_post_may_move_in_time_and_are_reviewed_again() {
    let world = world(r#"["cancel", "transfer"]"#);
    let (moves, application) = world.approved(1, 0);
    let (stays, left_over) = world.approved(2, 0);
    world.set_quota(0, 5);
    world.approved(3, 1);
    world.approved(4, 1);
    world.on_day(10);
    assert_eq!(code(world.cancel(0, None)), "required");
    assert_eq!(code(world.cancel(0, Some(10))), "too-little-time-to-move");
    assert_eq!(code(world.cancel(0, Some(20))), "after-the-first-sitting");
    world.cancel(0, Some(12)).unwrap();
    assert_eq!(world.last_decision().inputs["displaced"], 2);
    let shown = world.state(&moves, application);
    assert_eq!(
        (shown.state, shown.may_change_post),
        (ApplicationState::Displaced, true)
    );
    assert_eq!(code(world.issue()), "transfers-still-open");

    world.on_day(11);
    assert_eq!(
        code(world.change_post(&moves, application, 0)),
        "post-cancelled"
    );
    world.change_post(&moves, application, 1).unwrap();
    assert_eq!(code(world.issue()), "applications-undecided");
    world.review(application, true, "").unwrap();
    world.on_day(13);
    assert_eq!(
        code(world.change_post(&stays, left_over, 1)),
        "transfer-too-late"
    );
    assert_eq!(world.issue().unwrap().count, 3);
    assert_eq!(world.state(&stays, left_over).ticket_no, None);
}

#[test]
fn without_a_right_to_move_an_application_ends_with_its_post() {
    let world = world(r#"["cancel"]"#);
    let (actor, application) = world.approved(1, 0);
    world.approved(2, 1);
    world.approved(3, 1);
    world.on_day(10);
    world.cancel(0, Some(12)).unwrap();
    assert_eq!(
        code(world.change_post(&actor, application, 1)),
        "post-change-not-allowed"
    );
    assert_eq!(code(world.cancel(0, None)), "no-shortfall");
    assert_eq!(world.issue().unwrap().count, 2);
}

#[test]
fn a_post_is_kept_only_where_the_rules_say_so_and_under_an_approval() {
    let strict = world(r#"["cancel"]"#);
    strict.approved(1, 0);
    strict.on_day(10);
    assert_eq!(
        code(strict.keep(0, "No. 12", "why")),
        "shortfall-act-not-allowed"
    );

    let world = world(r#"["keep_with_approval"]"#);
    world.approved(1, 0);
    world.on_day(10);
    assert_eq!(code(world.keep(0, " ", "why")), "required");
    assert_eq!(code(world.keep(0, "No. 12", " ")), "required");
    assert_eq!(code(world.keep(0, &"1".repeat(101), "why")), "too-long");
    world.keep(0, "No. 12", "why").unwrap();
    assert_eq!(world.short()[0].post.kept_under.as_deref(), Some("No. 12"));
}

#[test]
fn nothing_is_decided_before_the_close_over_open_applications_or_by_others() {
    let world = world(r#"["cancel"]"#);
    let (candidate, _) = world.approved(1, 0);
    let waits = world.apply(&world.candidate(2), 0).unwrap();
    world.set_quota(0, 3);
    assert_eq!(code(world.cancel(0, None)), "registration-still-open");
    world.on_day(10);
    assert_eq!(code(world.cancel(0, None)), "applications-undecided");
    world.review(waits, false, "no").unwrap();
    let (post, examination) = (world.posts[0], world.examination);
    let cancellation = || Cancellation {
        transfer_until: None,
        reason: "mine".to_owned(),
    };
    let by = |actor: Actor| {
        let cancellation = cancellation();
        code(world.act(move |tx| service::cancel_post(tx, &actor, post, &cancellation)))
    };
    assert_eq!(by(candidate.clone()), "forbidden");
    let looks = |view: &mut View<'_>| service::shortfalls(view, &candidate, examination);
    assert_eq!(code(world.store.read_blocking(looks)), "forbidden");
    assert_eq!(by(world.hr.clone()), "no problem");
}
