//! Simulated candidates in the exam room: they answer as their ability lets them, save each answer
//! through the real service, and mostly hand in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Say;
use crate::access::Actor;
use crate::assembly::{PlacedItem, records as papers};
use crate::bank::item::{Answer, Body, Difficulty, Item};
use crate::bank::records as bank;
use crate::draw::{Seed, Stream};
use crate::kernel::{Id, Problem, Rounding, Score};
use crate::regulation::service::Subject;
use crate::sitting::{rules, service as sitting};
use crate::store::Store;

/// A candidate on the way to the exam room.
#[derive(Clone)]
pub struct Sitter {
    /// Who.
    pub actor: Actor,
    /// With which application.
    pub application: Id,
    /// The chance of a right answer to an item of medium difficulty, in per cent.
    pub ability: usize,
    /// Number in the group.
    pub number: usize,
}

/// As many sit at the same time: enough to fill the writer's groups.
const AT_ONCE: usize = 16;

/// Everybody sits a subject, many at once.
pub fn sit_everybody(
    store: &Store,
    seed: &Seed,
    subject: &Subject,
    sitters: &[Sitter],
    say: Say<'_>,
) -> Result<(), Problem> {
    let next = AtomicUsize::new(0);
    let answers = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let sit = || {
            while let Some(sitter) = sitters.get(next.fetch_add(1, Ordering::SeqCst)) {
                answers.fetch_add(sit_one(store, seed, subject, sitter)?, Ordering::SeqCst);
            }
            Ok::<(), Problem>(())
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(sit)).collect();
        threads.into_iter().try_for_each(|t| {
            t.join()
                .map_err(|_| Problem::internal("a sitter stumbled"))?
        })
    })?;
    say(&format!(
        "{}: {} answers saved",
        subject.component,
        answers.load(Ordering::SeqCst)
    ));
    Ok(())
}

/// One candidate's sitting; gives the number of saved answers. One in forty does not come.
fn sit_one(
    store: &Store,
    seed: &Seed,
    subject: &Subject,
    sitter: &Sitter,
) -> Result<usize, Problem> {
    let mut stream = seed
        .sub(format!("sit/{}/{}", subject.id, sitter.number))
        .stream();
    if sitter.number % 40 == 39 {
        return Ok(0);
    }
    let (actor, id) = (sitter.actor.clone(), subject.id);
    let attempt = store.write_blocking(move |tx| sitting::open(tx, &actor, id))?;
    let (places, items) = store.read_blocking(|view| {
        let (_, paper) =
            papers::paper(view, subject.id, sitter.application)?.ok_or_else(Problem::not_found)?;
        let places: Vec<PlacedItem> = paper.places().cloned().collect();
        let wanted: Vec<(Id, i32)> = places.iter().map(|p| (p.item_id, p.version)).collect();
        Ok((places, bank::item_versions(view, &wanted)?))
    })?;
    let mut saved = 0;
    for place in &places {
        let Some(answer) = answer(place, &items, sitter.ability, &mut stream) else {
            continue;
        };
        let answer = rules::as_shown(answer, &place.option_order);
        let (actor, position) = (sitter.actor.clone(), place.position);
        store.write_blocking(move |tx| {
            sitting::save(tx, &actor, attempt, position, Some(answer), false, 1)
        })?;
        saved += 1;
    }
    if stream.below(10) > 0 {
        let actor = sitter.actor.clone();
        store.write_blocking(move |tx| sitting::hand_in(tx, &actor, attempt))?;
    }
    Ok(saved)
}

fn answer(
    place: &PlacedItem,
    items: &BTreeMap<(Id, i32), Item>,
    ability: usize,
    stream: &mut Stream,
) -> Option<Answer> {
    let item = items.get(&(place.item_id, place.version))?;
    let chance = match item.difficulty {
        Difficulty::Easy => ability + 15,
        Difficulty::Medium => ability,
        Difficulty::Hard => ability.saturating_sub(20),
    };
    let right = stream.below(100) < chance;
    if !right && stream.below(12) == 0 {
        return None;
    }
    Some(match &item.body {
        Body::SingleChoice { options, key } => {
            let other = (usize::from(*key) + 1 + stream.below(options.len() - 1)) % options.len();
            let wrong = u8::try_from(other).unwrap_or_default();
            Answer::Options {
                chosen: vec![if right { *key } else { wrong }],
            }
        }
        Body::MultipleChoice { key, .. } => {
            let short = key.len() - usize::from(!right);
            Answer::Options {
                chosen: key.iter().copied().take(short).collect(),
            }
        }
        Body::TrueFalse { key } => Answer::Judgement {
            holds: *key == right,
        },
        Body::FillIn { accepted } => {
            let text = accepted.first().cloned().unwrap_or_default();
            Answer::Text {
                text: if right { text } else { format!("{text}7") },
            }
        }
        Body::Numeric { value, .. } => Answer::Text {
            text: if right {
                *value
            } else {
                *value + Score::whole(7)
            }
            .to_string(),
        },
        Body::Matching {
            key,
            right: options,
            ..
        } => places(key.iter().copied(), options.len(), right),
        Body::Ordering { parts } => places((0..).take(parts.len()), parts.len(), right),
        Body::Essay { words_max, .. } => Answer::Text {
            text: essay(*words_max, ability, stream),
        },
    })
}

/// Every place as the key has it, or the first with the next option.
fn places(key: impl Iterator<Item = u8>, options: usize, right: bool) -> Answer {
    let mut chosen: Vec<Option<u8>> = key.map(Some).collect();
    let options = u8::try_from(options).unwrap_or(u8::MAX);
    if let (false, Some(Some(first))) = (right, chosen.first_mut()) {
        *first = (*first + 1) % options;
    }
    Answer::Places { chosen }
}

const OPENINGS: [&str; 3] = [
    "综合给定资料，主要问题有以下几个方面。",
    "根据材料，可以从三个层面来看。",
    "材料反映的情况值得重视。",
];
const POINTS: [&str; 9] = [
    "一是群众办事仍要多头跑，窗口之间衔接不畅；",
    "二是基层人手紧、事情多，制度落实打了折扣；",
    "三是数据没有真正共享，重复填报的现象依然存在。",
    "应当理顺职责，把权力清单和服务清单公开到位。",
    "应当充实一线力量，让听得见炮声的人有权处理。",
    "应当完善监督评价，由群众来评判成效。",
    "治理的温度体现在细节之中，制度的生命力在于执行。",
    "只有把群众的满意作为标准，改革才能行稳致远。",
    "既要尽力而为，也要量力而行，循序渐进地推进。",
];

/// A simulated essay: the abler the candidate, the more points it makes.
fn essay(words_max: u32, ability: usize, stream: &mut Stream) -> String {
    let room = usize::try_from(words_max).unwrap_or(usize::MAX);
    let wanted = room * (ability + stream.below(20)).min(95) / 100;
    let mut text = OPENINGS
        .get(stream.below(OPENINGS.len()))
        .copied()
        .unwrap_or_default()
        .to_owned();
    while text.chars().count() + 30 < wanted {
        text.push_str(
            POINTS
                .get(stream.below(POINTS.len()))
                .copied()
                .unwrap_or_default(),
        );
    }
    text
}

/// What a simulated marker gives: more for a fuller answer, and never quite what another gives.
pub(super) fn essay_mark(text: &str, max: Score, step: Score, stream: &mut Stream) -> Score {
    let steps = max.micros() / step.micros().max(1);
    let length = i64::try_from(text.chars().count()).unwrap_or_default();
    let full = (max.micros() / 1_000_000) * 20;
    let share = 30 + (60 * length.min(full)) / full.max(1);
    let noise = i64::try_from(stream.below(24)).unwrap_or_default() - 12;
    let given = (steps * (share + noise)).clamp(0, steps * 100) / 100;
    Score::from_micros(given * step.micros()).round(2, Rounding::Truncate)
}
