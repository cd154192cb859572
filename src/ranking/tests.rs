//! The room's stories: what candidates, HR and strangers may rely on.

use std::collections::BTreeMap;

use super::fixture::{Sat, actor, leave_a_script};
use super::results::RankedView;
use super::service::{self, list, own_result, preview};
use super::words::{RankedList, Standing};
use crate::access::{Actor, Role};
use crate::kernel::calendar::Arrangement;
use crate::kernel::{Instant, Score};
use crate::ledger;
use crate::regulation::Phase;
use crate::regulation::calendars::{self, NewArrangement};
use crate::regulation::service::load;

const SEVEN: [&str; 7] = ["84", "82.5", "85", "83", "86.5", "84.5", "81"];

impl Sat {
    fn list(&self, of: RankedList) -> Vec<RankedView> {
        self.store
            .read_blocking(|view| list(view, self.examination, self.post, of))
            .unwrap()
    }

    /// Ticket number, rank and outcome of each line.
    fn lines(&self, of: RankedList) -> Vec<(String, Option<i32>, Standing)> {
        let lines = self.list(of).into_iter();
        lines
            .map(|line| (line.ticket_no, line.rank, line.outcome))
            .collect()
    }

    fn decisions(&self) -> BTreeMap<String, usize> {
        let entries = self
            .store
            .read_blocking(|v| ledger::entries(v, 2026, 0, 10_000));
        let mut counts = BTreeMap::new();
        for entry in entries.unwrap() {
            *counts.entry(entry.payload.kind).or_default() += 1;
        }
        counts
    }
}

fn score(text: &str) -> Option<Score> {
    Some(text.parse().unwrap())
}

/// The worked example of docs/regulation.md, without its bonus point.
#[test]
fn the_sichuan_composite_comes_out_as_by_hand() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.publish_written().unwrap();
    assert_eq!(sat.list(RankedList::Written)[0].total, score("41.265"));
    sat.panel(first, &SEVEN);
    sat.publish_final().unwrap();
    let line = &sat.list(RankedList::Final)[0];
    assert_eq!(line.marks["interview"].mark, score("83.8"));
    assert_eq!(
        (line.written, line.total),
        (score("41.265"), score("74.785"))
    );
    assert_eq!((line.rank, line.outcome), (Some(1), Standing::Proposed));
}

#[test]
fn all_who_tie_at_the_last_place_of_the_shortlist_enter() {
    use Standing::{Absent, BelowCut, Entered, EnteredByTie};
    let sat = Sat::new(1);
    sat.sitter("1001", [Some("80"), Some("80")]);
    sat.sitter("1002", [Some("75"), Some("75")]);
    sat.sitter("1003", [Some("69"), Some("71")]);
    sat.sitter("1004", [Some("70"), Some("70")]);
    sat.sitter("1005", [Some("60"), Some("60")]);
    sat.sitter("1006", [Some("60"), None]);
    sat.publish_written().unwrap();
    let expected = [
        ("1001", Some(1), Entered),
        ("1002", Some(2), Entered),
        ("1004", Some(3), EnteredByTie),
        ("1003", Some(4), EnteredByTie),
        ("1005", Some(5), BelowCut),
        ("1006", None, Absent),
    ];
    let expected = expected.map(|(ticket, rank, word)| (ticket.to_owned(), rank, word));
    assert_eq!(sat.lines(RankedList::Written), expected);
}

#[test]
fn every_line_rests_on_decisions_that_can_be_derived_again() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    sat.publish_final().unwrap();
    let decisions = sat.decisions();
    assert_eq!(decisions["component.decided"], 3);
    assert_eq!(
        (decisions["written.published"], decisions["merit.published"]),
        (1, 1)
    );
    let newest = sat
        .store
        .read_blocking(|view| ledger::recent(view, 2026, None, None, 2))
        .unwrap();
    let inputs = serde_json::json!({
        "post": "001", "post_id": newest[0].payload.inputs["post_id"], "quota": 1,
        "rows": [["1001", "74.785", 1, "proposed"]],
    });
    assert_eq!(newest[0].payload.inputs, inputs);
    assert_eq!(newest[1].payload.inputs["panel"], serde_json::json!(SEVEN));
}

#[test]
fn nothing_is_published_twice_or_out_of_order() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("70"), Some("70")]);
    assert_eq!(sat.publish_final().unwrap_err().code, "stage-out-of-order");
    sat.publish_written().unwrap();
    assert_eq!(
        sat.publish_written().unwrap_err().code,
        "stage-out-of-order"
    );
    sat.panel(first, &SEVEN);
    sat.publish_final().unwrap();
    assert_eq!(sat.publish_final().unwrap_err().code, "stage-out-of-order");
}

#[test]
fn only_hr_publishes() {
    let sat = Sat::new(1);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Hr) {
        let (other, id) = (actor(role), sat.examination);
        let refused = sat.store.write_blocking(move |tx| {
            let written = service::publish_written(tx, &other, id).unwrap_err();
            let merit = service::publish_final(tx, &other, id).unwrap_err();
            let seen = preview(tx, &other, id).unwrap_err();
            Ok([written.code, merit.code, seen.code])
        });
        assert_eq!(refused.unwrap(), ["forbidden"; 3], "{role:?}");
    }
}

#[test]
fn a_waiting_script_holds_everything_up() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("70"), Some("70")]);
    sat.store
        .write_blocking(move |tx| leave_a_script(tx, first))
        .unwrap();
    let refused = sat.publish_written().unwrap_err();
    assert_eq!(refused.code, "scripts-unmarked");
    assert_eq!(refused.args, [("count", "1".to_owned())]);
    assert!(sat.list(RankedList::Written).is_empty());
}

#[test]
fn the_merit_list_waits_for_every_panel_or_a_recorded_absence() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("80"), Some("80")]);
    let second = sat.sitter("1002", [Some("70"), Some("70")]);
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    let refused = sat.publish_final().unwrap_err();
    assert_eq!(refused.code, "marks-incomplete");
    assert!(refused.args.contains(&("tickets", "1002".to_owned())));
    sat.record_absent(second, "interview").unwrap();
    sat.publish_final().unwrap();
    let expected = [
        ("1001".to_owned(), Some(1), Standing::Proposed),
        ("1002".to_owned(), None, Standing::OutAbsent),
    ];
    assert_eq!(sat.lines(RankedList::Final), expected);
}

#[test]
fn publicity_counts_working_days_and_names_a_year_it_does_not_know() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("70"), Some("70")]);
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    sat.store
        .clock()
        .set("2026-12-29T02:00:00Z".parse_instant());
    let refused = sat.publish_final().unwrap_err();
    assert_eq!(refused.code, "calendar-year-missing");
    assert_eq!(refused.args, [("year", "2027".to_owned())]);
    // Once the year is entered, it counts.
    let new = NewArrangement {
        arrangement: Arrangement {
            year: 2027,
            off: ["2027-01-01".parse().unwrap()].into(),
            on: [].into(),
        },
        reason: "国办发明电".to_owned(),
    };
    let hr = sat.hr.clone();
    sat.store
        .write_blocking(move |tx| calendars::enter(tx, &hr, &new))
        .unwrap();
    sat.publish_final().unwrap();
    let examination = sat
        .store
        .read_blocking(|view| load(view, sat.examination))
        .unwrap();
    assert_eq!(examination.phase, Phase::Published);
    // From Tuesday, 29 December: Wednesday, Thursday, and after the New Year Monday to Wednesday.
    assert_eq!(examination.publicity_ends.as_deref(), Some("2027-01-06"));
}

/// Reads an instant as JSON does.
trait ParseInstant {
    fn parse_instant(&self) -> Instant;
}

impl ParseInstant for str {
    fn parse_instant(&self) -> Instant {
        serde_json::from_value(serde_json::json!(self)).unwrap()
    }
}

#[test]
fn candidates_see_their_own_result_and_only_once_it_is_published() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.sitter("1002", [Some("60"), Some("60")]);
    let mut me = actor(Role::Candidate);
    me.account = first.account;
    let mine = |me: &Actor| {
        sat.store
            .read_blocking(|view| own_result(view, me, sat.examination))
    };
    assert_eq!(mine(&me).unwrap_err().code, "results-not-published");
    sat.publish_written().unwrap();
    sat.panel(first, &SEVEN);
    let own = mine(&me).unwrap();
    assert_eq!((own.ticket_no.as_str(), own.components.len()), ("1001", 2));
    assert!(own.merit.is_none());
    let written = own.written.unwrap();
    assert_eq!((written.rank, written.competitors), (Some(1), 2));
    assert_eq!(mine(&actor(Role::Candidate)).unwrap_err().code, "not-found");
    assert_eq!(mine(&sat.hr).unwrap_err().code, "forbidden");
}

#[test]
fn the_preview_says_what_would_be_published_and_keeps_nothing() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("80"), Some("80")]);
    sat.sitter("1002", [Some("70"), None]);
    let seen = || {
        sat.store
            .read_blocking(|view| preview(view, &sat.hr, sat.examination))
            .unwrap()
    };
    let post = &seen().posts[0];
    assert_eq!(
        (post.candidates, post.ranked, post.chosen, post.tied),
        (2, 1, 1, 0)
    );
    assert!(sat.list(RankedList::Written).is_empty());
    sat.publish_written().unwrap();
    assert_eq!(seen().missing[0].application, first.application);
}

#[test]
fn a_published_list_as_data_names_nobody() {
    let sat = Sat::new(1);
    let first = sat.sitter("1001", [Some("71.05"), Some("66.5")]);
    sat.publish_written().unwrap();
    let json = serde_json::to_string(&sat.list(RankedList::Written)).unwrap();
    assert!(json.contains("1001"));
    for hidden in [
        "张三".to_owned(),
        first.account.to_string(),
        first.application.to_string(),
    ] {
        assert!(!json.contains(&hidden), "{hidden}");
    }
}
