//! Items as rows of a table with the columns of the template: what `table` reads.

use std::collections::BTreeSet;

use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

use super::draft::{Draft, written};
use super::foreign::Loss;
use super::table::{COLUMNS, Column};
use super::{Batch, words};
use crate::bank::item::{Difficulty, Item, ItemKind, Stimulus};
use crate::bank::rich::Markup;

/// The number format of texts, which every program knows by this number.
const TEXT: u8 = 49;
/// The last row of a workbook, from zero.
const ROW_LAST: u32 = 1_048_575;

/// The rows, the headings first, and what a row cannot say.
fn rows(batch: &Batch) -> (Vec<Vec<String>>, Vec<Loss>) {
    let headings = COLUMNS.iter().map(|(_, zh, _)| (*zh).to_owned());
    let (mut rows, mut losses) = (vec![headings.collect()], Vec::new());
    let mut told = BTreeSet::new();
    for item in &batch.items {
        let stimulus = item.stimulus.as_ref();
        let stimulus = stimulus.and_then(|code| batch.stimuli.iter().find(|one| one.code == *code));
        // Its text stands beside the first item that has it.
        let first = stimulus.filter(|one| told.insert(one.code.clone()));
        rows.push(row(item, first));
        let place = format!("item {}", item.code);
        if first.is_some_and(|one| !one.table.is_empty()) {
            losses.push(Loss::new(&place, "stimulus-table"));
        }
        if Draft::of(item)
            .key
            .iter()
            .any(|part| part.contains(['|', '｜']))
        {
            losses.push(Loss::new(&place, "key-separator"));
        }
    }
    (rows, losses)
}

fn row(item: &Item, stimulus: Option<&Stimulus>) -> Vec<String> {
    let draft = Draft::of(item);
    let cell = |column: Column| match column {
        Column::Code => draft.code.clone(),
        Column::Kind => words::kind_in_chinese(item.body.kind()).to_owned(),
        Column::Section => draft.section.clone(),
        Column::Topic => draft.topic.clone(),
        Column::Difficulty => words::difficulty_in_chinese(item.difficulty).to_owned(),
        Column::Stimulus => draft.stimulus.clone(),
        Column::StimulusTitle => stimulus.map(|one| one.title.clone()).unwrap_or_default(),
        Column::StimulusText => stimulus.map(|one| one.text.clone()).unwrap_or_default(),
        Column::Stem => draft.stem.clone(),
        Column::Option(place) => draft.options.get(place).cloned().unwrap_or_default(),
        Column::Key if item.body.kind() == ItemKind::TrueFalse => {
            words::judgement_in_chinese(draft.key == ["true"]).to_owned()
        }
        Column::Key => draft.key.join("|"),
        Column::Tolerance => draft.tolerance.clone(),
        Column::Unit => draft.unit.clone(),
        Column::Explanation => draft.explanation.clone(),
        Column::Marks => draft.marks.clone(),
        Column::WordsMax => draft.words_max.clone(),
        Column::Rubric => {
            let lines = draft.rubric.iter();
            let lines = lines.map(|(point, marks)| format!("{}|{marks}", point.replace('\n', " ")));
            lines.collect::<Vec<_>>().join("\n")
        }
        Column::Reference => draft.reference.clone(),
        Column::Enemies => draft.enemies.join(" "),
        Column::Seconds => draft.seconds.clone(),
        Column::Markup => draft.markup.clone(),
        Column::StimulusMarkup => stimulus
            .map(|one| written(one.markup).to_owned())
            .unwrap_or_default(),
    };
    COLUMNS.iter().map(|(column, ..)| cell(*column)).collect()
}

/// A CSV file. It begins with a byte order mark, for Excel.
pub fn csv(batch: &Batch) -> (Result<Vec<u8>, csv::Error>, Vec<Loss>) {
    let (rows, losses) = rows(batch);
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let written = rows.iter().try_for_each(|row| writer.write_record(row));
    let bytes = written.and_then(|()| {
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    });
    (bytes, losses)
}

/// A workbook, every cell a text, those to be filled in too: no program turns a code into a date or
/// an option into a percentage. Where only some words can stand, they are offered.
pub fn xlsx(batch: &Batch) -> (Result<Vec<u8>, XlsxError>, Vec<Loss>) {
    let (rows, losses) = rows(batch);
    (workbook(&rows), losses)
}

fn workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (text, head) = (
        Format::new().set_num_format_index(TEXT),
        Format::new().set_bold(),
    );
    for (place, (column, ..)) in (0_u16..).zip(COLUMNS) {
        sheet.set_column_format(place, &text)?;
        let words = offered(column);
        if !words.is_empty() {
            let words = DataValidation::new().allow_list_strings(&words)?;
            sheet.add_data_validation(1, place, ROW_LAST, place, &words)?;
        }
    }
    sheet.set_row_format(0, &head)?.set_freeze_panes(1, 1)?;
    for (number, row) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let format = if number == 0 { &head } else { &text };
            sheet.write_string_with_format(number, column, cell, format)?;
        }
    }
    book.save_to_buffer()
}

/// The words that can stand in a column.
fn offered(column: Column) -> Vec<&'static str> {
    match column {
        Column::Kind => ItemKind::ALL.map(words::kind_in_chinese).to_vec(),
        Column::Difficulty => Difficulty::ALL.map(words::difficulty_in_chinese).to_vec(),
        Column::Markup | Column::StimulusMarkup => vec![written(Markup::Html)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::{read, shipped, template_csv};
    use super::*;

    #[test]
    fn what_is_written_reads_as_the_same_items() {
        let template = read("a.csv", &template_csv()).unwrap();
        for (file, bytes) in [
            ("a.csv", csv(&template).0.unwrap()),
            ("a.xlsx", xlsx(&template).0.unwrap()),
        ] {
            assert_eq!(read(file, &bytes).unwrap(), template, "{file}");
        }
    }

    #[test]
    fn cells_that_are_still_empty_are_texts_too_and_words_are_offered() {
        let (bytes, _) = xlsx(&Batch::default());
        let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes.unwrap())).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            book.by_name(name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        let sheet = part("xl/worksheets/sheet1.xml");
        let columns = sheet.matches("<col ").count();
        let styled = sheet
            .split("<col ")
            .skip(1)
            .filter(|col| col.contains(" style=\"1\""));
        assert_eq!((columns, styled.count()), (columns, columns), "{sheet}");
        assert!(part("xl/styles.xml").contains("numFmtId=\"49\""));
        for words in ["单选题,多选题", "易,中,难", ">\"html\"<"] {
            assert!(
                sheet.contains(words) || sheet.contains(&words.replace('"', "&quot;")),
                "{words}: {sheet}"
            );
        }
    }

    #[test]
    fn every_shipped_bank_goes_through_a_workbook_but_for_its_tables() {
        for bank in shipped().unwrap() {
            let sections = bank.sections.into_iter();
            let (items, stimuli): (Vec<_>, Vec<_>) = sections
                .map(|section| (section.items, section.stimuli))
                .unzip();
            let batch = Batch {
                items: items.concat(),
                stimuli: stimuli.concat(),
                ..Batch::default()
            };
            let (bytes, losses) = xlsx(&batch);
            let again = read("a.xlsx", &bytes.unwrap()).unwrap();
            assert_eq!(again.items, batch.items);
            let tables = batch.stimuli.iter().filter(|one| !one.table.is_empty());
            assert_eq!(losses.len(), tables.count());
        }
    }
}
