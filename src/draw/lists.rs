//! Putting people in order by lot: who is interviewed when, who examines, who marks. Pure.
//!
//! ```text
//! member     = SHA-256("draw-member/1\0" ‖ lp(draw id) ‖ lp(stratum) ‖ salt ‖ lp(content)), salt of 32 bytes
//! pool       = all members of all strata, in byte order
//! order of s = the members of s, in byte order, by perm(sub(seed, "stratum/" ‖ s), n)
//! panels     = perm(sub(seed, "posts"), panels); the i-th post in order of codes, from 0,
//!              is for the panel at place i mod panels, counted from 1
//! ```
//!
//! Of a stratum that asks for `need` in each of `panels` panels, the first panel takes the first
//! `need`, the second the next, and so on; the rest, in their order, are the reserve.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Seed, hmac_sha256};
use crate::kernel::merkle::Hash;

/// What a draw commits to for one of its members before the beacon has its value. Whoever knows
/// salt and content finds the member in the pool; nobody else learns anything.
pub fn member_commitment(draw: &str, stratum: &str, salt: &[u8; 32], content: &[u8]) -> Hash {
    let length = |part: &[u8]| u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
    let mut hash = Sha256::new().chain_update(b"draw-member/1\0");
    for part in [draw.as_bytes(), stratum.as_bytes()] {
        hash = hash.chain_update(length(part)).chain_update(part);
    }
    hash.chain_update(salt)
        .chain_update(length(content))
        .chain_update(content)
        .finalize()
        .into()
}

/// The salt of one member under the secret key of the draw.
pub fn member_salt(key: &[u8; 32], member: &[u8]) -> [u8; 32] {
    hmac_sha256(key, &[b"draw-member-salt/1\0", member])
}

/// The members of each stratum, in the order that was drawn.
pub fn order<'a>(
    seed: &Seed,
    members: impl IntoIterator<Item = (&'a str, Hash)>,
) -> BTreeMap<String, Vec<Hash>> {
    let mut strata: BTreeMap<String, Vec<Hash>> = BTreeMap::new();
    for (stratum, member) in members {
        strata.entry(stratum.to_owned()).or_default().push(member);
    }
    for (stratum, members) in &mut strata {
        members.sort_unstable();
        let key = seed.sub(format!("stratum/{stratum}"));
        *members = by_places(members, &key.permutation(members.len()));
    }
    strata
}

fn by_places(members: &[Hash], places: &[usize]) -> Vec<Hash> {
    let member = |place: &usize| members.get(*place).copied();
    places.iter().filter_map(member).collect()
}

/// Which panel, from one, examines for each post; posts in order of their codes.
pub fn panels_of_posts(seed: &Seed, panels: usize, posts: &[String]) -> BTreeMap<String, usize> {
    let order = seed.sub("posts").permutation(panels);
    let mut posts = posts.to_vec();
    posts.sort_unstable();
    let panel = |at: usize| order.get(at % panels.max(1)).map(|panel| panel + 1);
    let drawn = posts.into_iter().enumerate();
    drawn
        .filter_map(|(at, post)| Some((post, panel(at)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seed() -> Seed {
        Seed::new([7; 32])
    }

    /// Computed by `tests/independent/draw.py` from the definition alone.
    #[test]
    fn agrees_with_an_independent_program() {
        let salt = member_salt(&[1; 32], b"one");
        assert_eq!(
            hex::encode(salt),
            "396d58befa23e4fc14486a886373af6ec4f25324f76257d4f7af2320b4d93bf4"
        );
        let member = member_commitment("2026-gwy/panels/1", "chief", &salt, b"one");
        assert_eq!(
            hex::encode(member),
            "87b0327a2a560440d5b1195d0f8661419e76a279eb6e2908b4772a7072345541"
        );
        let members = (0..6).map(|n| ("chief", [n; 32]));
        let order = order(&seed(), members);
        let drawn: Vec<u8> = order["chief"].iter().map(|member| member[0]).collect();
        assert_eq!(drawn, [5, 2, 0, 4, 1, 3]);
        let posts: Vec<String> = ["003", "001", "002"].map(str::to_owned).into();
        let panels = panels_of_posts(&seed(), 2, &posts);
        assert_eq!(panels.into_values().collect::<Vec<_>>(), [1, 2, 1]);
    }

    #[test]
    fn a_commitment_is_to_one_draw_one_stratum_and_one_content() {
        let one = member_commitment("d/1", "a", &[1; 32], b"x");
        assert_ne!(one, member_commitment("d/2", "a", &[1; 32], b"x"));
        assert_ne!(one, member_commitment("d/1", "b", &[1; 32], b"x"));
        assert_ne!(one, member_commitment("d/1", "a", &[2; 32], b"x"));
        assert_ne!(one, member_commitment("d/1", "a", &[1; 32], b"y"));
        // Parts do not run together.
        assert_ne!(
            member_commitment("d", "ab", &[1; 32], b""),
            member_commitment("da", "b", &[1; 32], b"")
        );
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_nobody_comes_twice(key: [u8; 32], sizes in prop::collection::vec(0u8..40, 1..5)) {
            let names: Vec<String> = (0..sizes.len()).map(|n| format!("s{n}")).collect();
            let members: Vec<(&str, Hash)> = names.iter().zip(&sizes)
                .flat_map(|(name, size)| (0..*size).map(move |n| (name.as_str(), [n; 32])))
                .collect();
            let drawn = order(&Seed::new(key), members.clone());
            for (name, size) in names.iter().zip(&sizes) {
                let mut own = drawn.get(name).cloned().unwrap_or_default();
                own.sort_unstable();
                prop_assert_eq!(own, (0..*size).map(|n| [n; 32]).collect::<Vec<_>>());
            }
            // The order in which the members were listed does not count.
            let reversed = order(&Seed::new(key), members.into_iter().rev());
            prop_assert_eq!(drawn, reversed);
        }

        #[test]
        fn posts_are_spread_evenly_over_panels(key: [u8; 32], panels in 1usize..8, count in 0usize..40) {
            let posts: Vec<String> = (0..count).map(|n| format!("{n:03}")).collect();
            let drawn = panels_of_posts(&Seed::new(key), panels, &posts);
            prop_assert_eq!(drawn.len(), count);
            for panel in 1..=panels {
                let own = drawn.values().filter(|one| **one == panel).count();
                prop_assert!(own == count / panels || own == count / panels + 1);
            }
        }
    }
}
