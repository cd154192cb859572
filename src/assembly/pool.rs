//! The pool (入库试题): the approved items at the freeze, before anything is drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::blueprint::{Blueprint, is_false};
use super::forms::{NUMBERS, Numbers, micro};
use crate::bank::item::{Body, Difficulty, Item, ItemKind};
use crate::kernel::merkle::Hash;
use crate::kernel::{Id, Score};
use crate::psychometrics::ItemParameters;

/// The abilities at which papers are equally hard.
pub(super) const ABILITIES: [f64; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
/// Seconds of an item whose time is not known.
pub(super) const SECONDS: u32 = 60;

/// What the draw knows of an item: enough to place it, nothing of what it asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolItem {
    /// The item's row.
    pub item_id: Id,
    /// The approved version, from one.
    pub version: i32,
    /// The item's code, unique in the pool.
    pub code: String,
    /// The section it belongs to.
    pub section: String,
    /// Dotted topic code.
    pub topic: String,
    /// Judged difficulty.
    pub difficulty: Difficulty,
    /// Kind.
    pub kind: ItemKind,
    /// Code of the stimulus it shares with other items of its section.
    pub stimulus: Option<String>,
    /// Options to shuffle; zero for kinds without options.
    pub option_count: u8,
    /// Marks that the item itself states: essays do, other kinds do not.
    pub marks: Option<Score>,
    /// How candidates of each ability do on it.
    pub response: Response,
    /// Seconds it is expected to take.
    pub seconds: u32,
    /// Names of the sets of enemies to which it belongs: of each set, a paper has one item.
    pub enemies: Vec<String>,
    /// What it adds to a paper, as [`Pool::numbered`] has it for a blueprint: for each ability the
    /// expected marks, then for each the marks times the square of the probability, in millionths,
    /// and the seconds. Empty where its section is not in the blueprint, and of items on trial.
    pub numbers: Vec<i32>,
    /// Whether it is on trial: it may stand on papers and counts nowhere.
    #[serde(default, skip_serializing_if = "is_false")]
    pub trial: bool,
}

/// An item's response function, in thousandths: `P(θ) = c + (1 − c) / (1 + exp(−a (θ − b)))`, the
/// share of the marks that a candidate of ability `θ` is expected to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Discrimination.
    pub a: i32,
    /// Difficulty.
    pub b: i32,
    /// What guessing gives.
    pub c: i32,
    /// Whether it was estimated from answers; if not, it follows from the judged difficulty.
    pub measured: bool,
}

impl Response {
    /// What is supposed of an item that nobody has answered yet: discrimination 1, difficulty −1, 0
    /// or 1 as it is judged, and one in so many by guessing as there are options.
    pub(super) fn judged(item: &Item) -> Self {
        let b = match item.difficulty {
            Difficulty::Easy => -1000,
            Difficulty::Medium => 0,
            Difficulty::Hard => 1000,
        };
        let c = match &item.body {
            Body::SingleChoice { options, .. } => {
                1000 / i32::try_from(options.len().max(1)).unwrap_or(i32::MAX)
            }
            Body::TrueFalse { .. } => 500,
            _ => 0,
        };
        Self {
            a: 1000,
            b,
            c,
            measured: false,
        }
    }

    pub(super) fn parameters(self) -> ItemParameters {
        let thousandth = |number: i32| f64::from(number) / 1000.0;
        ItemParameters {
            a: thousandth(self.a),
            b: thousandth(self.b),
            c: thousandth(self.c),
        }
    }
}

impl PoolItem {
    /// The pool's view of version `version` of `item`, with what was measured of it.
    pub fn of(item_id: Id, version: i32, item: &Item, measured: Option<Response>) -> Self {
        Self {
            response: measured.unwrap_or_else(|| Response::judged(item)),
            enemies: item.enemies.clone(),
            seconds: item.seconds.unwrap_or(SECONDS),
            numbers: Vec::new(),
            trial: false,
            item_id,
            version,
            code: item.code.clone(),
            section: item.section.clone(),
            topic: item.topic.clone(),
            difficulty: item.difficulty,
            kind: item.body.kind(),
            stimulus: item.stimulus.clone(),
            option_count: u8::try_from(item.body.options().len()).unwrap_or(u8::MAX),
            marks: match item.body {
                Body::Essay { marks, .. } => Some(marks),
                _ => None,
            },
        }
    }

    /// Whether it is the view of `item`.
    pub fn is_of(&self, item: &Item) -> bool {
        let measured = self.response.measured.then_some(self.response);
        let view = Self {
            numbers: self.numbers.clone(),
            trial: self.trial,
            ..Self::of(self.item_id, self.version, item, measured)
        };
        view == *self
    }

    /// The sets of enemies to which it belongs.
    pub(super) fn enemy_sets(&self) -> impl Iterator<Item = &str> {
        self.enemies.iter().map(String::as_str)
    }

    /// Its numbers, each in its place.
    pub(super) fn numbers(&self) -> Numbers {
        let mut numbers = [0; NUMBERS];
        if let Some((seconds, marks)) = self.numbers.split_last() {
            for (place, number) in numbers.iter_mut().zip(marks) {
                *place = *number;
            }
            numbers[NUMBERS - 1] = *seconds;
        }
        numbers
    }

    /// How many more marks it gives for each unit of ability, where it is worth so many.
    #[expect(clippy::cast_precision_loss, reason = "marks of an item")]
    pub(super) fn slope(&self, marks: Score, ability: f64) -> f64 {
        marks.micros() as f64 / 1e6 * self.response.parameters().slope(ability)
    }

    /// What it adds to a paper on which it is worth so many marks.
    #[expect(clippy::cast_precision_loss, reason = "marks of an item")]
    fn count(&self, marks: Score) -> Vec<i32> {
        let marks = marks.micros() as f64 / 1e6;
        let parameters = self.response.parameters();
        let chances = ABILITIES.map(|ability| parameters.probability(ability));
        let mut numbers: Vec<i32> = chances.iter().map(|p| micro(marks * p)).collect();
        numbers.extend(chances.iter().map(|p| micro(marks * p * p)));
        numbers.push(self.seconds.try_into().unwrap_or(i32::MAX));
        numbers
    }
}

/// The items a draw may take, in order of their codes' bytes, each code once. Whatever order a
/// database or a file gave them in, the pool is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PoolItem>", into = "Vec<PoolItem>")]
pub struct Pool(Vec<PoolItem>);

/// Two items of a pool have the same code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two items of the pool have the code `{0}`")]
pub struct DuplicateCode(pub String);

impl Pool {
    /// Brings the items into canonical order.
    pub fn new(mut items: Vec<PoolItem>) -> Result<Self, DuplicateCode> {
        items.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
        let twice = items.windows(2).find_map(|pair| match pair {
            [a, b] if a.code == b.code => Some(a.code.clone()),
            _ => None,
        });
        twice.map_or(Ok(Self(items)), |code| Err(DuplicateCode(code)))
    }

    /// The items, in order.
    pub fn items(&self) -> &[PoolItem] {
        &self.0
    }

    /// The same pool with the numbers of every item for this blueprint.
    pub fn numbered(mut self, blueprint: &Blueprint) -> Self {
        for item in &mut self.0 {
            let worth = blueprint.sections.iter().find_map(|s| s.worth(item));
            item.numbers = worth.map_or_else(Vec::new, |marks| item.count(marks));
        }
        self
    }

    /// Whether the numbers are those for this blueprint. They may be off by one: the last digit of
    /// an exponential is not the same everywhere.
    pub fn is_numbered(&self, blueprint: &Blueprint) -> bool {
        let right = self.clone().numbered(blueprint);
        let near = |(a, b): (&i32, &i32)| a.abs_diff(*b) <= 1;
        self.0.iter().zip(&right.0).all(|(own, right)| {
            own.numbers.len() == right.numbers.len()
                && own.numbers.iter().zip(&right.numbers).all(near)
        })
    }

    /// Pairs of items, by their places, that must not be on one paper; items on trial are found
    /// when papers are made, and stand where none of their enemies does.
    pub(super) fn enemies(&self) -> Vec<(usize, usize)> {
        let mut sets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let counting = self.0.iter().enumerate().filter(|(_, item)| !item.trial);
        for (at, item) in counting {
            for set in item.enemy_sets() {
                sets.entry(set).or_default().push(at);
            }
        }
        let mut pairs = Vec::new();
        for members in sets.values() {
            for (at, one) in members.iter().enumerate() {
                pairs.extend(members[..at].iter().map(|other| (*one, *other)));
            }
        }
        pairs
    }
}

impl TryFrom<Vec<PoolItem>> for Pool {
    type Error = DuplicateCode;
    fn try_from(items: Vec<PoolItem>) -> Result<Self, DuplicateCode> {
        Self::new(items)
    }
}

impl From<Pool> for Vec<PoolItem> {
    fn from(pool: Pool) -> Self {
        pool.0
    }
}

/// The hash that commits to the pool before the draw: SHA-256 of its canonical JSON.
pub fn pool_root(pool: &Pool) -> Result<Hash, serde_json::Error> {
    canonical_hash(pool)
}

/// SHA-256 of the canonical JSON (RFC 8785) of `value`.
fn canonical_hash<T: Serialize>(value: &T) -> Result<Hash, serde_json::Error> {
    let json = serde_json_canonicalizer::to_vec(value)?;
    Ok(Sha256::digest(json).into())
}
