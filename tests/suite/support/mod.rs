//! A running server for each test, and people to use it.

mod chrome;
mod client;
pub mod go;
mod mail;
mod postgres;

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use chrome::Chrome;
pub use client::{Browser, Client, Reply};
use keju::access::{Role, password, service as access};
use keju::app::Application;
use keju::config::{Layer, Settings};
use keju::kernel::secret::Secret;
use keju::kernel::{Clock, Id, Instant};
use keju::ledger::policy::Policy;
use keju::store::{Store, Target, Vault};
use tokio::sync::oneshot;

/// The password of everybody in the tests.
pub const PASSWORD: &str = "a-long-test-password";
pub static PASSWORD_HASH: LazyLock<String> =
    LazyLock::new(|| password::hash_now(&Secret::new(PASSWORD)).unwrap());

/// Which database a test runs on.
#[derive(Debug, Clone, Copy)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Runs the test body on both databases.
macro_rules! on_both {
    ($(#[$meta:meta])* fn $name:ident($app:ident: TestApp) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            fn story($app: $crate::support::TestApp) $body

            #[test]
            fn sqlite() {
                story($crate::support::TestApp::start($crate::support::Database::Sqlite).unwrap());
            }

            #[test]
            fn postgres() {
                match $crate::support::TestApp::start($crate::support::Database::Postgres) {
                    Some(app) => story(app),
                    None => eprintln!("not run: PostgreSQL is not installed"),
                }
            }
        }
    };
}
pub(crate) use on_both;

/// A running server on its own data, with a clock set by hand.
pub struct TestApp {
    pub base: String,
    pub store: Store,
    pub clock: Clock,
    pub data: PathBuf,
    /// Dropped with it, and then the server stops.
    _serving: oneshot::Sender<()>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fresh directory of this process.
pub fn fresh_dir() -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let dir = std::env::temp_dir().join(format!("keju-test-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// A new, empty database; none if it is not installed and need not be.
pub fn fresh_target(database: Database, data: &std::path::Path) -> Option<Target> {
    Some(match database {
        Database::Sqlite => Target::Sqlite(data.join("keju.db")),
        Database::Postgres => Target::Postgres(Secret::new(postgres::fresh_database()?)),
    })
}

/// Ten in the morning of 2 March 2026 in Shanghai.
pub fn morning() -> Instant {
    "2026-03-02T02:00:00Z"
        .parse::<jiff::Timestamp>()
        .map(|t| Instant::from_micros(t.as_microsecond()))
        .unwrap()
}

impl TestApp {
    /// Starts a server; none if the database is not installed and need not be.
    pub fn start(database: Database) -> Option<Self> {
        let data = fresh_dir();
        let target = fresh_target(database, &data)?;
        Some(Self::on(target, data, Clock::manual(morning())))
    }

    /// Starts a server on what is there.
    pub fn on(target: Target, data: PathBuf, clock: Clock) -> Self {
        let vault = Vault::open(&data).unwrap();
        let store = Store::open(target, clock.clone(), vault).unwrap();
        let (base, serving) = serve(settings(&data), store.clone());
        Self {
            base,
            store,
            clock,
            data,
            _serving: serving,
        }
    }

    /// As [`TestApp::on`], with witnesses under this policy.
    pub fn watched(target: Target, data: PathBuf, clock: Clock, policy: &std::path::Path) -> Self {
        let vault = Vault::open(&data).unwrap();
        let store = Store::open(target, clock.clone(), vault).unwrap();
        let mut settings = settings(&data);
        settings.rehearsal_draws = false;
        settings.log_policy = Policy::parse(&std::fs::read_to_string(policy).unwrap()).unwrap();
        let (base, serving) = serve(settings, store.clone());
        Self {
            base,
            store,
            clock,
            data,
            _serving: serving,
        }
    }

    /// The settings of this server's data and database.
    pub fn settings(&self) -> Settings {
        settings_on(&self.data, self.store.target())
    }

    /// Somebody who is not signed in, using the API.
    pub fn anybody(&self) -> Client {
        Client::new(&self.base)
    }

    /// Opens an account with these roles and gives its id and e-mail.
    pub fn person(&self, name: &str, roles: &[Role]) -> (Id, String) {
        let email = format!("{name}@example.org");
        let new = access::NewAccount {
            email: email.clone(),
            name: name.to_owned(),
            password_hash: PASSWORD_HASH.clone(),
            must_change_password: false,
        };
        let roles = roles.to_vec();
        let id = self
            .store
            .write_blocking(move |tx| {
                let id = access::open_account(tx, new, roles[0], None)?;
                for role in &roles[1..] {
                    access::give_role(tx, id, *role)?;
                }
                Ok(id)
            })
            .unwrap();
        (id, email)
    }

    /// Somebody with these roles, signed in to the API.
    pub fn signed_in(&self, name: &str, roles: &[Role]) -> Client {
        let (_, email) = self.person(name, roles);
        self.sign_in(&email)
    }

    /// Signs in with the common password.
    pub fn sign_in(&self, email: &str) -> Client {
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let reply = self.anybody().post("/sessions", &body);
        assert_eq!(reply.status, 200, "{reply:?}");
        self.anybody()
            .with_token(reply.json["access_token"].as_str().unwrap())
    }

    /// A token for somebody without the cost of a password: for tests that need many sessions.
    pub fn token_for(&self, email: &str) -> Client {
        let index = self.store.vault().index("login", email);
        let tokens = self
            .store
            .write_blocking(move |tx| {
                let account = access::account_by_login_index(tx, &index)?;
                let opened = access::open_session(tx, account, access::SessionKind::Api)?;
                access::first_tokens(tx, &opened)
            })
            .unwrap();
        self.anybody().with_token(&tokens.access_token)
    }

    /// The API as this actor, with a session of its own.
    pub fn acting(&self, actor: &keju::access::Actor) -> Client {
        let account = actor.account;
        let email = self
            .store
            .read_blocking(|view| access::email_of(view, account))
            .unwrap();
        self.token_for(&email)
    }

    /// A browser, not signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// The link to `page` in the mail to this address, as soon as it has left.
    pub fn mailed_link(&self, email: &str, page: &str) -> String {
        let until = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            let mails = std::fs::read_dir(self.data.join("mail"));
            let mut mails = mails.into_iter().flatten().flatten();
            if let Some(link) = mails.find_map(|mail| mail::link(&mail.path(), email, page)) {
                return link;
            }
            assert!(std::time::Instant::now() < until, "no mail for {email}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until PostgreSQL's sequencer has caught up; does nothing on SQLite.
    pub fn settle_log(&self) {
        for _ in 0..100 {
            self.store.write_blocking(keju::ledger::sequence).unwrap();
            if self.store.read_blocking(keju::ledger::waiting).unwrap() == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("decisions are still waiting for their place in the log");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// The database file, as somebody reaches it who holds the machine.
pub fn raw_sqlite(target: &Target) -> diesel::SqliteConnection {
    let Target::Sqlite(path) = target else {
        panic!("not SQLite");
    };
    diesel::Connection::establish(path.to_str().unwrap()).unwrap()
}

/// As [`settings`], on this database.
pub fn settings_on(data: &std::path::Path, target: &Target) -> Settings {
    let mut settings = settings(data);
    if let Target::Postgres(url) = target {
        settings.database = Some(url.clone());
    }
    settings
}

/// Settings for a test in `data`.
pub fn settings(data: &std::path::Path) -> Settings {
    Layer {
        data: Some(data.to_owned()),
        listen: Some("127.0.0.1:0".to_owned()),
        draws: Some("rehearsal".to_owned()),
        ..Layer::default()
    }
    .settings()
    .unwrap()
}

/// Serves on a thread of its own until what it gives beside the address is dropped: the work beside
/// hundreds of servers that nobody asks any more would slow the tests that are left.
fn serve(settings: Settings, store: Store) -> (String, oneshot::Sender<()>) {
    let (send, receive) = std::sync::mpsc::channel();
    let (serving, dropped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let application = Application::build(settings, store).unwrap();
            send.send(application.port()).unwrap();
            let stop = async move { drop(dropped.await) };
            application.run_until(stop).await.unwrap();
        });
    });
    let base = format!("http://127.0.0.1:{}", receive.recv().unwrap());
    (base, serving)
}
