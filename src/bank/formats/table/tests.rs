//! Tables as people fill them in.

use super::*;
use crate::bank::formats::testing::said;
use crate::bank::item::Body;

const HEADER: &str = "编号|题型|部分|考点|难度|题干|选项A|选项B|选项C|选项D|答案";

/// A grid out of lines whose cells are separated by `|`.
fn grid(lines: &[&str]) -> Grid {
    let rows = lines.iter().enumerate().map(|(at, line)| Row {
        number: at + 1,
        cells: line.split('|').map(str::to_owned).collect(),
    });
    Grid {
        rows: rows.collect(),
        faults: Vec::new(),
    }
}

fn faults(lines: &[&str]) -> Vec<Fault> {
    read(&grid(lines)).unwrap_err()
}

#[test]
fn columns_are_known_by_either_name_in_any_order() {
    let english = "key|OPTION C|option-b|Option_A|stem|difficulty|topic|section|kind|Code";
    let batch = read(&grid(&[
        english,
        "B|丙|乙|甲|选哪个？|easy|ck.law|common_knowledge|single_choice|ck-001",
    ]))
    .unwrap();
    let key = &batch.items[0].body;
    assert!(matches!(key, Body::SingleChoice { key: 1, .. }));
    assert_eq!(key.options(), ["甲", "乙", "丙"]);
    for (column, zh, en) in COLUMNS {
        assert_eq!(Column::named(zh), Some(column));
        assert_eq!(Column::named(&en.to_uppercase()), Some(column));
    }
    assert_eq!(Column::named("选项　Ａ"), Some(Column::Option(0)));
}

#[test]
fn all_faults_of_all_rows_are_named_by_row_and_column() {
    let faults = faults(&[
        HEADER,
        "ck-001|单选题|common_knowledge|ck.law|易|题一|甲|乙|丙|丁|E",
        "ck 2|多选题|common_knowledge|ck.law|较易|题二|甲|乙|丙|甲|AC",
        "|||||||||||",
        "ck-001|判断题|common_knowledge|ck.law|难||||||可能",
    ]);
    assert_eq!(
        said(&faults),
        [
            "row 2, column K: key-out-of-range",
            "row 3, column E: unknown-word",
            "row 3, column A: bad-code",
            "row 3, column J: option-repeated",
            "row 5, column K: unknown-word",
            "row 5, column F: required",
            "row 5, column A: duplicate-code",
        ]
    );
    assert!(faults[1].args.contains(&("header", "难度".to_owned())));
    assert!(faults[1].args.contains(&("found", "较易".to_owned())));
}

#[test]
fn a_header_is_complete_and_unambiguous() {
    assert_eq!(
        said(&faults(&["编号|题型|部分|考点|难度|编号|备注"])),
        [
            "row 1, column F: duplicate-column",
            "row 1, column G: unknown-column",
            "row 1: missing-column",
        ]
    );
    assert_eq!(said(&faults(&[])), ["file: no-rows"]);
    assert_eq!(said(&faults(&[HEADER])), ["file: no-rows"]);
}

#[test]
fn a_value_under_no_header_is_not_dropped() {
    let row = "ck-001|判断题|common_knowledge|ck.law|易|题一|||||对|备注一";
    assert_eq!(
        said(&faults(&[HEADER, row])),
        ["row 2, column L: column-without-header"]
    );
}

#[test]
fn a_fault_without_a_column_of_its_own_names_the_row() {
    let header = "编号|题型|部分|考点|难度|题干";
    let row = "ck-001|判断题|common_knowledge|ck.law|易|题一";
    let faults = faults(&[header, row]);
    assert_eq!(said(&faults), ["row 2: required"]);
    assert!(faults[0].args.contains(&("header", "答案".to_owned())));
}

#[test]
fn a_stimulus_is_given_once_and_shared() {
    let header = "编号|题型|部分|考点|难度|题干|答案|材料编号|材料标题|材料正文";
    let about = |code: &str, stimulus: &str| {
        format!("{code}|判断题|data_analysis|da.share|中|题 {code}|对|{stimulus}")
    };
    let (first, second) = (about("1", "s1|工业|正文。"), about("2", "s1"));
    let batch = read(&grid(&[header, &first, &second])).unwrap();
    assert_eq!(batch.stimuli.len(), 1);
    assert_eq!(batch.items[1].stimulus.as_deref(), Some("s1"));

    let rows = [
        about("2", "s1|工业|别的。"),
        about("3", "s2"),
        about("4", "|无名|。"),
    ];
    let [other, unknown, nameless] = &rows;
    assert_eq!(
        said(&faults(&[header, &first, other, unknown, nameless])),
        [
            "row 3, column H: stimulus-differs",
            "row 4, column H: stimulus-unknown",
            "row 5, column H: required",
        ]
    );
}

#[test]
fn blanks_accept_several_forms_and_rubrics_have_lines() {
    assert_eq!(parts("0.5| 1/2\n二分之一"), ["0.5", "1/2", "二分之一"]);
    let lines = rubric("观点明确|6\n\n论证｜充分｜4\n没有分");
    let marks: Vec<&str> = lines.iter().map(|(_, marks)| marks.as_str()).collect();
    assert_eq!(marks, ["6", "4", ""]);
    assert_eq!(lines[1].0, "论证｜充分");
}

#[test]
fn columns_are_lettered_as_in_a_spreadsheet() {
    let letters: Vec<String> = [0, 25, 26, 51, 52, 701, 702]
        .into_iter()
        .map(column_letters)
        .collect();
    assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}
