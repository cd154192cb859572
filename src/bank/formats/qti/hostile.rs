//! Round trips, faults, and files that mean harm.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::package::{MAGIC, MANIFEST, pack, resolve};
use super::tests::{item21, listed, package, response, sound};
use super::{Version, is_package, read, write};
use crate::bank::formats::samples::{batches, defaults, kinds, lost, shared};
use crate::bank::formats::testing::{gb18030, said, utf16le};
use crate::bank::item::Body;

fn refused(bytes: &[u8]) -> Vec<String> {
    said(&read(bytes, &defaults()).unwrap_err())
}

#[test]
fn what_is_wrong_is_named_by_file() {
    let bad = sound("a").replace("<value>b</value>", "<value>x</value>");
    let files = [
        ("a.xml", bad.as_str()),
        ("c.xml", "<a>"),
        ("d.xml", "<html/>"),
    ];
    let resources = files.map(|(href, _)| listed("item_xmlv2p1", href)).concat()
        + &listed("item_xmlv2p1", "e.xml");
    assert_eq!(
        refused(&package(&files, &resources)),
        [
            "c.xml: line 1: xml-syntax",
            "d.xml: not-an-item",
            "e.xml: file-missing",
            "a.xml: key: key-unknown",
        ]
    );
    let old = listed("xmlv1p2", "a.xml");
    assert_eq!(
        refused(&package(&[], &old)),
        ["imsmanifest.xml: qti-version"]
    );
    assert_eq!(refused(&package(&[], "")), ["file: no-items"]);
    assert_eq!(
        refused(&pack(&[("a.xml".to_owned(), sound("a"))]).unwrap()),
        ["imsmanifest.xml: file-missing"]
    );
    assert_eq!(refused(b""), ["file: line 1: xml-syntax"]);
    assert_eq!(refused(b"%PDF"), ["file: line 1: xml-syntax"]);
}

#[test]
fn an_item_is_read_in_any_encoding() {
    let text = sound("a").replace("encoding=\"UTF-8\"", "");
    let plain = read(text.as_bytes(), &defaults());
    assert!(plain.is_ok());
    for bytes in [
        gb18030(&text),
        utf16le(&text),
        utf16le(&format!("\u{feff}{text}")),
    ] {
        assert_eq!(read(&bytes, &defaults()), plain);
    }
    assert_eq!(refused(b"\xEF\xBB\xBF<a>\xFF"), ["file: not-text"]);
}

/// A package with one more file of that name and that many spaces.
fn forged(name: &str, size: usize) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, bytes) in [(MANIFEST, vec![b' '; 8]), (name, vec![b' '; size])] {
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn packages_that_lead_outside_or_unpack_without_end_are_refused() {
    for name in [
        "../a.xml",
        "a/../../b.xml",
        "/etc/passwd",
        "C:\\a.xml",
        "a\\b.xml",
    ] {
        assert_eq!(refused(&forged(name, 1)), ["file: zip-path"], "{name}");
    }
    assert_eq!(refused(&forged("a.xml", 4 << 20)), ["file: zip-ratio"]);
    let sound = package(&[("a.xml", &sound("a"))], &listed("item_xmlv2p1", "a.xml"));
    for length in [4, 30, sound.len() / 2, sound.len() - 1] {
        assert_eq!(refused(&sound[..length]), ["file: zip-damaged"], "{length}");
    }
    // The same name twice, in the directory at the end.
    let mut twice = forged("imsmanifest.xmx", 1);
    for at in 0..twice.len() - 15 {
        if &twice[at..at + 15] == b"imsmanifest.xmx" {
            twice[at + 14] = b'l';
        }
    }
    assert_eq!(refused(&twice), ["file: zip-duplicate"]);
    let laughs = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><assessmentItem>&b;</assessmentItem>";
    assert_eq!(refused(laughs.as_bytes()), ["file: line 1: xml-dtd"]);
    let hrefs = [
        "../../a.xml",
        "file:///etc/passwd",
        "http://a/b.xml",
        "%2e%2e/a.xml",
        "/a.xml",
    ];
    for href in hrefs {
        assert_eq!(resolve("a.xml", href), None, "{href}");
        assert_eq!(
            refused(&package(&[], &listed("item_xmlv2p1", href))).len(),
            1
        );
    }
}

#[test]
fn everything_comes_back_in_both_versions() {
    for (batch, version) in [kinds(), shared()]
        .iter()
        .flat_map(|b| Version::ALL.map(|v| (b, v)))
    {
        let (bytes, losses) = write(batch, version);
        assert_eq!(losses, []);
        assert_eq!(
            read(&bytes, &defaults()),
            Ok((batch.clone(), Vec::new())),
            "{version:?}"
        );
        assert!(is_package(&bytes) && !is_package(&bytes[..9]));
        // The same batch makes the same file.
        assert_eq!(write(batch, version).0, bytes);
    }
}

#[test]
fn a_tab_in_a_unit_is_named() {
    let mut batch = kinds();
    batch
        .items
        .retain(|item| matches!(item.body, Body::Numeric { .. }));
    if let Body::Numeric { unit, .. } = &mut batch.items[0].body {
        *unit = "a\tb".to_owned();
    }
    let (bytes, losses) = write(&batch, Version::V3p0);
    assert_eq!(lost(&losses), ["item vb-004: character"]);
    assert!(read(&bytes, &defaults()).is_ok());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(batch in batches(true), old in any::<bool>()) {
        let version = if old { Version::V2p2 } else { Version::V3p0 };
        let (bytes, losses) = write(&batch, version);
        prop_assert_eq!(losses, []);
        let (mut back, reading) = read(&bytes, &defaults()).map_err(|faults| {
            TestCaseError::fail(format!("{faults:?}"))
        })?;
        prop_assert_eq!(reading, []);
        back.stimuli.sort_by(|a, b| a.code.cmp(&b.code));
        prop_assert_eq!(back, batch);
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, &defaults());
        let zip = [MAGIC, &bytes].concat();
        prop_assert!(read(&zip, &defaults()).is_err());
    }

    #[test]
    fn a_damaged_package_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write(&shared(), Version::V3p0).0;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes, &defaults());
    }

    #[test]
    fn no_item_is_too_strange(pieces in prop::collection::vec(prop::sample::select(vec![
        "<choiceInteraction responseIdentifier=\"RESPONSE\">", "</choiceInteraction>", "<simpleChoice/>",
        "<textEntryInteraction responseIdentifier=\"RESPONSE\"/>", "<p>", "</p>", "甲", "<object data=\"a\"/>",
        "<matchInteraction/>", "<orderInteraction responseIdentifier=\"RESPONSE\"/>", "<associateInteraction/>",
        "<extendedTextInteraction expectedLength=\"99999999999\"/>", "<rubricBlock view=\"scorer candidate\">",
        "</rubricBlock>", "<prompt/>", "<simpleMatchSet/>",
    ]), 0..8)) {
        let body = pieces.concat();
        let _ = read(item21("a", &response("single", "float", &["1e9", "x"]), &body, "").as_bytes(), &defaults());
        let _ = read(item21("a", &response("multiple", "pair", &["a a"]), &body, "").as_bytes(), &defaults());
    }
}
