//! Signing in, staying in, and signing out.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::ACTIVE;
use crate::access::store::{self, AccountRow, SessionRow};
use crate::access::token::{self, SignInLimit};
use crate::access::{Actor, password, rules};
use crate::kernel::error::Kind;
use crate::kernel::secret::{self, Secret};
use crate::kernel::{Id, Problem};
use crate::ledger::{self, Entry};
use crate::store::{Store, Tx, Vault, View, sha256};

/// What kind of session is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser with a cookie.
    Browser,
    /// A program with bearer tokens.
    Api,
}

impl SessionKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }
}

/// The tokens of a session that was opened or prolonged.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tokens {
    /// Sent as `Authorization: Bearer …`; good for ten minutes.
    pub access_token: String,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// Exchanged once for new tokens.
    pub refresh_token: String,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// What a browser keeps of a login after a successful sign-in, for years: a keyed fingerprint. Its
/// failures are counted apart, so that strangers who try passwords do not lock the owner out.
pub fn device_mark(vault: &Vault, email: &str) -> Option<String> {
    let login = rules::normal_login(email).ok()?;
    Some(hex::encode(vault.index("device", &login)))
}

/// An opened session.
pub struct Opened {
    /// Who it belongs to.
    pub actor: Actor,
    /// The secret of a browser session.
    pub cookie: Secret,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// Signs in with e-mail and password. Unknown accounts, wrong passwords and closed accounts are not
/// told apart, neither in the answer nor in the time it takes: failures are counted by login,
/// whether or not there is such an account.
pub async fn sign_in(
    store: &Store,
    limit: &SignInLimit,
    email: &str,
    password: Secret,
    kind: SessionKind,
    device: Option<&str>,
) -> Result<Opened, Problem> {
    let refused = || Problem::new(Kind::Unauthenticated, "sign-in-refused");
    let login = rules::normal_login(email).map_err(|_| refused())?;
    let index = store.vault().index("login", &login);
    let known = device.is_some() && device == device_mark(store.vault(), &login).as_deref();
    let counted = match known {
        true => store.vault().index("device-guard", &login),
        false => index.clone(),
    };
    limit.count(&counted)?;
    let guard = counted.clone();
    let account = store
        .read(move |view| {
            must_not_be_locked(view, &guard)?;
            store::account_by_login(view.db, &index)
        })
        .await?;
    let hash = account.as_ref().map(|row| row.password_hash.clone());
    let fits = password::fits(password, hash).await?;
    match account.filter(|row| fits && row.state == ACTIVE) {
        Some(row) => {
            store
                .write(move |tx| {
                    store::clear_guard(tx, &counted)?;
                    must_still_be(tx, &row)?;
                    open_session(tx, row.id, kind)
                })
                .await
        }
        None => {
            store.write(move |tx| count_failure(tx, &counted)).await?;
            Err(refused())
        }
    }
}

/// Refuses if the password was changed, or the account closed, while the old one was being checked.
fn must_still_be(tx: &mut Tx<'_>, checked: &AccountRow) -> Result<(), Problem> {
    let now = store::account(tx.db, checked.id)?;
    if now.password_hash == checked.password_hash && now.state == ACTIVE {
        return Ok(());
    }
    Err(Problem::new(Kind::Unauthenticated, "sign-in-refused"))
}

/// Refuses while too many failures in a row keep this login closed.
pub(super) fn must_not_be_locked(view: &mut View<'_>, index: &[u8]) -> Result<(), Problem> {
    let guard = store::guard(view.db, index)?;
    let until = guard.and_then(|guard| guard.locked_until);
    match until.is_some_and(|until| until > view.now) {
        true => Err(Problem::new(Kind::TooMany, "sign-in-locked")),
        false => Ok(()),
    }
}

/// Counts a wrong password for this login.
pub(super) fn count_failure(tx: &mut Tx<'_>, index: &[u8]) -> Result<(), Problem> {
    let mut guard = store::hold_guard(tx, index)?;
    guard.failures = guard.failures.saturating_add(1);
    guard.failed_at = tx.now;
    guard.locked_until = rules::locked_until(guard.failures, tx.now);
    store::set_guard(tx, &guard)
}

/// Opens a session for an account that has proved who it is.
pub fn open_session(tx: &mut Tx<'_>, account: Id, kind: SessionKind) -> Result<Opened, Problem> {
    let row = store::account(tx.db, account)?;
    let secret = secret::token();
    let session = SessionRow {
        id: Id::new(tx.now),
        account_id: account,
        kind: kind.as_str().to_owned(),
        token_hash: sha256(&secret).to_vec(),
        created_at: tx.now,
        seen_at: tx.now,
        expires_at: tx.now.plus_seconds(token::SESSION_SECONDS),
        revoked_at: None,
    };
    store::insert_session(tx, &session)?;
    let roles = store::roles(tx.db, account)?;
    Ok(Opened {
        actor: Actor {
            account,
            session: session.id,
            roles,
        },
        cookie: Secret::new(secret),
        must_change_password: row.must_change_password,
    })
}

/// Gives the first tokens of an API session.
pub fn first_tokens(tx: &mut Tx<'_>, opened: &Opened) -> Result<Tokens, Problem> {
    tokens(tx, &opened.actor, opened.must_change_password)
}

fn tokens(tx: &mut Tx<'_>, actor: &Actor, must_change: bool) -> Result<Tokens, Problem> {
    let refresh_token = secret::token();
    store::insert_refresh(tx, &sha256(&refresh_token), actor.session)?;
    Ok(Tokens {
        access_token: token::sign(tx.vault, actor, tx.now)?,
        expires_in: token::ACCESS_SECONDS,
        refresh_token,
        must_change_password: must_change,
    })
}

/// Exchanges a refresh token. A token that was used before ends its whole session: somebody else
/// has it (RFC 9700, 4.14.2). Who loses the answer on the way signs in again.
pub fn refresh(tx: &mut Tx<'_>, refresh_token: &str) -> Result<Option<Tokens>, Problem> {
    let hash = sha256(refresh_token);
    let Some(id) = store::refresh(tx.db, &hash)? else {
        return Ok(None);
    };
    let Some(known) = known_by_session(tx, id)? else {
        return Ok(None);
    };
    if !store::use_refresh(tx, &hash)? {
        store::revoke_session(tx, id)?;
        let entry = Entry::new("session.revoked", Some(known.actor.account), "system");
        let entry = entry.on(json!({ "session": id })).outcome("revoked");
        ledger::record(tx, &entry.because("a refresh token was used twice"))?;
        return Ok(None);
    }
    let expires = tx.now.plus_seconds(token::SESSION_SECONDS);
    store::prolong_session(tx, id, expires)?;
    tokens(tx, &known.actor, known.must_change_password).map(Some)
}

/// A live session, with the name to show.
pub struct Known {
    /// Who acts, with the roles of this moment.
    pub actor: Actor,
    /// The name shown.
    pub name: String,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// Who a session cookie belongs to, if it is good.
pub fn known_by_cookie(view: &mut View<'_>, cookie: &str) -> Result<Option<Known>, Problem> {
    match store::session_by_token(view.db, &sha256(cookie))? {
        Some(session) => known(view, &session, SessionKind::Browser),
        None => Ok(None),
    }
}

/// Who a session of the API belongs to, if it is good: a token ends with its session, and its
/// bearer has the roles that the account has now.
pub fn known_by_session(view: &mut View<'_>, session: Id) -> Result<Option<Known>, Problem> {
    match store::session(view.db, session)? {
        Some(session) => known(view, &session, SessionKind::Api),
        None => Ok(None),
    }
}

fn known(
    view: &mut View<'_>,
    session: &SessionRow,
    kind: SessionKind,
) -> Result<Option<Known>, Problem> {
    let oldest = view.now.plus_seconds(-token::SESSION_AGE_SECONDS);
    let live = session.revoked_at.is_none()
        && session.expires_at > view.now
        && session.created_at > oldest;
    if !live || session.kind != kind.as_str() {
        return Ok(None);
    }
    let account = store::account(view.db, session.account_id)?;
    if account.state != ACTIVE {
        return Ok(None);
    }
    Ok(Some(Known {
        actor: Actor {
            account: account.id,
            session: session.id,
            roles: store::roles(view.db, account.id)?,
        },
        name: view.vault.open_text(&account.name_sealed)?,
        must_change_password: account.must_change_password,
    }))
}

/// Ends the actor's session.
pub fn sign_out(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Problem> {
    store::revoke_session(tx, actor.session)
}
