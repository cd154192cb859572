//! Pages: signing in and out, one's own account, the administrators' list of accounts.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::identify::COOKIE;
use super::rules::Role;
use super::service::{self, AccountView, SessionKind};
use super::{Actor, LinkLimit, SignInLimit, api};
use crate::http::{
    Answer, NoFields, Page, PageForm, Params, ProblemBody, PublicUrl, html, html_refused,
    is_local_path, see_other,
};
use crate::kernel::error::Kind;
use crate::kernel::secret::Secret;
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// Adds the room's pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-in").get(sign_in_form).post(sign_in))
        .route("/sign-out", web::post().to(sign_out))
        .service(
            web::resource("/forgot-password")
                .get(forgot_form)
                .post(request_reset),
        )
        .service(
            web::resource("/reset-password")
                .get(reset_form)
                .post(reset_password),
        )
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

/// Where to go after signing in.
fn safe_next(next: Option<String>) -> String {
    next.filter(|path| is_local_path(path))
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
    let device = request.cookie(DEVICE_COOKIE);
    let device = device.as_ref().map(Cookie::value);
    match service::sign_in(&store, &limit, &form.email, form.password, kind, device).await {
        Ok(opened) => {
            let to = if opened.must_change_password {
                "/account".to_owned()
            } else if next == "/" {
                desk_of(&opened.actor).to_owned()
            } else {
                next
            };
            let mut answer = see_other(&to);
            let cookie = session_cookie(&request, opened.cookie.reveal());
            answer.add_cookie(&cookie).map_err(Problem::internal)?;
            if let Some(mark) = service::device_mark(store.vault(), &form.email) {
                let cookie = device_cookie(&request, mark);
                answer.add_cookie(&cookie).map_err(Problem::internal)?;
            }
            Ok(answer)
        }
        Err(problem) if problem.kind == Kind::Internal => Err(problem),
        Err(problem) => {
            let refused = Some(sentence(&problem, &page));
            let again = SignInPage {
                page,
                next,
                email: form.email,
                refused,
            };
            html_refused(&problem, &again)
        }
    }
}

/// Where somebody's work lies, for who signs in without having been on the way anywhere.
fn desk_of(actor: &Actor) -> &'static str {
    match actor.roles.first() {
        Some(Role::Candidate) => "/my",
        Some(Role::Organiser | Role::Hr) => "/manage/examinations",
        Some(Role::Author | Role::Reviewer) => "/bank",
        Some(Role::Marker) => "/marking",
        Some(Role::Supervisor | Role::AuditAdmin) => "/decisions",
        Some(Role::SystemAdmin | Role::SecurityAdmin) => "/accounts",
        None => "/",
    }
}

/// Whether people reach the server over https, as the settings say.
fn is_https(request: &HttpRequest) -> bool {
    let site = request.app_data::<web::Data<PublicUrl>>();
    site.is_some_and(|site| site.0.starts_with("https://"))
}

/// The session cookie: unreadable for scripts, not sent from other sites, secure under https.
pub(crate) fn session_cookie(request: &HttpRequest, value: &str) -> Cookie<'static> {
    Cookie::build(COOKIE, value.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https(request))
        .finish()
}

/// Tells a browser that has signed in before from those of strangers.
const DEVICE_COOKIE: &str = "keju_device";

fn device_cookie(request: &HttpRequest, mark: String) -> Cookie<'static> {
    Cookie::build(DEVICE_COOKIE, mark)
        .path("/sign-in")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https(request))
        .max_age(Duration::days(365))
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

#[derive(Template)]
#[template(path = "access/templates/forgot_password.html")]
struct ForgotPage {
    page: Page,
    refused: Option<String>,
}

async fn forgot_form(page: Page) -> Answer<HttpResponse> {
    let refused = None;
    html(&ForgotPage { page, refused })
}

#[derive(Deserialize)]
struct ForgotFields {
    email: String,
}

async fn request_reset(
    page: Page,
    store: web::Data<Store>,
    limit: web::Data<LinkLimit>,
    site: web::Data<PublicUrl>,
    PageForm(form): PageForm<ForgotFields>,
) -> Answer<HttpResponse> {
    match service::request_reset(&store, &limit, &form.email, &site.0).await {
        Ok(()) => Ok(see_other("/sign-in?done=reset-mailed")),
        Err(problem) if problem.kind == Kind::Internal => Err(problem),
        Err(problem) => {
            let refused = Some(sentence(&problem, &page));
            html_refused(&problem, &ForgotPage { page, refused })
        }
    }
}

#[derive(Template)]
#[template(path = "access/templates/reset_password.html")]
struct ResetPage {
    page: Page,
    token: Secret,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: Secret,
}

async fn reset_form(page: Page, Params(link): Params<Token>) -> Answer<HttpResponse> {
    html(&ResetPage {
        page,
        token: link.token,
        refused: None,
    })
}

#[derive(Deserialize)]
struct ResetFields {
    token: Secret,
    password: Secret,
}

async fn reset_password(
    page: Page,
    store: web::Data<Store>,
    PageForm(form): PageForm<ResetFields>,
) -> Answer<HttpResponse> {
    match service::reset_password(&store, &form.token, form.password).await {
        Ok(()) => Ok(see_other("/sign-in?done=password-reset")),
        Err(problem) if problem.kind == Kind::Internal => Err(problem),
        Err(problem) => {
            let refused = Some(sentence(&problem, &page));
            let token = form.token;
            let again = ResetPage {
                page,
                token,
                refused,
            };
            html_refused(&problem, &again)
        }
    }
}

/// The refusal in the visitor's language: of the first wrong field, or as a whole.
fn sentence(problem: &Problem, page: &Page) -> String {
    let body = ProblemBody::new(problem, page.lang);
    let field = body.errors.into_iter().next().map(|fault| fault.detail);
    field.unwrap_or(body.title)
}

#[derive(Template)]
#[template(path = "access/templates/account.html")]
struct AccountPage {
    page: Page,
    account: AccountView,
}

async fn account(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
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
    limit: web::Data<SignInLimit>,
    actor: Actor,
    PageForm(form): PageForm<PasswordFields>,
) -> Answer<HttpResponse> {
    service::change_password(&store, &limit, actor, form.current, form.password).await?;
    Ok(see_other("/account?done=password-changed"))
}

#[derive(Template)]
#[template(path = "access/templates/accounts.html")]
struct AccountsPage {
    page: Page,
    /// The visitor's account: nobody suspends themselves.
    own: Id,
    accounts: Vec<AccountView>,
    roles: &'static [Role],
}

async fn accounts(page: Page, store: web::Data<Store>, actor: Actor) -> Answer<HttpResponse> {
    let own = actor.account;
    let accounts = store.read(move |view| service::staff(view, &actor)).await?;
    html(&AccountsPage {
        page,
        own,
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
    let new = api::NewStaff {
        email: form.email,
        name: form.name,
        password: form.password,
        role: form.role,
    };
    api::open_staff(&store, actor, new, None).await?;
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
