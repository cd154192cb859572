//! Figures of items in a table: how hard an item proved to be, how well it tells candidates apart,
//! and the parameters of its model, as `keju statistics` and `keju calibrate` compute them.

use std::collections::HashMap;

use serde::Serialize;

use crate::bank::rules::{CODE_MAX, is_code};
use crate::kernel::{Fault, Score};

use super::draft::clip;
use super::table::{Row, cell_place};
use super::words::squeeze;
use super::{csv, decimal};

/// The columns, in Chinese and English; the first three are needed.
const COLUMNS: [(&str, &str); 10] = [
    ("编号", "code"),
    ("作答人数", "answered"),
    ("通过率", "facility"),
    ("区分度", "discrimination"),
    ("a", "a"),
    ("b", "b"),
    ("c", "c"),
    ("a标准误", "se_a"),
    ("b标准误", "se_b"),
    ("c标准误", "se_c"),
];
/// How many of the columns are needed.
const NEEDED: usize = 3;
/// One, in millionths.
const ONE: i64 = 1_000_000;

/// Parameters of the response model of an item, in thousandths, with their standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parameters {
    /// Discrimination.
    pub a_milli: i32,
    /// Difficulty.
    pub b_milli: i32,
    /// Guessing.
    pub c_milli: i32,
    /// Standard error of `a`.
    pub se_a_milli: Option<i32>,
    /// Standard error of `b`.
    pub se_b_milli: Option<i32>,
    /// Standard error of `c`.
    pub se_c_milli: Option<i32>,
}

/// Figures of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureLine {
    /// Where its code stands in the file.
    #[serde(skip)]
    pub place: String,
    /// Its code.
    pub code: String,
    /// How many answered it.
    pub answered: i32,
    /// The share that answered rightly, in millionths.
    pub facility_ppm: i32,
    /// How well it tells candidates apart, in millionths.
    pub discrimination_ppm: Option<i32>,
    /// Parameters, if it was calibrated.
    pub parameters: Option<Parameters>,
}

/// The figures of a table, or everything wrong with it, by row and column.
pub fn read(text: &str) -> Result<Vec<FigureLine>, Vec<Fault>> {
    let grid = csv::rows(text.trim_start_matches('\u{feff}'))?;
    let filled = |row: &&Row| row.cells.iter().any(|cell| !cell.trim().is_empty());
    let mut rows = grid.rows.iter().filter(filled);
    let header = rows.next().ok_or_else(no_rows)?;
    let columns = columns(header)?;
    let mut faults = Vec::new();
    let mut known = HashMap::new();
    let mut lines = Vec::new();
    for row in rows {
        let mut cells = Cells {
            row,
            columns: &columns,
            faults: &mut faults,
        };
        let line = cells.line();
        if known.insert(line.code.clone(), row.number).is_some() {
            faults.push(Fault::new(&line.place, "duplicate-code").with("code", &line.code));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(no_rows());
    }
    if faults.is_empty() {
        Ok(lines)
    } else {
        Err(faults)
    }
}

fn no_rows() -> Vec<Fault> {
    vec![Fault::new("file", "no-rows")]
}

/// Where each column stands, by its place in [`COLUMNS`].
fn columns(header: &Row) -> Result<Vec<Option<usize>>, Vec<Fault>> {
    let mut columns = vec![None; COLUMNS.len()];
    let mut faults = Vec::new();
    for (at, name) in header.cells.iter().enumerate() {
        let squeezed = squeeze(name);
        let is = |(zh, en): &(&str, &str)| squeezed == squeeze(zh) || squeezed == squeeze(en);
        let wrong = match COLUMNS.iter().position(is) {
            None if squeezed.is_empty() => continue,
            None => "unknown-column",
            Some(column) if columns[column].is_some() => "duplicate-column",
            Some(column) => {
                columns[column] = Some(at);
                continue;
            }
        };
        let place = cell_place(header.number, at);
        faults.push(Fault::new(place, wrong).with("header", clip(name)));
    }
    let lacking = (0..NEEDED).filter(|column| columns[*column].is_none());
    faults.extend(lacking.map(|column| {
        Fault::new(format!("row {}", header.number), "missing-column")
            .with("header", COLUMNS[column].1)
    }));
    if faults.is_empty() {
        Ok(columns)
    } else {
        Err(faults)
    }
}

/// The cells of a row, read one after another.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a [Option<usize>],
    faults: &'a mut Vec<Fault>,
}

impl Cells<'_> {
    fn line(&mut self) -> FigureLine {
        let code = self.text(0).to_owned();
        if code.is_empty() {
            self.fault(0, "required");
        } else if code.len() > CODE_MAX || !is_code(&code) {
            self.fault(0, "bad-code");
        }
        let answered = self.whole(1);
        FigureLine {
            place: self.place(0),
            code,
            answered,
            facility_ppm: self.needed(2, 0, ONE),
            discrimination_ppm: self.number(3, -ONE, ONE),
            parameters: self.parameters(),
        }
    }

    /// The parameters: `a` and `b` or neither, errors only beside them. No `c` is no guessing.
    fn parameters(&mut self) -> Option<Parameters> {
        let (a, b) = (self.milli(4, 1, 10_000), self.milli(5, -10_000, 10_000));
        let c = self.milli(6, 0, 999);
        let errors = [7, 8, 9].map(|column| self.milli(column, 0, 1_000_000));
        if self.text(4).is_empty() && self.text(5).is_empty() {
            for column in 6..COLUMNS.len() {
                if !self.text(column).is_empty() {
                    self.fault(column, "figure-alone");
                }
            }
            return None;
        }
        for column in [4, 5] {
            if self.text(column).is_empty() {
                self.fault(column, "required");
            }
        }
        Some(Parameters {
            a_milli: a?,
            b_milli: b?,
            c_milli: c.unwrap_or_default(),
            se_a_milli: errors[0],
            se_b_milli: errors[1],
            se_c_milli: errors[2],
        })
    }

    fn text(&self, column: usize) -> &str {
        let at = self.columns.get(column).copied().flatten();
        let cell = at.and_then(|at| self.row.cells.get(at));
        cell.map_or("", |cell| cell.trim())
    }

    fn place(&self, column: usize) -> String {
        match self.columns.get(column).copied().flatten() {
            Some(at) => cell_place(self.row.number, at),
            None => format!("row {}", self.row.number),
        }
    }

    fn fault(&mut self, column: usize, code: &'static str) {
        let fault = Fault::new(self.place(column), code);
        let fault = fault.with("found", clip(self.text(column)));
        self.faults.push(fault);
    }

    /// How many answered: a whole number from one on.
    fn whole(&mut self, column: usize) -> i32 {
        let text = self.text(column);
        match text.parse::<i32>() {
            _ if text.is_empty() => self.fault(column, "required"),
            Err(_) => self.fault(column, "not-a-number"),
            Ok(number) if number < 1 => self.out_of_range(column, 1, i64::from(i32::MAX)),
            Ok(number) => return number,
        }
        0
    }

    fn needed(&mut self, column: usize, min: i64, max: i64) -> i32 {
        if self.text(column).is_empty() {
            self.fault(column, "required");
        }
        self.number(column, min, max).unwrap_or_default()
    }

    /// A number in millionths, from `min` to `max` millionths; none if the cell is empty.
    fn number(&mut self, column: usize, min: i64, max: i64) -> Option<i32> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let Some(number) = decimal::read(text) else {
            self.fault(column, "not-a-number");
            return None;
        };
        let micros = number.value.micros();
        if !(min..=max).contains(&micros) {
            let score = |micros| Score::from_micros(micros);
            let fault = Fault::new(self.place(column), "number-range");
            let fault = fault.with("min", score(min)).with("max", score(max));
            let fault = fault.with("found", clip(self.text(column)));
            self.faults.push(fault);
            return None;
        }
        i32::try_from(micros).ok()
    }

    /// A number in thousandths, rounded half away from zero; none if the cell is empty.
    fn milli(&mut self, column: usize, min: i64, max: i64) -> Option<i32> {
        let micros = i64::from(self.number(column, min * 1_000, max * 1_000)?);
        let half = if micros < 0 { -500 } else { 500 };
        i32::try_from((micros + half) / 1_000).ok()
    }

    fn out_of_range(&mut self, column: usize, min: i64, max: i64) {
        let fault = Fault::new(self.place(column), "number-range");
        let fault = fault.with("min", min).with("max", max);
        let fault = fault.with("found", clip(self.text(column)));
        self.faults.push(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;
    use proptest::prelude::*;

    const HEADER: &str = "code,answered,facility,discrimination,a,b,c,se_a,se_b,se_c";

    fn refused(text: &str) -> Vec<String> {
        said(&read(text).unwrap_err())
    }

    #[test]
    fn figures_are_kept_in_whole_numbers() {
        let text = format!(
            "\u{feff}{HEADER}\nx-1,1200,0.7345678,-0.25,1.2345,-0.5,0.2,.05,0.0604,\nx-2,3,1,,,,,,,\n"
        );
        let lines = read(&text).unwrap();
        let first = &lines[0];
        assert_eq!((first.code.as_str(), first.answered), ("x-1", 1200));
        assert_eq!(first.facility_ppm, 734_568);
        assert_eq!(first.discrimination_ppm, Some(-250_000));
        let parameters = Parameters {
            a_milli: 1_235,
            b_milli: -500,
            c_milli: 200,
            se_a_milli: Some(50),
            se_b_milli: Some(60),
            se_c_milli: None,
        };
        assert_eq!(first.parameters, Some(parameters));
        assert_eq!(lines[1].parameters, None);
        assert_eq!(lines[1].facility_ppm, 1_000_000);
    }

    #[test]
    fn columns_stand_in_any_order_and_some_may_lack() {
        let lines = read("通过率;编号;作答人数;b;a\n0.5;x;9;0;1\n").unwrap();
        let parameters = lines[0].parameters.unwrap();
        assert_eq!((parameters.a_milli, parameters.c_milli), (1_000, 0));
        assert_eq!(
            refused("code,facility,facility,luck\nx,1,1,1"),
            [
                "row 1, column C: duplicate-column",
                "row 1, column D: unknown-column",
                "row 1: missing-column",
            ]
        );
        assert_eq!(refused(HEADER), ["file: no-rows"]);
        assert_eq!(refused(""), ["file: no-rows"]);
    }

    #[test]
    fn every_fault_is_named_by_row_and_column() {
        let text = format!(
            "{HEADER}\n,0,1.2,2,0,99,1,-1,,\nx,ten,,x,1,,,,,\nx,5,0.5,,,,0.2,,,\n甲,5,0.5,,,,,,,\n"
        );
        assert_eq!(
            refused(&text),
            [
                "row 2, column A: required",
                "row 2, column B: number-range",
                "row 2, column C: number-range",
                "row 2, column D: number-range",
                "row 2, column E: number-range",
                "row 2, column F: number-range",
                "row 2, column G: number-range",
                "row 2, column H: number-range",
                "row 3, column B: not-a-number",
                "row 3, column C: required",
                "row 3, column D: not-a-number",
                "row 3, column F: required",
                "row 4, column G: figure-alone",
                "row 4, column A: duplicate-code",
                "row 5, column A: bad-code",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[a-c0-9.,;\n\"eE甲-]{0,60}") {
            let _ = read(&text);
            let _ = read(&format!("{HEADER}\n{text}"));
        }
    }
}
