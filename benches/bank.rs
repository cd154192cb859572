//! What a large file costs: 100,000 items from CSV, or as many as `KEJU_BENCH_ITEMS` says.
//!
//! - reading and checking them beside the floor, the CSV reader alone over the same bytes;
//! - looking for near twins among them;
//! - the preview of the page, which is both, and the import into a new SQLite database.
//!
//! `cargo bench --bench bank`. Machines are noisy: read the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

use std::fmt::Write as _;
use std::time::Instant;

use keju::access::{Actor, Role, service as access};
use keju::bank::formats::Defaults;
use keju::bank::item::Difficulty;
use keju::bank::{service, similar};
use keju::draw::{Seed, Stream};
use keju::kernel::Clock;
use keju::store::{Store, Target, Vault};

fn main() {
    let count = std::env::var("KEJU_BENCH_ITEMS").map_or(100_000, |n| n.parse().unwrap());
    let file = table(count).into_bytes();
    println!("{count} items, {:.1} MB", megabytes(file.len()));

    let begun = Instant::now();
    let mut reader = csv::Reader::from_reader(file.as_slice());
    let cells: usize = reader.records().map(|record| record.unwrap().len()).sum();
    let floor = begun.elapsed().as_secs_f64();
    println!("the CSV reader alone {floor:8.2} s  ({cells} cells)");

    let begun = Instant::now();
    let defaults = Defaults {
        section: "general".to_owned(),
        topic: "g".to_owned(),
        difficulty: Difficulty::Medium,
        prefix: "b".to_owned(),
    };
    let read = service::read_file("items.csv", &file, &defaults).unwrap();
    let reading = begun.elapsed().as_secs_f64();
    println!(
        "read and checked     {reading:8.2} s  {:.1} × the reader",
        reading / floor
    );

    let begun = Instant::now();
    let near = similar::near(&read.0.items);
    let twins = begun.elapsed().as_secs_f64();
    println!("near twins           {twins:8.2} s  ({} pairs)", near.len());

    let data = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(data.path().join("keju.db"));
    let vault = Vault::open(data.path()).unwrap();
    let store = Store::open(target, Clock::system(), vault).unwrap();
    let author = author(&store);
    let batch = read.0.clone();
    let begun = Instant::now();
    let looked = {
        let author = author.clone();
        store
            .read_blocking(move |view| service::preview(view, &author, "bench", read))
            .unwrap()
    };
    let preview = reading + begun.elapsed().as_secs_f64();
    println!(
        "preview in all       {preview:8.2} s  ({} items)",
        looked.items.len()
    );

    let begun = Instant::now();
    let imported = store
        .write_blocking(move |tx| service::import(tx, &author, "bench", &batch))
        .unwrap();
    let import = begun.elapsed().as_secs_f64();
    println!(
        "import               {import:8.2} s  ({} items)",
        imported.items
    );
    println!("preview and import   {:8.2} s", preview + import);
    store.close();
}

/// Somebody who may write items.
fn author(store: &Store) -> Actor {
    store
        .write_blocking(|tx| {
            let new = access::NewAccount {
                email: "author@bench.example".to_owned(),
                name: "bench".to_owned(),
                password_hash: String::new(),
                must_change_password: false,
            };
            let account = access::open_account(tx, new, Role::Author, None)?;
            Ok(Actor {
                account,
                session: account,
                roles: vec![Role::Author],
            })
        })
        .unwrap()
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap()) / 1e6
}

/// Questions of the length they have in practice, of words drawn by lot, so that few are alike.
fn table(count: usize) -> String {
    let mut stream = Seed::new([5; 32]).stream();
    let mut text =
        String::from("编号,题型,部分,考点,难度,题干,选项A,选项B,选项C,选项D,答案,解析\n");
    for number in 0..count {
        let stem = words(&mut stream, 30);
        let [a, b, c, d] = [(); 4].map(|()| words(&mut stream, 6));
        let why = words(&mut stream, 20);
        let topic = stream.below(40);
        let key = ["A", "B", "C", "D"][stream.below(4)];
        let band = ["易", "中", "难"][stream.below(3)];
        writeln!(
            text,
            "b-{number:06},单选题,general,g.t{topic},{band},{stem}？,{a}甲,{b}乙,{c}丙,{d}丁,{key},{why}。"
        )
        .unwrap();
    }
    text
}

/// So many common characters.
fn words(stream: &mut Stream, length: usize) -> String {
    let first = u32::from('一');
    (0..length)
        .filter_map(|_| char::from_u32(first + u32::try_from(stream.below(3_000)).unwrap()))
        .collect()
}
