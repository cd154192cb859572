//! Password hashing with argon2id, bounded by the cores, so that a rush of sign-ins never stands
//! in the way of saving an answer. New passwords have a lane of their own: a flood of sign-ups
//! keeps nobody from signing in.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use crate::kernel::Problem;
use crate::kernel::error::Kind;
use crate::kernel::secret::{self, Secret};

/// A queue before some cores.
struct Lane {
    /// Those who may wait; one more is told to come back.
    queue: Semaphore,
    cores: Semaphore,
}

static SIGN_INS: LazyLock<Lane> = LazyLock::new(|| Lane {
    queue: Semaphore::new(512),
    cores: Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
});
static NEW_PASSWORDS: Lane = Lane {
    queue: Semaphore::const_new(128),
    cores: Semaphore::const_new(1),
};

/// A hash that fits no password, so that an unknown account takes as long as a known one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&Secret::new(secret::token())).unwrap_or_default());

/// Hashes a new password (argon2id, 19 MiB, two passes), giving a PHC string.
pub async fn hash(password: Secret) -> Result<String, Problem> {
    bounded(&NEW_PASSWORDS, move || hash_now(&password)).await
}

/// Whether `password` fits `hash`; with no hash it takes as long and is never right.
pub async fn fits(password: Secret, hash: Option<String>) -> Result<bool, Problem> {
    bounded(&SIGN_INS, move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let parsed = PasswordHash::new(&hash).map_err(|e| Problem::internal(e.to_string()))?;
        let right = Argon2::default().verify_password(password.reveal().as_bytes(), &parsed);
        Ok(known && right.is_ok())
    })
    .await
}

/// Hashes on this thread: for commands.
pub fn hash_now(password: &Secret) -> Result<String, Problem> {
    let hash = Argon2::default().hash_password(password.reveal().as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|e| Problem::internal(e.to_string()))
}

async fn bounded<T: Send + 'static>(
    lane: &Lane,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let busy = |_| Problem::new(Kind::Unavailable, "busy");
    let _place = lane.queue.try_acquire().map_err(busy)?;
    let _core = lane.cores.acquire().await.map_err(Problem::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash(Secret::new("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            fits(Secret::new("correct horse"), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!fits(Secret::new("wrong horse"), Some(hash)).await.unwrap());
        assert!(!fits(Secret::new("anything"), None).await.unwrap());
    }
}
