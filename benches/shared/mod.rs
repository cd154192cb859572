//! The bank and the blueprint that papers are measured with: 600 items with 30 stimuli, 40 pairs of
//! enemies and 21 cells; 60 items to a paper.

#![allow(clippy::unwrap_used, reason = "a measurement may stop where it fails")]

use std::fmt::Write as _;

use keju::draw::{Seed, Stream};

const SINGLES: usize = 20;

pub fn normal(stream: &mut Stream) -> f64 {
    // Irwin and Hall: near enough for a crowd.
    (0..12)
        .map(|_| number(stream.below(1 << 20)) / 1_048_576.0)
        .sum::<f64>()
        - 6.0
}

pub fn number(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}

/// Parameters as they come in practice.
pub fn bank() -> String {
    let mut stream = Seed::new([1; 32]).stream();
    let mut text = String::from("id,topic,stimulus,a,b,c,seconds,enemies\n");
    for at in 0..420 {
        let enemy = if at % 21 == 20 {
            format!("i{:03} i{:03}", at - 10, at - 7)
        } else {
            String::new()
        };
        let (a, b, c, seconds) = parameters(&mut stream);
        writeln!(
            text,
            "i{at:03},t{:02},,{a:.2},{b:.2},{c:.2},{seconds},{enemy}",
            at % SINGLES
        )
        .unwrap();
    }
    for at in 0..180 {
        let (a, b, c, seconds) = parameters(&mut stream);
        writeln!(
            text,
            "r{at:03},reading,s{:02},{a:.2},{b:.2},{c:.2},{seconds},",
            at / 6
        )
        .unwrap();
    }
    text
}

fn parameters(stream: &mut Stream) -> (f64, f64, f64, usize) {
    let mut share = |of: usize| number(stream.below(of)) / 100.0;
    let (a, c) = (0.6 + share(121), 0.1 + share(16));
    let b = normal(stream).clamp(-3.0, 3.0);
    (a, b, c, 40 + stream.below(51))
}

/// 45 items of twenty topics, and three stimuli with five of their six items.
pub fn blueprint() -> String {
    let mut text = String::from("score_tolerance = 0.3\nseconds_tolerance = 60\n");
    for cell in 0..SINGLES {
        let count = 2 + usize::from(cell % 4 == 0);
        writeln!(text, "[[cells]]\ntopic = \"t{cell:02}\"\ncount = {count}").unwrap();
    }
    text.push_str("[[cells]]\ntopic = \"reading\"\nstimuli = 3\nitems_per_stimulus = 5\n");
    text
}
