//! A blueprint that is being written, looked at: what the bank holds for it, and how equal papers
//! made on trial are. Nothing is set.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::{NewBlueprint, draw_faults, pool, unequal};
use crate::access::{Actor, Role};
use crate::assembly::forms::Report;
use crate::assembly::sorted::Sorted;
use crate::assembly::stock::hurried;
use crate::assembly::{
    Blueprint, CellStock, Plan, Reach, SectionTime, TrialStock, store, unscored,
};
use crate::kernel::{Fault, Id, Problem, Score};
use crate::regulation::service as regulation;
use crate::store::View;

/// What a blueprint that is being written would give.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tried {
    /// Items of a paper that count.
    pub items: usize,
    /// What a paper is worth.
    #[schema(value_type = String)]
    pub total: Score,
    /// What the bank holds for each cell.
    pub cells: Vec<CellStock>,
    /// What it has on trial, for the sections that ask for it.
    pub on_trial: Vec<TrialStock>,
    /// How hard its papers are: at each ability what share of the full mark is expected. Nothing while a
    /// cell is short.
    pub reach: Vec<Reach>,
    /// How long each section takes.
    pub times: Vec<SectionTime>,
    /// What does not stand against it but should be looked at: sections for which time is short.
    #[serde(skip)]
    pub warnings: Vec<Fault>,
    /// What stands against it.
    #[serde(skip)]
    pub faults: Vec<Fault>,
    /// How equal papers made on trial are; none while something stands against it.
    #[schema(value_type = Option<Object>)]
    pub trial: Option<Report>,
    /// The farthest that one of them is from its target at any ability, in marks.
    pub worst: f64,
}

/// Papers that are made to try out a blueprint that is being written.
const TRIED: usize = 100;

/// As [`try_out`], with the blueprint as TOML.
pub fn try_text(
    view: &mut View<'_>,
    actor: &Actor,
    subject: Id,
    new: &NewBlueprint,
) -> Result<Tried, Problem> {
    // Who may, before anything is read of what they send.
    actor.acting_as(&[Role::Organiser])?;
    let blueprint = Blueprint::from_toml(&new.blueprint).map_err(Problem::invalid)?;
    try_out(view, actor, subject, &new.bank, &blueprint)
}

/// Looks at a blueprint that is being written, and sets nothing.
pub fn try_out(
    view: &mut View<'_>,
    actor: &Actor,
    subject: Id,
    bank: &str,
    blueprint: &Blueprint,
) -> Result<Tried, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let subject = regulation::subject(view, subject)?;
    let examination = regulation::load(view, subject.examination)?;
    let pool = pool(view, bank, blueprint)?;
    let sorted = Sorted::new(blueprint, &pool);
    let times = sorted.times();
    let mut tried = Tried {
        warnings: hurried(blueprint, &times),
        times,
        items: blueprint.item_count(),
        total: Score::ZERO,
        cells: sorted.stock(),
        on_trial: unscored::stock(&sorted),
        reach: sorted.reach_by_ability(),
        faults: blueprint.faults(),
        trial: None,
        worst: 0.0,
    };
    if tried.faults.is_empty() {
        tried.faults = draw_faults(&examination, &subject, blueprint, &pool);
    }
    if let Ok(plan) = Plan::new(blueprint, &pool) {
        tried.total = plan.total_marks();
        // No papers come of a target that is out of reach, and looking for them takes long.
        let out_of_reach = |fault: &Fault| fault.code == "target-out-of-reach";
        if tried.faults.iter().any(out_of_reach) {
            return Ok(tried);
        }
        match plan.trial(&blueprint.title, TRIED) {
            Ok(report) => {
                tried.worst = report.worst();
                tried.trial = Some(report);
            }
            Err(refused) if tried.faults.is_empty() => {
                tried.faults.push(unequal(&subject.component, &refused));
            }
            Err(_) => {}
        }
    }
    Ok(tried)
}

/// The topics of a bank's items in use, with those above them, for who writes a blueprint.
pub fn topics(view: &mut View<'_>, actor: &Actor, bank: &str) -> Result<Vec<String>, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let mut topics = BTreeSet::new();
    for topic in store::topics(view.db, bank)? {
        let above = topic
            .match_indices('.')
            .map(|(end, _)| topic[..end].to_owned());
        topics.extend(above);
        topics.insert(topic);
    }
    Ok(topics.into_iter().collect())
}
