//! V15: no objection is missing, and none is answered otherwise than was decided.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kernel::Id;
use crate::store::View;
use crate::verification::case::Case;
use crate::verification::decisions::inputs;
use crate::verification::rules::{At as _, Difference, same, same_table};
use crate::verification::store;

/// `objection.filed`; `objection.decided` has no text.
#[derive(Deserialize)]
struct Objection {
    objection: Id,
    number: i32,
    application: Id,
    #[serde(default)]
    text: String,
}

/// Every objection that was filed is there with its words, and stands as it was answered.
pub(super) fn objections(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let (stored, logged) = (stored(view, case)?, logged(case)?);
    let numbers: Vec<i32> = logged.values().map(|one| one.0).collect();
    let numbers = (numbers.len(), numbers.into_iter().max().unwrap_or_default());
    let last = i32::try_from(numbers.0).unwrap_or(i32::MAX);
    same(
        case.place(),
        "last number of an objection",
        &numbers.1,
        "filed were",
        &last,
    )?;
    let place = |id: &Id| format!("{}, objection {id}", case.place());
    let shown = |table: BTreeMap<Id, (i32, String)>| {
        let rows = table.into_iter();
        rows.map(|(id, (number, text))| (id, format!("{number} {text}")))
            .collect()
    };
    same_table(
        &shown(stored),
        &shown(logged),
        place,
        "objection",
        "the log has",
    )
}

/// By id, the number, and application, state and words as one text.
type Objections = BTreeMap<Id, (i32, String)>;

fn stored(view: &mut View<'_>, case: &Case) -> Result<Objections, Difference> {
    let mut found = BTreeMap::new();
    for row in store::objections(view.db, case.examination.id)? {
        let at = format!("{}, objection {}", case.place(), row.number);
        let text = view.vault.open_text(&row.text_sealed).at(at)?;
        let line = format!("{} {} {text}", row.application_id, row.state);
        found.insert(row.id, (row.number, line));
    }
    Ok(found)
}

fn logged(case: &Case) -> Result<Objections, Difference> {
    let mut filed: BTreeMap<Id, (Objection, String)> = BTreeMap::new();
    for entry in case.decisions.of(&["objection.filed", "objection.decided"]) {
        let one: Objection = inputs(entry)?;
        if entry.payload.kind == "objection.filed" {
            filed.insert(one.objection, (one, "open".to_owned()));
        } else if let Some((_, state)) = filed.get_mut(&one.objection) {
            state.clone_from(&entry.payload.outcome);
        }
    }
    let line = |(id, (one, state)): (Id, (Objection, String))| {
        (
            id,
            (
                one.number,
                format!("{} {state} {}", one.application, one.text),
            ),
        )
    };
    Ok(filed.into_iter().map(line).collect())
}
