//! V10: both lists follow from the marks by the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use super::results::Results;
use crate::establishment::service::PostView;
use crate::kernel::{Id, Score};
use crate::ranking::columns::{Columns, Marks, columns, row};
use crate::ranking::{ComponentMark, RankedList, Row, counts, standings};
use crate::regulation::Phase;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::ListPublished;
use crate::verification::rules::same_table;
use crate::verification::rules::{At as _, Difference, same};
use crate::verification::store;

/// Ranks every post again, and compares with what is stored and with what was published.
pub(super) fn ranking(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let results = Results::derive(view, case)?;
    let lists = Lists::derive(case, &results)?;
    let mut count = same_list(view, case, RankedList::Written, &lists.written)?;
    if case.reached() == Phase::Published {
        let merit = rank(case, &results, RankedList::Final, |one| lists.goes_on(one))?;
        count += same_list(view, case, RankedList::Final, &merit)?;
    }
    Ok(count)
}

/// The written list, and who goes on by it.
pub(super) struct Lists {
    written: BTreeMap<Id, Vec<Line>>,
    entered: BTreeSet<Id>,
}

impl Lists {
    pub(super) fn derive(case: &Case, results: &Results) -> Result<Self, Difference> {
        let written = rank(case, results, RankedList::Written, |_| true)?;
        let entered = written.values().flatten().filter(|line| line.entered);
        Ok(Self {
            entered: entered.map(|line| line.application).collect(),
            written,
        })
    }

    pub(super) fn goes_on(&self, application: Id) -> bool {
        self.entered.contains(&application)
    }
}

/// A candidate's columns on a list, derived again.
pub(super) fn columns_of(
    case: &Case,
    results: &Results,
    application: Id,
    list: RankedList,
) -> Result<BTreeMap<String, ComponentMark>, Difference> {
    let at = format!("{}, ticket {}", case.place(), case.ticket(application));
    let none = Marks::new();
    let given = results.marks.get(&application).unwrap_or(&none);
    let (profile, decided) = (&case.examination.profile, BTreeMap::new());
    match columns(profile, &decided, given, |component| {
        counts(list, component)
    })
    .at(&at)?
    {
        Columns::Complete(columns) => Ok(columns),
        Columns::Missing(codes) => {
            let what = format!("published without a mark in {}", codes.join(", "));
            Err(Difference::new(at, what))
        }
    }
}

/// One line of a list.
struct Line {
    application: Id,
    ticket: String,
    entered: bool,
    shown: Shown,
}

/// What a list says of a candidate.
#[derive(PartialEq)]
struct Shown {
    total: Option<Score>,
    rank: Option<i32>,
    standing: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rank = self
            .rank
            .map_or_else(|| "none".to_owned(), |rank| rank.to_string());
        let total = self
            .total
            .map_or_else(|| "none".to_owned(), |total| total.to_string());
        write!(f, "{rank} (score {total}, {})", self.standing)
    }
}

/// The list of every post, derived again from the columns of those who take part.
fn rank(
    case: &Case,
    results: &Results,
    list: RankedList,
    takes_part: impl Fn(Id) -> bool,
) -> Result<BTreeMap<Id, Vec<Line>>, Difference> {
    let mut lists = BTreeMap::new();
    for post in case.standing_posts() {
        let mut rows: Vec<Row> = Vec::new();
        let of_post = case.tickets.iter().filter(|one| one.post == post.id);
        for one in of_post.filter(|one| takes_part(one.application)) {
            let marks = columns_of(case, results, one.application, list)?;
            rows.push(row(&one.ticket_no, &one.categories, marks));
        }
        lists.insert(post.id, lines(case, post, list, &rows)?);
    }
    Ok(lists)
}

fn lines(
    case: &Case,
    post: &PostView,
    list: RankedList,
    rows: &[Row],
) -> Result<Vec<Line>, Difference> {
    let at = list_place(case, list, post);
    let quota = u32::try_from(post.quota).at(&at)?;
    let ranked = standings(&case.examination.profile, list, quota, rows).at(&at)?;
    let line = |(ranked, standing): (crate::ranking::Ranked, crate::ranking::words::Standing)| {
        Ok(Line {
            application: case.application(&ranked.ticket)?,
            entered: standing.entered(),
            shown: Shown {
                total: ranked.score,
                rank: ranked.rank().map(i32::try_from).transpose().at(&at)?,
                standing: standing.as_str().to_owned(),
            },
            ticket: ranked.ticket,
        })
    };
    ranked.into_iter().map(line).collect()
}

fn list_place(case: &Case, list: RankedList, post: &PostView) -> String {
    format!(
        "{}, {} list, post {}",
        case.place(),
        list.as_str(),
        post.code
    )
}

/// What is stored and what was published of a list, against what follows. Everybody who belongs on
/// it stands there once, and nobody else.
fn same_list(
    view: &mut View<'_>,
    case: &Case,
    list: RankedList,
    follow: &BTreeMap<Id, Vec<Line>>,
) -> Result<usize, Difference> {
    let mut stored: BTreeMap<Id, BTreeMap<String, Shown>> = BTreeMap::new();
    for row in store::rankings(view.db, case.examination.id)? {
        if row.phase == list.as_str() {
            let shown = Shown {
                total: row.total,
                rank: row.rank,
                standing: row.outcome,
            };
            let ticket = case.ticket(row.application_id).to_owned();
            stored.entry(row.post_id).or_default().insert(ticket, shown);
        }
    }
    let published = published(case, list)?;
    let mut count = 0;
    for post in case.standing_posts() {
        let at = list_place(case, list, post);
        let stored = stored.remove(&post.id).unwrap_or_default();
        let lines = follow.get(&post.id).map_or(&[][..], Vec::as_slice);
        same_published(&at, post, published.get(&post.code), lines)?;
        count += same_rows(&at, stored, lines)?;
    }
    Ok(count)
}

fn same_rows(
    at: &str,
    stored: BTreeMap<String, Shown>,
    lines: &[Line],
) -> Result<usize, Difference> {
    let by_ticket = |line: &Line| {
        let Shown {
            total,
            rank,
            ref standing,
        } = line.shown;
        let standing = standing.clone();
        let shown = Shown {
            total,
            rank,
            standing,
        };
        (line.ticket.clone(), shown)
    };
    let follow: BTreeMap<String, Shown> = lines.iter().map(by_ticket).collect();
    let place = |ticket: &String| format!("{at}, ticket {ticket}");
    same_table(&stored, &follow, place, "rank", "the marks give")
}

fn published(case: &Case, list: RankedList) -> Result<BTreeMap<String, ListPublished>, Difference> {
    let kind = match list {
        RankedList::Written => "written.published",
        RankedList::Final => "merit.published",
    };
    let lists: Vec<ListPublished> = case.decisions.inputs(kind)?;
    Ok(lists
        .into_iter()
        .map(|one| (one.post.clone(), one))
        .collect())
}

fn same_published(
    at: &str,
    post: &PostView,
    published: Option<&ListPublished>,
    lines: &[Line],
) -> Result<(), Difference> {
    let published = published.ok_or_else(|| Difference::new(at, "the log does not publish it"))?;
    same(
        at,
        "quota",
        &post.quota,
        "the log published",
        &published.quota,
    )?;
    let row = |line: &Line| {
        let shown = &line.shown;
        json!([line.ticket, shown.total, shown.rank, shown.standing])
    };
    let follow: Vec<Value> = lines.iter().map(row).collect();
    let table =
        |rows: &[Value]| -> BTreeMap<usize, Value> { (1..).zip(rows.iter().cloned()).collect() };
    let place = |line: &usize| format!("{at}, line {line}");
    same_table(
        &table(&published.rows),
        &table(&follow),
        place,
        "publication",
        "the marks give",
    )?;
    Ok(())
}
