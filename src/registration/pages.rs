//! Pages: signing up, a candidate's own pages, and the review of applications.

mod manage;
mod own;
mod shortfalls;
mod sign_up;

use actix_web::web;
use askama::Template;

use super::rules::{Criterion, Finding};
use super::upload;
use crate::http::Page;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(sign_up::routes)
        .configure(own::routes)
        .configure(manage::routes)
        .configure(shortfalls::routes);
}

/// What is asked on one condition, in words.
fn asked(page: &Page, criterion: Criterion, value: &str) -> String {
    match criterion {
        Criterion::Education => page.t1("reg-at-least", "level", page.word("schooling", value)),
        Criterion::Degree => page.t("reg-degree-asked"),
        _ => stated(page, criterion, value),
    }
}

/// What is stated on one condition, in words.
fn stated(page: &Page, criterion: Criterion, value: &str) -> String {
    match criterion {
        Criterion::Education => page.word("schooling", value),
        Criterion::Degree => page.word("reg-degree", value),
        _ if value.is_empty() => page.t("reg-nothing"),
        Criterion::Category => categories(page, value.split('、')),
        Criterion::Years => page.t1("reg-years-of-work", "years", value),
        Criterion::Major | Criterion::Age | Criterion::Certificates => value.to_owned(),
    }
}

/// Category codes in words; a code that the catalogue does not know stands as it is.
fn categories<'a>(page: &Page, codes: impl Iterator<Item = &'a str>) -> String {
    let word = |code: &str| page.word_or_code("belongs", code);
    codes.map(word).collect::<Vec<_>>().join("、")
}

/// The list of conditions with a mark for each.
#[derive(Template)]
#[template(path = "registration/templates/findings.html")]
struct FindingsPart<'a> {
    page: &'a Page,
    findings: &'a [Finding],
}

/// The conditions of a screening as a part of a page.
fn findings(page: &Page, findings: &[Finding]) -> String {
    FindingsPart { page, findings }.render().unwrap_or_default()
}
