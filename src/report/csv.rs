//! A table as CSV (RFC 4180, UTF-8 with a byte order mark, so that spreadsheets read Chinese).

use super::table::{Cell, Table};
use crate::kernel::Problem;

/// Without it spreadsheets take the file for the system's old encoding.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The file.
pub(super) fn write(table: &Table) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let headings = table.headings.iter().map(|text| harmless(text));
    writer.write_record(headings).map_err(Problem::internal)?;
    for row in &table.rows {
        let cells = row.iter().map(text);
        writer.write_record(cells).map_err(Problem::internal)?;
    }
    writer
        .into_inner()
        .map_err(|error| Problem::internal(error.to_string()))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Whole(number) => harmless(&number.to_string()),
        Cell::Mark(mark) => harmless(&mark.to_string()),
    }
}

/// A spreadsheet takes a cell that begins so for a formula; an apostrophe makes it text.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_become_a_formula() {
        for wicked in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(wicked), format!("'{wicked}"));
        }
        assert_eq!(harmless("张三 = 李四"), "张三 = 李四");
    }

    #[test]
    fn the_file_begins_with_a_byte_order_mark_and_quotes_what_needs_it() {
        let table = Table {
            name: "x".to_owned(),
            headings: vec!["姓名".to_owned(), "总成绩".to_owned()],
            rows: vec![
                vec!["=HYPERLINK(\"http://x\",\"y\")".into(), Cell::Empty],
                vec!["张,三".into(), Cell::Mark("74.785".parse().unwrap())],
            ],
        };
        let text = String::from_utf8(write(&table).unwrap()).unwrap();
        let expected = "\u{feff}姓名,总成绩\r\n\
            \"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",\r\n\"张,三\",74.785\r\n";
        assert_eq!(text, expected);
    }
}
