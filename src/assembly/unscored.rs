//! Items on trial (试测题): which may stand in a section, whether there are enough, and on which
//! papers each stands. They count nowhere. The room's own page has the rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::blueprint::Section;
use super::pool::{Pool, PoolItem};
use super::sorted::{Sorted, SortedSection};
use crate::bank::item::ItemKind;
use crate::draw::Seed;
use crate::kernel::Fault;

/// What a pool has on trial for a section that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrialStock {
    /// The section's code.
    pub section: String,
    /// How many each paper takes.
    pub needed: usize,
    /// How many there are that may stand there.
    pub available: usize,
    /// With how many any paper can be sure to be served, whichever of their enemies stand on it.
    pub apart: usize,
    /// Whether there are too few.
    pub short: bool,
}

impl TrialStock {
    fn fault(&self) -> Option<Fault> {
        let (code, available) = match self {
            _ if self.available < self.needed => ("too-few-on-trial", self.available),
            _ if self.short => ("trial-crowded", self.apart),
            _ => return None,
        };
        let fault = Fault::new(format!("sections.{}.trial", self.section), code);
        let fault = fault.with("section", &self.section);
        Some(
            fault
                .with("needed", self.needed)
                .with("available", available),
        )
    }
}

/// What the candidate sees of an item before reading it.
fn looks(item: &PoolItem) -> (ItemKind, u8) {
    (item.kind, item.option_count)
}

/// The items on trial that may stand in a section, by their places in the pool: alone, and as
/// nobody can tell from those that count, of the topic of a cell of single items, and of the kind
/// and with as many options as one that counts and matches that cell.
pub(super) fn eligible(section: &Section, pool: &Pool) -> Vec<usize> {
    if section.trial_count() == 0 {
        return Vec::new();
    }
    let alone = |item: &PoolItem| item.stimulus.is_none();
    let singles = section.cells.iter().filter(|cell| cell.stimuli.is_none());
    let cells: Vec<_> = singles
        .map(|cell| {
            let counting = pool.items().iter().filter(|item| alone(item));
            let own = counting.filter(|item| section.worth(item).is_some() && cell.matches(item));
            (cell, own.map(looks).collect::<BTreeSet<_>>())
        })
        .collect();
    let may_stand = |item: &PoolItem| {
        let of_section = item.trial && item.section == section.code && item.marks.is_none();
        let mut cells = cells.iter();
        of_section
            && alone(item)
            && cells.any(|(cell, shown)| cell.takes_topic(item) && shown.contains(&looks(item)))
    };
    let items = pool.items().iter().enumerate();
    items
        .filter_map(|(at, item)| may_stand(item).then_some(at))
        .collect()
}

/// What the pool has on trial, for each section that asks for it.
pub(super) fn stock(sorted: &Sorted<'_>) -> Vec<TrialStock> {
    let asks = |one: &SortedSection<'_>| one.section.trial_count() > 0;
    if !sorted.sections.iter().any(asks) {
        return Vec::new();
    }
    let pool = sorted.pool();
    let clusters = Clusters::of(pool);
    let mut before: Vec<(usize, BTreeSet<usize>)> = Vec::new();
    let mut found = Vec::new();
    for one in &sorted.sections {
        let (needed, items) = (one.section.trial_count(), eligible(one.section, pool));
        if needed == 0 {
            continue;
        }
        let own = clusters.among(items.iter().copied());
        let free = items.iter().filter(|at| clusters.0[**at].is_none()).count();
        let apart = (free + own.len()).saturating_sub(barred(sorted, &clusters, &own, &before));
        found.push(TrialStock {
            section: one.section.code.clone(),
            needed,
            available: items.len(),
            apart,
            short: apart < needed,
        });
        before.push((needed, own));
    }
    found
}

/// What stands against items on trial: sections for which there are too few.
pub(super) fn faults(sorted: &Sorted<'_>) -> Vec<Fault> {
    let stock = stock(sorted);
    stock.iter().filter_map(TrialStock::fault).collect()
}

/// In how many of these clusters a paper may hold something already: an item that counts, or one on
/// trial of a section before.
fn barred(
    sorted: &Sorted<'_>,
    clusters: &Clusters,
    own: &BTreeSet<usize>,
    before: &[(usize, BTreeSet<usize>)],
) -> usize {
    let (mut most, mut met) = (0, BTreeSet::new());
    let mut bar = |items: usize, found: BTreeSet<usize>| {
        let found: Vec<usize> = found.intersection(own).copied().collect();
        most += items.min(found.len());
        met.extend(found);
    };
    for filled in sorted
        .sections
        .iter()
        .flat_map(|one: &SortedSection<'_>| &one.cells)
    {
        let items = filled.units.iter().flat_map(|unit| &unit.items);
        let on_paper = filled.needs() * filled.cell.items_per_unit();
        bar(on_paper, clusters.among(items.copied()));
    }
    for (items, found) in before {
        bar(*items, found.clone());
    }
    most.min(met.len())
}

/// For each item of a pool the cluster of enemy sets to which it belongs, if it names any: sets that
/// share an item are of one cluster. Items of two clusters are no enemies.
struct Clusters(Vec<Option<usize>>);

impl Clusters {
    fn of(pool: &Pool) -> Self {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut above: Vec<usize> = Vec::new();
        let mut firsts = Vec::with_capacity(pool.items().len());
        for item in pool.items() {
            let mut first = None;
            for set in item.enemy_sets() {
                let fresh = numbers.len();
                let number = *numbers.entry(set).or_insert(fresh);
                if number == above.len() {
                    above.push(number);
                }
                let root = root(&mut above, number);
                let joined = first.get_or_insert(root);
                let top = self::root(&mut above, *joined);
                above[root] = top;
            }
            firsts.push(first);
        }
        let cluster = |first: Option<usize>| first.map(|first| root(&mut above, first));
        Self(firsts.into_iter().map(cluster).collect())
    }

    fn among(&self, items: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        items.filter_map(|at| self.0[at]).collect()
    }
}

/// The set that stands for the cluster of a set.
fn root(above: &mut [usize], mut set: usize) -> usize {
    while above[set] != set {
        above[set] = above[above[set]];
        set = above[set];
    }
    set
}

/// The items on trial of each paper, by their places in the pool: for each section that asks for
/// them, in its order, and for each paper those that it takes, in the order in which it takes them.
#[derive(Debug)]
pub(super) struct Taken {
    /// By section: how many a paper takes, and paper after paper what.
    sections: Vec<(usize, Vec<u32>)>,
}

/// One section while papers take its items.
struct Waiting {
    needs: usize,
    /// By code.
    items: Vec<usize>,
    seed: Seed,
    /// The place of each item in the order of those on `u` papers, for each `u` so far.
    ranks: Vec<Vec<usize>>,
    /// On how many papers, the rank among those, and which of `items`.
    queue: BTreeSet<(usize, usize, usize)>,
    taken: Vec<u32>,
}

impl Waiting {
    fn new(section: &Section, pool: &Pool, seed: &Seed) -> Self {
        let mut waiting = Self {
            needs: section.trial_count(),
            items: eligible(section, pool),
            seed: seed.sub(format!("trial/{}", section.code)),
            ranks: Vec::new(),
            queue: BTreeSet::new(),
            taken: Vec::new(),
        };
        waiting.queue = (0..waiting.items.len())
            .map(|item| (0, waiting.rank(0, item), item))
            .collect();
        waiting
    }

    fn rank(&mut self, uses: usize, item: usize) -> usize {
        while self.ranks.len() <= uses {
            let own = self.seed.sub(self.ranks.len().to_string());
            let mut ranks = vec![0; self.items.len()];
            let order = own.permutation(self.items.len()).into_iter();
            order
                .enumerate()
                .for_each(|(rank, item)| ranks[item] = rank);
            self.ranks.push(ranks);
        }
        self.ranks[uses][item]
    }

    /// What the paper takes whose items are of these sets; nothing if it finds too few.
    fn take<'p>(&mut self, pool: &'p Pool, sets: &mut BTreeSet<&'p str>) -> Option<()> {
        let mut own: BTreeSet<usize> = BTreeSet::new();
        for _ in 0..self.needs {
            let may_stand = |item: usize| {
                let mut named = pool.items()[self.items[item]].enemy_sets();
                !own.contains(&item) && named.all(|set| !sets.contains(set))
            };
            let mut waiting = self.queue.iter().copied();
            let first = waiting.find(|(.., item)| may_stand(*item))?;
            let (uses, _, item) = first;
            self.queue.remove(&first);
            let next = (uses + 1, self.rank(uses + 1, item), item);
            self.queue.insert(next);
            own.insert(item);
            sets.extend(pool.items()[self.items[item]].enemy_sets());
            self.taken.push(u32::try_from(self.items[item]).ok()?);
        }
        Some(())
    }
}

impl Taken {
    /// Deals the items on trial to papers, of which `items_of` gives those that count. Nothing if some
    /// paper finds too few, which cannot be where there are no [`faults`].
    pub fn deal<'s>(
        sections: impl Iterator<Item = &'s Section>,
        pool: &Pool,
        papers: usize,
        seed: &Seed,
        items_of: impl Fn(usize) -> Vec<u32>,
    ) -> Option<Self> {
        let mut waiting: Vec<Waiting> = sections
            .map(|section| Waiting::new(section, pool, seed))
            .collect();
        if waiting.iter().any(|one| one.needs > 0) {
            for paper in 0..papers {
                let items = items_of(paper).into_iter();
                let items = items.map(|at| &pool.items()[super::forms::index(at)]);
                let mut sets = items.flat_map(PoolItem::enemy_sets).collect();
                for one in &mut waiting {
                    one.take(pool, &mut sets)?;
                }
            }
        }
        let sections = waiting.into_iter().map(|one| (one.needs, one.taken));
        Some(Self {
            sections: sections.collect(),
        })
    }

    /// What a paper takes of a section.
    pub fn of(&self, section: usize, paper: usize) -> &[u32] {
        let own = self.sections.get(section).and_then(|(needs, taken)| {
            let first = needs * paper;
            taken.get(first..first + needs)
        });
        own.unwrap_or_default()
    }

    /// On how many papers each of so many items of the pool stands.
    pub fn uses(&self, items: usize) -> Vec<u32> {
        let mut uses = vec![0; items];
        for at in self.sections.iter().flat_map(|(_, taken)| taken) {
            uses[super::forms::index(*at)] += 1;
        }
        uses
    }
}
