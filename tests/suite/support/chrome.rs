//! A real browser: Chromium through its driver, over the W3C WebDriver protocol.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A browser window. It closes when dropped.
pub struct Chrome {
    driver: Child,
    session: String,
    base: String,
    profile: PathBuf,
}

fn found(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|p| p.exists())
}

impl Chrome {
    /// Opens a window for the site at `base`; none without a browser, if it is not required.
    pub fn open(base: &str) -> Option<Self> {
        let programs =
            found(&["chromedriver"]).zip(found(&["chromium", "chromium-browser", "google-chrome"]));
        let Some((driver, browser)) = programs else {
            let required = std::env::var("KEJU_TEST_REQUIRE").is_ok_and(|value| value == "all");
            assert!(
                !required,
                "KEJU_TEST_REQUIRE=all, and Chromium is not installed"
            );
            eprintln!("not run: Chromium and its driver are not installed");
            return None;
        };
        let profile = super::fresh_dir();
        // The port that a driver chooses may be taken before it listens: then another one is tried.
        let started = (0..3).find_map(|_| start(&driver));
        let (driver, port, lines) = started.expect("chromedriver starts");
        // Keep reading, or the driver stops when its pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let options = json!({
            "binary": browser,
            "prefs": { "intl.accept_languages": "zh-CN,zh" },
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--disable-dev-shm-usage", "--lang=zh-CN",
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let address = format!("http://127.0.0.1:{port}/session");
        let answer = send(&address, Some(&wanted));
        let id = answer["value"]["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"));
        let session = format!("{address}/{id}");
        let chrome = Self {
            driver,
            session,
            base: base.to_owned(),
            profile,
        };
        chrome.size(1280, 900);
        Some(chrome)
    }

    fn call(&self, path: &str, body: &Value) -> Value {
        let answer = send(&format!("{}{path}", self.session), Some(body));
        assert!(
            answer["value"]["error"].is_null(),
            "{path} {body}: {answer}"
        );
        answer["value"].clone()
    }

    /// Sets the width and height of the page itself, phone widths included.
    pub fn size(&self, width: u32, height: u32) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.call("/goog/cdp/execute", &command);
    }

    pub fn go(&self, path: &str) {
        self.call("/url", &json!({ "url": format!("{}{path}", self.base) }));
    }

    pub fn path(&self) -> String {
        let url = send(&format!("{}/url", self.session), None)["value"]
            .as_str()
            .unwrap()
            .to_owned();
        url.trim_start_matches(&self.base).to_owned()
    }

    /// Runs JavaScript in the page and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn find(&self, css: &str) -> Option<String> {
        let body = json!({ "using": "css selector", "value": css });
        let answer = send(&format!("{}/element", self.session), Some(&body));
        // An element reference has one well-known key (W3C WebDriver, 12.1); an error has others.
        let reference = &answer["value"]["element-6066-11e4-a52e-4f735466cecf"];
        reference.as_str().map(str::to_owned)
    }

    /// Waits for an element that fits the selector.
    #[track_caller]
    fn wait(&self, css: &str) -> String {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(element) = self.find(css) {
                return element;
            }
            assert!(
                Instant::now() < until,
                "no {css} at {}:\n{}",
                self.path(),
                self.text("body")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub fn click(&self, css: &str) {
        let element = self.wait(css);
        self.call(&format!("/element/{element}/click"), &json!({}));
        self.settle();
    }

    /// Waits until a form that was sent has its answer and the page it leads to is there. When the
    /// page asks a question, it is answered first.
    fn settle(&self) {
        let script = "return document.readyState === 'complete' \
                      && !document.querySelector('form[aria-busy=true]')";
        let body = json!({ "script": script, "args": [] });
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            std::thread::sleep(Duration::from_millis(30));
            // To run a script would take the question away.
            let question = send(&format!("{}/alert/text", self.session), None);
            if question["value"].is_string() {
                return;
            }
            let answer = send(&format!("{}/execute/sync", self.session), Some(&body));
            if answer["value"] == true {
                return;
            }
        }
    }

    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        let element = self.wait(css);
        self.call(&format!("/element/{element}/clear"), &json!({}));
        self.call(
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// What a person reads in the element.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let element = self.wait(css);
        let answer = send(&format!("{}/element/{element}/text", self.session), None);
        answer["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the element's text holds `wanted`.
    #[track_caller]
    pub fn sees(&self, css: &str, wanted: &str) {
        let until = Instant::now() + Duration::from_secs(10);
        while !self.text(css).contains(wanted) {
            let text = self.text(css);
            assert!(
                Instant::now() < until,
                "{css} does not say {wanted:?} but {text:?}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Errors the page has reported since the last look.
    pub fn errors(&self) -> Vec<String> {
        let entries = self.call("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub fn sign_in_with(&self, email: &str, password: &str) {
        self.go("/sign-in");
        self.fill("#email", email);
        self.fill("#password", password);
        self.click("form.stack button");
        self.wait("form[action='/sign-out']");
    }

    pub fn sign_in(&self, email: &str) {
        self.sign_in_with(email, super::PASSWORD);
    }

    /// Answers the question that the page asks.
    pub fn accept(&self) {
        self.call("/alert/accept", &json!({}));
        self.settle();
    }

    /// How many pixels of the page run off the side.
    pub fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - window.innerWidth";
        self.run(script).as_i64().unwrap_or_default().max(0)
    }

    /// Saves a picture of the page if `KEJU_TEST_PICTURES` names a folder.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("KEJU_TEST_PICTURES") else {
            return;
        };
        let height = self.run("return document.documentElement.scrollHeight");
        let params = json!({ "captureBeyondViewport": true, "clip": {
            "x": 0, "y": 0, "scale": 1, "width": self.run("return innerWidth"), "height": height,
        } });
        let command = json!({ "cmd": "Page.captureScreenshot", "params": params });
        let picture = self.call("/goog/cdp/execute", &command);
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture["data"].as_str().unwrap())
            .unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

fn send(url: &str, body: Option<&Value>) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut answer = match body {
        Some(body) => agent.post(url).send_json(body).unwrap(),
        None => agent.get(url).call().unwrap(),
    };
    answer
        .body_mut()
        .with_config()
        .limit(1 << 28)
        .read_json()
        .unwrap()
}

/// A driver, its port and what it says, if it came to listen.
fn start(program: &std::path::Path) -> Option<(Child, u16, Lines<BufReader<ChildStdout>>)> {
    let mut driver = Command::new(program)
        .args(["--port=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    if port.is_none() {
        let _ = driver.wait();
    }
    Some((driver, port?, lines))
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let agent = ureq::agent();
        let _ = agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
