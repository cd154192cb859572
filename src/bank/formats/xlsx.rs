//! XLSX to rows: the first visible worksheet, each cell as plain text (5 is `5`, not `5.0`).
//!
//! A spreadsheet turns what is typed into something else: `1/2` into a date, `50%` into 0.5. Such
//! cells are refused by place, with the advice to format the column as text; formulas likewise,
//! for what they show depends on who opened the file last.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::kernel::Fault;

use super::draft::clip;
use super::table::{COLUMNS_MAX, Grid, ROWS_MAX, Row, cell_place};

/// How every ZIP file with something in it begins.
pub const MAGIC: &[u8] = b"PK\x03\x04";

/// Most bytes that a file may unpack to.
const UNPACKED_MAX: u64 = 200 << 20;
/// Most bytes of text in all cells together: a file can hold one long text once and name it in
/// very many cells.
const TEXT_MAX: usize = 64 << 20;

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Where a cell stands: row and column from zero.
type Position = (u32, u32);

/// The rows of the first visible worksheet.
pub fn rows(bytes: &[u8]) -> Result<Grid, Vec<Fault>> {
    unpacks(bytes, UNPACKED_MAX).map_err(|fault| vec![fault])?;
    // The reader's arithmetic on cell names is not guarded where overflow is checked, and this is
    // a stranger's file.
    catch_unwind(AssertUnwindSafe(|| sheet(bytes)))
        .unwrap_or_else(|_| Err(damaged("cell reference")))
        .map_err(|fault| vec![fault])
}

fn damaged(reason: impl std::fmt::Display) -> Fault {
    Fault::new("file", "xlsx-damaged").with("reason", clip(&reason.to_string()))
}

/// Unpacks every part into nothing and counts, for the sizes a ZIP file states may be lies.
fn unpacks(bytes: &[u8], max: u64) -> Result<(), Fault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = max;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(damaged)?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(damaged)?;
        left = left
            .checked_sub(size)
            .ok_or_else(|| Fault::new("file", "file-too-large").with("max", max >> 20))?;
    }
    Ok(())
}

fn sheet(bytes: &[u8]) -> Result<Grid, Fault> {
    let mut workbook: Workbook = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let name = workbook
        .sheets_metadata()
        .iter()
        .find(|s| s.typ == SheetType::WorkSheet && s.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .ok_or_else(|| damaged("no worksheet"))?;
    let disguised = disguised(&mut workbook, &name).map_err(damaged)?;
    cells(&mut workbook, &name, &disguised)
}

/// Cells whose number format shows something else than the number: percents, fractions, powers.
fn disguised(workbook: &mut Workbook, sheet: &str) -> Result<HashSet<Position>, XlsxError> {
    let mut reader = workbook.worksheet_cells_reader(sheet)?;
    let formats: Vec<bool> = reader
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref())
        .map(|format| format.is_some_and(|f| f.format_code.contains(['%', '/', 'E'])))
        .collect();
    let mut positions = HashSet::new();
    while let Some((row, column, style)) = reader.next_style_id()? {
        let disguises = formats.get(style).is_some_and(|disguises| *disguises);
        if disguises && fits(row, ROWS_MAX) && fits(column, COLUMNS_MAX) {
            positions.insert((row, column));
        }
    }
    Ok(positions)
}

fn fits(place: u32, max: usize) -> bool {
    usize::try_from(place).is_ok_and(|place| place < max)
}

fn cells(
    workbook: &mut Workbook,
    sheet: &str,
    disguised: &HashSet<Position>,
) -> Result<Grid, Fault> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(damaged)?;
    let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut left = TEXT_MAX;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
        let read = match cell.formula {
            Some(_) => Err(Fault::new("", "cell-formula")),
            None => text(&cell.value, disguised.contains(&cell.pos)),
        };
        let length = read.as_ref().map_or(0, String::len);
        if read.is_ok() && length == 0 {
            continue;
        }
        let too_large = || Fault::new("file", "file-too-large").with("max", TEXT_MAX >> 20);
        left = left.checked_sub(length).ok_or_else(too_large)?;
        let (row, column) = place(cell.pos)?;
        match read {
            Ok(text) => put(rows.entry(row).or_default(), column, text),
            Err(fault) => faults.push(Fault {
                place: cell_place(row, column),
                ..fault
            }),
        }
    }
    let rows = rows
        .into_iter()
        .map(|(number, cells)| Row { number, cells })
        .collect();
    Ok(Grid { rows, faults })
}

/// The row, from one, and the column, from zero, of a cell that is filled in.
fn place((row, column): Position) -> Result<(usize, usize), Fault> {
    let too_many = |code, max: usize| Fault::new("file", code).with("max", max);
    if !fits(row, ROWS_MAX) {
        return Err(too_many("too-many-rows", ROWS_MAX));
    }
    if !fits(column, COLUMNS_MAX) {
        return Err(too_many("too-many-columns", COLUMNS_MAX));
    }
    let size = |place| usize::try_from(place).unwrap_or_default();
    Ok((size(row) + 1, size(column)))
}

fn put(cells: &mut Vec<String>, column: usize, text: String) {
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = text;
}

/// What a cell says, or why that cannot be relied on.
fn text(value: &DataRef, disguised: bool) -> Result<String, Fault> {
    let refuse = |code, found: String| Err(Fault::new("", code).with("found", clip(&found)));
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Bool(true) => Ok("TRUE".to_owned()),
        DataRef::Bool(false) => Ok("FALSE".to_owned()),
        DataRef::Float(number) if disguised => refuse("cell-format", number.to_string()),
        DataRef::Float(number) => Ok(number.to_string()),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::DateTime(date) => refuse("cell-date", date.to_string()),
        DataRef::DateTimeIso(date) | DataRef::DurationIso(date) => {
            refuse("cell-date", date.clone())
        }
        DataRef::Error(error) => refuse("cell-error", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;
    use proptest::prelude::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Book, Worksheet};
    use std::io::Write as _;

    fn saved(write: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
        let mut book = Book::new();
        write(book.add_worksheet());
        book.save_to_buffer().unwrap()
    }

    /// A workbook whose only sheet has `data` as its XML between the tags of `sheetData`.
    fn forged(data: &str) -> Vec<u8> {
        let sheet = saved(|sheet| {
            sheet.write(0, 0, 1).unwrap();
        });
        let mut from = ZipArchive::new(Cursor::new(sheet.as_slice())).unwrap();
        let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..from.len() {
            let mut part = from.by_index(at).unwrap();
            let name = part.name().unwrap().into_owned();
            let mut xml = String::new();
            part.read_to_string(&mut xml).unwrap();
            if let Some((head, tail)) = xml.split_once("<sheetData>") {
                let tail = tail.split_once("</sheetData>").unwrap().1;
                xml = format!("{head}<sheetData>{data}</sheetData>{tail}");
            }
            let options = zip::write::SimpleFileOptions::default();
            to.start_file(name, options).unwrap();
            to.write_all(xml.as_bytes()).unwrap();
        }
        to.finish().unwrap().into_inner()
    }

    fn refused(bytes: &[u8]) -> Vec<String> {
        said(&rows(bytes).unwrap_err())
    }

    #[test]
    fn numbers_become_the_text_their_author_typed() {
        let bytes = saved(|sheet| {
            for (column, number) in [5.0, 0.5, 1.1, -3.0, 138.6, 1e15].into_iter().enumerate() {
                let column = u16::try_from(column).unwrap();
                sheet.write(1, column, number).unwrap();
            }
            sheet.write(1, 6, true).unwrap();
        });
        let grid = rows(&bytes).unwrap();
        assert_eq!(grid.rows[0].number, 2);
        assert_eq!(
            grid.rows[0].cells,
            ["5", "0.5", "1.1", "-3", "138.6", "1000000000000000", "TRUE"]
        );
    }

    #[test]
    fn cells_that_say_something_else_than_they_show_are_refused() {
        let bytes = saved(|sheet| {
            let percent = Format::new().set_num_format("0%");
            let day = Format::new().set_num_format("yyyy-mm-dd");
            let date = ExcelDateTime::from_ymd(2026, 1, 2).unwrap();
            sheet.write(0, 0, "题干").unwrap();
            sheet.write(1, 0, Formula::new("=1+1")).unwrap();
            sheet.write_with_format(2, 1, 0.5, &percent).unwrap();
            sheet.write_with_format(3, 2, &date, &day).unwrap();
        });
        let grid = rows(&bytes).unwrap();
        assert_eq!(grid.rows.len(), 1);
        assert_eq!(
            said(&grid.faults),
            [
                "row 2, column A: cell-formula",
                "row 3, column B: cell-format",
                "row 4, column C: cell-date",
            ]
        );
    }

    #[test]
    fn the_first_visible_sheet_is_read() {
        let mut book = Book::new();
        book.add_worksheet()
            .set_hidden(true)
            .write(0, 0, "藏")
            .unwrap();
        book.add_worksheet()
            .set_active(true)
            .write(0, 0, "显")
            .unwrap();
        let bytes = book.save_to_buffer().unwrap();
        assert_eq!(rows(&bytes).unwrap().rows[0].cells, ["显"]);
    }

    #[test]
    fn a_truncated_file_and_another_zip_are_refused() {
        let bytes = saved(|sheet| {
            sheet.write(0, 0, "题干").unwrap();
        });
        for length in [0, 4, 100, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(refused(&bytes[..length]), ["file: xlsx-damaged"]);
        }
        let mut other = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        other.start_file("a.txt", options).unwrap();
        let other = other.finish().unwrap().into_inner();
        assert_eq!(refused(&other), ["file: xlsx-damaged"]);
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_read() {
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        bomb.start_file("xl/workbook.xml", options).unwrap();
        bomb.write_all(&vec![b' '; 4 << 20]).unwrap();
        let bomb = bomb.finish().unwrap().into_inner();
        assert!(bomb.len() < 10_000);
        assert_eq!(unpacks(&bomb, 4 << 20), Ok(()));
        let fault = unpacks(&bomb, (4 << 20) - 1).unwrap_err();
        assert_eq!(fault.code, "file-too-large");
    }

    #[test]
    fn one_long_text_in_very_many_cells_is_refused() {
        let long = "长".repeat(30_000);
        let bytes = saved(|sheet| {
            for cell in 0..800 {
                sheet.write(cell / 40, (cell % 40) as u16, &long).unwrap();
            }
        });
        assert!(bytes.len() < 100_000);
        assert_eq!(refused(&bytes), ["file: file-too-large"]);
    }

    #[test]
    fn cells_far_out_are_refused_and_hostile_references_do_no_harm() {
        let cell =
            |reference: &str| forged(&format!("<row><c r=\"{reference}\"><v>1</v></c></row>"));
        assert_eq!(rows(&cell("B3")).unwrap().rows[0].cells, ["", "1"]);
        let below = format!("A{}", ROWS_MAX + 1);
        assert_eq!(refused(&cell(&below)), ["file: too-many-rows"]);
        assert_eq!(refused(&cell("BM1")), ["file: too-many-columns"]);
        assert_eq!(refused(&cell("甲1")), ["file: xlsx-damaged"]);
        assert!(rows(&cell("ZZZZZZZZZ1")).is_err());
        assert!(rows(&cell("A99999999999999")).is_err());
    }

    const SCRAPS: [&str; 14] = [
        "<row>",
        "<row r=\"0\">",
        "<row r=\"9\">",
        "</row>",
        "<c>",
        "<c r=\"B2\" t=\"s\">",
        "<c r=\"2B\" s=\"99\">",
        "</c>",
        "<v>99999</v>",
        "<v>",
        "<f t=\"shared\" si=\"999999999\" ref=\"B2:A1\">",
        "</f>",
        "<is><t>甲</t></is>",
        "&#0;",
    ];

    proptest! {
        #[test]
        fn no_sheet_is_too_strange(scraps in prop::collection::vec(prop::sample::select(&SCRAPS[..]), 0..12)) {
            let _ = rows(&forged(&scraps.concat()));
        }
    }
}
