//! What the texts of a question say: plainly, or as rich texts where something would be lost.

use super::{Found, Loss, TITLE_DEFAULT};
use crate::bank::formats::bodies;
use crate::bank::formats::plain::{Page, Part, Table};
use crate::bank::item::Stimulus;
use crate::bank::picture;
use crate::bank::rich::{self, Markup};
use crate::bank::rules::tidy;

impl Found {
    /// A question to be read with rich texts.
    pub(in crate::bank::formats) fn rich(place: impl Into<String>) -> Self {
        Self {
            markup: Markup::Html,
            ..Self::at(place)
        }
    }

    /// Whether the question is to be read again, with rich texts.
    pub(in crate::bank::formats) fn is_poor(&self) -> bool {
        self.poor && self.markup.is_plain()
    }

    /// Takes in the bytes that `source` names, if they are a picture a bank may keep; whether they
    /// are.
    pub(in crate::bank::formats) fn picture(&mut self, source: &str, bytes: Vec<u8>) -> bool {
        let Ok(picture) = picture::read(&bytes) else {
            return false;
        };
        let known = rich::source_of(&picture.hash);
        self.known.insert(source.to_owned(), known);
        self.pictures.insert(picture.hash, bytes);
        true
    }

    /// The most characters of an essay: as our own label has it, or what takes so many words. Neither
    /// is noted otherwise.
    pub(in crate::bank::formats) fn characters(&mut self, words: &str) -> u32 {
        if let Some(own) = self.labels.characters {
            return own;
        }
        let words = words.trim().parse().ok().filter(|words| *words > 0);
        let Some(words) = words else {
            self.lose("words-max");
            return bodies::WORDS_DEFAULT;
        };
        let most = bodies::characters(words);
        let loss = Loss::new(&self.place, "words-converted").with("found", words);
        self.losses.push(loss.with("max", most));
        most
    }

    /// A text of a page in the markup of the question; what is dropped is noted.
    pub(in crate::bank::formats) fn said(&mut self, page: &Page) -> String {
        if self.markup.is_plain() {
            self.poor |= is_poor(page);
            self.lose_if(page.formatting, "formatting");
            self.lose_if(page.images, "image");
            return page.text.clone();
        }
        self.lose_stray(&page.html);
        self.lose_if(page.missing, "image");
        rich::clean(&page.html)
    }

    /// A text without any markup, in the markup of the question.
    pub(in crate::bank::formats) fn plainly(&self, text: &str) -> String {
        match self.markup {
            Markup::Plain => tidy(text),
            Markup::Html => rich::clean(&rich::escape(&tidy(text)).replace('\n', "<br>")),
        }
    }

    /// A model answer, which stands apart.
    pub(in crate::bank::formats) fn reference(&mut self, part: Option<&Part>) -> String {
        let Some(part) = part else {
            return String::new();
        };
        match self.markup {
            Markup::Plain => {
                self.poor |= rich::gains(&part.html, false, false);
                part.text.clone()
            }
            Markup::Html => rich::clean(&part.html),
        }
    }

    /// Notes what rich texts do not keep either. A style of a block does no more than decorate.
    fn lose_stray(&mut self, html: &str) {
        let stray = rich::stray(html);
        let told = |stray: &String| !stray.contains(' ') || stray.starts_with("span ");
        if let Some(stray) = stray.filter(told) {
            self.lose_found("formatting", &stray);
        }
    }

    /// A stimulus with all that it must have: a text, and a title. It is rich if its page would
    /// lose something that rich texts keep.
    pub(in crate::bank::formats) fn stimulus(
        &mut self,
        (code, title): (&str, &str),
        page: &Page,
        (text, html, tables): (&str, &str, &[Table]),
    ) -> Stimulus {
        let title = match tidy(title) {
            title if title.is_empty() => TITLE_DEFAULT.to_owned(),
            title => title,
        };
        let whole = Stimulus {
            code: code.to_owned(),
            text: tidy(text),
            title,
            table: tables.first().cloned().unwrap_or_default(),
            markup: Markup::Plain,
        };
        let lossy = page.formatting || page.images || tables.len() > 1;
        if lossy && rich::gains(html, page.formatting, tables.len() == 1) {
            self.lose_stray(html);
            self.lose_if(page.missing, "image");
            return Stimulus {
                text: rich::clean(html),
                table: Vec::new(),
                markup: Markup::Html,
                ..whole
            };
        }
        self.lose_if(page.formatting, "formatting");
        self.lose_if(page.images, "image");
        let bare = whole.text.is_empty() && !whole.table.is_empty();
        Stimulus {
            text: if bare {
                whole.title.clone()
            } else {
                whole.text.clone()
            },
            ..whole
        }
    }
}

/// Whether a page says more than plain text can.
fn is_poor(page: &Page) -> bool {
    (page.formatting || page.images) && rich::gains(&page.html, page.formatting, false)
}
