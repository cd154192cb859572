//! V9: component marks follow from what was given, and are those that were decided.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::lists::{Lists, columns_of};
use super::results::Results;
use crate::kernel::{Id, Score};
use crate::marking::Seat;
use crate::ranking::columns::{inputs as decided_on, state};
use crate::ranking::{ComponentMark, RankedList};
use crate::regulation::Phase;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::{OfComponent, inputs};
use crate::verification::rules::{Difference, same_table};
use crate::verification::store;

/// A candidate and one of her components.
type Key = (Id, String);

/// What was entered of panels is what the log says was entered; every component mark follows from
/// that and from the written marks; and each was decided so.
pub(super) fn components(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let results = Results::derive(view, case)?;
    let entered = same_panels(view, case, &results)?;
    let follow = columns(case, &results)?;
    let kept = same_rows(view, case, &follow)?;
    same_decisions(case, &results, &follow)?;
    Ok(entered + kept)
}

fn same_panels(view: &mut View<'_>, case: &Case, results: &Results) -> Result<usize, Difference> {
    let stored = store::panels(view.db, case.examination.id)?;
    let rows = results
        .panels
        .iter()
        .flat_map(|((application, component), panel)| {
            let key = |seat: &i32| (*application, component.clone(), *seat);
            panel.0.iter().map(move |(seat, mark)| (key(seat), *mark))
        });
    let follow: BTreeMap<_, Score> = rows.collect();
    let place = |(application, component, seat): &store::PanelKey| {
        let at = case.component_place(*application, component);
        format!("{at}, {}", seat_name(*seat))
    };
    same_table(&stored, &follow, place, "mark", "the log has")
}

/// What a seat is called in a message.
fn seat_name(number: i32) -> String {
    let named = [
        (Seat::Absence, "absence"),
        (Seat::Yes, "votes that agree"),
        (Seat::Attending, "members attending"),
        (Seat::Members, "all members"),
    ];
    let found = named.iter().find(|(seat, _)| seat.number() == number);
    found.map_or_else(
        || format!("examiner {number}"),
        |(_, name)| (*name).to_owned(),
    )
}

/// Every column that is decided by now.
fn columns(case: &Case, results: &Results) -> Result<BTreeMap<Key, ComponentMark>, Difference> {
    let mut columns: BTreeMap<Key, ComponentMark> = BTreeMap::new();
    let lists = Lists::derive(case, results)?;
    for one in &case.tickets {
        let is_final = case.reached() == Phase::Published && lists.goes_on(one.application);
        for list in RankedList::ALL {
            if list == RankedList::Final && !is_final {
                continue;
            }
            for (component, mark) in columns_of(case, results, one.application, list)? {
                columns.insert((one.application, component), mark);
            }
        }
    }
    Ok(columns)
}

/// A component mark as a message shows it.
#[derive(PartialEq)]
struct Shown(String, Option<Score>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(mark) => mark.fmt(f),
            None => f.write_str(&self.0),
        }
    }
}

fn same_rows(
    view: &mut View<'_>,
    case: &Case,
    follow: &BTreeMap<Key, ComponentMark>,
) -> Result<usize, Difference> {
    let stored = store::component_marks(view.db, case.examination.id)?;
    let stored = stored
        .into_iter()
        .map(|(key, (state, mark))| (key, Shown(state, mark)));
    let profile = &case.examination.profile;
    let shown = |((application, code), mark): (&Key, &ComponentMark)| {
        let state = state(profile, code, mark).as_str().to_owned();
        let mark = match mark {
            ComponentMark::Mark(mark) => Some(*mark),
            _ => None,
        };
        ((*application, code.clone()), Shown(state, mark))
    };
    let follow = follow.iter().map(shown).collect();
    let place = |(application, component): &Key| case.component_place(*application, component);
    same_table(
        &stored.collect(),
        &follow,
        place,
        "component mark",
        "its parts give",
    )
}

/// Each column was decided on exactly what it follows from.
fn same_decisions(
    case: &Case,
    results: &Results,
    follow: &BTreeMap<Key, ComponentMark>,
) -> Result<usize, Difference> {
    let mut decided: BTreeMap<Key, Value> = BTreeMap::new();
    for entry in case.decisions.of(&["component.decided"]) {
        let of: OfComponent = inputs(entry)?;
        let key = (case.application(&of.ticket_no)?, of.component);
        decided.insert(key, entry.payload.inputs.clone());
    }
    let expected = |((application, code), mark): (&Key, &ComponentMark)| {
        let key = (*application, code.clone());
        let given = results.marks.get(application).and_then(|own| own.get(code));
        let inputs = decided_on((*application, case.ticket(*application)), code, given, mark);
        (key, inputs)
    };
    let follow = follow.iter().map(expected).collect();
    let place = |(application, component): &Key| case.component_place(*application, component);
    same_table(&decided, &follow, place, "decision", "its parts give")
}
