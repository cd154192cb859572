//! Rules of access: roles and which of them one account may hold, passwords, lockout. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Fault, Instant, Problem};

/// What an account may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 考生: registers, sits, sees own results.
    Candidate,
    /// 命题人: writes items.
    Author,
    /// 审题人: reviews items of others.
    Reviewer,
    /// 考务组织者: opens examinations and leads them through their stages.
    Organiser,
    /// 阅卷人: marks scripts, blind.
    Marker,
    /// 人事干部: headcount, posts, eligibility, results.
    Hr,
    /// 监督员: sees decisions, changes nothing.
    Supervisor,
    /// 系统管理员: opens and suspends accounts; no business data.
    SystemAdmin,
    /// 安全管理员: grants and withdraws roles.
    SecurityAdmin,
    /// 审计管理员: reads the decision log; cannot alter anything.
    AuditAdmin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 10] = [
        Self::Candidate,
        Self::Author,
        Self::Reviewer,
        Self::Organiser,
        Self::Marker,
        Self::Hr,
        Self::Supervisor,
        Self::SystemAdmin,
        Self::SecurityAdmin,
        Self::AuditAdmin,
    ];

    /// As stored, as in the API and in message keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::Organiser => "organiser",
            Self::Marker => "marker",
            Self::Hr => "hr",
            Self::Supervisor => "supervisor",
            Self::SystemAdmin => "system_admin",
            Self::SecurityAdmin => "security_admin",
            Self::AuditAdmin => "audit_admin",
        }
    }

    /// Roles that no other role may be joined with: the three administrators are kept apart from
    /// each other and from all business (GB/T 22239-2019, level 3), supervisors only look on, and
    /// nobody examines the examination they sit.
    const fn stands_alone(self) -> bool {
        matches!(
            self,
            Self::Candidate
                | Self::Supervisor
                | Self::SystemAdmin
                | Self::SecurityAdmin
                | Self::AuditAdmin
        )
    }
}

/// Whether an account with `held` may also get `wanted`.
pub fn may_hold(held: &[Role], wanted: Role) -> Result<(), Problem> {
    let others: Vec<_> = held.iter().filter(|role| **role != wanted).collect();
    let clash = others
        .iter()
        .find(|role| role.stands_alone() || wanted.stands_alone());
    match clash {
        None => Ok(()),
        Some(role) => Err(Problem::conflict("roles-kept-apart")
            .with("held", role.as_str())
            .with("wanted", wanted.as_str())),
    }
}

/// Fewest and most characters of a password (OWASP ASVS 5.0, 6.2.1 and 6.2.9).
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// Passwords that are tried first by everybody (ASVS 6.2.4).
const COMMON: &str = include_str!("common_passwords.txt");

/// What is wrong with a new password.
pub fn check_password(password: &str, login: &str) -> Result<(), Problem> {
    let length = password.chars().count();
    if !PASSWORD_LENGTH.contains(&length) {
        let fault = Fault::new("password", "password-length")
            .with("min", PASSWORD_LENGTH.start())
            .with("max", PASSWORD_LENGTH.end());
        return Err(Problem::invalid(vec![fault]));
    }
    let lower = password.to_lowercase();
    let name = login.split('@').next().unwrap_or_default().to_lowercase();
    let common = COMMON.lines().any(|line| line == lower);
    let one_character = lower
        .chars()
        .collect::<std::collections::HashSet<_>>()
        .len()
        < 4;
    if common || one_character || (name.len() > 3 && lower.contains(&name)) {
        return Err(Problem::field("password", "password-common"));
    }
    Ok(())
}

/// Whether a text has the form of an e-mail address, in lower case and trimmed.
pub fn normal_login(text: &str) -> Result<String, Problem> {
    let login = text.trim().to_lowercase();
    let parts = login.split_once('@');
    let plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', '<', '>', '"', ',']);
    let sound = parts.is_some_and(|(user, host)| plain(user) && plain(host));
    let printable = login.chars().all(|c| !c.is_control());
    if !sound || !printable || login.len() > 254 {
        return Err(Problem::field("email", "not-an-email"));
    }
    Ok(login)
}

/// Failures in a row before an account is closed for a while.
const FREE_FAILURES: i32 = 5;

/// Until when sign-in is closed after `failures` in a row: one minute, doubling, at most an hour.
pub fn locked_until(failures: i32, now: Instant) -> Option<Instant> {
    let over = u32::try_from(failures - FREE_FAILURES).ok()?;
    let minutes = 1_i64.checked_shl(over.min(6)).unwrap_or(64).min(60);
    Some(now.plus_seconds(minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examiners_may_both_write_and_review_but_administrators_stand_alone() {
        assert!(may_hold(&[Role::Author], Role::Reviewer).is_ok());
        assert!(may_hold(&[Role::Organiser, Role::Hr], Role::Marker).is_ok());
        for alone in [
            Role::SystemAdmin,
            Role::SecurityAdmin,
            Role::AuditAdmin,
            Role::Supervisor,
        ] {
            assert!(may_hold(&[], alone).is_ok());
            assert!(may_hold(&[alone], alone).is_ok());
            for other in Role::ALL.into_iter().filter(|role| *role != alone) {
                assert!(
                    may_hold(&[other], alone).is_err(),
                    "{other:?} with {alone:?}"
                );
                assert!(
                    may_hold(&[alone], other).is_err(),
                    "{alone:?} with {other:?}"
                );
            }
        }
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in [
            "short",
            "password",
            "12345678",
            "aaaaaaaaaaaa",
            "zhangsan99",
        ] {
            assert!(
                check_password(weak, "zhangsan@example.org").is_err(),
                "{weak}"
            );
        }
        assert!(check_password("correct horse battery", "zhangsan@example.org").is_ok());
        assert!(check_password("青山不改绿水长流", "zhangsan@example.org").is_ok());
    }

    #[test]
    fn a_few_failures_are_free_and_then_each_costs_more() {
        let now = Instant::from_micros(0);
        assert_eq!(locked_until(4, now), None);
        assert_eq!(locked_until(5, now), Some(now.plus_seconds(60)));
        assert_eq!(locked_until(7, now), Some(now.plus_seconds(240)));
        assert_eq!(locked_until(500, now), Some(now.plus_seconds(3600)));
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(
            normal_login(" Li.Si@Example.ORG ").unwrap(),
            "li.si@example.org"
        );
        for wrong in ["", "lisi", "@x", "a@b@c", "a b@c", "a@b\nBcc: x"] {
            assert!(normal_login(wrong).is_err(), "{wrong:?}");
        }
    }
}
