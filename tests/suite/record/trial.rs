//! Records of an examination with items on trial, that somebody with the log's key altered: what
//! counts and what is on trial follows from what was fixed before the draw.

use super::forged::{Forged, any, of_type};
use super::*;
use crate::trial::{course, try_out};

fn tried() -> &'static Vec<Value> {
    static RECORD: OnceLock<Vec<Value>> = OnceLock::new();
    RECORD.get_or_init(|| {
        let app = TestApp::start(Database::Sqlite).unwrap();
        let house = House::build(&app.store, &|_| {}).unwrap();
        try_out(&app, &house, &["new-1", "new-2", "new-3", "new-4"]);
        let examination = hold(&app.store, &app.clock, &house, &SEED, &course(), &|_| {}).unwrap();
        let records = records(&app.store, &fresh_dir());
        let file = records.file(&app.store, None, examination).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    })
}

/// The lock and the draw say that the papers were made from the subject's line as it is now.
fn fixed_anew(mut forged: Forged) -> Forged {
    let hash = |value: &Value| {
        let text = serde_json_canonicalizer::to_vec(value).unwrap();
        hex::encode(keju::store::sha256(text))
    };
    let line = forged.line(|line| line["type"] == "subject" && line["component"] == "xingce");
    let (blueprint, pool) = (hash(&line["blueprint"]), hash(&line["pool"]));
    let is_own = |inputs: &Value| inputs["component"] == "xingce";
    forged
        .decision("papers.locked", is_own, |inputs| {
            inputs["blueprint_hash"] = json!(blueprint);
            inputs["pool_root"] = json!(pool);
        })
        .decision(
            "draw.committed",
            |inputs| inputs["purpose"] == "papers",
            |inputs| {
                let lines = inputs["params"]["subjects"].as_array_mut().unwrap();
                let own = lines
                    .iter_mut()
                    .find(|line| line["component"] == "xingce")
                    .unwrap();
                own["blueprint_hash"] = json!(blueprint);
                own["pool_root"] = json!(pool);
            },
        )
        .signed()
}

fn item_of(forged: &mut Forged, wanted: impl Fn(&Value) -> bool) -> &mut Value {
    let line = forged.line(|line| line["type"] == "subject" && line["component"] == "xingce");
    let mut pool = line["pool"].as_array_mut().unwrap().iter_mut();
    pool.find(|item| wanted(item)).unwrap()
}

fn is_tried(item: &Value) -> bool {
    item["trial"] == json!(true)
}

#[test]
fn the_record_says_which_items_were_on_trial_and_is_sound() {
    let mut forged = Forged::of(tried());
    let subject = forged.line(of_type("subject"));
    assert_eq!(subject["component"], "shenlun");
    let first = item_of(&mut forged, is_tried);
    assert_eq!(
        (&first["code"], &first["numbers"]),
        (&json!("new-1"), &json!([]))
    );
    let verdicts = both(&forged.write()).unwrap();
    assert_eq!(failed(&verdicts), BTreeSet::new());
}

/// A pool in which it counts, with all that commits to the pool made anew.
#[test]
fn an_item_on_trial_that_is_said_to_count() {
    let mut forged = Forged::of(tried());
    let counting = item_of(&mut forged, |item| {
        item["section"] == "common_knowledge" && !is_tried(item)
    });
    let numbers = counting["numbers"].clone();
    let item = item_of(&mut forged, is_tried);
    item.as_object_mut().unwrap().remove("trial");
    item["numbers"] = numbers;
    fixed_anew(forged).must_be_found_by(5);
}

#[test]
fn an_item_that_counts_declared_on_trial() {
    let mut forged = Forged::of(tried());
    let item = item_of(&mut forged, |item| {
        item["section"] == "common_knowledge" && !is_tried(item)
    });
    item["trial"] = json!(true);
    item["numbers"] = json!([]);
    fixed_anew(forged).must_be_found_by(5);
}

#[test]
fn other_items_on_trial_than_the_seed_gives() {
    // Two of them change places: the papers are as many, as even, and others.
    let mut forged = Forged::of(tried());
    let id = |forged: &mut Forged, code: &str| {
        item_of(forged, |item| item["code"] == code)["item_id"].clone()
    };
    let (one, two) = (id(&mut forged, "new-1"), id(&mut forged, "new-2"));
    item_of(&mut forged, |item| item["code"] == "new-1")["item_id"] = two;
    item_of(&mut forged, |item| item["code"] == "new-2")["item_id"] = one;
    fixed_anew(forged).must_be_found_by(5);
    // One more on every paper than was announced.
    let mut forged = Forged::of(tried());
    let line = forged.line(|line| line["type"] == "subject" && line["component"] == "xingce");
    line["blueprint"]["sections"][0]["trial"] = json!(1);
    fixed_anew(forged).must_be_found_by(5);
    let root = Forged::of(tried()).decision("papers.locked", any, |inputs| {
        inputs["papers_root"] = json!("ab".repeat(32));
    });
    root.signed().must_be_found_by(5);
}
