//! Rules of registration: the screening of a candidate's facts against a post, and what may
//! happen to an application when. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::records::Facts;
use crate::establishment::rules::{Education, Requirements};
use crate::kernel::{Fault, Instant, Problem};
use crate::regulation::{ChangePost, Registration, Withdraw};

/// Where an application stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// Waits for the eligibility review.
    Submitted,
    /// Passed it.
    Approved,
    /// Did not pass it.
    Refused,
    /// Taken back by the candidate.
    Withdrawn,
    /// Approved for a post that was then cancelled for want of applicants.
    Displaced,
}

impl ApplicationState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Submitted,
        Self::Approved,
        Self::Refused,
        Self::Withdrawn,
        Self::Displaced,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Displaced => "displaced",
        }
    }
}

/// What a screening looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// 学历
    Education,
    /// 学位
    Degree,
    /// 专业
    Major,
    /// 年龄
    Age,
    /// 工作年限
    Years,
    /// 资格证书
    Certificates,
    /// 定向类别
    Category,
}

impl Criterion {
    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Education => "education",
            Self::Degree => "degree",
            Self::Major => "major",
            Self::Age => "age",
            Self::Years => "years",
            Self::Certificates => "certificates",
            Self::Category => "category",
        }
    }
}

/// What the screening finds on one condition of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The condition.
    pub criterion: Criterion,
    /// Whether the stated facts meet it.
    pub met: bool,
    /// What is asked.
    pub asked: String,
    /// What the candidate states.
    pub stated: String,
}

/// Compares a candidate's facts with the conditions of a post. Only conditions that the post or
/// the profile sets are reported. It advises: the decision is a person's.
pub fn screen(
    facts: &Facts,
    age: i16,
    asked: &Requirements,
    registration: &Registration,
) -> Vec<Finding> {
    [
        education(facts, asked),
        degree(facts, asked),
        major(facts, asked),
        age_within(age, asked, registration),
        years(facts, asked),
        certificates(facts, asked),
        category(facts, asked),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether every condition is met.
pub fn all_met(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.met)
}

fn finding(
    criterion: Criterion,
    met: bool,
    asked: impl ToString,
    stated: impl ToString,
) -> Finding {
    Finding {
        criterion,
        met,
        asked: asked.to_string(),
        stated: stated.to_string(),
    }
}

fn education(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    let least = asked.education;
    let (has, met) = (facts.education, facts.education >= least);
    (least != Education::None)
        .then(|| finding(Criterion::Education, met, least.as_str(), has.as_str()))
}

fn degree(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    asked
        .degree
        .then(|| finding(Criterion::Degree, facts.degree, true, facts.degree))
}

fn major(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    let met = holds(&asked.majors, &facts.major);
    (!asked.majors.is_empty())
        .then(|| finding(Criterion::Major, met, asked.majors.join("、"), &facts.major))
}

/// A post may narrow the ages of the profile and never widen them.
fn age_within(age: i16, asked: &Requirements, registration: &Registration) -> Option<Finding> {
    let (lowest, highest) = (
        registration.age_min.map(i16::from),
        registration.age_max.map(i16::from),
    );
    let min = lowest.into_iter().chain(asked.age_min).max();
    let max = highest.into_iter().chain(asked.age_max).min();
    let range = match (min, max) {
        (None, None) => return None,
        (Some(min), None) => format!("≥ {min}"),
        (None, Some(max)) => format!("≤ {max}"),
        (Some(min), Some(max)) => format!("{min}–{max}"),
    };
    let met = min.is_none_or(|min| age >= min) && max.is_none_or(|max| age <= max);
    Some(finding(Criterion::Age, met, range, age))
}

fn years(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    let met = facts.years >= asked.years_min;
    (asked.years_min > 0).then(|| finding(Criterion::Years, met, asked.years_min, facts.years))
}

fn certificates(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    let wanted = &asked.certificates;
    let met = wanted.iter().all(|one| holds(&facts.certificates, one));
    (!wanted.is_empty()).then(|| {
        finding(
            Criterion::Certificates,
            met,
            wanted.join("、"),
            facts.certificates.join("、"),
        )
    })
}

fn category(facts: &Facts, asked: &Requirements) -> Option<Finding> {
    let wanted = asked.category.as_deref()?;
    let met = facts.categories.contains(wanted);
    let stated: Vec<&str> = facts.categories.iter().map(String::as_str).collect();
    Some(finding(Criterion::Category, met, wanted, stated.join("、")))
}

fn holds(list: &[String], wanted: &str) -> bool {
    let wanted = plain(wanted);
    list.iter().any(|one| plain(one) == wanted)
}

/// The text trimmed and in half-width letters, so that `（Ａ）` and `(A)` are the same.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars()
        .map(narrow)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Most characters of a free text among the facts.
const TEXT_MAX: usize = 60;
/// Most certificates, and most categories.
const LIST_MAX: usize = 20;
/// Most years of work.
const YEARS_MAX: i16 = 60;

/// Checks the form of a candidate's facts.
pub fn check_facts(facts: &Facts) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let texts = std::iter::once(("major", &facts.major))
        .chain(facts.certificates.iter().map(|text| ("certificates", text)))
        .chain(facts.categories.iter().map(|text| ("categories", text)));
    for (place, text) in texts {
        if text.chars().count() > TEXT_MAX {
            faults.push(Fault::new(place, "too-long").with("max", TEXT_MAX));
        }
    }
    for (place, count) in [
        ("certificates", facts.certificates.len()),
        ("categories", facts.categories.len()),
    ] {
        if count > LIST_MAX {
            faults.push(Fault::new(place, "too-many").with("max", LIST_MAX));
        }
    }
    if !(0..=YEARS_MAX).contains(&facts.years) {
        faults.push(Fault::new("years", "years-of-work").with("max", YEARS_MAX));
    }
    if !is_phone(&facts.phone) {
        faults.push(Fault::new("phone", "not-a-phone"));
    }
    Problem::unless_valid(faults)
}

/// Empty, or digits with the usual separators.
fn is_phone(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || b"+-() ".contains(&byte);
    text.is_empty() || ((5..=20).contains(&text.len()) && text.bytes().all(plain))
}

/// Refuses outside the days of registration.
pub fn must_be_open(opens: Instant, closes: Instant, now: Instant) -> Result<(), Problem> {
    if now < opens {
        return Err(Problem::conflict("registration-not-open"));
    }
    if now >= closes {
        return Err(Problem::conflict("registration-closed"));
    }
    Ok(())
}

/// Whether an application in this state may be withdrawn while registration is open. An approved
/// one may be, too: nobody is held to an application before the close.
pub fn may_withdraw(state: ApplicationState, rule: Withdraw) -> Result<(), Problem> {
    if rule == Withdraw::Never {
        return Err(Problem::conflict("withdrawal-not-allowed"));
    }
    if state == ApplicationState::Withdrawn {
        return Err(Problem::conflict("already-withdrawn"));
    }
    Ok(())
}

/// Whether an application in this state may move to another post while registration is open:
/// before it is reviewed, or after it was refused.
pub fn may_change_post(state: ApplicationState, rule: ChangePost) -> Result<(), Problem> {
    let movable = matches!(
        state,
        ApplicationState::Submitted | ApplicationState::Refused
    );
    match rule {
        ChangePost::Never => Err(Problem::conflict("post-change-not-allowed")),
        ChangePost::UntilReviewed if movable => Ok(()),
        ChangePost::UntilReviewed => Err(Problem::conflict("post-change-too-late")),
    }
}

/// Whether an application whose post was cancelled may still move to another (改报).
pub fn may_transfer(until: Option<Instant>, now: Instant) -> Result<(), Problem> {
    match until {
        Some(until) if now < until => Ok(()),
        Some(_) => Err(Problem::conflict("transfer-too-late")),
        None => Err(Problem::conflict("post-change-not-allowed")),
    }
}

/// Most characters of a reason.
const REASON_MAX: usize = 1000;

/// Checks the reason of a review: a refusal always needs one, and so does an approval against the
/// screening.
pub fn check_reason(approve: bool, findings: &[Finding], reason: &str) -> Result<(), Problem> {
    let length = reason.trim().chars().count();
    if length > REASON_MAX {
        let fault = Fault::new("reason", "too-long").with("max", REASON_MAX);
        return Err(Problem::invalid(vec![fault]));
    }
    if length == 0 && !approve {
        return Err(Problem::field("reason", "refusal-needs-reason"));
    }
    if length == 0 && !all_met(findings) {
        return Err(Problem::field("reason", "against-screening-needs-reason"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regulation::{Profile, Track};

    fn civil_service() -> Registration {
        Profile::shipped(Track::CivilService).unwrap().registration
    }

    fn demanding() -> Requirements {
        Requirements {
            education: Education::Bachelor,
            degree: true,
            majors: vec!["法学".into(), "计算机科学与技术(软件)".into()],
            age_min: None,
            age_max: Some(30),
            years_min: 2,
            certificates: vec!["法律职业资格证书".into()],
            category: Some("grassroots".into()),
        }
    }

    fn fitting() -> Facts {
        Facts {
            education: Education::Master,
            degree: true,
            major: " 计算机科学与技术（软件）".into(),
            years: 2,
            certificates: vec!["法律职业资格证书".into()],
            categories: ["grassroots".to_owned()].into(),
            phone: String::new(),
        }
    }

    fn unmet(facts: &Facts, age: i16) -> Vec<&'static str> {
        screen(facts, age, &demanding(), &civil_service())
            .iter()
            .filter(|finding| !finding.met)
            .map(|finding| finding.criterion.as_str())
            .collect()
    }

    #[test]
    fn a_candidate_who_has_everything_meets_every_condition() {
        let findings = screen(&fitting(), 30, &demanding(), &civil_service());
        assert_eq!(findings.len(), 7);
        assert!(all_met(&findings), "{findings:?}");
    }

    #[test]
    fn each_condition_is_judged_by_itself() {
        assert_eq!(unmet(&Facts::default(), 31).len(), 7);
        let with = |change: fn(&mut Facts)| {
            let mut facts = fitting();
            change(&mut facts);
            unmet(&facts, 25)
        };
        assert_eq!(with(|f| f.education = Education::College), ["education"]);
        assert_eq!(with(|f| f.degree = false), ["degree"]);
        assert_eq!(with(|f| f.major = "计算机".into()), ["major"]);
        assert_eq!(with(|f| f.years = 1), ["years"]);
        assert_eq!(with(|f| f.certificates.clear()), ["certificates"]);
        assert_eq!(with(|f| f.categories.clear()), ["category"]);
    }

    #[test]
    fn a_post_narrows_the_ages_of_the_profile_and_never_widens_them() {
        let age_met = |age, requirements: &Requirements| {
            all_met(&screen(
                &Facts::default(),
                age,
                requirements,
                &civil_service(),
            ))
        };
        let wide = Requirements {
            age_min: Some(16),
            age_max: Some(60),
            ..Requirements::default()
        };
        assert!(!age_met(17, &wide) && age_met(18, &wide) && age_met(35, &wide));
        assert!(!age_met(36, &wide));
        assert_eq!(unmet(&fitting(), 31), ["age"]);
    }

    #[test]
    fn a_post_that_asks_nothing_finds_nothing() {
        let title = Profile::shipped(Track::Title).unwrap().registration;
        assert!(screen(&Facts::default(), 70, &Requirements::default(), &title).is_empty());
    }

    #[test]
    fn what_may_happen_follows_the_profile_and_the_state() {
        use ApplicationState::*;
        for state in [Submitted, Approved, Refused] {
            assert!(may_withdraw(state, Withdraw::UntilClose).is_ok());
            assert!(may_withdraw(state, Withdraw::Never).is_err());
        }
        assert!(may_withdraw(Withdrawn, Withdraw::UntilClose).is_err());
        let moves =
            ApplicationState::ALL.map(|s| may_change_post(s, ChangePost::UntilReviewed).is_ok());
        assert_eq!(moves, [true, false, true, false, false]);
        assert!(may_change_post(Submitted, ChangePost::Never).is_err());
    }

    #[test]
    fn a_decision_against_the_screening_needs_a_reason() {
        let missed = [finding(Criterion::Degree, false, true, false)];
        assert!(check_reason(true, &[], "").is_ok());
        assert!(check_reason(true, &missed, " ").is_err());
        assert!(check_reason(true, &missed, "the original was shown").is_ok());
        assert!(check_reason(false, &missed, "").is_err());
    }

    #[test]
    fn facts_must_have_a_sound_form() {
        assert!(check_facts(&fitting()).is_ok());
        let wrong = Facts {
            major: "长".repeat(61),
            years: -1,
            phone: "call me".into(),
            ..Facts::default()
        };
        let places: Vec<_> = check_facts(&wrong)
            .unwrap_err()
            .faults
            .into_iter()
            .map(|fault| fault.place)
            .collect();
        assert_eq!(places, ["major", "years", "phone"]);
    }
}
