//! The working-day calendar (工作日). Holidays and make-up workdays are data, one file a year; a
//! year without a file is an error and never a guess.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Fault;

/// The arrangements that ship with the program.
const SHIPPED: [&str; 3] = [
    include_str!("../../calendars/2024.toml"),
    include_str!("../../calendars/2025.toml"),
    include_str!("../../calendars/2026.toml"),
];

/// The holiday arrangement of one year (节假日安排), as the State Council announces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// The year.
    pub year: i16,
    /// Weekdays that are days off.
    #[schema(value_type = Vec<String>)]
    pub off: BTreeSet<Date>,
    /// Weekend days that are worked (调休).
    #[schema(value_type = Vec<String>)]
    pub on: BTreeSet<Date>,
}

impl Arrangement {
    /// What is wrong with it: days of another year, days off that nobody works anyway, worked days
    /// that are no weekend, or no day off at all.
    pub fn faults(&self) -> Vec<Fault> {
        let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let wrong = |place, days: &BTreeSet<Date>, code, is: &dyn Fn(&Date) -> bool| {
            let day = days.iter().find(|day| is(day))?;
            Some(Fault::new(place, code).with("day", day))
        };
        let elsewhere = |day: &Date| day.year() != self.year;
        let mut faults: Vec<Fault> = [
            wrong("off", &self.off, "day-of-another-year", &elsewhere),
            wrong("on", &self.on, "day-of-another-year", &elsewhere),
            wrong("off", &self.off, "day-off-is-weekend", &weekend),
            wrong("on", &self.on, "day-on-is-weekday", &|day| !weekend(day)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.off.is_empty() {
            faults.push(Fault::new("off", "no-days-off"));
        }
        faults
    }
}

/// Working days over the years whose arrangements are known.
#[derive(Debug, Clone)]
pub struct Calendar(BTreeMap<i16, Arrangement>);

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
    fn add_year(&mut self, text: &str) -> Result<(), CalendarError> {
        let year: Arrangement =
            toml::from_str(text).map_err(|e| CalendarError::File(e.to_string()))?;
        self.add(year);
        Ok(())
    }

    /// Adds a year, or replaces it.
    pub fn add(&mut self, year: Arrangement) {
        self.0.insert(year.year, year);
    }

    /// The years that are known, in order.
    pub fn years(&self) -> impl Iterator<Item = &Arrangement> {
        self.0.values()
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
    fn a_year_that_was_entered_is_counted() {
        let mut calendar = Calendar::shipped().unwrap();
        calendar.add(Arrangement {
            year: 2027,
            off: [day("2027-01-01")].into(),
            on: BTreeSet::new(),
        });
        let last = calendar.after_workdays(day("2026-12-29"), 5);
        assert_eq!(last, Ok(day("2027-01-06")));
    }

    #[test]
    fn what_ships_has_no_faults_and_every_fault_names_its_day() {
        assert!(
            Calendar::shipped()
                .unwrap()
                .years()
                .all(|y| y.faults().is_empty())
        );
        let wrong = Arrangement {
            year: 2027,
            off: [day("2026-01-01"), day("2027-01-02")].into(),
            on: [day("2027-01-04")].into(),
        };
        let found: Vec<_> = wrong
            .faults()
            .iter()
            .map(|f| (f.place.clone(), f.code))
            .collect();
        let expected = [
            ("off", "day-of-another-year"),
            ("off", "day-off-is-weekend"),
            ("on", "day-on-is-weekday"),
        ];
        assert_eq!(
            found,
            expected.map(|(place, code)| (place.to_owned(), code))
        );
    }
}
