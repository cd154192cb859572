//! Exact scores. Nothing that ranks a person is ever a binary float.
//!
//! A [`Score`] is a whole number of millionths of a mark, so sums are exact and
//! a column of scores sorts the same way in every database. A [`Weight`] is a
//! whole number of ten-thousandths. Products are formed in 128 bits and rounded
//! once, at the place and in the manner the regulation profile states.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Millionths in one mark.
const SCALE: i64 = 1_000_000;
/// Decimal places a score can hold.
pub const PLACES: u8 = 6;
/// Ten-thousandths in the weight one.
const WEIGHT_SCALE: i64 = 10_000;
/// Keeps every intermediate of a composite within 128 bits.
const LARGEST_DENOMINATOR: i128 = 1_000_000_000_000_000_000;

/// What happens to digits beyond the announced number of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half a unit goes away from zero (四舍五入).
    HalfUp,
    /// Digits are cut off (截尾).
    Truncate,
    /// The value is kept as it is (不作四舍五入).
    None,
}

/// A mark or a composite, exact to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, example = "73.25")]
pub struct Score(i64);

/// A share such as 0.30, exact to a ten-thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, example = "0.3")]
pub struct Weight(i64);

/// One addend of a composite: a score on its own scale and what it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightedPart {
    /// Its share of the whole.
    pub weight: Weight,
    /// The score.
    pub score: Score,
    /// The highest score there is on its scale.
    pub max: Score,
}

/// Why a text is no score or weight, or a sum left the range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// Not a plain decimal number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// More decimal places than can be held exactly.
    #[error("`{text}` has more than {places} decimal places")]
    TooManyPlaces {
        /// The text as given.
        text: String,
        /// Places that can be held.
        places: u8,
    },
    /// Beyond the range of the type.
    #[error("the number is too large")]
    TooLarge,
    /// An exact result was asked for and needs more than six places.
    #[error(
        "the exact result needs more than six decimal places; the profile must state a rounding"
    )]
    Inexact,
    /// A mean of nothing.
    #[error("there is nothing to take the mean of")]
    Empty,
}

/// Reads `text` as a decimal with at most `places` places, in units of `10^-places`.
fn parse_scaled(text: &str, places: u8) -> Result<i64, ScoreError> {
    let not_a_number = || ScoreError::NotANumber(text.to_owned());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || digits.ends_with('.') {
        return Err(not_a_number());
    }
    let significant = fraction.trim_end_matches('0');
    if significant.len() > usize::from(places) {
        return Err(ScoreError::TooManyPlaces {
            text: text.to_owned(),
            places,
        });
    }
    let padded = format!("{whole}{significant:0<width$}", width = usize::from(places));
    let value: i64 = padded.parse().map_err(|_| ScoreError::TooLarge)?;
    Ok(if negative { -value } else { value })
}

/// Writes `value` units of `10^-places` without trailing zeros.
fn write_scaled(f: &mut fmt::Formatter<'_>, value: i64, places: usize) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        f.pad(&format!("{sign}{whole}"))
    } else {
        f.pad(&format!("{sign}{whole}.{fraction}"))
    }
}

/// `numerator / denominator`, rounded to a whole number in the given manner.
fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> Result<i128, ScoreError> {
    let quotient = numerator / denominator;
    let remainder = numerator % denominator;
    match rounding {
        Rounding::Truncate => Ok(quotient),
        Rounding::None if remainder == 0 => Ok(quotient),
        Rounding::None => Err(ScoreError::Inexact),
        Rounding::HalfUp if remainder.abs() * 2 >= denominator => Ok(quotient + numerator.signum()),
        Rounding::HalfUp => Ok(quotient),
    }
}

/// The greatest common divisor of two numbers, the second not zero.
fn gcd(a: i128, b: i128) -> i128 {
    if a % b == 0 { b.abs() } else { gcd(b, a % b) }
}

/// `sum / common + term × times / over`, over the least common denominator; none beyond the range.
fn add_fractions(
    (sum, common): (i128, i128),
    (term, times, over): (i128, i128, i128),
) -> Option<(i128, i128)> {
    let shared = gcd(common, over);
    let left = sum.checked_mul(over / shared)?;
    let right = term.checked_mul(times)?.checked_mul(common / shared)?;
    let denominator = (common / shared).checked_mul(over)?;
    (denominator <= LARGEST_DENOMINATOR).then_some((left.checked_add(right)?, denominator))
}

impl Score {
    /// No marks.
    pub const ZERO: Self = Self(0);

    /// A whole number of marks.
    pub const fn whole(marks: i32) -> Self {
        Self(marks as i64 * SCALE)
    }

    /// From millionths of a mark, as stored.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In millionths of a mark, as stored.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// In millionths of a mark, by reference, for the store.
    pub(crate) const fn micros_ref(&self) -> &i64 {
        &self.0
    }

    /// Rounded to `places` decimal places. `Rounding::None` keeps the value.
    pub fn round(self, places: u8, rounding: Rounding) -> Self {
        if rounding == Rounding::None || places >= PLACES {
            return self;
        }
        let unit = i128::from(10_i64.pow(u32::from(PLACES - places)));
        let rounded = divide(i128::from(self.0), unit, rounding).unwrap_or_default() * unit;
        Self(i64::try_from(rounded).unwrap_or(self.0))
    }

    /// The sum of `weight × score`, rounded once.
    ///
    /// With `Rounding::None` the result must be exact to a millionth of a mark.
    pub fn weighted_sum(
        parts: &[(Weight, Score)],
        places: u8,
        rounding: Rounding,
    ) -> Result<Self, ScoreError> {
        let sum: i128 = parts
            .iter()
            .map(|(w, s)| i128::from(w.0) * i128::from(s.0))
            .sum();
        Self::quotient(sum, i128::from(WEIGHT_SCALE), places, rounding)
    }

    /// The sum of `weight × score × full / max`, rounded once: every score is brought from its own
    /// maximum to the scale of `full` marks before it is weighed, without rounding in between.
    ///
    /// With `Rounding::None` the result must be exact to a millionth of a mark.
    pub fn weighted_sum_on(
        full: Self,
        parts: &[WeightedPart],
        places: u8,
        rounding: Rounding,
    ) -> Result<Self, ScoreError> {
        let (mut sum, mut common) = (0_i128, 1_i128);
        for part in parts {
            let (full, max) = (i128::from(full.0), i128::from(part.max.0));
            if max <= 0 {
                return Err(ScoreError::Empty);
            }
            let shared = gcd(full, max);
            let term = i128::from(part.weight.0) * i128::from(part.score.0);
            (sum, common) = add_fractions((sum, common), (term, full / shared, max / shared))
                .ok_or(ScoreError::TooLarge)?;
        }
        Self::quotient(sum, common * i128::from(WEIGHT_SCALE), places, rounding)
    }

    /// The mean of `scores`, rounded once.
    pub fn mean(scores: &[Self], places: u8, rounding: Rounding) -> Result<Self, ScoreError> {
        let count = i128::try_from(scores.len()).map_err(|_| ScoreError::TooLarge)?;
        if count == 0 {
            return Err(ScoreError::Empty);
        }
        let sum: i128 = scores.iter().map(|s| i128::from(s.0)).sum();
        Self::quotient(sum, count, places, rounding)
    }

    /// This score brought from a scale with maximum `from` to one with maximum `to`.
    pub fn rescale(
        self,
        from: Self,
        to: Self,
        places: u8,
        rounding: Rounding,
    ) -> Result<Self, ScoreError> {
        if from.0 <= 0 {
            return Err(ScoreError::Empty);
        }
        Self::quotient(
            i128::from(self.0) * i128::from(to.0),
            i128::from(from.0),
            places,
            rounding,
        )
    }

    fn quotient(
        numerator: i128,
        denominator: i128,
        places: u8,
        rounding: Rounding,
    ) -> Result<Self, ScoreError> {
        let places = if rounding == Rounding::None {
            PLACES
        } else {
            places.min(PLACES)
        };
        let unit = i128::from(10_i64.pow(u32::from(PLACES - places)));
        let units = divide(numerator, denominator * unit, rounding)?;
        i64::try_from(units * unit)
            .map(Self)
            .map_err(|_| ScoreError::TooLarge)
    }

    /// The distance between two scores.
    pub fn distance(self, other: Self) -> Self {
        Self((self.0 - other.0).abs())
    }

    /// With exactly `places` decimals, for tables: `7.50`.
    pub fn fixed(self, places: u8) -> String {
        let shown = self.round(places, Rounding::HalfUp).to_string();
        let have = shown.split_once('.').map_or(0, |(_, f)| f.len());
        let dot = if have == 0 && places > 0 { "." } else { "" };
        format!(
            "{shown}{dot}{}",
            "0".repeat(usize::from(places).saturating_sub(have))
        )
    }
}

impl Weight {
    /// The whole.
    pub const ONE: Self = Self(WEIGHT_SCALE);

    /// From ten-thousandths.
    pub const fn from_basis_points(points: i64) -> Self {
        Self(points)
    }
}

impl Add for Score {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Score {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Score {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::ZERO, Add::add)
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        Self(weights.map(|w| w.0).sum())
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, self.0, usize::from(PLACES))
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, self.0, 4)
    }
}

impl FromStr for Score {
    type Err = ScoreError;
    fn from_str(text: &str) -> Result<Self, ScoreError> {
        parse_scaled(text, PLACES).map(Self)
    }
}

impl FromStr for Weight {
    type Err = ScoreError;
    fn from_str(text: &str) -> Result<Self, ScoreError> {
        parse_scaled(text, 4).map(Self)
    }
}

/// Scores and weights are texts in JSON and TOML, so that no reader turns them into floats.
macro_rules! decimal_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
decimal_text!(Score);
decimal_text!(Weight);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(text: &str) -> Score {
        text.parse().unwrap()
    }
    fn weight(text: &str) -> Weight {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_plain_decimals() {
        for text in ["0", "73.25", "-0.5", "100", "0.000001"] {
            assert_eq!(score(text).to_string(), text);
        }
        assert_eq!(score("7.50"), score("7.5"));
        assert_eq!(score("7.5").fixed(2), "7.50");
        assert_eq!(score("7").fixed(2), "7.00");
    }

    #[test]
    fn refuses_what_is_no_plain_decimal() {
        for text in [
            "",
            ".5",
            "5.",
            "1e3",
            "+1",
            "１２",
            "1,000",
            "NaN",
            "0.0000001",
        ] {
            assert!(text.parse::<Score>().is_err(), "{text:?} was accepted");
        }
    }

    /// Sichuan 2022: 行测 × 30 % + 申论 × 30 % + interview × 40 %.
    #[test]
    fn weighs_exactly_and_rounds_once() {
        let parts = [
            (weight("0.3"), score("71.05")),
            (weight("0.3"), score("66.5")),
            (weight("0.4"), score("84.36")),
        ];
        let exact = Score::weighted_sum(&parts, 2, Rounding::None).unwrap();
        assert_eq!(exact.to_string(), "75.009");
        assert_eq!(
            Score::weighted_sum(&parts, 2, Rounding::HalfUp).unwrap(),
            score("75.01")
        );
        assert_eq!(
            Score::weighted_sum(&parts, 2, Rounding::Truncate).unwrap(),
            score("75")
        );
    }

    /// Two papers out of 150 at 25 % each: a third of a mark is never rounded on the way.
    #[test]
    fn papers_out_of_150_are_brought_to_100_and_rounded_once() {
        let part = |text| WeightedPart {
            weight: weight("0.25"),
            score: score(text),
            max: score("150"),
        };
        let parts = [part("100"), part("101")];
        let sum = |rounding| Score::weighted_sum_on(score("100"), &parts, 2, rounding);
        assert_eq!(sum(Rounding::HalfUp).unwrap(), score("33.5"));
        assert_eq!(sum(Rounding::None).unwrap(), score("33.5"));
        let one = Score::weighted_sum_on(score("100"), &parts[..1], 2, Rounding::None);
        assert_eq!(one, Err(ScoreError::Inexact));
    }

    #[test]
    fn a_mean_that_does_not_end_must_be_rounded_by_rule() {
        let marks = [score("80"), score("81"), score("81")];
        assert_eq!(
            Score::mean(&marks, 2, Rounding::HalfUp).unwrap(),
            score("80.67")
        );
        assert_eq!(
            Score::mean(&marks, 2, Rounding::Truncate).unwrap(),
            score("80.66")
        );
        assert_eq!(
            Score::mean(&marks, 2, Rounding::None),
            Err(ScoreError::Inexact)
        );
        assert_eq!(
            Score::mean(&[], 2, Rounding::HalfUp),
            Err(ScoreError::Empty)
        );
    }

    proptest! {
        #[test]
        fn text_round_trips(micros in -1_000_000_000_000i64..1_000_000_000_000) {
            let score = Score::from_micros(micros);
            prop_assert_eq!(score.to_string().parse::<Score>().unwrap(), score);
        }

        #[test]
        fn rounding_moves_by_less_than_one_unit(micros in -1_000_000_000i64..1_000_000_000) {
            let score = Score::from_micros(micros);
            prop_assert!(score.round(2, Rounding::HalfUp).distance(score).micros() <= 5_000);
            prop_assert!(score.round(2, Rounding::Truncate).distance(score).micros() < 10_000);
        }

        #[test]
        fn a_scale_of_its_own_maximum_is_a_plain_weighted_sum(
            a in 0i64..100_000_000, b in 0i64..100_000_000, points in 0i64..=10_000,
        ) {
            let (w, rest) = (Weight(points), Weight(10_000 - points));
            let max = Score::whole(100);
            let part = |weight, micros| WeightedPart { weight, score: Score(micros), max };
            prop_assert_eq!(
                Score::weighted_sum_on(max, &[part(w, a), part(rest, b)], 2, Rounding::HalfUp),
                Score::weighted_sum(&[(w, Score(a)), (rest, Score(b))], 2, Rounding::HalfUp)
            );
        }

        #[test]
        fn equal_weights_of_one_change_nothing(micros in 0i64..200_000_000) {
            let s = Score::from_micros(micros);
            let half = weight("0.5");
            let sum = Score::weighted_sum(&[(half, s), (half, s)], 2, Rounding::None).unwrap();
            prop_assert_eq!(sum, s);
        }
    }
}
