//! The server: every route and the middleware around it.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt as _, scope, service_config::ServiceConfig};

use super::{background, docs, home, operations};
use crate::access::{self, LinkLimit, SignInLimit, identify};
use crate::bank::search::ItemSearch;
use crate::config::Settings;
use crate::disclosure::record::Records;
use crate::http::{
    PublicUrl, path_not_found, refuse_cross_site, render_problems, security_headers, serve_asset,
    switch_language,
};
use crate::kernel::Problem;
use crate::ledger::publish::Logs;
use crate::store::Store;
use crate::{
    appointment, assembly, bank, ceremony, disclosure, establishment, marking, ranking,
    registration, regulation, report, sitting,
};

/// A server that is bound to its address and ready to run.
pub struct Application {
    server: Server,
    port: u16,
    store: Store,
    background: background::Background,
}

impl Application {
    /// Binds the address and prepares everything; with port 0 the system chooses one.
    pub fn build(settings: Settings, store: Store) -> Result<Self, Problem> {
        let listener = TcpListener::bind(settings.listen).map_err(|error| {
            Problem::internal(format!("cannot listen on {}: {error}", settings.listen))
        })?;
        let port = listener.local_addr().map_err(Problem::internal)?.port();
        let metrics = operations::Metrics::new()?;
        let limits = background::Limits {
            sign_in: web::Data::new(SignInLimit::default()),
            links: web::Data::new(LinkLimit::default()),
        };
        let logs = settings.logs();
        let search = ItemSearch::default();
        let background =
            background::Background::start(&store, &settings, &metrics, &limits, &logs, &search)?;
        let server = serve(
            listener,
            settings,
            store.clone(),
            metrics,
            limits,
            logs,
            search,
        )?;
        Ok(Self {
            server,
            port,
            store,
            background,
        })
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Serves until the program is told to stop.
    pub async fn run(self) -> Result<(), Problem> {
        self.run_until(told_to_stop()).await
    }

    /// Serves until `stop`. Requests under way finish, and what they wrote is durable.
    pub async fn run_until(self, stop: impl Future<Output = ()> + 'static) -> Result<(), Problem> {
        let handle = self.server.handle();
        actix_web::rt::spawn(async move {
            stop.await;
            handle.stop(true).await;
        });
        self.server.await.map_err(Problem::internal)?;
        self.background.stop();
        self.store.close();
        Ok(())
    }
}

/// Waits for an interrupt or a termination signal.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}

fn serve(
    listener: TcpListener,
    settings: Settings,
    store: Store,
    metrics: operations::Metrics,
    limits: background::Limits,
    logs: Logs,
    search: ItemSearch,
) -> Result<Server, Problem> {
    let logs = web::Data::new(logs);
    let search = web::Data::new(search);
    let gate = web::Data::new(settings.gate());
    let records = Records::new(settings.data.join("record"), logs.as_ref().clone());
    let records = web::Data::new(records);
    let store = web::Data::new(store);
    let site = web::Data::new(PublicUrl(settings.public_url));
    let metrics = web::Data::new(metrics);
    let token = web::Data::new(operations::MetricsToken(settings.metrics_token));
    let document = web::Data::new(api_document());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(store.clone())
            .app_data(site.clone())
            .app_data(metrics.clone())
            .app_data(token.clone())
            .app_data(limits.sign_in.clone())
            .app_data(limits.links.clone())
            .app_data(document.clone())
            .app_data(logs.clone())
            .app_data(gate.clone())
            .app_data(records.clone())
            .app_data(search.clone())
            .wrap(from_fn(identify))
            .wrap(from_fn(refuse_cross_site))
            .wrap(from_fn(render_problems))
            .wrap(Compress::default())
            .wrap(from_fn(security_headers))
            .wrap(from_fn(operations::observe))
            .into_utoipa_app()
            .service(scope::scope("/api/v1").configure(api))
            .into_app()
            .configure(pages)
            .default_service(web::to(path_not_found))
    })
    .listen(listener)
    .map_err(Problem::internal)?
    .shutdown_timeout(30)
    .disable_signals()
    .client_request_timeout(Duration::from_secs(15))
    .run();
    Ok(server)
}

/// Every operation of the REST API.
fn api(config: &mut ServiceConfig<'_>) {
    config
        .configure(access::api::operations)
        .configure(regulation::api::operations)
        .configure(establishment::api::operations)
        .configure(ceremony::api::operations)
        .configure(registration::api::operations)
        .configure(bank::api::operations)
        .configure(assembly::api::operations)
        .configure(sitting::api::operations)
        .configure(marking::api::operations)
        .configure(ranking::api::operations)
        .configure(appointment::api::operations)
        .configure(report::api::operations)
        .configure(disclosure::api::operations);
}

/// Every page.
fn pages(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(home::home))
        .route("/assets/{version}/{name}", web::get().to(serve_asset))
        .route("/language/{tag}", web::get().to(switch_language))
        .route("/api/openapi.json", web::get().to(docs::document))
        .route("/api/docs", web::get().to(docs::page))
        .configure(operations::routes)
        .configure(access::pages::routes)
        .configure(regulation::pages::routes)
        .configure(establishment::pages::routes)
        .configure(ceremony::pages::routes)
        .configure(registration::pages::routes)
        .configure(bank::pages::routes)
        .configure(assembly::pages::routes)
        .configure(sitting::pages::routes)
        .configure(marking::pages::routes)
        .configure(ranking::pages::routes)
        .configure(appointment::pages::routes)
        .configure(report::pages::routes)
        .configure(disclosure::pages::routes);
}

/// The OpenAPI document, made from the handlers.
pub fn api_document() -> OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .service(scope::scope("/api/v1").configure(api))
        .split_for_parts();
    docs::describe(&mut document);
    document
}
