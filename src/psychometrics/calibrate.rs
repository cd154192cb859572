//! Marginal maximum likelihood by expectation and maximisation (Bock and Aitkin 1981,
//! doi 10.1007/BF02293801): the abilities of the candidates are integrated out over a normal
//! distribution, and items that a candidate did not get are simply left out.
//!
//! Guessing has a prior where it is estimated, or small samples would run away: its logit is normal
//! with mean −1.4 and standard deviation 0.5. Standard errors are those of the observed information,
//! the derivatives of the gradient (Fisher's identity), taken numerically.

mod work;

use std::collections::HashMap;

use serde::Serialize;

use self::work::{Logs, Work};
use super::matrix::{inverse, solve};
use super::model::{ItemParameters, Model, logistic};

/// Points of the quadrature, over ±[`EDGE`].
const POINTS: usize = 61;
const EDGE: f64 = 6.0;
/// The fit is found when no parameter moves by more than this in a round.
const TOLERANCE: f64 = 1e-6;
const ROUNDS_MAX: usize = 5000;
/// Prior of the logit of guessing.
const GUESSING_MEAN: f64 = -1.4;
const GUESSING_SD: f64 = 0.5;
/// No slope beyond this: the data cannot tell it from a step.
const SLOPE_MAX: f64 = 20.0;
/// Step of the numeric derivatives.
const STEP: f64 = 1e-4;

/// An item as it was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedItem {
    /// Its name.
    pub item: String,
    /// Candidates who got it.
    pub n: usize,
    /// Share of them who answered rightly.
    pub facility: f64,
    /// Discrimination.
    pub a: f64,
    /// Its standard error; none if the data do not give it.
    pub a_se: Option<f64>,
    /// Difficulty.
    pub b: f64,
    /// Its standard error.
    pub b_se: Option<f64>,
    /// Guessing.
    pub c: f64,
    /// Its standard error; none where it was not estimated.
    pub c_se: Option<f64>,
}

impl FittedItem {
    /// Its parameters.
    pub const fn parameters(&self) -> ItemParameters {
        ItemParameters {
            a: self.a,
            b: self.b,
            c: self.c,
        }
    }
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// Which model.
    pub model: Model,
    /// Candidates.
    pub persons: usize,
    /// The items, in the order of the file.
    pub items: Vec<FittedItem>,
    /// Logarithm of the marginal likelihood, the prior of guessing left out.
    pub log_likelihood: f64,
    /// Free parameters.
    pub parameters: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Rounds until nothing moved any more.
    pub iterations: usize,
    /// Whether that came before the last round that was allowed.
    pub converged: bool,
}

/// Why there is nothing to fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// Fewer than two items or two candidates.
    #[error("a model needs two items and two candidates at least")]
    TooFew,
    /// Nobody, or everybody, answered it rightly.
    #[error("the item `{0}` was answered alike by everybody: it has no difficulty")]
    NoVariance(String),
}

/// Fits a model to right and wrong answers.
pub fn calibrate(
    names: &[String],
    answers: &[Vec<Option<bool>>],
    model: Model,
) -> Result<Fit, CalibrationError> {
    if names.len() < 2 || answers.len() < 2 {
        return Err(CalibrationError::TooFew);
    }
    let counts = counts(names.len(), answers);
    if let Some((name, _)) = names
        .iter()
        .zip(&counts)
        .find(|(_, (right, n))| right == &0 || right == n)
    {
        return Err(CalibrationError::NoVariance(name.clone()));
    }
    let data = Data::new(names.len(), answers);
    let mut work = Work::new(model, &counts);
    let (mut iterations, mut converged) = (0, false);
    while iterations < ROUNDS_MAX && !converged {
        iterations += 1;
        let expected = data.expect(&work);
        converged = work.maximise(&expected) < TOLERANCE;
    }
    let log_likelihood = data.expect(&work).log_likelihood;
    let errors = work.standard_errors(&data);
    let parameters = work.free().len();
    let persons = answers.len();
    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers of people and parameters are small"
    )]
    let (k, n) = (parameters as f64, persons as f64);
    Ok(Fit {
        model,
        persons,
        items: work.fitted(names, &counts, &errors),
        log_likelihood,
        parameters,
        aic: 2.0 * k - 2.0 * log_likelihood,
        bic: k * n.ln() - 2.0 * log_likelihood,
        iterations,
        converged,
    })
}

/// For each item, right answers and candidates who got it.
fn counts(items: usize, answers: &[Vec<Option<bool>>]) -> Vec<(usize, usize)> {
    let mut counts = vec![(0, 0); items];
    for row in answers {
        for (count, answer) in counts.iter_mut().zip(row) {
            if let Some(right) = answer {
                count.0 += usize::from(*right);
                count.1 += 1;
            }
        }
    }
    counts
}

fn node(point: usize) -> f64 {
    let step = 2.0 * EDGE / (f64::from(u32::try_from(POINTS).unwrap_or(1)) - 1.0);
    f64::from(u32::try_from(point).unwrap_or_default()).mul_add(step, -EDGE)
}

/// Weights of a normal distribution at the points, adding up to one.
fn weights() -> Vec<f64> {
    let density = |point| (-node(point) * node(point) / 2.0).exp();
    let weights: Vec<f64> = (0..POINTS).map(density).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Answers, those of many candidates who answered alike once.
struct Data {
    /// 0 wrong, 1 right, 2 not given.
    patterns: Vec<(Vec<u8>, f64)>,
    items: usize,
    log_weights: Vec<f64>,
}

/// What is expected of the abilities behind the answers.
#[derive(Clone)]
struct Expected {
    /// For each item and point: candidates who got it, and those who answered rightly.
    tables: Vec<[(f64, f64); POINTS]>,
    log_likelihood: f64,
}

impl Data {
    fn new(items: usize, answers: &[Vec<Option<bool>>]) -> Self {
        let mut alike: HashMap<Vec<u8>, f64> = HashMap::new();
        let mut order = Vec::new();
        for row in answers {
            let code = |answer: &Option<bool>| answer.map_or(2, u8::from);
            let pattern: Vec<u8> = row.iter().map(code).collect();
            let count = alike.entry(pattern.clone()).or_insert_with(|| {
                order.push(pattern);
                0.0
            });
            *count += 1.0;
        }
        // In the order in which they came: sums of floats depend on it.
        let patterns = order.into_iter().map(|pattern| {
            let count = alike.get(&pattern).copied().unwrap_or_default();
            (pattern, count)
        });
        Self {
            patterns: patterns.collect(),
            items,
            log_weights: weights().into_iter().map(f64::ln).collect(),
        }
    }

    /// The expectation under the present parameters, on as many threads as help.
    fn expect(&self, work: &Work) -> Expected {
        let logs = work.logs();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let size = self.patterns.len().div_ceil(threads).max(500);
        let parts: Vec<Expected> = std::thread::scope(|scope| {
            let parts: Vec<_> = self
                .patterns
                .chunks(size)
                .map(|chunk| scope.spawn(|| self.expect_of(chunk, &logs)))
                .collect();
            let joined = parts.into_iter().filter_map(|part| part.join().ok());
            joined.collect()
        });
        let mut all = self.nothing();
        for part in parts {
            all.log_likelihood += part.log_likelihood;
            for (sum, table) in all.tables.iter_mut().zip(&part.tables) {
                for (sum, one) in sum.iter_mut().zip(table) {
                    sum.0 += one.0;
                    sum.1 += one.1;
                }
            }
        }
        all
    }

    fn nothing(&self) -> Expected {
        Expected {
            tables: vec![[(0.0, 0.0); POINTS]; self.items],
            log_likelihood: 0.0,
        }
    }

    fn expect_of(&self, patterns: &[(Vec<u8>, f64)], logs: &Logs) -> Expected {
        let mut expected = self.nothing();
        let mut posterior = [0.0; POINTS];
        for (pattern, count) in patterns {
            posterior.copy_from_slice(&self.log_weights);
            for (answer, table) in pattern.iter().zip(logs) {
                let Some(log) = table.get(usize::from(*answer)) else {
                    continue;
                };
                for (sum, log) in posterior.iter_mut().zip(log) {
                    *sum += log;
                }
            }
            let most = posterior.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            for one in &mut posterior {
                *one = (*one - most).exp();
                sum += *one;
            }
            expected.log_likelihood += count * (most + sum.ln());
            let scale = count / sum;
            for one in &mut posterior {
                *one *= scale;
            }
            for (answer, table) in pattern.iter().zip(&mut expected.tables) {
                match answer {
                    0 => add(table, &posterior, 0.0),
                    1 => add(table, &posterior, 1.0),
                    _ => {}
                }
            }
        }
        expected
    }
}

/// Numeric rounding leaves a symmetric matrix a little askew.
fn evened(askew: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mean = |i: usize, j: usize| f64::midpoint(askew[i][j], askew[j][i]);
    let row = |i| (0..askew.len()).map(|j| mean(i, j)).collect();
    (0..askew.len()).map(row).collect()
}

fn add(table: &mut [(f64, f64); POINTS], posterior: &[f64; POINTS], right: f64) {
    for (cell, one) in table.iter_mut().zip(posterior) {
        cell.0 += one;
        cell.1 += one * right;
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{lsat6, lsat7};
    use super::*;

    fn near(found: f64, published: f64, tolerance: f64) {
        assert!(
            (found - published).abs() <= tolerance,
            "{found} is not {published}"
        );
    }

    #[test]
    fn one_parameter_agrees_with_the_published_table_of_lsat6() {
        let (names, answers) = lsat6();
        assert_eq!(answers.len(), 1000);
        let fit = calibrate(&names, &answers, Model::One).unwrap();
        near(fit.log_likelihood, -2466.9376, 5e-5);
        let published = [-3.61527, -1.32242, -0.31763, -1.73009, -2.78017];
        for (item, b) in fit.items.iter().zip(published) {
            near(item.a, 0.755_134_74, 5e-4);
            near(item.b, b, 5e-3);
        }
        assert!(fit.converged);
        assert_eq!(fit.parameters, 6);
    }

    #[test]
    fn two_parameters_agree_with_the_published_table_of_lsat6() {
        let (names, answers) = lsat6();
        let fit = calibrate(&names, &answers, Model::Two).unwrap();
        near(fit.log_likelihood, -2466.6534, 5e-5);
        let published = [
            (0.82537, -3.35973),
            (0.72295, -1.36965),
            (0.89047, -0.27990),
            (0.68855, -1.86592),
            (0.65746, -3.12357),
        ];
        for (item, (a, b)) in fit.items.iter().zip(published) {
            near(item.a, a, 5e-3);
            near(item.b, b, 5e-3);
        }
        let errors: Vec<f64> = fit.items.iter().map(|item| item.a_se.unwrap()).collect();
        println!(
            "{errors:?} {:?}",
            fit.items.iter().map(|item| item.b_se).collect::<Vec<_>>()
        );
        assert!(
            errors.iter().all(|error| (0.1..0.5).contains(error)),
            "{errors:?}"
        );
    }

    /// Log-likelihood, slopes and intercepts that the package mirt prints for its data LSAT7.
    #[test]
    fn two_parameters_agree_with_the_published_table_of_lsat7() {
        let (names, answers) = lsat7();
        assert_eq!(answers.len(), 1000);
        let fit = calibrate(&names, &answers, Model::Two).unwrap();
        near(fit.log_likelihood, -2658.8051, 5e-5);
        let slopes = [0.988, 1.081, 1.706, 0.765, 0.736];
        let intercepts = [1.856, 0.808, 1.804, 0.486, 1.855];
        for (item, (a, d)) in fit.items.iter().zip(slopes.into_iter().zip(intercepts)) {
            near(item.a, a, 5e-3);
            near(-item.a * item.b, d, 5e-3);
        }
    }

    /// A thousand weak draws: parameters come back within a few standard errors, also where nobody
    /// got every item.
    #[test]
    fn parameters_come_back_from_simulated_answers_with_items_missing_by_design() {
        use crate::draw::Seed;
        let mut stream = Seed::new([3; 32]).stream();
        let mut uniform = || (stream.word() >> 11) as f64 / (1_u64 << 53) as f64;
        let truth: Vec<ItemParameters> = (0..12)
            .map(|item| ItemParameters {
                a: 0.8 + 0.1 * f64::from(item % 5),
                b: -1.5 + 0.25 * f64::from(item),
                c: 0.0,
            })
            .collect();
        let mut answers = Vec::new();
        for person in 0..4000 {
            let ability: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            let row = truth.iter().enumerate().map(|(at, item)| {
                let right = uniform() < item.probability(ability);
                ((at + person) % 3 != 0).then_some(right)
            });
            answers.push(row.collect());
        }
        let names: Vec<String> = (0..12).map(|item| format!("i{item}")).collect();
        let fit = calibrate(&names, &answers, Model::Two).unwrap();
        for (item, truth) in fit.items.iter().zip(&truth) {
            let (a, b) = (item.a_se.unwrap(), item.b_se.unwrap());
            assert!((item.a - truth.a).abs() < 4.0 * a, "{item:?} {truth:?}");
            assert!((item.b - truth.b).abs() < 4.0 * b, "{item:?} {truth:?}");
            assert!(item.n < 2700);
        }
        let three = calibrate(&names, &answers, Model::Three).unwrap();
        assert!(three.converged);
        assert!(
            three
                .items
                .iter()
                .all(|item| item.c > 0.0 && item.c < 0.5 && item.c_se.is_some())
        );
    }

    #[test]
    fn what_everybody_answers_alike_has_no_difficulty() {
        let names = ["a", "b"].map(str::to_owned);
        let answers = vec![vec![Some(true), Some(false)], vec![Some(true), Some(true)]];
        let refused = calibrate(&names, &answers, Model::Two).unwrap_err();
        assert_eq!(refused, CalibrationError::NoVariance("a".into()));
    }
}
