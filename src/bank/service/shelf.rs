//! What a bank holds, and whether something new fits it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::bank::formats::Batch;
use crate::bank::item::{Item, Stimulus};
use crate::bank::material;
use crate::bank::material::store::StimulusRow;
use crate::bank::store::{self, ItemRow};
use crate::bank::{collection, records, rules};
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Id, Problem};
use crate::store::{Tx, View};

/// What a bank holds already, as far as something new must fit it.
pub(super) struct Shelf {
    pub(super) bank: String,
    codes: HashSet<String>,
    stimuli: BTreeMap<String, (Id, Stimulus)>,
    /// Item, its section, and the stimulus it shares.
    uses: Vec<(Id, String, String)>,
    pictures: HashSet<Vec<u8>>,
}

impl Shelf {
    pub(super) fn look(view: &mut View<'_>, bank: &str) -> Result<Self, Problem> {
        let mut stimuli = BTreeMap::new();
        for row in material::store::all(view.db, bank)? {
            let stimulus = records::open(view.vault, &row.content_sealed)?;
            stimuli.insert(row.code, (row.id, stimulus));
        }
        Ok(Self {
            bank: bank.to_owned(),
            codes: store::codes(view.db, bank)?.into_iter().collect(),
            stimuli,
            uses: store::stimulus_uses(view.db, bank)?,
            pictures: material::store::pictures(view.db, bank)?
                .into_iter()
                .collect(),
        })
    }

    /// `row` with what follows from the content.
    pub(super) fn row(&self, view: &View<'_>, row: &ItemRow, item: &Item) -> ItemRow {
        let stimulus = item.stimulus.as_ref().and_then(|s| self.stimuli.get(s));
        ItemRow {
            section: item.section.clone(),
            topic: item.topic.clone(),
            difficulty: item.difficulty,
            kind: item.body.kind(),
            stimulus_id: stimulus.map(|(id, _)| *id),
            updated_at: view.now,
            ..row.clone()
        }
    }

    /// Everything wrong with a new item, or with a new version of the item `id`, in this bank.
    pub(super) fn item_faults(&self, item: &Item, id: Option<Id>) -> Vec<Fault> {
        let mut faults = rules::check_item(item);
        if id.is_none() {
            faults.extend(self.code_fault(item));
        }
        let code = item.stimulus.as_ref();
        if let Some(code) = code.filter(|code| !self.stimuli.contains_key(*code)) {
            faults.push(Fault::new("stimulus", "stimulus-unknown").with("stimulus", code));
        }
        faults.extend(self.section_fault(item, id));
        faults.extend(self.picture_fault("stem", &item.pictures(), &BTreeMap::new()));
        faults
    }

    /// Every picture that is shown is there, or comes along.
    fn picture_fault(
        &self,
        place: &str,
        shown: &BTreeSet<Hash>,
        along: &BTreeMap<Hash, Vec<u8>>,
    ) -> Option<Fault> {
        let known =
            |hash: &&Hash| self.pictures.contains(hash.as_slice()) || along.contains_key(*hash);
        let missing = shown.iter().find(|hash| !known(hash))?;
        let fault = Fault::new(place, "image-unknown");
        Some(fault.with("found", hex::encode(&missing[..4])))
    }

    /// Everything wrong with a file for this bank. Readers of files have checked it by row and
    /// column; here the bank itself is asked, whoever made the batch.
    pub(super) fn batch_faults(&self, batch: &Batch) -> Vec<Fault> {
        let named = |what: &str, code: &str, fault: Fault| Fault {
            place: format!("{what} {code}: {}", fault.place),
            ..fault
        };
        let items = batch.items.iter().flat_map(|item| {
            let alone = rules::check_item(item).into_iter();
            let here = self.code_fault(item).into_iter();
            alone
                .chain(here)
                .chain(self.section_fault(item, None))
                .chain(self.picture_fault("stem", &item.pictures(), &batch.pictures))
                .map(|fault| named("item", &item.code, fault))
        });
        let stimuli = batch.stimuli.iter().flat_map(|stimulus| {
            let alone = rules::check_stimulus(stimulus).into_iter();
            alone
                .chain(self.stimulus_fault(stimulus))
                .chain(self.picture_fault("text", &stimulus.pictures(), &batch.pictures))
                .map(|fault| named("stimulus", &stimulus.code, fault))
        });
        let between = collection::check_collection(&batch.items, &batch.stimuli);
        let nothing = batch
            .items
            .is_empty()
            .then(|| Fault::new("file", "no-rows"));
        let faults = nothing.into_iter().chain(items).chain(stimuli);
        faults.chain(between).collect()
    }

    fn code_fault(&self, item: &Item) -> Option<Fault> {
        let fault = || Fault::new("code", "duplicate-code").with("code", &item.code);
        self.codes.contains(&item.code).then(fault)
    }

    /// A stimulus of the same code must be the same text, or papers would differ by who drew what.
    fn stimulus_fault(&self, stimulus: &Stimulus) -> Option<Fault> {
        let (_, known) = self.stimuli.get(&stimulus.code)?;
        (known != stimulus).then(|| Fault::new("text", "stimulus-differs"))
    }

    /// Items that share a stimulus stand in one section.
    fn section_fault(&self, item: &Item, id: Option<Id>) -> Option<Fault> {
        let code = item.stimulus.as_ref()?;
        let mut others = self.uses.iter().filter(|(other, ..)| Some(*other) != id);
        let (_, section, _) =
            others.find(|(_, section, stimulus)| stimulus == code && *section != item.section)?;
        let fault = Fault::new("stimulus", "stimulus-section").with("stimulus", code);
        Some(fault.with("section", section))
    }

    /// Adds the stimuli that are new; returns how many.
    pub(super) fn add_stimuli(
        &mut self,
        tx: &mut Tx<'_>,
        author: Id,
        stimuli: &[Stimulus],
    ) -> Result<usize, Problem> {
        let mut added = 0;
        for stimulus in stimuli {
            if self.stimuli.contains_key(&stimulus.code) {
                continue;
            }
            let content = serde_json::to_vec(stimulus).map_err(Problem::internal)?;
            let row = StimulusRow {
                id: Id::new(tx.now),
                bank: self.bank.clone(),
                code: stimulus.code.clone(),
                content_sealed: tx.vault.seal(content)?,
                created_at: tx.now,
                author_id: Some(author),
            };
            material::store::insert(tx, &row)?;
            self.stimuli.insert(row.code, (row.id, stimulus.clone()));
            added += 1;
        }
        Ok(added)
    }
}
