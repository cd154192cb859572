//! One examination with what its checks have in common.

use std::collections::BTreeMap;

use super::decisions::{Decisions, PapersLocked};
use super::rules::{At as _, Difference};
use super::store::{self, ExaminationRow, SubjectRow};
use crate::assembly::Pool;
use crate::establishment::service::{PostView, posts};
use crate::kernel::{Id, Problem};
use crate::registration::records::{Ticketed, ticketed};
use crate::regulation::Phase;
use crate::regulation::service::{Examination, load};
use crate::store::View;

/// One examination, its decisions, and who and what takes part.
pub(super) struct Case {
    pub examination: Examination,
    pub decisions: Decisions,
    /// Everybody with a ticket, by ticket number.
    pub tickets: Vec<Ticketed>,
    pub subjects: Vec<SubjectRow>,
    pub posts: Vec<PostView>,
    by_application: BTreeMap<Id, String>,
    by_ticket: BTreeMap<String, Id>,
}

impl Case {
    pub(super) fn read(
        view: &mut View<'_>,
        row: &ExaminationRow,
        decisions: Decisions,
    ) -> Result<Self, Problem> {
        let tickets = ticketed(view, row.id)?;
        let pairs = || tickets.iter().map(|t| (t.application, t.ticket_no.clone()));
        Ok(Self {
            examination: load(view, row.id)?,
            decisions,
            subjects: store::subjects(view.db, row.id)?,
            posts: posts(view, row.id)?,
            by_application: pairs().collect(),
            by_ticket: pairs().map(|(id, ticket)| (ticket, id)).collect(),
            tickets,
        })
    }

    /// The posts that were not cancelled.
    pub(super) fn standing_posts(&self) -> impl Iterator<Item = &PostView> {
        self.posts.iter().filter(|post| !post.is_cancelled())
    }

    /// How far the examination has come: by what is stored or by its decisions, whichever is
    /// further, so that nobody hides a stage by turning the examination back.
    pub(super) fn reached(&self) -> Phase {
        self.examination.phase.max(self.decisions.phase())
    }

    /// The name of the examination in a message.
    pub(super) fn place(&self) -> String {
        format!("examination {}", self.examination.code)
    }

    /// The name of a subject in a message.
    pub(super) fn subject_place(&self, subject: &SubjectRow) -> String {
        format!("{}, subject {}", self.place(), subject.component)
    }

    /// The name of a candidate's part in a subject.
    pub(super) fn sitting_place(&self, subject: &SubjectRow, application: Id) -> String {
        let ticket = self.ticket(application);
        format!("{}, ticket {ticket}", self.subject_place(subject))
    }

    /// The name of a candidate's component.
    pub(super) fn component_place(&self, application: Id, component: &str) -> String {
        let ticket = self.ticket(application);
        format!("{}, ticket {ticket}, component {component}", self.place())
    }

    /// The ticket number of an application.
    pub(super) fn ticket(&self, application: Id) -> &str {
        let ticket = self.by_application.get(&application);
        ticket.map_or("(none)", String::as_str)
    }

    /// The application with this ticket number.
    pub(super) fn application(&self, ticket: &str) -> Result<Id, Difference> {
        let found = self.by_ticket.get(ticket).copied();
        found.ok_or_else(|| {
            let what = format!("the log names ticket {ticket}, which nobody has");
            Difference::new(self.place(), what)
        })
    }

    /// The lock of the papers of a subject that stand: the last, if others were recalled.
    pub(super) fn lock(&self, subject: &SubjectRow) -> Result<PapersLocked, Difference> {
        let locks: Vec<PapersLocked> = self.decisions.inputs("papers.locked")?;
        let mut locks = locks.into_iter().rev();
        let lock = locks.find(|lock| lock.subject == subject.id);
        lock.ok_or_else(|| {
            let place = self.subject_place(subject);
            Difference::new(place, "the log has no decision `papers.locked`")
        })
    }

    /// The pool that was frozen for a subject.
    pub(super) fn pool(&self, subject: &SubjectRow) -> Result<Pool, Difference> {
        let text = subject.pool.as_deref().unwrap_or_default();
        serde_json::from_str(text).at(format!("{}: pool", self.subject_place(subject)))
    }
}
