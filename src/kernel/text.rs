//! What a keyboard decides of a text and nobody means: widths of characters, forms of punctuation.

/// The ASCII form of a full-width one (U+FF01 to U+FF5E).
pub fn half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The ASCII sign that stands where a Chinese or typographic one does.
pub const fn ascii_punctuation(c: char) -> char {
    match c {
        '。' | '．' => '.',
        '、' => ',',
        '“' | '”' | '「' | '」' | '『' | '』' => '"',
        '‘' | '’' => '\'',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '—' | '–' | '−' | '‐' | '‑' => '-',
        '〜' => '~',
        _ => c,
    }
}
