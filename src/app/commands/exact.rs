//! `keju assemble --exact`: a few parallel forms that nobody could choose better.

use super::assemble::{Made, Order};
use crate::kernel::Problem;

/// How many forms, and how long to look for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exactly {
    /// Most forms on which an item may be.
    pub uses: usize,
    /// Most seconds for the solver.
    pub seconds: u32,
    /// How much better forms may be left unfound, in parts of the tolerance.
    pub gap: f64,
}

/// Chooses `order.papers` forms and writes what `assemble` writes; the manifest says how they were
/// found.
#[cfg(feature = "exact")]
pub fn exact(order: &Order<'_>, exactly: &Exactly) -> Result<Made, Problem> {
    use super::assemble::{Given, papers};
    use crate::assembly::forms::{EXACT_FORMS_MAX as FORMS_MAX, ExactOrder, exact as choose};

    if !(1..=FORMS_MAX).contains(&order.papers) {
        return Err(Problem::internal(format!(
            "--forms must be from 1 to {FORMS_MAX}"
        )));
    }
    if !(exactly.gap > 0.0 && exactly.gap <= 1.0) {
        return Err(Problem::internal("--gap must be above 0 and at most 1"));
    }
    let given = Given::read(order)?;
    let wanted = ExactOrder {
        forms: order.papers,
        uses: exactly.uses,
        seconds: exactly.seconds,
        gap: exactly.gap,
    };
    let found = choose(&given.blueprint, &given.items, &wanted, &given.seed);
    let found = found.map_err(|why| Problem::internal(why.to_string()))?;
    let (forms, record) = (&found.assembly, &found.record);
    let figures = given.report(forms, order.papers)?;
    if record.objective > 1.0 {
        return Err(Problem::internal(format!(
            "the best forms that were found are {:.2} times as far away as the tolerance allows ({}, none below {:.2}); widen the tolerances or the bank. {} says more",
            record.objective,
            record.status,
            record.bound,
            order.out.join("report.html").display()
        )));
    }
    let lines = (0..forms.len()).map(|number| forms.line(number, &given.items));
    let root = papers(order.out, lines)?;
    let more = serde_json::json!({ "exact": record });
    let manifest = given.manifest("keju-exact/1", forms, &root, more)?;
    Ok(Made {
        papers_root: root,
        manifest,
        exact: Some(record.clone()),
        report: figures,
    })
}

/// Says that this program cannot, and which could.
#[cfg(not(feature = "exact"))]
pub fn exact(_: &Order<'_>, _: &Exactly) -> Result<Made, Problem> {
    Err(Problem::internal(
        "this keju was built without a solver for --exact; build it with `cargo build --release --features exact`, which needs cmake and libclang",
    ))
}
