//! Tokens: short-lived signed ones for the API, opaque ones for sessions and refreshing, and the
//! limit on sign-in tries.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::Actor;
use crate::kernel::error::Kind;
use crate::kernel::{Id, Instant, Problem};
use crate::store::Vault;

/// Seconds that an access token lives.
pub(super) const ACCESS_SECONDS: i64 = 600;
/// Seconds that a session or refresh token lives unused.
pub(super) const SESSION_SECONDS: i64 = 12 * 3600;

/// Seconds after which a session ends however often it was prolonged.
pub(super) const SESSION_AGE_SECONDS: i64 = 30 * 24 * 3600;

const ISSUER: &str = "keju";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: Id,
    sid: Id,
    iat: i64,
    exp: i64,
}

/// Signs an access token for `actor`.
pub(super) fn sign(vault: &Vault, actor: &Actor, now: Instant) -> Result<String, Problem> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: actor.account,
        sid: actor.session,
        iat: now.seconds(),
        exp: now.seconds() + ACCESS_SECONDS,
    };
    let key = EncodingKey::from_secret(vault.token_key());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(Problem::internal)
}

/// The session of a valid access token. Expiry is judged by the injected clock; whether the
/// session still lives, and which roles it has, the database knows.
pub(super) fn read(vault: &Vault, token: &str, now: Instant) -> Option<Id> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(vault.token_key());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
        .ok()?
        .claims;
    if claims.exp <= now.seconds() {
        return None;
    }
    Some(claims.sid)
}

/// At most ten tries a minute for one login, whoever asks. Counting by login and not by address
/// lets two hundred candidates in one room sign in at once.
pub struct SignInLimit(DefaultKeyedRateLimiter<Vec<u8>>);

/// At most five mails with a link in an hour to one address, whoever asks.
pub struct LinkLimit(DefaultKeyedRateLimiter<Vec<u8>>);

impl Default for SignInLimit {
    fn default() -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(
            NonZeroU32::MIN.saturating_add(9),
        )))
    }
}

impl Default for LinkLimit {
    fn default() -> Self {
        Self(RateLimiter::keyed(Quota::per_hour(
            NonZeroU32::MIN.saturating_add(4),
        )))
    }
}

impl LinkLimit {
    /// Counts one mail to the login with this index.
    pub fn count(&self, login_index: &[u8]) -> Result<(), Problem> {
        let refused = |_| Problem::new(Kind::TooMany, "too-many-mails");
        self.0.check_key(&login_index.to_vec()).map_err(refused)
    }

    /// Forgets addresses that have not been written to for a while.
    pub fn tidy(&self) {
        self.0.retain_recent();
    }
}

impl SignInLimit {
    /// Counts one try for the login with this index.
    pub(super) fn count(&self, login_index: &[u8]) -> Result<(), Problem> {
        let refused = |_| Problem::new(Kind::TooMany, "too-many-tries");
        self.0.check_key(&login_index.to_vec()).map_err(refused)
    }

    /// Forgets logins that have not been tried for a while.
    pub fn tidy(&self) {
        self.0.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn a_token_is_good_for_ten_minutes_and_only_under_its_key() {
        let vault = Vault::from_master(&[1; 32]);
        let now = Instant::from_micros(1_790_000_000_000_000);
        let actor = Actor {
            account: Id::new(now),
            session: Id::new(now),
            roles: vec![Role::Hr],
        };
        let token = sign(&vault, &actor, now).unwrap();
        let session = Some(actor.session);
        assert_eq!(read(&vault, &token, now.plus_seconds(599)), session);
        assert_eq!(read(&vault, &token, now.plus_seconds(600)), None);
        assert_eq!(read(&Vault::from_master(&[2; 32]), &token, now), None);
        assert_eq!(read(&vault, "nonsense", now), None);
    }

    #[test]
    fn the_eleventh_try_in_a_minute_is_refused_and_others_are_not_affected() {
        let limit = SignInLimit::default();
        for _ in 0..10 {
            limit.count(b"one").unwrap();
        }
        assert!(limit.count(b"one").is_err());
        assert!(limit.count(b"two").is_ok());
    }
}
