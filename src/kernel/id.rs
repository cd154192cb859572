//! Ids of rows: UUID version 7, made by the application from the injected clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::Instant;
use super::secret;

/// The id of any row. Public numbers (ticket, post code) are separate from it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct Id(Uuid);

impl Id {
    /// A new id; its first 48 bits are the milliseconds of `now`.
    pub fn new(now: Instant) -> Self {
        let millis = u64::try_from(now.micros() / 1000).unwrap_or_default();
        let random: [u8; 10] = secret::random();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The sixteen bytes, as stored.
    pub fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the sixteen stored bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = Id::new(Instant::from_micros(1_700_000_000_000_000));
        let late = Id::new(Instant::from_micros(1_700_000_000_001_000));
        assert!(early < late);
        assert_eq!(early.to_string().parse::<Id>().unwrap(), early);
        assert_eq!(Id::from_slice(early.bytes()), Some(early));
    }
}
