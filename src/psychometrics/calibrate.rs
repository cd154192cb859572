//! Marginal maximum likelihood by expectation and maximisation (Bock and Aitkin 1981,
//! doi 10.1007/BF02293801): the abilities of the candidates are integrated out over a normal
//! distribution, and items that a candidate did not get are simply left out.
//!
//! Guessing has a prior where it is estimated, or small samples would run away: its logit is normal
//! with mean −1.4 and standard deviation 0.5. Standard errors are those of the observed information,
//! the derivatives of the gradient (Fisher's identity), taken numerically.

use std::collections::HashMap;

use serde::Serialize;

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

/// Logarithms of wrong and right at every point, by item.
type Logs = Vec<[[f64; POINTS]; 2]>;

/// Slope, intercept and logit of guessing of each item: `P = c + (1 − c) logistic(a θ + d)`.
#[derive(Clone)]
struct Work {
    model: Model,
    items: Vec<[f64; 3]>,
}

/// A free parameter: the common slope, or one of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Free {
    Slope,
    Of(usize, usize),
}

impl Work {
    fn new(model: Model, counts: &[(usize, usize)]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of candidates are small")]
        let start = |(right, n): &(usize, usize)| {
            let p = (*right as f64 + 0.5) / (*n as f64 + 1.0);
            [1.0, (p / (1.0 - p)).ln(), GUESSING_MEAN]
        };
        Self {
            model,
            items: counts.iter().map(start).collect(),
        }
    }

    fn guessing(&self, item: [f64; 3]) -> f64 {
        match self.model {
            Model::Three => logistic(item[2]),
            _ => 0.0,
        }
    }

    fn logs(&self) -> Logs {
        let table = |item: &[f64; 3]| {
            let c = self.guessing(*item);
            let logit = |point| item[0].mul_add(node(point), item[1]);
            // Both written so that neither loses its digits where it is small.
            let wrong = |point| ((1.0 - c) * logistic(-logit(point))).ln();
            let right = |point| (c + (1.0 - c) * logistic(logit(point))).ln();
            [std::array::from_fn(wrong), std::array::from_fn(right)]
        };
        self.items.iter().map(table).collect()
    }

    /// Gradient and information of the expected log-likelihood for one item.
    fn score(&self, item: [f64; 3], table: &[(f64, f64); POINTS]) -> ([f64; 3], [[f64; 3]; 3]) {
        let c = self.guessing(item);
        let (mut gradient, mut information) = ([0.0; 3], [[0.0; 3]; 3]);
        for (point, (n, right)) in table.iter().enumerate() {
            let x = node(point);
            let s = logistic(item[0].mul_add(x, item[1]));
            let p = c + (1.0 - c) * s;
            let q = (1.0 - c) * (1.0 - s);
            let slope = (1.0 - c) * s * (1.0 - s);
            let by = [slope * x, slope, c * (1.0 - c) * (1.0 - s)];
            let variance = (p * q).max(1e-300);
            for i in 0..3 {
                gradient[i] += (right - n * p) / variance * by[i];
                for j in 0..3 {
                    information[i][j] += n / variance * by[i] * by[j];
                }
            }
        }
        if self.model == Model::Three {
            gradient[2] -= (item[2] - GUESSING_MEAN) / (GUESSING_SD * GUESSING_SD);
            information[2][2] += 1.0 / (GUESSING_SD * GUESSING_SD);
        }
        (gradient, information)
    }

    /// One step of maximisation; gives how far the parameter moved that moved most.
    fn maximise(&mut self, expected: &Expected) -> f64 {
        match self.model {
            Model::One => self.maximise_together(expected),
            Model::Two => self.maximise_each(expected, 2),
            Model::Three => self.maximise_each(expected, 3),
        }
    }

    fn maximise_each(&mut self, expected: &Expected, size: usize) -> f64 {
        let mut most: f64 = 0.0;
        for (index, table) in expected.tables.iter().enumerate() {
            let before = self.items[index];
            let mut item = before;
            for _ in 0..4 {
                let (gradient, information) = self.score(item, table);
                let m = information[..size]
                    .iter()
                    .map(|row| row[..size].to_vec())
                    .collect();
                let Some(step) = solve(m, gradient[..size].to_vec()) else {
                    break;
                };
                for (parameter, step) in item.iter_mut().zip(step) {
                    *parameter += step.clamp(-1.0, 1.0);
                }
                item[0] = item[0].clamp(-SLOPE_MAX, SLOPE_MAX);
            }
            for (after, before) in item.iter().zip(before) {
                most = most.max((after - before).abs());
            }
            self.items[index] = item;
        }
        most
    }

    /// As for each item, with one slope for all: its equation is solved after the intercepts were
    /// taken out of it.
    fn maximise_together(&mut self, expected: &Expected) -> f64 {
        let before = self.items.clone();
        for _ in 0..4 {
            let scores: Vec<_> = self
                .items
                .iter()
                .zip(&expected.tables)
                .map(|(item, table)| self.score(*item, table))
                .collect();
            let (mut gradient, mut information) = (0.0, 0.0);
            for (g, i) in &scores {
                gradient += g[0] - i[0][1] / i[1][1] * g[1];
                information += i[0][0] - i[0][1] * i[0][1] / i[1][1];
            }
            let slope = (gradient / information).clamp(-1.0, 1.0);
            for (item, (g, i)) in self.items.iter_mut().zip(&scores) {
                item[0] += slope;
                item[1] += ((g[1] - i[0][1] * slope) / i[1][1]).clamp(-1.0, 1.0);
            }
        }
        let moved = self.items.iter().zip(&before);
        let moved = moved.flat_map(|(after, before)| after.iter().zip(before));
        moved.fold(0.0, |most, (after, before)| {
            f64::max(most, (after - before).abs())
        })
    }

    fn free(&self) -> Vec<Free> {
        let of = |first, last: usize| {
            (0..self.items.len())
                .flat_map(move |item| (first..=last).map(move |at| Free::Of(item, at)))
        };
        match self.model {
            Model::One => std::iter::once(Free::Slope).chain(of(1, 1)).collect(),
            Model::Two => of(0, 1).collect(),
            Model::Three => of(0, 2).collect(),
        }
    }

    fn moved(&self, free: Free, by: f64) -> Self {
        let mut moved = self.clone();
        match free {
            Free::Slope => moved.items.iter_mut().for_each(|item| item[0] += by),
            Free::Of(item, at) => {
                if let Some(item) = moved.items.get_mut(item) {
                    item[at] += by;
                }
            }
        }
        moved
    }

    /// The gradient of the marginal log-likelihood (with the prior), which is that of the expected
    /// one where both are taken at the same parameters.
    fn gradient(&self, data: &Data, free: &[Free]) -> Vec<f64> {
        let expected = data.expect(self);
        let scores: Vec<[f64; 3]> = self
            .items
            .iter()
            .zip(&expected.tables)
            .map(|(item, table)| self.score(*item, table).0)
            .collect();
        let of = |free: &Free| match free {
            Free::Slope => scores.iter().map(|score| score[0]).sum(),
            Free::Of(item, at) => scores.get(*item).map_or(0.0, |score| score[*at]),
        };
        free.iter().map(of).collect()
    }

    /// Covariances of the free parameters: the inverse of the observed information. None if the data
    /// do not give it.
    fn standard_errors(&self, data: &Data) -> Option<(Vec<Free>, Vec<Vec<f64>>)> {
        let free = self.free();
        let mut information = Vec::with_capacity(free.len());
        for one in &free {
            let up = self.moved(*one, STEP).gradient(data, &free);
            let down = self.moved(*one, -STEP).gradient(data, &free);
            let row = up
                .iter()
                .zip(&down)
                .map(|(up, down)| (down - up) / (2.0 * STEP));
            information.push(row.collect::<Vec<f64>>());
        }
        let covariances = inverse(&evened(&information))?;
        let sound = covariances.iter().enumerate().all(|(i, row)| row[i] > 0.0);
        sound.then_some((free, covariances))
    }

    fn fitted(
        &self,
        names: &[String],
        counts: &[(usize, usize)],
        errors: &Option<(Vec<Free>, Vec<Vec<f64>>)>,
    ) -> Vec<FittedItem> {
        let covariance = |one: Free, other: Free| {
            let (free, covariances) = errors.as_ref()?;
            let at = |wanted: Free| free.iter().position(|free| *free == wanted);
            covariances.get(at(one)?)?.get(at(other)?).copied()
        };
        let item = |(index, (name, (right, n))): (usize, (&String, &(usize, usize)))| {
            let [a, d, _] = self.items[index];
            let c = self.guessing(self.items[index]);
            let slope = match self.model {
                Model::One => Free::Slope,
                _ => Free::Of(index, 0),
            };
            let intercept = Free::Of(index, 1);
            let b = -d / a;
            // The delta method: b moves by −1/a with d, and by −b/a with a.
            let b_variance = || {
                let (aa, dd) = (covariance(slope, slope)?, covariance(intercept, intercept)?);
                let ad = covariance(slope, intercept)?;
                Some((dd + b * b * aa + 2.0 * b * ad) / (a * a))
            };
            let c_variance = || {
                let logit = Free::Of(index, 2);
                let derivative = c * (1.0 - c);
                Some(covariance(logit, logit)? * derivative * derivative)
            };
            #[expect(clippy::cast_precision_loss, reason = "counts of candidates are small")]
            let facility = *right as f64 / *n as f64;
            FittedItem {
                item: name.clone(),
                n: *n,
                facility,
                a,
                a_se: covariance(slope, slope).map(f64::sqrt),
                b,
                b_se: b_variance().map(f64::sqrt),
                c,
                c_se: (self.model == Model::Three)
                    .then(c_variance)
                    .flatten()
                    .map(f64::sqrt),
            }
        };
        names.iter().zip(counts).enumerate().map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::lsat6;
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
