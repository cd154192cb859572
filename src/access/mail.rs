//! Mail: queued in the transaction of the act that causes it, delivered afterwards, tried again
//! with growing pauses. By default messages are written as files into the data directory; with
//! SMTP settings they are sent.

use std::path::Path;

use diesel::prelude::*;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{FileTransport, Message, SmtpTransport, Transport as _};

use crate::kernel::secret::Secret;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::mail;
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
            Self::Smtp(smtp) => smtp.send(message).map(drop).map_err(|e| e.to_string()),
        }
    }
}

/// Queues a message in the transaction of the act.
pub fn queue(tx: &mut Tx<'_>, to: &str, subject: &str, body: &str) -> Result<(), Problem> {
    let row = (
        mail::id.eq(Id::new(tx.now)),
        mail::recipient_sealed.eq(tx.vault.seal(to)?),
        mail::subject_sealed.eq(tx.vault.seal(subject)?),
        mail::body_sealed.eq(tx.vault.seal(body)?),
        mail::created_at.eq(tx.now),
        mail::attempts.eq(0),
        mail::next_attempt_at.eq(tx.now),
    );
    diesel::insert_into(mail::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

/// Attempts after which a message is given up.
const ATTEMPTS_MAX: i32 = 10;

type Waiting = (Id, Vec<u8>, Vec<u8>, Vec<u8>, i32);

/// Delivers what is due; returns how many messages left.
pub fn deliver(store: &Store, carrier: &Carrier, from: &str) -> Result<usize, Problem> {
    let due: Vec<Waiting> = store.read_blocking(|view| {
        Ok(mail::table
            .filter(mail::sent_at.is_null())
            .filter(mail::attempts.lt(ATTEMPTS_MAX))
            .filter(mail::next_attempt_at.le(view.now))
            .order(mail::id)
            .limit(50)
            .select((
                mail::id,
                mail::recipient_sealed,
                mail::subject_sealed,
                mail::body_sealed,
                mail::attempts,
            ))
            .load(view.db)?)
    })?;
    let mut sent = 0;
    for (id, to, subject, body, attempts) in due {
        let vault = store.vault();
        let (to, subject) = (vault.open_text(&to)?, vault.open_text(&subject)?);
        let result = compose(from, &to, &subject, vault.open_text(&body)?)
            .map_err(|e| e.to_string())
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

fn settle(tx: &mut Tx<'_>, id: Id, attempts: i32, sent: bool) -> Result<(), Problem> {
    let now = tx.now;
    let pause = 30_i64 << attempts.clamp(0, 10);
    let sent_at: Option<Instant> = sent.then_some(now);
    diesel::update(mail::table.find(id))
        .set((
            mail::attempts.eq(attempts),
            mail::sent_at.eq(sent_at),
            mail::next_attempt_at.eq(now.plus_seconds(pause)),
        ))
        .execute(tx.db)?;
    Ok(())
}
