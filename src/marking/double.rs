//! Blind double marking (双评) and what follows when the markers differ.

use serde::{Deserialize, Serialize};

use crate::kernel::score::PLACES;
use crate::kernel::{Fault, Rounding, Score, Weight};
use crate::regulation::{Marking, Resolution as Beyond};

/// The unit in which people mark, where the profile keeps decimals: half a mark.
const HALF: Score = Score::from_micros(500_000);

/// The rule of double marking, made from the regulation profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleMarking {
    /// How far two marks may lie apart and still agree, as a share of the maximum (误差阈值).
    pub tolerance: Weight,
    /// What follows when they lie further apart.
    pub beyond: Beyond,
    /// The unit of marking: every mark is a multiple of it, such as 0.5.
    pub step: Score,
    /// Decimal places of a mean.
    pub places: u8,
    /// What happens to further digits of a mean.
    pub rounding: Rounding,
}

/// The mark one person gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkerMark {
    /// 1 and 2 for the two who mark first, 3 for the third, 4 for the arbiter.
    pub ordinal: u8,
    /// The mark.
    pub mark: Score,
}

/// Where the marking of an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Resolution {
    /// Nobody has marked it.
    NeedsFirst,
    /// One person has.
    NeedsSecond,
    /// The two differ by more than the tolerance (三评).
    NeedsThird,
    /// The third differs from both by more than the tolerance (仲裁).
    NeedsArbiter,
    /// The mark stands.
    Final {
        /// The mark.
        mark: Score,
        /// How it came about.
        by: SettledBy,
    },
}

/// Where an answer waits, as stored: a [`Resolution`] without its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptState {
    /// For an arbiter.
    NeedsArbiter,
    /// For a third marker.
    NeedsThird,
    /// For a second marker.
    NeedsSecond,
    /// For a first marker.
    NeedsFirst,
    /// For nobody: its mark stands.
    Settled,
}

impl ScriptState {
    /// All states; what is nearest to its end comes first.
    pub const ALL: [Self; 5] = [
        Self::NeedsArbiter,
        Self::NeedsThird,
        Self::NeedsSecond,
        Self::NeedsFirst,
        Self::Settled,
    ];

    /// As stored and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsArbiter => "needs_arbiter",
            Self::NeedsThird => "needs_third",
            Self::NeedsSecond => "needs_second",
            Self::NeedsFirst => "needs_first",
            Self::Settled => "settled",
        }
    }
}

impl Resolution {
    /// The state without the mark.
    pub const fn state(self) -> ScriptState {
        match self {
            Self::NeedsFirst => ScriptState::NeedsFirst,
            Self::NeedsSecond => ScriptState::NeedsSecond,
            Self::NeedsThird => ScriptState::NeedsThird,
            Self::NeedsArbiter => ScriptState::NeedsArbiter,
            Self::Final { .. } => ScriptState::Settled,
        }
    }
}

/// How a final mark came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// The first two agree: their mean.
    MeanOfTwo,
    /// The third agrees with one of them: the mean of the two closest.
    ClosestPair,
    /// The arbiter's mark.
    Arbiter,
}

impl SettledBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MeanOfTwo, Self::ClosestPair, Self::Arbiter];

    /// As stored and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MeanOfTwo => "mean_of_two",
            Self::ClosestPair => "closest_pair",
            Self::Arbiter => "arbiter",
        }
    }
}

/// Where the marking of an answer worth `max` stands after `marks`, given in any order:
///
/// 1. Two marks that agree (lie no further apart than the tolerance) give their mean.
/// 2. Else a third is asked for. If it agrees with one of the two, the two closest give their mean;
///    if it lies midway, the higher pair does, in the candidate's favour.
/// 3. Else an arbiter's mark is final.
///
/// So it goes where the profile says `closest_pair`. Where it says `arbiter`, the third mark is the
/// arbiter's already; where it says `mean_of_two`, two marks settle it however far apart.
///
/// Refused are marks out of range or between steps, ordinals with gaps or twice, and marks that the
/// rule did not call for: such a mark should not exist.
pub fn resolve(
    max: Score,
    marks: &[MarkerMark],
    rule: &DoubleMarking,
) -> Result<Resolution, Vec<Fault>> {
    let mut marks = marks.to_vec();
    marks.sort_unstable_by_key(|mark| mark.ordinal);
    let faults = mark_faults(max, &marks, rule);
    if !faults.is_empty() {
        return Err(faults);
    }
    let values: Vec<Score> = marks.iter().map(|mark| mark.mark).collect();
    match values[..] {
        [] => Ok(Resolution::NeedsFirst),
        [_] => Ok(Resolution::NeedsSecond),
        [a, b, ref later @ ..] if rule.beyond == Beyond::MeanOfTwo || rule.agree(max, a, b) => {
            none_uncalled(3, later)?;
            rule.settle(a, b, SettledBy::MeanOfTwo)
        }
        [_, _] if rule.beyond == Beyond::Arbiter => Ok(Resolution::NeedsArbiter),
        [_, _, mark, ref later @ ..] if rule.beyond == Beyond::Arbiter => {
            none_uncalled(4, later)?;
            let by = SettledBy::Arbiter;
            Ok(Resolution::Final { mark, by })
        }
        [_, _] => Ok(Resolution::NeedsThird),
        [a, b, c, ref later @ ..] => {
            let (low, high) = (a.min(b), a.max(b));
            let closest = if c.distance(high) <= c.distance(low) {
                high
            } else {
                low
            };
            if rule.agree(max, closest, c) {
                none_uncalled(4, later)?;
                return rule.settle(closest, c, SettledBy::ClosestPair);
            }
            match *later {
                [] => Ok(Resolution::NeedsArbiter),
                [mark, ..] => Ok(Resolution::Final {
                    mark,
                    by: SettledBy::Arbiter,
                }),
            }
        }
    }
}

impl DoubleMarking {
    /// The rule of a profile, if it asks for two markers: other numbers are not double marking.
    /// Marks go by halves, or by whole marks where the profile keeps no decimals.
    pub fn of(marking: &Marking) -> Option<Self> {
        let step = if marking.places == 0 {
            Score::whole(1)
        } else {
            HALF
        };
        (marking.markers == 2).then_some(Self {
            tolerance: marking.tolerance,
            beyond: marking.resolution,
            step,
            places: marking.places,
            rounding: marking.rounding,
        })
    }

    /// What is wrong with one mark of an answer worth `max`, if anything.
    pub fn mark_fault(&self, place: &str, max: Score, mark: Score) -> Option<Fault> {
        let code = if mark < Score::ZERO || mark > max {
            "mark-out-of-range"
        } else if !self.is_step(mark) {
            "mark-between-steps"
        } else {
            return None;
        };
        let fault = Fault::new(place, code);
        Some(fault.with("max", max).with("step", self.step))
    }

    /// What is wrong with the rule. A mean must have room for every step, or rounding could lift it
    /// above both marks.
    pub fn faults(&self) -> Vec<Fault> {
        let fits = self.step.round(self.places, Rounding::Truncate) == self.step;
        [
            (self.tolerance > Weight::ONE, "tolerance", "over-one"),
            (self.step <= Score::ZERO, "step", "not-positive"),
            (!fits, "places", "finer-than-places"),
        ]
        .into_iter()
        .filter(|(wrong, ..)| *wrong)
        .map(|(_, place, code)| Fault::new(place, code))
        .collect()
    }

    /// Whether two marks of an answer worth `max` lie no further apart than the tolerance.
    pub fn agree(&self, max: Score, a: Score, b: Score) -> bool {
        Score::weighted_sum(&[(self.tolerance, max)], PLACES, Rounding::Truncate)
            .is_ok_and(|tolerated| a.distance(b) <= tolerated)
    }

    fn settle(&self, a: Score, b: Score, by: SettledBy) -> Result<Resolution, Vec<Fault>> {
        let mean = Score::mean(&[a, b], self.places, self.rounding);
        mean.map(|mark| Resolution::Final { mark, by })
            .map_err(|_| vec![Fault::new("marks", "inexact-mean")])
    }

    fn is_step(&self, mark: Score) -> bool {
        mark.micros().checked_rem(self.step.micros()) == Some(0)
    }
}

/// What is wrong with `marks`, which stand in order of their ordinals.
fn mark_faults(max: Score, marks: &[MarkerMark], rule: &DoubleMarking) -> Vec<Fault> {
    let fault_of = |(mark, expected): (&MarkerMark, u8)| {
        let place = format!("marks.{}", mark.ordinal);
        if mark.ordinal != expected || expected > 4 {
            return Some(Fault::new(place, "ordinal-out-of-order"));
        }
        rule.mark_fault(&place, max, mark.mark)
    };
    marks.iter().zip(1..).filter_map(fault_of).collect()
}

/// Refuses marks from `ordinal` on, which the rule did not call for.
fn none_uncalled(ordinal: u8, later: &[Score]) -> Result<(), Vec<Fault>> {
    if later.is_empty() {
        return Ok(());
    }
    let place = format!("marks.{ordinal}");
    Err(vec![Fault::new(place, "mark-not-called-for")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(text: &str) -> Score {
        text.parse().unwrap()
    }

    /// 20 per cent, in halves, means to two places.
    fn rule() -> DoubleMarking {
        DoubleMarking {
            tolerance: Weight::from_basis_points(2000),
            beyond: Beyond::ClosestPair,
            step: score("0.5"),
            places: 2,
            rounding: Rounding::HalfUp,
        }
    }

    fn in_order(values: impl IntoIterator<Item = Score>) -> Vec<MarkerMark> {
        let marks = values.into_iter().zip(1..);
        marks
            .map(|(mark, ordinal)| MarkerMark { ordinal, mark })
            .collect()
    }

    /// An answer worth 20, so marks agree up to 4 apart.
    fn after(values: &[&str]) -> Result<Resolution, Vec<Fault>> {
        resolve(
            score("20"),
            &in_order(values.iter().map(|v| score(v))),
            &rule(),
        )
    }

    fn settled(mark: &str, by: SettledBy) -> Result<Resolution, Vec<Fault>> {
        let mark = score(mark);
        Ok(Resolution::Final { mark, by })
    }

    fn refusal(values: &[&str]) -> (String, &'static str) {
        let fault = after(values).unwrap_err().remove(0);
        (fault.place, fault.code)
    }

    #[test]
    fn two_who_agree_settle_it_at_their_mean() {
        assert_eq!(after(&[]), Ok(Resolution::NeedsFirst));
        assert_eq!(after(&["12"]), Ok(Resolution::NeedsSecond));
        assert_eq!(
            after(&["12", "14.5"]),
            settled("13.25", SettledBy::MeanOfTwo)
        );
        assert_eq!(after(&["12", "16"]), settled("14", SettledBy::MeanOfTwo));
    }

    #[test]
    fn half_a_mark_beyond_the_tolerance_calls_a_third() {
        assert_eq!(after(&["12", "16.5"]), Ok(Resolution::NeedsThird));
        assert_eq!(
            after(&["12", "16.5", "16"]),
            settled("16.25", SettledBy::ClosestPair)
        );
        assert_eq!(
            after(&["12", "16.5", "9"]),
            settled("10.5", SettledBy::ClosestPair)
        );
    }

    #[test]
    fn a_third_midway_speaks_for_the_candidate() {
        assert_eq!(
            after(&["12", "17", "14.5"]),
            settled("15.75", SettledBy::ClosestPair)
        );
        assert_eq!(
            after(&["17", "12", "14.5"]),
            settled("15.75", SettledBy::ClosestPair)
        );
    }

    #[test]
    fn an_arbiter_has_the_last_word() {
        assert_eq!(after(&["2", "16", "8"]), Ok(Resolution::NeedsArbiter));
        assert_eq!(
            after(&["2", "16", "8", "11.5"]),
            settled("11.5", SettledBy::Arbiter)
        );
    }

    #[test]
    fn a_profile_may_call_the_arbiter_at_once_or_never() {
        let under = |beyond, values: &[&str]| {
            let rule = DoubleMarking { beyond, ..rule() };
            let marks = in_order(values.iter().map(|v| score(v)));
            resolve(score("20"), &marks, &rule)
        };
        let at_once = Beyond::Arbiter;
        assert_eq!(under(at_once, &["2", "16"]), Ok(Resolution::NeedsArbiter));
        assert_eq!(
            under(at_once, &["2", "16", "7"]),
            settled("7", SettledBy::Arbiter)
        );
        assert!(under(at_once, &["2", "16", "7", "7"]).is_err());
        assert_eq!(
            under(Beyond::MeanOfTwo, &["2", "16"]),
            settled("9", SettledBy::MeanOfTwo)
        );
    }

    #[test]
    fn marks_no_marker_may_give_are_refused() {
        assert_eq!(refusal(&["20.5"]), ("marks.1".into(), "mark-out-of-range"));
        assert_eq!(
            refusal(&["12", "-0.5"]),
            ("marks.2".into(), "mark-out-of-range")
        );
        assert_eq!(
            refusal(&["12.25"]),
            ("marks.1".into(), "mark-between-steps")
        );
    }

    #[test]
    fn marks_nobody_called_for_are_refused() {
        assert_eq!(
            refusal(&["12", "13", "14"]),
            ("marks.3".into(), "mark-not-called-for")
        );
        let fourth = refusal(&["12", "16.5", "16", "15"]);
        assert_eq!(fourth, ("marks.4".into(), "mark-not-called-for"));
        assert_eq!(
            refusal(&["2", "16", "8", "9", "9"]),
            ("marks.5".into(), "ordinal-out-of-order")
        );
        let twice = [1, 1].map(|ordinal| MarkerMark {
            ordinal,
            mark: score("9"),
        });
        let faults = resolve(score("20"), &twice, &rule()).unwrap_err();
        assert_eq!(faults[0].code, "ordinal-out-of-order");
    }

    #[test]
    fn a_rule_whose_means_could_leave_the_marks_is_refused() {
        assert_eq!(rule().faults(), []);
        let wrong = DoubleMarking {
            tolerance: Weight::from_basis_points(10_001),
            places: 0,
            ..rule()
        };
        let places: Vec<_> = wrong.faults().into_iter().map(|f| f.place).collect();
        assert_eq!(places, ["tolerance", "places"]);
        let stepless = DoubleMarking {
            step: Score::ZERO,
            ..rule()
        };
        assert_eq!(stepless.faults()[0].place, "step");
    }

    /// A mark out of 20, in halves.
    fn any_mark() -> impl Strategy<Value = Score> {
        (0i64..=40).prop_map(|halves| Score::from_micros(halves * 500_000))
    }

    fn any_rule() -> impl Strategy<Value = DoubleMarking> {
        let rounding =
            prop::sample::select(vec![Rounding::HalfUp, Rounding::Truncate, Rounding::None]);
        (0i64..=100, 1u8..4, rounding).prop_map(|(percent, places, rounding)| DoubleMarking {
            tolerance: Weight::from_basis_points(percent * 100),
            places,
            rounding,
            ..rule()
        })
    }

    /// Gives the marks one after another, as long as one is called for.
    fn play(marks: &[Score], rule: &DoubleMarking) -> (usize, Resolution) {
        (2..=marks.len())
            .map(|given| {
                let so_far = in_order(marks[..given].iter().copied());
                (given, resolve(score("20"), &so_far, rule).unwrap())
            })
            .find(|(_, state)| matches!(state, Resolution::Final { .. }))
            .unwrap()
    }

    proptest! {
        #[test]
        fn the_order_of_the_first_two_does_not_matter(
            marks in prop::collection::vec(any_mark(), 4), rule in any_rule(),
        ) {
            let mut swapped = marks.clone();
            swapped.swap(0, 1);
            prop_assert_eq!(play(&marks, &rule), play(&swapped, &rule));
        }

        #[test]
        fn four_marks_always_settle_it_between_the_lowest_and_the_highest(
            marks in prop::collection::vec(any_mark(), 4), rule in any_rule(),
        ) {
            prop_assert_eq!(rule.faults(), []);
            let (given, state) = play(&marks, &rule);
            let Resolution::Final { mark, .. } = state else { unreachable!() };
            let given = &marks[..given];
            prop_assert!(given.iter().min() <= Some(&mark) && Some(&mark) <= given.iter().max());
        }

        #[test]
        fn an_arbiter_is_called_exactly_when_no_two_of_three_agree(
            marks in prop::collection::vec(any_mark(), 4), rule in any_rule(),
        ) {
            let agree = |a: usize, b: usize| rule.agree(score("20"), marks[a], marks[b]);
            let (_, state) = play(&marks, &rule);
            let arbitrated = matches!(state, Resolution::Final { by: SettledBy::Arbiter, .. });
            prop_assert_eq!(arbitrated, !agree(0, 1) && !agree(0, 2) && !agree(1, 2));
        }
    }
}
