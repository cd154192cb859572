//! A table to be written as a file. Pure.

use crate::kernel::Score;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// Text, never a formula: codes, ticket and ID numbers too.
    Text(String),
    /// A whole number.
    Whole(i32),
    /// A mark.
    Mark(Score),
}

impl From<Option<i32>> for Cell {
    fn from(number: Option<i32>) -> Self {
        number.map_or(Self::Empty, Self::Whole)
    }
}

impl From<Option<Score>> for Cell {
    fn from(mark: Option<Score>) -> Self {
        mark.map_or(Self::Empty, Self::Mark)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Headings and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// The name of the sheet.
    pub name: String,
    /// Headings.
    pub headings: Vec<String>,
    /// Rows, as wide as the headings.
    pub rows: Vec<Vec<Cell>>,
}
