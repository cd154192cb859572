//! QTI: question and test interoperability, by 1EdTech (formerly IMS Global).
//!
//! Read are packages and single items of QTI 2.1, 2.2
//! (<https://www.imsglobal.org/question/index.html>) and 3.0
//! (<https://www.imsglobal.org/spec/qti/v3p0/impl>); written are packages of 2.2 and 3.0. The
//! versions differ in names (`choiceInteraction`, `qti-choice-interaction`), which are read as one.
//!
//! - `package`: the ZIP file and its manifest (IMS content packaging 1.1)
//! - `text`: names, and XHTML as plain text
//! - `read` and `response`: one item
//! - `write`, `ask` and `manifest`: all of a batch

mod ask;
mod manifest;
mod package;
mod read;
mod response;
mod text;
mod write;

pub use write::write;

use crate::kernel::Fault;

use super::foreign::{Defaults, Finds, Labels, Loss, Reading, check_size};
use super::text::decode;
use package::{Package, Resource};

/// The version that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// QTI 2.2, which most programs read.
    V2p2,
    /// QTI 3.0.
    V3p0,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V2p2, Self::V3p0];
}

/// Whether a ZIP file (which a workbook is too) is a package: whether it has a manifest.
pub fn is_package(bytes: &[u8]) -> bool {
    package::has_manifest(bytes)
}

/// Reads a package, or a file with a single item.
pub fn read(bytes: &[u8], defaults: &Defaults) -> Reading {
    check_size(bytes.len())?;
    let mut finds = Finds::default();
    if bytes.starts_with(package::MAGIC) {
        packed(bytes, &mut finds).map_err(|fault| vec![fault])?;
    } else {
        let (text, _) = decode(bytes).map_err(|fault| vec![fault])?;
        let mut reader = read::Reader::new(None, &mut finds);
        let faults = |fault| vec![fault];
        reader
            .item("file", &text, Labels::default())
            .map_err(faults)?;
    }
    finds.finish(defaults)
}

fn packed(bytes: &[u8], finds: &mut Finds) -> Result<(), Fault> {
    let mut package = Package::open(bytes)?;
    let resources = package.resources()?;
    let old = |resource: &&Resource| resource.kind.starts_with("imsqti_xmlv1");
    if let Some(resource) = resources.iter().find(old) {
        let fault = Fault::new(package::MANIFEST, "qti-version");
        return Err(fault.with("found", &resource.kind));
    }
    if resources
        .iter()
        .any(|resource| resource.kind.starts_with("imsqti_test"))
    {
        finds.lose(Loss::new(package::MANIFEST, "test"));
    }
    let mut reader = read::Reader::new(Some(package), finds);
    for resource in resources {
        if reader.is_full() {
            break;
        }
        if resource.kind.starts_with("imsqti_item") {
            reader.resource(resource);
        }
    }
    Ok(())
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
