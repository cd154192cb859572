//! Throws broken files at the readers of bank formats for a while.
//!
//! ```sh
//! cargo run --profile bench --example fuzz_formats -- gift 600 1
//! ```
//!
//! The words are the form (`csv`, `xlsx`, `toml`, `aiken`, `gift`, `moodle`, `qti2.2`, `qti3.0`, or
//! `rich` for rich texts alone), how many seconds, and the seed. A file that is sound is mutated:
//! bytes and pieces of syntax are put in, taken out, doubled and moved. No reader may panic; what is
//! read must be written in every form and be read again; a rich text that is clean must stay so.

#![expect(clippy::print_stdout, reason = "it tells people how far it is")]

use std::time::{Duration, Instant};

use keju::bank::formats::exchange::{self, Form};
use keju::bank::formats::{Batch, Defaults, template_csv};
use keju::bank::item::{Body, Difficulty};
use keju::bank::rich::{self, Markup};

/// Xorshift: nothing here is a secret.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 11) % sides).unwrap_or_default()
    }
}

/// Pieces that mean something in one of the forms.
const PIECES: [&str; 58] = [
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&amp;",
    "&#0;",
    "&lt;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE a>",
    "<p>",
    "</p>",
    "<b>",
    "<table>",
    "<tr>",
    "<td>",
    "<math>",
    "<mi>",
    "</math>",
    "<svg>",
    "<script>",
    "<img src=\"",
    "data:image/png;base64,",
    "image:",
    "@@PLUGINFILE@@/",
    "<style>",
    "<title>",
    "{",
    "}",
    "=",
    "~",
    "#",
    "->",
    "%100%",
    "::",
    "\\",
    "[html]",
    "[plain]",
    "$CATEGORY:",
    "ANSWER:",
    "\"",
    "'",
    ",",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "９",
    "[[item]]",
    "=1+1",
    "-1e308",
    "999999999999999999999",
    "../",
    "qti-",
    "keju-stimulus",
];

fn mutated(sound: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=dice.throw(6) {
        let at = dice.throw(bytes.len() + 1);
        let end = (at + dice.throw(40)).min(bytes.len());
        match dice.throw(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.throw(bytes.len() + 1);
                drop(bytes.splice(to..to, piece));
            }
            2 if at < bytes.len() => bytes[at] ^= 1 << dice.throw(8),
            3 => bytes.truncate(at.max(1)),
            _ => {
                let piece = PIECES[dice.throw(PIECES.len())].bytes();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

fn defaults() -> Defaults {
    Defaults {
        section: "law".to_owned(),
        topic: "law.state".to_owned(),
        difficulty: Difficulty::Medium,
        prefix: "f".to_owned(),
    }
}

const fn name(form: Form) -> &'static str {
    match form {
        Form::Csv => "a.csv",
        Form::Xlsx => "a.xlsx",
        Form::Toml => "a.toml",
        Form::Aiken => "a.txt",
        Form::Gift => "a.gift",
        Form::Moodle => "a.xml",
        Form::Qti22 | Form::Qti30 => "a.zip",
    }
}

const RICH: &str = "<p>如 <em>图</em> <math><mfrac><mn>1</mn><mi>x</mi></mfrac></math></p><table><tr><td>1</td></tr></table>";

/// Items of every kind in one section, some of them rich.
fn sound() -> Batch {
    let mut batch = keju::bank::formats::read("a.csv", &template_csv()).unwrap_or_default();
    batch.stimuli.clear();
    batch.items.retain(|item| item.stimulus.is_none());
    for item in &mut batch.items {
        "law".clone_into(&mut item.section);
        if matches!(
            item.body,
            Body::SingleChoice { .. } | Body::TrueFalse { .. }
        ) {
            item.markup = Markup::Html;
            item.stem = rich::clean(&format!("{RICH}{}", item.code));
        }
    }
    batch
}

/// What was read is written in every form, and read again.
fn goes_round(batch: &Batch) {
    for form in Form::ALL {
        // A file of the bank's own holds one section, and Aiken few kinds.
        let Ok((bytes, losses)) = exchange::write(form, batch) else {
            continue;
        };
        let again = exchange::read(name(form), &bytes, &defaults());
        assert!(
            again.is_ok() || !losses.is_empty(),
            "{form}: {again:?} from {batch:?}"
        );
    }
}

fn fuzz_form(form: Form, seconds: u64, dice: &mut Dice) -> (u64, u64) {
    let (sound, _) = exchange::write(form, &sound()).unwrap_or_default();
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut read) = (0, 0);
    while Instant::now() < end {
        let bytes = mutated(&sound, dice);
        runs += 1;
        if let Ok((batch, _)) = exchange::read(name(form), &bytes, &defaults()) {
            read += 1;
            // The way round is long: one in fifty goes it.
            if dice.throw(50) == 0 {
                goes_round(&batch);
            }
        }
    }
    (runs, read)
}

fn fuzz_rich(seconds: u64, dice: &mut Dice) -> (u64, u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut kept) = (0, 0);
    while Instant::now() < end {
        let bytes = mutated(RICH.as_bytes(), dice);
        let html = String::from_utf8_lossy(&bytes);
        let clean = rich::clean(&html);
        assert_eq!(rich::clean(&clean), clean, "from {html:?}");
        assert_eq!(rich::stray(&clean), None, "from {html:?}");
        let lower = clean.to_lowercase();
        assert!(
            !lower.contains("<script") && !lower.contains("<svg"),
            "from {html:?}"
        );
        let _ = Markup::Html.words(&clean);
        runs += 1;
        kept += u64::from(!clean.is_empty());
    }
    (runs, kept)
}

fn main() {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "rich".to_owned());
    let seconds = words
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(10);
    let seed = words
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(1_u64);
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (runs, read) = match what.parse::<Form>() {
        Ok(form) => fuzz_form(form, seconds, &mut dice),
        Err(_) => fuzz_rich(seconds, &mut dice),
    };
    println!("{what}: {runs} runs in {seconds} s, {read} of them read, no panic");
}
