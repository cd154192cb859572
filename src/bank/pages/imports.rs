//! Pages: files of items, looked at before they are imported.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{AuthorOnly, OverviewPage, Refusal, key, options, rich};
use crate::bank::api;
use crate::bank::formats::Defaults;
use crate::bank::forms::ImportFields;
use crate::bank::item::{Body, Difficulty, Item, Stimulus};
use crate::bank::service::{self, Preview};
use crate::http::{Answer, Page, html, html_refused, see_other};
use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::store::Store;

/// Items on one page of a preview.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "bank/templates/preview.html")]
struct PreviewPage {
    page: Page,
    preview: Option<Preview>,
    /// Place of the first item that is shown.
    from: usize,
    refused: Option<Refusal>,
}

/// An item of a file as it will look.
#[derive(Template)]
#[template(path = "bank/templates/preview_item.html")]
struct ItemCard<'p> {
    page: &'p Page,
    number: usize,
    item: &'p Item,
    stimulus: Option<&'p Stimulus>,
}

impl PreviewPage {
    /// A page that begins with the item of that number, counted from 1 as people count.
    fn new(page: Page, preview: Preview, from: &str) -> Self {
        let last = preview.items.len().saturating_sub(1);
        let number: usize = from.trim().parse().unwrap_or(1);
        Self {
            page,
            from: number.saturating_sub(1).min(last),
            preview: Some(preview),
            refused: None,
        }
    }

    /// The items of this page. A stimulus stands before the first of the items that share it.
    fn cards(&self) -> Result<Vec<String>, askama::Error> {
        let Some(preview) = &self.preview else {
            return Ok(Vec::new());
        };
        let mut before = None;
        let items = preview.items.iter().enumerate();
        items
            .skip(self.from)
            .take(SHOWN)
            .map(|(place, item)| {
                let named = item.stimulus.as_ref().filter(|_| item.stimulus != before);
                before.clone_from(&item.stimulus);
                let card = ItemCard {
                    page: &self.page,
                    number: place + 1,
                    item,
                    stimulus: named.and_then(|code| preview.shared.get(code)),
                };
                Ok(with_pictures(card.render()?, preview))
            })
            .collect()
    }

    /// Number of the last item of this page.
    fn to(&self) -> usize {
        self.items().min(self.from + SHOWN)
    }

    fn items(&self) -> usize {
        self.preview
            .as_ref()
            .map_or(0, |preview| preview.items.len())
    }

    /// The numbers of the items with which the pages before and after this one begin.
    fn neighbours(&self) -> (Option<usize>, Option<usize>) {
        let before = (self.from > 0).then(|| self.from.saturating_sub(SHOWN) + 1);
        let after = (self.to() < self.items()).then(|| self.to() + 1);
        (before, after)
    }

    /// How many questions are left out.
    fn left_out(&self) -> usize {
        let losses = self.preview.iter().flat_map(|preview| &preview.losses);
        losses.filter(|loss| loss.is_of_a_question()).count()
    }

    /// Place and sentence of what is lost: questions first, then parts of those that are read.
    fn losses(&self) -> Vec<(String, String)> {
        let losses = || self.preview.iter().flat_map(|preview| &preview.losses);
        let questions = losses().filter(|loss| loss.is_of_a_question());
        let losses = questions.chain(losses().filter(|loss| !loss.is_of_a_question()));
        let said = losses.map(|loss| {
            let place = |text: &str| super::place(&self.page, text);
            // Another question is named by where it stands.
            let args: Vec<(&str, String)> = loss
                .args
                .iter()
                .map(|(name, value)| match *name {
                    "other" => (*name, place(value)),
                    name => (name, value.clone()),
                })
                .collect();
            let args = args.iter().map(|(name, value)| (*name, value.as_str()));
            let key = format!("loss-{}", loss.code);
            (place(&loss.place), self.page.lang.message_with(&key, args))
        });
        said.collect()
    }
}

/// What is not kept yet has no address: its pictures stand in the page.
fn with_pictures(mut html: String, preview: &Preview) -> String {
    for (hash, (media, bytes)) in &preview.pictures {
        let address = format!("/bank/pictures/{}", hex::encode(hash));
        if html.contains(&address) {
            let data = format!("data:{media};base64,{}", STANDARD.encode(bytes));
            html = html.replace(&address, &data);
        }
    }
    html
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
    let from = form.from;
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
        Ok(preview) => html(&PreviewPage::new(page, preview, &from)),
        Err(problem) if problem.kind == Kind::Invalid => {
            let refused = Some(Refusal::new(&page, &problem));
            let again = PreviewPage {
                page,
                preview: None,
                from: 0,
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
