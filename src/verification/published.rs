//! V12: what is published is what the rows give.

use super::rules::{At as _, Difference, same_hash};
use crate::kernel::merkle::{self, Hash};
use crate::ledger::disk::Disk;
use crate::ledger::note::Head;
use crate::ledger::publish::Logs;
use crate::ledger::tile::{Level, TileName, WIDTH, bundle, grow, hashes_to_bytes};
use crate::ledger::{self, Log, LogEntry};
use crate::store::{Store, View};

/// The published heads of all logs, by year; none of one of which nothing is published, and of which
/// nothing must be.
pub(super) fn heads(store: &Store, logs: &Logs) -> Result<Vec<(Log, Head)>, Difference> {
    let mut heads = Vec::new();
    for log in store.read_blocking(ledger::logs).at("published logs")? {
        let at = format!("published log {}", log.year);
        match logs.disk(log.year).checkpoint().at(&at)? {
            Some(note) => {
                let head = Head::open(&note, &log.vkey).at(format!("{at}, checkpoint"))?;
                heads.push((log, head));
            }
            None if logs.policy().asks_for_witnesses() => {}
            None => {
                let year = log.year;
                let signed = store.read_blocking(move |view| ledger::last_checkpoint(view, year));
                if signed.at(&at)?.is_some() {
                    return Err(Difference::new(
                        at,
                        "its files are not where they should be",
                    ));
                }
            }
        }
    }
    Ok(heads)
}

/// Compares the files of every log with the leaves that are rebuilt from the decisions. This is
/// what finds a row that was changed under an untouched log, and files that were changed under
/// untouched rows. Gives the number of entries that agree.
pub(super) fn published(
    view: &mut View<'_>,
    logs: &Logs,
    heads: &[(Log, Head)],
) -> Result<usize, Difference> {
    let mut count = 0;
    for (log, head) in heads {
        let at = format!("published log {}", log.year);
        count += same_files(view, logs, log, head, &at)?;
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
    same_tiles(&disk, head.size, &hashes, at)?;
    Ok(hashes.len())
}

/// The tiles of every level are those that the leaves make.
fn same_tiles(disk: &Disk, size: u64, leaves: &[Hash], at: &str) -> Result<(), Difference> {
    let mut hashes = leaves.to_vec();
    for level in 0.. {
        let grown = grow(0, Vec::new(), &hashes);
        for (number, tile) in grown.tiles {
            let name = TileName::within(Level::Hashes(level), number, size);
            let name = name.ok_or_else(|| Difference::new(at, "a tile beyond the tree"))?;
            if disk.tile(name).at(at)? != Some(hashes_to_bytes(&tile)) {
                return Err(Difference::new(
                    at,
                    format!("{name} is not the tile of the rows"),
                ));
            }
        }
        hashes = grown.above;
        if hashes.is_empty() {
            break;
        }
    }
    Ok(())
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
