//! The markups that Moodle knows, in GIFT and in its XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::foreign::Found;
use super::marks;
use super::plain::{self, Page};
use crate::bank::rules::tidy;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    Plain,
    Html,
    Markdown,
    /// HTML if it looks like it.
    Moodle,
}

/// A text in the markup of the question; what is dropped is noted.
pub(super) fn text(found: &mut Found, markup: Markup, text: String) -> String {
    let page = page(found, markup, text);
    found.said(&page)
}

/// A text with the parts that are kept apart.
pub(super) fn page(found: &mut Found, markup: Markup, text: String) -> Page {
    let html = match markup {
        Markup::Plain => false,
        Markup::Html => true,
        Markup::Moodle => plain::looks_like_html(&text),
        Markup::Markdown => {
            found.lose_if(text.contains(['*', '_', '#', '`']), "formatting");
            false
        }
    };
    if !html {
        return Page {
            html: plain::xhtml(&tidy(&text)),
            text,
            ..Page::default()
        };
    }
    // Moodle shows the line ends of its own markup.
    let lines = if markup == Markup::Moodle {
        text.replace('\n', "<br>")
    } else {
        text
    };
    embedded(found, &lines);
    plain::html(&lines, false, &found.known)
}

/// Takes in the pictures that stand in the text itself (RFC 2397).
fn embedded(found: &mut Found, html: &str) {
    let images = marks::of(html)
        .into_iter()
        .filter(|mark| mark.name == "img");
    for (_, source) in images
        .flat_map(|mark| mark.attributes)
        .filter(|(name, _)| name == "src")
    {
        let data = source
            .strip_prefix("data:image/")
            .and_then(|rest| rest.split_once(";base64,"));
        if let Some(bytes) = data.and_then(|(_, data)| decoded(data)) {
            found.picture(&source, bytes);
        }
    }
}

/// Base64 with the line ends that files have.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let letters: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(letters).ok()
}
