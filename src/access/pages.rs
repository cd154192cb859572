//! Pages: signing in and out, one's own account, the administrators' list of accounts.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::identify::COOKIE;
use super::rules::Role;
use super::service::{self, AccountView, SessionKind};
use super::{Actor, SignInLimit, api};
use crate::http::{Answer, NoFields, Page, PageForm, Params, ProblemBody, html, see_other};
use crate::kernel::error::Kind;
use crate::kernel::secret::Secret;
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-in").get(sign_in_form).post(sign_in))
        .route("/sign-out", web::post().to(sign_out))
        .route("/verify-email", web::get().to(verify_email))
        .route("/account", web::get().to(account))
        .route("/account/password", web::post().to(change_password))
        .service(web::resource("/accounts").get(accounts).post(open_staff))
        .route("/accounts/{id}/roles", web::post().to(grant_role))
        .route("/accounts/{id}/suspension", web::post().to(suspend));
}

#[derive(Template)]
#[template(path = "access/templates/sign_in.html")]
struct SignInPage {
    page: Page,
    next: String,
    email: String,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

/// Only paths of this site: never send anybody elsewhere.
fn safe_next(next: Option<String>) -> String {
    let inside = |path: &String| path.starts_with('/') && !path.starts_with("//");
    next.filter(|path| inside(path) && !path.contains(['\\', '\r', '\n']))
        .unwrap_or_else(|| "/".to_owned())
}

async fn sign_in_form(page: Page, Params(query): Params<Next>) -> Answer<HttpResponse> {
    let next = safe_next(query.next);
    html(&SignInPage {
        page,
        next,
        email: String::new(),
        refused: None,
    })
}

#[derive(Deserialize)]
struct SignInFields {
    email: String,
    password: Secret,
    next: Option<String>,
}

async fn sign_in(
    request: HttpRequest,
    page: Page,
    store: web::Data<Store>,
    limit: web::Data<SignInLimit>,
    PageForm(form): PageForm<SignInFields>,
) -> Answer<HttpResponse> {
    let next = safe_next(form.next);
    let kind = SessionKind::Browser;
    match service::sign_in(&store, &limit, &form.email, form.password, kind).await {
        Ok(opened) => {
            let to = if opened.must_change_password {
                "/account".to_owned()
            } else {
                next
            };
            let mut answer = see_other(&to);
            let cookie = session_cookie(&request, opened.cookie.reveal());
            answer.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(answer)
        }
        Err(problem) if problem.kind == Kind::Internal => Err(problem),
        Err(problem) => {
            let refused = Some(ProblemBody::new(&problem, page.lang).title);
            let mut answer = html(&SignInPage {
                page,
                next,
                email: form.email,
                refused,
            })?;
            *answer.status_mut() = actix_web::ResponseError::status_code(&problem);
            Ok(answer)
        }
    }
}

/// The session cookie: unreadable for scripts, not sent from other sites, secure under https.
pub(crate) fn session_cookie(request: &HttpRequest, value: &str) -> Cookie<'static> {
    Cookie::build(COOKIE, value.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(request.connection_info().scheme() == "https")
        .finish()
}

async fn sign_out(
    request: HttpRequest,
    store: web::Data<Store>,
    actor: Actor,
    PageForm(NoFields {}): PageForm<NoFields>,
) -> Answer<HttpResponse> {
    store.write(move |tx| service::sign_out(tx, &actor)).await?;
    let mut answer = see_other("/");
    let mut cookie = session_cookie(&request, "");
    cookie.make_removal();
    answer.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(answer)
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

async fn verify_email(
    store: web::Data<Store>,
    Params(query): Params<Token>,
) -> Answer<HttpResponse> {
    store
        .write(move |tx| service::verify_email(tx, &query.token))
        .await?;
    Ok(see_other("/sign-in?done=address-verified"))
}

#[derive(Template)]
#[template(path = "access/templates/account.html")]
struct AccountPage {
    page: Page,
    account: AccountView,
}

async fn account(
    request: HttpRequest,
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
) -> Answer<HttpResponse> {
    drop(request);
    let account = store
        .read(move |view| service::own_account(view, &actor))
        .await?;
    html(&AccountPage { page, account })
}

#[derive(Deserialize)]
struct PasswordFields {
    current: Secret,
    password: Secret,
}

async fn change_password(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<PasswordFields>,
) -> Answer<HttpResponse> {
    service::change_password(&store, actor, form.current, form.password).await?;
    Ok(see_other("/account?done=password-changed"))
}

#[derive(Template)]
#[template(path = "access/templates/accounts.html")]
struct AccountsPage {
    page: Page,
    accounts: Vec<AccountView>,
    roles: &'static [Role],
}

async fn accounts(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let accounts = store.read(move |view| service::staff(view, &actor)).await?;
    html(&AccountsPage {
        page,
        accounts,
        roles: &Role::ALL,
    })
}

#[derive(Deserialize)]
struct StaffFields {
    email: String,
    name: String,
    password: Secret,
    role: Role,
}

async fn open_staff(
    store: web::Data<Store>,
    actor: Actor,
    PageForm(form): PageForm<StaffFields>,
) -> Answer<HttpResponse> {
    api::open_staff(
        &store,
        actor,
        form.email,
        form.name,
        form.password,
        form.role,
    )
    .await?;
    Ok(see_other("/accounts?done=account-opened"))
}

#[derive(Deserialize)]
struct RoleFields {
    role: Role,
    reason: String,
    withdraw: Option<String>,
}

async fn grant_role(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<RoleFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| match form.withdraw {
            Some(_) => service::withdraw_role(tx, &actor, id, form.role, &form.reason),
            None => service::grant_role(tx, &actor, id, form.role, &form.reason),
        })
        .await?;
    Ok(see_other("/accounts?done=roles-changed"))
}

#[derive(Deserialize)]
struct SuspensionFields {
    suspended: bool,
    reason: String,
}

async fn suspend(
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
    PageForm(form): PageForm<SuspensionFields>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    store
        .write(move |tx| service::set_suspended(tx, &actor, id, form.suspended, &form.reason))
        .await?;
    Ok(see_other("/accounts?done=account-changed"))
}
