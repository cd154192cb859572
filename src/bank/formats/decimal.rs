//! Numbers as other programs write them, to exact decimals. Nothing passes through a binary float.

use crate::kernel::Score;

use super::words::narrow;

/// Places a [`Score`] holds.
const PLACES: i32 = 6;
/// Most digits that are read; more than any score has.
const DIGITS_MAX: usize = 30;
/// Largest power of ten that is read.
const POWER_MAX: i32 = 30;

/// A number, and whether digits had to be rounded away to hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) value: Score,
    pub(super) rounded: bool,
}

/// Reads `3.14`, `.5`, `+2`, `1e-3`, in full width too; none if it is no number or too large.
pub(super) fn read(text: &str) -> Option<Decimal> {
    let plain: String = text.trim().chars().map(narrow).collect();
    let (negative, unsigned) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let (mantissa, power) = split_power(unsigned)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let readable = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let kept = digits.trim_start_matches('0');
    if !readable || kept.len() > DIGITS_MAX {
        return None;
    }
    let number: i128 = if kept.is_empty() {
        0
    } else {
        kept.parse().ok()?
    };
    let places = i32::try_from(fraction.len()).ok()?;
    let decimal = scaled(number, PLACES - places + power)?;
    let signed = if negative {
        Score::from_micros(-decimal.value.micros())
    } else {
        decimal.value
    };
    Some(Decimal {
        value: signed,
        ..decimal
    })
}

/// The mantissa and the power of ten behind `e`.
fn split_power(text: &str) -> Option<(&str, i32)> {
    let Some((mantissa, power)) = text.split_once(['e', 'E']) else {
        return Some((text, 0));
    };
    let power: i32 = power.parse().ok()?;
    (-POWER_MAX..=POWER_MAX)
        .contains(&power)
        .then_some((mantissa, power))
}

/// `number × 10^shift` millionths, rounded half up.
fn scaled(number: i128, shift: i32) -> Option<Decimal> {
    let unit = |places: u32| 10_i128.checked_pow(places);
    let places = shift.unsigned_abs();
    let (micros, rounded) = if shift >= 0 {
        (number.checked_mul(unit(places)?)?, false)
    } else {
        match unit(places) {
            Some(unit) => ((number + unit / 2) / unit, number % unit != 0),
            None => (0, number != 0),
        }
    };
    let value = Score::from_micros(i64::try_from(micros).ok()?);
    Some(Decimal { value, rounded })
}

/// The middle of a range and how far its ends are off.
pub(super) fn middle(low: Score, high: Score) -> Option<(Decimal, Score)> {
    let (low, high) = (i128::from(low.micros()), i128::from(high.micros()));
    if high < low {
        return None;
    }
    let value = (low + high).div_euclid(2);
    let tolerance = i64::try_from(high - value).ok()?;
    let decimal = Decimal {
        value: Score::from_micros(i64::try_from(value).ok()?),
        rounded: (low + high).rem_euclid(2) != 0,
    };
    Some((decimal, Score::from_micros(tolerance)))
}

/// So many per cent of the size of `value`.
pub(super) fn percent_of(value: Score, percent: Score) -> Option<Decimal> {
    let product = i128::from(value.micros()).abs() * i128::from(percent.micros());
    scaled(product, -(PLACES + 2))
}

/// `value + offset`, if it can be held.
pub(super) fn shifted(value: Score, offset: Score) -> Option<Score> {
    let sum = value.micros().checked_add(offset.micros())?;
    Some(Score::from_micros(sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Option<String> {
        read(text).map(|decimal| decimal.value.to_string())
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let cases = [
            ("3.14", "3.14"),
            (" -2 ", "-2"),
            ("+.5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("25E-1", "2.5"),
            ("３．５", "3.5"),
            ("0.0000000", "0"),
        ];
        for (text, value) in cases {
            assert_eq!(said(text).as_deref(), Some(value), "{text:?}");
        }
        let long = "9".repeat(40);
        for text in [
            "", "-", ".", "e3", "1,5", "NaN", "inf", "0x10", "1e99", "--1", &long, "1e20",
        ] {
            assert_eq!(said(text), None, "{text:?}");
        }
    }

    #[test]
    fn digits_beyond_a_millionth_are_rounded_and_it_is_said() {
        let rounded = read("3.14159265").unwrap();
        assert_eq!(rounded.value.to_string(), "3.141593");
        assert!(rounded.rounded);
        assert!(!read("3.1415920").unwrap().rounded);
    }

    #[test]
    fn a_range_has_a_middle() {
        let score = |text: &str| read(text).unwrap().value;
        let (value, tolerance) = middle(score("1"), score("4")).unwrap();
        assert_eq!((value.value, tolerance), (score("2.5"), score("1.5")));
        assert_eq!(middle(score("4"), score("1")), None);
        let part = percent_of(score("-200"), score("2.5")).unwrap();
        assert_eq!(part.value, score("5"));
    }

    proptest! {
        #[test]
        fn every_score_is_read_back(micros in any::<i64>()) {
            let score = Score::from_micros(micros.max(-i64::MAX));
            prop_assert_eq!(read(&score.to_string()), Some(Decimal { value: score, rounded: false }));
        }

        #[test]
        fn no_number_is_too_strange(text in "[-+.eE0-9]{0,12}") {
            let _ = read(&text);
        }
    }
}
