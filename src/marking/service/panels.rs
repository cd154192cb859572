//! Entering what panels, assessors and voters gave, once the written results are published.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{candidates, goes_on};
use crate::access::{Acting, Actor, Role};
use crate::kernel::{Id, Problem, Score};
use crate::ledger;
use crate::marking::panel::{BallotCount, Panel, Seat, mark_fault, seats};
use crate::marking::store::{self, PanelRow};
use crate::registration::records::Ticketed;
use crate::regulation::service::{Examination, hold, load};
use crate::regulation::{Component, ComponentKind, Phase};
use crate::store::{Tx, View};

/// Who enters what others gave on paper.
const CLERKS: &[Role] = &[Role::Hr, Role::Organiser];

/// What was entered so far for one candidate and component, and by which rules more may be.
struct Sheet {
    examination: Examination,
    component: Component,
    application: Id,
    ticket_no: String,
    panel: Panel,
    acting: Acting,
}

/// Enters the mark of one examiner; see [`enter_panel_marks`].
pub fn enter_panel_mark(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    component: &str,
    examiner: u8,
    mark: Score,
    reason: Option<&str>,
) -> Result<(), Problem> {
    let marks = BTreeMap::from([(examiner, mark)]);
    enter_panel_marks(tx, actor, application, component, &marks, reason)
}

/// Enters marks of an interview or an assessment, by examiner. A mark entered before may be
/// corrected for a reason; the same mark again changes nothing.
pub fn enter_panel_marks(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    component: &str,
    marks: &BTreeMap<u8, Score>,
    reason: Option<&str>,
) -> Result<(), Problem> {
    let acting = actor.acting_as(CLERKS)?;
    let sheet = Sheet::open(tx, acting, application, component)?;
    let seats = seats(&sheet.examination.profile, &sheet.component);
    if seats == 0 {
        return Err(Problem::field("component", "not-a-panel-component"));
    }
    let faults = marks
        .iter()
        .filter_map(|(examiner, mark)| mark_fault(&sheet.component, seats, *examiner, *mark));
    Problem::unless_valid(faults.collect())?;
    if sheet.panel.is_absent() && !marks.is_empty() {
        sheet.lift_absence(tx, reason)?;
    }
    for (examiner, mark) in marks {
        sheet.enter_mark(tx, *examiner, *mark, reason)?;
    }
    Ok(())
}

/// Enters that a candidate did not come to an interview, an assessment or a vote, and why that is
/// said of her: it takes her out of the ranking.
pub fn enter_absence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    component: &str,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(CLERKS)?;
    let sheet = Sheet::open(tx, acting, application, component)?;
    if sheet.component.kind == ComponentKind::Written {
        return Err(Problem::field("component", "not-a-panel-component"));
    }
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    if sheet.panel.is_absent() {
        return Ok(());
    }
    if sheet.panel != Panel::default() {
        return Err(Problem::conflict("panel-has-marks"));
    }
    store::insert_panel(tx, &sheet.row(tx, Seat::Absence, Score::ZERO))?;
    let inputs = json!({ "ticket_no": sheet.ticket_no, "component": sheet.component.code });
    let entry = sheet.examination.decision(acting, "panel.absent");
    let entry = entry.on(inputs).because(reason.trim());
    ledger::record(tx, &entry.outcome("absent"))?;
    Ok(())
}

/// Enters the count of a vote. A count entered before may be corrected for a reason; the same count
/// again changes nothing.
pub fn enter_ballot(
    tx: &mut Tx<'_>,
    actor: &Actor,
    application: Id,
    component: &str,
    count: BallotCount,
    reason: Option<&str>,
) -> Result<(), Problem> {
    let acting = actor.acting_as(CLERKS)?;
    let sheet = Sheet::open(tx, acting, application, component)?;
    if sheet.component.kind != ComponentKind::Vote {
        return Err(Problem::field("component", "not-a-vote"));
    }
    count.check()?;
    let before = sheet.panel.ballot();
    if before == Some(count) {
        return Ok(());
    }
    if sheet.panel.is_absent() {
        sheet.lift_absence(tx, reason)?;
    }
    let reason = before.map(|_| required(reason)).transpose()?;
    for (seat, votes) in count.rows() {
        sheet.put(tx, seat, votes)?;
    }
    let (ticket, code) = (&sheet.ticket_no, &sheet.component.code);
    let (kind, inputs) = match before {
        None => (
            "ballot.entered",
            json!({ "ticket_no": ticket, "component": code, "ballot": count }),
        ),
        Some(old) => (
            "ballot.corrected",
            json!({ "ticket_no": ticket, "component": code, "old": old, "new": count }),
        ),
    };
    let mut entry = sheet.examination.decision(acting, kind).on(inputs);
    if let Some(reason) = reason {
        entry = entry.because(reason);
    }
    ledger::record(
        tx,
        &entry.outcome(format!("{}/{}", count.yes, count.attending)),
    )?;
    Ok(())
}

/// The reason of a correction; there must be one.
fn required(reason: Option<&str>) -> Result<&str, Problem> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    reason.ok_or_else(|| Problem::field("reason", "reason-for-correction"))
}

impl Sheet {
    /// The sheet of a candidate who takes part in this component, while it is open.
    fn open(
        tx: &mut Tx<'_>,
        acting: Acting,
        application: Id,
        component: &str,
    ) -> Result<Self, Problem> {
        let (examination, ticket_no) = store::ticket(tx.db, application)?;
        let examination = hold(tx, examination)?;
        store::hold_sheet(tx, application)?;
        examination.phase.must_be(&[Phase::WrittenPublished])?;
        let component = examination
            .profile
            .component(component)
            .ok_or_else(|| Problem::field("component", "no-such-component"))?
            .clone();
        let on = store::goes_on(tx.db, examination.id)?;
        if !goes_on(&examination, on.as_ref(), application) {
            return Err(Problem::conflict("not-shortlisted"));
        }
        let panel = store::panel(tx.db, application, &component.code)?;
        Ok(Self {
            examination,
            component,
            application,
            ticket_no,
            panel,
            acting,
        })
    }

    fn row(&self, tx: &Tx<'_>, seat: Seat, mark: Score) -> PanelRow<'_> {
        PanelRow {
            application_id: self.application,
            component: &self.component.code,
            examiner: seat.number(),
            mark,
            entered_by: self.acting.account,
            entered_at: tx.now,
        }
    }

    /// Adds a row, or replaces the one that was there.
    fn put(&self, tx: &mut Tx<'_>, seat: Seat, mark: Score) -> Result<(), Problem> {
        let row = self.row(tx, seat, mark);
        match self.panel.0.get(&seat.number()) {
            None => store::insert_panel(tx, &row),
            Some(old) => store::replace_panel(tx, &row, *old),
        }
    }

    fn enter_mark(
        &self,
        tx: &mut Tx<'_>,
        examiner: u8,
        mark: Score,
        reason: Option<&str>,
    ) -> Result<(), Problem> {
        let before = self.panel.examiner(examiner);
        if before == Some(mark) {
            return Ok(());
        }
        let reason = before.map(|_| required(reason)).transpose()?;
        self.put(tx, Seat::Examiner(examiner), mark)?;
        let (ticket, code) = (&self.ticket_no, &self.component.code);
        let entry = match before {
            None => self
                .examination
                .decision(self.acting, "panel.marked")
                .on(json!({
                    "ticket_no": ticket, "component": code, "examiner": examiner, "mark": mark,
                })),
            Some(old) => self.corrects(json!({
                "ticket_no": ticket, "component": code, "examiner": examiner,
                "old": old, "new": mark,
            })),
        };
        let entry = reason.map_or(entry.clone(), |reason| entry.because(reason));
        ledger::record(tx, &entry.outcome(mark.to_string()))?;
        Ok(())
    }

    /// A candidate entered as absent came after all.
    fn lift_absence(&self, tx: &mut Tx<'_>, reason: Option<&str>) -> Result<(), Problem> {
        let reason = required(reason)?;
        let absence = Seat::Absence.number();
        store::delete_panel(tx, self.application, &self.component.code, absence)?;
        let entry = self.corrects(json!({
            "ticket_no": self.ticket_no, "component": self.component.code,
            "old": "absent", "new": "present",
        }));
        ledger::record(tx, &entry.outcome("present").because(reason))?;
        Ok(())
    }

    fn corrects(&self, inputs: serde_json::Value) -> ledger::Entry {
        let entry = self.examination.decision(self.acting, "panel.corrected");
        entry.on(inputs)
    }
}

/// A post and how far its panels are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PanelPost {
    /// The post.
    pub post: Id,
    /// Its code.
    pub code: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Sheets there are: one for each candidate and component.
    pub sheets: usize,
    /// Sheets that are complete.
    pub complete: usize,
}

/// The posts of an examination and how far their panels are, by code.
pub fn panel_posts(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
) -> Result<Vec<PanelPost>, Problem> {
    actor.acting_as(CLERKS)?;
    let examination = load(view, examination)?;
    let people = candidates(view, &examination)?;
    let panels = store::panels(view.db, examination.id)?;
    let sheet_count = entered(&examination).count();
    let posts = store::posts(view.db, examination.id)?;
    let post = |row: store::PostRow| {
        let mine: Vec<&Ticketed> = people.iter().filter(|one| one.post == row.id).collect();
        let complete = mine
            .iter()
            .map(|one| complete(&examination, &panels, one.application));
        PanelPost {
            post: row.id,
            code: row.code,
            title_zh: row.title_zh,
            title_en: row.title_en,
            sheets: mine.len() * sheet_count,
            complete: complete.sum(),
        }
    };
    Ok(posts.into_iter().map(post).collect())
}

/// The components that are entered here.
pub(super) fn entered(examination: &Examination) -> impl Iterator<Item = &Component> {
    let components = examination.profile.components.iter();
    components.filter(|component| component.kind != ComponentKind::Written)
}

/// How many of a candidate's sheets are complete.
pub(super) fn complete(
    examination: &Examination,
    panels: &BTreeMap<(Id, String), Panel>,
    application: Id,
) -> usize {
    let done = |component: &&Component| {
        let panel = panels.get(&(application, component.code.clone()));
        let seats = seats(&examination.profile, component);
        panel.is_some_and(|panel| panel.result(component.kind, seats).is_some())
    };
    entered(examination).filter(done).count()
}

/// What was entered for a candidate in one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelCandidate {
    /// The application.
    pub application: Id,
    /// Ticket number.
    pub ticket_no: String,
    /// Marks by examiner, from the first.
    pub marks: Vec<Option<Score>>,
    /// Entered as absent.
    pub absent: bool,
    /// The count of the vote.
    pub ballot: Option<BallotCount>,
}

impl PanelCandidate {
    /// Whether anything was entered, so that from now on changes are corrections.
    pub fn is_started(&self) -> bool {
        self.absent || self.ballot.is_some() || self.marks.iter().any(Option::is_some)
    }

    /// Whether everything was entered.
    pub fn is_complete(&self) -> bool {
        let marked = !self.marks.is_empty() && self.marks.iter().all(Option::is_some);
        self.absent || self.ballot.is_some() || marked
    }
}

/// One component of a post and its candidates, by ticket number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelComponent {
    /// The component.
    pub component: Component,
    /// Its candidates.
    pub candidates: Vec<PanelCandidate>,
}

/// Everything that is entered for one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelSheet {
    /// The post.
    pub post: PanelPost,
    /// Its components.
    pub components: Vec<PanelComponent>,
    /// Whether marks may be entered now.
    pub open: bool,
}

/// What was entered, and is still to be entered, for one post.
pub fn panel_sheet(
    view: &mut View<'_>,
    actor: &Actor,
    examination: Id,
    post: Id,
) -> Result<PanelSheet, Problem> {
    let posts = panel_posts(view, actor, examination)?;
    let post = posts.into_iter().find(|one| one.post == post);
    let post = post.ok_or_else(Problem::not_found)?;
    let examination = load(view, examination)?;
    let panels = store::panels(view.db, examination.id)?;
    let mut people = candidates(view, &examination)?;
    people.retain(|one| one.post == post.post);
    let components = entered(&examination).map(|component| PanelComponent {
        component: component.clone(),
        candidates: people
            .iter()
            .map(|one| panel_candidate(&examination, component, &panels, one))
            .collect(),
    });
    Ok(PanelSheet {
        components: components.collect(),
        open: examination.phase == Phase::WrittenPublished,
        post,
    })
}

fn panel_candidate(
    examination: &Examination,
    component: &Component,
    panels: &BTreeMap<(Id, String), Panel>,
    one: &Ticketed,
) -> PanelCandidate {
    let panel = panels.get(&(one.application, component.code.clone()));
    let panel = panel.cloned().unwrap_or_default();
    let seats = seats(&examination.profile, component);
    PanelCandidate {
        application: one.application,
        ticket_no: one.ticket_no.clone(),
        marks: (1..=seats).map(|number| panel.examiner(number)).collect(),
        absent: panel.is_absent(),
        ballot: panel.ballot(),
    }
}
