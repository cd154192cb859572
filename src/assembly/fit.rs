//! Whether what is left can still fill what is needed. An exact answer, by flow.

/// Which units may serve which cells of one section. Units that may serve the same cells are of
/// one kind, so that the flow runs over a few kinds and not over all units.
#[derive(Debug)]
pub(super) struct Fit {
    /// For each unit, its kind.
    kind_of: Vec<usize>,
    /// For each kind, the cells its units may serve, ascending.
    kinds: Vec<Vec<usize>>,
}

/// What a section of one paper still needs and what it may still take.
#[derive(Debug)]
pub(super) struct Stock<'a> {
    fit: &'a Fit,
    /// Units that each cell still needs.
    needs: Vec<usize>,
    /// Units of each kind that are still free.
    free: Vec<usize>,
    taken: Vec<bool>,
}

impl Fit {
    /// From the cells that each unit may serve, ascending.
    pub(super) fn new(serves: Vec<Vec<usize>>) -> Self {
        let mut kinds = serves.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let kind_of = serves
            .iter()
            .filter_map(|cells| kinds.binary_search(cells).ok())
            .collect();
        Self { kind_of, kinds }
    }

    /// The units that may serve `cell`, ascending.
    pub(super) fn candidates(&self, cell: usize) -> Vec<usize> {
        let may_serve = |unit: &usize| self.cells_of(*unit).contains(&cell);
        (0..self.kind_of.len()).filter(may_serve).collect()
    }

    /// The full stock, before anything is taken.
    pub(super) fn stock(&self, needs: Vec<usize>) -> Stock<'_> {
        let mut free = vec![0; self.kinds.len()];
        for &kind in &self.kind_of {
            free[kind] += 1;
        }
        Stock {
            fit: self,
            needs,
            free,
            taken: vec![false; self.kind_of.len()],
        }
    }

    fn cells_of(&self, unit: usize) -> &[usize] {
        &self.kinds[self.kind_of[unit]]
    }
}

impl Stock<'_> {
    /// How many units each cell can have, all together as many as possible; where cells compete,
    /// the earlier one is served first.
    pub(super) fn fillable(&self) -> Vec<usize> {
        let mut flow = Flow {
            kinds: &self.fit.kinds,
            free: self.free.clone(),
            given: vec![vec![0; self.needs.len()]; self.free.len()],
        };
        let fill = |(cell, &need): (usize, &usize)| {
            (0..need)
                .take_while(|_| flow.give(cell, &mut vec![false; self.needs.len()]))
                .count()
        };
        self.needs.iter().enumerate().map(fill).collect()
    }

    /// What `cell` still needs.
    pub(super) fn need(&self, cell: usize) -> usize {
        self.needs[cell]
    }

    /// Takes `unit`, which may serve `cell`, for it, unless the unit is gone or some cell could
    /// then no longer be filled. Cells are filled in ascending order. Says whether it was taken.
    pub(super) fn take(&mut self, unit: usize, cell: usize) -> bool {
        if self.taken[unit] {
            return false;
        }
        let kind = self.fit.kind_of[unit];
        self.needs[cell] -= 1;
        self.free[kind] -= 1;
        // A unit that no later cell could use is missed by none.
        let wanted_later = self.fit.kinds[kind].iter().any(|&other| other > cell);
        if wanted_later && self.fillable() != self.needs {
            self.needs[cell] += 1;
            self.free[kind] += 1;
            return false;
        }
        self.taken[unit] = true;
        true
    }
}

/// A flow of units to cells, grown one unit at a time along augmenting paths.
struct Flow<'a> {
    kinds: &'a [Vec<usize>],
    free: Vec<usize>,
    /// Units of each kind given to each cell.
    given: Vec<Vec<usize>>,
}

impl Flow<'_> {
    /// Gives `cell` one more unit, if need be from a cell not yet `asked` that can find another.
    /// No cell ends with fewer than it had.
    fn give(&mut self, cell: usize, asked: &mut [bool]) -> bool {
        asked[cell] = true;
        let kinds = self.kinds;
        let serving = || (0..kinds.len()).filter(|&kind| kinds[kind].contains(&cell));
        if let Some(kind) = serving().find(|&kind| self.free[kind] > 0) {
            self.free[kind] -= 1;
            self.given[kind][cell] += 1;
            return true;
        }
        for kind in serving() {
            for &holder in &kinds[kind] {
                if self.given[kind][holder] > 0 && !asked[holder] && self.give(holder, asked) {
                    self.given[kind][holder] -= 1;
                    self.given[kind][cell] += 1;
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wide_cell_leaves_the_narrow_one_its_only_unit() {
        // Unit 0 may serve both cells, unit 1 the first only.
        let fit = Fit::new(vec![vec![0, 1], vec![0]]);
        let mut stock = fit.stock(vec![1, 1]);
        assert_eq!(stock.fillable(), [1, 1]);
        assert!(!stock.take(0, 0), "cell 1 would be left with nothing");
        assert!(stock.take(1, 0));
        assert!(stock.take(0, 1));
        assert!(!stock.take(0, 1), "it is gone");
    }

    #[test]
    fn where_cells_compete_the_later_one_goes_short() {
        let fit = Fit::new(vec![vec![0, 1]; 5]);
        assert_eq!(fit.stock(vec![3, 4]).fillable(), [3, 2]);
    }

    /// Hall's condition: no set of cells needs more units than may serve any of them.
    fn hall(serves: &[Vec<usize>], needs: &[usize]) -> bool {
        (0..1_u32 << needs.len()).all(|set| {
            let within = |cell: &usize| set >> cell & 1 == 1;
            let need: usize = (0..needs.len())
                .filter(within)
                .map(|cell| needs[cell])
                .sum();
            let able = serves
                .iter()
                .filter(|cells| cells.iter().any(within))
                .count();
            need <= able
        })
    }

    proptest! {
        #[test]
        fn everything_can_be_filled_exactly_when_halls_condition_holds(
            serves in prop::collection::vec(prop::sample::subsequence(vec![0, 1, 2, 3], 0..=4), 0..14),
            needs in prop::collection::vec(0usize..5, 4),
        ) {
            let filled = Fit::new(serves.clone()).stock(needs.clone()).fillable() == needs;
            prop_assert_eq!(filled, hall(&serves, &needs));
        }
    }
}
