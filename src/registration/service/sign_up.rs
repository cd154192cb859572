//! Signing up: nothing is claimed until the address is verified, and nobody learns from an answer
//! who has an account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::candidates::register;
use crate::access::service::{self as access, NewAccount};
use crate::access::{LinkLimit, mail, password, rules as access_rules};
use crate::kernel::resident_id::{ResidentId, ResidentIdError};
use crate::kernel::secret::{self, Secret};
use crate::kernel::{Fault, Id, Problem};
use crate::registration::store::{self, SignUpRow};
use crate::store::{Store, Tx, View, sha256};

/// Seconds in which the link that verifies an address is good.
const VERIFY_SECONDS: i64 = 48 * 3600;

/// Somebody who signs up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCandidate {
    /// Name, as on the identity card.
    pub name: String,
    /// Resident ID number.
    #[schema(value_type = String)]
    pub resident_id: Secret,
    /// E-mail address, the login.
    pub email: String,
}

/// Takes a sign-up and sends the mail that verifies its address. Every wrong field is reported.
/// The answer is the same for an address or a resident ID number that is registered already; the
/// owner of a registered address is told by mail. The password is set by whoever has the link: a
/// stranger who signs up with somebody's address must not choose it.
pub async fn sign_up(
    store: &Store,
    limit: &LinkLimit,
    new: NewCandidate,
    base_url: &str,
) -> Result<(), Problem> {
    let (login, resident) = check_new(&new)?;
    limit.count(&store.vault().index("sign-up-limit", &login))?;
    let (name, base) = (new.name.trim().to_owned(), base_url.to_owned());
    store
        .write(move |tx| {
            if access::is_login(tx, &login)? {
                return tell_owner(tx, &login, &base);
            }
            let token = secret::token();
            let row = SignUpRow {
                token_hash: sha256(&token).to_vec(),
                login_sealed: tx.vault.seal(&login)?,
                name_sealed: tx.vault.seal(&name)?,
                resident_sealed: tx.vault.seal(resident.reveal())?,
                expires_at: tx.now.plus_seconds(VERIFY_SECONDS),
            };
            store::insert_sign_up(tx, &row)?;
            send_link(tx, &login, &token, &base)
        })
        .await
}

fn send_link(tx: &mut Tx<'_>, to: &str, token: &str, base: &str) -> Result<(), Problem> {
    let link = format!("{base}/verify-email?token={token}");
    mail::queue(
        tx,
        to,
        "科举：请验证您的邮箱 · Keju: please verify your address",
        &format!(
            "请在 48 小时内打开以下链接，验证您的邮箱：\n{link}\n如果不是您本人注册，请忽略这封邮件。\n\n\
             Please open this link within 48 hours to verify your address:\n{link}\n\
             If you did not sign up, please ignore this mail.\n"
        ),
    )
}

/// The address has an account: its owner is told, and nobody else.
fn tell_owner(tx: &mut Tx<'_>, to: &str, base: &str) -> Result<(), Problem> {
    mail::queue(
        tx,
        to,
        "科举：您的邮箱已经注册 · Keju: your address has an account",
        &format!(
            "有人用这个邮箱注册，而它已有账号。请直接登录；忘记密码可以重新设置：\n{base}/forgot-password\n\
             如果不是您本人，请忽略这封邮件。\n\n\
             Somebody signed up with this address, which has an account already. Please sign in, or set \
             a new password:\n{base}/forgot-password\nIf it was not you, please ignore this mail.\n"
        ),
    )
}

/// A sign-up that waits for its address to be verified, as its owner sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Pending {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The resident ID number, masked.
    pub resident_id: String,
}

/// What the link from the mail is about. Looking changes nothing: mail servers look, too.
pub fn pending(view: &mut View<'_>, token: &str) -> Result<Pending, Problem> {
    let row = waiting(view, &sha256(token))?;
    Ok(Pending {
        name: view.vault.open_text(&row.name_sealed)?,
        email: view.vault.open_text(&row.login_sealed)?,
        resident_id: resident(view, &row)?.to_string(),
    })
}

/// Verifies an address by the token from the mail, and opens the account with the password that the
/// owner of the address chooses now: one account per address, and one per resident ID number.
pub async fn verify(store: &Store, token: &Secret, password: Secret) -> Result<Id, Problem> {
    let hash = sha256(token.reveal());
    let login = store
        .read(move |view| {
            let row = waiting(view, &hash)?;
            view.vault.open_text(&row.login_sealed)
        })
        .await?;
    access_rules::check_password(password.reveal(), &login)?;
    let password_hash = password::hash(password).await?;
    let opened = store
        .write(move |tx| open(tx, &hash, password_hash))
        .await?;
    opened.ok_or_else(|| Problem::conflict("resident-id-registered"))
}

/// Opens the account, or none if the resident ID number has one: its holder is told by mail, and
/// the link is used up all the same, so that asking costs an address each time.
fn open(tx: &mut Tx<'_>, hash: &[u8], password_hash: String) -> Result<Option<Id>, Problem> {
    let row = waiting(tx, hash)?;
    if !store::use_sign_up(tx, hash)? {
        return Err(link_expired());
    }
    let resident = resident(tx, &row)?;
    let index = tx.vault.index("resident", resident.reveal());
    if let Some(holder) = store::holder(tx.db, &index)? {
        tell_holder(tx, holder)?;
        return Ok(None);
    }
    let account = NewAccount {
        email: tx.vault.open_text(&row.login_sealed)?,
        name: tx.vault.open_text(&row.name_sealed)?,
        password_hash,
        must_change_password: false,
    };
    register(tx, account, &resident).map(Some)
}

/// Somebody else has signed up with this candidate's resident ID number.
fn tell_holder(tx: &mut Tx<'_>, holder: Id) -> Result<(), Problem> {
    let to = access::email_of(tx, holder)?;
    mail::queue(
        tx,
        &to,
        "科举：有人用您的身份证号注册 · Keju: your resident ID number was used to sign up",
        "有人用您的身份证号和另一个邮箱注册，没有成功：您的账号不受影响。如果不是您本人，请告知招录机关。\n\n\
         Somebody signed up with your resident ID number and another address, and was refused: your \
         account is as it was. If it was not you, please tell the recruiting authority.\n",
    )
}

/// Forgets sign-ups that were never verified.
pub fn tidy(tx: &mut Tx<'_>) -> Result<(), Problem> {
    store::delete_stale_sign_ups(tx)
}

/// The sign-up of a link that is still good.
fn waiting(view: &mut View<'_>, hash: &[u8]) -> Result<SignUpRow, Problem> {
    let now = view.now;
    store::sign_up(view.db, hash, now)?.ok_or_else(link_expired)
}

fn resident(view: &View<'_>, row: &SignUpRow) -> Result<ResidentId, Problem> {
    let number = view.vault.open_text(&row.resident_sealed)?;
    ResidentId::parse(&number).map_err(Problem::internal)
}

fn link_expired() -> Problem {
    Problem::conflict("link-expired")
}

fn check_new(new: &NewCandidate) -> Result<(String, ResidentId), Problem> {
    let mut faults = Vec::new();
    if !(1..=60).contains(&new.name.trim().chars().count()) {
        faults.push(Fault::new("name", "name-length"));
    }
    faults.extend(Fault::of_control("name", new.name.trim(), &[]));
    let resident = ResidentId::parse(new.resident_id.reveal());
    if let Err(error) = &resident {
        faults.push(Fault::new("resident_id", resident_fault(*error)));
    }
    let login = access_rules::normal_login(&new.email);
    faults.extend(
        login
            .as_ref()
            .err()
            .into_iter()
            .flat_map(|p| p.faults.clone()),
    );
    Problem::unless_valid(faults)?;
    Ok((login?, resident.map_err(Problem::internal)?))
}

const fn resident_fault(error: ResidentIdError) -> &'static str {
    match error {
        ResidentIdError::Form => "resident-id-form",
        ResidentIdError::Birthday => "resident-id-birthday",
        ResidentIdError::Check => "resident-id-check",
    }
}
