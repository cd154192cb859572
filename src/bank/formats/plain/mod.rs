//! Marked-up text to plain text, and back.
//!
//! A bank keeps plain text: lines, and paragraphs between empty lines. [`Builder`] takes the pieces
//! of HTML (read by `html5gum`, after the WHATWG rules, so that soup does no harm) or of XHTML and
//! keeps what can be said plainly. What it drops, it names. Parts that our own writers mark by a
//! class of [`CLASSES`] are kept apart.

use html5gum::{Token, Tokenizer};

use super::markup::escape;

mod build;

pub(super) use build::{Builder, Page, Part, Pictures, Table, Tag, is_media};
use build::{breaks, is_plain, is_sign};

/// A class of what stands around a rich text where only blocks may stand.
pub(super) const RICH: &str = "keju-rich";

/// Classes of elements that are kept apart.
pub(super) const CLASSES: [&str; 4] = [STIMULUS, RUBRIC, REFERENCE, UNIT];
/// A stimulus before the question about it.
pub(super) const STIMULUS: &str = "keju-stimulus";
/// What earns marks.
pub(super) const RUBRIC: &str = "keju-rubric";
/// A model answer.
pub(super) const REFERENCE: &str = "keju-reference";
/// A unit behind the field.
pub(super) const UNIT: &str = "keju-unit";

/// What an HTML text says plainly; tables stand `apart` or as lines.
pub(super) fn html(text: &str, apart: bool, pictures: &Pictures) -> Page {
    let mut builder = Builder::new(apart, pictures);
    each(text, |piece| match piece {
        Piece::Open(tag, alone) => {
            builder.open(&tag);
            // Only what is no HTML can close itself.
            if alone && (tag.name == "svg" || tag.name.starts_with('m')) {
                builder.close(&tag.name);
            }
        }
        Piece::Close(name) => builder.close(&name),
        Piece::Text(text) => builder.text(&text),
    });
    builder.finish()
}

/// A piece of HTML.
pub(super) enum Piece {
    /// A start tag, and whether it ends with a slash.
    Open(Tag, bool),
    /// An end tag.
    Close(String),
    /// Words.
    Text(String),
}

/// Goes through the pieces of an HTML text, however broken.
pub(super) fn each(text: &str, mut take: impl FnMut(Piece)) {
    for Ok(token) in Tokenizer::new(text) {
        match token {
            Token::StartTag(tag) => {
                let attributes = tag.attributes.iter();
                let attributes = attributes.map(|(name, value)| (lossy(name), lossy(value)));
                let read = Tag {
                    name: lossy(&tag.name),
                    attributes: attributes.collect(),
                };
                take(Piece::Open(read, tag.self_closing));
            }
            Token::EndTag(tag) => take(Piece::Close(lossy(&tag.name))),
            Token::String(text) => take(Piece::Text(lossy(&text))),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A clean HTML text as XML.
pub(super) fn xml(text: &str) -> String {
    let mut xml = String::new();
    each(text, |piece| match piece {
        Piece::Open(tag, _) => xml.push_str(&tag.xml()),
        Piece::Close(name) => xml.push_str(&format!("</{name}>")),
        Piece::Text(text) => xml.push_str(&escape(&text)),
    });
    xml
}

/// What an HTML text says in words, with what its pictures show in brackets.
pub(super) fn words(text: &str) -> String {
    let pictures = Pictures::new();
    let mut builder = Builder::new(false, &pictures);
    each(text, |piece| match piece {
        Piece::Open(tag, _) => {
            builder.open(&tag);
            if let Some(alt) = tag
                .attributes
                .iter()
                .find(|(name, _)| tag.name == "img" && name == "alt")
            {
                builder.text(&format!("[{}]", alt.1));
            }
        }
        Piece::Close(name) => {
            builder.close(&name);
            if is_sign(&name) {
                builder.text(" ");
            }
        }
        Piece::Text(text) => builder.text(&text),
    });
    builder.finish().text
}

/// Whether a text that does not say so is HTML: it has a tag or a character reference.
pub(super) fn looks_like_html(text: &str) -> bool {
    let tag = |rest: &str| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        is_html(&name.to_ascii_lowercase()) && after.starts_with(['>', ' ', '/', '\n'])
    };
    let reference = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
        end.is_some_and(|end| end > 1 && rest[end..].starts_with(';'))
    };
    text.split('<').skip(1).any(tag) || text.split('&').skip(1).any(reference)
}

fn is_html(name: &str) -> bool {
    is_plain(name)
        || breaks(name) > 0
        || matches!(
            name,
            "a" | "b"
                | "i"
                | "u"
                | "s"
                | "strong"
                | "em"
                | "sup"
                | "sub"
                | "code"
                | "td"
                | "th"
                | "small"
                | "font"
                | "del"
                | "ins"
                | "mark"
                | "math"
                | "svg"
                | "script"
                | "style"
        )
}

/// `text` as XHTML blocks that [`html`] reads back letter by letter.
pub(super) fn xhtml(text: &str) -> String {
    if text.contains(['\t', '\u{a0}']) {
        return format!("<pre>{}</pre>", escape(text));
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut blocks = String::from("<p>");
    for (at, line) in lines.iter().enumerate() {
        let begins = at > 0 && is_gap(&lines, at - 1);
        if begins {
            blocks.push_str("</p><p>");
        } else if at > 0 && !is_gap(&lines, at) {
            blocks.push_str("<br/>");
        }
        blocks.push_str(&spaced(line));
    }
    blocks + "</p>"
}

/// A table in XHTML, its first row the header; nothing for an empty one.
pub(super) fn table(rows: &[Vec<String>], class: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells = |row: &Vec<String>| -> String {
        let cell = |text: &String| match text.as_str() {
            "" => "<td></td>".to_owned(),
            text => format!("<td>{}</td>", xhtml(text)),
        };
        row.iter().map(cell).collect()
    };
    let rows = rows.iter().map(|row| format!("<tr>{}</tr>", cells(row)));
    format!(
        "<table{class}><tbody>{}</tbody></table>",
        rows.collect::<String>()
    )
}

/// Whether the line at `at` is the only empty one between two that are not.
fn is_gap(lines: &[&str], at: usize) -> bool {
    let filled = |at: Option<usize>| {
        let line = at.and_then(|at| lines.get(at));
        line.is_some_and(|line| !line.is_empty())
    };
    lines[at].is_empty() && filled(at.checked_sub(1)) && filled(at.checked_add(1))
}

/// A text within a line, which can hold neither tabs nor no-break spaces.
pub(super) fn inline(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(spaced).collect();
    lines.join("<br/>")
}

/// A line with the spaces that HTML would drop written as no-break spaces.
fn spaced(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut before = ' ';
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let dropped = c == ' ' && (before == ' ' || rest.peek().is_none());
        kept.push(if dropped { '\u{a0}' } else { c });
        before = c;
    }
    escape(&kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn html(text: &str, apart: bool) -> Page {
        super::html(text, apart, &Pictures::new())
    }

    fn said(text: &str) -> String {
        html(text, false).text
    }

    #[test]
    fn paragraphs_and_lists_become_lines() {
        assert_eq!(said("<p>甲</p> <p>乙<br>丙</p>"), "甲\n\n乙\n丙");
        assert_eq!(said("题：<ul><li>甲<li>乙</ul>末"), "题：\n\n甲\n乙\n\n末");
        assert_eq!(said("<div> a\n  b </div>\n<div>c</div>"), "a b\nc");
        assert_eq!(said("<p>甲<br></p><p></p><p>乙</p>"), "甲\n\n乙");
        assert_eq!(said("<pre>a\n\tb</pre>"), "a\n\tb");
    }

    #[test]
    fn references_are_decoded_and_soup_does_no_harm() {
        assert_eq!(
            said("1 &lt; 2 &amp; 3&nbsp;&hellip; &#x4e2d;&#20013;"),
            "1 < 2 & 3 … 中中"
        );
        assert_eq!(said("<b>a<i>b</b>c</i></p></td></table><"), "abc\n\n<");
        assert_eq!(said("a<script>alert(1)</script><style>p{}</style>b"), "ab");
        assert_eq!(said("<!-- x -->a<!DOCTYPE html>"), "a");
        assert_eq!(said("a<svg/>b<svg><text>x</text></svg>c"), "abc");
        assert_eq!(said("<head><title>x</title><body>a"), "a");
    }

    #[test]
    fn what_is_dropped_is_named() {
        assert!(!html("<p>a<span>b</span><br>c</p>", false).formatting);
        for text in [
            "<b>a</b>",
            "<span style='color:red'>a</span>",
            "<ul><li>a</ul>",
        ] {
            assert!(html(text, false).formatting, "{text}");
        }
        let image = html("a<img src='x.png'>", false);
        assert!(image.images && !image.formatting);
    }

    #[test]
    fn powers_stay_powers() {
        assert_eq!(said("x<sup>2</sup>+H<sub>2</sub>O"), "x²+H₂O");
        assert_eq!(said("e<sup>i&pi;</sup>"), "e^(iπ)");
    }

    #[test]
    fn a_table_stands_apart_or_in_lines() {
        let table = "<p>甲</p><table><tr><th>年<th>值<tr><td>2023<td>1</table>";
        let apart = html(table, true);
        assert_eq!((apart.text.as_str(), apart.formatting), ("甲", false));
        assert_eq!(apart.tables, [[["年", "值"], ["2023", "1"]]]);
        let lines = html(table, false);
        assert_eq!(
            (lines.text.as_str(), lines.formatting),
            ("甲\n\n年 | 值\n2023 | 1", true)
        );
        assert!(lines.tables.is_empty());
    }

    #[test]
    fn parts_of_our_own_are_kept_apart() {
        let page = html(
            "<div class=\"keju-stimulus\" id=\"s1\" title=\"题\"><div>材料</div>文</div><p>问</p>",
            false,
        );
        let part = page.part(STIMULUS).unwrap();
        assert_eq!((part.code.as_str(), part.title.as_str()), ("s1", "题"));
        assert_eq!((part.text.as_str(), page.text.as_str()), ("材料\n文", "问"));
    }

    #[test]
    fn html_is_told_from_text() {
        for text in [
            "<p>a</p>",
            "a<br/>b",
            "a &lt; b",
            "x<SUP>2</SUP>",
            "&#20013;",
        ] {
            assert!(looks_like_html(text), "{text}");
        }
        for text in ["a < b", "1<2 and 3>2", "a&b", "<甲>", "A & B;", "<x>"] {
            assert!(!looks_like_html(text), "{text}");
        }
    }

    #[test]
    fn very_deep_soup_costs_little() {
        for tag in ["<sup>", "<table><tr><td>", "<div class='keju-unit'>", "<b>"] {
            let _ = html(&format!("{}a", tag.repeat(100_000)), true);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[a甲 \n\t\u{a0}<&>\"'\u{3000}]{0,24}") {
            let text = crate::bank::rules::tidy(&text);
            let page = html(&xhtml(&text), false);
            prop_assert_eq!(page.text, text);
            prop_assert!(!page.formatting);
        }

        #[test]
        fn no_html_is_too_strange(pieces in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<sup>", "</sup>",
            "<div class='keju-unit'>", "</div>", "<pre>", "</pre>", "a", " ", "<br>", "&amp", "<",
            "<svg>", "</svg>", "<img", "'", "\"", ">", "<!--",
        ]), 0..20)) {
            let text = pieces.concat();
            let _ = (html(&text, true), html(&text, false), looks_like_html(&text));
        }
    }
}
