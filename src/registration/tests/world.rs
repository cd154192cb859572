//! The world the stories happen in: an announced examination, its staff and its candidates.

use super::*;

pub(super) const DAY: i64 = 24 * 3600;

/// An announced examination with two posts, on 1 March 2026; registration is open to 10 March.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) start: Instant,
    pub(super) examination: Id,
    pub(super) posts: [Id; 2],
    pub(super) hr: Actor,
    pub(super) organiser: Actor,
    pub(super) supervisor: Actor,
}

pub(super) fn staff(role: Role, now: Instant) -> Actor {
    Actor {
        account: Id::new(now),
        session: Id::new(now),
        roles: vec![role],
    }
}

/// Somebody of the staff with an account.
pub(super) fn hired(store: &Store, role: Role, now: Instant) -> Actor {
    let new = NewAccount {
        email: format!("{}@example.org", role.as_str()),
        name: role.as_str().to_owned(),
        password_hash: String::new(),
        must_change_password: false,
    };
    let account =
        store.write_blocking(move |tx| access::service::open_account(tx, new, role, None));
    Actor {
        account: account.unwrap(),
        ..staff(role, now)
    }
}

pub(super) fn overrides(extra: &str) -> String {
    format!("[min_applicants]\nratio = 1\nbasis = \"approved\"\non_fail = [\"cancel\"]\n{extra}")
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(&overrides(""))
    }

    pub(super) fn with(overrides: &str) -> Self {
        let start: Instant = serde_json::from_str("\"2026-03-01T00:00:00Z\"").unwrap();
        let clock = Clock::manual(start);
        let store = Store::scratch(clock.clone());
        let [organiser, hr, supervisor] =
            [Role::Organiser, Role::Hr, Role::Supervisor].map(|role| hired(&store, role, start));
        let (by_hr, by_organiser, rules) = (hr.clone(), organiser.clone(), overrides.to_owned());
        let (examination, posts) = store
            .write_blocking(move |tx| announced(tx, &by_hr, &by_organiser, &rules))
            .unwrap();
        clock.set(start.plus_seconds(2 * DAY));
        Self {
            store,
            clock,
            start,
            examination,
            posts,
            hr,
            organiser,
            supervisor,
        }
    }

    pub(super) fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.store.write_blocking(act)
    }

    pub(super) fn on_day(&self, day: i64) {
        self.clock.set(self.start.plus_seconds(day * DAY));
    }

    /// A candidate who is ready to apply.
    pub(super) fn candidate(&self, number: u32) -> Actor {
        let actor = self.stranger(number);
        let me = actor.clone();
        self.act(move |tx| {
            service::put_facts(tx, &me, &good_facts())?;
            service::put_photo(tx, &me, &sample_png(300, 400, 9000), None)
        })
        .unwrap();
        actor
    }

    /// A candidate who has only signed up.
    pub(super) fn stranger(&self, number: u32) -> Actor {
        let now = self.clock.now();
        let resident = ResidentId::complete(&format!("11010519950101{number:03}")).unwrap();
        let new = NewAccount {
            email: format!("candidate-{number}@example.org"),
            name: "张三".to_owned(),
            password_hash: String::new(),
            must_change_password: false,
        };
        let account = self
            .act(move |tx| service::register(tx, new, &resident))
            .unwrap();
        Actor {
            account,
            ..staff(Role::Candidate, now)
        }
    }

    pub(super) fn apply(&self, actor: &Actor, post: usize) -> Result<Id, Problem> {
        let (actor, examination, post) = (actor.clone(), self.examination, self.posts[post]);
        self.act(move |tx| service::apply(tx, &actor, examination, post))
    }

    pub(super) fn withdraw(&self, actor: &Actor, application: Id) -> Result<(), Problem> {
        let actor = actor.clone();
        self.act(move |tx| service::withdraw(tx, &actor, application))
    }

    pub(super) fn change_post(
        &self,
        actor: &Actor,
        application: Id,
        post: usize,
    ) -> Result<(), Problem> {
        let (actor, post) = (actor.clone(), self.posts[post]);
        self.act(move |tx| service::change_post(tx, &actor, application, post))
    }

    pub(super) fn review(
        &self,
        application: Id,
        approve: bool,
        reason: &'static str,
    ) -> Result<(), Problem> {
        let verdict = self.verdict(application, approve, reason);
        self.decide(&self.hr, application, verdict)
    }

    /// What somebody says who has read the application as it is now.
    pub(super) fn verdict(&self, application: Id, approve: bool, reason: &str) -> Verdict {
        let read = |view: &mut View<'_>| service::review_view(view, &self.hr, application);
        Verdict {
            approve,
            reason: reason.to_owned(),
            seen: self.store.read_blocking(read).unwrap().seen,
        }
    }

    pub(super) fn decide(
        &self,
        actor: &Actor,
        application: Id,
        verdict: Verdict,
    ) -> Result<(), Problem> {
        let actor = actor.clone();
        self.act(move |tx| service::review(tx, &actor, application, &verdict))
    }

    pub(super) fn approved(&self, number: u32, post: usize) -> (Actor, Id) {
        let actor = self.candidate(number);
        let application = self.apply(&actor, post).unwrap();
        self.review(application, true, "").unwrap();
        (actor, application)
    }

    /// Issues the tickets; holds the draw of seats first, as soon as it is all that is missing.
    pub(super) fn issue(&self) -> Result<service::Issued, Problem> {
        let (organiser, examination) = (self.organiser.clone(), self.examination);
        let issue = move |tx: &mut Tx<'_>| service::issue_tickets(tx, &organiser, examination);
        match self.act(issue.clone()) {
            Err(problem) if problem.code == "draw-missing" => {
                self.draw_seats()?;
                self.act(issue)
            }
            other => other,
        }
    }

    pub(super) fn draw_seats(&self) -> Result<Id, Problem> {
        let custodians = [&self.organiser, &self.hr, &self.supervisor].map(Clone::clone);
        rehearsal::hold(
            &self.store,
            &custodians,
            self.examination,
            Purpose::Seats,
            service::fix_seats,
        )
    }

    pub(super) fn state(&self, actor: &Actor, application: Id) -> service::ApplicationView {
        self.store
            .read_blocking(|view| service::application(view, actor, application))
            .unwrap()
    }

    pub(super) fn last_decision(&self) -> ledger::Payload {
        let newest = self
            .store
            .read_blocking(|view| ledger::recent(view, 2026, None, None, 1));
        newest.unwrap().remove(0).payload
    }
}

/// Opens, schedules and announces an examination. The posts are put in by hand: how they come to
/// be is the story of another room.
pub(super) fn announced(
    tx: &mut Tx<'_>,
    hr: &Actor,
    organiser: &Actor,
    rules: &str,
) -> Result<(Id, [Id; 2]), Problem> {
    use crate::{establishment, regulation};
    let organisation = NewOrganisation {
        code: "RSJ".into(),
        name_zh: "人社局".into(),
        name_en: String::new(),
    };
    let organisation = establishment::service::add_organisation(tx, hr, &organisation)?;
    let new = NewExamination {
        code: "2026-gwy".into(),
        year: 2026,
        track: Track::CivilService,
        title_zh: "公务员考试".into(),
        title_en: "Civil service".into(),
        registration_opens: tx.now.plus_seconds(DAY),
        registration_closes: tx.now.plus_seconds(9 * DAY),
    };
    let id = regulation::service::open(tx, organiser, &new)?;
    regulation::service::override_profile(tx, organiser, id, rules, "for the story")?;
    for component in ["xingce", "shenlun"] {
        let sitting = Sitting {
            component: component.into(),
            opens_at: tx.now.plus_seconds(20 * DAY),
            closes_at: tx.now.plus_seconds(20 * DAY + 7200),
        };
        regulation::service::schedule(tx, organiser, id, &sitting)?;
    }
    let law = Requirements {
        education: Education::Bachelor,
        majors: vec!["法学".into()],
        ..Requirements::default()
    };
    let posts = [
        insert_post(tx, id, organisation, "A01", &law),
        insert_post(tx, id, organisation, "A02", &Requirements::default()),
    ];
    regulation::service::announce(tx, organiser, id, posts.len())?;
    Ok((id, posts))
}

pub(super) fn insert_post(
    tx: &mut Tx<'_>,
    examination: Id,
    organisation: Id,
    code: &str,
    asked: &Requirements,
) -> Id {
    let (id, now) = (Id::new(tx.now), tx.now);
    diesel::insert_into(post::table)
        .values((
            post::id.eq(id),
            post::examination_id.eq(examination),
            post::organisation_id.eq(organisation),
            post::code.eq(code),
            post::title_zh.eq("职位"),
            post::title_en.eq(""),
            post::headcount_kind.eq("administrative"),
            post::quota.eq(1),
            post::requirements.eq(serde_json::to_string(asked).unwrap()),
            post::state.eq("open"),
            post::created_at.eq(now),
        ))
        .execute(tx.db)
        .unwrap();
    id
}

pub(super) fn good_facts() -> Facts {
    Facts {
        education: Education::Bachelor,
        degree: true,
        major: "法学".into(),
        years: 2,
        ..Facts::default()
    }
}

pub(super) fn code<T>(result: Result<T, Problem>) -> &'static str {
    match result {
        Ok(_) => "no problem",
        Err(problem) => problem.faults.first().map_or(problem.code, |f| f.code),
    }
}

pub(super) fn sign_up(world: &World, new: NewCandidate) -> Result<(), Problem> {
    // Ids follow the clock: a second later, this mail is the newest.
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    actix_web::rt::System::new().block_on(service::sign_up(
        &world.store,
        &LinkLimit::default(),
        new,
        "https://exam.example",
    ))
}

pub(super) fn new_candidate(resident_id: &str, email: &str) -> NewCandidate {
    NewCandidate {
        name: "李四".into(),
        resident_id: Secret::new(resident_id),
        email: email.into(),
    }
}

/// Every mail there is: its recipient and its text.
pub(super) fn mails(world: &World) -> Vec<(String, String)> {
    let vault = world.store.vault();
    let rows: Vec<(Vec<u8>, Vec<u8>)> = world
        .store
        .read_blocking(|view| {
            let mails = mail::table.order(mail::id);
            Ok(mails
                .select((mail::recipient_sealed, mail::body_sealed))
                .load(view.db)?)
        })
        .unwrap();
    rows.iter()
        .map(|(to, body)| (vault.open_text(to).unwrap(), vault.open_text(body).unwrap()))
        .collect()
}

/// The token of the newest mail with a link.
pub(super) fn mailed_token(world: &World) -> String {
    let (_, body) = mails(world).pop().unwrap();
    let (_, rest) = body
        .split_once("https://exam.example/verify-email?token=")
        .unwrap();
    rest.lines().next().unwrap().to_owned()
}

pub(super) fn verify(world: &World, token: &str) -> Result<Id, Problem> {
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    let (token, password) = (Secret::new(token), Secret::new("correct horse battery"));
    actix_web::rt::System::new().block_on(service::verify(&world.store, &token, password))
}
