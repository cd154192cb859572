//! What operators look at: health, readiness, metrics, one line of log a request.

use std::time::Instant as Stopwatch;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, FORWARDED, HeaderName, HeaderValue, X_FORWARDED_FOR};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use serde_json::json;

use crate::http::Answer;
use crate::kernel::Problem;
use crate::kernel::secret::{self, Secret};
use crate::store::{Store, sha256};

/// The figures that are measured. They name no person.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    /// Entries in the log.
    pub(super) log_size: IntGauge,
    /// Decisions that wait for their place in the log.
    pub(super) log_waiting: IntGauge,
    /// Second of the last nightly audit.
    pub(super) audit_at: IntGauge,
    /// Checks that failed in the last nightly audit.
    pub(super) audit_failed: IntGauge,
    /// Logs that sign nothing any more, because they are not what they signed.
    pub(super) log_halted: IntGauge,
}

impl Metrics {
    /// Registers all figures.
    pub fn new() -> Result<Self, Problem> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "keju_http_requests_total",
                "Requests answered, by route and status.",
            ),
            &["method", "route", "status"],
        )
        .map_err(Problem::internal)?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("keju_http_request_seconds", "Time to answer, by route."),
            &["route"],
        )
        .map_err(Problem::internal)?;
        let gauge = |name, help| IntGauge::new(name, help).map_err(Problem::internal);
        let metrics = Self {
            registry,
            requests,
            seconds,
            log_size: gauge("keju_log_entries", "Entries in the decision log.")?,
            audit_at: gauge(
                "keju_audit_seconds",
                "When the last nightly audit ended, in seconds since 1970; zero for none since the start.",
            )?,
            audit_failed: gauge(
                "keju_audit_failed",
                "Checks that failed in the last nightly audit.",
            )?,
            log_halted: gauge(
                "keju_log_halted",
                "Logs that have stopped signing: look at once.",
            )?,
            log_waiting: gauge("keju_log_waiting", "Decisions without a place in the log.")?,
        };
        let all: [Box<dyn prometheus::core::Collector>; 7] = [
            Box::new(metrics.audit_at.clone()),
            Box::new(metrics.audit_failed.clone()),
            Box::new(metrics.log_halted.clone()),
            Box::new(metrics.requests.clone()),
            Box::new(metrics.seconds.clone()),
            Box::new(metrics.log_size.clone()),
            Box::new(metrics.log_waiting.clone()),
        ];
        for figure in all {
            metrics
                .registry
                .register(figure)
                .map_err(Problem::internal)?;
        }
        Ok(metrics)
    }
}

/// The token of those who may read the figures, if one is set.
pub struct MetricsToken(pub Option<Secret>);

impl MetricsToken {
    fn lets_in(&self, request: &HttpRequest) -> bool {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
        match &self.0 {
            Some(token) => header(AUTHORIZATION).is_some_and(|given| {
                // Compared by hash: the time it takes tells nothing of the token.
                let given = given.strip_prefix("Bearer ").unwrap_or_default();
                sha256(given) == sha256(token.reveal())
            }),
            None => {
                let here = request
                    .peer_addr()
                    .is_some_and(|peer| peer.ip().is_loopback());
                let relayed = [FORWARDED, X_FORWARDED_FOR].map(|name| header(name).is_some());
                here && relayed == [false, false]
            }
        }
    }
}

/// Adds the operators' addresses.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health", web::get().to(health))
        .route("/ready", web::get().to(ready))
        .route("/metrics", web::get().to(metrics));
}

/// The process is alive.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The process can serve: its database answers.
async fn ready(store: web::Data<Store>) -> Answer<HttpResponse> {
    store.read(|view| view.answers()).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}

/// The figures, for who has the token of the settings; without one, for this machine alone. What
/// came through a proxy came from elsewhere.
async fn metrics(
    request: HttpRequest,
    metrics: web::Data<Metrics>,
    token: web::Data<MetricsToken>,
) -> Answer<HttpResponse> {
    if !token.lets_in(&request) {
        return Err(Problem::not_found());
    }
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    encoder
        .encode(&metrics.registry.gather(), &mut text)
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
}

/// The method, if it is a common one. Strangers can make up methods, and each would be a series.
fn known(method: &Method) -> &str {
    let common = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ];
    if common.contains(method) {
        method.as_str()
    } else {
        "other"
    }
}

/// Middleware: counts, times and logs each request under its route, never under its address,
/// which may hold a token or an id.
pub async fn observe<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let method = request.method().clone();
    let id = hex::encode(secret::random::<8>());
    let begun = Stopwatch::now();
    let mut response = next.call(request).await?;
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "(none)".to_owned());
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(metrics) = metrics {
        let labels = [known(&method), route.as_str(), &status.to_string()];
        metrics.requests.with_label_values(&labels).inc();
        metrics
            .seconds
            .with_label_values(&[route.as_str()])
            .observe(seconds);
    }
    let micros = begun.elapsed().as_micros();
    tracing::info!(request = %id, method = known(&method), %route, status, micros, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
}
