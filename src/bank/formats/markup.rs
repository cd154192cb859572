//! XML that may come from anyone: read into a tree within limits, and written.
//!
//! The parser (`roxmltree`) neither expands entities nor recurses, but looks through all attributes
//! of an element for each of them, and through all namespaces in scope. So a file is measured
//! before it is parsed.

use roxmltree::{Document, Node, ParsingOptions};

use crate::kernel::Fault;

use super::draft::clip;

/// How deep elements may stand in one another.
const DEPTH_MAX: usize = 64;
/// Most attributes of one element.
const ATTRIBUTES_MAX: usize = 64;
/// Most namespaces that are declared on the way to one element.
const NAMESPACES_MAX: usize = 40;
/// Most elements, texts and comments.
const NODES_MAX: u32 = 2_000_000;

/// The tree of `text`. `place` names the file in faults; it may be empty.
pub(super) fn parse<'a>(place: &str, text: &'a str) -> Result<Document<'a>, Fault> {
    measure(text).map_err(|(code, at)| at_line(place, text, at, Fault::new("", code)))?;
    let options = ParsingOptions {
        // None with declarations comes through the measure; no other file is ever read.
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        let line = usize::try_from(error.pos().row).unwrap_or_default();
        let fault = Fault::new(line_place(place, line), "xml-syntax");
        fault.with("reason", clip(&error.to_string()))
    })
}

fn line_place(place: &str, line: usize) -> String {
    let colon = if place.is_empty() { "" } else { ": " };
    format!("{place}{colon}line {line}")
}

fn at_line(place: &str, text: &str, at: usize, fault: Fault) -> Fault {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Fault {
        place: line_place(place, line),
        ..fault
    }
}

/// Goes through the tags of a file without building anything. The fault's code and offset.
fn measure(text: &str) -> Result<(), (&'static str, usize)> {
    let mut at = 0;
    // Namespaces in scope at each open element.
    let mut open: Vec<usize> = Vec::new();
    while let Some(start) = find(text, at, "<") {
        let rest = &text.as_bytes()[start..];
        at = if rest.starts_with(b"<!--") {
            after(text, start + 4, "-->")
        } else if rest.starts_with(b"<![CDATA[") {
            after(text, start + 9, "]]>")
        } else if rest.starts_with(b"<?") {
            after(text, start + 2, "?>")
        } else if rest.starts_with(b"<!") {
            bare_doctype(text, start).ok_or(("xml-dtd", start))?
        } else {
            tag(text, start, &mut open)?
        };
    }
    Ok(())
}

/// Where a document type ends that declares nothing, so that there is nothing to expand.
fn bare_doctype(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?.strip_prefix("<!DOCTYPE")?;
    let (inside, _) = rest.split_once('>')?;
    (!inside.contains(['[', '<'])).then(|| start + "<!DOCTYPE".len() + inside.len() + 1)
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)
        .and_then(|rest| rest.find(what))
        .map(|at| from + at)
}

fn after(text: &str, from: usize, what: &str) -> usize {
    find(text, from, what).map_or(text.len(), |at| at + what.len())
}

/// Measures the tag that begins at `start`; where it ends.
fn tag(text: &str, start: usize, open: &mut Vec<usize>) -> Result<usize, (&'static str, usize)> {
    let end = tag_end(text.as_bytes(), start);
    let tag = &text.as_bytes()[start..end];
    if tag.starts_with(b"</") {
        open.pop();
        return Ok(end);
    }
    let (attributes, namespaces) = attributes(tag);
    let scope = open.last().copied().unwrap_or_default() + namespaces;
    if attributes > ATTRIBUTES_MAX || scope > NAMESPACES_MAX {
        return Err(("xml-too-many-attributes", start));
    }
    if !tag.ends_with(b"/>") {
        open.push(scope);
    }
    if open.len() > DEPTH_MAX {
        return Err(("xml-too-deep", start));
    }
    Ok(end)
}

/// Behind the `>` that is in no quotes.
fn tag_end(bytes: &[u8], start: usize) -> usize {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    bytes.len()
}

/// How many attributes a tag has, and how many of them declare a namespace.
fn attributes(tag: &[u8]) -> (usize, usize) {
    let mut quote = None;
    let (mut count, mut namespaces) = (0, 0);
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'=') => count += 1,
            (None, b'x') if tag[at..].starts_with(b"xmlns") => namespaces += 1,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    (count, namespaces)
}

/// All the text in a node, without its tags.
pub(super) fn content(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(|inner| inner.is_text());
    texts.filter_map(|inner| inner.text()).collect()
}

/// `text` in XML, in an element or an attribute. Two characters that no XML can hold are replaced;
/// see [`is_sayable`].
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if !is_sayable(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `text` as the value of an attribute, where line ends and tabs would become spaces.
pub(super) fn attribute(text: &str) -> String {
    escape(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Whether XML can hold a character.
pub(super) fn is_sayable(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> String {
        let fault = parse("a.xml", text).unwrap_err();
        format!("{}: {}", fault.place, fault.code)
    }

    #[test]
    fn a_sound_file_is_a_tree() {
        let document = parse(
            "",
            "<?xml version='1.0'?><!-- <!DOCTYPE --><a b='>'><![CDATA[<!x]]></a>",
        );
        assert_eq!(content(document.unwrap().root_element()), "<!x");
    }

    #[test]
    fn what_is_wrong_is_named_by_file_and_line() {
        assert_eq!(refused("<a>\n<b>\n</a>"), "a.xml: line 3: xml-syntax");
        let entities = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert_eq!(refused(entities), "a.xml: line 1: xml-dtd");
        assert_eq!(refused("<a>\n&lol;</a>"), "a.xml: line 2: xml-syntax");
        assert!(parse("", "").is_err());
    }

    #[test]
    fn deep_and_wide_files_are_refused_before_they_are_parsed() {
        let deep = format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000));
        assert_eq!(refused(&deep), "a.xml: line 1: xml-too-deep");
        let names: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
        let wide = format!("<a{names}/>");
        assert_eq!(refused(&wide), "a.xml: line 1: xml-too-many-attributes");
        let spaces: String = (0..60).map(|n| format!("<a xmlns:n{n}='{n}'>")).collect();
        assert_eq!(refused(&spaces), "a.xml: line 1: xml-too-many-attributes");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[<>a/='\"!\\[\\]CDATA?& -]{0,60}") {
            let _ = parse("", &text);
        }

        #[test]
        fn what_is_escaped_is_read_back(text in "[ -~\n甲&<>\"']{0,20}") {
            let xml = format!("<a b=\"{}\">{}</a>", attribute(&text), escape(&text));
            let document = parse("", &xml).unwrap();
            let root = document.root_element();
            prop_assert_eq!(root.attribute("b"), Some(text.as_str()));
            prop_assert_eq!(content(root), text);
        }
    }
}
