//! Rules of establishment. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Fault, Problem};
use crate::regulation::{Registration, Track};

/// The types of headcount. They are never mixed (机构编制管理: no post of one type may be filled
/// on a slot of another).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HeadcountKind {
    /// 行政编制
    Administrative,
    /// 事业编制
    Institutional,
    /// 工勤编制
    Support,
}

impl HeadcountKind {
    /// All types.
    pub const ALL: [Self; 3] = [Self::Administrative, Self::Institutional, Self::Support];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrative => "administrative",
            Self::Institutional => "institutional",
            Self::Support => "support",
        }
    }
}

/// Levels of education, lowest first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Education {
    /// 不限
    #[default]
    None,
    /// 大学专科
    College,
    /// 大学本科
    Bachelor,
    /// 硕士研究生
    Master,
    /// 博士研究生
    Doctor,
}

impl Education {
    /// All levels.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::College,
        Self::Bachelor,
        Self::Master,
        Self::Doctor,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::College => "college",
            Self::Bachelor => "bachelor",
            Self::Master => "master",
            Self::Doctor => "doctor",
        }
    }
}

/// What a post asks of its applicants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// Least education.
    #[serde(default)]
    pub education: Education,
    /// Whether a degree is needed.
    #[serde(default)]
    pub degree: bool,
    /// Majors that are admitted; empty admits any.
    #[serde(default)]
    pub majors: Vec<String>,
    /// Youngest age in completed years, if the post narrows the profile's.
    #[serde(default)]
    pub age_min: Option<i16>,
    /// Oldest age in completed years, if the post narrows the profile's.
    #[serde(default)]
    pub age_max: Option<i16>,
    /// Least completed years of work.
    #[serde(default)]
    pub years_min: i16,
    /// Certificates that must be held, all of them.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// The category the post is reserved for, such as `grassroots`.
    #[serde(default)]
    pub category: Option<String>,
}

/// The headcount of one type in one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Headcount {
    /// The type.
    pub kind: HeadcountKind,
    /// Approved (核定).
    pub approved: i32,
    /// Occupied by people in service (实有).
    pub occupied: i32,
    /// Promised to posts of plans under way.
    pub planned: i32,
}

impl Headcount {
    /// Slots that a new plan may take.
    pub const fn free(&self) -> i32 {
        self.approved - self.occupied - self.planned
    }
}

/// Whether a post still belongs to its examination.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// To be filled.
    Open,
    /// Withdrawn after the announcement, as for want of applicants.
    Cancelled,
}

impl PostState {
    /// All states.
    pub const ALL: [Self; 2] = [Self::Open, Self::Cancelled];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Whether a post of this track is filled with a newcomer, who needs a free slot. Those who are
/// promoted or given a title occupy their slot already.
pub const fn takes_headcount(track: Track) -> bool {
    matches!(track, Track::CivilService | Track::Institution)
}

/// Most characters of a name.
const NAME_MAX: usize = 100;
/// Fewest and most places of one post.
const QUOTA: std::ops::RangeInclusive<i32> = 1..=999;
/// Ages a post may name, in completed years.
const AGES: std::ops::RangeInclusive<i16> = 16..=70;
/// Years of work a post may ask for.
const YEARS: std::ops::RangeInclusive<i16> = 0..=50;
/// Most entries of a list of majors or certificates.
const LIST_MAX: usize = 50;

/// Checks an organisation's code and names.
pub fn check_organisation(code: &str, name_zh: &str, name_en: &str) -> Result<(), Problem> {
    Problem::unless_valid(naming_faults(
        code,
        ("name_zh", name_zh),
        ("name_en", name_en),
    ))
}

/// What is wrong with a code and the names beside it; the Chinese one is required.
pub(super) fn naming_faults(
    code: &str,
    zh: (&'static str, &str),
    en: (&'static str, &str),
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !is_code(code) {
        faults.push(Fault::new("code", "not-a-code"));
    }
    for (place, name) in [zh, en] {
        if name.chars().count() > NAME_MAX {
            faults.push(Fault::new(place, "too-long").with("max", NAME_MAX));
        }
        faults.extend(Fault::of_control(place, name.trim(), &[]));
    }
    if zh.1.trim().is_empty() {
        faults.push(Fault::new(zh.0, "required"));
    }
    faults
}

/// What is wrong with the numbers and conditions of a post under these rules.
pub fn post_faults(quota: i32, requirements: &Requirements, rules: &Registration) -> Vec<Fault> {
    let mut faults: Vec<_> = within("quota", quota, QUOTA).into_iter().collect();
    faults.extend(requirements.faults(rules));
    faults
}

/// A fault unless `value` lies in `range`.
fn within<T: PartialOrd + std::fmt::Display>(
    place: &str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Option<Fault> {
    let fault = || Fault::new(place, "out-of-range");
    (!range.contains(&value)).then(|| fault().with("min", range.start()).with("max", range.end()))
}

impl Requirements {
    /// What is wrong with them. They may narrow the rules and never widen them.
    fn faults(&self, rules: &Registration) -> Vec<Fault> {
        let place = |field: &str| format!("requirements.{field}");
        let category = self.category.as_deref().filter(|code| !is_code(code));
        [
            self.age_faults(rules),
            list_faults(&place("majors"), &self.majors),
            list_faults(&place("certificates"), &self.certificates),
            within(&place("years_min"), self.years_min, YEARS)
                .into_iter()
                .collect(),
            category
                .map(|_| Fault::new(place("category"), "not-a-code"))
                .into_iter()
                .collect(),
        ]
        .concat()
    }

    fn age_faults(&self, rules: &Registration) -> Vec<Fault> {
        const MIN: &str = "requirements.age_min";
        const MAX: &str = "requirements.age_max";
        let (min, max) = (self.age_min, self.age_max);
        let ages = [(MIN, min), (MAX, max)].into_iter();
        let mut faults: Vec<_> = ages
            .filter_map(|(place, age)| within(place, age?, AGES))
            .collect();
        if min.zip(max).is_some_and(|(min, max)| min > max) {
            faults.push(Fault::new(MAX, "range-reversed"));
        }
        let wider = |place, limit| Fault::new(place, "wider-than-the-rules").with("limit", limit);
        let floor = rules.age_min.map(i16::from).zip(min);
        faults.extend(floor.and_then(|(limit, age)| (age < limit).then(|| wider(MIN, limit))));
        let ceiling = rules.age_max.map(i16::from).zip(max);
        faults.extend(ceiling.and_then(|(limit, age)| (age > limit).then(|| wider(MAX, limit))));
        faults
    }
}

/// What is wrong with a list of words: an empty word, a long one, too many.
fn list_faults(place: &str, words: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if words.len() > LIST_MAX {
        faults.push(Fault::new(place, "too-many").with("max", LIST_MAX));
    }
    for (index, word) in words.iter().enumerate() {
        let place = format!("{place}[{index}]");
        if word.trim().is_empty() {
            faults.push(Fault::new(place, "required"));
        } else if word.chars().count() > NAME_MAX {
            faults.push(Fault::new(place, "too-long").with("max", NAME_MAX));
        }
    }
    faults
}

/// A code is 1 to 32 letters, digits, hyphens or underscores.
pub fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(plain)
}

/// Checks an approval of headcount: it must cover what is occupied and promised already.
pub fn check_approval(approved: i32, occupied: i32, planned: i32) -> Result<(), Problem> {
    let mut faults = Vec::new();
    for (place, value) in [("approved", approved), ("occupied", occupied)] {
        faults.extend(within(place, value, 0..=1_000_000));
    }
    if faults.is_empty() && approved - occupied < planned {
        faults.push(Fault::new("approved", "below-use").with("least", occupied + planned));
    }
    Problem::unless_valid(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_slots_are_what_is_neither_filled_nor_promised() {
        let kind = HeadcountKind::Administrative;
        assert_eq!(
            Headcount {
                kind,
                approved: 40,
                occupied: 31,
                planned: 5
            }
            .free(),
            4
        );
    }

    #[test]
    fn an_approval_may_not_fall_below_what_is_in_use() {
        assert!(check_approval(40, 31, 9).is_ok());
        let refused = check_approval(39, 31, 9).unwrap_err();
        assert_eq!(refused.faults[0].code, "below-use");
        assert!(check_approval(-1, 0, 0).is_err());
    }

    fn places(requirements: &Requirements) -> Vec<String> {
        let rules = crate::regulation::Profile::shipped(Track::CivilService).unwrap();
        let faults = post_faults(1, requirements, &rules.registration);
        faults
            .iter()
            .map(|fault| format!("{} {}", fault.place, fault.code))
            .collect()
    }

    #[test]
    fn a_post_that_asks_for_nothing_is_sound() {
        assert_eq!(places(&Requirements::default()), [""; 0]);
    }

    /// The civil-service rules admit from 18 to 35.
    #[test]
    fn a_post_may_narrow_the_ages_of_the_rules_but_not_widen_them() {
        let ages = |min, max| Requirements {
            age_min: Some(min),
            age_max: Some(max),
            ..Requirements::default()
        };
        assert_eq!(places(&ages(20, 30)), [""; 0]);
        assert_eq!(
            places(&ages(18, 36)),
            ["requirements.age_max wider-than-the-rules"]
        );
        assert_eq!(
            places(&ages(30, 20)),
            ["requirements.age_max range-reversed"]
        );
        assert_eq!(
            places(&ages(17, 30)),
            ["requirements.age_min wider-than-the-rules"]
        );
    }

    #[test]
    fn an_empty_major_or_an_odd_category_is_named_with_its_place() {
        let odd = Requirements {
            majors: vec!["法学".to_owned(), " ".to_owned()],
            years_min: -1,
            category: Some("两年 基层".to_owned()),
            ..Requirements::default()
        };
        assert_eq!(
            places(&odd),
            [
                "requirements.majors[1] required",
                "requirements.years_min out-of-range",
                "requirements.category not-a-code"
            ]
        );
    }

    #[test]
    fn codes_are_plain() {
        assert!(is_code("BZ-RSJ_01"));
        for wrong in ["", "a b", "编办", &"x".repeat(33)] {
            assert!(!is_code(wrong), "{wrong}");
        }
    }
}
