//! Dexcom Share's operations: each takes apart, asks the service, puts together. One receiver for one account is no
//! idea of ours: any serial number belongs to whoever sends it, and monitoring is always active.

use super::error::ShareError;
use super::request::Asked;
use super::wire::{self, MINUTES_MAX, RECORDS_MAX_PER_ANSWER, Upload};
use crate::State;
use axum::Router;
use axum::extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use jiff::tz::TimeZone;
use keepwatch_model::id::CredentialId;
use keepwatch_model::reading::{Reading, Refusal};
use keepwatch_model::series::{self, RATE_WINDOW_MS};
use keepwatch_model::sharing::{Permit, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use keepwatch_service::intake::{Origin, Outcome, READINGS_MAX_PER_UPLOAD, Receipt};
use keepwatch_service::readings::Which;

type Answer = Result<Response, ShareError>;
type Service = extract::State<State>;

/// Below this stands every operation.
const SERVICES: &str = "/ShareWebServices/Services";

/// The routes of this dialect.
pub fn routes() -> Router<State> {
    let publisher: [(&str, MethodRouter<State>); 12] = [
        ("ReadPublisherLatestGlucoseValues", get(get_latest_glucose_values).post(get_latest_glucose_values)),
        ("PostReceiverEgvRecords", post(post_egv_records)),
        ("IsRemoteMonitoringSessionActive", get(monitoring_is_active).post(monitoring_is_active)),
        ("StartRemoteMonitoringSession", post(monitoring_is_active)),
        ("StopRemoteMonitoringSession", post(heard_and_done)),
        ("CheckMonitoredReceiverAssignmentStatus", get(receiver_is_assigned).post(receiver_is_assigned)),
        ("ReplacePublisherAccountMonitoredReceiver", post(heard_and_done)),
        ("UpdatePublisherAccountRuntimeInfo", post(heard_and_done)),
        ("ListPublisherAccountSubscriptions", get(list_subscriptions).post(list_subscriptions)),
        ("DoesContactExistByName", get(contact_exists).post(contact_exists)),
        ("CreateContact", any(not_offered)),
        ("{operation}", any(not_offered)),
    ];
    let general: [(&str, MethodRouter<State>); 6] = [
        ("AuthenticatePublisherAccount", post(authenticate)),
        ("LoginPublisherAccountByName", post(log_in_by_name)),
        ("LoginPublisherAccountById", post(log_in_by_id)),
        ("LoginSubscriberAccount", post(log_in_by_id)),
        ("SystemUtcTime", get(get_time).post(get_time)),
        ("{operation}", any(not_offered)),
    ];
    let below = |area: &'static str| move |(operation, method)| (format!("{SERVICES}/{area}/{operation}"), method);
    let operations = general.into_iter().map(below("General")).chain(publisher.into_iter().map(below("Publisher")));
    let router = operations.fold(Router::new(), |router, (path, method)| router.route(&path, method));
    router.route(&format!("{SERVICES}/{{*rest}}"), any(not_offered))
}

fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// Success without a word: some clients take any text for a failure.
fn done() -> Response {
    [(header::CACHE_CONTROL, "no-store")].into_response()
}

async fn not_offered(asked: Asked) -> ShareError {
    drop(asked);
    ShareError::NotOffered
}

/// The credential behind a name or an account id and a password. Wrong guesses slow down the guesser, by account
/// together with address; whoever knows the password is never slowed.
fn log_in(
    state: &State,
    asked: &Asked,
    account: &str,
    find: impl FnOnce(&str) -> Option<CredentialId>,
) -> Result<CredentialId, ShareError> {
    let password = asked.text("password")?;
    if let Some(credential) = find(&password) {
        return Ok(credential);
    }
    let (access, from) = (&state.service.access, asked.client.address);
    if let Some(wait_ms) = access.guess_wait_ms(account, from) {
        return Err(ShareError::TooManyAttempts { wait_seconds: wait_ms.unsigned_abs().div_ceil(1_000) });
    }
    access.guessed_wrong(account, from);
    Err(ShareError::AccountPasswordInvalid)
}

fn by_name(state: &State, asked: &Asked) -> Result<CredentialId, ShareError> {
    let name = asked.text("accountName")?;
    let access = &state.service.access;
    // A phone's keyboard likes to begin with a capital and to end with a blank.
    let as_meant = name.trim().to_lowercase();
    log_in(state, asked, &as_meant, |password| {
        access.share_login(&name, password).or_else(|| access.share_login(&as_meant, password))
    })
}

/// Name and password become the constant account id.
async fn authenticate(extract::State(state): Service, asked: Asked) -> Answer {
    let credential = by_name(&state, &asked)?;
    Ok(json(wire::id_json(state.service.access.share_account(credential))))
}

async fn log_in_by_name(extract::State(state): Service, asked: Asked) -> Answer {
    let credential = by_name(&state, &asked)?;
    Ok(json(wire::id_json(state.service.access.share_session(credential))))
}

async fn log_in_by_id(extract::State(state): Service, asked: Asked) -> Answer {
    let text = asked.text("accountId")?;
    let access = &state.service.access;
    // The all-zero id is a login that failed at its first step.
    let account = match wire::id(&text) {
        Some(account) => account,
        None if wire::is_no_login(&text) => return Err(ShareError::AccountPasswordInvalid),
        None => return Err(ShareError::NotAnAccountId),
    };
    let name = wire::id_text(account);
    let credential = log_in(&state, &asked, &name, |password| access.share_login_by_account(account, password))?;
    Ok(json(wire::id_json(access.share_session(credential))))
}

async fn get_time(extract::State(state): Service, asked: Asked) -> Response {
    let now = state.service.clock.now();
    if asked.accepts_json {
        return json(wire::clock_json(now));
    }
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], wire::clock_xml(now)).into_response()
}

/// The newest readings of the shown source, newest first; what is wished beyond a day or 288 is cut down.
async fn get_latest_glucose_values(extract::State(state): Service, asked: Asked) -> Answer {
    let permit = asked.permit(&state, Power::See)?;
    let minutes = asked.bounded("minutes", MINUTES_MAX)?;
    let count = asked.bounded("maxCount", RECORDS_MAX_PER_ANSWER)? as usize;
    let from = state.service.clock.now().plus_ms(-minutes * MINUTE_MS);
    let end = Timestamp::from_ms(i64::MAX);
    let readings = match (minutes, count) {
        (0, _) | (_, 0) => Vec::new(),
        // What went before tells the arrow of a reading that came without one.
        _ => state.service.readings.recent(&permit, from.plus_ms(-RATE_WINDOW_MS), end, Which::Shown),
    };
    let first = readings.partition_point(|reading| reading.place < from).max(readings.len().saturating_sub(count));
    let newest_first = (first..readings.len()).rev().map(|index| (&readings[index], arrow(&readings[..=index])));
    Ok(json(wire::records(newest_first, &zone(&state, &permit))))
}

/// The arrow of the last of these readings: as sent, else from the rate among its own source's.
fn arrow(readings: &[Reading]) -> Option<TrendArrow> {
    let newest = readings.last()?;
    newest.trend.or_else(|| {
        let near = readings.iter().rev().take_while(|r| newest.place.ms_since(r.place) <= RATE_WINDOW_MS);
        let mut own: Vec<Reading> = near.filter(|r| r.source == newest.source).cloned().collect();
        own.reverse();
        series::arrow(&own)
    })
}

/// The zone that a person lives in; UTC where it cannot be found, because the instant is right without it.
fn zone(state: &State, permit: &Permit) -> TimeZone {
    let name = state.service.access.time_zone_of(permit.person());
    name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC)
}

/// Whose readings an upload brings: the receiver or transmitter that it names, or the account alone.
fn origin(serial: Option<String>) -> Origin {
    let device = serial.unwrap_or_default();
    let name = if device.is_empty() { "Share".to_owned() } else { format!("Share {device}") };
    Origin { protocol: Protocol::Share, device, name }
}

async fn post_egv_records(extract::State(state): Service, asked: Asked) -> Answer {
    let permit = asked.permit(&state, Power::Publish)?;
    let Upload { serial, records } = Upload::of(&asked.body)?;
    let origin = origin(serial);
    if records.is_empty() {
        state.service.intake.heard(&permit, &origin);
        return Ok(done());
    }
    let mut receipt = Receipt::default();
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let part = records.by_ref().take(READINGS_MAX_PER_UPLOAD).collect();
        receipt.items.extend(state.service.intake.accept(&permit, origin.clone(), part).await?.items);
    }
    answer_for(&receipt)
}

/// New and known together are success. All known (or withdrawn: it must not come back) is an error that every client
/// takes for success; all refused is one whose sentence tells why. A refused item beside good ones is told to the
/// family, not to the uploader, which would otherwise send the batch again for ever.
fn answer_for(receipt: &Receipt) -> Answer {
    let is_known = |item: &Outcome| matches!(item, Outcome::Known(_) | Outcome::Refused(Refusal::Withdrawn));
    let all = receipt.items.len();
    match receipt.items.first() {
        Some(_) if receipt.items.iter().all(is_known) => Err(ShareError::DuplicateEgvPosted),
        Some(Outcome::Refused(reason)) if receipt.refused() == all => Err(ShareError::NothingTaken(*reason)),
        _ => Ok(done()),
    }
}

/// Notes that an uploader is there.
fn heard(state: &State, asked: &Asked) -> Result<(), ShareError> {
    let permit = asked.permit(state, Power::Publish)?;
    state.service.intake.heard(&permit, &origin(asked.serial().and_then(|serial| wire::serial(&serial))));
    Ok(())
}

async fn monitoring_is_active(extract::State(state): Service, asked: Asked) -> Answer {
    heard(&state, &asked)?;
    Ok(json("true".to_owned()))
}

async fn receiver_is_assigned(extract::State(state): Service, asked: Asked) -> Answer {
    heard(&state, &asked)?;
    Ok(json(r#""AssignedToYou""#.to_owned()))
}

async fn heard_and_done(extract::State(state): Service, asked: Asked) -> Answer {
    heard(&state, &asked)?;
    Ok(done())
}

/// Who follows, as a publisher's client lists it. Followers are invited and removed in Keepwatch, not here.
async fn list_subscriptions(extract::State(state): Service, asked: Asked) -> Answer {
    let permit = asked.permit(&state, Power::Publish)?;
    let rows = state.service.sharing.register().read();
    let follows = rows.follows_of(permit.person()).iter();
    let named = follows.filter_map(|follow| Some((follow.id, rows.account(follow.account)?.name.as_str())));
    Ok(json(wire::subscriptions(named)))
}

async fn contact_exists(extract::State(state): Service, asked: Asked) -> Answer {
    let permit = asked.permit(&state, Power::Publish)?;
    let name = asked.text("contactName")?;
    let rows = state.service.sharing.register().read();
    let follows = rows.follows_of(permit.person()).iter();
    let exists = follows.filter_map(|follow| rows.account(follow.account)).any(|account| account.name == name);
    Ok(json(exists.to_string()))
}
