//! What a committee reads of an assembly: how equal the papers are, how often items are used, how much
//! papers have in common, and what finer tolerances would be worth.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::blueprint::{CellSpec, FormBlueprint};
use super::issue::{Assembly, Failure};
use super::items::FormItem;
use super::table::index;
use super::{NUMBERS, Numbers};
use crate::draw::Seed;

mod keys;
mod page;

pub use keys::KeyReport;
pub use page::html;

/// Pairs of papers that are looked at for what they have in common.
const PAIRS: usize = 200_000;
/// Bars of a histogram.
const BARS: usize = 20;

/// The figures of an assembly.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Name of the blueprint.
    pub title: String,
    /// Papers asked for.
    pub asked: usize,
    /// Papers issued: each meets every limit.
    pub issued: usize,
    /// Papers made, spares included.
    pub made: usize,
    /// Papers dropped, by why.
    pub dropped: Vec<(Failure, usize)>,
    /// Items of the bank.
    pub bank: usize,
    /// Items of a paper.
    pub items_per_paper: usize,
    /// The cells.
    pub cells: Vec<CellReport>,
    /// Tolerance of the expected score, in marks; none where papers may be as hard as they come.
    pub score_tolerance: Option<f64>,
    /// Each ability.
    pub abilities: Vec<AbilityReport>,
    /// Seconds of the issued papers.
    pub seconds: Spread,
    /// Share of papers in which an item is.
    pub exposure: Spread,
    /// The least that the largest exposure could be.
    pub exposure_least_max: f64,
    /// Items in no paper.
    pub unused: usize,
    /// How many items fall into each band of exposure, from 0 to the largest.
    pub exposure_bars: Vec<usize>,
    /// Items that two papers have in common, over pairs drawn by lot.
    pub overlap: Spread,
    /// How many of those pairs have each number in common, from 0.
    pub overlap_bars: Vec<usize>,
    /// Pairs looked at.
    pub overlap_pairs: usize,
    /// How often each letter is the key on a paper, where keys are known and options stand as their
    /// author ordered them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyReport>,
}

/// A cell in figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CellReport {
    /// Its name.
    pub name: String,
    /// Units that a paper takes.
    pub needs: usize,
    /// Units that there are.
    pub units: usize,
    /// Share of papers in which each unit is.
    pub exposure: f64,
    /// Units that are set aside for the target, and in no paper.
    #[serde(default)]
    pub aside: usize,
}

/// Papers at one ability, in marks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AbilityReport {
    /// The ability.
    pub ability: f64,
    /// The target.
    pub target: f64,
    /// The mean of the bank, where the target is another.
    #[serde(default)]
    pub bank: Option<f64>,
    /// Deviations of the papers as they were dealt.
    pub dealt: Spread,
    /// Deviations of the issued papers.
    pub issued: Spread,
    /// Share of the dealt papers that were off by more than a mark.
    pub dealt_off: f64,
    /// How far two papers would differ (standard deviation) by the error of difficulties alone, if
    /// that were 0.1, 0.2 or 0.3.
    pub calibration: [f64; 3],
}

/// Least, mean, greatest and standard deviation.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Spread {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Greatest.
    pub max: f64,
    /// Standard deviation.
    pub sd: f64,
}

impl Spread {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut sum, mut squares) = (0_usize, 0.0, 0.0);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            count += 1;
            sum += value;
            squares += value * value;
            min = min.min(value);
            max = max.max(value);
        }
        if count == 0 {
            return Self::default();
        }
        let mean = sum / count as f64;
        Self {
            min,
            mean,
            max,
            sd: (squares / count as f64 - mean * mean).max(0.0).sqrt(),
        }
    }
}

impl Report {
    /// The farthest that an issued paper is from its target at any ability, in marks.
    pub fn worst(&self) -> f64 {
        let farthest = |one: &AbilityReport| one.issued.max.abs().max(one.issued.min.abs());
        self.abilities.iter().map(farthest).fold(0.0, f64::max)
    }
}

/// What the figures of an assembly are about.
pub(in crate::assembly) struct Basis<'a> {
    /// Name of the blueprint.
    pub title: String,
    /// Names of the cells, in order.
    pub cells: Vec<String>,
    /// The abilities of the first numbers.
    pub abilities: &'a [f64],
    /// Tolerance of the expected score, in marks.
    pub tolerance: Option<f64>,
    /// How many more marks an item gives for each unit of ability.
    pub slope: &'a dyn Fn(u32, f64) -> f64,
}

/// The figures of an assembly that was asked for `asked` papers.
pub fn report(
    assembly: &Assembly,
    blueprint: &FormBlueprint,
    items: &[FormItem],
    asked: usize,
    seed: &Seed,
) -> Report {
    let slope = |item: u32, ability: f64| {
        let item = items.get(index(item));
        item.map_or(0.0, |item| item.parameters.slope(ability))
    };
    let basis = Basis {
        title: blueprint.title.clone(),
        cells: blueprint.cells.iter().map(CellSpec::name).collect(),
        abilities: &blueprint.abilities,
        tolerance: Some(blueprint.score_tolerance),
        slope: &slope,
    };
    Report {
        keys: keys::keys(assembly, items),
        ..figures(assembly, &basis, items.len(), asked, seed)
    }
}

/// The figures of an assembly from a bank of `items`, asked for `asked` papers.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(in crate::assembly) fn figures(
    assembly: &Assembly,
    basis: &Basis<'_>,
    items: usize,
    asked: usize,
    seed: &Seed,
) -> Report {
    let issued = assembly.len();
    let share = |uses: u32| f64::from(uses) / issued.max(1) as f64;
    let cells = basis.cells.iter().zip(&assembly.table.cells);
    let cells: Vec<CellReport> = cells
        .zip(&assembly.table.aside)
        .map(|((name, cell), aside)| CellReport {
            name: name.clone(),
            aside: *aside,
            needs: cell.needs,
            units: cell.units.len(),
            exposure: cell.needs as f64 / cell.units.len().max(1) as f64,
        })
        .collect();
    let dealt_in: Vec<bool> = in_some_card(assembly, items);
    let used = || {
        (0..items)
            .filter(|at| dealt_in[*at])
            .map(|at| assembly.exposure[at])
    };
    let exposure = Spread::of(used().map(share));
    let (overlap, overlap_bars, overlap_pairs) = overlaps(assembly, seed);
    Report {
        title: basis.title.clone(),
        asked,
        issued,
        made: assembly.made,
        dropped: assembly.dropped.clone(),
        bank: items,
        items_per_paper: assembly.paper(0).len(),
        exposure_least_max: least_max(assembly),
        cells,
        score_tolerance: basis.tolerance,
        abilities: abilities(assembly, basis),
        seconds: Spread::of(
            assembly
                .sums
                .iter()
                .map(|sums| f64::from(sums[NUMBERS - 1])),
        ),
        unused: assembly.exposure.iter().filter(|uses| **uses == 0).count(),
        exposure_bars: bars(used().map(share), exposure.max),
        exposure,
        overlap,
        overlap_bars,
        overlap_pairs,
        keys: Vec::new(),
    }
}

fn in_some_card(assembly: &Assembly, items: usize) -> Vec<bool> {
    let mut found = vec![false; items];
    for card in &assembly.table.cards {
        for item in &card.items {
            if let Some(found) = found.get_mut(usize::try_from(*item).unwrap_or(usize::MAX)) {
                *found = true;
            }
        }
    }
    found
}

/// What a unit must be in at least, and of a stimulus what its items must.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn least_max(assembly: &Assembly) -> f64 {
    let of_cell = |cell: &super::table::Cell| {
        let unit = cell.needs as f64 / cell.units.len().max(1) as f64;
        let windows = cell.units.iter().map(|cards| {
            let window = cards.first().map_or(1, |card| {
                assembly.table.cards[usize::try_from(*card).unwrap_or_default()]
                    .items
                    .len()
            });
            let mut items: Vec<u32> = cards
                .iter()
                .flat_map(|card| {
                    &assembly.table.cards[usize::try_from(*card).unwrap_or_default()].items
                })
                .copied()
                .collect();
            items.sort_unstable();
            items.dedup();
            window as f64 / items.len().max(1) as f64
        });
        unit * windows.fold(0.0, f64::max)
    };
    assembly.table.cells.iter().map(of_cell).fold(0.0, f64::max)
}

fn abilities(assembly: &Assembly, basis: &Basis<'_>) -> Vec<AbilityReport> {
    let (target, bank) = (&assembly.table.target, &assembly.table.bank);
    let one = |(at, ability): (usize, &f64)| {
        let deviation = |sums: &Numbers| f64::from(sums[at] - target[at]) / 1e6;
        let dealt = assembly.dealt_sums.iter().map(deviation);
        let off = dealt
            .clone()
            .filter(|deviation| deviation.abs() > 1.0)
            .count();
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let dealt_off = off as f64 / assembly.dealt_sums.len().max(1) as f64;
        let slopes: f64 = assembly
            .paper(0)
            .iter()
            .map(|item| (basis.slope)(*item, *ability).powi(2))
            .sum();
        AbilityReport {
            ability: *ability,
            target: f64::from(target[at]) / 1e6,
            bank: (target != bank).then(|| f64::from(bank[at]) / 1e6),
            dealt: Spread::of(dealt),
            issued: Spread::of(assembly.sums.iter().map(deviation)),
            dealt_off,
            // Both papers are off by chance.
            calibration: [0.1, 0.2, 0.3].map(|error| error * (2.0 * slopes).sqrt()),
        }
    };
    basis.abilities.iter().enumerate().map(one).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bars of a chart"
)]
fn bars(values: impl Iterator<Item = f64>, max: f64) -> Vec<usize> {
    let mut bars = vec![0; BARS];
    for value in values {
        let at = (value / max.max(1e-12) * BARS as f64) as usize;
        bars[at.min(BARS - 1)] += 1;
    }
    bars
}

/// What pairs of papers have in common.
fn overlaps(assembly: &Assembly, seed: &Seed) -> (Spread, Vec<usize>, usize) {
    let papers = assembly.len();
    if papers < 2 {
        return (Spread::default(), Vec::new(), 0);
    }
    let mut stream = seed.sub("overlap").stream();
    let mut items: Vec<Option<Vec<u32>>> = vec![None; papers];
    let mut common = Vec::with_capacity(PAIRS);
    let all = papers * (papers - 1) / 2;
    let mut sorted = |number: usize| -> Vec<u32> {
        items[number]
            .get_or_insert_with(|| {
                let mut own = assembly.unordered(number);
                own.sort_unstable();
                own
            })
            .clone()
    };
    for _ in 0..PAIRS.min(all) {
        let (one, other) = (stream.below(papers), stream.below(papers - 1));
        let other = other + usize::from(other >= one);
        let (one, other) = (sorted(one), sorted(other));
        common.push(
            one.iter()
                .filter(|item| other.binary_search(item).is_ok())
                .count(),
        );
    }
    let most = common.iter().copied().max().unwrap_or_default();
    let mut bars = vec![0; most + 1];
    for count in &common {
        bars[*count] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let spread = Spread::of(common.iter().map(|count| *count as f64));
    (spread, bars, common.len())
}

/// The band of deviations over the abilities, as a drawing.
pub(in crate::assembly) fn band(report: &Report) -> String {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 260.0;
    let most = |spread: &Spread| spread.max.abs().max(spread.min.abs());
    let top = report
        .abilities
        .iter()
        .map(|one| most(&one.dealt))
        .fold(report.score_tolerance.unwrap_or(0.05), f64::max)
        * 1.1;
    let first = report.abilities.first().map_or(-3.0, |one| one.ability);
    let last = report.abilities.last().map_or(3.0, |one| one.ability);
    let x = |ability: f64| 50.0 + (ability - first) / (last - first).max(1e-9) * (WIDTH - 70.0);
    let y = |deviation: f64| HEIGHT / 2.0 - deviation / top * (HEIGHT / 2.0 - 20.0);
    let area = |of: &dyn Fn(&AbilityReport) -> Spread| {
        let upper = report
            .abilities
            .iter()
            .map(|one| (one.ability, of(one).max));
        let lower = report
            .abilities
            .iter()
            .rev()
            .map(|one| (one.ability, of(one).min));
        let points = upper
            .chain(lower)
            .map(|(ability, deviation)| format!("{:.1},{:.1}", x(ability), y(deviation)));
        points.collect::<Vec<_>>().join(" ")
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"偏差 deviation\">"
    );
    let _ = write!(
        svg,
        "<polygon points=\"{}\" fill=\"#c9d7ea\"/>",
        area(&|one| one.dealt)
    );
    let _ = write!(
        svg,
        "<polygon points=\"{}\" fill=\"#27548a\"/>",
        area(&|one| one.issued)
    );
    let tolerance = report.score_tolerance.into_iter();
    for line in tolerance.flat_map(|tolerance| [tolerance, -tolerance]) {
        let _ = write!(
            svg,
            "<line x1=\"50\" x2=\"{:.0}\" y1=\"{2:.1}\" y2=\"{2:.1}\" stroke=\"#8d1c13\" stroke-dasharray=\"6 4\"/><text x=\"4\" y=\"{1:.1}\" font-size=\"11\">{line:+.2}</text>",
            WIDTH - 20.0,
            y(line) + 4.0,
            y(line)
        );
    }
    for one in &report.abilities {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.0}\" font-size=\"11\" text-anchor=\"middle\">{}</text>",
            x(one.ability),
            HEIGHT - 2.0,
            one.ability
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Bars side by side, as a drawing.
#[expect(clippy::cast_precision_loss, reason = "bars of a chart")]
pub(in crate::assembly) fn histogram(bars: &[usize], label: &dyn Fn(usize) -> String) -> String {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 180.0;
    let most = bars.iter().copied().max().unwrap_or(1).max(1) as f64;
    let wide = WIDTH / bars.len().max(1) as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"直方图 histogram\">"
    );
    for (at, count) in bars.iter().enumerate() {
        let (left, height) = (at as f64 * wide, *count as f64 / most * (HEIGHT - 30.0));
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#27548a\"/>",
            left + 1.0,
            HEIGHT - 20.0 - height,
            (wide - 2.0).max(0.5)
        );
        if at % bars.len().div_ceil(12).max(1) == 0 {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.0}\" font-size=\"10\" text-anchor=\"middle\">{}</text>",
                left + wide / 2.0,
                HEIGHT - 5.0,
                label(at)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}
