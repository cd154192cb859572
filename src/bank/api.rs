//! REST: banks, items and their review.

mod access;
mod figures;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::formats::{self, Batch, Defaults, Loss};
use super::item::{Difficulty, Item, ItemKind};
use super::life::ItemState;
use super::material;
use super::search::ItemSearch;
use super::service::{
    self, BankView, Found, Imported, ItemFilter, ItemView, LeakView, Review, Usage,
};
use crate::access::api::{Created, Paging, idempotency_key};
use crate::access::{Actor, Role, service::once};
use crate::http::{Answer, Body, Params, ProblemBody, read_up_to};
use crate::kernel::{Id, Problem};
use crate::store::{Store, sha256};

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(list_banks)
        .service(template)
        .service(template_xlsx)
        .service(list_items)
        .service(show_item)
        .service(create_item)
        .service(edit_item)
        .service(submit_item)
        .service(review_item)
        .service(adopt_item)
        .service(retire_item)
        .service(report_leak)
        .service(list_leaks)
        .service(import_items)
        .service(comment_item)
        .service(access::list_bank_access)
        .service(access::grant_bank_access)
        .service(access::revoke_bank_access)
        .service(access::list_key_views)
        .service(figures::record_figures)
        .service(figures::bank_health)
        .configure(material::api::operations);
}

/// Banks and how many items they have, by section, state and difficulty. Role: author or reviewer.
#[utoipa::path(tag = "bank", responses((status = 200, body = Vec<BankView>), (status = 403, body = ProblemBody)))]
#[get("/banks")]
pub async fn list_banks(store: web::Data<Store>, actor: Actor) -> Answer<web::Json<Vec<BankView>>> {
    store
        .read(move |view| service::banks(view, &actor))
        .await
        .map(web::Json)
}

/// A table to fill in and import, with an example of every kind of item. Open to everybody.
#[utoipa::path(tag = "bank", responses((status = 200, body = String, content_type = "text/csv")))]
#[get("/banks/template.csv")]
pub async fn template() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"items.csv\""))
        .body(formats::template_csv())
}

/// The table to fill in as a workbook, in which no program takes a text for a date. Open to everybody.
#[utoipa::path(tag = "bank", responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/banks/template.xlsx")]
pub async fn template_xlsx() -> Answer<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"items.xlsx\""))
        .body(formats::template_xlsx()?))
}

/// What a list of items is narrowed to, and where it goes on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ItemsQuery {
    /// Bank.
    bank: Option<String>,
    /// Section.
    section: Option<String>,
    /// Topic: items of it and of topics below it.
    topic: Option<String>,
    /// State.
    #[param(inline)]
    state: Option<ItemState>,
    /// Kind.
    #[param(inline)]
    kind: Option<ItemKind>,
    /// Difficulty.
    #[param(inline)]
    difficulty: Option<Difficulty>,
    /// In how many sittings that are over an item was.
    #[param(inline)]
    usage: Option<Usage>,
    /// Words that all occur in the code, the topic, the question or the options, whatever the width
    /// and the case of letters.
    text: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Entries a page, at most 200.
    limit: Option<u16>,
}

impl ItemsQuery {
    fn parts(self) -> (ItemFilter, Paging) {
        let filter = ItemFilter {
            bank: self.bank,
            section: self.section,
            topic: self.topic,
            state: self.state,
            kind: self.kind,
            difficulty: self.difficulty,
            usage: self.usage,
            text: self.text,
        };
        let paging = Paging {
            cursor: self.cursor,
            limit: self.limit,
        };
        (filter, paging)
    }
}

/// Items by bank and code, how many there are in all and of each topic: one's own for an author, those
/// of the banks one was admitted to for a reviewer. Role: author or reviewer.
#[utoipa::path(tag = "bank", params(ItemsQuery), responses((status = 200, body = Found), (status = 403, body = ProblemBody)))]
#[get("/items")]
pub async fn list_items(
    store: web::Data<Store>,
    search: web::Data<ItemSearch>,
    actor: Actor,
    Params(query): Params<ItemsQuery>,
) -> Answer<web::Json<Found>> {
    let (filter, paging) = query.parts();
    let (size, cursor) = (paging.size(), paging.cursor);
    find(&store, &search, actor, filter, cursor, size)
        .await
        .map(web::Json)
}

/// A page of items, of all that was committed before.
pub(super) async fn find(
    store: &Store,
    search: &ItemSearch,
    actor: Actor,
    filter: ItemFilter,
    cursor: Option<String>,
    size: usize,
) -> Answer<Found> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    search.catch_up(store).await?;
    let search = search.clone();
    store
        .read(move |view| service::find(view, &search, &actor, &filter, cursor.as_deref(), size))
        .await
}

/// One item with its key, its versions and what may be done with it. Role: author of the item, or
/// reviewer.
#[utoipa::path(tag = "bank", responses((status = 200, body = ItemView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[get("/items/{id}")]
pub async fn show_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<web::Json<ItemView>> {
    let id = id.into_inner();
    look(&store, actor, id).await.map(web::Json)
}

/// An item that the actor may see. Whoever sees one that papers may hold is noted before its content
/// is answered.
pub(super) async fn look(store: &Store, actor: Actor, id: Id) -> Answer<ItemView> {
    let reader = actor.clone();
    let shown = store
        .read(move |view| service::item(view, &reader, id))
        .await?;
    note(store, actor, id, (shown.state, shown.version)).await?;
    Ok(shown)
}

/// Notes who is about to see a version of an item, if papers may hold the item.
pub(super) async fn note(
    store: &Store,
    actor: Actor,
    id: Id,
    (state, version): (ItemState, i32),
) -> Answer<()> {
    if !state.is_watched() {
        return Ok(());
    }
    store
        .write(move |tx| service::note_view(tx, &actor, id, version))
        .await
}

/// Writes a new item, which begins as a draft. Role: author.
#[utoipa::path(request_body = Item, tag = "bank", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/items")]
pub async fn create_item(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(item): Body<Item>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let bank = bank.into_inner();
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(&bank, &item), |tx| {
                Ok(Created {
                    id: service::create(tx, &actor, &bank, &item)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// The version an item now stands at.
#[derive(Serialize, ToSchema)]
pub struct ItemVersion {
    /// Its number.
    pub version: i32,
}

/// Writes a new version of one's own item, which is a draft again. Role: author of the item.
#[utoipa::path(request_body = Item, tag = "bank", responses((status = 200, body = ItemVersion), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[put("/items/{id}")]
pub async fn edit_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(item): Body<Item>,
) -> Answer<web::Json<ItemVersion>> {
    let id = id.into_inner();
    let version = store
        .write(move |tx| service::edit(tx, &actor, id, &item))
        .await?;
    Ok(web::Json(ItemVersion { version }))
}

/// Hands one's own item to review. Role: author of the item.
#[utoipa::path(tag = "bank", responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/items/{id}/submission")]
pub async fn submit_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::submit(tx, &actor, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Approves an item of somebody else, for use or for trial, or sends it back with a reason. Role:
/// reviewer.
#[utoipa::path(request_body = Review, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/items/{id}/review")]
pub async fn review_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(review): Body<Review>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::review(tx, &actor, id, &review))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Something said of an item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// At most 2000 characters.
    text: String,
}

/// Says something of an item, for its author and the reviewers of its bank. Role: reviewer, or author
/// of the item.
#[utoipa::path(request_body = NewComment, tag = "bank", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/items/{id}/comments")]
pub async fn comment_item(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<NewComment>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let id = id.into_inner();
    let created = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(id, &form.text), |tx| {
                Ok(Created {
                    id: service::comment(tx, &actor, id, &form.text)?,
                })
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// The version that is taken in use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// The version that was read: a later one is not taken in use unread.
    version: i32,
}

/// Takes an item of somebody else that was tried out in use. Role: reviewer.
#[utoipa::path(request_body = Adoption, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/items/{id}/adoption")]
pub async fn adopt_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<Adoption>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::adopt(tx, &actor, id, form.version))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An item that is known outside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakReport {
    /// Its code.
    code: String,
    /// What is known of the leak; kept in the decision log.
    reason: String,
}

/// Withdraws an item that is known outside, at once and for good, and says what it touches: items
/// of its enemy sets, and examinations whose locked papers may hold it. Role: reviewer, organiser,
/// supervisor, or author of the item.
#[utoipa::path(request_body = LeakReport, tag = "bank", responses((status = 200, body = LeakView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/leaks")]
pub async fn report_leak(
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Body(form): Body<LeakReport>,
) -> Answer<web::Json<LeakView>> {
    let bank = bank.into_inner();
    store
        .write(move |tx| service::report_leak(tx, &actor, &bank, &form.code, &form.reason))
        .await
        .map(web::Json)
}

/// Leaked items and what each touches, the latest report first. Role: reviewer, organiser,
/// supervisor, or author for items of their own.
#[utoipa::path(tag = "bank", responses((status = 200, body = Vec<LeakView>), (status = 403, body = ProblemBody)))]
#[get("/leaks")]
pub async fn list_leaks(store: web::Data<Store>, actor: Actor) -> Answer<web::Json<Vec<LeakView>>> {
    store
        .read(move |view| service::leaks(view, &actor))
        .await
        .map(web::Json)
}

/// Why an item is taken out of use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// Why; kept in the decision log.
    reason: String,
}

/// Takes an item of somebody else out of use. Role: reviewer.
#[utoipa::path(request_body = Retirement, tag = "bank", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/items/{id}/retirement")]
pub async fn retire_item(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<Retirement>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::retire(tx, &actor, id, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The name of a file, and what files of other programs do not say of their items.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileParams {
    /// Such as `items.xlsx`: its ending says how text is to be read.
    file_name: String,
    /// Section of items that name none; the bank's code if it is not given.
    section: Option<String>,
    /// Their topic; the section if it is not given.
    topic: Option<String>,
    /// Their difficulty; medium if it is not given.
    #[param(inline)]
    difficulty: Option<Difficulty>,
}

/// What an import brought, and what of the file was lost.
#[derive(Serialize, ToSchema)]
pub struct ImportedFile {
    /// What was added.
    #[serde(flatten)]
    imported: Imported,
    /// What the bank cannot keep.
    losses: Vec<LossBody>,
}

/// Something of a file that the bank cannot keep.
#[derive(Serialize, ToSchema)]
pub struct LossBody {
    /// Where in the file.
    place: String,
    /// What, as a code.
    code: &'static str,
}

/// A file of items, as it came.
pub(super) struct ItemFile {
    pub name: String,
    pub bytes: web::Bytes,
    pub defaults: Defaults,
}

/// Adds the items of a file (CSV, XLSX, TOML, GIFT, Aiken, Moodle XML or QTI, at most 20 MB, as the
/// body) to a bank and hands them to review, all of them or none. Role: author.
#[utoipa::path(tag = "bank", params(FileParams), request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, body = ImportedFile), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/banks/{bank}/imports")]
pub async fn import_items(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    Params(file): Params<FileParams>,
    body: web::Payload,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let key = idempotency_key(&request)?;
    let bank = bank.into_inner();
    let section = file.section.unwrap_or_else(|| bank.clone());
    let file = ItemFile {
        bytes: read_up_to(&request, body, formats::BYTES_MAX).await?,
        name: file.file_name,
        defaults: Defaults {
            topic: file.topic.unwrap_or_else(|| section.clone()),
            section,
            difficulty: file.difficulty.unwrap_or(Difficulty::Medium),
            prefix: "item".to_owned(),
        },
    };
    let (imported, losses) = import(&store, actor, bank, key, file).await?;
    let losses = losses.into_iter().map(|loss| LossBody {
        place: loss.place,
        code: loss.code,
    });
    Ok(HttpResponse::Created().json(ImportedFile {
        imported,
        losses: losses.collect(),
    }))
}

/// The items of a file, what of it was lost, and the hash by which a repeated request is known.
type ReadFile = (String, (Batch, Vec<Loss>));

/// Reads a file beside the requests of others: that may take a while.
pub(super) async fn read(name: String, bytes: web::Bytes, defaults: Defaults) -> Answer<ReadFile> {
    let read = move || {
        let hash = hex::encode(sha256(&bytes));
        service::read_file(&name, &bytes, &defaults).map(|reading| (hash, reading))
    };
    web::block(read).await.map_err(Problem::internal)?
}

/// Imports a file.
pub(super) async fn import(
    store: &Store,
    actor: Actor,
    bank: String,
    key: Option<String>,
    file: ItemFile,
) -> Answer<(Imported, Vec<Loss>)> {
    actor.acting_as(&[Role::Author])?;
    let name = file.name.clone();
    let (hash, (batch, losses)) = read(file.name, file.bytes, file.defaults).await?;
    let imported = store
        .write(move |tx| {
            once(tx, &actor, key.as_deref(), &(&bank, &hash, &name), |tx| {
                service::import(tx, &actor, &bank, &batch)
            })
        })
        .await?;
    Ok((imported, losses))
}
