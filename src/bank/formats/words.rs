//! The words people write in a table, in Chinese or English, full or half width.

use crate::bank::item::{Difficulty, ItemKind};
use crate::bank::rich::Markup;

/// `text` with full-width forms made plain, in lower case, without blanks, `_` and `-`: what is
/// left when two spellings of a word are the same.
pub(super) fn squeeze(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The ASCII character behind a full-width one.
pub(super) fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Names in one text, with spaces, semicolons or commas between.
pub(in crate::bank) fn names(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || matches!(narrow(c), ' ' | ';' | ',' | '、');
    let names = text.split(between).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// A kind of item: `单选题`, `single_choice` …
pub(super) fn kind(text: &str) -> Option<ItemKind> {
    match squeeze(text).as_str() {
        "单选题" | "单选" | "单项选择题" | "单项选择" | "singlechoice" => {
            Some(ItemKind::SingleChoice)
        }
        "多选题" | "多选" | "多项选择题" | "多项选择" | "multiplechoice" => {
            Some(ItemKind::MultipleChoice)
        }
        "判断题" | "判断" | "是非题" | "truefalse" => Some(ItemKind::TrueFalse),
        "填空题" | "填空" | "fillin" => Some(ItemKind::FillIn),
        "数值题" | "数值" | "计算题" | "numeric" => Some(ItemKind::Numeric),
        "匹配题" | "匹配" | "连线题" | "连线" | "matching" => Some(ItemKind::Matching),
        "排序题" | "排序" | "ordering" => Some(ItemKind::Ordering),
        "主观题" | "简答题" | "问答题" | "论述题" | "作文题" | "essay" => {
            Some(ItemKind::Essay)
        }
        _ => None,
    }
}

/// A kind as [`kind`] reads it.
pub(super) const fn kind_in_chinese(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::SingleChoice => "单选题",
        ItemKind::MultipleChoice => "多选题",
        ItemKind::TrueFalse => "判断题",
        ItemKind::FillIn => "填空题",
        ItemKind::Numeric => "数值题",
        ItemKind::Matching => "匹配题",
        ItemKind::Ordering => "排序题",
        ItemKind::Essay => "主观题",
    }
}

/// A difficulty as [`difficulty`] reads it.
pub(super) const fn difficulty_in_chinese(difficulty: Difficulty) -> &'static str {
    match difficulty {
        Difficulty::Easy => "易",
        Difficulty::Medium => "中",
        Difficulty::Hard => "难",
    }
}

/// A judgement as [`judgement`] reads it.
pub(super) const fn judgement_in_chinese(holds: bool) -> &'static str {
    if holds { "对" } else { "错" }
}

/// A difficulty: `易`, `easy` …
pub(super) fn difficulty(text: &str) -> Option<Difficulty> {
    match squeeze(text).as_str() {
        "易" | "容易" | "简单" | "easy" => Some(Difficulty::Easy),
        "中" | "中等" | "适中" | "medium" => Some(Difficulty::Medium),
        "难" | "困难" | "较难" | "hard" => Some(Difficulty::Hard),
        _ => None,
    }
}

/// A markup: `html`, `富文本`, `plain` …
pub(super) fn markup(text: &str) -> Option<Markup> {
    match squeeze(text).as_str() {
        "html" | "富文本" => Some(Markup::Html),
        "plain" | "text" | "文本" | "纯文本" => Some(Markup::Plain),
        _ => None,
    }
}

/// A judgement: `对`, `×`, `true` …
pub(super) fn judgement(text: &str) -> Option<bool> {
    match squeeze(text).as_str() {
        "对" | "正确" | "是" | "√" | "✓" | "✔" | "t" | "true" => Some(true),
        "错" | "错误" | "否" | "×" | "✗" | "✘" | "f" | "false" => Some(false),
        _ => None,
    }
}

/// The options named by letters, ascending: `AC`, `ca`, `A,C` and `A、C` are the same two.
pub(super) fn letters(text: &str) -> Option<Vec<u8>> {
    let mut places = text
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '、' | ';' | '/'))
        .map(|c| {
            let letter = u8::try_from(c).ok()?.to_ascii_uppercase();
            letter
                .is_ascii_uppercase()
                .then(|| letter.saturating_sub(b'A'))
        })
        .collect::<Option<Vec<u8>>>()?;
    places.sort_unstable();
    (!places.is_empty()).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_however_they_are_written() {
        for text in [
            "AC", "ac", "ca", "A,C", "A、C", "A，C", " a ; c ", "ＡＣ", "A/C",
        ] {
            assert_eq!(letters(text), Some(vec![0, 2]), "{text:?}");
        }
        for text in ["", ",", "1", "甲", "A1", "=1+1"] {
            assert_eq!(letters(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_stand_apart_by_spaces_or_marks() {
        assert_eq!(
            names(" a b;c；d、e，\u{3000}f\n"),
            ["a", "b", "c", "d", "e", "f"]
        );
        assert_eq!(names(" ; "), Vec::<String>::new());
    }

    #[test]
    fn judgements_are_read_in_both_languages() {
        for text in ["对", "正确", "√", "T", "true", "TRUE", "Ｔ"] {
            assert_eq!(judgement(text), Some(true), "{text:?}");
        }
        for text in ["错", "错误", "×", "F", "False"] {
            assert_eq!(judgement(text), Some(false), "{text:?}");
        }
        assert_eq!(judgement("A"), None);
    }

    #[test]
    fn codes_and_chinese_names_mean_the_same() {
        for item_kind in ItemKind::ALL {
            assert_eq!(kind(item_kind.as_str()), Some(item_kind));
        }
        for band in Difficulty::ALL {
            assert_eq!(difficulty(band.as_str()), Some(band));
        }
        assert_eq!(kind("单项选择题"), Some(ItemKind::SingleChoice));
        assert_eq!(kind(" 简答题 "), Some(ItemKind::Essay));
        assert_eq!(difficulty("难"), Some(Difficulty::Hard));
        assert_eq!(kind("绘图题"), None);
    }
}
