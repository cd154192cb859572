//! `keju assemble`: equal papers from calibrated items, without a server.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::files;
use crate::assembly::forms::{
    Assembly, FormBlueprint, FormItem, Report, Shortage, assemble as make, html, read_items, report,
};
use crate::draw::Seed;
use crate::kernel::Problem;

/// What `keju assemble` made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Root over all papers, hexadecimal: commit to it before the examination.
    pub papers_root: String,
    /// SHA-256 of `manifest.json`, hexadecimal.
    pub manifest: String,
    /// How well forms were chosen, where a solver chose them.
    #[cfg(feature = "exact")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<crate::assembly::forms::ExactRecord>,
    /// The figures.
    pub report: Report,
}

/// What to assemble.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The items.
    pub items: &'a Path,
    /// The blueprint.
    pub blueprint: &'a Path,
    /// How many papers.
    pub papers: usize,
    /// The seed, hexadecimal.
    pub seed: &'a str,
    /// Where to write; the directory is made.
    pub out: &'a Path,
}

/// The file of the papers.
const PAPERS: &str = "papers.csv";

/// Most papers of one assembly.
const PAPERS_MAX: usize = 5_000_000;

/// What was given, read.
pub(super) struct Given<'a> {
    order: &'a Order<'a>,
    /// SHA-256 of the file of items, and of the blueprint.
    hashes: [String; 2],
    pub items: Vec<FormItem>,
    pub blueprint: FormBlueprint,
    pub seed: Seed,
}

impl<'a> Given<'a> {
    pub fn read(order: &'a Order<'a>) -> Result<Self, Problem> {
        if !(1..=PAPERS_MAX).contains(&order.papers) {
            return Err(Problem::internal(format!(
                "--papers must be from 1 to {PAPERS_MAX}"
            )));
        }
        // Papers may be committed to already, and nothing brings back what was written over.
        if order.out.join(PAPERS).exists() {
            return Err(Problem::internal(format!(
                "{} holds papers already; name another directory",
                order.out.display()
            )));
        }
        let (items, blueprint) = (read(order.items)?, read(order.blueprint)?);
        let named =
            |path: &Path, why: String| Problem::internal(format!("{}: {why}", path.display()));
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        Ok(Self {
            order,
            hashes: [hash(&items), hash(&blueprint)],
            items: read_items(&items).map_err(|why| named(order.items, why.to_string()))?,
            blueprint: FormBlueprint::from_toml(&blueprint)
                .map_err(|why| named(order.blueprint, why))?,
            seed: seed(order.seed)?,
        })
    }

    /// The figures of an assembly that was asked for `asked` papers, written as `report.json` and
    /// `report.html` into the directory, which is made.
    pub fn report(&self, assembly: &Assembly, asked: usize) -> Result<Report, Problem> {
        let out = self.order.out;
        let figures = report(assembly, &self.blueprint, &self.items, asked, &self.seed);
        fs::create_dir_all(out).map_err(|error| files::named(out, &error))?;
        let text = serde_json::to_vec_pretty(&figures).map_err(Problem::internal)?;
        write(out, "report.json", &text)?;
        write(out, "report.html", html(&figures).as_bytes())?;
        Ok(figures)
    }

    /// Writes `manifest.json`, with what `more` says besides; gives its hash.
    pub fn manifest(
        &self,
        format: &str,
        assembly: &Assembly,
        root: &str,
        more: serde_json::Value,
    ) -> Result<String, Problem> {
        let mut manifest = json!({
            "format": format,
            "items_sha256": self.hashes[0],
            "blueprint": self.blueprint,
            "blueprint_sha256": self.hashes[1],
            "seed": hex::encode(self.seed.bytes()),
            "papers": assembly.len(),
            "papers_root": root,
            "numbers": assembly.numbers(&self.blueprint, &self.items),
        });
        if let (Some(manifest), serde_json::Value::Object(more)) = (manifest.as_object_mut(), more)
        {
            manifest.extend(more);
        }
        let manifest = serde_json_canonicalizer::to_vec(&manifest).map_err(Problem::internal)?;
        write(self.order.out, "manifest.json", &manifest)?;
        Ok(hex::encode(Sha256::digest(&manifest)))
    }
}

/// Why a blueprint is refused, cell by cell.
pub(super) fn cannot_be_met(shortages: &[Shortage]) -> Problem {
    let lines: Vec<String> = shortages.iter().map(ToString::to_string).collect();
    Problem::internal(format!(
        "the blueprint cannot be met:\n  {}",
        lines.join("\n  ")
    ))
}

/// Makes papers and writes `papers.csv`, `manifest.json`, `report.json` and `report.html`. Refuses,
/// cell by cell, what the bank cannot give, and a directory that holds papers already. With fewer
/// papers within all limits than asked for nothing is written but the report that says why.
pub fn assemble(order: &Order<'_>) -> Result<Made, Problem> {
    let given = Given::read(order)?;
    let assembly = make(&given.blueprint, &given.items, order.papers, &given.seed)
        .map_err(|shortages| cannot_be_met(&shortages))?;
    let figures = given.report(&assembly, order.papers)?;
    if assembly.len() < order.papers {
        let why = figures
            .dropped
            .iter()
            .map(|(why, count)| format!("{count} failed {why:?}"));
        let why: Vec<String> = why.collect();
        return Err(Problem::internal(format!(
            "only {} of {} papers are within all limits ({}); widen the tolerances or the bank. {} says more",
            assembly.len(),
            order.papers,
            why.join(", "),
            order.out.join("report.html").display()
        )));
    }
    let root = papers(
        order.out,
        (0..assembly.len()).map(|number| assembly.line(number, &given.items)),
    )?;
    let manifest = given.manifest(
        "keju-forms/1",
        &assembly,
        &root,
        json!({ "made": assembly.made }),
    )?;
    Ok(Made {
        papers_root: root,
        manifest,
        #[cfg(feature = "exact")]
        exact: None,
        report: figures,
    })
}

fn read(path: &Path) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|error| files::named(path, &error))
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Problem> {
    let path = out.join(name);
    fs::write(&path, bytes).map_err(|error| files::named(&path, &error))
}

/// 64 hexadecimal digits are the seed; of anything else in hexadecimal the SHA-256 is.
fn seed(text: &str) -> Result<Seed, Problem> {
    let bytes = hex::decode(text.trim())
        .ok()
        .filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or_else(|| Problem::internal("--seed must be hexadecimal digits"))?;
    let seed = Seed::from_slice(&bytes);
    Ok(seed.unwrap_or_else(|| Seed::new(Sha256::digest(&bytes).into())))
}

/// Writes a line for each paper; gives the root over them, hexadecimal.
pub(super) fn papers(out: &Path, lines: impl Iterator<Item = String>) -> Result<String, Problem> {
    let path = out.join(PAPERS);
    let failed = |error: std::io::Error| files::named(&path, &error);
    let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
    let mut tree = crate::kernel::merkle::Growing::default();
    for line in lines {
        tree.push(crate::kernel::merkle::leaf_hash(line.as_bytes()));
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    Ok(hex::encode(tree.root()))
}

/// How well a solver chose, in words; nothing where none did.
fn chosen_text(made: &Made) -> String {
    #[cfg(feature = "exact")]
    if let Some(exact) = &made.exact {
        return format!(
            "{} {}, {}: at the worst {:.4} of the tolerance, and no forms are below {:.4}\n",
            exact.solver, exact.version, exact.status, exact.objective, exact.bound
        );
    }
    let _ = made;
    String::new()
}

/// What was made, in words.
pub fn made_text(made: &Made, out: &Path) -> String {
    let report = &made.report;
    let worst = report
        .abilities
        .iter()
        .map(|one| one.issued.max.abs().max(one.issued.min.abs()));
    let worst = worst.fold(0.0, f64::max);
    format!(
        "{} papers of {} items, each within {} marks at {} abilities (worst {worst:.3})\n\
         largest exposure {:.2} % (least possible {:.2} %), {} items unused\n\
         two papers have {:.2} items in common on average, at most {:.0} of the pairs looked at\n\
         {}root of the papers {}\nmanifest {}\nwritten to {}\n",
        report.issued,
        report.items_per_paper,
        report.score_tolerance.unwrap_or_default(),
        report.abilities.len(),
        report.exposure.max * 100.0,
        report.exposure_least_max * 100.0,
        report.unused,
        report.overlap.mean,
        report.overlap.max,
        chosen_text(made),
        made.papers_root,
        made.manifest,
        out.display()
    )
}
