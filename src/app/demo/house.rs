//! Who runs the examinations: staff, organisations with headcount, and the approved banks.

use std::sync::LazyLock;

use super::Say;
use crate::access::{Actor, Role, password, service as access};
use crate::bank::{formats, service as bank};
use crate::establishment::rules::HeadcountKind;
use crate::establishment::service::{self as establishment, Approval, NewOrganisation};
use crate::kernel::secret::Secret;
use crate::kernel::{Id, Problem};
use crate::store::Store;

/// The password of everybody in the demonstration.
pub const PASSWORD: &str = "keju-demo-2026";

static PASSWORD_HASH: LazyLock<Result<String, Problem>> =
    LazyLock::new(|| password::hash_now(&Secret::new(PASSWORD)));

/// The hash of the common password, made once.
pub(super) fn password_hash() -> Result<String, Problem> {
    PASSWORD_HASH.clone()
}

/// A member of staff.
#[derive(Debug, Clone)]
pub struct Person {
    /// E-mail address.
    pub email: String,
    /// Role.
    pub role: Role,
    /// As an actor.
    pub actor: Actor,
}

/// The house in which examinations are held.
pub struct House {
    /// Everybody on the staff.
    pub staff: Vec<Person>,
    /// The organisation that recruits.
    pub organisation: Id,
}

/// Staff by name: one each, but four markers.
const STAFF: [(&str, &str, Role); 12] = [
    ("security", "安全管理员", Role::SecurityAdmin),
    ("audit", "审计管理员", Role::AuditAdmin),
    ("hr", "人事干部", Role::Hr),
    ("organiser", "考务组织者", Role::Organiser),
    ("author", "命题人", Role::Author),
    ("reviewer", "审题人", Role::Reviewer),
    ("supervisor", "监督员", Role::Supervisor),
    ("marker1", "阅卷人一", Role::Marker),
    ("marker2", "阅卷人二", Role::Marker),
    ("marker3", "阅卷人三", Role::Marker),
    ("marker4", "阅卷人四", Role::Marker),
    ("marker5", "阅卷人五", Role::Marker),
];

impl House {
    /// Opens the accounts, enters headcount, loads and approves the banks that ship.
    pub fn build(store: &Store, say: Say<'_>) -> Result<Self, Problem> {
        let staff = open_staff(store)?;
        let mut house = Self {
            staff,
            organisation: Id::new(store.clock().now()),
        };
        house.organisation = enter_headcount(store, house.the(Role::Hr)?)?;
        house.load_banks(store, say)?;
        Ok(house)
    }

    /// The first member of staff with a role.
    pub fn the(&self, role: Role) -> Result<&Actor, Problem> {
        let person = self.staff.iter().find(|person| person.role == role);
        person
            .map(|person| &person.actor)
            .ok_or_else(Problem::not_found)
    }

    /// Those who keep the secrets of draws by lot; the first leads them.
    pub fn custodians(&self) -> Result<[Actor; 3], Problem> {
        let the = |role| self.the(role).cloned();
        Ok([
            the(Role::Organiser)?,
            the(Role::Supervisor)?,
            the(Role::Hr)?,
        ])
    }

    /// All markers.
    pub fn markers(&self) -> impl Iterator<Item = &Actor> {
        let markers = self
            .staff
            .iter()
            .filter(|person| person.role == Role::Marker);
        markers.map(|person| &person.actor)
    }

    fn load_banks(&self, store: &Store, say: Say<'_>) -> Result<(), Problem> {
        let (author, reviewer) = (self.the(Role::Author)?, self.the(Role::Reviewer)?);
        for folder in formats::shipped().map_err(Problem::invalid)? {
            let (author, reviewer) = (author.clone(), reviewer.clone());
            let subject = folder.subject.clone();
            let imported = store.write_blocking(move |tx| {
                let imported = bank::import_shipped(tx, &author, &folder)?;
                for section in &folder.sections {
                    let (bank, section) = (&folder.subject, &section.code);
                    let seen = bank::waiting_seen(tx, &reviewer, bank, section)?;
                    bank::approve_section(tx, &reviewer, bank, section, &seen)?;
                }
                Ok(imported)
            })?;
            say(&format!(
                "bank {subject}: {} items written and reviewed",
                imported.items
            ));
        }
        Ok(())
    }
}

fn open_staff(store: &Store) -> Result<Vec<Person>, Problem> {
    let new = |name: &str, title: &str| -> Result<access::NewAccount, Problem> {
        Ok(access::NewAccount {
            email: format!("{name}@demo.example"),
            name: title.to_owned(),
            password_hash: password_hash()?,
            must_change_password: false,
        })
    };
    let system = new("system", "系统管理员")?;
    let first = store
        .write_blocking(move |tx| access::open_account(tx, system, Role::SystemAdmin, None))?;
    let mut staff = vec![person(first, "system", Role::SystemAdmin)];
    for (name, title, role) in STAFF {
        let (account, system) = (
            new(name, title)?,
            person(first, "system", Role::SystemAdmin),
        );
        let id =
            store.write_blocking(move |tx| access::open_staff(tx, &system.actor, account, role))?;
        staff.push(person(id, name, role));
    }
    Ok(staff)
}

fn person(account: Id, name: &str, role: Role) -> Person {
    let actor = Actor {
        account,
        session: account,
        roles: vec![role],
    };
    Person {
        email: format!("{name}@demo.example"),
        role,
        actor,
    }
}

fn enter_headcount(store: &Store, hr: &Actor) -> Result<Id, Problem> {
    let hr = hr.clone();
    store.write_blocking(move |tx| {
        let office = NewOrganisation {
            code: "RSJ".to_owned(),
            name_zh: "示范市人力资源和社会保障局".to_owned(),
            name_en: "Model City Personnel Bureau".to_owned(),
        };
        let id = establishment::add_organisation(tx, &hr, &office)?;
        for (kind, approved, occupied) in [
            (HeadcountKind::Administrative, 180, 120),
            (HeadcountKind::Institutional, 90, 70),
            (HeadcountKind::Support, 10, 6),
        ] {
            let reason = "示编发〔2026〕1号".to_owned();
            let approval = Approval {
                approved,
                occupied,
                reason,
            };
            establishment::approve_headcount(tx, &hr, id, kind, &approval)?;
        }
        Ok(id)
    })
}
