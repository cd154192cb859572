//! Mail: queued in the transaction of the act that causes it, delivered afterwards, tried again
//! with growing pauses. By default messages are written as files into the data directory; with
//! SMTP settings they are sent.

use std::path::Path;

use lettre::message::header::ContentType;
use lettre::transport::smtp::{self, authentication::Credentials};
use lettre::{FileTransport, Message, SmtpTransport, Transport as _};

use super::store;
use crate::kernel::secret::Secret;
use crate::kernel::{Id, Problem};
use crate::store::{Store, Tx};

/// How messages leave.
pub enum Carrier {
    /// Into files (`*.eml`) in a folder.
    Files(FileTransport),
    /// Through a server.
    Smtp(SmtpTransport),
}

/// A mail server.
pub struct SmtpServer<'a> {
    /// Host name.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// User name; none sends without signing in.
    pub user: Option<&'a str>,
    /// Password.
    pub password: Option<&'a Secret>,
}

impl Carrier {
    /// Writes messages into `folder`.
    pub fn files(folder: &Path) -> Result<Self, Problem> {
        std::fs::create_dir_all(folder).map_err(Problem::internal)?;
        Ok(Self::Files(FileTransport::new(folder)))
    }

    /// Sends through a server with STARTTLS.
    pub fn smtp(server: &SmtpServer<'_>) -> Result<Self, Problem> {
        let relay = SmtpTransport::starttls_relay(server.host).map_err(Problem::internal)?;
        let mut relay = relay.port(server.port);
        if let (Some(user), Some(password)) = (server.user, server.password) {
            let credentials = Credentials::new(user.to_owned(), password.reveal().to_owned());
            relay = relay.credentials(credentials);
        }
        Ok(Self::Smtp(relay.build()))
    }

    fn send(&self, message: &Message) -> Result<(), String> {
        match self {
            Self::Files(files) => files.send(message).map(drop).map_err(|e| e.to_string()),
            Self::Smtp(smtp) => smtp.send(message).map(drop).map_err(|e| smtp_error(&e)),
        }
    }
}

/// What went wrong, without the server's words: they often quote the recipient.
fn smtp_error(error: &smtp::Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {code}");
    }
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_tls() {
        "TLS failed"
    } else if error.is_client() {
        "the message was not accepted"
    } else {
        "no connection"
    };
    kind.to_owned()
}

/// Queues a message in the transaction of the act.
pub fn queue(tx: &mut Tx<'_>, to: &str, subject: &str, body: &str) -> Result<(), Problem> {
    let message = store::Message {
        id: Id::new(tx.now),
        recipient_sealed: tx.vault.seal(to)?,
        subject_sealed: tx.vault.seal(subject)?,
        body_sealed: tx.vault.seal(body)?,
        attempts: 0,
    };
    store::mail::insert(tx, &message)
}

/// Attempts after which a message is given up.
const ATTEMPTS_MAX: i32 = 10;

/// Delivers what is due; returns how many messages left.
pub fn deliver(store: &Store, carrier: &Carrier, from: &str) -> Result<usize, Problem> {
    let due = store.read_blocking(|view| store::mail::due(view.db, view.now, ATTEMPTS_MAX))?;
    let mut sent = 0;
    for store::Message {
        id,
        recipient_sealed,
        subject_sealed,
        body_sealed,
        attempts,
    } in due
    {
        let open = |sealed: &[u8]| store.vault().open_text(sealed);
        let (to, subject) = (open(&recipient_sealed)?, open(&subject_sealed)?);
        let result = compose(from, &to, &subject, open(&body_sealed)?)
            .map_err(|_| "the message cannot be composed".to_owned())
            .and_then(|message| carrier.send(&message));
        if let Err(error) = &result {
            // The address is personal: only the id goes to the log.
            tracing::warn!(mail = %id, attempts, %error, "mail could not be sent");
        }
        sent += usize::from(result.is_ok());
        let done = result.is_ok();
        store.write_blocking(move |tx| settle(tx, id, attempts + 1, done))?;
    }
    Ok(sent)
}

fn compose(from: &str, to: &str, subject: &str, body: String) -> Result<Message, Problem> {
    let address = |text: &str| text.parse().map_err(Problem::internal);
    Message::builder()
        .from(address(from)?)
        .to(address(to)?)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(Problem::internal)
}

/// Notes the outcome; a failed message is due again after a pause that doubles.
fn settle(tx: &mut Tx<'_>, id: Id, attempts: i32, sent: bool) -> Result<(), Problem> {
    let pause = 30_i64 << attempts.clamp(0, 10);
    let next = tx.now.plus_seconds(pause);
    store::mail::settle(tx, id, attempts, sent, next)
}
