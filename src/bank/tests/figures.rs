//! Figures of items from answers, and a bank at a glance.

use super::*;

fn record(house: &House, actor: &Actor, table: &str) -> Result<usize, Problem> {
    let table = format!("code,answered,facility,discrimination,a,b,c,se_a,se_b,se_c\n{table}");
    house.act(actor, move |tx, actor| {
        let lines = service::read_figures(&table)?;
        service::record_figures(tx, actor, "civics", &lines, "2026年春季试测")
    })
}

#[test]
fn figures_are_recorded_all_or_none_and_the_newest_count() {
    let house = House::new();
    let (a, b) = (house.approved_item("a"), house.approved_item("b"));
    let by_author = record(&house, &house.author, "a,10,0.5,,,,,,,").unwrap_err();
    assert_eq!(by_author.kind, Kind::Forbidden);
    let unknown = record(&house, &house.reviewer, "a,10,0.5,,,,,,,\nz,10,0.5,,,,,,,");
    assert_eq!(
        said(&unknown.unwrap_err()),
        ["row 3, column A: item-unknown"]
    );
    let figures = || house.look(|view| records::figures(view, "civics"));
    assert!(figures().is_empty());

    let first = "a,1200,0.7345678,0.31,1.2,-0.5,0.2,0.05,0.06,0.01\nb,900,0.4,,,,,,,";
    assert_eq!(record(&house, &house.reviewer, first).unwrap(), 2);
    // Only where parameters are there.
    let known = figures();
    assert_eq!(known.keys().copied().collect::<Vec<Id>>(), [a]);
    let figure = &known[&a];
    assert_eq!(
        (figure.a_milli, figure.b_milli, figure.c_milli),
        (1_200, -500, 200)
    );
    assert_eq!((figure.answered, figure.facility_ppm), (1_200, 734_568));
    let shown = house.look(|view| service::item(view, &house.reviewer, a));
    let shown = shown.figures.unwrap();
    assert_eq!(shown.facility, "0.735");
    assert_eq!(shown.b.as_deref(), Some("-0.500 ± 0.060"));
    assert_eq!(shown.source, "2026年春季试测");
    let decision = house.decisions().pop().unwrap();
    assert_eq!(decision.kind, "items.figures_recorded");
    assert_eq!(decision.inputs["count"], 2);
    assert_eq!(decision.inputs["root"].as_str().unwrap().len(), 64);

    record(
        &house,
        &house.reviewer,
        "a,2000,0.7,0.3,1.1,-0.4,0.2,,,\nb,900,0.4,,1,0,,,,",
    )
    .unwrap();
    assert_eq!(figures()[&a].a_milli, 1_100);
    assert_eq!(figures()[&b].c_milli, 0);
    // An edited item is another question: its old figures are shown, and count no more.
    let edited = Item {
        stem: "改过的题干。".to_owned(),
        ..item("a")
    };
    house.edit(a, edited).unwrap();
    assert_eq!(figures().keys().copied().collect::<Vec<Id>>(), [b]);
    let shown = house.look(|view| service::item(view, &house.reviewer, a));
    assert_eq!((shown.version, shown.figures.unwrap().version), (2, 1));
}

#[test]
fn a_bank_is_shown_at_a_glance() {
    let house = House::new();
    house.approved_item("a");
    house.approved_item("b");
    house.reviewed_item(item("c"), true);
    house.create(item("d")).unwrap();
    record(&house, &house.reviewer, "a,10,0.95,,,,,,,\nc,10,0.5,,,,,,,").unwrap();
    let health = house.look(|view| service::health(view, &house.author, "civics"));
    let counts: Vec<(ItemState, i64)> = health
        .states
        .iter()
        .map(|one| (one.state, one.count))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(
        counts,
        [
            (ItemState::Draft, 1),
            (ItemState::Trial, 1),
            (ItemState::Approved, 2)
        ]
    );
    assert_eq!(health.topics.len(), 1);
    assert_eq!(
        (health.topics[0].topic.as_str(), health.topics[0].easy),
        ("ck.law", 2)
    );
    // Items on trial are not counted among those in use.
    assert_eq!(health.facility, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(health.without_figures, 1);
    let none = house
        .store
        .read_blocking(|view| service::health(view, &house.author, "law"));
    assert_eq!(none.unwrap_err().kind, Kind::NotFound);
}
