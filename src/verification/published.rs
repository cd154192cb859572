//! V12: what is published is what the rows give.

use super::rules::{At as _, Difference, same_hash};
use crate::kernel::merkle;
use crate::ledger::note::Head;
use crate::ledger::publish::Logs;
use crate::ledger::tile::{Level, TileName, WIDTH, bundle};
use crate::ledger::{self, Log, LogEntry};
use crate::store::View;

/// Compares the files of every log with the leaves that are rebuilt from the decisions. This is
/// what finds a row that was changed under an untouched log, and files that were changed under
/// untouched rows. Gives the number of entries that agree.
pub(super) fn published(view: &mut View<'_>, logs: &Logs) -> Result<usize, Difference> {
    let mut count = 0;
    for log in ledger::logs(view).at("published logs")? {
        let at = format!("published log {}", log.year);
        let note = logs.disk(log.year).checkpoint().at(&at)?;
        if let Some(note) = note {
            let head = Head::open(&note, &log.vkey).at(format!("{at}, checkpoint"))?;
            count += same_files(view, logs, &log, &head, &at)?;
        }
    }
    Ok(count)
}

fn same_files(
    view: &mut View<'_>,
    logs: &Logs,
    log: &Log,
    head: &Head,
    at: &str,
) -> Result<usize, Difference> {
    let disk = logs.disk(log.year);
    let mut hashes = Vec::new();
    let mut number = 0;
    while let Some(name) = TileName::within(Level::Entries, number, head.size) {
        let first = i64::try_from(number * WIDTH).at(at)?;
        let limit = i64::try_from(name.width).at(at)?;
        let entries = ledger::entries(view, log.year, first, limit).at(at)?;
        let file = disk.tile(name).at(at)?;
        let file = file.ok_or_else(|| Difference::new(at, format!("{name} is missing")))?;
        let leaves: Vec<Vec<u8>> = entries
            .iter()
            .map(|one| one.leaf.clone().into_bytes())
            .collect();
        if bundle(&leaves).as_deref() != Some(&file) {
            return Err(first_difference(&entries, &file, &format!("{at}, {name}")));
        }
        hashes.extend(leaves.iter().map(|leaf| merkle::leaf_hash(leaf)));
        number += 1;
    }
    let root = merkle::root(&hashes);
    same_hash(at, "root", head.root, "the rows give", root)?;
    Ok(hashes.len())
}

/// The first entry of a bundle that is not the one of the rows.
fn first_difference(entries: &[LogEntry], file: &[u8], at: &str) -> Difference {
    let mut rest = file;
    for entry in entries {
        let leaf = entry.leaf.as_bytes();
        let framed = bundle(&[leaf.to_vec()]).unwrap_or_default();
        match rest.strip_prefix(framed.as_slice()) {
            Some(behind) => rest = behind,
            None => {
                let place = format!("{at}, entry {} ({})", entry.index, entry.payload.kind);
                return Difference::new(place, "what was published is not what the row gives");
            }
        }
    }
    Difference::new(at, "the file has more than the rows")
}
