//! The report as a page.

use std::fmt::Write as _;

use super::super::issue::Failure;
use super::{BARS, Report, band, histogram, keys};

/// The report as a page by itself: tables and drawings, nothing from elsewhere.
pub fn html(report: &Report) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>组卷报告</title><style>body{font:16px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1d1f}\
         table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}th,td{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}\
         th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}figcaption{color:#555}</style></head><body>\n",
    );
    let _ = writeln!(
        page,
        "<h1>组卷报告 <small>Assembly report</small></h1><p>{}</p>",
        escaped(&report.title)
    );
    let _ = writeln!(
        page,
        "<p>要求 {} 份，签发 {} 份，生成 {} 份（含备份卷）；题库 {} 题，每卷 {} 题。<br>{} asked for, {} issued, {} made with spares; {} items in the bank, {} on each paper.</p>",
        report.asked,
        report.issued,
        report.made,
        report.bank,
        report.items_per_paper,
        report.asked,
        report.issued,
        report.made,
        report.bank,
        report.items_per_paper
    );
    dropped(&mut page, report);
    curves(&mut page, report);
    exposures(&mut page, report);
    overlap(&mut page, report);
    keys::table(&mut page, report);
    page.push_str("</body></html>\n");
    page
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn dropped(page: &mut String, report: &Report) {
    page.push_str("<h2>未签发的试卷 <small>Papers dropped</small></h2><table><tr><th>原因 Reason</th><th>份数 Papers</th></tr>");
    for (why, count) in &report.dropped {
        let word = match why {
            Failure::Counts => "蓝图不符 counts",
            Failure::Enemies => "互斥试题同卷 enemies",
            Failure::Score => "期望得分超差 expected score",
            Failure::Seconds => "时长超差 time",
            Failure::Spare => "备份卷 spare",
        };
        let _ = write!(page, "<tr><td>{word}</td><td>{count}</td></tr>");
    }
    page.push_str("</table>\n");
}

fn curves(page: &mut String, report: &Report) {
    page.push_str("<h2>难度 <small>How equal the papers are</small></h2><figure>");
    page.push_str(&band(report));
    let _ = writeln!(
        page,
        "<figcaption>各能力水平上期望得分与目标之差（分）：浅色为分发时，深色为签发的试卷，虚线为允许偏差 ±{}。 Deviation of the expected score from the target, in marks: light as dealt, dark as issued, dashed the tolerance.</figcaption></figure>",
        report.score_tolerance.unwrap_or_default()
    );
    page.push_str("<table><tr><th>能力 Ability</th><th>目标 Target</th><th>题库均值 Mean of the bank</th><th>分发时标准差 SD as dealt</th><th>差 1 分以上 Off by more than 1</th><th>签发后标准差 SD as issued</th><th>最小 Least</th><th>最大 Most</th><th>标定误差 0.1 / 0.2 / 0.3 所致 By calibration error</th></tr>");
    for one in &report.abilities {
        let [small, middle, large] = one.calibration;
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{:.3}</td><td>{:.1} %</td><td>{:.3}</td><td>{:+.3}</td><td>{:+.3}</td><td>{small:.2} / {middle:.2} / {large:.2}</td></tr>",
            one.ability,
            one.target,
            one.bank.unwrap_or(one.target),
            one.dealt.sd,
            one.dealt_off * 100.0,
            one.issued.sd,
            one.issued.min,
            one.issued.max
        );
    }
    let _ = writeln!(
        page,
        "</table><p>标定误差所致的差异大于允许偏差时，再小的允许偏差没有意义。 Where calibration error alone makes papers differ by more than the tolerance, a finer one is false precision.</p><p>时长 Seconds: {:.0} – {:.0}, 平均 mean {:.1}</p>",
        report.seconds.min, report.seconds.max, report.seconds.mean
    );
}

fn exposures(page: &mut String, report: &Report) {
    page.push_str("<h2>曝光率 <small>Exposure</small></h2><figure>");
    let step = report.exposure.max / f64::from(u32::try_from(BARS).unwrap_or(1)) * 100.0;
    let label = |at: usize| {
        format!(
            "{:.0}%",
            f64::from(u32::try_from(at).unwrap_or_default()) * step
        )
    };
    page.push_str(&histogram(&report.exposure_bars, &label));
    let _ = writeln!(
        page,
        "<figcaption>每题出现在多少试卷中。最大 {:.2} %，题库所能达到的最小值 {:.2} %，未使用 {} 题。 Share of papers in which an item is: at most {:.2} %, and no less is possible than {:.2} %; {} items unused.</figcaption></figure>",
        report.exposure.max * 100.0,
        report.exposure_least_max * 100.0,
        report.unused,
        report.exposure.max * 100.0,
        report.exposure_least_max * 100.0,
        report.unused
    );
    page.push_str("<table><tr><th>单元 Cell</th><th>每卷 On a paper</th><th>题库 In the bank</th><th>曝光率 Exposure</th></tr>");
    for cell in &report.cells {
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2} %</td></tr>",
            escaped(&cell.name),
            cell.needs,
            cell.units,
            cell.exposure * 100.0
        );
    }
    page.push_str("</table>\n");
}

fn overlap(page: &mut String, report: &Report) {
    page.push_str("<h2>重合 <small>What two papers have in common</small></h2><figure>");
    page.push_str(&histogram(&report.overlap_bars, &|at| at.to_string()));
    let _ = writeln!(
        page,
        "<figcaption>随机抽取 {} 对试卷的相同试题数：平均 {:.2}，最多 {:.0}。 Items in common, over {} pairs drawn by lot: mean {:.2}, most {:.0}.</figcaption></figure>",
        report.overlap_pairs,
        report.overlap.mean,
        report.overlap.max,
        report.overlap_pairs,
        report.overlap.mean,
        report.overlap.max
    );
    page.push_str("<table><tr><th>相同试题 Items</th><th>对数 Pairs</th></tr>");
    let bars = report.overlap_bars.iter().enumerate();
    for (count, pairs) in bars.skip_while(|(_, pairs)| **pairs == 0) {
        let _ = write!(page, "<tr><td>{count}</td><td>{pairs}</td></tr>");
    }
    page.push_str("</table>\n");
}
