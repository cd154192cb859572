//! Request bodies. What cannot be read is refused with the name of the field.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::Visitor;
use crate::kernel::error::Kind;
use crate::kernel::{Fault, Problem};

/// Most bytes of a JSON body or a form. Files have their own limits.
pub const MAX_BODY: usize = 256 * 1024;

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

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes, Error>> + 'static {
    let bytes = web::Bytes::from_request(request, payload);
    async move {
        let too_large = || Problem::new(Kind::TooLarge, "body-too-large").with("limit", MAX_BODY);
        let bytes = bytes
            .await
            .map_err(|error| match error.as_response_error().status_code() {
                actix_web::http::StatusCode::PAYLOAD_TOO_LARGE => Error::from(too_large()),
                _ => error,
            })?;
        if bytes.len() > MAX_BODY {
            Err(too_large().into())
        } else {
            Ok(bytes)
        }
    }
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
