//! From ranks to lists: the shortlist, the merit list, and the least competition.

use super::composite::RankingError;
use super::order::{Exclusion, Place, Ranked, Row, rank};
use crate::regulation::{Comparator, Profile, TieAtCut};

/// Why a candidate does or does not go on to the interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Within the places.
    Entered,
    /// Equal with others at the last place, and all of them enter.
    EnteredByTie,
    /// Equal with others at the last place, and none of them enters.
    TiedAtCut,
    /// Behind the last place.
    BelowCut,
    /// Below a floor or the qualifying line.
    BelowFloor,
    /// Absent from a written subject.
    Absent,
    /// Void for a breach of discipline.
    Void,
}

impl Reason {
    /// Whether the candidate goes on.
    pub const fn entered(self) -> bool {
        matches!(self, Self::Entered | Self::EnteredByTie)
    }
}

impl From<&Exclusion> for Reason {
    fn from(exclusion: &Exclusion) -> Self {
        match exclusion {
            Exclusion::Void(_) => Self::Void,
            Exclusion::Absent(_) => Self::Absent,
            Exclusion::BelowFloor(_) | Exclusion::BelowQualifyingLine => Self::BelowFloor,
        }
    }
}

/// One line of a shortlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The ticket number.
    pub ticket: String,
    /// The rank by the written composite, if ranked.
    pub rank: Option<u32>,
    /// What was decided, and why.
    pub reason: Reason,
}

/// Who goes on to the interview for a post with `quota` places. `ranking` is the whole result of
/// [`rank_written`](super::rank_written) for that post; the decisions keep its order.
pub fn shortlist(
    profile: &Profile,
    quota: u32,
    ranking: &[Ranked],
) -> Result<Vec<Decision>, RankingError> {
    let rule = profile
        .shortlist
        .ok_or(RankingError::NotInProfile("shortlist"))?;
    let cut = u64::from(quota) * u64::from(rule.ratio);
    let equal = |a: &Ranked, b: &Ranked| match rule.tie_at_cut {
        TieAtCut::TieRules => a.rank() == b.rank(),
        TieAtCut::AdmitAll | TieAtCut::NoneOfTied => a.score == b.score,
    };
    let at_cut = match rule.tie_at_cut {
        TieAtCut::AdmitAll | TieAtCut::TieRules => Reason::EnteredByTie,
        TieAtCut::NoneOfTied => Reason::TiedAtCut,
    };
    let decide = |line: &Ranked, side| Decision {
        ticket: line.ticket.clone(),
        rank: line.rank(),
        reason: match (&line.place, side) {
            (Place::Out(why), _) => why.into(),
            (_, Side::Within) => Reason::Entered,
            (_, Side::Across) => at_cut,
            (_, Side::Beyond) => Reason::BelowCut,
        },
    };
    let sides = sides(ranking, cut, equal);
    Ok(ranking
        .iter()
        .zip(sides)
        .map(|(line, side)| decide(line, side))
        .collect())
}

/// Where a group of equal candidates lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// All of them within the places.
    Within,
    /// Some within and some beyond.
    Across,
    /// All of them beyond.
    Beyond,
}

/// For each line, where its group of equals lies among `places`.
fn sides(lines: &[Ranked], places: u64, equal: impl Fn(&Ranked, &Ranked) -> bool) -> Vec<Side> {
    let mut ahead = 0_u64;
    let mut sides = Vec::with_capacity(lines.len());
    for group in lines.chunk_by(equal) {
        let through = group.iter().fold(ahead, |count, _| count + 1);
        let side = if through <= places {
            Side::Within
        } else if ahead < places {
            Side::Across
        } else {
            Side::Beyond
        };
        sides.extend(group.iter().map(|_| side));
        ahead = through;
    }
    sides
}

/// What the merit list says of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Within the places.
    Proposed,
    /// Equal to the last rule at the last place, and the profile takes all of them.
    ProposedByTie,
    /// Equal to the last rule at the last place: an extra test or a decision is needed.
    Undecided,
    /// Behind the places: the order in which vacancies are filled again; equals share it.
    Reserve(u32),
    /// Not ranked.
    Out(Exclusion),
}

/// One line of a merit list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merit {
    /// Rank, composite and deciding rule.
    pub ranked: Ranked,
    /// What follows from them.
    pub outcome: Outcome,
}

/// The merit list (总成绩排名) of a post with `quota` places: ranks, the proposed and the reserve.
pub fn merit_list(profile: &Profile, quota: u32, rows: &[Row]) -> Result<Vec<Merit>, RankingError> {
    Ok(merit_of(profile, quota, &rank(profile, rows)?))
}

/// What a ranking by the composite says of everybody in it.
pub fn merit_of(profile: &Profile, quota: u32, ranking: &[Ranked]) -> Vec<Merit> {
    let sides = sides(ranking, u64::from(quota), |a, b| a.rank() == b.rank());
    let ahead = (0_u32..)
        .zip(ranking.iter().zip(&sides))
        .find(|(_, (line, side))| line.rank().is_none() || **side == Side::Beyond)
        .map_or(0, |(index, _)| index);
    let at_cut = if profile.ties.contains(&Comparator::AdmitAll) {
        Outcome::ProposedByTie
    } else {
        Outcome::Undecided
    };
    let outcome = |line: &Ranked, side| match (&line.place, side) {
        (Place::Out(why), _) => Outcome::Out(why.clone()),
        (_, Side::Within) => Outcome::Proposed,
        (_, Side::Across) => at_cut.clone(),
        (Place::Ranked { rank, .. }, Side::Beyond) => Outcome::Reserve(rank - ahead),
    };
    ranking
        .iter()
        .zip(&sides)
        .map(|(line, side)| Merit {
            ranked: line.clone(),
            outcome: outcome(line, *side),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::order::rank_written;
    use super::super::order::tests::{candidate, candidates, civil};
    use super::*;
    use crate::regulation::Track;
    use proptest::prelude::*;

    fn with_tie(tie: &str) -> Profile {
        let change = format!("[shortlist]\ntie_at_cut = \"{tie}\"");
        civil().with_overrides(&change).unwrap()
    }

    /// One place at 1:3; the third and the fourth are equal, and 行测 would separate them.
    fn four() -> [Row; 4] {
        [
            candidate("1", ["80", "80", "0"]),
            candidate("2", ["75", "75", "0"]),
            candidate("3", ["69", "71", "0"]),
            candidate("4", ["70", "70", "0"]),
        ]
    }

    fn reasons(profile: &Profile, rows: &[Row]) -> Vec<(String, Reason)> {
        let ranking = rank_written(profile, rows).unwrap();
        let decisions = shortlist(profile, 1, &ranking).unwrap();
        decisions
            .into_iter()
            .map(|d| (d.ticket, d.reason))
            .collect()
    }

    fn expected<const N: usize>(lines: [(&str, Reason); N]) -> Vec<(String, Reason)> {
        lines.map(|(t, r)| (t.to_owned(), r)).to_vec()
    }

    #[test]
    fn in_sichuan_all_who_tie_at_the_last_place_enter() {
        use Reason::{Entered, EnteredByTie};
        assert_eq!(
            reasons(&with_tie("admit_all"), &four()),
            expected([
                ("1", Entered),
                ("2", Entered),
                ("4", EnteredByTie),
                ("3", EnteredByTie)
            ])
        );
    }

    #[test]
    fn the_tie_rules_may_decide_the_last_place_instead() {
        use Reason::{BelowCut, Entered};
        assert_eq!(
            reasons(&with_tie("tie_rules"), &four()),
            expected([
                ("1", Entered),
                ("2", Entered),
                ("4", Entered),
                ("3", BelowCut)
            ])
        );
    }

    #[test]
    fn or_none_of_the_tied_enters() {
        use Reason::{Entered, TiedAtCut};
        assert_eq!(
            reasons(&with_tie("none_of_tied"), &four()),
            expected([
                ("1", Entered),
                ("2", Entered),
                ("4", TiedAtCut),
                ("3", TiedAtCut)
            ])
        );
    }

    #[test]
    fn with_fewer_than_the_ratio_all_who_qualify_enter() {
        assert_eq!(
            reasons(&civil(), &four()[..2]),
            expected([("1", Reason::Entered), ("2", Reason::Entered)])
        );
    }

    #[test]
    fn a_track_without_a_shortlist_says_so() {
        let title = Profile::shipped(Track::Title).unwrap();
        assert_eq!(
            shortlist(&title, 1, &[]),
            Err(RankingError::NotInProfile("shortlist"))
        );
    }

    fn outcomes(profile: &Profile, quota: u32, rows: &[Row]) -> Vec<Outcome> {
        let list = merit_list(profile, quota, rows).unwrap();
        list.into_iter().map(|merit| merit.outcome).collect()
    }

    #[test]
    fn the_first_are_proposed_and_the_rest_wait_in_order() {
        use Outcome::{Proposed, Reserve};
        let rows = [
            candidate("1", ["80", "80", "80"]),
            candidate("2", ["70", "70", "70"]),
            candidate("3", ["70", "70", "70"]),
            candidate("4", ["60", "60", "60"]),
        ];
        assert_eq!(
            outcomes(&civil(), 1, &rows),
            [Proposed, Reserve(1), Reserve(1), Reserve(3)]
        );
    }

    #[test]
    fn a_tie_that_no_rule_decides_waits_for_an_extra_test_or_all_are_taken() {
        use Outcome::{Proposed, ProposedByTie, Reserve, Undecided};
        let rows = [
            candidate("1", ["80", "80", "80"]),
            candidate("2", ["70", "70", "70"]),
            candidate("3", ["70", "70", "70"]),
            candidate("4", ["60", "60", "60"]),
        ];
        assert_eq!(
            outcomes(&civil(), 2, &rows),
            [Proposed, Undecided, Undecided, Reserve(1)]
        );
        let all = civil()
            .with_overrides(r#"ties = ["total", "admit_all"]"#)
            .unwrap();
        assert_eq!(
            outcomes(&all, 2, &rows),
            [Proposed, ProposedByTie, ProposedByTie, Reserve(1)]
        );
    }

    proptest! {
        #[test]
        fn the_shortlist_fills_its_places_and_overflows_only_by_a_tie(
            rows in candidates(), quota in 0u32..5,
        ) {
            let places = usize::try_from(quota * 3).unwrap();
            for (tie, least, most) in [
                ("admit_all", places, usize::MAX),
                ("tie_rules", places, usize::MAX),
                ("none_of_tied", 0, places),
            ] {
                let profile = with_tie(tie);
                let ranking = rank_written(&profile, &rows).unwrap();
                let eligible = ranking.iter().filter(|line| line.rank().is_some()).count();
                let decisions = shortlist(&profile, quota, &ranking).unwrap();
                let entered = decisions.iter().filter(|d| d.reason.entered()).count();
                prop_assert_eq!(decisions.len(), rows.len());
                prop_assert!((least.min(eligible)..=most).contains(&entered), "{} {}", tie, entered);
                let plain = decisions.iter().filter(|d| d.reason == Reason::Entered).count();
                prop_assert!(plain <= places);
            }
        }

        /// Nobody enters while somebody with a better written composite stays out.
        #[test]
        fn the_shortlist_follows_the_written_composite(rows in candidates(), quota in 0u32..5) {
            let ranking = rank_written(&civil(), &rows).unwrap();
            let decisions = shortlist(&civil(), quota, &ranking).unwrap();
            let score = |entered: bool| {
                let lines = ranking.iter().zip(&decisions);
                lines.filter(move |(_, d)| d.reason.entered() == entered).filter_map(|(l, _)| l.score)
            };
            if let (Some(last_in), Some(first_out)) = (score(true).min(), score(false).max()) {
                prop_assert!(last_in > first_out);
            }
        }

        #[test]
        fn a_merit_list_never_proposes_more_than_the_places(
            rows in candidates(), quota in 0u32..8,
        ) {
            let outcomes = outcomes(&civil(), quota, &rows);
            let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
            let quota = usize::try_from(quota).unwrap();
            let proposed = count(|o| matches!(o, Outcome::Proposed));
            let undecided = count(|o| matches!(o, Outcome::Undecided));
            let ranked = count(|o| !matches!(o, Outcome::Out(_)));
            prop_assert!(proposed <= quota);
            prop_assert!(proposed + undecided >= quota.min(ranked));
            let reserve = outcomes.iter().find_map(|o| match o {
                Outcome::Reserve(order) => Some(*order),
                _ => None,
            });
            prop_assert!(reserve.is_none_or(|order| order == 1));
        }
    }
}
