//! The ZIP file and its manifest.
//!
//! Nothing is unpacked but the files that are read, and none of them to a disk; names that would
//! lead out of the package are refused all the same, for whoever makes them means harm.

use std::io::{Cursor, Read as _, Write as _};

use roxmltree::Node;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::bank::item::Difficulty;
use crate::kernel::Fault;

use super::super::draft::clip;
use super::super::foreign::Labels;
use super::super::text::decode;
use super::super::{BYTES_MAX, markup};
use super::text::{attribute, is};

/// How every ZIP file with something in it begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// The index of a package.
pub(super) const MANIFEST: &str = "imsmanifest.xml";

/// Most files of a package.
const ENTRIES_MAX: usize = 120_000;
/// Most bytes that a package may unpack to.
const UNPACKED_MAX: u64 = 200 << 20;
/// How many times its packed size a file may be, if it is larger than [`SMALL`].
const RATIO_MAX: u64 = 200;
/// What unpacks to no more does no harm.
const SMALL: u64 = 1 << 20;

/// A package that is being read.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The folder of the manifest, with a slash behind it; empty for the top.
    root: String,
    /// Bytes that may still be unpacked.
    left: u64,
}

/// What the manifest says of one file.
#[derive(Debug, Default)]
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) href: String,
    pub(super) labels: Labels,
    /// A keyword that means nothing here.
    pub(super) stray: Option<String>,
}

fn damaged(reason: impl std::fmt::Display) -> Fault {
    Fault::new("file", "zip-damaged").with("reason", clip(&reason.to_string()))
}

impl<'a> Package<'a> {
    /// Opens a package once all its names and sizes are in order.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if archive.len() > ENTRIES_MAX {
            return Err(Fault::new("file", "too-many-files").with("max", ENTRIES_MAX));
        }
        if archive.has_duplicate_names() {
            return Err(Fault::new("file", "zip-duplicate"));
        }
        let mut sizes = 0_u64;
        let mut manifests = Vec::new();
        for at in 0..archive.len() {
            let entry = archive.by_index_data(at).map_err(damaged)?;
            let name = entry.name().map_err(damaged)?.into_owned();
            check_name(&name)?;
            check_ratio(&name, entry.size(), entry.compressed_size())?;
            sizes = sizes.saturating_add(entry.size());
            manifests.extend(name.strip_suffix(MANIFEST).map(str::to_owned));
        }
        if sizes > UNPACKED_MAX {
            return Err(Fault::new("file", "file-too-large").with("max", UNPACKED_MAX >> 20));
        }
        let root = root(manifests)?;
        Ok(Self {
            archive,
            root,
            left: UNPACKED_MAX,
        })
    }

    /// The text of a file of the package.
    pub(super) fn read(&mut self, path: &str) -> Result<String, Fault> {
        let (text, _) = decode(&self.bytes(path)?).map_err(|unread| Fault {
            place: path.to_owned(),
            ..unread
        })?;
        Ok(text)
    }

    /// What a file of the package holds.
    pub(super) fn bytes(&mut self, path: &str) -> Result<Vec<u8>, Fault> {
        let fault = |code| Fault::new(path, code);
        let whole = format!("{}{path}", self.root);
        let index = self.archive.index_for_name(&whole);
        let index = index.ok_or_else(|| fault("file-missing"))?;
        let unreadable = |error: &dyn std::fmt::Display| {
            fault("zip-damaged").with("reason", clip(&error.to_string()))
        };
        let entry = self.archive.by_index(index).map_err(|e| unreadable(&e))?;
        let max = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).min(self.left);
        let mut bytes = Vec::new();
        let size = entry.take(max + 1).read_to_end(&mut bytes);
        let size = u64::try_from(size.map_err(|e| unreadable(&e))?).unwrap_or(u64::MAX);
        if size > max {
            return Err(fault("file-too-large").with("max", max >> 20));
        }
        self.left -= size;
        Ok(bytes)
    }

    /// The files that the manifest lists.
    pub(super) fn resources(&mut self) -> Result<Vec<Resource>, Fault> {
        let text = self.read(MANIFEST)?;
        let document = markup::parse(MANIFEST, &text)?;
        if !is(document.root_element(), "manifest") {
            return Err(Fault::new(MANIFEST, "not-a-manifest"));
        }
        let nodes = document.descendants().filter(|node| is(*node, "resource"));
        Ok(nodes.map(resource).collect())
    }
}

/// Whether any file of a ZIP file is called like a manifest.
pub(super) fn has_manifest(bytes: &[u8]) -> bool {
    let archive = ZipArchive::new(Cursor::new(bytes));
    archive.is_ok_and(|archive| {
        let mut names = archive.file_names_raw();
        names.any(|name| name.ends_with(MANIFEST.as_bytes()))
    })
}

/// Names are paths within the package.
fn check_name(name: &str) -> Result<(), Fault> {
    let outside = name.starts_with('/') || name.contains(['\\', ':', '\0']);
    if outside || name.split('/').any(|step| step == "..") {
        return Err(Fault::new("file", "zip-path").with("found", clip(name)));
    }
    Ok(())
}

fn check_ratio(name: &str, size: u64, packed: u64) -> Result<(), Fault> {
    if size > SMALL && size / packed.max(1) > RATIO_MAX {
        return Err(Fault::new("file", "zip-ratio").with("found", clip(name)));
    }
    Ok(())
}

/// The folder of the manifest: the top, or the only folder that has one.
fn root(manifests: Vec<String>) -> Result<String, Fault> {
    let missing = || Fault::new(MANIFEST, "file-missing");
    if manifests.iter().any(String::is_empty) {
        return Ok(String::new());
    }
    let mut folders = manifests.into_iter().filter(|folder| folder.ends_with('/'));
    let folder = folders.next().ok_or_else(missing)?;
    if folders.next().is_some() {
        return Err(missing());
    }
    Ok(folder)
}

fn resource(node: Node<'_, '_>) -> Resource {
    let text = |name| attribute(node, name).unwrap_or_default().trim().to_owned();
    let mut resource = Resource {
        kind: text("type").to_ascii_lowercase(),
        href: text("href"),
        ..Resource::default()
    };
    for inner in node.descendants() {
        let said = || markup::content(inner).trim().to_owned();
        if is(inner, "keyword") && !resource.labels.take(&said()) {
            resource.stray.get_or_insert_with(said);
        }
        if is(inner, "difficulty") && resource.labels.difficulty.is_none() {
            let value = inner.children().find(|child| is(*child, "value"));
            let value = value.map_or(String::new(), markup::content);
            resource.labels.difficulty = difficulty(value.trim());
        }
    }
    resource
}

/// The words of IEEE 1484.12 (LOM).
fn difficulty(word: &str) -> Option<Difficulty> {
    match word {
        "very easy" | "easy" => Some(Difficulty::Easy),
        "medium" => Some(Difficulty::Medium),
        "difficult" | "very difficult" => Some(Difficulty::Hard),
        _ => None,
    }
}

/// The path that `href` means in the file at `base`; none if it leads out of the package.
pub(super) fn resolve(base: &str, href: &str) -> Option<String> {
    let href = href.split(['#', '?']).next().unwrap_or_default();
    let href = unescaped(href)?;
    if href.starts_with('/') || href.contains(['\\', ':', '\0']) {
        return None;
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in href.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}

/// `%20` and its like, decoded.
fn unescaped(href: &str) -> Option<String> {
    let mut parts = href.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())?;
        bytes.push(byte);
        bytes.extend(part.as_bytes().get(2..)?);
    }
    String::from_utf8(bytes).ok()
}

/// A package of files, each with its name. The same files make the same bytes.
pub(super) fn pack<B: AsRef<[u8]>>(files: &[(String, B)]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).ok()?;
        writer.write_all(bytes.as_ref()).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}
