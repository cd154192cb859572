//! Items that ask nearly the same. Pure.
//!
//! Two questions are compared by the pairs of neighbouring characters in stem and options: near are
//! those that have at least [`NEAR_PERCENT`] of all their pairs in common (Jaccard index). To find
//! them without comparing all with all, only those are compared that share one of their rarest pairs
//! (prefix filtering, Chaudhuri, Ganti and Kaushik 2006, doi 10.1109/ICDE.2006.9): whoever shares none
//! of them cannot reach the bound.

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
    let Ranked { texts, alone, all } = ranked(items);
    // By rank, from the first pair that more than one text has.
    let mut seen: Vec<Vec<usize>> = vec![Vec::new(); all - alone];
    let mut found = Vec::new();
    let said = texts.iter().enumerate();
    for (second, own) in said.filter(|(_, own)| own.len() >= PAIRS_MIN) {
        // Ranks begin with the rarest.
        let rarest = own[..prefix(own.len())].iter();
        let shared: Vec<usize> = rarest
            .filter_map(|rank| (*rank as usize).checked_sub(alone))
            .collect();
        let seen_in = shared.iter().flat_map(|rank| &seen[*rank]).copied();
        let mut candidates: Vec<usize> = seen_in.collect();
        candidates.sort_unstable();
        candidates.dedup();
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
        for rank in shared {
            seen[rank].push(second);
        }
    }
    found
}

/// Items by the ranks of their pairs.
struct Ranked {
    /// For each item its pairs of characters by their ranks, ascending: the rarer a pair is among all
    /// items, the lower its rank.
    texts: Vec<Vec<u32>>,
    /// How many pairs only one item has: they have the lowest ranks.
    alone: usize,
    /// How many different pairs there are.
    all: usize,
}

/// Ranks come out of two sorts and no look-up: all pairs are sorted with the items that have them, so
/// that each pair is one run, and the runs are counted off by their lengths.
fn ranked(items: &[Item]) -> Ranked {
    let mut places: Vec<(u64, u32)> = Vec::new();
    let mut texts: Vec<Vec<u32>> = Vec::with_capacity(items.len());
    for (text, item) in (0..).zip(items) {
        let pairs = pairs(item);
        texts.push(Vec::with_capacity(pairs.len()));
        places.extend(pairs.into_iter().map(|pair| (pair, text)));
    }
    places.sort_unstable();
    let runs = || places.chunk_by(|(one, _), (other, _)| one == other);
    // How many pairs are in so many items; then, where the ranks of these begin.
    let mut begins = vec![0; items.len() + 2];
    runs().for_each(|run| begins[run.len() + 1] += 1);
    let alone = begins.get(2).copied().unwrap_or_default();
    for length in 1..begins.len() {
        begins[length] += begins[length - 1];
    }
    let all = begins.last().copied().unwrap_or_default();
    for run in runs() {
        let rank = begins[run.len()];
        begins[run.len()] += 1;
        for (_, text) in run {
            texts[*text as usize].push(rank);
        }
    }
    texts.iter_mut().for_each(|ranks| ranks.sort_unstable());
    Ranked {
        texts,
        alone: alone as usize,
        all: all as usize,
    }
}

/// How many of the rarest pairs must be looked at: with all of them different, too few are left.
fn prefix(pairs: usize) -> usize {
    pairs - (pairs * NEAR_PERCENT).div_ceil(100) + 1
}

/// The pairs of neighbouring characters of a question, in order, each once, as one number. What is no
/// letter and no digit does not count.
fn pairs(item: &Item) -> Vec<u64> {
    let mut pairs = Vec::new();
    let options = item.body.options().iter();
    for text in std::iter::once(&item.stem).chain(options) {
        let text = item.markup.words(text);
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        let letters: Vec<char> = letters.flat_map(char::to_lowercase).collect();
        let number = |two: &[char]| u64::from(two[0]) << 32 | u64::from(two[1]);
        pairs.extend(letters.windows(2).map(number));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The share of two ordered lists that they have in common, in per cent, cut off.
fn share<T: Ord>(one: &[T], other: &[T]) -> usize {
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
    use crate::bank::rich::Markup;
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
            markup: Markup::Plain,
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
