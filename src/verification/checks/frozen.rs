//! V2: the rules are those that were announced.

use serde::Deserialize;
use serde_json::Value;

use crate::regulation::service::Examination;
use crate::store::{View, sha256};
use crate::verification::case::Case;
use crate::verification::decisions::place;
use crate::verification::rules::{At as _, Difference, same, same_hash};
use crate::verification::store;

#[derive(Deserialize)]
struct Announced {
    profile: Value,
}

/// The stored profile has the hash under which it was frozen, the announcement published that very
/// profile, and every decision since cites it.
pub(super) fn rules(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    const ANNOUNCED: &str = "announcement.published";
    let at = case.place();
    let row = store::examination(view.db, case.examination.id)?;
    let stored: Value = serde_json::from_str(&row.profile).at(format!("{at}: profile"))?;
    let frozen = frozen(&case.examination, &at)?;
    same_hash(
        &at,
        "profile_hash",
        frozen,
        "the stored profile gives",
        hash(&stored, &at)?,
    )?;
    let announced: Announced = case.decisions.only(&at, ANNOUNCED)?;
    let published = hash(&announced.profile, &at)?;
    same_hash(
        &at,
        "profile_hash",
        frozen,
        "the announcement published",
        published,
    )?;
    let mut cited = 0;
    for entry in case.decisions.since(ANNOUNCED) {
        let cites = entry.payload.profile.as_deref().unwrap_or("none");
        let place = format!("{at}, {}", place(entry));
        same(
            place,
            "profile_hash",
            &hex::encode(frozen).as_str(),
            "it cites",
            &cites,
        )?;
        cited += 1;
    }
    Ok(cited)
}

fn frozen<'a>(examination: &'a Examination, at: &str) -> Result<&'a [u8], Difference> {
    let hash = examination.profile_hash.as_deref();
    hash.ok_or_else(|| Difference::new(at, "announced without a profile_hash"))
}

/// SHA-256 of the canonical JSON.
fn hash(profile: &Value, at: &str) -> Result<[u8; 32], Difference> {
    Ok(sha256(serde_json_canonicalizer::to_vec(profile).at(at)?))
}
