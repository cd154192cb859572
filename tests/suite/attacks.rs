//! What somebody does who holds the database and is not content with what was drawn by lot, or
//! objected to.

use crate::verification::Altered;

/// A panel that did not please is drawn again, and the first draw is taken out of the tables.
#[test]
fn a_panel_drawn_again_until_it_pleases() {
    Altered::new()
        .sql(
            "UPDATE draw_member SET draw_id = zeroblob(16) WHERE draw_id = \
                 (SELECT id FROM draw WHERE purpose = 'panels'); \
             DELETE FROM draw WHERE purpose = 'panels'",
        )
        .must_be_found_by(13, &["draws of panels", "the log opened"]);
}

#[test]
fn an_examiner_put_in_the_place_of_another() {
    let of_panels = "draw_id = (SELECT id FROM draw WHERE purpose = 'panels')";
    Altered::new()
        .sql(&format!(
            "UPDATE draw_member SET state = 'replaced' WHERE {of_panels} AND id = \
                 (SELECT min(id) FROM draw_member WHERE {of_panels} AND state = 'chosen'); \
             UPDATE draw_member SET state = 'chosen' WHERE {of_panels} AND id = \
                 (SELECT min(id) FROM draw_member WHERE {of_panels} AND state = 'reserve')"
        ))
        .must_be_found_by(13, &["draw 2026-small/panels/1", "state"]);
}

#[test]
fn a_candidate_interviewed_before_her_turn() {
    let own = "draw_id = (SELECT id FROM draw WHERE purpose = 'interviews')";
    Altered::new()
        .sql(&format!(
            "UPDATE draw_member SET place = 3 - place WHERE {own} AND place IN (1, 2) AND \
                 stratum = (SELECT min(stratum) FROM draw_member WHERE {own})"
        ))
        .must_be_found_by(13, &["draw 2026-small/interviews/1", "place"]);
}

#[test]
fn a_beacons_value_exchanged() {
    Altered::new()
        .sql("UPDATE draw SET beacon_value = replace(beacon_value, '0', '9') WHERE purpose = 'markers'")
        .must_be_found_by(13, &["draw 2026-small/markers/1", "beacon"]);
}

#[test]
fn a_commitment_exchanged_after_the_pool_was_fixed() {
    Altered::new()
        .sql(
            "UPDATE draw_custodian SET commitment = zeroblob(32) WHERE number = 2 AND \
                 draw_id = (SELECT id FROM draw WHERE purpose = 'markers')",
        )
        .must_be_found_by(13, &["draw 2026-small/markers/1", "commitments"]);
}

#[test]
fn a_draw_given_up_in_silence() {
    Altered::new()
        .sql("UPDATE draw SET state = 'void', void_reason = 'x' WHERE purpose = 'panels'")
        .must_be_found_by(13, &["draws given up", "the log gave up"]);
}

#[test]
fn an_objection_deleted() {
    Altered::new()
        .sql("DELETE FROM objection WHERE number = 2")
        .must_be_found_by(15, &["objection", "none", "the log has 2"]);
}

#[test]
fn an_objection_answered_in_silence() {
    Altered::new()
        .sql("UPDATE objection SET state = 'upheld' WHERE number = 1")
        .must_be_found_by(15, &["upheld", "rejected"]);
}
