//! Mails as the server leaves them in its folder.

use std::path::Path;

use base64::Engine as _;

/// The link to `page` in a mail to this address; none if the mail is another one, or not yet whole.
pub(super) fn link(file: &Path, email: &str, page: &str) -> Option<String> {
    let mail = std::fs::read_to_string(file).ok()?;
    let (head, body) = mail.split_once("\r\n\r\n")?;
    if file.extension()? != "eml" || !head.contains(email) {
        return None;
    }
    let text = plain(body);
    let (_, rest) = text.split_once(&format!("/{page}?token="))?;
    let ends = |c: char| !c.is_alphanumeric() && !"-_".contains(c);
    let token = &rest[..rest.find(ends)?];
    Some(format!("/{page}?token={token}"))
}

/// The text of a body in base64 or quoted-printable, as far as links go.
fn plain(body: &str) -> String {
    let packed: String = body.split_whitespace().collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(packed);
    let decoded = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| body.replace("=\r\n", "").replace("=3D", "="))
}
