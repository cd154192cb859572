//! The publisher on a failing disk: every call that opens, writes, syncs or renames a file fails
//! once, one after the other. What anyone can fetch afterwards is a whole log each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keju::kernel::Clock;
use keju::ledger::{self, Entry};
use keju::store::Store;

use crate::public_log::copy;
use crate::support::{fresh_dir, go, morning};

/// The calls that fail, with the error that a disk gives.
const CALLS: [(&str, &str); 7] = [
    ("openat", "EIO"),
    ("write", "ENOSPC"),
    ("pwrite64", "ENOSPC"),
    ("fsync", "EIO"),
    ("fdatasync", "EIO"),
    ("rename", "EIO"),
    ("mkdir", "ENOSPC"),
];

fn strace() -> Option<&'static str> {
    let works = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        let required = std::env::var("KEJU_TEST_REQUIRE").is_ok_and(|value| value == "all");
        assert!(
            !required,
            "KEJU_TEST_REQUIRE=all, and strace does not work here"
        );
        eprintln!("not run: strace does not work here");
        return None;
    }
    Some("strace")
}

/// A data directory with a published log of 250 entries and ten more decisions: the tile becomes
/// full, a new one begins, and so does the level above.
fn prepared() -> (PathBuf, String) {
    let data = fresh_dir();
    let decide = |count: usize| {
        let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
        let log = store
            .write_blocking(move |tx| {
                for _ in 0..count {
                    ledger::record(tx, &Entry::new("test.act", None, "system"))?;
                }
                ledger::open_log(tx, "https://exam.example", 2026)
            })
            .unwrap();
        store.close();
        log.vkey
    };
    decide(250);
    assert!(publish(&data, &[]));
    let vkey = decide(10);
    (data, vkey)
}

/// Publishes once, under `strace` if there are arguments for it; says whether that went well.
fn publish(data: &Path, strace: &[&str]) -> bool {
    let program = env!("CARGO_BIN_EXE_keju");
    let mut command = match strace {
        [] => Command::new(program),
        arguments => {
            let mut command = Command::new("strace");
            command.args(arguments).arg(program);
            command
        }
    };
    command
        .args(["log", "publish", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// How often the program makes each call when nothing fails.
fn counts(data: &Path) -> BTreeMap<&'static str, usize> {
    let data = copied(data);
    let trace = data.join("trace");
    let names: Vec<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    let wanted = format!("trace={}", names.join(","));
    assert!(publish(
        &data,
        &["-f", "-qq", "-e", &wanted, "-o", trace.to_str().unwrap()]
    ));
    let lines = fs::read_to_string(&trace).unwrap();
    let _ = fs::remove_dir_all(&data);
    let count = |name: &&str| {
        lines
            .lines()
            .filter(|line| line.contains(&format!(" {name}(")))
            .count()
    };
    names.iter().map(|name| (*name, count(name))).collect()
}

fn copied(data: &Path) -> PathBuf {
    let to = fresh_dir();
    copy(data, &to);
    to
}

#[test]
fn each_failing_call_leaves_a_log_that_verifies() {
    let (Some(_), Some(verifier)) = (strace(), go::verifier()) else {
        return;
    };
    let (data, vkey) = prepared();
    let older = data.join("log/2026/checkpoint");
    let counts = counts(&data);
    for name in ["openat", "write", "fsync", "rename"] {
        assert!(counts[name] > 0, "{counts:?}");
    }
    let (mut failed, mut runs) = (0, 0);
    for (name, error) in CALLS {
        for at in 1..=counts[name] {
            let broken = copied(&data);
            let inject = format!("inject={name}:error={error}:when={at}");
            let trace = format!("trace={name}");
            let went_well = publish(
                &broken,
                &["-f", "-qq", "-e", &trace, "-e", &inject, "-o", "/dev/null"],
            );
            failed += usize::from(!went_well);
            runs += 1;
            let log = broken.join("log/2026");
            let check = || go::check(verifier, &vkey, log.to_str().unwrap(), Some(&older));
            let said = check().unwrap_or_else(|why| panic!("{name} {at}: {why}"));
            assert!(
                said.contains(" 250 entries") || said.contains(" 260 entries"),
                "{said}"
            );
            // The next start mends it.
            assert!(publish(&broken, &[]), "{name} {at}");
            let said = check().unwrap_or_else(|why| panic!("{name} {at}, afterwards: {why}"));
            assert!(said.contains(" 260 entries"), "{name} {at}: {said}");
            let _ = fs::remove_dir_all(&broken);
        }
    }
    println!("{runs} runs, in {failed} of them publishing failed: {counts:?}");
    assert!(failed > 10, "the faults were felt");
}
