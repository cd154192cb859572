//! Instants and the one clock everything reads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A point in time: microseconds since 1970-01-01 UTC. Stored as such, so that both databases
/// compare instants alike; written as RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = "date-time")]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Microseconds since the epoch, by reference, for the store.
    pub(crate) const fn micros_ref(&self) -> &i64 {
        &self.0
    }

    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant moved by `seconds` (which may be negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000_000)
    }

    /// As a date and time in `zone`.
    pub fn in_zone(self, zone: &TimeZone) -> jiff::Zoned {
        self.timestamp().to_zoned(zone.clone())
    }

    /// The calendar date in `zone`.
    pub fn date_in(self, zone: &TimeZone) -> Date {
        self.timestamp().to_zoned(zone.clone()).date()
    }

    /// The calendar year in China, where the examinations are held.
    pub fn year(self) -> i32 {
        let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
        i32::from(self.date_in(&zone).year())
    }

    /// `2026-03-01 09:00` in `zone`, for people.
    pub fn minute_in(self, zone: &TimeZone) -> String {
        self.timestamp()
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    /// Reads a form's local time, `2026-03-01T09:00`, as a time in `zone`.
    pub fn from_local(text: &str, zone: &TimeZone) -> Option<Self> {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = zone.to_ambiguous_zoned(local).unambiguous().ok()?;
        Some(Self(zoned.timestamp().as_microsecond()))
    }

    /// As a form's local time, `2026-03-01T09:00`, in `zone`.
    pub fn local_in(self, zone: &TimeZone) -> String {
        self.timestamp()
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%dT%H:%M")
            .to_string()
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(timestamp.as_microsecond()))
    }
}

/// The zone in which examinations are held, and in which days are counted.
pub fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC)
}

/// The clock. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Set by hand: rehearsals, the demonstration and tests pass through days in seconds.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is set.
    pub fn manual(start: Instant) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.micros()))))
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads it"
            )]
            Source::System => Instant(Timestamp::now().as_microsecond()),
            Source::Manual(micros) => Instant(micros.load(Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock; the system clock cannot be set.
    pub fn set(&self, to: Instant) {
        if let Source::Manual(micros) = &self.0 {
            micros.store(to.micros(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or_default();
        self.set(Instant(self.now().micros() + micros));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_read_in_the_examinations_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let nine = Instant::from_local("2026-03-01T09:00", &shanghai).unwrap();
        assert_eq!(nine.to_string(), "2026-03-01T01:00:00Z");
        assert_eq!(nine.local_in(&shanghai), "2026-03-01T09:00");
        assert_eq!(nine.minute_in(&shanghai), "2026-03-01 09:00");
        assert_eq!(Instant::from_local("1 March", &shanghai), None);
    }

    #[test]
    fn a_manual_clock_stands_until_it_is_moved() {
        let clock = Clock::manual(Instant::from_micros(0));
        let same = clock.clone();
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(same.now(), Instant::from_micros(90_000_000));
    }
}
