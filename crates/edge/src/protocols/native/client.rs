//! A small client of our own API: for the terminal glance and the simulator. It is given the HTTP client, with its
//! limits and its trust; it never retries by itself and never logs.

use super::wire::{Bound, LiveBeat, LiveContact, LiveEnded, LiveEntry, Now, Problem, Receipt, Upload};
use bytes::Bytes;
use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response, StatusCode};
use std::collections::VecDeque;
use std::fmt;

/// Limit: bytes of one event of a stream; a server that sends more is not one of ours, and the stream is given up.
pub const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a question got no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The server said no.
    Refused {
        /// The status.
        status: u16,
        /// The stable word.
        code: String,
        /// What to do.
        detail: String,
    },
    /// The server could not be reached, or the connection broke.
    Unreachable(reqwest::Error),
    /// What came back is not what this API answers.
    NotOurs(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { detail, .. } => f.write_str(detail),
            Self::Unreachable(cause) => write!(f, "could not reach the server: {cause}"),
            Self::NotOurs(what) => write!(f, "could not understand the server: {what}; is it a Keepwatch?"),
        }
    }
}

impl std::error::Error for NoAnswer {}

impl From<reqwest::Error> for NoAnswer {
    fn from(cause: reqwest::Error) -> Self {
        // The address may hold an invitation's secret.
        Self::Unreachable(cause.without_url())
    }
}

/// Speaks to one server with one token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.server).finish_non_exhaustive()
    }
}

async fn good(response: Response) -> Result<Response, NoAnswer> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.bytes().await?;
    Err(match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => NoAnswer::Refused { status: status.as_u16(), code: problem.code, detail: problem.detail },
        Err(_) => NoAnswer::NotOurs(format!("it answered {status}")),
    })
}

async fn shape<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, NoAnswer> {
    let body = good(response).await?.bytes().await?;
    serde_json::from_slice(&body).map_err(|cause| NoAnswer::NotOurs(cause.to_string()))
}

impl Client {
    /// A client of the server at `server`, an address without a path.
    pub fn new(http: reqwest::Client, server: &str, token: &str) -> Self {
        Self { http, server: server.trim_end_matches('/').to_owned(), token: token.to_owned() }
    }

    /// Exchanges an invitation for a token: this program is bound as one of the account's devices.
    pub async fn accept_invitation(http: reqwest::Client, server: &str, secret: &str) -> Result<Self, NoAnswer> {
        let server = server.trim_end_matches('/');
        let asked = http.post(format!("{server}/i/{secret}")).header(ACCEPT, "application/json");
        let bound: Bound = shape(asked.send().await?).await?;
        Ok(Self::new(http, server, &bound.token))
    }

    /// The token that it sends; with it, a later client needs no invitation.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn with_token(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }

    /// Everyone whom the token sees.
    pub async fn people(&self, with_readings: bool) -> Result<Now, NoAnswer> {
        let asked = self.http.get(format!("{}/api/people?readings={with_readings}", self.server));
        shape(self.with_token(asked).send().await?).await
    }

    /// Sends readings of one person; the receipt says what became of each.
    pub async fn post_readings(&self, person: &str, upload: &Upload) -> Result<Receipt, NoAnswer> {
        let asked = self.http.post(format!("{}/api/people/{person}/readings", self.server)).json(upload);
        shape(self.with_token(asked).send().await?).await
    }

    /// Opens the event stream, after `cursor` if there is one.
    pub async fn live(&self, cursor: Option<&str>) -> Result<Live, NoAnswer> {
        let mut asked = self.http.get(format!("{}/api/live", self.server)).header(ACCEPT, "text/event-stream");
        if let Some(cursor) = cursor {
            asked = asked.header("last-event-id", cursor);
        }
        let response = good(self.with_token(asked).send().await?).await?;
        if response.status() != StatusCode::OK {
            return Err(NoAnswer::NotOurs(format!("it answered {}", response.status())));
        }
        Ok(Live { response, events: Events::default(), waiting: VecDeque::new(), cursor: cursor.map(str::to_owned) })
    }
}

/// One event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The state of everyone, or of those who changed.
    Now(Box<Now>),
    /// Something happened to a person's readings.
    Entry(Box<LiveEntry>),
    /// An uploader was in touch.
    Contact(Box<LiveContact>),
    /// Names or follows changed.
    People(Box<Now>),
    /// A follow ended.
    Ended(LiveEnded),
    /// The server is there.
    Beat(LiveBeat),
}

impl Event {
    /// The event of a name and its body; `None` for names that we do not know.
    pub fn read(name: &str, body: &str) -> Result<Option<Self>, serde_json::Error> {
        Ok(Some(match name {
            "now" => Self::Now(serde_json::from_str(body)?),
            "entry" => Self::Entry(serde_json::from_str(body)?),
            "contact" => Self::Contact(serde_json::from_str(body)?),
            "people" => Self::People(serde_json::from_str(body)?),
            "ended" => Self::Ended(serde_json::from_str(body)?),
            "beat" => Self::Beat(serde_json::from_str(body)?),
            _ => return Ok(None),
        }))
    }
}

/// An open event stream.
pub struct Live {
    response: Response,
    events: Events,
    waiting: VecDeque<Sent>,
    cursor: Option<String>,
}

impl Live {
    /// The next event; `None` when the server has ended the stream.
    pub async fn next(&mut self) -> Result<Option<Event>, NoAnswer> {
        loop {
            while let Some(sent) = self.waiting.pop_front() {
                if let Some(id) = sent.id {
                    self.cursor = Some(id);
                }
                let event =
                    Event::read(&sent.name, &sent.body).map_err(|cause| NoAnswer::NotOurs(cause.to_string()))?;
                if event.is_some() {
                    return Ok(event);
                }
            }
            let Some(chunk) = self.response.chunk().await? else { return Ok(None) };
            self.waiting
                .extend(self.events.take(&chunk).ok_or_else(|| NoAnswer::NotOurs("an event is too long".into()))?);
        }
    }

    /// The cursor to go on from after a break.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

/// One server-sent event as it travels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Its name.
    pub name: String,
    /// Its lines, joined.
    pub body: String,
    /// Its id, if it has one.
    pub id: Option<String>,
}

/// Takes server-sent events out of chunks of bytes.
#[derive(Debug, Default)]
pub struct Events {
    rest: Vec<u8>,
    current: Sent,
    has_body: bool,
}

impl Events {
    /// The events that the chunk completes; `None` when one is longer than [`EVENT_BYTES_MAX`].
    pub fn take(&mut self, chunk: &Bytes) -> Option<Vec<Sent>> {
        self.rest.extend_from_slice(chunk);
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(length) = self.rest[from..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&self.rest[from..from + length]).into_owned();
            from += length + 1;
            self.line(line.strip_suffix('\r').unwrap_or(&line), &mut found);
        }
        self.rest.drain(..from);
        (self.rest.len() + self.current.body.len() <= EVENT_BYTES_MAX).then_some(found)
    }

    fn line(&mut self, line: &str, found: &mut Vec<Sent>) {
        if line.is_empty() {
            let sent = std::mem::take(&mut self.current);
            if std::mem::take(&mut self.has_body) {
                found.push(sent);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.current.name),
            "id" => self.current.id = Some(value.to_owned()),
            "data" => {
                if std::mem::replace(&mut self.has_body, true) {
                    self.current.body.push('\n');
                }
                self.current.body.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_do_not_depend_on_where_the_bytes_are_cut(cuts in proptest::collection::vec(1_usize..9, 1..60)) {
            let text = b"retry: 3000\n\nevent: beat\ndata: {\"time\":7}\n\n: closing\n\nevent: x\r\nid: AB\r\ndata: 1\r\ndata: 2\r\n\r\n";
            let mut events = Events::default();
            let mut found = Vec::new();
            let mut rest = Bytes::from_static(text);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let chunk = rest.split_to((*cut).min(rest.len()));
                found.extend(events.take(&chunk).expect("short"));
            }
            let beat = Sent { name: "beat".into(), body: "{\"time\":7}".into(), id: None };
            let other = Sent { name: "x".into(), body: "1\n2".into(), id: Some("AB".into()) };
            prop_assert_eq!(found, [beat, other]);
        }

        #[test]
        fn any_bytes_are_events_or_none(chunks: Vec<Vec<u8>>) {
            let mut events = Events::default();
            for chunk in chunks {
                for sent in events.take(&chunk.into()).expect("short") {
                    let _ = Event::read(&sent.name, &sent.body);
                }
            }
        }
    }
}
