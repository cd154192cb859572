//! What every endpoint and page shares: problems as answers, request bodies, languages, the page
//! frame, embedded assets and security headers. No rule of an examination lives here.

mod assets;
mod body;
pub mod chart;
mod guard;
mod lang;
mod page;
mod problem;
mod qr;

pub use assets::serve as serve_asset;
pub use body::{Body, MAX_BODY, NoFields, PageForm, Params, read_up_to};
pub use guard::{refuse_cross_site, security_headers};
pub use lang::{Lang, has_message};
pub use page::{Page, Visitor, html, html_refused, is_local_path, see_other, switch_language};
pub use problem::{Answer, FaultBody, ProblemBody, path_not_found, render_problems};
pub use qr::qr_code;

/// The address under which people reach the server, without a slash at its end: for links in mail.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// A page of a longer list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Listing<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Give this as `cursor` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// From up to `limit + 1` rows: one more than fits means that there is a next page, which
    /// starts after the row whose cursor `cursor` gives.
    pub fn new(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }
}
