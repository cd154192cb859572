//! Reading, overriding and freezing profiles.

use serde::Deserialize as _;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::{Profile, Track};
use crate::kernel::{Fault, Problem};

/// The profile that ships for a track, as TOML with the source of each number.
pub const fn shipped_toml(track: Track) -> &'static str {
    match track {
        Track::CivilService => include_str!("../../profiles/civil_service.toml"),
        Track::Institution => include_str!("../../profiles/institution.toml"),
        Track::Promotion => include_str!("../../profiles/promotion.toml"),
        Track::Title => include_str!("../../profiles/title.toml"),
    }
}

impl Profile {
    /// The profile that ships for a track.
    pub fn shipped(track: Track) -> Result<Self, Vec<Fault>> {
        Self::from_toml(shipped_toml(track))
    }

    /// Reads a profile and checks it whole. What cannot be read is a fault at `line N`; what is
    /// read and wrong is a fault at a dotted path such as `components.xingce.weight`.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Fault>> {
        let profile: Self = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        profile.checked()
    }

    /// This profile with some of its fields replaced, checked whole.
    ///
    /// `text` is TOML of the same shape: its tables are merged into this profile's, everything
    /// else in it, lists included, replaces what stood there. A field cannot be taken away.
    pub fn with_overrides(&self, text: &str) -> Result<Self, Vec<Fault>> {
        let changes: Table = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        let own = Value::try_from(self)
            .map_err(|error| vec![Fault::new("profile", UNREADABLE).with("reason", error)])?;
        Self::deserialize(merged(own, Value::Table(changes)))
            .map_err(|error| {
                let reason = error.to_string();
                vec![Fault::new("overrides", UNREADABLE).with("reason", reason.trim())]
            })?
            .checked()
    }

    fn checked(self) -> Result<Self, Vec<Fault>> {
        let faults = self.validate();
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }

    /// The profile as canonical JSON (RFC 8785): the text that is frozen and published.
    pub fn canonical_json(&self) -> Result<String, Problem> {
        serde_json_canonicalizer::to_string(self).map_err(Problem::internal)
    }

    /// SHA-256 of the canonical JSON: the name of the frozen profile.
    pub fn hash(&self) -> Result<[u8; 32], Problem> {
        Ok(Sha256::digest(self.canonical_json()?).into())
    }
}

/// The code of a text that is no profile.
const UNREADABLE: &str = "profile-unreadable";

/// The fault of a text that cannot be read, at its line.
fn unreadable(text: &str, error: &toml::de::Error) -> Vec<Fault> {
    let place = error.span().map_or_else(
        || "profile".to_owned(),
        |span| {
            let before = text.bytes().take(span.start);
            format!("line {}", before.filter(|b| *b == b'\n').count() + 1)
        },
    );
    vec![Fault::new(place, UNREADABLE).with("reason", error.message())]
}

/// `base` with `changes` laid over it: tables merge, anything else is replaced.
fn merged(base: Value, changes: Value) -> Value {
    match (base, changes) {
        (Value::Table(mut base), Value::Table(changes)) => {
            for (key, change) in changes {
                let value = match base.remove(&key) {
                    Some(old) => merged(old, change),
                    None => change,
                };
                base.insert(key, value);
            }
            Value::Table(base)
        }
        (_, change) => change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::calendar::Calendar;
    use crate::regulation::{ComponentKind, ComponentRole, Stage};
    use proptest::prelude::*;

    fn profile(track: Track) -> Profile {
        Profile::shipped(track).unwrap()
    }

    #[test]
    fn all_four_profiles_that_ship_are_valid_and_say_their_own_track() {
        for track in Track::ALL {
            assert_eq!(profile(*track).track, *track);
        }
    }

    #[test]
    fn a_profile_that_is_no_toml_is_refused_at_its_line() {
        let faults = Profile::from_toml("code = \"x\"\nversion = \n").unwrap_err();
        assert_eq!(
            (&*faults[0].place, faults[0].code),
            ("line 2", "profile-unreadable")
        );
    }

    #[test]
    fn a_field_nobody_knows_is_refused_at_its_line() {
        let text = format!("fudge = 1\n{}", shipped_toml(Track::Title));
        let faults = Profile::from_toml(&text).unwrap_err();
        assert_eq!(faults[0].place, "line 1");
        assert!(faults[0].args[0].1.contains("fudge"), "{faults:?}");
    }

    #[test]
    fn a_weight_written_as_a_binary_float_is_refused() {
        let text = shipped_toml(Track::CivilService).replace("weight = \"0.30\"", "weight = 0.30");
        let faults = Profile::from_toml(&text).unwrap_err();
        assert_eq!(faults[0].code, "profile-unreadable");
        assert!(faults[0].place.starts_with("line "), "{faults:?}");
    }

    #[test]
    fn an_announcement_may_override_a_number_and_leave_the_rest() {
        let base = profile(Track::CivilService);
        let changed = base.with_overrides("[shortlist]\nratio = 5\n").unwrap();
        assert_eq!(changed.shortlist.unwrap().ratio, 5);
        assert_eq!(
            changed.shortlist.unwrap().tie_at_cut,
            base.shortlist.unwrap().tie_at_cut
        );
        assert_eq!(changed.components, base.components);
        assert_ne!(changed.hash().unwrap(), base.hash().unwrap());
    }

    #[test]
    fn an_override_replaces_a_list_as_a_whole() {
        let ties = "ties = [\"total\", \"admit_all\"]";
        let changed = profile(Track::CivilService).with_overrides(ties).unwrap();
        assert_eq!(changed.ties.len(), 2);
    }

    #[test]
    fn an_override_that_breaks_the_profile_is_refused() {
        let base = profile(Track::CivilService);
        let short = base
            .with_overrides("[publicity]\nworkdays = 3\n")
            .unwrap_err();
        assert_eq!(
            (&*short[0].place, short[0].code),
            ("publicity.workdays", "publicity-too-short")
        );
        let unknown = base
            .with_overrides("[publicity]\nmonths = 3\n")
            .unwrap_err();
        assert_eq!(
            (&*unknown[0].place, unknown[0].code),
            ("overrides", "profile-unreadable")
        );
    }

    /// The published JSON is the profile: nothing is lost, and reading it back gives its hash.
    #[test]
    fn the_frozen_text_reads_back_as_the_same_profile() {
        for track in Track::ALL {
            let profile = profile(*track);
            let json = profile.canonical_json().unwrap();
            let again: Profile = serde_json::from_str(&json).unwrap();
            assert_eq!(again, profile);
            assert_eq!(again.hash().unwrap(), profile.hash().unwrap());
        }
    }

    #[test]
    fn the_order_of_tables_in_the_file_does_not_change_the_hash() {
        let text = shipped_toml(Track::Title);
        let (rest, approval) = text.split_once("[approval]").unwrap();
        let (approval, tail) = approval.split_once("\n\n").unwrap();
        let moved = format!("{rest}{tail}\n\n[approval]{approval}\n");
        assert_eq!(
            Profile::from_toml(&moved).unwrap().hash().unwrap(),
            profile(Track::Title).hash().unwrap()
        );
    }

    #[test]
    fn the_civil_service_profile_follows_the_sichuan_announcement_of_2022() {
        let civil = profile(Track::CivilService);
        let weights: Vec<_> = civil
            .components
            .iter()
            .map(|c| (c.code.as_str(), c.weight.to_string()))
            .collect();
        assert_eq!(
            weights,
            [
                ("xingce", "0.3".to_owned()),
                ("shenlun", "0.3".to_owned()),
                ("interview", "0.4".to_owned())
            ]
        );
        assert_eq!(civil.min_applicants.unwrap().ratio, 5);
        assert_eq!(civil.interview.unwrap().panel, 7);
        assert_eq!(civil.probation_months, Some(12));
    }

    #[test]
    fn a_title_is_decided_by_an_exam_that_opens_the_door_and_a_vote() {
        let title = profile(Track::Title);
        assert_eq!(title.components_of(ComponentKind::Vote).count(), 1);
        let vote = title.component("committee").unwrap();
        assert_eq!(vote.role, ComponentRole::Gate);
        assert_eq!(vote.vote.unwrap().pass.to_string(), "2/3");
        assert_eq!(title.stage_after(Stage::Approval), None);
        assert_eq!(title.stage_after(Stage::Vote), Some(Stage::Composite));
    }

    #[test]
    fn five_working_days_of_publicity_pass_over_the_national_day() {
        let civil = profile(Track::CivilService);
        let published = "2026-09-29".parse().unwrap();
        let last = civil
            .publicity
            .last_day(published, &Calendar::shipped().unwrap());
        assert_eq!(last.unwrap().to_string(), "2026-10-12");
    }

    #[test]
    fn the_words_of_the_code_are_the_words_of_the_file() {
        for stage in Stage::ALL {
            let word = serde_json::to_value(stage).unwrap();
            assert_eq!(word.as_str(), Some(stage.as_str()));
            assert_eq!(stage.as_str().parse(), Ok(*stage));
        }
        for track in Track::ALL {
            let word = serde_json::to_value(track).unwrap();
            assert_eq!(word.as_str(), Some(track.as_str()));
            assert_eq!(track.as_str().parse(), Ok(*track));
        }
    }

    proptest! {
        /// Whatever the text, reading it gives a profile or faults with a place, and never panics.
        #[test]
        fn reading_never_panics(cut in 0usize..6000, junk in ".{0,12}") {
            let text = shipped_toml(Track::CivilService);
            let at = (0..=cut.min(text.len())).rev().find(|i| text.is_char_boundary(*i));
            let (head, tail) = text.split_at(at.unwrap_or(0));
            if let Err(faults) = Profile::from_toml(&format!("{head}{junk}{tail}")) {
                prop_assert!(faults.iter().all(|f| !f.place.is_empty()));
            }
        }

        #[test]
        fn merging_a_profile_with_itself_changes_nothing(index in 0usize..4) {
            let track = Track::ALL[index];
            let same = profile(track).with_overrides(shipped_toml(track)).unwrap();
            prop_assert_eq!(same, profile(track));
        }
    }
}
