//! Records of an examination whose papers were drawn again because an item on them leaked, and that
//! somebody with the log's key altered: papers that are drawn again without cause are found out.

use keju::access::Role;
use keju::app::demo::{draw_and_lock, hold_on};
use keju::store::View;

use super::forged::{Forged, any};
use super::*;

const BANK: &str = "administrative_aptitude";

/// Such a record, and the codes of two items of the bank: the one that leaked, and one on no paper.
fn redrawn() -> &'static (Vec<Value>, String, String) {
    static RECORD: OnceLock<(Vec<Value>, String, String)> = OnceLock::new();
    RECORD.get_or_init(|| {
        let app = TestApp::start(Database::Sqlite).unwrap();
        let house = House::build(&app.store, &|_| {}).unwrap();
        let course = small_course();
        let prepared =
            prepare_sitting(&app.store, &app.clock, &house, &SEED, &course, &|_| {}).unwrap();
        let (leaked, free) = app
            .store
            .read_blocking(|view| two(view, prepared.0))
            .unwrap();
        let organiser = house.the(Role::Organiser).unwrap().clone();
        let (code, examination) = (leaked.clone(), prepared.0);
        app.store
            .write_blocking(move |tx| {
                keju::bank::service::report_leak(tx, &organiser, BANK, &code, "网上出现原题")?;
                keju::assembly::service::recall_papers(tx, &organiser, examination)
            })
            .unwrap();
        draw_and_lock(&app.store, &house, examination).unwrap();
        hold_on(&app.store, &app.clock, &house, &SEED, &prepared, &|_| {}).unwrap();
        let records = records(&app.store, &fresh_dir());
        let file = records.file(&app.store, None, examination).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        (lines.collect(), leaked, free)
    })
}

/// Codes of an item that the papers hold, and of one that they do not.
fn two(view: &mut View<'_>, examination: Id) -> Result<(String, String), keju::kernel::Problem> {
    use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
    use keju::store::schema::{item_use, subject};
    let used: Vec<Id> = item_use::table
        .inner_join(subject::table)
        .filter(subject::examination_id.eq(examination))
        .select(item_use::item_id)
        .load(view.db)?;
    let items = keju::bank::records::approved(view, BANK)?;
    let (drawn, free): (Vec<_>, Vec<_>) = items.into_iter().partition(|one| used.contains(&one.0));
    Ok((drawn[0].2.code.clone(), free[0].2.code.clone()))
}

fn forged() -> Forged {
    Forged::of(&redrawn().0)
}

/// The recall cites the leaks as they are logged now.
fn cited_anew(forged: Forged) -> Forged {
    let mut forged = forged.signed();
    let leak = forged.line(|line| is_of(line, "papers.leaked"));
    let leaf = leak["leaf"].as_str().unwrap().to_owned();
    let hash = hex::encode(leaf_hash(leaf.as_bytes()));
    forged
        .decision("papers.recalled", any, |inputs| {
            inputs["leaks"] = json!([hash])
        })
        .signed()
}

fn is_of(line: &Value, kind: &str) -> bool {
    let leaf = line["leaf"].as_str().unwrap_or_default();
    leaf.contains(&format!("\"kind\":\"{kind}\""))
}

#[test]
fn papers_drawn_again_without_a_leak_are_found_by_both() {
    let sound = both(&forged().write()).unwrap();
    assert_eq!(failed(&sound), BTreeSet::new());
    // It cites nothing, or something that is no leak of this examination, or hides that there was one.
    let nothing = forged().decision("papers.recalled", any, |inputs| inputs["leaks"] = json!([]));
    nothing.signed().must_be_found_by(13);
    let another = "00".repeat(32);
    let other = forged().decision("papers.recalled", any, |inputs| {
        inputs["leaks"] = json!([another])
    });
    other.signed().must_be_found_by(13);
    let mut hidden = forged().without(|line| is_of(line, "papers.recalled"));
    hidden.line(|line| line["state"] == "recalled")["state"] = json!("void");
    hidden.signed().must_be_found_by(13);
}

#[test]
fn a_leak_that_was_not_on_the_papers_is_found_by_both() {
    let (_, leaked, free) = redrawn();
    let invented = forged().decision("papers.leaked", any, |inputs| {
        assert_eq!(inputs["code"], leaked.as_str());
        inputs["code"] = json!(free);
    });
    cited_anew(invented).must_be_found_by(5);
    let more = forged().decision("papers.leaked", any, |inputs| {
        let papers = inputs["subjects"][0]["papers"].as_i64().unwrap();
        inputs["subjects"][0]["papers"] = json!(papers + 1);
    });
    cited_anew(more).must_be_found_by(5);
}

#[test]
fn recalled_papers_stay_derivable_and_the_recall_was_in_time() {
    let missing = forged().without(|line| line["type"] == "recalled");
    missing.signed().must_be_found_by(5);
    let mut other = forged();
    let pool = &mut other.line(|line| line["type"] == "recalled")["pool"];
    pool.as_array_mut().unwrap().remove(0);
    other.signed().must_be_found_by(5);
    let late = forged().decision("sitting.scheduled", any, |inputs| {
        inputs["opens_at"] = json!("2026-03-01T01:00:00Z");
    });
    late.signed().must_be_found_by(13);
}
