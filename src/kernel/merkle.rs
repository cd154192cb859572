//! The Merkle tree of RFC 6962, section 2.1: one hash that stands for an ordered list.
//!
//! ```text
//! leaf(d)    = SHA-256(0x00 ‖ d)
//! node(l, r) = SHA-256(0x01 ‖ l ‖ r)
//! root([])   = SHA-256("")
//! root([h])  = h
//! root(list) = node(root(list[..k]), root(list[k..])),  k the largest power of two below the length
//! ```

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of one entry's bytes.
pub fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data])
}

/// The hash that stands for two neighbouring subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root over leaf hashes, in their order.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// A tree that grows leaf by leaf. It keeps the hashes of its complete subtrees alone, one for each
/// binary digit of its size that is set, so adding a leaf and giving the root cost next to nothing.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    size: u64,
    /// From the largest subtree to the smallest.
    subtrees: Vec<Hash>,
}

impl Growing {
    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut grown = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                grown = node_hash(&left, &grown);
            }
        }
        self.subtrees.push(grown);
        self.size += 1;
    }

    /// Adds leaves in their order.
    pub fn extend(&mut self, leaves: impl IntoIterator<Item = Hash>) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        let subtrees = self.subtrees.iter().rev().copied();
        subtrees
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| root(&[]))
    }
}

/// SHA-256 over the concatenation of `parts`.
fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    /// The entries and roots that implementations of RFC 6962 check themselves against.
    const ENTRIES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_roots_of_none_to_eight_entries_are_the_published_ones() {
        let leaves: Vec<Hash> = ENTRIES
            .iter()
            .map(|text| leaf_hash(&hex::decode(text).unwrap()))
            .collect();
        for (count, expected) in ROOTS.iter().enumerate() {
            assert_eq!(
                &hex::encode(root(&leaves[..count])),
                expected,
                "{count} entries"
            );
        }
    }

    proptest! {
        #[test]
        fn agrees_with_an_independent_implementation(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..70),
        ) {
            let leaves: Vec<Hash> = entries.iter().map(|e| leaf_hash(e)).collect();
            let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            for entry in entries {
                tree.push(entry);
            }
            let theirs = tree.root();
            prop_assert_eq!(&root(&leaves)[..], &theirs.as_bytes()[..]);
        }

        #[test]
        fn a_growing_tree_has_the_same_root_at_every_size(
            leaves in prop::collection::vec(any::<Hash>(), 0..70),
        ) {
            let mut tree = Growing::default();
            prop_assert_eq!(tree.root(), root(&[]));
            for (before, leaf) in leaves.iter().enumerate() {
                tree.push(*leaf);
                prop_assert_eq!(tree.root(), root(&leaves[..=before]));
            }
            prop_assert_eq!(tree.size(), leaves.len() as u64);
        }

        #[test]
        fn any_changed_entry_changes_the_root(
            mut leaves in prop::collection::vec(any::<Hash>(), 1..40),
            which: prop::sample::Index,
            bit in 0usize..256,
        ) {
            let before = root(&leaves);
            let which = which.index(leaves.len());
            leaves[which][bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(before, root(&leaves));
        }
    }
}
