//! What was said of an item, and what an edit of it changed.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Actor;
use crate::bank::diff::{Change, changes};
use crate::bank::forms::ItemFields;
use crate::bank::item::Item;
use crate::bank::{api, service};
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::Id;
use crate::store::Store;

#[derive(Template)]
#[template(path = "bank/templates/version.html")]
struct VersionPage {
    page: Page,
    id: Id,
    code: String,
    version: i32,
    changes: Vec<Change>,
}

pub(super) async fn version(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, i32)>,
) -> Answer<HttpResponse> {
    let (id, version) = path.into_inner();
    let reader = actor.clone();
    let edited = store
        .read(move |view| service::edited(view, &reader, id, version))
        .await?;
    api::note(&store, actor, id, (edited.state, version)).await?;
    let before = fields(&page, &edited.bank, &edited.before);
    let after = fields(&page, &edited.bank, &edited.after);
    html(&VersionPage {
        id,
        version,
        code: edited.after.code,
        changes: changes(&before, &after),
        page,
    })
}

/// The fields of an item as people read them.
fn fields(page: &Page, bank: &str, item: &Item) -> Vec<(&'static str, String)> {
    let mut texts = ItemFields::of(bank.to_owned(), item).texts();
    for (field, text) in &mut texts {
        match *field {
            "kind" => *text = page.word("item-kind", text),
            "difficulty" => *text = page.word("difficulty", text),
            "key" if matches!(text.as_str(), "true" | "false") => {
                *text = page.word("item-key", text);
            }
            _ => {}
        }
    }
    texts
}

#[derive(Deserialize)]
pub(super) struct CommentFields {
    text: String,
}

pub(super) async fn comment(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<CommentFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::comment(tx, &actor, id, &form.text))
        .await?;
    Ok(see_other(&format!(
        "/bank/items/{id}?done=item-commented#comments"
    )))
}
