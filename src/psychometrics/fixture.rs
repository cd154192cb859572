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

/// The items and the thousand rows of answers.
pub(super) fn lsat6() -> (Vec<String>, Vec<Vec<Option<bool>>>) {
    let names = (1..=5).map(|item| format!("Q{item}")).collect();
    let row = |pattern: &str| pattern.chars().map(|answer| Some(answer == '1')).collect();
    let rows = LSAT6
        .iter()
        .flat_map(|(pattern, count)| std::iter::repeat_n(row(pattern), *count));
    (names, rows.collect())
}
