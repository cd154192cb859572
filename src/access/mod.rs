//! Accounts, roles and sessions: who somebody is and what they may do.

pub mod api;
mod identify;
pub mod mail;
mod on;
pub mod pages;
pub mod password;
pub mod rules;
pub mod service;
mod store;
mod token;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

pub use identify::identify;
pub use on::On;
pub use rules::Role;
pub use token::{LinkLimit, SignInLimit};

use crate::kernel::{Id, Problem};
use crate::ledger::Entry;

/// Who acts. Handlers get it as an extractor; a request without a valid session has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: Id,
    /// The session it came by.
    pub session: Id,
    /// Its roles.
    pub roles: Vec<Role>,
}

/// An actor in the role that lets them act; what decisions are signed with.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    /// The account.
    pub account: Id,
    /// The role used.
    pub role: Role,
}

impl Actor {
    /// Whether the account has the role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Acts in the first of `allowed` that the account has, or is refused.
    pub fn acting_as(&self, allowed: &[Role]) -> Result<Acting, Problem> {
        let role = allowed.iter().copied().find(|role| self.is(*role));
        let role = role.ok_or_else(Problem::forbidden)?;
        Ok(Acting {
            account: self.account,
            role,
        })
    }
}

impl Acting {
    /// A decision of `kind`, signed with account and role.
    pub fn decides(&self, kind: &'static str) -> Entry {
        Entry::new(kind, Some(self.account), self.role.as_str())
    }
}

impl FromRequest for Actor {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = request.extensions().get::<Self>().cloned();
        std::future::ready(actor.ok_or_else(Problem::unauthenticated))
    }
}
