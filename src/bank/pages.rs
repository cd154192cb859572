//! Pages: the banks and imports for authors, items, and the review of items.

mod access;
mod health;
mod imports;
mod items;
mod leaks;
mod reviewing;
pub mod titles;
mod topics;
mod versions;

use actix_multipart::form::MultipartFormConfig;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::api;
use super::checklist::CHECKLIST;
use super::formats;
use super::formats::{entries, letters};
use super::forms::ItemFields;
use super::item::{Body, Difficulty, Item, ItemKind, option_letter};
use super::material;
use super::service::{self, BankView, ItemPreview, ItemView};
use crate::access::{Actor, Role};
use crate::http::{Answer, Page, PageForm, Params, ProblemBody, html, html_refused, see_other};
use crate::kernel::error::Kind;
use crate::kernel::{Fault, Id, Problem, Score};
use crate::store::Store;

/// Items of the queue that are shown.
const PAGE: i64 = 50;

/// Most bytes of a form with a file: the file, and a little for the other fields.
const UPLOAD_MAX: usize = formats::BYTES_MAX + (64 << 10);

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    let upload = MultipartFormConfig::default()
        .total_limit(UPLOAD_MAX)
        .memory_limit(UPLOAD_MAX);
    config
        .configure(material::pages::routes)
        .route("/bank", web::get().to(overview))
        .service(
            web::resource("/bank/imports/preview")
                .app_data(upload.clone())
                .post(imports::preview),
        )
        .service(
            web::resource("/bank/imports")
                .app_data(upload)
                .post(imports::import),
        )
        .service(web::resource("/bank/items").get(items::items).post(create))
        .route("/bank/items/new", web::get().to(new_item))
        .route("/bank/items/preview", web::post().to(preview))
        .route("/bank/items/{id}", web::get().to(show))
        .service(
            web::resource("/bank/items/{id}/edit")
                .get(edit_form)
                .post(edit),
        )
        .route("/bank/items/{id}/submission", web::post().to(submit))
        .route("/bank/items/{id}/review", web::post().to(reviewing::review))
        .route(
            "/bank/items/{id}/retirement",
            web::post().to(reviewing::retire),
        )
        .route(
            "/bank/items/{id}/adoption",
            web::post().to(reviewing::adopt),
        )
        .route(
            "/bank/items/{id}/versions/{version}",
            web::get().to(versions::version),
        )
        .route(
            "/bank/items/{id}/comments",
            web::post().to(versions::comment),
        )
        .route("/bank/items/{id}/next", web::get().to(reviewing::next))
        .service(
            web::resource("/bank/review")
                .get(reviewing::queue)
                .post(reviewing::approve_section),
        )
        .service(
            web::resource("/bank/{bank}/health")
                .get(health::health)
                .post(health::record),
        )
        .route("/bank/access", web::get().to(access::banks))
        .route("/bank/access/grants", web::post().to(access::grant))
        .route("/bank/access/revocations", web::post().to(access::revoke))
        .service(
            web::resource("/bank/leaks")
                .get(leaks::leaks)
                .post(leaks::report),
        );
}

#[derive(Template)]
#[template(path = "bank/templates/overview.html")]
struct OverviewPage {
    page: Page,
    banks: Vec<BankView>,
    refused: Option<Refusal>,
    bank: String,
}

/// What is wrong with a file, for its table.
struct Refusal {
    title: String,
    faults: Vec<FaultLine>,
}

struct FaultLine {
    place: String,
    detail: String,
    found: String,
}

impl Refusal {
    fn new(page: &Page, problem: &Problem) -> Self {
        let body = ProblemBody::new(problem, page.lang);
        let line = |(fault, said): (&Fault, crate::http::FaultBody)| FaultLine {
            place: place(page, &fault.place),
            detail: said.detail,
            found: found(fault),
        };
        Self {
            title: body.title,
            faults: problem.faults.iter().zip(body.errors).map(line).collect(),
        }
    }
}

/// A place in a file in the words of the page: `row 12, column C` is 第 12 行 C 列, and
/// `question 3: key` is 第 3 题 答案.
fn place(page: &Page, place: &str) -> String {
    if place == "file" {
        return page.t("bank-file");
    }
    let (whole, field) = place.split_once(": ").unwrap_or((place, ""));
    let counted = match whole.split_once(' ') {
        Some(("line", number)) => Some(page.t1("bank-place-line", "number", number)),
        Some(("question", number)) => Some(page.t1("bank-place-question", "number", number)),
        _ => None,
    };
    if let Some(counted) = counted {
        return match field {
            "" => counted,
            field => format!("{counted} {}", page.word_or_code("item", field)),
        };
    }
    let Some(rest) = place.strip_prefix("row ") else {
        return place.to_owned();
    };
    match rest.split_once(", column ") {
        Some((row, column)) => page.t2("bank-place-cell", "row", row, "column", column),
        None => page.t1("bank-place-row", "row", rest),
    }
}

fn found(fault: &Fault) -> String {
    let found = fault.args.iter().find(|(name, _)| *name == "found");
    found.map(|(_, text)| text.clone()).unwrap_or_default()
}

async fn overview(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let banks = store.read(move |view| service::banks(view, &actor)).await?;
    html(&OverviewPage {
        page,
        banks,
        refused: None,
        bank: String::new(),
    })
}

/// An author. Extracted before the form, so that nobody else's file is read into memory.
struct AuthorOnly(Actor);

impl FromRequest for AuthorOnly {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let actor = Actor::from_request(request, payload).into_inner();
        let author = actor.and_then(|actor| actor.acting_as(&[Role::Author]).map(|_| Self(actor)));
        std::future::ready(author)
    }
}

#[derive(Template)]
#[template(path = "bank/templates/item_form.html")]
struct ItemFormPage {
    page: Page,
    fields: ItemFields,
    /// The item being edited; none for a new one.
    id: Option<Id>,
    title: Option<String>,
    faults: Vec<crate::http::FaultBody>,
    /// The item as it would be, if it was looked at.
    preview: Option<ItemPreview>,
    /// What keeps it from being kept as it is.
    lacks: Vec<crate::http::FaultBody>,
    kinds: &'static [ItemKind],
    difficulties: &'static [Difficulty],
}

impl ItemFormPage {
    fn new(page: Page, fields: ItemFields, id: Option<Id>) -> Self {
        Self {
            page,
            fields,
            id,
            title: None,
            faults: Vec::new(),
            preview: None,
            lacks: Vec::new(),
            kinds: &ItemKind::ALL,
            difficulties: &Difficulty::ALL,
        }
    }

    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Vec<&str> {
        let faults = self.faults.iter().filter(|fault| fault.place == field);
        faults.map(|fault| fault.detail.as_str()).collect()
    }

    /// The faults that stand beside a field, for the list above the form that leads to them.
    fn beside(&self) -> Vec<&crate::http::FaultBody> {
        let faults = self.faults.iter();
        faults.filter(|fault| fault.place != "kind").collect()
    }

    /// Where the item is looked at while it is written.
    fn look(&self) -> String {
        match self.id {
            Some(id) => format!("/bank/items/preview?item={id}"),
            None => "/bank/items/preview".to_owned(),
        }
    }

    /// Whether the key could be read, so that it can be shown.
    fn has_key(&self) -> bool {
        !self.lacks.iter().any(|fault| fault.place == "key")
    }

    /// The form beside the item as it would be.
    fn with(mut self, preview: ItemPreview) -> Self {
        let problem = Problem::invalid(preview.faults.clone());
        self.lacks = ProblemBody::new(&problem, self.page.lang).errors;
        self.preview = Some(preview);
        self
    }

    /// The form with what was typed and what is wrong with it.
    fn refuse(mut self, problem: &Problem) -> Answer<HttpResponse> {
        let body = ProblemBody::new(problem, self.page.lang);
        self.title = Some(body.title);
        self.faults = body.errors;
        html_refused(problem, &self)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NewItem {
    kind: String,
    bank: String,
}

async fn new_item(page: Page, actor: Actor, Params(new): Params<NewItem>) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let kind = ItemKind::parse(&new.kind).unwrap_or(ItemKind::SingleChoice);
    let fields = ItemFields::empty(kind, new.bank);
    html(&ItemFormPage::new(page, fields, None))
}

/// The item that the fields say, if they say one.
fn read_fields(fields: &ItemFields) -> Result<Item, Problem> {
    let (item, faults) = fields.draft().read();
    Problem::unless_valid(faults).map(|()| item)
}

async fn create(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    PageForm(fields): PageForm<ItemFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let bank = fields.bank.trim().to_owned();
    let created = match read_fields(&fields) {
        Ok(item) => {
            store
                .write(move |tx| service::create(tx, &actor, &bank, &item))
                .await
        }
        Err(problem) => Err(problem),
    };
    match created {
        Ok(id) => Ok(see_other(&format!("/bank/items/{id}?done=item-saved"))),
        Err(problem) if problem.kind == Kind::Invalid => {
            ItemFormPage::new(page, fields, None).refuse(&problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Which item is looked at while it is written; none if it is a new one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    item: Option<Id>,
}

/// Shows an item that is being written as it would be. Nothing is kept.
async fn preview(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    Params(written): Params<Written>,
    PageForm(fields): PageForm<ItemFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let bank = fields.bank.trim().to_owned();
    let read = fields.draft().read();
    let id = written.item;
    let preview = store
        .read(move |view| service::preview_item(view, &actor, &bank, id, read))
        .await?;
    html(&ItemFormPage::new(page, fields, id).with(preview))
}

async fn edit_form(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let id = id.into_inner();
    let item = api::look(&store, actor, id).await?;
    let fields = ItemFields::of(item.bank, &item.item);
    html(&ItemFormPage::new(page, fields, Some(id)))
}

async fn edit(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(fields): PageForm<ItemFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let id = id.into_inner();
    let edited = match read_fields(&fields) {
        Ok(item) => {
            store
                .write(move |tx| service::edit(tx, &actor, id, &item))
                .await
        }
        Err(problem) => Err(problem),
    };
    match edited {
        Ok(_) => Ok(see_other(&format!("/bank/items/{id}?done=item-saved"))),
        Err(problem) if problem.kind == Kind::Invalid => {
            ItemFormPage::new(page, fields, Some(id)).refuse(&problem)
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "bank/templates/item.html")]
struct ItemPage {
    page: Page,
    shown: ItemView,
}

/// A text of an item for the page.
fn rich(item: &Item, text: &str) -> String {
    item.markup.html(text, "/bank/pictures/")
}

/// The options of an item with their letters.
fn options(item: &Item) -> Vec<(char, &str)> {
    let options = item.body.options().iter();
    options
        .enumerate()
        .map(|(place, option)| (option_letter(place), option.as_str()))
        .collect()
}

/// The key, in one line; none for an essay.
fn key(page: &Page, body: &Body) -> Option<String> {
    match body {
        Body::SingleChoice { key, .. } => Some(letters(&[*key])),
        Body::MultipleChoice { key, .. } => Some(letters(key)),
        Body::TrueFalse { key } => Some(page.word("item-key", &key.to_string())),
        Body::FillIn { accepted } => Some(accepted.join(" | ")),
        Body::Numeric {
            value,
            tolerance,
            unit,
        } if *tolerance > Score::ZERO => Some(format!("{value} ± {tolerance} {unit}")),
        Body::Numeric { value, unit, .. } => Some(format!("{value} {unit}")),
        Body::Matching { left, key, .. } => Some(entries(left, key).join(" | ")),
        Body::Ordering { .. } => Some(page.t("item-key-ordering")),
        Body::Essay { .. } => None,
    }
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let shown = api::look(&store, actor, id).await?;
    html(&ItemPage { page, shown })
}

/// A form that holds nothing but its token.
#[derive(Deserialize)]
struct NoFields {}

async fn submit(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::submit(tx, &actor, id))
        .await?;
    Ok(see_other(&format!("/bank/items/{id}?done=item-submitted")))
}
