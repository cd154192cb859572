//! What a profile holds. Marks and weights are exact decimals, written as texts in TOML and JSON.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::words::*;
use crate::kernel::calendar::{Calendar, CalendarError};
use crate::kernel::{Rounding, Score, Weight};

/// The scale on which components are weighed: every mark counts as if out of one hundred.
pub const FULL_MARKS: Score = Score::whole(100);

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The six disclosures (六公开) that every examination publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosures {
    /// Who decides (管理权限).
    pub authority: Bilingual,
    /// On what legal basis (办事依据).
    pub legal_basis: Vec<Bilingual>,
    /// By what steps (办事程序).
    pub procedure: Bilingual,
    /// By what standards (办事标准).
    pub standards: Bilingual,
    /// What is published of the results (办事结果).
    pub results: Bilingual,
    /// What is forbidden, and what follows (办事纪律).
    pub discipline: Bilingual,
}

/// One part of the examination that yields a mark or a vote (科目、考核环节).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// A short name in lower-case Latin letters, such as `xingce`.
    pub code: String,
    /// How it comes by its mark.
    pub kind: ComponentKind,
    /// The name.
    pub title: Bilingual,
    /// The highest mark, in marks; one hundred when not stated. A vote does not use it.
    #[serde(default = "full_marks")]
    pub max: Score,
    /// Its share of the composite, applied to the mark brought to a scale of one hundred. With a
    /// maximum of 100 that changes nothing. The shares of all scoring components make exactly one.
    #[serde(default)]
    pub weight: Weight,
    /// The least mark that passes, in marks on the component's own scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Score>,
    /// What it does.
    pub role: ComponentRole,
    /// When the vote passes; for votes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vote: Option<VoteRule>,
}

const fn full_marks() -> Score {
    FULL_MARKS
}

/// When a vote passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteRule {
    /// The fraction that agrees.
    pub pass: Fraction,
    /// Whether that fraction is enough.
    pub threshold: Threshold,
    /// Of whom.
    pub of: VoteBase,
    /// The fraction of all members that must attend, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Fraction>,
}

/// How the written composite (笔试折合成绩) is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Decimal places kept, 0 to 6.
    pub places: u8,
    /// What happens to further digits.
    pub rounding: Rounding,
    /// The qualifying line (合格分数线), in marks of the written composite; none where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Score>,
    /// When bonus points join it.
    pub bonus: Bonus,
}

/// How the composite (总成绩) is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// Decimal places kept, 0 to 6.
    pub places: u8,
    /// What happens to further digits.
    pub rounding: Rounding,
}

/// The least competition for which an examination is opened (开考比例).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinApplicants {
    /// Applicants per place.
    pub ratio: u32,
    /// Which applicants count.
    pub basis: ApplicantBasis,
    /// What may follow when they are too few.
    pub on_fail: Vec<ShortfallAct>,
}

impl MinApplicants {
    /// Applicants that a post with this many places needs.
    pub fn needed(&self, places: u32) -> u32 {
        places.saturating_mul(self.ratio)
    }

    /// Places for which this many applicants are enough.
    pub fn places(&self, applicants: u32) -> u32 {
        applicants.checked_div(self.ratio).unwrap_or(u32::MAX)
    }

    /// What the rules allow for a post with this many applicants. It can be cut only if they are
    /// enough for one place.
    pub fn allows(&self, act: ShortfallAct, applicants: u32) -> bool {
        let possible = act != ShortfallAct::Reduce || self.places(applicants) > 0;
        possible && self.on_fail.contains(&act)
    }
}

/// Who goes on to the interview (面试入围), in the order of the written composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shortlist {
    /// Candidates per place.
    pub ratio: u32,
    /// What happens at the last place.
    pub tie_at_cut: TieAtCut,
}

/// How an interview mark is formed from the marks of a panel (面试考官组).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interview {
    /// The least number of examiners, odd.
    pub panel: u32,
    /// Highest marks left out.
    pub trim_high: u32,
    /// Lowest marks left out.
    pub trim_low: u32,
    /// Decimal places of the mean, 0 to 6.
    pub places: u8,
    /// What happens to further digits.
    pub rounding: Rounding,
    /// The panel's vote that is needed besides the floor where the post drew no competition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncontested_vote: Option<VoteRule>,
}

/// How scripts are marked (阅卷).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marking {
    /// Markers per answer, blind to each other.
    pub markers: u32,
    /// The largest agreed difference, as a share of the question's marks.
    pub tolerance: Weight,
    /// What a multiple choice, matching or ordering earns that is partly right; in the frozen text
    /// only where it is not nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub multiple: MultipleRule,
    /// What follows beyond the tolerance.
    pub resolution: Resolution,
    /// Decimal places of a resolved mark, 0 to 6.
    pub places: u8,
    /// What happens to further digits.
    pub rounding: Rounding,
    /// Share of each day's scripts that is checked by others.
    #[serde(default)]
    pub spot_check: Weight,
    /// Share of a marker's own scripts that comes back to the same marker.
    #[serde(default)]
    pub self_remark: Weight,
}

/// How those who drop out are replaced (递补).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitution {
    /// Rounds of substitution allowed.
    pub max_rounds: u32,
    /// In which order.
    pub order: SubstitutionOrder,
    /// Who consents.
    pub approver: Bilingual,
}

/// The publicity period (公示).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publicity {
    /// Its length in working days; the day of publication is not counted.
    pub workdays: u16,
}

impl Publicity {
    /// The last day of a period published on `published`. Objections are taken to its end.
    pub fn last_day(self, published: Date, calendar: &Calendar) -> Result<Date, CalendarError> {
        calendar.after_workdays(published, self.workdays)
    }
}

/// How much of the results is public (公开范围).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Openness {
    /// What everybody may see of marks.
    pub marks: OpenMarks,
}

/// What a profile need not say: what was a rule before there was a word for it.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Who gives effect to the result (审批、备案).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The authority.
    pub by: Bilingual,
    /// What it does.
    pub kind: ApprovalKind,
}

/// The limits of a candidate's photograph (JPEG).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// Least width in pixels.
    pub width_min: u32,
    /// Least height in pixels.
    pub height_min: u32,
    /// Largest file in bytes.
    pub bytes_max: u32,
}

/// What a candidate pays, in whole yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// For each written subject.
    pub written_per_subject: u32,
    /// For the interview.
    pub interview: u32,
}

/// How applications are taken (报名).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Posts one candidate may apply for at a time.
    pub posts_per_candidate: u32,
    /// Until when the post may be changed.
    pub change_post: ChangePost,
    /// Until when one may withdraw.
    pub withdraw: Withdraw,
    /// Days after the close in which every application is reviewed.
    pub review_days: u32,
    /// Least age in full years at the first day of registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_min: Option<u8>,
    /// Greatest age in full years at the first day of registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_max: Option<u8>,
    /// The photograph.
    pub photo: Photo,
    /// What it costs, where there is a fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Fee>,
}

/// How results are checked at a candidate's request (成绩复核).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecheckScore {
    /// On which results.
    pub scope: Vec<RecheckScope>,
    /// Days after publication in which to ask.
    pub window_days: u32,
    /// Working days in which it is answered.
    pub answer_workdays: u16,
}

/// A second sitting after a failed gate (补考).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resit {
    /// How often.
    pub times: u32,
    /// Within how many months.
    pub within_months: u32,
}

/// How long a pass counts (合格证有效期).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Years a pass at the floor is valid.
    pub valid_years: u32,
    /// The lowest line a region may set for use within it and that year, in marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_floor: Option<Score>,
}

/// The medical examination (体检).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medical {
    /// Persons per place.
    pub ratio: u32,
    /// Rechecks allowed.
    pub recheck_times: u32,
    /// Days in which a recheck may be asked for.
    pub recheck_request_days: u32,
}

/// The inspection of the person (考察).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// Persons per place.
    pub ratio: u32,
    /// The least number of inspectors.
    pub team_min: u32,
}

/// Who sits on a title committee (职称评审委员会).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Committee {
    /// Least number of experts, of a committee for a whole series.
    pub series_min: u32,
    /// Least number of experts, of a committee for one specialty.
    pub specialty_min: u32,
    /// Longest term of an expert in years.
    pub term_years_max: u32,
}

/// Review and appeal against a decision (复核、申诉), in calendar days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeals {
    /// To ask the deciding body for a review, from knowing of the decision.
    pub review_request_days: u32,
    /// To answer the review.
    pub review_answer_days: u32,
    /// To appeal, from the answer to the review.
    pub appeal_days: u32,
    /// To appeal at once, without a review, from knowing of the decision.
    pub direct_appeal_days: u32,
    /// To decide the appeal.
    pub appeal_answer_days: u32,
    /// By which that may be extended once.
    pub extension_days: u32,
}

/// The rules by which one examination is run, whole and checked.
///
/// Optional tables are left out where a track has no such step; they never mean a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// A short name in lower-case Latin letters.
    pub code: String,
    /// The version, counted from one.
    pub version: u32,
    /// The track.
    pub track: Track,
    /// The name.
    pub title: Bilingual,
    /// The six disclosures.
    pub disclosures: Disclosures,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// The components, in the order in which they are shown.
    pub components: Vec<Component>,
    /// The written composite.
    pub written: Written,
    /// The composite.
    pub composite: Composite,
    /// The tie rule, in order; the first is the composite.
    pub ties: Vec<Comparator>,
    /// How scripts are marked.
    pub marking: Marking,
    /// How applications are taken.
    pub registration: Registration,
    /// The publicity period.
    pub publicity: Publicity,
    /// How much of the results is public; in the frozen text only where it is not everything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub openness: Openness,
    /// Who gives effect to the result.
    pub approval: Approval,
    /// Probation in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probation_months: Option<u32>,
    /// Shortest first contract in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_years_min: Option<u32>,
    /// The least competition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_applicants: Option<MinApplicants>,
    /// Who goes on to the interview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortlist: Option<Shortlist>,
    /// How the panel's marks make one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interview: Option<Interview>,
    /// How those who drop out are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitution: Option<Substitution>,
    /// How results are checked on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recheck_score: Option<RecheckScore>,
    /// A second sitting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resit: Option<Resit>,
    /// How long a pass counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// The medical examination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medical: Option<Medical>,
    /// The inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
    /// The meeting that decides after the inspection (讨论决定).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<VoteRule>,
    /// The title committee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committee: Option<Committee>,
    /// Review and appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeals: Option<Appeals>,
}

impl Profile {
    /// The component of that code.
    pub fn component(&self, code: &str) -> Option<&Component> {
        self.components.iter().find(|c| c.code == code)
    }

    /// The components of one kind, in order.
    pub fn components_of(&self, kind: ComponentKind) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |c| c.kind == kind)
    }

    /// The stage that follows `stage`, if any.
    pub fn stage_after(&self, stage: Stage) -> Option<Stage> {
        let mut rest = self.stages.iter().skip_while(|s| **s != stage);
        rest.next();
        rest.next().copied()
    }
}
