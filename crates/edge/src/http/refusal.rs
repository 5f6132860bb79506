//! How the door itself says no: a status, a stable word and a sentence, as problem+json.
//! Protocols with a dialect of their own have their own way.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};

/// What every refusal of ours is served as.
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The text of a refusal.
pub(crate) fn text(status: StatusCode, code: &str, detail: &str) -> String {
    let title = status.canonical_reason().unwrap_or("Refused");
    serde_json::json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": detail,
    })
    .to_string()
}

/// The refusal as an answer.
pub(crate) fn answer(status: StatusCode, code: &str, detail: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text(status, code, detail)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, PROBLEM);
    answer
}

/// The refusal as it is written to a socket on which there is no request to answer.
pub(crate) fn bare(status: StatusCode, code: &str, detail: &str) -> Vec<u8> {
    let text = text(status, code, detail);
    let title = status.canonical_reason().unwrap_or("Refused");
    format!(
        "HTTP/1.1 {} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{text}",
        status.as_u16(),
        text.len(),
    )
    .into_bytes()
}
