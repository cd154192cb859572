//! Papers that are drawn again because one of their items leaked.

use crate::ceremony::rules::{DrawState, Purpose};
use crate::ceremony::store;
use crate::kernel::{Id, Problem};
use crate::store::{Tx, View};

/// The draw that the papers of an examination follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The draw.
    pub draw: Id,
    /// Its name.
    pub code: String,
    /// Whether its papers are recalled, and stand only until others are locked.
    pub recalled: bool,
}

/// The last draw of papers that has a result: its papers stand. None before any has one.
pub fn papers_in_force(view: &mut View<'_>, examination: Id) -> Result<Option<InForce>, Problem> {
    let row = store::last_result(view.db, examination, Purpose::Papers)?;
    Ok(row.map(|row| InForce {
        draw: row.id,
        code: row.code,
        recalled: row.state == DrawState::Recalled,
    }))
}

/// Makes room for another draw of papers. Whoever asks for it has recorded why.
pub fn recall_papers(tx: &mut Tx<'_>, in_force: &InForce) -> Result<(), Problem> {
    store::set_recalled(tx, in_force.draw)
}
