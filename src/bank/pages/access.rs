//! The page on which the security administrator says who may see which bank.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::titles;
use crate::access::Actor;
use crate::bank::service::{self, BankAccess};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::store::Store;

#[derive(Template)]
#[template(path = "bank/templates/access.html")]
struct AccessPage {
    page: Page,
    banks: Vec<BankAccess>,
    staff: Vec<(Id, String)>,
}

pub(super) async fn banks(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<HttpResponse> {
    let (banks, staff) = store
        .read(move |view| {
            let banks = service::bank_access(view, &actor)?;
            Ok((banks, service::bank_staff(view, &actor)?))
        })
        .await?;
    html(&AccessPage { page, banks, staff })
}

#[derive(Deserialize)]
pub(super) struct AccessFields {
    bank: String,
    account: Id,
    reason: String,
}

pub(super) async fn grant(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<AccessFields>,
) -> Answer<HttpResponse> {
    let grant = move |tx: &mut crate::store::Tx<'_>| {
        service::grant_bank(tx, &actor, form.bank.trim(), form.account, &form.reason)
    };
    store.write(grant).await?;
    Ok(see_other("/bank/access?done=bank-access-granted"))
}

pub(super) async fn revoke(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<AccessFields>,
) -> Answer<HttpResponse> {
    let revoke = move |tx: &mut crate::store::Tx<'_>| {
        service::revoke_bank(tx, &actor, form.bank.trim(), form.account, &form.reason)
    };
    store.write(revoke).await?;
    Ok(see_other("/bank/access?done=bank-access-revoked"))
}
