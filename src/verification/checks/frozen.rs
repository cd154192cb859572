//! V2: the rules are those that were announced.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::regulation::service::Examination;
use crate::store::{View, sha256};
use crate::verification::case::Case;
use crate::verification::decisions::{inputs, place};
use crate::verification::rules::{At as _, Difference, same, same_hash, same_table};
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
    Ok(cited + posts(case)?)
}

fn frozen<'a>(examination: &'a Examination, at: &str) -> Result<&'a [u8], Difference> {
    let hash = examination.profile_hash.as_deref();
    hash.ok_or_else(|| Difference::new(at, "announced without a profile_hash"))
}

/// What a decision says of a post; the rest depends on its kind.
#[derive(Deserialize)]
struct OfPost {
    code: String,
    quota: i32,
    places: Option<i32>,
    #[serde(default)]
    requirements: Value,
}

/// A post as it is offered.
#[derive(Debug, PartialEq)]
struct Offer {
    quota: i32,
    cancelled: bool,
    requirements: Value,
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.cancelled { "cancelled" } else { "open" };
        write!(
            f,
            "{} places, {state}, for {}",
            self.quota, self.requirements
        )
    }
}

/// The posts are those that were announced, as far as none was cut or cancelled since.
fn posts(case: &Case) -> Result<usize, Difference> {
    let mut stored = BTreeMap::new();
    for post in &case.posts {
        let requirements = serde_json::to_value(&post.requirements).at(case.place())?;
        let offer = Offer {
            quota: post.quota,
            cancelled: post.is_cancelled(),
            requirements,
        };
        stored.insert(post.code.clone(), offer);
    }
    let place = |code: &String| format!("{}, post {code}", case.place());
    same_table(&stored, &offered(case)?, place, "offer", "the log offers")
}

fn offered(case: &Case) -> Result<BTreeMap<String, Offer>, Difference> {
    const KINDS: [&str; 4] = [
        "post.added",
        "post.removed",
        "post.reduced",
        "post.cancelled",
    ];
    let mut offers: BTreeMap<String, Offer> = BTreeMap::new();
    for entry in case.decisions.of(&KINDS) {
        let (kind, about): (_, OfPost) = (entry.payload.kind.as_str(), inputs(entry)?);
        if kind == "post.added" {
            let offer = Offer {
                quota: about.quota,
                cancelled: false,
                requirements: about.requirements,
            };
            offers.insert(about.code, offer);
        } else if kind == "post.removed" {
            offers.remove(&about.code);
        } else if let Some(offer) = offers.get_mut(&about.code) {
            offer.quota = about.places.unwrap_or(offer.quota);
            offer.cancelled = kind == "post.cancelled";
        }
    }
    Ok(offers)
}

/// SHA-256 of the canonical JSON.
fn hash(profile: &Value, at: &str) -> Result<[u8; 32], Difference> {
    Ok(sha256(serde_json_canonicalizer::to_vec(profile).at(at)?))
}
