//! What finding an item costs: a bank of 1,000,000 items, or as many as `KEJU_BENCH_ITEMS` says.
//!
//! - reading all of them once after the start, and the memory that takes;
//! - a page of what is found with its total and the counts by topic, for words rare, common and absent
//!   and with other filters, as the page does it: catching up with the database, searching, reading
//!   the rows of the page;
//! - the same after an item was edited;
//! - beside the floor, a scan for the same word over the bare bytes of the same texts;
//! - beside two other ways: `LIKE` over a plain table of SQLite, which would keep in clear what is
//!   sealed, and opening all contents one by one, measured on a part and multiplied.
//!
//! `cargo bench --bench search`. Machines are noisy: each figure is the middle of nine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use keju::access::{Actor, Role, service as access};
use keju::bank::formats::Batch;
use keju::bank::item::{Body, Difficulty, Item};
use keju::bank::search::{ItemSearch, Usage};
use keju::bank::service::{self, ItemFilter};
use keju::draw::{Seed, Stream};
use keju::kernel::Clock;
use keju::store::{Store, Target, Vault};

/// In one item of a hundred thousand.
const RARE: &str = "凡进必考";
/// In every second item.
const COMMON: &str = "说法正确";
/// In none: longer than any run of characters drawn by lot repeats.
const ABSENT: &str = "乾隆二十二年会试";
/// Items of one import.
const PART: usize = 50_000;
/// Items opened one by one.
const SAMPLE: usize = 20_000;

fn main() {
    let count: usize = std::env::var("KEJU_BENCH_ITEMS").map_or(1_000_000, |n| n.parse().unwrap());
    let data = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(data.path().join("keju.db"));
    let vault = Vault::open(data.path()).unwrap();
    let store = Store::open(target, Clock::system(), vault).unwrap();
    let author = person(&store, "author", Role::Author);
    let reviewer = person(&store, "reviewer", Role::Reviewer);
    let mut stream = Seed::new([5; 32]).stream();
    let plain = Plain::new(data.path());
    let mut floor = Vec::new();
    let begun = Instant::now();
    for part in 0..count.div_ceil(PART) {
        let numbers = part * PART..count.min((part + 1) * PART);
        let items: Vec<Item> = numbers.map(|number| item(&mut stream, number)).collect();
        for item in &items {
            floor.extend(text(item).into_bytes());
        }
        plain.insert(&items);
        import(&store, &author, items);
    }
    println!(
        "{count} items, {:.0} MB of text, imported in {:.0} s",
        megabytes(floor.len()),
        begun.elapsed().as_secs_f64()
    );

    let search = ItemSearch::default();
    let begun = Instant::now();
    search.catch_up_blocking(&store).unwrap();
    let size = search.size();
    println!(
        "read once            {:8.2} s   {:.0} MB in memory, {} bytes an item",
        begun.elapsed().as_secs_f64(),
        megabytes(size.bytes),
        size.bytes / size.items
    );

    let finding = Finding {
        store: &store,
        search: &search,
    };
    println!("\na page with its total");
    for (name, text) in [
        ("a rare word", RARE),
        ("a common word", COMMON),
        ("a word in none", ABSENT),
        ("one character", "的"),
        ("two common words", "说法正确 下列"),
    ] {
        finding.measure(name, &reviewer, &words(text));
    }
    let filters = ItemFilter {
        topic: Some("g.t7".to_owned()),
        difficulty: Some(Difficulty::Hard),
        usage: Some(Usage::Never),
        ..ItemFilter::default()
    };
    let both = ItemFilter {
        text: Some(COMMON.to_owned()),
        ..filters.clone()
    };
    finding.measure("common and filters", &reviewer, &both);
    finding.measure("filters alone", &reviewer, &filters);
    finding.measure("no filter", &reviewer, &ItemFilter::default());
    finding.measure("one's own, common", &author, &words(COMMON));

    let begun = Instant::now();
    edit_one(&store, &author, &reviewer, &finding);
    println!("an item edited       {:8.1} ms", milliseconds(begun));
    let begun = Instant::now();
    search.catch_up_blocking(&store).unwrap();
    println!("caught up with it    {:8.1} ms", milliseconds(begun));
    finding.measure("rare after the edit", &reviewer, &words(RARE));

    println!("\nfloor and other ways");
    for (name, word) in [("rare", RARE), ("common", COMMON), ("none", ABSENT)] {
        let middle = middle_of_nine(|| {
            memchr::memmem::find_iter(&floor, word.as_bytes()).count();
        });
        println!("bare bytes, {name:9}{middle:8.1} ms");
        let middle = middle_of_nine(|| {
            std::hint::black_box(plain.like(word));
        });
        println!("LIKE, {name:15}{middle:8.1} ms");
    }
    let each = open_one_by_one(&store, &mut stream);
    println!(
        "opened one by one    {:8.1} s    ({SAMPLE} measured, multiplied)",
        each * f64::from(u32::try_from(count).unwrap())
    );
    store.close();
}

struct Finding<'a> {
    store: &'a Store,
    search: &'a ItemSearch,
}

impl Finding<'_> {
    fn find(&self, actor: &Actor, filter: &ItemFilter) -> service::Found {
        self.search.catch_up_blocking(self.store).unwrap();
        self.store
            .read_blocking(|view| service::find(view, self.search, actor, filter, None, 50))
            .unwrap()
    }

    fn measure(&self, name: &str, actor: &Actor, filter: &ItemFilter) {
        let total = self.find(actor, filter).total;
        let middle = middle_of_nine(|| drop(self.find(actor, filter)));
        println!("{name:21}{middle:8.1} ms  ({total} found)");
    }
}

/// One item goes back to its author, who writes it anew.
fn edit_one(store: &Store, author: &Actor, reviewer: &Actor, finding: &Finding<'_>) {
    let found = finding.find(author, &words(RARE));
    let id = found.items[0].item.id;
    let seen = store
        .read_blocking(|view| service::item(view, author, id))
        .unwrap();
    let edited = Item {
        stem: format!("{}（修订）", seen.item.stem),
        ..seen.item
    };
    let (author, reviewer) = (author.clone(), reviewer.clone());
    store
        .write_blocking(move |tx| {
            service::return_to_author(tx, &reviewer, id, "not clear")?;
            service::edit(tx, &author, id, &edited)
        })
        .unwrap();
}

/// Seconds for opening and reading the content of one item.
fn open_one_by_one(store: &Store, stream: &mut Stream) -> f64 {
    let vault = store.vault();
    let sealed: Vec<Vec<u8>> = (0..SAMPLE)
        .map(|number| vault.seal(serde_json::to_vec(&item(stream, number)).unwrap()))
        .collect::<Result<_, _>>()
        .unwrap();
    let begun = Instant::now();
    let mut found = 0;
    for sealed in &sealed {
        let item: Item = serde_json::from_slice(&vault.open_bytes(sealed).unwrap()).unwrap();
        found += usize::from(item.stem.to_lowercase().contains(COMMON));
    }
    assert!(found > 0);
    begun.elapsed().as_secs_f64() / f64::from(u32::try_from(SAMPLE).unwrap())
}

/// The texts in a plain table.
struct Plain(std::cell::RefCell<SqliteConnection>);

impl Plain {
    fn new(data: &std::path::Path) -> Self {
        let path = data.join("plain.db");
        let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        db.batch_execute(
            "PRAGMA synchronous=OFF; CREATE TABLE plain (code TEXT PRIMARY KEY, text TEXT)",
        )
        .unwrap();
        Self(std::cell::RefCell::new(db))
    }

    fn insert(&self, items: &[Item]) {
        let mut db = self.0.borrow_mut();
        db.transaction(|db| {
            for item in items {
                diesel::sql_query("INSERT INTO plain VALUES (?, ?)")
                    .bind::<Text, _>(&item.code)
                    .bind::<Text, _>(text(item))
                    .execute(db)?;
            }
            Ok::<(), diesel::result::Error>(())
        })
        .unwrap();
    }

    fn like(&self, word: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Total {
            #[diesel(sql_type = BigInt)]
            total: i64,
        }
        let total: Total =
            diesel::sql_query("SELECT COUNT(*) AS total FROM plain WHERE text LIKE ?")
                .bind::<Text, _>(format!("%{word}%"))
                .get_result(&mut *self.0.borrow_mut())
                .unwrap();
        total.total
    }
}

fn import(store: &Store, author: &Actor, items: Vec<Item>) {
    let author = author.clone();
    let batch = Batch {
        items,
        ..Batch::default()
    };
    store
        .write_blocking(move |tx| service::import(tx, &author, "bench", &batch))
        .unwrap();
}

fn person(store: &Store, name: &'static str, role: Role) -> Actor {
    store
        .write_blocking(move |tx| {
            let new = access::NewAccount {
                email: format!("{name}@bench.example"),
                name: name.to_owned(),
                password_hash: String::new(),
                must_change_password: false,
            };
            let account = access::open_account(tx, new, role, None)?;
            Ok(Actor {
                account,
                session: account,
                roles: vec![role],
            })
        })
        .unwrap()
}

/// A question about as long as those that ship, of characters drawn by lot.
fn item(stream: &mut Stream, number: usize) -> Item {
    let mut stem = characters(stream, 75);
    if number.is_multiple_of(2) {
        stem.push_str("。下列说法正确的是：");
    }
    if number.is_multiple_of(100_000) {
        stem.push_str(RARE);
    }
    Item {
        code: format!("b-{number:07}"),
        section: "general".to_owned(),
        topic: format!("g.t{}", stream.below(40)),
        difficulty: Difficulty::ALL[stream.below(3)],
        stimulus: None,
        stem,
        body: Body::SingleChoice {
            options: [(); 4].map(|()| characters(stream, 8)).to_vec(),
            key: 0,
        },
        explanation: characters(stream, 20),
        enemies: Vec::new(),
        seconds: None,
        markup: keju::bank::rich::Markup::Plain,
    }
}

/// So many common characters.
fn characters(stream: &mut Stream, length: usize) -> String {
    let first = u32::from('一');
    (0..length)
        .filter_map(|_| char::from_u32(first + u32::try_from(stream.below(3_000)).unwrap()))
        .collect()
}

fn text(item: &Item) -> String {
    let options = item.body.options().concat();
    format!("{}\n{}\n{}\n{options}\n", item.code, item.topic, item.stem)
}

fn words(text: &str) -> ItemFilter {
    ItemFilter {
        text: Some(text.to_owned()),
        ..ItemFilter::default()
    }
}

fn middle_of_nine(mut work: impl FnMut()) -> f64 {
    let mut times = [(); 9].map(|()| {
        let begun = Instant::now();
        work();
        milliseconds(begun)
    });
    times.sort_by(f64::total_cmp);
    times[4]
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes / 1_000).unwrap()) / 1e3
}
