//! The examination record: one file from which everybody derives an examination again
//! (`docs/record.md`).

mod lines;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use lines::{About, Draw, Entry, Line, Member, RecalledSource, Source, Ticket, is_opened};

use crate::access::Actor;
use crate::assembly::service as assembly;
use crate::ceremony::Purpose;
use crate::ceremony::service::{self as ceremony, DrawRecord};
use crate::establishment::service as establishment;
use crate::kernel::error::Kind;
use crate::kernel::{Id, Problem, secret};
use crate::ledger::note::Head;
use crate::ledger::publish::Logs;
use crate::ledger::tile::WIDTH;
use crate::ledger::{self, Log};
use crate::registration::records::ticketed;
use crate::regulation::service::{self as regulation, Examination};
use crate::regulation::{Comparator, OpenMarks, Phase};
use crate::store::{Store, View};

/// Entries that are read at once: bounds the memory.
const PAGE: i64 = 1000;

/// The records of this server, made when they are first asked for and kept until something more is
/// decided.
#[derive(Debug, Clone)]
pub struct Records {
    directory: PathBuf,
    logs: Logs,
    making: Arc<Mutex<()>>,
}

/// Where a record ends: the log, its checkpoint and the places of the examination in it.
struct Extent {
    log: Log,
    checkpoint: String,
    size: i64,
    first: i64,
    last: i64,
}

impl Records {
    /// The records that lie in this directory.
    pub fn new(directory: PathBuf, logs: Logs) -> Self {
        Self {
            directory,
            logs,
            making: Arc::default(),
        }
    }

    /// The file of an examination's record, as far as the examination has come and everything of it
    /// is published.
    pub fn file(
        &self,
        store: &Store,
        actor: Option<&Actor>,
        examination: Id,
    ) -> Result<PathBuf, Problem> {
        // One at a time: many who ask at once get the work of the first.
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        store.snapshot_blocking(|view| {
            let examination = regulation::visible(view, actor, examination)?;
            let extent = self.extent(view, &examination)?;
            let name = format!("{}-{}.jsonl", examination.id, extent.last);
            let path = self.directory.join(&name);
            if !path.exists() {
                self.make(view, &examination, &extent, &path)?;
                self.forget(&examination, &name);
            }
            Ok(path)
        })
    }

    /// Writes the record of an examination into a file of its own.
    pub fn write_to(&self, store: &Store, code: &str, file: &Path) -> Result<(), Problem> {
        store.snapshot_blocking(|view| {
            let id = regulation::id_of(view, code)?;
            let examination = regulation::load(view, id)?;
            let extent = self.extent(view, &examination)?;
            self.make(view, &examination, &extent, file)
        })
    }

    fn extent(&self, view: &mut View<'_>, examination: &Examination) -> Result<Extent, Problem> {
        // What was decided a moment ago is published a moment later.
        let later = || Problem::new(Kind::Unavailable, "record-not-published");
        let year = examination.year;
        let (first, last) = ledger::span(view, year, examination.id)?.ok_or_else(later)?;
        let log = ledger::logs(view)?.into_iter().find(|log| log.year == year);
        let log = log.ok_or_else(later)?;
        let note = self
            .logs
            .disk(year)
            .checkpoint()
            .map_err(Problem::internal)?;
        let note = note.ok_or_else(later)?;
        let head = Head::open(&note, &log.vkey).map_err(Problem::internal)?;
        let size = i64::try_from(head.size).map_err(Problem::internal)?;
        if size <= last {
            return Err(later());
        }
        Ok(Extent {
            log,
            checkpoint: String::from_utf8(note).map_err(Problem::internal)?,
            size,
            first,
            last,
        })
    }

    /// Writes beside and renames, so that nobody reads half a record.
    fn make(
        &self,
        view: &mut View<'_>,
        examination: &Examination,
        extent: &Extent,
        path: &Path,
    ) -> Result<(), Problem> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(Problem::internal)?;
        }
        let beside = path.with_extension(format!("new-{}", hex::encode(secret::random::<4>())));
        let made = File::create(&beside)
            .map_err(Problem::internal)
            .and_then(|file| {
                let mut writing = Writing {
                    out: BufWriter::new(file),
                    lines: 0,
                };
                writing.record(view, examination, extent, &self.logs)?;
                writing.out.flush().map_err(Problem::internal)
            });
        let made = made.and_then(|()| fs::rename(&beside, path).map_err(Problem::internal));
        if made.is_err() {
            let _ = fs::remove_file(&beside);
        }
        made
    }

    /// Removes what was made of the examination before.
    fn forget(&self, examination: &Examination, newest: &str) {
        let own = format!("{}-", examination.id);
        for file in fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&own) && name != newest {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// A record while it is written.
struct Writing<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Writing<W> {
    fn line(&mut self, line: &Line) -> Result<(), Problem> {
        serde_json::to_writer(&mut self.out, line).map_err(Problem::internal)?;
        self.out.write_all(b"\n").map_err(Problem::internal)?;
        self.lines += 1;
        Ok(())
    }

    fn record(
        &mut self,
        view: &mut View<'_>,
        examination: &Examination,
        extent: &Extent,
        logs: &Logs,
    ) -> Result<(), Problem> {
        self.head(examination, extent, logs)?;
        self.hashes(view, examination.year, extent.first)?;
        self.entries(view, examination, extent)?;
        if examination.phase >= Phase::Marking {
            self.subjects(view, examination)?;
        }
        self.tickets(view, examination)?;
        for draw in ceremony::record(view, examination)? {
            self.line(&Line::Draw(draw_line(draw)?))?;
        }
        let lines = self.lines;
        self.line(&Line::End { lines })
    }

    fn head(
        &mut self,
        examination: &Examination,
        extent: &Extent,
        logs: &Logs,
    ) -> Result<(), Problem> {
        self.line(&Line::Record {
            v: 1,
            examination: About {
                id: examination.id,
                code: examination.code.clone(),
                year: examination.year,
                track: examination.track,
                title_zh: examination.title_zh.clone(),
                title_en: examination.title_en.clone(),
            },
        })?;
        self.line(&Line::Log {
            origin: extent.log.origin.clone(),
            vkey: extent.log.vkey.clone(),
            policy: logs.policy_text(std::slice::from_ref(&extent.log)),
            checkpoint: extent.checkpoint.clone(),
            first: u64::try_from(extent.first).map_err(Problem::internal)?,
        })
    }

    /// The hashes of everything before the examination.
    fn hashes(&mut self, view: &mut View<'_>, year: i32, first: i64) -> Result<(), Problem> {
        let width = i64::try_from(WIDTH).map_err(Problem::internal)?;
        let mut from = 0;
        while from < first {
            let count = width.min(first - from);
            let hashes = ledger::leaf_hashes(view, year, from, count)?.concat();
            self.line(&Line::Hashes {
                hashes: STANDARD.encode(hashes),
            })?;
            from += count;
        }
        Ok(())
    }

    fn entries(
        &mut self,
        view: &mut View<'_>,
        examination: &Examination,
        extent: &Extent,
    ) -> Result<(), Problem> {
        let marks = examination.profile.openness.marks;
        let opens = |kind: &str, of: Option<Id>| {
            of == Some(examination.id) && is_opened(kind, examination.phase, marks)
        };
        let mut from = extent.first;
        while from < extent.size {
            let limit = PAGE.min(extent.size - from);
            for shown in ledger::shown(view, examination.year, (from, limit), opens)? {
                let (nonce, payload) = shown.opening.unzip();
                self.line(&Line::Leaf(Entry {
                    leaf: shown.leaf,
                    nonce: nonce.map(|nonce| STANDARD.encode(nonce)),
                    payload,
                }))?;
            }
            from += limit;
        }
        Ok(())
    }

    fn subjects(&mut self, view: &mut View<'_>, examination: &Examination) -> Result<(), Problem> {
        let mut subjects = regulation::subjects(view, examination.id)?;
        subjects.sort_by(|a, b| a.component.as_bytes().cmp(b.component.as_bytes()));
        for subject in subjects {
            if let Some((blueprint, pool)) = assembly::frozen(view, subject.id)? {
                self.line(&Line::Subject(Source {
                    component: subject.component,
                    blueprint,
                    pool,
                }))?;
            }
        }
        for one in assembly::recalled(view, examination.id)? {
            self.line(&Line::Recalled(RecalledSource {
                draw: one.draw,
                component: one.component,
                blueprint: one.blueprint,
                pool: one.pool,
            }))?;
        }
        Ok(())
    }

    fn tickets(&mut self, view: &mut View<'_>, examination: &Examination) -> Result<(), Problem> {
        let seats = ceremony::drawn_candidates(view, examination.id, Purpose::Seats)?;
        let Some(seats) = seats else {
            return Ok(());
        };
        let posts = establishment::posts(view, examination.id)?;
        let wanted: Vec<&String> = tie_categories(examination).collect();
        for one in ticketed(view, examination.id)? {
            let post = posts.iter().find(|post| post.id == one.post);
            let categories = wanted.iter().filter(|code| one.categories.contains(**code));
            self.line(&Line::Ticket(Ticket {
                ticket: one.ticket_no,
                application: one.application,
                post: post.map(|post| post.code.clone()).unwrap_or_default(),
                room: one.room,
                seat: one.seat,
                salt: hex::encode(seats.salt(one.application)),
                categories: categories.map(|code| (*code).clone()).collect(),
            }))?;
        }
        Ok(())
    }
}

/// The categories to which the tie rule looks, where everybody may see what it decides by.
fn tie_categories(examination: &Examination) -> impl Iterator<Item = &String> {
    let rules = &examination.profile;
    let open = rules.openness.marks == OpenMarks::Components;
    let ties = rules.ties.iter().filter(move |_| open);
    ties.filter_map(|tie| match tie {
        Comparator::Category(code) => Some(code),
        _ => None,
    })
}

fn draw_line(draw: DrawRecord) -> Result<Draw, Problem> {
    let members = draw.members.into_iter().map(|one| {
        let (ticket, salt) = one.ticket.unzip();
        Ok(Member {
            commitment: hex::encode(one.commitment),
            stratum: one.stratum,
            state: one.state.to_owned(),
            place: u32::try_from(one.place).map_err(Problem::internal)?,
            ticket,
            salt: salt.map(hex::encode),
        })
    });
    Ok(Draw {
        code: draw.code,
        purpose: draw.purpose,
        number: u32::try_from(draw.number).map_err(Problem::internal)?,
        state: draw.state,
        secrets: draw
            .secrets
            .map(|secrets| secrets.iter().map(hex::encode).collect()),
        members: members.collect::<Result<_, Problem>>()?,
    })
}
