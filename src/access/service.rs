//! The acts of access: opening accounts, granting roles, signing in and out, passwords.

mod passwords;
mod sessions;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub use passwords::{change_password, request_reset, reset_password};
pub use sessions::{
    Known, Opened, SessionKind, Tokens, device_mark, first_tokens, known_by_cookie,
    known_by_session, open_session, refresh, sign_in, sign_out,
};

use super::rules::{self, Role};
use super::store::{self, AccountRow};
use super::{Actor, password};
use crate::kernel::secret::{self, Secret};
use crate::kernel::{Id, Problem};
use crate::ledger::{self, Entry};
use crate::store::{Tx, View, sha256};

/// A new account, before it is opened.
pub struct NewAccount {
    /// E-mail address, the login.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The password, hashed.
    pub password_hash: String,
    /// Whether the password must be changed at the first sign-in.
    pub must_change_password: bool,
}

/// The state of an account that may sign in.
const ACTIVE: &str = "active";
/// The state of an account that may not.
const SUSPENDED: &str = "suspended";

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
        state: ACTIVE.to_owned(),
        must_change_password: new.must_change_password,
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
    /// `active` or `suspended`.
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
    store::hold_roles(tx)?;
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
    must_have_reason(reason)?;
    store::hold_roles(tx)?;
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
    if acting.account == account {
        return Err(Problem::conflict("not-for-oneself"));
    }
    must_have_reason(reason)?;
    store::hold_roles(tx)?;
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
    must_have_reason(reason)?;
    store::account(tx.db, account)?;
    let state = if suspended { SUSPENDED } else { ACTIVE };
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

fn must_have_reason(reason: &str) -> Result<(), Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "required"));
    }
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

/// Those who are not suspended and have one of these roles, by account: for rooms that choose among
/// staff, and that have asked who may.
pub fn staff_with(
    view: &mut View<'_>,
    roles: &[Role],
) -> Result<Vec<(Id, String, Vec<Role>)>, Problem> {
    let rows = store::with_roles(view.db, roles)?.into_iter();
    rows.filter(|row| row.state == ACTIVE)
        .map(|row| {
            let name = view.vault.open_text(&row.name_sealed)?;
            Ok((row.id, name, store::roles(view.db, row.id)?))
        })
        .collect()
}

/// The login address of an account, for notices to its owner.
pub fn email_of(view: &mut View<'_>, account: Id) -> Result<String, Problem> {
    let row = store::account(view.db, account)?;
    view.vault.open_text(&row.login_sealed)
}

/// Whether somebody signs in with this address.
pub fn is_login(view: &mut View<'_>, login: &str) -> Result<bool, Problem> {
    let index = view.vault.index("login", login);
    Ok(store::account_by_login(view.db, &index)?.is_some())
}

/// Forgets failures to sign in, idempotency keys and sent mail that lie a day back, and links that
/// are no longer good.
pub fn tidy(tx: &mut Tx<'_>) -> Result<(), Problem> {
    let before = tx.now.plus_seconds(-24 * 3600);
    store::tidy(tx, before)
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
    if !store::idempotency::claim(tx, actor.account, key, &request)? {
        return repeated(tx, actor, key, &request);
    }
    let value = act(tx)?;
    let answer = serde_json::to_vec(&value).map_err(Problem::internal)?;
    let answer = tx.vault.seal(answer)?;
    store::idempotency::answer(tx, actor.account, key, &answer)?;
    Ok(value)
}

/// The answer of the first call with this key.
fn repeated<T: serde::de::DeserializeOwned>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    request: &[u8],
) -> Result<T, Problem> {
    let kept = store::idempotency::find(tx.db, actor.account, key)?;
    let (hash, answer) = kept.ok_or_else(|| Problem::internal("a claimed key is not there"))?;
    if hash != request {
        return Err(Problem::conflict("idempotency-key-reused"));
    }
    let answer = tx.vault.open_bytes(&answer)?;
    serde_json::from_slice(&answer).map_err(Problem::internal)
}

/// How many accounts hold each role; for the readiness of an installation.
pub fn role_counts(view: &mut View<'_>) -> Result<BTreeMap<&'static str, bool>, Problem> {
    let mut counts = BTreeMap::new();
    for role in Role::ALL {
        counts.insert(role.as_str(), store::anybody_is(view.db, role)?);
    }
    Ok(counts)
}
