//! What the tests of the formats share.

use crate::kernel::Fault;

/// `place: code` of each fault.
pub(super) fn said(faults: &[Fault]) -> Vec<String> {
    let said = |fault: &Fault| format!("{}: {}", fault.place, fault.code);
    faults.iter().map(said).collect()
}

/// As a Chinese Windows saves it.
pub(super) fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// Without a mark.
pub(super) fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Without a mark.
pub(super) fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
