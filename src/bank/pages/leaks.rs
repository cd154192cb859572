//! The page on which a leak is reported, and which says what every leak touches.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::titles;
use crate::access::Actor;
use crate::bank::service::{self, LeakView};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::store::Store;

#[derive(Template)]
#[template(path = "bank/templates/leaks.html")]
struct LeaksPage {
    page: Page,
    leaks: Vec<LeakView>,
}

pub(super) async fn leaks(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<HttpResponse> {
    let leaks = store.read(move |view| service::leaks(view, &actor)).await?;
    html(&LeaksPage { page, leaks })
}

#[derive(Deserialize)]
pub(super) struct LeakFields {
    bank: String,
    code: String,
    reason: String,
}

pub(super) async fn report(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<LeakFields>,
) -> Answer<HttpResponse> {
    let report = move |tx: &mut crate::store::Tx<'_>| {
        let (bank, code) = (form.bank.trim(), form.code.trim());
        service::report_leak(tx, &actor, bank, code, &form.reason)
    };
    store.write(report).await?;
    Ok(see_other("/bank/leaks?done=item-leaked"))
}
