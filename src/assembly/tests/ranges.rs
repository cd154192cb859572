//! Cells with ranges, and sections with times.

use proptest::prelude::*;

use super::laws::{any_cell, any_items};
use super::*;
use crate::assembly::sorted::Sorted;
use crate::assembly::stock::hurried;

fn ranged(topic: &str, least: u32, most: u32) -> Cell {
    Cell {
        count_max: Some(most),
        ..cell(Some(topic), least, None)
    }
}

fn of_items(cells: Vec<Cell>, items: u32) -> Blueprint {
    let mut blueprint = blueprint(cells);
    blueprint.sections[0].items = Some(items);
    blueprint
}

fn needed(blueprint: &Blueprint, pool: &Pool) -> Vec<usize> {
    stock(blueprint, pool)
        .iter()
        .map(|cell| cell.needed)
        .collect()
}

/// The cell with the larger stock gives more, every paper has the same numbers, and no item is used
/// more than it must be.
#[test]
fn a_range_is_settled_by_the_stock_once_for_all_papers() {
    let pool = pool([easy_items("a", 10), easy_items("b", 40)].concat());
    let blueprint = of_items(vec![ranged("a", 1, 8), ranged("b", 1, 8)], 10);
    assert_eq!(blueprint.faults(), []);
    assert_eq!(blueprint.item_count(), 10);
    assert_eq!(needed(&blueprint, &pool), [2, 8]);
    for paper in papers(&blueprint, &pool, &seed(1), &["A", "B", "C"]) {
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
        let of_a = codes(&paper, &pool)
            .iter()
            .filter(|code| code.starts_with('a'))
            .count();
        assert_eq!((of_a, paper.places().count()), (2, 10));
        assert_eq!(paper.total_marks(), Score::whole(10));
    }
}

#[test]
fn a_stimulus_cell_grows_by_whole_stimuli() {
    let mut items = easy_items("a", 3);
    for stimulus in ["x", "y", "z"] {
        items.extend((0..3).map(|n| of_stimulus(stimulus, n)));
    }
    let pool = pool(items);
    let stimuli = Cell {
        count_max: Some(9),
        ..cell(None, 3, Some(1))
    };
    let blueprint = of_items(vec![stimuli, ranged("a", 1, 3)], 7);
    assert_eq!(blueprint.faults(), []);
    // Two stimuli of three are as often used as two of three items; with one stimulus four items are wanting.
    assert_eq!(needed(&blueprint, &pool), [2, 1]);
    let paper = one_paper(&blueprint, &pool, &seed(1));
    assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
}

#[test]
fn a_range_that_the_stock_cannot_make_up_is_explained_cell_by_cell() {
    let pool = pool([easy_items("a", 3), easy_items("b", 4), easy_items("c", 9)].concat());
    let cells = vec![
        ranged("a", 2, 5),
        ranged("b", 2, 5),
        cell(Some("c"), 2, None),
    ];
    let blueprint = of_items(cells, 10);
    assert_eq!(blueprint.faults(), []);
    let shortages = feasible(&blueprint, &pool);
    let faults: Vec<_> = shortages.iter().map(crate::kernel::Fault::from).collect();
    assert_eq!(
        fault_codes(&faults),
        [
            ("sections.s.cells.0", "too-few-for-range"),
            ("sections.s.cells.1", "too-few-for-range")
        ]
    );
    assert_eq!(
        faults[1].args,
        [("needed", "5".to_owned()), ("available", "4".to_owned())]
    );
    assert!(Plan::new(&blueprint, &pool).is_err());
    assert_eq!(
        feasible(&of_items(blueprint.sections[0].cells.clone(), 9), &pool),
        []
    );
}

#[test]
fn ranges_that_mean_nothing_are_refused() {
    let said = |cells, items| {
        let faults = of_items(cells, items).faults();
        faults
            .first()
            .map(|fault| (fault.place.clone(), fault.code))
    };
    let at = |place: &str, code| Some((format!("sections.s.{place}"), code));
    let two = |least, most| vec![ranged("a", least, most), ranged("b", least, most)];
    assert_eq!(said(two(2, 4), 6), None);
    assert_eq!(said(two(2, 4), 3), at("items", "range-minima"));
    assert_eq!(said(two(2, 4), 9), at("items", "range-maxima"));
    assert_eq!(said(two(4, 2), 8), at("items", "range-maxima"));
    assert_eq!(
        said(vec![ranged("a", 4, 2), ranged("b", 2, 9)], 8),
        at("cells.0.count_max", "range-backwards")
    );
    let stimuli = |most| Cell {
        count_max: Some(most),
        ..cell(None, 3, Some(1))
    };
    assert_eq!(
        said(vec![stimuli(6), stimuli(6)], 8),
        at("items", "range-uneven")
    );
    assert_eq!(
        said(vec![stimuli(7)], 6),
        at("cells.0.count_max", "not-a-multiple-of-stimuli")
    );
    let without = blueprint(vec![ranged("a", 1, 2)]).faults();
    assert_eq!(
        fault_codes(&without),
        [("sections.s.items", "range-without-total")]
    );
}

#[test]
fn time_that_is_short_is_told_and_does_not_stand_against_the_blueprint() {
    let pool = pool(easy_items("a", 20));
    let mut blueprint = blueprint(vec![cell(Some("a"), 10, None)]);
    blueprint.sections[0].minutes = Some(9);
    blueprint.minutes = 9;
    assert_eq!(blueprint.faults(), []);
    let times = Sorted::new(&blueprint, &pool).times();
    assert!((times[0].expected - 10.0).abs() < 1e-9);
    let warnings = hurried(&blueprint, &times);
    assert_eq!(
        fault_codes(&warnings),
        [
            ("sections.s.minutes", "time-short"),
            ("minutes", "time-short")
        ]
    );
    blueprint.minutes = 10;
    blueprint.sections[0].minutes = Some(10);
    let times = Sorted::new(&blueprint, &pool).times();
    assert_eq!(hurried(&blueprint, &times), []);
    blueprint.minutes = 9;
    assert_eq!(
        fault_codes(&blueprint.faults()),
        [("minutes", "sections-too-long")]
    );
    blueprint.sections[0].minutes = Some(0);
    assert_eq!(
        fault_codes(&blueprint.faults()),
        [("sections.s.minutes", "not-positive")]
    );
}

/// Cells with ranges in the blueprints of the house's property.
fn any_ranged() -> impl Strategy<Value = Blueprint> {
    prop::collection::vec((any_cell(), 0u32..4, 0u32..4), 1..5).prop_map(|parts| {
        let mut items = 0;
        let cells = parts.into_iter().map(|(cell, more, taken)| {
            let step = cell.count / cell.stimuli.unwrap_or(cell.count);
            items += cell.count + step * taken.min(more);
            let count_max = (more > 0).then_some(cell.count + step * more);
            Cell { count_max, ..cell }
        });
        let mut blueprint = blueprint(cells.collect());
        blueprint.sections[0].items = Some(items);
        blueprint
    })
}

proptest! {
    #[test]
    fn ranges_that_the_pool_can_fill_make_up_every_paper(
        blueprint in any_ranged(), items in any_items(), seed: [u8; 32],
    ) {
        prop_assert_eq!(blueprint.faults(), []);
        let pool = pool(items);
        if feasible(&blueprint, &pool).is_empty() {
            for paper in papers(&blueprint, &pool, &Seed::new(seed), &["A1", "A2", "A3"]) {
                prop_assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
                prop_assert_eq!(paper.places().count(), blueprint.item_count());
            }
        } else {
            prop_assert!(Plan::new(&blueprint, &pool).is_err());
        }
    }
}
