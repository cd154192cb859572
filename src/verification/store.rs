//! Queries of verification: the tables as they are, without the rooms that wrote them.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::ceremony::Purpose;
use crate::kernel::{Id, Instant, Problem, Score};
use crate::store::AnyConn;
use crate::store::schema::{
    application, attempt, component_mark, draw, draw_custodian, draw_member, examination,
    item_version, objection, objective_mark, panel_mark, paper, ranking, recalled_paper, script,
    script_mark, subject,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = examination)]
pub(super) struct ExaminationRow {
    pub id: Id,
    pub code: String,
    pub profile: String,
}

/// Every examination, by code.
pub(super) fn examinations(db: &mut AnyConn) -> Result<Vec<ExaminationRow>, Problem> {
    Ok(examination::table
        .order(examination::code)
        .select(ExaminationRow::as_select())
        .load(db)?)
}

pub(super) fn examination(db: &mut AnyConn, id: Id) -> Result<ExaminationRow, Problem> {
    let row = examination::table.find(id);
    Ok(row.select(ExaminationRow::as_select()).first(db)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = subject)]
pub(super) struct SubjectRow {
    pub id: Id,
    pub component: String,
    pub blueprint: String,
    pub seed_sealed: Option<Vec<u8>>,
    pub pool: Option<String>,
    pub papers_root: Option<Vec<u8>>,
}

pub(super) fn subjects(db: &mut AnyConn, examination: Id) -> Result<Vec<SubjectRow>, Problem> {
    Ok(subject::table
        .filter(subject::examination_id.eq(examination))
        .order((subject::opens_at, subject::component))
        .select(SubjectRow::as_select())
        .load(db)?)
}

/// A stored text that is sealed, and the hash it is said to have.
pub(super) struct Hashed {
    pub sealed: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The papers of a subject, by application.
pub(super) fn papers(db: &mut AnyConn, subject: Id) -> Result<BTreeMap<Id, Hashed>, Problem> {
    let rows: Vec<(Id, Vec<u8>, Vec<u8>)> = paper::table
        .filter(paper::subject_id.eq(subject))
        .select((paper::application_id, paper::content_sealed, paper::hash))
        .load(db)?;
    let row = |(application, sealed, hash)| (application, Hashed { sealed, hash });
    Ok(rows.into_iter().map(row).collect())
}

/// Blueprint and pool of the recalled papers of a subject.
pub(super) fn recalled(
    db: &mut AnyConn,
    draw: Id,
    subject: Id,
) -> Result<Option<(String, String)>, Problem> {
    let row = recalled_paper::table.find((draw, subject));
    Ok(row
        .select((recalled_paper::blueprint, recalled_paper::pool))
        .first(db)
        .optional()?)
}

/// One version of an item.
pub(super) fn content(db: &mut AnyConn, item: Id, version: i32) -> Result<Option<Hashed>, Problem> {
    let row: Option<(Vec<u8>, Vec<u8>)> = item_version::table
        .find((item, version))
        .select((item_version::content_sealed, item_version::content_hash))
        .first(db)
        .optional()?;
    Ok(row.map(|(sealed, hash)| Hashed { sealed, hash }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempt)]
pub(super) struct AttemptRow {
    pub id: Id,
    pub application_id: Id,
    pub state: String,
    pub digest: Option<Vec<u8>>,
}

/// The attempts at a subject, by id.
pub(super) fn attempts(db: &mut AnyConn, subject: Id) -> Result<Vec<AttemptRow>, Problem> {
    Ok(attempt::table
        .filter(attempt::subject_id.eq(subject))
        .order(attempt::id)
        .select(AttemptRow::as_select())
        .load(db)?)
}

/// How many applications there are, by state.
pub(super) fn applications(
    db: &mut AnyConn,
    examination: Id,
) -> Result<BTreeMap<String, i64>, Problem> {
    let rows: Vec<(String, i64)> = application::table
        .filter(application::examination_id.eq(examination))
        .group_by(application::state)
        .select((application::state, diesel::dsl::count_star()))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// What is stored of an objective item: its mark and its outcome.
pub(super) type ObjectiveMark = (Score, String);

/// The objective marks of an attempt, by position.
pub(super) fn objective_marks(
    db: &mut AnyConn,
    attempt: Id,
) -> Result<BTreeMap<i32, ObjectiveMark>, Problem> {
    let rows: Vec<(i32, Score, String)> = objective_mark::table
        .filter(objective_mark::attempt_id.eq(attempt))
        .select((
            objective_mark::position,
            objective_mark::awarded,
            objective_mark::outcome,
        ))
        .load(db)?;
    let row = |(position, awarded, outcome)| (position, (awarded, outcome));
    Ok(rows.into_iter().map(row).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = script)]
pub(super) struct ScriptRow {
    pub id: Id,
    pub position: i32,
    pub blind_code: String,
    pub max: Score,
    pub state: String,
    pub final_mark: Option<Score>,
    pub resolved_by: Option<String>,
}

/// The scripts of an attempt, by position.
pub(super) fn scripts(db: &mut AnyConn, attempt: Id) -> Result<Vec<ScriptRow>, Problem> {
    Ok(script::table
        .filter(script::attempt_id.eq(attempt))
        .order(script::position)
        .select(ScriptRow::as_select())
        .load(db)?)
}

/// The marks of a script, by ordinal: who gave them, and what.
pub(super) fn script_marks(
    db: &mut AnyConn,
    script: Id,
) -> Result<BTreeMap<i32, (Id, Score)>, Problem> {
    let rows: Vec<(i32, Id, Score)> = script_mark::table
        .filter(script_mark::script_id.eq(script))
        .select((
            script_mark::ordinal,
            script_mark::marker_id,
            script_mark::mark,
        ))
        .load(db)?;
    let row = |(ordinal, marker, mark)| (ordinal, (marker, mark));
    Ok(rows.into_iter().map(row).collect())
}

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = draw)]
pub(super) struct DrawRow {
    pub id: Id,
    pub code: String,
    pub purpose: Purpose,
    pub number: i32,
    pub state: String,
    pub beacon: String,
    pub beacon_at: Instant,
    pub member_key_sealed: Vec<u8>,
    pub params: String,
    pub pool_root: Option<Vec<u8>>,
    pub pool_count: i32,
    pub committed_by: Option<Id>,
    pub contributions: String,
    pub beacon_value: Option<String>,
    pub result_hash: Option<Vec<u8>>,
}

/// The draws of an examination, by purpose and number.
pub(super) fn draws(db: &mut AnyConn, examination: Id) -> Result<Vec<DrawRow>, Problem> {
    Ok(draw::table
        .filter(draw::examination_id.eq(examination))
        .order((draw::purpose, draw::number))
        .select(DrawRow::as_select())
        .load(db)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = draw_custodian)]
pub(super) struct CustodianRow {
    pub commitment: Option<Vec<u8>>,
    pub secret_sealed: Option<Vec<u8>>,
}

/// The custodians of a draw, by number.
pub(super) fn custodians(db: &mut AnyConn, draw: Id) -> Result<Vec<CustodianRow>, Problem> {
    Ok(draw_custodian::table
        .filter(draw_custodian::draw_id.eq(draw))
        .order(draw_custodian::number)
        .select(CustodianRow::as_select())
        .load(db)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = draw_member)]
pub(super) struct MemberRow {
    pub id: Id,
    pub stratum: String,
    pub commitment: Vec<u8>,
    pub content_sealed: Vec<u8>,
    pub state: String,
    pub place: Option<i32>,
}

/// The members of a drawn list.
pub(super) fn draw_members(db: &mut AnyConn, draw: Id) -> Result<Vec<MemberRow>, Problem> {
    Ok(draw_member::table
        .filter(draw_member::draw_id.eq(draw))
        .select(MemberRow::as_select())
        .load(db)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = objection)]
pub(super) struct ObjectionRow {
    pub id: Id,
    pub application_id: Id,
    pub number: i32,
    pub text_sealed: Vec<u8>,
    pub state: String,
}

/// The objections of an examination, by number.
pub(super) fn objections(db: &mut AnyConn, examination: Id) -> Result<Vec<ObjectionRow>, Problem> {
    Ok(objection::table
        .filter(objection::examination_id.eq(examination))
        .order(objection::number)
        .select(ObjectionRow::as_select())
        .load(db)?)
}

/// An application, a component, and the number of a seat on its panel.
pub(super) type PanelKey = (Id, String, i32);

/// Everything that was entered of panels, assessments and votes.
pub(super) fn panels(
    db: &mut AnyConn,
    examination: Id,
) -> Result<BTreeMap<PanelKey, Score>, Problem> {
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
    let row = |(application, component, seat, mark)| ((application, component, seat), mark);
    Ok(rows.into_iter().map(row).collect())
}

/// What was decided of a component: its state, and its mark if there is one.
pub(super) type ComponentRow = (String, Option<Score>);

/// The decided components of an examination, by application and component.
pub(super) fn component_marks(
    db: &mut AnyConn,
    examination: Id,
) -> Result<BTreeMap<(Id, String), ComponentRow>, Problem> {
    let rows: Vec<(Id, String, String, Option<Score>)> = component_mark::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .select((
            component_mark::application_id,
            component_mark::component,
            component_mark::state,
            component_mark::mark,
        ))
        .load(db)?;
    let row = |(application, component, state, mark)| ((application, component), (state, mark));
    Ok(rows.into_iter().map(row).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = ranking)]
pub(super) struct RankingRow {
    pub application_id: Id,
    pub phase: String,
    pub post_id: Id,
    pub total: Option<Score>,
    pub rank: Option<i32>,
    pub outcome: String,
}

/// Both lists of an examination.
pub(super) fn rankings(db: &mut AnyConn, examination: Id) -> Result<Vec<RankingRow>, Problem> {
    Ok(ranking::table
        .inner_join(application::table)
        .filter(application::examination_id.eq(examination))
        .select(RankingRow::as_select())
        .load(db)?)
}
