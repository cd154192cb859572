//! From what marking gives to the columns that ranking compares. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::composite::{Ballot, ComponentMark, RankingError, interview_score, vote_passes};
use super::order::Row;
use super::words::MarkState;
use crate::kernel::{Id, Score};
use crate::marking::ResultMark;
use crate::regulation::{Component, ComponentKind, Profile};

/// What a candidate has in each component, as marking gives it.
pub type Marks = BTreeMap<String, ResultMark>;

/// A candidate's columns, or the components that are still to come.
#[derive(Debug, PartialEq, Eq)]
pub enum Columns {
    /// All are there.
    Complete(BTreeMap<String, ComponentMark>),
    /// These components are not decided.
    Missing(Vec<String>),
}

/// The columns of the components that `counts`. Written marks stand as they were published. Whoever
/// is absent from one component is out, and needs no mark in the others.
pub fn columns(
    profile: &Profile,
    decided: &BTreeMap<String, ComponentMark>,
    marks: &Marks,
    counts: impl Fn(&Component) -> bool,
) -> Result<Columns, RankingError> {
    let (mut columns, mut missing) = (BTreeMap::new(), Vec::new());
    for component in profile.components.iter().filter(|c| counts(c)) {
        let given = match marks.get(&component.code) {
            Some(mark) => column(profile, component, mark)?,
            None => None,
        };
        match decided.get(&component.code).copied().or(given) {
            Some(mark) => drop(columns.insert(component.code.clone(), mark)),
            None => missing.push(component.code.clone()),
        }
    }
    let absent = columns.values().any(|mark| *mark == ComponentMark::Absent);
    Ok(if missing.is_empty() || absent {
        Columns::Complete(columns)
    } else {
        Columns::Missing(missing)
    })
}

/// One column, or none while a panel is not complete.
fn column(
    profile: &Profile,
    component: &Component,
    mark: &ResultMark,
) -> Result<Option<ComponentMark>, RankingError> {
    Ok(match mark {
        ResultMark::Absent => Some(ComponentMark::Absent),
        ResultMark::Mark(mark) => Some(ComponentMark::Mark(*mark)),
        ResultMark::Ballot {
            yes,
            attending,
            members,
        } => Some(ComponentMark::Vote(Ballot {
            yes: *yes,
            attending: *attending,
            members: *members,
        })),
        ResultMark::Panel(marks) => panel(profile, component, marks)?.map(ComponentMark::Mark),
    })
}

/// The mark of a panel: trimmed for an interview; for other assessments the mean, rounded as
/// resolved marks are.
fn panel(
    profile: &Profile,
    component: &Component,
    marks: &[Score],
) -> Result<Option<Score>, RankingError> {
    if component.kind != ComponentKind::Interview {
        let rule = &profile.marking;
        let mean = || Score::mean(marks, rule.places, rule.rounding);
        return Ok((!marks.is_empty()).then(mean).transpose()?);
    }
    match interview_score(profile, marks) {
        Err(RankingError::TooFewMarks { .. }) => Ok(None),
        other => other.map(Some),
    }
}

/// A row to be ranked.
pub fn row(
    ticket: &str,
    categories: &BTreeSet<String>,
    marks: BTreeMap<String, ComponentMark>,
) -> Row {
    Row {
        ticket: ticket.to_owned(),
        marks,
        bonus: Score::ZERO,
        categories: categories.clone(),
        extra_test: None,
    }
}

/// What is kept of a column.
pub fn state(profile: &Profile, code: &str, mark: &ComponentMark) -> MarkState {
    let rule = profile.component(code).and_then(|component| component.vote);
    let carried = match (mark, rule) {
        (ComponentMark::Vote(ballot), Some(rule)) => vote_passes(&rule, *ballot),
        _ => false,
    };
    MarkState::of(mark, carried)
}

/// The inputs of the decision on one component: the mark, and what it was made from, so that a
/// stranger can make it again.
pub fn inputs(
    (application, ticket): (Id, &str),
    component: &str,
    given: Option<&ResultMark>,
    mark: &ComponentMark,
) -> Value {
    let mut inputs = json!({
        "application": application, "ticket_no": ticket, "component": component,
    });
    match mark {
        ComponentMark::Mark(mark) => inputs["mark"] = json!(mark),
        ComponentMark::Absent => inputs["absent"] = json!(true),
        ComponentMark::Void => inputs["void"] = json!(true),
        ComponentMark::Vote(ballot) => {
            inputs["ballot"] = json!([ballot.yes, ballot.attending, ballot.members]);
        }
    }
    if let Some(ResultMark::Panel(marks)) = given {
        inputs["panel"] = json!(marks);
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regulation::Track;

    fn profile(track: Track) -> Profile {
        Profile::shipped(track).unwrap()
    }

    fn marks(of: &[(&str, ResultMark)]) -> Marks {
        of.iter()
            .map(|(code, mark)| ((*code).to_owned(), mark.clone()))
            .collect()
    }

    fn panel_of(marks: &[&str]) -> ResultMark {
        ResultMark::Panel(marks.iter().map(|mark| mark.parse().unwrap()).collect())
    }

    #[test]
    fn a_panel_becomes_the_trimmed_mean() {
        let seven = panel_of(&["84", "82.5", "85", "83", "86.5", "84.5", "81"]);
        let found = columns(
            &profile(Track::CivilService),
            &BTreeMap::new(),
            &marks(&[("interview", seven)]),
            |c| c.kind == ComponentKind::Interview,
        );
        let expected = ComponentMark::Mark("83.8".parse().unwrap());
        assert_eq!(
            found,
            Ok(Columns::Complete(
                [("interview".to_owned(), expected)].into()
            ))
        );
    }

    #[test]
    fn a_panel_of_six_is_not_complete() {
        let six = panel_of(&["84", "82.5", "85", "83", "86.5", "84.5"]);
        let found = columns(
            &profile(Track::CivilService),
            &BTreeMap::new(),
            &marks(&[("interview", six)]),
            |c| c.kind == ComponentKind::Interview,
        );
        assert_eq!(found, Ok(Columns::Missing(vec!["interview".to_owned()])));
    }

    #[test]
    fn whoever_is_recorded_absent_needs_no_mark_in_the_others() {
        let recorded = [("interview".to_owned(), ComponentMark::Absent)].into();
        let found = columns(&profile(Track::Promotion), &recorded, &Marks::new(), |c| {
            c.kind != ComponentKind::Written
        });
        assert!(matches!(found, Ok(Columns::Complete(_))));
    }

    #[test]
    fn a_vote_is_kept_as_carried_or_not() {
        let title = profile(Track::Title);
        let vote = |yes| {
            ComponentMark::Vote(Ballot {
                yes,
                attending: 9,
                members: 11,
            })
        };
        assert_eq!(state(&title, "committee", &vote(6)), MarkState::Carried);
        assert_eq!(state(&title, "committee", &vote(5)), MarkState::NotCarried);
    }
}
