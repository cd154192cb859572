//! Standard setting by judges (Angoff 1971, Scales, norms, and equivalent scores, in Thorndike,
//! Educational Measurement, 2nd ed., pp. 508–600): each judge says of each item how many of those
//! who are just competent would answer it rightly. The sum of the items' means is the cut score. In
//! the modified form, judges rate shares rather than yes and no, see the figures below, talk, and rate
//! again: each round is a file.
//!
//! Until there are answers to calibrate, the ratings say how hard items are: a judged share `p` is what
//! the response function is worth at the ability of those who are just competent, `θ_c`, so
//!
//! ```text
//! b = θ_c − ln(q / (1 − q)) / a,  q = (p − c) / (1 − c)
//! ```
//!
//! with a discrimination `a` of 1. Ratings are decimals of at most four places, and the cut score
//! is exact up to its own rounding to four.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::reading::{ReadingError, is_missing, table};

/// Parts of one that ratings are counted in.
const WHOLE: i64 = 10_000;
/// Most judges: sums of fractions stay whole numbers that fit.
const JUDGES_MAX: usize = 40;
const ITEMS_MAX: usize = 5000;
/// No share closer to none and to all than this is turned into a difficulty: it would be endless.
const END: f64 = 0.01;
/// A judge beyond this, in robust standard deviations, is an outlier (Iglewicz and Hoaglin 1993, How
/// to Detect and Handle Outliers, p. 12).
const OUTLIER: f64 = 3.5;
/// Fewest items on which it is asked whether a judge goes with the others: on fewer, chance could
/// look like anything.
const AGREEMENT_ITEMS: usize = 10;
/// The normal deviate that chance exceeds in one case of twenty.
const CHANCE: f64 = 1.644_853_6;

/// What is wrong with ratings, and where; lines from one, with the heading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] ReadingError),
    /// No share.
    #[error(
        "line {line}, item `{item}`: `{cell}` is no share from 0 to 1 with at most four decimals"
    )]
    Cell {
        /// The line.
        line: u64,
        /// The item.
        item: String,
        /// What was found.
        cell: String,
    },
    /// A heading with something behind the @ that is no guessing.
    #[error("the heading `{0}` must be an item, or an item and its guessing below 0.9: q1@0.25")]
    Guessing(String),
    /// Two judges or items of one name.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// An item that nobody rated.
    #[error("nobody rated the item `{0}`")]
    Unrated(String),
    /// A judge who rated nothing.
    #[error("the judge `{0}` rated nothing")]
    Nothing(String),
    /// Fewer than two judges, or more than can be read.
    #[error("there must be 2 to {JUDGES_MAX} judges and 1 to {ITEMS_MAX} items")]
    Count,
}

/// Shares as judges see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    /// The judges.
    pub judges: Vec<String>,
    /// The items, and the guessing that their heading names.
    pub items: Vec<(String, Option<f64>)>,
    /// A row for each judge, in ten-thousandths; none where the judge rated nothing.
    rows: Vec<Vec<Option<i64>>>,
}

impl Ratings {
    /// Reads a file whose first line names the items and whose first column names the judges.
    pub fn parse(text: &str) -> Result<Self, RatingError> {
        let mut lines = table(text)?.into_iter();
        let heading = lines.next().ok_or(ReadingError::Empty)?;
        let items = heading.cells.iter().skip(1).map(|cell| item(cell));
        let items: Vec<(String, Option<f64>)> = items.collect::<Result<_, _>>()?;
        let (mut judges, mut rows) = (Vec::new(), Vec::new());
        for line in lines {
            if line.cells.len() != heading.cells.len() {
                return Err(RatingError::File(ReadingError::Width {
                    line: line.number,
                    found: line.cells.len(),
                    expected: heading.cells.len(),
                }));
            }
            let mut row = Vec::with_capacity(items.len());
            for (cell, (item, _)) in line.cells.iter().skip(1).zip(&items) {
                let wrong = || RatingError::Cell {
                    line: line.number,
                    item: item.clone(),
                    cell: cell.clone(),
                };
                let given = !is_missing(cell);
                row.push(given.then(|| share(cell).ok_or_else(wrong)).transpose()?);
            }
            judges.extend(line.cells.into_iter().next());
            rows.push(row);
        }
        let ratings = Self {
            judges,
            items,
            rows,
        };
        ratings.must_be_whole()?;
        Ok(ratings)
    }

    fn must_be_whole(&self) -> Result<(), RatingError> {
        let (judges, items) = (self.judges.len(), self.items.len());
        if !(2..=JUDGES_MAX).contains(&judges) || !(1..=ITEMS_MAX).contains(&items) {
            return Err(RatingError::Count);
        }
        let (mut seen, mut known) = (BTreeSet::new(), BTreeSet::new());
        let twice = self.judges.iter().find(|judge| !seen.insert(*judge));
        let twice = twice.or_else(|| {
            let names = self.items.iter().map(|(name, _)| name);
            names.into_iter().find(|name| !known.insert(*name))
        });
        if let Some(twice) = twice {
            return Err(RatingError::Twice(twice.clone()));
        }
        let idle = self
            .rows
            .iter()
            .position(|row| row.iter().all(Option::is_none));
        if let Some(idle) = idle.and_then(|at| self.judges.get(at)) {
            return Err(RatingError::Nothing(idle.clone()));
        }
        let unrated = (0..items).find(|at| self.of_item(*at).next().is_none());
        unrated.map_or(Ok(()), |at| {
            Err(RatingError::Unrated(self.items[at].0.clone()))
        })
    }

    fn of_item(&self, at: usize) -> impl Iterator<Item = i64> + '_ {
        let column = self.rows.iter().filter_map(move |row| row.get(at));
        column.copied().flatten()
    }
}

/// An item and its guessing, as a heading names them.
fn item(cell: &str) -> Result<(String, Option<f64>), RatingError> {
    let wrong = || RatingError::Guessing(cell.to_owned());
    let (name, guessing) = match cell.split_once('@') {
        None => (cell, None),
        Some((name, guessing)) => (name.trim(), Some(guessing.trim())),
    };
    let guessing = guessing
        .map(|text| {
            share(text)
                .filter(|c| *c < WHOLE * 9 / 10)
                .ok_or_else(wrong)
        })
        .transpose()?;
    if name.is_empty() {
        return Err(wrong());
    }
    Ok((name.to_owned(), guessing.map(part)))
}

/// A share in ten-thousandths: a decimal from 0 to 1 or a percentage from 0 % to 100 %.
fn share(cell: &str) -> Option<i64> {
    let (number, places) = match cell.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 2),
        None => (cell, 4),
    };
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.bytes().chain(rest.bytes());
    if whole.len() + rest.len() == 0 || !digits.into_iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_end_matches('0');
    if rest.len() > places {
        return None;
    }
    let number: i64 = format!("0{whole}{rest:0<places$}").parse().ok()?;
    (number <= WHOLE).then_some(number)
}

/// What a judge rated, in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeFigures {
    /// The judge.
    pub judge: String,
    /// Items that the judge rated.
    pub n: usize,
    /// The cut score by this judge alone: the cut score with the mean deviation from the items' means
    /// on every item. Where the judge rated all items it is the sum of the ratings.
    pub cut: f64,
    /// Correlation of the ratings with the means of the other judges, over items; none where one does
    /// not vary.
    pub agreement: Option<f64>,
    /// Why this judge is an outlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier: Option<Outlier>,
}

/// Why a judge is an outlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlier {
    /// The judge's cut score is too far from those of the others.
    Severity,
    /// The judge's ratings go with those of the others no more than chance would have it.
    Agreement,
}

/// An item as judges see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatedItem {
    /// Its name.
    pub item: String,
    /// Judges who rated it.
    pub n: usize,
    /// Mean of the ratings.
    pub mean: f64,
    /// Their standard deviation; none of one rating.
    pub sd: Option<f64>,
    /// Lowest rating.
    pub min: f64,
    /// Highest rating.
    pub max: f64,
    /// Discrimination, assumed.
    pub a: f64,
    /// The difficulty that the mean implies.
    pub b: f64,
    /// Guessing, given.
    pub c: f64,
    /// The mean is so near guessing or certainty that the difficulty was held at an end.
    pub held: bool,
}

/// A standard, and how well the judges agree on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standard {
    /// The cut score, in items: the sum of the items' means.
    pub cut: f64,
    /// The same as a share of all items.
    pub share: f64,
    /// Standard error over judges (Brennan and Lockwood 1980, doi 10.1177/014662168000400209, with
    /// items fixed): the standard deviation of the judges' cut scores by the root of their number.
    pub se: f64,
    /// The ability of those who are just competent.
    pub ability: f64,
    /// The judges.
    pub judges: Vec<JudgeFigures>,
    /// The items.
    pub items: Vec<RatedItem>,
}

/// The standard that ratings set. `guessing` is that of items whose heading names none, and `ability`
/// that of those who are just competent.
pub fn standard(ratings: &Ratings, guessing: f64, ability: f64) -> Standard {
    let means: Vec<f64> = (0..ratings.items.len())
        .map(|at| mean(ratings.of_item(at).map(part)))
        .collect();
    let cut = cut(ratings);
    let count = real(ratings.items.len());
    let own_cut = |row: &Vec<Option<i64>>| {
        let off = row.iter().zip(&means);
        let off = off.filter_map(|(rating, mean)| Some(part((*rating)?) - mean));
        cut + count * mean_of(&off.collect::<Vec<f64>>())
    };
    let cuts: Vec<f64> = ratings.rows.iter().map(own_cut).collect();
    let severe = severe(&cuts);
    let judges = ratings.judges.iter().enumerate().map(|(at, judge)| {
        let pairs = beside_others(ratings, at);
        let agreement = correlation(&pairs);
        let chance = agreement.is_some_and(|r| is_chance(r, pairs.len()));
        JudgeFigures {
            judge: judge.clone(),
            n: ratings.rows[at].iter().flatten().count(),
            cut: cuts[at],
            agreement,
            outlier: match (severe[at], chance) {
                (true, _) => Some(Outlier::Severity),
                (false, true) => Some(Outlier::Agreement),
                (false, false) => None,
            },
        }
    });
    Standard {
        cut,
        share: cut / count,
        se: deviation(&cuts).unwrap_or_default() / real(cuts.len()).sqrt(),
        ability,
        judges: judges.collect(),
        items: (0..means.len())
            .map(|at| rated(ratings, at, guessing, ability))
            .collect(),
    }
}

/// The sum of the means, exact, and rounded half up to four decimals.
fn cut(ratings: &Ratings) -> f64 {
    // Items that as many judges rated are added up before anything is divided.
    let mut sums: BTreeMap<i128, i128> = BTreeMap::new();
    for at in 0..ratings.items.len() {
        let n = i128::try_from(ratings.of_item(at).count()).unwrap_or(1);
        let sum: i64 = ratings.of_item(at).sum();
        *sums.entry(n.max(1)).or_default() += i128::from(sum);
    }
    let denominator: i128 = sums.keys().fold(1, |all, n| all / gcd(all, *n) * n);
    let numerator: i128 = sums.iter().map(|(n, sum)| sum * (denominator / n)).sum();
    let rounded = (2 * numerator + denominator) / (2 * denominator);
    part(i64::try_from(rounded).unwrap_or(i64::MAX))
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn rated(ratings: &Ratings, at: usize, guessing: f64, ability: f64) -> RatedItem {
    let own: Vec<f64> = ratings.of_item(at).map(part).collect();
    let (item, c) = &ratings.items[at];
    let (mean, c) = (mean_of(&own), c.unwrap_or(guessing));
    let share = (mean - c) / (1.0 - c);
    let q = share.clamp(END, 1.0 - END);
    RatedItem {
        item: item.clone(),
        n: own.len(),
        mean,
        sd: deviation(&own),
        min: own.iter().copied().fold(f64::INFINITY, f64::min),
        max: own.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        a: 1.0,
        b: ability - (q / (1.0 - q)).ln(),
        c,
        held: !(END..=1.0 - END).contains(&share),
    }
}

/// The ratings of a judge beside the means of the others, for the items that both rated.
fn beside_others(ratings: &Ratings, judge: usize) -> Vec<(f64, f64)> {
    let pair = |(at, rating): (usize, &Option<i64>)| {
        let rows = ratings.rows.iter().enumerate();
        let others = rows.filter(|(other, _)| *other != judge);
        let others: Vec<f64> = others
            .filter_map(|(_, row)| row.get(at).copied().flatten().map(part))
            .collect();
        (!others.is_empty()).then_some((part((*rating)?), mean_of(&others)))
    };
    let row = ratings.rows[judge].iter().enumerate();
    row.filter_map(pair).collect()
}

/// The correlation of Pearson; none of fewer than three pairs, or where one side does not vary.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let (x, y) = (
        mean(pairs.iter().map(|p| p.0)),
        mean(pairs.iter().map(|p| p.1)),
    );
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| -> f64 { pairs.iter().map(|(a, b)| of(a - x, b - y)).sum() };
    let both = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    (both > 1e-12).then(|| sum(&|a, b| a * b) / both)
}

/// Whether chance alone would give such a correlation in more than one case of twenty, by Fisher's
/// transformation (1921): `atanh(r) · √(n − 3)` is about normal.
fn is_chance(r: f64, n: usize) -> bool {
    n >= AGREEMENT_ITEMS && r.clamp(-0.999_999, 0.999_999).atanh() * real(n - 3).sqrt() < CHANCE
}

/// Which cut scores are outliers, by the median and the median deviation from it; where that is none,
/// by the mean deviation (Iglewicz and Hoaglin 1993).
fn severe(cuts: &[f64]) -> Vec<bool> {
    let middle = median(cuts);
    let away: Vec<f64> = cuts.iter().map(|cut| (cut - middle).abs()).collect();
    let scale = match median(&away) / 0.6745 {
        scale if scale > 1e-9 => scale,
        _ => 1.253_314 * mean_of(&away),
    };
    away.iter()
        .map(|away| scale > 1e-9 && away / scale > OUTLIER)
        .collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = ((sorted.len().max(1) - 1) / 2, sorted.len() / 2);
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    f64::midpoint(at(low), at(high))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    mean_of(&values.collect::<Vec<f64>>())
}

fn mean_of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len().max(1))
}

/// The standard deviation of a sample; none of one.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean_of(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / real(values.len() - 1)).sqrt())
}

/// Ten-thousandths as a number.
#[expect(
    clippy::cast_precision_loss,
    reason = "at most some thousands of wholes"
)]
fn part(number: i64) -> f64 {
    number as f64 / WHOLE as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of judges and items are small"
)]
fn real(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
    }

    /// Three judges and four items, computed by hand.
    const RATINGS: &str =
        "judge,q1,q2@0.2,q3,q4\n甲,0.5,0.6,0.7,0.8\n乙,.4,.5,.7,.6\n丙,60%,70%,70%,70%\n";

    #[test]
    fn the_cut_score_is_the_sum_of_means_with_its_error_over_judges() {
        let found = standard(&Ratings::parse(RATINGS).unwrap(), 0.0, 0.0);
        near(found.cut, 2.5);
        near(found.share, 0.625);
        // Judges' sums 2.6, 2.2 and 2.7: variance 0.07, and the root of 0.07 / 3.
        let cuts: Vec<f64> = found.judges.iter().map(|judge| judge.cut).collect();
        cuts.iter()
            .zip([2.6, 2.2, 2.7])
            .for_each(|(cut, wanted)| near(*cut, wanted));
        near(found.se, 0.152_752_5);
        let means: Vec<f64> = found.items.iter().map(|item| item.mean).collect();
        means
            .iter()
            .zip([0.5, 0.6, 0.7, 0.7])
            .for_each(|(mean, wanted)| near(*mean, wanted));
        near(found.items[0].sd.unwrap(), 0.1);
        // 0.0275 / √(0.05 · 0.021875)
        near(found.judges[0].agreement.unwrap(), 0.831_521_8);
        assert!(found.judges.iter().all(|judge| judge.outlier.is_none()));
    }

    #[test]
    fn a_judged_share_implies_a_difficulty_at_the_ability_of_the_just_competent() {
        let ratings = Ratings::parse(RATINGS).unwrap();
        let found = standard(&ratings, 0.0, 0.0);
        near(found.items[0].b, 0.0);
        // (0.6 − 0.2) / (1 − 0.2) is a half.
        near(found.items[1].b, 0.0);
        near(found.items[2].b, -(0.7_f64 / 0.3).ln());
        let found = standard(&ratings, 0.25, -0.5);
        near(found.items[0].b, -0.5 + 2.0_f64.ln());
        for item in &found.items {
            let function = super::super::ItemParameters {
                a: item.a,
                b: item.b,
                c: item.c,
            };
            near(function.probability(-0.5), item.mean);
        }
    }

    #[test]
    fn a_share_that_no_difficulty_gives_is_held_and_said() {
        let ratings = Ratings::parse("j,easy,hard@0.25,even\na,1,0.2,0.5\nb,1,0.25,0.5\n").unwrap();
        let found = standard(&ratings, 0.0, 0.0);
        let held: Vec<bool> = found.items.iter().map(|item| item.held).collect();
        assert_eq!(held, [true, true, false]);
        near(found.items[0].b, -(99.0_f64.ln()));
        near(found.items[1].b, 99.0_f64.ln());
    }

    /// Ten items from hard to easy; the sixth judge sees them the other way round, the seventh as the
    /// others do but twice as kindly.
    #[test]
    fn a_judge_who_differs_is_named_with_the_reason() {
        let mut text = String::from("judge,a,b,c,d,e,f,g,h,i,j\n");
        let row = |of: &dyn Fn(i64) -> i64| -> String {
            (0..10).map(|item| format!(",0.{:02}", of(item))).collect()
        };
        for judge in 0..5 {
            text += &format!(
                "j{judge}{}\n",
                row(&|item| 20 + 4 * item + (item + judge) % 3)
            );
        }
        text += &format!("against{}\n", row(&|item| 57 - 4 * item));
        text += &format!("kind{}\n", row(&|item| 50 + 4 * item));
        let found = standard(&Ratings::parse(&text).unwrap(), 0.0, 0.0);
        let named: Vec<(&str, Outlier)> = found
            .judges
            .iter()
            .filter_map(|judge| Some((judge.judge.as_str(), judge.outlier?)))
            .collect();
        assert_eq!(
            named,
            [("against", Outlier::Agreement), ("kind", Outlier::Severity)]
        );
        assert!(found.judges[5].agreement.unwrap() < -0.9);
    }

    /// A judge who left items out counts with what was rated: 0.3 above the mean on one of two items.
    #[test]
    fn items_left_out_are_no_zeros() {
        let found = standard(
            &Ratings::parse("j,a,b\nx,0.2,0.5\ny,0.8,\nz,0.5,0.6\n").unwrap(),
            0.0,
            0.0,
        );
        near(found.cut, 0.5 + 0.55);
        near(found.judges[1].cut, 1.05 + 2.0 * 0.3);
        assert_eq!((found.judges[1].n, found.items[1].n), (1, 2));
        assert_eq!(found.judges[1].agreement, None);
        // Thirds are rounded once, at the end: 1/3 + 2/3.
        let thirds = "j,a,b\nx,0,0\ny,0,1\nz,1,1\n";
        near(
            standard(&Ratings::parse(thirds).unwrap(), 0.0, 0.0).cut,
            1.0,
        );
    }

    #[test]
    fn what_is_no_rating_is_named_with_its_place() {
        let said = |text: &str| Ratings::parse(text).unwrap_err().to_string();
        assert_eq!(
            said("j,q1\na,0.5\nb,65\n"),
            "line 3, item `q1`: `65` is no share from 0 to 1 with at most four decimals"
        );
        assert!(said("j,q1\na,0.12345\nb,1\n").contains("0.12345"));
        assert!(said("j,q1\na,-0.1\nb,1\n").contains("-0.1"));
        assert!(said("j,q1\na,101%\nb,1\n").contains("101%"));
        assert!(said("j,q1@x\na,1\nb,1\n").contains("q1@0.25"));
        assert_eq!(said("j,q1,q1\na,1,1\nb,1,1\n"), "`q1` stands twice");
        assert_eq!(said("j,q1,q2\na,1,\nb,1,\n"), "nobody rated the item `q2`");
        assert_eq!(said("j,q1\na,1\nb,\n"), "the judge `b` rated nothing");
        assert!(said("j,q1\na,1\n").contains("2 to 40 judges"));
        assert!(said("j,q1\na,1\nb,1,1\n").contains("line 3 has 3 cells"));
        for (text, wanted) in [
            ("1", 10_000),
            ("0.05", 500),
            (".5", 5000),
            ("62.5 %", 6250),
            ("0.0000", 0),
            (".0", 0),
            ("0%", 0),
        ] {
            assert_eq!(share(text), Some(wanted), "{text}");
        }
        for text in [".", "", "1.00001", "1e-1", "100.01%"] {
            assert_eq!(share(text), None, "{text}");
        }
    }
}
