//! Pages: a candidate's receipts, and the check that needs nobody's program.

use actix_web::{HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::EcLevel;

use super::kind_word;
use crate::access::{Actor, Role};
use crate::disclosure::api::proof_file;
use crate::disclosure::receipts::{self, KINDS, Receipt, ReceiptLine};
use crate::http::{Answer, Page, html, qr_code};
use crate::kernel::{Id, Problem};
use crate::ledger::proof::Proof;
use crate::ledger::publish::Logs;
use crate::registration::service::ApplicationView;
use crate::store::Store;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/log/check", web::get().to(check))
        .route("/my/receipts/{application}", web::get().to(list))
        .route("/my/receipts/{application}/{decision}", web::get().to(show))
        .route(
            "/my/receipts/{application}/{decision}/file",
            web::get().to(file),
        );
}

/// Members of a decision that the page names.
const PARTS: [&str; 5] = ["kind", "outcome", "at", "role", "reason"];
/// Outcomes of decisions of which there are receipts. A mark or a count of votes is its own word.
const OUTCOMES: [&str; 17] = [
    "submitted",
    "withdrawn",
    "approved",
    "refused",
    "reduced",
    "cancelled",
    "kept",
    "closed",
    "marked",
    "carried",
    "not_carried",
    "absent",
    "published",
    "filed",
    "upheld",
    "rejected",
    "void",
];

#[derive(Template)]
#[template(path = "disclosure/templates/check.html")]
struct CheckPage {
    page: Page,
}

async fn check(page: Page) -> Answer<HttpResponse> {
    html(&CheckPage { page })
}

#[derive(Template)]
#[template(path = "disclosure/templates/receipts.html")]
struct ReceiptsPage {
    page: Page,
    application: ApplicationView,
    lines: Vec<ReceiptLine>,
}

async fn list(
    page: Page,
    store: web::Data<Store>,
    actor: Actor,
    id: web::Path<Id>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let (application, lines) = store
        .read(move |view| receipts::receipts(view, &actor, id))
        .await?;
    html(&ReceiptsPage {
        page,
        application,
        lines,
    })
}

#[derive(Template)]
#[template(path = "disclosure/templates/receipt.html")]
struct ReceiptPage {
    page: Page,
    application: Id,
    receipt: Receipt,
    qr: String,
    /// Whether the code holds the opening too.
    qr_opens: bool,
}

impl ReceiptPage {
    fn file(&self) -> String {
        let (application, decision) = (self.application, self.receipt.line.id);
        format!("/my/receipts/{application}/{decision}/file")
    }

    fn root(&self) -> String {
        STANDARD.encode(self.receipt.head.root)
    }
}

async fn read(
    store: &Store,
    logs: web::Data<Logs>,
    actor: Actor,
    (application, decision): (Id, Id),
) -> Answer<Receipt> {
    store
        .read(move |view| receipts::receipt(view, &actor, &logs, application, decision))
        .await
}

async fn show(
    page: Page,
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
) -> Answer<HttpResponse> {
    let path = path.into_inner();
    let receipt = read(&store, logs, actor, path).await?;
    let (qr, qr_opens) = code(&receipt.proof)?;
    html(&ReceiptPage {
        page,
        application: path.0,
        receipt,
        qr,
        qr_opens,
    })
}

async fn file(
    store: web::Data<Store>,
    logs: web::Data<Logs>,
    actor: Actor,
    path: web::Path<(Id, Id)>,
) -> Answer<HttpResponse> {
    let path = path.into_inner();
    let receipt = read(&store, logs, actor, path).await?;
    Ok(proof_file(&receipt.proof, path.1))
}

/// The receipt as a QR code in SVG, and whether its opening has room in it. A list of a whole post
/// has not: its opening is in the file.
fn code(proof: &Proof) -> Result<(String, bool), Problem> {
    if let Ok(whole) = qr_code(&proof.text(), EcLevel::L) {
        return Ok((whole, true));
    }
    let bare = Proof {
        opening: None,
        ..proof.clone()
    };
    let bare = qr_code(&bare.text(), EcLevel::L).map_err(Problem::internal)?;
    Ok((bare, false))
}
