//! Queries for exports.

use diesel::prelude::*;

use crate::kernel::{Id, Problem};
use crate::store::schema::{account, application, candidate};
use crate::store::{AnyConn, Sealed};

/// The sealed name and resident ID number behind each application with a ticket.
pub(super) fn people(
    db: &mut AnyConn,
    examination: Id,
) -> Result<Vec<(Id, Sealed, Sealed)>, Problem> {
    Ok(application::table
        .inner_join(account::table.inner_join(candidate::table))
        .filter(application::examination_id.eq(examination))
        .filter(application::ticket_no.is_not_null())
        .select((
            application::id,
            account::name_sealed,
            candidate::resident_sealed,
        ))
        .load(db)?)
}
