//! The acts of marking, in the order in which they happen: it begins, scripts are marked, panels
//! and votes are entered, and the results are read.

mod begin;
mod lots;
mod panels;
mod results;
mod scripts;
mod tried;

pub use begin::{Begun, Prepared, begin, prepare};
pub use lots::{fix_interviews, fix_panels};
pub use panels::{
    PanelCandidate, PanelComponent, PanelPost, PanelSheet, enter_absence, enter_ballot,
    enter_panel_mark, enter_panel_marks, panel_posts, panel_sheet,
};
pub use results::{Unfinished, component_marks, unfinished};
pub use scripts::{
    Desk, Marked, Material, Progress, RubricLine, ScriptView, SubjectProgress, desk, mark_script,
    next_script, picture, progress, script,
};

pub use super::panel::{BallotCount, ResultMark};
pub use super::store::TriedSubject;
pub use tried::{Tried, TriedItem, record_tried, tried, tried_subjects};

use super::double::DoubleMarking;
use super::store;
use crate::kernel::{Id, Problem};
use crate::registration::records::{Ticketed, ticketed};
use crate::regulation::service::Examination;
use crate::store::View;

/// How scripts of the examination are marked.
fn rule(examination: &Examination) -> Result<DoubleMarking, Problem> {
    let marking = &examination.profile.marking;
    let rule = DoubleMarking::of(marking).filter(|rule| rule.faults().is_empty());
    rule.ok_or_else(|| {
        Problem::conflict("marking-rule-not-double").with("markers", marking.markers)
    })
}

/// Those who go on after the written examination. A profile without a shortlist takes everybody,
/// unless a written ranking says otherwise.
fn candidates(view: &mut View<'_>, examination: &Examination) -> Result<Vec<Ticketed>, Problem> {
    let mut all = ticketed(view, examination.id)?;
    let on = store::goes_on(view.db, examination.id)?;
    all.retain(|one| goes_on(examination, on.as_ref(), one.application));
    Ok(all)
}

fn goes_on(
    examination: &Examination,
    ranked: Option<&std::collections::BTreeSet<Id>>,
    application: Id,
) -> bool {
    match ranked {
        Some(on) => on.contains(&application),
        None => examination.profile.shortlist.is_none(),
    }
}
