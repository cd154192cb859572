//! The titles of the banks that ship with the program. Banks and sections are codes in the database;
//! people read a title where one is known.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::bank::formats;
use crate::http::Page;

/// A Chinese and an English title.
type Title = (String, String);

#[derive(Default)]
struct Titles {
    banks: BTreeMap<String, Title>,
    /// By bank and section.
    sections: BTreeMap<(String, String), Title>,
    /// By bank and topic.
    topics: BTreeMap<(String, String), Title>,
}

/// Read once: the files do not change while the program runs.
static SHIPPED: LazyLock<Titles> = LazyLock::new(|| {
    let mut titles = Titles::default();
    for bank in formats::shipped().unwrap_or_default() {
        for section in bank.sections {
            let place = (bank.subject.clone(), section.code);
            let title = (section.title_zh, section.title_en);
            titles.sections.insert(place, title);
        }
        for topic in bank.topics {
            let place = (bank.subject.clone(), topic.code);
            titles
                .topics
                .insert(place, (topic.title_zh, topic.title_en));
        }
        let title = (bank.title_zh, bank.title_en);
        titles.banks.insert(bank.subject, title);
    }
    titles
});

fn in_words(page: &Page, title: Option<&Title>, code: &str) -> String {
    title.map_or_else(|| code.to_owned(), |(zh, en)| page.pick(zh, en).to_owned())
}

/// The title of a bank; the code itself if it did not ship.
pub fn bank(page: &Page, code: &str) -> String {
    in_words(page, SHIPPED.banks.get(code), code)
}

/// The title of a section; the code itself if its bank did not ship.
pub fn section(page: &Page, bank: &str, code: &str) -> String {
    let place = (bank.to_owned(), code.to_owned());
    in_words(page, SHIPPED.sections.get(&place), code)
}

/// The title of a topic, if it has one.
pub fn topic(page: &Page, bank: &str, code: &str) -> Option<String> {
    let place = (bank.to_owned(), code.to_owned());
    let (zh, en) = SHIPPED.topics.get(&place)?;
    Some(page.pick(zh, en).to_owned())
}

/// Whether a bank has this Chinese title.
pub fn is_titled(bank: &str, title_zh: &str) -> bool {
    SHIPPED
        .banks
        .get(bank)
        .is_some_and(|(zh, _)| zh == title_zh)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_topic_that_ships_has_its_title_and_every_title_its_items() {
        for bank in formats::shipped().unwrap() {
            let items = bank.sections.iter().flat_map(|section| &section.items);
            let asked: BTreeSet<&str> = items.map(|item| item.topic.as_str()).collect();
            let titled = bank.topics.iter().map(|topic| topic.code.as_str());
            assert_eq!(titled.collect::<BTreeSet<_>>(), asked, "{}", bank.subject);
        }
    }
}
