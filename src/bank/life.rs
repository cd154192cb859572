//! The life of an item: the states it passes through, and who may move it on. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::error::Kind;
use crate::kernel::{Id, Problem};

/// Where an item stands in its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Being written (草稿).
    Draft,
    /// Handed to a reviewer (审题中).
    InReview,
    /// Reviewed and tried out, for figures of it: on papers it does not count yet (试用).
    Trial,
    /// May be drawn into papers (已入库).
    Approved,
    /// No longer drawn; kept, because papers hold it (停用).
    Retired,
    /// Known outside: withdrawn for good (已泄露停用).
    Leaked,
}

/// What can be done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemAct {
    /// The author writes a new version of it.
    Edit,
    /// The author hands it in for review.
    Submit,
    /// The reviewer lets it into the bank.
    Approve,
    /// The reviewer lets it be tried out.
    Trial,
    /// The reviewer takes an item that was tried out in use.
    Adopt,
    /// The reviewer sends it back to the author.
    Return,
    /// It is taken out of use.
    Retire,
    /// Somebody reports that it is known outside.
    ReportLeak,
}

impl ItemState {
    /// All states, in the order of a life.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::InReview,
        Self::Trial,
        Self::Approved,
        Self::Retired,
        Self::Leaked,
    ];

    /// As written in the database and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Trial => "trial",
            Self::Approved => "approved",
            Self::Retired => "retired",
            Self::Leaked => "leaked",
        }
    }

    /// Reads what [`ItemState::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether papers hold it, or soon will: whoever sees its key then is noted.
    pub const fn is_watched(self) -> bool {
        matches!(self, Self::Trial | Self::Approved)
    }

    /// The state after `act`. An item in review is returned before it is edited or retired, so
    /// that no review is left without an answer; one on trial or in use that is edited goes through
    /// review again, and until then is drawn into no paper. A leak may be reported of whatever
    /// somebody has written, even of what is no longer drawn: papers may still hold it.
    pub fn next(self, act: ItemAct) -> Result<Self, Problem> {
        match (self, act) {
            (Self::Draft | Self::Trial | Self::Approved, ItemAct::Edit) => Ok(Self::Draft),
            (Self::Draft, ItemAct::Submit) => Ok(Self::InReview),
            (Self::InReview, ItemAct::Approve) | (Self::Trial, ItemAct::Adopt) => {
                Ok(Self::Approved)
            }
            (Self::InReview, ItemAct::Trial) => Ok(Self::Trial),
            (Self::InReview | Self::Trial, ItemAct::Return) => Ok(Self::Draft),
            (Self::Draft | Self::Trial | Self::Approved, ItemAct::Retire) => Ok(Self::Retired),
            (
                Self::Draft | Self::InReview | Self::Trial | Self::Approved | Self::Retired,
                ItemAct::ReportLeak,
            ) => Ok(Self::Leaked),
            _ => Err(Problem::conflict("item-state")
                .with("state", self.as_str())
                .with("act", act.as_str())),
        }
    }
}

impl ItemAct {
    /// All acts.
    pub const ALL: [Self; 8] = [
        Self::Edit,
        Self::Submit,
        Self::Approve,
        Self::Trial,
        Self::Adopt,
        Self::Return,
        Self::Retire,
        Self::ReportLeak,
    ];

    /// As written in addresses, in the decision log and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Trial => "trial",
            Self::Adopt => "adopt",
            Self::Return => "return",
            Self::Retire => "retire",
            Self::ReportLeak => "report_leak",
        }
    }

    /// Reads what [`ItemAct::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }
}

/// Nobody reviews an item of their own (命审分离).
pub fn may_review(author: Id, reviewer: Id) -> Result<(), Problem> {
    if author == reviewer {
        Err(Problem::new(Kind::Forbidden, "reviewer-is-author"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Instant;

    #[test]
    fn an_item_is_written_reviewed_used_and_retired() {
        let mut state = ItemState::Draft;
        for act in [
            ItemAct::Edit,
            ItemAct::Submit,
            ItemAct::Return,
            ItemAct::Submit,
            ItemAct::Approve,
            ItemAct::Edit,
            ItemAct::Retire,
        ] {
            state = state.next(act).unwrap();
        }
        assert_eq!(state, ItemState::Retired);
        let refused = ItemState::Retired.next(ItemAct::Submit).unwrap_err();
        assert_eq!(refused.to_string(), "item-state state=retired act=submit");
        assert!(ItemState::Draft.next(ItemAct::Approve).is_err());
        assert!(ItemState::InReview.next(ItemAct::Retire).is_err());
        assert!(ItemState::InReview.next(ItemAct::Edit).is_err());
    }

    #[test]
    fn an_item_on_trial_is_taken_in_use_returned_or_retired() {
        let trial = ItemState::InReview.next(ItemAct::Trial).unwrap();
        assert_eq!(trial, ItemState::Trial);
        for (act, after) in [
            (ItemAct::Adopt, ItemState::Approved),
            (ItemAct::Return, ItemState::Draft),
            (ItemAct::Edit, ItemState::Draft),
            (ItemAct::Retire, ItemState::Retired),
        ] {
            assert_eq!(trial.next(act).unwrap(), after);
        }
        for act in [ItemAct::Approve, ItemAct::Trial, ItemAct::Submit] {
            assert!(trial.next(act).is_err());
        }
        assert!(ItemState::InReview.next(ItemAct::Adopt).is_err());
        assert!(ItemState::Approved.next(ItemAct::Return).is_err());
    }

    #[test]
    fn what_has_leaked_never_comes_back() {
        for state in ItemState::ALL {
            let reported = state.next(ItemAct::ReportLeak);
            assert_eq!(reported.is_ok(), state != ItemState::Leaked, "{state:?}");
        }
        for act in ItemAct::ALL {
            assert!(ItemState::Leaked.next(act).is_err(), "{act:?}");
        }
    }

    #[test]
    fn names_of_states_and_acts_read_back() {
        for state in ItemState::ALL {
            assert_eq!(ItemState::parse(state.as_str()), Some(state));
        }
        for act in ItemAct::ALL {
            assert_eq!(ItemAct::parse(act.as_str()), Some(act));
        }
        assert_eq!(ItemState::parse("Draft"), None);
    }

    #[test]
    fn nobody_reviews_an_item_of_their_own() {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let (author, reviewer) = (Id::new(now), Id::new(now));
        assert!(may_review(author, reviewer).is_ok());
        let refused = may_review(author, author).unwrap_err();
        assert_eq!(
            (refused.kind, refused.code),
            (Kind::Forbidden, "reviewer-is-author")
        );
    }
}
