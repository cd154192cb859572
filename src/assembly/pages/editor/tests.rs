//! The form of a blueprint.

use super::*;
use crate::assembly::SHIPPED;

#[test]
fn every_shipped_blueprint_goes_through_the_form_unchanged() {
    for shipped in SHIPPED {
        let blueprint = Blueprint::from_toml(shipped.text).unwrap();
        let fields = Fields::of(shipped.code, &blueprint);
        assert_eq!(fields.read().unwrap(), blueprint, "{}", shipped.code);
    }
}

#[test]
fn a_target_goes_through_the_form_unchanged() {
    let mut blueprint = Blueprint::from_toml(SHIPPED[0].text).unwrap();
    let shares = ["0.2", "0.3", "0.4", "0.55", "0.7", "0.8", "0.95"];
    let shares = shares.map(|share| share.parse().unwrap());
    blueprint.equal.as_mut().unwrap().target = Some(shares.to_vec());
    let mut fields = Fields::of("bank", &blueprint);
    assert_eq!(fields.read().unwrap(), blueprint);
    fields.target = "0.2，0.3、much".to_owned();
    let faults = fields.read().unwrap_err();
    assert_eq!(faults, [Fault::new("equal.target", "not-a-number")]);
}

#[test]
fn times_and_ranges_go_through_the_form_unchanged() {
    let mut blueprint = Blueprint::from_toml(SHIPPED[0].text).unwrap();
    let section = &mut blueprint.sections[0];
    section.minutes = Some(25);
    section.items = Some(20);
    section.trial = 3;
    section.cells[1].count_max = Some(12);
    let mut fields = Fields::of("bank", &blueprint);
    assert_eq!(fields.read().unwrap(), blueprint);
    fields.cell_count[1] = "3–many".to_owned();
    let place = format!("sections.{}.cells.1.count_max", blueprint.sections[0].code);
    let faults = fields.read().unwrap_err();
    assert_eq!(faults, [Fault::new(place, "not-a-number")]);
}

#[test]
fn what_is_no_number_is_named_by_its_place() {
    let mut fields = Fields::blank();
    fields.section_code[0] = "verbal".to_owned();
    fields.cell_count[0] = "several".to_owned();
    fields.minutes = "long".to_owned();
    let places: Vec<_> = fields
        .read()
        .unwrap_err()
        .into_iter()
        .map(|f| f.place)
        .collect();
    assert_eq!(places, ["minutes", "sections.verbal.cells.0.count"]);
}

#[test]
fn buttons_add_and_drop_sections_and_cells() {
    let mut fields = Fields::blank();
    let mut press = |act: &str| {
        fields.act = act.to_owned();
        fields.change();
        let codes = fields.section_code.len();
        (codes, fields.cell_section.clone())
    };
    assert_eq!(press("add-section"), (2, vec![0, 1]));
    assert_eq!(press("add-cell 0"), (2, vec![0, 1, 0]));
    assert_eq!(press("drop-cell 0"), (2, vec![1, 0]));
    assert_eq!(press("drop-section 0"), (1, vec![0]));
    assert_eq!(press("drop-section 7"), (1, vec![0]));
    assert_eq!(press("add-cell 9"), (1, vec![0]));
}
