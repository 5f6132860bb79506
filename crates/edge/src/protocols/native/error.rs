//! How our own API says no: problem+json with a stable code and a sentence that says what to do.
//! It never tells whether somebody exists whom the caller may not see.

use crate::http::body::BodyRefused;
use crate::http::caller::Stranger;
use crate::http::refusal;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use keepwatch_service::live::NoStream;
use keepwatch_service::writer::Unavailable;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after_seconds: Option<i64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_seconds: None }
    }

    fn later(mut self, seconds: i64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub(crate) fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Also where the person exists and the caller may not see her.
    pub(crate) fn no_such_person() -> Self {
        let detail = "there is no such person, or you do not follow her; GET /api/people lists whom you follow";
        Self::new(StatusCode::NOT_FOUND, "no_such_person", detail)
    }

    pub(crate) fn not_allowed(what: &str) -> Self {
        let detail =
            format!("these credentials may see this person, but not {what}; use those that her uploader was given");
        Self::new(StatusCode::FORBIDDEN, "not_allowed", detail)
    }

    pub(crate) fn cross_site() -> Self {
        let detail =
            "a change with the device's cookie must come from a page of this server; from a program use a token";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail)
    }

    pub(crate) fn store_fails() -> Self {
        let detail = "could not read older readings: the server's disk does not answer; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail).later(15)
    }
}

impl From<BodyRefused> for Problem {
    fn from(refused: BodyRefused) -> Self {
        Self::new(refused.status(), refused.code(), refused.sentence())
    }
}

impl From<Stranger> for Problem {
    fn from(stranger: Stranger) -> Self {
        let unauthorized = |code, detail: &str| Self::new(StatusCode::UNAUTHORIZED, code, detail);
        match stranger {
            Stranger::Silent => unauthorized(
                "no_credentials",
                "nothing says who is asking; send Authorization: Bearer TOKEN, or open your invitation on this device",
            ),
            Stranger::Wrong => unauthorized(
                "unknown_credentials",
                "this token or device is not known here, or no longer; open your invitation again, or ask for a new one",
            ),
            Stranger::Guessing { wait_seconds } => {
                let detail = "too many unknown tokens came from this address; check the token and wait a little";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_guesses", detail).later(wait_seconds)
            }
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        let seconds = i64::from(unavailable.retry_after_seconds());
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", unavailable.to_string()).later(seconds)
    }
}

impl From<NoStream> for Problem {
    fn from(reason: NoStream) -> Self {
        match reason {
            NoStream::NobodyToFollow => {
                let detail = "there is nobody whom you follow; open an invitation on this device";
                Self::new(StatusCode::FORBIDDEN, "nobody_to_follow", detail)
            }
            NoStream::TooMany => {
                let detail = "this server holds as many streams as it can; try again in a minute";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", detail).later(60)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = refusal::answer(self.status, self.code, &self.detail);
        if self.status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }
}
