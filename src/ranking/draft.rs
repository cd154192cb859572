//! The lists of an examination as they would be published now: computed, and not kept yet.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{self, Columns, Marks};
use super::composite::{ComponentMark, RankingError};
use super::lists::{merit_of, shortlist};
use super::order::{Ranked, Row, rank, rank_written};
use super::store;
use super::words::{MarkState, RankedList, Standing};
use crate::establishment::service::{PostView, standing_posts};
use crate::kernel::{Id, Problem, Score};
use crate::marking::service::component_marks;
use crate::registration::records::{Ticketed, ticketed};
use crate::regulation::service::Examination;
use crate::regulation::{Component, ComponentKind, Profile};
use crate::store::View;

/// One candidate on a list.
pub(super) struct Line {
    pub application: Id,
    pub ticket: String,
    pub total: Option<Score>,
    pub rank: Option<u32>,
    pub standing: Standing,
    pub marks: BTreeMap<String, ComponentMark>,
}

/// The list of one post.
pub(super) struct PostList {
    pub post: PostView,
    pub lines: Vec<Line>,
}

/// A component of a candidate in which there is neither mark nor absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The application.
    pub application: Id,
    /// The ticket number.
    pub ticket_no: String,
    /// The post.
    pub post_id: Id,
    /// Code of the post.
    pub post: String,
    /// The component.
    pub component: String,
}

/// The lists, or what they still wait for.
pub(super) enum Draft {
    Ready {
        lists: Vec<PostList>,
        /// What marking gave, by application.
        given: BTreeMap<Id, Marks>,
    },
    Waiting(Vec<Missing>),
}

/// Whether a list looks at a component.
pub fn counts(list: RankedList, component: &Component) -> bool {
    list == RankedList::Final || component.kind == ComponentKind::Written
}

/// The columns of a candidate, once all are there.
type Entrant<'a> = (&'a Ticketed, BTreeMap<String, ComponentMark>);

/// Computes one of the two lists for every post.
pub(super) fn draft(
    view: &mut View<'_>,
    examination: &Examination,
    list: RankedList,
) -> Result<Draft, Problem> {
    let given = component_marks(view, examination.id)?;
    let decided = decided(view, examination.id)?;
    let candidates = candidates(view, examination.id, list)?;
    let profile = &examination.profile;
    let none = (BTreeMap::new(), Marks::new());
    let columns_of = |of: &Ticketed| {
        let decided = decided.get(&of.application).unwrap_or(&none.0);
        let given = given.get(&of.application).unwrap_or(&none.1);
        columns::columns(profile, decided, given, |c| counts(list, c)).map_err(refused)
    };
    let (mut lists, mut missing) = (Vec::new(), Vec::new());
    for post in standing_posts(view, examination.id)? {
        let mut entrants: Vec<Entrant<'_>> = Vec::new();
        for candidate in candidates.iter().filter(|c| c.post == post.id) {
            match columns_of(candidate)? {
                Columns::Complete(marks) => entrants.push((candidate, marks)),
                Columns::Missing(codes) => missing.extend(missing_of(candidate, &post, codes)),
            }
        }
        if missing.is_empty() {
            lists.push(post_list(profile, list, post, entrants)?);
        }
    }
    Ok(if missing.is_empty() {
        Draft::Ready { lists, given }
    } else {
        Draft::Waiting(missing)
    })
}

fn missing_of<'a>(
    candidate: &'a Ticketed,
    post: &'a PostView,
    components: Vec<String>,
) -> impl Iterator<Item = Missing> + use<'a> {
    components.into_iter().map(|component| Missing {
        application: candidate.application,
        ticket_no: candidate.ticket_no.clone(),
        post_id: post.id,
        post: post.code.clone(),
        component,
    })
}

/// Who is on a list: everybody with a ticket, and after the written results those who go on.
fn candidates(
    view: &mut View<'_>,
    examination: Id,
    list: RankedList,
) -> Result<Vec<Ticketed>, Problem> {
    let mut candidates = ticketed(view, examination)?;
    if list == RankedList::Final {
        let entered: BTreeSet<Id> = store::entered(view.db, examination)?.into_iter().collect();
        candidates.retain(|candidate| entered.contains(&candidate.application));
    }
    Ok(candidates)
}

/// The columns that are decided already: written marks as published.
fn decided(
    view: &mut View<'_>,
    examination: Id,
) -> Result<BTreeMap<Id, BTreeMap<String, ComponentMark>>, Problem> {
    let mut decided: BTreeMap<Id, BTreeMap<String, ComponentMark>> = BTreeMap::new();
    for row in store::marks_of_examination(view.db, examination)? {
        let mark = match (row.state, row.mark) {
            (MarkState::Absent, _) => ComponentMark::Absent,
            (MarkState::Void, _) => ComponentMark::Void,
            (MarkState::Marked, Some(mark)) => ComponentMark::Mark(mark),
            // The count of a vote stands in the ballot, which is read again.
            _ => continue,
        };
        let of = decided.entry(row.application_id).or_default();
        of.insert(row.component, mark);
    }
    Ok(decided)
}

fn post_list(
    profile: &Profile,
    list: RankedList,
    post: PostView,
    entrants: Vec<Entrant<'_>>,
) -> Result<PostList, Problem> {
    let rows: Vec<Row> = entrants
        .iter()
        .map(|(of, marks)| columns::row(&of.ticket_no, &of.categories, marks.clone()))
        .collect();
    let mut by_ticket: BTreeMap<&str, _> = entrants
        .into_iter()
        .map(|(of, marks)| (of.ticket_no.as_str(), (of.application, marks)))
        .collect();
    let quota = u32::try_from(post.quota).map_err(Problem::internal)?;
    let mut lines = Vec::with_capacity(rows.len());
    for (ranked, standing) in standings(profile, list, quota, &rows).map_err(refused)? {
        let Some((application, marks)) = by_ticket.remove(ranked.ticket.as_str()) else {
            return Err(Problem::internal("a ranked ticket belongs to nobody"));
        };
        lines.push(Line {
            application,
            total: ranked.score,
            rank: ranked.rank(),
            ticket: ranked.ticket,
            standing,
            marks,
        });
    }
    Ok(PostList { post, lines })
}

/// Ranks the rows and says what follows. Where the profile has no shortlist, everybody ranked by
/// the written composite goes on.
pub fn standings(
    profile: &Profile,
    list: RankedList,
    quota: u32,
    rows: &[Row],
) -> Result<Vec<(Ranked, Standing)>, RankingError> {
    let ranking = match list {
        RankedList::Written => rank_written(profile, rows)?,
        RankedList::Final => rank(profile, rows)?,
    };
    let standings = standings_of(profile, list, quota, &ranking)?;
    Ok(ranking.into_iter().zip(standings).collect())
}

/// What follows for everybody in a ranking; it depends on totals and ranks alone.
pub fn standings_of(
    profile: &Profile,
    list: RankedList,
    quota: u32,
    ranking: &[Ranked],
) -> Result<Vec<Standing>, RankingError> {
    Ok(match (list, profile.shortlist) {
        (RankedList::Final, _) => merit_of(profile, quota, ranking)
            .iter()
            .map(|merit| (&merit.outcome).into())
            .collect(),
        (RankedList::Written, Some(_)) => shortlist(profile, quota, ranking)?
            .into_iter()
            .map(|decision| decision.reason.into())
            .collect(),
        (RankedList::Written, None) => ranking.iter().map(Standing::without_shortlist).collect(),
    })
}

/// Marks that no rule can rank are a fault of the data, for people to mend.
fn refused(error: RankingError) -> Problem {
    Problem::conflict("ranking-impossible").with("why", error)
}
