//! How we are, for machines: whether we live, whether we are ready, and numbers for Prometheus.
//! No name, no id and no glucose is among them.

use crate::State;
use crate::http::peer::Client;
use crate::http::{open_connections, refusal};
use axum::Router;
use axum::body::Body;
use axum::extract::State as Held;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use keepwatch_service::vitals::{COMMIT_BUCKETS_US, Snapshot};
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// The routes of health and metrics.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/health/live", get(get_live))
        .route("/health/ready", get(get_ready))
        .route("/metrics", get(get_metrics))
}

/// We answer: that is all it says.
async fn get_live() -> Response {
    text("alive\n".to_owned())
}

/// Ready while readings can be kept; while the store refuses they are only shown.
async fn get_ready(Held(state): Held<State>) -> Response {
    match state.service.vitals.store_fault() {
        None => text("ready\n".to_owned()),
        Some(fault) => {
            let sentence = format!("readings are shown but cannot be kept: {fault}");
            refusal::answer(StatusCode::SERVICE_UNAVAILABLE, "store_refuses", &sentence)
        }
    }
}

fn text(body: String) -> Response {
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// Told to this machine, or to whoever has the token.
async fn get_metrics(Held(state): Held<State>, client: Client, headers: HeaderMap) -> Response {
    let sent = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let has_token = state.options.metrics_token.as_deref().is_some_and(|token| {
        sent.strip_prefix(b"Bearer ").is_some_and(|sent| bool::from(sent.ct_eq(token.as_bytes())))
    });
    if !client.is_this_machine && !has_token {
        let sentence = "metrics are told to this machine itself, or with the token that is set for them";
        return refusal::answer(StatusCode::FORBIDDEN, "metrics_not_for_you", sentence);
    }
    let now = state.service.clock.now();
    let snapshot = state.service.vitals.snapshot();
    let newest_age_seconds = snapshot.newest_received.map(|newest| now.ms_since(newest) as f64 / 1_000.0);
    let mut answer = text(metrics(&snapshot, newest_age_seconds, open_connections()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    answer
}

/// One metric with its help and type, and one line without labels.
fn single(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}

fn metrics(snapshot: &Snapshot, newest_age_seconds: Option<f64>, connections: usize) -> String {
    let mut out = String::with_capacity(4_096);
    single(&mut out, "keepwatch_readings_accepted_total", "counter", "Readings taken.", snapshot.accepted);
    single(&mut out, "keepwatch_readings_known_total", "counter", "Readings that were known already.", snapshot.known);
    single(&mut out, "keepwatch_readings_corrected_total", "counter", "Readings corrected.", snapshot.corrected);
    let refused = "keepwatch_readings_refused_total";
    let _ = writeln!(out, "# HELP {refused} Readings refused, by reason.\n# TYPE {refused} counter");
    for (reason, count) in &snapshot.refused {
        let _ = writeln!(out, "{refused}{{reason=\"{reason}\"}} {count}");
    }
    commit_times(&mut out, snapshot);
    if let Some(age) = newest_age_seconds {
        let help = "Age of the newest reading by its receipt.";
        single(&mut out, "keepwatch_newest_reading_age_seconds", "gauge", help, age);
    }
    single(&mut out, "keepwatch_streams_open", "gauge", "Open event streams.", snapshot.streams);
    let help = "How often a slow follower was told to catch up.";
    single(&mut out, "keepwatch_followers_lagged_total", "counter", help, snapshot.lagged);
    single(&mut out, "keepwatch_connections_open", "gauge", "Open connections.", connections);
    let is_ready = u8::from(snapshot.store_fault.is_none());
    single(&mut out, "keepwatch_store_writes", "gauge", "1 while the store takes writes.", is_ready);
    out
}

fn commit_times(out: &mut String, snapshot: &Snapshot) {
    let name = "keepwatch_commit_seconds";
    let _ = writeln!(out, "# HELP {name} How long commits took.\n# TYPE {name} histogram");
    let mut count = 0;
    for (bound_us, commits) in COMMIT_BUCKETS_US.iter().zip(&snapshot.commits) {
        count += commits;
        let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {count}", *bound_us as f64 / 1e6);
    }
    count += snapshot.commits.get(COMMIT_BUCKETS_US.len()).copied().unwrap_or_default();
    let sum = snapshot.commit_us as f64 / 1e6;
    let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_adds_up() {
        let mut snapshot =
            Snapshot { commits: vec![1; COMMIT_BUCKETS_US.len() + 1], commit_us: 1_500_000, ..Snapshot::default() };
        snapshot.refused.insert("sensor_code", 3);
        let text = metrics(&snapshot, Some(12.5), 2);
        for line in [
            "keepwatch_readings_refused_total{reason=\"sensor_code\"} 3",
            "keepwatch_commit_seconds_bucket{le=\"0.00025\"} 1",
            "keepwatch_commit_seconds_bucket{le=\"+Inf\"} 10",
            "keepwatch_commit_seconds_sum 1.5",
            "keepwatch_commit_seconds_count 10",
            "keepwatch_newest_reading_age_seconds 12.5",
            "keepwatch_connections_open 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
