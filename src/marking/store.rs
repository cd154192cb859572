//! Queries on marks, scripts and panels.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::double::{MarkerMark, ScriptState, SettledBy};
use super::objective::Outcome;
use super::panel::Panel;
use crate::kernel::{Id, Instant, Problem, Score};
use crate::regulation::Phase;
use crate::store::schema::{
    application, attempt, examination, objective_mark, panel_mark, post, ranking, script,
    script_mark, subject,
};
use crate::store::{AnyConn, Tx, first_held, taken, text_enum};

text_enum!(Outcome);
text_enum!(ScriptState);
text_enum!(SettledBy);

#[derive(Queryable, Insertable)]
#[diesel(table_name = objective_mark)]
pub(super) struct ObjectiveRow {
    pub attempt_id: Id,
    pub position: i32,
    pub awarded: Score,
    pub outcome: Outcome,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = script)]
pub(super) struct ScriptRow {
    pub id: Id,
    pub attempt_id: Id,
    pub position: i32,
    pub blind_code: String,
    pub max: Score,
    pub state: ScriptState,
    pub final_mark: Option<Score>,
    pub resolved_by: Option<SettledBy>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = script_mark)]
pub(super) struct ScriptMarkRow {
    pub script_id: Id,
    pub ordinal: i32,
    pub marker_id: Id,
    pub mark: Score,
    pub comment_sealed: Vec<u8>,
    pub marked_at: Instant,
}

#[derive(Insertable)]
#[diesel(table_name = panel_mark)]
pub(super) struct PanelRow<'a> {
    pub application_id: Id,
    pub component: &'a str,
    pub examiner: i32,
    pub mark: Score,
    pub entered_by: Id,
    pub entered_at: Instant,
}

/// How many attempts of an examination are not over.
pub(super) fn open_attempts(db: &mut AnyConn, examination: Id) -> Result<i64, Problem> {
    Ok(attempt::table
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .filter(attempt::state.ne("closed"))
        .count()
        .get_result(db)?)
}

/// What each attempt at a subject committed to when it was closed.
pub(super) fn digests(
    db: &mut AnyConn,
    subject: Id,
) -> Result<BTreeMap<Id, Option<Vec<u8>>>, Problem> {
    let rows: Vec<(Id, Option<Vec<u8>>)> = attempt::table
        .filter(attempt::subject_id.eq(subject))
        .select((attempt::id, attempt::digest))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

pub(super) fn insert_objective(tx: &mut Tx<'_>, row: &ObjectiveRow) -> Result<(), Problem> {
    diesel::insert_into(objective_mark::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_script(tx: &mut Tx<'_>, row: &ScriptRow) -> Result<(), Problem> {
    diesel::insert_into(script::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn blind_code_taken(db: &mut AnyConn, code: &str) -> Result<bool, Problem> {
    let same = script::table
        .filter(script::blind_code.eq(code))
        .count()
        .get_result::<i64>(db)?;
    Ok(same > 0)
}

pub(super) fn script(db: &mut AnyConn, id: Id) -> Result<ScriptRow, Problem> {
    Ok(script::table.find(id).first(db)?)
}

/// Where a script comes from. For the service only: markers never see it.
pub(super) struct Origin {
    pub examination: Id,
    pub subject: Id,
    pub application: Id,
    pub bank: String,
}

pub(super) fn origin(db: &mut AnyConn, attempt: Id) -> Result<Origin, Problem> {
    let (examination, subject, application, bank) = attempt::table
        .find(attempt)
        .inner_join(subject::table)
        .select((
            subject::examination_id,
            attempt::subject_id,
            attempt::application_id,
            subject::bank,
        ))
        .first(db)?;
    Ok(Origin {
        examination,
        subject,
        application,
        bank,
    })
}

/// The marks of a script in order, each with its marker.
pub(super) fn script_marks(db: &mut AnyConn, script: Id) -> Result<Vec<(Id, MarkerMark)>, Problem> {
    let rows: Vec<(Id, i32, Score)> = script_mark::table
        .filter(script_mark::script_id.eq(script))
        .order(script_mark::ordinal)
        .select((
            script_mark::marker_id,
            script_mark::ordinal,
            script_mark::mark,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(marker, ordinal, mark)| {
            let ordinal = u8::try_from(ordinal).map_err(Problem::internal)?;
            Ok((marker, MarkerMark { ordinal, mark }))
        })
        .collect()
}

/// Adds a mark. That nobody marks a script twice, and that no two give its n-th mark, the database
/// itself sees to.
pub(super) fn insert_script_mark(tx: &mut Tx<'_>, row: &ScriptMarkRow) -> Result<(), Problem> {
    diesel::insert_into(script_mark::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("script-taken")))?;
    Ok(())
}

pub(super) fn set_script(
    tx: &mut Tx<'_>,
    id: Id,
    state: ScriptState,
    settled: Option<(Score, SettledBy)>,
) -> Result<(), Problem> {
    diesel::update(script::table.find(id))
        .set((
            script::state.eq(state),
            script::final_mark.eq(settled.map(|(mark, _)| mark)),
            script::resolved_by.eq(settled.map(|(_, by)| by)),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Scripts in `state`, of examinations being marked but for those `closed` to her, that `marker`
/// has not marked.
pub(super) fn open_to(
    db: &mut AnyConn,
    marker: Id,
    closed: &[Id],
    state: ScriptState,
    limit: i64,
) -> Result<Vec<Id>, Problem> {
    let hers = script_mark::table
        .filter(script_mark::marker_id.eq(marker))
        .select(script_mark::script_id);
    Ok(script::table
        .inner_join(attempt::table.inner_join(subject::table.inner_join(examination::table)))
        .filter(script::state.eq(state))
        .filter(examination::stage.eq(Phase::Marking))
        .filter(examination::id.ne_all(closed))
        .filter(script::id.ne_all(hers))
        .order(script::id)
        .limit(limit)
        .select(script::id)
        .load(db)?)
}

/// How many scripts of examinations being marked, but for those `closed` to her, still need a mark
/// that `marker` may give.
pub(super) fn count_open_to(db: &mut AnyConn, marker: Id, closed: &[Id]) -> Result<i64, Problem> {
    let hers = script_mark::table
        .filter(script_mark::marker_id.eq(marker))
        .select(script_mark::script_id);
    Ok(script::table
        .inner_join(attempt::table.inner_join(subject::table.inner_join(examination::table)))
        .filter(script::state.ne(ScriptState::Settled))
        .filter(examination::stage.eq(Phase::Marking))
        .filter(examination::id.ne_all(closed))
        .filter(script::id.ne_all(hers))
        .count()
        .get_result(db)?)
}

/// How many marks `marker` has given in examinations being marked.
pub(super) fn count_done_by(db: &mut AnyConn, marker: Id) -> Result<i64, Problem> {
    let source = attempt::table.inner_join(subject::table.inner_join(examination::table));
    Ok(script_mark::table
        .inner_join(script::table.inner_join(source))
        .filter(script_mark::marker_id.eq(marker))
        .filter(examination::stage.eq(Phase::Marking))
        .count()
        .get_result(db)?)
}

/// How many scripts of a subject are in each state.
pub(super) fn states(db: &mut AnyConn, subject: Id) -> Result<BTreeMap<ScriptState, i64>, Problem> {
    let rows: Vec<(ScriptState, i64)> = script::table
        .inner_join(attempt::table)
        .filter(attempt::subject_id.eq(subject))
        .group_by(script::state)
        .select((script::state, count_star()))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// What every objective item of a subject earned, by attempt.
pub(super) fn objective_marks(db: &mut AnyConn, subject: Id) -> Result<Vec<(Id, Score)>, Problem> {
    Ok(objective_mark::table
        .inner_join(attempt::table)
        .filter(attempt::subject_id.eq(subject))
        .select((objective_mark::attempt_id, objective_mark::awarded))
        .load(db)?)
}

/// How the answers at these positions of an attempt compare with the key.
pub(super) fn outcomes(
    db: &mut AnyConn,
    attempt: Id,
    positions: &[i32],
) -> Result<Vec<(i32, Outcome)>, Problem> {
    Ok(objective_mark::table
        .filter(objective_mark::attempt_id.eq(attempt))
        .filter(objective_mark::position.eq_any(positions.to_vec()))
        .order(objective_mark::position)
        .select((objective_mark::position, objective_mark::outcome))
        .load(db)?)
}

/// A subject whose papers held items on trial.
#[derive(Debug, Clone, Queryable)]
pub struct TriedSubject {
    /// The subject.
    pub id: Id,
    /// Its bank.
    pub bank: String,
    /// The subject in Chinese.
    pub title_zh: String,
    /// The subject in English.
    pub title_en: String,
    /// The examination in Chinese.
    pub examination_zh: String,
    /// The examination in English.
    pub examination_en: String,
}

/// The subjects with items on trial of which the written results are published, the latest first.
pub(super) fn tried_subjects(db: &mut AnyConn) -> Result<Vec<TriedSubject>, Problem> {
    Ok(subject::table
        .inner_join(examination::table)
        .filter(examination::stage.eq_any([Phase::WrittenPublished, Phase::Published]))
        .filter(subject::blueprint.like("%\"trial\":%"))
        .order((subject::closes_at.desc(), subject::id))
        .select((
            subject::id,
            subject::bank,
            subject::title_zh,
            subject::title_en,
            examination::title_zh,
            examination::title_en,
        ))
        .load(db)?)
}

/// The final marks of a subject's scripts, by attempt; none where one is still out.
pub(super) fn final_marks(
    db: &mut AnyConn,
    subject: Id,
) -> Result<Vec<(Id, Option<Score>)>, Problem> {
    Ok(script::table
        .inner_join(attempt::table)
        .filter(attempt::subject_id.eq(subject))
        .select((script::attempt_id, script::final_mark))
        .load(db)?)
}

/// Examination and ticket number of an application; no ticket, no row.
pub(super) fn ticket(db: &mut AnyConn, application: Id) -> Result<(Id, String), Problem> {
    let (examination, ticket): (Id, Option<String>) = application::table
        .find(application)
        .select((application::examination_id, application::ticket_no))
        .first(db)?;
    Ok((examination, ticket.ok_or_else(Problem::not_found)?))
}

/// Nobody else enters anything for this candidate while this act lasts: a mark and an absence
/// entered at the same moment would both stand.
pub(super) fn hold_sheet(tx: &mut Tx<'_>, application: Id) -> Result<(), Problem> {
    let row = application::table.find(application).select(application::id);
    let held: QueryResult<Id> = first_held!(tx, row, for_no_key_update);
    held?;
    Ok(())
}

/// The outcomes of the written ranking that let a candidate go on, as `ranking` stores them.
const GOES_ON: [&str; 2] = ["entered", "entered_by_tie"];

/// Who goes on after the written examination; none if the written ranking has no rows.
pub(super) fn goes_on(db: &mut AnyConn, examination: Id) -> Result<Option<BTreeSet<Id>>, Problem> {
    let rows: Vec<(Id, String)> = ranking::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .filter(ranking::phase.eq("written"))
        .select((ranking::application_id, ranking::outcome))
        .load(db)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let on = rows
        .into_iter()
        .filter(|(_, outcome)| GOES_ON.contains(&outcome.as_str()));
    Ok(Some(on.map(|(application, _)| application).collect()))
}

/// What was entered for one candidate and component.
pub(super) fn panel(db: &mut AnyConn, application: Id, component: &str) -> Result<Panel, Problem> {
    let rows: Vec<(i32, Score)> = panel_mark::table
        .filter(panel_mark::application_id.eq(application))
        .filter(panel_mark::component.eq(component))
        .select((panel_mark::examiner, panel_mark::mark))
        .load(db)?;
    Ok(Panel(rows.into_iter().collect()))
}

/// Everything entered in an examination, by application and component.
pub(super) fn panels(
    db: &mut AnyConn,
    examination: Id,
) -> Result<BTreeMap<(Id, String), Panel>, Problem> {
    let rows: Vec<(Id, String, i32, Score)> = panel_mark::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .select((
            panel_mark::application_id,
            panel_mark::component,
            panel_mark::examiner,
            panel_mark::mark,
        ))
        .load(db)?;
    let mut panels: BTreeMap<(Id, String), Panel> = BTreeMap::new();
    for (application, component, examiner, mark) in rows {
        let panel = panels.entry((application, component)).or_default();
        panel.0.insert(examiner, mark);
    }
    Ok(panels)
}

/// Somebody else entered the same thing at the same moment.
fn entered_meanwhile() -> Problem {
    Problem::conflict("entered-meanwhile")
}

pub(super) fn insert_panel(tx: &mut Tx<'_>, row: &PanelRow<'_>) -> Result<(), Problem> {
    diesel::insert_into(panel_mark::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(entered_meanwhile()))?;
    Ok(())
}

/// Replaces a mark that was `old` when it was looked at.
pub(super) fn replace_panel(
    tx: &mut Tx<'_>,
    row: &PanelRow<'_>,
    old: Score,
) -> Result<(), Problem> {
    let seen = panel_mark::table
        .find((row.application_id, row.component, row.examiner))
        .filter(panel_mark::mark.eq(old));
    let changed = diesel::update(seen)
        .set((
            panel_mark::mark.eq(row.mark),
            panel_mark::entered_by.eq(row.entered_by),
            panel_mark::entered_at.eq(row.entered_at),
        ))
        .execute(tx.db)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(entered_meanwhile())
    }
}

pub(super) fn delete_panel(
    tx: &mut Tx<'_>,
    application: Id,
    component: &str,
    examiner: i32,
) -> Result<(), Problem> {
    diesel::delete(panel_mark::table.find((application, component, examiner))).execute(tx.db)?;
    Ok(())
}

/// A post as tables name it.
#[derive(Queryable)]
pub(super) struct PostRow {
    pub id: Id,
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
}

pub(super) fn posts(db: &mut AnyConn, examination: Id) -> Result<Vec<PostRow>, Problem> {
    Ok(post::table
        .filter(post::examination_id.eq(examination))
        .order(post::code)
        .select((post::id, post::code, post::title_zh, post::title_en))
        .load(db)?)
}
