//! Changing a password, and setting a new one when the old one is forgotten.

use serde_json::json;

use super::ACTIVE;
use super::sessions::{count_failure, must_not_be_locked};
use crate::access::{Actor, LinkLimit, SignInLimit, mail, password, rules, store};
use crate::kernel::secret::{self, Secret};
use crate::kernel::{Id, Problem};
use crate::ledger::{self, Entry};
use crate::store::{Store, Tx, View, sha256};

/// Seconds in which the link to set a new password is good.
const RESET_SECONDS: i64 = 3600;

/// Changes the actor's own password and ends the other sessions. Wrong present passwords are
/// counted as at sign-in: a session left open is no way to try them out.
pub async fn change_password(
    store: &Store,
    limit: &SignInLimit,
    actor: Actor,
    current: Secret,
    new: Secret,
) -> Result<(), Problem> {
    let id = actor.account;
    // By session, and not by login: strangers who fail to sign in do not stand in the owner's way.
    let guard = store
        .vault()
        .index("session-guard", &actor.session.to_string());
    limit.count(&guard)?;
    let asked = guard.clone();
    let row = store
        .read(move |view| {
            must_not_be_locked(view, &asked)?;
            store::account(view.db, id)
        })
        .await?;
    let login = store.vault().open_text(&row.login_sealed)?;
    rules::check_password(new.reveal(), &login)?;
    if !password::fits(current, Some(row.password_hash)).await? {
        store.write(move |tx| count_failure(tx, &guard)).await?;
        return Err(Problem::field("current", "password-wrong"));
    }
    let hash = password::hash(new).await?;
    store
        .write(move |tx| {
            store::clear_guard(tx, &guard)?;
            store::use_resets(tx, id)?;
            store::set_password(tx, id, &hash, false)?;
            store::revoke_all_sessions(tx, id, Some(actor.session))
        })
        .await
}

/// Sends a link to set a new password, if somebody signs in with this address. The answer is the
/// same if nobody does, and comes before anything is looked up, so that its time tells nothing.
pub async fn request_reset(
    store: &Store,
    limit: &LinkLimit,
    email: &str,
    base: &str,
) -> Result<(), Problem> {
    let login = rules::normal_login(email)?;
    limit.count(&store.vault().index("reset-limit", &login))?;
    let (store, base) = (store.clone(), base.to_owned());
    tokio::spawn(async move {
        let sent = store.write(move |tx| send_reset_if_known(tx, &login, &base));
        if let Err(problem) = sent.await {
            tracing::warn!(
                code = problem.code,
                "a link for a new password was not sent"
            );
        }
    });
    Ok(())
}

fn send_reset_if_known(tx: &mut Tx<'_>, login: &str, base: &str) -> Result<(), Problem> {
    let index = tx.vault.index("login", login);
    let account = store::account_by_login(tx.db, &index)?;
    match account.filter(|row| row.state == ACTIVE) {
        Some(row) => send_reset(tx, row.id, login, base),
        None => Ok(()),
    }
}

fn send_reset(tx: &mut Tx<'_>, account: Id, to: &str, base: &str) -> Result<(), Problem> {
    let token = secret::token();
    let until = tx.now.plus_seconds(RESET_SECONDS);
    store::insert_reset(tx, &sha256(&token), account, until)?;
    let link = format!("{base}/reset-password?token={token}");
    mail::queue(
        tx,
        to,
        "科举：设置新密码 · Keju: set a new password",
        &format!(
            "请在一小时内打开以下链接，设置新密码：\n{link}\n如果不是您本人的请求，请忽略这封邮件。\n\n\
             Please open this link within an hour to set a new password:\n{link}\n\
             If you did not ask for it, please ignore this mail.\n"
        ),
    )
}

/// Sets a new password by the token from the mail: ends every session of the account and every
/// other link, and lifts the lock of failed sign-ins.
pub async fn reset_password(store: &Store, token: &Secret, new: Secret) -> Result<(), Problem> {
    let hash = sha256(token.reveal());
    let (account, login) = store
        .read(move |view| {
            let account = linked(view, &hash)?;
            Ok((account, super::email_of(view, account)?))
        })
        .await?;
    rules::check_password(new.reveal(), &login)?;
    let password = password::hash(new).await?;
    store
        .write(move |tx| {
            linked(tx, &hash)?;
            if store::use_resets(tx, account)? == 0 {
                return Err(link_expired());
            }
            let index = tx.vault.index("login", &login);
            store::clear_guard(tx, &index)?;
            store::set_password(tx, account, &password, false)?;
            store::revoke_all_sessions(tx, account, None)?;
            let entry = Entry::new("password.reset", Some(account), "system");
            let entry = entry.on(json!({ "account": account })).outcome("reset");
            ledger::record(tx, &entry.because("by the link sent to its address"))?;
            Ok(())
        })
        .await
}

fn linked(view: &mut View<'_>, hash: &[u8]) -> Result<Id, Problem> {
    let now = view.now;
    store::reset(view.db, hash, now)?.ok_or_else(link_expired)
}

fn link_expired() -> Problem {
    Problem::conflict("link-expired")
}
