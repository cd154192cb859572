//! The log as a hostile world sees it: fetched over HTTP, checked by programs that others wrote,
//! and refused after any one thing in it is altered.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keju::kernel::Clock;
use keju::kernel::merkle::{leaf_hash, root};
use keju::ledger::note::Head;
use keju::ledger::tile::{Level, TileName};
use keju::ledger::{self, Entry};

use crate::support::{Client, Database, Reply, TestApp, fresh_dir, go, morning, on_both};

/// A file of the log, from outside the API.
pub fn file(app: &TestApp, name: &str) -> Reply {
    Client::new(&app.base).bare(&format!("/log/{name}"))
}

/// Takes this many decisions.
pub fn decide(app: &TestApp, count: usize) {
    app.store
        .write_blocking(move |tx| {
            for _ in 0..count {
                ledger::record(tx, &Entry::new("test.act", None, "system"))?;
            }
            Ok(())
        })
        .unwrap();
}

pub fn vkey(app: &TestApp) -> String {
    file(app, "2026/vkey").text.trim().to_owned()
}

/// Waits until a checkpoint of this size is published.
pub fn published(app: &TestApp, size: u64) -> Head {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let note = file(app, "2026/checkpoint");
        if note.status == 200 {
            let head = Head::open(&note.bytes, &vkey(app)).unwrap();
            if head.size >= size {
                assert_eq!(head.size, size);
                return head;
            }
        }
        assert!(Instant::now() < until, "no checkpoint of {size}: {note:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

on_both! {
fn the_log_is_served_as_the_specification_says(app: TestApp) {
    assert_eq!(file(&app, "checkpoint").status, 404, "nothing is decided yet");
    decide(&app, 300);
    let head = published(&app, 300);
    assert_eq!(head.origin, "127.0.0.1:0/log/2026");

    let note = file(&app, "2026/checkpoint");
    assert_eq!(note.content_type, "text/plain; charset=utf-8");
    assert_eq!((note.header("cache-control"), note.header("access-control-allow-origin")), ("no-store", "*"));
    let newest = file(&app, "checkpoint");
    assert_eq!(newest.text, note.text, "without a year it is the newest log");

    let mut leaves = Vec::new();
    for (number, width) in [(0, 256), (1, 44)] {
        let name = TileName { level: Level::Entries, number, width };
        let bundle = file(&app, &format!("2026/{name}"));
        assert_eq!(bundle.content_type, "application/octet-stream");
        assert_eq!(bundle.header("cache-control"), "public, max-age=604800, immutable");
        assert_eq!(bundle.header("access-control-allow-origin"), "*");
        let mut rest = &bundle.bytes[..];
        while let [high, low, after @ ..] = rest {
            let (leaf, behind) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            leaves.push(leaf_hash(leaf));
            rest = behind;
        }
    }
    assert_eq!(leaves.len(), 300);
    assert_eq!(root(&leaves), head.root);
    assert_eq!(file(&app, "2026/tile/0/000").bytes, leaves[..256].concat());
    assert_eq!(file(&app, "2026/tile/0/001.p/44").bytes, leaves[256..].concat());
    assert_eq!(file(&app, "2026/tile/1/000.p/1").bytes, root(&leaves[..256]));
    // A tile that was partial for an older checkpoint is still there when it has become wider.
    assert_eq!(file(&app, "2026/tile/0/000.p/7").bytes, leaves[..7].concat());

    for missing in ["2026/tile/0/001", "2026/tile/2/000.p/1", "2026/tile/8/0/000", "1999/checkpoint",
                    "2026/tile/0/..%2F..%2Fvault.key", "2026/tile/entries/002.p/1"] {
        let reply = file(&app, missing);
        assert_eq!((reply.status, reply.header("cache-control")), (404, "no-store"), "{missing}");
    }
    let policy = file(&app, "2026/policy").text;
    assert_eq!(policy, format!("log {} http://127.0.0.1:0/log/2026\nquorum none\n", vkey(&app)));
}}

on_both! {
fn a_verifier_that_others_wrote_accepts_the_log_as_it_grows(app: TestApp) {
    let Some(verifier) = go::verifier() else { return };
    let prefix = format!("{}/log/2026", app.base);
    let kept = fresh_dir();
    let mut older: Option<PathBuf> = None;
    for size in [1, 2, 255, 256, 257, 700] {
        let before = app.store.read_blocking(|view| ledger::tree(view, 2026)).unwrap().0;
        decide(&app, usize::try_from(size - before).unwrap());
        let head = published(&app, u64::try_from(size).unwrap());
        let said = go::check(verifier, &vkey(&app), &prefix, older.as_deref()).unwrap();
        assert!(said.starts_with(&format!("{}: {size} entries", head.origin)), "{said}");
        let keep = kept.join(size.to_string());
        fs::write(&keep, file(&app, "2026/checkpoint").bytes).unwrap();
        older = Some(keep);
    }
}}

/// A log of 700 entries on disk, its key, and a checkpoint of 600 kept by a visitor.
struct Finished {
    directory: PathBuf,
    vkey: String,
    kept: PathBuf,
}

impl Finished {
    fn new() -> Option<(Self, &'static Path)> {
        let verifier = go::verifier()?;
        let app = TestApp::start(Database::Sqlite).unwrap();
        decide(&app, 600);
        published(&app, 600);
        let directory = fresh_dir();
        let kept = directory.join("kept");
        fs::write(&kept, file(&app, "2026/checkpoint").bytes).unwrap();
        decide(&app, 100);
        published(&app, 700);
        let log = directory.join("log");
        copy(&app.data.join("log/2026"), &log);
        let finished = Self {
            directory: log,
            vkey: vkey(&app),
            kept,
        };
        assert!(finished.check(verifier).is_ok());
        Some((finished, verifier))
    }

    fn check(&self, verifier: &Path) -> Result<String, String> {
        let prefix = self.directory.to_str().unwrap();
        go::check(verifier, &self.vkey, prefix, Some(&self.kept))
    }

    /// The log with one of its files changed must be refused, for the reason given.
    fn altered(&self, verifier: &Path, name: &str, change: impl Fn(&mut Vec<u8>), why: &str) {
        let path = self.directory.join(name);
        let before = fs::read(&path).unwrap();
        let mut bytes = before.clone();
        change(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let said = self.check(verifier).expect_err(name);
        assert!(said.contains(why), "{name}: {said}");
        fs::write(&path, before).unwrap();
        assert!(self.check(verifier).is_ok());
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Where each entry of a bundle begins, and where the last ends.
fn places(bundle: &[u8]) -> Vec<usize> {
    let mut places = vec![0];
    while let Some([high, low]) = bundle
        .get(places[places.len() - 1]..)
        .and_then(|rest| rest.first_chunk())
    {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        places.push(places[places.len() - 1] + 2 + length);
    }
    places
}

#[test]
fn a_verifier_that_others_wrote_refuses_each_alteration() {
    let Some((log, verifier)) = Finished::new() else {
        return;
    };
    log.altered(
        verifier,
        "tile/entries/001",
        |bytes| bytes[100] ^= 1,
        "the entries have the root",
    );
    log.altered(
        verifier,
        "tile/0/001",
        |bytes| bytes[40] ^= 1,
        "is not the tile of the entries",
    );
    log.altered(
        verifier,
        "tile/1/000.p/2",
        |bytes| bytes[0] ^= 1,
        "is not the tile of the entries",
    );
    let swap = |bytes: &mut Vec<u8>| {
        let at = places(bytes);
        let (first, second) = (bytes[at[3]..at[4]].to_vec(), bytes[at[4]..at[5]].to_vec());
        bytes.splice(at[3]..at[5], second.into_iter().chain(first));
    };
    log.altered(
        verifier,
        "tile/entries/000",
        swap,
        "the entries have the root",
    );
    let drop_last = |bytes: &mut Vec<u8>| {
        let at = places(bytes);
        bytes.truncate(at[at.len() - 2]);
    };
    log.altered(
        verifier,
        "tile/entries/002.p/188",
        drop_last,
        "ends before entry 699",
    );
    log.altered(verifier, "checkpoint", |bytes| bytes[25] ^= 1, "");
}

#[test]
fn an_older_checkpoint_and_a_fork_are_no_continuation() {
    let Some((log, verifier)) = Finished::new() else {
        return;
    };
    // Somebody has seen 700 entries; now the log shows the checkpoint of 600 again.
    let seen = log.directory.join("checkpoint");
    let newer = log.directory.join("../newer");
    fs::copy(&seen, &newer).unwrap();
    fs::copy(&log.kept, &seen).unwrap();
    let prefix = log.directory.to_str().unwrap();
    let said = go::check(verifier, &log.vkey, prefix, Some(&newer)).unwrap_err();
    assert!(said.contains("had 700 entries and has 600"), "{said}");

    // The operator writes another history with the same key: it verifies by itself, and not
    // against a checkpoint that somebody kept.
    let app = TestApp::start(Database::Sqlite).unwrap();
    decide(&app, 600);
    published(&app, 600);
    let kept = fresh_dir().join("kept");
    fs::write(&kept, file(&app, "2026/checkpoint").bytes).unwrap();
    let fork = forked(&app, 700);
    let prefix = format!("{}/log/2026", fork.base);
    let key = vkey(&app);
    assert_eq!(key, vkey(&fork));
    assert!(go::check(verifier, &key, &prefix, None).is_ok());
    let said = go::check(verifier, &key, &prefix, Some(&kept)).unwrap_err();
    assert!(
        said.contains("700 entries do not begin with the 600 of before"),
        "{said}"
    );
}

/// Another server with the key of this one and a history of its own.
fn forked(app: &TestApp, entries: usize) -> TestApp {
    let data = fresh_dir();
    fs::copy(app.data.join("vault.key"), data.join("vault.key")).unwrap();
    let target = keju::store::Target::Sqlite(data.join("keju.db"));
    let vault = keju::store::Vault::open(&data).unwrap();
    let store = keju::store::Store::open(target.clone(), Clock::manual(morning()), vault).unwrap();
    store.close();
    let mut raw = crate::support::raw_sqlite(&target);
    diesel::RunQueryDsl::execute(
        diesel::sql_query(format!(
            "ATTACH '{}' AS other",
            app.data.join("keju.db").display()
        )),
        &mut raw,
    )
    .unwrap();
    diesel::RunQueryDsl::execute(
        diesel::sql_query("INSERT INTO log SELECT * FROM other.log"),
        &mut raw,
    )
    .unwrap();
    drop(raw);
    let fork = TestApp::on(target, data, Clock::manual(morning()));
    decide(&fork, entries);
    published(&fork, entries as u64);
    fork
}

/// The log's page, when it says that the log signs nothing any more.
pub fn warned(app: &TestApp) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let page = Client::new(&app.base).bare("/log");
        assert_eq!(page.status, 200, "{}", page.text);
        if page.text.contains("2026 年日志已停止签名") {
            return page.text;
        }
        assert!(Instant::now() < until, "{}", page.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_restored_backup_does_not_sign_another_history() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    decide(&app, 5);
    published(&app, 5);
    let backup = fresh_dir();
    app.store.copy_to(&backup.join("keju.db")).unwrap();
    decide(&app, 5);
    let seen = published(&app, 10);

    // The old database on the old disk, and it goes on.
    let data = fresh_dir();
    copy(&app.data.join("log"), &data.join("log"));
    fs::copy(app.data.join("vault.key"), data.join("vault.key")).unwrap();
    fs::copy(backup.join("keju.db"), data.join("keju.db")).unwrap();
    let target = keju::store::Target::Sqlite(data.join("keju.db"));
    let restored = TestApp::on(target, data, Clock::manual(morning()));
    decide(&restored, 50);
    let warned = warned(&restored);
    assert!(warned.contains("role=\"alert\""));
    // What was published stays as it was, and nothing else is signed.
    let note = file(&restored, "2026/checkpoint");
    assert_eq!(Head::open(&note.bytes, &vkey(&restored)).unwrap(), seen);
    let last = restored
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap();
    assert_eq!(last.unwrap().size, 5);
    let metrics = Client::new(&restored.base).bare("/metrics").text;
    assert!(metrics.contains("keju_log_halted 1"), "{metrics}");
}

#[test]
fn a_leaf_altered_in_the_database_is_not_published() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    decide(&app, 3);
    published(&app, 3);
    let mut raw = crate::support::raw_sqlite(app.store.target());
    for sql in [
        "DROP TRIGGER decision_no_update",
        "CREATE TRIGGER change AFTER INSERT ON ledger WHEN NEW.idx = 4 BEGIN \
         UPDATE decision SET leaf = X'00' WHERE id = NEW.decision_id; END",
    ] {
        diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut raw).unwrap();
    }
    decide(&app, 3);
    let page = warned(&app);
    assert!(page.contains("entry 4 is not what was logged"), "{page}");
    assert_eq!(published(&app, 3).size, 3);
}

/// Two nodes on one database, and an act that takes its time: no decision is skipped, and both
/// serve one log.
#[test]
fn two_nodes_and_a_slow_act_make_one_log() {
    let Some(one) = TestApp::start(Database::Postgres) else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    let data = fresh_dir();
    fs::copy(one.data.join("vault.key"), data.join("vault.key")).unwrap();
    let two = TestApp::on(one.store.target().clone(), data, Clock::manual(morning()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            one.store.write_blocking(|tx| {
                ledger::record(tx, &Entry::new("test.slow", None, "system"))?;
                std::thread::sleep(Duration::from_secs(2));
                Ok(())
            })
        });
        for node in [&one, &two] {
            scope.spawn(move || {
                for _ in 0..100 {
                    decide(node, 3);
                }
            });
        }
    });
    let (first, second) = (published(&one, 601), published(&two, 601));
    assert_eq!(first, second);
    for name in [
        "tile/0/000",
        "tile/0/002.p/89",
        "tile/entries/001",
        "tile/1/000.p/2",
    ] {
        let name = format!("2026/{name}");
        assert_eq!(file(&one, &name).bytes, file(&two, &name).bytes, "{name}");
    }
    let slow = one
        .store
        .read_blocking(|view| ledger::entries(view, 2026, 0, 1000))
        .unwrap();
    assert_eq!(
        slow.iter()
            .filter(|entry| entry.payload.kind == "test.slow")
            .count(),
        1
    );
    if let Some(verifier) = go::verifier() {
        let prefix = format!("{}/log/2026", two.base);
        go::check(verifier, &vkey(&two), &prefix, None).unwrap();
    }
}

/// Flips a byte of a published file.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn every_night_all_is_derived_again_and_everybody_reads_the_outcome() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    decide(&app, 20);
    published(&app, 20);
    let night = |time: &str| {
        app.clock
            .set(serde_json::from_value(serde_json::json!(time)).unwrap());
    };
    let page_says = |words: &str| {
        let until = Instant::now() + Duration::from_secs(20);
        while !Client::new(&app.base).bare("/log").text.contains(words) {
            assert!(Instant::now() < until, "{words}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    night("2026-03-03T19:30:00Z");
    page_says("2026-03-04 03:30 夜间自动核验：全部");
    let bundle = app.data.join("log/2026/tile/entries/000.p/20");
    flip(&bundle, 40);
    night("2026-03-04T19:30:00Z");
    page_says("2026-03-05 03:30 夜间自动核验发现不一致");
    let metrics = Client::new(&app.base).bare("/metrics").text;
    assert!(metrics.contains("keju_audit_failed 1"), "{metrics}");
}

#[test]
fn an_audit_names_the_first_entry_that_was_published_otherwise() {
    let data = fresh_dir();
    copy(crate::verification::finished(), &data);
    let keju = |command: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_keju"))
            .args(command)
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), said)
    };
    assert!(keju(&["log", "publish"]).0);
    let (good, said) = keju(&["audit"]);
    assert!(good && said.contains("ok V12 published log"), "{said}");

    let bundle = data.join("log/2026/tile/entries/000");
    flip(&bundle, 1000);
    let (good, said) = keju(&["audit"]);
    assert!(!good && said.contains("FAILED V12"), "{said}");
    assert!(
        said.contains("what was published is not what the row gives"),
        "{said}"
    );
    flip(&bundle, 1000);

    // A mark is changed in its row; log and files are untouched.
    let target = keju::store::Target::Sqlite(data.join("keju.db"));
    let mut raw = crate::support::raw_sqlite(&target);
    let change = "UPDATE objective_mark SET awarded = awarded + 100 \
                  WHERE rowid = (SELECT min(rowid) FROM objective_mark)";
    diesel::RunQueryDsl::execute(diesel::sql_query(change), &mut raw).unwrap();
    let (good, said) = keju(&["audit"]);
    assert!(
        !good && said.contains("FAILED V7") && said.contains("ok V12"),
        "{said}"
    );
}

/// A publisher that goes on with another database than it began with: a standby that lacks the last
/// entries, or one with a history of its own.
#[test]
fn a_database_that_is_changed_under_a_publisher_halts_the_log() {
    use keju::ledger::policy::Policy;
    use keju::ledger::publish::{Logs, Publisher};
    use keju::store::{Store, Target, Vault};

    let begun = || {
        let data = fresh_dir();
        let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
        let decide = |store: &Store, count: usize| {
            store
                .write_blocking(move |tx| {
                    for _ in 0..count {
                        ledger::record(tx, &Entry::new("test.act", None, "system"))?;
                    }
                    Ok(())
                })
                .unwrap();
        };
        decide(&store, 300);
        let standby = fresh_dir();
        store.copy_to(&standby.join("keju.db")).unwrap();
        fs::copy(data.join("vault.key"), standby.join("vault.key")).unwrap();
        decide(&store, 20);
        let logs = Logs::new(data.join("log"), "https://exam.example", Policy::default());
        let mut publisher = Publisher::new(logs.clone());
        assert_eq!(publisher.round(&store).unwrap(), 320);
        let target = Target::Sqlite(standby.join("keju.db"));
        let vault = Vault::open(&standby).unwrap();
        let other = Store::open(target, Clock::manual(morning()), vault).unwrap();
        (logs, publisher, other, decide)
    };
    for more in [0, 5, 20, 50, 1000] {
        let (logs, mut publisher, other, decide) = begun();
        // It needs the key of the log, as a standby has it.
        other
            .write_blocking(|tx| ledger::open_log(tx, "https://exam.example", 2026))
            .unwrap();
        decide(&other, more);
        let _ = publisher.round(&other);
        let halted = logs.halted();
        assert!(halted.contains_key(&2026), "after {more} more entries");
        let last = other
            .read_blocking(|view| ledger::last_checkpoint(view, 2026))
            .unwrap();
        assert_eq!(last, None, "{more}: nothing was signed");
    }
}
