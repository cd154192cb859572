//! Gathers the pieces of a marked-up text.

use std::collections::HashMap;

use super::super::markup::escape;
use super::{CLASSES, RICH};

/// Elements may be kept apart in one another so deep.
const FRAMES_MAX: usize = 16;

/// A table: rows of cells.
pub(in crate::bank::formats) type Table = Vec<Vec<String>>;

/// What a marked-up text says plainly.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::bank::formats) struct Page {
    pub(in crate::bank::formats) text: String,
    /// Tables that do not stand in the text.
    pub(in crate::bank::formats) tables: Vec<Table>,
    /// Parts kept apart by their class.
    pub(in crate::bank::formats) parts: Vec<Part>,
    /// Whether formatting was dropped.
    pub(in crate::bank::formats) formatting: bool,
    /// Whether there were images or other media.
    pub(in crate::bank::formats) images: bool,
    /// Whether one of them could not be had.
    pub(in crate::bank::formats) missing: bool,
    /// The same as HTML, as it was found.
    pub(in crate::bank::formats) html: String,
}

/// The pictures at hand: what a source names, and the source that a bank knows them by.
pub(in crate::bank::formats) type Pictures = HashMap<String, String>;

/// A part kept apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::bank::formats) struct Part {
    pub(in crate::bank::formats) class: String,
    /// Its `id`.
    pub(in crate::bank::formats) code: String,
    pub(in crate::bank::formats) title: String,
    pub(in crate::bank::formats) text: String,
    pub(in crate::bank::formats) tables: Vec<Table>,
    /// The same as HTML, as it was found.
    pub(in crate::bank::formats) html: String,
}

impl Page {
    /// The first part of a class.
    pub(in crate::bank::formats) fn part(&self, class: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.class == class)
    }
}

/// A start tag with its attributes.
#[derive(Debug, Clone, Default)]
pub(in crate::bank::formats) struct Tag {
    pub(in crate::bank::formats) name: String,
    pub(in crate::bank::formats) attributes: Vec<(String, String)>,
}

impl Tag {
    /// An attribute; empty where it is not there.
    fn get(&self, name: &str) -> &str {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }

    /// What names the picture that an element shows.
    fn picture(&self) -> Option<&str> {
        match self.name.as_str() {
            "img" => Some(self.get("src")),
            "object" if self.get("type").starts_with("image/") => Some(self.get("data")),
            _ => None,
        }
    }

    /// The tag of a clean text in XML.
    pub(super) fn xml(&self) -> String {
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, value)| format!(" {name}=\"{}\"", escape(value)));
        let space = match self.name.as_str() {
            "math" => " xmlns=\"http://www.w3.org/1998/Math/MathML\"",
            _ => "",
        };
        let end = if is_void(&self.name) || self.name == "img" {
            "/>"
        } else {
            ">"
        };
        format!(
            "<{}{space}{}{end}",
            self.name,
            attributes.collect::<String>()
        )
    }

    /// The tag with what a bank may keep of it.
    fn html(&self) -> String {
        let attributes = self.attributes.iter();
        let telling = attributes.filter(|(name, _)| !is_private(name));
        let attributes = telling.map(|(name, value)| format!(" {name}=\"{}\"", escape(value)));
        format!("<{}{}>", kept(&self.name), attributes.collect::<String>())
    }
}

/// Lines as they grow.
#[derive(Debug, Default)]
struct Flow {
    text: String,
    /// Line ends due before the next word.
    breaks: usize,
    space: bool,
}

impl Flow {
    /// A block begins or ends here.
    fn block(&mut self, breaks: usize) {
        if breaks == 0 {
            return;
        }
        self.space = false;
        // A line end right before the end of a block shows nothing.
        if self.breaks == 0 && self.text.ends_with('\n') {
            self.text.pop();
        }
        if !self.text.is_empty() {
            self.breaks = self.breaks.max(breaks);
        }
    }

    fn line(&mut self) {
        self.space = false;
        self.settle();
        self.text.push('\n');
    }

    fn settle(&mut self) {
        for _ in 0..std::mem::take(&mut self.breaks) {
            self.text.push('\n');
        }
        let inside = !self.text.is_empty() && !self.text.ends_with('\n');
        if std::mem::take(&mut self.space) && inside {
            self.text.push(' ');
        }
    }

    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii_whitespace() {
                self.space = true;
            } else {
                self.settle();
                self.text.push(if c == '\u{a0}' { ' ' } else { c });
            }
        }
    }

    fn verbatim(&mut self, text: &str) {
        if !text.is_empty() {
            self.settle();
            self.text.push_str(text);
        }
    }
}

#[derive(Debug)]
enum Kind {
    Root,
    Part(Part),
    Table(Table),
    Cell,
    /// Raised or lowered.
    Script(bool),
}

/// An element whose text is gathered apart.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    flow: Flow,
    tables: Vec<Table>,
    /// The element's name and how many of that name are open in it.
    name: String,
    nested: usize,
}

/// Gathers the pieces of a marked-up text.
#[derive(Debug)]
pub(in crate::bank::formats) struct Builder<'p> {
    frames: Vec<Frame>,
    page: Page,
    pictures: &'p Pictures,
    /// The HTML of the whole and of each open part in it.
    html: Vec<String>,
    /// Whether tables are kept apart from the text.
    apart: bool,
    pre: usize,
    /// How deep in an element that is not shown.
    hidden: usize,
}

impl<'p> Builder<'p> {
    pub(in crate::bank::formats) fn new(apart: bool, pictures: &'p Pictures) -> Self {
        let mut builder = Self {
            frames: Vec::new(),
            page: Page::default(),
            pictures,
            html: vec![String::new()],
            apart,
            pre: 0,
            hidden: 0,
        };
        builder.push(Kind::Root, "");
        builder
    }

    fn push(&mut self, kind: Kind, name: &str) {
        self.frames.push(Frame {
            kind,
            flow: Flow::default(),
            tables: Vec::new(),
            name: name.to_owned(),
            nested: 0,
        });
    }

    fn flow(&mut self, act: impl FnOnce(&mut Flow)) {
        if let Some(frame) = self.frames.last_mut() {
            act(&mut frame.flow);
        }
    }

    pub(in crate::bank::formats) fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        self.write(&escape(text));
        let pre = self.pre > 0;
        // Between the cells of a table there is no text.
        if self.rows().is_some() {
            self.page.formatting |= !text.trim().is_empty();
            return;
        }
        self.flow(|flow| {
            if pre {
                flow.verbatim(text)
            } else {
                flow.words(text)
            }
        });
    }

    fn write(&mut self, html: &str) {
        if let Some(last) = self.html.last_mut() {
            last.push_str(html);
        }
    }

    pub(in crate::bank::formats) fn open(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if self.hidden > 0 || hides(name) {
            self.hidden += usize::from(hides(name));
            self.page.images |= name == "svg";
            self.page.missing |= name == "svg";
            self.page.formatting |= name != "svg";
            return;
        }
        if let Some(frame) = self.part(name) {
            frame.nested += 1;
        }
        let room = self.frames.len() < FRAMES_MAX;
        if room && CLASSES.contains(&tag.get("class")) {
            let part = Part {
                class: tag.get("class").to_owned(),
                code: tag.get("id").to_owned(),
                title: tag.get("title").to_owned(),
                ..Part::default()
            };
            self.html.push(String::new());
            return self.push(Kind::Part(part), name);
        }
        match tag.picture() {
            Some(source) => self.picture(tag, source),
            None if is_media(name) => self.page.missing = true,
            None if tag.get("class") == RICH => {}
            None => self.write(&tag.html()),
        }
        match name {
            "table" | "tr" | "td" | "th" | "sup" | "sub" if room => self.open_framed(name),
            "br" => self.flow(Flow::line),
            "pre" => {
                self.flow(|flow| flow.block(2));
                self.pre += 1;
            }
            name => {
                self.flow(|flow| flow.block(breaks(name)));
                self.page.images |= is_media(name);
                self.page.formatting |= !is_plain(name) || (name == "span" && tag.has("style"));
            }
        }
    }

    /// A picture that is at hand, or what stands for it.
    fn picture(&mut self, tag: &Tag, source: &str) {
        let own = ["alt", "width", "height"]
            .into_iter()
            .filter(|name| tag.has(name));
        let mut attributes: Vec<(String, String)> = own
            .map(|name| (name.to_owned(), tag.get(name).to_owned()))
            .collect();
        let Some(known) = self.pictures.get(source) else {
            self.page.missing = true;
            return self.write(&escape(tag.get("alt")));
        };
        attributes.insert(0, ("src".to_owned(), known.clone()));
        let name = "img".to_owned();
        self.write(&Tag { name, attributes }.html());
    }

    /// The innermost part, if it is an element of that name.
    fn part(&mut self, name: &str) -> Option<&mut Frame> {
        let parts = self.frames.iter_mut().rev();
        let mut parts = parts.filter(|frame| matches!(frame.kind, Kind::Part(_)));
        parts.next().filter(|frame| frame.name == name)
    }

    fn open_framed(&mut self, name: &str) {
        match name {
            "sup" | "sub" => self.push(Kind::Script(name == "sup"), name),
            "table" if !self.within_table() => self.push(Kind::Table(Vec::new()), name),
            "table" => self.page.formatting = true,
            "tr" => {
                self.close_cell();
                if let Some(rows) = self.rows() {
                    rows.push(Vec::new());
                }
            }
            _ => {
                self.close_cell();
                let Some(rows) = self.rows() else {
                    return;
                };
                if rows.is_empty() {
                    rows.push(Vec::new());
                }
                self.push(Kind::Cell, name);
            }
        }
    }

    fn within_table(&self) -> bool {
        let is_table = |frame: &Frame| matches!(frame.kind, Kind::Table(_));
        self.frames.iter().any(is_table)
    }

    /// The rows of the table that is being read, between its cells.
    fn rows(&mut self) -> Option<&mut Table> {
        match self.frames.last_mut() {
            Some(Frame {
                kind: Kind::Table(rows),
                ..
            }) => Some(rows),
            _ => None,
        }
    }

    pub(in crate::bank::formats) fn close(&mut self, name: &str) {
        if self.hidden > 0 {
            self.hidden -= usize::from(hides(name));
            return;
        }
        if let Some(frame) = self.part(name) {
            if frame.nested == 0 {
                return self.close_until(|kind| matches!(kind, Kind::Part(_)));
            }
            frame.nested -= 1;
        }
        if !is_void(name) && !is_media(name) {
            self.write(&format!("</{}>", kept(name)));
        }
        match name {
            "td" | "th" | "tr" => self.close_cell(),
            "table" => self.close_until(|kind| matches!(kind, Kind::Table(_))),
            "sup" | "sub" => self.close_top(|kind| matches!(kind, Kind::Script(_))),
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.flow(|flow| flow.block(2));
            }
            "br" => {}
            name => self.flow(|flow| flow.block(breaks(name))),
        }
    }

    fn close_cell(&mut self) {
        self.close_top(|kind| matches!(kind, Kind::Script(_)));
        self.close_top(|kind| matches!(kind, Kind::Cell));
    }

    fn close_top(&mut self, is: fn(&Kind) -> bool) {
        if self.frames.last().is_some_and(|frame| is(&frame.kind)) {
            self.pop();
        }
    }

    fn close_until(&mut self, is: fn(&Kind) -> bool) {
        if let Some(at) = self.frames.iter().rposition(|frame| is(&frame.kind)) {
            while self.frames.len() > at {
                self.pop();
            }
        }
    }

    /// The innermost frame is done and goes where it belongs.
    fn pop(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let text = frame.flow.text;
        match frame.kind {
            Kind::Root => {
                self.page.text = text;
                self.page.tables = frame.tables;
                self.page.html = self.html.pop().unwrap_or_default();
            }
            Kind::Part(part) => {
                let tables = frame.tables;
                let html = self.html.pop().unwrap_or_default();
                self.page.parts.push(Part {
                    text,
                    tables,
                    html,
                    ..part
                });
            }
            Kind::Cell => {
                if let Some(row) = self.rows().and_then(|rows| rows.last_mut()) {
                    row.push(text);
                }
            }
            Kind::Script(raised) => self.script(&text, raised),
            Kind::Table(rows) => self.table(rows),
        }
    }

    fn script(&mut self, text: &str, raised: bool) {
        let written = match scripted(text, raised) {
            Some(written) => written,
            None => {
                self.page.formatting = true;
                format!("{}({text})", if raised { '^' } else { '_' })
            }
        };
        self.flow(|flow| flow.verbatim(&written));
    }

    /// A table is kept apart, once in a text and if its rows are equally long; or becomes lines.
    fn table(&mut self, rows: Table) {
        let width = rows.first().map_or(0, Vec::len);
        let even = width > 0 && rows.iter().all(|row| row.len() == width);
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let apart = self.apart || matches!(frame.kind, Kind::Part(_));
        if apart && even && frame.tables.is_empty() {
            frame.tables.push(rows);
            return frame.flow.block(2);
        }
        self.page.formatting = true;
        frame.flow.block(1);
        for row in rows {
            frame.flow.verbatim(&row.join(" | "));
            frame.flow.block(1);
        }
    }

    /// All that was said.
    pub(in crate::bank::formats) fn finish(mut self) -> Page {
        while !self.frames.is_empty() {
            self.pop();
        }
        self.page
    }
}

fn hides(name: &str) -> bool {
    matches!(name, "script" | "style" | "title" | "template" | "svg")
}

/// The element that a bank keeps instead of one that looks alike.
fn kept(name: &str) -> &str {
    match name {
        "div" | "section" | "article" | "header" | "footer" | "main" | "address" | "center"
        | "form" | "dl" | "dt" | "dd" => "p",
        "h1" | "h2" => "h3",
        "h5" | "h6" => "h4",
        "del" | "strike" => "s",
        "ins" => "u",
        "tt" | "kbd" | "samp" => "code",
        "var" | "cite" | "dfn" => "i",
        other => other,
    }
}

/// Attributes that say nothing to a reader, or nothing away from where they were written.
fn is_private(name: &str) -> bool {
    let names = [
        "class",
        "id",
        "title",
        "role",
        "align",
        "valign",
        "border",
        "cellpadding",
        "cellspacing",
        "bgcolor",
    ];
    names.contains(&name)
        || name.starts_with("data-")
        || name.starts_with("aria-")
        || name.starts_with("xml")
}

/// Whether an element of HTML holds nothing and has no end tag.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr" | "wbr" | "col" | "input" | "source" | "track"
    )
}

pub(in crate::bank::formats) fn is_media(name: &str) -> bool {
    matches!(
        name,
        "img" | "object" | "video" | "audio" | "picture" | "iframe" | "embed" | "canvas"
    )
}

/// Whether nothing is lost when the tag is dropped.
pub(super) fn is_plain(name: &str) -> bool {
    matches!(
        name,
        "p" | "br" | "span" | "div" | "html" | "body" | "tbody" | "thead"
    ) || is_media(name)
}

/// How many line ends stand around an element.
pub(super) fn breaks(name: &str) -> usize {
    match name {
        "p" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol"
        | "table" | "hr" => 2,
        "div" | "li" | "tr" | "dt" | "dd" | "dl" | "section" | "article" | "header" | "footer"
        | "figure" | "figcaption" | "address" | "center" | "caption" | "form" => 1,
        _ => 0,
    }
}

/// Whether an element of MathML stands for a sign of its own.
pub(super) fn is_sign(name: &str) -> bool {
    matches!(name, "mi" | "mn" | "mo" | "ms" | "mtext")
}

/// Digits and signs raised or lowered; none if there is no such character.
fn scripted(text: &str, raised: bool) -> Option<String> {
    const PLAIN: &str = "0123456789+-=()n";
    let script = if raised {
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"
    } else {
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ"
    };
    let one = |c: char| {
        let at = PLAIN.chars().position(|plain| plain == c)?;
        script.chars().nth(at)
    };
    text.chars().map(one).collect()
}
