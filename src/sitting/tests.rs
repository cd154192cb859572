//! Stories of candidates: entering, answering, handing in, and what happens when time is over.

use diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::rules::{AttemptState, ClosedBy};
use super::service::{self, AttemptItem, AttemptView, Receipt, RoomState, Saved};
use super::view::AttemptOption;
use super::{records, store};
use crate::access::{Actor, Role};
use crate::assembly::fixture::{CLOSES, House, OPENS, SECRETS, actor};
use crate::bank::item::{Answer, ItemKind, Stimulus};
use crate::bank::picture::tests::png;
use crate::bank::rich::{self, Markup};
use crate::kernel::merkle::Hash;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{picture, response, stimulus};
use crate::store::sha256;

impl House {
    /// Papers are locked and the room is open.
    fn opened(candidates: usize) -> Self {
        let house = Self::locked(candidates);
        house.clock.set(OPENS);
        house
    }

    fn candidate(&self, number: usize) -> Actor {
        self.candidates[number].0.clone()
    }

    fn open(&self, actor: &Actor) -> Result<Id, Problem> {
        let (actor, subject) = (actor.clone(), self.subject);
        self.write(move |tx| service::open(tx, &actor, subject))
    }

    fn attempt(&self, actor: &Actor, id: Id) -> Result<AttemptView, Problem> {
        self.read(|view| service::attempt_view(view, actor, id))
    }

    fn save(
        &self,
        actor: &Actor,
        attempt: Id,
        position: u32,
        answer: Option<Answer>,
        revision: i64,
    ) -> Result<Saved, Problem> {
        let actor = actor.clone();
        self.write(move |tx| service::save(tx, &actor, attempt, position, answer, false, revision))
    }

    /// The options at a position of the first candidate's paper, as their author put them.
    fn options(&self, position: u32) -> Vec<String> {
        let (_, application) = self.candidates[0];
        self.read(|view| {
            let (_, paper) =
                crate::assembly::records::paper(view, self.subject, application)?.unwrap();
            let place = paper.places().find(|p| p.position == position).unwrap();
            let version = (place.item_id, place.version);
            let items = crate::bank::records::item_versions(view, &[version])?;
            Ok(items[&version].body.options().to_vec())
        })
        .unwrap()
    }

    fn hand_in(&self, actor: &Actor, attempt: Id) -> Result<Receipt, Problem> {
        let actor = actor.clone();
        self.write(move |tx| service::hand_in(tx, &actor, attempt))
    }
}

fn text(text: &str) -> Option<Answer> {
    Some(Answer::Text {
        text: text.to_owned(),
    })
}

fn chosen(chosen: &[u8]) -> Option<Answer> {
    Some(Answer::Options {
        chosen: chosen.to_vec(),
    })
}

fn item(attempt: &AttemptView, kind: ItemKind) -> &AttemptItem {
    let mut items = attempt.sections.iter().flat_map(|section| &section.items);
    items.find(|item| item.kind == kind).unwrap()
}

/// The essay stands in the last section.
const ESSAY: u32 = 5;

#[test]
fn the_room_opens_and_closes_by_the_servers_clock() {
    let house = House::locked(1);
    let anna = house.candidate(0);
    house.clock.set(OPENS.plus_seconds(-1));
    let early = house.open(&anna).unwrap_err();
    assert_eq!(early.code, "too-early");
    assert_eq!(early.args, [("opens_at", OPENS.to_string())]);
    house.clock.set(CLOSES.plus_seconds(1));
    assert_eq!(house.open(&anna).unwrap_err().code, "too-late");
    house.clock.set(CLOSES);
    house.open(&anna).unwrap();
}

#[test]
fn nobody_enters_before_papers_are_locked_or_without_a_ticket() {
    let house = House::new(1);
    house.clock.set(OPENS);
    let refused = house.open(&house.candidate(0)).unwrap_err();
    assert_eq!(refused.code, "stage-out-of-order");
    let house = House::opened(1);
    let stranger = house.open(&actor(Role::Candidate)).unwrap_err();
    assert_eq!(stranger.code, "not-found");
    assert_eq!(house.open(&house.organiser).unwrap_err().code, "forbidden");
}

#[test]
fn entering_again_goes_on_with_the_same_attempt() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    house
        .save(&anna, attempt, ESSAY, text("第一段"), 1)
        .unwrap();
    assert_eq!(house.open(&anna).unwrap(), attempt);
    let view = house.attempt(&anna, attempt).unwrap();
    let essay = item(&view, ItemKind::Essay);
    assert_eq!((essay.answer.clone(), essay.revision), (text("第一段"), 1));
    assert_eq!(house.decisions("attempt.opened").len(), 1);
}

/// Whatever the view holds goes to the browser, so the whole of it is searched.
#[test]
fn a_candidate_sees_her_paper_and_no_key_explanation_or_rubric() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    let view = house.attempt(&anna, attempt).unwrap();
    assert_eq!(view.sections.len(), 2);
    assert_eq!(view.stimuli.len(), 1);
    assert_eq!(view.stimuli[0].paragraphs, ["第一段。", "第二段。"]);
    let single = item(&view, ItemKind::SingleChoice);
    // Options are named by where they are shown: nothing tells where their author put them.
    let places: Vec<u8> = single.options.iter().map(|o| o.place).collect();
    assert_eq!(places, [0, 1, 2, 3]);
    let json = serde_json::to_string(&view).unwrap();
    let html = super::pages::rendered(&view);
    for secret in SECRETS {
        assert!(
            !json.contains(secret),
            "the answer of the API holds {secret}"
        );
        assert!(!html.contains(secret), "the page holds {secret}");
    }
    for word in ["\"key\"", "explanation", "rubric", "reference", "accepted"] {
        assert!(!json.contains(word), "the answer of the API holds {word}");
    }
    assert!(html.contains(&single.stem));
}

/// Gives every stimulus of the bank a rich text with that picture.
fn illustrate(tx: &mut crate::store::Tx<'_>, hash: &Hash, bytes: &[u8]) -> Result<(), Problem> {
    diesel::insert_into(picture::table)
        .values((
            picture::hash.eq(hash.as_slice()),
            picture::media.eq("image/png"),
            picture::content_sealed.eq(tx.vault.seal(bytes)?),
        ))
        .execute(tx.db)?;
    let rows: Vec<(Id, String)> = stimulus::table
        .select((stimulus::id, stimulus::code))
        .load(tx.db)?;
    for (id, code) in rows {
        let text = format!(
            "<p>见<b>图</b></p><p><img src=\"{}\" alt=\"图\"></p>",
            rich::source_of(hash)
        );
        let content = Stimulus {
            code,
            title: "材料".to_owned(),
            text,
            table: Vec::new(),
            markup: Markup::Html,
        };
        let sealed = tx.vault.seal(serde_json::to_vec(&content).unwrap())?;
        diesel::update(stimulus::table.find(id))
            .set(stimulus::content_sealed.eq(sealed))
            .execute(tx.db)?;
    }
    Ok(())
}

#[test]
fn pictures_of_a_paper_are_seen_in_its_room_alone() {
    let house = House::opened(2);
    let bytes = png(40, 30);
    let hash = sha256(&bytes);
    let kept = bytes.clone();
    house.write(move |tx| illustrate(tx, &hash, &kept)).unwrap();
    let (anna, boris) = (house.candidate(0), house.candidate(1));
    let attempt = house.open(&anna).unwrap();
    let seen = |actor: &Actor, hash: &Hash| {
        house.read(|view| service::picture(view, actor, attempt, &hex::encode(hash)))
    };
    assert_eq!(seen(&anna, &hash).unwrap().content, bytes);
    let html = super::pages::rendered(&house.attempt(&anna, attempt).unwrap());
    let address = format!("/my/sitting/{attempt}/pictures/{}", hex::encode(hash));
    assert!(
        html.contains(&address) && html.contains("<b>图</b>"),
        "{html}"
    );
    assert_eq!(seen(&anna, &[0; 32]).unwrap_err().code, "not-found");
    assert_eq!(seen(&boris, &hash).unwrap_err().code, "not-found");
    house.hand_in(&anna, attempt).unwrap();
    assert_eq!(
        seen(&anna, &hash).unwrap_err().code,
        "not-found",
        "it is over"
    );
}

#[test]
fn matchings_and_orderings_are_asked_place_by_place_with_what_was_chosen() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    let mut view = house.attempt(&anna, attempt).unwrap();
    let option = |(place, text): (u8, &&str)| AttemptOption {
        place,
        text: (*text).to_owned(),
    };
    let asked = AttemptItem {
        options: (0..).zip(&["上海", "北京"]).map(option).collect(),
        ..view.sections[0].items[0].clone()
    };
    let places = |chosen: [Option<u8>; 2]| {
        Some(Answer::Places {
            chosen: chosen.to_vec(),
        })
    };
    view.sections[0].items = vec![
        AttemptItem {
            kind: ItemKind::Matching,
            position: 1,
            entries: vec!["京".to_owned(), "沪".to_owned()],
            answer: places([Some(1), None]),
            ..asked.clone()
        },
        AttemptItem {
            kind: ItemKind::Ordering,
            position: 2,
            answer: places([None, Some(0)]),
            ..asked
        },
    ];
    let html = super::pages::rendered(&view);
    let field = |name: &str| {
        let from = html.find(&format!("id=\"{name}\"")).unwrap();
        let rest = &html[from..];
        rest[..rest.find("</select>").unwrap()].to_owned()
    };
    assert!(html.contains("<label for=\"a1-0\"><span class=\"rich\">京</span></label>"));
    assert!(html.contains("<label for=\"a2-1\">第 2 位</label>"));
    assert!(field("a1-0").contains("<option value=\"1\" selected>B 北京"));
    assert!(!field("a1-1").contains("selected"));
    assert!(field("a2-1").contains("<option value=\"0\" selected>A 上海"));
}

#[test]
fn an_attempt_is_its_candidates_alone() {
    let house = House::opened(2);
    let (anna, boris) = (house.candidate(0), house.candidate(1));
    let attempt = house.open(&anna).unwrap();
    let codes = [
        house.attempt(&boris, attempt).unwrap_err().code,
        house
            .save(&boris, attempt, ESSAY, text("x"), 1)
            .unwrap_err()
            .code,
        house.hand_in(&boris, attempt).unwrap_err().code,
    ];
    assert_eq!(codes, ["not-found"; 3]);
    let organiser = house.organiser.clone();
    let codes = [
        house.attempt(&organiser, attempt).unwrap_err().code,
        house
            .save(&organiser, attempt, ESSAY, text("x"), 1)
            .unwrap_err()
            .code,
        house.hand_in(&organiser, attempt).unwrap_err().code,
    ];
    assert_eq!(codes, ["forbidden"; 3]);
}

#[test]
fn an_answer_must_be_one_that_its_item_can_have() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    let view = house.attempt(&anna, attempt).unwrap();
    let single = item(&view, ItemKind::SingleChoice).position;
    let fault = |answer, revision| {
        let problem = house.save(&anna, attempt, single, answer, revision);
        problem.unwrap_err().faults[0].code
    };
    assert_eq!(fault(text("甲"), 1), "other-kind");
    assert_eq!(fault(chosen(&[4]), 1), "no-such-option");
    assert_eq!(fault(chosen(&[0, 1]), 1), "not-one-option");
    assert_eq!(fault(chosen(&[0]), 0), "revision-from-one");
    for position in [0, 6, u32::MAX] {
        let off = house.save(&anna, attempt, position, chosen(&[0]), 1);
        assert_eq!(off.unwrap_err().code, "not-found");
    }
    let saved = house.save(&anna, attempt, single, chosen(&[3]), 1).unwrap();
    assert_eq!(saved.answer, chosen(&[3]));
    // She names the option by where she saw it; kept is where its author put it.
    let kept = house.read(|view| records::answers(view, attempt)).unwrap();
    let shown = item(&view, ItemKind::SingleChoice).options[3].text.clone();
    let Some(Answer::Options { chosen: authors }) = kept.get(&single) else {
        panic!("nothing is kept");
    };
    assert_eq!(shown, house.options(single)[usize::from(authors[0])]);
    // Taken back: a blank is kept as none, and is no answer in the script.
    let saved = house.save(&anna, attempt, single, chosen(&[]), 2).unwrap();
    assert_eq!(saved.answer, None);
    assert_eq!(house.hand_in(&anna, attempt).unwrap().answered, 0);
}

#[test]
fn a_stale_save_is_answered_with_what_is_stored() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    house.save(&anna, attempt, ESSAY, text("新"), 7).unwrap();
    for revision in [3, 7] {
        let saved = house
            .save(&anna, attempt, ESSAY, text("旧"), revision)
            .unwrap();
        assert_eq!((saved.answer, saved.revision), (text("新"), 7));
    }
}

#[test]
fn whatever_the_network_does_the_highest_revision_stands() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    let sends = prop::collection::vec(1i64..12, 1..24);
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&sends, |sends| {
            house
                .write(|tx| Ok(diesel::delete(response::table).execute(tx.db)?))
                .unwrap();
            for revision in &sends {
                let answer = text(&format!("第{revision}稿"));
                let saved = house
                    .save(&anna, attempt, ESSAY, answer, *revision)
                    .unwrap();
                prop_assert!(saved.revision >= *revision);
            }
            let last = *sends.iter().max().unwrap();
            let row = house
                .read(|view| store::response(view.db, attempt, 5))
                .unwrap();
            prop_assert_eq!(row.unwrap().revision, last);
            let stored = house.read(|view| records::answers(view, attempt)).unwrap();
            let newest = text(&format!("第{last}稿"));
            prop_assert_eq!(stored.get(&ESSAY), newest.as_ref());
            Ok(())
        })
        .unwrap();
}

#[test]
fn answers_are_taken_to_the_last_second_and_not_after() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    house.clock.set(CLOSES);
    house.save(&anna, attempt, ESSAY, text("在"), 1).unwrap();
    house.clock.set(CLOSES.plus_seconds(1));
    let late = house
        .save(&anna, attempt, ESSAY, text("晚"), 2)
        .unwrap_err();
    assert_eq!(late.code, "time-is-over");
    // The answer to a save in time was lost, so the browser asks again: it is told.
    let again = house.save(&anna, attempt, ESSAY, text("在"), 1).unwrap();
    assert_eq!(again.answer, text("在"));
    let view = house.attempt(&anna, attempt).unwrap();
    assert!(!view.takes_answers && view.sections.is_empty() && view.stimuli.is_empty());
}

#[test]
fn handing_in_closes_the_script_and_a_second_time_answers_the_same() {
    let house = House::opened(1);
    let anna = house.candidate(0);
    let attempt = house.open(&anna).unwrap();
    house.save(&anna, attempt, ESSAY, text("终稿"), 1).unwrap();
    let receipt = house.hand_in(&anna, attempt).unwrap();
    house.clock.set(OPENS.plus_seconds(60));
    assert_eq!(house.hand_in(&anna, attempt).unwrap(), receipt);
    assert_eq!(
        (receipt.closed_by, receipt.answered),
        (ClosedBy::Candidate, 1)
    );
    let answers = house.read(|view| records::answers(view, attempt)).unwrap();
    let digest = hex::encode(records::digest(&answers).unwrap());
    assert_eq!(receipt.digest, digest);
    let [inputs] = <[_; 1]>::try_from(house.decisions("script.closed")).unwrap();
    assert_eq!(inputs["digest"], digest);
    assert_eq!(inputs["ticket_no"], "27000000");
    assert_eq!(inputs["by"], "candidate");

    let closed = house
        .save(&anna, attempt, ESSAY, text("改"), 2)
        .unwrap_err();
    assert_eq!(closed.code, "attempt-closed");
    let view = house.attempt(&anna, attempt).unwrap();
    assert_eq!(
        (view.state, view.receipt),
        (AttemptState::Closed, Some(receipt))
    );
    assert!(view.sections.is_empty(), "questions stay in the room");
    assert_eq!(
        house.open(&anna).unwrap(),
        attempt,
        "she is shown her receipt"
    );
}

#[test]
fn what_is_overdue_is_closed_by_the_system_once() {
    let house = House::opened(3);
    let attempts: Vec<(Actor, Id)> = (0..3)
        .map(|number| {
            let candidate = house.candidate(number);
            let attempt = house.open(&candidate).unwrap();
            (candidate, attempt)
        })
        .collect();
    let (anna, handed_in) = &attempts[0];
    house.hand_in(anna, *handed_in).unwrap();
    let (boris, overdue) = &attempts[1];
    house.save(boris, *overdue, ESSAY, text("未交"), 1).unwrap();

    let examination = house.examination;
    let close = || {
        house
            .write(move |tx| service::close_overdue(tx, examination))
            .unwrap()
    };
    house.clock.set(CLOSES);
    assert_eq!(close(), 0, "the last second is theirs");
    house.clock.set(CLOSES.plus_seconds(1));
    assert_eq!(close(), 2);
    assert_eq!(close(), 0);
    assert_eq!(house.write(service::close_round).unwrap(), 0);

    let receipt = house.hand_in(boris, *overdue).unwrap();
    assert_eq!((receipt.closed_by, receipt.answered), (ClosedBy::Time, 1));
    assert_eq!(house.decisions("script.closed").len(), 3);
    let closed = house
        .read(|view| records::closed(view, house.subject))
        .unwrap();
    assert_eq!(closed.len(), 3);
}

#[test]
fn a_round_of_the_background_closes_what_is_overdue() {
    let house = House::opened(2);
    house.open(&house.candidate(0)).unwrap();
    house.clock.set(CLOSES.plus_seconds(1));
    assert_eq!(house.write(service::close_round).unwrap(), 1);
}

#[test]
fn the_waiting_page_says_where_she_stands() {
    let house = House::locked(1);
    let (anna, application) = house.candidates[0].clone();
    let state_at = |now: Instant| {
        house.clock.set(now);
        let room = house.read(|view| service::room(view, &anna, application));
        room.unwrap().subjects[0].state
    };
    assert_eq!(state_at(OPENS.plus_seconds(-1)), RoomState::Waiting);
    assert_eq!(state_at(OPENS), RoomState::Open);
    assert_eq!(state_at(CLOSES.plus_seconds(1)), RoomState::Missed);
    house.clock.set(OPENS);
    house.open(&anna).unwrap();
    assert_eq!(state_at(OPENS), RoomState::Sitting);
    assert_eq!(state_at(CLOSES.plus_seconds(1)), RoomState::Closed);
    let stranger = actor(Role::Candidate);
    let refused = house.read(|view| service::room(view, &stranger, application).map(drop));
    assert_eq!(refused.unwrap_err().code, "not-found");
}
