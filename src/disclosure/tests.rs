//! The room's stories, as pages and answers show them.

use actix_web::dev::Service as _;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpMessage as _, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::service::{decisions, log_from};
use crate::access::{Actor, Role};
use crate::ledger;
use crate::ledger::policy::Policy;
use crate::ledger::publish::Logs;
use crate::ranking::fixture::{Sat, actor};

const SEVEN: [&str; 7] = ["84", "82.5", "85", "83", "86.5", "84.5", "81"];
const RESIDENT: &str = "51010119900101001";

/// Two candidates, everything published, the log fixed; and the account of the first one.
fn published() -> (Sat, Actor) {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.sitter("1002", [Some("60"), None]);
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    sat.publish_final().unwrap();
    sat.store
        .write_blocking(|tx| ledger::fix_all(tx, "http://exam.example"))
        .unwrap();
    let me = Actor {
        account: first.account,
        ..actor(Role::Candidate)
    };
    (sat, me)
}

/// What a visitor gets from an address.
fn get(sat: &Sat, who: Option<Actor>, path: &str) -> (StatusCode, String) {
    actix_web::rt::System::new().block_on(answer(sat, who, path))
}

async fn answer(sat: &Sat, who: Option<Actor>, path: &str) -> (StatusCode, String) {
    let app = init_service(
        App::new()
            .app_data(web::Data::new(sat.store.clone()))
            .app_data(web::Data::new(Logs::new(
                std::path::PathBuf::new(),
                "http://exam.example",
                Policy::default(),
            )))
            .wrap_fn(move |request, next| {
                if let Some(actor) = who.clone() {
                    request.extensions_mut().insert(actor);
                }
                next.call(request)
            })
            .configure(super::pages::routes)
            .configure(crate::ranking::pages::routes),
    )
    .await;
    let answer = call_service(&app, TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (
        status,
        String::from_utf8(read_body(answer).await.to_vec()).unwrap(),
    )
}

fn names_nobody(text: &str) {
    assert!(!text.contains("张三") && !text.contains(RESIDENT), "{text}");
    assert!(!text.contains('‹'), "a message is missing: {text}");
}

#[test]
fn the_public_sees_ticket_numbers_and_no_names() {
    let (sat, _) = published();
    let (status, text) = get(
        &sat,
        None,
        &format!("/examinations/{}/results", sat.examination),
    );
    assert_eq!(status, StatusCode::OK);
    names_nobody(&text);
    for shown in ["1001", "1002", "74.785", "41.265", "2026-07-08", "<svg"] {
        assert!(text.contains(shown), "{shown}");
    }
}

#[test]
fn before_publication_there_is_nothing_to_see() {
    let sat = Sat::new(1);
    sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    let (status, text) = get(
        &sat,
        None,
        &format!("/examinations/{}/results", sat.examination),
    );
    assert_eq!(status, StatusCode::OK);
    assert!(!text.contains("1001") && !text.contains("71.05"));
}

#[test]
fn candidates_can_follow_their_own_sum() {
    let (sat, me) = published();
    let path = format!("/my/results/{}", sat.examination);
    let (status, text) = get(&sat, Some(me), &path);
    assert_eq!(status, StatusCode::OK);
    names_nobody(&text);
    assert!(
        text.contains("行政职业能力测验 71.05 × 30% + 申论 66.5 × 30% = 41.265"),
        "{text}"
    );
    assert!(
        text.contains("笔试折合成绩 41.265 + 面试 83.8 × 40% = 74.785"),
        "{text}"
    );
    let stranger = get(&sat, Some(actor(Role::Candidate)), &path);
    assert_eq!(stranger.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&sat, None, &path).0, StatusCode::UNAUTHORIZED);
}

#[test]
fn the_log_is_open_and_says_what_was_decided_but_not_of_whom() {
    let (sat, _) = published();
    let (status, text) = get(&sat, None, "/log");
    assert_eq!(status, StatusCode::OK);
    names_nobody(&text);
    let last = sat
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap()
        .unwrap();
    // As checkpoints and receipts write it, so that people can compare.
    let root = STANDARD.encode(hex::decode(&last.root).unwrap());
    assert!(
        text.contains(&root) && text.contains("公布总成绩"),
        "{text}"
    );
    assert!(!text.contains("74.785") && !text.contains("1001"));
}

#[test]
fn supervisors_open_decisions_and_nobody_else() {
    let (sat, me) = published();
    let path = format!("/decisions?examination={}", sat.examination);
    let (status, text) = get(&sat, Some(actor(Role::Supervisor)), &path);
    assert_eq!(status, StatusCode::OK);
    names_nobody(&text);
    assert!(text.contains("74.785") && text.contains("merit.published"));
    for other in [me, sat.hr.clone(), actor(Role::Organiser)] {
        assert_eq!(
            get(&sat, Some(other.clone()), &path).0,
            StatusCode::FORBIDDEN
        );
        let refused = sat
            .store
            .read_blocking(|v| decisions(v, &other, 2026, None, None, 10));
        assert_eq!(refused.unwrap_err().code, "forbidden");
    }
}

#[test]
fn hr_sees_what_is_still_missing() {
    let sat = Sat::new(1);
    sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    let path = format!("/manage/examinations/{}/results", sat.examination);
    let (status, text) = get(&sat, Some(sat.hr.clone()), &path);
    assert_eq!(status, StatusCode::OK);
    assert!(
        text.contains("data-confirm") && !text.contains('‹'),
        "{text}"
    );
    sat.publish_written().unwrap();
    let (_, text) = get(&sat, Some(sat.hr.clone()), &path);
    assert!(
        text.contains("1001") && text.contains("/marking/posts/"),
        "{text}"
    );
}

#[test]
fn a_stranger_computes_the_root_from_the_published_leaves() {
    let (sat, _) = published();
    let lines = sat
        .store
        .read_blocking(|v| log_from(v, 2026, 0, 1000))
        .unwrap();
    let hashes: Vec<[u8; 32]> = lines
        .iter()
        .map(|line| crate::kernel::merkle::leaf_hash(line.leaf.as_bytes()))
        .collect();
    let last = sat
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap()
        .unwrap();
    assert_eq!(hex::encode(crate::kernel::merkle::root(&hashes)), last.root);
}
