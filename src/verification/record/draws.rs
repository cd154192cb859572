//! V13: what was drawn by lot.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::public::Public;
use crate::ceremony::rules::{ListParams, list_result};
use crate::ceremony::{DrawState, Purpose};
use crate::disclosure::record::{Draw, Member};
use crate::draw::Seed;
use crate::draw::beacon::Beacon;
use crate::draw::ceremony::{CUSTODIANS_MIN, Revealed, pool_order, pool_root};
use crate::draw::lists::{member_commitment, order};
use crate::kernel::Instant;
use crate::kernel::merkle::Hash;
use crate::ledger::LogEntry;
use crate::regulation::Phase;
use crate::store::sha256;
use crate::verification::decisions::inputs;
use crate::verification::recalls::{self, Came};
use crate::verification::rules::{At as _, Difference, same, same_hash, same_table};

/// `draw.committed`
#[derive(Deserialize)]
pub(super) struct Committed {
    beacon: Beacon,
    beacon_at: Instant,
    custodians: Vec<Custodian>,
    pub(super) pool: PoolFixed,
    pub(super) params: Value,
}

#[derive(Deserialize)]
struct Custodian {
    number: u64,
    commitment: String,
}

#[derive(Deserialize)]
pub(super) struct PoolFixed {
    pub(super) root: String,
    pub(super) count: usize,
}

/// V13: every draw was given up in the open or follows from what was fixed before its beacon.
pub(super) fn draws(public: &Public) -> Result<usize, Difference> {
    let places = public
        .draws
        .iter()
        .map(|draw| (draw.purpose.as_str(), draw.number));
    must_ascend("draws", places)?;
    for purpose in Purpose::ALL {
        tries(public, purpose)?;
    }
    for draw in &public.draws {
        Lot::of(public, draw)?.check(public)?;
    }
    let came = came_out(public).map(|draw| Came {
        code: &draw.code,
        number: i64::from(draw.number),
        recalled: draw.state == DrawState::Recalled,
    });
    let came: Vec<Came<'_>> = came.collect();
    recalls::justified(&public.decisions, &public.told, &came, "draws of papers")?;
    Ok(public.draws.len())
}

/// Each stands behind the one before, and none twice.
pub(super) fn must_ascend<T: PartialOrd>(
    at: &str,
    places: impl Iterator<Item = T>,
) -> Result<(), Difference> {
    let places: Vec<T> = places.collect();
    if places.is_sorted_by(|one, next| one < next) {
        return Ok(());
    }
    Err(Difference::new(
        at,
        "they do not stand in their order, each once",
    ))
}

fn tries(public: &Public, purpose: Purpose) -> Result<(), Difference> {
    let at = format!("draws of {}", purpose.as_str());
    let own: Vec<&Draw> = public
        .draws
        .iter()
        .filter(|draw| draw.purpose == purpose)
        .collect();
    let void = own
        .iter()
        .filter(|draw| draw.state == DrawState::Void)
        .count();
    for (number, draw) in (1..).zip(&own) {
        same(&at, "number", &draw.number, "it should be", &number)?;
        let code = format!("{}/{}/{number}", public.about.code, purpose.as_str());
        same(&at, "name", &draw.code, "it should be", &code)?;
        if draw.state == DrawState::Recalled && purpose != Purpose::Papers {
            return Err(Difference::new(&at, format!("{code} cannot be recalled")));
        }
        let last = own.len() == usize::try_from(number).unwrap_or_default();
        if !draw.state.makes_room() && !last {
            return Err(Difference::new(
                &at,
                format!("{code} stands beside a later one"),
            ));
        }
    }
    let logged = |kind: &str| {
        let of = |entry: &&LogEntry| entry.payload.inputs["purpose"] == purpose.as_str();
        public.decisions.of(&[kind]).filter(of).count()
    };
    same(
        &at,
        "draws",
        &own.len(),
        "opened were",
        &logged("draw.opened"),
    )?;
    same(
        &at,
        "given up",
        &void,
        "the log gave up",
        &logged("draw.void"),
    )
}

/// A draw with its decisions.
pub(super) struct Lot<'a> {
    pub(super) draw: &'a Draw,
    at: String,
    entries: Vec<&'a LogEntry>,
}

impl<'a> Lot<'a> {
    fn of(public: &'a Public, draw: &'a Draw) -> Result<Self, Difference> {
        const KINDS: &[&str] = &[
            "draw.secret_committed",
            "draw.committed",
            "draw.contributed",
            "draw.beacon",
            "draw.result",
            "draw.substituted",
        ];
        let own = |entry: &&LogEntry| entry.payload.inputs["draw"] == draw.code.as_str();
        Ok(Self {
            draw,
            at: format!("draw {}", draw.code),
            entries: public.decisions.of(KINDS).filter(own).collect(),
        })
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a LogEntry> {
        let entries = self.entries.iter().copied();
        entries.filter(move |entry| entry.payload.kind == kind)
    }

    fn at_most_one(&self, kind: &'static str) -> Result<Option<&'a LogEntry>, Difference> {
        let mut found = self.of_kind(kind);
        match (found.next(), found.next()) {
            (one, None) => Ok(one),
            _ => Err(Difference::new(&self.at, format!("more than one `{kind}`"))),
        }
    }

    fn one(&self, kind: &'static str) -> Result<&'a LogEntry, Difference> {
        let found = self.at_most_one(kind)?;
        found.ok_or_else(|| Difference::new(&self.at, format!("no `{kind}`")))
    }

    pub(super) fn committed(&self) -> Result<Committed, Difference> {
        inputs(self.one("draw.committed")?)
    }

    fn check(&self, public: &Public) -> Result<(), Difference> {
        let may_have = self.draw.state == DrawState::Drawn && self.draw.purpose.is_list();
        if !may_have && !self.draw.members.is_empty() {
            return Err(Difference::new(
                &self.at,
                "it has members and must have none",
            ));
        }
        if let Some(entry) = self.at_most_one("draw.committed")? {
            self.fixed(entry)?;
        }
        if !self.draw.state.has_result() {
            return match self.of_kind("draw.result").next() {
                None => Ok(()),
                Some(_) => Err(Difference::new(
                    &self.at,
                    "it has a result and is not drawn",
                )),
            };
        }
        self.in_order()?;
        let open = self.draw.purpose != Purpose::Papers || public.phase >= Phase::Marking;
        if open != self.draw.secrets.is_some() {
            return Err(Difference::new(
                &self.at,
                "its secrets are not as open as they must be",
            ));
        }
        if !open {
            return Ok(());
        }
        let seed = self.seed()?;
        let result = self.one("draw.result")?;
        let text = |key: &str| result.payload.inputs[key].as_str().unwrap_or_default();
        let commitment = hex::encode(sha256(seed.bytes()));
        same(
            &self.at,
            "seed commitment",
            &text("seed_commitment"),
            "the seed gives",
            &commitment.as_str(),
        )?;
        if self.draw.purpose.is_list() {
            self.list(&seed, text("result"))?;
        }
        Ok(())
    }

    /// Fixed before its beacon, after enough custodians had committed.
    fn fixed(&self, entry: &LogEntry) -> Result<(), Difference> {
        let fixed: Committed = inputs(entry)?;
        if fixed.custodians.len() < CUSTODIANS_MIN {
            return Err(Difference::new(&self.at, "too few custodians"));
        }
        for (number, one) in (1..).zip(&fixed.custodians) {
            same(
                &self.at,
                "custodian",
                &one.number,
                "numbered from one it is",
                &number,
            )?;
            let before = |other: &LogEntry| {
                let inputs = &other.payload.inputs;
                other.index < entry.index
                    && inputs["custodian"] == one.number
                    && inputs["commitment"] == one.commitment.as_str()
            };
            if !self.of_kind("draw.secret_committed").any(before) {
                let what = format!("custodian {} had not committed before", one.number);
                return Err(Difference::new(&self.at, what));
            }
        }
        if entry.payload.at > fixed.beacon_at {
            return Err(Difference::new(
                &self.at,
                "fixed after its beacon had a value",
            ));
        }
        Ok(())
    }

    fn in_order(&self) -> Result<(), Difference> {
        let (fixed, beacon) = (self.one("draw.committed")?, self.one("draw.beacon")?);
        let result = self.one("draw.result")?;
        if !(fixed.index < beacon.index && beacon.index < result.index) {
            return Err(Difference::new(
                &self.at,
                "its steps stand in another order",
            ));
        }
        if beacon.payload.at < self.committed()?.beacon_at {
            return Err(Difference::new(&self.at, "its beacon came before its time"));
        }
        let value = beacon.payload.inputs["value"].as_str().unwrap_or_default();
        self.committed()?.beacon.value(value).at(&self.at)?;
        Ok(())
    }

    fn seed(&self) -> Result<Seed, Difference> {
        let entry = self.one("draw.committed")?;
        let fixed: Committed = inputs(entry)?;
        let value = &self.one("draw.beacon")?.payload.inputs["value"];
        let value = value.as_str().unwrap_or_default();
        let beacon = fixed.beacon.value(value).at(&self.at)?;
        let hashes = |texts: Vec<&String>| -> Result<Vec<Hash>, Difference> {
            texts.into_iter().map(|text| hash(text, &self.at)).collect()
        };
        let secrets = hashes(self.draw.secrets.iter().flatten().collect())?;
        let commitments = hashes(fixed.custodians.iter().map(|one| &one.commitment).collect())?;
        let contributions: Vec<Vec<u8>> = match self.at_most_one("draw.contributed")? {
            Some(entry) => {
                let given = entry.payload.inputs["contributions"].clone();
                let given: Vec<String> = serde_json::from_value(given).at(&self.at)?;
                given.into_iter().map(String::into_bytes).collect()
            }
            None => Vec::new(),
        };
        let revealed = Revealed {
            draw: &self.draw.code,
            commit_leaf: &hash(&entry.leaf_hash, &self.at)?,
            beacon: &beacon,
            secrets: &secrets,
            contributions: &contributions,
        };
        revealed.seed(&commitments).at(&self.at)
    }

    fn list(&self, seed: &Seed, result: &str) -> Result<(), Difference> {
        let fixed = self.committed()?;
        let places = self
            .draw
            .members
            .iter()
            .map(|one| (one.stratum.as_bytes(), one.place));
        must_ascend(&self.at, places)?;
        let members: Vec<(&Member, Hash)> = self
            .draw
            .members
            .iter()
            .map(|one| Ok((one, hash(&one.commitment, &self.at)?)))
            .collect::<Result<_, Difference>>()?;
        let all: Vec<Hash> = members.iter().map(|(_, member)| *member).collect();
        same(
            &self.at,
            "members",
            &all.len(),
            "fixed were",
            &fixed.pool.count,
        )?;
        let root = hash(&fixed.pool.root, &self.at)?;
        same_hash(
            &self.at,
            "pool",
            root,
            "the members give",
            pool_root(&pool_order(all)),
        )?;
        let strata = members
            .iter()
            .map(|(one, member)| (one.stratum.as_str(), *member));
        let drawn = order(seed, strata);
        let params: ListParams = serde_json::from_value(fixed.params).at(&self.at)?;
        let follows = serde_json_canonicalizer::to_vec(&list_result(seed, &drawn, &params));
        let follows = hex::encode(sha256(follows.at(&self.at)?));
        same(
            &self.at,
            "result",
            &result,
            "the seed gives",
            &follows.as_str(),
        )?;
        self.places(&drawn)?;
        self.states(&drawn, &params)?;
        self.tickets()
    }

    fn places(&self, drawn: &BTreeMap<String, Vec<Hash>>) -> Result<(), Difference> {
        let stored = self.draw.members.iter();
        let stored = stored
            .map(|one| (one.commitment.clone(), one.place))
            .collect();
        let follow = drawn.values().flat_map(|order| (1_u32..).zip(order));
        let follow = follow
            .map(|(place, member)| (hex::encode(member), place))
            .collect();
        let at = |member: &String| format!("{}, member {member}", self.at);
        same_table(&stored, &follow, at, "place", "the seed gives")?;
        Ok(())
    }

    fn states(
        &self,
        drawn: &BTreeMap<String, Vec<Hash>>,
        params: &ListParams,
    ) -> Result<(), Difference> {
        let mut states: BTreeMap<String, &str> = BTreeMap::new();
        for (stratum, order) in drawn {
            let chosen = params.chosen_of(stratum, order.len());
            for (at, member) in order.iter().enumerate() {
                let state = if at < chosen { "chosen" } else { "reserve" };
                states.insert(hex::encode(member), state);
            }
        }
        for entry in self.of_kind("draw.substituted") {
            let text = |key: &str| entry.payload.inputs[key].as_str().unwrap_or_default();
            let stratum = drawn.get(text("stratum")).into_iter().flatten();
            let mut reserve = stratum
                .map(hex::encode)
                .filter(|one| states.get(one) == Some(&"reserve"));
            let next = reserve.next().unwrap_or_default();
            same(
                &self.at,
                "substitute",
                &text("in"),
                "next in the reserve is",
                &next.as_str(),
            )?;
            if states.get(text("out")) != Some(&"chosen") {
                return Err(Difference::new(
                    &self.at,
                    "somebody is replaced who had no place",
                ));
            }
            states.insert(text("out").to_owned(), "replaced");
            states.insert(next, "chosen");
        }
        let stored = self.draw.members.iter();
        let stored = stored
            .map(|one| (one.commitment.clone(), one.state.as_str()))
            .collect();
        let at = |member: &String| format!("{}, member {member}", self.at);
        same_table(&stored, &states, at, "state", "the log gives")?;
        Ok(())
    }

    /// Candidates of an interview stand under their tickets.
    fn tickets(&self) -> Result<(), Difference> {
        let interviews = self.draw.purpose == Purpose::Interviews;
        for one in &self.draw.members {
            let (Some(ticket), Some(salt)) = (&one.ticket, &one.salt) else {
                if interviews || one.ticket.is_some() || one.salt.is_some() {
                    return Err(Difference::new(
                        &self.at,
                        "a member is not as open as it must be",
                    ));
                }
                continue;
            };
            let salt = hash(salt, &self.at)?;
            let content = ticket.as_bytes();
            let follows = member_commitment(&self.draw.code, &one.stratum, &salt, content);
            let member = hash(&one.commitment, &self.at)?;
            same_hash(&self.at, "member", member, "its ticket gives", follows)?;
        }
        Ok(())
    }
}

pub(super) fn hash(text: &str, at: &str) -> Result<Hash, Difference> {
    let bytes = hex::decode(text).at(at)?;
    let wrong = |_| Difference::new(at, "not 32 bytes where 32 belong");
    bytes.try_into().map_err(wrong)
}

/// The draws of papers that have a result, in their order: the papers that stand follow from the last.
fn came_out(public: &Public) -> impl Iterator<Item = &Draw> {
    let of_papers = |draw: &&Draw| draw.purpose == Purpose::Papers;
    let draws = public.draws.iter().filter(of_papers);
    draws.filter(|draw| draw.state.has_result())
}

/// As [`came_out`], each with its seed.
pub(super) fn results(public: &Public) -> Result<Vec<(Lot<'_>, Seed)>, Difference> {
    let mut results = Vec::new();
    for draw in came_out(public) {
        let lot = Lot::of(public, draw)?;
        let seed = lot.seed()?;
        results.push((lot, seed));
    }
    if results.is_empty() {
        let what = "no draw of papers came to its end";
        return Err(Difference::new(public.place(), what));
    }
    Ok(results)
}

/// The draw that came to its end for a purpose, and its seed.
pub(super) fn drawn(public: &Public, purpose: Purpose) -> Result<(Lot<'_>, Seed), Difference> {
    let is_it = |draw: &&Draw| draw.purpose == purpose && draw.state == DrawState::Drawn;
    let draw = public.draws.iter().find(is_it);
    let draw = draw.ok_or_else(|| {
        let what = format!("no draw of {} came to its end", purpose.as_str());
        Difference::new(public.place(), what)
    })?;
    let lot = Lot::of(public, draw)?;
    let seed = lot.seed()?;
    Ok((lot, seed))
}
