//! What equal papers cost and what they are worth: papers of 60 items from a bank of 600 with 30
//! stimuli, 40 pairs of enemies and 21 cells, within 0.30 marks at seven abilities and 60 seconds.
//!
//! - cost: 100,000 papers (or as many as `KEJU_BENCH_PAPERS` says) beside the floor, drawing the words
//!   that dealing needs;
//! - worth: 100,000 candidates without any error of measurement, of whom the best 2,000 are taken by
//!   the share of marks they expect on their own paper. How many of them are there by luck of the
//!   paper, with papers as they are dealt (a stratified draw, as elsewhere), after the trade, and made
//!   one at a time for candidates who walk in? With `KEJU_BENCH_PICTURE=docs/fairness.svg` the first
//!   two answers are drawn.
//!
//! `cargo bench --bench forms`. Machines are noisy: read the ratios. The number of candidates by luck
//! does not depend on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

mod shared;

use std::fmt::Write as _;
use std::time::Instant;

use keju::assembly::forms::{Assembly, FormBlueprint, FormItem, assemble, read_items, walk_in};
use keju::draw::Seed;

use shared::{bank, blueprint, normal, number};

const PLACES: usize = 2_000;

fn main() {
    let papers = std::env::var("KEJU_BENCH_PAPERS").map_or(100_000, |n| n.parse().unwrap());
    let items = read_items(&bank()).unwrap();
    let blueprint = FormBlueprint::from_toml(&blueprint()).unwrap();
    let seed = Seed::new([7; 32]);

    let begun = Instant::now();
    let mut stream = seed.stream();
    // Three units of 30 stimuli, and 45 of 420 items.
    let words = (0..papers * 48).fold(0, |sum: u64, _| sum ^ stream.word());
    let floor = begun.elapsed().as_secs_f64();

    let begun = Instant::now();
    let assembly = assemble(&blueprint, &items, papers, &seed).unwrap();
    let whole = begun.elapsed().as_secs_f64();
    println!("the words of the deal alone {floor:8.2} s  ({words:016x})");
    println!(
        "{} of {papers} papers issued {whole:8.2} s  {:.1} × the floor  {:.0} papers/s",
        assembly.len(),
        whole / floor,
        number(assembly.len()) / whole
    );
    println!("dropped: {:?}", assembly.dropped);
    luck(&blueprint, &items, &seed);
}

/// The same papers before and after the trade, and whom they take.
fn luck(blueprint: &FormBlueprint, items: &[FormItem], seed: &Seed) {
    const CANDIDATES: usize = 100_000;
    let mut stream = Seed::new([3; 32]).stream();
    let abilities: Vec<f64> = (0..CANDIDATES).map(|_| normal(&mut stream)).collect();
    let worthy = best(&abilities);
    let wide = FormBlueprint {
        score_tolerance: 100.0,
        seconds_tolerance: None,
        ..blueprint.clone()
    };
    let tell = |name: &str, assembly: &Assembly| {
        let marks: Vec<f64> = abilities
            .iter()
            .enumerate()
            .map(|(candidate, ability)| expected(assembly, candidate, items, *ability))
            .collect();
        let taken = best(&marks);
        let lucky = taken
            .iter()
            .filter(|one| worthy.binary_search(one).is_err())
            .count();
        println!("{name}: {lucky} of {PLACES} places by luck of the paper");
        let hardness = (0..CANDIDATES).map(|paper| expected(assembly, paper, items, 0.0));
        (lucky, hardness.collect::<Vec<f64>>())
    };
    let made = |blueprint| assemble(blueprint, items, CANDIDATES, seed).unwrap();
    let pictured = [
        tell("dealt (stratified draw)", &made(&wide)),
        tell("dealt and traded", &made(blueprint)),
    ];
    let codes: Vec<String> = (0..CANDIDATES).map(|code| code.to_string()).collect();
    let codes = codes.iter().map(String::as_str);
    tell(
        "walk-in",
        &walk_in(blueprint, items, codes, seed).unwrap().assembly,
    );
    if let Ok(path) = std::env::var("KEJU_BENCH_PICTURE") {
        std::fs::write(path, picture(&pictured)).unwrap();
    }
}

/// How many marks a middling candidate expects on each paper, before and after the trade: two
/// histograms over the same marks.
fn picture(pictured: &[(usize, Vec<f64>)]) -> String {
    const BARS: usize = 60;
    let all = || pictured.iter().flat_map(|(_, marks)| marks).copied();
    let (low, high) = (
        all().fold(f64::MAX, f64::min),
        all().fold(f64::MIN, f64::max),
    );
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 420\" font-family=\"sans-serif\" font-size=\"14\">\n\
         <title>试卷难度分布 How hard papers are</title>\n<rect width=\"720\" height=\"420\" fill=\"#fff\"/>\n",
    );
    let words = [
        ("分层随机抽题 Stratified draw", "#9db4d3"),
        ("发牌并交换 Dealt and traded", "#27548a"),
    ];
    for (row, ((lucky, marks), (name, colour))) in pictured.iter().zip(words).enumerate() {
        let mut bars = [0_usize; BARS];
        for mark in marks {
            let share = (mark - low) / (high - low).max(1e-9);
            let at = (0..BARS - 1).find(|at| share < number(at + 1) / number(BARS));
            bars[at.unwrap_or(BARS - 1)] += 1;
        }
        let most = number(bars.iter().copied().max().unwrap_or(1));
        let floor = 190.0 + 190.0 * number(row);
        writeln!(
            svg,
            "<text x=\"40\" y=\"{:.0}\" font-size=\"12\">{name}：{PLACES} 个名额中 {lucky} 个凭试卷运气 / {lucky} of {PLACES} places by luck of the paper</text>",
            floor - 145.0
        )
        .unwrap();
        for (at, count) in bars.iter().enumerate() {
            let height = number(*count) / most * 125.0;
            writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"9\" height=\"{height:.1}\" fill=\"{colour}\"/>",
                40.0 + number(at) * 10.7,
                floor - height
            )
            .unwrap();
        }
        writeln!(
            svg,
            "<text x=\"40\" y=\"{0:.0}\" font-size=\"12\">{low:.1}</text><text x=\"680\" y=\"{0:.0}\" font-size=\"12\" text-anchor=\"end\">{high:.1} 分 marks</text>",
            floor + 16.0
        )
        .unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}

fn expected(assembly: &Assembly, paper: usize, items: &[FormItem], ability: f64) -> f64 {
    let own = assembly.paper(paper).into_iter();
    own.map(|at| {
        items[usize::try_from(at).unwrap()]
            .parameters
            .probability(ability)
    })
    .sum()
}

/// The places of the highest, in order.
fn best(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order.truncate(PLACES);
    order.sort_unstable();
    order
}
