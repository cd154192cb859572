//! Rules of establishment. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Fault, Problem};

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

/// Most characters of a name.
const NAME_MAX: usize = 100;

/// Checks an organisation's code and names.
pub fn check_organisation(code: &str, name_zh: &str, name_en: &str) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if !is_code(code) {
        faults.push(Fault::new("code", "not-a-code"));
    }
    for (place, name) in [("name_zh", name_zh), ("name_en", name_en)] {
        if name.chars().count() > NAME_MAX {
            faults.push(Fault::new(place, "too-long").with("max", NAME_MAX));
        }
    }
    if name_zh.trim().is_empty() {
        faults.push(Fault::new("name_zh", "required"));
    }
    Problem::unless_valid(faults)
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
        if !(0..=1_000_000).contains(&value) {
            faults.push(
                Fault::new(place, "out-of-range")
                    .with("min", 0)
                    .with("max", 1_000_000),
            );
        }
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

    #[test]
    fn codes_are_plain() {
        assert!(is_code("BZ-RSJ_01"));
        for wrong in ["", "a b", "编办", &"x".repeat(33)] {
            assert!(!is_code(wrong), "{wrong}");
        }
    }
}
