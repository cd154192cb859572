use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::read_items;
use super::*;

fn tenths(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap()) / 10.0
}

/// A bank of three topics of 30 to 60 items and of six to nine stimuli of four to seven items, every
/// seventh item with an enemy.
fn bank(seed: u8) -> Vec<FormItem> {
    let mut stream = Seed::new([seed; 32]).stream();
    let mut text = String::from("id,topic,stimulus,a,b,c,seconds,enemies\n");
    for topic in ["law", "logic", "words"] {
        for number in 0..30 + stream.below(31) {
            let b = tenths(stream.below(41)) - 2.0;
            let (a, seconds) = (0.6 + tenths(stream.below(10)), 40 + stream.below(40));
            let enemy = (number % 7 == 6).then(|| format!("{topic}{:03}", number - 4));
            let enemy = enemy.unwrap_or_default();
            writeln!(
                text,
                "{topic}{number:03},{topic},,{a},{b},0.2,{seconds},{enemy}"
            )
            .unwrap();
        }
    }
    for stimulus in 0..6 + stream.below(4) {
        for number in 0..4 + stream.below(4) {
            let b = tenths(stream.below(31)) - 1.5;
            writeln!(
                text,
                "r{stimulus}{number},reading,s{stimulus},1,{b},0.2,70,"
            )
            .unwrap();
        }
    }
    read_items(&text).unwrap()
}

fn blueprint(cap: Option<f64>) -> FormBlueprint {
    let cells = "score_tolerance = 0.35\nseconds_tolerance = 60\n\
        [[cells]]\ntopic = \"law\"\ncount = 6\n[[cells]]\ntopic = \"logic\"\ncount = 5\n\
        [[cells]]\ntopic = \"words\"\ncount = 4\n\
        [[cells]]\ntopic = \"reading\"\nstimuli = 1\nitems_per_stimulus = 3\n";
    FormBlueprint {
        exposure_max: cap,
        ..FormBlueprint::from_toml(cells).unwrap()
    }
}

/// What a paper is worth on average by its items' numbers at an ability.
fn target(items: &[FormItem], ability: f64) -> f64 {
    let p = |item: &FormItem| item.parameters.probability(ability);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of = |topic: &str| -> Vec<f64> {
        let own = items.iter().filter(|item| item.topic == topic);
        own.map(p).collect()
    };
    let mut stimuli: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.topic == "reading") {
        stimuli.entry(&item.stimulus).or_default().push(p(item));
    }
    let stimuli: Vec<f64> = stimuli.values().map(|own| mean(own)).collect();
    6.0 * mean(&of("law"))
        + 5.0 * mean(&of("logic"))
        + 4.0 * mean(&of("words"))
        + 3.0 * mean(&stimuli)
}

fn ids<'a>(paper: &WalkInPaper, items: &'a [FormItem]) -> Vec<&'a FormItem> {
    paper.items.iter().map(|at| &items[index(*at)]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The promise to each candidate, counted from the items of the paper and nothing else.
    #[test]
    fn whoever_walks_in_gets_a_paper_as_hard_as_any_other(seed: [u8; 32], of_bank: u8) {
        let (items, blueprint) = (bank(of_bank), blueprint(None));
        let mut making = WalkIn::new(&blueprint, &items, &Seed::new(seed)).unwrap();
        for candidate in 0..100 {
            let paper = making.paper(&format!("K{candidate}")).unwrap();
            let own = ids(&paper, &items);
            let names: BTreeSet<&str> = own.iter().map(|item| item.id.as_str()).collect();
            prop_assert_eq!(names.len(), 18, "an item stands twice");
            for (topic, count) in [("law", 6), ("logic", 5), ("words", 4), ("reading", 3)] {
                prop_assert_eq!(own.iter().filter(|item| item.topic == topic).count(), count);
            }
            let stimuli: BTreeSet<&str> = own.iter().map(|item| item.stimulus.as_str()).collect();
            prop_assert_eq!(stimuli.len(), 2, "one stimulus, and none");
            for item in &own {
                prop_assert!(item.enemies.iter().all(|enemy| !names.contains(enemy.as_str())));
            }
            for ability in &blueprint.abilities {
                let score: f64 = own.iter().map(|item| item.parameters.probability(*ability)).sum();
                // Whole numbers of millionths are a little away from the truth.
                let off = (score - target(&items, *ability)).abs();
                prop_assert!(off < 0.3501, "{off} at {ability}");
            }
        }
    }

    /// Counted after every paper, not only after the last.
    #[test]
    fn the_cap_holds_at_every_moment_after_the_warm_up(seed: [u8; 32], of_bank: u8) {
        let (items, blueprint) = (bank(of_bank), blueprint(Some(0.25)));
        let mut making = WalkIn::new(&blueprint, &items, &Seed::new(seed)).unwrap();
        prop_assert_eq!(making.warm_up(), Some(40));
        let mut given = vec![0_u32; items.len()];
        for candidate in 1..=600_u32 {
            let paper = making.paper(&format!("K{candidate}")).unwrap();
            paper.items.iter().for_each(|item| given[index(*item)] += 1);
            let most = given.iter().max().unwrap();
            prop_assert!(*most <= (candidate / 4).max(10), "{most} of {candidate}");
        }
        prop_assert_eq!(making.exposure(), given);
    }

    #[test]
    fn the_same_candidates_in_the_same_order_get_the_same_papers(seed: [u8; 32], of_bank: u8) {
        let (items, blueprint) = (bank(of_bank), blueprint(Some(0.25)));
        let make = |codes: &[&str]| -> Vec<WalkInPaper> {
            let mut making = WalkIn::new(&blueprint, &items, &Seed::new(seed)).unwrap();
            codes.iter().map(|code| making.paper(code).unwrap()).collect()
        };
        let papers = make(&["甲", "乙", "丙"]);
        prop_assert_eq!(&papers, &make(&["甲", "乙", "丙"]));
        prop_assert_ne!(&papers[0].items, &papers[1].items);
        prop_assert_ne!(&papers[0].items, &make(&["丁"])[0].items);
    }
}

/// Eleven items alike, and one so easy that no paper with it is within the tolerance: by counting, the
/// cap is kept, but what is left of it runs out.
const ONE_NEVER_FITS: &str = "id,b\na,0\nb,0\nc,0\nd,0\ne,0\nf,0\ng,0\nh,0\ni,0\nj,0\nk,0\nz,-6\n";

fn two_of_twelve(cap: f64) -> FormBlueprint {
    FormBlueprint::from_toml(&format!(
        "abilities = [0]\nscore_tolerance = 0.1\nexposure_max = {cap}\n[[cells]]\ncount = 2\n"
    ))
    .unwrap()
}

#[test]
fn a_candidate_is_refused_in_words_where_the_cap_leaves_too_few_items() {
    let items = read_items(ONE_NEVER_FITS).unwrap();
    let blueprint = two_of_twelve(0.19);
    let mut making = WalkIn::new(&blueprint, &items, &Seed::new([1; 32])).unwrap();
    for candidate in 0..55 {
        making.paper(&candidate.to_string()).unwrap();
    }
    let refused = making.paper("55").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cell 1 (any) needs 2, and 1 are below the cap on exposure; raise the cap or add items"
    );
    // A refusal is no paper: the state is as it was.
    assert_eq!((making.issued(), making.exposure()[0]), (55, 10));
    // With a cap a little higher there are always enough.
    let mut making = WalkIn::new(&two_of_twelve(0.2), &items, &Seed::new([1; 32])).unwrap();
    for candidate in 0..2000 {
        making.paper(&candidate.to_string()).unwrap();
    }
    assert_eq!(making.exposure()[11], 0, "the item that never fits");
}

#[test]
fn a_cap_that_even_use_would_break_is_refused_before_anybody_comes() {
    let items = read_items(ONE_NEVER_FITS).unwrap();
    let refused = |cap: f64| {
        let made = WalkIn::new(&two_of_twelve(cap), &items, &Seed::new([1; 32]));
        made.err().unwrap()[0].to_string()
    };
    assert_eq!(
        refused(0.18),
        "cell 1 (any): walk-in papers need a cap on exposure of 18.3334 % at least; raise `exposure_max` or add items"
    );
    assert!(
        refused(0.1).contains("the cap is 10.0 %"),
        "what no kind of paper could keep"
    );
}

#[test]
fn what_no_paper_can_meet_is_refused_after_a_fixed_number_of_draws() {
    let items = read_items("id,b\na,-2\nb,2\nc,-2\nd,2\n").unwrap();
    let strict = "score_tolerance = 0.01\n[[cells]]\ncount = 1\n";
    let blueprint = FormBlueprint::from_toml(strict).unwrap();
    let mut making = WalkIn::new(&blueprint, &items, &Seed::new([1; 32])).unwrap();
    assert_eq!(making.paper("甲"), Err(Refusal::Limits));
    assert_eq!(making.issued(), 0);
}

/// Two stimuli of seven, four of six items each: rounding leaves less than 1.1 times the even share.
#[test]
fn a_cap_that_is_high_enough_never_runs_out_by_counting() {
    let mut text = String::from("id,b,stimulus\n");
    for number in 0..42 {
        writeln!(text, "{number:02},0,s{}", number / 6).unwrap();
    }
    let items = read_items(&text).unwrap();
    let making = |cap: f64| {
        let toml =
            format!("exposure_max = {cap}\n[[cells]]\nstimuli = 2\nitems_per_stimulus = 4\n");
        WalkIn::new(
            &FormBlueprint::from_toml(&toml).unwrap(),
            &items,
            &Seed::new([1; 32]),
        )
    };
    let refused = making(0.2142).err().unwrap()[0].to_string();
    assert!(
        refused.contains("a cap on exposure of 21.4286 % at least"),
        "{refused}"
    );
    let mut making = making(0.214286).unwrap();
    for candidate in 0..3000 {
        making.paper(&candidate.to_string()).unwrap();
    }
}

/// Three of five items at a time, going round: each is in three fifths of the papers or a little more.
#[test]
fn the_items_of_a_stimulus_take_turns() {
    let text = "id,b,stimulus\n1,0,s\n2,0,s\n3,0,s\n4,0,s\n5,0,s\n";
    let items = read_items(text).unwrap();
    let toml = "[[cells]]\nstimuli = 1\nitems_per_stimulus = 3\n";
    let blueprint = FormBlueprint::from_toml(toml).unwrap();
    let mut making = WalkIn::new(&blueprint, &items, &Seed::new([1; 32])).unwrap();
    let papers: Vec<Vec<u32>> = (0..5)
        .map(|candidate| making.paper(&candidate.to_string()).unwrap().items)
        .collect();
    assert_eq!(
        papers,
        [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1], [2, 3, 4]]
    );
    assert_eq!(making.exposure(), [3; 5]);
}
