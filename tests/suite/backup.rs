//! A backup comes back whole, or not at all, on either database and from one to the other.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::{QueryableByName, RunQueryDsl as _};
use keju::access::Role;
use keju::app::commands::{Manifest, backup, restore};
use keju::config::Settings;
use keju::kernel::{Clock, Instant};
use keju::ledger::{self, Entry};
use keju::store::{Store, Target, Vault};
use keju::verification::service::verify;
use serde_json::json;

use crate::support::{Database, TestApp, fresh_dir, fresh_target, morning, settings, settings_on};
use crate::verification::finished;

/// Takes a decision that decides nothing.
fn decide(store: &Store) {
    let entry = Entry::new("test.act", None, "system");
    store
        .write_blocking(move |tx| ledger::record(tx, &entry))
        .unwrap();
}

/// The log of a store, leaf for leaf.
fn leaves(store: &Store) -> Vec<String> {
    let entries = store
        .read_blocking(|view| ledger::entries(view, 2026, 0, i64::MAX))
        .unwrap();
    entries.into_iter().map(|entry| entry.leaf_hash).collect()
}

/// Makes a backup of the server's data while decisions are taken.
fn backup_under_way(app: &TestApp) -> (PathBuf, Manifest) {
    let copy = fresh_dir().join("copy");
    let done = AtomicBool::new(false);
    let made = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                decide(&app.store);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let made = backup(&app.settings(), &copy, true);
        done.store(true, Ordering::SeqCst);
        made.unwrap()
    });
    (copy, made)
}

/// Restores into an empty database of this kind, verifies everything, and serves it.
fn comes_back(to: Database, copy: &Path, made: &Manifest, original: &TestApp) -> Option<TestApp> {
    let data = fresh_dir();
    let target = fresh_target(to, &data)?;
    let settings = settings_on(&data, &target);
    assert_eq!(&restore(&settings, copy).unwrap(), made);
    let app = TestApp::on(target, data, Clock::manual(later()));
    let restored = leaves(&app.store);
    assert_eq!(restored.len(), usize::try_from(made.log_entries()).unwrap());
    original.settle_log();
    assert_eq!(restored, leaves(&original.store)[..restored.len()]);
    for outcome in verify(&app.store).unwrap() {
        assert_eq!(outcome.failure, None, "{to:?}: {outcome}");
        assert!(outcome.applicable, "{to:?}: {outcome}");
    }
    goes_on(&app, made.log_entries());
    // A second restore over living data is refused.
    let again = restore(&settings, copy).unwrap_err().to_string();
    assert!(again.contains("not empty"), "{again}");
    Some(app)
}

/// The next decision gets the next place.
fn goes_on(app: &TestApp, next: i64) {
    let hr = app.signed_in(&format!("hr-{next}"), &[Role::Hr]);
    let unit = json!({ "code": format!("NEXT{next}"), "name_zh": "单位" });
    hr.post("/organisations", &unit).id();
    app.settle_log();
    let new = app
        .store
        .read_blocking(|view| ledger::entries(view, 2026, next, 10))
        .unwrap();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0].payload.kind, "organisation.added");
    let checked = app.store.read_blocking(ledger::check).unwrap();
    assert_eq!(checked, Ok(next + 1));
}

/// When the finished examination is long over.
fn later() -> Instant {
    morning().plus_seconds(86_400 * 60)
}

#[test]
fn a_backup_made_while_others_write_comes_back_on_either_database() {
    let data = fresh_dir();
    for name in ["keju.db", "vault.key"] {
        fs::copy(finished().join(name), data.join(name)).unwrap();
    }
    let target = Target::Sqlite(data.join("keju.db"));
    let first = TestApp::on(target, data, Clock::manual(later()));
    let (copy, made) = backup_under_way(&first);
    assert!(made.log_entries() > 300, "{made}");
    comes_back(Database::Sqlite, &copy, &made, &first).unwrap();
    let Some(moved) = comes_back(Database::Postgres, &copy, &made, &first) else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    let (copy, made) = backup_under_way(&moved);
    for database in [Database::Sqlite, Database::Postgres] {
        comes_back(database, &copy, &made, &moved).unwrap();
    }
}

/// PostgreSQL, with nobody to give places.
fn without_a_server() -> Option<(Settings, Store)> {
    let data = fresh_dir();
    let target = fresh_target(Database::Postgres, &data)?;
    let settings = settings_on(&data, &target);
    let vault = Vault::open(&data).unwrap();
    let store = Store::open(target, Clock::manual(morning()), vault).unwrap();
    Some((settings, store))
}

#[test]
fn decisions_that_wait_for_their_place_have_it_in_the_backup() {
    let Some((from, store)) = without_a_server() else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    decide(&store);
    // Open transactions of other databases on the server hold the sequencer back, too.
    while store.read_blocking(ledger::waiting).unwrap() > 0 {
        store.write_blocking(ledger::sequence).unwrap();
    }
    for _ in 0..3 {
        decide(&store);
    }
    let copy = fresh_dir().join("copy");
    let made = backup(&from, &copy, true).unwrap();
    assert_eq!(
        store
            .read_blocking(|view| ledger::tree(view, 2026))
            .unwrap()
            .0,
        1
    );
    assert_eq!(made.log_entries(), 4);
    let new = fresh_dir();
    restore(&settings(&new), &copy).unwrap();
    let restored = Store::open_embedded(&new, Clock::manual(morning())).unwrap();
    assert_eq!(restored.read_blocking(ledger::check).unwrap(), Ok(4));
    // The sequencer gives the same places as the backup did.
    while store.read_blocking(ledger::waiting).unwrap() > 0 {
        store.write_blocking(ledger::sequence).unwrap();
    }
    assert_eq!(leaves(&restored), leaves(&store));
}

/// A small backup of an embedded database.
fn small_backup() -> PathBuf {
    let (data, shelf) = (fresh_dir(), fresh_dir());
    let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
    decide(&store);
    let copy = shelf.join("copy");
    backup(&settings(&data), &copy, true).unwrap();
    store.close();
    copy
}

/// What a directory holds.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let (copy, new) = (small_backup(), fresh_dir());
    let file = copy.join("keju.db");
    let whole = fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    bytes[5000] ^= 1;
    fs::write(&file, bytes).unwrap();
    let refused = restore(&settings(&new), &copy).unwrap_err().to_string();
    assert!(refused.contains("not the one of its manifest"), "{refused}");
    assert_eq!(names(&new), ["lock"]);

    // A manifest that fits the file and not the log.
    fs::write(&file, whole).unwrap();
    let manifest = fs::read_to_string(copy.join("manifest.json")).unwrap();
    let other = manifest.replace("\"size\": 1", "\"size\": 2");
    assert_ne!(manifest, other);
    fs::write(copy.join("manifest.json"), other).unwrap();
    for database in [Database::Sqlite, Database::Postgres] {
        let Some(target) = fresh_target(database, &new) else {
            eprintln!("not run: PostgreSQL is not installed");
            continue;
        };
        let to = settings_on(&new, &target);
        let refused = restore(&to, &copy).unwrap_err().to_string();
        assert!(refused.contains("not the one of the manifest"), "{refused}");
        assert_eq!(names(&new), ["lock"]);
    }
    // Put right, it comes back into the same directory.
    fs::write(copy.join("manifest.json"), manifest).unwrap();
    restore(&settings(&new), &copy).unwrap();
    assert_eq!(names(&new), ["keju.db", "lock", "vault.key"]);
}

#[test]
fn without_the_key_the_backup_says_so_and_cannot_be_opened() {
    let (data, shelf, new) = (fresh_dir(), fresh_dir(), fresh_dir());
    let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
    decide(&store);
    let copy = shelf.join("copy");
    let made = backup(&settings(&data), &copy, false).unwrap();
    assert!(!made.has_key && !copy.join("vault.key").exists());
    let refused = restore(&settings(&new), &copy).unwrap_err().to_string();
    assert!(refused.contains("vault.key"), "{refused}");
    // Another key opens nothing, and nothing is left of the try.
    Vault::open(&new).unwrap();
    assert!(restore(&settings(&new), &copy).is_err());
    assert_eq!(names(&new), ["lock", "vault.key"]);
    fs::copy(data.join("vault.key"), new.join("vault.key")).unwrap();
    assert_eq!(restore(&settings(&new), &copy).unwrap(), made);
    store.close();
}

#[test]
fn a_database_that_holds_anything_is_not_filled() {
    let Some((to, store)) = without_a_server() else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    let copy = small_backup();
    let own = to.data.join("vault.key");
    fs::copy(copy.join("vault.key"), &own).unwrap();
    decide(&store);
    let refused = restore(&to, &copy).unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    let count = store.read_blocking(ledger::waiting).unwrap();
    assert_eq!(count, 1, "what was there is there, and nothing else");
    assert!(own.exists(), "a key that was there stays");
}

#[test]
fn another_key_is_never_overwritten() {
    let copy = small_backup();
    for database in [Database::Sqlite, Database::Postgres] {
        let data = fresh_dir();
        let Some(target) = fresh_target(database, &data) else {
            eprintln!("not run: PostgreSQL is not installed");
            continue;
        };
        Vault::open(&data).unwrap();
        let key = data.join("vault.key");
        let before = fs::read(&key).unwrap();
        let refused = restore(&settings_on(&data, &target), &copy).unwrap_err();
        assert!(refused.to_string().contains("not overwritten"), "{refused}");
        assert_eq!(fs::read(&key).unwrap(), before);
        assert_eq!(names(&data), ["lock", "vault.key"]);
    }
}

#[test]
fn a_database_without_its_key_gets_no_new_one() {
    let data = fresh_dir();
    Store::open_embedded(&data, Clock::manual(morning()))
        .unwrap()
        .close();
    fs::remove_file(data.join("vault.key")).unwrap();
    let refused = Vault::open(&data).err().unwrap().to_string();
    assert!(
        refused.contains("put the key of this database back"),
        "{refused}"
    );
    assert!(!data.join("vault.key").exists());
}

#[test]
fn only_the_owner_can_read_a_backup_and_what_comes_of_it() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut copies = vec![small_backup()];
    if let Some((from, _store)) = without_a_server() {
        let copy = fresh_dir().join("copy");
        backup(&from, &copy, true).unwrap();
        copies.push(copy);
    }
    for copy in copies {
        let new = fresh_dir().join("data");
        restore(&settings(&new), &copy).unwrap();
        for dir in [&copy, &new] {
            assert_eq!(mode(dir), 0o700, "{}", dir.display());
            for name in ["keju.db", "vault.key"] {
                assert_eq!(mode(&dir.join(name)), 0o600, "{name} in {}", dir.display());
            }
        }
        assert_eq!(names(&copy), ["keju.db", "manifest.json", "vault.key"]);
    }
    let existing = fresh_dir();
    let data = fresh_dir();
    Store::open_embedded(&data, Clock::manual(morning()))
        .unwrap()
        .close();
    assert!(
        backup(&settings(&data), &existing, true).is_err(),
        "an existing directory is taken"
    );
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Every column that the migrations make, with its table.
fn columns(store: &Store) -> BTreeSet<String> {
    let sql = match store.target() {
        Target::Sqlite(_) => {
            "SELECT t.name || '.' || c.name AS name \
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
        Target::Postgres(_) => {
            "SELECT table_name || '.' || column_name AS name \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows: Vec<Column> = store
        .read_blocking(|view| Ok(diesel::sql_query(sql).load(view.db)?))
        .unwrap();
    let own = |name: &String| !name.starts_with("__diesel") && !name.starts_with("sqlite_");
    rows.into_iter().map(|row| row.name).filter(own).collect()
}

/// The copying knows the columns of SQLite; this holds PostgreSQL to them.
#[test]
fn both_databases_have_the_same_columns() {
    let Some((_, postgres)) = without_a_server() else {
        return eprintln!("not run: PostgreSQL is not installed");
    };
    let sqlite = Store::open_embedded(&fresh_dir(), Clock::manual(morning())).unwrap();
    let mut expected = columns(&sqlite);
    // What the sequencer goes by; in a file the order of the log says it.
    expected.extend(["decision.xid", "decision.seq"].map(str::to_owned));
    assert_eq!(columns(&postgres), expected);
}
