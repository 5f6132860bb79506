//! What a client checks before it begins: status, verifyauth, whether a secret is good, versions; and the glance of a
//! watch face at `/pebble`.

use super::credential::Asked;
use super::error::NightscoutError;
use super::wire;
use crate::State;
use axum::Router;
use axum::extract;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use keepwatch_model::glucose::{MG_DL_PER_MMOL_L, SensorGlucose, Unit};
use keepwatch_model::reading::Reading;
use keepwatch_model::series;
use keepwatch_model::sharing::{Caller, Power};
use keepwatch_model::time::{DAY_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use keepwatch_service::readings::Which;
use serde_json::{Value, json};

type Service = extract::State<State>;

/// The release of the reference that clients may take us for; some refuse what is older, none knows ours.
const VERSION: &str = "15.0.7";
/// Limit: readings on a watch face; a larger wish is cut down.
const PEBBLE_COUNT_MAX: usize = 288;

/// The routes of a site's own matters.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/api/v1/status", get(get_status))
        .route("/api/v1/status.json", get(get_status_json))
        .route("/api/v1/status.txt", get(get_status_text))
        .route("/api/v1/status.html", get(get_status_html))
        .route("/api/v1/verifyauth", get(verify))
        .route("/api/v1/verifyauth.json", get(verify))
        .route("/api/v1/experiments/test", get(test_secret))
        .route("/api/v1/experiments/test.json", get(test_secret))
        .route("/api/versions", get(versions))
        .route("/pebble", get(pebble))
}

/// An answer in JSON.
pub(super) fn json(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (kind, value.to_string()).into_response()
}

async fn get_status(state: Service, asked: Asked) -> Result<Response, NightscoutError> {
    let accepts = asked.headers.get_all(header::ACCEPT);
    let wants_json = accepts.iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("json")));
    if wants_json { get_status_json(state, asked).await } else { get_status_html(state, asked).await }
}

async fn get_status_html(extract::State(state): Service, asked: Asked) -> Result<Response, NightscoutError> {
    asked.may_see(&state)?;
    Ok(Html("<h1>STATUS OK</h1>").into_response())
}

async fn get_status_text(extract::State(state): Service, asked: Asked) -> Result<Response, NightscoutError> {
    asked.may_see(&state)?;
    Ok("STATUS OK".into_response())
}

async fn get_status_json(extract::State(state): Service, asked: Asked) -> Result<Response, NightscoutError> {
    let caller = asked.caller(&state, None)?.ok_or(NightscoutError::Unauthorized)?;
    let permit = asked.permit(&state, caller, Power::See).ok_or(NightscoutError::Unauthorized)?;
    let glance = state.service.readings.glance(&permit, false).ok_or(NightscoutError::Unauthorized)?;
    let now = state.service.clock.now();
    let units = match glance.person.unit {
        Unit::MgDl => "mg/dl",
        Unit::MmolL => "mmol",
    };
    // A subject's token is told what it may do; a secret is no subject.
    let authorized = match caller {
        Caller::Publisher(_) => Value::Null,
        Caller::Reader(_) | Caller::Program(_) | Caller::Account(_) => json!({"permissionGroups": [["*:*:read"]]}),
    };
    Ok(json(&json!({
        "status": "ok", "name": "Keepwatch", "version": VERSION, "versionNum": 150_007,
        "serverTime": wire::date_text(now), "serverTimeEpoch": now.as_ms(), "runtimeState": "loaded",
        // Treatments are not kept, and a client that asks is told so here.
        "apiEnabled": true, "careportalEnabled": false, "boluscalcEnabled": false,
        "settings": settings(&glance.person.name, units), "extendedSettings": {}, "authorized": authorized
    })))
}

/// Display settings; the thresholds are the defaults of our own screens.
fn settings(title: &str, units: &str) -> Value {
    json!({
        "units": units, "customTitle": title, "timeFormat": 24, "theme": "colors", "language": "en", "nightMode": false,
        "thresholds": {"bgHigh": 250, "bgTargetTop": 180, "bgTargetBottom": 70, "bgLow": 55},
        "enable": ["direction", "delta"], "showPlugins": "direction delta", "authDefaultRoles": "denied",
        "alarmUrgentHigh": false, "alarmHigh": false, "alarmLow": false, "alarmUrgentLow": false,
        "alarmTimeagoWarn": false, "alarmTimeagoUrgent": false, "DEFAULT_FEATURES": ["direction", "delta"]
    })
}

/// What the presented credential may do; always 200, also for a wrong one.
async fn verify(extract::State(state): Service, asked: Asked) -> Response {
    let caller = asked.caller(&state, None).ok().flatten();
    let may = |power| caller.is_some_and(|caller| asked.permit(&state, caller, power).is_some());
    let (can_read, can_write) = (may(Power::See), may(Power::Publish));
    let is_role = matches!(caller, Some(Caller::Reader(_) | Caller::Program(_) | Caller::Account(_)));
    json(&json!({"status": 200, "message": {
        "canRead": can_read, "canWrite": can_write, "isAdmin": can_write,
        "message": if can_read { "OK" } else { "UNAUTHORIZED" },
        "rolefound": if is_role { "FOUND" } else { "NOTFOUND" },
        "permissions": if caller.is_some() { "ROLE" } else { "DEFAULT" }
    }}))
}

/// Uploaders test the secret that was typed in with this.
async fn test_secret(extract::State(state): Service, asked: Asked) -> Result<Response, NightscoutError> {
    asked.may(&state, None, Power::Publish)?;
    Ok(json(&json!({"status": "ok"})))
}

/// What we speak of the protocol's versions, the first only.
async fn versions() -> Response {
    json(&json!([{"version": "1.0.0", "url": "/api/v1"}]))
}

/// A watch face's glance at the shown source; glucose as text, newest first.
async fn pebble(extract::State(state): Service, asked: Asked) -> Result<Response, NightscoutError> {
    let permit = asked.may_see(&state)?;
    let wish = |name: &str| asked.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let count = wish("count").and_then(|count| count.parse().ok()).unwrap_or(1).clamp(1, PEBBLE_COUNT_MAX);
    let unit = if wish("units") == Some("mmol") { Unit::MmolL } else { Unit::MgDl };
    let now = state.service.clock.now();
    let end = Timestamp::from_ms(i64::MAX);
    let readings = state.service.readings.recent(&permit, now.plus_ms(-DAY_MS), end, Which::Shown);
    let first = readings.len().saturating_sub(count);
    let glances: Vec<Value> = (first..readings.len()).rev().map(|index| glance(&readings[..=index], unit)).collect();
    let body = json!({"status": [{"now": now.as_ms()}], "bgs": glances, "cals": []});
    Ok((StatusCode::OK, json(&body)).into_response())
}

/// The last of these readings as a watch face shows it.
fn glance(readings: &[Reading], unit: Unit) -> Value {
    let Some(reading) = readings.last() else { return Value::Null };
    let arrow = series::arrow(readings);
    let tenths = series::delta(readings).map_or(0, |delta| delta.tenths);
    let mmol = |tenths: f64| (tenths / MG_DL_PER_MMOL_L).round() / 10.0;
    let (sgv, delta) = match (unit, reading.glucose) {
        (Unit::MmolL, SensorGlucose::Measured(mg_dl)) => {
            let shown = mg_dl.mmol_l_tenths();
            (format!("{}.{}", shown / 10, shown % 10), json!(mmol(f64::from(tenths))))
        }
        (Unit::MmolL, glucose) => {
            let edge = mmol(f64::from(glucose.as_dexcom()) * 10.0);
            (format!("{edge:.1}"), json!(0))
        }
        (Unit::MgDl, glucose) => (wire::whole_sgv(glucose), json!((f64::from(tenths) / 10.0).round())),
    };
    json!({
        "sgv": sgv, "trend": arrow.map_or(0, TrendArrow::number), "direction": wire::direction(arrow),
        "datetime": reading.place.as_ms(), "bgdelta": delta
    })
}
