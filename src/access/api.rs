//! REST: sessions and accounts.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::Role;
use super::service::{self, AccountView, NewAccount, SessionKind, Tokens};
use super::{Actor, LinkLimit, SignInLimit, password, rules};
use crate::http::{Answer, Body, Listing, Params, ProblemBody, PublicUrl};
use crate::kernel::error::Kind;
use crate::kernel::secret::Secret;
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Adds the room's operations.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(open_session)
        .service(refresh_session)
        .service(close_session)
        .service(own_account)
        .service(change_password)
        .service(request_reset)
        .service(reset_password)
        .service(list_accounts)
        .service(create_account)
        .service(grant_role)
        .service(withdraw_role)
        .service(suspend_account);
}

/// The `Idempotency-Key` header of a creating call: at most 100 printable characters.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.len() <= 100);
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| Problem::field("Idempotency-Key", "idempotency-key-form"))
}

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// E-mail address.
    email: String,
    /// Password.
    #[schema(value_type = String)]
    password: Secret,
}

/// Opens a session and gives its tokens.
#[utoipa::path(request_body = SignIn, tag = "access", responses((status = 200, body = Tokens), (status = 401, body = ProblemBody)))]
#[post("/sessions")]
pub async fn open_session(
    store: web::Data<Store>,
    limit: web::Data<SignInLimit>,
    Body(form): Body<SignIn>,
) -> Answer<web::Json<Tokens>> {
    let kind = SessionKind::Api;
    let opened = service::sign_in(&store, &limit, &form.email, form.password, kind, None).await?;
    store
        .write(move |tx| service::first_tokens(tx, &opened))
        .await
        .map(web::Json)
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// As given with the last tokens.
    #[schema(value_type = String)]
    refresh_token: Secret,
}

/// Exchanges a refresh token for new tokens.
#[utoipa::path(request_body = Refresh, tag = "access", responses((status = 200, body = Tokens), (status = 401, body = ProblemBody)))]
#[post("/sessions/refresh")]
pub async fn refresh_session(
    store: web::Data<Store>,
    Body(form): Body<Refresh>,
) -> Answer<web::Json<Tokens>> {
    let tokens = store
        .write(move |tx| service::refresh(tx, form.refresh_token.reveal()))
        .await?;
    let refused = || Problem::new(Kind::Unauthenticated, "token-not-valid");
    tokens.map(web::Json).ok_or_else(refused)
}

/// Ends the session of the token.
#[utoipa::path(tag = "access", responses((status = 204), (status = 401, body = ProblemBody)))]
#[delete("/sessions/current")]
pub async fn close_session(store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    store.write(move |tx| service::sign_out(tx, &actor)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The account of the token.
#[utoipa::path(tag = "access", responses((status = 200, body = AccountView), (status = 401, body = ProblemBody)))]
#[get("/account")]
pub async fn own_account(store: web::Data<Store>, actor: Actor) -> Answer<web::Json<AccountView>> {
    store
        .read(move |view| service::own_account(view, &actor))
        .await
        .map(web::Json)
}

/// Old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password.
    #[schema(value_type = String)]
    current: Secret,
    /// The new one.
    #[schema(value_type = String)]
    password: Secret,
}

/// Changes the password of the token's account and ends its other sessions.
#[utoipa::path(request_body = ChangePassword, tag = "access", responses((status = 204), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/account/password")]
pub async fn change_password(
    store: web::Data<Store>,
    limit: web::Data<SignInLimit>,
    actor: Actor,
    Body(form): Body<ChangePassword>,
) -> Answer<HttpResponse> {
    service::change_password(&store, &limit, actor, form.current, form.password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    /// E-mail address.
    email: String,
}

/// Sends a link to set a new password, if the address has an account; the answer does not tell.
#[utoipa::path(request_body = Forgotten, tag = "access", responses((status = 202), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)))]
#[post("/password-resets")]
pub async fn request_reset(
    store: web::Data<Store>,
    limit: web::Data<LinkLimit>,
    site: web::Data<PublicUrl>,
    Body(form): Body<Forgotten>,
) -> Answer<HttpResponse> {
    service::request_reset(&store, &limit, &form.email, &site.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The token from the mail and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The token.
    #[schema(value_type = String)]
    token: Secret,
    /// The new password.
    #[schema(value_type = String)]
    password: Secret,
}

/// Sets a new password by the link from the mail and ends every session of the account.
#[utoipa::path(request_body = Reset, tag = "access", responses((status = 204), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/password-resets/confirmations")]
pub async fn reset_password(
    store: web::Data<Store>,
    Body(form): Body<Reset>,
) -> Answer<HttpResponse> {
    service::reset_password(&store, &form.token, form.password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where to go on in a list, and how many entries to give.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, at most 200.
    pub limit: Option<u16>,
}

impl Paging {
    /// Entries a page.
    pub fn size(&self) -> usize {
        usize::from(self.limit.unwrap_or(50).clamp(1, 200))
    }

    /// One more than a page, to see whether there is another.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit.unwrap_or(50).clamp(1, 200)) + 1
    }

    /// The cursor as an id.
    pub fn after(&self) -> Result<Option<Id>, Problem> {
        let parse = |text: &String| text.parse().map_err(|_| Problem::field("cursor", "cursor"));
        self.cursor.as_ref().map(parse).transpose()
    }
}

/// All accounts, oldest first.
#[utoipa::path(tag = "access", params(Paging), responses((status = 200, body = Listing<AccountView>), (status = 403, body = ProblemBody)))]
#[get("/accounts")]
pub async fn list_accounts(
    store: web::Data<Store>,
    actor: Actor,
    Params(paging): Params<Paging>,
) -> Answer<web::Json<Listing<AccountView>>> {
    let (after, fetch) = (paging.after()?, paging.fetch());
    let accounts = store
        .read(move |v| service::accounts(v, &actor, after, fetch))
        .await?;
    Ok(web::Json(Listing::new(
        accounts,
        paging.size(),
        |account| account.id.to_string(),
    )))
}

/// A new staff account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// E-mail address.
    pub(super) email: String,
    /// The person's name.
    pub(super) name: String,
    /// First password, to be changed at the first sign-in.
    #[schema(value_type = String)]
    pub(super) password: Secret,
    /// First role.
    pub(super) role: Role,
}

/// The id of something created.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Created {
    /// Its id.
    pub id: Id,
}

/// Opens a staff account.
#[utoipa::path(request_body = NewStaff, tag = "access", responses((status = 201, body = Created), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
#[post("/accounts")]
pub async fn create_account(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    Body(form): Body<NewStaff>,
) -> Answer<HttpResponse> {
    let key = idempotency_key(&request)?;
    let id = open_staff(&store, actor, form, key).await?;
    Ok(HttpResponse::Created().json(Created { id }))
}

/// Checks the right and the password before the costly hash is made.
pub(super) async fn open_staff(
    store: &Store,
    actor: Actor,
    form: NewStaff,
    key: Option<String>,
) -> Answer<Id> {
    actor.acting_as(&[Role::SystemAdmin])?;
    rules::check_password(form.password.reveal(), &form.email)?;
    let request = (form.email.clone(), form.name.clone(), form.role);
    let new = NewAccount {
        email: form.email,
        name: form.name,
        password_hash: password::hash(form.password).await?,
        must_change_password: true,
    };
    store
        .write(move |tx| {
            service::once(tx, &actor, key.as_deref(), &request, |tx| {
                service::open_staff(tx, &actor, new, form.role)
            })
        })
        .await
}

/// A role and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// The role.
    role: Role,
    /// Why; kept in the decision log.
    reason: String,
}

/// Grants a role.
#[utoipa::path(request_body = RoleChange, tag = "access", responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
#[post("/accounts/{id}/roles")]
pub async fn grant_role(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<RoleChange>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::grant_role(tx, &actor, id, form.role, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Withdraws a role.
#[utoipa::path(request_body = RoleChange, tag = "access", responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
#[delete("/accounts/{id}/roles")]
pub async fn withdraw_role(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<RoleChange>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::withdraw_role(tx, &actor, id, form.role, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether an account is suspended, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// True closes the account.
    suspended: bool,
    /// Why; kept in the decision log.
    reason: String,
}

/// Suspends an account or lets it in again.
#[utoipa::path(request_body = Suspension, tag = "access", responses((status = 204), (status = 403, body = ProblemBody)))]
#[post("/accounts/{id}/suspension")]
pub async fn suspend_account(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    Body(form): Body<Suspension>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::set_suspended(tx, &actor, id, form.suspended, &form.reason))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
