//! The frame of every page: who is looking, in which language.

use std::fmt::Display;

use super::{Answer, Lang, assets};
use crate::kernel::{Instant, Problem, Score, zone};
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _, web,
};
use askama::Template;

/// Who is signed in, as far as a page needs to know.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The name shown.
    pub name: String,
    /// Role codes.
    pub roles: Vec<&'static str>,
    /// The token that forms of this session carry.
    pub csrf: String,
}

/// What the frame of a page needs. An extractor.
#[derive(Debug, Clone)]
pub struct Page {
    /// The language.
    pub lang: Lang,
    /// Who is signed in.
    pub visitor: Option<Visitor>,
    /// The path of this page.
    pub path: String,
    /// A message key of what has just been done, from `?done=`.
    notice: Option<String>,
}

impl Page {
    /// The frame for a request.
    pub fn of(request: &HttpRequest) -> Self {
        let cookie = request
            .cookie("lang")
            .and_then(|cookie| Lang::from_tag(cookie.value()));
        let header = || {
            request
                .headers()
                .get(header::ACCEPT_LANGUAGE)?
                .to_str()
                .ok()
        };
        let done = request
            .query_string()
            .split('&')
            .find_map(|pair| pair.strip_prefix("done="));
        Self {
            lang: cookie
                .or_else(|| Lang::from_header(header()?))
                .unwrap_or_default(),
            visitor: request.extensions().get::<Visitor>().cloned(),
            path: request.path().to_owned(),
            notice: done.map(|key| format!("done-{key}")),
        }
    }

    /// The message `key`.
    pub fn t(&self, key: &str) -> String {
        self.lang.message(key)
    }

    /// The message made of a prefix and a code: `stage-` + `written_exam`.
    pub fn word(&self, prefix: &str, code: &str) -> String {
        self.lang
            .message(&format!("{prefix}-{}", code.replace('_', "-")))
    }

    /// The word for a code that people may have made up: without a message, the code itself.
    pub fn word_or_code(&self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}-{}", code.replace('_', "-"));
        if super::has_message(self.lang, &key) {
            self.t(&key)
        } else {
            code.to_owned()
        }
    }

    /// The message `key` with one parameter.
    pub fn t1(&self, key: &str, name: &'static str, value: impl Display) -> String {
        self.lang
            .message_with(key, [(name, value.to_string().as_str())])
    }

    /// The message `key` with two parameters.
    pub fn t2(
        &self,
        key: &str,
        first: &'static str,
        one: impl Display,
        second: &'static str,
        two: impl Display,
    ) -> String {
        let (one, two) = (one.to_string(), two.to_string());
        self.lang
            .message_with(key, [(first, one.as_str()), (second, two.as_str())])
    }

    /// The text in the page's language.
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::En if !en.is_empty() => en,
            _ => zh,
        }
    }

    /// An instant, in the examinations' zone.
    pub fn time(&self, at: &Instant) -> String {
        at.minute_in(&zone())
    }

    /// An instant, as the value of a `datetime-local` field.
    pub fn local(&self, at: &Instant) -> String {
        at.local_in(&zone())
    }

    /// A score with two decimals.
    pub fn score(&self, score: &Score) -> String {
        score.fixed(2)
    }

    /// The address of an embedded asset.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// What has just been done, if the address says so and the catalogue knows it.
    pub fn notice(&self) -> Option<String> {
        let key = self.notice.as_deref()?;
        super::has_message(self.lang, key).then(|| self.t(key))
    }

    /// The token for forms; empty for strangers.
    pub fn csrf(&self) -> &str {
        self.visitor.as_ref().map_or("", |visitor| &visitor.csrf)
    }

    /// Whether the visitor has the role.
    pub fn is(&self, role: &str) -> bool {
        self.visitor
            .as_ref()
            .is_some_and(|visitor| visitor.roles.contains(&role))
    }

    /// Whether this page lies under `path`, for marking the place in the menu.
    pub fn under(&self, path: &str) -> bool {
        self.path == path || self.path.starts_with(&format!("{path}/"))
    }
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

/// A page as an answer.
pub fn html(page: &impl Template) -> Answer<HttpResponse> {
    let text = page.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(text))
}

/// A page that shows a refusal, such as a form once more, with the refusal's status.
pub fn html_refused(problem: &Problem, page: &impl Template) -> Answer<HttpResponse> {
    let mut answer = html(page)?;
    *answer.status_mut() = problem.status_code();
    Ok(answer)
}

/// Sends the browser on with a GET, after something was done.
pub fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .finish()
}

/// Whether `path` leads to a page of this site and never elsewhere. Browsers take a backslash for
/// a slash and leave out tabs and line ends, so neither may stand in it.
pub fn is_local_path(path: &str) -> bool {
    let inside = path.starts_with('/') && !path.starts_with("//");
    inside && !path.contains(|c: char| c == '\\' || c.is_control())
}

/// The path and the query of the page at `address`, if they can be gone back to. Whose page it is
/// does not matter: the way leads to the same place of this site.
fn place_of(address: &str) -> Option<String> {
    let uri: actix_web::http::Uri = address.parse().ok()?;
    let place = uri.path_and_query()?.as_str();
    is_local_path(place).then(|| place.to_owned())
}

/// `/language/{tag}`: remembers the language and goes back to where the visitor was.
pub async fn switch_language(request: HttpRequest, tag: web::Path<String>) -> HttpResponse {
    let lang = Lang::from_tag(&tag).unwrap_or_default();
    let back = request
        .headers()
        .get(header::REFERER)
        .and_then(|referer| place_of(referer.to_str().ok()?))
        .unwrap_or_else(|| "/".to_owned());
    let cookie = Cookie::build("lang", lang.tag())
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .finish();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, back))
        .cookie(cookie)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_the_query_and_stays_on_this_site() {
        for (address, place) in [
            (
                "https://here.example/log?year=2026&before=50",
                Some("/log?year=2026&before=50"),
            ),
            ("https://here.example", Some("/")),
            ("/bank/items?state=draft", Some("/bank/items?state=draft")),
            ("https://here.example//evil.example?a=b", None),
            (
                "https://here.example/?next=//evil.example",
                Some("/?next=//evil.example"),
            ),
            ("not an address", None),
        ] {
            assert_eq!(place_of(address).as_deref(), place, "{address}");
        }
    }

    #[test]
    fn only_paths_of_this_site_are_local() {
        for local in ["/", "/my/applications?cursor=1", "/examinations/1#posts"] {
            assert!(is_local_path(local), "{local}");
        }
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "/\r\nset-cookie: a=b",
        ] {
            assert!(!is_local_path(elsewhere), "{elsewhere:?}");
        }
    }
}
