//! Where the key stands. Options are shuffled for each candidate and item without regard to the key,
//! which the draw does not know: so each letter is the key equally often, whatever the author's order.

use super::*;

/// Papers of ten items with so many options for two thousand candidates.
fn many(options: u8) -> Vec<Paper> {
    let items = easy_items("t", 20).into_iter().map(|item| PoolItem {
        option_count: options,
        ..item
    });
    let codes: Vec<String> = (0..2000).map(|n| format!("{n:04}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let blueprint = blueprint(vec![cell(None, 10, None)]);
    papers(&blueprint, &pool(items), &seed(options), &codes)
}

/// The letter under which an author's option is shown, from zero.
fn letter(place: &PlacedItem, option: u8) -> usize {
    let mut order = place.option_order.iter();
    order.position(|shown| *shown == option).unwrap()
}

#[test]
fn each_letter_is_the_key_equally_often_wherever_the_author_put_it() {
    for options in 2..=6_u8 {
        let papers = many(options);
        for key in 0..options {
            let mut counts = vec![0.0_f64; usize::from(options)];
            for place in papers.iter().flat_map(Paper::places) {
                counts[letter(place, key)] += 1.0;
            }
            let wanted = 20_000.0 / f64::from(options);
            let chi: f64 = counts.iter().map(|n| (n - wanted).powi(2) / wanted).sum();
            assert!(chi < 30.0, "{options} options, key {key}: {counts:?}");
        }
    }
}

/// Who knows all other keys of a paper knows nothing of the last: letters are drawn item by item.
#[test]
fn the_keys_of_a_paper_say_nothing_about_each_other() {
    let papers = many(4);
    let mut pairs = [[0.0_f64; 4]; 4];
    let mut firsts = Vec::new();
    for paper in &papers {
        let letters: Vec<usize> = paper.places().map(|place| letter(place, 0)).collect();
        for pair in letters.chunks(2) {
            pairs[pair[0]][pair[1]] += 1.0;
        }
        firsts.push(letters.iter().filter(|letter| **letter == 0).count());
    }
    let wanted = 10_000.0 / 16.0;
    let chi: f64 = pairs
        .iter()
        .flatten()
        .map(|n| (n - wanted).powi(2) / wanted)
        .sum();
    assert!(chi < 45.0, "{pairs:?}");
    // As often A as ten throws of a die with four sides: 2.5 with a variance of 1.875.
    let firsts: Vec<f64> = firsts
        .into_iter()
        .map(|n| f64::from(u32::try_from(n).unwrap()))
        .collect();
    let mean = firsts.iter().sum::<f64>() / 2000.0;
    let variance = firsts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 2000.0;
    assert!(
        (mean - 2.5).abs() < 0.15 && (variance - 1.875).abs() < 0.3,
        "{mean} {variance}"
    );
}
