//! Rules of a sitting: when a room is open, and which of two answers counts. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bank::item::Answer;
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

/// An answer that names options by the places where the candidate saw them, as it is kept: by the
/// author's places, from which keys and marks follow. The candidate never learns the author's
/// places: where authors like to put the key is nobody's business. None if she saw no such option.
pub fn as_kept(answer: Answer, option_order: &[u8]) -> Option<Answer> {
    let author = |shown: &u8| option_order.get(usize::from(*shown)).copied();
    Some(match answer {
        Answer::Options { chosen } => {
            let mut chosen = chosen.iter().map(author).collect::<Option<Vec<u8>>>()?;
            chosen.sort_unstable();
            Answer::Options { chosen }
        }
        Answer::Places { chosen } => {
            let kept = |shown: &Option<u8>| {
                shown
                    .as_ref()
                    .map_or(Some(None), |one| author(one).map(Some))
            };
            Answer::Places {
                chosen: chosen.iter().map(kept).collect::<Option<_>>()?,
            }
        }
        other => other,
    })
}

/// The inverse of [`as_kept`]: a kept answer as its candidate gave it.
pub fn as_shown(answer: Answer, option_order: &[u8]) -> Answer {
    let shown = (0_u8..).zip(option_order);
    match answer {
        Answer::Options { chosen } => {
            let chosen = shown.filter(|(_, author)| chosen.contains(author));
            Answer::Options {
                chosen: chosen.map(|(shown, _)| shown).collect(),
            }
        }
        Answer::Places { chosen } => {
            let place = |kept: u8| shown.clone().find(|(_, author)| **author == kept);
            let seen = |kept: Option<u8>| kept.and_then(place).map(|(shown, _)| shown);
            Answer::Places {
                chosen: chosen.into_iter().map(seen).collect(),
            }
        }
        other => other,
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
    use proptest::strategy::Strategy as _;

    fn options(chosen: &[u8]) -> Answer {
        Answer::Options {
            chosen: chosen.to_vec(),
        }
    }

    #[test]
    fn options_are_named_by_where_they_were_seen_and_kept_by_the_authors_places() {
        let order = [2, 0, 3, 1];
        assert_eq!(as_kept(options(&[0]), &order), Some(options(&[2])));
        assert_eq!(as_kept(options(&[0, 1]), &order), Some(options(&[0, 2])));
        assert_eq!(as_shown(options(&[0, 2]), &order), options(&[0, 1]));
        assert_eq!(as_kept(options(&[4]), &order), None);
        let places = |chosen: [Option<u8>; 3]| Answer::Places {
            chosen: chosen.to_vec(),
        };
        let (seen, kept) = ([Some(0), None, Some(3)], [Some(2), None, Some(1)]);
        assert_eq!(as_kept(places(seen), &order), Some(places(kept)));
        assert_eq!(as_shown(places(kept), &order), places(seen));
        assert_eq!(as_kept(places([Some(4), None, None]), &order), None);
        let judgement = Answer::Judgement { holds: true };
        assert_eq!(as_kept(judgement.clone(), &[]), Some(judgement));
    }

    proptest::proptest! {
        #[test]
        fn what_was_chosen_comes_back_as_it_was_chosen(
            order in proptest::strategy::Just((0_u8..6).collect::<Vec<_>>()).prop_shuffle(),
            chosen in proptest::collection::btree_set(0_u8..6, 0..6),
        ) {
            let given = options(&chosen.into_iter().collect::<Vec<_>>());
            let kept = as_kept(given.clone(), &order).unwrap();
            proptest::prop_assert_eq!(as_shown(kept, &order), given);
        }
    }

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
