//! A private PostgreSQL server for the test process. Its programs refuse to run as root, so under
//! root they run as the user `nobody`; the server ends with the process that started it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const NOBODY: u32 = 65534;

static SERVER: OnceLock<Option<PathBuf>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The URL of a new, empty database; none without PostgreSQL, if it is not required.
pub fn fresh_database() -> Option<String> {
    let Some(socket) = SERVER.get_or_init(start) else {
        let required = std::env::var("KEJU_TEST_REQUIRE").is_ok_and(|value| value == "all");
        assert!(
            !required,
            "KEJU_TEST_REQUIRE=all, and PostgreSQL is not installed"
        );
        return None;
    };
    let name = format!("keju_{}", NEXT.fetch_add(1, Ordering::SeqCst));
    let sql = format!("CREATE DATABASE {name}");
    for _ in 0..50 {
        if psql(socket, &sql) {
            let host = socket.display();
            return Some(format!("postgres:///{name}?host={host}&user=keju"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("cannot create a test database");
}

fn psql(socket: &Path, sql: &str) -> bool {
    let mut command = Command::new(program("psql").unwrap());
    command
        .args(["-U", "keju", "-d", "postgres", "-q", "-c", sql, "-h"])
        .arg(socket);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The newest installation of a program of the server.
fn program(name: &str) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin").join(name))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|dir| dir.join(name))
            .find(|path| path.exists())
    })
}

fn start() -> Option<PathBuf> {
    let (initdb, postgres) = (program("initdb")?, program("postgres")?);
    let dir = super::fresh_dir();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let root = fs::metadata("/proc/self").is_ok_and(|m| {
        use std::os::unix::fs::MetadataExt as _;
        m.uid() == 0
    });
    if root {
        chown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let as_user = |mut command: Command| {
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
            .current_dir(&dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let mut make = as_user(Command::new(initdb));
    make.args(["-U", "keju", "-A", "trust", "-E", "UTF8", "--no-sync", "-D"])
        .arg(dir.join("data"));
    assert!(make.status().unwrap().success(), "initdb failed");
    // The shell keeps watch: when the test process is gone, it stops the server and cleans up.
    let script = format!(
        "'{}' -D '{data}' -k '{dir}' -c listen_addresses= -c fsync=off -c max_connections=1500 \
         -c shared_buffers=64MB & pid=$!; \
         while [ -d /proc/{parent} ]; do sleep 1; done; kill -INT $pid; wait $pid; rm -rf '{dir}'",
        postgres.display(),
        data = dir.join("data").display(),
        dir = dir.display(),
        parent = std::process::id(),
    );
    let mut keep = as_user(Command::new("/bin/sh"));
    keep.arg("-c")
        .arg(script)
        .stdin(Stdio::null())
        .process_group(0);
    #[expect(
        clippy::zombie_processes,
        reason = "it outlives this process, to clean up after it"
    )]
    let _keeper = keep.spawn().unwrap();
    Some(dir)
}
