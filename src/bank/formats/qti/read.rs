//! Reads one item, with the stimulus it names.

use std::collections::HashMap;

use roxmltree::Node;

use crate::bank::item::{Body, Stimulus};
use crate::bank::rich::{self, Markup};
use crate::bank::rules::tidy;
use crate::kernel::{Fault, Score};

use super::super::bodies::{self, MARKS_DEFAULT};
use super::super::decimal;
use super::super::draft::clip;
use super::super::foreign::{Finds, Found, Labels, Trouble};
use super::super::markup::{self, content};
use super::super::plain::{self, Page, REFERENCE, RUBRIC, UNIT, is_media};
use super::package::{Package, Resource, resolve};
use super::response::{self, Response};
use super::text::{FIELD, attribute, children, is, name, page, within};

/// Feedback of these names is for everybody.
const GENERAL: [&str; 5] = [
    "explanation",
    "general",
    "solution",
    "rationale",
    "feedback",
];

/// Reads the items of a package, or one alone.
pub(super) struct Reader<'p, 'f> {
    package: Option<Package<'p>>,
    finds: &'f mut Finds,
    /// Where the stimulus of each file stands.
    stimuli: HashMap<String, usize>,
}

impl<'p, 'f> Reader<'p, 'f> {
    pub(super) fn new(package: Option<Package<'p>>, finds: &'f mut Finds) -> Self {
        Self {
            package,
            finds,
            stimuli: HashMap::new(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.finds.is_full()
    }

    /// Reads the item that a manifest lists.
    pub(super) fn resource(&mut self, resource: Resource) {
        let read = self.file("", &resource.href);
        let read = read.and_then(|(path, text)| {
            if let Some(stray) = &resource.stray {
                let loss = super::Loss::new(&path, "tag");
                self.finds.lose(loss.with("found", clip(stray)));
            }
            self.item(&path, &text, resource.labels)
        });
        if let Err(fault) = read {
            self.finds.fault(fault);
        }
    }

    /// The path and the text of the file that `href` means in the file at `base`.
    fn file(&mut self, base: &str, href: &str) -> Result<(String, String), Fault> {
        let missing = || Fault::new(base, "file-missing").with("found", clip(href));
        let path = resolve(base, href).ok_or_else(missing)?;
        let package = self.package.as_mut().ok_or_else(missing)?;
        let text = package.read(&path)?;
        Ok((path, text))
    }

    /// Reads the item in `text`.
    pub(super) fn item(&mut self, path: &str, text: &str, labels: Labels) -> Result<(), Fault> {
        let text = text.trim_start_matches(|c: char| c.is_whitespace());
        let document = markup::parse(path, text)?;
        let root = document.root_element();
        if root.has_tag_name("questestinterop") {
            return Err(Fault::new(path, "qti-version").with("found", "QTI 1.2"));
        }
        if !is(root, "assessmentitem") {
            let fault = Fault::new(path, "not-an-item");
            return Err(fault.with("found", clip(root.tag_name().name())));
        }
        let mut found = Found::at(path);
        found.labels = labels.clone();
        self.asked(root, &mut found)?;
        if found.is_poor() {
            found = Found::rich(path);
            found.labels = labels;
            self.asked(root, &mut found)?;
        }
        self.finds.push(found);
        Ok(())
    }

    /// Takes in the pictures that a document shows: files of the package.
    fn pictures(&mut self, root: Node<'_, '_>, found: &mut Found) {
        let Some(package) = self.package.as_mut() else {
            return;
        };
        for source in root.descendants().filter_map(picture) {
            let path = resolve(&found.place, source);
            if let Some(bytes) = path.and_then(|path| package.bytes(&path).ok()) {
                found.picture(source, bytes);
            }
        }
    }

    fn asked(&mut self, root: Node<'_, '_>, found: &mut Found) -> Result<(), Fault> {
        found.code = attribute(root, "identifier").map(str::to_owned);
        self.pictures(root, found);
        let Some(body) = children(root, "itembody").next() else {
            found.fault(Fault::new("stem", "required"));
            return Ok(());
        };
        if attribute(root, "adaptive") == Some("true") {
            found.skip("adaptive");
            return Ok(());
        }
        if children(root, "templatedeclaration").next().is_some() {
            found.skip("template");
            return Ok(());
        }
        let asks = |node: &Node<'_, '_>| is_interaction(&name(*node));
        let mut interactions = body.descendants().filter(asks);
        let Some(interaction) = interactions.next() else {
            found.lose("description");
            return Ok(());
        };
        if interactions.next().is_some() {
            found.skip("composite");
            return Ok(());
        }
        let unit = stem(body, interaction, found);
        self.stimulus(root, body, found)?;
        feedback(root, found);
        let read = answered(root, interaction, unit, found);
        found.settle(read);
        found.lose_if(response::has_rules(root), "scoring");
        let essay = is(interaction, "extendedtextinteraction");
        found.lose_if(!essay && marks(root) != MARKS_DEFAULT, "marks");
        Ok(())
    }

    /// The stimulus of an item: a file, an object with a text, or a block for candidates.
    fn stimulus(
        &mut self,
        root: Node<'_, '_>,
        body: Node<'_, '_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let refs: Vec<&str> = children(root, "assessmentstimulusref")
            .filter_map(|node| attribute(node, "href"))
            .chain(within(body, "object").filter_map(text_object))
            .collect();
        found.lose_if(refs.len() > 1, "stimulus");
        if let Some(href) = refs.first() {
            found.stimulus = Some(self.shared(&found.place, href)?);
            return Ok(());
        }
        let blocks = within(body, "rubricblock");
        let block = blocks.into_iter().find(|block| sees(*block, "candidate"));
        if let Some(page) = block.map(|block| page(block, true, &found.known)) {
            let filled = !page.text.is_empty() || !page.tables.is_empty() || page.images;
            let stimulus = stimulus(("", ""), &page, found);
            if filled && !stimulus.text.is_empty() {
                found.stimulus = Some(self.finds.stimulus(&found.place, stimulus));
            }
        }
        Ok(())
    }

    /// The stimulus in a file of the package.
    fn shared(&mut self, base: &str, href: &str) -> Result<usize, Fault> {
        let known = resolve(base, href).and_then(|path| self.stimuli.get(&path).copied());
        if let Some(known) = known {
            return Ok(known);
        }
        let (path, text) = self.file(base, href)?;
        let mut noted = Found::at(path.as_str());
        let read = if path.ends_with(".html") || path.ends_with(".htm") {
            let page = plain::html(&text, true, &noted.known);
            stimulus(("", ""), &page, &mut noted)
        } else {
            self.stimulus_file(&text, &mut noted)?
        };
        let at = self.finds.stimulus(&path, read);
        self.finds.push(noted);
        self.stimuli.insert(path, at);
        Ok(at)
    }

    fn stimulus_file(&mut self, text: &str, noted: &mut Found) -> Result<Stimulus, Fault> {
        let document = markup::parse(&noted.place, text.trim_start())?;
        let root = document.root_element();
        let Some(body) = within(root, "stimulusbody")
            .next()
            .or(within(root, "body").next())
        else {
            return Err(Fault::new(noted.place.as_str(), "not-a-stimulus"));
        };
        self.pictures(root, noted);
        let page = page(body, true, &noted.known);
        let text = |name| attribute(root, name).unwrap_or_default();
        Ok(stimulus((text("identifier"), text("title")), &page, noted))
    }
}

/// What names the picture that an element shows.
fn picture<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let shows = attribute(node, "type").is_some_and(|kind| kind.starts_with("image/"));
    match node.tag_name().name() {
        "img" => attribute(node, "src"),
        "object" if shows => attribute(node, "data"),
        _ => None,
    }
}

/// The stimulus that a page is.
fn stimulus(named: (&str, &str), page: &Page, found: &mut Found) -> Stimulus {
    found.stimulus(named, page, (&page.text, &page.html, &page.tables))
}

/// A text that an object shows.
fn text_object<'a>(object: Node<'a, '_>) -> Option<&'a str> {
    let kind = attribute(object, "type").unwrap_or_default();
    let text = kind.starts_with("text/html") || kind.starts_with("application/xhtml");
    attribute(object, "data").filter(|_| text)
}

fn is_interaction(name: &str) -> bool {
    let idle = matches!(name, "endattemptinteraction" | "mediainteraction");
    name.ends_with("interaction") && !idle
}

/// Whether a block is for people in that role.
fn sees(block: Node<'_, '_>, role: &str) -> bool {
    let roles = attribute(block, "view").unwrap_or_default();
    roles.split_whitespace().any(|view| view == role)
}

/// Reads the stem; the unit behind the field.
fn stem(body: Node<'_, '_>, interaction: Node<'_, '_>, found: &mut Found) -> String {
    let mut own = page(body, false, &found.known);
    let prompt = children(interaction, "prompt").next();
    let prompt = prompt.map_or(Page::default(), |prompt| page(prompt, false, &found.known));
    // Texts that stand in objects are stimuli.
    let shown = |node: &Node<'_, '_>| is_media(&name(*node)) && text_object(*node).is_none();
    own.images &= body.descendants().any(|node| shown(&node));
    for played in within(body, "mediainteraction") {
        let mut sources = played
            .descendants()
            .filter_map(|node| attribute(node, "src").or_else(|| attribute(node, "data")));
        found.lose_found("media", sources.next().unwrap_or("mediaInteraction"));
    }
    let behind = tidy(&own.text).ends_with(FIELD);
    let field = if behind { "" } else { "_____" };
    own.text = own.text.replacen(FIELD, field, 1);
    own.html = own.html.replacen(FIELD, field, 1);
    let parts = [found.said(&own), found.said(&prompt)].map(|part| tidy(&part));
    let filled: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    found.stem = match (found.markup, filled.as_slice()) {
        (Markup::Html, [first, second]) => rich::clean(&format!("<p>{first}</p><p>{second}</p>")),
        _ => filled.join("\n"),
    };
    own.part(UNIT)
        .map_or(String::new(), |part| part.text.clone())
}

/// General feedback is the explanation; all other is left behind.
fn feedback(root: Node<'_, '_>, found: &mut Found) {
    let general = |node: &Node<'_, '_>| {
        let id = attribute(*node, "identifier").unwrap_or_default();
        GENERAL.contains(&id.to_ascii_lowercase().as_str())
    };
    let (own, rest): (Vec<_>, Vec<_>) = children(root, "modalfeedback").partition(general);
    let texts = own.iter().map(|node| {
        let page = page(*node, false, &found.known);
        tidy(&found.said(&page))
    });
    found.explanation = texts.collect::<Vec<_>>().join("\n");
    let inner = root
        .descendants()
        .any(|node| matches!(name(node).as_str(), "feedbackblock" | "feedbackinline"));
    found.lose_if(!rest.is_empty() || inner, "feedback");
    let other = within(root, "rubricblock")
        .any(|block| !sees(block, "scorer") && !sees(block, "candidate"));
    found.lose_if(other, "rubric-block");
}

fn answered(
    root: Node<'_, '_>,
    node: Node<'_, '_>,
    unit: String,
    found: &mut Found,
) -> Result<Body, Trouble> {
    let response = Response::of(root, node);
    match name(node).as_str() {
        "choiceinteraction" => response::choices(node, "simplechoice", &response, found),
        "inlinechoiceinteraction" => response::choices(node, "inlinechoice", &response, found),
        "textentryinteraction" if response.is_number() => {
            response::numeric(root, &response, unit, found)
        }
        "textentryinteraction" => Ok(response::blank(&response, found)),
        "matchinteraction" => response::matching(node, &response, found),
        "associateinteraction" => response::associated(node, &response, found),
        "orderinteraction" => response::ordering(node, &response, found),
        "extendedtextinteraction" => Ok(essay(root, node, found)),
        other => {
            found.skip(other);
            Err(Trouble::Skip("question-type"))
        }
    }
}

/// What an item is worth: the maximum of its score, or what it says the maximum is.
fn marks(root: Node<'_, '_>) -> Score {
    let declared = |wanted: &'static str| {
        let mut outcomes = children(root, "outcomedeclaration");
        outcomes.find(|node| attribute(*node, "identifier") == Some(wanted))
    };
    let normal = declared("SCORE").and_then(|node| attribute(node, "normalmaximum"));
    let normal = normal.map(str::to_owned);
    let stated = || {
        let node = declared("MAXSCORE")?;
        within(node, "value").next().map(content)
    };
    let text = normal.or_else(stated).unwrap_or_default();
    decimal::read(&text).map_or(MARKS_DEFAULT, |marks| marks.value)
}

fn essay(root: Node<'_, '_>, node: Node<'_, '_>, found: &mut Found) -> Body {
    let marks = marks(root);
    let words_max = most(node, found);
    let blocks = within(root, "rubricblock").filter(|block| sees(*block, "scorer"));
    let pages: Vec<Page> = blocks
        .map(|block| page(block, false, &found.known))
        .collect();
    let rubric = |page: &Page| bodies::rubric(page.part(RUBRIC)?.tables.first()?);
    let own = pages.iter().find_map(|page| Some((page, rubric(page)?)));
    let Some((page, rubric)) = own else {
        found.lose("rubric-assumed");
        let said: Vec<String> = pages.iter().map(|page| found.said(page)).collect();
        let said = said.iter().filter(|text| !text.is_empty());
        let lines: Vec<&str> = said.map(String::as_str).collect();
        let reference = match found.markup {
            Markup::Plain => lines.join("\n"),
            Markup::Html => rich::clean(&lines.join("<br>")),
        };
        return bodies::essay(marks, words_max, reference);
    };
    Body::Essay {
        rubric,
        marks,
        words_max,
        reference: found.reference(page.part(REFERENCE)),
    }
}

/// The most characters of an essay: what the pattern of its answer says. The expected length is how
/// large a field is shown, and keeps nobody from writing more.
fn most(node: Node<'_, '_>, found: &mut Found) -> u32 {
    let pattern = attribute(node, "patternmask").unwrap_or_default();
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let most = pattern
        .strip_prefix(r"[\s\S]{0,")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(bodies::words_max);
    if let Some(most) = most {
        return most;
    }
    let usual = found.characters("");
    if found.labels.characters.is_some() {
        return usual;
    }
    let expected = attribute(node, "expectedlength").and_then(bodies::words_max);
    usual.max(expected.unwrap_or_default())
}
