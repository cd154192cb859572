//! The seed of a draw that nobody can steer: secrets that were committed to before a public beacon
//! had its value, the beacon, and what the candidates themselves contribute. Pure.
//!
//! ```text
//! lp(x)      = be64(len x) ‖ x
//! commitment = SHA-256("draw-secret/1\0" ‖ lp(draw id) ‖ be64(j) ‖ S_j)          for custodian j, from 1
//! pool       = RFC 6962 root over the members' 32-byte commitments in byte order
//! seed       = HMAC-SHA256(SHA-256("exam-draw/1"),
//!                lp(draw id) ‖ lp(commit leaf hash) ‖ lp(B) ‖ lp(S_1) ‖ … ‖ lp(S_k) ‖ lp(C_1) ‖ …)
//! ```
//!
//! Whoever fixed pool, rules and secrets did so before B was there; whoever makes B does not know
//! the secrets. Only all custodians together with the beacon could steer it.

use sha2::{Digest as _, Sha256};

use super::beacon::BeaconValue;
use super::{Seed, hmac_sha256};
use crate::kernel::merkle::{self, Hash};

/// The secret of a custodian: 32 random bytes.
pub type Secret = [u8; 32];

/// Fewest custodians of a draw: the authority, the discipline inspection, the notary.
pub const CUSTODIANS_MIN: usize = 3;

/// What custodian `number`, from one, commits to before the beacon has its value.
pub fn secret_commitment(draw: &str, number: u64, secret: &Secret) -> Hash {
    let hash = Sha256::new()
        .chain_update(b"draw-secret/1\0")
        .chain_update(length(draw.as_bytes()))
        .chain_update(draw)
        .chain_update(number.to_be_bytes());
    hash.chain_update(secret).finalize().into()
}

/// The order of a pool: its members' commitments by their bytes. Places in a draw are places in
/// this order.
pub fn pool_order(mut commitments: Vec<Hash>) -> Vec<Hash> {
    commitments.sort_unstable();
    commitments
}

/// What a whole pool is committed to by, in its order.
pub fn pool_root(ordered: &[Hash]) -> Hash {
    let leaves: Vec<Hash> = ordered.iter().map(|one| merkle::leaf_hash(one)).collect();
    merkle::root(&leaves)
}

/// Everything from which the seed of a draw follows.
#[derive(Debug)]
pub struct Revealed<'a> {
    /// The draw's id, such as `2026-gwy/seats/1`.
    pub draw: &'a str,
    /// The leaf hash of the decision that fixed pool, rules, beacon and commitments.
    pub commit_leaf: &'a Hash,
    /// The beacon's value.
    pub beacon: &'a BeaconValue,
    /// The custodians' secrets, in their order.
    pub secrets: &'a [Secret],
    /// What candidates contribute, in the order in which they did.
    pub contributions: &'a [Vec<u8>],
}

/// Why a draw has no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyError {
    /// Fewer secrets than were committed to.
    #[error("{given} of {committed} secrets were revealed")]
    Missing {
        /// Secrets revealed.
        given: usize,
        /// Secrets committed to.
        committed: usize,
    },
    /// A secret is not the one that was committed to.
    #[error("the secret of custodian {0} is not the one committed to")]
    Secret(u64),
}

impl Revealed<'_> {
    /// The seed, if every secret is the one that was committed to.
    pub fn seed(&self, commitments: &[Hash]) -> Result<Seed, CeremonyError> {
        if self.secrets.len() != commitments.len() {
            let (given, committed) = (self.secrets.len(), commitments.len());
            return Err(CeremonyError::Missing { given, committed });
        }
        for ((number, secret), commitment) in (1..).zip(self.secrets).zip(commitments) {
            if secret_commitment(self.draw, number, secret) != *commitment {
                return Err(CeremonyError::Secret(number));
            }
        }
        Ok(self.follow())
    }

    fn follow(&self) -> Seed {
        let fixed = [self.draw.as_bytes(), self.commit_leaf, self.beacon.bytes()];
        let secrets = self.secrets.iter().map(<[u8; 32]>::as_slice);
        let contributions = self.contributions.iter().map(Vec::as_slice);
        let mut message = Vec::new();
        for part in fixed.into_iter().chain(secrets).chain(contributions) {
            message.extend_from_slice(&length(part));
            message.extend_from_slice(part);
        }
        let key: [u8; 32] = Sha256::digest(b"exam-draw/1").into();
        Seed::new(hmac_sha256(&key, &[&message]))
    }
}

fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::beacon::Beacon;
    use super::*;
    use proptest::prelude::*;

    const DRAW: &str = "2026-gwy/seats/1";

    fn dice() -> BeaconValue {
        let beacon = Beacon::Dice { rolls: 40 };
        beacon
            .value("0123456789012345678901234567890123456789")
            .unwrap()
    }

    fn commitments(secrets: &[Secret]) -> Vec<Hash> {
        let numbered = (1..).zip(secrets);
        numbered
            .map(|(number, secret)| secret_commitment(DRAW, number, secret))
            .collect()
    }

    fn seed(secrets: &[Secret], contributions: &[Vec<u8>]) -> Seed {
        let revealed = Revealed {
            draw: DRAW,
            commit_leaf: &[7; 32],
            beacon: &dice(),
            secrets,
            contributions,
        };
        revealed.seed(&commitments(secrets)).unwrap()
    }

    /// Computed by `tests/independent/draw.py` from the definition alone.
    #[test]
    fn agrees_with_an_independent_program() {
        let secrets = [[1; 32], [2; 32], [3; 32]];
        assert_eq!(
            hex::encode(secret_commitment(DRAW, 1, &secrets[0])),
            "75f09805523d271eea8c20b0afc9a584fdaaf6785701271ad978b404aab9827e"
        );
        let pool = pool_order(vec![[9; 32], [4; 32], [5; 32]]);
        assert_eq!(pool, [[4; 32], [5; 32], [9; 32]]);
        assert_eq!(
            hex::encode(pool_root(&pool)),
            "6f2f2d2208aae84009ddc04ec648c20645472a358051bfbc3465cd07249ff73c"
        );
        let contributions = [b"491038".to_vec(), b"7".to_vec()];
        let seed = seed(&secrets, &contributions);
        assert_eq!(
            hex::encode(seed.bytes()),
            "fc821fa6efbc3ea80451d4c0fee625dd8487407de7d4e1cead80bfb4514057b6"
        );
        assert_eq!(seed.sub("order").permutation(8), [2, 6, 0, 5, 4, 3, 1, 7]);
    }

    #[test]
    fn a_secret_that_is_not_the_committed_one_stops_the_draw() {
        let secrets = [[1; 32], [2; 32], [3; 32]];
        let committed = commitments(&secrets);
        let beacon = dice();
        let reveal = |secrets: &[Secret]| {
            Revealed {
                draw: DRAW,
                commit_leaf: &[7; 32],
                beacon: &beacon,
                secrets,
                contributions: &[],
            }
            .seed(&committed)
        };
        assert!(reveal(&secrets).is_ok());
        assert_eq!(
            reveal(&[[1; 32], [9; 32], [3; 32]]),
            Err(CeremonyError::Secret(2))
        );
        assert_eq!(
            reveal(&[[2; 32], [1; 32], [3; 32]]),
            Err(CeremonyError::Secret(1))
        );
        let missing = CeremonyError::Missing {
            given: 2,
            committed: 3,
        };
        assert_eq!(reveal(&secrets[..2]), Err(missing));
        // A commitment is to one draw and one custodian.
        assert_ne!(secret_commitment("other", 1, &[1; 32]), committed[0]);
    }

    proptest! {
        #[test]
        fn every_part_moves_the_seed(
            one: [u8; 32], other: [u8; 32], c in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            prop_assume!(one != other);
            let before = seed(&[one, other, one], &[]);
            prop_assert_ne!(seed(&[other, one, one], &[]), before);
            prop_assert_ne!(seed(&[one, other, one], std::slice::from_ref(&c)), before);
            // Parts do not run together.
            let (left, right) = c.split_at(c.len() / 2);
            let split = [left.to_vec(), right.to_vec()];
            prop_assert_ne!(seed(&[one, other, one], &split), seed(&[one, other, one], std::slice::from_ref(&c)));
        }
    }
}
