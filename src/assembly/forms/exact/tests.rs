use std::fmt::Write as _;

use super::super::read_items;
use super::*;

const GAP: f64 = 1e-4;

/// Six items of one topic, four of another, and three stimuli of three: small enough to try everything.
fn bank(seed: u8) -> Vec<FormItem> {
    bank_with(seed, "w0")
}

/// The same, with the enemies of the last item.
fn bank_with(seed: u8, enemies: &str) -> Vec<FormItem> {
    let mut stream = Seed::new([seed; 32]).stream();
    let mut b = || f64::from(u32::try_from(stream.below(41)).unwrap()) / 10.0 - 2.0;
    let mut text = String::from("id,topic,stimulus,b,seconds,enemies\n");
    for number in 0..6 {
        let enemy = if number == 5 { "l0 l1" } else { "" };
        writeln!(
            text,
            "l{number},law,,{:.1},{},{enemy}",
            b(),
            40 + 7 * number
        )
        .unwrap();
    }
    for number in 0..4 {
        let enemy = if number == 3 { "l2" } else { "" };
        writeln!(
            text,
            "w{number},words,,{:.1},{},{enemy}",
            b(),
            90 - 9 * number
        )
        .unwrap();
    }
    for number in 0..9 {
        let enemy = if number == 8 { enemies } else { "" };
        writeln!(
            text,
            "r{number},reading,s{},{:.1},60,{enemy}",
            number / 3,
            b()
        )
        .unwrap();
    }
    read_items(&text).unwrap()
}

const BLUEPRINT: &str = "abilities = [-1, 1]\nscore_tolerance = 0.2\nseconds_tolerance = 20\n\
    [[cells]]\ntopic = \"law\"\ncount = 2\n[[cells]]\ntopic = \"words\"\ncount = 1\n\
    [[cells]]\ntopic = \"reading\"\nstimuli = 1\nitems_per_stimulus = 2\n";

fn blueprint() -> FormBlueprint {
    FormBlueprint::from_toml(BLUEPRINT).unwrap()
}

/// Every form that there can be, by trying all sets of five items, with its worst deviation.
fn all_forms(items: &[FormItem]) -> Vec<(u32, f64)> {
    let table = blueprint().table(items).unwrap();
    let count = |set: u32, of: &dyn Fn(&FormItem) -> bool| {
        let own = (0..items.len()).filter(|at| set >> at & 1 == 1 && of(&items[*at]));
        own.count()
    };
    let mut forms = Vec::new();
    for set in 0..1_u32 << items.len() {
        if set.count_ones() != 5
            || count(set, &|item| item.topic == "law") != 2
            || count(set, &|item| item.topic == "words") != 1
            || (0..3).all(|s| count(set, &|item| item.stimulus == format!("s{s}")) != 2)
        {
            continue;
        }
        let own = || {
            (0..items.len())
                .filter(|at| set >> at & 1 == 1)
                .map(|at| &items[at])
        };
        if own().any(|item| own().any(|other| item.enemies.contains(&other.id))) {
            continue;
        }
        let mut worst = 0.0_f64;
        for at in 0..NUMBERS {
            let sum: i32 = own().map(|item| numbers(&blueprint(), item)[at]).sum();
            if let Some(tolerance) = table.tolerance[at] {
                let deviation = f64::from((sum - table.target[at]).abs());
                worst = worst.max(deviation / f64::from(tolerance));
            }
        }
        forms.push((set, worst));
    }
    forms
}

/// Whether two forms have no item and no stimulus in common.
fn apart(one: u32, other: u32, items: &[FormItem]) -> bool {
    let stimuli = |set: u32| -> BTreeSet<&str> {
        let own = (0..items.len()).filter(|at| set >> at & 1 == 1);
        own.map(|at| items[at].stimulus.as_str())
            .filter(|s| !s.is_empty())
            .collect()
    };
    one & other == 0 && stimuli(one).is_disjoint(&stimuli(other))
}

fn order(forms: usize, uses: usize) -> ExactOrder {
    ExactOrder {
        forms,
        uses,
        seconds: 60,
        gap: GAP,
    }
}

fn sets(found: &ExactForms) -> Vec<u32> {
    let form = |number: usize| found.assembly.paper(number).iter().map(|at| 1 << at).sum();
    (0..found.assembly.len()).map(form).collect()
}

#[test]
fn no_two_forms_are_better_than_those_that_are_found() {
    for seed in 0..6 {
        let items = bank(seed);
        let all = all_forms(&items);
        let mut best = f64::INFINITY;
        for (at, (one, worst)) in all.iter().enumerate() {
            for (other, worse) in &all[at + 1..] {
                if worst.max(*worse) < best && apart(*one, *other, &items) {
                    best = worst.max(*worse);
                }
            }
        }
        let found = exact(&blueprint(), &items, &order(2, 1), &Seed::new([seed; 32])).unwrap();
        let forms = sets(&found);
        assert!(apart(forms[0], forms[1], &items));
        assert!(
            forms
                .iter()
                .all(|form| all.iter().any(|(set, _)| set == form))
        );
        assert!(
            (found.record.objective - best).abs() <= GAP,
            "{:?}, and {best} is best",
            found.record
        );
        assert!(found.record.bound <= best + 1e-9 && found.record.status == "optimal");
    }
}

#[test]
fn the_search_before_the_solver_keeps_to_the_blueprint() {
    for seed in 0..6 {
        let items = bank(seed);
        let (table, all) = (blueprint().table(&items).unwrap(), all_forms(&items));
        let bank = Bank::new(&blueprint(), &table, &items);
        let forms = start::start(&table, &bank, &order(2, 1), &Seed::new([seed; 32]));
        let sets: Vec<u32> = forms
            .iter()
            .map(|form| form.iter().map(|at| 1 << at).sum())
            .collect();
        // Where it finds none the solver begins with nothing.
        if let [one, other] = sets[..] {
            assert!(apart(one, other, &items));
            let one_of_all = |form: u32| all.iter().any(|(set, _)| *set == form);
            assert!(one_of_all(one) && one_of_all(other));
        } else {
            assert!(forms.is_empty());
        }
    }
}

#[test]
fn one_form_is_the_best_of_all_and_may_be_used_twice() {
    let items = bank(7);
    let all = all_forms(&items);
    let best = all
        .iter()
        .map(|(_, worst)| *worst)
        .fold(f64::INFINITY, f64::min);
    for (forms, uses) in [(1, 1), (2, 2)] {
        let found = exact(
            &blueprint(),
            &items,
            &order(forms, uses),
            &Seed::new([1; 32]),
        )
        .unwrap();
        assert!((found.record.objective - best).abs() <= GAP);
        assert_eq!(found.assembly.len(), forms);
    }
}

#[test]
fn the_same_seed_gives_the_same_forms_and_the_record_says_how() {
    let items = bank(8);
    let find = || exact(&blueprint(), &items, &order(2, 1), &Seed::new([5; 32])).unwrap();
    let (one, other) = (find(), find());
    assert_eq!(sets(&one), sets(&other));
    assert_eq!(one.record, other.record);
    assert_eq!((one.record.solver, one.record.seconds_limit), ("HiGHS", 60));
    assert!(one.record.version.starts_with("1."));
    assert!(one.record.gap <= GAP + 1e-9);
}

#[test]
fn what_the_bank_cannot_give_is_refused_in_words() {
    let items = bank(9);
    let refused = |forms: usize, uses: usize| {
        let found = exact(
            &blueprint(),
            &items,
            &order(forms, uses),
            &Seed::new([1; 32]),
        );
        found.err().unwrap().to_string()
    };
    assert_eq!(
        refused(4, 1),
        "the blueprint cannot be met:\n  \
         cell 1 (law): 4 forms take 8 of its units; there are 6, each on 1 at most\n  \
         cell 3 (reading): 4 forms take 4 of its units; there are 3, each on 1 at most"
    );
    assert!(refused(0, 1).contains("there are 1 to 100 forms"));
    // Three forms take all items of the law, and l5 must stand with one of its enemies or l2, l3, l4.
    let all = all_forms(&items);
    let possible = all.iter().any(|(a, _)| {
        all.iter().any(|(b, _)| {
            apart(*a, *b, &items)
                && all
                    .iter()
                    .any(|(c, _)| apart(*a, *c, &items) && apart(*b, *c, &items))
        })
    });
    let found = exact(&blueprint(), &items, &order(3, 1), &Seed::new([1; 32]));
    assert_eq!(found.is_ok(), possible);
    // Items of a stimulus come together, whoever chooses.
    let together = bank_with(9, "r7");
    let found = exact(&blueprint(), &together, &order(1, 1), &Seed::new([1; 32]));
    assert_eq!(
        found.err().unwrap().to_string(),
        "the blueprint cannot be met:\n  cell 3 (reading): the stimulus s2 brings the enemies r7 and r8"
    );
    // Enemies alone on a form of two.
    let two = read_items("id,b,enemies\na,0,b\nb,0,\n").unwrap();
    let blueprint = FormBlueprint::from_toml("[[cells]]\ncount = 2\n").unwrap();
    let found = exact(&blueprint, &two, &order(1, 1), &Seed::new([1; 32]));
    assert_eq!(
        found.err().unwrap().to_string(),
        "no forms: enemies and stimuli leave none for so many forms"
    );
}
