//! What goes wrong, said once for every room.
//!
//! A [`Problem`] carries a stable code; its sentence, in both languages, stands in the message
//! catalogue under `problem-<code>` and is chosen at the edge. So a rule names what is wrong and
//! never how to say it, and no database text or secret can leak into an answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What kind of refusal this is. The edge maps each kind to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be understood (400).
    Malformed,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// This account may not do that (403).
    Forbidden,
    /// No such thing, or nothing this account may know of (404).
    NotFound,
    /// The state of things does not allow it now (409).
    Conflict,
    /// Too many bytes (413).
    TooLarge,
    /// Understood and refused: some fields are wrong (422).
    Invalid,
    /// Too many tries (429).
    TooMany,
    /// Our fault (500).
    Internal,
    /// Busy; try again soon (503).
    Unavailable,
}

/// A message parameter.
pub type Arg = (&'static str, String);

/// One wrong place in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a field name, or `row 12, column C` of a file.
    pub place: String,
    /// The code; its sentence is `fault-<code>` in the catalogue.
    pub code: &'static str,
    /// Parameters of the sentence.
    pub args: Vec<Arg>,
}

impl Fault {
    /// A fault at `place`.
    pub fn new(place: impl Into<String>, code: &'static str) -> Self {
        Self {
            place: place.into(),
            code,
            args: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// A fault if `text` holds a control character that is not `allowed`. Nobody sees such a
    /// character, and PostgreSQL keeps no text with U+0000 in it.
    pub fn of_control(place: &str, text: &str, allowed: &[char]) -> Option<Self> {
        let stray = text
            .chars()
            .find(|c| c.is_control() && !allowed.contains(c))?;
        let name = format!("U+{:04X}", u32::from(stray));
        Some(Self::new(place, "control-character").with("character", name))
    }
}

/// Why an act was refused or failed.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The kind.
    pub kind: Kind,
    /// The stable code.
    pub code: &'static str,
    /// Parameters of the sentence.
    pub args: Vec<Arg>,
    /// The wrong places, when the input is at fault.
    pub faults: Vec<Fault>,
    /// What lay behind it; goes to the log, never to the client.
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of `kind` with a stable `code`.
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self {
            kind,
            code,
            args: Vec::new(),
            faults: Vec::new(),
            source: None,
        }
    }

    /// The request cannot be understood.
    pub fn malformed(code: &'static str) -> Self {
        Self::new(Kind::Malformed, code)
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, "sign-in-required")
    }

    /// This account may not.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, "forbidden")
    }

    /// There is no such thing, as far as this account may know.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not-found")
    }

    /// Not in this state.
    pub fn conflict(code: &'static str) -> Self {
        Self::new(Kind::Conflict, code)
    }

    /// Wrong fields. With no faults this is still a refusal; see [`Problem::unless_valid`].
    pub fn invalid(faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Self::new(Kind::Invalid, "invalid-input")
        }
    }

    /// One wrong field.
    pub fn field(place: impl Into<String>, code: &'static str) -> Self {
        Self::invalid(vec![Fault::new(place, code)])
    }

    /// Refuses if there are faults.
    pub fn unless_valid(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self::invalid(faults))
        }
    }

    /// Our fault; `source` is logged.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: Some(Arc::from(source.into())),
            ..Self::new(Kind::Internal, "internal")
        }
    }

    /// Adds a parameter to the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// What lay behind it, for the log.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.source.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        for (name, value) in &self.args {
            write!(f, " {name}={value}")?;
        }
        for fault in &self.faults {
            write!(f, "; {}: {}", fault.place, fault.code)?;
            for (name, value) in &fault.args {
                write!(f, " {name}={value}")?;
            }
        }
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl Error for Problem {}
