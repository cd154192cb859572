//! What can be done once an examination is over. To hold one takes its time, so these stories share
//! one on each database.

use keju::app::demo::small_season;

use crate::support::on_both;
use crate::{bad_input, find, objections, receipts};

on_both! {
fn after_the_results_receipts_prove_them_exports_hold_names_and_objections_are_answered(app: TestApp) {
    let season = small_season(&app.store, &app.clock).unwrap();
    receipts::of_answers_marks_and_rank(&app);
    bad_input::names_are_for_the_office(&app, &season);
    objections::from_filing_to_answer(&app, &season);
    find::by_use(&app);
}}
