//! `keju bank`: files of items at a desk, without a server: what they hold, in another form, and
//! instances of templates.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::files;
use crate::assembly::forms;
use crate::bank::formats::{self, Batch, Defaults, Form, Loss, Reading, exchange};
use crate::bank::item::{Item, option_letter};
use crate::bank::{parametric, similar};
use crate::draw::Seed;
use crate::http::Lang;
use crate::kernel::{Fault, Problem};

/// Something about a place in a file, in words.
#[derive(Debug, Serialize)]
pub struct Remark {
    /// Where.
    pub place: String,
    /// The code.
    pub code: &'static str,
    /// In words.
    pub text: String,
}

impl Remark {
    fn new(prefix: &str, place: &str, code: &'static str, args: &[(&'static str, String)]) -> Self {
        let args: Vec<_> = args
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Self {
            place: place.to_owned(),
            code,
            text: Lang::En.message_with(&format!("{prefix}-{code}"), args),
        }
    }

    fn of_fault(fault: &Fault) -> Self {
        Self::new("fault", &fault.place, fault.code, &fault.args)
    }

    fn of_loss(loss: &Loss) -> Self {
        Self::new("loss", &loss.place, loss.code, &loss.args)
    }
}

/// Two items that ask nearly the same.
#[derive(Debug, Serialize)]
pub struct Twins {
    /// The later one.
    pub item: String,
    /// The earlier one.
    pub twin: String,
    /// How much of their questions they have in common, in per cent.
    pub percent: usize,
}

/// What `keju bank check` found in a file.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// How many items it holds.
    pub items: usize,
    /// How many of each kind.
    pub kinds: BTreeMap<&'static str, usize>,
    /// How many of each section.
    pub sections: BTreeMap<String, usize>,
    /// How many stimuli they share.
    pub stimuli: usize,
    /// Items that ask nearly the same as one before them.
    pub near: Vec<Twins>,
    /// What is wrong; then there are no items.
    pub faults: Vec<Remark>,
    /// What the bank cannot keep.
    pub losses: Vec<Remark>,
}

/// Reads files of items, or folders that hold a bank.
pub fn check(paths: &[impl AsRef<Path>], defaults: &Defaults) -> Result<Vec<Checked>, Problem> {
    let paths = paths.iter().map(AsRef::as_ref);
    paths.map(|path| check_one(path, defaults)).collect()
}

fn check_one(path: &Path, defaults: &Defaults) -> Result<Checked, Problem> {
    let mut checked = Checked {
        file: path.display().to_string(),
        items: 0,
        kinds: BTreeMap::new(),
        sections: BTreeMap::new(),
        stimuli: 0,
        near: Vec::new(),
        faults: Vec::new(),
        losses: Vec::new(),
    };
    match read(path, defaults)? {
        Ok((batch, losses)) => {
            checked.items = batch.items.len();
            checked.stimuli = batch.stimuli.len();
            for item in &batch.items {
                *checked.kinds.entry(item.body.kind().as_str()).or_default() += 1;
                *checked.sections.entry(item.section.clone()).or_default() += 1;
            }
            checked.near = twins(&batch.items);
            checked.losses = losses.iter().map(Remark::of_loss).collect();
        }
        Err(faults) => checked.faults = faults.iter().map(Remark::of_fault).collect(),
    }
    Ok(checked)
}

fn twins(items: &[Item]) -> Vec<Twins> {
    let near = similar::near(items).into_iter();
    let twins = near.filter_map(|near| {
        Some(Twins {
            item: items.get(near.second)?.code.clone(),
            twin: items.get(near.first)?.code.clone(),
            percent: near.percent,
        })
    });
    twins.collect()
}

fn read(path: &Path, defaults: &Defaults) -> Result<Reading, Problem> {
    if path.is_dir() {
        let bank = formats::read_bank_dir(path);
        return Ok(bank.map(|bank| {
            let mut batch = Batch::default();
            for section in bank.sections {
                batch.items.extend(section.items);
                batch.stimuli.extend(section.stimuli);
            }
            (batch, Vec::new())
        }));
    }
    let bytes = std::fs::read(path).map_err(|error| files::named(path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(exchange::read(&name, &bytes, defaults))
}

/// What was found, for people.
pub fn checked_text(checked: &[Checked]) -> String {
    let mut text = String::new();
    for one in checked {
        let kinds: Vec<String> = one
            .kinds
            .iter()
            .map(|(kind, n)| format!("{n} {kind}"))
            .collect();
        let _ = match one.faults.len() {
            0 => writeln!(
                text,
                "{}: {} items ({})",
                one.file,
                one.items,
                kinds.join(", ")
            ),
            faults => writeln!(
                text,
                "{}: {faults} faults, nothing can be taken in",
                one.file
            ),
        };
        for twins in &one.near {
            let Twins {
                item,
                twin,
                percent,
            } = twins;
            let _ = writeln!(text, "  near {item}: {percent} % the same as {twin}");
        }
        for (word, remarks) in [("fault", &one.faults), ("loss", &one.losses)] {
            for remark in remarks {
                let _ = writeln!(text, "  {word} {}: {}", remark.place, remark.text);
            }
        }
    }
    text
}

/// What `keju bank convert` did.
#[derive(Debug, Serialize)]
pub struct Converted {
    /// How many items were written.
    pub items: usize,
    /// What the bank cannot keep of the one form, and the other cannot say.
    pub losses: Vec<Remark>,
}

/// Reads items in one form and writes them in another, into a new file.
pub fn convert(
    from: &Path,
    to: &Path,
    form: Option<Form>,
    defaults: &Defaults,
) -> Result<Converted, Problem> {
    let name = to.to_string_lossy();
    let unknown = || Problem::internal(format!("{name}: no form is written under such a name"));
    let form = form.or_else(|| Form::of_name(&name)).ok_or_else(unknown)?;
    let (batch, mut losses) = read(from, defaults)?.map_err(Problem::invalid)?;
    let (bytes, left_out) =
        exchange::write(form, &batch).map_err(|fault| Problem::invalid(vec![fault]))?;
    files::write(to, &bytes)?;
    losses.extend(left_out);
    Ok(Converted {
        items: batch.items.len(),
        losses: losses.iter().map(Remark::of_loss).collect(),
    })
}

/// Reads a bank and lists its items as the assembly at the desk reads them; how many.
pub fn pool(from: &Path, to: &Path, defaults: &Defaults) -> Result<usize, Problem> {
    let (batch, _) = read(from, defaults)?.map_err(Problem::invalid)?;
    files::write(to, forms::list_items(&batch.items).as_bytes())?;
    Ok(batch.items.len())
}

/// What was done, for people.
pub fn converted_text(converted: &Converted) -> String {
    let mut text = format!("{} items\n", converted.items);
    for loss in &converted.losses {
        let _ = writeln!(text, "  loss {}: {}", loss.place, loss.text);
    }
    text
}

/// An item that a template gave, with what its variables stand for.
#[derive(Debug, Serialize)]
pub struct Given {
    /// The template.
    pub template: String,
    /// Which instance.
    pub number: u64,
    /// The variables: numbers as `7/3`, texts as they are.
    pub values: BTreeMap<String, String>,
    /// The item.
    pub item: Item,
}

/// So many instances of every template in a file, from a seed.
pub fn instances(path: &Path, count: usize, seed: &str) -> Result<Vec<Given>, Problem> {
    let bytes = std::fs::read_to_string(path).map_err(|error| files::named(path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let seed = Seed::from_hex(seed)
        .ok_or_else(|| Problem::internal("--seed must be 64 hexadecimal digits"))?;
    let templates = parametric::read(&name, &bytes).map_err(Problem::invalid)?;
    let mut given = Vec::new();
    for template in &templates {
        let made = parametric::instances(template, &seed, count);
        let made = made.map_err(|fault| Problem::invalid(vec![fault]))?;
        given.extend(made.into_iter().map(|instance| Given {
            template: template.id.clone(),
            number: instance.number,
            values: instance.values.in_words(),
            item: instance.item,
        }));
    }
    Ok(given)
}

/// The instances, for people: the question and its key.
pub fn given_text(given: &[Given]) -> String {
    let mut text = String::new();
    for one in given {
        let _ = writeln!(text, "{} {}", one.item.code, one.item.stem);
        for (place, option) in one.item.body.options().iter().enumerate() {
            let _ = writeln!(text, "    {} {option}", option_letter(place));
        }
        let _ = writeln!(text, "    {}", one.item.explanation);
    }
    text
}

/// Writes instances into a new file of a bank.
pub fn write_instances(given: &[Given], out: &Path) -> Result<(), Problem> {
    let batch = Batch {
        items: given.iter().map(|one| one.item.clone()).collect(),
        ..Batch::default()
    };
    let name = out.to_string_lossy();
    let form = Form::of_name(&name).unwrap_or(Form::Toml);
    let written = exchange::write(form, &batch);
    let (bytes, _) = written.map_err(|fault| Problem::invalid(vec![fault]))?;
    files::write(out, &bytes)
}
