//! The room's stories: what a candidate, an examiner and a stranger may rely on.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::bank::item::{Difficulty, ItemKind};
use crate::draw::Seed;
use crate::kernel::{Id, Score};

/// An item whose id follows from its code.
fn item(code: &str, topic: &str, difficulty: Difficulty) -> PoolItem {
    let hash = crate::kernel::merkle::leaf_hash(code.as_bytes());
    PoolItem {
        item_id: Id::from_slice(&hash[..16]).unwrap(),
        version: 1,
        code: code.to_owned(),
        section: "s".to_owned(),
        topic: topic.to_owned(),
        difficulty,
        kind: ItemKind::SingleChoice,
        stimulus: None,
        option_count: 4,
        marks: None,
        response: Response {
            a: 1000,
            b: 100 * i32::from(hash[0] % 30) - 1500,
            c: 250,
            measured: true,
        },
        seconds: 60,
        enemies: Vec::new(),
        numbers: Vec::new(),
        trial: false,
    }
}

fn of_stimulus(stimulus: &str, number: usize) -> PoolItem {
    PoolItem {
        stimulus: Some(stimulus.to_owned()),
        ..item(&format!("{stimulus}-{number}"), "t", Difficulty::Easy)
    }
}

fn essay(code: &str, marks: i32) -> PoolItem {
    PoolItem {
        option_count: 0,
        kind: ItemKind::Essay,
        marks: Some(Score::whole(marks)),
        ..item(code, "t", Difficulty::Hard)
    }
}

fn pool(items: impl IntoIterator<Item = PoolItem>) -> Pool {
    Pool::new(items.into_iter().collect()).unwrap()
}

fn easy_items(topic: &str, count: usize) -> Vec<PoolItem> {
    (0..count)
        .map(|n| item(&format!("{topic}-{n:02}"), topic, Difficulty::Easy))
        .collect()
}

fn cell(topic: Option<&str>, count: u32, stimuli: Option<u32>) -> Cell {
    Cell {
        topic: topic.map(str::to_owned),
        difficulty: None,
        kind: None,
        count,
        count_max: None,
        stimuli,
    }
}

/// A blueprint of the one section `s`, each item worth one mark.
fn blueprint(cells: Vec<Cell>) -> Blueprint {
    Blueprint {
        title: "科目".to_owned(),
        minutes: 60,
        equal: None,
        sections: vec![Section {
            code: "s".to_owned(),
            title_zh: "部分".to_owned(),
            title_en: "Section".to_owned(),
            minutes: None,
            items: None,
            trial: 0,
            marks_each: Some(Score::whole(1)),
            cells,
        }],
    }
}

fn written(cells: Vec<Cell>) -> Blueprint {
    let mut blueprint = blueprint(cells);
    blueprint.sections[0].marks_each = None;
    blueprint
}

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

/// The codes of the items on a paper, in order.
fn codes(paper: &Paper, pool: &Pool) -> Vec<String> {
    let code_of = |place: &PlacedItem| {
        let item = pool.items().iter().find(|i| i.item_id == place.item_id);
        item.unwrap().code.clone()
    };
    paper.places().map(code_of).collect()
}

fn fault_codes(faults: &[crate::kernel::Fault]) -> Vec<(&str, &str)> {
    faults.iter().map(|f| (f.place.as_str(), f.code)).collect()
}

/// The papers of these candidates, who sit in a row.
fn papers(blueprint: &Blueprint, pool: &Pool, seed: &Seed, codes: &[&str]) -> Vec<Paper> {
    let seats: Vec<Seated<'_>> = codes
        .iter()
        .zip(1..)
        .map(|(code, seat)| Seated {
            room: "001",
            seat,
            code,
        })
        .collect();
    let pool = pool.clone().numbered(blueprint);
    let plan = Plan::new(blueprint, &pool).unwrap();
    let drawn = plan.draw(seed, &seats).unwrap();
    (0..codes.len()).map(|at| plan.paper(&drawn, at)).collect()
}

fn one_paper(blueprint: &Blueprint, pool: &Pool, seed: &Seed) -> Paper {
    papers(blueprint, pool, seed, &["A"]).remove(0)
}

#[test]
fn each_candidate_and_each_seed_has_another_paper() {
    let (blueprint, pool) = (
        blueprint(vec![cell(None, 10, None)]),
        pool(easy_items("t", 40)),
    );
    let drawn = |byte| papers(&blueprint, &pool, &seed(byte), &["A0001", "A0002"]);
    let [mine, other] = <[Paper; 2]>::try_from(drawn(1)).unwrap();
    assert_eq!(mine, drawn(1)[0]);
    assert_ne!(mine, other);
    assert_ne!(mine, drawn(2)[0]);
    assert_eq!(mine.total_marks(), Score::whole(10));
}

#[test]
fn a_shortage_names_the_cell_and_what_it_lacks() {
    let blueprint = blueprint(vec![
        cell(Some("a"), 2, None),
        cell(Some("b"), 4, None),
        cell(None, 4, Some(2)),
    ]);
    let mut items = [easy_items("a", 2), easy_items("b", 3)].concat();
    items.extend([
        of_stimulus("x", 1),
        of_stimulus("x", 2),
        of_stimulus("y", 1),
    ]);
    let shortages = feasible(&blueprint, &pool(items));
    let faults: Vec<_> = shortages.iter().map(crate::kernel::Fault::from).collect();
    assert_eq!(
        fault_codes(&faults),
        [
            ("sections.s.cells.1", "too-few-items"),
            ("sections.s.cells.2", "too-few-stimuli")
        ]
    );
    assert_eq!(
        faults[0].args,
        [("needed", "4".to_owned()), ("available", "3".to_owned())]
    );
    assert_eq!(
        faults[1].args,
        [("needed", "2".to_owned()), ("available", "1".to_owned())]
    );
}

/// Topic × difficulty × kind: two cells that differ in the kind alone have each their own items.
#[test]
fn a_cell_takes_the_items_of_its_kind_alone() {
    let of_kind = |kind, count| Cell {
        kind: Some(kind),
        ..cell(Some("a"), count, None)
    };
    let blueprint = blueprint(vec![
        of_kind(ItemKind::SingleChoice, 2),
        of_kind(ItemKind::MultipleChoice, 3),
    ]);
    assert_eq!(blueprint.faults(), []);
    let mut items = easy_items("a", 8);
    for item in &mut items[..4] {
        item.kind = ItemKind::MultipleChoice;
    }
    let full = pool(items.clone());
    for byte in 0..20 {
        let paper = one_paper(&blueprint, &full, &seed(byte));
        assert_eq!(paper.verify(&blueprint, &full), Ok(()));
        let codes = codes(&paper, &full);
        let multiple = codes.iter().filter(|code| code.as_str() < "a-04").count();
        assert_eq!((multiple, codes.len()), (3, 5));
    }
    let short = feasible(&blueprint, &pool(items.split_off(2)));
    assert_eq!((short[0].cell, short[0].available), (1, 2));
}

/// The first cell may take any of the five, but only two of them leave the second cell its three.
#[test]
fn an_any_topic_cell_never_starves_a_narrow_one() {
    let blueprint = blueprint(vec![cell(None, 2, None), cell(Some("a"), 3, None)]);
    let pool = pool([easy_items("a", 3), easy_items("b", 2)].concat());
    for byte in 0..50 {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
    }
    let short = feasible(&blueprint, &self::pool(easy_items("a", 4)));
    assert_eq!(
        (short[0].cell, short[0].needed, short[0].available),
        (1, 3, 2)
    );
}

#[test]
fn units_that_two_cells_want_go_to_the_scarcer_in_proportion() {
    let blueprint = blueprint(vec![cell(None, 2, None), cell(Some("a"), 4, None)]);
    let pool = pool(easy_items("a", 12));
    let stock = stock(&blueprint, &pool);
    assert_eq!((stock[0].available, stock[1].available), (4, 8));
}

#[test]
fn an_item_is_in_at_most_so_many_papers_or_the_blueprint_is_refused() {
    let mut blueprint = blueprint(vec![cell(None, 5, None), cell(None, 4, Some(2))]);
    let mut items = easy_items("t", 20);
    for stimulus in ["x", "y", "z", "w"] {
        items.extend((0..4).map(|n| of_stimulus(stimulus, n)));
    }
    let pool = pool(items);
    let equal = |cap: &str| Equal {
        tolerance: Score::whole(1),
        target: None,
        spread: false,
        seconds: None,
        exposure_max: Some(cap.parse().unwrap()),
    };
    blueprint.equal = Some(equal("0.25"));
    assert_eq!(
        overexposed(&blueprint, &pool),
        [],
        "two of four stimuli, half of each"
    );
    blueprint.equal = Some(equal("0.24"));
    let faults = overexposed(&blueprint, &pool);
    let at = |cell| (format!("sections.s.cells.{cell}"), "overexposed");
    let found: Vec<_> = faults.into_iter().map(|f| (f.place, f.code)).collect();
    assert_eq!(found, [at(0), at(1)]);
}

/// The promise of equal papers, counted from the papers and the responses alone.
#[test]
fn papers_are_equally_hard_enemies_do_not_meet_and_items_are_used_alike() {
    let mut items = [easy_items("a", 40), easy_items("b", 40)].concat();
    for (at, item) in items.iter_mut().enumerate() {
        if at % 8 == 0 {
            item.enemies = vec![format!("set-{}", at / 16)];
        }
    }
    let pool = pool(items);
    let mut blueprint = blueprint(vec![cell(Some("a"), 8, None), cell(Some("b"), 6, None)]);
    let codes: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let spread = |papers: &[Paper]| {
        let expected = papers.iter().map(|paper| {
            let of_place = |place: &PlacedItem| {
                let item = pool
                    .items()
                    .iter()
                    .find(|i| i.item_id == place.item_id)
                    .unwrap();
                0.25 + 0.75 / (1.0 + (f64::from(item.response.b) / 1000.0).exp())
            };
            paper.places().map(of_place).sum::<f64>()
        });
        let (low, high) = expected.fold((f64::MAX, f64::MIN), |(low, high), one| {
            (low.min(one), high.max(one))
        });
        high - low
    };
    let dealt = papers(&blueprint, &pool, &seed(1), &codes);
    blueprint.equal = Some(Equal {
        tolerance: "0.2".parse().unwrap(),
        target: None,
        spread: false,
        seconds: Some(60),
        exposure_max: None,
    });
    let traded = papers(&blueprint, &pool, &seed(1), &codes);
    assert!(spread(&dealt) > 1.0, "{}", spread(&dealt));
    assert!(spread(&traded) <= 0.4001, "{}", spread(&traded));
    for paper in dealt.iter().chain(&traded) {
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
    }
    let mut uses: BTreeMap<Id, u32> = BTreeMap::new();
    for place in traded.iter().flat_map(Paper::places) {
        *uses.entry(place.item_id).or_default() += 1;
    }
    // 40 and 30 of 200 papers, within one and the two spares.
    let even = |(id, count): (&Id, &u32)| {
        let item = pool.items().iter().find(|i| i.item_id == *id).unwrap();
        let wanted = if item.topic == "a" { 40 } else { 30 };
        count.abs_diff(wanted) <= 3
    };
    assert!(uses.iter().all(even), "{uses:?}");
}

/// Each item is in half of the papers, so three enemies would be in one and a half times as many
/// as there are.
#[test]
fn enemies_that_cannot_be_kept_apart_are_told_beforehand() {
    let mut items = easy_items("a", 4);
    let blueprint = blueprint(vec![cell(None, 2, None)]);
    for item in &mut items[..2] {
        item.enemies = vec!["same".to_owned()];
    }
    assert_eq!(crowded(&blueprint, &pool(items.clone())), []);
    items[2].enemies = vec!["same".to_owned()];
    let faults = crowded(&blueprint, &pool(items));
    assert_eq!(fault_codes(&faults), [("enemies.same", "enemies-crowded")]);
    assert_eq!(faults[0].args[2], ("percent", "150".to_owned()));
}

/// Two items of a stimulus in one enemy set: told with the stimulus and the set, unless they never
/// meet on a card.
#[test]
fn enemies_within_a_stimulus_are_told_beforehand() {
    let mut items: Vec<PoolItem> = (0..4).map(|n| of_stimulus("x", n)).collect();
    items[0].enemies = vec!["same".to_owned()];
    items[1].enemies = vec!["same".to_owned()];
    let faults = crowded(
        &blueprint(vec![cell(None, 2, Some(1))]),
        &pool(items.clone()),
    );
    assert_eq!(
        fault_codes(&faults),
        [("enemies.same", "enemies-in-stimulus")]
    );
    assert_eq!(faults[0].args[1], ("stimulus", "x".to_owned()));
    // Cards are the items 0 and 1, or 2 and 3.
    items.swap(1, 2);
    items[1].code = "x-1".to_owned();
    items[2].code = "x-2".to_owned();
    assert_eq!(
        crowded(&blueprint(vec![cell(None, 2, Some(1))]), &pool(items)),
        []
    );
}

#[test]
fn a_tolerance_that_the_bank_cannot_meet_gives_no_papers_and_says_what_failed() {
    let mut blueprint = blueprint(vec![cell(None, 2, None)]);
    blueprint.equal = Some(Equal {
        tolerance: "0.001".parse().unwrap(),
        target: None,
        spread: false,
        seconds: None,
        exposure_max: None,
    });
    let pool = pool(easy_items("a", 7)).numbered(&blueprint);
    let plan = Plan::new(&blueprint, &pool).unwrap();
    let seats: Vec<Seated<'_>> = (1..=20)
        .map(|seat| Seated {
            room: "1",
            seat,
            code: "",
        })
        .collect();
    let refused = plan.draw(&seed(1), &seats).err().unwrap();
    assert!(refused.issued < 20 && refused.failing(forms::Failure::Score) > 20);
}

#[test]
fn the_items_of_a_stimulus_stand_together() {
    let blueprint = blueprint(vec![cell(None, 6, None), cell(None, 6, Some(2))]);
    let mut items = easy_items("t", 10);
    for stimulus in ["x", "y", "z"] {
        items.extend((0..4).map(|n| of_stimulus(stimulus, n)));
    }
    let pool = pool(items);
    let mut orders = BTreeSet::new();
    for byte in 0..20 {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
        orders.insert(codes(&paper, &pool));
    }
    assert_eq!(orders.len(), 20, "and yet they are shuffled");
}

#[test]
fn written_tasks_keep_the_order_in_which_they_were_set() {
    let blueprint = written(vec![cell(None, 3, Some(1)), cell(None, 2, None)]);
    let tasks = (1..=3).map(|n| PoolItem {
        stimulus: Some("m".to_owned()),
        ..essay(&format!("task-{n}"), 10 * n)
    });
    let pool = pool(tasks.chain([essay("long-1", 40), essay("long-2", 40)]));
    for byte in 0..10 {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        let order = codes(&paper, &pool);
        assert_eq!(order, ["task-1", "task-2", "task-3", "long-1", "long-2"]);
        assert_eq!(paper.total_marks(), Score::whole(140));
    }
}

#[test]
fn candidates_may_not_sit_papers_of_different_totals() {
    let blueprint = written(vec![cell(None, 1, None)]);
    let even = pool([essay("a", 40), essay("b", 40)]);
    assert_eq!(unequal_totals(&blueprint, &even), []);
    let uneven = pool([essay("a", 40), essay("b", 30)]);
    let faults = unequal_totals(&blueprint, &uneven);
    assert_eq!(
        fault_codes(&faults),
        [("sections.s.cells.0.count", "unequal-marks")]
    );
}

#[test]
fn a_pool_holds_each_code_once() {
    let twice = [
        item("x", "a", Difficulty::Easy),
        item("x", "b", Difficulty::Hard),
    ];
    assert_eq!(
        Pool::new(twice.to_vec()),
        Err(DuplicateCode("x".to_owned()))
    );
    let json = serde_json::to_string(&twice).unwrap();
    assert!(serde_json::from_str::<Pool>(&json).is_err());
}

#[test]
fn a_tampered_paper_is_found_out() {
    let blueprint = blueprint(vec![cell(None, 3, None), cell(None, 4, Some(2))]);
    let mut items = easy_items("t", 5);
    for stimulus in ["x", "y"] {
        items.extend((0..2).map(|n| of_stimulus(stimulus, n)));
    }
    let pool = pool(items);
    let honest = one_paper(&blueprint, &pool, &seed(1));
    let tampered = |change: fn(&mut Vec<PlacedItem>)| {
        let mut paper = honest.clone();
        change(&mut paper.sections[0].places);
        let faults = paper.verify(&blueprint, &pool).unwrap_err();
        faults.into_iter().map(|f| f.code).collect::<BTreeSet<_>>()
    };
    let renumber = |places: &mut Vec<PlacedItem>| {
        for (place, position) in places.iter_mut().zip(1..) {
            place.position = position;
        }
    };
    assert_eq!(tampered(|p| p[0].position = 9), ["out-of-order"].into());
    assert_eq!(tampered(|p| p[0].version = 2), ["other-version"].into());
    assert_eq!(
        tampered(|p| p[0].marks = Score::whole(2)),
        ["other-marks"].into()
    );
    assert_eq!(
        tampered(|p| p[0].option_order = vec![0, 1, 2, 2]),
        ["options-differ"].into()
    );
    assert!(tampered(|p| p[1] = p[0].clone()).contains("item-twice"));
    assert!(
        tampered(|p| drop(p.pop()))
            .iter()
            .any(|code| code.starts_with("too-few"))
    );

    let mut longer = honest.clone();
    let unused = pool
        .items()
        .iter()
        .find(|i| honest.places().all(|p| p.item_id != i.item_id));
    let spare = PlacedItem {
        item_id: unused.unwrap().item_id,
        ..honest.sections[0].places[0].clone()
    };
    longer.sections[0].places.push(spare);
    renumber(&mut longer.sections[0].places);
    let faults = longer.verify(&blueprint, &pool).unwrap_err();
    assert_eq!(
        fault_codes(&faults),
        [("sections.s.cells", "too-many-items")]
    );

    let mut apart = honest.clone();
    let shared = |place: &PlacedItem| {
        let item = pool.items().iter().find(|i| i.item_id == place.item_id);
        item.unwrap().stimulus.is_some()
    };
    apart.sections[0].places.sort_by_key(shared);
    apart.sections[0].places.swap(4, 5);
    renumber(&mut apart.sections[0].places);
    let faults = apart.verify(&blueprint, &pool).unwrap_err();
    assert!(
        faults.iter().all(|f| f.code == "stimulus-apart"),
        "{faults:?}"
    );
}

mod golden;
mod keys;
mod laws;
mod ranges;
mod target;
mod trial;
