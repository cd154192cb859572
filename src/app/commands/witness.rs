//! `keju witness`: a small witness of public logs, which another office runs.

use std::path::Path;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

use super::{files, lock_data};
use crate::config::Settings;
use crate::kernel::{Clock, Problem, secret};
use crate::ledger::note::Cosigner;
use crate::ledger::policy::Policy;
use crate::ledger::witness::{Answer, Keeper};

/// Most bytes of a request: 63 hashes and a checkpoint with many signatures.
const BODY_MAX: usize = 64 * 1024;
const TEXT: &str = "text/plain; charset=utf-8";

/// Opens the witness whose key and memory lie in the data directory. The first time it makes a key.
fn open(settings: &Settings, name: &str, logs: &Path) -> Result<Keeper, Problem> {
    let directory = settings.data.join("witness");
    files::make_dirs(&directory)?;
    let key = directory.join("witness.key");
    if !key.exists() {
        let secret: [u8; 32] = secret::random();
        files::write(&key, hex::encode(secret).as_bytes())?;
        files::sync(&directory)?;
    }
    let text = files::read(&key)?;
    let secret = hex::decode(text.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let secret = secret.ok_or_else(|| {
        Problem::internal(format!("{}: not 64 hexadecimal digits", key.display()))
    })?;
    let cosigner = Cosigner::new(name, &secret)
        .map_err(|error| Problem::internal(format!("`{name}` names no witness: {error}")))?;
    let policy = Policy::parse(&files::read(logs)?)
        .map_err(|error| Problem::internal(format!("{}: {error}", logs.display())))?;
    Ok(Keeper::new(directory, cosigner, policy))
}

/// Prints the verifier key of a witness.
pub fn witness_key(settings: &Settings, name: &str, logs: &Path) -> Result<String, Problem> {
    let _lock = lock_data(&settings.data)?;
    Ok(open(settings, name, logs)?.vkey())
}

/// Looks at a request that came as a file, and gives the signature to be carried back.
pub fn witness_file(
    settings: &Settings,
    name: &str,
    logs: &Path,
    request: &Path,
) -> Result<String, Problem> {
    let _lock = lock_data(&settings.data)?;
    let keeper = open(settings, name, logs)?;
    let body = files::read(request)?;
    match keeper
        .add_checkpoint(body.as_bytes(), second())
        .map_err(Problem::internal)?
    {
        Answer::Signed(lines) => Ok(lines),
        Answer::OtherSize(size) => Err(Problem::internal(format!(
            "not signed: another size was signed last, {size}; ask with --old {size}"
        ))),
        refusal => Err(Problem::internal(format!(
            "not signed: {}",
            in_words(&refusal)
        ))),
    }
}

/// Serves a witness until told to stop.
pub fn witness(settings: &Settings, name: &str, logs: &Path) -> Result<(), Problem> {
    let _lock = lock_data(&settings.data)?;
    let keeper = Arc::new(open(settings, name, logs)?);
    eprintln!("The verifier key of this witness is\n{}", keeper.vkey());
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::from(keeper.clone()))
                .app_data(web::PayloadConfig::new(BODY_MAX))
                .route("/add-checkpoint", web::post().to(add))
                .route("/vkey", web::get().to(vkey))
                .route("/{id:[0-9a-f]{64}}/checkpoint", web::get().to(latest))
        })
        .workers(1)
        .bind(settings.listen)
        .map_err(Problem::internal)?;
        for address in server.addrs() {
            eprintln!("The witness listens at http://{address}");
        }
        server.run().await.map_err(Problem::internal)
    })
}

fn second() -> u64 {
    u64::try_from(Clock::system().now().seconds()).unwrap_or_default()
}

const fn in_words(answer: &Answer) -> &'static str {
    match answer {
        Answer::Signed(_) => "signed",
        Answer::Malformed => "that is no request, or it goes back",
        Answer::NotSigned => "the log did not sign it",
        Answer::UnknownLog => "the log is not watched here",
        Answer::OtherSize(_) => "another size was signed last",
        Answer::NotContinuing => "it does not continue what was signed",
    }
}

async fn add(keeper: web::Data<Keeper>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let answer = web::block(move || keeper.add_checkpoint(&body, second())).await;
    let answer = answer
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    tracing::info!(answer = in_words(&answer), "asked to sign");
    let status = match &answer {
        Answer::Signed(lines) => {
            return Ok(HttpResponse::Ok().content_type(TEXT).body(lines.clone()));
        }
        Answer::OtherSize(size) => {
            let kind = HeaderValue::from_static("text/x.tlog.size");
            return Ok(HttpResponse::Conflict()
                .insert_header((header::CONTENT_TYPE, kind))
                .body(format!("{size}\n")));
        }
        Answer::Malformed => StatusCode::BAD_REQUEST,
        Answer::NotSigned => StatusCode::FORBIDDEN,
        Answer::UnknownLog => StatusCode::NOT_FOUND,
        Answer::NotContinuing => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let why = format!("{}\n", in_words(&answer));
    Ok(HttpResponse::build(status).content_type(TEXT).body(why))
}

async fn vkey(keeper: web::Data<Keeper>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(TEXT)
        .body(format!("{}\n", keeper.vkey()))
}

async fn latest(keeper: web::Data<Keeper>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let note = web::block(move || keeper.latest(&id)).await;
    let note = note
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(note.map_or_else(
        || {
            HttpResponse::NotFound()
                .content_type(TEXT)
                .body("nothing signed\n")
        },
        |note| HttpResponse::Ok().content_type(TEXT).body(note),
    ))
}
