//! Blueprints that ship with the program, for the banks that ship with it.

/// A blueprint that ships.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its bank, and its name.
    pub code: &'static str,
    /// As TOML.
    pub text: &'static str,
}

/// All blueprints that ship.
pub const SHIPPED: [Shipped; 6] = [
    Shipped {
        code: "administrative_aptitude",
        text: include_str!("../../blueprints/administrative_aptitude.toml"),
    },
    Shipped {
        code: "policy_essay",
        text: include_str!("../../blueprints/policy_essay.toml"),
    },
    Shipped {
        code: "professional_ability",
        text: include_str!("../../blueprints/professional_ability.toml"),
    },
    Shipped {
        code: "public_basics",
        text: include_str!("../../blueprints/public_basics.toml"),
    },
    Shipped {
        code: "promotion_regulations",
        text: include_str!("../../blueprints/promotion_regulations.toml"),
    },
    Shipped {
        code: "title_archives",
        text: include_str!("../../blueprints/title_archives.toml"),
    },
];

/// The blueprint that ships under this name, as TOML.
pub fn shipped(code: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|shipped| shipped.code == code)
        .map(|shipped| shipped.text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use serde::Deserialize;

    use super::*;
    use crate::assembly::{Blueprint, Plan, Pool, PoolItem, Response, Seated, unequal_totals};
    use crate::bank::item::{Difficulty, ItemKind};
    use crate::draw::Seed;
    use crate::kernel::{Id, Instant, Score};

    /// What a draw needs of the files of a bank.
    #[derive(Deserialize)]
    struct Index {
        sections: Vec<String>,
    }
    #[derive(Deserialize)]
    struct SectionFile {
        section: String,
        item: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        id: String,
        topic: String,
        difficulty: Difficulty,
        kind: ItemKind,
        stimulus: Option<String>,
        #[serde(default)]
        options: Vec<String>,
        marks: Option<i32>,
    }

    fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn pool(bank: &str) -> Pool {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("question_banks")
            .join(bank);
        let index: Index = read(&folder.join("bank.toml"));
        let items = index.sections.iter().flat_map(|section| {
            let file: SectionFile = read(&folder.join(format!("{section}.toml")));
            file.item.into_iter().map(move |entry| PoolItem {
                item_id: Id::new(Instant::from_micros(0)),
                version: 1,
                code: entry.id,
                section: file.section.clone(),
                topic: entry.topic,
                difficulty: entry.difficulty,
                kind: entry.kind,
                stimulus: entry.stimulus,
                option_count: entry.options.len().try_into().unwrap(),
                marks: entry.marks.map(Score::whole),
                response: Response {
                    a: 1000,
                    b: 0,
                    c: 0,
                    measured: false,
                },
                seconds: 60,
                enemies: Vec::new(),
                numbers: Vec::new(),
                trial: false,
            })
        });
        Pool::new(items.collect()).unwrap()
    }

    #[test]
    fn each_can_be_drawn_from_its_bank_and_makes_a_hundred_marks() {
        for Shipped { code, text } in SHIPPED {
            let (blueprint, pool) = (Blueprint::from_toml(text).unwrap(), pool(code));
            assert_eq!(blueprint.faults(), [], "{code}");
            assert_eq!(unequal_totals(&blueprint, &pool), [], "{code}");
            let plan = Plan::new(&blueprint, &pool).unwrap();
            assert_eq!(plan.total_marks(), Score::whole(100), "{code}");
            let drawn = plan.draw(&Seed::new([1; 32]), &seats()).unwrap();
            assert_eq!(plan.paper(&drawn, 0).total_marks(), Score::whole(100));
        }
    }

    /// Five candidates in a row.
    fn seats() -> Vec<Seated<'static>> {
        let seat = |(code, seat)| Seated {
            room: "001",
            seat,
            code,
        };
        ["A", "B", "C", "D", "E"]
            .into_iter()
            .zip(1..)
            .map(seat)
            .collect()
    }

    #[test]
    fn every_paper_of_a_subject_is_equally_hard() {
        for Shipped { code, text } in SHIPPED {
            let (blueprint, pool) = (Blueprint::from_toml(text).unwrap(), pool(code));
            let plan = Plan::new(&blueprint, &pool).unwrap();
            let difficulty: BTreeMap<Id, Difficulty> = pool
                .items()
                .iter()
                .map(|i| (i.item_id, i.difficulty))
                .collect();
            let drawn = plan.draw(&Seed::new([1; 32]), &seats()).unwrap();
            let bands = |candidate| {
                let mut bands: BTreeMap<Difficulty, u32> = BTreeMap::new();
                for place in plan.paper(&drawn, candidate).places() {
                    *bands.entry(difficulty[&place.item_id]).or_default() += 1;
                }
                bands
            };
            for candidate in 1..5 {
                assert_eq!(bands(candidate), bands(0), "{code}");
            }
        }
    }
}
