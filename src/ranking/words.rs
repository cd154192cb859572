//! The words in which results are kept and published.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::composite::ComponentMark;
use super::lists::{Outcome, Reason};
use super::order::{Exclusion, Place, Ranked};

/// Which of the two published lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankedList {
    /// The written results with the shortlist.
    Written,
    /// The merit list.
    Final,
}

impl RankedList {
    /// Both lists.
    pub const ALL: [Self; 2] = [Self::Written, Self::Final];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Final => "final",
        }
    }
}

/// What a list says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Written: goes on, within the places.
    Entered,
    /// Written: equal with others at the last place, and all of them go on.
    EnteredByTie,
    /// Written: equal with others at the last place, and none of them goes on.
    TiedAtCut,
    /// Written: behind the last place.
    BelowCut,
    /// Written: below a floor or the qualifying line.
    BelowFloor,
    /// Written: absent.
    Absent,
    /// Written: void for a breach of discipline.
    Void,
    /// Final: within the places.
    Proposed,
    /// Final: equal at the last place, and all of them are proposed.
    ProposedByTie,
    /// Final: equal at the last place; an extra test or a decision is needed.
    Undecided,
    /// Final: behind the places, in the order in which vacancies are filled again.
    Reserve,
    /// Final: below a floor, or a vote was not carried.
    OutBelowFloor,
    /// Final: absent.
    OutAbsent,
    /// Final: void for a breach of discipline.
    OutVoid,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Entered,
        Self::EnteredByTie,
        Self::TiedAtCut,
        Self::BelowCut,
        Self::BelowFloor,
        Self::Absent,
        Self::Void,
        Self::Proposed,
        Self::ProposedByTie,
        Self::Undecided,
        Self::Reserve,
        Self::OutBelowFloor,
        Self::OutAbsent,
        Self::OutVoid,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::EnteredByTie => "entered_by_tie",
            Self::TiedAtCut => "tied_at_cut",
            Self::BelowCut => "below_cut",
            Self::BelowFloor => "below_floor",
            Self::Absent => "absent",
            Self::Void => "void",
            Self::Proposed => "proposed",
            Self::ProposedByTie => "proposed_by_tie",
            Self::Undecided => "undecided",
            Self::Reserve => "reserve",
            Self::OutBelowFloor => "out_below_floor",
            Self::OutAbsent => "out_absent",
            Self::OutVoid => "out_void",
        }
    }

    /// Where no shortlist is drawn, everybody who is ranked goes on.
    pub fn without_shortlist(line: &Ranked) -> Self {
        match &line.place {
            Place::Ranked { .. } => Self::Entered,
            Place::Out(why) => Reason::from(why).into(),
        }
    }

    /// Whether the candidate goes on to the interview.
    pub const fn entered(self) -> bool {
        matches!(self, Self::Entered | Self::EnteredByTie)
    }

    /// Whether the candidate is proposed for a place.
    pub const fn proposed(self) -> bool {
        matches!(self, Self::Proposed | Self::ProposedByTie)
    }

    /// Whether a tie at the last place made or hangs on this.
    pub const fn tied(self) -> bool {
        matches!(
            self,
            Self::EnteredByTie | Self::TiedAtCut | Self::ProposedByTie | Self::Undecided
        )
    }
}

impl From<Reason> for Standing {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Entered => Self::Entered,
            Reason::EnteredByTie => Self::EnteredByTie,
            Reason::TiedAtCut => Self::TiedAtCut,
            Reason::BelowCut => Self::BelowCut,
            Reason::BelowFloor => Self::BelowFloor,
            Reason::Absent => Self::Absent,
            Reason::Void => Self::Void,
        }
    }
}

impl From<&Outcome> for Standing {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Proposed => Self::Proposed,
            Outcome::ProposedByTie => Self::ProposedByTie,
            Outcome::Undecided => Self::Undecided,
            Outcome::Reserve(_) => Self::Reserve,
            Outcome::Out(Exclusion::Void(_)) => Self::OutVoid,
            Outcome::Out(Exclusion::Absent(_)) => Self::OutAbsent,
            Outcome::Out(Exclusion::BelowFloor(_) | Exclusion::BelowQualifyingLine) => {
                Self::OutBelowFloor
            }
        }
    }
}

/// What was decided of a candidate in one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkState {
    /// There is a mark.
    Marked,
    /// The vote was carried.
    Carried,
    /// The vote was not carried.
    NotCarried,
    /// Absent.
    Absent,
    /// Void for a breach of discipline.
    Void,
}

impl MarkState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Marked,
        Self::Carried,
        Self::NotCarried,
        Self::Absent,
        Self::Void,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Carried => "carried",
            Self::NotCarried => "not_carried",
            Self::Absent => "absent",
            Self::Void => "void",
        }
    }

    /// The state of a component's column; `carried` says whether its vote was.
    pub const fn of(mark: &ComponentMark, carried: bool) -> Self {
        match mark {
            ComponentMark::Mark(_) => Self::Marked,
            ComponentMark::Vote(_) if carried => Self::Carried,
            ComponentMark::Vote(_) => Self::NotCarried,
            ComponentMark::Absent => Self::Absent,
            ComponentMark::Void => Self::Void,
        }
    }
}
