//! Pages: published results, one's own result, the log, and decisions for supervisors.

mod log_files;
mod receipts;
mod record;

use std::collections::BTreeMap;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::formula;
use super::service::{self, LogLine, PublishedResults};
use crate::access::service::name_of;
use crate::access::{Actor, Role};
use crate::http::chart::{self, Bar};
use crate::http::{Answer, Page, Params, has_message, html};
use crate::kernel::error::Kind;
use crate::kernel::{Id, Instant, Problem, Score};
use crate::ledger::publish::Logs;
use crate::ledger::{Checkpoint, Log, LogEntry};
use crate::ranking::results::{OwnComponent, OwnLine, OwnResult, RankedView, outcome_key};
use crate::ranking::service::own_result;
use crate::ranking::{MarkState, Standing};
use crate::regulation::service::{Examination, load};
use crate::regulation::{ComponentKind, OpenMarks};
use crate::store::{Store, View};

/// Entries on one page of the log.
const PAGE: usize = 50;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/examinations/{id}/results", web::get().to(results))
        .route("/my/results/{examination}", web::get().to(own))
        .route("/log", web::get().to(log))
        .configure(record::routes)
        .configure(receipts::routes)
        .configure(log_files::routes)
        .route("/decisions", web::get().to(decisions));
}

/// A kind of decision in words; the code itself where the catalogue has none.
fn kind_word(page: &Page, kind: &str) -> String {
    let key = format!("kind-{}", kind.replace(['.', '_'], "-"));
    if has_message(page.lang, &key) {
        page.t(&key)
    } else {
        kind.to_owned()
    }
}

/// How a standing looks as a tag.
const fn tag(standing: &Standing) -> &'static str {
    match standing {
        Standing::Entered
        | Standing::EnteredByTie
        | Standing::Proposed
        | Standing::ProposedByTie => "good",
        Standing::TiedAtCut | Standing::Undecided | Standing::Reserve => "wait",
        Standing::Absent
        | Standing::Void
        | Standing::BelowFloor
        | Standing::OutAbsent
        | Standing::OutVoid
        | Standing::OutBelowFloor => "bad",
        Standing::BelowCut => "info",
    }
}

/// A rank, or a dash.
fn rank_text(rank: &Option<i32>) -> String {
    rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string())
}

/// A score as it was computed, to the last digit, or a dash.
fn exact(score: &Option<Score>) -> String {
    score.map_or_else(|| "—".to_owned(), |score| score.to_string())
}

/// A root as checkpoints and receipts write it.
fn root_text(checkpoint: &Checkpoint) -> String {
    hex::decode(&checkpoint.root)
        .map_or_else(|_| checkpoint.root.clone(), |root| STANDARD.encode(root))
}

struct Column {
    code: String,
    title: String,
}

struct Chart {
    title: String,
    bars: Vec<Bar>,
}

#[derive(Template)]
#[template(path = "disclosure/templates/results.html")]
struct ResultsPage {
    page: Page,
    results: PublishedResults,
    written_columns: Vec<Column>,
    other_columns: Vec<Column>,
    charts: Vec<Chart>,
}

impl ResultsPage {
    /// The mark of a component, or the word for why there is none.
    fn mark(&self, line: &RankedView, column: &Column) -> String {
        match line.marks.get(&column.code) {
            None => "—".to_owned(),
            Some(decided) if decided.state == MarkState::Marked => exact(&decided.mark),
            Some(decided) => self.page.word("mark-state", decided.state.as_str()),
        }
    }

    fn totals_only(&self) -> bool {
        self.results.examination.profile.openness.marks == OpenMarks::Totals
    }

    fn is_shown(&self, id: &Id) -> bool {
        self.results
            .shown
            .as_ref()
            .is_some_and(|post| post.id == *id)
    }
}

#[derive(Deserialize)]
struct ResultsParams {
    post: Option<Id>,
}

async fn results(
    request: HttpRequest,
    page: Page,
    store: web::Data<Store>,
    id: web::Path<Id>,
    Params(params): Params<ResultsParams>,
) -> Answer<HttpResponse> {
    let (id, post) = (id.into_inner(), params.post);
    let actor = request.extensions().get::<Actor>().cloned();
    let results = store
        .read(move |view| service::published(view, actor.as_ref(), id, post))
        .await?;
    let columns = |written: bool| {
        let rules = &results.examination.profile;
        let components = rules.components.iter();
        components
            .filter(|_| rules.openness.marks == OpenMarks::Components)
            .filter(|c| (c.kind == ComponentKind::Written) == written)
            .map(|c| Column {
                code: c.code.clone(),
                title: page.pick(&c.title.zh, &c.title.en).to_owned(),
            })
            .collect()
    };
    let charts = results.distributions.iter().map(|distribution| Chart {
        title: page
            .pick(
                &distribution.component.title.zh,
                &distribution.component.title.en,
            )
            .to_owned(),
        bars: chart::bars(&distribution.bands),
    });
    html(&ResultsPage {
        written_columns: columns(true),
        other_columns: columns(false),
        charts: charts.collect(),
        page,
        results,
    })
}

#[derive(Template)]
#[template(path = "disclosure/templates/own.html")]
struct OwnPage {
    page: Page,
    examination: Examination,
    own: OwnResult,
    written_sum: Option<String>,
    total_sum: Option<String>,
}

impl OwnPage {
    /// What follows, in words.
    fn outcome(&self, line: &OwnLine) -> String {
        let marks = self.own.components.iter().map(|own| &own.decided);
        self.page
            .t(&outcome_key(line.outcome, self.examination.track, marks))
    }

    /// Numbers of questions, one after the other.
    fn numbers(&self, positions: &[u32]) -> String {
        let numbers: Vec<String> = positions.iter().map(u32::to_string).collect();
        numbers.join(&self.page.t("list-comma"))
    }

    fn mark(&self, component: &OwnComponent) -> String {
        if component.decided.state == MarkState::Marked {
            exact(&component.decided.mark)
        } else {
            self.page
                .word("mark-state", component.decided.state.as_str())
        }
    }
}

async fn own(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (examination, own) = store
        .read(move |view| {
            let own = own_result(view, &actor, id)?;
            Ok((load(view, id)?, own))
        })
        .await?;
    let title = |c: &OwnComponent| page.pick(&c.title_zh, &c.title_en).to_owned();
    let written_sum = formula::sum(None, &own.components, title, |c| c.written);
    let composite = page.t("results-written");
    let written = own.written.as_ref().and_then(|line| line.total);
    let first = written.map(|score| (composite.as_str(), score));
    let merit = own.merit.as_ref().and_then(|line| line.total);
    let total_sum = merit.and_then(|_| formula::sum(first, &own.components, title, |c| !c.written));
    html(&OwnPage {
        page,
        examination,
        own,
        written_sum: written_sum.filter(|_| written.is_some()),
        total_sum,
    })
}

#[derive(Template)]
#[template(path = "disclosure/templates/log.html")]
struct LogPage {
    page: Page,
    logs: Vec<(Log, Option<Checkpoint>)>,
    /// Logs that sign nothing any more, and why.
    halted: BTreeMap<i32, String>,
    /// When everything was last derived again by night, and whether all agreed.
    audited: Option<(Instant, bool)>,
    /// The names of the witnesses, joined.
    witnesses: String,
    /// The log that is shown, if there is one.
    year: Option<i32>,
    lines: Vec<LogLine>,
    older: Option<i64>,
    first_page: bool,
}

impl LogPage {
    /// Whether the entries below are of this year.
    fn shows(&self, year: &i32) -> bool {
        self.year.as_ref() == Some(year)
    }
}

#[derive(Deserialize)]
struct LogParams {
    year: Option<i32>,
    before: Option<i64>,
}

async fn log(
    page: Page,
    store: web::Data<Store>,
    published: web::Data<Logs>,
    Params(params): Params<LogParams>,
) -> Answer<HttpResponse> {
    let LogParams { year, before } = params;
    let (logs, year, mut lines) = store
        .read(move |view| {
            let logs = service::logs(view)?;
            let shown = service::log_year(view, year)?;
            if year.is_some() && shown.is_none() {
                return Err(Problem::not_found());
            }
            let lines = shown.map(|year| service::log_newest(view, year, before, fetch()));
            Ok((logs, shown, lines.transpose()?.unwrap_or_default()))
        })
        .await?;
    let older = older(&mut lines, |line| line.index);
    let witnesses = published.policy().witnesses().iter();
    let witnesses: Vec<&str> = witnesses.map(|witness| witness.key.name()).collect();
    html(&LogPage {
        logs,
        halted: published.halted(),
        audited: published.audited(),
        witnesses: witnesses.join(&page.t("list-comma")),
        page,
        year,
        lines,
        older,
        first_page: before.is_none(),
    })
}

/// One more than a page, to see whether there is another.
fn fetch() -> i64 {
    i64::try_from(PAGE).unwrap_or(i64::MAX - 1) + 1
}

/// Cuts `entries` to a page; the index before which the next one begins, if there is one.
fn older<T>(entries: &mut Vec<T>, index: impl Fn(&T) -> i64) -> Option<i64> {
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    entries.last().filter(|_| more).map(index)
}

struct DecisionLine {
    entry: LogEntry,
    inputs: String,
    /// Who decided, if it was somebody in office; candidates act for themselves alone.
    by: Option<String>,
}

#[derive(Template)]
#[template(path = "disclosure/templates/decisions.html")]
struct DecisionsPage {
    page: Page,
    examination: Option<Examination>,
    /// The log that is shown.
    year: i32,
    lines: Vec<DecisionLine>,
    older: Option<i64>,
    first_page: bool,
}

impl DecisionsPage {
    /// The part of an address that keeps the filter.
    fn filter(&self) -> String {
        let filter = |examination: &Examination| format!("&examination={}", examination.id);
        let examination = self.examination.as_ref().map_or_else(String::new, filter);
        format!("&year={}{examination}", self.year)
    }
}

#[derive(Deserialize)]
struct DecisionsParams {
    year: Option<i32>,
    before: Option<i64>,
    examination: Option<Id>,
}

/// The name of an account, if there is such an account.
fn named(view: &mut View<'_>, account: Id) -> Result<Option<String>, Problem> {
    match name_of(view, account) {
        Ok(name) => Ok(Some(name)),
        Err(problem) if problem.kind == Kind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn decisions(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    Params(params): Params<DecisionsParams>,
) -> Answer<HttpResponse> {
    actor.acting_as(&[Role::Supervisor, Role::AuditAdmin])?;
    let (before, id) = (params.before, params.examination);
    let (examination, year, mut entries) = store
        .read(move |view| {
            let examination = id.map(|id| load(view, id)).transpose()?;
            let wanted = examination.as_ref().map(|examination| examination.year);
            let wanted = params.year.or(wanted);
            let year = service::log_year(view, wanted)?.unwrap_or_default();
            let entries = service::decisions(view, &actor, year, id, before, fetch())?;
            let lines = entries.into_iter().map(|entry| {
                let office = entry.payload.role != Role::Candidate.as_str();
                let account = entry.payload.account.filter(|_| office);
                let by = account.map_or(Ok(None), |account| named(view, account))?;
                Ok((entry, by))
            });
            let lines = lines.collect::<Result<Vec<_>, Problem>>()?;
            Ok((examination, year, lines))
        })
        .await?;
    let older = older(&mut entries, |(entry, _)| entry.index);
    let lines = entries.into_iter().map(|(entry, by)| {
        let inputs = serde_json::to_string_pretty(&entry.payload.inputs);
        inputs.map(|inputs| DecisionLine { entry, inputs, by })
    });
    html(&DecisionsPage {
        page,
        examination,
        year,
        lines: lines.collect::<Result<_, _>>().map_err(Problem::internal)?,
        older,
        first_page: before.is_none(),
    })
}
