//! What every request passes on its way in and every answer on its way out: the slug, the time allowed, the headers
//! that protect, the line in the log. One thin layer; it knows no route, and logs no query, token or body.

use crate::Options;
use crate::http::Closing;
use crate::http::limits::{BODY_BYTES_MAX, Limits};
use crate::http::peer::Meeting;
use crate::http::refusal;
use axum::Router;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use tower::Service;

/// What a browser may do with an answer that says nothing else about it: show it, and nothing more.
const POLICY_BARE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// Neither place nor camera nor microphone nor payment is ever asked for.
pub(crate) const PERMISSIONS_NONE: HeaderValue =
    HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");
/// Two years, as browsers' preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Which person the address names, where the client's credential does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(pub String);

/// The layer around the routes, one for each connection.
#[derive(Clone)]
pub(crate) struct Door {
    routes: Router,
    meeting: Arc<Meeting>,
    limits: Limits,
}

impl Door {
    pub(crate) fn new(routes: Router, options: Arc<Options>, limits: Limits, peer: IpAddr, closing: Closing) -> Self {
        Self { routes, meeting: Arc::new(Meeting { peer, options, closing }), limits }
    }
}

impl hyper::service::Service<Request<Incoming>> for Door {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let claimed =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let is_secure = self.meeting.options.secure;
        if claimed.is_some_and(|length| length > BODY_BYTES_MAX) {
            let sentence = format!("the body is longer than {BODY_BYTES_MAX} bytes; send it in smaller parts");
            let mut answer = refusal::answer(StatusCode::PAYLOAD_TOO_LARGE, "body_too_long", &sentence);
            protect(&mut answer, is_secure);
            return Box::pin(std::future::ready(Ok(answer)));
        }
        note_slug(&mut request, &self.meeting.options);
        request.extensions_mut().insert(Arc::clone(&self.meeting));
        let noted = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (request.method().clone(), without_secrets(request.uri().path())));
        let answering = self.routes.clone().call(request);
        let wait = self.limits.request_wait;
        Box::pin(async move {
            let mut answer = match tokio::time::timeout(wait, answering).await {
                Ok(Ok(answer)) => answer,
                Err(_) => too_slow(),
            };
            protect(&mut answer, is_secure);
            if let Some((method, path)) = noted {
                tracing::debug!(%method, path, status = answer.status().as_u16(), "answered");
            }
            Ok(answer)
        })
    }
}

fn too_slow() -> Response<Body> {
    let sentence = "the answer took too long to make; try again in a moment";
    let mut answer = refusal::answer(StatusCode::SERVICE_UNAVAILABLE, "too_slow", sentence);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    answer
}

/// Finds the slug in `/n/SLUG/…` or in the host's first label, and takes it off the path.
fn note_slug(request: &mut Request<Incoming>, options: &Options) {
    if let Some((slug, rest)) = slug_in_path(request.uri()) {
        *request.uri_mut() = rest;
        request.extensions_mut().insert(Slug(slug));
    } else if let Some(host) = options.host_for_slugs()
        && let Some(slug) = slug_in_host(host_of(request.headers(), request.uri()), host).map(str::to_owned)
    {
        request.extensions_mut().insert(Slug(slug));
    }
}

fn slug_in_path(uri: &Uri) -> Option<(String, Uri)> {
    let rest = uri.path().strip_prefix("/n/")?;
    let (slug, rest) = rest.split_once('/').unwrap_or((rest, ""));
    if !is_slug(slug) {
        return None;
    }
    let target = uri.query().map_or_else(|| format!("/{rest}"), |query| format!("/{rest}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Some((slug.to_owned(), Uri::from_parts(parts).ok()?))
}

fn slug_in_host<'a>(asked: &'a str, ours: &str) -> Option<&'a str> {
    let asked = asked.rsplit_once(':').map_or(asked, |(host, _)| host);
    let slug = asked.len().checked_sub(ours.len() + 1).filter(|at| asked.is_char_boundary(*at)).and_then(|at| {
        let (slug, rest) = asked.split_at(at);
        rest.strip_prefix('.')?.eq_ignore_ascii_case(ours).then_some(slug)
    })?;
    is_slug(slug).then_some(slug)
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.len() <= 63 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The host that a request names: its header, or with HTTP/2 its address.
pub(crate) fn host_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str)).unwrap_or_default()
}

/// The words of which our routes are made; whatever else stands in a path may be a secret or a name.
const ROUTE_WORDS: [&str; 42] = [
    "api",
    "app",
    "assets",
    "authorization",
    "cob.json",
    "current",
    "current.json",
    "device",
    "entries",
    "entries.json",
    "experiments",
    "General",
    "health",
    "i",
    "latest",
    "live",
    "manifest.webmanifest",
    "meter-checks",
    "metrics",
    "n",
    "openapi.json",
    "pebble",
    "people",
    "Publisher",
    "readings",
    "ready",
    "request",
    "Services",
    "sgv",
    "sgv.json",
    "ShareWebServices",
    "status",
    "status.html",
    "status.json",
    "status.txt",
    "sw.js",
    "test",
    "v1",
    "v2",
    "v3",
    "verifyauth",
    "versions",
];

/// The path as the log may hold it: its route, with everything that varies left out.
fn without_secrets(path: &str) -> String {
    let shown = |segment| if ROUTE_WORDS.contains(&segment) { segment } else { "…" };
    path.split('/').map(|segment| if segment.is_empty() { "" } else { shown(segment) }).collect::<Vec<_>>().join("/")
}

/// The headers that every answer carries, unless its route has said something else.
pub(crate) fn protect(answer: &mut Response<Body>, is_secure: bool) {
    let headers = answer.headers_mut();
    // A route that has a policy of its own shows a document.
    if headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(PERMISSIONS_POLICY, PERMISSIONS_NONE);
    } else {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY_BARE);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if is_secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_taken_off_the_path() {
        let found =
            |path: &str| slug_in_path(&path.parse().expect("an address")).map(|(slug, rest)| (slug, rest.to_string()));
        assert_eq!(
            found("/n/ada-x7/api/v1/entries?count=3"),
            Some(("ada-x7".into(), "/api/v1/entries?count=3".into()))
        );
        assert_eq!(found("/n/ada-x7"), Some(("ada-x7".into(), "/".into())));
        assert_eq!(found("/n//api"), None);
        assert_eq!(found("/n/a%2f/api"), None);
        assert_eq!(found("/api/n/ada"), None);
    }

    #[test]
    fn a_slug_is_the_first_label_of_our_host() {
        assert_eq!(slug_in_host("ada-x7.example.org:443", "example.org"), Some("ada-x7"));
        assert_eq!(slug_in_host("ada.EXAMPLE.org", "example.org"), Some("ada"));
        assert_eq!(slug_in_host("a.b.example.org", "example.org"), None);
        assert_eq!(slug_in_host("example.org", "example.org"), None);
        assert_eq!(slug_in_host("evilexample.org", "example.org"), None);
        assert_eq!(slug_in_host("", "example.org"), None);
    }

    #[test]
    fn the_log_never_holds_an_invitation() {
        assert_eq!(without_secrets("/i/secret"), "/i/…");
        assert_eq!(without_secrets("/api/people"), "/api/people");
        assert_eq!(without_secrets("/api/v2/authorization/request/TOKEN"), "/api/v2/authorization/request/…");
        assert_eq!(without_secrets("/api/people/p_1/readings"), "/api/people/…/readings");
        assert_eq!(without_secrets("/n/SLUG/TOKEN"), "/n/…/…");
    }
}
