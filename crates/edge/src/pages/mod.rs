//! Pages that must work without script: drawn here, with their style inside, in light and dark, from 320 px on.
//! A GET of any of them changes nothing.

mod invitation;

use crate::State;
use crate::http::refusal;
use crate::words::{self, Words};
use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::OnceLock;

/// The style of all pages here; its hash is named in their policy.
const STYLE: &str = include_str!("page.css");

/// Tells the page's worker that this device is bound to nobody, so that it forgets; no page of somebody else says it.
const DEVICE: HeaderName = HeaderName::from_static("keepwatch-device");

/// The routes of the pages.
pub(crate) fn routes() -> Router<State> {
    Router::new().route("/i/{secret}", get(invitation::get_invitation).post(invitation::post_invitation))
}

/// A page: a headline, paragraphs, and perhaps one thing to press or to follow.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct Page<'a> {
    pub(crate) words: &'a Words,
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<String>,
    /// The label of the button that posts to this very address.
    pub(crate) button: Option<String>,
    /// Said below the button.
    pub(crate) quiet: Vec<String>,
    /// Whether the safety label stands on the page.
    pub(crate) has_label: bool,
    /// A link to the followed people.
    pub(crate) has_way_home: bool,
    style: &'static str,
}

impl<'a> Page<'a> {
    pub(crate) fn new(words: &'a Words, title: String, paragraphs: Vec<String>) -> Self {
        Self {
            words,
            title,
            paragraphs,
            button: None,
            quiet: Vec::new(),
            has_label: false,
            has_way_home: false,
            style: STYLE,
        }
    }

    /// The page as an answer.
    pub(crate) fn answer(&self, status: StatusCode) -> Response {
        let mut answer = Response::new(Body::from(self.render().expect("the page can be drawn")));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.words.language));
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        headers.insert(CONTENT_SECURITY_POLICY, policy());
        // With no-referrer, browsers hide the origin of a form's own post, and we could not tell it from a stranger's.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        answer
    }
}

fn policy() -> HeaderValue {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let made = POLICY.get_or_init(|| {
        let hash = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).expect("a policy is a header")
    });
    made.clone()
}

/// The first page of a device that is bound to nobody.
pub(crate) fn welcome(headers: &HeaderMap) -> Response {
    let words = words::asked_for(headers);
    let paragraphs = ["page-welcome-text", "page-welcome-next"].map(|key| words.say(key)).into();
    let page = Page { has_label: true, ..Page::new(words, words.say("page-welcome-title"), paragraphs) };
    let mut answer = page.answer(StatusCode::OK);
    answer.headers_mut().insert(DEVICE, HeaderValue::from_static("unknown"));
    answer
}

/// Whether a human reads the answer, or a program.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// What stands at no address.
pub(crate) async fn missing(uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || !wants_page(&headers) {
        let sentence = "there is nothing at this address; /api/openapi.json describes what there is";
        return refusal::answer(StatusCode::NOT_FOUND, "no_such_address", sentence);
    }
    let words = words::asked_for(&headers);
    let page = Page::new(words, words.say("page-missing-title"), Vec::new());
    Page { has_way_home: true, ..page }.answer(StatusCode::NOT_FOUND)
}

/// What does not go this way.
pub(crate) async fn wrong_method() -> Response {
    let sentence = "this address does not take this method; /api/openapi.json describes what it takes";
    refusal::answer(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", sentence)
}
