//! The procedure: which stages a track must have, in which order they may stand, and which table of
//! the profile governs each.

use super::validate::{repeated, unless};
use super::*;
use crate::kernel::Fault;

/// Stages without which there is no examination, whatever the track.
const ALWAYS: [Stage; 9] = [
    Stage::Announcement,
    Stage::Registration,
    Stage::EligibilityReview,
    Stage::WrittenExam,
    Stage::Marking,
    Stage::WrittenResult,
    Stage::Composite,
    Stage::Publicity,
    Stage::Approval,
];

impl Track {
    /// The stages a track cannot leave out besides those of every examination.
    ///
    /// 公务员法 Art. 31 and 34; 事业单位人事管理条例 Art. 9; 公务员法 Art. 46 and 48. A title may
    /// rest on the examination alone (以考代评).
    pub const fn required_stages(self) -> &'static [Stage] {
        match self {
            Self::CivilService => &[Stage::Medical, Stage::Inspection, Stage::Probation],
            Self::Institution => &[Stage::Medical, Stage::Inspection],
            Self::Promotion => &[Stage::Inspection, Stage::Vote, Stage::Probation],
            Self::Title => &[],
        }
    }
}

impl Stage {
    /// The earliest and latest position in the procedure. Stages that share a position may stand in
    /// either order, as medical and inspection do; a vote may come before the composite, as a
    /// component of it, or after the inspection, as the decision.
    const fn span(self) -> (u8, u8) {
        let at = match self {
            Self::Announcement => 0,
            Self::Registration => 1,
            Self::EligibilityReview => 2,
            Self::AdmissionTicket => 3,
            Self::WrittenExam => 4,
            Self::Marking => 5,
            Self::WrittenResult => 6,
            Self::Shortlist => 7,
            Self::QualificationRecheck => 8,
            Self::Interview | Self::Assessment => 9,
            Self::Vote => return (9, 11),
            Self::Composite => 10,
            Self::Medical | Self::Inspection => 11,
            Self::Publicity => 12,
            Self::Approval => 13,
            Self::Probation => 14,
        };
        (at, at)
    }
}

/// What is wrong with the stages of a profile.
pub(super) fn stages(profile: &Profile) -> Vec<Fault> {
    let place = |stage: &Stage| format!("stages.{stage}");
    let required = profile.track.required_stages().iter();
    let missing = ALWAYS
        .iter()
        .chain(required)
        .filter(|stage| !profile.stages.contains(stage))
        .map(|stage| Fault::new(place(stage), "stage-required"));
    let twice = repeated(&profile.stages).map(|stage| Fault::new(place(stage), "duplicate"));
    let mut reached = 0;
    let misplaced = profile.stages.iter().filter_map(|stage| {
        let (earliest, latest) = stage.span();
        let in_order = reached <= latest;
        reached = reached.max(earliest);
        unless(in_order, place(stage), "stage-out-of-order")
    });
    missing
        .chain(twice)
        .chain(misplaced)
        .chain(stage_rules(profile))
        .collect()
}

/// A stage and the table that governs it come together or not at all.
fn stage_rules(profile: &Profile) -> impl Iterator<Item = Fault> {
    let has = |kind| profile.components_of(kind).next().is_some();
    let decided = has(ComponentKind::Vote) || profile.meeting.is_some();
    [
        (Stage::WrittenExam, "written", has(ComponentKind::Written)),
        (Stage::Shortlist, "shortlist", profile.shortlist.is_some()),
        (Stage::Interview, "interview", profile.interview.is_some()),
        (
            Stage::Interview,
            "components",
            has(ComponentKind::Interview),
        ),
        (
            Stage::Assessment,
            "components",
            has(ComponentKind::Assessment),
        ),
        (Stage::Vote, "meeting", decided),
        (Stage::Medical, "medical", profile.medical.is_some()),
        (
            Stage::Inspection,
            "inspection",
            profile.inspection.is_some(),
        ),
        (
            Stage::Probation,
            "probation_months",
            profile.probation_months.is_some(),
        ),
    ]
    .into_iter()
    .filter_map(
        |(stage, table, ruled)| match (profile.stages.contains(&stage), ruled) {
            (true, false) => Some(
                Fault::new(format!("stages.{stage}"), "stage-without-rule").with("rule", table),
            ),
            (false, true) => Some(Fault::new(table, "rule-without-stage").with("stage", stage)),
            _ => None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A vote may stand on either side of the composite, yet nothing may slip back behind it.
    #[test]
    fn a_movable_vote_does_not_let_the_inspection_before_the_composite() {
        let mut profile = Profile::shipped(Track::Promotion).unwrap();
        let late = [Stage::Composite, Stage::Inspection, Stage::Vote];
        let at = profile.stages.iter().position(|s| *s == late[0]).unwrap();
        assert_eq!(profile.stages[at..at + 3], late);
        profile.stages[at..at + 3].rotate_left(1);
        let faults = profile.validate();
        assert_eq!(faults.len(), 1);
        assert_eq!(
            (&*faults[0].place, faults[0].code),
            ("stages.composite", "stage-out-of-order")
        );
    }

    proptest! {
        /// Two stages may change places only where the rules give them the same position.
        #[test]
        fn two_stages_of_fixed_order_cannot_change_places(a in 0usize..16, b in 0usize..16) {
            let mut profile = Profile::shipped(Track::CivilService).unwrap();
            let interchangeable = profile.stages[a].span() == profile.stages[b].span();
            profile.stages.swap(a, b);
            prop_assert_eq!(profile.validate().is_empty(), interchangeable);
        }
    }
}
