//! Items on trial: they stand among the others, count nowhere, and nothing else changes for them.

use proptest::prelude::*;

use super::laws::{any_blueprint, any_items};
use super::*;
use crate::assembly::sorted::Sorted;
use crate::assembly::unscored;

/// The same items, on trial.
fn tried(items: Vec<PoolItem>) -> Vec<PoolItem> {
    let tried = |item: PoolItem| PoolItem {
        trial: true,
        ..item
    };
    items.into_iter().map(tried).collect()
}

fn with_trial(cells: Vec<Cell>, trial: u32) -> Blueprint {
    let mut blueprint = blueprint(cells);
    blueprint.sections[0].trial = trial;
    blueprint
}

/// Codes of those on trial on a paper.
fn tried_on(paper: &Paper, pool: &Pool) -> Vec<String> {
    let all = codes(paper, pool).into_iter().zip(paper.places());
    all.filter(|(_, place)| place.is_on_trial())
        .map(|(code, _)| code)
        .collect()
}

fn uses(papers: &[Paper], pool: &Pool) -> BTreeMap<String, usize> {
    let mut uses = BTreeMap::new();
    for code in papers.iter().flat_map(|paper| tried_on(paper, pool)) {
        *uses.entry(code).or_default() += 1;
    }
    uses
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("C{n:04}")).collect()
}

#[test]
fn they_stand_anywhere_give_nothing_and_are_used_alike() {
    let blueprint = with_trial(vec![cell(Some("t"), 6, None)], 2);
    let mut items = easy_items("t", 20);
    items.extend(tried(easy_items("t.new", 5)));
    let pool = pool(items);
    let codes = many(200);
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let papers = papers(&blueprint, &pool, &seed(1), &codes);
    let mut places = [0; 8];
    for paper in &papers {
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
        assert_eq!(
            (paper.places().count(), paper.total_marks()),
            (8, Score::whole(6))
        );
        for place in paper.places().filter(|place| place.is_on_trial()) {
            places[usize::try_from(place.position).unwrap() - 1] += 1;
        }
    }
    // 400 places, 50 at each number of the paper on average.
    assert!(
        places.iter().all(|count| (25..=75).contains(count)),
        "{places:?}"
    );
    let uses = uses(&papers, &pool);
    assert_eq!(
        (uses.len(), uses.values().copied().collect::<BTreeSet<_>>()),
        (5, [80].into())
    );
    let options = papers[0]
        .places()
        .find(|place| place.is_on_trial())
        .unwrap();
    assert_eq!(options.option_order.len(), 4);
}

/// What counts is drawn as if there were nothing on trial, and the orders of options too.
#[test]
fn what_counts_is_the_same_with_and_without_them() {
    let cells = || vec![cell(Some("t"), 5, None), cell(None, 4, Some(2))];
    let mut items = easy_items("t", 16);
    for stimulus in ["x", "y", "z"] {
        items.extend((0..3).map(|n| of_stimulus(stimulus, n)));
    }
    let plain = pool(items.clone());
    let mut waiting = easy_items("t.new", 4);
    // An enemy of something that counts changes nothing for it either.
    waiting[0].enemies = vec!["set".to_owned()];
    items[0].enemies = vec!["set".to_owned()];
    let alone = pool(items.clone());
    items.extend(tried(waiting));
    let mixed = pool(items);
    let counting = |paper: &Paper| {
        let own = paper.places().filter(|place| !place.is_on_trial());
        let own = own.map(|place| (place.item_id, place.option_order.clone()));
        own.collect::<BTreeSet<_>>()
    };
    for byte in 0..20 {
        let without = one_paper(&blueprint(cells()), &alone, &seed(byte));
        let with = one_paper(&with_trial(cells(), 2), &mixed, &seed(byte));
        assert_eq!(counting(&without), counting(&with));
        // Items on trial in the pool are as if they were not there where no section asks for any.
        assert_eq!(one_paper(&blueprint(cells()), &mixed, &seed(byte)), without);
        let before = one_paper(&blueprint(cells()), &plain, &seed(byte));
        assert_eq!(counting(&before), counting(&without));
    }
    let json = serde_json::to_string(&plain).unwrap();
    assert!(
        !json.contains("trial"),
        "a pool without them keeps its hash"
    );
}

#[test]
fn stimuli_stay_together_around_them() {
    let blueprint = with_trial(vec![cell(Some("t"), 2, None), cell(None, 6, Some(2))], 3);
    let mut items = [easy_items("t", 6), tried(easy_items("t.new", 5))].concat();
    for stimulus in ["x", "y", "z"] {
        items.extend((0..4).map(|n| of_stimulus(stimulus, n)));
    }
    let pool = pool(items);
    for byte in 0..30 {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
        assert_eq!(tried_on(&paper, &pool).len(), 3);
    }
}

/// What candidates can see before they read must be that of items that count: topic, kind, number
/// of options, no stimulus, no essay.
#[test]
fn only_what_cannot_be_told_from_the_others_may_stand() {
    let narrow = Cell {
        kind: Some(ItemKind::SingleChoice),
        ..cell(Some("a"), 3, None)
    };
    let blueprint = with_trial(vec![narrow, cell(Some("b"), 2, Some(1))], 1);
    let fits = || item("fits", "a.x", Difficulty::Hard);
    let other = |code: &str| PoolItem {
        code: code.to_owned(),
        item_id: item(code, "", Difficulty::Easy).item_id,
        ..fits()
    };
    let odd = [
        PoolItem {
            topic: "b".into(),
            ..other("topic")
        },
        PoolItem {
            topic: "ax".into(),
            ..other("namesake")
        },
        PoolItem {
            kind: ItemKind::TrueFalse,
            ..other("kind")
        },
        PoolItem {
            option_count: 5,
            ..other("options")
        },
        PoolItem {
            stimulus: Some("m".into()),
            ..other("stimulus")
        },
        PoolItem {
            section: "other".into(),
            ..other("section")
        },
        PoolItem {
            marks: Some(Score::whole(5)),
            ..other("marks")
        },
    ];
    let mut items = [easy_items("a", 5), tried(odd.to_vec())].concat();
    items.extend((0..2).map(|n| PoolItem {
        topic: "b".into(),
        ..of_stimulus("x", n)
    }));
    let found = Plan::new(&blueprint, &pool(items.clone())).unwrap_err();
    assert_eq!(
        fault_codes(&found),
        [("sections.s.trial", "too-few-on-trial")]
    );
    let said = [("section", "s"), ("needed", "1"), ("available", "0")];
    assert_eq!(
        found[0].args,
        said.map(|(name, value)| (name, value.to_owned()))
    );
    items.extend(tried(vec![fits()]));
    let pool = pool(items);
    for byte in 0..10 {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        assert_eq!(tried_on(&paper, &pool), ["fits"]);
    }
}

/// Four of five items on trial are in sets of which a paper may hold an item: one is certain.
#[test]
fn what_may_meet_its_enemies_is_not_counted_upon() {
    let mut blueprint = with_trial(vec![cell(None, 4, None)], 2);
    let named = |mut item: PoolItem, set: &str| {
        item.enemies = vec![set.to_owned()];
        item
    };
    let items = easy_items("a", 12)
        .into_iter()
        .zip(["p", "q", "r", "p", "q", "r"].iter().cycle());
    let mut items: Vec<PoolItem> = items.map(|(item, set)| named(item, set)).collect();
    let waiting = easy_items("a.new", 5)
        .into_iter()
        .zip(["p", "q", "r", "r", ""]);
    let waiting = waiting.map(|(item, set)| {
        if set.is_empty() {
            item
        } else {
            named(item, set)
        }
    });
    items.extend(tried(waiting.collect()));
    // Papers of four items of three sets cannot be, so sets are taken from some.
    items[6..12]
        .iter_mut()
        .for_each(|item| item.enemies.clear());
    let short = Plan::new(&blueprint, &pool(items.clone())).unwrap_err();
    assert_eq!(fault_codes(&short), [("sections.s.trial", "trial-crowded")]);
    assert_eq!(short[0].args[2], ("available", "1".to_owned()));
    blueprint.sections[0].trial = 1;
    let pool = pool(items);
    let codes = many(60);
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    for paper in papers(&blueprint, &pool, &seed(3), &codes) {
        assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
    }
}

/// Whoever declares an item that counts on trial, lets one on trial count, or exchanges one, is told
/// so by the paper itself; another that might stand there is found by the seed alone.
#[test]
fn a_paper_altered_around_them_is_found_out() {
    let blueprint = with_trial(vec![cell(Some("t"), 4, None)], 1);
    let pool = pool([easy_items("t", 8), tried(easy_items("t.new", 3))].concat());
    let honest = one_paper(&blueprint, &pool, &seed(1));
    let altered = |change: &dyn Fn(&mut PlacedItem), on_trial: bool| {
        let mut paper = honest.clone();
        let mut places = paper.sections[0].places.iter_mut();
        change(
            places
                .find(|place| place.is_on_trial() == on_trial)
                .unwrap(),
        );
        assert_ne!(paper, honest);
        let faults = paper.verify(&blueprint, &pool).err().unwrap_or_default();
        faults
            .into_iter()
            .map(|fault| fault.code)
            .collect::<BTreeSet<_>>()
    };
    let counted = altered(&|place| place.marks = Score::whole(1), true);
    assert!(
        counted.contains("other-marks") && counted.contains("too-few-on-trial"),
        "{counted:?}"
    );
    let declared = altered(&|place| place.marks = Score::ZERO, false);
    assert!(declared.contains("other-marks"), "{declared:?}");
    let own = tried_on(&honest, &pool);
    let another = pool
        .items()
        .iter()
        .find(|item| item.trial && item.code != own[0]);
    let another = another.unwrap().item_id;
    assert_eq!(
        altered(&|place| place.item_id = another, true),
        BTreeSet::new()
    );
}

/// Up to forty items, some of them on trial, in up to four enemy sets.
fn any_mixed() -> impl Strategy<Value = Vec<PoolItem>> {
    let sets = prop::collection::vec(prop::option::weighted(0.3, 0u8..4), 40);
    let states = prop::collection::vec(prop::bool::weighted(0.4), 40);
    (any_items(), sets, states).prop_map(|(items, sets, states)| {
        let mixed = items.into_iter().zip(sets).zip(states);
        let mixed = mixed.map(|((item, set), trial)| PoolItem {
            enemies: set.into_iter().map(|set| format!("set-{set}")).collect(),
            option_count: 4,
            trial,
            ..item
        });
        mixed.collect()
    })
}

proptest! {
    // Papers that cannot be made are tried sixteen times.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_paper_has_as_many_as_its_sections_say_and_never_enemies(
        plain in any_blueprint(), items in any_mixed(), trial in 1u32..4, bytes: [u8; 32],
    ) {
        let mut asking = plain.clone();
        asking.sections[0].trial = trial;
        let mixed = pool(items.clone());
        let counting = pool(items.into_iter().filter(|item| !item.trial));
        let seed = Seed::new(bytes);
        let codes = many(12);
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let seats: Vec<Seated<'_>> = codes.iter().zip(1..).map(|(code, seat)| Seated { room: "1", seat, code }).collect();
        // Without items on trial in the blueprint they are as if they were not there.
        if let Ok(plan) = Plan::new(&plain, &counting)
            && let Ok(drawn) = plan.draw(&seed, &seats)
        {
            let other = Plan::new(&plain, &mixed).unwrap();
            let same = other.draw(&seed, &seats).unwrap();
            prop_assert_eq!(plan.paper(&drawn, 7), other.paper(&same, 7));
        }
        let Ok(plan) = Plan::new(&asking, &mixed) else {
            return Ok(());
        };
        let Ok(drawn) = plan.draw(&seed, &seats) else {
            // Items that count may be too crowded; those on trial never are.
            prop_assert!(Plan::new(&plain, &mixed).unwrap().draw(&seed, &seats).is_err());
            return Ok(());
        };
        let papers: Vec<Paper> = (0..codes.len()).map(|at| plan.paper(&drawn, at)).collect();
        for paper in &papers {
            prop_assert_eq!(paper.verify(&asking, &mixed), Ok(()));
            let placed = plain.item_count() + asking.trial_count();
            prop_assert_eq!(paper.places().count(), placed);
            prop_assert_eq!(paper.total_marks(), plan.total_marks());
        }
        let again = plan.draw(&seed, &seats).unwrap();
        prop_assert_eq!(&papers[3], &plan.paper(&again, 3));
        // As even as can be where none of them has an enemy, and noted like all others.
        let uses = uses(&papers, &mixed);
        let sum: usize = plan.uses(&drawn).filter(|(item, _)| item.trial).map(|(_, n)| n as usize).sum();
        prop_assert_eq!(sum, uses.values().sum::<usize>());
        let may = unscored::eligible(&asking.sections[0], &mixed);
        if may.iter().all(|at| mixed.items()[*at].enemies.is_empty()) {
            let of = |at: &usize| uses.get(&mixed.items()[*at].code).copied().unwrap_or_default();
            let (least, most) = (may.iter().map(of).min(), may.iter().map(of).max());
            prop_assert!(most.unwrap() - least.unwrap() <= 1, "{:?}", uses);
        }
    }
}

/// They take the candidates' time; marks, exposure and the report are of what counts.
#[test]
fn only_the_time_of_a_section_knows_of_them() {
    let blueprint = with_trial(vec![cell(Some("t"), 6, None)], 2);
    let items = [easy_items("t", 20), tried(easy_items("t.new", 4))].concat();
    let pool = pool(items).numbered(&blueprint);
    let sorted = Sorted::new(&blueprint, &pool);
    assert!((sorted.times()[0].expected - 8.0).abs() < 1e-9);
    let stock = stock(&blueprint, &pool);
    assert_eq!((stock[0].available, stock[0].exposure), (20, Some(0.3)));
    let waiting = unscored::stock(&sorted);
    assert_eq!(
        (waiting[0].needed, waiting[0].available, waiting[0].apart),
        (2, 4, 4)
    );
    let plan = Plan::new(&blueprint, &pool).unwrap();
    assert_eq!(plan.total_marks(), Score::whole(6));
    let report = plan.trial("x", 40).unwrap();
    assert_eq!(
        (report.bank, report.unused, report.items_per_paper),
        (20, 0, 6)
    );
}

/// Another seed gives other items, and other places.
#[test]
fn they_follow_from_the_seed_alone() {
    let blueprint = with_trial(vec![cell(Some("t"), 6, None)], 2);
    let pool = pool([easy_items("t", 20), tried(easy_items("t.new", 10))].concat());
    let drawn = |byte: u8| {
        let paper = one_paper(&blueprint, &pool, &seed(byte));
        let places = paper.places().filter(|place| place.is_on_trial());
        let places: Vec<u32> = places.map(|place| place.position).collect();
        (tried_on(&paper, &pool), places)
    };
    assert_eq!(drawn(1), drawn(1));
    let items: BTreeSet<_> = (0..20).map(|byte| drawn(byte).0).collect();
    let places: BTreeSet<_> = (0..20).map(|byte| drawn(byte).1).collect();
    assert!(
        items.len() > 12 && places.len() > 8,
        "{} {}",
        items.len(),
        places.len()
    );
}
