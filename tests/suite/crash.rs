//! The third promise: no acknowledged answer is ever lost, whatever happens to the server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keju::access::{Actor, service as access};
use keju::app::demo::{House, PASSWORD, Sitter, prepare_sitting, small_course};
use keju::assembly::records as papers;
use keju::bank::item::{Answer, ItemKind};
use keju::bank::records as bank;
use keju::draw::Seed;
use keju::kernel::{Clock, Id};
use keju::regulation::service as regulation;
use keju::sitting::{records as sat, rules::as_shown, service as sitting};
use keju::store::Store;
use serde_json::json;

use crate::support::{Client, fresh_dir};

/// A candidate in the exam room: an attempt, and the items that have options.
struct Seated {
    email: String,
    attempt: Id,
    positions: Vec<u32>,
    /// The order in which the options of each position are shown.
    orders: BTreeMap<u32, Vec<u8>>,
}

/// Prepares a sitting that is open now, by the real clock, with everybody in the room.
fn open_room(data: &Path) -> Vec<Seated> {
    let now = Clock::system().now();
    // Registration takes five days and the sitting follows a week after: begin so far back that
    // its two hours lie around the present.
    let clock = Clock::manual(now.plus_seconds(-(12 * 86_400 + 2 * 3600)));
    let store = Store::open_embedded(data, clock.clone()).unwrap();
    let house = House::build(&store, &|_| {}).unwrap();
    let seed = Seed::new([5; 32]);
    let course = small_course();
    let (examination, sitters) =
        prepare_sitting(&store, &clock, &house, &seed, &course, &|_| {}).unwrap();
    let subject = store
        .read_blocking(|v| regulation::subjects(v, examination))
        .unwrap()
        .remove(0);
    clock.set(subject.opens_at.plus_seconds(60));
    let seated = sitters
        .iter()
        .map(|sitter| take_seat(&store, subject.id, sitter))
        .collect();
    store.close();
    seated
}

fn take_seat(store: &Store, subject: Id, sitter: &Sitter) -> Seated {
    let actor: Actor = sitter.actor.clone();
    let attempt = store
        .write_blocking(move |tx| sitting::open(tx, &actor, subject))
        .unwrap();
    let (email, orders) = store
        .read_blocking(|view| {
            let (_, paper) = papers::paper(view, subject, sitter.application)?.unwrap();
            let wanted: Vec<_> = paper.places().map(|p| (p.item_id, p.version)).collect();
            let items = bank::item_versions(view, &wanted)?;
            let single = paper.places().filter(|place| {
                items[&(place.item_id, place.version)].body.kind() == ItemKind::SingleChoice
            });
            let orders: BTreeMap<u32, Vec<u8>> = single
                .map(|place| (place.position, place.option_order.clone()))
                .collect();
            Ok((access::email_of(view, sitter.actor.account)?, orders))
        })
        .unwrap();
    Seated {
        email,
        attempt,
        positions: orders.keys().copied().collect(),
        orders,
    }
}

/// The program itself, serving on a free port.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_keju"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("KEJU_LOG", "error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let base = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(format!("http:{}", line.split_once("serves at http:")?.1)))
            .expect("the server did not start");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, base }
    }

    fn sign_in(&self, email: &str) -> Client {
        let body = json!({ "email": email, "password": PASSWORD });
        let reply = Client::new(&self.base).post("/sessions", &body);
        assert_eq!(reply.status, 200, "{reply:?}");
        Client::new(&self.base).with_token(reply.json["access_token"].as_str().unwrap())
    }
}

/// An answer that the server has acknowledged.
type Acknowledged = (Id, u32, u8);

#[test]
fn a_server_killed_under_load_has_lost_no_acknowledged_answer() {
    let data = fresh_dir();
    let seated = open_room(&data);
    let acknowledged: Mutex<Vec<Acknowledged>> = Mutex::new(Vec::new());
    for round in 0..3_i64 {
        let mut server = Server::start(&data);
        let clients: Vec<Client> = seated
            .iter()
            .map(|one| server.sign_in(&one.email))
            .collect();
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (one, client) in seated.iter().zip(&clients) {
                let (acknowledged, killed) = (&acknowledged, &killed);
                scope.spawn(move || {
                    for number in 0.. {
                        if !save(client, one, round, number, acknowledged) {
                            assert!(
                                killed.load(Ordering::SeqCst),
                                "a save failed before the kill"
                            );
                            return;
                        }
                    }
                });
            }
            // Killed in the midst of saving, however fast or slow the machine is.
            let enough = 80 * usize::try_from(round + 1).unwrap();
            while acknowledged.lock().unwrap().len() < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            killed.store(true, Ordering::SeqCst);
            // SIGKILL: no handler, no flush, no goodbye.
            server.process.kill().unwrap();
        });
        server.process.wait().unwrap();
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let store = Store::open_embedded(&data, Clock::system()).unwrap();
    for one in &seated {
        let kept = store
            .read_blocking(|view| sat::answers(view, one.attempt))
            .unwrap();
        for position in &one.positions {
            // The last acknowledged answer of the position, or a later one whose answer was lost.
            let mine = |a: &&Acknowledged| a.0 == one.attempt && a.1 == *position;
            let sent = acknowledged.iter().filter(mine).count();
            if sent > 0 {
                let kept = kept.get(position).cloned();
                let shown = kept.map(|answer| as_shown(answer, &one.orders[position]));
                let Some(Answer::Options { chosen }) = shown else {
                    panic!(
                        "position {position} of {}: {sent} acknowledged, none kept",
                        one.email
                    )
                };
                let last = acknowledged.iter().rfind(mine).unwrap().2;
                let next = (last + 1) % 3;
                assert!(
                    chosen == [last] || chosen == [next],
                    "{position}: {chosen:?}, {last}"
                );
            }
        }
    }
    assert!(store.read_blocking(keju::ledger::check).unwrap().is_ok());
    println!(
        "{} acknowledged answers over three kills, none lost",
        acknowledged.len()
    );
    store.close();
    let _ = std::fs::remove_dir_all(&data);
}

#[test]
fn a_server_told_to_stop_finishes_what_is_under_way() {
    let data = fresh_dir();
    let seated = open_room(&data);
    let mut server = Server::start(&data);
    let clients: Vec<Client> = seated
        .iter()
        .map(|one| server.sign_in(&one.email))
        .collect();
    let acknowledged: Mutex<Vec<Acknowledged>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (one, client) in seated.iter().zip(&clients) {
            let acknowledged = &acknowledged;
            scope.spawn(move || {
                // Until the server takes no more; every answer it gives is a success.
                (0..)
                    .take_while(|number| save(client, one, 0, *number, acknowledged))
                    .count()
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        let told = Command::new("kill")
            .args(["-TERM", &server.process.id().to_string()])
            .status();
        assert!(told.unwrap().success());
    });
    assert!(
        server.process.wait().unwrap().success(),
        "it did not end in peace"
    );
    let store = Store::open_embedded(&data, Clock::system()).unwrap();
    for (attempt, position, _) in acknowledged.into_inner().unwrap() {
        let kept = store
            .read_blocking(|view| sat::answers(view, attempt))
            .unwrap();
        assert!(kept.contains_key(&position));
    }
    store.close();
    let _ = std::fs::remove_dir_all(&data);
}

/// Saves the next answer; false when the server is gone. Answers of a position go round 0, 1, 2,
/// so that what is kept can be told from what was kept before it.
fn save(
    client: &Client,
    one: &Seated,
    round: i64,
    number: usize,
    acknowledged: &Mutex<Vec<Acknowledged>>,
) -> bool {
    let position = one.positions[number % one.positions.len()];
    let turn = number / one.positions.len();
    let chosen = u8::try_from(turn % 3).unwrap();
    // Revisions grow over turns and rounds.
    let revision = round * 1_000_000 + i64::try_from(turn).unwrap() + 1;
    let body = json!({
        "answer": { "kind": "options", "chosen": [chosen] }, "flagged": false, "revision": revision,
    });
    let path = format!("/attempts/{}/responses/{position}", one.attempt);
    let Some(reply) = client.try_put(&path, &body) else {
        return false;
    };
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json["revision"], revision);
    acknowledged
        .lock()
        .unwrap()
        .push((one.attempt, position, chosen));
    true
}
