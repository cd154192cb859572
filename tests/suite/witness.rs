//! Witnesses: another office remembers the log, and nothing is published that it has not signed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use keju::kernel::Clock;
use keju::ledger::note::{Head, WitnessKey, log_key};
use keju::ledger::witness::log_id;
use keju::ledger::{self, Entry, Log};
use keju::store::{Store, Target, Vault};

use crate::public_log::{decide, file, published, warned};
use crate::support::{Client, TestApp, fresh_dir, morning};

const NAME: &str = "notary.example/w1";

fn keju(data: &Path, args: &[&str]) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_keju"))
        .args(args)
        .args(["--data", data.to_str().unwrap()])
        .output();
    program.unwrap()
}

fn said(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// An office with its data, the log it will be watched in, and a witness that is not running.
pub struct Office {
    data: PathBuf,
    log: Log,
    witness: PathBuf,
    logs: PathBuf,
    key: WitnessKey,
}

impl Office {
    pub fn new() -> Self {
        let (data, witness) = (fresh_dir(), fresh_dir());
        let store = Store::open_embedded(&data, Clock::manual(morning())).unwrap();
        let log = store
            .write_blocking(|tx| {
                ledger::record(tx, &Entry::new("test.act", None, "system"))?;
                ledger::open_log(tx, "https://exam.example", 2026)
            })
            .unwrap();
        store.close();
        let logs = witness.join("logs");
        fs::write(&logs, format!("log {}\nquorum none\n", log.vkey)).unwrap();
        let args = [
            "witness",
            "--name",
            NAME,
            "--logs",
            logs.to_str().unwrap(),
            "--key",
        ];
        let key = WitnessKey::parse(said(keju(&witness, &args)).trim()).unwrap();
        Self {
            data,
            log,
            witness,
            logs,
            key,
        }
    }

    /// The office's server, which publishes only what the witness at `url` has signed.
    pub fn serve(&self, url: &str) -> TestApp {
        self.serve_from(self.data.clone(), url)
    }

    fn serve_from(&self, data: PathBuf, url: &str) -> TestApp {
        let policy = data.join("policy");
        fs::write(&policy, self.policy(url)).unwrap();
        let target = Target::Sqlite(data.join("keju.db"));
        TestApp::watched(target, data, Clock::manual(morning()), &policy)
    }

    fn policy(&self, url: &str) -> String {
        format!("witness notary {} {url}\nquorum notary\n", self.key.vkey())
    }
}

/// A witness that runs, until it is dropped.
pub struct Watching {
    process: Child,
    pub url: String,
}

impl Watching {
    /// At the same address as before, if there was one.
    pub fn start(office: &Office, listen: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_keju"))
            .args(["witness", "--name", NAME, "--listen", listen, "--logs"])
            .arg(&office.logs)
            .arg("--data")
            .arg(&office.witness)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                let line = line.unwrap();
                line.strip_prefix("The witness listens at ")
                    .map(str::to_owned)
            })
            .expect("the witness listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a note has the witness's signature over its head.
fn is_witnessed(office: &Office, note: &str) -> bool {
    let head = Head::open(note.as_bytes(), &office.log.vkey).unwrap();
    note.lines()
        .any(|line| office.key.signed_at(&head, line).is_some())
}

#[test]
fn nothing_is_published_that_the_witness_has_not_signed() {
    let office = Office::new();
    let watching = Watching::start(&office, "127.0.0.1:0");
    let app = office.serve(&watching.url);
    decide(&app, 9);
    published(&app, 10);
    let note = file(&app, "2026/checkpoint").text;
    assert!(is_witnessed(&office, &note), "{note}");
    let policy = file(&app, "2026/policy").text;
    assert!(
        policy.contains(&office.key.vkey()) && policy.ends_with("quorum notary\n"),
        "{policy}"
    );

    // Without the witness decisions go on, and the log waits.
    let address = watching.url.trim_start_matches("http://").to_owned();
    drop(watching);
    decide(&app, 5);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(file(&app, "2026/checkpoint").text, note);
    let signed = app
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap();
    assert_eq!(signed.unwrap().size, 15);

    let watching = Watching::start(&office, &address);
    let head = published(&app, 15);
    let latest = format!("{}/{}/checkpoint", watching.url, log_id(&office.log.origin));
    let latest = Client::new(&app.base).get(&latest);
    assert_eq!(Head::open(&latest.bytes, &office.log.vkey).unwrap(), head);
    assert!(is_witnessed(&office, &latest.text));
}

#[test]
fn a_witness_stops_an_old_backup_that_goes_on() {
    let office = Office::new();
    let watching = Watching::start(&office, "127.0.0.1:0");
    let app = office.serve(&watching.url);
    decide(&app, 4);
    published(&app, 5);
    let data = fresh_dir();
    app.store.copy_to(&data.join("keju.db")).unwrap();
    fs::copy(office.data.join("vault.key"), data.join("vault.key")).unwrap();
    decide(&app, 5);
    published(&app, 10);

    // A new machine: nothing on its disk knows of the ten, only the witness does.
    let restored = office.serve_from(data.clone(), &watching.url);
    decide(&restored, 2);
    let page = warned(&restored);
    assert!(page.contains("witness notary has size 10"), "{page}");
    decide(&restored, 20);
    // Not even after another start, when it has more entries than the witness has seen.
    let again = office.serve_from(data, &watching.url);
    let page = warned(&again);
    assert!(
        page.contains("witness notary of size 10 has the root"),
        "{page}"
    );
    let last = again
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap();
    assert_eq!(last.unwrap().size, 5);
}

#[test]
fn while_the_witness_is_silent_at_the_start_nothing_is_signed() {
    let office = Office::new();
    let app = office.serve("http://127.0.0.1:1");
    decide(&app, 3);
    std::thread::sleep(Duration::from_secs(3));
    let last = app
        .store
        .read_blocking(|view| ledger::last_checkpoint(view, 2026))
        .unwrap();
    assert_eq!(last, None);
    assert_eq!(file(&app, "2026/checkpoint").status, 404);
}

#[test]
fn a_fork_is_offered_to_the_witness_in_vain() {
    let office = Office::new();
    let watching = Watching::start(&office, "127.0.0.1:0");
    let app = office.serve(&watching.url);
    decide(&app, 9);
    let head = published(&app, 10);
    let vault = Vault::open(&office.data).unwrap();
    let key = signing_key(&app, &vault);
    let client = Client::new(&app.base);
    let offer = |old: u64, head: &Head, key: &str| {
        let note = head.note(&[head.sign(key).unwrap()]);
        let body = format!("old {old}\n\n{note}").into_bytes();
        client.send(
            "POST",
            &format!("{}/add-checkpoint", watching.url),
            &[],
            body,
        )
    };
    let fork = Head {
        root: [9; 32],
        ..head.clone()
    };
    assert_eq!(offer(10, &fork, &key).status, 422);
    let longer = Head {
        size: 12,
        ..fork.clone()
    };
    assert_eq!(offer(10, &longer, &key).status, 422);
    let back = offer(0, &longer, &key);
    assert_eq!((back.status, back.text.as_str()), (409, "10\n"));
    assert_eq!(back.content_type, "text/x.tlog.size");
    let shorter = Head { size: 7, ..fork };
    assert_eq!(offer(10, &shorter, &key).status, 400);
    let (stranger, _) = log_key(&office.log.origin, &[1; 32]);
    assert_eq!(offer(10, &head, &stranger).status, 403);
    let (other, _) = log_key("exam.example/log/2027", &[1; 32]);
    let unknown = Head {
        origin: "exam.example/log/2027".into(),
        ..head.clone()
    };
    assert_eq!(offer(0, &unknown, &other).status, 404);
    assert_eq!(
        offer(10, &head, &key).status,
        200,
        "it still signs what is true"
    );
}

/// The log's key, as whoever holds the machine has it.
fn signing_key(app: &TestApp, vault: &Vault) -> String {
    use diesel::{QueryDsl as _, RunQueryDsl as _};
    use keju::store::schema::log;
    let mut raw = crate::support::raw_sqlite(app.store.target());
    let sealed: Vec<u8> = log::table.select(log::key_sealed).first(&mut raw).unwrap();
    vault.open_text(&sealed).unwrap()
}

#[test]
fn a_witness_without_a_network_signs_a_file() {
    let office = Office::new();
    let policy = office.policy("").replace(" \n", "\n");
    fs::write(office.data.join("policy"), policy).unwrap();
    let config = office.data.join("keju.toml");
    let named = format!("log_policy = {:?}\n", office.data.join("policy"));
    fs::write(&config, named).unwrap();
    let log = |args: &[&str]| {
        let config = ["--config", config.to_str().unwrap()];
        keju(&office.data, &[&["log"], args, &config].concat())
    };
    assert_eq!(said(log(&["publish"])), "1 entries\n");
    let checkpoint = office.data.join("log/2026/checkpoint");
    assert!(!checkpoint.exists(), "nobody has signed it");

    let request = office.data.join("request");
    fs::write(
        &request,
        said(log(&["request", "--year", "2026", "--witness", "notary"])),
    )
    .unwrap();
    let (logs, path) = (office.logs.to_str().unwrap(), request.to_str().unwrap());
    let sign = ["witness", "--name", NAME, "--logs", logs, "--request", path];
    let lines = said(keju(&office.witness, &sign));
    let signatures = office.data.join("signatures");
    fs::write(&signatures, lines).unwrap();
    let taken = said(log(&[
        "cosign",
        "--year",
        "2026",
        signatures.to_str().unwrap(),
    ]));
    assert_eq!(taken, "notary signed 1 entries\n");
    said(log(&["publish"]));
    assert!(is_witnessed(
        &office,
        &fs::read_to_string(&checkpoint).unwrap()
    ));

    // The disk is lost: nobody remembers who can be asked, and the log does not guess.
    let lost = office.data.join("lost");
    fs::rename(office.data.join("log"), &lost).unwrap();
    let refused = log(&["publish"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("has no network"),
        "{why}"
    );
    said(log(&["publish", "--trust-database"]));
    assert!(checkpoint.exists());

    // What is no signature of a witness is not taken.
    fs::write(&signatures, "— notary.example/w1 AAAA\n").unwrap();
    let refused = log(&["cosign", "--year", "2026", signatures.to_str().unwrap()]);
    assert!(!refused.status.success());
    // The same request again is not signed: something else was signed last.
    let again = keju(&office.witness, &sign);
    assert!(String::from_utf8_lossy(&again.stderr).contains("--old 1"));
}

#[test]
fn a_policy_that_cannot_be_kept_is_refused_at_the_start() {
    let data = fresh_dir();
    fs::write(data.join("policy"), "witness w nonsense\nquorum w\n").unwrap();
    fs::write(
        data.join("keju.toml"),
        format!("log_policy = {:?}\n", data.join("policy")),
    )
    .unwrap();
    let config = data.join("keju.toml");
    let refused = keju(
        &data,
        &["config", "check", "--config", config.to_str().unwrap()],
    );
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("line 1") && why.contains("log_policy"),
        "{why}"
    );
}
