//! What is asked at each place of a paper, kept in memory for the hot path of saving. Locked
//! papers and versions of items never change, so nothing here can grow stale.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::store::AttemptRow;
use crate::assembly;
use crate::bank;
use crate::bank::item::Body;
use crate::kernel::{Id, Problem};
use crate::store::View;

/// An item in one of its versions.
type Version = (Id, i32);

/// A place of a paper: its item, and the order in which the options are shown.
struct Place {
    version: Version,
    option_order: Box<[u8]>,
}

/// What is asked at a place, and in which order its options are shown.
pub(super) struct Asked {
    pub body: Arc<Body>,
    pub option_order: Box<[u8]>,
}

/// The places of each paper, in order.
static PAPERS: Cache<Id, Arc<[Place]>> = Cache::new(20_000);
/// What each version of an item asks.
static BODIES: Cache<Version, Arc<Body>> = Cache::new(50_000);

/// What the paper of `attempt` asks at `position`, counted from one; nothing if it is shorter.
pub(super) fn asked(
    view: &mut View<'_>,
    attempt: &AttemptRow,
    position: u32,
) -> Result<Option<Asked>, Problem> {
    let places = match PAPERS.get(&attempt.paper_id) {
        Some(places) => places,
        None => read_paper(view, attempt)?,
    };
    let index = usize::try_from(position)
        .ok()
        .and_then(|p| p.checked_sub(1));
    let Some(place) = index.and_then(|index| places.get(index)) else {
        return Ok(None);
    };
    let body = match BODIES.get(&place.version) {
        Some(body) => body,
        None => read_bodies(view, &places, &place.version)?,
    };
    Ok(Some(Asked {
        body,
        option_order: place.option_order.clone(),
    }))
}

fn read_paper(view: &mut View<'_>, attempt: &AttemptRow) -> Result<Arc<[Place]>, Problem> {
    let paper = assembly::records::paper(view, attempt.subject_id, attempt.application_id)?;
    let (_, paper) = paper.ok_or_else(|| Problem::internal("an attempt without a paper"))?;
    let places = paper.places().map(|place| Place {
        version: (place.item_id, place.version),
        option_order: place.option_order.clone().into(),
    });
    let places: Arc<[Place]> = places.collect();
    PAPERS.put(attempt.paper_id, places.clone());
    Ok(places)
}

/// Reads every body of a paper at once, and gives the one asked for.
fn read_bodies(
    view: &mut View<'_>,
    places: &[Place],
    wanted: &Version,
) -> Result<Arc<Body>, Problem> {
    let mut found = None;
    let versions: Vec<Version> = places.iter().map(|place| place.version).collect();
    for (version, item) in bank::records::item_versions(view, &versions)? {
        let body = Arc::new(item.body);
        if version == *wanted {
            found = Some(body.clone());
        }
        BODIES.put(version, body);
    }
    found.ok_or_else(|| Problem::internal("a paper names an item that there is not"))
}

/// A bounded map. When it is full it starts afresh: what is needed is soon read again.
struct Cache<K, V> {
    most: usize,
    entries: LazyLock<RwLock<HashMap<K, V>>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    const fn new(most: usize) -> Self {
        Self {
            most,
            entries: LazyLock::new(RwLock::default),
        }
    }

    fn get(&self, key: &K) -> Option<V> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).cloned()
    }

    fn put(&self, key: K, value: V) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most {
            entries.clear();
        }
        entries.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_starts_afresh_and_never_outgrows_its_bound() {
        let cache = Cache::new(2);
        for number in 0..5 {
            cache.put(number, number * 10);
            assert_eq!(cache.get(&number), Some(number * 10));
        }
        assert_eq!(cache.get(&0), None);
        assert!(cache.entries.read().unwrap().len() <= 2);
    }
}
