//! Banks as folders: one folder per subject, with an index and a file per section. Those of
//! `question_banks/` ship inside the program.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use rust_embed::RustEmbed;

use crate::bank::collection;
use crate::kernel::Fault;

use super::toml::{Index, Section, Topic, read_index, read_section};
use super::{check_size, text};

/// The bank of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankFolder {
    /// The subject's code.
    pub subject: String,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
    /// Its sections in paper order.
    pub sections: Vec<Section>,
    /// What its topics are called.
    pub topics: Vec<Topic>,
}

/// The banks that ship with the program. In a debug build they are read from the source folder.
#[derive(RustEmbed)]
#[folder = "question_banks/"]
struct Shipped;

/// The bytes of a file of the folder, or why there are none.
type Bytes = Result<Cow<'static, [u8]>, &'static str>;

/// Reads the bank in the folder at `path`.
pub fn read_bank_dir(path: &Path) -> Result<BankFolder, Vec<Fault>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = |file: &str| match std::fs::read(path.join(file)) {
        Ok(bytes) => Ok(Cow::Owned(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err("file-missing"),
        Err(_) => Err("file-unreadable"),
    };
    read_folder(&name, bytes)
}

/// The banks that ship with the program, by the names of their folders.
pub fn shipped() -> Result<Vec<BankFolder>, Vec<Fault>> {
    let folders: BTreeSet<String> = Shipped::iter()
        .filter_map(|path| path.split_once('/').map(|(folder, _)| folder.to_owned()))
        .collect();
    let read = |folder: &String| {
        read_folder(folder, |file| {
            let embedded = Shipped::get(&format!("{folder}/{file}"));
            embedded.map(|file| file.data).ok_or("file-missing")
        })
    };
    gather(folders.iter().map(read))
}

/// Reads the bank `name`, whose files `bytes` gives.
fn read_folder(name: &str, bytes: impl Fn(&str) -> Bytes) -> Result<BankFolder, Vec<Fault>> {
    let file = |file: &str| {
        let place = format!("{name}/{file}");
        let text = file_text(&place, bytes(file))?;
        Ok((place, text))
    };
    let (place, text) = file("bank.toml").map_err(|fault| vec![fault])?;
    let index: Index = read_index(&place, &text)?;
    let section = |code: &String| {
        let (place, text) = file(&format!("{code}.toml")).map_err(|fault| vec![fault])?;
        let section = read_section(&place, &text)?;
        if section.code == *code {
            return Ok(section);
        }
        let fault = Fault::new(format!("{place}: section"), "section-differs");
        Err(vec![fault.with("found", section.code)])
    };
    let sections = gather(index.sections.iter().map(section))?;
    check_subject(name, &sections)?;
    Ok(BankFolder {
        subject: index.subject,
        title_zh: index.title_zh,
        title_en: index.title_en,
        sections,
        topics: index.topics,
    })
}

fn file_text(place: &str, bytes: Bytes) -> Result<String, Fault> {
    let at = |fault: Fault| Fault {
        place: place.to_owned(),
        ..fault
    };
    let bytes = bytes.map_err(|code| Fault::new(place, code))?;
    check_size(&bytes).map_err(at)?;
    text::decode(&bytes).map(|(text, _)| text).map_err(at)
}

/// What repeats from one section of a subject to another.
fn check_subject(name: &str, sections: &[Section]) -> Result<(), Vec<Fault>> {
    let items: Vec<_> = sections.iter().flat_map(|s| s.items.clone()).collect();
    let stimuli: Vec<_> = sections.iter().flat_map(|s| s.stimuli.clone()).collect();
    let faults: Vec<Fault> = collection::check_collection(&items, &stimuli)
        .into_iter()
        .map(|fault| Fault {
            place: format!("{name}: {}", fault.place),
            ..fault
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// Everything read, or the faults of all that could not be.
fn gather<T>(results: impl Iterator<Item = Result<T, Vec<Fault>>>) -> Result<Vec<T>, Vec<Fault>> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => read.push(one),
            Err(some) => faults.extend(some),
        }
    }
    if faults.is_empty() {
        Ok(read)
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;

    fn section(code: &str, item: &str) -> String {
        format!(
            "section = \"{code}\"\ntitle_zh = \"题\"\ntitle_en = \"T\"\n\
             [[item]]\nid = \"{item}\"\nkind = \"true_false\"\ntopic = \"t\"\n\
             difficulty = \"easy\"\nstem = \"{item}\"\nkey = \"true\"\n"
        )
    }

    fn folder(files: &[(&str, String)]) -> Result<BankFolder, Vec<Fault>> {
        let bytes = |name: &str| {
            let file = files.iter().find(|(file, _)| *file == name);
            file.map(|(_, text)| Cow::Owned(text.clone().into_bytes()))
                .ok_or("file-missing")
        };
        read_folder("subject", bytes)
    }

    fn index(sections: &str) -> (&'static str, String) {
        let head = "subject = \"subject\"\ntitle_zh = \"题\"\ntitle_en = \"T\"\n";
        ("bank.toml", format!("{head}sections = [{sections}]"))
    }

    #[test]
    fn every_shipped_bank_is_without_fault() {
        let banks = shipped().unwrap();
        for bank in &banks {
            assert!(
                bank.sections
                    .iter()
                    .all(|section| !section.items.is_empty())
            );
        }
        let subjects: BTreeSet<&str> = banks.iter().map(|bank| bank.subject.as_str()).collect();
        assert_eq!(subjects.len(), banks.len(), "two folders hold one subject");
    }

    #[test]
    fn a_folder_on_disk_reads_like_a_shipped_one() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("question_banks");
        for bank in shipped().unwrap() {
            let folder = source.join(&bank.subject);
            assert_eq!(read_bank_dir(&folder), Ok(bank));
        }
        let missing = read_bank_dir(&source.join("no_such_subject")).unwrap_err();
        assert_eq!(said(&missing), ["no_such_subject/bank.toml: file-missing"]);
    }

    #[test]
    fn sections_come_in_the_order_of_the_index() {
        let bank = folder(&[
            index("\"b\", \"a\""),
            ("a.toml", section("a", "1")),
            ("b.toml", section("b", "2")),
        ]);
        let codes: Vec<String> = bank.unwrap().sections.into_iter().map(|s| s.code).collect();
        assert_eq!(codes, ["b", "a"]);
    }

    #[test]
    fn faults_of_all_sections_are_named() {
        let faults = folder(&[
            index("\"a\", \"b\", \"c\""),
            ("a.toml", section("other", "1")),
            ("b.toml", section("b", "2").replace("\"true\"", "\"maybe\"")),
        ])
        .unwrap_err();
        assert_eq!(
            said(&faults),
            [
                "subject/a.toml: section: section-differs",
                "subject/b.toml: item 2: key: unknown-word",
                "subject/c.toml: file-missing",
            ]
        );
    }

    #[test]
    fn a_code_is_not_used_by_two_sections() {
        let faults = folder(&[
            index("\"a\", \"b\""),
            ("a.toml", section("a", "1")),
            (
                "b.toml",
                section("b", "1").replace("stem = \"1\"", "stem = \"二\""),
            ),
        ]);
        assert_eq!(
            said(&faults.unwrap_err()),
            ["subject: item 1: code: duplicate-code"]
        );
    }
}
