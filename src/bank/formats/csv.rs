//! CSV to rows, after RFC 4180, with commas, semicolons or tabs.
//!
//! A quote that is never closed swallows the rest of the file, and a reader that skips blank lines
//! counts rows unlike the spreadsheet the author looks at. The usual reader does both in silence;
//! this one is short because it need not be fast.

use crate::kernel::Fault;

use super::table::{COLUMNS_MAX, Column, Grid, ROWS_MAX, Row, cell_place};

/// The rows of `text`, split at whichever separator makes most sense of the header.
pub fn rows(text: &str) -> Result<Grid, Vec<Fault>> {
    let separator = sniff(text);
    let rows = Records::new(text, separator)
        .collect::<Result<Vec<Row>, Fault>>()
        .map_err(|fault| vec![fault])?;
    Ok(Grid {
        rows,
        faults: Vec::new(),
    })
}

/// The separator with which the header names most columns.
fn sniff(text: &str) -> char {
    let known = |separator: &char| {
        let mut records = Records::new(text, *separator);
        let header = records.find_map(|record| record.ok().filter(|row| !row.cells.is_empty()));
        let cells = header.map(|row| row.cells).unwrap_or_default();
        cells.iter().filter_map(|cell| Column::named(cell)).count()
    };
    // Of equals the last is taken: the comma.
    [';', '\t', ',']
        .into_iter()
        .max_by_key(known)
        .unwrap_or(',')
}

/// The records of a text, one after another; nothing follows a fault.
struct Records<'a> {
    rest: &'a str,
    separator: char,
    number: usize,
    broken: bool,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        Self {
            rest: text,
            separator,
            number: 0,
            broken: false,
        }
    }

    fn record(&mut self) -> Result<Row, Fault> {
        self.number += 1;
        if self.number > ROWS_MAX {
            return Err(Fault::new("file", "too-many-rows").with("max", ROWS_MAX));
        }
        let mut cells: Vec<String> = Vec::new();
        let mut place = 0;
        loop {
            let cell = self.field(place)?;
            if !cell.is_empty() {
                self.put(&mut cells, place, cell)?;
            }
            place += 1;
            match self.rest.strip_prefix(self.separator) {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        self.rest = after_line_end(self.rest);
        let number = self.number;
        Ok(Row { number, cells })
    }

    /// Empty cells are not kept at the end of a row, however many there are.
    fn put(&self, cells: &mut Vec<String>, place: usize, cell: String) -> Result<(), Fault> {
        if place >= COLUMNS_MAX {
            let fault = Fault::new(format!("row {}", self.number), "too-many-columns");
            return Err(fault.with("max", COLUMNS_MAX));
        }
        cells.resize(place, String::new());
        cells.push(cell);
        Ok(())
    }

    fn field(&mut self, place: usize) -> Result<String, Fault> {
        match self.rest.strip_prefix('"') {
            Some(rest) => self.quoted(rest).map_err(|code| {
                let fault = Fault::new(cell_place(self.number, place), code);
                fault.with("found", super::draft::clip(self.rest))
            }),
            None => {
                let ends = [self.separator, '\n', '\r'];
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                let (field, rest) = self.rest.split_at(end);
                self.rest = rest;
                Ok(field.to_owned())
            }
        }
    }

    /// A field after its opening quote. A quote inside is written twice.
    fn quoted(&mut self, mut rest: &'a str) -> Result<String, &'static str> {
        let mut field = String::new();
        loop {
            let (part, after) = rest.split_once('"').ok_or("quote-unclosed")?;
            field.push_str(part);
            let Some(again) = after.strip_prefix('"') else {
                rest = after;
                break;
            };
            field.push('"');
            rest = again;
        }
        if !rest.is_empty() && !rest.starts_with([self.separator, '\n', '\r']) {
            return Err("quote-misplaced");
        }
        self.rest = rest;
        Ok(field)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Row, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken || self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        self.broken = record.is_err();
        Some(record)
    }
}

fn after_line_end(rest: &str) -> &str {
    let rest = rest.strip_prefix('\r').unwrap_or(rest);
    rest.strip_prefix('\n').unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;
    use proptest::prelude::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let rows = rows(text).unwrap().rows;
        rows.into_iter().map(|row| row.cells).collect()
    }

    fn refused(text: &str) -> Vec<String> {
        said(&rows(text).unwrap_err())
    }

    #[test]
    fn the_separator_is_the_one_that_makes_sense_of_the_header() {
        for text in ["编号,题干\n1,a;b", "编号;题干\n1;a,b", "编号\t题干\n1\ta,b"] {
            assert_eq!(cells(text)[0], ["编号", "题干"], "{text:?}");
        }
    }

    #[test]
    fn quotes_hold_separators_line_ends_and_quotes() {
        let text = "编号,题干\r\n1,\"甲,乙\r\n\"\"丙\"\"\"\r\n2,他说\"好\"";
        assert_eq!(
            cells(text),
            [
                ["编号", "题干"],
                ["1", "甲,乙\r\n\"丙\""],
                ["2", "他说\"好\""]
            ]
        );
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        let text = "编号,题干\n\n1,\"两\n行\"\n2,末行\n";
        let numbers: Vec<usize> = rows(text).unwrap().rows.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
    }

    #[test]
    fn a_stray_quote_is_named_where_it_stands() {
        assert_eq!(
            refused("编号,题干\n1,\"没有完"),
            ["row 2, column B: quote-unclosed"]
        );
        assert_eq!(
            refused("编号,题干\n\"1\"2,a"),
            ["row 2, column A: quote-misplaced"]
        );
    }

    #[test]
    fn very_wide_and_very_long_tables_are_refused() {
        let wide = "a,".repeat(100_000);
        assert_eq!(refused(&wide), ["row 1: too-many-columns"]);
        let long = "a\n".repeat(ROWS_MAX + 1);
        assert_eq!(refused(&long), ["file: too-many-rows"]);
        // Spreadsheets save empty columns without end.
        assert_eq!(cells(&format!("a{}", ",".repeat(100_000))), [["a"]]);
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(texts in prop::collection::vec("[a-z\",;\t\n甲乙]{0,8}", 1..5)) {
            let quote = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
            let line = texts.iter().map(quote).collect::<Vec<_>>().join(",");
            let mut kept = texts;
            while kept.last().is_some_and(String::is_empty) {
                kept.pop();
            }
            let header = "编号,题干";
            prop_assert_eq!(&cells(&format!("{header}\n{line}"))[1], &kept);
        }
    }
}
