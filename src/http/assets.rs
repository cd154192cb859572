//! Style sheet and scripts, embedded in the program. Their address holds a hash of their content,
//! so a browser may keep them for ever and never shows an old one.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use sha2::{Digest as _, Sha256};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const ASSETS: &[Asset] = &[
    Asset {
        name: "keju.css",
        media_type: CSS,
        content: include_str!("assets/keju.css"),
    },
    Asset {
        name: "mark.svg",
        media_type: SVG,
        content: include_str!("assets/mark.svg"),
    },
    Asset {
        name: "forms.js",
        media_type: JS,
        content: include_str!("assets/forms.js"),
    },
    Asset {
        name: "check.js",
        media_type: JS,
        content: include_str!("../disclosure/assets/check.js"),
    },
    Asset {
        name: "ceremony.js",
        media_type: JS,
        content: include_str!("../ceremony/assets/ceremony.js"),
    },
    Asset {
        name: "import.js",
        media_type: JS,
        content: include_str!("../bank/assets/import.js"),
    },
    Asset {
        name: "rich.js",
        media_type: JS,
        content: include_str!("../bank/assets/rich.js"),
    },
    Asset {
        name: "live.js",
        media_type: JS,
        content: include_str!("assets/live.js"),
    },
    Asset {
        name: "room.js",
        media_type: JS,
        content: include_str!("../sitting/assets/room.js"),
    },
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hash = ASSETS.iter().fold(Sha256::new(), |hash, asset| {
        hash.chain_update(asset.content)
    });
    hex::encode(hash.finalize()).chars().take(12).collect()
});

/// The address of an asset.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// Serves `/assets/{version}/{name}`.
pub async fn serve(path: web::Path<(String, String)>) -> HttpResponse {
    let (version, name) = path.into_inner();
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return HttpResponse::NotFound().finish();
    };
    let cache = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    HttpResponse::Ok()
        .insert_header(("content-type", asset.media_type))
        .insert_header(("cache-control", cache))
        .body(asset.content)
}
