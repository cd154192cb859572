//! What the server writes about itself names no person and holds no secret.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keju::app::demo::{SEED, cast};
use serde_json::json;

use crate::support::{Browser, Client, fresh_dir};

/// The program, serving, with its log in a file.
struct Logged {
    process: Child,
    log: std::path::PathBuf,
}

impl Logged {
    fn start() -> Self {
        let data = fresh_dir();
        let log = data.with_extension("log");
        let process = Command::new(env!("CARGO_BIN_EXE_keju"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .env("KEJU_LOG", "debug")
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { process, log }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The address, as soon as the log tells it.
    fn base(&self) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let text = self.text();
            let told = text
                .lines()
                .find_map(|line| line.split_once("serves at http:"));
            if let Some((_, address)) = told {
                return format!("http:{}", address.trim());
            }
            assert!(Instant::now() < until, "the server did not start:\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}

#[test]
fn logs_name_nobody_and_hold_no_secret_however_much_is_logged() {
    let server = Logged::start();
    let base = server.base();
    let person = cast::candidate(&SEED, "logs", 1);
    let nobody = Client::new(&base);
    let sign_up = json!({
        "name": person.name, "resident_id": person.resident_id, "email": person.email,
    });
    assert_eq!(nobody.post("/candidates", &sign_up).status, 202);
    let wrong = json!({ "email": person.email, "password": "a-wrong-password" });
    assert_eq!(nobody.post("/sessions", &wrong).status, 401);
    let forgotten = json!({ "email": person.email });
    assert_eq!(nobody.post("/password-resets", &forgotten).status, 202);
    let broken = json!({ "name": person.name, "resident_id": person.resident_id, "email": 7 });
    assert_eq!(nobody.post("/candidates", &broken).status, 422);
    let browser = Browser::new(&base);
    assert_eq!(
        browser.get("/verify-email?token=a-secret-token").status,
        409
    );
    assert_eq!(
        nobody.with_token("a-bearer-token").get("/account").status,
        401
    );
    // The mail leaves meanwhile.
    std::thread::sleep(Duration::from_millis(1500));

    let text = server.text();
    assert!(
        text.contains("/api/v1/candidates"),
        "nothing was logged:\n{text}"
    );
    let birthday = &person.resident_id[6..14];
    let personal = [&*person.name, &person.resident_id, birthday, &person.email];
    let secret = ["a-wrong-password", "a-secret-token", "a-bearer-token"];
    for hidden in personal.into_iter().chain(secret) {
        assert!(!text.contains(hidden), "the log holds {hidden}:\n{text}");
    }
}
