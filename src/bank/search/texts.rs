//! Texts one after the other in one piece of memory, and the words that are looked for in them. Pure.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::bank::item::{Body, Item};
use crate::kernel::text::{ascii_punctuation, half_width};
use crate::kernel::{Fault, Problem};

/// Most characters of what is looked for.
pub(super) const QUERY_MAX: usize = 200;

/// From how many bytes on texts are scanned in parts, on several cores at once.
const PART_MIN: usize = 16 << 20;

/// `text` as it is compared: without the width of characters, letter case, the kind of punctuation
/// and the kind of whitespace. It has no line feed.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            folded.push(' ');
        } else {
            folded.extend(ascii_punctuation(half_width(c)).to_lowercase());
        }
    }
    folded
}

/// What an item is found by: its code, its topic, the question and what there is to choose from. Not
/// by its key, its explanation or its model answer: a search is not noted as a look at them is.
pub(super) fn of_item(item: &Item) -> String {
    let entries: &[String] = match &item.body {
        Body::Matching { left, .. } => left,
        _ => &[],
    };
    let mut text = String::with_capacity(item.stem.len() * 2);
    let said = |text| item.markup.words(text);
    let named = [&item.code, &item.topic].map(|name| Cow::Borrowed(name.as_str()));
    let asked = [&item.stem].into_iter().chain(entries);
    let asked = asked.chain(item.body.options()).map(|part| said(part));
    for part in named.into_iter().chain(asked) {
        text.push_str(&folded(&part));
        text.push('\n');
    }
    text
}

/// Words that must all occur.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Vec<Finder<'static>>);

impl Words {
    /// The words of `text`, which whitespace separates.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let length = text.chars().count();
        if length > QUERY_MAX {
            let fault = Fault::new("text", "too-long").with("length", length);
            let faults = vec![fault.with("max", QUERY_MAX)];
            return Problem::unless_valid(faults).map(|()| Self::default());
        }
        let folded = folded(text);
        let mut words: Vec<&str> = folded.split_whitespace().collect();
        // The longest is the rarest, as a rule.
        words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        words.dedup();
        let finder = |word: &str| Finder::new(word).into_owned();
        Ok(Self(words.into_iter().map(finder).collect()))
    }
}

/// Makes room for `more` elements, and for an eighth of what there is: a vector by itself would double,
/// and what is on the shelf is large.
pub(super) fn make_room<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8));
    }
}

/// Texts by their places, from zero.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each ends and the next begins.
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &[u8]) {
        make_room(&mut self.bytes, text.len());
        self.bytes.extend_from_slice(text);
        make_room(&mut self.ends, 1);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn get(&self, place: usize) -> &[u8] {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begin..self.ends[place]]
    }

    /// The bytes of memory they take.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>()
    }

    /// For each text whether all words occur in it.
    pub(super) fn containing(&self, words: &Words) -> Vec<bool> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let parts = (self.bytes.len() / PART_MIN).clamp(1, cores);
        self.containing_in(words, parts)
    }

    /// As [`Texts::containing`], in so many parts at once.
    fn containing_in(&self, words: &Words, parts: usize) -> Vec<bool> {
        let Some((first, others)) = words.0.split_first() else {
            return vec![true; self.ends.len()];
        };
        let mut contains = vec![false; self.ends.len()];
        let size = self.ends.len().div_ceil(parts).max(1);
        std::thread::scope(|scope| {
            let mut parts = (0..).step_by(size).zip(contains.chunks_mut(size));
            let own = parts.next();
            for (from, part) in parts {
                scope.spawn(move || self.scan(from, part, first, others));
            }
            if let Some((from, part)) = own {
                self.scan(from, part, first, others);
            }
        });
        contains
    }

    /// Says of the texts from place `from` on, as many as `contains` has, whether all words occur.
    fn scan(&self, from: usize, contains: &mut [bool], first: &Finder<'_>, others: &[Finder<'_>]) {
        let mut at = from.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = self.ends[from + contains.len() - 1];
        let mut place = from;
        while let Some(found) = first.find(&self.bytes[at..end]) {
            place = self.place_of(at + found, place);
            let text = self.get(place);
            // A word found in one text is not looked for there again, and none begins in one text
            // and ends in the next: a text ends with a line feed, and no word has one.
            contains[place - from] = others.iter().all(|word| word.find(text).is_some());
            at = self.ends[place];
            place += 1;
        }
    }

    /// The place of the text that the byte `at` belongs to, which is `from` or a later one: looked for
    /// in growing steps, since hits of a common word lie close together.
    fn place_of(&self, at: usize, from: usize) -> usize {
        let ends = &self.ends[from..];
        let mut step = 1;
        while ends.get(step - 1).is_some_and(|end| *end <= at) {
            step *= 2;
        }
        let (low, high) = (step / 2, step.min(ends.len()));
        from + low + ends[low..high].partition_point(|end| *end <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(all: &[String]) -> Texts {
        let mut texts = Texts::default();
        for text in all {
            texts.push(format!("{}\n", folded(text)).as_bytes());
        }
        texts
    }

    fn found(all: &[&str], query: &str) -> Vec<bool> {
        let all: Vec<String> = all.iter().map(|text| (*text).to_owned()).collect();
        texts(&all).containing(&Words::parse(query).unwrap())
    }

    #[test]
    fn width_case_and_punctuation_do_not_matter() {
        let all = [
            "根据《行政处罚法》（２０２１年修订）",
            "GDP 增长了 3％。",
            "甲、乙",
        ];
        assert_eq!(found(&all, "(2021年"), [true, false, false]);
        assert_eq!(found(&all, "ｇｄｐ　3%"), [false, true, false]);
        assert_eq!(found(&all, "甲,乙"), [false, false, true]);
        assert_eq!(found(&all, " 　"), [true, true, true]);
    }

    #[test]
    fn every_word_must_occur_and_none_reaches_into_the_next_text() {
        let all = ["行政 处罚", "行政许可", "处罚"];
        assert_eq!(found(&all, "处罚 行政"), [true, false, false]);
        assert_eq!(found(&all, "许可处罚"), [false, false, false]);
    }

    #[test]
    fn too_long_a_query_is_refused() {
        let problem = Words::parse(&"长".repeat(QUERY_MAX + 1)).unwrap_err();
        assert_eq!(problem.faults[0].code, "too-long");
        assert!(Words::parse(&"长".repeat(QUERY_MAX)).is_ok());
    }

    proptest! {
        /// The scan finds what looking into each text by itself finds.
        #[test]
        fn the_scan_finds_what_each_text_has(
            all in prop::collection::vec("[甲乙Aａ 、]{0,8}", 0..40),
            query in "[甲乙a ]{1,4}",
            parts in 1..5_usize,
        ) {
            let words = folded(&query);
            let expected: Vec<bool> = all
                .iter()
                .map(|text| words.split_whitespace().all(|word| folded(text).contains(word)))
                .collect();
            let words = Words::parse(&query).unwrap();
            prop_assert_eq!(texts(&all).containing_in(&words, parts), expected);
        }
    }
}
