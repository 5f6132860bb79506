//! The page behind an invitation: who invites to what, what this is and is not, and one button that binds this device.
//! Looking changes nothing, because mail scanners and previews open every link; only the button does.

use super::{Page, wants_page};
use crate::State;
use crate::http::caller::{self, From};
use crate::http::refusal;
use crate::protocols::native;
use crate::words::{self, Words};
use axum::body::Body;
use axum::extract::{Path, Request, State as Held};
use axum::http::header::{ACCEPT, LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use keepwatch_model::sharing::{Caller, InvitationOver};
use keepwatch_service::sharing::{InvitationView, NotDone};

/// `GET /i/SECRET`
pub(super) async fn get_invitation(
    Held(state): Held<State>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Response {
    let words = words::asked_for(&headers);
    match state.service.sharing.invitation(&secret) {
        Ok(view) => page(words, &view).answer(StatusCode::OK),
        Err(reason) => refuse(&headers, words, &reason),
    }
}

fn page<'a>(words: &'a Words, view: &InvitationView) -> Page<'a> {
    let people = view.people.join(", ");
    let mut paragraphs = vec![
        words.say_with("page-invitation-text", &[("person", &people)]),
        words.say("page-invitation-sees"),
        words.say("page-invitation-no-alerts"),
    ];
    if view.demo {
        paragraphs.push(words.say("page-invitation-demo"));
    }
    let title = words.say_with("page-invitation-title", &[("inviter", &view.family)]);
    let named = words.say_with("page-invitation-for", &[("name", &view.account.name)]);
    Page {
        button: Some(words.say_with("page-invitation-button", &[("person", &people)])),
        quiet: vec![named, words.say("page-invitation-device")],
        has_label: true,
        ..Page::new(words, title, paragraphs)
    }
}

/// `POST /i/SECRET`: binds this device. Programs that accept JSON alone get the token in the body as well.
pub(super) async fn post_invitation(
    Held(state): Held<State>,
    Path(secret): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let words = words::asked_for(&parts.headers);
    let is_program = accepts_json(&parts.headers);
    let may = match caller::came_from(&parts.headers, &parts.uri, &state.options) {
        From::Ourselves => true,
        From::Elsewhere => false,
        From::Unsaid => is_program,
    };
    if !may {
        return cross_site(&parts.headers, words);
    }
    if is_in_clear(&parts.headers, &state) {
        return in_clear(&parts.headers, words);
    }
    if !is_program && is_bound_already(&state, &parts, &secret) {
        return home(None);
    }
    match state.service.sharing.bind(&secret).await {
        Ok(device) => {
            let cookie = caller::device_cookie(&device, &state.options);
            let cookie = HeaderValue::from_str(&cookie).expect("a cookie of ours is a header");
            if is_program {
                let mut answer = native::bound(device);
                answer.headers_mut().insert(SET_COOKIE, cookie);
                return answer;
            }
            home(Some(cookie))
        }
        Err(reason) => refuse(&parts.headers, words, &reason),
    }
}

/// Whether a browser reached us over http although our address is https: it would not keep the cookie, and the place
/// would be used up for nothing.
fn is_in_clear(headers: &HeaderMap, state: &State) -> bool {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    state.options.secure && origin.starts_with("http://")
}

fn in_clear(headers: &HeaderMap, words: &Words) -> Response {
    if wants_page(headers) {
        let paragraphs = vec![words.say("page-invitation-clear-text")];
        return Page::new(words, words.say("page-invitation-clear-title"), paragraphs).answer(StatusCode::BAD_REQUEST);
    }
    let sentence = "this server is reached by https; open the invitation at its https address";
    refusal::answer(StatusCode::BAD_REQUEST, "https_needed", sentence)
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// Pressing twice, or again later, does not use up a second place.
fn is_bound_already(state: &State, parts: &Parts, secret: &str) -> bool {
    let Some(device) = caller::device_secret(&parts.headers, &state.options) else { return false };
    let bound_to = state.service.access.by_device(device);
    let invited = state.service.sharing.invitation(secret).map(|view| Caller::Account(view.account.id));
    bound_to.is_some() && invited.ok() == bound_to
}

fn home(cookie: Option<HeaderValue>) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

fn cross_site(headers: &HeaderMap, words: &Words) -> Response {
    if wants_page(headers) {
        let paragraphs = vec![words.say("page-invitation-elsewhere-text")];
        return Page::new(words, words.say("page-invitation-elsewhere-title"), paragraphs)
            .answer(StatusCode::FORBIDDEN);
    }
    let sentence = "an invitation is taken on its own page, or by a program that accepts application/json";
    refusal::answer(StatusCode::FORBIDDEN, "cross_site", sentence)
}

/// Why an invitation opens nothing, and what to do.
fn refuse(headers: &HeaderMap, words: &Words, reason: &NotDone) -> Response {
    let (status, code, title, text) = match reason {
        NotDone::InvitationOver(InvitationOver::Expired) => {
            (StatusCode::GONE, "invitation_expired", "page-invitation-gone-title", "page-invitation-expired")
        }
        NotDone::InvitationOver(InvitationOver::UsedUp) => {
            (StatusCode::GONE, "invitation_used_up", "page-invitation-gone-title", "page-invitation-used")
        }
        NotDone::Unavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "page-fault-title", "page-invitation-fault")
        }
        _ => (StatusCode::NOT_FOUND, "no_such_invitation", "page-invitation-unknown-title", "page-invitation-removed"),
    };
    let mut answer = if wants_page(headers) {
        let page = Page::new(words, words.say(title), vec![words.say(text)]);
        // Whoever used the link before is bound still, and may only have come back by it.
        Page { has_way_home: status != StatusCode::SERVICE_UNAVAILABLE, ..page }.answer(status)
    } else {
        refusal::answer(status, code, &reason.to_string())
    };
    if let NotDone::Unavailable(unavailable) = reason {
        answer.headers_mut().insert(RETRY_AFTER, unavailable.retry_after_seconds().into());
    }
    answer
}
