//! Records that somebody altered, the operator with the log's key included: each must be found out, by
//! both programs.

use super::*;

/// A record in the hands of somebody who also has a key of the log: whatever is altered is logged
/// and signed anew, so that only what follows from what can tell.
pub struct Forged {
    pub lines: Vec<Value>,
}

impl Forged {
    pub fn new() -> Self {
        Self::of(&finished().0)
    }

    pub fn of(lines: &[Value]) -> Self {
        Self {
            lines: lines.to_vec(),
        }
    }

    /// The first line that `wanted` says it is.
    pub fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> &mut Value {
        self.lines.iter_mut().find(|line| wanted(line)).unwrap()
    }

    /// Alters the inputs of the first opened decision of this kind that `wanted` is true of.
    pub fn decision(
        mut self,
        kind: &str,
        wanted: impl Fn(&Value) -> bool,
        change: impl Fn(&mut Value),
    ) -> Self {
        let mut found = false;
        for line in &mut self.lines {
            let Some(text) = line["payload"].as_str() else {
                continue;
            };
            let mut payload: Value = serde_json::from_str(text).unwrap();
            if found || payload["kind"] != kind || !wanted(&payload["inputs"]) {
                continue;
            }
            let before = payload["inputs"].clone();
            change(&mut payload["inputs"]);
            assert_ne!(before, payload["inputs"], "nothing was changed");
            line["payload"] = serde_json_canonicalizer::to_string(&payload)
                .unwrap()
                .into();
            found = true;
        }
        assert!(found, "no {kind}");
        self
    }

    /// Takes a line out.
    pub fn without(mut self, wanted: impl Fn(&Value) -> bool) -> Self {
        let at = self.lines.iter().position(wanted).unwrap();
        self.lines.remove(at);
        self
    }

    /// Commits to every opening anew, builds the tree, and signs it with a key that it names.
    pub fn signed(mut self) -> Self {
        let mut tree = Growing::default();
        for line in &mut self.lines {
            if line["type"] == "hashes" {
                let hashes = STANDARD.decode(line["hashes"].as_str().unwrap()).unwrap();
                tree.extend(hashes.chunks(32).map(|hash| hash.try_into().unwrap()));
            }
            if line["type"] != "leaf" {
                continue;
            }
            if let Some(payload) = line["payload"].as_str() {
                let nonce = STANDARD.decode(line["nonce"].as_str().unwrap()).unwrap();
                let c = keju::ledger::commitment(&nonce.try_into().unwrap(), payload.as_bytes());
                let mut leaf: Value = serde_json::from_str(line["leaf"].as_str().unwrap()).unwrap();
                leaf["c"] = STANDARD.encode(c).into();
                line["leaf"] = serde_json_canonicalizer::to_string(&leaf).unwrap().into();
            }
            tree.push(leaf_hash(line["leaf"].as_str().unwrap().as_bytes()));
        }
        let log = self.line(|line| line["type"] == "log");
        let origin = log["origin"].as_str().unwrap().to_owned();
        let (secret, vkey) = log_key(&origin, &[9; 32]);
        let head = Head {
            origin,
            size: tree.size(),
            root: tree.root(),
        };
        log["checkpoint"] = head.note(&[head.sign(&secret).unwrap()]).into();
        log["vkey"] = vkey.into();
        self
    }

    pub fn write(mut self) -> PathBuf {
        let count = self.lines.len() - 1;
        self.line(|line| line["type"] == "end")["lines"] = count.into();
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        let file = fresh_dir().join("record.jsonl");
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Both verifiers find it, and this check is among those that do.
    #[track_caller]
    pub fn must_be_found_by(self, number: u64) {
        let file = self.write();
        let verdicts = both(&file).unwrap();
        let found = failed(&verdicts);
        println!("found by V{found:?}: {}", rust(&file).unwrap().1);
        assert!(found.contains(&number), "V{number} is not in {found:?}");
        let _ = std::fs::remove_dir_all(file.parent().unwrap());
    }
}

pub fn any(_: &Value) -> bool {
    true
}

pub fn of_type(name: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == name
}

#[test]
fn a_record_that_is_signed_anew_and_not_altered_passes() {
    let file = Forged::new().signed().write();
    assert_eq!(failed(&both(&file).unwrap()), BTreeSet::new());
}

#[test]
fn an_entry_altered_without_the_logs_key() {
    let change = |inputs: &mut Value| inputs["mark"] = json!("99");
    let is_mark = |inputs: &Value| inputs["mark"].is_string();
    Forged::new()
        .decision("component.decided", is_mark, change)
        .must_be_found_by(1);
}

#[test]
fn an_entry_left_out_of_the_log() {
    let is_objective = |line: &Value| {
        line["leaf"]
            .as_str()
            .is_some_and(|leaf| leaf.contains("objective.marked"))
    };
    Forged::new().without(is_objective).must_be_found_by(1);
}

#[test]
fn a_decision_that_is_kept_closed() {
    let mut forged = Forged::new();
    let line = forged.line(|line| line["payload"].is_string());
    let line = line.as_object_mut().unwrap();
    line.remove("payload");
    line.remove("nonce");
    forged.must_be_found_by(1);
}

#[test]
fn a_weight_changed_in_the_announced_rules() {
    Forged::new()
        .decision("announcement.published", any, |inputs| {
            inputs["profile"]["components"][0]["weight"] = json!("0.35");
            inputs["profile"]["components"][1]["weight"] = json!("0.25");
        })
        .signed()
        .must_be_found_by(2);
}

#[test]
fn two_candidates_who_changed_seats() {
    let mut forged = Forged::new();
    let seats: Vec<Value> = forged
        .lines
        .iter()
        .filter(|line| line["type"] == "ticket")
        .map(|line| line["seat"].clone())
        .collect();
    let mut tickets = forged
        .lines
        .iter_mut()
        .filter(|line| line["type"] == "ticket");
    tickets.next().unwrap()["seat"] = seats[1].clone();
    tickets.next().unwrap()["seat"] = seats[0].clone();
    forged.must_be_found_by(3);
}

#[test]
fn seats_drawn_from_another_seed_than_the_custodians_gave() {
    Forged::new()
        .decision("tickets.issued", any, |inputs| {
            inputs["seed"] = json!("ab".repeat(32));
        })
        .signed()
        .must_be_found_by(3);
}

#[test]
fn papers_that_are_not_those_of_the_draw() {
    Forged::new()
        .decision("papers.locked", any, |inputs| {
            inputs["papers_root"] = json!("00".repeat(32));
        })
        .signed()
        .must_be_found_by(5);
}

#[test]
fn papers_said_to_be_more_equal_than_they_are() {
    for (name, said) in [("deviation", 1), ("made", 1_000_000), ("attempt", 4)] {
        Forged::new()
            .decision("papers.locked", any, |inputs| inputs[name] = json!(said))
            .signed()
            .must_be_found_by(5);
    }
}

#[test]
fn an_item_exchanged_in_the_pool() {
    let mut forged = Forged::new();
    let subject = forged.line(of_type("subject"));
    subject["pool"][0]["topic"] = json!("elsewhere");
    forged.must_be_found_by(5);
}

#[test]
fn an_essay_mark_that_the_markers_did_not_give() {
    Forged::new()
        .decision("script.settled", any, |inputs| {
            inputs["mark"] = json!("0.25")
        })
        .signed()
        .must_be_found_by(8);
}

#[test]
fn a_written_mark_above_its_parts() {
    let is_mark = |inputs: &Value| inputs["mark"].is_string() && inputs["component"] == "xingce";
    Forged::new()
        .decision("component.decided", is_mark, |inputs| {
            inputs["mark"] = json!("99.5")
        })
        .signed()
        .must_be_found_by(9);
}

#[test]
fn an_interview_mark_that_its_panel_did_not_give() {
    let is_interview = |inputs: &Value| inputs["panel"].is_array();
    Forged::new()
        .decision("component.decided", is_interview, |inputs| {
            inputs["mark"] = json!("99.5")
        })
        .signed()
        .must_be_found_by(9);
}

#[test]
fn a_rank_that_does_not_follow() {
    let has_two = |inputs: &Value| inputs["rows"].as_array().unwrap().len() > 1;
    Forged::new()
        .decision("merit.published", has_two, |inputs| {
            let rows = inputs["rows"].as_array_mut().unwrap();
            rows.swap(0, 1);
        })
        .signed()
        .must_be_found_by(10);
}

#[test]
fn a_candidate_dropped_from_the_record() {
    Forged::new()
        .without(of_type("ticket"))
        .must_be_found_by(11);
}

#[test]
fn a_script_less_than_was_counted() {
    Forged::new()
        .decision("counts.fixed", any, |inputs| {
            let scripts = inputs["sittings"][0]["scripts"].as_u64().unwrap();
            let other = inputs["sittings"][1]["scripts"].as_u64().unwrap();
            inputs["sittings"][0]["scripts"] = json!(scripts + 1);
            inputs["sittings"][1]["scripts"] = json!(other + 1);
        })
        .signed()
        .must_be_found_by(11);
}

#[test]
fn a_beacon_that_somebody_chose() {
    Forged::new()
        .decision("draw.beacon", any, |inputs| {
            inputs["value"] = json!("7".repeat(40))
        })
        .signed()
        .must_be_found_by(13);
}

#[test]
fn a_secret_exchanged_after_the_beacon() {
    let mut forged = Forged::new();
    let draw = forged.line(|line| line["type"] == "draw" && line["secrets"].is_array());
    draw["secrets"][1] = json!("cc".repeat(32));
    forged.must_be_found_by(13);
}

/// A draw that did not please is struck from the record, and its entries stay.
#[test]
fn a_draw_held_again_in_silence() {
    let mut forged = Forged::new();
    for line in &mut forged.lines {
        if line["type"] == "draw" && line["purpose"] == "panels" {
            line["number"] = json!(2);
            line["code"] = json!("2026-small/panels/2");
        }
    }
    forged.must_be_found_by(13);
}

#[test]
fn an_examiner_put_forward_against_the_order_of_the_reserve() {
    let mut forged = Forged::new();
    let draw = forged.line(|line| line["type"] == "draw" && line["purpose"] == "panels");
    let members = draw["members"].as_array_mut().unwrap();
    let reserve = members
        .iter()
        .position(|one| one["state"] == "reserve")
        .unwrap();
    let stratum = members[reserve]["stratum"].clone();
    let chosen = members
        .iter()
        .position(|one| one["state"] == "chosen" && one["stratum"] == stratum)
        .unwrap();
    members[reserve]["state"] = json!("chosen");
    members[chosen]["state"] = json!("reserve");
    forged.must_be_found_by(13);
}

#[test]
fn an_interview_held_in_another_order() {
    let mut forged = Forged::new();
    let draw = forged.line(|line| line["type"] == "draw" && line["purpose"] == "interviews");
    let members = draw["members"].as_array_mut().unwrap();
    let place = members[0]["place"].clone();
    members[0]["place"] = members[1]["place"].clone();
    members[1]["place"] = place;
    forged.must_be_found_by(13);
}

#[test]
fn a_policy_whose_witnesses_have_not_signed() {
    let witness = keju::ledger::note::Cosigner::new("w.example", &[5; 32]).unwrap();
    let mut forged = Forged::new();
    let log = forged.line(of_type("log"));
    let policy = log["policy"].as_str().unwrap().replace("quorum none\n", "");
    let vkey = witness.witness().vkey();
    log["policy"] = format!("{policy}witness w {vkey}\nquorum w\n").into();
    forged.must_be_found_by(14);
}
