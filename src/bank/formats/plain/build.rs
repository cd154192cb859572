//! Gathers the pieces of a marked-up text.

use super::CLASSES;

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
}

/// A part kept apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::bank::formats) struct Part {
    pub(in crate::bank::formats) class: String,
    /// Its `id`.
    pub(in crate::bank::formats) code: String,
    pub(in crate::bank::formats) title: String,
    pub(in crate::bank::formats) text: String,
    pub(in crate::bank::formats) tables: Vec<Table>,
}

impl Page {
    /// The first part of a class.
    pub(in crate::bank::formats) fn part(&self, class: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.class == class)
    }
}

/// A start tag as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::bank::formats) struct Tag<'a> {
    pub(in crate::bank::formats) name: &'a str,
    pub(in crate::bank::formats) class: &'a str,
    pub(in crate::bank::formats) id: &'a str,
    pub(in crate::bank::formats) title: &'a str,
    pub(in crate::bank::formats) styled: bool,
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
pub(in crate::bank::formats) struct Builder {
    frames: Vec<Frame>,
    page: Page,
    /// Whether tables are kept apart from the text.
    apart: bool,
    pre: usize,
    /// How deep in an element that is not shown.
    hidden: usize,
}

impl Builder {
    pub(in crate::bank::formats) fn new(apart: bool) -> Self {
        let mut builder = Self {
            frames: Vec::new(),
            page: Page::default(),
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

    pub(in crate::bank::formats) fn open(&mut self, tag: Tag<'_>) {
        if self.hidden > 0 || hides(tag.name) {
            self.hidden += usize::from(hides(tag.name));
            self.page.images |= tag.name == "svg";
            self.page.formatting |= tag.name != "svg";
            return;
        }
        if let Some(frame) = self.part(tag.name) {
            frame.nested += 1;
        }
        let room = self.frames.len() < FRAMES_MAX;
        if room && CLASSES.contains(&tag.class) {
            let part = Part {
                class: tag.class.to_owned(),
                code: tag.id.to_owned(),
                title: tag.title.to_owned(),
                ..Part::default()
            };
            return self.push(Kind::Part(part), tag.name);
        }
        match tag.name {
            "table" | "tr" | "td" | "th" | "sup" | "sub" if room => self.open_framed(tag.name),
            "br" => self.flow(Flow::line),
            "pre" => {
                self.flow(|flow| flow.block(2));
                self.pre += 1;
            }
            name => {
                self.flow(|flow| flow.block(breaks(name)));
                self.page.images |= is_media(name);
                self.page.formatting |= !is_plain(name) || (name == "span" && tag.styled);
            }
        }
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
            }
            Kind::Part(part) => {
                let tables = frame.tables;
                self.page.parts.push(Part {
                    text,
                    tables,
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
            None => format!("{}({text})", if raised { '^' } else { '_' }),
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

fn is_media(name: &str) -> bool {
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
