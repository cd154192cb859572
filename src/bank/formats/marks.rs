//! The tags of an HTML text, and its words, for those who keep rich texts.

use super::plain::{self, Piece};

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Name of the element, in lower case.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
}

/// All start tags of a text, in order.
pub fn of(html: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    plain::each(html, |piece| {
        if let Piece::Open(tag, _) = piece {
            marks.push(Mark {
                name: tag.name,
                attributes: tag.attributes,
            });
        }
    });
    marks
}

/// What a text says in words, with what its pictures show in brackets.
pub fn words(html: &str) -> String {
    plain::words(html)
}
