//! A bank at a glance, and the form that records figures of its items.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Refusal, titles};
use crate::access::{Actor, Role};
use crate::bank::service::{self, Health};
use crate::http::chart::{self, Bar};
use crate::http::{Answer, Page, PageForm, html, html_refused, see_other};
use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::store::Store;

#[derive(Template)]
#[template(path = "bank/templates/health.html")]
struct HealthPage {
    page: Page,
    health: Health,
    bars: Vec<Bar>,
    refused: Option<Refusal>,
    typed: FigureFields,
}

impl HealthPage {
    /// Whether there is anything to draw.
    fn has_figures(&self) -> bool {
        self.bars.iter().any(|bar| bar.count > 0)
    }
}

async fn read(store: &Store, actor: Actor, bank: String) -> Answer<Health> {
    store
        .read(move |view| service::health(view, &actor, &bank))
        .await
}

pub(super) async fn health(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
) -> Answer<HttpResponse> {
    let health = read(&store, actor, bank.into_inner()).await?;
    html(&HealthPage {
        page,
        bars: chart::bars(&health.facility),
        health,
        refused: None,
        typed: FigureFields::default(),
    })
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct FigureFields {
    source: String,
    table: String,
}

pub(super) async fn record(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    PageForm(form): PageForm<FigureFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Reviewer])?;
    let bank = bank.into_inner();
    match write(&store, actor.clone(), bank.clone(), form.clone()).await {
        Ok(_) => Ok(see_other(&format!(
            "/bank/{bank}/health?done=figures-recorded"
        ))),
        Err(problem) if problem.kind == Kind::Invalid => {
            let health = read(&store, actor, bank).await?;
            let again = HealthPage {
                bars: chart::bars(&health.facility),
                refused: Some(Refusal::new(&page, &problem)),
                page,
                health,
                typed: form,
            };
            html_refused(&problem, &again)
        }
        Err(problem) => Err(problem),
    }
}

async fn write(
    store: &Store,
    actor: Actor,
    bank: String,
    form: FigureFields,
) -> Result<usize, Problem> {
    let lines = service::read_figures(&form.table)?;
    store
        .write(move |tx| service::record_figures(tx, &actor, &bank, &lines, &form.source))
        .await
}
