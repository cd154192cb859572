//! Sound batches for the tests of the formats.

use proptest::prelude::*;

use crate::bank::collection::check_collection;
use crate::bank::formats::Batch;
use crate::bank::formats::foreign::{Defaults, Loss};
use crate::bank::item::{Body, Difficulty, Item, RubricPoint, Stimulus};
use crate::bank::rich::Markup;
use crate::bank::rules::{self, check_item, check_stimulus, tidy};
use crate::kernel::Score;

/// Defaults unlike anything in a batch, so that a label that was not read shows.
pub(super) fn defaults() -> Defaults {
    Defaults {
        section: "imported".to_owned(),
        topic: "im.topic".to_owned(),
        difficulty: Difficulty::Hard,
        prefix: "im".to_owned(),
    }
}

/// Whether a loss of that code was reported.
pub(super) fn sounds_lost(losses: &[Loss], code: &str) -> bool {
    losses.iter().any(|loss| loss.code == code)
}

/// `place: code` of each loss.
pub(super) fn lost(losses: &[Loss]) -> Vec<String> {
    let said = |loss: &Loss| format!("{}: {}", loss.place, loss.code);
    losses.iter().map(said).collect()
}

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

pub(super) fn item(code: &str, body: Body) -> Item {
    Item {
        code: code.to_owned(),
        section: "verbal".to_owned(),
        topic: "vb.cloze".to_owned(),
        difficulty: Difficulty::Easy,
        stimulus: None,
        stem: format!("第 {code} 题"),
        body,
        explanation: String::new(),
        enemies: Vec::new(),
        seconds: None,
        markup: Markup::Plain,
    }
}

/// One item of every kind.
pub(super) fn kinds() -> Batch {
    let score = |text: &str| text.parse::<Score>().unwrap();
    let options = texts(&["甲", "乙", "丙", "丁"]);
    let bodies = [
        Body::SingleChoice {
            options: options.clone(),
            key: 2,
        },
        Body::TrueFalse { key: false },
        Body::MultipleChoice {
            options: options.clone(),
            key: vec![0, 2, 3],
        },
        Body::FillIn {
            accepted: texts(&["16", "十六"]),
        },
        Body::Numeric {
            value: score("-3.5"),
            tolerance: score("0.25"),
            unit: "千克".to_owned(),
        },
        Body::Matching {
            left: options[..3].to_vec(),
            right: texts(&["一", "二", "三", "四"]),
            key: vec![0, 1, 2],
        },
        Body::Ordering { parts: options },
        Body::Essay {
            rubric: vec![
                RubricPoint {
                    point: "观点明确".to_owned(),
                    marks: score("7.5"),
                },
                RubricPoint {
                    point: "条理清楚".to_owned(),
                    marks: score("12.5"),
                },
            ],
            marks: score("20"),
            words_max: 400,
            reference: "一是合并窗口；\n二是错时服务。".to_owned(),
        },
    ];
    let named = bodies.into_iter().enumerate();
    let items = named
        .map(|(at, body)| item(&format!("vb-{at:03}"), body))
        .collect();
    Batch {
        items,
        ..Batch::default()
    }
}

/// Two items that share a stimulus with a table.
pub(super) fn shared() -> Batch {
    let mut batch = kinds();
    batch.items.truncate(2);
    for item in &mut batch.items {
        item.stimulus = Some("s-1".to_owned());
    }
    batch.stimuli.push(Stimulus {
        code: "s-1".to_owned(),
        title: "某市用水量".to_owned(),
        text: "2023年为50亿立方米。\n\n2024年为48亿立方米。".to_owned(),
        table: vec![
            texts(&["年份", "用水量"]),
            texts(&["2023", "50"]),
            texts(&["2024", ""]),
        ],
        markup: Markup::Plain,
    });
    batch
}

/// A text with all that is hard to write: what means something in a format, spaces and line ends.
fn text(max: usize) -> impl Strategy<Value = String> {
    let letter = prop::sample::select(
        "abcA甲乙丙題。 \u{3000}\n\n\t<>&\"'\\~={}#:%*[]()-/|.1㐀🀄$"
            .chars()
            .collect::<Vec<_>>(),
    );
    let word = prop::sample::select(vec![
        "->",
        "//",
        "::",
        "<b>",
        "&amp;",
        "]]>",
        "[html]",
        "ANSWER: A",
        "$CATEGORY: a",
        "\\n",
        "####",
        "..",
        "\n\n",
        "  ",
        "<!--",
        "_____",
        "%50%",
        "TRUE",
        "\\*",
        "&nbsp;",
        "<p>甲</p>",
    ]);
    let piece = prop_oneof![6 => letter.prop_map(String::from), 1 => word.prop_map(str::to_owned)];
    prop::collection::vec(piece, 1..max)
        .prop_map(|pieces| tidy(&pieces.concat()))
        .prop_filter("filled", |text| !text.is_empty())
}

fn distinct(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set(text(12), count).prop_map(|set| set.into_iter().collect())
}

fn score(range: std::ops::Range<i64>) -> impl Strategy<Value = Score> {
    range.prop_map(Score::from_micros)
}

fn choices() -> BoxedStrategy<Body> {
    let single = (distinct(3..=6), any::<prop::sample::Index>()).prop_map(|(options, at)| {
        let key = u8::try_from(at.index(options.len())).unwrap();
        Body::SingleChoice { options, key }
    });
    let several = (distinct(4..=6), prop::collection::btree_set(0_u8..4, 2..=4));
    let several = several.prop_map(|(options, key)| Body::MultipleChoice {
        options,
        key: key.into_iter().collect(),
    });
    let judged = any::<bool>().prop_map(|key| Body::TrueFalse { key });
    prop_oneof![single, several, judged].boxed()
}

fn typed() -> BoxedStrategy<Body> {
    let blank = distinct(1..=3).prop_map(|accepted| Body::FillIn { accepted });
    let value = score(-1_000_000_000_000..1_000_000_000_000);
    let number = (
        value,
        score(0..1_000_000_000),
        "(|[a-z%]{1,4}|千克|N\n{1,3}k  g)",
    );
    let number = number.prop_map(|(value, tolerance, unit)| Body::Numeric {
        value,
        tolerance,
        unit,
    });
    prop_oneof![blank, number].boxed()
}

fn arranged() -> BoxedStrategy<Body> {
    let pairs = (3_usize..=5, 0_usize..=1).prop_flat_map(|(count, spare)| {
        let places: Vec<u8> = (0..u8::try_from(count + spare).unwrap()).collect();
        let key = Just(places).prop_shuffle();
        (
            distinct(count..=count),
            distinct(count + spare..=count + spare),
            key,
        )
    });
    let pairs = pairs.prop_map(|(left, right, mut key)| {
        key.truncate(left.len());
        Body::Matching { left, right, key }
    });
    let order = distinct(3..=6).prop_map(|parts| Body::Ordering { parts });
    prop_oneof![pairs, order].boxed()
}

fn written() -> BoxedStrategy<Body> {
    let line = (text(20), score(1..100_000_000));
    let line = line.prop_map(|(point, marks)| RubricPoint { point, marks });
    let rubric = prop::collection::vec(line, 1..4);
    let essay = (
        rubric,
        50_u32..5_000,
        prop_oneof![Just(String::new()), text(40)],
    );
    essay
        .prop_map(|(rubric, words_max, reference)| Body::Essay {
            marks: rubric.iter().map(|line| line.marks).sum(),
            rubric,
            words_max,
            reference,
        })
        .boxed()
}

fn question() -> impl Strategy<Value = Item> {
    let body = prop_oneof![3 => choices(), 2 => typed(), 2 => arranged(), 1 => written()];
    let labels = (
        "[a-z]{1,4}(_[0-9])?",
        "[a-z]{2}(\\.[a-z0-9_]{1,4}){0,2}",
        0_usize..3,
    );
    let explanation = prop_oneof![Just(String::new()), text(30)];
    let enemies = prop::collection::btree_set("[A-Za-z0-9._-]{1,6}", 0..=3);
    let seconds = prop::option::of(1_u32..=7_200);
    (labels, text(40), body, explanation, enemies, seconds).prop_map(
        |((section, topic, band), stem, body, explanation, enemies, seconds)| Item {
            section,
            topic,
            difficulty: Difficulty::ALL[band],
            stem,
            explanation,
            enemies: enemies.into_iter().collect(),
            seconds,
            ..item("x", body)
        },
    )
}

fn stimulus() -> impl Strategy<Value = Stimulus> {
    let table = (0_usize..3, 1_usize..3).prop_flat_map(|(rows, columns)| {
        let cell = prop_oneof![Just(String::new()), text(6)];
        prop::collection::vec(prop::collection::vec(cell, columns), rows)
    });
    (text(10), text(60), table).prop_map(|(title, text, table)| Stimulus {
        code: "s".to_owned(),
        title,
        text,
        table,
        markup: Markup::Plain,
    })
}

/// Sound batches of all kinds; with stimuli, if asked for.
pub(super) fn batches(stimuli: bool) -> impl Strategy<Value = Batch> {
    let shared = prop::collection::vec(stimulus(), if stimuli { 0..3 } else { 0..1 });
    let items = prop::collection::vec((question(), any::<prop::sample::Index>()), 1..6);
    (items, shared).prop_map(|(items, mut stimuli)| {
        for (at, stimulus) in stimuli.iter_mut().enumerate() {
            stimulus.code = format!("s.{at}");
        }
        let items: Vec<Item> = items
            .into_iter()
            .enumerate()
            .map(|(at, (item, pick))| {
                let about = (!stimuli.is_empty() && at % 3 != 2).then(|| pick.index(stimuli.len()));
                // As the bank keeps it.
                rules::tidied(&Item {
                    code: format!("{at}-K_{at}"),
                    section: about.map_or(item.section, |about| format!("sec{about}")),
                    stimulus: about.map(|about| stimuli[about].code.clone()),
                    stem: format!("{at}{}", item.stem),
                    ..item
                })
            })
            .collect();
        let used = |code: &str| {
            items
                .iter()
                .any(|item| item.stimulus.as_deref() == Some(code))
        };
        stimuli.retain(|stimulus| used(&stimulus.code));
        let batch = Batch {
            items,
            stimuli,
            ..Batch::default()
        };
        assert!(
            batch.items.iter().all(|item| check_item(item).is_empty()),
            "{batch:?}"
        );
        assert!(batch.stimuli.iter().all(|s| check_stimulus(s).is_empty()));
        assert!(check_collection(&batch.items, &batch.stimuli).is_empty());
        batch
    })
}
