//! A small examination for tests: one subject of five items in two sections, and its candidates.

use diesel::prelude::*;

use super::service;
use crate::access::{Actor, Role, service as access};
use crate::bank::item::{Body, Difficulty, Item, RubricPoint, Stimulus};
use crate::bank::rich::Markup;
use crate::ceremony::{Purpose, rehearsal};
use crate::kernel::{Clock, Id, Instant, Problem, Score};
use crate::registration::records::Facts;
use crate::regulation::Track;
use crate::regulation::phase::Phase;
use crate::regulation::service::{self as regulation, NewExamination, Sitting};
use crate::store::schema::{
    account, application, item, item_version, organisation, post, stimulus,
};
use crate::store::{Store, Tx, View, sha256};

const DAY: i64 = 24 * 3600;

/// The day on which the story begins.
pub(crate) const START: Instant = Instant::from_micros(1_800_000_000_000_000);
/// When the sitting opens.
pub(crate) const OPENS: Instant = START.plus_seconds(30 * DAY);
/// When it closes.
pub(crate) const CLOSES: Instant = OPENS.plus_seconds(2 * 3600);

/// What must never reach a candidate: each stands somewhere in the bank.
pub(crate) const SECRETS: [&str; 4] = ["解析甲", "要点甲", "范文甲", "密答"];

/// Draws one item of each kind: four of twenty marks and an essay of twenty.
pub(crate) const BLUEPRINT: &str = r#"
    title = "科目"
    minutes = 120

    [[sections]]
    code = "general"
    title_zh = "客观题"
    title_en = "Objective items"
    marks_each = "20"
    cells = [
        { topic = "t.single", count = 1 },
        { topic = "t.multiple", count = 1 },
        { topic = "t.judge", count = 1 },
        { topic = "t.blank", count = 1 },
    ]

    [[sections]]
    code = "essay"
    title_zh = "主观题"
    title_en = "Essay"
    cells = [{ topic = "e", count = 1, stimuli = 1 }]
"#;

/// An examination with its papers not yet drawn.
pub(crate) struct House {
    pub store: Store,
    pub clock: Clock,
    pub organiser: Actor,
    /// Those who keep the secrets of draws; the organiser is the first.
    custodians: [Actor; 3],
    pub examination: Id,
    pub subject: Id,
    /// Candidates with a ticket, each with the application.
    pub candidates: Vec<(Actor, Id)>,
}

impl House {
    /// An examination in the phase of tickets, with a bank, without a blueprint.
    pub(crate) fn new(candidates: usize) -> Self {
        let clock = Clock::manual(START);
        let store = Store::scratch(clock.clone());
        let custodians = [Role::Organiser, Role::Hr, Role::Supervisor].map(actor);
        let organiser = custodians[0].clone();
        let (opening, staff) = (organiser.clone(), custodians.clone());
        let (examination, subject, candidates) = store
            .write_blocking(move |tx| {
                insert_bank(tx)?;
                for one in &staff {
                    insert_account(tx, one.account)?;
                    access::give_role(tx, one.account, one.roles[0])?;
                }
                let (examination, subject) = open_examination(tx, &opening)?;
                let post = insert_post(tx, examination)?;
                let candidates: Result<Vec<_>, Problem> = (0..candidates)
                    .map(|number| insert_candidate(tx, examination, post, number))
                    .collect();
                Ok((examination, subject, candidates?))
            })
            .unwrap();
        Self {
            store,
            clock,
            organiser,
            custodians,
            examination,
            subject,
            candidates,
        }
    }

    /// The same, with papers locked.
    pub(crate) fn locked(candidates: usize) -> Self {
        let house = Self::new(candidates);
        house.set_blueprint(BLUEPRINT).unwrap();
        let prepared = house.prepare().unwrap();
        house.lock(prepared).unwrap();
        house
    }

    pub(crate) fn set_blueprint(&self, blueprint: &'static str) -> Result<(), Problem> {
        let (organiser, subject) = (self.organiser.clone(), self.subject);
        self.write(move |tx| service::set_blueprint(tx, &organiser, subject, "demo", blueprint))
    }

    /// Draws the papers; holds the ceremony first, as soon as it is all that is missing.
    pub(crate) fn prepare(&self) -> Result<service::Prepared, Problem> {
        let prepare =
            || self.read(|view| service::prepare(view, &self.organiser, self.examination));
        match prepare() {
            Err(problem) if problem.code == "draw-missing" => {
                let purpose = Purpose::Papers;
                let (store, custodians) = (&self.store, &self.custodians);
                let fix = service::fix_papers;
                rehearsal::hold(store, custodians, self.examination, purpose, fix)?;
                prepare()
            }
            other => other,
        }
    }

    pub(crate) fn lock(&self, prepared: service::Prepared) -> Result<(), Problem> {
        let organiser = self.organiser.clone();
        self.write(move |tx| service::lock_papers(tx, &organiser, prepared))
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.store.write_blocking(act)
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&mut View<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.store.read_blocking(read)
    }

    /// The kinds of decisions in the log, oldest first, with inputs.
    pub(crate) fn decisions(&self, kind: &str) -> Vec<serde_json::Value> {
        let years = self.read(crate::ledger::years).unwrap().into_iter();
        let entries = years.map(|year| {
            self.read(|view| crate::ledger::entries(view, year, 0, 10_000))
                .unwrap()
        });
        entries
            .flatten()
            .filter(|entry| entry.payload.kind == kind)
            .map(|entry| entry.payload.inputs)
            .collect()
    }
}

/// Somebody with one role.
pub(crate) fn actor(role: Role) -> Actor {
    Actor {
        account: Id::new(START),
        session: Id::new(START),
        roles: vec![role],
    }
}

fn open_examination(tx: &mut Tx<'_>, organiser: &Actor) -> Result<(Id, Id), Problem> {
    let new = NewExamination {
        code: "2027-title".to_owned(),
        year: 2027,
        track: Track::Title,
        title_zh: "职称考试".to_owned(),
        title_en: "Title examination".to_owned(),
        registration_opens: START,
        registration_closes: START.plus_seconds(10 * DAY),
    };
    let id = regulation::open(tx, organiser, &new)?;
    let sitting = Sitting {
        component: "exam".to_owned(),
        opens_at: OPENS,
        closes_at: CLOSES,
    };
    let subject = regulation::schedule(tx, organiser, id, &sitting)?;
    regulation::announce(tx, organiser, id, 1)?;
    let examination = regulation::hold_alone(tx, id)?;
    regulation::advance(tx, &examination, Phase::Ticketed)?;
    Ok((id, subject))
}

fn insert_account(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let sealed = tx.vault.seal("考生")?;
    diesel::insert_into(account::table)
        .values((
            account::id.eq(id),
            account::login_index.eq(id.bytes().to_vec()),
            account::login_sealed.eq(&sealed),
            account::name_sealed.eq(&sealed),
            account::password_hash.eq(""),
            account::state.eq("active"),
            account::must_change_password.eq(false),
            account::created_at.eq(START),
        ))
        .execute(tx.db)?;
    Ok(())
}

fn insert_post(tx: &mut Tx<'_>, examination: Id) -> Result<Id, Problem> {
    let (body, id) = (Id::new(START), Id::new(START));
    diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(body),
            organisation::code.eq("archives"),
            organisation::name_zh.eq("档案馆"),
            organisation::name_en.eq("Archives"),
            organisation::created_at.eq(START),
        ))
        .execute(tx.db)?;
    diesel::insert_into(post::table)
        .values((
            post::id.eq(id),
            post::examination_id.eq(examination),
            post::organisation_id.eq(body),
            post::code.eq("A01"),
            post::title_zh.eq("馆员"),
            post::title_en.eq("Archivist"),
            post::headcount_kind.eq("institutional"),
            post::quota.eq(1),
            post::requirements.eq("{}"),
            post::state.eq("open"),
            post::created_at.eq(START),
        ))
        .execute(tx.db)?;
    Ok(id)
}

fn insert_candidate(
    tx: &mut Tx<'_>,
    examination: Id,
    post: Id,
    number: usize,
) -> Result<(Actor, Id), Problem> {
    let (actor, id) = (actor(Role::Candidate), Id::new(START));
    insert_account(tx, actor.account)?;
    let facts = serde_json::to_vec(&Facts::default()).map_err(Problem::internal)?;
    let facts = tx.vault.seal(facts)?;
    diesel::insert_into(application::table)
        .values((
            application::id.eq(id),
            application::examination_id.eq(examination),
            application::post_id.eq(post),
            application::account_id.eq(actor.account),
            application::state.eq("approved"),
            application::facts_sealed.eq(&facts),
            application::screening_sealed.eq(&facts),
            application::submitted_at.eq(START),
            application::ticket_no.eq(format!("27{number:06}")),
            application::room.eq("01"),
            application::seat.eq(1),
        ))
        .execute(tx.db)?;
    Ok((actor, id))
}

/// Two items of each kind, in their canonical order, and two stimuli.
fn insert_bank(tx: &mut Tx<'_>) -> Result<(), Problem> {
    let options = || ["甲", "乙", "丙", "丁"].map(str::to_owned).to_vec();
    for twin in ["1", "2"] {
        let single = Body::SingleChoice {
            options: options(),
            key: 2,
        };
        let multiple = Body::MultipleChoice {
            options: options(),
            key: vec![0, 2],
        };
        let blank = Body::FillIn {
            accepted: vec!["密答".to_owned()],
        };
        let essay = Body::Essay {
            rubric: vec![RubricPoint {
                point: "要点甲".to_owned(),
                marks: Score::whole(20),
            }],
            marks: Score::whole(20),
            words_max: 500,
            reference: "范文甲".to_owned(),
        };
        insert_item(tx, &format!("single-{twin}"), "t.single", single)?;
        insert_item(tx, &format!("multiple-{twin}"), "t.multiple", multiple)?;
        insert_item(
            tx,
            &format!("judge-{twin}"),
            "t.judge",
            Body::TrueFalse { key: true },
        )?;
        insert_item(tx, &format!("blank-{twin}"), "t.blank", blank)?;
        insert_stimulus(tx, &format!("material-{twin}"))?;
        insert_item(tx, &format!("essay-{twin}"), "e", essay)?;
    }
    Ok(())
}

fn insert_stimulus(tx: &mut Tx<'_>, code: &str) -> Result<(), Problem> {
    let content = Stimulus {
        code: code.to_owned(),
        title: "材料".to_owned(),
        text: "第一段。\n\n第二段。".to_owned(),
        table: vec![vec!["年".to_owned()], vec!["2026".to_owned()]],
        markup: Markup::Plain,
    };
    let content = serde_json::to_vec(&content).map_err(Problem::internal)?;
    let sealed = tx.vault.seal(content)?;
    diesel::insert_into(stimulus::table)
        .values((
            stimulus::id.eq(Id::new(START)),
            stimulus::bank.eq("demo"),
            stimulus::code.eq(code),
            stimulus::content_sealed.eq(sealed),
            stimulus::created_at.eq(START),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Inserts an approved item.
pub(crate) fn insert_item(
    tx: &mut Tx<'_>,
    code: &str,
    topic: &str,
    body: Body,
) -> Result<(), Problem> {
    let id = Id::new(START);
    let essay = topic == "e";
    let content = Item {
        code: code.to_owned(),
        section: if essay { "essay" } else { "general" }.to_owned(),
        topic: topic.to_owned(),
        difficulty: Difficulty::Medium,
        stimulus: essay.then(|| code.replace("essay", "material")),
        stem: format!("题干 {code}"),
        body,
        explanation: "解析甲".to_owned(),
        enemies: Vec::new(),
        seconds: None,
        markup: Markup::Plain,
    };
    let json = serde_json::to_vec(&content).map_err(Problem::internal)?;
    diesel::insert_into(item::table)
        .values((
            item::id.eq(id),
            item::bank.eq("demo"),
            item::code.eq(code),
            item::section.eq(&content.section),
            item::topic.eq(topic),
            item::difficulty.eq("medium"),
            item::kind.eq(content.body.kind().as_str()),
            item::state.eq("approved"),
            item::version.eq(1),
            item::author_id.eq(id),
            item::updated_at.eq(START),
        ))
        .execute(tx.db)?;
    let sealed = tx.vault.seal(&json)?;
    diesel::insert_into(item_version::table)
        .values((
            item_version::item_id.eq(id),
            item_version::version.eq(1),
            item_version::content_sealed.eq(sealed),
            item_version::content_hash.eq(sha256(&json).to_vec()),
            item_version::author_id.eq(id),
            item_version::created_at.eq(START),
        ))
        .execute(tx.db)?;
    Ok(())
}
