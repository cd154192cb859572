//! The public record of an examination: two programs that share nothing derive it again, agree that
//! it is sound, and agree on what is wrong with one that somebody altered, the operator with the
//! log's key included.

mod forged;
mod recalled;
mod totals;
mod trial;

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keju::app::demo::{Course, House, SEED, hold, prepare_sitting, small_course, small_season};
use keju::disclosure::record::Records;
use keju::kernel::merkle::{Growing, leaf_hash};
use keju::kernel::{Clock, Id};
use keju::ledger::note::{Head, log_key};
use keju::ledger::policy::Policy;
use keju::ledger::publish::{Logs, Publisher};
use keju::store::Store;
use serde_json::{Value, json};

use crate::support::{Database, TestApp, fresh_dir, morning};

/// Publishes the logs into `data` and gives what makes records of them.
fn records(store: &Store, data: &Path) -> Records {
    let logs = Logs::new(data.join("log"), "http://exam.example", Policy::default());
    store.write_blocking(keju::ledger::sequence).unwrap();
    let mut publisher = Publisher::new(logs.clone());
    publisher.round(store).unwrap();
    Records::new(data.join("record"), logs)
}

/// What a verifier found: for each number `pass`, `fail` or `not applicable`.
type Verdicts = Vec<(u64, String)>;

/// The Rust verifier.
fn rust(file: &Path) -> Option<(Verdicts, String)> {
    let file = BufReader::new(std::fs::File::open(file).unwrap());
    let outcomes = keju::verification::record::verify(file).ok()?;
    let verdict = |one: &keju::verification::Outcome| {
        let word = match (&one.failure, one.applicable) {
            (Some(_), _) => "fail",
            (None, true) => "pass",
            (None, false) => "not applicable",
        };
        (u64::from(one.number), word.to_owned())
    };
    let said = outcomes.iter().map(|one| format!("{one}\n")).collect();
    Some((outcomes.iter().map(verdict).collect(), said))
}

/// Whether there is a Python to run the second verifier with.
pub fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok();
    let required = std::env::var("KEJU_TEST_REQUIRE").is_ok_and(|value| value == "all");
    assert!(
        found || !required,
        "KEJU_TEST_REQUIRE=all, and python3 is not installed"
    );
    if !found {
        eprintln!("not run: python3 is not installed, so only one verifier looked");
    }
    found
}

/// The verifier in Python.
fn python(file: &Path) -> Option<(Verdicts, String)> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/record.py");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("python3")
        .arg(program)
        .arg(file)
        .arg("--json")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    match status.code() {
        Some(2) => return None,
        Some(0 | 1) => {}
        other => panic!("{other:?}: {stderr}"),
    }
    let found: Vec<Value> = serde_json::from_slice(&stdout).unwrap();
    let verdict = |one: &Value| {
        let word = one["verdict"].as_str().unwrap().to_owned();
        (one["number"].as_u64().unwrap(), word)
    };
    let said = String::from_utf8(stdout.clone()).unwrap();
    let verdicts: Verdicts = found.iter().map(verdict).collect();
    let failed = verdicts.iter().any(|(_, word)| word == "fail");
    assert_eq!(status.code(), Some(i32::from(failed)), "{said}");
    Some((verdicts, said))
}

/// What the second verifier makes of a value of drand's round 123.
fn python_on_drand(round: u64, value: &str) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent");
    let program = format!("import record; record.drand_value({{'round': {round}}}, '{value}')");
    Command::new("python3")
        .args(["-c", &program])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Both programs verify the signature of the pairing by code that shares nothing.
#[test]
fn a_round_of_drand_is_believed_by_the_second_program_only_as_that_round() {
    const ROUND_123: &str = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";
    if !has_python() {
        return;
    }
    let good = python_on_drand(123, ROUND_123);
    assert!(good.status.success(), "{good:?}");
    let altered = ROUND_123.replacen("b75c", "b75d", 1);
    for (round, value) in [(124, ROUND_123), (123, &altered)] {
        let refused = python_on_drand(round, value);
        assert!(!refused.status.success());
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("the beacon's value is not round"), "{said}");
    }
}

/// Both verifiers, which must agree; none if the file is no record.
#[track_caller]
fn both(file: &Path) -> Option<Verdicts> {
    if !has_python() {
        return rust(file).map(|(verdicts, _)| verdicts);
    }
    match (rust(file), python(file)) {
        (None, None) => None,
        (Some((one, said)), Some((other, also))) => {
            assert_eq!(one, other, "Rust:\n{said}\nPython:\n{also}");
            Some(one)
        }
        (one, other) => panic!("only one can read it: {one:?} {other:?}"),
    }
}

fn failed(verdicts: &Verdicts) -> BTreeSet<u64> {
    let failed = verdicts.iter().filter(|(_, word)| word == "fail");
    failed.map(|(number, _)| *number).collect()
}

/// Two programs derive these finished examinations again, each from its record.
pub fn are_derived_again_by_two_programs(app: &TestApp, examinations: &[Id]) {
    let data = fresh_dir();
    let records = records(&app.store, &data);
    for examination in examinations {
        let file = records.file(&app.store, None, *examination).unwrap();
        let verdicts = both(&file).unwrap();
        assert_eq!(failed(&verdicts), BTreeSet::new());
        let not_from_a_record = [4, 6, 7, 12];
        for (number, word) in verdicts {
            // Nobody watches this log.
            let silent = not_from_a_record.contains(&number) || number == 14;
            assert_eq!(word == "not applicable", silent, "V{number}");
        }
        // What everybody may read names nobody and opens no answer and no key.
        let text = std::fs::read_to_string(&file).unwrap();
        for secret in [
            "示例考官",
            "示例单位",
            "demo.example",
            "\"key\"",
            "resident",
        ] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

#[test]
fn a_record_can_be_taken_at_every_moment_and_tells_no_more_than_may_be_known() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let house = House::build(&app.store, &|_| {}).unwrap();
    let course = small_course();
    let (examination, _) =
        prepare_sitting(&app.store, &app.clock, &house, &SEED, &course, &|_| {}).unwrap();
    let data = fresh_dir();
    let records = records(&app.store, &data);
    let file = records.file(&app.store, None, examination).unwrap();
    let verdicts = both(&file).unwrap();
    assert_eq!(failed(&verdicts), BTreeSet::new());
    let passed = verdicts.iter().filter(|(_, word)| word == "pass");
    let passed: Vec<u64> = passed.map(|(number, _)| *number).collect();
    assert_eq!(passed, [1, 2, 3, 11, 13]);
    // Papers are locked and nobody has sat them: their seed and what they are drawn from are secret.
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("\"type\":\"subject\""));
    let papers = text
        .lines()
        .find(|line| line.contains("\"purpose\":\"papers\"") && line.contains("\"type\":\"draw\""));
    let papers: Value = serde_json::from_str(papers.unwrap()).unwrap();
    assert_eq!(
        (&papers["state"], &papers["secrets"]),
        (&json!("drawn"), &Value::Null)
    );
}

/// A finished examination's record, and the id of its examination.
fn finished() -> &'static (Vec<Value>, PathBuf) {
    static RECORD: OnceLock<(Vec<Value>, PathBuf)> = OnceLock::new();
    RECORD.get_or_init(|| {
        let (data, clock) = (fresh_dir(), Clock::manual(morning()));
        let store = Store::open_embedded(&data, clock.clone()).unwrap();
        let season = small_season(&store, &clock).unwrap();
        let records = records(&store, &data);
        let file = records.file(&store, None, season.examination).unwrap();
        store.close();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        (lines.collect(), file)
    })
}

#[test]
fn what_is_no_record_is_refused_by_both() {
    let whole = std::fs::read_to_string(&finished().1).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut = lines[..lines.len() - 1].join("\n");
    let swapped = whole.replacen("\"type\":\"log\"", "\"type\":\"leaf\"", 1);
    let more = format!("{whole}{{}}\n");
    let other = whole.replacen("\"v\":1", "\"v\":2", 1);
    let unknown = whole.replacen("\"type\":\"record\"", "\"type\":\"record\",\"more\":1", 1);
    for text in [
        &cut,
        &swapped,
        &more,
        &other,
        &unknown,
        &String::new(),
        &"x\n".to_owned(),
    ] {
        let file = fresh_dir().join("record.jsonl");
        std::fs::write(&file, text).unwrap();
        assert_eq!(both(&file), None, "{}", &text[..text.len().min(80)]);
    }
}

/// As it is typed, on a file and on an address.
#[test]
fn anybody_fetches_the_record_and_verifies_it() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let season = small_season(&app.store, &app.clock).unwrap();
    let id: Id = season.examination;
    let address = format!("{}/examinations/{id}/record.jsonl", app.base);
    // The server publishes by itself, a moment after the last decision.
    let verify = |place: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keju"));
        command.args(["verify", place, "--json"]).output().unwrap()
    };
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let found = loop {
        let found = verify(&address);
        if found.status.success() || std::time::Instant::now() > until {
            break found;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    };
    assert_eq!(found.status.code(), Some(0), "{found:?}");
    let outcomes: Vec<Value> = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(outcomes.len(), 14);
    let altered = fresh_dir().join("altered.jsonl");
    let text = std::fs::read_to_string(&finished().1).unwrap();
    std::fs::write(&altered, text.replacen("\"seat\":1,", "\"seat\":2,", 1)).unwrap();
    let refused = verify(altered.to_str().unwrap());
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let nothing = verify("/nowhere/record.jsonl");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("/nowhere/record.jsonl"));
}
