//! Names, and XHTML as plain text.

use roxmltree::Node;

use super::super::plain::{Builder, Page, Pictures, Tag};

/// Stands for the field in a text, until it is known what follows.
pub(super) const FIELD: char = '\u{fffc}';

/// The letters of a name as all versions have them: `choiceinteraction`.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    let own = name.strip_prefix("qti-").unwrap_or(name);
    own.bytes()
        .filter(|b| *b != b'-')
        .map(|b| b.to_ascii_lowercase())
}

/// A node's name as all versions have it.
pub(super) fn name(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    letters(name).map(char::from).collect()
}

/// Whether a node is an element of that name.
pub(super) fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && letters(node.tag_name().name()).eq(name.bytes())
}

/// An attribute, by its name as all versions have it.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes();
    let found = attributes.find(|attribute| letters(attribute.name()).eq(name.bytes()));
    found.map(|attribute| attribute.value())
}

/// The elements of that name right in a node.
pub(super) fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| is(*child, name))
}

/// The elements of that name anywhere in a node.
pub(super) fn within<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.descendants().filter(move |inner| is(*inner, name))
}

/// Elements that are read elsewhere, or not at all.
pub(super) fn is_aside(name: &str) -> bool {
    name == "prompt"
        || name == "rubricblock"
        || name.starts_with("feedback")
        || name.starts_with("template")
        || name.ends_with("interaction")
}

/// What a node says plainly, without what stands aside in it. Tables stand `apart` or as lines.
pub(super) fn page(node: Node<'_, '_>, apart: bool, pictures: &Pictures) -> Page {
    let mut builder = Builder::new(apart, pictures);
    for child in node.children() {
        feed(child, &mut builder);
    }
    builder.finish()
}

/// Nodes are nowhere deeper than the parser's limit.
fn feed(node: Node<'_, '_>, builder: &mut Builder<'_>) {
    if let Some(text) = node.text().filter(|_| node.is_text()) {
        return builder.text(text);
    }
    if !node.is_element() {
        return;
    }
    let own = name(node);
    if own == "textentryinteraction" || own == "inlinechoiceinteraction" {
        return builder.text(FIELD.encode_utf8(&mut [0; 4]));
    }
    if is_aside(&own) {
        return;
    }
    // Wrappers that only QTI has.
    let shown = match own.as_str() {
        "itembody" | "contentbody" | "stimulusbody" => "div",
        own => own,
    };
    let attributes = node.attributes();
    let attributes = attributes.map(|own| (own.name().to_owned(), own.value().to_owned()));
    builder.open(&Tag {
        name: shown.to_owned(),
        attributes: attributes.collect(),
    });
    for child in node.children() {
        feed(child, builder);
    }
    builder.close(shown);
}
