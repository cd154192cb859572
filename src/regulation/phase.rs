//! The phases an examination passes through. Each step is an act of one room; an act out of order
//! is refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Problem;

/// Where an examination stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Being prepared; rules and posts may change.
    Draft,
    /// The announcement is published and the rules are frozen; registration and review.
    Announced,
    /// Registration is closed; tickets and seats are issued.
    Ticketed,
    /// Papers are made and locked; sittings are held.
    Locked,
    /// All sittings are over; scripts are marked.
    Marking,
    /// Written results and the shortlist are published; interviews and assessments are held.
    WrittenPublished,
    /// The merit list is published.
    Published,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Announced,
        Self::Ticketed,
        Self::Locked,
        Self::Marking,
        Self::WrittenPublished,
        Self::Published,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Announced => "announced",
            Self::Ticketed => "ticketed",
            Self::Locked => "locked",
            Self::Marking => "marking",
            Self::WrittenPublished => "written_published",
            Self::Published => "published",
        }
    }

    /// Refuses unless this is one of `allowed`.
    pub fn must_be(self, allowed: &[Self]) -> Result<(), Problem> {
        if allowed.contains(&self) {
            return Ok(());
        }
        Err(Problem::conflict("stage-out-of-order").with("phase", self.as_str()))
    }

    /// The phase after this one.
    pub fn next(self) -> Option<Self> {
        let place = Self::ALL.iter().position(|phase| *phase == self)?;
        Self::ALL.get(place + 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_each_other_without_skipping() {
        let mut phase = Phase::Draft;
        let mut seen = vec![phase];
        while let Some(next) = phase.next() {
            assert!(next > phase);
            phase = next;
            seen.push(phase);
        }
        assert_eq!(seen, Phase::ALL);
    }

    #[test]
    fn an_act_in_another_phase_is_refused_with_the_phase() {
        let refused = Phase::Announced.must_be(&[Phase::Draft]).unwrap_err();
        assert_eq!(refused.code, "stage-out-of-order");
        assert_eq!(refused.args, [("phase", "announced".to_owned())]);
    }
}
