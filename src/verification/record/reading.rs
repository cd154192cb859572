//! Reading a record: its lines, in their order.

use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::disclosure::record::{About, Draw, Entry, Line, RecalledSource, Source, Ticket};
use crate::kernel::merkle::Hash;
use crate::ledger::tile::WIDTH;

/// Why a file is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    /// The line, from one.
    line: u64,
    /// What is wrong with it.
    why: String,
}

/// What the second line says of the log.
#[derive(Debug)]
pub(super) struct LogLine {
    pub origin: String,
    pub vkey: String,
    pub policy: String,
    pub checkpoint: String,
    pub first: u64,
}

/// A record in memory.
#[derive(Debug)]
pub(super) struct Record {
    pub about: About,
    pub log: LogLine,
    /// Leaf hashes of the entries that are not given.
    pub hashes: Vec<Hash>,
    pub entries: Vec<Entry>,
    pub subjects: Vec<Source>,
    pub recalled: Vec<RecalledSource>,
    pub tickets: Vec<Ticket>,
    pub draws: Vec<Draw>,
}

/// Which lines may stand at a place: their rank never falls.
const fn rank(line: &Line) -> u8 {
    match line {
        Line::Record { .. } => 0,
        Line::Log { .. } => 1,
        Line::Hashes { .. } => 2,
        Line::Leaf(_) => 3,
        Line::Subject(_) => 4,
        Line::Recalled(_) => 5,
        Line::Ticket(_) => 6,
        Line::Draw(_) => 7,
        Line::End { .. } => 8,
    }
}

struct Reader<R> {
    lines: std::io::Split<R>,
    number: u64,
}

impl<R: BufRead> Reader<R> {
    fn next(&mut self) -> Result<Option<Line>, Unreadable> {
        let Some(bytes) = self.lines.next() else {
            return Ok(None);
        };
        self.number += 1;
        let bytes = bytes.map_err(|error| self.wrong(error))?;
        let line = serde_json::from_slice(&bytes);
        line.map(Some).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, why: impl ToString) -> Unreadable {
        Unreadable {
            line: self.number,
            why: why.to_string(),
        }
    }

    fn must(&mut self) -> Result<Line, Unreadable> {
        let missing = "the file ends before its end".to_owned();
        let line = self.number + 1;
        self.next()?.ok_or(Unreadable { line, why: missing })
    }
}

impl Record {
    pub(super) fn read(file: impl BufRead) -> Result<Self, Unreadable> {
        let mut reader = Reader {
            lines: file.split(b'\n'),
            number: 0,
        };
        let mut record = Self::begin(&mut reader)?;
        let mut before = 2;
        loop {
            let line = reader.must()?;
            if rank(&line) < before {
                return Err(reader.wrong("this line stands in another place"));
            }
            before = rank(&line);
            match line {
                Line::Hashes { hashes } => record.add_hashes(&reader, &hashes)?,
                Line::Leaf(entry) => record.entries.push(entry),
                Line::Subject(subject) => record.subjects.push(subject),
                Line::Recalled(subject) => record.recalled.push(subject),
                Line::Ticket(ticket) => record.tickets.push(ticket),
                Line::Draw(draw) => record.draws.push(draw),
                Line::End { lines } if lines + 1 == reader.number => break,
                _ => return Err(reader.wrong("the count of lines is another")),
            }
        }
        match reader.next()? {
            None => Ok(record),
            Some(_) => Err(reader.wrong("the file goes on behind its end")),
        }
    }

    fn begin(reader: &mut Reader<impl BufRead>) -> Result<Self, Unreadable> {
        let (first, second) = (reader.must()?, reader.must()?);
        let Line::Record { v: 1, examination } = first else {
            return Err(reader.wrong("the file does not begin as a record of version 1"));
        };
        let Line::Log {
            origin,
            vkey,
            policy,
            checkpoint,
            first,
        } = second
        else {
            return Err(reader.wrong("the second line is not of the log"));
        };
        Ok(Self {
            about: examination,
            log: LogLine {
                origin,
                vkey,
                policy,
                checkpoint,
                first,
            },
            hashes: Vec::new(),
            entries: Vec::new(),
            subjects: Vec::new(),
            recalled: Vec::new(),
            tickets: Vec::new(),
            draws: Vec::new(),
        })
    }

    /// All lines of hashes but the last are full.
    fn add_hashes(&mut self, reader: &Reader<impl BufRead>, text: &str) -> Result<(), Unreadable> {
        let width = usize::try_from(WIDTH).unwrap_or_default();
        let bytes = STANDARD.decode(text).map_err(|error| reader.wrong(error))?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        let full = self.hashes.len().is_multiple_of(width);
        if !rest.is_empty() || hashes.is_empty() || hashes.len() > width || !full {
            return Err(reader.wrong("these are not up to 256 hashes"));
        }
        self.hashes.extend(hashes);
        Ok(())
    }
}
