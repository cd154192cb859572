//! V10 where the rules open totals and ranks alone: the lists must be orders that their totals allow,
//! and what follows from a rank must follow.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::marks::Lists;
use super::public::Public;
use crate::disclosure::record::Ticket;
use crate::kernel::Score;
use crate::ranking::{Exclusion, Place, Ranked, RankedList, Standing, standings_of};
use crate::verification::decisions::ListPublished;
use crate::verification::rules::{At as _, Difference};

/// A line as it is published: ticket, total, rank and standing.
#[derive(Deserialize)]
struct Line(String, Option<Score>, Option<u32>, Standing);

/// The lists of every post: of the lines that are published, all that follows from their totals.
pub(super) fn list(
    public: &Public,
    list: RankedList,
    takes_part: &dyn Fn(&Ticket) -> bool,
) -> Result<Lists, Difference> {
    let kind = match list {
        RankedList::Written => "written.published",
        RankedList::Final => "merit.published",
    };
    let published: Vec<ListPublished> = public.decisions.inputs(kind)?;
    let mut lists = Lists::new();
    for (post, quota) in &public.posts {
        let at = format!("{kind}, post {post}");
        let rows = published.iter().find(|one| one.post == *post);
        let rows = rows.map(|one| one.rows.as_slice()).unwrap_or_default();
        let own = public.tickets.iter().filter(|one| one.post == *post);
        let own = own.filter(|one| takes_part(one));
        let own: BTreeSet<&str> = own.map(|one| one.ticket.as_str()).collect();
        let ranking = ranking(&at, rows, &own)?;
        let quota = u32::try_from(*quota).at(&at)?;
        let standings = standings_of(public.profile()?, list, quota, &ranking).at(&at)?;
        let lines = ranking.into_iter().zip(standings);
        let lines = lines.map(|(line, standing)| {
            json!([line.ticket, line.score, line.rank(), standing.as_str()])
        });
        lists.insert(post.clone(), lines.collect());
    }
    Ok(lists)
}

/// The lines of one list, if they are in an order that their totals allow and are of these tickets,
/// each once.
fn ranking(at: &str, rows: &[Value], own: &BTreeSet<&str>) -> Result<Vec<Ranked>, Difference> {
    let mut ranking: Vec<Ranked> = Vec::with_capacity(rows.len());
    for row in rows {
        let number = ranking.len() + 1;
        let at = format!("{at}, line {number}");
        let line: Line = Line::deserialize(row).at(&at)?;
        let next = ranked(line).ok_or_else(|| Difference::new(&at, "it is no line"))?;
        if !may_follow(ranking.last(), &next, number) {
            let what = "its total and rank do not follow those of the line before";
            return Err(Difference::new(at, what));
        }
        ranking.push(next);
    }
    let listed: BTreeSet<&str> = ranking.iter().map(|line| line.ticket.as_str()).collect();
    if listed.len() != ranking.len() || listed != *own {
        return Err(Difference::new(at, "its tickets are not those of the post"));
    }
    Ok(ranking)
}

fn ranked(Line(ticket, score, rank, standing): Line) -> Option<Ranked> {
    let out = |why: fn(String) -> Exclusion| Place::Out(why(String::new()));
    let place = match (score, rank, standing) {
        (Some(_), Some(rank), _) => Place::Ranked {
            rank,
            decided_by: None,
        },
        (None, None, Standing::Void | Standing::OutVoid) => out(Exclusion::Void),
        (None, None, Standing::Absent | Standing::OutAbsent) => out(Exclusion::Absent),
        (None, None, Standing::BelowFloor | Standing::OutBelowFloor) => out(Exclusion::BelowFloor),
        _ => return None,
    };
    Some(Ranked {
        ticket,
        score,
        place,
    })
}

/// Whether `next` may be line `number` behind `before`. Of two equal totals the tie rule may have
/// put one behind the other: by what is closed, so that both ways are allowed.
fn may_follow(before: Option<&Ranked>, next: &Ranked, number: usize) -> bool {
    let in_turn = next.rank().and_then(|rank| usize::try_from(rank).ok()) == Some(number);
    let Some(before) = before else {
        return in_turn || next.rank().is_none();
    };
    let by_ticket = before.ticket.as_bytes() < next.ticket.as_bytes();
    match (before.score, next.score) {
        (Some(higher), Some(total)) if total < higher => in_turn,
        (Some(higher), Some(total)) if total == higher => {
            in_turn || next.rank() == before.rank() && by_ticket
        }
        (Some(_), None) => true,
        (None, None) => by_ticket,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ticket: &str, total: Option<i32>, rank: Option<u32>, standing: &str) -> Value {
        json!([ticket, total.map(Score::whole), rank, standing])
    }

    fn accepts(rows: &[Value]) -> bool {
        let own: BTreeSet<&str> = ["a", "b", "c"].into();
        ranking("list", rows, &own).is_ok()
    }

    #[test]
    fn a_list_is_in_an_order_that_its_totals_allow() {
        let out = || line("c", None, None, "absent");
        let of = |b: i32, rank| {
            let first = line("a", Some(70), Some(1), "entered");
            [first, line("b", Some(b), Some(rank), "entered"), out()]
        };
        assert!(accepts(&of(60, 2)));
        assert!(accepts(&of(70, 1)), "equals share a rank");
        assert!(accepts(&of(70, 2)), "a closed tie rule may divide equals");
        assert!(!accepts(&of(60, 1)));
        assert!(!accepts(&of(60, 3)));
        assert!(!accepts(&of(80, 2)));
    }

    #[test]
    fn everybody_stands_on_it_once() {
        let all = ["a", "b", "c"].map(|ticket| line(ticket, None, None, "below_floor"));
        assert!(accepts(&all));
        assert!(!accepts(&all[..2]));
        assert!(!accepts(&[all[0].clone(), all[0].clone(), all[2].clone()]));
        assert!(!accepts(&[all[1].clone(), all[0].clone(), all[2].clone()]));
        let unranked = line("a", None, None, "entered");
        assert!(!accepts(&[unranked, all[1].clone(), all[2].clone()]));
    }
}
