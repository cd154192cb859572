//! What the log costs, each figure beside its floor in the same run:
//!
//! - decisions per second, one at a time and from 32 threads, against the same act without a
//!   decision, on SQLite and, if `KEJU_BENCH_POSTGRES` names an empty database, on PostgreSQL;
//! - a log of a million leaves: writing its tiles, and verifying every leaf from the files, against
//!   hashing the leaves alone;
//! - receipts made and checked per second.
//!
//! `cargo bench --bench ledger`. Machines are noisy: read the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

use std::path::Path;
use std::time::Instant;

use diesel::prelude::*;
use keju::kernel::merkle::{Growing, Hash, leaf_hash, root};
use keju::kernel::secret::Secret;
use keju::kernel::{Clock, Id, Problem};
use keju::ledger::disk::{Disk, partial};
use keju::ledger::tile::{Level, TileName, WIDTH, bundle, grow, hashes_to_bytes};
use keju::ledger::{self, Entry};
use keju::store::schema::organisation;
use keju::store::{Store, Target, Tx, Vault};
use tlog_tiles::{Hash as TreeHash, check_record, prove_record, tree_hash};

const LEAVES: u64 = 1_000_000;
const ONE_AT_A_TIME: usize = 2_000;
const THREADS: usize = 32;

fn main() {
    let data = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(data.path().join("keju.db"));
    decisions("SQLite", target, data.path());
    match std::env::var("KEJU_BENCH_POSTGRES") {
        Ok(url) => decisions(
            "PostgreSQL",
            Target::Postgres(Secret::new(&url)),
            data.path(),
        ),
        Err(_) => println!("not run: KEJU_BENCH_POSTGRES names no PostgreSQL database"),
    }
    million(&data.path().join("log"));
}

/// An act that changes a row, with or without its decision.
fn act(tx: &mut Tx<'_>, number: usize, decides: bool) -> Result<(), Problem> {
    let id = Id::new(tx.now);
    diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(id),
            organisation::code.eq(format!("{id}-{number}")),
            organisation::name_zh.eq("单位"),
            organisation::name_en.eq(""),
            organisation::created_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    if decides {
        let entry = Entry::new("organisation.added", Some(id), "hr");
        let inputs = serde_json::json!({ "organisation": id, "code": number });
        ledger::record(tx, &entry.on(inputs).outcome("added"))?;
    }
    Ok(())
}

fn decisions(name: &str, target: Target, data: &Path) {
    let vault = Vault::open(data).unwrap();
    let store = Store::open(target, Clock::system(), vault).unwrap();
    let alone = |decides: bool| {
        let begun = Instant::now();
        for number in 0..ONE_AT_A_TIME {
            store
                .write_blocking(move |tx| act(tx, number, decides))
                .unwrap();
        }
        ONE_AT_A_TIME as f64 / begun.elapsed().as_secs_f64()
    };
    let together = |decides: bool| {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let store = store.clone();
                scope.spawn(move || {
                    for number in 0..ONE_AT_A_TIME / 4 {
                        let number = thread * ONE_AT_A_TIME + number;
                        store
                            .write_blocking(move |tx| act(tx, number, decides))
                            .unwrap();
                    }
                });
            }
        });
        (THREADS * (ONE_AT_A_TIME / 4)) as f64 / begun.elapsed().as_secs_f64()
    };
    for (how, measure) in [
        ("one at a time", &alone as &dyn Fn(bool) -> f64),
        ("32 threads", &together),
    ] {
        measure(true);
        let (without, with) = (measure(false), measure(true));
        println!(
            "{name}, {how}: {without:.0} acts/s without a decision, {with:.0} with: {:.2}",
            with / without
        );
    }
    let begun = Instant::now();
    let mut placed = 0;
    loop {
        match store.write_blocking(ledger::sequence).unwrap() {
            0 => break,
            count => placed += count,
        }
    }
    if placed > 0 {
        let rate = placed as f64 / begun.elapsed().as_secs_f64();
        println!("{name}: {placed} decisions were given their places, {rate:.0}/s");
    }
    store.close();
}

fn leaf(number: u64) -> Vec<u8> {
    let hash = hex::encode(leaf_hash(&number.to_be_bytes()));
    format!(r#"{{"c":"{hash}","exam":null,"kind":"script.marked","t":{number},"v":1}}"#)
        .into_bytes()
}

fn million(directory: &Path) {
    let begun = Instant::now();
    let mut floor = Growing::default();
    for number in 0..LEAVES {
        floor.push(leaf_hash(&leaf(number)));
    }
    let hashing = begun.elapsed().as_secs_f64();
    println!("{LEAVES} leaves hashed into a root: {hashing:.2} s");

    let disk = Disk::at(directory.to_owned());
    let begun = Instant::now();
    write(&disk);
    let writing = begun.elapsed().as_secs_f64();
    println!(
        "their tiles written durably: {writing:.2} s, {:.1} times as long",
        writing / hashing
    );

    let begun = Instant::now();
    let mut hashes: Vec<Hash> = Vec::new();
    for number in 0.. {
        let Some(name) = TileName::within(Level::Entries, number, LEAVES) else {
            break;
        };
        let bytes = disk.tile(name).unwrap().unwrap();
        let mut rest = &bytes[..];
        while let [high, low, after @ ..] = rest {
            let (leaf, behind) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            hashes.push(leaf_hash(leaf));
            rest = behind;
        }
    }
    let signed = tree_hash(LEAVES, &disk.tree(LEAVES)).unwrap();
    assert_eq!(signed.0, floor.root());
    assert_eq!(root(&hashes), floor.root());
    let verifying = begun.elapsed().as_secs_f64();
    println!(
        "every leaf verified from the files: {verifying:.2} s, {:.1} times as long",
        verifying / hashing
    );

    let begun = Instant::now();
    const RECEIPTS: u64 = 2_000;
    for number in 0..RECEIPTS {
        let index = number * 499 % LEAVES;
        let tree = disk.tree(LEAVES);
        let proof = prove_record(LEAVES, index, &tree).unwrap();
        let leaf = TreeHash(hashes[usize::try_from(index).unwrap()]);
        check_record(&proof, LEAVES, signed, index, leaf).unwrap();
    }
    let receipts = RECEIPTS as f64 / begun.elapsed().as_secs_f64();
    println!("receipts made from the files and checked: {receipts:.0}/s");
}

/// Writes the tiles of all leaves, in steps, as the publisher does.
fn write(disk: &Disk) {
    const STEP: u64 = 64 * WIDTH;
    let mut old = 0;
    while old < LEAVES {
        let new = LEAVES.min(old + STEP);
        let mut hashes: Vec<Hash> = Vec::new();
        for number in old / WIDTH..new.div_ceil(WIDTH) {
            let name = TileName::within(Level::Entries, number, new).unwrap();
            let first = number * WIDTH;
            let leaves: Vec<Vec<u8>> = (first..first + name.width).map(leaf).collect();
            hashes.extend(leaves.iter().map(|leaf| leaf_hash(leaf)));
            disk.write(name, &bundle(&leaves).unwrap()).unwrap();
        }
        for level in 0.. {
            let before = old.checked_shr(8 * u32::from(level)).unwrap_or_default();
            let grown = grow(before, partial(disk, level, old).unwrap(), &hashes);
            for (number, tile) in grown.tiles {
                let name = TileName::within(Level::Hashes(level), number, new).unwrap();
                disk.write(name, &hashes_to_bytes(&tile)).unwrap();
            }
            hashes = grown.above;
            if hashes.is_empty() {
                break;
            }
        }
        old = new;
    }
}
