//! The words of a profile: its enums, fractions and comparators, as written in TOML.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Words of an enum as stored, shown in addresses and written in profiles.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as stored and as written in a profile.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord(text.to_owned())),
                }
            }
        }
    };
}

/// A word that a profile does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a word of the regulation profile")]
pub struct UnknownWord(pub String);

/// The four mandatory exams (四必考).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// Civil-service entry (公务员凡进必考).
    CivilService,
    /// Public-institution hiring (事业单位凡聘必考).
    Institution,
    /// Promotion within the service (职务凡升必考).
    Promotion,
    /// Professional titles (职称凡评必考).
    Title,
}

words!(Track {
    CivilService => "civil_service",
    Institution => "institution",
    Promotion => "promotion",
    Title => "title",
});

/// A stage of an examination (环节). The variants stand in the usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The announcement with its posts (公告).
    Announcement,
    /// Applications are taken (报名).
    Registration,
    /// Applications are examined (资格审查).
    EligibilityReview,
    /// Rooms, seats and tickets (准考证).
    AdmissionTicket,
    /// The written examination (笔试).
    WrittenExam,
    /// Scripts are marked (阅卷).
    Marking,
    /// Written results, queries and corrections (笔试成绩).
    WrittenResult,
    /// Who goes on to the interview (入围).
    Shortlist,
    /// Originals are checked (资格复审).
    QualificationRecheck,
    /// The interview (面试).
    Interview,
    /// The democratic assessment or another assessment on a roll of assessors (民主测评).
    Assessment,
    /// A deciding vote: a title committee (评委会票决) or a party group's meeting (讨论决定).
    Vote,
    /// The composite and the merit list (总成绩).
    Composite,
    /// The medical examination (体检).
    Medical,
    /// The inspection of the person (考察).
    Inspection,
    /// The publicity period (公示).
    Publicity,
    /// Approval or record by the authority (审批、备案).
    Approval,
    /// Probation (试用期).
    Probation,
}

words!(Stage {
    Announcement => "announcement",
    Registration => "registration",
    EligibilityReview => "eligibility_review",
    AdmissionTicket => "admission_ticket",
    WrittenExam => "written_exam",
    Marking => "marking",
    WrittenResult => "written_result",
    Shortlist => "shortlist",
    QualificationRecheck => "qualification_recheck",
    Interview => "interview",
    Assessment => "assessment",
    Vote => "vote",
    Composite => "composite",
    Medical => "medical",
    Inspection => "inspection",
    Publicity => "publicity",
    Approval => "approval",
    Probation => "probation",
});

/// How a component comes by its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// A written subject (笔试科目).
    Written,
    /// An interview before a panel (面试).
    Interview,
    /// An assessment by a roll of assessors (测评).
    Assessment,
    /// A secret vote (票决); it has votes instead of a mark.
    Vote,
}

words!(ComponentKind {
    Written => "written",
    Interview => "interview",
    Assessment => "assessment",
    Vote => "vote",
});

/// What a component does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentRole {
    /// Its mark counts in the composite.
    Score,
    /// It must be passed and counts for nothing more.
    Gate,
}

words!(ComponentRole {
    Score => "score",
    Gate => "gate",
});

/// A fraction of at most one, such as `2/3`, written as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fraction {
    numerator: u32,
    denominator: u32,
}

impl Fraction {
    /// The least whole number that is at least this fraction of `n`: `ceil(n × fraction)`.
    pub fn at_least(self, n: u32) -> u64 {
        (u64::from(n) * u64::from(self.numerator)).div_ceil(u64::from(self.denominator))
    }

    /// The least whole number that is more than this fraction of `n`.
    pub fn more_than(self, n: u32) -> u64 {
        u64::from(n) * u64::from(self.numerator) / u64::from(self.denominator) + 1
    }
}

impl FromStr for Fraction {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let parse = || {
            let (numerator, denominator) = text.split_once('/')?;
            let (numerator, denominator) = (numerator.parse().ok()?, denominator.parse().ok()?);
            (1..=denominator).contains(&numerator).then_some(Self {
                numerator,
                denominator,
            })
        };
        parse().ok_or_else(|| UnknownWord(text.to_owned()))
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// Whether the stated fraction is enough, or must be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// The fraction is enough (不少于).
    AtLeast,
    /// It must be exceeded (超过).
    MoreThan,
}

words!(Threshold {
    AtLeast => "at_least",
    MoreThan => "more_than",
});

/// Of whom the fraction is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteBase {
    /// Of those who attend (出席).
    Attending,
    /// Of all who should attend (应到会).
    Members,
}

words!(VoteBase {
    Attending => "attending",
    Members => "members",
});

/// When bonus points (加分) join the written composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bonus {
    /// There are none.
    None,
    /// They are added whole to the weighted sum.
    AfterWeight,
    /// They are added to the written mark out of one hundred, and weighed with it.
    BeforeWeight,
}

words!(Bonus {
    None => "none",
    AfterWeight => "after_weight",
    BeforeWeight => "before_weight",
});

/// Which applicants count towards the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantBasis {
    /// Those who have paid, or whose waiver is confirmed (缴费人数).
    Paid,
    /// Those who passed the eligibility review (有效报名人数).
    Approved,
    /// Those who sat (实考人数).
    Sat,
}

words!(ApplicantBasis {
    Paid => "paid",
    Approved => "approved",
    Sat => "sat",
});

/// What may be done with a post that drew too few applicants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortfallAct {
    /// Fewer places (调减).
    Reduce,
    /// The post is withdrawn (取消).
    Cancel,
    /// Candidates may move to a matching post (改报).
    Transfer,
    /// Fees are given back (退费).
    Refund,
    /// The post is kept under a numbered approval (经批准保留).
    KeepWithApproval,
}

words!(ShortfallAct {
    Reduce => "reduce",
    Cancel => "cancel",
    Transfer => "transfer",
    Refund => "refund",
    KeepWithApproval => "keep_with_approval",
});

/// What happens to candidates who are equal at the last place of the shortlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieAtCut {
    /// All with the same written composite enter (并列人员一并进入).
    AdmitAll,
    /// The tie rules separate them; those still equal enter together.
    TieRules,
    /// None of them enters.
    NoneOfTied,
}

words!(TieAtCut {
    AdmitAll => "admit_all",
    TieRules => "tie_rules",
    NoneOfTied => "none_of_tied",
});

/// What an answer earns that is neither right nor wrong throughout: a multiple choice, a matching
/// or an ordering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultipleRule {
    /// Nothing: only the exact key earns the marks (多选、少选、错选均不得分).
    #[default]
    AllOrNothing,
    /// Of a multiple choice, if no wrong option is chosen, the share of the right ones that are;
    /// with a wrong one nothing (少选按比例得分，错选不得分). Of matchings and orderings, the share of the
    /// places that are right.
    PartialNoWrong,
    /// The share of what is right less that of what is wrong, and never less than nothing
    /// (选对得分，选错扣分，扣完为止).
    RightMinusWrong,
}

words!(MultipleRule {
    AllOrNothing => "all_or_nothing",
    PartialNoWrong => "partial_no_wrong",
    RightMinusWrong => "right_minus_wrong",
});

/// What follows when two blind marks differ by more than the tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Nothing: the mean of the marks stands.
    MeanOfTwo,
    /// A third marker; the mean of the two closest if they agree, or else an arbiter.
    ClosestPair,
    /// An arbiter at once, whose mark stands (仲裁).
    Arbiter,
}

words!(Resolution {
    MeanOfTwo => "mean_of_two",
    ClosestPair => "closest_pair",
    Arbiter => "arbiter",
});

/// One step of the tie rule (同分规则). More is better in each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Comparator {
    /// The composite: `total`.
    Total,
    /// The written composite: `written`.
    Written,
    /// The mark of one component: `component:xingce`.
    Component(String),
    /// Belonging to a category: `category:martyr_child`.
    Category(String),
    /// An extra test among the tied (加试): `extra_test`.
    ExtraTest,
    /// Those still equal are all taken: `admit_all`.
    AdmitAll,
}

impl FromStr for Comparator {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text.split_once(':') {
            None if text == "total" => Ok(Self::Total),
            None if text == "written" => Ok(Self::Written),
            None if text == "extra_test" => Ok(Self::ExtraTest),
            None if text == "admit_all" => Ok(Self::AdmitAll),
            Some(("component", code)) if is_code(code) => Ok(Self::Component(code.to_owned())),
            Some(("category", code)) if is_code(code) => Ok(Self::Category(code.to_owned())),
            _ => Err(UnknownWord(text.to_owned())),
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total => f.write_str("total"),
            Self::Written => f.write_str("written"),
            Self::Component(code) => write!(f, "component:{code}"),
            Self::Category(code) => write!(f, "category:{code}"),
            Self::ExtraTest => f.write_str("extra_test"),
            Self::AdmitAll => f.write_str("admit_all"),
        }
    }
}

/// Types that stand as one text in TOML and JSON.
macro_rules! as_text {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = UnknownWord;
            fn try_from(text: String) -> Result<Self, UnknownWord> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}
as_text!(Comparator);
as_text!(Fraction);

/// Whether `text` is a code: a lower-case Latin letter, then letters, digits or `_`.
pub(super) fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// In which order vacancies are filled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubstitutionOrder {
    /// By the written composite: before the interview.
    Written,
    /// By the composite: after it.
    Total,
}

words!(SubstitutionOrder {
    Written => "written",
    Total => "total",
});

/// What the authority does with the proposed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// It approves (审批).
    Approval,
    /// It takes it on record (备案).
    Record,
}

words!(ApprovalKind {
    Approval => "approval",
    Record => "record",
});

/// What everybody may see of marks, under the ticket number (公开范围). The totals and ranks of the
/// published lists are public in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenMarks {
    /// Every component's mark, and how it came about.
    #[default]
    Components,
    /// Totals and ranks alone; the components are for the candidate to see.
    Totals,
}

words!(OpenMarks {
    Components => "components",
    Totals => "totals",
});

/// Until when a candidate may move to another post (改报).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangePost {
    /// Before the close, while the application is not yet reviewed or has failed.
    UntilReviewed,
    /// Never.
    Never,
}

words!(ChangePost {
    UntilReviewed => "until_reviewed",
    Never => "never",
});

/// Until when a candidate may withdraw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdraw {
    /// To the close of registration.
    UntilClose,
    /// Never.
    Never,
}

words!(Withdraw {
    UntilClose => "until_close",
    Never => "never",
});

/// On which results a candidate may ask for a check (成绩复核).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecheckScope {
    /// Shown as absent.
    Absent,
    /// Shown as zero.
    Zero,
    /// Any result.
    Any,
}

words!(RecheckScope {
    Absent => "absent",
    Zero => "zero",
    Any => "any",
});
