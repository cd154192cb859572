//! Which banks an account may see (need-to-know). A bank to which nobody was ever admitted is open to
//! all authors and reviewers, so that a new installation can be used; the first admission closes it,
//! and it stays closed when nobody is left.

use std::collections::BTreeSet;

use super::search::Sight;
use super::store::{self, AccessRow, ItemRow};
use crate::access::{Actor, Role};
use crate::kernel::error::Kind;
use crate::kernel::{Id, Problem};
use crate::store::View;

/// What an account may see.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    account: Id,
    /// Whether items of one's own are seen in every bank.
    author: bool,
    reviewer: bool,
    closed: BTreeSet<String>,
    admitted: BTreeSet<String>,
}

impl Reach {
    /// What `actor` may see.
    pub(super) fn of(view: &mut View<'_>, actor: &Actor) -> Result<Self, Problem> {
        Ok(Self::from(actor, store::access(view.db)?))
    }

    fn from(actor: &Actor, rows: Vec<AccessRow>) -> Self {
        let own = rows
            .iter()
            .filter(|row| row.account_id == actor.account && row.revoked_at.is_none());
        Self {
            account: actor.account,
            author: actor.is(Role::Author),
            reviewer: actor.is(Role::Reviewer),
            admitted: own.map(|row| row.bank.clone()).collect(),
            closed: rows.into_iter().map(|row| row.bank).collect(),
        }
    }

    /// Whether the bank is open to all authors and reviewers.
    pub(super) fn is_open(&self, bank: &str) -> bool {
        !self.closed.contains(bank)
    }

    /// Whether the account may write into the bank, or review what others have.
    pub(super) fn admits(&self, bank: &str) -> bool {
        self.is_open(bank) || self.admitted.contains(bank)
    }

    /// The banks that the account may not see.
    pub(super) fn hidden(&self) -> Vec<String> {
        self.closed.difference(&self.admitted).cloned().collect()
    }

    /// Whether the account sees the content of an item: authors their own, wherever it is; reviewers
    /// all of the banks to which they are admitted.
    pub(super) fn shows(&self, row: &ItemRow) -> bool {
        self.owns(row) || (self.reviewer && self.admits(&row.bank))
    }

    /// Whether the item is the account's own.
    pub(super) fn owns(&self, row: &ItemRow) -> bool {
        self.author && row.author_id == self.account
    }

    /// Which items of a bank the account sees: a reviewer all of those to which they are admitted, an
    /// author their own in every bank.
    pub(super) fn sight(&self, bank: &str) -> Sight {
        match (self.reviewer && self.admits(bank), self.author) {
            (true, _) => Sight::All,
            (false, true) => Sight::Of(self.account),
            (false, false) => Sight::Nothing,
        }
    }

    /// Refuses to write into a bank to which the account is not admitted.
    pub(super) fn must_admit(&self, bank: &str) -> Result<(), Problem> {
        if self.admits(bank) {
            return Ok(());
        }
        Err(Problem::new(Kind::Forbidden, "bank-closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Instant;

    const NOW: Instant = Instant::from_micros(1_772_326_800_000_000);

    fn row(bank: &str, account_id: Id, revoked: bool) -> AccessRow {
        AccessRow {
            bank: bank.to_owned(),
            account_id,
            granted_by: account_id,
            granted_at: NOW,
            revoked_at: revoked.then_some(NOW),
        }
    }

    #[test]
    fn the_first_admission_closes_a_bank_and_taking_it_back_does_not_open_it() {
        let (me, other) = (Id::new(NOW), Id::new(NOW));
        let actor = Actor {
            account: me,
            session: me,
            roles: vec![Role::Reviewer],
        };
        let reach = Reach::from(
            &actor,
            vec![
                row("mine", me, false),
                row("mine", other, false),
                row("theirs", other, false),
                row("lost", me, true),
            ],
        );
        for (bank, open, admits) in [
            ("mine", false, true),
            ("theirs", false, false),
            ("lost", false, false),
            ("new", true, true),
        ] {
            assert_eq!((reach.is_open(bank), reach.admits(bank)), (open, admits));
            assert_eq!(reach.must_admit(bank).is_ok(), admits);
        }
        assert_eq!(reach.hidden(), ["lost", "theirs"]);
        assert_eq!(reach.sight("mine"), Sight::All);
        assert_eq!(reach.sight("theirs"), Sight::Nothing);
        let both = Actor {
            roles: vec![Role::Reviewer, Role::Author],
            ..actor
        };
        let reach = Reach::from(&both, vec![row("theirs", other, false)]);
        assert_eq!(reach.sight("theirs"), Sight::Of(me));
    }
}
