//! The staff's hub of one examination: where it stands, what to do next, and the ways to each room.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::{Actor, Role};
use crate::establishment::service;
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::{Id, Instant};
use crate::regulation::pages::{Step, steps};
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::regulation::{Component, ComponentKind, Phase};
use crate::store::Store;

/// A written component and its time, if one is set.
struct Sitting {
    component: Component,
    subject: Option<Subject>,
}

/// The next thing to do: a sentence of the catalogue, and where it is done.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    word: &'static str,
    /// After `/manage/examinations/{id}`.
    at: &'static str,
}

#[derive(Template)]
#[template(path = "establishment/templates/hub.html")]
struct HubPage {
    steps: Vec<Step>,
    next: Next,
    sittings: Vec<Sitting>,
    posts: usize,
    shipped: &'static str,
    /// Whether this visitor leads the examination; HR and supervisors look on.
    leads: bool,
    examination: Examination,
    page: Page,
}

impl HubPage {
    fn is_published(&self) -> bool {
        self.examination.phase == Phase::Published
    }

    fn is_draft(&self) -> bool {
        self.examination.phase == Phase::Draft
    }

    /// Whether this visitor may enter the room at `at`, so that nobody is led to a closed door.
    fn may(&self, at: &str) -> bool {
        let hr = self.page.is("hr");
        match at {
            "/results" => hr,
            "/posts" | "/applications" | "/marking" | "/objections" => hr || self.leads,
            _ => self.leads,
        }
    }
}

/// `/manage/examinations/{id}`
pub(super) async fn show(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    actor.acting_as(regulation::STAFF)?;
    let id = id.into_inner();
    let (examination, subjects, progress) = store
        .read(move |view| {
            let examination = regulation::load(view, id)?;
            let subjects = regulation::subjects(view, id)?;
            let progress = Progress {
                posts: service::posts(view, id)?.len(),
                objections: service::objections_waiting(view, id)?,
                now: view.now,
            };
            Ok((examination, subjects, progress))
        })
        .await?;
    let sittings = sittings(&examination, &subjects);
    html(&HubPage {
        steps: steps(examination.phase, true),
        next: next(&examination, &sittings, &progress),
        sittings,
        posts: progress.posts,
        shipped: regulation::shipped_text(examination.track),
        leads: actor.is(Role::Organiser),
        examination,
        page,
    })
}

fn sittings(examination: &Examination, subjects: &[Subject]) -> Vec<Sitting> {
    let written = examination.profile.components_of(ComponentKind::Written);
    let subject = |component: &Component| {
        let of = |subject: &&Subject| subject.component == component.code;
        subjects.iter().find(of).cloned()
    };
    written
        .map(|component| Sitting {
            subject: subject(component),
            component: component.clone(),
        })
        .collect()
}

/// How far things have come, beside the phase and the times of the sittings.
struct Progress {
    posts: usize,
    /// Objections that wait for an answer.
    objections: i64,
    now: Instant,
}

/// What has to be done next.
fn next(examination: &Examination, sittings: &[Sitting], progress: &Progress) -> Next {
    let now = progress.now;
    let unscheduled = sittings.iter().any(|sitting| sitting.subject.is_none());
    let closed = now >= examination.registration_closes;
    let ended = |sitting: &Sitting| sitting.subject.as_ref().is_none_or(|s| s.closes_at <= now);
    let (word, at) = match examination.phase {
        Phase::Draft if progress.posts == 0 => ("posts", "/posts"),
        Phase::Draft if unscheduled => ("sittings", "#sittings"),
        Phase::Draft => ("announce", "#announce"),
        Phase::Announced if closed => ("tickets", "/applications"),
        Phase::Announced => ("review", "/applications"),
        Phase::Ticketed => ("papers", "/papers"),
        Phase::Locked if sittings.iter().all(ended) => ("begin-marking", "/marking"),
        Phase::Locked => ("sit", "/papers"),
        Phase::Marking => ("mark", "/marking"),
        Phase::WrittenPublished => ("final", "/results"),
        Phase::Published if progress.objections > 0 => ("objections", "/objections"),
        Phase::Published if examination.publicity_over => ("export", "/results"),
        Phase::Published => ("publicity", "/results"),
    };
    Next { word, at }
}

#[derive(Deserialize)]
pub(super) struct Announcement {}

/// Publishes the announcement.
pub(super) async fn announce(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(Announcement {}): PageForm<Announcement>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::announce(tx, &actor, id))
        .await?;
    Ok(see_other(&format!(
        "/manage/examinations/{id}?done=announced"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regulation::{Profile, Track};

    const OPENS: Instant = Instant::from_micros(1_000_000_000_000);
    const CLOSES: Instant = OPENS.plus_seconds(1000);
    const SAT: Instant = OPENS.plus_seconds(2000);

    fn in_phase(phase: Phase) -> Examination {
        Examination {
            id: Id::new(OPENS),
            code: "2026".to_owned(),
            year: 2026,
            track: Track::Title,
            title_zh: "职称考试".to_owned(),
            title_en: String::new(),
            phase,
            profile: Profile::shipped(Track::Title).unwrap(),
            profile_hash: None,
            registration_opens: OPENS,
            registration_closes: CLOSES,
            publicity_ends: None,
            publicity_over: false,
            announced_at: None,
        }
    }

    fn next_at(phase: Phase, scheduled: bool, posts: usize, now: Instant) -> &'static str {
        let examination = in_phase(phase);
        let subject = Subject {
            id: examination.id,
            examination: examination.id,
            component: "exam".to_owned(),
            title_zh: String::new(),
            title_en: String::new(),
            opens_at: CLOSES,
            closes_at: SAT,
            locked_at: None,
            trial: Vec::new(),
        };
        let subjects = if scheduled { vec![subject] } else { Vec::new() };
        let progress = Progress {
            posts,
            objections: 0,
            now,
        };
        next(&examination, &sittings(&examination, &subjects), &progress).word
    }

    #[test]
    fn after_publication_objections_come_first_and_publicity_ends() {
        let next_at = |over, objections| {
            let mut examination = in_phase(Phase::Published);
            examination.publicity_over = over;
            let progress = Progress {
                posts: 1,
                objections,
                now: SAT,
            };
            next(&examination, &[], &progress)
        };
        assert_eq!(next_at(true, 1).at, "/objections");
        assert_eq!(next_at(false, 0).word, "publicity");
        assert_eq!(next_at(true, 0).word, "export");
    }

    #[test]
    fn a_draft_asks_for_posts_then_times_then_the_announcement() {
        assert_eq!(next_at(Phase::Draft, false, 0, OPENS), "posts");
        assert_eq!(next_at(Phase::Draft, false, 1, OPENS), "sittings");
        assert_eq!(next_at(Phase::Draft, true, 1, OPENS), "announce");
    }

    #[test]
    fn what_comes_next_follows_the_clock() {
        assert_eq!(next_at(Phase::Announced, true, 1, OPENS), "review");
        assert_eq!(next_at(Phase::Announced, true, 1, CLOSES), "tickets");
        assert_eq!(next_at(Phase::Locked, true, 1, CLOSES), "sit");
        assert_eq!(next_at(Phase::Locked, true, 1, SAT), "begin-marking");
    }
}
