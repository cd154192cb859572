use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::draw::Seed;

/// A bank of three topics with items of every difficulty, ten stimuli of five items, and enemies.
fn bank(seed: u8) -> String {
    let mut stream = Seed::new([seed; 32]).stream();
    let mut text = String::from("id,topic,level,type,stimulus,a,b,c,seconds,enemies\n");
    for number in 0..240 {
        let topic = ["law.civil", "law.public", "logic"][number % 3];
        let level = ["know", "apply"][number % 2];
        let b = stream.below(401);
        let a = 80 + stream.below(81);
        let seconds = 40 + stream.below(41);
        let enemy = (number % 10 == 0 && number > 0).then(|| format!("q{:03}", number - 3));
        writeln!(
            text,
            "q{number:03},{topic},{level},single,,{}.{:02},{},0.2,{seconds},{}",
            a / 100,
            a % 100,
            f64::from(u32::try_from(b).unwrap()) / 100.0 - 2.0,
            enemy.unwrap_or_default()
        )
        .unwrap();
    }
    for number in 0..50 {
        let b = f64::from(u32::try_from(stream.below(301)).unwrap()) / 100.0 - 1.5;
        writeln!(
            text,
            "t{number:02},reading,apply,single,s{},1.1,{b},0.2,70,",
            number / 5
        )
        .unwrap();
    }
    text
}

const BLUEPRINT: &str = r#"
title = "small"
seconds_tolerance = 60
[[cells]]
topic = "law"
level = "know"
count = 8
[[cells]]
topic = "law"
level = "apply"
count = 8
[[cells]]
topic = "logic"
count = 6
[[cells]]
topic = "reading"
stimuli = 2
items_per_stimulus = 3
"#;

fn blueprint() -> FormBlueprint {
    FormBlueprint::from_toml(BLUEPRINT).unwrap()
}

fn items(seed: u8) -> Vec<FormItem> {
    read_items(&bank(seed)).unwrap()
}

fn papers(assembly: &Assembly) -> Vec<Vec<u32>> {
    (0..assembly.len())
        .map(|number| assembly.paper(number))
        .collect()
}

fn refusals(toml: &str, items: &[FormItem]) -> Vec<String> {
    let blueprint = FormBlueprint::from_toml(toml).unwrap();
    let Err(shortages) = assemble(&blueprint, items, 10, &Seed::new([1; 32])) else {
        return Vec::new();
    };
    shortages.iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The promise of equal papers, counted from the items of the papers and nothing else.
    #[test]
    fn every_paper_meets_its_blueprint_and_all_are_equally_hard(seed: [u8; 32], bank: u8) {
        let (items, blueprint) = (items(bank), blueprint());
        let assembly = assemble(&blueprint, &items, 300, &Seed::new(seed)).unwrap();
        prop_assert_eq!(assembly.len(), 300, "{:?}", &assembly.dropped);
        let target = |ability: f64| {
            let sum = |numbers: &dyn Fn(&FormItem) -> bool| {
                let own: Vec<f64> = items.iter().filter(|item| numbers(item)).map(|item| item.parameters.probability(ability)).collect();
                own.iter().sum::<f64>() / own.len() as f64
            };
            8.0 * sum(&|i| i.topic.starts_with("law") && i.level == "know")
                + 8.0 * sum(&|i| i.topic.starts_with("law") && i.level == "apply")
                + 6.0 * sum(&|i| i.topic == "logic")
                + 6.0 * sum(&|i| i.topic == "reading")
        };
        for paper in papers(&assembly) {
            let own: Vec<&FormItem> = paper.iter().map(|at| &items[usize::try_from(*at).unwrap()]).collect();
            let ids: BTreeSet<&str> = own.iter().map(|item| item.id.as_str()).collect();
            prop_assert_eq!(ids.len(), 28, "an item stands twice");
            let count = |of: &dyn Fn(&FormItem) -> bool| own.iter().filter(|item| of(item)).count();
            prop_assert_eq!(count(&|i| i.topic.starts_with("law") && i.level == "know"), 8);
            prop_assert_eq!(count(&|i| i.topic.starts_with("law") && i.level == "apply"), 8);
            prop_assert_eq!(count(&|i| i.topic == "logic"), 6);
            let mut stimuli: BTreeMap<&str, usize> = BTreeMap::new();
            own.iter().filter(|i| !i.stimulus.is_empty()).for_each(|i| *stimuli.entry(&i.stimulus).or_default() += 1);
            prop_assert_eq!(stimuli.values().copied().collect::<Vec<_>>(), [3, 3]);
            for item in &own {
                prop_assert!(item.enemies.iter().all(|enemy| !ids.contains(enemy.as_str())));
            }
            for ability in &blueprint.abilities {
                let score: f64 = own.iter().map(|item| item.parameters.probability(*ability)).sum();
                // Whole numbers of millionths are a little away from the truth.
                prop_assert!((score - target(*ability)).abs() < 0.3001, "{score} at {ability}");
            }
        }
    }

    #[test]
    fn units_of_a_cell_are_used_alike(seed: [u8; 32]) {
        let items = items(1);
        let assembly = assemble(&blueprint(), &items, 300, &Seed::new(seed)).unwrap();
        let uses = |of: &dyn Fn(&FormItem) -> bool| {
            let own: Vec<u32> = (0..items.len()).filter(|at| of(&items[*at])).map(|at| assembly.exposure[at]).collect();
            (*own.iter().min().unwrap(), *own.iter().max().unwrap())
        };
        // 80 items, of 302 papers with spares: 22 or 23 times each, less what two spares took.
        let (least, most) = uses(&|i| i.topic == "logic");
        prop_assert!(least >= 20 && most <= 23, "{least} to {most}");
        // Ten stimuli, two to a paper, three items of five.
        let (least, most) = uses(&|i| i.topic == "reading");
        prop_assert!(least >= 33 && most <= 39, "{least} to {most}");
    }

    #[test]
    fn one_changed_bit_of_the_seed_gives_other_papers(mut seed: [u8; 32], bit in 0usize..256) {
        let (items, blueprint) = (items(2), blueprint());
        let make = |seed: [u8; 32]| papers(&assemble(&blueprint, &items, 20, &Seed::new(seed)).unwrap());
        let before = make(seed);
        prop_assert_eq!(&before, &make(seed));
        seed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(before, make(seed));
    }
}

#[test]
fn every_cell_that_cannot_be_met_is_named_with_the_numbers() {
    let items = items(1);
    let found = refusals(
        "[[cells]]\ntopic = \"logic\"\ncount = 81\n[[cells]]\ntopic = \"reading\"\nstimuli = 11\nitems_per_stimulus = 5\n[[cells]]\ntopic = \"history\"\ncount = 1\n",
        &items,
    );
    assert_eq!(
        found,
        [
            "cell 1 (logic): needs 81 items, and there are 80",
            "cell 2 (reading): needs 11 stimuli with enough items, and there are 10",
            "cell 3 (history): needs 1 items, and there are 0",
        ]
    );
    let found = refusals(
        "exposure_max = 0.05\n[[cells]]\ntopic = \"logic\"\ncount = 8\n",
        &items,
    );
    assert_eq!(
        found,
        [
            "cell 1 (logic): each paper takes 8 of 80 units, so an item is in 10.0 % of papers at least; the cap is 5.0 %"
        ]
    );
}

/// What papers of the whole bank are expected to bring at each ability, as shares.
fn shares_of_bank(items: &[FormItem], shift: f64) -> Vec<f64> {
    let assembly = assemble(&blueprint(), items, 1, &Seed::new([1; 32])).unwrap();
    let abilities = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
    let seed = Seed::new([1; 32]);
    let report = report(&assembly, &blueprint(), items, 1, &seed);
    let of = |at: usize| report.abilities[at].target / 28.0;
    // As the curve is at an ability that much lower.
    abilities
        .iter()
        .enumerate()
        .map(|(at, _)| of(at) - shift * (of((at + 1).min(6)) - of(at.saturating_sub(1))) / 2.0)
        .collect()
}

#[test]
fn papers_of_a_stated_target_are_that_hard_and_use_the_rest_alike() {
    let items = items(3);
    let stated = shares_of_bank(&items, 0.15);
    let blueprint = FormBlueprint {
        target: Some(stated.clone()),
        ..blueprint()
    };
    let seed = Seed::new([2; 32]);
    let assembly = assemble(&blueprint, &items, 200, &seed).unwrap();
    assert_eq!(assembly.len(), 200);
    let used = |uses: &&u32| **uses > 0;
    let unused = assembly.exposure.iter().filter(|uses| !used(uses)).count();
    assert!(unused > 0);
    for paper in papers(&assembly) {
        for (ability, share) in blueprint.abilities.iter().zip(&stated) {
            let own = paper.iter().map(|item| &items[index(*item)].parameters);
            let expected: f64 = own.map(|one| one.probability(*ability)).sum();
            assert!(
                (expected - 28.0 * share).abs() < 0.3001,
                "{expected} at {ability}"
            );
        }
    }
    let figures = report(&assembly, &blueprint, &items, 200, &seed);
    let aside: usize = figures.cells.iter().map(|cell| cell.aside).sum();
    assert!(aside > 0 && aside <= unused);
    assert!(figures.abilities[3].bank.unwrap() > figures.abilities[3].target + 0.5);
    assert!(html(&figures).contains("题库均值"));
}

#[test]
fn a_target_out_of_reach_is_refused_by_ability_and_cell() {
    let items = items(3);
    let target: Vec<String> = shares_of_bank(&items, 0.0)
        .iter()
        .map(|share| format!("{:.4}", share * 0.5))
        .collect();
    let said = refusals(
        &format!("target = [{}]\n{BLUEPRINT}", target.join(",")),
        &items,
    );
    assert!(
        said[0].starts_with("the blueprint: at ability -3 the target is"),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|line| line.starts_with("cell 1 (law · know): it has no more units"))
    );
    let said = refusals(&format!("target = [0.5]\n{BLUEPRINT}"), &items);
    assert!(said[0].contains("`target` must be a share"), "{said:?}");
}

#[test]
fn the_report_counts_keys_by_letter_where_they_are_known() {
    let mut text = String::from("id,b,key\n");
    for (number, key) in ["A", "A", "B", "BD"].into_iter().enumerate() {
        writeln!(text, "q{number},0,{key}").unwrap();
    }
    let items = read_items(&text).unwrap();
    let blueprint = FormBlueprint::from_toml("[[cells]]\ncount = 3\n").unwrap();
    let seed = Seed::new([1; 32]);
    let assembly = assemble(&blueprint, &items, 40, &seed).unwrap();
    let figures = report(&assembly, &blueprint, &items, 40, &seed);
    let said = figures.keys.iter().map(|one| {
        (
            one.letter.as_str(),
            one.bank,
            one.papers.min,
            one.papers.max,
        )
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [("A", 2, 1.0, 2.0), ("B", 1, 0.0, 1.0)]
    );
    assert!(html(&figures).contains("<td>A</td><td>2</td>"));
    let (items, blueprint) = (self::items(1), self::blueprint());
    let assembly = assemble(&blueprint, &items, 5, &seed).unwrap();
    assert!(!html(&report(&assembly, &blueprint, &items, 5, &seed)).contains("Keys by letter"));
}

#[test]
fn a_stimulus_that_would_bring_two_enemies_is_named() {
    let text = "id,stimulus,b,enemies\na,x,0,\nb,x,0,a\nc,x,0,\nd,x,0,\n";
    let items = read_items(text).unwrap();
    let cell = "[[cells]]\nstimuli = 1\nitems_per_stimulus = 2\n";
    let said = refusals(cell, &items);
    assert_eq!(
        said,
        ["cell 1 (any): the stimulus x brings the enemies a and b"]
    );
    // The cards are a with c, and d with e.
    let text = text.replace("b,x,0,a", "e,x,0,a");
    assert_eq!(refusals(cell, &read_items(&text).unwrap()), [""; 0]);
}

#[test]
fn a_blueprint_that_means_nothing_is_refused() {
    let items = items(1);
    let found = refusals(
        "score_tolerance = 0\nmoments = 3\nabilities = []\n[[cells]]\ncount = 1\nstimuli = 2\n",
        &items,
    );
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(
        FormBlueprint::from_toml("cells = []\nfoo = 1")
            .unwrap_err()
            .contains("foo")
    );
    let found = refusals("cells = []\n", &items);
    assert_eq!(found, ["the blueprint: it must have one to 500 cells"]);
}

/// Where no trade can make papers equal, none that is not equal is issued.
#[test]
fn a_tolerance_that_the_bank_cannot_meet_drops_papers_and_says_which_limit() {
    let items = read_items("id,b\na,-2\nb,2\nc,-2\nd,2\n").unwrap();
    let blueprint =
        FormBlueprint::from_toml("score_tolerance = 0.01\n[[cells]]\ncount = 1\n").unwrap();
    let assembly = assemble(&blueprint, &items, 10, &Seed::new([1; 32])).unwrap();
    assert!(assembly.is_empty());
    assert_eq!(assembly.dropped, [(Failure::Score, 12)]);
}

#[test]
fn the_report_says_how_equal_papers_are_and_shows_it() {
    let (items, blueprint) = (items(3), blueprint());
    let seed = Seed::new([7; 32]);
    let assembly = assemble(&blueprint, &items, 200, &seed).unwrap();
    let report = report(&assembly, &blueprint, &items, 200, &seed);
    assert_eq!((report.issued, report.items_per_paper), (200, 28));
    for one in &report.abilities {
        assert!(one.issued.max <= 0.3 && one.issued.min >= -0.3);
        assert!(
            one.dealt.sd > one.issued.sd,
            "trading made papers more alike"
        );
    }
    assert!(report.overlap.mean < 10.0 && report.overlap_pairs == 19_900);
    let page = html(&report);
    assert!(page.contains("<svg") && !page.contains("http"));
}

#[test]
fn items_on_trial_are_refused_at_a_desk_in_words() {
    let text = "title = \"x\"\n[[cells]]\ncount = 3\n";
    assert!(FormBlueprint::from_toml(text).is_ok());
    for with in [
        format!("trial = 2\n{text}"),
        format!("{text}trial = 2\n"),
        "[[sections]]\ncode = \"a\"\ntrial = 2\n".to_owned(),
    ] {
        let refused = FormBlueprint::from_toml(&with).unwrap_err();
        assert!(refused.contains("hold no items on trial"), "{refused}");
    }
    let other = FormBlueprint::from_toml("cuont = 3\n").unwrap_err();
    assert!(other.contains("cuont"), "{other}");
}
