//! Reading responses and keys from CSV: what people's own files look like.
//!
//! The first line names the items, or holds responses already. A first column that names the
//! candidates is left out: one that is called `id`, `candidate`, `person`, `ticket` or the like, or
//! whose cells are all different and no responses. Empty cells, `NA`, `N/A`, `.` and `-` are items
//! that the candidate did not get.

use std::collections::{BTreeMap, BTreeSet};

/// Names of a first column that is no item.
const NAMES: [&str; 9] = [
    "id",
    "candidate",
    "person",
    "ticket",
    "examinee",
    "student",
    "name",
    "考生",
    "准考证号",
];
/// Most items and most candidates.
const ITEMS_MAX: usize = 5000;
const PERSONS_MAX: usize = 5_000_000;

/// What candidates answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responses {
    /// Names of the items.
    pub items: Vec<String>,
    /// One row for each candidate; none where the candidate did not get the item.
    pub rows: Vec<Vec<Option<String>>>,
    /// The line of the file in which each row stands.
    lines: Vec<u64>,
}

/// What is wrong with a file, and where: line and column from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    /// No line of responses.
    #[error("there are no responses")]
    Empty,
    /// Not text in a known encoding, or quotes that do not close.
    #[error("line {line}: {why}")]
    Csv {
        /// The line.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// More cells or fewer than the first line has.
    #[error("line {line} has {found} cells, and the first has {expected}")]
    Width {
        /// The line.
        line: u64,
        /// Cells found.
        found: usize,
        /// Cells expected.
        expected: usize,
    },
    /// Two items of one name.
    #[error("the item `{0}` stands twice")]
    Twice(String),
    /// Neither right nor wrong.
    #[error("line {line}, item `{item}`: `{cell}` is neither 0 nor 1; name a key to score answers")]
    Cell {
        /// The line.
        line: u64,
        /// The item.
        item: String,
        /// What was found.
        cell: String,
    },
    /// An item without a key.
    #[error("the item `{0}` has no key")]
    NoKey(String),
    /// More than can be read.
    #[error("at most {0} items and {1} candidates are read")]
    TooMany(usize, usize),
}

impl Responses {
    /// Reads a file of responses.
    pub fn parse(text: &str) -> Result<Self, ReadingError> {
        let mut table = table(text)?;
        let first = table.first().ok_or(ReadingError::Empty)?;
        let width = first.cells.len();
        if let Some(line) = table.iter().find(|line| line.cells.len() != width) {
            return Err(ReadingError::Width {
                line: line.number,
                found: line.cells.len(),
                expected: width,
            });
        }
        let headed = is_heading(&first.cells);
        let mut items: Vec<String> = if headed {
            table.remove(0).cells
        } else {
            (1..=width).map(|number| format!("i{number}")).collect()
        };
        if table.is_empty() {
            return Err(ReadingError::Empty);
        }
        if first_column_names(&items, &table, headed) {
            items.remove(0);
            table.iter_mut().for_each(|line| drop(line.cells.remove(0)));
        }
        if items.is_empty() || items.len() > ITEMS_MAX || table.len() > PERSONS_MAX {
            return Err(ReadingError::TooMany(ITEMS_MAX, PERSONS_MAX));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = items.iter().find(|item| !seen.insert(item.as_str())) {
            return Err(ReadingError::Twice(twice.clone()));
        }
        let cell = |cell: String| (!is_missing(&cell)).then_some(cell);
        let lines = table.iter().map(|line| line.number).collect();
        let rows = table
            .into_iter()
            .map(|line| line.cells.into_iter().map(cell).collect());
        Ok(Self {
            items,
            rows: rows.collect(),
            lines,
        })
    }

    /// Right and wrong, as the cells say it by 1 and 0.
    pub fn scored(&self) -> Result<Vec<Vec<Option<bool>>>, ReadingError> {
        let mut scored = Vec::with_capacity(self.rows.len());
        for (line, row) in self.lines.iter().zip(&self.rows) {
            let mut marks = Vec::with_capacity(row.len());
            for (item, cell) in self.items.iter().zip(row) {
                marks.push(match cell.as_deref() {
                    None => None,
                    Some("1" | "1.0") => Some(true),
                    Some("0" | "0.0") => Some(false),
                    Some(other) => {
                        return Err(ReadingError::Cell {
                            line: *line,
                            item: item.clone(),
                            cell: other.to_owned(),
                        });
                    }
                });
            }
            scored.push(marks);
        }
        Ok(scored)
    }

    /// Right and wrong, by the key of each item.
    pub fn scored_by(
        &self,
        key: &BTreeMap<String, String>,
    ) -> Result<Vec<Vec<Option<bool>>>, ReadingError> {
        let keys: Vec<&String> = self
            .items
            .iter()
            .map(|item| {
                key.get(item)
                    .ok_or_else(|| ReadingError::NoKey(item.clone()))
            })
            .collect::<Result<_, _>>()?;
        let row = |row: &Vec<Option<String>>| {
            let cells = row.iter().zip(&keys);
            let right = |(cell, key): (&Option<String>, &&String)| {
                cell.as_ref().map(|cell| cell.eq_ignore_ascii_case(key))
            };
            cells.map(right).collect()
        };
        Ok(self.rows.iter().map(row).collect())
    }
}

/// Reads a key: on each line an item and its right answer, with or without a heading; or one line
/// of items and one of answers.
pub fn parse_key(text: &str) -> Result<BTreeMap<String, String>, ReadingError> {
    let table = table(text)?;
    let pairs: Vec<(String, String)> = match &table[..] {
        [] => return Err(ReadingError::Empty),
        [items, answers] if items.cells.len() > 2 && items.cells.len() == answers.cells.len() => {
            items
                .cells
                .iter()
                .cloned()
                .zip(answers.cells.iter().cloned())
                .collect()
        }
        rows => {
            let heading = |row: &&Line| {
                let second = row.cells.get(1).map(|cell| cell.to_lowercase());
                second.is_some_and(|cell| ["key", "answer", "答案"].contains(&cell.as_str()))
            };
            let skip = usize::from(rows.first().filter(heading).is_some());
            let mut pairs = Vec::new();
            for row in &rows[skip..] {
                match &row.cells[..] {
                    [item, answer, ..] => pairs.push((item.clone(), answer.clone())),
                    _ => {
                        return Err(ReadingError::Width {
                            line: row.number,
                            found: row.cells.len(),
                            expected: 2,
                        });
                    }
                }
            }
            pairs
        }
    };
    let mut key = BTreeMap::new();
    for (item, answer) in pairs {
        if key.insert(item.clone(), answer).is_some() {
            return Err(ReadingError::Twice(item));
        }
    }
    Ok(key)
}

/// The cells of a line, and its number in the file from one.
pub(super) struct Line {
    pub number: u64,
    pub cells: Vec<String>,
}

/// The cells of a file, trimmed; empty lines are left out.
pub(super) fn table(text: &str) -> Result<Vec<Line>, ReadingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut table = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ReadingError::Csv {
            line: error.position().map_or(0, csv::Position::line),
            why: error.to_string(),
        })?;
        if record.iter().any(|cell| !cell.is_empty()) {
            table.push(Line {
                number: record.position().map_or(0, csv::Position::line),
                cells: record.iter().map(str::to_owned).collect(),
            });
        }
    }
    Ok(table)
}

/// What stands between the cells of the first line most often.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    let most = [b' ', b'\t', b';', b','].into_iter().max_by_key(count);
    most.filter(|delimiter| count(delimiter) > 0)
        .unwrap_or(b',')
}

pub(super) fn is_missing(cell: &str) -> bool {
    matches!(cell, "" | "." | "-") || ["na", "n/a", "nan"].contains(&cell.to_lowercase().as_str())
}

/// A response is a mark, or a letter or two of an option.
fn is_response(cell: &str) -> bool {
    let letters = cell.len() <= 4 && cell.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_missing(cell) || matches!(cell, "0" | "1" | "0.0" | "1.0") || letters
}

/// A first line that is no responses: a name of a candidates' column, or cells that are none, or
/// names that differ where responses repeat themselves.
fn is_heading(first: &[String]) -> bool {
    let named = first.first().is_some_and(|cell| is_name(cell));
    let different: BTreeSet<&String> = first.iter().collect();
    let digits = first
        .iter()
        .all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit()));
    let letters = first.len() > 6 && different.len() == first.len() && !digits;
    named || first.iter().skip(1).any(|cell| !is_response(cell)) || letters
}

fn is_name(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    NAMES
        .iter()
        .any(|name| cell == *name || cell.starts_with(&format!("{name}_")))
        || cell.ends_with("_id")
        || cell.is_empty()
}

fn first_column_names(items: &[String], table: &[Line], headed: bool) -> bool {
    if headed && items.first().is_some_and(|item| is_name(item)) {
        return true;
    }
    let first: Vec<&String> = table.iter().filter_map(|line| line.cells.first()).collect();
    let different: BTreeSet<&&String> = first.iter().collect();
    items.len() > 1
        && table.len() > 2
        && different.len() == first.len()
        && first.iter().any(|cell| !is_response(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &str) -> Vec<Option<String>> {
        let cell = |cell: char| (cell != '_').then(|| cell.to_string());
        cells.chars().map(cell).collect()
    }

    #[test]
    fn headings_and_names_are_told_from_responses() {
        let plain = Responses::parse("1,0,1\n0,0,1\n1,1,\n").unwrap();
        assert_eq!(plain.items, ["i1", "i2", "i3"]);
        assert_eq!(plain.rows, [row("101"), row("001"), row("11_")]);
        let headed = Responses::parse("\u{feff}id;Q1;Q2\nx1;1;0\nx2;NA;1\n").unwrap();
        assert_eq!(headed.items, ["Q1", "Q2"]);
        assert_eq!(headed.rows, [row("10"), row("_1")]);
        let unnamed =
            Responses::parse("\"\",\"Item 1\",\"Item 2\"\n1,0,1\n2,1,1\n3,0,0\n").unwrap();
        assert_eq!(unnamed.items, ["Item 1", "Item 2"]);
        assert_eq!(unnamed.rows.len(), 3);
    }

    #[test]
    fn answers_are_scored_by_their_key() {
        let given = Responses::parse("person,q1,q2\na,A,b\nb,C,\n").unwrap();
        let key = parse_key("item,key\nq1,A\nq2,B\n").unwrap();
        let scored = given.scored_by(&key).unwrap();
        assert_eq!(scored, [[Some(true), Some(true)], [Some(false), None]]);
        let across = parse_key("q1,q2,q3\nA,B,C\n").unwrap();
        assert_eq!(across["q3"], "C");
        assert_eq!(
            given.scored_by(&BTreeMap::new()),
            Err(ReadingError::NoKey("q1".into()))
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let width = Responses::parse("a,b,q3\n1,0,1\n1,0\n").unwrap_err();
        assert_eq!(width.to_string(), "line 3 has 2 cells, and the first has 3");
        let cell = Responses::parse("q1,q2\n1,0\n1,7\n")
            .unwrap()
            .scored()
            .unwrap_err();
        assert!(
            cell.to_string().starts_with("line 3, item `q2`: `7`"),
            "{cell}"
        );
        assert_eq!(Responses::parse("\n\n"), Err(ReadingError::Empty));
        assert_eq!(
            Responses::parse("id,q1,q1\na,1,0\n"),
            Err(ReadingError::Twice("q1".into()))
        );
    }
}
