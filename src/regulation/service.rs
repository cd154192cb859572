//! The acts of regulation: opening an examination under a track, changing its rules while it is a
//! draft, and freezing them with the announcement.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::phase::Phase;
use super::profile::Profile;
use super::read;
use super::store::{self, ExaminationRow, SubjectRow};
use super::words::{ComponentKind, Track};
use crate::access::{Acting, Actor, Role};
use crate::kernel::{Fault, Id, Instant, Problem, zone};
use crate::ledger::{self, Entry};
use crate::store::{Tx, View};

/// An examination with its rules, for the rooms that follow.
#[derive(Debug, Clone)]
pub struct Examination {
    /// Id.
    pub id: Id,
    /// Code, such as `2026-gwy`.
    pub code: String,
    /// Year.
    pub year: i32,
    /// Track.
    pub track: Track,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// Where it stands.
    pub phase: Phase,
    /// Its rules.
    pub profile: Profile,
    /// SHA-256 of the rules' canonical JSON, once frozen.
    pub profile_hash: Option<Vec<u8>>,
    /// Registration opens.
    pub registration_opens: Instant,
    /// Registration closes.
    pub registration_closes: Instant,
    /// Last day of the publicity period, once results are published.
    pub publicity_ends: Option<String>,
    /// Whether that day was over when the examination was read.
    pub publicity_over: bool,
    /// When the announcement was published.
    pub announced_at: Option<Instant>,
}

impl Examination {
    /// Signs a decision of `kind` in this examination under its rules.
    pub fn decision(&self, acting: Acting, kind: &'static str) -> Entry {
        acting
            .decides(kind)
            .examination(self.id, self.year)
            .under(self.profile_hash.as_deref())
    }

    /// Refuses once the announcement is published: posts, times and rules are promised then.
    pub fn must_be_draft(&self) -> Result<(), Problem> {
        match self.phase {
            Phase::Draft => Ok(()),
            _ => Err(Problem::conflict("rules-frozen")),
        }
    }

    /// Whether applications are taken at this moment.
    pub fn takes_applications(&self, now: Instant) -> bool {
        let window = self.registration_opens..self.registration_closes;
        self.phase == Phase::Announced && window.contains(&now)
    }

    /// A decision that follows from the rules and the clock alone.
    pub fn system_decision(&self, kind: &'static str) -> Entry {
        let entry = Entry::new(kind, None, "system");
        entry
            .examination(self.id, self.year)
            .under(self.profile_hash.as_deref())
    }
}

/// A new examination.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExamination {
    /// Code: letters, digits, hyphen, underscore.
    pub code: String,
    /// Year.
    pub year: i32,
    /// Track.
    pub track: Track,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    #[serde(default)]
    pub title_en: String,
    /// Registration opens.
    pub registration_opens: Instant,
    /// Registration closes.
    pub registration_closes: Instant,
}

/// Opens an examination under the shipped profile of its track.
pub fn open(tx: &mut Tx<'_>, actor: &Actor, new: &NewExamination) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    check_new(new)?;
    let profile = Profile::shipped(new.track).map_err(Problem::invalid)?;
    let row = ExaminationRow {
        id: Id::new(tx.now),
        code: new.code.clone(),
        year: new.year,
        track: new.track,
        title_zh: new.title_zh.trim().to_owned(),
        title_en: new.title_en.trim().to_owned(),
        stage: Phase::Draft,
        profile: profile.canonical_json()?,
        profile_hash: None,
        registration_opens: new.registration_opens,
        registration_closes: new.registration_closes,
        publicity_ends: None,
        created_by: acting.account,
        created_at: tx.now,
        announced_at: None,
    };
    store::insert_examination(tx, &row)?;
    let inputs =
        json!({ "code": row.code, "track": row.track, "profile": hex::encode(profile.hash()?) });
    let entry = acting
        .decides("examination.opened")
        .examination(row.id, row.year);
    ledger::record(tx, &entry.on(inputs).outcome("opened"))?;
    Ok(row.id)
}

fn check_new(new: &NewExamination) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=32).contains(&new.code.len()) || !new.code.bytes().all(plain) {
        faults.push(Fault::new("code", "not-a-code"));
    }
    if new.title_zh.trim().is_empty() {
        faults.push(Fault::new("title_zh", "required"));
    }
    for (place, title) in [("title_zh", &new.title_zh), ("title_en", &new.title_en)] {
        if title.chars().count() > 100 {
            faults.push(Fault::new(place, "too-long").with("max", 100));
        }
        faults.extend(Fault::of_control(place, title.trim(), &[]));
    }
    if !(2000..=2200).contains(&new.year) {
        faults.push(
            Fault::new("year", "out-of-range")
                .with("min", 2000)
                .with("max", 2200),
        );
    }
    if new.registration_closes <= new.registration_opens {
        faults.push(Fault::new("registration_closes", "ends-before-it-begins"));
    }
    Problem::unless_valid(faults)
}

/// Overrides parts of the profile while the examination is a draft. `overrides` is TOML.
pub fn override_profile(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: Id,
    overrides: &str,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = hold_alone(tx, id)?;
    examination.must_be_draft()?;
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
    let profile = examination
        .profile
        .with_overrides(overrides)
        .map_err(Problem::invalid)?;
    store::set_profile(tx, id, &profile.canonical_json()?)?;
    let inputs = json!({ "overrides": overrides, "profile": hex::encode(profile.hash()?) });
    let entry = acting
        .decides("profile.overridden")
        .examination(id, examination.year)
        .on(inputs);
    ledger::record(tx, &entry.outcome("overridden").because(reason))?;
    Ok(())
}

/// When a written component is sat.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sitting {
    /// The component of the profile.
    pub component: String,
    /// When it begins.
    pub opens_at: Instant,
    /// When it ends for everybody.
    pub closes_at: Instant,
}

/// Sets when a written component is sat. Part of the announcement, so only in a draft.
pub fn schedule(tx: &mut Tx<'_>, actor: &Actor, id: Id, sitting: &Sitting) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let examination = hold_alone(tx, id)?;
    examination.must_be_draft()?;
    let written = examination.profile.component(&sitting.component);
    let Some(component) = written.filter(|c| c.kind == ComponentKind::Written) else {
        return Err(Problem::field("component", "not-a-written-component"));
    };
    let mut faults = Vec::new();
    if sitting.opens_at < examination.registration_closes {
        faults.push(Fault::new("opens_at", "before-registration-closes"));
    }
    if sitting.closes_at <= sitting.opens_at {
        faults.push(Fault::new("closes_at", "ends-before-it-begins"));
    }
    Problem::unless_valid(faults)?;
    store::delete_subject(tx, id, &sitting.component)?;
    let row = SubjectRow {
        id: Id::new(tx.now),
        examination_id: id,
        component: component.code.clone(),
        title_zh: component.title.zh.clone(),
        title_en: component.title.en.clone(),
        bank: String::new(),
        blueprint: String::new(),
        opens_at: sitting.opens_at,
        closes_at: sitting.closes_at,
        seed_sealed: None,
        pool: None,
        papers_root: None,
        locked_at: None,
    };
    store::insert_subject(tx, &row)?;
    let entry = acting
        .decides("sitting.scheduled")
        .examination(id, examination.year)
        .on(json!(sitting));
    ledger::record(tx, &entry.outcome("scheduled"))?;
    Ok(row.id)
}

/// Publishes the announcement and freezes the rules: from now on their hash is cited by every
/// decision, and they cannot change. `posts` is how many posts the announcement offers.
pub fn announce(tx: &mut Tx<'_>, actor: &Actor, id: Id, posts: usize) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::Organiser])?;
    let mut examination = hold_alone(tx, id)?;
    examination.phase.must_be(&[Phase::Draft])?;
    let faults = announcement_faults(tx, &examination, posts)?;
    Problem::unless_valid(faults)?;
    let hash = examination.profile.hash()?;
    store::freeze(tx, id, &hash)?;
    examination.profile_hash = Some(hash.to_vec());
    advance(tx, &examination, Phase::Announced)?;
    let sittings: Vec<_> = subjects(tx, id)?
        .into_iter()
        .map(|s| (s.component, s.opens_at, s.closes_at))
        .collect();
    let inputs = json!({
        "profile": examination.profile, "posts": posts, "sittings": sittings,
        "registration": [examination.registration_opens, examination.registration_closes],
    });
    let entry = examination.decision(acting, "announcement.published");
    ledger::record(tx, &entry.on(inputs).outcome("published"))?;
    Ok(())
}

/// What an announcement still lacks (Civil Servant Law, Art. 28: posts, quota, conditions).
fn announcement_faults(
    tx: &mut Tx<'_>,
    examination: &Examination,
    posts: usize,
) -> Result<Vec<Fault>, Problem> {
    let mut faults = examination.profile.validate();
    if posts == 0 {
        faults.push(Fault::new("posts", "announcement-without-posts"));
    }
    let scheduled = store::subjects(tx.db, examination.id)?;
    for component in examination.profile.components_of(ComponentKind::Written) {
        if !scheduled
            .iter()
            .any(|subject| subject.component == component.code)
        {
            let place = format!("sittings.{}", component.code);
            faults.push(Fault::new(place, "sitting-not-scheduled"));
        }
    }
    if examination.registration_closes <= tx.now {
        faults.push(Fault::new("registration_closes", "in-the-past"));
    }
    Ok(faults)
}

/// Moves an examination on to the next phase. The act that does so records its own decision.
pub fn advance(tx: &mut Tx<'_>, examination: &Examination, to: Phase) -> Result<(), Problem> {
    let from = examination.phase;
    let follows = from.next() == Some(to);
    if !follows || !store::set_phase(tx, examination.id, from, to)? {
        return Err(Problem::conflict("stage-out-of-order").with("phase", from.as_str()));
    }
    Ok(())
}

/// Notes the last day of the publicity period.
pub fn set_publicity_ends(tx: &mut Tx<'_>, id: Id, day: &str) -> Result<(), Problem> {
    store::set_publicity_ends(tx, id, day)
}

/// An examination with its rules, for an act in it: until the act commits nobody moves it to
/// another phase or changes its rules. Acts take it so; [`load`] is for reading.
pub fn hold(tx: &mut Tx<'_>, id: Id) -> Result<Examination, Problem> {
    let row = store::hold(tx, id)?;
    examination(row, tx.now)
}

/// As [`hold`], for an act that changes rules or phase: it waits for the acts under way, and
/// those that come after it see the change.
pub fn hold_alone(tx: &mut Tx<'_>, id: Id) -> Result<Examination, Problem> {
    let row = store::hold_alone(tx, id)?;
    examination(row, tx.now)
}

/// An examination with its rules.
pub fn load(view: &mut View<'_>, id: Id) -> Result<Examination, Problem> {
    let row = store::examination(view.db, id)?;
    examination(row, view.now)
}

fn examination(row: ExaminationRow, now: Instant) -> Result<Examination, Problem> {
    let last: Option<Date> = row.publicity_ends.as_ref().and_then(|day| day.parse().ok());
    Ok(Examination {
        id: row.id,
        code: row.code,
        year: row.year,
        track: row.track,
        title_zh: row.title_zh,
        title_en: row.title_en,
        phase: row.stage,
        profile: serde_json::from_str(&row.profile).map_err(Problem::internal)?,
        profile_hash: row.profile_hash,
        registration_opens: row.registration_opens,
        registration_closes: row.registration_closes,
        publicity_ends: row.publicity_ends,
        publicity_over: last.is_some_and(|last| now.date_in(&zone()) > last),
        announced_at: row.announced_at,
    })
}

/// The id of the examination with this code.
pub fn id_of(view: &mut View<'_>, code: &str) -> Result<Id, Problem> {
    store::id_of(view.db, code)
}

/// Examinations, newest first. Drafts are for those who prepare them.
pub fn examinations(
    view: &mut View<'_>,
    actor: Option<&Actor>,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<Examination>, Problem> {
    let drafts = actor.is_some_and(|actor| actor.acting_as(STAFF).is_ok());
    let rows = store::examinations(view.db, drafts, before, limit)?;
    let now = view.now;
    rows.into_iter().map(|row| examination(row, now)).collect()
}

/// Those who may look at a draft.
pub const STAFF: &[Role] = &[Role::Organiser, Role::Hr, Role::Supervisor];

/// One examination, as far as this visitor may know of it.
pub fn visible(view: &mut View<'_>, actor: Option<&Actor>, id: Id) -> Result<Examination, Problem> {
    let examination = load(view, id)?;
    let staff = actor.is_some_and(|actor| actor.acting_as(STAFF).is_ok());
    if examination.phase == Phase::Draft && !staff {
        return Err(Problem::not_found());
    }
    Ok(examination)
}

/// A written component with its times, for the rooms that follow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subject {
    /// Id.
    pub id: Id,
    /// The examination.
    pub examination: Id,
    /// The component of the profile.
    pub component: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// When it begins.
    pub opens_at: Instant,
    /// When it ends for everybody.
    pub closes_at: Instant,
    /// When its papers were locked.
    pub locked_at: Option<Instant>,
    /// Which of its sections hold items on trial, which do not count.
    pub trial: Vec<TrialNotice>,
}

/// What everybody is told beforehand of a section that holds items on trial (试测题).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialNotice {
    /// The section's heading in Chinese.
    pub title_zh: String,
    /// The section's heading in English.
    pub title_en: String,
    /// How many of its questions are on trial.
    #[serde(default, rename(deserialize = "trial"))]
    pub count: u32,
}

impl TrialNotice {
    /// What a blueprint says of items on trial. Most have none, and need not be read for it.
    fn of(blueprint: &str) -> Vec<Self> {
        #[derive(Deserialize)]
        struct Sections {
            sections: Vec<TrialNotice>,
        }
        if !blueprint.contains("\"trial\":") {
            return Vec::new();
        }
        let read = serde_json::from_str(blueprint);
        let mut all = read.map_or_else(|_| Vec::new(), |read: Sections| read.sections);
        all.retain(|one| one.count > 0);
        all
    }
}

impl From<SubjectRow> for Subject {
    fn from(row: SubjectRow) -> Self {
        Self {
            id: row.id,
            examination: row.examination_id,
            component: row.component,
            title_zh: row.title_zh,
            title_en: row.title_en,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            locked_at: row.locked_at,
            trial: TrialNotice::of(&row.blueprint),
        }
    }
}

/// The written components of an examination, in the order in which they are sat.
pub fn subjects(view: &mut View<'_>, examination: Id) -> Result<Vec<Subject>, Problem> {
    Ok(store::subjects(view.db, examination)?
        .into_iter()
        .map(Subject::from)
        .collect())
}

/// One written component.
pub fn subject(view: &mut View<'_>, id: Id) -> Result<Subject, Problem> {
    store::subject(view.db, id).map(Subject::from)
}

/// The shipped profile of a track as its TOML text, for those who want to override it.
pub const fn shipped_text(track: Track) -> &'static str {
    read::shipped_toml(track)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blueprint_says_openly_which_sections_hold_items_on_trial() {
        let with = r#"{"sections":[{"code":"a","title_zh":"甲","title_en":"A","trial":3},
            {"code":"b","title_zh":"乙","title_en":"B"}],"title":"科目"}"#;
        let [notice] = <[_; 1]>::try_from(TrialNotice::of(with)).unwrap();
        assert_eq!((&*notice.title_zh, notice.count), ("甲", 3));
        assert_eq!(TrialNotice::of(&with.replace(",\"trial\":3", "")), []);
        assert_eq!(TrialNotice::of(""), []);
    }
}
