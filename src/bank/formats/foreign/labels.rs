//! What tags, categories and metadata say of an item.

use crate::bank::formats::{bodies, words};
use crate::bank::item::Difficulty;
use crate::bank::rules::{SECONDS, is_code, is_section, is_topic};

/// What tags, categories or metadata say of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::bank::formats) struct Labels {
    pub(in crate::bank::formats) section: Option<String>,
    pub(in crate::bank::formats) topic: Option<String>,
    pub(in crate::bank::formats) difficulty: Option<Difficulty>,
    pub(in crate::bank::formats) enemies: Vec<String>,
    pub(in crate::bank::formats) seconds: Option<u32>,
    /// The most characters of an essay.
    pub(in crate::bank::formats) characters: Option<u32>,
}

impl Labels {
    /// Takes in a tag such as `topic:vb.cloze`; whether it is one of ours.
    pub(in crate::bank::formats) fn take(&mut self, tag: &str) -> bool {
        let Some((name, value)) = tag.trim().split_once([':', '：']) else {
            return false;
        };
        let value = value.trim();
        let text = || Some(value.to_owned());
        match name.trim() {
            "section" if is_section(value) => self.section = text(),
            "topic" if is_topic(value) => self.topic = text(),
            "difficulty" => match words::difficulty(value) {
                None => return false,
                band => self.difficulty = band,
            },
            "enemies" if !value.is_empty() && words::names(value).iter().all(|n| is_code(n)) => {
                self.enemies.extend(words::names(value));
            }
            "seconds" => match value.parse().ok().filter(|s| SECONDS.contains(s)) {
                None => return false,
                seconds => self.seconds = seconds,
            },
            "characters" => match bodies::words_max(value) {
                None => return false,
                characters => self.characters = characters,
            },
            _ => return false,
        }
        true
    }

    /// The labels of the category `path`; whether all its steps mean something here.
    pub(in crate::bank::formats) fn of_category(path: &str) -> (Self, bool) {
        let mut labels = Self::default();
        let steps = path.split('/').map(str::trim);
        let idle = |step: &str| {
            step.is_empty()
                || step.starts_with('$')
                || step.eq_ignore_ascii_case("top")
                || step.starts_with("Default for ")
        };
        let strays = steps.filter(|step| !idle(step) && !labels.take(step));
        let mapped = strays.count() == 0;
        (labels, mapped)
    }

    /// These labels, and what `other` has besides.
    pub(in crate::bank::formats) fn or(self, other: &Self) -> Self {
        Self {
            section: self.section.or_else(|| other.section.clone()),
            topic: self.topic.or_else(|| other.topic.clone()),
            difficulty: self.difficulty.or(other.difficulty),
            // What a category sets apart, its questions do not put together again.
            enemies: self
                .enemies
                .into_iter()
                .chain(other.enemies.clone())
                .collect(),
            seconds: self.seconds.or(other.seconds),
            characters: self.characters.or(other.characters),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_in_both_scripts_and_only_if_they_are_sound() {
        let mut labels = Labels::default();
        for tag in [
            "topic:vb.cloze",
            " difficulty：难",
            "section: verbal ",
            "enemies:b-1 a",
            "enemies: c",
            "seconds: 90",
        ] {
            assert!(labels.take(tag), "{tag}");
        }
        for tag in [
            "",
            "topic",
            "topic:VB",
            "difficulty:nasty",
            "section:a b",
            "author:x",
            "enemies:",
            "enemies:甲",
            "seconds:0",
            "seconds:long",
        ] {
            assert!(!labels.take(tag), "{tag}");
        }
        assert_eq!(labels.section.as_deref(), Some("verbal"));
        assert_eq!(labels.difficulty, Some(Difficulty::Hard));
        assert_eq!((labels.enemies.len(), labels.seconds), (3, Some(90)));
        let (labels, mapped) = Labels::of_category("$course$/top/section:law/topic:ck.law");
        assert!(mapped);
        assert_eq!(labels.topic.as_deref(), Some("ck.law"));
        let (labels, mapped) = Labels::of_category("top/法律/topic:ck.law");
        assert!(!mapped && labels.topic.is_some());
    }
}
