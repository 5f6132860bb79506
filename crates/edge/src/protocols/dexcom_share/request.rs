//! What a client asked, wherever it put it: parameters from the query or a JSON body, in any case of letters, with any
//! content type. From it: who is asking, and whose readings are meant.

use super::error::ShareError;
use super::wire;
use crate::State;
use crate::http::body;
use crate::http::{Client, Slug};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header;
use bytes::Bytes;
use keepwatch_model::sharing::{Caller, Permit, Power};
use keepwatch_service::access::SessionOver;
use serde_json::Value;

/// Limit: bytes of a body, packed or not; a longer one is refused with a sentence.
pub(super) const BODY_BYTES_MAX: usize = 512 * 1024;

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) client: Client,
    pub(super) body: Bytes,
    pub(super) accepts_json: bool,
    slug: Option<Slug>,
    parameters: Parameters,
}

/// Parameters by their names in small letters. What stands in the query goes before what stands in the body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parameters(Vec<(String, Value)>);

impl Parameters {
    /// The parameters in a query and, where it is a JSON object, in the body.
    pub(super) fn of(query: Vec<(String, String)>, body: &[u8]) -> Self {
        let query = query.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), Value::String(value)));
        let in_body = match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        let in_body = in_body.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
        Self(query.chain(in_body).collect())
    }

    fn find(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.filter(|value| !value.is_null())
    }

    /// A parameter that is a text.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        match self.find(name)? {
            Value::String(text) => Some(text.clone()),
            // Some clients' settings turn a telephone number into a number.
            other => Some(other.to_string()),
        }
    }

    /// A parameter that is a whole number; `Ok(None)` where it lacks.
    pub(super) fn whole(&self, name: &'static str) -> Result<Option<i64>, ShareError> {
        let Some(value) = self.find(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite()).map(|number| Some(number as i64)).ok_or(ShareError::NotANumber(name))
    }
}

impl Asked {
    /// A parameter without which the operation makes no sense.
    pub(super) fn text(&self, name: &'static str) -> Result<String, ShareError> {
        self.parameters.text(name).filter(|text| !text.is_empty()).ok_or(ShareError::Missing(name))
    }

    /// A number of records or minutes: as asked, never below none nor above `max`, which is also meant by silence.
    pub(super) fn bounded(&self, name: &'static str, max: i64) -> Result<i64, ShareError> {
        Ok(self.parameters.whole(name)?.unwrap_or(max).clamp(0, max))
    }

    /// The serial number beside the session.
    pub(super) fn serial(&self) -> Option<String> {
        self.parameters.text("serialNumber")
    }

    /// Who asks, by the session.
    pub(super) fn caller(&self, state: &State) -> Result<Caller, ShareError> {
        let session = self.parameters.text("sessionId").and_then(|text| wire::id(&text));
        let session = session.ok_or(ShareError::SessionIdNotFound)?;
        state.service.access.by_share_session(session).map_err(|over| match over {
            SessionOver::Unknown => ShareError::SessionIdNotFound,
            SessionOver::TimedOut => ShareError::SessionNotValid,
        })
    }

    /// The proof that who asks may do this with whom they mean: the person of their credential, else of the address.
    pub(super) fn permit(&self, state: &State, power: Power) -> Result<Permit, ShareError> {
        let caller = self.caller(state)?;
        let access = &state.service.access;
        let person = match access.person_of(caller) {
            Some(person) => Some(person),
            None => self.slug.as_ref().and_then(|slug| access.by_slug(&slug.0.to_ascii_lowercase())),
        };
        let person = person.ok_or(ShareError::NoPerson)?;
        let refusal = if power == Power::Publish { ShareError::ReadOnly } else { ShareError::NoPerson };
        access.permit(caller, power, person).ok_or(refusal)
    }
}

impl FromRequest<State> for Asked {
    type Rejection = ShareError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ShareError> {
        let (mut parts, body) = request.into_parts();
        let Ok(client) = Client::from_request_parts(&mut parts, state).await;
        let accepts_json = parts
            .headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("json")));
        let query =
            Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default();
        let body = body::read(&parts.headers, body, BODY_BYTES_MAX, BODY_BYTES_MAX).await.map_err(ShareError::Body)?;
        let slug = parts.extensions.remove();
        Ok(Self { client, accepts_json, slug, parameters: Parameters::of(query, &body), body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_parameter_is_found_wherever_it_stands_and_however_it_is_written() {
        let parameters =
            Parameters::of(pairs(&[("sessionID", "one")]), br#"{"MAXCOUNT":3,"minutes":"5","accountName":491701}"#);
        assert_eq!(parameters.text("sessionId").as_deref(), Some("one"));
        assert_eq!(parameters.whole("maxCount"), Ok(Some(3)));
        assert_eq!(parameters.whole("minutes"), Ok(Some(5)));
        assert_eq!(parameters.text("accountName").as_deref(), Some("491701"));
        assert_eq!(parameters.text("password"), None);
        assert_eq!(parameters.whole("password"), Ok(None));
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        let parameters = Parameters::of(pairs(&[("minutes", "many")]), b"");
        assert_eq!(parameters.whole("minutes"), Err(ShareError::NotANumber("minutes")));
    }

    proptest! {
        #[test]
        fn whatever_body_comes_nothing_panics(name in "\\PC{0,8}", value in "\\PC{0,8}", body: Vec<u8>) {
            let parameters = Parameters::of(vec![(name, value)], &body);
            let _ = (parameters.text("sessionId"), parameters.whole("minutes"));
        }
    }
}
