//! Figures of items from answers, and a bank at a glance.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{FAULTS_SHOWN, check_bank};
use crate::access::service::name_of;
use crate::access::{Actor, Role};
use crate::bank::formats::figures::{self, FigureLine};
use crate::bank::item::Difficulty;
use crate::bank::life::ItemState;
use crate::bank::reach::Reach;
use crate::bank::records;
use crate::bank::store::{self, FigureRow, InUse};
use crate::kernel::error::Kind;
use crate::kernel::{Fault, Id, Instant, Problem};
use crate::ledger;
use crate::store::{Tx, View, sha256};

/// Most characters of what figures come from.
pub const SOURCE_MAX: usize = 200;

/// Reads a table of figures.
pub fn read_figures(text: &str) -> Result<Vec<FigureLine>, Problem> {
    figures::read(text).map_err(figures_refused)
}

/// All that is wrong with a table of figures, as far as anybody wants to read on.
fn figures_refused(mut faults: Vec<Fault>) -> Problem {
    let total = faults.len();
    faults.truncate(FAULTS_SHOWN);
    let mut problem = Problem::new(Kind::Invalid, "figures-refused").with("total", total);
    problem.faults = faults;
    problem
}

/// Whether an account may see a bank, for later rooms.
pub fn is_admitted(view: &mut View<'_>, actor: &Actor, bank: &str) -> Result<bool, Problem> {
    Ok(Reach::of(view, actor)?.admits(bank))
}

/// Records figures of items of a bank in the versions at which they stand, all or none; returns how
/// many. `source` says which answers they come from.
pub fn record_figures(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bank: &str,
    lines: &[FigureLine],
    source: &str,
) -> Result<usize, Problem> {
    let acting = actor.acting_as(&[Role::Reviewer])?;
    check_bank(bank)?;
    Reach::of(tx, actor)?.must_admit(bank)?;
    let source = source.trim();
    Problem::unless_valid(source_fault(source).into_iter().collect())?;
    let known: HashMap<String, (Id, i32)> = store::ids_of_codes(tx.db, bank)?
        .into_iter()
        .map(|(code, id, version)| (code, (id, version)))
        .collect();
    let unknown = lines.iter().filter(|line| !known.contains_key(&line.code));
    let faults: Vec<Fault> = unknown
        .map(|line| Fault::new(&line.place, "item-unknown").with("found", &line.code))
        .collect();
    if !faults.is_empty() {
        return Err(figures_refused(faults));
    }
    let mut hashes = Vec::with_capacity(lines.len());
    for line in lines {
        let Some((item_id, version)) = known.get(&line.code).copied() else {
            continue;
        };
        let row = FigureRow {
            item_id,
            version,
            source: source.to_owned(),
            recorded_by: acting.account,
            ..row(tx.now, line)
        };
        store::insert_figure(tx, &row)?;
        let canonical = serde_json_canonicalizer::to_vec(line).map_err(Problem::internal)?;
        hashes.push((line.code.as_str(), sha256(canonical)));
    }
    let root = hex::encode(records::content_root(hashes));
    let inputs = json!({ "bank": bank, "count": lines.len(), "source": source, "root": root });
    let entry = acting.decides("items.figures_recorded").on(inputs);
    ledger::record(tx, &entry.outcome("recorded"))?;
    Ok(lines.len())
}

fn source_fault(source: &str) -> Option<Fault> {
    let length = source.chars().count();
    if source.is_empty() {
        return Some(Fault::new("source", "required"));
    }
    if length > SOURCE_MAX {
        let fault = Fault::new("source", "too-long").with("max", SOURCE_MAX);
        return Some(fault.with("found", length));
    }
    Fault::of_control("source", source, &[])
}

/// The row of a line, which knows neither its item nor who records it.
fn row(now: Instant, line: &FigureLine) -> FigureRow {
    let parameters = line.parameters;
    let id = Id::new(now);
    FigureRow {
        id,
        item_id: id,
        version: 0,
        answered: line.answered,
        facility_ppm: line.facility_ppm,
        discrimination_ppm: line.discrimination_ppm,
        a_milli: parameters.map(|p| p.a_milli),
        b_milli: parameters.map(|p| p.b_milli),
        c_milli: parameters.map(|p| p.c_milli),
        se_a_milli: parameters.and_then(|p| p.se_a_milli),
        se_b_milli: parameters.and_then(|p| p.se_b_milli),
        se_c_milli: parameters.and_then(|p| p.se_c_milli),
        source: String::new(),
        recorded_by: id,
        recorded_at: now,
    }
}

/// The newest figures of an item, as people read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureView {
    /// The version that was answered.
    pub version: i32,
    /// How many answered it.
    pub answered: i32,
    /// The share that answered rightly.
    pub facility: String,
    /// How well it tells candidates apart.
    pub discrimination: Option<String>,
    /// Discrimination of the response model, with its standard error.
    pub a: Option<String>,
    /// Its difficulty, with its standard error.
    pub b: Option<String>,
    /// Its guessing, with its standard error.
    pub c: Option<String>,
    /// Which answers they come from.
    pub source: String,
    /// Who recorded them.
    pub recorded_by: String,
    /// When.
    pub recorded_at: Instant,
}

/// The newest figures of an item, for somebody who may see it.
pub(in crate::bank) fn figure(
    view: &mut View<'_>,
    item: Id,
) -> Result<Option<FigureView>, Problem> {
    let Some(row) = store::newest_figure(view.db, item)? else {
        return Ok(None);
    };
    Ok(Some(FigureView {
        version: row.version,
        answered: row.answered,
        facility: share(row.facility_ppm),
        discrimination: row.discrimination_ppm.map(share),
        a: row.a_milli.map(|a| with_error(a, row.se_a_milli)),
        b: row.b_milli.map(|b| with_error(b, row.se_b_milli)),
        c: row.c_milli.map(|c| with_error(c, row.se_c_milli)),
        source: row.source,
        recorded_by: name_of(view, row.recorded_by)?,
        recorded_at: row.recorded_at,
    }))
}

/// Thousandths as people write them: `-0.500`.
fn thousandths(milli: i32) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let whole = milli.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1_000, whole % 1_000)
}

/// Millionths to three places, half away from zero.
fn share(ppm: i32) -> String {
    let half = if ppm < 0 { -500 } else { 500 };
    thousandths((ppm + half) / 1_000)
}

fn with_error(milli: i32, error: Option<i32>) -> String {
    match error {
        Some(error) => format!("{} ± {}", thousandths(milli), thousandths(error)),
        None => thousandths(milli),
    }
}

/// How many items in use a topic has, by difficulty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicRow {
    /// The first two levels of the topic.
    pub topic: String,
    /// Easy.
    pub easy: usize,
    /// Of medium difficulty.
    pub medium: usize,
    /// Hard.
    pub hard: usize,
}

/// A bank at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// The bank.
    pub bank: String,
    /// How many items stand in each state.
    pub states: Vec<StateCount>,
    /// Items in use, by topic and difficulty.
    pub topics: Vec<TopicRow>,
    /// Items in use by facility, in tenths from 0 to 1; 1 is in the last.
    pub facility: [usize; 10],
    /// Items in use without figures of their present version.
    pub without_figures: usize,
}

/// How many items stand in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateCount {
    /// The state.
    pub state: ItemState,
    /// How many.
    pub count: i64,
}

/// What a bank has, without any content: for the authors and reviewers admitted to it.
pub fn health(view: &mut View<'_>, actor: &Actor, bank: &str) -> Result<Health, Problem> {
    actor.acting_as(&[Role::Reviewer, Role::Author])?;
    if !Reach::of(view, actor)?.admits(bank) {
        return Err(Problem::not_found());
    }
    let counts = store::counts(view.db)?.into_iter();
    let own: Vec<(ItemState, i64)> = counts
        .filter(|(of, ..)| of == bank)
        .map(|(_, _, state, _, count)| (state, count))
        .collect();
    if own.is_empty() {
        return Err(Problem::not_found());
    }
    let in_use = store::in_use(view.db, bank)?;
    let newest = records::newest_figures(view, bank)?;
    let known = in_use.iter().filter_map(|(id, ..)| newest.get(id));
    let shares: Vec<i32> = known.map(|figure| figure.facility_ppm).collect();
    Ok(Health {
        bank: bank.to_owned(),
        states: by_state(&own),
        without_figures: in_use.len() - shares.len(),
        topics: by_topic(in_use),
        facility: by_tenth(&shares),
    })
}

fn by_state(counts: &[(ItemState, i64)]) -> Vec<StateCount> {
    let of = |state| counts.iter().filter(move |(one, _)| *one == state);
    ItemState::ALL
        .into_iter()
        .map(|state| StateCount {
            state,
            count: of(state).map(|(_, count)| count).sum(),
        })
        .collect()
}

fn by_topic(items: Vec<InUse>) -> Vec<TopicRow> {
    let mut rows: BTreeMap<String, TopicRow> = BTreeMap::new();
    for (_, topic, difficulty) in items {
        let levels: Vec<&str> = topic.split('.').take(2).collect();
        let topic = levels.join(".");
        let row = rows.entry(topic.clone()).or_default();
        row.topic = topic;
        *match difficulty {
            Difficulty::Easy => &mut row.easy,
            Difficulty::Medium => &mut row.medium,
            Difficulty::Hard => &mut row.hard,
        } += 1;
    }
    rows.into_values().collect()
}

fn by_tenth(shares: &[i32]) -> [usize; 10] {
    let mut tenths = [0; 10];
    for share in shares {
        let place = usize::try_from(*share / 100_000).unwrap_or_default();
        tenths[place.min(9)] += 1;
    }
    tenths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_three_places() {
        assert_eq!(thousandths(-500), "-0.500");
        assert_eq!(thousandths(12_345), "12.345");
        assert_eq!(share(734_568), "0.735");
        assert_eq!(share(-250_500), "-0.251");
        assert_eq!(share(1_000_000), "1.000");
        assert_eq!(with_error(1_235, Some(50)), "1.235 ± 0.050");
        assert_eq!(with_error(1_235, None), "1.235");
    }

    #[test]
    fn shares_fall_into_tenths_and_all_right_into_the_last() {
        let tenths = by_tenth(&[0, 99_999, 100_000, 734_568, 999_999, 1_000_000]);
        assert_eq!(tenths, [2, 1, 0, 0, 0, 0, 0, 1, 0, 2]);
    }

    #[test]
    fn topics_are_counted_by_their_first_two_levels() {
        let id = Id::new(Instant::from_micros(1_772_326_800_000_000));
        let item = |topic: &str, difficulty| (id, topic.to_owned(), difficulty);
        let rows = by_topic(vec![
            item("ck.law.labour", Difficulty::Easy),
            item("ck.law", Difficulty::Hard),
            item("ck", Difficulty::Hard),
        ]);
        let counts: Vec<(&str, usize, usize)> = rows
            .iter()
            .map(|row| (row.topic.as_str(), row.easy, row.hard))
            .collect();
        assert_eq!(counts, [("ck", 0, 1), ("ck.law", 1, 1)]);
    }
}
