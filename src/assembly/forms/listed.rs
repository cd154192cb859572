//! Items of a bank as the assembly at the desk reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::pool::{Response, SECONDS};
use crate::bank::item::Item;

/// The items as a table that [`super::read_items`] reads. Their responses are what the server
/// supposes of items that nobody has answered yet; items of one enemy set name each other.
pub fn list_items(items: &[Item]) -> String {
    let mut sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in items {
        for name in &item.enemies {
            sets.entry(name).or_default().insert(&item.code);
        }
    }
    let mut lines = String::from("id,section,topic,level,type,stimulus,a,b,c,seconds,enemies\n");
    for item in items {
        let parameters = Response::judged(item).parameters();
        let meet = item
            .enemies
            .iter()
            .filter_map(|name| sets.get(name.as_str()))
            .flatten();
        let enemies: BTreeSet<&str> = meet.copied().filter(|code| *code != item.code).collect();
        // None of these can hold a comma, a quote or a line end.
        let cells = [
            item.code.clone(),
            item.section.clone(),
            item.topic.clone(),
            item.difficulty.as_str().to_owned(),
            item.body.kind().as_str().to_owned(),
            item.stimulus.clone().unwrap_or_default(),
            parameters.a.to_string(),
            parameters.b.to_string(),
            parameters.c.to_string(),
            item.seconds.unwrap_or(SECONDS).to_string(),
            enemies.into_iter().collect::<Vec<_>>().join(" "),
        ];
        lines.push_str(&cells.join(","));
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assembly::forms::read_items;
    use crate::bank::formats;

    #[test]
    fn a_bank_is_read_as_its_items_are_judged() {
        let batch = formats::read("a.csv", &formats::template_csv()).unwrap();
        let mut items = batch.items;
        items[0].enemies = vec!["pair".to_owned()];
        items[1].enemies = vec!["pair".to_owned()];
        let listed = read_items(&list_items(&items)).unwrap();
        assert_eq!(listed.len(), items.len());
        let first = listed.iter().find(|one| one.id == items[0].code).unwrap();
        assert_eq!(first.enemies, [items[1].code.clone()]);
        assert_eq!((first.parameters.b, first.parameters.c), (-1.0, 0.25));
        assert_eq!(
            (first.level.as_str(), first.kind.as_str()),
            ("easy", "single_choice")
        );
    }
}
