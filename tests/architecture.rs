//! The plan of the house, held by reading the code: rooms import only rooms above them, pure files
//! know of no database and no HTTP, queries and handlers stand where they belong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop where it fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which an examination passes through them. `lib.rs` lists them so.
fn rooms() -> Vec<String> {
    let map = fs::read_to_string("src/lib.rs").unwrap();
    map.lines()
        .filter_map(|line| {
            line.strip_prefix("pub mod ")?
                .strip_suffix(';')
                .map(str::to_owned)
        })
        .collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without its comments, its unit tests and its texts after them.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let before_tests = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .to_owned();
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Files that only tests compile.
fn is_tests(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    matches!(name, "tests.rs" | "fixture.rs" | "service_tests.rs")
        || path.components().any(|part| part.as_os_str() == "tests")
}

fn room_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// The rooms that `code` names as `crate::room`, in single and in grouped imports.
fn named_rooms(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for part in code.split("crate::").skip(1) {
        let word = |text: &str| -> String {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        };
        match part.strip_prefix('{') {
            None => named.push(word(part)),
            Some(group) => {
                let mut depth = 0;
                let mut start = 0;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            named.push(word(group[start..at].trim()));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            named.push(word(group[start..at].trim()));
                            start = at + 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn a_room_imports_only_rooms_above_it() {
    let rooms = rooms();
    let place = |name: &str| rooms.iter().position(|room| room == name);
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| !is_tests(path))
    {
        let Some(own) = room_of(&path).and_then(|room| place(&room)) else {
            continue;
        };
        for other in named_rooms(&code(&path)) {
            if place(&other).is_some_and(|other| other > own) {
                wrong.push(format!(
                    "{} imports {other}, which stands below it",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_directory_under_src_is_a_room_of_the_map() {
    let rooms = rooms();
    for entry in fs::read_dir("src")
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
    {
        let name = entry.file_name().into_string().unwrap();
        assert!(rooms.contains(&name), "src/{name} is not in lib.rs");
    }
}

#[test]
fn queries_stand_in_store_and_records_only() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| !is_tests(path))
    {
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        let home = path.starts_with("src/store") || matches!(name, "store.rs" | "records.rs");
        if !home && code(&path).contains("diesel") {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "these name diesel: {wrong:?}");
}

#[test]
fn the_web_stands_at_the_edge_only() {
    let edge = [
        "api.rs",
        "pages.rs",
        "mod.rs",
        "identify.rs",
        "on.rs",
        "upload.rs",
        "forms.rs",
    ];
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| !is_tests(path))
    {
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        let outside = path.starts_with("src/http") || path.starts_with("src/app");
        let pages = path
            .components()
            .any(|part| part.as_os_str() == "pages" || part.as_os_str() == "api");
        if !outside && !pages && !edge.contains(&name) && code(&path).contains("actix") {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "these name actix: {wrong:?}");
}

#[test]
fn pure_files_know_no_database_no_web_no_clock_and_no_chance() {
    let impure = [
        "diesel",
        "actix",
        "crate::store",
        "crate::http",
        "secret::random",
        "Clock",
    ];
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src")) {
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        if name != "rules.rs" && !path.starts_with("src/draw") {
            continue;
        }
        for word in impure {
            if code(&path).contains(word) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `load(tx` in an act would read an examination that somebody else may move on before the act
/// commits; `hold` and `hold_alone` keep it.
#[test]
fn acts_hold_the_examination_they_act_in() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| !is_tests(path))
    {
        let text = code(&path);
        let service = path.to_string_lossy().contains("service");
        if service && (text.contains("regulation::load(tx") || text.contains(" load(tx")) {
            wrong.push(path.display().to_string());
        }
    }
    assert!(
        wrong.is_empty(),
        "these read an examination and do not hold it: {wrong:?}"
    );
}

#[test]
fn rooms_open_no_transaction_of_their_own() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src"))
        .into_iter()
        .filter(|path| !is_tests(path))
    {
        let text = code(&path);
        let opens = [".transaction(", ".immediate_transaction(", "BEGIN"];
        if !path.starts_with("src/store") && opens.iter().any(|word| text.contains(word)) {
            wrong.push(path.display().to_string());
        }
    }
    assert!(
        wrong.is_empty(),
        "the act's transaction is the only one: {wrong:?}"
    );
}
