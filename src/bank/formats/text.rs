//! Bytes to text. Spreadsheet programs save "CSV" in whatever encoding the machine had: UTF-8 with
//! or without a mark, UTF-16, or GBK on a Chinese Windows. All are read strictly: bytes that do
//! not decode are refused with their place, never replaced.

use encoding_rs::{DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::kernel::Fault;

/// How a text was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// GB 18030, of which GBK and GB 2312 are parts.
    Gb18030,
}

impl Encoding {
    /// Its usual name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Gb18030 => "GB18030",
        }
    }

    const fn decoder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Gb18030 => GB18030,
        }
    }
}

/// So many characters beyond ASCII that read well as UTF-8 are no accident of GBK.
const SURELY_UTF8: usize = 8;

/// The text of `bytes`, without its byte order mark, and the encoding it was in. The fault
/// `not-text` has the `offset` of the first byte that does not belong.
pub fn decode(bytes: &[u8]) -> Result<(String, Encoding), Fault> {
    let (encoding, mark) = sniff(bytes);
    strict(encoding, &bytes[mark..])
        .map(|text| (text, encoding))
        .map_err(|offset| {
            Fault::new("file", "not-text")
                .with("encoding", encoding.as_str())
                .with("offset", mark + offset)
        })
}

/// The encoding of `bytes` and the length of their byte order mark.
fn sniff(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
        _ => (sniff_unmarked(bytes), 0),
    }
}

fn sniff_unmarked(bytes: &[u8]) -> Encoding {
    if let Some(encoding) = sniff_utf16(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Encoding::Utf8,
        Err(error) if is_chinese_utf8(&bytes[..error.valid_up_to()]) => Encoding::Utf8,
        Err(_) => Encoding::Gb18030,
    }
}

/// UTF-16 shows itself by separators and line ends beside a zero byte: the same bytes in the other
/// order (U+0900, U+0A00, U+0D00, U+2C00) are letters that no Chinese or English table holds.
fn sniff_utf16(bytes: &[u8]) -> Option<Encoding> {
    let is_separator = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b',');
    let (pairs, _) = bytes.as_chunks::<2>();
    let little = pairs.iter().any(|[a, b]| is_separator(*a) && *b == 0);
    let big = pairs.iter().any(|[a, b]| *a == 0 && is_separator(*b));
    match (little, big) {
        (true, false) => Some(Encoding::Utf16Le),
        (false, true) => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Whether what stands before the first wrong byte is long enough to know that the file is UTF-8
/// with a wrong byte, and not GBK, as which it might decode into nonsense.
fn is_chinese_utf8(valid: &[u8]) -> bool {
    let letters = String::from_utf8_lossy(valid);
    letters.chars().filter(|c| !c.is_ascii()).count() >= SURELY_UTF8
}

/// Decodes all of `bytes`, or gives the offset of the first that cannot be.
fn strict(encoding: Encoding, bytes: &[u8]) -> Result<String, usize> {
    let mut decoder = encoding.decoder().new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or_default());
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull => Err(read),
        DecoderResult::Malformed(wrong, after) => {
            Err(read.saturating_sub(usize::from(wrong) + usize::from(after)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::{gb18030, utf16be, utf16le};
    use proptest::prelude::*;

    const TEXT: &str = "编号,题干\r\nck-001,一二三：联通的“㐀”\r\n";

    fn decoded(bytes: &[u8]) -> (String, Encoding) {
        decode(bytes).unwrap()
    }

    fn with_mark(mark: &[u8], bytes: &[u8]) -> Vec<u8> {
        [mark, bytes].concat()
    }

    #[test]
    fn every_encoding_a_spreadsheet_saves_is_known_by_its_bytes() {
        let cases = [
            (TEXT.as_bytes().to_vec(), Encoding::Utf8),
            (with_mark(b"\xEF\xBB\xBF", TEXT.as_bytes()), Encoding::Utf8),
            (utf16le(TEXT), Encoding::Utf16Le),
            (with_mark(b"\xFF\xFE", &utf16le(TEXT)), Encoding::Utf16Le),
            (utf16be(TEXT), Encoding::Utf16Be),
            (with_mark(b"\xFE\xFF", &utf16be(TEXT)), Encoding::Utf16Be),
            (gb18030(TEXT), Encoding::Gb18030),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(decoded(&bytes), (TEXT.to_owned(), encoding));
        }
        assert_eq!(decoded(b""), (String::new(), Encoding::Utf8));
    }

    #[test]
    fn a_wrong_byte_is_named_by_its_offset() {
        let offset = |bytes: &[u8]| {
            let fault = decode(bytes).unwrap_err();
            assert_eq!(fault.code, "not-text");
            fault.args
        };
        let broken = |encoding: &str, at: usize| {
            let encoding = ("encoding", encoding.to_owned());
            vec![encoding, ("offset", at.to_string())]
        };
        assert_eq!(offset(b"\xEF\xBB\xBFabc\xFF"), broken("UTF-8", 6));
        assert_eq!(offset(b"abc,\xFF\xFF"), broken("GB18030", 4));
        assert_eq!(offset(b"\xFF\xFEa\0\0\xD8b\0"), broken("UTF-16LE", 4));
    }

    #[test]
    fn utf8_with_one_wrong_byte_is_not_taken_for_gbk() {
        let mut bytes = "题干：下列说法正确的是".as_bytes().to_vec();
        let cut = bytes.len() - 1;
        bytes.truncate(cut);
        let fault = decode(&bytes).unwrap_err();
        assert_eq!(fault.args[0], ("encoding", "UTF-8".to_owned()));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn chinese_text_survives_gbk(text in "[一-龥a-z，。]{1,40}") {
            let table = format!("编号,题干\n1,{text}");
            prop_assert_eq!(decoded(&gb18030(&table)).0, table);
        }
    }
}
