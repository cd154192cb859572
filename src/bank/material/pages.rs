//! Pages: the stimuli of a bank, and pictures.

use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_multipart::form::{
    DuplicateField, FieldGroupReader, Limits, MultipartCollect, MultipartForm, MultipartFormConfig,
    State,
};
use actix_multipart::{Field, MultipartError};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::future::{Future, ready};
use std::pin::Pin;

use super::StimulusView;
use super::api::{AddedPicture, image};
use crate::access::{Actor, Role};
use crate::bank::formats::{markup_of, written};
use crate::bank::item::Stimulus;
use crate::bank::pages::titles;
use crate::bank::picture::BYTES_MAX;
use crate::http::{Answer, FaultBody, Page, PageForm, ProblemBody, html, html_refused, see_other};
use crate::kernel::error::Kind;
use crate::kernel::{Fault, Problem};
use crate::store::Store;

/// Adds the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    let upload = MultipartFormConfig::default()
        .total_limit(BYTES_MAX + (64 << 10))
        .memory_limit(BYTES_MAX + (64 << 10));
    config
        .route("/bank/pictures/{hash}", web::get().to(picture))
        .service(
            web::resource("/bank/{bank}/pictures")
                .app_data(upload)
                .post(add_picture),
        )
        .service(web::resource("/bank/{bank}/stimuli").get(list).post(create))
        .route("/bank/{bank}/stimuli/new", web::get().to(new))
        .service(
            web::resource("/bank/{bank}/stimuli/{code}")
                .get(show)
                .post(edit),
        );
}

async fn picture(
    store: web::Data<Store>,
    actor: Actor,
    hash: web::Path<String>,
) -> Answer<HttpResponse> {
    store
        .read(move |view| super::picture(view, &actor, &hash))
        .await
        .map(image)
}

/// A picture as the script of a form sends it.
struct PictureFields {
    csrf: String,
    picture: Bytes,
}

type Reading<'t> = Pin<Box<dyn Future<Output = Result<(), MultipartError>> + 't>>;

impl MultipartCollect for PictureFields {
    fn limit(_: &str) -> Option<usize> {
        None
    }

    fn handle_field<'t>(
        request: &'t HttpRequest,
        field: Field,
        limits: &'t mut Limits,
        state: &'t mut State,
    ) -> Reading<'t> {
        let once = DuplicateField::Deny;
        match field.name() {
            Some("_csrf") => Text::<String>::handle_field(request, field, limits, state, once),
            Some("picture") => Bytes::handle_field(request, field, limits, state, once),
            other => {
                let name = other.unwrap_or_default().to_owned();
                Box::pin(ready(Err(MultipartError::UnknownField(name))))
            }
        }
    }

    fn from_state(mut state: State) -> Result<Self, MultipartError> {
        Ok(Self {
            csrf: Text::<String>::from_state("_csrf", &mut state)?.into_inner(),
            picture: Bytes::from_state("picture", &mut state)?,
        })
    }
}

async fn add_picture(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    MultipartForm(form): MultipartForm<PictureFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    if form.csrf != page.csrf() {
        return Err(Problem::new(Kind::Forbidden, "form-expired"));
    }
    let hash = store
        .write(move |tx| super::add_picture(tx, &actor, &bank, &form.picture.data))
        .await?;
    Ok(HttpResponse::Created().json(AddedPicture::new(&hash)))
}

#[derive(Template)]
#[template(path = "bank/templates/stimuli.html")]
struct StimuliPage {
    page: Page,
    bank: String,
    stimuli: Vec<StimulusView>,
}

impl StimuliPage {
    /// The beginning of a text.
    fn start(stimulus: &Stimulus) -> String {
        crate::bank::reading::start(&stimulus.markup.words(&stimulus.text))
    }
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
) -> Answer<HttpResponse> {
    let bank = bank.into_inner();
    let of = bank.clone();
    let stimuli = store
        .read(move |view| super::stimuli(view, &actor, &of))
        .await?;
    html(&StimuliPage {
        page,
        bank,
        stimuli,
    })
}

/// A stimulus as its author types it: cells of the table between `|`, a row a line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct StimulusFields {
    code: String,
    title: String,
    markup: String,
    text: String,
    table: String,
}

impl StimulusFields {
    fn of(stimulus: &Stimulus) -> Self {
        let rows = stimulus.table.iter().map(|row| row.join(" | "));
        Self {
            code: stimulus.code.clone(),
            title: stimulus.title.clone(),
            markup: written(stimulus.markup).to_owned(),
            text: stimulus.text.clone(),
            table: rows.collect::<Vec<_>>().join("\n"),
        }
    }

    fn read(&self) -> Result<Stimulus, Problem> {
        let rows = self.table.lines().filter(|line| !line.trim().is_empty());
        let cells = |row: &str| {
            let cells = row.split(['|', '｜', '\t']);
            cells.map(|cell| cell.trim().to_owned()).collect()
        };
        Ok(Stimulus {
            code: self.code.trim().to_owned(),
            title: self.title.clone(),
            text: self.text.clone(),
            table: rows.map(cells).collect(),
            markup: markup_of(&self.markup)
                .map_err(|fault: Fault| Problem::invalid(vec![fault]))?,
        })
    }
}

#[derive(Template)]
#[template(path = "bank/templates/stimulus.html")]
struct StimulusPage {
    page: Page,
    bank: String,
    fields: StimulusFields,
    /// As it is kept; none for a new one.
    kept: Option<StimulusView>,
    may_edit: bool,
    title: Option<String>,
    faults: Vec<FaultBody>,
}

impl StimulusPage {
    fn wrong(&self, field: &str) -> Vec<&str> {
        let faults = self.faults.iter().filter(|fault| fault.place == field);
        faults.map(|fault| fault.detail.as_str()).collect()
    }

    fn refuse(mut self, problem: &Problem) -> Answer<HttpResponse> {
        if problem.kind != Kind::Invalid {
            return Err(problem.clone());
        }
        let body = ProblemBody::new(problem, self.page.lang);
        self.title = Some(body.title);
        self.faults = body.errors;
        html_refused(problem, &self)
    }
}

async fn new(page: Page, actor: Actor, bank: web::Path<String>) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    html(&StimulusPage {
        page,
        bank: bank.into_inner(),
        fields: StimulusFields::default(),
        kept: None,
        may_edit: true,
        title: None,
        faults: Vec::new(),
    })
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(String, String)>,
) -> Answer<HttpResponse> {
    let (bank, code) = path.into_inner();
    let of = bank.clone();
    let kept = store
        .read(move |view| super::stimulus(view, &actor, &of, &code))
        .await?;
    html(&StimulusPage {
        page,
        bank,
        fields: StimulusFields::of(&kept.stimulus),
        may_edit: kept.may_edit,
        kept: Some(kept),
        title: None,
        faults: Vec::new(),
    })
}

async fn create(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    bank: web::Path<String>,
    PageForm(fields): PageForm<StimulusFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let bank = bank.into_inner();
    let (of, typed) = (bank.clone(), fields.clone());
    let written = store
        .write(move |tx| super::create(tx, &actor, &of, &typed.read()?))
        .await;
    let again = StimulusPage {
        page,
        bank,
        fields,
        kept: None,
        may_edit: true,
        title: None,
        faults: Vec::new(),
    };
    match written {
        Ok(()) => Ok(see_other(&format!(
            "/bank/{}/stimuli?done=stimulus-written",
            again.bank
        ))),
        Err(problem) => again.refuse(&problem),
    }
}

async fn edit(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(String, String)>,
    PageForm(mut fields): PageForm<StimulusFields>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Author])?;
    let (bank, code) = path.into_inner();
    fields.code.clone_from(&code);
    let (of, typed, reader) = (bank.clone(), fields.clone(), actor.clone());
    let written = store
        .write(move |tx| super::edit(tx, &actor, &of, &typed.read()?))
        .await;
    let Err(problem) = written else {
        return Ok(see_other(&format!(
            "/bank/{bank}/stimuli?done=stimulus-written"
        )));
    };
    let of = bank.clone();
    let kept = store
        .read(move |view| super::stimulus(view, &reader, &of, &code))
        .await?;
    let again = StimulusPage {
        page,
        bank,
        fields,
        may_edit: kept.may_edit,
        kept: Some(kept),
        title: None,
        faults: Vec::new(),
    };
    again.refuse(&problem)
}
