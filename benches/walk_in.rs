//! What a walk-in paper costs: 60 items from the bank and the blueprint of `benches/forms.rs`, within
//! 0.30 marks at seven abilities and 60 seconds.
//!
//! - the floor: drawing the words that a stratified draw of its 48 units needs;
//! - walk-in papers without a cap on exposure, and with one of 1.2 times the least possible;
//! - with `--features exact`, the same bank and blueprint given to an exact solver: one form, as if it
//!   were asked for each candidate, then two and five at once, to a tenth of the tolerance or for a minute.
//!
//! `cargo bench --bench walk_in`; `KEJU_BENCH_PAPERS` says how many papers. Machines are noisy: read
//! the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

mod shared;

use std::time::Instant;

use keju::assembly::forms::{FormBlueprint, FormItem, WalkIn, read_items};
use keju::draw::Seed;

use shared::{bank, blueprint, number};

fn main() {
    let papers = std::env::var("KEJU_BENCH_PAPERS").map_or(100_000, |n| n.parse().unwrap());
    let items = read_items(&bank()).unwrap();
    let blueprint = FormBlueprint::from_toml(&blueprint()).unwrap();
    let floor = floor(papers);
    walk_in("no cap", papers, &items, &blueprint, floor);
    // Three of 21 items, and three of 30 stimuli with five of six items: 1/7 at the most.
    let capped = FormBlueprint {
        exposure_max: Some(1.2 / 7.0),
        ..blueprint.clone()
    };
    walk_in("cap 17.1 %", papers, &items, &capped, floor);
    #[cfg(feature = "exact")]
    exact(&items, &blueprint);
}

/// What the best forms cost, and how good they are.
#[cfg(feature = "exact")]
fn exact(items: &[FormItem], blueprint: &FormBlueprint) {
    use keju::assembly::forms::{ExactOrder, exact};

    for forms in [1, 2, 5] {
        let order = ExactOrder {
            forms,
            uses: 1,
            seconds: 60,
            gap: 0.1,
        };
        let begun = Instant::now();
        let found = exact(blueprint, items, &order, &Seed::new([7; 32]));
        let seconds = begun.elapsed().as_secs_f64();
        match found {
            Ok(found) => println!(
                "exact, {forms} forms: {seconds:.2} s  {} ({} {}), {:.4} of the tolerance at the worst, not below {:.4}",
                found.record.status,
                found.record.solver,
                found.record.version,
                found.record.objective,
                found.record.bound
            ),
            Err(why) => println!("exact, {forms} forms: {seconds:.2} s  {why}"),
        }
    }
}

/// Microseconds a paper for the words alone.
fn floor(papers: usize) -> f64 {
    let begun = Instant::now();
    let seed = Seed::new([7; 32]);
    let words = (0..papers).fold(0, |sum: u64, paper| {
        let mut stream = seed.sub(format!("walk-in/{paper}")).stream();
        (0..48).fold(sum, |sum, _| sum ^ stream.word())
    });
    let micros = begun.elapsed().as_secs_f64() * 1e6 / number(papers);
    println!("the words of a draw alone  {micros:8.2} µs a paper  ({words:016x})");
    micros
}

fn walk_in(name: &str, papers: usize, items: &[FormItem], blueprint: &FormBlueprint, floor: f64) {
    let mut making = WalkIn::new(blueprint, items, &Seed::new([7; 32])).unwrap();
    let (mut refused, mut again, mut offers) = (0, 0, 0);
    let mut times = Vec::with_capacity(papers);
    let begun = Instant::now();
    for code in 0..papers {
        let own = Instant::now();
        match making.paper(&code.to_string()) {
            Ok(paper) => {
                again += usize::from(paper.draws > 1);
                offers += paper.offers;
            }
            Err(_) => refused += 1,
        }
        times.push(own.elapsed().as_secs_f64() * 1e6);
    }
    let micros = begun.elapsed().as_secs_f64() * 1e6 / number(papers);
    times.sort_by(f64::total_cmp);
    let slow = times[times.len() - 1 - times.len() / 1000];
    let most = making.exposure().iter().max().copied().unwrap_or_default();
    println!(
        "walk-in, {name:<12} {micros:14.2} µs a paper  {:.1} × the floor  (one in a thousand above {slow:.0} µs; {refused} of {papers} refused, {again} drawn again, {:.1} offers; largest exposure {:.2} %)",
        micros / floor,
        number(offers) / number(papers),
        f64::from(most) / number(papers) * 100.0
    );
}
