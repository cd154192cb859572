//! Resident ID numbers (公民身份号码), GB 11643-1999.

use std::fmt;

use jiff::civil::Date;

/// A resident ID number whose form, birthday and check character are right.
/// It prints masked; only [`ResidentId::reveal`] gives the digits.
#[derive(Clone, PartialEq, Eq)]
pub struct ResidentId(String);

/// What is wrong with a resident ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Not 17 digits and a check character.
    #[error("a resident ID number has 17 digits and a check character (0-9 or X)")]
    Form,
    /// Digits 7 to 14 are no date.
    #[error("digits 7 to 14 are not a date of birth")]
    Birthday,
    /// The last character does not fit the others.
    #[error("the check character does not fit the other digits")]
    Check,
}

/// GB 11643-1999 §5: the weight of each of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each remainder modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

impl ResidentId {
    /// Reads and checks a number; a lower-case `x` and spaces around it are forgiven.
    pub fn parse(text: &str) -> Result<Self, ResidentIdError> {
        let number = text.trim().to_ascii_uppercase();
        let bytes = number.as_bytes();
        let (Some(digits), Some(&last), 18) = (bytes.get(..17), bytes.get(17), bytes.len()) else {
            return Err(ResidentIdError::Form);
        };
        if !digits.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || last == b'X') {
            return Err(ResidentIdError::Form);
        }
        let id = Self(number);
        if id.date_from_digits().is_none() {
            return Err(ResidentIdError::Birthday);
        }
        if id.check_character() != Some(last) {
            return Err(ResidentIdError::Check);
        }
        Ok(id)
    }

    /// Completes 17 digits with their check character (for made-up people in demonstrations).
    pub fn complete(seventeen: &str) -> Result<Self, ResidentIdError> {
        let open = Self(seventeen.to_owned());
        let check = open.check_character().ok_or(ResidentIdError::Form)?;
        Self::parse(&format!("{seventeen}{}", char::from(check)))
    }

    /// The whole number. Every use of this is a place to look at.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The date of birth.
    pub fn birthday(&self) -> Date {
        self.date_from_digits().unwrap_or(Date::ZERO)
    }

    /// Age in completed years on `day`.
    pub fn age_on(&self, day: Date) -> i16 {
        let born = self.birthday();
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        day.year() - born.year() - i16::from(!had_birthday)
    }

    /// `true` when the 17th digit is odd.
    pub fn is_male(&self) -> bool {
        self.0
            .as_bytes()
            .get(16)
            .is_some_and(|digit| digit % 2 == 1)
    }

    fn date_from_digits(&self) -> Option<Date> {
        let part = |from: usize, to: usize| self.0.get(from..to)?.parse::<i16>().ok();
        let (month, day) = (
            i8::try_from(part(10, 12)?).ok()?,
            i8::try_from(part(12, 14)?).ok()?,
        );
        Date::new(part(6, 10)?, month, day).ok()
    }

    fn check_character(&self) -> Option<u8> {
        let digits = self.0.as_bytes().get(..17)?;
        let sum: u32 = digits
            .iter()
            .zip(WEIGHTS)
            .map(|(d, w)| u32::from(d - b'0') * w)
            .sum();
        CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = (
            self.0.get(..6).unwrap_or(""),
            self.0.get(16..).unwrap_or(""),
        );
        write!(f, "{head}**********{tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_standards_examples() {
        let first = ResidentId::parse("11010519491231002X").unwrap();
        assert_eq!(first.birthday(), Date::constant(1949, 12, 31));
        assert!(!first.is_male());
        assert!(ResidentId::parse(" 440524188001010014 ").unwrap().is_male());
        assert!(ResidentId::parse("11010519491231002x").is_ok());
    }

    #[test]
    fn says_what_is_wrong() {
        let wrong = |text| ResidentId::parse(text).unwrap_err();
        assert_eq!(wrong("110105194912310021"), ResidentIdError::Check);
        assert_eq!(wrong("11010519491331002X"), ResidentIdError::Birthday);
        assert_eq!(wrong("110105491231002"), ResidentIdError::Form);
        assert_eq!(wrong("1101051949123１002X"), ResidentIdError::Form);
    }

    #[test]
    fn age_counts_completed_years() {
        let id = ResidentId::parse("11010519491231002X").unwrap();
        assert_eq!(id.age_on(Date::constant(1979, 12, 30)), 29);
        assert_eq!(id.age_on(Date::constant(1979, 12, 31)), 30);
    }

    #[test]
    fn prints_masked() {
        let id = ResidentId::parse("11010519491231002X").unwrap();
        assert_eq!(
            format!("{id} {id:?}"),
            "110105**********2X 110105**********2X"
        );
    }

    #[test]
    fn any_single_wrong_digit_is_noticed() {
        let right = "11010519491231002X";
        for place in 0..17 {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = right.chars().collect();
                if std::mem::replace(&mut wrong[place], digit) == digit {
                    continue;
                }
                let text: String = wrong.into_iter().collect();
                assert!(ResidentId::parse(&text).is_err(), "{text} was accepted");
            }
        }
    }
}
