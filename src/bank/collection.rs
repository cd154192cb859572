//! What sound items are together. Pure.

use std::collections::HashMap;
use std::hash::Hash;

use super::item::{Item, Stimulus};
use crate::kernel::Fault;

/// One of a collection, by its place in the list it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    /// An item.
    Item(usize),
    /// A stimulus.
    Stimulus(usize),
}

/// What is wrong between the members of a bank, each of which may be sound by itself. Places are
/// `item ck-003: code`; see [`faults_between`] for readers that know better places.
pub fn check_collection(items: &[Item], stimuli: &[Stimulus]) -> Vec<Fault> {
    let name = |member: Member| match member {
        Member::Item(at) => format!("item {}", items[at].code),
        Member::Stimulus(at) => format!("stimulus {}", stimuli[at].code),
    };
    faults_between(items, stimuli)
        .into_iter()
        .map(|(member, fault)| Fault {
            place: format!("{}: {}", name(member), fault.place),
            ..fault
        })
        .collect()
}

/// What is wrong between the members of a bank: repeated codes, repeated questions, a stimulus
/// that is not there, a stimulus shared by two sections. What is empty repeats nothing.
pub fn faults_between(items: &[Item], stimuli: &[Stimulus]) -> Vec<(Member, Fault)> {
    let filled = |text: &str| !text.trim().is_empty();
    let stimulus_codes = repeats(stimuli.iter().map(|stimulus| &stimulus.code))
        .into_iter()
        .map(|(later, _)| (Member::Stimulus(later), &stimuli[later].code));
    let item_codes = repeats(items.iter().map(|item| &item.code))
        .into_iter()
        .map(|(later, _)| (Member::Item(later), &items[later].code));
    let codes = stimulus_codes
        .chain(item_codes)
        .filter(|(_, code)| filled(code))
        .map(|(member, code)| {
            let fault = Fault::new("code", "duplicate-code").with("code", code);
            (member, fault)
        });
    let questions = asked_twice(items).into_iter().map(|(later, first)| {
        let fault = Fault::new("stem", "duplicate-stem").with("other", &items[first].code);
        (Member::Item(later), fault)
    });
    let shared = stimulus_faults(items, stimuli)
        .into_iter()
        .map(|(at, fault)| (Member::Item(at), fault));
    codes.chain(questions).chain(shared).collect()
}

/// Items that ask what one before them asks, each with the place of that one. An empty stem asks
/// nothing.
pub(super) fn asked_twice(items: &[Item]) -> Vec<(usize, usize)> {
    let twice = repeats(items.iter().map(question));
    let asks = |(later, _): &(usize, usize)| !items[*later].stem.trim().is_empty();
    twice.into_iter().filter(asks).collect()
}

/// What makes two items the same question. "Which of these is right?" may be asked of another
/// stimulus, or over other options; their order does not matter.
fn question(item: &Item) -> (Option<&str>, &str, Vec<&str>) {
    let mut options: Vec<&str> = item.body.options().iter().map(|o| o.trim()).collect();
    options.sort_unstable();
    (item.stimulus.as_deref(), item.stem.trim(), options)
}

fn stimulus_faults(items: &[Item], stimuli: &[Stimulus]) -> Vec<(usize, Fault)> {
    let mut section_of: HashMap<&str, Option<&str>> =
        stimuli.iter().map(|s| (s.code.as_str(), None)).collect();
    let mut faults = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Some(code) = item.stimulus.as_deref() else {
            continue;
        };
        let fault = match section_of.get_mut(code) {
            None => Fault::new("stimulus", "stimulus-unknown"),
            Some(section) => {
                let first = *section.get_or_insert(&item.section);
                if first == item.section {
                    continue;
                }
                Fault::new("stimulus", "stimulus-section").with("section", first)
            }
        };
        faults.push((at, fault.with("stimulus", code)));
    }
    faults
}

/// Places whose key stood earlier already, each with that first place.
pub(super) fn repeats<K: Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<(usize, usize)> {
    let mut seen = HashMap::new();
    keys.enumerate()
        .filter_map(|(at, key)| {
            let first = *seen.entry(key).or_insert(at);
            (first != at).then_some((at, first))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::item::{Body, Difficulty};
    use crate::bank::rich::Markup;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    fn single(options: &[&str], key: u8) -> Body {
        Body::SingleChoice {
            options: texts(options),
            key,
        }
    }

    fn item(code: &str, body: Body) -> Item {
        Item {
            code: code.to_owned(),
            section: "verbal".to_owned(),
            topic: "vb.cloze".to_owned(),
            difficulty: Difficulty::Medium,
            stimulus: None,
            stem: format!("第 {code} 题"),
            body,
            explanation: String::new(),
            enemies: Vec::new(),
            seconds: None,
            markup: Markup::Plain,
        }
    }

    fn stimulus(code: &str) -> Stimulus {
        Stimulus {
            code: code.to_owned(),
            title: "材料".to_owned(),
            text: "一段文字。".to_owned(),
            table: Vec::new(),
            markup: Markup::Plain,
        }
    }

    /// `place: code` of each fault.
    fn said(faults: &[Fault]) -> Vec<String> {
        let said = |fault: &Fault| format!("{}: {}", fault.place, fault.code);
        faults.iter().map(said).collect()
    }

    #[test]
    fn codes_and_questions_do_not_repeat() {
        let mut items = vec![
            item("a", single(&["甲", "乙", "丙"], 0)),
            item("a", single(&["甲", "乙", "丁"], 0)),
            item("b", single(&["丙", "乙", "甲"], 0)),
        ];
        for item in &mut items {
            item.stem = "下列句子中没有语病的一项是：".to_owned();
        }
        let faults = check_collection(&items, &[stimulus("s"), stimulus("s")]);
        assert_eq!(
            said(&faults),
            [
                "stimulus s: code: duplicate-code",
                "item a: code: duplicate-code",
                "item b: stem: duplicate-stem",
            ]
        );
    }

    #[test]
    fn one_question_may_be_asked_of_two_stimuli() {
        let stimuli = [stimulus("s1"), stimulus("s2")];
        let about = |code: &str, stimulus: &str| Item {
            stimulus: Some(stimulus.to_owned()),
            stem: "下列说法能够推出的是：".to_owned(),
            ..item(code, single(&["甲", "乙", "丙"], 0))
        };
        let items = [about("a", "s1"), about("b", "s2")];
        assert_eq!(check_collection(&items, &stimuli), []);
    }

    #[test]
    fn a_stimulus_is_there_and_stays_in_its_section() {
        let about = |code: &str, section: &str, stimulus: &str| Item {
            section: section.to_owned(),
            stimulus: Some(stimulus.to_owned()),
            ..item(code, Body::TrueFalse { key: true })
        };
        let items = [
            about("a", "verbal", "s1"),
            about("b", "data_analysis", "s1"),
            about("c", "verbal", "s9"),
        ];
        assert_eq!(
            said(&check_collection(&items, &[stimulus("s1")])),
            [
                "item b: stimulus: stimulus-section",
                "item c: stimulus: stimulus-unknown",
            ]
        );
    }
}
