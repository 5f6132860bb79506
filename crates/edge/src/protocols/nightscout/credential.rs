//! Who is asking in this dialect, wherever the credential was put, and whose site is meant. A site can be read with a
//! credential only: there is no anonymous role.

use super::error::NightscoutError;
use crate::State;
use crate::http::{Client, Slug};
use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use keepwatch_model::sharing::{Caller, Permit, Power};
use std::convert::Infallible;

/// The name under which wrong credentials are counted, by address; a valid one is never slowed.
const GUESSES_OF_CREDENTIALS: &str = "nightscout";

/// What a request says about itself, its body left aside.
#[derive(Debug)]
pub(super) struct Asked {
    /// The decoded pairs of the query string.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    client: Client,
    slug: Option<Slug>,
}

impl FromRequestParts<State> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let Ok(client) = Client::from_request_parts(parts, state).await;
        let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default();
        Ok(Self { query, client, slug: parts.extensions.get().cloned(), headers: parts.headers.clone() })
    }
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What is presented: the secret of query, header or body, else a token.
    fn presented<'a>(&'a self, in_body: Option<&'a str>) -> Option<&'a str> {
        let header = self.headers.get("api-secret").and_then(|value| value.to_str().ok());
        let bearer = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let places = [self.parameter("secret"), header, in_body, self.parameter("token"), bearer];
        // Some clients send the word `null` when their user entered nothing.
        places.into_iter().flatten().map(str::trim).find(|text| !text.is_empty() && *text != "null")
    }

    /// Who asks; `None` where nothing was presented.
    pub(super) fn caller(&self, state: &State, in_body: Option<&str>) -> Result<Option<Caller>, NightscoutError> {
        let Some(presented) = self.presented(in_body) else { return Ok(None) };
        let (access, from) = (&state.service.access, self.client.address);
        if let Some(caller) = access.by_nightscout(presented) {
            return Ok(Some(caller));
        }
        if let Some(wait_ms) = access.guess_wait_ms(GUESSES_OF_CREDENTIALS, from) {
            return Err(NightscoutError::Guessing { wait_seconds: wait_ms.unsigned_abs().div_ceil(1_000) });
        }
        access.guessed_wrong(GUESSES_OF_CREDENTIALS, from);
        Err(NightscoutError::Unauthorized)
    }

    /// The proof that a caller may do this on the site that is meant: the one of the credential; the
    /// address chooses only for whoever may see several.
    pub(super) fn permit(&self, state: &State, caller: Caller, power: Power) -> Option<Permit> {
        let access = &state.service.access;
        let named = || access.by_slug(&self.slug.as_ref()?.0.to_ascii_lowercase());
        access.permit(caller, power, access.person_of(caller).or_else(named)?)
    }

    /// The proof that whoever asks may see the site.
    pub(super) fn may_see(&self, state: &State) -> Result<Permit, NightscoutError> {
        self.may(state, None, Power::See)
    }

    /// The proof that whoever asks may do this; a credential in the body counts too.
    pub(super) fn may(&self, state: &State, in_body: Option<&str>, power: Power) -> Result<Permit, NightscoutError> {
        let caller = self.caller(state, in_body)?.ok_or(NightscoutError::Unauthorized)?;
        self.permit(state, caller, power).ok_or(NightscoutError::Unauthorized)
    }
}
