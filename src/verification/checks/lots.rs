//! V13: every draw by lot follows from what was committed to before its beacon had a value.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ceremony::Purpose;
use crate::ceremony::rules::{ListParams, list_result};
use crate::draw::Seed;
use crate::draw::beacon::Beacon;
use crate::draw::ceremony::{Revealed, pool_order, pool_root};
use crate::draw::lists::{member_commitment, member_salt, order};
use crate::kernel::Id;
use crate::kernel::merkle::Hash;
use crate::ledger::LogEntry;
use crate::store::{View, sha256};
use crate::verification::case::Case;
use crate::verification::recalls::{self, Came};
use crate::verification::rules::{At as _, Difference, same, same_hash, same_table};
use crate::verification::store::{self, CustodianRow, DrawRow, MemberRow};

/// Every draw that was opened is there, was given up in the open or came to its end; and the end
/// follows from pool, rules, beacon and secrets.
pub(super) fn draws(view: &mut View<'_>, case: &Case) -> Result<usize, Difference> {
    let rows = store::draws(view.db, case.examination.id)?;
    tries(case, &rows)?;
    for row in &rows {
        let draw = Draw::read(view, case, row)?;
        draw.committed()?;
        draw.ended(view)?;
    }
    recalled(case, &rows)?;
    Ok(rows.len())
}

/// Draws of papers alone are recalled, and each for a reason that the log has.
fn recalled(case: &Case, rows: &[DrawRow]) -> Result<(), Difference> {
    let at = format!("{}, draws of papers", case.place());
    let came = came_out(rows).into_iter().map(|row| Came {
        code: &row.code,
        number: i64::from(row.number),
        recalled: row.state == "recalled",
    });
    let came: Vec<Came<'_>> = came.collect();
    let told = recalls::told(&case.decisions);
    recalls::justified(&case.decisions, &told, &came, &at)
}

/// The draws of papers that have a result, by number.
fn came_out(rows: &[DrawRow]) -> Vec<&DrawRow> {
    let of_papers = rows.iter().filter(|row| row.purpose == Purpose::Papers);
    let mut came: Vec<&DrawRow> = of_papers.filter(|row| has_result(row)).collect();
    came.sort_by_key(|row| row.number);
    came
}

fn has_result(row: &DrawRow) -> bool {
    matches!(row.state.as_str(), "drawn" | "recalled")
}

/// The draws of papers that have a result, by number, each with its seed derived from the log and the
/// secrets. The papers that stand follow from the last.
pub(super) fn results(
    view: &mut View<'_>,
    case: &Case,
) -> Result<Vec<(DrawRow, Seed)>, Difference> {
    let rows = store::draws(view.db, case.examination.id)?;
    let mut results = Vec::new();
    for row in came_out(&rows) {
        let seed = Draw::read(view, case, row)?.seed(view)?;
        results.push((row.clone(), seed));
    }
    if results.is_empty() {
        let what = "no draw of papers came to its end";
        return Err(Difference::new(case.place(), what));
    }
    Ok(results)
}

/// The seed of the draw that stands for a purpose, derived from the log and the secrets.
pub(super) fn seed(
    view: &mut View<'_>,
    case: &Case,
    purpose: Purpose,
) -> Result<(Seed, DrawRow), Difference> {
    let rows = store::draws(view.db, case.examination.id)?;
    let row = rows
        .into_iter()
        .find(|row| row.purpose == purpose && row.state == "drawn");
    let row = row.ok_or_else(|| {
        let what = format!("no draw of {} came to its end", purpose.as_str());
        Difference::new(case.place(), what)
    })?;
    let seed = Draw::read(view, case, &row)?.seed(view)?;
    Ok((seed, row))
}

/// A member's commitment, from the secret key of the draw.
pub(super) fn commitment(
    view: &View<'_>,
    row: &DrawRow,
    stratum: &str,
    (member, content): (Id, &[u8]),
) -> Result<Hash, Difference> {
    let key = view
        .vault
        .open_bytes(&row.member_key_sealed)
        .at(&row.code)?;
    let key = thirty_two(&key, &row.code)?;
    let salt = member_salt(&key, member.bytes());
    Ok(member_commitment(&row.code, stratum, &salt, content))
}

/// Numbers have no gaps, all but the last of each purpose are void, or of papers recalled, and the log
/// knows of no other.
fn tries(case: &Case, rows: &[DrawRow]) -> Result<(), Difference> {
    for purpose in Purpose::ALL {
        let own: Vec<&DrawRow> = rows.iter().filter(|row| row.purpose == purpose).collect();
        let at = format!("{}, draws of {}", case.place(), purpose.as_str());
        let logged = |kinds: &[&str]| {
            let of = |entry: &&LogEntry| entry.payload.inputs["purpose"] == purpose.as_str();
            case.decisions.of(kinds).filter(of).count()
        };
        let void = own.iter().filter(|row| row.state == "void").count();
        let opened: Vec<String> = own.iter().map(|row| row.number.to_string()).collect();
        let follow: Vec<String> = (1..=own.len()).map(|number| number.to_string()).collect();
        same(
            &at,
            "numbers",
            &opened.join(" "),
            "they should be",
            &follow.join(" "),
        )?;
        same(
            &at,
            "draws",
            &own.len(),
            "the log opened",
            &logged(&["draw.opened"]),
        )?;
        same(
            &at,
            "draws given up",
            &void,
            "the log gave up",
            &logged(&["draw.void"]),
        )?;
        let may_recall = purpose == Purpose::Papers;
        let gone = |row: &DrawRow| row.state == "void" || (may_recall && row.state == "recalled");
        let before = own.len().saturating_sub(1);
        let unfit = |row: &DrawRow| row.state == "recalled" && !may_recall;
        if own.iter().take(before).any(|row| !gone(row)) || own.iter().any(|row| unfit(row)) {
            return Err(Difference::new(&at, "more than one stands"));
        }
    }
    Ok(())
}

/// One draw with what the log has of it.
struct Draw<'a> {
    at: String,
    row: &'a DrawRow,
    custodians: Vec<CustodianRow>,
    entries: Vec<&'a LogEntry>,
}

impl<'a> Draw<'a> {
    fn read(view: &mut View<'_>, case: &'a Case, row: &'a DrawRow) -> Result<Self, Difference> {
        const KINDS: &[&str] = &[
            "draw.secret_committed",
            "draw.committed",
            "draw.contributed",
            "draw.beacon",
            "draw.secret_revealed",
            "draw.result",
            "draw.substituted",
        ];
        let own = |entry: &&LogEntry| entry.payload.inputs["draw"] == row.code.as_str();
        Ok(Self {
            at: format!("{}, draw {}", case.place(), row.code),
            custodians: store::custodians(view.db, row.id)?,
            entries: case.decisions.of(KINDS).filter(own).collect(),
            row,
        })
    }

    fn of(&self, kind: &'static str) -> impl Iterator<Item = (usize, &&'a LogEntry)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(move |(_, entry)| entry.payload.kind == kind)
    }

    /// The one decision of a kind, and its place among those of the draw.
    fn only(&self, kind: &'static str) -> Result<(usize, &'a LogEntry), Difference> {
        let found: Vec<_> = self.of(kind).collect();
        match found[..] {
            [(place, entry)] => Ok((place, *entry)),
            _ => {
                let what = format!("the log has {} decisions `{kind}` of it", found.len());
                Err(Difference::new(&self.at, what))
            }
        }
    }

    fn fixed(&self) -> bool {
        self.row.committed_by.is_some()
    }

    /// What was fixed is what the log fixed, after every custodian had committed.
    fn committed(&self) -> Result<(), Difference> {
        if !self.fixed() {
            return match self.of("draw.committed").count() {
                0 => Ok(()),
                _ => Err(Difference::new(
                    &self.at,
                    "the log fixed it, the row does not",
                )),
            };
        }
        let (place, entry) = self.only("draw.committed")?;
        let inputs = &entry.payload.inputs;
        let row = self.row;
        let json = |text: &str| serde_json::from_str::<Value>(text).at(&self.at);
        let kept = json!({
            "draw": row.code, "purpose": row.purpose, "number": row.number,
            "beacon": json(&row.beacon)?, "beacon_at": row.beacon_at,
            "pool": {
                "root": hex::encode(row.pool_root.as_deref().unwrap_or_default()),
                "count": row.pool_count,
            },
            "params": json(&row.params)?,
        });
        for (key, value) in kept.as_object().into_iter().flatten() {
            same(&self.at, key, value, "the log fixed", &inputs[key])?;
        }
        let logged: Vec<&str> = inputs["custodians"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["commitment"].as_str())
            .collect();
        let stored = self.custodians.iter().map(|one| &one.commitment);
        let stored: Vec<String> = stored
            .map(|c| hex::encode(c.as_deref().unwrap_or_default()))
            .collect();
        same(
            &self.at,
            "commitments",
            &stored.join(" "),
            "the log fixed",
            &logged.join(" "),
        )?;
        let before = self
            .of("draw.secret_committed")
            .filter(|(at, _)| *at < place);
        let before: Vec<&str> = before
            .filter_map(|(_, entry)| entry.payload.inputs["commitment"].as_str())
            .collect();
        if logged.iter().any(|one| !before.contains(one)) {
            return Err(Difference::new(
                &self.at,
                "fixed before its custodians had committed",
            ));
        }
        if entry.payload.at > row.beacon_at {
            return Err(Difference::new(
                &self.at,
                "fixed after its beacon had a value",
            ));
        }
        Ok(())
    }

    /// The result follows from everything before it.
    fn ended(&self, view: &mut View<'_>) -> Result<(), Difference> {
        if !has_result(self.row) {
            return match self.of("draw.result").count() {
                0 => Ok(()),
                _ => Err(Difference::new(
                    &self.at,
                    "the log drew it, the row does not",
                )),
            };
        }
        let (place, entry) = self.only("draw.result")?;
        let (beacon, value) = self.only("draw.beacon")?;
        let (fixed, _) = self.only("draw.committed")?;
        if !(fixed < beacon && beacon < place) {
            return Err(Difference::new(
                &self.at,
                "its steps stand in another order in the log",
            ));
        }
        let stored = self.row.beacon_value.as_deref().unwrap_or_default();
        let logged = value.payload.inputs["value"].as_str().unwrap_or_default();
        same(&self.at, "beacon", &stored, "the log entered", &logged)?;
        if value.payload.at < self.row.beacon_at {
            return Err(Difference::new(
                &self.at,
                "its beacon was entered before its time",
            ));
        }
        self.contributions()?;
        let seed = self.seed(view)?;
        let inputs = &entry.payload.inputs;
        let text = |key: &str| inputs[key].as_str().unwrap_or_default().to_owned();
        let commitment = hex::encode(sha256(seed.bytes()));
        same(
            &self.at,
            "seed commitment",
            &commitment,
            "the log has",
            &text("seed_commitment"),
        )?;
        let result = hex::encode(self.row.result_hash.as_deref().unwrap_or_default());
        same(&self.at, "result", &result, "the log has", &text("result"))?;
        if self.row.purpose.is_list() {
            self.list(view, &seed)?;
        }
        Ok(())
    }

    fn contributions(&self) -> Result<(), Difference> {
        let logged = self.of("draw.contributed").last();
        let logged = logged.map_or(json!([]), |(_, entry)| {
            entry.payload.inputs["contributions"].clone()
        });
        let stored: Value = serde_json::from_str(&self.row.contributions).at(&self.at)?;
        same(&self.at, "contributions", &stored, "the log has", &logged)
    }

    /// The seed, with the leaf that stands in the log.
    fn seed(&self, view: &View<'_>) -> Result<Seed, Difference> {
        let (_, entry) = self.only("draw.committed")?;
        let leaf = hex::decode(&entry.leaf_hash).at(&self.at)?;
        let beacon: Beacon = serde_json::from_str(&self.row.beacon).at(&self.at)?;
        let value = self.row.beacon_value.as_deref().unwrap_or_default();
        let beacon = beacon.value(value).at(format!("{}, beacon", self.at))?;
        let given: Vec<String> = serde_json::from_str(&self.row.contributions).at(&self.at)?;
        let contributions: Vec<Vec<u8>> = given.into_iter().map(String::into_bytes).collect();
        let (mut secrets, mut commitments) = (Vec::new(), Vec::new());
        for one in &self.custodians {
            let sealed = one.secret_sealed.as_deref().unwrap_or_default();
            let secret = view.vault.open_bytes(sealed).at(&self.at)?;
            secrets.push(thirty_two(&secret, &self.at)?);
            let commitment = one.commitment.as_deref().unwrap_or_default();
            commitments.push(thirty_two(commitment, &self.at)?);
        }
        let revealed = Revealed {
            draw: &self.row.code,
            commit_leaf: &thirty_two(&leaf, &self.at)?,
            beacon: &beacon,
            secrets: &secrets,
            contributions: &contributions,
        };
        revealed.seed(&commitments).at(&self.at)
    }

    /// Members are those of the pool, stand in the drawn order, and were replaced as the log says.
    fn list(&self, view: &mut View<'_>, seed: &Seed) -> Result<(), Difference> {
        let rows = store::draw_members(view.db, self.row.id)?;
        let mut members: Vec<(&str, Hash)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let content = view.vault.open_bytes(&row.content_sealed).at(&self.at)?;
            let follows = commitment(view, self.row, &row.stratum, (row.id, &content))?;
            same_hash(
                &self.at,
                "member",
                &row.commitment,
                "its content gives",
                follows,
            )?;
            members.push((row.stratum.as_str(), follows));
        }
        let all = members.iter().map(|(_, member)| *member).collect();
        let root = self.row.pool_root.as_deref().unwrap_or_default();
        same_hash(
            &self.at,
            "pool",
            root,
            "the members give",
            pool_root(&pool_order(all)),
        )?;
        let drawn = order(seed, members);
        self.same_places(&rows, &drawn)?;
        let params: ListParams = serde_json::from_str(&self.row.params).at(&self.at)?;
        let result = list_result(seed, &drawn, &params);
        let result = serde_json_canonicalizer::to_vec(&result).at(&self.at)?;
        let stored = self.row.result_hash.as_deref().unwrap_or_default();
        same_hash(&self.at, "result", stored, "the seed gives", sha256(result))?;
        self.same_states(&rows, &drawn, &params)
    }

    fn same_places(
        &self,
        rows: &[MemberRow],
        drawn: &BTreeMap<String, Vec<Hash>>,
    ) -> Result<(), Difference> {
        let stored = rows
            .iter()
            .map(|row| (hex::encode(&row.commitment), row.place.unwrap_or_default()));
        let follow = drawn.values().flat_map(|order| (1..).zip(order));
        let follow = follow.map(|(place, member)| (hex::encode(member), place));
        let place = |member: &String| format!("{}, member {member}", self.at);
        same_table(
            &stored.collect(),
            &follow.collect(),
            place,
            "place",
            "the seed gives",
        )?;
        Ok(())
    }

    /// Who has a place follows from the order and from those who stood back.
    fn same_states(
        &self,
        rows: &[MemberRow],
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
        for (_, entry) in self.of("draw.substituted") {
            let inputs = &entry.payload.inputs;
            let text = |key: &str| inputs[key].as_str().unwrap_or_default().to_owned();
            let stratum = drawn
                .get(&text("stratum"))
                .into_iter()
                .flatten()
                .map(hex::encode);
            let mut reserve = stratum.filter(|one| states.get(one) == Some(&"reserve"));
            let next = reserve.next().unwrap_or_default();
            same(
                &self.at,
                "substitute",
                &text("in"),
                "next in the reserve is",
                &next,
            )?;
            states.insert(text("out"), "replaced");
            states.insert(next, "chosen");
        }
        let stored = rows
            .iter()
            .map(|row| (hex::encode(&row.commitment), row.state.as_str()));
        let place = |member: &String| format!("{}, member {member}", self.at);
        same_table(&stored.collect(), &states, place, "state", "the log gives")?;
        Ok(())
    }
}

fn thirty_two(bytes: &[u8], at: &str) -> Result<[u8; 32], Difference> {
    let wrong = |_| Difference::new(at, "a secret, a key or a commitment has not 32 bytes");
    bytes.try_into().map_err(wrong)
}
