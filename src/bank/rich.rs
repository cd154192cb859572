//! Rich text (富文本): the texts of an item or a stimulus are plain, or a small part of HTML with
//! MathML and pictures. Pure.
//!
//! What is kept is what [`clean`] makes of it: a fragment of HTML of the elements of [`ELEMENTS`]
//! and their attributes, sanitised by `ammonia`, which parses as browsers do. Nothing else is ever
//! stored, so a page may show it as it is. Pictures are named by their content:
//! `<img src="image:⟨SHA-256⟩" alt="…">`; where they are shown, [`Markup::html`] puts the address.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::formats::marks::{self, Mark};
use crate::kernel::merkle::Hash;

/// How the texts of an item or a stimulus are written.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// As it stands; empty lines part paragraphs.
    #[default]
    Plain,
    /// A fragment of HTML.
    Html,
}

/// What names a picture in the source of an image.
pub const IMAGE: &str = "image:";

/// Attributes of any element: reading aids, and the language of a foreign word.
const EVERYWHERE: [&str; 2] = ["lang", "dir"];

/// The elements that a text may have, each with its attributes.
const ELEMENTS: [(&str, &[&str]); 60] = [
    // words
    ("b", &[]),
    ("strong", &[]),
    ("i", &[]),
    ("em", &[]),
    ("u", &[]),
    ("s", &[]),
    ("sub", &[]),
    ("sup", &[]),
    ("small", &[]),
    ("code", &[]),
    ("br", &[]),
    ("ruby", &[]),
    ("rt", &[]),
    ("rp", &[]),
    // blocks
    ("p", &[]),
    ("pre", &[]),
    ("blockquote", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("hr", &[]),
    ("ul", &[]),
    ("ol", &["start", "type"]),
    ("li", &[]),
    ("figure", &[]),
    ("figcaption", &[]),
    ("img", &["src", "alt", "width", "height"]),
    // tables
    ("table", &[]),
    ("caption", &[]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tfoot", &[]),
    ("tr", &[]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("td", &["colspan", "rowspan"]),
    // MathML Core, <https://www.w3.org/TR/mathml-core/>, without links and styles
    ("math", &["display"]),
    ("mi", &["mathvariant"]),
    ("mn", &[]),
    (
        "mo",
        &[
            "form",
            "fence",
            "separator",
            "stretchy",
            "largeop",
            "movablelimits",
        ],
    ),
    ("ms", &[]),
    ("mtext", &[]),
    ("mspace", &["width", "height", "depth"]),
    ("mrow", &[]),
    ("mfrac", &["linethickness"]),
    ("msqrt", &[]),
    ("mroot", &[]),
    ("mstyle", &["displaystyle", "scriptlevel"]),
    ("merror", &[]),
    (
        "mpadded",
        &["width", "height", "depth", "lspace", "voffset"],
    ),
    ("mphantom", &[]),
    ("msub", &[]),
    ("msup", &[]),
    ("msubsup", &[]),
    ("munder", &["accentunder"]),
    ("mover", &["accent"]),
    ("munderover", &["accent", "accentunder"]),
    ("mmultiscripts", &[]),
    ("mprescripts", &[]),
    ("mtable", &[]),
    ("mtr", &[]),
    ("mtd", &["columnspan", "rowspan"]),
];

/// Elements that vanish without anything being lost.
const SILENT: [&str; 6] = ["html", "head", "body", "span", "semantics", "colgroup"];

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes: HashMap<&str, HashSet<&str>> = ELEMENTS
        .into_iter()
        .filter(|(_, attributes)| !attributes.is_empty())
        .map(|(name, attributes)| (name, attributes.iter().copied().collect()))
        .collect();
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.into_iter().map(|(name, _)| name).collect())
        .clean_content_tags(
            [
                "script",
                "style",
                "template",
                "title",
                "annotation",
                "annotation-xml",
            ]
            .into(),
        )
        .tag_attributes(attributes)
        .generic_attributes(EVERYWHERE.into())
        .url_schemes(["image"].into())
        .link_rel(None)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => image_of(value).is_some().then_some(Cow::Borrowed(value)),
            ("img", "width" | "height") => is_small_number(value).then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        });
    builder
});

fn is_small_number(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The picture that the source of an image names.
pub fn image_of(source: &str) -> Option<Hash> {
    let hex = source.strip_prefix(IMAGE)?;
    let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let bytes = hex::decode(hex).ok().filter(|_| lower)?;
    bytes.try_into().ok()
}

/// The source of an image that shows this picture.
pub fn source_of(image: &Hash) -> String {
    format!("{IMAGE}{}", hex::encode(image))
}

/// How often a text is cleaned until it stays as it is. Browsers mend some soup in two steps.
const ROUNDS: usize = 4;

/// A text as it is kept: sanitised, nothing blank around it, and no paragraph around all of it.
/// What is clean stays as it is.
pub fn clean(html: &str) -> String {
    let mut text = html.to_owned();
    for _ in 0..ROUNDS {
        let cleaned = sanitised(&text);
        if cleaned == text {
            return text;
        }
        text = cleaned;
    }
    // Soup that never settles is shown as what it is.
    escape(html.trim())
}

fn sanitised(html: &str) -> String {
    let cleaned = SANITISER.clean(&html.replace("\r\n", "\n").replace('\r', "\n"));
    let cleaned = without_blank_paragraphs(&cleaned.to_string());
    unwrapped(cleaned.trim()).to_owned()
}

/// Editors leave paragraphs with nothing in them.
fn without_blank_paragraphs(html: &str) -> String {
    let mut parts = html.split("<p>");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("</p>") {
            Some((inside, rest)) if is_blank(inside) => kept.push_str(rest),
            _ => {
                kept.push_str("<p>");
                kept.push_str(part);
            }
        }
    }
    kept
}

fn is_blank(html: &str) -> bool {
    html.replace("&nbsp;", "")
        .replace("<br>", "")
        .trim()
        .is_empty()
}

/// The inside of the only paragraph of a text.
fn unwrapped(html: &str) -> &str {
    let inside = html
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"));
    match inside {
        Some(inside) if !inside.contains("<p") => inside.trim(),
        _ => html,
    }
}

/// The first thing in a text that would not be kept: `script`, `p style`.
pub fn stray(html: &str) -> Option<String> {
    marks::of(html).into_iter().find_map(|mark| {
        let Mark { name, attributes } = mark;
        if SILENT.contains(&name.as_str()) {
            return None;
        }
        let Some((_, known)) = ELEMENTS.iter().find(|(known, _)| *known == name) else {
            return Some(name);
        };
        let unknown = attributes.iter().find(|(attribute, _)| {
            !known.contains(&attribute.as_str())
                && !EVERYWHERE.contains(&attribute.as_str())
                && !attribute.starts_with("xmlns")
        });
        unknown.map(|(attribute, _)| format!("{name} {attribute}"))
    })
}

/// Whether a text says what plain text cannot: more than paragraphs and lines; than powers and
/// indices, unless some are `special`; than a table, where one stands `apart`.
pub fn gains(html: &str, special: bool, apart: bool) -> bool {
    let marks = marks::of(&clean(html));
    marks.iter().any(|mark| match mark.name.as_str() {
        "p" | "br" | "pre" => false,
        "sub" | "sup" => special,
        "table" | "thead" | "tbody" | "tfoot" | "tr" | "th" | "td" => !apart,
        _ => true,
    })
}

/// The pictures that a text shows.
pub fn images(html: &str) -> BTreeSet<Hash> {
    sources(html)
        .filter_map(|source| image_of(&source))
        .collect()
}

/// Whether an image of a text shows no picture.
pub fn has_blank_image(html: &str) -> bool {
    let shown = sources(html)
        .filter(|source| image_of(source).is_some())
        .count();
    marks::of(html)
        .iter()
        .filter(|mark| mark.name == "img")
        .count()
        > shown
}

fn sources(html: &str) -> impl Iterator<Item = String> {
    let images = marks::of(html)
        .into_iter()
        .filter(|mark| mark.name == "img");
    images.filter_map(|mark| {
        let mut attributes = mark.attributes.into_iter();
        attributes
            .find(|(name, _)| name == "src")
            .map(|(_, source)| source)
    })
}

/// `text` as HTML that shows it, line for line.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

impl Markup {
    /// As written in files and in the fields of a form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Html => "html",
        }
    }

    /// Reads what [`Markup::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Plain, Self::Html]
            .into_iter()
            .find(|markup| markup.as_str() == text)
    }

    /// Whether texts stand as they are.
    pub const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    /// A text as it is kept.
    pub fn tidy(self, text: &str) -> String {
        match self {
            Self::Plain => super::rules::tidy(text),
            Self::Html => clean(text),
        }
    }

    /// What a text says in words, to be listed, searched and compared.
    pub fn words(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(text),
            Self::Html => Cow::Owned(marks::words(text)),
        }
    }

    /// A text for a page: safe HTML, its pictures under `images`, such as `/bank/images/`.
    pub fn html(self, text: &str, images: &str) -> String {
        match self {
            Self::Plain => escape(text),
            Self::Html => text.replace("src=\"image:", &format!("src=\"{images}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PICTURE: &str = "image:0000000000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn what_an_item_needs_is_kept() {
        for html in [
            "H<sub>2</sub>O 与 <em>加点</em>、<u>划线</u>",
            "<p>甲</p><p>乙<br>丙</p>",
            "<ul><li>甲</li><li>乙</li></ul>",
            "<table><thead><tr><th scope=\"col\">年</th></tr></thead><tbody><tr><td colspan=\"2\">1</td></tr></tbody></table>",
            "<math display=\"block\"><mfrac><mn>1</mn><msqrt><mi>x</mi></msqrt></mfrac></math>",
            "<ruby>汉<rt>hàn</rt></ruby>",
            "1 &lt; 2 &amp; 3",
        ] {
            assert_eq!(clean(html), html);
            assert_eq!(stray(html), None, "{html}");
        }
        let image = format!("<img src=\"{PICTURE}\" alt=\"柱形图\" width=\"320\">");
        assert_eq!(clean(&image), image);
        assert_eq!(images(&image).len(), 1);
        assert!(!has_blank_image(&image));
    }

    #[test]
    fn scripts_and_what_acts_like_them_are_not() {
        for (hostile, kept) in [
            ("甲<script>alert(1)</script>乙", "甲乙"),
            ("<p onclick=\"alert(1)\">甲</p>", "甲"),
            ("<b style=\"position:fixed\">甲</b>", "<b>甲</b>"),
            ("<a href=\"javascript:alert(1)\">甲</a>", "甲"),
            (
                "<img src=\"https://evil.example/a.png\" alt=\"甲\">",
                "<img alt=\"甲\">",
            ),
            ("<img src=x onerror=alert(1)>", "<img>"),
            ("<svg><script>alert(1)</script></svg>甲", "甲"),
            ("<iframe src=\"//evil.example\"></iframe>甲", "甲"),
            (
                "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
                "<math><mtext></mtext></math>",
            ),
            ("<form action=/><input name=_csrf>甲</form>", "甲"),
            ("<!-- 甲 -->乙", "乙"),
        ] {
            assert_eq!(clean(hostile), kept, "{hostile}");
        }
        assert!(has_blank_image("<img alt=\"甲\">"));
    }

    #[test]
    fn what_would_be_dropped_is_named() {
        let named = |html: &str| stray(html).unwrap_or_default();
        assert_eq!(named("<p>甲<script>1</script>"), "script");
        assert_eq!(named("<p style='color:red'>甲"), "p style");
        assert_eq!(named("<a href='/x'>甲</a>"), "a");
        assert_eq!(named("<div>甲</div>"), "div");
        assert_eq!(named("<span>甲</span>"), "");
    }

    #[test]
    fn a_text_can_be_said_in_words_and_shown() {
        let html = format!("x<sup>2</sup> &lt; <b>4</b><img src=\"{PICTURE}\" alt=\"图\">");
        assert_eq!(Markup::Html.words(&html), "x² < 4[图]");
        assert_eq!(Markup::Plain.words("<b>"), "<b>");
        assert_eq!(Markup::Plain.html("<b>", "/"), "&lt;b&gt;");
        let shown = Markup::Html.html(&html, "/bank/images/");
        assert!(shown.contains("src=\"/bank/images/00000"), "{shown}");
        let fraction = "<math><mfrac><mn>1</mn><mn>23</mn></mfrac></math>";
        assert_eq!(Markup::Html.words(fraction), "1 23");
    }

    #[test]
    fn blank_paragraphs_are_dropped() {
        assert_eq!(
            clean("<p>甲</p><p>&nbsp;</p><p><br></p><p>乙</p>"),
            "<p>甲</p><p>乙</p>"
        );
    }

    #[test]
    fn one_paragraph_around_all_is_dropped() {
        assert_eq!(clean(" <p>甲</p>\n"), "甲");
        assert_eq!(clean("<p>甲</p><p>乙</p>"), "<p>甲</p><p>乙</p>");
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_and_holds_nothing_strange(pieces in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<b>", "</b>", "<i>", "<math>",
            "</math>", "<mi>", "</mi>", "<mtext>", "<svg>", "</svg>", "<style>", "</style>", "<img src=x alt='\">'>",
            "<script>", "</script>", "<ul>", "<li>", "</ul>", "甲", " ", "\n", "&lt;", "<", "&", "<!--", "-->",
            "<a href='javascript:0'>", "<p onclick=x>", "<annotation-xml encoding='text/html'>", "<template>", "<pre>", "<ruby>", "<rt>",
            "<desc>", "<mglyph>", "<malignmark>", "<foreignObject>", "<noscript>", "</noscript>", "<textarea>", "<title>", "<select>", "<option>",
        ]), 0..24)) {
            let cleaned = clean(&pieces.concat());
            prop_assert_eq!(&clean(&cleaned), &cleaned);
            prop_assert_eq!(stray(&cleaned), None);
            for mark in marks::of(&cleaned) {
                prop_assert!(mark.attributes.iter().all(|(name, _)| !name.starts_with("on")));
            }
        }

        #[test]
        fn plain_text_shows_as_it_is(text in "[a甲<>&\"'/=]{0,20}") {
            prop_assert_eq!(stray(&escape(&text)), None);
            prop_assert_eq!(marks::words(&escape(&text)), text);
        }
    }
}
