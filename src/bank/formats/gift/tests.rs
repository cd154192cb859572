//! Stories, round trips and hostile texts.

use proptest::prelude::*;

use super::{read, write};
use crate::bank::formats::Batch;
use crate::bank::formats::bodies::{MARKS_DEFAULT, WORDS_DEFAULT, essay, matching, pairs};
use crate::bank::formats::samples::{batches, defaults, kinds, lost, shared, sounds_lost, texts};
use crate::bank::formats::testing::said;
use crate::bank::item::{Body, Difficulty, Item};

const SAMPLE: &str = "\u{feff}// 常识判断
$CATEGORY: $course$/top/section:common/topic:ck.law

// question: 7 [id:ck-9] [tag:difficulty:easy] [tag:红色]
::一题::下列属于直辖市的是\\: {
  =重庆 # 1997年设立
  ~南京
  ~苏州

  ####见 \\{宪法\\}。
}

::Q2::[html]<p>水的沸点是 100&deg;C，记作 <b>t</b>。</p>{T}

下列属于公民基本权利的有{~%50%选举权 ~%50%劳动权 ~%-100%纳税 ~服兵役}

圆周率约为{#3.14:0.01}

一至五之间{#1..5}

勾股定理最早见于{=周髀算经 =%100%《周髀算经》 =%50%九章算术}

连线{
=法国 -> 巴黎
=德国 -> 柏林
=意大利 -> 罗马
= -> 马德里
}

::排::先后{>3 ALL VERTICAL ALL_OR_NOTHING SHOW
夏
商
周
}

论述题{}

李白是{=唐 ~宋 ~元}代诗人。
";

fn read_sample() -> (Batch, Vec<crate::bank::formats::Loss>) {
    read(SAMPLE, &defaults()).unwrap()
}

fn refused(text: &str) -> Vec<String> {
    said(&read(text, &defaults()).unwrap_err())
}

fn only(text: &str) -> (Item, Vec<String>) {
    let (mut batch, losses) = read(text, &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    (batch.items.remove(0), lost(&losses))
}

#[test]
fn a_file_of_every_kind() {
    let (batch, _) = read_sample();
    let bodies: Vec<&Body> = batch.items.iter().map(|item| &item.body).collect();
    let score = |text: &str| text.parse().unwrap();
    let numeric = |value: &str, tolerance: &str| Body::Numeric {
        value: score(value),
        tolerance: score(tolerance),
        unit: String::new(),
    };
    let expected = [
        Body::SingleChoice {
            options: texts(&["重庆", "南京", "苏州"]),
            key: 0,
        },
        Body::TrueFalse { key: true },
        Body::MultipleChoice {
            options: texts(&["选举权", "劳动权", "纳税", "服兵役"]),
            key: vec![0, 1],
        },
        numeric("3.14", "0.01"),
        numeric("3", "2"),
        Body::FillIn {
            accepted: texts(&["周髀算经", "《周髀算经》"]),
        },
        Body::Matching {
            left: texts(&["法国", "德国", "意大利"]),
            right: texts(&["巴黎", "柏林", "罗马", "马德里"]),
            key: vec![0, 1, 2],
        },
        Body::Ordering {
            parts: texts(&["夏", "商", "周"]),
        },
        essay(MARKS_DEFAULT, WORDS_DEFAULT, String::new()),
        Body::SingleChoice {
            options: texts(&["唐", "宋", "元"]),
            key: 0,
        },
    ];
    assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    assert_eq!(batch.items[1].stem, "水的沸点是 100°C，记作 <b>t</b>。");
    assert_eq!(batch.items[9].stem, "李白是_____代诗人。");
}

#[test]
fn codes_and_labels_come_from_comments_titles_and_categories() {
    let (batch, _) = read_sample();
    let first = &batch.items[0];
    assert_eq!(
        (first.code.as_str(), first.section.as_str()),
        ("ck-9", "common")
    );
    assert_eq!(
        (first.topic.as_str(), first.difficulty),
        ("ck.law", Difficulty::Easy)
    );
    assert_eq!(first.explanation, "见 {宪法}。");
    let second = &batch.items[1];
    assert_eq!(
        (second.code.as_str(), second.difficulty),
        ("Q2", Difficulty::Hard)
    );
    assert_eq!(batch.items[2].code, "im-003");
}

#[test]
fn what_is_left_behind_is_named_by_line() {
    let (_, losses) = read_sample();
    assert_eq!(
        lost(&losses),
        [
            "line 5: tag",
            "line 5: feedback",
            "line 5: title",
            "line 15: weights",
            "line 21: weights",
            "line 30: title",
            "line 36: rubric-assumed",
            "line 36: words-max",
        ]
    );
    let (item, losses) = only("甲{=乙}\n\n仅供阅读");
    assert_eq!(
        (item.stem.as_str(), losses),
        ("甲", vec!["line 3: description".to_owned()])
    );
    let (item, losses) = only("$CATEGORY: 法律/民法\n\n甲{=*乙*}");
    let accepted = texts(&["乙"]);
    assert_eq!(item.body, Body::FillIn { accepted });
    assert_eq!(losses, ["line 1: category", "line 3: wildcard"]);
}

#[test]
fn a_text_is_html_only_if_it_says_so_or_looks_like_it() {
    let stem = |text: &str| only(&format!("{text}{{T}}")).0.stem;
    assert_eq!(stem("1 < 2"), "1 < 2");
    assert_eq!(stem("x<sup>2</sup>"), "x²");
    assert_eq!(stem("[plain]x<sup>2</sup>"), "x<sup>2</sup>");
    assert_eq!(stem("[markdown]一\\n二"), "一\n二");
}

#[test]
fn what_is_wrong_is_named_by_line() {
    assert_eq!(refused("\n甲{=乙"), ["line 2: key: brace-unmatched"]);
    assert_eq!(refused("甲}乙{"), ["line 1: key: brace-unmatched"]);
    assert_eq!(refused("甲{#乙}"), ["line 1: key: not-a-number"]);
    let left_out = |code: &str| ["file: no-items".to_owned(), format!("line 1: {code}")];
    assert_eq!(refused("甲{#}"), left_out("no-key"));
    assert_eq!(refused("甲{~一~二~三}"), left_out("no-key"));
    assert_eq!(refused("甲{=一->二 =三}"), ["line 1: key: arrow-missing"]);
    assert_eq!(refused("甲{=一 =二 ~三}"), left_out("several-right"));
    assert_eq!(refused("{T}"), ["line 1: stem: required"]);
    assert_eq!(refused("仅供阅读"), left_out("description"));
    assert_eq!(refused(""), ["file: no-items"]);
    let (batch, losses) = read("甲{=一 =二 ~三}\n\n乙{T}", &defaults()).unwrap();
    assert_eq!(batch.items.len(), 1);
    assert_eq!(lost(&losses), ["line 1: several-right"]);
}

#[test]
fn a_huge_question_is_refused_unread() {
    assert_eq!(refused(&"a".repeat(5 << 20)), ["line 1: stem: too-long"]);
    assert_eq!(
        refused(&"{".repeat(3 << 20)),
        ["line 1: key: brace-unmatched"]
    );
}

#[test]
fn what_gift_cannot_say_is_named() {
    let (text, losses) = write(&kinds());
    assert_eq!(
        lost(&losses),
        [
            "item vb-004: unit",
            "item vb-007: rubric",
            "item vb-007: reference",
        ]
    );
    assert!(text.starts_with("// [id:vb-000] [tag:section:verbal] [tag:topic:vb.cloze] [tag:difficulty:easy]\n::vb-000::[plain]第 vb-000 题{"));
    let (text, losses) = write(&shared());
    assert!(sounds_lost(&losses, "stimulus"));
    let (back, _) = read(&text, &defaults()).unwrap();
    assert!(
        back.items[0]
            .stem
            .starts_with("某市用水量\n2023年为50亿立方米。")
    );
    assert!(back.items[0].stem.ends_with("\n\n第 vb-000 题"));
}

/// The item as GIFT can say it.
fn sayable(item: &Item) -> Item {
    let plain = |texts: &[String]| texts.iter().map(|t| t.replace("->", "→")).collect();
    let body = match &item.body {
        Body::FillIn { accepted } => Body::FillIn {
            accepted: plain(accepted),
        },
        Body::Numeric {
            value, tolerance, ..
        } => Body::Numeric {
            value: *value,
            tolerance: *tolerance,
            unit: String::new(),
        },
        Body::Matching { left, right, key } => {
            let left: Vec<String> = plain(left);
            let (pairs, _) = pairs(&left, right, key);
            matching(
                pairs
                    .iter()
                    .map(|(l, r)| ((*l).to_owned(), (*r).to_owned()))
                    .collect(),
            )
        }
        Body::Ordering { parts } => Body::Ordering {
            parts: parts
                .iter()
                .map(|part| match part.strip_prefix("//") {
                    Some(rest) => format!("／／{rest}"),
                    None => part.clone(),
                })
                .collect(),
        },
        Body::Essay { words_max, .. } => essay(MARKS_DEFAULT, *words_max, String::new()),
        body => body.clone(),
    };
    Item {
        body,
        ..item.clone()
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(batch in batches(false)) {
        let (text, losses) = write(&batch);
        let (back, reading) = read(&text, &defaults()).map_err(|faults| {
            TestCaseError::fail(format!("{faults:?}\n{text}"))
        })?;
        let expected: Vec<Item> = batch.items.iter().map(sayable).collect();
        prop_assert_eq!(&back.items, &expected);
        prop_assert!(reading.iter().all(|loss| loss.code == "rubric-assumed"));
        // Whatever is not the same was named.
        for (item, said) in batch.items.iter().zip(&expected) {
            let place = format!("item {}", item.code);
            prop_assert!(item == said || losses.iter().any(|loss| loss.place == place));
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "[a甲{}=~#%:>\\-\\\\.0-9TF\n \\[\\]/$]{0,60}") {
        let _ = read(&text, &defaults());
        let _ = read(&format!("甲{{{text}}}"), &defaults());
    }
}
