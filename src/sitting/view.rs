//! What a candidate sees: the way to her rooms, and her paper without keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::rules::{self, AttemptState, Window};
use super::service::{self, Receipt};
use super::store::{self, AttemptRow, ResponseRow};
use crate::access::{Actor, Role};
use crate::assembly::{self, Blueprint, Paper, PlacedItem, Section};
use crate::bank;
use crate::bank::item::{Answer, Body, Item, ItemKind, Stimulus};
use crate::bank::material::{self, PictureContent};
use crate::bank::rich::{self, Markup};
use crate::kernel::{Id, Instant, Problem, Score};
use crate::regulation::phase::Phase;
use crate::regulation::service::{self as regulation, Examination, Subject};
use crate::store::View;

/// An attempt as its candidate sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptView {
    /// Id.
    pub id: Id,
    /// The application it belongs to.
    pub application: Id,
    /// The subject.
    pub subject: Subject,
    /// Ticket number.
    pub ticket_no: String,
    /// Where it stands.
    pub state: AttemptState,
    /// Whether answers are still taken.
    pub takes_answers: bool,
    /// When it was begun.
    pub started_at: Instant,
    /// When time is over.
    pub closes_at: Instant,
    /// The server's time: the only clock that counts.
    pub now: Instant,
    /// What was handed in, once it is closed.
    pub receipt: Option<Receipt>,
    /// The paper; empty once answers are no longer taken.
    pub sections: Vec<AttemptSection>,
    /// The stimuli that items of the paper name, by code.
    pub stimuli: Vec<AttemptStimulus>,
}

/// A section of the paper.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptSection {
    /// Code.
    pub code: String,
    /// Heading in Chinese.
    pub title_zh: String,
    /// Heading in English.
    pub title_en: String,
    /// How many minutes candidates are advised to spend on it, if they are.
    pub minutes: Option<u32>,
    /// How many of its items are on trial and do not count. Which they are is not said here.
    pub trial: u32,
    /// Its items, in the candidate's order.
    pub items: Vec<AttemptItem>,
}

/// An item of the paper with what has been answered. It has no key, explanation, rubric or
/// reference: what is not here cannot leak.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptItem {
    /// Its number on the paper.
    pub position: u32,
    /// Kind.
    #[schema(value_type = String)]
    pub kind: ItemKind,
    /// How the question, the options and the entries are written.
    pub markup: Markup,
    /// What the items of its section are worth, those on trial as they say themselves: nobody tells
    /// them by it.
    pub marks: Score,
    /// The question.
    pub stem: String,
    /// The options in the order shown.
    pub options: Vec<AttemptOption>,
    /// The entries of a matching.
    pub entries: Vec<String>,
    /// What a number is counted in.
    pub unit: Option<String>,
    /// Code of its stimulus.
    pub stimulus: Option<String>,
    /// Most characters of an essay.
    pub words_max: Option<u32>,
    /// The answer as stored.
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Answer>,
    /// Whether it is marked for later.
    pub flagged: bool,
    /// The revision stored; zero before the first.
    pub revision: i64,
}

/// An option.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptOption {
    /// Where it is shown, from zero: how an answer names it.
    pub place: u8,
    /// Its text.
    pub text: String,
}

/// A stimulus.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptStimulus {
    /// Code.
    pub code: String,
    /// Heading.
    pub title: String,
    /// How its text is written.
    pub markup: Markup,
    /// Paragraphs; all of a rich text is one.
    pub paragraphs: Vec<String>,
    /// Rows of the table, the first one being the header; empty without one.
    pub table: Vec<Vec<String>>,
}

/// The candidate's own attempt. The paper is shown only while it can be answered: who hands in
/// early takes no questions out of the room.
pub fn attempt_view(view: &mut View<'_>, actor: &Actor, id: Id) -> Result<AttemptView, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let row = store::own_attempt(view.db, acting.account, id)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let takes_answers = rules::refusal(row.state, row.closes_at, view.now).is_none();
    let (sections, stimuli) = if takes_answers {
        paper(view, &row)?
    } else {
        Default::default()
    };
    let receipt = match row.state {
        AttemptState::Open => None,
        AttemptState::Closed => Some(service::receipt(view, &row)?),
    };
    Ok(AttemptView {
        id: row.id,
        application: row.application_id,
        subject: regulation::subject(view, row.subject_id)?,
        ticket_no: store::ticket_no(view.db, row.application_id)?,
        state: row.state,
        takes_answers,
        started_at: row.started_at,
        closes_at: row.closes_at,
        now: view.now,
        receipt,
        sections,
        stimuli,
    })
}

/// A picture that the candidate's own paper shows, while it can be answered.
pub fn picture(
    view: &mut View<'_>,
    actor: &Actor,
    id: Id,
    hash: &str,
) -> Result<PictureContent, Problem> {
    let attempt = attempt_view(view, actor, id)?;
    let hash = &material::named(hash)?;
    let items = attempt.sections.iter().flat_map(|section| &section.items);
    let shows = items.flat_map(AttemptItem::marked_up);
    let rich = attempt.stimuli.iter().filter(|one| !one.markup.is_plain());
    let mut texts = shows.chain(rich.flat_map(|one| one.paragraphs.iter().map(String::as_str)));
    if !texts.any(|text| rich::images(text).contains(hash)) {
        return Err(Problem::not_found());
    }
    bank::records::picture(view, hash)
}

impl AttemptItem {
    /// Its rich texts.
    fn marked_up(&self) -> Vec<&str> {
        if self.markup.is_plain() {
            return Vec::new();
        }
        let options = self.options.iter().map(|option| &option.text);
        let texts = std::iter::once(&self.stem)
            .chain(options)
            .chain(&self.entries);
        texts.map(String::as_str).collect()
    }
}

type Shown = (Vec<AttemptSection>, Vec<AttemptStimulus>);

fn paper(view: &mut View<'_>, row: &AttemptRow) -> Result<Shown, Problem> {
    let missing = || Problem::internal("an attempt without a paper");
    let found = assembly::records::paper(view, row.subject_id, row.application_id)?;
    let (_, paper) = found.ok_or_else(missing)?;
    let source = assembly::service::source(view, row.subject_id)?;
    let (bank, blueprint) = source.ok_or_else(missing)?;
    let versions: Vec<_> = paper.places().map(|p| (p.item_id, p.version)).collect();
    let items = bank::records::item_versions(view, &versions)?;
    let responses = store::responses(view.db, row.id)?;
    let responses = responses.into_iter().map(|r| (r.position, r)).collect();
    let sections = sections(&paper, &blueprint, &items, &responses)?;
    let stimuli = stimuli(&sections, bank::records::stimuli(view, &bank)?);
    Ok((sections, stimuli))
}

fn sections(
    paper: &Paper,
    blueprint: &Blueprint,
    items: &BTreeMap<(Id, i32), Item>,
    responses: &BTreeMap<i32, ResponseRow>,
) -> Result<Vec<AttemptSection>, Problem> {
    let mut sections = Vec::new();
    for section in &paper.sections {
        let heading = blueprint.sections.iter().find(|s| s.code == section.code);
        let (title_zh, title_en) = heading
            .map(|heading| (heading.title_zh.clone(), heading.title_en.clone()))
            .unwrap_or_default();
        let shown = section
            .places
            .iter()
            .map(|place| shown_item(place, heading, items, responses));
        sections.push(AttemptSection {
            code: section.code.clone(),
            title_zh,
            title_en,
            minutes: heading.and_then(|heading| heading.minutes),
            trial: heading.map_or(0, |heading| heading.trial),
            items: shown.collect::<Result<_, _>>()?,
        });
    }
    Ok(sections)
}

fn shown_item(
    place: &PlacedItem,
    section: Option<&Section>,
    items: &BTreeMap<(Id, i32), Item>,
    responses: &BTreeMap<i32, ResponseRow>,
) -> Result<AttemptItem, Problem> {
    let item = items
        .get(&(place.item_id, place.version))
        .ok_or_else(|| Problem::internal("a paper names an item that there is not"))?;
    let position = i32::try_from(place.position).map_err(Problem::internal)?;
    let response = responses.get(&position);
    let answer = response.and_then(|row| row.answer.as_deref());
    let answer = answer.map(serde_json::from_str).transpose();
    let answer: Option<Answer> = answer.map_err(Problem::internal)?;
    Ok(AttemptItem {
        position: place.position,
        kind: item.body.kind(),
        markup: item.markup,
        marks: section
            .and_then(|section| section.marks_each)
            .unwrap_or(place.marks),
        stem: item.stem.clone(),
        options: shown_options(&item.body, &place.option_order),
        entries: match &item.body {
            Body::Matching { left, .. } => left.clone(),
            _ => Vec::new(),
        },
        unit: match &item.body {
            Body::Numeric { unit, .. } if !unit.is_empty() => Some(unit.clone()),
            _ => None,
        },
        stimulus: item.stimulus.clone(),
        words_max: match item.body {
            Body::Essay { words_max, .. } => Some(words_max),
            _ => None,
        },
        answer: answer.map(|answer| rules::as_shown(answer, &place.option_order)),
        flagged: response.is_some_and(|row| row.flagged),
        revision: response.map_or(0, |row| row.revision),
    })
}

fn shown_options(body: &Body, order: &[u8]) -> Vec<AttemptOption> {
    let option = |(place, author): (u8, &u8)| {
        let text = body.options().get(usize::from(*author))?.clone();
        Some(AttemptOption { place, text })
    };
    (0_u8..).zip(order).filter_map(option).collect()
}

/// The stimuli that the paper names.
fn stimuli(
    sections: &[AttemptSection],
    of_bank: BTreeMap<String, Stimulus>,
) -> Vec<AttemptStimulus> {
    let items = sections.iter().flat_map(|section| &section.items);
    let named: BTreeSet<&str> = items.filter_map(|item| item.stimulus.as_deref()).collect();
    let of_paper = of_bank.into_values().filter(|s| named.contains(&*s.code));
    of_paper
        .map(|stimulus| AttemptStimulus {
            code: stimulus.code,
            title: stimulus.title,
            markup: stimulus.markup,
            paragraphs: match stimulus.markup {
                Markup::Plain => paragraphs(&stimulus.text),
                Markup::Html => vec![stimulus.text],
            },
            table: stimulus.table,
        })
        .collect()
}

/// The paragraphs of a text in which empty lines part them.
fn paragraphs(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).collect::<Vec<_>>();
    lines
        .split(|line| line.is_empty())
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| paragraph.join("\n"))
        .collect()
}

/// A candidate's way to her rooms.
#[derive(Debug, Clone)]
pub struct RoomView {
    /// The examination.
    pub examination: Examination,
    /// Ticket number.
    pub ticket_no: String,
    /// Room.
    pub room: String,
    /// Seat.
    pub seat: i32,
    /// The server's time.
    pub now: Instant,
    /// What she sits, in order.
    pub subjects: Vec<RoomSubject>,
}

/// A subject and where she stands in it.
#[derive(Debug, Clone)]
pub struct RoomSubject {
    /// The subject.
    pub subject: Subject,
    /// Where she stands.
    pub state: RoomState,
    /// Her attempt, once begun.
    pub attempt: Option<Id>,
}

/// Where a candidate stands in a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomState {
    /// The room is not open yet.
    Waiting,
    /// She may enter.
    Open,
    /// She has begun and may go on.
    Sitting,
    /// Her script is closed.
    Closed,
    /// It is over and she did not sit it.
    Missed,
}

impl RoomState {
    /// As in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Sitting => "sitting",
            Self::Closed => "closed",
            Self::Missed => "missed",
        }
    }

    fn of(phase: Phase, subject: &Subject, attempt: Option<&AttemptRow>, now: Instant) -> Self {
        if let Some(row) = attempt {
            return match rules::refusal(row.state, row.closes_at, now) {
                None => Self::Sitting,
                Some(_) => Self::Closed,
            };
        }
        match rules::window(subject.opens_at, subject.closes_at, 0, now) {
            Window::Open { .. } if phase == Phase::Locked => Self::Open,
            Window::Over => Self::Missed,
            _ if phase > Phase::Locked => Self::Missed,
            _ => Self::Waiting,
        }
    }
}

/// The rooms of an application.
pub fn room(view: &mut View<'_>, actor: &Actor, application: Id) -> Result<RoomView, Problem> {
    let acting = actor.acting_as(&[Role::Candidate])?;
    let admitted = store::own_admission(view.db, acting.account, application)?;
    let admitted = admitted.ok_or_else(Problem::not_found)?;
    let examination = regulation::load(view, admitted.examination)?;
    let mut subjects = Vec::new();
    for subject in regulation::subjects(view, examination.id)? {
        let attempt = store::attempt_at(view.db, subject.id, application)?;
        subjects.push(RoomSubject {
            state: RoomState::of(examination.phase, &subject, attempt.as_ref(), view.now),
            attempt: attempt.map(|row| row.id),
            subject,
        });
    }
    Ok(RoomView {
        examination,
        ticket_no: admitted.ticket_no.unwrap_or_default(),
        room: admitted.room.unwrap_or_default(),
        seat: admitted.seat.unwrap_or_default(),
        now: view.now,
        subjects,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_paragraphs_and_single_line_ends_do_not() {
        assert_eq!(
            paragraphs("\n资料一\n\n  甲。\n乙。\n\n\n丙。\n"),
            ["资料一", "甲。\n乙。", "丙。"]
        );
    }
}
