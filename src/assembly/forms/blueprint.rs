//! What every paper must hold, and how equal papers must be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::items::FormItem;
use super::table::{Table, windows};
use super::{NUMBERS, Numbers, micro};

mod ranges;
mod target;

/// Most cells, and most cards of a paper.
const CELLS_MAX: usize = 500;
const SLOTS_MAX: usize = 1000;

/// A blueprint for equal papers, as TOML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormBlueprint {
    /// Its name.
    #[serde(default)]
    pub title: String,
    /// The abilities at which papers are equal, at most seven.
    #[serde(default = "abilities")]
    pub abilities: Vec<f64>,
    /// How far the expected score of a paper may lie from the target at each of them, in marks.
    #[serde(default = "score_tolerance")]
    pub score_tolerance: f64,
    /// How hard papers are to be: the share of the full mark expected at each of the abilities; as
    /// hard as the bank is on average if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Vec<f64>>,
    /// 1: the expected score; 2: the sum of the squares too, so that scores spread alike.
    #[serde(default = "moments")]
    pub moments: u8,
    /// How far the time of a paper may lie from the target, in seconds; any time if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_tolerance: Option<u32>,
    /// The share of papers in which an item may be at most; any share if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_max: Option<f64>,
    /// Items of a paper, where cells have ranges; as many as the cells have if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<usize>,
    /// The cells, in the order of the paper.
    pub cells: Vec<CellSpec>,
}

fn abilities() -> Vec<f64> {
    vec![-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
}

const fn score_tolerance() -> f64 {
    0.3
}

const fn moments() -> u8 {
    1
}

/// A cell: so many items, or stimuli with so many items each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellSpec {
    /// The topic, or one above it; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The level; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The type; any if absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How many items without a stimulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// How many at most, where that is left to the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_max: Option<usize>,
    /// How many stimuli instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stimuli: Option<usize>,
    /// How many at most, where that is left to the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stimuli_max: Option<usize>,
    /// With how many items each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_per_stimulus: Option<usize>,
}

impl CellSpec {
    /// Units that a paper needs of it; where it has a range, at least.
    pub(super) fn needs(&self) -> usize {
        self.stimuli.or(self.count).unwrap_or_default()
    }

    fn matches(&self, item: &FormItem) -> bool {
        let same =
            |wanted: &Option<String>, found: &String| wanted.as_ref().is_none_or(|w| w == found);
        let topic = self.topic.as_ref().is_none_or(|topic| {
            let rest = item.topic.strip_prefix(topic.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let stimulus = self.stimuli.is_some() != item.stimulus.is_empty();
        topic && stimulus && same(&self.level, &item.level) && same(&self.kind, &item.kind)
    }

    /// Whether so many units are too few, as the cell of this number.
    fn short_of(&self, cell: usize, units: usize) -> Option<Shortage> {
        let what = match self.stimuli {
            Some(_) => "stimuli with enough items",
            None => "items",
        };
        let why = format!("needs {} {what}, and there are {units}", self.needs());
        (units < self.needs()).then(|| self.fault(cell, &why))
    }

    fn fault(&self, cell: usize, why: &str) -> Shortage {
        Shortage {
            cell,
            name: self.name(),
            why: why.to_owned(),
        }
    }

    /// The cell in words.
    pub fn name(&self) -> String {
        let parts = [&self.topic, &self.level, &self.kind];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() {
            "any".to_owned()
        } else {
            parts.join(" · ")
        }
    }
}

/// Why a blueprint cannot be met, by cell from one; 0 for the whole of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}: {why}", place(*.cell, .name))]
pub struct Shortage {
    /// The cell.
    pub cell: usize,
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub why: String,
}

fn place(cell: usize, name: &str) -> String {
    if cell == 0 {
        "the blueprint".to_owned()
    } else {
        format!("cell {cell} ({name})")
    }
}

/// Why a blueprint with items on trial is refused at a desk.
const ON_TRIAL: &str = "`trial`: papers made at a desk hold no items on trial; leave it out, or have \
    the server make the papers of an examination";

/// Whether a blueprint asks for items on trial, in any of the places where one may.
fn asks_for_trial(text: &str) -> bool {
    let asks = |table: &toml::Table| table.contains_key("trial");
    let Ok(whole) = text.parse::<toml::Table>() else {
        return false;
    };
    let parts = ["sections", "cells"].into_iter();
    let parts = parts.filter_map(|name| whole.get(name)?.as_array());
    let mut parts = parts.flatten().filter_map(toml::Value::as_table);
    asks(&whole) || parts.any(asks)
}

impl FormBlueprint {
    /// Reads TOML, and says in which line it cannot be read.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            if asks_for_trial(text) {
                ON_TRIAL.to_owned()
            } else {
                error.to_string()
            }
        })
    }

    /// The numbers of an item.
    fn numbers(&self, item: &FormItem) -> Numbers {
        let mut numbers = [0; NUMBERS];
        let count = self.abilities.len();
        for (at, ability) in self.abilities.iter().enumerate() {
            let p = item.parameters.probability(*ability);
            numbers[at] = micro(p);
            if self.moments == 2 {
                numbers[count + at] = micro(p * p);
            }
        }
        numbers[NUMBERS - 1] = item.seconds;
        numbers
    }

    /// The numbers of an item that count: at each ability, for each moment, and the seconds.
    pub(super) fn used_numbers(&self, item: &FormItem) -> Vec<i32> {
        let numbers = self.numbers(item);
        let used = self.abilities.len() * usize::from(self.moments);
        let mut counted = numbers[..used].to_vec();
        counted.push(numbers[NUMBERS - 1]);
        counted
    }

    /// How far a paper may be off in each number.
    fn tolerances(&self) -> [Option<i32>; NUMBERS] {
        let mut tolerances = [None; NUMBERS];
        let used = self.abilities.len() * usize::from(self.moments);
        tolerances[..used].fill(Some(micro(self.score_tolerance)));
        tolerances[NUMBERS - 1] = self
            .seconds_tolerance
            .and_then(|seconds| i32::try_from(seconds).ok());
        tolerances
    }

    fn faults(&self) -> Vec<Shortage> {
        let mut faults = Vec::new();
        let mut wrong = |cell: usize, name: String, why: &str| {
            faults.push(Shortage {
                cell,
                name,
                why: why.to_owned(),
            });
        };
        if !(1..=7).contains(&self.abilities.len())
            || !self.abilities.iter().all(|a| a.abs() <= 6.0)
        {
            wrong(
                0,
                String::new(),
                "`abilities` must be one to seven numbers from −6 to 6",
            );
        }
        if !(0.001..=1000.0).contains(&self.score_tolerance) {
            wrong(
                0,
                String::new(),
                "`score_tolerance` must be from 0.001 to 1000 marks",
            );
        }
        let share = |share: &f64| (0.0..=1.0).contains(share);
        let is_curve =
            |target: &Vec<f64>| target.len() == self.abilities.len() && target.iter().all(share);
        if !self.target.as_ref().is_none_or(is_curve) {
            wrong(
                0,
                String::new(),
                "`target` must be a share from 0 to 1 for each of the `abilities`",
            );
        }
        if !(1..=2).contains(&self.moments) {
            wrong(0, String::new(), "`moments` is 1 or 2");
        }
        if self
            .seconds_tolerance
            .is_some_and(|seconds| !(1..=36_000).contains(&seconds))
        {
            wrong(
                0,
                String::new(),
                "`seconds_tolerance` must be from 1 to 36000",
            );
        }
        if self
            .exposure_max
            .is_some_and(|share| !(share > 0.0 && share <= 1.0))
        {
            wrong(
                0,
                String::new(),
                "`exposure_max` must be above 0 and at most 1",
            );
        }
        if self.cells.is_empty() || self.cells.len() > CELLS_MAX {
            wrong(0, String::new(), "it must have one to 500 cells");
        }
        let slots = self.cells.iter().fold(0_usize, |sum, cell| {
            sum.saturating_add(cell.needs_at_most())
        });
        let items = self.cells.iter().fold(0_usize, |sum, cell| {
            sum.saturating_add(
                cell.needs_at_most()
                    .saturating_mul(cell.items_per_stimulus.unwrap_or(1)),
            )
        });
        if slots > SLOTS_MAX || items > SLOTS_MAX {
            wrong(0, String::new(), "a paper must have at most 1000 items");
        }
        for (at, cell) in (1..).zip(&self.cells) {
            let stimuli = cell.stimuli.is_some();
            if cell.count.is_some() == stimuli || cell.needs() == 0 {
                wrong(
                    at,
                    cell.name(),
                    "it must have either `count` or `stimuli`, one at least",
                );
            }
            if stimuli != cell.items_per_stimulus.is_some_and(|count| count > 0) {
                wrong(at, cell.name(), "`items_per_stimulus` belongs to `stimuli`");
            }
        }
        if faults.is_empty() {
            faults = self.range_faults();
        }
        faults
    }

    /// Sorts the items into the cells and sets aside what the target asks; or says of every cell why
    /// it cannot be met.
    pub(super) fn table(&self, items: &[FormItem]) -> Result<Table, Vec<Shortage>> {
        let table = self.whole_table(items)?;
        let goal = self.goal(&table);
        if goal.target.is_empty() {
            return Ok(table);
        }
        let reach = table.aim(&goal, goal.target.len());
        let missed = self.missed(&goal, &reach);
        if missed.is_empty() {
            Ok(table.aimed(&goal, &reach))
        } else {
            Err(missed)
        }
    }

    /// The table of all items.
    pub(super) fn whole_table(&self, items: &[FormItem]) -> Result<Table, Vec<Shortage>> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut taken = vec![false; items.len()];
        let (mut sorted, mut shortages) = (Vec::new(), Vec::new());
        for (at, spec) in (1..).zip(&self.cells) {
            let own: Vec<usize> = (0..items.len())
                .filter(|index| !taken[*index] && spec.matches(&items[*index]))
                .collect();
            own.iter().for_each(|index| taken[*index] = true);
            let groups = groups(spec, items, &own);
            shortages.extend(spec.short_of(at, groups.len()));
            sorted.push(groups);
        }
        if !shortages.is_empty() {
            return Err(shortages);
        }
        let needs = self.settled(&sorted)?;
        let mut table = Table::new(self.tolerances());
        let cells = self.cells.iter().zip(&sorted).zip(needs);
        for (at, ((spec, groups), needs)) in (1..).zip(cells) {
            let window = spec.items_per_stimulus.unwrap_or(1);
            table.add_cell(needs, window, groups, |item| self.numbers(&items[item]));
            shortages.extend(enemies_within(at, spec, items, groups));
            shortages.extend(self.overexposed(at, spec, needs, groups));
        }
        if !shortages.is_empty() {
            return Err(shortages);
        }
        table.set_enemies(enemies(items));
        Ok(table)
    }

    /// Even the least exposure is more than the cap allows.
    fn overexposed(
        &self,
        at: usize,
        spec: &CellSpec,
        needs: usize,
        groups: &[Vec<usize>],
    ) -> Option<Shortage> {
        let cap = self.exposure_max?;
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let share = |needs: usize, units: usize| needs as f64 / units as f64;
        let of_units = share(needs, groups.len());
        let window = spec.items_per_stimulus.unwrap_or(1);
        let widest = groups.iter().map(Vec::len).min().unwrap_or(1);
        let least = of_units * share(window, widest.max(window));
        (least > cap + 1e-12).then(|| Shortage {
            cell: at,
            name: spec.name(),
            why: format!("each paper takes {} of {} units, so an item is in {:.1} % of papers at least; the cap is {:.1} %",
                needs, groups.len(), least * 100.0, cap * 100.0),
        })
    }
}

/// The units of a cell: items by id, or stimuli by id with their items.
fn groups(spec: &CellSpec, items: &[FormItem], own: &[usize]) -> Vec<Vec<usize>> {
    let Some(window) = spec.items_per_stimulus else {
        return own.iter().map(|index| vec![*index]).collect();
    };
    let mut groups: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for index in own {
        groups
            .entry(items[*index].stimulus.as_bytes())
            .or_default()
            .push(*index);
    }
    groups
        .into_values()
        .filter(|group| group.len() >= window)
        .collect()
}

/// Stimuli that would bring two enemies at once.
fn enemies_within(
    at: usize,
    spec: &CellSpec,
    items: &[FormItem],
    groups: &[Vec<usize>],
) -> Vec<Shortage> {
    let Some(window) = spec.items_per_stimulus else {
        return Vec::new();
    };
    let of_group = |group: &Vec<usize>| {
        let cards = windows(group.len(), window).into_iter();
        let pair = cards.flat_map(|card| pairs(&card)).find(|(one, other)| {
            let (one, other) = (&items[group[*one]], &items[group[*other]]);
            one.enemies.contains(&other.id) || other.enemies.contains(&one.id)
        });
        pair.map(|(one, other)| Shortage {
            cell: at,
            name: spec.name(),
            why: format!(
                "the stimulus {} brings the enemies {} and {}",
                items[group[one]].stimulus, items[group[one]].id, items[group[other]].id
            ),
        })
    };
    groups.iter().filter_map(of_group).collect()
}

/// Every two of them.
fn pairs(places: &[usize]) -> Vec<(usize, usize)> {
    let with_those_before = |(at, one): (usize, &usize)| {
        let before = places[..at].iter();
        before.map(|other| (*other, *one)).collect::<Vec<_>>()
    };
    places
        .iter()
        .enumerate()
        .flat_map(with_those_before)
        .collect()
}

/// The pairs of items that must not be on the same paper.
fn enemies(items: &[FormItem]) -> Vec<(usize, usize)> {
    let places: BTreeMap<&str, usize> = items
        .iter()
        .enumerate()
        .map(|(at, item)| (item.id.as_str(), at))
        .collect();
    let of_item = |(at, item): (usize, &FormItem)| {
        let others = item.enemies.iter();
        let known = others.filter_map(|enemy| places.get(enemy.as_str()));
        known.map(|other| (at, *other)).collect::<Vec<_>>()
    };
    items.iter().enumerate().flat_map(of_item).collect()
}
