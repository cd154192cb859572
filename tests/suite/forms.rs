//! Equal papers from the command line, and made again by a program that we wrote from the definition
//! alone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use keju::draw::Seed;

use crate::support::fresh_dir;

fn keju(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keju"))
        .args(args)
        .output()
        .unwrap()
}

fn path(of: &Path) -> &str {
    of.to_str().unwrap()
}

/// Items with stimuli and enemies, whose ids, topics and levels overlap in every way that matters.
fn bank(folder: &Path) -> (PathBuf, PathBuf) {
    let mut stream = Seed::new([9; 32]).stream();
    let mut text = String::from("id,topic,level,type,stimulus,a,b,c,seconds,enemies\n");
    for number in 0..160 {
        let topic = ["law", "law.civil", "lawyer", "logic"][number % 4];
        let (a, b) = (70 + stream.below(90), stream.below(300));
        let enemy = if number % 7 == 3 {
            format!("q{:03}", number - 3)
        } else {
            String::new()
        };
        let (a, b) = (small(a) / 100.0, small(b) / 100.0 - 1.5);
        writeln!(
            text,
            "q{number:03},{topic},know,single,,{a},{b},0.2,{},{enemy}",
            40 + number % 30
        )
        .unwrap();
    }
    for number in 0..42 {
        let b = small(stream.below(300)) / 100.0 - 1.5;
        writeln!(
            text,
            "t{number:02},reading,apply,single,s{},1.1,{b},0.2,70,",
            number / 6
        )
        .unwrap();
    }
    let (items, blueprint) = (folder.join("items.csv"), folder.join("blueprint.toml"));
    fs::write(&items, text).unwrap();
    let cells = "title = \"三卷\"\nmoments = 2\nscore_tolerance = 0.25\nseconds_tolerance = 45\n\
        [[cells]]\ntopic = \"law\"\ncount = 9\n[[cells]]\ntopic = \"logic\"\nlevel = \"know\"\ncount = 5\n\
        [[cells]]\ntype = \"single\"\ncount = 4\n\
        [[cells]]\ntopic = \"reading\"\nstimuli = 2\nitems_per_stimulus = 4\n";
    fs::write(&blueprint, cells).unwrap();
    (items, blueprint)
}

fn small(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

fn assemble(items: &Path, blueprint: &Path, papers: &str, seed: &str, out: &Path) -> Output {
    keju(&[
        "assemble",
        "--items",
        path(items),
        "--blueprint",
        path(blueprint),
        "--papers",
        papers,
        "--seed",
        seed,
        "--out",
        path(out),
        "--json",
    ])
}

fn made_again(items: &Path, blueprint: &Path, out: &Path) -> Option<Output> {
    made_again_by("deal.py", items, blueprint, out)
}

fn made_again_by(program: &str, items: &Path, blueprint: &Path, out: &Path) -> Option<Output> {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent");
    let program = programs.join(program);
    let run = Command::new("python3")
        .arg(program)
        .args([items, blueprint, out])
        .output();
    match run {
        Ok(output) => Some(output),
        Err(_) if std::env::var("KEJU_TEST_REQUIRE").is_err() => {
            eprintln!("not run: python3 is not installed");
            None
        }
        Err(error) => panic!("python3: {error}"),
    }
}

/// Ranges of which the bank decides how much each takes, in papers, forms and walk-in papers alike.
#[test]
fn another_program_settles_the_same_ranges() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let text = fs::read_to_string(&blueprint).unwrap();
    let text = text
        .replace("count = 9", "count = 5\ncount_max = 12")
        .replace("count = 4\n", "count = 4\ncount_max = 8\n")
        .replace("stimuli = 2", "stimuli = 1\nstimuli_max = 2");
    fs::write(&blueprint, format!("items = 28\n{text}")).unwrap();
    let out = folder.join("out");
    let output = assemble(&items, &blueprint, "60", &"5b".repeat(32), &out);
    assert!(output.status.success(), "{output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["report"]["items_per_paper"], 28);
    let needs = |cell: usize| said["report"]["cells"][cell]["needs"].as_u64().unwrap();
    assert_eq!([0, 1, 2, 3].map(needs), [12, 5, 7, 1]);
    let Some(again) = made_again(&items, &blueprint, &out) else {
        return;
    };
    assert!(again.status.success(), "{again:?}");
    let out = folder.join("walk-in");
    let output = walk_in(&items, &blueprint, &["--papers", "30"], &out);
    assert!(output.status.success(), "{output:?}");
    let again = made_again_by("walk_in.py", &items, &blueprint, &out).unwrap();
    assert!(again.status.success(), "{again:?}");
    let text = text.replace("count_max = 12", "count_max = 120");
    fs::write(&blueprint, format!("items = 110\n{text}")).unwrap();
    let none = folder.join("none");
    let output = assemble(&items, &blueprint, "60", &"5b".repeat(32), &none);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cell 1 (law): the cells together do not make up 110 items: this one may take 120 units, and there are 80"),
        "{said}"
    );
}

/// Harder than the bank by a fifth of a unit of ability.
const TARGET: &str = "target = [0.2394, 0.2913, 0.4034, 0.5688, 0.7412, 0.8719, 0.9473]\n";

#[test]
fn another_program_sets_the_same_units_aside_for_a_stated_target() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let text = fs::read_to_string(&blueprint).unwrap();
    fs::write(&blueprint, format!("{TARGET}{text}")).unwrap();
    let out = folder.join("out");
    let output = assemble(&items, &blueprint, "60", &"5b".repeat(32), &out);
    assert!(output.status.success(), "{output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let aside = |cell: usize| said["report"]["cells"][cell]["aside"].as_u64().unwrap();
    assert_eq!([0, 1, 2, 3].map(aside), [34, 4, 4, 0]);
    let middle = &said["report"]["abilities"][3];
    assert_eq!(middle["target"], 14.7888);
    assert!(middle["bank"].as_f64().unwrap() > 15.5, "{middle}");
    let Some(again) = made_again(&items, &blueprint, &out) else {
        return;
    };
    assert!(again.status.success(), "{again:?}");
    let out = folder.join("walk-in");
    let output = walk_in(&items, &blueprint, &["--papers", "30"], &out);
    assert!(output.status.success(), "{output:?}");
    let again = made_again_by("walk_in.py", &items, &blueprint, &out).unwrap();
    assert!(again.status.success(), "{again:?}");
}

#[test]
fn another_program_makes_the_same_papers_from_the_definition() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let out = folder.join("out");
    let output = assemble(&items, &blueprint, "150", &"5a".repeat(32), &out);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["report"]["issued"], 150);
    let Some(again) = made_again(&items, &blueprint, &out) else {
        return;
    };
    assert!(
        again.status.success(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let root = said["papers_root"].as_str().unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains(root));

    // One item of one paper exchanged, and the program says so.
    let papers = fs::read_to_string(out.join("papers.csv")).unwrap();
    let first = papers.split(',').nth(1).unwrap();
    let other = if papers.lines().next().unwrap().contains("q000") {
        "q004"
    } else {
        "q000"
    };
    fs::write(out.join("papers.csv"), papers.replacen(first, other, 1)).unwrap();
    let again = made_again(&items, &blueprint, &out).unwrap();
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("the papers are others"));
}

/// The blueprint of the bank with a cap on exposure besides.
fn capped(blueprint: &Path, cap: &str) -> PathBuf {
    let capped = blueprint.with_file_name("capped.toml");
    let text = fs::read_to_string(blueprint).unwrap();
    fs::write(&capped, format!("exposure_max = {cap}\n{text}")).unwrap();
    capped
}

fn walk_in(items: &Path, blueprint: &Path, more: &[&str], out: &Path) -> Output {
    let given = ["--items", path(items), "--blueprint", path(blueprint)];
    let put = ["--seed", "c0ffee", "--out", path(out), "--json"];
    keju(&[&["assemble", "--walk-in"], &given[..], more, &put].concat())
}

#[test]
fn who_walks_in_gets_a_paper_that_another_program_makes_again() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let (blueprint, out) = (capped(&blueprint, "0.3"), folder.join("out"));
    let candidates = folder.join("candidates.txt");
    let codes: Vec<String> = (0..120).map(|number| format!("考{number:03}")).collect();
    fs::write(&candidates, codes.join("\n")).unwrap();
    let output = walk_in(
        &items,
        &blueprint,
        &["--candidates", path(&candidates)],
        &out,
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["report"]["issued"], 120);
    assert!(said["report"]["exposure"]["max"].as_f64().unwrap() <= 0.3);
    let papers = fs::read_to_string(out.join("papers.csv")).unwrap();
    let named: Vec<&str> = papers
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(named, codes);
    let again = || made_again_by("walk_in.py", &items, &blueprint, &out);
    let Some(same) = again() else {
        return;
    };
    assert!(
        same.status.success(),
        "{}",
        String::from_utf8_lossy(&same.stderr)
    );
    let root = said["papers_root"].as_str().unwrap();
    assert!(String::from_utf8_lossy(&same.stdout).contains(root));

    // Who comes later gets another paper: what others got before is part of the definition.
    let lines: Vec<&str> = papers.lines().skip(1).collect();
    fs::write(out.join("papers.csv"), lines.join("\n") + "\n").unwrap();
    let other = again().unwrap();
    assert!(!other.status.success());
}

#[test]
fn walk_in_papers_that_cannot_be_are_refused_with_the_reason() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let out = folder.join("out");
    let refused = |blueprint: &Path, more: &[&str]| {
        let output = walk_in(&items, blueprint, more, &out);
        assert!(!output.status.success());
        assert!(!out.join("papers.csv").exists());
        String::from_utf8(output.stderr).unwrap()
    };
    // Two stimuli of seven, four of six items: 19.05 % is the least for any papers.
    let said = refused(&capped(&blueprint, "0.2"), &["--papers", "10"]);
    assert!(
        said.contains("cell 4 (reading): walk-in papers need a cap on exposure of 21.4286 %"),
        "{said}"
    );
    let twice = folder.join("twice.txt");
    fs::write(&twice, "K1\nK2\nK1\n").unwrap();
    let said = refused(&blueprint, &["--candidates", path(&twice)]);
    assert!(said.contains("line 3: `K1` stands twice"), "{said}");
    fs::write(&twice, "K1,K2\n").unwrap();
    let said = refused(&blueprint, &["--candidates", path(&twice)]);
    assert!(said.contains("line 1: `K1,K2` is no code"), "{said}");
    assert!(refused(&blueprint, &[]).contains("--papers"));
    let strict = folder.join("strict.toml");
    let text = fs::read_to_string(&blueprint).unwrap();
    fs::write(&strict, text.replace("0.25", "0.001")).unwrap();
    let said = refused(&strict, &["--papers", "3"]);
    assert!(
        said.contains("3 of 3 candidates get no paper, the first of them 1: none of 50"),
        "{said}"
    );
    assert!(out.join("report.html").exists());
}

#[test]
fn papers_are_never_written_over() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let out = folder.join("out");
    let first = assemble(&items, &blueprint, "10", "00", &out);
    assert!(first.status.success(), "{first:?}");
    let all = || ["papers.csv", "manifest.json"].map(|name| fs::read(out.join(name)).unwrap());
    let before = all();
    let walked_in = walk_in(&items, &blueprint, &["--papers", "5"], &out);
    for again in [assemble(&items, &blueprint, "10", "01", &out), walked_in] {
        let said = String::from_utf8(again.stderr).unwrap();
        assert!(
            !again.status.success() && said.contains("holds papers already"),
            "{said}"
        );
        assert_eq!(all(), before);
    }
}

#[test]
fn forms_are_chosen_by_a_solver_or_it_is_said_how_to_build_it_in() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let out = folder.join("out");
    let given = ["--items", path(&items), "--blueprint", path(&blueprint)];
    let put = ["--seed", "00", "--out", path(&out), "--gap", "0.5"];
    let output = keju(&[&["assemble", "--exact", "--forms", "2"], &given[..], &put].concat());
    if !cfg!(feature = "exact") {
        assert!(!output.status.success() && !out.exists());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("cargo build --release --features exact"),
            "{said}"
        );
        return;
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let papers = fs::read_to_string(out.join("papers.csv")).unwrap();
    let forms: Vec<Vec<&str>> = papers
        .lines()
        .map(|line| line.split(',').skip(1).collect())
        .collect();
    assert_eq!(forms.len(), 2);
    assert!(forms[0].iter().all(|item| !forms[1].contains(item)));
}

#[test]
fn what_cannot_be_met_is_refused_and_writes_no_papers() {
    let folder = fresh_dir();
    let (items, blueprint) = bank(&folder);
    let out = folder.join("out");
    let refused = |blueprint: &Path, papers: &str, seed: &str| {
        let output = assemble(&items, blueprint, papers, seed, &out);
        assert!(!output.status.success());
        assert!(!out.join("papers.csv").exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let impossible = folder.join("impossible.toml");
    fs::write(&impossible, "[[cells]]\ntopic = \"chemistry\"\ncount = 3\n").unwrap();
    let said = refused(&impossible, "10", "00");
    assert!(
        said.contains("cell 1 (chemistry): needs 3 items, and there are 0"),
        "{said}"
    );
    assert!(refused(&blueprint, "0", "00").contains("--papers"));
    assert!(refused(&blueprint, "10", "xyz").contains("--seed"));
    let strict = folder.join("strict.toml");
    let text = fs::read_to_string(&blueprint).unwrap();
    fs::write(&strict, text.replace("0.25", "0.001")).unwrap();
    let said = refused(&strict, "10", "00");
    assert!(
        said.contains("of 10 papers are within all limits"),
        "{said}"
    );
    assert!(out.join("report.html").exists());
}

#[test]
fn items_are_calibrated_and_described_from_a_file_of_answers() {
    let folder = fresh_dir();
    let (answers, key) = (folder.join("answers.csv"), folder.join("key.csv"));
    let mut text = String::from("id,q1,q2,q3\n");
    for (number, row) in ["A,B,C", "A,B,D", "A,C,C", "B,B,D", "A,D,D", "B,C,D"]
        .iter()
        .cycle()
        .take(60)
        .enumerate()
    {
        writeln!(text, "p{number},{row}").unwrap();
    }
    fs::write(&answers, text).unwrap();
    fs::write(&key, "item,key\nq1,A\nq2,B\nq3,C\n").unwrap();
    let files = [path(&answers), "--key", path(&key)];
    let run = |args: &[&str]| {
        let output = keju(args);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let fit = run(&[
        "calibrate",
        files[0],
        "--model",
        "1pl",
        files[1],
        files[2],
        "--abilities",
        "--json",
    ]);
    let fit: serde_json::Value = serde_json::from_str(&fit).unwrap();
    assert_eq!(
        (fit["persons"].as_u64(), fit["converged"].as_bool()),
        (Some(60), Some(true))
    );
    assert_eq!(fit["abilities"].as_array().unwrap().len(), 60);
    let difficulty = |item: usize| fit["items"][item]["b"].as_f64().unwrap();
    assert!(difficulty(0) < difficulty(1) && difficulty(1) < difficulty(2));
    let described = run(&["statistics", files[0], files[1], files[2]]);
    assert!(
        described.contains("60 candidates, 3 items") && described.contains("A  *"),
        "{described}"
    );

    let output = keju(&["calibrate", files[0], "--model", "1pl"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("answers.csv: line 2, item `q1`: `A` is neither 0 nor 1"),
        "{said}"
    );
}

#[test]
fn judges_set_a_standard_and_difficulties_to_assemble_from() {
    let folder = fresh_dir();
    let (ratings, bank, out) = (
        folder.join("ratings.csv"),
        folder.join("bank.csv"),
        folder.join("items.csv"),
    );
    let text =
        "judge,q1,q2@0.2,q3,q4\n甲,0.5,0.6,0.7,0.8\n乙,0.4,0.5,0.7,0.6\n丙,60%,70%,70%,70%\n";
    fs::write(&ratings, text).unwrap();
    fs::write(
        &bank,
        "id,topic,note\nq1,law,\nq2,law,\nq3,logic,\nq4,logic,old\nq5,logic,\n",
    )
    .unwrap();
    let files = ["--items", path(&bank), "--out", path(&out)];
    let output = keju(&[&["angoff", path(&ratings), "--json"], &files[..]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!((found["cut"].as_f64().unwrap() - 2.5).abs() < 1e-9);
    assert_eq!(
        fs::read_to_string(&out).unwrap(),
        "id,topic,note,a,b,c\nq1,law,,1,0.0000,0.0000\nq2,law,,1,0.0000,0.2000\n\
         q3,logic,,1,-0.8473,0.0000\nq4,logic,old,1,-0.8473,0.0000\nq5,logic,,,,\n"
    );
    let said = keju(&["angoff", path(&ratings)]).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("cut score 2.5000 of 4, 62.50 %  standard error 0.1528"),
        "{said}"
    );

    fs::write(&ratings, text.replace("0.4", "4")).unwrap();
    let output = keju(&["angoff", path(&ratings)]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("ratings.csv: line 3, item `q1`: `4` is no share"),
        "{said}"
    );
}
