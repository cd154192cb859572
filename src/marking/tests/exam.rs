//! The examination the stories happen in.

use super::*;

/// 1 June 2026, nine o'clock UTC: the papers are locked and the sitting has just ended.
pub(super) const NOW: Instant = Instant::from_micros(1_780_304_400_000_000);

pub(super) fn score(text: &str) -> Score {
    text.parse().unwrap()
}

pub(super) fn actor(role: Role) -> Actor {
    Actor {
        account: Id::new(NOW),
        session: Id::new(NOW),
        roles: vec![role],
    }
}

/// An examination whose two candidates were to answer a statement (2 marks) and an essay (20):
/// the first did, the second did not come.
pub(super) struct Exam {
    pub(super) store: Store,
    pub(super) id: Id,
    pub(super) subject: Id,
    pub(super) sat: Id,
    pub(super) absent: Id,
    pub(super) attempt: Id,
    pub(super) statement: Id,
}

impl Exam {
    pub(super) fn of(track: Track) -> Self {
        let store = Store::scratch(Clock::manual(NOW));
        let new = |store: &Store| store.write_blocking(move |tx| locked(tx, track)).unwrap();
        let (id, subject, sat, absent, attempt, statement) = new(&store);
        Self {
            store,
            id,
            subject,
            sat,
            absent,
            attempt,
            statement,
        }
    }

    /// One whose marking has begun, with its script.
    pub(super) fn marking() -> (Self, Id) {
        let exam = Self::of(Track::CivilService);
        exam.begin(&actor(Role::Organiser)).unwrap();
        let script = exam.next(&actor(Role::Marker)).unwrap();
        (exam, script)
    }

    pub(super) fn begin(&self, by: &Actor) -> Result<Begun, Problem> {
        let id = self.id;
        let prepared = self.store.read_blocking(|v| service::prepare(v, by, id))?;
        let by = by.clone();
        self.store
            .write_blocking(move |tx| service::begin(tx, &by, &prepared))
    }

    pub(super) fn next(&self, by: &Actor) -> Option<Id> {
        let next = self.store.read_blocking(|v| service::next_script(v, by));
        next.unwrap().map(|script| script.id)
    }

    pub(super) fn mark(&self, by: &Actor, script: Id, mark: &str) -> Result<(), Problem> {
        let (by, mark) = (by.clone(), score(mark));
        self.store
            .write_blocking(move |tx| service::mark_script(tx, &by, script, mark, "").map(|_| ()))
    }

    pub(super) fn panel(
        &self,
        by: Role,
        examiner: u8,
        mark: &str,
        why: &str,
    ) -> Result<(), Problem> {
        let (of, mark, why) = (self.sat, score(mark), why.to_owned());
        self.store.write_blocking(move |tx| {
            let by = actor(by);
            service::enter_panel_mark(tx, &by, of, "interview", examiner, mark, Some(&why))
        })
    }

    pub(super) fn results(&self, application: Id) -> BTreeMap<String, ResultMark> {
        let all = self
            .store
            .read_blocking(|v| service::component_marks(v, self.id));
        all.unwrap().remove(&application).unwrap()
    }

    pub(super) fn unfinished(&self) -> Unfinished {
        let left = self
            .store
            .read_blocking(|v| service::unfinished(v, self.id));
        left.unwrap()
    }

    pub(super) fn decisions(&self, kind: &'static str) -> i64 {
        let count = |v: &mut crate::store::View<'_>| {
            let same = decision::table.filter(decision::kind.eq(kind));
            Ok(same.count().get_result(v.db)?)
        };
        self.store.read_blocking(count).unwrap()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Tx<'_>) + Send + 'static) {
        let act = |tx: &mut Tx<'_>| {
            change(tx);
            Ok(())
        };
        self.store.write_blocking(act).unwrap();
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        let id = self.id;
        self.change(move |tx| set_phase(tx, id, phase));
    }

    /// As the ranking room writes it down.
    pub(super) fn shortlist(&self, application: Id, outcome: &'static str) {
        self.change(move |tx| {
            let post: Id = application::table
                .find(application)
                .select(application::post_id)
                .first(tx.db)
                .unwrap();
            diesel::insert_into(ranking::table)
                .values((
                    ranking::application_id.eq(application),
                    ranking::phase.eq("written"),
                    ranking::post_id.eq(post),
                    ranking::outcome.eq(outcome),
                    ranking::decided_at.eq(NOW),
                ))
                .execute(tx.db)
                .unwrap();
        });
    }
}

pub(super) fn set_phase(tx: &mut Tx<'_>, id: Id, phase: Phase) {
    diesel::update(examination::table.find(id))
        .set(examination::stage.eq(phase))
        .execute(tx.db)
        .unwrap();
}

pub(super) fn locked(tx: &mut Tx<'_>, track: Track) -> Result<(Id, Id, Id, Id, Id, Id), Problem> {
    let new = NewExamination {
        code: "2026-test".to_owned(),
        year: 2026,
        track,
        title_zh: "考试".to_owned(),
        title_en: String::new(),
        registration_opens: NOW.plus_seconds(-90_000),
        registration_closes: NOW.plus_seconds(-80_000),
    };
    let id = open(tx, &actor(Role::Organiser), &new)?;
    set_phase(tx, id, Phase::Locked);
    let subject = insert_subject(tx, id)?;
    let post = insert_post(tx, id)?;
    let sat = insert_candidate(tx, id, post, "T0001")?;
    let absent = insert_candidate(tx, id, post, "T0002")?;
    let statement = insert_item(tx, "statement", 1, Body::TrueFalse { key: true })?;
    let essay = insert_item(tx, "essay", 1, essay())?;
    let paper = insert_paper(tx, subject, sat.0, &[(statement, "2"), (essay, "20")])?;
    insert_paper(tx, subject, absent.0, &[(statement, "2"), (essay, "20")])?;
    let attempt = insert_attempt(tx, subject, sat, paper)?;
    Ok((id, subject, sat.0, absent.0, attempt, statement))
}

pub(super) fn insert_subject(tx: &mut Tx<'_>, examination: Id) -> Result<Id, Problem> {
    let id = Id::new(NOW);
    diesel::insert_into(subject::table)
        .values((
            subject::id.eq(id),
            subject::examination_id.eq(examination),
            subject::component.eq("xingce"),
            subject::title_zh.eq("行测"),
            subject::title_en.eq("Aptitude"),
            subject::bank.eq("b"),
            subject::blueprint.eq(""),
            subject::opens_at.eq(NOW.plus_seconds(-7200)),
            subject::closes_at.eq(NOW),
        ))
        .execute(tx.db)?;
    Ok(id)
}

pub(super) fn insert_post(tx: &mut Tx<'_>, examination: Id) -> Result<Id, Problem> {
    let (organisation, id) = (Id::new(NOW), Id::new(NOW));
    diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(organisation),
            organisation::code.eq("O1"),
            organisation::name_zh.eq("单位"),
            organisation::name_en.eq(""),
            organisation::created_at.eq(NOW),
        ))
        .execute(tx.db)?;
    diesel::insert_into(post::table)
        .values((
            post::id.eq(id),
            post::examination_id.eq(examination),
            post::organisation_id.eq(organisation),
            post::code.eq("P1"),
            post::title_zh.eq("科员"),
            post::title_en.eq("Clerk"),
            post::headcount_kind.eq("administrative"),
            post::quota.eq(1),
            post::requirements.eq("{}"),
            post::state.eq("open"),
            post::created_at.eq(NOW),
        ))
        .execute(tx.db)?;
    Ok(id)
}

/// Application and account of a candidate with a ticket.
pub(super) fn insert_candidate(
    tx: &mut Tx<'_>,
    examination: Id,
    post: Id,
    ticket: &str,
) -> Result<(Id, Id), Problem> {
    let (id, person) = (Id::new(NOW), Id::new(NOW));
    let sealed = tx.vault.seal("{}")?;
    diesel::insert_into(account::table)
        .values((
            account::id.eq(person),
            account::login_index.eq(tx.vault.index("login", ticket)),
            account::login_sealed.eq(&sealed),
            account::name_sealed.eq(&sealed),
            account::password_hash.eq(""),
            account::state.eq("active"),
            account::must_change_password.eq(false),
            account::created_at.eq(NOW),
        ))
        .execute(tx.db)?;
    diesel::insert_into(application::table)
        .values((
            application::id.eq(id),
            application::examination_id.eq(examination),
            application::post_id.eq(post),
            application::account_id.eq(person),
            application::state.eq("approved"),
            application::facts_sealed.eq(&sealed),
            application::screening_sealed.eq(&sealed),
            application::submitted_at.eq(NOW),
            application::ticket_no.eq(ticket),
            application::room.eq("1"),
            application::seat.eq(1),
        ))
        .execute(tx.db)?;
    Ok((id, person))
}

pub(super) fn essay() -> Body {
    let line = RubricPoint {
        point: "观点".to_owned(),
        marks: score("20"),
    };
    Body::Essay {
        rubric: vec![line],
        marks: score("20"),
        words_max: 1000,
        reference: "参考".to_owned(),
    }
}

pub(super) fn insert_item(
    tx: &mut Tx<'_>,
    code: &str,
    version: i32,
    body: Body,
) -> Result<Id, Problem> {
    let id = Id::new(NOW);
    diesel::insert_into(item::table)
        .values((
            item::id.eq(id),
            item::bank.eq("b"),
            item::code.eq(code),
            item::section.eq("s"),
            item::topic.eq("t"),
            item::difficulty.eq("easy"),
            item::kind.eq(body.kind().as_str()),
            item::state.eq("approved"),
            item::version.eq(version),
            item::author_id.eq(id),
            item::updated_at.eq(NOW),
        ))
        .execute(tx.db)?;
    insert_version(tx, id, code, version, body)?;
    Ok(id)
}

pub(super) fn insert_version(
    tx: &mut Tx<'_>,
    id: Id,
    code: &str,
    version: i32,
    body: Body,
) -> Result<(), Problem> {
    let content = Item {
        code: code.to_owned(),
        section: "s".to_owned(),
        topic: "t".to_owned(),
        difficulty: Difficulty::Easy,
        stimulus: None,
        stem: "论述凡进必考".to_owned(),
        body,
        explanation: String::new(),
        enemies: Vec::new(),
        seconds: None,
        markup: crate::bank::rich::Markup::Plain,
    };
    let sealed = tx.vault.seal(serde_json::to_vec(&content).unwrap())?;
    diesel::insert_into(item_version::table)
        .values((
            item_version::item_id.eq(id),
            item_version::version.eq(version),
            item_version::content_sealed.eq(sealed),
            item_version::content_hash.eq(vec![0u8; 32]),
            item_version::author_id.eq(id),
            item_version::created_at.eq(NOW),
        ))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_paper(
    tx: &mut Tx<'_>,
    subject: Id,
    application: Id,
    items: &[(Id, &str)],
) -> Result<Id, Problem> {
    let places = items
        .iter()
        .zip(1..)
        .map(|((item_id, marks), position)| PlacedItem {
            position,
            item_id: *item_id,
            version: 1,
            marks: score(marks),
            option_order: vec![],
        });
    let section = PaperSection {
        code: "s".to_owned(),
        places: places.collect(),
    };
    let content = Paper {
        sections: vec![section],
    };
    let id = Id::new(NOW);
    let sealed = tx.vault.seal(serde_json::to_vec(&content).unwrap())?;
    diesel::insert_into(paper::table)
        .values((
            paper::id.eq(id),
            paper::subject_id.eq(subject),
            paper::application_id.eq(application),
            paper::content_sealed.eq(sealed),
            paper::hash.eq(vec![0u8; 32]),
            paper::created_at.eq(NOW),
        ))
        .execute(tx.db)?;
    Ok(id)
}

/// The statement held true, and an essay; handed in.
pub(super) fn insert_attempt(
    tx: &mut Tx<'_>,
    subject: Id,
    (application, person): (Id, Id),
    paper: Id,
) -> Result<Id, Problem> {
    let text = "考试面前人人平等。".to_owned();
    let answers = BTreeMap::from([
        (1, Answer::Judgement { holds: true }),
        (2, Answer::Text { text }),
    ]);
    let id = Id::new(NOW);
    diesel::insert_into(attempt::table)
        .values((
            attempt::id.eq(id),
            attempt::subject_id.eq(subject),
            attempt::application_id.eq(application),
            attempt::account_id.eq(person),
            attempt::paper_id.eq(paper),
            attempt::state.eq("closed"),
            attempt::started_at.eq(NOW),
            attempt::closes_at.eq(NOW),
            attempt::closed_at.eq(NOW),
            attempt::digest.eq(digest(&answers)?.to_vec()),
        ))
        .execute(tx.db)?;
    for (position, answer) in &answers {
        diesel::insert_into(response::table)
            .values((
                response::attempt_id.eq(id),
                response::position.eq(i32::try_from(*position).unwrap()),
                response::answer.eq(serde_json::to_string(answer).unwrap()),
                response::flagged.eq(false),
                response::revision.eq(1i64),
                response::saved_at.eq(NOW),
            ))
            .execute(tx.db)?;
    }
    Ok(id)
}
