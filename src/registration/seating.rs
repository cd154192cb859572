//! Ticket numbers, rooms and seats, drawn so that anyone can draw them again. Pure.
//!
//! ```text
//! candidates : the approved applications in the byte order of their commitments in the pool of
//!              the draw (stratum empty, content the 16 bytes of the id), counted from 0
//! tickets    : t = perm(sub(seed, "tickets"), n); candidate t[i] gets place i + 1
//! number     : year ‖ track digit ‖ place in six digits
//!              (1 civil service, 2 public institution, 3 promotion, 4 title)
//! seats      : s = perm(sub(seed, "seats"), n); candidate s[i] gets room i ÷ 30 + 1 in three
//!              digits, and seat i mod 30 + 1
//! root       : RFC 6962 root over the leaves ticket ‖ 0 ‖ room ‖ 0 ‖ seat ‖ 0 ‖ application id
//!              (16 bytes), in the order of ticket numbers; texts in ASCII, seat in decimal
//! ```
//!
//! `perm` and `sub` are those of EXAM-DRAW-1 ([`crate::draw`]), the seed is that of the draw for
//! `seats`. The decision `tickets.issued`
//! carries the seed, the number of candidates and the root.

use crate::draw::Seed;
use crate::kernel::Id;
use crate::kernel::merkle::{self, Hash};
use crate::regulation::Track;

/// The name of this rule, cited by the decision.
pub const RULE: &str = "EXAM-DRAW-1 sub tickets, seats; 30 a room";

/// Seats in a room: the standard room (标准考场).
const ROOM: usize = 30;

/// The ticket number, room and seat of one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Ticket number (准考证号).
    pub ticket_no: String,
    /// Room.
    pub room: String,
    /// Seat, from one.
    pub seat: i32,
}

/// Draws the places of `n` candidates, in the order of the candidates.
pub fn draw(seed: &Seed, n: usize, year: i32, track: Track) -> Vec<Place> {
    ticket_numbers(seed, n, year, track)
        .into_iter()
        .zip(seats(seed, n))
        .map(|(ticket_no, (room, seat))| Place {
            ticket_no,
            room,
            seat,
        })
        .collect()
}

/// The ticket numbers of `n` candidates, in the order of the candidates.
pub fn ticket_numbers(seed: &Seed, n: usize, year: i32, track: Track) -> Vec<String> {
    let digit = track_digit(track);
    positions(&seed.sub("tickets"), n)
        .into_iter()
        .map(|place| format!("{year}{digit}{:06}", place + 1))
        .collect()
}

/// Rooms and seats of `n` candidates, in the order of the candidates.
pub fn seats(seed: &Seed, n: usize) -> Vec<(String, i32)> {
    positions(&seed.sub("seats"), n)
        .into_iter()
        .map(|place| {
            let seat = i32::try_from(place % ROOM + 1).unwrap_or_default();
            (format!("{:03}", place / ROOM + 1), seat)
        })
        .collect()
}

/// At which position of the permutation each of `0..n` stands.
fn positions(seed: &Seed, n: usize) -> Vec<usize> {
    let mut order: Vec<(usize, usize)> = seed
        .permutation(n)
        .into_iter()
        .enumerate()
        .map(|(position, candidate)| (candidate, position))
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, position)| position).collect()
}

const fn track_digit(track: Track) -> u8 {
    match track {
        Track::CivilService => 1,
        Track::Institution => 2,
        Track::Promotion => 3,
        Track::Title => 4,
    }
}

/// The hash that stands for the whole list of tickets.
pub fn root<'a>(places: impl IntoIterator<Item = (&'a Place, Id)>) -> Hash {
    let mut rows: Vec<_> = places.into_iter().collect();
    rows.sort_by(|(a, _), (b, _)| a.ticket_no.as_bytes().cmp(b.ticket_no.as_bytes()));
    let leaves: Vec<Hash> = rows
        .iter()
        .map(|(place, application)| leaf(place, *application))
        .collect();
    merkle::root(&leaves)
}

fn leaf(place: &Place, application: Id) -> Hash {
    let head = format!("{}\0{}\0{}\0", place.ticket_no, place.room, place.seat);
    merkle::leaf_hash(&[head.as_bytes(), application.bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Instant;
    use std::collections::BTreeSet;

    fn seed() -> Seed {
        Seed::new([7; 32])
    }

    #[test]
    fn everybody_gets_one_number_and_one_seat() {
        let places = draw(&seed(), 95, 2026, Track::Promotion);
        let tickets: BTreeSet<_> = places.iter().map(|p| p.ticket_no.as_str()).collect();
        let seats: BTreeSet<_> = places.iter().map(|p| (p.room.as_str(), p.seat)).collect();
        assert_eq!((tickets.len(), seats.len()), (95, 95));
        assert_eq!(tickets.first(), Some(&"20263000001"));
        assert_eq!(tickets.last(), Some(&"20263000095"));
        assert_eq!(seats.first(), Some(&("001", 1)));
        assert_eq!(seats.last(), Some(&("004", 5)));
    }

    #[test]
    fn the_draw_can_be_repeated_from_its_definition() {
        let order = seed().sub("seats").permutation(40);
        let seats = seats(&seed(), 40);
        assert_eq!(seats[order[0]], ("001".to_owned(), 1));
        assert_eq!(seats[order[31]], ("002".to_owned(), 2));
        let order = seed().sub("tickets").permutation(40);
        let tickets = ticket_numbers(&seed(), 40, 2026, Track::CivilService);
        assert_eq!(tickets[order[9]], "20261000010");
    }

    #[test]
    fn two_who_swap_seats_change_the_root() {
        let now = Instant::from_micros(1_790_000_000_000_000);
        let ids: Vec<Id> = (0..4).map(|_| Id::new(now)).collect();
        let mut places = draw(&seed(), 4, 2026, Track::Title);
        let before = root(places.iter().zip(ids.iter().copied()));
        let first = places[0].seat;
        places[0].seat = places[1].seat;
        places[1].seat = first;
        assert_ne!(before, root(places.iter().zip(ids.iter().copied())));
    }

    #[test]
    fn nobody_is_an_empty_plan() {
        assert!(draw(&seed(), 0, 2026, Track::Title).is_empty());
    }
}
