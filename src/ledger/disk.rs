//! The files of a log: tiles, entry bundles and the checkpoint, written so that a crash at any
//! moment leaves either the old file or the new one, and never a name that is not yet there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tlog_tiles::{Error as TreeError, Hash as TreeHash, HashReader, Tile};

use super::tile::{Level, TileName, WIDTH, bytes_to_hashes, first_of_bundle};
use crate::kernel::merkle::Hash;
use crate::kernel::secret;

/// Height of a tile: 2^8 hashes.
const HEIGHT: u8 = 8;

/// The directory of one log.
#[derive(Debug, Clone)]
pub struct Disk(PathBuf);

impl Disk {
    /// The log in this directory, which need not be there yet.
    pub const fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// Whether anything of the log lies here: tiles remember, since they are never overwritten with
    /// other content.
    pub fn remembers(&self) -> bool {
        self.0.join("tile").is_dir()
    }

    /// The published checkpoint, if there is one.
    pub fn checkpoint(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.0.join("checkpoint"))
    }

    /// Publishes a checkpoint: the last step, when everything it stands on is on the disk.
    pub fn publish(&self, note: &str) -> io::Result<()> {
        replace(&self.0.join("checkpoint"), note.as_bytes())
    }

    /// A tile. Of one that has become wider meanwhile, the beginning is what it was.
    pub fn tile(&self, name: TileName) -> io::Result<Option<Vec<u8>>> {
        if let Some(bytes) = read(&self.path(name))? {
            return Ok(Some(bytes));
        }
        let wider = match read(&self.path(name.full()))? {
            Some(full) => Some(full),
            None => self.wider(name)?,
        };
        let beginning = wider.as_deref().and_then(|wider| match name.level {
            Level::Entries => first_of_bundle(wider, name.width),
            Level::Hashes(_) => {
                let length = usize::try_from(name.width * 32).unwrap_or(usize::MAX);
                wider.get(..length)
            }
        });
        Ok(beginning.map(<[u8]>::to_vec))
    }

    /// A partial tile that is wider than this one: another node wrote the sizes between.
    fn wider(&self, name: TileName) -> io::Result<Option<Vec<u8>>> {
        let mut widths = self.widths(name)?;
        widths.retain(|width| *width > name.width);
        let width = widths.into_iter().min();
        width.map_or(Ok(None), |width| {
            read(&self.path(TileName { width, ..name }))
        })
    }

    /// The widths of the partial tiles that there are.
    fn widths(&self, name: TileName) -> io::Result<Vec<u64>> {
        let directory = match fs::read_dir(self.partials(name)) {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            other => other?,
        };
        let names = directory.flatten().map(|entry| entry.file_name());
        Ok(names
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect())
    }

    /// Where the partial tiles of a tile are.
    fn partials(&self, name: TileName) -> PathBuf {
        let mut path = self.path(name.full()).into_os_string();
        path.push(".p");
        path.into()
    }

    /// The hashes of a tile.
    pub fn hashes(&self, name: TileName) -> io::Result<Vec<Hash>> {
        let bytes = self.tile(name)?.ok_or_else(|| missing(name))?;
        let hashes = bytes_to_hashes(&bytes);
        let whole = hashes.filter(|hashes| hashes.len() as u64 == name.width);
        whole.ok_or_else(|| io::Error::other(format!("{name} has not {} hashes", name.width)))
    }

    /// Writes a tile. One that is there already must be the same: a log has one history.
    pub fn write(&self, name: TileName, bytes: &[u8]) -> io::Result<()> {
        match self.tile(name)? {
            Some(there) if there == bytes => Ok(()),
            Some(_) => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{name} is there with other content"),
            )),
            None => replace(&self.path(name), bytes),
        }
    }

    /// Removes the partial tiles of those that became full between two published sizes. A visitor
    /// who holds the older checkpoint finds what they were at the beginning of the full ones.
    pub fn drop_partials(&self, before: u64, after: u64) -> io::Result<()> {
        let mut level = 0;
        while let Some(full) = after.checked_shr(8 * (level + 1)).filter(|full| *full > 0) {
            let first = before.checked_shr(8 * (level + 1)).unwrap_or_default();
            for number in first..full {
                let hashes = u8::try_from(level).map(Level::Hashes).ok();
                let entries = (level == 0).then_some(Level::Entries);
                for level in hashes.into_iter().chain(entries) {
                    self.drop_partials_of(TileName {
                        level,
                        number,
                        width: WIDTH,
                    })?;
                }
            }
            level += 1;
        }
        Ok(())
    }

    fn drop_partials_of(&self, name: TileName) -> io::Result<()> {
        match fs::remove_dir_all(self.partials(name)) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, name: TileName) -> PathBuf {
        self.0.join(name.to_string())
    }

    /// The tree of the first `size` leaves, as the files have it.
    pub fn tree(&self, size: u64) -> DiskTree<'_> {
        DiskTree {
            disk: self,
            size,
            read: RefCell::default(),
        }
    }
}

fn missing(name: TileName) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{name} is not there"))
}

/// The hashes of a tree, read from its tiles. It believes the files: what is computed from them is
/// compared with a root that somebody else knows.
#[derive(Debug)]
pub struct DiskTree<'a> {
    disk: &'a Disk,
    size: u64,
    read: RefCell<BTreeMap<(u8, u64), Vec<u8>>>,
}

impl DiskTree<'_> {
    fn hash(&self, index: u64) -> Result<TreeHash, TreeError> {
        let wanted = Tile::from_index(HEIGHT, index);
        let (level, number) = (wanted.level(), wanted.level_index());
        let name = TileName::within(Level::Hashes(level), number, self.size);
        let name = name.ok_or(TreeError::InvalidTile)?;
        let mut read = self.read.borrow_mut();
        let bytes = match read.entry((level, number)) {
            std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let bytes = self.disk.tile(name).ok().flatten();
                place.insert(bytes.ok_or(TreeError::InvalidTile)?)
            }
        };
        let width = u32::try_from(name.width).map_err(|_| TreeError::InvalidTile)?;
        Tile::new(HEIGHT, level, number, width, false).hash_at_index(bytes, index)
    }
}

impl HashReader for DiskTree<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TreeHash>, TreeError> {
        indexes.iter().map(|index| self.hash(*index)).collect()
    }
}

/// A file's bytes; none if there is no such file.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Nothing of that name: also when a part of the path is a file.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Writes a file under another name, makes it durable, gives it its name and makes that durable.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    make_directory(directory)?;
    // Nodes on a shared disk write the same bytes, each under a name of its own.
    let own: [u8; 8] = secret::random();
    let temporary = path.with_extension(format!("tmp-{}", hex::encode(own)));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    if let Err(error) = fs::rename(&temporary, path) {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_directory(directory)
}

/// Makes a directory and those above it, each durable in the one above.
fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = directory.parent().unwrap_or(Path::new("."));
    make_directory(above)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_directory(above)
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The hashes of the last tile of a level that is not full yet, in a tree of `size` leaves.
pub fn partial(disk: &Disk, level: u8, size: u64) -> io::Result<Vec<Hash>> {
    let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or_default();
    let name = TileName::within(Level::Hashes(level), hashes / WIDTH, size);
    name.map_or(Ok(Vec::new()), |name| disk.hashes(name))
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;
    use tlog_tiles::{prove_record, prove_tree, tree_hash};

    use super::super::tile::{grow, hashes_to_bytes};
    use super::*;
    use crate::kernel::merkle::leaf_hash;

    /// The tiles of these leaves, written in two steps.
    fn written(leaves: &[Hash], first: usize) -> (tempfile::TempDir, Disk) {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::at(directory.path().to_owned());
        for (old, new) in [(0, first), (first, leaves.len())] {
            let (before, size) = (old as u64, new as u64);
            let mut hashes = leaves[old..new].to_vec();
            for level in 0.. {
                let there = before >> (8 * u32::from(level));
                let grown = grow(there, partial(&disk, level, before).unwrap(), &hashes);
                for (number, tile) in grown.tiles.into_iter().filter(|(_, tile)| !tile.is_empty()) {
                    let name = TileName::within(Level::Hashes(level), number, size).unwrap();
                    disk.write(name, &hashes_to_bytes(&tile)).unwrap();
                }
                hashes = grown.above;
                if hashes.is_empty() {
                    break;
                }
            }
        }
        (directory, disk)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn roots_and_proofs_are_those_of_an_unrelated_implementation(
            count in 2usize..700, first: prop::sample::Index, entry: prop::sample::Index,
            older: prop::sample::Index,
        ) {
            let entries: Vec<Vec<u8>> = (0..count).map(|n| n.to_be_bytes().to_vec()).collect();
            let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            let (_directory, disk) = written(&leaves, first.index(count));
            let size = count as u64;
            let tree = disk.tree(size);
            let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            for entry in entries {
                theirs.push(entry);
            }
            let root = tree_hash(size, &tree).unwrap();
            let their_root = theirs.root();
            prop_assert_eq!(&root.0[..], &their_root.as_bytes()[..]);

            let bytes = |hashes: Vec<TreeHash>| hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
            let entry = entry.index(count);
            let ours = bytes(prove_record(size, entry as u64, &tree).unwrap());
            let their_proof = theirs.prove_inclusion(entry);
            prop_assert_eq!(&ours[..], their_proof.as_bytes());

            let older = 1 + older.index(count - 1);
            let ours = bytes(prove_tree(size, older as u64, &tree).unwrap());
            let their_proof = theirs.prove_consistency(count - older);
            prop_assert_eq!(&ours[..], their_proof.as_bytes());
        }
    }

    #[test]
    fn a_tile_is_never_written_over_with_another_history() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::at(directory.path().to_owned());
        let name = TileName::within(Level::Hashes(0), 0, 3).unwrap();
        disk.write(name, &[1; 96]).unwrap();
        disk.write(name, &[1; 96]).unwrap();
        let other = disk.write(name, &[2; 96]).unwrap_err();
        assert_eq!(other.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(disk.hashes(name).unwrap(), [[1; 32]; 3]);
        // A narrower tile is the beginning of this one, and must be that as well.
        let narrow = TileName::within(Level::Hashes(0), 0, 2).unwrap();
        assert_eq!(disk.hashes(narrow).unwrap(), [[1; 32]; 2]);
        assert!(disk.write(narrow, &[2; 64]).is_err());
        assert!(disk.remembers());
    }
}
