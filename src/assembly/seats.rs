//! Which paper goes to which seat: neighbours get papers that have little in common.

use std::collections::VecDeque;

/// Papers that are looked at for a seat.
const WINDOW: usize = 32;
/// Seats before it, in its room, that count as near: in rooms of rows or columns of up to twelve
/// they hold every neighbour that sits already.
const NEAR: usize = 12;

/// Where a candidate sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seated<'a> {
    /// Room.
    pub room: &'a str,
    /// Seat, from one.
    pub seat: i32,
    /// The candidate's code.
    pub code: &'a str,
}

/// The items of a paper, a bit for each.
type Bits = Vec<u64>;

/// For each of the seats the number of its paper, from zero. In order of rooms, seats and codes,
/// each gets that of the next [`WINDOW`] papers whose most items in common with a paper near it is
/// least; of equal ones the earliest.
pub(super) fn give(seats: &[Seated<'_>], items_of: impl Fn(usize) -> Vec<u32>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..seats.len()).collect();
    order.sort_by_key(|at| seats[*at]);
    let mut numbers = 0..seats.len();
    let mut waiting: VecDeque<(usize, Bits)> = VecDeque::new();
    let mut near: VecDeque<Bits> = VecDeque::new();
    let mut room = None;
    let mut given = vec![0; seats.len()];
    for at in order {
        while waiting.len() < WINDOW
            && let Some(number) = numbers.next()
        {
            waiting.push_back((number, bits(&items_of(number))));
        }
        if room != Some(seats[at].room) {
            room = Some(seats[at].room);
            near.clear();
        }
        let most = |(_, paper): &(usize, Bits)| near.iter().map(|other| common(paper, other)).max();
        let best = (0..waiting.len()).min_by_key(|place| most(&waiting[*place]));
        let Some((number, paper)) = best.and_then(|place| waiting.remove(place)) else {
            continue;
        };
        given[at] = number;
        near.push_back(paper);
        if near.len() > NEAR {
            near.pop_front();
        }
    }
    given
}

fn bits(items: &[u32]) -> Bits {
    let mut bits = Vec::new();
    for item in items {
        let (word, bit) = (super::forms::index(item / 64), item % 64);
        if bits.len() <= word {
            bits.resize(word + 1, 0);
        }
        bits[word] |= 1 << bit;
    }
    bits
}

/// How many items two papers have in common.
fn common(one: &Bits, other: &Bits) -> u32 {
    let words = one.iter().zip(other);
    words.map(|(one, other)| (one & other).count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(rooms: &[(&'static str, i32)]) -> Vec<Seated<'static>> {
        let seat = |&(room, seat): &(&'static str, i32)| Seated {
            room,
            seat,
            code: "",
        };
        rooms.iter().map(seat).collect()
    }

    #[test]
    fn neighbours_get_papers_with_little_in_common() {
        // Papers 0 and 1 are the same, 2 and 3 have nothing in common with them.
        let papers = [vec![1, 2], vec![1, 2], vec![3, 70], vec![4, 71]];
        let given = give(&seats(&[("001", 1), ("001", 2), ("001", 3)]), |number| {
            papers[number].clone()
        });
        assert_eq!(given, [0, 2, 1], "the only one that is left comes last");
    }

    #[test]
    fn rooms_begin_anew_and_every_paper_is_given_once() {
        let papers = [vec![1], vec![2], vec![1], vec![2]];
        let places = seats(&[("002", 1), ("001", 2), ("001", 1), ("002", 2)]);
        let given = give(&places, |number| papers[number].clone());
        assert_eq!(given, [2, 1, 0, 3]);
    }
}
