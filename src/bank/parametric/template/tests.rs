//! Templates and their instances.

use super::*;

const WORK: &str = r#"
section = "quantitative"

[[template]]
id = "qt-t90"
topic = "qt.work"
difficulty = "medium"
kind = "single_choice"
stem = "{job}，甲单独做需要 {a} 天，乙单独做需要 {b} 天。两人合作，需要多少天完成？"
explanation = "1÷(1/{a}+1/{b})={c}（天）。"
variables = { a = "6..30", b = "8..60 step 2", job = ["整理档案", "录入问卷"] }
lets = ["c = a*b/(a+b)"]
where = ["a < b", "c == floor(c)", "c >= 3"]
key = "{c} 天"
distractors = ["{c} 天", "{c-a} 天", "{c+1} 天", "{a+b} 天", "{(a+b)/2} 天", "{c+2} 天"]

[[template]]
id = "qt-t91"
topic = "qt.work"
difficulty = "easy"
kind = "numeric"
stem = "{a} 的一半是多少？"
explanation = "{a/2}"
variables = { a = "3..99" }
value = "a/2"
tolerance = "0"
unit = "天"
"#;

fn templates() -> Vec<Template> {
    read("work.toml", WORK).unwrap()
}

fn seed(byte: u8) -> Seed {
    Seed::from_slice(&[byte; 32]).unwrap()
}

/// `place: code` of the first fault after one change.
fn refused(from: &str, to: &str) -> String {
    assert!(WORK.contains(from), "{from}");
    let faults = read("work.toml", &WORK.replacen(from, to, 1)).unwrap_err();
    format!("{}: {}", faults[0].place, faults[0].code)
}

#[test]
fn every_instance_is_a_sound_item_with_the_key_that_follows() {
    for instance in instances(&templates()[0], &seed(1), 40).unwrap() {
        let number = |name: &str| instance.values.numbers[name];
        let Body::SingleChoice { options, key } = &instance.item.body else {
            panic!("{:?}", instance.item.body);
        };
        let (a, b) = (number("a"), number("b"));
        let days = a * b / (a + b);
        assert_eq!(options[usize::from(*key)], format!("{days} 天"));
        assert_eq!(options.len(), 4);
        assert!(
            options.iter().all(|option| !option.contains('-')),
            "{options:?}"
        );
        assert!(a < b && days.is_integer());
    }
}

#[test]
fn the_same_seed_gives_the_same_items_and_another_others() {
    let of = |byte| instances(&templates()[0], &seed(byte), 20).unwrap();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    // One instance does not depend on how many are made.
    let alone = templates()[0].instance(&seed(1), of(1)[7].number).unwrap();
    assert_eq!(alone, of(1)[7]);
}

#[test]
fn the_key_stands_in_every_place() {
    let places = instances(&templates()[0], &seed(3), 40).unwrap();
    let places: BTreeSet<u8> = places
        .iter()
        .map(|instance| match instance.item.body {
            Body::SingleChoice { key, .. } => key,
            _ => panic!(),
        })
        .collect();
    assert_eq!(places.len(), 4);
}

#[test]
fn a_number_may_be_asked_for() {
    let instance = &instances(&templates()[1], &seed(1), 1).unwrap()[0];
    let half = instance.values.numbers["a"] / 2;
    let expected = Body::Numeric {
        value: plain(half).unwrap().parse().unwrap(),
        tolerance: Score::ZERO,
        unit: "天".to_owned(),
    };
    assert_eq!(instance.item.body, expected);
}

#[test]
fn a_template_with_too_few_instances_says_so() {
    let few = WORK.replacen("\"3..99\"", "\"3..9\"", 1);
    let template = &read("work.toml", &few).unwrap()[1];
    let refused = instances(template, &seed(1), 8).unwrap_err();
    assert_eq!(
        (refused.code, refused.args),
        ("template-few", vec![("found", "7".to_owned())])
    );
    let none = WORK.replacen("\"a < b\"", "\"a > 100\"", 1);
    let template = &read("work.toml", &none).unwrap()[0];
    assert_eq!(
        instances(template, &seed(1), 1).unwrap_err().code,
        "template-empty"
    );
}

#[test]
fn faults_are_named_by_template_and_field() {
    let at = |field: &str, code: &str| format!("work.toml: template qt-t90: {field}: {code}");
    assert_eq!(
        refused("\"c >= 3\"", "\"c >= \""),
        at("where", "template-expression")
    );
    assert_eq!(refused("{c} 天", "{c 天"), at("key", "template-expression"));
    assert_eq!(
        refused("\"6..30\"", "\"30..6\""),
        at("variables", "template-range")
    );
    assert_eq!(
        refused("\"6..30\"", "\"0.5..30\""),
        at("variables", "template-range")
    );
    assert_eq!(refused("c = a*b", "a = a*b"), at("lets", "template-name"));
    assert_eq!(
        refused("c = a*b", "min = a*b"),
        at("variables", "template-name")
    );
    assert_eq!(
        refused(", \"{c+1} 天\", \"{a+b} 天\"", ""),
        at("distractors", "template-distractors")
    );
    assert_eq!(
        refused("key = ", "value = \"1\"\nkey = "),
        at("value", "not-for-kind")
    );
    assert_eq!(refused("qt.work", "qt work"), at("topic", "bad-code"));
    assert_eq!(
        refused("section", "sections"),
        "work.toml: line 2: toml-syntax"
    );
    let twice = WORK.replace("qt-t91", "qt-t90");
    assert_eq!(
        read("work.toml", &twice).unwrap_err()[0].code,
        "duplicate-code"
    );
}
