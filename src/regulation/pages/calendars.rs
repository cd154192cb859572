//! Pages: the working-day calendar, and the form that enters a year.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use crate::access::Actor;
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::calendar::{Arrangement, Calendar};
use crate::kernel::{Fault, Problem};
use crate::regulation::calendars::{self, KEEPERS, NewArrangement};
use crate::store::Store;

#[derive(Template)]
#[template(path = "regulation/templates/calendars.html")]
struct CalendarsPage {
    page: Page,
    calendar: Calendar,
}

pub(super) async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<HttpResponse> {
    actor.acting_as(KEEPERS)?;
    let calendar = store.read(calendars::calendar).await?;
    html(&CalendarsPage { page, calendar })
}

/// A year as it is typed: one day a line.
#[derive(Deserialize)]
pub(super) struct YearFields {
    year: i16,
    #[serde(default)]
    off: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    reason: String,
}

impl YearFields {
    fn read(self) -> Result<NewArrangement, Problem> {
        let (mut faults, year) = (Vec::new(), self.year);
        let mut days = |place, text: &str| -> BTreeSet<Date> {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines
                .filter_map(|line| match line.parse() {
                    Ok(day) => Some(day),
                    Err(_) => {
                        faults.push(Fault::new(place, "not-a-day").with("text", line));
                        None
                    }
                })
                .collect()
        };
        let (off, on) = (days("off", &self.off), days("on", &self.on));
        Problem::unless_valid(faults)?;
        Ok(NewArrangement {
            arrangement: Arrangement { year, off, on },
            reason: self.reason,
        })
    }
}

pub(super) async fn enter(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(fields): PageForm<YearFields>,
) -> Answer<HttpResponse> {
    let new = fields.read()?;
    store
        .write(move |tx| calendars::enter(tx, &actor, &new))
        .await?;
    Ok(see_other("/manage/calendars?done=calendar-entered"))
}
