//! The acts of assembly: setting what a subject is drawn from, and drawing and locking the papers
//! of everybody with a ticket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::forms::{Failure, Report};
use super::sorted::Sorted;
use super::store::{self, SetupRow, Ticket};
use super::{
    Blueprint, CellStock, Plan, Pool, PoolItem, Response, Seated, TrialStock, Unequal, crowded,
    off_target, overexposed, paper_hash, paper_json, papers_root, pool_root, unequal_totals,
    unscored,
};
use crate::access::{Actor, Role};
use crate::bank;
use crate::bank::life::ItemState;
use crate::bank::records::Approved;
use crate::ceremony::service::{self as ceremony, Ready};
use crate::ceremony::{Gate, Purpose};
use crate::draw::Seed;
use crate::kernel::merkle::{self, Hash};
use crate::kernel::{Fault, Id, Instant, Problem, Score};
use crate::ledger;
use crate::regulation::phase::Phase;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::{Tx, View, sha256};

mod lock;
mod recall;
mod trial;

pub use lock::lock_papers;
pub use recall::{Recalled, is_recalled, recall_papers, recalled};
pub use trial::{Tried, topics, try_out, try_text};

/// A bank and a blueprint for a subject.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBlueprint {
    /// The bank to draw from.
    pub bank: String,
    /// The blueprint as TOML.
    pub blueprint: String,
}

/// Sets what the papers of a subject are drawn from. Refused, with every place named, unless the
/// approved items of the bank fill the blueprint and make the full mark of the component.
pub fn set_blueprint(
    tx: &mut Tx<'_>,
    actor: &Actor,
    subject: Id,
    bank: &str,
    blueprint_toml: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let subject = regulation::subject(tx, subject)?;
    let examination = regulation::hold(tx, subject.examination)?;
    examination
        .phase
        .must_be(&[Phase::Draft, Phase::Announced, Phase::Ticketed])?;
    let blueprint = Blueprint::from_toml(blueprint_toml).map_err(Problem::invalid)?;
    let pool = pool(tx, bank, &blueprint)?;
    if pool.items().is_empty() {
        return Err(Problem::field("bank", "bank-without-items"));
    }
    Problem::unless_valid(draw_faults(&examination, &subject, &blueprint, &pool))?;
    let text = canonical(&blueprint)?;
    store::set_blueprint(tx, subject.id, bank, &text)?;
    let inputs = json!({
        "subject": subject.id, "component": subject.component, "bank": bank,
        "blueprint_hash": hex::encode(sha256(&text)),
    });
    let entry = examination.decision(acting, "blueprint.set").on(inputs);
    ledger::record(tx, &entry.outcome("set"))?;
    Ok(())
}

/// What a subject is drawn from, and whether the bank suffices.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BlueprintView {
    /// The subject.
    pub subject: Subject,
    /// The bank; empty until it is set.
    pub bank: String,
    /// The blueprint, once it is set.
    #[schema(value_type = Option<Object>)]
    pub blueprint: Option<Blueprint>,
    /// What the approved items of the bank hold for each cell.
    pub cells: Vec<CellStock>,
    /// What it has on trial, for the sections that ask for it.
    pub on_trial: Vec<TrialStock>,
    /// What was locked, once it is.
    pub lock: Option<LockView>,
}

/// What the lock of a subject's papers commits to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LockView {
    /// Papers.
    pub count: i64,
    /// When.
    pub locked_at: Instant,
    /// SHA-256 of the secret seed, hexadecimal.
    pub seed_commitment: String,
    /// SHA-256 of the pool, hexadecimal.
    pub pool_root: String,
    /// Merkle root over the papers, hexadecimal.
    pub papers_root: String,
}

/// What a subject is drawn from, for those who set it.
pub fn check(view: &mut View<'_>, actor: &Actor, subject: Id) -> Result<BlueprintView, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let subject = regulation::subject(view, subject)?;
    let setup = store::setup(view.db, subject.id)?;
    let blueprint = blueprint_of(&setup)?;
    let lock = lock_view(view, subject.id, &setup)?;
    let (mut cells, mut on_trial) = (Vec::new(), Vec::new());
    if let Some(blueprint) = &blueprint {
        let pool = match &setup.pool {
            Some(frozen) => parse(frozen)?,
            None => pool(view, &setup.bank, blueprint)?,
        };
        let sorted = Sorted::new(blueprint, &pool);
        (cells, on_trial) = (sorted.stock(), unscored::stock(&sorted));
    }
    Ok(BlueprintView {
        subject,
        bank: setup.bank,
        blueprint,
        cells,
        on_trial,
        lock,
    })
}

/// How equal the locked papers of a subject are, and how often items are used: what the committee
/// reads.
pub fn report(
    view: &mut View<'_>,
    actor: &Actor,
    subject: Id,
) -> Result<(Subject, Report), Problem> {
    actor.acting_as(&[Role::Organiser, Role::Supervisor])?;
    let subject = regulation::subject(view, subject)?;
    let report = parse(&store::report(view.db, subject.id)?)?;
    Ok((subject, report))
}

/// What every subject of an examination is drawn from.
pub fn check_all(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<(Examination, Vec<BlueprintView>), Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let loaded = regulation::load(view, examination)?;
    let subjects = regulation::subjects(view, examination)?;
    let checks: Result<Vec<_>, _> = subjects
        .iter()
        .map(|subject| check(view, actor, subject.id))
        .collect();
    Ok((loaded, checks?))
}

/// Banks that a subject can be drawn from.
pub fn banks(view: &mut View<'_>, actor: &Actor) -> Result<Vec<String>, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    store::banks(view.db)
}

/// The bank and the blueprint of a subject, for the rooms that follow.
pub fn source(view: &mut View<'_>, subject: Id) -> Result<Option<(String, Blueprint)>, Problem> {
    let setup = store::setup(view.db, subject)?;
    let blueprint = blueprint_of(&setup)?;
    Ok(blueprint.map(|blueprint| (setup.bank, blueprint)))
}

/// Fixes what the papers of an examination are drawn from: for every subject the blueprint and the
/// items as they are now.
pub fn fix_papers(tx: &mut Tx<'_>, actor: &Actor, gate: &Gate, draw: Id) -> Result<(), Problem> {
    let fixing = ceremony::begin_fixing(tx, actor, gate, draw, Purpose::Papers)?;
    recall::replacing(tx, &fixing.examination)?;
    let sources = sources(tx, &fixing.examination)?;
    let tickets = store::tickets(tx.db, fixing.examination.id)?.len();
    let trials = sources
        .iter()
        .filter_map(|(subject, source)| source.trial(subject, tickets));
    Problem::unless_valid(trials.collect())?;
    let (members, params) = fixed(&sources)?;
    ceremony::fix(tx, &fixing, members, &params)
}

/// What a draw of papers commits to: a member of the pool for each subject, which is the SHA-256 of
/// its line in the parameters.
fn fixed(sources: &[(Subject, DrawSource)]) -> Result<(Vec<Hash>, Value), Problem> {
    let lines: Vec<Value> = sources
        .iter()
        .map(|(subject, source)| source.line(subject))
        .collect::<Result<_, _>>()?;
    let members = lines.iter().map(|line| Ok(sha256(canonical(line)?)));
    let members = members.collect::<Result<_, Problem>>()?;
    Ok((members, json!({ "subjects": lines })))
}

/// From what the papers of a subject were drawn: the blueprint and the pool as they were frozen, as
/// JSON. None before the lock.
pub fn frozen(view: &mut View<'_>, subject: Id) -> Result<Option<(Value, Value)>, Problem> {
    let setup = store::setup(view.db, subject)?;
    let Some(pool) = setup.pool else {
        return Ok(None);
    };
    Ok(Some((parse(&setup.blueprint)?, parse(&pool)?)))
}

/// The papers of an examination, drawn and sealed but not yet locked. Nobody sees the seeds.
pub struct Prepared {
    examination: Id,
    draw: Ready,
    /// Who had a ticket when the papers were drawn.
    tickets: Vec<Ticket>,
    subjects: Vec<PreparedSubject>,
}

struct PreparedSubject {
    subject: Subject,
    bank: String,
    blueprint: String,
    seed_sealed: Vec<u8>,
    seed_commitment: Hash,
    pool: String,
    keys_root: Hash,
    papers_root: Hash,
    making: Making,
    report: String,
    /// Item, version, and in how many papers it is.
    uses: Vec<(Id, i32, u32)>,
    papers: Vec<PreparedPaper>,
}

/// How the papers of a subject were made.
struct Making {
    attempt: u32,
    made: usize,
    /// Millionths of a mark.
    deviation: i32,
}

struct PreparedPaper {
    application: Id,
    content_sealed: Vec<u8>,
    hash: Hash,
}

/// Draws a paper for everybody with a ticket, in every subject, under the seed of the draw of
/// papers. This is the long work; it changes nothing and runs beside the writer.
pub fn prepare(view: &mut View<'_>, actor: &Actor, examination: Id) -> Result<Prepared, Problem> {
    actor.acting_as(&[Role::Organiser])?;
    let loaded = regulation::load(view, examination)?;
    recall::replacing(view, &loaded)?;
    let tickets = store::tickets(view.db, examination)?;
    if tickets.is_empty() {
        return Err(Problem::conflict("nobody-has-a-ticket"));
    }
    let sources = sources(view, &loaded)?;
    let ready = ceremony::ready(view, &loaded, Purpose::Papers)?;
    ready.must_be_drawn_from(fixed(&sources)?.0)?;
    let subjects = sources.into_iter().map(|(subject, source)| {
        let seed = ready.seed.sub(format!("papers/{}", subject.component));
        draw(view, subject, source, &seed, &tickets)
    });
    Ok(Prepared {
        examination,
        subjects: subjects.collect::<Result<_, _>>()?,
        tickets,
        draw: ready,
    })
}

/// What every subject is drawn from, or everything that stands against drawing.
fn sources(
    view: &mut View<'_>,
    examination: &Examination,
) -> Result<Vec<(Subject, DrawSource)>, Problem> {
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for subject in regulation::subjects(view, examination.id)? {
        match draw_source(view, examination, &subject)? {
            Ok(source) => sources.push((subject, source)),
            Err(found) => faults.extend(found),
        }
    }
    Problem::unless_valid(faults)?;
    Ok(sources)
}

/// What the papers of a subject follow from, but for the seed.
struct DrawSource {
    bank: String,
    blueprint: Blueprint,
    pool: Pool,
    keys_root: Hash,
}

impl DrawSource {
    /// What a draw of papers fixes of this subject. The pool's root is the hash of its text, which
    /// is canonical.
    fn line(&self, subject: &Subject) -> Result<Value, Problem> {
        Ok(json!({
            "component": subject.component, "bank": self.bank,
            "blueprint_hash": hex::encode(sha256(canonical(&self.blueprint)?)),
            "pool_root": hex::encode(sha256(canonical(&self.pool)?)),
            "keys_root": hex::encode(self.keys_root),
        }))
    }

    /// Whether equal papers come of it, by a seed that nobody needs: when a draw has been held, it
    /// is too late to find that the blueprint asks for more than the bank can give.
    fn trial(&self, subject: &Subject, tickets: usize) -> Option<Fault> {
        let plan = Plan::new(&self.blueprint, &self.pool).ok()?;
        let seed = Seed::new(sha256(&subject.component));
        let refused = plan.make(tickets.min(TRIAL), &seed).err()?;
        Some(unequal(&subject.component, &refused))
    }
}

/// Most papers of a trial: those of a block, which trade among themselves.
const TRIAL: usize = 2_000;

/// What is said where not enough papers meet every limit.
fn unequal(component: &str, refused: &Unequal) -> Fault {
    Fault::new(format!("{component}.equal"), "papers-unequal")
        .with("wanted", refused.wanted)
        .with("made", refused.made)
        .with("issued", refused.issued)
        .with("enemies", refused.failing(Failure::Enemies))
        .with("score", refused.failing(Failure::Score))
        .with("seconds", refused.failing(Failure::Seconds))
}

/// The source of a subject's draw, or why there is none: places begin with the component's code.
fn draw_source(
    view: &mut View<'_>,
    examination: &Examination,
    subject: &Subject,
) -> Result<Result<DrawSource, Vec<Fault>>, Problem> {
    let setup = store::setup(view.db, subject.id)?;
    let Some(blueprint) = blueprint_of(&setup)? else {
        let fault = Fault::new(&subject.component, "blueprint-missing");
        return Ok(Err(vec![fault]));
    };
    let pool = pool(view, &setup.bank, &blueprint)?;
    let mut faults = draw_faults(examination, subject, &blueprint, &pool);
    if !faults.is_empty() {
        for fault in &mut faults {
            fault.place = format!("{}.{}", subject.component, fault.place);
        }
        return Ok(Err(faults));
    }
    let keys_root = keys_root(view, &setup.bank, &pool)?;
    Ok(Ok(DrawSource {
        bank: setup.bank,
        blueprint,
        pool,
        keys_root,
    }))
}

fn draw(
    view: &View<'_>,
    subject: Subject,
    source: DrawSource,
    seed: &Seed,
    tickets: &[Ticket],
) -> Result<PreparedSubject, Problem> {
    let plan = Plan::new(&source.blueprint, &source.pool)
        .map_err(|_| Problem::internal("a pool that was checked does not fill its blueprint"))?;
    let mut hashes = BTreeMap::new();
    let mut papers = Vec::with_capacity(tickets.len());
    let seats: Vec<Seated<'_>> = tickets.iter().map(Ticket::seated).collect();
    let drawn = plan.draw(seed, &seats).map_err(|refused| {
        let fault = unequal(&subject.component, &refused);
        Problem::invalid(vec![fault])
    })?;
    for (at, ticket) in tickets.iter().enumerate() {
        let paper = plan.paper(&drawn, at);
        let hash = paper_hash(&paper).map_err(Problem::internal)?;
        hashes.insert(ticket.number.clone(), hash);
        papers.push(PreparedPaper {
            application: ticket.application,
            content_sealed: view
                .vault
                .seal(paper_json(&paper).map_err(Problem::internal)?)?,
            hash,
        });
    }
    Ok(PreparedSubject {
        subject,
        bank: source.bank,
        blueprint: canonical(&source.blueprint)?,
        seed_sealed: view.vault.seal(seed.bytes())?,
        seed_commitment: sha256(seed.bytes()),
        pool: canonical(&source.pool)?,
        keys_root: source.keys_root,
        papers_root: papers_root(&hashes),
        making: Making {
            attempt: drawn.attempt,
            made: drawn.made(),
            deviation: drawn.deviation(),
        },
        report: serde_json::to_string(&plan.report(&source.blueprint.title, &drawn))
            .map_err(Problem::internal)?,
        uses: plan
            .uses(&drawn)
            .map(|(item, papers)| (item.item_id, item.version, papers))
            .collect(),
        papers,
    })
}

/// What stands against drawing from `pool`: cells that it cannot fill, totals that differ from
/// paper to paper, and a total that is not the component's full mark.
fn draw_faults(
    examination: &Examination,
    subject: &Subject,
    blueprint: &Blueprint,
    pool: &Pool,
) -> Vec<Fault> {
    let plan = match Plan::new(blueprint, pool) {
        Ok(plan) => plan,
        Err(shortages) => return shortages,
    };
    let mut faults = unequal_totals(blueprint, pool);
    faults.extend(overexposed(blueprint, pool));
    faults.extend(crowded(blueprint, pool));
    faults.extend(off_target(blueprint, pool));
    // Totals are equal, so any paper shows them.
    let total = plan.total_marks();
    let component = examination.profile.component(&subject.component);
    let max: Option<Score> = component.map(|component| component.max);
    if let Some(max) = max.filter(|max| faults.is_empty() && *max != total) {
        let fault = Fault::new("sections", "paper-total");
        faults.push(fault.with("total", total).with("max", max));
    }
    faults
}

/// The approved items of a bank, as a draw by this blueprint sees them, and those on trial if it asks
/// for any.
fn pool(view: &mut View<'_>, bank: &str, blueprint: &Blueprint) -> Result<Pool, Problem> {
    let approved = bank::records::approved(view, bank)?;
    let on_trial = match blueprint.trial_count() {
        0 => Vec::new(),
        _ => bank::records::on_trial(view, bank)?,
    };
    let figures = bank::records::figures(view, bank)?;
    let response = |id: &Id| {
        let known = figures.get(id)?;
        let (a, b, c) = (known.a_milli, known.b_milli, known.c_milli);
        let measured = true;
        Some(Response { a, b, c, measured })
    };
    let pooled = |(id, version, item): &Approved, trial| PoolItem {
        trial,
        ..PoolItem::of(*id, *version, item, response(id))
    };
    let counting = approved.iter().map(|one| pooled(one, false));
    let items = counting.chain(on_trial.iter().map(|one| pooled(one, true)));
    let pool = Pool::new(items.collect()).map_err(Problem::internal)?;
    Ok(pool.numbered(blueprint))
}

/// The Merkle root over `code ‖ 0 ‖ version ‖ 0 ‖ content hash` of the pool's items, in order of
/// their codes; the version in decimal digits. With it a key changed later is found out.
fn keys_root(view: &mut View<'_>, bank: &str, pool: &Pool) -> Result<Hash, Problem> {
    let on_trial = pool.items().iter().any(|item| item.trial);
    let states = match on_trial {
        true => &[ItemState::Approved, ItemState::Trial][..],
        false => &[ItemState::Approved],
    };
    let contents = bank::records::content_hashes(view, bank, states)?;
    let read = contents.iter().map(|(code, version, _)| (code, *version));
    if !read.eq(pool.items().iter().map(|item| (&item.code, item.version))) {
        // The bank changed between the two readings.
        return Err(Problem::conflict("papers-outdated"));
    }
    let leaf = |(code, version, hash): &(String, i32, Vec<u8>)| {
        let version = version.to_string();
        let parts: [&[u8]; 5] = [code.as_bytes(), &[0], version.as_bytes(), &[0], hash];
        merkle::leaf_hash(&parts.concat())
    };
    Ok(merkle::root(&contents.iter().map(leaf).collect::<Vec<_>>()))
}

fn lock_view(
    view: &mut View<'_>,
    subject: Id,
    setup: &SetupRow,
) -> Result<Option<LockView>, Problem> {
    let (Some(locked_at), Some(seed), Some(pool), Some(root)) = (
        setup.locked_at,
        &setup.seed_sealed,
        &setup.pool,
        &setup.papers_root,
    ) else {
        return Ok(None);
    };
    let pool: Pool = parse(pool)?;
    Ok(Some(LockView {
        count: store::paper_count(view.db, subject)?,
        locked_at,
        seed_commitment: hex::encode(sha256(view.vault.open_bytes(seed)?)),
        pool_root: hex::encode(pool_root(&pool).map_err(Problem::internal)?),
        papers_root: hex::encode(root),
    }))
}

fn blueprint_of(setup: &SetupRow) -> Result<Option<Blueprint>, Problem> {
    if setup.blueprint.is_empty() {
        return Ok(None);
    }
    parse(&setup.blueprint).map(Some)
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(Problem::internal)
}

/// Canonical JSON (RFC 8785).
fn canonical(value: &impl Serialize) -> Result<String, Problem> {
    serde_json_canonicalizer::to_string(value).map_err(Problem::internal)
}
