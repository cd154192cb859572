//! Checking a profile as a whole. Each function looks at one part and lists what is wrong with it;
//! the place of a fault is a dotted path such as `components.xingce.weight`.

use std::collections::BTreeSet;

use super::procedure::stages;
use super::*;
use crate::kernel::score::PLACES;
use crate::kernel::{Fault, Rounding, Score, Weight};

/// The least publicity period in working days: 公务员法 Art. 32 and, for titles and leading
/// officials, their own rules. Five working days always span the seven days of Order 6 Art. 23.
pub const LEAST_PUBLICITY: u16 = 5;

impl Profile {
    /// Everything that is wrong with this profile; nothing when it can be used.
    pub fn validate(&self) -> Vec<Fault> {
        [
            names(self),
            disclosures(&self.disclosures),
            stages(self),
            components(self),
            rounding(self),
            panel(self),
            ties(self),
            numbers(self),
        ]
        .concat()
    }
}

/// A fault at `place` unless `holds`.
pub(super) fn unless(holds: bool, place: impl Into<String>, code: &'static str) -> Option<Fault> {
    (!holds).then(|| Fault::new(place, code))
}

fn bilingual(place: &str, text: &Bilingual) -> Vec<Fault> {
    [("zh", &text.zh), ("en", &text.en)]
        .into_iter()
        .filter_map(|(language, text)| {
            let place = format!("{place}.{language}");
            unless(!text.trim().is_empty(), place, "text-missing")
        })
        .collect()
}

/// The values that occur a second time, in order.
pub(super) fn repeated<T: Ord + Clone>(
    values: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = T> {
    let mut seen = BTreeSet::new();
    values
        .into_iter()
        .filter(move |value| !seen.insert(value.clone()))
}

fn names(profile: &Profile) -> Vec<Fault> {
    let own = [
        unless(is_code(&profile.code), "code", "code-shape"),
        unless(profile.version > 0, "version", "must-be-positive"),
    ];
    let substitution = profile.substitution.iter();
    let texts = [
        ("title", &profile.title),
        ("approval.by", &profile.approval.by),
    ]
    .into_iter()
    .chain(substitution.map(|s| ("substitution.approver", &s.approver)));
    own.into_iter()
        .flatten()
        .chain(texts.flat_map(|(place, text)| bilingual(place, text)))
        .collect()
}

fn disclosures(six: &Disclosures) -> Vec<Fault> {
    let basis = "disclosures.legal_basis";
    let laws = six
        .legal_basis
        .iter()
        .enumerate()
        .map(|(index, law)| (format!("{basis}.{}", index + 1), law));
    let rest = [
        ("authority", &six.authority),
        ("procedure", &six.procedure),
        ("standards", &six.standards),
        ("results", &six.results),
        ("discipline", &six.discipline),
    ];
    unless(!six.legal_basis.is_empty(), basis, "list-empty")
        .into_iter()
        .chain(
            rest.into_iter()
                .map(|(name, text)| (format!("disclosures.{name}"), text))
                .chain(laws)
                .flat_map(|(place, text)| bilingual(&place, text)),
        )
        .collect()
}

fn components(profile: &Profile) -> Vec<Fault> {
    let codes = profile.components.iter().map(|c| &c.code);
    let twice = repeated(codes).map(|code| Fault::new(format!("components.{code}"), "duplicate"));
    let each = profile.components.iter().flat_map(component);
    let scored = || {
        let all = profile.components.iter();
        all.filter(|c| c.role == ComponentRole::Score)
    };
    let sum: Weight = scored().map(|c| c.weight).sum();
    let whole = (sum != Weight::ONE)
        .then(|| Fault::new("components", "weights-must-sum-to-one").with("sum", sum));
    let orders = profile.shortlist.is_none() || scored().any(|c| c.kind == ComponentKind::Written);
    let unordered = unless(orders, "shortlist", "shortlist-needs-written-score");
    each.chain(twice).chain(whole).chain(unordered).collect()
}

fn component(component: &Component) -> Vec<Fault> {
    let at = |field: &str| format!("components.{}.{field}", component.code);
    let vote = component.kind == ComponentKind::Vote;
    let gate = component.role == ComponentRole::Gate;
    let none = Weight::default();
    let floor = component.floor;
    let in_range = floor.is_none_or(|f| f > Score::ZERO && f <= component.max);
    let weighed = match component.role {
        ComponentRole::Gate => unless(
            component.weight == none,
            at("weight"),
            "gate-must-weigh-nothing",
        ),
        ComponentRole::Score => unless(component.weight > none, at("weight"), "must-be-positive"),
    };
    [
        unless(is_code(&component.code), at("code"), "code-shape"),
        unless(component.max > Score::ZERO, at("max"), "must-be-positive"),
        weighed,
        unless(in_range, at("floor"), "floor-out-of-range"),
        unless(
            !gate || vote || floor.is_some(),
            at("floor"),
            "gate-needs-floor",
        ),
        unless(!vote || floor.is_none(), at("floor"), "vote-has-no-mark"),
        unless(!vote || gate, at("role"), "vote-must-be-gate"),
        unless(
            vote == component.vote.is_some(),
            at("vote"),
            "vote-rule-for-votes",
        ),
    ]
    .into_iter()
    .flatten()
    .chain(bilingual(&at("title"), &component.title))
    .collect()
}

/// Whether dividing by `divisor` always ends after some decimal places: its only prime factors
/// are two and five.
fn division_ends(divisor: i64) -> bool {
    let mut rest = divisor;
    for factor in [2, 5] {
        while rest > 1 && rest % factor == 0 {
            rest /= factor;
        }
    }
    rest == 1
}

/// Whether a mark out of `max` has a finite decimal on the scale of one hundred.
fn scale_ends(max: Score) -> bool {
    let (mut a, mut b) = (FULL_MARKS.micros(), max.micros());
    while b > 0 {
        (a, b) = (b, a % b);
    }
    max.micros() > 0 && division_ends(max.micros() / a)
}

fn rounding(profile: &Profile) -> Vec<Fault> {
    let scored = |kind: Option<ComponentKind>| {
        let all = profile.components.iter();
        all.filter(move |c| c.role == ComponentRole::Score && kind.is_none_or(|k| c.kind == k))
            .all(|c| c.max <= Score::ZERO || scale_ends(c.max))
    };
    let interview = profile.interview.map(|i| {
        let kept = i
            .panel
            .saturating_sub(i.trim_high.saturating_add(i.trim_low));
        let ends = kept == 0 || division_ends(i64::from(kept));
        ("interview", i.places, i.rounding, ends)
    });
    let marking = profile.marking;
    let markers_end = marking.markers == 0 || division_ends(i64::from(marking.markers));
    let written_ends = scored(Some(ComponentKind::Written));
    [
        Some((
            "written",
            profile.written.places,
            profile.written.rounding,
            written_ends,
        )),
        Some((
            "composite",
            profile.composite.places,
            profile.composite.rounding,
            scored(None),
        )),
        Some(("marking", marking.places, marking.rounding, markers_end)),
        interview,
    ]
    .into_iter()
    .flatten()
    .flat_map(|(table, places, rounding, ends)| {
        let stated = ends || rounding != Rounding::None;
        [
            unless(
                places <= PLACES,
                format!("{table}.places"),
                "too-many-places",
            ),
            unless(stated, format!("{table}.rounding"), "rounding-required"),
        ]
    })
    .flatten()
    .collect()
}

fn panel(profile: &Profile) -> Vec<Fault> {
    let Some(rule) = profile.interview else {
        return Vec::new();
    };
    let trimmed = rule.trim_high.saturating_add(rule.trim_low);
    [
        unless(rule.panel % 2 == 1, "interview.panel", "panel-must-be-odd"),
        unless(rule.panel > trimmed, "interview.panel", "panel-too-small"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ties(profile: &Profile) -> Vec<Fault> {
    let place = |comparator: &Comparator| format!("ties.{comparator}");
    let first = profile.ties.first() == Some(&Comparator::Total);
    let last = profile.ties.len().saturating_sub(1);
    let each = profile.ties.iter().enumerate().filter_map(|(index, rule)| {
        let wrong = match rule {
            Comparator::AdmitAll if index < last => "admit-all-must-be-last",
            Comparator::Component(code) => match profile.component(code) {
                None => "component-unknown",
                Some(c) if c.kind == ComponentKind::Vote => "vote-has-no-mark",
                Some(_) => return None,
            },
            _ => return None,
        };
        Some(Fault::new(place(rule), wrong))
    });
    let texts = profile.ties.iter().map(ToString::to_string);
    let twice = repeated(texts).map(|text| Fault::new(format!("ties.{text}"), "duplicate"));
    unless(first, "ties", "ties-must-start-with-total")
        .into_iter()
        .chain(each)
        .chain(twice)
        .collect()
}

/// Numbers that must be at least one, within a share of one, or in order.
fn numbers(profile: &Profile) -> Vec<Fault> {
    let least = profile.min_applicants.as_ref();
    let recheck = profile.recheck_score.as_ref();
    let registration = &profile.registration;
    let positive = [
        ("min_applicants.ratio", least.map(|m| m.ratio)),
        ("shortlist.ratio", profile.shortlist.map(|s| s.ratio)),
        ("marking.markers", Some(profile.marking.markers)),
        (
            "registration.posts_per_candidate",
            Some(registration.posts_per_candidate),
        ),
        ("probation_months", profile.probation_months),
        ("contract_years_min", profile.contract_years_min),
        ("medical.ratio", profile.medical.map(|m| m.ratio)),
        ("inspection.ratio", profile.inspection.map(|i| i.ratio)),
        (
            "inspection.team_min",
            profile.inspection.map(|i| i.team_min),
        ),
        ("resit.times", profile.resit.map(|r| r.times)),
        (
            "resit.within_months",
            profile.resit.map(|r| r.within_months),
        ),
        (
            "certificate.valid_years",
            profile.certificate.map(|c| c.valid_years),
        ),
    ]
    .map(|(place, number)| unless(number != Some(0), place, "must-be-positive"));
    let shares = [
        ("marking.tolerance", profile.marking.tolerance),
        ("marking.spot_check", profile.marking.spot_check),
        ("marking.self_remark", profile.marking.self_remark),
    ]
    .map(|(place, share)| {
        let within = (Weight::default()..=Weight::ONE).contains(&share);
        unless(within, place, "share-out-of-range")
    });
    let lists = [
        (
            "min_applicants.on_fail",
            least.is_none_or(|m| !m.on_fail.is_empty()),
        ),
        (
            "recheck_score.scope",
            recheck.is_none_or(|r| !r.scope.is_empty()),
        ),
    ]
    .map(|(place, filled)| unless(filled, place, "list-empty"));
    let ages = registration
        .age_min
        .zip(registration.age_max)
        .is_none_or(|(min, max)| min <= max);
    let publicity = (profile.publicity.workdays < LEAST_PUBLICITY).then(|| {
        Fault::new("publicity.workdays", "publicity-too-short").with("least", LEAST_PUBLICITY)
    });
    positive
        .into_iter()
        .chain(shares)
        .chain(lists)
        .chain([
            unless(ages, "registration.age_max", "range-reversed"),
            publicity,
        ])
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The civil-service profile with one change.
    fn changed(change: impl FnOnce(&mut Profile)) -> Vec<String> {
        of(Track::CivilService, change)
    }

    /// The faults, as `place code`, of the profile of a track with one change.
    fn of(track: Track, change: impl FnOnce(&mut Profile)) -> Vec<String> {
        let mut profile = Profile::shipped(track).unwrap();
        change(&mut profile);
        let faults = profile.validate();
        faults
            .iter()
            .map(|f| format!("{} {}", f.place, f.code))
            .collect()
    }

    fn weight(text: &str) -> Weight {
        text.parse().unwrap()
    }

    #[test]
    fn weights_that_do_not_make_one_whole_are_refused() {
        let faults = changed(|p| p.components[2].weight = weight("0.41"));
        assert_eq!(faults, ["components weights-must-sum-to-one"]);
    }

    #[test]
    fn a_component_without_weight_is_no_score() {
        let faults = changed(|p| {
            p.components[0].weight = weight("0");
            p.components[1].weight = weight("0.6");
        });
        assert_eq!(faults, ["components.xingce.weight must-be-positive"]);
    }

    #[test]
    fn a_gate_has_a_floor_and_weighs_nothing() {
        let faults = of(Track::Promotion, |p| {
            p.components[0].role = ComponentRole::Gate;
            p.components[0].floor = None;
            p.shortlist = None;
            p.stages.retain(|s| *s != Stage::Shortlist);
        });
        assert_eq!(
            faults,
            [
                "components.regulations.weight gate-must-weigh-nothing",
                "components.regulations.floor gate-needs-floor",
                "components weights-must-sum-to-one",
            ]
        );
    }

    #[test]
    fn a_vote_cannot_be_counted_as_a_mark() {
        let faults = of(Track::Title, |p| {
            p.components[1].role = ComponentRole::Score;
            p.components[0].weight = weight("0.5");
            p.components[1].weight = weight("0.5");
        });
        assert_eq!(faults, ["components.committee.role vote-must-be-gate"]);
    }

    #[test]
    fn a_floor_above_the_highest_mark_is_refused() {
        let faults = changed(|p| p.components[2].floor = Some(Score::whole(101)));
        assert_eq!(faults, ["components.interview.floor floor-out-of-range"]);
    }

    #[test]
    fn inspection_may_come_before_the_medical_but_not_after_publicity() {
        let swap = |p: &mut Profile, a: Stage, b: Stage| {
            let at = |s| p.stages.iter().position(|x| *x == s).unwrap();
            let (a, b) = (at(a), at(b));
            p.stages.swap(a, b);
        };
        assert!(changed(|p| swap(p, Stage::Medical, Stage::Inspection)).is_empty());
        assert_eq!(
            changed(|p| swap(p, Stage::Inspection, Stage::Publicity)),
            ["stages.inspection stage-out-of-order"]
        );
    }

    #[test]
    fn a_required_stage_cannot_be_left_out() {
        let faults = changed(|p| p.stages.retain(|s| *s != Stage::Publicity));
        assert_eq!(faults, ["stages.publicity stage-required"]);
    }

    #[test]
    fn a_stage_and_its_rule_come_together() {
        assert_eq!(
            changed(|p| p.shortlist = None),
            ["stages.shortlist stage-without-rule"]
        );
        assert_eq!(
            changed(|p| p.stages.retain(|s| *s != Stage::Shortlist)),
            ["shortlist rule-without-stage"]
        );
    }

    #[test]
    fn a_tie_rule_names_components_that_exist_and_begins_with_the_composite() {
        let faults = changed(|p| {
            p.ties = ["written", "admit_all", "component:luck", "written"]
                .map(|text| text.parse().unwrap())
                .to_vec();
        });
        assert_eq!(
            faults,
            [
                "ties ties-must-start-with-total",
                "ties.admit_all admit-all-must-be-last",
                "ties.component:luck component-unknown",
                "ties.written duplicate",
            ]
        );
    }

    #[test]
    fn a_division_that_does_not_end_needs_a_rounding() {
        let faults = changed(|p| p.components[0].max = Score::whole(150));
        assert_eq!(
            faults,
            [
                "written.rounding rounding-required",
                "composite.rounding rounding-required"
            ]
        );
        let mean_of_seven = changed(|p| {
            p.interview = p.interview.map(|i| Interview {
                trim_high: 0,
                trim_low: 0,
                rounding: Rounding::None,
                ..i
            });
        });
        assert_eq!(mean_of_seven, ["interview.rounding rounding-required"]);
    }

    #[test]
    fn a_panel_is_odd_and_larger_than_what_is_left_out() {
        let faults = changed(|p| p.interview = p.interview.map(|i| Interview { panel: 2, ..i }));
        assert_eq!(
            faults,
            [
                "interview.panel panel-must-be-odd",
                "interview.panel panel-too-small"
            ]
        );
    }

    #[test]
    fn every_fault_is_listed_at_once() {
        let faults = changed(|p| {
            p.title.en.clear();
            p.disclosures.legal_basis.clear();
            p.publicity.workdays = 4;
            p.registration.age_min = Some(40);
        });
        assert_eq!(
            faults,
            [
                "title.en text-missing",
                "disclosures.legal_basis list-empty",
                "registration.age_max range-reversed",
                "publicity.workdays publicity-too-short",
            ]
        );
    }

    proptest! {
        #[test]
        fn only_divisors_of_powers_of_ten_end(n in 1i64..100_000) {
            let ends = 10i128.pow(20) % i128::from(n) == 0;
            prop_assert_eq!(division_ends(n), ends);
        }
    }
}
