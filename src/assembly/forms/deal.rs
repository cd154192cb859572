//! Dealing cards to papers.

use super::table::{Cell, Table};
use crate::draw::{Seed, Stream};

/// The cards of all papers, paper after paper, slot after slot.
pub(super) fn deal(table: &Table, papers: usize, seed: &Seed) -> Vec<u32> {
    let mut dealt = vec![0; papers * table.slots];
    let parts: Vec<(usize, Vec<u32>)> = std::thread::scope(|scope| {
        let cells = table.cells.iter().enumerate();
        let parts: Vec<_> = cells
            .map(|(number, cell)| {
                scope.spawn(move || {
                    let mut stream = seed.sub(format!("deal/{number}")).stream();
                    (number, deal_cell(cell, papers, &mut stream))
                })
            })
            .collect();
        parts
            .into_iter()
            .filter_map(|part| part.join().ok())
            .collect()
    });
    for (number, cards) in parts {
        let Some(cell) = table.cells.get(number) else {
            continue;
        };
        let rows = dealt.chunks_mut(table.slots).zip(cards.chunks(cell.needs));
        for (paper, own) in rows {
            paper[cell.first..cell.first + cell.needs].copy_from_slice(own);
        }
    }
    dealt
}

/// What every paper gets of one cell, in order.
fn deal_cell(cell: &Cell, papers: usize, stream: &mut Stream) -> Vec<u32> {
    let mut uses = vec![0_usize; cell.units.len()];
    let mut pack: Vec<usize> = Vec::new();
    let mut front = 0;
    let mut dealt = Vec::with_capacity(papers * cell.needs);
    let mut own = Vec::with_capacity(cell.needs);
    for _ in 0..papers {
        own.clear();
        while own.len() < cell.needs {
            if front == pack.len() {
                pack = shuffled(cell.units.len(), stream);
                front = 0;
            }
            // The first that the paper has not; those passed over stay in front, in their order.
            let at = (front..pack.len())
                .find(|at| !own.contains(&pack[*at]))
                .unwrap_or(front);
            pack[front..=at].rotate_right(1);
            own.push(pack[front]);
            front += 1;
        }
        for unit in &own {
            let cards = &cell.units[*unit];
            dealt.push(cards[uses[*unit] % cards.len()]);
            uses[*unit] += 1;
        }
    }
    dealt
}

fn shuffled(n: usize, stream: &mut Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, stream.below(i + 1));
    }
    order
}
