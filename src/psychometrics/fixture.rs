//! Data that many packages carry, and whose figures are published.

/// Bock and Lieberman (1970), LSAT section 6: how many of a thousand candidates answered each
/// of the 32 patterns, as the packages ltm and mirt carry them.
const LSAT6: [(&str, usize); 30] = [
    ("00000", 3),
    ("00001", 6),
    ("00010", 2),
    ("00011", 11),
    ("00100", 1),
    ("00101", 1),
    ("00110", 3),
    ("00111", 4),
    ("01000", 1),
    ("01001", 8),
    ("01011", 16),
    ("01101", 3),
    ("01110", 2),
    ("01111", 15),
    ("10000", 10),
    ("10001", 29),
    ("10010", 14),
    ("10011", 81),
    ("10100", 3),
    ("10101", 28),
    ("10110", 15),
    ("10111", 80),
    ("11000", 16),
    ("11001", 56),
    ("11010", 21),
    ("11011", 173),
    ("11100", 11),
    ("11101", 61),
    ("11110", 28),
    ("11111", 298),
];

/// The same, section 7: of each pattern from 00000 to 11111 in the order of binary numbers, as the
/// package psych carries it (`bock.table`).
const LSAT7: [usize; 32] = [
    12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28, 7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7,
    35, 18, 136, 32, 308,
];

/// The items and the thousand rows of answers.
pub(super) fn lsat6() -> (Vec<String>, Vec<Vec<Option<bool>>>) {
    rows(&LSAT6.map(|(pattern, count)| (pattern.to_owned(), count)))
}

/// The same of section 7.
pub(super) fn lsat7() -> (Vec<String>, Vec<Vec<Option<bool>>>) {
    let patterns = LSAT7.iter().enumerate();
    let patterns: Vec<(String, usize)> = patterns
        .map(|(pattern, count)| (format!("{pattern:05b}"), *count))
        .collect();
    rows(&patterns)
}

fn rows(patterns: &[(String, usize)]) -> (Vec<String>, Vec<Vec<Option<bool>>>) {
    let names = (1..=5).map(|item| format!("Q{item}")).collect();
    let row = |pattern: &str| pattern.chars().map(|answer| Some(answer == '1')).collect();
    let rows = patterns
        .iter()
        .flat_map(|(pattern, count)| std::iter::repeat_n(row(pattern), *count));
    (names, rows.collect())
}
