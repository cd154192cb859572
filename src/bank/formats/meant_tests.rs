//! What other systems mean by their files: taken as it is meant, or told.

use super::foreign::Reading;
use super::samples::{defaults, lost, texts};
use super::testing::said;
use super::{gift, moodle, qti};
use crate::bank::item::{Body, Item};

/// The only item of a file, and what was lost of it.
fn only(read: Reading) -> (Item, Vec<String>) {
    let (mut batch, losses) = read.unwrap();
    assert_eq!(batch.items.len(), 1);
    (batch.items.remove(0), lost(&losses))
}

fn gift(text: &str) -> Reading {
    gift::read(text, &defaults())
}

fn moodle(kind: &str, rest: &str) -> Reading {
    let text = format!(
        "<quiz><question type=\"{kind}\"><questiontext format=\"html\"><text>题干</text></questiontext>\
         {rest}</question></quiz>"
    );
    moodle::read(&text, &defaults())
}

fn answers(weighed: &[(&str, &str)]) -> String {
    let answer = |(fraction, text): &(&str, &str)| {
        format!("<answer fraction=\"{fraction}\"><text>{text}</text></answer>")
    };
    weighed.iter().map(answer).collect()
}

/// An item of QTI 2.1: its declaration, and its body.
fn qti(declared: &str, body: &str) -> Reading {
    let text = format!(
        "<!DOCTYPE assessmentItem><assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\" \
         identifier=\"q\">{declared}<itemBody>{body}</itemBody></assessmentItem>"
    );
    qti::read(text.as_bytes(), &defaults())
}

fn declared(cardinality: &str, base: &str, inner: &str) -> String {
    format!(
        "<responseDeclaration identifier=\"R\" cardinality=\"{cardinality}\" baseType=\"{base}\">{inner}\
         </responseDeclaration>"
    )
}

fn essay_of(item: &Item) -> (u32, &str) {
    match &item.body {
        Body::Essay {
            words_max,
            reference,
            ..
        } => (*words_max, reference),
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_are_no_characters_and_the_size_of_a_field_is_no_limit() {
    let limits = "<minwordlimit>50</minwordlimit><maxwordlimit>200</maxwordlimit>";
    let (item, losses) = only(moodle("essay", limits));
    assert_eq!(essay_of(&item).0, 1_200);
    let told = ["words-converted", "words-min", "rubric-assumed"];
    assert_eq!(losses, told.map(|code| format!("question 1: {code}")));
    let ours = "<tags><tag><text>characters:300</text></tag></tags>";
    let (item, losses) = only(moodle("essay", ours));
    assert_eq!(essay_of(&item).0, 300);
    assert_eq!(losses, ["question 1: rubric-assumed"]);
    let field = |attributes: &str| {
        let body =
            format!("<p>论述</p><extendedTextInteraction responseIdentifier=\"R\" {attributes}/>");
        let (item, losses) = only(qti(&declared("single", "string", ""), &body));
        (
            essay_of(&item).0,
            losses.contains(&"file: words-max".to_owned()),
        )
    };
    assert_eq!(field("expectedLength=\"72\""), (1_000, true));
    assert_eq!(field("expectedLength=\"2000\""), (2_000, true));
    assert_eq!(field(r#"patternMask="^[\s\S]{0,400}$""#), (400, false));
    let (item, _) = only(gift("// [tag:characters:300]\n论述{}"));
    assert_eq!(essay_of(&item).0, 300);
    let (item, losses) = only(gift("论述{}"));
    assert_eq!(essay_of(&item).0, 1_000);
    assert_eq!(losses, ["line 1: rubric-assumed", "line 1: words-max"]);
}

#[test]
fn a_model_answer_in_several_blocks_is_whole() {
    let block = |text: &str| format!("<rubricBlock view=\"scorer\">{text}</rubricBlock>");
    let blocks = [
        block(""),
        block("<p>一点一分。</p>"),
        block("<p>两点两分。</p>"),
    ]
    .concat();
    let body = format!("<p>论述</p><extendedTextInteraction responseIdentifier=\"R\"/>{blocks}");
    let (item, _) = only(qti(&declared("single", "string", ""), &body));
    assert_eq!(essay_of(&item).1, "一点一分。\n两点两分。");
}

#[test]
fn a_model_answer_of_our_own_keeps_its_table() {
    let rubric = "<div class=\"keju-rubric\"><table><tbody><tr><td>要点</td><td>5</td></tr></tbody></table></div>";
    let reference = "<div class=\"keju-reference\"><p>用<b>能量</b></p><table><tbody><tr><td>甲</td></tr></tbody></table></div>";
    let info = format!(
        "<graderinfo format=\"html\"><text><![CDATA[{rubric}{reference}]]></text></graderinfo>"
    );
    let (item, _) = only(moodle(
        "essay",
        &format!("<defaultgrade>5</defaultgrade>{info}"),
    ));
    let (_, reference) = essay_of(&item);
    assert!(
        reference.contains("<b>能量</b>") && reference.contains("<td>甲</td>"),
        "{reference}"
    );
}

#[test]
fn a_picture_that_is_not_there_is_told() {
    let choice = "<choiceInteraction responseIdentifier=\"R\"><simpleChoice identifier=\"a\">甲</simpleChoice>\
                  <simpleChoice identifier=\"b\">乙</simpleChoice></choiceInteraction>";
    let correct = declared(
        "single",
        "identifier",
        "<correctResponse><value>a</value></correctResponse>",
    );
    let body = |shown: &str| format!("<p>见图{shown}</p>{choice}");
    let (_, losses) = only(qti(&correct, &body("<img src=\"a.png\" alt=\"图\"/>")));
    assert_eq!(losses, ["file: image"]);
    let (_, losses) = only(qti(&correct, &body("")));
    assert_eq!(losses, [""; 0]);
    let old = answers(&[("100", "true"), ("0", "false")]) + "<image>a.png</image>";
    assert_eq!(only(moodle("truefalse", &old)).1, ["question 1: image"]);
    let sound = "<graderinfo format=\"html\"><text>听</text><file name=\"a.mp3\">SUQzBA==</file></graderinfo>";
    let (_, losses) = only(moodle("essay", sound));
    assert!(
        losses.contains(&"question 1: media".to_owned()),
        "{losses:?}"
    );
}

#[test]
fn moodle_takes_one_answer_where_a_file_does_not_say() {
    let weighed = answers(&[("100", "甲"), ("50", "乙"), ("0", "丙"), ("0", "丁")]);
    for single in ["", "<single>True</single>", "<single>1</single>"] {
        let (item, losses) = only(moodle("multichoice", &format!("{single}{weighed}")));
        assert!(
            matches!(item.body, Body::SingleChoice { key: 0, .. }),
            "{single}"
        );
        assert_eq!(losses, ["question 1: weights"]);
    }
}

#[test]
fn what_wrong_answers_take_away_and_what_letters_are_large_is_told() {
    let (_, losses) = only(gift("首都{~%-25%南京 =北京 ~苏州}"));
    assert_eq!(losses, ["line 1: weights"]);
    let fixed = "<shuffleanswers>0</shuffleanswers><single>true</single>";
    let options = answers(&[("100", "甲"), ("0", "乙"), ("0", "以上都不对")]);
    let (_, losses) = only(moodle("multichoice", &format!("{fixed}{options}")));
    assert_eq!(losses, ["question 1: fixed-order"]);
    let cased = |form: &str| {
        moodle(
            "shortanswer",
            &format!("<usecase>1</usecase>{}", answers(&[("100", form)])),
        )
    };
    assert_eq!(only(cased("CoO")).1, ["question 1: case"]);
    assert_eq!(only(cased("氧化钴")).1, [""; 0]);
    let mapped = "<mapping defaultValue=\"-0.5\"><mapEntry mapKey=\"CoO\" mappedValue=\"1\" \
                  caseSensitive=\"true\"/></mapping>";
    let field = "<p>化学式<textEntryInteraction responseIdentifier=\"R\"/></p>";
    let (_, losses) = only(qti(&declared("single", "string", mapped), field));
    assert_eq!(losses, ["file: weights", "file: case"]);
}

#[test]
fn a_scoring_of_more_than_right_or_wrong_is_told() {
    let correct = declared(
        "single",
        "identifier",
        "<correctResponse><value>a</value></correctResponse>",
    );
    let choice = "<choiceInteraction responseIdentifier=\"R\"><simpleChoice identifier=\"a\">甲</simpleChoice>\
                  <simpleChoice identifier=\"b\">乙</simpleChoice></choiceInteraction>";
    let scored = |otherwise: &str| {
        let set = |marks: &str| {
            format!(
                "<setOutcomeValue identifier=\"SCORE\"><baseValue baseType=\"float\">{marks}</baseValue>\
                 </setOutcomeValue>"
            )
        };
        let response = "<variable identifier=\"R\"/>";
        let rules = format!(
            "<responseIf><isNull>{response}</isNull>{}</responseIf><responseElseIf><match>{response}\
             <correct identifier=\"R\"/></match>{}</responseElseIf><responseElse>{}</responseElse>",
            set("0"),
            set("1"),
            set(otherwise)
        );
        let text = format!(
            "<assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p1\" identifier=\"q\">{correct}\
             <itemBody><p>题</p>{choice}</itemBody><responseProcessing><responseCondition>{rules}\
             </responseCondition></responseProcessing></assessmentItem>"
        );
        only(qti::read(text.as_bytes(), &defaults())).1
    };
    assert_eq!(scored("0"), [""; 0]);
    assert_eq!(scored("0.5"), ["file: scoring"]);
}

#[test]
fn any_of_several_numbers_is_no_kind_the_bank_has() {
    let why = |read: Reading| said(&read.unwrap_err());
    let told = |place: &str| {
        vec![
            "file: no-items".to_owned(),
            format!("{place}: several-right"),
        ]
    };
    assert_eq!(why(gift("x 的平方等于 4{#=2:0 =-2:0}")), told("line 1"));
    let both = answers(&[("100", "2"), ("100", "-2")]);
    assert_eq!(why(moodle("numerical", &both)), told("question 1"));
    let entry =
        |key: &str, value: &str| format!("<mapEntry mapKey=\"{key}\" mappedValue=\"{value}\"/>");
    let mapping = [entry("15", "1"), entry("16", "1"), entry("17", "0.5")].concat();
    let field = "<p>几个<textEntryInteraction responseIdentifier=\"R\"/></p>";
    let read = qti(
        &declared(
            "single",
            "integer",
            &format!("<mapping>{mapping}</mapping>"),
        ),
        field,
    );
    assert_eq!(why(read), told("file"));
    let (item, losses) = only(gift("约为{#=3:1 =%50%3:2}"));
    assert!(matches!(item.body, Body::Numeric { .. }));
    assert_eq!(losses, ["line 1: weights"]);
}

#[test]
fn one_question_that_cannot_be_kept_is_told_and_all_others_are_read() {
    let options = (1..=9)
        .map(|number| format!(" ~{number}"))
        .collect::<String>();
    let file = format!(
        "甲{{~一 =二}}\n\n甲{{~一 =二}}\n\n乙{{=零{options}}}\n\n丙{{~一 ~二 ~三}}\n\n丁{{T}}"
    );
    let (batch, losses) = gift(&file).unwrap();
    let stems: Vec<&str> = batch.items.iter().map(|item| item.stem.as_str()).collect();
    assert_eq!(stems, ["甲", "丁"]);
    let options = texts(&["一", "二"]);
    assert_eq!(batch.items[0].body, Body::SingleChoice { options, key: 1 });
    assert_eq!(
        lost(&losses),
        [
            "line 5: option-count",
            "line 7: no-key",
            "line 3: duplicate-question"
        ]
    );
}

#[test]
fn code_keeps_its_indentation_and_a_gap_its_blanks() {
    let code = "[html]<p>打印什么？</p>\n<pre>\nfor i in range(2):\n    print(i)\n</pre>{=0}";
    assert!(only(gift(code)).0.stem.contains("\n    print(i)"));
    let (item, _) = only(gift("Grant is {=buried ~living} in Grant's tomb."));
    assert_eq!(item.stem, "Grant is _____ in Grant's tomb.");
    let (item, _) = only(gift("李白是{=唐 ~宋}代诗人。"));
    assert_eq!(item.stem, "李白是_____代诗人。");
}

#[test]
fn qti_of_another_age_is_told() {
    let text = "<questestinterop><item ident=\"1\"/></questestinterop>";
    let faults = qti::read(text.as_bytes(), &defaults()).unwrap_err();
    assert_eq!(said(&faults), ["file: qti-version"]);
}
