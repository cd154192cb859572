//! The acts of registration, told as stories on a database of their own.

mod shortfall;
mod world;

use std::collections::BTreeSet;

use self::world::*;
use super::photo::sample_png;
use super::records::{Facts, ticketed};
use super::rules::{ApplicationState, Criterion};
use super::service::{self, NewCandidate, Verdict};
use crate::access::service::NewAccount;
use crate::access::{self, Actor, LinkLimit, Role};
use crate::ceremony::{Purpose, rehearsal, service as ceremony};
use crate::draw::Seed;
use crate::establishment::rules::{Education, Requirements};
use crate::establishment::service::NewOrganisation;
use crate::kernel::resident_id::ResidentId;
use crate::kernel::secret::Secret;
use crate::kernel::{Clock, Id, Instant, Problem};
use crate::ledger;
use crate::regulation::service::{NewExamination, Sitting};
use crate::regulation::{Phase, Track};
use crate::store::schema::{candidate, mail, post};
use crate::store::{Store, Tx, View};
use diesel::prelude::*;

#[test]
fn an_account_is_opened_when_its_address_is_verified_and_the_number_is_sealed() {
    let world = World::new();
    let new = new_candidate("11010519491231002X", "lisi@example.org");
    sign_up(&world, new).unwrap();
    let token = mailed_token(&world);
    let seen = world
        .store
        .read_blocking(|view| service::pending(view, &token))
        .unwrap();
    assert_eq!(seen.email, "lisi@example.org");
    assert!(
        !seen.resident_id.contains("19491231"),
        "{}",
        seen.resident_id
    );

    let id = verify(&world, &token).unwrap();
    assert_eq!(world.last_decision().kind, "account.opened");
    let sealed: Vec<u8> = world
        .store
        .read_blocking(|view| {
            let row = candidate::table.find(id);
            Ok(row.select(candidate::resident_sealed).first(view.db)?)
        })
        .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("110105"));
    assert_eq!(code(verify(&world, &token)), "link-expired");
}

#[test]
fn a_sign_up_that_is_not_verified_keeps_nobody_out() {
    let world = World::new();
    // A stranger signs up with the number and the address of somebody else, and cannot verify.
    let stranger = new_candidate("11010519491231002X", "stranger@example.org");
    sign_up(&world, stranger).unwrap();
    let squatter = new_candidate("440524188001010014", "lisi@example.org");
    sign_up(&world, squatter).unwrap();
    let owner = new_candidate("11010519491231002X", "lisi@example.org");
    sign_up(&world, owner).unwrap();
    verify(&world, &mailed_token(&world)).unwrap();
}

#[test]
fn answers_to_sign_ups_do_not_tell_who_is_registered() {
    let world = World::new();
    sign_up(
        &world,
        new_candidate("11010519491231002X", "lisi@example.org"),
    )
    .unwrap();
    verify(&world, &mailed_token(&world)).unwrap();

    // The same address: the same answer, and its owner is told by mail.
    sign_up(
        &world,
        new_candidate("440524188001010014", "LiSi@example.org"),
    )
    .unwrap();
    let (to, body) = mails(&world).pop().unwrap();
    assert_eq!(to, "lisi@example.org");
    assert!(
        body.contains("/forgot-password") && !body.contains("token="),
        "{body}"
    );

    // The same number: only who has verified an address learns that it has an account.
    sign_up(
        &world,
        new_candidate("11010519491231002x", "other@example.org"),
    )
    .unwrap();
    let token = mailed_token(&world);
    assert_eq!(code(verify(&world, &token)), "resident-id-registered");
    // Its holder is told, and the link is used up.
    let (to, body) = mails(&world).pop().unwrap();
    assert_eq!(to, "lisi@example.org");
    assert!(body.contains("身份证号"), "{body}");
    assert_eq!(code(verify(&world, &token)), "link-expired");
}

#[test]
fn a_link_is_good_for_two_days() {
    let world = World::new();
    sign_up(
        &world,
        new_candidate("11010519491231002X", "lisi@example.org"),
    )
    .unwrap();
    let token = mailed_token(&world);
    world.clock.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(code(verify(&world, &token)), "link-expired");
}

#[test]
fn signing_up_reports_every_wrong_field_at_once() {
    let world = World::new();
    let new = NewCandidate {
        name: " ".into(),
        resident_id: Secret::new("110105194912310021"),
        email: "nobody".into(),
    };
    let problem = sign_up(&world, new).unwrap_err();
    let places: Vec<_> = problem.faults.iter().map(|f| f.place.as_str()).collect();
    assert_eq!(places, ["name", "resident_id", "email"]);
}

#[test]
fn applying_needs_facts_and_a_photograph_that_fits_the_examination() {
    let world = World::new();
    let actor = world.stranger(1);
    assert_eq!(code(world.apply(&actor, 0)), "facts-missing");
    let me = actor.clone();
    world
        .act(move |tx| service::put_facts(tx, &me, &good_facts()))
        .unwrap();
    assert_eq!(code(world.apply(&actor, 0)), "photo-missing");
    let (me, small) = (actor.clone(), sample_png(250, 400, 9000));
    world
        .act(move |tx| service::put_photo(tx, &me, &small, None))
        .unwrap();
    assert_eq!(code(world.apply(&actor, 0)), "photo-too-small");
    let (me, good) = (actor.clone(), sample_png(300, 400, 9000));
    world
        .act(move |tx| service::put_photo(tx, &me, &good, None))
        .unwrap();
    let application = world.apply(&actor, 0).unwrap();
    assert_eq!(
        world.state(&actor, application).state,
        ApplicationState::Submitted
    );
}

#[test]
fn applications_are_taken_from_the_opening_to_the_close() {
    let world = World::new();
    let actor = world.candidate(1);
    world.on_day(0);
    assert_eq!(code(world.apply(&actor, 0)), "registration-not-open");
    world.on_day(9);
    assert_eq!(code(world.apply(&actor, 0)), "registration-closed");
    world.clock.set(world.start.plus_seconds(9 * DAY - 1));
    assert_eq!(code(world.apply(&actor, 0)), "no problem");
}

#[test]
fn one_live_application_in_an_examination() {
    let world = World::new();
    let actor = world.candidate(1);
    let first = world.apply(&actor, 0).unwrap();
    assert_eq!(code(world.apply(&actor, 1)), "already-applied");
    world.withdraw(&actor, first).unwrap();
    assert_eq!(code(world.withdraw(&actor, first)), "already-withdrawn");
    world.apply(&actor, 1).unwrap();
}

#[test]
fn the_screening_advises_and_does_not_decide() {
    let world = World::new();
    let actor = world.candidate(1);
    let me = actor.clone();
    let facts = Facts {
        major: "哲学".into(),
        ..good_facts()
    };
    world
        .act(move |tx| service::put_facts(tx, &me, &facts))
        .unwrap();
    let application = world.apply(&actor, 0).unwrap();
    let findings = world.state(&actor, application).findings;
    let missed: Vec<_> = findings.iter().filter(|f| !f.met).collect();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].criterion, Criterion::Major);
    assert_eq!(
        code(world.review(application, true, "")),
        "against-screening-needs-reason"
    );
    world
        .review(application, true, "the second degree is in law")
        .unwrap();
    let decision = world.last_decision();
    assert_eq!(decision.kind, "application.reviewed");
    assert_eq!(decision.outcome, "approved");
    assert_eq!(
        decision.reason.as_deref(),
        Some("the second degree is in law")
    );
}

#[test]
fn somebody_elses_application_does_not_exist() {
    let world = World::new();
    let (owner, other) = (world.candidate(1), world.candidate(2));
    let application = world.apply(&owner, 0).unwrap();
    assert_eq!(code(world.withdraw(&other, application)), "not-found");
    assert_eq!(code(world.change_post(&other, application, 1)), "not-found");
    let reading = |actor: &Actor| {
        let seen = world
            .store
            .read_blocking(|view| service::application(view, actor, application));
        let photo = world
            .store
            .read_blocking(|view| service::applicant_photo(view, actor, application).map(|_| ()));
        (code(seen), code(photo))
    };
    assert_eq!(reading(&other), ("not-found", "not-found"));
    assert_eq!(reading(&owner), ("no problem", "no problem"));
    assert_eq!(reading(&world.hr), ("no problem", "no problem"));
}

#[test]
fn each_act_asks_for_its_role() {
    let world = World::new();
    let actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    assert_eq!(code(world.apply(&world.hr, 0)), "forbidden");
    assert_eq!(code(world.withdraw(&world.hr, application)), "forbidden");
    for other in [&actor, &world.organiser] {
        let verdict = world.verdict(application, true, "");
        assert_eq!(code(world.decide(other, application, verdict)), "forbidden");
    }
    let (hr, examination) = (world.hr.clone(), world.examination);
    let refused = world.act(move |tx| service::issue_tickets(tx, &hr, examination));
    assert_eq!(code(refused), "forbidden");
    let listed = world
        .store
        .read_blocking(|view| service::applications(view, &actor, examination, None, None, 9));
    assert_eq!(code(listed), "forbidden");
}

#[test]
fn nobody_reviews_their_own_application() {
    let world = World::new();
    let mut actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    actor.roles.push(Role::Hr);
    let verdict = world.verdict(application, true, "");
    let refused = world.decide(&actor, application, verdict);
    assert_eq!(code(refused), "not-for-oneself");
}

#[test]
fn what_changed_since_it_was_read_is_not_decided_on() {
    let world = World::new();
    let actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    let read = world.verdict(application, true, "");
    let me = actor.clone();
    world
        .act(move |tx| service::put_photo(tx, &me, &sample_png(320, 420, 9000), None))
        .unwrap();
    let refused = world.decide(&world.hr, application, read);
    assert_eq!(code(refused), "application-changed-meanwhile");

    let read = world.verdict(application, true, "");
    world.change_post(&actor, application, 1).unwrap();
    let refused = world.decide(&world.hr, application, read);
    assert_eq!(code(refused), "application-changed-meanwhile");
    world.review(application, true, "").unwrap();
}

#[test]
fn a_review_is_decided_once() {
    let world = World::new();
    let actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    assert_eq!(
        code(world.review(application, false, " ")),
        "refusal-needs-reason"
    );
    world
        .review(application, false, "the certificate is missing")
        .unwrap();
    assert_eq!(code(world.review(application, true, "")), "already-decided");
    let seen = world.state(&actor, application);
    assert_eq!(seen.state, ApplicationState::Refused);
    let last = seen.steps.last().unwrap();
    assert_eq!(last.reason.as_deref(), Some("the certificate is missing"));
}

#[test]
fn the_mail_about_a_review_names_neither_person_nor_reason() {
    let world = World::new();
    let actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    world
        .review(application, false, "a private matter")
        .unwrap();
    let body: Vec<u8> = world
        .store
        .read_blocking(|view| Ok(mail::table.select(mail::body_sealed).first(view.db)?))
        .unwrap();
    let body = world.store.vault().open_text(&body).unwrap();
    assert!(body.contains("公务员考试") && body.contains("Civil service"));
    assert!(!body.contains("张三") && !body.contains("private"));
}

#[test]
fn a_refused_candidate_may_move_to_another_post_and_is_reviewed_afresh() {
    let world = World::new();
    let actor = world.candidate(1);
    let application = world.apply(&actor, 0).unwrap();
    assert_eq!(code(world.change_post(&actor, application, 0)), "same-post");
    world.review(application, false, "not this one").unwrap();
    world.change_post(&actor, application, 1).unwrap();
    let seen = world.state(&actor, application);
    assert_eq!(
        (seen.state, seen.post_code.as_str()),
        (ApplicationState::Submitted, "A02")
    );
    assert_eq!(world.last_decision().kind, "application.moved");
    world.review(application, true, "").unwrap();
    assert_eq!(
        code(world.change_post(&actor, application, 0)),
        "post-change-too-late"
    );
    let kinds: Vec<_> = world.state(&actor, application).steps;
    let kinds: Vec<_> = kinds.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["submitted", "refused", "moved", "approved"]);
}

#[test]
fn an_approved_candidate_may_withdraw_to_the_close_where_the_profile_lets_her() {
    let world = World::new();
    let (actor, application) = world.approved(1, 0);
    world.on_day(9);
    assert_eq!(
        code(world.withdraw(&actor, application)),
        "registration-closed"
    );
    world.on_day(8);
    world.withdraw(&actor, application).unwrap();
    assert_eq!(world.last_decision().kind, "application.withdrawn");

    let strict = World::with(&overrides("[registration]\nwithdraw = \"never\"\n"));
    let (actor, application) = strict.approved(1, 0);
    assert_eq!(
        code(strict.withdraw(&actor, application)),
        "withdrawal-not-allowed"
    );
}

#[test]
fn a_reviewed_photograph_stays_as_it_was() {
    let world = World::new();
    let (actor, _) = world.approved(1, 0);
    let another = sample_png(301, 401, 9000);
    let changed = world.act(move |tx| service::put_photo(tx, &actor, &another, None));
    assert_eq!(code(changed), "photo-in-use");
}

#[test]
fn a_post_of_another_examination_is_no_post_here() {
    let world = World::new();
    let actor = world.candidate(1);
    let examination = world.examination;
    let refused = world.act(move |tx| {
        let nowhere = Id::new(tx.now);
        service::apply(tx, &actor, examination, nowhere)
    });
    assert_eq!(code(refused), "no-such-post");
}

#[test]
fn tickets_wait_for_the_close_and_for_every_decision() {
    let world = World::new();
    world.approved(1, 0);
    let undecided = world.candidate(2);
    let open = world.apply(&undecided, 1).unwrap();
    assert_eq!(code(world.issue()), "registration-still-open");
    world.on_day(10);
    let refused = world.issue().unwrap_err();
    assert_eq!(refused.code, "applications-undecided");
    assert_eq!(refused.args, [("count", "1".to_owned())]);
    world.review(open, true, "").unwrap();
    world.issue().unwrap();
    assert_eq!(code(world.issue()), "stage-out-of-order");
    assert_eq!(
        code(world.review(open, false, "late")),
        "stage-out-of-order"
    );
    assert_eq!(code(world.withdraw(&undecided, open)), "stage-out-of-order");
}

#[test]
fn an_examination_without_candidates_gets_no_tickets() {
    let world = World::new();
    world.on_day(10);
    assert_eq!(code(world.issue()), "nobody-admitted");
}

#[test]
fn anyone_can_draw_the_tickets_again_from_the_decision() {
    let world = World::new();
    let people: Vec<_> = (1..=5)
        .map(|number| world.approved(number, usize::from(number % 2 == 0)))
        .collect();
    world.on_day(10);
    world.issue().unwrap();
    let decision = world.last_decision();
    assert_eq!(decision.kind, "tickets.issued");
    assert_eq!(decision.inputs["count"], 5);

    let draw = world
        .store
        .read_blocking(|view| ceremony::draws(view, None, world.examination));
    let draw = draw.unwrap().1.remove(0);
    assert_eq!(decision.inputs["draw"], draw.code);
    assert_eq!(decision.inputs["seed"], draw.seed.clone().unwrap());
    let stored = world
        .store
        .read_blocking(|view| ticketed(view, world.examination))
        .unwrap();
    assert_eq!(stored.len(), people.len());
    let seed = Seed::from_hex(&draw.seed.unwrap()).unwrap();
    // The candidates in the order of the pool are those to whom each place went.
    let places = super::seating::draw(&seed, 5, 2026, Track::CivilService);
    let holder = |place: &super::seating::Place| {
        let row = stored.iter().find(|row| row.ticket_no == place.ticket_no);
        let row = row.unwrap();
        assert_eq!((&row.room, row.seat), (&place.room, place.seat));
        row.application
    };
    let root = super::seating::root(places.iter().map(|place| (place, holder(place))));
    assert_eq!(decision.inputs["root"], hex::encode(root));
    let numbers: BTreeSet<_> = stored.iter().map(|row| row.ticket_no.clone()).collect();
    assert_eq!(numbers.first().unwrap(), "20261000001");
}

#[test]
fn a_ticket_is_for_its_candidate_and_for_those_who_organise() {
    let world = World::new();
    let ((owner, application), (other, _)) = (world.approved(1, 0), world.approved(2, 1));
    let ticket = |actor: &Actor| {
        world
            .store
            .read_blocking(|view| service::ticket(view, actor, application))
    };
    assert_eq!(code(ticket(&owner)), "ticket-not-issued");
    world.on_day(10);
    world.issue().unwrap();
    assert_eq!(code(ticket(&other)), "not-found");
    assert_eq!(code(ticket(&world.organiser)), "no problem");
    let own = ticket(&owner).unwrap();
    assert_eq!(own.subjects.len(), 2);
    assert!(own.resident_id.contains("**********"));
    assert_eq!(world.state(&owner, application).phase, Phase::Ticketed);
}

#[test]
fn lists_show_numbers_masked_and_only_the_wanted_state() {
    let world = World::new();
    let (_, approved) = world.approved(1, 0);
    let waiting = world.apply(&world.candidate(2), 1).unwrap();
    let list = |state| {
        world
            .store
            .read_blocking(|view| {
                service::applications(view, &world.hr, world.examination, state, None, 10)
            })
            .unwrap()
    };
    let ids = |state| list(state).iter().map(|l| l.id).collect::<Vec<_>>();
    assert_eq!(ids(None).len(), 2);
    assert_eq!(ids(Some(ApplicationState::Approved)), [approved]);
    assert_eq!(ids(Some(ApplicationState::Submitted)), [waiting]);
    assert!(list(None)[0].resident_id.contains("**********"));
}
