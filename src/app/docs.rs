//! The OpenAPI document, and a page to read it.

use actix_web::{HttpResponse, web};
use askama::Template;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, path::Operation};

use crate::http::{Answer, Page, html};

/// Fills in title, version and how to sign in.
pub(super) fn describe(document: &mut OpenApi) {
    document.info.title = "Keju".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "Sign in at POST /api/v1/sessions and send the access token as `Authorization: Bearer …`. \
         Refusals are application/problem+json (RFC 9457). Lists go on with `cursor`. Creating \
         calls take an `Idempotency-Key`."
            .to_owned(),
    );
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    document
        .components
        .get_or_insert_with(Components::new)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
}

/// `/api/openapi.json`
pub(super) async fn document(document: web::Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

struct Line {
    method: &'static str,
    path: String,
    summary: String,
    tag: String,
}

#[derive(Template)]
#[template(path = "app/templates/docs.html")]
struct DocsPage {
    page: Page,
    lines: Vec<Line>,
}

/// `/api/docs`
pub(super) async fn page(page: Page, document: web::Data<OpenApi>) -> Answer<HttpResponse> {
    let mut lines = Vec::new();
    for (path, item) in &document.paths.paths {
        let methods: [(&str, &Option<Operation>); 5] = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, operation) in methods {
            let Some(operation) = operation else { continue };
            let tag = operation
                .tags
                .iter()
                .flatten()
                .next()
                .cloned()
                .unwrap_or_default();
            let summary = operation.summary.clone().unwrap_or_default();
            lines.push(Line {
                method,
                path: path.clone(),
                summary,
                tag,
            });
        }
    }
    lines.sort_by(|a, b| (&a.tag, &a.path).cmp(&(&b.tag, &b.path)));
    html(&DocsPage { page, lines })
}
