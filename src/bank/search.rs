//! Finding items by text. Contents are sealed in the database, and nothing that they could be guessed
//! from is written beside them; so that a search need not open them one by one, each process keeps
//! what items are found by in memory, one text after the other, and scans it.
//!
//! The rows of the database are the truth, and the shelf follows them. Every search first catches
//! up: triggers note each write to an item under a mark, and items with marks from `Seen::mark` on
//! are read again. On PostgreSQL the mark is the number of the transaction, and `Seen::mark` is the
//! oldest that was open when it was looked last, so that one that commits late is not skipped; what
//! was read already is read again then, which changes nothing. A text is opened once for each version,
//! because a version never changes. So a search sees all that was committed before it began, whichever
//! node wrote it.
//!
//! What a page shows is read from the rows again; the shelf only says which. Who may see what is
//! asked for each bank before anything of it is counted.
//!
//! An index of words was the other way. It would have to cut Chinese into words or keep every pair of
//! characters, which takes several times the memory of the texts; a scan finds any part of a word, and
//! is fast enough for a million items.
//!
//! Memory: about 200 bytes for each item, and its text (code, topic, stem, options) in UTF-8; room for
//! growing, at most an eighth of either, is among them. Entries of superseded versions are thrown out
//! when they are more than a quarter.

mod index;
mod store;
mod texts;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::{Mutex, OwnedMutexGuard};

use self::index::{Index, Shelved};
pub use self::index::{ItemFilter, Usage};
pub(super) use self::index::{PlaceCount, Selection, Sight};
use self::store::Row;
use self::texts::Words;
use super::item::Item;
use super::records;
use crate::kernel::{Id, Problem};
use crate::store::{Store, Vault, View};

/// How many items are read from the database at once.
const ROWS: usize = 500;

/// What items are found by. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct ItemSearch {
    index: Arc<RwLock<Index>>,
    /// Whoever catches up holds it.
    seen: Arc<Mutex<Seen>>,
}

/// How far the shelf follows the database.
#[derive(Debug, Default)]
struct Seen {
    /// From which mark on changes are read; none before all items were read once.
    mark: Option<i64>,
    /// The subjects whose use of items is counted.
    over: BTreeSet<Id>,
    sittings: HashMap<Id, u32>,
}

/// How much is kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Items.
    pub items: usize,
    /// Bytes.
    pub bytes: usize,
}

impl ItemSearch {
    /// Catches up with everything that was committed before. Whoever waits here for somebody else
    /// who does holds no connection meanwhile.
    pub async fn catch_up(&self, store: &Store) -> Result<(), Problem> {
        let seen = self.seen.clone().lock_owned().await;
        let search = self.clone();
        store.read(move |view| search.follow(view, seen)).await
    }

    /// As [`ItemSearch::catch_up`], on this thread, which is none of the server's: for work beside
    /// requests, commands and tests.
    pub fn catch_up_blocking(&self, store: &Store) -> Result<(), Problem> {
        let seen = self.seen.clone().blocking_lock_owned();
        store.read_blocking(|view| self.follow(view, seen))
    }

    /// How much is kept in memory.
    pub fn size(&self) -> Size {
        let index = self.index();
        Size {
            items: index.len(),
            bytes: index.memory(),
        }
    }

    /// What is wanted, by bank and code from after `after`, as far as `sight` of each bank reaches.
    pub(super) fn find(
        &self,
        wanted: &ItemFilter,
        sight: impl Fn(&str) -> Sight,
        after: Option<&(String, String)>,
        limit: usize,
    ) -> Result<Selection, Problem> {
        let words = wanted.text.as_deref().map(Words::parse).transpose()?;
        let words = words.unwrap_or_default();
        Ok(self.index().search(wanted, &words, sight, after, limit))
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Index)) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut index);
    }

    fn follow(&self, view: &mut View<'_>, mut seen: OwnedMutexGuard<Seen>) -> Result<(), Problem> {
        // The mark comes first: what is written after it is read again the next time.
        let mark = store::next_mark(view.db)?;
        let anything = match seen.mark {
            Some(mark) => self.read_changes(view, mark)?,
            None => self.read_all(view)?,
        };
        if anything {
            self.change(Index::settle);
        }
        seen.mark = Some(mark);
        self.count_sittings(view, &mut seen)
    }

    fn read_all(&self, view: &mut View<'_>) -> Result<bool, Problem> {
        let mut after = None;
        loop {
            let limit = i64::try_from(ROWS).map_err(Problem::internal)?;
            let rows = store::rows_after(view.db, after, limit)?;
            let Some(last) = rows.last() else {
                return Ok(true);
            };
            after = Some(last.id);
            self.put(view.vault, rows)?;
        }
    }

    fn read_changes(&self, view: &mut View<'_>, mark: i64) -> Result<bool, Problem> {
        let changed = store::changed(view.db, mark)?;
        for ids in changed.chunks(ROWS) {
            let rows = store::rows(view.db, ids)?;
            self.put(view.vault, rows)?;
        }
        Ok(!changed.is_empty())
    }

    /// Puts items on the shelf. Contents are opened before anybody has to wait for it.
    fn put(&self, vault: &Vault, rows: Vec<Row>) -> Result<(), Problem> {
        let unknown: Vec<bool> = {
            let index = self.index();
            let unknown = |row: &Row| !index.knows(&row.bank, row.id, row.version);
            rows.iter().map(unknown).collect()
        };
        let rows = rows.into_iter().zip(unknown);
        let shelved = rows.map(|(row, unknown)| shelved(vault, row, unknown));
        let shelved: Vec<Shelved> = shelved.collect::<Result<_, _>>()?;
        self.change(|index| shelved.into_iter().for_each(|item| index.put(item)));
        Ok(())
    }

    /// Counts in how many sittings items were. Papers of a sitting stay as they were locked, so that
    /// each is read once; all are read again if one that was over is no longer.
    fn count_sittings(&self, view: &mut View<'_>, seen: &mut Seen) -> Result<(), Problem> {
        let over: BTreeSet<Id> = store::over(view.db, view.now)?.into_iter().collect();
        if over == seen.over {
            return Ok(());
        }
        if !over.is_superset(&seen.over) {
            seen.over.clear();
            seen.sittings.clear();
        }
        for subject in over {
            if seen.over.contains(&subject) {
                continue;
            }
            for item in store::used(view.db, subject)? {
                *seen.sittings.entry(item).or_default() += 1;
            }
            seen.over.insert(subject);
        }
        let sittings = seen.sittings.clone();
        self.change(|index| index.count_sittings(sittings));
        Ok(())
    }
}

fn shelved(vault: &Vault, row: Row, unknown: bool) -> Result<Shelved, Problem> {
    let text = match unknown {
        true => Some(texts::of_item(&records::open::<Item>(
            vault,
            &row.content_sealed,
        )?)),
        false => None,
    };
    Ok(Shelved {
        id: row.id,
        bank: row.bank,
        code: row.code,
        section: row.section,
        topic: row.topic,
        difficulty: row.difficulty,
        kind: row.kind,
        state: row.state,
        version: row.version,
        author: row.author,
        text,
    })
}
