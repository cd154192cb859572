//! Papers that are as hard as a stated target.

use super::*;
use crate::assembly::sorted::Sorted;

/// Probability of an item of the tests for somebody so able.
fn chance(item: &PoolItem, ability: f64) -> f64 {
    let b = f64::from(item.response.b) / 1000.0;
    0.25 + 0.75 / (1.0 + (b - ability).exp())
}

/// Shares of the full mark, as an examination that is harder by `shift` would have them.
fn harder(pool: &Pool, shift: f64) -> Vec<Score> {
    let items = pool.items();
    let share = |ability: i32| {
        let ability = f64::from(ability) - shift;
        let sum: f64 = items.iter().map(|item| chance(item, ability)).sum();
        format!(
            "{:.4}",
            sum / f64::from(u32::try_from(items.len()).unwrap())
        )
    };
    (-3..=3)
        .map(|ability| share(ability).parse().unwrap())
        .collect()
}

fn with_target(blueprint: &mut Blueprint, target: Vec<Score>, cap: Option<&str>) {
    blueprint.equal = Some(Equal {
        tolerance: "0.2".parse().unwrap(),
        target: Some(target),
        spread: false,
        seconds: None,
        exposure_max: cap.map(|cap| cap.parse().unwrap()),
    });
}

/// A target that is not the mean of the bank, counted from the papers and the responses alone.
#[test]
fn papers_are_as_hard_as_the_target_says_and_what_is_set_aside_is_in_none() {
    let pool = pool([easy_items("a", 60), easy_items("b", 60)].concat());
    let mut blueprint = blueprint(vec![cell(Some("a"), 8, None), cell(Some("b"), 6, None)]);
    let target = harder(&pool, 0.3);
    with_target(&mut blueprint, target.clone(), Some("0.25"));
    let numbered = pool.clone().numbered(&blueprint);
    assert_eq!(off_target(&blueprint, &numbered), []);
    assert_eq!(overexposed(&blueprint, &numbered), []);
    let reach = Sorted::new(&blueprint, &numbered).reach_by_ability();
    assert!(reach[3].bank - reach[3].target.unwrap() > 0.04, "{reach:?}");
    let codes: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let papers = papers(&blueprint, &pool, &seed(1), &codes);
    let item = |place: &PlacedItem| pool.items().iter().find(|i| i.item_id == place.item_id);
    let mut uses: BTreeMap<Id, usize> = BTreeMap::new();
    for paper in &papers {
        for (ability, share) in [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
            .into_iter()
            .zip(&target)
        {
            let marks = paper
                .places()
                .map(|place| chance(item(place).unwrap(), ability));
            let wanted = 14.0 * f64::from(i32::try_from(share.micros()).unwrap()) / 1e6;
            let off = marks.sum::<f64>() - wanted;
            assert!(off.abs() <= 0.2001, "{off} at {ability}");
        }
        paper
            .places()
            .for_each(|place| *uses.entry(place.item_id).or_default() += 1);
    }
    let aside: usize = stock(&blueprint, &numbered)
        .iter()
        .map(|cell| cell.aside)
        .sum();
    assert!(aside > 10, "{aside}");
    assert_eq!(uses.len(), 120 - aside, "what is set aside is in no paper");
    assert!(uses.values().all(|uses| *uses <= 26), "{uses:?}");
}

#[test]
fn a_target_that_the_bank_cannot_reach_is_explained_by_ability_and_cell() {
    let pool = pool([easy_items("a", 30), easy_items("b", 9)].concat());
    let mut blueprint = blueprint(vec![cell(Some("a"), 8, None), cell(Some("b"), 6, None)]);
    with_target(&mut blueprint, harder(&pool, 2.0), None);
    let numbered = pool.numbered(&blueprint);
    let faults = off_target(&blueprint, &numbered);
    let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
    assert!(places.contains(&"equal.target.3"), "{places:?}");
    assert!(
        places.ends_with(&["sections.s.cells.0", "sections.s.cells.1"]),
        "{places:?}"
    );
    let middle = faults
        .iter()
        .find(|fault| fault.place == "equal.target.3")
        .unwrap();
    let named: Vec<&str> = middle.args.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        named,
        ["ability", "target", "reached", "bank", "least", "greatest"]
    );
    let of = |at: usize| middle.args[at].1.parse::<f64>().unwrap();
    assert!(
        of(1) < of(4) && of(4) <= of(2) && of(2) < of(3) && of(3) < of(5),
        "{middle:?}"
    );
    assert_eq!(faults.last().unwrap().code, "target-cell-spent");
}

#[test]
fn a_target_that_is_no_curve_is_refused() {
    let mut blueprint = blueprint(vec![cell(None, 2, None)]);
    let mut said = |shares: &[&str]| {
        let shares = shares.iter().map(|share| share.parse().unwrap()).collect();
        with_target(&mut blueprint, shares, None);
        let faults = blueprint.faults();
        faults
            .first()
            .map(|fault| (fault.place.clone(), fault.code))
    };
    let at = |code| Some(("equal.target".to_owned(), code));
    assert_eq!(said(&["0.5"]), at("target-not-seven"));
    assert_eq!(
        said(&["0", "0.1", "0.2", "0.3", "0.2", "0.5", "1"]),
        at("target-not-ascending")
    );
    assert_eq!(
        said(&["0", "0.1", "0.2", "0.3", "0.4", "0.5", "1.1"]),
        at("target-not-ascending")
    );
    assert_eq!(said(&["0", "0.1", "0.2", "0.3", "0.3", "0.5", "1"]), None);
}
