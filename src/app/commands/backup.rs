//! `keju backup` and `keju restore`.
//!
//! A backup is a directory: the database as one consistent file, a manifest with its hash and the
//! size and root of the log, and the key that opens personal data unless it is kept elsewhere.
//! Bringing it back checks all three.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{lock_data, open_store};
use crate::config::Settings;
use crate::kernel::{Clock, Instant, Problem};
use crate::ledger;
use crate::store::{Target, Vault};

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
    /// Entries in the log.
    pub log_size: i64,
    /// Root of the log, hexadecimal.
    pub log_root: String,
    /// Whether the key is in it.
    pub has_key: bool,
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.has_key { "with" } else { "WITHOUT" };
        write!(
            f,
            "{} log entries, root {}, {key} the key",
            self.log_size, self.log_root
        )
    }
}

/// Writes a backup into the new directory `to`.
pub fn backup(settings: &Settings, to: &Path, with_key: bool) -> Result<Manifest, Problem> {
    if let Target::Postgres(_) = settings.target() {
        return Err(Problem::internal(
            "the data is in PostgreSQL: back it up with pg_dump, and keep vault.key with it",
        ));
    }
    fs::create_dir(to).map_err(|error| named(to, &error))?;
    let store = open_store(settings, Clock::system())?;
    let file = to.join(DATABASE);
    let copy = format!(
        "VACUUM INTO '{}'",
        file.display().to_string().replace('\'', "''")
    );
    store.read_blocking(|view| {
        // The copy is written by the engine itself, consistent while the server goes on.
        view.db.batch_execute("PRAGMA query_only=OFF")?;
        let copied = view.db.batch_execute(&copy);
        view.db.batch_execute("PRAGMA query_only=ON")?;
        Ok(copied?)
    })?;
    store.close();
    if with_key {
        fs::copy(settings.data.join(KEY), to.join(KEY)).map_err(|e| named(to, &e))?;
    }
    let manifest = describe(&file, &settings.data, with_key)?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(Problem::internal)?;
    fs::write(to.join(MANIFEST), text).map_err(|e| named(to, &e))?;
    for name in [DATABASE, MANIFEST] {
        sync(&to.join(name))?;
    }
    sync(to)?;
    Ok(manifest)
}

/// Reads size and root of the log from the copy itself, so that the manifest describes it and not
/// the database that has gone on meanwhile.
fn describe(file: &Path, key_in: &Path, has_key: bool) -> Result<Manifest, Problem> {
    let database_sha256 = hash(file)?;
    let scratch = file.with_extension("check");
    fs::copy(file, &scratch).map_err(|e| named(file, &e))?;
    let target = Target::Sqlite(scratch.clone());
    let store = crate::store::Store::open(target, Clock::system(), Vault::open(key_in)?)?;
    let at = store.clock().now();
    let (log_size, root) = store.read_blocking(ledger::tree)?;
    store.close();
    drop(store);
    for suffix in ["check", "check-wal", "check-shm"] {
        let _ = fs::remove_file(file.with_extension(suffix));
    }
    Ok(Manifest {
        at,
        database_sha256,
        log_size,
        log_root: hex::encode(root),
        has_key,
    })
}

/// Brings the backup in `from` back into the settings' data directory, which must be empty.
pub fn restore(settings: &Settings, from: &Path) -> Result<Manifest, Problem> {
    let text = fs::read(from.join(MANIFEST)).map_err(|e| named(from, &e))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(Problem::internal)?;
    if hash(&from.join(DATABASE))? != manifest.database_sha256 {
        return Err(Problem::internal(
            "the backup's database is not the one of its manifest",
        ));
    }
    let data = &settings.data;
    if data.join(DATABASE).exists() {
        return Err(Problem::internal(format!(
            "{} is not empty",
            data.display()
        )));
    }
    let _lock = lock_data(data)?;
    if manifest.has_key {
        fs::copy(from.join(KEY), data.join(KEY)).map_err(|e| named(from, &e))?;
    } else if !data.join(KEY).exists() {
        let need = "the backup has no key: put vault.key into the data directory first";
        return Err(Problem::internal(need));
    }
    fs::copy(from.join(DATABASE), data.join(DATABASE)).map_err(|e| named(data, &e))?;
    sync(&data.join(DATABASE))?;
    sync(data)?;
    let store = open_store(settings, Clock::system())?;
    let (size, root) = store.read_blocking(ledger::tree)?;
    let checked = store.read_blocking(ledger::check)?;
    store.close();
    checked.map_err(|discrepancy| Problem::internal(discrepancy.to_string()))?;
    if (size, hex::encode(root)) != (manifest.log_size, manifest.log_root.clone()) {
        return Err(Problem::internal("the log is not the one of the manifest"));
    }
    Ok(manifest)
}

fn hash(path: &Path) -> Result<String, Problem> {
    let mut file = fs::File::open(path).map_err(|e| named(path, &e))?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut part).map_err(|e| named(path, &e))?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(part.get(..read).unwrap_or_default());
    }
}

fn sync(path: &Path) -> Result<(), Problem> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| named(path, &e))
}

fn named(path: &Path, error: &std::io::Error) -> Problem {
    Problem::internal(format!("{}: {error}", path.display()))
}
