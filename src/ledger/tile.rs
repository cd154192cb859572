//! Tiles and entry bundles of the public log (C2SP tlog-tiles v0.1.0): names and bytes. Pure.
//!
//! A tile of level `l` and number `n` holds up to 256 hashes; hash `i` stands for the leaves from
//! `(n * 256 + i) * 256^l` to just before `(n * 256 + i + 1) * 256^l`. An entry bundle holds the
//! leaves of a tile of level 0 themselves, each behind its length in two bytes.

use std::fmt;

use crate::kernel::merkle::{Hash, root};

/// Hashes in a full tile.
pub const WIDTH: u64 = 256;
/// Most bytes of a leaf.
pub const LEAF_MAX: usize = 65_535;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Hashes of this level, from zero.
    Hashes(u8),
    /// The leaves themselves.
    Entries,
}

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileName {
    /// What it holds.
    pub level: Level,
    /// Its number in its level.
    pub number: u64,
    /// How many it holds, from 1 to 256.
    pub width: u64,
}

impl TileName {
    /// The tile of this level and number in a tree of `size` leaves; none if it would be empty.
    pub fn within(level: Level, number: u64, size: u64) -> Option<Self> {
        let shift = match level {
            Level::Hashes(level) => 8 * u32::from(level),
            Level::Entries => 0,
        };
        let hashes = size.checked_shr(shift).unwrap_or_default();
        let width = hashes.saturating_sub(number.checked_mul(WIDTH)?).min(WIDTH);
        (width > 0).then_some(Self {
            level,
            number,
            width,
        })
    }

    /// The same tile when it is full.
    #[must_use]
    pub const fn full(self) -> Self {
        Self {
            width: WIDTH,
            ..self
        }
    }

    /// Reads `tile/0/x001/x234/067.p/112`, written in exactly this way.
    pub fn parse(text: &str) -> Option<Self> {
        let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
        let level = match level {
            "entries" => Level::Entries,
            level => Level::Hashes(level.parse().ok().filter(|level| *level < 64)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|w| *w < WIDTH)?),
            None => (rest, WIDTH),
        };
        let mut groups = number.split('/').map(|group| group.trim_start_matches('x'));
        let number = groups.try_fold(0_u64, |number, group| {
            let group: u64 = group.parse().ok().filter(|group| *group < 1000)?;
            number.checked_mul(1000)?.checked_add(group)
        })?;
        let name = Self {
            level,
            number,
            width,
        };
        (width > 0 && name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for TileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
            Level::Entries => write!(f, "tile/entries/")?,
        }
        let digits = self.number.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        let groups = digits.len() / 3;
        for group in 0..groups {
            let last = group + 1 == groups;
            let three = digits.get(group * 3..group * 3 + 3).unwrap_or_default();
            let (before, after) = if last { ("", "") } else { ("x", "/") };
            write!(f, "{before}{three}{after}")?;
        }
        if self.width < WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// The bytes of a tile of hashes.
pub fn hashes_to_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// The hashes of a tile; none if the bytes are not whole hashes.
pub fn bytes_to_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
}

/// The bytes of an entry bundle; none if a leaf is too long.
pub fn bundle(leaves: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        let length = u16::try_from(leaf.len()).ok()?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
    }
    Some(bytes)
}

/// The bytes of the first `count` leaves of a bundle; none if it has not so many.
pub fn first_of_bundle(bytes: &[u8], count: u64) -> Option<&[u8]> {
    let mut end = 0;
    for _ in 0..count {
        let length = bytes.get(end..end + 2)?.first_chunk::<2>()?;
        end += 2 + usize::from(u16::from_be_bytes(*length));
    }
    bytes.get(..end)
}

/// How one level of the tree grows: hashes that are there already, behind which new ones come.
#[derive(Debug, PartialEq, Eq)]
pub struct Grown {
    /// The tiles that change, with their hashes.
    pub tiles: Vec<(u64, Vec<Hash>)>,
    /// The roots of the tiles that became full: the new hashes of the level above.
    pub above: Vec<Hash>,
}

/// Adds `new` hashes behind `before` others of a level, of which `partial` are those in its last,
/// not yet full tile.
pub fn grow(before: u64, partial: Vec<Hash>, new: &[Hash]) -> Grown {
    let mut grown = Grown {
        tiles: Vec::new(),
        above: Vec::new(),
    };
    let first = before / WIDTH;
    let all: Vec<Hash> = partial.into_iter().chain(new.iter().copied()).collect();
    let width = usize::try_from(WIDTH).unwrap_or(usize::MAX);
    for (number, hashes) in (first..).zip(all.chunks(width)) {
        if hashes.len() == width {
            grown.above.push(root(hashes));
        }
        grown.tiles.push((number, hashes.to_vec()));
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::merkle::leaf_hash;
    use proptest::prelude::*;

    fn name(level: Level, number: u64, width: u64) -> TileName {
        TileName {
            level,
            number,
            width,
        }
    }

    #[test]
    fn names_are_those_of_the_specification() {
        let named = [
            (name(Level::Hashes(0), 0, 1), "tile/0/000.p/1"),
            (
                name(Level::Hashes(0), 1_234_067, 256),
                "tile/0/x001/x234/067",
            ),
            (name(Level::Hashes(2), 1_000, 112), "tile/2/x001/000.p/112"),
            (name(Level::Entries, 273, 112), "tile/entries/273.p/112"),
        ];
        for (tile, text) in named {
            assert_eq!(tile.to_string(), text);
            assert_eq!(TileName::parse(text), Some(tile));
        }
    }

    #[test]
    fn anything_else_is_no_name() {
        for text in [
            "tile/0/0",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/001/000",
            "tile/0/x000/000",
            "tile/0/x001/x000",
            "tile/0/../../vault.key",
            "tile/data/000",
            "tile/entries/",
            "tile/8/0/000",
            "tile/0/x99999999999999999999/000",
        ] {
            assert_eq!(TileName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() {
        let width = |level, number| {
            TileName::within(Level::Hashes(level), number, 70_000).map(|tile| tile.width)
        };
        assert_eq!(
            (width(0, 272), width(0, 273), width(0, 274)),
            (Some(256), Some(112), None)
        );
        assert_eq!(
            (width(1, 0), width(1, 1), width(1, 2)),
            (Some(256), Some(17), None)
        );
        assert_eq!((width(2, 0), width(3, 0)), (Some(1), None));
        assert_eq!(
            TileName::within(Level::Hashes(1), 0, 256).map(|t| t.width),
            Some(1)
        );
    }

    #[test]
    fn the_beginning_of_a_bundle_is_the_bundle_of_its_beginning() {
        let leaves = [b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let bytes = bundle(&leaves).unwrap();
        assert_eq!(
            first_of_bundle(&bytes, 2).unwrap(),
            bundle(&leaves[..2]).unwrap()
        );
        assert_eq!(first_of_bundle(&bytes, 3).unwrap(), bytes);
        assert_eq!(first_of_bundle(&bytes, 4), None);
        assert_eq!(first_of_bundle(&bytes[..bytes.len() - 1], 3), None);
        assert_eq!(bundle(&[vec![0; LEAF_MAX + 1]]), None);
    }

    proptest! {
        #[test]
        fn every_name_is_read_as_it_is_written(
            level in prop::option::of(0u8..64), number in 0u64..5_000_000_000, width in 1u64..=256,
        ) {
            let level = level.map_or(Level::Entries, Level::Hashes);
            let tile = name(level, number, width);
            prop_assert_eq!(TileName::parse(&tile.to_string()), Some(tile));
        }

        #[test]
        fn a_level_grows_in_steps_as_at_once(first in 0usize..700, second in 0usize..700) {
            let hashes: Vec<Hash> =
                (0..first + second).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            let at_once = grow(0, Vec::new(), &hashes);
            let before = grow(0, Vec::new(), &hashes[..first]);
            let last = before.tiles.last().filter(|(_, tile)| tile.len() < 256);
            let partial = last.map(|(_, tile)| tile.clone()).unwrap_or_default();
            let after = grow(first as u64, partial, &hashes[first..]);
            let both: Vec<Hash> = before.above.iter().chain(&after.above).copied().collect();
            prop_assert_eq!(both, at_once.above);
            prop_assert_eq!(after.tiles.last().or(before.tiles.last()), at_once.tiles.last());
        }
    }
}
