//! The draws by lot around marking and interviews.

use super::house::House;
use crate::access::{Actor, Role};
use crate::ceremony::rules::{Examiner, Need, PanelPool, StandsBack};
use crate::ceremony::service::{self as ceremony, MarkerPool};
use crate::ceremony::{Gate, Purpose, rehearsal};
use crate::kernel::{Id, Problem};
use crate::marking::service as marking;
use crate::regulation::ComponentKind;
use crate::regulation::service as regulation;
use crate::store::Store;

/// Who sits on each interview panel, and how many may be drawn for it.
const STRATA: [(&str, usize, usize); 3] = [("chief", 1, 2), ("external", 3, 4), ("unit", 3, 4)];

/// Draws the markers: all but so many. Whoever is left over is the reserve.
pub(super) fn markers(
    store: &Store,
    house: &House,
    examination: Id,
    reserve: usize,
) -> Result<(), Problem> {
    let count = house.markers().count().saturating_sub(reserve);
    list(
        store,
        house,
        examination,
        Purpose::Markers,
        move |tx, actor, gate, draw| {
            ceremony::fix_markers(tx, actor, gate, draw, MarkerPool { count })
        },
    )?;
    Ok(())
}

/// Draws the examiners and the order of the candidates, where there is an interview. One examiner
/// turns out to be related to a candidate and stands back.
pub(super) fn interviews(store: &Store, house: &House, examination: Id) -> Result<(), Problem> {
    let profile = store
        .read_blocking(|view| regulation::load(view, examination))?
        .profile;
    if profile
        .components_of(ComponentKind::Interview)
        .next()
        .is_none()
    {
        return Ok(());
    }
    let panels = list(
        store,
        house,
        examination,
        Purpose::Panels,
        |tx, actor, gate, draw| marking::fix_panels(tx, actor, gate, draw, &pool()),
    )?;
    let organiser = house.the(Role::Organiser)?.clone();
    let reader = organiser.clone();
    let gate = Gate::rehearsal();
    let seen = store.read_blocking(|view| ceremony::draw(view, Some(&reader), &gate, panels))?;
    let mut members = seen.members.iter();
    if let Some(related) = members.find(|one| one.state == "chosen").map(|one| one.id) {
        store.write_blocking(move |tx| {
            ceremony::substitute(tx, &organiser, panels, related, StandsBack::Conflict)
        })?;
    }
    list(
        store,
        house,
        examination,
        Purpose::Interviews,
        marking::fix_interviews,
    )?;
    Ok(())
}

fn pool() -> PanelPool {
    let needs = STRATA.iter().map(|(stratum, count, _)| Need {
        stratum: (*stratum).to_owned(),
        count: *count,
    });
    let examiners = STRATA.iter().flat_map(|(stratum, _, size)| {
        (1..=*size).map(move |number| Examiner {
            stratum: (*stratum).to_owned(),
            name: format!("示例考官{stratum}{number}"),
            unit: "示例单位".to_owned(),
        })
    });
    PanelPool {
        panels: 1,
        needs: needs.collect(),
        examiners: examiners.collect(),
    }
}

/// Holds the ceremony of a list and draws its order.
fn list<F>(
    store: &Store,
    house: &House,
    examination: Id,
    purpose: Purpose,
    fix: F,
) -> Result<Id, Problem>
where
    F: FnOnce(&mut crate::store::Tx<'_>, &Actor, &Gate, Id) -> Result<(), Problem> + Send + 'static,
{
    let draw = rehearsal::hold(store, &house.custodians()?, examination, purpose, fix)?;
    let organiser = house.the(Role::Organiser)?.clone();
    store.write_blocking(move |tx| ceremony::draw_list(tx, &organiser, draw))?;
    Ok(draw)
}
