//! The acts of ranking: publishing the written results, recording an absence, and publishing the
//! merit list.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::columns::{self, Marks};
use super::draft::{self, Draft, Line, Missing, PostList};
use super::store::{self, ComponentMarkRow, RankingRow};
use super::words::{RankedList, Standing};
use crate::access::{Acting, Actor, Role};
use crate::establishment::service::PostView;
use crate::kernel::calendar::CalendarError;
use crate::kernel::{Id, Problem};
use crate::ledger;
use crate::marking::service::unfinished;
use crate::regulation::Phase;
use crate::regulation::calendars::calendar;
use crate::regulation::service::{Examination, advance, hold_alone, load, set_publicity_ends};
use crate::store::{Tx, View};

/// The zone whose calendar counts working days.
const ZONE: &str = "Asia/Shanghai";
/// Ticket numbers named in one refusal.
const NAMED: usize = 20;

/// Publishes the written results of every post, with those who go on to the interview.
pub fn publish_written(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    let examination = hold_alone(tx, id)?;
    examination.phase.must_be(&[Phase::Marking])?;
    let waiting = unfinished(tx, id)?.scripts_waiting;
    if waiting > 0 {
        return Err(Problem::conflict("scripts-unmarked").with("count", waiting));
    }
    publish(tx, acting, &examination, RankedList::Written)?;
    advance(tx, &examination, Phase::WrittenPublished)
}

/// Publishes the merit list of every post, and with it begins the publicity period (公示).
pub fn publish_final(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Hr])?;
    let examination = hold_alone(tx, id)?;
    examination.phase.must_be(&[Phase::WrittenPublished])?;
    let publicity_ends = publicity_ends(tx, &examination)?;
    publish(tx, acting, &examination, RankedList::Final)?;
    set_publicity_ends(tx, id, &publicity_ends)?;
    advance(tx, &examination, Phase::Published)
}

/// Keeps a list and signs it, post by post.
fn publish(
    tx: &mut Tx<'_>,
    acting: Acting,
    examination: &Examination,
    list: RankedList,
) -> Result<(), Problem> {
    let (lists, given) = match draft::draft(tx, examination, list)? {
        Draft::Ready { lists, given } => (lists, given),
        Draft::Waiting(missing) => return Err(incomplete(&missing)),
    };
    let none = Marks::new();
    for of_post in &lists {
        for line in &of_post.lines {
            let given = given.get(&line.application).unwrap_or(&none);
            keep_marks(tx, acting, examination, line, given)?;
            keep_line(tx, of_post.post.id, list, line)?;
        }
        let kind = match list {
            RankedList::Written => "written.published",
            RankedList::Final => "merit.published",
        };
        let entry = examination.decision(acting, kind).about(of_post.post.id);
        let entry = entry.on(list_inputs(of_post));
        ledger::record(tx, &entry.outcome("published"))?;
    }
    Ok(())
}

fn incomplete(missing: &[Missing]) -> Problem {
    let mut tickets: Vec<&str> = missing.iter().map(|m| m.ticket_no.as_str()).collect();
    tickets.dedup();
    let count = tickets.len();
    tickets.truncate(NAMED);
    Problem::conflict("marks-incomplete")
        .with("count", count)
        .with("tickets", tickets.join(", "))
}

/// Keeps what is newly decided of a candidate's components, each with its decision.
fn keep_marks(
    tx: &mut Tx<'_>,
    acting: Acting,
    examination: &Examination,
    line: &Line,
    given: &Marks,
) -> Result<(), Problem> {
    for (component, mark) in &line.marks {
        let state = columns::state(&examination.profile, component, mark);
        let row = ComponentMarkRow {
            application_id: line.application,
            component: component.clone(),
            state,
            mark: match mark {
                super::ComponentMark::Mark(mark) => Some(*mark),
                _ => None,
            },
            decided_at: tx.now,
        };
        if store::keep_component_mark(tx, &row)? {
            let who = (line.application, line.ticket.as_str());
            let inputs = columns::inputs(who, component, given.get(component), mark);
            let entry = examination
                .decision(acting, "component.decided")
                .on(inputs)
                .about(line.application);
            ledger::record(tx, &entry.outcome(state.as_str()))?;
        }
    }
    Ok(())
}

fn keep_line(tx: &mut Tx<'_>, post: Id, list: RankedList, line: &Line) -> Result<(), Problem> {
    let rank = line.rank.map(i32::try_from).transpose();
    let row = RankingRow {
        application_id: line.application,
        phase: list,
        post_id: post,
        total: line.total,
        rank: rank.map_err(Problem::internal)?,
        outcome: line.standing,
        decided_at: tx.now,
    };
    store::insert_ranking(tx, &row)
}

/// The whole list, so that a stranger can rank it again.
fn list_inputs(of_post: &PostList) -> Value {
    let row = |line: &Line| json!([line.ticket, line.total, line.rank, line.standing]);
    json!({
        "post": of_post.post.code, "post_id": of_post.post.id, "quota": of_post.post.quota,
        "rows": of_post.lines.iter().map(row).collect::<Vec<_>>(),
    })
}

/// The last day of a publicity period that begins now.
fn publicity_ends(view: &mut View<'_>, examination: &Examination) -> Result<String, Problem> {
    let zone = TimeZone::get(ZONE).map_err(Problem::internal)?;
    let calendar = calendar(view)?;
    let rule = examination.profile.publicity;
    match rule.last_day(view.now.date_in(&zone), &calendar) {
        Ok(day) => Ok(day.to_string()),
        Err(CalendarError::UnknownYear(year)) => {
            Err(Problem::conflict("calendar-year-missing").with("year", year))
        }
        Err(error) => Err(Problem::internal(error)),
    }
}

/// What the next publication would say of a post.
#[derive(Debug, Clone)]
pub struct PostPreview {
    /// The post.
    pub post: PostView,
    /// Candidates on the list.
    pub candidates: usize,
    /// Candidates with a rank.
    pub ranked: usize,
    /// Those who would go on, or be proposed.
    pub chosen: usize,
    /// Those on whom a tie at the last place bears.
    pub tied: usize,
}

/// Where the results of an examination stand, for HR.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The examination.
    pub examination: Examination,
    /// Scripts without a final mark.
    pub scripts_waiting: usize,
    /// Components that are not decided.
    pub missing: Vec<Missing>,
    /// What would be published, or was published last.
    pub posts: Vec<PostPreview>,
}

/// What would be published next. Nothing is kept.
pub fn preview(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<Preview, Problem> {
    actor.acting_as(&[Role::Hr])?;
    let examination = load(view, id)?;
    let mut preview = Preview {
        scripts_waiting: 0,
        missing: Vec::new(),
        posts: Vec::new(),
        examination,
    };
    let list = match preview.examination.phase {
        Phase::Marking => RankedList::Written,
        Phase::WrittenPublished => RankedList::Final,
        _ => return Ok(preview),
    };
    if list == RankedList::Written {
        preview.scripts_waiting = unfinished(view, id)?.scripts_waiting;
    }
    if preview.scripts_waiting == 0 {
        match draft::draft(view, &preview.examination, list)? {
            Draft::Ready { lists, .. } => {
                preview.posts = lists.into_iter().map(post_preview).collect();
            }
            Draft::Waiting(missing) => preview.missing = missing,
        }
    }
    Ok(preview)
}

fn post_preview(list: PostList) -> PostPreview {
    let count = |wanted: fn(&Line) -> bool| list.lines.iter().filter(|line| wanted(line)).count();
    PostPreview {
        candidates: list.lines.len(),
        ranked: count(|line| line.rank.is_some()),
        chosen: count(|line| chosen(line.standing)),
        tied: count(|line| line.standing.tied()),
        post: list.post,
    }
}

const fn chosen(standing: Standing) -> bool {
    standing.entered() || standing.proposed()
}

pub use super::results::{list, own_result};
