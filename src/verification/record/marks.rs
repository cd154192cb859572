//! V8, V9 and V10: from the markers' marks to the lists.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::public::Public;
use super::totals;
use crate::disclosure::record::Ticket;
use crate::kernel::{Id, Score};
use crate::marking::{DoubleMarking, MarkerMark, Resolution, ResultMark, SettledBy, resolve};
use crate::ranking::columns::{Columns, Marks, columns, row};
use crate::ranking::{Ballot, ComponentMark, RankedList, Row, counts, standings};
use crate::regulation::{Component, ComponentKind, OpenMarks, Phase};
use crate::verification::decisions::{ListPublished, inputs, place};
use crate::verification::rules::{At as _, Difference, same, same_table};

/// `objective.marked`
#[derive(Deserialize)]
struct Objective {
    ticket_no: String,
    component: String,
    total: Score,
    scripts: Vec<(i32, Id)>,
}

/// `script.settled`
#[derive(Deserialize)]
struct Settled {
    script: Id,
    max: Score,
    marks: Vec<Score>,
    mark: Score,
    by: SettledBy,
}

/// `component.decided`
#[derive(Deserialize)]
struct Decided {
    application: Id,
    ticket_no: String,
    component: String,
    #[serde(default)]
    mark: Option<Score>,
    #[serde(default)]
    absent: bool,
    #[serde(default)]
    ballot: Option<(u32, u32, u32)>,
    #[serde(default)]
    panel: Option<Vec<Score>>,
}

/// V8: every script that was made has one mark that stands, and it follows by the rule.
pub(super) fn scripts(public: &Public) -> Result<usize, Difference> {
    let at = public.place();
    let settled = settled(public)?;
    let mut named = BTreeSet::new();
    for attempt in public.decisions.inputs::<Objective>("objective.marked")? {
        for (_, script) in attempt.scripts {
            if !named.insert(script) {
                return Err(Difference::new(
                    &at,
                    format!("script {script} is named twice"),
                ));
            }
        }
    }
    let known: BTreeSet<Id> = settled.keys().copied().collect();
    if let Some(script) = named.symmetric_difference(&known).next() {
        let what = format!("script {script} is not both named and settled");
        return Err(Difference::new(&at, what));
    }
    let rule = DoubleMarking::of(&public.profile()?.marking);
    let rule = rule.ok_or_else(|| Difference::new(&at, "scripts are not marked by two"))?;
    for one in settled.values() {
        follows(one, &rule)?;
    }
    Ok(settled.len())
}

fn settled(public: &Public) -> Result<BTreeMap<Id, Settled>, Difference> {
    let mut settled = BTreeMap::new();
    for one in public.decisions.inputs::<Settled>("script.settled")? {
        let script = one.script;
        if settled.insert(script, one).is_some() {
            let what = format!("script {script} is settled twice");
            return Err(Difference::new(public.place(), what));
        }
    }
    Ok(settled)
}

fn follows(one: &Settled, rule: &DoubleMarking) -> Result<(), Difference> {
    let at = format!("script {}", one.script);
    let marks: Vec<MarkerMark> = (1..)
        .zip(&one.marks)
        .map(|(ordinal, mark)| MarkerMark {
            ordinal,
            mark: *mark,
        })
        .collect();
    let uncalled = |_| Difference::new(&at, "the rule did not call for these marks");
    match resolve(one.max, &marks, rule).map_err(uncalled)? {
        Resolution::Final { mark, by } => {
            same(&at, "mark", &one.mark, "the marks give", &mark)?;
            same(&at, "way", &one.by.as_str(), "the marks give", &by.as_str())
        }
        _ => Err(Difference::new(&at, "settled before its mark stood")),
    }
}

/// What was decided of every ticket, by component.
type Decisions = BTreeMap<(String, String), Decided>;

fn decided(public: &Public) -> Result<Decisions, Difference> {
    let mut found = BTreeMap::new();
    for entry in public.decisions.of(&["component.decided"]) {
        let one: Decided = inputs(entry)?;
        if !public.is_ticket_of(&one.ticket_no, one.application) {
            return Err(Difference::new(
                place(entry),
                "its ticket is of another application",
            ));
        }
        let key = (one.ticket_no.clone(), one.component.clone());
        if found.insert(key, one).is_some() {
            return Err(Difference::new(place(entry), "it was decided before"));
        }
    }
    Ok(found)
}

/// V9: every component that is decided follows from its parts, and all that must be are decided.
pub(super) fn components(public: &Public) -> Result<usize, Difference> {
    let (decided, written) = (decided(public)?, written_marks(public)?);
    let profile = public.profile()?;
    for ((ticket, code), one) in &decided {
        let at = component_place(ticket, code);
        let component = profile.component(code);
        let component = component.ok_or_else(|| Difference::new(&at, "no such component"))?;
        if component.kind == ComponentKind::Written {
            let mark = written.get(&(ticket.clone(), code.clone())).copied();
            same_written(&at, one, mark)?;
        } else {
            same_given(public, &at, component, one)?;
        }
    }
    if let Some((ticket, code)) = written.keys().find(|key| !decided.contains_key(*key)) {
        let at = component_place(ticket, code);
        return Err(Difference::new(at, "it was marked and not decided"));
    }
    must_be_decided(public, &decided)?;
    Ok(decided.len())
}

fn component_place(ticket: &str, component: &str) -> String {
    format!("ticket {ticket}, component {component}")
}

/// The written marks: the objective total and what stands of the scripts.
fn written_marks(public: &Public) -> Result<BTreeMap<(String, String), Score>, Difference> {
    let settled = settled(public)?;
    let mut marks = BTreeMap::new();
    for one in public.decisions.inputs::<Objective>("objective.marked")? {
        let at = component_place(&one.ticket_no, &one.component);
        let mut total = one.total;
        for (_, script) in &one.scripts {
            let settled = settled.get(script);
            let settled = settled
                .ok_or_else(|| Difference::new(&at, format!("script {script} has no mark")))?;
            total = total + settled.mark;
        }
        if marks
            .insert((one.ticket_no, one.component), total)
            .is_some()
        {
            return Err(Difference::new(at, "it was marked twice"));
        }
    }
    Ok(marks)
}

fn same_written(at: &str, one: &Decided, mark: Option<Score>) -> Result<(), Difference> {
    let shown = |mark: Option<Score>| mark.map_or("absent".to_owned(), |mark| mark.to_string());
    let plain = one.ballot.is_none() && one.panel.is_none();
    if !plain || one.absent == one.mark.is_some() {
        return Err(Difference::new(at, "it is no written mark"));
    }
    same(at, "mark", &shown(one.mark), "its parts give", &shown(mark))
}

/// What was given in an interview, an assessment or a vote makes what was decided.
fn same_given(
    public: &Public,
    at: &str,
    component: &Component,
    one: &Decided,
) -> Result<(), Difference> {
    let is_vote = component.kind == ComponentKind::Vote;
    let states = [one.mark.is_some(), one.absent, one.ballot.is_some()];
    let one_state = states.iter().filter(|state| **state).count() == 1;
    if !one_state || (!one.absent && one.ballot.is_some() != is_vote) {
        return Err(Difference::new(at, "it has no mark of its kind"));
    }
    let interview = component.kind == ComponentKind::Interview;
    if interview && one.mark.is_some() && one.panel.is_none() {
        return Err(Difference::new(at, "an interview's mark without its panel"));
    }
    let (Some(panel), Some(mark)) = (&one.panel, one.mark) else {
        return Ok(());
    };
    let given = Marks::from([(component.code.clone(), ResultMark::Panel(panel.clone()))]);
    let only = |other: &Component| other.code == component.code;
    let follows = columns(public.profile()?, &BTreeMap::new(), &given, only).at(at)?;
    let expected = BTreeMap::from([(component.code.clone(), ComponentMark::Mark(mark))]);
    if follows == Columns::Complete(expected) {
        return Ok(());
    }
    Err(Difference::new(at, "its panel gives another mark"))
}

/// Everybody has every written component; those who go on have the others too, unless they were
/// absent from one; nobody else has.
fn must_be_decided(public: &Public, decided: &Decisions) -> Result<(), Difference> {
    let written = list(public, decided, RankedList::Written, &|_| true)?;
    let on = goes_on(&written);
    let profile = public.profile()?;
    for ticket in &public.tickets {
        let absent = profile.components.iter().any(|component| {
            let key = (ticket.ticket.clone(), component.code.clone());
            decided.get(&key).is_some_and(|one| one.absent)
        });
        for component in &profile.components {
            let key = (ticket.ticket.clone(), component.code.clone());
            let at = component_place(&key.0, &key.1);
            let there = decided.contains_key(&key);
            let is_written = component.kind == ComponentKind::Written;
            let may = is_written
                || public.phase == Phase::Published && on.contains(ticket.ticket.as_str());
            if there && !may {
                return Err(Difference::new(at, "it was decided and must not be"));
            }
            if !there && may && (is_written || !absent) {
                return Err(Difference::new(at, "it was not decided"));
            }
        }
    }
    Ok(())
}

/// A list of every post: its lines as they are published.
pub(super) type Lists = BTreeMap<String, Vec<Value>>;

/// The tickets that go on to the interview.
fn goes_on(written: &Lists) -> BTreeSet<String> {
    let lines = written.values().flatten();
    let entered = lines.filter(|line| {
        let standing = line[3].as_str().unwrap_or_default();
        ["entered", "entered_by_tie"].contains(&standing)
    });
    entered
        .filter_map(|line| line[0].as_str().map(str::to_owned))
        .collect()
}

/// The lists, ranked again from what was decided.
fn list(
    public: &Public,
    decided: &Decisions,
    list: RankedList,
    takes_part: &dyn Fn(&Ticket) -> bool,
) -> Result<Lists, Difference> {
    let mut lists = Lists::new();
    for (post, quota) in &public.posts {
        let at = format!("{} list, post {post}", list.as_str());
        let own = public.tickets.iter().filter(|one| one.post == *post);
        let rows = own.filter(|one| takes_part(one));
        let rows: Vec<Row> = rows
            .map(|one| ranked_row(public, decided, list, one))
            .collect::<Result<_, _>>()?;
        let quota = u32::try_from(*quota).at(&at)?;
        let ranked = standings(public.profile()?, list, quota, &rows).at(&at)?;
        let lines = ranked.into_iter().map(|(ranked, standing)| {
            json!([
                ranked.ticket,
                ranked.score,
                ranked.rank(),
                standing.as_str()
            ])
        });
        lists.insert(post.clone(), lines.collect());
    }
    Ok(lists)
}

fn ranked_row(
    public: &Public,
    decided: &Decisions,
    list: RankedList,
    ticket: &Ticket,
) -> Result<Row, Difference> {
    let profile = public.profile()?;
    let mut marks = BTreeMap::new();
    for component in profile.components.iter().filter(|one| counts(list, one)) {
        let key = (ticket.ticket.clone(), component.code.clone());
        if let Some(one) = decided.get(&key) {
            let at = component_place(&key.0, &key.1);
            marks.insert(key.1, column(one).at(at)?);
        }
    }
    let categories = ticket.categories.iter().cloned().collect();
    Ok(row(&ticket.ticket, &categories, marks))
}

fn column(one: &Decided) -> Result<ComponentMark, &'static str> {
    match (one.mark, one.ballot, one.absent) {
        (Some(mark), None, false) => Ok(ComponentMark::Mark(mark)),
        (None, Some((yes, attending, members)), false) => Ok(ComponentMark::Vote(Ballot {
            yes,
            attending,
            members,
        })),
        (None, None, true) => Ok(ComponentMark::Absent),
        _ => Err("it is neither a mark nor a vote nor an absence"),
    }
}

/// V10: both lists follow from what was decided of the components; where that is closed, from their
/// totals.
pub(super) fn ranking(public: &Public) -> Result<usize, Difference> {
    let open = public.marks == OpenMarks::Components;
    let decided = open.then(|| decided(public)).transpose()?;
    let derive = |of, takes_part: &dyn Fn(&Ticket) -> bool| match &decided {
        Some(decided) => list(public, decided, of, takes_part),
        None => totals::list(public, of, takes_part),
    };
    let written = derive(RankedList::Written, &|_| true)?;
    let mut count = same_lists(public, "written.published", &written)?;
    if public.phase == Phase::Published {
        let on = goes_on(&written);
        let takes_part = |one: &Ticket| on.contains(one.ticket.as_str());
        let merit = derive(RankedList::Final, &takes_part)?;
        count += same_lists(public, "merit.published", &merit)?;
    }
    Ok(count)
}

fn same_lists(public: &Public, kind: &str, follow: &Lists) -> Result<usize, Difference> {
    let mut published = BTreeMap::new();
    for one in public.decisions.inputs::<ListPublished>(kind)? {
        let post = one.post.clone();
        if published.insert(post.clone(), one).is_some() {
            let what = format!("published twice for post {post}");
            return Err(Difference::new(kind, what));
        }
    }
    let mut count = 0;
    for (post, lines) in follow {
        let at = format!("{kind}, post {post}");
        let list = published.remove(post);
        let list = list.ok_or_else(|| Difference::new(&at, "it was not published"))?;
        let quota = public.posts.get(post).copied().unwrap_or_default();
        same(&at, "places", &list.quota, "the post has", &quota)?;
        let table = |rows: &[Value]| -> BTreeMap<usize, Value> {
            (1..).zip(rows.iter().cloned()).collect()
        };
        let line = |line: &usize| format!("{at}, line {line}");
        let (stored, follow) = (table(&list.rows), table(lines));
        count += same_table(&stored, &follow, line, "line", "the components give")?;
    }
    match published.into_keys().next() {
        None => Ok(count),
        Some(post) => Err(Difference::new(kind, format!("post {post} does not stand"))),
    }
}
