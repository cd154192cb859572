//! Rules of a sitting: when a room is open, and which of two answers counts. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Instant, Problem};

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Answers are taken.
    Open,
    /// Handed in, or closed by time.
    Closed,
}

impl AttemptState {
    /// All states.
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Who closed an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The candidate handed in.
    Candidate,
    /// Time was over.
    Time,
}

impl ClosedBy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Candidate, Self::Time];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Time => "time",
        }
    }
}

/// Whether a room is open to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Not yet.
    Early,
    /// Open; answers are taken up to and including `ends`.
    Open {
        /// The end for this candidate.
        ends: Instant,
    },
    /// No longer.
    Over,
}

/// The room at `now`, for a candidate who has `extra_seconds` on top of the common time.
pub fn window(opens_at: Instant, closes_at: Instant, extra_seconds: i64, now: Instant) -> Window {
    let ends = closes_at.plus_seconds(extra_seconds);
    if now < opens_at {
        Window::Early
    } else if now <= ends {
        Window::Open { ends }
    } else {
        Window::Over
    }
}

/// Why answers of an attempt are no longer taken, if so. The server's clock alone decides.
pub fn refusal(state: AttemptState, closes_at: Instant, now: Instant) -> Option<Problem> {
    match state {
        AttemptState::Closed => Some(Problem::conflict("attempt-closed")),
        AttemptState::Open if now > closes_at => Some(Problem::conflict("time-is-over")),
        AttemptState::Open => None,
    }
}

/// Whether an answer of revision `sent` takes the place of one of revision `stored`. Revisions
/// are counted by the candidate's browser, so whatever the network repeats or overtakes, the
/// answer given last stands. The store's upsert says the same in SQL.
pub const fn supersedes(sent: i64, stored: i64) -> bool {
    sent > stored
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENS: Instant = Instant::from_micros(0);
    const CLOSES: Instant = OPENS.plus_seconds(3600);

    #[test]
    fn a_room_is_open_from_its_first_to_its_last_second() {
        let at = |seconds| window(OPENS, CLOSES, 0, OPENS.plus_seconds(seconds));
        assert_eq!(at(-1), Window::Early);
        assert_eq!(at(0), Window::Open { ends: CLOSES });
        assert_eq!(at(3600), Window::Open { ends: CLOSES });
        assert_eq!(at(3601), Window::Over);
    }

    #[test]
    fn extra_time_moves_the_end_and_not_the_beginning() {
        let at = |seconds| window(OPENS, CLOSES, 600, OPENS.plus_seconds(seconds));
        let ends = CLOSES.plus_seconds(600);
        assert_eq!(at(-1), Window::Early);
        assert_eq!(at(4200), Window::Open { ends });
        assert_eq!(at(4201), Window::Over);
    }

    #[test]
    fn answers_are_taken_until_time_is_over_or_the_attempt_closed() {
        let code = |state, now| refusal(state, CLOSES, now).map(|problem| problem.code);
        assert_eq!(code(AttemptState::Open, CLOSES), None);
        let late = CLOSES.plus_seconds(1);
        assert_eq!(code(AttemptState::Open, late), Some("time-is-over"));
        assert_eq!(code(AttemptState::Closed, OPENS), Some("attempt-closed"));
    }
}
