//! HTTP clients: one for the API, one that behaves like a browser.

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    pub text: String,
    pub bytes: Vec<u8>,
    /// The body as JSON, or null.
    pub json: Value,
    headers: ureq::http::HeaderMap,
}

impl Reply {
    fn from(mut response: Response<ureq::Body>) -> Self {
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned)
        };
        let (content_type, location) = (header("content-type"), header("location"));
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_to_vec()
            .unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            content_type: content_type.unwrap_or_default(),
            location,
            text,
            bytes,
            json,
            headers,
        }
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The id of what was created.
    pub fn id(&self) -> String {
        assert_eq!(self.status, 201, "{self:?}");
        self.json["id"].as_str().unwrap().to_owned()
    }

    /// Asserts a refusal with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.json["code"].as_str()),
            (status, Some(code)),
            "{self:?}"
        );
        assert_eq!(self.content_type, "application/problem+json");
    }

    /// Asserts that the input was refused at `place` with `code`.
    #[track_caller]
    pub fn fault(&self, place: &str, code: &str) {
        self.refused(422, "invalid-input");
        let errors = self.json["errors"].as_array().unwrap();
        let found = errors
            .iter()
            .any(|e| e["place"] == place && e["code"] == code);
        assert!(found, "no fault {code} at {place}: {self:?}");
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into()
}

/// A program that uses the API.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    token: Option<String>,
}

impl Client {
    pub fn new(base: &str) -> Self {
        Self {
            agent: agent(),
            base: format!("{base}/api/v1"),
            token: None,
        }
    }

    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Vec::new())
    }

    /// Gets a path outside the API.
    pub fn bare(&self, path: &str) -> Reply {
        let site = self.base.trim_end_matches("/api/v1");
        self.get(&format!("{site}{path}"))
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(
            "POST",
            path,
            &[("content-type", "application/json")],
            json(body),
        )
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(
            "PUT",
            path,
            &[("content-type", "application/json")],
            json(body),
        )
    }

    /// As `put`, but none when the server is gone.
    pub fn try_put(&self, path: &str, body: &Value) -> Option<Reply> {
        let request = self.agent.put(format!("{}{path}", self.base));
        let token = self.token.as_deref().unwrap_or_default();
        let request = request.header("authorization", format!("Bearer {token}"));
        let mut response = request.send_json(body).ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let json: Value = response.body_mut().read_json().ok()?;
        let (text, content_type) = (json.to_string(), String::new());
        Some(Reply {
            status,
            content_type,
            location: None,
            bytes: text.clone().into_bytes(),
            text,
            json,
            headers,
        })
    }

    pub fn delete(&self, path: &str, body: &Value) -> Reply {
        self.send(
            "DELETE",
            path,
            &[("content-type", "application/json")],
            json(body),
        )
    }

    /// Sends any request.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(body).unwrap();
        let agent = &self.agent;
        let config = agent
            .configure_request(request)
            .allow_non_standard_methods(true)
            .build();
        Reply::from(agent.run(config).unwrap())
    }
}

fn json(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).unwrap()
}

/// A browser: keeps cookies, sends forms with the token of the page, follows no redirect unseen.
pub struct Browser {
    agent: Agent,
    base: String,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self {
            agent: agent(),
            base: base.to_owned(),
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        Reply::from(
            self.agent
                .get(format!("{}{path}", self.base))
                .call()
                .unwrap(),
        )
    }

    /// Sends a form as it stands, without a token.
    pub fn submit_bare(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("sec-fetch-site", "same-origin");
        Reply::from(request.send_form(fields.iter().copied()).unwrap())
    }

    /// Opens `page`, takes the form token from it, and sends the form to `path`.
    pub fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let shown = self.get(page);
        let token = hidden_token(&shown.text);
        let mut all = fields.to_vec();
        if let Some(token) = &token {
            all.push(("_csrf", token));
        }
        self.submit_bare(path, &all)
    }

    pub fn sign_in(&self, email: &str) {
        let fields = [("email", email), ("password", super::PASSWORD)];
        let reply = self.submit("/sign-in", "/sign-in", &fields);
        assert_eq!(reply.status, 303, "{}", reply.text);
    }
}

fn hidden_token(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("name=\"_csrf\" value=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
