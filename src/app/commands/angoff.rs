//! `keju angoff`: the cut score that judges' ratings set, and difficulties until there are answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::files;
use crate::kernel::Problem;
use crate::psychometrics::angoff::{Outlier, RatedItem, Ratings, Standard, standard};

/// What ratings are taken for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumed {
    /// Guessing of items whose heading names none.
    pub guessing: f64,
    /// Ability of those who are just competent.
    pub ability: f64,
}

/// The standard that the ratings of a file set.
pub fn angoff(ratings: &Path, assumed: Assumed) -> Result<Standard, Problem> {
    if !(0.0..0.9).contains(&assumed.guessing) {
        return Err(Problem::internal("--guessing must be from 0 to below 0.9"));
    }
    if !(-4.0..=4.0).contains(&assumed.ability) {
        return Err(Problem::internal("--ability must be from −4 to 4"));
    }
    let read = Ratings::parse(&files::read(ratings)?);
    let read = read.map_err(|why| Problem::internal(format!("{}: {why}", ratings.display())))?;
    Ok(standard(&read, assumed.guessing, assumed.ability))
}

/// Writes the items' parameters where `keju assemble` reads them: as a file of their own, or into the
/// lines that a bank has for them, all else left as it is.
pub fn write_rated(found: &Standard, bank: Option<&Path>, out: &Path) -> Result<(), Problem> {
    let lines = match bank {
        None => own_lines(found),
        Some(path) => merged(&files::read(path)?, found)
            .map_err(|why| Problem::internal(format!("{}: {why}", path.display())))?,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in &lines {
        writer.write_record(line).map_err(Problem::internal)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Problem::internal(error.to_string()))?;
    fs::write(out, bytes).map_err(|error| files::named(out, &error))
}

/// The parameters as they are written: a, b and c.
fn parameters(item: &RatedItem) -> [String; 3] {
    [
        format!("{}", item.a),
        format!("{:.4}", item.b),
        format!("{:.4}", item.c),
    ]
}

fn own_lines(found: &Standard) -> Vec<Vec<String>> {
    let heading = ["id", "a", "b", "c"].map(str::to_owned).to_vec();
    let lines = found.items.iter().map(|item| {
        let [a, b, c] = parameters(item);
        vec![item.item.clone(), a, b, c]
    });
    std::iter::once(heading).chain(lines).collect()
}

/// The lines of a bank with the parameters of the items that were rated.
fn merged(bank: &str, found: &Standard) -> Result<Vec<Vec<String>>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(bank.strip_prefix('\u{feff}').unwrap_or(bank).as_bytes());
    let records = reader.records().collect::<Result<Vec<_>, _>>();
    let records = records.map_err(|why| why.to_string())?;
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let mut lines: Vec<Vec<String>> = records.iter().map(cells).collect();
    let Some((heading, rows)) = lines.split_first_mut() else {
        return Err("there are no items".to_owned());
    };
    let place = |heading: &[String], name: &str| {
        heading
            .iter()
            .position(|cell| cell.eq_ignore_ascii_case(name))
    };
    let id = place(heading, "id")
        .ok_or("the column `id` is missing; `keju bank pool` makes such a file of a bank")?;
    let places = ["a", "b", "c"].map(|name| {
        place(heading, name).unwrap_or_else(|| {
            heading.push(name.to_owned());
            rows.iter_mut().for_each(|row| row.push(String::new()));
            heading.len() - 1
        })
    });
    let mut left: BTreeMap<&str, &RatedItem> = found
        .items
        .iter()
        .map(|item| (item.item.as_str(), item))
        .collect();
    for row in rows {
        let Some(item) = row.get(id).and_then(|id| left.remove(id.as_str())) else {
            continue;
        };
        for (place, parameter) in places.iter().zip(parameters(item)) {
            if let Some(cell) = row.get_mut(*place) {
                *cell = parameter;
            }
        }
    }
    match left.keys().next() {
        Some(unknown) => Err(format!("the rated item `{unknown}` is not in it")),
        None => Ok(lines),
    }
}

/// A standard as tables of text.
pub fn standard_text(found: &Standard) -> String {
    let mut text = format!(
        "{} judges, {} items\ncut score {:.4} of {}, {:.2} %  standard error {:.4}\n\n",
        found.judges.len(),
        found.items.len(),
        found.cut,
        found.items.len(),
        found.share * 100.0,
        found.se
    );
    text.push_str("judge                   n       cut  with the others\n");
    for judge in &found.judges {
        let agreement = judge
            .agreement
            .map_or_else(|| "-".to_owned(), |r| format!("{r:.4}"));
        let why = match judge.outlier {
            None => "",
            Some(Outlier::Severity) => "  OUTLIER: far from the cut scores of the others",
            Some(Outlier::Agreement) => "  OUTLIER: goes with the others no more than by chance",
        };
        let _ = writeln!(
            text,
            "{:<18} {:>6}  {:>8.4}  {agreement:>15}{why}",
            judge.judge, judge.n, judge.cut
        );
    }
    text.push_str(
        "\nitem                    n      mean        SD       min       max         b         c\n",
    );
    for item in &found.items {
        let sd = item
            .sd
            .map_or_else(|| "-".to_owned(), |sd| format!("{sd:.4}"));
        let _ = writeln!(
            text,
            "{:<18} {:>6}  {:>8.4}  {sd:>8}  {:>8.4}  {:>8.4}  {:>8.4}  {:>8.4}{}",
            item.item,
            item.n,
            item.mean,
            item.min,
            item.max,
            item.b,
            item.c,
            if item.held {
                "  held: no difficulty gives this share"
            } else {
                ""
            }
        );
    }
    text
}
