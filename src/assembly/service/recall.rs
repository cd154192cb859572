//! Recalling locked papers because they hold a leaked item. They stand until those of another draw are
//! locked: an examination is never without papers, and nobody can draw again until pleased, because
//! each recall rests on a leak that was found on these very papers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::parse;
use crate::access::{Actor, Role};
use crate::assembly::store;
use crate::ceremony::service as ceremony;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::regulation::phase::Phase;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::{Tx, View};

/// Recalls the locked papers of an examination, because an item on them leaked: another draw of
/// papers may be opened, from the banks without what leaked. Refused unless a report of a leak found
/// an item on these papers, and once the first of them may be opened.
pub fn recall_papers(tx: &mut Tx<'_>, actor: &Actor, examination: Id) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = regulation::hold_alone(tx, examination)?;
    examination.phase.must_be(&[Phase::Locked])?;
    let subjects = regulation::subjects(tx, examination.id)?;
    if let Some(opens_at) = opened(&subjects, tx.now) {
        return Err(Problem::conflict("too-late-to-recall").with("opens_at", opens_at));
    }
    let in_force = ceremony::papers_in_force(tx, examination.id)?;
    let in_force = in_force.ok_or_else(|| Problem::internal("locked papers without their draw"))?;
    if in_force.recalled {
        return Err(Problem::conflict("papers-recalled").with("draw", &in_force.code));
    }
    let leaks = store::leaks_on_papers(tx.db, examination.id)?;
    if leaks.is_empty() {
        return Err(Problem::conflict("no-leak-on-papers"));
    }
    let leaves = leaks.into_iter().map(|decision| {
        let leaf = ledger::leaf_hash(tx, decision)?;
        Ok(hex::encode(leaf))
    });
    let leaves: Vec<String> = leaves.collect::<Result<_, Problem>>()?;
    let mut roots = BTreeMap::new();
    for subject in &subjects {
        let root = store::setup(tx.db, subject.id)?.papers_root;
        roots.insert(&subject.component, root.map(hex::encode));
    }
    let inputs = json!({ "draw": in_force.code, "leaks": leaves, "papers_roots": roots });
    let entry = examination.decision(acting, "papers.recalled").on(inputs);
    ledger::record(tx, &entry.outcome("recalled"))?;
    ceremony::recall_papers(tx, &in_force)
}

/// When the first paper could be opened, if that is past.
pub(super) fn opened(subjects: &[Subject], now: Instant) -> Option<Instant> {
    let first = subjects.iter().map(|subject| subject.opens_at).min();
    first.filter(|opens_at| *opens_at <= now)
}

/// The draw whose recalled papers give way to the next that are locked; none if there are no papers
/// yet. Refused where papers are neither to come nor recalled.
pub(super) fn replacing(
    view: &mut View<'_>,
    examination: &Examination,
) -> Result<Option<Id>, Problem> {
    if examination.phase == Phase::Locked {
        let in_force = ceremony::papers_in_force(view, examination.id)?;
        if let Some(recalled) = in_force.filter(|draw| draw.recalled) {
            return Ok(Some(recalled.draw));
        }
    }
    examination.phase.must_be(&[Phase::Ticketed])?;
    Ok(None)
}

/// Whether the papers of an examination are recalled and others have yet to be locked.
pub fn is_recalled(view: &mut View<'_>, examination: &Examination) -> Result<bool, Problem> {
    if examination.phase != Phase::Locked {
        return Ok(false);
    }
    let in_force = ceremony::papers_in_force(view, examination.id)?;
    Ok(in_force.is_some_and(|draw| draw.recalled))
}

/// Makes way for other papers of a subject: keeps what the recalled ones were drawn from, with which
/// they can be drawn again at any time, and gives the root over them.
pub(super) fn put_away(tx: &mut Tx<'_>, draw: Id, subject: Id) -> Result<Vec<u8>, Problem> {
    let setup = store::setup(tx.db, subject)?;
    let (Some(pool), Some(root)) = (setup.pool, setup.papers_root) else {
        return Err(Problem::internal("recalled papers that were not locked"));
    };
    store::insert_recalled(tx, (draw, subject), &setup.blueprint, &pool)?;
    store::remove_papers(tx, subject)?;
    Ok(root)
}

/// What recalled papers of a subject were drawn from.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// Name of the draw.
    pub draw: String,
    /// The component.
    pub component: String,
    /// The blueprint, as it was frozen.
    pub blueprint: Value,
    /// The pool, as it was frozen.
    pub pool: Value,
}

/// What the papers were drawn from that gave way to others, by draw and component.
pub fn recalled(view: &mut View<'_>, examination: Id) -> Result<Vec<Recalled>, Problem> {
    let rows = store::recalled(view.db, examination)?.into_iter();
    rows.map(|row| {
        Ok(Recalled {
            draw: row.draw,
            component: row.component,
            blueprint: parse(&row.blueprint)?,
            pool: parse(&row.pool)?,
        })
    })
    .collect()
}
