//! `keju record`: the public record of an examination as a file.

use std::path::Path;

use super::open_store;
use crate::config::Settings;
use crate::disclosure::record::Records;
use crate::kernel::{Clock, Problem};

/// Writes the record of the examination with this code. What is published lies in the data
/// directory: run `keju log publish` first where no server does so.
pub fn record(settings: &Settings, code: &str, out: &Path) -> Result<(), Problem> {
    let store = open_store(settings, Clock::system())?;
    let records = Records::new(settings.data.join("record"), settings.logs());
    let written = records.write_to(&store, code, out);
    store.close();
    written
}
