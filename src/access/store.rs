//! Queries on accounts, roles, sessions and tokens.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::rules::Role;
use crate::kernel::{Id, Instant, Problem};
use crate::store::schema::{
    account, account_role, password_reset, refresh_token, session, sign_in_guard,
};
use crate::store::{AnyConn, Both, Tx, first_held, taken, text_enum};

text_enum!(Role);

#[derive(Queryable, Insertable)]
#[diesel(table_name = account)]
pub(super) struct AccountRow {
    pub id: Id,
    pub login_index: Vec<u8>,
    pub login_sealed: Vec<u8>,
    pub name_sealed: Vec<u8>,
    pub password_hash: String,
    pub state: String,
    pub must_change_password: bool,
    pub created_at: Instant,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = session)]
pub(super) struct SessionRow {
    pub id: Id,
    pub account_id: Id,
    pub kind: String,
    pub token_hash: Vec<u8>,
    pub created_at: Instant,
    pub seen_at: Instant,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
}

pub(super) fn insert_account(tx: &mut Tx<'_>, row: &AccountRow) -> Result<(), Problem> {
    diesel::insert_into(account::table)
        .values(row)
        .execute(tx.db)
        .map_err(taken(Problem::conflict("login-taken")))?;
    Ok(())
}

pub(super) fn account_by_login(
    db: &mut AnyConn,
    index: &[u8],
) -> Result<Option<AccountRow>, Problem> {
    Ok(account::table
        .filter(account::login_index.eq(index))
        .first(db)
        .optional()?)
}

pub(super) fn account(db: &mut AnyConn, id: Id) -> Result<AccountRow, Problem> {
    Ok(account::table.find(id).first(db)?)
}

/// Accounts after `after`, oldest first.
pub(super) fn accounts(
    db: &mut AnyConn,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<AccountRow>, Problem> {
    let mut query = account::table.order(account::id).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(account::id.gt(after));
    }
    Ok(query.load(db)?)
}

pub(super) fn staff(db: &mut AnyConn) -> Result<Vec<AccountRow>, Problem> {
    let candidates = account_role::table
        .filter(account_role::role.eq(Role::Candidate))
        .select(account_role::account_id);
    Ok(account::table
        .filter(account::id.ne_all(candidates))
        .order(account::id)
        .limit(500)
        .load(db)?)
}

/// The accounts that have one of these roles, by id.
pub(super) fn with_roles(db: &mut AnyConn, wanted: &[Role]) -> Result<Vec<AccountRow>, Problem> {
    let holders = account_role::table
        .filter(account_role::role.eq_any(wanted.to_vec()))
        .select(account_role::account_id);
    Ok(account::table
        .filter(account::id.eq_any(holders))
        .order(account::id)
        .load(db)?)
}

pub(super) fn roles(db: &mut AnyConn, account: Id) -> Result<Vec<Role>, Problem> {
    Ok(account_role::table
        .filter(account_role::account_id.eq(account))
        .order(account_role::role)
        .select(account_role::role)
        .load(db)?)
}

/// Nobody else changes who holds which role while this act lasts: rules that look at several
/// roles (kept apart, the first of its kind) hold at the commit too.
pub(super) fn hold_roles(tx: &mut Tx<'_>) -> Result<(), Problem> {
    if let AnyConn::Postgres(pg) = &mut *tx.db {
        pg.batch_execute("LOCK TABLE account_role IN SHARE ROW EXCLUSIVE MODE")?;
    }
    Ok(())
}

pub(super) fn anybody_is(db: &mut AnyConn, role: Role) -> Result<bool, Problem> {
    let holders = account_role::table.filter(account_role::role.eq(role));
    Ok(diesel::select(diesel::dsl::exists(holders)).get_result(db)?)
}

pub(super) fn insert_role(
    tx: &mut Tx<'_>,
    account: Id,
    role: Role,
    by: Option<Id>,
) -> Result<(), Problem> {
    let now = tx.now;
    diesel::insert_into(account_role::table)
        .values((
            account_role::account_id.eq(account),
            account_role::role.eq(role),
            account_role::granted_by.eq(by),
            account_role::granted_at.eq(now),
        ))
        .execute(tx.db)
        .map_err(taken(Problem::conflict("role-held-already")))?;
    Ok(())
}

pub(super) fn delete_role(tx: &mut Tx<'_>, account: Id, role: Role) -> Result<usize, Problem> {
    Ok(diesel::delete(account_role::table.find((account, role))).execute(tx.db)?)
}

pub(super) fn set_state(tx: &mut Tx<'_>, id: Id, state: &str) -> Result<(), Problem> {
    diesel::update(account::table.find(id))
        .set(account::state.eq(state))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn set_password(
    tx: &mut Tx<'_>,
    id: Id,
    hash: &str,
    must_change: bool,
) -> Result<(), Problem> {
    diesel::update(account::table.find(id))
        .set((
            account::password_hash.eq(hash),
            account::must_change_password.eq(must_change),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Failures in a row to sign in with a login.
#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = sign_in_guard, treat_none_as_null = true)]
pub(super) struct GuardRow {
    pub login_index: Vec<u8>,
    pub failures: i32,
    pub failed_at: Instant,
    pub locked_until: Option<Instant>,
}

pub(super) fn guard(db: &mut AnyConn, index: &[u8]) -> Result<Option<GuardRow>, Problem> {
    Ok(sign_in_guard::table.find(index).first(db).optional()?)
}

/// The failures of a login, none at first; nobody else counts one while this act lasts.
pub(super) fn hold_guard(tx: &mut Tx<'_>, index: &[u8]) -> Result<GuardRow, Problem> {
    let none = GuardRow {
        login_index: index.to_vec(),
        failures: 0,
        failed_at: tx.now,
        locked_until: None,
    };
    let insert = diesel::insert_into(sign_in_guard::table).values(&none);
    Both(insert.on_conflict_do_nothing()).execute(tx.db)?;
    let row = sign_in_guard::table.find(index);
    let held: QueryResult<GuardRow> = first_held!(tx, row, for_no_key_update);
    // Somebody signed in a moment ago and cleared it.
    Ok(held.optional()?.unwrap_or(none))
}

pub(super) fn set_guard(tx: &mut Tx<'_>, row: &GuardRow) -> Result<(), Problem> {
    let insert = diesel::insert_into(sign_in_guard::table).values(row);
    let upsert = insert.on_conflict(sign_in_guard::login_index).do_update();
    Both(upsert.set(row)).execute(tx.db)?;
    Ok(())
}

pub(super) fn clear_guard(tx: &mut Tx<'_>, index: &[u8]) -> Result<(), Problem> {
    diesel::delete(sign_in_guard::table.find(index)).execute(tx.db)?;
    Ok(())
}

/// Forgets failures before `before`, and links that are no longer good.
pub(super) fn tidy(tx: &mut Tx<'_>, before: Instant) -> Result<(), Problem> {
    let now = tx.now;
    diesel::delete(sign_in_guard::table.filter(sign_in_guard::failed_at.lt(before)))
        .execute(tx.db)?;
    diesel::delete(password_reset::table.filter(password_reset::expires_at.le(now)))
        .execute(tx.db)?;
    idempotency::forget(tx, before)?;
    mail::forget(tx, before)
}

pub(super) fn insert_session(tx: &mut Tx<'_>, row: &SessionRow) -> Result<(), Problem> {
    diesel::insert_into(session::table)
        .values(row)
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn session(db: &mut AnyConn, id: Id) -> Result<Option<SessionRow>, Problem> {
    Ok(session::table.find(id).first(db).optional()?)
}

pub(super) fn session_by_token(
    db: &mut AnyConn,
    hash: &[u8],
) -> Result<Option<SessionRow>, Problem> {
    Ok(session::table
        .filter(session::token_hash.eq(hash))
        .first(db)
        .optional()?)
}

pub(super) fn prolong_session(tx: &mut Tx<'_>, id: Id, expires_at: Instant) -> Result<(), Problem> {
    let now = tx.now;
    diesel::update(session::table.find(id))
        .set((session::seen_at.eq(now), session::expires_at.eq(expires_at)))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn revoke_session(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let now = tx.now;
    diesel::update(
        session::table
            .find(id)
            .filter(session::revoked_at.is_null()),
    )
    .set(session::revoked_at.eq(now))
    .execute(tx.db)?;
    Ok(())
}

pub(super) fn revoke_all_sessions(
    tx: &mut Tx<'_>,
    account: Id,
    except: Option<Id>,
) -> Result<(), Problem> {
    let now = tx.now;
    let mut live: Vec<Id> = session::table
        .filter(session::account_id.eq(account))
        .filter(session::revoked_at.is_null())
        .select(session::id)
        .load(tx.db)?;
    live.retain(|id| Some(*id) != except);
    diesel::update(session::table.filter(session::id.eq_any(live)))
        .set(session::revoked_at.eq(now))
        .execute(tx.db)?;
    Ok(())
}

pub(super) fn insert_refresh(tx: &mut Tx<'_>, hash: &[u8], session: Id) -> Result<(), Problem> {
    let now = tx.now;
    diesel::insert_into(refresh_token::table)
        .values((
            refresh_token::token_hash.eq(hash),
            refresh_token::session_id.eq(session),
            refresh_token::issued_at.eq(now),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// The session of a refresh token.
pub(super) fn refresh(db: &mut AnyConn, hash: &[u8]) -> Result<Option<Id>, Problem> {
    Ok(refresh_token::table
        .find(hash)
        .select(refresh_token::session_id)
        .first(db)
        .optional()?)
}

/// Uses a refresh token up; says whether it was unused.
pub(super) fn use_refresh(tx: &mut Tx<'_>, hash: &[u8]) -> Result<bool, Problem> {
    let now = tx.now;
    let unused = refresh_token::table
        .find(hash)
        .filter(refresh_token::used_at.is_null());
    let used = diesel::update(unused)
        .set(refresh_token::used_at.eq(now))
        .execute(tx.db)?;
    Ok(used == 1)
}

pub(super) fn insert_reset(
    tx: &mut Tx<'_>,
    hash: &[u8],
    account: Id,
    expires_at: Instant,
) -> Result<(), Problem> {
    diesel::insert_into(password_reset::table)
        .values((
            password_reset::token_hash.eq(hash),
            password_reset::account_id.eq(account),
            password_reset::expires_at.eq(expires_at),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// The account of a link that is still good.
pub(super) fn reset(db: &mut AnyConn, hash: &[u8], now: Instant) -> Result<Option<Id>, Problem> {
    Ok(password_reset::table
        .find(hash)
        .filter(password_reset::expires_at.gt(now))
        .select(password_reset::account_id)
        .first(db)
        .optional()?)
}

/// Uses up every link of an account; says how many there were.
pub(super) fn use_resets(tx: &mut Tx<'_>, account: Id) -> Result<usize, Problem> {
    let own = password_reset::table.filter(password_reset::account_id.eq(account));
    Ok(diesel::delete(own).execute(tx.db)?)
}

pub(super) mod idempotency {
    //! Answers kept so that a repeated creating call gives the first answer again.

    use super::*;
    use crate::store::schema::idempotency_key;

    /// The hash of the request and its sealed answer.
    pub type Kept = (Vec<u8>, Vec<u8>);

    /// What is kept under a key.
    pub fn find(db: &mut AnyConn, account: Id, key: &str) -> Result<Option<Kept>, Problem> {
        Ok(idempotency_key::table
            .find((account, key))
            .select((
                idempotency_key::request_hash,
                idempotency_key::response_sealed,
            ))
            .first(db)
            .optional()?)
    }

    /// Forgets what was kept before `before`: nobody repeats a call after so long.
    pub fn forget(tx: &mut Tx<'_>, before: Instant) -> Result<(), Problem> {
        let old = idempotency_key::table.filter(idempotency_key::created_at.lt(before));
        diesel::delete(old).execute(tx.db)?;
        Ok(())
    }

    /// Takes a key for this act, without an answer yet; says whether it was free. A second call with
    /// the key waits here until the first has committed or failed.
    pub fn claim(
        tx: &mut Tx<'_>,
        account: Id,
        key: &str,
        request_hash: &[u8],
    ) -> Result<bool, Problem> {
        let now = tx.now;
        let row = (
            idempotency_key::account_id.eq(account),
            idempotency_key::key.eq(key),
            idempotency_key::request_hash.eq(request_hash),
            idempotency_key::response_sealed.eq(Vec::new()),
            idempotency_key::created_at.eq(now),
        );
        let insert = diesel::insert_into(idempotency_key::table).values(row);
        Ok(Both(insert.on_conflict_do_nothing()).execute(tx.db)? == 1)
    }

    /// Keeps the answer of the act that claimed the key.
    pub fn answer(tx: &mut Tx<'_>, account: Id, key: &str, response: &[u8]) -> Result<(), Problem> {
        diesel::update(idempotency_key::table.find((account, key)))
            .set(idempotency_key::response_sealed.eq(response))
            .execute(tx.db)?;
        Ok(())
    }
}

/// A message on its way.
#[derive(Queryable)]
pub(super) struct Message {
    pub id: Id,
    pub recipient_sealed: Vec<u8>,
    pub subject_sealed: Vec<u8>,
    pub body_sealed: Vec<u8>,
    pub attempts: i32,
}

pub(super) mod mail {
    //! Messages, kept until they have left.

    use super::*;
    use crate::store::schema::mail;

    pub fn insert(tx: &mut Tx<'_>, message: &Message) -> Result<(), Problem> {
        let now = tx.now;
        diesel::insert_into(mail::table)
            .values((
                mail::id.eq(message.id),
                mail::recipient_sealed.eq(&message.recipient_sealed),
                mail::subject_sealed.eq(&message.subject_sealed),
                mail::body_sealed.eq(&message.body_sealed),
                mail::created_at.eq(now),
                mail::attempts.eq(message.attempts),
                mail::next_attempt_at.eq(now),
            ))
            .execute(tx.db)?;
        Ok(())
    }

    /// Up to fifty messages whose time has come and that have not been tried too often.
    pub fn due(db: &mut AnyConn, now: Instant, attempts_max: i32) -> Result<Vec<Message>, Problem> {
        Ok(mail::table
            .filter(mail::sent_at.is_null())
            .filter(mail::attempts.lt(attempts_max))
            .filter(mail::next_attempt_at.le(now))
            .order(mail::id)
            .limit(50)
            .select((
                mail::id,
                mail::recipient_sealed,
                mail::subject_sealed,
                mail::body_sealed,
                mail::attempts,
            ))
            .load(db)?)
    }

    /// Forgets messages that left before `before`, with the links in them.
    pub fn forget(tx: &mut Tx<'_>, before: Instant) -> Result<(), Problem> {
        diesel::delete(mail::table.filter(mail::sent_at.lt(before))).execute(tx.db)?;
        Ok(())
    }

    pub fn settle(
        tx: &mut Tx<'_>,
        id: Id,
        attempts: i32,
        sent: bool,
        next_attempt_at: Instant,
    ) -> Result<(), Problem> {
        let now = tx.now;
        diesel::update(mail::table.find(id))
            .set((
                mail::attempts.eq(attempts),
                mail::sent_at.eq(sent.then_some(now)),
                mail::next_attempt_at.eq(next_attempt_at),
            ))
            .execute(tx.db)?;
        Ok(())
    }
}
