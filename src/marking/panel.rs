//! Marks that people enter outside the written examination: an interview panel's, an assessment's,
//! and the count of a vote. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Fault, Problem, Score};
use crate::regulation::{Component, ComponentKind, Profile};

/// Millionths in one vote.
const ONE: i64 = 1_000_000;
/// Most members a vote may have; a guard against slips of the hand.
const MEMBERS_MAX: u32 = 10_000;
/// Decimal places of a mark that a person gives.
const MARK_PLACES: u8 = 2;

/// What one stored row of a panel holds, told by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// The mark of an examiner, numbered from one.
    Examiner(u8),
    /// The candidate did not come.
    Absence,
    /// The votes that agree.
    Yes,
    /// The members who attended.
    Attending,
    /// All who should attend.
    Members,
}

impl Seat {
    /// The number under which it is stored.
    pub fn number(self) -> i32 {
        match self {
            Self::Examiner(number) => i32::from(number),
            Self::Absence => 0,
            Self::Yes => -1,
            Self::Attending => -2,
            Self::Members => -3,
        }
    }
}

/// The count of a secret vote (票决).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotCount {
    /// Votes that agree.
    pub yes: u32,
    /// Members who attended.
    pub attending: u32,
    /// All who should attend.
    pub members: u32,
}

impl BallotCount {
    /// Refuses a count that cannot be: more votes than voters, more voters than members.
    pub fn check(self) -> Result<(), Problem> {
        let wrong =
            |place: &str, most: u32| Fault::new(place, "more-than-possible").with("max", most);
        let mut faults = Vec::new();
        if self.members > MEMBERS_MAX {
            faults.push(wrong("members", MEMBERS_MAX));
        }
        if self.attending > self.members {
            faults.push(wrong("attending", self.members));
        }
        if self.yes > self.attending {
            faults.push(wrong("yes", self.attending));
        }
        Problem::unless_valid(faults)
    }

    /// The rows that keep it.
    pub fn rows(self) -> [(Seat, Score); 3] {
        let count = |n: u32| Score::from_micros(i64::from(n) * ONE);
        [
            (Seat::Yes, count(self.yes)),
            (Seat::Attending, count(self.attending)),
            (Seat::Members, count(self.members)),
        ]
    }
}

/// What a candidate has in a component, before it is weighed or ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultMark {
    /// A mark on the component's own scale.
    Mark(Score),
    /// The marks of an interview panel, in order of the examiners, none left out yet.
    Panel(Vec<Score>),
    /// The count of a vote.
    Ballot {
        /// Votes that agree.
        yes: u32,
        /// Members who attended.
        attending: u32,
        /// All who should attend.
        members: u32,
    },
    /// Did not come (缺考).
    Absent,
}

impl From<BallotCount> for ResultMark {
    fn from(count: BallotCount) -> Self {
        let BallotCount {
            yes,
            attending,
            members,
        } = count;
        Self::Ballot {
            yes,
            attending,
            members,
        }
    }
}

/// The rows entered for one candidate and component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel(
    /// What stands in each seat, by its number.
    pub BTreeMap<i32, Score>,
);

impl Panel {
    /// The mark of an examiner.
    pub(super) fn examiner(&self, number: u8) -> Option<Score> {
        self.row(Seat::Examiner(number))
    }

    /// Whether the candidate was entered as absent.
    pub(super) fn is_absent(&self) -> bool {
        self.row(Seat::Absence).is_some()
    }

    /// The count of the vote.
    pub(super) fn ballot(&self) -> Option<BallotCount> {
        let count = |seat| u32::try_from(self.row(seat)?.micros() / ONE).ok();
        Some(BallotCount {
            yes: count(Seat::Yes)?,
            attending: count(Seat::Attending)?,
            members: count(Seat::Members)?,
        })
    }

    /// What it comes to, once it is complete: `seats` marks, or the count, or an absence.
    pub fn result(&self, kind: ComponentKind, seats: u8) -> Option<ResultMark> {
        if self.is_absent() {
            return Some(ResultMark::Absent);
        }
        match kind {
            ComponentKind::Written => None,
            ComponentKind::Vote => self.ballot().map(ResultMark::from),
            ComponentKind::Assessment => self.examiner(1).map(ResultMark::Mark),
            ComponentKind::Interview => {
                let marks: Option<Vec<Score>> = (1..=seats).map(|n| self.examiner(n)).collect();
                marks.map(ResultMark::Panel)
            }
        }
    }

    fn row(&self, seat: Seat) -> Option<Score> {
        self.0.get(&seat.number()).copied()
    }
}

/// How many marks a component takes: one of each examiner of an interview, the one of an
/// assessment, none of a vote.
pub fn seats(profile: &Profile, component: &Component) -> u8 {
    match component.kind {
        ComponentKind::Interview => {
            let panel = profile.interview.map_or(1, |interview| interview.panel);
            u8::try_from(panel).unwrap_or(u8::MAX)
        }
        ComponentKind::Assessment => 1,
        ComponentKind::Written | ComponentKind::Vote => 0,
    }
}

/// What is wrong with the mark of one examiner.
pub(super) fn mark_fault(
    component: &Component,
    seats: u8,
    number: u8,
    mark: Score,
) -> Option<Fault> {
    let fault = |code| Fault::new(format!("marks.{number}"), code);
    let fine = mark.round(MARK_PLACES, crate::kernel::Rounding::Truncate) != mark;
    if !(1..=seats).contains(&number) {
        Some(fault("no-such-examiner").with("max", seats))
    } else if mark < Score::ZERO || mark > component.max {
        Some(fault("mark-out-of-range").with("max", component.max))
    } else {
        fine.then(|| fault("mark-too-fine").with("places", MARK_PLACES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComponentKind::{Assessment, Interview, Vote};

    fn panel(rows: &[(Seat, i32)]) -> Panel {
        let row = |(seat, mark): &(Seat, i32)| (seat.number(), Score::whole(*mark));
        Panel(rows.iter().map(row).collect())
    }

    #[test]
    fn a_panel_counts_when_every_examiner_has_marked() {
        let two = panel(&[(Seat::Examiner(1), 80), (Seat::Examiner(2), 75)]);
        assert_eq!(two.result(Interview, 3), None);
        let marks = vec![Score::whole(80), Score::whole(75)];
        assert_eq!(two.result(Interview, 2), Some(ResultMark::Panel(marks)));
        let mark = ResultMark::Mark(Score::whole(80));
        assert_eq!(two.result(Assessment, 1), Some(mark));
    }

    #[test]
    fn an_absence_stands_for_all_of_it() {
        let absent = panel(&[(Seat::Absence, 0)]);
        assert_eq!(absent.result(Interview, 7), Some(ResultMark::Absent));
    }

    #[test]
    fn a_ballot_is_read_back_as_it_was_counted() {
        let count = BallotCount {
            yes: 17,
            attending: 24,
            members: 25,
        };
        let rows = count.rows().map(|(seat, votes)| (seat.number(), votes));
        let panel = Panel(rows.into_iter().collect());
        assert_eq!(panel.result(Vote, 0), Some(count.into()));
    }

    #[test]
    fn more_votes_than_voters_cannot_be() {
        let count = |yes, attending, members| BallotCount {
            yes,
            attending,
            members,
        };
        assert!(count(17, 25, 25).check().is_ok());
        let faults = count(26, 25, 20).check().unwrap_err().faults;
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["attending", "yes"]);
    }
}
