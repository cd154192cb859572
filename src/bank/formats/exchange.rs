//! The forms in which items come and go, by the names of files.

use std::fmt;
use std::str::FromStr;

use super::foreign::{Defaults, Loss, Reading};
use super::{Batch, aiken, gift, moodle, qti, sheet, text, toml};
use crate::kernel::Fault;

/// A form in which items are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A table with the columns of the template.
    Csv,
    /// The same as a workbook.
    Xlsx,
    /// The bank's own files, one section each.
    Toml,
    /// Aiken: plain text, single choices only.
    Aiken,
    /// GIFT: plain text.
    Gift,
    /// Moodle XML.
    Moodle,
    /// A package of QTI 2.2.
    Qti22,
    /// A package of QTI 3.0.
    Qti30,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 8] = [
        Self::Csv,
        Self::Xlsx,
        Self::Toml,
        Self::Aiken,
        Self::Gift,
        Self::Moodle,
        Self::Qti22,
        Self::Qti30,
    ];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Toml => "toml",
            Self::Aiken => "aiken",
            Self::Gift => "gift",
            Self::Moodle => "moodle",
            Self::Qti22 => "qti2.2",
            Self::Qti30 => "qti3.0",
        }
    }

    /// The form that a file of this name is written in.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match super::extension(name).as_str() {
            "csv" => Self::Csv,
            "xlsx" => Self::Xlsx,
            "toml" => Self::Toml,
            "txt" => Self::Aiken,
            "gift" => Self::Gift,
            "xml" => Self::Moodle,
            "zip" => Self::Qti30,
            _ => return None,
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|form| form.as_str() == text);
        found.ok_or_else(|| format!("no form is called {text}"))
    }
}

/// Reads the items of a file in any form: by what it holds, and by its name.
pub fn read(name: &str, bytes: &[u8], defaults: &Defaults) -> Reading {
    if qti::is_package(bytes) {
        return qti::read(bytes, defaults);
    }
    let ours = |batch| (batch, Vec::new());
    match super::extension(name).as_str() {
        "gift" => gift::read(&decoded(bytes)?, defaults),
        "xml" => {
            let text = decoded(bytes)?;
            if text.contains("<quiz") {
                moodle::read(&text, defaults)
            } else {
                qti::read(bytes, defaults)
            }
        }
        "txt" => {
            let text = decoded(bytes)?;
            if is_aiken(&text) {
                aiken::read(&text, defaults)
            } else {
                super::read(name, bytes).map(ours)
            }
        }
        _ => super::read(name, bytes).map(ours),
    }
}

/// Whether a text file is no table but a list of questions, each with its answer on a line.
fn is_aiken(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| line.starts_with("ANSWER:") || line.starts_with("答案："))
}

fn decoded(bytes: &[u8]) -> Result<String, Vec<Fault>> {
    super::check_size(bytes).map_err(|fault| vec![fault])?;
    let (text, _) = text::decode(bytes).map_err(|fault| vec![fault])?;
    Ok(text)
}

/// Writes items in a form, and says what it cannot say.
pub fn write(form: Form, batch: &Batch) -> Result<(Vec<u8>, Vec<Loss>), Fault> {
    let failed =
        |error: &dyn fmt::Display| Fault::new("file", "file-unwritable").with("reason", error);
    Ok(match form {
        Form::Csv => {
            let (bytes, losses) = sheet::csv(batch);
            (bytes.map_err(|error| failed(&error))?, losses)
        }
        Form::Xlsx => {
            let (bytes, losses) = sheet::xlsx(batch);
            (bytes.map_err(|error| failed(&error))?, losses)
        }
        Form::Toml => (toml::write_section(batch)?.into_bytes(), Vec::new()),
        Form::Aiken => in_bytes(aiken::write(batch)),
        Form::Gift => in_bytes(gift::write(batch)),
        Form::Moodle => in_bytes(moodle::write(batch)),
        Form::Qti22 => qti::write(batch, qti::Version::V2p2),
        Form::Qti30 => qti::write(batch, qti::Version::V3p0),
    })
}

fn in_bytes((text, losses): (String, Vec<Loss>)) -> (Vec<u8>, Vec<Loss>) {
    (text.into_bytes(), losses)
}

#[cfg(test)]
mod tests {
    use super::super::template_csv;
    use super::*;
    use crate::bank::item::Difficulty;

    fn defaults() -> Defaults {
        Defaults {
            section: "common_knowledge".to_owned(),
            topic: "ck.law".to_owned(),
            difficulty: Difficulty::Medium,
            prefix: "new".to_owned(),
        }
    }

    fn template() -> Batch {
        super::super::read("a.csv", &template_csv()).unwrap()
    }

    /// The items of one section: the bank's own files hold no more.
    fn of_section() -> Batch {
        let mut batch = template();
        batch
            .items
            .retain(|item| item.section == "common_knowledge");
        batch.stimuli.clear();
        batch
    }

    #[test]
    fn every_form_reads_what_it_writes_and_says_what_it_leaves_out() {
        for form in Form::ALL {
            let batch = of_section();
            let (bytes, losses) = write(form, &batch).unwrap();
            let name = match form {
                Form::Csv => "a.csv",
                Form::Xlsx => "a.xlsx",
                Form::Toml => "a.toml",
                Form::Aiken => "a.txt",
                Form::Gift => "a.gift",
                Form::Moodle => "a.xml",
                Form::Qti22 | Form::Qti30 => "a.zip",
            };
            let (again, _) = read(name, &bytes, &defaults()).unwrap();
            if losses.is_empty() {
                assert_eq!(again, batch, "{form}");
            }
            assert!(!again.items.is_empty(), "{form}");
            assert!(form.as_str().parse() == Ok(form));
        }
    }

    #[test]
    fn the_banks_own_files_hold_one_section() {
        let fault = write(Form::Toml, &template()).unwrap_err();
        assert_eq!(fault.code, "sections-differ");
    }
}
