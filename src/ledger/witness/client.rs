//! A log's side of its witnesses: asking what they remember, and asking them to sign.

use std::collections::BTreeMap;
use std::time::{Duration, Instant as Stopwatch};

use tlog_tiles::prove_tree;

use super::{Request, log_id};
use crate::kernel::Problem;
use crate::ledger::Log;
use crate::ledger::disk::Disk;
use crate::ledger::note::Head;
use crate::ledger::policy::{Policy, Witness};
use crate::ledger::store::{self, CheckpointRow};
use crate::store::{Store, Tx, View};

/// How long a witness is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a witness that did not answer is left alone.
const PAUSE: Duration = Duration::from_secs(15);
/// Most bytes of an answer.
const ANSWER_MAX: u64 = 64 * 1024;

/// What witnesses remember of a log.
#[derive(Debug)]
pub enum Standing {
    /// Who remembers which head; enough of them have answered.
    Seen(Vec<(String, Head)>),
    /// Too few have answered to know.
    Unknown(String),
}

/// What a witness answered.
enum Reply {
    Signed(String),
    OtherSize(u64),
    Refused(u16),
}

/// The witnesses of a policy that have an address.
#[derive(Debug)]
pub struct Witnesses {
    policy: Policy,
    agent: ureq::Agent,
    /// Those that did not sign a log, by its year, and when they are asked again.
    silent: BTreeMap<(String, i32), Stopwatch>,
}

impl Witnesses {
    /// The witnesses of this policy.
    pub fn new(policy: Policy) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            policy,
            agent: agent.into(),
            silent: BTreeMap::new(),
        }
    }

    /// Asks every witness for the last checkpoint of `log` that it signed. The log must know before
    /// it signs anything: after a restore it may be behind, or another.
    ///
    /// It may go on when those who have not answered could not have made a quorum by themselves.
    /// `local` says that files of the log lie on this machine's disk: they remember for those who
    /// cannot be asked, having no network.
    pub fn seen(&mut self, store: &Store, log: &Log, local: bool) -> Result<Standing, Problem> {
        let year = log.year;
        let last = store.read_blocking(move |view| store::last_checkpoint(view.db, year))?;
        let last = last.filter(|last| !last.signature.is_empty());
        let (mut heads, mut answered, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        for witness in self.policy.clone().witnesses() {
            let remembered = match witness.url.as_deref() {
                None if local || last.is_none() => Ok(None),
                None => {
                    Err("it has no network, and nothing of the log lies on this disk".to_owned())
                }
                Some(_) if self.rests(witness, year) => Err("it did not answer".to_owned()),
                Some(url) => self.remembers(witness, url, log, last.as_ref()),
            };
            match remembered {
                Ok(head) => {
                    answered.push(witness.name.clone());
                    heads.extend(head.map(|head| (witness.name.clone(), head)));
                }
                Err(why) => {
                    silent.push(format!("{} ({why})", witness.name));
                    self.rest(witness, year);
                }
            }
        }
        let asks = self.policy.asks_for_witnesses();
        let could = |witness: &Witness| !answered.contains(&witness.name);
        if asks && !silent.is_empty() && self.policy.is_met(could) {
            let silent = silent.join(", ");
            let why = format!("witnesses have not said what they know: {silent}");
            return Ok(Standing::Unknown(why));
        }
        Ok(Standing::Seen(heads))
    }

    fn rests(&self, witness: &Witness, year: i32) -> bool {
        let until = self.silent.get(&(witness.name.clone(), year));
        until.is_some_and(|until| *until > Stopwatch::now())
    }

    fn rest(&mut self, witness: &Witness, year: i32) {
        let until = Stopwatch::now() + PAUSE;
        self.silent.insert((witness.name.clone(), year), until);
    }

    /// What a witness remembers. One that shows nothing may only show it elsewhere: it is offered
    /// the last checkpoint that was signed already, and says the size that it knows.
    fn remembers(
        &self,
        witness: &Witness,
        url: &str,
        log: &Log,
        last: Option<&CheckpointRow>,
    ) -> Result<Option<Head>, String> {
        let shown = self.latest(witness, url, log)?;
        let (None, Some(last)) = (&shown, last) else {
            return Ok(shown);
        };
        let head = last.head(&log.origin).map_err(|e| e.to_string())?;
        let request = Request {
            old: head.size,
            proof: Vec::new(),
            note: head.note(std::slice::from_ref(&last.signature)),
        };
        match self.ask(url, &request)? {
            Reply::OtherSize(0) | Reply::Signed(_) => Ok(None),
            // What it has signed is not shown: at least its size must be within what we have.
            Reply::OtherSize(size) if size <= head.size => Ok(None),
            Reply::OtherSize(size) => Ok(Some(Head {
                size,
                root: [0; 32],
                ..head
            })),
            Reply::Refused(422) => Ok(Some(Head {
                root: [0; 32],
                ..head
            })),
            Reply::Refused(status) => Err(format!("answered {status}")),
        }
    }

    /// The checkpoint that a witness shows; none if it shows nothing.
    fn latest(&self, witness: &Witness, url: &str, log: &Log) -> Result<Option<Head>, String> {
        let address = format!("{url}/{}/checkpoint", log_id(&log.origin));
        let mut answer = self.agent.get(&address).call().map_err(|e| e.to_string())?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            status => return Err(format!("answered {status}")),
        }
        let body = answer.body_mut().with_config().limit(ANSWER_MAX);
        let note = body.read_to_string().map_err(|e| e.to_string())?;
        let head = Head::open(note.as_bytes(), &log.vkey).map_err(|e| e.to_string())?;
        let signed = witness.key.line(&head, &note).is_some();
        signed
            .then_some(Some(head))
            .ok_or_else(|| "it did not sign what it shows".to_owned())
    }

    /// Asks those witnesses that have not signed the newest checkpoint to do so. Says whether one
    /// of them remembers more than the log has.
    pub fn collect(&mut self, store: &Store, log: &Log, disk: &Disk) -> Result<bool, Problem> {
        let year = log.year;
        let newest = store.read_blocking(move |view| store::last_checkpoint(view.db, year))?;
        let Some(newest) = newest.filter(|newest| !newest.signature.is_empty()) else {
            return Ok(false);
        };
        let mut ahead = false;
        for (witness, url) in addressed(&self.policy.clone()) {
            if self.rests(witness, year) {
                continue;
            }
            match self.cosign(store, log, disk, &newest, witness, url)? {
                Ok(knows_more) => ahead |= knows_more,
                Err(why) => {
                    tracing::warn!(witness = %witness.name, %why, "a witness did not sign");
                    self.rest(witness, year);
                }
            }
        }
        Ok(ahead)
    }

    /// Has one witness sign; what it answers instead is the inner error.
    fn cosign(
        &self,
        store: &Store,
        log: &Log,
        disk: &Disk,
        newest: &CheckpointRow,
        witness: &Witness,
        url: &str,
    ) -> Result<Result<bool, String>, Problem> {
        let (year, key) = (log.year, witness.key.vkey());
        let signed = store.read_blocking(|view| store::witnessed_size(view.db, year, &key))?;
        if signed == Some(newest.size) {
            return Ok(Ok(false));
        }
        let size = u64::try_from(newest.size).map_err(Problem::internal)?;
        let mut old = u64::try_from(signed.unwrap_or_default()).map_err(Problem::internal)?;
        // The witness may have signed what this database never learned of: it says which size.
        for _ in 0..2 {
            let request = request_for(log, disk, newest, old)?;
            match self.ask(url, &request) {
                Ok(Reply::Signed(lines)) => {
                    let head = newest.head(&log.origin)?;
                    return keep(store, log, witness, &head, &lines);
                }
                Ok(Reply::OtherSize(known)) if known > size => return Ok(Ok(true)),
                Ok(Reply::OtherSize(known)) => old = known,
                Ok(Reply::Refused(status)) => return Ok(Err(format!("it answered {status}"))),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Err("it does not stay with one size".to_owned()))
    }

    fn ask(&self, url: &str, request: &Request) -> Result<Reply, String> {
        let address = format!("{url}/add-checkpoint");
        let sent = self.agent.post(&address).send(request.text().as_bytes());
        let mut answer = sent.map_err(|e| e.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_MAX);
        let body = body.read_to_string().map_err(|e| e.to_string())?;
        match status {
            200 => Ok(Reply::Signed(body)),
            409 => match body.trim_end().parse() {
                Ok(size) => Ok(Reply::OtherSize(size)),
                Err(_) => Ok(Reply::Refused(409)),
            },
            status => Ok(Reply::Refused(status)),
        }
    }
}

fn addressed(policy: &Policy) -> impl Iterator<Item = (&Witness, &str)> {
    let witnesses = policy.witnesses().iter();
    witnesses.filter_map(|witness| Some((witness, witness.url.as_deref()?)))
}

fn request_for(
    log: &Log,
    disk: &Disk,
    newest: &CheckpointRow,
    old: u64,
) -> Result<Request, Problem> {
    let head = newest.head(&log.origin)?;
    let tree_failed = |error| Problem::internal(format!("no proof from {old}: {error}"));
    let proof = match old {
        0 => Vec::new(),
        old if old == head.size => Vec::new(),
        old => prove_tree(head.size, old, &disk.tree(head.size)).map_err(tree_failed)?,
    };
    Ok(Request {
        old,
        proof: proof.into_iter().map(|hash| hash.0).collect(),
        note: head.note(std::slice::from_ref(&newest.signature)),
    })
}

/// Keeps a signature, if it is one. What a stranger signed is left aside.
fn keep(
    store: &Store,
    log: &Log,
    witness: &Witness,
    head: &Head,
    lines: &str,
) -> Result<Result<bool, String>, Problem> {
    let Some(line) = witness.key.line(head, lines) else {
        return Ok(Err("what it sent is not its signature".to_owned()));
    };
    let (year, key) = (log.year, witness.key.vkey());
    let size = i64::try_from(head.size).map_err(Problem::internal)?;
    store.write_blocking(move |tx| store::add_cosignature(tx, (year, size), &key, &line))?;
    Ok(Ok(false))
}

/// The request to a witness without a network, to be carried to it as a file: for the newest
/// checkpoint of a log, from the one that the witness is known to have signed or says it has.
pub fn request(
    view: &mut View<'_>,
    policy: &Policy,
    log: &Log,
    disk: &Disk,
    witness: &str,
    old: Option<u64>,
) -> Result<Request, Problem> {
    let known = policy.witnesses().iter().find(|one| one.name == witness);
    let known =
        known.ok_or_else(|| Problem::internal(format!("the policy has no witness `{witness}`")))?;
    let newest = store::last_checkpoint(view.db, log.year)?.ok_or_else(Problem::not_found)?;
    let signed = store::witnessed_size(view.db, log.year, &known.key.vkey())?;
    let stored = u64::try_from(signed.unwrap_or_default()).map_err(Problem::internal)?;
    request_for(log, disk, &newest, old.unwrap_or(stored))
}

/// Takes in signature lines that came back as a file; gives the names of the witnesses whose they
/// are, with the size that each signed.
pub fn import(
    tx: &mut Tx<'_>,
    policy: &Policy,
    log: &Log,
    lines: &str,
) -> Result<Vec<(String, i64)>, Problem> {
    let mut taken = Vec::new();
    for row in store::checkpoints(tx.db, log.year)? {
        let head = row.head(&log.origin)?;
        for witness in policy.witnesses() {
            if let Some(line) = witness.key.line(&head, lines) {
                let key = witness.key.vkey();
                store::add_cosignature(tx, (log.year, row.size), &key, &line)?;
                taken.push((witness.name.clone(), row.size));
            }
        }
    }
    Ok(taken)
}
