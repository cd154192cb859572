//! The acts of access: opening accounts, granting roles, signing in and out.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::rules::{self, Role};
use super::store::{self, AccountRow, SessionRow};
use super::token::{self, SignInLimit};
use super::{Actor, mail, password};
use crate::kernel::error::Kind;
use crate::kernel::secret::{self, Secret};
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::{self, Entry};
use crate::store::{Store, Tx, View, sha256};

/// A new account, before it is opened.
pub struct NewAccount {
    /// E-mail address, the login.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The password, hashed.
    pub password_hash: String,
    /// Whether the address is verified already.
    pub verified: bool,
    /// Whether the password must be changed at the first sign-in.
    pub must_change_password: bool,
}

/// Seconds in which a verification link is good.
const VERIFY_SECONDS: i64 = 48 * 3600;

/// Opens an account with `role`. Part of sign-up and of opening staff accounts.
pub fn open_account(
    tx: &mut Tx<'_>,
    new: NewAccount,
    role: Role,
    by: Option<Id>,
) -> Result<Id, Problem> {
    let login = rules::normal_login(&new.email)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err(Problem::field("name", "name-length"));
    }
    let row = AccountRow {
        id: Id::new(tx.now),
        login_index: tx.vault.index("login", &login),
        login_sealed: tx.vault.seal(&login)?,
        name_sealed: tx.vault.seal(name)?,
        password_hash: new.password_hash,
        state: if new.verified { "active" } else { "unverified" }.to_owned(),
        must_change_password: new.must_change_password,
        failures: 0,
        locked_until: None,
        created_at: tx.now,
    };
    store::insert_account(tx, &row)?;
    store::insert_role(tx, row.id, role, by)?;
    Ok(row.id)
}

/// Adds a role to an account that is being set up; the rule that keeps roles apart holds here too.
pub fn give_role(tx: &mut Tx<'_>, account: Id, role: Role) -> Result<(), Problem> {
    rules::may_hold(&store::roles(tx.db, account)?, role)?;
    store::insert_role(tx, account, role, None)
}

/// Writes the mail with the link that verifies an address.
pub fn send_verification(tx: &mut Tx<'_>, account: Id, base: &str) -> Result<(), Problem> {
    let row = store::account(tx.db, account)?;
    let token = secret::token();
    let until = tx.now.plus_seconds(VERIFY_SECONDS);
    store::insert_email_token(tx, &sha256(&token), account, "verify", until)?;
    let to = tx.vault.open_text(&row.login_sealed)?;
    let link = format!("{base}/verify-email?token={token}");
    mail::queue(
        tx,
        &to,
        "科举：请验证您的邮箱 · Keju: please verify your address",
        &format!(
            "请在 48 小时内打开以下链接，验证您的邮箱：\n{link}\n\n\
             Please open this link within 48 hours to verify your address:\n{link}\n"
        ),
    )
}

/// Verifies an address by the token from the mail.
pub fn verify_email(tx: &mut Tx<'_>, token: &str) -> Result<(), Problem> {
    let expired = || Problem::conflict("link-expired");
    let account = store::use_email_token(tx, &sha256(token), "verify")?.ok_or_else(expired)?;
    store::set_state(tx, account, "active")?;
    let entry = Entry::new("account.verified", Some(account), "candidate");
    ledger::record(
        tx,
        &entry.on(json!({ "account": account })).outcome("active"),
    )?;
    Ok(())
}

/// On the first start: opens the system administrator with a one-time password, which is returned
/// to be shown once. Does nothing when there is one.
pub fn bootstrap(tx: &mut Tx<'_>, login: &str) -> Result<Option<Secret>, Problem> {
    if store::anybody_is(tx.db, Role::SystemAdmin)? {
        return Ok(None);
    }
    let password: String = secret::token().chars().take(20).collect();
    let password = Secret::new(password);
    let new = NewAccount {
        email: login.to_owned(),
        name: "系统管理员".to_owned(),
        password_hash: password::hash_now(&password)?,
        verified: true,
        must_change_password: true,
    };
    let id = open_account(tx, new, Role::SystemAdmin, None)?;
    let entry = Entry::new("account.opened", None, "system");
    let inputs = json!({ "account": id, "role": Role::SystemAdmin });
    ledger::record(
        tx,
        &entry.on(inputs).outcome("opened").because("first start"),
    )?;
    Ok(Some(password))
}

/// What an administrator sees of an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountView {
    /// Id.
    pub id: Id,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// `active`, `unverified` or `suspended`.
    pub state: String,
    /// Roles.
    pub roles: Vec<Role>,
}

/// Opens a staff account. The system administrator may give it any business role except his own
/// kind's; administrators are appointed by the security administrator, and the first of those by
/// the system administrator.
pub fn open_staff(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: NewAccount,
    role: Role,
) -> Result<Id, Problem> {
    let acting = actor.acting_as(&[Role::SystemAdmin])?;
    let first_security =
        role == Role::SecurityAdmin && !store::anybody_is(tx.db, Role::SecurityAdmin)?;
    let first_audit = role == Role::AuditAdmin && !store::anybody_is(tx.db, Role::AuditAdmin)?;
    let administrator = matches!(
        role,
        Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin
    );
    if role == Role::Candidate || (administrator && !first_security && !first_audit) {
        return Err(Problem::conflict("role-not-given-here").with("role", role.as_str()));
    }
    let id = open_account(tx, new, role, Some(acting.account))?;
    let inputs = json!({ "account": id, "role": role });
    ledger::record(
        tx,
        &acting
            .decides("account.opened")
            .on(inputs)
            .outcome("opened"),
    )?;
    Ok(id)
}

/// Grants a role. Only the security administrator may, with a reason.
pub fn grant_role(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: Id,
    role: Role,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::SecurityAdmin])?;
    if acting.account == account {
        return Err(Problem::conflict("not-for-oneself"));
    }
    store::account(tx.db, account)?;
    rules::may_hold(&store::roles(tx.db, account)?, role)?;
    store::insert_role(tx, account, role, Some(acting.account))?;
    let inputs = json!({ "account": account, "role": role });
    let entry = acting
        .decides("role.granted")
        .on(inputs)
        .outcome("granted")
        .because(reason);
    ledger::record(tx, &entry)?;
    Ok(())
}

/// Withdraws a role and ends the account's sessions.
pub fn withdraw_role(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: Id,
    role: Role,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::SecurityAdmin])?;
    if store::delete_role(tx, account, role)? == 0 {
        return Err(Problem::not_found());
    }
    store::revoke_all_sessions(tx, account, None)?;
    let inputs = json!({ "account": account, "role": role });
    let entry = acting
        .decides("role.withdrawn")
        .on(inputs)
        .outcome("withdrawn")
        .because(reason);
    ledger::record(tx, &entry)?;
    Ok(())
}

/// Suspends an account or lets it in again.
pub fn set_suspended(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: Id,
    suspended: bool,
    reason: &str,
) -> Result<(), Problem> {
    let acting = actor.acting_as(&[Role::SystemAdmin])?;
    if acting.account == account {
        return Err(Problem::conflict("not-for-oneself"));
    }
    store::account(tx.db, account)?;
    let state = if suspended { "suspended" } else { "active" };
    store::set_state(tx, account, state)?;
    if suspended {
        store::revoke_all_sessions(tx, account, None)?;
    }
    let inputs = json!({ "account": account });
    let entry = acting
        .decides("account.state")
        .on(inputs)
        .outcome(state)
        .because(reason);
    ledger::record(tx, &entry)?;
    Ok(())
}

/// The accounts after `after`, up to `limit`.
pub fn accounts(
    view: &mut View<'_>,
    actor: &Actor,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<AccountView>, Problem> {
    actor.acting_as(&[Role::SystemAdmin, Role::SecurityAdmin])?;
    let rows = store::accounts(view.db, after, limit)?;
    rows.into_iter()
        .map(|row| account_view(view, row))
        .collect()
}

/// Everybody who is no candidate.
pub fn staff(view: &mut View<'_>, actor: &Actor) -> Result<Vec<AccountView>, Problem> {
    actor.acting_as(&[Role::SystemAdmin, Role::SecurityAdmin])?;
    store::staff(view.db)?
        .into_iter()
        .map(|row| account_view(view, row))
        .collect()
}

/// One account, for itself.
pub fn own_account(view: &mut View<'_>, actor: &Actor) -> Result<AccountView, Problem> {
    let row = store::account(view.db, actor.account)?;
    account_view(view, row)
}

/// The name of an account, for pages that show people to those who may see them.
pub fn name_of(view: &mut View<'_>, account: Id) -> Result<String, Problem> {
    let row = store::account(view.db, account)?;
    view.vault.open_text(&row.name_sealed)
}

/// The login address of an account, for notices to its owner.
pub fn email_of(view: &mut View<'_>, account: Id) -> Result<String, Problem> {
    let row = store::account(view.db, account)?;
    view.vault.open_text(&row.login_sealed)
}

/// The account with this login index (see [`Vault::index`](crate::store::Vault::index)).
pub fn account_by_login_index(view: &mut View<'_>, index: &[u8]) -> Result<Id, Problem> {
    let row = store::account_by_login(view.db, index)?;
    row.map(|row| row.id).ok_or_else(Problem::not_found)
}

fn account_view(view: &mut View<'_>, row: AccountRow) -> Result<AccountView, Problem> {
    Ok(AccountView {
        id: row.id,
        email: view.vault.open_text(&row.login_sealed)?,
        name: view.vault.open_text(&row.name_sealed)?,
        state: row.state,
        roles: store::roles(view.db, row.id)?,
    })
}

/// What kind of session is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser with a cookie.
    Browser,
    /// A program with bearer tokens.
    Api,
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

/// An opened session.
pub struct Opened {
    /// Who it belongs to.
    pub actor: Actor,
    /// The secret of a browser session.
    pub cookie: Secret,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// Signs in with e-mail and password. Unknown accounts, wrong passwords and closed accounts are
/// told apart in the log and not in the answer.
pub async fn sign_in(
    store: &Store,
    limit: &SignInLimit,
    email: &str,
    password: Secret,
    kind: SessionKind,
) -> Result<Opened, Problem> {
    let refused = || Problem::new(Kind::Unauthenticated, "sign-in-refused");
    let login = rules::normal_login(email).map_err(|_| refused())?;
    let index = store.vault().index("login", &login);
    limit.count(&index)?;
    let account = store
        .read(move |view| store::account_by_login(view.db, &index))
        .await?;
    let now = store.clock().now();
    let hash = account.as_ref().map(|row| row.password_hash.clone());
    let fits = password::fits(password, hash).await?;
    let Some(row) = account else {
        return Err(refused());
    };
    if row.locked_until.is_some_and(|until| until > now) {
        return Err(Problem::new(Kind::TooMany, "account-locked"));
    }
    if !fits {
        store.write(move |tx| count_failure(tx, row.id)).await?;
        return Err(refused());
    }
    match row.state.as_str() {
        "active" => store.write(move |tx| open_session(tx, row.id, kind)).await,
        "unverified" => Err(Problem::new(Kind::Forbidden, "address-not-verified")),
        _ => Err(refused()),
    }
}

fn count_failure(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let failures = store::account(tx.db, id)?.failures + 1;
    let until = rules::locked_until(failures, tx.now);
    store::set_failures(tx, id, failures, until)
}

/// Opens a session for an account that has proved who it is.
pub fn open_session(tx: &mut Tx<'_>, account: Id, kind: SessionKind) -> Result<Opened, Problem> {
    let row = store::account(tx.db, account)?;
    if row.failures > 0 {
        store::set_failures(tx, account, 0, None)?;
    }
    let secret = secret::token();
    let session = SessionRow {
        id: Id::new(tx.now),
        account_id: account,
        kind: if kind == SessionKind::Browser {
            "browser"
        } else {
            "api"
        }
        .to_owned(),
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

/// Exchanges a refresh token. A token that was used before, beyond a few seconds of grace for a
/// lost answer, ends its whole session: somebody else has it (RFC 9700, 4.14.2).
pub fn refresh(tx: &mut Tx<'_>, refresh_token: &str) -> Result<Option<Tokens>, Problem> {
    let hash = sha256(refresh_token);
    let Some((id, used_at)) = store::refresh(tx.db, &hash)? else {
        return Ok(None);
    };
    let session = store::session(tx.db, id)?;
    if session.revoked_at.is_some() || session.expires_at <= tx.now {
        return Ok(None);
    }
    let lost = |at: Instant| tx.now <= at.plus_seconds(token::REFRESH_GRACE_SECONDS);
    match used_at {
        None => store::use_refresh(tx, &hash)?,
        Some(at) if lost(at) => {}
        Some(_) => {
            store::revoke_session(tx, id)?;
            let entry = Entry::new("session.revoked", Some(session.account_id), "system");
            let inputs = json!({ "session": id });
            ledger::record(
                tx,
                &entry
                    .on(inputs)
                    .outcome("revoked")
                    .because("a refresh token was used twice"),
            )?;
            return Ok(None);
        }
    }
    let account = store::account(tx.db, session.account_id)?;
    if account.state != "active" {
        return Ok(None);
    }
    let expires = tx.now.plus_seconds(token::SESSION_SECONDS);
    store::prolong_session(tx, id, expires)?;
    let roles = store::roles(tx.db, session.account_id)?;
    let actor = Actor {
        account: session.account_id,
        session: id,
        roles,
    };
    tokens(tx, &actor, account.must_change_password).map(Some)
}

/// A browser's session, with the name to show.
pub struct Known {
    /// Who acts.
    pub actor: Actor,
    /// The name shown.
    pub name: String,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

/// Who a session cookie belongs to, if it is good.
pub fn known_by_cookie(view: &mut View<'_>, cookie: &str) -> Result<Option<Known>, Problem> {
    let Some(session) = store::session_by_token(view.db, &sha256(cookie))? else {
        return Ok(None);
    };
    let live = session.revoked_at.is_none() && session.expires_at > view.now;
    if !live || session.kind != "browser" {
        return Ok(None);
    }
    let account = store::account(view.db, session.account_id)?;
    if account.state != "active" {
        return Ok(None);
    }
    let roles = store::roles(view.db, account.id)?;
    Ok(Some(Known {
        actor: Actor {
            account: account.id,
            session: session.id,
            roles,
        },
        name: view.vault.open_text(&account.name_sealed)?,
        must_change_password: account.must_change_password,
    }))
}

/// Ends the actor's session.
pub fn sign_out(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Problem> {
    store::revoke_session(tx, actor.session)
}

/// Changes the actor's own password and ends the other sessions.
pub async fn change_password(
    store: &Store,
    actor: Actor,
    current: Secret,
    new: Secret,
) -> Result<(), Problem> {
    let id = actor.account;
    let row = store.read(move |view| store::account(view.db, id)).await?;
    let login = store.vault().open_text(&row.login_sealed)?;
    rules::check_password(new.reveal(), &login)?;
    if !password::fits(current, Some(row.password_hash)).await? {
        return Err(Problem::field("current", "password-wrong"));
    }
    let hash = password::hash(new).await?;
    store
        .write(move |tx| {
            store::set_password(tx, id, &hash, false)?;
            store::revoke_all_sessions(tx, id, Some(actor.session))
        })
        .await
}

/// Runs a creating `act` once per idempotency key: a repeat with the same request gets the first
/// answer, one with another request is refused. The key is kept in the transaction of the act.
pub fn once<T: Serialize + serde::de::DeserializeOwned>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: Option<&str>,
    request: &impl Serialize,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let Some(key) = key else { return act(tx) };
    let request = sha256(serde_json::to_vec(request).map_err(Problem::internal)?);
    if let Some((hash, answer)) = store::idempotency::find(tx.db, actor.account, key)? {
        if hash != request {
            return Err(Problem::conflict("idempotency-key-reused"));
        }
        let answer = tx.vault.open_bytes(&answer)?;
        return serde_json::from_slice(&answer).map_err(Problem::internal);
    }
    let value = act(tx)?;
    let answer = tx
        .vault
        .seal(serde_json::to_vec(&value).map_err(Problem::internal)?)?;
    store::idempotency::insert(tx, actor.account, key, &request, &answer)?;
    Ok(value)
}

/// How many accounts hold each role; for the readiness of an installation.
pub fn role_counts(view: &mut View<'_>) -> Result<BTreeMap<&'static str, bool>, Problem> {
    let mut counts = BTreeMap::new();
    for role in Role::ALL {
        counts.insert(role.as_str(), store::anybody_is(view.db, role)?);
    }
    Ok(counts)
}
