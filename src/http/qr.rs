//! QR codes, as drawings inside a page.

use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// A text as a QR code in SVG. `level` is how much of it may be damaged; a text that is too long for
/// that has none.
pub fn qr_code(text: &str, level: EcLevel) -> Result<String, QrError> {
    let image = QrCode::with_error_correction_level(text, level)?
        .render::<svg::Color<'_>>()
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // The XML declaration has no place inside a page.
    let start = image.find("<svg").unwrap_or_default();
    Ok(image.get(start..).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_drawing_and_nothing_before_it() {
        let code = qr_code("KEJU:2026-gwy:20261000001", EcLevel::M).unwrap();
        assert!(code.starts_with("<svg") && code.contains("<path"), "{code}");
        assert!(qr_code(&"x".repeat(3000), EcLevel::L).is_err());
    }
}
