//! Files that only their owner may read, and that are on disk when they are said to be.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::kernel::Problem;

/// Makes the directory `path` for its owner alone; one that is there is left as it is.
pub(super) fn make_dirs(path: &Path) -> Result<(), Problem> {
    builder()
        .recursive(true)
        .create(path)
        .map_err(|e| named(path, &e))
}

/// Makes the new directory `path` for its owner alone.
pub(super) fn new_dir(path: &Path) -> Result<(), Problem> {
    builder().create(path).map_err(|e| named(path, &e))
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are a matter of Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes the new file `path` for its owner alone.
pub(super) fn new_file(path: &Path) -> Result<File, Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| named(path, &e))
}

/// Writes the new file `path`.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Problem> {
    let mut file = new_file(path)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .map_err(|e| named(path, &e))
}

/// Copies `from` into the new file `to`.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    let mut source = File::open(from).map_err(|e| named(from, &e))?;
    let mut file = new_file(to)?;
    io::copy(&mut source, &mut file)
        .and_then(|_| file.sync_all())
        .map_err(|e| named(to, &e))
}

/// Returns when the file or directory `path` is on disk.
pub(super) fn sync(path: &Path) -> Result<(), Problem> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| named(path, &e))
}

/// SHA-256 of the file, hexadecimal.
pub(super) fn hash(path: &Path) -> Result<String, Problem> {
    let mut file = File::open(path).map_err(|e| named(path, &e))?;
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

/// The whole file as text.
pub(super) fn read(path: &Path) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|e| named(path, &e))
}

/// An error with the file it happened to.
pub(super) fn named(path: &Path, error: &io::Error) -> Problem {
    Problem::internal(format!("{}: {error}", path.display()))
}
