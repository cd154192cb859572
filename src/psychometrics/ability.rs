//! Abilities from answers, given the items' parameters.

use serde::Serialize;

use super::model::ItemParameters;

/// An ability and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ability {
    /// The estimate.
    pub theta: f64,
    /// Its standard error.
    pub se: f64,
}

/// Most that an ability may be away from the middle.
const EDGE: f64 = 8.0;
const POINTS: u32 = 121;

/// The mean and standard deviation of the ability after the answers, before which it was normal
/// (expected a posteriori; Bock and Mislevy 1982, doi 10.1177/014662168200600405).
pub fn eap(items: &[ItemParameters], answers: &[Option<bool>]) -> Ability {
    let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
    for point in 0..POINTS {
        let theta = -6.0 + 12.0 * f64::from(point) / f64::from(POINTS - 1);
        let mut log = -theta * theta / 2.0;
        for (item, answer) in items.iter().zip(answers) {
            let p = item.probability(theta);
            log += match answer {
                Some(true) => p.ln(),
                Some(false) => (1.0 - p).ln(),
                None => 0.0,
            };
        }
        let weight = log.exp();
        sum += weight;
        mean += weight * theta;
        square += weight * theta * theta;
    }
    let theta = mean / sum;
    Ability {
        theta,
        se: (square / sum - theta * theta).max(0.0).sqrt(),
    }
}

/// The weighted likelihood estimate (Warm 1989, doi 10.1007/BF02294627), which has no bias of first
/// order and exists for all right and all wrong; none if no answer was given.
pub fn wle(items: &[ItemParameters], answers: &[Option<bool>]) -> Option<Ability> {
    let given: Vec<(&ItemParameters, bool)> = items
        .iter()
        .zip(answers)
        .filter_map(|(item, answer)| Some((item, (*answer)?)))
        .collect();
    if given.is_empty() {
        return None;
    }
    // The estimating function falls from plus to minus.
    let estimating = |theta: f64| {
        let (mut score, mut information, mut bias) = (0.0, 0.0, 0.0);
        for (item, right) in &given {
            let (p, first, second) = item.derivatives(theta);
            let variance = (p * (1.0 - p)).max(1e-300);
            score += (f64::from(u8::from(*right)) - p) * first / variance;
            information += first * first / variance;
            bias += first * second / variance;
        }
        score + bias / (2.0 * information.max(1e-300))
    };
    let (mut low, mut high) = (-EDGE, EDGE);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if estimating(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let theta = f64::midpoint(low, high);
    let information: f64 = given.iter().map(|(item, _)| item.information(theta)).sum();
    Some(Ability {
        theta,
        se: information.max(1e-300).sqrt().recip(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<ItemParameters> {
        (0..20)
            .map(|item| ItemParameters {
                a: 1.0,
                b: -1.9 + 0.2 * f64::from(item),
                c: 0.0,
            })
            .collect()
    }

    #[test]
    fn half_right_is_the_middle_and_more_is_more() {
        let answers = |right: usize| -> Vec<Option<bool>> {
            (0..20).map(|item| Some(item < right)).collect()
        };
        let middle = wle(&items(), &answers(10)).unwrap();
        assert!(middle.theta.abs() < 1e-6, "{middle:?}");
        assert!(eap(&items(), &answers(10)).theta.abs() < 1e-6);
        let mut before = f64::NEG_INFINITY;
        for right in 0..=20 {
            let (weighted, expected) = (
                wle(&items(), &answers(right)).unwrap(),
                eap(&items(), &answers(right)),
            );
            assert!(weighted.theta > before && weighted.theta.abs() < EDGE);
            // The prior pulls to the middle.
            assert!(expected.theta.abs() <= weighted.theta.abs() + 1e-9);
            before = weighted.theta;
        }
    }

    #[test]
    fn nobody_is_estimated_from_nothing() {
        assert_eq!(wle(&items(), &[None; 20]), None);
        let prior = eap(&items(), &[None; 20]);
        assert!(prior.theta.abs() < 1e-9 && (prior.se - 1.0).abs() < 1e-6);
    }
}
