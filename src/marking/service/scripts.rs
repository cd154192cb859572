//! Marking scripts: what a marker is given, and what becomes of her mark.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::rule;
use crate::access::{Actor, Role};
use crate::assembly::records::paper;
use crate::bank::item::{Answer, Body, Item, RubricPoint, Stimulus};
use crate::bank::material::{self, PictureContent};
use crate::bank::records::{self, item_versions, stimuli};
use crate::bank::rich::{self, Markup};
use crate::ceremony::service::not_drawn_to_mark;
use crate::kernel::{Fault, Id, Problem, Score};
use crate::ledger;
use crate::marking::double::{MarkerMark, Resolution, ScriptState, resolve};
use crate::marking::store::{self, Origin, ScriptMarkRow, ScriptRow};
use crate::regulation::Phase;
use crate::regulation::service::{Examination, hold, load, subject, subjects};
use crate::sitting::records::answers;
use crate::store::{Tx, View, sha256};

/// Scripts among which the next one of a marker is chosen.
const CHOICE: i64 = 200;
/// Most characters of a marker's comment.
const COMMENT_MAX: usize = 500;

/// One line of a rubric (评分要点).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RubricLine {
    /// What the answer shows.
    pub point: String,
    /// What it is worth.
    pub marks: Score,
}

/// What the question refers to (材料).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Material {
    /// Heading.
    pub title: String,
    /// How the text is written.
    pub markup: Markup,
    /// Paragraphs, separated by empty lines.
    pub text: String,
    /// An optional table; its first row is the header.
    pub table: Vec<Vec<String>>,
}

/// A script as a marker sees it: the answer and how to judge it. Nothing in it tells who wrote it,
/// how often it was marked, or what others gave.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScriptView {
    /// Id.
    pub id: Id,
    /// The number by which markers speak of it (密号).
    pub blind_code: String,
    /// The subject in Chinese.
    pub subject_zh: String,
    /// The subject in English.
    pub subject_en: String,
    /// How the question and the model answer are written.
    pub markup: Markup,
    /// The question.
    pub stem: String,
    /// What earns marks.
    pub rubric: Vec<RubricLine>,
    /// A model answer.
    pub reference: String,
    /// What the question refers to.
    pub material: Option<Material>,
    /// The answer, as typed; empty where nothing was written.
    pub answer: String,
    /// The most it can earn.
    pub max: Score,
    /// Every mark is a multiple of this.
    pub step: Score,
}

/// A script that needs a mark this marker may give; none if there is nothing to do for her now.
pub fn next_script(view: &mut View<'_>, actor: &Actor) -> Result<Option<ScriptView>, Problem> {
    let acting = actor.acting_as(&[Role::Marker])?;
    let closed = not_drawn_to_mark(view, acting.account)?;
    for state in ScriptState::ALL {
        if state == ScriptState::Settled {
            continue;
        }
        let open = store::open_to(view.db, acting.account, &closed, state, CHOICE)?;
        if let Some(id) = open.into_iter().min_by_key(|id| lot(acting.account, *id)) {
            return script(view, actor, id).map(Some);
        }
    }
    Ok(None)
}

/// Each marker has an order of her own, so that many who ask at once rarely get the same script,
/// and one who reloads the page gets the same again.
fn lot(marker: Id, script: Id) -> [u8; 32] {
    sha256([marker.bytes().as_slice(), script.bytes()].concat())
}

/// One script, for a marker who may still mark it.
pub fn script(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<ScriptView, Problem> {
    let acting = actor.acting_as(&[Role::Marker])?;
    let row = store::script(view.db, id)?;
    let origin = store::origin(view.db, row.attempt_id)?;
    let examination = load(view, origin.examination)?;
    examination.phase.must_be(&[Phase::Marking])?;
    must_be_drawn(view, &examination, acting.account)?;
    marks_before(view, acting.account, &row)?;
    script_view(view, &examination, &origin, row)
}

/// A picture that a script shows to a marker who may still mark it.
pub fn picture(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
    hash: &str,
) -> Result<PictureContent, Problem> {
    let script = script(view, actor, id)?;
    let hash = &material::named(hash)?;
    let material = script
        .material
        .iter()
        .map(|one| (one.markup, one.text.as_str()));
    let own = [script.stem.as_str(), &script.reference].map(|text| (script.markup, text));
    let mut rich = own
        .into_iter()
        .chain(material)
        .filter(|(markup, _)| !markup.is_plain());
    if !rich.any(|(_, text)| rich::images(text).contains(hash)) {
        return Err(Problem::not_found());
    }
    records::picture(view, hash)
}

/// Where markers are drawn by lot, nobody else marks.
fn must_be_drawn(
    view: &mut View<'_>,
    examination: &Examination,
    marker: Id,
) -> Result<(), Problem> {
    if not_drawn_to_mark(view, marker)?.contains(&examination.id) {
        return Err(Problem::conflict("not-drawn-to-mark"));
    }
    Ok(())
}

/// The marks given so far, if `marker` may add one.
fn marks_before(
    view: &mut View<'_>,
    marker: Id,
    row: &ScriptRow,
) -> Result<Vec<MarkerMark>, Problem> {
    let marks = store::script_marks(view.db, row.id)?;
    if marks.iter().any(|(by, _)| *by == marker) {
        return Err(Problem::conflict("already-marked-by-you"));
    }
    if row.state == ScriptState::Settled {
        return Err(Problem::conflict("script-settled"));
    }
    Ok(marks.into_iter().map(|(_, mark)| mark).collect())
}

fn script_view(
    view: &mut View<'_>,
    examination: &Examination,
    origin: &Origin,
    row: ScriptRow,
) -> Result<ScriptView, Problem> {
    let subject = subject(view, origin.subject)?;
    let item = item_at(view, origin, row.position)?;
    let material = match &item.stimulus {
        Some(code) => stimuli(view, &origin.bank)?.remove(code),
        None => None,
    };
    let Body::Essay {
        rubric, reference, ..
    } = item.body
    else {
        return Err(Problem::internal("a script is of an item with a key"));
    };
    let position = u32::try_from(row.position).map_err(Problem::internal)?;
    let answer = match answers(view, row.attempt_id)?.remove(&position) {
        Some(Answer::Text { text }) => text,
        _ => String::new(),
    };
    Ok(ScriptView {
        id: row.id,
        blind_code: row.blind_code,
        subject_zh: subject.title_zh,
        subject_en: subject.title_en,
        markup: item.markup,
        stem: item.stem,
        rubric: rubric.into_iter().map(RubricLine::from).collect(),
        reference,
        material: material.map(Material::from),
        answer,
        max: row.max,
        step: rule(examination)?.step,
    })
}

/// The item at a position of a candidate's paper, in the version that was frozen.
fn item_at(view: &mut View<'_>, origin: &Origin, position: i32) -> Result<Item, Problem> {
    let (_, paper) =
        paper(view, origin.subject, origin.application)?.ok_or_else(Problem::not_found)?;
    let place = paper
        .places()
        .find(|place| i32::try_from(place.position) == Ok(position))
        .ok_or_else(Problem::not_found)?;
    let key = (place.item_id, place.version);
    let item = item_versions(view, &[key])?.remove(&key);
    item.ok_or_else(|| Problem::internal("a paper names an item version that is not there"))
}

impl From<RubricPoint> for RubricLine {
    fn from(line: RubricPoint) -> Self {
        Self {
            point: line.point,
            marks: line.marks,
        }
    }
}

impl From<Stimulus> for Material {
    fn from(stimulus: Stimulus) -> Self {
        Self {
            title: stimulus.title,
            markup: stimulus.markup,
            text: stimulus.text,
            table: stimulus.table,
        }
    }
}

/// That a mark was taken. Whether it settled the script is not for the marker to know.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Marked {
    /// The script.
    pub script: Id,
    /// The mark.
    pub mark: Score,
}

/// Gives the marker's mark to a script, and settles the script when the rule says so.
pub fn mark_script(
    tx: &mut Tx<'_>,
    actor: &Actor,
    script: Id,
    mark: Score,
    comment: &str,
) -> Result<Marked, Problem> {
    let acting = actor.acting_as(&[Role::Marker])?;
    let row = store::script(tx.db, script)?;
    let origin = store::origin(tx.db, row.attempt_id)?;
    let examination = hold(tx, origin.examination)?;
    examination.phase.must_be(&[Phase::Marking])?;
    must_be_drawn(tx, &examination, acting.account)?;
    let mut marks = marks_before(tx, acting.account, &row)?;
    let rule = rule(&examination)?;
    let mut faults: Vec<Fault> = rule.mark_fault("mark", row.max, mark).into_iter().collect();
    if comment.chars().count() > COMMENT_MAX {
        faults.push(Fault::new("comment", "too-long").with("max", COMMENT_MAX));
    }
    Problem::unless_valid(faults)?;
    let ordinal = u8::try_from(marks.len() + 1).map_err(Problem::internal)?;
    let given = ScriptMarkRow {
        script_id: row.id,
        ordinal: i32::from(ordinal),
        marker_id: acting.account,
        mark,
        comment_sealed: tx.vault.seal(comment.trim())?,
        marked_at: tx.now,
    };
    store::insert_script_mark(tx, &given)?;
    let inputs = json!({
        "script": row.id, "blind_code": row.blind_code, "ordinal": ordinal, "mark": mark,
    });
    let mut entry = examination.decision(acting, "script.marked").on(inputs);
    if !comment.trim().is_empty() {
        entry = entry.because(comment.trim());
    }
    ledger::record(tx, &entry.outcome(mark.to_string()))?;
    marks.push(MarkerMark { ordinal, mark });
    let now = resolve(row.max, &marks, &rule).map_err(Problem::invalid)?;
    apply(tx, &examination, &row, &marks, now)?;
    Ok(Marked { script, mark })
}

/// Notes where the script stands now; a mark that stands is a decision by the rule alone.
fn apply(
    tx: &mut Tx<'_>,
    examination: &Examination,
    row: &ScriptRow,
    marks: &[MarkerMark],
    now: Resolution,
) -> Result<(), Problem> {
    let Resolution::Final { mark, by } = now else {
        return store::set_script(tx, row.id, now.state(), None);
    };
    store::set_script(tx, row.id, now.state(), Some((mark, by)))?;
    let given: Vec<Score> = marks.iter().map(|one| one.mark).collect();
    let inputs = json!({
        "script": row.id, "max": row.max, "marks": given, "mark": mark, "by": by,
    });
    let entry = examination.system_decision("script.settled").on(inputs);
    ledger::record(tx, &entry.outcome(by.as_str()))?;
    Ok(())
}

/// What lies on a marker's desk, over all examinations being marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Desk {
    /// Marks she has given.
    pub done: i64,
    /// Scripts that need a mark she may give.
    pub waiting: i64,
}

/// The counts of a marker's own work.
pub fn desk(view: &mut View<'_>, actor: &Actor) -> Result<Desk, Problem> {
    let acting = actor.acting_as(&[Role::Marker])?;
    let closed = not_drawn_to_mark(view, acting.account)?;
    Ok(Desk {
        done: store::count_done_by(view.db, acting.account)?,
        waiting: store::count_open_to(view.db, acting.account, &closed)?,
    })
}

/// How far the scripts of a subject are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubjectProgress {
    /// The component of the profile.
    pub component: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// All scripts.
    pub scripts: i64,
    /// Scripts with one mark.
    pub marked_once: i64,
    /// Scripts whose markers differ and that wait for a third or an arbiter.
    pub in_arbitration: i64,
    /// Scripts whose mark stands.
    pub settled: i64,
}

/// How far the marking of an examination is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// Its subjects, in the order in which they were sat.
    pub subjects: Vec<SubjectProgress>,
}

/// How far the marking of an examination is, by subject.
pub fn progress(view: &mut View<'_>, actor: &Actor, examination: Id) -> Result<Progress, Problem> {
    actor.acting_as(&[Role::Organiser, Role::Hr, Role::Marker])?;
    let examination = load(view, examination)?;
    let mut rows = Vec::new();
    for subject in subjects(view, examination.id)? {
        let states = store::states(view.db, subject.id)?;
        let count = |state| states.get(&state).copied().unwrap_or_default();
        rows.push(SubjectProgress {
            component: subject.component,
            title_zh: subject.title_zh,
            title_en: subject.title_en,
            scripts: states.values().sum(),
            marked_once: count(ScriptState::NeedsSecond),
            in_arbitration: count(ScriptState::NeedsThird) + count(ScriptState::NeedsArbiter),
            settled: count(ScriptState::Settled),
        });
    }
    Ok(Progress { subjects: rows })
}
