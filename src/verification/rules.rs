//! What a check says, and how two accounts of the same thing are compared. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::kernel::Problem;

/// The first thing that does not agree, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Difference(String);

impl Difference {
    /// At `place`, `what` is wrong.
    pub fn new(place: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self(format!("{place}: {what}"))
    }
}

/// What cannot be read does not agree with anything.
impl From<Problem> for Difference {
    fn from(problem: Problem) -> Self {
        Self::new("cannot be read", problem)
    }
}

/// Gives a failure the place where it happened.
pub trait At<T> {
    /// This happened at `place`.
    fn at(self, place: impl fmt::Display) -> Result<T, Difference>;
}

impl<T, E: fmt::Display> At<T> for Result<T, E> {
    fn at(self, place: impl fmt::Display) -> Result<T, Difference> {
        self.map_err(|error| Difference::new(place, error))
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Its number; `docs/verification.md` has the list.
    pub number: u8,
    /// What it looks at.
    pub name: &'static str,
    /// How many things were compared and agreed.
    pub checked: usize,
    /// The first difference, if there is one.
    pub failure: Option<String>,
    /// Whether any examination has come so far that there is something to check.
    pub applicable: bool,
}

impl Outcome {
    /// A check that has not looked at anything yet.
    pub const fn new(number: u8, name: &'static str) -> Self {
        Self {
            number,
            name,
            checked: 0,
            failure: None,
            applicable: false,
        }
    }

    /// Adds what was found in one examination. Of several differences the first stays.
    #[must_use]
    pub fn and(mut self, found: Result<usize, Difference>) -> Self {
        self.applicable = true;
        match found {
            Ok(count) => self.checked += count,
            Err(difference) => {
                self.failure.get_or_insert(difference.to_string());
            }
        }
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, name, .. } = self;
        match &self.failure {
            Some(failure) => write!(f, "FAILED V{number} {name}: {failure}"),
            None if self.applicable => write!(f, "ok V{number} {name}: {} checked", self.checked),
            None => write!(f, "-- V{number} {name}: not applicable"),
        }
    }
}

/// What is stored must be what follows; `what` names it and `source` says from where it follows:
/// `stored mark 1.6, the key gives 0`.
pub fn same<T: PartialEq + fmt::Display>(
    place: impl fmt::Display,
    what: &str,
    stored: &T,
    source: &str,
    follows: &T,
) -> Result<(), Difference> {
    if stored == follows {
        return Ok(());
    }
    let what = format!("stored {what} {stored}, {source} {follows}");
    Err(Difference::new(place, what))
}

/// As [`same`], for hashes, shown in hexadecimal.
pub fn same_hash(
    place: impl fmt::Display,
    what: &str,
    stored: impl AsRef<[u8]>,
    source: &str,
    follows: impl AsRef<[u8]>,
) -> Result<(), Difference> {
    let (stored, follows) = (hex::encode(stored), hex::encode(follows));
    same(place, what, &stored, source, &follows)
}

/// As [`same`], for whole tables: the first key, in order, at which they differ is named by
/// `place`. Gives the number of keys.
pub fn same_table<K: Ord, V: PartialEq + fmt::Display>(
    stored: &BTreeMap<K, V>,
    follows: &BTreeMap<K, V>,
    place: impl Fn(&K) -> String,
    what: &str,
    source: &str,
) -> Result<usize, Difference> {
    let Some((key, stored, follows)) = first_difference(stored, follows) else {
        return Ok(follows.len());
    };
    let shown = |value: Option<&V>| value.map_or_else(|| "none".to_owned(), V::to_string);
    same(place(key), what, &shown(stored), source, &shown(follows))?;
    // Two values that differ and are written alike.
    Err(Difference::new(place(key), format!("another {what}")))
}

/// The first key, in order, that only one of two tables has, or that stands for different values.
pub fn first_difference<'a, K: Ord, V: PartialEq>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> Option<(&'a K, Option<&'a V>, Option<&'a V>)> {
    let differs = |key: &&K| one.get(key) != other.get(key);
    let here = one.keys().find(differs);
    let there = other.keys().find(differs);
    let key = match (here, there) {
        (Some(here), Some(there)) => here.min(there),
        (here, there) => here.or(there)?,
    };
    Some((key, one.get(key), other.get(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(u8, u8)]) -> BTreeMap<u8, u8> {
        rows.iter().copied().collect()
    }

    fn compared(stored: &[(u8, u8)], follows: &[(u8, u8)]) -> Result<usize, String> {
        let place = |key: &u8| format!("position {key}");
        let (stored, follows) = (table(stored), table(follows));
        same_table(&stored, &follows, place, "mark", "the key gives").map_err(|d| d.to_string())
    }

    #[test]
    fn tables_that_agree_are_counted() {
        assert_eq!(compared(&[(1, 5), (2, 6)], &[(1, 5), (2, 6)]), Ok(2));
    }

    #[test]
    fn the_first_difference_is_named_whichever_table_it_is_in() {
        let named = |stored, follows| compared(stored, follows).unwrap_err();
        assert_eq!(
            named(&[(1, 5), (2, 7), (3, 0)], &[(1, 5), (2, 6), (3, 1)]),
            "position 2: stored mark 7, the key gives 6"
        );
        assert_eq!(
            named(&[(1, 5)], &[(0, 4), (1, 5)]),
            "position 0: stored mark none, the key gives 4"
        );
        assert_eq!(
            named(&[(1, 5), (2, 6)], &[(1, 5)]),
            "position 2: stored mark 6, the key gives none"
        );
    }

    #[test]
    fn an_outcome_keeps_its_first_difference_and_counts_what_agreed() {
        let outcome = Outcome::new(3, "tickets");
        assert_eq!(outcome.to_string(), "-- V3 tickets: not applicable");
        let outcome = outcome.and(Ok(12));
        assert_eq!(outcome.to_string(), "ok V3 tickets: 12 checked");
        let differs = |what| Err(Difference::new("examination a", what));
        let outcome = outcome.and(differs("one")).and(differs("two"));
        assert_eq!(outcome.to_string(), "FAILED V3 tickets: examination a: one");
    }
}
