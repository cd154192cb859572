//! Items that ask nearly the same. Pure.
//!
//! Two questions are compared by the pairs of neighbouring characters in stem and options: near are
//! those that have at least [`NEAR_PERCENT`] of all their pairs in common (Jaccard index). To find
//! them without comparing all with all, only those are compared that share one of their rarest pairs
//! (prefix filtering, Chaudhuri, Ganti and Kaushik 2006, doi 10.1109/ICDE.2006.9): whoever shares none
//! of them cannot reach the bound.

use std::collections::{BTreeSet, HashMap};

use super::item::Item;

/// Pairs in common, of all pairs of both, in per cent, from which on two questions are near.
pub const NEAR_PERCENT: usize = 80;
/// Questions with fewer pairs say too little to be compared.
const PAIRS_MIN: usize = 8;

/// Two items that ask nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// The earlier, by its place in the list.
    pub first: usize,
    /// The later.
    pub second: usize,
    /// Pairs in common, of all pairs of both, in per cent, cut off.
    pub percent: usize,
}

/// All pairs of items that are near, by the later and the earlier of them.
pub fn near(items: &[Item]) -> Vec<Near> {
    let texts: Vec<Vec<[char; 2]>> = items.iter().map(pairs).collect();
    let mut count: HashMap<[char; 2], usize> = HashMap::new();
    for pair in texts.iter().flatten() {
        *count.entry(*pair).or_default() += 1;
    }
    let mut seen: HashMap<[char; 2], Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for (second, own) in texts
        .iter()
        .enumerate()
        .filter(|(_, own)| own.len() >= PAIRS_MIN)
    {
        let mut rarest = own.clone();
        rarest.sort_unstable_by_key(|pair| (count.get(pair).copied(), *pair));
        rarest.truncate(prefix(own.len()));
        let candidates: BTreeSet<usize> = rarest
            .iter()
            .filter_map(|pair| seen.get(pair))
            .flatten()
            .copied()
            .collect();
        for first in candidates {
            let percent = share(&texts[first], own);
            if percent >= NEAR_PERCENT {
                found.push(Near {
                    first,
                    second,
                    percent,
                });
            }
        }
        for pair in rarest {
            seen.entry(pair).or_default().push(second);
        }
    }
    found
}

/// How many of the rarest pairs must be looked at: with all of them different, too few are left.
fn prefix(pairs: usize) -> usize {
    pairs - (pairs * NEAR_PERCENT).div_ceil(100) + 1
}

/// The pairs of neighbouring characters of a question, in order, each once. What is no letter and no
/// digit does not count.
fn pairs(item: &Item) -> Vec<[char; 2]> {
    let mut pairs = BTreeSet::new();
    let mut options: Vec<&String> = item.body.options().iter().collect();
    options.sort_unstable();
    for text in std::iter::once(&item.stem).chain(options) {
        let letters: Vec<char> = text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let neighbours = letters.windows(2).filter_map(|two| two.try_into().ok());
        pairs.extend(neighbours.map(|two: [char; 2]| two));
    }
    pairs.into_iter().collect()
}

/// The share of two ordered lists that they have in common, in per cent, cut off.
fn share(one: &[[char; 2]], other: &[[char; 2]]) -> usize {
    let (mut a, mut b) = (one.iter().peekable(), other.iter().peekable());
    let mut common = 0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                common += 1;
                a.next();
                b.next();
            }
        }
    }
    let all = one.len() + other.len() - common;
    (common * 100).checked_div(all).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::item::{Body, Difficulty};
    use proptest::prelude::*;

    fn item(stem: &str) -> Item {
        Item {
            code: "a".to_owned(),
            section: "s".to_owned(),
            topic: "s.t".to_owned(),
            difficulty: Difficulty::Easy,
            stimulus: None,
            stem: stem.to_owned(),
            body: Body::TrueFalse { key: true },
            explanation: String::new(),
            enemies: Vec::new(),
            seconds: None,
        }
    }

    fn pairs_of(stems: &[&str]) -> Vec<(usize, usize)> {
        let items: Vec<Item> = stems.iter().map(|stem| item(stem)).collect();
        near(&items)
            .iter()
            .map(|one| (one.first, one.second))
            .collect()
    }

    #[test]
    fn a_question_with_a_word_changed_is_near_and_another_is_not() {
        let stems = [
            "根据《行政处罚法》，违法行为在二年内未被发现的，不再给予行政处罚，法律另有规定的除外。",
            "下列成语中，与“画蛇添足”意思最接近的一项是哪一项？",
            "根据《行政处罚法》，违法行为在二年内未被发现的，不再给予行政处罚；法律另有规定的除外！",
            "根据《行政处罚法》，违法行为在三年内未被发现的，不再给予行政处罚，法律另有规定的除外。",
        ];
        assert_eq!(pairs_of(&stems), [(0, 2), (0, 3), (2, 3)]);
    }

    #[test]
    fn options_tell_questions_with_one_stem_apart() {
        let choice = |options: [&str; 4]| Item {
            body: Body::SingleChoice {
                options: options.map(str::to_owned).to_vec(),
                key: 0,
            },
            ..item("下列说法正确的是：")
        };
        let one = choice([
            "国务院是最高国家行政机关",
            "省长由选举产生",
            "法院独立审判",
            "检察院属于行政机关",
        ]);
        let other = choice([
            "声音在真空中传播最快",
            "水的沸点随气压变化",
            "光沿曲线传播",
            "冰比水重",
        ]);
        assert_eq!(near(&[one.clone(), other]), []);
        let mut shuffled = one.clone();
        if let Body::SingleChoice { options, .. } = &mut shuffled.body {
            options.reverse();
        }
        assert_eq!(near(&[one, shuffled])[0].percent, 100);
    }

    proptest! {
        /// What is found is what comparing all with all finds.
        #[test]
        fn nothing_near_is_missed(stems in prop::collection::vec("[甲乙丙丁]{6,14}", 0..14)) {
            let items: Vec<Item> = stems.iter().map(|stem| item(stem)).collect();
            let texts: Vec<_> = items.iter().map(pairs).collect();
            let mut expected = Vec::new();
            for second in 0..items.len() {
                for first in 0..second {
                    let long = texts[first].len() >= PAIRS_MIN && texts[second].len() >= PAIRS_MIN;
                    let percent = share(&texts[first], &texts[second]);
                    if long && percent >= NEAR_PERCENT {
                        expected.push(Near { first, second, percent });
                    }
                }
            }
            prop_assert_eq!(near(&items), expected);
        }
    }
}
