//! The acts of registration: signing up, stating facts, applying, reviewing, issuing tickets.

mod applications;
mod candidates;
mod review;
mod shortfall;
mod sign_up;
mod tickets;

pub use super::records::{Facts, Ticketed, ticketed};
pub use applications::{
    ApplicationView, Prospect, Step, StepKind, application, apply, change_post, own_application,
    own_applications, prospects, withdraw,
};
pub use candidates::{
    CandidateView, PhotoContent, PhotoView, candidate, own_photo, put_facts, put_photo, register,
};
pub use review::{
    Applicant, ApplicationLine, Counts, ReviewView, Verdict, applicant_photo, applications, counts,
    review, review_view,
};
pub use shortfall::{
    Cancellation, Reduction, Retention, Shortfall, cancel_post, keep_post, reduce_post, shortfalls,
};
pub use sign_up::{NewCandidate, Pending, pending, sign_up, tidy, verify};
pub use tickets::{Issued, TicketView, fix_seats, issue_tickets, ticket};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kernel::Problem;
use crate::store::{Sealed, Vault};

fn seal(vault: &Vault, value: &impl Serialize) -> Result<Sealed, Problem> {
    vault.seal(serde_json::to_vec(value).map_err(Problem::internal)?)
}

fn unseal<T: DeserializeOwned>(vault: &Vault, sealed: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(&vault.open_bytes(sealed)?).map_err(Problem::internal)
}
