//! What a draw is for, how far it has come, and what may be announced. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::draw::Seed;
use crate::draw::beacon::{Beacon, round_at};
use crate::draw::ceremony::CUSTODIANS_MIN;
use crate::draw::lists::panels_of_posts;
use crate::kernel::merkle::Hash;
use crate::kernel::{Fault, Instant, Problem};

/// Seconds that must lie between the witnessed commitment and the beacon.
pub const LEAD_SECONDS: i64 = 600;
/// Most custodians.
const CUSTODIANS_MAX: usize = 9;
/// Most characters of a name.
const NAME_MAX: usize = 100;
/// Most members of a list that is drawn by hand.
const MEMBERS_MAX: usize = 5000;
/// Most panels.
const PANELS_MAX: usize = 500;
/// Most digits of what a candidate contributes.
const CONTRIBUTION_MAX: usize = 64;

/// What a draw decides.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Ticket numbers, rooms and seats.
    Seats,
    /// The papers of all subjects.
    Papers,
    /// The order in which candidates are interviewed.
    Interviews,
    /// Who sits on the interview panels, and which panel examines for which post.
    Panels,
    /// Who marks scripts.
    Markers,
}

impl Purpose {
    /// All purposes, in the order in which an examination comes to them.
    pub const ALL: [Self; 5] = [
        Self::Seats,
        Self::Papers,
        Self::Markers,
        Self::Interviews,
        Self::Panels,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seats => "seats",
            Self::Papers => "papers",
            Self::Interviews => "interviews",
            Self::Panels => "panels",
            Self::Markers => "markers",
        }
    }

    /// Whether it puts the members of a list in order, and nothing else.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Interviews | Self::Panels | Self::Markers)
    }
}

/// How far a draw has come, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawState {
    /// Custodians commit to their secrets.
    Open,
    /// Pool, rules and commitments are fixed.
    Committed,
    /// The result is decided.
    Drawn,
    /// Given up, for a reason that everybody reads.
    Void,
    /// Of papers: decided, and recalled because the papers hold a leaked item. They stand until
    /// others are locked, which another draw decides.
    Recalled,
}

impl DrawState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Committed,
        Self::Drawn,
        Self::Void,
        Self::Recalled,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Committed => "committed",
            Self::Drawn => "drawn",
            Self::Void => "void",
            Self::Recalled => "recalled",
        }
    }

    /// Whether it has a result: also if that was recalled.
    pub const fn has_result(self) -> bool {
        matches!(self, Self::Drawn | Self::Recalled)
    }

    /// Whether another draw for the same may be opened beside it.
    pub const fn makes_room(self) -> bool {
        matches!(self, Self::Void | Self::Recalled)
    }
}

/// What is to be done next in a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Custodians commit to their secrets.
    Commit,
    /// The organiser fixes what is drawn from.
    Fix,
    /// Everybody waits for the beacon; then its value is entered.
    Beacon,
    /// Custodians show their secrets.
    Reveal,
    /// The result is drawn.
    Draw,
    /// Nothing: the result is decided.
    Done,
    /// Nothing: the draw is void.
    Void,
    /// Nothing: the result is recalled, and another draw decides.
    Recalled,
}

impl Step {
    /// The steps of a ceremony, in order.
    pub const ALL: [Self; 5] = [
        Self::Commit,
        Self::Fix,
        Self::Beacon,
        Self::Reveal,
        Self::Draw,
    ];

    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Fix => "fix",
            Self::Beacon => "beacon",
            Self::Reveal => "reveal",
            Self::Draw => "draw",
            Self::Done => "done",
            Self::Void => "void",
            Self::Recalled => "recalled",
        }
    }

    /// What is next, given how far everything has come.
    pub const fn next(state: DrawState, committed: bool, beacon: bool, revealed: bool) -> Self {
        match state {
            DrawState::Void => Self::Void,
            DrawState::Recalled => Self::Recalled,
            DrawState::Drawn => Self::Done,
            DrawState::Open if !committed => Self::Commit,
            DrawState::Open => Self::Fix,
            DrawState::Committed if !beacon => Self::Beacon,
            DrawState::Committed if !revealed => Self::Reveal,
            DrawState::Committed => Self::Draw,
        }
    }
}

/// Where the beacon's value will come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "source", rename_all = "snake_case", deny_unknown_fields)]
pub enum BeaconWish {
    /// The first round of drand quicknet at or after the announced time.
    Drand,
    /// A numbered draw of a public lottery that is still to come.
    Lottery {
        /// The lottery.
        name: String,
        /// The number of the draw.
        draw: String,
        /// How many numbers each group has.
        groups: Vec<usize>,
    },
    /// Ten-sided dice, rolled in front of everybody.
    Dice {
        /// How many rolls.
        rolls: usize,
    },
}

impl BeaconWish {
    /// The beacon that is announced for `at`, and when its value is there.
    pub fn announced(&self, at: Instant) -> Result<(Beacon, Instant), Problem> {
        let beacon = match self.clone() {
            Self::Drand => Beacon::Drand {
                round: round_at(at.seconds()),
            },
            Self::Lottery { name, draw, groups } => Beacon::Lottery { name, draw, groups },
            Self::Dice { rolls } => Beacon::Dice { rolls },
        };
        let place = match beacon {
            Beacon::Dice { .. } => "beacon.rolls",
            _ => "beacon",
        };
        beacon
            .check()
            .map_err(|_| Problem::field(place, "beacon-can-be-guessed"))?;
        let second = beacon.second().unwrap_or(at.seconds());
        let rounded = Instant::from_micros(second.saturating_mul(1_000_000));
        Ok((beacon, rounded.max(at)))
    }
}

/// Somebody who keeps a secret of a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustodian {
    /// The account by which the secret is committed to and shown.
    pub account: crate::kernel::Id,
    /// For which office, as everybody reads it: `市纪委监委`.
    pub office: String,
}

/// What stands against these custodians, as far as their list alone shows it.
pub fn custodian_faults(custodians: &[NewCustodian]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(CUSTODIANS_MIN..=CUSTODIANS_MAX).contains(&custodians.len()) {
        let fault = Fault::new("custodians", "custodians-number");
        faults.push(
            fault
                .with("min", CUSTODIANS_MIN)
                .with("max", CUSTODIANS_MAX),
        );
    }
    let mut seen = BTreeSet::new();
    for (at, one) in custodians.iter().enumerate() {
        let place = |field| format!("custodians.{at}.{field}");
        if !seen.insert(one.account) {
            faults.push(Fault::new(place("account"), "custodian-twice"));
        }
        faults.extend(name_fault(&place("office"), &one.office));
    }
    faults
}

fn name_fault(place: &str, name: &str) -> Option<Fault> {
    let name = name.trim();
    if name.is_empty() {
        return Some(Fault::new(place, "required"));
    }
    if name.chars().count() > NAME_MAX {
        return Some(Fault::new(place, "too-long").with("max", NAME_MAX));
    }
    Fault::of_control(place, name, &[])
}

/// How many of a stratum each panel needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The stratum, such as `chief`.
    pub stratum: String,
    /// How many of it sit on each panel.
    pub count: usize,
}

/// An examiner who may be drawn for a panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Examiner {
    /// Of which stratum.
    pub stratum: String,
    /// Name; kept sealed.
    pub name: String,
    /// Where she or he works; kept sealed.
    pub unit: String,
}

/// What interview panels are drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelPool {
    /// How many panels.
    pub panels: usize,
    /// Who sits on each.
    pub needs: Vec<Need>,
    /// Who may be drawn.
    pub examiners: Vec<Examiner>,
}

impl PanelPool {
    /// Everything that stands against drawing from it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=PANELS_MAX).contains(&self.panels) {
            let fault = Fault::new("panels", "out-of-range");
            faults.push(fault.with("min", 1).with("max", PANELS_MAX));
        }
        if self.examiners.len() > MEMBERS_MAX {
            faults.push(Fault::new("examiners", "too-many").with("max", MEMBERS_MAX));
        }
        if self.needs.is_empty() {
            faults.push(Fault::new("needs", "required"));
        }
        let mut strata = BTreeSet::new();
        for (at, need) in self.needs.iter().enumerate() {
            let place = format!("needs.{at}");
            faults.extend(name_fault(&place, &need.stratum));
            if need.count == 0 || !strata.insert(need.stratum.as_str()) {
                faults.push(Fault::new(&place, "stratum-twice-or-empty"));
            }
            faults.extend(self.shortage(&place, need));
        }
        for (at, one) in self.examiners.iter().enumerate() {
            faults.extend(name_fault(&format!("examiners.{at}.name"), &one.name));
            faults.extend(name_fault(&format!("examiners.{at}.unit"), &one.unit));
            if !strata.contains(one.stratum.as_str()) {
                let place = format!("examiners.{at}.stratum");
                faults.push(Fault::new(place, "stratum-unknown").with("stratum", &one.stratum));
            }
        }
        faults
    }

    /// Fewer examiners than the panels need. Practice asks for a fifth more (1:1.2), so that those
    /// who must stand back can be replaced.
    fn shortage(&self, place: &str, need: &Need) -> Option<Fault> {
        let own = self.examiners.iter();
        let found = own.filter(|one| one.stratum == need.stratum).count();
        let needed = self.panels.saturating_mul(need.count);
        let fault = || Fault::new(place, "stratum-too-small");
        (found < needed).then(|| fault().with("needed", needed).with("found", found))
    }
}

/// What a list was fixed with.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ListParams {
    /// How many of each stratum are chosen, for all panels together.
    #[serde(default)]
    chosen: BTreeMap<String, usize>,
    #[serde(default)]
    panels: usize,
    #[serde(default)]
    posts: Vec<String>,
}

impl ListParams {
    /// How many of a stratum of `size` are chosen; one that is not named is chosen whole.
    pub fn chosen_of(&self, stratum: &str, size: usize) -> usize {
        self.chosen.get(stratum).copied().unwrap_or(size)
    }
}

/// What a drawn list decides, of which the log has the hash: the order of each stratum, and the
/// panel of each post.
pub fn list_result(seed: &Seed, drawn: &BTreeMap<String, Vec<Hash>>, params: &ListParams) -> Value {
    let strata: BTreeMap<&String, Vec<String>> = drawn
        .iter()
        .map(|(stratum, order)| (stratum, order.iter().map(hex::encode).collect()))
        .collect();
    let posts = panels_of_posts(seed, params.panels, &params.posts);
    json!({ "strata": strata, "posts": posts })
}

/// Why a member of a list does not take the place that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandsBack {
    /// Related to a candidate, or otherwise bound to stand back (回避; Civil Servant Law, Art. 76).
    Conflict,
    /// Did not come.
    Absent,
    /// Cannot take part.
    Unable,
}

impl StandsBack {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Conflict, Self::Absent, Self::Unable];

    /// As in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Absent => "absent",
            Self::Unable => "unable",
        }
    }
}

/// What candidates contribute to the seed: digits, one entry each.
pub fn contribution_faults(given: &[String]) -> Vec<Fault> {
    let wrong = |text: &String| {
        !(1..=CONTRIBUTION_MAX).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit())
    };
    let given = given.iter().enumerate();
    given
        .filter(|(_, text)| wrong(text))
        .map(|(at, _)| Fault::new(format!("contributions.{at}"), "digits-only"))
        .collect()
}

#[cfg(test)]
mod unit_tests {
    use super::*;
    use crate::kernel::Id;

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_step_follows_from_how_far_everything_has_come() {
        use DrawState::{Committed, Drawn, Open, Void};
        assert_eq!(Step::next(Open, false, false, false), Step::Commit);
        assert_eq!(Step::next(Open, true, false, false), Step::Fix);
        assert_eq!(Step::next(Committed, true, false, false), Step::Beacon);
        assert_eq!(Step::next(Committed, true, true, false), Step::Reveal);
        assert_eq!(Step::next(Committed, true, true, true), Step::Draw);
        assert_eq!(Step::next(Drawn, true, true, true), Step::Done);
        assert_eq!(Step::next(Void, true, true, true), Step::Void);
        let recalled = Step::next(DrawState::Recalled, true, true, true);
        assert_eq!(recalled, Step::Recalled);
    }

    #[test]
    fn a_round_of_drand_is_the_first_at_or_after_the_announced_time() {
        let (beacon, time) = BeaconWish::Drand.announced(at(1_776_643_199)).unwrap();
        assert_eq!(beacon, Beacon::Drand { round: 27_946_612 });
        assert_eq!(time, at(1_776_643_200));
    }

    #[test]
    fn six_rolls_are_too_few() {
        let refused = BeaconWish::Dice { rolls: 6 }.announced(at(1)).unwrap_err();
        assert_eq!(refused.faults[0].code, "beacon-can-be-guessed");
        assert!(BeaconWish::Dice { rolls: 39 }.announced(at(1)).is_ok());
    }

    #[test]
    fn custodians_are_three_different_people_with_an_office_each() {
        let custodian = |account, office: &str| NewCustodian {
            account,
            office: office.to_owned(),
        };
        let ids: Vec<Id> = (0..3).map(|n| Id::new(at(n))).collect();
        let good = ["人社局", "纪委监委", "公证处"];
        let mut list: Vec<_> = ids
            .iter()
            .zip(good)
            .map(|(id, office)| custodian(*id, office))
            .collect();
        assert!(custodian_faults(&list).is_empty());
        list[2] = custodian(ids[0], " ");
        let codes: Vec<_> = custodian_faults(&list)
            .iter()
            .map(|fault| fault.code)
            .collect();
        assert_eq!(codes, ["custodian-twice", "required"]);
        list.truncate(2);
        assert_eq!(custodian_faults(&list)[0].code, "custodians-number");
    }

    #[test]
    fn a_stratum_must_fill_every_panel() {
        let examiner = |stratum: &str| Examiner {
            stratum: stratum.to_owned(),
            name: "王某".to_owned(),
            unit: "某局".to_owned(),
        };
        let need = |stratum: &str, count| Need {
            stratum: stratum.to_owned(),
            count,
        };
        let mut pool = PanelPool {
            panels: 2,
            needs: vec![need("chief", 1), need("other", 2)],
            examiners: ["chief", "chief", "other", "other", "other", "other"]
                .map(examiner)
                .into(),
        };
        assert!(pool.faults().is_empty());
        pool.examiners.pop();
        let faults = pool.faults();
        assert_eq!(
            (faults[0].place.as_str(), faults[0].code),
            ("needs.1", "stratum-too-small")
        );
        pool.examiners[0].stratum = "nobody".into();
        assert!(
            pool.faults()
                .iter()
                .any(|fault| fault.place == "examiners.0.stratum")
        );
    }

    #[test]
    fn contributions_are_digits() {
        let given = ["491038", "", "4a"].map(str::to_owned);
        let places: Vec<_> = contribution_faults(&given)
            .into_iter()
            .map(|fault| fault.place)
            .collect();
        assert_eq!(places, ["contributions.1", "contributions.2"]);
    }
}
