//! Made-up people. Their names, numbers and answers follow from a seed, so that every
//! demonstration is the same; nobody of them exists.

use std::collections::BTreeSet;

use crate::draw::{Seed, Stream};
use crate::establishment::rules::Education;
use crate::kernel::resident_id::ResidentId;
use crate::registration::records::Facts;

const FAMILY: [&str; 30] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧",
];
const GIVEN: [&str; 40] = [
    "子", "文", "思", "雨", "明", "晓", "志", "佳", "嘉", "欣", "浩", "宇", "俊", "梓", "涵", "诗",
    "若", "一", "海", "建", "国", "春", "秋", "安", "宁", "清", "远", "景", "怀", "知", "书", "之",
    "乐", "然", "舒", "言", "川", "岚", "青", "禾",
];
const MAJORS: [&str; 8] = [
    "法学",
    "汉语言文学",
    "会计学",
    "计算机科学与技术",
    "行政管理",
    "经济学",
    "档案学",
    "公共事业管理",
];

/// One made-up candidate.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Name.
    pub name: String,
    /// A resident ID number with a right check character and a region code that is not used.
    pub resident_id: String,
    /// E-mail address, under a domain reserved for examples.
    pub email: String,
    /// What the candidate states.
    pub facts: Facts,
    /// How able, in per cent: the chance of a right answer to an item of medium difficulty.
    pub ability: usize,
}

/// A candidate of a group, by number.
pub fn candidate(seed: &Seed, group: &str, number: usize) -> Candidate {
    let mut stream = seed.sub(format!("candidate/{group}/{number}")).stream();
    let given = 1 + stream.below(2);
    let mut name = pick(&mut stream, &FAMILY).to_owned();
    for _ in 0..=given.min(1) {
        name.push_str(pick(&mut stream, &GIVEN));
    }
    Candidate {
        name,
        resident_id: resident_id(&mut stream, group, number),
        email: format!("{group}{number:03}@example.org"),
        facts: facts(&mut stream),
        ability: 40 + stream.below(26) + stream.below(26),
    }
}

fn pick<'a>(stream: &mut Stream, words: &[&'a str]) -> &'a str {
    words
        .get(stream.below(words.len()))
        .copied()
        .unwrap_or_default()
}

/// Regions that begin with 99 are assigned to no place: the region keeps groups apart, and the
/// sequence number the people of a group.
fn resident_id(stream: &mut Stream, group: &str, number: usize) -> String {
    let region = group
        .bytes()
        .fold(number / 1000, |sum, b| (sum * 31 + usize::from(b)) % 10_000);
    let (year, month, day) = (
        1993 + stream.below(10),
        1 + stream.below(12),
        1 + stream.below(28),
    );
    let seventeen = format!("99{region:04}{year}{month:02}{day:02}{:03}", number % 1000);
    ResidentId::complete(&seventeen)
        .map(|id| id.reveal().to_owned())
        .unwrap_or(seventeen)
}

fn facts(stream: &mut Stream) -> Facts {
    let education = match stream.below(10) {
        0 => Education::College,
        1..=6 => Education::Bachelor,
        7 | 8 => Education::Master,
        _ => Education::Doctor,
    };
    let grassroots = stream.below(8) == 0;
    Facts {
        education,
        degree: education >= Education::Bachelor,
        major: pick(stream, &MAJORS).to_owned(),
        years: i16::try_from(stream.below(8)).unwrap_or_default(),
        certificates: if stream.below(4) == 0 {
            vec!["法律职业资格".to_owned()]
        } else {
            Vec::new()
        },
        categories: if grassroots {
            BTreeSet::from(["grassroots".to_owned()])
        } else {
            BTreeSet::new()
        },
        phone: format!("1990000{:04}", stream.below(10_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_people_have_sound_and_different_numbers() {
        let seed = Seed::new([7; 32]);
        let mut numbers = BTreeSet::new();
        for group in ["gwy", "sy", "js", "zc"] {
            for number in 0..600 {
                let person = candidate(&seed, group, number);
                assert!(
                    ResidentId::parse(&person.resident_id).is_ok(),
                    "{}",
                    person.resident_id
                );
                assert!(numbers.insert(person.resident_id), "{group} {number} twice");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_people() {
        let one = candidate(&Seed::new([7; 32]), "gwy", 12);
        assert_eq!(one.name, candidate(&Seed::new([7; 32]), "gwy", 12).name);
    }
}
