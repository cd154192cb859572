//! `keju assemble --walk-in`: a paper for each candidate who walks in, without a server.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::assemble::{Given, Made, Order, cannot_be_met, papers};
use super::files;
use crate::assembly::forms::{WalkInRun, walk_in as make};
use crate::kernel::Problem;

/// Most bytes of a candidate's code.
const CODE_MAX: usize = 64;

/// Makes a paper for each candidate, in order, and writes what `assemble` writes. The codes stand in
/// the file `candidates`, one on a line; without one they are the numbers from 1 to `order.papers`.
/// If a candidate is refused nothing is written but the report.
pub fn walk_in(order: &Order<'_>, candidates: Option<&Path>) -> Result<Made, Problem> {
    let codes = match candidates {
        Some(path) => codes(path)?,
        None => (1..=order.papers).map(|code| code.to_string()).collect(),
    };
    let order = Order {
        papers: codes.len(),
        ..*order
    };
    let given = Given::read(&order)?;
    let codes = codes.iter().map(String::as_str);
    let run = make(&given.blueprint, &given.items, codes, &given.seed);
    let run = run.map_err(|shortages| cannot_be_met(&shortages))?;
    let figures = given.report(&run.assembly, order.papers)?;
    if let Some(refused) = refused(&run, &order) {
        return Err(refused);
    }
    let root = papers(order.out, run.lines.iter().cloned())?;
    let manifest = given.manifest(
        "keju-walk-in/1",
        &run.assembly,
        &root,
        json!({ "warm_up": run.warm_up }),
    )?;
    Ok(Made {
        papers_root: root,
        manifest,
        #[cfg(feature = "exact")]
        exact: None,
        report: figures,
    })
}

/// The candidates without a paper, in words.
fn refused(run: &WalkInRun, order: &Order<'_>) -> Option<Problem> {
    let (code, why) = run.refused.first()?;
    Some(Problem::internal(format!(
        "{} of {} candidates get no paper, the first of them {code}: {why}. {} says more",
        run.refused.len(),
        order.papers,
        order.out.join("report.html").display()
    )))
}

/// The codes of a file, one on a line.
fn codes(path: &Path) -> Result<Vec<String>, Problem> {
    let text = files::read(path)?;
    let mut seen = BTreeSet::new();
    let mut codes = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim();
        if code.is_empty() {
            continue;
        }
        let wrong = |why: &str| {
            let path = path.display();
            Problem::internal(format!("{path}: line {number}: `{code}` {why}"))
        };
        // A code begins a line of papers.csv, and commas end it.
        let odd = |c: char| c.is_control() || matches!(c, ',' | '"');
        if code.len() > CODE_MAX || code.contains(odd) {
            return Err(wrong(
                "is no code: at most 64 bytes without commas and quotes",
            ));
        }
        if !seen.insert(code.to_owned()) {
            return Err(wrong("stands twice"));
        }
        codes.push(code.to_owned());
    }
    Ok(codes)
}
