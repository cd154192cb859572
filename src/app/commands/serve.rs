//! `keju serve`.

use tracing_subscriber::EnvFilter;

use super::{lock_data, open_store};
use crate::access;
use crate::app::Application;
use crate::config::Settings;
use crate::kernel::{Clock, Problem};
use crate::store::Store;

/// Serves until the process is told to stop.
pub fn serve(settings: Settings) -> Result<(), Problem> {
    log_to_stderr();
    let _lock = lock_data(&settings.data)?;
    let store = open_store(&settings, Clock::system())?;
    first_start(&store, &settings)?;
    serve_store(settings, store)
}

/// Builds and runs the server on this thread's runtime.
pub fn serve_store(settings: Settings, store: Store) -> Result<(), Problem> {
    actix_web::rt::System::new().block_on(async move {
        let application = Application::build(settings, store)?;
        eprintln!("Keju serves at http://127.0.0.1:{}", application.port());
        application.run().await
    })
}

/// Opens the administrator and says the one-time password, once, on the operator's terminal and
/// nowhere else.
fn first_start(store: &Store, settings: &Settings) -> Result<(), Problem> {
    let login = settings.administrator.clone();
    let password = store.write_blocking(move |tx| access::service::bootstrap(tx, &login))?;
    if let Some(password) = password {
        eprintln!(
            "First start. Sign in and change this one-time password; it is not shown again.\n\
             首次启动。请登录并修改此一次性密码，它不会再次显示。\n\n    {}\n    {}\n",
            settings.administrator,
            password.reveal()
        );
    }
    Ok(())
}

/// One JSON line an event, to standard error; `KEJU_LOG` chooses what.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("KEJU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call in the same process keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
