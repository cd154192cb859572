//! The log's verifier in Go: code of the people who made Go's checksum database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Where Debian's `golang-golang-x-mod-dev` puts its sources.
const SOURCES: &str = "/usr/share/gocode";

/// The built verifier; none without Go, if it is not required.
pub fn verifier() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    let there = Path::new(SOURCES)
        .join("src/golang.org/x/mod/sumdb/tlog")
        .exists();
    let go = Command::new("go").arg("version").output().is_ok();
    if !there || !go {
        let required = std::env::var("KEJU_TEST_REQUIRE").is_ok_and(|value| value == "all");
        assert!(
            !required,
            "KEJU_TEST_REQUIRE=all, and Go with x/mod is not installed"
        );
        eprintln!("not run: Go and golang.org/x/mod are not installed");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = folder.join("log-verifier");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/log/main.go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", SOURCES)
        .env("GOCACHE", folder.join("go"))
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    Some(program)
}

/// What the verifier says of the log at `prefix`, and of a checkpoint kept from before.
pub fn check(
    verifier: &Path,
    vkey: &str,
    prefix: &str,
    older: Option<&Path>,
) -> Result<String, String> {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(verifier)
        .args([vkey, prefix])
        .args(older)
        .output()
        .unwrap();
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if status.success() {
        Ok(said(stdout))
    } else {
        Err(said(stderr))
    }
}
