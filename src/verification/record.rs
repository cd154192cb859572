//! The checks of a public record (`docs/record.md`): no database, no key, nothing but the file.

mod completeness;
mod drawn;
mod draws;
mod log;
mod marks;
mod public;
mod reading;
mod totals;

use std::io::BufRead;

use self::public::Public;
use self::reading::Record;
use super::rules::{Difference, Outcome};
use crate::regulation::{OpenMarks, Phase};

pub use self::reading::Unreadable;

/// A check of a record.
type Run = fn(&Public) -> Result<usize, Difference>;

/// A check by its number, and from which phase on there is something to check; none if it needs the
/// items, the answers or the office's database.
struct Check {
    number: u8,
    name: &'static str,
    run: Option<(Phase, Run)>,
    /// Whether it looks at the marks of components, which the rules may keep closed.
    of_components: bool,
}

const fn check(number: u8, name: &'static str, since: Phase, run: Run) -> Check {
    Check {
        number,
        name,
        run: Some((since, run)),
        of_components: false,
    }
}

/// A check of the marks of components.
const fn of_components(number: u8, name: &'static str, run: Run) -> Check {
    Check {
        of_components: true,
        ..check(number, name, Phase::WrittenPublished, run)
    }
}

const fn needs_more(number: u8, name: &'static str) -> Check {
    Check {
        number,
        name,
        run: None,
        of_components: false,
    }
}

/// What stands between the log and its witnesses.
const CHECKS: [Check; 12] = [
    check(2, "rules", Phase::Announced, public::rules),
    check(3, "tickets", Phase::Ticketed, drawn::tickets),
    needs_more(4, "items"),
    check(5, "papers", Phase::Marking, drawn::papers),
    needs_more(6, "answers"),
    needs_more(7, "objective marks"),
    of_components(8, "scripts", marks::scripts),
    of_components(9, "components", marks::components),
    check(10, "ranking", Phase::WrittenPublished, marks::ranking),
    check(
        11,
        "completeness",
        Phase::Ticketed,
        completeness::completeness,
    ),
    needs_more(12, "published log"),
    check(13, "draws", Phase::Announced, draws::draws),
];

/// Checks a record. What is not a record at all is refused; of anything else each check says what
/// it found.
pub fn verify(file: impl BufRead) -> Result<Vec<Outcome>, Unreadable> {
    let record = Record::read(file)?;
    let mut outcomes = vec![Outcome::new(1, "log").and(log::log(&record))];
    let public = Public::read(&record);
    outcomes.extend(CHECKS.iter().map(|check| outcome(check, public.as_ref())));
    let witnesses = Outcome::new(14, "witnesses");
    outcomes.push(match log::witnesses(&record) {
        Ok(None) => witnesses,
        Ok(Some(count)) => witnesses.and(Ok(count)),
        Err(difference) => witnesses.and(Err(difference)),
    });
    Ok(outcomes)
}

fn outcome(check: &Check, public: Result<&Public, &Difference>) -> Outcome {
    let outcome = Outcome::new(check.number, check.name);
    match (check.run, public) {
        (Some(_), Ok(public)) if check.of_components && public.marks == OpenMarks::Totals => {
            outcome
        }
        (Some((since, run)), Ok(public)) if public.phase >= since => outcome.and(run(public)),
        (Some(_), Err(difference)) => outcome.and(Err(difference.clone())),
        _ => outcome,
    }
}
