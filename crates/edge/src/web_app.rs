//! The built web app: its document with the first readings inside, and its assets, from within the binary.
//! Nothing is compressed while a reader waits but the document itself, which is different for everyone.

use crate::State;
use crate::http::caller::{self, Known};
use crate::http::peer::Client;
use crate::pages::{self, Page};
use crate::protocols::native::{Extent, write_now};
use crate::words;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State as Held};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    SET_COOKIE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

/// What the build of the web app left: in a release inside the binary, else read from the folder.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// Where the document takes the first readings.
const MARK: &str = "<!--keepwatch:now-->";
/// Assets carry the hash of their content in their name: they never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Asked for anew each time; mostly answered with "not modified".
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// The document is made while the reader waits: quick, and nearly as small as the best.
const DOCUMENT_COMPRESSION: Compression = Compression::new(5);
/// The endings of precompressed files, the smaller first.
const PACKED: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The routes of the web app.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/", get(get_document))
        .route("/app", get(get_document))
        .route("/app/{*route}", get(get_document))
        .route("/assets/{file}", get(get_asset))
        .route("/sw.js", get(get_worker))
        .route("/manifest.webmanifest", get(get_manifest))
}

/// `GET /` and the app's own addresses below `/app/`: with the first readings, where this device is bound.
async fn get_document(Held(state): Held<State>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(client) = Client::from_request_parts(&mut parts, &state).await;
    let headers = &parts.headers;
    let Ok(Known { caller, by_cookie: true }) = caller::known(&state, &parts, client) else {
        return pages::welcome(headers);
    };
    let Some(template) = Built::get("index.html") else { return not_built(headers) };
    let extent = Extent { is_partial: false, with_readings: true };
    let now = write_now(&state, caller, None, None, extent);
    let mut answer = document(&template, &now, headers);
    // Each visit renews the cookie's life in the browser; here nothing changes.
    if let Some(secret) = caller::device_secret(headers, &state.options)
        && let Ok(cookie) = HeaderValue::from_str(&caller::device_cookie(secret, &state.options))
    {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

fn document(template: &EmbeddedFile, now: &[u8], headers: &HeaderMap) -> Response {
    let text = String::from_utf8_lossy(&template.data);
    let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
    // The writer escapes what could end a script element.
    let parts =
        [before.as_bytes(), b"<script type=\"application/json\" id=\"now\">", now, b"</script>", after.as_bytes()];
    let whole = parts.concat();
    let is_packed = accepts(headers, "gzip");
    let body = if is_packed { packed(&whole) } else { whole };
    let mut answer = Response::new(Body::from(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding, cookie"));
    headers.insert(CONTENT_SECURITY_POLICY, policy());
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), DOCUMENT_COMPRESSION);
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory takes it")
}

/// What the app's documents may do: run our own script, use the one style whose hash the build has noted.
fn policy() -> HeaderValue {
    let noted =
        Built::get("csp.json").and_then(|file| serde_json::from_slice::<Hashes>(&file.data).ok()).unwrap_or_default();
    let listed = |hashes: &[String]| {
        hashes.iter().fold(String::new(), |mut list, hash| {
            let _ = write!(list, " '{hash}'");
            list
        })
    };
    let policy = format!(
        "default-src 'self'; style-src 'self'{}; script-src 'self'{}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; form-action 'self'",
        listed(&noted.style),
        listed(&noted.script),
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

#[derive(Default, serde::Deserialize)]
struct Hashes {
    #[serde(default)]
    style: Vec<String>,
    #[serde(default)]
    script: Vec<String>,
}

fn not_built(headers: &HeaderMap) -> Response {
    let words = words::asked_for(headers);
    let paragraphs = vec![words.say("page-app-missing-text")];
    Page::new(words, words.say("page-app-missing-title"), paragraphs).answer(StatusCode::SERVICE_UNAVAILABLE)
}

async fn get_asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    asset(&format!("assets/{file}"), &headers, &FOREVER)
}

async fn get_worker(headers: HeaderMap) -> Response {
    asset("sw.js", &headers, &ASK_AGAIN)
}

async fn get_manifest(headers: HeaderMap) -> Response {
    asset("manifest.webmanifest", &headers, &ASK_AGAIN)
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let is_unwanted = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case(encoding) && !is_unwanted
    })
}

/// A file of the build, in the smallest form that the browser takes.
fn asset(path: &str, headers: &HeaderMap, cache: &HeaderValue) -> Response {
    let mut packed = PACKED.iter().filter(|(encoding, _)| accepts(headers, encoding));
    let found = packed.find_map(|(encoding, ending)| Some((Some(*encoding), Built::get(&format!("{path}{ending}"))?)));
    let Some((encoding, file)) = found.or_else(|| Some((None, Built::get(path)?))) else {
        return crate::http::refusal::answer(
            StatusCode::NOT_FOUND,
            "no_such_asset",
            "there is no such part of the web app; load the page again",
        );
    };
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    let is_known =
        headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).is_some_and(|known| known.contains(&tag));
    let mut answer = Response::new(if is_known { Body::empty() } else { Body::from(bytes_of(file.data)) });
    if is_known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let out = answer.headers_mut();
    out.insert(CONTENT_TYPE, kind_of(path));
    out.insert(CACHE_CONTROL, cache.clone());
    out.insert(ETAG, HeaderValue::from_str(&tag).expect("hex in quotes is a header"));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if ["html", "js"].contains(&ending_of(path)) {
        out.insert(CONTENT_SECURITY_POLICY, policy());
    }
    answer
}

fn bytes_of(content: Cow<'static, [u8]>) -> Bytes {
    match content {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn ending_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn kind_of(path: &str) -> HeaderValue {
    HeaderValue::from_static(match ending_of(path) {
        "js" => "text/javascript; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_by_name_and_weight() {
        let mut headers = HeaderMap::new();
        assert!(!accepts(&headers, "gzip"));
        headers.insert(ACCEPT_ENCODING, "br;q=0, GZIP;q=0.5".parse().expect("a header"));
        assert!(accepts(&headers, "gzip") && !accepts(&headers, "br"));
    }

    #[test]
    fn the_first_readings_stand_where_the_mark_was() {
        let template = EmbeddedFile {
            data: Cow::Borrowed(b"<head><!--keepwatch:now--></head>"),
            metadata: rust_embed::Metadata::__rust_embed_new([0; 32], None, None),
        };
        let answer = document(&template, b"{\"time\":1}", &HeaderMap::new());
        assert!(answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text").contains("frame-ancestors 'none'"));
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    }
}
