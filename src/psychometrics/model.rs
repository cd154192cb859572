//! Item response functions.

use std::str::FromStr;

use serde::Serialize;

/// How many parameters an item has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Model {
    /// One difficulty each, and one discrimination for all.
    #[serde(rename = "1pl")]
    One,
    /// Difficulty and discrimination.
    #[serde(rename = "2pl")]
    Two,
    /// Difficulty, discrimination and guessing.
    #[serde(rename = "3pl")]
    Three,
}

impl FromStr for Model {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "1pl" => Ok(Self::One),
            "2pl" => Ok(Self::Two),
            "3pl" => Ok(Self::Three),
            _ => Err(format!("`{text}` is none of 1pl, 2pl and 3pl")),
        }
    }
}

/// The parameters of an item.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ItemParameters {
    /// Discrimination, per unit of ability.
    pub a: f64,
    /// Difficulty, in units of ability.
    pub b: f64,
    /// Guessing: how likely the weakest are to answer rightly.
    pub c: f64,
}

/// `1 / (1 + exp(−x))`
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl ItemParameters {
    /// How likely a candidate of this ability is to answer rightly.
    pub fn probability(&self, ability: f64) -> f64 {
        self.c + (1.0 - self.c) * logistic(self.a * (ability - self.b))
    }

    /// How much the probability rises for each unit of ability.
    pub fn slope(&self, ability: f64) -> f64 {
        self.derivatives(ability).1
    }

    /// The probability with its first two derivatives by ability.
    pub(super) fn derivatives(&self, ability: f64) -> (f64, f64, f64) {
        let s = logistic(self.a * (ability - self.b));
        let scale = 1.0 - self.c;
        let first = scale * self.a * s * (1.0 - s);
        (self.c + scale * s, first, first * self.a * (1.0 - 2.0 * s))
    }

    /// Fisher information about ability (Lord 1980, eq. 5-9).
    pub fn information(&self, ability: f64) -> f64 {
        let (p, first, _) = self.derivatives(ability);
        first * first / (p * (1.0 - p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_its_difficulty_an_item_is_halfway_between_guessing_and_certainty() {
        let item = ItemParameters {
            a: 1.3,
            b: 0.4,
            c: 0.2,
        };
        assert!((item.probability(0.4) - 0.6).abs() < 1e-12);
        assert!(item.probability(-9.0) - 0.2 < 1e-4);
        assert!(1.0 - item.probability(9.0) < 1e-4);
    }

    #[test]
    fn derivatives_are_those_of_the_probability() {
        let item = ItemParameters {
            a: 1.1,
            b: -0.3,
            c: 0.15,
        };
        let h = 1e-5;
        let (p, first, second) = item.derivatives(0.7);
        let (up, down) = (item.probability(0.7 + h), item.probability(0.7 - h));
        assert!((p - item.probability(0.7)).abs() < 1e-15);
        assert!((first - (up - down) / (2.0 * h)).abs() < 1e-8);
        assert!((second - (up - 2.0 * p + down) / (h * h)).abs() < 1e-4);
    }
}
