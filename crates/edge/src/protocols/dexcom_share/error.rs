//! How Dexcom Share says no: HTTP 500 and an object of four texts, which clients read by its `Code`.
//! A passing fault of ours is 503 in the same form and never a credentials code, or clients would stop and ask for a password.

use super::wire::NotAnUpload;
use crate::http::body::BodyRefused;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keepwatch_model::reading::Refusal;
use keepwatch_service::writer::Unavailable;
use serde_json::json;

/// Why a request is refused, or why it has to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareError {
    /// No session, or one that we never gave.
    SessionIdNotFound,
    /// A session whose days are over.
    SessionNotValid,
    /// Name or account id and password do not belong together.
    AccountPasswordInvalid,
    /// Too many wrong passwords for this account from this address.
    TooManyAttempts {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter that should be a whole number is none.
    NotANumber(&'static str),
    /// The account id is no UUID.
    NotAnAccountId,
    /// The body did not arrive whole, or is too long.
    Body(BodyRefused),
    /// The body is no upload.
    NotAnUpload,
    /// The upload holds more records than we take at once.
    TooManyRecords,
    /// Not one record could be taken; the reason of the first.
    NothingTaken(Refusal),
    /// Everything was known already; clients take this for success.
    DuplicateEgvPosted,
    /// The credentials read, and were used to write.
    ReadOnly,
    /// An operation that we do not offer.
    NotOffered,
    /// The caller may see nobody, or several people and did not say whom.
    NoPerson,
    /// We cannot keep it now.
    Unavailable {
        /// When to come again.
        retry_after_seconds: u64,
    },
}

impl ShareError {
    const fn code(self) -> &'static str {
        match self {
            Self::SessionIdNotFound => "SessionIdNotFound",
            Self::SessionNotValid => "SessionNotValid",
            Self::AccountPasswordInvalid => "AccountPasswordInvalid",
            Self::TooManyAttempts { .. } => "SSO_AuthenticateMaxAttemptsExceeded",
            Self::Missing(_)
            | Self::NotANumber(_)
            | Self::NotAnAccountId
            | Self::Body(_)
            | Self::NotAnUpload
            | Self::TooManyRecords
            | Self::NothingTaken(_) => "InvalidArgument",
            Self::DuplicateEgvPosted => "DuplicateEgvPosted",
            Self::ReadOnly => "PublishNotAllowed",
            Self::NotOffered => "OperationNotSupported",
            Self::NoPerson => "MonitorSessionNotFound",
            Self::Unavailable { .. } => "ServiceUnavailable",
        }
    }

    fn message(self) -> String {
        match self {
            Self::SessionIdNotFound => "Session ID not found: log in again".to_owned(),
            Self::SessionNotValid => "Session timed out: log in again".to_owned(),
            // The first words are the ones that clients and people search for.
            Self::AccountPasswordInvalid => {
                "Publisher account password failed: check the user name and the password of this follow".to_owned()
            }
            Self::TooManyAttempts { wait_seconds } => {
                format!(
                    "Too many wrong passwords for this account from this address: try again in {wait_seconds} seconds"
                )
            }
            Self::Missing(name) => format!("The parameter {name} is missing"),
            Self::NotANumber(name) => format!("The parameter {name} must be a whole number"),
            Self::NotAnAccountId => "The parameter accountId must be a UUID".to_owned(),
            Self::Body(refused) => refused.sentence(),
            Self::NotAnUpload => "The body must be a JSON object with a list Egvs".to_owned(),
            Self::TooManyRecords => {
                format!("More than {} records in one upload: send fewer at once", super::wire::RECORDS_MAX_PER_UPLOAD)
            }
            Self::NothingTaken(reason) => format!("No record was taken: {}", reason.sentence()),
            Self::DuplicateEgvPosted => "Every record was known already".to_owned(),
            Self::ReadOnly => {
                "This user name may read and not upload: use the publish user name that was given for this person"
                    .to_owned()
            }
            Self::NotOffered => {
                "This operation is not offered here: invite and remove followers in Keepwatch".to_owned()
            }
            Self::NoPerson => "This user name follows nobody any more: ask for a new invitation".to_owned(),
            Self::Unavailable { .. } => {
                "The readings cannot be stored at the moment: send them again, nothing is wrong with them".to_owned()
            }
        }
    }
}

impl IntoResponse for ShareError {
    fn into_response(self) -> Response {
        let message = self.message();
        let sub_code = format!(r#"<OnlineException Code="{}" Message="{message}" />"#, self.code());
        // Every member is a text: clients cast the whole object from text to text.
        let body = json!({"Code": self.code(), "Message": message, "SubCode": sub_code, "TypeName": "FaultException"});
        let status = match self {
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Body(refused) => refused.status(),
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, kind, body.to_string()).into_response();
        if let Self::Unavailable { retry_after_seconds: seconds } | Self::TooManyAttempts { wait_seconds: seconds } =
            self
        {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Unavailable> for ShareError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable { retry_after_seconds: u64::from(unavailable.retry_after_seconds()) }
    }
}

impl From<NotAnUpload> for ShareError {
    fn from(reason: NotAnUpload) -> Self {
        match reason {
            NotAnUpload::NoRecords => Self::NotAnUpload,
            NotAnUpload::TooManyRecords => Self::TooManyRecords,
        }
    }
}
