//! Rows of a table to items. Where the rows came from (CSV, XLSX) is not known here.
//!
//! The first row names the columns, in Chinese or English and in any order; each further row is
//! one item. Items that share a stimulus name its code, and the first of them also gives its title
//! and text. Every fault names the row and the column as a spreadsheet shows them.

use std::collections::{HashMap, HashSet};

use crate::bank::collection::{self, Member};
use crate::bank::item::{Item, Stimulus};
use crate::bank::rich::Markup;
use crate::bank::rules;
use crate::kernel::Fault;

use super::Batch;
use super::draft::{self, Draft, clip};
use super::words::{names, squeeze};

/// Most rows of a table.
pub const ROWS_MAX: usize = 120_000;
/// Most columns of a table.
pub const COLUMNS_MAX: usize = 64;

/// One row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// As a spreadsheet counts it, from 1.
    pub number: usize,
    /// The cells, from column A.
    pub cells: Vec<String>,
}

/// A table as read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Its rows; wholly empty ones may be left out.
    pub rows: Vec<Row>,
    /// Cells that could not be read; they are empty in `rows`.
    pub faults: Vec<Fault>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// 编号
    Code,
    /// 题型
    Kind,
    /// 部分
    Section,
    /// 考点
    Topic,
    /// 难度
    Difficulty,
    /// 材料编号
    Stimulus,
    /// 材料标题
    StimulusTitle,
    /// 材料正文
    StimulusText,
    /// 题干
    Stem,
    /// 选项, by its place
    Option(usize),
    /// 答案
    Key,
    /// 误差
    Tolerance,
    /// 单位
    Unit,
    /// 解析
    Explanation,
    /// 分值
    Marks,
    /// 字数上限
    WordsMax,
    /// 评分要点
    Rubric,
    /// 参考答案
    Reference,
    /// 互斥组
    Enemies,
    /// 用时
    Seconds,
    /// 格式
    Markup,
    /// 材料格式
    StimulusMarkup,
}

/// The columns with their Chinese and English headers, in the template's order.
pub const COLUMNS: [(Column, &str, &str); 33] = [
    (Column::Code, "编号", "code"),
    (Column::Kind, "题型", "kind"),
    (Column::Section, "部分", "section"),
    (Column::Topic, "考点", "topic"),
    (Column::Difficulty, "难度", "difficulty"),
    (Column::Stimulus, "材料编号", "stimulus"),
    (Column::StimulusTitle, "材料标题", "stimulus_title"),
    (Column::StimulusText, "材料正文", "stimulus_text"),
    (Column::Stem, "题干", "stem"),
    (Column::Option(0), "选项A", "option_a"),
    (Column::Option(1), "选项B", "option_b"),
    (Column::Option(2), "选项C", "option_c"),
    (Column::Option(3), "选项D", "option_d"),
    (Column::Option(4), "选项E", "option_e"),
    (Column::Option(5), "选项F", "option_f"),
    (Column::Option(6), "选项G", "option_g"),
    (Column::Option(7), "选项H", "option_h"),
    (Column::Option(8), "选项I", "option_i"),
    (Column::Option(9), "选项J", "option_j"),
    (Column::Option(10), "选项K", "option_k"),
    (Column::Option(11), "选项L", "option_l"),
    (Column::Key, "答案", "key"),
    (Column::Tolerance, "误差", "tolerance"),
    (Column::Unit, "单位", "unit"),
    (Column::Explanation, "解析", "explanation"),
    (Column::Marks, "分值", "marks"),
    (Column::WordsMax, "字数上限", "words_max"),
    (Column::Rubric, "评分要点", "rubric"),
    (Column::Reference, "参考答案", "reference"),
    (Column::Enemies, "互斥组", "enemies"),
    (Column::Seconds, "用时", "seconds"),
    (Column::Markup, "格式", "markup"),
    (Column::StimulusMarkup, "材料格式", "stimulus_markup"),
];

/// Columns no table can do without.
const NEEDED: [Column; 6] = [
    Column::Code,
    Column::Kind,
    Column::Section,
    Column::Topic,
    Column::Difficulty,
    Column::Stem,
];

/// How many options a row has room for.
const OPTIONS: usize = 12;

impl Column {
    /// The column that a header names.
    pub fn named(header: &str) -> Option<Self> {
        let squeezed = squeeze(header);
        COLUMNS
            .into_iter()
            .find(|(_, zh, en)| squeezed == squeeze(zh) || squeezed == squeeze(en))
            .map(|(column, ..)| column)
    }

    /// Its Chinese header.
    pub fn header(self) -> &'static str {
        let own = |(column, ..): &&(Self, &str, &str)| *column == self;
        COLUMNS.iter().find(own).map_or("", |(_, zh, _)| zh)
    }

    /// Where a fault of an item belongs.
    fn of_item(fault: &Fault) -> Self {
        if fault.place == "options" {
            return Self::Option(option_of(fault));
        }
        COLUMNS
            .into_iter()
            .find(|(.., en)| *en == fault.place)
            .map_or(Self::Code, |(column, ..)| column)
    }

    /// Where a fault of a stimulus belongs.
    fn of_stimulus(fault: &Fault) -> Self {
        match fault.place.as_str() {
            "title" => Self::StimulusTitle,
            "text" => Self::StimulusText,
            "markup" => Self::StimulusMarkup,
            _ => Self::Stimulus,
        }
    }
}

/// The option a fault speaks of; the first, if of all.
fn option_of(fault: &Fault) -> usize {
    let letter = fault.args.iter().find(|(name, _)| *name == "option");
    letter
        .and_then(|(_, letter)| letter.bytes().next())
        .map_or(0, |letter| usize::from(letter.saturating_sub(b'A')))
}

/// The letters of the column at `place`, from zero: A … Z, AA …
pub fn column_letters(place: usize) -> String {
    let last = crate::bank::item::option_letter(place % 26).to_string();
    match place / 26 {
        0 => last,
        rest => column_letters(rest - 1) + &last,
    }
}

/// The place of a cell: `row 12, column K`.
pub fn cell_place(row: usize, column: usize) -> String {
    format!("row {row}, column {}", column_letters(column))
}

/// Which column stands where.
struct Layout<'a> {
    header: &'a Row,
    columns: Vec<(Column, usize)>,
}

impl<'a> Layout<'a> {
    /// Reads the header row; a column that is unknown, named twice or lacking is a fault.
    fn read(header: &'a Row) -> (Self, Vec<Fault>) {
        let mut columns: Vec<(Column, usize)> = Vec::new();
        let mut faults = Vec::new();
        for (at, name) in header.cells.iter().enumerate() {
            let fault = match Column::named(name) {
                None if name.trim().is_empty() => continue,
                None => "unknown-column",
                Some(column) if columns.iter().any(|(c, _)| *c == column) => "duplicate-column",
                Some(column) => {
                    columns.push((column, at));
                    continue;
                }
            };
            let place = cell_place(header.number, at);
            faults.push(Fault::new(place, fault).with("header", clip(name)));
        }
        let layout = Self { header, columns };
        let lacking = NEEDED.iter().filter(|c| layout.place(**c).is_none());
        faults.extend(lacking.map(|column| {
            Fault::new(format!("row {}", header.number), "missing-column")
                .with("header", column.header())
        }));
        (layout, faults)
    }

    fn place(&self, column: Column) -> Option<usize> {
        let mut columns = self.columns.iter();
        columns.find(|(c, _)| *c == column).map(|(_, at)| *at)
    }

    /// The text of a cell; empty where the column or the cell is not there.
    fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        let cell = self.place(column).and_then(|at| row.cells.get(at));
        cell.map_or("", String::as_str)
    }

    /// `fault` at a cell, with the header and the text found there.
    fn at(&self, row: &Row, column: Column, mut fault: Fault) -> Fault {
        let place = self.place(column);
        fault.place = match place {
            Some(at) => cell_place(row.number, at),
            None => format!("row {}", row.number),
        };
        let header = place.and_then(|at| self.header.cells.get(at));
        let header = header.map_or(column.header(), String::as_str);
        let fault = fault.with("header", header.trim());
        if fault.args.iter().any(|(name, _)| *name == "found") {
            return fault;
        }
        let found = clip(self.cell(row, column));
        fault.with("found", found)
    }

    /// Cells that are filled in under no header.
    fn nameless(&self, row: &Row) -> Vec<Fault> {
        let named = |at: usize| {
            let header = self.header.cells.get(at);
            header.is_some_and(|name| !name.trim().is_empty())
        };
        row.cells
            .iter()
            .enumerate()
            .filter(|(at, cell)| !named(*at) && !cell.trim().is_empty())
            .map(|(at, cell)| {
                Fault::new(cell_place(row.number, at), "column-without-header")
                    .with("found", clip(cell))
            })
            .collect()
    }

    fn draft(&self, row: &Row) -> Draft {
        let text = |column| self.cell(row, column).to_owned();
        Draft {
            code: text(Column::Code),
            kind: text(Column::Kind),
            section: text(Column::Section),
            topic: text(Column::Topic),
            difficulty: text(Column::Difficulty),
            stimulus: text(Column::Stimulus),
            stem: text(Column::Stem),
            options: self.options(row),
            key: parts(self.cell(row, Column::Key)),
            tolerance: text(Column::Tolerance),
            unit: text(Column::Unit),
            explanation: text(Column::Explanation),
            rubric: rubric(self.cell(row, Column::Rubric)),
            marks: text(Column::Marks),
            words_max: text(Column::WordsMax),
            reference: text(Column::Reference),
            enemies: names(self.cell(row, Column::Enemies)),
            seconds: text(Column::Seconds),
            markup: text(Column::Markup),
        }
    }

    /// The options up to the last that is filled in.
    fn options(&self, row: &Row) -> Vec<String> {
        let all = (0..OPTIONS).map(|at| self.cell(row, Column::Option(at)));
        let mut options: Vec<String> = all.map(str::to_owned).collect();
        let last = options.iter().rposition(|text| !text.trim().is_empty());
        options.truncate(last.map_or(0, |last| last + 1));
        options
    }

    /// The stimulus a row gives, or only names (then its text and title are empty).
    fn stimulus(&self, row: &Row) -> (Stimulus, Option<Fault>) {
        let markup = draft::markup(self.cell(row, Column::StimulusMarkup));
        let text = |column| self.cell(row, column).trim().to_owned();
        let stimulus = Stimulus {
            code: text(Column::Stimulus),
            title: text(Column::StimulusTitle),
            text: text(Column::StimulusText),
            table: Vec::new(),
            markup: *markup.as_ref().unwrap_or(&Markup::Plain),
        };
        (stimulus, markup.err())
    }
}

/// The parts of a key: one a line, or between `|`.
fn parts(cell: &str) -> Vec<String> {
    cell.split(['|', '｜', '\n'])
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// The lines of a rubric: `what the answer shows|marks`.
pub(in crate::bank) fn rubric(cell: &str) -> Vec<(String, String)> {
    let split = |line: &str| {
        let (point, marks) = line.rsplit_once(['|', '｜']).unwrap_or((line, ""));
        (point.trim().to_owned(), marks.trim().to_owned())
    };
    let lines = cell.lines().filter(|line| !line.trim().is_empty());
    lines.map(split).collect()
}

fn is_blank(row: &Row) -> bool {
    row.cells.iter().all(|cell| cell.trim().is_empty())
}

/// The items of a table with the rows they came from.
#[derive(Default)]
struct Reading<'a> {
    items: Vec<Item>,
    item_rows: Vec<&'a Row>,
    stimuli: Vec<Stimulus>,
    stimulus_rows: Vec<&'a Row>,
    /// Where in `stimuli` each code stands.
    known: HashMap<String, usize>,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    fn row(&mut self, layout: &Layout, row: &'a Row) {
        let (item, faults) = layout.draft(row).read();
        let located = |fault| layout.at(row, Column::of_item(&fault), fault);
        self.faults.extend(faults.into_iter().map(located));
        self.faults.extend(layout.nameless(row));
        self.stimulus(layout, row);
        self.items.push(item);
        self.item_rows.push(row);
    }

    /// A stimulus is given once; later rows name it, or give it again word for word.
    fn stimulus(&mut self, layout: &Layout, row: &'a Row) {
        let (given, unread) = layout.stimulus(row);
        if given.title.is_empty() && given.text.is_empty() {
            return;
        }
        let strays = rules::strays(given.markup, &[("text", &given.text)]);
        let given = rules::tidied_stimulus(&given);
        match self.known.get(&given.code).map(|at| &self.stimuli[*at]) {
            None => {
                let faults = unread.into_iter().chain(strays);
                let faults = faults.chain(rules::check_stimulus(&given));
                let located = |fault| layout.at(row, Column::of_stimulus(&fault), fault);
                self.faults.extend(faults.map(located));
                self.known.insert(given.code.clone(), self.stimuli.len());
                self.stimuli.push(given);
                self.stimulus_rows.push(row);
            }
            Some(first) if *first == given => {}
            Some(_) => {
                let fault = Fault::new("stimulus", "stimulus-differs").with("stimulus", given.code);
                self.faults.push(layout.at(row, Column::Stimulus, fault));
            }
        }
    }

    fn between(&mut self, layout: &Layout) {
        for (member, fault) in collection::faults_between(&self.items, &self.stimuli) {
            let (row, column) = match member {
                Member::Item(at) => (self.item_rows[at], Column::of_item(&fault)),
                Member::Stimulus(at) => (self.stimulus_rows[at], Column::of_stimulus(&fault)),
            };
            self.faults.push(layout.at(row, column, fault));
        }
    }
}

/// The items of a table, or everything wrong with it.
pub fn read(grid: &Grid) -> Result<Batch, Vec<Fault>> {
    let mut rows = grid.rows.iter().filter(|row| !is_blank(row));
    let header = rows
        .next()
        .ok_or_else(|| vec![Fault::new("file", "no-rows")])?;
    let (layout, faults) = Layout::read(header);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut reading = Reading::default();
    for row in rows {
        reading.row(&layout, row);
    }
    if reading.items.is_empty() {
        reading.faults.push(Fault::new("file", "no-rows"));
    }
    reading.between(&layout);
    let faults = all_faults(&grid.faults, reading.faults);
    if faults.is_empty() {
        let (items, stimuli) = (reading.items, reading.stimuli);
        Ok(Batch {
            items,
            stimuli,
            ..Batch::default()
        })
    } else {
        Err(faults)
    }
}

/// The faults of cells and of what they mean, row by row. A cell that could not be read has only its
/// own, and nothing is said of how many options there are in its row.
fn all_faults(cells: &[Fault], items: Vec<Fault>) -> Vec<Fault> {
    let unread: HashSet<&str> = cells.iter().map(|fault| fault.place.as_str()).collect();
    let rows: HashSet<usize> = cells.iter().map(row_of).collect();
    let follows = |fault: &Fault| {
        let counts = matches!(fault.code, "key-out-of-range" | "option-count");
        unread.contains(fault.place.as_str()) || (counts && rows.contains(&row_of(fault)))
    };
    let others = items.into_iter().filter(|fault| !follows(fault));
    let mut all: Vec<Fault> = cells.iter().cloned().chain(others).collect();
    all.sort_by_key(row_of);
    all
}

/// The row of a place such as `row 12, column K`; what is of no row comes first.
fn row_of(fault: &Fault) -> usize {
    let place = fault.place.strip_prefix("row ").unwrap_or_default();
    let row = place.split(',').next().unwrap_or_default();
    row.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests;
