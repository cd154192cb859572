//! `keju backup` and `keju restore`.
//!
//! A backup is a directory: the database as one consistent SQLite file, a manifest with its hash
//! and the size and root of the log, and the key that opens personal data unless it is kept
//! elsewhere. It is the same whether the data is embedded or in PostgreSQL, so it also moves an
//! office from one to the other. Bringing it back checks all three before anything is in place.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{files, lock_data, open_store};
use crate::config::Settings;
use crate::kernel::{Clock, Instant, Problem};
use crate::ledger::{self, Standing};
use crate::store::{Target, Vault, View, fill, read_file};

const DATABASE: &str = "keju.db";
const KEY: &str = "vault.key";
const MANIFEST: &str = "manifest.json";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When it was made.
    pub at: Instant,
    /// SHA-256 of the database file, hexadecimal.
    pub database_sha256: String,
    /// Size and root of each log.
    pub logs: Vec<Standing>,
    /// Whether the key is in it.
    pub has_key: bool,
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.has_key { "with" } else { "WITHOUT" };
        write!(f, "{} log entries, {key} the key", self.log_entries())?;
        for log in &self.logs {
            write!(
                f,
                "\nlog {}: {} entries, root {}",
                log.year, log.size, log.root
            )?;
        }
        Ok(())
    }
}

impl Manifest {
    /// Entries in all logs.
    pub fn log_entries(&self) -> i64 {
        self.logs.iter().map(|log| log.size).sum()
    }

    fn read(from: &Path) -> Result<Self, Problem> {
        let text = files::read(&from.join(MANIFEST))?;
        serde_json::from_str(&text).map_err(Problem::internal)
    }

    /// Every leaf follows from its decision, and the log is the one that was backed up.
    fn check_log(&self, view: &mut View<'_>) -> Result<(), Problem> {
        ledger::check(view)?.map_err(|found| Problem::internal(found.to_string()))?;
        if ledger::standing(view)? == self.logs {
            return Ok(());
        }
        Err(Problem::internal("the log is not the one of the manifest"))
    }
}

/// Writes a backup into the new directory `to`, while the server goes on.
pub fn backup(settings: &Settings, to: &Path, with_key: bool) -> Result<Manifest, Problem> {
    files::new_dir(to)?;
    let made = fill_directory(settings, to, with_key);
    if made.is_err() {
        let _ = fs::remove_dir_all(to);
    }
    made
}

fn fill_directory(settings: &Settings, to: &Path, with_key: bool) -> Result<Manifest, Problem> {
    let store = open_store(settings, Clock::system())?;
    let file = to.join(DATABASE);
    files::new_file(&file)?;
    let at = store.clock().now();
    store.copy_to(&file)?;
    store.close();
    if with_key {
        files::copy(&settings.data.join(KEY), &to.join(KEY))?;
    }
    // Read from the copy itself: the database has gone on meanwhile.
    let logs = read_file(&file, at, store.vault(), ledger::standing)?;
    let manifest = Manifest {
        at,
        database_sha256: files::hash(&file)?,
        logs,
        has_key: with_key,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(Problem::internal)?;
    files::write(&to.join(MANIFEST), &text)?;
    files::sync(&file)?;
    files::sync(to)?;
    files::sync(parent(to))?;
    Ok(manifest)
}

/// Brings the backup in `from` into the settings' data directory and database, which must be empty.
pub fn restore(settings: &Settings, from: &Path) -> Result<Manifest, Problem> {
    let manifest = Manifest::read(from)?;
    let data = &settings.data;
    let _lock = lock_data(data)?;
    if let Target::Sqlite(_) = settings.target() {
        must_have_no_database(data)?;
    }
    let key_is_there = may_take_key(&manifest, from, data)?;
    let staged = Staged::copy(&from.join(DATABASE), data)?;
    if files::hash(&staged.0)? != manifest.database_sha256 {
        return Err(Problem::internal(
            "the backup's database is not the one of its manifest",
        ));
    }
    let vault = Vault::open(if key_is_there { data } else { from })?;
    let now = Clock::system().now();
    read_file(&staged.0, now, &vault, |view| manifest.check_log(view))?;
    let brought = put_in_place(settings, from, &staged, key_is_there, |staged, target| {
        let check = |view: &mut View<'_>| manifest.check_log(view);
        fill(target, staged, now, &vault, check)
    });
    if brought.is_err() && !key_is_there {
        let _ = fs::remove_file(data.join(KEY));
    }
    brought.map(|()| manifest)
}

/// The key first: a database whose key is not there is of no use, and is refused.
fn put_in_place(
    settings: &Settings,
    from: &Path,
    staged: &Staged,
    key_is_there: bool,
    fill: impl FnOnce(&Path, &Target) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let data = &settings.data;
    if !key_is_there {
        files::copy(&from.join(KEY), &data.join(KEY))?;
        files::sync(data)?;
    }
    match settings.target() {
        Target::Sqlite(place) => {
            fs::rename(&staged.0, &place).map_err(|e| files::named(&place, &e))?;
        }
        target @ Target::Postgres(_) => fill(&staged.0, &target)?,
    }
    files::sync(data)
}

fn must_have_no_database(data: &Path) -> Result<(), Problem> {
    // A write-ahead log left behind by another database would be taken for this one's.
    for name in [DATABASE, "keju.db-wal", "keju.db-journal"] {
        if data.join(name).exists() {
            let why = format!("{} is not empty: it has {name}", data.display());
            return Err(Problem::internal(why));
        }
    }
    Ok(())
}

/// Whether the key is in the data directory already. One that is there is never replaced: it may be
/// the only one that opens a database elsewhere.
fn may_take_key(manifest: &Manifest, from: &Path, data: &Path) -> Result<bool, Problem> {
    let own = data.join(KEY);
    match (own.exists(), manifest.has_key) {
        (true, true) if files::read(&own)?.trim() != files::read(&from.join(KEY))?.trim() => {
            Err(Problem::internal(format!(
                "{} is not the key of this backup, and it is not overwritten: move it away, or \
                 choose another data directory",
                own.display()
            )))
        }
        (false, false) => Err(Problem::internal(
            "the backup has no key: put vault.key into the data directory first",
        )),
        (there, _) => Ok(there),
    }
}

/// The backup's database in the data directory, not in its place yet; gone when this is dropped.
struct Staged(PathBuf);

impl Staged {
    fn copy(file: &Path, data: &Path) -> Result<Self, Problem> {
        let staged = Self(data.join("keju.db.restoring"));
        staged.remove();
        files::copy(file, &staged.0)?;
        Ok(staged)
    }

    fn remove(&self) {
        for suffix in ["restoring", "restoring-wal", "restoring-shm"] {
            let _ = fs::remove_file(self.0.with_extension(suffix));
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.remove();
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
