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
    /// Those that did not answer, and when they are asked again.
    silent: BTreeMap<String, Stopwatch>,
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
    pub fn seen(&self, log: &Log) -> Standing {
        let (mut heads, mut answered, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        for (witness, url) in addressed(&self.policy) {
            match self.latest(witness, url, log) {
                Ok(head) => {
                    answered.push(witness.name.clone());
                    heads.extend(head.map(|head| (witness.name.clone(), head)));
                }
                Err(why) => silent.push(format!("{} ({why})", witness.name)),
            }
        }
        // One without a network cannot be asked: it refuses when it is carried a request.
        let known = |witness: &Witness| witness.url.is_none() || answered.contains(&witness.name);
        if !self.policy.is_met(known) {
            let silent = silent.join(", ");
            return Standing::Unknown(format!("witnesses have not said what they know: {silent}"));
        }
        Standing::Seen(heads)
    }

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
        let signed = note
            .lines()
            .any(|line| witness.key.signed_at(&head, line).is_some());
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
            let resting = self
                .silent
                .get(&witness.name)
                .is_some_and(|until| *until > Stopwatch::now());
            if resting {
                continue;
            }
            match self.cosign(store, log, disk, &newest, witness, url)? {
                Ok(knows_more) => ahead |= knows_more,
                Err(why) => {
                    tracing::warn!(witness = %witness.name, %why, "a witness did not sign");
                    self.silent
                        .insert(witness.name.clone(), Stopwatch::now() + PAUSE);
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
        let (year, name) = (log.year, witness.name.clone());
        let signed = store.read_blocking(|view| store::witnessed_size(view.db, year, &name))?;
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
                    let head = head_of(log, newest)?;
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

fn head_of(log: &Log, row: &CheckpointRow) -> Result<Head, Problem> {
    let root = row.root.as_slice().try_into();
    Ok(Head {
        origin: log.origin.clone(),
        size: u64::try_from(row.size).map_err(Problem::internal)?,
        root: root.map_err(|_| Problem::internal("a root has not 32 bytes"))?,
    })
}

fn request_for(
    log: &Log,
    disk: &Disk,
    newest: &CheckpointRow,
    old: u64,
) -> Result<Request, Problem> {
    let head = head_of(log, newest)?;
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
    let mut lines = lines.lines();
    let Some(line) = lines.find(|line| witness.key.signed_at(head, line).is_some()) else {
        return Ok(Err("what it sent is not its signature".to_owned()));
    };
    let (year, name, line) = (log.year, witness.name.clone(), format!("{line}\n"));
    let size = i64::try_from(head.size).map_err(Problem::internal)?;
    store.write_blocking(move |tx| store::add_cosignature(tx, (year, size), &name, &line))?;
    Ok(Ok(false))
}

/// The request to a witness without a network, to be carried to it as a file: for the newest
/// checkpoint of a log.
pub fn request(
    view: &mut View<'_>,
    policy: &Policy,
    log: &Log,
    disk: &Disk,
    witness: &str,
) -> Result<Request, Problem> {
    let known = policy.witnesses().iter().any(|one| one.name == witness);
    if !known {
        return Err(Problem::internal(format!(
            "the policy has no witness `{witness}`"
        )));
    }
    let newest = store::last_checkpoint(view.db, log.year)?.ok_or_else(Problem::not_found)?;
    let signed = store::witnessed_size(view.db, log.year, witness)?;
    let old = u64::try_from(signed.unwrap_or_default()).map_err(Problem::internal)?;
    request_for(log, disk, &newest, old)
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
    for row in store::signed_checkpoints(tx.db, log.year, -1, i64::MAX)? {
        let head = head_of(log, &row)?;
        for witness in policy.witnesses() {
            let line = lines
                .lines()
                .find(|line| witness.key.signed_at(&head, line).is_some());
            if let Some(line) = line {
                let line = format!("{line}\n");
                store::add_cosignature(tx, (log.year, row.size), &witness.name, &line)?;
                taken.push((witness.name.clone(), row.size));
            }
        }
    }
    Ok(taken)
}
