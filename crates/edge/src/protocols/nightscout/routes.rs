//! Nightscout's entries over HTTP: posted ones become readings and meter checks, asked ones are read back.
//! A batch is answered whole, item by item and in order; a bad entry never sinks the good beside it.

use super::credential::Asked;
use super::entries;
use super::error::NightscoutError;
use super::find::Query;
use super::site;
use super::wire::{self, Body, ENTRIES_MAX_PER_POST, Entry, Meaning, Posted};
use crate::State;
use crate::http::body;
use crate::http::limits::{BODY_BYTES_MAX, UNPACKED_BYTES_MAX};
use axum::Router;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use keepwatch_model::glucose::{MEASURED_MAX_TENTHS, MgDl};
use keepwatch_model::reading::{Draft, MeterCheck, Refusal};
use keepwatch_model::sharing::{Permit, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::Timestamp;
use keepwatch_service::intake::{Origin, Outcome, READINGS_MAX_PER_UPLOAD};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Service = extract::State<State>;

/// The routes of this dialect.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/api/v1/entries", get(get_entries).post(post_entries))
        .route("/api/v1/entries.json", get(get_entries_json).post(post_entries))
        .route("/api/v1/entries.csv", get(get_entries_csv))
        .route("/api/v1/entries.tsv", get(get_entries_tsv))
        .route("/api/v1/entries.txt", get(get_entries_tsv))
        .route("/api/v1/entries/{spec}", get(get_entries_of))
        .merge(site::routes())
        .route("/api/v1/{*rest}", any(async || NightscoutError::NotFound))
}

/// In which form entries are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Commas,
    Tabs,
}

impl Format {
    /// The form of an ending, else of what the client accepts. Whoever accepts anything gets text, as scripts expect.
    fn of(ending: Option<&str>, headers: &HeaderMap) -> Self {
        let mut accepts = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
        match ending {
            Some("json") => Self::Json,
            Some("csv") => Self::Commas,
            None if accepts.any(|accept| accept.contains("json")) => Self::Json,
            Some(_) | None => Self::Tabs,
        }
    }

    fn answer(self, entries: Vec<Entry>) -> Response {
        let text = |kind: &'static str, separator| ([(header::CONTENT_TYPE, kind)], wire::text(&entries, separator));
        match self {
            Self::Commas => text("text/csv; charset=utf-8", ',').into_response(),
            Self::Tabs => text("text/plain; charset=utf-8", '\t').into_response(),
            Self::Json => site::json(&Value::Array(entries.into_iter().map(Value::Object).collect())),
        }
    }
}

async fn get_entries(state: Service, asked: Asked) -> Result<Response, NightscoutError> {
    let format = Format::of(None, &asked.headers);
    answer_entries(state, asked, format).await
}

async fn get_entries_json(state: Service, asked: Asked) -> Result<Response, NightscoutError> {
    answer_entries(state, asked, Format::Json).await
}

async fn get_entries_csv(state: Service, asked: Asked) -> Result<Response, NightscoutError> {
    answer_entries(state, asked, Format::Commas).await
}

async fn get_entries_tsv(state: Service, asked: Asked) -> Result<Response, NightscoutError> {
    answer_entries(state, asked, Format::Tabs).await
}

async fn answer_entries(
    extract::State(state): Service,
    asked: Asked,
    format: Format,
) -> Result<Response, NightscoutError> {
    let permit = asked.may_see(&state)?;
    let query = Query::of(&asked.query)?;
    Ok(format.answer(entries::find(&state, &permit, &query).await?))
}

/// `entries/current`, `entries/ID` or `entries/TYPE`, each with or without an ending.
async fn get_entries_of(
    extract::State(state): Service,
    Path(spec): Path<String>,
    asked: Asked,
) -> Result<Response, NightscoutError> {
    let permit = asked.may_see(&state)?;
    let (spec, ending) = spec.split_once('.').map_or((spec.as_str(), None), |(spec, ending)| (spec, Some(ending)));
    let format = Format::of(ending, &asked.headers);
    let asked_for = Query::of(&asked.query)?;
    let query = match spec {
        "current" => asked_for.at_most(1).of_type("sgv"),
        id if wire::is_id(id) => asked_for.at_most(1).of_id(id),
        kind => asked_for.of_type(kind),
    };
    let mut found = entries::find(&state, &permit, &query).await?;
    if found.is_empty() && spec == "current" {
        found.extend(entries::last_known(&state, &permit));
    }
    Ok(format.answer(found))
}

async fn post_entries(
    extract::State(state): Service,
    asked: Asked,
    body: axum::body::Body,
) -> Result<Response, NightscoutError> {
    let body =
        body::read(&asked.headers, body, BODY_BYTES_MAX, UNPACKED_BYTES_MAX).await.map_err(NightscoutError::Body)?;
    let body = Body::of(&body).ok_or(NightscoutError::NotJson);
    let in_body = body.as_ref().ok().and_then(|body| body.credential.as_deref());
    let permit = asked.may(&state, in_body, Power::Publish)?;
    let Body { entries, .. } = body?;
    if entries.len() > ENTRIES_MAX_PER_POST {
        return Err(NightscoutError::TooManyEntries);
    }
    if entries.is_empty() {
        state.service.intake.heard(&permit, &origin(String::new()));
    }
    let (sorted, mut answer) = sort(entries, &permit);
    let mut ids: Vec<Option<String>> = vec![None; answer.len()];
    for (device, drafts) in sorted.readings {
        take_readings(&state, &permit, &origin(device), drafts, &mut ids).await?;
    }
    take_meter_checks(&state, &permit, sorted.checks, &mut ids).await?;
    for (entry, id) in answer.iter_mut().zip(ids) {
        let id = id.unwrap_or_else(|| wire::id_of_refused(entry));
        entry.insert("_id".to_owned(), json!(id));
    }
    Ok(site::json(&Value::Array(answer.into_iter().map(Value::Object).collect())))
}

/// By which door and from which device.
fn origin(device: String) -> Origin {
    let name = if device.is_empty() { "Nightscout".to_owned() } else { device.clone() };
    Origin { protocol: Protocol::Nightscout, device, name }
}

/// An item with its place in the batch.
type Placed<T> = (usize, Result<T, Refusal>);

/// A drawer for each device, since each is a source of its own, and one for meter checks.
#[derive(Default)]
struct Sorted {
    readings: BTreeMap<String, Vec<Placed<Draft>>>,
    checks: Vec<Placed<MeterCheck>>,
}

/// The batch sorted, and its entries as they will be answered.
fn sort(entries: Vec<Entry>, permit: &Permit) -> (Sorted, Vec<Entry>) {
    let mut sorted = Sorted::default();
    let mut answer = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let Posted { device, meaning, echo } = Posted::of(entry);
        let drawer = |sorted: &mut Sorted, item| sorted.readings.entry(device).or_default().push((index, item));
        match meaning {
            Meaning::Reading(draft) => drawer(&mut sorted, Ok(draft)),
            Meaning::Refused(reason) => drawer(&mut sorted, Err(reason)),
            Meaning::MeterCheck { at, mg_dl, by } => sorted.checks.push((index, meter_check(permit, at, mg_dl, by))),
        }
        answer.push(echo);
    }
    (sorted, answer)
}

fn meter_check(permit: &Permit, at: Timestamp, mg_dl: f64, by: String) -> Result<MeterCheck, Refusal> {
    let tenths = (mg_dl * 10.0).round();
    if tenths > MEASURED_MAX_TENTHS as f64 {
        return Err(Refusal::ValueTooHigh);
    }
    if tenths < 0.0 {
        return Err(Refusal::Malformed);
    }
    Ok(MeterCheck { person: permit.person(), at, mg_dl: MgDl::from_tenths(tenths as u16), by, note: None })
}

async fn take_readings(
    state: &State,
    permit: &Permit,
    origin: &Origin,
    drafts: Vec<Placed<Draft>>,
    ids: &mut [Option<String>],
) -> Result<(), NightscoutError> {
    let (places, drafts): (Vec<usize>, Vec<_>) = drafts.into_iter().unzip();
    let mut drafts = drafts.into_iter().peekable();
    let mut places = places.into_iter();
    while drafts.peek().is_some() {
        let part = drafts.by_ref().take(READINGS_MAX_PER_UPLOAD).collect();
        let receipt = state.service.intake.accept(permit, origin.clone(), part).await?;
        for (outcome, place) in receipt.items.into_iter().zip(&mut places) {
            ids[place] = match outcome {
                Outcome::Accepted(key) | Outcome::Known(key) | Outcome::Corrected(key) => {
                    Some(wire::id_of(key.measured_at, &key.source.to_string()))
                }
                Outcome::Refused(_) => None,
            };
        }
    }
    Ok(())
}

async fn take_meter_checks(
    state: &State,
    permit: &Permit,
    checks: Vec<Placed<MeterCheck>>,
    ids: &mut [Option<String>],
) -> Result<(), NightscoutError> {
    if checks.is_empty() {
        return Ok(());
    }
    let (places, checks): (Vec<usize>, Vec<_>) = checks.into_iter().unzip();
    let wanted: Vec<Option<String>> =
        checks.iter().map(|check| check.as_ref().ok().map(|check| wire::id_of(check.at, &check.by))).collect();
    let outcomes = state.service.intake.check_meter(permit, checks).await?;
    for ((place, id), outcome) in places.into_iter().zip(wanted).zip(outcomes) {
        ids[place] = outcome.ok().and(id);
    }
    Ok(())
}
