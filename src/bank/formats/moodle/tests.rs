//! Stories, round trips and hostile files.

use proptest::prelude::*;

use super::{read, write};
use crate::bank::formats::bodies::{essay, matching, pairs};
use crate::bank::formats::samples::{batches, defaults, kinds, lost, shared, texts};
use crate::bank::formats::testing::said;
use crate::bank::formats::{BYTES_MAX, Batch};
use crate::bank::item::{Body, Difficulty, Item};

/// A file with `questions` in it.
fn quiz(questions: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n{questions}\n</quiz>")
}

/// A question of a kind, with a text and what stands in it besides.
fn question(kind: &str, text: &str, rest: &str) -> String {
    format!(
        "<question type=\"{kind}\"><name><text>题</text></name><questiontext format=\"html\">\
         <text><![CDATA[{text}]]></text></questiontext>{rest}</question>"
    )
}

fn answer(fraction: &str, text: &str) -> String {
    format!("<answer fraction=\"{fraction}\"><text>{text}</text></answer>")
}

fn answers(answers: &[(&str, &str)]) -> String {
    answers
        .iter()
        .map(|(fraction, text)| answer(fraction, text))
        .collect()
}

/// The only item of a file with one question, and what was lost.
fn only(kind: &str, rest: &str) -> (Item, Vec<String>) {
    let text = quiz(&question(kind, "<p>题干</p>", rest));
    let (mut batch, losses) = read(&text, &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    (batch.items.remove(0), lost(&losses))
}

fn refused(questions: &str) -> Vec<String> {
    said(&read(&quiz(questions), &defaults()).unwrap_err())
}

#[test]
fn a_choice_as_moodle_exports_it() {
    let rest = "<generalfeedback format=\"html\"><text><![CDATA[<p>1997年设市。<br></p>]]></text>
        </generalfeedback><defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty>
        <hidden>0</hidden><idnumber>ck-7</idnumber><single>true</single>
        <correctfeedback format=\"html\"><text>Your answer is correct.</text></correctfeedback>
        <answer fraction=\"100\" format=\"html\"><text><![CDATA[<p dir=\"ltr\">重庆&nbsp;</p>]]></text>
        <feedback format=\"html\"><text></text></feedback></answer>
        <answer fraction=\"0\" format=\"html\"><text><![CDATA[<p>南京</p>]]></text></answer>
        <answer fraction=\"0\" format=\"html\"><text><![CDATA[<p>苏州</p>]]></text></answer>
        <tags><tag><text>difficulty:中</text></tag><tag><text>topic:ck.geo</text></tag></tags>";
    let (item, losses) = only("multichoice", rest);
    assert_eq!(losses, Vec::<String>::new());
    assert_eq!((item.code.as_str(), item.stem.as_str()), ("ck-7", "题干"));
    assert_eq!(item.explanation, "1997年设市。");
    assert_eq!(
        (item.topic.as_str(), item.difficulty),
        ("ck.geo", Difficulty::Medium)
    );
    assert_eq!(item.section, "imported");
    let options = texts(&["重庆", "南京", "苏州"]);
    assert_eq!(item.body, Body::SingleChoice { options, key: 0 });
}

#[test]
fn a_cell_that_ends_with_a_line_end_is_tidied() {
    let text = "<div class=\"keju-stimulus\"><p>文</p><table><tr><td>年<br><td>量</table></div>问";
    let right = answers(&[("100", "true")]);
    let file = quiz(&question("truefalse", text, &right));
    let (batch, _) = read(&file, &defaults()).unwrap();
    assert_eq!(batch.stimuli[0].table, [texts(&["年", "量"])]);
    assert_eq!(batch.stimuli[0].code, "im-s01");
}

#[test]
fn every_kind_is_read() {
    let several = [("50", "甲"), ("50", "乙"), ("-100", "丙"), ("-100", "丁")];
    let several = "<single>false</single>".to_owned() + &answers(&several);
    let (item, losses) = only("multichoice", &several);
    let options = texts(&["甲", "乙", "丙", "丁"]);
    assert_eq!(
        item.body,
        Body::MultipleChoice {
            options,
            key: vec![0, 1]
        }
    );
    assert_eq!(losses, Vec::<String>::new());
    let (item, _) = only("truefalse", &answers(&[("0", "true"), ("100", "false")]));
    assert_eq!(item.body, Body::TrueFalse { key: false });
    let (item, losses) = only(
        "shortanswer",
        &answers(&[("100", "十六*"), ("100", "16"), ("50", "15"), ("0", "*")]),
    );
    assert_eq!(
        item.body,
        Body::FillIn {
            accepted: texts(&["十六", "16"])
        }
    );
    assert_eq!(losses, ["question 1: wildcard", "question 1: weights"]);
    let number = "<answer fraction=\"100\"><text>9.8</text><tolerance>0.05</tolerance></answer>
        <units><unit><multiplier>1</multiplier><unit_name>N/kg</unit_name></unit></units>";
    let (item, losses) = only("numerical", number);
    let (value, tolerance) = ("9.8".parse().unwrap(), "0.05".parse().unwrap());
    assert_eq!(
        item.body,
        Body::Numeric {
            value,
            tolerance,
            unit: "N/kg".to_owned()
        }
    );
    assert_eq!(losses, Vec::<String>::new());
    let order = answers(&[("1", "夏"), ("2", "商"), ("3", "周")]);
    assert_eq!(
        only("ordering", &order).0.body,
        Body::Ordering {
            parts: texts(&["夏", "商", "周"])
        }
    );
}

#[test]
fn pairs_may_share_a_right_entry_and_leave_one_over() {
    let pair = |left: &str, right: &str| {
        format!(
            "<subquestion format=\"html\"><text><![CDATA[{left}]]></text><answer><text>{right}</text></answer></subquestion>"
        )
    };
    let rest = [
        pair("<p>李白</p>", "唐"),
        pair("苏轼", "宋"),
        pair("杜甫", "唐"),
        pair("", "元"),
    ]
    .concat();
    let (item, _) = only("matching", &rest);
    let (left, right) = (texts(&["李白", "苏轼", "杜甫"]), texts(&["唐", "宋", "元"]));
    assert_eq!(
        item.body,
        Body::Matching {
            left,
            right,
            key: vec![0, 1, 0]
        }
    );
}

#[test]
fn an_essay_without_a_rubric_gets_one_line_worth_all() {
    let rest = "<defaultgrade>20</defaultgrade><maxwordlimit>400</maxwordlimit>
        <graderinfo format=\"html\"><text>&lt;p&gt;言之成理即可。&lt;/p&gt;</text></graderinfo>";
    let (item, losses) = only("essay", rest);
    assert_eq!(
        item.body,
        essay("20".parse().unwrap(), 2_400, "言之成理即可。".to_owned())
    );
    let told = ["words-converted", "rubric-assumed"];
    assert_eq!(losses, told.map(|code| format!("question 1: {code}")));
}

#[test]
fn what_is_left_behind_is_named() {
    let category = "<question type=\"category\"><category><text>$course$/top/第一章</text></category></question>";
    let cloze = question("cloze", "{1:SHORTANSWER:=甲}", "");
    let text = question("description", "说明", "");
    let rest = "<penalty>0.5</penalty><defaultgrade>2</defaultgrade><hidden>1</hidden>
        <hint><text>想一想</text></hint><incorrectfeedback><text>错了</text></incorrectfeedback>
        <tags><tag><text>期中</text></tag></tags>"
        .to_owned()
        + &answers(&[("100", "true"), ("0", "false")]);
    let image = question(
        "truefalse",
        "<p>如<b>图</b><img src=\"@@PLUGINFILE@@/a.png\"></p>",
        &rest,
    );
    let file = quiz(&[category, &cloze, &text, &image].concat());
    let (batch, losses) = read(&file, &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    assert_eq!(
        lost(&losses),
        [
            "question 1: category",
            "question 1: question-type",
            "question 2: description",
            "question 3: tag",
            "question 3: image",
            "question 3: title",
            "question 3: penalty",
            "question 3: marks",
            "question 3: hidden",
            "question 3: hint",
            "question 3: feedback",
        ]
    );
    assert_eq!(losses[1].args, [("found", "cloze".to_owned())]);
}

#[test]
fn what_is_wrong_is_named_by_question() {
    let nine: Vec<(&str, &str)> = "一二三四五六七八九"
        .split_inclusive(|_: char| true)
        .map(|text| (if text == "一" { "100" } else { "0" }, text))
        .collect();
    let nine = question("multichoice", "题", &answers(&nine));
    let left_out = |code: &str| ["file: no-items".to_owned(), format!("question 1: {code}")];
    assert_eq!(refused(&nine), left_out("option-count"));
    let none = question("numerical", "题", "");
    assert_eq!(refused(&none), left_out("no-key"));
    let word = question("numerical", "题", &answers(&[("100", "九")]));
    assert_eq!(refused(&word), ["question 1: key: not-a-number"]);
    let odd = question("truefalse", "题", &answers(&[("100", "maybe")]));
    assert_eq!(refused(&odd), ["question 1: key: unknown-word"]);
    let weight = question("shortanswer", "题", &answers(&[("1/3", "甲")]));
    assert_eq!(refused(&weight), ["question 1: key: not-a-number"]);
    assert_eq!(refused(""), ["file: no-items"]);
}

#[test]
fn hostile_files_are_refused() {
    let read = |text: &str| said(&read(text, &defaults()).unwrap_err());
    let laughs = "<!DOCTYPE quiz [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><quiz>&b;</quiz>";
    assert_eq!(read(laughs), ["line 1: xml-dtd"]);
    let hidden = "<!DOCTYPE quiz SYSTEM \">\" [<!ENTITY a \"b\">]><quiz>&a;</quiz>";
    assert_eq!(read(hidden), ["line 1: xml-dtd"]);
    let named = "<!DOCTYPE quiz SYSTEM \"file:///etc/passwd\"><quiz>&a;</quiz>";
    assert_eq!(read(named), ["line 1: xml-syntax"]);
    let outside = "<!DOCTYPE quiz [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><quiz>&a;</quiz>";
    assert_eq!(read(outside), ["line 1: xml-dtd"]);
    assert_eq!(
        read(&format!("<quiz>{}", "<a>".repeat(100_000))),
        ["line 1: xml-too-deep"]
    );
    assert_eq!(read("<quiz>\n<a></b></quiz>"), ["line 2: xml-syntax"]);
    assert_eq!(read("<quiz>\n<question"), ["line 1: xml-syntax"]);
    assert_eq!(read("<html></html>"), ["file: not-moodle-xml"]);
    assert_eq!(read("%PDF"), ["line 1: xml-syntax"]);
    assert_eq!(read(&" ".repeat(BYTES_MAX + 1)), ["file: file-too-large"]);
    let many = "<question/>".repeat(50_002);
    assert_eq!(refused(&many), ["file: too-many-items"]);
}

#[test]
fn everything_but_the_order_on_the_right_comes_back() {
    for batch in [kinds(), shared()] {
        let (text, losses) = write(&batch);
        assert_eq!(losses, []);
        assert_eq!(read(&text, &defaults()), Ok((batch, Vec::new())));
    }
}

/// The batch as Moodle can say it.
fn sayable(batch: &Batch) -> Batch {
    let mut batch = batch.clone();
    for item in &mut batch.items {
        if let Body::Matching { left, right, key } = &item.body {
            let (pairs, _) = pairs(left, right, key);
            let owned = pairs
                .iter()
                .map(|(l, r)| ((*l).to_owned(), (*r).to_owned()));
            item.body = matching(owned.collect());
        }
    }
    batch
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(batch in batches(true)) {
        let (text, losses) = write(&batch);
        prop_assert!(losses.iter().all(|loss| loss.code == "right-order"));
        let (mut back, reading) = read(&text, &defaults()).map_err(|faults| {
            TestCaseError::fail(format!("{faults:?}\n{text}"))
        })?;
        prop_assert_eq!(reading, []);
        back.stimuli.sort_by(|a, b| a.code.cmp(&b.code));
        prop_assert_eq!(back, sayable(&batch));
    }

    #[test]
    fn no_text_is_too_strange(pieces in prop::collection::vec(prop::sample::select(vec![
        "<question type=\"multichoice\">", "<question type='essay'>", "</question>", "<answer fraction=\"100\">",
        "<answer>", "</answer>", "<text>", "</text>", "<subquestion>", "</subquestion>", "甲", "&lt;p&gt;",
        "<![CDATA[", "]]>", "<name/>", "<tags><tag/></tags>", "<quiz>", "</quiz>", "*", "9e9",
    ]), 0..16)) {
        let _ = read(&quiz(&pieces.concat()), &defaults());
        let _ = read(&pieces.concat(), &defaults());
    }
}
