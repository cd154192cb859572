//! Request bodies. What cannot be read is refused with the name of the field.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::Visitor;
use crate::kernel::error::Kind;
use crate::kernel::{Fault, Problem};

/// Most bytes of a JSON body or a form. Files have their own limits.
pub const MAX_BODY: usize = 256 * 1024;
/// The same, before anybody has signed in: a sign-up is far smaller.
const MAX_BODY_OF_STRANGERS: usize = 16 * 1024;

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let mut json = serde_json::Deserializer::from_slice(&bytes);
            let value = serde_path_to_error::deserialize(&mut json).map_err(wrong_json)?;
            json.end()
                .map_err(|_| Problem::malformed("malformed-json"))?;
            Ok(Self(value))
        })
    }
}

/// Text that is no JSON at all is malformed; JSON of another shape names the field.
fn wrong_json(error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let place = error.path().to_string();
    let inner = error.inner();
    if inner.is_data() {
        let fault = Fault::new(place, "wrong-shape").with("detail", inner);
        return Problem::invalid(vec![fault]);
    }
    Problem::malformed("malformed-json").with("detail", inner)
}

/// A form of a page. Its hidden `_csrf` field must be that of the visitor's session.
#[derive(Debug)]
pub struct PageForm<T>(pub T);

/// A form that is nothing but a button.
#[derive(Debug, serde::Deserialize)]
pub struct NoFields {}

impl<T: DeserializeOwned + 'static> FromRequest for PageForm<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(request, payload);
        let expected = request
            .extensions()
            .get::<Visitor>()
            .map(|visitor| visitor.csrf.clone());
        Box::pin(async move {
            let bytes = bytes.await?;
            if let Some(expected) = expected {
                let fields: Vec<(String, String)> = serde_html_form::from_bytes(&bytes)
                    .map_err(|_| Problem::malformed("malformed-request"))?;
                let given = fields.iter().find(|(name, _)| name == "_csrf");
                if given.is_none_or(|(_, token)| *token != expected) {
                    return Err(Problem::new(Kind::Forbidden, "form-expired").into());
                }
            }
            let form = serde_html_form::Deserializer::from_bytes(&bytes);
            let value = serde_path_to_error::deserialize(form).map_err(|error| {
                let place = error.path().to_string();
                let fault = Fault::new(place, "wrong-shape").with("detail", error.inner());
                Problem::invalid(vec![fault])
            })?;
            Ok(Self(value))
        })
    }
}

/// Whether a bearer token came with the request. One that is not valid was refused before.
fn has_token(request: &HttpRequest) -> bool {
    request.headers().contains_key(AUTHORIZATION) && request.path().starts_with("/api/")
}

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes, Error>> + 'static {
    let (request, body) = (
        request.clone(),
        web::Payload::from_request(request, payload),
    );
    async move {
        let known = request.extensions().contains::<Visitor>() || has_token(&request);
        let limit = if known {
            MAX_BODY
        } else {
            MAX_BODY_OF_STRANGERS
        };
        Ok(read_up_to(&request, body.await?, limit).await?)
    }
}

/// How long a body of `limit` bytes may take: a slow line sends 16 KiB a second.
fn patience(limit: usize) -> Duration {
    let seconds = u64::try_from(limit / (16 * 1024)).unwrap_or(u64::MAX);
    Duration::from_secs(15 + seconds)
}

/// Reads a body of at most `limit` bytes and not one more: a longer one is refused by what it
/// declares, or as soon as it has become too long. Packed bodies are refused, because nobody knows
/// how large they become.
pub async fn read_up_to(
    request: &HttpRequest,
    body: web::Payload,
    limit: usize,
) -> Result<web::Bytes, Problem> {
    let too_large = || Problem::new(Kind::TooLarge, "body-too-large").with("limit", limit);
    let broken = || Problem::malformed("malformed-request");
    let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    if header(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Problem::malformed("packed-body"));
    }
    let declared = header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let read = tokio::time::timeout(patience(limit), body.to_bytes_limited(limit)).await;
    let read = read.map_err(|_| Problem::malformed("body-too-slow"))?;
    read.map_err(|_| too_large())?.map_err(|_| broken())
}

/// Parameters after the question mark.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(fault) = holding_nul(request.query_string()) {
            return std::future::ready(Err(Problem::invalid(vec![fault])));
        }
        let query = serde_html_form::Deserializer::from_bytes(request.query_string().as_bytes());
        std::future::ready(
            serde_path_to_error::deserialize(query)
                .map(Self)
                .map_err(|error| {
                    let place = error.path().to_string();
                    Problem::invalid(vec![
                        Fault::new(place, "wrong-shape").with("detail", error.inner()),
                    ])
                }),
        )
    }
}

/// The parameter with U+0000 in it, which PostgreSQL takes in no text, not even to look for.
fn holding_nul(query: &str) -> Option<Fault> {
    let stray = query.split('&').find(|pair| pair.contains("%00"))?;
    let name = stray.split('=').next().unwrap_or_default();
    Some(Fault::new(name, "control-character").with("character", "U+0000"))
}
