//! How Nightscout says no: 401 and never 403, an object with `status` and `message`; HTML where a path is unknown.
//! A batch is never refused for one bad entry: its uploader would send it again for ever.

use super::find::NotAQuery;
use super::wire::ENTRIES_MAX_PER_POST;
use crate::http::body::BodyRefused;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use keepwatch_service::writer::Unavailable;
use serde_json::json;

/// Why a request is refused, or why it has to come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NightscoutError {
    /// No credential, a wrong one, or one that may not do this.
    Unauthorized,
    /// Too many wrong credentials from this address.
    Guessing {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// The body did not arrive whole, or is too long.
    Body(BodyRefused),
    /// The body is not JSON.
    NotJson,
    /// More entries than we take at once.
    TooManyEntries,
    /// A query that we cannot answer truly.
    Query(NotAQuery),
    /// A path that we do not answer.
    NotFound,
    /// The store does not answer now.
    Unavailable {
        /// When to come again.
        retry_after_seconds: u32,
        /// What is the matter.
        sentence: String,
    },
}

impl NightscoutError {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::Unauthorized | Self::Guessing { .. } => {
                (StatusCode::UNAUTHORIZED, "Unauthorized", "Invalid/Missing".to_owned())
            }
            Self::Body(refused) => (refused.status(), "Bad Request", refused.sentence()),
            Self::NotJson => {
                (StatusCode::BAD_REQUEST, "Bad Request", "the body must be a JSON object or array".to_owned())
            }
            Self::TooManyEntries => {
                let sentence = format!("more than {ENTRIES_MAX_PER_POST} entries in one post; send fewer at once");
                (StatusCode::PAYLOAD_TOO_LARGE, "Bad Request", sentence)
            }
            Self::Query(NotAQuery(sentence)) => (StatusCode::BAD_REQUEST, "Bad Request", sentence.clone()),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found", String::new()),
            Self::Unavailable { sentence, .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", sentence.clone())
            }
        }
    }
}

impl IntoResponse for NightscoutError {
    fn into_response(self) -> Response {
        if self == Self::NotFound {
            return (StatusCode::NOT_FOUND, Html("<!DOCTYPE html><title>Not found</title><h1>Not found</h1>"))
                .into_response();
        }
        let (status, message, description) = self.parts();
        let body = json!({"status": status.as_u16(), "message": message, "description": description});
        let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, kind, body.to_string()).into_response();
        let wait_seconds = match self {
            Self::Guessing { wait_seconds } => Some(wait_seconds),
            Self::Unavailable { retry_after_seconds, .. } => Some(u64::from(retry_after_seconds)),
            _ => None,
        };
        if let Some(seconds) = wait_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<NotAQuery> for NightscoutError {
    fn from(reason: NotAQuery) -> Self {
        Self::Query(reason)
    }
}

impl From<Unavailable> for NightscoutError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable { retry_after_seconds: unavailable.retry_after_seconds(), sentence: unavailable.to_string() }
    }
}
