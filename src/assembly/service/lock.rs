//! Locking papers that were drawn, in the place of recalled ones if there are any.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Prepared, PreparedPaper, PreparedSubject, recall};
use crate::access::{Actor, Role};
use crate::assembly::store::{self, LockRow, PaperRow, UseRow};
use crate::bank;
use crate::ceremony::service as ceremony;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger;
use crate::regulation::phase::Phase;
use crate::regulation::service as regulation;
use crate::store::{Tx, sha256};

/// Locks prepared papers: from now on nobody can change who sits what, and the log commits to
/// blueprint, pool, keys, seed and papers before the first sitting opens. Recalled papers give way.
pub fn lock_papers(tx: &mut Tx<'_>, actor: &Actor, prepared: Prepared) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = regulation::hold_alone(tx, prepared.examination)?;
    let replacing = recall::replacing(tx, &examination)?;
    check_still_fits(tx, &prepared)?;
    let result = prepared.result();
    ceremony::conclude(tx, acting, &examination, &prepared.draw, &result)?;
    for drawn in prepared.subjects {
        let mut commitments = drawn.commitments();
        if let Some(draw) = replacing {
            let replaced = recall::put_away(tx, draw, drawn.subject.id)?;
            commitments["replaces"] = json!(hex::encode(replaced));
        }
        store::lock(tx, drawn.subject.id, &drawn.row(tx.now))?;
        store::insert_report(tx, drawn.subject.id, &drawn.report)?;
        store::insert_uses(tx, &drawn.use_rows())?;
        let entry = examination.decision(acting, "papers.locked");
        ledger::record(tx, &entry.on(commitments).outcome("locked"))?;
        store::insert_papers(tx, &drawn.into_rows(tx.now))?;
    }
    if replacing.is_some() {
        return Ok(());
    }
    regulation::advance(tx, &examination, Phase::Locked)
}

/// Refuses papers that are late, or drawn for other candidates or from another blueprint than
/// there are now, or that hold what leaked meanwhile.
fn check_still_fits(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<(), Problem> {
    let subjects = regulation::subjects(tx, prepared.examination)?;
    if let Some(opens_at) = recall::opened(&subjects, tx.now) {
        return Err(Problem::conflict("too-late-to-lock").with("opens_at", opens_at));
    }
    let mut fits = subjects.len() == prepared.subjects.len()
        && store::tickets(tx.db, prepared.examination)? == prepared.tickets;
    for drawn in &prepared.subjects {
        let setup = store::setup(tx.db, drawn.subject.id)?;
        fits &= setup.bank == drawn.bank && setup.blueprint == drawn.blueprint;
        let items: Vec<Id> = drawn.uses.iter().map(|(item, ..)| *item).collect();
        fits &= bank::records::leaked_of(tx, &items)?.is_empty();
    }
    if fits {
        Ok(())
    } else {
        Err(Problem::conflict("papers-outdated"))
    }
}

impl Prepared {
    /// What the draw decides: the root over the papers of each subject.
    fn result(&self) -> Value {
        let roots = self.subjects.iter();
        let roots = roots.map(|drawn| (&drawn.subject.component, hex::encode(drawn.papers_root)));
        json!({ "papers_roots": roots.collect::<BTreeMap<_, _>>() })
    }
}

impl PreparedSubject {
    fn row(&self, now: Instant) -> LockRow<'_> {
        LockRow {
            seed_sealed: &self.seed_sealed,
            pool: &self.pool,
            papers_root: &self.papers_root,
            locked_at: now,
        }
    }

    fn use_rows(&self) -> Vec<UseRow> {
        let row = |&(item_id, version, papers): &(Id, i32, u32)| UseRow {
            subject_id: self.subject.id,
            item_id,
            version,
            papers: papers.try_into().unwrap_or(i32::MAX),
        };
        self.uses.iter().map(row).collect()
    }

    fn into_rows(self, now: Instant) -> Vec<PaperRow> {
        let row = |paper: PreparedPaper| PaperRow {
            id: Id::new(now),
            subject_id: self.subject.id,
            application_id: paper.application,
            content_sealed: paper.content_sealed,
            hash: paper.hash.to_vec(),
            created_at: now,
        };
        self.papers.into_iter().map(row).collect()
    }

    /// What the decision commits to. The pool's root is the hash of its text, which is canonical.
    fn commitments(&self) -> serde_json::Value {
        json!({
            "subject": self.subject.id, "component": self.subject.component, "bank": self.bank,
            "blueprint_hash": hex::encode(sha256(&self.blueprint)),
            "pool_root": hex::encode(sha256(&self.pool)),
            "keys_root": hex::encode(self.keys_root),
            "seed_commitment": hex::encode(self.seed_commitment),
            "papers_root": hex::encode(self.papers_root),
            "count": self.papers.len(),
            "attempt": self.making.attempt, "made": self.making.made,
            "deviation": self.making.deviation,
        })
    }
}
