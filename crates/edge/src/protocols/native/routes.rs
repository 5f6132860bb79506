//! Answers our own API. Each route asks for a permit, asks `service`, and puts the answer on the wire.

use super::error::Problem;
use super::read::{self, NoBatch, NoCheck};
use super::wire::{
    Bound, Glance, Item, ItemOutcome, Latest, MeterUpload, Now, Problem as ProblemShape, Readings, Receipt, Upload,
    Withdrawn,
};
use super::write::{self, Extent, Viewer};
use crate::http::body;
use crate::http::caller::{self, From as CameFrom, Known};
use crate::http::peer::Client;
use crate::{State, http::caller::known};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, Request, State as Held};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Refusal;
use keepwatch_model::sharing::{Caller, Permit, Power};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::Timestamp;
use keepwatch_service::intake::{Origin, Outcome, READINGS_MAX_PER_UPLOAD, Receipt as Taken};
use keepwatch_service::readings::{Glance as Seen, STRETCH_MAX_MS, Which};
use serde::Deserialize;

/// Limit: bytes of an upload of readings as it travels; more is answered 413.
pub(crate) const UPLOAD_BYTES_MAX: usize = 512 * 1024;
/// Limit: bytes of a compressed upload once unpacked; unpacking stops there and the answer is 413.
pub(crate) const UPLOAD_UNPACKED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Limit: bytes of a meter check; more is answered 413.
pub(crate) const CHECK_BYTES_MAX: usize = 4 * 1024;
/// What a source is called whose uploader does not say.
const SOURCE_UNNAMED: &str = "API";

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Who is asking, known and, for a change, from where they should be.
pub(crate) struct Asking(pub(crate) Known);

impl FromRequestParts<State> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(client) = Client::from_request_parts(parts, state).await;
        let known = known(state, parts, client)?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD);
        let is_ours = || caller::came_from(&parts.headers, &parts.uri, &state.options) == CameFrom::Ourselves;
        if changes && known.by_cookie && !is_ours() {
            return Err(Problem::cross_site());
        }
        Ok(Self(known))
    }
}

impl Asking {
    /// The proof that the asker may use `power` on the person of this id.
    fn permit(&self, state: &State, person: &str, power: Power, what: &str) -> Result<Permit, Problem> {
        let person: PersonId = person.parse().map_err(|_| Problem::no_such_person())?;
        let permit = |power| state.service.access.permit(self.0.caller, power, person);
        permit(power).ok_or_else(|| match permit(Power::See) {
            Some(_) => Problem::not_allowed(what),
            None => Problem::no_such_person(),
        })
    }

    fn see(&self, state: &State, person: &str) -> Result<Permit, Problem> {
        self.permit(state, person, Power::See, "see her")
    }
}

/// JSON that is already written.
pub(super) fn json(bytes: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(bytes));
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

fn json_of(shape: &impl serde::Serialize) -> Response {
    json(serde_json::to_vec(shape).expect("our shapes can be written"))
}

/// Everyone whom a caller sees, at this moment, as JSON. `only` are those to include; the cursor is the caller's own
/// or, without one, that of now.
pub(crate) fn write_now(
    state: &State,
    caller: Caller,
    only: Option<&[PersonId]>,
    cursor: Option<String>,
    extent: Extent,
) -> Vec<u8> {
    let service = &state.service;
    // The cursor is taken first: what comes in meanwhile is told again rather than missed.
    let cursor = cursor.unwrap_or_else(|| service.live.cursor());
    let everyone = only.map_or_else(|| service.access.people_of(caller), <[PersonId]>::to_vec);
    let (name, unit) = viewer(state, caller);
    let glances = everyone.iter().filter_map(|person| seen(state, caller, *person, extent.with_readings));
    let mut out = Vec::with_capacity(1024 + everyone.len() * if extent.with_readings { 20_000 } else { 1_000 });
    let has_store_fault = service.vitals.store_fault().is_some();
    let viewer = Viewer { name: &name, unit };
    write::now(&mut out, service.clock.now(), &cursor, &viewer, glances, extent, has_store_fault);
    out
}

fn seen(state: &State, caller: Caller, person: PersonId, with_readings: bool) -> Option<Seen> {
    let permit = state.service.access.permit(caller, Power::See, person)?;
    state.service.readings.glance(&permit, with_readings)
}

/// The name and unit of whoever is looking: the account's, or for an uploader the person's.
fn viewer(state: &State, caller: Caller) -> (String, keepwatch_model::glucose::Unit) {
    let rows = state.service.sharing.register().read();
    let account = match caller {
        Caller::Account(account) | Caller::Program(account) => rows.account(account),
        Caller::Reader(follow) => rows.follow(follow).and_then(|follow| rows.account(follow.account)),
        Caller::Publisher(person) => {
            return rows.person(person).map(|person| (person.name.clone(), person.unit)).unwrap_or_default();
        }
    };
    account.map(|account| (account.name.clone(), account.unit)).unwrap_or_default()
}

#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct PeopleQuery {
    /// With the last 24 hours of each.
    #[serde(default)]
    readings: bool,
}

/// Everyone I follow, in one call.
#[utoipa::path(get, path = "/api/people", params(PeopleQuery), responses((status = 200, body = Now), (status = 401, body = ProblemShape)))]
pub(super) async fn get_people(
    Held(state): Held<State>,
    asking: Asking,
    query: Result<Query<PeopleQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|cause| Problem::bad("bad_query", cause.body_text()))?;
    let extent = Extent { is_partial: false, with_readings: query.readings };
    Ok(json(write_now(&state, asking.0.caller, None, None, extent)))
}

/// One person, with the last 24 hours.
#[utoipa::path(get, path = "/api/people/{person}", responses((status = 200, body = Glance), (status = 404, body = ProblemShape)))]
pub(super) async fn get_person(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
) -> Result<Response, Problem> {
    let permit = asking.see(&state, &person)?;
    let glance = state.service.readings.glance(&permit, true).ok_or_else(Problem::no_such_person)?;
    let mut out = Vec::with_capacity(1_000 + glance.readings.len() * write::READING_BYTES);
    write::glance(&mut out, &glance, true);
    Ok(json(out))
}

/// The newest reading of one person.
#[utoipa::path(get, path = "/api/people/{person}/latest", responses((status = 200, body = Latest), (status = 404, body = ProblemShape)))]
pub(super) async fn get_latest(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
) -> Result<Response, Problem> {
    let permit = asking.see(&state, &person)?;
    let latest = state.service.readings.latest(&permit);
    let mut out = Vec::with_capacity(224);
    write::latest(&mut out, state.service.clock.now(), permit.person(), &latest);
    Ok(json(out))
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
pub(super) struct StretchQuery {
    /// From this time on, in milliseconds or RFC 3339; 24 hours ago, where it is left out.
    from: Option<String>,
    /// Up to before this time; everything there is, where it is left out.
    to: Option<String>,
    /// `shown` (of the source that was shown at each moment) or `all`.
    sources: Option<String>,
}

impl StretchQuery {
    fn bounds(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
        let bound = |text: &Option<String>, name: &str, without: Timestamp| match text {
            None => Ok(without),
            Some(text) => read::query_moment(text).ok_or_else(|| {
                Problem::bad("bad_query", format!("`{name}` is no time; send milliseconds since 1970, or RFC 3339"))
            }),
        };
        // Readings may stand up to two minutes ahead of the server's time.
        let until = bound(&self.to, "to", now.plus_ms(keepwatch_model::time::HOUR_MS))?;
        let from = bound(&self.from, "from", now.plus_ms(-keepwatch_model::time::DAY_MS))?;
        if until.ms_since(from) > STRETCH_MAX_MS {
            return Err(Problem::bad("stretch_too_long", "at most 31 days can be asked for at once; ask in parts"));
        }
        Ok((from, until))
    }

    fn which(&self) -> Result<Which, Problem> {
        match self.sources.as_deref() {
            None | Some("shown") => Ok(Which::Shown),
            Some("all") => Ok(Which::All),
            Some(_) => Err(Problem::bad("bad_query", "`sources` is `shown` or `all`")),
        }
    }
}

/// A stretch of readings of one person.
#[utoipa::path(get, path = "/api/people/{person}/readings", params(StretchQuery), responses((status = 200, body = Readings), (status = 404, body = ProblemShape)))]
pub(super) async fn get_readings(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
    Query(query): Query<StretchQuery>,
) -> Result<Response, Problem> {
    let permit = asking.see(&state, &person)?;
    let now = state.service.clock.now();
    let (from, until) = query.bounds(now)?;
    let stretch = state.service.readings.stretch(&permit, from, until, query.which()?).await.map_err(|cause| {
        tracing::error!("{cause}");
        Problem::store_fails()
    })?;
    let shown = state.service.readings.latest(&permit).reading.map(|reading| reading.source);
    let mut out = Vec::with_capacity(256 + stretch.readings.len() * write::READING_BYTES);
    write::opening(&mut out, now, permit.person());
    out.extend_from_slice(b",\"readings\":");
    write::readings(&mut out, &stretch.readings, shown);
    out.extend_from_slice(b",\"meter_checks\":");
    write::meter_checks(&mut out, &stretch.meter_checks);
    out.push(b'}');
    Ok(json(out))
}

/// Readings come in. The answer comes once they are durable.
#[utoipa::path(post, path = "/api/people/{person}/readings", request_body = Upload,
    responses((status = 200, body = Receipt), (status = 400, body = ProblemShape), (status = 413, body = ProblemShape), (status = 503, body = ProblemShape)))]
pub(super) async fn post_readings(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let permit = asking.permit(&state, &person, Power::Publish, "send readings for her")?;
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, UPLOAD_BYTES_MAX, UPLOAD_UNPACKED_BYTES_MAX).await?;
    let batch = read::batch(&bytes, READINGS_MAX_PER_UPLOAD)?;
    drop(bytes);
    let device = batch.source.unwrap_or_default();
    let name = if device.is_empty() { SOURCE_UNNAMED.to_owned() } else { device.clone() };
    let origin = Origin { protocol: Protocol::Native, device, name };
    if batch.drafts.is_empty() {
        state.service.intake.heard(&permit, &origin);
    }
    let taken = state.service.intake.accept(&permit, origin, batch.drafts).await?;
    Ok(json(receipt(&taken)))
}

fn receipt(taken: &Taken) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + taken.items.len() * 24);
    let counts = [
        (&b"{\"accepted\":"[..], taken.accepted()),
        (b",\"known\":", taken.known()),
        (b",\"corrected\":", taken.corrected()),
        (b",\"refused\":", taken.refused()),
    ];
    for (name, count) in counts {
        out.extend_from_slice(name);
        write::number(&mut out, count as i64);
    }
    out.extend_from_slice(b",\"items\":[");
    for (position, item) in taken.items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        match item {
            Outcome::Accepted(_) => out.extend_from_slice(b"{\"outcome\":\"accepted\"}"),
            Outcome::Known(_) => out.extend_from_slice(b"{\"outcome\":\"known\"}"),
            Outcome::Corrected(_) => out.extend_from_slice(b"{\"outcome\":\"corrected\"}"),
            Outcome::Refused(reason) => {
                out.extend_from_slice(b"{\"outcome\":\"refused\",\"reason\":");
                write::text(&mut out, reason.code());
                out.extend_from_slice(b",\"detail\":");
                write::text(&mut out, reason.sentence());
                out.push(b'}');
            }
        }
    }
    out.extend_from_slice(b"]}");
    out
}

impl From<NoBatch> for Problem {
    fn from(reason: NoBatch) -> Self {
        match reason {
            NoBatch::TooMany => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_many_readings",
                format!("one upload holds at most {READINGS_MAX_PER_UPLOAD} readings; send them in parts"),
            ),
            NoBatch::Malformed(why) => Self::bad("malformed_body", format!("the body is not an upload: {why}")),
            NoBatch::BadSource => {
                Self::bad("bad_source", "`source` needs 1 to 80 characters without control characters; or leave it out")
            }
        }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct WithdrawQuery {
    /// The source's id.
    source: String,
    /// The time that the reading claims.
    measured_at: String,
}

/// Withdraws one reading.
#[utoipa::path(delete, path = "/api/people/{person}/readings", params(WithdrawQuery), responses((status = 200, body = Withdrawn), (status = 403, body = ProblemShape)))]
pub(super) async fn delete_reading(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
    query: Result<Query<WithdrawQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let permit = asking.permit(&state, &person, Power::Publish, "withdraw her readings")?;
    let Query(query) = query.map_err(|cause| Problem::bad("bad_query", cause.body_text()))?;
    let source: SourceId =
        query.source.parse().map_err(|_| Problem::bad("bad_query", "`source` is no id of a source"))?;
    let at = read::query_moment(&query.measured_at).ok_or_else(|| {
        Problem::bad("bad_query", "`measured_at` is no time; send milliseconds since 1970, or RFC 3339")
    })?;
    let withdrawn = state.service.intake.withdraw(&permit, source, at).await?;
    Ok(json_of(&Withdrawn { withdrawn }))
}

/// Somebody checked with a meter.
#[utoipa::path(post, path = "/api/people/{person}/meter-checks", request_body = MeterUpload,
    responses((status = 200, body = Item), (status = 400, body = ProblemShape), (status = 503, body = ProblemShape)))]
pub(super) async fn post_meter_check(
    Held(state): Held<State>,
    asking: Asking,
    Path(person): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let permit = asking.permit(&state, &person, Power::Answer, "note meter checks for her")?;
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, CHECK_BYTES_MAX, CHECK_BYTES_MAX).await?;
    let check = match read::meter_check(&bytes, permit.person(), state.service.clock.now()) {
        Ok(check) => check,
        Err(NoCheck::Refused(reason)) => return Ok(json_of(&refused(reason))),
        Err(NoCheck::Malformed(why)) => {
            return Err(Problem::bad("malformed_body", format!("the body is not a meter check: {why}")));
        }
        Err(NoCheck::BadName) => {
            return Err(Problem::bad("bad_name", "`by` says who took it, with 1 to 80 characters"));
        }
        Err(NoCheck::LongNote) => {
            let detail = format!("`note` holds at most {} characters", read::NOTE_MAX_CHARACTERS);
            return Err(Problem::bad("long_note", detail));
        }
    };
    let outcome = state.service.intake.check_meter(&permit, vec![Ok(check)]).await?;
    Ok(json_of(&match outcome.first() {
        Some(Ok(true)) => Item { outcome: ItemOutcome::Accepted, reason: None, detail: None },
        Some(Ok(false)) => Item { outcome: ItemOutcome::Known, reason: None, detail: None },
        Some(Err(reason)) => refused(*reason),
        None => refused(Refusal::Malformed),
    }))
}

fn refused(reason: Refusal) -> Item {
    let (code, sentence) = (reason.code().to_owned(), reason.sentence().to_owned());
    Item { outcome: ItemOutcome::Refused, reason: Some(code), detail: Some(sentence) }
}

/// Ends this device: its secret opens nothing any more, and the browser forgets it.
#[utoipa::path(delete, path = "/api/device", responses((status = 204), (status = 401, body = ProblemShape)))]
pub(super) async fn delete_device(
    Held(state): Held<State>,
    _: Asking,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // As in `known`, a token that is presented goes before the cookie.
    if let Some(secret) = caller::bearer(&headers).or_else(|| caller::device_secret(&headers, &state.options)) {
        state.service.sharing.unbind(secret).await?;
    }
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let cookie = HeaderValue::from_str(&caller::no_cookie(&state.options)).expect("a cookie of ours is a header");
    answer.headers_mut().insert(SET_COOKIE, cookie);
    Ok(answer)
}

/// The answer of an invitation to a program.
pub(crate) fn bound(token: String) -> Response {
    json_of(&Bound { token })
}
