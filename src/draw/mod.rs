//! Verifiable draws: EXAM-DRAW-1.
//!
//! Every random choice that touches a person (papers, seats, blind codes) is a
//! pure function of a 32-byte key, defined on paper and therefore repeatable in
//! any language:
//!
//! ```text
//! lp(x)         = be64(len x) ‖ x
//! stream(k)     : block i = HMAC-SHA256(k, be64(i)), each block four big-endian 64-bit words
//! below(n)      : take words until w >= 2^64 mod n; the result is w mod n
//! perm(k, n)    : v = 0..n-1; for i = n-1 down to 1: swap v[i], v[below(i+1)]
//! pick(k, n, m) : the first m of perm(k, n), in that order
//! sub(k, label) = HMAC-SHA256(k, "exam-draw/1/sub\0" ‖ lp(label))
//! ```
//!
//! General-purpose shuffles are not used: their results changed between
//! versions of the libraries that offer them.

pub mod beacon;
pub mod ceremony;
pub mod lists;

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A 32-byte key from which draws follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes 32 bytes as a seed.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From a slice of exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_slice(&hex::decode(text).ok()?)
    }

    /// The 32 bytes. Before the draw is opened they are secret.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seed of a part of the draw: `sub(seed, label)`.
    #[must_use]
    pub fn sub(&self, label: impl AsRef<[u8]>) -> Self {
        let label = label.as_ref();
        let length = u64::try_from(label.len()).unwrap_or(u64::MAX).to_be_bytes();
        Self(hmac_sha256(
            &self.0,
            &[b"exam-draw/1/sub\0", &length, label],
        ))
    }

    /// The stream of words under this seed, from its start.
    pub fn stream(&self) -> Stream {
        Stream {
            keyed: keyed(&self.0),
            next_block: 0,
            block: [0; 32],
            used: 4,
        }
    }

    /// A permutation of `0..n`.
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let mut stream = self.stream();
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, stream.below(i + 1));
        }
        order
    }

    /// `m` of `0..n` in order of selection; the rest, in order, are the reserve.
    pub fn pick(&self, n: usize, m: usize) -> Vec<usize> {
        let mut order = self.permutation(n);
        order.truncate(m);
        order
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// The words of a seed, in order.
#[derive(Debug, Clone)]
pub struct Stream {
    /// The key taken in once: half of what a block costs.
    keyed: Hmac<Sha256>,
    next_block: u64,
    block: [u8; 32],
    used: usize,
}

impl Stream {
    /// The next 64-bit word.
    pub fn word(&mut self) -> u64 {
        if self.used == 4 {
            let mut mac = self.keyed.clone();
            mac.update(&self.next_block.to_be_bytes());
            self.block = mac.finalize().into_bytes().into();
            self.next_block += 1;
            self.used = 0;
        }
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(self.block.iter().skip(self.used * 8)) {
            *to = *from;
        }
        self.used += 1;
        u64::from_be_bytes(word)
    }

    /// A number below `n`, each equally likely. For `n` of zero or one it is zero.
    pub fn below(&mut self, n: usize) -> usize {
        let Ok(n @ 2..) = u64::try_from(n) else {
            return 0;
        };
        let limit = n.wrapping_neg() % n;
        loop {
            let word = self.word();
            if word >= limit {
                return usize::try_from(word % n).unwrap_or_default();
            }
        }
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block size (RFC 2104), so this is the same key.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// HMAC-SHA256 over the concatenation of `parts`.
fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::Digest as _;

    fn test_seed() -> Seed {
        Seed::new(Sha256::digest(b"test seed").into())
    }

    /// Vector from the paper definition, computed by an independent Python program.
    #[test]
    fn permutation_agrees_with_the_published_vector() {
        assert_eq!(
            test_seed().permutation(12),
            [0, 6, 7, 5, 8, 9, 3, 1, 2, 11, 10, 4]
        );
        assert_eq!(test_seed().pick(12, 3), [0, 6, 7]);
    }

    #[test]
    fn a_million_agree_with_the_published_hash() {
        let mut hash = Sha256::new();
        for index in test_seed().permutation(1_000_000) {
            hash.update(u32::try_from(index).unwrap().to_be_bytes());
        }
        assert_eq!(
            hex::encode(hash.finalize()),
            "ccac3a7e7423d949f3e4b17a788eba82fc944f9837a86f4e6c8198eae188c70b"
        );
    }

    #[test]
    fn labels_are_length_prefixed_so_they_cannot_run_together() {
        let seed = test_seed();
        assert_ne!(seed.sub("paper/1"), seed.sub("paper/11"));
        assert_ne!(seed.sub("a").sub("b"), seed.sub("ab"));
        assert_eq!(seed.sub("a"), test_seed().sub("a"));
    }

    #[test]
    fn does_not_print_itself() {
        assert_eq!(format!("{:?}", test_seed()), "Seed(…)");
    }

    proptest! {
        #[test]
        fn a_permutation_holds_every_index_once(seed: [u8; 32], n in 0usize..300) {
            let mut order = Seed::new(seed).permutation(n);
            order.sort_unstable();
            prop_assert_eq!(order, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn one_changed_bit_gives_another_order(mut seed: [u8; 32], bit in 0usize..256) {
            let before = Seed::new(seed).permutation(64);
            seed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(before, Seed::new(seed).permutation(64));
        }
    }
}
