//! Pages: files of items, looked at before they are imported.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{AuthorOnly, OverviewPage, Refusal};
use crate::bank::api;
use crate::bank::formats::Defaults;
use crate::bank::forms::ImportFields;
use crate::bank::item::{Difficulty, Item, option_letter};
use crate::bank::service::{self, Preview};
use crate::http::{Answer, Page, html, html_refused, see_other};
use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::store::Store;

/// Items that a preview shows as they will look.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "bank/templates/preview.html")]
struct PreviewPage {
    page: Page,
    preview: Option<Preview>,
    refused: Option<Refusal>,
}

impl PreviewPage {
    fn first(&self) -> &[Item] {
        let items = self
            .preview
            .as_ref()
            .map_or(&[][..], |preview| &preview.items);
        &items[..items.len().min(SHOWN)]
    }

    /// A text of an item. What is not kept yet has no address: its pictures stand in the page.
    fn rich(&self, item: &Item, text: &str) -> String {
        let pictures = self.preview.iter().flat_map(|preview| &preview.pictures);
        let mut html = item.markup.html(text, "/bank/pictures/");
        for (hash, (media, bytes)) in pictures {
            let address = format!("/bank/pictures/{}", hex::encode(hash));
            if html.contains(&address) {
                let data = format!("data:{media};base64,{}", STANDARD.encode(bytes));
                html = html.replace(&address, &data);
            }
        }
        html
    }

    /// Place and sentence of what is lost.
    fn losses(&self) -> Vec<(String, String)> {
        let losses = self.preview.iter().flat_map(|preview| &preview.losses);
        let said = losses.map(|loss| {
            let args = loss
                .args
                .iter()
                .map(|(name, value)| (*name, value.as_str()));
            let key = format!("loss-{}", loss.code);
            let place = super::place(&self.page, &loss.place);
            (place, self.page.lang.message_with(&key, args))
        });
        said.collect()
    }
}

/// The letter under which an option will be shown.
fn letter(place: &usize) -> char {
    option_letter(*place)
}

/// What a form with a file says besides the file.
fn defaults(form: &ImportFields, bank: &str) -> Defaults {
    let filled = |text: &str, other: &str| match text.trim() {
        "" => other.to_owned(),
        text => text.to_owned(),
    };
    let section = filled(&form.section, bank);
    Defaults {
        topic: filled(&form.topic, &section),
        section,
        difficulty: Difficulty::parse(&form.difficulty).unwrap_or(Difficulty::Medium),
        prefix: prefix(form.file.file_name.as_deref().unwrap_or_default()),
    }
}

/// Codes begin with the name of the file, as far as a code can.
fn prefix(file_name: &str) -> String {
    let stem = file_name
        .rsplit_once('.')
        .map_or(file_name, |(stem, _)| stem);
    let allowed = |c: &char| c.is_ascii_alphanumeric() || ['-', '_'].contains(c);
    let prefix: String = stem.chars().filter(allowed).take(40).collect();
    if prefix.is_empty() {
        "item".to_owned()
    } else {
        prefix
    }
}

/// Shows what a file would bring. Nothing is kept.
pub(super) async fn preview(
    page: Page,
    store: web::Data<Store>,
    AuthorOnly(actor): AuthorOnly,
    MultipartForm(form): MultipartForm<ImportFields>,
) -> Answer<HttpResponse> {
    must_be_own(&page, &form)?;
    let bank = form.bank.trim().to_owned();
    let defaults = defaults(&form, &bank);
    let name = form.file.file_name.unwrap_or_default();
    let read = api::read(name, form.file.data, defaults).await;
    let preview = match read {
        Ok((_, reading)) => {
            store
                .read(move |view| service::preview(view, &actor, &bank, reading))
                .await
        }
        Err(problem) => Err(problem),
    };
    match preview {
        Ok(preview) => html(&PreviewPage {
            page,
            preview: Some(preview),
            refused: None,
        }),
        Err(problem) if problem.kind == Kind::Invalid => {
            let refused = Some(Refusal::new(&page, &problem));
            let again = PreviewPage {
                page,
                preview: None,
                refused,
            };
            html_refused(&problem, &again)
        }
        Err(problem) => Err(problem),
    }
}

fn must_be_own(page: &Page, form: &ImportFields) -> Result<(), Problem> {
    if form.csrf == page.csrf() {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, "form-expired"))
}

/// Imports a file: all of it, or nothing.
pub(super) async fn import(
    page: Page,
    store: web::Data<Store>,
    AuthorOnly(actor): AuthorOnly,
    MultipartForm(form): MultipartForm<ImportFields>,
) -> Answer<HttpResponse> {
    must_be_own(&page, &form)?;
    let bank = form.bank.trim().to_owned();
    let file = api::ItemFile {
        defaults: defaults(&form, &bank),
        name: form.file.file_name.unwrap_or_default(),
        bytes: form.file.data,
    };
    match api::import(&store, actor.clone(), bank.clone(), None, file).await {
        Ok(_) => Ok(see_other("/bank?done=items-imported")),
        Err(problem) if problem.kind == Kind::Invalid => {
            let banks = store.read(move |view| service::banks(view, &actor)).await?;
            let refused = Some(Refusal::new(&page, &problem));
            let again = OverviewPage {
                page,
                banks,
                refused,
                bank,
            };
            html_refused(&problem, &again)
        }
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_begin_with_the_name_of_the_file() {
        assert_eq!(prefix("Law 2026.gift"), "Law2026");
        assert_eq!(prefix("题库.xml"), "item");
        assert_eq!(prefix(""), "item");
    }
}
