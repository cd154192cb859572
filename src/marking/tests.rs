//! The room's stories, on a database of their own.

mod exam;

use std::collections::BTreeMap;

use diesel::prelude::*;

use self::exam::*;
use super::service::{self, Begun, Unfinished};
use super::{BallotCount, ResultMark};
use crate::access::{Actor, Role};
use crate::assembly::{Paper, PaperSection, PlacedItem};
use crate::bank::item::{Answer, Body, Difficulty, Item, RubricPoint};
use crate::kernel::error::Kind;
use crate::kernel::{Clock, Id, Instant, Problem, Score};
use crate::regulation::service::{NewExamination, open};
use crate::regulation::{Phase, Track};
use crate::sitting::records::digest;
use crate::store::schema::{
    account, application, attempt, decision, examination, item, item_version, organisation, paper,
    post, ranking, response, subject,
};
use crate::store::{Store, Tx};

#[test]
fn a_key_changed_after_the_lock_changes_no_mark() {
    let exam = Exam::of(Track::CivilService);
    let statement = exam.statement;
    exam.change(move |tx| {
        insert_version(
            tx,
            statement,
            "statement",
            2,
            Body::TrueFalse { key: false },
        )
        .unwrap();
        let changed = diesel::update(item::table.find(statement)).set(item::version.eq(2));
        changed.execute(tx.db).unwrap();
    });
    let begun = exam.begin(&actor(Role::Organiser)).unwrap();
    let expected = Begun {
        attempts: 1,
        scripts: 1,
        absences: 1,
    };
    assert_eq!(begun, expected);
    assert_eq!(exam.decisions("objective.marked"), 1);
    let (one, other) = (actor(Role::Marker), actor(Role::Marker));
    let script = exam.next(&one).unwrap();
    exam.mark(&one, script, "12").unwrap();
    assert_eq!(exam.results(exam.sat).get("xingce"), None);
    assert_eq!(exam.unfinished().scripts_waiting, 1);
    exam.mark(&other, script, "15").unwrap();
    let total = ResultMark::Mark(score("15.5"));
    assert_eq!(exam.results(exam.sat).get("xingce"), Some(&total));
    assert_eq!(exam.unfinished().scripts_waiting, 0);
}

#[test]
fn who_did_not_sit_is_absent_and_not_zero() {
    let (exam, _) = Exam::marking();
    let absent = BTreeMap::from([("xingce".to_owned(), ResultMark::Absent)]);
    assert_eq!(exam.results(exam.absent), absent);
}

#[test]
fn marking_begins_once_when_everything_is_over_and_by_an_organiser() {
    let exam = Exam::of(Track::CivilService);
    let organiser = actor(Role::Organiser);
    for role in [Role::Marker, Role::Hr, Role::Candidate] {
        assert_eq!(exam.begin(&actor(role)).unwrap_err().kind, Kind::Forbidden);
    }
    exam.store.clock().set(NOW.plus_seconds(-1));
    assert_eq!(
        exam.begin(&organiser).unwrap_err().code,
        "sittings-not-over"
    );
    exam.store.clock().set(NOW);
    let attempt = exam.attempt;
    let set_state = move |tx: &mut Tx<'_>, state: &str| {
        let row = diesel::update(attempt::table.find(attempt)).set(attempt::state.eq(state));
        row.execute(tx.db).unwrap();
    };
    exam.change(move |tx| set_state(tx, "open"));
    let refused = exam.begin(&organiser).unwrap_err();
    assert_eq!(refused.code, "attempts-still-open");
    assert_eq!(refused.args, [("count", "1".to_owned())]);
    exam.change(move |tx| set_state(tx, "closed"));
    exam.begin(&organiser).unwrap();
    assert_eq!(
        exam.begin(&organiser).unwrap_err().code,
        "stage-out-of-order"
    );
    assert_eq!(exam.decisions("marking.begun"), 1);
}

#[test]
fn an_attempt_closed_between_preparing_and_beginning_is_not_forgotten() {
    let exam = Exam::of(Track::CivilService);
    let (id, subject) = (exam.id, exam.subject);
    let organiser = actor(Role::Organiser);
    let prepare = |v: &mut crate::store::View<'_>| service::prepare(v, &organiser, id);
    let prepared = exam.store.read_blocking(prepare).unwrap();
    exam.change(move |tx| {
        let post: Id = post::table.select(post::id).first(tx.db).unwrap();
        let late = insert_candidate(tx, id, post, "T0003").unwrap();
        let paper = insert_paper(tx, subject, late.0, &[]).unwrap();
        insert_attempt(tx, subject, late, paper).unwrap();
    });
    let begin = move |tx: &mut Tx<'_>| service::begin(tx, &organiser, &prepared);
    let refused = exam.store.write_blocking(begin).unwrap_err();
    assert_eq!(refused.code, "marking-outdated");
}

#[test]
fn an_answer_altered_after_hand_in_stops_the_marking() {
    let exam = Exam::of(Track::CivilService);
    let attempt = exam.attempt;
    exam.change(move |tx| {
        let other = serde_json::to_string(&Answer::Judgement { holds: false }).unwrap();
        diesel::update(response::table.find((attempt, 1)))
            .set(response::answer.eq(other))
            .execute(tx.db)
            .unwrap();
    });
    let refused = exam.begin(&actor(Role::Organiser)).unwrap_err();
    assert_eq!(refused.code, "answers-altered");
}

#[test]
fn a_marker_sees_the_answer_and_nobody_behind_it_and_marks_it_once() {
    let (exam, script) = Exam::marking();
    let (one, other) = (actor(Role::Marker), actor(Role::Marker));
    let view = exam
        .store
        .read_blocking(|v| service::script(v, &one, script));
    let seen = serde_json::to_string(&view.unwrap()).unwrap();
    assert!(seen.contains("考试面前人人平等") && seen.contains("观点"));
    for hidden in [exam.sat, exam.attempt, exam.id] {
        assert!(!seen.contains(&hidden.to_string()));
    }
    assert!(!seen.contains("T0001"));
    exam.mark(&one, script, "12").unwrap();
    assert_eq!(exam.next(&one), None);
    let again = exam
        .store
        .read_blocking(|v| service::script(v, &one, script));
    assert_eq!(again.unwrap_err().code, "already-marked-by-you");
    let again = exam.mark(&one, script, "12").unwrap_err();
    assert_eq!(again.code, "already-marked-by-you");
    assert_eq!(exam.next(&other), Some(script));
    let desk = exam
        .store
        .read_blocking(|v| service::desk(v, &one))
        .unwrap();
    assert_eq!((desk.done, desk.waiting), (1, 0));
    assert_eq!(exam.decisions("script.marked"), 1);
}

#[test]
fn two_who_differ_call_a_third_and_three_who_differ_an_arbiter() {
    let (exam, script) = Exam::marking();
    let markers: Vec<Actor> = (0..5).map(|_| actor(Role::Marker)).collect();
    for (marker, mark) in markers.iter().zip(["2", "16", "8"]) {
        assert_eq!(exam.next(marker), Some(script));
        exam.mark(marker, script, mark).unwrap();
        assert_eq!(exam.unfinished().scripts_waiting, 1);
    }
    let organiser = actor(Role::Organiser);
    let progress = exam
        .store
        .read_blocking(|v| service::progress(v, &organiser, exam.id))
        .unwrap();
    assert_eq!(progress.subjects[0].in_arbitration, 1);
    assert_eq!(exam.next(&markers[2]), None);
    exam.mark(&markers[3], script, "11.5").unwrap();
    let total = ResultMark::Mark(score("13.5"));
    assert_eq!(exam.results(exam.sat).get("xingce"), Some(&total));
    assert_eq!(exam.decisions("script.settled"), 1);
    let late = exam.mark(&markers[4], script, "11").unwrap_err();
    assert_eq!(late.code, "script-settled");
}

#[test]
fn a_third_who_agrees_with_one_settles_it_with_him() {
    let (exam, script) = Exam::marking();
    for mark in ["2", "16", "14"] {
        exam.mark(&actor(Role::Marker), script, mark).unwrap();
    }
    let total = ResultMark::Mark(score("17"));
    assert_eq!(exam.results(exam.sat).get("xingce"), Some(&total));
}

#[test]
fn marks_that_cannot_be_are_refused_and_change_nothing() {
    let (exam, script) = Exam::marking();
    let marker = actor(Role::Marker);
    let fault = |mark| exam.mark(&marker, script, mark).unwrap_err().faults[0].code;
    assert_eq!(fault("20.5"), "mark-out-of-range");
    assert_eq!(fault("-0.5"), "mark-out-of-range");
    assert_eq!(fault("12.25"), "mark-between-steps");
    let organiser = exam
        .mark(&actor(Role::Organiser), script, "12")
        .unwrap_err();
    assert_eq!(organiser.kind, Kind::Forbidden);
    let nobody = exam.mark(&marker, Id::new(NOW), "12").unwrap_err();
    assert_eq!(nobody.kind, Kind::NotFound);
    assert_eq!(exam.decisions("script.marked"), 0);
    exam.set_phase(Phase::WrittenPublished);
    let late = exam.mark(&marker, script, "12").unwrap_err();
    assert_eq!(late.code, "stage-out-of-order");
}

#[test]
fn a_panel_marks_those_who_are_shortlisted_once_written_results_are_out() {
    let (exam, _) = Exam::marking();
    let early = exam.panel(Role::Hr, 1, "80", "").unwrap_err();
    assert_eq!(early.code, "stage-out-of-order");
    exam.set_phase(Phase::WrittenPublished);
    let unlisted = exam.panel(Role::Hr, 1, "80", "").unwrap_err();
    assert_eq!(unlisted.code, "not-shortlisted");
    exam.shortlist(exam.sat, "entered");
    exam.shortlist(exam.absent, "absent");
    let marker = exam.panel(Role::Marker, 1, "80", "").unwrap_err();
    assert_eq!(marker.kind, Kind::Forbidden);
    assert_eq!(exam.unfinished().panels_incomplete, 1);
    for examiner in 1..=7 {
        exam.panel(Role::Hr, examiner, "80.25", "").unwrap();
    }
    let panel = ResultMark::Panel(vec![score("80.25"); 7]);
    assert_eq!(exam.results(exam.sat).get("interview"), Some(&panel));
    assert_eq!(exam.unfinished().panels_incomplete, 0);
    let fault = |examiner, mark| {
        let refused = exam
            .panel(Role::Organiser, examiner, mark, "slip")
            .unwrap_err();
        refused.faults[0].code
    };
    assert_eq!(fault(8, "80"), "no-such-examiner");
    assert_eq!(fault(1, "100.01"), "mark-out-of-range");
    assert_eq!(fault(1, "80.125"), "mark-too-fine");
}

#[test]
fn a_correction_needs_a_reason_and_keeps_both_marks_in_the_log() {
    let (exam, _) = Exam::marking();
    exam.set_phase(Phase::WrittenPublished);
    exam.shortlist(exam.sat, "entered_by_tie");
    exam.panel(Role::Hr, 1, "80", "").unwrap();
    exam.panel(Role::Hr, 1, "80", "").unwrap();
    assert_eq!(exam.decisions("panel.marked"), 1);
    let refused = exam.panel(Role::Hr, 1, "81", " ").unwrap_err();
    assert_eq!(refused.faults[0].code, "reason-for-correction");
    exam.panel(Role::Hr, 1, "81", "misread the sheet").unwrap();
    assert_eq!(exam.decisions("panel.corrected"), 1);
}

#[test]
fn who_missed_the_interview_is_absent_until_it_is_corrected() {
    let (exam, _) = Exam::marking();
    exam.set_phase(Phase::WrittenPublished);
    exam.shortlist(exam.sat, "entered");
    let of = exam.sat;
    let absent = move |tx: &mut Tx<'_>| {
        let why = "did not sign in";
        service::enter_absence(tx, &actor(Role::Organiser), of, "interview", why)
    };
    exam.store.write_blocking(absent).unwrap();
    let interview = |exam: &Exam| exam.results(exam.sat).remove("interview");
    assert_eq!(interview(&exam), Some(ResultMark::Absent));
    assert!(exam.panel(Role::Hr, 1, "80", "").is_err());
    exam.panel(Role::Hr, 1, "80", "came late, admitted")
        .unwrap();
    assert_eq!(interview(&exam), None);
    let refused = exam.store.write_blocking(absent).unwrap_err();
    assert_eq!(refused.code, "panel-has-marks");
}

#[test]
fn an_absence_is_entered_with_a_reason_of_those_who_were_to_come() {
    let (exam, _) = Exam::marking();
    let of = exam.sat;
    let absent = |component: &'static str, why: &'static str| {
        let enter =
            move |tx: &mut Tx<'_>| service::enter_absence(tx, &actor(Role::Hr), of, component, why);
        let refused = exam.store.write_blocking(enter).unwrap_err();
        refused.faults.first().map_or(refused.code, |f| f.code)
    };
    assert_eq!(absent("interview", "x"), "stage-out-of-order");
    exam.set_phase(Phase::WrittenPublished);
    assert_eq!(absent("interview", "x"), "not-shortlisted");
    exam.shortlist(exam.sat, "entered");
    assert_eq!(absent("interview", " "), "required");
    assert_eq!(absent("xingce", "x"), "not-a-panel-component");
}

#[test]
fn the_count_of_a_vote_is_entered_where_the_profile_has_one() {
    let exam = Exam::of(Track::Title);
    exam.set_phase(Phase::WrittenPublished);
    let of = exam.sat;
    let enter = |yes: u32, attending: u32, why: &'static str, component: &'static str| {
        let count = BallotCount {
            yes,
            attending,
            members: 25,
        };
        exam.store.write_blocking(move |tx| {
            service::enter_ballot(tx, &actor(Role::Hr), of, component, count, Some(why))
        })
    };
    let fault = |refused: Result<(), Problem>| refused.unwrap_err().faults[0].code;
    assert_eq!(fault(enter(24, 23, "", "committee")), "more-than-possible");
    assert_eq!(fault(enter(17, 24, "", "interview")), "no-such-component");
    enter(17, 24, "", "committee").unwrap();
    enter(17, 24, "", "committee").unwrap();
    assert_eq!(
        fault(enter(16, 24, "", "committee")),
        "reason-for-correction"
    );
    enter(16, 24, "recounted", "committee").unwrap();
    let count = BallotCount {
        yes: 16,
        attending: 24,
        members: 25,
    };
    let ballot = ResultMark::from(count);
    assert_eq!(exam.results(exam.sat).get("committee"), Some(&ballot));
    assert_eq!(exam.decisions("ballot.entered"), 1);
    assert_eq!(exam.decisions("ballot.corrected"), 1);
}

/// A page as `by` sees it in Chinese or English.
fn page(exam: &Exam, by: &Actor, address: &str, lang: &'static str) -> (u16, String) {
    use actix_web::dev::Service as _;
    use actix_web::{App, HttpMessage as _, rt::System, test, web};
    let (store, by) = (exam.store.clone(), by.clone());
    System::new().block_on(async move {
        let app = App::new()
            .app_data(web::Data::new(store))
            .configure(super::pages::routes)
            .wrap_fn(move |request, next| {
                request.extensions_mut().insert(by.clone());
                next.call(request)
            });
        let app = test::init_service(app).await;
        let request = test::TestRequest::get()
            .uri(address)
            .insert_header(("accept-language", lang));
        let answer = test::call_service(&app, request.to_request()).await;
        let status = answer.status().as_u16();
        let body = test::read_body(answer).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    })
}

#[test]
fn every_page_finds_its_words_in_both_languages() {
    let before = Exam::of(Track::CivilService);
    let (exam, script) = Exam::marking();
    let (marker, organiser) = (actor(Role::Marker), actor(Role::Organiser));
    let seen = |exam: &Exam, by: &Actor, address: &str| {
        for lang in ["zh-CN", "en"] {
            let (status, text) = page(exam, by, address, lang);
            assert_eq!(status, 200, "{address}");
            assert!(!text.contains('‹'), "{address}: a message is missing");
        }
    };
    seen(&exam, &marker, "/marking");
    seen(&exam, &marker, &format!("/marking/script/{script}"));
    let manage = |exam: &Exam| format!("/manage/examinations/{}/marking", exam.id);
    seen(&before, &organiser, &manage(&before));
    seen(&exam, &organiser, &manage(&exam));
    exam.set_phase(Phase::WrittenPublished);
    exam.shortlist(exam.sat, "entered");
    exam.panel(Role::Hr, 1, "80", "").unwrap();
    seen(&exam, &organiser, &manage(&exam));
    let first = |v: &mut crate::store::View<'_>| Ok(post::table.select(post::id).first(v.db)?);
    let post: Id = exam.store.read_blocking(first).unwrap();
    let sheet = format!("{}/posts/{post}", manage(&exam));
    seen(&exam, &organiser, &sheet);
    let (_, text) = page(&exam, &organiser, &sheet, "en");
    assert!(text.contains("T0001") && !text.contains("T0002"));
    let (status, _) = page(&exam, &marker, &sheet, "en");
    assert_eq!(status, 403);
}
