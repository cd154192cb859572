//! The lines of an examination record (`docs/record.md`), as they are written and read. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ceremony::{DrawState, Purpose};
use crate::kernel::Id;
use crate::regulation::{OpenMarks, Phase, Track};

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first: what it is a record of.
    Record {
        /// Version of the format.
        v: u8,
        /// The examination.
        examination: About,
    },
    /// The log of the examination's year.
    Log {
        /// Its name.
        origin: String,
        /// Its verifier key.
        vkey: String,
        /// Its policy, as text.
        policy: String,
        /// A checkpoint that holds all of the examination, as a signed note.
        checkpoint: String,
        /// Entries before the first that is given whole.
        first: u64,
    },
    /// Leaf hashes of entries before the first that is given whole.
    Hashes {
        /// Up to 256 of them, base64.
        hashes: String,
    },
    /// An entry.
    Leaf(Entry),
    /// What the papers of a subject were drawn from.
    Subject(Source),
    /// What the recalled papers of a subject were drawn from.
    Recalled(RecalledSource),
    /// A ticket.
    Ticket(Ticket),
    /// A draw by lot.
    Draw(Draw),
    /// The last line.
    End {
        /// How many lines stand before it.
        lines: u64,
    },
}

/// An examination.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Id.
    pub id: Id,
    /// Code.
    pub code: String,
    /// Year.
    pub year: i32,
    /// Track.
    pub track: Track,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
}

/// An entry of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its text.
    pub leaf: String,
    /// The nonce of its commitment, base64, where it is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The payload, where it is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// What the papers of a subject were drawn from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The component.
    pub component: String,
    /// The blueprint.
    pub blueprint: Value,
    /// The pool.
    pub pool: Value,
}

/// What papers of a subject were drawn from that others took the place of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecalledSource {
    /// Name of the draw.
    pub draw: String,
    /// The component.
    pub component: String,
    /// The blueprint.
    pub blueprint: Value,
    /// The pool.
    pub pool: Value,
}

/// A candidate's ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Its number.
    pub ticket: String,
    /// The application.
    pub application: Id,
    /// Code of the post.
    pub post: String,
    /// Room.
    pub room: String,
    /// Seat.
    pub seat: i32,
    /// What opens the commitment in the pool of seats, hexadecimal.
    pub salt: String,
    /// Categories to which the tie rule looks; none where the rules open totals alone.
    pub categories: Vec<String>,
}

/// A draw by lot.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Its name.
    pub code: String,
    /// What it decides.
    pub purpose: Purpose,
    /// Which try.
    pub number: u32,
    /// How far it came.
    pub state: DrawState,
    /// The secrets, hexadecimal, once everybody may know them.
    pub secrets: Option<Vec<String>>,
    /// The members of a drawn list.
    pub members: Vec<Member>,
}

/// A member of a drawn list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The commitment, hexadecimal.
    pub commitment: String,
    /// The stratum.
    pub stratum: String,
    /// `chosen`, `reserve` or `replaced`.
    pub state: String,
    /// Place in the stratum, from one.
    pub place: u32,
    /// Of a candidate, the ticket number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What opens the commitment to it, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

/// Kinds that are opened in every record; besides them all that begin with `draw.`.
const ALWAYS: [&str; 15] = [
    "announcement.published",
    "sitting.scheduled",
    "post.added",
    "post.removed",
    "post.reduced",
    "post.cancelled",
    "post.kept",
    "blueprint.set",
    "tickets.issued",
    "papers.locked",
    "papers.recalled",
    "marking.begun",
    "counts.fixed",
    "written.published",
    "merit.published",
];
/// The kind that is opened once nobody sits any more: it names an item that papers hold.
const FROM_MARKING: &str = "papers.leaked";
/// Kinds that are opened once the written results are published, if the rules open the marks of
/// components.
const WITH_RESULTS: [&str; 3] = ["objective.marked", "script.settled", "component.decided"];

/// Whether a decision of an examination is opened, once it has come to `phase`, by rules that open
/// `marks`.
pub fn is_opened(kind: &str, phase: Phase, marks: OpenMarks) -> bool {
    let open = phase >= Phase::WrittenPublished && marks == OpenMarks::Components;
    let results = open && WITH_RESULTS.contains(&kind);
    let leaks = phase >= Phase::Marking && kind == FROM_MARKING;
    ALWAYS.contains(&kind) || kind.starts_with("draw.") || leaks || results
}
