//! Items from files. Every import is all or nothing: either every item in the file is sound, or
//! the answer is a list of all that is wrong, each named by its place, and nothing is kept.
//!
//! The bank's own `toml` files stand in a `folder`; their bytes become `text`, and what they word
//! as an item is a `draft`.

mod draft;
pub mod folder;
#[cfg(test)]
mod testing;
pub mod text;
pub mod toml;
mod words;

pub use folder::{BankFolder, read_bank_dir, shipped};

use crate::kernel::Fault;

/// Most bytes of a file.
pub const BYTES_MAX: usize = 20 << 20;

fn check_size(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::new("file", "file-too-large").with("max", BYTES_MAX >> 20));
    }
    Ok(())
}
