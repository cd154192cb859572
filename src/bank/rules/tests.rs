//! What a sound item of each kind is.

use super::*;
use crate::bank::item::Difficulty;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn single(options: &[&str], key: u8) -> Body {
    Body::SingleChoice {
        options: texts(options),
        key,
    }
}

fn multiple(key: &[u8]) -> Body {
    Body::MultipleChoice {
        options: texts(&["甲", "乙", "丙", "丁"]),
        key: key.to_vec(),
    }
}

fn numeric(value: &str, tolerance: &str) -> Body {
    Body::Numeric {
        value: value.parse().unwrap(),
        tolerance: tolerance.parse().unwrap(),
        unit: "米".to_owned(),
    }
}

fn matching(left: &[&str], right: &[&str], key: &[u8]) -> Body {
    Body::Matching {
        left: texts(left),
        right: texts(right),
        key: key.to_vec(),
    }
}

fn ordering(parts: &[&str]) -> Body {
    Body::Ordering {
        parts: texts(parts),
    }
}

fn essay(points: &[&str], marks: &str, words_max: u32) -> Body {
    let line = |worth: &&str| RubricPoint {
        point: "观点明确".to_owned(),
        marks: worth.parse().unwrap(),
    };
    Body::Essay {
        rubric: points.iter().map(line).collect(),
        marks: marks.parse().unwrap(),
        words_max,
        reference: String::new(),
    }
}

fn item(code: &str, body: Body) -> Item {
    Item {
        code: code.to_owned(),
        section: "verbal".to_owned(),
        topic: "vb.cloze".to_owned(),
        difficulty: Difficulty::Medium,
        stimulus: None,
        stem: format!("第 {code} 题"),
        body,
        explanation: String::new(),
        enemies: Vec::new(),
        seconds: None,
        markup: Markup::Plain,
    }
}

fn stimulus(code: &str) -> Stimulus {
    Stimulus {
        code: code.to_owned(),
        title: "材料".to_owned(),
        text: "一段文字。".to_owned(),
        table: Vec::new(),
        markup: Markup::Plain,
    }
}

/// `place: code` of each fault.
fn said(faults: &[Fault]) -> Vec<String> {
    let said = |fault: &Fault| format!("{}: {}", fault.place, fault.code);
    faults.iter().map(said).collect()
}

fn body_faults(body: Body) -> Vec<String> {
    said(&check_item(&item("vb-001", body)))
}

#[test]
fn a_sound_item_of_every_kind_passes() {
    let bodies = [
        single(&["甲", "乙", "丙"], 2),
        multiple(&[0, 3]),
        multiple(&[0, 1, 2, 3]),
        Body::TrueFalse { key: true },
        Body::FillIn {
            accepted: texts(&["0.5", "1/2"]),
        },
        numeric("-0.5", "0.05"),
        matching(&["京", "沪"], &["北京", "上海", "天津"], &[0, 1]),
        matching(&["水", "冰"], &["化合物", "单质"], &[0, 0]),
        ordering(&["起草", "审核", "签发"]),
        essay(&["7.5", "12.5"], "20", 800),
    ];
    for body in bodies {
        assert_eq!(body_faults(body), Vec::<String>::new());
    }
}

#[test]
fn options_are_counted_filled_and_distinct() {
    assert_eq!(body_faults(single(&["甲", "乙"], 0)), [""; 0]);
    for wrong in [&["甲"][..], &["1", "2", "3", "4", "5", "6", "7", "8", "9"]] {
        assert_eq!(body_faults(single(wrong, 0)), ["options: option-count"]);
    }
    assert_eq!(
        body_faults(single(&["甲", " ", "丙"], 0)),
        ["options: required"]
    );
    let twice = check_item(&item("a", single(&["甲", "乙", "甲 "], 0)));
    assert_eq!(said(&twice), ["options: option-repeated"]);
    let args = vec![("option", "C".to_owned()), ("first", "A".to_owned())];
    assert_eq!(twice[0].args, args);
}

#[test]
fn keys_name_options_that_are_there() {
    assert_eq!(
        body_faults(single(&["甲", "乙", "丙"], 3)),
        ["key: key-out-of-range"]
    );
    assert_eq!(body_faults(multiple(&[1])), ["key: key-too-few"]);
    assert_eq!(body_faults(multiple(&[2, 1])), ["key: key-order"]);
    assert_eq!(body_faults(multiple(&[1, 1])), ["key: key-order"]);
    assert_eq!(body_faults(multiple(&[0, 9])), ["key: key-out-of-range"]);
}

#[test]
fn a_blank_accepts_something() {
    let blank = |forms: &[&str]| {
        body_faults(Body::FillIn {
            accepted: texts(forms),
        })
    };
    assert_eq!(blank(&[]), ["key: required"]);
    assert_eq!(blank(&["5", ""]), ["key: required"]);
    assert_eq!(blank(&["5", "5"]), ["key: key-repeated"]);
}

#[test]
fn numbers_are_bounded_and_no_tolerance_is_negative() {
    assert_eq!(
        body_faults(numeric("2000000000", "0")),
        ["key: number-range"]
    );
    assert_eq!(
        body_faults(numeric("1", "-0.1")),
        ["tolerance: number-range"]
    );
}

#[test]
fn every_entry_of_a_matching_has_its_option() {
    let right = ["北京", "上海", "天津"];
    assert_eq!(
        body_faults(matching(&["京"], &right, &[0])),
        ["key: entry-count"]
    );
    assert_eq!(
        body_faults(matching(&["京", "沪"], &right, &[0])),
        ["key: key-incomplete"]
    );
    assert_eq!(
        body_faults(matching(&["京", "沪"], &right, &[0, 3])),
        ["key: key-out-of-range"]
    );
    assert_eq!(
        body_faults(matching(&["京", "京"], &right, &[0, 1])),
        ["key: key-repeated"]
    );
}

#[test]
fn the_parts_of_an_ordering_differ() {
    assert_eq!(body_faults(ordering(&["起草"])), ["options: option-count"]);
    assert_eq!(
        body_faults(ordering(&["起草", "审核", "起草"])),
        ["options: option-repeated"]
    );
}

#[test]
fn a_rubric_adds_up_to_the_marks() {
    assert_eq!(body_faults(essay(&[], "20", 800)), ["rubric: required"]);
    assert_eq!(
        body_faults(essay(&["10", "9.5"], "20", 800)),
        ["rubric: rubric-sum"]
    );
    assert_eq!(
        body_faults(essay(&["20"], "20", 49)),
        ["words_max: words-range"]
    );
    // The largest numbers a file can hold are refused before they are added.
    let huge = "9223372036854";
    assert_eq!(
        body_faults(essay(&[huge, huge], "20", 800)),
        ["rubric: marks-range", "rubric: marks-range"]
    );
}

#[test]
fn texts_are_there_bounded_and_printable() {
    let mut broken = item("vb 001", Body::TrueFalse { key: true });
    broken.section = "Verbal".to_owned();
    broken.topic = "vb..cloze".to_owned();
    broken.stem = "题".repeat(STEM_MAX + 1);
    broken.explanation = "a\0b".to_owned();
    assert_eq!(
        said(&check_item(&broken)),
        [
            "code: bad-code",
            "section: bad-code",
            "topic: bad-code",
            "stem: too-long",
            "explanation: control-character",
        ]
    );
}

#[test]
fn a_text_is_kept_with_one_kind_of_line_end() {
    assert_eq!(tidy(" 甲\r\n乙\r丙\n\n"), "甲\n乙\n丙");
}

#[test]
fn what_forms_have_one_a_line_is_kept_in_one_line() {
    let matching = Body::Matching {
        left: texts(&["甲\n乙", "丙"]),
        right: texts(&["一", "二"]),
        key: vec![0, 1],
    };
    let Body::Matching { left, .. } = tidied(&item("a", matching)).body else {
        panic!("another kind");
    };
    assert_eq!(left, ["甲 乙", "丙"]);
    let accepted = texts(&["十\r\n六"]);
    let kept = tidied(&item("a", Body::FillIn { accepted }));
    assert_eq!(
        kept.body,
        Body::FillIn {
            accepted: texts(&["十 六"])
        }
    );
}

#[test]
fn a_table_of_a_stimulus_is_rectangular() {
    let mut ragged = stimulus("s1");
    ragged.table = vec![texts(&["指标", "2023"]), texts(&["产值"])];
    assert_eq!(said(&check_stimulus(&ragged)), ["table: table-ragged"]);
}

#[test]
fn enemy_sets_are_few_named_like_codes_and_each_once() {
    let faults = |names: &[&str]| {
        let item = Item {
            enemies: texts(names),
            ..item("a", Body::TrueFalse { key: true })
        };
        (said(&check_item(&item)), said(&check_item(&tidied(&item))))
    };
    let sound = || (Vec::<String>::new(), Vec::<String>::new());
    assert_eq!(faults(&["Qt-t01", "b", "c.d_e"]), sound());
    // What stands in any order or twice is put in order as it is kept.
    let disorder = vec!["enemies: enemies-order".to_owned()];
    assert_eq!(faults(&["b", "a"]), (disorder.clone(), Vec::new()));
    assert_eq!(faults(&["a", "a"]), (disorder, Vec::new()));
    assert_eq!(faults(&["甲"]).1, ["enemies: bad-code"]);
    assert_eq!(faults(&[""]).1, ["enemies: required"]);
    let nine = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    assert_eq!(faults(&nine).1, ["enemies: enemies-count"]);
    assert_eq!(faults(&nine[1..]), sound());
}

#[test]
fn an_expected_time_is_a_time() {
    for (seconds, sound) in [(0, false), (1, true), (7_200, true), (7_201, false)] {
        let item = Item {
            seconds: Some(seconds),
            markup: Markup::Plain,
            ..item("a", Body::TrueFalse { key: true })
        };
        assert_eq!(check_item(&item).is_empty(), sound, "{seconds}");
    }
}

#[test]
fn an_item_without_sets_and_time_is_written_as_before() {
    let item = item("a", Body::TrueFalse { key: true });
    let json = serde_json::to_value(&item).unwrap();
    assert!(json.get("enemies").is_none() && json.get("seconds").is_none());
    assert_eq!(serde_json::from_value::<Item>(json).unwrap(), item);
}
