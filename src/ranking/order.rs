//! From rows to ranks (排名): who is out, who stands before whom, and by which rule.

use std::collections::{BTreeMap, BTreeSet};

use super::composite::{
    ComponentMark, RankingError, composite, in_range, vote_passes, written_composite,
};
use crate::kernel::Score;
use crate::regulation::{Comparator, Component, ComponentKind, Profile};

/// A candidate for one post, with everything that can decide a rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The ticket number (准考证号).
    pub ticket: String,
    /// What stands in each component's column.
    pub marks: BTreeMap<String, ComponentMark>,
    /// Bonus points that were granted and publicised.
    pub bonus: Score,
    /// Categories that were proved, for the tie rule.
    pub categories: BTreeSet<String>,
    /// The mark of an extra test, where one was held.
    pub extra_test: Option<Score>,
}

/// Why a candidate is not ranked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exclusion {
    /// A component is void for a breach of discipline.
    Void(String),
    /// Absent from a component.
    Absent(String),
    /// Below the floor of a component, or a vote that did not pass.
    BelowFloor(String),
    /// Below the qualifying line of the written composite.
    BelowQualifyingLine,
}

/// Where a candidate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the ranking.
    Ranked {
        /// One more than the number of candidates ahead; equal candidates share it (1, 2, 2, 4).
        rank: u32,
        /// The rule that put this candidate behind the one before; none for the first and for
        /// those who share the rank of the one before.
        decided_by: Option<Comparator>,
    },
    /// Not ranked.
    Out(Exclusion),
}

/// One line of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The ticket number.
    pub ticket: String,
    /// The composite ranked by: the whole one, or the written one; none for those not ranked.
    pub score: Option<Score>,
    /// Where the candidate stands.
    pub place: Place,
}

impl Ranked {
    /// The rank, if ranked.
    pub const fn rank(&self) -> Option<u32> {
        match self.place {
            Place::Ranked { rank, .. } => Some(rank),
            Place::Out(_) => None,
        }
    }
}

/// Ranks by the composite. The rows are the candidates of one post that reached this step.
///
/// The result does not depend on the order of the rows: ranked candidates come first, in order,
/// those of one rank by the bytes of their ticket numbers; then the others by ticket number.
pub fn rank(profile: &Profile, rows: &[Row]) -> Result<Vec<Ranked>, RankingError> {
    ranked_by(profile, rows, Basis::Total)
}

/// Ranks by the written composite, before any interview. Of the tie rule, the steps apply that are
/// known by then.
pub fn rank_written(profile: &Profile, rows: &[Row]) -> Result<Vec<Ranked>, RankingError> {
    ranked_by(profile, rows, Basis::Written)
}

/// By what is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    Written,
    Total,
}

impl Basis {
    fn counts(self, component: &Component) -> bool {
        self == Self::Total || component.kind == ComponentKind::Written
    }

    /// The comparators that apply, in order.
    fn comparators(self, profile: &Profile) -> Vec<Comparator> {
        match self {
            Self::Total => profile.ties.clone(),
            Self::Written => {
                let known = |rule: &&Comparator| match rule {
                    Comparator::Total | Comparator::Written => false,
                    Comparator::Component(code) => {
                        profile.component(code).is_some_and(|c| self.counts(c))
                    }
                    Comparator::Category(_) | Comparator::ExtraTest | Comparator::AdmitAll => true,
                };
                let rest = profile.ties.iter().filter(known).cloned();
                std::iter::once(Comparator::Written).chain(rest).collect()
            }
        }
    }
}

/// A ranked row with what it is compared by; more is better in each key.
struct Keyed<'a> {
    row: &'a Row,
    score: Score,
    keys: Vec<Option<Score>>,
}

fn ranked_by(profile: &Profile, rows: &[Row], basis: Basis) -> Result<Vec<Ranked>, RankingError> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|a, b| a.ticket.as_bytes().cmp(b.ticket.as_bytes()));
    if let Some([twice, _]) = sorted.windows(2).find(|w| w[0].ticket == w[1].ticket) {
        return Err(RankingError::DuplicateTicket(twice.ticket.clone()));
    }
    let rules = basis.comparators(profile);
    let (mut keyed, mut out) = (Vec::new(), Vec::new());
    for row in sorted {
        match exclusion(profile, basis, row)? {
            Some(reason) => out.push(Ranked {
                ticket: row.ticket.clone(),
                score: None,
                place: Place::Out(reason),
            }),
            None => keyed.push(key(profile, basis, &rules, row)?),
        }
    }
    keyed.sort_by(|a, b| b.keys.cmp(&a.keys));
    let mut ranked = assign(&rules, &keyed);
    ranked.append(&mut out);
    Ok(ranked)
}

/// Gives ranks to rows already in order.
fn assign(rules: &[Comparator], keyed: &[Keyed<'_>]) -> Vec<Ranked> {
    let mut rank = 0;
    let mut before: Option<&Keyed<'_>> = None;
    let mut ranked = Vec::with_capacity(keyed.len());
    for (this, position) in keyed.iter().zip(1_u32..) {
        let decided_by = before.and_then(|before| first_difference(rules, before, this));
        if before.is_none() || decided_by.is_some() {
            rank = position;
        }
        before = Some(this);
        ranked.push(Ranked {
            ticket: this.row.ticket.clone(),
            score: Some(this.score),
            place: Place::Ranked { rank, decided_by },
        });
    }
    ranked
}

fn first_difference(rules: &[Comparator], a: &Keyed<'_>, b: &Keyed<'_>) -> Option<Comparator> {
    let pairs = a.keys.iter().zip(&b.keys);
    rules
        .iter()
        .zip(pairs)
        .find(|(_, (a, b))| a != b)
        .map(|(rule, _)| rule.clone())
}

/// Why the row is not ranked, if so. A breach of discipline goes before absence, absence before a
/// floor; the written part is judged before the rest.
fn exclusion(
    profile: &Profile,
    basis: Basis,
    row: &Row,
) -> Result<Option<Exclusion>, RankingError> {
    let state = |wanted: ComponentMark| {
        let counted = profile.components.iter().filter(|c| basis.counts(c));
        counted
            .map(|c| &c.code)
            .find(|code| row.marks.get(*code) == Some(&wanted))
            .cloned()
    };
    if let Some(code) = state(ComponentMark::Void) {
        return Ok(Some(Exclusion::Void(code)));
    }
    if let Some(code) = state(ComponentMark::Absent) {
        return Ok(Some(Exclusion::Absent(code)));
    }
    if let Some(code) = failed(profile, row, |c| c.kind == ComponentKind::Written)? {
        return Ok(Some(Exclusion::BelowFloor(code)));
    }
    if let Some(line) = profile.written.floor
        && written(profile, row)? < line
    {
        return Ok(Some(Exclusion::BelowQualifyingLine));
    }
    let rest = |c: &Component| c.kind != ComponentKind::Written && basis.counts(c);
    Ok(failed(profile, row, rest)?.map(Exclusion::BelowFloor))
}

/// The first component that `counts` and was not passed.
fn failed(
    profile: &Profile,
    row: &Row,
    counts: impl Fn(&Component) -> bool,
) -> Result<Option<String>, RankingError> {
    for component in profile.components.iter().filter(|c| counts(c)) {
        if !passed(component, row)? {
            return Ok(Some(component.code.clone()));
        }
    }
    Ok(None)
}

/// Whether the component's floor is reached, or its vote carried.
fn passed(component: &Component, row: &Row) -> Result<bool, RankingError> {
    match (row.marks.get(&component.code), component.vote) {
        (Some(ComponentMark::Mark(mark)), None) => {
            in_range(component, *mark)?;
            Ok(component.floor.is_none_or(|floor| *mark >= floor))
        }
        (Some(ComponentMark::Vote(ballot)), Some(rule)) => Ok(vote_passes(&rule, *ballot)),
        (Some(_), _) => Err(RankingError::WrongKind(component.code.clone())),
        (None, _) => Err(RankingError::MissingMark {
            component: component.code.clone(),
            ticket: Some(row.ticket.clone()),
        }),
    }
}

/// The marks of a row, without votes, absences and voids.
fn plain_marks(row: &Row) -> BTreeMap<String, Score> {
    let marks = row.marks.iter();
    marks
        .filter_map(|(code, mark)| match mark {
            ComponentMark::Mark(mark) => Some((code.clone(), *mark)),
            _ => None,
        })
        .collect()
}

fn written(profile: &Profile, row: &Row) -> Result<Score, RankingError> {
    written_composite(profile, &plain_marks(row), row.bonus)
}

fn key<'a>(
    profile: &Profile,
    basis: Basis,
    rules: &[Comparator],
    row: &'a Row,
) -> Result<Keyed<'a>, RankingError> {
    let marks = plain_marks(row);
    let written = written_composite(profile, &marks, row.bonus)?;
    let score = match basis {
        Basis::Written => written,
        Basis::Total => composite(profile, &marks, row.bonus)?,
    };
    let keys = rules
        .iter()
        .map(|rule| match rule {
            Comparator::Total => Some(score),
            Comparator::Written => Some(written),
            Comparator::Component(code) => marks.get(code).copied(),
            Comparator::Category(code) => row.categories.contains(code).then_some(Score::ZERO),
            Comparator::ExtraTest => row.extra_test,
            Comparator::AdmitAll => None,
        })
        .collect();
    Ok(Keyed { row, score, keys })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ranking::Ballot;
    use crate::regulation::Track;
    use proptest::prelude::*;

    pub(crate) fn score(text: &str) -> Score {
        text.parse().unwrap()
    }

    pub(crate) fn civil() -> Profile {
        Profile::shipped(Track::CivilService).unwrap()
    }

    /// A candidate with marks for 行测, 申论 and the interview.
    pub(crate) fn candidate(ticket: &str, marks: [&str; 3]) -> Row {
        let codes = ["xingce", "shenlun", "interview"];
        Row {
            ticket: ticket.to_owned(),
            marks: codes
                .into_iter()
                .zip(marks)
                .map(|(code, mark)| (code.to_owned(), ComponentMark::Mark(score(mark))))
                .collect(),
            bonus: Score::ZERO,
            categories: BTreeSet::new(),
            extra_test: None,
        }
    }

    fn with(mut row: Row, code: &str, mark: ComponentMark) -> Row {
        row.marks.insert(code.to_owned(), mark);
        row
    }

    /// Each line as `rank ticket deciding rule`.
    fn lines(ranking: &[Ranked]) -> Vec<String> {
        ranking
            .iter()
            .map(|line| match &line.place {
                Place::Ranked { rank, decided_by } => {
                    let rule = decided_by
                        .as_ref()
                        .map_or("-".to_owned(), ToString::to_string);
                    format!("{rank} {} {rule}", line.ticket)
                }
                Place::Out(why) => format!("out {} {why:?}", line.ticket),
            })
            .collect()
    }

    #[test]
    fn each_rule_of_the_tie_list_decides_in_its_turn() {
        let mut extra = candidate("E", ["60", "60", "70"]);
        extra.extra_test = Some(score("88"));
        let rows = [
            // Composite 80.
            candidate("A", ["80", "80", "80"]),
            // Composite 64: C has the better interview and so the lesser written composite.
            candidate("C", ["60", "60", "70"]),
            candidate("B", ["70", "70", "55"]),
            // The same written composite as B: 行测 decides.
            candidate("D", ["71", "69", "55"]),
            extra,
        ];
        assert_eq!(
            lines(&rank(&civil(), &rows).unwrap()),
            [
                "1 A -",
                "2 D total",
                "3 B component:xingce",
                "4 E written",
                "5 C extra_test",
            ]
        );
    }

    #[test]
    fn a_category_decides_where_the_rules_say_so() {
        let rules = r#"ties = ["total", "category:martyr_child", "component:shenlun"]"#;
        let profile = civil().with_overrides(rules).unwrap();
        let mut child = candidate("2", ["71", "69", "80"]);
        child.categories.insert("martyr_child".to_owned());
        let rows = [
            candidate("1", ["69", "71", "80"]),
            child,
            candidate("3", ["70", "70", "80"]),
        ];
        assert_eq!(
            lines(&rank(&profile, &rows).unwrap()),
            [
                "1 2 -",
                "2 1 category:martyr_child",
                "3 3 component:shenlun"
            ]
        );
    }

    #[test]
    fn those_equal_to_the_last_rule_share_a_rank_and_the_next_is_skipped() {
        let rows = [
            candidate("4", ["60", "60", "60"]),
            candidate("3", ["70", "70", "70"]),
            candidate("2", ["70", "70", "70"]),
            candidate("1", ["80", "80", "80"]),
        ];
        assert_eq!(
            lines(&rank(&civil(), &rows).unwrap()),
            ["1 1 -", "2 2 total", "2 3 -", "4 4 total"]
        );
    }

    #[test]
    fn absence_a_breach_and_a_floor_take_a_candidate_out_of_the_ranking() {
        let sat = |ticket| candidate(ticket, ["70", "70", "70"]);
        let both = with(sat("5"), "xingce", ComponentMark::Absent);
        let rows = [
            sat("1"),
            with(sat("2"), "shenlun", ComponentMark::Absent),
            with(sat("3"), "xingce", ComponentMark::Void),
            with(both, "shenlun", ComponentMark::Void),
        ];
        assert_eq!(
            lines(&rank_written(&civil(), &rows).unwrap()),
            [
                "1 1 -",
                "out 2 Absent(\"shenlun\")",
                "out 3 Void(\"xingce\")",
                "out 5 Void(\"shenlun\")",
            ]
        );
    }

    #[test]
    fn a_qualifying_line_stands_in_marks_of_the_written_composite() {
        let line = civil().with_overrides("[written]\nfloor = \"36\"").unwrap();
        let rows = [
            candidate("1", ["60", "60", "0"]),
            candidate("2", ["60", "59.99", "0"]),
        ];
        assert_eq!(
            lines(&rank_written(&line, &rows).unwrap()),
            ["1 1 -", "out 2 BelowQualifyingLine"]
        );
    }

    /// Whoever failed the written part has no interview mark, and needs none.
    #[test]
    fn a_missing_interview_is_an_error_only_for_those_who_could_have_one() {
        let mut passed = candidate("1", ["70", "70", "0"]);
        passed.marks.remove("interview");
        let absent = with(passed.clone(), "xingce", ComponentMark::Absent);
        assert_eq!(
            lines(&rank(&civil(), &[absent]).unwrap()),
            ["out 1 Absent(\"xingce\")"]
        );
        assert!(matches!(
            rank(&civil(), &[passed]),
            Err(RankingError::MissingMark { ticket: Some(t), .. }) if t == "1"
        ));
    }

    #[test]
    fn a_title_needs_the_exam_and_the_vote() {
        let title = Profile::shipped(Track::Title).unwrap();
        let row = |ticket: &str, mark, yes| Row {
            ticket: ticket.to_owned(),
            marks: BTreeMap::from([
                ("exam".to_owned(), ComponentMark::Mark(score(mark))),
                (
                    "committee".to_owned(),
                    ComponentMark::Vote(Ballot {
                        yes,
                        attending: 11,
                        members: 11,
                    }),
                ),
            ]),
            bonus: Score::ZERO,
            categories: BTreeSet::new(),
            extra_test: None,
        };
        let rows = [row("1", "75", 8), row("2", "90", 7), row("3", "59.5", 11)];
        assert_eq!(
            lines(&rank(&title, &rows).unwrap()),
            [
                "1 1 -",
                "out 2 BelowFloor(\"committee\")",
                "out 3 BelowFloor(\"exam\")"
            ]
        );
    }

    #[test]
    fn one_ticket_cannot_stand_twice() {
        let row = candidate("1", ["70", "70", "70"]);
        assert_eq!(
            rank(&civil(), &[row.clone(), row]),
            Err(RankingError::DuplicateTicket("1".to_owned()))
        );
    }

    prop_compose! {
        /// Candidates with few distinct marks, so that ties are common; some absent, some void.
        pub(crate) fn candidates()(
            marks in prop::collection::vec((60u8..64, 60u8..64, 60u8..64, 0u8..12), 0..24)
        ) -> Vec<Row> {
            marks
                .into_iter()
                .enumerate()
                .map(|(i, (a, b, c, state))| {
                    let marks = [a, b, c].map(|m| m.to_string());
                    let row = candidate(&format!("{i:04}"), [&marks[0], &marks[1], &marks[2]]);
                    match state {
                        0 => with(row, "xingce", ComponentMark::Absent),
                        1 => with(row, "shenlun", ComponentMark::Void),
                        _ => row,
                    }
                })
                .collect()
        }
    }

    proptest! {
        #[test]
        fn the_order_in_which_rows_arrive_decides_nothing(
            (rows, shuffled) in candidates().prop_flat_map(|rows| {
                (Just(rows.clone()), Just(rows).prop_shuffle())
            })
        ) {
            prop_assert_eq!(rank(&civil(), &rows), rank(&civil(), &shuffled));
        }

        #[test]
        fn a_better_mark_never_worsens_a_rank(
            rows in candidates(), who: prop::sample::Index, code in 0usize..3, more in 1i32..30,
        ) {
            prop_assume!(!rows.is_empty());
            let code = ["xingce", "shenlun", "interview"][code];
            let at = who.index(rows.len());
            let mut raised = rows.clone();
            let Some(ComponentMark::Mark(mark)) = raised[at].marks.get_mut(code) else {
                return Ok(());
            };
            *mark = *mark + Score::whole(more);
            let rank_of = |rows: &[Row]| {
                let ranking = rank(&civil(), rows).unwrap();
                let line = ranking.into_iter().find(|line| line.ticket == rows[at].ticket);
                line.unwrap().rank()
            };
            prop_assert!(rank_of(&raised) <= rank_of(&rows));
        }

        /// A rank is one more than the number of candidates with a better rank, and everybody is
        /// on the list exactly once.
        #[test]
        fn ranks_count_those_ahead(rows in candidates()) {
            let ranking = rank(&civil(), &rows).unwrap();
            prop_assert_eq!(ranking.len(), rows.len());
            let ranks: Vec<u32> = ranking.iter().filter_map(Ranked::rank).collect();
            for rank in &ranks {
                let ahead = ranks.iter().filter(|other| *other < rank).count();
                prop_assert_eq!(usize::try_from(*rank).unwrap(), ahead + 1);
            }
            prop_assert!(ranking.iter().filter_map(|l| l.score).is_sorted_by(|a, b| a >= b));
        }
    }
}
