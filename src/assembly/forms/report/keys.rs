//! How often each letter is the key on a paper, where the file of items says the keys: on paper and
//! with pencil the options stand as the author ordered them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::super::issue::Assembly;
use super::super::items::FormItem;
use super::super::table::index;
use super::page::escaped;
use super::{Report, Spread};

/// A letter, and of how many items of a paper it is the key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyReport {
    /// The letter.
    pub letter: String,
    /// Items of the bank whose key it is.
    pub bank: usize,
    /// Items of a paper, over the issued papers.
    pub papers: Spread,
}

/// The letters, in order.
pub(super) fn keys(assembly: &Assembly, items: &[FormItem]) -> Vec<KeyReport> {
    let mut bank: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.key.is_empty()) {
        *bank.entry(&item.key).or_default() += 1;
    }
    let on_paper = |letter: &str, number: usize| {
        let own = assembly.unordered(number).into_iter();
        own.filter(|item| items[index(*item)].key == letter).count()
    };
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let report = |(letter, bank): (&str, usize)| KeyReport {
        letter: letter.to_owned(),
        bank,
        papers: Spread::of((0..assembly.len()).map(|number| on_paper(letter, number) as f64)),
    };
    bank.into_iter().map(report).collect()
}

/// As a table; nothing where no keys are known.
pub(super) fn table(page: &mut String, report: &Report) {
    if report.keys.is_empty() {
        return;
    }
    page.push_str("<h2>答案分布 <small>Keys by letter</small></h2><table><tr><th>答案 Key</th><th>题库 Bank</th><th>每卷平均 Mean of a paper</th><th>最少 Least</th><th>最多 Most</th></tr>");
    for one in &report.keys {
        let papers = &one.papers;
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{:.2}</td><td>{:.0}</td><td>{:.0}</td></tr>",
            escaped(&one.letter),
            one.bank,
            papers.mean,
            papers.min,
            papers.max
        );
    }
    page.push_str("</table>\n");
}
