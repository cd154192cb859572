//! Every text people read comes from the catalogue, in both languages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|ext| ext == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Message keys of a language, with the parameters of each.
fn messages(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for path in files(&Path::new("locales").join(lang), "ftl") {
        let text = fs::read_to_string(&path).unwrap();
        let mut key = String::new();
        for line in text.lines() {
            let begins = line.starts_with(|c: char| c.is_ascii_lowercase());
            if let Some((name, _)) = line.split_once(" =").filter(|_| begins) {
                key = name.to_owned();
                let twice = messages.insert(key.clone(), BTreeSet::new()).is_some();
                assert!(!twice, "{}: {key} stands twice in {lang}", path.display());
            }
            for part in line.split("{ $").skip(1) {
                let name = part.split([' ', '}']).next().unwrap_or_default().to_owned();
                messages.entry(key.clone()).or_default().insert(name);
            }
        }
    }
    messages
}

/// Keys that both languages have.
fn known() -> BTreeSet<String> {
    let en = messages("en");
    messages("zh-CN")
        .into_keys()
        .filter(|key| en.contains_key(key))
        .collect()
}

#[test]
fn both_languages_say_the_same_things_with_the_same_parameters() {
    let (zh, en) = (messages("zh-CN"), messages("en"));
    let mut wrong = Vec::new();
    for key in zh.keys().chain(en.keys()).collect::<BTreeSet<_>>() {
        match (zh.get(key), en.get(key)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => wrong.push(format!("{key}: parameters {a:?} and {b:?}")),
            (None, _) => wrong.push(format!("{key}: missing in Chinese")),
            (_, None) => wrong.push(format!("{key}: missing in English")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text literals that follow `call` in `text`.
fn literals<'a>(text: &'a str, call: &str) -> Vec<&'a str> {
    let after = text.split(call).skip(1);
    after
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

#[test]
fn every_key_that_a_page_asks_for_is_there() {
    let known = known();
    let mut missing = BTreeSet::new();
    let calls = ["page.t(", "page.t1(", "page.t2(", ".message("];
    for path in files(Path::new("src"), "html")
        .into_iter()
        .chain(files(Path::new("src"), "rs"))
    {
        let text = fs::read_to_string(&path).unwrap();
        for key in calls.iter().flat_map(|call| literals(&text, call)) {
            if key != "no-such-message" && !known.contains(key) {
                missing.insert(format!("{key} ({})", path.display()));
            }
        }
        for key in text.split("?done=").skip(1) {
            let key: String = key
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            let key = format!("done-{key}");
            if key != "done-" && !known.contains(&key) {
                missing.insert(format!("{key} ({})", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_problem_and_fault_has_its_sentence() {
    let problems = ["Problem::conflict(", "Problem::malformed("];
    let kinds = [
        "Kind::Forbidden,",
        "Kind::Unauthenticated,",
        "Kind::TooMany,",
        "Kind::TooLarge,",
        "Kind::Unavailable,",
        "Kind::Conflict,",
        "Kind::Invalid,",
        "Kind::NotFound,",
    ];
    let known = known();
    let mut missing = BTreeSet::new();
    for path in files(Path::new("src"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let mut keys: Vec<String> = Vec::new();
        for call in problems.iter().chain(&kinds) {
            keys.extend(
                literals(text, call)
                    .iter()
                    .map(|code| format!("problem-{code}")),
            );
        }
        for call in ["Fault::new(", "Problem::field("] {
            for rest in text.split(call).skip(1) {
                // The code is the second argument, when it is a literal.
                let mut depth = 0;
                let second = rest.char_indices().find(|(_, c)| {
                    match c {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth -= 1,
                        _ => {}
                    }
                    *c == ',' && depth == 0
                });
                let code = second
                    .and_then(|(at, _)| rest[at + 1..].trim_start().strip_prefix('"'))
                    .and_then(|rest| rest.split('"').next());
                keys.extend(code.map(|code| format!("fault-{code}")));
            }
        }
        for key in keys {
            if !known.contains(&key) {
                missing.insert(format!("{key} ({})", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn pages_hold_no_text_of_their_own() {
    let mut wrong = Vec::new();
    for path in files(Path::new("src"), "html") {
        let text = fs::read_to_string(&path).unwrap();
        let own = text.chars().find(|c| ('\u{4e00}'..='\u{9fff}').contains(c));
        if let Some(character) = own {
            wrong.push(format!("{}: {character}", path.display()));
        }
        for inline in [
            " style=\"",
            " onclick=",
            " onsubmit=",
            "<style",
            "http://",
            "https://",
        ] {
            if text.contains(inline) {
                wrong.push(format!("{}: {inline}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
