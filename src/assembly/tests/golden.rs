//! Papers that a program of strangers drew.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Input {
    blueprint: Blueprint,
    pool: Pool,
    seed: String,
    seats: Vec<(String, i32, String)>,
}

#[derive(Deserialize)]
struct Expected {
    pool_root: String,
    attempt: u32,
    made: usize,
    deviation: i32,
    papers: BTreeMap<String, Paper>,
    paper_hashes: BTreeMap<String, String>,
    papers_root: String,
}

#[derive(Deserialize)]
struct Golden {
    input: Input,
    expected: Expected,
}

#[test]
fn a_strangers_program_draws_the_same_papers() {
    let texts = [
        include_str!("../../../tests/fixtures/assembly_golden.json"),
        include_str!("../../../tests/fixtures/assembly_trial_golden.json"),
    ];
    for text in texts {
        same_papers(text);
    }
}

/// The papers of a vector are those that a stranger's program drew.
fn same_papers(text: &str) {
    let Golden { input, expected } = serde_json::from_str(text).unwrap();
    let seed = Seed::from_hex(&input.seed).unwrap();

    assert_eq!(input.blueprint.faults(), []);
    assert_eq!(unequal_totals(&input.blueprint, &input.pool), []);
    assert_eq!(
        hex::encode(pool_root(&input.pool).unwrap()),
        expected.pool_root
    );
    assert!(input.pool.is_numbered(&input.blueprint));
    let seats: Vec<Seated<'_>> = input
        .seats
        .iter()
        .map(|(room, seat, code)| Seated {
            room,
            seat: *seat,
            code,
        })
        .collect();
    let plan = Plan::new(&input.blueprint, &input.pool).unwrap();
    let drawn = plan.draw(&seed, &seats).unwrap();
    assert_eq!(
        (drawn.attempt, drawn.made(), drawn.deviation()),
        (expected.attempt, expected.made, expected.deviation)
    );
    let mut hashes = BTreeMap::new();
    for (at, (_, _, code)) in input.seats.iter().enumerate() {
        let paper = plan.paper(&drawn, at);
        if let Some(theirs) = expected.papers.get(code) {
            assert_eq!(&paper, theirs, "paper of {code:?}");
        }
        let canonical = serde_json_canonicalizer::to_vec(&paper).unwrap();
        assert_eq!(paper_json(&paper).unwrap(), canonical);
        assert_eq!(paper.verify(&input.blueprint, &input.pool), Ok(()));
        let hash = paper_hash(&paper).unwrap();
        assert_eq!(hex::encode(hash), expected.paper_hashes[code]);
        hashes.insert(code.clone(), hash);
    }
    assert_eq!(hex::encode(papers_root(&hashes)), expected.papers_root);
}
