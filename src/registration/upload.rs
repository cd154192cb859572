//! An uploaded photograph, as a raw body or as a form of a page, never read beyond its limit.

use actix_multipart::form::bytes::Bytes as Part;
use actix_multipart::form::{FieldReader as _, Limits, MultipartCollect, State};
use actix_multipart::{Field, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use std::future::Future;
use std::pin::Pin;

use super::photo::{UPLOAD_MAX, too_large};
use crate::http::{Answer, Page, read_up_to};
use crate::kernel::Problem;
use crate::kernel::error::Kind;

/// A photograph as it came.
pub(super) struct Upload {
    /// The content.
    pub content: Vec<u8>,
    /// The media type it was declared with.
    pub declared: Option<String>,
}

/// Reads the raw body of an API call.
pub(super) async fn read_body(request: &HttpRequest, payload: web::Payload) -> Answer<Upload> {
    let declared = request.headers().get(header::CONTENT_TYPE);
    let declared = declared.and_then(|value| value.to_str().ok());
    let content = read_up_to(request, payload, UPLOAD_MAX).await;
    let content = content.map_err(|problem| match problem.kind {
        Kind::TooLarge => too_large(),
        _ => problem,
    })?;
    Ok(Upload {
        content: content.to_vec(),
        declared: declared.map(media_type),
    })
}

/// The media type without its parameters.
fn media_type(text: &str) -> String {
    let essence = text.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The two fields of the page's form: the token of the session and the file.
pub(super) struct PhotoForm {
    csrf: Vec<u8>,
    photo: Part,
}

impl PhotoForm {
    /// The file, if the form came from a page of this visitor's session.
    pub fn upload(self, page: &Page) -> Answer<Upload> {
        if self.csrf != page.csrf().as_bytes() {
            return Err(Problem::new(Kind::Forbidden, "form-expired"));
        }
        Ok(Upload {
            content: self.photo.data.to_vec(),
            declared: self
                .photo
                .content_type
                .map(|mime| mime.essence_str().to_owned()),
        })
    }
}

const CSRF: &str = "_csrf";
const PHOTO: &str = "photo";

type Reading<'t> = Pin<Box<dyn Future<Output = Result<(), MultipartError>> + 't>>;

impl MultipartCollect for PhotoForm {
    fn limit(field_name: &str) -> Option<usize> {
        (field_name == CSRF).then_some(256)
    }

    fn handle_field<'t>(
        request: &'t HttpRequest,
        field: Field,
        limits: &'t mut Limits,
        state: &'t mut State,
    ) -> Reading<'t> {
        Box::pin(async move {
            let name = field.name().unwrap_or_default().to_owned();
            if name != CSRF && name != PHOTO {
                return Err(MultipartError::UnknownField(name));
            }
            let part = Part::read_field(request, field, limits).await?;
            state.insert(name, Box::new(part));
            Ok(())
        })
    }

    fn from_state(mut state: State) -> Result<Self, MultipartError> {
        let mut take = |name: &str| {
            let part = state
                .remove(name)
                .and_then(|any| any.downcast::<Part>().ok());
            part.ok_or_else(|| MultipartError::MissingField(name.to_owned()))
        };
        Ok(Self {
            csrf: take(CSRF)?.data.to_vec(),
            photo: *take(PHOTO)?,
        })
    }
}

/// Limits of the form and what is answered beyond them.
pub(super) fn form_config() -> actix_multipart::form::MultipartFormConfig {
    actix_multipart::form::MultipartFormConfig::default()
        .total_limit(UPLOAD_MAX + 4096)
        .memory_limit(UPLOAD_MAX + 4096)
        .error_handler(|error, _| refusal(&error).into())
}

fn refusal(error: &MultipartError) -> Problem {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => too_large(),
        _ => Problem::malformed("malformed-request"),
    }
}
