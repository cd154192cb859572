//! What the papers of an examination cost as the server makes them: 10,000 papers of 135 items from the
//! bank of administrative aptitude that ships, by topics alone, so that the trade has something to do.
//! From blueprint and pool to every candidate's paper and its hash, beside hashing the papers alone.
//!
//! `cargo bench --bench papers`. Machines are noisy: read the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement may stop where it fails"
)]

use std::time::Instant;

use keju::assembly::{Blueprint, Paper, Plan, Pool, PoolItem, Seated, paper_hash};
use keju::bank::formats;
use keju::draw::Seed;
use keju::kernel::{Id, Instant as Moment};

const PAPERS: usize = 10_000;

/// An administrative aptitude test of the length it has in practice.
const BLUEPRINT: &str = r#"
title = "行政职业能力测验"
minutes = 120
equal = { tolerance = "0.5" }

[[sections]]
code = "common_knowledge"
title_zh = "常识判断"
title_en = "General knowledge"
marks_each = "0.5"
cells = [
    { topic = "ck.law", count = 3 }, { topic = "ck.politics", count = 3 },
    { topic = "ck.economy", count = 3 }, { topic = "ck.history", count = 3 },
    { topic = "ck.science", count = 3 }, { topic = "ck.geography", count = 2 },
    { topic = "ck.culture", count = 3 },
]

[[sections]]
code = "verbal"
title_zh = "言语理解与表达"
title_en = "Verbal comprehension"
marks_each = "0.8"
cells = [
    { topic = "vb.cloze", count = 15 }, { topic = "vb.main_idea", count = 10 },
    { topic = "vb.detail", count = 6 }, { topic = "vb.inference", count = 5 },
    { topic = "vb.ordering", count = 4 },
]

[[sections]]
code = "quantitative"
title_zh = "数量关系"
title_en = "Quantitative relations"
marks_each = "0.8"
cells = [
    { topic = "qt.sequence", count = 2 }, { topic = "qt.work_rate", count = 2 },
    { topic = "qt.motion", count = 2 }, { topic = "qt.geometry", count = 2 },
    { topic = "qt.counting", count = 2 }, { topic = "qt.number_theory", count = 2 },
    { topic = "qt.profit", count = 2 }, { topic = "qt.equation", count = 1 },
]

[[sections]]
code = "reasoning"
title_zh = "判断推理"
title_en = "Reasoning"
marks_each = "0.7"
cells = [
    { topic = "rs.definition", count = 12 }, { topic = "rs.analogy", count = 12 },
    { topic = "rs.logic", count = 16 },
]

[[sections]]
code = "data_analysis"
title_zh = "资料分析"
title_en = "Data analysis"
marks_each = "1"
cells = [{ topic = "da", count = 20, stimuli = 4 }]
"#;

fn main() {
    let banks = formats::shipped().unwrap();
    let bank = banks
        .iter()
        .find(|bank| bank.subject == "administrative_aptitude")
        .unwrap();
    let items = bank.sections.iter().flat_map(|section| &section.items);
    let pooled: Vec<PoolItem> = items
        .map(|item| PoolItem::of(Id::new(Moment::from_micros(0)), 1, item, None))
        .collect();
    let blueprint = Blueprint::from_toml(BLUEPRINT).unwrap();
    let codes: Vec<String> = (0..PAPERS).map(|n| format!("{n:06}")).collect();
    let seats: Vec<Seated<'_>> = codes
        .iter()
        .zip(0..)
        .map(|(code, n)| Seated {
            room: &code[..4],
            seat: n % 100 + 1,
            code,
        })
        .collect();

    let begun = Instant::now();
    let pool = Pool::new(pooled).unwrap().numbered(&blueprint);
    let plan = Plan::new(&blueprint, &pool).unwrap();
    let drawn = plan.draw(&Seed::new([7; 32]), &seats).unwrap();
    let drawing = begun.elapsed().as_secs_f64();
    let papers: Vec<Paper> = (0..PAPERS).map(|at| plan.paper(&drawn, at)).collect();
    let written = begun.elapsed().as_secs_f64();
    for paper in &papers {
        paper_hash(paper).unwrap();
    }
    let whole = begun.elapsed().as_secs_f64();

    let items = papers[0].places().count();
    println!(
        "{PAPERS} papers of {items} items from a bank of {}",
        pool.items().len()
    );
    println!("dealt, traded and seated {drawing:8.2} s");
    println!("written out              {:8.2} s", written - drawing);
    println!("hashed, the floor        {:8.2} s", whole - written);
    println!("together                 {whole:8.2} s");
    println!(
        "attempt {}, {} made, none farther from the target than {:.3} marks",
        drawn.attempt,
        drawn.made(),
        f64::from(drawn.deviation()) / 1e6
    );
    let faulty = papers
        .iter()
        .filter(|paper| paper.verify(&blueprint, &pool).is_err());
    println!(
        "{} of them fail the check of one paper by itself",
        faulty.count()
    );
}
