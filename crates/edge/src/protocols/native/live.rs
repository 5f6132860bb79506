//! The event stream: all of now, then everything after, as server-sent events. An entry is rendered once and its
//! bytes are shared by all streams; a stream holds little more than its place in the queue, and never waits for another.

use super::error::Problem;
use super::routes::{Asking, write_now};
use super::wire::{LiveBeat, LiveEnded, Now, Problem as ProblemShape};
use super::write::{self, Extent};
use crate::State;
use crate::http::peer::Meeting;
use axum::body::Body;
use axum::extract::{Extension, Query};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use keepwatch_model::fact::Seq;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::sharing::{Caller, Power};
use keepwatch_service::live::{self as service_live, LiveEvent, LiveStream};
use keepwatch_service::told::{Happening, Heard};
use serde::Deserialize;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Limit: open streams of one caller, all devices and tabs together; the next one is answered 429.
pub(crate) const STREAMS_PER_CALLER_MAX: usize = 100;
/// Browsers wait so long before they reconnect.
const RETRY_MS: u32 = 3_000;
/// What a stream hears last when the server goes down.
const FAREWELL: &[u8] = b": this server is going down; connect again\n\n";
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
/// Tells a proxy in front of us to pass events on at once.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What all streams share.
pub(crate) struct Streams {
    state: State,
    open: Mutex<HashMap<Caller, usize>>,
}

impl Streams {
    pub(crate) fn new(state: State) -> Arc<Self> {
        Arc::new(Self { state, open: Mutex::default() })
    }

    fn seat(self: &Arc<Self>, caller: Caller) -> Result<Seat, Problem> {
        let mut open = self.open.lock().expect("no holder panics");
        let count = open.entry(caller).or_default();
        if *count >= STREAMS_PER_CALLER_MAX {
            let detail = format!("{STREAMS_PER_CALLER_MAX} streams are open with these credentials; close some first");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail));
        }
        *count += 1;
        Ok(Seat { streams: Arc::clone(self), caller })
    }
}

/// One stream's place among those of its caller, given back when it ends.
struct Seat {
    streams: Arc<Streams>,
    caller: Caller,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().expect("no holder panics");
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
pub(super) struct LiveQuery {
    /// The cursor up to which everything is known; the header Last-Event-ID goes before it.
    cursor: Option<String>,
}

/// All of now, then everything after.
///
/// Server-sent events: `now` (the shape `Now`), `entry` (`LiveEntry`), `contact` (`LiveContact`), `people` (`Now` without
/// readings), `ended` (`LiveEnded`), `beat` (`LiveBeat`). Those that are stored carry an id: a cursor to go on from.
#[utoipa::path(get, path = "/api/live", params(LiveQuery),
    responses((status = 200, body = Now, content_type = "text/event-stream"), (status = 401, body = ProblemShape), (status = 429, body = ProblemShape)))]
pub(super) async fn get_live(
    Extension(streams): Extension<Arc<Streams>>,
    meeting: Option<Extension<Arc<Meeting>>>,
    asking: Asking,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = asking.0.caller;
    let seat = streams.seat(caller)?;
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let stream = streams.state.service.live.follow(caller, header.or(query.cursor.as_deref()))?;
    let body = LiveBody::new(stream, seat, meeting.map(|Extension(meeting)| meeting));
    let mut answer = Response::new(Body::new(body));
    answer.headers_mut().insert(CONTENT_TYPE, EVENT_STREAM);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(UNBUFFERED.0, UNBUFFERED.1);
    Ok(answer)
}

/// The cursor that a stream has sent last.
enum Sent {
    Nothing,
    Cursor(Box<str>),
    Entry(Seq),
}

impl Sent {
    fn cursor(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Cursor(cursor) => Some(cursor.to_string()),
            Self::Entry(seq) => Some(service_live::cursor(*seq)),
        }
    }
}

/// One open stream.
struct LiveBody {
    stream: LiveStream,
    sent: Sent,
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    seat: Seat,
    is_over: bool,
}

impl LiveBody {
    fn new(stream: LiveStream, seat: Seat, meeting: Option<Arc<Meeting>>) -> Self {
        let closing = meeting.map(|meeting| {
            let mut closing = meeting.closing.clone();
            let told: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move { closing.told().await });
            told
        });
        Self { stream, sent: Sent::Nothing, closing, seat, is_over: false }
    }

    fn state(&self) -> &State {
        &self.seat.streams.state
    }

    /// The bytes of an event; `None` for one that concerns nobody whom the caller may still see.
    fn render(&mut self, event: &LiveEvent) -> Option<Bytes> {
        match event {
            LiveEvent::Heard(heard) => {
                if let Some(seq) = heard.seq {
                    self.sent = Sent::Entry(seq);
                }
                // A follow that has ended meanwhile says nothing more, whatever waited for it already.
                let state = self.state();
                state.service.access.permit(self.seat.caller, Power::See, heard.person)?;
                Some(heard.rendered(|heard| entry(state, heard))).filter(|bytes| !bytes.is_empty())
            }
            LiveEvent::Now { partial, people } => Some(self.now(*partial, people)),
            LiveEvent::Contact(person, source) => self.contact(*person, *source),
            LiveEvent::People => {
                let extent = Extent { is_partial: false, with_readings: false };
                // What waits behind this event is not in the reader's hands yet: the cursor stays where it was.
                let cursor = self.sent.cursor();
                Some(event_of("people", None, &write_now(self.state(), self.seat.caller, None, cursor, extent)))
            }
            LiveEvent::Ended(person) => Some(shape_of("ended", &LiveEnded { person: person.to_string() })),
            LiveEvent::Beat => {
                let service = &self.state().service;
                let (time, store_fault) = (service.clock.now().as_ms(), service.vitals.store_fault().is_some());
                Some(shape_of("beat", &LiveBeat { time, store_fault }))
            }
        }
    }

    /// The first state, or the one that a lagging stream catches up by, goes up to this moment; one in the midst of
    /// other events goes no further than those before it.
    fn now(&mut self, is_partial: bool, people: &[PersonId]) -> Bytes {
        let extent = Extent { is_partial, with_readings: true };
        let is_first = matches!(self.sent, Sent::Nothing);
        let cursor = match self.sent.cursor() {
            Some(cursor) if is_partial => cursor,
            _ => self.state().service.live.cursor(),
        };
        let body = write_now(self.state(), self.seat.caller, Some(people), Some(cursor.clone()), extent);
        let event = event_of("now", Some(&cursor), &body);
        self.sent = Sent::Cursor(cursor.into());
        if !is_first {
            return event;
        }
        let mut opening = format!("retry: {RETRY_MS}\n\n").into_bytes();
        opening.extend_from_slice(&event);
        opening.into()
    }

    fn contact(&self, person: PersonId, source: SourceId) -> Option<Bytes> {
        let service = &self.state().service;
        let permit = service.access.permit(self.seat.caller, Power::See, person)?;
        let glance = service.readings.glance(&permit, false)?;
        let seen = glance.sources.iter().find(|seen| seen.source.id == source)?;
        let mut body = format!("{{\"person\":\"{person}\",\"source\":").into_bytes();
        write::source(&mut body, seen);
        body.push(b'}');
        Some(event_of("contact", None, &body))
    }
}

impl http_body::Body for LiveBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        loop {
            match self.stream.poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    if let Some(bytes) = self.render(&event) {
                        return Poll::Ready(Some(Ok(Frame::data(bytes))));
                    }
                }
                Poll::Ready(None) => {
                    self.is_over = true;
                    return Poll::Ready(None);
                }
                Poll::Pending => break,
            }
        }
        let is_closing = self.closing.as_mut().is_some_and(|closing| closing.as_mut().poll(cx).is_ready());
        if is_closing {
            self.is_over = true;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(FAREWELL)))));
        }
        Poll::Pending
    }
}

/// An event whose body is already written, in one line.
fn event_of(name: &str, cursor: Option<&str>, body: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(body.len() + name.len() + 64);
    let _ = writeln!(event, "event: {name}");
    if let Some(cursor) = cursor {
        let _ = writeln!(event, "id: {cursor}");
    }
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(body);
    event.extend_from_slice(b"\n\n");
    event.into()
}

fn shape_of(name: &str, shape: &impl serde::Serialize) -> Bytes {
    event_of(name, None, &serde_json::to_vec(shape).expect("our shapes can be written"))
}

/// What happened to one person, with what her screen shows after it. Rendered once, for all streams: what it says is
/// hers, and the same whoever hears it first. Nothing, where she is gone.
fn entry(state: &State, heard: &Heard) -> Bytes {
    let hers = state.service.access.permit(Caller::Publisher(heard.person), Power::See, heard.person);
    let Some(glance) = hers.and_then(|permit| state.service.readings.glance(&permit, false)) else {
        return Bytes::new();
    };
    let latest = &glance.latest;
    let newest = latest.reading.as_ref();
    let shown = newest.map(|reading| reading.source);
    let mut body = format!("{{\"person\":\"{}\",\"kind\":", heard.person).into_bytes();
    match &heard.happening {
        Happening::Taken(reading) | Happening::Corrected(reading) => {
            let is_taken = matches!(heard.happening, Happening::Taken(_));
            body.extend_from_slice(if is_taken { b"\"taken\",\"reading\":" } else { b"\"corrected\",\"reading\":" });
            let is_newest = newest.is_some_and(|newest| newest.key() == reading.key());
            write::reading(&mut body, reading, if is_newest { latest.trend } else { reading.trend }, shown);
        }
        Happening::Withdrawn(place) => {
            body.extend_from_slice(b"\"withdrawn\",\"reading\":");
            write::place(&mut body, place, shown);
        }
        Happening::Metered(check) => {
            body.extend_from_slice(b"\"meter\",\"meter_check\":");
            write::meter_check(&mut body, check);
        }
    }
    body.extend_from_slice(b",\"latest\":");
    match newest {
        Some(newest) => write::reading(&mut body, newest, latest.trend, shown),
        None => body.extend_from_slice(b"null"),
    }
    body.extend_from_slice(b",\"delta\":");
    write::delta(&mut body, latest.delta);
    write::shown_now(&mut body, &glance);
    body.push(b'}');
    event_of("entry", heard.seq.map(service_live::cursor).as_deref(), &body)
}
