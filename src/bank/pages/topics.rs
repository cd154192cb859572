//! The tree of sections and topics beside the list of items, with how many were found of each.

use std::collections::BTreeMap;

use crate::bank::service::TopicCount;

/// Topics and how many items each has.
type Counts<'a> = Vec<(&'a str, usize)>;

/// What a branch of the tree narrows the list to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bank: String,
    /// Empty for the whole bank.
    pub(super) section: String,
    /// Empty for the whole section.
    pub(super) topic: String,
}

/// A branch with what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) place: Place,
    /// Items of it and of all below.
    pub(super) count: usize,
    pub(super) below: Vec<Branch>,
}

impl Branch {
    /// Whether it is what was asked for. Whoever asks for a topic need not say of which section and
    /// bank.
    pub(super) fn is(&self, asked: &Place) -> bool {
        let same = |own: &str, asked: &str, below: &str| {
            own == asked || (asked.is_empty() && !below.is_empty())
        };
        let Place {
            bank,
            section,
            topic,
        } = &self.place;
        *topic == asked.topic
            && same(section, &asked.section, topic)
            && same(bank, &asked.bank, section)
    }

    /// Whether it, or one below it, is what was asked for.
    pub(super) fn leads_to(&self, asked: &Place) -> bool {
        self.is(asked) || self.below.iter().any(|branch| branch.leads_to(asked))
    }
}

/// The tree. Of one bank, its sections and their topics; of several, the banks and their sections, so
/// that it stays small.
pub(super) fn tree(counts: &[TopicCount]) -> Vec<Branch> {
    let mut banks: BTreeMap<&str, BTreeMap<&str, Counts<'_>>> = BTreeMap::new();
    for one in counts {
        let sections = banks.entry(&one.bank).or_default();
        let topics = sections.entry(&one.section).or_default();
        topics.push((&one.topic, one.count));
    }
    let deep = banks.len() == 1;
    let mut tree: Vec<Branch> = banks
        .into_iter()
        .map(|(bank, sections)| {
            let place = Place {
                bank: bank.to_owned(),
                ..Place::default()
            };
            let below = sections
                .into_iter()
                .map(|(section, topics)| of_section(&place, section, &topics, deep));
            branch(place.clone(), 0, below.collect())
        })
        .collect();
    match tree.pop() {
        Some(bank) if deep => bank.below,
        last => tree.into_iter().chain(last).collect(),
    }
}

fn of_section(bank: &Place, section: &str, topics: &[(&str, usize)], deep: bool) -> Branch {
    let place = Place {
        section: section.to_owned(),
        ..bank.clone()
    };
    let count = topics.iter().map(|(_, count)| count).sum();
    let below = match deep {
        true => of_topics(&place, topics, 1),
        false => Vec::new(),
    };
    Branch {
        place,
        count,
        below,
    }
}

/// The topics by their first `depth` parts. One that has no items of its own and a single one below
/// is skipped.
fn of_topics(section: &Place, topics: &[(&str, usize)], depth: usize) -> Vec<Branch> {
    let mut heads: BTreeMap<&str, (usize, Counts<'_>)> = BTreeMap::new();
    for (topic, count) in topics {
        let end = topic.match_indices('.').nth(depth - 1).map(|(at, _)| at);
        let head = &topic[..end.unwrap_or(topic.len())];
        let (own, below) = heads.entry(head).or_default();
        match end {
            Some(_) => below.push((topic, *count)),
            None => *own += count,
        }
    }
    let head = |(topic, (own, below)): (&str, (usize, Vec<_>))| {
        let place = Place {
            topic: topic.to_owned(),
            ..section.clone()
        };
        let mut below = of_topics(section, &below, depth + 1);
        match below.pop() {
            Some(only) if own == 0 && below.is_empty() => only,
            last => branch(place, own, below.into_iter().chain(last).collect()),
        }
    };
    heads.into_iter().map(head).collect()
}

fn branch(place: Place, own: usize, below: Vec<Branch>) -> Branch {
    let count = own + below.iter().map(|branch| branch.count).sum::<usize>();
    Branch {
        place,
        count,
        below,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(bank: &str, section: &str, topic: &str, count: usize) -> TopicCount {
        TopicCount {
            bank: bank.to_owned(),
            section: section.to_owned(),
            topic: topic.to_owned(),
            count,
        }
    }

    /// `place count (what is below)`, by the last word that says which.
    fn said(tree: &[Branch]) -> String {
        let one = |branch: &Branch| {
            let Place {
                bank,
                section,
                topic,
            } = &branch.place;
            let words = [topic, section, bank];
            let name = words.into_iter().find(|word| !word.is_empty()).unwrap();
            match branch.below.as_slice() {
                [] => format!("{name} {}", branch.count),
                below => format!("{name} {} ({})", branch.count, said(below)),
            }
        };
        tree.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn topics_stand_below_their_sections_and_are_added_up() {
        let counts = [
            count("b", "law", "lw.civil", 2),
            count("b", "law", "lw.civil.family", 3),
            count("b", "law", "lw.state", 1),
            count("b", "verbal", "vb.cloze", 4),
        ];
        assert_eq!(
            said(&tree(&counts)),
            "law 6 (lw 6 (lw.civil 5 (lw.civil.family 3), lw.state 1)), verbal 4 (vb.cloze 4)"
        );
    }

    #[test]
    fn of_several_banks_only_the_sections_are_shown() {
        let counts = [
            count("a", "law", "lw.civil", 2),
            count("b", "law", "lw.civil", 3),
            count("b", "verbal", "vb", 4),
        ];
        assert_eq!(said(&tree(&counts)), "a 2 (law 2), b 7 (law 3, verbal 4)");
        assert_eq!(tree(&[]), []);
    }

    #[test]
    fn what_was_asked_for_is_marked_and_what_leads_there_is_open() {
        let counts = [
            count("b", "law", "lw.civil.family", 3),
            count("b", "law", "lw.civil", 1),
            count("b", "verbal", "vb", 4),
        ];
        let tree = tree(&counts);
        let (law, verbal) = (&tree[0], &tree[1]);
        let asked = |bank: &str, section: &str, topic: &str| Place {
            bank: bank.to_owned(),
            section: section.to_owned(),
            topic: topic.to_owned(),
        };
        for topic in [asked("b", "law", "lw.civil"), asked("", "", "lw.civil")] {
            assert!(law.below[0].is(&topic) && law.leads_to(&topic) && !law.is(&topic));
            assert!(!verbal.leads_to(&topic) && !law.below[0].below[0].is(&topic));
        }
        assert!(law.is(&asked("", "law", "")) && !verbal.is(&asked("", "law", "")));
        assert!(!law.leads_to(&asked("", "", "")) && !law.leads_to(&asked("b", "", "")));
        assert!(!law.leads_to(&asked("c", "law", "lw.civil")));
    }
}
