//! Middleware: finds out who asks, by session cookie or bearer token.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};

use super::rules::Role;
use super::service::{self, Known};
use super::token;
use crate::http::Visitor;
use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::store::{Store, sha256};

/// The session cookie.
pub(super) const COOKIE: &str = "keju_session";

/// What a session with a one-time password may do: see its account, change the password, leave.
const BEFORE_CHANGE: &[&str] = &[
    "/account",
    "/account/password",
    "/sign-out",
    "/api/v1/account",
    "/api/v1/account/password",
    "/api/v1/sessions/current",
];

/// Puts [`Actor`] and [`Visitor`] into the request, if its session or token is good.
pub async fn identify<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match find_out(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(problem) => Ok(request.error_response(problem).map_into_right_body()),
    }
}

async fn find_out(request: &ServiceRequest) -> Result<(), Problem> {
    let store = request
        .app_data::<web::Data<Store>>()
        .ok_or_else(|| Problem::internal("no store"))?
        .clone();
    let known = match by_token(request, &store).await? {
        Some(known) => known,
        None => {
            let Some(known) = by_cookie(request, &store).await? else {
                return Ok(());
            };
            request.extensions_mut().insert(visitor(&store, &known));
            known
        }
    };
    if known.must_change_password && !allowed_before_change(request.path()) {
        // Pages that everybody may read stay open: without an actor, as to a stranger.
        let reads = request.method() == Method::GET && !request.path().starts_with("/api/");
        return match reads {
            true => Ok(()),
            false => Err(Problem::new(Kind::Forbidden, "change-password-first")),
        };
    }
    request.extensions_mut().insert(known.actor);
    Ok(())
}

fn allowed_before_change(path: &str) -> bool {
    BEFORE_CHANGE.contains(&path)
}

/// A bearer token that is given must be good: a bad one is an error and not a stranger.
async fn by_token(request: &ServiceRequest, store: &Store) -> Result<Option<Known>, Problem> {
    if !request.path().starts_with("/api/") {
        return Ok(None);
    }
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let bearer = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "));
    let session = bearer.and_then(|token| token::read(store.vault(), token, store.clock().now()));
    let refused = || Problem::new(Kind::Unauthenticated, "token-not-valid");
    let session = session.ok_or_else(refused)?;
    let known = store
        .read(move |view| service::known_by_session(view, session))
        .await?;
    known.map(Some).ok_or_else(refused)
}

async fn by_cookie(request: &ServiceRequest, store: &Store) -> Result<Option<Known>, Problem> {
    if request.path().starts_with("/assets/") {
        return Ok(None);
    }
    let Some(cookie) = request.cookie(COOKIE) else {
        return Ok(None);
    };
    let value = cookie.value().to_owned();
    store
        .read(move |view| service::known_by_cookie(view, &value))
        .await
}

fn visitor(store: &Store, known: &Known) -> Visitor {
    let csrf = store
        .vault()
        .index("csrf", &known.actor.session.to_string());
    Visitor {
        name: known.name.clone(),
        roles: known
            .actor
            .roles
            .iter()
            .map(|role| Role::as_str(*role))
            .collect(),
        csrf: hex::encode(sha256(csrf)),
    }
}
