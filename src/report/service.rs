//! Exports of ranked results for the steps that follow: medical, inspection, appointment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::table::{Cell, Table};
use super::{csv, store, xlsx};
use crate::access::{Actor, Role};
use crate::establishment::service::{PostView, posts};
use crate::http::Lang;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::ranking::results::{RankedView, whole_list};
use crate::ranking::{MarkState, RankedList};
use crate::regulation::service::{Examination, hold, load};
use crate::regulation::{Phase, Profile};
use crate::store::{Tx, View, sha256};

/// In which form results are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
}

impl FileKind {
    /// The ending of the file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// An exported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its form.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// Candidates in it.
    pub rows: usize,
    /// Its content.
    pub content: Vec<u8>,
}

/// Writes the published results with names and full resident ID numbers. Give it out only with
/// [`record_export`].
pub fn results(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
    kind: FileKind,
    lang: Lang,
) -> Result<Export, Problem> {
    actor.acting_as(&[Role::Hr])?;
    let examination = load(view, id)?;
    let published = [Phase::WrittenPublished, Phase::Published];
    examination.phase.must_be(&published)?;
    let table = table(view, &examination, lang)?;
    Ok(Export {
        kind,
        name: format!("{}-results.{}", examination.code, kind.as_str()),
        rows: table.rows.len(),
        content: match kind {
            FileKind::Csv => csv::write(&table)?,
            FileKind::Xlsx => xlsx::write(&table)?,
        },
    })
}

/// Records who took personal data out of the system, and exactly which file.
pub fn record_export(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Id,
    kind: FileKind,
    rows: usize,
    hash: [u8; 32],
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    let examination = hold(tx, id)?;
    let inputs = json!({ "kind": kind.as_str(), "rows": rows, "sha256": hex::encode(hash) });
    let entry = examination.decision(acting, "export.made").on(inputs);
    ledger::record(tx, &entry.outcome("made"))?;
    Ok(())
}

impl Export {
    /// SHA-256 of the content.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.content)
    }
}

/// Names and ID numbers, opened.
type People = BTreeMap<Id, (String, String)>;

fn table(view: &mut View<'_>, examination: &Examination, lang: Lang) -> Result<Table, Problem> {
    let mut people = People::new();
    for (application, name, resident) in store::people(view.db, examination.id)? {
        let person = (
            view.vault.open_text(&name)?,
            view.vault.open_text(&resident)?,
        );
        people.insert(application, person);
    }
    let mut rows = Vec::new();
    for post in posts(view, examination.id)? {
        for line in lines(view, examination, post.id)? {
            rows.push(row(&examination.profile, &post, &line, &people, lang));
        }
    }
    Ok(Table {
        name: lang.message("results-sheet"),
        headings: headings(&examination.profile, lang),
        rows,
    })
}

/// The merit list and, after it, those whom the written list left out; before the merit list is
/// published, the written list alone.
fn lines(
    view: &mut View<'_>,
    examination: &Examination,
    post: Id,
) -> Result<Vec<RankedView>, Problem> {
    let written = whole_list(view, examination, post, RankedList::Written)?;
    if examination.phase != Phase::Published {
        return Ok(written);
    }
    let mut lines = whole_list(view, examination, post, RankedList::Final)?;
    let went_on: BTreeSet<Id> = lines.iter().map(|line| line.application).collect();
    let left_out = written
        .into_iter()
        .filter(|line| !went_on.contains(&line.application));
    // Their rank is one of another list.
    lines.extend(left_out.map(|line| RankedView {
        rank: None,
        total: None,
        ..line
    }));
    Ok(lines)
}

fn headings(profile: &Profile, lang: Lang) -> Vec<String> {
    let fixed =
        |keys: &[&str]| -> Vec<String> { keys.iter().map(|key| lang.message(key)).collect() };
    let mut headings = fixed(&[
        "results-post-code",
        "results-post",
        "results-rank",
        "results-ticket",
        "results-name",
        "results-resident-id",
    ]);
    headings.extend(profile.components.iter().map(|c| match lang {
        Lang::Zh => c.title.zh.clone(),
        Lang::En => c.title.en.clone(),
    }));
    headings.extend(fixed(&[
        "results-written",
        "results-total",
        "results-outcome",
    ]));
    headings
}

fn row(
    profile: &Profile,
    post: &PostView,
    line: &RankedView,
    people: &People,
    lang: Lang,
) -> Vec<Cell> {
    let (name, resident) = people
        .get(&line.application)
        .map_or(("", ""), |(name, resident)| (name, resident));
    let title = match lang {
        Lang::En if !post.title_en.is_empty() => &post.title_en,
        _ => &post.title_zh,
    };
    let mut cells = vec![
        post.code.as_str().into(),
        title.as_str().into(),
        line.rank.into(),
        line.ticket_no.as_str().into(),
        name.into(),
        resident.into(),
    ];
    cells.extend(profile.components.iter().map(|c| mark(line, &c.code, lang)));
    cells.extend([
        line.written.into(),
        line.total.into(),
        Cell::Text(lang.message(&line.outcome_key(profile.track))),
    ]);
    cells
}

/// A mark as a number; an absence or a vote as a word.
fn mark(line: &RankedView, component: &str, lang: Lang) -> Cell {
    match line.marks.get(component) {
        None => Cell::Empty,
        Some(decided) if decided.state == MarkState::Marked => decided.mark.into(),
        Some(decided) => Cell::Text(lang.message(&key("mark-state", decided.state.as_str()))),
    }
}

fn key(prefix: &str, code: &str) -> String {
    format!("{prefix}-{}", code.replace('_', "-"))
}
