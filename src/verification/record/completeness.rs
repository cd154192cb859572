//! V11: the numbers tie.

use serde::Deserialize;
use serde_json::Value;

use super::public::Public;
use crate::regulation::{ComponentKind, OpenMarks, Phase};
use crate::verification::decisions::{CountsFixed, MarkingBegun, PapersLocked, TicketsIssued};
use crate::verification::rules::{Difference, same};

/// What is counted of `objective.marked`.
#[derive(Deserialize)]
struct OfAttempt {
    component: String,
    scripts: Vec<Value>,
}

pub(super) fn completeness(public: &Public) -> Result<usize, Difference> {
    let mut ties = Ties {
        at: public.place(),
        count: 0,
    };
    tickets(public, &mut ties)?;
    if public.phase >= Phase::Locked {
        let locked: Vec<PapersLocked> = public.decisions.inputs("papers.locked")?;
        for one in locked {
            ties.tie(
                "tickets",
                public.tickets.len(),
                "papers were locked",
                one.count,
            )?;
        }
    }
    if public.phase >= Phase::Marking {
        sittings(public, &mut ties)?;
    }
    Ok(ties.count)
}

/// Numbers that tied so far.
struct Ties {
    at: String,
    count: usize,
}

impl Ties {
    fn tie(
        &mut self,
        what: &str,
        found: usize,
        source: &str,
        follows: usize,
    ) -> Result<(), Difference> {
        same(&self.at, what, &found, source, &follows)?;
        self.count += 1;
        Ok(())
    }
}

fn tickets(public: &Public, ties: &mut Ties) -> Result<(), Difference> {
    let issued: TicketsIssued = public.decisions.only(&ties.at, "tickets.issued")?;
    ties.tie("tickets", public.tickets.len(), "were issued", issued.count)?;
    for one in &public.tickets {
        if !public.posts.contains_key(&one.post) {
            let what = format!(
                "ticket {} is for post {}, which does not stand",
                one.ticket, one.post
            );
            return Err(Difference::new(&ties.at, what));
        }
    }
    Ok(())
}

fn sittings(public: &Public, ties: &mut Ties) -> Result<(), Difference> {
    let fixed: CountsFixed = public.decisions.only(&ties.at, "counts.fixed")?;
    let begun: MarkingBegun = public.decisions.only(&ties.at, "marking.begun")?;
    let all = fixed.applications.values().sum::<i64>();
    let all = usize::try_from(all).unwrap_or(usize::MAX);
    let submitted = public.count_of("application.submitted");
    ties.tie("applications", all, "submitted were", submitted)?;
    let approved = fixed
        .applications
        .get("approved")
        .copied()
        .unwrap_or_default();
    let approved = usize::try_from(approved).unwrap_or(usize::MAX);
    let tickets = public.tickets.len();
    ties.tie("approved", approved, "tickets are", tickets)?;
    ties.tie("tickets counted", fixed.ticketed, "tickets are", tickets)?;
    ties.tie("lines counted", fixed.ranking_rows, "tickets are", tickets)?;
    let written: Vec<&str> = public
        .profile()?
        .components_of(ComponentKind::Written)
        .map(|component| component.code.as_str())
        .collect();
    ties.tie(
        "sittings",
        fixed.sittings.len(),
        "written components are",
        written.len(),
    )?;
    let (mut sat, mut absent, mut scripts) = (0, 0, 0);
    for code in written {
        let sitting = fixed.sittings.iter().find(|one| one.component == code);
        let sitting = sitting
            .ok_or_else(|| Difference::new(&ties.at, format!("nothing of {code} was counted")))?;
        ties.tie(
            &format!("places of {code}"),
            sitting.sat.saturating_add(sitting.absent),
            "tickets are",
            tickets,
        )?;
        sat += sitting.sat;
        absent += sitting.absent;
        scripts += sitting.scripts;
        if public.phase >= Phase::WrittenPublished && public.marks == OpenMarks::Components {
            marked(public, ties, code, sitting.sat, sitting.scripts)?;
        }
    }
    ties.tie("attempts", sat, "marking began with", begun.attempts)?;
    ties.tie("absences", absent, "marking began with", begun.absences)?;
    ties.tie("scripts", scripts, "marking began with", begun.scripts)?;
    let marked = public.count_of("objective.marked");
    ties.tie("attempts", begun.attempts, "marked were", marked)
}

/// What was marked of a component is what was counted.
fn marked(
    public: &Public,
    ties: &mut Ties,
    code: &str,
    sat: usize,
    scripts: usize,
) -> Result<(), Difference> {
    let all: Vec<OfAttempt> = public.decisions.inputs("objective.marked")?;
    let own: Vec<&OfAttempt> = all.iter().filter(|one| one.component == code).collect();
    ties.tie(&format!("sat {code}"), sat, "marked were", own.len())?;
    let named = own.iter().map(|one| one.scripts.len()).sum();
    ties.tie(&format!("scripts of {code}"), scripts, "named were", named)
}
