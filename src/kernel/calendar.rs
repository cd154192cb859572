//! The working-day calendar (工作日). Holidays and make-up workdays are data, one file a year; a
//! year without a file is an error and never a guess.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

/// The arrangements that ship with the program.
const SHIPPED: [&str; 3] = [
    include_str!("../../calendars/2024.toml"),
    include_str!("../../calendars/2025.toml"),
    include_str!("../../calendars/2026.toml"),
];

/// The arrangement of one year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i16,
    /// Weekdays that are days off.
    off: BTreeSet<Date>,
    /// Weekend days that are worked (调休).
    on: BTreeSet<Date>,
}

/// Working days over the years whose arrangements are known.
#[derive(Debug, Clone)]
pub struct Calendar(BTreeMap<i16, Year>);

/// Why days could not be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The State Council's arrangement of that year has not been entered.
    #[error("the holiday arrangement of {0} is not in the calendar")]
    UnknownYear(i16),
    /// The file cannot be read.
    #[error("{0}")]
    File(String),
    /// A date beyond the calendar.
    #[error("the date is out of range")]
    Range,
}

impl Calendar {
    /// The years that ship with the program.
    pub fn shipped() -> Result<Self, CalendarError> {
        let mut calendar = Self(BTreeMap::new());
        for text in SHIPPED {
            calendar.add_year(text)?;
        }
        Ok(calendar)
    }

    /// Adds or replaces the year described by a TOML text.
    pub fn add_year(&mut self, text: &str) -> Result<(), CalendarError> {
        let year: Year = toml::from_str(text).map_err(|e| CalendarError::File(e.to_string()))?;
        let stray = year
            .off
            .iter()
            .chain(&year.on)
            .find(|day| day.year() != year.year);
        if let Some(day) = stray {
            return Err(CalendarError::File(format!(
                "{day} is not in {}",
                year.year
            )));
        }
        self.0.insert(year.year, year);
        Ok(())
    }

    /// Whether `day` is worked.
    pub fn is_workday(&self, day: Date) -> Result<bool, CalendarError> {
        let year = self
            .0
            .get(&day.year())
            .ok_or(CalendarError::UnknownYear(day.year()))?;
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(if weekend {
            year.on.contains(&day)
        } else {
            !year.off.contains(&day)
        })
    }

    /// The last day of a period of `count` working days. The day of publication is not counted
    /// (Civil Code, Art. 201).
    pub fn after_workdays(&self, published: Date, count: u16) -> Result<Date, CalendarError> {
        let mut day = published;
        let mut left = count;
        while left > 0 {
            day = day.checked_add(1.day()).map_err(|_| CalendarError::Range)?;
            if self.is_workday(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn five_working_days_over_the_spring_festival_take_more_than_two_weeks() {
        let calendar = Calendar::shipped().unwrap();
        // Published Thu 12 Feb 2026: Fri 13, make-up Sat 14, Tue 24, Wed 25, Thu 26.
        assert_eq!(
            calendar.after_workdays(day("2026-02-12"), 5),
            Ok(day("2026-02-26"))
        );
    }

    #[test]
    fn an_ordinary_week_ends_a_week_later() {
        let calendar = Calendar::shipped().unwrap();
        assert_eq!(
            calendar.after_workdays(day("2026-03-11"), 5),
            Ok(day("2026-03-18"))
        );
    }

    #[test]
    fn a_missing_year_is_an_error() {
        let calendar = Calendar::shipped().unwrap();
        let beyond = calendar.after_workdays(day("2026-12-29"), 5);
        assert_eq!(beyond, Err(CalendarError::UnknownYear(2027)));
    }

    #[test]
    fn a_day_of_another_year_is_refused() {
        let mut calendar = Calendar::shipped().unwrap();
        let stray = "year = 2027\noff = [\"2026-01-01\"]\non = []\n";
        assert!(matches!(
            calendar.add_year(stray),
            Err(CalendarError::File(_))
        ));
    }
}
