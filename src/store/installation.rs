//! Which key seals a database: every node must have the same one, or each would seal personal data
//! that the others cannot open.

use diesel::prelude::*;

use super::schema::{account, installation};
use super::{AnyConn, Both, Vault};
use crate::kernel::Problem;

/// Notes the key of a new database, and refuses any other one later. A database that older versions
/// have filled without noting its key notes the one that opens it.
pub(super) fn check_key(db: &mut AnyConn, vault: &Vault) -> Result<(), Problem> {
    let own = vault.key_check();
    let noted: i64 = installation::table.count().get_result(db)?;
    let sealed: Option<Vec<u8>> = account::table
        .select(account::login_sealed)
        .first(db)
        .optional()?;
    if noted == 0 && sealed.is_some_and(|sealed| vault.open_bytes(&sealed).is_err()) {
        return Err(wrong_key());
    }
    let row = (
        installation::id.eq(1),
        installation::key_check.eq(own.clone()),
    );
    let insert = diesel::insert_into(installation::table).values(row);
    Both(insert.on_conflict_do_nothing()).execute(db)?;
    let noted: Vec<u8> = installation::table
        .select(installation::key_check)
        .first(db)?;
    if noted == own {
        return Ok(());
    }
    Err(wrong_key())
}

fn wrong_key() -> Problem {
    Problem::internal(
        "vault.key is not the key that seals this database: put the right one into the data directory",
    )
}
