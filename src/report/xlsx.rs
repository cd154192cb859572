//! A table as a workbook: one sheet, its head frozen and filtered.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::table::{Cell, Table};
use crate::kernel::{Problem, Score};

/// The file.
pub(super) fn write(table: &Table) -> Result<Vec<u8>, Problem> {
    workbook(table).map_err(Problem::internal)
}

fn workbook(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(&table.name)?;
    let head = Format::new().set_bold();
    for (column, heading) in (0_u16..).zip(&table.headings) {
        sheet.write_string_with_format(0, column, heading, &head)?;
    }
    let formats = Formats::new();
    for (line, row) in (1_u32..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(row) {
            formats.write(sheet, line, column, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let last_row = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(table.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, last_row, last_column)?;
    sheet.autofit();
    workbook.save_to_buffer()
}

struct Formats {
    /// Keeps ticket and ID numbers texts when they are edited.
    text: Format,
    mark: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            text: Format::new().set_num_format("@"),
            mark: Format::new().set_num_format("0.00"),
        }
    }

    /// Texts are written as strings, so nothing in them is ever a formula.
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        cell: &Cell,
    ) -> Result<(), XlsxError> {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                sheet.write_string_with_format(row, column, text, &self.text)?;
            }
            Cell::Whole(number) => {
                sheet.write_number(row, column, f64::from(*number))?;
            }
            Cell::Mark(mark) => {
                sheet.write_number_with_format(row, column, shown(*mark), &self.mark)?;
            }
        }
        Ok(())
    }
}

/// Workbooks hold binary numbers only. The exact value stays in the database and the log; nothing
/// is ranked by this one.
fn shown(mark: Score) -> f64 {
    mark.to_string().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};

    use super::*;

    #[test]
    fn a_workbook_reads_back_with_numbers_as_numbers_and_texts_as_texts() {
        let table = Table {
            name: "成绩".to_owned(),
            headings: vec![
                "准考证号".to_owned(),
                "姓名".to_owned(),
                "总成绩".to_owned(),
            ],
            rows: vec![vec![
                "0012026".into(),
                "=1+1".into(),
                Cell::Mark("74.785".parse().unwrap()),
            ]],
        };
        let file = Cursor::new(write(&table).unwrap());
        let mut workbook: Xlsx<_> = open_workbook_from_rs(file).unwrap();
        let range = workbook.worksheet_range("成绩").unwrap();
        let row: Vec<&Data> = range.rows().nth(1).unwrap().iter().collect();
        assert_eq!(row[0], &Data::String("0012026".to_owned()));
        assert_eq!(row[1], &Data::String("=1+1".to_owned()));
        assert_eq!(row[2].to_string(), "74.785");
        let formulas = workbook.worksheet_formula("成绩").unwrap();
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
    }
}
