//! Calibrated items, read from CSV.
//!
//! `id, topic, level, type, stimulus, a, b, c, seconds, enemies, key`: columns in any order, others are
//! left out. Only `id` and `b` must be there; `a` is 1, `c` is 0 and `seconds` is 60 where nothing
//! stands. `enemies` are ids with spaces or semicolons between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::psychometrics::ItemParameters;

/// An item as assembly sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct FormItem {
    /// Id, unique.
    pub id: String,
    /// Dotted topic.
    pub topic: String,
    /// Level of demand.
    pub level: String,
    /// Type.
    pub kind: String,
    /// The stimulus it shares; empty if none.
    pub stimulus: String,
    /// Its response function.
    pub parameters: ItemParameters,
    /// Seconds that it takes.
    pub seconds: i32,
    /// Items that must not be on the same paper.
    pub enemies: Vec<String>,
    /// The letter of its key, as the author ordered the options; empty if it is not said, or is more
    /// than a letter.
    pub key: String,
}

/// What is wrong with a file of items, and where; lines from one, with the heading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemsError {
    /// No heading, or no line after it.
    #[error("there are no items")]
    Empty,
    /// A column that must be there.
    #[error("the column `{0}` is missing; `keju bank pool` makes such a file of a bank")]
    Column(&'static str),
    /// A cell that cannot be read.
    #[error("line {line}, column `{column}`: `{cell}` {why}")]
    Cell {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// What was found.
        cell: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Quotes that do not close, or no text.
    #[error("line {line}: {why}")]
    Csv {
        /// The line.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// More than can be assembled from.
    #[error("at most {0} items are read")]
    TooMany(usize),
}

const COLUMNS: [&str; 11] = [
    "id", "topic", "level", "type", "stimulus", "a", "b", "c", "seconds", "enemies", "key",
];
/// Most items of a bank.
const ITEMS_MAX: usize = 60_000;

/// Reads the items of a bank, in the order of their ids.
pub fn read_items(text: &str) -> Result<Vec<FormItem>, ItemsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |error: csv::Error| ItemsError::Csv {
        line: error.position().map_or(1, csv::Position::line),
        why: error.to_string(),
    };
    let heading = reader.headers().map_err(wrong)?.clone();
    let places: BTreeMap<&str, usize> = COLUMNS
        .iter()
        .filter_map(|column| {
            let place = heading
                .iter()
                .position(|name| name.eq_ignore_ascii_case(column));
            Some((*column, place?))
        })
        .collect();
    for column in ["id", "b"] {
        if !places.contains_key(column) {
            return Err(ItemsError::Column(column));
        }
    }
    let mut items = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        items.push(
            Row {
                line,
                places: &places,
                record: &record,
            }
            .item()?,
        );
        if items.len() > ITEMS_MAX {
            return Err(ItemsError::TooMany(ITEMS_MAX));
        }
    }
    if items.is_empty() {
        return Err(ItemsError::Empty);
    }
    must_be_known(&items)?;
    items.sort_by(|a, b| a.0.id.as_bytes().cmp(b.0.id.as_bytes()));
    Ok(items.into_iter().map(|(item, _)| item).collect())
}

struct Row<'a> {
    line: u64,
    places: &'a BTreeMap<&'static str, usize>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn cell(&self, column: &'static str) -> &str {
        let place = self.places.get(column);
        place
            .and_then(|place| self.record.get(*place))
            .unwrap_or_default()
    }

    fn wrong(&self, column: &'static str, why: &'static str) -> ItemsError {
        ItemsError::Cell {
            line: self.line,
            column,
            cell: self.cell(column).chars().take(40).collect(),
            why,
        }
    }

    fn number(
        &self,
        column: &'static str,
        default: Option<f64>,
        within: (f64, f64),
    ) -> Result<f64, ItemsError> {
        let cell = self.cell(column);
        let number = match default {
            Some(default) if cell.is_empty() => default,
            _ => cell
                .parse()
                .map_err(|_| self.wrong(column, "is not a number"))?,
        };
        if (within.0..=within.1).contains(&number) {
            return Ok(number);
        }
        Err(self.wrong(column, "is out of range"))
    }

    fn item(&self) -> Result<(FormItem, u64), ItemsError> {
        if self.cell("id").is_empty() {
            return Err(self.wrong("id", "must not be empty"));
        }
        let seconds = self.number("seconds", Some(60.0), (0.0, 36_000.0))?;
        let enemies = self.cell("enemies").split([' ', ';', ',', '|']);
        let text = |column| self.cell(column).to_owned();
        #[expect(clippy::cast_possible_truncation, reason = "at most ten hours")]
        let item = FormItem {
            id: text("id"),
            topic: text("topic"),
            level: text("level"),
            kind: text("type"),
            key: Some(text("key"))
                .filter(|key| key.chars().count() == 1)
                .unwrap_or_default(),
            stimulus: text("stimulus"),
            parameters: ItemParameters {
                a: self.number("a", Some(1.0), (0.01, 10.0))?,
                b: self.number("b", None, (-10.0, 10.0))?,
                c: self.number("c", Some(0.0), (0.0, 0.9))?,
            },
            seconds: seconds.round() as i32,
            enemies: enemies
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect(),
        };
        Ok((item, self.line))
    }
}

/// Ids stand once, and enemies are items.
fn must_be_known(items: &[(FormItem, u64)]) -> Result<(), ItemsError> {
    let mut ids = BTreeSet::new();
    let wrong = |line: u64, column, cell: &str, why| ItemsError::Cell {
        line,
        column,
        cell: cell.to_owned(),
        why,
    };
    for (item, line) in items {
        if !ids.insert(item.id.as_str()) {
            return Err(wrong(*line, "id", &item.id, "stands twice"));
        }
    }
    for (item, line) in items {
        let unknown = item.enemies.iter().find(|id| !ids.contains(id.as_str()));
        if let Some(unknown) = unknown {
            return Err(wrong(*line, "enemies", unknown, "is no item"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_any_order_and_have_their_defaults() {
        let items = read_items("b,id,note,enemies\n0.5,x2,,x1\n-1,x1,hello,\n").unwrap();
        assert_eq!(items[0].id, "x1");
        assert_eq!((items[1].parameters.a, items[1].seconds), (1.0, 60));
        assert_eq!(items[1].enemies, ["x1"]);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let said = |text: &str| read_items(text).unwrap_err().to_string();
        assert_eq!(
            said("id,a\nx,1\n"),
            "the column `b` is missing; `keju bank pool` makes such a file of a bank"
        );
        assert_eq!(
            said("id,b\nx,hard\n"),
            "line 2, column `b`: `hard` is not a number"
        );
        assert_eq!(
            said("id,b,c\nx,0,1.5\n"),
            "line 2, column `c`: `1.5` is out of range"
        );
        assert_eq!(
            said("id,b\n\nx,0\nx,1\n"),
            "line 4, column `id`: `x` stands twice"
        );
        assert_eq!(
            said("id,b,enemies\nx,0,y\n"),
            "line 2, column `enemies`: `y` is no item"
        );
        assert_eq!(
            said("id,b\nx,NaN\n"),
            "line 2, column `b`: `NaN` is out of range"
        );
        assert_eq!(said("id,b\n"), "there are no items");
    }
}
