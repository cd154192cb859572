//! Writes the manifest of a package.

use crate::bank::item::{Difficulty, Item};

use super::super::Batch;
use super::super::leaving::tags;
use super::super::markup::escape;
use super::Version;
use super::write::{DECLARATION, Form, element, identifier, item_path, stimulus_path};

impl Form<'_> {
    pub(super) fn manifest(self, batch: &Batch) -> String {
        let (space, schema, schema_version) = match self.version {
            Version::V2p2 => (
                "http://www.imsglobal.org/xsd/imscp_v1p1",
                "QTIv2.2 Package",
                "1.0.0",
            ),
            Version::V3p0 => (
                "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
                "QTI Package",
                "3.0.0",
            ),
        };
        let metadata =
            element("schema", &[], schema) + &element("schemaversion", &[], schema_version);
        let stimuli = batch.stimuli.iter().map(|stimulus| {
            let file = stimulus_path(&stimulus.code);
            self.resource(
                &identifier("s", &stimulus.code),
                "stimulus",
                &file,
                ["", ""],
            )
        });
        let items = batch.items.iter().map(|item| self.listed(item));
        let resources: String = stimuli.chain(items).collect();
        let parts = [
            element("metadata", &[], &metadata),
            element("organizations", &[], ""),
            element("resources", &[], &resources),
        ];
        let attributes = [
            ("xmlns", space),
            ("xmlns:imsmd", "http://ltsc.ieee.org/xsd/LOM"),
            ("identifier", "keju-bank"),
        ];
        DECLARATION.to_owned() + &element("manifest", &attributes, &parts.concat()) + "\n"
    }

    fn listed(self, item: &Item) -> String {
        let file = item_path(&item.code);
        let needs = item.stimulus.as_deref().map_or(String::new(), |code| {
            let id = identifier("s", code);
            element("dependency", &[("identifierref", &id)], "")
        });
        let id = identifier("i", &item.code);
        self.resource(&id, "item", &file, [&lom(item), &needs])
    }

    /// A file, what is said of it and what it needs.
    fn resource(self, id: &str, kind: &str, file: &str, [said, needs]: [&str; 2]) -> String {
        let version = match self.version {
            Version::V2p2 => "2p2",
            Version::V3p0 => "3p0",
        };
        let kind = format!("imsqti_{kind}_xmlv{version}");
        let attributes = [("identifier", id), ("type", &kind), ("href", file)];
        let inner = format!("{said}{}{needs}", element("file", &[("href", file)], ""));
        element("resource", &attributes, &inner) + "\n"
    }
}

/// The labels of an item, as IEEE 1484.12 (LOM) has them.
fn lom(item: &Item) -> String {
    let el = |name: &str, inner: &str| element(&format!("imsmd:{name}"), &[], inner);
    let keyword = |tag: String| el("keyword", &el("string", &escape(&tag)));
    let general = el(
        "general",
        &tags(item).into_iter().map(keyword).collect::<String>(),
    );
    let word = match item.difficulty {
        Difficulty::Easy => "easy",
        Difficulty::Medium => "medium",
        Difficulty::Hard => "difficult",
    };
    let difficulty = el("source", "LOMv1.0") + &el("value", word);
    let educational = el("educational", &el("difficulty", &difficulty));
    element("metadata", &[], &el("lom", &(general + &educational)))
}
