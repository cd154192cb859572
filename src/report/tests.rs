//! The room's stories.

use super::service::{FileKind, record_export, results};
use crate::access::Role;
use crate::http::Lang;
use crate::ledger;
use crate::ranking::fixture::{Sat, actor};

const SEVEN: [&str; 7] = ["84", "82.5", "85", "83", "86.5", "84.5", "81"];

fn published() -> Sat {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.sitter("1002", [Some("60"), None]);
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    sat.publish_final().unwrap();
    sat
}

#[test]
fn hr_gets_names_and_numbers_and_everybody_who_sat() {
    let sat = published();
    let file = sat
        .store
        .read_blocking(|v| results(v, &sat.hr, sat.examination, FileKind::Csv, Lang::Zh))
        .unwrap();
    assert_eq!((file.rows, file.name.as_str()), (2, "2026-gwy-results.csv"));
    let text = String::from_utf8(file.content).unwrap();
    assert!(text.starts_with('\u{feff}'));
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[1].starts_with("001,综合管理,1,1001,张三1001,51010119900101001"),
        "{text}"
    );
    assert!(
        lines[1].ends_with(",71.05,66.5,83.8,41.265,74.785,拟录用"),
        "{text}"
    );
    assert!(
        lines[2].contains(",1002,") && lines[2].contains("缺考"),
        "{text}"
    );
}

#[test]
fn an_export_leaves_a_decision_with_the_hash_of_the_file() {
    let sat = published();
    let (hr, id) = (sat.hr.clone(), sat.examination);
    sat.store
        .write_blocking(move |tx| record_export(tx, &hr, id, FileKind::Xlsx, 2, [7; 32]))
        .unwrap();
    let newest = sat
        .store
        .read_blocking(|v| ledger::recent(v, 2026, None, None, 1))
        .unwrap();
    assert_eq!(newest[0].payload.kind, "export.made");
    let inputs = serde_json::json!({ "kind": "xlsx", "rows": 2, "sha256": "07".repeat(32) });
    assert_eq!(newest[0].payload.inputs, inputs);
}

#[test]
fn nobody_but_hr_exports_and_not_before_publication() {
    let sat = Sat::new(1);
    let export = |role| {
        sat.store
            .read_blocking(|v| results(v, &actor(role), sat.examination, FileKind::Csv, Lang::Zh))
            .unwrap_err()
            .code
    };
    assert_eq!(export(Role::Hr), "stage-out-of-order");
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Hr) {
        assert_eq!(export(role), "forbidden");
    }
}

/// The file as HR downloads it, and what the log holds afterwards.
#[test]
fn what_is_downloaded_is_what_was_recorded() {
    use actix_web::dev::Service as _;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpMessage as _, web};
    use utoipa_actix_web::AppExt as _;

    let sat = published();
    let (hr, store) = (sat.hr.clone(), sat.store.clone());
    let path = format!("/examinations/{}/results.xlsx", sat.examination);
    let body = actix_web::rt::System::new().block_on(async move {
        let app = init_service(
            App::new()
                .app_data(web::Data::new(store))
                .wrap_fn(move |request, next| {
                    request.extensions_mut().insert(hr.clone());
                    next.call(request)
                })
                .into_utoipa_app()
                .configure(super::api::operations)
                .into_app(),
        )
        .await;
        let answer = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
        assert!(answer.status().is_success());
        let disposition = answer.headers().get("content-disposition").unwrap();
        assert_eq!(
            disposition,
            "attachment; filename=\"2026-gwy-results.xlsx\""
        );
        read_body(answer).await
    });
    let newest = sat
        .store
        .read_blocking(|v| ledger::recent(v, 2026, None, None, 1));
    let inputs = &newest.unwrap()[0].payload.inputs;
    assert_eq!(inputs["sha256"], hex::encode(crate::store::sha256(&body)));
    assert_eq!(inputs["rows"], 2);
}
