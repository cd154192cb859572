//! The trust policy of a log (C2SP tlog-policy): which logs and witnesses there are, and which
//! witnesses together are enough. Pure.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use signed_note::{StandardVerifier, Verifier as _};

use super::note::WitnessKey;

/// A log that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Its name, which is the first line of its checkpoints.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// Where it is.
    pub url: Option<String>,
}

/// A witness that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Where it takes checkpoints.
    pub url: Option<String>,
}

/// Witnesses or groups of which `least` must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    least: usize,
    members: Vec<String>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<KnownLog>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    /// The witness or group that must have signed; none asks for nobody.
    quorum: Option<String>,
}

/// What is wrong with a policy, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct PolicyError {
    /// The line, from one; the last for what is missing.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Policy {
    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut reading = Reading::default();
        let mut last = 0;
        for (line, text) in (1..).zip(text.strip_suffix('\n').unwrap_or(text).split('\n')) {
            last = line;
            reading
                .line(text)
                .map_err(|what| PolicyError { line, what })?;
        }
        if !reading.closed {
            let what = "there is no `quorum` line".to_owned();
            return Err(PolicyError { line: last, what });
        }
        Ok(reading.policy)
    }

    /// The logs it names.
    pub fn logs(&self) -> &[KnownLog] {
        &self.logs
    }

    /// The witnesses it names.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Whether it asks for any cosignature.
    pub const fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether those for whom `signed` says yes are enough.
    pub fn is_met(&self, signed: impl Fn(&Witness) -> bool) -> bool {
        let Some(quorum) = &self.quorum else {
            return true;
        };
        let mut met: BTreeSet<&str> = BTreeSet::new();
        met.extend(
            self.witnesses
                .iter()
                .filter(|w| signed(w))
                .map(|w| w.name.as_str()),
        );
        // A group only names what stands before it.
        for group in &self.groups {
            let count = group
                .members
                .iter()
                .filter(|m| met.contains(m.as_str()))
                .count();
            if count >= group.least {
                met.insert(&group.name);
            }
        }
        met.contains(quorum.as_str())
    }

    /// The policy as text, with these logs in the place of its own.
    pub fn text_for(&self, logs: &[KnownLog]) -> String {
        let mut text = String::new();
        let at = |url: &Option<String>| {
            url.as_ref()
                .map(|url| format!(" {url}"))
                .unwrap_or_default()
        };
        for log in logs {
            let _ = writeln!(text, "log {}{}", log.vkey, at(&log.url));
        }
        for witness in &self.witnesses {
            let Witness { name, key, url } = witness;
            let _ = writeln!(text, "witness {name} {}{}", key.vkey(), at(url));
        }
        for group in &self.groups {
            let Group {
                name,
                least,
                members,
            } = group;
            let _ = writeln!(text, "group {name} {least} {}", members.join(" "));
        }
        let _ = writeln!(text, "quorum {}", self.quorum.as_deref().unwrap_or("none"));
        text
    }
}

/// A policy while it is read.
#[derive(Default)]
struct Reading {
    policy: Policy,
    /// Names that stand for something.
    names: BTreeSet<String>,
    /// Names that are a member somewhere.
    taken: BTreeSet<String>,
    closed: bool,
}

impl Reading {
    fn line(&mut self, text: &str) -> Result<(), String> {
        if text.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return Err("it has a control character".into());
        }
        let items: Vec<&str> = text
            .split([' ', '\t'])
            .filter(|item| !item.is_empty())
            .collect();
        match items[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] => self.log(vkey, None),
            ["log", vkey, url] => self.log(vkey, Some(url)),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, least, ref members @ ..] => self.group(name, least, members),
            ["quorum", name] => self.quorum(name),
            [first, ..] => Err(format!(
                "`{first}` is none of log, witness, group and quorum with what belongs to it"
            )),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key = StandardVerifier::new(vkey).map_err(|_| "that is no key of a log")?;
        if self.policy.logs.iter().any(|log| log.vkey == vkey) {
            return Err("the log is named twice".into());
        }
        self.policy.logs.push(KnownLog {
            origin: key.name().to_owned(),
            vkey: vkey.to_owned(),
            url: url.map(str::to_owned),
        });
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key = WitnessKey::parse(vkey).map_err(|_| "that is no key of a witness")?;
        if self
            .policy
            .witnesses
            .iter()
            .any(|witness| witness.key.is_same_key(&key))
        {
            return Err("the witness is named twice".into());
        }
        self.name(name)?;
        self.policy.witnesses.push(Witness {
            name: name.to_owned(),
            key,
            url: url.map(|url| url.trim_end_matches('/').to_owned()),
        });
        Ok(())
    }

    fn group(&mut self, name: &str, least: &str, members: &[&str]) -> Result<(), String> {
        let least = match least {
            "any" => 1,
            "all" => members.len(),
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => number
                .parse()
                .map_err(|_| format!("`{number}` is no number"))?,
            other => return Err(format!("`{other}` is no number")),
        };
        if !(1..=members.len()).contains(&least) {
            return Err(format!("{least} of {} members cannot sign", members.len()));
        }
        for member in members {
            self.known(member)?;
            if !self.taken.insert((*member).to_owned()) {
                return Err(format!("`{member}` is a member twice"));
            }
        }
        self.name(name)?;
        self.policy.groups.push(Group {
            name: name.to_owned(),
            least,
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        if std::mem::replace(&mut self.closed, true) {
            return Err("there is a `quorum` line already".into());
        }
        if name != "none" {
            self.known(name)?;
            self.policy.quorum = Some(name.to_owned());
        }
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<(), String> {
        if name == "none" || !self.names.insert(name.to_owned()) {
            return Err(format!("the name `{name}` is taken"));
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), String> {
        if self.names.contains(name) {
            return Ok(());
        }
        Err(format!("nothing before it is called `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::{Cosigner, log_key};

    fn vkey(n: u8) -> String {
        Cosigner::new(&format!("w{n}.example"), &[n; 32])
            .unwrap()
            .witness()
            .vkey()
    }

    fn policy(rules: &str) -> Result<Policy, PolicyError> {
        let witnesses: String = (1..=3)
            .map(|n| format!("witness W{n} {} https://w{n}.example/\n", vkey(n)))
            .collect();
        Policy::parse(&format!("# who watches\n\n{witnesses}{rules}"))
    }

    fn is_met(policy: &Policy, names: &[&str]) -> bool {
        policy.is_met(|witness| names.contains(&witness.name.as_str()))
    }

    #[test]
    fn a_quorum_is_a_witness_a_group_or_nobody() {
        let none = policy("quorum none\n").unwrap();
        assert!(is_met(&none, &[]) && !none.asks_for_witnesses());
        let one = policy("quorum W2\n").unwrap();
        assert!(is_met(&one, &["W2"]) && !is_met(&one, &["W1", "W3"]));
        let two = policy("group any-two 2 W1 W2 W3\nquorum any-two\n").unwrap();
        assert!(is_met(&two, &["W1", "W3"]) && !is_met(&two, &["W3"]));
        let nested = policy("group A any W1 W2\ngroup B all A W3\nquorum B\n").unwrap();
        assert!(is_met(&nested, &["W2", "W3"]) && !is_met(&nested, &["W1", "W2"]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |rules: &str| {
            let error = policy(rules).unwrap_err();
            (error.line, error.what)
        };
        assert_eq!(wrong(""), (5, "there is no `quorum` line".into()));
        assert_eq!(wrong("quorum W9\n").1, "nothing before it is called `W9`");
        assert_eq!(
            wrong("group G 3 W1 W2\nquorum G\n").1,
            "3 of 2 members cannot sign"
        );
        assert_eq!(
            wrong("group G 1 W1 W1\nquorum G\n").1,
            "`W1` is a member twice"
        );
        assert_eq!(
            wrong("group W1 1 W2\nquorum W1\n").1,
            "the name `W1` is taken"
        );
        assert_eq!(wrong("quorum none\nquorum none\n").0, 7);
        assert!(wrong("witness W4 nonsense\n").1.contains("no key"));
        let again = format!("witness W4 {}\nquorum none\n", vkey(1));
        assert_eq!(wrong(&again).1, "the witness is named twice");
        assert!(wrong("hello\n").1.contains("`hello`"));
    }

    #[test]
    fn a_policy_that_is_written_is_read_as_the_same() {
        let (_, vkey) = log_key("exam.example/log/2026", &[9; 32]);
        let log = KnownLog {
            origin: "exam.example/log/2026".into(),
            vkey,
            url: Some("https://exam.example/log/2026".into()),
        };
        let policy = policy("group G 2 W1 W2 W3\nquorum G\n").unwrap();
        let text = policy.text_for(std::slice::from_ref(&log));
        let read = Policy::parse(&text).unwrap();
        assert_eq!(read.logs(), [log]);
        assert_eq!(read.witnesses(), policy.witnesses());
        assert!(is_met(&read, &["W1", "W2"]) && !is_met(&read, &["W1"]));
        assert_eq!(read.text_for(read.logs()), text);
    }
}
