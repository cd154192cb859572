//! The page on which a committee reads how equal the papers of a subject are.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::access::Actor;
use crate::assembly::forms::{self, AbilityReport, Report};
use crate::assembly::service;
use crate::http::{Answer, Page, html};
use crate::kernel::Id;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::Store;

#[derive(Template)]
#[template(path = "assembly/templates/report.html")]
struct ReportPage {
    page: Page,
    examination: Examination,
    subject: Subject,
    report: Report,
}

impl ReportPage {
    fn band(&self) -> String {
        forms::band(&self.report)
    }

    fn overlaps(&self) -> String {
        forms::histogram(&self.report.overlap_bars, &|at| at.to_string())
    }

    /// The farthest that any paper is from its target at any ability, in marks.
    fn worst(&self) -> String {
        self.three(&self.report.worst())
    }

    /// The mean of the bank: the target, unless another is stated.
    const fn bank<'a>(&self, one: &'a AbilityReport) -> &'a f64 {
        match &one.bank {
            Some(bank) => bank,
            None => &one.target,
        }
    }

    fn minutes(&self, seconds: &f64) -> String {
        format!("{:.1}", seconds / 60.0)
    }

    fn percent(&self, share: &f64) -> String {
        format!("{:.1}%", share * 100.0)
    }

    fn whole(&self, number: &f64) -> String {
        format!("{number:.0}")
    }

    fn two(&self, number: &f64) -> String {
        format!("{number:.2}")
    }

    fn three(&self, number: &f64) -> String {
        format!("{number:.3}")
    }

    fn signed(&self, number: &f64) -> String {
        format!("{number:+.3}")
    }
}

pub(super) async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, subject, report) = store
        .read(move |view| {
            let (subject, report) = service::report(view, &actor, id)?;
            let examination = regulation::load(view, subject.examination)?;
            Ok((examination, subject, report))
        })
        .await?;
    html(&ReportPage {
        page,
        examination,
        subject,
        report,
    })
}
