//! `keju calibrate` and `keju statistics`: figures from a file of responses, without a server.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::files;
use crate::kernel::Problem;
use crate::psychometrics::ability::{Ability, eap, wle};
use crate::psychometrics::calibrate::{Fit, calibrate as fit};
use crate::psychometrics::classical::{TestStatistics, statistics as classical};
use crate::psychometrics::reading::{Responses, parse_key};
use crate::psychometrics::{ItemParameters, Model};

/// The estimates of a candidate's ability.
#[derive(Debug, Serialize)]
pub struct Estimate {
    /// The candidate's line, from one, the heading not counted.
    pub line: usize,
    /// Expected a posteriori.
    pub eap: Ability,
    /// Weighted likelihood; none if no answer was given.
    pub wle: Option<Ability>,
}

/// What `keju calibrate` found.
#[derive(Debug, Serialize)]
pub struct Calibration {
    /// The fitted model.
    #[serde(flatten)]
    pub fit: Fit,
    /// Abilities, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub abilities: Vec<Estimate>,
}

fn text(path: &Path) -> Result<String, Problem> {
    let bytes = std::fs::read(path).map_err(|error| files::named(path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| Problem::internal(format!("{}: the file is not UTF-8 text", path.display())))
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("{}: {why}", path.display()))
}

/// Right and wrong answers, scored by a key if there is one.
type Scored = (Responses, Vec<Vec<Option<bool>>>);

fn scored(responses: &Path, key: Option<&Path>) -> Result<Scored, Problem> {
    let read = Responses::parse(&text(responses)?).map_err(|why| wrong(responses, why))?;
    let scored = match key {
        None => read.scored(),
        Some(path) => {
            let key = parse_key(&text(path)?).map_err(|why| wrong(path, why))?;
            read.scored_by(&key)
        }
    };
    let scored = scored.map_err(|why| wrong(responses, why))?;
    Ok((read, scored))
}

/// Fits a model to the responses of a file.
pub fn calibrate(
    responses: &Path,
    key: Option<&Path>,
    model: Model,
    abilities: bool,
) -> Result<Calibration, Problem> {
    let (read, scored) = scored(responses, key)?;
    let fit = fit(&read.items, &scored, model).map_err(|why| wrong(responses, why))?;
    let items: Vec<ItemParameters> = fit.items.iter().map(|item| item.parameters()).collect();
    let estimate = |(line, row): (usize, &Vec<Option<bool>>)| Estimate {
        line,
        eap: eap(&items, row),
        wle: wle(&items, row),
    };
    let estimates = if abilities {
        (1..).zip(&scored).map(estimate).collect()
    } else {
        Vec::new()
    };
    Ok(Calibration {
        fit,
        abilities: estimates,
    })
}

/// The classical figures of a file of responses.
pub fn statistics(responses: &Path, key: Option<&Path>) -> Result<TestStatistics, Problem> {
    let (read, scored) = scored(responses, key)?;
    let keys = key
        .map(|path| parse_key(&text(path)?).map_err(|why| wrong(path, why)))
        .transpose()?;
    let given = keys.as_ref().map(|key| (read.rows.as_slice(), key));
    Ok(classical(&read.items, &scored, given))
}

fn or_none(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.places$}"))
}

/// A fit as a table of text.
pub fn calibration_text(found: &Calibration) -> String {
    let fit = &found.fit;
    let mut text = format!(
        "{} candidates, {} items, {} parameters\nlog-likelihood {:.4}  AIC {:.2}  BIC {:.2}  {} rounds{}\n\n",
        fit.persons,
        fit.items.len(),
        fit.parameters,
        fit.log_likelihood,
        fit.aic,
        fit.bic,
        fit.iterations,
        if fit.converged { "" } else { ", NOT CONVERGED" }
    );
    text.push_str("item                    n  facility         a      (se)         b      (se)         c      (se)\n");
    for item in &fit.items {
        let _ = writeln!(
            text,
            "{:<18} {:>6}  {:>8.4}  {:>8.4}  {:>8}  {:>8.4}  {:>8}  {:>8.4}  {:>8}",
            item.item,
            item.n,
            item.facility,
            item.a,
            or_none(item.a_se, 4),
            item.b,
            or_none(item.b_se, 4),
            item.c,
            or_none(item.c_se, 4)
        );
    }
    for one in &found.abilities {
        let wle = one
            .wle
            .map(|wle| (Some(wle.theta), Some(wle.se)))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "candidate {:>6}  EAP {:>8.4} ({:.4})  WLE {:>8} ({})",
            one.line,
            one.eap.theta,
            one.eap.se,
            or_none(wle.0, 4),
            or_none(wle.1, 4)
        );
    }
    text
}

/// Classical figures as a table of text.
pub fn statistics_text(found: &TestStatistics) -> String {
    let mut text = format!(
        "{} candidates, {} items\nmean {:.4}  SD {:.4}  alpha {}  SEM {}\n\n",
        found.persons,
        found.items.len(),
        found.mean,
        found.sd,
        or_none(found.alpha, 6),
        or_none(found.sem, 4)
    );
    text.push_str("item                    n  facility  item-rest  item-total  alpha without  upper − lower\n");
    for item in &found.items {
        let _ = writeln!(
            text,
            "{:<18} {:>6}  {:>8.4}  {:>9}  {:>10}  {:>13}  {:>13}",
            item.item,
            item.n,
            item.facility,
            or_none(item.item_rest, 4),
            or_none(item.item_total, 4),
            or_none(item.alpha_without, 4),
            or_none(item.upper_lower, 4)
        );
        for answer in &item.answers {
            let _ = writeln!(
                text,
                "    {:<3}{} {:>6.1} %   best {:>5.1} %   weakest {:>5.1} %",
                if answer.answer.is_empty() {
                    "-"
                } else {
                    &answer.answer
                },
                if answer.key { '*' } else { ' ' },
                answer.share * 100.0,
                answer.upper * 100.0,
                answer.lower * 100.0
            );
        }
    }
    text
}
