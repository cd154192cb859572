//! What the writers of the formats share: what an item has, and what of it is left behind.

use std::collections::BTreeSet;

use crate::bank::item::{Body, Item, Stimulus};
use crate::bank::picture;
use crate::bank::rich::{self, Markup};
use crate::kernel::merkle::Hash;

use super::Batch;
use super::foreign::Loss;
use super::markup::is_sayable;
use super::plain;

/// The tags that `foreign::Labels` reads back.
pub(super) fn tags(item: &Item) -> Vec<String> {
    let mut tags = vec![
        format!("section:{}", item.section),
        format!("topic:{}", item.topic),
        format!("difficulty:{}", item.difficulty.as_str()),
    ];
    tags.extend(item.enemies.iter().map(|name| format!("enemies:{name}")));
    tags.extend(item.seconds.map(|seconds| format!("seconds:{seconds}")));
    if let Body::Essay { words_max, .. } = item.body {
        tags.push(format!("characters:{words_max}"));
    }
    tags
}

/// All texts of an item that a format writes.
pub(super) fn texts_of(item: &Item) -> Vec<&str> {
    let mut texts = vec![item.stem.as_str(), item.explanation.as_str()];
    match &item.body {
        Body::SingleChoice { options, .. } | Body::MultipleChoice { options, .. } => {
            texts.extend(options.iter().map(String::as_str));
        }
        Body::TrueFalse { .. } => {}
        Body::FillIn { accepted } => texts.extend(accepted.iter().map(String::as_str)),
        Body::Essay {
            rubric, reference, ..
        } => {
            texts.extend(rubric.iter().map(|line| line.point.as_str()));
            texts.push(reference);
        }
        Body::Numeric { unit, .. } => texts.push(unit),
        Body::Matching { left, right, .. } => {
            texts.extend(left.iter().chain(right).map(String::as_str));
        }
        Body::Ordering { parts } => texts.extend(parts.iter().map(String::as_str)),
    }
    texts
}

/// Whether XML can hold all of an item and its stimulus.
pub(super) fn is_sayable_item(item: &Item, stimulus: Option<&Stimulus>) -> bool {
    let own = texts_of(item).into_iter();
    let shared = stimulus.into_iter().flat_map(|stimulus| {
        let cells = stimulus.table.iter().flatten().map(String::as_str);
        [stimulus.title.as_str(), &stimulus.text]
            .into_iter()
            .chain(cells)
    });
    own.chain(shared).all(|text| text.chars().all(is_sayable))
}

/// The stimulus an item names.
pub(super) fn stimulus_of<'a>(item: &Item, batch: &'a Batch) -> Option<&'a Stimulus> {
    let code = item.stimulus.as_deref()?;
    batch.stimuli.iter().find(|stimulus| stimulus.code == code)
}

/// A text as HTML, in whatever markup it is written.
pub(super) fn html(markup: Markup, text: &str) -> String {
    match markup {
        Markup::Plain => plain::xhtml(text),
        Markup::Html => text.to_owned(),
    }
}

/// `html` with the sources of its pictures as `place` names them.
pub(super) fn relinked(html: &str, place: impl Fn(&Hash) -> Option<String>) -> String {
    let mut text = html.to_owned();
    for picture in rich::images(html) {
        let source = place(&picture).unwrap_or_default();
        text = text.replace(&rich::source_of(&picture), &source);
    }
    text
}

/// Whether a picture of these texts is not at hand.
pub(super) fn lacks_picture(pictures: &BTreeSet<Hash>, batch: &Batch) -> bool {
    pictures
        .iter()
        .any(|picture| !batch.pictures.contains_key(picture))
}

/// Whether an item or its stimulus is more than plain text.
pub(super) fn is_rich(item: &Item, stimulus: Option<&Stimulus>) -> bool {
    let shared = stimulus.is_some_and(|stimulus| !stimulus.markup.is_plain());
    shared || !item.markup.is_plain()
}

/// All pictures that an item and its stimulus show.
pub(super) fn pictures_of(item: &Item, stimulus: Option<&Stimulus>) -> BTreeSet<Hash> {
    let shared = stimulus.into_iter().flat_map(Stimulus::pictures);
    item.pictures().into_iter().chain(shared).collect()
}

/// The name of the file that holds a picture.
pub(super) fn file_of(picture: &Hash, bytes: &[u8]) -> String {
    let format = picture::read(bytes).map_or("bin", |picture| picture.format.extension());
    format!("{}.{format}", hex::encode(picture))
}

/// A stimulus as HTML, but for its title.
pub(super) fn stimulus_html(stimulus: &Stimulus) -> String {
    html(stimulus.markup, &stimulus.text) + &plain::table(&stimulus.table, "")
}

/// A stimulus as text, to stand before the stem in a format that shares nothing.
pub(super) fn stimulus_text(stimulus: &Stimulus) -> String {
    let rows = stimulus.table.iter().map(|row| row.join(" | "));
    let table = rows.collect::<Vec<_>>().join("\n");
    let text = stimulus.markup.words(&stimulus.text);
    let parts = [stimulus.title.as_str(), &text, &table];
    let filled = parts.into_iter().filter(|part| !part.is_empty());
    filled.collect::<Vec<_>>().join("\n")
}

/// The losses of one item as it is written.
pub(super) struct Leaving<'a> {
    pub(super) place: String,
    losses: &'a mut Vec<Loss>,
}

impl<'a> Leaving<'a> {
    pub(super) fn of(item: &Item, losses: &'a mut Vec<Loss>) -> Self {
        Self {
            place: format!("item {}", item.code),
            losses,
        }
    }

    pub(super) fn lose(&mut self, code: &'static str) {
        let known = |loss: &&Loss| loss.place == self.place;
        let mut own = self.losses.iter().rev().take_while(known);
        if own.all(|loss| loss.code != code) {
            self.losses.push(Loss::new(&self.place, code));
        }
    }

    pub(super) fn lose_if(&mut self, lost: bool, code: &'static str) {
        if lost {
            self.lose(code);
        }
    }
}
