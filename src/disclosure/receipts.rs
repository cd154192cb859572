//! Receipts: what a candidate takes home of each decision about her, to check it anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use tlog_tiles::prove_record;
use utoipa::ToSchema;

use crate::access::{Actor, Role};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::note::Head;
use crate::ledger::proof::{Opening, Proof};
use crate::ledger::publish::Logs;
use crate::ledger::{self, Payload, Placed};
use crate::registration::service::{self as registration, ApplicationView};
use crate::regulation::Profile;
use crate::regulation::service as regulation;
use crate::store::View;

/// The decisions of which there are receipts. Marks are among them from the day they are published.
pub(super) const KINDS: [&str; 13] = [
    "application.submitted",
    "application.moved",
    "application.withdrawn",
    "application.reviewed",
    "post.reduced",
    "post.cancelled",
    "post.kept",
    "script.closed",
    "component.decided",
    "written.published",
    "merit.published",
    "objection.filed",
    "objection.decided",
];

/// A decision about an application, of which its candidate can have a receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptLine {
    /// The decision.
    pub id: Id,
    /// What was decided.
    pub kind: String,
    /// When.
    pub at: Instant,
    /// The year of its log.
    pub year: i32,
    /// Its place there; none for a moment after it was taken.
    pub index: Option<i64>,
    /// Which subject or component it is about, in Chinese; empty if it is about none.
    pub about_zh: String,
    /// The same in English.
    pub about_en: String,
}

impl From<Placed> for ReceiptLine {
    fn from(placed: Placed) -> Self {
        Self {
            id: placed.id,
            kind: placed.kind,
            at: placed.at,
            year: placed.year,
            index: placed.index,
            about_zh: String::new(),
            about_en: String::new(),
        }
    }
}

/// The application, for the candidate whose it is and for nobody else: openings are hers alone.
fn own(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<ApplicationView, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    registration::application(view, actor, id)
}

fn placed(view: &mut View<'_>, application: &ApplicationView) -> Result<Vec<Placed>, Problem> {
    let mut placed = ledger::about(view, &[application.id, application.post])?;
    placed.retain(|one| KINDS.contains(&one.kind.as_str()));
    Ok(placed)
}

/// The decisions about one's own application, and those about its post, in the order in which they
/// were taken.
pub fn receipts(
    view: &mut View<'_>,
    actor: &Actor,
    application: Id,
) -> Result<(ApplicationView, Vec<ReceiptLine>), Problem> {
    let application = own(view, actor, application)?;
    let placed = placed(view, &application)?;
    let profile = regulation::load(view, application.examination)?.profile;
    let lines = placed.into_iter().map(|one| {
        let mut line = ReceiptLine::from(one);
        (line.about_zh, line.about_en) = subject_of(view, &profile, &line)?;
        Ok(line)
    });
    let lines = lines.collect::<Result<Vec<_>, Problem>>()?;
    Ok((application, lines))
}

/// The component of a mark or the subject of a script, in both languages: a candidate has several.
fn subject_of(
    view: &mut View<'_>,
    profile: &Profile,
    line: &ReceiptLine,
) -> Result<(String, String), Problem> {
    if !["component.decided", "script.closed"].contains(&line.kind.as_str()) {
        return Ok(Default::default());
    }
    let (_, payload) = ledger::opening(view, line.id)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(Problem::internal)?;
    if let Some(code) = payload.inputs["component"].as_str() {
        let title = profile
            .component(code)
            .map(|component| component.title.clone());
        return Ok(title.map(|title| (title.zh, title.en)).unwrap_or_default());
    }
    let subject: Option<Id> = serde_json::from_value(payload.inputs["subject"].clone()).ok();
    let subject = subject
        .map(|id| regulation::subject(view, id))
        .transpose()?;
    Ok(subject
        .map(|one| (one.title_zh, one.title_en))
        .unwrap_or_default())
}

/// A receipt with what belongs to it on a page.
#[derive(Debug)]
pub struct Receipt {
    /// The decision.
    pub line: ReceiptLine,
    /// The proof with its opening.
    pub proof: Proof,
    /// What the proof rests on.
    pub head: Head,
}

/// The receipt of a decision about one's own application. There is none until the decision is
/// in a published checkpoint, which takes a moment.
pub fn receipt(
    view: &mut View<'_>,
    actor: &Actor,
    logs: &Logs,
    application: Id,
    decision: Id,
) -> Result<Receipt, Problem> {
    let application = own(view, actor, application)?;
    let placed = placed(view, &application)?;
    let placed = placed.into_iter().find(|one| one.id == decision);
    let placed = placed.ok_or_else(Problem::not_found)?;
    let index = placed.index.and_then(|index| u64::try_from(index).ok());
    let disk = logs.disk(placed.year);
    let note = disk.checkpoint().map_err(Problem::internal)?;
    let soon = || Problem::conflict("receipt-soon");
    let (index, note) = index.zip(note).ok_or_else(soon)?;
    let known = ledger::logs(view)?
        .into_iter()
        .find(|log| log.year == placed.year);
    let vkey = known.ok_or_else(soon)?.vkey;
    let head = Head::open(&note, &vkey).map_err(Problem::internal)?;
    if index >= head.size {
        return Err(soon());
    }
    let failed = |error| Problem::internal(format!("no proof of entry {index}: {error}"));
    let hashes = prove_record(head.size, index, &disk.tree(head.size)).map_err(failed)?;
    let (nonce, payload) = ledger::opening(view, decision)?;
    let opening = Opening {
        nonce: STANDARD.encode(nonce),
        payload: String::from_utf8(payload).map_err(Problem::internal)?,
    };
    let proof = Proof {
        index,
        hashes: hashes.into_iter().map(|hash| hash.0).collect(),
        note: String::from_utf8(note).map_err(Problem::internal)?,
        opening: Some(opening),
    };
    must_prove(&proof, &vkey)?;
    Ok(Receipt {
        line: placed.into(),
        proof,
        head,
    })
}

/// A receipt that does not check is not handed out: it would only be found by the candidate.
fn must_prove(proof: &Proof, vkey: &str) -> Result<(), Problem> {
    let leaf = proof.opening.as_ref().map(Opening::leaf).transpose();
    let leaf = leaf.map_err(Problem::internal)?.unwrap_or_default();
    proof.check(&leaf, vkey).map_err(Problem::internal)?;
    Ok(())
}
