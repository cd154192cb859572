//! What holds for whatever pool and blueprint.

use proptest::prelude::*;

use super::*;

pub(super) fn any_difficulty() -> impl Strategy<Value = Difficulty> {
    prop::sample::select(Difficulty::ALL.to_vec())
}

pub(super) fn any_kind() -> impl Strategy<Value = ItemKind> {
    prop::sample::select(vec![ItemKind::SingleChoice, ItemKind::MultipleChoice])
}

pub(super) fn any_item() -> impl Strategy<Value = PoolItem> {
    let topic = prop::sample::select(vec!["a", "a.x", "a.y", "b"]);
    let stimulus = prop::option::weighted(0.4, prop::sample::select(vec!["m1", "m2", "m3"]));
    let parts = (topic, any_difficulty(), any_kind(), stimulus, 0u8..6);
    parts.prop_map(|(topic, difficulty, kind, stimulus, n)| PoolItem {
        kind,
        stimulus: stimulus.map(str::to_owned),
        option_count: n,
        ..item("", topic, difficulty)
    })
}

/// Up to forty items with distinct codes and ids.
pub(super) fn any_items() -> impl Strategy<Value = Vec<PoolItem>> {
    prop::collection::vec(any_item(), 0..40).prop_map(|items| {
        let named = items.into_iter().enumerate().map(|(n, made)| PoolItem {
            code: format!("i{n}"),
            item_id: item(&format!("i{n}"), "", Difficulty::Easy).item_id,
            ..made
        });
        named.collect()
    })
}

pub(super) fn any_cell() -> impl Strategy<Value = Cell> {
    let topic = prop::option::of(prop::sample::select(vec!["a", "a.x", "b"]));
    let difficulty = prop::option::weighted(0.3, any_difficulty());
    let kind = prop::option::weighted(0.3, any_kind());
    let stimuli = prop::option::weighted(0.3, 1u32..3);
    let parts = (topic, difficulty, kind, 1u32..4, stimuli);
    parts.prop_map(|(topic, difficulty, kind, count, stimuli)| Cell {
        difficulty,
        kind,
        ..cell(topic, count * stimuli.unwrap_or(1), stimuli)
    })
}

pub(super) fn any_blueprint() -> impl Strategy<Value = Blueprint> {
    prop::collection::vec(any_cell(), 1..5).prop_map(blueprint)
}

proptest! {
    #[test]
    fn a_pool_that_suffices_meets_the_blueprint_exactly(
        blueprint in any_blueprint(), items in any_items(), seed: [u8; 32],
    ) {
        let pool = pool(items);
        if feasible(&blueprint, &pool).is_empty() {
            for paper in papers(&blueprint, &pool, &Seed::new(seed), &["A1", "A2", "A3"]) {
                prop_assert_eq!(paper.verify(&blueprint, &pool), Ok(()));
                prop_assert_eq!(paper.places().count(), blueprint.item_count());
            }
        } else {
            prop_assert!(Plan::new(&blueprint, &pool).is_err());
        }
    }

    #[test]
    fn the_order_in_which_items_come_changes_nothing(
        (items, shuffled) in any_items().prop_flat_map(|i| (Just(i.clone()), Just(i).prop_shuffle())),
        blueprint in any_blueprint(),
        seed: [u8; 32],
    ) {
        let (pool, same) = (pool(items), pool(shuffled));
        prop_assert_eq!(pool_root(&pool).unwrap(), pool_root(&same).unwrap());
        let seed = Seed::new(seed);
        if feasible(&blueprint, &pool).is_empty() {
            let drawn = |pool| one_paper(&blueprint, pool, &seed);
            prop_assert_eq!(drawn(&pool), drawn(&same));
        }
    }

    #[test]
    fn one_changed_bit_of_the_seed_gives_another_paper(mut bytes: [u8; 32], bit in 0usize..256) {
        let blueprint = blueprint(vec![cell(None, 12, None)]);
        let pool = pool(easy_items("t", 30));
        let before = one_paper(&blueprint, &pool, &Seed::new(bytes));
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(before, one_paper(&blueprint, &pool, &Seed::new(bytes)));
    }
}
