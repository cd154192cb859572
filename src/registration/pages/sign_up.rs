//! Pages: signing up as a candidate, and verifying the address by the link from the mail.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::LinkLimit;
use crate::http::{
    Answer, Page, PageForm, Params, ProblemBody, PublicUrl, html, html_refused, see_other,
};
use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::kernel::secret::Secret;
use crate::registration::service::{self, NewCandidate, Pending};
use crate::store::Store;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-up").get(form).post(sign_up))
        .route("/sign-up/check-mail", web::get().to(check_mail))
        .service(web::resource("/verify-email").get(link).post(verify));
}

/// What was typed.
#[derive(Default)]
struct Typed {
    name: String,
    resident_id: String,
    email: String,
}

#[derive(Template)]
#[template(path = "registration/templates/sign_up.html")]
struct SignUpPage {
    page: Page,
    typed: Typed,
    refused: Option<ProblemBody>,
}

impl SignUpPage {
    /// What is wrong with the field.
    fn fault(&self, place: &str) -> Option<&str> {
        let faults = self.refused.as_ref()?.errors.iter();
        faults
            .filter(|fault| fault.place == place)
            .map(|fault| fault.detail.as_str())
            .next()
    }

    /// The refusal as a whole.
    fn refusal(&self) -> Option<&str> {
        self.refused.as_ref().map(|refused| refused.title.as_str())
    }
}

async fn form(page: Page) -> Answer<HttpResponse> {
    html(&SignUpPage {
        page,
        typed: Typed::default(),
        refused: None,
    })
}

#[derive(Deserialize)]
struct SignUpFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    resident_id: String,
    #[serde(default)]
    email: String,
}

async fn sign_up(
    page: Page,
    store: web::Data<Store>,
    limit: web::Data<LinkLimit>,
    site: web::Data<PublicUrl>,
    PageForm(fields): PageForm<SignUpFields>,
) -> Answer<HttpResponse> {
    let new = NewCandidate {
        name: fields.name.clone(),
        resident_id: Secret::new(fields.resident_id.clone()),
        email: fields.email.clone(),
    };
    match service::sign_up(&store, &limit, new, &site.0).await {
        Ok(()) => Ok(see_other("/sign-up/check-mail")),
        Err(problem) if problem.kind == Kind::Internal => Err(problem),
        Err(problem) => again(page, fields, &problem),
    }
}

/// The form once more, with what was typed and what is wrong with it.
fn again(page: Page, fields: SignUpFields, problem: &Problem) -> Answer<HttpResponse> {
    let refused = Some(ProblemBody::new(problem, page.lang));
    let typed = Typed {
        name: fields.name,
        resident_id: fields.resident_id,
        email: fields.email,
    };
    let again = SignUpPage {
        page,
        typed,
        refused,
    };
    html_refused(problem, &again)
}

#[derive(Template)]
#[template(path = "registration/templates/check_mail.html")]
struct CheckMailPage {
    page: Page,
}

async fn check_mail(page: Page) -> Answer<HttpResponse> {
    html(&CheckMailPage { page })
}

#[derive(Deserialize)]
struct Token {
    token: Secret,
}

#[derive(Template)]
#[template(path = "registration/templates/verify_email.html")]
struct VerifyPage {
    page: Page,
    pending: Pending,
    token: Secret,
    refused: Option<ProblemBody>,
}

impl VerifyPage {
    /// What is wrong with the password.
    fn fault(&self) -> Option<&str> {
        let faults = &self.refused.as_ref()?.errors;
        faults.first().map(|fault| fault.detail.as_str())
    }
}

/// What the link is about; a button verifies. A link that was merely opened, as mail servers do,
/// verifies nothing.
async fn link(
    page: Page,
    store: web::Data<Store>,
    Params(link): Params<Token>,
) -> Answer<HttpResponse> {
    html(&verify_page(page, &store, link.token, None).await?)
}

async fn verify_page(
    page: Page,
    store: &Store,
    token: Secret,
    refused: Option<ProblemBody>,
) -> Answer<VerifyPage> {
    let link = token.clone();
    let pending = store
        .read(move |view| service::pending(view, link.reveal()))
        .await?;
    Ok(VerifyPage {
        page,
        pending,
        token,
        refused,
    })
}

#[derive(Deserialize)]
struct VerifyFields {
    token: Secret,
    password: Secret,
}

async fn verify(
    page: Page,
    store: web::Data<Store>,
    PageForm(fields): PageForm<VerifyFields>,
) -> Answer<HttpResponse> {
    match service::verify(&store, &fields.token, fields.password).await {
        Ok(_) => Ok(see_other("/sign-in?done=address-verified")),
        Err(problem) if problem.kind == Kind::Invalid => {
            let refused = Some(ProblemBody::new(&problem, page.lang));
            let again = verify_page(page, &store, fields.token, refused).await?;
            html_refused(&problem, &again)
        }
        Err(problem) => Err(problem),
    }
}
