//! Problems as answers: problem+json (RFC 9457) for the API, a readable page for people.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde::Serialize;

use super::{Lang, Page};
use crate::kernel::error::{Arg, Kind};
use crate::kernel::{Fault, Problem};

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self.kind {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Only the status; [`render_problems`] writes the body in the visitor's language.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The body of a problem answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// A stable address for this kind of problem.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// The wrong places in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FaultBody>,
}

/// One wrong place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FaultBody {
    /// The field, or the row and column of a file.
    pub place: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong there.
    pub detail: String,
}

fn sentence(lang: Lang, key: &str, args: &[Arg]) -> String {
    let words: Vec<(&str, String)> = args.iter().map(|arg| in_words(lang, arg)).collect();
    lang.message_with(
        key,
        words.iter().map(|(name, value)| (*name, value.as_str())),
    )
}

/// A role in a sentence is said as people say it, and not as its code.
fn in_words(lang: Lang, (name, value): &Arg) -> (&'static str, String) {
    let role = format!("role-{}", value.replace('_', "-"));
    let said = matches!(*name, "role" | "held" | "wanted") && super::has_message(lang, &role);
    let value = if said {
        lang.message(&role)
    } else {
        value.clone()
    };
    (name, value)
}

fn fault_body(lang: Lang, fault: &Fault) -> FaultBody {
    let detail = sentence(lang, &format!("fault-{}", fault.code), &fault.args);
    FaultBody {
        place: fault.place.clone(),
        code: fault.code,
        detail,
    }
}

impl ProblemBody {
    /// The problem in words.
    pub fn new(problem: &Problem, lang: Lang) -> Self {
        Self {
            problem_type: format!("/problems/{}", problem.code),
            title: sentence(lang, &format!("problem-{}", problem.code), &problem.args),
            status: problem.status_code().as_u16(),
            code: problem.code,
            errors: problem
                .faults
                .iter()
                .map(|fault| fault_body(lang, fault))
                .collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "http/templates/problem.html")]
struct ProblemPage {
    page: Page,
    problem: ProblemBody,
}

/// Middleware: gives every refusal its body. A visitor who must sign in first is sent there.
pub async fn render_problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let by_script = by_script(request.headers());
    let response = next.call(request).await?;
    let Some(problem) = response.response().error().map(problem_of) else {
        return Ok(if by_script {
            tell_where_to_go(response).map_into_left_body()
        } else {
            response.map_into_left_body()
        });
    };
    if problem.kind == Kind::Internal {
        tracing::error!(path = response.request().match_pattern(), %problem, "request failed");
    }
    let answer = render(response.request(), &problem);
    let (request, _) = response.into_parts();
    Ok(ServiceResponse::new(request, answer.map_into_right_body()))
}

/// Whether a script of our pages sends the form: it shows a refusal beside the fields.
fn by_script(headers: &header::HeaderMap) -> bool {
    headers.contains_key("x-keju-form")
}

/// A script cannot see where a redirect leads, so it is told: 204 with the same `Location`.
fn tell_where_to_go<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    if response.status() == StatusCode::SEE_OTHER {
        *response.response_mut().status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

/// The problem behind an error, whoever raised it.
fn problem_of(error: &Error) -> Problem {
    if let Some(known) = error.as_error::<Problem>() {
        return known.clone();
    }
    match error.as_response_error().status_code() {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge, "body-too-large"),
        status if status.is_client_error() => Problem::malformed("malformed-request"),
        _ => Problem::internal(error.to_string()),
    }
}

fn render(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let page = Page::of(request);
    let status = problem.status_code();
    let mut answer = HttpResponse::build(status);
    if matches!(problem.kind, Kind::Unavailable | Kind::TooMany) {
        answer.insert_header((header::RETRY_AFTER, "2"));
    }
    let body = ProblemBody::new(problem, page.lang);
    if request.path().starts_with("/api/") || by_script(request.headers()) {
        return answer
            .content_type("application/problem+json")
            .json(body)
            .map_into_boxed_body();
    }
    let reads = request.method() == actix_web::http::Method::GET;
    if problem.kind == Kind::Unauthenticated && reads && page.visitor.is_some() {
        // Somebody is signed in and may not act yet: the first password is still the one given.
        return super::see_other("/account?done=change-password-first");
    }
    if problem.kind == Kind::Unauthenticated && reads {
        let here: String = form_urlencoded(request.uri().path());
        return super::see_other(&format!("/sign-in?next={here}"));
    }
    match (ProblemPage {
        page,
        problem: body,
    })
    .render()
    {
        Ok(html) => answer.content_type("text/html; charset=utf-8").body(html),
        Err(_) => answer.finish(),
    }
}

fn form_urlencoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The answer where nothing is: unknown paths, wrong methods.
pub async fn path_not_found(request: HttpRequest) -> Answer<HttpResponse> {
    drop(request.extensions());
    Err(Problem::not_found())
}
