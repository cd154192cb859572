//! What operators look at: health, readiness, metrics, one line of log a request.

use std::time::Instant as Stopwatch;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use serde_json::json;

use crate::http::Answer;
use crate::kernel::{Problem, secret};
use crate::ledger;
use crate::store::Store;

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
            log_waiting: gauge("keju_log_waiting", "Decisions without a place in the log.")?,
        };
        let all: [Box<dyn prometheus::core::Collector>; 4] = [
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
    store.read(ledger::waiting).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}

async fn metrics(metrics: web::Data<Metrics>) -> Answer<HttpResponse> {
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    encoder
        .encode(&metrics.registry.gather(), &mut text)
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
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
        let labels = [method.as_str(), route.as_str(), &status.to_string()];
        metrics.requests.with_label_values(&labels).inc();
        metrics
            .seconds
            .with_label_values(&[route.as_str()])
            .observe(seconds);
    }
    let micros = begun.elapsed().as_micros();
    tracing::info!(request = %id, %method, %route, status, micros, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
}
