//! How many units each cell has where a blueprint gives a range: fixed once, for all papers.

/// Most items that are made up.
const ITEMS_MAX: usize = 1000;

/// A cell that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::assembly) struct Range {
    /// Units that a paper takes at least.
    pub least: usize,
    /// Units that it takes at most, if there are as many.
    pub most: usize,
    /// Units that there are; and of these, how many can stand on one paper.
    pub units: usize,
    pub apart: usize,
    /// Items of each unit on a paper.
    pub step: usize,
    /// Items of its smallest unit.
    pub smallest: usize,
}

impl Range {
    /// So many more units than the least it may take.
    const fn room(&self) -> usize {
        let most = if self.most < self.apart {
            self.most
        } else {
            self.apart
        };
        most.saturating_sub(self.least)
    }

    /// Whether the stock ends before the range does.
    pub const fn is_limited(&self) -> bool {
        self.apart < self.most
    }

    /// With so many units on a paper, in what share of papers its most used item is at least, as a
    /// fraction.
    fn exposure(&self, taken: usize) -> (u128, u128) {
        let wide = |number: usize| u128::try_from(number).unwrap_or(u128::MAX);
        (
            wide(taken) * wide(self.step),
            wide(self.units.max(1)) * wide(self.smallest.max(1)),
        )
    }
}

/// How many units each cell takes, so that they make so many items; none if they cannot. The
/// parent module's page says how.
pub(in crate::assembly) fn settle(cells: &[Range], items: usize) -> Option<Vec<usize>> {
    if items > ITEMS_MAX {
        return None;
    }
    let mut taken: Vec<usize> = cells.iter().map(|cell| cell.least).collect();
    let fixed: usize = cells.iter().map(|cell| cell.least * cell.step).sum();
    let mut rest = items.checked_sub(fixed)?;
    let mut room: Vec<(usize, usize)> = cells.iter().map(|c| (c.step, c.room())).collect();
    if !makes_up(rest, &room) {
        return None;
    }
    while rest > 0 {
        let mut best: Option<(usize, (u128, u128))> = None;
        for (at, cell) in cells.iter().enumerate() {
            if room[at].1 == 0 || cell.step > rest {
                continue;
            }
            let mut after = room.clone();
            after[at].1 -= 1;
            if !makes_up(rest - cell.step, &after) {
                continue;
            }
            let (uses, papers) = cell.exposure(taken[at] + 1);
            if best.is_none_or(|(_, (least, of))| uses * of < least * papers) {
                best = Some((at, (uses, papers)));
            }
        }
        let (at, _) = best?;
        taken[at] += 1;
        room[at].1 -= 1;
        rest -= cells[at].step;
    }
    Some(taken)
}

/// Whether so many items can be made up of these: of each, a number of items and how often.
fn makes_up(items: usize, parts: &[(usize, usize)]) -> bool {
    let mut reached = vec![false; items + 1];
    reached[0] = true;
    for &(step, times) in parts.iter().filter(|(step, times)| *step > 0 && *times > 0) {
        // How often this part was used to come here, counted anew from what the others reach.
        let mut used: Vec<Option<usize>> = reached.iter().map(|r| r.then_some(0)).collect();
        for at in step..=items {
            if used[at].is_none() {
                used[at] = used[at - step].map(|n| n + 1).filter(|n| *n <= times);
            }
        }
        reached = used.iter().map(Option::is_some).collect();
    }
    reached[items]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(least: usize, most: usize, units: usize, step: usize) -> Range {
        Range {
            least,
            most,
            units,
            apart: units,
            step,
            smallest: step,
        }
    }

    #[test]
    fn the_cell_whose_items_are_used_least_takes_the_next() {
        let cells = [cell(1, 9, 10, 1), cell(1, 9, 40, 1)];
        // 2 of 10 is as often as 8 of 40, so the first comes only then.
        assert_eq!(settle(&cells, 8), Some(vec![1, 7]));
        assert_eq!(settle(&cells, 10), Some(vec![2, 8]));
        assert_eq!(settle(&cells, 18), Some(vec![9, 9]));
        assert_eq!(settle(&cells, 19), None);
        assert_eq!(settle(&cells, 1), None);
    }

    #[test]
    fn steps_are_chosen_so_that_the_rest_can_be_made_up() {
        // Two more would leave one, which nobody can make up; so the three of the second.
        let cells = [cell(1, 3, 100, 2), cell(1, 2, 2, 3)];
        assert_eq!(settle(&cells, 8), Some(vec![1, 2]));
        assert_eq!(settle(&cells, 6), None);
    }

    fn any_cell() -> impl Strategy<Value = Range> {
        (1usize..4, 0usize..4, 0usize..9, 1usize..4).prop_map(|(least, more, units, step)| Range {
            smallest: step + units % 2,
            ..cell(least, least + more, units + least, step)
        })
    }

    /// Every way of taking units within the ranges.
    fn all_ways(cells: &[Range]) -> Vec<Vec<usize>> {
        let Some((first, rest)) = cells.split_first() else {
            return vec![Vec::new()];
        };
        let ways = all_ways(rest);
        let with = |taken| {
            let extended = ways.iter().map(move |way| [&[taken], &way[..]].concat());
            extended.collect::<Vec<_>>()
        };
        (first.least..=first.least + first.room())
            .flat_map(with)
            .collect()
    }

    proptest! {
        /// It is found whenever there is one, keeps every range, and with single items no other
        /// way uses its most used item less.
        #[test]
        fn what_can_be_made_up_is_and_as_evenly_as_can_be(
            cells in prop::collection::vec(any_cell(), 1..5), items in 1usize..30, single: bool,
        ) {
            let cells: Vec<Range> = cells
                .into_iter()
                .map(|cell| if single { Range { step: 1, smallest: 1, ..cell } } else { cell })
                .collect();
            let sum = |way: &Vec<usize>| way.iter().zip(&cells).map(|(n, c)| n * c.step).sum::<usize>();
            let ways: Vec<_> = all_ways(&cells).into_iter().filter(|way| sum(way) == items).collect();
            let found = settle(&cells, items);
            prop_assert_eq!(found.is_some(), !ways.is_empty());
            let Some(found) = found else { return Ok(()) };
            prop_assert!(ways.contains(&found));
            let most = |way: &Vec<usize>| {
                let shares = way.iter().zip(&cells).map(|(n, c)| {
                    let (uses, papers) = c.exposure(*n);
                    u32::try_from(uses * 27_720 / papers).unwrap()
                });
                shares.max()
            };
            if single {
                prop_assert_eq!(most(&found), ways.iter().map(most).min().unwrap());
            }
        }
    }
}
