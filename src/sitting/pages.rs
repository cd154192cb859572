//! Pages: the way to the rooms, and the exam room itself.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};

use super::service::{self, AttemptItem, AttemptView, RoomState, RoomView};
use crate::access::Actor;
use crate::bank::item::{Answer as Given, ItemKind};
use crate::bank::material;
use crate::bank::rich::Markup;
use crate::http::{Answer, Page, PageForm, html, see_other};
use crate::kernel::{Id, Instant, Problem};
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/my/room/{application}", web::get().to(room))
        .route("/my/room/{application}/enter", web::post().to(enter))
        .route("/my/sitting/{attempt}", web::get().to(sitting))
        .route(
            "/my/sitting/{attempt}/pictures/{hash}",
            web::get().to(picture),
        );
}

#[derive(Template)]
#[template(path = "sitting/templates/room.html")]
struct RoomPage {
    page: Page,
    application: Id,
    room: RoomView,
}

async fn room(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    application: web::Path<Id>,
) -> Answer<HttpResponse> {
    let application = application.into_inner();
    let room = store
        .read(move |view| service::room(view, &actor, application))
        .await?;
    html(&RoomPage {
        page,
        application,
        room,
    })
}

#[derive(Deserialize)]
struct Enter {
    subject: Id,
}

async fn enter(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<Enter>,
) -> Answer<HttpResponse> {
    let attempt = store
        .write(move |tx| service::open(tx, &actor, form.subject))
        .await?;
    Ok(see_other(&format!("/my/sitting/{attempt}")))
}

async fn sitting(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    attempt: web::Path<Id>,
) -> Answer<HttpResponse> {
    let attempt = attempt.into_inner();
    let attempt = store
        .read(move |view| service::attempt_view(view, &actor, attempt))
        .await?;
    if attempt.takes_answers {
        html(&SittingPage::new(page, attempt)?)
    } else {
        html(&ClosedPage { page, attempt })
    }
}

async fn picture(
    store: web::Data<Store>,
    actor: Actor,
    path: web::Path<(Id, String)>,
) -> Answer<HttpResponse> {
    let (attempt, hash) = path.into_inner();
    store
        .read(move |view| service::picture(view, &actor, attempt, &hash))
        .await
        .map(material::api::image)
}

#[derive(Template)]
#[template(path = "sitting/templates/closed.html")]
struct ClosedPage {
    page: Page,
    attempt: AttemptView,
}

#[derive(Template)]
#[template(path = "sitting/templates/sitting.html")]
struct SittingPage {
    page: Page,
    attempt: AttemptView,
    /// [`RoomData`] as JSON.
    data: String,
}

impl SittingPage {
    /// A text of the paper for the page.
    fn shown(&self, markup: &Markup, text: &str) -> String {
        markup.html(text, &format!("/my/sitting/{}/pictures/", self.attempt.id))
    }

    fn new(page: Page, attempt: AttemptView) -> Result<Self, Problem> {
        let data = RoomData {
            attempt: attempt.id,
            now: attempt.now,
            closes_at: attempt.closes_at,
            texts: TEXTS
                .iter()
                .map(|key| {
                    (
                        *key,
                        page.t2(&format!("room-{key}"), "one", "{one}", "two", "{two}"),
                    )
                })
                .collect(),
        };
        let data = serde_json::to_string(&data).map_err(Problem::internal)?;
        Ok(Self {
            page,
            attempt,
            data,
        })
    }
}

/// What the exam room's script begins with; it stands in a data attribute.
#[derive(Serialize)]
struct RoomData {
    attempt: Id,
    now: Instant,
    closes_at: Instant,
    /// Its words. `{one}` and `{two}` are for the script to fill in.
    texts: BTreeMap<&'static str, String>,
}

/// The messages that the script says, without the prefix `room-`.
const TEXTS: [&str; 17] = [
    "saved",
    "saving",
    "not-saved",
    "refused",
    "signed-out",
    "minutes-left",
    "time-over",
    "answered",
    "unanswered",
    "flagged",
    "flag",
    "unflag",
    "characters",
    "summary-unanswered",
    "summary-flagged",
    "summary-unsaved",
    "hand-in-failed",
];

/// How the template asks for what stands in an answer.
impl AttemptItem {
    /// Lines of the field of a short (简答) or a long essay.
    fn lines(&self) -> u32 {
        (self.words_max.unwrap_or_default() / 40).clamp(5, 20)
    }

    fn has_chosen(&self, place: &u8) -> bool {
        matches!(&self.answer, Some(Given::Options { chosen }) if chosen.contains(place))
    }

    fn holds(&self, judgement: bool) -> bool {
        matches!(&self.answer, Some(Given::Judgement { holds }) if *holds == judgement)
    }

    fn text(&self) -> &str {
        match &self.answer {
            Some(Given::Text { text }) => text,
            _ => "",
        }
    }

    /// Places of a matching or an ordering, from zero; none for other kinds.
    fn rows(&self) -> std::ops::Range<usize> {
        match self.kind {
            ItemKind::Matching => 0..self.entries.len(),
            ItemKind::Ordering => 0..self.options.len(),
            _ => 0..0,
        }
    }

    fn entry(&self, row: &usize) -> Option<&String> {
        self.entries.get(*row)
    }

    fn is_placed(&self, row: &usize, place: &u8) -> bool {
        let Some(Given::Places { chosen }) = &self.answer else {
            return false;
        };
        chosen.get(*row) == Some(&Some(*place))
    }

    fn several(&self) -> bool {
        self.kind == ItemKind::MultipleChoice
    }
}

/// The letter under which the option at `index` is shown.
fn letter(index: &usize) -> char {
    u8::try_from(*index)
        .ok()
        .and_then(|index| b'A'.checked_add(index))
        .map_or('?', char::from)
}

/// The page of an attempt, as text.
#[cfg(test)]
pub(super) fn rendered(attempt: &AttemptView) -> String {
    let request = actix_web::test::TestRequest::default().to_http_request();
    let page = SittingPage::new(Page::of(&request), attempt.clone()).unwrap();
    page.render().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Lang;

    #[test]
    fn the_script_finds_its_words_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            for key in TEXTS {
                let key = format!("room-{key}");
                let text = lang.message_with(&key, [("one", "1"), ("two", "2")]);
                assert!(!text.starts_with('‹'), "{lang:?} lacks {key}");
            }
        }
    }

    #[test]
    fn options_are_lettered_in_the_order_shown() {
        assert_eq!([letter(&0), letter(&3), letter(&1000)], ['A', 'D', '?']);
    }
}
