//! Items from files. Every import is all or nothing: either every item in the file is sound, or
//! the answer is a list of all that is wrong, each named by its place, and nothing is kept.
//!
//! bytes → `text` (encodings) → `csv`, or bytes → `xlsx`; either gives the rows of a `table`. The
//! bank's own `toml` files stand in a `folder`. All of them word an item as a `draft`.
//!
//! `aiken`, `gift`, `moodle` and `qti` are the forms of other programs; what they have in common is
//! `foreign`. `exchange` tells all forms apart.

pub mod aiken;
mod bodies;
pub mod csv;
mod decimal;
mod draft;
pub mod exchange;
pub mod figures;
pub mod folder;
pub mod foreign;
pub mod gift;
mod leaving;
mod marked;
pub mod marks;
mod markup;
#[cfg(test)]
mod meant_tests;
pub mod moodle;
mod names;
mod plain;
pub mod qti;
#[cfg(test)]
mod rich_tests;
#[cfg(test)]
mod samples;
mod sheet;
pub mod table;
#[cfg(test)]
mod testing;
pub mod text;
pub mod toml;
mod wild;
mod words;
pub mod xlsx;

pub(super) use draft::{Draft, entries, letters, markup as markup_of, written};
pub use exchange::Form;
pub use folder::{BankFolder, read_bank_dir, shipped};
pub use foreign::{Defaults, LOSSES, Loss, Reading};
pub(super) use table::rubric;
pub(super) use words::names;

use std::collections::BTreeMap;

use crate::bank::item::{Item, Stimulus};
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Problem};

/// Most bytes of a file.
pub const BYTES_MAX: usize = 40 << 20;

/// What a file held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The items, in the file's order.
    pub items: Vec<Item>,
    /// The stimuli they share.
    pub stimuli: Vec<Stimulus>,
    /// The pictures that came with them.
    pub pictures: BTreeMap<Hash, Vec<u8>>,
}

/// How old Excel files and workbooks under a password begin.
const OLD_EXCEL: &[u8] = b"\xD0\xCF\x11\xE0";

/// Reads the items of a file: XLSX by its content, otherwise CSV or TOML by its name.
pub fn read(file_name: &str, bytes: &[u8]) -> Result<Batch, Vec<Fault>> {
    check_size(bytes).map_err(|fault| vec![fault])?;
    if bytes.starts_with(xlsx::MAGIC) {
        return table::read(&xlsx::rows(bytes)?);
    }
    if bytes.starts_with(OLD_EXCEL) {
        return Err(vec![Fault::new("file", "old-or-locked-excel")]);
    }
    let extension = extension(file_name);
    if !matches!(extension.as_str(), "csv" | "tsv" | "txt" | "toml") {
        let fault = Fault::new("file", "unknown-format");
        return Err(vec![fault.with("extension", draft::clip(&extension))]);
    }
    let (text, _) = text::decode(bytes).map_err(|fault| vec![fault])?;
    if extension == "toml" {
        let file = draft::clip(file_name);
        let toml::Section { items, stimuli, .. } = toml::read_section(&file, &text)?;
        return Ok(Batch {
            items,
            stimuli,
            ..Batch::default()
        });
    }
    table::read(&csv::rows(&text)?)
}

fn extension(file_name: &str) -> String {
    let extension = file_name.rsplit_once('.').map_or("", |(_, end)| end);
    extension.to_ascii_lowercase()
}

fn check_size(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::new("file", "file-too-large").with("max", BYTES_MAX >> 20));
    }
    Ok(())
}

/// A table to fill in, with an example of every kind. It begins with a byte order mark, without
/// which Excel takes UTF-8 for the encoding of the machine.
pub fn template_csv() -> Vec<u8> {
    ["\u{feff}", include_str!("template.csv")]
        .concat()
        .into_bytes()
}

/// The same as a workbook.
pub fn template_xlsx() -> Result<Vec<u8>, Problem> {
    let batch = read("template.csv", &template_csv()).map_err(Problem::invalid)?;
    let (bytes, _) = sheet::xlsx(&batch);
    bytes.map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::testing::{gb18030, said, utf16be, utf16le};
    use super::*;
    use crate::bank::item::ItemKind;
    use proptest::prelude::*;
    use rust_xlsxwriter::Workbook;

    const TEMPLATE: &str = include_str!("template.csv");

    /// The template as a spreadsheet would save it, numbers as numbers.
    fn template_xlsx() -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for row in csv::rows(TEMPLATE).unwrap().rows {
            let number = u32::try_from(row.number - 1).unwrap();
            for (column, cell) in (0_u16..).zip(&row.cells) {
                match cell.parse::<f64>() {
                    Ok(value) => sheet.write(number, column, value).unwrap(),
                    Err(_) => sheet.write(number, column, cell).unwrap(),
                };
            }
        }
        book.save_to_buffer().unwrap()
    }

    fn refused(file_name: &str, bytes: &[u8]) -> Vec<String> {
        said(&read(file_name, bytes).unwrap_err())
    }

    #[test]
    fn the_template_shows_every_column_and_every_kind() {
        let header = &csv::rows(TEMPLATE).unwrap().rows[0].cells;
        let own: Vec<&str> = table::COLUMNS.iter().map(|(_, zh, _)| *zh).collect();
        assert_eq!(header, &own);
        let batch = read("template.csv", &template_csv()).unwrap();
        for kind in ItemKind::ALL {
            assert!(batch.items.iter().any(|item| item.body.kind() == kind));
        }
        assert_eq!(batch.stimuli.len(), 1);
    }

    #[test]
    fn one_table_means_the_same_in_every_encoding_and_as_a_workbook() {
        let plain = read("items.csv", TEMPLATE.as_bytes()).unwrap();
        let tabs = TEMPLATE.replace(',', "\t");
        let files = [
            ("items.csv", template_csv()),
            ("items.csv", utf16le(TEMPLATE)),
            ("items.csv", utf16be(TEMPLATE)),
            ("ITEMS.CSV", gb18030(TEMPLATE)),
            ("items.csv", TEMPLATE.replace('\n', "\r\n").into_bytes()),
            ("items.txt", utf16le(&format!("\u{feff}{tabs}"))),
            ("items.xlsx", template_xlsx()),
            // What it is called does not matter for a workbook.
            ("items.csv", template_xlsx()),
        ];
        for (at, (file_name, bytes)) in files.iter().enumerate() {
            assert_eq!(read(file_name, bytes).as_ref(), Ok(&plain), "file {at}");
        }
    }

    #[test]
    fn faults_of_a_workbook_are_named_by_row_and_column() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let header = ["编号", "题型", "部分", "考点", "难度", "题干", "答案"];
        let row = [
            "ck-001",
            "判断题",
            "common_knowledge",
            "ck.law",
            "易",
            "题干",
            "也许",
        ];
        sheet.write_row(0, 0, header).unwrap();
        sheet.write_row(11, 0, row).unwrap();
        sheet.write_formula(12, 6, "=1+1").unwrap();
        sheet.write_row(12, 0, row[..6].iter().copied()).unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let faults = read("items.xlsx", &bytes).unwrap_err();
        assert_eq!(
            said(&faults),
            [
                "row 12, column G: unknown-word",
                "row 13, column G: cell-formula",
                "row 13, column A: duplicate-code",
                "row 13, column F: duplicate-stem",
            ]
        );
        let args = [("found", "也许".to_owned()), ("header", "答案".to_owned())];
        assert_eq!(faults[0].args, args);
    }

    #[test]
    fn what_is_no_bank_is_refused_by_what_it_is() {
        assert_eq!(refused("items.pdf", b"%PDF"), ["file: unknown-format"]);
        assert_eq!(refused("items", b"a,b"), ["file: unknown-format"]);
        assert_eq!(
            refused("items.xls", b"\xD0\xCF\x11\xE0\xA1\xB1"),
            ["file: old-or-locked-excel"]
        );
        assert_eq!(refused("items.csv", b""), ["file: no-rows"]);
        let huge = vec![b'a'; BYTES_MAX + 1];
        assert_eq!(refused("items.csv", &huge), ["file: file-too-large"]);
    }

    #[test]
    fn hostile_tables_are_refused_by_name() {
        let wide = "a,".repeat(100_000);
        assert_eq!(
            refused("a.csv", wide.as_bytes()),
            ["row 1: too-many-columns"]
        );
        let open = TEMPLATE.replacen("\n", "\n\"", 1);
        assert!(read("a.csv", open.as_bytes()).is_err());
        let nul = TEMPLATE.replacen("劳动", "劳\0动", 1);
        let faults = refused("a.csv", nul.as_bytes());
        assert!(faults[0].ends_with("control-character"), "{faults:?}");
        // In a text file a formula is only a text.
        let formula = TEMPLATE.replacen(",对,", ",=1+1,", 1);
        let faults = refused("a.csv", formula.as_bytes());
        assert!(faults[0].ends_with("column V: unknown-word"), "{faults:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for name in ["a.csv", "a.toml", "a.xlsx", ""] {
                let _ = read(name, &bytes);
            }
            let zip = [xlsx::MAGIC, &bytes].concat();
            prop_assert!(read("a.xlsx", &zip).is_err());
        }

        #[test]
        fn no_text_is_too_strange(text in "[编号题型,;\"\n\t\\[\\]=a-c|0-9]{0,200}") {
            for name in ["a.csv", "a.toml"] {
                let _ = read(name, text.as_bytes());
            }
        }

        #[test]
        fn a_damaged_workbook_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = template_xlsx();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read("a.xlsx", &bytes);
        }
    }
}
