//! What the command line does.

mod angoff;
mod assemble;
mod backup;
mod bank;
mod calibrate;
mod draw;
mod exact;
mod files;
mod log;
mod record;
mod serve;
mod verify;
mod walk_in;
mod witness;

use std::fs::File;
use std::path::Path;

pub use super::demo::demo;
pub use angoff::{Assumed, angoff, standard_text, write_rated};
pub use assemble::{Made, Order, assemble, made_text};
pub use backup::{Manifest, backup, restore};
pub use bank::{
    Checked, Converted, Given, Remark, Twins, check as check_items, checked_text,
    convert as convert_items, converted_text, given_text, instances, pool as pool_items,
    write_instances,
};
pub use calibrate::{
    Calibration, Estimate, calibrate, calibration_text, statistics, statistics_text,
};
pub use draw::draw_secret;
pub use exact::{Exactly, exact};
pub use log::{log_cosign, log_publish, log_request};
pub use record::record;
pub use serve::{serve, serve_store};
pub use verify::{as_json, audit, verify, verify_record};
pub use walk_in::walk_in;
pub use witness::{witness, witness_file, witness_key};

use super::api_document;
use crate::config::Settings;
use crate::kernel::{Clock, Problem};
use crate::store::{Store, Vault};

/// The OpenAPI document as JSON text.
pub fn openapi() -> Result<String, Problem> {
    api_document().to_pretty_json().map_err(Problem::internal)
}

/// Holds the data directory for one process while it lives.
pub struct DataLock(#[expect(dead_code, reason = "held, not read")] File);

/// Takes the data directory, making it if need be. A second server on it is refused.
pub fn lock_data(data: &Path) -> Result<DataLock, Problem> {
    files::make_dirs(data)?;
    let lock = data.join("lock");
    let file = File::create(&lock).map_err(|e| files::named(&lock, &e))?;
    file.try_lock()
        .map_err(|_| Problem::internal(format!("{} is in use by another keju", data.display())))?;
    Ok(DataLock(file))
}

/// Opens the store that the settings name.
pub fn open_store(settings: &Settings, clock: Clock) -> Result<Store, Problem> {
    Store::open(settings.target(), clock, Vault::open(&settings.data)?)
}

/// Brings the schema of the database up to date, as the login of the settings.
pub fn migrate(settings: &Settings) -> Result<(), Problem> {
    let store = open_store(settings, Clock::system())?;
    store.close();
    Ok(())
}
