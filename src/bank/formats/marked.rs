//! The markups that Moodle knows, in GIFT and in its XML.

use super::foreign::Found;
use super::plain::{self, Page};

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    Plain,
    Html,
    Markdown,
    /// HTML if it looks like it.
    Moodle,
}

/// A text as plain text; what is dropped is noted.
pub(super) fn plain_text(found: &mut Found, markup: Markup, text: String) -> String {
    page(found, markup, text).text
}

/// A text as plain text, with the parts that are kept apart.
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
    let page = plain::html(&lines, false);
    found.lose_if(page.formatting, "formatting");
    found.lose_if(page.images, "image");
    page
}
