//! `keju bank` at a desk: files of items without a server.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::record::has_python;
use crate::support::fresh_dir;

const TEMPLATES: &str = "question_banks/administrative_aptitude/templates";

fn keju(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keju"))
        .arg("bank")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

/// What the command prints as JSON.
fn said(arguments: &[&str]) -> Value {
    let output = keju(arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_bank_goes_from_form_to_form_and_every_loss_is_told() {
    let folder = fresh_dir();
    let toml = "question_banks/administrative_aptitude/verbal.toml";
    let items = said(&["check", toml, "--json"])[0]["items"].clone();
    assert!(items.as_u64().unwrap() > 100);
    let mut before = toml.to_owned();
    // All of these can say a single choice with its code, topic and difficulty.
    for name in [
        "verbal.csv",
        "verbal.xlsx",
        "verbal.gift",
        "verbal.xml",
        "verbal.zip",
        "verbal.toml",
    ] {
        let file = path(&folder, name);
        let converted = said(&["convert", &before, &file, "--json"]);
        assert_eq!(converted["items"], items, "{name}: {converted}");
        let checked = said(&["check", &file, "--json"]);
        assert_eq!(
            checked[0]["faults"].as_array().unwrap().len(),
            0,
            "{checked}"
        );
        assert_eq!(checked[0]["kinds"]["single_choice"], items, "{name}");
        before = file;
    }
    let aiken = path(&folder, "verbal.txt");
    let converted = said(&["convert", &before, &aiken, "--json"]);
    let lost = converted["losses"].as_array().unwrap();
    assert!(
        lost.iter().any(|loss| loss["code"] == "metadata"),
        "{converted}"
    );
    assert!(
        lost.iter()
            .all(|loss| !loss["text"].as_str().unwrap().contains('‹'))
    );
    // Nothing is written over.
    assert_eq!(keju(&["convert", toml, &aiken]).status.code(), Some(1));
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_file_with_faults_is_refused_with_every_place() {
    let folder = fresh_dir();
    let file = path(&folder, "items.gift");
    std::fs::write(&file, "::q1::有几个？{#很多}\n\n::q2::对吗？{T\n").unwrap();
    let output = keju(&["check", &file, "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    let faults = checked[0]["faults"].as_array().unwrap();
    let of = |code: &str| faults.iter().any(|fault| fault["code"] == code);
    assert!(of("not-a-number") && of("brace-unmatched"), "{faults:?}");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn an_item_that_was_written_before_stands_beside_its_twin() {
    let folder = fresh_dir();
    let file = path(&folder, "items.gift");
    let stem = "公务员录用考试采取笔试和面试等方式进行，考试内容根据公务员应当具备的基本能力";
    let text = format!("::q1::{stem}设置。{{T}}\n\n::q2::{stem}来设置。{{F}}\n");
    std::fs::write(&file, text).unwrap();
    let checked = said(&["check", &file, "--json"]);
    let near = &checked[0]["near"][0];
    assert_eq!(
        (&near["item"], &near["twin"]),
        (&"q2".into(), &"q1".into()),
        "{checked}"
    );
    let _ = std::fs::remove_dir_all(folder);
}

/// Written from `docs/papers.md` alone, with fractions of its own.
#[test]
fn another_program_gives_the_same_instances_of_every_template() {
    if !has_python() {
        return;
    }
    let (folder, seed) = (fresh_dir(), "5e".repeat(32));
    let mut templates = 0;
    for name in [
        "quantitative",
        "data_analysis",
        "reasoning",
        "common_knowledge",
    ] {
        let file = format!("{TEMPLATES}/{name}.toml");
        let given = keju(&[
            "instances",
            &file,
            "--count",
            "3",
            "--seed",
            &seed,
            "--json",
        ]);
        assert_eq!(given.status.code(), Some(0), "{given:?}");
        let out = path(&folder, &format!("{name}.json"));
        std::fs::write(&out, &given.stdout).unwrap();
        let checked = Command::new("python3")
            .args([
                "tests/independent/templates.py",
                TEMPLATES,
                "--compare",
                &seed,
                &out,
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
        let given: Vec<Value> = serde_json::from_slice(&given.stdout).unwrap();
        templates += given.len() / 3;
        // They are items of the bank like any others.
        let items = path(&folder, &format!("{name}.toml"));
        keju(&[
            "instances",
            &file,
            "--count",
            "3",
            "--seed",
            &seed,
            "--out",
            &items,
        ]);
        let checked = said(&["check", &items, "--json"]);
        assert_eq!(checked[0]["items"], given.len(), "{checked}");
    }
    assert!(templates >= 60, "{templates}");
    let _ = std::fs::remove_dir_all(folder);
}
