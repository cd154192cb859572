//! The list of items: the fields above it, the tree of topics beside it, its pages.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::titles;
use super::topics::{Branch, Place, tree};
use crate::access::{Actor, Role};
use crate::bank::api;
use crate::bank::item::{Difficulty, ItemKind};
use crate::bank::life::ItemState;
use crate::bank::search::ItemSearch;
use crate::bank::service::{self, Found, ItemFilter, Usage};
use crate::http::{Answer, Page, Params, html};
use crate::kernel::Problem;
use crate::store::Store;

/// Items a page.
const PAGE: usize = 50;

/// The fields above the list of items, as they were sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    text: String,
    bank: String,
    section: String,
    topic: String,
    kind: String,
    difficulty: String,
    state: String,
    usage: String,
    cursor: String,
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Search {
    /// What is not filled in, or no word, narrows nothing.
    fn filter(&self) -> ItemFilter {
        ItemFilter {
            bank: filled(&self.bank),
            section: filled(&self.section),
            topic: filled(&self.topic),
            state: ItemState::parse(&self.state),
            kind: ItemKind::parse(&self.kind),
            difficulty: Difficulty::parse(&self.difficulty),
            usage: Usage::parse(&self.usage),
            text: filled(&self.text),
        }
    }

    /// The address of the list that it says, without what is empty.
    fn address(&self) -> Answer<String> {
        let fields = [
            ("text", &self.text),
            ("bank", &self.bank),
            ("section", &self.section),
            ("topic", &self.topic),
            ("kind", &self.kind),
            ("difficulty", &self.difficulty),
            ("state", &self.state),
            ("usage", &self.usage),
            ("cursor", &self.cursor),
        ];
        let filled: Vec<_> = fields.iter().filter(|(_, text)| !text.is_empty()).collect();
        let query = serde_html_form::to_string(filled).map_err(Problem::internal)?;
        Ok(format!("/bank/items?{query}"))
    }

    /// The address of the page that goes on after `cursor`.
    fn after(&self, cursor: String) -> Answer<String> {
        let search = self.clone();
        Self { cursor, ..search }.address()
    }

    /// The address of the first page at another place.
    fn at(&self, place: &Place) -> Answer<String> {
        let search = Self {
            bank: place.bank.clone(),
            section: place.section.clone(),
            topic: place.topic.clone(),
            cursor: String::new(),
            ..self.clone()
        };
        search.address()
    }

    fn place(&self) -> Place {
        Place {
            bank: self.bank.clone(),
            section: self.section.clone(),
            topic: self.topic.clone(),
        }
    }

    /// Whether the list is exactly what a reviewer may approve at once.
    fn is_section_in_review(&self) -> bool {
        let narrower = [
            &self.kind,
            &self.difficulty,
            &self.text,
            &self.topic,
            &self.usage,
        ];
        let whole = narrower.iter().all(|field| field.is_empty());
        let one = !self.bank.is_empty() && !self.section.is_empty();
        one && whole && self.state == ItemState::InReview.as_str()
    }
}

/// How the tree is written, one step after the other.
enum Step {
    /// A branch with others below it, and whether they show at first.
    Open(Node, bool),
    /// A branch with none.
    Leaf(Node),
    /// The end of what is below the last that was opened.
    Close,
}

struct Node {
    /// The title, or the code where none is known.
    label: String,
    /// The code beside the title.
    code: String,
    count: usize,
    address: String,
    /// Whether it is what the list shows.
    current: bool,
}

fn steps(page: &Page, search: &Search, tree: &[Branch]) -> Answer<Vec<Step>> {
    let mut steps = Vec::new();
    for branch in tree {
        let node = node(page, search, branch)?;
        if branch.below.is_empty() {
            steps.push(Step::Leaf(node));
        } else {
            let open = branch.leads_to(&search.place());
            steps.push(Step::Open(node, open));
            steps.extend(self::steps(page, search, &branch.below)?);
            steps.push(Step::Close);
        }
    }
    Ok(steps)
}

fn node(page: &Page, search: &Search, branch: &Branch) -> Answer<Node> {
    let Place {
        bank,
        section,
        topic,
    } = &branch.place;
    let (label, code) = match (section.as_str(), topic.as_str()) {
        ("", _) => (titles::bank(page, bank), bank),
        (section_code, "") => (titles::section(page, bank, section_code), section),
        (_, topic_code) => {
            let title = titles::topic(page, bank, topic_code);
            (title.unwrap_or_else(|| topic_code.to_owned()), topic)
        }
    };
    Ok(Node {
        code: if label == *code { "" } else { code }.to_owned(),
        label,
        count: branch.count,
        address: search.at(&branch.place)?,
        current: branch.is(&search.place()),
    })
}

#[derive(Template)]
#[template(path = "bank/templates/items.html")]
struct ItemsPage {
    page: Page,
    search: Search,
    found: Found,
    previous: Option<String>,
    next: Option<String>,
    tree: Vec<Step>,
    /// The list without section and topic, if it is narrowed to either.
    everywhere: Option<String>,
    states: &'static [ItemState],
    kinds: &'static [ItemKind],
    difficulties: &'static [Difficulty],
    usages: &'static [Usage],
    /// What a reviewer approves with the whole section.
    seen: String,
}

impl ItemsPage {
    /// Which of how many are shown.
    fn range(&self) -> String {
        let (first, last) = (
            self.found.before + 1,
            self.found.before + self.found.items.len(),
        );
        let range = format!("{first}–{last}");
        self.page
            .t2("bank-range", "range", range, "total", self.found.total)
    }

    /// The banks to choose from; the one asked for is among them even if nothing of it is seen.
    fn banks(&self) -> Vec<&str> {
        let mut banks: Vec<&str> = self.found.banks.iter().map(String::as_str).collect();
        let asked = self.search.bank.as_str();
        if !asked.is_empty() && !banks.contains(&asked) {
            banks.push(asked);
        }
        banks
    }
}

pub(super) async fn items(
    page: Page,
    store: web::Data<Store>,
    shelf: web::Data<ItemSearch>,
    actor: Actor,
    Params(search): Params<Search>,
) -> Answer<HttpResponse> {
    let reviews = actor.is(Role::Reviewer) && search.is_section_in_review();
    // What is approved at once was there before the list was made: something that came in between is
    // on the list, and approving then says that there is more.
    let seen = match reviews {
        true => {
            let (actor, bank, section) =
                (actor.clone(), search.bank.clone(), search.section.clone());
            store
                .read(move |view| service::waiting_seen(view, &actor, &bank, &section))
                .await?
        }
        false => String::new(),
    };
    let cursor = filled(&search.cursor);
    let found = api::find(&store, &shelf, actor, search.filter(), cursor, PAGE).await?;
    let previous = found.previous_cursor.clone();
    let next = found.next_cursor.clone();
    let narrowed = !search.section.is_empty() || !search.topic.is_empty();
    let whole = Place {
        bank: search.bank.clone(),
        ..Place::default()
    };
    html(&ItemsPage {
        previous: previous.map(|cursor| search.after(cursor)).transpose()?,
        next: next.map(|cursor| search.after(cursor)).transpose()?,
        tree: steps(&page, &search, &tree(&found.topics))?,
        everywhere: narrowed.then(|| search.at(&whole)).transpose()?,
        page,
        search,
        found,
        states: &ItemState::ALL,
        kinds: &ItemKind::ALL,
        difficulties: &Difficulty::ALL,
        usages: &Usage::ALL,
        seen,
    })
}
