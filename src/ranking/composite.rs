//! From marks to composites (成绩合成).

use std::collections::BTreeMap;

use crate::kernel::Score;
use crate::kernel::Weight;
use crate::kernel::score::{ScoreError, WeightedPart};
use crate::regulation::{
    Bonus, Component, ComponentKind, ComponentRole, FULL_MARKS, Interview, Profile, Threshold,
    VoteBase, VoteRule,
};

/// Why something could not be computed. These are faults of the data, never of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RankingError {
    /// A mark that the profile asks for is not there.
    #[error("there is no mark for `{component}`{}", of_ticket(.ticket))]
    MissingMark {
        /// The component.
        component: String,
        /// The ticket number, where a list is ranked.
        ticket: Option<String>,
    },
    /// A mark below zero or above the highest mark of its component.
    #[error("{mark} is not a mark from 0 to {max} of `{component}`")]
    MarkOutOfRange {
        /// The component.
        component: String,
        /// The mark.
        mark: Score,
        /// The highest mark.
        max: Score,
    },
    /// A vote where a mark belongs, or a mark where a vote belongs.
    #[error("`{0}` has a mark of the wrong kind")]
    WrongKind(String),
    /// Bonus points below zero, or any where the profile gives none.
    #[error("bonus points of {0} are not allowed")]
    BonusNotAllowed(Score),
    /// Two rows with the same ticket number.
    #[error("ticket {0} occurs twice")]
    DuplicateTicket(String),
    /// Fewer examiners' marks than the panel has seats.
    #[error("{have} marks of a panel of at least {need}")]
    TooFewMarks {
        /// Marks given.
        have: usize,
        /// Marks needed.
        need: u32,
    },
    /// The profile has no such step.
    #[error("the profile has no `{0}`")]
    NotInProfile(&'static str),
    /// The arithmetic failed.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

fn of_ticket(ticket: &Option<String>) -> String {
    ticket
        .as_ref()
        .map_or_else(String::new, |ticket| format!(" of ticket {ticket}"))
}

/// The count of a secret vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ballot {
    /// Votes that agree.
    pub yes: u32,
    /// Members who attended.
    pub attending: u32,
    /// All who should attend.
    pub members: u32,
}

/// What stands in a component's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComponentMark {
    /// A mark, on the component's own scale.
    Mark(Score),
    /// The count of a vote.
    Vote(Ballot),
    /// Absent (缺考).
    Absent,
    /// Void for a breach of discipline (违纪无效).
    Void,
}

/// The written composite (笔试折合成绩): the sum of weight × mark over the written components, each
/// mark out of one hundred, with bonus points as the profile says.
pub fn written_composite(
    profile: &Profile,
    marks: &BTreeMap<String, Score>,
    bonus: Score,
) -> Result<Score, RankingError> {
    let mut parts = weighted(profile, marks, |c| c.kind == ComponentKind::Written)?;
    parts.extend(bonus_part(profile, &parts, bonus)?);
    let rule = profile.written;
    let sum = Score::weighted_sum_on(FULL_MARKS, &parts, rule.places, rule.rounding)?;
    Ok(sum)
}

/// The composite (总成绩): the written composite as published, plus weight × mark of every other
/// scoring component, rounded as the profile says.
pub fn composite(
    profile: &Profile,
    marks: &BTreeMap<String, Score>,
    bonus: Score,
) -> Result<Score, RankingError> {
    let written = written_composite(profile, marks, bonus)?;
    let mut parts = weighted(profile, marks, |c| c.kind != ComponentKind::Written)?;
    parts.push(whole(written));
    let rule = profile.composite;
    let sum = Score::weighted_sum_on(FULL_MARKS, &parts, rule.places, rule.rounding)?;
    Ok(sum)
}

/// Points that count as they are.
const fn whole(score: Score) -> WeightedPart {
    WeightedPart {
        weight: Weight::ONE,
        score,
        max: FULL_MARKS,
    }
}

/// The addends of the scoring components that `counts`.
fn weighted(
    profile: &Profile,
    marks: &BTreeMap<String, Score>,
    counts: impl Fn(&Component) -> bool,
) -> Result<Vec<WeightedPart>, RankingError> {
    profile
        .components
        .iter()
        .filter(|c| c.role == ComponentRole::Score && counts(c))
        .map(|component| {
            let mark = marks.get(&component.code).copied();
            let score = mark.ok_or_else(|| RankingError::MissingMark {
                component: component.code.clone(),
                ticket: None,
            })?;
            in_range(component, score)?;
            Ok(WeightedPart {
                weight: component.weight,
                score,
                max: component.max,
            })
        })
        .collect()
}

/// Refuses a mark that its component cannot have.
pub(super) fn in_range(component: &Component, mark: Score) -> Result<(), RankingError> {
    if (Score::ZERO..=component.max).contains(&mark) {
        return Ok(());
    }
    Err(RankingError::MarkOutOfRange {
        component: component.code.clone(),
        mark,
        max: component.max,
    })
}

/// The addend of the bonus points: whole, or weighed as the written marks are.
fn bonus_part(
    profile: &Profile,
    written: &[WeightedPart],
    bonus: Score,
) -> Result<Option<WeightedPart>, RankingError> {
    if bonus == Score::ZERO {
        return Ok(None);
    }
    match profile.written.bonus {
        _ if bonus < Score::ZERO => Err(RankingError::BonusNotAllowed(bonus)),
        Bonus::None => Err(RankingError::BonusNotAllowed(bonus)),
        Bonus::AfterWeight => Ok(Some(whole(bonus))),
        Bonus::BeforeWeight => Ok(Some(WeightedPart {
            weight: written.iter().map(|part| part.weight).sum(),
            ..whole(bonus)
        })),
    }
}

/// The interview mark: the highest and lowest marks the profile leaves out go, and the mean of the
/// rest is rounded. The order of the marks does not matter.
pub fn interview_score(profile: &Profile, marks: &[Score]) -> Result<Score, RankingError> {
    let rule = profile
        .interview
        .ok_or(RankingError::NotInProfile("interview"))?;
    let enough = usize::try_from(rule.panel).is_ok_and(|need| marks.len() >= need);
    if !enough {
        return Err(RankingError::TooFewMarks {
            have: marks.len(),
            need: rule.panel,
        });
    }
    for component in profile.components_of(ComponentKind::Interview) {
        marks.iter().try_for_each(|m| in_range(component, *m))?;
    }
    Ok(Score::mean(
        &trimmed(rule, marks),
        rule.places,
        rule.rounding,
    )?)
}

/// The marks that count, from low to high.
fn trimmed(rule: Interview, marks: &[Score]) -> Vec<Score> {
    let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
    let (low, high) = (size(rule.trim_low), size(rule.trim_high));
    let mut sorted = marks.to_vec();
    sorted.sort_unstable();
    let kept = sorted.len().saturating_sub(low.saturating_add(high));
    sorted.into_iter().skip(low).take(kept).collect()
}

/// Votes needed to pass: for two thirds of the attending, `ceil(2n / 3)`.
pub fn votes_needed(rule: &VoteRule, ballot: Ballot) -> u64 {
    let base = match rule.of {
        VoteBase::Attending => ballot.attending,
        VoteBase::Members => ballot.members,
    };
    match rule.threshold {
        Threshold::AtLeast => rule.pass.at_least(base),
        Threshold::MoreThan => rule.pass.more_than(base),
    }
}

/// Whether a vote passes: enough attend, somebody attends, and enough agree.
pub fn vote_passes(rule: &VoteRule, ballot: Ballot) -> bool {
    let quorum = rule.quorum.map_or(1, |q| q.at_least(ballot.members).max(1));
    let possible = ballot.yes <= ballot.attending && ballot.attending <= ballot.members;
    possible
        && u64::from(ballot.attending) >= quorum
        && u64::from(ballot.yes) >= votes_needed(rule, ballot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regulation::Track;
    use proptest::prelude::*;

    fn score(text: &str) -> Score {
        text.parse().unwrap()
    }

    fn shipped(track: Track) -> Profile {
        Profile::shipped(track).unwrap()
    }

    fn marks<const N: usize>(marks: [(&str, &str); N]) -> BTreeMap<String, Score> {
        marks
            .map(|(code, mark)| (code.to_owned(), score(mark)))
            .into()
    }

    /// The worked example of docs/regulation.md.
    #[test]
    fn a_citizen_can_follow_the_sichuan_composite_by_hand() {
        let civil = shipped(Track::CivilService);
        let panel = ["84", "82.5", "85", "83", "86.5", "84.5", "81"].map(score);
        let interview = interview_score(&civil, &panel).unwrap();
        assert_eq!(interview, score("83.8"));
        let marks = marks([
            ("xingce", "71.05"),
            ("shenlun", "66.5"),
            ("interview", "83.8"),
        ]);
        let bonus = score("1");
        assert_eq!(
            written_composite(&civil, &marks, bonus),
            Ok(score("42.265"))
        );
        assert_eq!(composite(&civil, &marks, bonus), Ok(score("75.785")));
    }

    #[test]
    fn an_institution_weighs_bonus_points_with_the_written_mark() {
        let institution = shipped(Track::Institution);
        let marks = marks([("knowledge", "70"), ("interview", "80")]);
        let written = written_composite(&institution, &marks, score("3"));
        assert_eq!(written, Ok(score("36.5")));
        assert_eq!(
            composite(&institution, &marks, score("3")),
            Ok(score("76.5"))
        );
    }

    #[test]
    fn promotion_adds_the_democratic_assessment() {
        let marks = marks([
            ("regulations", "90"),
            ("interview", "80"),
            ("democratic", "85.55"),
        ]);
        let total = composite(&shipped(Track::Promotion), &marks, Score::ZERO);
        assert_eq!(total, Ok(score("85.22")));
    }

    /// Two papers out of 150, at 30 % each: (120 + 105) ÷ 1.5 × 0.3 = 45.
    #[test]
    fn papers_out_of_150_count_as_if_out_of_100() {
        let mut civil = shipped(Track::CivilService);
        for component in &mut civil.components[..2] {
            component.max = score("150");
        }
        let marks = marks([("xingce", "120"), ("shenlun", "105")]);
        assert_eq!(
            written_composite(&civil, &marks, Score::ZERO),
            Ok(score("45"))
        );
    }

    #[test]
    fn the_composite_is_made_from_the_written_composite_as_published() {
        let rounded = shipped(Track::CivilService)
            .with_overrides(
                "[written]\nplaces = 0\nrounding = \"half_up\"\n\
                 [composite]\nplaces = 0\nrounding = \"half_up\"\n",
            )
            .unwrap();
        // 42.5 is published as 43; 43 + 31.6 = 74.6, so 75. From 42.5 it would be 74.1, so 74.
        let marks = marks([("xingce", "71"), ("shenlun", "70"), ("interview", "79")]);
        let bonus = score("0.2");
        assert_eq!(written_composite(&rounded, &marks, bonus), Ok(score("43")));
        assert_eq!(composite(&rounded, &marks, bonus), Ok(score("75")));
    }

    #[test]
    fn a_missing_or_impossible_mark_is_an_error_and_not_a_zero() {
        let civil = shipped(Track::CivilService);
        let missing = written_composite(&civil, &marks([("xingce", "70")]), Score::ZERO);
        assert!(matches!(missing, Err(RankingError::MissingMark { .. })));
        let beyond = marks([("xingce", "100.5"), ("shenlun", "70")]);
        let beyond = written_composite(&civil, &beyond, Score::ZERO);
        assert!(matches!(beyond, Err(RankingError::MarkOutOfRange { .. })));
    }

    #[test]
    fn bonus_points_need_a_rule() {
        let marks = marks([("regulations", "90")]);
        let promotion = shipped(Track::Promotion);
        assert_eq!(
            written_composite(&promotion, &marks, score("1")),
            Err(RankingError::BonusNotAllowed(score("1")))
        );
        let civil = shipped(Track::CivilService);
        let papers = BTreeMap::from([
            ("xingce".to_owned(), score("70")),
            ("shenlun".to_owned(), score("70")),
        ]);
        assert_eq!(
            written_composite(&civil, &papers, score("-1")),
            Err(RankingError::BonusNotAllowed(score("-1")))
        );
    }

    #[test]
    fn a_panel_of_six_cannot_score() {
        let marks = [score("80"); 6];
        assert_eq!(
            interview_score(&shipped(Track::CivilService), &marks),
            Err(RankingError::TooFewMarks { have: 6, need: 7 })
        );
    }

    #[test]
    fn two_thirds_of_those_attending_decide_a_title() {
        let title = shipped(Track::Title);
        let rule = title.component("committee").unwrap().vote.unwrap();
        let table = [
            (7, 5),
            (9, 6),
            (11, 8),
            (13, 9),
            (15, 10),
            (17, 12),
            (25, 17),
        ];
        for (attending, needed) in table {
            let ballot = |yes| Ballot {
                yes,
                attending,
                members: 25,
            };
            assert!(
                vote_passes(&rule, ballot(needed)),
                "{needed} of {attending}"
            );
            assert!(!vote_passes(&rule, ballot(needed - 1)), "{attending}");
        }
        let empty_room = Ballot {
            yes: 0,
            attending: 0,
            members: 25,
        };
        assert!(!vote_passes(&rule, empty_room));
    }

    #[test]
    fn a_party_group_needs_two_thirds_present_and_more_than_half_of_all() {
        let rule = shipped(Track::Promotion).meeting.unwrap();
        let passes = |yes, attending| {
            let ballot = Ballot {
                yes,
                attending,
                members: 12,
            };
            vote_passes(&rule, ballot)
        };
        assert!(passes(7, 8));
        assert!(!passes(6, 12), "half of all is not more than half");
        assert!(!passes(7, 7), "seven of twelve are no two thirds");
        assert!(!passes(9, 8), "more votes than voters");
    }

    proptest! {
        #[test]
        fn a_composite_lies_between_nothing_and_everything(
            xingce in 0i64..=10_000, shenlun in 0i64..=10_000, interview in 0i64..=10_000,
        ) {
            let hundredths = |n: i64| Score::from_micros(n * 10_000);
            let marks = BTreeMap::from([
                ("xingce".to_owned(), hundredths(xingce)),
                ("shenlun".to_owned(), hundredths(shenlun)),
                ("interview".to_owned(), hundredths(interview)),
            ]);
            let total = composite(&shipped(Track::CivilService), &marks, Score::ZERO).unwrap();
            prop_assert!((Score::ZERO..=FULL_MARKS).contains(&total));
            let exact = 30 * xingce + 30 * shenlun + 40 * interview;
            prop_assert_eq!(total, Score::from_micros(exact * 100));
        }

        /// One examiner cannot carry the mark outside what the other six gave.
        #[test]
        fn one_outlier_is_left_out(six in prop::collection::vec(60i64..=95, 6), odd in 0i64..=100) {
            let of = |n: &i64| Score::from_micros(n * 1_000_000);
            let mut panel: Vec<Score> = six.iter().map(of).collect();
            panel.push(of(&odd));
            let mark = interview_score(&shipped(Track::CivilService), &panel).unwrap();
            let (low, high) = (six.iter().min().unwrap(), six.iter().max().unwrap());
            prop_assert!((of(low)..=of(high)).contains(&mark));
            panel.reverse();
            prop_assert_eq!(interview_score(&shipped(Track::CivilService), &panel), Ok(mark));
        }
    }
}
