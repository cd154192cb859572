//! The maximisation: parameters while they are fitted, and their standard errors.

use super::*;

/// Logarithms of wrong and right at every point, by item.
pub(super) type Logs = Vec<[[f64; POINTS]; 2]>;

/// Slope, intercept and logit of guessing of each item: `P = c + (1 − c) logistic(a θ + d)`.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) model: Model,
    pub(super) items: Vec<[f64; 3]>,
}

/// A free parameter: the common slope, or one of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    Slope,
    Of(usize, usize),
}

impl Work {
    pub(super) fn new(model: Model, counts: &[(usize, usize)]) -> Self {
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

    pub(super) fn guessing(&self, item: [f64; 3]) -> f64 {
        match self.model {
            Model::Three => logistic(item[2]),
            _ => 0.0,
        }
    }

    pub(super) fn logs(&self) -> Logs {
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
    pub(super) fn score(
        &self,
        item: [f64; 3],
        table: &[(f64, f64); POINTS],
    ) -> ([f64; 3], [[f64; 3]; 3]) {
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
    pub(super) fn maximise(&mut self, expected: &Expected) -> f64 {
        match self.model {
            Model::One => self.maximise_together(expected),
            Model::Two => self.maximise_each(expected, 2),
            Model::Three => self.maximise_each(expected, 3),
        }
    }

    pub(super) fn maximise_each(&mut self, expected: &Expected, size: usize) -> f64 {
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
    pub(super) fn maximise_together(&mut self, expected: &Expected) -> f64 {
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

    pub(super) fn free(&self) -> Vec<Free> {
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

    pub(super) fn moved(&self, free: Free, by: f64) -> Self {
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
    pub(super) fn gradient(&self, data: &Data, free: &[Free]) -> Vec<f64> {
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
    pub(super) fn standard_errors(&self, data: &Data) -> Option<(Vec<Free>, Vec<Vec<f64>>)> {
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

    pub(super) fn fitted(
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
