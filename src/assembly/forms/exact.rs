//! A few parallel forms (平行卷), for A and B, for shifts, or in reserve, chosen by mixed integer
//! programming: nobody could choose better ones from the same bank, or at least it is said how much
//! better they could be. Only with the feature `exact`; the solver is HiGHS.
//!
//! Items in numbers, cells, units, target and tolerances are those of [the parent module](super);
//! but of a stimulus any `m` items may be taken, not only windows, enemies are items, not units, and
//! nothing is set aside for a stated target. (A stimulus one of whose windows brings enemies together
//! is refused here as there.) The model is the test assembly of van der Linden (2005, Linear Models for Optimal Test Design,
//! doi 10.1007/0-387-29054-0): with `x_fi` for item `i` on form `f` and `z_fs` for stimulus `s`, all 0
//! or 1, and `v_ij` the number `j` of item `i`, with target `T_j` and tolerance `t_j`,
//!
//! ```text
//! minimise y, with
//!   Σ x_fi = k_c          each form f, each cell c of items (over the items of the cell)
//!   Σ z_fs = k_c          each form, each cell of stimuli (over its stimuli)
//!   Σ x_fi = m z_fs       each form, each stimulus (over its items)
//!   x_fi + x_fj ≤ 1       each form, each pair of enemies
//!   Σ_f x_fi ≤ U          each item, and Σ_f z_fs ≤ U each stimulus
//!   |Σ v_ij x_fi − T_j| ≤ t_j y      each form, each number with a tolerance
//! ```
//!
//! So `y` is the greatest deviation over forms and numbers, each in parts of its tolerance: up to 1
//! all forms are within all limits. The solver computes in binary floats; forms are checked, and their
//! deviation computed, in whole numbers from their items alone.
//!
//! The solver begins with good forms, which a local search has found from the same seed.
//!
//! It works on one thread, with the seed of `sub(seed, "exact")`, whose first word modulo 2³¹ it is:
//! the same version makes the same forms again, as long as the limit of seconds is not reached.
//! A form shows its units in the order of [papers](super) of its number.

mod start;

use std::collections::{BTreeMap, BTreeSet};

use highs::{Col, HighsModelStatus, HighsSolutionStatus, RowProblem, Sense, SolvedModel};
use serde::Serialize;

use super::blueprint::{FormBlueprint, Shortage};
use super::deal::deal;
use super::issue::Assembly;
use super::items::FormItem;
use super::table::{Card, Table};
use super::trade::sum;
use super::{NUMBERS, Numbers};
use crate::draw::Seed;

/// Most forms.
pub const EXACT_FORMS_MAX: usize = 100;

/// What to solve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactOrder {
    /// Forms.
    pub forms: usize,
    /// Most forms on which an item, or a stimulus, may be.
    pub uses: usize,
    /// Most seconds for the solver.
    pub seconds: u32,
    /// It stops when no forms can be better by more than this, in parts of the tolerance.
    pub gap: f64,
}

/// What was solved, and how well: with the items and the blueprint, all that another needs to solve
/// it again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExactRecord {
    /// The solver.
    pub solver: &'static str,
    /// Its version.
    pub version: String,
    /// `optimal`: within the gap that was asked for; or `time_limit`.
    pub status: &'static str,
    /// Greatest deviation over forms and numbers, in parts of the tolerance.
    pub objective: f64,
    /// What no forms can be below.
    pub bound: f64,
    /// The objective less the bound.
    pub gap: f64,
    /// The gap at which it was to stop.
    pub gap_limit: f64,
    /// Most seconds that the solver was given.
    pub seconds_limit: u32,
    /// The seed of the solver.
    pub seed: i32,
    /// Forms.
    pub forms: usize,
    /// Most forms on which an item may be.
    pub uses: usize,
}

/// Forms, and how they were found.
pub struct ExactForms {
    /// The forms, as papers.
    pub assembly: Assembly,
    /// How they were found.
    pub record: ExactRecord,
}

/// Why there are no forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExactError {
    /// Cells that the bank cannot fill.
    #[error("the blueprint cannot be met:\n  {}", lines(.0))]
    Shortages(Vec<Shortage>),
    /// The solver found none in its time, or proved that there are none.
    #[error("no forms: {0}")]
    None(&'static str),
    /// The solver failed.
    #[error("the solver failed: {0}")]
    Solver(String),
}

fn lines(shortages: &[Shortage]) -> String {
    let lines: Vec<String> = shortages.iter().map(ToString::to_string).collect();
    lines.join("\n  ")
}

/// Chooses the best forms.
pub fn exact(
    blueprint: &FormBlueprint,
    items: &[FormItem],
    order: &ExactOrder,
    seed: &Seed,
) -> Result<ExactForms, ExactError> {
    let mut table = blueprint
        .whole_table(items)
        .map_err(ExactError::Shortages)?;
    // A few forms need not use all units alike: they are chosen for the target from all of them.
    let stated = blueprint.goal(&table).target;
    for (target, stated) in table.target.iter_mut().zip(stated) {
        *target = stated;
    }
    let shortages = shortages(blueprint, &table, order);
    if !shortages.is_empty() {
        return Err(ExactError::Shortages(shortages));
    }
    let bank = Bank::new(blueprint, &table, items);
    let solver_seed = solver_seed(seed);
    let model = Model::new(&table, &bank, order);
    let start = start::start(&table, &bank, order, seed);
    let solved = model.solve(order, solver_seed, &start)?;
    let chosen = model.chosen(&solved);
    let record = record(&solved, order, solver_seed)?;
    let assembly = assembly(table, &bank, &chosen, items.len(), seed)?;
    let objective = worst(&assembly);
    Ok(ExactForms {
        record: ExactRecord {
            objective,
            gap: (objective - record.bound).max(0.0),
            ..record
        },
        assembly,
    })
}

/// Cells that have too few units for so many forms.
fn shortages(blueprint: &FormBlueprint, table: &Table, order: &ExactOrder) -> Vec<Shortage> {
    if !(1..=EXACT_FORMS_MAX).contains(&order.forms) || order.uses == 0 {
        return vec![Shortage {
            cell: 0,
            name: String::new(),
            why: format!("there are 1 to {EXACT_FORMS_MAX} forms, and an item is on one at least"),
        }];
    }
    let cells = (1..).zip(blueprint.cells.iter().zip(&table.cells));
    let short = cells.filter_map(|(number, (spec, cell))| {
        let (needed, units) = (cell.needs * order.forms, cell.units.len());
        let there = units * order.uses.min(order.forms);
        (there < needed).then(|| Shortage {
            cell: number,
            name: spec.name(),
            why: format!(
                "{} forms take {needed} of its units; there are {units}, each on {} at most",
                order.forms, order.uses
            ),
        })
    });
    short.collect()
}

/// The seed of the solver, which takes 31 bits.
fn solver_seed(seed: &Seed) -> i32 {
    let word = seed.sub("exact").stream().word();
    i32::try_from(word & 0x7fff_ffff).unwrap_or_default()
}

/// The items that may be taken, by unit.
struct Bank {
    units: Vec<BankUnit>,
    /// Numbers of each item, by its place.
    numbers: BTreeMap<u32, Numbers>,
    /// Pairs of enemies, by their places.
    enemies: BTreeSet<(u32, u32)>,
}

struct BankUnit {
    cell: usize,
    /// The places of its items.
    items: Vec<u32>,
    /// How many of them are taken at once; none for an item by itself.
    window: Option<usize>,
}

impl Bank {
    fn new(blueprint: &FormBlueprint, table: &Table, items: &[FormItem]) -> Self {
        let mut units = Vec::new();
        for (number, (cell, spec)) in table.cells.iter().zip(&blueprint.cells).enumerate() {
            for cards in &cell.units {
                let all = cards
                    .iter()
                    .flat_map(|card| &table.cards[index(*card)].items);
                let own: BTreeSet<u32> = all.copied().collect();
                units.push(BankUnit {
                    cell: number,
                    items: own.into_iter().collect(),
                    window: spec.items_per_stimulus,
                });
            }
        }
        let used: BTreeSet<u32> = units.iter().flat_map(|unit| &unit.items).copied().collect();
        Self {
            numbers: used
                .iter()
                .map(|item| (*item, numbers(blueprint, &items[index(*item)])))
                .collect(),
            enemies: enemies(items, &used),
            units,
        }
    }
}

/// The numbers of an item, in their places.
fn numbers(blueprint: &FormBlueprint, item: &FormItem) -> Numbers {
    let used = blueprint.used_numbers(item);
    let mut numbers = [0; NUMBERS];
    if let Some((seconds, scores)) = used.split_last() {
        numbers[..scores.len()].copy_from_slice(scores);
        numbers[NUMBERS - 1] = *seconds;
    }
    numbers
}

/// Pairs of enemies among the items that may be taken.
fn enemies(items: &[FormItem], used: &BTreeSet<u32>) -> BTreeSet<(u32, u32)> {
    let places: BTreeMap<&str, u32> = used
        .iter()
        .map(|place| (items[index(*place)].id.as_str(), *place))
        .collect();
    let mut pairs = BTreeSet::new();
    for place in used {
        for enemy in &items[index(*place)].enemies {
            if let Some(other) = places.get(enemy.as_str()).filter(|other| *other != place) {
                pairs.insert((*place.min(other), *place.max(other)));
            }
        }
    }
    pairs
}

/// The columns of a form.
struct FormColumns {
    /// Whether an item is on it, by its place.
    items: BTreeMap<u32, Col>,
    /// Whether a unit is: the same as that of its item, where it has one by itself.
    units: Vec<Col>,
}

/// The problem as the solver sees it.
struct Model<'a> {
    problem: RowProblem,
    worst: Col,
    forms: Vec<FormColumns>,
    table: &'a Table,
    bank: &'a Bank,
}

impl<'a> Model<'a> {
    fn new(table: &'a Table, bank: &'a Bank, order: &ExactOrder) -> Self {
        let mut problem = RowProblem::new();
        let worst = problem.add_column(1.0, 0.0..);
        let columns = (0..order.forms).map(|_| FormColumns::new(&mut problem, bank));
        let forms: Vec<FormColumns> = columns.collect();
        for form in &forms {
            form.add_counts(&mut problem, table, bank);
            form.add_deviations(&mut problem, table, bank, worst);
        }
        let mut model = Self {
            problem,
            worst,
            forms,
            table,
            bank,
        };
        if order.uses < order.forms {
            model.add_uses(order.uses);
        }
        model
    }

    /// No item and no stimulus on more than so many forms.
    fn add_uses(&mut self, uses: usize) {
        let most = real(uses);
        let all_items = self.bank.numbers.keys();
        let items = all_items.map(|item| -> Vec<(Col, f64)> {
            let columns = self.forms.iter().filter_map(|form| form.items.get(item));
            columns.map(|column| (*column, 1.0)).collect()
        });
        let stimuli = self.bank.units.iter().enumerate();
        let stimuli = stimuli.filter(|(_, unit)| unit.window.is_some());
        let stimuli = stimuli.map(|(at, _)| -> Vec<(Col, f64)> {
            self.forms
                .iter()
                .map(|form| (form.units[at], 1.0))
                .collect()
        });
        for row in items.chain(stimuli) {
            self.problem.add_row(..=most, row);
        }
    }

    /// Solves it, from these forms on.
    fn solve(
        &self,
        order: &ExactOrder,
        seed: i32,
        start: &[BTreeSet<u32>],
    ) -> Result<SolvedModel, ExactError> {
        let failed = |what: &str| ExactError::Solver(what.to_owned());
        let mut model = self
            .problem
            .clone()
            .try_optimise(Sense::Minimise)
            .map_err(|status| failed(&format!("{status:?}")))?;
        model.make_quiet();
        let option = |_| failed("an option is unknown to it");
        model.try_set_option("threads", 1).map_err(option)?;
        model.try_set_option("random_seed", seed).map_err(option)?;
        let seconds = f64::from(order.seconds);
        model
            .try_set_option("time_limit", seconds)
            .map_err(option)?;
        model.try_set_option("mip_rel_gap", 0.0).map_err(option)?;
        model
            .try_set_option("mip_abs_gap", order.gap)
            .map_err(option)?;
        if let Some(columns) = self.columns(start) {
            // Where the solver makes nothing of it, it looks for itself.
            let _ = model.try_set_solution(Some(&columns), None, None, None);
        }
        let solved = model.try_solve();
        solved.map_err(|status| failed(&format!("{status:?}")))
    }

    /// Values of the columns that stand for these forms; none if they are too few.
    fn columns(&self, forms: &[BTreeSet<u32>]) -> Option<Vec<f64>> {
        let mut values = vec![0.0; self.problem.num_cols()];
        if forms.len() < self.forms.len() {
            return None;
        }
        for (columns, form) in self.forms.iter().zip(forms) {
            for (unit, column) in self.bank.units.iter().zip(&columns.units) {
                if unit.items.iter().any(|item| form.contains(item)) {
                    values[column.index()] = 1.0;
                }
            }
            let own = form.iter().filter_map(|item| columns.items.get(item));
            own.for_each(|column| values[column.index()] = 1.0);
        }
        values[self.worst.index()] = self.worst_of(forms);
        Some(values)
    }

    /// The greatest deviation of these forms.
    fn worst_of(&self, forms: &[BTreeSet<u32>]) -> f64 {
        let sums = forms.iter().take(self.forms.len()).map(|form| {
            let mut sums = [0; NUMBERS];
            for numbers in form.iter().filter_map(|item| self.bank.numbers.get(item)) {
                for (sum, number) in sums.iter_mut().zip(numbers) {
                    *sum += number;
                }
            }
            parts_of_tolerance(self.table, &sums)
        });
        sums.fold(0.0, f64::max)
    }

    /// The places of the items of each form.
    fn chosen(&self, solved: &SolvedModel) -> Vec<BTreeSet<u32>> {
        let solution = solved.get_solution();
        let on = |column: &Col| {
            let value = solution.columns().get(column.index());
            value.is_some_and(|value| *value > 0.5)
        };
        let items = |form: &FormColumns| {
            let own = form.items.iter().filter(|(_, column)| on(column));
            own.map(|(item, _)| *item).collect()
        };
        self.forms.iter().map(items).collect()
    }
}

impl FormColumns {
    fn new(problem: &mut RowProblem, bank: &Bank) -> Self {
        let (mut items, mut units) = (BTreeMap::new(), Vec::new());
        for unit in &bank.units {
            let mut last = None;
            for item in &unit.items {
                let column = problem.add_integer_column(0.0, 0..=1);
                items.insert(*item, column);
                last = Some(column);
            }
            let alone = last.filter(|_| unit.window.is_none());
            units.push(alone.unwrap_or_else(|| problem.add_integer_column(0.0, 0..=1)));
        }
        Self { items, units }
    }

    /// Units of each cell, items of each stimulus, and no enemies.
    fn add_counts(&self, problem: &mut RowProblem, table: &Table, bank: &Bank) {
        for (number, cell) in table.cells.iter().enumerate() {
            let own = bank.units.iter().zip(&self.units);
            let own = own.filter(|(unit, _)| unit.cell == number);
            let row: Vec<(Col, f64)> = own.map(|(_, column)| (*column, 1.0)).collect();
            let needs = real(cell.needs);
            problem.add_row(needs..=needs, row);
        }
        for (unit, column) in bank.units.iter().zip(&self.units) {
            if let Some(window) = unit.window {
                let items = unit.items.iter().filter_map(|item| self.items.get(item));
                let mut row: Vec<(Col, f64)> = items.map(|item| (*item, 1.0)).collect();
                row.push((*column, -real(window)));
                problem.add_row(0.0..=0.0, row);
            }
        }
        for (one, other) in &bank.enemies {
            if let (Some(one), Some(other)) = (self.items.get(one), self.items.get(other)) {
                problem.add_row(..=1.0, [(*one, 1.0), (*other, 1.0)]);
            }
        }
    }

    /// No number further away than the worst.
    fn add_deviations(&self, problem: &mut RowProblem, table: &Table, bank: &Bank, worst: Col) {
        for at in 0..NUMBERS {
            let Some(tolerance) = table.tolerance[at] else {
                continue;
            };
            let parts = |number: i32| f64::from(number) / f64::from(tolerance);
            let target = parts(table.target[at]);
            let of_items = self.items.iter().filter_map(|(item, column)| {
                let numbers = bank.numbers.get(item)?;
                Some((*column, parts(numbers[at])))
            });
            let row: Vec<(Col, f64)> = of_items.collect();
            problem.add_row(..=target, row.iter().copied().chain([(worst, -1.0)]));
            problem.add_row(target.., row.iter().copied().chain([(worst, 1.0)]));
        }
    }
}

fn record(solved: &SolvedModel, order: &ExactOrder, seed: i32) -> Result<ExactRecord, ExactError> {
    let status = match solved.status() {
        HighsModelStatus::Optimal => "optimal",
        HighsModelStatus::ReachedTimeLimit => "time_limit",
        HighsModelStatus::Infeasible => {
            return Err(ExactError::None(
                "enemies and stimuli leave none for so many forms",
            ));
        }
        other => return Err(ExactError::Solver(format!("{other:?}"))),
    };
    if solved.primal_solution_status() != HighsSolutionStatus::Feasible {
        return Err(ExactError::None("none was found within the seconds given"));
    }
    let bound = solved.double_info_value(c"mip_dual_bound");
    Ok(ExactRecord {
        solver: "HiGHS",
        version: format!(
            "{}.{}.{}",
            highs_sys::HIGHS_VERSION_MAJOR,
            highs_sys::HIGHS_VERSION_MINOR,
            highs_sys::HIGHS_VERSION_PATCH
        ),
        status,
        objective: solved.objective_value(),
        bound: bound.unwrap_or_default().max(0.0),
        gap: 0.0,
        gap_limit: order.gap,
        seconds_limit: order.seconds,
        seed,
        forms: order.forms,
        uses: order.uses,
    })
}

/// The forms as papers, if they are what was asked for.
fn assembly(
    mut table: Table,
    bank: &Bank,
    chosen: &[BTreeSet<u32>],
    items: usize,
    seed: &Seed,
) -> Result<Assembly, ExactError> {
    let dealt = deal(&table, chosen.len(), seed);
    let dealt_sums = dealt.chunks(table.slots).map(|paper| sum(&table, paper));
    let dealt_sums = dealt_sums.collect();
    let mut exposure = vec![0; items];
    let mut cards = Vec::new();
    for form in chosen {
        form.iter().for_each(|item| exposure[index(*item)] += 1);
        let own = form_cards(&table, bank, form);
        let sound = own.len() == table.slots
            && bank
                .enemies
                .iter()
                .all(|(one, other)| !(form.contains(one) && form.contains(other)));
        if !sound {
            return Err(ExactError::Solver(
                "its forms are not what was asked for".to_owned(),
            ));
        }
        for card in own {
            cards.push(u32::try_from(table.cards.len()).unwrap_or(u32::MAX));
            table.cards.push(card);
        }
    }
    let sums = cards.chunks(table.slots).map(|paper| sum(&table, paper));
    Ok(Assembly {
        sums: sums.collect(),
        dealt_sums,
        dropped: Vec::new(),
        made: chosen.len(),
        exposure,
        seed: *seed,
        cards,
        table,
    })
}

/// The cards of a form, cell by cell; fewer than it needs if something is wrong.
fn form_cards(table: &Table, bank: &Bank, form: &BTreeSet<u32>) -> Vec<Card> {
    let mut cards = Vec::new();
    for (number, unit) in (0..).zip(&bank.units) {
        let own: Vec<u32> = unit
            .items
            .iter()
            .filter(|item| form.contains(item))
            .copied()
            .collect();
        if own.len() != unit.window.unwrap_or(1) {
            continue;
        }
        let mut numbers = [0; NUMBERS];
        for of_item in own.iter().filter_map(|item| bank.numbers.get(item)) {
            for (sum, number) in numbers.iter_mut().zip(of_item) {
                *sum += number;
            }
        }
        cards.push(Card {
            cell: unit.cell,
            unit: number,
            items: own,
            numbers,
            enemies: Vec::new(),
        });
    }
    let in_cells = table.cells.iter().enumerate().all(|(number, cell)| {
        cards.iter().filter(|card| card.cell == number).count() == cell.needs
    });
    if in_cells { cards } else { Vec::new() }
}

/// The greatest deviation, in parts of the tolerance.
fn worst(assembly: &Assembly) -> f64 {
    let forms = assembly.sums.iter();
    let parts = forms.map(|sums| parts_of_tolerance(&assembly.table, sums));
    parts.fold(0.0, f64::max)
}

/// The greatest deviation of a form.
fn parts_of_tolerance(table: &Table, sums: &Numbers) -> f64 {
    let limits = table.tolerance.iter().zip(&table.target);
    let parts = sums.iter().zip(limits).map(|(sum, (tolerance, target))| {
        tolerance.map_or(0.0, |t| f64::from((sum - target).abs()) / f64::from(t))
    });
    parts.fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn real(number: usize) -> f64 {
    number as f64
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or_default()
}

#[cfg(test)]
mod tests;
