//! An examination that has been sat, for the stories of results.

use diesel::prelude::*;

use super::service;
use crate::access::{Actor, Role};
use crate::kernel::resident_id::ResidentId;
use crate::kernel::{Clock, Id, Instant, Problem, Score};
use crate::registration::records::Facts;
use crate::regulation::service::{
    NewExamination, Sitting, advance, announce, load, open, schedule,
};
use crate::regulation::{Phase, Track};
use crate::store::schema as tables;
use crate::store::{Store, Tx};

const DAY: i64 = 86_400;

/// An examination of the civil service in `Marking`, with one post, for stories of results.
pub(crate) struct Sat {
    pub(crate) store: Store,
    pub(crate) examination: Id,
    pub(crate) post: Id,
    pub(crate) hr: Actor,
    subjects: [Id; 2],
}

/// One candidate of such an examination.
#[derive(Clone, Copy)]
pub(crate) struct Sitter {
    pub(crate) account: Id,
    pub(crate) application: Id,
}

pub(crate) fn actor(role: Role) -> Actor {
    let id = Id::new(Instant::from_micros(0));
    Actor {
        account: id,
        session: id,
        roles: vec![role],
    }
}

/// Wednesday, 2026-07-01, 10:00 in Chengdu.
pub(crate) fn summer() -> Instant {
    Instant::from_micros(1_782_871_200_000_000)
}

impl Sat {
    pub(crate) fn new(quota: i32) -> Self {
        Self::at(summer(), quota)
    }

    pub(crate) fn at(now: Instant, quota: i32) -> Self {
        let hr = actor(Role::Hr);
        let store = Store::scratch(Clock::manual(now));
        let act = move |tx: &mut Tx<'_>| examination(tx, quota);
        store.clock().set(now.plus_seconds(-60 * DAY));
        let (examination, post, subjects) = store.write_blocking(act).unwrap();
        store.clock().set(now);
        Self {
            store,
            examination,
            post,
            hr,
            subjects,
        }
    }

    /// A candidate with marks in 行测 and 申论; none for an absence.
    pub(crate) fn sitter(&self, ticket: &str, written: [Option<&str>; 2]) -> Sitter {
        let (examination, post) = (self.examination, self.post);
        let marks = written.map(|mark| mark.map(|mark| mark.parse().unwrap()));
        let (ticket, subjects) = (ticket.to_owned(), self.subjects);
        self.store
            .write_blocking(move |tx| {
                let sitter = applicant(tx, examination, post, &ticket)?;
                for (subject, mark) in subjects.into_iter().zip(marks) {
                    if let Some(mark) = mark {
                        attempt(tx, subject, sitter, mark)?;
                    }
                }
                Ok(sitter)
            })
            .unwrap()
    }

    pub(crate) fn panel(&self, sitter: Sitter, marks: &[&str]) {
        let marks: Vec<Score> = marks.iter().map(|mark| mark.parse().unwrap()).collect();
        self.store
            .write_blocking(move |tx| {
                for (examiner, mark) in (1_i32..).zip(marks) {
                    diesel::insert_into(tables::panel_mark::table)
                        .values((
                            tables::panel_mark::application_id.eq(sitter.application),
                            tables::panel_mark::component.eq("interview"),
                            tables::panel_mark::examiner.eq(examiner),
                            tables::panel_mark::mark.eq(mark),
                            tables::panel_mark::entered_by.eq(sitter.account),
                            tables::panel_mark::entered_at.eq(summer()),
                        ))
                        .execute(tx.db)?;
                }
                Ok(())
            })
            .unwrap();
    }

    pub(crate) fn publish_written(&self) -> Result<(), Problem> {
        let (hr, id) = (self.hr.clone(), self.examination);
        self.store
            .write_blocking(move |tx| service::publish_written(tx, &hr, id))
    }

    pub(crate) fn publish_final(&self) -> Result<(), Problem> {
        let (hr, id) = (self.hr.clone(), self.examination);
        self.store
            .write_blocking(move |tx| service::publish_final(tx, &hr, id))
    }

    pub(crate) fn record_absent(
        &self,
        sitter: Sitter,
        component: &'static str,
    ) -> Result<(), Problem> {
        let hr = self.hr.clone();
        self.store.write_blocking(move |tx| {
            let of = sitter.application;
            crate::marking::service::enter_absence(tx, &hr, of, component, "did not come")
        })
    }
}

/// Announces an examination with one post and moves it on to marking.
fn examination(tx: &mut Tx<'_>, quota: i32) -> Result<(Id, Id, [Id; 2]), Problem> {
    let (now, organiser) = (tx.now, actor(Role::Organiser));
    let new = NewExamination {
        code: "2026-gwy".to_owned(),
        year: 2026,
        track: Track::CivilService,
        title_zh: "2026年公开考试录用公务员".to_owned(),
        title_en: "Civil service 2026".to_owned(),
        registration_opens: now,
        registration_closes: now.plus_seconds(10 * DAY),
    };
    let id = open(tx, &organiser, &new)?;
    let mut sat = |component: &str| {
        let sitting = Sitting {
            component: component.to_owned(),
            opens_at: now.plus_seconds(20 * DAY),
            closes_at: now.plus_seconds(21 * DAY),
        };
        schedule(tx, &organiser, id, &sitting)
    };
    let subjects = [sat("xingce")?, sat("shenlun")?];
    let post = post(tx, id, quota)?;
    announce(tx, &organiser, id, 1)?;
    for phase in [Phase::Ticketed, Phase::Locked, Phase::Marking] {
        let examination = load(tx, id)?;
        advance(tx, &examination, phase)?;
    }
    Ok((id, post, subjects))
}

fn post(tx: &mut Tx<'_>, of: Id, places: i32) -> Result<Id, Problem> {
    use tables::{organisation, post};
    let (now, employer, new) = (tx.now, Id::new(tx.now), Id::new(tx.now));
    diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(employer),
            organisation::code.eq("RSJ"),
            organisation::name_zh.eq("人力资源和社会保障局"),
            organisation::name_en.eq("Human Resources Bureau"),
            organisation::created_at.eq(now),
        ))
        .execute(tx.db)?;
    diesel::insert_into(post::table)
        .values((
            post::id.eq(new),
            post::examination_id.eq(of),
            post::organisation_id.eq(employer),
            post::code.eq("001"),
            post::title_zh.eq("综合管理"),
            post::title_en.eq("Administration"),
            post::headcount_kind.eq("administrative"),
            post::quota.eq(places),
            post::requirements.eq("{}"),
            post::state.eq("open"),
            post::created_at.eq(now),
        ))
        .execute(tx.db)?;
    Ok(new)
}

/// A person who applied, passed the review and has a ticket. Named after the ticket.
fn applicant(tx: &mut Tx<'_>, of: Id, wanted: Id, ticket: &str) -> Result<Sitter, Problem> {
    use tables::{account, application, candidate};
    let now = tx.now;
    let (person, new) = (Id::new(now), Id::new(now));
    let facts = tx
        .vault
        .seal(serde_json::to_vec(&Facts::default()).unwrap())?;
    let resident = ResidentId::complete("51010119900101001").unwrap();
    diesel::insert_into(account::table)
        .values((
            account::id.eq(person),
            account::login_index.eq(ticket.as_bytes()),
            account::login_sealed.eq(tx.vault.seal(format!("{ticket}@example.org"))?),
            account::name_sealed.eq(tx.vault.seal(format!("张三{ticket}"))?),
            account::password_hash.eq(""),
            account::state.eq("active"),
            account::must_change_password.eq(false),
            account::created_at.eq(now),
        ))
        .execute(tx.db)?;
    diesel::insert_into(candidate::table)
        .values((
            candidate::account_id.eq(person),
            candidate::resident_index.eq(ticket.as_bytes()),
            candidate::resident_sealed.eq(tx.vault.seal(resident.reveal())?),
            candidate::facts_sealed.eq(&facts),
            candidate::updated_at.eq(now),
        ))
        .execute(tx.db)?;
    diesel::insert_into(application::table)
        .values((
            application::id.eq(new),
            application::examination_id.eq(of),
            application::post_id.eq(wanted),
            application::account_id.eq(person),
            application::state.eq("approved"),
            application::facts_sealed.eq(&facts),
            application::screening_sealed.eq(tx.vault.seal("[]")?),
            application::submitted_at.eq(now),
            application::ticket_no.eq(ticket),
            application::room.eq("01"),
            application::seat.eq(1),
        ))
        .execute(tx.db)?;
    Ok(Sitter {
        account: person,
        application: new,
    })
}

/// A closed attempt whose items earned `mark`.
fn attempt(tx: &mut Tx<'_>, of: Id, sitter: Sitter, mark: Score) -> Result<(), Problem> {
    use tables::{attempt, objective_mark, paper};
    let (now, drawn, new) = (tx.now, Id::new(tx.now), Id::new(tx.now));
    diesel::insert_into(paper::table)
        .values((
            paper::id.eq(drawn),
            paper::subject_id.eq(of),
            paper::application_id.eq(sitter.application),
            paper::content_sealed.eq(tx.vault.seal("{}")?),
            paper::hash.eq(vec![0; 32]),
            paper::created_at.eq(now),
        ))
        .execute(tx.db)?;
    diesel::insert_into(attempt::table)
        .values((
            attempt::id.eq(new),
            attempt::subject_id.eq(of),
            attempt::application_id.eq(sitter.application),
            attempt::account_id.eq(sitter.account),
            attempt::paper_id.eq(drawn),
            attempt::state.eq("closed"),
            attempt::started_at.eq(now),
            attempt::closes_at.eq(now),
        ))
        .execute(tx.db)?;
    diesel::insert_into(objective_mark::table)
        .values((
            objective_mark::attempt_id.eq(new),
            objective_mark::position.eq(1),
            objective_mark::awarded.eq(mark),
            objective_mark::outcome.eq("right"),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// A script of the candidate that nobody has marked yet.
pub(crate) fn leave_a_script(tx: &mut Tx<'_>, sitter: Sitter) -> Result<(), Problem> {
    use tables::{attempt, script};
    let of: Id = attempt::table
        .filter(attempt::application_id.eq(sitter.application))
        .select(attempt::id)
        .first(tx.db)?;
    diesel::insert_into(script::table)
        .values((
            script::id.eq(Id::new(tx.now)),
            script::attempt_id.eq(of),
            script::position.eq(9),
            script::blind_code.eq("B1"),
            script::max.eq(Score::whole(20)),
            script::state.eq("waiting"),
        ))
        .execute(tx.db)?;
    Ok(())
}
