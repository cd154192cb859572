//! The first page.

use actix_web::HttpResponse;
use askama::Template;

use crate::http::{Answer, Page, html};

#[derive(Template)]
#[template(path = "app/templates/home.html")]
struct HomePage {
    page: Page,
}

/// `/`
pub(super) async fn home(page: Page) -> Answer<HttpResponse> {
    html(&HomePage { page })
}
