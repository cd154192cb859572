//! The working-day calendar of this installation: what ships, and the years that were entered.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::store::{self, CalendarRow};
use crate::access::{Actor, Role};
use crate::kernel::calendar::{Arrangement, Calendar};
use crate::kernel::{Fault, Problem};
use crate::ledger;
use crate::store::{Tx, View};

/// Who may enter a year.
pub const KEEPERS: &[Role] = &[Role::Organiser, Role::Hr];

/// A holiday arrangement and the document it rests on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArrangement {
    /// The arrangement.
    pub arrangement: Arrangement,
    /// The document, such as 国办发明电〔2026〕7号; kept in the decision log.
    pub reason: String,
}

/// The working-day calendar: the years that ship, and over them those that were entered.
pub fn calendar(view: &mut View<'_>) -> Result<Calendar, Problem> {
    let mut calendar = Calendar::shipped().map_err(Problem::internal)?;
    for row in store::calendars(view.db)? {
        calendar.add(serde_json::from_str(&row.arrangement).map_err(Problem::internal)?);
    }
    Ok(calendar)
}

/// Enters the holiday arrangement of a year, or corrects it. Periods that were counted before stay
/// as they were published.
pub fn enter(tx: &mut Tx<'_>, actor: &Actor, new: &NewArrangement) -> Result<(), Problem> {
    let acting = actor.acting_as(KEEPERS)?;
    let arrangement = &new.arrangement;
    let mut faults = arrangement.faults();
    if !(2024..=2200).contains(&arrangement.year) {
        faults.push(
            Fault::new("year", "out-of-range")
                .with("min", 2024)
                .with("max", 2200),
        );
    }
    if new.reason.trim().is_empty() {
        faults.push(Fault::new("reason", "required"));
    }
    Problem::unless_valid(faults)?;
    let row = CalendarRow {
        year: i32::from(arrangement.year),
        arrangement: serde_json::to_string(arrangement).map_err(Problem::internal)?,
        entered_by: acting.account,
        entered_at: tx.now,
    };
    store::put_calendar(tx, &row)?;
    let entry = acting.decides("calendar.entered").on(json!(arrangement));
    ledger::record(tx, &entry.outcome("entered").because(new.reason.trim()))?;
    Ok(())
}
