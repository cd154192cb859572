//! Classical figures of items and of a whole test.
//!
//! All variances divide by `n − 1`. A reliability whose parts divide by different numbers is a
//! common mistake, and a wrong digit in the third place.

use std::collections::BTreeMap;

use serde::Serialize;

/// Share of candidates at each end whose answers are compared.
const END: f64 = 0.27;

/// Figures of an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemStatistics {
    /// Its name.
    pub item: String,
    /// Candidates who got it.
    pub n: usize,
    /// Share of them who answered rightly.
    pub facility: f64,
    /// Correlation of the item with the sum of the others, of those who got all; none where one
    /// does not vary.
    pub item_rest: Option<f64>,
    /// Correlation of the item with the whole sum.
    pub item_total: Option<f64>,
    /// Alpha of the test without it.
    pub alpha_without: Option<f64>,
    /// Facility among the best less that among the weakest, 27 % each.
    pub upper_lower: Option<f64>,
    /// How often each answer was given, and by the best and the weakest; empty where answers were
    /// marks already.
    pub answers: Vec<AnswerStatistics>,
}

/// Figures of one answer to an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerStatistics {
    /// The answer; empty if none was given.
    pub answer: String,
    /// Whether it is the key.
    pub key: bool,
    /// Share of all.
    pub share: f64,
    /// Share of the best 27 %.
    pub upper: f64,
    /// Share of the weakest 27 %.
    pub lower: f64,
}

/// Figures of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestStatistics {
    /// Candidates.
    pub persons: usize,
    /// The items.
    pub items: Vec<ItemStatistics>,
    /// Mean of the sums.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// Cronbach's alpha, which for right and wrong is Kuder and Richardson's formula 20; none where
    /// items are missing by design, or nothing varies.
    pub alpha: Option<f64>,
    /// Standard error of measurement.
    pub sem: Option<f64>,
}

/// Answers as they were given, a row for each candidate, and the right one for each item.
pub type Given<'a> = (&'a [Vec<Option<String>>], &'a BTreeMap<String, String>);

/// The figures of a test from right and wrong answers. `given` are the answers as they were given,
/// and `key` the right ones, where both are known.
pub fn statistics(
    names: &[String],
    scored: &[Vec<Option<bool>>],
    given: Option<Given<'_>>,
) -> TestStatistics {
    let complete = scored.iter().all(|row| row.iter().all(Option::is_some));
    let sums: Vec<f64> = scored
        .iter()
        .map(|row| row.iter().map(value).sum())
        .collect();
    let columns: Vec<Vec<f64>> = (0..names.len())
        .map(|item| {
            scored
                .iter()
                .map(|row| row.get(item).map_or(0.0, value))
                .collect()
        })
        .collect();
    let alpha = complete.then(|| alpha(&columns, &sums)).flatten();
    let sd = variance(&sums).unwrap_or_default().sqrt();
    let ends = Ends::of(&sums);
    let item = |(at, name): (usize, &String)| {
        let column = &columns[at];
        let rest: Vec<f64> = sums
            .iter()
            .zip(column)
            .map(|(sum, one)| sum - one)
            .collect();
        let without = || {
            let mut others = columns.clone();
            others.remove(at);
            self::alpha(&others, &rest)
        };
        let answered: Vec<&Vec<Option<bool>>> = scored
            .iter()
            .filter(|row| row.get(at).is_some_and(Option::is_some))
            .collect();
        ItemStatistics {
            item: name.clone(),
            n: answered.len(),
            facility: ratio(
                answered
                    .iter()
                    .map(|row| row.get(at).map_or(0.0, value))
                    .sum(),
                answered.len(),
            ),
            item_rest: complete.then(|| correlation(column, &rest)).flatten(),
            item_total: complete.then(|| correlation(column, &sums)).flatten(),
            alpha_without: complete.then(without).flatten(),
            upper_lower: complete
                .then(|| ends.mean(&ends.upper, column) - ends.mean(&ends.lower, column)),
            answers: given.map_or_else(Vec::new, |(rows, key)| {
                ends.answers(rows, at, key.get(name))
            }),
        }
    };
    TestStatistics {
        persons: scored.len(),
        items: names.iter().enumerate().map(item).collect(),
        mean: ratio(sums.iter().sum(), sums.len()),
        sd,
        sem: alpha.map(|alpha| sd * (1.0 - alpha).max(0.0).sqrt()),
        alpha,
    }
}

fn value(answer: &Option<bool>) -> f64 {
    f64::from(u8::from(*answer == Some(true)))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of candidates are small"
)]
fn ratio(sum: f64, count: usize) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn mean(values: &[f64]) -> f64 {
    ratio(values.iter().sum(), values.len())
}

/// The sample variance; none of fewer than two.
fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    (values.len() > 1).then(|| ratio(squares, values.len() - 1))
}

/// The correlation of two columns; none where one does not vary.
pub fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let (m, n) = (mean(one), mean(other));
    let products: f64 = one.iter().zip(other).map(|(a, b)| (a - m) * (b - n)).sum();
    let both = (variance(one)? * variance(other)?).sqrt() * ratio_of(one.len());
    (both > 0.0).then(|| products / both)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of candidates are small"
)]
fn ratio_of(count: usize) -> f64 {
    (count - 1) as f64
}

/// `k / (k − 1) · (1 − Σ s²_i / s²)` (Cronbach 1951, eq. 2).
fn alpha(columns: &[Vec<f64>], sums: &[f64]) -> Option<f64> {
    let whole = variance(sums).filter(|variance| *variance > 0.0)?;
    if columns.len() < 2 {
        return None;
    }
    let parts: f64 = columns.iter().filter_map(|column| variance(column)).sum();
    let k = ratio_of(columns.len() + 1);
    Some(k / (k - 1.0) * (1.0 - parts / whole))
}

/// The candidates at both ends of the sums.
struct Ends {
    upper: Vec<usize>,
    lower: Vec<usize>,
}

impl Ends {
    fn of(sums: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..sums.len()).collect();
        // Equals in the order of the file.
        order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a small number"
        )]
        let size = ((sums.len() as f64 * END).round() as usize)
            .max(1)
            .min(sums.len());
        Self {
            upper: order.iter().take(size).copied().collect(),
            lower: order.iter().rev().take(size).copied().collect(),
        }
    }

    fn mean(&self, of: &[usize], column: &[f64]) -> f64 {
        ratio(of.iter().filter_map(|at| column.get(*at)).sum(), of.len())
    }

    fn answers(
        &self,
        rows: &[Vec<Option<String>>],
        item: usize,
        key: Option<&String>,
    ) -> Vec<AnswerStatistics> {
        let answer = |row: usize| {
            let cell = rows
                .get(row)
                .and_then(|row| row.get(item))
                .and_then(Option::as_ref);
            cell.map_or_else(String::new, |cell| cell.to_uppercase())
        };
        let count = |of: &mut dyn Iterator<Item = usize>| {
            let mut counts: BTreeMap<String, f64> = BTreeMap::new();
            of.for_each(|row| *counts.entry(answer(row)).or_default() += 1.0);
            counts
        };
        let all = count(&mut (0..rows.len()));
        let upper = count(&mut self.upper.iter().copied());
        let lower = count(&mut self.lower.iter().copied());
        let share = |counts: &BTreeMap<String, f64>, answer: &str, size: usize| {
            ratio(counts.get(answer).copied().unwrap_or_default(), size)
        };
        all.keys()
            .map(|answer| AnswerStatistics {
                answer: answer.clone(),
                key: key.is_some_and(|key| key.eq_ignore_ascii_case(answer)),
                share: share(&all, answer, rows.len()),
                upper: share(&upper, answer, self.upper.len()),
                lower: share(&lower, answer, self.lower.len()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(rows: &[&str]) -> Vec<Vec<Option<bool>>> {
        let cell = |cell: char| (cell != '_').then_some(cell == '1');
        rows.iter()
            .map(|row| row.chars().map(cell).collect())
            .collect()
    }

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|item| format!("i{item}")).collect()
    }

    #[test]
    fn figures_of_a_small_test_by_hand() {
        let found = statistics(&names(3), &answers(&["111", "110", "100", "000"]), None);
        assert!((found.mean - 1.5).abs() < 1e-12);
        // Variances: sums 5/3, items 1/4, 1/3, 1/4; alpha = 3/2 (1 − (5/6)/(5/3)) = 3/4.
        assert!((found.alpha.unwrap() - 0.75).abs() < 1e-12);
        assert!((found.sem.unwrap() - (5.0_f64 / 3.0 * 0.25).sqrt()).abs() < 1e-12);
        let facilities: Vec<f64> = found.items.iter().map(|item| item.facility).collect();
        assert_eq!(facilities, [0.75, 0.5, 0.25]);
        assert_eq!(found.items[0].upper_lower, Some(1.0));
    }

    /// Rizopoulos (2006), Journal of Statistical Software 17(5): `descript(LSAT)`.
    #[test]
    fn alpha_of_lsat6_is_the_published_one() {
        let (names, answers) = super::super::fixture::lsat6();
        let found = statistics(&names, &answers, None);
        assert!((found.alpha.unwrap() - 0.294_997_19).abs() < 5e-9);
        let facilities: Vec<String> = found
            .items
            .iter()
            .map(|item| format!("{:.3}", item.facility))
            .collect();
        assert_eq!(facilities, ["0.924", "0.709", "0.553", "0.763", "0.870"]);
    }

    #[test]
    fn items_missing_by_design_have_a_facility_and_the_test_has_no_alpha() {
        let found = statistics(&names(2), &answers(&["1_", "01", "_0"]), None);
        assert_eq!((found.items[0].n, found.items[0].facility), (2, 0.5));
        assert_eq!((found.alpha, found.items[0].item_rest), (None, None));
    }

    #[test]
    fn an_answer_that_draws_the_best_shows() {
        let given: Vec<Vec<Option<String>>> = ["A", "A", "B", "B"]
            .map(|answer| vec![Some(answer.to_owned()), Some("A".to_owned())])
            .into();
        let key = BTreeMap::from([
            ("i1".to_owned(), "A".to_owned()),
            ("i2".to_owned(), "A".to_owned()),
        ]);
        let scored = answers(&["11", "11", "01", "01"]);
        let found = statistics(&names(2), &scored, Some((&given, &key)));
        let lines: Vec<_> = found.items[0]
            .answers
            .iter()
            .map(|one| {
                (
                    one.answer.as_str(),
                    one.key,
                    one.share,
                    one.upper,
                    one.lower,
                )
            })
            .collect();
        assert_eq!(
            lines,
            [("A", true, 0.5, 1.0, 0.0), ("B", false, 0.5, 0.0, 1.0)]
        );
        assert_eq!(found.items[1].item_rest, None, "an item that does not vary");
    }
}
