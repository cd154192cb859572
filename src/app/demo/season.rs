//! One examination from its draft to the merit list, act by act.

mod results;

use std::collections::BTreeMap;

use self::results::{begin_marking, interview, mark, mark_open, object};
use super::house::{House, password_hash};
use super::lots;
use super::sitters::{self, Sitter, sit_everybody};
use super::{Say, cast};
use crate::access::{Actor, Role, service as access};
use crate::appointment::service::{self as appointment, NewObjection};
use crate::assembly::{self, service as assembly_acts};
use crate::ceremony::{Purpose, rehearsal};
use crate::draw::{Seed, Stream};
use crate::establishment::rules::{Education, HeadcountKind, Requirements};
use crate::establishment::service::{self as establishment, NewPost};
use crate::kernel::resident_id::ResidentId;
use crate::kernel::{Clock, Id, Instant, Problem, Score};
use crate::marking::service as marking;
use crate::ranking::service as ranking;
use crate::registration::service::{
    self as registration, Cancellation, Reduction, Retention, Shortfall,
};
use crate::regulation::service::{self as regulation, NewExamination, Sitting};
use crate::regulation::{ComponentKind, Profile, ShortfallAct, Track};
use crate::sitting::service as sitting;
use crate::store::{Store, Tx};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// An examination to hold.
pub struct Course {
    /// Prefix of its candidates' addresses.
    pub group: &'static str,
    /// Code.
    pub code: &'static str,
    /// Track.
    pub track: Track,
    /// Title in Chinese.
    pub title_zh: &'static str,
    /// Title in English.
    pub title_en: &'static str,
    /// How many sign up.
    pub candidates: usize,
    /// What of the profile it overrides, as TOML; nothing if empty.
    pub overrides: &'static str,
    /// Posts.
    pub posts: Vec<PostPlan>,
    /// The bank and shipped blueprint of each written component.
    pub blueprints: Vec<(&'static str, &'static str)>,
    /// How many items on trial the first section of the first of them has besides.
    pub trial: u32,
}

/// A post to offer.
#[derive(Clone)]
pub struct PostPlan {
    code: &'static str,
    title_zh: &'static str,
    title_en: &'static str,
    quota: i32,
    requirements: Requirements,
}

impl PostPlan {
    /// A post open to everybody.
    pub fn new(
        code: &'static str,
        title_zh: &'static str,
        title_en: &'static str,
        quota: i32,
    ) -> Self {
        Self {
            code,
            title_zh,
            title_en,
            quota,
            requirements: Requirements::default(),
        }
    }

    /// Asks for a bachelor's degree.
    #[must_use]
    pub fn bachelor(mut self) -> Self {
        self.requirements.education = Education::Bachelor;
        self.requirements.degree = true;
        self
    }

    /// Is reserved for a category.
    #[must_use]
    pub fn category(mut self, category: &str) -> Self {
        self.requirements.category = Some(category.to_owned());
        self
    }
}

/// Holds the whole examination; gives its id.
pub fn hold(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    course: &Course,
    say: Say<'_>,
) -> Result<Id, Problem> {
    let prepared = prepare_sitting(store, clock, house, seed, course, say)?;
    hold_on(store, clock, house, seed, &prepared, say)
}

/// Goes on with an examination that was prepared, from the first sitting to the end; gives its id.
pub fn hold_on(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    prepared: &(Id, Vec<Sitter>),
    say: Say<'_>,
) -> Result<Id, Problem> {
    let (examination, sitters) = (prepared.0, &prepared.1);
    sit_all(store, clock, seed, prepared, say)?;
    mark(store, clock, house, seed, examination, say)?;
    interview(store, clock, house, seed, examination, say)?;
    let hr = house.the(Role::Hr)?.clone();
    store.write_blocking(move |tx| ranking::publish_final(tx, &hr, examination))?;
    clock.set(clock.now().plus_seconds(DAY));
    say("merit list published");
    object(store, house, sitters)?;
    Ok(examination)
}

/// Everybody sits every subject; afterwards the clock is past the last.
fn sit_all(
    store: &Store,
    clock: &Clock,
    seed: &Seed,
    (examination, sitters): &(Id, Vec<Sitter>),
    say: Say<'_>,
) -> Result<(), Problem> {
    for subject in store.read_blocking(|view| regulation::subjects(view, *examination))? {
        clock.set(subject.opens_at);
        sit_everybody(store, seed, &subject, sitters, say)?;
        clock.set(subject.closes_at.plus_seconds(1));
    }
    Ok(())
}

/// An examination that was sat and is being marked: every marker is drawn, has marked a few scripts,
/// and finds others to mark. It begins at the clock's time and ends within 13 days.
pub fn leave_in_marking(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    course: &Course,
    say: Say<'_>,
) -> Result<Id, Problem> {
    let prepared = prepare_sitting(store, clock, house, seed, course, say)?;
    sit_all(store, clock, seed, &prepared, say)?;
    begin_marking(store, clock, house, (prepared.0, 0), say)?;
    for marker in house.markers() {
        mark_open(store, seed, marker, 3)?;
    }
    Ok(prepared.0)
}

/// Everything up to the locked papers, with the clock before the first sitting.
pub fn prepare_sitting(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    course: &Course,
    say: Say<'_>,
) -> Result<(Id, Vec<Sitter>), Problem> {
    let times = Times::after(clock.now());
    let examination = announce(store, house, course, &times)?;
    say(&format!(
        "{}: announced, {} posts",
        course.code,
        course.posts.len()
    ));
    clock.set(times.registration_opens.plus_seconds(1));
    let sitters = register(store, house, seed, course, examination, say)?;
    clock.set(times.registration_closes.plus_seconds(HOUR));
    issue_and_lock(store, house, course, examination, say)?;
    Ok((examination, sitters))
}

/// When things happen.
struct Times {
    registration_opens: Instant,
    registration_closes: Instant,
    /// Start and end of each sitting, as many as there are written components.
    sittings: Vec<(Instant, Instant)>,
}

impl Times {
    /// Registration for five days from the next hour; sittings a week later, on one day.
    fn after(now: Instant) -> Self {
        let closes = now.plus_seconds(HOUR + 5 * DAY);
        let morning = closes.plus_seconds(7 * DAY);
        let sitting = |from: i64, to: i64| {
            (
                morning.plus_seconds(from * HOUR),
                morning.plus_seconds(to * HOUR),
            )
        };
        Self {
            registration_opens: now.plus_seconds(HOUR),
            registration_closes: closes,
            sittings: vec![sitting(0, 2), sitting(5, 8)],
        }
    }
}

fn announce(store: &Store, house: &House, course: &Course, times: &Times) -> Result<Id, Problem> {
    let (organiser, hr) = (
        house.the(Role::Organiser)?.clone(),
        house.the(Role::Hr)?.clone(),
    );
    let new = NewExamination {
        code: course.code.to_owned(),
        year: 2026,
        track: course.track,
        title_zh: course.title_zh.to_owned(),
        title_en: course.title_en.to_owned(),
        registration_opens: times.registration_opens,
        registration_closes: times.registration_closes,
    };
    let overrides = course.overrides;
    let kind = match course.track {
        Track::CivilService | Track::Promotion => HeadcountKind::Administrative,
        Track::Institution | Track::Title => HeadcountKind::Institutional,
    };
    let posts: Vec<NewPost> = course
        .posts
        .iter()
        .map(|post| new_post(post, house.organisation, kind))
        .collect();
    let sittings: Vec<Sitting> = course
        .blueprints
        .iter()
        .zip(&times.sittings)
        .map(|((component, _), (opens_at, closes_at))| Sitting {
            component: (*component).to_owned(),
            opens_at: *opens_at,
            closes_at: *closes_at,
        })
        .collect();
    store.write_blocking(move |tx| {
        let examination = regulation::open(tx, &organiser, &new)?;
        if !overrides.is_empty() {
            let reason = "演练";
            regulation::override_profile(tx, &organiser, examination, overrides, reason)?;
        }
        for post in &posts {
            establishment::add_post(tx, &hr, examination, post)?;
        }
        for sitting in &sittings {
            regulation::schedule(tx, &organiser, examination, sitting)?;
        }
        establishment::announce(tx, &organiser, examination)?;
        Ok(examination)
    })
}

fn new_post(plan: &PostPlan, organisation: Id, headcount_kind: HeadcountKind) -> NewPost {
    NewPost {
        organisation,
        code: plan.code.to_owned(),
        title_zh: plan.title_zh.to_owned(),
        title_en: plan.title_en.to_owned(),
        headcount_kind,
        quota: plan.quota,
        requirements: plan.requirements.clone(),
    }
}

const PORTRAITS: [&[u8]; 2] = [
    include_bytes!("portrait_one.png"),
    include_bytes!("portrait_two.png"),
];

/// Candidates sign up, state their facts, apply for a post they qualify for as far as they see,
/// and are reviewed by a person.
fn register(
    store: &Store,
    house: &House,
    seed: &Seed,
    course: &Course,
    examination: Id,
    say: Say<'_>,
) -> Result<Vec<Sitter>, Problem> {
    let posts = store.read_blocking(|view| establishment::posts(view, examination))?;
    let mut sitters = Vec::new();
    let mut refused = 0;
    for number in 0..course.candidates {
        let candidate = cast::candidate(seed, course.group, number);
        let mut stream = seed.sub(format!("course/{}", candidate.email)).stream();
        let actor = sign_up(store, &candidate, number)?;
        let open: Vec<_> = posts
            .iter()
            .filter(|post| {
                let category = post.requirements.category.as_ref();
                category.is_none_or(|wanted| candidate.facts.categories.contains(wanted))
            })
            .collect();
        let Some(post) = open.get(stream.below(open.len())) else {
            continue;
        };
        let post = post.id;
        let applicant = actor.clone();
        let application = store
            .write_blocking(move |tx| registration::apply(tx, &applicant, examination, post))?;
        if review(store, house, application)? {
            sitters.push(Sitter {
                actor,
                application,
                ability: candidate.ability,
                number,
            });
        } else {
            refused += 1;
        }
        if (number + 1) % 150 == 0 {
            say(&format!(
                "{}: {} of {} registered",
                course.code,
                number + 1,
                course.candidates
            ));
        }
    }
    say(&format!(
        "{}: {} approved, {refused} refused with reasons",
        course.code,
        sitters.len()
    ));
    Ok(sitters)
}

fn sign_up(store: &Store, candidate: &cast::Candidate, number: usize) -> Result<Actor, Problem> {
    let resident = ResidentId::parse(&candidate.resident_id).map_err(Problem::internal)?;
    let account = access::NewAccount {
        email: candidate.email.clone(),
        name: candidate.name.clone(),
        // One hash for all: six hundred different ones would only show how slow hashing is.
        password_hash: password_hash()?,
        must_change_password: false,
    };
    let facts = candidate.facts.clone();
    let portrait = PORTRAITS.get(number % 2).copied().unwrap_or_default();
    store.write_blocking(move |tx| {
        let id = registration::register(tx, account, &resident)?;
        let actor = Actor {
            account: id,
            session: id,
            roles: vec![Role::Candidate],
        };
        registration::put_facts(tx, &actor, &facts)?;
        registration::put_photo(tx, &actor, portrait, Some("image/png"))?;
        Ok(actor)
    })
}

/// The officer follows the screening, and says why where it finds something missing.
fn review(store: &Store, house: &House, application: Id) -> Result<bool, Problem> {
    let hr = house.the(Role::Hr)?.clone();
    let seen = store.read_blocking(|view| registration::review_view(view, &hr, application))?;
    let fits = seen.application.findings.iter().all(|finding| finding.met);
    let reason = if fits {
        ""
    } else {
        "不符合职位要求的资格条件"
    };
    let verdict = registration::Verdict {
        approve: fits,
        reason: reason.to_owned(),
        seen: seen.seen,
    };
    store.write_blocking(move |tx| registration::review(tx, &hr, application, &verdict))?;
    Ok(fits)
}

/// Posts that drew too few applicants are kept where the rules let them, and else cut; those that
/// nobody wants are cancelled.
fn settle_posts(store: &Store, house: &House, examination: Id) -> Result<(), Problem> {
    let hr = house.the(Role::Hr)?.clone();
    let reader = hr.clone();
    let short =
        store.read_blocking(move |view| registration::shortfalls(view, &reader, examination))?;
    store.write_blocking(move |tx| short.iter().try_for_each(|one| settle(tx, &hr, one)))
}

fn settle(tx: &mut Tx<'_>, hr: &Actor, short: &Shortfall) -> Result<(), Problem> {
    let reason = "报名人数未达到开考比例".to_owned();
    if short.allows(ShortfallAct::KeepWithApproval) {
        let approval = "示人社函〔2026〕8号".to_owned();
        let retention = Retention { approval, reason };
        return registration::keep_post(tx, hr, short.post.id, &retention);
    }
    if short.allows(ShortfallAct::Reduce) {
        let places = i32::try_from(short.places).map_err(Problem::internal)?;
        return registration::reduce_post(tx, hr, short.post.id, &Reduction { places, reason });
    }
    let cancellation = Cancellation {
        transfer_until: Some(tx.now.plus_seconds(DAY)),
        reason,
    };
    registration::cancel_post(tx, hr, short.post.id, &cancellation)
}

fn issue_and_lock(
    store: &Store,
    house: &House,
    course: &Course,
    examination: Id,
    say: Say<'_>,
) -> Result<(), Problem> {
    let organiser = house.the(Role::Organiser)?.clone();
    settle_posts(store, house, examination)?;
    let subjects = store.read_blocking(|view| regulation::subjects(view, examination))?;
    rehearsal::hold(
        store,
        &house.custodians()?,
        examination,
        Purpose::Seats,
        registration::fix_seats,
    )?;
    let actor = organiser.clone();
    let issued =
        store.write_blocking(move |tx| registration::issue_tickets(tx, &actor, examination))?;
    for (number, (component, bank)) in course.blueprints.iter().copied().enumerate() {
        let subject = subjects
            .iter()
            .find(|subject| subject.component == component);
        let subject = subject.ok_or_else(Problem::not_found)?.id;
        let text = assembly::shipped(bank).ok_or_else(Problem::not_found)?;
        let mut blueprint = assembly::Blueprint::from_toml(text).map_err(Problem::invalid)?;
        if let Some(first) = blueprint.sections.first_mut().filter(|_| number == 0) {
            first.trial = course.trial;
        }
        let text = toml::to_string(&blueprint).map_err(Problem::internal)?;
        let actor = organiser.clone();
        store.write_blocking(move |tx| {
            assembly_acts::set_blueprint(tx, &actor, subject, bank, &text)
        })?;
    }
    draw_and_lock(store, house, examination)?;
    say(&format!(
        "{}: {} tickets, papers drawn and locked",
        course.code, issued.count
    ));
    Ok(())
}

/// Holds a draw of papers and locks them: the first, or another one after a recall.
pub fn draw_and_lock(store: &Store, house: &House, examination: Id) -> Result<(), Problem> {
    let organiser = house.the(Role::Organiser)?.clone();
    rehearsal::hold(
        store,
        &house.custodians()?,
        examination,
        Purpose::Papers,
        assembly_acts::fix_papers,
    )?;
    let prepared =
        store.read_blocking(|view| assembly_acts::prepare(view, &organiser, examination))?;
    store.write_blocking(move |tx| assembly_acts::lock_papers(tx, &organiser, prepared))
}

/// What visitors of the demonstration can do at once.
pub(super) struct Live {
    /// Candidates with an open sitting.
    pub visitors: Vec<String>,
}

/// An examination that takes applications now, and a rehearsal whose sitting is open for a month.
pub(super) fn open_for_visitors(
    store: &Store,
    clock: &Clock,
    house: &House,
    seed: &Seed,
    now: Instant,
    say: Say<'_>,
) -> Result<Live, Problem> {
    let rehearsal = Course {
        group: "visitor",
        code: "rehearsal",
        track: Track::Institution,
        title_zh: "模拟考试（随时可以进入）",
        title_en: "Rehearsal, open at any time",
        candidates: 5,
        overrides: "",
        posts: vec![PostPlan::new("MN01", "模拟岗位", "Practice post", 1)],
        blueprints: vec![("knowledge", "public_basics")],
        trial: 0,
    };
    let times = Times {
        registration_opens: now.plus_seconds(-4 * DAY),
        registration_closes: now.plus_seconds(-3 * DAY),
        sittings: vec![(now.plus_seconds(-HOUR), now.plus_seconds(30 * DAY))],
    };
    clock.set(now.plus_seconds(-5 * DAY));
    let examination = announce(store, house, &rehearsal, &times)?;
    clock.set(times.registration_opens);
    let sitters = register(store, house, seed, &rehearsal, examination, say)?;
    clock.set(now.plus_seconds(-2 * DAY));
    issue_and_lock(store, house, &rehearsal, examination, say)?;
    let open = Course {
        group: "later",
        code: "open-now",
        track: Track::CivilService,
        title_zh: "公务员招录（正在报名）",
        title_en: "Civil-service entry, taking applications",
        candidates: 0,
        overrides: "",
        posts: vec![
            PostPlan::new("XX01", "综合文字岗", "Writing and coordination", 3).bachelor(),
            PostPlan::new("XX02", "窗口服务岗", "Service counter", 4),
        ],
        blueprints: vec![
            ("xingce", "administrative_aptitude"),
            ("shenlun", "policy_essay"),
        ],
        trial: 0,
    };
    let day = |days: i64, hours: i64| now.plus_seconds(days * DAY + hours * HOUR);
    let times = Times {
        registration_opens: day(-1, 0),
        registration_closes: day(21, 0),
        sittings: vec![(day(40, 0), day(40, 2)), (day(40, 5), day(40, 8))],
    };
    announce(store, house, &open, &times)?;
    clock.set(now);
    let visitors = sitters
        .iter()
        .map(|s| cast::candidate(seed, rehearsal.group, s.number).email)
        .collect();
    Ok(Live { visitors })
}
